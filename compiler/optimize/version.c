/* Versioned loops. Before an innermost loop one check shows that no access in it can trap: then the
 * loop runs with plain accesses and 64-bit addresses, which LLVM vectorises, moves and combines as
 * it likes; otherwise a copy of it, as exact as it was.
 *
 * In the free loop nothing traps, so nobody sees the order of its stores; a barrier behind it keeps
 * them before whatever traps later. The check covers all iterations that the counted exit allows;
 * leaving earlier by another exit only makes it stricter than needed. */
#include <stdlib.h>

#include "optimize/access.h"
#include "optimize/affine.h"
#include "optimize/optimize.h"

enum { MAX_GROUPS = 64, MAX_INSTRS = 1500 };
enum { FEW_ROUNDS = 8 }; /* with fewer the check costs as much as it gains */

/* Accesses whose indices differ by constants: from the first one's by least at the lowest. */
typedef struct group {
  wr__affine index;
  int64_t least;      /* not above 0 */
  int64_t end;        /* the furthest of them reaches to index + end */
  LLVMValueRef step;  /* i64, frozen: what the index moves by */
  LLVMValueRef first; /* the free loop's address of the index in the first iteration, */
  LLVMValueRef moved; /* and how far it has come since */
} group;

typedef struct loop_access {
  wr__access access;
  uint32_t group; /* WR__CFG_NONE: it cannot trap anyway */
  int64_t offset; /* from the group's index */
} loop_access;

typedef struct version {
  wr__lower *l;
  const wr__cfg *cfg;
  wr__affine_loop affine;
  wr__trip trip;
  LLVMBasicBlockRef header, preheader, latch;
  loop_access *accesses;
  size_t access_count, access_capacity;
  group groups[MAX_GROUPS];
  uint32_t group_count;
  uint32_t instr_count;
  bool has_stores;
  uint64_t least_bytes;
  /* the copy */
  wr__pointer_map copies; /* of values and blocks, to numbers of copied */
  LLVMValueRef *copied;
  size_t copied_count, copied_capacity;
  bool out_of_memory;
} version;

static bool in_loop(const version *v, LLVMBasicBlockRef block) {
  uint32_t index = wr__cfg_index(v->cfg, block);
  return index != WR__CFG_NONE && v->cfg->blocks[index].loop == v->affine.loop;
}

/* Calls body for each block of the loop, in reverse postorder. */
#define FOR_BLOCKS(v, at)                                      \
  for (uint32_t at = (v)->cfg->loops[(v)->affine.loop].header; \
       at <= (v)->cfg->loops[(v)->affine.loop].last; at++)     \
    if ((v)->cfg->blocks[at].loop == (v)->affine.loop)

/* ---- May it be versioned? */

static bool find_preheader(version *v) {
  if (!wr__affine_open(&v->affine)) return false;
  v->header = v->cfg->blocks[v->cfg->loops[v->affine.loop].header].block;
  v->latch = v->affine.latch;
  v->preheader = v->affine.preheader;
  return true;
}

static bool never_traps(const version *v, const wr__access *access) {
  uint64_t most = access->index ? wr__upper_bound(access->index) : 0;
  if (v->l->options->wrong_proofs) return true;
  return access->end <= v->least_bytes && most <= v->least_bytes - access->end;
}

static uint32_t group_of(version *v, const wr__affine *index) {
  for (uint32_t i = 0; i < v->group_count; i++) {
    const wr__affine *other = &v->groups[i].index;
    if (wr__linear_same_terms(&other->start, &index->start) &&
        wr__linear_same_terms(&other->step, &index->step) &&
        other->step.constant == index->step.constant)
      return i;
  }
  if (v->group_count == MAX_GROUPS) return WR__CFG_NONE;
  v->groups[v->group_count] = (group){.index = *index};
  return v->group_count++;
}

static bool join_group(version *v, loop_access *made, const wr__affine *index) {
  made->group = group_of(v, index);
  if (made->group == WR__CFG_NONE) return false;
  group *g = &v->groups[made->group];
  int64_t apart;
  if (!wr__linear_apart(&index->start, &g->index.start, &apart)) return false;
  int64_t end = apart + (int64_t)made->access.end;
  made->offset = apart + (int64_t)made->access.offset;
  if (apart < g->least) g->least = apart;
  if (end > g->end) g->end = end;
  return true;
}

