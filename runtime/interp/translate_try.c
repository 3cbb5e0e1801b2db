/* The translator's part for exceptions: which code is guarded by which handlers, and the code
 * that a caught exception lands in. The exception handling instructions of 3.0 and the legacy
 * ones share the tables (code.h); exceptions.c reads them. */
#include "interp/translator.h"

#include <stdlib.h>

static void add_range(translator *t, uint32_t start, uint32_t end, uint32_t level,
                      uint32_t first_handler) {
  if (!wr__grow(&t->ranges, &t->range_capacity, (size_t)t->range_count + 1, sizeof *t->ranges)) {
    t->e.failed = true;
    return;
  }
  t->ranges[t->range_count++] =
      (wr__try_range){start, end, level, first_handler, t->handler_count - first_handler};
}

static void add_handler(translator *t, wr__try_handler handler) {
  if (!wr__grow(&t->handlers, &t->handler_capacity, (size_t)t->handler_count + 1,
                sizeof *t->handlers))
    t->e.failed = true;
  else
    t->handlers[t->handler_count++] = handler;
}

/* ---- throwing ---------------------------------------------------------------------------------
 */

static void visit_throw(translator *t, uint32_t tag) {
  wr__emit *e = &t->e;
  const wr__deftype *type = t->module->tags[tag].type;
  uint32_t first = e->stack_count - type->param_count;
  wr__emit_settle_tees(e); /* handlers see the locals */
  wr__emit_flush_effects(e);
  wr__emit_materialize_from(e, first);
  uint32_t base = type->param_count ? e->stack[first].home : wr__emit_next_home(e);
  wr__emit_use_slots(e, base + 1);
  wr__translate_map_refs(t, e->stack_count);
  wr__emit_note(e, e->module_offset);
  uint32_t at = wr__emit_begin(e, WR__H_throw, 16);
  wr__emit_u16(e, at + 8, base);
  wr__emit_u32(e, at + 12, tag);
}

static uint32_t begin_throw_ref(translator *t) {
  wr__emit *e = &t->e;
  wr__emit_settle_tees(e);
  wr__emit_flush_traps(e);
  wr__emit_note(e, e->module_offset);
  return wr__emit_begin(e, WR__H_throw_ref, 16);
}

static void visit_throw_ref(translator *t) {
  wr__emit *e = &t->e;
  wr__emit_to_slot(e, wr__emit_top(e, 0));
  uint32_t slot = wr__emit_top(e, 0)->leaves[0];
  uint32_t at = begin_throw_ref(t);
  wr__emit_u16(e, at + 8, slot);
}

/* ---- try_table
 * -------------------------------------------------------------------------------------- */

static void visit_try_table(translator *t, const wr__instr *in) {
  wr__emit_settle_tees(&t->e);
  wr__translate_open(t, in);
  if (t->e.failed) return;
  label *l = wr__translate_label(t, 0);
  uint32_t count = in->imm.try_table.count;
  l->catches = wr__alloc_array(count, sizeof *l->catches);
  if (!l->catches) {
    t->e.failed = true;
    return;
  }
  if (count) memcpy(l->catches, in->imm.try_table.catches, count * sizeof *l->catches);
  l->catch_count = count;
  l->try_at = (uint32_t)t->e.size;
  wr__emit_forget(&t->e);
}

/* Where a caught exception lands: its values are in the homes of operands, and the branch that the
 * clause names is taken from there. Labels of clauses count from outside the construct. */
static void emit_landing(translator *t, const label *l, const wr__catch *clause) {
  wr__emit *e = &t->e;
  static const wr_valtype exnref[] = {WR_REF_TYPE(WR_HEAP_EXN)};
  const wr__deftype *type = clause->kind <= 1 ? t->module->tags[clause->tag].type : NULL;
  add_handler(
      t, (wr__try_handler){clause->kind, clause->tag, (uint32_t)e->size, l->home, WR__NO_EXN_SLOT});
  wr__emit_forget(e);
  wr__translate_reset_stack(t, l, type ? type->params : NULL, type ? type->param_count : 0);
  if (clause->kind & 1) wr__emit_push_home(e, wr__translate_cls(exnref[0]));
  wr__translate_br(t, clause->label);
}

static void end_try_table(translator *t, label *l) {
  wr__emit *e = &t->e;
  uint32_t start = l->try_at, end = (uint32_t)e->size, first = t->handler_count;
  bool fell_through = t->walker.fell_through;
  if (fell_through && l->catch_count) wr__translate_jump(t, l);
  label own = *l;
  uint32_t level = t->label_count;
  t->label_count--; /* clauses are outside the construct */
  for (uint32_t k = 0; k < own.catch_count; k++) emit_landing(t, &own, &own.catches[k]);
  t->label_count++;
  add_range(t, start, end, level, first);
  l = wr__translate_label(t, 0);
  free(l->catches);
  l->catches = NULL;
  l->try_at = NO_POSITION;
  if (own.catch_count) wr__translate_bind(t, l);
}

