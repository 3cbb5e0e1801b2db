/* The platform's numeric functions for x86-64: SSE2, which every such processor has, and
 * shorter ways where the compiler may use SSSE3, SSE4.1 or more. */
#ifndef WR__NUMERIC_PLATFORM_X86_64_H
#define WR__NUMERIC_PLATFORM_X86_64_H

#include <emmintrin.h>
#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif
#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

#include "numeric/minmax.h"
#include "numeric/rounding.h"
#include "numeric/simd_permute.h"
#include "numeric/simd_rounding.h"
#include "numeric/simd_widen.h"
#include "numeric/v128.h"

static inline float wr__num_f32_sqrt(float x) { return __builtin_sqrtf(x); }
static inline double wr__num_f64_sqrt(double x) { return __builtin_sqrt(x); }

/* With SSE4.1 the builtins are one instruction (roundss); without it they are calls of libm. */
#if defined(__SSE4_1__)
static inline float wr__num_f32_ceil(float x) { return __builtin_ceilf(x); }
static inline float wr__num_f32_floor(float x) { return __builtin_floorf(x); }
static inline float wr__num_f32_trunc(float x) { return __builtin_truncf(x); }
static inline float wr__num_f32_nearest(float x) { return __builtin_rintf(x); }
static inline double wr__num_f64_ceil(double x) { return __builtin_ceil(x); }
static inline double wr__num_f64_floor(double x) { return __builtin_floor(x); }
static inline double wr__num_f64_trunc(double x) { return __builtin_trunc(x); }
static inline double wr__num_f64_nearest(double x) { return __builtin_rint(x); }
#else
static inline float wr__num_f32_ceil(float x) { return wr__soft_f32_ceil(x); }
static inline float wr__num_f32_floor(float x) { return wr__soft_f32_floor(x); }
static inline float wr__num_f32_trunc(float x) { return wr__soft_f32_trunc(x); }
static inline float wr__num_f32_nearest(float x) { return wr__soft_f32_nearest(x); }
static inline double wr__num_f64_ceil(double x) { return wr__soft_f64_ceil(x); }
static inline double wr__num_f64_floor(double x) { return wr__soft_f64_floor(x); }
static inline double wr__num_f64_trunc(double x) { return wr__soft_f64_trunc(x); }
static inline double wr__num_f64_nearest(double x) { return wr__soft_f64_nearest(x); }
#endif

static inline float wr__num_f32_min(float a, float b) { return wr__soft_f32_min(a, b); }
static inline float wr__num_f32_max(float a, float b) { return wr__soft_f32_max(a, b); }
static inline double wr__num_f64_min(double a, double b) { return wr__soft_f64_min(a, b); }
static inline double wr__num_f64_max(double a, double b) { return wr__soft_f64_max(a, b); }

/* ---- One instruction each ---- */

#define WR__X86_BINARY(name, intrinsic)                           \
  static inline wr__v128 wr__num_##name(wr__v128 a, wr__v128 b) { \
    return (wr__v128)intrinsic((__m128i)a, (__m128i)b);           \
  }

/* clang-format off */
WR__X86_BINARY(i8x16_add_sat_s, _mm_adds_epi8)
WR__X86_BINARY(i8x16_add_sat_u, _mm_adds_epu8)
WR__X86_BINARY(i8x16_sub_sat_s, _mm_subs_epi8)
WR__X86_BINARY(i8x16_sub_sat_u, _mm_subs_epu8)
WR__X86_BINARY(i8x16_avgr_u, _mm_avg_epu8)
WR__X86_BINARY(i16x8_add_sat_s, _mm_adds_epi16)
WR__X86_BINARY(i16x8_add_sat_u, _mm_adds_epu16)
WR__X86_BINARY(i16x8_sub_sat_s, _mm_subs_epi16)
WR__X86_BINARY(i16x8_sub_sat_u, _mm_subs_epu16)
WR__X86_BINARY(i16x8_avgr_u, _mm_avg_epu16)
WR__X86_BINARY(i8x16_min_u, _mm_min_epu8)
WR__X86_BINARY(i8x16_max_u, _mm_max_epu8)
WR__X86_BINARY(i16x8_min_s, _mm_min_epi16)
WR__X86_BINARY(i16x8_max_s, _mm_max_epi16)
WR__X86_BINARY(i8x16_narrow_i16x8_s, _mm_packs_epi16)
WR__X86_BINARY(i8x16_narrow_i16x8_u, _mm_packus_epi16)
WR__X86_BINARY(i16x8_narrow_i32x4_s, _mm_packs_epi32)
WR__X86_BINARY(i32x4_dot_i16x8_s, _mm_madd_epi16)

