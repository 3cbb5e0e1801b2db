/* Bit manipulation: counting, leading and trailing zeros, reversal, a sieve of bits, Gray codes,
 * Hamming distances. */
#include "bench.h"

static uint32_t reverse(uint32_t x) {
  x = (x & 0x55555555u) << 1 | (x >> 1 & 0x55555555u);
  x = (x & 0x33333333u) << 2 | (x >> 2 & 0x33333333u);
  x = (x & 0x0f0f0f0fu) << 4 | (x >> 4 & 0x0f0f0f0fu);
  return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24;
}

static BENCH_NOINLINE uint32_t sieve(uint32_t *bits, uint32_t n) {
  memset(bits, 0xff, n / 8);
  for (uint32_t i = 3; i * i < n; i += 2)
    if (bits[i >> 5] >> (i & 31) & 1)
      for (uint32_t j = i * i; j < n; j += 2 * i) bits[j >> 5] &= ~(1u << (j & 31));
  uint32_t count = 1;
  for (uint32_t i = 0; i < n / 32; i++)
    count += (uint32_t)__builtin_popcount(bits[i] & 0xaaaaaaaau);
  return count - 1;
}

static BENCH_NOINLINE uint64_t scan(const uint64_t *words, uint32_t n) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) {
    sum += (uint64_t)__builtin_clzll(words[i] | 1) * 3 +
           (uint64_t)__builtin_ctzll(words[i] | 1u << 31);
    for (uint64_t w = words[i]; w != 0; w &= w - 1) sum += (uint64_t)__builtin_ctzll(w) ^ i;
  }
  return sum;
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 36), n = 1 << 20, words = 1 << 14;
  uint32_t *bits = bench_alloc(n / 8);
  uint64_t *data = bench_alloc(words * sizeof *data), checksum = 1;
  int correct = 1;
  for (uint32_t i = 0; i < words; i++) data[i] = (uint64_t)bench_random() << 32 | bench_random();
  for (uint32_t r = 0; r < rounds; r++) {
    correct &= sieve(bits, n) == 82025;
    checksum = bench_mix(checksum, scan(data, words));
    uint32_t distance = 0;
    for (uint32_t i = 1; i < words; i++)
      distance += (uint32_t)__builtin_popcountll(data[i] ^ data[i - 1]);
    for (uint32_t i = 0; i < 1 << 19; i++) distance += reverse(i ^ i >> 1) >> 20;
    checksum = bench_mix(checksum, distance);
    data[r] = checksum;
  }
  return bench_finish(argc, argv, checksum, correct);
}
