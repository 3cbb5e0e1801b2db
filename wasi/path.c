/* Path resolution beneath a directory. Whatever the path says and whoever changes the tree
 * meanwhile, nothing outside is reached: the kernel resolves with openat2 (RESOLVE_BENEATH |
 * RESOLVE_NO_MAGICLINKS), or where it cannot, a walk by component that never lets the kernel
 * follow a symbolic link and checks every ".." against the directory that it came through.
 * Both give the same answers. Where all of "/" was granted, links and ".." lead anywhere in it. */
#include "wasi.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* As the kernel's own limit. */
#define MAX_LINKS 40
#define MAX_RETRIES 64
#define MAX_DEPTH (WR__WASI_MAX_PATH / 2)

/* What leads out of the directory. wasi-libc shows it to programs as ENOTCAPABLE. */
#define ESCAPES WASI_NOTCAPABLE

bool wr__path_is_kernel_interface(int fd) {
  static const uint32_t magics[] = {PROC_SUPER_MAGIC,   SYSFS_MAGIC,        DEBUGFS_MAGIC,
                                    TRACEFS_MAGIC,      SECURITYFS_MAGIC,   BPF_FS_MAGIC,
                                    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC};
  struct statfs fs;
  if (fstatfs(fd, &fs) != 0) return true;
  for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
    if ((uint32_t)fs.f_type == magics[i]) return true;
  return false;
}

/* ---- openat2 */

/* 0: not known yet; 1: it works; 2: the kernel, or a seccomp filter, does not have it. */
static _Atomic int openat2_state;