/* False: it may trap, and nothing is known of it. */
static bool note_access(version *v, const wr__access *access) {
  loop_access made = {*access, WR__CFG_NONE, 0};
  wr__affine index = {0};
  if (access->index) index = wr__affine_of(&v->affine, access->index);
  if (index.known) {
    if (!join_group(v, &made, &index)) return false;
  } else if (LLVMGetVolatile(access->instr) && !never_traps(v, access)) {
    return false;
  }
  v->has_stores |= access->is_store;
  if (!wr__grow(&v->accesses, &v->access_capacity, v->access_count + 1, sizeof *v->accesses)) {
    v->out_of_memory = true;
    return false;
  }
  v->accesses[v->access_count++] = made;
  return true;
}

static bool note_block(version *v, LLVMBasicBlockRef block) {
  for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) {
    wr__access access;
    if (++v->instr_count > MAX_INSTRS) return false;
    if (wr__access_read(v->l, i, &access)) {
      if (!note_access(v, &access)) return false;
    } else if (!wr__is_quiet(v->l, i) || (LLVMIsALoadInst(i) && LLVMGetVolatile(i))) {
      return false;
    }
  }
  LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
  return LLVMIsABranchInst(end) || LLVMIsASwitchInst(end);
}

static bool note_loop(version *v) {
  FOR_BLOCKS(v, at) {
    if (!note_block(v, v->cfg->blocks[at].block)) return false;
  }
  return v->group_count > 0;
}

/* ---- The check */

static LLVMValueRef both(wr__lower *l, LLVMValueRef a, LLVMValueRef b) {
  return a ? LLVMBuildAnd(l->b, a, b, "") : b;
}

/* In 64 bits, the first and the last index lie in the memory, with what the accesses add; so all
 * between do, and none of them wrapped.
 *
 * LLVM moves ahead of a loop what the program computes in it under a condition, so an index may be
 * poison as long as the program does not use it. Each group's check is frozen alone, and so is what
 * several of them share, so that such an index spoils no other's check. */
static LLVMValueRef check_group(version *v, group *g, LLVMValueRef size) {
  wr__lower *l = v->l;
  LLVMValueRef least = wr__c64(l, (uint64_t)-g->least);
  LLVMValueRef most = LLVMBuildSub(l->b, size, wr__c64(l, (uint64_t)g->end), "");
  LLVMValueRef first = LLVMBuildZExt(l->b, wr__linear_build(l, &g->index.start), l->i64, "");
  LLVMValueRef step = LLVMBuildSExt(l->b, wr__linear_build(l, &g->index.step), l->i64, "");
  step = g->step = wr__lower_freeze(l, step);
  LLVMValueRef last = LLVMBuildAdd(l->b, first, LLVMBuildMul(l->b, step, v->trip.last, ""), "");
  LLVMValueRef small = wr__linear_is_small(l, &g->index.start, first);
  LLVMValueRef holds = small;
  int64_t constant;
  bool fixed = wr__linear_is_constant(&g->index.step, &constant);
  bool up = fixed && constant >= 0, down = fixed && constant < 0;
  if (!down) holds = both(l, holds, LLVMBuildICmp(l->b, LLVMIntSLE, last, most, ""));
  if (!up) holds = both(l, holds, LLVMBuildICmp(l->b, LLVMIntSLE, first, most, ""));
  if (!up) holds = both(l, holds, LLVMBuildICmp(l->b, LLVMIntSGE, last, least, ""));
  if (!down && g->least) holds = both(l, holds, LLVMBuildICmp(l->b, LLVMIntSGE, first, least, ""));
  return wr__lower_freeze(l, holds);
}

static LLVMValueRef build_check(version *v) {
  wr__lower *l = v->l;
  LLVMValueRef size = wr__lower_memory_size(l);
  LLVMValueRef holds = v->trip.holds;
  for (uint32_t i = 0; i < v->group_count; i++)
    holds = both(l, holds, check_group(v, &v->groups[i], size));
  return holds;
}

/* ---- The copy, which stays exact */

static bool note_copy(version *v, const void *original, LLVMValueRef copy) {
  if (wr__grow(&v->copied, &v->copied_capacity, v->copied_count + 1, sizeof *v->copied) &&
      wr__pointer_map_set(&v->copies, original, (uint32_t)v->copied_count)) {
    v->copied[v->copied_count++] = copy;
    return true;
  }
  v->out_of_memory = true;
  return false;
}

static LLVMValueRef copy_of(const version *v, LLVMValueRef value) {
  uint32_t number = wr__pointer_map_get(&v->copies, value);
  return number == WR__CFG_NONE ? value : v->copied[number];
}

