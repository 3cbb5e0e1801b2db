/* The platform's numeric functions in C alone, for any processor, and the yardstick for the
 * other files. */
#ifndef WR__NUMERIC_PLATFORM_GENERIC_H
#define WR__NUMERIC_PLATFORM_GENERIC_H

#include "numeric/minmax.h"
#include "numeric/rounding.h"
#include "numeric/simd_permute.h"
#include "numeric/simd_rounding.h"
#include "numeric/simd_shift.h"
#include "numeric/simd_widen.h"
#include "numeric/v128.h"

static inline float wr__num_f32_sqrt(float x) { return __builtin_sqrtf(x); }
static inline double wr__num_f64_sqrt(double x) { return __builtin_sqrt(x); }

static inline float wr__num_f32_ceil(float x) { return wr__soft_f32_ceil(x); }
static inline float wr__num_f32_floor(float x) { return wr__soft_f32_floor(x); }
static inline float wr__num_f32_trunc(float x) { return wr__soft_f32_trunc(x); }
static inline float wr__num_f32_nearest(float x) { return wr__soft_f32_nearest(x); }
static inline double wr__num_f64_ceil(double x) { return wr__soft_f64_ceil(x); }
static inline double wr__num_f64_floor(double x) { return wr__soft_f64_floor(x); }
static inline double wr__num_f64_trunc(double x) { return wr__soft_f64_trunc(x); }
static inline double wr__num_f64_nearest(double x) { return wr__soft_f64_nearest(x); }

static inline float wr__num_f32_min(float a, float b) { return wr__soft_f32_min(a, b); }
static inline float wr__num_f32_max(float a, float b) { return wr__soft_f32_max(a, b); }
static inline double wr__num_f64_min(double a, double b) { return wr__soft_f64_min(a, b); }
static inline double wr__num_f64_max(double a, double b) { return wr__soft_f64_max(a, b); }

/* clang-format off */
/* ---- Saturating arithmetic: a sum overflows where its sign is that of neither operand ---- */

WR__LANES2(i8x16_add_sat_u, wr__u8x16, (a + b) | (wr__u8x16)(a + b < a))
WR__LANES2(i8x16_sub_sat_u, wr__u8x16, (a - b) & (wr__u8x16)(a >= b))
WR__LANES2(i8x16_add_sat_s, wr__u8x16, wr__v128_select((wr__v128)((wr__i8x16)((a ^ (a + b)) & (b ^ (a + b))) < 0), (wr__v128)((wr__i8x16)a >> 7 ^ INT8_MAX), (wr__v128)(a + b)))
WR__LANES2(i8x16_sub_sat_s, wr__u8x16, wr__v128_select((wr__v128)((wr__i8x16)((a ^ b) & (a ^ (a - b))) < 0), (wr__v128)((wr__i8x16)a >> 7 ^ INT8_MAX), (wr__v128)(a - b)))
WR__LANES2(i8x16_avgr_u, wr__u8x16, (a | b) - ((a ^ b) >> 1))

WR__LANES2(i16x8_add_sat_u, wr__u16x8, (a + b) | (wr__u16x8)(a + b < a))
WR__LANES2(i16x8_sub_sat_u, wr__u16x8, (a - b) & (wr__u16x8)(a >= b))
WR__LANES2(i16x8_add_sat_s, wr__u16x8, wr__v128_select((wr__v128)((wr__i16x8)((a ^ (a + b)) & (b ^ (a + b))) < 0), (wr__v128)((wr__i16x8)a >> 15 ^ INT16_MAX), (wr__v128)(a + b)))
WR__LANES2(i16x8_sub_sat_s, wr__u16x8, wr__v128_select((wr__v128)((wr__i16x8)((a ^ b) & (a ^ (a - b))) < 0), (wr__v128)((wr__i16x8)a >> 15 ^ INT16_MAX), (wr__v128)(a - b)))
WR__LANES2(i16x8_avgr_u, wr__u16x8, (a | b) - ((a ^ b) >> 1))

/* ---- Minimum and maximum ---- */

