/* The nearest known word to a wrong one. */
#ifndef WR__CLI_SUGGEST_H
#define WR__CLI_SUGGEST_H

#include <stddef.h>

/* wr__edit_distance: insertions, deletions, replacements and swaps of neighbours that turn one
 * word into the other; at least 1000 where a word has more than 63 bytes. */
size_t wr__edit_distance(const char *a, const char *b);

/* wr__suggest: the candidate that `word` most likely meant, or NULL. A third of the word may be
 * wrong. */
const char *wr__suggest(const char *word, const char *const *candidates, size_t count);

#endif
