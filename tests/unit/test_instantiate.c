/* Unit tests of linking and instantiation: matching of imports, the order of effects, constant
 * expressions, what stays after a trap, calls through host functions. No wasm code runs here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/engines.h"
#include "engine/make.h"
#include "gc/object.h"
#include "platform/process.h"

static wr__engine *engine;
static wr__store *store;

static int make_store(void **state) {
  (void)state;
  wr__config config;
  wr__config_init(&config);
  config.gc_stress = true;
  config.engines = wr__engines;
  engine = wr__engine_new(&config);
  store = wr__store_new(engine);
  return store ? 0 : -1;
}

static int delete_store(void **state) {
  (void)state;
  wr__store_delete(store);
  wr__engine_release(engine);
  return 0;
}

static wr__module *module_of(const char *text) {
  wasm_byte_vec_t binary;
  wr_error error;
  if (wr_text_to_binary(text, strlen(text), &binary, &error) != WR_OK)
    fail_msg("%s", error.message);
  uint8_t *bytes = malloc(binary.size);
  size_t size = binary.size;
  memcpy(bytes, binary.data, size);
  wasm_byte_vec_delete(&binary);
  wr__module *module = NULL;
  if (wr__module_decode(engine, bytes, size, WR__BYTES_MALLOC, &module, &error) != WR_OK)
    fail_msg("%s", error.message);
  return module;
}

static wr_error last_error;

static wr_status instantiate(const char *text, const wr__extern *imports, size_t count,
                             wr__instance **out) {
  wr__module *module = module_of(text);
  wr_status status = wr__instantiate(store, module, imports, count, out, &last_error);
  wr__module_release(module);
  return status;
}

static wr__instance *instance_of(const char *text, const wr__extern *imports, size_t count) {
  wr__instance *instance = NULL;
  if (instantiate(text, imports, count, &instance) != WR_OK) fail_msg("%s", last_error.message);
  return instance;
}

static wr__extern export_of(wr__instance *instance, const char *name) {
  const wr__export *export = wr__module_find_export(instance->module, name, strlen(name));
  assert_non_null(export);
  return wr__instance_extern(instance, (wr_externkind) export->kind, export->index);
}

static uint64_t global_value(wr__instance *instance, const char *name) {
  return export_of(instance, name).of.global->value.slot;
}

/* ---- Imports */

/* Does the export "x" of one module fit the only import of the other? */
static bool links(const char *exporter, const char *importer) {
  wr__extern external = export_of(instance_of(exporter, NULL, 0), "x");
  wr__instance *instance;
  wr_status status = instantiate(importer, &external, 1, &instance);
  if (status == WR_UNLINKABLE)
    assert_memory_equal(last_error.message, "incompatible import type", 24);
  return status == WR_OK;
}

