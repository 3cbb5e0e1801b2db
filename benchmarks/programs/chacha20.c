/* ChaCha20 (RFC 8439): enciphers a buffer and deciphers it again. */
#include "bench.h"

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

static void cipher(uint32_t *state, uint8_t *data, uint32_t length) {
  uint32_t stream[16];
  for (uint32_t at = 0; at < length; at += 64, state[12]++) {
    block(state, stream);
    for (int i = 0; i < 64; i++) data[at + i] ^= (uint8_t)(stream[i / 4] >> (8 * (i % 4)));
  }
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 24), length = 1 << 20;
  uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (uint32_t i = 0; i < 8; i++) state[4 + i] = 0x03020100u + 0x04040404u * i;
  uint32_t test[16], expected[3] = {0x09000000, 0x4a000000, 0};
  memcpy(state + 13, expected, sizeof expected);
  state[12] = 1;
  block(state, test);
  int correct = test[0] == 0xe4e7f110 && test[15] == 0x4e3c50a2;
  uint8_t *data = bench_alloc(length);
  for (uint32_t i = 0; i < length; i++) data[i] = (uint8_t)(i * 7);
  uint64_t checksum = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    state[12] = 0;
    state[13] = r / 2;
    cipher(state, data, length);
    checksum = bench_mix_bytes(checksum, data, 4096);
  }
  for (uint32_t i = 0; i < length && rounds % 2 == 0; i++) correct &= data[i] == (uint8_t)(i * 7);
  return bench_finish(argc, argv, checksum, correct);
}
