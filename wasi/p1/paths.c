/* The path_* functions. Spec: wasi_snapshot_preview1, path_*. */
#include "p1.h"

static int place_get(wr__call *call, uint64_t fd, uint64_t rights, uint64_t path, uint64_t size,
                     wr__place *out) {
  int error = wr__fd_get_inheriting(call->op.wasi, fd, rights, &out->dir, &out->inheriting);
  if (error != 0) return error;
  error = wr__guest_path(call, path, size, out->path);
  if (error != 0) wr__desc_release(out->dir);
  return error;
}

typedef int (*operation)(wr__op *op, wr__place *at);

/* A descriptor and a path, and nothing else. */
static int act_on(wr__call *call, const uint64_t *args, uint64_t right, operation act) {
  wr__place at;
  int error = place_get(call, args[0], right, args[1], args[2], &at);
  if (error != 0) return error;
  error = act(&call->op, &at);
  wr__desc_release(at.dir);
  return error;
}

int wr__p1_path_create_directory(wr__call *call, const uint64_t *args) {
  return act_on(call, args, WR__RIGHT_PATH_CREATE_DIRECTORY, wr__path_create_directory);
}

int wr__p1_path_remove_directory(wr__call *call, const uint64_t *args) {
  return act_on(call, args, WR__RIGHT_PATH_REMOVE_DIRECTORY, wr__path_remove_directory);
}

int wr__p1_path_unlink_file(wr__call *call, const uint64_t *args) {
  return act_on(call, args, WR__RIGHT_PATH_UNLINK_FILE, wr__path_unlink_file);
}

int wr__p1_path_filestat_get(wr__call *call, const uint64_t *args) {
  size_t out_size = call->unstable ? WASI_FILESTAT0_SIZE : WASI_FILESTAT_SIZE;
  wr__place at;
  struct stat st;
  if (!wr__guest_bytes(call, args[4], out_size)) return EFAULT;
  int error = place_get(call, args[0], WR__RIGHT_PATH_FILESTAT_GET, args[2], args[3], &at);
  if (error != 0) return error;
  error = wr__path_stat(&call->op, &at, args[1] & WASI_LOOKUP_SYMLINK_FOLLOW, &st);
  wr__desc_release(at.dir);
  if (error == 0) wr__p1_store_filestat(call, args[4], &st);
  return error;
}

int wr__p1_path_filestat_set_times(wr__call *call, const uint64_t *args) {
  struct timespec times[2];
  wr__place at;
  int error = wr__p1_times(args[4], args[5], args[6], times);
  if (error != 0) return error;
  error = place_get(call, args[0], WR__RIGHT_PATH_FILESTAT_SET_TIMES, args[2], args[3], &at);
  if (error != 0) return error;
  error = wr__path_set_times(&call->op, &at, args[1] & WASI_LOOKUP_SYMLINK_FOLLOW, times);
  wr__desc_release(at.dir);
  return error;
}

int wr__p1_path_link(wr__call *call, const uint64_t *args) {
  /* Spec: path_link; following is refused, as everywhere else: linkat would follow out of the
   * directory. */
  if (args[1] & WASI_LOOKUP_SYMLINK_FOLLOW) return EINVAL;
  wr__place from, to;
  int error = place_get(call, args[0], WR__RIGHT_PATH_LINK_SOURCE, args[2], args[3], &from);
  if (error != 0) return error;
  error = place_get(call, args[4], WR__RIGHT_PATH_LINK_TARGET, args[5], args[6], &to);
  if (error == 0) {
    error = wr__path_link(&call->op, &from, &to);
    wr__desc_release(to.dir);
  }
  wr__desc_release(from.dir);
  return error;
}

int wr__p1_path_rename(wr__call *call, const uint64_t *args) {
  wr__place from, to;
  int error = place_get(call, args[0], WR__RIGHT_PATH_RENAME_SOURCE, args[1], args[2], &from);
  if (error != 0) return error;
  error = place_get(call, args[3], WR__RIGHT_PATH_RENAME_TARGET, args[4], args[5], &to);
  if (error == 0) {
    error = wr__path_rename(&call->op, &from, &to);
    wr__desc_release(to.dir);
  }
  wr__desc_release(from.dir);
  return error;
}

int wr__p1_path_symlink(wr__call *call, const uint64_t *args) {
  char target[WR__WASI_MAX_PATH];
  wr__place at;
  int error = wr__guest_path(call, args[0], args[1], target);
  if (error != 0) return error;
  if (target[0] == '/') return WR__ENOTCAPABLE; /* whatever the descriptor is */
  error = place_get(call, args[2], WR__RIGHT_PATH_SYMLINK, args[3], args[4], &at);
  if (error != 0) return error;
  error = wr__path_symlink(&call->op, target, &at);
  wr__desc_release(at.dir);
  return error;
}

int wr__p1_path_readlink(wr__call *call, const uint64_t *args) {
  if (!wr__guest_bytes(call, args[3], (uint32_t)args[4]) || !wr__guest_bytes(call, args[5], 4))
    return EFAULT;
  wr__place at;
  int error = place_get(call, args[0], WR__RIGHT_PATH_READLINK, args[1], args[2], &at);
  if (error != 0) return error;
  char target[WR__WASI_MAX_PATH];
  size_t size = 0;
  error = wr__path_readlink(&call->op, &at, target, &size);
  wr__desc_release(at.dir);
  if (error != 0) return error;
  /* Spec: what does not fit is cut. */
  uint32_t copied = size < (uint32_t)args[4] ? (uint32_t)size : (uint32_t)args[4];
  wr__guest_copy(call, args[3], target, copied);
  wr__guest_store32(call, args[5], copied);
  return 0;
}

int wr__p1_path_open(wr__call *call, const uint64_t *args) {
  if (!wr__guest_bytes(call, args[8], 4)) return EFAULT;
  wr__open_request request = {
      .rights = args[5],
      .oflags = (uint32_t)args[4], /* the host's are numbered as preview 1's */
      .fdflags = (uint32_t)args[7],
      .follow = args[1] & WASI_LOOKUP_SYMLINK_FOLLOW,
  };
  if (request.oflags & ~(uint32_t)WR__OPEN_ALL || request.fdflags & ~(uint32_t)WR__FDFLAG_ALL)
    return EINVAL;
  if ((request.oflags & WR__OPEN_DIRECTORY) &&
      (request.oflags & (WR__OPEN_CREAT | WR__OPEN_EXCL | WR__OPEN_TRUNC)))
    return EINVAL;
  wr__place at;
  wr__desc *desc;
  uint64_t needed = wr__path_open_rights(&request);
  int error = place_get(call, args[0], needed, args[2], args[3], &at);
  if (error != 0) return error;
  error = wr__path_open(&call->op, &at, &request, &desc);
  wr__desc_release(at.dir);
  return error == 0 ? wr__p1_insert(call, desc, args[8]) : error;
}
