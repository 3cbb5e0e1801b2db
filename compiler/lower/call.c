/* Calls, and the glue between the native convention and the entry that all engines have.
 *
 * A wrapper, one for each signature, is a C function wrapper(instance, slots, code): it takes
 * arguments from slots, calls code natively, and leaves the results there. An adapter goes the
 * other way: tailcc adapter(instance, function, arguments...) calls any function by its entry.
 * Calls stay native inside an instance; what crosses into another one goes by entries, which land
 * traps and exceptions. Spec: exec/instructions, calls. */
#include <stdio.h>

#include "image/format.h"
#include "lower/lower.h"

/* Of glue that takes something about the callee before the arguments. */
static LLVMTypeRef other_type(wr__lower *l, const wr__deftype *type, LLVMTypeRef callee) {
  LLVMTypeRef params[WR__MAX_PARAMS + 2];
  params[0] = l->ptr;
  params[1] = callee;
  for (uint32_t i = 0; i < type->param_count; i++)
    params[i + 2] = wr__lower_type(l, type->params[i]);
  LLVMTypeRef result = type->result_count ? wr__lower_type(l, type->results[0]) : l->void_type;
  return LLVMFunctionType(result, params, type->param_count + 2, false);
}

static LLVMTypeRef adapter_type(wr__lower *l, const wr__deftype *type) {
  return other_type(l, type, l->ptr);
}

enum { MAX_SIGNATURE = WR__MAX_PARAMS + WR__MAX_RESULTS + 8 };

LLVMValueRef wr__lower_adapter(wr__lower *l, const wr__deftype *type) {
  char name[MAX_SIGNATURE + 4] = "a.";
  wr__type_signature(type, name + 2, MAX_SIGNATURE);
  LLVMValueRef func = LLVMGetNamedFunction(l->llvm, name);
  if (func) return func;
  func = LLVMAddFunction(l->llvm, name, adapter_type(l, type));
  LLVMSetFunctionCallConv(func, l->convention);
  if (!wr__lower_batch(l)) {
    LLVMSetVisibility(func, LLVMHiddenVisibility);
  } else if (wr__grow(&l->adapter_types, &l->adapter_type_capacity, l->adapter_type_count + 1,
                      sizeof *l->adapter_types)) {
    LLVMSetLinkage(func, LLVMInternalLinkage); /* each object has those that it calls */
    l->adapter_types[l->adapter_type_count++] = type;
  } else {
    l->out_of_memory = true;
  }
  wr__lower_take_instance(l, func);
  return func;
}

/* The results of a call onto the stack: the first is the call's value, the others wait in the
 * buffer. */
static void push_results(wr__lower *l, const wr__deftype *type, LLVMValueRef first) {
  if (type->result_count) wr__lower_push(l, first);
  if (type->result_count < 2) return;
  LLVMValueRef buffer =
      wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, native_results), true);
  uint32_t slot = 0;
  for (uint32_t i = 1; i < type->result_count; i++) {
    LLVMTypeRef result = wr__lower_type(l, type->results[i]);
    wr__lower_push(l, wr__lower_load_slot(l, result, buffer, slot));
    slot += wr__lower_slots_of(l, result);
  }
}

/* A call in the native convention; a tail call returns its result at once. */
LLVMValueRef wr__lower_build_call(wr__lower *l, LLVMTypeRef type, LLVMValueRef func,
                                  LLVMValueRef *args, uint32_t count, bool tail) {
  wr__lower_mark(l, true);
  LLVMValueRef call = LLVMBuildCall2(l->b, type, func, args, count, "");
  wr__lower_mark(l, false);
  LLVMSetInstructionCallConv(call, l->convention);
  wr__lower_pass_instance(l, call);
  if (tail) {
    LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
    if (LLVMGetReturnType(type) == l->void_type)
      LLVMBuildRetVoid(l->b);
    else
      LLVMBuildRet(l->b, call);
  }
  return call;
}

