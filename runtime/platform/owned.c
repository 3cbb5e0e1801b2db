/* Files and folders by who can change them: what may be mapped, what may be believed, and writing
 * so that nobody sees half a file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "platform/file.h"
#include "platform/memory.h"

#define DAY_NS (86400ull * 1000000000)
enum { OTHERS_WRITE = S_IWGRP | S_IWOTH, SMALL_FILE_BYTES = 1 << 20, SETTLED_NS = 100000000 };

static wr_status fail_errno(wr_error *error, const char *path, int code) {
  char reason[128];
  return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: %s", path,
                  strerror_r(code, reason, sizeof reason));
}

/* ---- Identity */

static uint64_t nanoseconds(struct timespec time) {
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

bool wr__file_identify(int fd, wr__file_id *out) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  *out = (wr__file_id){.device = status.st_dev,
                       .inode = status.st_ino,
                       .size = (uint64_t)status.st_size,
                       .changed_ns = nanoseconds(status.st_ctim)};
  return true;
}

/* File systems stamp changes by a clock that moves in steps of up to 10 ms. */
bool wr__file_is_settled(const wr__file_id *id) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now) > id->changed_ns + SETTLED_NS;
}

/* ---- Who can change it */

static bool is_ours(uid_t owner) { return owner == 0 || owner == geteuid(); }

/* A file system whose server may change a file without a new change time. */
static bool is_remote(int fd) {
  static const unsigned long kinds[] = {0x65735546 /* FUSE, virtiofs */,
                                        0x6969 /* NFS */,
                                        0x517b /* SMB */,
                                        0xff534d42 /* CIFS */,
                                        0xfe534d42 /* SMB 2 */,
                                        0x01021997 /* 9p */,
                                        0x00c36400 /* Ceph */,
                                        0x5346414f /* AFS */};
  struct statfs status;
  if (fstatfs(fd, &status) != 0) return true;
  for (size_t i = 0; i < WR_ARRAY_COUNT(kinds); i++)
    if ((unsigned long)status.f_type == kinds[i]) return true;
  return false;
}

/* Of the folders on the way: others may write one only if it keeps them from what is not theirs. */
static bool is_path_guarded(char *path) {
  struct stat status;
  for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
    slash[slash == path] = 0;
    if (lstat(path, &status) != 0 || !is_ours(status.st_uid)) return false;
    if (status.st_mode & OTHERS_WRITE && !(status.st_mode & S_ISVTX)) return false;
    if (slash == path) return true;
  }
  return false;
}

bool wr__file_is_guarded(int fd) {
  struct stat status;
  char link[40], path[4096];
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (!is_ours(status.st_uid) || status.st_mode & OTHERS_WRITE || is_remote(fd)) return false;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path);
  if (length <= 0 || (size_t)length >= sizeof path || path[0] != '/') return false;
  path[length] = 0;
  return is_path_guarded(path);
}

const uint8_t *wr__file_map(int fd, size_t size) {
  void *pages = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  return pages == MAP_FAILED ? NULL : pages;
}

bool wr__file_tail(int fd, uint64_t size, uint8_t *out, size_t count) {
  return size >= count && pread(fd, out, count, (off_t)(size - count)) == (ssize_t)count;
}

/* ---- Small files */

static wr_status check_closure(const char *path, const struct stat *status,
                               wr__file_closure closure, wr_error *error) {
  unsigned mode = status->st_mode & 07777;
  if (!S_ISREG(status->st_mode) && !S_ISCHR(status->st_mode))
    return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: not a file", path);
  if (closure == WR__FILE_SECRET && status->st_uid != geteuid())
    return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: refused: it belongs to another user", path);
  if (closure == WR__FILE_OWN && !is_ours(status->st_uid))
    return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: refused: it belongs to another user", path);
  if (closure == WR__FILE_SECRET && mode & 077)
    return wr__fail(error, WR_IO, WR_NO_OFFSET,
                    "%s: refused: others can read or write it (mode %04o); chmod 600 it", path,
                    mode);
  if (S_ISREG(status->st_mode) && mode & OTHERS_WRITE)
    return wr__fail(error, WR_IO, WR_NO_OFFSET,
                    "%s: refused: others can write it (mode %04o); chmod go-w it", path, mode);
  return WR_OK;
}

static wr_status read_small(int fd, const char *path, off_t expected, char **out, size_t *size,
                            wr_error *error) {
  size_t room =
      expected > 0 && expected < SMALL_FILE_BYTES ? (size_t)expected + 1 : SMALL_FILE_BYTES;
  char *text = malloc(room + 1);
  size_t used = 0;
  ssize_t got = 1;
  if (!text) return wr__fail_oom(error);
  while (got > 0 && used < room) {
    got = read(fd, text + used, room - used);
    if (got < 0 && errno == EINTR)
      got = 1;
    else if (got > 0)
      used += (size_t)got;
  }
  if (got) {
    int code = got < 0 ? errno : EFBIG;
    free(text);
    return fail_errno(error, path, code);
  }
  text[used] = 0;
  *out = text;
  *size = used;
  return WR_OK;
}

