/* SHA-256 (FIPS 180-4) over a buffer, its constants derived from the primes with integer roots. */
#include "bench.h"

static uint32_t round_constant[64], initial[8];

/* The first 32 bits of the fraction of a root of n: the largest r with r^power <= n * 2^(32*power).
 */
static uint32_t fraction_of_root(uint32_t n, int power) {
  unsigned __int128 target = (unsigned __int128)n << (32 * 2);
  uint64_t r = 0;
  for (uint64_t bit = (uint64_t)1 << 36; bit != 0; bit >>= 1) {
    uint64_t t = r | bit;
    unsigned __int128 square = (unsigned __int128)t * t;
    /* The cube needs 105 bits of 128: n * 2^96 is below 2^105. */
    int fits = power == 2 ? square <= target : square * t <= (target << 32);
    if (fits) r = t;
  }
  return (uint32_t)r;
}

static void make_constants(void) {
  uint32_t found = 0;
  for (uint32_t n = 2; found < 64; n++) {
    int prime = 1;
    for (uint32_t d = 2; d * d <= n; d++) prime &= n % d != 0;
    if (!prime) continue;
    if (found < 8) initial[found] = fraction_of_root(n, 2);
    round_constant[found++] = fraction_of_root(n, 3);
  }
}

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static BENCH_NOINLINE void compress(uint32_t *state, const uint8_t *block) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) {
    const uint8_t *p = block + 4 * i;
    w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
  }
  for (int i = 16; i < 64; i++) {
    uint32_t x = w[i - 15], y = w[i - 2];
    w[i] = w[i - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[i - 7] +
           (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
  }
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t e = s[4], a = s[0];
    uint32_t t1 = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                  ((e & s[5]) ^ (~e & s[6])) + round_constant[i] + w[i];
    uint32_t t2 =
        (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
    s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + t1;
    s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

static void digest(const uint8_t *data, uint32_t length, uint32_t *state) {
  memcpy(state, initial, sizeof initial);
  uint32_t whole = length / 64 * 64;
  for (uint32_t i = 0; i < whole; i += 64) compress(state, data + i);
  uint8_t tail[128] = {0};
  uint32_t rest = length - whole, size = rest < 56 ? 64 : 128;
  memcpy(tail, data + whole, rest);
  tail[rest] = 0x80;
  for (int i = 0; i < 8; i++) tail[size - 1 - i] = (uint8_t)((uint64_t)length * 8 >> (8 * i));
  for (uint32_t i = 0; i < size; i += 64) compress(state, tail + i);
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 24), length = 1 << 20, state[8];
  make_constants();
  digest((const uint8_t *)"abc", 3, state);
  int correct = state[0] == 0xba7816bf && state[7] == 0xf20015ad;
  uint8_t *data = bench_alloc(length);
  for (uint32_t i = 0; i < length; i++) data[i] = (uint8_t)bench_random();
  uint64_t checksum = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    digest(data, length - r, state);
    for (int i = 0; i < 8; i++) checksum = bench_mix(checksum, state[i]);
    memcpy(data + r, state, sizeof state);
  }
  return bench_finish(argc, argv, checksum, correct);
}
