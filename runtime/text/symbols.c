/* The identifier table of symbols.h: open addressing, no removal. */
#include "text/symbols.h"

#include <stdlib.h>

void wr__symbols_free(wr__symbols *symbols) {
  free(symbols->slots);
  memset(symbols, 0, sizeof *symbols);
}

static wr__symbol *find_slot(wr__symbol *slots, uint32_t capacity, wr__space space, uint32_t scope,
                             wr__span name) {
  uint64_t hash = wr__hash_bytes(name.data, name.size, (uint64_t)space << 32 | scope);
  hash *= 0x9e3779b97f4a7c15u;
  for (uint32_t i = (uint32_t)(hash >> 32);; i++) {
    wr__symbol *slot = &slots[i & (capacity - 1)];
    if (!slot->name) return slot;
    if (slot->space == space && slot->scope == scope && slot->name_size == name.size &&
        !memcmp(slot->name, name.data, name.size))
      return slot;
  }
}

static bool grow(wr__symbols *symbols) {
  if (symbols->capacity > UINT32_MAX / 2) return false;
  uint32_t capacity = symbols->capacity ? symbols->capacity * 2 : 32;
  wr__symbol *slots = calloc(capacity, sizeof *slots);
  if (!slots) return false;
  for (uint32_t i = 0; i < symbols->capacity; i++) {
    wr__symbol *old = &symbols->slots[i];
    if (old->name)
      *find_slot(slots, capacity, old->space, old->scope, (wr__span){old->name, old->name_size}) =
          *old;
  }
  free(symbols->slots);
  symbols->slots = slots;
  symbols->capacity = capacity;
  return true;
}

wr__symbol *wr__symbols_find(const wr__symbols *symbols, wr__space space, uint32_t scope,
                             wr__span name) {
  if (!symbols->capacity) return NULL;
  wr__symbol *slot = find_slot(symbols->slots, symbols->capacity, space, scope, name);
  return slot->name ? slot : NULL;
}

wr__symbol *wr__symbols_put(wr__symbols *symbols, wr__space space, uint32_t scope, wr__span name) {
  if (symbols->count >= symbols->capacity / 2 && !grow(symbols)) return NULL;
  wr__symbol *slot = find_slot(symbols->slots, symbols->capacity, space, scope, name);
  if (!slot->name) {
    *slot = (wr__symbol){name.data, (uint32_t)name.size, scope, WR_NO_INDEX, (uint8_t)space};
    symbols->count++;
  }
  return slot;
}
