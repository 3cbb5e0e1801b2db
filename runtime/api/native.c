/* Host functions that are plain C functions of a natural signature. The call interface is prepared
 * once; a call hands the slots themselves to libffi, since an i32 or f32 lies in the low bytes of
 * its slot. */
#include <ffi.h>
#include <stdlib.h>

#include "api/func.h"

/* Spec: C17 5.2.4.1, the parameters that a C function may have everywhere. */
enum { MAX_PARAMS = 127 };

typedef struct native {
  ffi_cif cif;
  void (*function)(void);
  wr_valtype result; /* WR__BOT: none */
  ffi_type *params[];
} native;

static ffi_type *ffi_type_of(wr_valtype type) {
  switch (type) {
    case WR_I32:
      return &ffi_type_sint32;
    case WR_I64:
      return &ffi_type_sint64;
    case WR_F32:
      return &ffi_type_float;
    case WR_F64:
      return &ffi_type_double;
    default:
      return NULL;
  }
}

static wr_status run_native(void *env, wr_caller *caller, uint64_t *slots) {
  native *n = env;
  union {
    ffi_arg i32; /* libffi widens results that are smaller than this */
    uint64_t i64;
    float f32;
    double f64;
  } result = {0};
  void *values[MAX_PARAMS];
  (void)caller;
  for (unsigned i = 0; i < n->cif.nargs; i++) values[i] = &slots[i];
  ffi_call(&n->cif, n->function, &result, values);
  if (n->result == WR__BOT) return WR_OK;
  slots[0] = 0;
  switch (n->result) {
    case WR_I32:
      slots[0] = (uint32_t)result.i32;
      break;
    case WR_F32:
      memcpy(slots, &result.f32, sizeof result.f32);
      break;
    case WR_F64:
      memcpy(slots, &result.f64, sizeof result.f64);
      break;
    default:
      slots[0] = result.i64;
      break;
  }
  return WR_OK;
}

/* NULL when out of memory; *fits tells whether C can express the type. */
static native *prepare(const wasm_functype_t *type, void (*function)(void), bool *fits) {
  size_t params = type->params.size, results = type->results.size;
  *fits = params <= MAX_PARAMS && results <= 1;
  for (size_t i = 0; *fits && i < params + results; i++)
    *fits = ffi_type_of(type->types[i]) != NULL;
  native *n = *fits ? malloc(sizeof *n + params * sizeof n->params[0]) : NULL;
  if (!n) return NULL;
  n->function = function;
  n->result = results ? type->types[params] : WR__BOT;
  for (size_t i = 0; i < params; i++) n->params[i] = ffi_type_of(type->types[i]);
  ffi_type *result = results ? ffi_type_of(n->result) : &ffi_type_void;
  *fits = ffi_prep_cif(&n->cif, FFI_DEFAULT_ABI, (unsigned)params, result, n->params) == FFI_OK;
  if (*fits) return n;
  free(n);
  return NULL;
}

wasm_func_t *wr_func_new_native(wasm_store_t *store, const wasm_functype_t *type,
                                void (*function)(void), wr_error *error) {
  if (!store || !type || !function) {
    wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "store, type or function is missing");
    return NULL;
  }
  bool fits;
  native *n = prepare(type, function, &fits);
  if (!fits) {
    wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "a C function cannot have this type");
    return NULL;
  }
  if (!n) {
    wr__fail_oom(error);
    return NULL;
  }
  wasm_func_t *func = wr__api_func_new(wr__api_store(store), type, run_native, n, free, error);
  if (!func) free(n);
  return func;
}
