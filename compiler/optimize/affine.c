/* Induction variables and trip counts of innermost loops (affine.h). All arithmetic of the program
 * wraps at its width; what is computed here about it is in 64 bits, where nothing wraps: not what
 * is extended from 32, and of wide values only such count as keep away from the ends. */
#include "optimize/affine.h"

#include <stdlib.h>

enum { MAX_DEPTH = 10 };

/* ---- Linear forms */

static const struct wr__linear_term *find_term(const wr__linear *a, LLVMValueRef value) {
  for (uint32_t i = 0; i < a->count; i++)
    if (a->terms[i].value == value) return &a->terms[i];
  return NULL;
}

bool wr__linear_same_terms(const wr__linear *a, const wr__linear *b) {
  if (a->count != b->count) return false;
  for (uint32_t i = 0; i < a->count; i++) {
    const struct wr__linear_term *other = find_term(b, a->terms[i].value);
    if (!other || other->factor != a->terms[i].factor) return false;
  }
  return true;
}

bool wr__linear_is_constant(const wr__linear *a, int64_t *value) {
  *value = a->wide ? (int64_t)a->constant : (int32_t)a->constant;
  return a->count == 0;
}

bool wr__linear_apart(const wr__linear *a, const wr__linear *b, int64_t *out) {
  int64_t apart = (int64_t)(a->constant - b->constant);
  *out = a->wide ? apart : (int32_t)apart;
  return *out >= INT32_MIN && *out <= INT32_MAX;
}

LLVMValueRef wr__linear_is_small(wr__lower *l, const wr__linear *a, LLVMValueRef value) {
  LLVMValueRef most = wr__c64(l, 1ull << WR__WIDE_ADDRESS_LOG2);
  return a->wide ? LLVMBuildICmp(l->b, LLVMIntULE, value, most, "") : NULL;
}

static uint64_t wrap(const wr__linear *a, uint64_t value) {
  return a->wide ? value : (uint32_t)value;
}

/* *a += factor * b; false: too many terms. */
static bool add_scaled(wr__linear *a, const wr__linear *b, uint64_t factor) {
  a->wide |= b->wide;
  a->constant = wrap(a, a->constant + factor * b->constant);
  for (uint32_t i = 0; i < b->count; i++) {
    uint32_t at = 0;
    while (at < a->count && a->terms[at].value != b->terms[i].value) at++;
    if (at == WR__LINEAR_TERMS) return false;
    if (at == a->count) a->terms[a->count++] = (struct wr__linear_term){b->terms[i].value, 0};
    a->terms[at].factor = wrap(a, a->terms[at].factor + factor * b->terms[i].factor);
    if (!a->terms[at].factor) {
      a->count--;
      memmove(&a->terms[at], &a->terms[at + 1], (a->count - at) * sizeof *a->terms);
    }
  }
  return true;
}

static LLVMValueRef constant_of(wr__lower *l, const wr__linear *a, uint64_t value) {
  return a->wide ? wr__c64(l, value) : wr__c32(l, (uint32_t)value);
}

LLVMValueRef wr__linear_build(wr__lower *l, const wr__linear *a) {
  LLVMValueRef sum = NULL;
  for (uint32_t i = 0; i < a->count; i++) {
    LLVMValueRef term = a->terms[i].value;
    if (a->terms[i].factor != 1)
      term = LLVMBuildMul(l->b, term, constant_of(l, a, a->terms[i].factor), "");
    sum = sum ? LLVMBuildAdd(l->b, sum, term, "") : term;
  }
  LLVMValueRef constant = constant_of(l, a, a->constant);
  if (!sum) return constant;
  return a->constant ? LLVMBuildAdd(l->b, sum, constant, "") : sum;
}

/* ---- Values */

static bool is_invariant(const wr__affine_loop *a, LLVMValueRef value) {
  if (!LLVMIsAInstruction(value)) return true;
  uint32_t block = wr__cfg_index(a->cfg, LLVMGetInstructionParent(value));
  /* Blocks and instructions made since are outside. */
  return block == WR__CFG_NONE || !wr__cfg_contains(a->cfg, a->loop, block);
}

