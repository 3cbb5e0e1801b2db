/* Maps of pointers: open addressing, linear probes. */
#include <stdlib.h>

#include "component/decoder.h"

static size_t first_slot(const wr__ptrmap *map, const void *key) {
  uint64_t hash = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
  return (size_t)(hash >> 32) & (map->capacity - 1);
}

static struct wr__ptrpair *find_pair(const wr__ptrmap *map, const void *key) {
  size_t i = first_slot(map, key);
  while (map->pairs[i].key && map->pairs[i].key != key) i = (i + 1) & (map->capacity - 1);
  return &map->pairs[i];
}

const void *wr__ptrmap_get(const wr__ptrmap *map, const void *key) {
  return map->capacity ? find_pair(map, key)->value : NULL;
}

static bool grow(wr__ptrmap *map) {
  wr__ptrmap larger = {.count = map->count, .capacity = map->capacity ? map->capacity * 2 : 16};
  larger.pairs = calloc(larger.capacity, sizeof *larger.pairs);
  if (!larger.pairs) return false;
  for (uint32_t i = 0; i < map->capacity; i++)
    if (map->pairs[i].key) *find_pair(&larger, map->pairs[i].key) = map->pairs[i];
  free(map->pairs);
  *map = larger;
  return true;
}

bool wr__ptrmap_set(wr__ptrmap *map, const void *key, const void *value) {
  if (map->count >= map->capacity / 2 && !grow(map)) return false;
  struct wr__ptrpair *pair = find_pair(map, key);
  if (!pair->key) map->count++;
  *pair = (struct wr__ptrpair){key, value};
  return true;
}

void wr__ptrmap_free(wr__ptrmap *map) {
  free(map->pairs);
  *map = (wr__ptrmap){0};
}
