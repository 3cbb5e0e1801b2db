/* SIMD: z*z + c for four neighbouring points at a time, f32. */
#include "bench.h"

#ifdef BENCH_SIMD
typedef float f32x4 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));

static int any(i32x4 v) { return (v[0] | v[1] | v[2] | v[3]) != 0; }

static BENCH_NOINLINE void iterate(const float *real, float imaginary, int32_t limit,
                                   int32_t *counts) {
  f32x4 cr, x = {0}, y = {0}, xx = {0}, yy = {0}, four = {4, 4, 4, 4},
            ci = {imaginary, imaginary, imaginary, imaginary};
  i32x4 count = {0};
  memcpy(&cr, real, sizeof cr);
  for (int32_t n = 0; n < limit; n++) {
    i32x4 inside = xx + yy <= four;
    if (!any(inside)) break;
    count -= inside;
    y = (x + x) * y + ci;
    x = xx - yy + cr;
    xx = x * x;
    yy = y * y;
  }
  memcpy(counts, &count, sizeof count);
}
#else
static BENCH_NOINLINE void iterate(const float *real, float imaginary, int32_t limit,
                                   int32_t *counts) {
  for (int i = 0; i < 4; i++) {
    float x = 0, y = 0, xx = 0, yy = 0;
    int32_t n = 0;
    for (; n < limit && xx + yy <= 4; n++) {
      y = (x + x) * y + imaginary;
      x = xx - yy + real[i];
      xx = x * x;
      yy = y * y;
    }
    counts[i] = n;
  }
}
#endif

int main(int argc, char **argv) {
  uint32_t size = bench_size(argc, argv, 800);
  uint64_t checksum = 1;
  for (uint32_t i = 0; i < size; i++)
    for (uint32_t j = 0; j < size; j += 4) {
      float real[4];
      int32_t counts[4];
      for (uint32_t k = 0; k < 4; k++) real[k] = -2.0f + 3.0f * (float)(j + k) / (float)size;
      iterate(real, -1.5f + 3.0f * (float)i / (float)size, 600, counts);
      for (int k = 0; k < 4; k++) checksum = bench_mix(checksum, (uint32_t)counts[k]);
    }
  return bench_finish(argc, argv, checksum, 1);
}
