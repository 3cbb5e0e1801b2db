/* Counts words with a chained hash table of strings and sorts them by count: string.h, malloc and
 * qsort. */
#include "bench.h"

typedef struct word {
  struct word *next;
  uint32_t count;
  char text[];
} word;

enum { BUCKETS = 4096 };
static word *buckets[BUCKETS];
static uint32_t distinct;

static uint32_t hash(const char *s) {
  uint32_t h = 2166136261u;
  while (*s) h = (h ^ (uint8_t)*s++) * 16777619u;
  return h;
}

static BENCH_NOINLINE void count_word(const char *text) {
  word **at = &buckets[hash(text) % BUCKETS];
  for (; *at != NULL; at = &(*at)->next)
    if (strcmp((*at)->text, text) == 0) {
      (*at)->count++;
      return;
    }
  size_t length = strlen(text) + 1;
  *at = bench_alloc(sizeof(word) + length);
  (*at)->count = 1;
  memcpy((*at)->text, text, length);
  distinct++;
}

static int compare(const void *a, const void *b) {
  const word *x = *(word *const *)a, *y = *(word *const *)b;
  return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->text, y->text);
}

static uint32_t make_text(char *text, uint32_t length) {
  uint32_t at = 0;
  while (at + 16 < length) {
    uint32_t rank = bench_random() % (1 + bench_random() % 3000), letters = 2 + rank % 8;
    for (uint32_t i = 0; i < letters; i++, rank = rank * 7 + 3)
      text[at++] = (char)((rank % 11 == 0 ? 'A' : 'a') + rank % 26);
    text[at++] = " \n,.\t"[bench_random() % 5];
  }
  return at;
}

int main(int argc, char **argv) {
  uint32_t length = bench_size(argc, argv, 8000000);
  char *text = bench_alloc(length + 1), current[32];
  length = make_text(text, length);
  uint32_t at = 0, total = 0;
  for (uint32_t i = 0; i < length; i++) {
    uint32_t lower = (uint8_t)text[i] | 32u;
    if (lower - 'a' < 26) {
      current[at++] = (char)lower;
    } else if (at > 0) {
      current[at] = 0;
      count_word(current);
      total++;
      at = 0;
    }
  }
  word **sorted = bench_alloc(distinct * sizeof *sorted);
  uint32_t n = 0, sum = 0;
  for (int b = 0; b < BUCKETS; b++)
    for (word *w = buckets[b]; w != NULL; w = w->next) sorted[n++] = w;
  qsort(sorted, n, sizeof *sorted, compare);
  uint64_t checksum = n;
  for (uint32_t i = 0; i < n; i++) {
    sum += sorted[i]->count;
    checksum = bench_mix_bytes(bench_mix(checksum, sorted[i]->count), sorted[i]->text,
                               strlen(sorted[i]->text));
  }
  return bench_finish(argc, argv, checksum, sum == total);
}
