/* The translator: control flow, locals, calls and the choice of instruction for each row of the
 * table. Expressions are the emitter's (emit.h).
 *
 * Invariant at every label: all operands are in their homes or constants from outside the
 * construct, and nothing is known of the accumulators. */
#include "interp/translator.h"

#include <stdlib.h>

char wr__translate_cls(wr_valtype t) {
  switch (t) {
    case WR_I32:
      return 'i';
    case WR_I64:
      return 'l';
    case WR_F32:
      return 'f';
    case WR_F64:
      return 'd';
    case WR_V128:
      return 'v';
    default:
      return 'r';
  }
}

/* ---- locals -------------------------------------------------------------------------------------
 */

/* A local is read where no write of it is known to come first: it must start as zero. */
static void must_be_zero(translator *t, uint32_t local) {
  uint32_t slot = t->local_slots[local];
  uint32_t end = slot + (t->local_cls[local] == 'v' ? 2 : 1);
  if (t->first_zero == t->end_zero) {
    t->first_zero = slot;
    t->end_zero = end;
  }
  if (slot < t->first_zero) t->first_zero = slot;
  if (end > t->end_zero) t->end_zero = end;
}

static void local_read(translator *t, uint32_t local) {
  if (local >= t->param_count && !t->set_in[local]) must_be_zero(t, local);
}

/* Writes stay known until the innermost construct around them ends. */
static void local_written(translator *t, uint32_t local) {
  if (local < t->param_count || t->set_in[local]) return;
  if (!wr__grow(&t->set_stack, &t->set_stack_capacity, (size_t)t->set_stack_count + 1,
                sizeof *t->set_stack)) {
    t->e.failed = true;
    return;
  }
  t->set_in[local] = t->label_count;
  t->set_stack[t->set_stack_count++] = local;
}

void wr__translate_forget_writes(translator *t, uint32_t depth) {
  while (t->set_stack_count) {
    uint32_t local = t->set_stack[t->set_stack_count - 1];
    if (t->set_in[local] < depth) return;
    t->set_in[local] = 0;
    t->set_stack_count--;
  }
}

static void visit_local_get(translator *t, uint32_t local) {
  local_read(t, local);
  wr__emit_settle_tee(&t->e, t->local_slots[local]);
  wr__emit_push_slot(&t->e, t->local_cls[local], t->local_slots[local]);
}

static void visit_local_set(translator *t, uint32_t local) {
  wr__operand value = wr__emit_pop(&t->e);
  wr__emit_store_slot(&t->e, value, t->local_slots[local]);
  local_written(t, local);
}

static void visit_local_tee(translator *t, uint32_t local) {
  wr__emit_tee(&t->e, t->local_slots[local]);
  local_written(t, local);
}

/* ---- labels and branches
 * ---------------------------------------------------------------------------- */

label *wr__translate_label(translator *t, uint32_t depth) {
  return &t->labels[t->label_count - 1 - depth];
}

static void push_label(translator *t, const wr__ctrl *c, bool is_loop) {
  if (!wr__grow(&t->labels, &t->label_capacity, (size_t)t->label_count + 1, sizeof *t->labels)) {
    t->e.failed = true;
    return;
  }
  label *l = &t->labels[t->label_count++];
  *l = (label){
      .height = c->height, .loop_at = NO_POSITION, .else_at = NO_POSITION, .try_at = NO_POSITION};
  uint32_t below = c->height;
  l->home = below ? t->e.stack[below - 1].home + (t->e.stack[below - 1].cls == 'v' ? 2 : 1)
                  : t->e.stack_base;
  if (is_loop) {
    wr__emit_label(&t->e);
    l->loop_at = (uint32_t)t->e.size;
  }
}

static void add_fixup(translator *t, label *l, uint32_t at, uint32_t start) {
  if (l->loop_at != NO_POSITION) {
    wr__emit_patch(&t->e, at, start, l->loop_at);
    return;
  }
  if (!wr__grow(&t->fixups, &t->fixup_capacity, (size_t)t->fixup_count + 1, sizeof *t->fixups)) {
    t->e.failed = true;
    return;
  }
  t->fixups[t->fixup_count] = (fixup){at, start, l->fixups};
  l->fixups = ++t->fixup_count;
}

void wr__translate_bind(translator *t, label *l) {
  for (uint32_t k = l->fixups; k; k = t->fixups[k - 1].next)
    wr__emit_patch(&t->e, t->fixups[k - 1].at, t->fixups[k - 1].start, (uint32_t)t->e.size);
  l->fixups = 0;
  wr__emit_label(&t->e);
}

/* Is label `depth` the body itself, so that a branch to it returns? */
static bool is_body(const translator *t, uint32_t depth) { return depth + 1 == t->label_count; }

void wr__translate_jump(translator *t, label *l) {
  bool back = l->loop_at != NO_POSITION;
  if (back) wr__emit_note(&t->e, t->e.module_offset);
  uint32_t at = wr__emit_begin(&t->e, back ? WR__H_br_back : WR__H_br, 16);
  add_fixup(t, l, at + 8, at);
}

/* The operands that a branch carries are where the label wants them: do they need moves? */
static bool carried_need_moves(const translator *t, const label *l, uint32_t count) {
  if (!count) return false;
  return t->e.stack[t->e.stack_count - count].home != l->home;
}

