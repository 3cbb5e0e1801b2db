/* All shortest paths (Floyd-Warshall) in i32: load, add, compare, select. */
#include "bench.h"

static BENCH_NOINLINE void relax(uint32_t n, int32_t *d) {
  for (uint32_t k = 0; k < n; k++)
    for (uint32_t i = 0; i < n; i++) {
      int32_t to_k = d[i * n + k];
      for (uint32_t j = 0; j < n; j++) {
        int32_t through = to_k + d[k * n + j];
        if (through < d[i * n + j]) d[i * n + j] = through;
      }
    }
}

int main(int argc, char **argv) {
  uint32_t n = bench_size(argc, argv, 460);
  int32_t *d = bench_alloc(n * n * sizeof *d);
  for (uint32_t i = 0; i < n * n; i++)
    d[i] = bench_random() % 8 == 0 ? (int32_t)(bench_random() % 1000) : 1000000;
  for (uint32_t i = 0; i < n; i++) d[i * n + i] = 0;
  relax(n, d);
  uint64_t checksum = 1;
  for (uint32_t i = 0; i < n * n; i++) checksum = bench_mix(checksum, (uint32_t)d[i]);
  return bench_finish(argc, argv, checksum, 1);
}
