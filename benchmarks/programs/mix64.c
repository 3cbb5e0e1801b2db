/* 64-bit integer arithmetic: xorshift, SipHash-2-4, SplitMix and a modular power. */
#include "bench.h"

static uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

#define ROUND(v)                                                           \
  do {                                                                     \
    v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32); \
    v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];                          \
    v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];                          \
    v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32); \
  } while (0)

static BENCH_NOINLINE uint64_t siphash(const uint8_t *data, size_t length, uint64_t k0,
                                       uint64_t k1) {
  uint64_t v[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                   k1 ^ 0x7465646279746573u};
  uint64_t last = (uint64_t)length << 56, word;
  for (; length >= 8; length -= 8, data += 8) {
    memcpy(&word, data, 8);
    v[3] ^= word;
    ROUND(v);
    ROUND(v);
    v[0] ^= word;
  }
  for (size_t i = 0; i < length; i++) last |= (uint64_t)data[i] << (8 * i);
  v[3] ^= last;
  ROUND(v);
  ROUND(v);
  v[0] ^= last;
  v[2] ^= 0xff;
  for (int i = 0; i < 4; i++) ROUND(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static BENCH_NOINLINE uint64_t generators(uint32_t n) {
  uint64_t x = 88172645463325252u, s = 1, sum = 0;
  while (n-- > 0) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    uint64_t z = s += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    sum += x ^ z ^ z >> 31;
  }
  return sum;
}

static BENCH_NOINLINE uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus) {
  uint64_t result = 1;
  for (base %= modulus; exponent != 0; exponent >>= 1, base = base * base % modulus)
    if (exponent & 1) result = result * base % modulus;
  return result;
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 25), length = 1 << 20;
  uint8_t *data = bench_alloc(length);
  for (uint32_t i = 0; i < length; i++) data[i] = (uint8_t)(i < 15 ? i : bench_random());
  int correct = siphash(data, 15, 0x0706050403020100u, 0x0f0e0d0c0b0a0908u) == 0xa129ca6149be45e5u;
  uint64_t checksum = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    checksum = bench_mix(checksum, siphash(data, length, checksum, r));
    checksum = bench_mix(checksum, generators(1 << 20));
    for (uint64_t p = 0; p < 500; p++) correct &= power(2 + p, 4294967290u, 4294967291u) == 1;
  }
  return bench_finish(argc, argv, checksum, correct);
}
