/* What the emitter's files share: emit.c (the operand stack), emit_code.c (bytes), emit_write.c
 * (instructions), emit_grow.c (trees), emit_branch.c (branches and selects), patterns.c (the
 * tables that generate.py makes). */
#ifndef WR__EMIT_INTERNAL_H
#define WR__EMIT_INTERNAL_H

#include "interp/emit.h"
#include "interp/machine.h"
#include "patterns.h"

#define NONE WR__OP_NONE

/* ---- patterns.c */
typedef struct wr__run_row {
  uint16_t adds, copies;
} wr__run_row;
typedef struct wr__loop_end {
  uint16_t condition, handlers[WR__MAX_RUN];
} wr__loop_end;
typedef struct wr__ternary_row {
  uint16_t op, pattern;
} wr__ternary_row;

extern const wr__pattern wr__patterns[];
/* By handler, or NONE: the one for accesses whose offsets are zero; the one that leaves its result
 * in the accumulator alone. */
extern const uint16_t wr__zero_offsets[], wr__held[];
extern const wr__branch_pattern wr__branch_patterns[];
extern const wr__select_pattern wr__select_patterns[];
extern const wr__run_row wr__runs[];
extern const wr__loop_end wr__loop_ends[WR__LOOP_END_COUNT];
extern const char wr__leaf_cls[][5];
extern const uint16_t wr__checked_ops[WR__CHECKED_OP_COUNT][3];
/* op, left pattern, right pattern, pattern of the whole, 16 bits each, by wr__emit_combine's hash;
 * NONE in empty ones. */
extern const uint64_t wr__combine_table[WR__COMBINE_SIZE];
extern const wr__ternary_row wr__ternary_patterns[WR__TERNARY_COUNT];
/* By op: the one that is the same with its operands swapped, or NONE. */
extern const uint16_t wr__mirror_ops[WR__MIRROR_COUNT];

/* ---- operands */

static inline uint32_t cls_slots(char cls) { return cls == 'v' ? 2 : 1; }

static inline bool is_slot(const wr__operand *o) {
  return o->pattern <= WR__PAT_R_v && !o->negated;
}
static inline bool is_const(const wr__operand *o) {
  return o->leaf_count == 0 && o->imm_count == 1 && o->pattern != NONE &&
         !wr__patterns[o->pattern].reads_global && !o->negated;
}

static inline bool is_tree(const wr__operand *o) { return !is_slot(o) && !is_const(o); }

static inline void lower(uint32_t *from, uint32_t index) {
  if (*from > index) *from = index;
}

/* ---- emit.c */
/* Makes o, which keeps its home, an operand that is a slot. It must not be counted. */
void wr__emit_set_slot(const wr__emit *e, wr__operand *o, char cls, uint32_t slot);
/* The operand at `index` is as it is now from here on, or is it no more: what the emitter counts
 * of leaves and tees. */
void wr__emit_count_in(wr__emit *e, const wr__operand *o, uint32_t index);
void wr__emit_count_out(wr__emit *e, const wr__operand *o);
/* Whether it may trap, or reads what others can write. */
void wr__emit_watch(wr__emit *e, const wr__operand *o, uint32_t index);
/* Begins an operand on top, all zero but its home, class and pattern. It must then be filled and
 * counted in. */
wr__operand *wr__emit_new(wr__emit *e, char cls, uint16_t pattern);

/* ---- emit_grow.c: the pattern of an instruction over patterns, or NONE */
uint16_t wr__emit_combine(uint32_t op, uint32_t left, uint32_t right);

/* ---- emit_write.c */
/* The leaves and immediates of an instruction at `at`. */
void wr__emit_put_operands(wr__emit *e, uint32_t at, const wr__operand *o, const uint8_t *imm_at,
                           const uint8_t *imm_width);
/* A slot has been written by an instruction that leaves its value in no accumulator. */
void wr__emit_slot_changed(wr__emit *e, uint32_t slot);
/* Moving a value that the last instruction left in an operand's slot: let it write there at once.
 * False where that cannot be. */
bool wr__emit_retarget_last(wr__emit *e, const wr__operand *o, uint32_t slot);
/* The instruction at `at` is the last, and what it computed may still be joined or moved. */
void wr__emit_remember(wr__emit *e, uint32_t at, const wr__operand *o, uint32_t dst,
                       uint8_t dst_at);
/* The handler for o where its accesses have no offset, else the handler as it is. */
uint16_t wr__emit_choose(const wr__operand *o, const wr__pattern *p, uint16_t handler);
/* The next instruction takes a slot's value from the accumulator and is the last to read it: the
 * last instruction, if the slot is its result, need not write it. True where it now does not. */
bool wr__emit_hold_last(wr__emit *e, uint32_t slot);
void wr__emit_pattern(wr__emit *e, const wr__operand *o, uint32_t slot);

#endif
