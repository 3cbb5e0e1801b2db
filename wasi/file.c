/* The fd_* functions that do not move bytes: attributes, positions, flags, rights, preopens.
 * Spec: wasi_snapshot_preview1, fd_*. */
#include "wasi.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

uint8_t wr__wasi_filetype(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return WASI_FILETYPE_REGULAR_FILE;
    case S_IFDIR:
      return WASI_FILETYPE_DIRECTORY;
    case S_IFLNK:
      return WASI_FILETYPE_SYMBOLIC_LINK;
    case S_IFCHR:
      return WASI_FILETYPE_CHARACTER_DEVICE;
    case S_IFBLK:
      return WASI_FILETYPE_BLOCK_DEVICE;
    case S_IFSOCK:
      return WASI_FILETYPE_SOCKET_STREAM;
    default:
      return WASI_FILETYPE_UNKNOWN;
  }
}

static uint64_t time_ns(struct timespec t) {
  uint64_t ns;
  if (t.tv_sec < 0 || __builtin_mul_overflow((uint64_t)t.tv_sec, UINT64_C(1000000000), &ns) ||
      __builtin_add_overflow(ns, (uint64_t)t.tv_nsec, &ns))
    return 0;
  return ns;
}

void wr__wasi_store_filestat(const wr__call *call, uint64_t at, const struct stat *st) {
  uint8_t *out = call->memory + (uint32_t)at;
  memset(out, 0, call->unstable ? WASI_FILESTAT0_SIZE : WASI_FILESTAT_SIZE);
  wr__wire_store64(out, st->st_dev);
  wr__wire_store64(out + 8, st->st_ino);
  out[16] = wr__wasi_filetype(st->st_mode);
  if (call->unstable) { /* the count of links has 32 bits, and what follows moves up */
    wr__wire_store32(out + 20, (uint32_t)st->st_nlink);
    out -= 8;
  } else {
    wr__wire_store64(out + 24, st->st_nlink);
  }
  wr__wire_store64(out + 32, (uint64_t)st->st_size);
  wr__wire_store64(out + 40, time_ns(st->st_atim));
  wr__wire_store64(out + 48, time_ns(st->st_mtim));
  wr__wire_store64(out + 56, time_ns(st->st_ctim));
}

