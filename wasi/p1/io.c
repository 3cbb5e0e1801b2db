/* Moving bytes. Spec: wasi_snapshot_preview1, fd_read, fd_pread, fd_write, fd_pwrite. */
#include "../host/io.h"
#include "p1.h"

/* What the four have in common: a descriptor with rights, iovecs, and where the count goes. */
static int begin(wr__call *call, uint64_t fd, uint64_t rights, uint64_t iovs, uint64_t count,
                 struct iovec *iov, wr__transfer *t, wr__desc **desc) {
  int error = wr__guest_iovecs(call, iovs, count, iov, &t->count, &t->left);
  if (error != 0) return error;
  t->iov = iov;
  return wr__fd_get(call->op.wasi, fd, rights, desc);
}

int wr__p1_fd_read(wr__call *call, const uint64_t *args) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  wr__transfer t;
  wr__desc *desc;
  size_t done = 0;
  if (!wr__guest_bytes(call, args[3], 4)) return EFAULT;
  int error = begin(call, args[0], WR__RIGHT_FD_READ, args[1], args[2], iov, &t, &desc);
  if (error != 0) return error;
  error = wr__io_read(&call->op, desc, &t, &done);
  wr__desc_release(desc);
  if (error == 0) wr__guest_store32(call, args[3], (uint32_t)done);
  return error;
}

int wr__p1_fd_write(wr__call *call, const uint64_t *args) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  wr__transfer t;
  wr__desc *desc;
  size_t done = 0;
  if (!wr__guest_bytes(call, args[3], 4)) return EFAULT;
  int error = begin(call, args[0], WR__RIGHT_FD_WRITE, args[1], args[2], iov, &t, &desc);
  if (error != 0) return error;
  error = wr__io_write(&call->op, desc, &t, &done);
  wr__desc_release(desc);
  if (error == 0) wr__guest_store32(call, args[3], (uint32_t)done);
  return error;
}

typedef int (*positioned)(wr__op *, const wr__desc *, wr__transfer *, uint64_t, size_t *);

/* fd_pread and fd_pwrite differ in the host's function and the right. */
static int move_at(wr__call *call, const uint64_t *args, uint64_t right, positioned move) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  wr__transfer t;
  wr__desc *desc;
  size_t done = 0;
  if (!wr__guest_bytes(call, args[4], 4)) return EFAULT;
  if (args[3] > INT64_MAX) return EINVAL;
  /* Spec: rights: "if fd_seek is set, includes the right to invoke fd_pread". */
  int error = begin(call, args[0], right | WR__RIGHT_FD_SEEK, args[1], args[2], iov, &t, &desc);
  if (error != 0) return error;
  error = move(&call->op, desc, &t, args[3], &done);
  wr__desc_release(desc);
  if (error == 0) wr__guest_store32(call, args[4], (uint32_t)done);
  return error;
}

int wr__p1_fd_pread(wr__call *call, const uint64_t *args) {
  return move_at(call, args, WR__RIGHT_FD_READ, wr__io_read_at);
}

int wr__p1_fd_pwrite(wr__call *call, const uint64_t *args) {
  return move_at(call, args, WR__RIGHT_FD_WRITE, wr__io_write_at);
}
