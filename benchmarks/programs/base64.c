/* Base64: encodes and decodes a buffer. */
#include "bench.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static int8_t reverse[256];

static BENCH_NOINLINE uint32_t encode(const uint8_t *in, uint32_t n, char *out) {
  char *start = out;
  for (; n >= 3; n -= 3, in += 3) {
    uint32_t x = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    *out++ = alphabet[x >> 18];
    *out++ = alphabet[x >> 12 & 63];
    *out++ = alphabet[x >> 6 & 63];
    *out++ = alphabet[x & 63];
  }
  if (n > 0) {
    uint32_t x = (uint32_t)in[0] << 16 | (n == 2 ? (uint32_t)in[1] << 8 : 0);
    *out++ = alphabet[x >> 18];
    *out++ = alphabet[x >> 12 & 63];
    *out++ = n == 2 ? alphabet[x >> 6 & 63] : '=';
    *out++ = '=';
  }
  return (uint32_t)(out - start);
}

static BENCH_NOINLINE uint32_t decode(const char *in, uint32_t n, uint8_t *out) {
  uint8_t *start = out;
  for (; n >= 4; n -= 4, in += 4) {
    int32_t a = reverse[(uint8_t)in[0]], b = reverse[(uint8_t)in[1]], c = reverse[(uint8_t)in[2]],
            d = reverse[(uint8_t)in[3]];
    if (a < 0 || b < 0) return 0;
    *out++ = (uint8_t)(a << 2 | b >> 4);
    if (in[2] == '=') break;
    if (c < 0) return 0;
    *out++ = (uint8_t)(b << 4 | c >> 2);
    if (in[3] == '=') break;
    if (d < 0) return 0;
    *out++ = (uint8_t)(c << 6 | d);
  }
  return (uint32_t)(out - start);
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 30), length = 1 << 20;
  uint8_t *data = bench_alloc(length), *back = bench_alloc(length + 4);
  char *text = bench_alloc(length * 2);
  memset(reverse, -1, sizeof reverse);
  for (int i = 0; i < 64; i++) reverse[(uint8_t)alphabet[i]] = (int8_t)i;
  for (uint32_t i = 0; i < length; i++) data[i] = (uint8_t)bench_random();
  uint64_t checksum = 1;
  int correct = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    uint32_t n = encode(data, length - r, text);
    correct &= decode(text, n, back) == length - r && memcmp(data, back, length - r) == 0;
    checksum = bench_mix_bytes(checksum, text + n - 256, 256);
    data[r] = (uint8_t)checksum;
  }
  return bench_finish(argc, argv, checksum, correct);
}