static void call_defined(wr__lower *l, wr__walker *w, uint32_t func_index, bool tail) {
  const wr__deftype *type = l->module->funcs[func_index].type;
  LLVMValueRef args[WR__MAX_PARAMS + 1];
  l->stack_count -= type->param_count;
  args[0] = l->inst;
  memcpy(args + 1, &l->stack[l->stack_count], type->param_count * sizeof *args);
  LLVMValueRef call =
      wr__lower_build_call(l, wr__lower_func_type(l, type), wr__lower_func(l, func_index), args,
                           type->param_count + 1, tail);
  if (tail) return;
  wr__lower_check_exception(l, w);
  push_results(l, type, call);
}

/* A call of a function of the module, or its body in place. */
static wr_status call_direct(wr__lower *l, wr__walker *w, uint32_t func_index, bool tail) {
  if (!tail && wr__lower_may_inline(l, func_index)) return wr__lower_inline(l, func_index);
  call_defined(l, w, func_index, tail);
  return WR_OK;
}

/* A call by entry of any function. */
LLVMValueRef wr__lower_call_adapter(wr__lower *l, const wr__deftype *type, LLVMValueRef func,
                                    const LLVMValueRef *operands, bool tail) {
  LLVMValueRef args[WR__MAX_PARAMS + 2];
  args[0] = l->inst;
  args[1] = func;
  memcpy(args + 2, operands, type->param_count * sizeof *args);
  return wr__lower_build_call(l, adapter_type(l, type), wr__lower_adapter(l, type), args,
                              type->param_count + 2, tail);
}

static void call_import(wr__lower *l, wr__walker *w, uint32_t func_index, bool tail) {
  const wr__deftype *type = l->module->funcs[func_index].type;
  LLVMValueRef all =
      wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, imported_funcs), true);
  LLVMValueRef func = wr__lower_field(l, l->ptr, all, func_index * sizeof(void *), true);
  l->stack_count -= type->param_count;
  LLVMValueRef call = wr__lower_call_adapter(l, type, func, &l->stack[l->stack_count], tail);
  if (tail) return;
  wr__lower_check_exception(l, w);
  push_results(l, type, call);
}

/* The ways of a call that ended in here_block and in the open one come together. */
static void join_calls(wr__lower *l, wr__walker *w, const wr__deftype *type, LLVMValueRef here,
                       LLVMBasicBlockRef here_block, LLVMValueRef there) {
  LLVMBasicBlockRef join = wr__lower_block(l, ""), there_block = LLVMGetInsertBlock(l->b);
  LLVMBuildBr(l->b, join);
  LLVMPositionBuilderAtEnd(l->b, here_block);
  LLVMBuildBr(l->b, join);
  LLVMPositionBuilderAtEnd(l->b, join);
  LLVMValueRef first = NULL;
  if (type->result_count) {
    first = LLVMBuildPhi(l->b, LLVMTypeOf(here), "");
    LLVMValueRef values[] = {here, there};
    LLVMBasicBlockRef blocks[] = {here_block, there_block};
    LLVMAddIncoming(first, values, blocks, 2);
  }
  wr__lower_check_exception(l, w);
  push_results(l, type, first);
}

