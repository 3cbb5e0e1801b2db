/* Modules and instances through wasmrun.h: where errors are, what a module says of itself, linking
 * by name, and what guest and host do to each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "wasm.h"
#include "wasmrun.h"

typedef struct fixture {
  wasm_engine_t *engine;
  wasm_store_t *store;
  wr_linker_t *linker;
} fixture;

static fixture *make_fixture(wasm_config_t *config) {
  fixture *f = calloc(1, sizeof *f);
  f->engine = config ? wasm_engine_new_with_config(config) : wasm_engine_new();
  f->store = wasm_store_new(f->engine);
  f->linker = wr_linker_new(f->store);
  return f;
}

static void drop_fixture(fixture *f) {
  wr_linker_delete(f->linker);
  wasm_store_delete(f->store);
  wasm_engine_delete(f->engine);
  free(f);
}

static int setup(void **state) {
  *state = make_fixture(NULL);
  return 0;
}

static int teardown(void **state) {
  drop_fixture(*state);
  return 0;
}

static wasm_module_t *load(fixture *f, const char *text) {
  wasm_byte_vec_t binary;
  wr_error error;
  if (wr_text_to_binary(text, strlen(text), &binary, &error) != WR_OK)
    fail_msg("%s", error.message);
  wasm_module_t *module = NULL;
  wr_status status = wr_module_new(f->engine, binary.data, binary.size, &module, &error);
  wasm_byte_vec_delete(&binary);
  if (status != WR_OK) fail_msg("%s", error.message);
  return module;
}

static wasm_instance_t *instantiate(fixture *f, const char *text) {
  wasm_module_t *module = load(f, text);
  wasm_instance_t *instance = NULL;
  wr_error error;
  wr_status status = wr_linker_instantiate(f->linker, module, &instance, NULL, &error);
  wasm_module_delete(module);
  if (status != WR_OK) fail_msg("%s", error.message);
  return instance;
}

static wr_status call(const wasm_instance_t *instance, const char *name, const wr_val *args,
                      size_t arg_count, wr_val *result, wasm_trap_t **trap) {
  wasm_extern_t *external = wr_instance_export(instance, name, strlen(name));
  assert_non_null(external);
  wr_status status =
      wr_func_call(wasm_extern_as_func(external), args, arg_count, result, result ? 1 : 0, trap);
  wasm_extern_delete(external);
  return status;
}

static void define_func(fixture *f, const char *name, const wasm_functype_t *type,
                        wr_raw_callback callback, void *env) {
  wasm_func_t *func = wr_func_new_raw(f->store, type, callback, env, NULL);
  assert_int_equal(
      wr_linker_define(f->linker, "env", 3, name, strlen(name), wasm_func_as_extern(func)), WR_OK);
  wasm_func_delete(func);
}

/* ---- Errors and their place */

static void test_module_errors(void **state) {
  fixture *f = *state;
  static const uint8_t header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  static const uint8_t bad_body[] = {0, 'a', 's', 'm',  1, 0, 0,    0, /* (func (result i32)) */
                                     1, 5,   1,   0x60, 0, 1, 0x7f, 3,   2,
                                     1, 0,   10,  4,    1, 2, 0,    0x0b};
  wasm_module_t *module = NULL;
  wr_error error;
  assert_int_equal(wr_module_new(f->engine, header, 8, &module, &error), WR_OK);
  wasm_module_delete(module);
  module = NULL;
  for (size_t size = 0; size < 8; size++) {
    assert_int_equal(wr_module_new(f->engine, header, size, &module, &error), WR_MALFORMED);
    assert_null(module);
    assert_int_equal(error.status, WR_MALFORMED);
  }
  assert_int_equal(wr_module_new(f->engine, bad_body, sizeof bad_body, &module, &error),
                   WR_INVALID);
  assert_int_equal(error.offset, 24); /* of the `end` */
  assert_int_equal(error.func_index, 0);
  assert_true(strlen(error.message) > 0);
  assert_int_equal(wr_module_validate(f->engine, bad_body, sizeof bad_body, NULL), WR_INVALID);
  assert_int_equal(wr_module_validate(f->engine, header, 8, NULL), WR_OK);
  assert_int_equal(wr_module_new(f->engine, NULL, 8, &module, &error), WR_BAD_ARGUMENT);
  assert_int_equal(wr_module_open(f->engine, "/nonexistent/x.wasm", &module, &error), WR_IO);
  assert_non_null(strstr(error.message, "No such file"));
}