static void imports_must_match(void **state) {
  (void)state;
  static const struct {
    const char *exporter, *importer;
    bool links;
  } cases[] = {
      {"(func (export \"x\"))", "(import \"\" \"x\" (func))", true},
      {"(func (export \"x\") (param i32))", "(import \"\" \"x\" (func))", false},
      {"(func (export \"x\"))", "(import \"\" \"x\" (memory 0))", false},
      {"(memory (export \"x\") 2 3)", "(import \"\" \"x\" (memory 1))", true},
      {"(memory (export \"x\") 2 3)", "(import \"\" \"x\" (memory 2 3))", true},
      {"(memory (export \"x\") 2 3)", "(import \"\" \"x\" (memory 1 4))", true},
      {"(memory (export \"x\") 2 3)", "(import \"\" \"x\" (memory 1 2))", false},
      {"(memory (export \"x\") 2 3)", "(import \"\" \"x\" (memory 3))", false},
      {"(memory (export \"x\") 2)", "(import \"\" \"x\" (memory 2 100))", false},
      {"(memory (export \"x\") i64 2)", "(import \"\" \"x\" (memory 2))", false},
      {"(memory (export \"x\") 2 3 shared)", "(import \"\" \"x\" (memory 2 3))", false},
      {"(memory (export \"x\") 2 3 shared)", "(import \"\" \"x\" (memory 2 3 shared))", true},
      {"(memory (export \"x\") 1 (pagesize 1))", "(import \"\" \"x\" (memory 1))", false},
      {"(table (export \"x\") 1 funcref)", "(import \"\" \"x\" (table 1 funcref))", true},
      {"(table (export \"x\") 1 funcref)", "(import \"\" \"x\" (table 1 externref))", false},
      {"(type $f (func)) (table (export \"x\") 1 (ref null $f))",
       "(import \"\" \"x\" (table 1 funcref))", false},
      {"(global (export \"x\") i32 (i32.const 0))", "(import \"\" \"x\" (global i32))", true},
      {"(global (export \"x\") i32 (i32.const 0))", "(import \"\" \"x\" (global i64))", false},
      {"(global (export \"x\") i32 (i32.const 0))", "(import \"\" \"x\" (global (mut i32)))",
       false},
      {"(global (export \"x\") nullfuncref (ref.null nofunc))",
       "(import \"\" \"x\" (global funcref))", true},
      {"(global (export \"x\") (mut nullfuncref) (ref.null nofunc))",
       "(import \"\" \"x\" (global (mut funcref)))", false},
      {"(tag (export \"x\") (param i32))", "(import \"\" \"x\" (tag (param i32)))", true},
      {"(tag (export \"x\") (param i32))", "(import \"\" \"x\" (tag (param i64)))", false},
      {"(type $a (sub (func))) (type $b (sub $a (func))) (func (export \"x\") (type $b))",
       "(type $a (sub (func))) (import \"\" \"x\" (func (type $a)))", true},
      {"(type $a (sub (func))) (func (export \"x\") (type $a))",
       "(type $a (sub (func))) (type $b (sub $a (func))) (import \"\" \"x\" (func (type $b)))",
       false},
  };
  for (size_t i = 0; i < WR_ARRAY_COUNT(cases); i++)
    if (links(cases[i].exporter, cases[i].importer) != cases[i].links)
      fail_msg("%s to %s", cases[i].exporter, cases[i].importer);
}

static void present_size_is_what_counts(void **state) {
  (void)state;
  wr__extern memory = export_of(instance_of("(memory (export \"m\") 1 5)", NULL, 0), "m");
  wr__instance *instance;
  assert_int_equal(instantiate("(import \"\" \"\" (memory 3))", &memory, 1, &instance),
                   WR_UNLINKABLE);
  assert_int_equal(wr__memory_grow(memory.of.memory, 2), 1);
  assert_int_equal(instantiate("(import \"\" \"\" (memory 3))", &memory, 1, &instance), WR_OK);
  assert_ptr_equal(instance->memory0, memory.of.memory);
}

static void missing_imports_are_named(void **state) {
  (void)state;
  wr__instance *instance;
  assert_int_equal(instantiate("(import \"env\" \"f\" (func))", NULL, 0, &instance), WR_UNLINKABLE);
  assert_string_equal(last_error.message, "unknown import: \"env\" \"f\" (function)");
  wr__extern none = {.kind = WR_EXTERN_FUNC};
  assert_int_equal(instantiate("(import \"env\" \"f\" (func))", &none, 1, &instance),
                   WR_UNLINKABLE);
}

/* ---- Constant expressions */

static void constants(void **state) {
  (void)state;
  wr__instance *i = instance_of(
      "(global $a (export \"a\") i32 (i32.const -5))"
      "(global (export \"b\") i32 (i32.mul (i32.add (global.get $a) (i32.const 1)) (i32.const "
      "0x7fffffff)))"
      "(global (export \"c\") i64 (i64.sub (i64.const 3) (i64.mul (i64.const -2) (i64.const 5))))"
      "(global (export \"d\") f64 (f64.const -1.5))"
      "(global (export \"e\") f32 (f32.const nan:0x200001))"
      "(global (export \"v\") v128 (v128.const i64x2 1 2))"
      "(global (export \"f\") funcref (ref.func $f)) (func $f)"
      "(global (export \"n\") externref (ref.null extern))"
      "(global (export \"i\") i31ref (ref.i31 (i32.const -1)))",
      NULL, 0);
  assert_int_equal(global_value(i, "a"), (uint32_t)-5);
  assert_int_equal(global_value(i, "b"), (uint32_t)(-4 * INT64_C(0x7fffffff)));
  assert_int_equal(global_value(i, "c"), 13);
  assert_int_equal(global_value(i, "d"), 0xbff8000000000000);
  assert_int_equal(global_value(i, "e"), 0x7fa00001);
  assert_int_equal(export_of(i, "v").of.global->value.slots[0], 1);
  assert_int_equal(export_of(i, "v").of.global->value.slots[1], 2);
  assert_ptr_equal((void *)(uintptr_t)global_value(i, "f"), wr__instance_func(i, 0));
  assert_int_equal(global_value(i, "n"), 0);
  assert_int_equal(global_value(i, "i"), 0xffffffff);
}

