/* Radix-2 FFT of complex f64 numbers, forward and inverse; twiddles by repeated multiplication. */
#include "bench.h"

typedef struct {
  double re, im;
} complex_f64;

static void make_twiddles(complex_f64 *w, uint32_t n) {
  /* cos and sin of 2*pi/n by halving the angle from pi, then powers built in a binary fashion. */
  double c = -1, s = 0;
  for (uint32_t m = 2; m < n; m *= 2) {
    double half = __builtin_sqrt((1 + c) / 2);
    s = m == 2 ? 1 : s / (2 * half);
    c = half;
  }
  complex_f64 root = {c, -s};
  w[0] = (complex_f64){1, 0};
  for (uint32_t i = 1; i < n / 2; i++) {
    complex_f64 p = w[i - 1];
    w[i] = (complex_f64){p.re * root.re - p.im * root.im, p.re * root.im + p.im * root.re};
  }
}

static BENCH_NOINLINE void transform(complex_f64 *a, const complex_f64 *w, uint32_t n) {
  for (uint32_t i = 1, j = 0; i < n; i++) {
    uint32_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      complex_f64 t = a[i];
      a[i] = a[j];
      a[j] = t;
    }
  }
  for (uint32_t half = 1; half < n; half *= 2)
    for (uint32_t i = 0; i < n; i += 2 * half)
      for (uint32_t k = 0, t = 0; k < half; k++, t += n / (2 * half)) {
        complex_f64 x = a[i + k], y = a[i + k + half];
        complex_f64 z = {y.re * w[t].re - y.im * w[t].im, y.re * w[t].im + y.im * w[t].re};
        a[i + k] = (complex_f64){x.re + z.re, x.im + z.im};
        a[i + k + half] = (complex_f64){x.re - z.re, x.im - z.im};
      }
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 60), n = 1 << 15;
  complex_f64 *w = bench_alloc(n / 2 * sizeof *w), *a = bench_alloc(n * sizeof *a);
  double *input = bench_alloc(n * sizeof *input);
  make_twiddles(w, n);
  for (uint32_t i = 0; i < n; i++)
    a[i].re = input[i] = (double)(bench_random() % 2001) / 1000.0 - 1.0;
  uint64_t checksum = 1;
  for (uint32_t r = 0; r < rounds; r++) {
    transform(a, w, n);
    checksum = bench_mix_f64(checksum, a[r + 1].re);
    for (uint32_t i = 0; i < n; i++) a[i].im = -a[i].im;
    transform(a, w, n);
    for (uint32_t i = 0; i < n; i++) a[i] = (complex_f64){a[i].re / n, -a[i].im / n};
  }
  int correct = 1;
  for (uint32_t i = 0; i < n; i++) correct &= __builtin_fabs(a[i].re - input[i]) < 1e-6;
  return bench_finish(argc, argv, checksum, correct);
}
