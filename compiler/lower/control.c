/* Blocks, loops, branches, returns. Spec: exec/instructions, control instructions. */
#include <stdlib.h>

#include "lower/lower.h"

wr__lower_frame *wr__lower_frame_new(wr__lower *l) {
  wr__lower_frame *frame = calloc(1, sizeof *frame);
  if (!frame) return NULL;
  frame->next_allocated = l->frames;
  l->frames = frame;
  return frame;
}

static wr__lower_frame *frame_at(wr__lower *l, wr__walker *w, uint32_t depth) {
  wr__ctrl *ctrl = wr__walker_label(w, depth);
  return ctrl->op == WR__OP_NONE ? &l->body : ctrl->user;
}

/* Phis for operands of the types, at the frame's target. */
void wr__lower_make_phis(wr__lower *l, wr__lower_frame *frame, const wr_valtype *types,
                         uint32_t count) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
  frame->phis = count ? calloc(count, sizeof *frame->phis) : NULL;
  frame->phi_count = count;
  LLVMPositionBuilderAtEnd(l->b, frame->target);
  for (uint32_t i = 0; i < count; i++)
    frame->phis[i] = LLVMBuildPhi(l->b, wr__lower_type(l, types[i]), "");
  if (here) LLVMPositionBuilderAtEnd(l->b, here);
}

/* The open block, with these operands, goes to the frame's target. */
static void add_incoming(wr__lower *l, wr__lower_frame *frame, LLVMValueRef *values) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
  for (uint32_t i = 0; i < frame->phi_count; i++)
    LLVMAddIncoming(frame->phis[i], &values[i], &here, 1);
  frame->incoming++;
}

static LLVMValueRef *top_values(wr__lower *l, uint32_t count) {
  return &l->stack[l->stack_count - count];
}

void wr__lower_leave(wr__lower *l, wr__lower_frame *frame) {
  add_incoming(l, frame, top_values(l, frame->phi_count));
  LLVMBuildBr(l->b, frame->target);
}

void wr__lower_branch(wr__lower *l, wr__walker *w, uint32_t depth) {
  wr__lower_leave(l, frame_at(l, w, depth));
}

static wr_status open_frame(wr__lower *l, wr__walker *w, const wr__instr *instr) {
  wr__ctrl *ctrl = wr__walker_label(w, 0);
  wr__lower_frame *frame = wr__lower_frame_new(l);
  if (!frame) return wr__fail_oom(l->error);
  ctrl->user = frame;
  frame->target = wr__lower_block(l, "");
  if (instr->op == WR__OP_loop) {
    wr__lower_make_phis(l, frame, ctrl->params, ctrl->param_count);
    LLVMValueRef *operands = top_values(l, ctrl->param_count);
    add_incoming(l, frame, operands);
    LLVMBuildBr(l->b, frame->target);
    wr__lower_meet_loop(l, w, frame->target);
    LLVMPositionBuilderAtEnd(l->b, frame->target);
    for (uint32_t i = 0; i < frame->phi_count; i++) operands[i] = frame->phis[i];
    return WR_OK;
  }
  wr__lower_make_phis(l, frame, ctrl->results, ctrl->result_count);
  if (instr->op != WR__OP_if) return WR_OK;
  LLVMValueRef condition = LLVMBuildICmp(l->b, LLVMIntNE, wr__lower_pop(l), wr__c32(l, 0), "");
  LLVMBasicBlockRef then = wr__lower_block(l, "");
  frame->otherwise = wr__lower_block(l, "");
  if (ctrl->param_count) {
    frame->params = calloc(ctrl->param_count, sizeof *frame->params);
    if (!frame->params) return wr__fail_oom(l->error);
    memcpy(frame->params, top_values(l, ctrl->param_count),
           ctrl->param_count * sizeof *frame->params);
  }
  LLVMBuildCondBr(l->b, condition, then, frame->otherwise);
  LLVMPositionBuilderAtEnd(l->b, then);
  return WR_OK;
}

/* Ends a part of a frame: what fell through goes to the target. */
static void close_part(wr__lower *l, wr__walker *w, wr__lower_frame *frame) {
  if (w->fell_through) wr__lower_leave(l, frame);
}

static void lower_else(wr__lower *l, wr__walker *w) {
  wr__ctrl *ctrl = wr__walker_label(w, 0);
  wr__lower_frame *frame = ctrl->user;
  close_part(l, w, frame);
  l->stack_count = ctrl->height;
  for (uint32_t i = 0; i < ctrl->param_count; i++) wr__lower_push(l, frame->params[i]);
  LLVMPositionBuilderAtEnd(l->b, frame->otherwise);
}

void wr__lower_enter(wr__lower *l, wr__lower_frame *frame, uint32_t height) {
  LLVMMoveBasicBlockAfter(frame->target, LLVMGetLastBasicBlock(l->func));
  LLVMPositionBuilderAtEnd(l->b, frame->target);
  l->stack_count = height;
  for (uint32_t i = 0; i < frame->phi_count; i++) {
    LLVMValueRef value = frame->phis[i];
    if (!frame->incoming) { /* nobody comes here */
      value = LLVMGetPoison(LLVMTypeOf(frame->phis[i]));
      LLVMReplaceAllUsesWith(frame->phis[i], value);
      LLVMInstructionEraseFromParent(frame->phis[i]);
    }
    wr__lower_push(l, value);
  }
}

