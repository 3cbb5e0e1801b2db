/* The emitter's writer: from a pattern and its operands to one instruction, in the handler that
 * takes most from the accumulators, joined to the one before where both are one. */
#include "interp/emit_internal.h"

/* Which of the pattern's leaves is in an accumulator: 0, 1, 2 as acc_handler counts, or -1. */
static int leaf_in_acc(const wr__emit *e, const wr__operand *o, const wr__pattern *p) {
  if (e->options & WR__EMIT_NO_ACCUMULATORS) return -1;
  for (uint32_t k = 0; k < o->leaf_count; k++) {
    uint32_t index = k < 3 ? k : 2;
    if (k >= 2 && k + 1 != o->leaf_count) continue;
    if (p->acc_handler[index] == NONE) continue;
    char cls = wr__leaf_cls[o->pattern][k];
    uint32_t holds = cls == 'i' || cls == 'l' ? e->acc_slot : e->vacc_slot;
    if (holds == o->leaves[k]) return (int)index;
  }
  return -1;
}

uint16_t wr__emit_choose(const wr__operand *o, const wr__pattern *p, uint16_t handler) {
  if (!p->offset_imms) return handler;
  for (uint32_t k = 0; k < o->imm_count; k++)
    if (p->offset_imms >> k & 1 && o->imms[k]) return handler;
  uint16_t zero = wr__zero_offsets[handler];
  return zero == NONE ? handler : zero;
}

bool wr__emit_hold_last(wr__emit *e, uint32_t slot) {
  if (e->options & WR__EMIT_NO_HELD || e->lasting || e->last_at == UINT32_MAX) return false;
  if (slot < e->stack_base || slot != e->last_dst || e->failed) return false;
  uint64_t word;
  memcpy(&word, e->code + e->last_at, 8);
  uint16_t held = wr__held[(uint16_t)word];
  if (held == NONE) return false;
  word = (word & ~(uint64_t)UINT16_MAX) | held;
  memcpy(e->code + e->last_at, &word, 8);
  return true;
}

void wr__emit_put_operands(wr__emit *e, uint32_t at, const wr__operand *o, const uint8_t *imm_at,
                           const uint8_t *imm_width) {
  for (uint32_t k = 0; k < o->leaf_count; k++) wr__emit_u16(e, at + 8 + 2 * k, o->leaves[k]);
  for (uint32_t k = 0, n = 0; k < o->imm_count; k++, n++) {
    uint32_t spot = at + imm_at[n];
    switch (imm_width[n]) {
      case 2:
        wr__emit_u16(e, spot, (uint32_t)o->imms[k]);
        break;
      case 4:
        wr__emit_u32(e, spot, (uint32_t)o->imms[k]);
        break;
      case 8:
        wr__emit_u64(e, spot, o->imms[k]);
        break;
      default: /* 16: two words */
        wr__emit_u64(e, spot, o->imms[k]);
        wr__emit_u64(e, spot + 8, o->imms[++k]);
    }
  }
}

void wr__emit_slot_changed(wr__emit *e, uint32_t slot) {
  if (e->acc_slot == slot) e->acc_slot = WR__NO_SLOT;
  if (e->vacc_slot == slot || e->vacc_slot + 1 == slot) e->vacc_slot = WR__NO_SLOT;
}

static void result_in(wr__emit *e, char cls, uint32_t slot) {
  wr__emit_slot_changed(e, slot);
  if (cls == 'v') wr__emit_slot_changed(e, slot + 1);
  if (cls == 'i' || cls == 'l')
    e->acc_slot = slot;
  else
    e->vacc_slot = slot;
}

bool wr__emit_retarget_last(wr__emit *e, const wr__operand *o, uint32_t slot) {
  if (e->options & WR__EMIT_NO_COALESCING || e->last_at == UINT32_MAX || !is_slot(o)) return false;
  uint32_t from = o->leaves[0];
  if (from < e->stack_base || from != e->last_dst || e->last_cls != o->cls) return false;
  wr__emit_u16(e, e->last_at + e->last_dst_at, slot);
  e->last_dst = slot;
  bool in_acc = e->acc_slot == from, in_vacc = e->vacc_slot == from;
  wr__emit_slot_changed(e, slot);
  if (o->cls == 'v') wr__emit_slot_changed(e, slot + 1);
  if (in_acc) e->acc_slot = slot;
  if (in_vacc) e->vacc_slot = slot;
  return true;
}