/* Under collection at every allocation: what an expression has on its stack must stay. */
static void constant_objects(void **state) {
  (void)state;
  wr__instance *i = instance_of(
      "(type $leaf (struct (field i8) (field v128)))"
      "(type $node (struct (field i32) (field (ref $leaf)) (field anyref)))"
      "(type $list (array anyref))"
      "(type $bytes (array (mut i16)))"
      "(global $g (export \"g\") (ref $node) (struct.new $node (i32.const 7)"
      "  (struct.new $leaf (i32.const 300) (v128.const i64x2 5 6))"
      "  (array.new_fixed $list 3 (struct.new_default $leaf) (ref.i31 (i32.const 9))"
      "    (any.convert_extern (ref.null extern)))))"
      "(global (export \"b\") (ref $bytes) (array.new $bytes (i32.const 0x12345) (i32.const 1000)))"
      "(global (export \"again\") (ref $node) (global.get $g))"
      "(global (export \"e\") externref (extern.convert_any (array.new_default $list (i32.const "
      "2))))",
      NULL, 0);
  const wr__deftype *leaf = i->types[0], *node = i->types[1], *list = i->types[2],
                    *bytes = i->types[3];
  wr__ref g = global_value(i, "g");
  assert_int_equal(global_value(i, "again"), g);
  uint64_t out[2], items;
  wr__struct_get(g, node, 0, false, out);
  assert_int_equal(out[0], 7);
  wr__struct_get(g, node, 2, false, &items);
  wr__struct_get(g, node, 1, false, out);
  wr__ref first = out[0];
  wr__struct_get(first, leaf, 0, false, out);
  assert_int_equal(out[0], 300 & 0xff);
  wr__struct_get(first, leaf, 1, false, out);
  assert_true(out[0] == 5 && out[1] == 6);
  wr__array_get(items, list, 1, false, out);
  assert_int_equal(out[0], wr__ref_from_i31(9));
  wr__array_get(items, list, 2, false, out);
  assert_int_equal(out[0], 0);
  wr__ref b = global_value(i, "b");
  assert_int_equal(wr__ref_array(b)->length, 1000);
  wr__array_get(b, bytes, 999, false, out);
  assert_int_equal(out[0], 0x2345);
  assert_int_equal(wr__ref_array(global_value(i, "e"))->length, 2);
}

/* ---- Segments */

