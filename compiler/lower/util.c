/* What all of lowering uses: types, constants, fields of the instance, traps, operations. */
#include <stdio.h>
#include <stdlib.h>

#include "image/format.h"
#include "lower/lower.h"

bool wr__lower_constant(LLVMValueRef value, uint64_t *out) {
  if (!LLVMIsAConstantInt(value) || LLVMGetIntTypeWidth(LLVMTypeOf(value)) > 64) return false;
  *out = LLVMConstIntGetZExtValue(value);
  return true;
}

LLVMValueRef wr__lower_freeze(wr__lower *l, LLVMValueRef value) {
  return LLVMIsAConstantInt(value) ? value : LLVMBuildFreeze(l->b, value, "");
}

LLVMTypeRef wr__lower_type(wr__lower *l, wr_valtype type) {
  switch (type) {
    case WR_I32:
      return l->i32;
    case WR_F32:
      return l->f32;
    case WR_F64:
      return l->f64;
    case WR_V128:
      return l->v128;
    default:
      return l->i64; /* i64 and references */
  }
}

LLVMTypeRef wr__lower_func_type(wr__lower *l, const wr__deftype *type) {
  LLVMTypeRef params[WR__MAX_PARAMS + 1];
  params[0] = l->ptr;
  for (uint32_t i = 0; i < type->param_count; i++)
    params[i + 1] = wr__lower_type(l, type->params[i]);
  LLVMTypeRef result = type->result_count ? wr__lower_type(l, type->results[0]) : l->void_type;
  return LLVMFunctionType(result, params, type->param_count + 1, false);
}

void wr__lower_attribute(wr__lower *l, LLVMValueRef func, const char *name, const char *value) {
  LLVMAddAttributeAtIndex(func, LLVMAttributeFunctionIndex,
                          LLVMCreateStringAttribute(l->context, name, (unsigned)strlen(name), value,
                                                    (unsigned)strlen(value)));
}

void wr__lower_enum_attribute(wr__lower *l, LLVMValueRef func, unsigned at, const char *name,
                              uint64_t value) {
  unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
  LLVMAddAttributeAtIndex(func, at, LLVMCreateEnumAttribute(l->context, kind, value));
}

static LLVMAttributeRef instance_attribute(wr__lower *l) {
  return LLVMCreateEnumAttribute(l->context, LLVMGetEnumAttributeKindForName("swiftself", 9), 0);
}

void wr__lower_take_instance(wr__lower *l, LLVMValueRef func) {
  LLVMAddAttributeAtIndex(func, 1, instance_attribute(l));
}

void wr__lower_pass_instance(wr__lower *l, LLVMValueRef call) {
  LLVMAddCallSiteAttribute(call, 1, instance_attribute(l));
}

LLVMValueRef wr__lower_func(wr__lower *l, uint32_t func_index) {
  if (l->funcs[func_index]) return l->funcs[func_index];
  char name[24];
  snprintf(name, sizeof name, "f%u", func_index);
  LLVMTypeRef type = wr__lower_func_type(l, l->module->funcs[func_index].type);
  LLVMValueRef func = LLVMAddFunction(l->llvm, name, type);
  LLVMSetFunctionCallConv(func, l->convention);
  LLVMSetVisibility(func, LLVMHiddenVisibility);
  wr__lower_take_instance(l, func);
  /* Then what never changes in the instance may be read ahead of a loop. */
  wr__lower_enum_attribute(l, func, 1, "dereferenceable", offsetof(wr__instance, funcs));
  wr__lower_enum_attribute(l, func, 1, "align", 8);
  return l->funcs[func_index] = func;
}

bool wr__lower_func_index(LLVMValueRef func, uint32_t *index) {
  const char *name = LLVMGetValueName(func);
  if ((name[0] != 'f' && name[0] != 'x') || name[1] < '0' || name[1] > '9') return false;
  *index = (uint32_t)strtoul(name + 1, NULL, 10);
  return true;
}

LLVMValueRef wr__lower_push(wr__lower *l, LLVMValueRef value) {
  return l->stack[l->stack_count++] = value;
}

LLVMValueRef wr__lower_pop(wr__lower *l) { return l->stack[--l->stack_count]; }

LLVMValueRef wr__lower_at(wr__lower *l, LLVMValueRef pointer, uint64_t offset) {
  if (!offset) return pointer;
  LLVMValueRef index = wr__c64(l, offset);
  return LLVMBuildGEP2(l->b, l->i8, pointer, &index, 1, "");
}

LLVMValueRef wr__lower_field(wr__lower *l, LLVMTypeRef type, LLVMValueRef pointer, uint64_t offset,
                             bool invariant) {
  LLVMValueRef load = LLVMBuildLoad2(l->b, type, wr__lower_at(l, pointer, offset), "");
  if (invariant)
    LLVMSetMetadata(load, l->kind_invariant, LLVMMetadataAsValue(l->context, l->empty_node));
  wr__lower_tag(l, load, l->tag_instance);
  return load;
}

