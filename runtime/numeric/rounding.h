/* Rounding to an integral float in plain C, for processors without an instruction for it
 * (x86-64 before SSE4.1). No call, one branch that programs hardly ever take.
 *
 * From 2^52 (f64) and 2^23 (f32) on, every float is integral, and so are infinities; those and
 * NaNs take the branch. Below, the value fits an integer register. A zero result has the sign
 * of the operand, hence the copysign. Needs the default rounding mode, and a compiler that
 * does not reassociate. Spec: exec/numerics, fceil, ffloor, ftrunc, fnearest. */
#ifndef WR__NUMERIC_ROUNDING_H
#define WR__NUMERIC_ROUNDING_H

#include "base/base.h"
#include "numeric/float_bits.h"

#define WR__F32_INTEGRAL 0x1p23f
#define WR__F64_INTEGRAL 0x1p52

static inline bool wr__f32_fits(float x) {
  return WR_LIKELY(wr__f32_copysign(x, 1.0f) < WR__F32_INTEGRAL) != 0;
}

static inline bool wr__f64_fits(double x) {
  return WR_LIKELY(wr__f64_copysign(x, 1.0) < WR__F64_INTEGRAL) != 0;
}

static inline float wr__soft_f32_trunc(float x) {
  if (!wr__f32_fits(x)) return wr__f32_quiet(x);
  return wr__f32_copysign((float)(int32_t)x, x);
}

static inline double wr__soft_f64_trunc(double x) {
  if (!wr__f64_fits(x)) return wr__f64_quiet(x);
  return wr__f64_copysign((double)(int64_t)x, x);
}

static inline float wr__soft_f32_floor(float x) {
  if (!wr__f32_fits(x)) return wr__f32_quiet(x);
  float whole = (float)(int32_t)x;
  return wr__f32_copysign(whole - (whole > x ? 1.0f : 0.0f), x);
}

static inline double wr__soft_f64_floor(double x) {
  if (!wr__f64_fits(x)) return wr__f64_quiet(x);
  double whole = (double)(int64_t)x;
  return wr__f64_copysign(whole - (whole > x ? 1.0 : 0.0), x);
}

static inline float wr__soft_f32_ceil(float x) {
  if (!wr__f32_fits(x)) return wr__f32_quiet(x);
  float whole = (float)(int32_t)x;
  return wr__f32_copysign(whole + (whole < x ? 1.0f : 0.0f), x);
}

static inline double wr__soft_f64_ceil(double x) {
  if (!wr__f64_fits(x)) return wr__f64_quiet(x);
  double whole = (double)(int64_t)x;
  return wr__f64_copysign(whole + (whole < x ? 1.0 : 0.0), x);
}

/* At 2^52 a unit in the last place is 1, so the addition itself rounds, halves to even. */
static inline float wr__soft_f32_nearest(float x) {
  if (!wr__f32_fits(x)) return wr__f32_quiet(x);
  float magnitude = wr__f32_copysign(x, 1.0f);
  return wr__f32_copysign((magnitude + WR__F32_INTEGRAL) - WR__F32_INTEGRAL, x);
}

static inline double wr__soft_f64_nearest(double x) {
  if (!wr__f64_fits(x)) return wr__f64_quiet(x);
  double magnitude = wr__f64_copysign(x, 1.0);
  return wr__f64_copysign((magnitude + WR__F64_INTEGRAL) - WR__F64_INTEGRAL, x);
}

#endif
