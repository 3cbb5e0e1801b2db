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

/* ---- Tests and casts. Each part that looks at an object leaves its answer, an i1, in the open
 * block. */

static LLVMValueRef join(wr__lower *l, LLVMBasicBlockRef block, LLVMValueRef *values,
                         LLVMBasicBlockRef *from, unsigned count) {
  LLVMPositionBuilderAtEnd(l->b, block);
  LLVMValueRef result = LLVMBuildPhi(l->b, l->i1, "");
  LLVMAddIncoming(result, values, from, count);
  return result;
}

static LLVMValueRef ask_runtime(wr__lower *l, LLVMValueRef ref, uint32_t type_index) {
  LLVMValueRef found = wr__lower_operation(l, WR__HELPER_has_type, type_index, 0, &ref, 1, l->i32);
  return LLVMBuildICmp(l->b, LLVMIntNE, found, wr__c32(l, 0), "");
}

static LLVMValueRef has_kind(wr__lower *l, LLVMValueRef object, wr__object_kind kind) {
  LLVMValueRef actual = wr__lower_field(l, l->i8, object, offsetof(wr__object, kind), false);
  return LLVMBuildICmp(l->b, LLVMIntEQ, actual, LLVMConstInt(l->i8, kind, false), "");
}

/* Is the type of that number, which is not wanted itself, declared below wanted? Types that came
 * after this instance the runtime knows. */
static LLVMValueRef is_below(wr__lower *l, LLVMValueRef ref, LLVMValueRef id, LLVMValueRef wanted,
                             const wr__deftype *type) {
  uint32_t type_index = wr__lower_type_index(l, type);
  if (type->depth >= WR__NEAR_SUPERTYPES) return ask_runtime(l, ref, type_index);
  LLVMBasicBlockRef ask = wr__lower_block(l, ""), done = wr__lower_block(l, "");
  LLVMValueRef count =
      wr__lower_field(l, l->i32, l->inst, offsetof(wr__instance, type_record_count), true);
  wr__lower_unlikely(l, LLVMBuildICmp(l->b, LLVMIntUGE, id, count, ""), ask);
  LLVMValueRef records =
      wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, type_records), true);
  LLVMValueRef index = LLVMBuildZExt(l->b, id, l->i64, "");
  LLVMValueRef at = LLVMBuildGEP2(l->b, l->ptr, records, &index, 1, "");
  LLVMValueRef record = wr__lower_field(l, l->ptr, at, 0, true);
  uint64_t place = offsetof(wr__deftype, near_display) + type->depth * sizeof(uint32_t);
  LLVMValueRef super = wr__lower_field(l, l->i32, record, place, true);
  LLVMValueRef values[] = {LLVMBuildICmp(l->b, LLVMIntEQ, super, wanted, ""), NULL};
  LLVMBasicBlockRef from[] = {LLVMGetInsertBlock(l->b), NULL};
  LLVMBuildBr(l->b, done);
  LLVMPositionBuilderAtEnd(l->b, ask);
  values[1] = ask_runtime(l, ref, type_index);
  from[1] = LLVMGetInsertBlock(l->b);
  LLVMBuildBr(l->b, done);
  return join(l, done, values, from, 2);
}

/* Is the object of a defined type? Most are of exactly the type that is asked for. */
static LLVMValueRef has_type(wr__lower *l, LLVMValueRef ref, LLVMValueRef object,
                             const wr__deftype *type) {
  LLVMValueRef wanted = wr__lower_type_id(l, type);
  LLVMValueRef id = wr__lower_field(l, l->i32, object, offsetof(wr__object, type_id), false);
  LLVMValueRef same = LLVMBuildICmp(l->b, LLVMIntEQ, id, wanted, "");
  if (type->is_final) return same;
  LLVMBasicBlockRef look = wr__lower_block(l, ""), done = wr__lower_block(l, "");
  LLVMValueRef values[] = {LLVMConstInt(l->i1, 1, false), NULL};
  LLVMBasicBlockRef from[] = {LLVMGetInsertBlock(l->b), NULL};
  LLVMBuildCondBr(l->b, same, done, look);
  LLVMPositionBuilderAtEnd(l->b, look);
  values[1] = is_below(l, ref, id, wanted, type);
  from[1] = LLVMGetInsertBlock(l->b);
  LLVMBuildBr(l->b, done);
  return join(l, done, values, from, 2);
}

/* Is the object one of an abstract heap type between a top and a bottom? */
static LLVMValueRef has_heap(wr__lower *l, LLVMValueRef object, uint32_t heap) {
  if (heap == WR_HEAP_I31) return LLVMConstInt(l->i1, 0, false);
  LLVMValueRef is_struct = has_kind(l, object, WR__OBJECT_STRUCT);
  LLVMValueRef is_array = has_kind(l, object, WR__OBJECT_ARRAY);
  if (heap == WR_HEAP_STRUCT) return is_struct;
  return heap == WR_HEAP_ARRAY ? is_array : LLVMBuildOr(l->b, is_struct, is_array, "");
}

/* Is ref a value of the type? As an i1. Validation keeps the hierarchies apart, so that all but
 * null is of the top of its own. Spec: exec/values, reference typing. */
static LLVMValueRef matches(wr__lower *l, LLVMValueRef ref, wr_valtype type) {
  uint32_t heap = wr_valtype_heap(type);
  bool nullable = (type & 0xff) == WR_REF_NULL;
  const wr__typereg *types = l->module->engine->types;
  LLVMValueRef null = is_null(l, ref);
  if (heap == wr__heaptype_top(types, heap))
    return nullable ? LLVMConstInt(l->i1, 1, false) : LLVMBuildNot(l->b, null, "");
  if (heap == wr__heaptype_bottom(types, heap))
    return nullable ? null : LLVMConstInt(l->i1, 0, false);
  bool i31_matches = heap == WR_HEAP_I31 || heap == WR_HEAP_EQ;
  LLVMBasicBlockRef look = wr__lower_block(l, ""), done = wr__lower_block(l, "");
  LLVMValueRef values[2] = {LLVMConstInt(l->i1, nullable, false)};
  if (nullable != i31_matches) values[0] = nullable ? null : LLVMBuildNot(l->b, null, "");
  LLVMBasicBlockRef from[2] = {LLVMGetInsertBlock(l->b)};
  LLVMValueRef low = LLVMBuildTrunc(l->b, ref, l->i1, "");
  LLVMBuildCondBr(l->b, LLVMBuildOr(l->b, low, null, ""), done, look);
  LLVMPositionBuilderAtEnd(l->b, look);
  LLVMValueRef object = LLVMBuildIntToPtr(l->b, ref, l->ptr, "");
  values[1] = heap < WR_HEAP_DEFINED
                  ? has_heap(l, object, heap)
                  : has_type(l, ref, object, wr__type_get(types, heap - WR_HEAP_DEFINED));
  from[1] = LLVMGetInsertBlock(l->b);
  LLVMBuildBr(l->b, done);
  return join(l, done, values, from, 2);
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
