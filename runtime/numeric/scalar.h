/* The meaning of every plain numeric instruction on i32, i64, f32 and f64, written once: the
 * interpreter's handlers and constant folding call these functions.
 *
 *   wr__num_<name>     what the instruction computes. Where it can trap, the check has passed.
 *   wr__check_<name>   WR_TRAP_NONE, or why these operands trap.
 *
 * Integers are unsigned; an instruction whose name ends in _s reads them as two's complement.
 * No operands, however chosen, are undefined behaviour once the check has passed. Floats are
 * computed in their own format, in the default rounding mode, and never fused: the build has
 * -ffp-contract=off. A NaN that an operation makes or passes on is quiet, its payload is that
 * of an operand or zero; sign operations and reinterpretation keep all bits.
 * Spec: exec/numerics. */
#ifndef WR__NUMERIC_SCALAR_H
#define WR__NUMERIC_SCALAR_H

#include "base/base.h"
#include "numeric/float_bits.h"
#include "numeric/platform/arch.h" /* sqrt, ceil, floor, trunc, nearest, min, max */

/* A row each: result type, name, operand type, and the result in terms of a (and b). */
#define WR__UNARY(R, name, A, result) \
  static inline R wr__num_##name(A a) { return (R)(result); }
#define WR__BINARY(R, name, A, result) \
  static inline R wr__num_##name(A a, A b) { return (R)(result); }

/* clang-format off */
/* Spec: exec/numerics, integer operations. Shift counts are modulo the width. */
WR__BINARY(uint32_t, i32_add, uint32_t, a + b)
WR__BINARY(uint32_t, i32_sub, uint32_t, a - b)
WR__BINARY(uint32_t, i32_mul, uint32_t, a * b)
WR__BINARY(uint32_t, i32_and, uint32_t, a & b)
WR__BINARY(uint32_t, i32_or, uint32_t, a | b)
WR__BINARY(uint32_t, i32_xor, uint32_t, a ^ b)
WR__BINARY(uint32_t, i32_shl, uint32_t, a << (b & 31))
WR__BINARY(uint32_t, i32_shr_s, uint32_t, (int32_t)a >> (b & 31))
WR__BINARY(uint32_t, i32_shr_u, uint32_t, a >> (b & 31))
WR__BINARY(uint32_t, i32_rotl, uint32_t, (a << (b & 31)) | (a >> (-b & 31)))
WR__BINARY(uint32_t, i32_rotr, uint32_t, (a >> (b & 31)) | (a << (-b & 31)))
WR__BINARY(uint32_t, i32_div_s, uint32_t, (int32_t)a / (int32_t)b)
WR__BINARY(uint32_t, i32_div_u, uint32_t, a / b)
/* The remainder by -1 is 0, also where the quotient would overflow. */
WR__BINARY(uint32_t, i32_rem_s, uint32_t, (int32_t)b == -1 ? 0 : (int32_t)a % (int32_t)b)
WR__BINARY(uint32_t, i32_rem_u, uint32_t, a % b)
WR__UNARY(uint32_t, i32_clz, uint32_t, a ? __builtin_clz(a) : 32)
WR__UNARY(uint32_t, i32_ctz, uint32_t, a ? __builtin_ctz(a) : 32)
WR__UNARY(uint32_t, i32_popcnt, uint32_t, __builtin_popcount(a))
WR__UNARY(uint32_t, i32_extend8_s, uint32_t, (int8_t)a)
WR__UNARY(uint32_t, i32_extend16_s, uint32_t, (int16_t)a)
WR__UNARY(uint32_t, i32_eqz, uint32_t, a == 0)
WR__BINARY(uint32_t, i32_eq, uint32_t, a == b)
WR__BINARY(uint32_t, i32_ne, uint32_t, a != b)
WR__BINARY(uint32_t, i32_lt_s, uint32_t, (int32_t)a < (int32_t)b)
WR__BINARY(uint32_t, i32_lt_u, uint32_t, a < b)
WR__BINARY(uint32_t, i32_gt_s, uint32_t, (int32_t)a > (int32_t)b)
WR__BINARY(uint32_t, i32_gt_u, uint32_t, a > b)
WR__BINARY(uint32_t, i32_le_s, uint32_t, (int32_t)a <= (int32_t)b)
WR__BINARY(uint32_t, i32_le_u, uint32_t, a <= b)
WR__BINARY(uint32_t, i32_ge_s, uint32_t, (int32_t)a >= (int32_t)b)
WR__BINARY(uint32_t, i32_ge_u, uint32_t, a >= b)
/* clang-format on */

