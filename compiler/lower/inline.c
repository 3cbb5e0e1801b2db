/* Small functions in the bodies of their callers: the body is walked where the call stands, with
 * locals, operands and a label for `return` of its own, and in the same LLVM function.
 *
 * Backtraces do not change by it. What may trap or call in such a body has a place (format.h) in
 * the line table, which leads from its offset to the call that it stands for. */
#include <stdlib.h>

#include "lower/lower.h"

enum {
  MAX_WEIGHT = 24,
  CALL_WEIGHT = 3, /* with one for each parameter: what a call comes to */
  PLACES_LOG2 = 18,
  MAX_PARTITIONS = 1 << 13,
  BODY_PLACES = 1 << 10, /* more than the small bodies inside one another have */
};

/* ---- Places */

void wr__lower_start_places(wr__lower *l, uint32_t partition) {
  bool numbered = partition < MAX_PARTITIONS;
  l->place_base = numbered ? WR__IMAGE_PLACE | partition << PLACES_LOG2 : 0;
}

uint32_t wr__lower_place(wr__lower *l) {
  if (!l->inlined) return l->offset;
  uint32_t call = l->inlined->call;
  wr__place_row *last = l->place_count ? &l->places[l->place_count - 1] : NULL;
  if (last && last->module_offset == l->offset && last->call == call) return last->id;
  if (!wr__grow(&l->places, &l->place_capacity, l->place_count + 1, sizeof *l->places)) {
    l->out_of_memory = true;
    return call;
  }
  uint32_t id = l->place_base + (uint32_t)l->place_count;
  l->places[l->place_count++] = (wr__place_row){id, l->offset, call};
  return id;
}

/* ---- Which */

uint32_t wr__lower_inline_budget(const wr__lower *l) {
  char level = l->options->level;
  if (level < '2' || level == 's') return 0;
  return 24 + l->module->funcs[l->func_index].code_size / 32;
}

/* What the caller grows by. */
static uint32_t growth_of(const wr__lower *l, uint32_t func_index) {
  uint32_t weight = l->facts->weights[func_index];
  uint32_t call = CALL_WEIGHT + l->module->funcs[func_index].type->param_count;
  return weight > call ? weight - call : 0;
}

static bool is_open(const wr__lower *l, uint32_t func_index) {
  if (l->funcs[func_index] == l->func) return true;
  for (const wr__inlining *i = l->inlined; i; i = i->outer)
    if (i->func_index == func_index) return true;
  return false;
}

bool wr__lower_may_inline(const wr__lower *l, uint32_t func_index) {
  if (func_index < l->module->imported_funcs || l->options->level < '2') return false;
  if (l->facts->weights[func_index] > MAX_WEIGHT) return false;
  if (l->facts->handlers && l->facts->calls[func_index]) return false;
  if (!l->place_base || l->place_count > (1u << PLACES_LOG2) - BODY_PLACES) return false;
  uint32_t depth = 0;
  for (const wr__inlining *i = l->inlined; i; i = i->outer) depth++;
  return depth < WR__INLINE_DEPTH && growth_of(l, func_index) <= l->inline_budget &&
         !is_open(l, func_index);
}

bool wr__lower_may_inline_all(const wr__lower *l, const uint32_t *funcs, uint32_t count) {
  uint32_t growth = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (!wr__lower_may_inline(l, funcs[i])) return false;
    growth += growth_of(l, funcs[i]) + 2; /* its way in and out */
  }
  return growth <= l->inline_budget;
}

/* ---- The body */

static wr__walker *walker_of(wr__lower *l) {
  uint32_t depth = 0;
  for (const wr__inlining *i = l->inlined->outer; i; i = i->outer) depth++;
  if (!l->walkers) l->walkers = wr__alloc_array(WR__INLINE_DEPTH, sizeof *l->walkers);
  if (!l->walkers) return NULL;
  if (!l->walkers[depth].module) wr__walker_init(&l->walkers[depth], l->module, l->error);
  return &l->walkers[depth];
}

void wr__lower_free_inlining(wr__lower *l) {
  for (uint32_t i = 0; l->walkers && i < WR__INLINE_DEPTH; i++)
    if (l->walkers[i].module) wr__walker_free(&l->walkers[i]);
  free(l->walkers);
  free(l->places);
}

typedef struct inline_walk {
  wr__lower *l;
  const LLVMValueRef *arguments;
  bool started;
} inline_walk;

static wr_status visit_body(void *context, wr__walker *w, const wr__instr *instr) {
  inline_walk *walk = context;
  if (!walk->started) {
    walk->started = true;
    WR_TRY(wr__lower_locals(walk->l, w, walk->arguments));
  }
  return wr__lower_visit(walk->l, w, instr);
}

/* The walk of a body with everything in *l that is a body's own. */
static wr_status walk_body(wr__lower *l, const LLVMValueRef *arguments) {
  l->locals = NULL;
  l->local_types = NULL;
  l->stack = NULL;
  l->local_capacity = l->stack_count = l->stack_capacity = 0;
  l->type = l->module->funcs[l->func_index].type;
  l->body = (wr__lower_frame){.target = wr__lower_block(l, "")};
  wr__lower_make_phis(l, &l->body, l->type->results, l->type->result_count);
  inline_walk walk = {l, arguments, false};
  wr__visitor visitor = {visit_body, &walk};
  wr__walker *walker = walker_of(l);
  if (!walker) return wr__fail_oom(l->error);
  return wr__walk_func(walker, l->func_index, &visitor);
}

wr_status wr__lower_inline(wr__lower *l, uint32_t func_index) {
  const wr__deftype *type = l->module->funcs[func_index].type;
  l->inline_budget -= growth_of(l, func_index);
  l->stack_count -= type->param_count;
  wr__inlining inlining = {l->inlined, func_index, wr__lower_place(l)};
  wr__lower outer = *l;
  l->inlined = &inlining;
  l->func_index = func_index;
  wr_status status = walk_body(l, &outer.stack[outer.stack_count]);
  LLVMValueRef *results = l->stack;
  free(l->locals);
  free(l->local_types);
  free(l->body.phis);
  l->func_index = outer.func_index;
  l->type = outer.type;
  l->locals = outer.locals;
  l->local_types = outer.local_types;
  l->local_capacity = outer.local_capacity;
  l->stack = outer.stack;
  l->stack_count = outer.stack_count;
  l->stack_capacity = outer.stack_capacity;
  l->body = outer.body;
  l->offset = outer.offset;
  l->inlined = outer.inlined;
  for (uint32_t i = 0; i < type->result_count && status == WR_OK; i++)
    wr__lower_push(l, results[i]);
  free(results);
  return status;
}