static wr_status open_file(fixture *f, const char *contents, size_t size, wr_error *error) {
  char path[] = "/tmp/test_api_XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0 && write(fd, contents, size) == (ssize_t)size);
  close(fd);
  wasm_module_t *module = NULL;
  wr_status status = wr_module_open(f->engine, path, &module, error);
  unlink(path);
  if (status == WR_OK) assert_non_null(module);
  wasm_module_delete(module);
  return status;
}

static void test_open(void **state) {
  fixture *f = *state;
  wr_error error;
  assert_int_equal(open_file(f, "\0asm\1\0\0\0", 8, &error), WR_OK);
  static const char text[] = "\n ;; a comment\n(module (func))";
  assert_int_equal(open_file(f, text, sizeof text - 1, &error), WR_OK);
  static const char bad_text[] = "(module\n  (fumc))";
  assert_int_equal(open_file(f, bad_text, sizeof bad_text - 1, &error), WR_MALFORMED);
  assert_int_equal(error.line, 2);
  assert_true(error.column >= 3);
  static const char invalid_text[] = "(module (func (result i32)))";
  assert_int_equal(open_file(f, invalid_text, sizeof invalid_text - 1, &error), WR_INVALID);
  assert_int_equal(open_file(f, "", 0, &error), WR_MALFORMED);
  assert_int_equal(open_file(f, "hello", 5, &error), WR_MALFORMED);
}

static void test_features(void **state) {
  (void)state;
  wasm_config_t *config = wasm_config_new();
  wr_config_set_feature(config, WR_FEATURE_SIMD, false);
  fixture *f = make_fixture(config);
  static const char text[] = "(module (func (drop (v128.const i64x2 0 0))))";
  wasm_byte_vec_t binary;
  assert_int_equal(wr_text_to_binary(text, sizeof text - 1, &binary, NULL), WR_OK);
  assert_int_not_equal(wr_module_validate(f->engine, binary.data, binary.size, NULL), WR_OK);
  wasm_byte_vec_delete(&binary);
  drop_fixture(f);
}

/* ---- What a module says of itself */

static const char self_text[] =
    "(module $self (import \"m\" \"i\" (func $imported (param i32 v128)))"
    "  (import \"m\" \"mem\" (memory i64 1 5))"
    "  (tag (export \"tag\") (param f32))"
    "  (table (export \"t\") 3 (ref null i31))"
    "  (global (export \"g\") (mut i64) (i64.const 1))"
    "  (func $named (export \"e1\") (export \"e2\") (local i32 i32 f64)"
    "    (if (i32.const -5) (then (call $imported (local.get 0) (v128.const i64x2 1 2))) (else "
    "(nop)))"
    "    (br_table 0 0 (i32.const 1)))"
    "  (func (export \"unnamed\")))";

static void check_externs(const wasm_module_t *module) {
  assert_int_equal(wr_module_import_count(module), 2);
  wr_import import = wr_module_import(module, 0);
  assert_int_equal(import.module_size, 1);
  assert_memory_equal(import.name, "i", 1);
  assert_int_equal(import.type.kind, WR_EXTERN_FUNC);
  assert_int_equal(import.type.params[1], WR_V128);
  import = wr_module_import(module, 1);
  assert_true(import.type.limits.is64 && import.type.limits.has_max);
  assert_int_equal(import.type.limits.max, 5);
  assert_null(wr_module_import(module, 2).module);
  assert_int_equal(wr_module_export_count(module), 6);
  wr_export tag = wr_module_export(module, 0), table = wr_module_export(module, 1),
            global = wr_module_export(module, 2);
  assert_int_equal(tag.type.kind, WR_EXTERN_TAG);
  assert_int_equal(tag.type.params[0], WR_F32);
  assert_int_equal(table.type.valtype, WR_REF_NULL_TYPE(WR_HEAP_I31));
  assert_int_equal(table.type.limits.min, 3);
  assert_true(global.type.is_mutable);
  assert_int_equal(global.type.valtype, WR_I64);
}

