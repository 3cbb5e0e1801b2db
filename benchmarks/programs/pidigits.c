/* Decimal digits of pi by Machin's formula, and a factorial, with big integers of 32-bit limbs. */
#include "bench.h"

/* Divides in place, most significant limb first; the remainder is dropped. */
static BENCH_NOINLINE void divide(uint32_t *a, uint32_t n, uint32_t by) {
  uint64_t rest = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint64_t x = rest << 32 | a[i];
    a[i] = (uint32_t)(x / by);
    rest = x % by;
  }
}

static BENCH_NOINLINE uint32_t multiply(uint32_t *a, uint32_t n, uint32_t by) {
  uint64_t carry = 0;
  for (uint32_t i = n; i-- > 0;) {
    carry += (uint64_t)a[i] * by;
    a[i] = (uint32_t)carry;
    carry >>= 32;
  }
  return (uint32_t)carry;
}

static BENCH_NOINLINE void accumulate(uint32_t *sum, const uint32_t *a, uint32_t n, int subtract) {
  uint64_t carry = 0;
  for (uint32_t i = n; i-- > 0;) {
    uint64_t x = subtract ? (uint64_t)sum[i] - a[i] - carry : (uint64_t)sum[i] + a[i] + carry;
    sum[i] = (uint32_t)x;
    carry = x >> 32 & 1;
  }
}

static int is_zero(const uint32_t *a, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    if (a[i] != 0) return 0;
  return 1;
}

/* sum += (or -=) factor * arctan(1 / x), fixed point with one limb before the point. */
static void add_arctan(uint32_t *sum, uint32_t *power, uint32_t *term, uint32_t n, uint32_t factor,
                       uint32_t x, int negative) {
  memset(power, 0, n * sizeof *power);
  power[0] = factor;
  divide(power, n, x);
  for (uint32_t k = 1; !is_zero(power, n); k += 2) {
    memcpy(term, power, n * sizeof *term);
    divide(term, n, k);
    accumulate(sum, term, n, negative ^ ((k & 2) != 0));
    divide(power, n, x * x);
  }
}

/* Schoolbook product: out has 2n limbs, least significant last. */
static BENCH_NOINLINE void product(const uint32_t *a, const uint32_t *b, uint32_t *out,
                                   uint32_t n) {
  memset(out, 0, 2 * n * sizeof *out);
  for (uint32_t i = n; i-- > 0;) {
    uint64_t carry = 0;
    for (uint32_t j = n; j-- > 0;) {
      carry += (uint64_t)a[i] * b[j] + out[i + j + 1];
      out[i + j + 1] = (uint32_t)carry;
      carry >>= 32;
    }
    out[i] = (uint32_t)carry;
  }
}

int main(int argc, char **argv) {
  uint32_t digits = bench_size(argc, argv, 6000), n = digits * 10 / 96 + 4;
  uint32_t *sum = bench_alloc(n * 4), *power = bench_alloc(n * 4), *term = bench_alloc(n * 4),
           *square = bench_alloc(n * 8);
  add_arctan(sum, power, term, n, 16, 5, 0);
  add_arctan(sum, power, term, n, 4, 239, 1);
  uint64_t checksum = 1;
  for (int r = 0; r < 60; r++) {
    product(sum, sum, square, n);
    checksum = bench_mix_bytes(checksum, square, n * 8);
    memcpy(power, sum, n * 4);
    sum[n - 1] ^= (uint32_t)r;
    sum[n - 1] ^= (uint32_t)r;
  }
  uint32_t first = sum[0], leading = 0;
  for (uint32_t i = 0; i < digits; i++) {
    sum[0] = 0;
    multiply(sum, n, 10);
    if (i < 8) leading = leading * 10 + sum[0];
    checksum = bench_mix(checksum, sum[0]);
  }
  return bench_finish(argc, argv, checksum, first == 3 && leading == 14159265);
}
