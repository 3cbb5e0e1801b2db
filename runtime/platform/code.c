/* Executable memory. Code is part of a guarded file, or of a sealed copy in a memory file, mapped
 * privately: first to read, then its text to read and execute. No page is ever writable and
 * executable. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "platform/code.h"
#include "platform/memory.h"

static bool write_all(int fd, const uint8_t *bytes, size_t size) {
  while (size) {
    ssize_t done = write(fd, bytes, size);
    if (done <= 0) return false;
    bytes += done;
    size -= (size_t)done;
  }
  return true;
}

static bool copy_all(int to, int from, uint64_t size) {
  off_t at = 0;
  while ((uint64_t)at < size) {
    ssize_t done = sendfile(to, from, &at, (size_t)(size - (uint64_t)at));
    if (done == 0 || (done < 0 && errno != EINTR)) return false;
  }
  return true;
}

static int new_memory_file(void) {
  return memfd_create("wasmrun-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* Takes everything but reading from a memory file, once it is filled; -1 where that failed. */
static int seal(int fd, bool is_filled) {
  int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (is_filled && fcntl(fd, F_ADD_SEALS, seals) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

int wr__memory_file(const uint8_t *bytes, size_t size) {
  int fd = new_memory_file();
  return seal(fd, fd >= 0 && write_all(fd, bytes, size));
}

int wr__file_copy(int fd, uint64_t size) {
  int copy = new_memory_file();
  return seal(copy, copy >= 0 && copy_all(copy, fd, size));
}

int wr__file_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }

void *wr__code_map(int fd, uint64_t offset, size_t size, size_t text_offset, size_t text_size) {
  if (offset % wr__page_size()) return NULL;
  uint8_t *base = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, (off_t)offset);
  if (base == MAP_FAILED) return NULL;
  if (!text_size || mprotect(base + text_offset, text_size, PROT_READ | PROT_EXEC) == 0)
    return base;
  munmap(base, size);
  return NULL;
}

void wr__code_unmap(void *base, size_t size) { munmap(base, size); }