#if defined(__SSE4_1__)
WR__X86_BINARY(i8x16_min_s, _mm_min_epi8)
WR__X86_BINARY(i8x16_max_s, _mm_max_epi8)
WR__X86_BINARY(i16x8_min_u, _mm_min_epu16)
WR__X86_BINARY(i16x8_max_u, _mm_max_epu16)
WR__X86_BINARY(i32x4_min_s, _mm_min_epi32)
WR__X86_BINARY(i32x4_max_s, _mm_max_epi32)
WR__X86_BINARY(i32x4_min_u, _mm_min_epu32)
WR__X86_BINARY(i32x4_max_u, _mm_max_epu32)
WR__X86_BINARY(i16x8_narrow_i32x4_u, _mm_packus_epi32)
#else
WR__LANES2(i8x16_min_s, wr__i8x16, wr__v128_select((wr__v128)(a < b), a_, b_))
WR__LANES2(i8x16_max_s, wr__i8x16, wr__v128_select((wr__v128)(a > b), a_, b_))
WR__LANES2(i16x8_min_u, wr__u16x8, a - (wr__u16x8)_mm_subs_epu16((__m128i)a, (__m128i)b))
WR__LANES2(i16x8_max_u, wr__u16x8, b + (wr__u16x8)_mm_subs_epu16((__m128i)a, (__m128i)b))
WR__LANES2(i32x4_min_s, wr__i32x4, wr__v128_select((wr__v128)(a < b), a_, b_))
WR__LANES2(i32x4_max_s, wr__i32x4, wr__v128_select((wr__v128)(a > b), a_, b_))
WR__LANES2(i32x4_min_u, wr__u32x4, wr__v128_select((wr__v128)(a < b), a_, b_))
WR__LANES2(i32x4_max_u, wr__u32x4, wr__v128_select((wr__v128)(a > b), a_, b_))

/* Only the signed packing is there: shift the range down by 2^15, pack, and shift back.
 * Negative lanes are made zero first, so the subtraction does not overflow. */
static inline __m128i wr__x86_u16_bias(wr__v128 v) {
  wr__i32x4 x = (wr__i32x4)v & ((wr__i32x4)v > 0);
  return (__m128i)(x - 0x8000);
}
static inline wr__v128 wr__num_i16x8_narrow_i32x4_u(wr__v128 a, wr__v128 b) {
  return (wr__v128)_mm_packs_epi32(wr__x86_u16_bias(a), wr__x86_u16_bias(b)) ^ wr__splat_16(0x8000);
}
#endif

/* ---- Shifts: one count for all lanes ---- */

#define WR__X86_SHIFT(name, intrinsic, mask)                                             \
  static inline wr__v128 wr__num_##name(wr__v128 v, uint32_t count) {                    \
    return (wr__v128)intrinsic((__m128i)v, _mm_cvtsi32_si128((int)(count & mask)));      \
  }

WR__X86_SHIFT(i16x8_shl, _mm_sll_epi16, 15)
WR__X86_SHIFT(i16x8_shr_s, _mm_sra_epi16, 15)
WR__X86_SHIFT(i16x8_shr_u, _mm_srl_epi16, 15)
WR__X86_SHIFT(i32x4_shl, _mm_sll_epi32, 31)
WR__X86_SHIFT(i32x4_shr_s, _mm_sra_epi32, 31)
WR__X86_SHIFT(i32x4_shr_u, _mm_srl_epi32, 31)
WR__X86_SHIFT(i64x2_shl, _mm_sll_epi64, 63)
WR__X86_SHIFT(i64x2_shr_u, _mm_srl_epi64, 63)
/* clang-format on */

/* The sign bit, shifted like the lane, extends it: (x ^ s) - s. */
static inline wr__v128 wr__num_i64x2_shr_s(wr__v128 v, uint32_t count) {
  wr__u64x2 sign = (wr__u64x2)wr__num_i64x2_shr_u(wr__splat_64(UINT64_C(1) << 63), count);
  return (wr__v128)(((wr__u64x2)wr__num_i64x2_shr_u(v, count) ^ sign) - sign);
}

