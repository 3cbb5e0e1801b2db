/* Arithmetic never passes on a signalling NaN, though LLVM takes x * 1, x - 0 and many more for x.
 * Spec: exec/numerics, NaN propagation.
 *
 * LLVM folds so wherever an identity shows: in constants, behind phis, selects, loops, stores. What
 * it folds to is always an operand, or one with another sign. So before its passes every operand of
 * arithmetic that may be a signalling NaN is made quiet by llvm.canonicalize, which LLVM moves,
 * joins and vectorises like other arithmetic. Results of arithmetic are quiet already.
 *
 * Ahead of the vectoriser of straight code, which would count those among what it saves, they go
 * from operations that have no way left to be folded. Behind all passes, if an operation is still
 * there, the machine makes its operands quiet, and llvm.canonicalize goes. If the operation went,
 * something else uses the quiet operand, and a multiplication by 1 is made of llvm.canonicalize.
 * Code generation folds too, what it sees in one block: an operation with an operand that may turn
 * out to be an identity then becomes one that it leaves alone. */
#include <stdlib.h>

#include "optimize/optimize.h"

enum { MAX_VISITS = 48, MAX_DEPTH = 6, MAX_LANES = 64, MAX_INCOMING = 4 };

static LLVMTypeRef element_of(LLVMTypeRef type) {
  return LLVMGetTypeKind(type) == LLVMVectorTypeKind ? LLVMGetElementType(type) : type;
}

static bool is_float(LLVMTypeRef type) {
  LLVMTypeKind kind = LLVMGetTypeKind(element_of(type));
  return kind == LLVMFloatTypeKind || kind == LLVMDoubleTypeKind;
}

/* ---- Intrinsics */

static bool is_named(LLVMValueRef callee, const char *const *names, size_t count) {
  size_t length;
  const char *name = LLVMGetValueName2(callee, &length);
  for (size_t i = 0; i < count; i++)
    if (!strncmp(name, names[i], strlen(names[i]))) return true;
  return false;
}

/* The function if it is an intrinsic. */
static LLVMValueRef intrinsic_of(LLVMValueRef value) {
  if (!LLVMIsACallInst(value)) return NULL;
  LLVMValueRef callee = LLVMGetCalledValue(value);
  return LLVMIsAFunction(callee) && LLVMGetIntrinsicID(callee) ? callee : NULL;
}

static bool is_canonicalize(LLVMValueRef value) {
  static const char *const names[] = {"llvm.canonicalize."};
  LLVMValueRef callee = intrinsic_of(value);
  return callee && is_named(callee, names, 1);
}

/* Of the first operand's value, with a sign of its own. */
static bool is_sign_intrinsic(LLVMValueRef callee) {
  static const char *const names[] = {"llvm.fabs.", "llvm.copysign."};
  return is_named(callee, names, WR_ARRAY_COUNT(names));
}

/* Makes its operands quiet. */
static bool is_arithmetic_intrinsic(LLVMValueRef callee) {
  static const char *const names[] = {"llvm.canonicalize.",
                                      "llvm.sqrt.",
                                      "llvm.floor.",
                                      "llvm.ceil.",
                                      "llvm.trunc.",
                                      "llvm.rint.",
                                      "llvm.nearbyint.",
                                      "llvm.roundeven.",
                                      "llvm.fma.",
                                      "llvm.fmuladd.",
                                      "llvm.vector.reduce.fadd.",
                                      "llvm.vector.reduce.fmul.",
                                      "llvm.experimental.constrained.f"};
  return is_named(callee, names, WR_ARRAY_COUNT(names));
}

static bool is_arithmetic(LLVMOpcode op) {
  return op == LLVMFAdd || op == LLVMFSub || op == LLVMFMul || op == LLVMFDiv || op == LLVMFPExt ||
         op == LLVMFPTrunc;
}

/* ---- What is quiet */