static int open_by_kernel(int dir_fd, const char *path, const wr__path_open *how, bool whole_root) {
  struct open_how what = {
      .flags = (uint64_t)(how->flags | O_CLOEXEC | (how->follow ? 0 : O_NOFOLLOW)),
      .mode = how->flags & O_CREAT ? how->mode : 0,
      .resolve = RESOLVE_NO_MAGICLINKS | (whole_root ? 0 : RESOLVE_BENEATH),
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
    wr__path_open how = {.flags = O_PATH | O_DIRECTORY};
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
  bool whole_root;
  bool own; /* fd is not the one that it started from */
  uint32_t depth;
  uint32_t links;
  identity above[MAX_DEPTH];    /* above[depth - 1] is the parent of fd */
  char rest[WR__WASI_MAX_PATH]; /* what is still to be walked */
} walk;

static void walk_move(walk *w, int fd) {
  if (w->own) close(w->fd);
  w->fd = fd;
  w->own = true;
}

static uint32_t walk_identify(int fd, identity *out) {
  struct stat st;
  if (fstat(fd, &st) != 0) return wr__wasi_errno_now();
  *out = (identity){st.st_dev, st.st_ino};
  return WASI_SUCCESS;
}

/* ".." may only lead to the directory through which we came: otherwise somebody moved us. */
static uint32_t walk_up(walk *w) {
  if (w->depth == 0 && !w->whole_root) return ESCAPES;
  int fd = openat(w->fd, "..", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return wr__wasi_errno_now();
  if (w->depth == 0) {
    walk_move(w, fd);
    return WASI_SUCCESS;
  }
  identity found = {0};
  uint32_t error = walk_identify(fd, &found);
  const identity *expected = &w->above[w->depth - 1];
  if (error == WASI_SUCCESS && (found.dev != expected->dev || found.ino != expected->ino))
    error = WASI_AGAIN;
  if (error != WASI_SUCCESS) {
    close(fd);
    return error;
  }
  w->depth--;
  walk_move(w, fd);
  return WASI_SUCCESS;
}

static uint32_t walk_to_root(walk *w) {
  if (!w->whole_root) return ESCAPES;
  int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return wr__wasi_errno_now();
  walk_move(w, fd);
  w->depth = 0;
  return WASI_SUCCESS;
}

/* Replaces the rest of the path by the link's target and that rest. */
static uint32_t walk_splice(walk *w, const char *name, const char *after) {
  char target[WR__WASI_MAX_PATH];
  ssize_t size = readlinkat(w->fd, name, target, sizeof target);
  if (size < 0) return wr__wasi_errno_now();
  if (size == 0) return WASI_NOENT;
  if (++w->links > MAX_LINKS) return WASI_LOOP;
  if (target[0] == '/') {
    uint32_t error = walk_to_root(w);
    if (error != WASI_SUCCESS) return error;
  }
  size_t after_size = strlen(after);
  if ((size_t)size + 1 + after_size >= sizeof w->rest) return WASI_NAMETOOLONG;
  memmove(w->rest + size + (after_size > 0), after, after_size + 1);
  memcpy(w->rest, target, (size_t)size);
  if (after_size > 0) w->rest[size] = '/';
  return WASI_SUCCESS;
}

/* Steps into a component that must be a directory. after is the path behind it. */
static uint32_t walk_down(walk *w, const char *name, const char *after) {
  int fd = openat(w->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    int why = errno;
    if (why != ENOTDIR && why != ELOOP) return wr__wasi_from_errno(why);
    uint32_t error = walk_splice(w, name, after);
    return error == WASI_INVAL ? WASI_NOTDIR : error; /* INVAL: it is no link */
  }
  uint32_t error =
      w->depth < MAX_DEPTH ? walk_identify(w->fd, &w->above[w->depth]) : (uint32_t)WASI_NAMETOOLONG;
  if (error != WASI_SUCCESS) {
    close(fd);
    return error;
  }
  w->depth++;
  walk_move(w, fd);
  memmove(w->rest, after, strlen(after) + 1);
  return WASI_SUCCESS;
}

/* Opens the last component. WASI_SUCCESS with *out -1: it was a link, and the walk goes on. */
static uint32_t walk_last(walk *w, const char *name, const wr__path_open *how, int *out) {
  *out = -1;
  int fd = openat(w->fd, name, how->flags | O_NOFOLLOW | O_CLOEXEC, how->mode);
  int why = errno;
  bool is_link = fd < 0 && (why == ELOOP || why == ENOTDIR);
  if (fd >= 0 && (how->flags & O_PATH) && how->follow) {
    struct stat st;
    is_link = fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
    if (is_link) close(fd);
  }
  if (is_link && how->follow) {
    uint32_t error = walk_splice(w, name, "");
    return error == WASI_INVAL ? wr__wasi_from_errno(why) : error;
  }
  if (fd < 0) return wr__wasi_from_errno(why);
  *out = fd;
  return WASI_SUCCESS;
}

/* Takes one component. WASI_SUCCESS with *out -1: there is more to walk. */
static uint32_t walk_step(walk *w, const wr__path_open *how, int *out) {
  char *start = w->rest + strspn(w->rest, "/");
  size_t size = strcspn(start, "/");
  char *after = start + size + strspn(start + size, "/");
  bool slash = start[size] == '/';
  char name[256];
  *out = -1;
  if (size >= sizeof name) return WASI_NAMETOOLONG;
  memcpy(name, start, size);
  name[size] = 0;
  bool last = *after == 0;
  if (size == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    if (size == 2) {
      uint32_t error = walk_up(w);
      if (error != WASI_SUCCESS) return error;
    }
    memmove(w->rest, after, strlen(after) + 1);
    wr__path_open here = {.flags = how->flags, .mode = how->mode};
    return last ? walk_last(w, ".", &here, out) : (uint32_t)WASI_SUCCESS;
  }
  if (!last) return walk_down(w, name, after);
  if (!slash) return walk_last(w, name, how, out);
  /* A trailing slash: a directory, also behind a link. POSIX 4.13, pathname resolution. */
  if (how->flags & O_CREAT) return WASI_ISDIR;
  return walk_down(w, name, "."); /* what is left is opened as "." in it */
}

static uint32_t open_by_walk_once(int dir_fd, const char *path, const wr__path_open *how,
                                  bool whole_root, int *out) {
  walk w;
  w.whole_root = whole_root;
  w.fd = dir_fd;
  w.own = false;
  w.depth = 0;
  w.links = 0;
  if (strlen(path) >= sizeof w.rest) return WASI_NAMETOOLONG;
  strcpy(w.rest, path);
  uint32_t error;
  do {
    error = walk_step(&w, how, out);
  } while (error == WASI_SUCCESS && *out < 0);
  if (w.own) close(w.fd);
  return error;
}

static uint32_t open_by_walk(int dir_fd, const char *path, const wr__path_open *how,
                             bool whole_root, int *out) {
  uint32_t error = WASI_AGAIN;
  for (int tries = 0; error == WASI_AGAIN && tries < MAX_RETRIES; tries++)
    error = open_by_walk_once(dir_fd, path, how, whole_root, out);
  return error;
}

/* ---- what the functions use */

uint32_t wr__path_open_beneath(const wr_wasi_t *wasi, int dir_fd, const char *path,
                               wr__path_open how, int *out) {
  int fd = -1;
  if (path[0] == '/') return ESCAPES;
  if (path[0] == 0) return WASI_NOENT;
  if (wasi->walk_paths || !kernel_has_openat2()) {
    uint32_t error = open_by_walk(dir_fd, path, &how, wasi->whole_root, &fd);
    if (error != WASI_SUCCESS) return error;
  } else {
    fd = open_by_kernel(dir_fd, path, &how, wasi->whole_root);
    if (fd < 0) return errno == EXDEV ? ESCAPES : wr__wasi_errno_now();
  }
  if (wr__path_is_kernel_interface(fd)) {
    close(fd);
    return WASI_ACCES;
  }
  *out = fd;
  return WASI_SUCCESS;
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

uint32_t wr__path_parent_open(const wr_wasi_t *wasi, int dir_fd, char *path, wr__path_parent *out) {
  if (path[0] == '/') return ESCAPES;
  size_t size;
  char *name = last_component(path, &size);
  wr__path_open how = {.flags = O_PATH | O_DIRECTORY, .follow = true};
  *out = (wr__path_parent){.fd = dir_fd, .name = name, .trailing_slash = name[size] == '/'};
  bool dots = (size == 1 && name[0] == '.') || (size == 2 && name[0] == '.' && name[1] == '.');
  if (!dots && name == path) return WASI_SUCCESS;
  const char *directory = path;
  if (dots) {
    /* The operation meets the directory itself, and fails or not as on the host. */
    out->name = ".";
    out->trailing_slash = false;
  } else {
    name[-1] = 0;
  }
  uint32_t error = wr__path_open_beneath(wasi, dir_fd, directory, how, &out->fd);
  out->own = error == WASI_SUCCESS;
  return error;
}

void wr__path_parent_close(wr__path_parent *parent) {
  if (parent->own) close(parent->fd);
  parent->own = false;
}