static void test_inspection(void **state) {
  wasm_module_t *module = load(*state, self_text);
  check_externs(module);
  assert_int_equal(wr_module_func_count(module), 3);
  wr_func_info func = wr_module_func(module, 0);
  assert_true(func.imported);
  assert_int_equal(func.name_size, 8);
  func = wr_module_func(module, 1);
  assert_false(func.imported);
  assert_memory_equal(func.name, "named", 5);
  assert_true(func.code_offset > 0 && func.code_size_bytes > 10);
  func = wr_module_func(module, 2);
  assert_int_equal(func.name_size, 7);
  assert_memory_equal(func.name, "unnamed", 7);
  assert_null(wr_module_func(module, 3).name);
  size_t size, sections = wr_module_section_count(module);
  const uint8_t *bytes = wr_module_bytes(module, &size);
  assert_memory_equal(bytes, "\0asm", 4);
  uint64_t last = 8;
  for (size_t i = 0; i < sections; i++) {
    wr_section section = wr_module_section(module, i);
    assert_true(section.offset > last && section.offset + section.size_bytes <= size);
    last = section.offset + section.size_bytes;
    if (section.id == 3) assert_int_equal(section.count, 2);
    if (section.id == 0) assert_memory_equal(section.name, "name", 4);
  }
  assert_int_equal(last, size);
  wasm_module_delete(module);
}

typedef struct text {
  char data[4096];
  size_t size;
} text;

static void append(void *context, const char *data, size_t size_bytes) {
  text *t = context;
  assert_true(size_bytes > 0 && t->size + size_bytes < sizeof t->data);
  assert_int_equal(data[size_bytes - 1], '\n'); /* whole lines */
  memcpy(t->data + t->size, data, size_bytes);
  t->size += size_bytes;
}

/* The lines without their offsets, which are checked to rise. */
static void strip_offsets(text *t) {
  char *to = t->data;
  unsigned long last = 0;
  for (char *line = t->data; line < t->data + t->size;) {
    char *end = memchr(line, '\n', (size_t)(t->data + t->size - line));
    char *rest;
    unsigned long offset = strtoul(line, &rest, 16);
    assert_true(offset > last && rest[0] == ':' && rest[1] == ' ');
    last = offset;
    size_t size = (size_t)(end + 1 - (rest + 2));
    memmove(to, rest + 2, size);
    to += size;
    line = end + 1;
  }
  *to = '\0';
}

static void test_disassembly(void **state) {
  wasm_module_t *module = load(*state, self_text);
  text t = {.size = 0};
  assert_int_equal(wr_module_disassemble(module, 1, append, &t), WR_OK);
  strip_offsets(&t);
  assert_string_equal(t.data,
                      "(local 2 of i32)\n"
                      "(local 1 of f64)\n"
                      "i32.const -5\n"
                      "if\n"
                      "  local.get 0\n"
                      "  v128.const i8x16 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n"
                      "  call 0 <imported>\n"
                      "else\n"
                      "  nop\n"
                      "end\n"
                      "i32.const 1\n"
                      "br_table 0 0\n"
                      "end\n");
  assert_int_equal(wr_module_disassemble(module, 0, append, &t), WR_NOT_FOUND);
  assert_int_equal(wr_module_disassemble(module, 3, append, &t), WR_NOT_FOUND);
  wasm_module_delete(module);
}

