/* A program that runs for a while in an engine without tiers starts no process. */
#include "check.h"

#include <signal.h>

static const char text[] =
    "(module (func (export \"spin\") (param i32) (result i32) (local i32)"
    "  (loop (local.set 1 (i32.add (local.get 1) (i32.mul (local.get 0) (i32.const 3))))"
    "    (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
    "  (local.get 1)))";

static volatile sig_atomic_t children;
static void note_child(int number) {
  (void)number;
  children++;
}

int main(void) {
  enum { ROUNDS = 200000000 };
  signal(SIGCHLD, note_child);
  wasm_config_t *config = wasm_config_new();
  wr_config_set_tiers(config, false);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wasm_extern_vec_t exports;
  wasm_instance_t *instance = instantiate(store, text, NULL, &exports);
  uint32_t expected = (uint32_t)((uint64_t)ROUNDS * (ROUNDS + 1) / 2 * 3);
  int32_t rounds = ROUNDS;
  CHECK((uint32_t)call_i32(func_export(&exports, 0), 1, &rounds) == expected);
  CHECK(children == 0);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
