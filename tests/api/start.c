/* A start function that traps: there is no instance, and a trap that says where. */
#include "check.h"

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_module_t *module = load(store, "(module (func $s (unreachable)) (start $s))");
  wasm_extern_vec_t imports = WASM_EMPTY_VEC;
  wasm_trap_t *trap = NULL;
  CHECK(!wasm_instance_new(store, module, &imports, &trap));
  CHECK(trap && trap_says(trap, "unreachable"));
  wasm_frame_t *origin = wasm_trap_origin(trap);
  CHECK(origin && wasm_frame_func_index(origin) == 0);
  wasm_frame_delete(origin);
  wasm_trap_delete(trap);
  CHECK(!wasm_instance_new(store, module, &imports, NULL)); /* nobody wants the trap */
  wasm_module_delete(module);

  module = load(store, "(module (import \"a\" \"b\" (func)))");
  trap = NULL;
  CHECK(!wasm_instance_new(store, module, &imports, &trap)); /* nothing is given to it */
  CHECK(trap);
  wasm_trap_delete(trap);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
