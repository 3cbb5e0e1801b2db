/* Unit tests of validate/: the rules, the messages with what was found, and what visitors see. */
#include <stdio.h>

#include "frontend.h"
#include "validate/walker.h"

static void valid_bodies_pass(void **state) {
  (void)state;
  static const char *const modules[] = {
      "(module (func (result i32) (unreachable) (i32.add)))",
      "(module (func (block (br 0) (drop))))",
      "(module (func (param i32) (result i32) (if (result i32) (local.get 0)"
      " (then (i32.const 1)) (else (unreachable)))))",
      "(module (type $t (func)) (func (local $x (ref $t)) (local.set $x (ref.func 0))"
      " (call_ref $t (local.get $x))) (elem declare func 0))",
      "(module (tag $e (param i32)) (func (result i32)"
      " (try (result i32) (do (throw $e (i32.const 1))) (catch $e) (catch_all (rethrow 0)))))",
      "(module (func (result i64) (select (unreachable) (i64.const 1) (i32.const 0))))",
      "(module (memory i64 1) (memory 1) (func (memory.copy 0 1"
      " (i64.const 0) (i32.const 0) (i32.const 1))))",
      "(module (type $a (array (mut i16))) (func (param (ref $a)) (result i32)"
      " (array.get_u $a (local.get 0) (i32.const 0))))",
      "(module (func (param anyref) (result i31ref)"
      " (br_on_cast 0 anyref i31ref (local.get 0)) (unreachable)))",
  };
  for (size_t i = 0; i < WR_ARRAY_COUNT(modules); i++) expect(WR_OK, "", modules[i]);
}

static void invalid_bodies_are_explained(void **state) {
  (void)state;
  const struct {
    const char *message, *text;
  } cases[] = {
      {"type mismatch: instruction requires [i32 i32] but stack has [i32 i64] (i32.add)",
       "(module (func (drop (i32.add (i32.const 1) (i64.const 2)))))"},
      {"type mismatch: instruction requires [i32] but stack has []",
       "(module (func (drop (i32.eqz))))"},
      {"type mismatch: block requires [] but stack has [i32]", "(module (func (i32.const 1)))"},
      {"type mismatch: instruction requires [(ref 0)] but stack has [(ref null 0)]",
       "(module (type (func)) (func (param (ref null 0)) (result (ref 0)) (local.get 0)))"},
      {"type mismatch: instruction requires [number or vector]",
       "(module (func (param funcref) (drop (select (local.get 0) (local.get 0) (i32.const 1)))))"},
      {"unknown local 7", "(module (func (drop (local.get 7))))"},
      {"unknown label 1", "(module (func (br 1)))"},
      {"unknown function 9", "(module (func (call 9)))"},
      {"unknown memory 0", "(module (func (drop (i32.load (i32.const 0)))))"},
      {"unknown global 0", "(module (func (drop (global.get 0))))"},
      {"immutable global 0",
       "(module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 1))))"},
      {"uninitialized local 0", "(module (func (local (ref func)) (drop (local.get 0))))"},
      {"uninitialized local 1", /* set in a block alone */
       "(module (func (param $f (ref func)) (local $x (ref func))"
       " (block (local.set $x (local.get $f))) (drop (local.get $x)))"
       ")"},
      {"undeclared function reference 0", "(module (func (drop (ref.func 0))))"},
      {"alignment must not be larger than natural",
       "(module (memory 1) (func (drop (i32.load align=8 (i32.const 0)))))"},
      {"alignment must be equal to natural",
       "(module (memory 1) (func (drop (i32.atomic.load align=2 (i32.const 0)))))"},
      {"invalid lane index 4",
       "(module (func (drop (i32x4.extract_lane 4 (v128.const i32x4 0 0 0 0)))))"},
      {"constant expression required: i32.div_s is not constant",
       "(module (global i32 (i32.div_s (i32.const 1) (i32.const 1))))"},
      {"sub type 1 does not match super type 0",
       "(module (type $a (struct)) (type $b (sub $a (struct))))"},
      {"duplicate export name", "(module (func) (export \"a\" (func 0)) (export \"a\" (func 0)))"},
      {"start function", "(module (func (param i32)) (start 0))"},
      {"size minimum must not be greater than maximum", "(module (memory 2 1))"},
      {"memory size must be at most 65536 pages (4GiB)", "(module (memory 65537))"},
      {"shared memory must have maximum", "(module (memory 1 shared))"},
      {"immutable array 0",
       "(module (type (array i8)) (func (param (ref 0))"
       " (array.set 0 (local.get 0) (i32.const 0) (i32.const 0))))"},
      {"invalid rethrow label 0", "(module (func (rethrow 0)))"},
      {"unknown tag 0", "(module (func (throw 0)))"},
  };
  for (size_t i = 0; i < WR_ARRAY_COUNT(cases); i++)
    expect(WR_INVALID, cases[i].message, cases[i].text);
}

