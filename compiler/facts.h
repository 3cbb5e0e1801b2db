/* What holds for a whole module, whichever part of it is compiled: found once, by a walk over all
 * bodies, and then read by all threads. */
#ifndef WR__FACTS_H
#define WR__FACTS_H

#include "base/base.h"
#include "module/module.h"

enum { WR__MAX_TARGETS = 12 };

/* The elements of a table that are functions of the module and of exactly that type. */
typedef struct wr__targets {
  const wr__deftype *type;
  uint32_t count;               /* WR__MAX_TARGETS + 1: there are more */
  uint32_t at[WR__MAX_TARGETS]; /* indices in the table */
} wr__targets;

/* A table whose elements are those of its segments for as long as anything can run: the module's
 * own, not exported, no instruction writes to it, and no function of the instance is handed out
 * before the last of its segments was applied. */
typedef struct wr__table_facts {
  bool fixed;
  uint32_t size;
  uint32_t *funcs;      /* function indices, or WR_NO_INDEX for null */
  wr__targets *targets; /* by type: a hash table */
  uint32_t targets_size;
} wr__table_facts;

/* Of a function that no caller may hold: it has a loop, handlers, a tail call or many locals. */
enum { WR__NO_WEIGHT = UINT16_MAX };

typedef struct wr__facts {
  bool handlers;    /* a function catches exceptions: then all frames check for them */
  bool tail_calls;  /* a function has tail calls: then all are called by a convention that allows it
                     */
  bool *calls;      /* by function index: it calls others, so it looks at the stack's end */
  bool *by_pointer; /* by type index: functions of it are called through tables or references */
  uint16_t *weights; /* by function index: about how many instructions its body comes to */
  wr__table_facts *tables;
  uint32_t table_count;
} wr__facts;

/* with_tables: also which tables never change. */
wr_status wr__facts_init(wr__facts *facts, const wr__module *module, bool with_tables,
                         wr_error *error);
/* What a call of the type through a fixed table can reach. */
const wr__targets *wr__facts_targets(const wr__facts *facts, uint32_t table,
                                     const wr__deftype *type);
void wr__facts_free(wr__facts *facts);

#endif
