/* What can be said of a type without its component: words, flat signatures, searches. */
#include "component/types.h"

static const char *const kind_names[] = {
    [WR__CTYPE_BOOL] = "bool",
    [WR__CTYPE_S8] = "s8",
    [WR__CTYPE_U8] = "u8",
    [WR__CTYPE_S16] = "s16",
    [WR__CTYPE_U16] = "u16",
    [WR__CTYPE_S32] = "s32",
    [WR__CTYPE_U32] = "u32",
    [WR__CTYPE_S64] = "s64",
    [WR__CTYPE_U64] = "u64",
    [WR__CTYPE_F32] = "f32",
    [WR__CTYPE_F64] = "f64",
    [WR__CTYPE_CHAR] = "char",
    [WR__CTYPE_STRING] = "string",
    [WR__CTYPE_RECORD] = "record",
    [WR__CTYPE_TUPLE] = "tuple",
    [WR__CTYPE_VARIANT] = "variant",
    [WR__CTYPE_ENUM] = "enum",
    [WR__CTYPE_OPTION] = "option",
    [WR__CTYPE_RESULT] = "result",
    [WR__CTYPE_FLAGS] = "flags",
    [WR__CTYPE_LIST] = "list",
    [WR__CTYPE_OWN] = "own",
    [WR__CTYPE_BORROW] = "borrow",
    [WR__CTYPE_RESOURCE] = "resource",
    [WR__CTYPE_FUNC] = "func",
    [WR__CTYPE_INSTANCE] = "instance",
    [WR__CTYPE_COMPONENT] = "component",
    [WR__CTYPE_MODULE] = "module",
};

const char *wr__ctype_kind_name(uint8_t kind) { return kind_names[kind]; }

static const char *const sort_names[WR__SORT_COUNT] = {
    [WR__SORT_CORE_FUNC] = "core func",
    [WR__SORT_CORE_TABLE] = "core table",
    [WR__SORT_CORE_MEMORY] = "core memory",
    [WR__SORT_CORE_GLOBAL] = "core global",
    [WR__SORT_CORE_TAG] = "core tag",
    [WR__SORT_CORE_TYPE] = "core type",
    [WR__SORT_CORE_MODULE] = "core module",
    [WR__SORT_CORE_INSTANCE] = "core instance",
    [WR__SORT_FUNC] = "func",
    [WR__SORT_VALUE] = "value",
    [WR__SORT_TYPE] = "type",
    [WR__SORT_COMPONENT] = "component",
    [WR__SORT_INSTANCE] = "instance",
};

const char *wr__sort_name(uint8_t sort) { return sort_names[sort]; }

/* Spec: CanonicalABI, flatten_functype (synchronous). */
void wr__ctype_flatten(const wr_component_type *func, bool is_lower, wr__flat_func *out) {
  *out = (wr__flat_func){0};
  uint64_t count = 0;
  for (uint32_t i = 0; i < func->field_count; i++) count += func->fields[i].type->flat_count;
  out->params_in_memory = count > WR__CTYPE_MAX_FLAT;
  if (out->params_in_memory) {
    out->params[out->param_count++] = WR_I32;
  } else {
    for (uint32_t i = 0; i < func->field_count; i++) {
      const wr_component_type *type = func->fields[i].type;
      for (uint32_t j = 0; j < type->flat_count; j++)
        out->params[out->param_count++] = type->flat[j];
    }
  }
  if (!func->element) return;
  out->results_in_memory = func->element->flat_count > 1;
  if (out->results_in_memory && is_lower)
    out->params[out->param_count++] = WR_I32;
  else
    out->results[out->result_count++] = out->results_in_memory ? WR_I32 : func->element->flat[0];
}

int wr__cspan_compare(wr__span a, wr__span b) {
  size_t size = a.size < b.size ? a.size : b.size;
  int order = size ? memcmp(a.data, b.data, size) : 0;
  return order ? order : (a.size > b.size) - (a.size < b.size);
}

const void *wr__cname_find(const wr__cnamed *list, wr__span name) {
  uint32_t low = 0, high = list->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const char *item = (const char *)list->items + list->order[middle] * list->item_bytes;
    wr__span found;
    memcpy(&found, item + list->name_at, sizeof found);
    int order = wr__cspan_compare(found, name);
    if (order == 0) return item;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

const wr__cextern *wr__cscope_export(const wr__cscope *scope, wr__span name) {
  return wr__cname_find(&WR__CNAMED(scope->exports, name, scope->export_order, scope->export_count),
                        name);
}
