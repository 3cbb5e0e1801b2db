/* Address space: reservations, pages, guard regions, the pool of guarded reservations. */
#ifndef WR__PLATFORM_MEMORY_H
#define WR__PLATFORM_MEMORY_H

#include "base/base.h"

size_t wr__page_size(void);

/* Address space without memory behind it; NULL when the host refuses. */
void *wr__vm_reserve(size_t size);
void wr__vm_release(void *base, size_t size);
/* Makes part of a reservation readable and writable (zeros), or inaccessible and empty again. */
bool wr__vm_commit(void *base, size_t size);
bool wr__vm_decommit(void *base, size_t size);
/* For what is touched sparsely, or at its start only: the host must not back it by large pages. */
void wr__vm_prefer_small_pages(void *base, size_t size);
/* Committed pages back to zeros without memory behind them; they stay accessible. */
bool wr__vm_clear(void *base, size_t size);
/* Whole committed pages to zeros, of a mapping that has no file: those that were never touched stay
 * without memory behind them. Costs a system call in each 4 MiB over writing. */
void wr__vm_zero(void *base, size_t size);
/* Puts pages of a file in the place of committed ones: what is written there is not the file's.
 * False where that cannot be; what is there then is committed zeros, or nothing where *gone. */
bool wr__vm_map_file(void *base, size_t size, int fd, uint64_t offset, bool *gone);
/* Moves `committed` bytes from the start of one reservation to the start of another, by page
 * tables, not by copying. The old reservation keeps its addresses (to be released). */
bool wr__vm_move(void *from, void *to, size_t committed);
/* For tests: reservations above max_bytes fail from now on; SIZE_MAX takes it back. */
void wr__vm_set_reserve_limit(size_t max_bytes);
bool wr__vm_may_reserve(size_t size);

/* Guard regions: ranges in which a fault by our own code is a trap. The table is lock-free and
 * read by the signal handler. NULL when it is full. */
typedef struct wr__region wr__region;
wr__region *wr__region_add(void *base, size_t size);
void wr__region_remove(wr__region *region);
bool wr__region_contains(uintptr_t address);
/* A region that is a mapped file: others may truncate it, and then its pages are gone. Accesses to
 * them are traps of native code, and read as zeros afterwards. Removed by its base; a base that is no
 * such region is left alone. */
void wr__region_add_file(const void *base, size_t size);
void wr__region_remove_file(const void *base);
/* The region that an address is in. Async-signal-safe. */
typedef struct wr__region_view {
  uintptr_t base;
  size_t size;
  bool is_file;
} wr__region_view;
bool wr__region_find(uintptr_t address, wr__region_view *out);

/* A pool of released 8 GiB reservations, so that short-lived instances do not pay for mmap.
 * Sizes differ by use: a reservation is reused for the same size only. NULL when the host refuses.
 * The first `committed` bytes are what was committed of it. */
void *wr__guarded_acquire(size_t size, wr__region **region);
void wr__guarded_release(void *base, size_t size, size_t committed, wr__region *region);

#endif