/* Calls func, a pointer that is not null and of the type: natively where it is of this instance. */
static void call_pointer(wr__lower *l, wr__walker *w, const wr__deftype *type, LLVMValueRef func,
                         bool tail) {
  LLVMValueRef args[WR__MAX_PARAMS + 1];
  l->stack_count -= type->param_count;
  args[0] = l->inst;
  memcpy(args + 1, &l->stack[l->stack_count], type->param_count * sizeof *args);
  LLVMValueRef owner = wr__lower_field(l, l->ptr, func, offsetof(wr__func, instance), false);
  LLVMBasicBlockRef away = wr__lower_block(l, "");
  wr__lower_unlikely(l, LLVMBuildICmp(l->b, LLVMIntNE, owner, l->inst, ""), away);
  LLVMValueRef code = wr__lower_field(l, l->ptr, func, offsetof(wr__func, native), false);
  if (wr__lower_batch(l)) wr__lower_unlikely(l, LLVMBuildIsNull(l->b, code, ""), away);
  LLVMTypeRef func_type = wr__lower_func_type(l, type);
  LLVMValueRef here = wr__lower_build_call(l, func_type, code, args, type->param_count + 1, tail);
  LLVMBasicBlockRef here_block = LLVMGetInsertBlock(l->b);
  LLVMPositionBuilderAtEnd(l->b, away);
  LLVMValueRef there = wr__lower_call_adapter(l, type, func, args + 1, tail);
  if (!tail) join_calls(l, w, type, here, here_block, there);
}

/* Is the function's type below the wanted one? Exactly it, in nearly all programs. */
static void check_func_type(wr__lower *l, LLVMValueRef func, uint32_t type_index) {
  const wr__deftype *wanted = l->module->types[type_index];
  LLVMValueRef types = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, types), true);
  LLVMValueRef type = wr__lower_field(l, l->ptr, types, type_index * sizeof(void *), true);
  LLVMValueRef actual = wr__lower_field(l, l->ptr, func, offsetof(wr__func, type), false);
  LLVMValueRef differs = LLVMBuildICmp(l->b, LLVMIntNE, actual, type, "");
  if (wanted->is_final) {
    wr__lower_trap_if(l, differs, WR_TRAP_INDIRECT_CALL_TYPE_MISMATCH);
    return;
  }
  LLVMBasicBlockRef slow = wr__lower_block(l, "");
  wr__lower_unlikely(l, differs, slow);
  LLVMBasicBlockRef join = LLVMGetInsertBlock(l->b);
  LLVMPositionBuilderAtEnd(l->b, slow);
  LLVMValueRef ref = LLVMBuildPtrToInt(l->b, func, l->i64, "");
  LLVMValueRef fits = wr__lower_operation(l, WR__HELPER_has_type, type_index, 0, &ref, 1, l->i32);
  wr__lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntEQ, fits, wr__c32(l, 0), ""),
                    WR_TRAP_INDIRECT_CALL_TYPE_MISMATCH);
  LLVMBuildBr(l->b, join);
  LLVMPositionBuilderAtEnd(l->b, join);
}

/* The element at an index of a table, a function that is not null and of the type. */
static LLVMValueRef load_element(wr__lower *l, uint32_t table_index, uint32_t type_index,
                                 LLVMValueRef at) {
  LLVMValueRef all = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, tables), true);
  LLVMValueRef table = wr__lower_field(l, l->ptr, all, table_index * sizeof(void *), true);
  LLVMValueRef size = wr__lower_field(l, l->i64, table, offsetof(wr__table, size), false);
  wr__lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntUGE, at, size, ""), WR_TRAP_UNDEFINED_ELEMENT);
  LLVMValueRef elems = wr__lower_field(l, l->ptr, table, offsetof(wr__table, elems), false);
  LLVMValueRef func =
      LLVMBuildLoad2(l->b, l->ptr, LLVMBuildGEP2(l->b, l->i64, elems, &at, 1, ""), "");
  wr__lower_tag(l, func, l->tag_table);
  wr__lower_trap_if(l, LLVMBuildIsNull(l->b, func, ""), WR_TRAP_UNINITIALIZED_ELEMENT);
  check_func_type(l, func, type_index);
  return func;
}

/* There is glue for each pair of a table and a type, so only the first tables have it. */
enum { TABLES_WITH_GLUE = 4 };

/* The glue for what is not plainly a function of the module and of the type: null, of another type
 * or a subtype, imported, no element at all. R f(instance, index as 64 bits, arguments...). */
