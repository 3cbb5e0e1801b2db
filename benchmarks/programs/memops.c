/* Copies, moves and fills of many sizes.
 * wasm-flags: -mbulk-memory */
#include "bench.h"

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 1500000), size = 1 << 20;
  uint8_t *a = bench_alloc(size), *b = bench_alloc(size);
  for (uint32_t i = 0; i < size; i++) a[i] = (uint8_t)bench_random();
  for (uint32_t r = 0; r < rounds; r++) {
    uint32_t x = bench_random(), length = r % 64 == 0 ? x % 65536 : x % 200,
             from = x >> 7 & 0x7ffff, to = x >> 11 & 0x7ffff;
    switch (r & 3) {
      case 0:
        memcpy(b + to, a + from, length);
        break;
      case 1:
        memmove(a + to, a + from, length);
        break;
      case 2:
        memset(b + from, (int)x, length);
        break;
      default:
        memcpy(a + from, b + to, 48);
        break;
    }
  }
  return bench_finish(argc, argv, bench_mix_bytes(bench_mix_bytes(1, a, size), b, size), 1);
}
