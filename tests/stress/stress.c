/* Much of everything: stores and instances made and dropped, threads with stores of their own on
 * shared modules, traps, recursion through host functions and back, in the interpreter and as
 * native code. The argument is a factor; without it the run is short. Prints a line for each part,
 * and ends with 0 if all was right: no descriptor and no mapping is left behind. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasmrun.h"

enum { INSTANCES = 500, THREADS = 64, ROUNDS = 4, TRAPS = 20000, RECURSIONS = 4 };

#define MUST(condition)                                                       \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                \
    }                                                                         \
  } while (0)

static const char module_text[] =
    "(module (import \"env\" \"back\" (func $back (param i32) (result i32)))"
    " (memory (export \"memory\") 1 2) (table 4 funcref) (elem (i32.const 0) $add)"
    " (type $u (func (param i32) (result i32)))"
    " (func $add (type $u) (i32.add (local.get 0) (i32.const 1)))"
    " (func (export \"sum\") (param $n i32) (result i32) (local $s i32)"
    "  (loop $l (i32.store (i32.and (local.get $n) (i32.const 65532)) (local.get $s))"
    "   (local.set $s (i32.add (local.get $s) (call_indirect (type $u) (local.get $n)"
    "   (i32.const 0)))) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "  (local.get $s))"
    " (func (export \"bounds\") (param i32) (result i32) (i32.load (i32.add (local.get 0)"
    "  (i32.const 131072))))"
    " (func (export \"divide\") (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 0)))"
    " (func (export \"null\") (param i32) (result i32) (call_indirect (type $u) (local.get 0)"
    "  (i32.const 3)))"
    " (func (export \"again\") (param i32) (result i32) (i32.add (i32.const 1)"
    "  (call $back (i32.add (local.get 0) (i32.const 1))))))";

static wasm_engine_t *engine;
static const char *engine_name;

/* ---- The module, a store, an instance */

static int32_t limit; /* of the depth to which the host calls back */

/* Calls the instance's "again" until the limit is reached, or the stack. */
static wr_status call_back(void *env, wr_caller *caller, uint64_t *slots) {
  (void)env;
  if ((int32_t)slots[0] >= limit) {
    slots[0] = 0;
    return WR_OK;
  }
  wasm_extern_t *again = wr_caller_export(caller, "again", 5);
  MUST(again);
  wr_val arg = {.type = WR_I32, .of.i32 = (int32_t)slots[0]}, result = {0};
  wasm_trap_t *trap = NULL;
  wr_status status = wr_func_call(wasm_extern_as_func(again), &arg, 1, &result, 1, &trap);
  wasm_extern_delete(again);
  if (status != WR_OK) {
    wr_trap_kind kind = trap ? wr_trap_get_kind(trap) : WR_TRAP_OUT_OF_MEMORY;
    wasm_trap_delete(trap);
    return wr_caller_trap_kind(caller, kind);
  }
  slots[0] = (uint32_t)result.of.i32;
  return WR_OK;
}

typedef struct guest {
  wasm_store_t *store;
  wasm_instance_t *instance;
} guest;

static guest open_guest(const wasm_module_t *module) {
  static const wr_valtype i32[] = {WR_I32};
  guest g = {.store = wasm_store_new(engine)};
  MUST(g.store);
  wr_linker_t *linker = wr_linker_new(g.store);
  wasm_functype_t *type = wr_functype_new(i32, 1, i32, 1);
  wasm_func_t *back = wr_func_new_raw(g.store, type, call_back, NULL, NULL);
  MUST(linker && type && back);
  MUST(wr_linker_define(linker, "env", 3, "back", 4, wasm_func_as_extern(back)) == WR_OK);
  MUST(wr_linker_instantiate(linker, module, &g.instance, NULL, NULL) == WR_OK);
  wasm_func_delete(back);
  wasm_functype_delete(type);
  wr_linker_delete(linker);
  return g;
}

static void close_guest(guest g) {
  wasm_instance_delete(g.instance);
  wasm_store_delete(g.store);
}

static wr_trap_kind call(guest g, const char *name, int32_t argument, int32_t *result) {
  wasm_extern_t *external = wr_instance_export(g.instance, name, strlen(name));
  MUST(external);
  wr_val arg = {.type = WR_I32, .of.i32 = argument}, out = {0};
  wasm_trap_t *trap = NULL;
  wr_status status = wr_func_call(wasm_extern_as_func(external), &arg, 1, &out, 1, &trap);
  wr_trap_kind kind = trap ? wr_trap_get_kind(trap) : WR_TRAP_NONE;
  MUST((status == WR_OK) == (kind == WR_TRAP_NONE));
  wasm_trap_delete(trap);
  wasm_extern_delete(external);
  *result = out.of.i32;
  return kind;
}

/* ---- What the process holds */

static size_t count_descriptors(void) {
  size_t count = 0;
  DIR *folder = opendir("/proc/self/fd");
  MUST(folder);
  while (readdir(folder)) count++;
  closedir(folder);
  return count;
}

