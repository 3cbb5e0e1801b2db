/* Searches: loops that only look, byte by byte, for where to stop, such as those of memcmp, strlen
 * or a scanner. Nobody sees how many rounds they take at once.
 *
 * Before such a loop goes another that looks at 16 bytes of each stream in a step, as long as they
 * are inside the memory and none of the conditions to leave holds. The loop itself stays as exact
 * as it was and goes on from there, at the round that leaves if one was found. A round is passed
 * over only where all rounds up to it would have gone on to the next, and neither trap nor write.
 */
#include <stdlib.h>

#include "optimize/access.h"
#include "optimize/affine.h"
#include "optimize/optimize.h"

enum { STEP_BYTES = 16, MAX_INSTRS = 40, MAX_EXITS = 4, MAX_STREAMS = 4, MAX_DEPTH = 8 };

/* Loads whose index begins at the same place. */
typedef struct stream {
  wr__affine index;
  int64_t least, end; /* as in version.c: what they reach from the index */
  LLVMValueRef start; /* i64, frozen: the index in the first round, which the check is of, */
  LLVMValueRef first; /* and its address */
} stream;

typedef struct search {
  wr__lower *l;
  const wr__cfg *cfg;
  wr__affine_loop affine;
  LLVMBasicBlockRef header;
  wr__trip trip;
  bool counted;
  struct {
    LLVMValueRef condition;
    bool leaves_on_true;
  } exits[MAX_EXITS]; /* but for the counted one */
  uint32_t exit_count;
  stream streams[MAX_STREAMS];
  uint32_t stream_count;
  bool looks;     /* what is loaded decides */
  uint32_t bytes; /* of an element; 0: not known yet */
  unsigned lanes;
  LLVMValueRef last;  /* i64, or NULL */
  LLVMValueRef round; /* i64: the first of the rounds that a step looks at */
} search;

static bool in_loop(const search *s, LLVMValueRef value) {
  if (!LLVMIsAInstruction(value)) return false;
  uint32_t block = wr__cfg_index(s->cfg, LLVMGetInstructionParent(value));
  return block != WR__CFG_NONE && wr__cfg_contains(s->cfg, s->affine.loop, block);
}

/* ---- Is it one? */

static stream *stream_of(search *s, const wr__affine *index) {
  for (uint32_t i = 0; i < s->stream_count; i++)
    if (wr__linear_same_terms(&s->streams[i].index.start, &index->start)) return &s->streams[i];
  if (s->stream_count == MAX_STREAMS) return NULL;
  s->streams[s->stream_count] = (stream){.index = *index};
  return &s->streams[s->stream_count++];
}

static bool read_load(search *s, LLVMValueRef load, stream **of, int64_t *offset) {
  wr__access access;
  if (!wr__access_read(s->l, load, &access) || access.is_store || !access.index) return false;
  if (LLVMGetTypeKind(LLVMTypeOf(load)) != LLVMIntegerTypeKind) return false;
  wr__affine index = wr__affine_of(&s->affine, access.index);
  uint32_t bytes = (uint32_t)(access.end - access.offset);
  int64_t step;
  if (!index.known || !wr__linear_is_constant(&index.step, &step) || step != bytes || bytes > 4)
    return false;
  if (s->bytes && s->bytes != bytes) return false;
  s->bytes = bytes;
  stream *found = *of = stream_of(s, &index);
  if (!found) return false;
  int64_t apart;
  if (!wr__linear_apart(&index.start, &found->index.start, &apart)) return false;
  *offset = apart + (int64_t)access.offset;
  if (apart < found->least) found->least = apart;
  if (apart + (int64_t)access.end > found->end) found->end = apart + (int64_t)access.end;
  return true;
}

/* Can it be computed for many rounds at once? Loads are counted among the streams. */
static bool can_widen(search *s, LLVMValueRef value, unsigned depth) {
  if (LLVMGetTypeKind(LLVMTypeOf(value)) != LLVMIntegerTypeKind) return false;
  if (!in_loop(s, value)) return true;
  if (!depth) return false;
  stream *of;
  int64_t offset;
  switch (LLVMGetInstructionOpcode(value)) {
    case LLVMLoad:
      return s->looks = read_load(s, value, &of, &offset);
    case LLVMSelect:
      return can_widen(s, LLVMGetOperand(value, 0), depth - 1) &&
             can_widen(s, LLVMGetOperand(value, 1), depth - 1) &&
             can_widen(s, LLVMGetOperand(value, 2), depth - 1);
    case LLVMZExt:
    case LLVMSExt:
    case LLVMTrunc:
      return can_widen(s, LLVMGetOperand(value, 0), depth - 1);
    case LLVMAdd:
    case LLVMSub:
    case LLVMAnd:
    case LLVMOr:
    case LLVMXor:
    case LLVMICmp:
      return can_widen(s, LLVMGetOperand(value, 0), depth - 1) &&
             can_widen(s, LLVMGetOperand(value, 1), depth - 1);
    default:
      return false;
  }
}

