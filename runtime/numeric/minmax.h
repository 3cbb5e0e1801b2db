/* The minimum and maximum of two floats in plain C. NaN operands give a quiet NaN, and -0 is
 * below +0: compilers make the two selections minss and maxss, which agree but for zeros of
 * different sign, and then the sign is the union or the intersection of both.
 * Spec: exec/numerics, fmin, fmax. */
#ifndef WR__NUMERIC_MINMAX_H
#define WR__NUMERIC_MINMAX_H

#include "base/base.h"
#include "numeric/float_bits.h"

static inline float wr__soft_f32_min(float a, float b) {
  if (WR_UNLIKELY(__builtin_isunordered(a, b))) return a + b;
  return wr__f32_from_bits(wr__f32_bits(a < b ? a : b) | wr__f32_bits(b < a ? b : a));
}

static inline float wr__soft_f32_max(float a, float b) {
  if (WR_UNLIKELY(__builtin_isunordered(a, b))) return a + b;
  return wr__f32_from_bits(wr__f32_bits(a > b ? a : b) & wr__f32_bits(b > a ? b : a));
}

static inline double wr__soft_f64_min(double a, double b) {
  if (WR_UNLIKELY(__builtin_isunordered(a, b))) return a + b;
  return wr__f64_from_bits(wr__f64_bits(a < b ? a : b) | wr__f64_bits(b < a ? b : a));
}

static inline double wr__soft_f64_max(double a, double b) {
  if (WR_UNLIKELY(__builtin_isunordered(a, b))) return a + b;
  return wr__f64_from_bits(wr__f64_bits(a > b ? a : b) & wr__f64_bits(b > a ? b : a));
}

#endif
