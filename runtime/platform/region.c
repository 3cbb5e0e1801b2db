/* The table of guard regions, and the pool of reservations that memories are made of.
 *
 * The table is read by the signal handler, so an entry is published by one atomic store of its
 * base and taken back by another; readers never wait. A region is removed only when no code can
 * fault in it any more. */
#include <stdatomic.h>

#include "platform/memory.h"
#include "platform/thread.h"

/* 47 bits of address space hold 16,384 reservations of 8 GiB. */
enum { MAX_REGIONS = 16384, POOL_SIZE = 16 };

#define CLAIMED ((uintptr_t)1)

struct wr__region {
  _Atomic uintptr_t base; /* 0: free; CLAIMED: being filled in */
  _Atomic size_t size;
  _Atomic bool is_file;
};

static wr__region regions[MAX_REGIONS];
static _Atomic uint32_t region_high; /* entries from here on were never used */
static _Atomic uint32_t region_hint; /* where a free entry is likely */

static wr__region *add(void *base, size_t size, bool is_file) {
  uint32_t start = atomic_load_explicit(&region_hint, memory_order_relaxed);
  for (uint32_t i = 0; i < MAX_REGIONS; i++) {
    uint32_t index = (start + i) % MAX_REGIONS;
    uintptr_t expected = 0;
    if (!atomic_compare_exchange_strong(&regions[index].base, &expected, CLAIMED)) continue;
    atomic_store(&regions[index].size, size);
    atomic_store(&regions[index].is_file, is_file);
    uint32_t high = atomic_load(&region_high);
    while (high < index + 1 && !atomic_compare_exchange_weak(&region_high, &high, index + 1))
      continue;
    atomic_store(&regions[index].base, (uintptr_t)base);
    atomic_store_explicit(&region_hint, index + 1, memory_order_relaxed);
    return &regions[index];
  }
  return NULL;
}

wr__region *wr__region_add(void *base, size_t size) { return add(base, size, false); }

void wr__region_add_file(const void *base, size_t size) {
  (void)add((void *)(uintptr_t)base, size, true);
}

void wr__region_remove_file(const void *base) {
  uint32_t high = atomic_load(&region_high);
  for (uint32_t i = 0; i < high; i++)
    if (atomic_load(&regions[i].base) == (uintptr_t)base && atomic_load(&regions[i].is_file))
      wr__region_remove(&regions[i]);
}

void wr__region_remove(wr__region *region) {
  if (!region) return;
  atomic_store(&region->base, 0);
  atomic_store_explicit(&region_hint, (uint32_t)(region - regions), memory_order_relaxed);
}

bool wr__region_contains(uintptr_t address) {
  wr__region_view view;
  return wr__region_find(address, &view);
}

bool wr__region_find(uintptr_t address, wr__region_view *out) {
  uint32_t high = atomic_load(&region_high);
  for (uint32_t i = 0; i < high; i++) {
    uintptr_t base = atomic_load(&regions[i].base);
    if (base <= CLAIMED) continue;
    *out = (wr__region_view){base, atomic_load(&regions[i].size), atomic_load(&regions[i].is_file)};
    /* An entry that changed hands meanwhile says nothing. */
    if (address - base < out->size && atomic_load(&regions[i].base) == base) return true;
  }
  return false;
}

/* Released reservations stay in the table of regions: nothing can fault there but a guest's own
 * stray access, which is a trap in any case. */
typedef struct pooled {
  void *base;
  size_t size;
  wr__region *region;
} pooled;

static wr__mutex pool_lock = WR__MUTEX_INIT;
static pooled pool[POOL_SIZE];
static uint32_t pool_count;

static bool take_pooled(size_t size, pooled *out) {
  bool found = false;
  wr__mutex_lock(&pool_lock);
  for (uint32_t i = pool_count; i-- > 0 && !found;) {
    if (pool[i].size != size) continue;
    *out = pool[i];
    pool[i] = pool[--pool_count];
    found = true;
  }
  wr__mutex_unlock(&pool_lock);
  return found;
}

void *wr__guarded_acquire(size_t size, wr__region **region) {
  pooled entry;
  if (wr__vm_may_reserve(size) && take_pooled(size, &entry)) {
    *region = entry.region;
    return entry.base;
  }
  void *base = wr__vm_reserve(size);
  if (!base) return NULL;
  *region = wr__region_add(base, size);
  if (*region) return base;
  wr__vm_release(base, size);
  return NULL;
}

void wr__guarded_release(void *base, size_t size, size_t committed, wr__region *region) {
  bool kept = false;
  if (wr__vm_decommit(base, committed)) {
    wr__mutex_lock(&pool_lock);
    if (pool_count < POOL_SIZE) {
      pool[pool_count++] = (pooled){base, size, region};
      kept = true;
    }
    wr__mutex_unlock(&pool_lock);
  }
  if (kept) return;
  wr__region_remove(region);
  wr__vm_release(base, size);
}
