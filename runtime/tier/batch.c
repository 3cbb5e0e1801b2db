/* Which functions, and which of their loops, are to be native next. */
#include <stdlib.h>

#include "tier/tier.h"

/* A batch takes what covers so much of what was seen, up to so many bytes of code; a function that
 * was seen for less of the time than this stays where it is. */
enum { COVERED_PERCENT = 97, LEAST_PERMILLE = 3, MOST_BYTES = 24 << 10, LOOPS_OF_FUNC = 2 };

typedef struct candidate {
  uint32_t func_index;
  uint64_t score;
} candidate;

static int compare_scores(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return x->func_index < y->func_index ? -1 : 1;
}

/* Those that were seen, the hottest first. */
static size_t sort_candidates(const wr__tier *tier, candidate *out, uint64_t *total) {
  const wr__module *m = tier->module;
  size_t count = 0;
  *total = 0;
  for (uint32_t i = 0; i < m->func_count - m->imported_funcs; i++) {
    if (!tier->scores[i] || tier->asked[i]) continue;
    out[count++] = (candidate){m->imported_funcs + i, tier->scores[i]};
    *total += tier->scores[i];
  }
  qsort(out, count, sizeof *out, compare_scores);
  return count;
}

/* The function's hottest loops, which it may be running in. */
static size_t add_loops(const wr__tier *tier, uint32_t func_index, wr__image_want *out) {
  size_t count = 0;
  while (count < LOOPS_OF_FUNC) {
    const wr__tier_loop *best = NULL;
    for (uint32_t i = 0; i < tier->loop_count; i++) {
      const wr__tier_loop *l = &tier->loops[i];
      bool taken = l->func_index != func_index || (count && out[0].loop == l->loop);
      if (!taken && (!best || l->score > best->score)) best = l;
    }
    if (!best) break;
    out[count++] = (wr__image_want){func_index, best->loop};
  }
  return count;
}

static size_t fill(wr__tier *tier, const candidate *from, size_t count, uint64_t total,
                   wr__image_want *out) {
  const wr__module *m = tier->module;
  uint64_t covered = 0, bytes = 0;
  size_t made = 0;
  for (size_t i = 0; i < count && covered * 100 < total * COVERED_PERCENT; i++) {
    if (from[i].score * 1000 < total * LEAST_PERMILLE) break;
    uint32_t func = from[i].func_index, size = m->funcs[func].code_size;
    if (made && bytes + size > MOST_BYTES) continue;
    bytes += size;
    covered += from[i].score;
    tier->asked[func - m->imported_funcs] = true;
    out[made++] = (wr__image_want){func, 0};
    made += add_loops(tier, func, out + made);
  }
  return made;
}

size_t wr__tier_choose(wr__tier *tier, wr__image_want **wants) {
  uint32_t defined = tier->module->func_count - tier->module->imported_funcs;
  candidate *candidates = wr__alloc_array(defined, sizeof *candidates);
  *wants = wr__alloc_array(defined, (1 + LOOPS_OF_FUNC) * sizeof **wants);
  size_t made = 0;
  if (candidates && *wants) {
    uint64_t total;
    size_t count = sort_candidates(tier, candidates, &total);
    made = fill(tier, candidates, count, total, *wants);
  }
  free(candidates);
  if (!made) free(*wants);
  return made;
}