/* Writes the top `count` operands to the label's homes, the lowest first: none is overwritten
 * before it is read, for a destination is never above its source. Leaves the operand stack as it
 * is. */
static void move_carried(translator *t, const label *l, uint32_t count) {
  uint32_t to = l->home;
  for (uint32_t k = t->e.stack_count - count; k < t->e.stack_count; k++) {
    const wr__operand *o = &t->e.stack[k];
    wr__emit_write(&t->e, o, to);
    to += o->cls == 'v' ? 2 : 1;
  }
  wr__emit_use_slots(&t->e, to);
}

static void emit_return(translator *t) {
  wr__emit *e = &t->e;
  wr__emit_settle_tees(e);
  uint32_t count = t->walker.func_type->result_count;
  uint32_t at;
  if (count == 1) {
    wr__operand *o = wr__emit_top(e, 0);
    wr__emit_flush_traps(e);
    o = wr__emit_top(e, 0);
    char cls = o->cls;
    if (wr__emit_is_slot(o)) {
      bool in_acc =
          cls != 'v' && e->acc_slot == o->leaves[0] && (cls == 'i' || cls == 'l' || cls == 'r');
      at = wr__emit_begin(e,
                          cls == 'v' ? WR__H_ret_v128
                          : in_acc   ? WR__H_ret_acc
                                     : WR__H_ret_slot,
                          16);
      wr__emit_u16(e, at + 10, o->leaves[0]);
    } else {
      wr__emit_write(e, o, 0);
      at = wr__emit_begin(e, WR__H_ret, 16);
    }
  } else {
    uint32_t slots = t->walker.func_type->result_slots;
    wr__emit_materialize_from(e, e->stack_count - count);
    at = wr__emit_begin(e, count ? WR__H_ret_many : WR__H_ret, 16);
    if (count) {
      wr__emit_u16(e, at + 10, e->stack[e->stack_count - count].home);
      wr__emit_u16(e, at + 12, slots);
    }
  }
  wr__emit_u16(e, at + 8, t->link_slot);
}

void wr__translate_br(translator *t, uint32_t depth) {
  wr__emit_settle_tees(&t->e);
  if (is_body(t, depth)) {
    emit_return(t);
    return;
  }
  label *l = wr__translate_label(t, depth);
  const wr_valtype *types;
  uint32_t count = wr__ctrl_label_types(wr__walker_label(&t->walker, depth), &types);
  wr__emit_flush_traps(&t->e);
  move_carried(t, l, count);
  wr__translate_jump(t, l);
}

/* A conditional branch on an operand already popped. */
void wr__translate_branch_on(translator *t, wr__operand condition, uint32_t depth, uint32_t count) {
  wr__emit *e = &t->e;
  label *l = wr__translate_label(t, depth);
  uint32_t start;
  if (is_body(t, depth) || carried_need_moves(t, l, count)) {
    uint32_t skip = wr__emit_branch(e, WR__BRANCH_UNLESS, condition, &start);
    uint32_t acc = e->acc_slot, vacc = e->vacc_slot;
    if (is_body(t, depth)) {
      uint32_t n = t->walker.func_type->result_count;
      if (n > 1) { /* emit_return would move them: do it before */
        move_carried(t, &(label){.home = e->stack[e->stack_count - n].home}, n);
      }
      emit_return(t);
    } else {
      move_carried(t, l, count);
      wr__translate_jump(t, l);
    }
    wr__emit_patch(e, skip, start, (uint32_t)e->size);
    wr__emit_label(e);
    e->acc_slot = acc; /* untouched on the way around */
    e->vacc_slot = vacc;
    return;
  }
  bool back = l->loop_at != NO_POSITION;
  uint32_t at = wr__emit_branch(e, back ? WR__BRANCH_IF_BACK : WR__BRANCH_IF, condition, &start);
  add_fixup(t, l, at, start);
}

/* Before a conditional branch: what it carries goes home, unless the taken side moves it anyway,
 * and what may trap traps now. */
void wr__translate_settle_branch(translator *t, uint32_t depth, uint32_t count) {
  wr__emit_settle_tees(&t->e);
  wr__emit_flush_traps(&t->e);
  if (is_body(t, depth)) {
    /* emit_return may not change the operand stack: only one way takes it */
    if (t->walker.func_type->result_count != 1)
      wr__emit_materialize_from(&t->e, t->e.stack_count - count);
    return;
  }
  label *l = wr__translate_label(t, depth);
  if (!carried_need_moves(t, l, count)) wr__emit_materialize_from(&t->e, t->e.stack_count - count);
}

static void visit_br_if(translator *t, uint32_t depth) {
  const wr_valtype *types;
  uint32_t count = wr__ctrl_label_types(wr__walker_label(&t->walker, depth), &types);
  /* The condition may trap, and so must come after what it does not hold; keep it pending. */
  wr__operand condition = wr__emit_pop(&t->e);
  uint32_t home = condition.home;
  wr__translate_settle_branch(t, depth, count);
  condition.home = home;
  wr__translate_branch_on(t, condition, depth, count);
}

