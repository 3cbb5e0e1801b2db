/* Store: the list of what it owns, its call stack, its interrupt. Freed as a whole; single
 * objects never go before it.
 *
 * A store may be interrupted from any thread. The flag is set before the event descriptor
 * and the parking place are looked at, and read after they are made, so that no interrupt is
 * missed. */
#include "store/store.h"

#include <stdlib.h>

#include "gc/heap.h"
#include "interp/interp.h"
#include "platform/platform.h"
#include "store/objects.h"

enum { KIND_MASK = 7 }; /* objects are aligned to 8: their kind is in the low bits */

static bool reserve_stack(wr__exec *exec, size_t size_bytes) {
  size_t page = wr__page_size();
  if (size_bytes > SIZE_MAX / 2) return false;
  size_t size = (size_bytes + page - 1) & ~(page - 1);
  if (size == 0) size = page;
  exec->stack = wr__vm_reserve(size);
  if (!exec->stack) return false;
  exec->stack_reserved_bytes = size;
  /* A large page would cost a short guest more to zero than all the rest of its start. */
  wr__vm_prefer_small_pages(exec->stack, size);
  if (!wr__vm_commit(exec->stack, size)) return false;
  exec->stack_top = exec->stack;
  exec->stack_limit = exec->stack + size / sizeof(uint64_t);
  return true;
}

wr__store *wr__store_new(wr__engine *engine) {
  wr__store *store = calloc(1, sizeof *store);
  if (!store) return NULL;
  store->engine = wr__engine_retain(engine);
  store->exec.store = store;
  atomic_init(&store->event_fd, -1);
  store->deadline_index = SIZE_MAX;
  store->parking = wr__parking_new();
  store->heap = wr__heap_new(store);
  if (store->parking && store->heap && reserve_stack(&store->exec, engine->config.stack_size_bytes))
    return store;
  wr__store_delete(store);
  return NULL;
}

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

void wr__store_delete(wr__store *store) {
  if (!store) return;
  wr__store_set_deadline(store, 0);
  for (size_t i = store->instance_count; i-- > 0;) wr__instance_free(store->instances[i]);
  free(store->instances);
  if (store->heap) wr__heap_delete(store->heap);
  for (size_t i = store->object_count; i-- > 0;) {
    void *object;
    wr_externkind kind = wr__store_object(store, i, &object);
    free_object(kind, object);
  }
  free(store->objects);
  free(store->exec.trap.message);
  free(store->exec.native_results);
  wr__vm_release(store->exec.stack, store->exec.stack_reserved_bytes);
  wr__event_delete(atomic_load(&store->event_fd));
  wr__parking_delete(store->parking);
  wr__engine_release(store->engine);
  free(store);
}

void wr__store_interrupt(wr__store *store) {
  atomic_store(&store->exec.interrupt, 1);
  atomic_store(&store->exec.native_limit, UINTPTR_MAX);
  int event = atomic_load(&store->event_fd);
  if (event >= 0) wr__event_signal(event);
  wr__parking_wake(store->parking);
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
