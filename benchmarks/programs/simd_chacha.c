/* SIMD: ChaCha20 with a row of the state in each vector (rotations of lanes are shuffles). */
#include "bench.h"

#ifdef BENCH_SIMD
typedef uint32_t u32x4 __attribute__((vector_size(16)));

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define QUARTER(a, b, c, d)                                               \
  do {                                                                    \
    a += b, d ^= a, d = ROTATE(d, 16), c += d, b ^= c, b = ROTATE(b, 12); \
    a += b, d ^= a, d = ROTATE(d, 8), c += d, b ^= c, b = ROTATE(b, 7);   \
  } while (0)

static BENCH_NOINLINE void block(const uint32_t *state, uint32_t *out) {
  u32x4 s[4], a, b, c, d;
  memcpy(s, state, sizeof s);
  a = s[0], b = s[1], c = s[2], d = s[3];
  for (int i = 0; i < 10; i++) {
    QUARTER(a, b, c, d);
    b = __builtin_shufflevector(b, b, 1, 2, 3, 0);
    c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
    d = __builtin_shufflevector(d, d, 3, 0, 1, 2);
    QUARTER(a, b, c, d);
    b = __builtin_shufflevector(b, b, 3, 0, 1, 2);
    c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
    d = __builtin_shufflevector(d, d, 1, 2, 3, 0);
  }
  s[0] += a, s[1] += b, s[2] += c, s[3] += d;
  memcpy(out, s, sizeof s);
}
#else
static uint32_t rotate(uint32_t x, int n) { return x << n | x >> (32 - n); }

#define QUARTER(a, b, c, d)                                                                   \
  a += b, d = rotate(d ^ a, 16), c += d, b = rotate(b ^ c, 12), a += b, d = rotate(d ^ a, 8), \
          c += d, b = rotate(b ^ c, 7)

static BENCH_NOINLINE void block(const uint32_t *state, uint32_t *x) {
  for (int i = 0; i < 16; i++) x[i] = state[i];
  for (int i = 0; i < 10; i++) {
    QUARTER(x[0], x[4], x[8], x[12]);
    QUARTER(x[1], x[5], x[9], x[13]);
    QUARTER(x[2], x[6], x[10], x[14]);
    QUARTER(x[3], x[7], x[11], x[15]);
    QUARTER(x[0], x[5], x[10], x[15]);
    QUARTER(x[1], x[6], x[11], x[12]);
    QUARTER(x[2], x[7], x[8], x[13]);
    QUARTER(x[3], x[4], x[9], x[14]);
  }
  for (int i = 0; i < 16; i++) x[i] += state[i];
}
#endif

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 30), length = 1 << 18;
  uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, stream[16];
  for (uint32_t i = 4; i < 16; i++) state[i] = bench_random();
  uint32_t *data = bench_alloc(length * sizeof *data);
  uint64_t checksum = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    for (uint32_t at = 0; at < length; at += 16) {
      block(state, stream);
      state[12]++;
      for (int i = 0; i < 16; i++) data[at + (uint32_t)i] ^= stream[i];
    }
    checksum = bench_mix_bytes(checksum, data, 4096);
  }
  return bench_finish(argc, argv, checksum, 1);
}
