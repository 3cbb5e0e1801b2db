/* Path resolution beneath a directory. Whatever the path says and whoever changes the tree
 * meanwhile, nothing outside is reached: the kernel resolves with openat2 (RESOLVE_BENEATH |
 * RESOLVE_NO_MAGICLINKS), or where it cannot, a walk by component that never lets the kernel
 * follow a symbolic link and checks every ".." against the directory that it came through.
 * Both give the same answers. Where all of "/" was granted, links and ".." lead anywhere in it.
 * The kernel resolves only what stays on one mount; what crosses to another is walked, so that
 * each file system on the way is looked at. */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel's own limit. */
#define MAX_LINKS 40
#define MAX_RETRIES 64
#define MAX_DEPTH (WR__WASI_MAX_PATH / 2)

/* What leads out of the directory. wasi-libc shows it to programs as ENOTCAPABLE. */
#define ESCAPES WR__ENOTCAPABLE

/* ---- openat2 */

/* 0: not known yet; 1: it works; 2: the kernel, or a seccomp filter, does not have it. */
static _Atomic int openat2_state;

static int open_by_kernel(int dir_fd, const char *path, const wr__path_how *how, bool whole_root) {
  struct open_how what = {
      .flags = (uint64_t)(how->flags | O_CLOEXEC | (how->follow ? 0 : O_NOFOLLOW)),
      .mode = how->flags & O_CREAT ? how->mode : 0,
      .resolve = RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV | (whole_root ? 0 : RESOLVE_BENEATH),
  };
  /* EAGAIN: something was renamed while the kernel went through a "..". */
  for (int tries = 0; tries < MAX_RETRIES; tries++) {
    long fd = syscall(SYS_openat2, dir_fd, path, &what, sizeof what);
    if (fd >= 0) return (int)fd;
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return -1;
}

/* EPERM may be the file's own answer, so it is asked about the current directory, once. */
static bool kernel_has_openat2(void) {
  int state = atomic_load_explicit(&openat2_state, memory_order_relaxed);
  if (state == 0) {
    wr__path_how how = {.flags = O_PATH | O_DIRECTORY};
    int fd = open_by_kernel(AT_FDCWD, ".", &how, false);
    state = fd < 0 && (errno == ENOSYS || errno == EPERM) ? 2 : 1;
    if (fd >= 0) close(fd);
    atomic_store_explicit(&openat2_state, state, memory_order_relaxed);
  }
  return state == 1;
}

/* ---- the walk */

typedef struct identity {
  dev_t dev;
  ino_t ino;
} identity;

typedef struct walk {
  int fd; /* the directory that it has come to */
  identity here;
  bool whole_root;
  bool own; /* fd is not the one that it started from */
  dev_t granted_dev;
  int stream;       /* what a link meant, or WR__PATH_NO_STREAM */
  uint32_t refused; /* the type of a file system that was refused, or 0 */
  bool is_device;   /* a device was refused */
  uint32_t depth;
  uint32_t links;
  identity above[MAX_DEPTH];    /* above[depth - 1] is the parent of fd */
  char rest[WR__WASI_MAX_PATH]; /* what is still to be walked */
} walk;

static int walk_identify(int fd, identity *out) {
  struct stat st;
  if (fstat(fd, &st) != 0) return wr__host_errno();
  *out = (identity){st.st_dev, st.st_ino};
  return 0;
}

/* Is what was come to of a file system that a guest may have? Closes it if not. */
static int walk_check(walk *w, int fd, dev_t dev) {
  uint32_t type;
  if (dev == w->here.dev || wr__filesystem_of(fd, &type) == WR__FILESYSTEM_ORDINARY) return 0;
  close(fd);
  w->refused = type;
  return EACCES;
}

/* Takes fd. */
static int walk_move(walk *w, int fd) {
  identity found = {0};
  int error = walk_identify(fd, &found);
  if (error != 0) {
    close(fd);
    return error;
  }
  error = walk_check(w, fd, found.dev);
  if (error != 0) return error;
  if (w->own) close(w->fd);
  w->fd = fd;
  w->here = found;
  w->own = true;
  return 0;
}

/* ".." may only lead to the directory through which we came: otherwise somebody moved us. */
static int walk_up(walk *w) {
  if (w->depth == 0 && !w->whole_root) return ESCAPES;
  int fd = openat(w->fd, "..", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return wr__host_errno();
  int error = walk_move(w, fd);
  if (error != 0 || w->depth == 0) return error;
  const identity *expected = &w->above[--w->depth];
  return w->here.dev == expected->dev && w->here.ino == expected->ino ? 0 : EAGAIN;
}

static int walk_to_root(walk *w) {
  if (!w->whole_root) return ESCAPES;
  int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return wr__host_errno();
  w->depth = 0;
  return walk_move(w, fd);
}

/* Containers have links to /proc/self/fd/1 for their standard output, which log files of images are
 * links to. There is no procfs for guests, but they have such a stream of their own. */
static bool walk_find_stream(walk *w) {
  static const char streams[] = "/proc/self/fd/";
  size_t size = sizeof streams - 1;
  if (!w->whole_root || strncmp(w->rest, streams, size) != 0) return false;
  if (w->rest[size] < '0' || w->rest[size] > '2' || w->rest[size + 1] != 0) return false;
  w->stream = w->rest[size] - '0';
  return true;
}

/* Replaces the rest of the path by the link's target and that rest. */
static int walk_splice(walk *w, const char *name, const char *after) {
  char target[WR__WASI_MAX_PATH];
  ssize_t size = readlinkat(w->fd, name, target, sizeof target);
  if (size < 0) return wr__host_errno();
  if (size == 0) return ENOENT;
  if (++w->links > MAX_LINKS) return ELOOP;
  if (target[0] == '/') {
    int error = walk_to_root(w);
    if (error != 0) return error;
  }
  size_t after_size = strlen(after);
  if ((size_t)size + 1 + after_size >= sizeof w->rest) return ENAMETOOLONG;
  memmove(w->rest + size + (after_size > 0), after, after_size + 1);
  memcpy(w->rest, target, (size_t)size);
  if (after_size > 0) w->rest[size] = '/';
  return walk_find_stream(w) ? EACCES : 0;
}

/* Steps into a component that must be a directory. after is the path behind it. */
static int walk_down(walk *w, const char *name, const char *after) {
  int fd = openat(w->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    int why = errno;
    if (why != ENOTDIR && why != ELOOP) return why;
    int error = walk_splice(w, name, after);
    return error == EINVAL ? ENOTDIR : error; /* INVAL: it is no link */
  }
  identity parent = w->here;
  int error = ENAMETOOLONG;
  if (w->depth < MAX_DEPTH)
    error = walk_move(w, fd);
  else
    close(fd);
  if (error != 0) return error;
  w->above[w->depth++] = parent;
  memmove(w->rest, after, strlen(after) + 1);
  return 0;
}

/* Devices on file systems that were not granted by name: opening one may already do harm. */
static bool walk_may_open(walk *w, const struct stat *st) {
  w->is_device =
      !w->whole_root && st->st_dev != w->granted_dev && !wr__filesystem_device_is_harmless(st);
  return !w->is_device;
}

static int walk_check_name(walk *w, const char *name, const wr__path_how *how) {
  struct stat st;
  if ((how->flags & O_PATH) || w->whole_root || w->here.dev == w->granted_dev) return 0;
  if (fstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return 0;
  return walk_may_open(w, &st) ? 0 : EACCES;
}

/* Whoever changes the tree may have put something else in its place. */
static int walk_check_opened(walk *w, int fd, const wr__path_how *how) {
  struct stat st;
  if (fstat(fd, &st) != 0 || (!(how->flags & O_PATH) && !walk_may_open(w, &st))) {
    close(fd);
    return EACCES;
  }
  return walk_check(w, fd, st.st_dev);
}

/* Opens the last component. 0 with *out -1: it was a link, and the walk goes on. */
static int walk_last(walk *w, const char *name, const wr__path_how *how, int *out) {
  *out = -1;
  int refused = walk_check_name(w, name, how);
  if (refused != 0) return refused;
  int fd = openat(w->fd, name, how->flags | O_NOFOLLOW | O_CLOEXEC, how->mode);
  int why = errno;
  bool is_link = fd < 0 && (why == ELOOP || why == ENOTDIR);
  if (fd >= 0 && (how->flags & O_PATH) && how->follow) {
    struct stat st;
    is_link = fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
    if (is_link) close(fd);
  }
  if (is_link && how->follow) {
    int error = walk_splice(w, name, "");
    return error == EINVAL ? why : error;
  }
  if (fd < 0) return why;
  refused = walk_check_opened(w, fd, how);
  if (refused == 0) *out = fd;
  return refused;
}

/* Takes one component. 0 with *out -1: there is more to walk. */
static int walk_step(walk *w, const wr__path_how *how, int *out) {
  char *start = w->rest + strspn(w->rest, "/");
  size_t size = strcspn(start, "/");
  char *after = start + size + strspn(start + size, "/");
  bool slash = start[size] == '/';
  char name[256];
  *out = -1;
  if (size >= sizeof name) return ENAMETOOLONG;
  memcpy(name, start, size);
  name[size] = 0;
  bool last = *after == 0;
  if (size == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    if (size == 2) {
      int error = walk_up(w);
      if (error != 0) return error;
    }
    memmove(w->rest, after, strlen(after) + 1);
    wr__path_how here = {.flags = how->flags, .mode = how->mode};
    return last ? walk_last(w, ".", &here, out) : 0;
  }
  if (!last) return walk_down(w, name, after);
  if (!slash) return walk_last(w, name, how, out);
  /* A trailing slash: a directory, also behind a link. POSIX 4.13, pathname resolution. */
  if (how->flags & O_CREAT) return EISDIR;
  return walk_down(w, name, "."); /* what is left is opened as "." in it */
}

static int open_by_walk_once(const wr_wasi_t *wasi, const wr__path_base *base, const char *path,
                             const wr__path_how *how, walk *w, int *out) {
  w->fd = base->fd;
  w->granted_dev = base->granted_dev;
  w->whole_root = wasi->whole_root;
  w->own = w->is_device = false;
  w->stream = WR__PATH_NO_STREAM;
  w->refused = w->depth = w->links = 0;
  if (strlen(path) >= sizeof w->rest) return ENAMETOOLONG;
  strcpy(w->rest, path);
  int error = walk_identify(w->fd, &w->here);
  while (error == 0 && *out < 0) error = walk_step(w, how, out);
  if (w->own) close(w->fd);
  return error;
}

static int open_by_walk(wr__op *op, const wr__path_base *base, const char *path,
                        const wr__path_how *how, wr__path_found *out) {
  walk *w = malloc(sizeof *w); /* too large for a frame */
  int error = EAGAIN;
  if (!w) return ENOMEM;
  for (int tries = 0; error == EAGAIN && tries < MAX_RETRIES; tries++)
    error = open_by_walk_once(op->wasi, base, path, how, w, &out->fd);
  out->stream = w->stream;
  if (w->is_device) wr__log_denied(op, "%s: a device", path);
  if (w->refused) wr__log_denied(op, "%s: file system of type 0x%x", path, (unsigned)w->refused);
  free(w);
  return error;
}

/* ---- what the functions use */

/* Beyond the granted file system, what is opened is looked at before: the walk does. */
static bool needs_walk(const wr_wasi_t *wasi, const wr__path_base *base, const wr__path_how *how) {
  if (wasi->walk_paths || !kernel_has_openat2()) return true;
  return !wasi->whole_root && !(how->flags & O_PATH) && base->dev != base->granted_dev;
}

int wr__path_open_beneath(wr__op *op, const wr__path_base *base, const char *path, wr__path_how how,
                          wr__path_found *out) {
  int error = ESCAPES;
  *out = (wr__path_found){-1, WR__PATH_NO_STREAM};
  if (path[0] == 0) return ENOENT;
  if (path[0] != '/') {
    bool walk_it = needs_walk(op->wasi, base, &how);
    if (!walk_it) {
      out->fd = open_by_kernel(base->fd, path, &how, op->wasi->whole_root);
      if (out->fd >= 0) return 0;
      error = wr__host_errno();
    }
    if (walk_it || error == EXDEV) error = open_by_walk(op, base, path, &how, out);
  }
  if (error == ESCAPES) wr__log_denied(op, "%s: outside of the directory", path);
  return error;
}

/* Where the last component begins, which may end in slashes. */
static char *last_component(char *path, size_t *size) {
  char *end = path + strlen(path);
  while (end > path && end[-1] == '/') end--;
  char *start = end;
  while (start > path && start[-1] != '/') start--;
  *size = (size_t)(end - start);
  return start;
}

int wr__path_parent_open(wr__op *op, const wr__path_base *base, char *path, wr__path_parent *out) {
  size_t size;
  char *name = last_component(path, &size);
  wr__path_how how = {.flags = O_PATH | O_DIRECTORY, .follow = true};
  *out = (wr__path_parent){.fd = base->fd, .name = name, .trailing_slash = name[size] == '/'};
  bool dots = (size == 1 && name[0] == '.') || (size == 2 && name[0] == '.' && name[1] == '.');
  if (path[0] != '/' && !dots && name == path) return 0;
  const char *directory = path;
  if (dots) {
    /* The operation meets the directory itself, and fails or not as on the host. */
    out->name = ".";
    out->trailing_slash = false;
  } else if (path[0] != '/') {
    name[-1] = 0;
  }
  wr__path_found found;
  int error = wr__path_open_beneath(op, base, directory, how, &found);
  out->fd = found.fd;
  out->own = error == 0;
  return error;
}

void wr__path_parent_close(wr__path_parent *parent) {
  if (parent->own) close(parent->fd);
  parent->own = false;
}