typedef struct walk {
  LLVMTypeRef lane; /* float or double: as which the value's bits are looked at */
  LLVMValueRef seen[MAX_VISITS];
  unsigned count;
} walk;

static bool is_quiet_at(wr__lower *l, walk *w, LLVMValueRef value);

static bool are_quiet(wr__lower *l, walk *w, LLVMValueRef value, unsigned first, unsigned count) {
  for (unsigned i = first; i < first + count; i++)
    if (!is_quiet_at(l, w, LLVMGetOperand(value, i))) return false;
  return true;
}

static unsigned lane_bits(wr__lower *l, LLVMTypeRef type) {
  LLVMTypeRef element = element_of(type);
  LLVMTypeKind kind = LLVMGetTypeKind(element);
  if (kind == LLVMIntegerTypeKind) return LLVMGetIntTypeWidth(element);
  return element == l->f32 ? 32 : element == l->f64 ? 64 : 0;
}

static bool is_quiet_constant(wr__lower *l, LLVMTypeRef lane, LLVMValueRef value) {
  LLVMTypeRef type = LLVMTypeOf(value);
  unsigned bits = lane_bits(l, type), size = lane == l->f32 ? 32 : 64;
  if (LLVMGetTypeKind(type) == LLVMVectorTypeKind) bits *= LLVMGetVectorSize(type);
  if (!bits || bits % size) return false;
  LLVMTypeRef seen = bits == size ? lane : LLVMVectorType(lane, bits / size);
  value = LLVMConstBitCast(value, seen);
  return wr__lower_quiet(l, value) == value;
}

static bool is_quiet_result(wr__lower *l, walk *w, LLVMValueRef value) {
  LLVMOpcode op = LLVMGetInstructionOpcode(value);
  LLVMValueRef callee;
  switch (op) {
    case LLVMSIToFP:
    case LLVMUIToFP:
      return true;
    case LLVMFNeg:
    case LLVMFreeze:
    case LLVMBitCast:
    case LLVMExtractElement:
      return are_quiet(l, w, value, 0, 1);
    case LLVMInsertElement:
    case LLVMShuffleVector:
      return are_quiet(l, w, value, 0, 2);
    case LLVMSelect:
      return are_quiet(l, w, value, 1, 2);
    case LLVMPHI:
      return are_quiet(l, w, value, 0, LLVMCountIncoming(value));
    case LLVMCall:
      callee = intrinsic_of(value);
      if (!callee) return false;
      return is_sign_intrinsic(callee) ? are_quiet(l, w, value, 0, 1)
                                       : is_arithmetic_intrinsic(callee);
    default:
      return is_arithmetic(op);
  }
}

/* What comes again was found quiet, or will be found not to be. */
static bool is_quiet_at(wr__lower *l, walk *w, LLVMValueRef value) {
  for (unsigned i = 0; i < w->count; i++)
    if (w->seen[i] == value) return true;
  if (w->count == MAX_VISITS) return false;
  w->seen[w->count++] = value;
  LLVMTypeRef element = element_of(LLVMTypeOf(value));
  if (is_float(element) ? element != w->lane : lane_bits(l, element) < lane_bits(l, w->lane))
    return false;
  if (LLVMIsConstant(value)) return is_quiet_constant(l, w->lane, value);
  return LLVMIsAInstruction(value) && is_quiet_result(l, w, value);
}

static bool is_quiet(wr__lower *l, LLVMValueRef value) {
  walk w = {.lane = element_of(LLVMTypeOf(value))};
  return is_quiet_at(l, &w, value);
}

/* ---- Before the passes */

typedef struct quieting {
  wr__lower *l;
  wr__pointer_map made; /* of values, to numbers of calls */
  LLVMValueRef *calls;
  size_t count, capacity;
  bool out_of_memory;
} quieting;

