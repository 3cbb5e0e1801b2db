/* Host functions with arguments and results, with and without an environment; and calls that are
 * wrong, which trap before anything runs. */
#include "check.h"

static wasm_trap_t *increment(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  CHECK(args->size == 1 && args->data[0].kind == WASM_I32 && results->size == 1);
  wasm_val_copy(&results->data[0], &args->data[0]);
  results->data[0].of.i32++;
  return NULL;
}

static wasm_trap_t *give_env(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  CHECK(args->size == 0);
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = *(int *)env;
  return NULL;
}

static wasm_trap_t *give_wrong_type(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)args;
  results->data[0].kind = WASM_I64;
  results->data[0].of.i64 = 1;
  return NULL;
}

static int finalized;
static void count_finalized(void *env) { finalized += *(int *)env; }

static void check_wrong_calls(wasm_store_t *store, const wasm_func_t *func) {
  wasm_val_t wrong[2] = {WASM_I64_VAL(1), WASM_I32_VAL(1)}, result[1] = {WASM_INIT_VAL};
  wasm_val_vec_t no_args = WASM_EMPTY_VEC, one_wrong = {1, wrong}, two = {2, wrong};
  wasm_val_vec_t results = WASM_ARRAY_VEC(result);
  const wasm_val_vec_t *calls[] = {&no_args, &one_wrong, &two};
  for (size_t i = 0; i < 3; i++) {
    wasm_trap_t *trap = wasm_func_call(func, calls[i], &results);
    CHECK(trap && wr_trap_get_kind(trap) == WR_TRAP_HOST);
    wasm_trap_delete(trap);
  }
  wasm_functype_t *type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t *liar = wasm_func_new(store, type, give_wrong_type);
  wasm_functype_delete(type);
  wasm_trap_t *trap = wasm_func_call(liar, &no_args, &results);
  CHECK(trap);
  wasm_trap_delete(trap);
  wasm_func_delete(liar);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  int env = 42;
  wasm_functype_t *type1 = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_functype_t *type2 = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t *func1 = wasm_func_new(store, type1, increment);
  wasm_func_t *func2 = wasm_func_new_with_env(store, type2, give_env, &env, count_finalized);
  wasm_functype_delete(type1);
  wasm_functype_delete(type2);
  CHECK(wasm_func_param_arity(func1) == 1 && wasm_func_result_arity(func1) == 1);
  CHECK(wasm_func_param_arity(func2) == 0 && wasm_func_result_arity(func2) == 1);
  CHECK(call_i32(func1, 1, (int32_t[]){6}) == 7); /* a host function called by its host */

  wasm_extern_t *imported[] = {wasm_func_as_extern(func1), wasm_func_as_extern(func2)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported), exports;
  wasm_instance_t *instance =
      instantiate(store,
                  "(module (import \"\" \"increment\" (func $i (param i32) (result i32)))"
                  "  (import \"\" \"env\" (func $e (result i32)))"
                  "  (func (export \"run\") (param i32 i32) (result i32)"
                  "    (i32.add (call $i (i32.mul (local.get 0) (local.get 1))) (call $e))))",
                  &imports, &exports);
  wasm_func_delete(func1);
  wasm_func_delete(func2);
  wasm_instance_delete(instance);

  const wasm_func_t *run = func_export(&exports, 0);
  CHECK(call_i32(run, 2, (int32_t[]){3, 4}) == 3 * 4 + 1 + 42);
  env = 1;
  CHECK(call_i32(run, 2, (int32_t[]){-1, 1}) == -1 + 1 + 1);
  check_wrong_calls(store, func_export(&exports, 0));

  wasm_extern_vec_delete(&exports);
  CHECK(finalized == 0);
  wasm_store_delete(store);
  CHECK(finalized == 1);
  wasm_engine_delete(engine);
  return 0;
}