/* clang-format off */
/* Spec: exec/numerics, integer operations. Shift counts are modulo the width. */
WR__BINARY(uint64_t, i64_add, uint64_t, a + b)
WR__BINARY(uint64_t, i64_sub, uint64_t, a - b)
WR__BINARY(uint64_t, i64_mul, uint64_t, a * b)
WR__BINARY(uint64_t, i64_and, uint64_t, a & b)
WR__BINARY(uint64_t, i64_or, uint64_t, a | b)
WR__BINARY(uint64_t, i64_xor, uint64_t, a ^ b)
WR__BINARY(uint64_t, i64_shl, uint64_t, a << (b & 63))
WR__BINARY(uint64_t, i64_shr_s, uint64_t, (int64_t)a >> (b & 63))
WR__BINARY(uint64_t, i64_shr_u, uint64_t, a >> (b & 63))
WR__BINARY(uint64_t, i64_rotl, uint64_t, (a << (b & 63)) | (a >> (-b & 63)))
WR__BINARY(uint64_t, i64_rotr, uint64_t, (a >> (b & 63)) | (a << (-b & 63)))
WR__BINARY(uint64_t, i64_div_s, uint64_t, (int64_t)a / (int64_t)b)
WR__BINARY(uint64_t, i64_div_u, uint64_t, a / b)
/* The remainder by -1 is 0, also where the quotient would overflow. */
WR__BINARY(uint64_t, i64_rem_s, uint64_t, (int64_t)b == -1 ? 0 : (int64_t)a % (int64_t)b)
WR__BINARY(uint64_t, i64_rem_u, uint64_t, a % b)
WR__UNARY(uint64_t, i64_clz, uint64_t, a ? __builtin_clzll(a) : 64)
WR__UNARY(uint64_t, i64_ctz, uint64_t, a ? __builtin_ctzll(a) : 64)
WR__UNARY(uint64_t, i64_popcnt, uint64_t, __builtin_popcountll(a))
WR__UNARY(uint64_t, i64_extend8_s, uint64_t, (int8_t)a)
WR__UNARY(uint64_t, i64_extend16_s, uint64_t, (int16_t)a)
WR__UNARY(uint64_t, i64_extend32_s, uint64_t, (int32_t)a)
WR__UNARY(uint32_t, i64_eqz, uint64_t, a == 0)
WR__BINARY(uint32_t, i64_eq, uint64_t, a == b)
WR__BINARY(uint32_t, i64_ne, uint64_t, a != b)
WR__BINARY(uint32_t, i64_lt_s, uint64_t, (int64_t)a < (int64_t)b)
WR__BINARY(uint32_t, i64_lt_u, uint64_t, a < b)
WR__BINARY(uint32_t, i64_gt_s, uint64_t, (int64_t)a > (int64_t)b)
WR__BINARY(uint32_t, i64_gt_u, uint64_t, a > b)
WR__BINARY(uint32_t, i64_le_s, uint64_t, (int64_t)a <= (int64_t)b)
WR__BINARY(uint32_t, i64_le_u, uint64_t, a <= b)
WR__BINARY(uint32_t, i64_ge_s, uint64_t, (int64_t)a >= (int64_t)b)
WR__BINARY(uint32_t, i64_ge_u, uint64_t, a >= b)
/* clang-format on */

/* Spec: exec/numerics, idiv_s: a quotient that does not fit is undefined, and so traps. */
static inline wr_trap_kind wr__check_i32_div_s(uint32_t a, uint32_t b) {
  if (WR_UNLIKELY(b == 0)) return WR_TRAP_INTEGER_DIVIDE_BY_ZERO;
  bool overflows = a == (uint32_t)INT32_MIN && b == (uint32_t)-1;
  return WR_UNLIKELY(overflows) ? WR_TRAP_INTEGER_OVERFLOW : WR_TRAP_NONE;
}

static inline wr_trap_kind wr__check_i32_div_u(uint32_t a, uint32_t b) {
  (void)a;
  return WR_UNLIKELY(b == 0) ? WR_TRAP_INTEGER_DIVIDE_BY_ZERO : WR_TRAP_NONE;
}

static inline wr_trap_kind wr__check_i32_rem_s(uint32_t a, uint32_t b) {
  (void)a;
  return WR_UNLIKELY(b == 0) ? WR_TRAP_INTEGER_DIVIDE_BY_ZERO : WR_TRAP_NONE;
}

static inline wr_trap_kind wr__check_i32_rem_u(uint32_t a, uint32_t b) {
  (void)a;
  return WR_UNLIKELY(b == 0) ? WR_TRAP_INTEGER_DIVIDE_BY_ZERO : WR_TRAP_NONE;
}

