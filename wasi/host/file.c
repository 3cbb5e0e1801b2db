/* What can be done with a descriptor but for moving its bytes: attributes, positions, flags. */
#include "host.h"

#include <fcntl.h>
#include <unistd.h>

uint8_t wr__file_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return WR__FILETYPE_REGULAR_FILE;
    case S_IFDIR:
      return WR__FILETYPE_DIRECTORY;
    case S_IFLNK:
      return WR__FILETYPE_SYMBOLIC_LINK;
    case S_IFCHR:
      return WR__FILETYPE_CHARACTER_DEVICE;
    case S_IFBLK:
      return WR__FILETYPE_BLOCK_DEVICE;
    case S_IFSOCK:
      return WR__FILETYPE_SOCKET_STREAM;
    default:
      return WR__FILETYPE_UNKNOWN;
  }
}

uint64_t wr__file_time_ns(struct timespec t) {
  uint64_t ns;
  if (t.tv_sec < 0 || __builtin_mul_overflow((uint64_t)t.tv_sec, UINT64_C(1000000000), &ns) ||
      __builtin_add_overflow(ns, (uint64_t)t.tv_nsec, &ns))
    return 0;
  return ns;
}

int wr__file_stat(const wr__desc *desc, struct stat *out) {
  *out = (struct stat){0};
  return desc->host_fd >= 0 ? wr__host_result(fstat(desc->host_fd, out)) : 0;
}

int wr__file_advise(const wr__desc *desc, uint64_t offset, uint64_t size, int advice) {
  if (desc->kind == WR__DESC_DIRECTORY) return EISDIR;
  if (offset > INT64_MAX || size > INT64_MAX) return EINVAL;
  return posix_fadvise(desc->host_fd, (off_t)offset, (off_t)size, advice);
}

/* A file system in memory makes pages at some gigabytes a second, and nothing ends a call. */
#define ALLOCATE_PIECE ((uint64_t)16 << 20)

int wr__file_allocate(wr__op *op, const wr__desc *desc, uint64_t offset, uint64_t size_bytes) {
  uint64_t end;
  int error = 0;
  if (__builtin_add_overflow(offset, size_bytes, &end) || end > INT64_MAX) return EFBIG;
  if (size_bytes == 0) return EINVAL;
  for (uint64_t at = offset; error == 0 && at < end; at += ALLOCATE_PIECE) {
    uint64_t size = end - at < ALLOCATE_PIECE ? end - at : ALLOCATE_PIECE;
    /* Not posix_fallocate, which writes every page where the file system cannot allocate. */
    error = wr__host_result(fallocate(desc->host_fd, 0, (off_t)at, (off_t)size));
    if (error == 0 && wr__op_poll(op)) error = EINTR;
  }
  return error;
}

int wr__file_sync(const wr__desc *desc, bool only_data) {
  if (desc->host_fd < 0) return 0;
  return wr__host_result(only_data ? fdatasync(desc->host_fd) : fsync(desc->host_fd));
}

/* Under the lock. NONBLOCK is only remembered: we never block in the host anyhow. */
static int set_flags(wr__desc *desc, uint16_t flags) {
  const uint16_t sync = WR__FDFLAG_DSYNC | WR__FDFLAG_RSYNC | WR__FDFLAG_SYNC;
  uint16_t changed = flags ^ desc->flags;
  if (changed & sync) return EOPNOTSUPP; /* Linux cannot change them on an open file */
  if (changed & WR__FDFLAG_APPEND) {
    if (desc->shared || desc->host_fd < 0) return EOPNOTSUPP;
    int host = fcntl(desc->host_fd, F_GETFL);
    if (host < 0) return wr__host_errno();
    host = flags & WR__FDFLAG_APPEND ? host | O_APPEND : host & ~O_APPEND;
    if (fcntl(desc->host_fd, F_SETFL, host) != 0) return wr__host_errno();
  }
  desc->flags = flags;
  return 0;
}

int wr__file_set_flags(wr__op *op, wr__desc *desc, uint16_t flags) {
  pthread_mutex_lock(&op->wasi->lock);
  int error = set_flags(desc, flags);
  pthread_mutex_unlock(&op->wasi->lock);
  return error;
}

int wr__file_set_size(const wr__desc *desc, uint64_t size_bytes) {
  if (size_bytes > INT64_MAX) return EINVAL;
  return wr__host_result(ftruncate(desc->host_fd, (off_t)size_bytes));
}

int wr__file_set_times(const wr__desc *desc, const struct timespec times[2]) {
  return wr__host_result(futimens(desc->host_fd, times));
}

int wr__file_seek(const wr__desc *desc, int64_t offset, int whence, uint64_t *position) {
  off_t at = lseek(desc->host_fd, (off_t)offset, whence);
  if (at < 0) return wr__host_errno();
  *position = (uint64_t)at;
  return 0;
}
