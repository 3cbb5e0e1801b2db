/* Callbacks of the embedder that grow the guest's memory while it is made to move at each growth:
 * WASI, every kind of host function, and instances that share a memory or a table see where it lies
 * afterwards, in the interpreter and in native code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"
#include "wasmrun.h"

/* What a test is about. level 0: the interpreter. */
typedef struct world {
  char level;
  wasm_engine_t *engine;
  wasm_store_t *store;
  wr_linker_t *linker;
  wr_wasi_t *wasi;
  wasm_memory_t *memory; /* what the callbacks grow */
  wasm_table_t *table;   /* may be NULL */
  char written[64];
  size_t written_size;
  const char *input;
} world;

static void grow(world *w) {
  uint64_t old;
  assert_true(wr_memory_grow(w->memory, 1, &old));
  if (w->table) assert_true(wasm_table_grow(w->table, 1, NULL));
}

static int take_bytes(void *context, const uint8_t *data, size_t size) {
  world *w = context;
  grow(w);
  assert_true(w->written_size + size <= sizeof w->written);
  memcpy(w->written + w->written_size, data, size); /* what was given stays where it is */
  w->written_size += size;
  return 0;
}

static int64_t give_bytes(void *context, uint8_t *data, size_t capacity) {
  world *w = context;
  size_t size = strlen(w->input);
  grow(w);
  if (size > capacity) size = capacity;
  memcpy(data, w->input, size);
  w->input += size;
  return (int64_t)size;
}

static uint64_t give_time(void *context, uint32_t id) {
  (void)id;
  grow(context);
  return 7;
}

static void give_sleep(void *context, uint32_t id, uint64_t until) {
  (void)id;
  (void)until;
  grow(context);
}

static int give_random(void *context, uint8_t *data, size_t size) {
  grow(context);
  memset(data, 'r', size);
  return 0;
}

static void take_log(void *context, const char *line) {
  (void)line;
  grow(context);
}

static world *world_new(char level) {
  world *w = calloc(1, sizeof *w);
  wasm_config_t *config = wasm_config_new();
  wr_error error;
  w->level = level;
  wr_config_set_engine(config, level ? WR_ENGINE_AUTO : WR_ENGINE_INTERP);
  wr_config_set_bounds(config, WR_BOUNDS_EXPLICIT);
  w->engine = wasm_engine_new_with_config(config);
  w->store = wasm_store_new(w->engine);
  w->linker = wr_linker_new(w->store);
  w->wasi = wr_wasi_new();
  assert_int_equal(wr_wasi_stdin_callback(w->wasi, give_bytes, w, &error), WR_OK);
  assert_int_equal(wr_wasi_stdout_callback(w->wasi, 1, take_bytes, w, &error), WR_OK);
  wr_wasi_set_clock(w->wasi, give_time, give_sleep, w);
  wr_wasi_set_random(w->wasi, give_random, w);
  wr_wasi_set_log(w->wasi, take_log, w);
  return w;
}

static void world_delete(world *w) {
  if (w->table) wasm_table_delete(w->table);
  wasm_memory_delete(w->memory);
  wr_linker_delete(w->linker);
  wasm_store_delete(w->store);
  wr_wasi_delete(w->wasi);
  wasm_engine_delete(w->engine);
  free(w);
}

static wasm_extern_t *export_of(wasm_instance_t *instance, const char *name) {
  wasm_extern_t *found = wr_instance_export(instance, name, strlen(name));
  assert_non_null(found);
  return found;
}

