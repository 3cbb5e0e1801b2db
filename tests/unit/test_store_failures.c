/* Every allocation of a store's life fails in turn: each time there is an error, never a crash, and
 * nothing is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/engines.h"
#include "engine/make.h"
#include "gc/object.h"
#include "platform/memory.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOCATOR_IS_TAKEN 1
#endif
#endif

#if defined(ALLOCATOR_IS_TAKEN)
/* A sanitizer has the allocator; without failures the scenario runs once, for leaks. */
static volatile long allocations_left = -1, live;
#else
/* The C library's allocator, with a countdown to failure and a count of live blocks. Volatile,
 * since compilers take it that malloc and free touch no variable; visible, so that the C library
 * uses them too. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static volatile long allocations_left = -1, live; /* -1: none fails */

static bool may_allocate(void) {
  if (allocations_left < 0) return true;
  if (allocations_left == 0) return false;
  allocations_left--;
  return true;
}

WR_API void *malloc(size_t size) {
  if (!may_allocate()) return NULL;
  live++;
  return __libc_malloc(size);
}

WR_API void *calloc(size_t count, size_t size) {
  if (!may_allocate()) return NULL;
  live++;
  return __libc_calloc(count, size);
}

WR_API void *realloc(void *block, size_t size) {
  if (!may_allocate()) return NULL;
  if (!block) live++;
  return __libc_realloc(block, size);
}

WR_API void free(void *block) {
  if (block) live--;
  __libc_free(block);
}
#endif

static const char text[] =
    "(type $node (struct (field i32) (field anyref)))"
    "(type $list (array anyref))"
    "(func $f) (tag (export \"tag\") (param i32))"
    "(table (export \"t\") 2 100 externref) (table $ft 4 funcref) (elem (table $ft) (i32.const 1) "
    "func $f $f)"
    "(elem (ref null $node) (struct.new_default $node) (ref.null $node))"
    "(memory (export \"memory\") 1 10) (data (i32.const 3) \"abc\") (data \"passive\")"
    "(memory $shared (export \"s\") 1 2 shared)"
    "(global $g (ref $list) (array.new_fixed $list 20"
    "  (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1)) (ref.i31 (i32.const "
    "1))"
    "  (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1)) (ref.i31 (i32.const "
    "1))"
    "  (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1)) (ref.i31 (i32.const "
    "1))"
    "  (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1)) (ref.i31 (i32.const "
    "1))"
    "  (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1))"
    "  (struct.new $node (i32.const 5) (array.new_default $list (i32.const 5000)))))"
    "(start $f)";

static wr_status do_nothing(wr__exec *exec, wr__func *func, uint64_t *slots) {
  (void)exec;
  (void)func;
  (void)slots;
  return WR_OK;
}

static int finalized;
static void count_finalizer(void *env) {
  (void)env;
  finalized++;
}

static wr_status callback(void *env, wr_caller *caller, uint64_t *slots) {
  (void)env;
  (void)slots;
  return wr__exec_trap_message((wr__exec *)caller, "no");
}

/* The start function has no code here. */
static wr_status instantiate(wr__store *store, wr__module *module, wr_error *error) {
  wr__instance *instance = NULL;
  uint32_t start = module->start_func;
  module->start_func = WR_NO_INDEX;
  wr_status status = wr__instantiate(store, module, NULL, 0, &instance, error);
  module->start_func = start;
  if (status != WR_OK) return status;
  instance->funcs[0].entry = do_nothing;
  uint64_t slots[1];
  status = wr__func_invoke(&store->exec, wr__instance_func(instance, start), slots);
  uint64_t old_size = 0;
  if (status == WR_OK) (void)wr__table_grow(NULL, instance->tables[0], 50, 0, &old_size);
  if (status == WR_OK && old_size == UINT64_MAX) status = WR_OUT_OF_MEMORY;
  if (status == WR_OK && wr__memory_grow(instance->memories[0], 3) != 1) status = WR_OUT_OF_MEMORY;
  return status;
}

