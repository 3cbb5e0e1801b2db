/* Byte permutations by way of memory, for processors without an instruction that looks up
 * bytes of a vector (x86-64 before SSSE3).
 * Spec: exec/numerics, ivswizzle; exec/instructions, vshuffle. */
#ifndef WR__NUMERIC_SIMD_PERMUTE_H
#define WR__NUMERIC_SIMD_PERMUTE_H

#include <string.h>

#include "numeric/v128.h"

/* Indices from 16 on give zero: they are brought to 16, where the table holds one. */
static inline wr__v128 wr__soft_swizzle(wr__v128 v, wr__v128 indices) {
  uint8_t table[17], result[16];
  memcpy(table, &v, 16);
  table[16] = 0;
  for (int i = 0; i < 16; i++) {
    uint8_t index = ((wr__u8x16)indices)[i];
    result[i] = table[index < 16 ? index : 16];
  }
  memcpy(&v, result, 16);
  return v;
}

/* Validation keeps lanes[i] below 32. */
static inline wr__v128 wr__soft_shuffle(wr__v128 a, wr__v128 b, const uint8_t lanes[16]) {
  uint8_t table[32], result[16];
  memcpy(table, &a, 16);
  memcpy(table + 16, &b, 16);
  for (int i = 0; i < 16; i++) result[i] = table[lanes[i]];
  memcpy(&a, result, 16);
  return a;
}

#endif
