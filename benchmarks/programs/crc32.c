/* CRC-32 by byte and by four tables, and Adler-32: table look-ups and shifts. */
#include "bench.h"

static uint32_t table[4][256];

static void make_tables(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
    table[0][i] = c;
  }
  for (uint32_t i = 0; i < 256; i++)
    for (int t = 1; t < 4; t++)
      table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
}

static BENCH_NOINLINE uint32_t crc_bytes(const uint8_t *p, size_t n) {
  uint32_t c = ~0u;
  while (n-- > 0) c = table[0][(c ^ *p++) & 255] ^ c >> 8;
  return ~c;
}

static BENCH_NOINLINE uint32_t crc_words(const uint8_t *p, size_t n) {
  uint32_t c = ~0u;
  for (; n >= 4; n -= 4, p += 4) {
    uint32_t word;
    memcpy(&word, p, 4);
    c ^= word;
    c = table[3][c & 255] ^ table[2][c >> 8 & 255] ^ table[1][c >> 16 & 255] ^ table[0][c >> 24];
  }
  while (n-- > 0) c = table[0][(c ^ *p++) & 255] ^ c >> 8;
  return ~c;
}

static BENCH_NOINLINE uint32_t adler(const uint8_t *p, size_t n) {
  uint32_t a = 1, b = 0;
  while (n > 0) {
    size_t part = n < 5552 ? n : 5552;
    n -= part;
    while (part-- > 0) b += a += *p++;
    a %= 65521, b %= 65521;
  }
  return b << 16 | a;
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 22), length = 1 << 20;
  make_tables();
  uint8_t *data = bench_alloc(length);
  for (uint32_t i = 0; i < length; i++) data[i] = (uint8_t)bench_random();
  int correct = crc_bytes((const uint8_t *)"123456789", 9) == 0xcbf43926u;
  uint64_t checksum = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    uint32_t crc = crc_bytes(data, length);
    correct &= crc == crc_words(data, length);
    checksum = bench_mix(bench_mix(checksum, crc), adler(data, length));
    memcpy(data + r * 4, &crc, 4);
  }
  return bench_finish(argc, argv, checksum, correct);
}
