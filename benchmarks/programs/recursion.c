/* Calls and nothing else: Fibonacci, Ackermann and Takeuchi. */
#include "bench.h"

static BENCH_NOINLINE uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static BENCH_NOINLINE uint32_t ackermann(uint32_t m, uint32_t n) {
  if (m == 0) return n + 1;
  return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

static BENCH_NOINLINE int32_t tak(int32_t x, int32_t y, int32_t z) {
  return y < x ? tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) : z;
}

int main(int argc, char **argv) {
  uint32_t n = bench_size(argc, argv, 37);
  uint32_t f = fib(n), a = ackermann(2, n * 10), t = (uint32_t)tak((int32_t)n - 12, 14, 7);
  return bench_finish(argc, argv, bench_mix(bench_mix(bench_mix(1, f), a), t), a == 2 * n * 10 + 3);
}