WR__LANES2(i8x16_min_s, wr__i8x16, wr__v128_select((wr__v128)(a < b), a_, b_))
WR__LANES2(i8x16_max_s, wr__i8x16, wr__v128_select((wr__v128)(a > b), a_, b_))
WR__LANES2(i8x16_min_u, wr__u8x16, wr__v128_select((wr__v128)(a < b), a_, b_))
WR__LANES2(i8x16_max_u, wr__u8x16, wr__v128_select((wr__v128)(a > b), a_, b_))
WR__LANES2(i16x8_min_s, wr__i16x8, wr__v128_select((wr__v128)(a < b), a_, b_))
WR__LANES2(i16x8_max_s, wr__i16x8, wr__v128_select((wr__v128)(a > b), a_, b_))
WR__LANES2(i16x8_min_u, wr__u16x8, wr__v128_select((wr__v128)(a < b), a_, b_))
WR__LANES2(i16x8_max_u, wr__u16x8, wr__v128_select((wr__v128)(a > b), a_, b_))
WR__LANES2(i32x4_min_s, wr__i32x4, wr__v128_select((wr__v128)(a < b), a_, b_))
WR__LANES2(i32x4_max_s, wr__i32x4, wr__v128_select((wr__v128)(a > b), a_, b_))
WR__LANES2(i32x4_min_u, wr__u32x4, wr__v128_select((wr__v128)(a < b), a_, b_))
WR__LANES2(i32x4_max_u, wr__u32x4, wr__v128_select((wr__v128)(a > b), a_, b_))
/* clang-format on */

/* ---- Narrowing: clamp to the narrow range, then keep the lower halves ---- */

static inline wr__v128 wr__narrow_to_8(wr__v128 a, wr__v128 b, int16_t min, int16_t max) {
  wr__v128 low = wr__splat_16((uint16_t)min), high = wr__splat_16((uint16_t)max);
  a = wr__num_i16x8_min_s(wr__num_i16x8_max_s(a, low), high);
  b = wr__num_i16x8_min_s(wr__num_i16x8_max_s(b, low), high);
  return (wr__v128)__builtin_shufflevector((wr__u8x16)a, (wr__u8x16)b, 0, 2, 4, 6, 8, 10, 12, 14,
                                           16, 18, 20, 22, 24, 26, 28, 30);
}

static inline wr__v128 wr__narrow_to_16(wr__v128 a, wr__v128 b, int32_t min, int32_t max) {
  wr__v128 low = wr__splat_32((uint32_t)min), high = wr__splat_32((uint32_t)max);
  a = wr__num_i32x4_min_s(wr__num_i32x4_max_s(a, low), high);
  b = wr__num_i32x4_min_s(wr__num_i32x4_max_s(b, low), high);
  return (wr__v128)__builtin_shufflevector((wr__u16x8)a, (wr__u16x8)b, 0, 2, 4, 6, 8, 10, 12, 14);
}

static inline wr__v128 wr__num_i8x16_narrow_i16x8_s(wr__v128 a, wr__v128 b) {
  return wr__narrow_to_8(a, b, INT8_MIN, INT8_MAX);
}
static inline wr__v128 wr__num_i8x16_narrow_i16x8_u(wr__v128 a, wr__v128 b) {
  return wr__narrow_to_8(a, b, 0, UINT8_MAX);
}
static inline wr__v128 wr__num_i16x8_narrow_i32x4_s(wr__v128 a, wr__v128 b) {
  return wr__narrow_to_16(a, b, INT16_MIN, INT16_MAX);
}
static inline wr__v128 wr__num_i16x8_narrow_i32x4_u(wr__v128 a, wr__v128 b) {
  return wr__narrow_to_16(a, b, 0, UINT16_MAX);
}

/* ---- Products at full width ---- */

/* clang-format off */
WR__LANES2(i32x4_extmul_low_i16x8_s, wr__i16x8, (wr__u32x4)__builtin_convertvector(WR__LOW4(a), wr__i32x4) * (wr__u32x4)__builtin_convertvector(WR__LOW4(b), wr__i32x4))
WR__LANES2(i32x4_extmul_high_i16x8_s, wr__i16x8, (wr__u32x4)__builtin_convertvector(WR__HIGH4(a), wr__i32x4) * (wr__u32x4)__builtin_convertvector(WR__HIGH4(b), wr__i32x4))
WR__LANES2(i32x4_extmul_low_i16x8_u, wr__u16x8, (wr__u32x4)__builtin_convertvector(WR__LOW4(a), wr__u32x4) * (wr__u32x4)__builtin_convertvector(WR__LOW4(b), wr__u32x4))
WR__LANES2(i32x4_extmul_high_i16x8_u, wr__u16x8, (wr__u32x4)__builtin_convertvector(WR__HIGH4(a), wr__u32x4) * (wr__u32x4)__builtin_convertvector(WR__HIGH4(b), wr__u32x4))
WR__LANES2(i64x2_extmul_low_i32x4_s, wr__i32x4, (wr__u64x2)__builtin_convertvector(WR__LOW2(a), wr__i64x2) * (wr__u64x2)__builtin_convertvector(WR__LOW2(b), wr__i64x2))
WR__LANES2(i64x2_extmul_high_i32x4_s, wr__i32x4, (wr__u64x2)__builtin_convertvector(WR__HIGH2(a), wr__i64x2) * (wr__u64x2)__builtin_convertvector(WR__HIGH2(b), wr__i64x2))
WR__LANES2(i64x2_extmul_low_i32x4_u, wr__u32x4, (wr__u64x2)__builtin_convertvector(WR__LOW2(a), wr__u64x2) * (wr__u64x2)__builtin_convertvector(WR__LOW2(b), wr__u64x2))
WR__LANES2(i64x2_extmul_high_i32x4_u, wr__u32x4, (wr__u64x2)__builtin_convertvector(WR__HIGH2(a), wr__u64x2) * (wr__u64x2)__builtin_convertvector(WR__HIGH2(b), wr__u64x2))
/* clang-format on */