static void errors_name_function_and_offset(void **state) {
  (void)state;
  wr_error error;
  wr_status status = decode_text(
      engine, "(module (import \"\" \"\" (func)) (func) (func nop nop (drop (local.get 0))))",
      &error);
  assert_int_equal(status, WR_INVALID);
  assert_int_equal(error.func_index, 2);
  wr__buffer binary = {0};
  assemble("(module (import \"\" \"\" (func)) (func) (func nop nop (drop (local.get 0))))",
           &binary);
  assert_int_equal(binary.data[error.offset], 0x20);
  wr__buffer_free(&binary);
}

/* Locals beyond the first hundreds are kept by runs: each has its own type still. */
static void many_locals_keep_their_types(void **state) {
  (void)state;
  enum { MANY = 400 };
  char *module = malloc(MANY * 12 + 400);
  assert_non_null(module);
  for (int wrong = 0; wrong < 2; wrong++) {
    char *at = module;
    at += sprintf(at, "(module (func (param f64) (local i64)");
    for (int i = 0; i < MANY; i++) at += sprintf(at, " (local %s)", i % 100 < 99 ? "i32" : "f32");
    at += sprintf(at, " (local (ref func))");
    sprintf(at,
            " (local.set 0 (f64.const 0)) (local.set 1 (i64.const 0)) (drop (i32.eqz (local.get"
            " 100))) (drop (f32.neg (local.get %d))) (drop (i32.eqz (local.get %d)))"
            " (local.set %d (ref.func 0)) (drop (local.get %d))) (elem declare func 0))",
            2 + 399, 2 + 398 + wrong, 2 + MANY, 2 + MANY);
    expect(wrong ? WR_INVALID : WR_OK,
           "type mismatch: instruction requires [i32] but stack has [f32]", module);
  }
  sprintf(module, "(module (func (local");
  for (int i = 0; i < MANY; i++) strcat(module, " i32");
  strcat(module, ") (local (ref func)) (drop (local.get 400))))");
  expect(WR_INVALID, "uninitialized local 400", module);
  strcpy(strstr(module, "(drop"), "(drop (local.get 401))))");
  expect(WR_INVALID, "unknown local 401", module);
  free(module);
}

/* ---- Visitors ---- */

typedef struct seen {
  uint16_t ops[32];
  wr_valtype operand_types[32];
  uint32_t stack_counts[32];
  bool fell_through[32];
  uint32_t count;
} seen;

static wr_status note(void *context, wr__walker *w, const wr__instr *instr) {
  seen *s = context;
  s->ops[s->count] = instr->op;
  s->operand_types[s->count] = instr->operand_type;
  s->stack_counts[s->count] = w->stack_count;
  s->fell_through[s->count++] = w->fell_through;
  return WR_OK;
}

static seen visit(const char *text) {
  wr__buffer binary = {0};
  assemble(text, &binary);
  wr__module *m;
  wr_error error;
  if (wr__module_decode(engine, binary.data, binary.size, WR__BYTES_BORROWED, &m, &error) != WR_OK)
    fail_msg("%s", error.message);
  seen s = {0};
  wr__walker w;
  wr__walker_init(&w, m, &error);
  assert_int_equal(wr__walk_func(&w, 0, &(wr__visitor){note, &s}), WR_OK);
  wr__walker_free(&w);
  wr__module_release(m);
  wr__buffer_free(&binary);
  return s;
}

