/* Traps, of the host's making and of the guest's, with where they happened. */
#include "check.h"

static wasm_trap_t *raised; /* a copy of what fail returned last */

static wasm_trap_t *fail(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)args;
  (void)results;
  wasm_message_t message;
  wasm_name_new_from_string_nt(&message, "no such luck");
  wasm_trap_t *trap = wasm_trap_new(env, &message);
  wasm_name_delete(&message);
  wasm_trap_delete(raised);
  raised = wasm_trap_copy(trap);
  return trap;
}

static wasm_trap_t *call_trapping(const wasm_func_t *func) {
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  wasm_trap_t *trap = wasm_func_call(func, &none, &none);
  CHECK(trap);
  return trap;
}

static void check_frame(const wasm_frame_t *frame, const wasm_instance_t *instance,
                        uint32_t func_index) {
  CHECK(frame);
  CHECK(wasm_instance_same(wasm_frame_instance(frame), instance));
  CHECK(wasm_frame_func_index(frame) == func_index);
  CHECK(wasm_frame_func_offset(frame) > 0);
  CHECK(wasm_frame_module_offset(frame) > wasm_frame_func_offset(frame));
}

/* What a callback returned is what the call ended with, and it knows its way through the guest. */
static void check_identity(const wasm_trap_t *trap, const wasm_instance_t *instance) {
  int mark = 0;
  CHECK(wasm_trap_same(trap, raised));
  wasm_trap_set_host_info(raised, &mark);
  CHECK(wasm_trap_get_host_info(trap) == &mark);
  wasm_frame_t *origin = wasm_trap_origin(trap);
  check_frame(origin, instance, 1);
  wasm_frame_delete(origin);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_functype_t *type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t *func = wasm_func_new_with_env(store, type, fail, store, NULL);
  wasm_functype_delete(type);
  wasm_extern_t *imported[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported), exports;
  wasm_instance_t *instance =
      instantiate(store,
                  "(module (import \"\" \"fail\" (func $fail (result i32)))"
                  "  (func (export \"host\") (result i32) (call $fail))"
                  "  (func $inner (result i32) (unreachable))"
                  "  (func (export \"guest\") (result i32) (i32.add (i32.const 1) (call $inner)))"
                  "  (func (export \"divide\") (result i32)"
                  "    (i32.div_s (i32.const 1) (i32.const 0))))",
                  &imports, &exports);
  wasm_func_delete(func);

  wasm_trap_t *trap = call_trapping(func_export(&exports, 0));
  CHECK(trap_says(trap, "no such luck"));
  check_identity(trap, instance);
  wasm_trap_delete(trap);

  trap = call_trapping(func_export(&exports, 1));
  CHECK(trap_says(trap, "unreachable"));
  CHECK(wr_trap_get_kind(trap) == WR_TRAP_UNREACHABLE);
  CHECK(!wasm_trap_same(trap, raised));
  wasm_frame_t *origin = wasm_trap_origin(trap);
  check_frame(origin, instance, 2);
  wasm_frame_vec_t trace, copy;
  wasm_trap_trace(trap, &trace);
  CHECK(trace.size == 2);
  check_frame(trace.data[0], instance, 2);
  check_frame(trace.data[1], instance, 3);
  wasm_frame_vec_copy(&copy, &trace);
  CHECK(copy.size == 2 && wasm_frame_func_index(copy.data[1]) == 3);
  wasm_frame_vec_delete(&copy);
  wasm_frame_vec_delete(&trace);
  wasm_frame_delete(origin);
  wasm_trap_t *again = wasm_trap_copy(trap);
  CHECK(wasm_trap_same(trap, again));
  wasm_trap_delete(trap);
  CHECK(trap_says(again, "unreachable"));
  wasm_trap_delete(again);

  trap = call_trapping(func_export(&exports, 2));
  CHECK(trap_says(trap, "integer divide by zero"));
  wasm_trap_delete(trap);

  /* Nobody takes it: it goes with the store. */
  CHECK(wr_func_call(func_export(&exports, 0), NULL, 0, &(wr_val){0}, 1, NULL) == WR_TRAPPED);
  wasm_trap_delete(raised);

  wasm_instance_delete(instance);
  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
