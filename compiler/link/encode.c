/* Numbers as the tables of an image hold them. */
#include "base/leb128.h"
#include "compile.h"

void wr__encode_uleb(wr__encoder *e, uint64_t value) {
  uint8_t bytes[10];
  size_t size = wr__leb_put(bytes, value);
  if (e->at) memcpy(e->at + e->size, bytes, size);
  e->size += size;
}

uint32_t wr__zigzag(uint32_t difference) { return difference << 1 ^ -(difference >> 31); }
