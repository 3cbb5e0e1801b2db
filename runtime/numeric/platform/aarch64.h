/* The platform's numeric functions for aarch64, whose fmin, fmax and frint instructions are
 * those of WebAssembly. */
#ifndef WR__NUMERIC_PLATFORM_AARCH64_H
#define WR__NUMERIC_PLATFORM_AARCH64_H

#include <arm_neon.h>

#include "numeric/simd_shift.h"
#include "numeric/v128.h"

static inline float wr__num_f32_sqrt(float x) { return __builtin_sqrtf(x); }
static inline double wr__num_f64_sqrt(double x) { return __builtin_sqrt(x); }

static inline float wr__num_f32_ceil(float x) { return __builtin_ceilf(x); }
static inline float wr__num_f32_floor(float x) { return __builtin_floorf(x); }
static inline float wr__num_f32_trunc(float x) { return __builtin_truncf(x); }
static inline float wr__num_f32_nearest(float x) { return __builtin_rintf(x); }
static inline double wr__num_f64_ceil(double x) { return __builtin_ceil(x); }
static inline double wr__num_f64_floor(double x) { return __builtin_floor(x); }
static inline double wr__num_f64_trunc(double x) { return __builtin_trunc(x); }
static inline double wr__num_f64_nearest(double x) { return __builtin_rint(x); }

static inline float wr__num_f32_min(float a, float b) {
  return vget_lane_f32(vmin_f32(vdup_n_f32(a), vdup_n_f32(b)), 0);
}
static inline double wr__num_f64_min(double a, double b) {
  return vget_lane_f64(vmin_f64(vdup_n_f64(a), vdup_n_f64(b)), 0);
}
static inline float wr__num_f32_max(float a, float b) {
  return vget_lane_f32(vmax_f32(vdup_n_f32(a), vdup_n_f32(b)), 0);
}
static inline double wr__num_f64_max(double a, double b) {
  return vget_lane_f64(vmax_f64(vdup_n_f64(a), vdup_n_f64(b)), 0);
}

/* ---- One instruction each ---- */

#define WR__NEON_UNARY(name, type, intrinsic) \
  static inline wr__v128 wr__num_##name(wr__v128 a) { return (wr__v128)intrinsic((type)a); }
#define WR__NEON_BINARY(name, type, intrinsic)                    \
  static inline wr__v128 wr__num_##name(wr__v128 a, wr__v128 b) { \
    return (wr__v128)intrinsic((type)a, (type)b);                 \
  }
#define WR__NEON_LOW1(name, type, intrinsic, low) \
  static inline wr__v128 wr__num_##name(wr__v128 a) { return (wr__v128)intrinsic(low((type)a)); }
#define WR__NEON_LOW2(name, type, intrinsic, low)                 \
  static inline wr__v128 wr__num_##name(wr__v128 a, wr__v128 b) { \
    return (wr__v128)intrinsic(low((type)a), low((type)b));       \
  }

