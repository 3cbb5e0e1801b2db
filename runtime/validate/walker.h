/* The walker: the one place that knows how a body is decoded and typed.
 *
 * It reads instructions one after the other, keeps the operand stack and the control frames
 * of the validation algorithm (Spec: appendix/algorithm), reports the first
 * error with its offset, and hands every reachable instruction to a visitor.
 * Validation is the walk with no visitor, and is compiled separately so that it pays nothing
 * for the visits. */
#ifndef WR__WALKER_H
#define WR__WALKER_H

#include "base/base.h"
#include "module/module.h"
#include "reader/instr.h"

typedef struct wr__ctrl {
  uint16_t op; /* wr__op: block, loop, if, else, try_table, try, catch, catch_all; WR__OP_NONE: the
                  body */
  bool unreachable;     /* the rest of it is */
  bool entered;         /* its opening instruction was reachable, so its end is visited */
  uint32_t height;      /* operands below its parameters */
  uint32_t init_height; /* internal */
  uint32_t param_count, result_count;
  const wr_valtype *params, *results;
  void *user; /* the visitor's; NULL at first */
} wr__ctrl;

typedef struct wr__walker wr__walker;

/* Locals of one type that are declared together, up to `end`. */
typedef struct wr__local_run {
  uint32_t end;
  wr_valtype type;
} wr__local_run;

/* What a visitor gets. Called after the instruction has been checked and applied: walker->stack
 * holds what is there afterwards. Order for structured instructions:
 *   block, loop, if, try_table, try   the new frame is wr__walker_label(w, 0)
 *   else, catch, catch_all   the frame, restarted; `fell_through` tells whether the code
 *                      before it was reachable at its end
 *   end, delegate      w->ended is the frame just closed; `fell_through` as above. The last
 *                      `end` closes the body (w->ctrl_count == 0).
 * Not visited: anything unreachable, except else, catch, end of frames with `entered`.
 * A failure stops the walk and is returned. */
typedef struct wr__visitor {
  wr_status (*visit)(void *context, wr__walker *walker, const wr__instr *instr);
  void *context;
} wr__visitor;

struct wr__walker {
  const wr__module *module;
  const wr__typereg *types;
  const uint8_t *at, *end; /* in the module's bytes */
  /* The operand stack, in types. */
  wr_valtype *stack;
  uint32_t stack_count, stack_capacity;
  wr__ctrl *ctrl;
  uint32_t ctrl_count, ctrl_capacity;
  wr_valtype *locals; /* parameters first; the first of them alone where there is no visitor */
  uint32_t local_count;
  uint32_t func_index;
  const wr__deftype *func_type;
  wr__ctrl ended;
  bool fell_through;
  uint32_t max_stack_count; /* reached so far */
  wr_error *error;
  /* internal */
  uint64_t features;
  uint8_t *local_is_set;
  uint32_t *init_stack;
  uint32_t init_count, init_capacity, local_capacity;
  wr__local_run *runs; /* of the locals from listed_count on */
  uint32_t run_count, run_capacity;
  uint32_t listed_count; /* locals that `locals` holds */
  wr__instr_reader reader;
  uint32_t instr_offset;
  const wr__visitor *visitor;
  bool tracks_init;                    /* some local has no default value */
  uint32_t global_limit;               /* in constant expressions: globals below may be read */
  wr_valtype cached_types[8];          /* the last block types that are references, */
  const wr_valtype *cached_results[8]; /* and where the registry keeps each as a result list */
};

/* A walker is made once and reused for many bodies of its module. */
void wr__walker_init(wr__walker *walker, const wr__module *module, wr_error *error);
void wr__walker_free(wr__walker *walker);

/* wr__walk_func: walks the body of a defined function. visitor may be NULL.
 * Errors WR_MALFORMED, WR_INVALID, WR_OUT_OF_MEMORY, and what the visitor returns. */
wr_status wr__walk_func(wr__walker *walker, uint32_t func_index, const wr__visitor *visitor);

/* wr__walk_const: walks a constant expression of the expected type at an offset of the module's
 * bytes, before limit; *expr receives where it lies. Globals below global_limit may be read.
 * The visitor (NULL allowed) sees its instructions; the last is `end`. Spec: valid/instructions,
 * constant. */
wr_status wr__walk_const(wr__walker *walker, uint32_t offset, uint32_t limit, wr_valtype expected,
                         uint32_t global_limit, const wr__visitor *visitor, wr__expr *expr);

/* The depth-th control frame from the innermost. */
static inline wr__ctrl *wr__walker_label(const wr__walker *w, uint32_t depth) {
  return &w->ctrl[w->ctrl_count - 1 - depth];
}
/* The types that a branch to the frame carries. */
static inline uint32_t wr__ctrl_label_types(const wr__ctrl *c, const wr_valtype **types) {
  *types = c->op == WR__OP_loop ? c->params : c->results;
  return c->op == WR__OP_loop ? c->param_count : c->result_count;
}

#endif
