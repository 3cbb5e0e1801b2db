/* Substring search three ways over generated text: naive with memcmp, Knuth-Morris-Pratt and
 * Horspool. */
#include "bench.h"

static BENCH_NOINLINE uint32_t naive(const char *text, uint32_t n, const char *word, uint32_t m) {
  uint32_t found = 0;
  for (uint32_t i = 0; i + m <= n; i++)
    found += text[i] == word[0] && memcmp(text + i, word, m) == 0;
  return found;
}

static BENCH_NOINLINE uint32_t knuth(const char *text, uint32_t n, const char *word, uint32_t m) {
  uint32_t next[64] = {0}, found = 0;
  for (uint32_t i = 1, k = 0; i < m; i++) {
    while (k > 0 && word[i] != word[k]) k = next[k - 1];
    next[i] = k += word[i] == word[k];
  }
  for (uint32_t i = 0, k = 0; i < n; i++) {
    while (k > 0 && text[i] != word[k]) k = next[k - 1];
    k += text[i] == word[k];
    if (k == m) {
      found++;
      k = next[k - 1];
    }
  }
  return found;
}

static BENCH_NOINLINE uint32_t horspool(const char *text, uint32_t n, const char *word,
                                        uint32_t m) {
  uint32_t skip[256], found = 0;
  for (int c = 0; c < 256; c++) skip[c] = m;
  for (uint32_t i = 0; i + 1 < m; i++) skip[(uint8_t)word[i]] = m - 1 - i;
  for (uint32_t at = 0; at + m <= n; at += skip[(uint8_t)text[at + m - 1]]) {
    uint32_t i = m;
    while (i > 0 && text[at + i - 1] == word[i - 1]) i--;
    found += i == 0;
  }
  return found;
}

int main(int argc, char **argv) {
  uint32_t n = bench_size(argc, argv, 5000000);
  static const char *words[] = {"register",      "frame", "sand", "sandbox",
                                "linear memory", "e",     "trap", "branch table"};
  char *text = bench_alloc(n);
  for (uint32_t at = 0; at < n;) {
    const char *w = words[bench_random() % 8];
    while (*w && at < n) text[at++] = *w++;
    if (at < n) text[at++] = ' ';
  }
  uint64_t checksum = 1;
  int correct = 1;
  for (int i = 0; i < 8; i += 2) {
    const char *w = words[i];
    uint32_t m = (uint32_t)strlen(w), count = naive(text, n, w, m);
    correct &= count == knuth(text, n, w, m) && count == horspool(text, n, w, m) && count > 0;
    checksum = bench_mix(checksum, count);
  }
  return bench_finish(argc, argv, checksum, correct);
}
