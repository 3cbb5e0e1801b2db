/* Local sockets that rules name by path. Such a rule is for the file that was there when the rule
 * was made. A guest that may write to a directory on the way could put a link, or another socket,
 * in its place. So the directory is opened with the rule, no link is followed in it afterwards, and
 * where the guest could replace the socket, only the same file is connected to. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

struct wr__local {
  char *path;       /* own: without links, as it was when the rule was made */
  const char *name; /* its last component, in path */
  int parent_fd;    /* own, O_PATH: the directory */
  int file_fd;      /* own, O_PATH: what was there, which keeps its identity; -1: nothing */
  struct stat file;
};

void wr__local_delete(wr__local *local) {
  if (!local) return;
  if (local->parent_fd >= 0) close(local->parent_fd);
  if (local->file_fd >= 0) close(local->file_fd);
  free(local->path);
  free(local);
}

/* ---- making */

/* The directory of a path, resolved, and the last component behind it. NULL with errno. */
static char *resolve_parent(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  if (name[0] == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    errno = EINVAL;
    return NULL;
  }
  char *head = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
  char *parent = head ? realpath(head, NULL) : NULL;
  free(head);
  if (!parent) return NULL;
  size_t size = strlen(parent) + strlen(name) + 2;
  char *whole = malloc(size);
  if (whole) snprintf(whole, size, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name);
  free(parent);
  return whole;
}

static bool open_parent(wr__local *local) {
  char *slash = strrchr(local->path, '/');
  local->name = slash + 1;
  *slash = 0;
  local->parent_fd =
      open(slash == local->path ? "/" : local->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  *slash = '/';
  return local->parent_fd >= 0;
}

wr_status wr__local_new(const char *path, wr__local **out, wr_error *error) {
  wr__local *local = calloc(1, sizeof *local);
  if (!local) return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  local->parent_fd = local->file_fd = -1;
  local->path = realpath(path, NULL);
  if (!local->path && errno == ENOENT) local->path = resolve_parent(path);
  if (!local->path || !open_parent(local)) {
    wr_status status = wr__wasi_fail_errno(error, path);
    wr__local_delete(local);
    return status;
  }
  local->file_fd = openat(local->parent_fd, local->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (local->file_fd >= 0) fstat(local->file_fd, &local->file);
  if (local->name[0] == 0 || (local->file_fd >= 0 && S_ISDIR(local->file.st_mode))) {
    wr__local_delete(local);
    return wr__wasi_fail(error, WR_BAD_ARGUMENT, "%s: a directory, not a socket", path);
  }
  *out = local;
  return WR_OK;
}

/* ---- using */

/* The descriptor itself as a path, where the process has a procfs. */
static bool has_procfs(void) {
  struct statfs fs;
  return statfs("/proc/self/fd", &fs) == 0 && (uint32_t)fs.f_type == PROC_SUPER_MAGIC;
}

static bool set_path(wr__local_address *out, const char *path) {
  struct sockaddr_un *local = &out->address.of.local;
  size_t size = strlen(path);
  out->held_fd = -1;
  if (size >= sizeof local->sun_path) return false;
  out->address =
      (wr__address){.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + 1)};
  local->sun_family = AF_UNIX;
  memcpy(local->sun_path, path, size + 1);
  return true;
}

static int deny(wr__op *op, const wr__local *local, const char *why) {
  wr__log_denied(op, "unix:%s: %s", local->path, why);
  return EACCES;
}

/* By its path, which nobody can bend whom we guard against: it has no links, and no directory on
 * the way is the guest's to change. */
static int by_path(const wr__local *local, wr__local_address *out) {
  return set_path(out, local->path) ? 0 : ENAMETOOLONG;
}

/* Opens what the name is now, if a rule for this file may mean it. */
static int open_file(wr__op *op, const wr__local *local, bool guarded, int *out) {
  struct stat now;
  int fd = openat(local->parent_fd, local->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &now) != 0) return wr__host_errno();
  bool same =
      local->file_fd < 0 || (now.st_dev == local->file.st_dev && now.st_ino == local->file.st_ino);
  const char *why = NULL;
  if (S_ISLNK(now.st_mode))
    why = "it is a symbolic link now";
  else if (guarded && !same)
    why = "it is not the file that was there when the rule was made";
  *out = fd;
  if (!why) return 0;
  close(fd);
  return deny(op, local, why);
}

int wr__local_to_connect(wr__op *op, const wr__local *local, wr__local_address *out) {
  char path[48];
  int fd = -1;
  bool guarded = wr__wasi_may_change_directory(op->wasi, local->parent_fd);
  int error = open_file(op, local, guarded, &fd);
  if (error != 0) return error;
  if (has_procfs()) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    set_path(out, path);
    out->held_fd = fd;
    return 0;
  }
  close(fd);
  return guarded ? deny(op, local, "it cannot be reached safely without /proc")
                 : by_path(local, out);
}

/* The host never follows a link that is the last component of what it binds. */
int wr__local_to_bind(wr__op *op, const wr__local *local, wr__local_address *out) {
  char path[sizeof out->address.of.local.sun_path + 1];
  if (!wr__wasi_may_change_directory(op->wasi, local->parent_fd)) return by_path(local, out);
  if (!has_procfs()) return deny(op, local, "it cannot be made safely without /proc");
  int size = snprintf(path, sizeof path, "/proc/self/fd/%d/%s", local->parent_fd, local->name);
  return size < (int)sizeof path && set_path(out, path) ? 0 : ENAMETOOLONG;
}

void wr__local_address_close(wr__local_address *address) {
  if (address->held_fd >= 0) close(address->held_fd);
}

bool wr__local_is_bound_at(const wr__local *local, const wr__address *address) {
  char path[sizeof address->of.local.sun_path + 1];
  int size = snprintf(path, sizeof path, "/proc/self/fd/%d/%s", local->parent_fd, local->name);
  return size < (int)sizeof path && strcmp(path, address->of.local.sun_path) == 0;
}
