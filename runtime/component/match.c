/* Matching: is what is given a subtype of what is wanted? Value and function types are equal or
 * not; instances may export more; components may import less and export more. Spec:
 * component-model/Explainer, type checking. */
#include "component/decoder.h"

const wr__cextern *wr__cargs_find(const wr__cargs *args, wr__span name) {
  return wr__cname_find(&WR__CNAMED(args->items, name, args->order, args->count), name);
}

/* ---- Resources that a scope binds ---- */

/* The resource at a path of names, or NULL: what is missing is reported when exports are compared.
 */
static const wr__resource *follow(const wr__cextern *at, const wr__cbound *bound) {
  for (uint32_t i = 1; i < bound->depth && at; i++) {
    if (at->sort != WR__SORT_INSTANCE) return NULL;
    at = wr__cscope_export(at->type->scope, bound->path[i]);
  }
  return at && at->type->kind == WR__CTYPE_RESOURCE ? at->type->resource : NULL;
}

static wr_status bind_exports(wr__cdecoder *d, wr__subst *s, const wr__cscope *given,
                              const wr__cscope *wanted) {
  for (uint32_t i = 0; i < wanted->defined_count; i++) {
    const wr__cbound *bound = &wanted->defined[i];
    WR_TRY(wr__ctake(d, bound->depth));
    const wr__resource *resource = follow(wr__cscope_export(given, bound->path[0]), bound);
    if (resource && !wr__ptrmap_set(&s->resources, bound->resource, resource))
      return wr__cfail_oom(d);
  }
  return WR_OK;
}

static wr_status bind_args(wr__cdecoder *d, wr__subst *s, const wr__cargs *args,
                           const wr__cscope *wanted) {
  for (uint32_t i = 0; i < wanted->imported_count; i++) {
    const wr__cbound *bound = &wanted->imported[i];
    WR_TRY(wr__ctake(d, bound->depth));
    const wr__resource *resource = follow(wr__cargs_find(args, bound->path[0]), bound);
    if (resource && !wr__ptrmap_set(&s->resources, bound->resource, resource))
      return wr__cfail_oom(d);
  }
  return WR_OK;
}

/* ---- Instances and components ---- */

static wr_status match_exports(wr__cdecoder *d, const uint8_t *at, wr__subst *s,
                               const wr__cscope *given, const wr__cscope *wanted) {
  WR_TRY(bind_exports(d, s, given, wanted));
  WR_TRY(wr__ctake(d, wanted->export_count));
  for (uint32_t i = 0; i < wanted->export_count; i++) {
    const wr__cextern *item = &wanted->exports[i];
    const wr__cextern *found = wr__cscope_export(given, item->name);
    const wr_component_type *type;
    if (!found) return wr__cinvalid(d, at, "missing expected export `%.*s`", WR__NAME(item->name));
    WR_TRY(wr__subst_type(d, s, item->type, &type));
    WR_TRY(wr__cfail_within(d, wr__cmatch(d, at, found->sort, found->type, item->sort, type),
                            "type mismatch in instance export `%.*s`", WR__NAME(item->name)));
  }
  return WR_OK;
}

static wr_status match_instance(wr__cdecoder *d, const uint8_t *at, const wr__cscope *given,
                                const wr__cscope *wanted) {
  if (given == wanted) return WR_OK;
  wr__subst s = {0};
  wr_status status = match_exports(d, at, &s, given, wanted);
  wr__subst_free(&s);
  return status;
}

wr_status wr__cmatch_args(wr__cdecoder *d, const uint8_t *at, const wr__cargs *args,
                          const wr__cscope *wanted, const char *kind, wr__subst *s) {
  WR_TRY(bind_args(d, s, args, wanted));
  WR_TRY(wr__ctake(d, wanted->import_count));
  for (uint32_t i = 0; i < wanted->import_count; i++) {
    const wr__cextern *import = &wanted->imports[i];
    const wr__cextern *found = wr__cargs_find(args, import->name);
    const wr_component_type *type;
    if (!found) return wr__cinvalid(d, at, "missing %s named `%.*s`", kind, WR__NAME(import->name));
    WR_TRY(wr__subst_type(d, s, import->type, &type));
    WR_TRY(wr__cfail_within(d, wr__cmatch(d, at, found->sort, found->type, import->sort, type),
                            "type mismatch for %s `%.*s`", kind, WR__NAME(import->name)));
  }
  return WR_OK;
}

/* What is wanted gives the arguments; then its exports must be there. */
static wr_status match_component(wr__cdecoder *d, const uint8_t *at, const wr_component_type *given,
                                 const wr_component_type *wanted) {
  if (given->scope == wanted->scope) return WR_OK;
  wr__subst imports = {0}, exports = {0};
  wr__cargs args = {.items = wanted->scope->imports, .count = wanted->scope->import_count};
  const wr_component_type *made = NULL;
  wr__cscope open = {0};
  wr_status status = wr__csort(d, args.items, args.count, wr__cextern_compare, &args.order);
  if (status == WR_OK)
    status = wr__cmatch_args(d, at, &args, given->scope, "expected import", &imports);
  if (status == WR_OK) {
    open.exports = given->scope->exports;
    open.export_count = given->scope->export_count;
    status = wr__cnew_scope_type(d, at, WR__CTYPE_INSTANCE, &open, &made);
  }
  if (status == WR_OK) status = wr__subst_type(d, &imports, made, &made);
  if (status == WR_OK) status = match_exports(d, at, &exports, made->scope, wanted->scope);
  wr__subst_free(&imports);
  wr__subst_free(&exports);
  return status;
}

/* ---- Types as such ---- */

static const char *class_name(uint8_t kind) {
  return wr__ctype_is_value(kind) ? "defined type" : wr__ctype_kind_name(kind);
}

static wr_status match_type(wr__cdecoder *d, const uint8_t *at, const wr_component_type *given,
                            const wr_component_type *wanted) {
  bool values = wr__ctype_is_value(given->kind) && wr__ctype_is_value(wanted->kind);
  if (given->kind != wanted->kind && !values)
    return wr__cinvalid(d, at, "expected %s, found %s", class_name(wanted->kind),
                        class_name(given->kind));
  switch (wanted->kind) {
    case WR__CTYPE_RESOURCE:
      if (given->resource == wanted->resource) return WR_OK;
      return wr__cinvalid(d, at, "resource types are not the same");
    case WR__CTYPE_INSTANCE:
      WR_TRY(match_instance(d, at, given->scope, wanted->scope));
      return match_instance(d, at, wanted->scope, given->scope);
    case WR__CTYPE_COMPONENT:
      WR_TRY(match_component(d, at, given, wanted));
      return match_component(d, at, wanted, given);
    default:
      return wr__ctype_equal(given, wanted) ? WR_OK : wr__cexplain(d, at, given, wanted);
  }
}

wr_status wr__cmatch(wr__cdecoder *d, const uint8_t *at, uint8_t sort,
                     const wr_component_type *given, uint8_t wanted_sort,
                     const wr_component_type *wanted) {
  WR_TRY(wr__ctake(d, 1));
  if (sort != wanted_sort)
    return wr__cinvalid(d, at, "expected %s, found %s", wr__sort_name(wanted_sort),
                        wr__sort_name(sort));
  switch (wanted_sort) {
    case WR__SORT_CORE_MODULE:
      return wr__cmatch_module(d, at, given->module, wanted->module);
    case WR__SORT_INSTANCE:
      return match_instance(d, at, given->scope, wanted->scope);
    case WR__SORT_COMPONENT:
      return match_component(d, at, given, wanted);
    default:
      return match_type(d, at, given, wanted);
  }
}
