/* Type definitions, and what component types and instance types declare.
 * Spec: component-model/Binary, type definitions: deftype, componenttype, instancetype. */
#include <stdlib.h>

#include "component/decoder.h"

/* ---- The type of a scope ---- */

typedef struct collector {
  wr__ptrmap seen;
  wr__cbound *items;
  uint32_t count, capacity;
  wr__span path[WR__CTYPE_MAX_DEPTH + 1];
} collector;

static wr_status add_defined(wr__cdecoder *d, collector *c, const wr__resource *resource,
                             uint32_t depth) {
  if (resource->scope_id != d->scope->id || resource->is_imported) return WR_OK;
  if (wr__ptrmap_get(&c->seen, resource)) return WR_OK;
  wr__cbound bound = {.resource = resource, .depth = depth};
  WR_TRY(wr__ccopy(d, c->path, depth, sizeof *c->path, &bound.path));
  if (!wr__ptrmap_set(&c->seen, resource, resource) ||
      !wr__grow32(&c->items, &c->capacity, c->count + 1, sizeof *c->items))
    return wr__cfail_oom(d);
  c->items[c->count++] = bound;
  return WR_OK;
}

/* Resources of this scope that its exports have, each with the first way to it. */
static wr_status collect(wr__cdecoder *d, collector *c, const wr__cextern *exports, uint32_t count,
                         uint32_t depth) {
  WR_TRY(wr__ctake(d, count));
  for (uint32_t i = 0; i < count; i++) {
    const wr_component_type *type = exports[i].type;
    if (!type->is_open) continue;
    c->path[depth] = exports[i].name;
    if (type->kind == WR__CTYPE_RESOURCE)
      WR_TRY(add_defined(d, c, type->resource, depth + 1));
    else if (exports[i].sort == WR__SORT_INSTANCE)
      WR_TRY(collect(d, c, type->scope->exports, type->scope->export_count, depth + 1));
  }
  return WR_OK;
}

static wr_status collect_defined(wr__cdecoder *d, wr__cscope *out) {
  collector c = {0};
  wr_status status = collect(d, &c, out->exports, out->export_count, 0);
  if (status == WR_OK) status = wr__ccopy(d, c.items, c.count, sizeof *c.items, &out->defined);
  out->defined_count = c.count;
  wr__ptrmap_free(&c.seen);
  free(c.items);
  return status;
}

wr_status wr__cscope_type(wr__cdecoder *d, const uint8_t *at, const wr_component_type **out) {
  wr__scope *s = d->scope;
  wr__cscope scope = {.import_count = s->imports.count,
                      .export_count = s->exports.count,
                      .imported_count = s->imported_count};
  WR_TRY(
      wr__ccopy(d, s->imports.items, s->imports.count, sizeof *s->imports.items, &scope.imports));
  WR_TRY(
      wr__ccopy(d, s->exports.items, s->exports.count, sizeof *s->exports.items, &scope.exports));
  WR_TRY(wr__ccopy(d, s->imported, s->imported_count, sizeof *s->imported, &scope.imported));
  WR_TRY(collect_defined(d, &scope));
  uint8_t kind = s->kind == WR__SCOPE_INSTANCE_TYPE ? WR__CTYPE_INSTANCE : WR__CTYPE_COMPONENT;
  return wr__cnew_scope_type(d, at, kind, &scope, out);
}

/* ---- Declarators ---- */

static wr_status read_declarator(wr__cdecoder *d, uint8_t kind) {
  uint8_t code;
  WR_TRY(wr__cread_byte(d, &code));
  switch (code) {
    case 0x00:
      return wr__cdecode_core_type(d);
    case 0x01:
      return wr__cdecode_type(d);
    case 0x02:
      return wr__cdecode_alias(d);
    case 0x03:
      if (kind == WR__SCOPE_COMPONENT_TYPE) return wr__cdecode_import(d);
      break;
    case 0x04:
      return wr__cdecode_export_decl(d);
    default:
      break;
  }
  return wr__cbad_byte(d, "component or instance type declaration");
}

static wr_status read_declarators(wr__cdecoder *d, uint8_t kind) {
  uint32_t count;
  WR_TRY(wr__cread_count(d, "declarators", &count));
  for (uint32_t i = 0; i < count; i++) WR_TRY(read_declarator(d, kind));
  return WR_OK;
}

static wr_status read_scope_type(wr__cdecoder *d, const uint8_t *at, uint8_t kind,
                                 const wr_component_type **out) {
  wr__scope scope;
  wr_status status = wr__scope_open(d, &scope, kind);
  if (status != WR_OK) return status;
  status = read_declarators(d, kind);
  if (status == WR_OK) status = wr__cscope_type(d, at, out);
  wr__scope_close(d, &scope);
  return status;
}

/* ---- Resources ---- */

static wr_status check_destructor(wr__cdecoder *d, const uint8_t *at, const wr__entry *entry) {
  const wr_externtype *type = (const wr_externtype *)entry->type;
  if (type->param_count == 1 && type->params[0] == WR_I32 && type->result_count == 0) return WR_OK;
  return wr__cinvalid(d, at, "wrong signature for a destructor: (func (param i32)) expected");
}

static wr_status define_resource(wr__cdecoder *d, const uint8_t *at) {
  uint8_t representation;
  bool has_destructor;
  const wr__entry *entry;
  wr__resource *resource;
  wr__def def = {
      .kind = WR__DEF_RESOURCE, .sort = WR__SORT_TYPE, .offset = (uint64_t)(at - d->base)};
  if (d->scope->kind != WR__SCOPE_COMPONENT)
    return wr__cinvalid(d, at, "resources can only be defined within a concrete component");
  WR_TRY(wr__cread_byte(d, &representation));
  if (representation != WR_I32)
    return wr__cinvalid(d, d->at - 1, "resources can only be represented by `i32`");
  WR_TRY(wr__cread_flag(d, "destructor", &has_destructor));
  def.of.resource.destructor = WR_NO_INDEX;
  if (has_destructor) {
    const uint8_t *start = d->at;
    WR_TRY(wr__cread_index(d, WR__SORT_CORE_FUNC, &def.of.resource.destructor, &entry));
    WR_TRY(check_destructor(d, start, entry));
  }
  WR_TRY(wr__cnew_resource(d, true, false, &resource));
  def.of.resource.slot = resource->slot;
  WR_TRY(wr__cnew_resource_type(d, resource, &def.type));
  return wr__cdefine(d, &def, def.type);
}

wr_status wr__cdecode_type(wr__cdecoder *d) {
  uint8_t code;
  const uint8_t *start = d->at;
  const wr_component_type *type;
  WR_TRY(wr__cread_byte(d, &code));
  if (code == 0x3f) return define_resource(d, start);
  if (code == 0x41 || code == 0x42)
    WR_TRY(read_scope_type(
        d, start, code == 0x41 ? WR__SCOPE_COMPONENT_TYPE : WR__SCOPE_INSTANCE_TYPE, &type));
  else
    WR_TRY(wr__cread_deftype(d, start, code, &type));
  if (d->scope->kind != WR__SCOPE_COMPONENT) return wr__cadd(d, WR__SORT_TYPE, type, false);
  wr__def def = {.kind = WR__DEF_TYPE,
                 .sort = WR__SORT_TYPE,
                 .offset = (uint64_t)(start - d->base),
                 .type = type};
  return wr__cdefine(d, &def, type);
}