static void visit_br_table(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  wr__operand index = wr__emit_pop(e);
  const wr_valtype *types;
  uint32_t count =
      wr__ctrl_label_types(wr__walker_label(&t->walker, in->imm.table.targets[0]), &types);
  wr__emit_settle_tees(e);
  wr__emit_flush_traps(e);
  wr__emit_materialize_from(e, e->stack_count - count);
  if (index.tee_count) index = wr__emit_settle_popped(e, index);
  bool in_slot = wr__emit_is_slot(&index);
  if (!in_slot) {
    wr__emit_use_slots(e, index.home + 1);
    wr__emit_write(e, &index, index.home);
    index.leaves[0] = (uint16_t)index.home;
  }
  wr__emit_note(e, in->offset);
  uint32_t n = in->imm.table.count;
  bool in_acc = e->acc_slot == index.leaves[0];
  uint32_t at = wr__emit_begin(e, in_acc ? WR__H_br_table_acc : WR__H_br_table,
                               (16 + 4 * (n + 1) + 7) / 8 * 8);
  wr__emit_u16(e, at + 8, index.leaves[0]);
  wr__emit_u32(e, at + 12, n);
  for (uint32_t k = 0; k <= n; k++) {
    uint32_t depth = in->imm.table.targets[k], spot = at + 16 + 4 * k;
    label *l = wr__translate_label(t, depth);
    if (!is_body(t, depth) && !carried_need_moves(t, l, count)) {
      add_fixup(t, l, spot, at);
      continue;
    }
    uint32_t earlier = 0; /* one landing for equal labels in a row */
    if (k && in->imm.table.targets[k - 1] == depth) {
      if (!e->failed) memcpy(&earlier, e->code + spot - 4, 4);
      wr__emit_u32(e, spot, earlier);
      continue;
    }
    wr__emit_patch(e, spot, at, (uint32_t)e->size);
    wr__emit_forget(e);
    wr__translate_br(t, depth);
  }
  wr__emit_forget(e);
}

/* ---- structured instructions
 * --------------------------------------------------------------------------- */

void wr__translate_open(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  const wr__ctrl *c = wr__walker_label(&t->walker, 0);
  wr__operand condition = {0};
  if (in->op == WR__OP_if) {
    condition = wr__emit_pop(e);
    if (e->stack_count) wr__emit_flush_all(e);
  } else {
    wr__emit_flush_all(e);
  }
  wr__emit_materialize_from(e, e->stack_count - c->param_count);
  push_label(t, c, in->op == WR__OP_loop);
  if (e->failed) return;
  if (in->op == WR__OP_if) {
    label *l = wr__translate_label(t, 0);
    l->else_at = wr__emit_branch(e, WR__BRANCH_UNLESS, condition, &l->else_start);
  }
}

/* The operand stack as a construct leaves or restarts it: `types` in their homes above its height.
 */
void wr__translate_reset_stack(translator *t, const label *l, const wr_valtype *types,
                               uint32_t count) {
  while (t->e.stack_count > l->height) wr__emit_pop(&t->e);
  for (uint32_t k = 0; k < count; k++) wr__emit_push_home(&t->e, wr__translate_cls(types[k]));
}

static void visit_else(translator *t) {
  const wr__ctrl *c = wr__walker_label(&t->walker, 0);
  label *l = wr__translate_label(t, 0);
  if (t->walker.fell_through) {
    wr__emit_flush_traps(&t->e);
    wr__emit_materialize_from(&t->e, t->e.stack_count - c->result_count);
    wr__translate_jump(t, l);
    l = wr__translate_label(t, 0);
  }
  wr__emit_patch(&t->e, l->else_at, l->else_start, (uint32_t)t->e.size);
  l->else_at = NO_POSITION;
  wr__emit_label(&t->e);
  wr__translate_forget_writes(t, t->label_count);
  wr__translate_reset_stack(t, l, c->params, c->param_count);
}

void wr__translate_end(translator *t) {
  const wr__ctrl *c = &t->walker.ended;
  label *l = wr__translate_label(t, 0);
  bool last = t->label_count == 1;
  if (t->walker.fell_through) {
    if (last) {
      emit_return(t);
    } else {
      wr__emit_flush_traps(&t->e);
      wr__emit_materialize_from(&t->e, t->e.stack_count - c->result_count);
    }
  }
  if (l->try_at != NO_POSITION || l->catches || l->first_handler) wr__translate_end_try(t, l, c);
  l = wr__translate_label(t, 0);
  if (l->else_at != NO_POSITION)
    wr__emit_patch(&t->e, l->else_at, l->else_start, (uint32_t)t->e.size);
  /* A loop's end is no label: what is known stays known. */
  if (l->fixups || l->else_at != NO_POSITION || !t->walker.fell_through) wr__translate_bind(t, l);
  wr__translate_forget_writes(t, t->label_count);
  label ended = *l;
  t->label_count--;
  if (!last) wr__translate_reset_stack(t, &ended, c->results, c->result_count);
}

/* ---- calls
 * ------------------------------------------------------------------------------------------------
 */

