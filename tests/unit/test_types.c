/* Unit tests of types/: canonical numbers, subtyping, layout, names, and interning by several
 * threads. Expectations are the specification's (valid/conventions, valid/matching). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>

#include "types/types.h"

static wr__typereg *reg;

static int make_registry(void **state) {
  (void)state;
  reg = wr__typereg_new();
  return reg ? 0 : -1;
}

static int free_registry(void **state) {
  (void)state;
  wr__typereg_delete(reg);
  return 0;
}

static wr_valtype member(uint32_t position) {
  return WR_REF_NULL_TYPE(WR_HEAP_DEFINED + WR__GROUP_BASE + position);
}
static wr_valtype ref_to(const wr__deftype *type) {
  return WR_REF_NULL_TYPE(WR_HEAP_DEFINED + type->id);
}

static const wr__deftype *intern_struct(const wr__field *fields, uint32_t count, uint32_t super_id,
                                        bool is_final) {
  wr__subtype_decl decl = {.comp = WR__COMP_STRUCT,
                           .is_final = is_final,
                           .super_id = super_id,
                           .field_count = count,
                           .fields = fields};
  const wr__deftype *out = NULL;
  assert_int_equal(wr__type_intern(reg, &decl, 1, &out), WR_OK);
  return out;
}

static void equal_function_types_are_one(void **state) {
  (void)state;
  const wr_valtype params[] = {WR_I32, WR_V128}, results[] = {WR_F64};
  const wr__deftype *a = wr__type_func(reg, params, 2, results, 1);
  const wr__deftype *b = wr__type_func(reg, params, 2, results, 1);
  const wr__deftype *c = wr__type_func(reg, params, 1, results, 1);
  assert_ptr_equal(a, b);
  assert_ptr_not_equal(a, c);
  assert_int_equal(a->param_slots, 3);
  assert_int_equal(a->result_slots, 1);
  assert_true(a->is_final);
  assert_ptr_equal(wr__type_get(reg, a->id), a);
}

/* (rec (type $a (struct (ref null $b))) (type $b (struct (ref null $a)))): the same group again is
 * the same types; its members are not those of another group, nor a type alone. */
static void groups_are_compared_as_a_whole(void **state) {
  (void)state;
  const wr__field to_b = {.type = member(1)}, to_a = {.type = member(0)};
  const wr__subtype_decl pair[] = {
      {.comp = WR__COMP_STRUCT, .super_id = WR__NO_TYPE, .field_count = 1, .fields = &to_b},
      {.comp = WR__COMP_STRUCT, .super_id = WR__NO_TYPE, .field_count = 1, .fields = &to_a}};
  const wr__deftype *first[2], *second[2], *alone;
  assert_int_equal(wr__type_intern(reg, pair, 2, first), WR_OK);
  assert_int_equal(wr__type_intern(reg, pair, 2, second), WR_OK);
  assert_ptr_equal(first[0], second[0]);
  assert_ptr_equal(first[1], second[1]);
  assert_ptr_not_equal(first[0], first[1]);
  assert_true(first[0]->fields[0].type == ref_to(first[1]));
  const wr__subtype_decl self = {
      .comp = WR__COMP_STRUCT, .super_id = WR__NO_TYPE, .field_count = 1, .fields = &to_a};
  assert_int_equal(wr__type_intern(reg, &self, 1, &alone), WR_OK);
  assert_ptr_not_equal(alone, first[0]);
  assert_true(alone->fields[0].type == ref_to(alone));
  /* A reference from outside to the same record is another type: it names no member. */
  const wr__field outside = {.type = ref_to(alone)};
  assert_ptr_not_equal(intern_struct(&outside, 1, WR__NO_TYPE, false), alone);
}

