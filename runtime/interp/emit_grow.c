/* The emitter's trees: an instruction over the patterns of its operands becomes a pattern. */
#include "interp/emit_internal.h"

uint16_t wr__emit_combine(uint32_t op, uint32_t left, uint32_t right) {
  uint64_t key = (uint64_t)op << 32 | left << 16 | right;
  for (uint64_t at = (key * 0x9E3779B97F4A7C15u) >> 40;; at++) {
    uint64_t row = wr__combine_table[at & (WR__COMBINE_SIZE - 1)];
    if (row >> 16 == key) return (uint16_t)row;
    if (row == NONE) return NONE;
  }
}

static bool fits(const wr__operand *l, const wr__operand *r, uint32_t extra_count) {
  return l->leaf_count + (r ? r->leaf_count : 0u) <= WR__MAX_LEAVES &&
         l->tee_count + (r ? r->tee_count : 0u) <= 2 &&
         l->imm_count + (r ? r->imm_count : 0u) + extra_count <= WR__MAX_IMMS;
}

static void append(wr__operand *o, const wr__operand *more) {
  for (uint32_t k = 0; k < more->leaf_count; k++) o->leaves[o->leaf_count++] = more->leaves[k];
  for (uint32_t k = 0; k < more->imm_count; k++) o->imms[o->imm_count++] = more->imms[k];
  for (uint32_t k = 0; k < more->tee_count; k++) o->tee_slots[o->tee_count++] = more->tee_slots[k];
  if (more->high_temp > o->high_temp) o->high_temp = more->high_temp;
}

/* The operand right of `index` has become part of the one there: what is known of where its leaves
 * and tees are is lowered. */
static void lower_uses(wr__emit *e, const wr__operand *o, uint32_t index) {
  for (uint32_t k = 0; k < o->leaf_count; k++)
    if (o->leaves[k] < e->stack_base) lower(&e->uses[o->leaves[k]].reads_from, index);
  for (uint32_t k = 0; k < o->tee_count; k++) {
    lower(&e->uses[o->tee_slots[k]].tees_from, index);
    lower(&e->tees_from, index);
  }
}

/* What is left of an operand that becomes the whole: its own part is in it already. */
static void crown(wr__emit *e, wr__operand *o, uint16_t pattern, char cls, bool trapped,
                  const uint64_t *extra, uint32_t extra_count) {
  for (uint32_t k = 0; k < extra_count; k++) o->imms[o->imm_count++] = extra[k];
  if (!trapped) o->trap_offset = e->module_offset;
  o->pattern = pattern;
  o->kept = NONE;
  o->cls = cls;
  wr__emit_use_slots(e, o->home + cls_slots(cls));
}

/* The two topmost operands become one, in the place of the lower; swapped where the pattern's
 * first part is the topmost. Leaves and tees are counted as before. */
static void join(wr__emit *e, uint16_t pattern, char cls, bool swap, const uint64_t *extra,
                 uint32_t extra_count) {
  wr__operand *l = wr__emit_top(e, 1), *r = wr__emit_top(e, 0);
  bool left_traps = wr__patterns[l->pattern].traps, right_traps = wr__patterns[r->pattern].traps;
  lower_uses(e, r, e->stack_count - 2);
  if (!left_traps && right_traps) l->trap_offset = r->trap_offset;
  if (swap) {
    wr__operand left = *l;
    l->leaf_count = l->imm_count = l->tee_count = 0;
    append(l, r);
    append(l, &left);
  } else {
    append(l, r);
  }
  e->stack_count--;
  crown(e, l, pattern, cls, left_traps || right_traps, extra, extra_count);
}

/* The pattern of op over the two as they are, swapped where that is the same; *swap tells. */
static uint16_t try_combine(const wr__emit *e, uint16_t op, const wr__operand *l,
                            const wr__operand *r, uint32_t extra_count, bool *swap) {
  *swap = false;
  if (l->negated || r->negated || !fits(l, r, extra_count)) return NONE;
  bool leaves_only = (is_slot(l) || is_const(l)) && (is_slot(r) || is_const(r));
  if (e->options & WR__EMIT_NO_FUSION && !leaves_only) return NONE;
  uint16_t p = wr__emit_combine(op, l->pattern, r->pattern);
  if (p != NONE) return p;
  if (wr__patterns[l->pattern].traps && wr__patterns[r->pattern].traps) return NONE; /* order */
  uint16_t other = wr__mirror_ops[op];
  if (other == NONE) return NONE;
  *swap = true;
  return wr__emit_combine(other, r->pattern, l->pattern);
}

/* One of the two topmost operands is written, so that the pattern becomes simpler. Gives up the
 * right tree first, unless the left one must be computed before it. */
static void simplify(wr__emit *e) {
  wr__operand *l = wr__emit_top(e, 1), *r = wr__emit_top(e, 0);
  bool left_traps = wr__patterns[l->pattern].traps, right_traps = wr__patterns[r->pattern].traps;
  if (is_tree(r) && !(is_tree(l) && left_traps && right_traps)) {
    if (right_traps) wr__emit_flush_traps(e);
    wr__emit_to_slot(e, r);
  } else if (is_tree(l)) {
    if (left_traps) wr__emit_flush_traps(e);
    wr__emit_to_slot(e, l);
  } else if (!is_slot(r)) {
    wr__emit_materialize(e, r);
  } else {
    wr__emit_materialize(e, l);
  }
}