/* One instruction for each form of immediates. */
static void test_disassembly_forms(void **state) {
  wasm_module_t *module = load(
      *state,
      "(module (type $s (struct (field (mut i32)))) (type $a (array (mut i8))) (memory 1) (memory "
      "1)"
      "  (table 1 funcref) (table 1 externref) (tag $e (param i32)) (data \"x\") (global (mut i32) "
      "(i32.const 0))"
      "  (type $ft (func (param i32) (result i32)))"
      "  (func (param i32) (result i32)"
      "    (block (result i32) (try_table (result i32) (catch $e 0)"
      "      (i32.load offset=4 align=1 (local.get 0))))"
      "    (drop) (i32.store8 1 (i32.const 0) (i32.const 1))"
      "    (memory.copy 1 0 (i32.const 0) (i32.const 0) (i32.const 0))"
      "    (drop (select (result i64) (i64.const -1) (i64.const 2) (i32.const 0)))"
      "    (drop (ref.null $s)) (drop (ref.test (ref null i31) (ref.null any)))"
      "    (drop (array.new_data $a 0 (i32.const 0) (i32.const 1)))"
      "    (drop (struct.get $s 0 (struct.new $s (i32.const 1))))"
      "    (block $l (result anyref) (br_on_cast $l anyref (ref i31) (ref.null any))) (drop)"
      "    (drop (f32.const 1.5)) (drop (f64.const -0.25))"
      "    (drop (i8x16.extract_lane_s 3 (v128.load8_lane 5 (i32.const 0) (v128.const i64x2 0 0))))"
      "    (atomic.fence)"
      "    (return_call_indirect (type $ft) (i32.const 1) (i32.const 0))))");
  text t = {.size = 0};
  assert_int_equal(wr_module_disassemble(module, 0, append, &t), WR_OK);
  strip_offsets(&t);
  static const char *const lines[] = {"block (result i32)\n",
                                      "  try_table (result i32) (catch 0 0)\n",
                                      "i32.load offset=4 align=1\n",
                                      "i32.store8 1 align=1\n",
                                      "memory.copy 1 0\n",
                                      "select (result i64)\n",
                                      "i64.const -1\n",
                                      "ref.null 0\n",
                                      "array.new_data 1 0\n",
                                      "struct.get 0 0\n",
                                      "struct.new 0\n",
                                      "br_on_cast 0 (ref null any) (ref i31)\n",
                                      "f32.const 1.5 (0x3fc00000)\n",
                                      "f64.const -0.25 (0xbfd0000000000000)\n",
                                      "i8x16.extract_lane_s 3\n",
                                      "v128.load8_lane align=1 5\n",
                                      "atomic.fence\n",
                                      "return_call_indirect 2 0\n"};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    if (!strstr(t.data, lines[i])) fail_msg("%s is missing in\n%s", lines[i], t.data);
  wasm_module_delete(module);
}

/* ---- Linking */

static void test_linking(void **state) {
  fixture *f = *state;
  wasm_module_t *module = load(f, "(module (import \"a\" \"f\" (func (param i32) (result i64))))");
  wasm_instance_t *instance = NULL;
  wr_error error;
  assert_int_equal(wr_linker_instantiate(f->linker, module, &instance, NULL, &error),
                   WR_UNLINKABLE);
  assert_non_null(strstr(error.message, "\"a\" \"f\", func [i32] -> [i64]"));
  wasm_instance_t *wrong = instantiate(f, "(module (func (export \"f\")))");
  assert_int_equal(wr_linker_define_instance(f->linker, "a", 1, wrong), WR_OK);
  assert_int_equal(wr_linker_instantiate(f->linker, module, &instance, NULL, &error),
                   WR_UNLINKABLE);
  wasm_instance_t *right = instantiate(
      f,
      "(module (func (export \"f\") (param i32) (result i64) (i64.extend_i32_s (local.get 0))))");
  assert_int_equal(wr_linker_define_instance(f->linker, "a", 1, right), WR_OK);
  assert_int_equal(wr_linker_instantiate(f->linker, module, &instance, NULL, &error), WR_OK);
  assert_int_equal(wr_instance_new(f->store, module, NULL, 0, &wrong, NULL, &error), WR_UNLINKABLE);

  fixture *other = make_fixture(NULL);
  wasm_instance_t *none = NULL;
  assert_int_equal(wr_linker_instantiate(other->linker, module, &none, NULL, &error),
                   WR_UNLINKABLE);
  wasm_extern_t *external = wr_instance_export(right, "f", 1);
  assert_int_equal(wr_linker_define(other->linker, "a", 1, "f", 1, external), WR_BAD_ARGUMENT);
  wasm_module_t *empty = load(f, "(module)");
  assert_int_equal(wr_instance_new(other->store, empty, NULL, 0, &none, NULL, &error),
                   WR_BAD_ARGUMENT); /* of another engine */
  assert_null(none);
  wasm_extern_delete(external);
  drop_fixture(other);
  wasm_module_delete(empty);
  wasm_module_delete(module);
  wasm_instance_delete(wrong);
  wasm_instance_delete(right);
  wasm_instance_delete(instance);
}