/* Its exports become those of `name` for modules that come later. */
static wasm_instance_t *instantiate(world *w, const char *name, const char *text) {
  wasm_byte_vec_t binary;
  wr_error error;
  wasm_module_t *module;
  wasm_instance_t *instance;
  if (wr_text_to_binary(text, strlen(text), &binary, &error) != WR_OK)
    fail_msg("%s", error.message);
  if (wr_module_new(w->engine, binary.data, binary.size, &module, &error) != WR_OK)
    fail_msg("%s", error.message);
  wasm_byte_vec_delete(&binary);
  if (w->level) {
    wr_compile_options options;
    wr_compile_options_init(&options);
    options.level = w->level;
    options.bounds_explicit = true;
    options.compiler = getenv("WASMRUN_COMPILE");
    if (!options.compiler) options.compiler = WR_BUILD_DIR "/bin/wasmrun-compile";
    if (wr_module_compile(module, &options, &error) != WR_OK) fail_msg("%s", error.message);
  }
  if (wr_wasi_define_for(w->wasi, w->linker, module, &error) != WR_OK)
    fail_msg("%s", error.message);
  if (wr_linker_instantiate(w->linker, module, &instance, NULL, &error) != WR_OK)
    fail_msg("%s", error.message);
  assert_int_equal(wr_linker_define_instance(w->linker, name, strlen(name), instance), WR_OK);
  wasm_module_delete(module);
  return instance;
}

static void take_memory(world *w, wasm_instance_t *instance) {
  wasm_extern_t *memory = export_of(instance, "memory");
  w->memory = wasm_memory_copy(wasm_extern_as_memory(memory));
  wasm_extern_delete(memory);
}

static int32_t call(wasm_instance_t *instance, const char *name) {
  wasm_extern_t *external = export_of(instance, name);
  wr_val result;
  wasm_trap_t *trap = NULL;
  wr_status status = wr_func_call(wasm_extern_as_func(external), NULL, 0, &result, 1, &trap);
  if (status != WR_OK)
    fail_msg("%s: %s", name, trap ? wr_trap_kind_message(wr_trap_get_kind(trap)) : "");
  wasm_extern_delete(external);
  return result.of.i32;
}

/* ---- WASI */

static const char wasi_text[] =
    "(module"
    " (import \"wasi_snapshot_preview1\" \"fd_write\" (func $write (param i32 i32 i32 i32) (result "
    "i32)))"
    " (import \"wasi_snapshot_preview1\" \"fd_read\" (func $read (param i32 i32 i32 i32) (result "
    "i32)))"
    " (import \"wasi_snapshot_preview1\" \"clock_time_get\" (func $now (param i32 i64 i32) (result "
    "i32)))"
    " (import \"wasi_snapshot_preview1\" \"random_get\" (func $random (param i32 i32) (result "
    "i32)))"
    " (import \"wasi_snapshot_preview1\" \"sock_open\" (func $open (param i32 i32 i32) (result "
    "i32)))"
    " (import \"wasi_snapshot_preview1\" \"sock_connect\" (func $connect (param i32 i32 i32) "
    "(result i32)))"
    " (import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $poll (param i32 i32 i32 i32) "
    "(result i32)))"
    " (memory (export \"memory\") 1)"
    /* two pieces at 0 and 8: "one ", "two"; two at 16: 4 bytes each at 200 */
    " (data (i32.const 0) \"\\64\\00\\00\\00\\04\\00\\00\\00\\6e\\00\\00\\00\\03\\00\\00\\00\")"
    " (data (i32.const 16) \"\\c8\\00\\00\\00\\04\\00\\00\\00\\cc\\00\\00\\00\\04\\00\\00\\00\")"
    " (data (i32.const 100) \"one \") (data (i32.const 110) \"two\")"
    " (func (export \"write\") (result i32)"
    "  (call $write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 40))"
    "  (i32.add (i32.load (i32.const 40))))"
    " (func (export \"read\") (result i32)"
    "  (call $read (i32.const 0) (i32.const 16) (i32.const 2) (i32.const 44))"
    "  (i32.add (i32.load (i32.const 44)))"
    "  (i32.add (i32.load (i32.const 200))))"
    " (func (export \"now\") (result i32)"
    "  (call $now (i32.const 1) (i64.const 0) (i32.const 48))"
    "  (i32.add (i32.load (i32.const 48))))"
    " (func (export \"random\") (result i32)"
    "  (call $random (i32.const 208) (i32.const 4))"
    "  (i32.add (i32.load (i32.const 208))))"
    " (func (export \"connect\") (result i32)"
    "  (i32.store (i32.const 64) (i32.const 72)) (i32.store (i32.const 68) (i32.const 4))"
    "  (drop (call $open (i32.const 1) (i32.const 2) (i32.const 60)))"
    "  (call $connect (i32.load (i32.const 60)) (i32.const 64) (i32.const 80)))"
    /* two subscriptions to the monotonic clock, at 300 and 348 */
    " (func (export \"poll\") (result i32)"
    "  (i32.store (i32.const 300) (i32.const 5)) (i32.store (i32.const 348) (i32.const 6))"
    "  (i32.store (i32.const 316) (i32.const 1)) (i32.store (i32.const 364) (i32.const 1))"
    "  (i32.store (i32.const 324) (i32.const 1)) (i32.store (i32.const 372) (i32.const 9))"
    "  (call $poll (i32.const 300) (i32.const 400) (i32.const 2) (i32.const 52))"
    "  (i32.add (i32.load (i32.const 52)))"
    "  (i32.add (i32.load (i32.const 400)))))";

