/* Address space, the clock and events on Linux. Nothing here keeps state but the limit that
 * tests set. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "platform/memory.h"
#include "platform/process.h"

static _Atomic size_t reserve_limit = SIZE_MAX;

size_t wr__page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

uint32_t wr__processor_count(void) {
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : (uint32_t)count;
}

void wr__vm_set_reserve_limit(size_t max_bytes) { atomic_store(&reserve_limit, max_bytes); }

bool wr__vm_may_reserve(size_t size) {
  return size <= atomic_load_explicit(&reserve_limit, memory_order_relaxed);
}

void *wr__vm_reserve(size_t size) {
  if (!wr__vm_may_reserve(size)) return NULL;
  void *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return base == MAP_FAILED ? NULL : base;
}

void wr__vm_release(void *base, size_t size) {
  if (base) munmap(base, size);
}

bool wr__vm_commit(void *base, size_t size) {
  return size == 0 || mprotect(base, size, PROT_READ | PROT_WRITE) == 0;
}

/* A new mapping over the old one: one call that drops the pages, their protection and the host's
 * record of them, so that the reservation is one piece again. */
bool wr__vm_decommit(void *base, size_t size) {
  if (size == 0) return true;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  return mmap(base, size, PROT_NONE, flags, -1, 0) != MAP_FAILED;
}

void wr__vm_prefer_small_pages(void *base, size_t size) { madvise(base, size, MADV_NOHUGEPAGE); }

bool wr__vm_clear(void *base, size_t size) {
  return size == 0 || madvise(base, size, MADV_DONTNEED) == 0;
}

enum { ZERO_PIECE_PAGES = 1024, ZERO_RUN_PAGES = 64 };

/* One run of pages that all are there, or all are not. What is not there may still be out on swap:
 * it is dropped, not taken for zeros. Short runs are not worth a call. */
static void zero_run(uint8_t *base, size_t size, bool is_there) {
  size_t least = ZERO_RUN_PAGES * wr__page_size();
  if (is_there || size < least || !wr__vm_clear(base, size)) memset(base, 0, size);
}

void wr__vm_zero(void *base, size_t size) {
  unsigned char there[ZERO_PIECE_PAGES];
  size_t page = wr__page_size(), most = page * ZERO_PIECE_PAGES;
  for (uint8_t *at = base; size;) {
    size_t piece = size < most ? size : most, pages = piece / page;
    if (mincore(at, piece, there) != 0) memset(there, 1, pages);
    for (size_t from = 0, to = 0; from < pages; from = to) {
      while (to < pages && (there[to] & 1) == (there[from] & 1)) to++;
      zero_run(at + from * page, (to - from) * page, there[from] & 1);
    }
    at += piece;
    size -= piece;
  }
}

bool wr__vm_map_file(void *base, size_t size, int fd, uint64_t offset, bool *gone) {
  int flags = MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED;
  *gone = false;
  if (mmap(base, size, PROT_READ | PROT_WRITE, flags, fd, (off_t)offset) != MAP_FAILED) return true;
  *gone = !wr__vm_decommit(base, size) || !wr__vm_commit(base, size);
  return false;
}

bool wr__vm_move(void *from, void *to, size_t committed) {
  if (committed == 0) return true;
  return mremap(from, committed, committed, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED;
}

uint64_t wr__monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t wr__process_id(void) { return (uint32_t)getpid(); }

int wr__event_new(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void wr__event_signal(int event) {
  uint64_t one = 1;
  /* EAGAIN means that the counter is full, and so readable already. */
  while (write(event, &one, sizeof one) < 0 && errno == EINTR) continue;
}

void wr__event_clear(int event) {
  uint64_t count;
  while (read(event, &count, sizeof count) < 0 && errno == EINTR) continue;
}

void wr__event_delete(int event) {
  if (event >= 0) close(event);
}
