/* Dense matrix product in f64, row by row: C += A * B. */
#include "bench.h"

static BENCH_NOINLINE void gemm(uint32_t n, const double *a, const double *b, double *c) {
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t k = 0; k < n; k++) {
      double x = a[i * n + k];
      for (uint32_t j = 0; j < n; j++) c[i * n + j] += x * b[k * n + j];
    }
}

int main(int argc, char **argv) {
  uint32_t n = bench_size(argc, argv, 600);
  double *a = bench_alloc(n * n * sizeof *a), *b = bench_alloc(n * n * sizeof *b);
  double *c = bench_alloc(n * n * sizeof *c);
  for (uint32_t i = 0; i < n * n; i++) {
    a[i] = (double)(bench_random() % 1000) / 16.0;
    b[i] = (double)(bench_random() % 1000) / 32.0;
  }
  gemm(n, a, b, c);
  uint64_t checksum = 1;
  for (uint32_t i = 0; i < n * n; i++) checksum = bench_mix_f64(checksum, c[i]);
  return bench_finish(argc, argv, checksum, 1);
}
