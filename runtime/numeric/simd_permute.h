/* Byte permutations by way of memory, for processors without an instruction that looks up
 * bytes of a vector (x86-64 before SSSE3). The result is collected in two registers: a vector
 * read back from single bytes would wait for all of their stores.
 * Spec: exec/numerics, ivswizzle; exec/instructions, vshuffle. */
#ifndef WR__NUMERIC_SIMD_PERMUTE_H
#define WR__NUMERIC_SIMD_PERMUTE_H

#include <string.h>

#include "numeric/v128.h"

static inline uint64_t wr__gather_8(const uint8_t *table, const uint8_t indices[8]) {
  uint64_t result = 0;
  for (int i = 7; i >= 0; i--) result = result << 8 | table[indices[i]];
  return result;
}

/* No index is above 16, and there the table holds zero. */
static inline wr__v128 wr__soft_swizzle(wr__v128 v, wr__v128 indices) {
  uint8_t table[17], clamped[16];
  wr__v128 beyond = (wr__v128)((wr__u8x16)indices > 15);
  indices = wr__v128_select(beyond, wr__splat_8(16), indices);
  memcpy(table, &v, 16);
  table[16] = 0;
  memcpy(clamped, &indices, 16);
  return (wr__v128)(wr__u64x2){wr__gather_8(table, clamped), wr__gather_8(table, clamped + 8)};
}

/* Validation keeps lanes[i] below 32. */
static inline wr__v128 wr__soft_shuffle(wr__v128 a, wr__v128 b, const uint8_t lanes[16]) {
  uint8_t table[32];
  memcpy(table, &a, 16);
  memcpy(table + 16, &b, 16);
  return (wr__v128)(wr__u64x2){wr__gather_8(table, lanes), wr__gather_8(table, lanes + 8)};
}

#endif
