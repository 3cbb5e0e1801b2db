/* What an embedder makes in a store without any module: functions, memories, tables, globals, tags,
 * references, traps, and the linker that holds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "wasm.h"
#include "wasmrun.h"

typedef struct fixture {
  wasm_engine_t *engine;
  wasm_store_t *store;
} fixture;

static int setup(void **state) {
  static fixture f;
  f.engine = wasm_engine_new();
  f.store = wasm_store_new(f.engine);
  *state = &f;
  return f.store ? 0 : -1;
}

static int teardown(void **state) {
  fixture *f = *state;
  wasm_store_delete(f->store);
  wasm_engine_delete(f->engine);
  return 0;
}

static wasm_store_t *store_of(void **state) { return ((fixture *)*state)->store; }

static wr_val i32(int32_t value) { return (wr_val){.type = WR_I32, .of.i32 = value}; }

/* ---- Functions */

static wr_status swap_raw(void *env, wr_caller *caller, uint64_t *slots) {
  (void)env;
  assert_non_null(wr_caller_store(caller));
  assert_null(wr_caller_export(caller, "memory", 6)); /* the embedder calls */
  uint64_t size_bytes = 1;
  assert_null(wr_caller_memory(caller, &size_bytes));
  assert_int_equal(size_bytes, 0);
  uint64_t low = slots[0], v0 = slots[1], v1 = slots[2];
  slots[0] = v0;
  slots[1] = v1;
  slots[2] = low;
  return WR_OK;
}

static void test_raw_func(void **state) {
  wr_valtype params[] = {WR_I32, WR_V128}, results[] = {WR_V128, WR_I32};
  wasm_functype_t *type = wr_functype_new(params, 2, results, 2);
  wasm_func_t *func = wr_func_new_raw(store_of(state), type, swap_raw, NULL, NULL);
  wasm_functype_delete(type);
  wr_val args[2] = {i32(-7), {.type = WR_V128}}, got[2];
  for (uint8_t i = 0; i < 16; i++) args[1].of.v128[i] = i;
  assert_int_equal(wr_func_call(func, args, 2, got, 2, NULL), WR_OK);
  assert_int_equal(got[0].type, WR_V128);
  assert_memory_equal(got[0].of.v128, args[1].of.v128, 16);
  assert_int_equal(got[1].type, WR_I32);
  assert_int_equal(got[1].of.i32, -7);
  wr_externtype full = wr_func_type(func);
  assert_int_equal(full.param_count, 2);
  assert_int_equal(full.params[1], WR_V128);

  assert_int_equal(wr_func_call(func, args, 1, got, 2, NULL), WR_BAD_ARGUMENT);
  assert_int_equal(wr_func_call(func, args, 2, got, 1, NULL), WR_BAD_ARGUMENT);
  args[0].type = WR_I64;
  assert_int_equal(wr_func_call(func, args, 2, got, 2, NULL), WR_BAD_ARGUMENT);
  wasm_val_t plain[2] = {WASM_I32_VAL(1), WASM_I32_VAL(1)};
  wasm_val_vec_t plain_args = WASM_ARRAY_VEC(plain), none = WASM_EMPTY_VEC;
  wasm_trap_t *trap = wasm_func_call(func, &plain_args, &none);
  assert_non_null(trap); /* wasm.h cannot express the type */
  wasm_trap_delete(trap);
  wasm_func_delete(func);
}

static wr_status end(void *env, wr_caller *caller, uint64_t *slots) {
  (void)slots;
  switch ((intptr_t)env) {
    case 0:
      return wr_caller_exit(caller, 3);
    case 1:
      return wr_caller_trap(caller, "my reason");
    case 2:
      return wr_caller_trap_kind(caller, WR_TRAP_INTEGER_OVERFLOW);
    case 3:
      return wr_caller_trap_kind(caller, WR_TRAP_UNCAUGHT_EXCEPTION);
    default:
      return WR_NOT_FOUND; /* no trap was made */
  }
}

