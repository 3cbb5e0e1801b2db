/* The emitter's operand stack: see emit.h. Selection tables come from generate.py. */
#include "interp/emit_internal.h"

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

void wr__emit_count_in(wr__emit *e, const wr__operand *o, uint32_t index) {
  for (uint32_t k = 0; k < o->leaf_count; k++) {
    if (o->leaves[k] >= e->stack_base) continue;
    wr__slot_use *use = &e->uses[o->leaves[k]];
    if (!use->reads++ || use->reads_from > index) use->reads_from = index;
  }
  for (uint32_t k = 0; k < o->tee_count; k++) {
    wr__slot_use *use = &e->uses[o->tee_slots[k]];
    if (!use->tees++ || use->tees_from > index) use->tees_from = index;
    lower(&e->tees_from, index);
    e->pending_tees++;
  }
}

void wr__emit_count_out(wr__emit *e, const wr__operand *o) {
  for (uint32_t k = 0; k < o->leaf_count; k++)
    if (o->leaves[k] < e->stack_base) e->uses[o->leaves[k]].reads--;
  for (uint32_t k = 0; k < o->tee_count; k++) e->uses[o->tee_slots[k]].tees--;
  e->pending_tees -= o->tee_count;
}

void wr__emit_watch(wr__emit *e, const wr__operand *o, uint32_t index) {
  const wr__pattern *p = &wr__patterns[o->pattern];
  if (p->traps) lower(&e->traps_from, index);
  if (p->traps || p->reads_memory || p->reads_global) lower(&e->effects_from, index);
}

/* Room for one more. Out of memory, the topmost operand gives its place, which keeps the caller's
 * arithmetic sane: the code is thrown away. */
static WR_NOINLINE void reserve_operand(wr__emit *e) {
  if (wr__grow(&e->stack, &e->stack_capacity, (size_t)e->stack_count + 1, sizeof *e->stack)) return;
  e->failed = true;
  wr__emit_discard(e, 1);
}

wr__operand *wr__emit_new(wr__emit *e, char cls, uint16_t pattern) {
  uint32_t home = wr__emit_clear_above(e, e->stack_count);
  wr__emit_use_slots(e, home + cls_slots(cls));
  if (WR_UNLIKELY(e->stack_count == e->stack_capacity)) reserve_operand(e);
  lower(&e->away_from, e->stack_count);
  lower(&e->changed_from, e->stack_count);
  wr__operand *o = &e->stack[e->stack_count++];
  memset(o, 0, offsetof(wr__operand, imms));
  o->home = (uint16_t)home;
  o->cls = cls;
  o->pattern = pattern;
  o->kept = NONE;
  return o;
}

wr__operand wr__emit_pop(wr__emit *e) {
  wr__operand *o = &e->stack[--e->stack_count];
  wr__emit_count_out(e, o);
  return *o;
}

void wr__emit_discard(wr__emit *e, uint32_t count) {
  while (count--) wr__emit_count_out(e, &e->stack[--e->stack_count]);
}

void wr__emit_set_slot(const wr__emit *e, wr__operand *o, char cls, uint32_t slot) {
  uint16_t home = o->home;
  memset(o, 0, offsetof(wr__operand, imms));
  o->home = home;
  o->cls = cls;
  o->pattern = slot_pattern(cls);
  o->kept = NONE;
  o->leaf_count = 1;
  o->leaves[0] = (uint16_t)slot;
  if (slot >= e->stack_base) o->high_temp = (uint16_t)(slot + cls_slots(cls) - 1);
}

void wr__emit_push_slot(wr__emit *e, char cls, uint32_t slot) {
  wr__operand *o = wr__emit_new(e, cls, slot_pattern(cls));
  o->leaf_count = 1;
  o->leaves[0] = (uint16_t)slot;
  wr__slot_use *use = &e->uses[slot];
  uint32_t index = e->stack_count - 1;
  if (!use->reads++ || use->reads_from > index) use->reads_from = index;
}

void wr__emit_push_home(wr__emit *e, char cls) {
  wr__operand *o = wr__emit_new(e, cls, slot_pattern(cls));
  o->leaf_count = 1;
  o->leaves[0] = o->home;
  o->high_temp = (uint16_t)(o->home + cls_slots(cls) - 1);
}

