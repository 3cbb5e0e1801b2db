/* qsort, bsearch and function pointers. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static int by_value_down(const void *a, const void *b) { return by_value(b, a); }

static int by_text(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum { COUNT = 100000 };
static uint32_t numbers[COUNT];

int main(void) {
  uint32_t state = 12345, sum = 0;
  for (int i = 0; i < COUNT; i++) {
    state = state * 1664525 + 1013904223;
    numbers[i] = state;
    sum += state;
  }
  uint32_t probe = numbers[777];
  int (*orders[])(const void *, const void *) = {by_value_down, by_value};
  for (int o = 0; o < 2; o++) qsort(numbers, COUNT, sizeof numbers[0], orders[o]);
  for (int i = 1; i < COUNT; i++) {
    if (numbers[i - 1] > numbers[i]) return 1;
    sum -= numbers[i];
  }
  const uint32_t *found = bsearch(&probe, numbers, COUNT, sizeof numbers[0], by_value);
  printf("%s %u %u\n", found && *found == probe ? "found" : "lost", sum == numbers[0], numbers[0]);
  const char *words[] = {"pear", "apple", "fig", "quince", "date"};
  qsort(words, 5, sizeof words[0], by_text);
  for (int i = 0; i < 5; i++) printf("%s%c", words[i], i == 4 ? '\n' : ' ');
}
