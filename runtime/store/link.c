/* Externals and their types: what an import asks for, what an external is, and whether they fit.
 * Spec: valid/matching, external types. */
#include <stdio.h>

#include "store/objects.h"

wr__extern wr__instance_extern(wr__instance *instance, wr_externkind kind, uint32_t index) {
  wr__extern external = {.kind = kind};
  switch (kind) {
    case WR_EXTERN_FUNC:
      external.of.func = wr__instance_func(instance, index);
      break;
    case WR_EXTERN_TABLE:
      external.of.table = instance->tables[index];
      break;
    case WR_EXTERN_MEMORY:
      external.of.memory = instance->memories[index];
      break;
    case WR_EXTERN_GLOBAL:
      external.of.global = instance->globals[index];
      break;
    case WR_EXTERN_TAG:
      external.of.tag = instance->tags[index];
      break;
  }
  return external;
}

static void set_func_type(wr_externtype *out, const wr__deftype *type) {
  out->params = type->params;
  out->param_count = type->param_count;
  out->results = type->results;
  out->result_count = type->result_count;
  out->defined_type = type->id;
}

wr_externtype wr__extern_type(const wr__store *store, const wr__extern *external) {
  (void)store;
  wr_externtype type = {.kind = external->kind};
  switch (external->kind) {
    case WR_EXTERN_FUNC:
      set_func_type(&type, external->of.func->type);
      break;
    case WR_EXTERN_TAG:
      set_func_type(&type, external->of.tag->type);
      break;
    case WR_EXTERN_TABLE:
      type.valtype = external->of.table->element;
      type.limits = external->of.table->limits;
      type.limits.min = external->of.table->size;
      break;
    case WR_EXTERN_MEMORY:
      type.limits = external->of.memory->limits;
      type.page_size_log2 = external->of.memory->page_size_log2;
      type.limits.min = wr__memory_size(external->of.memory) >> type.page_size_log2;
      break;
    case WR_EXTERN_GLOBAL:
      type.valtype = external->of.global->type;
      type.is_mutable = external->of.global->is_mutable;
      break;
  }
  return type;
}

static bool limits_match(const wr_limits *limits, const wr_limits *wanted) {
  if (limits->is64 != wanted->is64 || limits->shared != wanted->shared) return false;
  if (limits->min < wanted->min) return false;
  return !wanted->has_max || (limits->has_max && limits->max <= wanted->max);
}

bool wr__extern_matches(const wr__store *store, const wr__extern *external,
                        const wr_externtype *wanted) {
  if (external->kind != wanted->kind) return false;
  const wr__typereg *types = store->engine->types;
  wr_externtype type = wr__extern_type(store, external);
  switch (wanted->kind) {
    case WR_EXTERN_FUNC:
      return wr__deftype_matches(external->of.func->type,
                                 wr__type_get(types, wanted->defined_type));
    case WR_EXTERN_TAG:
      return type.defined_type == wanted->defined_type;
    case WR_EXTERN_TABLE:
      return type.valtype == wanted->valtype && limits_match(&type.limits, &wanted->limits);
    case WR_EXTERN_MEMORY:
      return type.page_size_log2 == wanted->page_size_log2 &&
             limits_match(&type.limits, &wanted->limits);
    case WR_EXTERN_GLOBAL:
      if (type.is_mutable != wanted->is_mutable) return false;
      return type.is_mutable ? type.valtype == wanted->valtype
                             : wr__valtype_matches(types, type.valtype, wanted->valtype);
  }
  return false;
}
