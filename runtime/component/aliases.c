/* Aliases: of exports of instances, and of what enclosing scopes define.
 * Spec: component-model/Binary, alias definitions. */
#include "component/decoder.h"

static wr_status define_alias(wr__cdecoder *d, wr__def *def, const wr__entry *entry) {
  if (d->scope->kind != WR__SCOPE_COMPONENT)
    return wr__cadd(d, def->sort, entry->type, entry->is_module);
  WR_TRY(wr__cdefine(d, def, entry->type));
  if (def->sort != WR__SORT_CORE_TYPE) return WR_OK;
  d->scope->entries[def->sort][def->index].is_module = entry->is_module;
  if (entry->is_module) d->scope->core_types[def->index] = NULL;
  return WR_OK;
}

/* ---- Exports ---- */

static wr_status alias_export(wr__cdecoder *d, wr__def *def) {
  const wr__entry *entry;
  const uint8_t *start = d->at;
  def->kind = WR__DEF_ALIAS_EXPORT;
  WR_TRY(wr__cread_index(d, WR__SORT_INSTANCE, &def->of.alias.instance, &entry));
  WR_TRY(wr__cread_name(d, &def->of.alias.name));
  if (def->sort < WR__SORT_FUNC && def->sort != WR__SORT_CORE_MODULE)
    return wr__cmalformed(d, start, "an instance does not export a %s", wr__sort_name(def->sort));
  const wr_component_type *instance = (const wr_component_type *)entry->type;
  const wr__cextern *found = wr__cscope_export(instance->scope, def->of.alias.name);
  if (!found)
    return wr__cinvalid(d, start, "instance %u has no export named `%.*s`", def->of.alias.instance,
                        WR__NAME(def->of.alias.name));
  if (found->sort != def->sort)
    return wr__cinvalid(d, start, "export `%.*s` of instance %u is not a %s, but a %s",
                        WR__NAME(def->of.alias.name), def->of.alias.instance,
                        wr__csort_name(def->sort), wr__csort_name(found->sort));
  def->type = found->type;
  return define_alias(d, def, &(wr__entry){.type = found->type});
}

static wr_status alias_core_export(wr__cdecoder *d, wr__def *def) {
  const wr__entry *entry;
  const uint8_t *start = d->at;
  def->kind = WR__DEF_ALIAS_CORE_EXPORT;
  WR_TRY(wr__cread_index(d, WR__SORT_CORE_INSTANCE, &def->of.alias.instance, &entry));
  WR_TRY(wr__cread_name(d, &def->of.alias.name));
  const wr__core_extern *found =
      wr__core_scope_export((const wr__core_scope *)entry->type, def->of.alias.name);
  if (!found)
    return wr__cinvalid(d, start, "core instance %u has no export named `%.*s`",
                        def->of.alias.instance, WR__NAME(def->of.alias.name));
  if (def->sort > WR__SORT_CORE_TAG || found->type.kind != def->sort - WR__SORT_CORE_FUNC)
    return wr__cinvalid(d, start, "export `%.*s` for core instance %u is not a %s",
                        WR__NAME(def->of.alias.name), def->of.alias.instance,
                        wr__csort_name(def->sort));
  return define_alias(d, def, &(wr__entry){.type = &found->type});
}

/* ---- Outer ---- */

wr_status wr__couter_scope(wr__cdecoder *d, const uint8_t *at, uint32_t count, wr__scope **out,
                           uint32_t *components) {
  wr__scope *scope = d->scope;
  uint32_t crossed = 0;
  for (uint32_t i = 0; i < count && scope; i++) {
    if (scope->kind == WR__SCOPE_COMPONENT) crossed++;
    scope = scope->parent;
  }
  if (!scope) return wr__cinvalid(d, at, "invalid outer alias count of %u", count);
  *out = scope;
  *components = crossed;
  return WR_OK;
}

static bool is_open_scope(const wr__cdecoder *d, uint32_t id) {
  for (const wr__scope *s = d->scope; s; s = s->parent)
    if (s->id == id) return true;
  return false;
}

