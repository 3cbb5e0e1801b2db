/* SIMD: motion search by the sum of absolute differences of 16 by 16 blocks. */
#include "bench.h"

enum { WIDTH = 640, HEIGHT = 360 };

#ifdef BENCH_SIMD
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint16_t u16x8 __attribute__((vector_size(16)));
typedef uint8_t u8x8 __attribute__((vector_size(8)));

static u8x16 load(const uint8_t *p) {
  u8x16 v;
  memcpy(&v, p, sizeof v);
  return v;
}

static BENCH_NOINLINE uint32_t difference(const uint8_t *a, const uint8_t *b) {
  u16x8 sum = {0};
  for (int y = 0; y < 16; y++, a += WIDTH, b += WIDTH) {
    u8x16 x = load(a), z = load(b), greater = (u8x16)(x > z);
    u8x16 d = ((x - z) & greater) | ((z - x) & ~greater);
    sum +=
        __builtin_convertvector(__builtin_shufflevector(d, d, 0, 1, 2, 3, 4, 5, 6, 7), u16x8) +
        __builtin_convertvector(__builtin_shufflevector(d, d, 8, 9, 10, 11, 12, 13, 14, 15), u16x8);
  }
  uint32_t total = 0;
  for (int i = 0; i < 8; i++) total += sum[i];
  return total;
}
#else
static BENCH_NOINLINE uint32_t difference(const uint8_t *a, const uint8_t *b) {
  uint32_t total = 0;
  for (int y = 0; y < 16; y++, a += WIDTH, b += WIDTH)
    for (int x = 0; x < 16; x++) total += (uint32_t)(a[x] > b[x] ? a[x] - b[x] : b[x] - a[x]);
  return total;
}
#endif

int main(int argc, char **argv) {
  int range = (int)bench_size(argc, argv, 24);
  uint8_t *a = bench_alloc(WIDTH * HEIGHT), *b = bench_alloc(WIDTH * HEIGHT);
  for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
    a[i] = (uint8_t)((i % WIDTH * 3 + i / WIDTH * 5 + bench_random() % 64));
  for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
    b[i] = (uint8_t)(a[(i + 5 + 3 * WIDTH) % (WIDTH * HEIGHT)] + bench_random() % 4);
  uint64_t checksum = 1;
  for (int y = range; y + 16 + range <= HEIGHT; y += 16)
    for (int x = range; x + 16 + range <= WIDTH; x += 16) {
      uint32_t least = UINT32_MAX, best = 0;
      for (int dy = -range; dy < range; dy++)
        for (int dx = -range; dx < range; dx++) {
          uint32_t d = difference(b + y * WIDTH + x, a + (y + dy) * WIDTH + x + dx);
          if (d < least) {
            least = d;
            best = (uint32_t)((dy + range) * 256 + dx + range);
          }
        }
      checksum = bench_mix(bench_mix(checksum, least), best);
    }
  return bench_finish(argc, argv, checksum, 1);
}