/* ---- legacy try
 * ---------------------------------------------------------------------------------------- */

static void visit_try(translator *t, const wr__instr *in) {
  wr__emit_settle_tees(&t->e);
  wr__translate_open(t, in);
  if (t->e.failed) return;
  label *l = wr__translate_label(t, 0);
  l->try_at = (uint32_t)t->e.size;
  l->exn_index = t->exn_count++;
  wr__emit_forget(&t->e);
}

/* The guarded code ends where the first clause begins. */
static void visit_catch(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  label *l = wr__translate_label(t, 0);
  const wr__ctrl *c = wr__walker_label(&t->walker, 0);
  if (t->walker.fell_through) {
    wr__emit_settle_tees(e);
    wr__emit_flush_traps(e);
    wr__emit_materialize_from(e, e->stack_count - c->result_count);
    wr__translate_jump(t, l);
    l = wr__translate_label(t, 0);
  }
  if (l->try_end == 0) {
    l->try_end = (uint32_t)e->size;
    l->first_handler = 1; /* seen */
  }
  bool all = in->op == WR__OP_catch_all;
  const wr__deftype *type = all ? NULL : t->module->tags[in->imm.index].type;
  wr__emit_label(e);
  wr__translate_forget_writes(t, t->label_count);
  wr__translate_reset_stack(t, l, type ? type->params : NULL, type ? type->param_count : 0);
  /* until the end is reached, clauses are kept with their construct's range, innermost first */
  wr__catch *grown = realloc(l->catches, (l->catch_count + 1) * sizeof *grown);
  if (!grown) {
    e->failed = true;
    return;
  }
  l->catches = grown;
  grown[l->catch_count++] = (wr__catch){all ? 2 : 0, all ? 0 : in->imm.index, (uint32_t)e->size};
}

static void end_try(translator *t, label *l) {
  uint32_t first = t->handler_count;
  for (uint32_t k = 0; k < l->catch_count; k++)
    add_handler(t, (wr__try_handler){l->catches[k].kind, l->catches[k].tag, l->catches[k].label,
                                     l->home, l->exn_index});
  if (l->catch_count) add_range(t, l->try_at, l->try_end, t->label_count, first);
  free(l->catches);
  l->catches = NULL;
  l->try_at = NO_POSITION;
}

/* What is thrown in the construct goes on at the handlers of an outer one. */
static void visit_delegate(translator *t, const wr__instr *in) {
  label *l = wr__translate_label(t, 0);
  uint32_t first = t->handler_count;
  uint32_t target_level = t->label_count - 1 - in->imm.index; /* of the label named, from outside */
  add_handler(t, (wr__try_handler){WR__CATCH_DELEGATE, target_level, 0, 0, WR__NO_EXN_SLOT});
  add_range(t, l->try_at, (uint32_t)t->e.size, t->label_count, first);
  l->try_at = NO_POSITION;
}

static void visit_rethrow(translator *t, uint32_t depth) {
  const label *l = wr__translate_label(t, depth);
  uint32_t slot = t->exn_base + l->exn_index; /* frames that are larger are refused */
  uint32_t at = begin_throw_ref(t);
  wr__emit_u16(&t->e, at + 8, slot);
}

/* ---- the seam
 * ---------------------------------------------------------------------------------------------- */

void wr__translate_end_try(translator *t, label *l, const wr__ctrl *ended) {
  if (ended->op == WR__OP_try_table)
    end_try_table(t, l);
  else
    end_try(t, l);
}

bool wr__translate_try(translator *t, const wr__instr *in) {
  switch (in->op) {
    case WR__OP_throw:
      visit_throw(t, in->imm.index);
      return true;
    case WR__OP_throw_ref:
      visit_throw_ref(t);
      return true;
    case WR__OP_rethrow:
      visit_rethrow(t, in->imm.index);
      return true;
    case WR__OP_try_table:
      visit_try_table(t, in);
      return true;
    case WR__OP_try:
      visit_try(t, in);
      return true;
    case WR__OP_catch:
    case WR__OP_catch_all:
      visit_catch(t, in);
      return true;
    case WR__OP_delegate:
      visit_delegate(t, in);
      wr__translate_end(t, in);
      return true;
    default:
      return false;
  }
}

void wr__translate_finish_try(translator *t, wr__code *code, uint32_t skip) {
  for (uint32_t k = 0; k < t->range_count; k++) {
    t->ranges[k].start -= skip;
    t->ranges[k].end -= skip;
  }
  for (uint32_t k = 0; k < t->handler_count; k++) {
    t->handlers[k].target -= skip;
    if (t->handlers[k].exn_slot != WR__NO_EXN_SLOT) t->handlers[k].exn_slot += t->exn_base;
  }
  code->try_ranges = t->ranges;
  code->try_range_count = t->range_count;
  code->try_handlers = t->handlers;
  t->ranges = NULL;
  t->handlers = NULL;
  t->range_capacity = t->handler_capacity = 0;
}
