/* Types and vectors of the public headers: what goes in comes out, what is no type is refused, and
 * nothing is cut down on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "wasm.h"
#include "wasmrun.h"

static void test_kinds(void **state) {
  (void)state;
  static const wasm_valkind_t kinds[] = {WASM_I32, WASM_I64,       WASM_F32,
                                         WASM_F64, WASM_EXTERNREF, WASM_FUNCREF};
  for (size_t i = 0; i < 6; i++) {
    wasm_valtype_t *type = wasm_valtype_new(kinds[i]);
    assert_non_null(type);
    assert_int_equal(wasm_valtype_kind(type), kinds[i]);
    assert_int_equal(wasm_valtype_is_num(type), i < 4);
    wasm_valtype_t *copy = wasm_valtype_copy(type);
    assert_int_equal(wasm_valtype_kind(copy), kinds[i]);
    wasm_valtype_delete(copy);
    wasm_valtype_delete(type);
  }
  assert_null(wasm_valtype_new(4));
  assert_null(wasm_valtype_new(WR_KIND_OTHER));
}

static void test_deleting_null(void **state) {
  (void)state;
  wasm_config_delete(NULL);
  wasm_engine_delete(NULL);
  wasm_store_delete(NULL);
  wasm_valtype_delete(NULL);
  wasm_functype_delete(NULL);
  wasm_globaltype_delete(NULL);
  wasm_tabletype_delete(NULL);
  wasm_memorytype_delete(NULL);
  wasm_externtype_delete(NULL);
  wasm_importtype_delete(NULL);
  wasm_exporttype_delete(NULL);
  wasm_val_delete(NULL);
  wasm_ref_delete(NULL);
  wasm_frame_delete(NULL);
  wasm_trap_delete(NULL);
  wasm_foreign_delete(NULL);
  wasm_module_delete(NULL);
  wasm_shared_module_delete(NULL);
  wasm_func_delete(NULL);
  wasm_global_delete(NULL);
  wasm_table_delete(NULL);
  wasm_memory_delete(NULL);
  wasm_extern_delete(NULL);
  wasm_instance_delete(NULL);
  wr_linker_delete(NULL);
  wr_shared_memory_delete(NULL);
  wr_tag_delete(NULL);
  wr_val_delete(NULL);
  wasm_byte_vec_t empty = WASM_EMPTY_VEC;
  wasm_byte_vec_delete(&empty);
}

static void test_full_functype(void **state) {
  (void)state;
  wr_valtype params[] = {WR_V128, WR_REF_TYPE(WR_HEAP_I31), WR_I32};
  wr_valtype results[] = {WR_REF_NULL_TYPE(WR_HEAP_EXN), WR_FUNCREF};
  wasm_functype_t *type = wr_functype_new(params, 3, results, 2);
  wasm_functype_t *copy = wasm_functype_copy(type);
  wasm_functype_delete(type);
  size_t count;
  assert_memory_equal(wr_functype_params(copy, &count), params, sizeof params);
  assert_int_equal(count, 3);
  assert_memory_equal(wr_functype_results(copy, &count), results, sizeof results);
  assert_int_equal(count, 2);
  const wasm_valtype_vec_t *kinds = wasm_functype_params(copy);
  assert_int_equal(wasm_valtype_kind(kinds->data[0]), WR_KIND_OTHER);
  assert_int_equal(wasm_valtype_kind(kinds->data[1]), WR_KIND_OTHER);
  assert_int_equal(wasm_valtype_kind(kinds->data[2]), WASM_I32);
  assert_int_equal(wasm_valtype_kind(wasm_functype_results(copy)->data[0]), WR_KIND_OTHER);
  assert_int_equal(wasm_valtype_kind(wasm_functype_results(copy)->data[1]), WASM_FUNCREF);
  wasm_functype_delete(copy);
}

/* A type that could not be made must not vanish from a function type. */
static void test_functype_of_nothing(void **state) {
  (void)state;
  assert_null(wasm_functype_new_1_0(wasm_valtype_new(99)));
  assert_null(
      wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new(99), wasm_valtype_new_i32()));
}

static void test_extern_views(void **state) {
  (void)state;
  wasm_limits_t limits = {1, wasm_limits_max_default};
  wasm_tabletype_t *table = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
  wasm_externtype_t *as_extern = wasm_tabletype_as_externtype(table);
  assert_int_equal(wasm_externtype_kind(as_extern), WASM_EXTERN_TABLE);
  assert_null(wasm_externtype_as_functype(as_extern));
  assert_null(wasm_externtype_as_memorytype(as_extern));
  assert_ptr_equal(wasm_externtype_as_tabletype(as_extern), table);
  wasm_externtype_t *copy = wasm_externtype_copy(as_extern);
  wasm_externtype_delete(as_extern);
  assert_int_equal(wasm_tabletype_limits(wasm_externtype_as_tabletype(copy))->max, 0xffffffff);
  wasm_externtype_delete(copy);
  assert_null(wasm_tabletype_new(wasm_valtype_new_i32(), &limits));
  assert_null(wasm_globaltype_new(wasm_valtype_new_i32(), 2));
}

