/* Sparse matrix (compressed rows) times vector, iterated: loads through an index. */
#include "bench.h"

typedef struct {
  uint32_t rows, *start, *column;
  double *value;
} matrix;

static matrix make_matrix(uint32_t rows, uint32_t per_row) {
  matrix m = {rows, bench_alloc((rows + 1) * sizeof(uint32_t)),
              bench_alloc(rows * per_row * sizeof(uint32_t)),
              bench_alloc(rows * per_row * sizeof(double))};
  uint32_t at = 0;
  for (uint32_t i = 0; i < rows; i++) {
    m.start[i] = at;
    for (uint32_t k = 0, n = 1 + bench_random() % per_row; k < n; k++, at++) {
      m.column[at] = bench_random() % rows;
      m.value[at] = (double)(bench_random() % 2001) / 1000.0 - 1.0;
    }
  }
  m.start[rows] = at;
  return m;
}

static BENCH_NOINLINE void multiply(const matrix *m, const double *x, double *y) {
  for (uint32_t i = 0; i < m->rows; i++) {
    double sum = 0;
    for (uint32_t k = m->start[i]; k < m->start[i + 1]; k++) sum += m->value[k] * x[m->column[k]];
    y[i] = sum;
  }
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 100), rows = 20000;
  matrix m = make_matrix(rows, 40);
  double *x = bench_alloc(rows * sizeof *x), *y = bench_alloc(rows * sizeof *y);
  for (uint32_t i = 0; i < rows; i++) x[i] = 1.0 + i % 7;
  for (uint32_t r = 0; r < rounds; r++) {
    multiply(&m, x, y);
    double largest = 1e-9;
    for (uint32_t i = 0; i < rows; i++) {
      double v = y[i] < 0 ? -y[i] : y[i];
      if (v > largest) largest = v;
    }
    for (uint32_t i = 0; i < rows; i++) x[i] = y[i] / largest + 0.5;
  }
  uint64_t checksum = 1;
  for (uint32_t i = 0; i < rows; i++) checksum = bench_mix_f64(checksum, x[i]);
  return bench_finish(argc, argv, checksum, 1);
}
