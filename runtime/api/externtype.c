/* External types, and the import and export types made of them. */
#include <stdlib.h>

#include "api/types.h"

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t *type) { return type->kind; }

void wasm_externtype_delete(wasm_externtype_t *type) {
  if (!type) return;
  if (type->kind == WASM_EXTERN_FUNC) {
    wasm_functype_delete((wasm_functype_t *)type);
  } else {
    free(type); /* the others hold nothing */
  }
}

static wasm_externtype_t *new_other(void) {
  wasm_externtype_t *type = malloc(sizeof *type);
  if (type) type->kind = WR_KIND_OTHER;
  return type;
}

wasm_externtype_t *wasm_externtype_copy(const wasm_externtype_t *type) {
  if (!type) return NULL;
  switch (type->kind) {
    case WASM_EXTERN_FUNC:
      return (wasm_externtype_t *)wasm_functype_copy((const wasm_functype_t *)type);
    case WASM_EXTERN_GLOBAL:
      return (wasm_externtype_t *)wasm_globaltype_copy((const wasm_globaltype_t *)type);
    case WASM_EXTERN_TABLE:
      return (wasm_externtype_t *)wasm_tabletype_copy((const wasm_tabletype_t *)type);
    case WASM_EXTERN_MEMORY:
      return (wasm_externtype_t *)wasm_memorytype_copy((const wasm_memorytype_t *)type);
    default:
      return new_other();
  }
}

#define DEFINE_EXTERNTYPE_VIEWS(name, KIND)                                                 \
  wasm_externtype_t *wasm_##name##_as_externtype(wasm_##name##_t *type) {                   \
    return (wasm_externtype_t *)type;                                                       \
  }                                                                                         \
  const wasm_externtype_t *wasm_##name##_as_externtype_const(const wasm_##name##_t *type) { \
    return (const wasm_externtype_t *)type;                                                 \
  }                                                                                         \
  wasm_##name##_t *wasm_externtype_as_##name(wasm_externtype_t *type) {                     \
    return type && type->kind == KIND ? (wasm_##name##_t *)type : NULL;                     \
  }                                                                                         \
  const wasm_##name##_t *wasm_externtype_as_##name##_const(const wasm_externtype_t *type) { \
    return type && type->kind == KIND ? (const wasm_##name##_t *)type : NULL;               \
  }

DEFINE_EXTERNTYPE_VIEWS(functype, WASM_EXTERN_FUNC)
DEFINE_EXTERNTYPE_VIEWS(globaltype, WASM_EXTERN_GLOBAL)
DEFINE_EXTERNTYPE_VIEWS(tabletype, WASM_EXTERN_TABLE)
DEFINE_EXTERNTYPE_VIEWS(memorytype, WASM_EXTERN_MEMORY)

static wasm_externtype_t *new_func(const wr_externtype *type) {
  wasm_functype_t *func =
      wr_functype_new(type->params, type->param_count, type->results, type->result_count);
  if (func) func->defined_type = type->defined_type;
  return (wasm_externtype_t *)func;
}

static wasm_externtype_t *new_global(const wr_externtype *type) {
  wasm_valtype_t *content = malloc(sizeof *content);
  if (!content) return NULL;
  content->type = type->valtype;
  wasm_mutability_t mutability = type->is_mutable ? WASM_VAR : WASM_CONST;
  return (wasm_externtype_t *)wasm_globaltype_new(content, mutability);
}

static wasm_externtype_t *new_table(const wr_externtype *type) {
  wasm_limits_t limits;
  if (!wr__api_limits_narrow(&type->limits, &limits)) return new_other();
  wasm_valtype_t *element = malloc(sizeof *element);
  if (!element) return NULL;
  element->type = type->valtype;
  return (wasm_externtype_t *)wasm_tabletype_new(element, &limits);
}

