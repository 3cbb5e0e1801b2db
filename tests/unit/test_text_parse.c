/* The text parser: what it makes of modules, and what it says of text that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/parser.h"

static wr_error error;

static wr_status parse(const char *text, size_t size, wr__buffer *out) {
  memset(&error, 0, sizeof error);
  memset(out, 0, sizeof *out);
  return wr__text_parse(text, size, out, &error);
}

static void assert_binary(const char *text, const char *expected, size_t expected_size) {
  wr__buffer out;
  if (parse(text, strlen(text), &out) != WR_OK) fail_msg("%s", error.message);
  assert_int_equal(out.size, 8 + expected_size);
  assert_memory_equal(out.data, "\0asm\1\0\0\0", 8);
  assert_memory_equal(out.data + 8, expected, expected_size);
  wr__buffer_free(&out);
}
#define BINARY(text, bytes) assert_binary(text, bytes, sizeof(bytes) - 1)

static void assert_error(const char *text, size_t size, unsigned line, unsigned column,
                         const char *start) {
  wr__buffer out;
  assert_int_equal(parse(text, size, &out), WR_MALFORMED);
  wr__buffer_free(&out);
  if (strncmp(error.message, start, strlen(start))) fail_msg("%s\nwanted %s", error.message, start);
  assert_int_equal(error.line, line);
  assert_int_equal(error.column, column);
}
#define ERROR(text, line, column, start) assert_error(text, sizeof(text) - 1, line, column, start)

static void empty_modules(void **state) {
  (void)state;
  BINARY("", "");
  BINARY("(module)", "");
  BINARY(" (; (; nested ;) ;) (module ;; comment\n) ", "");
}

static void functions_and_implicit_types(void **state) {
  (void)state;
  BINARY("(func (param i32) (result i32) (i32.add (local.get 0) (i32.const -1)))",
         "\1\6\1\x60\1\x7f\1\x7f"
         "\3\2\1\0"
         "\x0a\x09\1\7\0\x20\0\x41\x7f\x6a\x0b");
  /* The same type again, written out and by index, is one type. */
  BINARY("(type (func (param i64))) (func (param i64)) (func (type 0))",
         "\1\5\1\x60\1\x7e\0"
         "\3\3\2\0\0"
         "\x0a\7\2\2\0\x0b\2\0\x0b");
}

static void equal_locals_are_one_run(void **state) {
  (void)state;
  BINARY("(func (local i32 i32) (local i32 f32))",
         "\1\4\1\x60\0\0\3\2\1\0"
         "\x0a\x08\1\6\2\3\x7f\1\x7d\x0b");
}

static void folded_is_flat(void **state) {
  (void)state;
  static const char bytes[] =
      "\1\4\1\x60\0\0\3\2\1\0\x0a\x0c\1\x0a\0\x41\1\x04\x40\x01\x05\x00\x0b\x0b"
      "\0\x0d\4name\3\6\1\0\1\0\1l";
  BINARY("(func (if $l (i32.const 1) (then nop) (else unreachable)))", bytes);
  BINARY("(func i32.const 1 if $l nop else $l unreachable end $l)", bytes);
}

static void deep_nesting_needs_no_stack(void **state) {
  (void)state;
  enum { DEPTH = 100000 };
  static const char open[] = "(i32.eqz ", block[] = "(block ";
  wr__buffer text = {0}, out;
  wr__buffer_text(&text, "(func (drop ");
  for (int i = 0; i < DEPTH; i++) wr__buffer_text(&text, open);
  wr__buffer_text(&text, "(i32.const 0)");
  for (int i = 0; i < DEPTH; i++) wr__buffer_byte(&text, ')');
  wr__buffer_text(&text, ")");
  for (int i = 0; i < DEPTH; i++) wr__buffer_text(&text, block);
  for (int i = 0; i < DEPTH; i++) wr__buffer_byte(&text, ')');
  wr__buffer_text(&text, ")");
  assert_int_equal(parse((const char *)text.data, text.size, &out), WR_OK);
  assert_true(out.size > 4 * DEPTH);
  wr__buffer_free(&out);
  /* And without its end. */
  assert_int_equal(parse((const char *)text.data, text.size / 2, &out), WR_MALFORMED);
  wr__buffer_free(&out);
  wr__buffer_free(&text);
}

