/* Every allocation fails in turn. A program that uses the whole API is run again and again: in run
 * n the n-th allocation fails (and, in a second sweep, all after it too). Each run must end as a
 * failure that the caller is told of, without a crash, and give back all that it took. The last run
 * is the one that needs fewer than n allocations, and must succeed.
 *
 * Linked with -Wl,--wrap for the C library's allocators, so that those of the library are seen and
 * those of other libraries are not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "wasm.h"
#include "wasmrun.h"

static long allocations, fail_at; /* fail_at 0: never */
static bool fail_onwards;

static bool must_fail(void) {
  if (!fail_at) return false;
  allocations++;
  return fail_onwards ? allocations >= fail_at : allocations == fail_at;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size) { return must_fail() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) {
  return must_fail() ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *old, size_t size) {
  return must_fail() ? NULL : __real_realloc(old, size);
}
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_mprotect(void *at, size_t size, int protection);
int __wrap_mprotect(void *at, size_t size, int protection);

/* Address space and pages run out too. */
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
  errno = ENOMEM;
  return must_fail() ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}
int __wrap_mprotect(void *at, size_t size, int protection) {
  errno = ENOMEM;
  return must_fail() ? -1 : __real_mprotect(at, size, protection);
}

char *__wrap_strdup(const char *text) { return must_fail() ? NULL : __real_strdup(text); }

static const char module_text[] =
    "(module $m (type $pair (struct (field i32) (field (ref null $pair))))"
    "  (type $binary (func (param i32 i32) (result i32)))"
    "  (import \"env\" \"host\" (func $host (param i32) (result i32)))"
    "  (memory (export \"memory\") 1 3) (data (i32.const 8) \"abc\") (data \"passive\")"
    "  (table $t (export \"table\") 2 8 funcref) (elem (i32.const 0) $add $host)"
    "  (elem declare func $trap)"
    "  (tag $e (export \"tag\") (param i32))"
    "  (global $g (export \"global\") (mut i32) (i32.const 5))"
    "  (global $ref (mut (ref null $pair)) (struct.new $pair (i32.const 1) (ref.null $pair)))"
    "  (func $add (export \"add\") (type $binary)"
    "    (global.set $ref (struct.new $pair (local.get 0) (global.get $ref)))"
    "    (i32.add (call $host (local.get 0)) (local.get 1)))"
    "  (func $trap (export \"trap\") (param i32) (result i32)"
    "    (block (br_if 0 (local.get 0)) (drop (call $trap (i32.const 1))))"
    "    (i32.div_u (i32.const 1) (i32.const 0)))"
    "  (func (export \"throw\") (throw $e (i32.const 3)))"
    "  (func $start (drop (memory.grow (i32.const 1)))) (start $start))";

/* A step that the caller was told has failed. Anything else that goes wrong ends the program. */
#define NEED(condition)          \
  do {                           \
    if (!(condition)) goto done; \
  } while (0)
#define MUST(condition)                                                                    \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      fprintf(stderr, "%s:%d: not so with failure %ld: %s\n", __FILE__, __LINE__, fail_at, \
              #condition);                                                                 \
      exit(1);                                                                             \
    }                                                                                      \
  } while (0)

static wasm_trap_t *give_twice(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)env;
  results->data[0] = (wasm_val_t){.kind = WASM_I32, .of = {.i32 = 2 * args->data[0].of.i32}};
  return NULL;
}

static void ignore_text(void *context, const char *text, size_t size_bytes) {
  (void)text;
  *(size_t *)context += size_bytes;
}

/* What a module tells of itself: whole or not at all. */
static bool inspect(const wasm_module_t *module) {
  bool done = false;
  wasm_importtype_vec_t imports;
  wasm_exporttype_vec_t exports, copy = WASM_EMPTY_VEC;
  wasm_module_imports(module, &imports);
  wasm_module_exports(module, &exports);
  size_t written = 0;
  MUST(imports.size == 0 || imports.size == 1);
  MUST(exports.size == 0 || exports.size == 7);
  NEED(imports.size && exports.size);
  wasm_exporttype_vec_copy(&copy, &exports);
  NEED(copy.size == exports.size);
  MUST(wr_module_disassemble(module, 1, ignore_text, &written) == WR_OK && written > 0);
  done = true;
done:
  wasm_importtype_vec_delete(&imports);
  wasm_exporttype_vec_delete(&exports);
  wasm_exporttype_vec_delete(&copy);
  return done;
}

