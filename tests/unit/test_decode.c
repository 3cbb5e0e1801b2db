/* Unit tests of binary/ and module/: what is malformed is said with its place, hostile bytes
 * neither crash nor cost memory, and what was decoded can be asked. */
#include "frontend.h"

/* A module with something of every section and of most instruction pages. */
static const char every_section[] =
    "(module $every"
    "  (type $f (func (param i32 i64) (result i32)))"
    "  (rec (type $list (sub (struct (field (ref null $list)) (field (mut i8)))))"
    "       (type $longer (sub $list (struct (field (ref null $list)) (field (mut i8)) (field "
    "f64))))"
    "       (type $bytes (array (mut i8))))"
    "  (import \"env\" \"log\" (func $log (param i32)))"
    "  (import \"env\" \"base\" (global $base i32))"
    "  (table $t 4 16 funcref)"
    "  (table $refs 2 (ref null $list))"
    "  (memory $m 1 8) (memory $wide i64 1)"
    "  (tag $oops (param i32))"
    "  (global $g (mut i64) (i64.const -5))"
    "  (global $sum i32 (i32.add (global.get $base) (i32.const 7)))"
    "  (export \"run\" (func $run)) (export \"memory\" (memory $m)) (export \"oops\" (tag $oops))"
    "  (start $init)"
    "  (elem (table $t) (i32.const 1) func $run $log)"
    "  (elem $later (ref null $list) (item (ref.null $list)) (item (struct.new_default $list)))"
    "  (elem declare func $init)"
    "  (func $init (local $l (ref null $list))"
    "    (local.set $l (struct.new $longer (ref.null none) (i32.const 1) (f64.const 1.5)))"
    "    (drop (ref.func $init))"
    "    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3)))"
    "  (func $run (type $f) (local $v v128) (local f32)"
    "    (block $out (result i32)"
    "      (try_table (result i32) (catch $oops $out)"
    "        (if (i32.eqz (local.get 0)) (then (throw $oops (i32.const 3))))"
    "        (local.set $v (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31"
    "          (v128.load offset=16 (i32.const 0)) (v128.const i32x4 1 2 3 4)))"
    "        (i32.atomic.rmw.add (i32.const 4) (i32.const 1))"
    "        (loop $again (br_if $again (i32.const 0)))"
    "        (block $a (block $b (br_table $a $b $a (i32.const 1))))"
    "        (drop (i64.load $wide offset=0x100000000 (i64.const 3)))"
    "        (drop (call_indirect $t (type $f) (i32.const 1) (i64.const 2) (i32.const 0)))"
    "        (drop (select (result (ref null $list)) (ref.null $list) (ref.null $list)"
    "                      (i32.const 1)))"
    "        (drop (ref.test (ref $longer) (ref.null $list))))))"
    "  (data (i32.const 8) \"hello\") (data $d \"abc\"))";