static LLVMValueRef other_func(wr__lower *l, uint32_t table_index, uint32_t type_index) {
  const wr__deftype *type = l->module->types[type_index];
  char name[32];
  snprintf(name, sizeof name, "o%u.%u", table_index, wr__lower_type_index(l, type));
  LLVMValueRef func = LLVMGetNamedFunction(l->llvm, name);
  if (func) return func;
  func = LLVMAddFunction(l->llvm, name, other_type(l, type, l->i64));
  LLVMSetFunctionCallConv(func, l->convention);
  LLVMSetVisibility(func, LLVMHiddenVisibility);
  wr__lower_take_instance(l, func);
  return func;
}

static LLVMValueRef call_other(wr__lower *l, const wr__instr *instr, LLVMValueRef at,
                               const LLVMValueRef *operands) {
  const wr__deftype *type = l->module->types[instr->imm.index];
  if (instr->imm.index2 >= TABLES_WITH_GLUE) {
    LLVMValueRef callee = load_element(l, instr->imm.index2, instr->imm.index, at);
    return wr__lower_call_adapter(l, type, callee, operands, false);
  }
  LLVMValueRef args[WR__MAX_PARAMS + 2];
  args[0] = l->inst;
  args[1] = at;
  memcpy(args + 2, operands, type->param_count * sizeof *args);
  LLVMValueRef func = other_func(l, instr->imm.index2, instr->imm.index);
  return wr__lower_build_call(l, LLVMGlobalGetValueType(func), func, args, type->param_count + 2,
                              false);
}

/* The same as the last thing that a function does: its frame must still be there where it traps. */
static void tail_call_other(wr__lower *l, const wr__instr *instr, LLVMValueRef at,
                            const LLVMValueRef *operands) {
  LLVMValueRef func = load_element(l, instr->imm.index2, instr->imm.index, at);
  wr__lower_call_adapter(l, l->module->types[instr->imm.index], func, operands, true);
}

/* Each function that the call may reach has a way of its own, where it may be inlined. */
static wr_status call_targets(wr__lower *l, wr__walker *w, const wr__instr *instr, LLVMValueRef at,
                              const wr__targets *targets) {
  const wr__deftype *type = l->module->types[instr->imm.index];
  LLVMValueRef operands[WR__MAX_PARAMS];
  uint32_t height = l->stack_count -= type->param_count;
  memcpy(operands, &l->stack[height], type->param_count * sizeof *operands);
  wr__lower_frame *join = wr__lower_frame_new(l);
  if (!join) return wr__fail_oom(l->error);
  join->target = wr__lower_block(l, "");
  wr__lower_make_phis(l, join, type->results, type->result_count);
  LLVMBasicBlockRef other = wr__lower_block(l, "");
  LLVMValueRef made = LLVMBuildSwitch(l->b, at, other, targets->count);
  for (uint32_t i = 0; i < targets->count; i++) {
    LLVMBasicBlockRef block = wr__lower_block(l, "");
    LLVMAddCase(made, wr__c64(l, targets->at[i]), block);
    LLVMPositionBuilderAtEnd(l->b, block);
    memcpy(&l->stack[height], operands, type->param_count * sizeof *operands);
    l->stack_count = height + type->param_count;
    const wr__table_facts *table = &l->facts->tables[instr->imm.index2];
    WR_TRY(call_direct(l, w, table->funcs[targets->at[i]], false));
    wr__lower_leave(l, join);
  }
  LLVMPositionBuilderAtEnd(l->b, other);
  l->stack_count = height;
  LLVMValueRef there = call_other(l, instr, at, operands);
  wr__lower_check_exception(l, w);
  push_results(l, type, there);
  wr__lower_leave(l, join);
  wr__lower_enter(l, join, height);
  return WR_OK;
}

/* A few are found by comparisons, which are cheaper than a call that the processor does not
 * foresee; more of them by a jump, where no call is left. */
enum { FEW_TARGETS = 4 };