bool wr__affine_open(wr__affine_loop *a) {
  const wr__cfg_loop *loop = &a->cfg->loops[a->loop];
  const wr__cfg_block *header = &a->cfg->blocks[loop->header];
  if (!loop->innermost || loop->latch == WR__CFG_NONE || header->pred_count != 2) return false;
  bool second = a->cfg->preds[header->first_pred] == loop->latch;
  a->latch = a->cfg->blocks[loop->latch].block;
  a->preheader = a->cfg->blocks[a->cfg->preds[header->first_pred + second]].block;
  return LLVMGetNumSuccessors(LLVMGetBasicBlockTerminator(a->preheader)) == 1;
}

static const wr__affine nothing = {0};

static wr__affine affine_at(wr__affine_loop *a, LLVMValueRef value, unsigned depth);

static wr__affine affine_sum(const wr__affine *x, const wr__affine *y, uint64_t factor) {
  wr__affine sum = *x;
  sum.known = x->known && y->known && add_scaled(&sum.start, &y->start, factor) &&
              add_scaled(&sum.step, &y->step, factor);
  return sum;
}

/* One of them a constant. */
static wr__affine affine_product(const wr__affine *x, const wr__affine *y) {
  if (!x->known || !y->known) return nothing;
  bool first = !x->start.count && !x->step.count && !x->step.constant;
  if (!first && (y->start.count || y->step.count || y->step.constant)) return nothing;
  wr__affine zero = {.known = true};
  return first ? affine_sum(&zero, y, x->start.constant) : affine_sum(&zero, x, y->start.constant);
}

static wr__affine affine_of_operation(wr__affine_loop *a, LLVMValueRef value, unsigned depth) {
  LLVMOpcode op = LLVMGetInstructionOpcode(value);
  if (op == LLVMOr && !LLVMGetIsDisjoint(value)) return nothing;
  wr__affine x = affine_at(a, LLVMGetOperand(value, 0), depth);
  LLVMValueRef second = LLVMGetOperand(value, 1);
  if (op == LLVMShl) {
    uint64_t bits;
    if (!wr__lower_constant(second, &bits) || bits > 31) return nothing;
    wr__affine zero = {.known = true};
    return affine_sum(&zero, &x, 1ull << bits);
  }
  wr__affine y = affine_at(a, second, depth);
  if (op == LLVMMul) return affine_product(&x, &y);
  return affine_sum(&x, &y, op == LLVMSub ? UINT64_MAX : 1);
}

static LLVMValueRef incoming_from(LLVMValueRef phi, LLVMBasicBlockRef block) {
  for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
    if (LLVMGetIncomingBlock(phi, i) == block) return LLVMGetIncomingValue(phi, i);
  return NULL;
}

/* A phi of the header that grows by something invariant. */
static wr__affine affine_of_phi(wr__affine_loop *a, LLVMValueRef phi, unsigned depth) {
  LLVMBasicBlockRef header = a->cfg->blocks[a->cfg->loops[a->loop].header].block;
  if (LLVMGetInstructionParent(phi) != header) return nothing;
  wr__affine result = affine_at(a, incoming_from(phi, a->preheader), depth);
  LLVMValueRef next = incoming_from(phi, a->latch);
  for (; next != phi; depth--) {
    if (!depth || !LLVMIsAInstruction(next)) return nothing;
    LLVMOpcode op = LLVMGetInstructionOpcode(next);
    if (op != LLVMAdd && op != LLVMSub) return nothing;
    LLVMValueRef x = LLVMGetOperand(next, 0), y = LLVMGetOperand(next, 1);
    bool first = is_invariant(a, x), second = is_invariant(a, y);
    if (first == second || (first && op == LLVMSub)) return nothing;
    wr__affine moved = affine_at(a, first ? x : y, depth - 1);
    if (!moved.known || !add_scaled(&result.step, &moved.start, op == LLVMSub ? UINT64_MAX : 1))
      return nothing;
    next = first ? y : x;
  }
  return result;
}

