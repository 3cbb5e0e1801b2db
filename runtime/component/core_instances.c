/* Core instances: instantiations of core modules, and bags of core items.
 * Spec: component-model/Binary, instance definitions: core:instance. */
#include "component/decoder.h"

const wr__core_extern *wr__core_scope_export(const wr__core_scope *scope, wr__span name) {
  return wr__cname_find(&WR__CNAMED(scope->exports, name, scope->export_order, scope->export_count),
                        name);
}

/* ---- Instantiation ---- */

static int compare_items(const void *items, uint32_t a, uint32_t b) {
  const wr__citem *list = (const wr__citem *)items;
  return wr__cspan_compare(list[a].name, list[b].name);
}

typedef struct core_args {
  const wr__citem *items;
  const uint32_t *order;
  uint32_t count;
} core_args;

static wr_status read_args(wr__cdecoder *d, core_args *args) {
  uint8_t sort;
  const wr__entry *entry;
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_count(d, "arguments", &args->count));
  wr__citem *items = wr__calloc_array(d, args->count, sizeof *items);
  if (!items) return wr__cfail_oom(d);
  args->items = items;
  for (uint32_t i = 0; i < args->count; i++) {
    WR_TRY(wr__cread_name(d, &items[i].name));
    WR_TRY(wr__cread_byte(d, &sort));
    if (sort != 0x12) return wr__cbad_byte(d, "instantiation arg kind");
    items[i].sort = WR__SORT_CORE_INSTANCE;
    WR_TRY(wr__cread_index(d, WR__SORT_CORE_INSTANCE, &items[i].index, &entry));
  }
  WR_TRY(wr__csort(d, items, args->count, compare_items, &args->order));
  for (uint32_t i = 1; i < args->count; i++)
    if (compare_items(items, args->order[i - 1], args->order[i]) == 0)
      return wr__cinvalid(d, start, "duplicate module instantiation argument named `%.*s`",
                          WR__NAME(items[args->order[i]].name));
  return WR_OK;
}

static const wr__citem *find_arg(const core_args *args, wr__span name) {
  return wr__cname_find(&WR__CNAMED(args->items, name, args->order, args->count), name);
}

static wr_status check_import(wr__cdecoder *d, const uint8_t *at, const core_args *args,
                              const wr__core_extern *import) {
  const wr__citem *arg = find_arg(args, import->module);
  if (!arg)
    return wr__cinvalid(d, at, "missing module instantiation argument named `%.*s`",
                        WR__NAME(import->module));
  const wr__core_scope *scope =
      (const wr__core_scope *)d->scope->entries[WR__SORT_CORE_INSTANCE][arg->index].type;
  const wr__core_extern *found = wr__core_scope_export(scope, import->name);
  if (!found)
    return wr__cinvalid(d, at,
                        "module instantiation argument `%.*s` does not export an item named `%.*s`",
                        WR__NAME(import->module), WR__NAME(import->name));
  return wr__cfail_within(d, wr__cmatch_core(d, at, &found->type, &import->type),
                          "type mismatch for export `%.*s` of module instantiation argument `%.*s`",
                          WR__NAME(import->name), WR__NAME(import->module));
}

static wr_status instantiate(wr__cdecoder *d, wr__def *def) {
  core_args args;
  const wr__entry *entry;
  const uint8_t *start = d->at;
  def->kind = WR__DEF_CORE_INSTANTIATE;
  WR_TRY(wr__cread_index(d, WR__SORT_CORE_MODULE, &def->of.instantiate.index, &entry));
  const wr__core_scope *module = ((const wr_component_type *)entry->type)->module;
  WR_TRY(read_args(d, &args));
  def->of.instantiate.args = args.items;
  def->of.instantiate.arg_count = args.count;
  WR_TRY(wr__ctake(d, module->import_count));
  for (uint32_t i = 0; i < module->import_count; i++)
    WR_TRY(check_import(d, start, &args, &module->imports[i]));
  return wr__cdefine(d, def, module);
}

/* ---- Bags ---- */

static wr_status read_item(wr__cdecoder *d, wr__citem *item, wr__core_extern *out) {
  const wr__entry *entry;
  WR_TRY(wr__cread_name(d, &item->name));
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_core_sort(d, "core external kind", &item->sort));
  if (item->sort > WR__SORT_CORE_TAG)
    return wr__cmalformed(d, start, "a core instance cannot export a %s",
                          wr__sort_name(item->sort));
  WR_TRY(wr__cread_index(d, item->sort, &item->index, &entry));
  *out = (wr__core_extern){.name = item->name, .type = *(const wr_externtype *)entry->type};
  return WR_OK;
}

static wr_status read_exports(wr__cdecoder *d, wr__def *def) {
  uint32_t count;
  const uint8_t *start = d->at;
  def->kind = WR__DEF_CORE_EXPORTS;
  WR_TRY(wr__cread_count(d, "exports", &count));
  wr__citem *items = wr__calloc_array(d, count, sizeof *items);
  wr__core_extern *exports = wr__calloc_array(d, count, sizeof *exports);
  wr__core_scope *scope = wr__calloc_array(d, 1, sizeof *scope);
  if (!items || !exports || !scope) return wr__cfail_oom(d);
  for (uint32_t i = 0; i < count; i++) WR_TRY(read_item(d, &items[i], &exports[i]));
  scope->exports = exports;
  scope->export_count = count;
  WR_TRY(wr__ccore_scope(d, start, scope));
  def->of.exports.items = items;
  def->of.exports.count = count;
  return wr__cdefine(d, def, scope);
}

wr_status wr__cdecode_core_instance(wr__cdecoder *d) {
  uint8_t form;
  wr__def def = {.sort = WR__SORT_CORE_INSTANCE, .offset = (uint64_t)(d->at - d->base)};
  WR_TRY(wr__cread_byte(d, &form));
  if (form == 0x00) return instantiate(d, &def);
  if (form == 0x01) return read_exports(d, &def);
  return wr__cbad_byte(d, "core instance");
}
