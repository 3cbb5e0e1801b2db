/* What every benchmark program shares: reading its size, a seeded random sequence and the checksum
 * that stands for its result. The same source gives the same checksum wherever it is compiled, so a
 * program must not use libm, uninitialised bytes, addresses or the clock.
 *
 * Usage of a program: NAME [SIZE [EXPECTED]]. It prints its checksum in hexadecimal and exits with
 * 1 when EXPECTED is given and differs, or when its own check of the result failed. */
#ifndef BENCHMARKS_BENCH_H
#define BENCHMARKS_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Set where the target has vectors of 16 bytes: the SIMD build, and native. A program whose loops
 * the compiler does not vectorise by itself has a plain form for the scalar build, with the same
 * result. */
#if defined __wasm_simd128__ || defined __SSE2__ || defined __ARM_NEON
#define BENCH_SIMD 1
#endif

/* Keeps a function out of its caller, so that the call stays what is measured. */
#define BENCH_NOINLINE __attribute__((noinline))

static inline uint32_t bench_size(int argc, char **argv, uint32_t default_size) {
  uint32_t size = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
  return size != 0 ? size : default_size;
}

static inline uint64_t bench_mix(uint64_t checksum, uint64_t value) {
  checksum = (checksum ^ value) * 0x9e3779b97f4a7c15u;
  return checksum ^ (checksum >> 29);
}

static inline uint64_t bench_mix_f64(uint64_t checksum, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bench_mix(checksum, bits);
}

static inline uint64_t bench_mix_bytes(uint64_t checksum, const void *bytes, size_t length) {
  const uint8_t *p = (const uint8_t *)bytes;
  uint64_t sum = 0;
  for (size_t i = 0; i < length; i++) sum = sum * 31 + p[i];
  return bench_mix(checksum, sum);
}

static uint32_t bench_random_state = 0x2545f491u;

static inline uint32_t bench_random(void) {
  uint32_t x = bench_random_state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return bench_random_state = x;
}

static inline void *bench_alloc(size_t size_bytes) {
  void *p = calloc(1, size_bytes);
  if (p == NULL) exit(2);
  return p;
}

/* Prints the checksum; the result is the program's exit status. */
static inline int bench_finish(int argc, char **argv, uint64_t checksum, int correct) {
  char line[17];
  for (int i = 0; i < 16; i++) line[i] = "0123456789abcdef"[(checksum >> (60 - 4 * i)) & 15];
  line[16] = '\n';
  if (write(1, line, sizeof line) != (ssize_t)sizeof line) return 2;
  if (!correct) return 1;
  return argc > 2 && (strlen(argv[2]) != 16 || memcmp(argv[2], line, 16) != 0);
}

#endif
