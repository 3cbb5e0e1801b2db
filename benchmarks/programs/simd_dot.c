/* SIMD: dot products of f32 and f64 vectors, with the sums kept in lanes. */
#include "bench.h"

#ifdef BENCH_SIMD
typedef float f32x4 __attribute__((vector_size(16)));
typedef double f64x2 __attribute__((vector_size(16)));

static BENCH_NOINLINE float dot_f32(const float *a, const float *b, uint32_t n) {
  f32x4 sum = {0};
  for (uint32_t i = 0; i < n; i += 4) sum += *(const f32x4 *)(a + i) * *(const f32x4 *)(b + i);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static BENCH_NOINLINE double dot_f64(const double *a, const double *b, uint32_t n) {
  f64x2 sum = {0};
  for (uint32_t i = 0; i < n; i += 2) sum += *(const f64x2 *)(a + i) * *(const f64x2 *)(b + i);
  return sum[0] + sum[1];
}
#else
static BENCH_NOINLINE float dot_f32(const float *a, const float *b, uint32_t n) {
  float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (uint32_t i = 0; i < n; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  return (s0 + s1) + (s2 + s3);
}

static BENCH_NOINLINE double dot_f64(const double *a, const double *b, uint32_t n) {
  double s0 = 0, s1 = 0;
  for (uint32_t i = 0; i < n; i += 2) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
  }
  return s0 + s1;
}
#endif

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 10000), n = 8192;
  float *a = bench_alloc(n * sizeof *a), *b = bench_alloc(n * sizeof *b);
  double *c = bench_alloc(n * sizeof *c), *d = bench_alloc(n * sizeof *d);
  for (uint32_t i = 0; i < n; i++) {
    c[i] = a[i] = (float)(bench_random() % 1000) / 64.0f;
    d[i] = b[i] = (float)(bench_random() % 1000) / 128.0f - 4.0f;
  }
  uint64_t checksum = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    checksum = bench_mix_f64(checksum, (double)dot_f32(a, b, n));
    checksum = bench_mix_f64(checksum, dot_f64(c, d, n));
    a[r % n] += 1;
    c[r % n] -= 1;
  }
  return bench_finish(argc, argv, checksum, 1);
}