static wasm_externtype_t *new_memory(const wr_externtype *type) {
  wasm_limits_t limits;
  if (type->page_size_log2 != 16 || !wr__api_limits_narrow(&type->limits, &limits))
    return new_other();
  return (wasm_externtype_t *)wasm_memorytype_new(&limits);
}

wasm_externtype_t *wr__api_externtype_new(const wr_externtype *type) {
  switch (type->kind) {
    case WR_EXTERN_FUNC:
      return new_func(type);
    case WR_EXTERN_GLOBAL:
      return new_global(type);
    case WR_EXTERN_TABLE:
      return new_table(type);
    case WR_EXTERN_MEMORY:
      return new_memory(type);
    default:
      return new_other();
  }
}

/* ---- Import types -------------------------------------------------------- */

struct wasm_importtype_t {
  wasm_name_t module, name;
  wasm_externtype_t *type;
};

wasm_importtype_t *wasm_importtype_new(wasm_name_t *module, wasm_name_t *name,
                                       wasm_externtype_t *type) {
  wasm_importtype_t *out = type ? malloc(sizeof *out) : NULL;
  if (!out) {
    wasm_name_delete(module);
    wasm_name_delete(name);
    wasm_externtype_delete(type);
    return NULL;
  }
  *out = (wasm_importtype_t){*module, *name, type};
  wasm_name_new_empty(module);
  wasm_name_new_empty(name);
  return out;
}

void wasm_importtype_delete(wasm_importtype_t *type) {
  if (!type) return;
  wasm_name_delete(&type->module);
  wasm_name_delete(&type->name);
  wasm_externtype_delete(type->type);
  free(type);
}

/* Copies a name; false when out of memory. */
static bool copy_name(wasm_name_t *out, const wasm_name_t *from) {
  wasm_name_copy(out, from);
  return out->size == from->size;
}

wasm_importtype_t *wasm_importtype_copy(const wasm_importtype_t *type) {
  wasm_importtype_t *copy = type ? calloc(1, sizeof *copy) : NULL;
  if (!copy) return NULL;
  copy->type = wasm_externtype_copy(type->type);
  if (copy->type && copy_name(&copy->module, &type->module) && copy_name(&copy->name, &type->name))
    return copy;
  wasm_importtype_delete(copy);
  return NULL;
}

const wasm_name_t *wasm_importtype_module(const wasm_importtype_t *type) { return &type->module; }
const wasm_name_t *wasm_importtype_name(const wasm_importtype_t *type) { return &type->name; }
const wasm_externtype_t *wasm_importtype_type(const wasm_importtype_t *type) { return type->type; }

/* ---- Export types -------------------------------------------------------- */

struct wasm_exporttype_t {
  wasm_name_t name;
  wasm_externtype_t *type;
};

wasm_exporttype_t *wasm_exporttype_new(wasm_name_t *name, wasm_externtype_t *type) {
  wasm_exporttype_t *out = type ? malloc(sizeof *out) : NULL;
  if (!out) {
    wasm_name_delete(name);
    wasm_externtype_delete(type);
    return NULL;
  }
  *out = (wasm_exporttype_t){*name, type};
  wasm_name_new_empty(name);
  return out;
}

void wasm_exporttype_delete(wasm_exporttype_t *type) {
  if (!type) return;
  wasm_name_delete(&type->name);
  wasm_externtype_delete(type->type);
  free(type);
}

wasm_exporttype_t *wasm_exporttype_copy(const wasm_exporttype_t *type) {
  wasm_exporttype_t *copy = type ? calloc(1, sizeof *copy) : NULL;
  if (!copy) return NULL;
  copy->type = wasm_externtype_copy(type->type);
  if (copy->type && copy_name(&copy->name, &type->name)) return copy;
  wasm_exporttype_delete(copy);
  return NULL;
}

const wasm_name_t *wasm_exporttype_name(const wasm_exporttype_t *type) { return &type->name; }
const wasm_externtype_t *wasm_exporttype_type(const wasm_exporttype_t *type) { return type->type; }
