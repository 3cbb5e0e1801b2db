/* What holds for a whole module, whichever part of it is compiled: found once, by a walk over all
 * bodies, and then read by all threads. */
#ifndef WR__FACTS_H
#define WR__FACTS_H

#include "base/base.h"
#include "module/module.h"

/* A table whose elements are those of its segments for ever: the module's own, not exported, and
 * no instruction writes to it. */
typedef struct wr__table_facts {
  bool fixed;
  uint32_t size;
  uint32_t *funcs; /* function indices, or WR_NO_INDEX for null */
} wr__table_facts;

typedef struct wr__facts {
  bool handlers;   /* a function catches exceptions: then all frames check for them */
  bool tail_calls; /* a function has tail calls: then all are called by a convention that allows it
                    */
  bool *calls;     /* by function index: it calls others, so it looks at the stack's end */
  wr__table_facts *tables;
  uint32_t table_count;
} wr__facts;

wr_status wr__facts_init(wr__facts *facts, const wr__module *module, wr_error *error);
void wr__facts_free(wr__facts *facts);

#endif
