/* Emitter: holds operands back as patterns, grows them, and writes register code.
 *
 * An operand of the wasm stack is a wr__operand: a slot, a constant, or an expression tree that has
 * not been computed yet. Growing a tree costs nothing; a tree is written as one instruction when
 * something needs its value in a slot (materialize). Until then the emitter keeps
 * these invariants:
 *   - a tree's slots still hold what they held when it was built: whoever writes a local
 *     materializes the trees that read it first;
 *   - trees that may trap or read memory are written before any effect that must come after them;
 *   - every operand has a home slot, by its height, and writing an operand to its home
 *     disturbs no operand below. */
#ifndef WR__EMIT_H
#define WR__EMIT_H

#include "interp/code.h"
#include "interp/sequences.h"
#include "validate/walker.h"

enum { WR__MAX_LEAVES = 4, WR__MAX_IMMS = 4, WR__MAX_FRAME_SLOTS = 65000 };
#define WR__NO_SLOT UINT32_MAX

typedef struct wr__pattern {
  uint16_t handler;
  uint16_t acc_handler[3]; /* with leaf k in the accumulator; k = 2 stands for the last leaf */
  uint8_t size, leaf_count, dst_at, imm_count;
  uint8_t imm_at[WR__MAX_IMMS], imm_width[WR__MAX_IMMS];
  char cls; /* of the result: i l f d v, or - */
  bool traps, reads_memory, reads_global;
  uint8_t offset_imms;     /* bit k: immediate k is the offset of an access */
  uint16_t branch, select; /* rows of their tables, or WR__OP_NONE */
  uint16_t negated;        /* the pattern of the opposite comparison, or WR__OP_NONE */
} wr__pattern;

typedef struct wr__branch_pattern {
  uint16_t handlers[9]; /* if, unless, if back; then the same with leaf 0, then leaf 1, in acc */
  uint8_t size;
  uint8_t imm_at[WR__MAX_IMMS];
  uint8_t displacement_at;
} wr__branch_pattern;

typedef struct wr__select_pattern {
  uint16_t handlers[2]; /* 8-byte values, v128 */
  uint8_t size, dst_at, imm_at;
} wr__select_pattern;

/* One cache line. Of imms only the first imm_count are set. */
typedef struct wr__operand {
  uint16_t pattern;
  uint16_t kept; /* the pattern without the local.tee at its root, or WR__OP_NONE */
  uint16_t leaves[WR__MAX_LEAVES];
  uint16_t home;
  uint16_t high_temp;    /* the highest operand slot among the leaves, or 0 */
  uint16_t tee_slots[2]; /* locals that computing it also writes; tee_count of them */
  uint32_t trap_offset;  /* module offset of the instruction in it that may trap */
  uint8_t leaf_count, imm_count, tee_count;
  char cls;     /* of the value: i l f d v, and r for references */
  bool negated; /* the value is the logical not of the tree's */
  uint64_t imms[WR__MAX_IMMS];
} wr__operand;

/* How many operands read a local's slot, and how many write it when they are computed. None of
 * them is below reads_from or tees_from: searches start there, so that each operand is looked at
 * once however deep the stack is. */
typedef struct wr__slot_use {
  uint32_t reads, reads_from, tees, tees_from;
} wr__slot_use;