/* clang-format off */
WR__NEON_BINARY(i8x16_add_sat_s, int8x16_t, vqaddq_s8)
WR__NEON_BINARY(i8x16_sub_sat_s, int8x16_t, vqsubq_s8)
WR__NEON_BINARY(i8x16_add_sat_u, uint8x16_t, vqaddq_u8)
WR__NEON_BINARY(i8x16_sub_sat_u, uint8x16_t, vqsubq_u8)
WR__NEON_BINARY(i8x16_avgr_u, uint8x16_t, vrhaddq_u8)
WR__NEON_BINARY(i16x8_add_sat_s, int16x8_t, vqaddq_s16)
WR__NEON_BINARY(i16x8_sub_sat_s, int16x8_t, vqsubq_s16)
WR__NEON_BINARY(i16x8_add_sat_u, uint16x8_t, vqaddq_u16)
WR__NEON_BINARY(i16x8_sub_sat_u, uint16x8_t, vqsubq_u16)
WR__NEON_BINARY(i16x8_avgr_u, uint16x8_t, vrhaddq_u16)
WR__NEON_BINARY(i8x16_min_s, int8x16_t, vminq_s8)
WR__NEON_BINARY(i8x16_max_s, int8x16_t, vmaxq_s8)
WR__NEON_BINARY(i8x16_min_u, uint8x16_t, vminq_u8)
WR__NEON_BINARY(i8x16_max_u, uint8x16_t, vmaxq_u8)
WR__NEON_BINARY(i16x8_min_s, int16x8_t, vminq_s16)
WR__NEON_BINARY(i16x8_max_s, int16x8_t, vmaxq_s16)
WR__NEON_BINARY(i16x8_min_u, uint16x8_t, vminq_u16)
WR__NEON_BINARY(i16x8_max_u, uint16x8_t, vmaxq_u16)
WR__NEON_BINARY(i32x4_min_s, int32x4_t, vminq_s32)
WR__NEON_BINARY(i32x4_max_s, int32x4_t, vmaxq_s32)
WR__NEON_BINARY(i32x4_min_u, uint32x4_t, vminq_u32)
WR__NEON_BINARY(i32x4_max_u, uint32x4_t, vmaxq_u32)
WR__NEON_BINARY(i16x8_q15mulr_sat_s, int16x8_t, vqrdmulhq_s16)
WR__NEON_UNARY(i8x16_popcnt, uint8x16_t, vcntq_u8)
WR__NEON_UNARY(f32x4_sqrt, float32x4_t, vsqrtq_f32)
WR__NEON_UNARY(f32x4_ceil, float32x4_t, vrndpq_f32)
WR__NEON_UNARY(f32x4_floor, float32x4_t, vrndmq_f32)
WR__NEON_UNARY(f32x4_trunc, float32x4_t, vrndq_f32)
WR__NEON_UNARY(f32x4_nearest, float32x4_t, vrndnq_f32)
WR__NEON_BINARY(f32x4_min, float32x4_t, vminq_f32)
WR__NEON_BINARY(f32x4_max, float32x4_t, vmaxq_f32)
WR__LANES2(f32x4_pmin, wr__f32x4, wr__v128_select((wr__v128)(b < a), b_, a_))
WR__LANES2(f32x4_pmax, wr__f32x4, wr__v128_select((wr__v128)(a < b), b_, a_))
WR__NEON_UNARY(f64x2_sqrt, float64x2_t, vsqrtq_f64)
WR__NEON_UNARY(f64x2_ceil, float64x2_t, vrndpq_f64)
WR__NEON_UNARY(f64x2_floor, float64x2_t, vrndmq_f64)
WR__NEON_UNARY(f64x2_trunc, float64x2_t, vrndq_f64)
WR__NEON_UNARY(f64x2_nearest, float64x2_t, vrndnq_f64)
WR__NEON_BINARY(f64x2_min, float64x2_t, vminq_f64)
WR__NEON_BINARY(f64x2_max, float64x2_t, vmaxq_f64)
WR__LANES2(f64x2_pmin, wr__f64x2, wr__v128_select((wr__v128)(b < a), b_, a_))
WR__LANES2(f64x2_pmax, wr__f64x2, wr__v128_select((wr__v128)(a < b), b_, a_))
/* The conversion saturates and makes zero of a NaN. */
WR__NEON_UNARY(i32x4_trunc_sat_f32x4_s, float32x4_t, vcvtq_s32_f32)
WR__NEON_UNARY(i32x4_trunc_sat_f32x4_u, float32x4_t, vcvtq_u32_f32)
/* clang-format on */

static inline wr__v128 wr__num_i32x4_trunc_sat_f64x2_s_zero(wr__v128 v) {
  int32x2_t low = vqmovn_s64(vcvtq_s64_f64((float64x2_t)v));
  return (wr__v128)vcombine_s32(low, vdup_n_s32(0));
}
static inline wr__v128 wr__num_i32x4_trunc_sat_f64x2_u_zero(wr__v128 v) {
  uint32x2_t low = vqmovn_u64(vcvtq_u64_f64((float64x2_t)v));
  return (wr__v128)vcombine_u32(low, vdup_n_u32(0));
}

/* ---- Wider lanes ---- */

/* clang-format off */
WR__NEON_UNARY(i16x8_extend_high_i8x16_s, int8x16_t, vmovl_high_s8)
WR__NEON_BINARY(i16x8_extmul_high_i8x16_s, int8x16_t, vmull_high_s8)
WR__NEON_LOW1(i16x8_extend_low_i8x16_s, int8x16_t, vmovl_s8, vget_low_s8)
WR__NEON_LOW2(i16x8_extmul_low_i8x16_s, int8x16_t, vmull_s8, vget_low_s8)
WR__NEON_UNARY(i16x8_extend_high_i8x16_u, uint8x16_t, vmovl_high_u8)
WR__NEON_BINARY(i16x8_extmul_high_i8x16_u, uint8x16_t, vmull_high_u8)
WR__NEON_LOW1(i16x8_extend_low_i8x16_u, uint8x16_t, vmovl_u8, vget_low_u8)
WR__NEON_LOW2(i16x8_extmul_low_i8x16_u, uint8x16_t, vmull_u8, vget_low_u8)
WR__NEON_UNARY(i32x4_extend_high_i16x8_s, int16x8_t, vmovl_high_s16)
WR__NEON_BINARY(i32x4_extmul_high_i16x8_s, int16x8_t, vmull_high_s16)
WR__NEON_LOW1(i32x4_extend_low_i16x8_s, int16x8_t, vmovl_s16, vget_low_s16)
WR__NEON_LOW2(i32x4_extmul_low_i16x8_s, int16x8_t, vmull_s16, vget_low_s16)
WR__NEON_UNARY(i32x4_extend_high_i16x8_u, uint16x8_t, vmovl_high_u16)
WR__NEON_BINARY(i32x4_extmul_high_i16x8_u, uint16x8_t, vmull_high_u16)
WR__NEON_LOW1(i32x4_extend_low_i16x8_u, uint16x8_t, vmovl_u16, vget_low_u16)
WR__NEON_LOW2(i32x4_extmul_low_i16x8_u, uint16x8_t, vmull_u16, vget_low_u16)
WR__NEON_UNARY(i64x2_extend_high_i32x4_s, int32x4_t, vmovl_high_s32)
WR__NEON_BINARY(i64x2_extmul_high_i32x4_s, int32x4_t, vmull_high_s32)
WR__NEON_LOW1(i64x2_extend_low_i32x4_s, int32x4_t, vmovl_s32, vget_low_s32)
WR__NEON_LOW2(i64x2_extmul_low_i32x4_s, int32x4_t, vmull_s32, vget_low_s32)
WR__NEON_UNARY(i64x2_extend_high_i32x4_u, uint32x4_t, vmovl_high_u32)
WR__NEON_BINARY(i64x2_extmul_high_i32x4_u, uint32x4_t, vmull_high_u32)
WR__NEON_LOW1(i64x2_extend_low_i32x4_u, uint32x4_t, vmovl_u32, vget_low_u32)
WR__NEON_LOW2(i64x2_extmul_low_i32x4_u, uint32x4_t, vmull_u32, vget_low_u32)
/* clang-format on */

