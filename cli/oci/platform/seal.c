/* Descriptors that nobody can write to. A process in a container can open its own program through
 * /proc; a file of the host's would be replaced that way once it is not running. An overlay without
 * an upper layer has no way to write at all, and a sealed memfd refuses it. */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"

enum { ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

/* dup2, which keeps the descriptor over exec; ends `fd`. */
static bool place(int fd, int at) {
  if (fd < 0) return false;
  bool good = dup2(fd, at) == at;
  int code = errno;
  if (fd != at) close(fd);
  errno = code;
  return good && fcntl(at, F_SETFD, 0) == 0;
}

/* A memfd that was written, without a way to write to it: sealed, and opened anew. */
static int finish(int fd) {
  char name[64];
  int sealed = -1;
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  if (fcntl(fd, F_ADD_SEALS, ALL_SEALS) == 0) sealed = open(name, O_RDONLY | O_CLOEXEC);
  int code = errno;
  close(fd);
  errno = code;
  return sealed;
}

bool wr__oci_seal_bytes(const void *bytes, size_t size_bytes, int at) {
  int fd = memfd_create("wasmrun", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return false;
  for (size_t done = 0; done < size_bytes;) {
    ssize_t put = write(fd, (const char *)bytes + done, size_bytes - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) break;
    done += (size_t)put;
  }
  return place(finish(fd), at);
}

/* ---- The program ------------------------------------------------------------------------------
 */

static int copy_to_memory(const char *path) {
  struct stat status;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  int fd = file < 0 ? -1 : memfd_create("wasmrun", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  bool good = fd >= 0 && fstat(file, &status) == 0 && fchmod(fd, 0555) == 0;
  for (off_t left = good ? status.st_size : 0; left > 0;) {
    ssize_t put = sendfile(fd, file, NULL, (size_t)left);
    good = put > 0;
    if (!good) break;
    left -= put;
  }
  int code = errno;
  if (file >= 0) close(file);
  if (!good && fd >= 0) close(fd);
  errno = code;
  return good ? finish(fd) : -1;
}

static bool configure(int fs, unsigned command, const char *key, const char *value) {
  return syscall(SYS_fsconfig, fs, command, key, value, 0) == 0;
}

/* The file through an overlay of its folder over an empty one. */
static int open_through_overlay(const char *path, const char *empty) {
  char layers[8192];
  const char *slash = strrchr(path, '/');
  int length = slash && slash > path
                   ? snprintf(layers, sizeof layers, "%.*s:%s", (int)(slash - path), path, empty)
                   : -1;
  /* A colon or a backslash would divide the list in another way. */
  if (length < 0 || (size_t)length >= sizeof layers || strpbrk(empty, ":\\,") ||
      strcspn(path, ":\\,") < (size_t)(slash - path) || !wr__oci_make_folders(empty))
    return -1;
  int fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
  if (fs < 0) return -1;
  int fd = -1, mount = -1;
  if (configure(fs, FSCONFIG_SET_STRING, "lowerdir", layers) &&
      configure(fs, FSCONFIG_CMD_CREATE, NULL, NULL))
    mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
                         MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (mount >= 0) {
    fd = openat(mount, slash + 1, O_PATH | O_CLOEXEC);
    close(mount);
  }
  close(fs);
  return fd;
}

bool wr__oci_seal_program(const char *path, const char *empty, int at) {
  char *real = realpath(path, NULL);
  if (!real) return false;
  int fd = open_through_overlay(real, empty);
  if (fd < 0) fd = copy_to_memory(real);
  int code = errno;
  free(real);
  errno = code;
  return place(fd, at);
}
