/* The emitter's operand stack: see emit.h. Selection tables come from generate.py. */
#include "interp/emit_internal.h"

wr__operand *wr__emit_top(wr__emit *e, uint32_t depth) {
  return &e->stack[e->stack_count - 1 - depth];
}

uint32_t wr__emit_home_above(const wr__emit *e, uint32_t count) {
  if (!count) return e->stack_base;
  return e->stack[count - 1].home + cls_slots(e->stack[count - 1].cls);
}

uint32_t wr__emit_next_home(const wr__emit *e) { return wr__emit_home_above(e, e->stack_count); }

uint32_t wr__emit_clear_above(wr__emit *e, uint32_t count) {
  uint32_t home = wr__emit_home_above(e, count);
  if (count && e->stack[count - 1].high_temp >= home) wr__emit_materialize(e, &e->stack[count - 1]);
  return home;
}

bool wr__emit_is_slot(const wr__operand *o) { return is_slot(o); }

static uint16_t slot_pattern(char cls) {
  switch (cls) {
    case 'i':
      return WR__PAT_R_i;
    case 'l':
    case 'r':
      return WR__PAT_R_l;
    case 'f':
      return WR__PAT_R_f;
    case 'd':
      return WR__PAT_R_d;
    default:
      return WR__PAT_R_v;
  }
}

static void count_reads(wr__emit *e, const wr__operand *o, int32_t by) {
  if (o->tee_count) e->pending_tees += (uint32_t)by;
  for (uint32_t k = 0; k < o->leaf_count; k++)
    if (o->leaves[k] < e->stack_base) e->local_reads[o->leaves[k]] += (uint32_t)by;
}

wr__operand *wr__emit_push(wr__emit *e, wr__operand o) {
  o.home = wr__emit_clear_above(e, e->stack_count);
  wr__emit_use_slots(e, o.home + cls_slots(o.cls));
  if (!wr__grow(&e->stack, &e->stack_capacity, (size_t)e->stack_count + 1, sizeof *e->stack)) {
    e->failed = true;
    if (!e->stack_count) return NULL;
    e->stack_count--; /* keep the caller's arithmetic sane; the code is thrown away */
  }
  e->stack[e->stack_count] = o;
  count_reads(e, &o, 1);
  return &e->stack[e->stack_count++];
}

wr__operand wr__emit_pop(wr__emit *e) {
  wr__operand o = e->stack[--e->stack_count];
  count_reads(e, &o, -1);
  return o;
}

wr__operand wr__emit_slot_operand(const wr__emit *e, char cls, uint32_t slot) {
  wr__operand o = {.pattern = slot_pattern(cls),
                   .leaf_count = 1,
                   .cls = cls,
                   .leaves = {(uint16_t)slot},
                   .kept = NONE};
  o.high_temp = slot >= e->stack_base ? slot + cls_slots(cls) - 1 : 0;
  return o;
}

void wr__emit_push_slot(wr__emit *e, char cls, uint32_t slot) {
  wr__emit_push(e, wr__emit_slot_operand(e, cls, slot));
}

void wr__emit_push_home(wr__emit *e, char cls) {
  uint32_t home = wr__emit_next_home(e);
  wr__emit_use_slots(e, home + cls_slots(cls));
  if (!e->failed)
    wr__emit_push(e, wr__emit_slot_operand(e, cls, home));
  else
    wr__emit_push(e, wr__emit_slot_operand(e, cls, e->stack_base));
}

void wr__emit_push_const(wr__emit *e, char cls, uint64_t bits) {
  wr__operand o = {.imm_count = 1, .cls = cls, .imms = {bits}, .kept = NONE};
  switch (cls) {
    case 'i':
      o.pattern = WR__PAT_I_i;
      break;
    case 'r':
    case 'l':
      o.pattern = (int64_t)bits == (int32_t)bits ? WR__PAT_I_l : WR__PAT_J_l;
      break;
    case 'f':
      o.pattern = WR__PAT_F_f;
      break;
    default:
      o.pattern = WR__PAT_D_d;
      break;
  }
  wr__emit_push(e, o);
}

