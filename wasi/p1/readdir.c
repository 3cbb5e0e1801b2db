/* fd_readdir. Cookies are the positions of host/readdir.c, so nothing is kept between calls.
 * Spec: wasi_snapshot_preview1, fd_readdir. */
#include "p1.h"

typedef struct filling {
  uint8_t *out;
  uint32_t used;
  uint32_t size;
} filling;

static void fill(filling *f, const void *bytes, size_t size) {
  uint32_t left = f->size - f->used;
  uint32_t copied = size < left ? (uint32_t)size : left;
  memcpy(f->out + f->used, bytes, copied);
  f->used += copied;
}

/* Spec: "the last entry potentially cut": a full buffer means that there is more. */
static bool fill_entry(void *context, const wr__dir_entry *entry) {
  filling *f = context;
  uint8_t head[WASI_DIRENT_SIZE] = {0};
  size_t name_size = strlen(entry->name);
  wr__wire_store64(head, entry->next);
  wr__wire_store64(head + 8, entry->ino);
  wr__wire_store32(head + 16, (uint32_t)name_size);
  head[20] = entry->type;
  fill(f, head, sizeof head);
  fill(f, entry->name, name_size);
  return f->used < f->size;
}

int wr__p1_fd_readdir(wr__call *call, const uint64_t *args) {
  filling f = {.size = (uint32_t)args[2]};
  f.out = wr__guest_bytes(call, args[1], f.size);
  uint8_t *used = wr__guest_bytes(call, args[4], 4);
  wr__desc *desc;
  if (!f.out || !used) return EFAULT;
  int error = wr__fd_get(call->op.wasi, args[0], WR__RIGHT_FD_READDIR, &desc);
  if (error != 0) return error;
  error = wr__dir_read(&call->op, desc, args[3], f.size, fill_entry, &f);
  wr__desc_release(desc);
  if (error == 0) wr__wire_store32(used, f.used);
  return error;
}
