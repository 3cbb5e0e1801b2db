/* 32-bit integer arithmetic: MurmurHash-like mixing, a permuted generator, Feistel rounds (XTEA),
 * gcd. */
#include "bench.h"

static uint32_t rotate(uint32_t x, int n) { return x << n | x >> (32 - n); }

static BENCH_NOINLINE uint32_t murmur(const uint32_t *data, uint32_t n, uint32_t seed) {
  uint32_t h = seed;
  for (uint32_t i = 0; i < n; i++) {
    h ^= rotate(data[i] * 0xcc9e2d51u, 15) * 0x1b873593u;
    h = rotate(h, 13) * 5 + 0xe6546b64u;
  }
  h = (h ^ h >> 16) * 0x85ebca6bu;
  h = (h ^ h >> 13) * 0xc2b2ae35u;
  return h ^ h >> 16;
}

static BENCH_NOINLINE void encipher(uint32_t *v, const uint32_t *key) {
  uint32_t a = v[0], b = v[1], sum = 0;
  for (int i = 0; i < 32; i++) {
    a += ((b << 4 ^ b >> 5) + b) ^ (sum + key[sum & 3]);
    sum += 0x9e3779b9u;
    b += ((a << 4 ^ a >> 5) + a) ^ (sum + key[sum >> 11 & 3]);
  }
  v[0] = a, v[1] = b;
}

static BENCH_NOINLINE void decipher(uint32_t *v, const uint32_t *key) {
  uint32_t a = v[0], b = v[1], sum = 0x9e3779b9u * 32;
  for (int i = 0; i < 32; i++) {
    b -= ((a << 4 ^ a >> 5) + a) ^ (sum + key[sum >> 11 & 3]);
    sum -= 0x9e3779b9u;
    a -= ((b << 4 ^ b >> 5) + b) ^ (sum + key[sum & 3]);
  }
  v[0] = a, v[1] = b;
}

static uint32_t gcd(uint32_t a, uint32_t b) {
  while (b != 0) {
    uint32_t t = a % b;
    a = b;
    b = t;
  }
  return a;
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 22), n = 1 << 15;
  uint32_t *data = bench_alloc(n * sizeof *data), *copy = bench_alloc(n * sizeof *copy),
           key[4] = {1, 0x203, 0x40506, 0x708090a};
  for (uint32_t i = 0; i < n; i++) data[i] = bench_random();
  uint64_t checksum = 1;
  int correct = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    for (uint32_t k = 0; k < 8; k++) checksum = bench_mix(checksum, murmur(data, n, r + k));
    memcpy(copy, data, n * sizeof *copy);
    for (uint32_t i = 0; i < n; i += 2) encipher(copy + i, key);
    checksum = bench_mix(checksum, copy[r]);
    for (uint32_t i = 0; i < n; i += 2) decipher(copy + i, key);
    correct &= memcmp(copy, data, n * sizeof *copy) == 0;
    for (uint32_t i = 0; i < 4000; i++) checksum += gcd(data[i], data[i + 1] >> 3 | 1);
    data[r] = (uint32_t)checksum;
  }
  return bench_finish(argc, argv, checksum, correct);
}
