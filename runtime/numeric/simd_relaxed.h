/* The relaxed v128 instructions. wasmrun follows the deterministic profile, in which each
 * parameter R of Spec exec/numerics, relaxed operations, is 0: the first of the listed choices.
 * So every engine and every machine gives the same result.
 * Spec: appendix/profiles, profile-deterministic. */
#ifndef WR__NUMERIC_SIMD_RELAXED_H
#define WR__NUMERIC_SIMD_RELAXED_H

#include "numeric/simd_float.h"
#include "numeric/simd_int.h"

#define WR__SAME1(name, as) \
  static inline wr__v128 wr__num_##name(wr__v128 a) { return wr__num_##as(a); }
#define WR__SAME2(name, as) \
  static inline wr__v128 wr__num_##name(wr__v128 a, wr__v128 b) { return wr__num_##as(a, b); }
#define WR__SAME3(name, as)                                                   \
  static inline wr__v128 wr__num_##name(wr__v128 a, wr__v128 b, wr__v128 c) { \
    return wr__num_##as(a, b, c);                                             \
  }

/* R_swizzle, R_trunc_s, R_trunc_u, R_laneselect, R_fmin, R_fmax, R_iq15mulr: choice 0 is the
 * instruction that is not relaxed. */
WR__SAME2(i8x16_relaxed_swizzle, i8x16_swizzle)
WR__SAME1(i32x4_relaxed_trunc_f32x4_s, i32x4_trunc_sat_f32x4_s)
WR__SAME1(i32x4_relaxed_trunc_f32x4_u, i32x4_trunc_sat_f32x4_u)
WR__SAME1(i32x4_relaxed_trunc_f64x2_s_zero, i32x4_trunc_sat_f64x2_s_zero)
WR__SAME1(i32x4_relaxed_trunc_f64x2_u_zero, i32x4_trunc_sat_f64x2_u_zero)
WR__SAME3(i8x16_relaxed_laneselect, v128_bitselect)
WR__SAME3(i16x8_relaxed_laneselect, v128_bitselect)
WR__SAME3(i32x4_relaxed_laneselect, v128_bitselect)
WR__SAME3(i64x2_relaxed_laneselect, v128_bitselect)
WR__SAME2(f32x4_relaxed_min, f32x4_min)
WR__SAME2(f32x4_relaxed_max, f32x4_max)
WR__SAME2(f64x2_relaxed_min, f64x2_min)
WR__SAME2(f64x2_relaxed_max, f64x2_max)
WR__SAME2(i16x8_relaxed_q15mulr_s, i16x8_q15mulr_sat_s)

/* R_fmadd: choice 0 rounds the product and then the sum. Spec: exec/numerics, frelaxed_madd;
 * frelaxed_nmadd negates the first factor. */
#define WR__MADD(shape)                                                                        \
  static inline wr__v128 wr__num_##shape##_relaxed_madd(wr__v128 a, wr__v128 b, wr__v128 c) {  \
    return wr__num_##shape##_add(wr__num_##shape##_mul(a, b), c);                              \
  }                                                                                            \
  static inline wr__v128 wr__num_##shape##_relaxed_nmadd(wr__v128 a, wr__v128 b, wr__v128 c) { \
    return wr__num_##shape##_relaxed_madd(wr__num_##shape##_neg(a), b, c);                     \
  }

WR__MADD(f32x4)
WR__MADD(f64x2)

/* R_idot: choice 1 reads the second operand as unsigned, as x86's instruction does, which native
 * code uses. The sum of two products saturates. Spec: exec/numerics, vextbinop and ivdot_sat. */
static inline wr__v128 wr__num_i16x8_relaxed_dot_i8x16_i7x16_s(wr__v128 a, wr__v128 b) {
  wr__i16x8 a_even = (wr__i16x8)((wr__u16x8)a << 8) >> 8, a_odd = (wr__i16x8)a >> 8;
  wr__i16x8 b_even = (wr__i16x8)((wr__u16x8)b & 0xff), b_odd = (wr__i16x8)((wr__u16x8)b >> 8);
  return wr__num_i16x8_add_sat_s((wr__v128)(a_even * b_even), (wr__v128)(a_odd * b_odd));
}

/* Spec: exec/numerics, vextternop: the last addition wraps. */
static inline wr__v128 wr__num_i32x4_relaxed_dot_i8x16_i7x16_add_s(wr__v128 a, wr__v128 b,
                                                                   wr__v128 c) {
  wr__v128 pairs = wr__num_i16x8_relaxed_dot_i8x16_i7x16_s(a, b);
  return wr__num_i32x4_add(wr__num_i32x4_extadd_pairwise_i16x8_s(pairs), c);
}

#undef WR__SAME1
#undef WR__SAME2
#undef WR__SAME3
#undef WR__MADD

#endif
