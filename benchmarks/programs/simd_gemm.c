/* SIMD: f32 matrix product in tiles of 4 rows by 8 columns, with the sums in vectors. */
#include "bench.h"

#ifdef BENCH_SIMD
typedef float f32x4 __attribute__((vector_size(16)));

static void tile(uint32_t n, const float *a, const float *b, float *c) {
  f32x4 sum[4][2] = {{{0}}};
  for (uint32_t k = 0; k < n; k++) {
    f32x4 b0 = *(const f32x4 *)(b + k * n), b1 = *(const f32x4 *)(b + k * n + 4);
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
      float x = a[(uint32_t)i * n + k];
      f32x4 v = {x, x, x, x};
      sum[i][0] += v * b0;
      sum[i][1] += v * b1;
    }
  }
  for (uint32_t i = 0; i < 4; i++) {
    *(f32x4 *)(c + i * n) = sum[i][0];
    *(f32x4 *)(c + i * n + 4) = sum[i][1];
  }
}
#else
static void tile(uint32_t n, const float *a, const float *b, float *c) {
  for (uint32_t i = 0; i < 4; i++)
    for (uint32_t j = 0; j < 8; j += 4) {
      float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (uint32_t k = 0; k < n; k++) {
        float x = a[i * n + k];
        const float *row = b + k * n + j;
        s0 += x * row[0];
        s1 += x * row[1];
        s2 += x * row[2];
        s3 += x * row[3];
      }
      float *to = c + i * n + j;
      to[0] = s0, to[1] = s1, to[2] = s2, to[3] = s3;
    }
}
#endif

int main(int argc, char **argv) {
  uint32_t n = bench_size(argc, argv, 480) / 8 * 8;
  float *a = bench_alloc(n * n * sizeof *a), *b = bench_alloc(n * n * sizeof *b),
        *c = bench_alloc(n * n * sizeof *c);
  for (uint32_t i = 0; i < n * n; i++) {
    a[i] = (float)(bench_random() % 1000) / 16.0f;
    b[i] = (float)(bench_random() % 1000) / 32.0f;
  }
  for (uint32_t i = 0; i < n; i += 4)
    for (uint32_t j = 0; j < n; j += 8) tile(n, a + i * n, b + j, c + i * n + j);
  uint64_t checksum = 1;
  for (uint32_t i = 0; i < n * n; i++) checksum = bench_mix_f64(checksum, (double)c[i]);
  return bench_finish(argc, argv, checksum, 1);
}
