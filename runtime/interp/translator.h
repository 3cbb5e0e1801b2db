/* What the parts of the translator share: translate.c (the visitor, one function as a whole),
 * translate_locals.c, translate_branch.c, translate_call.c, translate_memory.c (and tables,
 * globals), translate_objects.c (references, structures, arrays, atomics), translate_try.c
 * (exceptions). A function that takes a wr__instr alone translates that instruction. */
#ifndef WR__TRANSLATOR_H
#define WR__TRANSLATOR_H

#include "interp/emit.h"
#include "interp/machine.h"
#include "interp/translate.h"

#define NO_POSITION UINT32_MAX

/* A displacement waiting for its label. */
typedef struct fixup {
  uint32_t at, start;
  uint32_t next; /* index + 1 of the next of the same label */
} fixup;

/* What the translator knows of a control frame; index in `labels` is the walker's depth. */
typedef struct label {
  uint32_t height;  /* operands below the construct's parameters */
  uint32_t home;    /* of its first parameter or result */
  uint32_t loop_at; /* position of a loop's start, else NO_POSITION */
  uint32_t fixups;  /* index + 1 of the first */
  uint32_t else_at,
      else_start; /* displacement of an `if` that skips to else; NO_POSITION when none */
  /* try_table, try: */
  uint32_t
      try_at; /* where the guarded code starts; NO_POSITION when there is none, or it has ended */
  uint32_t try_end;   /* try: where it ended */
  wr__catch *catches; /* try_table: a copy */
  uint32_t catch_count;
  uint32_t first_handler; /* try: of this construct, in the translator's list */
  uint32_t exn_index;     /* try: which of the frame's exception slots is its own */
} label;

typedef struct local_info {
  uint32_t slot;
  /* the nesting in which its first write stands, 0 when unset: a local that is read where no write
   * of it dominates must start as zero */
  uint32_t set_in;
  uint32_t until; /* of a reference: nothing written so far reads it at or behind this position */
  char cls;
} local_info;

/* Made once for a module, and used for one function after the other. */
typedef struct wr__translator {
  wr__emit e;
  wr__walker walker;
  const wr__module *module;
  wr__engine *engine;
  /* memory, kept from one function to the next */
  local_info *locals;
  size_t local_capacity;
  uint32_t *set_stack; /* locals in the order of their first write */
  size_t set_stack_capacity;
  label *labels;
  size_t label_capacity;
  fixup *fixups;
  size_t fixup_capacity;
  wr__try_range *ranges;
  size_t range_capacity;
  wr__try_handler *handlers;
  size_t handler_capacity;
  wr__ref_map *maps;
  size_t map_capacity;
  wr__ref_node *nodes;
  size_t node_capacity;
  uint32_t *chain; /* by operand: index + 1 of the node of the topmost reference up to it, or 0 */
  size_t chain_capacity;
  uint32_t *loop_reads; /* locals that are references and read in the outermost loop around here */
  size_t loop_read_capacity;
  bool *used; /* by local: whether the body names it; NULL: every local has slots of its own */
  wr__code_loop *loops; /* that can be entered */
  size_t loop_capacity;
  const _Atomic uint32_t *interrupt; /* ends a translation */
  /* zero at the start of a function, from here on */
  bool guarded;
  bool laid_out;
  uint32_t first_zero, end_zero; /* slots that start as zero */
  uint32_t set_stack_count;
  uint32_t param_count;
  uint32_t link_slot;
  uint32_t label_count;
  uint32_t fixup_count;
  uint32_t enter_at;
  uint32_t range_count;
  uint32_t handler_count;
  uint32_t exn_count;    /* legacy tries so far, each with a slot for what it caught */
  uint32_t exn_reserved; /* slots for them, between the locals and the operands */
  uint32_t exn_base;     /* the first */
  uint32_t map_count;
  uint32_t node_count;
  uint32_t open_loops;
  uint32_t loop_read_count;
  uint32_t loop_count;
  uint32_t ref_local_count;
} translator;

/* The class of a value type: i l f d v, and r for references (in patterns they are l). */
char wr__translate_cls(wr_valtype type);