void wr__lower_return(wr__lower *l) {
  const wr__deftype *type = l->type;
  LLVMValueRef *values = top_values(l, type->result_count);
  if (type->result_count > 1) {
    LLVMValueRef buffer =
        wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, native_results), true);
    uint32_t slot = 0;
    for (uint32_t i = 1; i < type->result_count; i++) {
      wr__lower_store_slot(l, values[i], buffer, slot);
      slot += wr__lower_slots_of(l, LLVMTypeOf(values[i]));
    }
  }
  if (type->result_count)
    LLVMBuildRet(l->b, values[0]);
  else
    LLVMBuildRetVoid(l->b);
}

/* Nobody comes behind the end of a loop that always goes elsewhere, but the walker goes on there.
 */
static void enter_dead_code(wr__lower *l, const wr__ctrl *ctrl) {
  LLVMPositionBuilderAtEnd(l->b, wr__lower_block(l, ""));
  l->stack_count = ctrl->height;
  for (uint32_t i = 0; i < ctrl->result_count; i++)
    wr__lower_push(l, LLVMGetPoison(wr__lower_type(l, ctrl->results[i])));
}

static void lower_end(wr__lower *l, wr__walker *w) {
  wr__ctrl *ctrl = &w->ended;
  wr__lower_frame *frame = ctrl->op == WR__OP_NONE ? &l->body : ctrl->user;
  if (ctrl->op == WR__OP_loop) {
    if (!w->fell_through) enter_dead_code(l, ctrl);
    return; /* else what follows is the same block */
  }
  close_part(l, w, frame);
  if (ctrl->op == WR__OP_if) { /* no else: parameters are results */
    LLVMPositionBuilderAtEnd(l->b, frame->otherwise);
    add_incoming(l, frame, frame->params);
    LLVMBuildBr(l->b, frame->target);
  }
  wr__lower_enter(l, frame, ctrl->height);
  if (ctrl->op != WR__OP_NONE || l->inlined) return;
  if (frame->incoming)
    wr__lower_return(l);
  else
    LLVMBuildUnreachable(l->b);
}

static void lower_br_if(wr__lower *l, wr__walker *w, LLVMValueRef condition, uint32_t depth) {
  wr__lower_frame *frame = frame_at(l, w, depth);
  LLVMBasicBlockRef next = wr__lower_block(l, "");
  add_incoming(l, frame, top_values(l, frame->phi_count));
  LLVMBuildCondBr(l->b, condition, frame->target, next);
  LLVMPositionBuilderAtEnd(l->b, next);
}

/* Each distinct label gets a block that goes on to it, so that phis have one entry for it. */
static wr_status lower_br_table(wr__lower *l, wr__walker *w, const wr__instr *instr) {
  uint32_t count = instr->imm.table.count;
  LLVMValueRef index = wr__lower_pop(l);
  LLVMBasicBlockRef *blocks = wr__alloc_array(w->ctrl_count, sizeof *blocks);
  if (!blocks) return wr__fail_oom(l->error);
  LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
  for (uint32_t i = 0; i <= count; i++) {
    uint32_t depth = instr->imm.table.targets[i];
    if (blocks[depth]) continue;
    blocks[depth] = wr__lower_block(l, "");
    LLVMPositionBuilderAtEnd(l->b, blocks[depth]);
    wr__lower_branch(l, w, depth);
  }
  LLVMPositionBuilderAtEnd(l->b, here);
  LLVMBasicBlockRef otherwise = blocks[instr->imm.table.targets[count]];
  LLVMValueRef made = LLVMBuildSwitch(l->b, index, otherwise, count);
  for (uint32_t i = 0; i < count; i++) {
    LLVMBasicBlockRef block = blocks[instr->imm.table.targets[i]];
    if (block != otherwise) LLVMAddCase(made, wr__c32(l, i), block);
  }
  free(blocks);
  return WR_OK;
}

bool wr__lower_control(wr__lower *l, wr__walker *w, const wr__instr *instr, wr_status *status) {
  LLVMValueRef condition;
  switch (instr->op) {
    case WR__OP_block:
    case WR__OP_loop:
    case WR__OP_if:
      *status = open_frame(l, w, instr);
      return true;
    case WR__OP_else:
      lower_else(l, w);
      return true;
    case WR__OP_end:
      lower_end(l, w);
      return true;
    case WR__OP_br:
      wr__lower_branch(l, w, instr->imm.index);
      return true;
    case WR__OP_br_if:
      condition = LLVMBuildICmp(l->b, LLVMIntNE, wr__lower_pop(l), wr__c32(l, 0), "");
      lower_br_if(l, w, condition, instr->imm.index);
      return true;
    case WR__OP_br_table:
      *status = lower_br_table(l, w, instr);
      return true;
    case WR__OP_return:
      if (l->inlined)
        wr__lower_leave(l, &l->body);
      else
        wr__lower_return(l);
      return true;
    case WR__OP_unreachable:
      wr__lower_trap(l, wr__c32(l, WR_TRAP_UNREACHABLE));
      return true;
    case WR__OP_br_on_null:
      condition = LLVMBuildICmp(l->b, LLVMIntEQ, wr__lower_pop(l), wr__c64(l, 0), "");
      LLVMValueRef ref = l->stack[l->stack_count];
      lower_br_if(l, w, condition, instr->imm.index);
      wr__lower_push(l, ref);
      return true;
    case WR__OP_br_on_non_null:
      condition = LLVMBuildICmp(l->b, LLVMIntNE, l->stack[l->stack_count - 1], wr__c64(l, 0), "");
      lower_br_if(l, w, condition, instr->imm.index);
      wr__lower_pop(l);
      return true;
  }
  return false;
}
