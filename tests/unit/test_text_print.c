/* The printer: what it shows, that its output parses to the same module, and that no bytes hurt it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wasmrun.h"

static wasm_byte_vec_t to_binary(const char *text, size_t size) {
  wasm_byte_vec_t out;
  wr_error error;
  if (wr_text_to_binary(text, size, &out, &error) != WR_OK)
    fail_msg("%s\n%.*s", error.message, (int)size, text);
  return out;
}

static wasm_byte_vec_t to_text(const wasm_byte_vec_t *binary, bool folded, bool no_names) {
  wasm_byte_vec_t out;
  wr_error error;
  wr_print_options options = {.folded = folded, .no_names = no_names};
  if (wr_binary_to_text(binary->data, binary->size, &options, &out, &error) != WR_OK)
    fail_msg("%s", error.message);
  return out;
}

static void assert_printed(const char *text, bool folded, const char *expected) {
  wasm_byte_vec_t binary = to_binary(text, strlen(text));
  wasm_byte_vec_t printed = to_text(&binary, folded, false);
  if (printed.size != strlen(expected) || memcmp(printed.data, expected, printed.size))
    fail_msg("printed\n%.*s\nexpected\n%s", (int)printed.size, printed.data, expected);
  wasm_byte_vec_delete(&binary);
  wasm_byte_vec_delete(&printed);
}

static const char sample[] =
    "(module $m (func $add (param $a i32) (param i32) (result i32)"
    " (local $t i32) local.get $a local.get 1 i32.add local.tee $t if (result i32) i32.const 1"
    " else local.get $t end))";

static void flat(void **state) {
  (void)state;
  assert_printed(sample, false,
                 "(module (@name \"m\")\n"
                 "  (type (;0;) (func (param i32 i32) (result i32)))\n"
                 "  (func $add (type 0) (param $a i32) (param i32) (result i32)\n"
                 "    (local $t i32)\n"
                 "    local.get $a\n"
                 "    local.get 1\n"
                 "    i32.add\n"
                 "    local.tee $t\n"
                 "    if (result i32)\n"
                 "      i32.const 1\n"
                 "    else\n"
                 "      local.get $t\n"
                 "    end))\n");
}

static void folded(void **state) {
  (void)state;
  assert_printed(sample, true,
                 "(module (@name \"m\")\n"
                 "  (type (;0;) (func (param i32 i32) (result i32)))\n"
                 "  (func $add (type 0) (param $a i32) (param i32) (result i32)\n"
                 "    (local $t i32)\n"
                 "    (if (result i32)\n"
                 "      (local.tee $t\n"
                 "        (i32.add (local.get $a) (local.get 1)))\n"
                 "      (then (i32.const 1))\n"
                 "      (else (local.get $t)))))\n");
}

/* Text that shows most of the grammar. */
static const char *const modules[] = {
    "(type $s (sub (struct (field $x (mut i8)) (field f64))))"
    "(rec (type $a (array (mut (ref null $a)))) (type $b (sub final $s (struct (field (mut i8) f64 "
    "i32)))))"
    "(func (param (ref $s)) (result i32) (struct.get_u $s $x (local.get 0)))",
    "(memory $m i64 1 2) (memory 1 1 shared) (memory (pagesize 1) (data \"\\00\\ff\\\"x\"))"
    "(func (drop (v128.load8_lane $m offset=8 align=1 3 (i64.const -1) (v128.const f64x2 -1 "
    "nan:0x1)))"
    " (memory.copy 1 $m (i32.const 1) (i64.const 2) (i32.const 3)))",
    "(table $t 1 2 funcref) (table i64 1 (ref null func) (ref.null func)) (elem $e (table 1) "
    "(i64.const 0)"
    " funcref (ref.null func) (item ref.func 0)) (elem declare func 0) (elem func 0)"
    "(func (call_indirect 1 (param f32) (f32.const -0x1.8p-149) (i64.const 0)) (table.init 1 0 "
    "(i64.const 0)"
    " (i32.const 1) (i32.const 2)))",
    "(tag $e (param i32)) (func (try_table (catch $e 0) (catch_all_ref 0) unreachable)"
    " (try (do nop) (catch $e drop) (catch_all (rethrow 0))) (try (do) (delegate 0)))",
    "(func (param i32) (@metadata.code.branch_hint \"\\01\") (if (local.get 0) (then nop))"
    " block local.get 0 (@metadata.code.branch_hint \"\\00\") br_if 0 end)",
    "(func $\"a b\") (func $\"a\\22\") (export \"\\u{1f600}\" (func 0)) (start $\"a b\")"
    "(@custom \"c\" (before first) \"\\00\") (@custom \"d\" (after code) \"x\")",
    "(func (result f32 f64) f32.const nan:0x200000 f64.const 1e308) (global f32 (f32.const -inf))"
    "(global i32 i32.const 1 i32.const 2 i32.add)",
    "(func (param i32) local.get 0 call 0 i32.const 1 i32.const 2 i32.add drop local.get 0 block "
    "(param i32)"
    " (result i32) end i32.const 1 i32.add drop)",
};

