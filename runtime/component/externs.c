/* Imports and exports, of components and of component and instance types.
 * Spec: component-model/Binary, import and export definitions; externtype. */
#include <stdlib.h>

#include "component/decoder.h"

/* ---- Extern types ---- */

static wr_status read_typed(wr__cdecoder *d, uint8_t index_sort, uint8_t kind, const char *what,
                            const wr_component_type **out) {
  uint32_t index;
  const wr__entry *entry;
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_index(d, index_sort, &index, &entry));
  *out = (const wr_component_type *)entry->type;
  bool is_core = index_sort == WR__SORT_CORE_TYPE;
  if (is_core ? entry->is_module : (*out)->kind == kind) return WR_OK;
  return wr__cinvalid(d, start, "%s index %u is not %s type", wr__sort_name(index_sort), index,
                      what);
}

static wr_status read_bound(wr__cdecoder *d, const wr_component_type **out) {
  uint8_t bound;
  uint32_t index;
  const wr__entry *entry;
  WR_TRY(wr__cread_byte(d, &bound));
  *out = NULL;
  if (bound == 0x01) return WR_OK;
  if (bound != 0x00) return wr__cbad_byte(d, "type bound");
  WR_TRY(wr__cread_index(d, WR__SORT_TYPE, &index, &entry));
  *out = (const wr_component_type *)entry->type;
  return WR_OK;
}

wr_status wr__cread_externtype(wr__cdecoder *d, uint8_t *sort, const wr_component_type **out) {
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_sort(d, "component external kind", sort));
  switch (*sort) {
    case WR__SORT_CORE_MODULE:
      return read_typed(d, WR__SORT_CORE_TYPE, WR__CTYPE_MODULE, "a module", out);
    case WR__SORT_FUNC:
      return read_typed(d, WR__SORT_TYPE, WR__CTYPE_FUNC, "a function", out);
    case WR__SORT_COMPONENT:
      return read_typed(d, WR__SORT_TYPE, WR__CTYPE_COMPONENT, "a component", out);
    case WR__SORT_INSTANCE:
      return read_typed(d, WR__SORT_TYPE, WR__CTYPE_INSTANCE, "an instance", out);
    case WR__SORT_TYPE:
      return read_bound(d, out);
    default:
      return wr__cmalformed(d, start,
                            "invalid leading byte (0x%x) for component external kind: a %s",
                            d->at[-1], wr__sort_name(*sort));
  }
}

/* ---- What an import or export introduces ---- */

typedef struct introduced {
  bool is_import;
  wr__extern_name name;
  const uint8_t *at;
  uint8_t sort;
  const wr_component_type *type; /* as declared; NULL: (sub resource) */
} introduced;

static wr_status introduce_resource(wr__cdecoder *d, const introduced *in, wr__def *def,
                                    const wr_component_type **out) {
  wr__resource *resource;
  wr__scope *s = d->scope;
  WR_TRY(wr__cnew_resource(d, false, in->is_import, &resource));
  WR_TRY(wr__cnew_resource_type(d, resource, out));
  wr__cbind *bind = wr__calloc_array(d, 1, sizeof *bind);
  if (!bind) return wr__cfail_oom(d);
  bind->slot = resource->slot;
  def->binds = bind;
  def->bind_count = 1;
  if (!in->is_import) return WR_OK;
  wr__cbound bound = {.resource = resource, .depth = 1};
  WR_TRY(wr__ccopy(d, &in->name.name, 1, sizeof in->name.name, &bound.path));
  if (!wr__grow32(&s->imported, &s->imported_capacity, s->imported_count + 1, sizeof *s->imported))
    return wr__cfail_oom(d);
  s->imported[s->imported_count++] = bound;
  return WR_OK;
}

/* The type that the new index and the name get. */
static wr_status introduce(wr__cdecoder *d, const introduced *in, wr__def *def,
                           const wr_component_type **out) {
  *out = in->type;
  if (in->sort == WR__SORT_TYPE)
    return in->type ? wr__cname_type(d, in->type, out) : introduce_resource(d, in, def, out);
  if (in->sort == WR__SORT_INSTANCE)
    return wr__cfresh_instance(d, in->type, in->is_import, in->name.name, def, out);
  return WR_OK;
}