/* No effect, no trap but by loads of streams, and no end but a branch that stays on one side at
 * least. */
static bool note_block(search *s, LLVMBasicBlockRef block, uint32_t *instrs) {
  stream *of;
  int64_t offset;
  for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) {
    if (++*instrs > MAX_INSTRS || !wr__is_quiet(s->l, i)) return false;
    if (LLVMIsALoadInst(i) && LLVMGetVolatile(i) && !read_load(s, i, &of, &offset)) return false;
  }
  LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
  if (!LLVMIsABranchInst(end)) return false;
  if (!LLVMIsConditional(end)) return true;
  bool stays[2];
  for (unsigned i = 0; i < 2; i++)
    stays[i] =
        wr__cfg_contains(s->cfg, s->affine.loop, wr__cfg_index(s->cfg, LLVMGetSuccessor(end, i)));
  if (stays[0] == stays[1]) return false; /* a choice inside */
  if (s->counted && end == s->trip.branch) return true;
  if (s->exit_count == MAX_EXITS) return false;
  s->exits[s->exit_count].condition = LLVMGetCondition(end);
  s->exits[s->exit_count++].leaves_on_true = !stays[0];
  return true;
}

static bool note_phis(search *s) {
  for (LLVMValueRef i = LLVMGetFirstInstruction(s->header); LLVMIsAPHINode(i);
       i = LLVMGetNextInstruction(i))
    if (!wr__affine_of(&s->affine, i).known) return false;
  return true;
}

static bool note_loop(search *s) {
  uint32_t instrs = 0;
  const wr__cfg_loop *loop = &s->cfg->loops[s->affine.loop];
  for (uint32_t at = loop->header; at <= loop->last; at++)
    if (s->cfg->blocks[at].loop == s->affine.loop &&
        !note_block(s, s->cfg->blocks[at].block, &instrs))
      return false;
  for (uint32_t i = 0; i < s->exit_count; i++)
    if (!can_widen(s, s->exits[i].condition, MAX_DEPTH)) return false;
  return s->looks;
}

/* ---- How far */

static LLVMValueRef least_of(wr__lower *l, LLVMValueRef a, LLVMValueRef b) {
  return a ? LLVMBuildSelect(l->b, LLVMBuildICmp(l->b, LLVMIntSLT, a, b, ""), a, b, "") : b;
}

/* How many rounds have the stream's loads inside the memory, where no index wraps; or fewer than
 * one. */
static LLVMValueRef rounds_inside(search *s, stream *of, LLVMValueRef size) {
  wr__lower *l = s->l;
  LLVMValueRef first = LLVMBuildZExt(l->b, wr__linear_build(l, &of->index.start), l->i64, "");
  first = of->start = wr__lower_freeze(l, first);
  LLVMValueRef left = LLVMBuildSub(l->b, size, wr__c64(l, (uint64_t)of->end), "");
  LLVMValueRef rounds = LLVMBuildSub(l->b, left, first, "");
  if (s->bytes > 1)
    rounds = LLVMBuildAShr(l->b, rounds, wr__c64(l, (uint64_t)__builtin_ctz(s->bytes)), "");
  LLVMValueRef small = wr__linear_is_small(l, &of->index.start, first);
  if (small) rounds = LLVMBuildSelect(l->b, small, rounds, wr__c64(l, 0), "");
  if (!of->least) return rounds;
  LLVMValueRef low = LLVMBuildICmp(l->b, LLVMIntSLT, first, wr__c64(l, (uint64_t)-of->least), "");
  return LLVMBuildSelect(l->b, low, wr__c64(l, 0), rounds, "");
}

/* Rounds below this number can be looked at, whether the program would come to them or not. */
static LLVMValueRef build_limit(search *s) {
  wr__lower *l = s->l;
  LLVMValueRef size = wr__lower_memory_size(l);
  LLVMValueRef limit = NULL;
  for (uint32_t i = 0; i < s->stream_count; i++)
    limit = least_of(l, limit, rounds_inside(s, &s->streams[i], size));
  return limit;
}

/* The round that leaves by the count, if it is known; rounds are passed over below it alone. */
static void build_last(search *s) {
  wr__lower *l = s->l;
  if (!s->counted) return;
  s->last = s->trip.last;
  if (s->trip.holds) s->last = LLVMBuildSelect(l->b, s->trip.holds, s->last, wr__c64(l, 0), "");
}

static void build_streams(search *s) {
  wr__lower *l = s->l;
  LLVMValueRef at = wr__lower_memory_base(l);
  for (uint32_t i = 0; i < s->stream_count; i++) {
    stream *of = &s->streams[i];
    of->first = LLVMBuildGEP2(l->b, l->i8, at, &of->start, 1, "");
  }
}

