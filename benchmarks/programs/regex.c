/* Regular expressions by two matchers: recursive backtracking, and a set of states run in step
 * (Thompson). */
#include "bench.h"

/* A pattern is a sequence of items: a literal, '.', or a [class], each followed by nothing, '*',
 * '+' or '?'. */
typedef struct {
  uint8_t set[32];
  char repeat;
} item;

static int has(const item *i, uint8_t c) { return i->set[c >> 3] >> (c & 7) & 1; }
static void add(item *i, uint8_t c) { i->set[c >> 3] |= (uint8_t)(1 << (c & 7)); }

static int compile(const char *p, item *out) {
  int n = 0;
  while (*p) {
    item *i = &out[n++];
    memset(i, 0, sizeof *i);
    if (*p == '.') {
      memset(i->set, 0xff, sizeof i->set);
    } else if (*p == '[') {
      for (p++; *p != ']'; p++) {
        uint8_t from = (uint8_t)*p, to = from;
        if (p[1] == '-') to = (uint8_t)p[2], p += 2;
        for (uint32_t c = from; c <= to; c++) add(i, (uint8_t)c);
      }
    } else {
      add(i, (uint8_t)*p);
    }
    p++;
    if (*p == '*' || *p == '+' || *p == '?') i->repeat = *p++;
  }
  return n;
}

/* The length of the longest match at text by greedy backtracking, or -1. */
static int backtrack(const item *i, const item *end, const char *text) {
  if (i == end) return 0;
  int most = 0, least = i->repeat == 0 || i->repeat == '+';
  int limit = i->repeat == '*' || i->repeat == '+' ? 1 << 20 : 1;
  while (most < limit && text[most] != 0 && has(i, (uint8_t)text[most])) most++;
  for (int n = most; n >= least; n--) {
    int rest = backtrack(i + 1, end, text + n);
    if (rest >= 0) return n + rest;
  }
  return -1;
}

static uint64_t close_over(const item *items, int count, uint64_t states) {
  for (int s = 0; s < count; s++)
    if (states >> s & 1 && (items[s].repeat == '*' || items[s].repeat == '?'))
      states |= (uint64_t)2 << s;
  return states;
}

/* Whether the pattern matches at text at all, one bit for each state. */
static int simulate(const item *items, int count, const char *text) {
  uint64_t states = close_over(items, count, 1);
  for (; states != 0; text++) {
    if (states >> count & 1) return 1;
    if (*text == 0) return 0;
    uint64_t next = 0;
    for (int s = 0; s < count; s++)
      if (states >> s & 1 && has(&items[s], (uint8_t)*text)) {
        next |= (uint64_t)2 << s;
        if (items[s].repeat == '*' || items[s].repeat == '+') next |= (uint64_t)1 << s;
      }
    states = close_over(items, count, next);
  }
  return 0;
}

int main(int argc, char **argv) {
  uint32_t length = bench_size(argc, argv, 150000);
  static const char *patterns[] = {"[a-c]*[b-d]+[0-9]?x", "a.*b.?c", "[a-z]+=[0-9]+;",
                                   "b?b?b?b?bbbb", "[0-9]+[a-f]*[0-9]+z"};
  char *text = bench_alloc(length + 1);
  for (uint32_t i = 0; i < length; i++) {
    uint32_t r = bench_random();
    text[i] = r % 64 == 0   ? 0
              : r % 5 == 0  ? (char)('0' + r / 64 % 10)
              : r % 17 == 0 ? "=;xz"[r / 64 % 4]
                            : (char)('a' + r / 64 % 6);
  }
  uint64_t checksum = 1;
  int correct = 1;
  item items[40];
  for (int p = 0; p < 5; p++) {
    int count = compile(patterns[p], items);
    for (uint32_t i = 0; i < length; i++) {
      int matched = backtrack(items, items + count, text + i);
      correct &= (matched >= 0) == simulate(items, count, text + i);
      checksum += (uint64_t)(matched + 1) * (i + 1);
    }
    checksum = bench_mix(checksum, (uint64_t)count);
  }
  return bench_finish(argc, argv, checksum, correct);
}
