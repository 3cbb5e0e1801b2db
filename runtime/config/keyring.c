/* Rings of keys: counted arrays. */
#include "config/keyring.h"

#include <stdlib.h>

wr__keyring *wr__keyring_retain(wr__keyring *ring) {
  if (ring) atomic_fetch_add_explicit(&ring->ref_count, 1, memory_order_relaxed);
  return ring;
}

void wr__keyring_release(wr__keyring *ring) {
  if (ring && atomic_fetch_sub_explicit(&ring->ref_count, 1, memory_order_acq_rel) == 1) free(ring);
}

bool wr__keyring_has(const wr__keyring *ring, const wr__public_key *key) {
  for (size_t i = 0; ring && i < ring->count; i++)
    if (memcmp(ring->keys[i].bytes, key->bytes, sizeof key->bytes) == 0) return true;
  return false;
}

bool wr__keyring_add(wr__keyring **ring, const wr__public_key *keys, size_t count) {
  size_t before = *ring ? (*ring)->count : 0;
  wr__keyring *larger = malloc(sizeof *larger + (before + count) * sizeof *keys);
  if (!larger) return false;
  atomic_init(&larger->ref_count, 1);
  larger->count = before + count;
  if (before) memcpy(larger->keys, (*ring)->keys, before * sizeof *keys);
  if (count) memcpy(larger->keys + before, keys, count * sizeof *keys);
  wr__keyring_release(*ring);
  *ring = larger;
  return true;
}
