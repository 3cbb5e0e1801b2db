/* Instances: instantiations of components, and bags of items.
 * Spec: component-model/Binary, instance definitions. */
#include <stdlib.h>

#include "component/decoder.h"

/* An item of this scope by its sort and index. */
static wr_status read_item(wr__cdecoder *d, wr__citem *item, wr__cextern *out) {
  const wr__entry *entry;
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_sort(d, "component external kind", &item->sort));
  if (item->sort < WR__SORT_FUNC && item->sort != WR__SORT_CORE_MODULE)
    return wr__cinvalid(d, start, "a %s cannot be exported or passed to a component",
                        wr__sort_name(item->sort));
  WR_TRY(wr__cread_index(d, item->sort, &item->index, &entry));
  *out = (wr__cextern){
      .name = item->name, .sort = item->sort, .type = (const wr_component_type *)entry->type};
  return WR_OK;
}

/* ---- Instantiation ---- */

static wr_status read_args(wr__cdecoder *d, wr__def *def, wr__cargs *args) {
  uint32_t count;
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_count(d, "arguments", &count));
  wr__citem *items = wr__calloc_array(d, count, sizeof *items);
  wr__cextern *externs = wr__calloc_array(d, count, sizeof *externs);
  if (!items || !externs) return wr__cfail_oom(d);
  for (uint32_t i = 0; i < count; i++) {
    WR_TRY(wr__cread_name(d, &items[i].name));
    WR_TRY(read_item(d, &items[i], &externs[i]));
  }
  *args = (wr__cargs){.items = externs, .count = count};
  WR_TRY(wr__csort(d, externs, count, wr__cextern_compare, &args->order));
  for (uint32_t i = 1; i < count; i++)
    if (wr__cextern_compare(externs, args->order[i - 1], args->order[i]) == 0)
      return wr__cinvalid(
          d, start, "instantiation argument `%.*s` conflicts with previous argument `%.*s`",
          WR__NAME(externs[args->order[i]].name), WR__NAME(externs[args->order[i - 1]].name));
  def->of.instantiate.args = items;
  def->of.instantiate.arg_count = count;
  return WR_OK;
}

/* Types that imports introduced become those that the arguments gave. */
static wr_status rename_types(wr__cdecoder *d, wr__subst *s, const wr__cextern *wanted,
                              const wr__cextern *given) {
  if (!given || given->sort != wanted->sort || !wanted->type->is_open) return WR_OK;
  WR_TRY(wr__ctake(d, 1));
  if (wanted->sort == WR__SORT_TYPE) {
    if (wr__ptrmap_get(&s->nodes, wanted->type)) return WR_OK;
    return wr__ptrmap_set(&s->nodes, wanted->type, given->type) ? WR_OK : wr__cfail_oom(d);
  }
  if (wanted->sort != WR__SORT_INSTANCE) return WR_OK;
  const wr__cscope *scope = wanted->type->scope;
  for (uint32_t i = 0; i < scope->export_count; i++)
    WR_TRY(rename_types(d, s, &scope->exports[i],
                        wr__cscope_export(given->type->scope, scope->exports[i].name)));
  return WR_OK;
}

/* Resources that the component makes are new ones for each instance. */
static wr_status make_resources(wr__cdecoder *d, wr__subst *s, const wr__cscope *component,
                                wr__def *def) {
  wr__cbind *binds = wr__calloc_array(d, component->defined_count, sizeof *binds);
  if (!binds) return wr__cfail_oom(d);
  for (uint32_t i = 0; i < component->defined_count; i++) {
    wr__resource *resource;
    const wr__cbound *bound = &component->defined[i];
    WR_TRY(wr__cnew_resource(d, false, false, &resource));
    binds[i] = (wr__cbind){resource->slot, bound->depth, bound->path};
    if (!wr__ptrmap_set(&s->resources, bound->resource, resource)) return wr__cfail_oom(d);
  }
  def->binds = binds;
  def->bind_count = component->defined_count;
  return WR_OK;
}