static void test_start_trap(void **state) {
  fixture *f = *state;
  wasm_module_t *module = load(f, "(module (func $s (unreachable)) (start $s))");
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  wr_error error;
  assert_int_equal(wr_linker_instantiate(f->linker, module, &instance, &trap, &error), WR_TRAPPED);
  assert_string_equal(error.message, "unreachable");
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_UNREACHABLE);
  assert_null(instance);
  wasm_trap_delete(trap);
  wasm_module_delete(module);
}

/* ---- Host and guest */

static wr_status read_caller(void *env, wr_caller *caller, uint64_t *slots) {
  uint64_t size_bytes = 0;
  uint8_t *memory = wr_caller_memory(caller, &size_bytes);
  assert_non_null(memory);
  assert_int_equal(size_bytes, 65536);
  wasm_extern_t *global = wr_caller_export(caller, "g", 1);
  assert_non_null(global);
  wr_val val;
  wr_global_get(wasm_extern_as_global(global), &val);
  wasm_extern_delete(global);
  assert_null(wr_caller_export(caller, "h", 1));
  *(int *)env += 1;
  slots[0] = (uint32_t)(memory[slots[0]] + val.of.i32);
  return WR_OK;
}

static void test_caller(void **state) {
  fixture *f = *state;
  int calls = 0;
  wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  define_func(f, "read", type, read_caller, &calls);
  wasm_functype_delete(type);
  wasm_instance_t *instance =
      instantiate(f,
                  "(module (import \"env\" \"read\" (func $read (param i32) (result i32)))"
                  "  (memory (export \"memory\") 1) (data (i32.const 7) \"\\2a\")"
                  "  (global (export \"g\") i32 (i32.const 100))"
                  "  (func (export \"run\") (param i32) (result i32) (call $read (local.get 0))))");
  wr_val arg = {.type = WR_I32, .of.i32 = 7}, result;
  assert_int_equal(call(instance, "run", &arg, 1, &result, NULL), WR_OK);
  assert_int_equal(result.of.i32, 142);
  assert_int_equal(calls, 1);
  wasm_instance_delete(instance);
}

static wr_status throw_number(void *env, wr_caller *caller, uint64_t *slots) {
  fixture *f = env;
  wasm_extern_t *tag = wr_linker_get(f->linker, "env", 3, "tag", 3);
  wr_val arg = {.type = WR_I32, .of.i32 = (int32_t)slots[0] + 1};
  wr_status status = wr_caller_throw(caller, wr_extern_as_tag(tag), &arg, 1);
  wasm_extern_delete(tag);
  return status;
}