/* Arguments go to their homes; the callee's frame starts at the first. Returns that slot. */
static uint32_t settle_arguments(translator *t, const wr__deftype *type) {
  wr__emit *e = &t->e;
  uint32_t first = e->stack_count - type->param_count;
  wr__emit_settle_tees(e); /* a handler that catches what the callee throws reads the locals */
  wr__emit_flush_effects(e);
  uint32_t base =
      first ? e->stack[first - 1].home + (e->stack[first - 1].cls == 'v' ? 2 : 1) : e->stack_base;
  if (first && e->stack[first - 1].high_temp >= base) wr__emit_materialize(e, &e->stack[first - 1]);
  wr__emit_materialize_from(e, first);
  wr__emit_use_slots(e, base + wr__link_slot(type) + WR__LINK_SLOTS);
  return base;
}

static void finish_call(translator *t, const wr__deftype *type) {
  for (uint32_t k = 0; k < type->param_count; k++) wr__emit_pop(&t->e);
  wr__emit_forget(&t->e);
  for (uint32_t k = 0; k < type->result_count; k++)
    wr__emit_push_home(&t->e, wr__translate_cls(type->results[k]));
}

static uint32_t func_distance(const translator *t, uint32_t func_index) {
  return (uint32_t)(offsetof(wr__instance, funcs) +
                    (size_t)(func_index - t->module->imported_funcs) * sizeof(wr__func));
}

static void visit_call(translator *t, uint32_t func_index, bool tail) {
  wr__emit *e = &t->e;
  const wr__deftype *type = t->module->funcs[func_index].type;
  bool imported = func_index < t->module->imported_funcs;
  uint32_t operand = imported ? func_index : func_distance(t, func_index);
  uint32_t base = settle_arguments(t, type);
  wr__translate_map_refs(t, e->stack_count - type->param_count);
  wr__emit_note(e, e->module_offset);
  if (tail) {
    uint32_t at = wr__emit_begin(e, imported ? WR__H_return_call_import : WR__H_return_call, 24);
    wr__emit_u16(e, at + 8, base);
    wr__emit_u16(e, at + 10, t->link_slot);
    wr__emit_u16(e, at + 12, wr__link_slot(type));
    wr__emit_u32(e, at + 16, operand);
    return;
  }
  uint32_t at = wr__emit_begin(e, imported ? WR__H_call_import : WR__H_call, 16);
  wr__emit_u16(e, at + 8, base);
  wr__emit_u16(e, at + 10, wr__link_slot(type));
  wr__emit_u32(e, at + 12, operand);
  finish_call(t, type);
}

/* call_indirect and call_ref: the operand on top says whom. */
static void visit_call_value(translator *t, const wr__instr *in, bool tail) {
  wr__emit *e = &t->e;
  bool indirect = in->op == WR__OP_call_indirect || in->op == WR__OP_return_call_indirect;
  const wr__deftype *type = t->module->types[in->imm.index];
  bool is64 = indirect && t->module->tables[in->imm.index2].limits.is64;
  wr__emit_flush_effects(e);
  wr__operand *callee = wr__emit_top(e, 0);
  wr__emit_to_slot(e, callee);
  uint32_t slot = callee->leaves[0];
  wr__emit_pop(e);
  uint32_t base = settle_arguments(t, type);
  wr__translate_map_refs(t, e->stack_count - type->param_count);
  wr__emit_note(e, e->module_offset);
  uint32_t at;
  if (tail) {
    at = wr__emit_begin(e,
                        !indirect ? WR__H_return_call_ref
                        : is64    ? WR__H_return_call_indirect_64
                                  : WR__H_return_call_indirect,
                        24);
    wr__emit_u16(e, at + 8, base);
    wr__emit_u16(e, at + 10, t->link_slot);
    wr__emit_u16(e, at + 12, wr__link_slot(type));
    wr__emit_u16(e, at + 14, slot);
  } else {
    at = wr__emit_begin(e,
                        !indirect ? WR__H_call_ref
                        : is64    ? WR__H_call_indirect_64
                                  : WR__H_call_indirect,
                        indirect ? 24 : 16);
    wr__emit_u16(e, at + 8, base);
    wr__emit_u16(e, at + 10, wr__link_slot(type));
    wr__emit_u16(e, at + 12, slot);
  }
  if (indirect) {
    wr__emit_u32(e, at + 16, in->imm.index2);
    wr__emit_u32(e, at + 20, type->id);
  }
  if (!tail) finish_call(t, type);
}

/* ---- operations by C functions
 * ------------------------------------------------------------------------------ */

void wr__translate_operation(translator *t, uint32_t handler, uint32_t operand_count,
                             const char *results, uint32_t a, uint32_t b) {
  wr__emit *e = &t->e;
  uint32_t first = e->stack_count - operand_count;
  wr__emit_flush_effects(e);
  uint32_t base =
      first ? e->stack[first - 1].home + (e->stack[first - 1].cls == 'v' ? 2 : 1) : e->stack_base;
  if (first && e->stack[first - 1].high_temp >= base) wr__emit_materialize(e, &e->stack[first - 1]);
  wr__emit_materialize_from(e, first);
  wr__emit_use_slots(e, base + 4);
  wr__translate_map_refs(t, e->stack_count);
  wr__emit_note(e, e->module_offset);
  uint32_t at = wr__emit_begin(e, handler, 24);
  wr__emit_u16(e, at + 8, base);
  wr__emit_u32(e, at + 12, a);
  wr__emit_u32(e, at + 16, b);
  for (uint32_t k = 0; k < operand_count; k++) wr__emit_pop(e);
  wr__emit_forget(e);
  for (; *results; results++) wr__emit_push_home(e, *results);
}