/* Spec: exec/numerics, idiv_s: a quotient that does not fit is undefined, and so traps. */
static inline wr_trap_kind wr__check_i64_div_s(uint64_t a, uint64_t b) {
  if (WR_UNLIKELY(b == 0)) return WR_TRAP_INTEGER_DIVIDE_BY_ZERO;
  bool overflows = a == (uint64_t)INT64_MIN && b == (uint64_t)-1;
  return WR_UNLIKELY(overflows) ? WR_TRAP_INTEGER_OVERFLOW : WR_TRAP_NONE;
}

static inline wr_trap_kind wr__check_i64_div_u(uint64_t a, uint64_t b) {
  (void)a;
  return WR_UNLIKELY(b == 0) ? WR_TRAP_INTEGER_DIVIDE_BY_ZERO : WR_TRAP_NONE;
}

static inline wr_trap_kind wr__check_i64_rem_s(uint64_t a, uint64_t b) {
  (void)a;
  return WR_UNLIKELY(b == 0) ? WR_TRAP_INTEGER_DIVIDE_BY_ZERO : WR_TRAP_NONE;
}

static inline wr_trap_kind wr__check_i64_rem_u(uint64_t a, uint64_t b) {
  (void)a;
  return WR_UNLIKELY(b == 0) ? WR_TRAP_INTEGER_DIVIDE_BY_ZERO : WR_TRAP_NONE;
}

/* clang-format off */
/* Spec: exec/numerics, floating-point operations. abs, neg and copysign touch the sign alone. */
WR__UNARY(float, f32_abs, float, wr__f32_from_bits(wr__f32_bits(a) & ~WR__F32_SIGN))
WR__UNARY(float, f32_neg, float, wr__f32_from_bits(wr__f32_bits(a) ^ WR__F32_SIGN))
WR__BINARY(float, f32_copysign, float, wr__f32_copysign(a, b))
WR__BINARY(float, f32_add, float, a + b)
WR__BINARY(float, f32_sub, float, a - b)
WR__BINARY(float, f32_mul, float, a * b)
WR__BINARY(float, f32_div, float, a / b)
WR__BINARY(uint32_t, f32_eq, float, a == b)
WR__BINARY(uint32_t, f32_ne, float, a != b)
WR__BINARY(uint32_t, f32_lt, float, a < b)
WR__BINARY(uint32_t, f32_gt, float, a > b)
WR__BINARY(uint32_t, f32_le, float, a <= b)
WR__BINARY(uint32_t, f32_ge, float, a >= b)

WR__UNARY(double, f64_abs, double, wr__f64_from_bits(wr__f64_bits(a) & ~WR__F64_SIGN))
WR__UNARY(double, f64_neg, double, wr__f64_from_bits(wr__f64_bits(a) ^ WR__F64_SIGN))
WR__BINARY(double, f64_copysign, double, wr__f64_copysign(a, b))
WR__BINARY(double, f64_add, double, a + b)
WR__BINARY(double, f64_sub, double, a - b)
WR__BINARY(double, f64_mul, double, a * b)
WR__BINARY(double, f64_div, double, a / b)
WR__BINARY(uint32_t, f64_eq, double, a == b)
WR__BINARY(uint32_t, f64_ne, double, a != b)
WR__BINARY(uint32_t, f64_lt, double, a < b)
WR__BINARY(uint32_t, f64_gt, double, a > b)
WR__BINARY(uint32_t, f64_le, double, a <= b)
WR__BINARY(uint32_t, f64_ge, double, a >= b)

/* Spec: exec/numerics, conversions. From integers: rounded once, to nearest, halves to even. */
WR__UNARY(uint32_t, i32_wrap_i64, uint64_t, a)
WR__UNARY(uint64_t, i64_extend_i32_s, uint32_t, (int32_t)a)
WR__UNARY(uint64_t, i64_extend_i32_u, uint32_t, a)
WR__UNARY(float, f32_convert_i32_s, uint32_t, (int32_t)a)
WR__UNARY(float, f32_convert_i32_u, uint32_t, a)
WR__UNARY(float, f32_convert_i64_s, uint64_t, (int64_t)a)
WR__UNARY(float, f32_convert_i64_u, uint64_t, a)
WR__UNARY(double, f64_convert_i32_s, uint32_t, (int32_t)a)
WR__UNARY(double, f64_convert_i32_u, uint32_t, a)
WR__UNARY(double, f64_convert_i64_s, uint64_t, (int64_t)a)
WR__UNARY(double, f64_convert_i64_u, uint64_t, a)
WR__UNARY(float, f32_demote_f64, double, a)
WR__UNARY(double, f64_promote_f32, float, a)
WR__UNARY(uint32_t, i32_reinterpret_f32, float, wr__f32_bits(a))
WR__UNARY(uint64_t, i64_reinterpret_f64, double, wr__f64_bits(a))
WR__UNARY(float, f32_reinterpret_i32, uint32_t, wr__f32_from_bits(a))
WR__UNARY(double, f64_reinterpret_i64, uint64_t, wr__f64_from_bits(a))
/* clang-format on */

