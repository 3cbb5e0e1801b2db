/* LLVM's passes, and then the polls: at every back edge that is left, a look at the interrupt flag.
 * They come last so that no loop optimisation sees them. */
#include <stdio.h>
#include <stdlib.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "access.h"
#include "image/format.h"
#include "lower.h"

/* ---- Polls */

/* The phis of `to` see `poll` where they saw `from`, once. */
static void redirect_phis(wr__lower *l, LLVMBasicBlockRef from, LLVMBasicBlockRef to,
                          LLVMBasicBlockRef poll) {
  LLVMValueRef next;
  for (LLVMValueRef phi = LLVMGetFirstInstruction(to); phi && LLVMIsAPHINode(phi); phi = next) {
    next = LLVMGetNextInstruction(phi);
    LLVMPositionBuilderBefore(l->b, phi);
    LLVMValueRef made = LLVMBuildPhi(l->b, LLVMTypeOf(phi), "");
    bool moved = false;
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
      LLVMValueRef value = LLVMGetIncomingValue(phi, i);
      LLVMBasicBlockRef block = LLVMGetIncomingBlock(phi, i);
      if (block == from && moved) continue;
      if (block == from) {
        block = poll;
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
  redirect_phis(l, from, to, poll);
  LLVMPositionBuilderAtEnd(l->b, poll);
  LLVMValueRef flag_at =
      wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, interrupt), true);
  LLVMValueRef flag = wr__lower_field(l, l->i32, flag_at, 0, false);
  LLVMSetVolatile(flag, true);
  LLVMValueRef set = LLVMBuildICmp(l->b, LLVMIntNE, flag, wr__c32(l, 0), "");
  LLVMValueRef branch = LLVMBuildCondBr(l->b, set, stop, to);
  LLVMSetMetadata(branch, l->kind_prof, LLVMMetadataAsValue(l->context, l->unlikely));
}

static void poll_edges(wr__lower *l, const wr__cfg *cfg) {
  LLVMBasicBlockRef stop = NULL;
  for (uint32_t to = 0; to < cfg->count; to++) {
    uint32_t last = WR__CFG_NONE;
    for (uint32_t k = 0; k < cfg->blocks[to].pred_count; k++) {
      uint32_t from = cfg->preds[cfg->blocks[to].first_pred + k];
      if (from < to || from == last) continue; /* forward, or twice the same */
      last = from;
      if (!stop) stop = LLVMAppendBasicBlockInContext(l->context, l->func, "interrupt");
      insert_poll(l, cfg->blocks[from].block, cfg->blocks[to].block, stop);
    }
  }
  if (!stop) return;
  LLVMPositionBuilderAtEnd(l->b, stop);
  LLVMValueRef zero = wr__c32(l, 0);
  LLVMValueRef frame = wr__lower_intrinsic(l, "llvm.frameaddress", &l->ptr, 1, &zero, 1);
  LLVMValueRef args[] = {l->inst, wr__c32(l, l->offset), frame};
  wr__lower_call_helper(l, WR__HELPER_limit, args, 3);
  LLVMBuildUnreachable(l->b);
}

/* Every cycle has an edge that does not go forward in reverse postorder. */
static bool poll_func(wr__lower *l, LLVMValueRef func) {
  wr__cfg cfg;
  if (!wr__cfg_init(&cfg, func)) return false;
  l->func = func;
  l->inst = LLVMGetParam(func, 0);
  poll_edges(l, &cfg);
  wr__cfg_free(&cfg);
  return true;
}