/* A result that a handler of control.inc writes to destination@8, with one immediate@12. */
static void visit_source(translator *t, uint32_t handler, char cls, uint32_t immediate) {
  wr__emit *e = &t->e;
  uint32_t home = wr__emit_next_home(e);
  if (e->stack_count && wr__emit_top(e, 0)->high_temp >= home)
    wr__emit_materialize(e, wr__emit_top(e, 0));
  uint32_t at = wr__emit_begin(e, handler, 16);
  wr__emit_u16(e, at + 8, home);
  wr__emit_u32(e, at + 12, immediate);
  wr__emit_forget(e);
  wr__emit_push_home(e, cls);
}

static void visit_wide(translator *t, uint32_t handler, uint32_t operand_count) {
  wr__emit *e = &t->e;
  wr__emit_flush_traps(e);
  uint32_t first = e->stack_count - operand_count;
  wr__emit_materialize_from(e, first);
  uint32_t base = e->stack[first].home;
  uint32_t at = wr__emit_begin(e, handler, 16);
  wr__emit_u16(e, at + 8, base);
  for (uint32_t k = 0; k < operand_count; k++) wr__emit_pop(e);
  wr__emit_forget(e);
  wr__emit_push_home(e, 'l');
  wr__emit_push_home(e, 'l');
}

static void visit_const_v128(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  uint32_t home = wr__emit_next_home(e);
  if (e->stack_count && wr__emit_top(e, 0)->high_temp >= home)
    wr__emit_materialize(e, wr__emit_top(e, 0));
  uint64_t words[2];
  memcpy(words, in->imm.v128, 16);
  uint32_t at = wr__emit_begin(e, WR__H_const_v128, 32);
  wr__emit_u16(e, at + 8, home);
  wr__emit_u64(e, at + 16, words[0]);
  wr__emit_u64(e, at + 24, words[1]);
  wr__emit_forget(e);
  wr__emit_push_home(e, 'v');
}

static void visit_table_access(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  bool get = in->op == WR__OP_table_get, is64 = t->module->tables[in->imm.index].limits.is64;
  wr__emit_flush_effects(e);
  if (!get) wr__emit_to_slot(e, wr__emit_top(e, 1));
  wr__emit_to_slot(e, wr__emit_top(e, 0));
  uint32_t second = wr__emit_top(e, 0)->leaves[0];
  uint32_t first = get ? second : wr__emit_top(e, 1)->leaves[0];
  wr__emit_pop(e);
  if (!get) wr__emit_pop(e);
  uint32_t home = wr__emit_next_home(e);
  wr__emit_note(e, e->module_offset);
  uint32_t handler = get    ? (is64 ? WR__H_table_get_64 : WR__H_table_get)
                     : is64 ? WR__H_table_set_64
                            : WR__H_table_set;
  uint32_t at = wr__emit_begin(e, handler, 16);
  wr__emit_u16(e, at + 8, first);
  wr__emit_u16(e, at + 10, get ? home : second);
  wr__emit_u32(e, at + 12, in->imm.index);
  wr__emit_forget(e);
  if (get) wr__emit_push_home(e, 'r');
}

void wr__translate_check_non_null(translator *t, wr_trap_kind kind) {
  wr__emit *e = &t->e;
  wr__emit_flush_traps(e);
  wr__emit_to_slot(e, wr__emit_top(e, 0));
  wr__emit_note(e, e->module_offset);
  uint32_t slot = wr__emit_top(e, 0)->leaves[0], acc = e->acc_slot, vacc = e->vacc_slot;
  uint32_t at = wr__emit_begin(e, WR__H_check_non_null, 16);
  wr__emit_u16(e, at + 8, slot);
  wr__emit_u16(e, at + 10, (uint32_t)kind);
  e->acc_slot = acc;
  e->vacc_slot = vacc;
}

/* br_on_null keeps the reference when it does not branch, br_on_non_null carries it when it does.
 */
static void visit_br_on_null(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  bool on_null = in->op == WR__OP_br_on_null;
  wr__emit_flush_traps(e);
  wr__emit_materialize(e, wr__emit_top(e, 0));
  uint32_t slot = wr__emit_top(e, 0)->home;
  const wr_valtype *types;
  uint32_t count = wr__ctrl_label_types(wr__walker_label(&t->walker, in->imm.index), &types);
  if (on_null) wr__emit_pop(e);
  wr__translate_settle_branch(t, in->imm.index, count);
  wr__emit_use_slots(e, slot + 2);
  wr__operand is_null = wr__emit_null_test(e, slot, !on_null);
  wr__translate_branch_on(t, is_null, in->imm.index, count);
  if (on_null)
    wr__emit_push_home(e, 'r');
  else
    wr__emit_pop(e);
}

/* ---- memory
 * --------------------------------------------------------------------------------------------------
 */