/* ---- Products of pairs, on even and odd lanes ---- */

static inline wr__v128 wr__num_i32x4_dot_i16x8_s(wr__v128 a, wr__v128 b) {
  wr__i32x4 a_even = (wr__i32x4)((wr__u32x4)a << 16) >> 16, a_odd = (wr__i32x4)a >> 16;
  wr__i32x4 b_even = (wr__i32x4)((wr__u32x4)b << 16) >> 16, b_odd = (wr__i32x4)b >> 16;
  return (wr__v128)((wr__u32x4)(a_even * b_even) + (wr__u32x4)(a_odd * b_odd));
}

static inline wr__v128 wr__num_i16x8_q15mulr_sat_s(wr__v128 a, wr__v128 b) {
  wr__i16x8 result = {0};
  for (int i = 0; i < 8; i++) {
    int32_t product = (((wr__i16x8)a)[i] * ((wr__i16x8)b)[i] + 0x4000) >> 15;
    result[i] = (int16_t)(product > INT16_MAX ? INT16_MAX : product);
  }
  return (wr__v128)result;
}

/* ---- Whole vectors ---- */

static inline wr__v128 wr__num_i8x16_popcnt(wr__v128 v) {
  wr__u8x16 x = (wr__u8x16)v;
  x = x - (x >> 1 & 0x55);
  x = (x & 0x33) + (x >> 2 & 0x33);
  return (wr__v128)((x + (x >> 4)) & 0x0f);
}

static inline uint32_t wr__num_v128_any_true(wr__v128 v) { return (v[0] | v[1]) != 0; }

#define WR__PREDICATES(shape, lanes, count)                                       \
  static inline uint32_t wr__num_##shape##_all_true(wr__v128 v) {                 \
    uint32_t result = 1;                                                          \
    for (int i = 0; i < count; i++) result &= ((lanes)v)[i] != 0;                 \
    return result;                                                                \
  }                                                                               \
  static inline uint32_t wr__num_##shape##_bitmask(wr__v128 v) {                  \
    uint32_t result = 0;                                                          \
    for (int i = 0; i < count; i++) result |= (uint32_t)(((lanes)v)[i] < 0) << i; \
    return result;                                                                \
  }

WR__PREDICATES(i8x16, wr__i8x16, 16)
WR__PREDICATES(i16x8, wr__i16x8, 8)
WR__PREDICATES(i32x4, wr__i32x4, 4)
WR__PREDICATES(i64x2, wr__i64x2, 2)

static inline wr__v128 wr__num_i8x16_swizzle(wr__v128 v, wr__v128 indices) {
  return wr__soft_swizzle(v, indices);
}
static inline wr__v128 wr__num_i8x16_shuffle(wr__v128 a, wr__v128 b, const uint8_t lanes[16]) {
  return wr__soft_shuffle(a, b, lanes);
}

/* ---- Floats ---- */

static inline wr__v128 wr__num_f32x4_sqrt(wr__v128 v) {
  wr__f32x4 x = (wr__f32x4)v;
  for (int i = 0; i < 4; i++) x[i] = __builtin_sqrtf(x[i]);
  return (wr__v128)x;
}
static inline wr__v128 wr__num_f64x2_sqrt(wr__v128 v) {
  wr__f64x2 x = (wr__f64x2)v;
  for (int i = 0; i < 2; i++) x[i] = __builtin_sqrt(x[i]);
  return (wr__v128)x;
}
static inline wr__v128 wr__num_f32x4_ceil(wr__v128 v) { return wr__soft_f32x4_ceil(v); }
static inline wr__v128 wr__num_f32x4_floor(wr__v128 v) { return wr__soft_f32x4_floor(v); }
static inline wr__v128 wr__num_f32x4_trunc(wr__v128 v) { return wr__soft_f32x4_trunc(v); }
static inline wr__v128 wr__num_f32x4_nearest(wr__v128 v) { return wr__soft_f32x4_nearest(v); }
static inline wr__v128 wr__num_f64x2_ceil(wr__v128 v) { return wr__soft_f64x2_ceil(v); }
static inline wr__v128 wr__num_f64x2_floor(wr__v128 v) { return wr__soft_f64x2_floor(v); }
static inline wr__v128 wr__num_f64x2_trunc(wr__v128 v) { return wr__soft_f64x2_trunc(v); }
static inline wr__v128 wr__num_f64x2_nearest(wr__v128 v) { return wr__soft_f64x2_nearest(v); }