static void every_section_decodes(void **state) {
  (void)state;
  wr__buffer binary = {0};
  assemble(every_section, &binary);
  wr_error error;
  wr__module *m;
  if (wr__module_decode(engine, binary.data, binary.size, WR__BYTES_BORROWED, &m, &error) != WR_OK)
    fail_msg("at %llu: %s", (unsigned long long)error.offset, error.message);
  assert_int_equal(m->func_count, 3);
  assert_int_equal(m->imported_funcs, 1);
  assert_int_equal(m->type_count >= 4, 1);
  assert_int_equal(m->table_count, 2);
  assert_int_equal(m->memory_count, 2);
  assert_int_equal(m->tag_count, 1);
  assert_int_equal(m->elem_count, 3);
  assert_int_equal(m->data_count, 2);
  assert_int_equal(m->start_func, 1);
  const wr__export *run = wr__module_find_export(m, "run", 3);
  assert_non_null(run);
  assert_int_equal(run->index, 2);
  assert_null(wr__module_find_export(m, "runs", 4));
  wr_externtype type = wr__module_externtype(m, WR_EXTERN_FUNC, run->index);
  assert_int_equal(type.param_count, 2);
  assert_true(type.params[1] == WR_I64 && type.results[0] == WR_I32);
  type = wr__module_externtype(m, WR_EXTERN_MEMORY, 1);
  assert_true(type.limits.is64 && !type.limits.has_max && type.page_size_log2 == 16);
  wr__span name = wr__module_func_name(m, 1);
  assert_int_equal(name.size, 4);
  assert_memory_equal(name.data, "init", 4);
  name = wr__module_name(m);
  assert_memory_equal(name.data, "every", 5);
  for (uint32_t i = m->imported_funcs; i < m->func_count; i++) {
    assert_int_equal(wr__module_func_at(m, m->funcs[i].code_offset), i);
    assert_int_equal(wr__module_func_at(m, m->funcs[i].code_offset + m->funcs[i].code_size - 1), i);
  }
  assert_int_equal(wr__module_func_at(m, 0), WR_NO_INDEX);
  assert_non_null(wr__module_custom(m, "name", 0).data);
  assert_null(wr__module_custom(m, "name", 1).data);
  uint64_t end = 8;
  for (uint32_t i = 0; i < m->section_count; i++) {
    assert_true(m->sections[i].offset > end);
    end = m->sections[i].offset + m->sections[i].size_bytes;
  }
  assert_int_equal(end, binary.size);
  wr__module_release(m);
  wr__buffer_free(&binary);
}

/* No prefix of a module is one, but where it ends before an optional section. */
static void every_truncation_is_refused(void **state) {
  (void)state;
  wr__buffer binary = {0};
  assemble(every_section, &binary);
  wr_error error;
  size_t accepted = 0;
  for (size_t size = 0; size < binary.size; size++) {
    wr_status status = decode(engine, binary.data, size, &error);
    accepted += status == WR_OK;
    assert_true(status == WR_OK || status == WR_MALFORMED || status == WR_INVALID);
    if (size < 8) assert_starts_with(error.message, "unexpected end");
  }
  assert_true(accepted <= 14);
  wr__buffer_free(&binary);
}

static void flipped_bytes_do_no_harm(void **state) {
  (void)state;
  wr__buffer binary = {0};
  assemble(every_section, &binary);
  uint8_t *bytes = malloc(binary.size);
  assert_non_null(bytes);
  uint64_t random = 0x2545f4914f6cdd1d;
  for (int round = 0; round < 20000; round++) {
    memcpy(bytes, binary.data, binary.size);
    for (int flips = 1 + round % 4; flips > 0; flips--) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      bytes[random % binary.size] = (uint8_t)(random >> 40);
    }
    wr_error error;
    wr_status status = decode(engine, bytes, binary.size, &error);
    assert_true(status == WR_OK || status == WR_MALFORMED || status == WR_INVALID ||
                status == WR_UNSUPPORTED);
  }
  free(bytes);
  wr__buffer_free(&binary);
}

#define HEADER "\0asm\1\0\0\0"

static void expect_bytes(wr_status status, const char *message, uint64_t offset, const char *bytes,
                         size_t size) {
  wr_error error;
  wr_status got = decode(engine, bytes, size, &error);
  if (got != status) fail_msg("got %d '%s', expected '%s'", got, error.message, message);
  assert_starts_with(error.message, message);
  if (offset != WR_NO_OFFSET) assert_int_equal(error.offset, offset);
}
#define BYTES(text) text, sizeof(text) - 1

