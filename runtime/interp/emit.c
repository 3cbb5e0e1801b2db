/* The emitter: see emit.h. Selection tables come from generate.py. */
#include "interp/emit.h"

#include <stdlib.h>

#include "interp/machine.h"
#include "patterns.inc"

#define NONE WR__OP_NONE

void wr__emit_free(wr__emit *e) {
  free(e->code);
  free(e->offsets);
  free(e->stack);
  free(e->local_reads);
}

/* ---- raw code ------------------------------------------------------------------------------- */

static bool reserve_code(wr__emit *e, size_t more) {
  if (e->failed) return false;
  if (!wr__grow(&e->code, &e->capacity, e->size + more, 1)) e->failed = true;
  return !e->failed;
}

uint32_t wr__emit_begin(wr__emit *e, uint32_t handler, uint32_t size) {
  uint32_t at = (uint32_t)e->size;
  if (!reserve_code(e, size)) return 0;
  memset(e->code + at, 0, size);
  e->size += size;
  uint64_t word = wr__handler_word(handler);
  memcpy(e->code + at, &word, 8);
  e->last_at = UINT32_MAX;
  return at;
}

void wr__emit_u16(wr__emit *e, uint32_t at, uint32_t value) {
  if (e->failed) return;
  if (value > UINT16_MAX) e->failed = true;
  uint16_t v = (uint16_t)value;
  memcpy(e->code + at, &v, 2);
}

void wr__emit_u32(wr__emit *e, uint32_t at, uint32_t value) {
  if (!e->failed) memcpy(e->code + at, &value, 4);
}

void wr__emit_u64(wr__emit *e, uint32_t at, uint64_t value) {
  if (!e->failed) memcpy(e->code + at, &value, 8);
}

void wr__emit_patch(wr__emit *e, uint32_t at, uint32_t start, uint32_t target) {
  wr__emit_u32(e, at, target - start);
}

static void put_leb(wr__emit *e, uint32_t value) {
  do {
    uint8_t byte = value & 0x7f;
    value >>= 7;
    e->offsets[e->offsets_size++] = (uint8_t)(byte | (value ? 0x80 : 0));
  } while (value);
}

void wr__emit_note(wr__emit *e, uint32_t module_offset) {
  if (e->failed || !wr__grow(&e->offsets, &e->offsets_capacity, e->offsets_size + 10, 1)) {
    e->failed = true;
    return;
  }
  uint32_t at = (uint32_t)e->size;
  put_leb(e, at - e->last_offset_at);
  uint32_t delta = module_offset - e->last_offset_module;
  put_leb(e, delta << 1 ^ (uint32_t)((int32_t)delta >> 31)); /* zigzag: trees are written late */
  e->last_offset_at = at;
  e->last_offset_module = module_offset;
}

void wr__emit_use_slots(wr__emit *e, uint32_t end) {
  if (end > e->frame_slots) e->frame_slots = end;
  if (end > WR__MAX_FRAME_SLOTS) e->failed = true;
}

void wr__emit_forget(wr__emit *e) {
  e->acc_slot = e->vacc_slot = WR__NO_SLOT;
  e->last_at = UINT32_MAX;
}

void wr__emit_label(wr__emit *e) { wr__emit_forget(e); }

/* ---- the operand stack -------------------------------------------------------------------------
 */

static uint32_t cls_slots(char cls) { return cls == 'v' ? 2 : 1; }

wr__operand *wr__emit_top(wr__emit *e, uint32_t depth) {
  return &e->stack[e->stack_count - 1 - depth];
}

uint32_t wr__emit_next_home(const wr__emit *e) {
  if (!e->stack_count) return e->stack_base;
  const wr__operand *top = &e->stack[e->stack_count - 1];
  return top->home + cls_slots(top->cls);
}