static void visit_access(translator *t, const wr__instr *in, const wr__opinfo *info) {
  const wr__memory_decl *memory = &t->module->memories[in->imm.mem.memory];
  bool direct = t->guarded && in->imm.mem.memory == 0;
  uint64_t extra[3] = {in->imm.mem.offset};
  uint32_t count = 1;
  uint16_t op = in->op;
  if (!direct) {
    op = wr__emit_checked_op(op, memory->limits.is64);
    extra[count++] = in->imm.mem.memory;
  }
  if (info->immediates == WR__IMM_MEMARG_LANE) extra[count++] = in->imm.mem.lane;
  uint32_t operands = (uint32_t)strlen(info->params);
  if (info->results[0])
    wr__emit_apply(&t->e, op, operands, info->results[0], extra, count);
  else
    wr__emit_effect(&t->e, op, operands, extra, count);
}

static void visit_plain(translator *t, const wr__instr *in, const wr__opinfo *info) {
  uint64_t extra[2];
  uint32_t count = 0;
  if (info->immediates == WR__IMM_LANE) extra[count++] = in->imm.lane;
  if (info->immediates == WR__IMM_LANES16) {
    memcpy(extra, in->imm.v128, 16);
    count = 2;
  }
  wr__emit_apply(&t->e, in->op, (uint32_t)strlen(info->params), info->results[0], extra, count);
}

static void visit_global(translator *t, const wr__instr *in) {
  uint64_t index = in->imm.index;
  char cls = wr__translate_cls(t->module->globals[in->imm.index].type);
  bool set = in->op == WR__OP_global_set;
  if (set)
    wr__emit_set_global(&t->e, index);
  else
    wr__emit_apply(&t->e, wr__emit_global_op(false, cls == 'v'), 0, cls, &index, 1);
}

/* ---- the visitor
 * --------------------------------------------------------------------------------------------- */

static bool visit_control(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  switch (in->op) {
    case WR__OP_unreachable:
      wr__emit_flush_traps(e);
      wr__emit_note(e, in->offset);
      wr__emit_begin(e, WR__H_unreachable, 8);
      return true;
    case WR__OP_nop:
      return true;
    case WR__OP_block:
    case WR__OP_loop:
    case WR__OP_if:
      wr__translate_open(t, in);
      return true;
    case WR__OP_else:
      visit_else(t);
      return true;
    case WR__OP_end:
      wr__translate_end(t);
      return true;
    case WR__OP_br:
      wr__translate_br(t, in->imm.index);
      return true;
    case WR__OP_br_if:
      visit_br_if(t, in->imm.index);
      return true;
    case WR__OP_br_table:
      visit_br_table(t, in);
      return true;
    case WR__OP_return:
      emit_return(t);
      return true;
    case WR__OP_call:
      visit_call(t, in->imm.index, false);
      return true;
    case WR__OP_return_call:
      visit_call(t, in->imm.index, true);
      return true;
    case WR__OP_call_indirect:
    case WR__OP_call_ref:
      visit_call_value(t, in, false);
      return true;
    case WR__OP_return_call_indirect:
    case WR__OP_return_call_ref:
      visit_call_value(t, in, true);
      return true;
    case WR__OP_br_on_null:
    case WR__OP_br_on_non_null:
      visit_br_on_null(t, in);
      return true;
    default:
      return false;
  }
}

static bool visit_value(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  switch (in->op) {
    case WR__OP_drop:
      wr__emit_drop(e);
      return true;
    case WR__OP_select:
    case WR__OP_select_t: {
      char cls = wr__translate_cls(in->operand_type);
      wr__emit_select(e, cls == 'v', cls);
      return true;
    }
    case WR__OP_local_get:
      visit_local_get(t, in->imm.index);
      return true;
    case WR__OP_local_set:
      visit_local_set(t, in->imm.index);
      return true;
    case WR__OP_local_tee:
      visit_local_tee(t, in->imm.index);
      return true;
    case WR__OP_global_get:
    case WR__OP_global_set:
      visit_global(t, in);
      return true;
    case WR__OP_i32_const:
      wr__emit_push_const(e, 'i', (uint32_t)in->imm.i32);
      return true;
    case WR__OP_i64_const:
      wr__emit_push_const(e, 'l', (uint64_t)in->imm.i64);
      return true;
    case WR__OP_f32_const:
      wr__emit_push_const(e, 'f', in->imm.f32);
      return true;
    case WR__OP_f64_const:
      wr__emit_push_const(e, 'd', in->imm.f64);
      return true;
    case WR__OP_v128_const:
      visit_const_v128(t, in);
      return true;
    case WR__OP_ref_null:
      wr__emit_push_const(e, 'l', 0);
      return true;
    case WR__OP_ref_is_null:
      wr__emit_apply(e, WR__OP_i64_eqz, 1, 'i', NULL, 0);
      return true;
    case WR__OP_ref_eq:
      wr__emit_apply(e, WR__OP_i64_eq, 2, 'i', NULL, 0);
      return true;
    case WR__OP_ref_func:
      visit_source(t, WR__H_ref_func, 'r', in->imm.index);
      return true;
    case WR__OP_ref_as_non_null:
      wr__translate_check_non_null(t, WR_TRAP_NULL_REFERENCE);
      return true;
    default:
      return false;
  }
}

