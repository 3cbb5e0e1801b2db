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
  bool can_wait = wr_caller_call(caller) != NULL;
  wr_status status = wr_caller_suspend(caller, (void *)(uintptr_t)(uint32_t)slots[0], &answer);
  if (status != WR_OK) {
    w->ended++;
    return status;
  }
  assert_true(can_wait);
  slots[0] = (uint32_t)(uintptr_t)answer;
  return WR_OK;
}

static wasm_func_t *func_of(world *w, const char *name) {
  return wasm_extern_as_func(wr_instance_export(w->instance, name, strlen(name)));
}

static int open_world(void **state) {
  static world w;
  memset(&w, 0, sizeof w);
  wr_error error;
  w.engine = wasm_engine_new();
  w.store = wasm_store_new(w.engine);
  wasm_byte_vec_t binary;
  assert_int_equal(wr_text_to_binary(GUEST, sizeof GUEST - 1, &binary, &error), WR_OK);
  wasm_module_t *module;
  assert_int_equal(wr_module_new(w.engine, binary.data, binary.size, &module, &error), WR_OK);
  wasm_byte_vec_delete(&binary);
  wr_valtype i32 = WR_I32;
  wasm_functype_t *type = wr_functype_new(&i32, 1, &i32, 1);
  wasm_func_t *wait = wr_func_new_raw(w.store, type, wait_host, &w, NULL);
  wr_linker_t *linker = wr_linker_new(w.store);
  assert_int_equal(wr_linker_define(linker, "h", 1, "wait", 4, wasm_func_as_extern(wait)), WR_OK);
  wasm_trap_t *trap = NULL;
  assert_int_equal(wr_linker_instantiate(linker, module, &w.instance, &trap, &error), WR_OK);
  wasm_func_delete(wait);
  wasm_functype_delete(type);
  wr_linker_delete(linker);
  wasm_module_delete(module);
  *state = &w;
  return 0;
}

static int close_world(void **state) {
  world *w = *state;
  wasm_instance_delete(w->instance);
  wasm_store_delete(w->store);
  wasm_engine_delete(w->engine);
  return 0;
}

static wr_call_t *start(world *w, const char *name, const int32_t *arg) {
  wasm_func_t *func = func_of(w, name);
  wr_val value = {.type = WR_I32, .of.i32 = arg ? *arg : 0};
  wr_call_t *call;
  wr_error error;
  assert_int_equal(wr_call_start(func, &value, arg ? 1 : 0, &call, &error), WR_OK);
  wasm_func_delete(func);
  return call;
}

static void resume(wr_call_t *call, uintptr_t answer) {
  wr_error error;
  assert_int_equal(wr_call_resume(call, (void *)answer, &error), WR_OK);
}

static int32_t result_of(wr_call_t *call) {
  wr_val result;
  assert_int_equal(wr_call_get_state(call), WR_CALL_ENDED);
  assert_int_equal(wr_call_result(call, &result, 1, NULL), WR_OK);
  wr_call_delete(call);
  return result.of.i32;
}

static void test_values_travel(void **state) {
  int32_t arg = 100;
  wr_call_t *call = start(*state, "add", &arg);
  assert_int_equal(wr_call_get_state(call), WR_CALL_SUSPENDED);
  assert_ptr_equal(wr_call_request(call), (void *)1);
  wr_val result;
  assert_int_equal(wr_call_result(call, &result, 1, NULL), WR_BAD_ARGUMENT);
  resume(call, 20);
  assert_ptr_equal(wr_call_request(call), (void *)2);
  resume(call, 3);
  assert_null(wr_call_request(call));
  wr_error error;
  assert_int_equal(wr_call_resume(call, NULL, &error), WR_BAD_ARGUMENT);
  assert_non_null(strstr(error.message, "ended"));
  assert_int_equal(result_of(call), 123);
}

static void test_many_in_one_store(void **state) {
  enum { COUNT = 200 };
  wr_call_t *calls[COUNT];
  for (int32_t i = 0; i < COUNT; i++) calls[i] = start(*state, i % 2 ? "add" : "deep", &i);
  for (uintptr_t i = 0; i < COUNT; i++) resume(calls[i], i);
  for (uintptr_t i = 1; i < COUNT; i += 2) resume(calls[i], 1000);
  for (int32_t i = 0; i < COUNT; i++)
    assert_int_equal(result_of(calls[i]), i % 2 ? 2 * i + 1000 : 2 * i);
}

