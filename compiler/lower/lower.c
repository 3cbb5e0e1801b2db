/* The walk over a partition's functions: each instruction goes to the file of its kind. */
#include <stdio.h>
#include <stdlib.h>

#include "lower/lower.h"

static wr_status fail_unsupported(wr__lower *l, uint16_t op) {
  wr_status status = wr__fail(l->error, WR_UNSUPPORTED, l->offset, "%s cannot be compiled yet",
                              wr__opinfos[op].text);
  if (l->error) l->error->func_index = l->func_index;
  return status;
}

wr_status wr__lower_visit(void *context, wr__walker *w, const wr__instr *instr) {
  wr__lower *l = context;
  l->offset = instr->offset;
  uint32_t need = w->stack_count > l->stack_count ? w->stack_count : l->stack_count;
  if (!wr__grow32(&l->stack, &l->stack_capacity, need + 8, sizeof *l->stack))
    return wr__fail_oom(l->error);
  wr_status status = WR_OK;
  if (wr__lower_variable(l, w, instr) || wr__lower_numeric(l, instr) || wr__lower_memory(l, instr))
    return WR_OK;
  if (wr__lower_exception(l, w, instr, &status) || wr__lower_control(l, w, instr, &status))
    return status;
  if (wr__lower_call(l, w, instr, &status)) return status;
  if (wr__lower_reference(l, w, instr)) return WR_OK;
  if (wr__lower_simd(l, instr) || wr__lower_atomic(l, instr)) return WR_OK;
  return fail_unsupported(l, instr->op);
}

static void free_frames(wr__lower *l) {
  while (l->frames) {
    wr__lower_frame *next = l->frames->next_allocated;
    free(l->frames->phis);
    free(l->frames->params);
    free(l->frames->catches);
    free(l->frames);
    l->frames = next;
  }
  free(l->body.phis);
  memset(&l->body, 0, sizeof l->body);
}

/* LLVM wants allocas in the entry. Leaves the builder in front of what was there. */
static LLVMValueRef new_local(wr__lower *l, LLVMTypeRef type) {
  LLVMValueRef first = LLVMGetFirstInstruction(l->entry);
  if (first)
    LLVMPositionBuilderBefore(l->b, first);
  else
    LLVMPositionBuilderAtEnd(l->b, l->entry);
  return LLVMBuildAlloca(l->b, type, "");
}

LLVMValueRef wr__lower_local(wr__lower *l, uint32_t index) {
  if (l->locals[index]) return l->locals[index];
  LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
  l->locals[index] = new_local(l, l->local_types[index]);
  LLVMBuildStore(l->b, wr__lower_zero(l->local_types[index]), l->locals[index]);
  LLVMPositionBuilderAtEnd(l->b, here);
  return l->locals[index];
}

/* A parameter, or a local of a body that stands in another: it starts as this value each time. */
void wr__lower_start_local(wr__lower *l, uint32_t index, LLVMValueRef value) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
  l->locals[index] = new_local(l, l->local_types[index]);
  LLVMPositionBuilderAtEnd(l->b, here);
  LLVMBuildStore(l->b, value, l->locals[index]);
}

wr_status wr__lower_locals(wr__lower *l, const wr__walker *w, const LLVMValueRef *params) {
  uint32_t capacity = l->local_capacity;
  if (w->local_count > capacity) {
    if (!wr__grow32(&l->locals, &l->local_capacity, w->local_count, sizeof *l->locals))
      return wr__fail_oom(l->error);
    LLVMTypeRef *types = realloc(l->local_types, l->local_capacity * sizeof *types);
    if (!types) return wr__fail_oom(l->error);
    l->local_types = types;
  }
  for (uint32_t i = 0; i < w->local_count; i++) {
    LLVMTypeRef type = l->local_types[i] = wr__lower_type(l, w->locals[i]);
    l->locals[i] = NULL; /* most functions with very many locals use few of them */
    if (l->frame && !l->inlined) continue; /* wr__lower_start_loop_locals */
    if (i < l->type->param_count)
      wr__lower_start_local(l, i, params[i]);
    else if (l->inlined)
      wr__lower_start_local(l, i, wr__lower_zero(type));
  }
  return WR_OK;
}

static void describe_func(wr__lower *l) {
  size_t size;
  const char *name = LLVMGetValueName2(l->func, &size);
  LLVMMetadataRef scope =
      LLVMDIBuilderCreateFunction(l->di, l->di_file, name, size, NULL, 0, l->di_file, 1,
                                  l->di_func_type, false, true, 1, LLVMDIFlagZero, true);
  LLVMSetSubprogram(l->func, scope);
  l->di_scope = scope;
}

/* The visitor starts when the walker has the locals; this is called at the first visit. */
typedef struct body_walk {
  wr__lower *l;
  bool started;
} body_walk;

