/* Core types in components: function types and their like, read by the module decoder, and module
 * types. A core module's own type is made of what it imports and exports.
 * Spec: component-model/Binary, type definitions: core:deftype. */
#include <stdlib.h>

#include "component/decoder.h"

/* ---- The module decoder, at work inside a component ---- */

static wr_status make_core_decoder(wr__cdecoder *d) {
  if (d->core) return WR_OK;
  d->core = calloc(1, sizeof *d->core);
  wr__module *module = calloc(1, sizeof *module);
  if (!d->core || !module) {
    free(module);
    return wr__cfail_oom(d);
  }
  module->engine = d->engine;
  module->bytes = d->base;
  d->core->module = module;
  return WR_OK;
}

void wr__cfree_core(wr__cdecoder *d) {
  if (!d->core) return;
  free(d->core->module);
  free(d->core->members);
  free(d->core->decls);
  free(d->core->valtypes);
  free(d->core->fields);
  free(d->core);
}

/* An index space of core types that the module decoder reads and appends to. */
typedef struct type_space {
  const wr__deftype **types;
  uint32_t count, capacity;
} type_space;

static void enter(wr__cdecoder *d, const type_space *space) {
  wr__decoder *core = d->core;
  core->at = d->at;
  core->end = d->end;
  core->module->types = space->types;
  core->module->type_count = space->count;
  core->type_capacity = space->capacity;
}

static wr_status leave(wr__cdecoder *d, type_space *space, wr_status status) {
  wr__decoder *core = d->core;
  d->at = core->at;
  *space = (type_space){core->module->types, core->module->type_count, core->type_capacity};
  core->module->types = NULL;
  if (status == WR_OK && core->is_invalid) {
    d->failure = core->invalid;
    return WR_INVALID;
  }
  if (status != WR_OK) d->failure = core->failure;
  return status;
}

static wr_status read_group(wr__cdecoder *d, type_space *space) {
  WR_TRY(make_core_decoder(d));
  enter(d, space);
  return leave(d, space, wr__decode_type_group(d->core));
}

static wr_status read_core_extern(wr__cdecoder *d, type_space *space, wr_externtype *out) {
  const uint8_t *start = d->at;
  WR_TRY(make_core_decoder(d));
  enter(d, space);
  wr_status status = leave(d, space, wr__decode_externtype(d->core, out));
  if (status == WR_INVALID && strncmp(d->failure.message, "unknown type", 12) == 0)
    return wr__cinvalid(d, start, "unknown type: type index out of bounds");
  return status;
}

/* ---- Module types ---- */

typedef struct module_lists {
  type_space space;
  wr__core_extern *imports, *exports;
  uint32_t import_count, import_capacity, export_count, export_capacity;
} module_lists;

static wr_status add_core_extern(wr__cdecoder *d, wr__core_extern **list, uint32_t *count,
                                 uint32_t *capacity, const wr__core_extern *item) {
  if (!wr__grow32(list, capacity, *count + 1, sizeof **list)) return wr__cfail_oom(d);
  (*list)[(*count)++] = *item;
  return WR_OK;
}

static int compare_imports(const void *items, uint32_t a, uint32_t b) {
  const wr__core_extern *externs = (const wr__core_extern *)items;
  int order = wr__cspan_compare(externs[a].module, externs[b].module);
  return order ? order : wr__cspan_compare(externs[a].name, externs[b].name);
}

static int compare_exports(const void *items, uint32_t a, uint32_t b) {
  const wr__core_extern *externs = (const wr__core_extern *)items;
  return wr__cspan_compare(externs[a].name, externs[b].name);
}

