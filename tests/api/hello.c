/* A module calls a function of its host. */
#include "check.h"

static int greetings;

static wasm_trap_t *greet(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  CHECK(args->size == 0 && results->size == 0);
  greetings++;
  return NULL;
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_functype_t *type = wasm_functype_new_0_0();
  wasm_func_t *func = wasm_func_new(store, type, greet);
  wasm_functype_delete(type);

  wasm_extern_t *imported[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported), exports;
  wasm_instance_t *instance = instantiate(store,
                                          "(module (import \"\" \"greet\" (func $g))"
                                          "  (func (export \"run\") (call $g) (call $g)))",
                                          &imports, &exports);
  wasm_func_delete(func);
  wasm_instance_delete(instance);

  wasm_val_vec_t none = WASM_EMPTY_VEC;
  CHECK(exports.size == 1);
  CHECK(!wasm_func_call(func_export(&exports, 0), &none, &none));
  CHECK(greetings == 2);

  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
