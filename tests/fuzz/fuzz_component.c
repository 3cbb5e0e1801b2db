/* Fuzzer of components: any bytes are a component or an error. One that was accepted keeps what its
 * structure promises: indices of what was defined before, types of the right kind, layouts that
 * fit. */
#include <stdlib.h>

#include "component/component.h"
#include "config/engine.h"

static void require(bool holds) {
  if (!holds) abort();
}

/* Layouts of value types, each part inside its type. */
static void check_value(const wr_component_type *type) {
  require(type->alignment && (type->alignment & (type->alignment - 1)) == 0);
  require(type->size_bytes % type->alignment == 0 && type->canon->kind == type->kind);
  for (uint32_t i = 0; i < type->field_count; i++) {
    const wr__cfield *field = &type->fields[i];
    if (!field->type) continue;
    uint64_t start = type->discriminant_size ? type->payload_offset : field->offset;
    require(wr__ctype_is_value(field->type->kind) && start % field->type->alignment == 0);
    require(start + field->type->size_bytes <= type->size_bytes);
    require(field->type->depth < type->depth && field->type->weight < type->weight);
  }
}

static void check_type(const wr_component_type *type) {
  if (wr__ctype_is_value(type->kind)) check_value(type);
  if (type->kind == WR__CTYPE_FUNC) {
    wr__flat_func flat;
    wr__ctype_flatten(type, true, &flat);
    require(flat.param_count <= WR__CTYPE_MAX_FLAT + 1 && flat.result_count <= 1);
  }
  if (!type->scope) return;
  for (uint32_t i = 0; i < type->scope->export_count; i++) {
    const wr__cextern *item = &type->scope->exports[i];
    require(wr__cscope_export(type->scope, item->name) == item);
  }
}

static void check_def(const wr__component *c, const wr__def *def, const uint32_t *counts) {
  require(def->index == counts[def->sort]);
  if (def->type) check_type(def->type);
  for (uint32_t i = 0; i < def->bind_count; i++) require(def->binds[i].slot < c->resource_count);
  switch (def->kind) {
    case WR__DEF_CORE_INSTANTIATE:
      require(def->of.instantiate.index < counts[WR__SORT_CORE_MODULE]);
      break;
    case WR__DEF_INSTANTIATE:
      require(def->of.instantiate.index < counts[WR__SORT_COMPONENT]);
      break;
    case WR__DEF_CORE_EXPORTS:
    case WR__DEF_EXPORTS:
      for (uint32_t i = 0; i < def->of.exports.count; i++)
        require(def->of.exports.items[i].index < counts[def->of.exports.items[i].sort]);
      break;
    case WR__DEF_RESOURCE:
      require(def->of.resource.slot < c->resource_count);
      break;
    case WR__DEF_LIFT:
      require(def->of.canon.func < counts[WR__SORT_CORE_FUNC]);
      break;
    case WR__DEF_LOWER:
      require(def->of.canon.func < counts[WR__SORT_FUNC]);
      break;
    case WR__DEF_RESOURCE_NEW:
    case WR__DEF_RESOURCE_REP:
    case WR__DEF_RESOURCE_DROP:
      require(c->resources[def->of.canon.resource->slot] == def->of.canon.resource);
      break;
    case WR__DEF_EXPORT:
      require(def->of.export.index < counts[def->sort]);
      break;
    default:
      break;
  }
}

static void check_component(const wr__component *c) {
  uint32_t counts[WR__SORT_COUNT] = {0};
  for (uint32_t i = 0; i < c->def_count; i++) {
    check_def(c, &c->defs[i], counts);
    counts[c->defs[i].sort]++;
  }
  require(memcmp(counts, c->counts, sizeof counts) == 0);
  require(c->type->kind == WR__CTYPE_COMPONENT);
  check_type(c->type);
  for (uint32_t i = 0; i < c->component_count; i++) check_component(c->components[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  wr__engine *engine = wr__engine_new(NULL);
  if (!engine) return 0;
  wr_error error = {0};
  wr__component *component;
  wr_status status =
      wr__component_decode(engine, data, size, WR__BYTES_BORROWED, NULL, &component, &error);
  if (status == WR_OK) {
    check_component(component);
    wr__component_release(component);
  } else {
    require(error.status == status && error.message[0]);
    require(error.offset == WR_NO_OFFSET || error.offset <= size);
  }
  wr__engine_release(engine);
  return 0;
}