static wr__affine compute(wr__affine_loop *a, LLVMValueRef value, unsigned depth) {
  wr__affine leaf = {.known = true};
  if (wr__lower_constant(value, &leaf.start.constant)) return leaf;
  wr__affine result = nothing;
  LLVMOpcode op = LLVMIsAInstruction(value) ? LLVMGetInstructionOpcode(value) : LLVMRet;
  bool operation = op == LLVMAdd || op == LLVMOr || op == LLVMSub || op == LLVMMul || op == LLVMShl;
  if (depth && operation) result = affine_of_operation(a, value, depth - 1);
  if (result.known) return result;
  if (is_invariant(a, value)) {
    leaf.start.terms[leaf.start.count++] = (struct wr__linear_term){value, 1};
    return leaf;
  }
  return depth && op == LLVMPHI ? affine_of_phi(a, value, depth - 1) : nothing;
}

static bool is_short_step(const wr__linear *step) {
  int64_t value, high;
  if (!wr__linear_is_constant(step, &value)) return false;
  high = value >> WR__WIDE_STEP_LOG2;
  return high == 0 || high == -1;
}

static wr__affine affine_at(wr__affine_loop *a, LLVMValueRef value, unsigned depth) {
  bool wide = LLVMTypeOf(value) == a->l->i64;
  if (wide ? !a->l->wide : LLVMTypeOf(value) != a->l->i32) return nothing;
  uint32_t number = wr__pointer_map_get(&a->numbers, value);
  if (number != WR__CFG_NONE) return a->found[number];
  wr__affine result = compute(a, value, depth);
  result.start.wide = result.step.wide = wide;
  if (wide && !is_short_step(&result.step)) result = nothing;
  if (!wr__grow(&a->found, &a->found_capacity, a->found_count + 1, sizeof *a->found) ||
      !wr__pointer_map_set(&a->numbers, value, (uint32_t)a->found_count)) {
    a->out_of_memory = true;
    return nothing;
  }
  return a->found[a->found_count++] = result;
}

wr__affine wr__affine_of(wr__affine_loop *a, LLVMValueRef value) {
  return affine_at(a, value, MAX_DEPTH);
}

void wr__affine_free(wr__affine_loop *a) {
  wr__pointer_map_free(&a->numbers);
  free(a->found);
}

/* ---- Trip counts */

/* Goes on while moving != bound: the distance must be a multiple of the step. */
static void count_unequal(wr__affine_loop *a, LLVMValueRef start, LLVMValueRef bound, int64_t step,
                          wr__trip *out) {
  LLVMBuilderRef b = a->l->b;
  LLVMValueRef distance =
      step > 0 ? LLVMBuildSub(b, bound, start, "") : LLVMBuildSub(b, start, bound, "");
  out->holds = NULL;
  out->last = LLVMBuildZExt(b, distance, a->l->i64, "");
  if (step == 1 || step == -1) return;
  LLVMValueRef size = LLVMConstInt(LLVMTypeOf(start), (uint64_t)(step > 0 ? step : -step), false);
  LLVMValueRef rest = LLVMBuildURem(b, distance, size, "");
  out->holds = LLVMBuildICmp(b, LLVMIntEQ, rest, LLVMConstNull(LLVMTypeOf(start)), "");
  out->last = LLVMBuildZExt(b, LLVMBuildUDiv(b, distance, size, ""), a->l->i64, "");
}

/* Goes on while moving < bound (up) or moving > bound (down), where bound is an i64 and inside the
 * values of the signedness: it must not step over the end of the 32 bits. */
