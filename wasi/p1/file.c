/* The fd_* functions that do not move bytes: attributes, positions, flags, rights, preopens.
 * Spec: wasi_snapshot_preview1, fd_*. */
#include "p1.h"

#include <fcntl.h>
#include <unistd.h>

/* The host's sets are numbered as preview 1 numbers them, so nothing is translated. */
_Static_assert((int)WR__FILETYPE_UNKNOWN == WASI_FILETYPE_UNKNOWN &&
                   (int)WR__FILETYPE_DIRECTORY == WASI_FILETYPE_DIRECTORY &&
                   (int)WR__FILETYPE_SYMBOLIC_LINK == WASI_FILETYPE_SYMBOLIC_LINK &&
                   (int)WR__FDFLAG_ALL == WASI_FDFLAGS_ALL &&
                   (int)WR__FDFLAG_SYNC == WASI_FDFLAGS_SYNC &&
                   (int)WR__OPEN_ALL == WASI_OFLAGS_ALL &&
                   (int)WR__OPEN_TRUNC == WASI_OFLAGS_TRUNC &&
                   (int)WR__CLOCK_THREAD_CPUTIME == WASI_CLOCK_THREAD_CPUTIME,
               "the host's numbers are preview 1's");

void wr__p1_store_filestat(const wr__call *call, uint64_t at, const struct stat *st) {
  uint8_t *out = call->memory + (uint32_t)at;
  memset(out, 0, call->unstable ? WASI_FILESTAT0_SIZE : WASI_FILESTAT_SIZE);
  wr__wire_store64(out, st->st_dev);
  wr__wire_store64(out + 8, st->st_ino);
  out[16] = wr__file_type(st->st_mode);
  if (call->unstable) { /* the count of links has 32 bits, and what follows moves up */
    wr__wire_store32(out + 20, (uint32_t)st->st_nlink);
    out -= 8;
  } else {
    wr__wire_store64(out + 24, st->st_nlink);
  }
  wr__wire_store64(out + 32, (uint64_t)st->st_size);
  wr__wire_store64(out + 40, wr__file_time_ns(st->st_atim));
  wr__wire_store64(out + 48, wr__file_time_ns(st->st_mtim));
  wr__wire_store64(out + 56, wr__file_time_ns(st->st_ctim));
}

