/* Files and folders of the host, as the OCI runtime uses them. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRUSTED_LIMIT_BYTES = 1 << 20 };

/* ---- Whole files ----------------------------------------------------------------------------- */

static bool read_all(int fd, size_t limit_bytes, char **out, size_t *size_bytes) {
  size_t capacity = 8192, used = 0;
  char *buffer = malloc(capacity);
  while (buffer) {
    ssize_t got = read(fd, buffer + used, capacity - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    used += (size_t)got;
    if (got == 0) {
      buffer[used] = '\0'; /* there was room to read into */
      *out = buffer;
      *size_bytes = used;
      return true;
    }
    if (used < capacity) continue;
    errno = EFBIG;
    if (used > limit_bytes) break;
    capacity *= 2;
    char *larger = realloc(buffer, capacity);
    if (!larger) break;
    buffer = larger;
  }
  int code = errno;
  free(buffer);
  errno = code;
  return false;
}

bool wr__oci_read_file(const char *path, size_t limit_bytes, char **out, size_t *size_bytes) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool good = read_all(fd, limit_bytes, out, size_bytes);
  int code = errno;
  close(fd);
  errno = code;
  return good;
}

bool wr__oci_is_file(const char *path) {
  struct stat status;
  return stat(path, &status) == 0;
}

wr__oci_trust wr__oci_read_trusted(const char *path, char **out, size_t *size_bytes) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return errno == ELOOP ? WR__OCI_LINK : WR__OCI_UNREADABLE;
  wr__oci_trust trust = WR__OCI_UNTRUSTED;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
      (status.st_uid == 0 || status.st_uid == geteuid()) &&
      (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
    trust = read_all(fd, TRUSTED_LIMIT_BYTES, out, size_bytes) ? WR__OCI_READ : WR__OCI_UNREADABLE;
  int code = errno;
  close(fd);
  errno = code;
  return trust;
}

static bool write_all(int fd, const char *text, size_t size_bytes) {
  while (size_bytes > 0) {
    ssize_t put = write(fd, text, size_bytes);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text += put;
    size_bytes -= (size_t)put;
  }
  return true;
}

bool wr__oci_write_file(const char *path, const char *text, size_t size_bytes) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool good = write_all(fd, text, size_bytes);
  int code = errno;
  if (close(fd) != 0 && good) {
    code = errno;
    good = false;
  }
  errno = code;
  return good;
}

/* The file that takes the place of the one at path, with the same owner and mode. */
static bool write_beside(const char *path, const char *beside, const char *text,
                         size_t size_bytes) {
  struct stat status;
  bool is_new = stat(path, &status) != 0;
  unlink(beside);
  int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool good = write_all(fd, text, size_bytes) &&
              (is_new || fchown(fd, status.st_uid, status.st_gid) == 0) &&
              fchmod(fd, is_new ? 0644 : status.st_mode & 07777) == 0 && fsync(fd) == 0;
  int code = errno;
  if (close(fd) != 0) good = false;
  if (good && rename(beside, path) == 0) return true;
  if (good) code = errno;
  unlink(beside);
  errno = code;
  return false;
}

static bool make_open_folders(const char *path) {
  char *copy = strdup(path);
  bool good = copy != NULL;
  for (char *at = copy ? strchr(copy + 1, '/') : NULL; good && at; at = strchr(at + 1, '/')) {
    *at = '\0';
    good = mkdir(copy, 0755) == 0 || errno == EEXIST;
    *at = '/';
  }
  free(copy);
  return good;
}

bool wr__oci_replace_file(const char *path, const char *text, size_t size_bytes) {
  char beside[PATH_MAX];
  char *real = realpath(path, NULL);
  const char *target = real ? real : path;
  int length = snprintf(beside, sizeof beside, "%s.%d.tmp", target, (int)getpid());
  errno = ENAMETOOLONG;
  bool good = length > 0 && (size_t)length < sizeof beside && make_open_folders(target) &&
              write_beside(target, beside, text, size_bytes);
  int code = errno;
  free(real);
  errno = code;
  return good;
}

bool wr__oci_remove_file(const char *path) { return unlink(path) == 0; }

char *wr__oci_real_path(const char *path) { return realpath(path, NULL); }

char *wr__oci_current_folder(void) { return getcwd(NULL, 0); }

/* ---- Folders ----------------------------------------------------------------------------------
 */

static bool is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool wr__oci_make_folders(const char *path) {
  char *copy = strdup(path);
  bool good = copy != NULL;
  for (char *at = copy; good && at; at = strchr(at + 1, '/')) {
    if (at == copy) continue;
    *at = '\0';
    good = mkdir(copy, 0700) == 0 || (errno == EEXIST && is_folder(copy));
    *at = '/';
  }
  free(copy);
  return good && (mkdir(path, 0700) == 0 || (errno == EEXIST && is_folder(path)));
}

/* The folder is still the one at this path: another process may have removed it in between. */
static bool is_at(int fd, const char *path) {
  struct stat mine, there;
  return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
         mine.st_dev == there.st_dev;
}

static bool make_folders_above(const char *path) {
  char *above = strdup(path);
  char *slash = above ? strrchr(above, '/') : NULL;
  if (slash) *slash = '\0';
  bool good = slash && wr__oci_make_folders(above);
  free(above);
  return good;
}

int wr__oci_make_locked_folder(const char *path, bool *existed) {
  for (int tries = 0; tries < 100; tries++) {
    if (!make_folders_above(path)) {
      if (errno == ENOENT) continue; /* another process removes what is empty */
      return -1;
    }
    *existed = mkdir(path, 0700) != 0;
    if (*existed && errno == ENOENT) continue;
    if (*existed && errno != EEXIST) return -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) continue;
    if (fd < 0) return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      int code = errno;
      close(fd);
      errno = code;
      return -1;
    }
    if (is_at(fd, path)) return fd;
    close(fd);
  }
  return -1;
}

void wr__oci_remove_tree(const char *path) {
  DIR *dir = opendir(path);
  const struct dirent *entry;
  while (dir && (entry = readdir(dir)) != NULL) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      unlinkat(dirfd(dir), entry->d_name, 0);
  }
  if (dir) closedir(dir);
  rmdir(path);
}

void wr__oci_remove_empty(const char *path, const char *top) {
  char *copy = strdup(path);
  size_t size = strlen(top);
  while (copy && strlen(copy) > size && rmdir(copy) == 0) *strrchr(copy, '/') = '\0';
  free(copy);
}

/* ---- Open files ---------------------------------------------------------------------------------
 */

size_t wr__oci_read_head(int fd, char *out, size_t size_bytes) {
  ssize_t got = pread(fd, out, size_bytes, 0);
  return got < 0 ? 0 : (size_t)got;
}

const void *wr__oci_map(int fd, size_t *size_bytes) {
  struct stat status;
  if (fstat(fd, &status) != 0 || status.st_size <= 0) return NULL;
  *size_bytes = (size_t)status.st_size;
  void *bytes = mmap(NULL, *size_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  return bytes == MAP_FAILED ? NULL : bytes;
}

void wr__oci_close(int fd) { close(fd); }

uint64_t wr__oci_random(void) {
  uint64_t number = 0;
  while (getrandom(&number, sizeof number, 0) != sizeof number) continue;
  return number | 1;
}
