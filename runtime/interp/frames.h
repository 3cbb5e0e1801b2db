/* Frames on the store's call stack, seen from outside: which code a pc belongs to, and the way
 * from a frame to its caller's. */
#ifndef WR__FRAMES_H
#define WR__FRAMES_H

#include "interp/operations.h"

/* A frame during a walk. */
typedef struct wr__walk {
  wr__instance *inst;
  const uint8_t *pc;
  uint64_t *fp;
  bool returned;        /* pc is where a call returns to */
  const wr__code *code; /* set by wr__walk_frame */
  uint32_t at;          /* code bytes: the instruction, or within the call that has not returned */
} wr__walk;

/* Finds the code of the walk's frame, going through stubs of calls between instances first. False
 * at the host's entry. */
bool wr__walk_frame(wr__walk *walk);
/* On to the caller's frame. */
void wr__walk_up(wr__walk *walk);

/* Marks every reference that the store's interpreter frames hold; called at a collection. */
void wr__interp_visit_roots(wr__exec *exec, wr__mark mark, void *context);

/* The index of a module's translated functions; made at the first. NULL when out of memory. */
struct wr__translated *wr__translated_of(wr__module *module);
/* A translator for the module, to be given back: the one that is kept between functions, or where
 * another thread has it, a new one. NULL when out of memory. */
struct wr__translator *wr__code_take_translator(struct wr__translated *index,
                                                const wr__module *module);
void wr__code_give_translator(struct wr__translated *index, struct wr__translator *translator);
/* The code of a defined function (0 the first), or NULL. */
wr__code *wr__code_get(const struct wr__translated *index, uint32_t defined, bool guarded);
/* Puts code in; returns what is there afterwards: this, or another thread's (and this is freed).
 * NULL when out of memory. */
wr__code *wr__code_put(struct wr__translated *index, uint32_t defined, bool guarded,
                       wr__code *code);

#endif
