/* What a store has of components: kept as long as the store, traps of the canonical ABI, exports by
 * name. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "component/arena.h"
#include "component/run.h"
#include "engine/make.h"

/* Of instances, their index spaces and functions. */
enum { MOST_BYTES = 256 << 20 };

static void world_free(void *env) {
  wr__cworld *world = env;
  for (uint32_t i = world->instance_count; i-- > 0;) wr__chandles_free(world->instances[i]);
  for (uint32_t i = 0; i < world->component_count; i++) wr__component_release(world->components[i]);
  free(world->instances);
  free(world->components);
  wr__arena_delete(world->arena);
  free(world);
}

/* A function that nobody calls is the store's, and frees the world with it. */
wr__cworld *wr__cworld_new(wr__store *store) {
  const wr__deftype *type = wr__type_func(store->engine->types, NULL, 0, NULL, 0);
  wr__cworld *world = type ? calloc(1, sizeof *world) : NULL;
  if (!world) return NULL;
  world->store = store;
  world->arena = wr__arena_new(MOST_BYTES);
  if (world->arena && wr__func_new_host(store, type, NULL, world, world_free)) return world;
  wr__arena_delete(world->arena);
  free(world);
  return NULL;
}

bool wr__cworld_keep(wr__cworld *world, wr__component *component) {
  if (!wr__grow32(&world->components, &world->component_capacity, world->component_count + 1,
                  sizeof *world->components))
    return false;
  world->components[world->component_count++] = wr__component_retain(component);
  return true;
}

wr_status wr__ctrap(wr__cworld *world, const char *format, ...) {
  char message[256];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return wr__exec_trap_message(&world->store->exec, message);
}

wr_status wr__ctrap_oom(wr__cworld *world) {
  return wr__exec_trap(&world->store->exec, WR_TRAP_OUT_OF_MEMORY);
}

const wr__cexport *wr__cexports_find(const wr__cexports *exports, wr__span name) {
  for (uint32_t i = 0; i < exports->count; i++) {
    const wr__cexport *item = &exports->items[i];
    if (item->name.size == name.size && !memcmp(item->name.data, name.data, name.size)) return item;
  }
  return NULL;
}