static LLVMValueRef first_place(LLVMBasicBlockRef block) {
  LLVMValueRef at = LLVMGetFirstInstruction(block);
  while (LLVMIsAPHINode(at) || LLVMIsAAllocaInst(at)) at = LLVMGetNextInstruction(at);
  return at;
}

static LLVMValueRef place_behind(wr__lower *l, LLVMValueRef value) {
  if (!LLVMIsAInstruction(value)) return first_place(LLVMGetEntryBasicBlock(l->func));
  if (LLVMIsAPHINode(value)) return first_place(LLVMGetInstructionParent(value));
  return LLVMGetNextInstruction(value);
}

static LLVMValueRef make_quiet(quieting *q, LLVMValueRef value) {
  wr__lower *l = q->l;
  if (LLVMIsConstant(value)) return wr__lower_quiet(l, value);
  uint32_t number = wr__pointer_map_get(&q->made, value);
  if (number != WR__CFG_NONE) return q->calls[number];
  if (is_quiet(l, value)) return value;
  LLVMPositionBuilderBefore(l->b, place_behind(l, value));
  LLVMTypeRef type = LLVMTypeOf(value);
  LLVMValueRef call = wr__lower_intrinsic(l, "llvm.canonicalize", &type, 1, &value, 1);
  if (!wr__grow(&q->calls, &q->capacity, q->count + 1, sizeof *q->calls) ||
      !wr__pointer_map_set(&q->made, value, (uint32_t)q->count)) {
    q->out_of_memory = true;
    return call;
  }
  return q->calls[q->count++] = call;
}

bool wr__quiet_operands(wr__lower *l, LLVMValueRef func) {
  quieting q = {.l = l};
  l->func = func;
  for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(func); b; b = LLVMGetNextBasicBlock(b))
    for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
      if (!is_arithmetic(LLVMGetInstructionOpcode(i))) continue;
      for (unsigned k = 0; k < (unsigned)LLVMGetNumOperands(i); k++)
        LLVMSetOperand(i, k, make_quiet(&q, LLVMGetOperand(i, k)));
    }
  wr__pointer_map_free(&q.made);
  free(q.calls);
  return !q.out_of_memory;
}

/* ---- Behind the passes: what is still needed */

static bool takes_any(walk *w, LLVMValueRef user);

static bool all_take_any(walk *w, LLVMValueRef value) {
  for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use))
    if (!takes_any(w, LLVMGetUser(use))) return false;
  return true;
}

/* Does the user come to the same, whether or not a NaN that it gets is quiet? */
static bool takes_any(walk *w, LLVMValueRef user) {
  for (unsigned i = 0; i < w->count; i++)
    if (w->seen[i] == user) return true;
  if (w->count == MAX_VISITS || !LLVMIsAInstruction(user)) return false;
  w->seen[w->count++] = user;
  LLVMOpcode op = LLVMGetInstructionOpcode(user);
  LLVMValueRef callee = intrinsic_of(user);
  switch (op) {
    case LLVMFCmp:
    case LLVMFPToSI:
    case LLVMFPToUI:
      return true;
    case LLVMFNeg:
    case LLVMSelect:
    case LLVMPHI:
    case LLVMExtractElement:
    case LLVMInsertElement:
    case LLVMShuffleVector:
      return all_take_any(w, user);
    case LLVMCall:
      if (callee && is_sign_intrinsic(callee)) return all_take_any(w, user);
      return callee && is_arithmetic_intrinsic(callee);
    default:
      return is_arithmetic(op);
  }
}

static void replace_operand(LLVMValueRef user, LLVMValueRef from, LLVMValueRef to) {
  for (unsigned k = 0; k < (unsigned)LLVMGetNumOperands(user); k++)
    if (LLVMGetOperand(user, k) == from) LLVMSetOperand(user, k, to);
}