static bool define_host(wasm_store_t *store, wr_linker_t *linker) {
  wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_func_t *func = type ? wasm_func_new_with_env(store, type, give_twice, NULL, NULL) : NULL;
  wr_status status = WR_OUT_OF_MEMORY;
  if (func) status = wr_linker_define(linker, "env", 3, "host", 4, wasm_func_as_extern(func));
  MUST(status == WR_OK || status == WR_OUT_OF_MEMORY);
  wasm_functype_delete(type);
  wasm_func_delete(func);
  return status == WR_OK;
}

/* A call that must end in a trap: the real one, or one for lack of memory. */
static bool call_trap(const wasm_instance_t *instance) {
  bool done = false;
  wasm_trap_t *trap = NULL;
  wasm_frame_vec_t trace = WASM_EMPTY_VEC;
  wasm_message_t message = WASM_EMPTY_VEC;
  wasm_extern_t *external = wr_instance_export(instance, "trap", 4);
  NEED(external);
  wasm_val_t args[1] = {WASM_I32_VAL(0)}, results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t arg_vec = WASM_ARRAY_VEC(args), result_vec = WASM_ARRAY_VEC(results);
  trap = wasm_func_call(wasm_extern_as_func(external), &arg_vec, &result_vec);
  MUST(trap);
  NEED(wr_trap_get_kind(trap) == WR_TRAP_INTEGER_DIVIDE_BY_ZERO);
  wasm_trap_message(trap, &message);
  wasm_trap_trace(trap, &trace);
  NEED(message.size && trace.size == 2);
  done = true;
done:
  wasm_byte_vec_delete(&message);
  wasm_frame_vec_delete(&trace);
  wasm_trap_delete(trap);
  wasm_extern_delete(external);
  return done;
}

static bool call_throw(const wasm_instance_t *instance) {
  bool done = false;
  wasm_trap_t *trap = NULL;
  wr_tag_t *tag = NULL;
  wasm_extern_t *external = wr_instance_export(instance, "throw", 5);
  NEED(external);
  wr_status status = wr_func_call(wasm_extern_as_func(external), NULL, 0, NULL, 0, &trap);
  MUST(status != WR_OK);
  NEED(status == WR_EXCEPTION && wr_trap_get_kind(trap) == WR_TRAP_UNCAUGHT_EXCEPTION);
  tag = wr_trap_exception_tag(trap);
  NEED(tag);
  done = true;
done:
  wr_tag_delete(tag);
  wasm_trap_delete(trap);
  wasm_extern_delete(external);
  return done;
}

static bool call_add(const wasm_instance_t *instance) {
  wasm_extern_t *external = wr_instance_export(instance, "add", 3);
  if (!external) return false;
  wr_val args[] = {{.type = WR_I32, .of.i32 = 20}, {.type = WR_I32, .of.i32 = 2}}, result;
  wr_status status = wr_func_call(wasm_extern_as_func(external), args, 2, &result, 1, NULL);
  if (status == WR_OK) MUST(result.of.i32 == 42);
  wasm_extern_delete(external);
  return status == WR_OK;
}

static bool keep(wasm_store_t *store, const wasm_module_t *module) {
  wasm_byte_vec_t bytes;
  wasm_module_serialize(module, &bytes);
  wasm_module_t *again = bytes.size ? wasm_module_deserialize(store, &bytes) : NULL;
  wasm_byte_vec_delete(&bytes);
  wasm_module_delete(again);
  return again != NULL;
}

static bool use_refs(wasm_store_t *store) {
  wasm_foreign_t *foreign = wasm_foreign_new(store);
  wasm_ref_t *host = wr_ref_new_host(store, 5), *copy = wasm_ref_copy(host);
  wr_limits limits = {.min = 3};
  wr_val val = {.type = WR_EXTERNREF, .of.ref = host};
  wasm_table_t *table = wr_table_new(store, WR_EXTERNREF, &limits, &val, NULL);
  bool grown = table && wr_table_grow(table, 100, NULL);
  if (foreign) wasm_foreign_set_host_info_with_finalizer(foreign, NULL, NULL);
  wr_store_gc(store);
  bool done = foreign && copy && grown;
  wasm_table_delete(table);
  wasm_ref_delete(copy);
  wasm_ref_delete(host);
  wasm_foreign_delete(foreign);
  return done;
}

