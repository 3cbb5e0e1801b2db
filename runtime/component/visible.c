/* Names of types: what an import or export uses must have been imported or exported before it, by
 * a name of its own. Records, variants, enumerations, flags and resources need one.
 * Spec: component-model/Explainer, external visibility of types. */
#include "component/decoder.h"

typedef struct visibility {
  const wr__ptrmap *named; /* of the scope */
  wr__ptrmap inner;        /* exported by the instance type that is looked at */
} visibility;

static bool has_name(const visibility *v, const wr_component_type *type) {
  return wr__ptrmap_get(v->named, type) || wr__ptrmap_get(&v->inner, type);
}

/* The parts of a type. */
static wr_status check_parts(wr__cdecoder *d, visibility *v, const wr_component_type *type,
                             bool *visible);

static wr_status check_use(wr__cdecoder *d, visibility *v, const wr_component_type *type,
                           bool *visible) {
  switch (type->kind) {
    case WR__CTYPE_RECORD:
    case WR__CTYPE_VARIANT:
    case WR__CTYPE_ENUM:
    case WR__CTYPE_FLAGS:
    case WR__CTYPE_RESOURCE:
      WR_TRY(wr__ctake(d, 1));
      if (!has_name(v, type)) *visible = false;
      return WR_OK;
    default:
      return check_parts(d, v, type, visible);
  }
}

static wr_status add_inner(wr__cdecoder *d, visibility *v, const wr__cscope *scope) {
  WR_TRY(wr__ctake(d, scope->export_count));
  for (uint32_t i = 0; i < scope->export_count; i++) {
    const wr__cextern *item = &scope->exports[i];
    if (item->sort == WR__SORT_INSTANCE) WR_TRY(add_inner(d, v, item->type->scope));
    if (item->sort == WR__SORT_TYPE && !wr__ptrmap_set(&v->inner, item->type, item->type))
      return wr__cfail_oom(d);
  }
  return WR_OK;
}

static wr_status check_exports(wr__cdecoder *d, visibility *v, const wr__cscope *scope,
                               bool *visible) {
  WR_TRY(wr__ctake(d, scope->export_count));
  for (uint32_t i = 0; i < scope->export_count && *visible; i++)
    if (scope->exports[i].sort != WR__SORT_CORE_MODULE &&
        scope->exports[i].sort != WR__SORT_COMPONENT)
      WR_TRY(check_parts(d, v, scope->exports[i].type, visible));
  return WR_OK;
}

/* Component types are closed: they were checked when they were read. */
static wr_status check_parts(wr__cdecoder *d, visibility *v, const wr_component_type *type,
                             bool *visible) {
  WR_TRY(wr__ctake(d, 1 + (uint64_t)type->field_count));
  if (type->kind == WR__CTYPE_INSTANCE) {
    WR_TRY(add_inner(d, v, type->scope));
    return check_exports(d, v, type->scope, visible);
  }
  if (type->element) WR_TRY(check_use(d, v, type->element, visible));
  for (uint32_t i = 0; i < type->field_count && *visible; i++)
    if (type->fields[i].type) WR_TRY(check_use(d, v, type->fields[i].type, visible));
  return WR_OK;
}

/* A type, or the types that an instance exports, get a name in the scope. */
static wr_status add_named(wr__cdecoder *d, bool is_import, uint8_t sort,
                           const wr_component_type *type) {
  wr__scope *s = d->scope;
  if (sort == WR__SORT_INSTANCE) {
    WR_TRY(wr__ctake(d, type->scope->export_count));
    for (uint32_t i = 0; i < type->scope->export_count; i++)
      WR_TRY(add_named(d, is_import, type->scope->exports[i].sort, type->scope->exports[i].type));
    return WR_OK;
  }
  if (sort != WR__SORT_TYPE) return WR_OK;
  /* What is imported may be exported, too. */
  if ((is_import && !wr__ptrmap_set(&s->importable, type, type)) ||
      !wr__ptrmap_set(&s->exportable, type, type))
    return wr__cfail_oom(d);
  return WR_OK;
}

wr_status wr__ccheck_visible(wr__cdecoder *d, const uint8_t *at, bool is_import, wr__span name,
                             uint8_t sort, const wr_component_type *type) {
  if (d->scope->kind == WR__SCOPE_INSTANCE_TYPE) return WR_OK; /* checked where it is used */
  if (sort == WR__SORT_CORE_MODULE || sort == WR__SORT_COMPONENT) return WR_OK;
  visibility v = {.named = is_import ? &d->scope->importable : &d->scope->exportable};
  bool visible = true;
  if (sort == WR__SORT_INSTANCE) WR_TRY(add_named(d, is_import, sort, type));
  wr_status status = check_parts(d, &v, type, &visible);
  wr__ptrmap_free(&v.inner);
  WR_TRY(status);
  if (!visible)
    return wr__cinvalid(
        d, at, "%s not valid to be used as %s: `%.*s` uses a type that is not %s before it",
        wr__sort_name(sort), is_import ? "import" : "export", WR__NAME(name),
        is_import ? "imported" : "imported or exported");
  return add_named(d, is_import, sort, type);
}
