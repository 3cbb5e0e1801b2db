/* Store: the list of what it owns, its interrupt. Freed as a whole; single objects never go before
 * it.
 *
 * A store may be interrupted from any thread. The flag is set before the event descriptor
 * and the parking place are looked at, and read after they are made, so that no interrupt is
 * missed. */
#include "store/store.h"

#include <stdlib.h>

#include "platform/process.h"
#include "store/objects.h"

enum { KIND_MASK = 7 }; /* objects are aligned to 8: their kind is in the low bits */

bool wr__store_own(wr__store *store, wr_externkind kind, void *object) {
  if (!wr__grow(&store->objects, &store->object_capacity, store->object_count + 1,
                sizeof *store->objects))
    return false;
  store->objects[store->object_count++] = (void *)((uintptr_t)object | (uintptr_t)kind);
  return true;
}

bool wr__store_own_instance(wr__store *store, wr__instance *instance) {
  if (!wr__grow(&store->instances, &store->instance_capacity, store->instance_count + 1,
                sizeof *store->instances))
    return false;
  store->instances[store->instance_count++] = instance;
  return true;
}

wr_externkind wr__store_object(const wr__store *store, size_t index, void **object) {
  uintptr_t tagged = (uintptr_t)store->objects[index];
  *object = (void *)(tagged & ~(uintptr_t)KIND_MASK);
  return (wr_externkind)(tagged & KIND_MASK);
}

void wr__host_info_free(wr__host_info *info) {
  if (!info) return;
  if (info->finalizer) info->finalizer(info->info);
  free(info);
}

static void free_func(wr__func *func) {
  wr__host_info_free(func->host_info);
  if (func->finalizer) func->finalizer(func->env);
  free(func);
}

static void free_object(wr_externkind kind, void *object) {
  switch (kind) {
    case WR_EXTERN_FUNC:
      free_func(object);
      break;
    case WR_EXTERN_MEMORY:
      wr__memory_release(object);
      break;
    case WR_EXTERN_TABLE:
      wr__table_free(object);
      break;
    case WR_EXTERN_GLOBAL:
      wr__host_info_free(((wr__global *)object)->host_info);
      free(object);
      break;
    case WR_EXTERN_TAG:
      wr__host_info_free(((wr__tag *)object)->host_info);
      free(object);
      break;
  }
}

void wr__store_free_objects(wr__store *store) {
  for (size_t i = store->object_count; i-- > 0;) {
    void *object;
    wr_externkind kind = wr__store_object(store, i, &object);
    free_object(kind, object);
  }
  free(store->objects);
}

/* The countdown's owner counts by a load and a store, so that what is stored here may be lost: then
 * there is something left a little later, and it is stored again. */
static void end_countdown(wr__exec *exec) {
  enum { TRIES = 100, SPINS = 200 };
  for (int i = 0; i < TRIES; i++) {
    atomic_store(&exec->countdown, 0);
    for (int k = 0; k < SPINS; k++) __asm__ volatile("" ::: "memory");
    if (atomic_load(&exec->countdown) <= 0 || !atomic_load(&exec->interrupt)) return;
  }
}

void wr__store_interrupt(wr__store *store) {
  atomic_store(&store->exec.interrupt, 1);
  atomic_store(&store->exec.native_limit, UINTPTR_MAX);
  end_countdown(&store->exec);
  int event = atomic_load(&store->event_fd);
  if (event >= 0) wr__event_signal(event);
  wr__parking_wake(store->parking);
}

void wr__store_ring(wr__alarm *alarm) {
  wr__store_interrupt((wr__store *)(void *)((char *)alarm - offsetof(wr__store, deadline)));
}

wr_status wr__store_set_deadline(wr__store *store, uint64_t delay_ns) {
  return wr__alarm_set(store->engine->deadlines, &store->deadline, delay_ns);
}

void wr__store_clear_interrupt(wr__store *store) {
  atomic_store(&store->exec.interrupt, 0);
  atomic_store(&store->exec.native_limit, atomic_load(&store->exec.native_stack_limit));
  /* An interrupt that came meanwhile stays. */
  if (atomic_load(&store->exec.interrupt)) atomic_store(&store->exec.native_limit, UINTPTR_MAX);
  int event = atomic_load(&store->event_fd);
  if (event >= 0) wr__event_clear(event);
}

int wr__store_event_fd(wr__store *store) {
  int event = atomic_load(&store->event_fd);
  if (event >= 0) return event;
  event = wr__event_new();
  if (event < 0) return -1;
  atomic_store(&store->event_fd, event);
  if (atomic_load(&store->exec.interrupt)) wr__event_signal(event);
  return event;
}
