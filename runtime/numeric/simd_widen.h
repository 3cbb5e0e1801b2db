/* Half of the lanes of a vector made twice as wide, and products of bytes at full width, for
 * processors where a compiler does that well by itself.
 * Spec: exec/numerics, vcvtop extend, vextbinop extmul. */
#ifndef WR__NUMERIC_SIMD_WIDEN_H
#define WR__NUMERIC_SIMD_WIDEN_H

#include "numeric/v128.h"

/* clang-format off */
WR__LANES1(i16x8_extend_low_i8x16_s, wr__i8x16, __builtin_convertvector(WR__LOW8(a), wr__i16x8))
WR__LANES1(i16x8_extend_high_i8x16_s, wr__i8x16, __builtin_convertvector(WR__HIGH8(a), wr__i16x8))
WR__LANES1(i16x8_extend_low_i8x16_u, wr__u8x16, __builtin_convertvector(WR__LOW8(a), wr__u16x8))
WR__LANES1(i16x8_extend_high_i8x16_u, wr__u8x16, __builtin_convertvector(WR__HIGH8(a), wr__u16x8))
WR__LANES1(i32x4_extend_low_i16x8_s, wr__i16x8, __builtin_convertvector(WR__LOW4(a), wr__i32x4))
WR__LANES1(i32x4_extend_high_i16x8_s, wr__i16x8, __builtin_convertvector(WR__HIGH4(a), wr__i32x4))
WR__LANES1(i32x4_extend_low_i16x8_u, wr__u16x8, __builtin_convertvector(WR__LOW4(a), wr__u32x4))
WR__LANES1(i32x4_extend_high_i16x8_u, wr__u16x8, __builtin_convertvector(WR__HIGH4(a), wr__u32x4))
WR__LANES1(i64x2_extend_low_i32x4_s, wr__i32x4, __builtin_convertvector(WR__LOW2(a), wr__i64x2))
WR__LANES1(i64x2_extend_high_i32x4_s, wr__i32x4, __builtin_convertvector(WR__HIGH2(a), wr__i64x2))
WR__LANES1(i64x2_extend_low_i32x4_u, wr__u32x4, __builtin_convertvector(WR__LOW2(a), wr__u64x2))
WR__LANES1(i64x2_extend_high_i32x4_u, wr__u32x4, __builtin_convertvector(WR__HIGH2(a), wr__u64x2))

WR__LANES2(i16x8_extmul_low_i8x16_s, wr__i8x16, (wr__u16x8)__builtin_convertvector(WR__LOW8(a), wr__i16x8) * (wr__u16x8)__builtin_convertvector(WR__LOW8(b), wr__i16x8))
WR__LANES2(i16x8_extmul_high_i8x16_s, wr__i8x16, (wr__u16x8)__builtin_convertvector(WR__HIGH8(a), wr__i16x8) * (wr__u16x8)__builtin_convertvector(WR__HIGH8(b), wr__i16x8))
WR__LANES2(i16x8_extmul_low_i8x16_u, wr__u8x16, (wr__u16x8)__builtin_convertvector(WR__LOW8(a), wr__u16x8) * (wr__u16x8)__builtin_convertvector(WR__LOW8(b), wr__u16x8))
WR__LANES2(i16x8_extmul_high_i8x16_u, wr__u8x16, (wr__u16x8)__builtin_convertvector(WR__HIGH8(a), wr__u16x8) * (wr__u16x8)__builtin_convertvector(WR__HIGH8(b), wr__u16x8))
/* clang-format on */

#endif
