/* What LLVM's optimisation must not see, since it would be in the way of it: the look at the
 * stack's end in prologues, and polls of the interrupt flag at back edges.
 *
 * An interrupt moves the stack's end, so prologues poll too, and a loop that calls in each round a
 * function that looks needs no poll of its own. Functions that call nothing have no prologue check
 * unless their frame may be large: what is left below the stack's end has room for them. */
#include <stdlib.h>

#include "image/format.h"
#include "optimize/cfg.h"
#include "optimize/optimize.h"

/* Frames up to here fit below the stack's end, with what helpers need. */
enum { SMALL_FRAME_BYTES = 64 << 10 };

/* ---- The frame */

static uint64_t size_of(wr__lower *l, LLVMTypeRef type) {
  return LLVMABISizeOfType(LLVMGetModuleDataLayout(l->llvm), type);
}

/* No frame is larger: every value spilled, twice over for what instruction selection adds. */
static uint64_t most_frame_bytes(wr__lower *l, LLVMValueRef func) {
  uint64_t total = 1024;
  for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(func); b; b = LLVMGetNextBasicBlock(b))
    for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
      if (LLVMIsAAllocaInst(i))
        total += size_of(l, LLVMGetAllocatedType(i)) + 16;
      else if (LLVMTypeOf(i) != l->void_type)
        total += 2 * (size_of(l, LLVMTypeOf(i)) + 8);
    }
  return total;
}

static LLVMBasicBlockRef make_limit(wr__lower *l, LLVMValueRef func) {
  LLVMBasicBlockRef block = LLVMAppendBasicBlockInContext(l->context, func, "limit");
  LLVMPositionBuilderAtEnd(l->b, block);
  wr__lower_limit(l);
  return block;
}

/* A new entry, with the old one's allocas, which LLVM wants there. */
static LLVMBasicBlockRef make_entry(wr__lower *l, LLVMValueRef func) {
  LLVMBasicBlockRef old = LLVMGetEntryBasicBlock(func);
  LLVMBasicBlockRef entry = LLVMInsertBasicBlockInContext(l->context, old, "");
  LLVMPositionBuilderAtEnd(l->b, entry);
  LLVMValueRef next;
  for (LLVMValueRef i = LLVMGetFirstInstruction(old); i; i = next) {
    next = LLVMGetNextInstruction(i);
    if (!LLVMIsAAllocaInst(i)) continue;
    LLVMInstructionRemoveFromParent(i);
    LLVMInsertIntoBuilder(l->b, i);
  }
  return entry;
}

/* Below the limit there is no room, or an interrupt waits. */
static void build_check(wr__lower *l, LLVMValueRef func, uint64_t frame_bytes,
                        LLVMBasicBlockRef stop) {
  LLVMBasicBlockRef old = LLVMGetEntryBasicBlock(func);
  LLVMBasicBlockRef entry = make_entry(l, func);
  if (!stop) stop = make_limit(l, func);
  LLVMPositionBuilderAtEnd(l->b, entry);
  LLVMValueRef zero = wr__c32(l, 0);
  LLVMValueRef frame = wr__lower_intrinsic(l, "llvm.frameaddress", &l->ptr, 1, &zero, 1);
  LLVMValueRef exec = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, exec), true);
  LLVMValueRef limit = wr__lower_field(l, l->i64, exec, offsetof(wr__exec, native_limit), false);
  LLVMSetVolatile(limit, true);
  if (frame_bytes > SMALL_FRAME_BYTES) {
    LLVMValueRef args[] = {limit, wr__c64(l, frame_bytes)};
    limit = wr__lower_intrinsic(l, "llvm.uadd.sat", &l->i64, 1, args, 2);
  }
  LLVMValueRef at = LLVMBuildPtrToInt(l->b, frame, l->i64, "");
  LLVMValueRef below = LLVMBuildICmp(l->b, LLVMIntULT, at, limit, "");
  LLVMValueRef branch = LLVMBuildCondBr(l->b, below, stop, old);
  LLVMSetMetadata(branch, l->kind_prof, LLVMMetadataAsValue(l->context, l->unlikely));
}

/* Nothing in it traps, calls or is polled: nobody looks for its frame. */
static bool needs_no_frame(LLVMValueRef func) {
  for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(func); b; b = LLVMGetNextBasicBlock(b))
    for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
      bool access = LLVMIsALoadInst(i) || LLVMIsAStoreInst(i);
      if (access ? LLVMGetVolatile(i) : LLVMIsACallInst(i) != NULL) return false;
    }
  return true;
}

/* ---- Polls */

static bool comes_from(LLVMValueRef phi, LLVMBasicBlockRef block) {
  for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
    if (LLVMGetIncomingBlock(phi, i) == block) return true;
  return false;
}

