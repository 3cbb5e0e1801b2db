/* Memories: how their pages are had, and how they grow.
 *
 * A guarded memory lies in a reservation that no 32-bit address plus 32-bit offset can leave;
 * what is not yet part of it is inaccessible, and a fault there is a trap. Any other memory is
 * checked explicitly by its users; it lies in a reservation with room to grow, and moves by page
 * tables when that is used up, unless it is shared: then all of its maximum is reserved, since it
 * may never move. Invariant: bytes from size_bytes to the end of the committed pages are zero.
 * Spec: exec/modules, memories; exec/instructions, memory.grow. */
#include <stdlib.h>

#include "platform/fault.h"
#include "platform/memory.h"
#include "store/objects.h"

#define GUARDED_BYTES (((size_t)8 << 30) + (64 << 10))
#define MAX_BYTES_32 ((uint64_t)1 << 32)
/* User space has 47 bits on both architectures; the specification's limit of 2^48 pages is above.
 */
#define MAX_BYTES_64 ((uint64_t)1 << 46)

static wr__memory none = {.page_size_log2 = 16};
static _Atomic bool always_move;

void wr__memory_set_always_move(bool on) { atomic_store(&always_move, on); }

wr__memory *wr__memory_none(void) { return &none; }

/* The bytes of a number of pages, or the largest number there is. */
static uint64_t pages_to_bytes(uint64_t pages, uint8_t page_size_log2) {
  return pages > UINT64_MAX >> page_size_log2 ? UINT64_MAX : pages << page_size_log2;
}

static uint64_t effective_max(const wr_limits *limits, uint8_t page_size_log2) {
  uint64_t max = limits->is64 ? MAX_BYTES_64 : MAX_BYTES_32;
  /* Spec: custom page sizes: sizes are below 2^32, so memory.size can say them. */
  if (!limits->is64 && page_size_log2 == 0) max = UINT32_MAX;
  if (limits->has_max) {
    uint64_t declared = pages_to_bytes(limits->max, page_size_log2);
    if (declared < max) max = declared;
  }
  return max >> page_size_log2 << page_size_log2;
}

static size_t round_to_host_page(uint64_t bytes) {
  size_t page = wr__page_size();
  return ((size_t)bytes + page - 1) & ~(page - 1);
}

/* Makes the bytes between two sizes accessible. */
static bool commit_range(wr__memory *memory, uint64_t from, uint64_t to) {
  size_t start = round_to_host_page(from), end = round_to_host_page(to);
  if (end > memory->committed_bytes)
    memory->committed_bytes = end; /* also if that fails half way */
  return wr__vm_commit(memory->base + start, end - start);
}

static bool place_guarded(wr__memory *memory, uint64_t min_bytes) {
  if (!wr__fault_init_thread()) return false;
  memory->base = wr__guarded_acquire(GUARDED_BYTES, &memory->region);
  if (!memory->base) return false;
  memory->reserved_bytes = GUARDED_BYTES;
  memory->guarded = true;
  return commit_range(memory, 0, min_bytes);
}

/* A shared memory never moves, so all that it may become is reserved. */
static uint64_t shared_room(const wr__memory *memory) {
  uint64_t most = wr__budget_most(memory->budget, WR_LIMIT_MEMORY);
  return memory->max_bytes < most ? memory->max_bytes : most;
}

/* A reservation for at least `need` bytes: with room to double where the host allows, else the
 * least. NULL when not even that can be had. */
static uint8_t *reserve_room(const wr__memory *memory, uint64_t need, size_t *reserved) {
  uint64_t roomy = need < ((uint64_t)1 << 20) ? (uint64_t)1 << 20 : need;
  roomy = roomy > UINT64_MAX / 2 ? roomy : roomy * 2;
  if (roomy > memory->max_bytes) roomy = memory->max_bytes;
  if (atomic_load_explicit(&always_move, memory_order_relaxed)) roomy = need;
  if (memory->shared) roomy = need = shared_room(memory);
  uint64_t sizes[2] = {roomy, need};
  for (int i = 0; i < 2; i++) {
    *reserved = round_to_host_page(sizes[i] ? sizes[i] : 1);
    uint8_t *base = wr__vm_reserve(*reserved);
    if (base) return base;
  }
  return NULL;
}

static bool place_explicit(wr__memory *memory, uint64_t min_bytes) {
  memory->base = reserve_room(memory, min_bytes, &memory->reserved_bytes);
  return memory->base && commit_range(memory, 0, min_bytes);
}

static void free_pages(wr__memory *memory) {
  if (!memory->base) return;
  if (memory->guarded) {
    wr__guarded_release(memory->base, memory->reserved_bytes, memory->committed_bytes,
                        memory->region);
  } else {
    wr__vm_release(memory->base, memory->reserved_bytes);
  }
  memory->base = NULL;
  memory->committed_bytes = 0;
  memory->guarded = false;
  memory->region = NULL;
}

static bool place_memory(wr__memory *memory, uint64_t min_bytes) {
  bool may_guard = memory->engine->config.bounds == WR_BOUNDS_AUTO && !memory->is64 &&
                   memory->page_size_log2 == 16;
  if (may_guard && place_guarded(memory, min_bytes)) return true;
  free_pages(memory);
  if (!place_explicit(memory, min_bytes)) return false;
  return true;
}

static void free_memory(wr__memory *memory) {
  free_pages(memory);
  wr__budget_give(memory->budget, WR_LIMIT_MEMORY, wr__memory_size(memory));
  wr__budget_release(memory->budget);
  wr__waiters_delete(memory->waiters);
  wr__host_info_free(memory->host_info);
  wr__engine_release(memory->engine);
  free(memory);
}

