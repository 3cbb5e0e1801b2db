/* SIMD: alpha blending of 32-bit pixels and an audio mix with saturation, plain loops that the
 * compiler vectorises. */
#include "bench.h"

static BENCH_NOINLINE void blend(const uint8_t *restrict over, uint8_t *restrict under, uint32_t n,
                                 uint32_t alpha) {
  for (uint32_t i = 0; i < n; i++) {
    uint16_t x = (uint16_t)(over[i] * (uint16_t)alpha + under[i] * (uint16_t)(255 - alpha) + 128);
    under[i] = (uint8_t)((uint16_t)(x + (x >> 8)) >> 8);
  }
}

static BENCH_NOINLINE void mix(const int16_t *restrict a, int16_t *restrict b, uint32_t n,
                               int32_t gain) {
  for (uint32_t i = 0; i < n; i++) {
    int32_t x = ((a[i] * gain) >> 8) + b[i];
    x = x > 32767 ? 32767 : x;
    b[i] = (int16_t)(x < -32768 ? -32768 : x);
  }
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 70), n = 1 << 20;
  uint8_t *over = bench_alloc(n), *under = bench_alloc(n);
  int16_t *a = bench_alloc(n), *b = bench_alloc(n);
  for (uint32_t i = 0; i < n; i++)
    over[i] = (uint8_t)bench_random(), under[i] = (uint8_t)bench_random();
  for (uint32_t i = 0; i < n / 2; i++)
    a[i] = (int16_t)bench_random(), b[i] = (int16_t)bench_random();
  for (uint32_t r = 0; r < rounds; r++) {
    blend(over, under, n, r * 37 & 255);
    mix(a, b, n / 2, (int32_t)(r * 91 & 511) - 256);
  }
  return bench_finish(argc, argv, bench_mix_bytes(bench_mix_bytes(1, under, n), b, n), 1);
}