/* Byte shifts on 16-bit lanes; the mask 0xff >> count takes away what crosses. */
static inline wr__v128 wr__x86_byte_mask(uint32_t count) {
  __m128i words = _mm_srl_epi16(_mm_set1_epi16(0xff), _mm_cvtsi32_si128((int)(count & 7)));
  return (wr__v128)_mm_packus_epi16(words, words);
}
static inline wr__v128 wr__num_i8x16_shl(wr__v128 v, uint32_t count) {
  return wr__num_i16x8_shl(v & wr__x86_byte_mask(count), count & 7);
}
static inline wr__v128 wr__num_i8x16_shr_u(wr__v128 v, uint32_t count) {
  return wr__num_i16x8_shr_u(v, count & 7) & wr__x86_byte_mask(count);
}
static inline wr__v128 wr__num_i8x16_shr_s(wr__v128 v, uint32_t count) {
  __m128i n = _mm_cvtsi32_si128((int)(count & 7) + 8);
  __m128i low = _mm_sra_epi16(_mm_unpacklo_epi8((__m128i)v, (__m128i)v), n);
  __m128i high = _mm_sra_epi16(_mm_unpackhi_epi8((__m128i)v, (__m128i)v), n);
  return (wr__v128)_mm_packs_epi16(low, high);
}

/* ---- Products at full width ---- */

/* The halves of each product come from two multiplications; interleaved they are the product. */
#define WR__X86_EXTMUL_16(suffix, high_half, interleave)                         \
  static inline wr__v128 wr__num_i32x4_extmul_##suffix(wr__v128 a, wr__v128 b) { \
    __m128i high = high_half((__m128i)a, (__m128i)b);                            \
    return (wr__v128)interleave(_mm_mullo_epi16((__m128i)a, (__m128i)b), high);  \
  }

WR__X86_EXTMUL_16(low_i16x8_s, _mm_mulhi_epi16, _mm_unpacklo_epi16)
WR__X86_EXTMUL_16(high_i16x8_s, _mm_mulhi_epi16, _mm_unpackhi_epi16)
WR__X86_EXTMUL_16(low_i16x8_u, _mm_mulhi_epu16, _mm_unpacklo_epi16)
WR__X86_EXTMUL_16(high_i16x8_u, _mm_mulhi_epu16, _mm_unpackhi_epi16)

/* Lanes 0 and 2, signed. As two's complement each negative factor takes the other from the
 * high half of the unsigned product. */
static inline __m128i wr__x86_mul_even_s(__m128i a, __m128i b) {
#if defined(__SSE4_1__)
  return _mm_mul_epi32(a, b);
#else
  __m128i from_a = _mm_and_si128(_mm_srai_epi32(a, 31), b);
  __m128i from_b = _mm_and_si128(_mm_srai_epi32(b, 31), a);
  __m128i excess = _mm_slli_epi64(_mm_add_epi32(from_a, from_b), 32);
  return _mm_sub_epi64(_mm_mul_epu32(a, b), excess);
#endif
}

/* The interleaving brings the wanted lanes to 0 and 2. */
#define WR__X86_EXTMUL_32(suffix, multiply, interleave)                          \
  static inline wr__v128 wr__num_i64x2_extmul_##suffix(wr__v128 a, wr__v128 b) { \
    return (wr__v128)multiply(interleave((__m128i)a, (__m128i)a),                \
                              interleave((__m128i)b, (__m128i)b));               \
  }

WR__X86_EXTMUL_32(low_i32x4_s, wr__x86_mul_even_s, _mm_unpacklo_epi32)
WR__X86_EXTMUL_32(high_i32x4_s, wr__x86_mul_even_s, _mm_unpackhi_epi32)
WR__X86_EXTMUL_32(low_i32x4_u, _mm_mul_epu32, _mm_unpacklo_epi32)
WR__X86_EXTMUL_32(high_i32x4_u, _mm_mul_epu32, _mm_unpackhi_epi32)

/* ---- Bytes: swizzle, shuffle, popcnt ---- */

