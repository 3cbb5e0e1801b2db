/* Value, function, global, table and memory types, and their common view as external types.
 * A type of kind k is always a whole struct wasm_<k>type_t, so a view is a cast after a look at
 * the kind. */
#include "api/types.h"

#include <stdlib.h>

/* ---- Value types --------------------------------------------------------- */

wasm_valkind_t wr__api_kind_of(wr_valtype type) {
  switch (type) {
    case WR_I32:
      return WASM_I32;
    case WR_I64:
      return WASM_I64;
    case WR_F32:
      return WASM_F32;
    case WR_F64:
      return WASM_F64;
    case WR_EXTERNREF:
      return WASM_EXTERNREF;
    case WR_FUNCREF:
      return WASM_FUNCREF;
    default:
      return WR_KIND_OTHER;
  }
}

wr_valtype wr__api_valtype_of(wasm_valkind_t kind) {
  switch (kind) {
    case WASM_I32:
      return WR_I32;
    case WASM_I64:
      return WR_I64;
    case WASM_F32:
      return WR_F32;
    case WASM_F64:
      return WR_F64;
    case WASM_EXTERNREF:
      return WR_EXTERNREF;
    case WASM_FUNCREF:
      return WR_FUNCREF;
    default:
      return WR__BOT;
  }
}

static wasm_valtype_t *new_valtype(wr_valtype type) {
  wasm_valtype_t *out = malloc(sizeof *out);
  if (out) out->type = type;
  return out;
}

wasm_valtype_t *wasm_valtype_new(wasm_valkind_t kind) {
  wr_valtype type = wr__api_valtype_of(kind);
  return type == WR__BOT ? NULL : new_valtype(type);
}

void wasm_valtype_delete(wasm_valtype_t *type) { free(type); }
wasm_valtype_t *wasm_valtype_copy(const wasm_valtype_t *type) {
  return type ? new_valtype(type->type) : NULL;
}
wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t *type) { return wr__api_kind_of(type->type); }

/* ---- Function types ------------------------------------------------------ */

/* A vector of the types; false when out of memory. */
static bool fill_vec(wasm_valtype_vec_t *vec, const wr_valtype *types, size_t count) {
  wasm_valtype_vec_new_uninitialized(vec, count);
  if (wr__api_valtype_vec_failed(vec)) return false;
  for (size_t i = 0; i < count; i++)
    if (!(vec->data[i] = new_valtype(types[i]))) return false;
  return true;
}

wasm_functype_t *wr_functype_new(const wr_valtype *params, size_t param_count,
                                 const wr_valtype *results, size_t result_count) {
  size_t total;
  if (__builtin_add_overflow(param_count, result_count, &total)) return NULL;
  wasm_functype_t *type = calloc(1, sizeof *type);
  if (!type) return NULL;
  type->head.kind = WASM_EXTERN_FUNC;
  type->defined_type = WR_NO_INDEX;
  type->types = wr__alloc_array(total, sizeof type->types[0]);
  if (!type->types || !fill_vec(&type->params, params, param_count) ||
      !fill_vec(&type->results, results, result_count)) {
    wasm_functype_delete(type);
    return NULL;
  }
  if (param_count) memcpy(type->types, params, param_count * sizeof params[0]);
  if (result_count) memcpy(type->types + param_count, results, result_count * sizeof results[0]);
  return type;
}

/* Every element there? A NULL is a type that could not be made. */
static bool vec_is_whole(const wasm_valtype_vec_t *vec) {
  if (wr__api_valtype_vec_failed(vec)) return false;
  for (size_t i = 0; i < vec->size; i++)
    if (!vec->data[i]) return false;
  return true;
}

wasm_functype_t *wasm_functype_new(wasm_valtype_vec_t *params, wasm_valtype_vec_t *results) {
  wasm_functype_t *type = NULL;
  size_t total = 0;
  bool whole = vec_is_whole(params) && vec_is_whole(results) &&
               !__builtin_add_overflow(params->size, results->size, &total);
  if (whole) type = calloc(1, sizeof *type);
  if (type) type->types = wr__alloc_array(total, sizeof type->types[0]);
  if (!type || !type->types) {
    free(type);
    wasm_valtype_vec_delete(params);
    wasm_valtype_vec_delete(results);
    return NULL;
  }
  type->head.kind = WASM_EXTERN_FUNC;
  type->defined_type = WR_NO_INDEX;
  for (size_t i = 0; i < params->size; i++) type->types[i] = params->data[i]->type;
  for (size_t i = 0; i < results->size; i++) type->types[params->size + i] = results->data[i]->type;
  type->params = *params;
  type->results = *results;
  wasm_valtype_vec_new_empty(params);
  wasm_valtype_vec_new_empty(results);
  return type;
}

void wasm_functype_delete(wasm_functype_t *type) {
  if (!type) return;
  wasm_valtype_vec_delete(&type->params);
  wasm_valtype_vec_delete(&type->results);
  free(type->types);
  free(type);
}