static void test_exceptions(void **state) {
  fixture *f = *state;
  wasm_functype_t *type = wasm_functype_new_1_0(wasm_valtype_new_i32());
  wr_tag_t *tag = wr_tag_new(f->store, type);
  assert_int_equal(wr_linker_define(f->linker, "env", 3, "tag", 3, wr_tag_as_extern(tag)), WR_OK);
  define_func(f, "throw", type, throw_number, f);
  wasm_functype_delete(type);
  wasm_instance_t *instance = instantiate(
      f,
      "(module (import \"env\" \"throw\" (func $throw (param i32)))"
      "  (import \"env\" \"tag\" (tag $tag (param i32)))"
      "  (func (export \"catch\") (param i32) (result i32)"
      "    (block $h (result i32) (try_table (catch $tag $h) (call $throw (local.get 0)))"
      "      (i32.const -1)))"
      "  (func (export \"pass\") (param i32) (call $throw (local.get 0)))"
      "  (func (export \"throw\") (throw $tag (i32.const 77))))");
  wr_val arg = {.type = WR_I32, .of.i32 = 41}, result, thrown;
  assert_int_equal(call(instance, "catch", &arg, 1, &result, NULL), WR_OK);
  assert_int_equal(result.of.i32, 42);
  wasm_trap_t *trap = NULL;
  assert_int_equal(call(instance, "pass", &arg, 1, NULL, &trap), WR_EXCEPTION);
  assert_int_equal(wr_trap_exception_args(trap, &thrown, 1), 1);
  assert_int_equal(thrown.of.i32, 42);
  wasm_trap_delete(trap);
  assert_int_equal(call(instance, "throw", NULL, 0, NULL, &trap), WR_EXCEPTION);
  wr_tag_t *of = wr_trap_exception_tag(trap);
  assert_true(wasm_extern_same(wr_tag_as_extern(of), wr_tag_as_extern(tag)));
  assert_int_equal(wr_trap_exception_args(trap, &thrown, 1), 1);
  assert_int_equal(thrown.of.i32, 77);
  wr_tag_delete(of);
  wr_tag_delete(tag);
  wasm_trap_delete(trap);
  wasm_instance_delete(instance);
}

static wr_status exit_guest(void *env, wr_caller *caller, uint64_t *slots) {
  (void)env;
  return wr_caller_exit(caller, (int32_t)slots[0]);
}

static void test_exit(void **state) {
  fixture *f = *state;
  wasm_functype_t *type = wasm_functype_new_1_0(wasm_valtype_new_i32());
  define_func(f, "exit", type, exit_guest, NULL);
  wasm_functype_delete(type);
  wasm_instance_t *instance =
      instantiate(f,
                  "(module (import \"env\" \"exit\" (func $exit (param i32)))"
                  "  (func (export \"run\") (call $exit (i32.const 9)) (unreachable)))");
  wasm_trap_t *trap = NULL;
  int32_t status = 0;
  assert_int_equal(call(instance, "run", NULL, 0, NULL, &trap), WR_EXITED);
  assert_true(wr_trap_exit_status(trap, &status));
  assert_int_equal(status, 9);
  wasm_trap_delete(trap);
  wasm_instance_delete(instance);
}

static void test_stopping(void **state) {
  fixture *f = *state;
  wasm_instance_t *instance = instantiate(
      f,
      "(module (func (export \"loop\") (loop (br 0)))"
      "  (func $deep (export \"deep\") (result i32) (i32.add (i32.const 1) (call $deep))))");
  wasm_trap_t *trap = NULL;
  assert_int_equal(wr_store_set_deadline(f->store, 20 * 1000000), WR_OK);
  assert_int_equal(call(instance, "loop", NULL, 0, NULL, &trap), WR_INTERRUPTED);
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_INTERRUPTED);
  wasm_trap_delete(trap);
  assert_false(wr_store_interrupted(f->store)); /* the trap spent it */
  wr_store_interrupt(f->store);
  assert_int_equal(call(instance, "loop", NULL, 0, NULL, NULL), WR_INTERRUPTED);
  wr_val result;
  assert_int_equal(call(instance, "deep", NULL, 0, &result, &trap), WR_TRAPPED);
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_CALL_STACK_EXHAUSTED);
  wasm_frame_vec_t trace;
  wasm_trap_trace(trap, &trace);
  assert_true(trace.size > 0 && trace.size <= 1000);
  const char *name;
  size_t size;
  wr_frame_func_name(trace.data[0], &name, &size);
  assert_int_equal(size, 4);
  assert_memory_equal(name, "deep", 4);
  wasm_frame_vec_delete(&trace);
  wasm_trap_delete(trap);
  wasm_instance_delete(instance);
}