#if defined(__SSSE3__)
/* pshufb gives zero where bit 7 of the index is set; adding 0x70 sets it from 16 on. */
static inline wr__v128 wr__num_i8x16_swizzle(wr__v128 v, wr__v128 indices) {
  __m128i bytes = _mm_adds_epu8((__m128i)indices, _mm_set1_epi8(0x70));
  return (wr__v128)_mm_shuffle_epi8((__m128i)v, bytes);
}
static inline wr__v128 wr__num_i8x16_shuffle(wr__v128 a, wr__v128 b, const uint8_t lanes[16]) {
  __m128i from_a, from_b;
  memcpy(&from_a, lanes, 16);
  from_b = _mm_sub_epi8(from_a, _mm_set1_epi8(16));
  from_a = _mm_adds_epu8(from_a, _mm_set1_epi8(0x70));
  return (wr__v128)_mm_or_si128(_mm_shuffle_epi8((__m128i)a, from_a),
                                _mm_shuffle_epi8((__m128i)b, from_b));
}
static inline wr__v128 wr__num_i8x16_popcnt(wr__v128 v) {
  const __m128i ones = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m128i nibble = _mm_set1_epi8(0x0f);
  __m128i low = _mm_and_si128((__m128i)v, nibble);
  __m128i high = _mm_and_si128(_mm_srli_epi16((__m128i)v, 4), nibble);
  return (wr__v128)_mm_add_epi8(_mm_shuffle_epi8(ones, low), _mm_shuffle_epi8(ones, high));
}
/* pmulhrsw wraps for the one product that does not fit, to a value that no other gives. */
static inline wr__v128 wr__num_i16x8_q15mulr_sat_s(wr__v128 a, wr__v128 b) {
  __m128i product = _mm_mulhrs_epi16((__m128i)a, (__m128i)b);
  return (wr__v128)_mm_xor_si128(product, _mm_cmpeq_epi16(product, _mm_set1_epi16(INT16_MIN)));
}
#else
static inline wr__v128 wr__num_i8x16_swizzle(wr__v128 v, wr__v128 indices) {
  return wr__soft_swizzle(v, indices);
}
static inline wr__v128 wr__num_i8x16_shuffle(wr__v128 a, wr__v128 b, const uint8_t lanes[16]) {
  return wr__soft_shuffle(a, b, lanes);
}
static inline wr__v128 wr__num_i8x16_popcnt(wr__v128 v) {
  wr__u8x16 x = (wr__u8x16)v;
  x = x - (x >> 1 & 0x55);
  x = (x & 0x33) + (x >> 2 & 0x33);
  return (wr__v128)((x + (x >> 4)) & 0x0f);
}
/* With p = 2^16 high + low: (p + 2^14) >> 15 is 2 high + (((low >> 14) + 1) >> 1). */
static inline wr__v128 wr__num_i16x8_q15mulr_sat_s(wr__v128 a, wr__v128 b) {
  __m128i low = _mm_mullo_epi16((__m128i)a, (__m128i)b);
  __m128i high = _mm_mulhi_epi16((__m128i)a, (__m128i)b);
  __m128i carry = _mm_avg_epu16(_mm_srli_epi16(low, 14), _mm_setzero_si128());
  __m128i product = _mm_add_epi16(_mm_add_epi16(high, high), carry);
  return (wr__v128)_mm_xor_si128(product, _mm_cmpeq_epi16(product, _mm_set1_epi16(INT16_MIN)));
}
#endif

/* ---- Predicates, by a mask of the lanes' sign bits ---- */

static inline uint32_t wr__num_i8x16_bitmask(wr__v128 v) {
  return (uint32_t)_mm_movemask_epi8((__m128i)v);
}
static inline uint32_t wr__num_i16x8_bitmask(wr__v128 v) {
  return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16((__m128i)v, _mm_setzero_si128()));
}
static inline uint32_t wr__num_i32x4_bitmask(wr__v128 v) {
  return (uint32_t)_mm_movemask_ps((__m128)v);
}
static inline uint32_t wr__num_i64x2_bitmask(wr__v128 v) {
  return (uint32_t)_mm_movemask_pd((__m128d)v);
}
static inline uint32_t wr__num_v128_any_true(wr__v128 v) {
  return _mm_movemask_epi8(_mm_cmpeq_epi8((__m128i)v, _mm_setzero_si128())) != 0xffff;
}
static inline uint32_t wr__num_i8x16_all_true(wr__v128 v) {
  return _mm_movemask_epi8(_mm_cmpeq_epi8((__m128i)v, _mm_setzero_si128())) == 0;
}
static inline uint32_t wr__num_i16x8_all_true(wr__v128 v) {
  return _mm_movemask_epi8(_mm_cmpeq_epi16((__m128i)v, _mm_setzero_si128())) == 0;
}
static inline uint32_t wr__num_i32x4_all_true(wr__v128 v) {
  return _mm_movemask_epi8(_mm_cmpeq_epi32((__m128i)v, _mm_setzero_si128())) == 0;
}
/* A lane is zero where both its halves are. */
static inline uint32_t wr__num_i64x2_all_true(wr__v128 v) {
  __m128i zeros = _mm_cmpeq_epi32((__m128i)v, _mm_setzero_si128());
  unsigned mask = (unsigned)_mm_movemask_ps(_mm_castsi128_ps(zeros));
  return (mask & mask >> 1 & 5) == 0;
}