/* Sorts the names, which must differ, and makes the type. */
wr_status wr__ccore_scope(wr__cdecoder *d, const uint8_t *at, wr__core_scope *scope) {
  WR_TRY(wr__csort(d, scope->imports, scope->import_count, compare_imports, &scope->import_order));
  WR_TRY(wr__csort(d, scope->exports, scope->export_count, compare_exports, &scope->export_order));
  for (uint32_t i = 1; i < scope->import_count; i++) {
    const wr__core_extern *import = &scope->imports[scope->import_order[i]];
    if (compare_imports(scope->imports, scope->import_order[i - 1], scope->import_order[i]) == 0)
      return wr__cinvalid(d, at, "duplicate import name `%.*s:%.*s`", WR__NAME(import->module),
                          WR__NAME(import->name));
  }
  for (uint32_t i = 1; i < scope->export_count; i++) {
    const wr__core_extern *item = &scope->exports[scope->export_order[i]];
    if (compare_exports(scope->exports, scope->export_order[i - 1], scope->export_order[i]) == 0)
      return wr__cinvalid(d, at, "duplicate export name: export name `%.*s` already defined",
                          WR__NAME(item->name));
  }
  return WR_OK;
}

static wr_status make_module_type(wr__cdecoder *d, const uint8_t *at, wr__core_scope *scope,
                                  const wr_component_type **out) {
  wr_component_type *type = wr__cnew_type(d, WR__CTYPE_MODULE);
  if (!type) return wr__cfail_oom(d);
  WR_TRY(wr__ccore_scope(d, at, scope));
  WR_TRY(wr__ccopy(d, scope, 1, sizeof *scope, &type->module));
  *out = type;
  return wr__cfinish_type(d, at, type);
}

wr_status wr__cmodule_type(wr__cdecoder *d, const uint8_t *at, const wr__module *module,
                           const wr_component_type **out) {
  wr__core_extern *imports = wr__calloc_array(d, module->import_count, sizeof *imports);
  wr__core_extern *exports = wr__calloc_array(d, module->export_count, sizeof *exports);
  if (!imports || !exports) return wr__cfail_oom(d);
  for (uint32_t i = 0; i < module->import_count; i++) {
    const wr__import *import = &module->imports[i];
    imports[i] = (wr__core_extern){
        import->module, import->name,
        wr__module_externtype(module, (wr_externkind)import->kind, import->index)};
  }
  for (uint32_t i = 0; i < module->export_count; i++) {
    const wr__export *item = &module->exports[i];
    exports[i] = (wr__core_extern){
        {0}, item->name, wr__module_externtype(module, (wr_externkind)item->kind, item->index)};
  }
  wr__core_scope scope = {.imports = imports,
                          .exports = exports,
                          .import_count = module->import_count,
                          .export_count = module->export_count};
  return make_module_type(d, at, &scope, out);
}

/* ---- Declarators of module types ---- */

/* 0x00 0x50 is a sub type, as 0x50 alone is a module type. */
static wr_status read_inner_type(wr__cdecoder *d, module_lists *m) {
  if (d->at < d->end && *d->at == 0x50)
    return wr__cinvalid(d, d->at,
                        "invalid leading byte (0x50): a module type cannot define module types");
  if (d->at < d->end && *d->at == 0x00) d->at++;
  return read_group(d, &m->space);
}

static wr_status append_type(wr__cdecoder *d, type_space *space, const wr__deftype *type) {
  if (!wr__grow32(&space->types, &space->capacity, space->count + 1, sizeof *space->types))
    return wr__cfail_oom(d);
  space->types[space->count++] = type;
  return WR_OK;
}

static wr_status read_inner_alias(wr__cdecoder *d, module_lists *m) {
  uint8_t sort, target = 0;
  uint32_t count, index, components;
  wr__scope *scope;
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_byte(d, &sort));
  if (sort == 0x10) WR_TRY(wr__cread_byte(d, &target));
  if (sort != 0x10 || target != 0x01)
    return wr__cbad_byte(d, sort != 0x10 ? "outer alias kind" : "outer alias target");
  WR_TRY(wr__cread_u32(d, &count));
  const uint8_t *at = d->at;
  WR_TRY(wr__cread_u32(d, &index));
  if (count == 0) { /* this module type */
    if (index >= m->space.count) return wr__cinvalid(d, at, "type index out of bounds");
    return append_type(d, &m->space, m->space.types[index]);
  }
  WR_TRY(wr__couter_scope(d, start, count - 1, &scope, &components));
  if (index >= scope->counts[WR__SORT_CORE_TYPE])
    return wr__cinvalid(d, at, "type index out of bounds");
  if (!scope->core_types[index])
    return wr__cinvalid(d, at, "a module type cannot alias a module type");
  return append_type(d, &m->space, scope->core_types[index]);
}

