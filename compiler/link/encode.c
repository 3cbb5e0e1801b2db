/* Numbers as the tables of an image hold them. */
#include "compile.h"

void wr__encode_uleb(wr__encoder *e, uint64_t value) {
  do {
    if (e->at) e->at[e->size] = (uint8_t)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);
    e->size++;
    value >>= 7;
  } while (value);
}

uint32_t wr__zigzag(uint32_t difference) { return difference << 1 ^ -(difference >> 31); }