static void count_ordered(wr__affine_loop *a, LLVMValueRef start, LLVMValueRef bound, int64_t step,
                          bool is_signed, wr__trip *out) {
  wr__lower *l = a->l;
  LLVMBuilderRef b = l->b;
  start = LLVMBuildCast(b, is_signed ? LLVMSExt : LLVMZExt, start, l->i64, "");
  bool up = step > 0;
  LLVMValueRef size = wr__c64(l, (uint64_t)(up ? step : -step));
  LLVMValueRef distance =
      up ? LLVMBuildSub(b, bound, start, "") : LLVMBuildSub(b, start, bound, "");
  LLVMValueRef zero = wr__c64(l, 0);
  LLVMValueRef round = LLVMBuildAdd(b, distance, LLVMBuildSub(b, size, wr__c64(l, 1), ""), "");
  LLVMValueRef steps = LLVMBuildUDiv(b, round, size, "");
  LLVMValueRef none = LLVMBuildICmp(b, LLVMIntSLE, distance, zero, "");
  out->last = LLVMBuildSelect(b, none, zero, steps, "");
  LLVMValueRef moved = LLVMBuildMul(b, out->last, wr__c64(l, (uint64_t)step), "");
  LLVMValueRef end = LLVMBuildAdd(b, start, moved, "");
  int64_t most = is_signed ? INT32_MAX : UINT32_MAX, least = is_signed ? INT32_MIN : 0;
  out->holds = up ? LLVMBuildICmp(b, LLVMIntSLE, end, wr__c64(l, (uint64_t)most), "")
                  : LLVMBuildICmp(b, LLVMIntSGE, end, wr__c64(l, (uint64_t)least), "");
}

static LLVMValueRef both(wr__lower *l, LLVMValueRef a, LLVMValueRef b) {
  return a ? LLVMBuildAnd(l->b, a, b, "") : b;
}

/* A wide value that keeps away from where its signedness ends. */
static LLVMValueRef is_moderate(wr__lower *l, LLVMValueRef value, bool is_signed) {
  LLVMValueRef quarter = wr__c64(l, 1ull << 62), half = wr__c64(l, 1ull << 63);
  if (!is_signed) return LLVMBuildICmp(l->b, LLVMIntULE, value, quarter, "");
  return LLVMBuildICmp(l->b, LLVMIntULE, LLVMBuildAdd(l->b, value, quarter, ""), half, "");
}

static LLVMIntPredicate swap_sides(LLVMIntPredicate p) {
  switch (p) {
    case LLVMIntUGT:
      return LLVMIntULT;
    case LLVMIntUGE:
      return LLVMIntULE;
    case LLVMIntULT:
      return LLVMIntUGT;
    case LLVMIntULE:
      return LLVMIntUGE;
    case LLVMIntSGT:
      return LLVMIntSLT;
    case LLVMIntSGE:
      return LLVMIntSLE;
    case LLVMIntSLT:
      return LLVMIntSGT;
    case LLVMIntSLE:
      return LLVMIntSGE;
    default:
      return p;
  }
}

static LLVMIntPredicate negate(LLVMIntPredicate p) {
  switch (p) {
    case LLVMIntEQ:
      return LLVMIntNE;
    case LLVMIntNE:
      return LLVMIntEQ;
    case LLVMIntUGT:
      return LLVMIntULE;
    case LLVMIntUGE:
      return LLVMIntULT;
    case LLVMIntULT:
      return LLVMIntUGE;
    case LLVMIntULE:
      return LLVMIntUGT;
    case LLVMIntSGT:
      return LLVMIntSLE;
    case LLVMIntSGE:
      return LLVMIntSLT;
    case LLVMIntSLT:
      return LLVMIntSGE;
    default:
      return LLVMIntSGT;
  }
}