static char address_cls(const wr_limits *limits) { return limits->is64 ? 'l' : 'i'; }

static bool visit_bulk(translator *t, const wr__instr *in) {
  uint32_t a = in->imm.index, b = in->imm.index2;
  const wr__module *m = t->module;
  char cls[2] = {0};
  switch (in->op) {
    case WR__OP_memory_size:
      visit_source(t, WR__H_memory_size, address_cls(&m->memories[a].limits), a);
      return true;
    case WR__OP_memory_grow:
      cls[0] = address_cls(&m->memories[a].limits);
      wr__translate_operation(t, WR__H_memory_grow, 1, cls, a, 0);
      return true;
    case WR__OP_memory_fill:
      wr__translate_operation(t, WR__H_memory_fill, 3, "", a, 0);
      return true;
    case WR__OP_memory_copy:
      wr__translate_operation(t, WR__H_memory_copy, 3, "", a, b);
      return true;
    case WR__OP_memory_init:
      wr__translate_operation(t, WR__H_memory_init, 3, "", a, b);
      return true;
    case WR__OP_data_drop:
      wr__translate_operation(t, WR__H_data_drop, 0, "", a, 0);
      return true;
    case WR__OP_table_get:
    case WR__OP_table_set:
      visit_table_access(t, in);
      return true;
    case WR__OP_table_size:
      visit_source(t, WR__H_table_size, address_cls(&m->tables[a].limits), a);
      return true;
    case WR__OP_table_grow:
      cls[0] = address_cls(&m->tables[a].limits);
      wr__translate_operation(t, WR__H_table_grow, 2, cls, a, 0);
      return true;
    case WR__OP_table_fill:
      wr__translate_operation(t, WR__H_table_fill, 3, "", a, 0);
      return true;
    case WR__OP_table_copy:
      wr__translate_operation(t, WR__H_table_copy, 3, "", a, b);
      return true;
    case WR__OP_table_init:
      wr__translate_operation(t, WR__H_table_init, 3, "", a, b);
      return true;
    case WR__OP_elem_drop:
      wr__translate_operation(t, WR__H_elem_drop, 0, "", a, 0);
      return true;
    case WR__OP_i64_add128:
      visit_wide(t, WR__H_i64_add128, 4);
      return true;
    case WR__OP_i64_sub128:
      visit_wide(t, WR__H_i64_sub128, 4);
      return true;
    case WR__OP_i64_mul_wide_s:
      visit_wide(t, WR__H_i64_mul_wide_s, 2);
      return true;
    case WR__OP_i64_mul_wide_u:
      visit_wide(t, WR__H_i64_mul_wide_u, 2);
      return true;
    default:
      return false;
  }
}

/* Arithmetic: operands to one result, no more to it. */
static bool is_plain(const wr__opinfo *info) {
  return !info->special && info->results[0] && !info->results[1] && info->params[0] &&
         (info->immediates == WR__IMM_NONE || info->immediates == WR__IMM_LANE ||
          info->immediates == WR__IMM_LANES16);
}

static wr_status visit(void *context, wr__walker *walker, const wr__instr *in) {
  translator *t = context;
  t->e.module_offset = in->offset;
  const wr__opinfo *info = &wr__opinfos[in->op];
  if (is_plain(info)) {
    visit_plain(t, in, info);
  } else if (!visit_value(t, in) && !visit_control(t, in) && !visit_bulk(t, in) &&
             !wr__translate_object(t, in) && !wr__translate_try(t, in)) {
    if (info->special) {
      return wr__fail(walker->error, WR_UNSUPPORTED, in->offset, "%s is not executed", info->text);
    }
    visit_access(t, in, info);
  }
  return t->e.failed ? WR_OUT_OF_MEMORY : WR_OK;
}

/* ---- what collections need ------------------------------------------------------------------ */

static void add_ref_slot(translator *t, uint32_t slot) {
  if (!wr__grow(&t->ref_slots, &t->ref_slot_capacity, (size_t)t->ref_slot_count + 1,
                sizeof *t->ref_slots))
    t->e.failed = true;
  else
    t->ref_slots[t->ref_slot_count++] = (uint16_t)slot;
}

void wr__translate_map_refs(translator *t, uint32_t count) {
  uint32_t first = t->ref_slot_count;
  for (uint32_t k = 0; k < count; k++) {
    const wr__operand *o = &t->e.stack[k];
    if (o->cls == 'r' && wr__emit_is_slot(o) && o->leaves[0] >= t->e.stack_base)
      add_ref_slot(t, o->leaves[0]);
  }
  uint32_t found = t->ref_slot_count - first;
  if (!found && (!t->map_count || !t->maps[t->map_count - 1].count)) return; /* as before: none */
  if (!wr__grow(&t->maps, &t->map_capacity, (size_t)t->map_count + 1, sizeof *t->maps)) {
    t->e.failed = true;
    return;
  }
  t->maps[t->map_count++] = (wr__ref_map){(uint32_t)t->e.size, first, found};
}

static void add_local_refs(translator *t) {
  for (uint32_t k = 0; k < t->walker.local_count; k++)
    if (t->local_cls[k] == 'r') add_ref_slot(t, t->local_slots[k]);
}

/* ---- one function
 * ------------------------------------------------------------------------------------------- */