/* Checks and registers the name with its type. */
static wr_status add_extern(wr__cdecoder *d, const introduced *in, const wr_component_type *type) {
  wr__externs *list = in->is_import ? &d->scope->imports : &d->scope->exports;
  WR_TRY(wr__ccheck_visible(d, in->at, in->is_import, in->name.name, in->sort, type));
  WR_TRY(wr__cadd_name(d, in->at, &list->names, in->is_import ? "import" : "export", &in->name,
                       in->sort, type));
  if (!wr__grow32(&list->items, &list->capacity, list->count + 1, sizeof *list->items))
    return wr__cfail_oom(d);
  list->items[list->count++] = (wr__cextern){in->name.name, in->sort, type};
  return WR_OK;
}

static wr_status finish_extern(wr__cdecoder *d, const introduced *in, wr__def *def) {
  def->sort = in->sort;
  def->offset = (uint64_t)(in->at - d->base);
  WR_TRY(add_extern(d, in, def->type));
  if (d->scope->kind != WR__SCOPE_COMPONENT) return wr__cadd(d, in->sort, def->type, false);
  return wr__cdefine(d, def, def->type);
}

static wr_status read_declared(wr__cdecoder *d, bool is_import) {
  wr__def def = {.kind = is_import ? WR__DEF_IMPORT : WR__DEF_EXPORT};
  introduced in = {.is_import = is_import, .at = d->at};
  WR_TRY(wr__cread_extern_name(d, is_import, &in.name));
  WR_TRY(wr__cread_externtype(d, &in.sort, &in.type));
  WR_TRY(introduce(d, &in, &def, &def.type));
  def.of.import.name = in.name.name;
  return finish_extern(d, &in, &def);
}

wr_status wr__cdecode_import(wr__cdecoder *d) { return read_declared(d, true); }

wr_status wr__cdecode_export_decl(wr__cdecoder *d) { return read_declared(d, false); }

/* ---- Exports of components ---- */

/* The type that an export declares instead of the one that is known. */
static wr_status read_ascribed(wr__cdecoder *d, introduced *in, wr__def *def,
                               const wr_component_type *known) {
  uint8_t sort;
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_externtype(d, &sort, &in->type));
  if (sort != in->sort)
    return wr__cinvalid(d, start,
                        "ascribed type of export is not compatible with the item: expected %s, "
                        "found %s",
                        wr__sort_name(sort), wr__sort_name(in->sort));
  if (!in->type && known->kind != WR__CTYPE_RESOURCE)
    return wr__cinvalid(d, start,
                        "ascribed type of export is not compatible with the item: expected "
                        "resource, found %s",
                        wr__ctype_kind_name(known->kind));
  if (in->type)
    WR_TRY(wr__cfail_within(d, wr__cmatch(d, start, in->sort, known, sort, in->type),
                            "ascribed type of export is not compatible with the item"));
  return introduce(d, in, def, &def->type);
}

wr_status wr__cdecode_export(wr__cdecoder *d) {
  bool is_ascribed;
  const wr__entry *entry;
  wr__def def = {.kind = WR__DEF_EXPORT};
  introduced in = {.at = d->at};
  WR_TRY(wr__cread_extern_name(d, false, &in.name));
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_sort(d, "component external kind", &in.sort));
  if (in.sort < WR__SORT_FUNC && in.sort != WR__SORT_CORE_MODULE)
    return wr__cinvalid(d, start, "a component cannot export a %s", wr__sort_name(in.sort));
  WR_TRY(wr__cread_index(d, in.sort, &def.of.export.index, &entry));
  const wr_component_type *known = (const wr_component_type *)entry->type;
  WR_TRY(wr__cread_flag(d, "optional component export type", &is_ascribed));
  def.type = known;
  if (is_ascribed)
    WR_TRY(read_ascribed(d, &in, &def, known));
  else if (in.sort == WR__SORT_TYPE)
    WR_TRY(wr__cname_type(d, known, &def.type));
  def.of.export.name = in.name.name;
  return finish_extern(d, &in, &def);
}