/* Truncation, in its three forms. A row has the result and operand types, the C type whose
 * range counts, and the floats around that range: x truncates to a number of that type when
 * x above_min and x < end. A bound that the format cannot hold is replaced by the nearest one
 * with the same meaning: no f32 lies between -2^31 - 1 and -2^31.
 * Spec: exec/numerics, trunc_u, trunc_s, trunc_sat_u, trunc_sat_s. */
#define WR__TRUNCATE(R, prefix, suffix, A, range, above_min, end, min, max)      \
  static inline wr_trap_kind wr__check_##prefix##_trunc_##suffix(A x) {          \
    if (WR_LIKELY(x above_min && x < end)) return WR_TRAP_NONE;                  \
    return x != x ? WR_TRAP_INVALID_CONVERSION : WR_TRAP_INTEGER_OVERFLOW;       \
  }                                                                              \
  static inline R wr__num_##prefix##_trunc_##suffix(A x) { return (R)(range)x; } \
  static inline R wr__num_##prefix##_trunc_sat_##suffix(A x) {                   \
    if (WR_LIKELY(x above_min && x < end)) return (R)(range)x;                   \
    return x != x ? 0 : x < 0 ? (R)min : (R)max;                                 \
  }

/* clang-format off */
WR__TRUNCATE(uint32_t, i32, f32_s, float,  int32_t,  >= -0x1p31f,     0x1p31f, INT32_MIN, INT32_MAX)
WR__TRUNCATE(uint32_t, i32, f32_u, float,  uint32_t, > -1.0f,         0x1p32f, 0,         UINT32_MAX)
WR__TRUNCATE(uint32_t, i32, f64_s, double, int32_t,  > -2147483649.0, 0x1p31,  INT32_MIN, INT32_MAX)
WR__TRUNCATE(uint32_t, i32, f64_u, double, uint32_t, > -1.0,          0x1p32,  0,         UINT32_MAX)
WR__TRUNCATE(uint64_t, i64, f32_s, float,  int64_t,  >= -0x1p63f,     0x1p63f, INT64_MIN, INT64_MAX)
WR__TRUNCATE(uint64_t, i64, f32_u, float,  uint64_t, > -1.0f,         0x1p64f, 0,         UINT64_MAX)
WR__TRUNCATE(uint64_t, i64, f64_s, double, int64_t,  >= -0x1p63,      0x1p63,  INT64_MIN, INT64_MAX)
WR__TRUNCATE(uint64_t, i64, f64_u, double, uint64_t, > -1.0,          0x1p64,  0,         UINT64_MAX)
/* clang-format on */

/* Wide arithmetic: 128-bit integers in two halves, low first. Proposal: wide-arithmetic. */
static inline void wr__wide_split(unsigned __int128 value, uint64_t *lo, uint64_t *hi) {
  *lo = (uint64_t)value;
  *hi = (uint64_t)(value >> 64);
}

static inline unsigned __int128 wr__wide_join(uint64_t lo, uint64_t hi) {
  return (unsigned __int128)hi << 64 | lo;
}

static inline void wr__num_i64_add128(uint64_t al, uint64_t ah, uint64_t bl, uint64_t bh,
                                      uint64_t *lo, uint64_t *hi) {
  wr__wide_split(wr__wide_join(al, ah) + wr__wide_join(bl, bh), lo, hi);
}

static inline void wr__num_i64_sub128(uint64_t al, uint64_t ah, uint64_t bl, uint64_t bh,
                                      uint64_t *lo, uint64_t *hi) {
  wr__wide_split(wr__wide_join(al, ah) - wr__wide_join(bl, bh), lo, hi);
}

static inline void wr__num_i64_mul_wide_s(uint64_t a, uint64_t b, uint64_t *lo, uint64_t *hi) {
  wr__wide_split((unsigned __int128)((__int128)(int64_t)a * (int64_t)b), lo, hi);
}

static inline void wr__num_i64_mul_wide_u(uint64_t a, uint64_t b, uint64_t *lo, uint64_t *hi) {
  wr__wide_split((unsigned __int128)a * b, lo, hi);
}

#undef WR__UNARY
#undef WR__BINARY
#undef WR__TRUNCATE

#endif