/* What is never reached is not visited, but for the seams of frames that were entered. */
static void visitors_see_live_code(void **state) {
  (void)state;
  seen s = visit(
      "(module (func (param i32) (result i32)"
      " (if (result i32) (local.get 0)"
      "   (then (return (i32.const 1)) (block nop) (drop))"
      "   (else (i32.const 2)))))");
  const uint16_t ops[] = {WR__OP_local_get, WR__OP_if,        WR__OP_i32_const, WR__OP_return,
                          WR__OP_else,      WR__OP_i32_const, WR__OP_end,       WR__OP_end};
  const uint32_t counts[] = {1, 0, 1, 0, 0, 1, 1, 1};
  assert_int_equal(s.count, WR_ARRAY_COUNT(ops));
  for (size_t i = 0; i < WR_ARRAY_COUNT(ops); i++) {
    assert_int_equal(s.ops[i], ops[i]);
    assert_int_equal(s.stack_counts[i], counts[i]);
  }
  assert_false(s.fell_through[4]); /* the return before else */
  assert_true(s.fell_through[6]);
}

static void visitors_get_operand_types(void **state) {
  (void)state;
  seen s = visit("(module (func (param f64) (drop (local.get 0)) (drop (ref.null func))))");
  assert_int_equal(s.ops[1], WR__OP_drop);
  assert_true(s.operand_types[1] == WR_F64);
  assert_true(s.operand_types[3] == WR_REF_NULL_TYPE(WR_HEAP_FUNC));
}

static wr_status refuse(void *context, wr__walker *w, const wr__instr *instr) {
  (void)context, (void)w;
  return instr->op == WR__OP_nop ? WR_INTERRUPTED : WR_OK;
}

static void visitors_can_stop_the_walk(void **state) {
  (void)state;
  wr__buffer binary = {0};
  assemble("(module (func (drop (i32.const 1)) nop))", &binary);
  wr__module *m;
  assert_int_equal(
      wr__module_decode(engine, binary.data, binary.size, WR__BYTES_BORROWED, &m, NULL), WR_OK);
  wr__walker w;
  wr__walker_init(&w, m, NULL);
  assert_int_equal(wr__walk_func(&w, 0, &(wr__visitor){refuse, NULL}), WR_INTERRUPTED);
  assert_int_equal(wr__walk_func(&w, 0, NULL), WR_OK); /* and it can be used again */
  wr__walker_free(&w);
  wr__module_release(m);
  wr__buffer_free(&binary);
}

/* Two bytes may push a thousand operands: the stack has a limit. */
static void operand_stack_is_limited(void **state) {
  (void)state;
  enum { CALLS = 2000 };
  wr__buffer text = {0};
  char *module = malloc(1000 * 4 + CALLS * 9 + 200), *at = module;
  assert_non_null(module);
  at += sprintf(at, "(module (import \"\" \"\" (func (result");
  for (int i = 0; i < 1000; i++) at += sprintf(at, " i32");
  at += sprintf(at, "))) (func");
  for (int i = 0; i < CALLS; i++) at += sprintf(at, " (call 0)");
  sprintf(at, " unreachable))");
  wr_error error;
  assert_int_equal(decode_text(engine, module, &error), WR_UNSUPPORTED);
  assert_starts_with(error.message, "too many operands");
  free(module);
  wr__buffer_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(valid_bodies_pass),
      cmocka_unit_test(invalid_bodies_are_explained),
      cmocka_unit_test(errors_name_function_and_offset),
      cmocka_unit_test(many_locals_keep_their_types),
      cmocka_unit_test(visitors_see_live_code),
      cmocka_unit_test(visitors_get_operand_types),
      cmocka_unit_test(visitors_can_stop_the_walk),
      cmocka_unit_test(operand_stack_is_limited),
  };
  return cmocka_run_group_tests(tests, make_engine, free_engine);
}