/* An operation that code generation does not fold. */
static LLVMValueRef build_strict(wr__lower *l, const char *name, LLVMTypeRef *types,
                                 unsigned type_count, const LLVMValueRef *args, unsigned count) {
  LLVMValueRef all[4];
  for (unsigned i = 0; i < count; i++) all[i] = args[i];
  const char *const words[] = {"round.tonearest", "fpexcept.ignore"};
  for (unsigned i = 0; i < 2; i++)
    all[count + i] = LLVMMetadataAsValue(
        l->context, LLVMMDStringInContext2(l->context, words[i], strlen(words[i])));
  return wr__lower_intrinsic(l, name, types, type_count, all, count + 2);
}

static LLVMValueRef one_of(LLVMTypeRef type) {
  LLVMValueRef lanes[MAX_LANES], one = LLVMConstReal(element_of(type), 1);
  if (LLVMGetTypeKind(type) != LLVMVectorTypeKind) return one;
  unsigned count = LLVMGetVectorSize(type);
  for (unsigned i = 0; i < count; i++) lanes[i] = one;
  return LLVMConstVector(lanes, count);
}

/* Users that take any NaN get the value as it was. */
static bool give_back(LLVMValueRef call, LLVMValueRef value) {
  LLVMValueRef *users = NULL;
  size_t count = 0, capacity = 0;
  for (LLVMUseRef use = LLVMGetFirstUse(call); use; use = LLVMGetNextUse(use)) {
    walk w = {0};
    if (!takes_any(&w, LLVMGetUser(use))) continue;
    if (!wr__grow(&users, &capacity, count + 1, sizeof *users)) {
      free(users);
      return false;
    }
    users[count++] = LLVMGetUser(use);
  }
  for (size_t i = 0; i < count; i++) replace_operand(users[i], call, value);
  free(users);
  return true;
}

static bool settle_call(wr__lower *l, LLVMValueRef call) {
  LLVMValueRef value = LLVMGetOperand(call, 0);
  LLVMPositionBuilderBefore(l->b, call);
  if (LLVMIsConstant(value)) {
    value = wr__lower_quiet(l, value);
  } else if (!is_quiet(l, value)) {
    if (!give_back(call, value)) return false;
    if (LLVMGetFirstUse(call)) {
      LLVMTypeRef type = LLVMTypeOf(value);
      LLVMValueRef args[] = {value, one_of(type)};
      value = build_strict(l, "llvm.experimental.constrained.fmul", &type, 1, args, 2);
    }
  }
  LLVMReplaceAllUsesWith(call, value);
  LLVMInstructionEraseFromParent(call);
  return true;
}

/* ---- Behind the passes: what code generation may still fold */

typedef struct settling {
  wr__lower *l;
  bool stores_constants; /* which a load of the function may then be known to give */
  bool more_passes;      /* of LLVM are to come, which take loops apart */
} settling;

/* Zero, or one, of either sign; in a lane at least. */
static bool is_identity(LLVMValueRef constant, bool is_one) {
  LLVMTypeRef type = LLVMTypeOf(constant);
  bool is_vector = LLVMGetTypeKind(type) == LLVMVectorTypeKind;
  unsigned count = is_vector ? LLVMGetVectorSize(type) : 1;
  for (unsigned i = 0; i < count; i++) {
    LLVMValueRef lane = is_vector ? LLVMGetAggregateElement(constant, i) : constant;
    if (!lane || !LLVMIsAConstantFP(lane)) return true;
    LLVMBool loses;
    double value = LLVMConstRealGetDouble(lane, &loses);
    if (is_one ? value == 1 || value == -1 : value == 0) return true;
  }
  return false;
}

static bool may_be_identity(settling *s, LLVMValueRef value, bool is_one, unsigned depth);

static bool any_may_be(settling *s, LLVMValueRef value, unsigned first, unsigned count, bool is_one,
                       unsigned depth) {
  for (unsigned i = first; i < first + count; i++)
    if (may_be_identity(s, LLVMGetOperand(value, i), is_one, depth)) return true;
  return false;
}