static wr_status fail_open(const char *path, int code, wr_error *error) {
  (void)fail_errno(error, path, code);
  return code == ENOENT ? WR_NOT_FOUND : WR_IO;
}

/* Takes over fd, from open(path) or openat. */
static wr_status read_closed(int fd, const char *path, wr__file_closure closure, char **out,
                             size_t *size, wr_error *error) {
  struct stat status;
  wr_status result = fstat(fd, &status) == 0 ? check_closure(path, &status, closure, error)
                                             : fail_errno(error, path, errno);
  if (result == WR_OK) result = read_small(fd, path, status.st_size, out, size, error);
  close(fd);
  return result;
}

wr_status wr__file_read_closed(const char *path, wr__file_closure closure, char **out, size_t *size,
                               wr_error *error) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  return fd < 0 ? fail_open(path, errno, error) : read_closed(fd, path, closure, out, size, error);
}

static bool is_private(const struct stat *status) {
  return S_ISDIR(status->st_mode) && status->st_uid == geteuid() && !(status->st_mode & 077);
}

static wr_status fail_open_folder(const char *path, const struct stat *status, wr_error *error) {
  const char *remedy = S_ISLNK(status->st_mode)
                           ? "it is a link; put the folder itself there"
                           : "it must be this user's folder and closed to others; chmod 700 it";
  return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: refused: %s", path, remedy);
}

/* *out: the folder itself, for openat. */
static wr_status open_private(const char *folder, int *out, wr_error *error) {
  struct stat status;
  int fd = open(folder, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return fail_open(folder, errno, error);
  wr_status result = fstat(fd, &status) != 0 ? fail_errno(error, folder, errno)
                     : !is_private(&status)  ? fail_open_folder(folder, &status, error)
                                             : WR_OK;
  if (result == WR_OK)
    *out = fd;
  else
    close(fd);
  return result;
}

wr_status wr__file_read_private(const char *folder, const char *name, wr__file_closure closure,
                                char **out, size_t *size, wr_error *error) {
  char path[4096];
  int opened;
  int length = snprintf(path, sizeof path, "%s/%s", folder, name);
  if (length < 0 || (size_t)length >= sizeof path) return fail_errno(error, folder, ENAMETOOLONG);
  WR_TRY(open_private(folder, &opened, error));
  int fd = openat(opened, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  int code = errno;
  close(opened);
  if (fd >= 0) return read_closed(fd, path, closure, out, size, error);
  if (code != ELOOP) return fail_open(path, code, error);
  return wr__fail(error, WR_IO, WR_NO_OFFSET,
                  "%s: refused: it is a link; put the file itself there", path);
}

/* ---- Writing */

/* What is written aside is FILE.PROCESS-NUMBER.tmp. */
#define ASIDE ".tmp"

static bool write_spans(int fd, const wr__span *spans, size_t count) {
  for (size_t i = 0; i < count; i++) {
    for (size_t at = 0; at < spans[i].size;) {
      ssize_t done = write(fd, spans[i].data + at, spans[i].size - at);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return false;
      at += (size_t)done;
    }
  }
  return true;
}

/* A file without a name in the folder of path, where the file system has such; -1 else. */
static int open_nameless(const char *path, unsigned mode) {
  char folder[4096];
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) + (slash == path) : 1;
  if (length >= sizeof folder) return -1;
  memcpy(folder, slash ? path : ".", length);
  folder[length] = 0;
  return open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
}

/* The name is given last, so that a process that is killed while it writes leaves nothing. */
static bool name_file(int fd, const char *aside) {
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, link, AT_FDCWD, aside, AT_SYMLINK_FOLLOW) == 0;
}

/* A terminal, a pipe or a device is written to, not replaced. */
static wr_status write_device(const char *path, const wr__span *spans, size_t count,
                              wr_error *error) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  bool done = fd >= 0 && write_spans(fd, spans, count);
  int code = errno;
  if (fd >= 0) close(fd);
  return done ? WR_OK : fail_errno(error, path, code);
}

wr_status wr__file_replace(const char *path, const wr__span *spans, size_t count, unsigned mode,
                           wr_error *error) {
  char aside[4096];
  struct stat status;
  if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
    return write_device(path, spans, count, error);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int length = snprintf(aside, sizeof aside, "%s.%x-%lx" ASIDE, path, (unsigned)getpid(),
                        (unsigned long)now.tv_nsec);
  if (length < 0 || (size_t)length >= sizeof aside) return fail_errno(error, path, ENAMETOOLONG);
  int fd = open_nameless(path, mode);
  bool nameless = fd >= 0;
  if (!nameless) fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return fail_errno(error, path, errno);
  bool done = write_spans(fd, spans, count) && (!nameless || name_file(fd, aside));
  int code = errno;
  if (close(fd) != 0 && done) {
    done = false;
    code = errno;
  }
  if (done && rename(aside, path) == 0) return WR_OK;
  if (done) code = errno;
  if (done || !nameless) unlink(aside);
  return fail_errno(error, path, code);
}

