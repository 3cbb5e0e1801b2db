/* v128 instructions on integer lanes and on bits. The rest of them is in platform/: shifts,
 * saturating arithmetic, minimum and maximum, averages, narrowing and widening, bitmask,
 * any_true and all_true, swizzle and shuffle, popcnt, dot, q15mulr_sat.
 * Spec: exec/numerics, vector operations. */
#ifndef WR__NUMERIC_SIMD_INT_H
#define WR__NUMERIC_SIMD_INT_H

#include "numeric/platform/arch.h"
#include "numeric/v128.h"

/* ---- Bits ---- */

static inline wr__v128 wr__num_v128_not(wr__v128 a) { return ~a; }
static inline wr__v128 wr__num_v128_and(wr__v128 a, wr__v128 b) { return a & b; }
static inline wr__v128 wr__num_v128_andnot(wr__v128 a, wr__v128 b) { return a & ~b; }
static inline wr__v128 wr__num_v128_or(wr__v128 a, wr__v128 b) { return a | b; }
static inline wr__v128 wr__num_v128_xor(wr__v128 a, wr__v128 b) { return a ^ b; }

/* The bits of a where c is set, those of b elsewhere. */
static inline wr__v128 wr__num_v128_bitselect(wr__v128 a, wr__v128 b, wr__v128 c) {
  return wr__v128_select(c, a, b);
}

/* ---- Lanes: splat, extract, replace. Validation keeps lane below the number of lanes. ---- */

static inline wr__v128 wr__num_i8x16_splat(uint32_t x) { return wr__splat_8((uint8_t)x); }
static inline wr__v128 wr__num_i16x8_splat(uint32_t x) { return wr__splat_16((uint16_t)x); }
static inline wr__v128 wr__num_i32x4_splat(uint32_t x) { return wr__splat_32(x); }
static inline wr__v128 wr__num_i64x2_splat(uint64_t x) { return wr__splat_64(x); }

#define WR__EXTRACT(R, name, lanes, extended)                 \
  static inline R wr__num_##name(wr__v128 v, unsigned lane) { \
    return (R)(extended)((lanes)v)[lane];                     \
  }
/* By a mask that compares lane numbers: storing one lane and loading the vector again would
 * wait for the store. */
#define WR__REPLACE(name, lanes, splat_lane, splat_x, X, type, ...)        \
  static inline wr__v128 wr__num_##name(wr__v128 v, X x, unsigned lane) {  \
    wr__v128 here = (wr__v128)((lanes){__VA_ARGS__} == (lanes)splat_lane); \
    return wr__v128_select(here, splat_x((type)x), v);                     \
  }

/* clang-format off */
WR__EXTRACT(uint32_t, i8x16_extract_lane_s, wr__i8x16, int32_t)
WR__EXTRACT(uint32_t, i8x16_extract_lane_u, wr__u8x16, uint32_t)
WR__EXTRACT(uint32_t, i16x8_extract_lane_s, wr__i16x8, int32_t)
WR__EXTRACT(uint32_t, i16x8_extract_lane_u, wr__u16x8, uint32_t)
WR__EXTRACT(uint32_t, i32x4_extract_lane,   wr__u32x4, uint32_t)
WR__EXTRACT(uint64_t, i64x2_extract_lane,   wr__u64x2, uint64_t)
WR__EXTRACT(float,    f32x4_extract_lane,   wr__f32x4, float)
WR__EXTRACT(double,   f64x2_extract_lane,   wr__f64x2, double)