static LLVMBasicBlockRef copy_of_block(const version *v, LLVMBasicBlockRef block) {
  uint32_t number = wr__pointer_map_get(&v->copies, block);
  return number == WR__CFG_NONE ? block : LLVMValueAsBasicBlock(v->copied[number]);
}

static bool copy_instrs(version *v, LLVMBasicBlockRef from, LLVMBasicBlockRef to) {
  wr__lower *l = v->l;
  LLVMPositionBuilderAtEnd(l->b, to);
  for (LLVMValueRef i = LLVMGetFirstInstruction(from); i; i = LLVMGetNextInstruction(i)) {
    LLVMValueRef copy;
    if (LLVMIsAPHINode(i)) {
      copy = LLVMBuildPhi(l->b, LLVMTypeOf(i), "");
    } else {
      LLVMMetadataRef place = LLVMInstructionGetDebugLoc(i);
      copy = LLVMInstructionClone(i);
      LLVMInsertIntoBuilder(l->b, copy);
      LLVMInstructionSetDebugLoc(copy, place);
    }
    if (!note_copy(v, i, copy)) return false;
  }
  return true;
}

static void connect_phi(version *v, LLVMValueRef phi, LLVMValueRef copy) {
  for (unsigned k = 0; k < LLVMCountIncoming(phi); k++) {
    LLVMValueRef value = copy_of(v, LLVMGetIncomingValue(phi, k));
    LLVMBasicBlockRef block = copy_of_block(v, LLVMGetIncomingBlock(phi, k));
    LLVMAddIncoming(copy, &value, &block, 1);
  }
}

/* Phis behind the loop get what comes from the copy of `from`. */
static void extend_exit(version *v, LLVMBasicBlockRef from, LLVMBasicBlockRef exit) {
  LLVMBasicBlockRef copy = copy_of_block(v, from);
  for (LLVMValueRef phi = LLVMGetFirstInstruction(exit); phi && LLVMIsAPHINode(phi);
       phi = LLVMGetNextInstruction(phi)) {
    unsigned count = LLVMCountIncoming(phi);
    for (unsigned k = 0; k < count; k++) {
      if (LLVMGetIncomingBlock(phi, k) != from) continue;
      LLVMValueRef value = copy_of(v, LLVMGetIncomingValue(phi, k));
      LLVMAddIncoming(phi, &value, &copy, 1);
    }
  }
}

static void connect_block(version *v, LLVMBasicBlockRef block) {
  for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) {
    LLVMValueRef copy = copy_of(v, i);
    if (LLVMIsAPHINode(i)) {
      connect_phi(v, i, copy);
      continue;
    }
    for (unsigned k = 0; k < (unsigned)LLVMGetNumOperands(i); k++) {
      LLVMValueRef operand = LLVMGetOperand(i, k);
      if (LLVMIsAInstruction(operand)) LLVMSetOperand(copy, k, copy_of(v, operand));
    }
  }
  LLVMValueRef end = LLVMGetBasicBlockTerminator(block), copy = copy_of(v, end);
  unsigned count = LLVMGetNumSuccessors(end);
  for (unsigned k = 0; k < count; k++) {
    LLVMBasicBlockRef to = LLVMGetSuccessor(end, k);
    LLVMSetSuccessor(copy, k, copy_of_block(v, to));
    bool again = false; /* a switch may leave to the same block in several ways */
    for (unsigned m = 0; m < k; m++) again |= LLVMGetSuccessor(end, m) == to;
    if (!in_loop(v, to) && !again) extend_exit(v, block, to);
  }
}

static bool copy_loop(version *v) {
  FOR_BLOCKS(v, at) {
    LLVMBasicBlockRef made =
        LLVMAppendBasicBlockInContext(v->l->context, LLVMGetBasicBlockParent(v->header), "exact");
    if (!note_copy(v, v->cfg->blocks[at].block, LLVMBasicBlockAsValue(made))) return false;
  }
  FOR_BLOCKS(v, at) {
    LLVMBasicBlockRef block = v->cfg->blocks[at].block;
    if (!copy_instrs(v, block, copy_of_block(v, block))) return false;
  }
  FOR_BLOCKS(v, at) connect_block(v, v->cfg->blocks[at].block);
  return true;
}