static void declared_subtypes_match_upwards(void **state) {
  (void)state;
  const wr__field fields[] = {{.type = WR_I32}, {.type = WR_I64}, {.type = WR_F32}};
  const wr__deftype *top = intern_struct(fields, 1, WR__NO_TYPE, false);
  const wr__deftype *middle = intern_struct(fields, 2, top->id, false);
  const wr__deftype *leaf = intern_struct(fields, 3, middle->id, false);
  const wr__deftype *other = intern_struct(fields, 3, top->id, false);
  assert_true(wr__deftype_matches(leaf, top) && wr__deftype_matches(leaf, middle));
  assert_true(wr__deftype_matches(leaf, leaf));
  assert_false(wr__deftype_matches(top, leaf) || wr__deftype_matches(leaf, other));
  assert_true(wr__valtype_matches(reg, ref_to(leaf), ref_to(top)));
  assert_false(wr__valtype_matches(reg, ref_to(top), ref_to(leaf)));
  assert_true(wr__type_super_valid(reg, leaf));
  assert_int_equal(leaf->depth, 2);
}

static void supertypes_must_fit(void **state) {
  (void)state;
  const wr__field number = {.type = WR_I32}, wide = {.type = WR_I64};
  const wr__field changing = {.type = WR_I32, .is_mutable = true};
  const wr__deftype *open = intern_struct(&number, 1, WR__NO_TYPE, false);
  const wr__deftype *closed = intern_struct(&number, 1, WR__NO_TYPE, true);
  assert_false(wr__type_super_valid(reg, intern_struct(&wide, 1, open->id, false)));
  assert_false(wr__type_super_valid(reg, intern_struct(&changing, 1, open->id, false)));
  assert_false(wr__type_super_valid(reg, intern_struct(NULL, 0, open->id, false)));
  assert_false(wr__type_super_valid(reg, intern_struct(&number, 1, closed->id, false)));
  assert_true(wr__type_super_valid(reg, intern_struct(&number, 1, open->id, true)));
}

static void abstract_heap_types_form_four_hierarchies(void **state) {
  (void)state;
  const struct {
    uint32_t sub, super;
    bool matches;
  } cases[] = {
      {WR_HEAP_EQ, WR_HEAP_ANY, true},       {WR_HEAP_I31, WR_HEAP_EQ, true},
      {WR_HEAP_STRUCT, WR_HEAP_ANY, true},   {WR_HEAP_STRUCT, WR_HEAP_ARRAY, false},
      {WR_HEAP_NONE, WR_HEAP_I31, true},     {WR_HEAP_ANY, WR_HEAP_EQ, false},
      {WR_HEAP_NOFUNC, WR_HEAP_FUNC, true},  {WR_HEAP_NONE, WR_HEAP_FUNC, false},
      {WR_HEAP_FUNC, WR_HEAP_ANY, false},    {WR_HEAP_NOEXTERN, WR_HEAP_EXTERN, true},
      {WR_HEAP_EXTERN, WR_HEAP_ANY, false},  {WR_HEAP_NOEXN, WR_HEAP_EXN, true},
      {WR_HEAP_NONE, WR_HEAP_EXTERN, false}, {WR_HEAP_ARRAY, WR_HEAP_ARRAY, true},
  };
  for (size_t i = 0; i < WR_ARRAY_COUNT(cases); i++)
    assert_int_equal(wr__heaptype_matches(reg, cases[i].sub, cases[i].super), cases[i].matches);
  assert_true(wr__valtype_matches(reg, WR_REF_TYPE(WR_HEAP_ANY), WR_REF_NULL_TYPE(WR_HEAP_ANY)));
  assert_false(wr__valtype_matches(reg, WR_REF_NULL_TYPE(WR_HEAP_ANY), WR_REF_TYPE(WR_HEAP_ANY)));
  const wr__deftype *func = wr__type_func(reg, NULL, 0, NULL, 0);
  assert_true(wr__heaptype_matches(reg, WR_HEAP_DEFINED + func->id, WR_HEAP_FUNC));
  assert_true(wr__heaptype_matches(reg, WR_HEAP_NOFUNC, WR_HEAP_DEFINED + func->id));
  assert_false(wr__heaptype_matches(reg, WR_HEAP_NONE, WR_HEAP_DEFINED + func->id));
  assert_false(wr__heaptype_matches(reg, WR_HEAP_FUNC, WR_HEAP_DEFINED + func->id));
  assert_int_equal(wr__heaptype_top(reg, WR_HEAP_DEFINED + func->id), WR_HEAP_FUNC);
  assert_int_equal(wr__heaptype_bottom(reg, WR_HEAP_I31), WR_HEAP_NONE);
}