static wasm_trap_t *call_ending(wasm_store_t *store, intptr_t how, wr_status expected) {
  wasm_functype_t *type = wasm_functype_new_0_0();
  wasm_func_t *func = wr_func_new_raw(store, type, end, (void *)how, NULL);
  wasm_functype_delete(type);
  wasm_trap_t *trap = NULL;
  assert_int_equal(wr_func_call(func, NULL, 0, NULL, 0, &trap), expected);
  assert_int_equal(wr_func_call(func, NULL, 0, NULL, 0, NULL), expected);
  wasm_func_delete(func);
  assert_non_null(trap);
  return trap;
}

static void check_message(const wasm_trap_t *trap, const char *expected) {
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  assert_string_equal(message.data, expected);
  assert_int_equal(message.size, strlen(expected) + 1);
  wasm_byte_vec_delete(&message);
}

static void test_endings(void **state) {
  int32_t status = -1;
  wasm_trap_t *trap = call_ending(store_of(state), 0, WR_EXITED);
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_EXIT);
  assert_true(wr_trap_exit_status(trap, &status));
  assert_int_equal(status, 3);
  wasm_trap_delete(trap);
  trap = call_ending(store_of(state), 1, WR_TRAPPED);
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_HOST);
  check_message(trap, "my reason");
  assert_false(wr_trap_exit_status(trap, &status));
  assert_null(wasm_trap_origin(trap));
  assert_null(wr_trap_exception_tag(trap));
  wasm_trap_delete(trap);
  trap = call_ending(store_of(state), 2, WR_TRAPPED);
  check_message(trap, "integer overflow");
  wasm_trap_delete(trap);
  trap = call_ending(store_of(state), 3, WR_TRAPPED);
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_HOST);
  wasm_trap_delete(trap);
  trap = call_ending(store_of(state), 4, WR_TRAPPED);
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_HOST);
  wasm_trap_delete(trap);
}

static wasm_trap_t *return_trap(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)args;
  (void)results;
  return env;
}

/* Traps made by hand and returned from wasm.h's callbacks keep what they are. */
static void test_trap_roundtrip(void **state) {
  wasm_store_t *store = store_of(state);
  wasm_functype_t *type = wasm_functype_new_0_0();
  wasm_trap_t *made[] = {wr_trap_new_exit(store, 7), wr_trap_new_kind(store, WR_TRAP_OUT_OF_FUEL)};
  wr_trap_kind kinds[] = {WR_TRAP_EXIT, WR_TRAP_OUT_OF_FUEL};
  for (int i = 0; i < 2; i++) {
    wasm_func_t *func = wasm_func_new_with_env(store, type, return_trap, made[i], NULL);
    wasm_val_vec_t none = WASM_EMPTY_VEC;
    wasm_trap_t *trap = wasm_func_call(func, &none, &none);
    assert_non_null(trap);
    assert_int_equal(wr_trap_get_kind(trap), kinds[i]);
    int32_t status = 0;
    assert_int_equal(wr_trap_exit_status(trap, &status), i == 0);
    assert_int_equal(status, i == 0 ? 7 : 0);
    wasm_trap_delete(trap);
    wasm_func_delete(func);
  }
  wasm_functype_delete(type);
  wasm_message_t bare = {3, (char *)"abc"}; /* lacks its NUL */
  wasm_trap_t *trap = wasm_trap_new(store, &bare);
  check_message(trap, "abc");
  wasm_trap_delete(trap);
}

static wr_status sum_vals(void *env, wr_caller *caller, const wr_val *args, wr_val *results) {
  (void)caller;
  assert_int_equal(results[0].type, WR_I64);
  assert_int_equal(results[1].type, WR_EXTERNREF);
  assert_null(results[1].of.ref);
  results[0].of.i64 = args[0].of.i32 + *(int *)env;
  wr_val_copy(&results[1], &args[1]);
  return WR_OK;
}

static wr_status lie(void *env, wr_caller *caller, const wr_val *args, wr_val *results) {
  (void)env;
  (void)caller;
  (void)args;
  results[0] = i32(1);
  return WR_OK;
}