static bool phi_may_be(settling *s, LLVMValueRef phi, bool is_one, unsigned depth) {
  unsigned count = LLVMCountIncoming(phi);
  if (s->more_passes) return count > MAX_INCOMING || any_may_be(s, phi, 0, count, is_one, depth);
  for (unsigned i = 1; i < count; i++)
    if (LLVMGetIncomingValue(phi, i) != LLVMGetIncomingValue(phi, 0)) return false;
  return any_may_be(s, phi, 0, 1, is_one, depth);
}

/* May it be a constant, one that makes the other operand the result, by what is seen in a block? */
static bool may_be_identity(settling *s, LLVMValueRef value, bool is_one, unsigned depth) {
  if (LLVMIsConstant(value)) return !is_float(LLVMTypeOf(value)) || is_identity(value, is_one);
  if (!LLVMIsAInstruction(value)) return false;
  if (!depth--) return true;
  LLVMValueRef callee;
  switch (LLVMGetInstructionOpcode(value)) {
    case LLVMLoad:
      return s->stores_constants && !LLVMGetVolatile(value);
    case LLVMPHI:
      return phi_may_be(s, value, is_one, depth);
    case LLVMFAdd:
    case LLVMFSub:
    case LLVMFMul:
    case LLVMFDiv: /* none, unless both are constants */
      return false;
    case LLVMFNeg:
    case LLVMFreeze:
    case LLVMBitCast:
    case LLVMFPExt:
    case LLVMFPTrunc:
    case LLVMExtractElement:
      return any_may_be(s, value, 0, 1, is_one, depth);
    case LLVMInsertElement:
    case LLVMShuffleVector:
      return any_may_be(s, value, 0, 2, is_one, depth);
    case LLVMSelect:
      return any_may_be(s, value, 1, 2, is_one, depth);
    case LLVMCall:
      callee = intrinsic_of(value);
      return callee && (is_sign_intrinsic(callee) || is_canonicalize(value)) &&
             any_may_be(s, value, 0, 1, is_one, depth);
    default:
      return true;
  }
}

/* Is it what a float was promoted to, that may signal? */
static bool is_promoted(wr__lower *l, LLVMValueRef value, unsigned depth) {
  if (!LLVMIsAInstruction(value)) return false;
  if (!depth--) return true;
  LLVMValueRef callee = intrinsic_of(value);
  switch (LLVMGetInstructionOpcode(value)) {
    case LLVMFPExt:
      return !is_quiet(l, LLVMGetOperand(value, 0));
    case LLVMSelect:
      return is_promoted(l, LLVMGetOperand(value, 1), depth) ||
             is_promoted(l, LLVMGetOperand(value, 2), depth);
    case LLVMInsertElement:
    case LLVMShuffleVector:
      return is_promoted(l, LLVMGetOperand(value, 0), depth) ||
             is_promoted(l, LLVMGetOperand(value, 1), depth);
    case LLVMFNeg:
    case LLVMFreeze:
    case LLVMExtractElement:
      return is_promoted(l, LLVMGetOperand(value, 0), depth);
    case LLVMCall:
      return callee && is_sign_intrinsic(callee) && is_promoted(l, LLVMGetOperand(value, 0), depth);
    default:
      return false;
  }
}

static bool may_fold(settling *s, LLVMValueRef instr, LLVMOpcode op) {
  wr__lower *l = s->l;
  LLVMValueRef a = LLVMGetOperand(instr, 0);
  if (op == LLVMFPTrunc) return is_promoted(l, a, MAX_DEPTH);
  if (op == LLVMFPExt) return false;
  LLVMValueRef b = LLVMGetOperand(instr, 1);
  bool is_one = op == LLVMFMul || op == LLVMFDiv;
  if (may_be_identity(s, b, is_one, MAX_DEPTH) && !is_quiet(l, a)) return true;
  return op != LLVMFDiv && may_be_identity(s, a, is_one, MAX_DEPTH) && !is_quiet(l, b);
}