static void deep_comments_and_annotations(void **state) {
  (void)state;
  wr__buffer text = {0}, out;
  for (int i = 0; i < 100000; i++) wr__buffer_text(&text, "(;");
  for (int i = 0; i < 100000; i++) wr__buffer_text(&text, ";)");
  wr__buffer_text(&text, "(@x ");
  for (int i = 0; i < 100000; i++) wr__buffer_text(&text, "(");
  for (int i = 0; i < 100000; i++) wr__buffer_text(&text, ")");
  wr__buffer_text(&text, ")");
  assert_int_equal(parse((const char *)text.data, text.size, &out), WR_OK);
  wr__buffer_free(&out);
  wr__buffer_free(&text);
}

static void lexical_errors(void **state) {
  (void)state;
  ERROR("(module", 1, 8, "unexpected token");
  ERROR("(module))", 1, 9, "unexpected token");
  ERROR("(func) (; open", 1, 8, "unclosed comment");
  ERROR("(export \"a", 1, 9, "unclosed string");
  ERROR("(export \"a\n\" (func 0))", 1, 9, "unclosed string");
  ERROR("(export \"\\q\")", 1, 10, "illegal escape");
  ERROR("(export \"\\u{110000}\")", 1, 10, "illegal escape");
  ERROR("(export \"\\u{d800}\")", 1, 10, "illegal escape");
  ERROR("(export \"\1\")", 1, 10, "illegal control character");
  ERROR(";; \xff\n", 1, 4, "malformed UTF-8 encoding");
  ERROR("(; \xc0\x80 ;)", 1, 4, "malformed UTF-8 encoding");
  ERROR("(export \"\xed\xa0\x80\")", 1, 10, "malformed UTF-8 encoding");
  ERROR("(export \"\\ff\" (func 0))", 1, 9, "malformed UTF-8 encoding");
  ERROR("(func \xc3\xa9)", 1, 7, "illegal character");
  ERROR("(func \0)", 1, 7, "illegal character");
  ERROR("(func $)", 1, 7, "empty identifier");
  ERROR("(@)", 1, 1, "empty annotation id");
  ERROR("(@x (", 1, 1, "unclosed annotation");
}

static void grammar_errors(void **state) {
  (void)state;
  ERROR("(module\n  (func\n    (i32.cosnt 1)))", 3, 6, "unknown operator i32.cosnt");
  ERROR("(func (i32.const))", 1, 17, "unexpected token ), expected an integer");
  ERROR("(func (i32.const 0x1_0000_0000))", 1, 18, "constant out of range");
  ERROR("(func (f32.const 1e39))", 1, 18, "constant out of range");
  ERROR("(func (f32.const nan:0x800000))", 1, 18, "constant out of range");
  ERROR("(func (local.get $x))", 1, 18, "unknown local $x");
  ERROR("(func (call $f))", 1, 13, "unknown function $f");
  ERROR("(func block $a (br $b) end)", 1, 20, "unknown label $b");
  ERROR("(func block $a end $b)", 1, 20, "mismatching label");
  ERROR("(func block)", 1, 12, "unexpected token ), expected");
  ERROR("(func (block end))", 1, 14, "unexpected token end");
  ERROR("(func $f) (func $f)", 1, 17, "duplicate func $f");
  ERROR("(func) (import \"a\" \"b\" (func))", 1, 8, "import after function");
  ERROR("(type (func)) (func (type 0) (param i32))", 1, 21, "inline function type");
  ERROR("(memory 1) (func (drop (i32.load align=3 (i32.const 0))))", 1, 34,
        "alignment must be a power of two");
  ERROR("(func (v128.const i32x4 1 2 3))", 1, 25, "wrong number of lane literals");
}

static void messages_show_the_line(void **state) {
  (void)state;
  ERROR("(module\n\t(func (foo)))", 2, 9, "unknown operator foo");
  assert_string_equal(error.message,
                      "unknown operator foo\n"
                      "    2 |  (func (foo)))\n"
                      "                ^");
}

static uint64_t float_bits(const char *text, unsigned size) {
  uint64_t bits = 0xdead;
  assert_true(wr__number_float(text, strlen(text), size, &bits));
  return bits;
}

