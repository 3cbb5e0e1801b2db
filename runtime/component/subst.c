/* Substitution: the same type with other resources and other named types. Nodes that mention
 * nothing that is replaced stay; a node is copied once however often it is shared. Spec:
 * component-model/Explainer, type checking; Binary, instantiate. */
#include <stdlib.h>

#include "component/decoder.h"

void wr__subst_free(wr__subst *s) {
  wr__ptrmap_free(&s->resources);
  wr__ptrmap_free(&s->nodes);
}

static wr_status subst_resource(wr__cdecoder *d, wr__subst *s, const wr_component_type *type,
                                const wr_component_type **out) {
  const wr__resource *resource = wr__ptrmap_get(&s->resources, type->resource);
  *out = type;
  return resource ? wr__cnew_resource_type(d, resource, out) : WR_OK;
}

static wr_status subst_fields(wr__cdecoder *d, wr__subst *s, const wr_component_type *type,
                              const wr__cfield **out) {
  wr__cfield *copy = NULL;
  *out = type->fields;
  for (uint32_t i = 0; i < type->field_count; i++) {
    const wr_component_type *part = type->fields[i].type;
    if (!part) continue;
    WR_TRY(wr__subst_type(d, s, part, &part));
    if (part == type->fields[i].type) continue;
    if (!copy) WR_TRY(wr__ccopy(d, type->fields, type->field_count, sizeof *copy, &copy));
    copy[i].type = part;
  }
  if (copy) *out = copy;
  return WR_OK;
}

static wr_status subst_externs(wr__cdecoder *d, wr__subst *s, const wr__cextern *externs,
                               uint32_t count, const wr__cextern **out) {
  wr__cextern *copy = NULL;
  *out = externs;
  for (uint32_t i = 0; i < count; i++) {
    const wr_component_type *type;
    WR_TRY(wr__subst_type(d, s, externs[i].type, &type));
    if (type == externs[i].type) continue;
    if (!copy) WR_TRY(wr__ccopy(d, externs, count, sizeof *copy, &copy));
    copy[i].type = type;
  }
  if (copy) *out = copy;
  return WR_OK;
}

static wr_status subst_scope(wr__cdecoder *d, wr__subst *s, const wr__cscope *scope,
                             const wr__cscope **out) {
  wr__cscope copy = *scope;
  WR_TRY(wr__ctake(d, (uint64_t)scope->import_count + scope->export_count));
  WR_TRY(subst_externs(d, s, scope->imports, scope->import_count, &copy.imports));
  WR_TRY(subst_externs(d, s, scope->exports, scope->export_count, &copy.exports));
  *out = scope;
  if (copy.imports == scope->imports && copy.exports == scope->exports) return WR_OK;
  return wr__ccopy(d, &copy, 1, sizeof copy, out);
}

static wr_status subst_parts(wr__cdecoder *d, wr__subst *s, const wr_component_type *type,
                             const wr_component_type **out) {
  if (type->kind == WR__CTYPE_RESOURCE) return subst_resource(d, s, type, out);
  wr_component_type parts = *type;
  WR_TRY(wr__ctake(d, 1 + (uint64_t)type->field_count));
  if (type->element) WR_TRY(wr__subst_type(d, s, type->element, &parts.element));
  WR_TRY(subst_fields(d, s, type, &parts.fields));
  if (type->scope) WR_TRY(subst_scope(d, s, type->scope, &parts.scope));
  *out = type;
  if (parts.element == type->element && parts.fields == type->fields && parts.scope == type->scope)
    return WR_OK;
  wr_component_type *copy = wr__cnew_type(d, type->kind);
  if (!copy) return wr__cfail_oom(d);
  copy->element = parts.element;
  copy->fields = parts.fields;
  copy->field_count = parts.field_count;
  copy->scope = parts.scope;
  copy->module = parts.module;
  copy->is_open = true;
  *out = copy;
  return wr__cfinish_type(d, d->at, copy);
}

wr_status wr__subst_type(wr__cdecoder *d, wr__subst *s, const wr_component_type *type,
                         const wr_component_type **out) {
  *out = type;
  if (!type->is_open || (!s->resources.count && !s->nodes.count)) return WR_OK;
  WR_TRY(wr__ctake(d, 1));
  const wr_component_type *known = wr__ptrmap_get(&s->nodes, type);
  if (known) {
    *out = known;
    return WR_OK;
  }
  WR_TRY(subst_parts(d, s, type, out));
  return wr__ptrmap_set(&s->nodes, type, *out) ? WR_OK : wr__cfail_oom(d);
}

/* ---- Instances of instance types ---- */

static wr_status join_path(wr__cdecoder *d, wr__span first, const wr__cbound *bound,
                           const wr__span **out) {
  wr__span *path = wr__calloc_array(d, (size_t)bound->depth + 1, sizeof *path);
  if (!path) return wr__cfail_oom(d);
  path[0] = first;
  memcpy(path + 1, bound->path, bound->depth * sizeof *path);
  *out = path;
  return WR_OK;
}

static wr_status add_imported(wr__cdecoder *d, const wr__resource *resource, wr__span prefix,
                              const wr__cbound *bound) {
  wr__scope *scope = d->scope;
  wr__cbound added = {.resource = resource, .depth = bound->depth + 1};
  WR_TRY(join_path(d, prefix, bound, &added.path));
  if (!wr__grow32(&scope->imported, &scope->imported_capacity, scope->imported_count + 1,
                  sizeof *scope->imported))
    return wr__cfail_oom(d);
  scope->imported[scope->imported_count++] = added;
  return WR_OK;
}

wr_status wr__cfresh_instance(wr__cdecoder *d, const wr_component_type *type, bool is_imported,
                              wr__span prefix, wr__def *def, const wr_component_type **out) {
  const wr__cscope *scope = type->scope;
  *out = type;
  if (scope->defined_count == 0) return WR_OK;
  wr__subst s = {0};
  wr__cbind *binds = wr__calloc_array(d, scope->defined_count, sizeof *binds);
  wr_status status = binds ? WR_OK : wr__cfail_oom(d);
  for (uint32_t i = 0; i < scope->defined_count && status == WR_OK; i++) {
    wr__resource *resource;
    const wr__cbound *bound = &scope->defined[i];
    status = wr__cnew_resource(d, false, is_imported, &resource);
    if (status != WR_OK) break;
    binds[i] = (wr__cbind){resource->slot, bound->depth, bound->path};
    if (!wr__ptrmap_set(&s.resources, bound->resource, resource)) status = wr__cfail_oom(d);
    if (is_imported && status == WR_OK) status = add_imported(d, resource, prefix, bound);
  }
  wr__cscope fresh = {.export_count = scope->export_count};
  if (status == WR_OK)
    status = subst_externs(d, &s, scope->exports, scope->export_count, &fresh.exports);
  wr__subst_free(&s);
  WR_TRY(status);
  if (def) {
    def->binds = binds;
    def->bind_count = scope->defined_count;
  }
  return wr__cnew_scope_type(d, d->at, WR__CTYPE_INSTANCE, &fresh, out);
}