void wr__emit_remember(wr__emit *e, uint32_t at, const wr__operand *o, uint32_t dst,
                       uint8_t dst_at) {
  e->last_at = at;
  e->last_pattern = o->pattern;
  e->last_cls = o->cls;
  e->last_dst = dst;
  e->last_dst_at = dst_at;
  e->last_run = 1;
  e->last_took = false;
}

/* x = y + k after x' = y' + k', or a move after a move: one instruction does both. */
static bool extend_run(wr__emit *e, const wr__operand *o, uint32_t slot) {
  bool adds = o->pattern == WR__PAT_ADD_RI;
  if (e->options & WR__EMIT_NO_FUSION || e->last_at == UINT32_MAX || e->last_took ||
      o->pattern != e->last_pattern)
    return false;
  if ((!adds && o->pattern != WR__PAT_COPY) || e->last_run == WR__MAX_RUN) return false;
  uint32_t at = e->last_at, run = e->last_run + 1, entry = adds ? 8 : 4;
  uint8_t held[8 * WR__MAX_RUN];
  memcpy(held, e->code + at + 8, entry * e->last_run);
  e->size = at;
  wr__emit_begin(e, adds ? wr__runs[run - 2].adds : wr__runs[run - 2].copies,
                 (8 + entry * run + 7) / 8 * 8);
  if (e->failed) return true;
  memcpy(e->code + at + 8, held, entry * e->last_run);
  uint32_t spot = at + 8 + entry * (run - 1);
  wr__emit_u16(e, spot, o->leaves[0]);
  wr__emit_u16(e, spot + 2, slot);
  if (adds) wr__emit_u32(e, spot + 4, (uint32_t)o->imms[0]);
  result_in(e, adds ? 'i' : 'l', slot);
  wr__emit_remember(e, at, o, slot, (uint8_t)(spot + 2 - at));
  e->last_run = run;
  return true;
}

void wr__emit_pattern(wr__emit *e, const wr__operand *o, uint32_t slot) {
  const wr__pattern *p = &wr__patterns[o->pattern];
  if (extend_run(e, o, slot)) return;
  if (p->traps) wr__emit_note(e, o->trap_offset);
  int in_acc = leaf_in_acc(e, o, p);
  uint16_t handler = wr__emit_choose(o, p, in_acc < 0 ? p->handler : p->acc_handler[in_acc]);
  bool took =
      in_acc >= 0 && wr__emit_hold_last(e, o->leaves[in_acc < 2 ? in_acc : o->leaf_count - 1]);
  uint32_t at = wr__emit_begin(e, handler, p->size);
  wr__emit_put_operands(e, at, o, p->imm_at, p->imm_width);
  for (uint32_t k = 0; k < o->tee_count; k++) wr__emit_slot_changed(e, o->tee_slots[k]);
  if (p->cls == '-') return;
  wr__emit_u16(e, at + p->dst_at, slot);
  result_in(e, p->cls, slot);
  wr__emit_remember(e, at, o, slot, p->dst_at);
  e->last_took = took;
}

/* The tree without its logical not: an eqz over a slot, or the tree as it was. */
static void write_negated(wr__emit *e, const wr__operand *o, uint32_t slot) {
  wr__operand plain = *o;
  plain.negated = false;
  if (!is_slot(&plain)) {
    wr__emit_pattern(e, &plain, slot);
    wr__emit_set_slot(e, &plain, 'i', slot);
  }
  plain.pattern = wr__emit_combine(WR__OP_i32_eqz, WR__PAT_R_i, NONE);
  wr__emit_pattern(e, &plain, slot);
}

void wr__emit_write(wr__emit *e, const wr__operand *o, uint32_t slot) {
  if (o->negated) {
    write_negated(e, o, slot);
    return;
  }
  if (!is_slot(o)) {
    wr__emit_pattern(e, o, slot);
    return;
  }
  if (o->leaves[0] == slot) return;
  wr__operand move = *o;
  bool wide = o->cls == 'v';
  move.pattern = wr__emit_combine(wide ? WR__PSEUDO_copy_v128 : WR__PSEUDO_copy,
                                  wide ? WR__PAT_R_v : WR__PAT_R_l, NONE);
  bool is_float = o->cls == 'f' || o->cls == 'd';
  wr__emit_pattern(e, &move, slot);
  if (is_float) e->acc_slot = WR__NO_SLOT; /* acc has the bits, but no float leaf looks there */
}