static void floats_are_rounded_once(void **state) {
  (void)state;
  /* Halfway between two floats by double rounding only. */
  assert_int_equal(float_bits("0x1.00000100000000001p0", 4), 0x3f800001);
  assert_int_equal(float_bits("1.00000017881393432617187499", 4), 0x3f800001);
  assert_int_equal(float_bits("1.00000017881393432617187500", 4), 0x3f800002);
  assert_int_equal(float_bits("1_000.5", 8), 0x408f440000000000);
  assert_int_equal(float_bits("0x1p-149", 4), 1);
  assert_int_equal(float_bits("0x1p-150", 4), 0);
  assert_int_equal(float_bits("-0x1.8p-150", 4), 0x80000001);
  assert_int_equal(float_bits("-nan:0x1", 8), 0xfff0000000000001);
  assert_int_equal(float_bits("-inf", 4), 0xff800000);
  uint64_t bits;
  assert_true(wr__number_float("340282356779733661637539395458142568447", 39, 4, &bits));
  assert_false(wr__number_float("340282356779733661637539395458142568448", 39, 4, &bits));
}

static void number_kinds(void **state) {
  (void)state;
  static const struct {
    const char *text;
    wr__tok kind;
  } cases[] = {{"0", WR__TOK_NAT},         {"0x1_F", WR__TOK_NAT},     {"-1", WR__TOK_INT},
               {"1.", WR__TOK_FLOAT},      {"1.5e-3", WR__TOK_FLOAT},  {"0x1.8p+1", WR__TOK_FLOAT},
               {"nan:0x7", WR__TOK_FLOAT}, {"1__0", WR__TOK_RESERVED}, {"1_", WR__TOK_RESERVED},
               {"_1", WR__TOK_RESERVED},   {".5", WR__TOK_RESERVED},   {"1e", WR__TOK_RESERVED},
               {"0x", WR__TOK_RESERVED},   {"+", WR__TOK_RESERVED},    {"nan:1", WR__TOK_RESERVED},
               {"", WR__TOK_RESERVED}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(wr__number_kind(cases[i].text, strlen(cases[i].text)), cases[i].kind);
}

static void names_go_to_the_name_section(void **state) {
  (void)state;
  BINARY("(module $m (func $f (@name \"g\") (param $p i32)))",
         "\1\5\1\x60\1\x7f\0\3\2\1\0\x0a\4\1\2\0\x0b"
         "\0\x17\4name"
         "\0\2\1m"
         "\1\4\1\0\1g"
         "\2\6\1\0\1\0\1p");
}

static void custom_sections_stand_where_they_are_put(void **state) {
  (void)state;
  BINARY("(@custom \"z\" \"12\" \"3\") (@custom \"a\" (before first)) (type (func))",
         "\0\2\1a\1\4\1\x60\0\0\0\5\1z123");
}

static void every_truncation_is_an_error_or_a_module(void **state) {
  (void)state;
  static const char text[] =
      "(module $m (rec (type $a (sub (struct (field $x (mut i8)))))) (import \"a\" \"b\" (func $i))"
      "(memory (data \"x\\u{41}\")) (table 1 funcref) (elem (i32.const 0) func $f)"
      "(func $f (export \"e\") (param $p i32) (result v128) (local i64)"
      " (block $l (br_table $l 0 (local.get $p))) (v128.const i64x2 1 0xf))"
      "(@custom \"c\" (after func) \"x\"))";
  for (size_t size = 0; size < sizeof text; size++) {
    char *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    wr__buffer out;
    wr_status status = parse(copy, size, &out);
    assert_true(status == WR_OK ? size == 0 || size == sizeof text - 1 : status == WR_MALFORMED);
    wr__buffer_free(&out);
    free(copy);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(empty_modules),
      cmocka_unit_test(functions_and_implicit_types),
      cmocka_unit_test(equal_locals_are_one_run),
      cmocka_unit_test(folded_is_flat),
      cmocka_unit_test(deep_nesting_needs_no_stack),
      cmocka_unit_test(deep_comments_and_annotations),
      cmocka_unit_test(lexical_errors),
      cmocka_unit_test(grammar_errors),
      cmocka_unit_test(messages_show_the_line),
      cmocka_unit_test(floats_are_rounded_once),
      cmocka_unit_test(number_kinds),
      cmocka_unit_test(names_go_to_the_name_section),
      cmocka_unit_test(custom_sections_stand_where_they_are_put),
      cmocka_unit_test(every_truncation_is_an_error_or_a_module),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