/* The whole program; false where something could not be had. */
static bool run(const wasm_byte_vec_t *binary) {
  bool done = false;
  wasm_store_t *store = NULL;
  wasm_module_t *module = NULL;
  wr_linker_t *linker = NULL;
  wasm_instance_t *instance = NULL;
  wasm_extern_vec_t exports = WASM_EMPTY_VEC;
  wasm_config_t *config = wasm_config_new();
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  NEED(engine);
  store = wasm_store_new(engine);
  NEED(store);
  wr_error error;
  wr_status status = wr_module_new(engine, binary->data, binary->size, &module, &error);
  MUST(status == WR_OK || status == WR_OUT_OF_MEMORY);
  NEED(status == WR_OK && inspect(module));
  linker = wr_linker_new(store);
  NEED(linker && define_host(store, linker));
  status = wr_linker_instantiate(linker, module, &instance, NULL, &error);
  MUST(status == WR_OK || status == WR_OUT_OF_MEMORY || status == WR_TRAPPED);
  NEED(status == WR_OK);
  wasm_instance_exports(instance, &exports);
  NEED(exports.size == 7);
  NEED(call_add(instance) && call_trap(instance) && call_throw(instance));
  NEED(keep(store, module) && use_refs(store));
  done = true;
done:
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wr_linker_delete(linker);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return done;
}

/* Text to binary and back: a translation that succeeds is the one that memory in plenty gives. */
static wasm_byte_vec_t expected_text;

static bool translate(const wasm_byte_vec_t *expected) {
  wasm_byte_vec_t binary, text;
  wr_status status = wr_text_to_binary(module_text, sizeof module_text - 1, &binary, NULL);
  MUST(status == WR_OK || status == WR_OUT_OF_MEMORY);
  if (status != WR_OK) return false;
  MUST(binary.size == expected->size && !memcmp(binary.data, expected->data, binary.size));
  wr_print_options options = {.folded = true};
  status = wr_binary_to_text(binary.data, binary.size, &options, &text, NULL);
  MUST(status == WR_OK || status == WR_OUT_OF_MEMORY);
  wasm_byte_vec_delete(&binary);
  if (status != WR_OK) return false;
  if (!expected_text.size) {
    expected_text = text;
    return true;
  }
  MUST(text.size == expected_text.size && !memcmp(text.data, expected_text.data, text.size));
  wasm_byte_vec_delete(&text);
  return true;
}

/* A file with native code, made and loaded. Where there is no compiler the image is none, and the
 * module is interpreted. */
static wasm_byte_vec_t image;

static void make_image(const wasm_byte_vec_t *binary) {
  const char *build = getenv("BUILD");
  char compiler[4096];
  wr_compile_options options;
  wasm_module_t *module;
  wr_compile_options_init(&options);
  options.level = '0';
  options.compiler = compiler;
  snprintf(compiler, sizeof compiler, "%s/bin/wasmrun-compile", build ? build : "");
  wasm_engine_t *engine = wasm_engine_new();
  MUST(wr_module_new(engine, binary->data, binary->size, &module, NULL) == WR_OK);
  if (wr_module_compile_image(module, &options, &image, NULL) != WR_OK)
    wasm_byte_vec_new(&image, 4, "none");
  wasm_module_delete(module);
  wasm_engine_delete(engine);
}

static bool reload(wasm_engine_t *engine, const wasm_byte_vec_t *binary,
                   const wr_signing_key *key) {
  wasm_module_t *plain, *loaded;
  wasm_byte_vec_t file;
  wr_native_info info;
  if (wr_module_new(engine, binary->data, binary->size, &plain, NULL) != WR_OK) return false;
  wr_status status = wr_native_pack(plain, &image, 1, key, &file, NULL);
  wasm_module_delete(plain);
  MUST(status == WR_OK || status == WR_OUT_OF_MEMORY);
  if (status != WR_OK) return false;
  MUST(wr_native_inspect(file.data, file.size, &info, NULL) == WR_OK && !info.images[0].fault);
  status = wr_module_new(engine, file.data, file.size, &loaded, NULL);
  wasm_byte_vec_delete(&file);
  MUST(status == WR_OK || status == WR_OUT_OF_MEMORY);
  if (status != WR_OK) return false;
  bool whole = wr_module_is_native(loaded) || wr_module_native_refusal(loaded);
  wasm_module_delete(loaded);
  return whole;
}