/* The loop goes on while `moving p bound`. */
static bool count_while(wr__affine_loop *a, const wr__affine *moving, LLVMIntPredicate p,
                        const wr__linear *limit, wr__trip *out) {
  wr__lower *l = a->l;
  int64_t step;
  bool wide = moving->start.wide;
  if (!wr__linear_is_constant(&moving->step, &step) || !step) return false;
  bool is_signed = p == LLVMIntSLT || p == LLVMIntSLE || p == LLVMIntSGT || p == LLVMIntSGE;
  bool below = p == LLVMIntULT || p == LLVMIntULE || p == LLVMIntSLT || p == LLVMIntSLE;
  if (p == LLVMIntEQ || (p != LLVMIntNE && below != (step > 0))) return false;
  LLVMValueRef start = wr__linear_build(l, &moving->start), bound = wr__linear_build(l, limit);
  LLVMValueRef few = wr__c64(l, 1ull << WR__WIDE_ROUNDS_LOG2);
  if (p == LLVMIntNE) {
    count_unequal(a, start, bound, step, out);
    if (wide) out->holds = both(l, out->holds, LLVMBuildICmp(l->b, LLVMIntULE, out->last, few, ""));
    return true;
  }
  LLVMValueRef moderate = NULL;
  if (wide) moderate = both(l, is_moderate(l, start, is_signed), is_moderate(l, bound, is_signed));
  bound = LLVMBuildCast(l->b, is_signed ? LLVMSExt : LLVMZExt, bound, l->i64, "");
  if (p == LLVMIntULE || p == LLVMIntSLE) bound = LLVMBuildAdd(l->b, bound, wr__c64(l, 1), "");
  if (p == LLVMIntUGE || p == LLVMIntSGE) bound = LLVMBuildSub(l->b, bound, wr__c64(l, 1), "");
  count_ordered(a, start, bound, step, is_signed, out);
  if (!wide) return true;
  moderate = both(l, moderate, LLVMBuildICmp(l->b, LLVMIntULE, out->last, few, ""));
  out->holds = moderate; /* nothing wraps then */
  return true;
}

static bool is_fixed(const wr__affine *x) { return !x->step.count && !x->step.constant; }

static bool count_branch(wr__affine_loop *a, LLVMValueRef branch, wr__trip *out) {
  LLVMValueRef condition = LLVMGetCondition(branch);
  if (!LLVMIsAICmpInst(condition)) return false;
  LLVMIntPredicate p = LLVMGetICmpPredicate(condition);
  if (out->leaves_on_true) p = negate(p);
  wr__affine x = wr__affine_of(a, LLVMGetOperand(condition, 0));
  wr__affine y = wr__affine_of(a, LLVMGetOperand(condition, 1));
  if (!x.known || !y.known) return false;
  if (is_fixed(&y)) return count_while(a, &x, p, &y.start, out);
  if (is_fixed(&x)) return count_while(a, &y, swap_sides(p), &x.start, out);
  if (p != LLVMIntNE) return false;
  wr__affine difference = affine_sum(&x, &y, UINT64_MAX);
  wr__linear zero = {.wide = x.start.wide};
  return difference.known && count_while(a, &difference, p, &zero, out);
}

static bool count_exit(wr__affine_loop *a, uint32_t block, wr__trip *out) {
  LLVMValueRef end = LLVMGetBasicBlockTerminator(a->cfg->blocks[block].block);
  if (!LLVMIsABranchInst(end) || !LLVMIsConditional(end)) return false;
  bool stays[2];
  for (unsigned i = 0; i < 2; i++)
    stays[i] = wr__cfg_contains(a->cfg, a->loop, wr__cfg_index(a->cfg, LLVMGetSuccessor(end, i)));
  if (stays[0] == stays[1]) return false;
  out->branch = end;
  out->leaves_on_true = !stays[0];
  return count_branch(a, end, out);
}

bool wr__affine_trip(wr__affine_loop *a, wr__trip *out) {
  uint32_t latch = a->cfg->loops[a->loop].latch;
  for (uint32_t block = latch;; block = a->cfg->blocks[block].idom) {
    if (count_exit(a, block, out)) {
      out->last = wr__lower_freeze(a->l, out->last);
      if (out->holds) out->holds = wr__lower_freeze(a->l, out->holds);
      return true;
    }
    if (block == a->cfg->loops[a->loop].header) return false;
  }
}
