/* The type of a v128 and its lane views. A view is a cast of the whole vector and moves no
 * bits; lane 0 is the one at the lowest address, so both kinds of processor must be
 * little-endian. Comparisons of views give masks: all bits of a lane or none.
 * Spec: exec/numerics, lanes. */
#ifndef WR__NUMERIC_V128_H
#define WR__NUMERIC_V128_H

#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "lane 0 is the low end of a v128");

typedef int64_t wr__v128 __attribute__((vector_size(16)));
typedef int8_t wr__i8x16 __attribute__((vector_size(16)));
typedef uint8_t wr__u8x16 __attribute__((vector_size(16)));
typedef int16_t wr__i16x8 __attribute__((vector_size(16)));
typedef uint16_t wr__u16x8 __attribute__((vector_size(16)));
typedef int32_t wr__i32x4 __attribute__((vector_size(16)));
typedef uint32_t wr__u32x4 __attribute__((vector_size(16)));
typedef int64_t wr__i64x2 __attribute__((vector_size(16)));
typedef uint64_t wr__u64x2 __attribute__((vector_size(16)));
typedef float wr__f32x4 __attribute__((vector_size(16)));
typedef double wr__f64x2 __attribute__((vector_size(16)));

/* Half vectors, for what doubles or halves the width of lanes. */
typedef int8_t wr__i8x8 __attribute__((vector_size(8)));
typedef uint8_t wr__u8x8 __attribute__((vector_size(8)));
typedef int16_t wr__i16x4 __attribute__((vector_size(8)));
typedef uint16_t wr__u16x4 __attribute__((vector_size(8)));
typedef int32_t wr__i32x2 __attribute__((vector_size(8)));
typedef uint32_t wr__u32x2 __attribute__((vector_size(8)));
typedef float wr__f32x2 __attribute__((vector_size(8)));

/* The bits of a where the mask is set, those of b elsewhere. */
static inline wr__v128 wr__v128_select(wr__v128 mask, wr__v128 a, wr__v128 b) {
  return (a & mask) | (b & ~mask);
}

static inline wr__v128 wr__splat_8(uint8_t x) {
  return (wr__v128)(wr__u8x16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

static inline wr__v128 wr__splat_16(uint16_t x) {
  return (wr__v128)(wr__u16x8){x, x, x, x, x, x, x, x};
}

static inline wr__v128 wr__splat_32(uint32_t x) { return (wr__v128)(wr__u32x4){x, x, x, x}; }
static inline wr__v128 wr__splat_64(uint64_t x) { return (wr__v128)(wr__u64x2){x, x}; }
static inline wr__v128 wr__splat_f32(float x) { return (wr__v128)(wr__f32x4){x, x, x, x}; }
static inline wr__v128 wr__splat_f64(double x) { return (wr__v128)(wr__f64x2){x, x}; }

/* The low and the high half of a view. */
#define WR__LOW8(v) __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)
#define WR__HIGH8(v) __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15)
#define WR__LOW4(v) __builtin_shufflevector(v, v, 0, 1, 2, 3)
#define WR__HIGH4(v) __builtin_shufflevector(v, v, 4, 5, 6, 7)
#define WR__LOW2(v) __builtin_shufflevector(v, v, 0, 1)
#define WR__HIGH2(v) __builtin_shufflevector(v, v, 2, 3)

/* A row for each instruction: its name, the lanes that it sees, and the result in terms of the
 * views a and b. */
#define WR__LANES1(name, lanes, result)                \
  static inline wr__v128 wr__num_##name(wr__v128 a_) { \
    lanes a = (lanes)a_;                               \
    return (wr__v128)(result);                         \
  }
#define WR__LANES2(name, lanes, result)                             \
  static inline wr__v128 wr__num_##name(wr__v128 a_, wr__v128 b_) { \
    lanes a = (lanes)a_, b = (lanes)b_;                             \
    return (wr__v128)(result);                                      \
  }

#endif