/* Functions of the module: those with a subprogram. Glue has no loops and no accesses. */
static bool each_func(wr__lower *l, bool (*step)(wr__lower *l, LLVMValueRef func)) {
  l->di_scope = NULL;
  LLVMSetCurrentDebugLocation2(l->b, NULL);
  for (LLVMValueRef f = LLVMGetFirstFunction(l->llvm); f; f = LLVMGetNextFunction(f)) {
    LLVMMetadataRef scope = LLVMIsDeclaration(f) ? NULL : LLVMGetSubprogram(f);
    if (!scope) continue;
    uint32_t index = (uint32_t)strtoul(LLVMGetValueName(f) + 1, NULL, 10);
    l->offset = l->module->funcs[index].code_offset;
    l->di_scope = scope;
    if (!step(l, f)) return false;
  }
  return true;
}

/* What can be shown of accesses at this point: LLVM may do more with them. */
static bool free_func(wr__lower *l, LLVMValueRef func) {
  wr__cfg cfg;
  if (!wr__cfg_init(&cfg, func)) return false;
  l->func = func;
  l->inst = LLVMGetParam(func, 0);
  bool done = wr__relax_loads(l, &cfg) && wr__version_loops(l, &cfg);
  wr__cfg_free(&cfg);
  return done;
}

/* So that values have one name, loops a preheader and one latch, and exits phis. */
static const char prepare[] =
    "function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,simplifycfg,"
    "early-cse,loop-simplify,lcssa,loop-mssa(loop-rotate,licm),instcombine<no-verify-fixpoint>,"
    "simplifycfg,loop-simplify,lcssa)";

static const char *pipeline(char level) {
  switch (level) {
    case '0':
      return "function(mem2reg)";
    case '1':
      return "function(sroa,early-cse,simplifycfg,instcombine<no-verify-fixpoint>,simplifycfg,"
             "reassociate,"
             "loop-mssa(loop-rotate,licm),gvn,instcombine<no-verify-fixpoint>,simplifycfg)";
    case '3':
      return "default<O3>";
    case 's':
      return "default<Os>";
    default:
      return "default<O2>";
  }
}

static wr_status dump(wr__lower *l, const char *when) {
  if (!l->options->dump) return WR_OK;
  char path[512], *message = NULL;
  snprintf(path, sizeof path, "%s.%s.ll", l->options->dump, when);
  if (!LLVMPrintModuleToFile(l->llvm, path, &message)) return WR_OK;
  wr_status status = wr__fail(l->error, WR_IO, WR_NO_OFFSET, "%s", message);
  LLVMDisposeMessage(message);
  return status;
}

static wr_status run_passes(wr__lower *l, LLVMTargetMachineRef machine, const char *passes) {
  LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
  LLVMPassBuilderOptionsSetLoopVectorization(options, l->options->level >= '2');
  LLVMPassBuilderOptionsSetSLPVectorization(options, l->options->level >= '2');
  LLVMErrorRef failure = LLVMRunPasses(l->llvm, passes, machine, options);
  LLVMDisposePassBuilderOptions(options);
  if (!failure) return WR_OK;
  char *message = LLVMGetErrorMessage(failure);
  wr_status status = wr__fail(l->error, WR_UNSUPPORTED, WR_NO_OFFSET, "LLVM: %s", message);
  LLVMDisposeErrorMessage(message);
  return status;
}

wr_status wr__optimize(wr__lower *l, LLVMTargetMachineRef machine) {
  WR_TRY(dump(l, "lowered"));
#ifndef NDEBUG
  char *why = NULL;
  if (LLVMVerifyModule(l->llvm, LLVMReturnStatusAction, &why))
    return wr__fail(l->error, WR_UNSUPPORTED, WR_NO_OFFSET, "LLVM rejects the code: %s", why);
  LLVMDisposeMessage(why);
#endif
  if (l->options->level >= '2' && l->guarded && !l->module->memories[0].limits.shared) {
    WR_TRY(run_passes(l, machine, prepare));
    if (!each_func(l, free_func)) return wr__fail_oom(l->error);
    WR_TRY(dump(l, "freed"));
  }
  WR_TRY(run_passes(l, machine, pipeline(l->options->level)));
  if (l->options->polls && !each_func(l, poll_func)) return wr__fail_oom(l->error);
  return dump(l, "optimized");
}