static bool has_own_ways(const wr__lower *l, const wr__table_facts *table,
                         const wr__targets *targets) {
  uint32_t funcs[WR__MAX_TARGETS];
  if (l->options->level < '2' || targets->count > WR__MAX_TARGETS) return false;
  if (targets->count <= FEW_TARGETS) return true;
  for (uint32_t i = 0; i < targets->count; i++) funcs[i] = table->funcs[targets->at[i]];
  return wr__lower_may_inline_all(l, funcs, targets->count);
}

static wr_status call_indirect(wr__lower *l, wr__walker *w, const wr__instr *instr, bool tail) {
  LLVMValueRef at = wr__lower_pop(l);
  const wr__deftype *type = l->module->types[instr->imm.index];
  if (LLVMTypeOf(at) == l->i32) at = LLVMBuildZExt(l->b, at, l->i64, "");
  const wr__table_facts *table = &l->facts->tables[instr->imm.index2];
  if (!table->fixed) {
    LLVMValueRef func = load_element(l, instr->imm.index2, instr->imm.index, at);
    call_pointer(l, w, type, func, tail);
    return WR_OK;
  }
  const wr__targets *targets = wr__facts_targets(l->facts, instr->imm.index2, type);
  if (!tail && has_own_ways(l, table, targets)) return call_targets(l, w, instr, at, targets);
  LLVMBasicBlockRef away = wr__lower_block(l, "");
  wr__lower_unlikely(l, LLVMBuildICmp(l->b, LLVMIntUGE, at, wr__c64(l, table->size), ""), away);
  LLVMValueRef code = wr__lower_fixed_code(l, instr->imm.index2, instr->imm.index, at, away);
  LLVMValueRef args[WR__MAX_PARAMS + 1];
  l->stack_count -= type->param_count;
  args[0] = l->inst;
  memcpy(args + 1, &l->stack[l->stack_count], type->param_count * sizeof *args);
  LLVMValueRef here = wr__lower_build_call(l, wr__lower_func_type(l, type), code, args,
                                           type->param_count + 1, tail);
  LLVMBasicBlockRef here_block = LLVMGetInsertBlock(l->b);
  LLVMPositionBuilderAtEnd(l->b, away);
  if (tail)
    tail_call_other(l, instr, at, args + 1);
  else
    join_calls(l, w, type, here, here_block, call_other(l, instr, at, args + 1));
  return WR_OK;
}

static void call_ref(wr__lower *l, wr__walker *w, const wr__instr *instr, bool tail) {
  LLVMValueRef func = LLVMBuildIntToPtr(l->b, wr__lower_pop(l), l->ptr, "");
  wr__lower_trap_if(l, LLVMBuildIsNull(l->b, func, ""), WR_TRAP_NULL_FUNC_REFERENCE);
  call_pointer(l, w, l->module->types[instr->imm.index], func, tail);
}

bool wr__lower_call(wr__lower *l, wr__walker *w, const wr__instr *instr, wr_status *status) {
  uint32_t index = instr->imm.index;
  bool tail = instr->op == WR__OP_return_call || instr->op == WR__OP_return_call_indirect ||
              instr->op == WR__OP_return_call_ref;
  switch (instr->op) {
    case WR__OP_call:
    case WR__OP_return_call:
      if (index < l->module->imported_funcs)
        call_import(l, w, index, tail);
      else
        *status = call_direct(l, w, index, tail);
      return true;
    case WR__OP_call_indirect:
    case WR__OP_return_call_indirect:
      *status = call_indirect(l, w, instr, tail);
      return true;
    case WR__OP_call_ref:
    case WR__OP_return_call_ref:
      call_ref(l, w, instr, tail);
      return true;
  }
  return false;
}

/* ---- Glue */

void wr__lower_begin_glue(wr__lower *l, LLVMValueRef func) {
  l->func = func;
  l->entry = LLVMAppendBasicBlockInContext(l->context, func, "");
  LLVMPositionBuilderAtEnd(l->b, l->entry);
  l->inst = LLVMGetParam(func, 0);
  l->slots = NULL;
  l->offset = 0;
}

