/* References: null, functions, tests and casts, i31. A reference is an i64 as store/store.h says.
 * Spec: exec/instructions, reference instructions. */
#include "image/format.h"
#include "lower/lower.h"

static LLVMValueRef is_null(wr__lower *l, LLVMValueRef ref) {
  return LLVMBuildICmp(l->b, LLVMIntEQ, ref, wr__c64(l, 0), "");
}

static LLVMValueRef func_ref(wr__lower *l, uint32_t index) {
  const wr__module *m = l->module;
  LLVMValueRef pointer;
  if (index < m->imported_funcs) {
    LLVMValueRef all =
        wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, imported_funcs), true);
    pointer = wr__lower_field(l, l->ptr, all, index * sizeof(void *), true);
  } else {
    size_t at = offsetof(wr__instance, funcs) + (index - m->imported_funcs) * sizeof(wr__func);
    pointer = wr__lower_at(l, l->inst, at);
  }
  return LLVMBuildPtrToInt(l->b, pointer, l->i64, "");
}

/* Objects of the host's have no type, but a number there all the same. */
static wr__object_kind kind_of(const wr__deftype *type) {
  return type->comp == WR__COMP_FUNC     ? WR__OBJECT_FUNC
         : type->comp == WR__COMP_STRUCT ? WR__OBJECT_STRUCT
                                         : WR__OBJECT_ARRAY;
}

/* Is ref a pointer to an object of exactly the type? Goes to `otherwise` unless it is a pointer. */
static LLVMValueRef is_exactly(wr__lower *l, LLVMValueRef ref, const wr__deftype *defined,
                               LLVMBasicBlockRef otherwise) {
  uint32_t type_index = wr__lower_type_index(l, defined);
  LLVMValueRef low = LLVMBuildAnd(l->b, ref, wr__c64(l, 1), "");
  LLVMValueRef is_i31 = LLVMBuildICmp(l->b, LLVMIntNE, low, wr__c64(l, 0), "");
  LLVMBasicBlockRef look = wr__lower_block(l, "");
  LLVMBuildCondBr(l->b, LLVMBuildOr(l->b, is_i31, is_null(l, ref), ""), otherwise, look);
  LLVMPositionBuilderAtEnd(l->b, look);
  LLVMValueRef types = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, types), true);
  LLVMValueRef type = wr__lower_field(l, l->ptr, types, type_index * sizeof(void *), true);
  LLVMValueRef wanted = wr__lower_field(l, l->i32, type, offsetof(wr__deftype, id), true);
  LLVMValueRef object = LLVMBuildIntToPtr(l->b, ref, l->ptr, "");
  LLVMValueRef actual = wr__lower_field(l, l->i32, object, offsetof(wr__object, type_id), false);
  LLVMValueRef kind = wr__lower_field(l, l->i8, object, offsetof(wr__object, kind), false);
  LLVMValueRef same_kind =
      LLVMBuildICmp(l->b, LLVMIntEQ, kind, LLVMConstInt(l->i8, kind_of(defined), false), "");
  return LLVMBuildAnd(l->b, same_kind, LLVMBuildICmp(l->b, LLVMIntEQ, actual, wanted, ""), "");
}

static LLVMValueRef ask_runtime(wr__lower *l, LLVMValueRef ref, uint32_t heap, bool nullable) {
  LLVMValueRef found = wr__lower_operation(l, WR__HELPER_ref_test, heap, nullable, &ref, 1, l->i32);
  return LLVMBuildICmp(l->b, LLVMIntNE, found, wr__c32(l, 0), "");
}

/* Is ref a value of the type? As an i1. Most casts are to just what the object is: that is seen
 * here, the rest by the runtime. */
static LLVMValueRef matches(wr__lower *l, LLVMValueRef ref, wr_valtype type) {
  uint32_t heap = wr_valtype_heap(type), nullable = (type & 0xff) == WR_REF_NULL;
  if (heap < WR_HEAP_DEFINED) return ask_runtime(l, ref, heap, nullable);
  const wr__deftype *defined = wr__type_get(l->module->engine->types, heap - WR_HEAP_DEFINED);
  uint32_t type_index = wr__lower_type_index(l, defined);
  LLVMBasicBlockRef otherwise = wr__lower_block(l, ""), join = wr__lower_block(l, "");
  LLVMValueRef same = is_exactly(l, ref, defined, otherwise);
  LLVMBasicBlockRef same_block = LLVMGetInsertBlock(l->b);
  LLVMBuildCondBr(l->b, same, join, otherwise);
  LLVMPositionBuilderAtEnd(l->b, otherwise);
  LLVMValueRef found = ask_runtime(l, ref, WR_HEAP_DEFINED + type_index, nullable);
  LLVMBasicBlockRef found_block = LLVMGetInsertBlock(l->b);
  LLVMBuildBr(l->b, join);
  LLVMPositionBuilderAtEnd(l->b, join);
  LLVMValueRef result = LLVMBuildPhi(l->b, l->i1, "");
  LLVMValueRef values[] = {same, found};
  LLVMBasicBlockRef blocks[] = {same_block, found_block};
  LLVMAddIncoming(result, values, blocks, 2);
  return result;
}