static bool load_native(const wasm_byte_vec_t *binary) {
  wr_signing_key *key;
  if (wr_signing_key_new(NULL, &key, NULL) != WR_OK) return false;
  wr_public_key public = wr_signing_key_public(key);
  wasm_config_t *config = wasm_config_new();
  wasm_engine_t *engine = NULL;
  if (config && wr_config_trust_keys(config, &public, 1, NULL) == WR_OK)
    engine = wasm_engine_new_with_config(config);
  else if (config)
    wasm_config_delete(config);
  bool done = engine && reload(engine, binary, key);
  if (engine) wasm_engine_delete(engine);
  wr_signing_key_delete(key);
  return done;
}

/* A reservation that a memory failed to become is clean when the next one gets it: beyond the page
 * of this module nothing is accessible. */
static wasm_byte_vec_t probe;

static void check_next_memory(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wr_linker_t *linker = wr_linker_new(store);
  wasm_module_t *module;
  wasm_instance_t *instance;
  wasm_trap_t *trap = NULL;
  MUST(wr_module_new(engine, probe.data, probe.size, &module, NULL) == WR_OK);
  MUST(wr_linker_instantiate(linker, module, &instance, NULL, NULL) == WR_OK);
  wasm_extern_t *func = wr_instance_export(instance, "probe", 5);
  MUST(wr_func_call(wasm_extern_as_func(func), NULL, 0, NULL, 0, &trap) == WR_TRAPPED);
  MUST(wr_trap_get_kind(trap) == WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  wasm_trap_delete(trap);
  wasm_extern_delete(func);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wr_linker_delete(linker);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static bool make_shared_memory(const wasm_byte_vec_t *binary) {
  (void)binary;
  wr_limits limits = {.min = 8, .max = 8, .has_max = true, .shared = true};
  wasm_engine_t *engine = wasm_engine_new();
  wr_shared_memory_t *shared = engine ? wr_shared_memory_new(engine, &limits, NULL) : NULL;
  bool done = shared != NULL;
  if (shared) wr_shared_memory_delete(shared);
  if (engine) wasm_engine_delete(engine);
  long failing = fail_at;
  fail_at = 0;
  check_next_memory();
  fail_at = failing;
  return done;
}

static long sweep(bool (*program)(const wasm_byte_vec_t *), const wasm_byte_vec_t *binary) {
  for (fail_at = 1;; fail_at++) {
    allocations = 0;
    bool done = program(binary);
    if (allocations < fail_at) {
      MUST(done);
      return fail_at - 1;
    }
  }
}

int main(void) {
  wasm_byte_vec_t binary;
  wr_error error;
  if (wr_text_to_binary(module_text, sizeof module_text - 1, &binary, &error) != WR_OK) {
    fprintf(stderr, "%u:%u: %s\n", error.line, error.column, error.message);
    return 1;
  }
  static const char probe_text[] =
      "(module (memory 1) (func (export \"probe\") (drop (i32.load (i32.const 200000)))))";
  MUST(wr_text_to_binary(probe_text, sizeof probe_text - 1, &probe, NULL) == WR_OK);
  MUST(translate(&binary));
  make_image(&binary);
  MUST(load_native(&binary));
  MUST(run(&binary)); /* what is made once for the process is made now */
  for (int onwards = 0; onwards < 2; onwards++) {
    fail_onwards = onwards;
    long runs = sweep(run, &binary), translations = sweep(translate, &binary);
    long loads = sweep(load_native, &binary);
    (void)sweep(make_shared_memory, &binary);
    printf("%s: %ld allocations of a run, %ld of a translation and %ld of a load failed\n",
           onwards ? "from there on" : "one at a time", runs, translations, loads);
  }
  fail_at = 0;
  wasm_byte_vec_delete(&image);
  wasm_byte_vec_delete(&probe);
  wasm_byte_vec_delete(&expected_text);
  wasm_byte_vec_delete(&binary);
  return 0;
}
