/* Exceptions: a status that travels. A function that an exception leaves sets
 * exec->native_exception and returns; in modules with handlers, every call is followed by a look at
 * it, and each function that it leaves tells the runtime, for the backtrace. Modules without
 * handlers have no such looks: there a throw ends the activation, and whoever entered it gets the
 * exception. Spec: exec/instructions, try_table, throw; the legacy proposal. */
#include <stdlib.h>

#include "image/format.h"
#include "gc/heap.h"
#include "lower/lower.h"

static LLVMValueRef exception_field(wr__lower *l) {
  return wr__lower_at(l, l->exec, offsetof(wr__exec, native_exception));
}

/* Is the frame a try whose handlers watch what runs now? */
static bool watches(const wr__ctrl *ctrl) {
  return ctrl->op == WR__OP_try_table || ctrl->op == WR__OP_try;
}

static LLVMBasicBlockRef dispatch_of(wr__lower *l, wr__lower_frame *frame) {
  if (!frame->dispatch) frame->dispatch = wr__lower_block(l, "dispatch");
  return frame->dispatch;
}

/* Where an exception goes that is thrown at this depth: to the innermost frame that watches, or
 * out. */
static LLVMBasicBlockRef handler_block(wr__lower *l, wr__walker *w, uint32_t depth) {
  for (uint32_t i = depth; i < w->ctrl_count; i++) {
    wr__ctrl *ctrl = wr__walker_label(w, i);
    if (watches(ctrl) && ctrl->user) return dispatch_of(l, ctrl->user);
  }
  if (!l->propagate) l->propagate = wr__lower_block(l, "propagate");
  return l->propagate;
}

void wr__lower_check_exception(wr__lower *l, wr__walker *w) {
  if (!l->facts->handlers) return;
  LLVMValueRef pending = LLVMBuildLoad2(l->b, l->i64, exception_field(l), "");
  wr__lower_unlikely(l, LLVMBuildICmp(l->b, LLVMIntNE, pending, wr__c64(l, 0), ""),
                     handler_block(l, w, 0));
}

void wr__lower_finish_propagate(wr__lower *l) {
  if (!l->propagate) return;
  LLVMPositionBuilderAtEnd(l->b, l->propagate);
  LLVMValueRef zero = wr__c32(l, 0);
  LLVMValueRef args[] = {l->inst, wr__lower_intrinsic(l, "llvm.returnaddress", NULL, 0, &zero, 1)};
  wr__lower_call_helper(l, WR__HELPER_leave, args, 2);
  LLVMTypeRef result = LLVMGetReturnType(wr__lower_func_type(l, l->type));
  if (result == l->void_type)
    LLVMBuildRetVoid(l->b);
  else
    LLVMBuildRet(l->b, LLVMConstNull(result));
}

/* Ends the block: an exception on its way goes to the handlers around depth. */
static void send_on(wr__lower *l, wr__walker *w, LLVMValueRef ref, uint32_t depth) {
  LLVMBuildStore(l->b, ref, exception_field(l));
  LLVMBuildBr(l->b, handler_block(l, w, depth));
}

/* Ends the block: an exception sets out here. */
static void emit_throw(wr__lower *l, wr__walker *w, LLVMValueRef ref) {
  if (l->facts->handlers) {
    LLVMValueRef args[] = {l->inst, ref};
    wr__lower_call_helper(l, WR__HELPER_throw_in, args, 2);
    LLVMBuildBr(l->b, handler_block(l, w, 0));
    return;
  }
  LLVMValueRef zero = wr__c32(l, 0);
  LLVMValueRef frame = wr__lower_intrinsic(l, "llvm.frameaddress", &l->ptr, 1, &zero, 1);
  LLVMValueRef args[] = {l->inst, ref, frame};
  wr__lower_call_helper(l, WR__HELPER_throw_out, args, 3);
  LLVMBuildUnreachable(l->b);
}

static LLVMValueRef tag_pointer(wr__lower *l, uint32_t tag) {
  LLVMValueRef all = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, tags), true);
  return wr__lower_field(l, l->ptr, all, tag * sizeof(void *), true);
}

static LLVMValueRef has_tag(wr__lower *l, LLVMValueRef ref, uint32_t tag) {
  LLVMValueRef object = LLVMBuildIntToPtr(l->b, ref, l->ptr, "");
  LLVMValueRef its = wr__lower_field(l, l->ptr, object, offsetof(wr__exn, tag), false);
  return LLVMBuildICmp(l->b, LLVMIntEQ, its, tag_pointer(l, tag), "");
}