static wr_status make_instance(wr__cdecoder *d, const uint8_t *at, wr__subst *s,
                               const wr__cargs *args, const wr__cscope *component, wr__def *def) {
  for (uint32_t i = 0; i < component->import_count; i++)
    WR_TRY(rename_types(d, s, &component->imports[i],
                        wr__cargs_find(args, component->imports[i].name)));
  WR_TRY(make_resources(d, s, component, def));
  WR_TRY(wr__ctake(d, component->export_count));
  wr__cextern *exports = wr__calloc_array(d, component->export_count, sizeof *exports);
  if (!exports) return wr__cfail_oom(d);
  for (uint32_t i = 0; i < component->export_count; i++) {
    exports[i] = component->exports[i];
    WR_TRY(wr__subst_type(d, s, component->exports[i].type, &exports[i].type));
  }
  wr__cscope scope = {.exports = exports, .export_count = component->export_count};
  return wr__cnew_scope_type(d, at, WR__CTYPE_INSTANCE, &scope, &def->type);
}

static wr_status instantiate(wr__cdecoder *d, wr__def *def) {
  wr__cargs args;
  wr__subst check = {0}, result = {0};
  const wr__entry *entry;
  const uint8_t *start = d->at;
  def->kind = WR__DEF_INSTANTIATE;
  WR_TRY(wr__cread_index(d, WR__SORT_COMPONENT, &def->of.instantiate.index, &entry));
  const wr__cscope *component = ((const wr_component_type *)entry->type)->scope;
  WR_TRY(read_args(d, def, &args));
  wr_status status = wr__cmatch_args(d, start, &args, component, "import", &check);
  result.resources = check.resources;
  check.resources = (wr__ptrmap){0};
  if (status == WR_OK) status = make_instance(d, start, &result, &args, component, def);
  wr__subst_free(&check);
  wr__subst_free(&result);
  WR_TRY(status);
  return wr__cdefine(d, def, def->type);
}

/* ---- Bags ---- */

static wr_status read_exports(wr__cdecoder *d, const uint8_t *at, wr__def *def,
                              wr__name_table *names) {
  uint32_t count;
  def->kind = WR__DEF_EXPORTS;
  WR_TRY(wr__cread_count(d, "exports", &count));
  wr__citem *items = wr__calloc_array(d, count, sizeof *items);
  wr__cextern *exports = wr__calloc_array(d, count, sizeof *exports);
  if (!items || !exports) return wr__cfail_oom(d);
  for (uint32_t i = 0; i < count; i++) {
    wr__extern_name name;
    const uint8_t *start = d->at;
    WR_TRY(wr__cread_extern_name(d, false, &name));
    items[i].name = name.name;
    WR_TRY(read_item(d, &items[i], &exports[i]));
    if (exports[i].sort == WR__SORT_TYPE)
      WR_TRY(wr__cname_type(d, exports[i].type, &exports[i].type));
    WR_TRY(wr__cadd_name(d, start, names, "export", &name, exports[i].sort, exports[i].type));
  }
  def->of.exports.items = items;
  def->of.exports.count = count;
  wr__cscope scope = {.exports = exports, .export_count = count};
  return wr__cnew_scope_type(d, at, WR__CTYPE_INSTANCE, &scope, &def->type);
}

wr_status wr__cdecode_instance(wr__cdecoder *d) {
  uint8_t form;
  const uint8_t *start = d->at;
  wr__def def = {.sort = WR__SORT_INSTANCE, .offset = (uint64_t)(start - d->base)};
  WR_TRY(wr__cread_byte(d, &form));
  if (form == 0x00) return instantiate(d, &def);
  if (form != 0x01) return wr__cbad_byte(d, "instance");
  wr__name_table names = {0};
  wr_status status = read_exports(d, start, &def, &names);
  wr__cfree_names(&names);
  WR_TRY(status);
  return wr__cdefine(d, &def, def.type);
}
