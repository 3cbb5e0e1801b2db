/* The emitter's branches and selects: conditions that are trees become part of them. */
#include "interp/emit_internal.h"

/* The condition as something that a branch or select knows, computing it first where it must be. */
static void settle_condition(wr__emit *e, wr__operand *c, bool select) {
  const wr__pattern *p = &wr__patterns[c->pattern];
  bool known = (select ? p->select : p->branch) != NONE;
  if (!known && c->kept != NONE) {
    *c = wr__emit_settle_popped(e, *c);
    known = true;
  }
  if (e->options & WR__EMIT_NO_FUSION && !is_slot(c) && !c->negated) known = false;
  if (known && c->cls == 'i') return;
  bool negated = c->negated;
  c->negated = false;
  wr__emit_use_slots(e, c->home + 1u);
  if (!is_slot(c)) wr__emit_write(e, c, c->home);
  wr__emit_set_slot(e, c, 'i', c->home);
  c->negated = negated;
}

/* A run of additions and then the end of a loop that counts with one more: one instruction. */
static bool fuse_loop_end(wr__emit *e, const wr__operand *c, uint32_t *start,
                          uint32_t *displacement_at) {
  if (e->options & (WR__EMIT_NO_LOOP_FUSION | WR__EMIT_NO_FUSION) || e->last_at == UINT32_MAX ||
      e->last_took || c->negated)
    return false;
  if (e->last_pattern != WR__PAT_ADD_RI) return false;
  for (size_t k = 0; k < WR_ARRAY_COUNT(wr__loop_ends); k++) {
    if (wr__loop_ends[k].condition != c->pattern) continue;
    const wr__pattern *p = &wr__patterns[c->pattern];
    const wr__branch_pattern *b = &wr__branch_patterns[p->branch];
    uint32_t run = e->last_run, at = e->last_at;
    uint8_t held[8 * WR__MAX_RUN];
    memcpy(held, e->code + at + 8, 8 * run);
    e->size = at;
    wr__emit_begin(e, wr__loop_ends[k].handlers[run - 1], b->size + 8 * run);
    if (e->failed) return true;
    memcpy(e->code + at + 8, held, 8 * run);
    wr__emit_put_operands(e, at + 8 * run, c, b->imm_at, p->imm_width);
    wr__emit_slot_changed(e, c->tee_slots[0]);
    e->acc_slot = WR__NO_SLOT;
    *start = at;
    *displacement_at = at + 8 * run + b->displacement_at;
    return true;
  }
  return false;
}

/* There is no "unless, back": an eqz takes the not in. */
static void settle_not(wr__emit *e, wr__operand *c) {
  if (c->pattern <= WR__PAT_R_v) {
    c->pattern = wr__emit_combine(WR__OP_i32_eqz, WR__PAT_R_i, NONE);
    c->negated = false;
    return;
  }
  wr__emit_write(e, c, c->home);
  wr__emit_set_slot(e, c, 'i', c->home);
}

/* The handler that takes one of the first two leaves from the accumulator, if there is one. */
static uint16_t branch_handler(wr__emit *e, const wr__operand *c, const wr__branch_pattern *b,
                               uint32_t row) {
  if (e->options & WR__EMIT_NO_ACCUMULATORS) return b->handlers[row];
  for (uint32_t k = 0; k < 2 && k < c->leaf_count; k++) {
    char cls = wr__leaf_cls[c->pattern][k];
    uint32_t holds = cls == 'i' || cls == 'l' ? e->acc_slot : e->vacc_slot;
    uint16_t handler = b->handlers[3 * (k + 1) + row];
    if (holds != c->leaves[k] || handler == NONE) continue;
    wr__emit_hold_last(e, holds);
    return handler;
  }
  return b->handlers[row];
}

uint32_t wr__emit_branch(wr__emit *e, wr__branch_kind kind, wr__operand *c, uint32_t *start) {
  if (wr__patterns[c->pattern].traps) wr__emit_flush_traps(e);
  settle_condition(e, c, false);
  uint32_t displacement_at = 0;
  if (kind == WR__BRANCH_IF_BACK && fuse_loop_end(e, c, start, &displacement_at))
    return displacement_at;
  if (kind == WR__BRANCH_IF_BACK && c->negated) settle_not(e, c);
  const wr__pattern *p = &wr__patterns[c->pattern];
  const wr__branch_pattern *b = &wr__branch_patterns[p->branch];
  uint32_t row = kind;
  if (c->negated) row = kind == WR__BRANCH_IF ? WR__BRANCH_UNLESS : WR__BRANCH_IF;
  uint16_t handler = wr__emit_choose(c, p, branch_handler(e, c, b, row));
  if (p->traps) wr__emit_note(e, c->trap_offset);
  uint32_t at = wr__emit_begin(e, handler, b->size);
  wr__emit_put_operands(e, at, c, b->imm_at, p->imm_width);
  for (uint32_t k = 0; k < c->tee_count; k++) wr__emit_slot_changed(e, c->tee_slots[k]);
  *start = at;
  return at + b->displacement_at;
}

/* select's operands: two values in slots, and a condition that is popped. */
static wr__operand settle_select(wr__emit *e) {
  for (uint32_t k = 3; k-- > 1;) {
    wr__operand *v = wr__emit_top(e, k);
    if (wr__patterns[v->pattern].traps) wr__emit_flush_traps(e);
    wr__emit_to_slot(e, v);
  }
  if (wr__patterns[wr__emit_top(e, 0)->pattern].traps) wr__emit_flush_traps(e);
  wr__operand condition = wr__emit_pop(e);
  settle_condition(e, &condition, true);
  return condition;
}

void wr__emit_select(wr__emit *e, bool is_v128, char cls) {
  wr__operand c = settle_select(e);
  uint16_t values[2] = {wr__emit_top(e, 1)->leaves[0], wr__emit_top(e, 0)->leaves[0]};
  wr__emit_discard(e, 2);
  const wr__select_pattern *s = &wr__select_patterns[wr__patterns[c.pattern].select];
  uint32_t at = wr__emit_begin(e, s->handlers[is_v128], s->size);
  wr__emit_u16(e, at + 8, values[c.negated]);
  wr__emit_u16(e, at + 10, values[!c.negated]);
  for (uint32_t k = 0; k < c.leaf_count; k++) wr__emit_u16(e, at + 12 + 2 * k, c.leaves[k]);
  if (c.imm_count) {
    if (wr__patterns[c.pattern].imm_width[0] == 8)
      wr__emit_u64(e, at + s->imm_at, c.imms[0]);
    else
      wr__emit_u32(e, at + s->imm_at, (uint32_t)c.imms[0]);
  }
  uint32_t home = wr__emit_next_home(e);
  wr__emit_u16(e, at + s->dst_at, home);
  wr__emit_slot_changed(e, home);
  if (is_v128) wr__emit_slot_changed(e, home + 1);
  /* the handler leaves the bits in acc, where a float leaf does not look */
  if (!is_v128) e->acc_slot = cls == 'f' || cls == 'd' ? WR__NO_SLOT : home;
  if (cls == 'v') e->vacc_slot = home;
  wr__operand result = {.pattern = NONE, .cls = cls};
  wr__emit_remember(e, at, &result, home, s->dst_at);
  uint32_t kept_at = e->last_at;
  wr__emit_push_home(e, cls);
  e->last_at = kept_at;
}
