/* Open addressing with linear probing: insertions, look-ups and deletions by backward shift. */
#include "bench.h"

typedef struct {
  uint32_t key, value;
} slot;

static uint32_t hash(uint32_t x) {
  x ^= x >> 16;
  x *= 0x85ebca6bu;
  x ^= x >> 13;
  x *= 0xc2b2ae35u;
  return x ^ x >> 16;
}

static BENCH_NOINLINE uint32_t *find(slot *slots, uint32_t mask, uint32_t key, int insert) {
  uint32_t i = hash(key) & mask;
  while (slots[i].key != 0) {
    if (slots[i].key == key) return &slots[i].value;
    i = (i + 1) & mask;
  }
  if (!insert) return NULL;
  slots[i].key = key;
  return &slots[i].value;
}

static BENCH_NOINLINE int erase(slot *slots, uint32_t mask, uint32_t key) {
  uint32_t i = hash(key) & mask;
  while (slots[i].key != key) {
    if (slots[i].key == 0) return 0;
    i = (i + 1) & mask;
  }
  for (uint32_t j = (i + 1) & mask; slots[j].key != 0; j = (j + 1) & mask) {
    uint32_t home = hash(slots[j].key) & mask;
    if (((j - home) & mask) >= ((j - i) & mask)) {
      slots[i] = slots[j];
      i = j;
    }
  }
  slots[i] = (slot){0, 0};
  return 1;
}

int main(int argc, char **argv) {
  uint32_t operations = bench_size(argc, argv, 3000000), mask = (1 << 17) - 1, live = 0;
  slot *slots = bench_alloc((mask + 1) * sizeof *slots);
  uint64_t checksum = 1;
  for (uint32_t i = 0; i < operations; i++) {
    uint32_t key = 1 + bench_random() % 90000, action = bench_random() % 8;
    if (action == 0) {
      live -= (uint32_t)erase(slots, mask, key);
    } else if (action < 4) {
      uint32_t *value = find(slots, mask, key, 1);
      live += *value == 0;
      *value += 1 + (i & 3);
    } else {
      uint32_t *value = find(slots, mask, key, 0);
      if (value != NULL) checksum = bench_mix(checksum, *value);
    }
  }
  uint32_t counted = 0;
  for (uint32_t i = 0; i <= mask; i++) counted += slots[i].key != 0;
  return bench_finish(argc, argv, bench_mix(checksum, live), counted == live);
}
