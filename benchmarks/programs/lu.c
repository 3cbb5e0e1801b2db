/* LU decomposition with partial pivoting, the determinant, and a solve whose residual is checked.
 */
#include "bench.h"

static BENCH_NOINLINE double decompose(uint32_t n, double *a, uint32_t *pivot) {
  double determinant = 1;
  for (uint32_t k = 0; k < n; k++) {
    uint32_t best = k;
    for (uint32_t i = k + 1; i < n; i++)
      if (__builtin_fabs(a[i * n + k]) > __builtin_fabs(a[best * n + k])) best = i;
    pivot[k] = best;
    if (best != k) {
      determinant = -determinant;
      for (uint32_t j = 0; j < n; j++) {
        double t = a[k * n + j];
        a[k * n + j] = a[best * n + j];
        a[best * n + j] = t;
      }
    }
    determinant = determinant * a[k * n + k] / 8.0;
    for (uint32_t i = k + 1; i < n; i++) {
      double factor = a[i * n + k] /= a[k * n + k];
      for (uint32_t j = k + 1; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return determinant;
}

static void solve(uint32_t n, const double *lu, const uint32_t *pivot, double *b) {
  for (uint32_t k = 0; k < n; k++) {
    double t = b[k];
    b[k] = b[pivot[k]];
    b[pivot[k]] = t;
  }
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j < i; j++) b[i] -= lu[i * n + j] * b[j];
  for (uint32_t i = n; i-- > 0;) {
    for (uint32_t j = i + 1; j < n; j++) b[i] -= lu[i * n + j] * b[j];
    b[i] /= lu[i * n + i];
  }
}

int main(int argc, char **argv) {
  uint32_t n = bench_size(argc, argv, 700);
  double *a = bench_alloc(n * n * sizeof *a), *b = bench_alloc(n * sizeof *b);
  uint32_t *pivot = bench_alloc(n * sizeof *pivot);
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j < n; j++) {
      a[i * n + j] = (double)(bench_random() % 2000) / 1000.0 - 1.0;
      b[i] += a[i * n + j];
    }
  uint64_t checksum = bench_mix_f64(1, decompose(n, a, pivot));
  solve(n, a, pivot, b);
  int correct = 1;
  for (uint32_t i = 0; i < n; i++) {
    checksum = bench_mix_f64(checksum, b[i]);
    correct &= __builtin_fabs(b[i] - 1.0) < 1e-6;
  }
  return bench_finish(argc, argv, checksum, correct);
}