static struct timespec time_to_set(uint64_t ns, bool set, bool now) {
  struct timespec t = {.tv_nsec = UTIME_OMIT};
  if (now) t.tv_nsec = UTIME_NOW;
  if (set) t = (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
  return t;
}

uint32_t wr__wasi_times(uint64_t atim, uint64_t mtim, uint64_t flags, struct timespec out[2]) {
  bool a = flags & WASI_FSTFLAGS_ATIM, a_now = flags & WASI_FSTFLAGS_ATIM_NOW;
  bool m = flags & WASI_FSTFLAGS_MTIM, m_now = flags & WASI_FSTFLAGS_MTIM_NOW;
  if ((uint32_t)flags & ~(uint32_t)WASI_FSTFLAGS_ALL || (a && a_now) || (m && m_now))
    return WASI_INVAL;
  out[0] = time_to_set(atim, a, a_now);
  out[1] = time_to_set(mtim, m, m_now);
  return WASI_SUCCESS;
}

static uint32_t result_of(int host_result) {
  return host_result == 0 ? (uint32_t)WASI_SUCCESS : wr__wasi_errno_now();
}

uint32_t wr__wasi_fd_close(wr__call *call, const uint64_t *args) {
  return wr__fd_close(call->wasi, args[0]);
}

uint32_t wr__wasi_fd_renumber(wr__call *call, const uint64_t *args) {
  return wr__fd_renumber(call->wasi, args[0], args[1]);
}

uint32_t wr__wasi_fd_advise(wr__call *call, const uint64_t *args) {
  static const int advices[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  uint32_t advice = (uint32_t)args[3];
  wr__desc *desc;
  if (advice >= sizeof advices / sizeof advices[0]) return WASI_INVAL;
  if (args[1] > INT64_MAX || args[2] > INT64_MAX) return WASI_INVAL;
  uint32_t error = wr__fd_get(call->wasi, args[0], WASI_RIGHT_FD_ADVISE, &desc);
  if (error != WASI_SUCCESS) return error;
  if (desc->kind == WR__DESC_DIRECTORY)
    error = WASI_ISDIR;
  else
    error = wr__wasi_from_errno(
        posix_fadvise(desc->host_fd, (off_t)args[1], (off_t)args[2], advices[advice]));
  wr__desc_release(desc);
  return error;
}

/* A file system in memory makes pages at some gigabytes a second, and nothing ends a call. */
#define ALLOCATE_PIECE ((uint64_t)16 << 20)

uint32_t wr__wasi_fd_allocate(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  uint64_t end;
  if (__builtin_add_overflow(args[1], args[2], &end) || end > INT64_MAX) return WASI_FBIG;
  if (args[2] == 0) return WASI_INVAL;
  uint32_t error = wr__fd_get(call->wasi, args[0], WASI_RIGHT_FD_ALLOCATE, &desc);
  if (error != WASI_SUCCESS) return error;
  for (uint64_t at = args[1]; error == WASI_SUCCESS && at < end; at += ALLOCATE_PIECE) {
    uint64_t size = end - at < ALLOCATE_PIECE ? end - at : ALLOCATE_PIECE;
    /* Not posix_fallocate, which writes every page where the file system cannot allocate. */
    error = result_of(fallocate(desc->host_fd, 0, (off_t)at, (off_t)size));
    if (error == WASI_SUCCESS && wr__call_poll(call)) error = WASI_INTR;
  }
  wr__desc_release(desc);
  return error;
}

static uint32_t sync_with(wr__call *call, uint64_t fd, uint64_t right, int (*sync)(int)) {
  wr__desc *desc;
  uint32_t error = wr__fd_get(call->wasi, fd, right, &desc);
  if (error != WASI_SUCCESS) return error;
  if (desc->host_fd >= 0) error = result_of(sync(desc->host_fd));
  wr__desc_release(desc);
  return error;
}

uint32_t wr__wasi_fd_datasync(wr__call *call, const uint64_t *args) {
  return sync_with(call, args[0], WASI_RIGHT_FD_DATASYNC, fdatasync);
}

uint32_t wr__wasi_fd_sync(wr__call *call, const uint64_t *args) {
  return sync_with(call, args[0], WASI_RIGHT_FD_SYNC, fsync);
}

uint32_t wr__wasi_fd_fdstat_get(wr__call *call, const uint64_t *args) {
  uint8_t *out = wr__guest_bytes(call, args[1], WASI_FDSTAT_SIZE);
  wr__desc *desc;
  if (!out) return WASI_FAULT;
  uint32_t error = wr__fd_get(call->wasi, args[0], 0, &desc);
  if (error != WASI_SUCCESS) return error;
  pthread_mutex_lock(&call->wasi->lock);
  uint16_t flags = desc->flags;
  uint64_t rights = desc->rights, inheriting = desc->inheriting;
  pthread_mutex_unlock(&call->wasi->lock);
  memset(out, 0, WASI_FDSTAT_SIZE);
  out[0] = desc->filetype;
  wr__wire_store16(out + 2, flags);
  wr__wire_store64(out + 8, rights);
  wr__wire_store64(out + 16, inheriting);
  wr__desc_release(desc);
  return WASI_SUCCESS;
}

/* Under the lock. NONBLOCK is only remembered: we never block in the host anyhow. */
static uint32_t set_flags(wr__desc *desc, uint16_t flags) {
  const uint16_t sync = WASI_FDFLAGS_DSYNC | WASI_FDFLAGS_RSYNC | WASI_FDFLAGS_SYNC;
  uint16_t changed = flags ^ desc->flags;
  if (changed & sync) return WASI_NOTSUP; /* Linux cannot change them on an open file */
  if (changed & WASI_FDFLAGS_APPEND) {
    if (desc->shared || desc->host_fd < 0) return WASI_NOTSUP;
    int host = fcntl(desc->host_fd, F_GETFL);
    if (host < 0) return wr__wasi_errno_now();
    host = flags & WASI_FDFLAGS_APPEND ? host | O_APPEND : host & ~O_APPEND;
    if (fcntl(desc->host_fd, F_SETFL, host) != 0) return wr__wasi_errno_now();
  }
  desc->flags = flags;
  return WASI_SUCCESS;
}

uint32_t wr__wasi_fd_fdstat_set_flags(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  uint32_t flags = (uint32_t)args[1];
  if (flags & ~(uint32_t)WASI_FDFLAGS_ALL) return WASI_INVAL;
  uint32_t error = wr__fd_get(call->wasi, args[0], WASI_RIGHT_FD_FDSTAT_SET_FLAGS, &desc);
  if (error != WASI_SUCCESS) return error;
  pthread_mutex_lock(&call->wasi->lock);
  error = set_flags(desc, (uint16_t)flags);
  pthread_mutex_unlock(&call->wasi->lock);
  wr__desc_release(desc);
  return error;
}

uint32_t wr__wasi_fd_fdstat_set_rights(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  uint32_t error = wr__fd_get(call->wasi, args[0], 0, &desc);
  if (error != WASI_SUCCESS) return error;
  pthread_mutex_lock(&call->wasi->lock);
  /* Spec: "this can only be used to remove rights". */
  if (args[1] & ~desc->rights || args[2] & ~desc->inheriting) {
    error = WASI_NOTCAPABLE;
  } else {
    desc->rights = args[1];
    desc->inheriting = args[2];
  }
  pthread_mutex_unlock(&call->wasi->lock);
  wr__desc_release(desc);
  return error;
}

uint32_t wr__wasi_fd_filestat_get(wr__call *call, const uint64_t *args) {
  size_t size = call->unstable ? WASI_FILESTAT0_SIZE : WASI_FILESTAT_SIZE;
  wr__desc *desc;
  if (!wr__guest_bytes(call, args[1], size)) return WASI_FAULT;
  uint32_t error = wr__fd_get(call->wasi, args[0], WASI_RIGHT_FD_FILESTAT_GET, &desc);
  if (error != WASI_SUCCESS) return error;
  struct stat st = {0};
  if (desc->host_fd >= 0) error = result_of(fstat(desc->host_fd, &st));
  if (error == WASI_SUCCESS) {
    wr__wasi_store_filestat(call, args[1], &st);
    call->memory[(uint32_t)args[1] + 16] = desc->filetype;
  }
  wr__desc_release(desc);
  return error;
}

uint32_t wr__wasi_fd_filestat_set_size(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  if (args[1] > INT64_MAX) return WASI_INVAL;
  uint32_t error = wr__fd_get(call->wasi, args[0], WASI_RIGHT_FD_FILESTAT_SET_SIZE, &desc);
  if (error != WASI_SUCCESS) return error;
  error = result_of(ftruncate(desc->host_fd, (off_t)args[1]));
  wr__desc_release(desc);
  return error;
}

uint32_t wr__wasi_fd_filestat_set_times(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  struct timespec times[2];
  uint32_t error = wr__wasi_times(args[1], args[2], args[3], times);
  if (error != WASI_SUCCESS) return error;
  error = wr__fd_get(call->wasi, args[0], WASI_RIGHT_FD_FILESTAT_SET_TIMES, &desc);
  if (error != WASI_SUCCESS) return error;
  error = result_of(futimens(desc->host_fd, times));
  wr__desc_release(desc);
  return error;
}

/* ---- position */

/* Spec: rights: fd_seek implies fd_tell. */
static uint32_t get_to_tell(wr__call *call, uint64_t fd, wr__desc **out) {
  uint32_t error = wr__fd_get(call->wasi, fd, WASI_RIGHT_FD_TELL, out);
  return error == WASI_NOTCAPABLE ? wr__fd_get(call->wasi, fd, WASI_RIGHT_FD_SEEK, out) : error;
}

uint32_t wr__wasi_fd_seek(wr__call *call, const uint64_t *args) {
  static const int stable[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  static const int unstable[] = {SEEK_CUR, SEEK_END, SEEK_SET};
  uint32_t whence = (uint32_t)args[2];
  uint8_t *out = wr__guest_bytes(call, args[3], 8);
  wr__desc *desc;
  if (!out) return WASI_FAULT;
  if (whence > WASI_WHENCE_END) return WASI_INVAL;
  int host_whence = (call->unstable ? unstable : stable)[whence];
  /* Spec: rights.fd_tell: "fd_seek in such a way that the file offset remains unaltered". */
  bool tells = args[1] == 0 && host_whence == SEEK_CUR;
  uint32_t error = tells ? get_to_tell(call, args[0], &desc)
                         : wr__fd_get(call->wasi, args[0], WASI_RIGHT_FD_SEEK, &desc);
  if (error != WASI_SUCCESS) return error;
  off_t position = lseek(desc->host_fd, (off_t)args[1], host_whence);
  if (position < 0) error = wr__wasi_errno_now();
  wr__desc_release(desc);
  if (error == WASI_SUCCESS) wr__wire_store64(out, (uint64_t)position);
  return error;
}

uint32_t wr__wasi_fd_tell(wr__call *call, const uint64_t *args) {
  uint8_t *out = wr__guest_bytes(call, args[1], 8);
  wr__desc *desc;
  if (!out) return WASI_FAULT;
  uint32_t error = get_to_tell(call, args[0], &desc);
  if (error != WASI_SUCCESS) return error;
  off_t position = lseek(desc->host_fd, 0, SEEK_CUR);
  if (position < 0) error = wr__wasi_errno_now();
  wr__desc_release(desc);
  if (error == WASI_SUCCESS) wr__wire_store64(out, (uint64_t)position);
  return error;
}

/* ---- preopens */

static uint32_t preopen_get(wr__call *call, uint64_t fd, wr__desc **out) {
  uint32_t error = wr__fd_get(call->wasi, fd, 0, out);
  if (error != WASI_SUCCESS) return error;
  if ((*out)->preopen_name) return WASI_SUCCESS;
  wr__desc_release(*out);
  return WASI_BADF; /* what wasi-libc ends its search with */
}

uint32_t wr__wasi_fd_prestat_get(wr__call *call, const uint64_t *args) {
  uint8_t *out = wr__guest_bytes(call, args[1], WASI_PRESTAT_SIZE);
  wr__desc *desc;
  if (!out) return WASI_FAULT;
  uint32_t error = preopen_get(call, args[0], &desc);
  if (error != WASI_SUCCESS) return error;
  wr__wire_store32(out, WASI_PREOPEN_DIR);
  wr__wire_store32(out + 4, (uint32_t)strlen(desc->preopen_name));
  wr__desc_release(desc);
  return WASI_SUCCESS;
}

uint32_t wr__wasi_fd_prestat_dir_name(wr__call *call, const uint64_t *args) {
  uint8_t *out = wr__guest_bytes(call, args[1], (uint32_t)args[2]);
  wr__desc *desc;
  if (!out) return WASI_FAULT;
  uint32_t error = preopen_get(call, args[0], &desc);
  if (error != WASI_SUCCESS) return error;
  size_t size = strlen(desc->preopen_name);
  if (size > (uint32_t)args[2])
    error = WASI_NAMETOOLONG;
  else
    memcpy(out, desc->preopen_name, size);
  wr__desc_release(desc);
  return error;
}