/* ---- translate_refs.c: what collections need */
/* The references among the lowest `count` operands, at the instruction about to be written. */
void wr__translate_map_refs(translator *t, uint32_t count);
/* A local that is a reference is read by what is written next. */
void wr__translate_ref_read(translator *t, uint32_t local);
/* The outermost loop ends. */
void wr__translate_end_loops(translator *t);
/* The finished list of the function's references outside the operands, at `out`. */
void wr__translate_list_refs(const translator *t, uint32_t skip, wr__ref_local *out);

/* ---- translate_locals.c */
/* A local that is read where no write of it is known to come first starts as zero. */
/* The same for slots, up to `end`. */
void wr__translate_slots_must_be_zero(translator *t, uint32_t slot, uint32_t end);
void wr__translate_must_be_zero(translator *t, uint32_t local);
/* Fills t->used for a function; false when out of memory. */
bool wr__translate_find_used(translator *t, uint32_t func_index);
void wr__translate_forget_writes(translator *t, uint32_t depth);
void wr__translate_local_get(translator *t, const wr__instr *in);
void wr__translate_local_set(translator *t, const wr__instr *in);
void wr__translate_local_tee(translator *t, const wr__instr *in);

/* ---- translate_branch.c */
void wr__translate_push_label(translator *t, const wr__ctrl *c, bool is_loop);
label *wr__translate_label(translator *t, uint32_t depth);
void wr__translate_reset_stack(translator *t, const label *l, const wr_valtype *types,
                               uint32_t count);
void wr__translate_jump(translator *t, label *l);
void wr__translate_bind(translator *t, label *l);
void wr__translate_br(translator *t, uint32_t depth);
void wr__translate_branch_on(translator *t, wr__operand *condition, uint32_t depth, uint32_t count);
void wr__translate_settle_branch(translator *t, uint32_t depth, uint32_t count);
void wr__translate_open(translator *t, const wr__instr *in);
void wr__translate_else(translator *t, const wr__instr *in);
void wr__translate_end(translator *t, const wr__instr *in);
void wr__translate_br_always(translator *t, const wr__instr *in);
void wr__translate_br_if(translator *t, const wr__instr *in);
void wr__translate_br_table(translator *t, const wr__instr *in);
void wr__translate_br_on_null(translator *t, const wr__instr *in);
void wr__translate_return(translator *t, const wr__instr *in);
void wr__translate_unreachable(translator *t, const wr__instr *in);

/* ---- translate_call.c */
void wr__translate_call(translator *t, const wr__instr *in);
void wr__translate_call_ref(translator *t, const wr__instr *in);
void wr__translate_call_indirect(translator *t, const wr__instr *in);

/* ---- translate_memory.c */
void wr__translate_access(translator *t, const wr__instr *in);
void wr__translate_global(translator *t, const wr__instr *in);
void wr__translate_table_access(translator *t, const wr__instr *in);
void wr__translate_const_v128(translator *t, const wr__instr *in);
void wr__translate_wide(translator *t, const wr__instr *in);
void wr__translate_size(translator *t, const wr__instr *in);
void wr__translate_grow(translator *t, const wr__instr *in);
void wr__translate_bulk(translator *t, const wr__instr *in);
void wr__translate_segment_drop(translator *t, const wr__instr *in);
/* A result that a handler of control.inc writes to destination@8, with one immediate@12. */
void wr__translate_source(translator *t, uint32_t handler, char cls, uint32_t immediate);
/* An operation by a C function on the top operands; results in classes. */
void wr__translate_operation(translator *t, uint32_t handler, uint32_t operand_count,
                             const char *results, uint32_t a, uint32_t b);
void wr__translate_check_non_null(translator *t, wr_trap_kind kind);

/* ---- translate_objects.c, translate_try.c: false where the instruction is not theirs */
bool wr__translate_object(translator *t, const wr__instr *in);
bool wr__translate_try(translator *t, const wr__instr *in);
/* try_table and try, at their end: after the fallthrough has been settled, before the label is
 * bound. */
void wr__translate_end_try(translator *t, label *l, const wr__ctrl *ended);
/* What try.c adds to finished code: ranges and handlers, and the numbers of exception slots. */
void wr__translate_finish_try(translator *t, wr__code *code, uint32_t skip);

#endif
