/* 0/1 knapsack by dynamic programming, with the chosen items traced back. */
#include "bench.h"

static BENCH_NOINLINE void fill(uint32_t items, uint32_t capacity, const uint32_t *weight,
                                const uint32_t *value, uint32_t *best, uint8_t *taken) {
  for (uint32_t i = 0; i < items; i++)
    for (uint32_t c = capacity; c >= weight[i]; c--) {
      uint32_t with = best[c - weight[i]] + value[i];
      if (with > best[c]) {
        best[c] = with;
        taken[i * (capacity + 1) + c] = 1;
      }
    }
}

int main(int argc, char **argv) {
  uint32_t items = bench_size(argc, argv, 1200), capacity = 50000;
  uint32_t *weight = bench_alloc(items * sizeof *weight),
           *value = bench_alloc(items * sizeof *value);
  uint32_t *best = bench_alloc((capacity + 1) * sizeof *best);
  uint8_t *taken = bench_alloc((size_t)items * (capacity + 1));
  for (uint32_t i = 0; i < items; i++) {
    weight[i] = 1 + bench_random() % 400;
    value[i] = 1 + bench_random() % 1000;
  }
  fill(items, capacity, weight, value, best, taken);
  uint32_t left = capacity, total = 0, chosen = 0;
  for (uint32_t i = items; i-- > 0;)
    if (taken[i * (capacity + 1) + left]) {
      left -= weight[i];
      total += value[i];
      chosen++;
    }
  return bench_finish(argc, argv, bench_mix(bench_mix(1, best[capacity]), chosen),
                      total == best[capacity]);
}