static wr_status use_host_things(wr__store *store) {
  const wr__deftype *type = wr__type_func(store->engine->types, NULL, 0, NULL, 0);
  if (!type) return WR_OUT_OF_MEMORY;
  int expected = finalized;
  wr__func *func = wr__func_new_host(store, type, callback, NULL, count_finalizer);
  if (!func) return finalized == expected ? WR_OUT_OF_MEMORY : WR_INVALID;
  uint64_t slots[1];
  if (wr__func_invoke(&store->exec, func, slots) != WR_TRAPPED) return WR_INVALID;
  for (uintptr_t i = 0; i < 40; i++)
    if (!wr__host_ref_intern(store, i)) return WR_OUT_OF_MEMORY;
  wr__heap_collect(store->heap);
  return WR_OK;
}

static wr_status live_a_store(wr__engine *engine, wr__module *module) {
  wr__store *store = wr__store_new(engine);
  if (!store) return WR_OUT_OF_MEMORY;
  wr_error error = {0};
  wr_status status = instantiate(store, module, &error);
  if (status == WR_TRAPPED && store->exec.trap.kind == WR_TRAP_OUT_OF_MEMORY)
    status = WR_OUT_OF_MEMORY;
  if (status == WR_OK) status = use_host_things(store);
  wr__store_delete(store);
  return status;
}

static wr__module *decode(wr__engine *engine) {
  wasm_byte_vec_t binary;
  wr_error error;
  if (wr_text_to_binary(text, sizeof text - 1, &binary, &error) != WR_OK)
    fail_msg("%s", error.message);
  uint8_t *bytes = malloc(binary.size);
  memcpy(bytes, binary.data, binary.size);
  size_t size = binary.size;
  wasm_byte_vec_delete(&binary);
  wr__module *module = NULL;
  if (wr__module_decode(engine, bytes, size, WR__BYTES_MALLOC, &module, &error) != WR_OK)
    fail_msg("%s", error.message);
  return module;
}

/* Lets the n-th allocation and all after it fail, for every n until the scenario comes through. */
static void sweep(wr__engine *engine, wr__module *module) {
  for (long n = 0;; n++) {
#if defined(ALLOCATOR_IS_TAKEN)
    n = -1;
#endif
    long before = live;
    allocations_left = n;
    wr_status status = live_a_store(engine, module);
    allocations_left = -1;
    assert_int_equal(live, before);
    if (status == WR_OK) {
      assert_true(n < 0 || n > 10);
      return;
    }
    assert_int_equal(status, WR_OUT_OF_MEMORY);
  }
}

static wr__engine *new_engine(void) {
  wr__config config;
  wr__config_init(&config);
  config.engines = wr__engines;
  return wr__engine_new(&config);
}

static void every_allocation_fails_in_turn(void **state) {
  (void)state;
  wr__engine *engine = new_engine();
  wr__module *module = decode(engine);
  assert_int_equal(live_a_store(engine, module),
                   WR_OK); /* types and timers are there from now on */
  sweep(engine, module);
  wr__module_release(module);
  wr__engine_release(engine);
}

static void every_reservation_fails_in_turn(void **state) {
  (void)state;
  wr__engine *engine = new_engine();
  wr__module *module = decode(engine);
  const size_t limits[] = {0, 4096, 65536, 131072, 1 << 20, 5 << 20, 9 << 20};
  for (size_t i = 0; i < WR_ARRAY_COUNT(limits); i++) {
    wr__vm_set_reserve_limit(limits[i]);
    wr_status status = live_a_store(engine, module);
    wr__vm_set_reserve_limit(SIZE_MAX);
    assert_int_equal(status, limits[i] < 8 << 20 ? WR_OUT_OF_MEMORY : WR_OK);
  }
  wr__module_release(module);
  wr__engine_release(engine);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_allocation_fails_in_turn),
      cmocka_unit_test(every_reservation_fails_in_turn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