static void build_wrapper(wr__lower *l, const wr__deftype *type, const char *name) {
  LLVMTypeRef params[] = {l->ptr, l->ptr, l->ptr};
  LLVMValueRef func =
      LLVMAddFunction(l->llvm, name, LLVMFunctionType(l->void_type, params, 3, false));
  LLVMSetVisibility(func, LLVMHiddenVisibility);
  wr__lower_begin_glue(l, func);
  LLVMValueRef slots = LLVMGetParam(func, 1), code = LLVMGetParam(func, 2);
  LLVMValueRef args[WR__MAX_PARAMS + 1] = {l->inst};
  uint32_t slot = 0;
  for (uint32_t i = 0; i < type->param_count; i++) {
    LLVMTypeRef t = wr__lower_type(l, type->params[i]);
    args[i + 1] = wr__lower_load_slot(l, t, slots, slot);
    slot += wr__lower_slots_of(l, t);
  }
  LLVMTypeRef func_type = wr__lower_func_type(l, type);
  LLVMValueRef call = LLVMBuildCall2(l->b, func_type, code, args, type->param_count + 1, "");
  LLVMSetInstructionCallConv(call, l->convention);
  wr__lower_pass_instance(l, call);
  wr__lower_finish_wrapper(l, type, call, slots);
}

void wr__lower_finish_wrapper(wr__lower *l, const wr__deftype *type, LLVMValueRef call,
                              LLVMValueRef slots) {
  uint32_t slot = l->stack_count = 0;
  push_results(l, type, call);
  for (uint32_t i = 0; i < l->stack_count; i++) {
    LLVMValueRef value = l->stack[i];
    wr__lower_store_slot(l, value, slots, slot);
    slot += wr__lower_slots_of(l, LLVMTypeOf(value));
  }
  LLVMBuildRetVoid(l->b);
}

static void build_adapter(wr__lower *l, const wr__deftype *type) {
  LLVMValueRef func = wr__lower_adapter(l, type);
  wr__lower_begin_glue(l, func);
  uint32_t slots = type->param_slots > type->result_slots ? type->param_slots : type->result_slots;
  LLVMTypeRef array = LLVMArrayType2(l->i64, slots + 1);
  LLVMValueRef base = LLVMBuildAlloca(l->b, array, "");
  uint32_t slot = 0;
  for (uint32_t i = 0; i < type->param_count; i++) {
    LLVMValueRef value = LLVMGetParam(func, i + 2);
    wr__lower_store_slot(l, value, base, slot);
    slot += wr__lower_slots_of(l, LLVMTypeOf(value));
  }
  LLVMValueRef zero = wr__c32(l, 0);
  LLVMValueRef frame = wr__lower_intrinsic(l, "llvm.frameaddress", &l->ptr, 1, &zero, 1);
  LLVMValueRef args[] = {l->inst, LLVMGetParam(func, 1), base, frame};
  wr__lower_call_helper(l, WR__HELPER_call_out, args, 4);
  l->stack_count = slot = 0;
  for (uint32_t i = 0; i < type->result_count; i++) {
    LLVMTypeRef t = wr__lower_type(l, type->results[i]);
    wr__lower_push(l, wr__lower_load_slot(l, t, base, slot));
    slot += wr__lower_slots_of(l, t);
  }
  l->type = type;
  wr__lower_return(l);
}

static wr_status grow_stack(wr__lower *l, const wr__deftype *type) {
  uint32_t need = type->result_count + 1;
  bool done = wr__grow32(&l->stack, &l->stack_capacity, need, sizeof *l->stack);
  return done ? WR_OK : wr__fail_oom(l->error);
}