static void test_val_func(void **state) {
  wasm_store_t *store = store_of(state);
  wr_valtype params[] = {WR_I32, WR_EXTERNREF}, results[] = {WR_I64, WR_EXTERNREF};
  wasm_functype_t *type = wr_functype_new(params, 2, results, 2);
  int env = 40;
  wasm_func_t *func = wr_func_new_val(store, type, sum_vals, &env, NULL);
  wasm_ref_t *host = wr_ref_new_host(store, 1234);
  wr_val args[] = {i32(2), {.type = WR_EXTERNREF, .of.ref = host}}, got[2];
  assert_int_equal(wr_func_call(func, args, 2, got, 2, NULL), WR_OK);
  assert_int_equal(got[0].of.i64, 42);
  assert_true(wasm_ref_same(got[1].of.ref, host));
  wr_val_delete(&got[1]);
  assert_null(got[1].of.ref);
  wasm_func_delete(func);
  func = wr_func_new_val(store, type, lie, NULL, NULL);
  assert_int_equal(wr_func_call(func, args, 2, got, 2, NULL), WR_TRAPPED);
  wasm_func_delete(func);
  wasm_functype_delete(type);
  wasm_ref_delete(host);
}

static double mix(int32_t a, float b, int64_t c, double d) {
  return (double)a + (double)b * 10 + (double)c * 100 + d * 1000;
}
static int32_t negative(void) { return -5; }
static float half(float x) { return x / 2; }
static int calls;
static void nothing(void) { calls++; }

static void test_native_func(void **state) {
  wasm_store_t *store = store_of(state);
  wr_valtype params[] = {WR_I32, WR_F32, WR_I64, WR_F64}, f64 = WR_F64;
  wasm_functype_t *type = wr_functype_new(params, 4, &f64, 1);
  wasm_func_t *func = wr_func_new_native(store, type, (void (*)(void))mix, NULL);
  wasm_functype_delete(type);
  wr_val args[] = {i32(-1),
                   {.type = WR_F32, .of.f32 = 2},
                   {.type = WR_I64, .of.i64 = 3},
                   {.type = WR_F64, .of.f64 = 4}},
         got;
  assert_int_equal(wr_func_call(func, args, 4, &got, 1, NULL), WR_OK);
  assert_true(got.of.f64 == -1 + 20 + 300 + 4000);
  wasm_func_delete(func);

  type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  func = wr_func_new_native(store, type, (void (*)(void))negative, NULL);
  assert_int_equal(wr_func_call(func, NULL, 0, &got, 1, NULL), WR_OK);
  assert_int_equal(got.of.i32, -5);
  wasm_func_delete(func);
  wasm_functype_delete(type);

  type = wasm_functype_new_1_1(wasm_valtype_new_f32(), wasm_valtype_new_f32());
  func = wr_func_new_native(store, type, (void (*)(void))half, NULL);
  assert_int_equal(wr_func_call(func, &args[1], 1, &got, 1, NULL), WR_OK);
  assert_true(got.of.f32 == 1);
  wasm_func_delete(func);
  wasm_functype_delete(type);

  type = wasm_functype_new_0_0();
  func = wr_func_new_native(store, type, nothing, NULL);
  assert_int_equal(wr_func_call(func, NULL, 0, NULL, 0, NULL), WR_OK);
  assert_int_equal(calls, 1);
  wasm_func_delete(func);
  wasm_functype_delete(type);

  wr_error error;
  type = wasm_functype_new_1_0(wasm_valtype_new_externref());
  assert_null(wr_func_new_native(store, type, nothing, &error));
  assert_int_equal(error.status, WR_BAD_ARGUMENT);
  wasm_functype_delete(type);
}

static void test_unknown_types(void **state) {
  wasm_store_t *store = store_of(state);
  wr_valtype bad[] = {0, 0x7a, WR_REF_NULL_TYPE(1), WR_REF_TYPE(WR_HEAP_DEFINED + 0xfffff),
                      0xffffffff};
  for (size_t i = 0; i < 5; i++) {
    wasm_functype_t *type = wr_functype_new(&bad[i], 1, NULL, 0);
    assert_null(wr_func_new_raw(store, type, end, NULL, NULL));
    assert_null(wr_tag_new(store, type));
    wasm_functype_delete(type);
    wr_limits limits = {.min = 1};
    assert_null(wr_table_new(store, bad[i], &limits, NULL, NULL));
    wr_val val = {.type = bad[i]};
    assert_null(wr_global_new(store, bad[i], true, &val, NULL));
  }
}

static int finalized;
static void finalize(void *env) { finalized += *(int *)env; }

