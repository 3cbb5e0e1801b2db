/* Operations on what paths name. Each resolves the directory of a path beneath its descriptor, and
 * acts on the last component without letting the host follow it. */
#include "virtual.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Where names are looked for in two directories, the first that has the path's first name. */
static int base_fd(const wr__place *at) {
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

/* Where the path begins. */
static wr__path_base base_of(const wr__place *at) {
  return (wr__path_base){base_fd(at), at->dir->dev, at->dir->granted_dev};
}

/* A place with the directory of its last component opened. */
typedef struct opened {
  wr__path_base base;
  wr__path_parent parent;
} opened;

static int open_parent(wr__op *op, wr__place *at, opened *out) {
  out->base = base_of(at);
  return wr__path_parent_open(op, &out->base, at->path, &out->parent);
}

typedef int (*named)(int dir_fd, const char *name);

/* Does one thing with the last component. */
static int act_on(wr__op *op, wr__place *at, named act) {
  opened in;
  int error = open_parent(op, at, &in);
  if (error != 0) return error;
  error = wr__host_result(act(in.parent.fd, in.parent.name));
  wr__path_parent_close(&in.parent);
  return error;
}

static int make_directory(int dir_fd, const char *name) { return mkdirat(dir_fd, name, 0777); }
static int remove_directory(int dir_fd, const char *name) {
  return unlinkat(dir_fd, name, AT_REMOVEDIR);
}
static int unlink_file(int dir_fd, const char *name) { return unlinkat(dir_fd, name, 0); }

int wr__path_create_directory(wr__op *op, wr__place *at) { return act_on(op, at, make_directory); }
int wr__path_remove_directory(wr__op *op, wr__place *at) {
  return act_on(op, at, remove_directory);
}
int wr__path_unlink_file(wr__op *op, wr__place *at) { return act_on(op, at, unlink_file); }

/* ---- attributes */

/* The object that the path names, open with O_PATH. */
static int open_object(wr__op *op, const wr__place *at, bool follow, wr__path_found *out) {
  size_t size = strlen(at->path);
  wr__path_how how = {.flags = O_PATH, .follow = follow};
  if (at->path[size - 1] == '/') { /* a directory, also behind a link */
    how.flags |= O_DIRECTORY;
    how.follow = true;
  }
  wr__path_base base = base_of(at);
  return wr__path_open_beneath(op, &base, at->path, how, out);
}

/* Of a file that the embedder added. */
static int stat_added(wr__op *op, const wr__place *at, struct stat *st) {
  wr__desc *desc = NULL;
  int error = wr__virtual_added(op->wasi, at->dir, at->path, false, &desc);
  if (error != 0) return error;
  error = wr__host_result(fstat(desc->host_fd, st));
  wr__desc_release(desc);
  return error;
}

/* Of the stream that a path means. */
static int stat_stream(wr__op *op, int stream, struct stat *st) {
  wr__desc *desc;
  int error = wr__fd_get(op->wasi, (uint64_t)stream, WR__RIGHT_FD_FILESTAT_GET, &desc);
  if (error != 0) return error == EBADF ? ENOENT : error;
  *st = (struct stat){0};
  if (desc->host_fd >= 0) error = wr__host_result(fstat(desc->host_fd, st));
  wr__desc_release(desc);
  return error;
}

int wr__path_stat(wr__op *op, wr__place *at, bool follow, struct stat *out) {
  wr__path_found found;
  int error = stat_added(op, at, out);
  if (error != ENOENT) return error;
  error = open_object(op, at, follow, &found);
  if (error == 0) {
    error = wr__host_result(fstat(found.fd, out));
    close(found.fd);
  } else if (found.stream != WR__PATH_NO_STREAM) {
    error = stat_stream(op, found.stream, out);
  }
  return error;
}

/* Sets the times of an object that is open with O_PATH. */
static int set_times(int fd, const struct timespec times[2]) {
  if (utimensat(fd, "", times, AT_EMPTY_PATH) == 0) return 0;
  if (errno != EINVAL) return wr__host_errno();
  /* Linux before 5.8 */
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return wr__host_result(utimensat(AT_FDCWD, path, times, 0));
}

int wr__path_set_times(wr__op *op, wr__place *at, bool follow, const struct timespec times[2]) {
  wr__path_found found;
  int error = open_object(op, at, follow, &found);
  if (error != 0) return error;
  error = set_times(found.fd, times);
  close(found.fd);
  return error;
}

/* ---- links and names */

/* A trailing slash asks for a directory, and the host would follow a link to find one. So the
 * question is put to the resolver. */
static int refuse_slash(wr__op *op, const opened *in, int if_directory) {
  wr__path_how how = {.flags = O_PATH | O_DIRECTORY, .follow = true};
  wr__path_base parent = {in->parent.fd, in->base.dev, in->base.granted_dev};
  wr__path_found found;
  int error = wr__path_open_beneath(op, &parent, in->parent.name, how, &found);
  if (error != 0) return error;
  close(found.fd);
  return if_directory;
}

/* What is done with two places, whose parents are open. */
typedef int (*paired)(wr__op *op, const opened *from, const opened *to);

static int act_on_both(wr__op *op, wr__place *from, wr__place *to, paired act) {
  opened a, b;
  int error = open_parent(op, from, &a);
  if (error != 0) return error;
  error = open_parent(op, to, &b);
  if (error == 0) {
    error = act(op, &a, &b);
    wr__path_parent_close(&b.parent);
  }
  wr__path_parent_close(&a.parent);
  return error;
}

static int link_both(wr__op *op, const opened *from, const opened *to) {
  if (from->parent.trailing_slash) return refuse_slash(op, from, EPERM);
  return wr__host_result(
      linkat(from->parent.fd, from->parent.name, to->parent.fd, to->parent.name, 0));
}

static int rename_both(wr__op *op, const opened *from, const opened *to) {
  (void)op;
  return wr__host_result(
      renameat(from->parent.fd, from->parent.name, to->parent.fd, to->parent.name));
}

int wr__path_link(wr__op *op, wr__place *from, wr__place *to) {
  return act_on_both(op, from, to, link_both);
}

int wr__path_rename(wr__op *op, wr__place *from, wr__place *to) {
  return act_on_both(op, from, to, rename_both);
}

int wr__path_symlink(wr__op *op, const char *target, wr__place *at) {
  opened in;
  /* It could never be followed, and would mean another file to the host's programs. */
  if (target[0] == '/') return WR__ENOTCAPABLE;
  int error = open_parent(op, at, &in);
  if (error != 0) return error;
  error = wr__host_result(symlinkat(target, in.parent.fd, in.parent.name));
  wr__path_parent_close(&in.parent);
  return error;
}

int wr__path_readlink(wr__op *op, wr__place *at, char target[WR__WASI_MAX_PATH],
                      size_t *size_bytes) {
  opened in;
  int error = open_parent(op, at, &in);
  if (error != 0) return error;
  ssize_t size = -1;
  if (in.parent.trailing_slash) {
    error = refuse_slash(op, &in, EINVAL);
  } else {
    size = readlinkat(in.parent.fd, in.parent.name, target, WR__WASI_MAX_PATH);
    if (size < 0) error = wr__host_errno();
  }
  wr__path_parent_close(&in.parent);
  if (error != 0) return error;
  if (!wr__wasi_utf8_valid(target, (size_t)size)) return EILSEQ;
  *size_bytes = (size_t)size;
  return 0;
}

/* ---- path_open */

uint64_t wr__path_open_rights(const wr__open_request *request) {
  uint64_t needed = WR__RIGHT_PATH_OPEN;
  if (request->oflags & WR__OPEN_CREAT) needed |= WR__RIGHT_PATH_CREATE_FILE;
  if (request->oflags & WR__OPEN_TRUNC) needed |= WR__RIGHT_PATH_FILESTAT_SET_SIZE;
  return needed;
}

static int host_flags(const wr__open_request *request) {
  bool reads = request->rights & (WR__RIGHT_FD_READ | WR__RIGHT_FD_READDIR);
  bool writes = request->rights &
                (WR__RIGHT_FD_WRITE | WR__RIGHT_FD_ALLOCATE | WR__RIGHT_FD_FILESTAT_SET_SIZE);
  /* Nothing of ours may wait for the other end of a pipe, or become our terminal. */
  int flags = O_NONBLOCK | O_NOCTTY;
  if (request->oflags & WR__OPEN_DIRECTORY) writes = false;
  flags |= !writes ? O_RDONLY : reads ? O_RDWR : O_WRONLY;
  if (request->oflags & WR__OPEN_CREAT) flags |= O_CREAT;
  if (request->oflags & WR__OPEN_DIRECTORY) flags |= O_DIRECTORY;
  if (request->oflags & WR__OPEN_EXCL) flags |= O_EXCL;
  if (request->oflags & WR__OPEN_TRUNC) flags |= O_TRUNC;
  if (request->fdflags & WR__FDFLAG_APPEND) flags |= O_APPEND;
  if (request->fdflags & WR__FDFLAG_DSYNC) flags |= O_DSYNC;
  if (request->fdflags & (WR__FDFLAG_SYNC | WR__FDFLAG_RSYNC)) flags |= O_SYNC;
  return flags;
}

/* Opens the host's file. A program that asks for every right of a file that it only reads, as
 * libraries do, gets a directory or a read-only file opened for reading. */
static int open_host(wr__op *op, const wr__place *at, wr__open_request *request,
                     wr__path_found *out) {
  wr__path_how how = {.flags = host_flags(request), .mode = 0666, .follow = request->follow};
  wr__path_base base = base_of(at);
  int error = wr__path_open_beneath(op, &base, at->path, how, out);
  bool wants_write = request->rights & WR__RIGHT_FD_WRITE;
  if (error == 0 || wants_write || (how.flags & O_ACCMODE) == O_RDONLY) return error;
  if (error != EISDIR && error != EACCES && error != EROFS && error != ETXTBSY) return error;
  how.flags = (how.flags & ~O_ACCMODE) | O_RDONLY;
  request->rights &= ~WR__RIGHTS_WRITING;
  return wr__path_open_beneath(op, &base, at->path, how, out);
}

/* What is there without being a file of the host's directory cannot be one, nor be made. */
static int check_existing(const wr__open_request *request) {
  if (request->oflags & WR__OPEN_DIRECTORY) return ENOTDIR;
  return request->oflags & WR__OPEN_EXCL ? EEXIST : 0;
}

/* Another number for the stream that the path means, as dup(2) gives one. It must be able to do
 * what was asked for: to write, or else to read. */
static int open_stream(wr__op *op, int stream, const wr__open_request *request, wr__desc **out) {
  int error = check_existing(request);
  if (error != 0) return error;
  uint64_t rights = request->rights & WR__RIGHT_FD_WRITE;
  if (!rights) rights = request->rights & WR__RIGHT_FD_READ;
  error = wr__fd_get(op->wasi, (uint64_t)stream, rights, out);
  return error == 0 ? 0 : error == EBADF ? ENOENT : EACCES;
}

/* ENOENT: the embedder added no file at this path. */
static int open_added(wr__op *op, const wr__place *at, const wr__open_request *request,
                      wr__desc **out) {
  wr__desc *desc;
  int error = wr__virtual_added(op->wasi, at->dir, at->path, true, &desc);
  if (error != 0) return error;
  error = check_existing(request);
  if (error == 0)
    *out = desc;
  else
    wr__desc_release(desc);
  return error;
}

/* Spec: path_open, "fewer rights than specified, if and only if those rights do not apply to the
 * type of file being opened".
 * Deviation: a directory has all that its parent hands on, whatever was asked for: programs open
 * directories with the rights of files, or with none. */
static void settle_rights(wr__desc *desc, const wr__place *at, const wr__open_request *request) {
  desc->rights &= at->inheriting;
  desc->inheriting &= at->inheriting;
  if (desc->kind != WR__DESC_DIRECTORY) desc->rights &= request->rights;
  desc->granted_dev = at->dir->granted_dev;
  desc->read_only = at->dir->read_only;
  desc->flags = (uint16_t)request->fdflags;
}

int wr__path_open(wr__op *op, wr__place *at, wr__open_request *request, wr__desc **out) {
  uint64_t absent = request->rights & ~at->inheriting;
  /* Deviation: libraries ask for every right that a file may have; only reading and writing are
   * refused where the directory does not hand them on, the others are left out. */
  if (absent & (WR__RIGHT_FD_READ | WR__RIGHT_FD_WRITE))
    return at->dir->read_only ? EROFS : WR__ENOTCAPABLE;
  if ((request->oflags & WR__OPEN_DIRECTORY) && (request->rights & WR__RIGHT_FD_WRITE))
    return EISDIR;
  request->rights &= at->inheriting;
  wr__path_found found;
  wr__desc *desc = NULL;
  int error = open_added(op, at, request, out);
  if (error != ENOENT) return error;
  error = open_host(op, at, request, &found);
  if (found.stream != WR__PATH_NO_STREAM) return open_stream(op, found.stream, request, out);
  if (error == 0) error = wr__desc_from_host(found.fd, &desc);
  if (error != 0) return error;
  settle_rights(desc, at, request);
  *out = desc;
  return 0;
}
