/* Started calls, through the public interface: suspended, resumed in other threads, cancelled, and
 * what a collection, a trap and an interrupt make of them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wasmrun.h"

static const char GUEST[] =
    "(module (import \"h\" \"wait\" (func $wait (param i32) (result i32)))"
    " (func (export \"add\") (param i32) (result i32)"
    "  (i32.add (local.get 0) (i32.add (call $wait (i32.const 1)) (call $wait (i32.const 2)))))"
    " (func $deep (export \"deep\") (param i32) (result i32)"
    "  (if (result i32) (local.get 0)"
    "   (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))"
    "   (else (call $wait (i32.const 7)))))"
    " (func (export \"trap\") (result i32) (drop (call $wait (i32.const 3))) (unreachable))"
    " (type $box (struct (field i32)))"
    " (func (export \"object\") (result i32) (local $b (ref null $box))"
    "  (local.set $b (struct.new $box (i32.const 77)))"
    "  (drop (call $wait (i32.const 4)))"
    "  (struct.get $box 0 (local.get $b)))"
    " (func (export \"litter\") (param i32)"
    "  (loop (drop (struct.new $box (i32.const 5)))"
    "   (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))";

typedef struct world {
  wasm_engine_t *engine;
  wasm_store_t *store;
  wasm_instance_t *instance;
  uint32_t ended; /* host functions that were not suspended to the end */
} world;

static wr_status wait_host(void *env, wr_caller *caller, uint64_t *slots) {
  world *w = env;
  void *answer;
  wr_status status = wr_caller_suspend(caller, (void *)(uintptr_t)(uint32_t)slots[0], &answer);
  if (status != WR_OK) {
    w->ended++;
    return status;
  }
  slots[0] = (uint32_t)(uintptr_t)answer;
  return WR_OK;
}

static int open_world(void **state) {
  world *w = calloc(1, sizeof *w);
  wasm_config_t *config = wasm_config_new();
  wr_config_set_gc_stress(config, true);
  w->engine = wasm_engine_new_with_config(config);
  w->store = wasm_store_new(w->engine);
  wr_error error;
  wasm_module_t *module;
  assert_int_equal(wr_module_new_from_text(w->store, GUEST, sizeof GUEST - 1, &module, &error), WR_OK);
  wr_linker_t *linker = wr_linker_new(w->store);
  wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  assert_int_equal(wr_linker_define_func_raw(linker, "h", 1, "wait", 4, type, wait_host, w, NULL, &error), WR_OK);
  wasm_trap_t *trap = NULL;
  assert_int_equal(wr_linker_instantiate(linker, module, &w->instance, &trap, &error), WR_OK);
  wasm_functype_delete(type);
  wr_linker_delete(linker);
  wasm_module_delete(module);
  *state = w;
  return 0;
}