bool wr__file_append(const char *path, const wr__span *spans, size_t count, bool afresh,
                     bool executable) {
  struct stat status;
  if (afresh) unlink(path);
  int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (afresh ? O_EXCL : 0);
  int fd = open(path, flags, 0600);
  if (fd < 0) return false;
  bool done = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
              write_spans(fd, spans, count);
  if (done && executable && afresh)
    (void)mmap(NULL, wr__page_size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
  close(fd);
  return done;
}

void wr__file_touch(const char *path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return;
  (void)futimens(fd, NULL);
  close(fd);
}

void wr__file_remove(const char *path) { unlink(path); }

bool wr__file_exists(const char *path) { return access(path, F_OK) == 0; }

/* ---- The user's folders */

bool wr__user_path(wr__user_folder folder, const char *name, char *path, size_t size) {
  const char *base =
      secure_getenv(folder == WR__USER_CONFIG ? "XDG_CONFIG_HOME" : "XDG_CACHE_HOME");
  const char *below = "";
  if (!base || base[0] != '/') {
    base = secure_getenv("HOME");
    below = folder == WR__USER_CONFIG ? "/.config" : "/.cache";
  }
  if (!base || base[0] != '/') return false;
  int length = snprintf(path, size, "%s%s/wasmrun%s%s", base, below, name[0] ? "/" : "", name);
  return length > 0 && (size_t)length < size;
}

bool wr__folder_is_private(const char *path, bool *there) {
  struct stat status;
  *there = lstat(path, &status) == 0;
  return *there && is_private(&status);
}

wr_status wr__folder_make_private(const char *path, wr_error *error) {
  char part[4096];
  struct stat status;
  bool there = lstat(path, &status) == 0;
  if (there) return is_private(&status) ? WR_OK : fail_open_folder(path, &status, error);
  if (strlen(path) >= sizeof part) return fail_errno(error, path, ENAMETOOLONG);
  for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
    size_t length = slash ? (size_t)(slash - path) : strlen(path);
    memcpy(part, path, length);
    part[length] = 0;
    if (mkdir(part, 0700) != 0 && errno != EEXIST) return fail_errno(error, part, errno);
    if (!slash)
      return wr__folder_is_private(path, &there) ? WR_OK : fail_errno(error, path, EACCES);
  }
}

int wr__folder_lock(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  while (flock(fd, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    close(fd);
    return -1;
  }
  return fd;
}

void wr__folder_unlock(int lock) {
  if (lock >= 0) close(lock);
}

wr_status wr__folder_list(const char *path, wr__folder_entry **out, size_t *count,
                          wr_error *error) {
  DIR *dir = opendir(path);
  if (!dir) return fail_errno(error, path, errno);
  wr__folder_entry *entries = NULL;
  size_t capacity = 0, used = 0;
  const struct dirent *found;
  bool enough = true;
  while (enough && (found = readdir(dir)) != NULL) {
    struct stat status;
    if (strlen(found->d_name) >= sizeof entries->name ||
        fstatat(dirfd(dir), found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode))
      continue;
    enough = wr__grow(&entries, &capacity, used + 1, sizeof *entries);
    if (!enough) break;
    entries[used] = (wr__folder_entry){.size_bytes = (uint64_t)status.st_size,
                                       .made_ns = nanoseconds(status.st_mtim),
                                       .used_ns = nanoseconds(status.st_mtim)};
    strcpy(entries[used++].name, found->d_name);
  }
  closedir(dir);
  if (!enough) {
    free(entries);
    return wr__fail_oom(error);
  }
  *out = entries;
  *count = used;
  return WR_OK;
}

/* ---- What killed processes left */

/* Of another machine's process, or one outside this container, nothing can be told but the age; to
 * take the file of one that is running costs it no more than that its file is not kept. */
static bool is_leftover(const wr__folder_entry *entry) {
  const char *end = strrchr(entry->name, '.'), *dash = strrchr(entry->name, '-');
  if (!end || strcmp(end, ASIDE) != 0 || !dash) return false;
  const char *dot = dash;
  while (dot > entry->name && *dot != '.') dot--;
  char *after;
  unsigned long process = strtoul(dot + 1, &after, 16);
  if (*dot != '.' || after != dash || process == 0 || process > INT_MAX) return false;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  bool is_old = nanoseconds(now) > entry->made_ns + DAY_NS;
  return is_old || (kill((pid_t)process, 0) != 0 && errno == ESRCH);
}

void wr__folder_sweep(const char *path) {
  wr__folder_entry *entries;
  size_t count;
  if (wr__folder_list(path, &entries, &count, NULL) != WR_OK) return;
  for (size_t i = 0; i < count; i++) {
    char file[4096];
    int length = snprintf(file, sizeof file, "%s/%s", path, entries[i].name);
    if (length > 0 && (size_t)length < sizeof file && is_leftover(&entries[i])) unlink(file);
  }
  free(entries);
}
