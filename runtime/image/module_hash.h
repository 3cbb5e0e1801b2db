/* Tells which module an image was made from, quickly: its size, and a hash of its beginning and its
 * end. It finds mistakes; what may be trusted is settled by signatures. */
#ifndef WR__IMAGE_MODULE_HASH_H
#define WR__IMAGE_MODULE_HASH_H

#include "base/base.h"

static inline uint64_t wr__image_module_hash(const uint8_t *bytes, size_t size) {
  enum { LOOKED_AT = 32 << 10 };
  size_t head = size < LOOKED_AT ? size : LOOKED_AT;
  uint64_t hash = wr__hash_bytes(bytes, head, size);
  return wr__hash_bytes(bytes + size - head, head, hash);
}

#endif
