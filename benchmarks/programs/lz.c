/* An LZ77 compressor with a hash table of positions, and its decompressor; the round trip is
 * checked. */
#include "bench.h"

enum { HASH_BITS = 14, MIN_MATCH = 4, MAX_MATCH = 127 + MIN_MATCH, WINDOW = 65535 };

static uint32_t hash_at(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return v * 2654435761u >> (32 - HASH_BITS);
}

static uint8_t *put_literals(uint8_t *out, const uint8_t *from, size_t count) {
  while (count > 0) {
    size_t part = count < 128 ? count : 128;
    *out++ = (uint8_t)(part - 1);
    for (size_t i = 0; i < part; i++) *out++ = *from++;
    count -= part;
  }
  return out;
}

/* Token: 0..127 = that many + 1 literals follow; 128.. = a match of (token & 127) + 4, distance in
 * two bytes. */
static BENCH_NOINLINE size_t compress(const uint8_t *in, size_t length, uint8_t *out,
                                      uint32_t *head) {
  uint8_t *start = out;
  size_t i = 0, literal = 0;
  memset(head, 0, sizeof *head << HASH_BITS);
  while (i + MIN_MATCH <= length) {
    uint32_t h = hash_at(in + i);
    size_t candidate = head[h];
    head[h] = (uint32_t)i + 1;
    size_t matched = 0;
    if (candidate != 0 && i - (candidate - 1) <= WINDOW) {
      const uint8_t *from = in + candidate - 1;
      while (matched < MAX_MATCH && i + matched < length && from[matched] == in[i + matched])
        matched++;
    }
    if (matched < MIN_MATCH) {
      i++;
      continue;
    }
    size_t distance = i - (candidate - 1);
    out = put_literals(out, in + literal, i - literal);
    *out++ = (uint8_t)(128 | (matched - MIN_MATCH));
    *out++ = (uint8_t)distance;
    *out++ = (uint8_t)(distance >> 8);
    i += matched;
    literal = i;
  }
  return (size_t)(put_literals(out, in + literal, length - literal) - start);
}

static BENCH_NOINLINE size_t decompress(const uint8_t *in, size_t length, uint8_t *out) {
  uint8_t *start = out;
  const uint8_t *end = in + length;
  while (in < end) {
    uint32_t token = *in++;
    if (token < 128) {
      for (uint32_t i = 0; i <= token; i++) *out++ = *in++;
    } else {
      size_t distance = in[0] | (size_t)in[1] << 8;
      in += 2;
      for (uint32_t i = 0; i < (token & 127) + MIN_MATCH; i++, out++)
        *out = out[-(ptrdiff_t)distance];
    }
  }
  return (size_t)(out - start);
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 10);
  size_t length = 1 << 20;
  uint8_t *data = bench_alloc(length), *packed = bench_alloc(length * 2),
          *unpacked = bench_alloc(length);
  uint32_t *head = bench_alloc(sizeof *head << HASH_BITS);
  static const char *words[] = {"the ", "memory ",  "of ",  "a ",         "machine ",
                                "is ",  "linear, ", "and ", "functions ", "call "};
  uint64_t checksum = 1;
  int correct = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    size_t at = 0;
    while (at < length) {
      const char *w = words[bench_random() % 10];
      while (*w && at < length) data[at++] = (uint8_t)*w++;
      if (bench_random() % 4 == 0 && at < length) data[at++] = (uint8_t)bench_random();
    }
    size_t size = compress(data, length, packed, head);
    correct &= size < length && decompress(packed, size, unpacked) == length &&
               memcmp(data, unpacked, length) == 0;
    checksum = bench_mix(checksum, size);
    checksum = bench_mix_bytes(checksum, packed, size);
  }
  return bench_finish(argc, argv, checksum, correct);
}
