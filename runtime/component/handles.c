/* Tables of handles: an index of an instance stands for a resource that it owns, or has borrowed
 * for the time of a call. Spec: CanonicalABI, resource state, lifting, lowering. */
#include <stdlib.h>

#include "component/run.h"

enum { MOST_HANDLES = 1 << 28 };

wr_status wr__chandle_add(wr__cinstance *instance, const wr__rresource *resource, uintptr_t rep,
                          wr__cscope_call *scope, uint32_t *index) {
  wr__chandles *table = &instance->handles;
  if (table->free) {
    *index = table->free;
    table->free = (uint32_t)table->items[*index].rep;
  } else {
    uint32_t next = table->count ? table->count : 1;
    if (next >= MOST_HANDLES) return wr__ctrap(instance->world, "too many handles");
    if (!wr__grow32(&table->items, &table->capacity, next + 1, sizeof *table->items))
      return wr__ctrap_oom(instance->world);
    table->count = next + 1;
    *index = next;
  }
  table->items[*index] = (wr__chandle){.resource = resource, .rep = rep, .scope = scope};
  if (scope) scope->borrow_count++;
  return WR_OK;
}

static void remove_handle(wr__cinstance *instance, uint32_t index) {
  wr__chandles *table = &instance->handles;
  table->items[index] = (wr__chandle){.rep = table->free};
  table->free = index;
}

static const char *kind_of(const wr__rresource *resource) {
  return resource->owner ? "guest-defined resource" : "host-defined resource";
}

wr_status wr__chandle_get(wr__cinstance *instance, uint32_t index, const wr__rresource *resource,
                          wr__chandle **out) {
  wr__chandles *table = &instance->handles;
  if (index == 0 || index >= table->count || !table->items[index].resource)
    return wr__ctrap(instance->world, "unknown handle index %u", index);
  wr__chandle *handle = &table->items[index];
  if (handle->resource != resource)
    return wr__ctrap(instance->world,
                     "handle index %u used with the wrong type, expected %s but found a different "
                     "%s",
                     index, kind_of(resource), kind_of(handle->resource));
  *out = handle;
  return WR_OK;
}

wr_status wr__chandle_take(wr__cinstance *instance, uint32_t index, const wr__rresource *resource,
                           uintptr_t *rep) {
  wr__chandle *handle;
  WR_TRY(wr__chandle_get(instance, index, resource, &handle));
  if (handle->scope)
    return wr__ctrap(instance->world, "handle index %u is a borrow and cannot be given away",
                     index);
  if (handle->lends)
    return wr__ctrap(instance->world, "cannot remove owned resource while borrowed");
  *rep = handle->rep;
  remove_handle(instance, index);
  return WR_OK;
}

wr_status wr__chandle_lend(wr__cinstance *instance, uint32_t index, const wr__rresource *resource,
                           wr__cscope_call *call, uintptr_t *rep) {
  wr__chandle *handle;
  WR_TRY(wr__chandle_get(instance, index, resource, &handle));
  *rep = handle->rep;
  if (handle->scope || !call) return WR_OK;
  if (!wr__grow32(&call->lends, &call->lend_capacity, call->lend_count + 1, sizeof *call->lends))
    return wr__ctrap_oom(instance->world);
  call->lends[call->lend_count++] = (struct wr__clend){instance, index};
  handle->lends++;
  return WR_OK;
}

void wr__cscope_call_end(wr__cscope_call *call) {
  for (uint32_t i = 0; i < call->lend_count; i++)
    call->lends[i].instance->handles.items[call->lends[i].index].lends--;
  free(call->lends);
  *call = (wr__cscope_call){0};
}

wr_status wr__rresource_destroy(wr__cinstance *from, const wr__rresource *resource, uintptr_t rep) {
  if (!resource->owner) {
    if (resource->drop) resource->drop(resource->env, (void *)rep);
    return WR_OK;
  }
  if (!resource->destructor) return WR_OK;
  bool enters = resource->owner != from;
  uint64_t slots[1] = {(uint32_t)rep};
  if (enters) WR_TRY(wr__center(resource->owner));
  WR_TRY(wr__func_invoke(&from->world->store->exec, resource->destructor, slots));
  if (enters) wr__cleave(resource->owner);
  return WR_OK;
}

wr_status wr__chandle_drop(wr__cinstance *instance, uint32_t index, const wr__rresource *resource) {
  wr__chandle *handle;
  WR_TRY(wr__chandle_get(instance, index, resource, &handle));
  if (handle->lends)
    return wr__ctrap(instance->world, "cannot remove owned resource while borrowed");
  wr__chandle dropped = *handle;
  remove_handle(instance, index);
  if (!dropped.scope) return wr__rresource_destroy(instance, resource, dropped.rep);
  dropped.scope->borrow_count--;
  return WR_OK;
}

/* No guest runs any more: only the host learns of its resources. */
void wr__chandles_free(wr__cinstance *instance) {
  for (uint32_t i = 1; i < instance->handles.count; i++) {
    const wr__chandle *handle = &instance->handles.items[i];
    if (handle->resource && !handle->resource->owner && !handle->scope && handle->resource->drop)
      handle->resource->drop(handle->resource->env, (void *)handle->rep);
  }
  free(instance->handles.items);
  instance->handles = (wr__chandles){0};
}
