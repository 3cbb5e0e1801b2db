/* The translator's part for structured control: labels, branches, returns.
 *
 * Invariant at every label: all operands are in their homes or constants from outside the
 * construct, and nothing is known of the accumulators. */
#include "interp/translator.h"

label *wr__translate_label(translator *t, uint32_t depth) {
  return &t->labels[t->label_count - 1 - depth];
}

/* Who enters one counts on a slot for each local. */
static void note_loop(translator *t, uint32_t at) {
  if (t->used) return;
  if (wr__grow(&t->loops, &t->loop_capacity, (size_t)t->loop_count + 1, sizeof *t->loops))
    t->loops[t->loop_count++] = (wr__code_loop){at, (uint32_t)t->e.module_offset};
  else
    t->e.failed = true;
}

void wr__translate_push_label(translator *t, const wr__ctrl *c, bool is_loop) {
  if (!wr__grow(&t->labels, &t->label_capacity, (size_t)t->label_count + 1, sizeof *t->labels)) {
    t->e.failed = true;
    return;
  }
  label *l = &t->labels[t->label_count++];
  *l = (label){
      .height = c->height, .loop_at = NO_POSITION, .else_at = NO_POSITION, .try_at = NO_POSITION};
  l->home = wr__emit_home_above(&t->e, c->height);
  if (is_loop) {
    t->open_loops++;
    wr__emit_label(&t->e);
    l->loop_at = (uint32_t)t->e.size;
    if (!c->height && !c->param_count) note_loop(t, l->loop_at);
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
  t->e.lasting = true;
  for (uint32_t k = t->e.stack_count - count; k < t->e.stack_count; k++) {
    const wr__operand *o = &t->e.stack[k];
    wr__emit_write(&t->e, o, to);
    to += o->cls == 'v' ? 2 : 1;
  }
  t->e.lasting = false;
  wr__emit_use_slots(&t->e, to);
}

static void write_return(translator *t, uint32_t handler, uint32_t slot, uint32_t slots) {
  uint32_t at = wr__emit_begin(&t->e, handler, 16);
  wr__emit_u16(&t->e, at + 8, t->link_slot);
  wr__emit_u16(&t->e, at + 10, slot);
  wr__emit_u16(&t->e, at + 12, slots);
}

static void return_one(translator *t) {
  wr__emit *e = &t->e;
  wr__operand *o = wr__emit_top(e, 0);
  if (!wr__emit_is_slot(o)) {
    e->lasting = true;
    wr__emit_write(e, o, 0);
    e->lasting = false;
    write_return(t, WR__H_ret, 0, 0);
    return;
  }
  char cls = o->cls;
  bool in_acc =
      cls != 'v' && e->acc_slot == o->leaves[0] && (cls == 'i' || cls == 'l' || cls == 'r');
  write_return(t,
               cls == 'v' ? WR__H_ret_v128
               : in_acc   ? WR__H_ret_acc
                          : WR__H_ret_slot,
               o->leaves[0], 0);
}

/* What is left below the results still traps. */
static void emit_return(translator *t) {
  wr__emit *e = &t->e;
  wr__emit_settle_tees(e);
  wr__emit_flush_traps(e);
  uint32_t count = t->walker.func_type->result_count;
  if (count == 1) {
    return_one(t);
    return;
  }
  wr__emit_materialize_from(e, e->stack_count - count);
  if (count)
    write_return(t, WR__H_ret_many, e->stack[e->stack_count - count].home,
                 t->walker.func_type->result_slots);
  else
    write_return(t, WR__H_ret, 0, 0);
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

/* A conditional branch whose taken side is more than a jump: the branch goes around it. */
static void branch_around(translator *t, wr__operand *condition, uint32_t depth, uint32_t count) {
  wr__emit *e = &t->e;
  label *l = wr__translate_label(t, depth);
  uint32_t start;
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
}

/* A conditional branch on an operand already popped. */
void wr__translate_branch_on(translator *t, wr__operand *condition, uint32_t depth,
                             uint32_t count) {
  label *l = wr__translate_label(t, depth);
  if (is_body(t, depth) || carried_need_moves(t, l, count)) {
    branch_around(t, condition, depth, count);
    return;
  }
  bool back = l->loop_at != NO_POSITION;
  uint32_t start;
  uint32_t at =
      wr__emit_branch(&t->e, back ? WR__BRANCH_IF_BACK : WR__BRANCH_IF, condition, &start);
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

void wr__translate_br_if(translator *t, const wr__instr *in) {
  uint32_t depth = in->imm.index;
  const wr_valtype *types;
  uint32_t count = wr__ctrl_label_types(wr__walker_label(&t->walker, depth), &types);
  /* The condition may trap, and so must come after what it does not hold; keep it pending. */
  wr__operand condition = wr__emit_pop(&t->e);
  wr__translate_settle_branch(t, depth, count);
  wr__translate_branch_on(t, &condition, depth, count);
}

/* The index goes to a slot; where it is popped already. */
static uint32_t settle_index(wr__emit *e, wr__operand index) {
  if (index.tee_count) index = wr__emit_settle_popped(e, index);
  if (wr__emit_is_slot(&index)) return index.leaves[0];
  wr__emit_use_slots(e, index.home + 1);
  wr__emit_write(e, &index, index.home);
  return index.home;
}

/* The displacements at `spot` and on. Targets that need more than a jump get a landing behind. */
static void write_targets(translator *t, const wr__instr *in, uint32_t at, uint32_t carried) {
  wr__emit *e = &t->e;
  for (uint32_t k = 0; k <= in->imm.table.count; k++) {
    uint32_t depth = in->imm.table.targets[k], spot = at + 16 + 4 * k;
    label *l = wr__translate_label(t, depth);
    if (!is_body(t, depth) && !carried_need_moves(t, l, carried)) {
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
}

void wr__translate_br_table(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  wr__operand index = wr__emit_pop(e);
  const wr_valtype *types;
  uint32_t carried =
      wr__ctrl_label_types(wr__walker_label(&t->walker, in->imm.table.targets[0]), &types);
  wr__emit_settle_tees(e);
  wr__emit_flush_traps(e);
  wr__emit_materialize_from(e, e->stack_count - carried);
  uint32_t slot = settle_index(e, index), n = in->imm.table.count;
  wr__emit_note(e, in->offset);
  uint32_t at = wr__emit_begin(e, e->acc_slot == slot ? WR__H_br_table_acc : WR__H_br_table,
                               (16 + 4 * (n + 1) + 7) / 8 * 8);
  wr__emit_u16(e, at + 8, slot);
  wr__emit_u32(e, at + 12, n);
  write_targets(t, in, at, carried);
  wr__emit_forget(e);
}

/* ---- structured instructions ---------------------------------------------------------------- */

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
  wr__translate_push_label(t, c, in->op == WR__OP_loop);
  if (e->failed) return;
  if (in->op == WR__OP_if) {
    label *l = wr__translate_label(t, 0);
    l->else_at = wr__emit_branch(e, WR__BRANCH_UNLESS, &condition, &l->else_start);
  }
}

/* The operand stack as a construct leaves or restarts it: `types` in their homes above its height.
 */
void wr__translate_reset_stack(translator *t, const label *l, const wr_valtype *types,
                               uint32_t count) {
  wr__emit_discard(&t->e, t->e.stack_count - l->height);
  for (uint32_t k = 0; k < count; k++) wr__emit_push_home(&t->e, wr__translate_cls(types[k]));
}

void wr__translate_else(translator *t, const wr__instr *in) {
  (void)in;
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

void wr__translate_end(translator *t, const wr__instr *in) {
  (void)in;
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
  if (ended.loop_at != NO_POSITION && !--t->open_loops) wr__translate_end_loops(t);
  if (!last) wr__translate_reset_stack(t, &ended, c->results, c->result_count);
}
/* br_on_null keeps the reference when it does not branch, br_on_non_null carries it when it does.
 */
void wr__translate_br_on_null(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  bool on_null = in->op == WR__OP_br_on_null;
  wr__emit_flush_traps(e);
  wr__emit_materialize(e, wr__emit_top(e, 0));
  uint32_t slot = wr__emit_top(e, 0)->home;
  const wr_valtype *types;
  uint32_t count = wr__ctrl_label_types(wr__walker_label(&t->walker, in->imm.index), &types);
  if (on_null) wr__emit_discard(e, 1);
  wr__translate_settle_branch(t, in->imm.index, count);
  wr__emit_use_slots(e, slot + 2);
  wr__operand is_null = wr__emit_null_test(e, slot, !on_null);
  e->last_at = UINT32_MAX; /* the reference is read again: its slot must hold it */
  wr__translate_branch_on(t, &is_null, in->imm.index, count);
  if (on_null)
    wr__emit_push_home(e, 'r');
  else
    wr__emit_discard(e, 1);
}

void wr__translate_br_always(translator *t, const wr__instr *in) {
  wr__translate_br(t, in->imm.index);
}

void wr__translate_return(translator *t, const wr__instr *in) {
  (void)in;
  emit_return(t);
}

void wr__translate_unreachable(translator *t, const wr__instr *in) {
  wr__emit_flush_traps(&t->e);
  wr__emit_note(&t->e, in->offset);
  wr__emit_begin(&t->e, WR__H_unreachable, 8);
}
