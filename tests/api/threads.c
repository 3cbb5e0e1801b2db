/* One module in several stores, each with a thread of its own; and threads that are the first in
 * their process to use what is made at first use. */
#include <pthread.h>

#include "check.h"

enum { THREADS = 6, REPETITIONS = 20 };

typedef struct job {
  wasm_engine_t *engine;
  const wasm_shared_module_t *module;
  int32_t id;
  int32_t sum; /* of what the guest told the host */
} job;

static wasm_trap_t *add(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)results;
  ((job *)env)->sum += args->data[0].of.i32;
  return NULL;
}

static void run_once(job *j, wasm_store_t *store, const wasm_module_t *module) {
  wasm_functype_t *type = wasm_functype_new_1_0(wasm_valtype_new_i32());
  wasm_func_t *func = wasm_func_new_with_env(store, type, add, j, NULL);
  wasm_functype_delete(type);
  wasm_val_t id = WASM_I32_VAL(j->id);
  wasm_globaltype_t *global_type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST);
  wasm_global_t *global = wasm_global_new(store, global_type, &id);
  wasm_globaltype_delete(global_type);
  wasm_extern_t *imported[] = {wasm_func_as_extern(func), wasm_global_as_extern(global)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported), exports;
  wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
  CHECK(instance);
  wasm_instance_exports(instance, &exports);
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  CHECK(!wasm_func_call(func_export(&exports, 0), &none, &none));
  wasm_func_delete(func);
  wasm_global_delete(global);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
}

static void *run(void *argument) {
  job *j = argument;
  wasm_store_t *store = wasm_store_new(j->engine);
  wasm_module_t *module = wasm_module_obtain(store, j->module);
  CHECK(module);
  for (int i = 0; i < REPETITIONS; i++) run_once(j, store, module);
  wasm_module_delete(module);
  wasm_store_delete(store);
  return NULL;
}

/* An engine, a store and a module from text, all of this thread alone. */
static void *run_alone(void *argument) {
  (void)argument;
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_module_delete(load(store, "(module (func (result i32) (i32.const 1)))"));
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return NULL;
}

static void run_first(void) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) CHECK(!pthread_create(&threads[i], NULL, run_alone, NULL));
  for (int i = 0; i < THREADS; i++) CHECK(!pthread_join(threads[i], NULL));
}

int main(void) {
  run_first();
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_module_t *module = load(store,
                               "(module (import \"\" \"add\" (func $add (param i32)))"
                               "  (import \"\" \"id\" (global $id i32))"
                               "  (func (export \"run\") (call $add (global.get $id))))");
  wasm_shared_module_t *shared = wasm_module_share(module);
  wasm_module_delete(module);
  wasm_store_delete(store);

  pthread_t threads[THREADS];
  job jobs[THREADS];
  for (int i = 0; i < THREADS; i++) {
    jobs[i] = (job){engine, shared, i + 1, 0};
    CHECK(!pthread_create(&threads[i], NULL, run, &jobs[i]));
  }
  for (int i = 0; i < THREADS; i++) {
    CHECK(!pthread_join(threads[i], NULL));
    CHECK(jobs[i].sum == (i + 1) * REPETITIONS);
  }
  wasm_shared_module_delete(shared);
  wasm_engine_delete(engine);
  return 0;
}
