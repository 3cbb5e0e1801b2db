/* Budgets: counters that memories, tables and heaps take from before they grow and give back to
 * when they shrink or end. Lock-free; a refusal changes nothing but the note of which limit it was.
 */
#include "store/budget.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct wr__budget {
  _Atomic uint32_t ref_count;
  _Atomic uint32_t hit; /* wr_limit */
  struct {
    _Atomic uint64_t used, most;
  } of[WR_LIMIT_COUNT];
};

const char *wr_limit_name(wr_limit limit) {
  static const char *const names[] = {[WR_LIMIT_NONE] = "no limit",
#define X(name, text) [WR_LIMIT_##name] = text,
                                      WR_LIMITS(X)
#undef X
  };
  return (size_t)limit < WR_ARRAY_COUNT(names) ? names[limit] : "unknown limit";
}

/* The heap counts its objects exactly and keeps them below the limit; what it takes here is the
 * blocks that they are in. Fragmentation may cost this much more. */
#define HEAP_SLACK_BYTES ((uint64_t)4 << 20)

static uint64_t allowed(wr_limit limit, uint64_t most) {
  uint64_t slack = limit == WR_LIMIT_GC_HEAP ? most / 4 + HEAP_SLACK_BYTES : 0;
  return most > UINT64_MAX - slack ? UINT64_MAX : most + slack;
}

wr__budget *wr__budget_new(const wr__engine *engine) {
  wr__budget *budget = calloc(1, sizeof *budget);
  if (!budget) return NULL;
  atomic_init(&budget->ref_count, 1);
  wr__budget_set_most(budget, WR_LIMIT_MEMORY, engine->config.max_memory_bytes);
  wr__budget_set_most(budget, WR_LIMIT_TABLE_ELEMENTS, engine->config.max_table_elements);
  wr__budget_set_most(budget, WR_LIMIT_GC_HEAP, engine->config.max_gc_heap_bytes);
  return budget;
}

wr__budget *wr__budget_retain(wr__budget *budget) {
  atomic_fetch_add_explicit(&budget->ref_count, 1, memory_order_relaxed);
  return budget;
}

void wr__budget_release(wr__budget *budget) {
  if (budget && atomic_fetch_sub_explicit(&budget->ref_count, 1, memory_order_acq_rel) == 1)
    free(budget);
}

bool wr__budget_take(wr__budget *budget, wr_limit limit, uint64_t amount) {
  uint64_t used = atomic_load_explicit(&budget->of[limit].used, memory_order_relaxed);
  uint64_t most = allowed(limit, wr__budget_most(budget, limit));
  do {
    if (used > most || amount > most - used) {
      wr__budget_note_hit(budget, limit);
      return false;
    }
  } while (!atomic_compare_exchange_weak(&budget->of[limit].used, &used, used + amount));
  return true;
}

void wr__budget_give(wr__budget *budget, wr_limit limit, uint64_t amount) {
  atomic_fetch_sub(&budget->of[limit].used, amount);
}

uint64_t wr__budget_used(const wr__budget *budget, wr_limit limit) {
  return atomic_load(&((wr__budget *)budget)->of[limit].used);
}

uint64_t wr__budget_most(const wr__budget *budget, wr_limit limit) {
  return atomic_load_explicit(&((wr__budget *)budget)->of[limit].most, memory_order_relaxed);
}

void wr__budget_set_most(wr__budget *budget, wr_limit limit, uint64_t most) {
  atomic_store(&budget->of[limit].most, most);
}

wr_limit wr__budget_hit(const wr__budget *budget) {
  return (wr_limit)atomic_load(&((wr__budget *)budget)->hit);
}

void wr__budget_note_hit(wr__budget *budget, wr_limit limit) {
  atomic_store(&budget->hit, (uint32_t)limit);
}

void wr__budget_describe(const wr__budget *budget, wr_limit limit,
                         char text[WR__LIMIT_TEXT_BYTES]) {
  static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
  uint64_t most = wr__budget_most(budget, limit);
  size_t unit = 0;
  bool is_bytes = limit != WR_LIMIT_TABLE_ELEMENTS;
  while (is_bytes && unit + 1 < WR_ARRAY_COUNT(units) && most >= 1024 && most % 1024 == 0) {
    most /= 1024;
    unit++;
  }
  snprintf(text, WR__LIMIT_TEXT_BYTES, "%s (%" PRIu64 " %s)", wr_limit_name(limit), most,
           is_bytes ? units[unit] : "elements");
}

char *wr__budget_message(const wr__budget *budget, wr_limit limit) {
  enum { SIZE = WR__LIMIT_TEXT_BYTES + 32 };
  char name[WR__LIMIT_TEXT_BYTES], *text = malloc(SIZE);
  wr__budget_describe(budget, limit, name);
  if (text) snprintf(text, SIZE, "out of memory: limit %s", name);
  return text;
}
