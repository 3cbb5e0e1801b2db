/* Budgets: what the stores of one program may use together. Counted, since the stores of a
 * program's threads and its shared memories each keep it. Any thread. */
#ifndef WR__BUDGET_H
#define WR__BUDGET_H

#include <stdatomic.h>

#include "base/base.h"
#include "config/engine.h"

typedef struct wr__budget wr__budget;

/* As the engine's configuration says; NULL when out of memory. */
wr__budget *wr__budget_new(const wr__engine *engine);
wr__budget *wr__budget_retain(wr__budget *budget);
void wr__budget_release(wr__budget *budget);

/* Takes an amount of what the limit is for. False: that would be more than the limit, which
 * wr__budget_hit then names. */
WR_NODISCARD bool wr__budget_take(wr__budget *budget, wr_limit limit, uint64_t amount);
void wr__budget_give(wr__budget *budget, wr_limit limit, uint64_t amount);

uint64_t wr__budget_used(const wr__budget *budget, wr_limit limit);
uint64_t wr__budget_most(const wr__budget *budget, wr_limit limit);
void wr__budget_set_most(wr__budget *budget, wr_limit limit, uint64_t most);
/* The limit that last refused something, or WR_LIMIT_NONE. */
wr_limit wr__budget_hit(const wr__budget *budget);
void wr__budget_note_hit(wr__budget *budget, wr_limit limit);

/* "max-memory (64 MiB)": the limit and its present value, for messages. */
enum { WR__LIMIT_TEXT_BYTES = 64 };
void wr__budget_describe(const wr__budget *budget, wr_limit limit, char text[WR__LIMIT_TEXT_BYTES]);
/* "out of memory: limit max-gc-heap (512 MiB)", malloc'ed; NULL when out of memory. */
char *wr__budget_message(const wr__budget *budget, wr_limit limit);

#endif
