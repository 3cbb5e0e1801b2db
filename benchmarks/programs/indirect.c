/* Calls through tables of function pointers: operations picked by data, callbacks, and a sort by
 * comparator. */
#include "bench.h"

typedef uint32_t (*operation)(uint32_t, uint32_t);

static uint32_t op_add(uint32_t a, uint32_t b) { return a + b; }
static uint32_t op_sub(uint32_t a, uint32_t b) { return a - b; }
static uint32_t op_xor(uint32_t a, uint32_t b) { return a ^ b; }
static uint32_t op_mul(uint32_t a, uint32_t b) { return a * (b | 1); }
static uint32_t op_rot(uint32_t a, uint32_t b) { return a << (b & 31) | a >> (-b & 31); }
static uint32_t op_max(uint32_t a, uint32_t b) { return a > b ? a : b; }
static uint32_t op_and(uint32_t a, uint32_t b) { return a & ~b; }
static uint32_t op_mix(uint32_t a, uint32_t b) { return (a ^ b) * 0x9e3779b9u; }

static operation operations[] = {op_add, op_sub, op_xor, op_mul, op_rot, op_max, op_and, op_mix};

static int ascending(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static int by_low_bits(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a * 0x9e3779b9u, y = *(const uint32_t *)b * 0x9e3779b9u;
  return (x > y) - (x < y);
}

static BENCH_NOINLINE uint32_t fold(operation f, const uint32_t *data, uint32_t n) {
  uint32_t x = 1;
  for (uint32_t i = 0; i < n; i++) x = f(x, data[i]);
  return x;
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 60), n = 1 << 15;
  uint32_t *data = bench_alloc(n * sizeof *data);
  for (uint32_t i = 0; i < n; i++) data[i] = bench_random();
  uint64_t checksum = 1;
  uint32_t x = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    for (uint32_t i = 0; i < n; i++) x = operations[data[i] >> 7 & 7](x, data[i]);
    for (int k = 0; k < 8; k++) checksum = bench_mix(checksum, fold(operations[k], data, n));
    if (r % 16 == 0) qsort(data, n, sizeof *data, r % 32 == 0 ? ascending : by_low_bits);
    checksum = bench_mix(checksum, x);
  }
  int correct = 1;
  qsort(data, n, sizeof *data, ascending);
  for (uint32_t i = 1; i < n; i++) correct &= data[i - 1] <= data[i];
  return bench_finish(argc, argv, checksum, correct);
}
