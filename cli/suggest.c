/* Edit distance (optimal string alignment) over short words, on the stack. */
#include "suggest.h"

#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 63, TOO_FAR = 1000 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t wr__edit_distance(const char *a, const char *b) {
  size_t rows[3][WORD_MAX + 1];
  size_t a_size = strlen(a), b_size = strlen(b);
  if (a_size > WORD_MAX || b_size > WORD_MAX) return TOO_FAR;
  size_t *before = rows[0], *above = rows[1], *row = rows[2];
  for (size_t j = 0; j <= b_size; j++) above[j] = j;
  memset(rows[0], 0, sizeof rows[0]);
  for (size_t i = 1; i <= a_size; i++) {
    row[0] = i;
    for (size_t j = 1; j <= b_size; j++) {
      size_t cost = a[i - 1] != b[j - 1];
      row[j] = least(above[j - 1] + cost, least(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least(row[j], before[j - 2] + 1);
    }
    size_t *free_row = before;
    before = above;
    above = row;
    row = free_row;
  }
  return above[b_size];
}

const char *wr__suggest(const char *word, const char *const *candidates, size_t count) {
  size_t length = strlen(word);
  size_t best = length < 3 ? 1 : (length + 2) / 3;
  const char *found = NULL;
  for (size_t i = 0; i < count; i++) {
    size_t distance = wr__edit_distance(word, candidates[i]);
    /* A beginning is nearer than any mistyped word. */
    if (length >= 2 && strncmp(word, candidates[i], length) == 0) distance = 0;
    /* Everything replaced is not a likeness. */
    if (distance > best || distance >= length || (found && distance == best)) continue;
    best = distance;
    found = candidates[i];
  }
  return found;
}
