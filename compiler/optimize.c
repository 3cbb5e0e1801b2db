/* LLVM's passes, and then the polls: at every back edge that is left, a look at the interrupt flag.
 * They come last so that no loop optimisation sees them. */
#include <stdio.h>
#include <stdlib.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "image/format.h"
#include "lower.h"

/* ---- Back edges: a block seen, and whether it is on the path of the search. */

typedef struct block_state {
  LLVMBasicBlockRef block;
  bool on_path;
} block_state;

typedef struct edge {
  LLVMBasicBlockRef from, to;
} edge;

typedef struct search {
  block_state *table; /* a hash table of a power of two */
  size_t table_size;
  struct path_entry {
    LLVMBasicBlockRef block;
    unsigned next;
  } *path;
  edge *edges;
  size_t edge_count, edge_capacity;
} search;

static block_state *find_state(search *s, LLVMBasicBlockRef block) {
  size_t mask = s->table_size - 1;
  size_t at = ((uintptr_t)block >> 4) * 0x9e3779b97f4a7c15u >> 20 & mask;
  while (s->table[at].block && s->table[at].block != block) at = (at + 1) & mask;
  return &s->table[at];
}

static bool add_edge(search *s, LLVMBasicBlockRef from, LLVMBasicBlockRef to) {
  for (size_t i = s->edge_count; i-- > 0 && s->edges[i].from == from;)
    if (s->edges[i].to == to) return true;
  if (!wr__grow(&s->edges, &s->edge_capacity, s->edge_count + 1, sizeof *s->edges)) return false;
  s->edges[s->edge_count++] = (edge){from, to};
  return true;
}

static bool enter_block(search *s, size_t *depth, LLVMBasicBlockRef block) {
  block_state *state = find_state(s, block);
  if (state->block) return false;
  *state = (block_state){block, true};
  s->path[*depth].block = block;
  s->path[*depth].next = 0;
  (*depth)++;
  return true;
}

/* Depth first: an edge to a block on the path closes a cycle, and every cycle has one. */
static bool find_back_edges(search *s, LLVMValueRef func) {
  size_t depth = 0;
  enter_block(s, &depth, LLVMGetEntryBasicBlock(func));
  while (depth) {
    LLVMBasicBlockRef block = s->path[depth - 1].block;
    LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
    if (s->path[depth - 1].next == LLVMGetNumSuccessors(end)) {
      find_state(s, block)->on_path = false;
      depth--;
      continue;
    }
    LLVMBasicBlockRef to = LLVMGetSuccessor(end, s->path[depth - 1].next++);
    if (enter_block(s, &depth, to)) continue;
    if (find_state(s, to)->on_path && !add_edge(s, block, to)) return false;
  }
  return true;
}

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

static void poll_edges(wr__lower *l, const search *s) {
  if (!s->edge_count) return;
  LLVMBasicBlockRef stop = LLVMAppendBasicBlockInContext(l->context, l->func, "interrupt");
  for (size_t i = 0; i < s->edge_count; i++) insert_poll(l, s->edges[i].from, s->edges[i].to, stop);
  LLVMPositionBuilderAtEnd(l->b, stop);
  LLVMValueRef zero = wr__c32(l, 0);
  LLVMValueRef frame = wr__lower_intrinsic(l, "llvm.frameaddress", &l->ptr, 1, &zero, 1);
  LLVMValueRef args[] = {l->inst, wr__c32(l, l->offset), frame};
  wr__lower_call_helper(l, WR__HELPER_limit, args, 3);
  LLVMBuildUnreachable(l->b);
}

static bool poll_func(wr__lower *l, LLVMValueRef func) {
  size_t blocks = LLVMCountBasicBlocks(func);
  search s = {.table_size = 16};
  while (s.table_size < blocks * 2) s.table_size *= 2;
  s.table = wr__alloc_array(s.table_size, sizeof *s.table);
  s.path = wr__alloc_array(blocks + 1, sizeof *s.path);
  bool done = s.table && s.path && find_back_edges(&s, func);
  if (done) {
    l->func = func;
    l->inst = LLVMGetParam(func, 0);
    poll_edges(l, &s);
  }
  free(s.table);
  free(s.path);
  free(s.edges);
  return done;
}

/* Functions of the module: those with a subprogram. Glue has no loops. */
static bool poll_all(wr__lower *l) {
  l->di_scope = NULL;
  LLVMSetCurrentDebugLocation2(l->b, NULL);
  for (LLVMValueRef f = LLVMGetFirstFunction(l->llvm); f; f = LLVMGetNextFunction(f)) {
    LLVMMetadataRef scope = LLVMIsDeclaration(f) ? NULL : LLVMGetSubprogram(f);
    if (!scope) continue;
    uint32_t index = (uint32_t)strtoul(LLVMGetValueName(f) + 1, NULL, 10);
    l->offset = l->module->funcs[index].code_offset;
    l->di_scope = scope;
    if (!poll_func(l, f)) return false;
  }
  return true;
}

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

wr_status wr__optimize(wr__lower *l, LLVMTargetMachineRef machine) {
  WR_TRY(dump(l, "lowered"));
#ifndef NDEBUG
  char *why = NULL;
  if (LLVMVerifyModule(l->llvm, LLVMReturnStatusAction, &why))
    return wr__fail(l->error, WR_UNSUPPORTED, WR_NO_OFFSET, "LLVM rejects the code: %s", why);
  LLVMDisposeMessage(why);
#endif
  LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
  LLVMPassBuilderOptionsSetLoopVectorization(options, l->options->level >= '2');
  LLVMPassBuilderOptionsSetSLPVectorization(options, l->options->level >= '2');
  LLVMErrorRef failure = LLVMRunPasses(l->llvm, pipeline(l->options->level), machine, options);
  LLVMDisposePassBuilderOptions(options);
  if (failure) {
    char *message = LLVMGetErrorMessage(failure);
    wr_status status = wr__fail(l->error, WR_UNSUPPORTED, WR_NO_OFFSET, "LLVM: %s", message);
    LLVMDisposeErrorMessage(message);
    return status;
  }
  if (l->options->polls && !poll_all(l)) return wr__fail_oom(l->error);
  return dump(l, "optimized");
}