/* Writes an operand that ends in a local.tee to that local; it is then a read of the local. */
static void settle_root_tee(wr__emit *e, wr__operand *o) {
  if (o->kept == NONE) return;
  count_reads(e, o, -1);
  uint32_t home = o->home, slot = o->tee_slots[--o->tee_count];
  o->pattern = o->kept;
  o->imm_count--;
  wr__emit_write(e, o, slot);
  *o = wr__emit_slot_operand(e, o->cls, slot);
  o->home = home;
  count_reads(e, o, 1);
}

void wr__emit_settle_tees(wr__emit *e) {
  for (uint32_t k = 0; e->pending_tees && k < e->stack_count; k++)
    if (e->stack[k].tee_count) wr__emit_to_slot(e, &e->stack[k]);
}

void wr__emit_settle_tee(wr__emit *e, uint32_t slot) {
  for (uint32_t k = 0; e->pending_tees && k < e->stack_count; k++) {
    wr__operand *o = &e->stack[k];
    for (uint32_t n = 0; n < o->tee_count; n++)
      if (o->tee_slots[n] == slot) {
        if (wr__patterns[o->pattern].traps) wr__emit_flush_traps(e);
        wr__emit_to_slot(e, o);
        break;
      }
  }
}

wr__operand wr__emit_settle_popped(wr__emit *e, wr__operand o) {
  wr__emit_push(e, o);
  wr__emit_to_slot(e, wr__emit_top(e, 0));
  return wr__emit_pop(e);
}

void wr__emit_tee(wr__emit *e, uint32_t slot) {
  static const uint16_t tees[] = {['i'] = WR__PSEUDO_tee_i,
                                  ['l'] = WR__PSEUDO_tee_l,
                                  ['f'] = WR__PSEUDO_tee_f,
                                  ['d'] = WR__PSEUDO_tee_d,
                                  ['v'] = 0};
  wr__emit_settle_tee(e, slot);
  wr__operand o = wr__emit_pop(e);
  bool pending = !is_slot(&o) && !is_const(&o) && !o.negated && o.cls != 'v' && o.tee_count < 2 &&
                 o.kept == NONE && o.imm_count < WR__MAX_IMMS && !(e->options & WR__EMIT_NO_FUSION);
  uint16_t pattern = pending ? wr__emit_combine(tees[(uint8_t)o.cls], o.pattern, NONE) : NONE;
  if (pattern == NONE) {
    char cls = o.cls;
    wr__emit_store_slot(e, o, slot);
    wr__emit_push_slot(e, cls, slot);
    return;
  }
  wr__emit_flush_slot(e, slot);
  o.kept = o.pattern;
  o.pattern = pattern;
  o.imms[o.imm_count++] = slot;
  o.tee_slots[o.tee_count++] = (uint16_t)slot;
  wr__emit_push(e, o);
}

void wr__emit_materialize(wr__emit *e, wr__operand *o) {
  settle_root_tee(e, o);
  if (is_slot(o) && o->leaves[0] == o->home) return;
  count_reads(e, o, -1);
  uint32_t home = o->home;
  if (!wr__emit_retarget_last(e, o, home)) wr__emit_write(e, o, home);
  *o = wr__emit_slot_operand(e, o->cls, home);
  o->home = home;
}

void wr__emit_to_slot(wr__emit *e, wr__operand *o) {
  settle_root_tee(e, o);
  if (!is_slot(o)) wr__emit_materialize(e, o);
}

void wr__emit_store_slot(wr__emit *e, wr__operand o, uint32_t slot) {
  if (wr__patterns[o.pattern].traps) wr__emit_flush_traps(e);
  wr__emit_settle_tee(e, slot);
  wr__emit_flush_slot(e, slot);
  if (o.kept != NONE) {
    o = wr__emit_settle_popped(e, o);
  }
  if (o.cls == 'v') wr__emit_flush_slot(e, slot + 1);
  if (!wr__emit_retarget_last(e, &o, slot)) wr__emit_write(e, &o, slot);
}