static LLVMMetadataRef loop_flag(wr__lower *l, const char *name, bool value) {
  LLVMMetadataRef parts[] = {LLVMMDStringInContext2(l->context, name, strlen(name)),
                             LLVMValueAsMetadata(LLVMConstInt(l->i1, value, false))};
  return LLVMMDNodeInContext2(l->context, parts, 2);
}

/* The exact loop seldom runs: LLVM shall not spend time and code on it. */
static void mark_copy(version *v) {
  wr__lower *l = v->l;
  LLVMValueRef end = LLVMGetBasicBlockTerminator(copy_of_block(v, v->latch));
  LLVMMetadataRef self = LLVMTemporaryMDNode(l->context, NULL, 0);
  LLVMMetadataRef parts[] = {self, loop_flag(l, "llvm.loop.unroll.disable", true),
                             loop_flag(l, "llvm.loop.vectorize.enable", false),
                             loop_flag(l, "llvm.loop.distribute.enable", false)};
  LLVMMetadataRef node = LLVMMDNodeInContext2(l->context, parts, WR_ARRAY_COUNT(parts));
  LLVMMetadataReplaceAllUsesWith(self, node); /* it names itself, and so is no other loop's */
  LLVMSetMetadata(end, LLVMGetMDKindIDInContext(l->context, "llvm.loop", 9),
                  LLVMMetadataAsValue(l->context, node));
}

/* ---- The free loop */

static LLVMValueRef first_after_phis(LLVMBasicBlockRef block) {
  LLVMValueRef at = LLVMGetFirstInstruction(block);
  while (LLVMIsAPHINode(at)) at = LLVMGetNextInstruction(at);
  return at;
}

/* Counts iterations, and leaves by the count. */
static LLVMValueRef build_counter(version *v) {
  wr__lower *l = v->l;
  LLVMPositionBuilderBefore(l->b, LLVMGetFirstInstruction(v->header));
  LLVMValueRef counter = LLVMBuildPhi(l->b, l->i64, "");
  LLVMPositionBuilderBefore(l->b, LLVMGetBasicBlockTerminator(v->latch));
  LLVMValueRef next = LLVMBuildNUWAdd(l->b, counter, wr__c64(l, 1), "");
  LLVMSetNSW(next, true);
  LLVMValueRef values[] = {wr__c64(l, 0), next};
  LLVMBasicBlockRef blocks[] = {v->preheader, v->latch};
  LLVMAddIncoming(counter, values, blocks, 2);
  LLVMPositionBuilderBefore(l->b, v->trip.branch);
  LLVMIntPredicate p = v->trip.leaves_on_true ? LLVMIntEQ : LLVMIntNE;
  LLVMValueRef old = LLVMGetCondition(v->trip.branch);
  LLVMValueRef made = LLVMBuildICmp(l->b, p, counter, v->trip.last, "");
  v->out_of_memory |= !wr__note_same(l, v->trip.branch, old, made);
  LLVMSetCondition(v->trip.branch, made);
  return counter;
}

/* Each group has a pointer that LLVM takes for one of its own, not derived from the memory's base:
 * for it compares accesses to one object with each other, but of two objects only the bounds, and
 * that at run time. */
static void build_pointers(version *v, LLVMValueRef counter) {
  wr__lower *l = v->l;
  LLVMPositionBuilderBefore(l->b, LLVMGetBasicBlockTerminator(v->preheader));
  LLVMValueRef base = LLVMBuildPtrToInt(l->b, wr__lower_memory_base(l), l->i64, "");
  for (uint32_t i = 0; i < v->group_count; i++) {
    group *g = &v->groups[i];
    LLVMPositionBuilderBefore(l->b, LLVMGetBasicBlockTerminator(v->preheader));
    LLVMValueRef first = LLVMBuildZExt(l->b, wr__linear_build(l, &g->index.start), l->i64, "");
    g->first = LLVMBuildIntToPtr(l->b, LLVMBuildAdd(l->b, base, first, ""), l->ptr, "");
    LLVMPositionBuilderBefore(l->b, first_after_phis(v->header));
    g->moved = LLVMBuildNSWMul(l->b, counter, g->step, "");
  }
}

