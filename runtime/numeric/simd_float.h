/* v128 instructions on float lanes. The rest of them is in platform/: sqrt, rounding, minimum
 * and maximum, truncation. Lanes are computed as in scalar.h.
 * Spec: exec/numerics, floating-point operations. */
#ifndef WR__NUMERIC_SIMD_FLOAT_H
#define WR__NUMERIC_SIMD_FLOAT_H

#include "numeric/float_bits.h"
#include "numeric/platform/arch.h"
#include "numeric/v128.h"

static inline wr__v128 wr__num_f32x4_splat(float x) { return wr__splat_f32(x); }
static inline wr__v128 wr__num_f64x2_splat(double x) { return wr__splat_f64(x); }

/* clang-format off */
WR__LANES2(f32x4_add, wr__f32x4, a + b)
WR__LANES2(f32x4_sub, wr__f32x4, a - b)
WR__LANES2(f32x4_mul, wr__f32x4, a * b)
WR__LANES2(f32x4_div, wr__f32x4, a / b)
WR__LANES1(f32x4_abs, wr__u32x4, a & ~WR__F32_SIGN)
WR__LANES1(f32x4_neg, wr__u32x4, a ^ WR__F32_SIGN)
WR__LANES2(f32x4_eq, wr__f32x4, a == b)
WR__LANES2(f32x4_ne, wr__f32x4, a != b)
WR__LANES2(f32x4_lt, wr__f32x4, a < b)
WR__LANES2(f32x4_gt, wr__f32x4, a > b)
WR__LANES2(f32x4_le, wr__f32x4, a <= b)
WR__LANES2(f32x4_ge, wr__f32x4, a >= b)

WR__LANES2(f64x2_add, wr__f64x2, a + b)
WR__LANES2(f64x2_sub, wr__f64x2, a - b)
WR__LANES2(f64x2_mul, wr__f64x2, a * b)
WR__LANES2(f64x2_div, wr__f64x2, a / b)
WR__LANES1(f64x2_abs, wr__u64x2, a & ~WR__F64_SIGN)
WR__LANES1(f64x2_neg, wr__u64x2, a ^ WR__F64_SIGN)
WR__LANES2(f64x2_eq, wr__f64x2, a == b)
WR__LANES2(f64x2_ne, wr__f64x2, a != b)
WR__LANES2(f64x2_lt, wr__f64x2, a < b)
WR__LANES2(f64x2_gt, wr__f64x2, a > b)
WR__LANES2(f64x2_le, wr__f64x2, a <= b)
WR__LANES2(f64x2_ge, wr__f64x2, a >= b)

/* Conversions: each lane is rounded once. */
WR__LANES1(f32x4_convert_i32x4_s, wr__i32x4, __builtin_convertvector(a, wr__f32x4))
WR__LANES1(f32x4_convert_i32x4_u, wr__u32x4, __builtin_convertvector(a, wr__f32x4))
WR__LANES1(f64x2_convert_low_i32x4_s, wr__i32x4, __builtin_convertvector(WR__LOW2(a), wr__f64x2))
WR__LANES1(f64x2_convert_low_i32x4_u, wr__u32x4, __builtin_convertvector(WR__LOW2(a), wr__f64x2))
WR__LANES1(f64x2_promote_low_f32x4, wr__f32x4, __builtin_convertvector(WR__LOW2(a), wr__f64x2))
/* clang-format on */

static inline wr__v128 wr__num_f32x4_demote_f64x2_zero(wr__v128 v) {
  wr__f32x2 low = __builtin_convertvector((wr__f64x2)v, wr__f32x2);
  return (wr__v128)__builtin_shufflevector(low, (wr__f32x2){0, 0}, 0, 1, 2, 3);
}

#endif
