/* Dynamic programming over two strings: Levenshtein distance and longest common subsequence. */
#include "bench.h"

static uint32_t min3(uint32_t a, uint32_t b, uint32_t c) {
  uint32_t m = a < b ? a : b;
  return m < c ? m : c;
}

static BENCH_NOINLINE uint32_t levenshtein(uint32_t n, const char *a, const char *b,
                                           uint32_t *row) {
  for (uint32_t j = 0; j <= n; j++) row[j] = j;
  for (uint32_t i = 1; i <= n; i++) {
    uint32_t diagonal = row[0];
    row[0] = i;
    for (uint32_t j = 1; j <= n; j++) {
      uint32_t above = row[j];
      row[j] = min3(diagonal + (a[i - 1] != b[j - 1]), above + 1, row[j - 1] + 1);
      diagonal = above;
    }
  }
  return row[n];
}

static BENCH_NOINLINE uint32_t common(uint32_t n, const char *a, const char *b, uint32_t *before,
                                      uint32_t *now) {
  memset(before, 0, (n + 1) * sizeof *before);
  for (uint32_t i = 1; i <= n; i++) {
    now[0] = 0;
    for (uint32_t j = 1; j <= n; j++) {
      if (a[i - 1] == b[j - 1])
        now[j] = before[j - 1] + 1;
      else
        now[j] = now[j - 1] > before[j] ? now[j - 1] : before[j];
    }
    uint32_t *t = before;
    before = now;
    now = t;
  }
  return before[n];
}

int main(int argc, char **argv) {
  uint32_t n = bench_size(argc, argv, 4500);
  char *a = bench_alloc(n), *b = bench_alloc(n);
  for (uint32_t i = 0; i < n; i++) {
    a[i] = "acgt"[bench_random() % 4];
    b[i] = bench_random() % 3 == 0 ? "acgt"[bench_random() % 4] : a[i];
  }
  uint32_t *x = bench_alloc((n + 1) * sizeof *x), *y = bench_alloc((n + 1) * sizeof *y);
  uint32_t distance = levenshtein(n, a, b, x), longest = common(n, a, b, x, y);
  return bench_finish(argc, argv, bench_mix(bench_mix(1, distance), longest),
                      longest + distance >= n);
}
