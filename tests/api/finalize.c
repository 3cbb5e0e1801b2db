/* Host info: each object's is finalized once, with its store, whatever became of the handles. */
#include "check.h"

enum { ITERATIONS = 2000 };
static int live_count;

static void finalize(void *info) {
  CHECK((intptr_t)info >= 0 && (intptr_t)info < ITERATIONS);
  live_count--;
}

static void run_in_store(wasm_store_t *store) {
  wasm_module_t *module =
      load(store, "(module (func (export \"f\")) (func (export \"g\")) (func (export \"h\")))");
  for (intptr_t i = 0; i < ITERATIONS; i++) {
    wasm_extern_vec_t imports = WASM_EMPTY_VEC;
    wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
    CHECK(instance);
    CHECK(!wasm_instance_get_host_info(instance));
    wasm_instance_set_host_info_with_finalizer(instance, (void *)i, finalize);
    CHECK(wasm_instance_get_host_info(instance) == (void *)i);
    wasm_instance_t *copy = wasm_instance_copy(instance);
    CHECK(wasm_instance_get_host_info(copy) == (void *)i); /* the object's, not the handle's */
    wasm_instance_delete(copy);
    wasm_instance_delete(instance);
    live_count++;
  }
  wasm_module_delete(module);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store1 = wasm_store_new(engine), *store2 = wasm_store_new(engine);
  run_in_store(store1);
  run_in_store(store2);
  CHECK(live_count == 2 * ITERATIONS);
  wasm_store_delete(store2);
  CHECK(live_count == ITERATIONS);
  run_in_store(store1);
  CHECK(live_count == 2 * ITERATIONS);
  wasm_store_delete(store1);
  CHECK(live_count == 0);
  wasm_engine_delete(engine);
  return 0;
}
