/* rounding.h for vectors, without branches: the sum with 2^52 (2^23) rounds to nearest, and a
 * comparison with the operand corrects that to the wanted direction. Lanes too large to have a
 * fraction keep their value, NaNs are made quiet. */
#ifndef WR__NUMERIC_SIMD_ROUNDING_H
#define WR__NUMERIC_SIMD_ROUNDING_H

#include "numeric/rounding.h"
#include "numeric/v128.h"

#define WR__F32X4_ONE_WHERE(mask) (wr__f32x4)((wr__v128)(mask) & wr__splat_f32(1.0f))
#define WR__F64X2_ONE_WHERE(mask) (wr__f64x2)((wr__v128)(mask) & wr__splat_f64(1.0))

static inline wr__f32x4 wr__f32x4_magnitude(wr__f32x4 x) {
  return (wr__f32x4)((wr__u32x4)x & ~WR__F32_SIGN);
}

static inline wr__f64x2 wr__f64x2_magnitude(wr__f64x2 x) {
  return (wr__f64x2)((wr__u64x2)x & ~WR__F64_SIGN);
}

static inline wr__f32x4 wr__f32x4_copysign(wr__f32x4 magnitude, wr__f32x4 sign) {
  return (wr__f32x4)(((wr__u32x4)magnitude & ~WR__F32_SIGN) | ((wr__u32x4)sign & WR__F32_SIGN));
}

static inline wr__f64x2 wr__f64x2_copysign(wr__f64x2 magnitude, wr__f64x2 sign) {
  return (wr__f64x2)(((wr__u64x2)magnitude & ~WR__F64_SIGN) | ((wr__u64x2)sign & WR__F64_SIGN));
}

/* Of the rounded lanes those that x could round to, with its sign; of x the others. */
static inline wr__v128 wr__f32x4_rounded(wr__f32x4 x, wr__f32x4 rounded) {
  wr__v128 fits = (wr__v128)(wr__f32x4_magnitude(x) < WR__F32_INTEGRAL);
  wr__v128 quiet = (wr__v128)(x != x) & wr__splat_32(WR__F32_QUIET);
  return wr__v128_select(fits, (wr__v128)wr__f32x4_copysign(rounded, x), (wr__v128)x | quiet);
}

static inline wr__v128 wr__f64x2_rounded(wr__f64x2 x, wr__f64x2 rounded) {
  wr__v128 fits = (wr__v128)(wr__f64x2_magnitude(x) < WR__F64_INTEGRAL);
  wr__v128 quiet = (wr__v128)(x != x) & wr__splat_64(WR__F64_QUIET);
  return wr__v128_select(fits, (wr__v128)wr__f64x2_copysign(rounded, x), (wr__v128)x | quiet);
}

/* Nearest, halves to even; right only for lanes that fit. */
static inline wr__f32x4 wr__f32x4_nearest(wr__f32x4 x) {
  wr__f32x4 magnitude = wr__f32x4_magnitude(x);
  return wr__f32x4_copysign((magnitude + WR__F32_INTEGRAL) - WR__F32_INTEGRAL, x);
}

static inline wr__f64x2 wr__f64x2_nearest(wr__f64x2 x) {
  wr__f64x2 magnitude = wr__f64x2_magnitude(x);
  return wr__f64x2_copysign((magnitude + WR__F64_INTEGRAL) - WR__F64_INTEGRAL, x);
}

static inline wr__v128 wr__soft_f32x4_nearest(wr__v128 v) {
  return wr__f32x4_rounded((wr__f32x4)v, wr__f32x4_nearest((wr__f32x4)v));
}

static inline wr__v128 wr__soft_f64x2_nearest(wr__v128 v) {
  return wr__f64x2_rounded((wr__f64x2)v, wr__f64x2_nearest((wr__f64x2)v));
}

static inline wr__v128 wr__soft_f32x4_floor(wr__v128 v) {
  wr__f32x4 x = (wr__f32x4)v, whole = wr__f32x4_nearest(x);
  return wr__f32x4_rounded(x, whole - WR__F32X4_ONE_WHERE(whole > x));
}

static inline wr__v128 wr__soft_f64x2_floor(wr__v128 v) {
  wr__f64x2 x = (wr__f64x2)v, whole = wr__f64x2_nearest(x);
  return wr__f64x2_rounded(x, whole - WR__F64X2_ONE_WHERE(whole > x));
}

static inline wr__v128 wr__soft_f32x4_ceil(wr__v128 v) {
  wr__f32x4 x = (wr__f32x4)v, whole = wr__f32x4_nearest(x);
  return wr__f32x4_rounded(x, whole + WR__F32X4_ONE_WHERE(whole < x));
}

static inline wr__v128 wr__soft_f64x2_ceil(wr__v128 v) {
  wr__f64x2 x = (wr__f64x2)v, whole = wr__f64x2_nearest(x);
  return wr__f64x2_rounded(x, whole + WR__F64X2_ONE_WHERE(whole < x));
}

static inline wr__v128 wr__soft_f32x4_trunc(wr__v128 v) {
  wr__f32x4 x = wr__f32x4_magnitude((wr__f32x4)v), whole = wr__f32x4_nearest(x);
  return wr__f32x4_rounded((wr__f32x4)v, whole - WR__F32X4_ONE_WHERE(whole > x));
}

static inline wr__v128 wr__soft_f64x2_trunc(wr__v128 v) {
  wr__f64x2 x = wr__f64x2_magnitude((wr__f64x2)v), whole = wr__f64x2_nearest(x);
  return wr__f64x2_rounded((wr__f64x2)v, whole - WR__F64X2_ONE_WHERE(whole > x));
}

#undef WR__F32X4_ONE_WHERE
#undef WR__F64X2_ONE_WHERE

#endif
