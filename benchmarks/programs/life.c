/* Conway's life on a byte for each cell with wrapped edges. */
#include "bench.h"

static BENCH_NOINLINE void generation(int n, const uint8_t *from, uint8_t *to) {
  for (int i = 0; i < n; i++) {
    const uint8_t *above = from + (i + n - 1) % n * n, *row = from + i * n,
                  *below = from + (i + 1) % n * n;
    for (int j = 0; j < n; j++) {
      int left = j == 0 ? n - 1 : j - 1, right = j == n - 1 ? 0 : j + 1;
      int alive = above[left] + above[j] + above[right] + row[left] + row[right] + below[left] +
                  below[j] + below[right];
      to[i * n + j] = alive == 3 || (alive == 2 && row[j]);
    }
  }
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 80);
  int n = 400;
  uint8_t *a = bench_alloc((size_t)n * n), *b = bench_alloc((size_t)n * n);
  for (int i = 0; i < n * n; i++) a[i] = bench_random() % 3 == 0;
  uint64_t checksum = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    generation(n, a, b);
    generation(n, b, a);
    checksum = bench_mix(checksum, a[r]);
  }
  return bench_finish(argc, argv, bench_mix_bytes(checksum, a, (size_t)n * n), 1);
}