static void lower_cast(wr__lower *l, wr_valtype type) {
  LLVMValueRef ref = l->stack[l->stack_count - 1];
  LLVMValueRef fails = LLVMBuildNot(l->b, matches(l, ref, type), "");
  wr__lower_trap_if(l, fails, WR_TRAP_CAST_FAILURE);
}

/* Spec: br_on_cast, br_on_cast_fail: the reference stays on the stack on both ways. */
static void lower_br_on_cast(wr__lower *l, wr__walker *w, const wr__instr *instr) {
  LLVMValueRef found = matches(l, l->stack[l->stack_count - 1], instr->imm.cast.to);
  LLVMBasicBlockRef taken = wr__lower_block(l, ""), next = wr__lower_block(l, "");
  bool on_fail = instr->op == WR__OP_br_on_cast_fail;
  LLVMBuildCondBr(l->b, found, on_fail ? next : taken, on_fail ? taken : next);
  LLVMPositionBuilderAtEnd(l->b, taken);
  wr__lower_branch(l, w, instr->imm.cast.label);
  LLVMPositionBuilderAtEnd(l->b, next);
}

static void lower_i31(wr__lower *l, uint16_t op) {
  LLVMValueRef value = wr__lower_pop(l);
  if (op == WR__OP_ref_i31) {
    value = LLVMBuildShl(l->b, value, wr__c32(l, 1), "");
    value = LLVMBuildOr(l->b, value, wr__c32(l, 1), "");
    wr__lower_push(l, LLVMBuildZExt(l->b, value, l->i64, ""));
    return;
  }
  wr__lower_trap_if(l, is_null(l, value), WR_TRAP_NULL_I31_REFERENCE);
  value = LLVMBuildTrunc(l->b, value, l->i32, "");
  LLVMOpcode shift = op == WR__OP_i31_get_s ? LLVMAShr : LLVMLShr;
  wr__lower_push(l, LLVMBuildBinOp(l->b, shift, value, wr__c32(l, 1), ""));
}

bool wr__lower_reference(wr__lower *l, wr__walker *w, const wr__instr *instr) {
  LLVMValueRef a, b;
  switch (instr->op) {
    case WR__OP_ref_null:
      wr__lower_push(l, wr__c64(l, 0));
      return true;
    case WR__OP_ref_is_null:
      wr__lower_push(l, LLVMBuildZExt(l->b, is_null(l, wr__lower_pop(l)), l->i32, ""));
      return true;
    case WR__OP_ref_func:
      wr__lower_push(l, func_ref(l, instr->imm.index));
      return true;
    case WR__OP_ref_eq:
      b = wr__lower_pop(l);
      a = wr__lower_pop(l);
      wr__lower_push(l, LLVMBuildZExt(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, a, b, ""), l->i32, ""));
      return true;
    case WR__OP_ref_as_non_null:
      wr__lower_trap_if(l, is_null(l, l->stack[l->stack_count - 1]), WR_TRAP_NULL_REFERENCE);
      return true;
    case WR__OP_ref_test:
    case WR__OP_ref_test_null:
      a = matches(l, wr__lower_pop(l), instr->imm.type);
      wr__lower_push(l, LLVMBuildZExt(l->b, a, l->i32, ""));
      return true;
    case WR__OP_ref_cast:
    case WR__OP_ref_cast_null:
      lower_cast(l, instr->imm.type);
      return true;
    case WR__OP_br_on_cast:
    case WR__OP_br_on_cast_fail:
      lower_br_on_cast(l, w, instr);
      return true;
    case WR__OP_any_convert_extern:
    case WR__OP_extern_convert_any:
      return true;
    case WR__OP_ref_i31:
    case WR__OP_i31_get_s:
    case WR__OP_i31_get_u:
      lower_i31(l, instr->op);
      return true;
  }
  return wr__lower_aggregate(l, instr);
}
