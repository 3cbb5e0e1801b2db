/* SIMD: a 3 by 3 box-like blur of a grey picture in bytes, plain loops that the compiler
 * vectorises. */
#include "bench.h"

static BENCH_NOINLINE void blur(uint32_t width, uint32_t height, const uint8_t *restrict in,
                                uint8_t *restrict out) {
  for (uint32_t y = 1; y < height - 1; y++) {
    const uint8_t *a = in + (y - 1) * width, *b = a + width, *c = b + width;
    uint8_t *to = out + y * width;
    for (uint32_t x = 1; x < width - 1; x++) {
      uint16_t sum = (uint16_t)(a[x - 1] + 2 * a[x] + a[x + 1] + 2 * b[x - 1] + 4 * b[x] +
                                2 * b[x + 1] + c[x - 1] + 2 * c[x] + c[x + 1]);
      to[x] = (uint8_t)(sum >> 4);
    }
  }
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 50), width = 1024, height = 768;
  uint8_t *a = bench_alloc(width * height), *b = bench_alloc(width * height);
  for (uint32_t i = 0; i < width * height; i++) a[i] = b[i] = (uint8_t)bench_random();
  for (uint32_t r = 0; r < rounds; r++) {
    blur(width, height, a, b);
    blur(width, height, b, a);
  }
  return bench_finish(argc, argv, bench_mix_bytes(1, a, width * height), 1);
}