static uint16_t const_pattern(char cls, uint64_t bits) {
  switch (cls) {
    case 'i':
      return WR__PAT_I_i;
    case 'r':
    case 'l':
      return (int64_t)bits == (int32_t)bits ? WR__PAT_I_l : WR__PAT_J_l;
    case 'f':
      return WR__PAT_F_f;
    default:
      return WR__PAT_D_d;
  }
}

void wr__emit_push_const(wr__emit *e, char cls, uint64_t bits) {
  wr__operand *o = wr__emit_new(e, cls, const_pattern(cls, bits));
  o->imm_count = 1;
  o->imms[0] = bits;
}

/* An operand is now in a slot, which it was not, or not in this one. */
static void settle_in(wr__emit *e, wr__operand *o, uint32_t slot) {
  wr__emit_set_slot(e, o, o->cls, slot);
  lower(&e->changed_from, (uint32_t)(o - e->stack));
}

/* Writes an operand that ends in a local.tee to that local; it is then a read of the local. */
static void settle_root_tee(wr__emit *e, wr__operand *o) {
  if (WR_LIKELY(o->kept == NONE)) return;
  wr__emit_count_out(e, o);
  uint32_t slot = o->tee_slots[--o->tee_count];
  o->pattern = o->kept;
  o->imm_count--;
  wr__emit_write(e, o, slot);
  settle_in(e, o, slot);
  wr__emit_count_in(e, o, (uint32_t)(o - e->stack));
}

void wr__emit_settle_tees(wr__emit *e) {
  if (!e->pending_tees) return;
  for (uint32_t k = e->tees_from; k < e->stack_count; k++)
    if (e->stack[k].tee_count) wr__emit_to_slot(e, &e->stack[k]);
  e->tees_from = e->stack_count;
}

static bool tees(const wr__operand *o, uint32_t slot) {
  return (o->tee_count > 0 && o->tee_slots[0] == slot) ||
         (o->tee_count > 1 && o->tee_slots[1] == slot);
}

void wr__emit_settle_tee(wr__emit *e, uint32_t slot) {
  wr__slot_use *use = &e->uses[slot];
  if (WR_LIKELY(!use->tees)) return;
  for (uint32_t k = use->tees_from; k < e->stack_count; k++) {
    wr__operand *o = &e->stack[k];
    if (!tees(o, slot)) continue;
    if (wr__patterns[o->pattern].traps) wr__emit_flush_traps(e);
    wr__emit_to_slot(e, o);
  }
}

wr__operand wr__emit_settle_popped(wr__emit *e, wr__operand o) {
  wr__operand *top = wr__emit_new(e, o.cls, o.pattern);
  *top = o;
  wr__emit_count_in(e, top, e->stack_count - 1);
  wr__emit_to_slot(e, top);
  return wr__emit_pop(e);
}

static uint16_t tee_pattern(const wr__emit *e, const wr__operand *o) {
  static const uint16_t tee_ops[] = {['i'] = WR__PSEUDO_tee_i,
                                     ['l'] = WR__PSEUDO_tee_l,
                                     ['f'] = WR__PSEUDO_tee_f,
                                     ['d'] = WR__PSEUDO_tee_d};
  if (!is_tree(o) || o->negated || o->cls == 'v' || o->cls == 'r' || o->tee_count == 2 ||
      o->kept != NONE || o->imm_count == WR__MAX_IMMS || e->options & WR__EMIT_NO_FUSION)
    return NONE;
  return wr__emit_combine(tee_ops[(uint8_t)o->cls], o->pattern, NONE);
}

void wr__emit_tee(wr__emit *e, uint32_t slot) {
  wr__emit_settle_tee(e, slot);
  wr__operand *o = wr__emit_top(e, 0);
  uint16_t pattern = tee_pattern(e, o);
  if (pattern == NONE) {
    char cls = o->cls;
    wr__emit_store(e, slot);
    wr__emit_push_slot(e, cls, slot);
    return;
  }
  e->stack_count--; /* it may read the local: only those below must not */
  wr__emit_count_out(e, o);
  wr__emit_flush_slot(e, slot);
  o->kept = o->pattern;
  o->pattern = pattern;
  o->imms[o->imm_count++] = slot;
  o->tee_slots[o->tee_count++] = (uint16_t)slot;
  wr__emit_count_in(e, o, e->stack_count);
  wr__emit_watch(e, o, e->stack_count++);
}