void wr__redirect_phis(wr__lower *l, LLVMBasicBlockRef from, LLVMBasicBlockRef to,
                       LLVMBasicBlockRef by, bool once) {
  LLVMValueRef next;
  for (LLVMValueRef phi = LLVMGetFirstInstruction(to); phi && LLVMIsAPHINode(phi); phi = next) {
    next = LLVMGetNextInstruction(phi);
    if (!comes_from(phi, from)) return;
    LLVMPositionBuilderBefore(l->b, phi);
    LLVMValueRef made = LLVMBuildPhi(l->b, LLVMTypeOf(phi), "");
    bool moved = false;
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
      LLVMValueRef value = LLVMGetIncomingValue(phi, i);
      LLVMBasicBlockRef block = LLVMGetIncomingBlock(phi, i);
      if (block == from && moved && once) continue;
      if (block == from) {
        block = by;
        moved = true;
      }
      LLVMAddIncoming(made, &value, &block, 1);
    }
    LLVMReplaceAllUsesWith(phi, made);
    LLVMInstructionEraseFromParent(phi);
  }
}

static void insert_poll(wr__lower *l, LLVMBasicBlockRef from, LLVMBasicBlockRef to,
                        LLVMBasicBlockRef stop) {
  LLVMBasicBlockRef poll = LLVMAppendBasicBlockInContext(l->context, l->func, "poll");
  LLVMMoveBasicBlockAfter(poll, from);
  LLVMValueRef end = LLVMGetBasicBlockTerminator(from);
  for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++)
    if (LLVMGetSuccessor(end, i) == to) LLVMSetSuccessor(end, i, poll);
  wr__redirect_phis(l, from, to, poll, true);
  LLVMPositionBuilderAtEnd(l->b, poll);
  LLVMValueRef flag_at =
      wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, interrupt), true);
  LLVMValueRef flag = wr__lower_field(l, l->i32, flag_at, 0, false);
  LLVMSetVolatile(flag, true);
  LLVMValueRef set = LLVMBuildICmp(l->b, LLVMIntNE, flag, wr__c32(l, 0), "");
  LLVMValueRef branch = LLVMBuildCondBr(l->b, set, stop, to);
  LLVMSetMetadata(branch, l->kind_prof, LLVMMetadataAsValue(l->context, l->unlikely));
}

/* Does the block call a function of the module that looks at the stack's end? */
static bool block_polls(wr__lower *l, LLVMBasicBlockRef block) {
  for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) {
    if (!LLVMIsACallInst(i)) continue;
    LLVMValueRef callee = LLVMGetCalledValue(i);
    uint32_t index;
    if (LLVMIsAFunction(callee) && wr__lower_func_index(callee, &index) && l->facts->calls[index] &&
        wr__lower_is_here(l, index))
      return true;
  }
  return false;
}

/* For each block the nearest that polls of those on every way to it, itself included, or
 * WR__CFG_NONE. NULL when out of memory. */
static uint32_t *find_polling(wr__lower *l, const wr__cfg *cfg) {
  uint32_t *nearest = wr__alloc_array(cfg->count, sizeof *nearest);
  for (uint32_t i = 0; nearest && i < cfg->count; i++) {
    bool polls = block_polls(l, cfg->blocks[i].block);
    nearest[i] = polls ? i : i ? nearest[cfg->blocks[i].idom] : WR__CFG_NONE;
  }
  return nearest;
}

/* Is there a block that polls on every way from `to` to `from`? */
static bool edge_polls(const wr__cfg *cfg, const uint32_t *nearest, uint32_t from, uint32_t to) {
  return wr__cfg_dominates(cfg, to, from) && nearest[from] != WR__CFG_NONE &&
         wr__cfg_dominates(cfg, to, nearest[from]);
}

/* Every cycle has an edge that does not go forward in reverse postorder. *stop is where polls go,
 * or NULL. False when out of memory. */
static bool poll_edges(wr__lower *l, const wr__cfg *cfg, LLVMBasicBlockRef *stop) {
  uint32_t *nearest = find_polling(l, cfg);
  if (!nearest) return false;
  for (uint32_t to = 0; to < cfg->count; to++) {
    uint32_t last = WR__CFG_NONE;
    for (uint32_t k = 0; k < cfg->blocks[to].pred_count; k++) {
      uint32_t from = cfg->preds[cfg->blocks[to].first_pred + k];
      if (from < to || from == last) continue; /* forward, or twice the same */
      last = from;
      if (edge_polls(cfg, nearest, from, to)) continue;
      if (!*stop) *stop = make_limit(l, l->func);
      insert_poll(l, cfg->blocks[from].block, cfg->blocks[to].block, *stop);
    }
  }
  free(nearest);
  return true;
}

bool wr__finish_func(wr__lower *l, LLVMValueRef func) {
  wr__cfg cfg;
  if (!wr__cfg_init(&cfg, func)) return false;
  l->func = func;
  l->inst = LLVMGetParam(func, 0);
  wr__place_merged(l, func);
  wr__place_folded_loads(func);
  uint64_t frame_bytes = most_frame_bytes(l, func);
  LLVMBasicBlockRef stop = NULL;
  bool done = !l->options->polls || poll_edges(l, &cfg, &stop);
  wr__cfg_free(&cfg);
  if (!done) return false;
  bool check = l->facts->calls[l->func_index] || frame_bytes > SMALL_FRAME_BYTES;
  if (check) build_check(l, func, frame_bytes, stop);
  bool bare = !check && needs_no_frame(func);
  wr__lower_attribute(l, func, "frame-pointer", bare ? "none" : "all");
  return true;
}