/* clang-format off */
WR__LANES2(f32x4_pmin, wr__f32x4, wr__v128_select((wr__v128)(b < a), b_, a_))
WR__LANES2(f32x4_pmax, wr__f32x4, wr__v128_select((wr__v128)(a < b), b_, a_))
/* As in minmax.h. */
WR__LANES2(f32x4_min, wr__f32x4, wr__v128_select((wr__v128)((a == a) & (b == b)), wr__num_f32x4_pmin(a_, b_) | wr__num_f32x4_pmin(b_, a_), (wr__v128)(a + b)))
WR__LANES2(f32x4_max, wr__f32x4, wr__v128_select((wr__v128)((a == a) & (b == b)), wr__num_f32x4_pmax(a_, b_) & wr__num_f32x4_pmax(b_, a_), (wr__v128)(a + b)))

WR__LANES2(f64x2_pmin, wr__f64x2, wr__v128_select((wr__v128)(b < a), b_, a_))
WR__LANES2(f64x2_pmax, wr__f64x2, wr__v128_select((wr__v128)(a < b), b_, a_))
/* As in minmax.h. */
WR__LANES2(f64x2_min, wr__f64x2, wr__v128_select((wr__v128)((a == a) & (b == b)), wr__num_f64x2_pmin(a_, b_) | wr__num_f64x2_pmin(b_, a_), (wr__v128)(a + b)))
WR__LANES2(f64x2_max, wr__f64x2, wr__v128_select((wr__v128)((a == a) & (b == b)), wr__num_f64x2_pmax(a_, b_) & wr__num_f64x2_pmax(b_, a_), (wr__v128)(a + b)))

/* clang-format on */

/* Truncation: a lane that does not fit is converted as zero and then replaced. */
static inline wr__v128 wr__num_i32x4_trunc_sat_f32x4_s(wr__v128 v) {
  wr__f32x4 x = (wr__f32x4)v;
  wr__v128 above = (wr__v128)(x >= 0x1p31f), below = (wr__v128)(x < -0x1p31f);
  wr__v128 fits = (wr__v128)(x == x) & ~above & ~below;
  wr__v128 whole = (wr__v128) __builtin_convertvector((wr__f32x4)(v & fits), wr__i32x4);
  return whole | (above & wr__splat_32(INT32_MAX)) | (below & wr__splat_32((uint32_t)INT32_MIN));
}

static inline wr__v128 wr__num_i32x4_trunc_sat_f32x4_u(wr__v128 v) {
  wr__f32x4 x = (wr__f32x4)v;
  wr__v128 above = (wr__v128)(x >= 0x1p32f);
  wr__v128 fits = (wr__v128)(x > -1.0f) & ~above;
  return (wr__v128) __builtin_convertvector((wr__f32x4)(v & fits), wr__u32x4) | above;
}

/* A pair of i64 lanes from a pair of f64 lanes, clamped; the upper halves are dropped. */
static inline wr__v128 wr__trunc_f64x2(wr__f64x2 x, double min, double max) {
  wr__v128 above = (wr__v128)(x > max), below = (wr__v128)(x < min);
  wr__v128 clamped = wr__v128_select(above, wr__splat_f64(max), (wr__v128)x & (wr__v128)(x == x));
  clamped = wr__v128_select(below, wr__splat_f64(min), clamped);
  wr__u32x4 wide = (wr__u32x4) __builtin_convertvector((wr__f64x2)clamped, wr__i64x2);
  return (wr__v128)__builtin_shufflevector(wide, (wr__u32x4){0}, 0, 2, 4, 5);
}

static inline wr__v128 wr__num_i32x4_trunc_sat_f64x2_s_zero(wr__v128 v) {
  return wr__trunc_f64x2((wr__f64x2)v, INT32_MIN, INT32_MAX);
}
static inline wr__v128 wr__num_i32x4_trunc_sat_f64x2_u_zero(wr__v128 v) {
  return wr__trunc_f64x2((wr__f64x2)v, 0, UINT32_MAX);
}

#undef WR__PREDICATES

#endif
