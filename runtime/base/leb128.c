/* The general reader behind leb128.h: one loop for every width and sign. */
#include "base/leb128.h"

/* Reads a `bits`-wide integer: at most ceil(bits/7) bytes, and in the last of them the unused
 * bits must be zero (unsigned) or equal the sign bit (signed). */
static wr__leb read_leb(const uint8_t **p, const uint8_t *end, unsigned bits, bool is_signed,
                        uint64_t *out) {
  const uint8_t *at = *p;
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (at >= end) return WR__LEB_END;
    uint8_t byte = *at++;
    unsigned left = bits - shift;
    if (left < 7 || (left == 7 && (byte & 0x80))) { /* the last byte that may be */
      if (byte & 0x80) return WR__LEB_TOO_LONG;
      uint8_t unused = (uint8_t)(0x7fu & (0x7fu << left));
      uint8_t sign_fill = is_signed && (byte >> (left - 1) & 1) ? unused : 0;
      if ((byte & unused) != sign_fill) return WR__LEB_TOO_LARGE;
    }
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) {
      shift += 7;
      if (is_signed && (byte & 0x40) && shift < 64) value |= ~(uint64_t)0 << shift;
      break;
    }
  }
  *p = at;
  *out = value;
  return WR__LEB_OK;
}

wr__leb wr__leb_u32_slow(const uint8_t **p, const uint8_t *end, uint32_t *out) {
  uint64_t value;
  wr__leb r = read_leb(p, end, 32, false, &value);
  if (r == WR__LEB_OK) *out = (uint32_t)value;
  return r;
}

wr__leb wr__leb_s32(const uint8_t **p, const uint8_t *end, int32_t *out) {
  uint64_t value;
  wr__leb r = read_leb(p, end, 32, true, &value);
  if (r == WR__LEB_OK) *out = (int32_t)(uint32_t)value;
  return r;
}

wr__leb wr__leb_s33(const uint8_t **p, const uint8_t *end, int64_t *out) {
  uint64_t value;
  wr__leb r = read_leb(p, end, 33, true, &value);
  if (r == WR__LEB_OK) *out = (int64_t)value;
  return r;
}

wr__leb wr__leb_u64(const uint8_t **p, const uint8_t *end, uint64_t *out) {
  return read_leb(p, end, 64, false, out);
}

wr__leb wr__leb_s64(const uint8_t **p, const uint8_t *end, int64_t *out) {
  uint64_t value;
  wr__leb r = read_leb(p, end, 64, true, &value);
  if (r == WR__LEB_OK) *out = (int64_t)value;
  return r;
}
