/* The path_* functions. Each resolves the directory of a path beneath its descriptor, and acts on
 * the last component without letting the host follow it.
 * Spec: wasi_snapshot_preview1, path_*. */
#include "virtual.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* A directory descriptor, and a path in it. */
typedef struct place {
  wr__desc *dir;
  uint64_t inheriting; /* what dir hands on */
  wr__path_base base;  /* where the path begins */
  char path[WR__WASI_MAX_PATH];
  wr__path_parent parent;
} place;

/* Where names are looked for in two directories, the first that has the path's first name. */
static int base_fd(const place *at) {
  char name[WR__WASI_MAX_PATH];
  struct stat st;
  size_t size = strcspn(at->path, "/");
  if (at->dir->fallback_fd < 0 || size == 0) return at->dir->host_fd;
  memcpy(name, at->path, size);
  name[size] = 0;
  if (fstatat(at->dir->host_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
    return at->dir->host_fd;
  return fstatat(at->dir->fallback_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? at->dir->fallback_fd
                                                                            : at->dir->host_fd;
}

static uint32_t place_get(wr__call *call, uint64_t fd, uint64_t rights, uint64_t path,
                          uint64_t size, place *out) {
  out->parent = (wr__path_parent){.fd = -1};
  uint32_t error = wr__fd_get_inheriting(call->wasi, fd, rights, &out->dir, &out->inheriting);
  if (error != WASI_SUCCESS) return error;
  error = wr__guest_path(call, path, size, out->path);
  if (error != WASI_SUCCESS) {
    wr__desc_release(out->dir);
    return error;
  }
  out->base = (wr__path_base){base_fd(out), out->dir->dev, out->dir->granted_dev};
  return WASI_SUCCESS;
}

static void place_release(place *p) {
  wr__path_parent_close(&p->parent);
  wr__desc_release(p->dir);
}

/* The same, with the parent of the last component opened. */
static uint32_t place_get_parent(wr__call *call, uint64_t fd, uint64_t rights, uint64_t path,
                                 uint64_t size, place *out) {
  uint32_t error = place_get(call, fd, rights, path, size, out);
  if (error != WASI_SUCCESS) return error;
  error = wr__path_parent_open(call, &out->base, out->path, &out->parent);
  if (error != WASI_SUCCESS) place_release(out);
  return error;
}

static uint32_t result_of(int host_result) {
  return host_result == 0 ? (uint32_t)WASI_SUCCESS : wr__wasi_errno_now();
}

uint32_t wr__wasi_path_create_directory(wr__call *call, const uint64_t *args) {
  place at;
  uint32_t error =
      place_get_parent(call, args[0], WASI_RIGHT_PATH_CREATE_DIRECTORY, args[1], args[2], &at);
  if (error != WASI_SUCCESS) return error;
  error = result_of(mkdirat(at.parent.fd, at.parent.name, 0777));
  place_release(&at);
  return error;
}

uint32_t wr__wasi_path_remove_directory(wr__call *call, const uint64_t *args) {
  place at;
  uint32_t error =
      place_get_parent(call, args[0], WASI_RIGHT_PATH_REMOVE_DIRECTORY, args[1], args[2], &at);
  if (error != WASI_SUCCESS) return error;
  error = result_of(unlinkat(at.parent.fd, at.parent.name, AT_REMOVEDIR));
  place_release(&at);
  return error;
}

uint32_t wr__wasi_path_unlink_file(wr__call *call, const uint64_t *args) {
  place at;
  uint32_t error =
      place_get_parent(call, args[0], WASI_RIGHT_PATH_UNLINK_FILE, args[1], args[2], &at);
  if (error != WASI_SUCCESS) return error;
  error = result_of(unlinkat(at.parent.fd, at.parent.name, 0));
  place_release(&at);
  return error;
}

/* ---- attributes */

/* The object that the path names, open with O_PATH. */
static uint32_t open_object(wr__call *call, const place *at, bool follow, wr__path_found *out) {
  size_t size = strlen(at->path);
  wr__path_open how = {.flags = O_PATH, .follow = follow};
  if (at->path[size - 1] == '/') { /* a directory, also behind a link */
    how.flags |= O_DIRECTORY;
    how.follow = true;
  }
  return wr__path_open_beneath(call, &at->base, at->path, how, out);
}

/* Of a file that the embedder added. */
static uint32_t stat_added(wr__call *call, const place *at, struct stat *st) {
  wr__desc *desc = NULL;
  uint32_t error = wr__virtual_added(call->wasi, at->dir, at->path, false, &desc);
  if (error != WASI_SUCCESS) return error;
  error = result_of(fstat(desc->host_fd, st));
  wr__desc_release(desc);
  return error;
}

/* Of the stream that a path means. */
static uint32_t stat_stream(wr__call *call, int stream, struct stat *st) {
  wr__desc *desc;
  uint32_t error = wr__fd_get(call->wasi, (uint64_t)stream, WASI_RIGHT_FD_FILESTAT_GET, &desc);
  if (error != WASI_SUCCESS) return error == WASI_BADF ? (uint32_t)WASI_NOENT : error;
  *st = (struct stat){0};
  if (desc->host_fd >= 0) error = result_of(fstat(desc->host_fd, st));
  wr__desc_release(desc);
  return error;
}

uint32_t wr__wasi_path_filestat_get(wr__call *call, const uint64_t *args) {
  size_t out_size = call->unstable ? WASI_FILESTAT0_SIZE : WASI_FILESTAT_SIZE;
  place at;
  if (!wr__guest_bytes(call, args[4], out_size)) return WASI_FAULT;
  uint32_t error = place_get(call, args[0], WASI_RIGHT_PATH_FILESTAT_GET, args[2], args[3], &at);
  if (error != WASI_SUCCESS) return error;
  wr__path_found found;
  struct stat st;
  error = stat_added(call, &at, &st);
  bool is_added = error != WASI_NOENT;
  if (!is_added) error = open_object(call, &at, args[1] & WASI_LOOKUP_SYMLINK_FOLLOW, &found);
  if (!is_added && error == WASI_SUCCESS) {
    error = result_of(fstat(found.fd, &st));
    close(found.fd);
  } else if (!is_added && found.stream != WR__PATH_NO_STREAM) {
    error = stat_stream(call, found.stream, &st);
  }
  place_release(&at);
  if (error == WASI_SUCCESS) wr__wasi_store_filestat(call, args[4], &st);
  return error;
}

/* Sets the times of an object that is open with O_PATH. */
static uint32_t set_times(int fd, const struct timespec times[2]) {
  if (utimensat(fd, "", times, AT_EMPTY_PATH) == 0) return WASI_SUCCESS;
  if (errno != EINVAL) return wr__wasi_errno_now();
  /* Linux before 5.8 */
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return result_of(utimensat(AT_FDCWD, path, times, 0));
}

uint32_t wr__wasi_path_filestat_set_times(wr__call *call, const uint64_t *args) {
  struct timespec times[2];
  uint32_t error = wr__wasi_times(args[4], args[5], args[6], times);
  if (error != WASI_SUCCESS) return error;
  place at;
  error = place_get(call, args[0], WASI_RIGHT_PATH_FILESTAT_SET_TIMES, args[2], args[3], &at);
  if (error != WASI_SUCCESS) return error;
  wr__path_found found;
  error = open_object(call, &at, args[1] & WASI_LOOKUP_SYMLINK_FOLLOW, &found);
  if (error == WASI_SUCCESS) {
    error = set_times(found.fd, times);
    close(found.fd);
  }
  place_release(&at);
  return error;
}

/* ---- links and names */

/* A trailing slash asks for a directory, and the host would follow a link to find one. So the
 * question is put to the resolver. */
static uint32_t refuse_slash(wr__call *call, const place *at, uint32_t if_directory) {
  wr__path_open how = {.flags = O_PATH | O_DIRECTORY, .follow = true};
  wr__path_base parent = {at->parent.fd, at->base.dev, at->base.granted_dev};
  wr__path_found found;
  uint32_t error = wr__path_open_beneath(call, &parent, at->parent.name, how, &found);
  if (error != WASI_SUCCESS) return error;
  close(found.fd);
  return if_directory;
}

uint32_t wr__wasi_path_link(wr__call *call, const uint64_t *args) {
  /* Spec: path_link; following is refused, as everywhere else: linkat would follow out of the
   * directory. */
  if (args[1] & WASI_LOOKUP_SYMLINK_FOLLOW) return WASI_INVAL;
  place from, to;
  uint32_t error =
      place_get_parent(call, args[0], WASI_RIGHT_PATH_LINK_SOURCE, args[2], args[3], &from);
  if (error != WASI_SUCCESS) return error;
  error = place_get_parent(call, args[4], WASI_RIGHT_PATH_LINK_TARGET, args[5], args[6], &to);
  if (error == WASI_SUCCESS) {
    if (from.parent.trailing_slash)
      error = refuse_slash(call, &from, WASI_PERM);
    else
      error = result_of(linkat(from.parent.fd, from.parent.name, to.parent.fd, to.parent.name, 0));
    place_release(&to);
  }
  place_release(&from);
  return error;
}

uint32_t wr__wasi_path_rename(wr__call *call, const uint64_t *args) {
  place from, to;
  uint32_t error =
      place_get_parent(call, args[0], WASI_RIGHT_PATH_RENAME_SOURCE, args[1], args[2], &from);
  if (error != WASI_SUCCESS) return error;
  error = place_get_parent(call, args[3], WASI_RIGHT_PATH_RENAME_TARGET, args[4], args[5], &to);
  if (error == WASI_SUCCESS) {
    error = result_of(renameat(from.parent.fd, from.parent.name, to.parent.fd, to.parent.name));
    place_release(&to);
  }
  place_release(&from);
  return error;
}

uint32_t wr__wasi_path_symlink(wr__call *call, const uint64_t *args) {
  char target[WR__WASI_MAX_PATH];
  uint32_t error = wr__guest_path(call, args[0], args[1], target);
  if (error != WASI_SUCCESS) return error;
  /* It could never be followed, and would mean another file to the host's programs. */
  if (target[0] == '/') return WASI_NOTCAPABLE;
  place at;
  error = place_get_parent(call, args[2], WASI_RIGHT_PATH_SYMLINK, args[3], args[4], &at);
  if (error != WASI_SUCCESS) return error;
  error = result_of(symlinkat(target, at.parent.fd, at.parent.name));
  place_release(&at);
  return error;
}

uint32_t wr__wasi_path_readlink(wr__call *call, const uint64_t *args) {
  if (!wr__guest_bytes(call, args[3], (uint32_t)args[4]) || !wr__guest_bytes(call, args[5], 4))
    return WASI_FAULT;
  place at;
  uint32_t error = place_get_parent(call, args[0], WASI_RIGHT_PATH_READLINK, args[1], args[2], &at);
  if (error != WASI_SUCCESS) return error;
  char target[WR__WASI_MAX_PATH];
  ssize_t size = -1;
  if (at.parent.trailing_slash) {
    error = refuse_slash(call, &at, WASI_INVAL);
  } else {
    size = readlinkat(at.parent.fd, at.parent.name, target, sizeof target);
    if (size < 0) error = wr__wasi_errno_now();
  }
  place_release(&at);
  if (error != WASI_SUCCESS) return error;
  if (!wr__wasi_utf8_valid(target, (size_t)size)) return WASI_ILSEQ;
  /* Spec: what does not fit is cut. */
  uint32_t copied = (uint64_t)size < (uint32_t)args[4] ? (uint32_t)size : (uint32_t)args[4];
  wr__guest_copy(call, args[3], target, copied);
  wr__guest_store32(call, args[5], copied);
  return WASI_SUCCESS;
}

/* ---- path_open */

typedef struct open_request {
  uint64_t rights;
  uint32_t oflags;
  uint32_t fdflags;
  bool follow;
} open_request;

/* The rights that the directory must have, and must hand on, for this. */
static uint64_t needed_base(const open_request *request) {
  uint64_t needed = WASI_RIGHT_PATH_OPEN;
  if (request->oflags & WASI_OFLAGS_CREAT) needed |= WASI_RIGHT_PATH_CREATE_FILE;
  if (request->oflags & WASI_OFLAGS_TRUNC) needed |= WASI_RIGHT_PATH_FILESTAT_SET_SIZE;
  return needed;
}

static int host_flags(const open_request *request) {
  bool reads = request->rights & (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_READDIR);
  bool writes = request->rights &
                (WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_SET_SIZE);
  /* Nothing of ours may wait for the other end of a pipe, or become our terminal. */
  int flags = O_NONBLOCK | O_NOCTTY;
  if (request->oflags & WASI_OFLAGS_DIRECTORY) writes = false;
  flags |= !writes ? O_RDONLY : reads ? O_RDWR : O_WRONLY;
  if (request->oflags & WASI_OFLAGS_CREAT) flags |= O_CREAT;
  if (request->oflags & WASI_OFLAGS_DIRECTORY) flags |= O_DIRECTORY;
  if (request->oflags & WASI_OFLAGS_EXCL) flags |= O_EXCL;
  if (request->oflags & WASI_OFLAGS_TRUNC) flags |= O_TRUNC;
  if (request->fdflags & WASI_FDFLAGS_APPEND) flags |= O_APPEND;
  if (request->fdflags & WASI_FDFLAGS_DSYNC) flags |= O_DSYNC;
  if (request->fdflags & (WASI_FDFLAGS_SYNC | WASI_FDFLAGS_RSYNC)) flags |= O_SYNC;
  return flags;
}

/* Opens the host's file. A program that asks for every right of a file that it only reads, as
 * libraries do, gets a directory or a read-only file opened for reading. */
static uint32_t open_host(wr__call *call, const place *at, open_request *request,
                          wr__path_found *out) {
  wr__path_open how = {.flags = host_flags(request), .mode = 0666, .follow = request->follow};
  uint32_t error = wr__path_open_beneath(call, &at->base, at->path, how, out);
  bool wants_write = request->rights & WASI_RIGHT_FD_WRITE;
  if (error == WASI_SUCCESS || wants_write || (how.flags & O_ACCMODE) == O_RDONLY) return error;
  if (error != WASI_ISDIR && error != WASI_ACCES && error != WASI_ROFS && error != WASI_TXTBSY)
    return error;
  how.flags = (how.flags & ~O_ACCMODE) | O_RDONLY;
  request->rights &= ~WASI_RIGHTS_WRITING;
  return wr__path_open_beneath(call, &at->base, at->path, how, out);
}

/* What is there without being a file of the host's directory cannot be one, nor be made. */
static uint32_t check_existing(const open_request *request) {
  if (request->oflags & WASI_OFLAGS_DIRECTORY) return WASI_NOTDIR;
  return request->oflags & WASI_OFLAGS_EXCL ? WASI_EXIST : WASI_SUCCESS;
}

/* Another number for the stream that the path means, as dup(2) gives one. It must be able to do
 * what was asked for: to write, or else to read. */
static uint32_t open_stream(wr__call *call, int stream, const open_request *request,
                            uint32_t *number) {
  wr__desc *desc;
  uint32_t error = check_existing(request);
  if (error != WASI_SUCCESS) return error;
  uint64_t rights = request->rights & WASI_RIGHT_FD_WRITE;
  if (!rights) rights = request->rights & WASI_RIGHT_FD_READ;
  error = wr__fd_get(call->wasi, (uint64_t)stream, rights, &desc);
  if (error != WASI_SUCCESS) return error == WASI_BADF ? WASI_NOENT : WASI_ACCES;
  return wr__fd_insert(call->wasi, desc, number);
}

/* WASI_NOENT: the embedder added no file at this path. */
static uint32_t open_added(wr__call *call, const place *at, const open_request *request,
                           uint32_t *number) {
  wr__desc *desc;
  uint32_t error = wr__virtual_added(call->wasi, at->dir, at->path, true, &desc);
  if (error != WASI_SUCCESS) return error;
  error = check_existing(request);
  if (error == WASI_SUCCESS) return wr__fd_insert(call->wasi, desc, number);
  wr__desc_release(desc);
  return error;
}

/* Spec: path_open, "fewer rights than specified, if and only if those rights do not apply to the
 * type of file being opened".
 * Deviation: a directory has all that its parent hands on, whatever was asked for: programs open
 * directories with the rights of files, or with none. */
static void settle_rights(wr__desc *desc, const place *at, const open_request *request) {
  desc->rights &= at->inheriting;
  desc->inheriting &= at->inheriting;
  if (desc->kind != WR__DESC_DIRECTORY) desc->rights &= request->rights;
  desc->granted_dev = at->dir->granted_dev;
  desc->read_only = at->dir->read_only;
  desc->flags = (uint16_t)request->fdflags;
}

static uint32_t open_place(wr__call *call, const place *at, open_request *request,
                           uint32_t *number) {
  uint64_t absent = request->rights & ~at->inheriting;
  /* Deviation: libraries ask for every right that a file may have; only reading and writing are
   * refused where the directory does not hand them on, the others are left out. */
  if (absent & (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE))
    return at->dir->read_only ? WASI_ROFS : WASI_NOTCAPABLE;
  if ((request->oflags & WASI_OFLAGS_DIRECTORY) && (request->rights & WASI_RIGHT_FD_WRITE))
    return WASI_ISDIR;
  request->rights &= at->inheriting;
  wr__path_found found;
  wr__desc *desc = NULL;
  uint32_t error = open_added(call, at, request, number);
  if (error != WASI_NOENT) return error;
  error = open_host(call, at, request, &found);
  if (found.stream != WR__PATH_NO_STREAM) return open_stream(call, found.stream, request, number);
  if (error == WASI_SUCCESS) error = wr__desc_from_host(found.fd, &desc);
  if (error != WASI_SUCCESS) return error;
  settle_rights(desc, at, request);
  return wr__fd_insert(call->wasi, desc, number);
}

uint32_t wr__wasi_path_open(wr__call *call, const uint64_t *args) {
  if (!wr__guest_bytes(call, args[8], 4)) return WASI_FAULT;
  open_request request = {
      .rights = args[5],
      .oflags = (uint32_t)args[4],
      .fdflags = (uint32_t)args[7],
      .follow = args[1] & WASI_LOOKUP_SYMLINK_FOLLOW,
  };
  if (request.oflags & ~WASI_OFLAGS_ALL || request.fdflags & ~WASI_FDFLAGS_ALL) return WASI_INVAL;
  if ((request.oflags & WASI_OFLAGS_DIRECTORY) &&
      (request.oflags & (WASI_OFLAGS_CREAT | WASI_OFLAGS_EXCL | WASI_OFLAGS_TRUNC)))
    return WASI_INVAL;
  place at;
  uint32_t error = place_get(call, args[0], needed_base(&request), args[2], args[3], &at);
  if (error != WASI_SUCCESS) return error;
  uint32_t number = 0;
  error = open_place(call, &at, &request, &number);
  place_release(&at);
  if (error == WASI_SUCCESS) wr__guest_store32(call, args[8], number);
  return error;
}
