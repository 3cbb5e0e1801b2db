/* The vectors of wasm.h. Their elements are owned; a vector whose making fails is empty, and the
 * elements that it was to take are deleted. */
#include <stdlib.h>

#include "api/types.h"

/* The data of a vector of value types that could not be made. Never read or freed. */
static wasm_valtype_t *failed_marker[1];

bool wr__api_valtype_vec_failed(const wasm_valtype_vec_t *vec) {
  return vec->data == failed_marker;
}

/* size elements, zeroed, in *data; false when out of memory. None is NULL. */
static bool alloc_elements(size_t size, size_t element_size, void **data) {
  size_t bytes;
  *data = NULL;
  if (!size) return true;
  if (!__builtin_mul_overflow(size, element_size, &bytes)) *data = calloc(1, bytes);
  return *data != NULL;
}

/* Vectors of pointers: FAILED is the data of one whose making fails. */
#define DEFINE_POINTER_VEC(name, FAILED)                                                     \
  void wasm_##name##_vec_new_empty(wasm_##name##_vec_t *out) {                               \
    out->size = 0;                                                                           \
    out->data = NULL;                                                                        \
  }                                                                                          \
  void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t *out, size_t size) {          \
    void *data;                                                                              \
    bool made = alloc_elements(size, sizeof out->data[0], &data);                            \
    out->size = made ? size : 0;                                                             \
    out->data = made ? data : FAILED;                                                        \
  }                                                                                          \
  void wasm_##name##_vec_new(wasm_##name##_vec_t *out, size_t size,                          \
                             wasm_##name##_t *const elements[]) {                            \
    wasm_##name##_vec_new_uninitialized(out, size);                                          \
    if (out->size) memcpy(out->data, elements, size * sizeof elements[0]);                   \
    for (size_t i = 0; out->size < size && i < size; i++) wasm_##name##_delete(elements[i]); \
  }                                                                                          \
  void wasm_##name##_vec_copy(wasm_##name##_vec_t *out, const wasm_##name##_vec_t *from) {   \
    wasm_##name##_vec_t copy;                                                                \
    wasm_##name##_vec_new_uninitialized(&copy, from->size);                                  \
    for (size_t i = 0; i < copy.size; i++) {                                                 \
      copy.data[i] = from->data[i] ? wasm_##name##_copy(from->data[i]) : NULL;               \
      if (copy.data[i] || !from->data[i]) continue;                                          \
      wasm_##name##_vec_delete(&copy);                                                       \
      copy.data = FAILED;                                                                    \
    }                                                                                        \
    *out = copy;                                                                             \
  }                                                                                          \
  void wasm_##name##_vec_delete(wasm_##name##_vec_t *vec) {                                  \
    if (!vec) return;                                                                        \
    for (size_t i = 0; i < vec->size; i++) wasm_##name##_delete(vec->data[i]);               \
    if (vec->data != FAILED) free(vec->data);                                                \
    wasm_##name##_vec_new_empty(vec);                                                        \
  }

DEFINE_POINTER_VEC(valtype, failed_marker)
DEFINE_POINTER_VEC(functype, NULL)
DEFINE_POINTER_VEC(globaltype, NULL)
DEFINE_POINTER_VEC(tabletype, NULL)
DEFINE_POINTER_VEC(memorytype, NULL)
DEFINE_POINTER_VEC(externtype, NULL)
DEFINE_POINTER_VEC(importtype, NULL)
DEFINE_POINTER_VEC(exporttype, NULL)
DEFINE_POINTER_VEC(frame, NULL)
DEFINE_POINTER_VEC(extern, NULL)

void wasm_byte_vec_new_empty(wasm_byte_vec_t *out) {
  out->size = 0;
  out->data = NULL;
}

void wasm_byte_vec_new_uninitialized(wasm_byte_vec_t *out, size_t size) {
  out->data = size ? malloc(size) : NULL;
  out->size = out->data ? size : 0;
}

void wasm_byte_vec_new(wasm_byte_vec_t *out, size_t size, const wasm_byte_t elements[]) {
  wasm_byte_vec_new_uninitialized(out, size);
  if (out->size) memcpy(out->data, elements, size);
}

void wasm_byte_vec_copy(wasm_byte_vec_t *out, const wasm_byte_vec_t *from) {
  wasm_byte_vec_new(out, from->size, from->data);
}

void wasm_byte_vec_delete(wasm_byte_vec_t *vec) {
  if (!vec) return;
  free(vec->data);
  wasm_byte_vec_new_empty(vec);
}

void wasm_val_vec_new_empty(wasm_val_vec_t *out) {
  out->size = 0;
  out->data = NULL;
}

void wasm_val_vec_new_uninitialized(wasm_val_vec_t *out, size_t size) {
  void *data;
  out->size = alloc_elements(size, sizeof out->data[0], &data) ? size : 0;
  out->data = data;
}

void wasm_val_vec_new(wasm_val_vec_t *out, size_t size, const wasm_val_t elements[]) {
  wasm_val_vec_new_uninitialized(out, size);
  if (out->size) memcpy(out->data, elements, size * sizeof elements[0]);
  for (size_t i = 0; out->size < size && i < size; i++) {
    wasm_val_t taken = elements[i];
    wasm_val_delete(&taken);
  }
}

void wasm_val_vec_copy(wasm_val_vec_t *out, const wasm_val_vec_t *from) {
  wasm_val_vec_t copy;
  wasm_val_vec_new_uninitialized(&copy, from->size);
  for (size_t i = 0; i < copy.size; i++) {
    wasm_val_copy(&copy.data[i], &from->data[i]);
    bool lost =
        wasm_valkind_is_ref(copy.data[i].kind) && from->data[i].of.ref && !copy.data[i].of.ref;
    if (lost) wasm_val_vec_delete(&copy);
  }
  *out = copy;
}

void wasm_val_vec_delete(wasm_val_vec_t *vec) {
  if (!vec) return;
  for (size_t i = 0; i < vec->size; i++) wasm_val_delete(&vec->data[i]);
  free(vec->data);
  wasm_val_vec_new_empty(vec);
}