static void wasi_at(char level) {
  world *w = world_new(level);
  wasm_instance_t *instance = instantiate(w, "wasi", wasi_text);
  take_memory(w, instance);
  assert_int_equal(call(instance, "write"), 7);
  assert_int_equal(w->written_size, 7);
  assert_memory_equal(w->written, "one two", 7);
  w->input = "abcd";
  assert_int_equal(call(instance, "read"), 4 + 0x64636261);
  assert_int_equal(call(instance, "now"), 7);
  assert_int_equal(call(instance, "random"), 0x72727272);
  assert_int_equal(call(instance, "connect"), 2); /* acces: no rule */
  assert_int_equal(call(instance, "poll"), 1 + 5);
  wasm_instance_delete(instance);
  world_delete(w);
}

/* ---- host functions */

static wr_status raw(void *env, wr_caller *caller, uint64_t *slots) {
  (void)caller;
  (void)slots;
  grow(env);
  return WR_OK;
}

static wr_status full(void *env, wr_caller *caller, const wr_val *args, wr_val *results) {
  (void)caller;
  (void)args;
  (void)results;
  grow(env);
  return WR_OK;
}

static wasm_trap_t *plain(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)args;
  (void)results;
  grow(env);
  return NULL;
}

static world *native_world;
static void native(void) { grow(native_world); }

static void define(world *w, const char *name, wasm_func_t *func) {
  assert_non_null(func);
  assert_int_equal(
      wr_linker_define(w->linker, "host", 4, name, strlen(name), wasm_func_as_extern_const(func)),
      WR_OK);
  wasm_func_delete(func);
}

static void define_host(world *w) {
  wasm_functype_t *type = wr_functype_new(NULL, 0, NULL, 0);
  native_world = w;
  define(w, "raw", wr_func_new_raw(w->store, type, raw, w, NULL));
  define(w, "full", wr_func_new_val(w->store, type, full, w, NULL));
  define(w, "plain", wasm_func_new_with_env(w->store, type, plain, w, NULL));
  define(w, "native", wr_func_new_native(w->store, type, native, NULL));
  wasm_functype_delete(type);
}

#define HOST_FUNCS                             \
  " (import \"host\" \"raw\" (func $raw))"     \
  " (import \"host\" \"full\" (func $full))"   \
  " (import \"host\" \"plain\" (func $plain))" \
  " (import \"host\" \"native\" (func $native))"

/* Each stores, calls what moves memory and table, and uses both: 111 where all is well. */
#define STEP(name)                                                                              \
  " (func (export \"" name                                                                      \
  "\") (result i32)"                                                                            \
  "  (i32.store (i32.const 8) (i32.const 1))"                                                   \
  "  (call $" name                                                                              \
  ")"                                                                                           \
  "  (i32.store (i32.const 12) (i32.add (i32.load (i32.const 8)) (i32.const 10)))"              \
  "  (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const " \
  "100))"                                                                                       \
  "  (i32.load8_u (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)))"           \
  "  (i32.add (i32.load (i32.const 12)))"                                                       \
  "  (i32.add (call_indirect (result i32) (i32.const 0)))"                                      \
  "  (drop (table.get $t (i32.sub (table.size $t) (i32.const 1)))))"