static void push_arguments(wr__lower *l, LLVMValueRef ref, uint32_t tag) {
  const wr__deftype *type = l->module->tags[tag].type;
  LLVMValueRef object = LLVMBuildIntToPtr(l->b, ref, l->ptr, "");
  LLVMValueRef base = wr__lower_at(l, object, offsetof(wr__exn, slots));
  uint32_t slot = 0;
  for (uint32_t i = 0; i < type->param_count; i++) {
    LLVMTypeRef t = wr__lower_type(l, type->params[i]);
    wr__lower_push(l, wr__lower_load_slot(l, t, base, slot));
    slot += wr__lower_slots_of(l, t);
  }
}

static wr_status need_stack(wr__lower *l, uint32_t more) {
  if (wr__grow32(&l->stack, &l->stack_capacity, l->stack_count + more, sizeof *l->stack))
    return WR_OK;
  return wr__fail_oom(l->error);
}

/* Takes the travelling exception. */
static LLVMValueRef take_exception(wr__lower *l) {
  LLVMValueRef ref = LLVMBuildLoad2(l->b, l->i64, exception_field(l), "");
  LLVMBuildStore(l->b, wr__c64(l, 0), exception_field(l));
  return ref;
}

/* ---- try_table */

static wr_status open_try(wr__lower *l, wr__walker *w, const wr__instr *instr) {
  wr__ctrl *ctrl = wr__walker_label(w, 0);
  wr__lower_frame *frame = wr__lower_frame_new(l);
  if (!frame) return wr__fail_oom(l->error);
  ctrl->user = frame;
  frame->target = wr__lower_block(l, "");
  wr__lower_make_phis(l, frame, ctrl->results, ctrl->result_count);
  if (instr->op != WR__OP_try_table || !instr->imm.try_table.count) return WR_OK;
  frame->catch_count = instr->imm.try_table.count;
  frame->catches = wr__alloc_array(frame->catch_count, sizeof *frame->catches);
  if (!frame->catches) return wr__fail_oom(l->error);
  memcpy(frame->catches, instr->imm.try_table.catches, frame->catch_count * sizeof *frame->catches);
  return WR_OK;
}

/* One clause: goes to its label if it catches. False: it catches all. */
static bool lower_clause(wr__lower *l, wr__walker *w, const wr__catch *clause, LLVMValueRef ref) {
  bool all = clause->kind >= 2;
  LLVMBasicBlockRef next = NULL;
  if (!all) {
    LLVMBasicBlockRef match = wr__lower_block(l, "");
    next = wr__lower_block(l, "");
    LLVMBuildCondBr(l->b, has_tag(l, ref, clause->tag), match, next);
    LLVMPositionBuilderAtEnd(l->b, match);
    push_arguments(l, ref, clause->tag);
  }
  if (clause->kind & 1) wr__lower_push(l, ref);
  wr__lower_branch(l, w, clause->label);
  if (next) LLVMPositionBuilderAtEnd(l->b, next);
  return !all;
}

/* The handlers of a try_table, once it has ended; its labels count from what is around it. */
static wr_status lower_dispatch(wr__lower *l, wr__walker *w, wr__lower_frame *frame) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
  uint32_t height = l->stack_count;
  LLVMPositionBuilderAtEnd(l->b, frame->dispatch);
  LLVMValueRef ref = take_exception(l);
  bool open = true;
  for (uint32_t i = 0; i < frame->catch_count && open; i++) {
    uint32_t more =
        frame->catches[i].kind < 2 ? l->module->tags[frame->catches[i].tag].type->param_count : 0;
    WR_TRY(need_stack(l, more + 1));
    open = lower_clause(l, w, &frame->catches[i], ref);
    l->stack_count = height;
  }
  if (open) send_on(l, w, ref, 0);
  LLVMPositionBuilderAtEnd(l->b, here);
  return WR_OK;
}

/* ---- legacy try */

static void close_part(wr__lower *l, wr__walker *w, wr__lower_frame *frame) {
  if (!w->fell_through) return;
  LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
  for (uint32_t i = 0; i < frame->phi_count; i++)
    LLVMAddIncoming(frame->phis[i], &l->stack[l->stack_count - frame->phi_count + i], &here, 1);
  frame->incoming++;
  LLVMBuildBr(l->b, frame->target);
}