/* ---- Narrowing, products ---- */

static inline wr__v128 wr__num_i8x16_narrow_i16x8_s(wr__v128 a, wr__v128 b) {
  return (wr__v128)vqmovn_high_s16(vqmovn_s16((int16x8_t)a), (int16x8_t)b);
}
static inline wr__v128 wr__num_i8x16_narrow_i16x8_u(wr__v128 a, wr__v128 b) {
  return (wr__v128)vqmovun_high_s16(vqmovun_s16((int16x8_t)a), (int16x8_t)b);
}
static inline wr__v128 wr__num_i16x8_narrow_i32x4_s(wr__v128 a, wr__v128 b) {
  return (wr__v128)vqmovn_high_s32(vqmovn_s32((int32x4_t)a), (int32x4_t)b);
}
static inline wr__v128 wr__num_i16x8_narrow_i32x4_u(wr__v128 a, wr__v128 b) {
  return (wr__v128)vqmovun_high_s32(vqmovun_s32((int32x4_t)a), (int32x4_t)b);
}
static inline wr__v128 wr__num_i32x4_dot_i16x8_s(wr__v128 a, wr__v128 b) {
  int32x4_t low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
  int32x4_t high = vmull_high_s16((int16x8_t)a, (int16x8_t)b);
  return (wr__v128)vpaddq_s32(low, high);
}

/* ---- Bytes: tbl gives zero for an index beyond its table ---- */

static inline wr__v128 wr__num_i8x16_swizzle(wr__v128 v, wr__v128 indices) {
  return (wr__v128)vqtbl1q_u8((uint8x16_t)v, (uint8x16_t)indices);
}
static inline wr__v128 wr__num_i8x16_shuffle(wr__v128 a, wr__v128 b, const uint8_t lanes[16]) {
  uint8x16x2_t table = {{(uint8x16_t)a, (uint8x16_t)b}};
  return (wr__v128)vqtbl2q_u8(table, vld1q_u8(lanes));
}

/* ---- Predicates. A bitmask is the sum of the bits that stand for the lanes ---- */

static inline uint32_t wr__num_i8x16_bitmask(wr__v128 v) {
  const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t set = vandq_u8(vcltzq_s8((int8x16_t)v), bits);
  return vaddv_u8(vget_low_u8(set)) | (uint32_t)vaddv_u8(vget_high_u8(set)) << 8;
}
static inline uint32_t wr__num_i16x8_bitmask(wr__v128 v) {
  const uint16x8_t bits = {1, 2, 4, 8, 16, 32, 64, 128};
  return vaddvq_u16(vandq_u16(vcltzq_s16((int16x8_t)v), bits));
}
static inline uint32_t wr__num_i32x4_bitmask(wr__v128 v) {
  const uint32x4_t bits = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(vcltzq_s32((int32x4_t)v), bits));
}
static inline uint32_t wr__num_i64x2_bitmask(wr__v128 v) {
  return (uint32_t)((uint64_t)v[0] >> 63 | (uint64_t)v[1] >> 63 << 1);
}
static inline uint32_t wr__num_v128_any_true(wr__v128 v) { return vmaxvq_u32((uint32x4_t)v) != 0; }
static inline uint32_t wr__num_i8x16_all_true(wr__v128 v) { return vminvq_u8((uint8x16_t)v) != 0; }
static inline uint32_t wr__num_i16x8_all_true(wr__v128 v) { return vminvq_u16((uint16x8_t)v) != 0; }
static inline uint32_t wr__num_i32x4_all_true(wr__v128 v) { return vminvq_u32((uint32x4_t)v) != 0; }
static inline uint32_t wr__num_i64x2_all_true(wr__v128 v) { return (v[0] != 0) & (v[1] != 0); }

#undef WR__NEON_UNARY
#undef WR__NEON_BINARY
#undef WR__NEON_LOW1
#undef WR__NEON_LOW2

#endif