/* The trap of a call through a table is that of this glue's call, which has no line. */
static wr_status build_other(wr__lower *l, uint32_t table_index, uint32_t type_index) {
  const wr__deftype *type = l->module->types[type_index];
  LLVMValueRef func = other_func(l, table_index, type_index);
  if (LLVMCountBasicBlocks(func)) return WR_OK;
  WR_TRY(grow_stack(l, type));
  wr__lower_begin_glue(l, func);
  l->slots_needed = 0;
  LLVMValueRef operands[WR__MAX_PARAMS];
  for (uint32_t i = 0; i < type->param_count; i++) operands[i] = LLVMGetParam(func, i + 2);
  LLVMValueRef callee = load_element(l, table_index, type_index, LLVMGetParam(func, 1));
  LLVMValueRef result = wr__lower_call_adapter(l, type, callee, operands, false);
  if (type->result_count)
    LLVMBuildRet(l->b, result);
  else
    LLVMBuildRetVoid(l->b);
  wr__lower_finish_slots(l);
  return WR_OK;
}

static wr_status build_others(wr__lower *l) {
  for (uint32_t t = 0; t < l->facts->table_count && t < TABLES_WITH_GLUE; t++) {
    if (!l->facts->tables[t].fixed) continue;
    for (uint32_t i = 0; i < l->module->type_count; i++)
      if (l->facts->by_pointer[i]) WR_TRY(build_other(l, t, i));
  }
  return WR_OK;
}

/* The body of wr.trap or wr.limit: the helper with the stub's arguments and its frame. */
static void build_stub(wr__lower *l, LLVMValueRef func, enum wr__helper helper) {
  wr__lower_begin_glue(l, func);
  unsigned count = LLVMCountParams(func);
  LLVMValueRef args[3], zero = wr__c32(l, 0);
  LLVMGetParams(func, args);
  args[count] = wr__lower_intrinsic(l, "llvm.frameaddress", &l->ptr, 1, &zero, 1);
  wr__lower_call_helper(l, helper, args, count + 1);
  LLVMBuildUnreachable(l->b);
}

/* Of the types of the module's own functions, which others may call. */
static wr_status build_wrappers(wr__lower *l) {
  for (uint32_t i = l->module->imported_funcs; i < l->module->func_count; i++) {
    const wr__deftype *type = l->module->funcs[i].type;
    if (!wr__lower_is_here(l, i)) continue;
    char name[MAX_SIGNATURE + 4] = "w.";
    wr__type_signature(type, name + 2, MAX_SIGNATURE);
    if (LLVMGetNamedFunction(l->llvm, name)) continue;
    WR_TRY(grow_stack(l, type));
    build_wrapper(l, type, name);
  }
  return WR_OK;
}

wr_status wr__lower_build_adapter(wr__lower *l, const wr__deftype *type) {
  if (LLVMCountBasicBlocks(wr__lower_adapter(l, type))) return WR_OK;
  WR_TRY(grow_stack(l, type));
  build_adapter(l, type);
  return WR_OK;
}

/* Of the types of imports, and of those that are called by a pointer, which may lead anywhere. */
static wr_status build_adapters(wr__lower *l) {
  for (uint32_t i = 0; i < l->module->imported_funcs; i++)
    WR_TRY(wr__lower_build_adapter(l, l->module->funcs[i].type));
  for (uint32_t i = 0; i < l->module->type_count; i++)
    if (l->facts->by_pointer[i]) WR_TRY(wr__lower_build_adapter(l, l->module->types[i]));
  return WR_OK;
}

wr_status wr__lower_glue(wr__lower *l) {
  l->di_scope = NULL;
  WR_TRY(build_wrappers(l));
  build_stub(l, wr__lower_trap_stub(l), WR__HELPER_trap);
  build_stub(l, wr__lower_limit_stub(l), WR__HELPER_limit);
  if (wr__lower_batch(l)) return wr__lower_loop_wrappers(l);
  WR_TRY(build_adapters(l));
  WR_TRY(build_others(l));
  return wr__lower_fixed_tables(l);
}
