/* Globals: imported and exported, constant and variable, read and written by both sides. */
#include "check.h"

static wasm_global_t *make_global(wasm_store_t *store, wasm_valkind_t kind,
                                  wasm_mutability_t mutability, const wasm_val_t *init) {
  wasm_globaltype_t *type = wasm_globaltype_new(wasm_valtype_new(kind), mutability);
  wasm_global_t *global = wasm_global_new(store, type, init);
  wasm_globaltype_delete(type);
  return global;
}

static wasm_val_t get(const wasm_global_t *global) {
  wasm_val_t val;
  wasm_global_get(global, &val);
  return val;
}

static wasm_val_t call(const wasm_func_t *func, wasm_val_t *arg) {
  wasm_val_t result[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args = {arg ? 1 : 0, arg}, results = {arg ? 0 : 1, result};
  CHECK(!wasm_func_call(func, &args, &results));
  return result[0];
}

static const char module_text[] =
    "(module (import \"\" \"const\" (global $c f32)) (import \"\" \"var\" (global $v (mut i64)))"
    "  (global $own (export \"own\") (mut f64) (f64.const 6))"
    "  (func (export \"get const\") (result f32) (global.get $c))"
    "  (func (export \"get var\") (result i64) (global.get $v))"
    "  (func (export \"set var\") (param i64) (global.set $v (local.get 0)))"
    "  (func (export \"set own\") (param f64) (global.set $own (local.get 0))))";

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_val_t f32 = WASM_F32_VAL(1.25f), i64 = WASM_I64_VAL(-2), f64 = WASM_F64_VAL(78);
  wasm_global_t *constant = make_global(store, WASM_F32, WASM_CONST, &f32);
  wasm_global_t *variable = make_global(store, WASM_I64, WASM_VAR, &i64);
  CHECK(constant && variable);
  CHECK(!make_global(store, WASM_I32, WASM_CONST, &i64)); /* a value of another type */

  wasm_extern_t *imported[] = {wasm_global_as_extern(constant), wasm_global_as_extern(variable)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported), exports;
  wasm_instance_t *instance = instantiate(store, module_text, &imports, &exports);
  wasm_instance_delete(instance);
  wasm_global_t *own = wasm_extern_as_global(exports.data[0]);

  wasm_global_t *copy = wasm_global_copy(variable);
  CHECK(wasm_global_same(copy, variable) && !wasm_global_same(copy, own));
  wasm_global_delete(copy);
  wasm_globaltype_t *type = wasm_global_type(own);
  CHECK(wasm_globaltype_mutability(type) == WASM_VAR);
  CHECK(wasm_valtype_kind(wasm_globaltype_content(type)) == WASM_F64);
  wasm_globaltype_delete(type);

  CHECK(get(own).kind == WASM_F64 && get(own).of.f64 == 6);
  CHECK(call(func_export(&exports, 1), NULL).of.f32 == 1.25f);
  CHECK(call(func_export(&exports, 2), NULL).of.i64 == -2);

  i64.of.i64 = 37;
  wasm_global_set(variable, &i64);
  CHECK(call(func_export(&exports, 2), NULL).of.i64 == 37);
  i64.of.i64 = 73;
  call(func_export(&exports, 3), &i64);
  CHECK(get(variable).of.i64 == 73);
  call(func_export(&exports, 4), &f64);
  CHECK(get(own).of.f64 == 78);

  f32.of.f32 = 9;
  wasm_global_set(constant, &f32); /* neither of these has an effect */
  wasm_global_set(variable, &f32);
  CHECK(get(constant).of.f32 == 1.25f && get(variable).of.i64 == 73);

  wasm_global_delete(constant);
  wasm_global_delete(variable);
  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