void wr__emit_materialize_from(wr__emit *e, uint32_t first) {
  for (uint32_t k = first; k < e->stack_count; k++) wr__emit_materialize(e, &e->stack[k]);
}

void wr__emit_flush_slot(wr__emit *e, uint32_t slot) {
  if (slot >= e->stack_base || !e->local_reads[slot]) return;
  for (uint32_t k = 0; k < e->stack_count; k++) {
    wr__operand *o = &e->stack[k];
    for (uint32_t leaf = 0; leaf < o->leaf_count; leaf++)
      if (o->leaves[leaf] == slot ||
          (o->leaves[leaf] + 1u == slot && wr__leaf_cls[o->pattern][leaf] == 'v')) {
        if (wr__patterns[o->pattern].traps) wr__emit_flush_traps(e);
        wr__emit_materialize(e, o);
        break;
      }
  }
}

void wr__emit_flush_traps(wr__emit *e) {
  for (uint32_t k = 0; k < e->stack_count; k++)
    if (wr__patterns[e->stack[k].pattern].traps) wr__emit_materialize(e, &e->stack[k]);
}

void wr__emit_flush_effects(wr__emit *e) {
  for (uint32_t k = 0; k < e->stack_count; k++) {
    const wr__pattern *p = &wr__patterns[e->stack[k].pattern];
    if (p->traps || p->reads_memory || p->reads_global) wr__emit_materialize(e, &e->stack[k]);
  }
}

void wr__emit_flush_all(wr__emit *e) {
  for (uint32_t k = 0; k < e->stack_count; k++)
    if (!is_const(&e->stack[k])) wr__emit_materialize(e, &e->stack[k]);
}
uint16_t wr__emit_checked_op(uint16_t op, bool is64) {
  for (size_t k = 0; k < WR_ARRAY_COUNT(wr__checked_ops); k++)
    if (wr__checked_ops[k][0] == op) return wr__checked_ops[k][is64 ? 2 : 1];
  return NONE;
}

uint16_t wr__emit_global_op(bool set, bool is_v128) {
  if (set) return is_v128 ? WR__PSEUDO_set_global_v128 : WR__PSEUDO_set_global;
  return is_v128 ? WR__PSEUDO_get_global_v128 : WR__PSEUDO_get_global;
}

void wr__emit_set_global(wr__emit *e, uint64_t index) {
  wr__operand *top = wr__emit_top(e, 0);
  if (wr__patterns[top->pattern].traps) wr__emit_flush_traps(e);
  wr__emit_to_slot(e, wr__emit_top(e, 0));
  wr__operand o = wr__emit_pop(e);
  wr__emit_flush_effects(e);
  bool wide = o.cls == 'v';
  o.pattern =
      wr__emit_combine(wr__emit_global_op(true, wide), wide ? WR__PAT_R_v : WR__PAT_R_l, NONE);
  o.imm_count = 1;
  o.imms[0] = index;
  wr__emit_pattern(e, &o, 0);
}

void wr__emit_drop(wr__emit *e) {
  wr__operand *top = wr__emit_top(e, 0);
  if (wr__patterns[top->pattern].traps) {
    wr__emit_flush_traps(e); /* the trap is still owed */
  }
  if (wr__emit_top(e, 0)->tee_count) wr__emit_to_slot(e, wr__emit_top(e, 0));
  wr__emit_pop(e);
}

wr__operand wr__emit_null_test(const wr__emit *e, uint32_t slot, bool negated) {
  wr__operand o = wr__emit_slot_operand(e, 'l', slot);
  o.pattern = wr__emit_combine(WR__OP_i64_eqz, WR__PAT_R_l, NONE);
  o.cls = 'i';
  o.negated = negated;
  o.home = slot + 1; /* the reference stays where it is */
  return o;
}
