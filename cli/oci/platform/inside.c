/* Files inside a container's root, resolved by the kernel as if the root were "/". The image
 * decides what is there: anything but a regular file is not opened, only looked at. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int resolve(const char *root, const char *path) {
  if (path[0] == '\0') return open(root, O_PATH | O_CLOEXEC);
  int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -1;
  struct open_how how = {
      .flags = O_PATH | O_CLOEXEC,
      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
  };
  long fd;
  int tries = 0;
  do { /* EAGAIN: something was renamed meanwhile */
    fd = syscall(SYS_openat2, folder, path, &how, sizeof how);
  } while (fd < 0 && errno == EAGAIN && tries++ < 64);
  int code = errno;
  close(folder);
  errno = code;
  return (int)fd;
}

int wr__oci_open_inside(const char *root, const char *path) {
  struct stat status;
  char name[64];
  int place = resolve(root, path), fd = -1;
  if (place < 0) return -1;
  if (fstat(place, &status) == 0 && S_ISREG(status.st_mode)) {
    snprintf(name, sizeof name, "/proc/self/fd/%d", place);
    fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } else {
    errno = ENOENT;
  }
  int code = errno;
  close(place);
  errno = code;
  return fd;
}