static void errors_name_their_place(void **state) {
  (void)state;
  expect_bytes(WR_MALFORMED, "unexpected end", 0, BYTES(""));
  expect_bytes(WR_MALFORMED, "magic header not detected", 0, BYTES("\177ELF\1\1\1\0"));
  expect_bytes(WR_MALFORMED, "unknown binary version", 4, BYTES("\0asm\2\0\0\0"));
  expect_bytes(WR_MALFORMED, "malformed section id", 8, BYTES(HEADER "\16\0"));
  expect_bytes(WR_MALFORMED, "length out of bounds", 9, BYTES(HEADER "\1\5\1"));
  expect_bytes(WR_MALFORMED, "unexpected content after last section", 11,
               BYTES(HEADER "\3\1\0\1\1\0"));
  expect_bytes(WR_MALFORMED, "section size mismatch", WR_NO_OFFSET, BYTES(HEADER "\1\2\0\0"));
  expect_bytes(WR_MALFORMED, "integer representation too long", 10,
               BYTES(HEADER "\1\6\200\200\200\200\200\0"));
  expect_bytes(WR_MALFORMED, "malformed UTF-8 encoding", 11, BYTES(HEADER "\0\2\1\377"));
  expect_bytes(WR_MALFORMED, "function and code section have inconsistent lengths", WR_NO_OFFSET,
               BYTES(HEADER "\1\4\1\140\0\0\3\2\1\0"));
  expect_bytes(WR_INVALID, "unknown type 3", 11, BYTES(HEADER "\3\2\1\3\12\4\1\2\0\13"));
}

/* Counts that the bytes cannot hold are refused before memory is asked for. */
static void oversized_counts_are_refused(void **state) {
  (void)state;
  static const uint8_t sections[] = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13};
  for (size_t i = 0; i < sizeof sections; i++) {
    char bytes[] = HEADER "\0\5\377\377\377\377\17";
    bytes[8] = (char)sections[i];
    expect_bytes(WR_MALFORMED, "unexpected end", WR_NO_OFFSET, BYTES(bytes));
  }
  /* a recursion group, a structure, a br_table, locals */
  expect_bytes(WR_MALFORMED, "unexpected end", WR_NO_OFFSET,
               BYTES(HEADER "\1\7\1\116\377\377\377\377\17"));
  expect_bytes(WR_MALFORMED, "unexpected end", WR_NO_OFFSET,
               BYTES(HEADER "\1\7\1\137\377\377\377\377\17"));
  expect_bytes(WR_MALFORMED, "unexpected end", WR_NO_OFFSET,
               BYTES(HEADER "\1\4\1\140\0\0\3\2\1\0\12\12\1\10\0\16\377\377\377\377\17\13"));
  expect_bytes(WR_MALFORMED, "too many locals", WR_NO_OFFSET,
               BYTES(HEADER "\1\4\1\140\0\0\3\2\1\0\12\12\1\10\1\377\377\377\377\17\177\13"));
}

/* What is malformed anywhere is said before what is invalid. */
static void malformed_comes_before_invalid(void **state) {
  (void)state;
  /* two bodies: drop of nothing; an unknown opcode */
  const char two[] = HEADER "\1\4\1\140\0\0\3\3\2\0\0\12\11\2\3\0\32\13\3\0\377\13";
  expect_bytes(WR_MALFORMED, "illegal opcode ff", 28, BYTES(two));
  /* an unknown type in the function section; a body that does not end */
  expect_bytes(WR_MALFORMED, "unexpected end", WR_NO_OFFSET, BYTES(HEADER "\3\2\1\7\12\4\1\2\0\1"));
}

