/* Structures and arrays: fields are reached in line, at the offsets that types/ lays out; small
 * objects are made in line too (allocate.c); operations over many elements are the runtime's. Spec:
 * exec/instructions, aggregate instructions. */
#include "gc/heap.h"
#include "image/format.h"
#include "lower/lower.h"

static LLVMTypeRef storage_type(wr__lower *l, wr_valtype type) {
  return type == WR__I8 ? l->i8 : type == WR__I16 ? l->i16 : wr__lower_type(l, type);
}

static unsigned storage_align(wr_valtype type) {
  uint32_t size = wr__storage_size(type);
  return size > 8 ? 8 : size;
}

static LLVMValueRef object_pointer(wr__lower *l, LLVMValueRef ref, wr_trap_kind null_kind) {
  wr__lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntEQ, ref, wr__c64(l, 0), ""), null_kind);
  return LLVMBuildIntToPtr(l->b, ref, l->ptr, "");
}

static void push_stored(wr__lower *l, LLVMValueRef at, wr_valtype type, bool is_signed) {
  LLVMValueRef value = LLVMBuildLoad2(l->b, storage_type(l, type), at, "");
  LLVMSetAlignment(value, storage_align(type));
  wr__lower_tag(l, value, l->tag_object);
  if (type == WR__I8 || type == WR__I16)
    value = LLVMBuildCast(l->b, is_signed ? LLVMSExt : LLVMZExt, value, l->i32, "");
  wr__lower_push(l, value);
}

static void store_value(wr__lower *l, LLVMValueRef at, wr_valtype type, LLVMValueRef value) {
  if (type == WR__I8 || type == WR__I16)
    value = LLVMBuildTrunc(l->b, value, storage_type(l, type), "");
  LLVMValueRef store = LLVMBuildStore(l->b, value, at);
  LLVMSetAlignment(store, storage_align(type));
  wr__lower_order(l, store, l->tag_object);
}

static const wr__field *field_of(wr__lower *l, const wr__instr *instr) {
  return &l->module->types[instr->imm.index]->fields[instr->imm.index2];
}

static void struct_get(wr__lower *l, const wr__instr *instr) {
  const wr__field *field = field_of(l, instr);
  LLVMValueRef object = object_pointer(l, wr__lower_pop(l), WR_TRAP_NULL_STRUCT_REFERENCE);
  push_stored(l, wr__lower_at(l, object, field->offset), field->type,
              instr->op == WR__OP_struct_get_s);
}

static void struct_set(wr__lower *l, const wr__instr *instr) {
  const wr__field *field = field_of(l, instr);
  LLVMValueRef value = wr__lower_pop(l);
  LLVMValueRef object = object_pointer(l, wr__lower_pop(l), WR_TRAP_NULL_STRUCT_REFERENCE);
  store_value(l, wr__lower_at(l, object, field->offset), field->type, value);
}

static LLVMValueRef array_length(wr__lower *l, LLVMValueRef array) {
  return wr__lower_field(l, l->i32, array, offsetof(wr__array, length), false);
}

static LLVMValueRef element(wr__lower *l, const wr__deftype *type, LLVMValueRef ref,
                            LLVMValueRef index) {
  LLVMValueRef array = object_pointer(l, ref, WR_TRAP_NULL_ARRAY_REFERENCE);
  LLVMValueRef outside = LLVMBuildICmp(l->b, LLVMIntUGE, index, array_length(l, array), "");
  wr__lower_trap_if(l, outside, WR_TRAP_ARRAY_OUT_OF_BOUNDS);
  index = LLVMBuildZExt(l->b, index, l->i64, "");
  index = LLVMBuildMul(l->b, index, wr__c64(l, type->element_size_bytes), "");
  LLVMValueRef at = LLVMBuildGEP2(l->b, l->i8, array, &index, 1, "");
  return wr__lower_at(l, at, type->fields[0].offset);
}

/* An operation that takes the topmost count operands. */
static void operate(wr__lower *l, enum wr__helper op, uint32_t a, uint32_t b, uint32_t count,
                    LLVMTypeRef result) {
  l->stack_count -= count;
  LLVMValueRef value = wr__lower_operation(l, op, a, b, &l->stack[l->stack_count], count, result);
  if (result) wr__lower_push(l, value);
}

/* ---- Objects made in line: `fast` comes of the open block; at `slow` the operation takes the
 * topmost count operands instead. Pushes the reference. */
static void join_made(wr__lower *l, LLVMValueRef fast, LLVMBasicBlockRef slow, enum wr__helper op,
                      uint32_t a, uint32_t b, uint32_t count) {
  LLVMBasicBlockRef join = wr__lower_block(l, "");
  LLVMBasicBlockRef blocks[] = {LLVMGetInsertBlock(l->b), NULL};
  LLVMValueRef values[] = {LLVMBuildPtrToInt(l->b, fast, l->i64, ""), NULL};
  LLVMBuildBr(l->b, join);
  LLVMPositionBuilderAtEnd(l->b, slow);
  operate(l, op, a, b, count, l->i64);
  values[1] = wr__lower_pop(l);
  blocks[1] = LLVMGetInsertBlock(l->b);
  LLVMBuildBr(l->b, join);
  LLVMPositionBuilderAtEnd(l->b, join);
  LLVMValueRef made = LLVMBuildPhi(l->b, l->i64, "");
  LLVMAddIncoming(made, values, blocks, 2);
  wr__lower_push(l, made);
}

