/* Reading what the guest passes by pointer. Every structure is copied once, and only the copy is
 * checked and used: another thread of the guest may write its memory meanwhile. */
#include "wasi.h"

/* Empty pieces cost time, too: beyond this many, a transfer is done in part. */
#define MAX_LOOKED_AT 65536u

void wr__guest_refresh(wr__call *call) {
  if (call->caller) call->memory = wr_caller_memory(call->caller, &call->memory_size);
}

uint32_t wr__guest_iovecs(const wr__call *call, uint64_t at, uint64_t count,
                          struct iovec out[WR__WASI_MAX_IOVECS], uint32_t *out_count,
                          size_t *total) {
  count &= UINT32_MAX;
  const uint8_t *list = wr__guest_bytes(call, at, count * WASI_IOVEC_SIZE);
  if (!list) return WASI_FAULT;
  if (count > MAX_LOOKED_AT) count = MAX_LOOKED_AT;
  size_t sum = 0;
  uint32_t used = 0;
  for (uint32_t i = 0; i < count && used < WR__WASI_MAX_IOVECS; i++, list += WASI_IOVEC_SIZE) {
    uint32_t buffer = wr__wire_load32(list), size = wr__wire_load32(list + 4);
    uint8_t *bytes = wr__guest_bytes(call, buffer, size);
    if (!bytes) return WASI_FAULT;
    if (size > WR__WASI_MAX_TRANSFER - sum) size = (uint32_t)(WR__WASI_MAX_TRANSFER - sum);
    if (size == 0) continue;
    out[used++] = (struct iovec){bytes, size};
    sum += size;
  }
  *out_count = used;
  *total = sum;
  return WASI_SUCCESS;
}

/* How many bytes a well-formed sequence that begins with these takes; 0: it is none.
 * Unicode, table 3-7. */
static size_t utf8_sequence(const uint8_t *p, size_t size) {
  if (p[0] < 0x80) return 1;
  size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
  if (p[0] < 0xc2 || p[0] > 0xf4 || length > size) return 0;
  uint8_t low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
  uint8_t high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
  if (p[1] < low || p[1] > high) return 0;
  for (size_t i = 2; i < length; i++)
    if ((p[i] & 0xc0) != 0x80) return 0;
  return length;
}

bool wr__wasi_utf8_valid(const char *text, size_t size) {
  for (size_t i = 0; i < size;) {
    size_t length = utf8_sequence((const uint8_t *)text + i, size - i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

uint32_t wr__guest_path(const wr__call *call, uint64_t at, uint64_t size,
                        char out[WR__WASI_MAX_PATH]) {
  size &= UINT32_MAX;
  const uint8_t *bytes = wr__guest_bytes(call, at, size);
  if (!bytes) return WASI_FAULT;
  if (size == 0) return WASI_NOENT;
  if (size >= WR__WASI_MAX_PATH) return WASI_NAMETOOLONG;
  memcpy(out, bytes, size);
  out[size] = 0;
  if (memchr(out, 0, size)) return WASI_INVAL;
  return wr__wasi_utf8_valid(out, size) ? WASI_SUCCESS : WASI_ILSEQ;
}