WR__REPLACE(i8x16_replace_lane, wr__u8x16, wr__splat_8((uint8_t)lane),   wr__splat_8,   uint32_t, uint8_t,  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
WR__REPLACE(i16x8_replace_lane, wr__u16x8, wr__splat_16((uint16_t)lane), wr__splat_16,  uint32_t, uint16_t, 0, 1, 2, 3, 4, 5, 6, 7)
WR__REPLACE(i32x4_replace_lane, wr__u32x4, wr__splat_32(lane),           wr__splat_32,  uint32_t, uint32_t, 0, 1, 2, 3)
WR__REPLACE(i64x2_replace_lane, wr__u32x4, wr__splat_32(lane),           wr__splat_64,  uint64_t, uint64_t, 0, 0, 1, 1)
WR__REPLACE(f32x4_replace_lane, wr__u32x4, wr__splat_32(lane),           wr__splat_f32, float,    float,    0, 1, 2, 3)
WR__REPLACE(f64x2_replace_lane, wr__u32x4, wr__splat_32(lane),           wr__splat_f64, double,   double,   0, 0, 1, 1)

/* ---- Arithmetic. Lanes wrap; abs of the least number is that number. ---- */

WR__LANES2(i8x16_add, wr__u8x16, a + b)
WR__LANES2(i8x16_sub, wr__u8x16, a - b)
WR__LANES1(i8x16_neg, wr__u8x16, -a)
WR__LANES1(i8x16_abs, wr__u8x16, (a ^ (wr__u8x16)((wr__i8x16)a < 0)) - (wr__u8x16)((wr__i8x16)a < 0))

WR__LANES2(i16x8_add, wr__u16x8, a + b)
WR__LANES2(i16x8_sub, wr__u16x8, a - b)
WR__LANES2(i16x8_mul, wr__u16x8, a * b)
WR__LANES1(i16x8_neg, wr__u16x8, -a)
WR__LANES1(i16x8_abs, wr__u16x8, (a ^ (wr__u16x8)((wr__i16x8)a < 0)) - (wr__u16x8)((wr__i16x8)a < 0))

WR__LANES2(i32x4_add, wr__u32x4, a + b)
WR__LANES2(i32x4_sub, wr__u32x4, a - b)
WR__LANES2(i32x4_mul, wr__u32x4, a * b)
WR__LANES1(i32x4_neg, wr__u32x4, -a)
WR__LANES1(i32x4_abs, wr__u32x4, (a ^ (wr__u32x4)((wr__i32x4)a < 0)) - (wr__u32x4)((wr__i32x4)a < 0))

WR__LANES2(i64x2_add, wr__u64x2, a + b)
WR__LANES2(i64x2_sub, wr__u64x2, a - b)
WR__LANES2(i64x2_mul, wr__u64x2, a * b)
WR__LANES1(i64x2_neg, wr__u64x2, -a)
WR__LANES1(i64x2_abs, wr__u64x2, (a ^ (wr__u64x2)((wr__i64x2)a < 0)) - (wr__u64x2)((wr__i64x2)a < 0))

/* ---- Comparisons: all bits of a lane or none ---- */

WR__LANES2(i8x16_eq, wr__u8x16, a == b)
WR__LANES2(i8x16_ne, wr__u8x16, a != b)
WR__LANES2(i8x16_lt_s, wr__i8x16, a < b)
WR__LANES2(i8x16_lt_u, wr__u8x16, a < b)
WR__LANES2(i8x16_gt_s, wr__i8x16, a > b)
WR__LANES2(i8x16_gt_u, wr__u8x16, a > b)
WR__LANES2(i8x16_le_s, wr__i8x16, a <= b)
WR__LANES2(i8x16_le_u, wr__u8x16, a <= b)
WR__LANES2(i8x16_ge_s, wr__i8x16, a >= b)
WR__LANES2(i8x16_ge_u, wr__u8x16, a >= b)

WR__LANES2(i16x8_eq, wr__u16x8, a == b)
WR__LANES2(i16x8_ne, wr__u16x8, a != b)
WR__LANES2(i16x8_lt_s, wr__i16x8, a < b)
WR__LANES2(i16x8_lt_u, wr__u16x8, a < b)
WR__LANES2(i16x8_gt_s, wr__i16x8, a > b)
WR__LANES2(i16x8_gt_u, wr__u16x8, a > b)
WR__LANES2(i16x8_le_s, wr__i16x8, a <= b)
WR__LANES2(i16x8_le_u, wr__u16x8, a <= b)
WR__LANES2(i16x8_ge_s, wr__i16x8, a >= b)
WR__LANES2(i16x8_ge_u, wr__u16x8, a >= b)

WR__LANES2(i32x4_eq, wr__u32x4, a == b)
WR__LANES2(i32x4_ne, wr__u32x4, a != b)
WR__LANES2(i32x4_lt_s, wr__i32x4, a < b)
WR__LANES2(i32x4_lt_u, wr__u32x4, a < b)
WR__LANES2(i32x4_gt_s, wr__i32x4, a > b)
WR__LANES2(i32x4_gt_u, wr__u32x4, a > b)
WR__LANES2(i32x4_le_s, wr__i32x4, a <= b)
WR__LANES2(i32x4_le_u, wr__u32x4, a <= b)
WR__LANES2(i32x4_ge_s, wr__i32x4, a >= b)
WR__LANES2(i32x4_ge_u, wr__u32x4, a >= b)

WR__LANES2(i64x2_eq, wr__u64x2, a == b)
WR__LANES2(i64x2_ne, wr__u64x2, a != b)
WR__LANES2(i64x2_lt_s, wr__i64x2, a < b)
WR__LANES2(i64x2_gt_s, wr__i64x2, a > b)
WR__LANES2(i64x2_le_s, wr__i64x2, a <= b)
WR__LANES2(i64x2_ge_s, wr__i64x2, a >= b)

/* ---- Pairwise addition. An even lane is the low half of a wide lane, the odd one its high half. */
WR__LANES1(i16x8_extadd_pairwise_i8x16_s, wr__i16x8, ((wr__i16x8)((wr__u16x8)a << 8) >> 8) + (a >> 8))
WR__LANES1(i16x8_extadd_pairwise_i8x16_u, wr__u16x8, (a & 0xff) + (a >> 8))
WR__LANES1(i32x4_extadd_pairwise_i16x8_s, wr__i32x4, ((wr__i32x4)((wr__u32x4)a << 16) >> 16) + (a >> 16))
WR__LANES1(i32x4_extadd_pairwise_i16x8_u, wr__u32x4, (a & 0xffff) + (a >> 16))
/* clang-format on */

/* ---- Loads, from the bits at the address. Spec: exec/instructions, vload ---- */

static inline wr__v128 wr__num_v128_load32_zero(uint32_t bits) {
  return (wr__v128)(wr__u64x2){bits, 0};
}
static inline wr__v128 wr__num_v128_load64_zero(uint64_t bits) {
  return (wr__v128)(wr__u64x2){bits, 0};
}
static inline wr__v128 wr__num_v128_load8_splat(uint8_t bits) { return wr__splat_8(bits); }
static inline wr__v128 wr__num_v128_load16_splat(uint16_t bits) { return wr__splat_16(bits); }
static inline wr__v128 wr__num_v128_load32_splat(uint32_t bits) { return wr__splat_32(bits); }
static inline wr__v128 wr__num_v128_load64_splat(uint64_t bits) { return wr__splat_64(bits); }

#define WR__LOAD_EXTEND(name, extend)                        \
  static inline wr__v128 wr__num_##name(uint64_t bits) {     \
    return wr__num_##extend(wr__num_v128_load64_zero(bits)); \
  }

WR__LOAD_EXTEND(v128_load8x8_s, i16x8_extend_low_i8x16_s)
WR__LOAD_EXTEND(v128_load8x8_u, i16x8_extend_low_i8x16_u)
WR__LOAD_EXTEND(v128_load16x4_s, i32x4_extend_low_i16x8_s)
WR__LOAD_EXTEND(v128_load16x4_u, i32x4_extend_low_i16x8_u)
WR__LOAD_EXTEND(v128_load32x2_s, i64x2_extend_low_i32x4_s)
WR__LOAD_EXTEND(v128_load32x2_u, i64x2_extend_low_i32x4_u)

#undef WR__EXTRACT
#undef WR__REPLACE
#undef WR__LOAD_EXTEND

#endif
