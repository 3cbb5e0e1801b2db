/* Batches: what is different where an image has some functions of a module alone, made while the
 * others run in the interpreter.
 *
 * A function that is not here is called through the instance, which knows whether another image has
 * it by now. A way into a loop is a function of its own that the interpreter enters at the loop's
 * next round: lowered as a whole, with the loop as its start, so that what comes before the loop is
 * not reached and goes away. The locals come from the frame of the interpreter. */
#include <stdio.h>

#include "interp/code.h"
#include "lower/lower.h"

bool wr__lower_is_here(const wr__lower *l, uint32_t func_index) {
  return wr__batch_has(wr__lower_batch(l), func_index);
}

/* ---- Functions that are elsewhere */

static void end_call(wr__lower *l, const wr__deftype *type, LLVMValueRef call) {
  if (type->result_count)
    LLVMBuildRet(l->b, call);
  else
    LLVMBuildRetVoid(l->b);
}

/* Native code that another image has, or by the entry. With tail calls nothing stays on the stack:
 * the function may be what a tail call goes to. */
static void build_absent(wr__lower *l, uint32_t func_index) {
  const wr__deftype *type = l->module->funcs[func_index].type;
  LLVMValueRef func = l->funcs[func_index];
  LLVMSetVisibility(func, LLVMDefaultVisibility);
  LLVMSetLinkage(func, LLVMInternalLinkage);
  wr__lower_begin_glue(l, func);
  LLVMValueRef args[WR__MAX_PARAMS + 1];
  LLVMGetParams(func, args);
  size_t place = offsetof(wr__instance, funcs) +
                 (size_t)(func_index - l->module->imported_funcs) * sizeof(wr__func);
  LLVMValueRef callee = wr__lower_at(l, l->inst, place);
  LLVMValueRef code = wr__lower_field(l, l->ptr, callee, offsetof(wr__func, native), false);
  LLVMBasicBlockRef away = wr__lower_block(l, "");
  wr__lower_unlikely(l, LLVMBuildIsNull(l->b, code, ""), away);
  wr__lower_build_call(l, wr__lower_func_type(l, type), code, args, type->param_count + 1, true);
  LLVMPositionBuilderAtEnd(l->b, away);
  bool tail = l->facts->tail_calls;
  LLVMValueRef call = wr__lower_call_adapter(l, type, callee, args + 1, tail);
  if (!tail) end_call(l, type, call);
}

wr_status wr__lower_absent(wr__lower *l) {
  l->di_scope = NULL;
  for (uint32_t i = l->module->imported_funcs; i < l->module->func_count; i++)
    if (l->funcs[i] && !wr__lower_is_here(l, i)) build_absent(l, i);
  for (size_t i = 0; i < l->adapter_type_count; i++)
    WR_TRY(wr__lower_build_adapter(l, l->adapter_types[i]));
  return l->out_of_memory ? wr__fail_oom(l->error) : WR_OK;
}

/* ---- Ways into loops */

static LLVMTypeRef loop_type(wr__lower *l, const wr__deftype *type) {
  LLVMTypeRef params[] = {l->ptr, l->ptr};
  LLVMTypeRef result = type->result_count ? wr__lower_type(l, type->results[0]) : l->void_type;
  return LLVMFunctionType(result, params, 2, false);
}

LLVMValueRef wr__lower_loop_func(wr__lower *l, uint32_t func_index, uint32_t loop) {
  char name[32];
  snprintf(name, sizeof name, "x%u.%u", func_index, loop);
  LLVMValueRef func =
      LLVMAddFunction(l->llvm, name, loop_type(l, l->module->funcs[func_index].type));
  LLVMSetFunctionCallConv(func, l->convention);
  LLVMSetVisibility(func, LLVMHiddenVisibility);
  wr__lower_take_instance(l, func);
  wr__lower_enum_attribute(l, func, 1, "dereferenceable", offsetof(wr__instance, funcs));
  wr__lower_enum_attribute(l, func, 1, "align", 8);
  return func;
}

void wr__lower_start_loop_locals(wr__lower *l, const wr__walker *w) {
  uint32_t slot = 0;
  for (uint32_t i = 0; i < w->local_count; i++) {
    if (i == l->type->param_count) slot = wr__link_slot(l->type) + WR__LINK_SLOTS;
    LLVMTypeRef type = l->local_types[i];
    wr__lower_start_local(l, i, wr__lower_load_slot(l, type, l->frame, slot));
    slot += wr__lower_slots_of(l, type);
  }
}

void wr__lower_leave_loop_entry(wr__lower *l) {
  l->loop_entry = LLVMGetInsertBlock(l->b);
  LLVMPositionBuilderAtEnd(l->b, wr__lower_block(l, ""));
}

/* Operands would have to come from their slots too, and an exception that is being handled from
 * where it is kept: such loops have no way in. */
static bool can_enter(const wr__lower *l, wr__walker *w) {
  if (l->stack_count) return false;
  for (uint32_t i = 0; i < w->ctrl_count; i++) {
    uint16_t op = wr__walker_label(w, i)->op;
    if (op == WR__OP_try || op == WR__OP_catch || op == WR__OP_catch_all) return false;
  }
  return true;
}

void wr__lower_meet_loop(wr__lower *l, wr__walker *w, LLVMBasicBlockRef target) {
  if (!l->loop_entry || l->inlined || l->offset != l->loop || !can_enter(l, w)) return;
  LLVMPositionBuilderAtEnd(l->b, l->loop_entry);
  LLVMBuildBr(l->b, target);
  l->loop_entry = NULL;
}

static void build_loop_wrapper(wr__lower *l, const wr__deftype *type, const char *name) {
  LLVMTypeRef params[] = {l->ptr, l->ptr, l->ptr};
  LLVMValueRef func =
      LLVMAddFunction(l->llvm, name, LLVMFunctionType(l->void_type, params, 3, false));
  LLVMSetVisibility(func, LLVMHiddenVisibility);
  wr__lower_begin_glue(l, func);
  LLVMValueRef frame = LLVMGetParam(func, 1), args[] = {l->inst, frame};
  LLVMValueRef call = LLVMBuildCall2(l->b, loop_type(l, type), LLVMGetParam(func, 2), args, 2, "");
  LLVMSetInstructionCallConv(call, l->convention);
  wr__lower_pass_instance(l, call);
  wr__lower_finish_wrapper(l, type, call, frame);
}

wr_status wr__lower_loop_wrappers(wr__lower *l) {
  const wr__batch *batch = wr__lower_batch(l);
  for (uint32_t i = 0; i < batch->count; i++) {
    if (!batch->wants[i].loop) continue;
    const wr__deftype *type = l->module->funcs[batch->wants[i].func_index].type;
    char name[WR__MAX_PARAMS + WR__MAX_RESULTS + 16] = "y.";
    wr__type_signature(type, name + 2, sizeof name - 2);
    if (LLVMGetNamedFunction(l->llvm, name)) continue;
    bool done = wr__grow32(&l->stack, &l->stack_capacity, type->result_count + 1, sizeof *l->stack);
    if (!done) return wr__fail_oom(l->error);
    build_loop_wrapper(l, type, name);
  }
  return WR_OK;
}