static void free_accesses(version *v) {
  wr__lower *l = v->l;
  for (size_t i = 0; i < v->access_count; i++) {
    const loop_access *a = &v->accesses[i];
    LLVMSetVolatile(a->access.instr, false);
    wr__note_proof(l, a->access.instr);
    if (a->group == WR__CFG_NONE) continue;
    group *g = &v->groups[a->group];
    LLVMPositionBuilderBefore(l->b, a->access.instr);
    LLVMValueRef at = LLVMBuildInBoundsGEP2(l->b, l->i8, g->first, &g->moved, 1, "");
    LLVMValueRef offset = wr__c64(l, (uint64_t)a->offset);
    if (a->offset) at = LLVMBuildInBoundsGEP2(l->b, l->i8, at, &offset, 1, "");
    LLVMValueRef old = LLVMGetOperand(a->access.instr, a->access.is_store);
    if (!l->wide) v->out_of_memory |= !wr__note_same(l, a->access.instr, old, at);
    LLVMSetOperand(a->access.instr, a->access.is_store, at);
  }
}

/* Stores of the loop do not move behind what follows it. No instruction comes of this. */
static void build_barrier(wr__lower *l, LLVMBasicBlockRef exit) {
  LLVMPositionBuilderBefore(l->b, first_after_phis(exit));
  LLVMTypeRef type = LLVMFunctionType(l->void_type, NULL, 0, false);
  LLVMValueRef nothing =
      LLVMGetInlineAsm(type, "", 0, "~{memory}", 9, true, false, LLVMInlineAsmDialectATT, false);
  LLVMValueRef call = LLVMBuildCall2(l->b, type, nothing, NULL, 0, "");
  wr__lower_tag(l, call, l->tag_memory);
}

static void build_barriers(version *v) {
  FOR_BLOCKS(v, at) {
    LLVMValueRef end = LLVMGetBasicBlockTerminator(v->cfg->blocks[at].block);
    for (unsigned k = 0; k < LLVMGetNumSuccessors(end); k++) {
      LLVMBasicBlockRef to = LLVMGetSuccessor(end, k);
      if (!in_loop(v, to) && !LLVMIsAUnreachableInst(LLVMGetBasicBlockTerminator(to)))
        build_barrier(v->l, to);
    }
  }
}

static void build_versions(version *v) {
  wr__lower *l = v->l;
  LLVMValueRef enter = LLVMGetBasicBlockTerminator(v->preheader);
  LLVMPositionBuilderBefore(l->b, enter);
  LLVMValueRef holds = build_check(v);
  if (l->options->wrong_proofs) holds = LLVMConstInt(l->i1, 1, false);
  if (!copy_loop(v)) return; /* the compile fails */
  mark_copy(v);
  LLVMValueRef counter = build_counter(v);
  build_pointers(v, counter);
  free_accesses(v);
  if (v->has_stores && !l->late) build_barriers(v);
  LLVMPositionBuilderBefore(l->b, enter);
  LLVMValueRef exact = LLVMBuildNot(l->b, holds, "");
  LLVMValueRef branch = LLVMBuildCondBr(l->b, exact, copy_of_block(v, v->header), v->header);
  LLVMSetMetadata(branch, l->kind_prof, LLVMMetadataAsValue(l->context, l->unlikely));
  wr__mark_version(l, branch);
  LLVMInstructionEraseFromParent(enter);
}

/* What is left over of an unrolled or vectorised loop, for one. */
static bool is_short(const wr__trip *trip) {
  return !LLVMIsAConstantInt(trip->last) && wr__upper_bound(trip->last) < FEW_ROUNDS - 1;
}

static bool version_loop(wr__lower *l, const wr__cfg *cfg, uint32_t loop) {
  const wr__memory_decl *decl = &l->module->memories[0];
  version *v = calloc(1, sizeof *v); /* too large for a frame */
  if (!v) return false;
  v->l = v->affine.l = l;
  v->cfg = v->affine.cfg = cfg;
  v->affine.loop = loop;
  v->least_bytes = decl->limits.min << decl->page_size_log2;
  if (find_preheader(v)) {
    LLVMPositionBuilderBefore(l->b, LLVMGetBasicBlockTerminator(v->preheader));
    if (note_loop(v) && wr__affine_trip(&v->affine, &v->trip) && !is_short(&v->trip))
      build_versions(v);
  }
  bool done = !v->out_of_memory && !v->affine.out_of_memory;
  wr__affine_free(&v->affine);
  wr__pointer_map_free(&v->copies);
  free(v->copied);
  free(v->accesses);
  free(v);
  return done;
}

bool wr__version_loops(wr__lower *l, const wr__cfg *cfg) {
  for (uint32_t i = 0; i < cfg->loop_count; i++)
    if (cfg->loops[i].innermost && !version_loop(l, cfg, i)) return false;
  return true;
}