#define STEPS STEP("raw") STEP("full") STEP("plain") STEP("native")

static const char *const steps[] = {"raw", "full", "plain", "native"};

static void host_functions_at(char level) {
  world *w = world_new(level);
  define_host(w);
  wasm_instance_t *instance =
      instantiate(w, "a",
                  "(module" HOST_FUNCS
                  " (memory (export \"memory\") 1) (table $t (export \"table\") 1 funcref)"
                  " (elem (i32.const 0) $zero) (func $zero (result i32) i32.const 0)" STEPS ")");
  take_memory(w, instance);
  wasm_extern_t *table = export_of(instance, "table");
  w->table = wasm_table_copy(wasm_extern_as_table(table));
  wasm_extern_delete(table);
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
    assert_int_equal(call(instance, steps[i]), 111);
  wasm_instance_delete(instance);
  world_delete(w);
}

/* One instance has the memory and the table, another grows them, a third goes on in between. */
static void shared_at(char level) {
  world *w = world_new(level);
  define_host(w);
  wasm_instance_t *owner =
      instantiate(w, "owner",
                  "(module (memory (export \"memory\") 1) (table (export \"table\") 1 funcref)"
                  " (elem (i32.const 0) $zero) (func $zero (result i32) i32.const 0)"
                  " (func (export \"peek\") (result i32) (i32.load (i32.const 12))))");
  take_memory(w, owner);
  wasm_extern_t *table = export_of(owner, "table");
  w->table = wasm_table_copy(wasm_extern_as_table(table));
  wasm_extern_delete(table);
#define SHARED                                \
  " (import \"owner\" \"memory\" (memory 1))" \
  " (import \"owner\" \"table\" (table $t 1 funcref))"
  wasm_instance_t *grower = instantiate(
      w, "host2",
      "(module" HOST_FUNCS SHARED
      " (func (export \"raw\") (call $raw)"
      "  (drop (memory.grow (i32.const 1))) (drop (table.grow $t (ref.null func) (i32.const 1))))"
      " (func (export \"native\") (call $native) (call $full) (call $plain)))");
  wasm_instance_t *user =
      instantiate(w, "user",
                  "(module (import \"host2\" \"raw\" (func $raw)) (import \"host2\" \"native\" "
                  "(func $native))" SHARED STEP("raw") STEP("native") ")");
  assert_int_equal(call(user, "raw"), 111);
  assert_int_equal(call(owner, "peek"), 11);
  assert_int_equal(call(user, "native"), 111);
  assert_int_equal(call(owner, "peek"), 11);
  wasm_instance_delete(user);
  wasm_instance_delete(grower);
  wasm_instance_delete(owner);
  world_delete(w);
}

static bool has_compiler(void) {
  return getenv("WASMRUN_COMPILE") || access(WR_BUILD_DIR "/bin/wasmrun-compile", X_OK) == 0;
}

static void at_every_engine(void (*test)(char)) {
  static const char levels[] = {'0', '2'};
  wr__memory_set_always_move(true);
  test(0);
  for (size_t i = 0; has_compiler() && i < sizeof levels; i++) test(levels[i]);
  wr__memory_set_always_move(false);
}

static void wasi_finds_memory_again(void **state) {
  (void)state;
  at_every_engine(wasi_at);
}
static void after_host_functions(void **state) {
  (void)state;
  at_every_engine(host_functions_at);
}
static void between_instances(void **state) {
  (void)state;
  at_every_engine(shared_at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wasi_finds_memory_again),
      cmocka_unit_test(after_host_functions),
      cmocka_unit_test(between_instances),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
