/* Dense matrix product in f32 with the inner loop over a column: strided loads and a scalar sum. */
#include "bench.h"

static BENCH_NOINLINE void gemm(uint32_t n, const float *a, const float *b, float *c) {
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j < n; j++) {
      float sum = 0;
      for (uint32_t k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      c[i * n + j] = sum;
    }
}

int main(int argc, char **argv) {
  uint32_t n = bench_size(argc, argv, 400);
  float *a = bench_alloc(n * n * sizeof *a), *b = bench_alloc(n * n * sizeof *b);
  float *c = bench_alloc(n * n * sizeof *c);
  for (uint32_t i = 0; i < n * n; i++) {
    a[i] = (float)(bench_random() % 1000) / 16.0f;
    b[i] = (float)(bench_random() % 1000) / 32.0f;
  }
  gemm(n, a, b, c);
  uint64_t checksum = 1;
  for (uint32_t i = 0; i < n * n; i++) checksum = bench_mix_f64(checksum, (double)c[i]);
  return bench_finish(argc, argv, checksum, 1);
}
