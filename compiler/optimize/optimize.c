/* LLVM's passes, and what is done between them and after them to each function. */
#include <stdio.h>
#include <stdlib.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "image/format.h"
#include "optimize/access.h"
#include "optimize/effort.h"
#include "optimize/optimize.h"

/* Functions of the module: those with a subprogram. Glue has no loops and no accesses. */
static bool each_func(wr__lower *l, bool (*step)(wr__lower *l, LLVMValueRef func)) {
  l->di_scope = NULL;
  LLVMSetCurrentDebugLocation2(l->b, NULL);
  for (LLVMValueRef f = LLVMGetFirstFunction(l->llvm); f; f = LLVMGetNextFunction(f)) {
    LLVMMetadataRef scope = LLVMIsDeclaration(f) ? NULL : LLVMGetSubprogram(f);
    if (!scope) continue;
    uint32_t index = 0;
    (void)wr__lower_func_index(f, &index);
    l->offset = l->module->funcs[index].code_offset;
    l->di_scope = scope;
    l->func_index = index;
    if (!step(l, f)) return false;
  }
  return true;
}

/* What can be shown of accesses at this point: LLVM may do more with them. */
static bool free_func(wr__lower *l, LLVMValueRef func) {
  wr__cfg cfg;
  l->func = func;
  l->inst = LLVMGetParam(func, 0);
  if (!wr__cfg_init(&cfg, func)) return false;
  bool done = wr__relax_loads(l, &cfg);
  if (done && l->options->level != 's')
    done = wr__search_loops(l, &cfg) && wr__version_loops(l, &cfg);
  wr__cfg_free(&cfg);
  if (done) wr__check_proofs(l);
  if (l->late) wr__check_accesses(l);
  return done;
}

/* Pipelines of our own: what LLVM's have for whole programs of another front end costs more time
 * than it gains here, and looking through calls would take the instance from functions that read it
 * only once they are finished. */
#define COMBINE "instcombine<no-verify-fixpoint>,"
#define CLEAN "simplifycfg<switch-range-to-icmp>,"

/* So that values have one name, loops a preheader and one latch, and exits phis. */
static const char prepare[] =
    "function(early-cse<memssa>," CLEAN COMBINE CLEAN
    "early-cse,loop-simplify,lcssa,loop-mssa(loop-rotate,licm)," COMBINE CLEAN
    "loop-simplify,lcssa)";

static const char plain[] = "function(mem2reg)";

static const char promote[] = "function(sroa)";
static const char promote_reached[] = "function(simplifycfg,sroa)";

static const char quick[] = "function(early-cse<memssa>," CLEAN COMBINE CLEAN
                            "loop-mssa(loop-rotate,licm),early-cse<memssa>," COMBINE "simplifycfg)";

#define THREAD "jump-threading,correlated-propagation," CLEAN

#define SCALAR                                                                           \
  "reassociate,loop-mssa(loop-instsimplify,loop-simplifycfg,licm,"                       \
  "simple-loop-unswitch<nontrivial;trivial>)," CLEAN COMBINE                             \
  "loop(indvars,loop-deletion,loop-unroll-full),gvn,sccp,bdce,adce,dse,loop-mssa(licm)," \
  "simplifycfg<switch-range-to-icmp>," COMBINE

#define LOOP_VECTOR                   \
  "loop(loop-rotate),loop-vectorize," \
  "simplifycfg<forward-switch-cond;switch-range-to-icmp;switch-to-lookup;no-keep-loops>"

#define LAST "loop-mssa(licm),loop-sink,instsimplify,div-rem-pairs,simplifycfg"

/* Up to where one of two versions of a loop may be given up. */
static const char versioned[] = "function(" THREAD SCALAR LOOP_VECTOR ")";
static const char versioned_less[] = "function(" SCALAR LOOP_VECTOR ")";
static const char straight[] = "function(slp-vectorizer,vector-combine," COMBINE "simplifycfg)";
static const char thorough[] = "function(simplifycfg,loop-unroll<O3>," LAST ")";
static const char normal[] = "function(simplifycfg,loop-unroll<O2>," LAST ")";
static const char small[] = "function(" THREAD SCALAR LAST ")";
static const char small_less[] = "function(" SCALAR LAST ")";

static const char *pipeline(char level) {
  switch (level) {
    case '0':
      return plain;
    case '1':
      return quick;
    case '3':
      return thorough;
    case 's':
      return small;
    default:
      return normal;
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

static wr_status run_all(wr__lower *l, LLVMTargetMachineRef machine, const char *passes) {
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

/* The passes for functions of full effort, and those for functions of less. */
static wr_status run_each(wr__lower *l, LLVMTargetMachineRef machine, const char *full,
                          const char *less) {
  if (!l->has_less) return run_all(l, machine, full);
  wr__effort_mask(l, WR__EFFORT_LESS);
  WR_TRY(run_all(l, machine, less));
  wr__effort_mask(l, WR__EFFORT_FULL);
  WR_TRY(run_all(l, machine, full));
  wr__effort_mask(l, WR__EFFORT_NONE);
  return WR_OK;
}

static wr_status run_passes(wr__lower *l, LLVMTargetMachineRef machine, const char *passes) {
  return run_each(l, machine, passes, passes);
}

static wr_status run_last(wr__lower *l, LLVMTargetMachineRef machine) {
  const char *passes = pipeline(l->options->level);
  return run_each(l, machine, passes, passes == small ? small_less : passes);
}

wr_status wr__optimize(wr__lower *l, LLVMTargetMachineRef machine) {
  WR_TRY(dump(l, "lowered"));
#ifndef NDEBUG
  char *why = NULL;
  if (LLVMVerifyModule(l->llvm, LLVMReturnStatusAction, &why))
    return wr__fail(l->error, WR_UNSUPPORTED, WR_NO_OFFSET, "LLVM rejects the code: %s", why);
  LLVMDisposeMessage(why);
#endif
  if (l->options->level != '0') {
    WR_TRY(run_all(l, machine, l->options->batch ? promote_reached : promote));
    if (!each_func(l, wr__effort_find)) return wr__fail_oom(l->error);
    if (l->must_split) return WR_OK;
    if (!each_func(l, wr__quiet_operands)) return wr__fail_oom(l->error);
  }
  bool is_guarded = l->guarded && !l->module->memories[0].limits.shared;
  bool is_free = l->options->level >= '2' && (is_guarded || l->late);
  if (is_free) {
    WR_TRY(run_passes(l, machine, prepare));
    if (!each_func(l, free_func)) return wr__fail_oom(l->error);
    WR_TRY(dump(l, "freed"));
  }
  if (l->options->level == '2' || l->options->level == '3') {
    WR_TRY(run_each(l, machine, versioned, versioned_less));
    (void)each_func(l, wr__quiet_relax);
    (void)each_func(l, wr__split_straight_code);
    WR_TRY(run_passes(l, machine, straight));
    WR_TRY(dump(l, "versioned"));
    if (is_free && !each_func(l, wr__settle_versions)) return wr__fail_oom(l->error);
  }
  WR_TRY(run_last(l, machine));
  if (!each_func(l, wr__quiet_settle) || !each_func(l, wr__finish_func))
    return wr__fail_oom(l->error);
  (void)each_func(l, wr__split_blocks);
  return dump(l, "optimized");
}
