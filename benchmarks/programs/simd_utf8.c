/* SIMD: counts characters, lines and spaces of UTF-8 text, and turns ASCII letters to upper case.
 */
#include "bench.h"

#ifdef BENCH_SIMD
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef int8_t i8x16 __attribute__((vector_size(16)));
typedef uint64_t u64x2 __attribute__((vector_size(16)));

static uint32_t add_lanes(u8x16 v) {
  /* Sums of bytes below 256 by pairs, fours and eights in 64-bit lanes. */
  u64x2 x = (u64x2)v, low = {0x00ff00ff00ff00ffu, 0x00ff00ff00ff00ffu};
  x = (x & low) + (x >> 8 & low);
  return (uint32_t)((x[0] * 0x0001000100010001u >> 48) + (x[1] * 0x0001000100010001u >> 48));
}

static BENCH_NOINLINE void scan(uint8_t *text, uint32_t n, uint32_t *counts) {
  u8x16 newline = {0}, space = {0}, a = {0}, twenty_six = {0}, flip = {0};
  i8x16 continuation = {0};
  newline += '\n', space += ' ', a += 'a', twenty_six += 26, flip += 32, continuation += -64;
  for (uint32_t i = 0; i < n;) {
    u8x16 characters = {0}, lines = {0}, spaces = {0};
    for (uint32_t end = n - i < 240 * 16 ? n : i + 240 * 16; i < end; i += 16) {
      u8x16 *at = (u8x16 *)(text + i), v = *at;
      characters -= (u8x16)((i8x16)v >= continuation);
      lines -= (u8x16)(v == newline);
      spaces -= (u8x16)(v == space);
      *at = v ^ ((u8x16)(v - a < twenty_six) & flip);
    }
    counts[0] += add_lanes(characters);
    counts[1] += add_lanes(lines);
    counts[2] += add_lanes(spaces);
  }
}
#else
static BENCH_NOINLINE void scan(uint8_t *text, uint32_t n, uint32_t *counts) {
  uint32_t characters = 0, lines = 0, spaces = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint8_t c = text[i];
    characters += (int8_t)c >= -64;
    lines += c == '\n';
    spaces += c == ' ';
    text[i] = (uint8_t)(c ^ ((uint8_t)(c - 'a') < 26 ? 32 : 0));
  }
  counts[0] += characters;
  counts[1] += lines;
  counts[2] += spaces;
}
#endif

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 200), n = 1 << 20, counts[3] = {0};
  uint8_t *text = bench_alloc(n);
  static const char *pieces[] = {"text ", "\xc3\xa9", "\xe2\x82\xac ", "\xf0\x9f\x90\xa7",
                                 "\n",    "Upper ",   "lower",         "12"};
  for (uint32_t at = 0; at + 8 < n;)
    for (const char *p = pieces[bench_random() % 8]; *p; p++) text[at++] = (uint8_t)*p;
  for (uint32_t r = 0; r < rounds; r++) {
    scan(text, n, counts);
    text[r * 7] = (uint8_t)('a' + r % 26);
  }
  uint64_t checksum = bench_mix_bytes(1, text, n);
  for (int i = 0; i < 3; i++) checksum = bench_mix(checksum, counts[i]);
  return bench_finish(argc, argv, checksum, 1);
}
