/* Executable memory. Code is part of a guarded file, or a sealed copy in a memory file, mapped
 * privately: first to read, then its text to read and execute. No page is ever writable and
 * executable. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "platform/platform.h"

/* A memory file from which everything but reading is taken once it is filled. */
static int new_memory_file(void) {
  return memfd_create("wasmrun-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static bool seal(int fd) {
  return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
}

static bool write_all(int fd, const uint8_t *bytes, size_t size) {
  while (size) {
    ssize_t done = write(fd, bytes, size);
    if (done <= 0) return false;
    bytes += done;
    size -= (size_t)done;
  }
  return true;
}

static void *map_file(int fd, off_t offset, size_t size, size_t text_offset, size_t text_size) {
  uint8_t *base = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, offset);
  if (base == MAP_FAILED) return NULL;
  if (!text_size || mprotect(base + text_offset, text_size, PROT_READ | PROT_EXEC) == 0)
    return base;
  munmap(base, size);
  return NULL;
}

void *wr__code_map(const uint8_t *bytes, size_t size, size_t text_offset, size_t text_size) {
  int fd = new_memory_file();
  if (fd < 0) return NULL;
  void *base = NULL;
  if (write_all(fd, bytes, size) && seal(fd)) base = map_file(fd, 0, size, text_offset, text_size);
  close(fd);
  return base;
}

static bool copy_all(int to, int from, uint64_t size) {
  off_t at = 0;
  while ((uint64_t)at < size) {
    ssize_t done = sendfile(to, from, &at, (size_t)(size - (uint64_t)at));
    if (done == 0 || (done < 0 && errno != EINTR)) return false;
  }
  return true;
}

int wr__file_copy(int fd, uint64_t size) {
  int copy = new_memory_file();
  if (copy >= 0 && copy_all(copy, fd, size) && seal(copy)) return copy;
  if (copy >= 0) close(copy);
  return -1;
}

void *wr__code_map_file(int fd, uint64_t offset, size_t size, size_t text_offset,
                        size_t text_size) {
  return offset % wr__page_size() ? NULL
                                  : map_file(fd, (off_t)offset, size, text_offset, text_size);
}

void wr__code_unmap(void *base, size_t size) { munmap(base, size); }

uintptr_t wr__stack_low(void) {
  static _Thread_local uintptr_t low;
  if (low) return low;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  void *base;
  size_t size;
  if (pthread_attr_getstack(&attributes, &base, &size) == 0) low = (uintptr_t)base;
  pthread_attr_destroy(&attributes);
  return low;
}