void wr__lower_tag(wr__lower *l, LLVMValueRef access, LLVMMetadataRef tag) {
  LLVMSetMetadata(access, l->kind_tbaa, LLVMMetadataAsValue(l->context, tag));
}

/* LLVM does not know that volatile accesses may trap, but keeps them in order. */
void wr__lower_order(wr__lower *l, LLVMValueRef store, LLVMMetadataRef tag) {
  wr__lower_tag(l, store, tag);
  LLVMSetVolatile(store, l->guarded || l->late);
}

LLVMBasicBlockRef wr__lower_block(wr__lower *l, const char *name) {
  return LLVMAppendBasicBlockInContext(l->context, l->func, name);
}

void wr__lower_unlikely(wr__lower *l, LLVMValueRef condition, LLVMBasicBlockRef block) {
  LLVMBasicBlockRef next = wr__lower_block(l, "");
  LLVMValueRef branch = LLVMBuildCondBr(l->b, condition, block, next);
  LLVMSetMetadata(branch, l->kind_prof, LLVMMetadataAsValue(l->context, l->unlikely));
  LLVMPositionBuilderAtEnd(l->b, next);
}

/* A call in five bytes of a function that knows its caller's frame, and by that its place. */
static LLVMValueRef stub(wr__lower *l, const char *name, unsigned param_count) {
  LLVMValueRef func = LLVMGetNamedFunction(l->llvm, name);
  if (func) return func;
  LLVMTypeRef params[] = {l->ptr, l->i32};
  func = LLVMAddFunction(l->llvm, name, LLVMFunctionType(l->void_type, params, param_count, false));
  LLVMSetVisibility(func, LLVMHiddenVisibility);
  wr__lower_take_instance(l, func);
  unsigned at = LLVMAttributeFunctionIndex;
  wr__lower_enum_attribute(l, func, at, "noreturn", 0);
  wr__lower_enum_attribute(l, func, at, "cold", 0);
  wr__lower_enum_attribute(l, func, at, "noinline", 0);
  wr__lower_enum_attribute(l, func, at, "nomerge", 0); /* each has a place of its own */
  return func;
}

LLVMValueRef wr__lower_trap_stub(wr__lower *l) { return stub(l, "wr.trap", 2); }

LLVMValueRef wr__lower_limit_stub(wr__lower *l) { return stub(l, "wr.limit", 1); }

static void call_stub(wr__lower *l, LLVMValueRef func, LLVMValueRef *args, unsigned count) {
  wr__lower_mark(l, true);
  LLVMValueRef call = LLVMBuildCall2(l->b, LLVMGlobalGetValueType(func), func, args, count, "");
  wr__lower_pass_instance(l, call);
  wr__lower_mark(l, false);
  LLVMBuildUnreachable(l->b);
}

void wr__lower_trap(wr__lower *l, LLVMValueRef kind) {
  LLVMValueRef args[] = {l->inst, kind};
  call_stub(l, wr__lower_trap_stub(l), args, 2);
}

void wr__lower_limit(wr__lower *l) { call_stub(l, wr__lower_limit_stub(l), &l->inst, 1); }

void wr__lower_trap_if(wr__lower *l, LLVMValueRef condition, wr_trap_kind kind) {
  LLVMBasicBlockRef block = wr__lower_block(l, "trap");
  wr__lower_unlikely(l, condition, block);
  LLVMBasicBlockRef next = LLVMGetInsertBlock(l->b);
  LLVMPositionBuilderAtEnd(l->b, block);
  wr__lower_trap(l, wr__c32(l, kind));
  LLVMPositionBuilderAtEnd(l->b, next);
}

LLVMValueRef wr__lower_intrinsic(wr__lower *l, const char *name, LLVMTypeRef *types,
                                 unsigned type_count, LLVMValueRef *args, unsigned arg_count) {
  unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
  LLVMValueRef func = LLVMGetIntrinsicDeclaration(l->llvm, id, types, type_count);
  LLVMTypeRef type = LLVMIntrinsicGetType(l->context, id, types, type_count);
  return LLVMBuildCall2(l->b, type, func, args, arg_count, "");
}

static const char *const signatures[WR__HELPER_COUNT] = {
#define HELPER(name, signature) signature,
#define OPERATION(name) "ippii",
#include "image/helpers.def"
#undef HELPER
#undef OPERATION
};

static LLVMTypeRef letter_type(wr__lower *l, char letter) {
  return letter == 'v' ? l->void_type : letter == 'p' ? l->ptr : letter == 'i' ? l->i32 : l->i64;
}