static void keep_operation(wr__lower *l, LLVMValueRef instr, LLVMOpcode op) {
  LLVMPositionBuilderBefore(l->b, instr);
  LLVMValueRef args[2] = {LLVMGetOperand(instr, 0)};
  LLVMTypeRef types[] = {LLVMTypeOf(instr), LLVMTypeOf(args[0])};
  const char *name = op == LLVMFAdd   ? "llvm.experimental.constrained.fadd"
                     : op == LLVMFSub ? "llvm.experimental.constrained.fsub"
                     : op == LLVMFMul ? "llvm.experimental.constrained.fmul"
                     : op == LLVMFDiv ? "llvm.experimental.constrained.fdiv"
                                      : "llvm.experimental.constrained.fptrunc";
  unsigned count = op == LLVMFPTrunc ? 1 : 2;
  if (count == 2) args[1] = LLVMGetOperand(instr, 1);
  LLVMValueRef made = build_strict(l, name, types, count == 1 ? 2 : 1, args, count);
  LLVMReplaceAllUsesWith(instr, made);
  LLVMInstructionEraseFromParent(instr);
}

/* Calls step for each instruction; it may erase that. */
static bool each_instr(settling *s, LLVMValueRef func, bool (*step)(settling *, LLVMValueRef)) {
  for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(func); b; b = LLVMGetNextBasicBlock(b)) {
    LLVMValueRef next;
    for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = next) {
      next = LLVMGetNextInstruction(i);
      if (!step(s, i)) return false;
    }
  }
  return true;
}

static bool note_store(settling *s, LLVMValueRef instr) {
  if (LLVMIsAStoreInst(instr) && !LLVMGetVolatile(instr))
    s->stores_constants |= LLVMIsConstant(LLVMGetOperand(instr, 0));
  return true;
}

static bool settle_instr(settling *s, LLVMValueRef instr) {
  return !is_canonicalize(instr) || settle_call(s->l, instr);
}

static bool keep_instr(settling *s, LLVMValueRef instr) {
  LLVMOpcode op = LLVMGetInstructionOpcode(instr);
  if (is_arithmetic(op) && may_fold(s, instr, op)) keep_operation(s->l, instr, op);
  return true;
}

bool wr__quiet_settle(wr__lower *l, LLVMValueRef func) {
  settling s = {.l = l};
  l->func = func;
  return each_instr(&s, func, note_store) && each_instr(&s, func, settle_instr) &&
         each_instr(&s, func, keep_instr);
}

/* An operation of which no operand will ever be an identity. */
static bool relax_instr(settling *s, LLVMValueRef instr) {
  LLVMOpcode op = LLVMGetInstructionOpcode(instr);
  if (!is_arithmetic(op) || op == LLVMFPExt || op == LLVMFPTrunc) return true;
  bool is_one = op == LLVMFMul || op == LLVMFDiv;
  if (any_may_be(s, instr, 0, 2, is_one, MAX_DEPTH)) return true;
  for (unsigned k = 0; k < 2; k++) {
    LLVMValueRef call = LLVMGetOperand(instr, k);
    if (is_canonicalize(call)) LLVMSetOperand(instr, k, LLVMGetOperand(call, 0));
  }
  return true;
}

static bool drop_unused(settling *s, LLVMValueRef instr) {
  (void)s;
  if (is_canonicalize(instr) && !LLVMGetFirstUse(instr)) LLVMInstructionEraseFromParent(instr);
  return true;
}

bool wr__quiet_relax(wr__lower *l, LLVMValueRef func) {
  settling s = {.l = l, .more_passes = true};
  return each_instr(&s, func, note_store) && each_instr(&s, func, relax_instr) &&
         each_instr(&s, func, drop_unused);
}