/* Values of the guest's heap live as long as the embedder holds them. */
static void test_heap_values(void **state) {
  fixture *f = *state;
  wasm_instance_t *instance =
      instantiate(f,
                  "(module (type $p (struct (field i32) (field v128)))"
                  "  (func (export \"make\") (param i32) (result (ref $p))"
                  "    (struct.new $p (local.get 0) (v128.const i64x2 1 2)))"
                  "  (func (export \"get\") (param (ref null $p)) (result i32)"
                  "    (struct.get $p 0 (local.get 0)))"
                  "  (func (export \"vector\") (param v128) (result v128)"
                  "    (i64x2.add (local.get 0) (v128.const i64x2 1 1)))"
                  "  (func (export \"array\") (result arrayref)"
                  "    (array.new_fixed $bytes 1 (i32.const 1)))"
                  "  (type $bytes (array i8)))");
  wr_val held[3], arg = {.type = WR_I32}, result;
  for (int i = 0; i < 3; i++) {
    arg.of.i32 = 10 * i;
    assert_int_equal(call(instance, "make", &arg, 1, &held[i], NULL), WR_OK);
    assert_int_equal(wr_ref_kind(held[i].of.ref), WR_REFKIND_STRUCT);
    wr_store_gc(f->store);
  }
  for (int i = 0; i < 3; i++) {
    assert_int_equal(call(instance, "get", &held[i], 1, &result, NULL), WR_OK);
    assert_int_equal(result.of.i32, 10 * i);
  }
  assert_false(wasm_ref_same(held[0].of.ref, held[1].of.ref));
  wr_val array;
  assert_int_equal(call(instance, "array", NULL, 0, &array, NULL), WR_OK);
  assert_int_equal(wr_ref_kind(array.of.ref), WR_REFKIND_ARRAY);
  assert_int_equal(call(instance, "get", &array, 1, &result, NULL), WR_BAD_ARGUMENT);
  wr_val_delete(&array);
  wr_val null = {.type = WR_REF_NULL_TYPE(WR_HEAP_NONE)};
  wasm_trap_t *trap = NULL;
  assert_int_equal(call(instance, "get", &null, 1, &result, &trap), WR_TRAPPED);
  assert_int_equal(wr_trap_get_kind(trap), WR_TRAP_NULL_STRUCT_REFERENCE);
  wasm_trap_delete(trap);
  for (int i = 0; i < 3; i++) wr_val_delete(&held[i]);
  wr_gc_stats before, after;
  wr_store_gc_stats(f->store, &before);
  wr_store_gc(f->store);
  wr_store_gc_stats(f->store, &after);
  assert_true(after.heap_bytes < before.heap_bytes);
  assert_int_equal(after.collections, before.collections + 1);
  wr_val vector = {.type = WR_V128};
  vector.of.v128[8] = 9;
  assert_int_equal(call(instance, "vector", &vector, 1, &result, NULL), WR_OK);
  assert_int_equal(result.of.v128[0], 1);
  assert_int_equal(result.of.v128[8], 10);
  wasm_instance_delete(instance);
}

/* Functions of a recursion group have a type that their structure alone does not tell. */
static void test_grouped_types(void **state) {
  fixture *f = *state;
  static const char importer[] =
      "(module (rec (type $f (func)) (type (struct))) (import \"env\" \"f\" (func (type $f))))";
  wasm_module_t *module = load(f, importer);
  wasm_functype_t *plain = wasm_functype_new_0_0();
  define_func(f, "f", plain, exit_guest, NULL);
  wasm_functype_delete(plain);
  wasm_instance_t *instance = NULL;
  assert_int_equal(wr_linker_instantiate(f->linker, module, &instance, NULL, NULL), WR_UNLINKABLE);
  wasm_importtype_vec_t imports;
  wasm_module_imports(module, &imports);
  const wasm_externtype_t *type = wasm_importtype_type(imports.data[0]);
  define_func(f, "f", wasm_externtype_as_functype_const(type), exit_guest, NULL);
  wasm_importtype_vec_delete(&imports);
  assert_int_equal(wr_linker_instantiate(f->linker, module, &instance, NULL, NULL), WR_OK);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_module_errors), TEST(test_open),          cmocka_unit_test(test_features),
      TEST(test_inspection),    TEST(test_disassembly),   TEST(test_disassembly_forms),
      TEST(test_linking),       TEST(test_start_trap),    TEST(test_caller),
      TEST(test_exceptions),    TEST(test_exit),          TEST(test_stopping),
      TEST(test_heap_values),   TEST(test_grouped_types),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