static void fields_lie_at_natural_alignment(void **state) {
  (void)state;
  const wr__field fields[] = {{.type = WR__I8},  {.type = WR_I32}, {.type = WR__I16},
                              {.type = WR_V128}, {.type = WR_F64}, {.type = WR_FUNCREF}};
  const wr__deftype *type = intern_struct(fields, 6, WR__NO_TYPE, true);
  const uint32_t offsets[] = {8, 12, 16, 32, 48, 56};
  for (uint32_t i = 0; i < 6; i++) assert_int_equal(type->fields[i].offset, offsets[i]);
  assert_int_equal(type->size_bytes, 64);
  const wr__subtype_decl array = {
      .comp = WR__COMP_ARRAY, .super_id = WR__NO_TYPE, .field_count = 1, .fields = &fields[3]};
  const wr__deftype *vectors;
  assert_int_equal(wr__type_intern(reg, &array, 1, &vectors), WR_OK);
  assert_int_equal(vectors->fields[0].offset, 16);
  assert_int_equal(vectors->element_size_bytes, 16);
}

static void types_have_names(void **state) {
  (void)state;
  char buffer[40];
  assert_string_equal(wr_valtype_name(WR_I32, buffer, sizeof buffer), "i32");
  assert_string_equal(wr_valtype_name(WR_FUNCREF, buffer, sizeof buffer), "(ref null func)");
  assert_string_equal(wr_valtype_name(WR_REF_TYPE(WR_HEAP_DEFINED + 7), buffer, sizeof buffer),
                      "(ref $7)");
  assert_string_equal(wr_valtype_name(WR_V128, buffer, 3), "v1");
}

/* Thousands of types from four threads: each gets the same number everywhere, and the table of
 * numbers grows while it is read. */
enum { THREADS = 4, TYPES = 3000 };

static void *intern_many(void *out) {
  uint32_t *ids = out;
  for (uint32_t i = 0; i < TYPES; i++) {
    wr_valtype params[12];
    for (uint32_t bit = 0; bit < 12; bit++) params[bit] = i >> bit & 1 ? WR_I64 : WR_I32;
    const wr__deftype *type = wr__type_func(reg, params, 12, NULL, 0);
    ids[i] = type ? type->id : WR__NO_TYPE;
    if (type && wr__type_get(reg, ids[i / 2]) == NULL) ids[i] = WR__NO_TYPE;
  }
  return NULL;
}

static void threads_agree_on_numbers(void **state) {
  (void)state;
  static uint32_t ids[THREADS][TYPES];
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, intern_many, ids[i]), 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < THREADS; i++) {
    for (uint32_t k = 0; k < TYPES; k++) {
      assert_int_not_equal(ids[i][k], WR__NO_TYPE);
      assert_int_equal(ids[i][k], ids[0][k]);
      assert_int_equal(wr__type_get(reg, ids[0][k])->id, ids[0][k]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_function_types_are_one),
      cmocka_unit_test(groups_are_compared_as_a_whole),
      cmocka_unit_test(declared_subtypes_match_upwards),
      cmocka_unit_test(supertypes_must_fit),
      cmocka_unit_test(abstract_heap_types_form_four_hierarchies),
      cmocka_unit_test(fields_lie_at_natural_alignment),
      cmocka_unit_test(types_have_names),
      cmocka_unit_test(threads_agree_on_numbers),
  };
  return cmocka_run_group_tests(tests, make_registry, free_registry);
}
