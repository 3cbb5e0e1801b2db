/* Files on Linux. What a client names is opened beneath its folder by the kernel (openat2). */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int wr__os_folder_open(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

/* Names with a leading dot are not for everybody: .git, .env. */
static bool has_hidden(const char *path) {
  for (const char *at = path; *at;) {
    if (*at == '.') return true;
    at += strcspn(at, "/");
    at += *at == '/';
  }
  return false;
}

/* Where openat2 is not allowed or not known (an old kernel, a filter of system calls): by
 * component, following no link at all. */
static int walk(int folder, const char *path) {
  char name[256];
  int at = folder;
  for (;;) {
    size_t size = strcspn(path, "/");
    bool last = path[size] == '\0';
    int next = -1;
    if (size > 0 && size < sizeof name) {
      memcpy(name, path, size);
      name[size] = '\0';
      next = openat(at, name,
                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (last ? 0 : O_DIRECTORY));
    }
    if (at != folder) close(at);
    if (next < 0 || last) return next;
    at = next;
    path += size + 1;
  }
}

int wr__os_file_open_beneath(int folder, const char *path, wr__file_info *info) {
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  struct stat st;
  if (has_hidden(path)) return -1;
  int file = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
  if (file < 0 && (errno == ENOSYS || errno == EPERM)) file = walk(folder, path);
  if (file < 0) return -1;
  if (fstat(file, &st) != 0 || !S_ISREG(st.st_mode)) {
    close(file);
    return -1;
  }
  *info = (wr__file_info){(uint64_t)st.st_size,
                          (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec};
  return file;
}

int64_t wr__os_file_read(int file, void *data, size_t size) {
  ssize_t got;
  do got = read(file, data, size);
  while (got < 0 && errno == EINTR);
  return got;
}

bool wr__os_file_write(int file, const void *data, size_t size) {
  const char *at = data;
  while (size > 0) {
    ssize_t done = write(file, at, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done;
    size -= (size_t)done;
  }
  return true;
}

bool wr__os_file_writable(int file, int patience_ms) {
  struct pollfd p = {.fd = file, .events = POLLOUT};
  return poll(&p, 1, patience_ms) > 0;
}

void wr__os_file_seek(int file, uint64_t offset) { lseek(file, (off_t)offset, SEEK_SET); }

int wr__os_file_open_log(const char *path) {
  return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
}

void wr__os_file_close(int file) {
  if (file >= 0) close(file);
}