/* Parsing what was printed must give the same bytes; the modules have no custom sections but names,
 * hints and @custom, all of which are printed. */
static void round_trips(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
    for (int form = 0; form < 2; form++) {
      const char *source = modules[i];
      wasm_byte_vec_t first = to_binary(source, strlen(source));
      wasm_byte_vec_t text = to_text(&first, form == 1, false);
      wasm_byte_vec_t second = to_binary(text.data, text.size);
      if (first.size != second.size || memcmp(first.data, second.data, first.size))
        fail_msg("differs after printing:\n%.*s", (int)text.size, text.data);
      wasm_byte_vec_delete(&first);
      wasm_byte_vec_delete(&text);
      wasm_byte_vec_delete(&second);
    }
}

static void names_can_be_left_out(void **state) {
  (void)state;
  wasm_byte_vec_t binary = to_binary(sample, strlen(sample));
  wasm_byte_vec_t text = to_text(&binary, false, true);
  assert_null(memmem(text.data, text.size, "$", 1));
  wasm_byte_vec_delete(&binary);
  wasm_byte_vec_delete(&text);
}

/* Every prefix, and every single byte changed, gives text or an error. */
static void damaged_binaries(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
    wasm_byte_vec_t binary = to_binary(modules[i], strlen(modules[i]));
    for (size_t at = 0; at < binary.size * 4; at++) {
      static const char values[] = {0, 1, 0x40, (char)0xff};
      size_t size = at < binary.size ? at : binary.size;
      char *copy = malloc(size + 1);
      assert_non_null(copy);
      memcpy(copy, binary.data, size);
      if (at >= binary.size) copy[at % binary.size] = values[at / binary.size];
      for (int form = 0; form < 2; form++) {
        wasm_byte_vec_t out;
        wr_error error;
        wr_print_options options = {.folded = form == 1};
        wr_status status = wr_binary_to_text(copy, size, &options, &out, &error);
        assert_true(status == WR_OK || status == WR_MALFORMED);
        if (status == WR_OK) wasm_byte_vec_delete(&out);
      }
      free(copy);
    }
    wasm_byte_vec_delete(&binary);
  }
}

static void deep_nesting_prints_in_linear_space(void **state) {
  (void)state;
  enum { DEPTH = 100000 };
  char *text = malloc(DEPTH * 16 + 64);
  assert_non_null(text);
  size_t size = (size_t)sprintf(text, "(func ");
  for (int i = 0; i < DEPTH; i++) size += (size_t)sprintf(text + size, "block ");
  for (int i = 0; i < DEPTH; i++) size += (size_t)sprintf(text + size, "end ");
  size += (size_t)sprintf(text + size, ")");
  wasm_byte_vec_t binary = to_binary(text, size);
  for (int form = 0; form < 2; form++) {
    wasm_byte_vec_t printed = to_text(&binary, form == 1, false);
    assert_true(printed.size < 200 * (size_t)DEPTH);
    wasm_byte_vec_t again = to_binary(printed.data, printed.size);
    assert_int_equal(again.size, binary.size);
    wasm_byte_vec_delete(&printed);
    wasm_byte_vec_delete(&again);
  }
  wasm_byte_vec_delete(&binary);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(flat),
      cmocka_unit_test(folded),
      cmocka_unit_test(round_trips),
      cmocka_unit_test(names_can_be_left_out),
      cmocka_unit_test(damaged_binaries),
      cmocka_unit_test(deep_nesting_prints_in_linear_space),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