static struct timespec time_to_set(uint64_t ns, bool set, bool now) {
  struct timespec t = {.tv_nsec = UTIME_OMIT};
  if (now) t.tv_nsec = UTIME_NOW;
  if (set) t = (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
  return t;
}

int wr__p1_times(uint64_t atim, uint64_t mtim, uint64_t flags, struct timespec out[2]) {
  bool a = flags & WASI_FSTFLAGS_ATIM, a_now = flags & WASI_FSTFLAGS_ATIM_NOW;
  bool m = flags & WASI_FSTFLAGS_MTIM, m_now = flags & WASI_FSTFLAGS_MTIM_NOW;
  if ((uint32_t)flags & ~WASI_FSTFLAGS_ALL || (a && a_now) || (m && m_now)) return EINVAL;
  out[0] = time_to_set(atim, a, a_now);
  out[1] = time_to_set(mtim, m, m_now);
  return 0;
}

int wr__p1_fd_close(wr__call *call, const uint64_t *args) {
  return wr__fd_close(call->op.wasi, args[0]);
}

int wr__p1_fd_renumber(wr__call *call, const uint64_t *args) {
  return wr__fd_renumber(call->op.wasi, args[0], args[1]);
}

int wr__p1_fd_advise(wr__call *call, const uint64_t *args) {
  static const int advices[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  uint32_t advice = (uint32_t)args[3];
  wr__desc *desc;
  if (advice >= sizeof advices / sizeof advices[0]) return EINVAL;
  if (args[1] > INT64_MAX || args[2] > INT64_MAX) return EINVAL;
  int error = wr__fd_get(call->op.wasi, args[0], WR__RIGHT_FD_ADVISE, &desc);
  if (error != 0) return error;
  error = wr__file_advise(desc, args[1], args[2], advices[advice]);
  wr__desc_release(desc);
  return error;
}

int wr__p1_fd_allocate(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  uint64_t end;
  if (__builtin_add_overflow(args[1], args[2], &end) || end > INT64_MAX) return EFBIG;
  if (args[2] == 0) return EINVAL;
  int error = wr__fd_get(call->op.wasi, args[0], WR__RIGHT_FD_ALLOCATE, &desc);
  if (error != 0) return error;
  error = wr__file_allocate(&call->op, desc, args[1], args[2]);
  wr__desc_release(desc);
  return error;
}

static int sync_with(wr__call *call, uint64_t fd, uint64_t right, bool only_data) {
  wr__desc *desc;
  int error = wr__fd_get(call->op.wasi, fd, right, &desc);
  if (error != 0) return error;
  error = wr__file_sync(desc, only_data);
  wr__desc_release(desc);
  return error;
}

int wr__p1_fd_datasync(wr__call *call, const uint64_t *args) {
  return sync_with(call, args[0], WR__RIGHT_FD_DATASYNC, true);
}

int wr__p1_fd_sync(wr__call *call, const uint64_t *args) {
  return sync_with(call, args[0], WR__RIGHT_FD_SYNC, false);
}

int wr__p1_fd_fdstat_get(wr__call *call, const uint64_t *args) {
  uint8_t *out = wr__guest_bytes(call, args[1], WASI_FDSTAT_SIZE);
  wr__desc *desc;
  if (!out) return EFAULT;
  int error = wr__fd_get(call->op.wasi, args[0], 0, &desc);
  if (error != 0) return error;
  pthread_mutex_lock(&call->op.wasi->lock);
  uint16_t flags = desc->flags;
  uint64_t rights = desc->rights, inheriting = desc->inheriting;
  pthread_mutex_unlock(&call->op.wasi->lock);
  memset(out, 0, WASI_FDSTAT_SIZE);
  out[0] = desc->filetype;
  wr__wire_store16(out + 2, flags);
  wr__wire_store64(out + 8, rights);
  wr__wire_store64(out + 16, inheriting);
  wr__desc_release(desc);
  return 0;
}

int wr__p1_fd_fdstat_set_flags(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  uint32_t flags = (uint32_t)args[1];
  if (flags & ~WR__FDFLAG_ALL) return EINVAL;
  int error = wr__fd_get(call->op.wasi, args[0], WR__RIGHT_FD_FDSTAT_SET_FLAGS, &desc);
  if (error != 0) return error;
  error = wr__file_set_flags(&call->op, desc, (uint16_t)flags);
  wr__desc_release(desc);
  return error;
}

int wr__p1_fd_fdstat_set_rights(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  int error = wr__fd_get(call->op.wasi, args[0], 0, &desc);
  if (error != 0) return error;
  pthread_mutex_lock(&call->op.wasi->lock);
  /* Spec: "this can only be used to remove rights". */
  if (args[1] & ~desc->rights || args[2] & ~desc->inheriting) {
    error = WR__ENOTCAPABLE;
  } else {
    desc->rights = args[1];
    desc->inheriting = args[2];
  }
  pthread_mutex_unlock(&call->op.wasi->lock);
  wr__desc_release(desc);
  return error;
}

int wr__p1_fd_filestat_get(wr__call *call, const uint64_t *args) {
  size_t size = call->unstable ? WASI_FILESTAT0_SIZE : WASI_FILESTAT_SIZE;
  wr__desc *desc;
  if (!wr__guest_bytes(call, args[1], size)) return EFAULT;
  int error = wr__fd_get(call->op.wasi, args[0], WR__RIGHT_FD_FILESTAT_GET, &desc);
  if (error != 0) return error;
  struct stat st;
  error = wr__file_stat(desc, &st);
  if (error == 0) {
    wr__p1_store_filestat(call, args[1], &st);
    call->memory[(uint32_t)args[1] + 16] = desc->filetype;
  }
  wr__desc_release(desc);
  return error;
}

int wr__p1_fd_filestat_set_size(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  if (args[1] > INT64_MAX) return EINVAL;
  int error = wr__fd_get(call->op.wasi, args[0], WR__RIGHT_FD_FILESTAT_SET_SIZE, &desc);
  if (error != 0) return error;
  error = wr__file_set_size(desc, args[1]);
  wr__desc_release(desc);
  return error;
}

int wr__p1_fd_filestat_set_times(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  struct timespec times[2];
  int error = wr__p1_times(args[1], args[2], args[3], times);
  if (error != 0) return error;
  error = wr__fd_get(call->op.wasi, args[0], WR__RIGHT_FD_FILESTAT_SET_TIMES, &desc);
  if (error != 0) return error;
  error = wr__file_set_times(desc, times);
  wr__desc_release(desc);
  return error;
}

/* Puts it in the table, for the number to be at a place that was checked. */
int wr__p1_insert(wr__call *call, wr__desc *desc, uint64_t at) {
  uint32_t number;
  int error = wr__fd_insert(call->op.wasi, desc, &number);
  if (error == 0) wr__guest_store32(call, at, number);
  return error;
}

/* ---- position */

/* Spec: rights: fd_seek implies fd_tell. */
static int get_to_tell(wr__call *call, uint64_t fd, wr__desc **out) {
  int error = wr__fd_get(call->op.wasi, fd, WR__RIGHT_FD_TELL, out);
  return error == WR__ENOTCAPABLE ? wr__fd_get(call->op.wasi, fd, WR__RIGHT_FD_SEEK, out) : error;
}

int wr__p1_fd_seek(wr__call *call, const uint64_t *args) {
  static const int stable[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  static const int unstable[] = {SEEK_CUR, SEEK_END, SEEK_SET};
  uint32_t whence = (uint32_t)args[2];
  uint8_t *out = wr__guest_bytes(call, args[3], 8);
  wr__desc *desc;
  if (!out) return EFAULT;
  if (whence > WASI_WHENCE_END) return EINVAL;
  int host_whence = (call->unstable ? unstable : stable)[whence];
  /* Spec: rights.fd_tell: "fd_seek in such a way that the file offset remains unaltered". */
  bool tells = args[1] == 0 && host_whence == SEEK_CUR;
  int error = tells ? get_to_tell(call, args[0], &desc)
                    : wr__fd_get(call->op.wasi, args[0], WR__RIGHT_FD_SEEK, &desc);
  if (error != 0) return error;
  uint64_t position;
  error = wr__file_seek(desc, (int64_t)args[1], host_whence, &position);
  wr__desc_release(desc);
  if (error == 0) wr__wire_store64(out, position);
  return error;
}

int wr__p1_fd_tell(wr__call *call, const uint64_t *args) {
  uint8_t *out = wr__guest_bytes(call, args[1], 8);
  wr__desc *desc;
  if (!out) return EFAULT;
  int error = get_to_tell(call, args[0], &desc);
  if (error != 0) return error;
  uint64_t position;
  error = wr__file_seek(desc, 0, SEEK_CUR, &position);
  wr__desc_release(desc);
  if (error == 0) wr__wire_store64(out, position);
  return error;
}

/* ---- preopens */

static int preopen_get(wr__call *call, uint64_t fd, wr__desc **out) {
  int error = wr__fd_get(call->op.wasi, fd, 0, out);
  if (error != 0) return error;
  if ((*out)->preopen_name) return 0;
  wr__desc_release(*out);
  return EBADF; /* what wasi-libc ends its search with */
}

int wr__p1_fd_prestat_get(wr__call *call, const uint64_t *args) {
  uint8_t *out = wr__guest_bytes(call, args[1], WASI_PRESTAT_SIZE);
  wr__desc *desc;
  if (!out) return EFAULT;
  int error = preopen_get(call, args[0], &desc);
  if (error != 0) return error;
  wr__wire_store32(out, WASI_PREOPEN_DIR);
  wr__wire_store32(out + 4, (uint32_t)strlen(desc->preopen_name));
  wr__desc_release(desc);
  return 0;
}

int wr__p1_fd_prestat_dir_name(wr__call *call, const uint64_t *args) {
  uint8_t *out = wr__guest_bytes(call, args[1], (uint32_t)args[2]);
  wr__desc *desc;
  if (!out) return EFAULT;
  int error = preopen_get(call, args[0], &desc);
  if (error != 0) return error;
  size_t size = strlen(desc->preopen_name);
  if (size > (uint32_t)args[2])
    error = ENAMETOOLONG;
  else
    memcpy(out, desc->preopen_name, size);
  wr__desc_release(desc);
  return error;
}