/* The start of a catch clause: what fell through before goes on; here comes who matches. */
static wr_status lower_catch(wr__lower *l, wr__walker *w, const wr__instr *instr) {
  wr__ctrl *ctrl = wr__walker_label(w, 0);
  wr__lower_frame *frame = ctrl->user;
  close_part(l, w, frame);
  l->stack_count = ctrl->height;
  if (!frame->exception) {
    LLVMPositionBuilderAtEnd(l->b, dispatch_of(l, frame));
    frame->exception = take_exception(l);
  } else {
    LLVMPositionBuilderAtEnd(l->b, frame->next_clause);
  }
  if (instr->op == WR__OP_catch_all) {
    frame->next_clause = NULL;
    return WR_OK;
  }
  WR_TRY(need_stack(l, l->module->tags[instr->imm.index].type->param_count));
  LLVMBasicBlockRef match = wr__lower_block(l, "");
  frame->next_clause = wr__lower_block(l, "");
  LLVMBuildCondBr(l->b, has_tag(l, frame->exception, instr->imm.index), match, frame->next_clause);
  LLVMPositionBuilderAtEnd(l->b, match);
  push_arguments(l, frame->exception, instr->imm.index);
  return WR_OK;
}

static void enter_target(wr__lower *l, wr__lower_frame *frame, uint32_t height) {
  LLVMPositionBuilderAtEnd(l->b, frame->target);
  l->stack_count = height;
  for (uint32_t i = 0; i < frame->phi_count; i++) {
    LLVMValueRef value = frame->phis[i];
    if (!frame->incoming) {
      value = LLVMGetPoison(LLVMTypeOf(value));
      LLVMReplaceAllUsesWith(frame->phis[i], value);
      LLVMInstructionEraseFromParent(frame->phis[i]);
    }
    wr__lower_push(l, value);
  }
}

/* What no clause of a legacy try caught goes to the handlers around it, or where delegate says. */
static void pass_on(wr__lower *l, wr__walker *w, wr__lower_frame *frame, LLVMBasicBlockRef from,
                    uint32_t depth) {
  if (!from) return;
  LLVMPositionBuilderAtEnd(l->b, from);
  LLVMValueRef ref = frame->exception ? frame->exception : take_exception(l);
  send_on(l, w, ref, depth);
}

static wr_status end_try(wr__lower *l, wr__walker *w, const wr__instr *instr) {
  wr__ctrl *ctrl = &w->ended;
  wr__lower_frame *frame = ctrl->user;
  close_part(l, w, frame);
  if (ctrl->op == WR__OP_try_table) {
    enter_target(l, frame, ctrl->height);
    return frame->dispatch ? lower_dispatch(l, w, frame) : WR_OK;
  }
  if (instr->op == WR__OP_delegate)
    pass_on(l, w, frame, frame->dispatch, instr->imm.index);
  else
    pass_on(l, w, frame, frame->exception ? frame->next_clause : frame->dispatch, 0);
  enter_target(l, frame, ctrl->height);
  return WR_OK;
}

static void lower_throw(wr__lower *l, wr__walker *w, uint32_t tag) {
  uint32_t count = l->module->tags[tag].type->param_count;
  l->stack_count -= count;
  LLVMValueRef ref =
      wr__lower_operation(l, WR__HELPER_exn_new, tag, 0, &l->stack[l->stack_count], count, l->i64);
  emit_throw(l, w, ref);
}

bool wr__lower_exception(wr__lower *l, wr__walker *w, const wr__instr *instr, wr_status *status) {
  LLVMValueRef ref;
  wr__ctrl *ctrl;
  switch (instr->op) {
    case WR__OP_try_table:
    case WR__OP_try:
      *status = open_try(l, w, instr);
      return true;
    case WR__OP_catch:
    case WR__OP_catch_all:
      *status = lower_catch(l, w, instr);
      return true;
    case WR__OP_end:
      ctrl = &w->ended;
      if (!watches(ctrl) && ctrl->op != WR__OP_catch && ctrl->op != WR__OP_catch_all) return false;
      *status = end_try(l, w, instr);
      return true;
    case WR__OP_delegate:
      *status = end_try(l, w, instr);
      return true;
    case WR__OP_throw:
      lower_throw(l, w, instr->imm.index);
      return true;
    case WR__OP_throw_ref:
      ref = wr__lower_pop(l);
      wr__lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntEQ, ref, wr__c64(l, 0), ""),
                        WR_TRAP_NULL_EXCEPTION_REFERENCE);
      emit_throw(l, w, ref);
      return true;
    case WR__OP_rethrow:
      emit_throw(l, w, ((wr__lower_frame *)wr__walker_label(w, instr->imm.index)->user)->exception);
      return true;
  }
  return false;
}