/* Finalizers of functions and of host info run with the store; handles may be deleted after it. */
static void test_late_handles(void **state) {
  wasm_store_t *store = wasm_store_new(((fixture *)*state)->engine);
  int one = 1;
  finalized = 0;
  wasm_functype_t *type = wasm_functype_new_0_0();
  wasm_func_t *func = wr_func_new_raw(store, type, end, &one, finalize);
  wasm_functype_delete(type);
  wasm_func_set_host_info_with_finalizer(func, &one, finalize);
  wasm_ref_t *i31 = wr_ref_new_i31(store, 5), *other = wr_ref_new_i31(store, 5);
  wasm_ref_set_host_info_with_finalizer(i31, &one, finalize);
  assert_ptr_equal(wasm_ref_get_host_info(other), &one); /* the value's, not the handle's */
  wasm_foreign_t *foreign = wasm_foreign_new(store);
  wasm_foreign_set_host_info_with_finalizer(foreign, &one, finalize);
  wasm_trap_t *trap = wr_trap_new_kind(store, WR_TRAP_UNREACHABLE);
  wasm_trap_set_host_info_with_finalizer(trap, &one, finalize);
  assert_int_equal(finalized, 0);
  wasm_store_delete(store);
  assert_int_equal(finalized, 4);
  assert_null(wasm_func_get_host_info(func));
  wasm_func_delete(func);
  wasm_ref_delete(i31);
  wasm_ref_delete(other);
  wasm_foreign_delete(foreign);
  check_message(trap, "unreachable");
  wasm_trap_delete(trap);
  assert_int_equal(finalized, 5);
}

/* ---- References */

static void test_references(void **state) {
  wasm_store_t *store = store_of(state);
  wasm_ref_t *a = wr_ref_new_host(store, 77), *b = wr_ref_new_host(store, 77),
             *c = wr_ref_new_host(store, 78);
  assert_true(wasm_ref_same(a, b));
  assert_false(wasm_ref_same(a, c));
  assert_false(wasm_ref_same(a, NULL));
  uintptr_t value = 0;
  assert_true(wr_ref_host_value(b, &value));
  assert_int_equal(value, 77);
  assert_int_equal(wr_ref_kind(a), WR_REFKIND_EXTERN);
  wr_store_gc(store);
  wasm_ref_t *again = wr_ref_new_host(store, 77);
  assert_true(wasm_ref_same(a, again));
  wasm_ref_t *i31 = wr_ref_new_i31(store, -3), *wide = wr_ref_new_i31(store, 0x40000000);
  int32_t number = 0;
  assert_int_equal(wr_ref_kind(i31), WR_REFKIND_I31);
  assert_true(wr_ref_i31_value(i31, &number));
  assert_int_equal(number, -3);
  assert_true(wr_ref_i31_value(wide, &number));
  assert_int_equal(number, -0x40000000); /* the 31st bit is the sign */
  assert_false(wr_ref_i31_value(a, &number));
  assert_false(wr_ref_host_value(i31, &value));
  assert_null(wasm_ref_as_func(a));
  assert_null(wasm_ref_as_foreign(i31));
  assert_non_null(wasm_ref_as_foreign(a));
  wasm_ref_t *refs[] = {a, b, c, again, i31, wide};
  for (size_t i = 0; i < 6; i++) wasm_ref_delete(refs[i]);
}

static void test_foreign_store(void **state) {
  wasm_store_t *store = store_of(state), *other = wasm_store_new(((fixture *)*state)->engine);
  wasm_ref_t *ref = wr_ref_new_host(other, 1);
  wr_val val = {.type = WR_EXTERNREF, .of.ref = ref};
  assert_null(wr_global_new(store, WR_EXTERNREF, true, &val, NULL));
  wr_limits limits = {.min = 1};
  wasm_table_t *table = wr_table_new(store, WR_EXTERNREF, &limits, NULL, NULL);
  assert_false(wr_table_set(table, 0, &val));
  assert_false(wasm_table_set(table, 0, ref));
  wasm_table_delete(table);
  wasm_ref_delete(ref);
  wasm_store_delete(other);
}

/* ---- Memories, tables, globals, tags */