static void deep_nesting_needs_no_stack(void **state) {
  (void)state;
  enum { DEPTH = 99000 };
  const char head[] = HEADER "\1\4\1\140\0\0\3\2\1\0";
  size_t body = 1 + 2 * DEPTH + DEPTH + 1, size = sizeof head - 1 + 1 + 3 + 1 + 3 + body;
  uint8_t *bytes = calloc(1, size + 16), *at = bytes;
  assert_non_null(bytes);
  memcpy(at, head, sizeof head - 1);
  at += sizeof head - 1;
  *at++ = 10;
  size_t section = 1 + 3 + body;
  for (int i = 0; i < 3; i++) *at++ = (uint8_t)((section >> 7 * i & 0x7f) | (i < 2 ? 0x80 : 0));
  *at++ = 1;
  for (int i = 0; i < 3; i++) *at++ = (uint8_t)((body >> 7 * i & 0x7f) | (i < 2 ? 0x80 : 0));
  *at++ = 0;
  for (int i = 0; i < DEPTH; i++) {
    *at++ = 0x02;
    *at++ = 0x40;
  }
  memset(at, 0x0b, DEPTH + 1);
  wr_error error;
  if (decode(engine, bytes, size, &error) != WR_OK) fail_msg("%s", error.message);
  at[DEPTH] = 0xff; /* and the scan for what is malformed goes as deep */
  assert_int_equal(decode(engine, bytes, size, &error), WR_MALFORMED);
  free(bytes);
}

static wr__engine *engine_without(uint64_t features) {
  wr__config config;
  wr__config_init(&config);
  config.features &= ~features;
  wr__engine *made = wr__engine_new(&config);
  assert_non_null(made);
  return made;
}

static void features_can_be_off(void **state) {
  (void)state;
  const struct {
    wr_feature feature;
    const char *text;
  } cases[] = {
      {WR_FEATURE_SIMD, "(module (func (result v128) (v128.const i64x2 0 0)))"},
      {WR_FEATURE_SIGN_EXTENSION, "(module (func (drop (i32.extend8_s (i32.const 0)))))"},
      {WR_FEATURE_GC, "(module (type (struct)))"},
      {WR_FEATURE_TAIL_CALL, "(module (func $f (return_call $f)))"},
      {WR_FEATURE_MULTI_VALUE, "(module (type (func (result i32 i32))))"},
      {WR_FEATURE_MEMORY64, "(module (memory i64 1))"},
      {WR_FEATURE_THREADS, "(module (memory 1 1 shared))"},
      {WR_FEATURE_WIDE_ARITHMETIC,
       "(module (func (param i64 i64) (result i64 i64)"
       " (i64.mul_wide_s (local.get 0) (local.get 1))))"},
      {WR_FEATURE_EXCEPTIONS, "(module (func (param exnref) (throw_ref (local.get 0))))"},
      {WR_FEATURE_BULK_MEMORY, "(module (data \"\"))"},
  };
  for (size_t i = 0; i < WR_ARRAY_COUNT(cases); i++) {
    wr_error error;
    expect(WR_OK, "", cases[i].text);
    wr__engine *without = engine_without((uint64_t)1 << cases[i].feature);
    assert_int_equal(decode_text(without, cases[i].text, &error), WR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "requires the feature"));
    wr__engine_release(without);
  }
}

/* The name section is no part of validity: what is wrong in it costs the names alone. */
static void broken_names_are_no_error(void **state) {
  (void)state;
  const char bytes[] = HEADER "\0\13\4name\1\377\377\377\377\17";
  wr__module *m;
  assert_int_equal(wr__module_decode(engine, (const uint8_t *)bytes, sizeof bytes - 1,
                                     WR__BYTES_BORROWED, &m, NULL),
                   WR_OK);
  assert_null(wr__module_func_name(m, 0).data);
  assert_null(wr__module_name(m).data);
  wr__module_release(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_section_decodes),
      cmocka_unit_test(every_truncation_is_refused),
      cmocka_unit_test(flipped_bytes_do_no_harm),
      cmocka_unit_test(errors_name_their_place),
      cmocka_unit_test(oversized_counts_are_refused),
      cmocka_unit_test(malformed_comes_before_invalid),
      cmocka_unit_test(deep_nesting_needs_no_stack),
      cmocka_unit_test(features_can_be_off),
      cmocka_unit_test(broken_names_are_no_error),
  };
  return cmocka_run_group_tests(tests, make_engine, free_engine);
}
