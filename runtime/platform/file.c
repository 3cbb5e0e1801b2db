/* Reading a file whole.
 *
 * Modules are read, not mapped (but for signed ones that only their owner can change, owned.c): a
 * mapped file that another process cuts short faults on the missing pages, and one that it rewrites
 * changes under a module that was already validated. Translation reads the bytes for as long as the
 * module lives, so no check at the start would do. Large files go into pages of their own, which
 * are given back whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/file.h"
#include "platform/memory.h"

enum {
  SMALL_FILE_BYTES = 64 << 10,
  STREAM_START_BYTES = 64 << 10,
  LARGE_FILE_BYTES = 4 << 20, /* from here on large pages save most of the page faults */
};
/* Spec: the JavaScript interface's limit on the size of a module. */
#define MAX_FILE_BYTES ((size_t)1 << 30)

typedef struct buffer {
  uint8_t *data;
  size_t size, capacity;
  bool mapped;
} buffer;

static bool allocate_buffer(buffer *b, size_t capacity) {
  b->mapped = capacity > SMALL_FILE_BYTES;
  b->capacity = capacity;
  if (!b->mapped) return (b->data = malloc(capacity ? capacity : 1)) != NULL;
  void *pages = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return false;
  if (capacity >= LARGE_FILE_BYTES) madvise(pages, capacity, MADV_HUGEPAGE);
  b->data = pages;
  return true;
}

static bool grow_buffer(buffer *b) {
  buffer larger = {0};
  if (!allocate_buffer(&larger, b->capacity * 2)) return false;
  memcpy(larger.data, b->data, b->size);
  larger.size = b->size;
  wr__file_free(b->data, b->capacity, b->mapped);
  *b = larger;
  return true;
}

static wr_status fail_errno(wr_error *error, const char *path, int code) {
  char reason[128];
  return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: %s", path,
                  strerror_r(code, reason, sizeof reason));
}

/* Reads to the end of the file. Where the size is known, one read is left that finds the end. */
static wr_status read_all(int fd, const char *path, buffer *b, wr_error *error) {
  for (;;) {
    if (b->size == b->capacity) {
      uint8_t probe;
      ssize_t more = read(fd, &probe, 1);
      if (more == 0) return WR_OK;
      if (more < 0 && errno == EINTR) continue;
      if (more < 0) return fail_errno(error, path, errno);
      if (b->size >= MAX_FILE_BYTES)
        return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: larger than a module may be (1 GiB)",
                        path);
      if (!grow_buffer(b)) return wr__fail_oom(error);
      b->data[b->size++] = probe;
    }
    ssize_t count = read(fd, b->data + b->size, b->capacity - b->size);
    if (count == 0) return WR_OK;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(error, path, errno);
    b->size += (size_t)count;
  }
}

static wr_status read_open_file(int fd, const char *path, buffer *b, wr_error *error) {
  struct stat status;
  if (fstat(fd, &status) != 0) return fail_errno(error, path, errno);
  if (S_ISDIR(status.st_mode)) return fail_errno(error, path, EISDIR);
  size_t capacity = STREAM_START_BYTES;
  if (S_ISREG(status.st_mode) && status.st_size > 0) {
    if ((uint64_t)status.st_size > MAX_FILE_BYTES)
      return wr__fail(error, WR_IO, WR_NO_OFFSET, "%s: larger than a module may be (1 GiB)", path);
    capacity = (size_t)status.st_size;
  }
  if (!allocate_buffer(b, capacity)) return wr__fail_oom(error);
  return read_all(fd, path, b, error);
}

/* The pages beyond the end are given back, since wr__file_free knows only the size. */
static void trim_buffer(buffer *b) {
  size_t page = wr__page_size();
  size_t used = (b->size + page - 1) & ~(page - 1);
  size_t held = (b->capacity + page - 1) & ~(page - 1);
  if (used < held) munmap(b->data + used, held - used);
}

int wr__file_open(const char *path, wr_error *error) {
  int fd;
  do fd = open(path, O_RDONLY | O_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) (void)fail_errno(error, path, errno);
  return fd;
}

void wr__file_close(int fd) {
  if (fd >= 0) close(fd);
}

wr_status wr__file_read_open(int fd, const char *path, const uint8_t **data, size_t *size,
                             bool *mapped, wr_error *error) {
  buffer b = {0};
  wr_status status = read_open_file(fd, path, &b, error);
  if (status != WR_OK) {
    if (b.data) wr__file_free(b.data, b.capacity, b.mapped);
    return status;
  }
  if (b.mapped) trim_buffer(&b);
  *data = b.data;
  *size = b.size;
  *mapped = b.mapped;
  return WR_OK;
}

wr_status wr__file_read(const char *path, const uint8_t **data, size_t *size, bool *mapped,
                        wr_error *error) {
  int fd = wr__file_open(path, error);
  if (fd < 0) return WR_IO;
  wr_status status = wr__file_read_open(fd, path, data, size, mapped, error);
  close(fd);
  return status;
}

void wr__file_trim(const uint8_t *data, size_t size, size_t old_size) {
  buffer b = {.data = (uint8_t *)(uintptr_t)data, .size = size, .capacity = old_size};
  trim_buffer(&b);
}

void wr__file_free(const uint8_t *data, size_t size, bool mapped) {
  if (!mapped) {
    free((void *)data);
  } else if (size > 0) {
    munmap((void *)data, size);
  }
}