static bool is_slot(const wr__operand *o) { return o->pattern <= WR__PAT_R_v && !o->negated; }
bool wr__emit_is_slot(const wr__operand *o) { return is_slot(o); }
static bool is_const(const wr__operand *o) {
  return o->leaf_count == 0 && o->imm_count == 1 && o->pattern != NONE &&
         !wr__patterns[o->pattern].reads_global && !o->negated;
}

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

static wr__operand *push(wr__emit *e, wr__operand o) {
  o.home = wr__emit_next_home(e);
  if (e->stack_count && wr__emit_top(e, 0)->high_temp >= o.home)
    wr__emit_materialize(e, wr__emit_top(e, 0)); /* its slots lie where this one goes */
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

static wr__operand slot_operand(const wr__emit *e, char cls, uint32_t slot) {
  wr__operand o = {.pattern = slot_pattern(cls),
                   .leaf_count = 1,
                   .cls = cls,
                   .leaves = {(uint16_t)slot},
                   .kept = NONE};
  o.high_temp = slot >= e->stack_base ? slot + cls_slots(cls) - 1 : 0;
  return o;
}

void wr__emit_push_slot(wr__emit *e, char cls, uint32_t slot) {
  push(e, slot_operand(e, cls, slot));
}

void wr__emit_push_home(wr__emit *e, char cls) {
  uint32_t home = wr__emit_next_home(e);
  wr__emit_use_slots(e, home + cls_slots(cls));
  if (!e->failed)
    push(e, slot_operand(e, cls, home));
  else
    push(e, slot_operand(e, cls, e->stack_base));
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
  push(e, o);
}

/* ---- writing a tree
 * ------------------------------------------------------------------------------ */

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

static void put_operands(wr__emit *e, uint32_t at, const wr__operand *o, const uint8_t *imm_at,
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

/* A slot has been written by an instruction that leaves its value in no accumulator. */
static void slot_changed(wr__emit *e, uint32_t slot) {
  if (e->acc_slot == slot) e->acc_slot = WR__NO_SLOT;
  if (e->vacc_slot == slot || e->vacc_slot + 1 == slot) e->vacc_slot = WR__NO_SLOT;
}

static void result_in(wr__emit *e, char cls, uint32_t slot) {
  slot_changed(e, slot);
  if (cls == 'v') slot_changed(e, slot + 1);
  if (cls == 'i' || cls == 'l')
    e->acc_slot = slot;
  else
    e->vacc_slot = slot;
}

/* Moving a value that the last instruction left in an operand's slot: let it write there at once.
 */
static bool retarget_last(wr__emit *e, const wr__operand *o, uint32_t slot) {
  if (e->options & WR__EMIT_NO_COALESCING || e->last_at == UINT32_MAX || !is_slot(o)) return false;
  uint32_t from = o->leaves[0];
  if (from < e->stack_base || from != e->last_dst || e->last.cls != o->cls) return false;
  wr__emit_u16(e, e->last_at + e->last_dst_at, slot);
  e->last_dst = slot;
  bool in_acc = e->acc_slot == from, in_vacc = e->vacc_slot == from;
  slot_changed(e, slot);
  if (o->cls == 'v') slot_changed(e, slot + 1);
  if (in_acc) e->acc_slot = slot;
  if (in_vacc) e->vacc_slot = slot;
  return true;
}

static void remember(wr__emit *e, uint32_t at, const wr__operand *o, uint32_t dst, uint8_t dst_at) {
  e->last_at = at;
  e->last = *o;
  e->last_dst = dst;
  e->last_dst_at = dst_at;
  e->last_run = 1;
}

/* x = y + k after x' = y' + k', or a move after a move: one instruction does both. */
static bool extend_run(wr__emit *e, const wr__operand *o, uint32_t slot) {
  bool adds = o->pattern == WR__PAT_ADD_RI;
  if (e->options & WR__EMIT_NO_FUSION || e->last_at == UINT32_MAX || o->pattern != e->last.pattern)
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
  remember(e, at, o, slot, (uint8_t)(spot + 2 - at));
  e->last_run = run;
  return true;
}

static void write_pattern(wr__emit *e, const wr__operand *o, uint32_t slot) {
  const wr__pattern *p = &wr__patterns[o->pattern];
  if (extend_run(e, o, slot)) return;
  if (p->traps) wr__emit_note(e, o->trap_offset);
  int in_acc = leaf_in_acc(e, o, p);
  uint32_t at = wr__emit_begin(e, in_acc < 0 ? p->handler : p->acc_handler[in_acc], p->size);
  put_operands(e, at, o, p->imm_at, p->imm_width);
  for (uint32_t k = 0; k < o->tee_count; k++) slot_changed(e, o->tee_slots[k]);
  if (p->cls == '-') return;
  wr__emit_u16(e, at + p->dst_at, slot);
  result_in(e, p->cls, slot);
  remember(e, at, o, slot, p->dst_at);
}

static uint16_t combine(uint32_t op, uint32_t left, uint32_t right) {
  uint64_t key = (uint64_t)op << 32 | left << 16 | right;
  for (uint64_t at = (key * 0x9E3779B97F4A7C15u) >> 40;; at++) {
    at &= WR__COMBINE_SIZE - 1;
    if (wr__combine_table[at].pattern == NONE) return NONE;
    if (wr__combine_table[at].key == key) return wr__combine_table[at].pattern;
  }
}

/* The tree without its logical not: an eqz over a slot, or the tree as it was. */
static void write_negated(wr__emit *e, const wr__operand *o, uint32_t slot) {
  wr__operand plain = *o;
  plain.negated = false;
  if (!is_slot(&plain)) {
    write_pattern(e, &plain, slot);
    uint32_t home = plain.home;
    plain = slot_operand(e, 'i', slot);
    plain.home = home;
  }
  plain.pattern = combine(WR__OP_i32_eqz, WR__PAT_R_i, NONE);
  write_pattern(e, &plain, slot);
}

void wr__emit_write(wr__emit *e, const wr__operand *o, uint32_t slot) {
  if (o->negated) {
    write_negated(e, o, slot);
    return;
  }
  if (!is_slot(o)) {
    write_pattern(e, o, slot);
    return;
  }
  if (o->leaves[0] == slot) return;
  wr__operand move = *o;
  bool wide = o->cls == 'v';
  move.pattern = combine(wide ? WR__PSEUDO_copy_v128 : WR__PSEUDO_copy,
                         wide ? WR__PAT_R_v : WR__PAT_R_l, NONE);
  bool is_float = o->cls == 'f' || o->cls == 'd';
  write_pattern(e, &move, slot);
  if (is_float) e->acc_slot = WR__NO_SLOT; /* acc has the bits, but no float leaf looks there */
}

/* Writes an operand that ends in a local.tee to that local; it is then a read of the local. */
static void settle_root_tee(wr__emit *e, wr__operand *o) {
  if (o->kept == NONE) return;
  count_reads(e, o, -1);
  uint32_t home = o->home, slot = o->tee_slots[--o->tee_count];
  o->pattern = o->kept;
  o->imm_count--;
  wr__emit_write(e, o, slot);
  *o = slot_operand(e, o->cls, slot);
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
  push(e, o);
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
  uint16_t pattern = pending ? combine(tees[(uint8_t)o.cls], o.pattern, NONE) : NONE;
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
  push(e, o);
}

void wr__emit_materialize(wr__emit *e, wr__operand *o) {
  settle_root_tee(e, o);
  if (is_slot(o) && o->leaves[0] == o->home) return;
  count_reads(e, o, -1);
  uint32_t home = o->home;
  if (!retarget_last(e, o, home)) wr__emit_write(e, o, home);
  *o = slot_operand(e, o->cls, home);
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
  if (!retarget_last(e, &o, slot)) wr__emit_write(e, &o, slot);
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

/* ---- growing trees
 * ------------------------------------------------------------------------------- */

static bool op_in(const uint16_t *ops, size_t count, uint16_t op) {
  size_t low = 0;
  while (low < count) {
    size_t mid = (low + count) / 2;
    if (ops[mid] == op) return true;
    if (ops[mid] < op)
      low = mid + 1;
    else
      count = mid;
  }
  return false;
}

static bool is_commutative(uint16_t op) {
  return op_in(wr__commutative_ops, WR_ARRAY_COUNT(wr__commutative_ops), op);
}

static uint16_t swapped_op(uint16_t op) {
  if (is_commutative(op)) return op;
  for (size_t k = 0; k < WR_ARRAY_COUNT(wr__swapped_ops); k++)
    if (wr__swapped_ops[k][0] == op) return wr__swapped_ops[k][1];
  return NONE;
}

static bool fits(const wr__operand *l, const wr__operand *r, uint32_t extra_count) {
  return l->leaf_count + (r ? r->leaf_count : 0u) <= WR__MAX_LEAVES &&
         l->tee_count + (r ? r->tee_count : 0u) <= 2 &&
         l->imm_count + (r ? r->imm_count : 0u) + extra_count <= WR__MAX_IMMS;
}

static wr__operand join(const wr__emit *e, uint16_t pattern, const wr__operand *l,
                        const wr__operand *r, const uint64_t *extra, uint32_t extra_count,
                        char cls) {
  wr__operand o = {.pattern = pattern, .cls = cls, .kept = NONE};
  const wr__operand *sides[2] = {l, r};
  for (int s = 0; s < 2; s++) {
    if (!sides[s]) continue;
    for (uint32_t k = 0; k < sides[s]->leaf_count; k++)
      o.leaves[o.leaf_count++] = sides[s]->leaves[k];
    for (uint32_t k = 0; k < sides[s]->imm_count; k++) o.imms[o.imm_count++] = sides[s]->imms[k];
    if (sides[s]->high_temp > o.high_temp) o.high_temp = sides[s]->high_temp;
    if (wr__patterns[sides[s]->pattern].traps && !o.trap_offset)
      o.trap_offset = sides[s]->trap_offset;
    for (uint32_t k = 0; k < sides[s]->tee_count; k++)
      o.tee_slots[o.tee_count++] = sides[s]->tee_slots[k];
  }
  for (uint32_t k = 0; k < extra_count; k++) o.imms[o.imm_count++] = extra[k];
  if (!o.trap_offset) o.trap_offset = e->module_offset;
  return o;
}

/* The pattern of op over the two as they are, swapped where that is the same; *swap tells. */
static uint16_t try_combine(const wr__emit *e, uint16_t op, const wr__operand *l,
                            const wr__operand *r, uint32_t extra_count, bool *swap) {
  *swap = false;
  if (l->negated || r->negated || !fits(l, r, extra_count)) return NONE;
  bool leaves_only = (is_slot(l) || is_const(l)) && (is_slot(r) || is_const(r));
  if (e->options & WR__EMIT_NO_FUSION && !leaves_only) return NONE;
  uint16_t p = combine(op, l->pattern, r->pattern);
  if (p != NONE) return p;
  if (wr__patterns[l->pattern].traps && wr__patterns[r->pattern].traps) return NONE; /* order */
  uint16_t other = swapped_op(op);
  if (other == NONE) return NONE;
  *swap = true;
  return combine(other, r->pattern, l->pattern);
}

static void apply_binary(wr__emit *e, uint16_t op, char cls, const uint64_t *extra,
                         uint32_t extra_count, wr__operand *out) {
  bool swap;
  for (int attempt = 0;; attempt++) {
    wr__operand *l = wr__emit_top(e, 1), *r = wr__emit_top(e, 0);
    uint16_t p = try_combine(e, op, l, r, extra_count, &swap);
    if (p != NONE) {
      *out = swap ? join(e, p, r, l, extra, extra_count, cls)
                  : join(e, p, l, r, extra, extra_count, cls);
      return;
    }
    /* Give up the right tree first, unless the left one must be computed before it. */
    bool right_is_tree = !is_slot(r) && !is_const(r), left_is_tree = !is_slot(l) && !is_const(l);
    if (right_is_tree &&
        !(left_is_tree && wr__patterns[l->pattern].traps && wr__patterns[r->pattern].traps)) {
      if (wr__patterns[r->pattern].traps) wr__emit_flush_traps(e);
      wr__emit_to_slot(e, wr__emit_top(e, 0));
    } else if (left_is_tree) {
      if (wr__patterns[l->pattern].traps) wr__emit_flush_traps(e);
      wr__emit_to_slot(e, wr__emit_top(e, 1));
    } else if (!is_slot(r)) {
      wr__emit_materialize(e, wr__emit_top(e, 0));
    } else {
      wr__emit_materialize(e, wr__emit_top(e, 1));
    }
    if (e->failed || attempt > 4) {
      e->failed = true;
      *out = slot_operand(e, cls, e->stack_base);
      return;
    }
  }
}

static void apply_unary(wr__emit *e, uint16_t op, char cls, const uint64_t *extra,
                        uint32_t extra_count, wr__operand *out) {
  wr__operand *v = wr__emit_top(e, 0);
  bool plain = is_slot(v) || is_const(v) || !(e->options & WR__EMIT_NO_FUSION);
  uint16_t p =
      v->negated || !plain || !fits(v, NULL, extra_count) ? NONE : combine(op, v->pattern, NONE);
  if (p == NONE) {
    if (wr__patterns[v->pattern].traps) wr__emit_flush_traps(e);
    if (is_const(v))
      wr__emit_materialize(e, v);
    else
      wr__emit_to_slot(e, v);
    p = combine(op, wr__emit_top(e, 0)->pattern, NONE);
    if (p == NONE) e->failed = true;
  }
  *out = join(e, e->failed ? 0 : p, wr__emit_top(e, 0), NULL, extra, extra_count, cls);
}

static void apply_ternary(wr__emit *e, uint16_t op, char cls, wr__operand *out) {
  for (uint32_t k = 3; k-- > 0;) {
    wr__operand *v = wr__emit_top(e, k);
    if (wr__patterns[v->pattern].traps) wr__emit_flush_traps(e);
    wr__emit_to_slot(e, v);
  }
  uint16_t pattern = NONE;
  for (size_t k = 0; k < WR_ARRAY_COUNT(wr__ternary_patterns); k++)
    if (wr__ternary_patterns[k].op == op) pattern = wr__ternary_patterns[k].pattern;
  if (pattern == NONE) e->failed = true;
  wr__operand pair = join(e, 0, wr__emit_top(e, 2), wr__emit_top(e, 1), NULL, 0, cls);
  *out = join(e, e->failed ? 0 : pattern, &pair, wr__emit_top(e, 0), NULL, 0, cls);
}

static void grow(wr__emit *e, uint16_t op, uint32_t operand_count, char cls, const uint64_t *extra,
                 uint32_t extra_count, wr__operand *out) {
  if (operand_count == 0) {
    wr__operand o = {.pattern = combine(op, NONE, NONE), .cls = cls, .kept = NONE};
    for (uint32_t k = 0; k < extra_count; k++) o.imms[o.imm_count++] = extra[k];
    *out = o;
  } else if (operand_count == 1) {
    apply_unary(e, op, cls, extra, extra_count, out);
  } else if (operand_count == 2) {
    apply_binary(e, op, cls, extra, extra_count, out);
  } else {
    apply_ternary(e, op, cls, out);
  }
  for (uint32_t k = 0; k < operand_count; k++) wr__emit_pop(e);
}

/* eqz of a condition is the condition, negated: branches and selects take it as it is. */
static bool apply_not(wr__emit *e) {
  wr__operand *o = wr__emit_top(e, 0);
  if (e->options & WR__EMIT_NO_FUSION || is_slot(o) || is_const(o)) return false;
  const wr__pattern *p = &wr__patterns[o->pattern];
  if (p->negated != NONE && !o->negated) {
    o->pattern = p->negated;
    return true;
  }
  if (p->branch == NONE) return false;
  if (o->negated || o->kept != NONE) return false;
  o->negated = true;
  return true;
}

void wr__emit_apply(wr__emit *e, uint16_t op, uint32_t operand_count, char result_cls,
                    const uint64_t *extra, uint32_t extra_count) {
  if (op == WR__OP_i32_eqz && apply_not(e)) return;
  if ((op == WR__OP_i32_sub && wr__emit_top(e, 0)->pattern == WR__PAT_I_i) ||
      (op == WR__OP_i64_sub && wr__emit_top(e, 0)->pattern == WR__PAT_I_l &&
       wr__emit_top(e, 0)->imms[0] != (uint64_t)INT32_MIN)) {
    wr__operand k = wr__emit_pop(e); /* x - k is x + -k */
    wr__emit_push_const(e, k.cls,
                        k.cls == 'i' ? (uint32_t)(0u - (uint32_t)k.imms[0]) : 0u - k.imms[0]);
    op = op == WR__OP_i32_sub ? WR__OP_i32_add : WR__OP_i64_add;
  }
  wr__operand out;
  grow(e, op, operand_count, result_cls, extra, extra_count, &out);
  push(e, out);
}

void wr__emit_effect(wr__emit *e, uint16_t op, uint32_t operand_count, const uint64_t *extra,
                     uint32_t extra_count) {
  wr__operand out;
  grow(e, op, operand_count, 'i', extra, extra_count, &out);
  wr__emit_flush_effects(e);
  out.trap_offset = out.trap_offset ? out.trap_offset : e->module_offset;
  write_pattern(e, &out, 0);
}

/* ---- branches and selects
 * --------------------------------------------------------------------------- */

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
  uint32_t home = c->home;
  wr__emit_use_slots(e, home + 1);
  if (!is_slot(c)) wr__emit_write(e, c, home);
  *c = slot_operand(e, 'i', home);
  c->home = home;
  c->negated = negated;
}

/* A run of additions and then the end of a loop that counts with one more: one instruction. */
static bool fuse_loop_end(wr__emit *e, const wr__operand *c, uint32_t *start,
                          uint32_t *displacement_at) {
  if (e->options & (WR__EMIT_NO_LOOP_FUSION | WR__EMIT_NO_FUSION) || e->last_at == UINT32_MAX ||
      c->negated)
    return false;
  if (e->last.pattern != WR__PAT_ADD_RI) return false;
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
    put_operands(e, at + 8 * run, c, b->imm_at, p->imm_width);
    slot_changed(e, c->tee_slots[0]);
    e->acc_slot = WR__NO_SLOT;
    *start = at;
    *displacement_at = at + 8 * run + b->displacement_at;
    return true;
  }
  return false;
}

uint32_t wr__emit_branch(wr__emit *e, wr__branch_kind kind, wr__operand c, uint32_t *start) {
  if (wr__patterns[c.pattern].traps) wr__emit_flush_traps(e);
  settle_condition(e, &c, false);
  uint32_t displacement_at;
  if (kind == WR__BRANCH_IF_BACK && fuse_loop_end(e, &c, start, &displacement_at))
    return displacement_at;
  if (kind == WR__BRANCH_IF_BACK && c.negated && is_slot(&(wr__operand){.pattern = c.pattern})) {
    /* there is no "unless, back": an eqz takes the not in */
    c.pattern = combine(WR__OP_i32_eqz, WR__PAT_R_i, NONE);
    c.negated = false;
  }
  const wr__pattern *p = &wr__patterns[c.pattern];
  if (kind == WR__BRANCH_IF_BACK && c.negated) {
    wr__emit_write(e, &c, c.home);
    uint32_t home = c.home;
    c = slot_operand(e, 'i', home);
    c.home = home;
    p = &wr__patterns[c.pattern];
  }
  const wr__branch_pattern *b = &wr__branch_patterns[p->branch];
  uint32_t row = kind;
  if (c.negated) row = kind == WR__BRANCH_IF ? WR__BRANCH_UNLESS : WR__BRANCH_IF;
  uint16_t handler = b->handlers[row];
  for (uint32_t k = 0; k < 2 && k < c.leaf_count && !(e->options & WR__EMIT_NO_ACCUMULATORS); k++) {
    char cls = wr__leaf_cls[c.pattern][k];
    uint32_t holds = cls == 'i' || cls == 'l' ? e->acc_slot : e->vacc_slot;
    if (holds == c.leaves[k] && b->handlers[3 * (k + 1) + row] != NONE) {
      handler = b->handlers[3 * (k + 1) + row];
      break;
    }
  }
  if (p->traps) wr__emit_note(e, c.trap_offset);
  uint32_t at = wr__emit_begin(e, handler, b->size);
  put_operands(e, at, &c, b->imm_at, p->imm_width);
  for (uint32_t k = 0; k < c.tee_count; k++) slot_changed(e, c.tee_slots[k]);
  *start = at;
  return at + b->displacement_at;
}

void wr__emit_select(wr__emit *e, bool is_v128, char cls) {
  for (uint32_t k = 3; k-- > 1;) {
    wr__operand *v = wr__emit_top(e, k);
    if (wr__patterns[v->pattern].traps) wr__emit_flush_traps(e);
    wr__emit_to_slot(e, v);
  }
  if (wr__patterns[wr__emit_top(e, 0)->pattern].traps) wr__emit_flush_traps(e);
  wr__operand c = wr__emit_pop(e);
  settle_condition(e, &c, true);
  wr__operand b = wr__emit_pop(e), a = wr__emit_pop(e);
  if (c.negated) {
    wr__operand t = a;
    a = b;
    b = t;
  }
  const wr__select_pattern *s = &wr__select_patterns[wr__patterns[c.pattern].select];
  uint32_t at = wr__emit_begin(e, s->handlers[is_v128], s->size);
  wr__emit_u16(e, at + 8, a.leaves[0]);
  wr__emit_u16(e, at + 10, b.leaves[0]);
  for (uint32_t k = 0; k < c.leaf_count; k++) wr__emit_u16(e, at + 12 + 2 * k, c.leaves[k]);
  if (c.imm_count) {
    if (wr__patterns[c.pattern].imm_width[0] == 8)
      wr__emit_u64(e, at + s->imm_at, c.imms[0]);
    else
      wr__emit_u32(e, at + s->imm_at, (uint32_t)c.imms[0]);
  }
  uint32_t home = wr__emit_next_home(e);
  wr__emit_u16(e, at + s->dst_at, home);
  slot_changed(e, home);
  if (is_v128) slot_changed(e, home + 1);
  /* the handler leaves the bits in acc, where a float leaf does not look */
  if (!is_v128) e->acc_slot = cls == 'f' || cls == 'd' ? WR__NO_SLOT : home;
  if (cls == 'v') e->vacc_slot = home;
  wr__operand result = {.pattern = NONE, .cls = cls};
  remember(e, at, &result, home, s->dst_at);
  uint32_t kept_at = e->last_at;
  wr__emit_push_home(e, cls);
  e->last_at = kept_at;
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
  o.pattern = combine(wr__emit_global_op(true, wide), wide ? WR__PAT_R_v : WR__PAT_R_l, NONE);
  o.imm_count = 1;
  o.imms[0] = index;
  write_pattern(e, &o, 0);
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
  wr__operand o = slot_operand(e, 'l', slot);
  o.pattern = combine(WR__OP_i64_eqz, WR__PAT_R_l, NONE);
  o.cls = 'i';
  o.negated = negated;
  o.home = slot + 1; /* the reference stays where it is */
  return o;
}