static void test_memory(void **state) {
  wasm_store_t *store = store_of(state);
  wr_limits limits = {.min = 1, .max = 3, .has_max = true, .is64 = true};
  wr_error error;
  wasm_memory_t *memory = wr_memory_new(store, &limits, 16, &error);
  assert_non_null(memory);
  uint64_t old = 0;
  assert_true(wr_memory_grow(memory, 2, &old));
  assert_int_equal(old, 1);
  assert_int_equal(wr_memory_size_pages(memory), 3);
  assert_false(wr_memory_grow(memory, 1, &old));
  assert_int_equal(wasm_memory_data_size(memory), 3 * 65536);
  assert_null(wasm_memory_type(memory)); /* a 64-bit one has no type in wasm.h */
  wasm_memory_delete(memory);
  limits = (wr_limits){.min = 100, .max = 200, .has_max = true};
  memory = wr_memory_new(store, &limits, 0, NULL);
  assert_int_equal(wasm_memory_data_size(memory), 100);
  assert_true(wr_memory_grow(memory, 100, NULL));
  assert_int_equal(wr_memory_size_pages(memory), 200);
  wasm_memory_delete(memory);
  wr_limits bad[] = {
      {.min = 65537}, {.min = 2, .max = 1, .has_max = true}, {.min = 1, .shared = true}};
  for (size_t i = 0; i < 3; i++) {
    assert_null(wr_memory_new(store, &bad[i], 16, &error));
    assert_int_equal(error.status, WR_BAD_ARGUMENT);
  }
  assert_null(wr_memory_new(store, &limits, 5, &error));
}

static void test_shared_memory(void **state) {
  fixture *f = *state;
  wr_limits limits = {.min = 1, .max = 4, .has_max = true};
  wr_shared_memory_t *shared = wr_shared_memory_new(f->engine, &limits, NULL);
  assert_non_null(shared);
  wasm_store_t *other = wasm_store_new(f->engine);
  wasm_memory_t *here = wr_shared_memory_obtain(f->store, shared);
  wasm_memory_t *there = wr_shared_memory_obtain(other, shared);
  wr_shared_memory_delete(shared);
  wasm_memory_data(here)[5] = 9;
  assert_int_equal(wasm_memory_data(there)[5], 9);
  assert_true(wr_memory_grow(there, 2, NULL));
  assert_int_equal(wr_memory_size_pages(here), 3);
  assert_int_equal(wasm_extern_kind(wasm_memory_as_extern(here)), WASM_EXTERN_MEMORY);
  wasm_externtype_t *type = wasm_extern_type(wasm_memory_as_extern(here));
  assert_int_equal(wasm_externtype_kind(type), WR_KIND_OTHER);
  wasm_externtype_delete(type);
  wr_shared_memory_t *again = wr_memory_share(here);
  assert_non_null(again);
  wr_shared_memory_delete(again);
  wasm_memory_delete(there);
  wasm_store_delete(other);
  assert_int_equal(wasm_memory_data(here)[5], 9);
  wasm_memory_delete(here);
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *stranger = wasm_store_new(engine);
  shared = wr_shared_memory_new(f->engine, &limits, NULL);
  assert_null(wr_shared_memory_obtain(stranger, shared));
  wr_shared_memory_delete(shared);
  wasm_store_delete(stranger);
  wasm_engine_delete(engine);
}

static void test_table(void **state) {
  wasm_store_t *store = store_of(state);
  wr_limits limits = {.min = 2, .max = 3, .has_max = true, .is64 = true};
  wr_val five = {.type = WR_REF_TYPE(WR_HEAP_I31), .of.ref = wr_ref_new_i31(store, 5)};
  wr_valtype element = WR_REF_TYPE(WR_HEAP_I31);
  wr_error error;
  assert_null(wr_table_new(store, element, &limits, NULL, &error)); /* null is no (ref i31) */
  assert_int_equal(error.status, WR_BAD_ARGUMENT);
  wasm_table_t *table = wr_table_new(store, element, &limits, &five, NULL);
  wr_val got;
  assert_true(wr_table_get(table, 1, &got));
  assert_int_equal(got.type, element);
  assert_true(wasm_ref_same(got.of.ref, five.of.ref));
  wr_val_delete(&got);
  assert_false(wr_table_get(table, 2, &got));
  assert_false(wr_table_set(table, 0, NULL));
  wr_val number = i32(5);
  assert_false(wr_table_set(table, 0, &number));
  assert_false(wr_table_grow(table, 1, NULL));
  assert_true(wr_table_grow(table, 1, &five));
  assert_int_equal(wr_table_size(table), 3);
  assert_false(wr_table_grow(table, 1, &five));
  wr_val_delete(&five);
  wasm_table_delete(table);
}