static void test_import_types(void **state) {
  (void)state;
  wasm_name_t module, name;
  wasm_name_new_from_string(&module, "env");
  wasm_name_new(&name, 3, "a\0b");
  wasm_functype_t *func = wasm_functype_new_0_0();
  wasm_importtype_t *type = wasm_importtype_new(&module, &name, wasm_functype_as_externtype(func));
  assert_int_equal(module.size, 0);
  wasm_importtype_t *copy = wasm_importtype_copy(type);
  wasm_importtype_delete(type);
  assert_int_equal(wasm_importtype_name(copy)->size, 3);
  assert_memory_equal(wasm_importtype_name(copy)->data, "a\0b", 3);
  assert_int_equal(wasm_externtype_kind(wasm_importtype_type(copy)), WASM_EXTERN_FUNC);
  wasm_importtype_delete(copy);
}

static void test_vectors(void **state) {
  (void)state;
  wasm_valtype_t *types[] = {wasm_valtype_new_i32(), wasm_valtype_new_f64()};
  wasm_valtype_vec_t vec, copy, empty;
  wasm_valtype_vec_new(&vec, 2, types);
  wasm_valtype_vec_copy(&copy, &vec);
  assert_int_equal(copy.size, 2);
  assert_ptr_not_equal(copy.data[0], vec.data[0]);
  assert_int_equal(wasm_valtype_kind(copy.data[1]), WASM_F64);
  wasm_valtype_vec_delete(&vec);
  assert_int_equal(vec.size, 0);
  wasm_valtype_vec_delete(&copy);
  wasm_valtype_vec_new_empty(&empty);
  assert_int_equal(empty.size, 0);
  wasm_valtype_vec_delete(&empty);
  wasm_val_vec_t vals;
  wasm_val_vec_new_uninitialized(&vals, 3);
  assert_int_equal(vals.size, 3);
  wasm_val_vec_delete(&vals);
  wasm_extern_vec_t externs; /* a size whose bytes overflow */
  wasm_extern_vec_new_uninitialized(&externs, SIZE_MAX / 4);
  assert_int_equal(externs.size, 0);
  wasm_extern_vec_delete(&externs);
}

static void test_names(void **state) {
  (void)state;
  char text[80];
  assert_string_equal(wr_valtype_name(WR_I32, text, sizeof text), "i32");
  assert_string_equal(wr_valtype_name(WR_V128, text, sizeof text), "v128");
  assert_string_equal(wr_valtype_name(WR_REF_TYPE(WR_HEAP_ANY), text, sizeof text), "(ref any)");
  assert_string_equal(wr_valtype_name(WR_REF_NULL_TYPE(WR_HEAP_DEFINED + 7), text, sizeof text),
                      "(ref null $7)");
  assert_string_equal(wr_valtype_name(WR_I32, text, 2), "i");
  assert_string_equal(wr_version(), "0.1.0");
  assert_string_equal(wr_status_name(WR_UNLINKABLE), "unlinkable");
  assert_string_equal(wr_status_name((wr_status)1000), "unknown status");
  assert_string_equal(wr_trap_kind_message(WR_TRAP_UNREACHABLE), "unreachable");
  assert_string_equal(wr_trap_kind_message((wr_trap_kind)-1), "unknown trap");
  for (wr_feature f = 0; f < WR_FEATURE_COUNT; f++) {
    wr_feature found;
    assert_true(wr_feature_by_name(wr_feature_name(f), &found));
    assert_int_equal(found, f);
  }
  wr_feature untouched = WR_FEATURE_GC;
  assert_false(wr_feature_by_name("garbage", &untouched));
  assert_false(wr_feature_by_name(NULL, &untouched));
  assert_int_equal(untouched, WR_FEATURE_GC);
}

static void test_externtype_names(void **state) {
  (void)state;
  char text[80];
  wr_valtype types[] = {WR_I32, WR_I64};
  wr_externtype func = {.kind = WR_EXTERN_FUNC,
                        .params = types,
                        .param_count = 2,
                        .results = types,
                        .result_count = 1};
  assert_string_equal(wr_externtype_name(&func, text, sizeof text), "func [i32 i64] -> [i32]");
  assert_string_equal(wr_externtype_name(&func, text, 8), "func [i");
  wr_externtype memory = {.kind = WR_EXTERN_MEMORY,
                          .page_size_log2 = 16,
                          .limits = {.min = 1, .max = 2, .has_max = true, .shared = true}};
  assert_string_equal(wr_externtype_name(&memory, text, sizeof text), "memory 1 2 shared");
  memory.page_size_log2 = 0;
  memory.limits = (wr_limits){.min = 5, .is64 = true};
  assert_string_equal(wr_externtype_name(&memory, text, sizeof text), "memory i64 5 pagesize 1");
  wr_externtype global = {.kind = WR_EXTERN_GLOBAL, .valtype = WR_F32, .is_mutable = true};
  assert_string_equal(wr_externtype_name(&global, text, sizeof text), "global mut f32");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_kinds),
      cmocka_unit_test(test_deleting_null),
      cmocka_unit_test(test_full_functype),
      cmocka_unit_test(test_functype_of_nothing),
      cmocka_unit_test(test_extern_views),
      cmocka_unit_test(test_import_types),
      cmocka_unit_test(test_vectors),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_externtype_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