typedef struct wr__emit {
  /* memory, kept from one function to the next */
  uint8_t *code;
  size_t capacity;
  uint8_t *offsets; /* see wr__code */
  size_t offsets_capacity;
  wr__operand *stack;
  size_t stack_capacity;
  wr__slot_use *uses; /* by slot below stack_base */
  size_t use_capacity;
  wr__steps steps;
  /* zero at the start of a function, from here on: the code so far */
  size_t size, offsets_size;
  uint32_t last_offset_at, last_offset_module;
  bool failed; /* out of memory, or a frame or the code too large */
  /* operands */
  uint32_t stack_count;
  /* Operands below these are: free of traps; of traps and of reads of memory or globals; of tees;
   * at home or constant. */
  uint32_t traps_from, effects_from, tees_from, away_from;
  uint32_t changed_from; /* operands below are as they were when the last map was made */
  uint32_t stack_base;   /* home of the lowest operand */
  uint32_t frame_slots;  /* so far */
  /* what the accumulators hold: the slot whose value they mirror */
  uint32_t acc_slot, vacc_slot;
  /* the last instruction that computed a value, for joining it with the next */
  uint32_t last_at; /* its position; UINT32_MAX when there is none, or a label is between */
  uint16_t last_pattern;
  char last_cls;
  uint32_t last_dst;
  uint8_t last_dst_at;
  bool last_took;         /* it takes a value that is in the accumulator alone */
  bool lasting;           /* what is written now leaves the operands that it reads in use */
  uint32_t last_run;      /* how many statements the last instruction holds */
  uint32_t pending_tees;  /* in all operands */
  uint32_t module_offset; /* of the wasm instruction being translated */
  uint32_t options;       /* WR__EMIT_NO_* */
  size_t most_bytes;      /* of code: more is refused */
} wr__emit;

/* Bits of wr__config.optimisations_off. */
enum {
  WR__EMIT_NO_FUSION = 1 << WR_OPTIMISE_FUSION,
  WR__EMIT_NO_ACCUMULATORS = 1 << WR_OPTIMISE_ACCUMULATORS,
  WR__EMIT_NO_COALESCING = 1 << WR_OPTIMISE_COALESCING,
  WR__EMIT_NO_LOOP_FUSION = 1 << WR_OPTIMISE_LOOPS,
  WR__EMIT_NO_SEQUENCES = 1 << WR_OPTIMISE_SEQUENCES,
  WR__EMIT_NO_HELD = 1 << WR_OPTIMISE_HELD,
  WR__EMIT_NO_WIDE = 1 << WR_OPTIMISE_WIDE,
};

void wr__emit_free(wr__emit *e);
/* A new function begins. */
void wr__emit_restart(wr__emit *e, uint32_t options);
/* Its locals are known: operands have their homes from stack_base on. */
void wr__emit_lay_out(wr__emit *e, uint32_t stack_base);

/* ---- operands */
static inline wr__operand *wr__emit_top(wr__emit *e, uint32_t depth) {
  return &e->stack[e->stack_count - 1 - depth];
}
void wr__emit_push_slot(wr__emit *e, char cls, uint32_t slot); /* a local */
void wr__emit_push_home(wr__emit *e, char cls);                /* a value already in its home */
void wr__emit_push_const(wr__emit *e, char cls, uint64_t bits);
wr__operand wr__emit_pop(wr__emit *e);
void wr__emit_discard(wr__emit *e, uint32_t count); /* pops them */
uint32_t wr__emit_next_home(const wr__emit *e);
/* The home of what stands above the lowest `count` operands. */
uint32_t wr__emit_home_above(const wr__emit *e, uint32_t count);
/* The same, for someone who is going to write there: the operand below it is written first if it
 * reads from there on. */
uint32_t wr__emit_clear_above(wr__emit *e, uint32_t count);
/* Applies an instruction of one to three operands to the top ones; extra are its own immediates. */
void wr__emit_apply(wr__emit *e, uint16_t op, uint32_t operand_count, char result_cls,
                    const uint64_t *extra, uint32_t extra_count);
/* The same for one without a result: writes it. */
void wr__emit_effect(wr__emit *e, uint16_t op, uint32_t operand_count, const uint64_t *extra,
                     uint32_t extra_count);

/* local.tee: the top operand is also to go to a local. Kept pending where a pattern has it. */
void wr__emit_tee(wr__emit *e, uint32_t slot);
/* Writes pending tees: of one local, before anybody reads or writes it; all, before control leaves.
 */