static void struct_new(wr__lower *l, uint32_t type_index, bool is_default) {
  const wr__deftype *type = l->module->types[type_index];
  enum wr__helper op = is_default ? WR__HELPER_struct_new_default : WR__HELPER_struct_new;
  uint32_t count = is_default ? 0 : type->field_count;
  if (type->size_bytes > WR__HEAP_SMALL_BYTES) {
    operate(l, op, type_index, 0, count, l->i64);
    return;
  }
  LLVMBasicBlockRef slow = wr__lower_block(l, "");
  LLVMValueRef object = wr__lower_take_cell(l, type, wr__c64(l, type->size_bytes), slow);
  for (uint32_t i = 0; i < count; i++)
    store_value(l, wr__lower_at(l, object, type->fields[i].offset), type->fields[i].type,
                l->stack[l->stack_count - count + i]);
  join_made(l, object, slow, op, type_index, 0, count);
}

enum { FIXED_IN_LINE = 32 }; /* elements that are stored one by one */

static void array_new_fixed(wr__lower *l, uint32_t type_index, uint32_t count) {
  const wr__deftype *type = l->module->types[type_index];
  if (count > FIXED_IN_LINE) {
    operate(l, WR__HELPER_array_new_fixed, type_index, count, count, l->i64);
    return;
  }
  LLVMBasicBlockRef slow = wr__lower_block(l, "");
  LLVMValueRef array = wr__lower_take_array(l, type, wr__c32(l, count), slow);
  for (uint32_t i = 0; i < count; i++) {
    uint64_t at = type->fields[0].offset + (uint64_t)i * type->element_size_bytes;
    store_value(l, wr__lower_at(l, array, at), type->fields[0].type,
                l->stack[l->stack_count - count + i]);
  }
  join_made(l, array, slow, WR__HELPER_array_new_fixed, type_index, count, count);
}

static void array_new_default(wr__lower *l, uint32_t type_index) {
  LLVMBasicBlockRef slow = wr__lower_block(l, "");
  LLVMValueRef length = l->stack[l->stack_count - 1];
  LLVMValueRef array = wr__lower_take_array(l, l->module->types[type_index], length, slow);
  join_made(l, array, slow, WR__HELPER_array_new_default, type_index, 0, 1);
}

static void array_get(wr__lower *l, const wr__instr *instr) {
  const wr__deftype *type = l->module->types[instr->imm.index];
  LLVMValueRef index = wr__lower_pop(l);
  push_stored(l, element(l, type, wr__lower_pop(l), index), type->fields[0].type,
              instr->op == WR__OP_array_get_s);
}

static void array_set(wr__lower *l, const wr__instr *instr) {
  const wr__deftype *type = l->module->types[instr->imm.index];
  LLVMValueRef value = wr__lower_pop(l);
  LLVMValueRef index = wr__lower_pop(l);
  store_value(l, element(l, type, wr__lower_pop(l), index), type->fields[0].type, value);
}

static bool lower_array(wr__lower *l, const wr__instr *instr) {
  uint32_t a = instr->imm.index, b = instr->imm.index2;
  LLVMValueRef value;
  switch (instr->op) {
    case WR__OP_array_get:
    case WR__OP_array_get_s:
    case WR__OP_array_get_u:
      array_get(l, instr);
      return true;
    case WR__OP_array_set:
      array_set(l, instr);
      return true;
    case WR__OP_array_len:
      value = object_pointer(l, wr__lower_pop(l), WR_TRAP_NULL_ARRAY_REFERENCE);
      wr__lower_push(l, array_length(l, value));
      return true;
    case WR__OP_array_new:
      operate(l, WR__HELPER_array_new, a, 0, 2, l->i64);
      return true;
    case WR__OP_array_fill:
      operate(l, WR__HELPER_array_fill, a, 0, 4, NULL);
      return true;
    case WR__OP_array_new_default:
      array_new_default(l, a);
      return true;
    case WR__OP_array_new_fixed:
      array_new_fixed(l, a, b);
      return true;
    case WR__OP_array_new_data:
      operate(l, WR__HELPER_array_new_data, a, b, 2, l->i64);
      return true;
    case WR__OP_array_new_elem:
      operate(l, WR__HELPER_array_new_elem, a, b, 2, l->i64);
      return true;
    case WR__OP_array_copy:
      operate(l, WR__HELPER_array_copy, a, b, 5, NULL);
      return true;
    case WR__OP_array_init_data:
      operate(l, WR__HELPER_array_init_data, a, b, 4, NULL);
      return true;
    case WR__OP_array_init_elem:
      operate(l, WR__HELPER_array_init_elem, a, b, 4, NULL);
      return true;
  }
  return false;
}

bool wr__lower_aggregate(wr__lower *l, const wr__instr *instr) {
  switch (instr->op) {
    case WR__OP_struct_new:
    case WR__OP_struct_new_default:
      struct_new(l, instr->imm.index, instr->op == WR__OP_struct_new_default);
      return true;
    case WR__OP_struct_get:
    case WR__OP_struct_get_s:
    case WR__OP_struct_get_u:
      struct_get(l, instr);
      return true;
    case WR__OP_struct_set:
      struct_set(l, instr);
      return true;
  }
  return lower_array(l, instr);
}
