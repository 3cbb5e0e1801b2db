/* Reading what the guest passes by pointer. Every structure is copied once, and only the copy is
 * checked and used: another thread of the guest may write its memory meanwhile. */
#include "p1.h"

/* Empty pieces cost time, too: beyond this many, a transfer is done in part. */
#define MAX_LOOKED_AT 65536u

void wr__guest_refresh(wr__call *call) {
  if (call->op.caller) call->memory = wr_caller_memory(call->op.caller, &call->memory_size);
}

void wr__guest_called_back(wr__op *op, struct iovec *iov, uint32_t count) {
  wr__call *call = (wr__call *)((char *)op - offsetof(wr__call, op));
  const uint8_t *before = call->memory;
  wr__guest_refresh(call);
  if (call->memory == before) return;
  for (uint32_t i = 0; i < count; i++)
    iov[i].iov_base = call->memory + ((const uint8_t *)iov[i].iov_base - before);
}

int wr__guest_iovecs(const wr__call *call, uint64_t at, uint64_t count,
                     struct iovec out[WR__WASI_MAX_IOVECS], uint32_t *out_count, size_t *total) {
  count &= UINT32_MAX;
  const uint8_t *list = wr__guest_bytes(call, at, count * WASI_IOVEC_SIZE);
  if (!list) return EFAULT;
  if (count > MAX_LOOKED_AT) count = MAX_LOOKED_AT;
  size_t sum = 0;
  uint32_t used = 0;
  for (uint32_t i = 0; i < count && used < WR__WASI_MAX_IOVECS; i++, list += WASI_IOVEC_SIZE) {
    uint32_t buffer = wr__wire_load32(list), size = wr__wire_load32(list + 4);
    uint8_t *bytes = wr__guest_bytes(call, buffer, size);
    if (!bytes) return EFAULT;
    if (size > WR__WASI_MAX_TRANSFER - sum) size = (uint32_t)(WR__WASI_MAX_TRANSFER - sum);
    if (size == 0) continue;
    out[used++] = (struct iovec){bytes, size};
    sum += size;
  }
  *out_count = used;
  *total = sum;
  return 0;
}

int wr__guest_path(const wr__call *call, uint64_t at, uint64_t size, char out[WR__WASI_MAX_PATH]) {
  size &= UINT32_MAX;
  const uint8_t *bytes = wr__guest_bytes(call, at, size);
  if (!bytes) return EFAULT;
  if (size == 0) return ENOENT;
  if (size >= WR__WASI_MAX_PATH) return ENAMETOOLONG;
  memcpy(out, bytes, size);
  out[size] = 0;
  if (memchr(out, 0, size)) return EINVAL;
  return wr__wasi_utf8_valid(out, size) ? 0 : EILSEQ;
}