static void fail_size(wr_error *error, const wr_limits *limits) {
  wr__fail(error, WR_OUT_OF_MEMORY, WR_NO_OFFSET,
           "out of memory: cannot allocate a memory of %llu pages",
           (unsigned long long)limits->min);
}

static void fail_budget(wr_error *error, const wr_limits *limits, const wr__budget *budget) {
  char limit[WR__LIMIT_TEXT_BYTES];
  wr__budget_describe(budget, WR_LIMIT_MEMORY, limit);
  wr__fail(
      error, WR_OUT_OF_MEMORY, WR_NO_OFFSET,
      "out of memory: a memory of %llu pages would exceed the limit %s on all memories together",
      (unsigned long long)limits->min, limit);
}

/* Takes the first pages and what goes with them. size_bytes is what free_memory gives back. */
static bool fill_memory(wr__memory *memory, uint64_t min_bytes, wr_error *error) {
  if (!wr__budget_take(memory->budget, WR_LIMIT_MEMORY, min_bytes)) {
    fail_budget(error, &memory->limits, memory->budget);
    return false;
  }
  atomic_store_explicit(&memory->size_bytes, min_bytes, memory_order_release);
  bool placed = min_bytes <= memory->max_bytes && place_memory(memory, min_bytes);
  if (placed && memory->shared) placed = (memory->waiters = wr__waiters_new()) != NULL;
  if (!placed) fail_size(error, &memory->limits);
  return placed;
}

static wr__memory *create_memory(wr__engine *engine, wr__budget *budget, const wr_limits *limits,
                                 uint8_t page_size_log2, wr_error *error) {
  wr__memory *memory = calloc(1, sizeof *memory);
  if (!memory) {
    wr__fail_oom(error);
    return NULL;
  }
  atomic_init(&memory->ref_count, 1);
  memory->engine = wr__engine_retain(engine);
  memory->budget = wr__budget_retain(budget);
  memory->limits = *limits;
  memory->is64 = limits->is64;
  memory->shared = limits->shared;
  memory->page_size_log2 = page_size_log2;
  memory->max_bytes = effective_max(limits, page_size_log2);
  if (fill_memory(memory, pages_to_bytes(limits->min, page_size_log2), error)) return memory;
  free_memory(memory);
  return NULL;
}

wr__memory *wr__memory_retain(wr__memory *memory) {
  atomic_fetch_add_explicit(&memory->ref_count, 1, memory_order_relaxed);
  return memory;
}

void wr__memory_release(wr__memory *memory) {
  if (!memory) return;
  if (atomic_fetch_sub_explicit(&memory->ref_count, 1, memory_order_acq_rel) == 1)
    free_memory(memory);
}

wr__memory *wr__memory_new_shared(wr__engine *engine, wr__budget *budget, const wr_limits *limits,
                                  wr_error *error) {
  wr_limits shared = *limits;
  shared.shared = true;
  return create_memory(engine, budget, &shared, 16, error);
}

bool wr__store_adopt_memory(wr__store *store, wr__memory *memory) {
  for (size_t i = 0; i < store->object_count; i++) {
    void *object;
    if (wr__store_object(store, i, &object) == WR_EXTERN_MEMORY && object == memory) return true;
  }
  if (!wr__store_own(store, WR_EXTERN_MEMORY, memory)) return false;
  wr__memory_retain(memory);
  return true;
}

wr__memory *wr__memory_new(wr__store *store, const wr_limits *limits, uint8_t page_size_log2,
                           wr_error *error) {
  wr__memory *memory = create_memory(store->engine, store->budget, limits, page_size_log2, error);
  if (!memory) return NULL;
  if (wr__store_own(store, WR_EXTERN_MEMORY, memory)) return memory;
  wr__memory_release(memory);
  wr__fail_oom(error);
  return NULL;
}

/* Moves an unshared, unguarded memory into a larger reservation. */
static bool move_memory(wr__memory *memory, uint64_t old_bytes, uint64_t new_bytes) {
  size_t reserved;
  if (memory->shared) return false;
  uint8_t *base = reserve_room(memory, new_bytes, &reserved);
  if (!base) return false;
  if (!wr__vm_move(memory->base, base, round_to_host_page(old_bytes))) {
    wr__vm_release(base, reserved);
    return false;
  }
  wr__vm_release(memory->base, memory->reserved_bytes);
  memory->base = base;
  memory->reserved_bytes = reserved;
  return true;
}

static uint64_t grow_to(wr__memory *memory, uint64_t delta_pages) {
  uint64_t old_bytes = wr__memory_size(memory);
  uint64_t old_pages = old_bytes >> memory->page_size_log2;
  if (delta_pages > (memory->max_bytes - old_bytes) >> memory->page_size_log2) return UINT64_MAX;
  uint64_t more_bytes = delta_pages << memory->page_size_log2, new_bytes = old_bytes + more_bytes;
  if (!wr__budget_take(memory->budget, WR_LIMIT_MEMORY, more_bytes)) return UINT64_MAX;
  if ((new_bytes > memory->reserved_bytes && !move_memory(memory, old_bytes, new_bytes)) ||
      !commit_range(memory, old_bytes, new_bytes)) {
    wr__budget_give(memory->budget, WR_LIMIT_MEMORY, more_bytes);
    return UINT64_MAX;
  }
  atomic_store_explicit(&memory->size_bytes, new_bytes, memory_order_release);
  return old_pages;
}

uint64_t wr__memory_grow(wr__memory *memory, uint64_t delta_pages) {
  if (!memory->shared) return grow_to(memory, delta_pages);
  wr__waiters_lock(memory->waiters);
  uint64_t old_pages = grow_to(memory, delta_pages);
  wr__waiters_unlock(memory->waiters);
  return old_pages;
}