LLVMValueRef wr__lower_call_helper(wr__lower *l, enum wr__helper helper, LLVMValueRef *args,
                                   unsigned count) {
  const char *signature = signatures[helper];
  LLVMTypeRef params[8];
  for (unsigned i = 0; i < count; i++) params[i] = letter_type(l, signature[i + 1]);
  LLVMTypeRef type = LLVMFunctionType(letter_type(l, signature[0]), params, count, false);
  LLVMValueRef table =
      wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, native_helpers), true);
  LLVMValueRef func = wr__lower_field(l, l->ptr, table, helper * sizeof(void *), true);
  wr__lower_mark(l, true);
  LLVMValueRef call = LLVMBuildCall2(l->b, type, func, args, count, "");
  wr__lower_mark(l, false);
  return call;
}

void wr__lower_mark(wr__lower *l, bool on) {
  LLVMMetadataRef at = NULL;
  if (on && l->di_scope)
    at = LLVMDIBuilderCreateDebugLocation(l->context, wr__lower_place(l), 0, l->di_scope, NULL);
  LLVMSetCurrentDebugLocation2(l->b, at);
}

uint32_t wr__lower_slots_of(wr__lower *l, LLVMTypeRef type) { return type == l->v128 ? 2 : 1; }

LLVMValueRef wr__lower_zero(LLVMTypeRef type) { return LLVMConstNull(type); }

LLVMValueRef wr__lower_slot(wr__lower *l, uint32_t index) {
  if (!l->slots) {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
    LLVMPositionBuilderBefore(l->b, LLVMGetFirstInstruction(l->entry));
    l->slots = LLVMBuildAlloca(l->b, l->i64, "slots");
    LLVMPositionBuilderAtEnd(l->b, here);
  }
  return wr__lower_at(l, l->slots, index * 8ull);
}

void wr__lower_store_slot(wr__lower *l, LLVMValueRef value, LLVMValueRef base, uint32_t slot) {
  LLVMValueRef store = LLVMBuildStore(l->b, value, wr__lower_at(l, base, slot * 8ull));
  LLVMSetAlignment(store, LLVMTypeOf(value) == l->i32 || LLVMTypeOf(value) == l->f32 ? 4 : 8);
}

LLVMValueRef wr__lower_load_slot(wr__lower *l, LLVMTypeRef type, LLVMValueRef base, uint32_t slot) {
  LLVMValueRef load = LLVMBuildLoad2(l->b, type, wr__lower_at(l, base, slot * 8ull), "");
  LLVMSetAlignment(load, type == l->i32 || type == l->f32 ? 4 : 8);
  return load;
}

LLVMValueRef wr__lower_operation(wr__lower *l, enum wr__helper op, uint32_t a, uint32_t b,
                                 const LLVMValueRef *operands, uint32_t count, LLVMTypeRef result) {
  LLVMValueRef base = wr__lower_slot(l, 0);
  uint32_t slot = 0;
  for (uint32_t i = 0; i < count; i++) {
    wr__lower_store_slot(l, operands[i], base, slot);
    slot += wr__lower_slots_of(l, LLVMTypeOf(operands[i]));
  }
  if (slot < 2) slot = 2;
  if (slot > l->slots_needed) l->slots_needed = slot;
  LLVMValueRef args[] = {l->inst, base, wr__c32(l, a), wr__c32(l, b)};
  LLVMValueRef kind = wr__lower_call_helper(l, op, args, 4);
  LLVMBasicBlockRef block = wr__lower_block(l, "trap");
  wr__lower_unlikely(l, LLVMBuildICmp(l->b, LLVMIntNE, kind, wr__c32(l, 0), ""), block);
  LLVMBasicBlockRef next = LLVMGetInsertBlock(l->b);
  LLVMPositionBuilderAtEnd(l->b, block);
  wr__lower_trap(l, kind);
  LLVMPositionBuilderAtEnd(l->b, next);
  return result ? wr__lower_load_slot(l, result, base, 0) : NULL;
}

uint32_t wr__lower_type_index(wr__lower *l, const wr__deftype *type) {
  uint32_t mask = l->type_hash_size - 1;
  for (uint32_t at = type->id * 0x9e3779b1u & mask;; at = (at + 1) & mask) {
    uint32_t index = l->type_of_id[at];
    if (l->module->types[index - 1] == type) return index - 1;
  }
}

LLVMValueRef wr__lower_type_id(wr__lower *l, const wr__deftype *type) {
  uint32_t index = wr__lower_type_index(l, type);
  LLVMValueRef types = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, types), true);
  LLVMValueRef record = wr__lower_field(l, l->ptr, types, index * sizeof(void *), true);
  return wr__lower_field(l, l->i32, record, offsetof(wr__deftype, id), true);
}