/* Does a type mention a resource that it does not bind itself? Each node is looked at once. */
static wr_status find_resource(wr__cdecoder *d, wr__ptrmap *seen, const wr_component_type *type,
                               bool *found) {
  if (!type || !type->is_open || *found || wr__ptrmap_get(seen, type)) return WR_OK;
  WR_TRY(wr__ctake(d, 1 + (uint64_t)type->field_count));
  if (!wr__ptrmap_set(seen, type, type)) return wr__cfail_oom(d);
  if (type->kind == WR__CTYPE_RESOURCE) {
    if (is_open_scope(d, type->resource->scope_id)) *found = true;
    return WR_OK;
  }
  WR_TRY(find_resource(d, seen, type->element, found));
  for (uint32_t i = 0; i < type->field_count; i++)
    WR_TRY(find_resource(d, seen, type->fields[i].type, found));
  if (!type->scope) return WR_OK;
  for (uint32_t i = 0; i < type->scope->import_count; i++)
    WR_TRY(find_resource(d, seen, type->scope->imports[i].type, found));
  for (uint32_t i = 0; i < type->scope->export_count; i++)
    WR_TRY(find_resource(d, seen, type->scope->exports[i].type, found));
  return WR_OK;
}

static wr_status check_no_resources(wr__cdecoder *d, const uint8_t *at,
                                    const wr_component_type *type) {
  bool found = false;
  wr__ptrmap seen = {0};
  wr_status status = find_resource(d, &seen, type, &found);
  wr__ptrmap_free(&seen);
  if (status != WR_OK || !found) return status;
  return wr__cinvalid(d, at,
                      "an outer alias out of a component cannot name a type that transitively "
                      "refers to resources");
}

static wr_status alias_outer(wr__cdecoder *d, wr__def *def) {
  wr__scope *scope;
  uint32_t components;
  const uint8_t *start = d->at, *sort_at = d->base + def->offset;
  def->kind = WR__DEF_ALIAS_OUTER;
  WR_TRY(wr__cread_u32(d, &def->of.outer.count));
  const uint8_t *at = d->at;
  WR_TRY(wr__cread_u32(d, &def->of.outer.index));
  if (def->sort != WR__SORT_CORE_MODULE && def->sort != WR__SORT_CORE_TYPE &&
      def->sort != WR__SORT_TYPE && def->sort != WR__SORT_COMPONENT)
    return wr__cmalformed(d, sort_at,
                          "invalid leading byte (0x%x) for component outer alias kind: a %s",
                          sort_at[0] ? sort_at[0] : sort_at[1], wr__sort_name(def->sort));
  WR_TRY(wr__couter_scope(d, start, def->of.outer.count, &scope, &components));
  if (def->of.outer.index >= scope->counts[def->sort])
    return wr__cinvalid(d, at, "unknown %s %u: index out of bounds", wr__sort_name(def->sort),
                        def->of.outer.index);
  wr__entry entry = scope->entries[def->sort][def->of.outer.index];
  if (def->sort != WR__SORT_CORE_TYPE) {
    def->type = (const wr_component_type *)entry.type;
    if (components) WR_TRY(check_no_resources(d, at, def->type));
  }
  return define_alias(d, def, &entry);
}

/* Declarators may alias less than definitions. */
static wr_status check_declarator(wr__cdecoder *d, const uint8_t *at, uint8_t sort,
                                  uint8_t target) {
  if (d->scope->kind == WR__SCOPE_COMPONENT) return WR_OK;
  bool is_export = target == 0x00 && (sort == WR__SORT_INSTANCE || sort == WR__SORT_TYPE);
  bool is_outer = target == 0x02 && (sort == WR__SORT_CORE_TYPE || sort == WR__SORT_TYPE);
  if (is_export || is_outer) return WR_OK;
  return wr__cinvalid(d, at, "aliases in types may only refer to types or instances");
}

wr_status wr__cdecode_alias(wr__cdecoder *d) {
  uint8_t target;
  const uint8_t *start = d->at;
  wr__def def = {.offset = (uint64_t)(start - d->base)};
  WR_TRY(wr__cread_sort(d, "component outer alias kind", &def.sort));
  WR_TRY(wr__cread_byte(d, &target));
  if (target > 0x02) return wr__cbad_byte(d, "alias");
  WR_TRY(check_declarator(d, start, def.sort, target));
  if (target == 0x00) return alias_export(d, &def);
  return target == 0x01 ? alias_core_export(d, &def) : alias_outer(d, &def);
}
