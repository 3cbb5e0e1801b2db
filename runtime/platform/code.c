/* Executable memory. Code is part of a guarded file, or a sealed copy in a memory file, mapped
 * privately: first to read, then its text to read and execute. No page is ever writable and
 * executable. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/platform.h"

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
  int fd = memfd_create("wasmrun-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return NULL;
  void *base = NULL;
  int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (write_all(fd, bytes, size) && fcntl(fd, F_ADD_SEALS, seals) == 0)
    base = map_file(fd, 0, size, text_offset, text_size);
  close(fd);
  return base;
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
