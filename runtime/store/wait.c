/* memory.atomic.wait and notify.
 *
 * Every shared memory has a lock and a list of those who wait on it, in order of arrival. A value
 * is compared under that lock, and notify takes it too, so a notify that follows a write finds the
 * waiter or the waiter finds the write. Every store has a parking place: which list it waits in,
 * for an interrupt to find it. Locks are taken in the order parking, list. Spec: threads proposal,
 * exec/instructions, memory.atomic.wait. */
#include <stdlib.h>

#include "platform/process.h"
#include "platform/thread.h"
#include "store/objects.h"

typedef struct waiter {
  struct waiter *previous, *next;
  uint64_t address;
  bool notified;
  wr__cond woken;
} waiter;

struct wr__waiters {
  wr__mutex lock;
  waiter *first, *last;
};

struct wr__parking {
  wr__mutex lock;
  struct wr__waiters *list; /* NULL: not waiting */
  waiter *place;
};

struct wr__parking *wr__parking_new(void) {
  struct wr__parking *parking = calloc(1, sizeof *parking);
  if (parking) wr__mutex_init(&parking->lock);
  return parking;
}

void wr__parking_delete(struct wr__parking *parking) {
  if (!parking) return;
  wr__mutex_free(&parking->lock);
  free(parking);
}

void wr__parking_wake(struct wr__parking *parking) {
  wr__mutex_lock(&parking->lock);
  if (parking->list) {
    wr__mutex_lock(&parking->list->lock);
    wr__cond_signal(&parking->place->woken);
    wr__mutex_unlock(&parking->list->lock);
  }
  wr__mutex_unlock(&parking->lock);
}

static void park(struct wr__parking *parking, struct wr__waiters *list, waiter *place) {
  wr__mutex_lock(&parking->lock);
  parking->list = list;
  parking->place = place;
  wr__mutex_unlock(&parking->lock);
}

struct wr__waiters *wr__waiters_new(void) {
  struct wr__waiters *waiters = calloc(1, sizeof *waiters);
  if (waiters) wr__mutex_init(&waiters->lock);
  return waiters;
}

void wr__waiters_delete(struct wr__waiters *waiters) {
  if (!waiters) return;
  wr__mutex_free(&waiters->lock);
  free(waiters);
}

void wr__waiters_lock(struct wr__waiters *waiters) { wr__mutex_lock(&waiters->lock); }
void wr__waiters_unlock(struct wr__waiters *waiters) { wr__mutex_unlock(&waiters->lock); }

static void append_waiter(struct wr__waiters *list, waiter *w) {
  w->previous = list->last;
  w->next = NULL;
  *(list->last ? &list->last->next : &list->first) = w;
  list->last = w;
}

static void unlink_waiter(struct wr__waiters *list, waiter *w) {
  *(w->previous ? &w->previous->next : &list->first) = w->next;
  *(w->next ? &w->next->previous : &list->last) = w->previous;
}

wr_trap_kind wr__memory_locate_atomic(const wr__memory *memory, uint64_t address, uint64_t offset,
                                      uint32_t size_bytes, uint64_t *out) {
  bool wraps = __builtin_add_overflow(address, offset, out);
  if (*out % size_bytes) return WR_TRAP_UNALIGNED_ATOMIC;
  uint64_t length = wr__memory_size(memory);
  if (wraps || *out > length || length - *out < size_bytes) return WR_TRAP_MEMORY_OUT_OF_BOUNDS;
  return WR_TRAP_NONE;
}

static bool value_equals(const wr__memory *memory, uint64_t address, uint64_t expected, bool is64) {
  const uint8_t *at = memory->base + address;
  if (is64) return atomic_load((_Atomic uint64_t *)(uintptr_t)at) == expected;
  return atomic_load((_Atomic uint32_t *)(uintptr_t)at) == (uint32_t)expected;
}

enum { WAIT_OK, WAIT_NOT_EQUAL, WAIT_TIMED_OUT };

/* Under the list's lock: waits until notified, interrupted or out of time. */
static uint32_t wait_in_list(wr__exec *exec, struct wr__waiters *list, waiter *w, uint64_t until) {
  append_waiter(list, w);
  while (!w->notified && !atomic_load(&exec->interrupt) &&
         (until == WR__NEVER_NS || wr__monotonic_ns() < until))
    wr__cond_wait(&w->woken, &list->lock, until);
  if (w->notified) return WAIT_OK; /* notify has unlinked it */
  unlink_waiter(list, w);
  return WAIT_TIMED_OUT;
}

static uint64_t end_of_wait(int64_t timeout_ns) {
  uint64_t until;
  if (timeout_ns < 0) return WR__NEVER_NS;
  if (__builtin_add_overflow(wr__monotonic_ns(), (uint64_t)timeout_ns, &until)) return WR__NEVER_NS;
  return until;
}

wr_trap_kind wr__memory_wait(wr__exec *exec, wr__memory *memory, uint64_t address,
                             uint64_t expected, bool is64, int64_t timeout_ns, uint32_t *result) {
  wr_trap_kind trap = wr__memory_locate_atomic(memory, address, 0, is64 ? 8 : 4, &address);
  if (trap) return trap;
  if (!memory->shared) return WR_TRAP_EXPECTED_SHARED_MEMORY;
  struct wr__waiters *list = memory->waiters;
  struct wr__parking *parking = exec->store->parking;
  waiter w = {.address = address};
  wr__cond_init(&w.woken);
  park(parking, list, &w);
  wr__mutex_lock(&list->lock);
  uint32_t outcome = WAIT_NOT_EQUAL;
  if (value_equals(memory, address, expected, is64))
    outcome = wait_in_list(exec, list, &w, end_of_wait(timeout_ns));
  wr__mutex_unlock(&list->lock);
  park(parking, NULL, NULL);
  wr__cond_free(&w.woken);
  if (outcome == WAIT_TIMED_OUT && atomic_load(&exec->interrupt)) return WR_TRAP_INTERRUPTED;
  *result = outcome;
  return WR_TRAP_NONE;
}

wr_trap_kind wr__memory_notify(wr__memory *memory, uint64_t address, uint32_t count,
                               uint32_t *woken) {
  wr_trap_kind trap = wr__memory_locate_atomic(memory, address, 0, 4, &address);
  if (trap) return trap;
  *woken = 0;
  if (!memory->shared) return WR_TRAP_NONE; /* nobody can wait there */
  struct wr__waiters *list = memory->waiters;
  wr__mutex_lock(&list->lock);
  for (waiter *w = list->first, *next; w && *woken < count; w = next) {
    next = w->next;
    if (w->address != address) continue;
    unlink_waiter(list, w);
    w->notified = true;
    wr__cond_signal(&w->woken);
    ++*woken;
  }
  wr__mutex_unlock(&list->lock);
  return WR_TRAP_NONE;
}
