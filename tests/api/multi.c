/* Several results, from the host to the guest and back. */
#include "check.h"

static wasm_trap_t *reverse(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  CHECK(args->size == 4 && results->size == 4);
  for (size_t i = 0; i < 4; i++) wasm_val_copy(&results->data[i], &args->data[3 - i]);
  return NULL;
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_valtype_t *types[] = {wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                             wasm_valtype_new_f64()};
  wasm_valtype_t *reversed[] = {wasm_valtype_new_f64(), wasm_valtype_new_f32(),
                                wasm_valtype_new_i64(), wasm_valtype_new_i32()};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 4, types);
  wasm_valtype_vec_new(&results, 4, reversed);
  wasm_functype_t *type = wasm_functype_new(&params, &results);
  CHECK(params.size == 0 && results.size == 0); /* taken */
  wasm_func_t *func = wasm_func_new(store, type, reverse);
  wasm_functype_delete(type);

  wasm_extern_t *imported[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported), exports;
  wasm_instance_t *instance =
      instantiate(store,
                  "(module (import \"\" \"reverse\""
                  "    (func $r (param i32 i64 f32 f64) (result f64 f32 i64 i32)))"
                  "  (func (export \"run\") (param i32 i64 f32 f64) (result f64 f32 i64 i32)"
                  "    (call $r (local.get 0) (local.get 1) (local.get 2) (local.get 3))))",
                  &imports, &exports);
  wasm_func_delete(func);
  wasm_instance_delete(instance);

  wasm_val_t given[] = {WASM_I32_VAL(1), WASM_I64_VAL((int64_t)1 << 40), WASM_F32_VAL(1.5f),
                        WASM_F64_VAL(-0.25)};
  wasm_val_t got[] = {WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL};
  wasm_val_vec_t arg_vec = WASM_ARRAY_VEC(given), result_vec = WASM_ARRAY_VEC(got);
  CHECK(!wasm_func_call(func_export(&exports, 0), &arg_vec, &result_vec));
  CHECK(got[0].kind == WASM_F64 && got[0].of.f64 == -0.25);
  CHECK(got[1].kind == WASM_F32 && got[1].of.f32 == 1.5f);
  CHECK(got[2].kind == WASM_I64 && got[2].of.i64 == (int64_t)1 << 40);
  CHECK(got[3].kind == WASM_I32 && got[3].of.i32 == 1);

  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