/* ---- Floats ---- */

static inline wr__v128 wr__num_f32x4_sqrt(wr__v128 v) { return (wr__v128)_mm_sqrt_ps((__m128)v); }
static inline wr__v128 wr__num_f64x2_sqrt(wr__v128 v) { return (wr__v128)_mm_sqrt_pd((__m128d)v); }

#if defined(__SSE4_1__)
static inline wr__v128 wr__num_f32x4_ceil(wr__v128 v) {
  return (wr__v128)_mm_round_ps((__m128)v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
}
static inline wr__v128 wr__num_f32x4_floor(wr__v128 v) {
  return (wr__v128)_mm_round_ps((__m128)v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
static inline wr__v128 wr__num_f32x4_trunc(wr__v128 v) {
  return (wr__v128)_mm_round_ps((__m128)v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}
static inline wr__v128 wr__num_f32x4_nearest(wr__v128 v) {
  return (wr__v128)_mm_round_ps((__m128)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline wr__v128 wr__num_f64x2_ceil(wr__v128 v) {
  return (wr__v128)_mm_round_pd((__m128d)v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
}
static inline wr__v128 wr__num_f64x2_floor(wr__v128 v) {
  return (wr__v128)_mm_round_pd((__m128d)v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
static inline wr__v128 wr__num_f64x2_trunc(wr__v128 v) {
  return (wr__v128)_mm_round_pd((__m128d)v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}
static inline wr__v128 wr__num_f64x2_nearest(wr__v128 v) {
  return (wr__v128)_mm_round_pd((__m128d)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
#else
static inline wr__v128 wr__num_f32x4_ceil(wr__v128 v) { return wr__soft_f32x4_ceil(v); }
static inline wr__v128 wr__num_f32x4_floor(wr__v128 v) { return wr__soft_f32x4_floor(v); }
static inline wr__v128 wr__num_f32x4_trunc(wr__v128 v) { return wr__soft_f32x4_trunc(v); }
static inline wr__v128 wr__num_f32x4_nearest(wr__v128 v) { return wr__soft_f32x4_nearest(v); }
static inline wr__v128 wr__num_f64x2_ceil(wr__v128 v) { return wr__soft_f64x2_ceil(v); }
static inline wr__v128 wr__num_f64x2_floor(wr__v128 v) { return wr__soft_f64x2_floor(v); }
static inline wr__v128 wr__num_f64x2_trunc(wr__v128 v) { return wr__soft_f64x2_trunc(v); }
static inline wr__v128 wr__num_f64x2_nearest(wr__v128 v) { return wr__soft_f64x2_nearest(v); }
#endif

/* minps(x, y) is x < y ? x : y, which is pmin with the operands exchanged. min and max are put
 * together as in minmax.h. */
static inline wr__v128 wr__num_f32x4_pmin(wr__v128 a, wr__v128 b) {
  return (wr__v128)_mm_min_ps((__m128)b, (__m128)a);
}
static inline wr__v128 wr__num_f32x4_pmax(wr__v128 a, wr__v128 b) {
  return (wr__v128)_mm_max_ps((__m128)b, (__m128)a);
}
static inline wr__v128 wr__num_f32x4_min(wr__v128 a, wr__v128 b) {
  wr__v128 least = wr__num_f32x4_pmin(a, b) | wr__num_f32x4_pmin(b, a);
  wr__v128 nan = (wr__v128)_mm_cmpunord_ps((__m128)a, (__m128)b);
  return wr__v128_select(nan, (wr__v128)_mm_add_ps((__m128)a, (__m128)b), least);
}
static inline wr__v128 wr__num_f32x4_max(wr__v128 a, wr__v128 b) {
  wr__v128 greatest = wr__num_f32x4_pmax(a, b) & wr__num_f32x4_pmax(b, a);
  wr__v128 nan = (wr__v128)_mm_cmpunord_ps((__m128)a, (__m128)b);
  return wr__v128_select(nan, (wr__v128)_mm_add_ps((__m128)a, (__m128)b), greatest);
}
static inline wr__v128 wr__num_f64x2_pmin(wr__v128 a, wr__v128 b) {
  return (wr__v128)_mm_min_pd((__m128d)b, (__m128d)a);
}
static inline wr__v128 wr__num_f64x2_pmax(wr__v128 a, wr__v128 b) {
  return (wr__v128)_mm_max_pd((__m128d)b, (__m128d)a);
}
static inline wr__v128 wr__num_f64x2_min(wr__v128 a, wr__v128 b) {
  wr__v128 least = wr__num_f64x2_pmin(a, b) | wr__num_f64x2_pmin(b, a);
  wr__v128 nan = (wr__v128)_mm_cmpunord_pd((__m128d)a, (__m128d)b);
  return wr__v128_select(nan, (wr__v128)_mm_add_pd((__m128d)a, (__m128d)b), least);
}
static inline wr__v128 wr__num_f64x2_max(wr__v128 a, wr__v128 b) {
  wr__v128 greatest = wr__num_f64x2_pmax(a, b) & wr__num_f64x2_pmax(b, a);
  wr__v128 nan = (wr__v128)_mm_cmpunord_pd((__m128d)a, (__m128d)b);
  return wr__v128_select(nan, (wr__v128)_mm_add_pd((__m128d)a, (__m128d)b), greatest);
}

/* ---- Truncation. cvttps and cvttpd give INT32_MIN for what does not fit ---- */

static inline wr__v128 wr__num_i32x4_trunc_sat_f32x4_s(wr__v128 v) {
  wr__v128 number = (wr__v128)((wr__f32x4)v == (wr__f32x4)v);
  wr__v128 above = (wr__v128)((wr__f32x4)v >= 0x1p31f);
  return (wr__v128)_mm_cvttps_epi32((__m128)(v & number)) ^ above;
}

/* In two parts: up to 2^31, where the first conversion stays, and what goes beyond, which is
 * at most INT32_MAX. maxps turns a NaN into its second operand. */
static inline wr__v128 wr__num_i32x4_trunc_sat_f32x4_u(wr__v128 v) {
  __m128 x = _mm_max_ps((__m128)v, _mm_setzero_ps());
  __m128 rest = _mm_max_ps(_mm_sub_ps(x, _mm_set1_ps(0x1p31f)), _mm_setzero_ps());
  wr__v128 above = (wr__v128)_mm_cmpge_ps(rest, _mm_set1_ps(0x1p31f));
  wr__u32x4 beyond = (wr__u32x4)((wr__v128)_mm_cvttps_epi32(rest) ^ above);
  return (wr__v128)((wr__u32x4)_mm_cvttps_epi32(x) + beyond);
}

static inline wr__v128 wr__num_i32x4_trunc_sat_f64x2_s_zero(wr__v128 v) {
  wr__v128 number = (wr__v128)((wr__f64x2)v == (wr__f64x2)v);
  __m128d x = _mm_min_pd((__m128d)(v & number), _mm_set1_pd(INT32_MAX));
  return (wr__v128)_mm_cvttpd_epi32(x);
}

/* The sum with 2^52 is an integer whose low half is the lane's, rounded to nearest; where that
 * went up, the comparison's -1 takes it back. */
static inline wr__v128 wr__num_i32x4_trunc_sat_f64x2_u_zero(wr__v128 v) {
  __m128d x = _mm_max_pd((__m128d)v, _mm_setzero_pd());
  x = _mm_min_pd(x, _mm_set1_pd(UINT32_MAX));
  __m128d sum = _mm_add_pd(x, _mm_set1_pd(0x1p52));
  __m128d up = _mm_cmpgt_pd(_mm_sub_pd(sum, _mm_set1_pd(0x1p52)), x);
  __m128i whole = _mm_add_epi64(_mm_castpd_si128(sum), _mm_castpd_si128(up));
  whole = _mm_shuffle_epi32(whole, _MM_SHUFFLE(3, 1, 2, 0));
  return (wr__v128)_mm_move_epi64(whole);
}

#undef WR__X86_BINARY
#undef WR__X86_SHIFT
#undef WR__X86_EXTMUL_16
#undef WR__X86_EXTMUL_32

#endif