static wr_status start_body(wr__lower *l, wr__walker *w) {
  l->entry = LLVMAppendBasicBlockInContext(l->context, l->func, "");
  LLVMPositionBuilderAtEnd(l->b, l->entry);
  l->inst = LLVMGetParam(l->func, 0);
  l->slots = NULL;
  l->slots_needed = 0;
  l->stack_count = 0;
  l->propagate = NULL;
  l->offset = l->module->funcs[l->func_index].code_offset;
  LLVMValueRef params[WR__MAX_PARAMS];
  l->frame = l->loop ? LLVMGetParam(l->func, 1) : NULL;
  for (uint32_t i = 0; !l->loop && i < l->type->param_count; i++)
    params[i] = LLVMGetParam(l->func, i + 1);
  WR_TRY(wr__lower_locals(l, w, params));
  if (l->loop) wr__lower_start_loop_locals(l, w);
  l->exec = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, exec), true);
  l->memory_base = l->guarded ? wr__lower_memory_base(l) : NULL;
  l->body.target = wr__lower_block(l, "return");
  wr__lower_make_phis(l, &l->body, l->type->results, l->type->result_count);
  if (l->loop) wr__lower_leave_loop_entry(l);
  return WR_OK;
}

static wr_status visit_body(void *context, wr__walker *w, const wr__instr *instr) {
  body_walk *walk = context;
  if (!walk->started) {
    walk->started = true;
    WR_TRY(start_body(walk->l, w));
  }
  return wr__lower_visit(walk->l, w, instr);
}

void wr__lower_finish_slots(wr__lower *l) {
  if (!l->slots) return;
  LLVMPositionBuilderBefore(l->b, LLVMGetFirstInstruction(l->entry));
  LLVMValueRef real = LLVMBuildAlloca(l->b, LLVMArrayType2(l->i64, l->slots_needed), "slots");
  LLVMSetAlignment(real, 16);
  LLVMReplaceAllUsesWith(l->slots, real);
  LLVMInstructionEraseFromParent(l->slots);
  l->slots = NULL;
}

/* The function, or from a loop on. */
static wr_status lower_body(wr__lower *l, wr__walker *walker, uint32_t func_index, uint32_t loop) {
  l->func_index = func_index;
  l->loop = loop;
  l->type = l->module->funcs[func_index].type;
  l->func = loop ? wr__lower_loop_func(l, func_index, loop) : wr__lower_func(l, func_index);
  l->inline_budget = wr__lower_inline_budget(l);
  describe_func(l);
  body_walk walk = {l, false};
  wr__visitor visitor = {visit_body, &walk};
  wr_status status = wr__walk_func(walker, func_index, &visitor);
  if (status == WR_OK) {
    wr__lower_finish_propagate(l);
    wr__lower_finish_slots(l);
  }
  free_frames(l);
  l->di_scope = NULL;
  l->loop = 0;
  l->frame = NULL;
  if (l->loop_entry) LLVMDeleteFunction(l->func); /* there is no way in */
  l->loop_entry = NULL;
  return status;
}

static wr_status lower_func(wr__lower *l, wr__walker *walker, uint32_t func_index) {
  const wr__batch *batch = wr__lower_batch(l);
  if (!batch) return lower_body(l, walker, func_index, 0);
  const wr__image_want *want = wr__batch_find(batch, func_index);
  const wr__image_want *end = batch->wants + batch->count;
  for (; want && want < end && want->func_index == func_index; want++)
    WR_TRY(lower_body(l, walker, func_index, want->loop));
  return WR_OK;
}

static bool is_in_part(const wr__part *part, uint32_t func_index) {
  if (!wr__batch_has(part->options->batch, func_index)) return false;
  if (part->which == WR__PART_ALL) return true;
  bool is_plain = part->efforts[func_index - part->partition->first] == WR__EFFORT_NONE;
  return is_plain == (part->which == WR__PART_PLAIN);
}

wr_status wr__lower_funcs(wr__lower *l) {
  const wr__partition *partition = l->part->partition;
  wr__walker walker;
  wr__walker_init(&walker, l->module, l->error);
  wr_status status = WR_OK;
  wr__lower_start_places(l, partition->index);
  for (uint32_t i = partition->first; i < partition->end && status == WR_OK; i++)
    if (is_in_part(l->part, i)) status = lower_func(l, &walker, i);
  if (l->out_of_memory) status = wr__fail_oom(l->error);
  wr__walker_free(&walker);
  if (status == WR_OK && partition->index == 0 && l->part->which != WR__PART_PLAIN)
    status = wr__lower_glue(l);
  if (status == WR_OK && wr__lower_batch(l)) status = wr__lower_absent(l);
  return status;
}