static void segments_fill_tables_and_memories(void **state) {
  (void)state;
  wr__instance *i = instance_of(
      "(table (export \"t\") 10 funcref) (func $a) (func $b)"
      "(elem (i32.const 1) $a $b) (elem (i32.const 2) funcref (ref.func $a) (ref.null func))"
      "(elem $p func $b $a) (elem declare func $a)"
      "(table (export \"u\") 3 (ref i31) (ref.i31 (i32.const 6)))"
      "(memory (export \"memory\") 1) (data (i32.const 65533) \"abc\") (data $q \"passive\")",
      NULL, 0);
  wr__table *t = export_of(i, "t").of.table, *u = export_of(i, "u").of.table;
  wr__ref a = (uintptr_t)wr__instance_func(i, 0), b = (uintptr_t)wr__instance_func(i, 1);
  assert_int_equal(t->elems[0], 0);
  assert_int_equal(t->elems[1], a);
  assert_int_equal(t->elems[2], a);
  assert_int_equal(t->elems[3], 0);
  assert_int_equal(u->elems[2], wr__ref_from_i31(6));
  assert_memory_equal(i->exported_memory->base + 65533, "abc", 3);
  assert_int_equal(wr__table_init(i, 2, t, 8, 0, 2), WR_TRAP_NONE);
  assert_int_equal(t->elems[8], b);
  assert_int_equal(wr__table_init(i, 2, t, 8, 1, 2), WR_TRAP_TABLE_OUT_OF_BOUNDS);
  assert_int_equal(wr__table_init(i, 0, t, 0, 0, 1), WR_TRAP_TABLE_OUT_OF_BOUNDS); /* dropped */
  assert_int_equal(wr__table_init(i, 3, t, 0, 0, 1), WR_TRAP_TABLE_OUT_OF_BOUNDS);
  assert_int_equal(wr__memory_init(i, 1, i->memory0, 0, 1, 6), WR_TRAP_NONE);
  assert_memory_equal(i->memory0->base, "assive", 6);
  assert_int_equal(wr__memory_init(i, 1, i->memory0, 0, 1, 7), WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  assert_int_equal(wr__memory_init(i, 1, i->memory0, 65536, 7, 0), WR_TRAP_NONE);
  assert_int_equal(wr__memory_init(i, 0, i->memory0, 0, 0, 1), WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  wr__data_drop(i, 1);
  assert_int_equal(wr__memory_init(i, 1, i->memory0, 0, 0, 1), WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  wr__elem_drop(i, 2);
  assert_int_equal(wr__table_init(i, 2, t, 0, 0, 0), WR_TRAP_NONE);
}

/* Segments before the one that traps have taken effect; their functions live on. */
static void effects_before_a_trap_stay(void **state) {
  (void)state;
  wr__instance *owner =
      instance_of("(table (export \"t\") 3 funcref) (memory (export \"m\") 1)", NULL, 0);
  wr__extern imports[] = {export_of(owner, "t"), export_of(owner, "m")};
  wr__instance *instance = NULL;
  wr_status status = instantiate(
      "(import \"\" \"t\" (table 3 funcref)) (import \"\" \"m\" (memory 1)) (func $f)"
      "(elem (i32.const 1) $f) (data (i32.const 0) \"kept\") (data (i32.const 65535) \"no\")"
      "(data (i32.const 8) \"never\")",
      imports, 2, &instance);
  assert_int_equal(status, WR_TRAPPED);
  assert_null(instance);
  assert_string_equal(last_error.message, "out of bounds memory access");
  assert_int_equal(store->exec.trap.kind, WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  assert_memory_equal(imports[1].of.memory->base, "kept\0\0\0\0\0", 9);
  assert_int_equal(imports[1].of.memory->base[65535], 0);
  wr__func *func = (wr__func *)(uintptr_t)imports[0].of.table->elems[1];
  assert_int_equal(func->header.kind, WR__OBJECT_FUNC);
  assert_ptr_equal(wr__instance_func(func->instance, 0), func);
  status = instantiate(
      "(import \"\" \"t\" (table 3 funcref)) (func $f)"
      "(elem (i32.const 2) $f $f)",
      imports, 1, &instance);
  assert_int_equal(status, WR_TRAPPED);
  assert_string_equal(last_error.message, "out of bounds table access");
  assert_int_equal(imports[0].of.table->elems[2], 0);
}

/* ---- Calls */

static wr_status add_one(void *env, wr_caller *caller, uint64_t *slots) {
  assert_ptr_equal(caller, &store->exec);
  ++*(int *)env;
  slots[0] = (uint32_t)slots[0] + 1;
  return WR_OK;
}

static wr_status call_exit(void *env, wr_caller *caller, uint64_t *slots) {
  (void)env;
  (void)slots;
  return wr__exec_exit((wr__exec *)caller, 3);
}

static wr_status fail_without_a_trap(void *env, wr_caller *caller, uint64_t *slots) {
  (void)env;
  (void)caller;
  (void)slots;
  return WR_BAD_ARGUMENT;
}

static wr_status recurse(void *env, wr_caller *caller, uint64_t *slots) {
  return wr__func_invoke((wr__exec *)caller, *(wr__func **)env, slots);
}

static int calls, finalizations;
static void count_finalization(void *env) { ++*(int *)env; }

static wr__func *host_func(wr_raw_callback callback, void *env, const char *type) {
  const wr_valtype i32 = WR_I32;
  size_t params = type[0] == 'i', results = type[1] == 'i';
  return wr__func_new_host(
      store, wr__type_func(engine->types, &i32, (uint32_t)params, &i32, (uint32_t)results),
      callback, env, NULL);
}

static void host_functions_are_called(void **state) {
  (void)state;
  wr__func *func = host_func(add_one, &calls, "ii");
  uint64_t slots[1] = {UINT32_MAX};
  assert_int_equal(wr__func_invoke(&store->exec, func, slots), WR_OK);
  assert_int_equal(slots[0], 0);
  wr__func *exits = host_func(call_exit, NULL, "--");
  assert_int_equal(wr__func_invoke(&store->exec, exits, slots), WR_EXITED);
  assert_int_equal(store->exec.trap.exit_status, 3);
  wr__func *fails = host_func(fail_without_a_trap, NULL, "--");
  assert_int_equal(wr__func_invoke(&store->exec, fails, slots), WR_TRAPPED);
  assert_int_equal(store->exec.trap.kind, WR_TRAP_HOST);
}

static void start_function_runs_last(void **state) {
  (void)state;
  wr__extern exits = {.kind = WR_EXTERN_FUNC, .of.func = host_func(call_exit, NULL, "--")};
  wr__instance *owner = instance_of("(memory (export \"m\") 1)", NULL, 0), *instance = NULL;
  wr__extern imports[] = {exits, export_of(owner, "m")};
  assert_int_equal(instantiate("(import \"\" \"\" (func $exit)) (import \"\" \"m\" (memory 1))"
                               "(start $exit) (data (i32.const 0) \"x\")",
                               imports, 2, &instance),
                   WR_EXITED);
  assert_null(instance);
  assert_int_equal(owner->memory0->base[0], 'x');
}

static void endless_recursion_through_the_host_traps(void **state) {
  (void)state;
  static wr__func *func;
  func = host_func(recurse, &func, "--");
  uint64_t slots[1];
  assert_int_equal(wr__func_invoke(&store->exec, func, slots), WR_TRAPPED);
  assert_int_equal(store->exec.trap.kind, WR_TRAP_CALL_STACK_EXHAUSTED);
  assert_int_equal(store->exec.depth, 0);
}

static void finalizers_run_with_the_store(void **state) {
  (void)state;
  wr__store *own = wr__store_new(engine);
  wr__func_new_host(own, wr__type_func(engine->types, NULL, 0, NULL, 0), call_exit, &finalizations,
                    count_finalization);
  assert_int_equal(finalizations, 0);
  wr__store_delete(own);
  assert_int_equal(finalizations, 1);
}

/* ---- Limits */

static void what_cannot_be_had_is_refused(void **state) {
  (void)state;
  wr__instance *instance;
  assert_int_equal(instantiate("(table 0xffffffff funcref)", NULL, 0, &instance), WR_OUT_OF_MEMORY);
  assert_int_equal(last_error.status, WR_OUT_OF_MEMORY);
  assert_int_equal(instantiate("(memory i64 0x1000000000000)", NULL, 0, &instance),
                   WR_OUT_OF_MEMORY);
  assert_int_equal(instantiate("(type $a (array i64)) (global (ref $a)"
                               "  (array.new_default $a (i32.const -1)))",
                               NULL, 0, &instance),
                   WR_TRAPPED);
  assert_int_equal(store->exec.trap.kind, WR_TRAP_OUT_OF_MEMORY);
}

/* 34,000 functions: an instance is made in about a millisecond; many times that is a mistake. */
static void many_functions_are_fast(void **state) {
  (void)state;
  enum { COUNT = 34000 };
  char *text = malloc(COUNT * 8 + 64), *at = text;
  for (int i = 0; i < COUNT; i++) at += sprintf(at, "(func)");
  wr__module *module = module_of(text);
  free(text);
  uint64_t best = UINT64_MAX;
  for (int round = 0; round < 5; round++) {
    wr__store *own = wr__store_new(engine);
    wr__instance *instance;
    uint64_t start = wr__monotonic_ns();
    assert_int_equal(wr__instantiate(own, module, NULL, 0, &instance, NULL), WR_OK);
    uint64_t took = wr__monotonic_ns() - start;
    if (took < best) best = took;
    assert_int_equal(wr__instance_func(instance, COUNT - 1)->func_index, COUNT - 1);
    wr__store_delete(own);
  }
  wr__module_release(module);
  print_message("%d functions instantiated in %.2f ms\n", COUNT, (double)best / 1e6);
  assert_true(best < 50000000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(imports_must_match),
      cmocka_unit_test(present_size_is_what_counts),
      cmocka_unit_test(missing_imports_are_named),
      cmocka_unit_test(constants),
      cmocka_unit_test(constant_objects),
      cmocka_unit_test(segments_fill_tables_and_memories),
      cmocka_unit_test(effects_before_a_trap_stay),
      cmocka_unit_test(host_functions_are_called),
      cmocka_unit_test(start_function_runs_last),
      cmocka_unit_test(endless_recursion_through_the_host_traps),
      cmocka_unit_test(finalizers_run_with_the_store),
      cmocka_unit_test(what_cannot_be_had_is_refused),
      cmocka_unit_test(many_functions_are_fast),
  };
  return cmocka_run_group_tests(tests, make_store, delete_store);
}
