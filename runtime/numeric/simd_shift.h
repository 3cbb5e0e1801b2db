/* Vector shifts, for processors that take a count for each lane. The count is modulo the width
 * of a lane. Spec: exec/numerics, ishl, ishr_s, ishr_u. */
#ifndef WR__NUMERIC_SIMD_SHIFT_H
#define WR__NUMERIC_SIMD_SHIFT_H

#include "numeric/v128.h"

#define WR__SHIFT(name, lanes, operator, splat, type, mask)                  \
  static inline wr__v128 wr__num_##name(wr__v128 v, uint32_t count) {        \
    return (wr__v128)((lanes)v operator(lanes) splat((type)(count & mask))); \
  }

/* clang-format off */
WR__SHIFT(i8x16_shl,   wr__u8x16, <<, wr__splat_8,  uint8_t,  7)
WR__SHIFT(i8x16_shr_s, wr__i8x16, >>, wr__splat_8,  uint8_t,  7)
WR__SHIFT(i8x16_shr_u, wr__u8x16, >>, wr__splat_8,  uint8_t,  7)
WR__SHIFT(i16x8_shl,   wr__u16x8, <<, wr__splat_16, uint16_t, 15)
WR__SHIFT(i16x8_shr_s, wr__i16x8, >>, wr__splat_16, uint16_t, 15)
WR__SHIFT(i16x8_shr_u, wr__u16x8, >>, wr__splat_16, uint16_t, 15)
WR__SHIFT(i32x4_shl,   wr__u32x4, <<, wr__splat_32, uint32_t, 31)
WR__SHIFT(i32x4_shr_s, wr__i32x4, >>, wr__splat_32, uint32_t, 31)
WR__SHIFT(i32x4_shr_u, wr__u32x4, >>, wr__splat_32, uint32_t, 31)
WR__SHIFT(i64x2_shl,   wr__u64x2, <<, wr__splat_64, uint64_t, 63)
WR__SHIFT(i64x2_shr_s, wr__i64x2, >>, wr__splat_64, uint64_t, 63)
WR__SHIFT(i64x2_shr_u, wr__u64x2, >>, wr__splat_64, uint64_t, 63)
/* clang-format on */

#undef WR__SHIFT

#endif