static void test_global(void **state) {
  wasm_store_t *store = store_of(state);
  wr_val vector = {.type = WR_V128}, got;
  memset(vector.of.v128, 0xab, 16);
  wasm_global_t *global = wr_global_new(store, WR_V128, true, &vector, NULL);
  wr_global_get(global, &got);
  assert_memory_equal(&got.of, &vector.of, 16);
  vector.of.v128[15] = 1;
  assert_true(wr_global_set(global, &vector));
  wr_global_get(global, &got);
  assert_int_equal(got.of.v128[15], 1);
  wasm_val_t plain;
  wasm_global_get(global, &plain);
  assert_int_equal(plain.kind, WR_KIND_OTHER);
  plain.kind = WASM_I32;
  wasm_global_set(global, &plain);
  wr_global_get(global, &got);
  assert_int_equal(got.of.v128[15], 1);
  wr_val number = i32(1);
  assert_false(wr_global_set(global, &number));
  wasm_global_delete(global);
  global = wr_global_new(store, WR_I32, false, &number, NULL);
  assert_false(wr_global_set(global, &number));
  wasm_global_delete(global);
}

static wr_status throw_pair(void *env, wr_caller *caller, uint64_t *slots) {
  (void)slots;
  wr_val args[] = {i32(4), {.type = WR_EXTERNREF}};
  args[1].of.ref = wr_ref_new_host(wr_caller_store(caller), 99);
  wr_status status = wr_caller_throw(caller, env, args, 2);
  wr_val_delete(&args[1]);
  return status;
}

static void test_exception(void **state) {
  wasm_store_t *store = store_of(state);
  wr_valtype params[] = {WR_I32, WR_EXTERNREF};
  wasm_functype_t *tag_type = wr_functype_new(params, 2, NULL, 0), *type = wasm_functype_new_0_0();
  wasm_functype_t *returning = wr_functype_new(NULL, 0, params, 1);
  assert_null(wr_tag_new(store, returning));
  wasm_functype_delete(returning);
  wr_tag_t *tag = wr_tag_new(store, tag_type);
  assert_int_equal(wr_extern_kind(wr_tag_as_extern(tag)), WR_EXTERN_TAG);
  assert_int_equal(wasm_extern_kind(wr_tag_as_extern(tag)), WR_KIND_OTHER);
  assert_ptr_equal(wr_extern_as_tag(wr_tag_as_extern(tag)), tag);
  wasm_func_t *func = wr_func_new_raw(store, type, throw_pair, tag, NULL);
  wasm_trap_t *trap = NULL;
  assert_int_equal(wr_func_call(func, NULL, 0, NULL, 0, &trap), WR_EXCEPTION);
  wr_store_gc(store); /* the trap keeps its exception */
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_UNCAUGHT_EXCEPTION);
  wr_tag_t *thrown = wr_trap_exception_tag(trap);
  assert_true(wasm_extern_same(wr_tag_as_extern(thrown), wr_tag_as_extern(tag)));
  wr_val args[2];
  assert_int_equal(wr_trap_exception_args(trap, args, 0), 2);
  assert_int_equal(wr_trap_exception_args(trap, args, 2), 2);
  assert_int_equal(args[0].of.i32, 4);
  uintptr_t value;
  assert_true(wr_ref_host_value(args[1].of.ref, &value));
  assert_int_equal(value, 99);
  wr_val_delete(&args[1]);
  wr_tag_delete(thrown);
  wasm_trap_delete(trap);
  wr_tag_delete(tag);
  wasm_func_delete(func);
  wasm_functype_delete(type);
  wasm_functype_delete(tag_type);
}

/* ---- Linker */