/* ---- Many rounds at once */

static LLVMValueRef splat(search *s, LLVMValueRef value) {
  wr__lower *l = s->l;
  LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(value), s->lanes);
  LLVMValueRef none = LLVMGetPoison(type);
  LLVMValueRef one = LLVMBuildInsertElement(l->b, none, value, wr__c32(l, 0), "");
  LLVMValueRef zeros = LLVMConstNull(LLVMVectorType(l->i32, s->lanes));
  return LLVMBuildShuffleVector(l->b, one, none, zeros, "");
}

static LLVMValueRef widen_load(search *s, LLVMValueRef load) {
  wr__lower *l = s->l;
  stream *of = NULL;
  int64_t offset = 0;
  (void)read_load(s, load, &of, &offset);
  LLVMValueRef moved = LLVMBuildMul(l->b, s->round, wr__c64(l, s->bytes), "");
  moved = LLVMBuildAdd(l->b, moved, wr__c64(l, (uint64_t)offset), "");
  LLVMValueRef at = LLVMBuildGEP2(l->b, l->i8, of->first, &moved, 1, "");
  LLVMValueRef made = LLVMBuildLoad2(l->b, LLVMVectorType(LLVMTypeOf(load), s->lanes), at, "");
  LLVMSetAlignment(made, 1);
  wr__lower_tag(l, made, l->tag_memory);
  if (l->options->check_proofs) LLVMInstructionSetDebugLoc(made, LLVMInstructionGetDebugLoc(load));
  wr__note_proof(l, made);
  return made;
}

static LLVMValueRef widen(search *s, LLVMValueRef value) {
  LLVMBuilderRef b = s->l->b;
  if (!in_loop(s, value)) return splat(s, value);
  LLVMOpcode op = LLVMGetInstructionOpcode(value);
  if (op == LLVMLoad) return widen_load(s, value);
  LLVMValueRef x = widen(s, LLVMGetOperand(value, 0));
  LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(value), s->lanes);
  if (op == LLVMZExt || op == LLVMSExt || op == LLVMTrunc) return LLVMBuildCast(b, op, x, type, "");
  LLVMValueRef y = widen(s, LLVMGetOperand(value, 1));
  if (op == LLVMICmp) return LLVMBuildICmp(b, LLVMGetICmpPredicate(value), x, y, "");
  if (op == LLVMSelect) return LLVMBuildSelect(b, x, y, widen(s, LLVMGetOperand(value, 2)), "");
  return LLVMBuildBinOp(b, op, x, y, "");
}

/* A bit for each lane that leaves, the first round lowest. */
static LLVMValueRef build_leaving(search *s) {
  wr__lower *l = s->l;
  LLVMValueRef any = NULL;
  for (uint32_t i = 0; i < s->exit_count; i++) {
    LLVMValueRef leaves = widen(s, s->exits[i].condition);
    if (!s->exits[i].leaves_on_true) leaves = LLVMBuildNot(l->b, leaves, "");
    any = any ? LLVMBuildOr(l->b, any, leaves, "") : leaves;
  }
  return LLVMBuildBitCast(l->b, any, LLVMIntTypeInContext(l->context, s->lanes), "");
}

/* ---- The new loop */

typedef struct steps {
  LLVMBasicBlockRef step, again, found, enter;
  LLVMValueRef round; /* where the exact loop begins */
} steps;

static void build_step(search *s, steps *t, LLVMValueRef limit) {
  wr__lower *l = s->l;
  LLVMPositionBuilderAtEnd(l->b, t->step);
  LLVMValueRef round = s->round = LLVMBuildPhi(l->b, l->i64, "");
  LLVMValueRef leaving = build_leaving(s);
  LLVMValueRef none = LLVMConstNull(LLVMTypeOf(leaving));
  LLVMValueRef some = LLVMBuildICmp(l->b, LLVMIntNE, leaving, none, "");
  LLVMBuildCondBr(l->b, some, t->found, t->again);
  LLVMPositionBuilderAtEnd(l->b, t->again);
  LLVMValueRef next = LLVMBuildNUWAdd(l->b, round, wr__c64(l, s->lanes), "");
  LLVMValueRef after = LLVMBuildNUWAdd(l->b, next, wr__c64(l, s->lanes), "");
  LLVMValueRef more = LLVMBuildICmp(l->b, LLVMIntSLE, after, limit, "");
  if (s->last)
    more = LLVMBuildAnd(l->b, more, LLVMBuildICmp(l->b, LLVMIntSLT, next, s->last, ""), "");
  LLVMBuildCondBr(l->b, more, t->step, t->enter);
  LLVMPositionBuilderAtEnd(l->b, t->found);
  LLVMTypeRef type = LLVMTypeOf(leaving);
  LLVMValueRef args[] = {leaving, LLVMConstInt(l->i1, 1, false)};
  LLVMValueRef lane = wr__lower_intrinsic(l, "llvm.cttz", &type, 1, args, 2);
  LLVMValueRef at = LLVMBuildAdd(l->b, round, LLVMBuildZExt(l->b, lane, l->i64, ""), "");
  LLVMBuildBr(l->b, t->enter);
  LLVMPositionBuilderAtEnd(l->b, t->enter);
  t->round = LLVMBuildPhi(l->b, l->i64, "");
  LLVMValueRef zero = wr__c64(l, 0), rounds[] = {zero, next}, starts[] = {zero, next, at};
  LLVMBasicBlockRef from[] = {s->affine.preheader, t->again, t->found};
  LLVMAddIncoming(round, rounds, from, 2);
  LLVMAddIncoming(t->round, starts, from, 3);
  if (s->last) t->round = least_of(l, t->round, s->last);
}

