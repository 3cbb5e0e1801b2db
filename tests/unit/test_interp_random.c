/* The interpreter's optimisations change nothing: programs made at random give the same results
 * and leave the same memory with and without each of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wasmrun.h"

enum { I32_LOCALS = 5, I64_LOCALS = 3, F64_LOCALS = 3, PROGRAMS = 300, TEXT_BYTES = 1 << 16 };

typedef struct maker {
  char *text;
  size_t size;
  uint64_t state;
  int loops; /* loop counters in use: their locals are not written by the body */
} maker;

static uint32_t pick(maker *m, uint32_t n) {
  m->state ^= m->state << 13;
  m->state ^= m->state >> 7;
  m->state ^= m->state << 17;
  return (uint32_t)((m->state >> 16) % n);
}

static void put(maker *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(maker *m, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(m->text + m->size, TEXT_BYTES - m->size, format, args);
  va_end(args);
  if (n > 0 && m->size + (size_t)n < TEXT_BYTES) m->size += (size_t)n;
}

static void make_i32(maker *m, int depth);
static void make_i64(maker *m, int depth);
static void make_f64(maker *m, int depth);

/* An address within the memory's first page, as real programs compute them. */
static void make_address(maker *m, int depth) {
  switch (pick(m, 4)) {
    case 0:
      put(m, "(i32.const %u)", pick(m, 4000));
      break;
    case 1:
      put(m, "(i32.and (local.get $i%u) (i32.const 4088))", pick(m, I32_LOCALS));
      break;
    case 2:
      put(m,
          "(i32.and (i32.add (local.get $i%u) (i32.shl (local.get $i%u) (i32.const %u))) "
          "(i32.const 4095))",
          pick(m, I32_LOCALS), pick(m, I32_LOCALS), pick(m, 4));
      break;
    default:
      put(m, "(i32.and ");
      make_i32(m, depth - 1);
      put(m, " (i32.const 2047))");
  }
}

static void make_condition(maker *m, int depth) {
  static const char *const compares[] = {"eq",   "ne",   "lt_s", "lt_u", "gt_s",
                                         "gt_u", "le_s", "le_u", "ge_s", "ge_u"};
  static const char *const float_compares[] = {"eq", "ne", "lt", "gt", "le", "ge"};
  switch (pick(m, 6)) {
    case 0:
      put(m, "(i32.eqz ");
      make_i32(m, depth - 1);
      put(m, ")");
      break;
    case 1:
      put(m, "(i64.%s ", compares[pick(m, 10)]);
      make_i64(m, depth - 1);
      make_i64(m, depth - 1);
      put(m, ")");
      break;
    case 2:
      put(m, "(f64.%s ", float_compares[pick(m, 6)]);
      make_f64(m, depth - 1);
      make_f64(m, depth - 1);
      put(m, ")");
      break;
    case 3:
      put(m, "(i32.eqz ");
      make_condition(m, depth - 1);
      put(m, ")");
      break;
    default:
      put(m, "(i32.%s ", compares[pick(m, 10)]);
      make_i32(m, depth - 1);
      make_i32(m, depth - 1);
      put(m, ")");
  }
}

/* A vector of two integers, one lane of it. */
static void make_lane(maker *m, int depth) {
  static const char *const ops[] = {"i32x4.add",   "i32x4.mul",  "i8x16.add",     "i16x8.min_s",
                                    "v128.xor",    "v128.and",   "i8x16.swizzle", "i16x8.sub",
                                    "i32x4.max_u", "i32x4.gt_s", "i8x16.avgr_u",  "i32x4.ne"};
  put(m, "(i32x4.extract_lane %u (%s (i32x4.splat ", pick(m, 4), ops[pick(m, 12)]);
  make_i32(m, depth - 1);
  if (pick(m, 2)) {
    put(m, ") (v128.load offset=%u ", pick(m, 2) * 16);
    make_address(m, depth - 1);
  } else {
    put(m, ") (i32x4.splat ");
    make_i32(m, depth - 1);
  }
  put(m, ")))");
}

static void make_i32(maker *m, int depth) {
  static const char *const counts[] = {"clz", "ctz", "popcnt", "extend8_s"};
  static const char *const ops[] = {"add", "sub",   "mul",   "and",  "or",  "xor",
                                    "shl", "shr_u", "shr_s", "rotl", "rotr"};
  static const char *const loads[] = {"i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u",
                                      "i32.load16_s"};
  uint32_t kind = depth <= 0 ? pick(m, 2) : pick(m, 14);
  switch (kind) {
    case 0:
      put(m, "(local.get $i%u)", pick(m, I32_LOCALS));
      break;
    case 1:
      put(m, "(i32.const %d)", (int)pick(m, 200) - 100);
      break;
    case 2:
      put(m, "(%s offset=%u ", loads[pick(m, 5)], pick(m, 3) * 8);
      make_address(m, depth - 1);
      put(m, ")");
      break;
    case 3:
      put(m, "(local.tee $i%u ", 2 + pick(m, I32_LOCALS - 2));
      make_i32(m, depth - 1);
      put(m, ")");
      break;
    case 4:
      put(m, "(i32.wrap_i64 ");
      make_i64(m, depth - 1);
      put(m, ")");
      break;
    case 5:
      make_condition(m, depth - 1);
      break;
    case 6:
      put(m, "(select ");
      make_i32(m, depth - 1);
      make_i32(m, depth - 1);
      make_condition(m, depth - 1);
      put(m, ")");
      break;
    case 7:
      put(m, "(global.get $g)");
      break;
    case 8:
      put(m, "(block (result i32) (br_if 0 ");
      make_i32(m, depth - 1);
      make_condition(m, depth - 1);
      put(m, ") (drop) ");
      make_i32(m, depth - 1);
      put(m, ")");
      break;
    case 9:
      put(m, "(i32.%s ", counts[pick(m, 4)]);
      make_i32(m, depth - 1);
      put(m, ")");
      break;
    case 10:
      make_lane(m, depth);
      break;
    default:
      put(m, "(i32.%s ", ops[pick(m, 11)]);
      make_i32(m, depth - 1);
      make_i32(m, depth - 1);
      put(m, ")");
  }
}

static void make_i64(maker *m, int depth) {
  static const char *const ops[] = {"add", "sub", "mul",   "and",   "or",
                                    "xor", "shl", "shr_u", "shr_s", "rotl"};
  switch (depth <= 0 ? pick(m, 2) : pick(m, 9)) {
    case 0:
      put(m, "(local.get $l%u)", pick(m, I64_LOCALS));
      break;
    case 1:
      put(m, "(i64.const %lld)",
          (long long)(pick(m, 2) ? (int64_t)m->state : (int64_t)pick(m, 100) - 50));
      break;
    case 2:
      put(m, "(i64.load offset=%u ", pick(m, 3) * 8);
      make_address(m, depth - 1);
      put(m, ")");
      break;
    case 3:
      put(m, "(local.tee $l%u ", pick(m, I64_LOCALS));
      make_i64(m, depth - 1);
      put(m, ")");
      break;
    case 4:
      put(m, "(i64.extend_i32_%c ", pick(m, 2) ? 'u' : 's');
      make_i32(m, depth - 1);
      put(m, ")");
      break;
    case 5:
      put(m, "(call $mix ");
      make_i64(m, depth - 1);
      make_i32(m, depth - 1);
      put(m, ")");
      break;
    default:
      put(m, "(i64.%s ", ops[pick(m, 10)]);
      make_i64(m, depth - 1);
      make_i64(m, depth - 1);
      put(m, ")");
  }
}

static void make_f64(maker *m, int depth) {
  static const char *const ops[] = {"add", "sub", "mul", "div", "min", "max"};
  static const char *const roundings[] = {"floor", "ceil", "trunc", "nearest", "neg"};
  switch (depth <= 0 ? pick(m, 2) : pick(m, 10)) {
    case 0:
      put(m, "(local.get $d%u)", pick(m, F64_LOCALS));
      break;
    case 1:
      put(m, "(f64.const %d.25)", (int)pick(m, 20) - 10);
      break;
    case 2:
      put(m, "(f64.convert_i32_s ");
      make_i32(m, depth - 1);
      put(m, ")");
      break;
    case 3:
      put(m, "(local.tee $d%u ", pick(m, F64_LOCALS));
      make_f64(m, depth - 1);
      put(m, ")");
      break;
    case 4:
      put(m, "(select ");
      make_f64(m, depth - 1);
      make_f64(m, depth - 1);
      make_condition(m, depth - 1);
      put(m, ")");
      break;
    case 5:
      put(m, "(f64.promote_f32 (f32.%s (f32.demote_f64 ", ops[pick(m, 4)]);
      make_f64(m, depth - 1);
      put(m, ") (f32.convert_i32_s ");
      make_i32(m, depth - 1);
      put(m, ")))");
      break;
    case 6:
      put(m, "(f64.%s ", roundings[pick(m, 5)]);
      make_f64(m, depth - 1);
      put(m, ")");
      break;
    default:
      put(m, "(f64.%s ", ops[pick(m, 6)]);
      make_f64(m, depth - 1);
      make_f64(m, depth - 1);
      put(m, ")");
  }
}

static void make_statements(maker *m, int depth, int count);

static void make_loop(maker *m, int depth) {
  uint32_t counter = m->loops++ ? 1 : 0;
  int step = 1 + (int)pick(m, 3);
  put(m, "(local.set $i%u (i32.const 0)) (loop ", counter);
  make_statements(m, depth - 1, 2);
  for (uint32_t k = pick(m, 4); k > 0; k--)
    put(m, "(local.set $i%u (i32.add (local.get $i%u) (i32.const %d)))",
        2 + pick(m, I32_LOCALS - 2), 2 + pick(m, I32_LOCALS - 2), (int)pick(m, 16));
  put(m,
      "(br_if 0 (i32.lt_u (local.tee $i%u (i32.add (local.get $i%u) (i32.const %d))) (i32.const "
      "%u))))",
      counter, counter, step, 3 + pick(m, 6));
  m->loops--;
}

static void make_statement(maker *m, int depth) {
  switch (pick(m, 11)) {
    case 0:
      put(m, "(i32.store offset=%u ", pick(m, 2) * 4);
      make_address(m, depth);
      make_i32(m, depth);
      put(m, ")");
      break;
    case 1:
      put(m, "(i64.store ");
      make_address(m, depth);
      make_i64(m, depth);
      put(m, ")");
      break;
    case 2:
      put(m, "(f64.store ");
      make_address(m, depth);
      make_f64(m, depth);
      put(m, ")");
      break;
    case 3:
      put(m, "(i32.store8 ");
      make_address(m, depth);
      make_i32(m, depth);
      put(m, ")");
      break;
    case 4:
      put(m, "(local.set $l%u ", pick(m, I64_LOCALS));
      make_i64(m, depth);
      put(m, ")");
      break;
    case 5:
      put(m, "(local.set $d%u ", pick(m, F64_LOCALS));
      make_f64(m, depth);
      put(m, ")");
      break;
    case 6:
      put(m, "(global.set $g ");
      make_i32(m, depth);
      put(m, ")");
      break;
    case 7:
      put(m, "(if ");
      make_condition(m, depth);
      put(m, " (then ");
      make_statements(m, depth - 1, 2);
      put(m, ") (else ");
      make_statements(m, depth - 1, 1);
      put(m, "))");
      break;
    case 8:
      if (depth > 1 && m->loops < 2) {
        make_loop(m, depth);
        break;
      }
      put(m, "(drop ");
      make_i32(m, depth);
      put(m, ")");
      break;
    case 9:
      put(m, "(local.set $i%u (local.get $i%u))", 2 + pick(m, I32_LOCALS - 2), pick(m, I32_LOCALS));
      break;
    default:
      put(m, "(local.set $i%u ", 2 + pick(m, I32_LOCALS - 2));
      make_i32(m, depth);
      put(m, ")");
  }
  put(m, "\n");
}

static void make_statements(maker *m, int depth, int count) {
  if (depth <= 0) return;
  for (int k = 0; k < count; k++) make_statement(m, depth);
}

static void make_module(maker *m, uint64_t seed) {
  m->state = seed * 0x9e3779b97f4a7c15u + 1;
  m->size = 0;
  m->loops = 0;
  put(m,
      "(module (memory (export \"memory\") 1) (global $g (mut i32) (i32.const 7))\n"
      "(func $mix (param i64 i32) (result i64)\n"
      " (i64.add (i64.mul (local.get 0) (i64.const 31)) (i64.extend_i32_s (local.get 1))))\n"
      "(func (export \"run\") (param $i0 i32) (param $i1 i32) (param $i2 i32) (result i64)\n"
      "(local $i3 i32) (local $i4 i32) (local $l0 i64) (local $l1 i64) (local $l2 i64)\n"
      "(local $d0 f64) (local $d1 f64) (local $d2 f64)\n");
  make_statements(m, 4, 8);
  put(m,
      "(i64.add (i64.add (i64.extend_i32_u (i32.add (local.get $i2) (i32.mul (local.get $i3) "
      "(local.get $i4))))\n"
      " (i64.add (local.get $l0) (i64.mul (local.get $l1) (local.get $l2)))) (i64.extend_i32_u "
      "(global.get $g)))))");
}

/* The result and a digest of the memory afterwards, with some optimisations off. */
static uint64_t run_with(const maker *m, uint32_t off) {
  wasm_config_t *config = wasm_config_new();
  for (int k = WR_OPTIMISE_FUSION; k <= WR_OPTIMISE_WIDE; k++)
    wr_config_set_optimisation(config, (wr_optimisation)k, !(off >> k & 1));
  wr_config_set_engine(config, WR_ENGINE_INTERP);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wr_error error;
  wasm_byte_vec_t binary;
  if (wr_text_to_binary(m->text, m->size, &binary, &error) != WR_OK) fail_msg("%s", error.message);
  wasm_module_t *module;
  if (wr_module_new(engine, binary.data, binary.size, &module, &error) != WR_OK)
    fail_msg("%s", error.message);
  wasm_instance_t *instance;
  assert_int_equal(wr_instance_new(store, module, NULL, 0, &instance, NULL, &error), WR_OK);
  wasm_extern_t *run = wr_instance_export(instance, "run", 3),
                *memory = wr_instance_export(instance, "memory", 6);
  uint64_t digest = 14695981039346656037u;
  for (int32_t n = 0; n < 3; n++) {
    wr_val args[3] = {{.type = WR_I32, .of.i32 = n},
                      {.type = WR_I32, .of.i32 = 1000 * n},
                      {.type = WR_I32, .of.i32 = -n}};
    wr_val result = {0};
    wasm_trap_t *trap = NULL;
    wr_status status = wr_func_call(wasm_extern_as_func(run), args, 3, &result, 1, &trap);
    digest = (digest ^ (uint64_t)status) * 1099511628211u;
    if (status == WR_OK) digest = (digest ^ (uint64_t)result.of.i64) * 1099511628211u;
    wasm_trap_delete(trap);
  }
  const byte_t *bytes = wasm_memory_data(wasm_extern_as_memory(memory));
  for (size_t k = 0; k < 65536; k++) digest = (digest ^ (uint8_t)bytes[k]) * 1099511628211u;
  wasm_extern_delete(run);
  wasm_extern_delete(memory);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_byte_vec_delete(&binary);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return digest;
}

static void test_optimisations_change_nothing(void **state) {
  (void)state;
  maker m = {.text = malloc(TEXT_BYTES)};
  assert_non_null(m.text);
  for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
    make_module(&m, seed);
    uint32_t all = (2u << WR_OPTIMISE_WIDE) - 1;
    uint64_t plain = run_with(&m, all);
    for (uint32_t off = 0; off < all; off = off ? off << 1 : 1) {
      uint64_t other = run_with(&m, off);
      if (other != plain)
        fail_msg("seed %u differs with optimisations %#x off\n%s", (unsigned)seed, off, m.text);
    }
  }
  free(m.text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_optimisations_change_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