/* Called at the first instruction: lays out the frame. */
static bool lay_out(translator *t, const wr__deftype *type) {
  const wr__walker *w = &t->walker;
  t->local_slots = wr__alloc_array(w->local_count, sizeof *t->local_slots);
  t->local_cls = wr__alloc_array(w->local_count, 1);
  t->set_in = wr__alloc_array(w->local_count, sizeof *t->set_in);
  if (!t->local_slots || !t->local_cls || !t->set_in) return false;
  uint32_t slot = 0;
  t->param_count = type->param_count;
  t->link_slot = wr__link_slot(type);
  for (uint32_t k = 0; k < w->local_count; k++) {
    if (k == type->param_count) slot = t->link_slot + WR__LINK_SLOTS;
    t->local_slots[k] = slot;
    t->local_cls[k] = wr__translate_cls(w->locals[k]);
    if (t->local_cls[k] == 'r') {
      t->has_refs = true; /* a collection may read it before the first write */
      if (k >= type->param_count) must_be_zero(t, k);
    }
    slot += wr__valtype_slots(w->locals[k]);
  }
  if (w->local_count == type->param_count) slot = t->link_slot + WR__LINK_SLOTS;
  t->e.stack_base = slot;
  wr__emit_use_slots(&t->e, slot + 1);
  t->e.local_reads = wr__alloc_array(slot, sizeof *t->e.local_reads);
  return t->e.local_reads && !t->e.failed;
}

static wr_status visit_first(void *context, wr__walker *walker, const wr__instr *in) {
  translator *t = context;
  if (!t->label_count && !t->local_slots) {
    if (!lay_out(t, walker->func_type)) return WR_OUT_OF_MEMORY;
    wr__emit_forget(&t->e);
    t->enter_at = wr__emit_begin(&t->e, WR__H_enter, 16);
    wr__ctrl body = {.height = 0};
    push_label(t, &body, false);
    if (t->e.failed) return WR_OUT_OF_MEMORY;
  }
  return visit(context, walker, in);
}

/* The finished code: without `enter` where no local must start as zero. */
static wr__code *finish(translator *t, uint32_t func_index) {
  wr__emit *e = &t->e;
  if (t->exn_count) { /* they lie behind all others, and a collection reads them */
    if (t->first_zero == t->end_zero) t->first_zero = e->frame_slots;
    t->end_zero = e->frame_slots + t->exn_count;
  }
  uint32_t skip = t->first_zero == t->end_zero ? 16 : 0;
  if (!skip) {
    wr__emit_u16(e, t->enter_at + 8, t->first_zero);
    wr__emit_u16(e, t->enter_at + 10, t->end_zero - t->first_zero);
  }
  uint32_t local_refs = t->ref_slot_count;
  add_local_refs(t);
  for (uint32_t k = 0; k < t->exn_count; k++) add_ref_slot(t, e->frame_slots + k);
  size_t size = e->size - skip;
  wr__code *code = e->failed ? NULL : calloc(1, sizeof *code + size);
  if (!code) return NULL;
  code->func_index = func_index;
  code->size_bytes = (uint32_t)size;
  code->link_slot = t->link_slot;
  code->first_at = skip;
  code->frame_slots = e->frame_slots + t->exn_count;
  /* The lists are handed over as they are. */
  code->offsets = e->offsets;
  code->offsets_size = (uint32_t)e->offsets_size;
  e->offsets = NULL;
  code->ref_maps = t->maps;
  code->ref_map_count = t->map_count;
  t->maps = NULL;
  code->ref_slots = t->ref_slots;
  code->local_refs = local_refs;
  code->ref_slot_count = t->ref_slot_count;
  t->ref_slots = NULL;
  for (uint32_t k = 0; k < code->ref_map_count; k++) code->ref_maps[k].at -= skip;
  wr__translate_finish_try(t, code, skip);
  memcpy(code->words, e->code + skip, size);
  if (!e->failed) return code;
  wr__code_free(code); /* an exception slot too far away */
  return NULL;
}

wr__code *wr__translate(const wr__module *module, uint32_t func_index, bool guarded,
                        uint32_t options) {
  translator t = {
      .module = module, .engine = module->engine, .guarded = guarded, .e.options = options};
  wr__walker_init(&t.walker, module, NULL);
  wr__visitor visitor = {visit_first, &t};
  wr_status status = wr__walk_func(&t.walker, func_index, &visitor);
  wr__code *code = status == WR_OK ? finish(&t, func_index) : NULL;
  wr__walker_free(&t.walker);
  wr__emit_free(&t.e);
  free(t.local_slots);
  free(t.local_cls);
  free(t.set_in);
  free(t.set_stack);
  for (uint32_t k = 0; k < t.label_count; k++) free(t.labels[k].catches);
  free(t.labels);
  free(t.fixups);
  free(t.ranges);
  free(t.handlers);
  free(t.exn_patches);
  free(t.maps);
  free(t.ref_slots);
  return code;
}

void wr__code_free(wr__code *code) {
  if (!code) return;
  free(code->offsets);
  free(code->try_ranges);
  free(code->try_handlers);
  free(code->ref_maps);
  free(code->ref_slots);
  free(code);
}