/* The header's phis begin as they are in that round, and come from there. */
static void enter_loop(search *s, const steps *t) {
  wr__lower *l = s->l;
  LLVMValueRef narrow = LLVMBuildTrunc(l->b, t->round, l->i32, ""), next;
  LLVMValueRef enter = LLVMBuildBr(l->b, s->header);
  for (LLVMValueRef phi = LLVMGetFirstInstruction(s->header); LLVMIsAPHINode(phi); phi = next) {
    next = LLVMGetNextInstruction(phi);
    wr__affine value = wr__affine_of(&s->affine, phi);
    LLVMPositionBuilderBefore(l->b, enter);
    LLVMValueRef round = value.step.wide ? t->round : narrow;
    LLVMValueRef moved = LLVMBuildMul(l->b, round, wr__linear_build(l, &value.step), "");
    LLVMValueRef start = LLVMBuildAdd(l->b, wr__linear_build(l, &value.start), moved, "");
    LLVMPositionBuilderBefore(l->b, phi);
    LLVMValueRef made = LLVMBuildPhi(l->b, LLVMTypeOf(phi), "");
    LLVMReplaceAllUsesWith(phi, made);
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
      LLVMBasicBlockRef from = LLVMGetIncomingBlock(phi, i);
      LLVMValueRef incoming = LLVMGetIncomingValue(phi, i);
      if (from == s->affine.preheader) from = t->enter, incoming = start;
      LLVMAddIncoming(made, &incoming, &from, 1);
    }
    LLVMInstructionEraseFromParent(phi);
  }
}

static LLVMBasicBlockRef new_block(search *s, const char *name) {
  return LLVMInsertBasicBlockInContext(s->l->context, s->header, name);
}

static void build_search(search *s) {
  wr__lower *l = s->l;
  s->lanes = STEP_BYTES / s->bytes;
  LLVMValueRef end = LLVMGetBasicBlockTerminator(s->affine.preheader);
  LLVMPositionBuilderBefore(l->b, end);
  LLVMValueRef limit = build_limit(s);
  build_last(s);
  build_streams(s);
  steps t = {.step = new_block(s, "step")};
  t.again = new_block(s, "again");
  t.found = new_block(s, "found");
  t.enter = new_block(s, "enter");
  LLVMValueRef enough = LLVMBuildICmp(l->b, LLVMIntSGE, limit, wr__c64(l, s->lanes), "");
  if (s->last) {
    LLVMValueRef several = LLVMBuildICmp(l->b, LLVMIntSGT, s->last, wr__c64(l, 1), "");
    enough = LLVMBuildAnd(l->b, enough, several, "");
  }
  LLVMBuildCondBr(l->b, enough, t.step, t.enter);
  LLVMInstructionEraseFromParent(end);
  build_step(s, &t, limit);
  enter_loop(s, &t);
}

static bool search_loop(wr__lower *l, const wr__cfg *cfg, uint32_t loop) {
  search s = {.l = l, .cfg = cfg, .affine = {.l = l, .cfg = cfg, .loop = loop}};
  if (wr__affine_open(&s.affine)) {
    s.header = cfg->blocks[cfg->loops[loop].header].block;
    LLVMPositionBuilderBefore(l->b, LLVMGetBasicBlockTerminator(s.affine.preheader));
    if (note_phis(&s)) {
      s.counted = wr__affine_trip(&s.affine, &s.trip);
      if (note_loop(&s)) build_search(&s);
    }
  }
  bool done = !s.affine.out_of_memory;
  wr__affine_free(&s.affine);
  return done;
}

bool wr__search_loops(wr__lower *l, const wr__cfg *cfg) {
  for (uint32_t i = 0; i < cfg->loop_count; i++)
    if (cfg->loops[i].innermost && !search_loop(l, cfg, i)) return false;
  return true;
}