static void test_linker(void **state) {
  wasm_store_t *store = store_of(state);
  wr_linker_t *linker = wr_linker_new(store);
  assert_ptr_equal(wr_linker_store(linker), store);
  assert_null(wr_linker_get(linker, "a", 1, "b", 1));
  wasm_global_t *globals[300];
  char name[8];
  for (int i = 0; i < 300; i++) {
    wr_val val = i32(i);
    globals[i] = wr_global_new(store, WR_I32, false, &val, NULL);
    int size = snprintf(name, sizeof name, "g%d", i);
    assert_int_equal(
        wr_linker_define(linker, "env", 3, name, (size_t)size, wasm_global_as_extern(globals[i])),
        WR_OK);
  }
  for (int i = 0; i < 300; i++) {
    int size = snprintf(name, sizeof name, "g%d", i);
    wasm_extern_t *found = wr_linker_get(linker, "env", 3, name, (size_t)size);
    assert_true(wasm_extern_same(found, wasm_global_as_extern(globals[i])));
    wasm_extern_delete(found);
  }
  /* The boundary between the names counts, and a later definition replaces. */
  assert_null(wr_linker_get(linker, "envg", 4, "1", 1));
  assert_int_equal(wr_linker_define(linker, "env", 3, "g1", 2, wasm_global_as_extern(globals[2])),
                   WR_OK);
  wasm_extern_t *found = wr_linker_get(linker, "env", 3, "g1", 2);
  assert_true(wasm_extern_same(found, wasm_global_as_extern(globals[2])));
  wasm_extern_delete(found);
  assert_int_equal(wr_linker_define(linker, "", 0, "", 0, wasm_global_as_extern(globals[3])),
                   WR_OK);
  found = wr_linker_get(linker, "", 0, "", 0);
  assert_true(wasm_extern_same(found, wasm_global_as_extern(globals[3])));
  wasm_extern_delete(found);
  for (int i = 0; i < 300; i++) wasm_global_delete(globals[i]);
  wr_linker_delete(linker);
}

/* ---- Interruption */

static wr_status note_interrupt(void *env, wr_caller *caller, uint64_t *slots) {
  (void)slots;
  *(bool *)env = wr_store_interrupted(wr_caller_store(caller));
  return WR_OK;
}

static void test_interrupt(void **state) {
  wasm_store_t *store = store_of(state);
  bool seen = false;
  wasm_functype_t *type = wasm_functype_new_0_0();
  wasm_func_t *func = wr_func_new_raw(store, type, note_interrupt, &seen, NULL);
  wasm_functype_delete(type);
  assert_true(wr_store_event_fd(store) >= 0);
  wr_store_interrupt(store);
  assert_true(wr_store_interrupted(store));
  wr_store_clear_interrupt(store);
  assert_false(wr_store_interrupted(store));
  assert_int_equal(wr_store_set_deadline(store, (uint64_t)3600 * 1000000000), WR_OK);
  assert_int_equal(wr_func_call(func, NULL, 0, NULL, 0, NULL), WR_OK);
  assert_false(seen);
  assert_int_equal(wr_store_set_deadline(store, 0), WR_OK);
  wasm_func_delete(func);
  assert_ptr_equal(wr_store_engine(store), ((fixture *)*state)->engine);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_raw_func, setup, teardown),
      cmocka_unit_test_setup_teardown(test_endings, setup, teardown),
      cmocka_unit_test_setup_teardown(test_trap_roundtrip, setup, teardown),
      cmocka_unit_test_setup_teardown(test_val_func, setup, teardown),
      cmocka_unit_test_setup_teardown(test_native_func, setup, teardown),
      cmocka_unit_test_setup_teardown(test_unknown_types, setup, teardown),
      cmocka_unit_test_setup_teardown(test_late_handles, setup, teardown),
      cmocka_unit_test_setup_teardown(test_references, setup, teardown),
      cmocka_unit_test_setup_teardown(test_foreign_store, setup, teardown),
      cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
      cmocka_unit_test_setup_teardown(test_shared_memory, setup, teardown),
      cmocka_unit_test_setup_teardown(test_table, setup, teardown),
      cmocka_unit_test_setup_teardown(test_global, setup, teardown),
      cmocka_unit_test_setup_teardown(test_exception, setup, teardown),
      cmocka_unit_test_setup_teardown(test_linker, setup, teardown),
      cmocka_unit_test_setup_teardown(test_interrupt, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
