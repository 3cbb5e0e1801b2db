/* The helpers of base.h that are too long to stand in a header. */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

wr_status wr__fail(wr_error *error, wr_status status, uint64_t offset, const char *format, ...) {
  if (!error) return status;
  memset(error, 0, sizeof *error);
  error->status = status;
  error->offset = offset;
  error->func_index = WR_NO_INDEX;
  va_list args;
  va_start(args, format);
  vsnprintf(error->message, sizeof error->message, format, args);
  va_end(args);
  return status;
}

wr_status wr__fail_oom(wr_error *error) {
  return wr__fail(error, WR_OUT_OF_MEMORY, WR_NO_OFFSET, "out of memory");
}

bool wr__grow(void *array, size_t *capacity, size_t need, size_t element_size) {
  if (need <= *capacity) return true;
  size_t wanted = *capacity + *capacity / 2;
  if (wanted < need) wanted = need;
  if (wanted < 8) wanted = 8;
  size_t bytes;
  if (__builtin_mul_overflow(wanted, element_size, &bytes)) return false;
  void *old;
  memcpy(&old, array, sizeof old);
  void *grown = realloc(old, bytes);
  if (!grown) return false;
  memcpy(array, &grown, sizeof grown);
  *capacity = wanted;
  return true;
}

bool wr__grow32(void *array, uint32_t *capacity, uint32_t need, size_t element_size) {
  size_t wide = *capacity;
  if (!wr__grow(array, &wide, need, element_size)) return false;
  *capacity = wide > UINT32_MAX ? UINT32_MAX : (uint32_t)wide;
  return true;
}

void *wr__alloc_array(size_t count, size_t element_size) {
  return calloc(count ? count : 1, element_size ? element_size : 1);
}

/* The length of the well-formed sequence at p, or 0. */
static size_t sequence_length(const uint8_t *p, size_t left) {
  uint8_t lead = p[0];
  if (lead < 0x80) return 1;
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || left < length) return 0;
  for (size_t i = 1; i < length; i++)
    if ((p[i] & 0xc0) != 0x80) return 0;
  if (lead == 0xe0 && p[1] < 0xa0) return 0; /* overlong */
  if (lead == 0xed && p[1] > 0x9f) return 0; /* surrogates */
  if (lead == 0xf0 && p[1] < 0x90) return 0;
  if (lead == 0xf4 && p[1] > 0x8f) return 0; /* beyond U+10FFFF */
  return length;
}

size_t wr__utf8_next(const uint8_t *p, size_t left, uint32_t *code) {
  static const uint8_t lead_bits[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  size_t length = sequence_length(p, left);
  *code = p[0] & lead_bits[length];
  for (size_t i = 1; i < length; i++) *code = *code << 6 | (p[i] & 0x3fu);
  return length;
}

size_t wr__utf8_put(uint8_t *out, uint32_t code) {
  if (code < 0x80) {
    out[0] = (uint8_t)code;
    return 1;
  }
  size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--, code >>= 6) out[i] = (uint8_t)(0x80 | (code & 0x3f));
  out[0] = (uint8_t)((0xf00u >> length) | code);
  return length;
}

bool wr__utf8_valid(const uint8_t *data, size_t size) {
  for (size_t at = 0; at < size;) {
    size_t length = sequence_length(data + at, size - at);
    if (!length) return false;
    at += length;
  }
  return true;
}
