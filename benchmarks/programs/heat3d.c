/* Seven-point heat equation on a cube in f64. */
#include "bench.h"

enum { N = 80 };
typedef double grid[N][N][N];

static BENCH_NOINLINE void step(grid from, grid to) {
  for (int i = 1; i < N - 1; i++)
    for (int j = 1; j < N - 1; j++)
      for (int k = 1; k < N - 1; k++)
        to[i][j][k] = 0.125 * (from[i + 1][j][k] - 2.0 * from[i][j][k] + from[i - 1][j][k]) +
                      0.125 * (from[i][j + 1][k] - 2.0 * from[i][j][k] + from[i][j - 1][k]) +
                      0.125 * (from[i][j][k + 1] - 2.0 * from[i][j][k] + from[i][j][k - 1]) +
                      from[i][j][k];
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 60);
  double(*a)[N][N] = bench_alloc(sizeof(grid)), (*b)[N][N] = bench_alloc(sizeof(grid));
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      for (int k = 0; k < N; k++) a[i][j][k] = b[i][j][k] = (double)(i + j + (N - k)) * 10.0 / N;
  for (uint32_t r = 0; r < rounds; r++) {
    step(a, b);
    step(b, a);
  }
  uint64_t checksum = 1;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      for (int k = 0; k < N; k++) checksum = bench_mix_f64(checksum, a[i][j][k]);
  return bench_finish(argc, argv, checksum, 1);
}