wasm_functype_t *wasm_functype_copy(const wasm_functype_t *type) {
  if (!type) return NULL;
  wasm_functype_t *copy = wr_functype_new(type->types, type->params.size,
                                          type->types + type->params.size, type->results.size);
  if (copy) copy->defined_type = type->defined_type;
  return copy;
}

const wasm_valtype_vec_t *wasm_functype_params(const wasm_functype_t *type) {
  return &type->params;
}
const wasm_valtype_vec_t *wasm_functype_results(const wasm_functype_t *type) {
  return &type->results;
}

const wr_valtype *wr_functype_params(const wasm_functype_t *type, size_t *count) {
  *count = type->params.size;
  return type->types;
}
const wr_valtype *wr_functype_results(const wasm_functype_t *type, size_t *count) {
  *count = type->results.size;
  return type->types + type->params.size;
}

bool wr__api_functype_is_plain(const wr__deftype *type) {
  for (uint32_t i = 0; i < type->param_count; i++)
    if (wr__api_kind_of(type->params[i]) == WR_KIND_OTHER) return false;
  for (uint32_t i = 0; i < type->result_count; i++)
    if (wr__api_kind_of(type->results[i]) == WR_KIND_OTHER) return false;
  return true;
}

/* ---- Global types -------------------------------------------------------- */

static wasm_globaltype_t *new_globaltype(wr_valtype content, wasm_mutability_t mutability) {
  wasm_globaltype_t *type = malloc(sizeof *type);
  if (!type) return NULL;
  type->head.kind = WASM_EXTERN_GLOBAL;
  type->mutability = mutability;
  type->content.type = content;
  return type;
}

wasm_globaltype_t *wasm_globaltype_new(wasm_valtype_t *content, wasm_mutability_t mutability) {
  bool valid = content && (mutability == WASM_CONST || mutability == WASM_VAR);
  wasm_globaltype_t *type = valid ? new_globaltype(content->type, mutability) : NULL;
  wasm_valtype_delete(content);
  return type;
}

void wasm_globaltype_delete(wasm_globaltype_t *type) { free(type); }
wasm_globaltype_t *wasm_globaltype_copy(const wasm_globaltype_t *type) {
  return type ? new_globaltype(type->content.type, type->mutability) : NULL;
}
const wasm_valtype_t *wasm_globaltype_content(const wasm_globaltype_t *type) {
  return &type->content;
}
wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t *type) {
  return type->mutability;
}

/* ---- Limits -------------------------------------------------------------- */

bool wr__api_limits_narrow(const wr_limits *from, wasm_limits_t *to) {
  if (from->is64 || from->shared || from->min > UINT32_MAX) return false;
  if (from->has_max && from->max > UINT32_MAX) return false;
  to->min = (uint32_t)from->min;
  to->max = from->has_max ? (uint32_t)from->max : wasm_limits_max_default;
  return true;
}

wr_limits wr__api_limits_widen(const wasm_limits_t *limits) {
  bool has_max = limits->max != wasm_limits_max_default;
  return (wr_limits){.min = limits->min, .max = has_max ? limits->max : 0, .has_max = has_max};
}

/* ---- Table types --------------------------------------------------------- */

static wasm_tabletype_t *new_tabletype(wr_valtype element, const wasm_limits_t *limits) {
  wasm_tabletype_t *type = malloc(sizeof *type);
  if (!type) return NULL;
  type->head.kind = WASM_EXTERN_TABLE;
  type->element.type = element;
  type->limits = *limits;
  return type;
}

wasm_tabletype_t *wasm_tabletype_new(wasm_valtype_t *element, const wasm_limits_t *limits) {
  bool valid = element && limits && wr_valtype_is_ref(element->type);
  wasm_tabletype_t *type = valid ? new_tabletype(element->type, limits) : NULL;
  wasm_valtype_delete(element);
  return type;
}

void wasm_tabletype_delete(wasm_tabletype_t *type) { free(type); }
wasm_tabletype_t *wasm_tabletype_copy(const wasm_tabletype_t *type) {
  return type ? new_tabletype(type->element.type, &type->limits) : NULL;
}
const wasm_valtype_t *wasm_tabletype_element(const wasm_tabletype_t *type) {
  return &type->element;
}
const wasm_limits_t *wasm_tabletype_limits(const wasm_tabletype_t *type) { return &type->limits; }

/* ---- Memory types -------------------------------------------------------- */

wasm_memorytype_t *wasm_memorytype_new(const wasm_limits_t *limits) {
  wasm_memorytype_t *type = limits ? malloc(sizeof *type) : NULL;
  if (!type) return NULL;
  type->head.kind = WASM_EXTERN_MEMORY;
  type->limits = *limits;
  return type;
}

void wasm_memorytype_delete(wasm_memorytype_t *type) { free(type); }
wasm_memorytype_t *wasm_memorytype_copy(const wasm_memorytype_t *type) {
  return type ? wasm_memorytype_new(&type->limits) : NULL;
}
const wasm_limits_t *wasm_memorytype_limits(const wasm_memorytype_t *type) { return &type->limits; }
