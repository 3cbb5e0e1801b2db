/* Five-point stencil on a square grid in f64. */
#include "bench.h"

static BENCH_NOINLINE void step(uint32_t n, const double *from, double *to) {
  for (uint32_t i = 1; i < n - 1; i++)
    for (uint32_t j = 1; j < n - 1; j++)
      to[i * n + j] = 0.2 * (from[i * n + j] + from[i * n + j - 1] + from[i * n + j + 1] +
                             from[(i - 1) * n + j] + from[(i + 1) * n + j]);
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 150), n = 500;
  double *a = bench_alloc(n * n * sizeof *a), *b = bench_alloc(n * n * sizeof *b);
  for (uint32_t i = 0; i < n * n; i++) a[i] = b[i] = (double)(bench_random() % 1000) / 10.0;
  for (uint32_t r = 0; r < rounds; r++) {
    step(n, a, b);
    step(n, b, a);
  }
  uint64_t checksum = 1;
  for (uint32_t i = 0; i < n * n; i++) checksum = bench_mix_f64(checksum, a[i]);
  return bench_finish(argc, argv, checksum, 1);
}