/* After a failure the operand stack is as the caller expects, and its contents do not matter. */
static void fail(wr__emit *e, uint32_t operand_count, char cls) {
  e->failed = true;
  wr__emit_discard(e, operand_count);
  wr__emit_push_home(e, cls);
}

static void apply_binary(wr__emit *e, uint16_t op, char cls, const uint64_t *extra,
                         uint32_t extra_count) {
  for (int attempt = 0; attempt <= 4; attempt++) {
    bool swap;
    uint16_t p = try_combine(e, op, wr__emit_top(e, 1), wr__emit_top(e, 0), extra_count, &swap);
    if (p != NONE) {
      join(e, p, cls, swap, extra, extra_count);
      return;
    }
    simplify(e);
  }
  fail(e, 2, cls);
}

static void apply_unary(wr__emit *e, uint16_t op, char cls, const uint64_t *extra,
                        uint32_t extra_count) {
  wr__operand *v = wr__emit_top(e, 0);
  bool usable = !v->negated && (!is_tree(v) || !(e->options & WR__EMIT_NO_FUSION)) &&
                fits(v, NULL, extra_count);
  uint16_t p = usable ? wr__emit_combine(op, v->pattern, NONE) : NONE;
  if (p == NONE) {
    if (wr__patterns[v->pattern].traps) wr__emit_flush_traps(e);
    if (is_const(v))
      wr__emit_materialize(e, v);
    else
      wr__emit_to_slot(e, v);
    p = wr__emit_combine(op, v->pattern, NONE);
  }
  if (p == NONE)
    fail(e, 1, cls);
  else
    crown(e, v, p, cls, wr__patterns[v->pattern].traps, extra, extra_count);
}

static void apply_ternary(wr__emit *e, uint16_t op, char cls) {
  for (uint32_t k = 3; k-- > 0;) {
    wr__operand *v = wr__emit_top(e, k);
    if (wr__patterns[v->pattern].traps) wr__emit_flush_traps(e);
    wr__emit_to_slot(e, v);
  }
  uint16_t pattern = NONE;
  for (size_t k = 0; k < WR_ARRAY_COUNT(wr__ternary_patterns); k++)
    if (wr__ternary_patterns[k].op == op) pattern = wr__ternary_patterns[k].pattern;
  if (pattern == NONE) {
    fail(e, 3, cls);
    return;
  }
  join(e, WR__PAT_R_v, cls, false, NULL, 0); /* of no consequence: three slots */
  join(e, pattern, cls, false, NULL, 0);
}

/* The instruction's operands become one operand: its tree. */
static void grow(wr__emit *e, uint16_t op, uint32_t operand_count, char cls, const uint64_t *extra,
                 uint32_t extra_count) {
  if (operand_count == 0) {
    wr__operand *o = wr__emit_new(e, cls, wr__emit_combine(op, NONE, NONE));
    for (uint32_t k = 0; k < extra_count; k++) o->imms[o->imm_count++] = extra[k];
  } else if (operand_count == 1) {
    apply_unary(e, op, cls, extra, extra_count);
  } else if (operand_count == 2) {
    apply_binary(e, op, cls, extra, extra_count);
  } else {
    apply_ternary(e, op, cls);
  }
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

/* x - k is x + -k. */
static bool is_sub_of_const(wr__emit *e, uint16_t op) {
  const wr__operand *k = wr__emit_top(e, 0);
  return (op == WR__OP_i32_sub && k->pattern == WR__PAT_I_i) ||
         (op == WR__OP_i64_sub && k->pattern == WR__PAT_I_l && k->imms[0] != (uint64_t)INT32_MIN);
}

void wr__emit_apply(wr__emit *e, uint16_t op, uint32_t operand_count, char result_cls,
                    const uint64_t *extra, uint32_t extra_count) {
  if (op == WR__OP_i32_eqz && apply_not(e)) return;
  if ((op == WR__OP_i32_sub || op == WR__OP_i64_sub) && is_sub_of_const(e, op)) {
    wr__operand *k = wr__emit_top(e, 0);
    k->imms[0] = k->cls == 'i' ? (uint32_t)(0u - (uint32_t)k->imms[0]) : 0u - k->imms[0];
    op = op == WR__OP_i32_sub ? WR__OP_i32_add : WR__OP_i64_add;
  }
  grow(e, op, operand_count, result_cls, extra, extra_count);
  lower(&e->away_from, e->stack_count - 1);
  lower(&e->changed_from, e->stack_count - 1);
  wr__emit_watch(e, wr__emit_top(e, 0), e->stack_count - 1);
}

void wr__emit_effect(wr__emit *e, uint16_t op, uint32_t operand_count, const uint64_t *extra,
                     uint32_t extra_count) {
  grow(e, op, operand_count, 'i', extra, extra_count);
  wr__operand *o = &e->stack[--e->stack_count]; /* stays there: nothing below pushes */
  wr__emit_count_out(e, o);
  wr__emit_flush_effects(e);
  wr__emit_pattern(e, o, 0);
}
