/* LEB128 integers, read with every check that the binary format asks for.
 * Spec: binary/values, integers. */
#ifndef WR__LEB128_H
#define WR__LEB128_H

#include "base/base.h"

typedef enum wr__leb { WR__LEB_OK, WR__LEB_END, WR__LEB_TOO_LONG, WR__LEB_TOO_LARGE } wr__leb;

/* Each reads at *p, before end, and moves *p on only on WR__LEB_OK. TOO_LONG is the suite's
 * "integer representation too long", TOO_LARGE its "integer too large". */
wr__leb wr__leb_u32_slow(const uint8_t **p, const uint8_t *end, uint32_t *out);
wr__leb wr__leb_s32(const uint8_t **p, const uint8_t *end, int32_t *out);
wr__leb wr__leb_s33(const uint8_t **p, const uint8_t *end, int64_t *out);
wr__leb wr__leb_u64(const uint8_t **p, const uint8_t *end, uint64_t *out);
wr__leb wr__leb_s64(const uint8_t **p, const uint8_t *end, int64_t *out);

static inline wr__leb wr__leb_u32(const uint8_t **p, const uint8_t *end, uint32_t *out) {
  if (WR_LIKELY(*p < end && !(**p & 0x80))) {
    *out = *(*p)++;
    return WR__LEB_OK;
  }
  if (end - *p >= 2 && !((*p)[1] & 0x80)) {
    *out = ((*p)[0] & 0x7fu) | (uint32_t)(*p)[1] << 7;
    *p += 2;
    return WR__LEB_OK;
  }
  return wr__leb_u32_slow(p, end, out);
}

/* Writes an unsigned number; its size. */
static inline size_t wr__leb_put(uint8_t out[10], uint64_t value) {
  size_t size = 0;
  do {
    out[size++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>= 7;
  } while (value);
  return size;
}

#endif
