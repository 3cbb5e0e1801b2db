/* Quicksort, merge sort and heap sort of the same random words. */
#include "bench.h"

static void insertion_sort(uint32_t *a, int n) {
  for (int i = 1; i < n; i++) {
    uint32_t x = a[i];
    int j = i - 1;
    for (; j >= 0 && a[j] > x; j--) a[j + 1] = a[j];
    a[j + 1] = x;
  }
}

static BENCH_NOINLINE void quick_sort(uint32_t *a, int n) {
  while (n > 16) {
    uint32_t x = a[0], y = a[n / 2], z = a[n - 1];
    uint32_t pivot = x < y ? (y < z ? y : x < z ? z : x) : (x < z ? x : y < z ? z : y);
    int i = 0, j = n - 1;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i > j) break;
      uint32_t t = a[i];
      a[i++] = a[j];
      a[j--] = t;
    }
    quick_sort(a, j + 1);
    a += i;
    n -= i;
  }
  insertion_sort(a, n);
}

static BENCH_NOINLINE void merge_sort(uint32_t *a, uint32_t *scratch, int n) {
  for (int width = 1; width < n; width *= 2) {
    for (int low = 0; low < n; low += 2 * width) {
      int middle = low + width < n ? low + width : n,
          high = low + 2 * width < n ? low + 2 * width : n;
      int i = low, j = middle;
      for (int k = low; k < high; k++)
        scratch[k] = i < middle && (j >= high || a[i] <= a[j]) ? a[i++] : a[j++];
    }
    memcpy(a, scratch, (size_t)n * sizeof *a);
  }
}

static void sift(uint32_t *a, int i, int n) {
  uint32_t x = a[i];
  for (int child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && a[child + 1] > a[child]) child++;
    if (a[child] <= x) break;
    a[i] = a[child];
  }
  a[i] = x;
}

static BENCH_NOINLINE void heap_sort(uint32_t *a, int n) {
  for (int i = n / 2; i-- > 0;) sift(a, i, n);
  while (--n > 0) {
    uint32_t t = a[0];
    a[0] = a[n];
    a[n] = t;
    sift(a, 0, n);
  }
}

int main(int argc, char **argv) {
  int n = (int)bench_size(argc, argv, 450000);
  size_t bytes = (size_t)n * sizeof(uint32_t);
  uint32_t *a = bench_alloc(bytes), *b = bench_alloc(bytes), *c = bench_alloc(bytes),
           *scratch = bench_alloc(bytes);
  for (int i = 0; i < n; i++) a[i] = bench_random();
  memcpy(b, a, bytes);
  memcpy(c, a, bytes);
  quick_sort(a, n);
  merge_sort(b, scratch, n);
  heap_sort(c, n);
  int correct = memcmp(a, b, bytes) == 0 && memcmp(a, c, bytes) == 0;
  for (int i = 1; i < n; i++) correct &= a[i - 1] <= a[i];
  return bench_finish(argc, argv, bench_mix_bytes(1, a, bytes), correct);
}
