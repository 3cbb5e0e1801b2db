/* Queens on a board: counted by arrays of attacked lines, and again by bit masks. */
#include "bench.h"

static uint8_t columns[32], up[64], down[64];

static uint32_t place(int n, int row) {
  if (row == n) return 1;
  uint32_t found = 0;
  for (int c = 0; c < n; c++) {
    if (columns[c] | up[row + c] | down[row - c + n]) continue;
    columns[c] = up[row + c] = down[row - c + n] = 1;
    found += place(n, row + 1);
    columns[c] = up[row + c] = down[row - c + n] = 0;
  }
  return found;
}

static uint32_t place_bits(uint32_t all, uint32_t taken, uint32_t left, uint32_t right) {
  uint32_t found = 0;
  for (uint32_t open = all & ~(taken | left | right); open != 0; open &= open - 1) {
    uint32_t bit = open & -open, now = taken | bit;
    found += now == all ? 1 : place_bits(all, now, (left | bit) << 1, (right | bit) >> 1);
  }
  return found;
}

int main(int argc, char **argv) {
  int n = (int)bench_size(argc, argv, 12);
  uint32_t a = place(n, 0), b = place_bits((1u << n) - 1, 0, 0, 0),
           c = place_bits((2u << n) - 1, 0, 0, 0);
  return bench_finish(argc, argv, bench_mix(bench_mix(1, a), c), a == b);
}
