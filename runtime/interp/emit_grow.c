/* The emitter's trees: an instruction over the patterns of its operands becomes a pattern. */
#include "interp/emit_internal.h"

uint16_t wr__emit_combine(uint32_t op, uint32_t left, uint32_t right) {
  uint64_t key = (uint64_t)op << 32 | left << 16 | right;
  for (uint64_t at = (key * 0x9E3779B97F4A7C15u) >> 40;; at++) {
    at &= WR__COMBINE_SIZE - 1;
    if (wr__combine_table[at].pattern == NONE) return NONE;
    if (wr__combine_table[at].key == key) return wr__combine_table[at].pattern;
  }
}

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
  uint16_t p = wr__emit_combine(op, l->pattern, r->pattern);
  if (p != NONE) return p;
  if (wr__patterns[l->pattern].traps && wr__patterns[r->pattern].traps) return NONE; /* order */
  uint16_t other = swapped_op(op);
  if (other == NONE) return NONE;
  *swap = true;
  return wr__emit_combine(other, r->pattern, l->pattern);
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
      *out = wr__emit_slot_operand(e, cls, e->stack_base);
      return;
    }
  }
}

static void apply_unary(wr__emit *e, uint16_t op, char cls, const uint64_t *extra,
                        uint32_t extra_count, wr__operand *out) {
  wr__operand *v = wr__emit_top(e, 0);
  bool plain = is_slot(v) || is_const(v) || !(e->options & WR__EMIT_NO_FUSION);
  uint16_t p = v->negated || !plain || !fits(v, NULL, extra_count)
                   ? NONE
                   : wr__emit_combine(op, v->pattern, NONE);
  if (p == NONE) {
    if (wr__patterns[v->pattern].traps) wr__emit_flush_traps(e);
    if (is_const(v))
      wr__emit_materialize(e, v);
    else
      wr__emit_to_slot(e, v);
    p = wr__emit_combine(op, wr__emit_top(e, 0)->pattern, NONE);
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
    wr__operand o = {.pattern = wr__emit_combine(op, NONE, NONE), .cls = cls, .kept = NONE};
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
  wr__emit_push(e, out);
}

void wr__emit_effect(wr__emit *e, uint16_t op, uint32_t operand_count, const uint64_t *extra,
                     uint32_t extra_count) {
  wr__operand out;
  grow(e, op, operand_count, 'i', extra, extra_count, &out);
  wr__emit_flush_effects(e);
  out.trap_offset = out.trap_offset ? out.trap_offset : e->module_offset;
  wr__emit_pattern(e, &out, 0);
}
