/* Programs made at random, as text: expressions, statements and loops over a few locals, a memory
 * of one page, a global $g and a function $mix of (i64, i32) to i64. */
#ifndef WR_RANDOM_PROGRAM_H
#define WR_RANDOM_PROGRAM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { I32_LOCALS = 5, I64_LOCALS = 3, F64_LOCALS = 3, TEXT_BYTES = 1 << 17 };

typedef struct maker {
  char *text;
  size_t size;
  uint64_t state;
  int loops;  /* loop counters in use: their locals are not written by the body */
  bool traps; /* now and then something traps */
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
  if (m->traps && pick(m, 30) == 0) {
    put(m, "(i32.add (local.get $i%u) (i32.const %u))", pick(m, I32_LOCALS), 65400 + pick(m, 200));
    return;
  }
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
  static const char *const divisions[] = {"div_s", "div_u", "rem_s", "rem_u"};
  static const char *const loads[] = {"i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u",
                                      "i32.load16_s"};
  uint32_t kind = depth <= 0 ? pick(m, 2) : pick(m, m->traps ? 16 : 14);
  switch (kind) {
    case 14:
      put(m, "(i32.%s ", divisions[pick(m, 4)]);
      make_i32(m, depth - 1);
      make_i32(m, depth - 1);
      put(m, ")");
      break;
    case 15:
      put(m, "(i32.trunc_%sf64_%c ", pick(m, 3) ? "sat_" : "", pick(m, 2) ? 's' : 'u');
      make_f64(m, depth - 1);
      put(m, ")");
      break;
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
      put(m, "(call $number ");
      make_f64(m, depth);
      put(m, "))");
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

/* What expressions call. */
#define RANDOM_PROGRAM_FUNCS                                                              \
  "(func $mix (param i64 i32) (result i64)\n"                                             \
  " (i64.add (i64.mul (local.get 0) (i64.const 31)) (i64.extend_i32_s (local.get 1))))\n" \
  "(func $number (param f64) (result f64)\n"                                              \
  " (select (local.get 0) (f64.const 1) (f64.eq (local.get 0) (local.get 0))))\n"

#endif
