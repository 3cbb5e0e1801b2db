/* Iterations of z*z + c over a picture, f64, one point at a time. */
#include "bench.h"

static BENCH_NOINLINE uint32_t iterate(double cr, double ci, uint32_t limit) {
  double x = 0, y = 0, xx = 0, yy = 0;
  uint32_t n = 0;
  while (n < limit && xx + yy <= 4.0) {
    y = 2 * x * y + ci;
    x = xx - yy + cr;
    xx = x * x;
    yy = y * y;
    n++;
  }
  return n;
}

int main(int argc, char **argv) {
  uint32_t size = bench_size(argc, argv, 420);
  uint64_t checksum = 1;
  for (uint32_t i = 0; i < size; i++)
    for (uint32_t j = 0; j < size; j++)
      checksum = bench_mix(checksum, iterate(-2.0 + 3.0 * j / size, -1.5 + 3.0 * i / size, 800));
  return bench_finish(argc, argv, checksum, 1);
}