static wr_status read_module_decl(wr__cdecoder *d, module_lists *m) {
  uint8_t code;
  wr__core_extern item = {0};
  WR_TRY(wr__cread_byte(d, &code));
  switch (code) {
    case 0x00:
      WR_TRY(wr__cread_name(d, &item.module));
      WR_TRY(wr__cread_name(d, &item.name));
      WR_TRY(read_core_extern(d, &m->space, &item.type));
      return add_core_extern(d, &m->imports, &m->import_count, &m->import_capacity, &item);
    case 0x01:
      return read_inner_type(d, m);
    case 0x02:
      return read_inner_alias(d, m);
    case 0x03:
      WR_TRY(wr__cread_name(d, &item.name));
      WR_TRY(read_core_extern(d, &m->space, &item.type));
      return add_core_extern(d, &m->exports, &m->export_count, &m->export_capacity, &item);
    default:
      return wr__cbad_byte(d, "type definition");
  }
}

static wr_status read_module_lists(wr__cdecoder *d, const uint8_t *at, module_lists *m,
                                   const wr_component_type **out) {
  uint32_t count;
  WR_TRY(wr__cread_count(d, "declarators", &count));
  for (uint32_t i = 0; i < count; i++) WR_TRY(read_module_decl(d, m));
  wr__core_scope scope = {.import_count = m->import_count, .export_count = m->export_count};
  WR_TRY(wr__ccopy(d, m->imports, m->import_count, sizeof *m->imports, &scope.imports));
  WR_TRY(wr__ccopy(d, m->exports, m->export_count, sizeof *m->exports, &scope.exports));
  return make_module_type(d, at, &scope, out);
}

static wr_status read_module_type(wr__cdecoder *d, const uint8_t *at,
                                  const wr_component_type **out) {
  module_lists m = {0};
  wr_status status = read_module_lists(d, at, &m, out);
  free(m.space.types);
  free(m.imports);
  free(m.exports);
  return status;
}

/* ---- Definitions ---- */

static wr_status define_core_type(wr__cdecoder *d, const uint8_t *at, const void *type,
                                  bool is_module) {
  if (d->scope->kind == WR__SCOPE_COMPONENT) {
    wr__def def = {.kind = WR__DEF_CORE_TYPE,
                   .sort = WR__SORT_CORE_TYPE,
                   .index = d->scope->counts[WR__SORT_CORE_TYPE],
                   .offset = (uint64_t)(at - d->base)};
    WR_TRY(wr__cdefine(d, &def, type));
    wr__scope *s = d->scope;
    s->entries[WR__SORT_CORE_TYPE][def.index].is_module = is_module;
    if (is_module) s->core_types[def.index] = NULL;
    return WR_OK;
  }
  return wr__cadd(d, WR__SORT_CORE_TYPE, type, is_module);
}

/* The group's types are behind those of the scope; each becomes an entry. */
static wr_status define_group(wr__cdecoder *d, const uint8_t *at) {
  wr__scope *s = d->scope;
  uint32_t before = s->counts[WR__SORT_CORE_TYPE];
  type_space space = {s->core_types, before, s->core_type_capacity};
  wr_status status = read_group(d, &space);
  s->core_types = space.types;
  s->core_type_capacity = space.capacity;
  WR_TRY(status);
  for (uint32_t i = before; i < space.count; i++)
    WR_TRY(define_core_type(d, at, s->core_types[i], false));
  return WR_OK;
}

wr_status wr__cdecode_core_type(wr__cdecoder *d) {
  const uint8_t *start = d->at;
  const wr_component_type *type;
  if (d->at < d->end && *d->at == 0x50) {
    d->at++;
    WR_TRY(read_module_type(d, start, &type));
    return define_core_type(d, start, type, true);
  }
  if (d->at < d->end && *d->at == 0x00) d->at++;
  return define_group(d, start);
}