void wr__emit_settle_tee(wr__emit *e, uint32_t slot);
void wr__emit_settle_tees(wr__emit *e);
/* A popped operand with its tees written, in a slot. */
wr__operand wr__emit_settle_popped(wr__emit *e, wr__operand operand);

/* ---- writing values */
void wr__emit_materialize(wr__emit *e,
                          wr__operand *operand); /* to its home, unless it is a slot there */
void wr__emit_to_slot(wr__emit *e, wr__operand *operand); /* to any slot: locals stay */
void wr__emit_store(wr__emit *e, uint32_t slot); /* pops the top operand, to a local's slot */
void wr__emit_write(wr__emit *e, const wr__operand *operand,
                    uint32_t slot); /* leaves the operand as it is */
/* Materializes the operands from `first` on, to their homes (constants too). */
void wr__emit_materialize_from(wr__emit *e, uint32_t first);
/* Materializes what reads a local's slot; what may trap; what traps, reads memory or globals; all
 * but constants. */
void wr__emit_flush_slot(wr__emit *e, uint32_t slot);
void wr__emit_flush_traps(wr__emit *e);
void wr__emit_flush_effects(wr__emit *e);
void wr__emit_flush_all(wr__emit *e);

/* ---- control */
typedef enum wr__branch_kind {
  WR__BRANCH_IF,
  WR__BRANCH_UNLESS,
  WR__BRANCH_IF_BACK
} wr__branch_kind;
/* Writes a conditional branch on a popped operand, which is used up; returns where its displacement
 * stands, to be filled by wr__emit_patch. */
uint32_t wr__emit_branch(wr__emit *e, wr__branch_kind kind, wr__operand *condition,
                         uint32_t *start);
void wr__emit_select(wr__emit *e, bool is_v128, char cls);
/* A label is here: nothing is known of accumulators, nothing joins across. */
void wr__emit_label(wr__emit *e);
void wr__emit_forget(wr__emit *e);

/* ---- raw instructions */
uint32_t wr__emit_begin(wr__emit *e, uint32_t handler, uint32_t size); /* its position */
static inline void wr__emit_u16(wr__emit *e, uint32_t at, uint32_t value) {
  if (WR_UNLIKELY(value > UINT16_MAX)) e->failed = true;
  if (WR_UNLIKELY(e->failed)) return;
  uint16_t v = (uint16_t)value;
  memcpy(e->code + at, &v, 2);
}
static inline void wr__emit_u32(wr__emit *e, uint32_t at, uint32_t value) {
  if (WR_LIKELY(!e->failed)) memcpy(e->code + at, &value, 4);
}
static inline void wr__emit_u64(wr__emit *e, uint32_t at, uint64_t value) {
  if (WR_LIKELY(!e->failed)) memcpy(e->code + at, &value, 8);
}
/* Fills the displacement at `at` of the instruction that starts at `start`. */
static inline void wr__emit_patch(wr__emit *e, uint32_t at, uint32_t start, uint32_t target) {
  wr__emit_u32(e, at, target - start);
}
/* The instruction at the present end may trap or calls: remember its module offset. */
void wr__emit_note(wr__emit *e, uint32_t module_offset);
static inline void wr__emit_use_slots(wr__emit *e, uint32_t end) {
  if (end > e->frame_slots) {
    e->frame_slots = end;
    if (end > WR__MAX_FRAME_SLOTS) e->failed = true;
  }
}

/* Pseudo instructions of the generator, by name. */
uint16_t wr__emit_checked_op(uint16_t op, bool is64);
uint16_t wr__emit_global_op(bool set, bool is_v128);
void wr__emit_set_global(wr__emit *e, uint64_t index);
void wr__emit_drop(wr__emit *e);
/* The condition "the reference in slot is null" (or is not). */
wr__operand wr__emit_null_test(const wr__emit *e, uint32_t slot, bool negated);
bool wr__emit_is_slot(const wr__operand *o);

#endif