void wr__emit_materialize(wr__emit *e, wr__operand *o) {
  settle_root_tee(e, o);
  if (is_slot(o) && o->leaves[0] == o->home) return;
  wr__emit_count_out(e, o);
  uint32_t home = o->home;
  if (!wr__emit_retarget_last(e, o, home)) wr__emit_write(e, o, home);
  settle_in(e, o, home);
}

void wr__emit_to_slot(wr__emit *e, wr__operand *o) {
  settle_root_tee(e, o);
  if (!is_slot(o)) wr__emit_materialize(e, o);
}

void wr__emit_store(wr__emit *e, uint32_t slot) {
  wr__operand *o = &e->stack[--e->stack_count]; /* stays there: nothing below pushes */
  wr__emit_count_out(e, o);
  if (wr__patterns[o->pattern].traps) wr__emit_flush_traps(e);
  wr__emit_settle_tee(e, slot);
  wr__emit_flush_slot(e, slot);
  if (o->kept != NONE) {
    wr__emit_count_in(e, o, e->stack_count++);
    wr__emit_to_slot(e, o);
    wr__emit_discard(e, 1);
  }
  if (!wr__emit_retarget_last(e, o, slot)) wr__emit_write(e, o, slot);
}

void wr__emit_materialize_from(wr__emit *e, uint32_t first) {
  for (uint32_t k = first; k < e->stack_count; k++) wr__emit_materialize(e, &e->stack[k]);
}

static bool reads(const wr__operand *o, uint32_t slot) {
  for (uint32_t k = 0; k < o->leaf_count; k++)
    if (o->leaves[k] == slot) return true;
  return false;
}

void wr__emit_flush_slot(wr__emit *e, uint32_t slot) {
  wr__slot_use *use = &e->uses[slot];
  if (WR_LIKELY(!use->reads)) return;
  for (uint32_t k = use->reads_from; k < e->stack_count; k++) {
    wr__operand *o = &e->stack[k];
    if (!reads(o, slot)) continue;
    if (wr__patterns[o->pattern].traps) wr__emit_flush_traps(e);
    wr__emit_materialize(e, o);
  }
}

void wr__emit_flush_traps(wr__emit *e) {
  for (uint32_t k = e->traps_from; k < e->stack_count; k++)
    if (wr__patterns[e->stack[k].pattern].traps) wr__emit_materialize(e, &e->stack[k]);
  e->traps_from = e->stack_count;
}

void wr__emit_flush_effects(wr__emit *e) {
  for (uint32_t k = e->effects_from; k < e->stack_count; k++) {
    const wr__pattern *p = &wr__patterns[e->stack[k].pattern];
    if (p->traps || p->reads_memory || p->reads_global) wr__emit_materialize(e, &e->stack[k]);
  }
  e->traps_from = e->effects_from = e->stack_count;
}

void wr__emit_flush_all(wr__emit *e) {
  for (uint32_t k = e->away_from; k < e->stack_count; k++)
    if (!is_const(&e->stack[k])) wr__emit_materialize(e, &e->stack[k]);
  e->traps_from = e->effects_from = e->tees_from = e->away_from = e->stack_count;
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
  if (wr__patterns[wr__emit_top(e, 0)->pattern].traps) wr__emit_flush_traps(e);
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
  if (wr__patterns[wr__emit_top(e, 0)->pattern].traps)
    wr__emit_flush_traps(e); /* the trap is still owed */
  if (wr__emit_top(e, 0)->tee_count) wr__emit_to_slot(e, wr__emit_top(e, 0));
  wr__emit_discard(e, 1);
}

wr__operand wr__emit_null_test(const wr__emit *e, uint32_t slot, bool negated) {
  wr__operand o;
  wr__emit_set_slot(e, &o, 'l', slot);
  o.pattern = wr__emit_combine(WR__OP_i64_eqz, WR__PAT_R_l, NONE);
  o.cls = 'i';
  o.negated = negated;
  o.home = (uint16_t)(slot + 1); /* the reference stays where it is */
  return o;
}