static void *resume_there(void *call) {
  resume(call, 5);
  return NULL;
}

static void test_other_threads(void **state) {
  int32_t arg = 1000;
  wr_call_t *call = start(*state, "add", &arg);
  for (int i = 0; i < 2; i++) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, resume_there, call), 0);
    pthread_join(thread, NULL);
  }
  assert_int_equal(result_of(call), 1010);
}

static void test_trap_has_its_frames(void **state) {
  wr_call_t *call = start(*state, "trap", NULL);
  resume(call, 0);
  wasm_trap_t *trap = NULL;
  wr_val result;
  assert_int_equal(wr_call_result(call, &result, 1, &trap), WR_TRAPPED);
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_UNREACHABLE);
  wasm_frame_t *frame = wasm_trap_origin(trap);
  assert_non_null(frame);
  wasm_frame_delete(frame);
  wasm_trap_delete(trap);
  wr_call_delete(call);
}

/* What only a suspended frame refers to outlives collections. */
static void test_roots(void **state) {
  wr_call_t *call = start(*state, "object", NULL);
  wasm_func_t *litter = func_of(*state, "litter");
  wr_val count = {.type = WR_I32, .of.i32 = 300000};
  assert_int_equal(wr_func_call(litter, &count, 1, NULL, 0, NULL), WR_OK);
  wasm_func_delete(litter);
  resume(call, 0);
  assert_int_equal(result_of(call), 77);
}

static void test_cancel_unwinds(void **state) {
  world *w = *state;
  int32_t arg = 10;
  wr_call_t *call = start(w, "deep", &arg);
  wr_error error;
  assert_int_equal(wr_call_cancel(call, &error), WR_OK);
  assert_int_equal(w->ended, 1);
  assert_int_equal(wr_call_result(call, NULL, 1, NULL), WR_INTERRUPTED);
  wr_call_delete(call);
  assert_false(wr_store_interrupted(w->store));
  wr_call_delete(start(w, "deep", &arg));
  assert_int_equal(w->ended, 2);
}

static void test_interrupt_meets_the_suspended(void **state) {
  world *w = *state;
  int32_t arg = 10;
  wr_call_t *call = start(w, "deep", &arg);
  wr_store_interrupt(w->store);
  resume(call, 0);
  assert_int_equal(wr_call_result(call, NULL, 1, NULL), WR_INTERRUPTED);
  wr_call_delete(call);
}

static void test_plain_calls_cannot_wait(void **state) {
  wasm_func_t *func = func_of(*state, "deep");
  wr_val value = {.type = WR_I32, .of.i32 = 1}, result;
  wasm_trap_t *trap = NULL;
  assert_int_equal(wr_func_call(func, &value, 1, &result, 1, &trap), WR_TRAPPED);
  wasm_trap_delete(trap);
  wasm_func_delete(func);
}

static void test_stack_ends(void **state) {
  int32_t arg = 2000000000;
  wr_call_t *call = start(*state, "deep", &arg);
  wasm_trap_t *trap = NULL;
  assert_int_equal(wr_call_result(call, NULL, 1, &trap), WR_TRAPPED);
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_CALL_STACK_EXHAUSTED);
  wasm_trap_delete(trap);
  wr_call_delete(call);
}

static wr_call_t *left;
static int close_world_first(void **state) {
  world *w = *state;
  close_world(state);
  assert_int_equal(w->ended, 1);
  assert_int_equal(wr_call_get_state(left), WR_CALL_ENDED);
  wr_call_delete(left);
  return 0;
}

static void test_store_ends_first(void **state) {
  int32_t arg = 3;
  left = start(*state, "add", &arg);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_WORLD(test_values_travel),
      IN_WORLD(test_many_in_one_store),
      IN_WORLD(test_other_threads),
      IN_WORLD(test_trap_has_its_frames),
      IN_WORLD(test_roots),
      IN_WORLD(test_cancel_unwinds),
      IN_WORLD(test_interrupt_meets_the_suspended),
      IN_WORLD(test_plain_calls_cannot_wait),
      IN_WORLD(test_stack_ends),
      cmocka_unit_test_setup_teardown(test_store_ends_first, open_world, close_world_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