static size_t count_mappings(void) {
  size_t count = 0;
  FILE *file = fopen("/proc/self/maps", "re");
  MUST(file);
  for (int c = getc(file); c != EOF; c = getc(file)) count += c == '\n';
  fclose(file);
  return count;
}

/* ---- The parts */

static void make_and_drop(const wasm_module_t *module, long factor) {
  size_t descriptors = 0, mappings = 0;
  for (long i = 0; i < INSTANCES * factor; i++) {
    guest g = open_guest(module);
    int32_t sum;
    MUST(call(g, "sum", 10, &sum) == WR_TRAP_NONE && sum == 65);
    close_guest(g);
    if (i == INSTANCES / 2) descriptors = count_descriptors(), mappings = count_mappings();
  }
  /* An allocator may take or give back a few mappings of its own. */
  MUST(count_descriptors() == descriptors);
  MUST(count_mappings() <= mappings + 16);
  printf("%s: %ld instances made and dropped\n", engine_name, INSTANCES * factor);
}

typedef struct work {
  const wasm_module_t *module;
  long rounds;
  atomic_long *done;
} work;

static void *run_thread(void *context) {
  const work *w = context;
  for (long i = 0; i < w->rounds; i++) {
    guest g = open_guest(w->module);
    int32_t sum;
    MUST(call(g, "sum", 100, &sum) == WR_TRAP_NONE && sum == 5150);
    MUST(call(g, "bounds", 0, &sum) == WR_TRAP_MEMORY_OUT_OF_BOUNDS);
    MUST(call(g, "again", 0, &sum) == WR_TRAP_NONE);
    close_guest(g);
    atomic_fetch_add(w->done, 1);
  }
  return NULL;
}

static void run_threads(const wasm_module_t *module, long factor) {
  pthread_t threads[THREADS];
  atomic_long done = 0;
  work w = {module, ROUNDS * factor, &done};
  limit = 20;
  for (int i = 0; i < THREADS; i++) MUST(pthread_create(&threads[i], NULL, run_thread, &w) == 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  MUST(done == THREADS * ROUNDS * factor);
  printf("%s: %d threads, %ld stores\n", engine_name, THREADS, (long)done);
}

static void trap_often(const wasm_module_t *module, long factor) {
  guest g = open_guest(module);
  int32_t ignored;
  for (long i = 0; i < TRAPS * factor; i += 3) {
    MUST(call(g, "bounds", (int32_t)i, &ignored) == WR_TRAP_MEMORY_OUT_OF_BOUNDS);
    MUST(call(g, "divide", (int32_t)i, &ignored) == WR_TRAP_INTEGER_DIVIDE_BY_ZERO);
    MUST(call(g, "null", (int32_t)i, &ignored) == WR_TRAP_UNINITIALIZED_ELEMENT);
  }
  MUST(call(g, "sum", 10, &ignored) == WR_TRAP_NONE && ignored == 65);
  close_guest(g);
  printf("%s: %ld traps\n", engine_name, TRAPS * factor);
}

/* Guest, host, guest, host, … to a depth that fits, and without end. */
static void recurse(const wasm_module_t *module, long factor) {
  guest g = open_guest(module);
  int32_t depth = 0;
  limit = 100;
  MUST(call(g, "again", 0, &depth) == WR_TRAP_NONE && depth == 100);
  limit = INT32_MAX;
  for (long i = 0; i < RECURSIONS * factor; i++)
    MUST(call(g, "again", 0, &depth) == WR_TRAP_CALL_STACK_EXHAUSTED);
  limit = 100;
  MUST(call(g, "again", 0, &depth) == WR_TRAP_NONE && depth == 100);
  close_guest(g);
  printf("%s: %ld recursions through the host\n", engine_name, RECURSIONS * factor);
}

static void run_engine(const wasm_byte_vec_t *binary, bool native, long factor) {
  wr_error error;
  wasm_module_t *module;
  wasm_config_t *config = wasm_config_new();
  wr_config_set_engine(config, native ? WR_ENGINE_NATIVE : WR_ENGINE_INTERP);
  engine = wasm_engine_new_with_config(config);
  engine_name = native ? "native" : "interpreter";
  MUST(engine && wr_module_new(engine, binary->data, binary->size, &module, &error) == WR_OK);
  if (native) {
    wr_compile_options options;
    wr_compile_options_init(&options);
    options.compiler = getenv("WASMRUN_COMPILE");
    if (wr_module_compile(module, &options, &error) != WR_OK) {
      fprintf(stderr, "%s\n", error.message);
      exit(1);
    }
  }
  make_and_drop(module, factor);
  run_threads(module, factor);
  trap_often(module, factor);
  recurse(module, factor);
  wasm_module_delete(module);
  wasm_engine_delete(engine);
}

int main(int argc, char **argv) {
  long factor = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
  wasm_byte_vec_t binary;
  MUST(factor > 0);
  MUST(wr_text_to_binary(module_text, strlen(module_text), &binary, NULL) == WR_OK);
  run_engine(&binary, false, factor);
  if (getenv("WASMRUN_COMPILE")) run_engine(&binary, true, factor);
  wasm_byte_vec_delete(&binary);
  return 0;
}
