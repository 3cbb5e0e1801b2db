/* Checks of accesses to a memory without guards (wr__lower.late): they come in here, behind what
 * knows accesses and loops, so that only what could not be shown to be inside is checked. Until
 * then such accesses are volatile, which LLVM keeps, and which means here that there is no check
 * yet. */
#include "optimize/access.h"
#include "optimize/optimize.h"

/* Volatile for their order alone: stores that cannot trap. */
static bool is_ordered_only(wr__lower *l, LLVMValueRef instr) {
  LLVMValueRef tag = LLVMGetMetadata(instr, l->kind_tbaa);
  LLVMMetadataRef others[] = {l->tag_instance, l->tag_global, l->tag_table, l->tag_object};
  for (size_t i = 0; tag && i < WR_ARRAY_COUNT(others); i++)
    if (tag == LLVMMetadataAsValue(l->context, others[i])) return true;
  return false;
}

/* What is before the instruction goes into a new block, and whoever came to the old one comes to
 * that: phis behind the block stay as they are. */
static LLVMBasicBlockRef split_before(wr__lower *l, LLVMValueRef instr) {
  LLVMBasicBlockRef rest = LLVMGetInstructionParent(instr);
  LLVMBasicBlockRef head = LLVMInsertBasicBlockInContext(l->context, rest, "");
  LLVMUseRef use;
  while ((use = LLVMGetFirstUse(LLVMBasicBlockAsValue(rest)))) {
    LLVMValueRef end = LLVMGetUser(use);
    for (unsigned k = 0; k < LLVMGetNumSuccessors(end); k++)
      if (LLVMGetSuccessor(end, k) == rest) LLVMSetSuccessor(end, k, head);
  }
  LLVMPositionBuilderAtEnd(l->b, head);
  LLVMValueRef first;
  while ((first = LLVMGetFirstInstruction(rest)) != instr) {
    LLVMMetadataRef place = LLVMInstructionGetDebugLoc(first);
    LLVMInstructionRemoveFromParent(first);
    LLVMInsertIntoBuilder(l->b, first);
    if (place) LLVMInstructionSetDebugLoc(first, place);
  }
  return head;
}

static uint64_t bytes_of(wr__lower *l, LLVMValueRef instr) {
  LLVMTypeRef type = LLVMTypeOf(LLVMIsAStoreInst(instr) ? LLVMGetOperand(instr, 0) : instr);
  return LLVMStoreSizeOfType(LLVMGetModuleDataLayout(l->llvm), type);
}

/* Whatever the pointer is: how far its access reaches from the memory's start. */
static LLVMValueRef build_distance(wr__lower *l, LLVMValueRef instr, LLVMValueRef pointer) {
  LLVMValueRef at = LLVMBuildPtrToInt(l->b, pointer, l->i64, "");
  LLVMValueRef base = LLVMBuildPtrToInt(l->b, wr__lower_memory_base(l), l->i64, "");
  LLVMValueRef args[] = {LLVMBuildSub(l->b, at, base, ""), wr__c64(l, bytes_of(l, instr))};
  return wr__lower_intrinsic(l, "llvm.uadd.sat", &l->i64, 1, args, 2); /* one before it is far */
}

static LLVMValueRef build_end(wr__lower *l, LLVMValueRef instr, LLVMValueRef pointer) {
  wr__access access;
  if (!wr__access_read(l, instr, &access)) return build_distance(l, instr, pointer);
  if (!access.index) return wr__c64(l, access.end);
  LLVMValueRef index = access.index;
  if (LLVMTypeOf(index) == l->i32) index = LLVMBuildZExt(l->b, index, l->i64, "");
  return LLVMBuildAdd(l->b, index, wr__c64(l, access.end), "");
}

/* sum + add; *over: that, or what came to sum before, is above 2^64. */
static LLVMValueRef build_sum(wr__lower *l, LLVMValueRef sum, LLVMValueRef add,
                              LLVMValueRef *over) {
  LLVMValueRef args[] = {sum, add};
  LLVMValueRef pair = wr__lower_intrinsic(l, "llvm.uadd.with.overflow", &l->i64, 1, args, 2);
  LLVMValueRef wraps = LLVMBuildExtractValue(l->b, pair, 1, "");
  *over = *over ? LLVMBuildOr(l->b, *over, wraps, "") : wraps;
  return LLVMBuildExtractValue(l->b, pair, 0, "");
}

/* The offset is a constant, unless LLVM joined two calls. */
static LLVMValueRef is_outside(wr__lower *l, LLVMValueRef instr) {
  LLVMValueRef pointer = LLVMGetOperand(instr, LLVMIsAStoreInst(instr) ? 1 : 0);
  LLVMValueRef call = wr__lower_wide_call(l, pointer), size = wr__lower_memory_size(l);
  if (!call) return LLVMBuildICmp(l->b, LLVMIntUGT, build_end(l, instr, pointer), size, "");
  uint64_t offset, bytes = bytes_of(l, instr), reach;
  LLVMValueRef over = NULL, end = LLVMGetOperand(call, 1);
  if (wr__lower_constant(LLVMGetOperand(call, 2), &offset) &&
      !__builtin_add_overflow(offset, bytes, &reach)) {
    end = build_sum(l, end, wr__c64(l, reach), &over);
  } else {
    end = build_sum(l, end, LLVMGetOperand(call, 2), &over);
    end = build_sum(l, end, wr__c64(l, bytes), &over);
  }
  LLVMValueRef past = LLVMBuildICmp(l->b, LLVMIntUGT, end, size, "");
  return LLVMBuildOr(l->b, past, over, "");
}

void wr__trap_before(wr__lower *l, LLVMValueRef instr,
                     LLVMValueRef (*condition)(wr__lower *l, const void *context),
                     const void *context, wr_trap_kind kind) {
  LLVMMetadataRef place = LLVMInstructionGetDebugLoc(instr);
  uint32_t line = place ? LLVMDILocationGetLine(place) : 0;
  l->offset = line ? line : l->module->funcs[l->func_index].code_offset;
  LLVMBasicBlockRef rest = LLVMGetInstructionParent(instr);
  LLVMPositionBuilderAtEnd(l->b, split_before(l, instr));
  LLVMValueRef holds = condition(l, context);
  LLVMBasicBlockRef trap = wr__lower_block(l, "trap");
  LLVMValueRef branch = LLVMBuildCondBr(l->b, holds, trap, rest);
  LLVMSetMetadata(branch, l->kind_prof, LLVMMetadataAsValue(l->context, l->unlikely));
  LLVMPositionBuilderAtEnd(l->b, trap);
  wr__lower_trap(l, wr__c32(l, kind));
}

static LLVMValueRef outside_condition(wr__lower *l, const void *instr) {
  return is_outside(l, (LLVMValueRef)instr);
}

void wr__check_access(wr__lower *l, LLVMValueRef instr, wr_trap_kind kind) {
  wr__trap_before(l, instr, outside_condition, instr, kind);
}

/* Used for anything but accesses that were checked by index and offset? */
static bool is_mixed(LLVMValueRef call) {
  for (LLVMUseRef use = LLVMGetFirstUse(call); use; use = LLVMGetNextUse(use)) {
    LLVMValueRef user = LLVMGetUser(use);
    bool is_store = LLVMIsAStoreInst(user);
    if (!is_store && !LLVMIsALoadInst(user)) return true;
    if (LLVMGetOperand(user, is_store) != call) return true;
  }
  return false;
}

/* Where pointers were mixed before they were used, their distance is checked, which must not wrap:
 * so an index that is outside anyway is cut down. */
static LLVMValueRef cut_index(wr__lower *l, LLVMValueRef index) {
  LLVMValueRef args[] = {index, wr__c64(l, 1ull << 62)};
  return wr__lower_intrinsic(l, "llvm.umin", &l->i64, 1, args, 2);
}

/* Checked, index and offset may come together. */
static void open_wide_calls(wr__lower *l) {
  for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(l->func); b; b = LLVMGetNextBasicBlock(b)) {
    LLVMValueRef next;
    for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = next) {
      next = LLVMGetNextInstruction(i);
      if (!wr__lower_wide_call(l, i)) continue;
      LLVMValueRef index = LLVMGetOperand(i, 1), offset = LLVMGetOperand(i, 2);
      LLVMPositionBuilderBefore(l->b, i);
      if (is_mixed(i)) index = cut_index(l, index);
      LLVMValueRef at = LLVMBuildGEP2(l->b, l->i8, LLVMGetOperand(i, 0), &index, 1, "");
      LLVMReplaceAllUsesWith(i, LLVMBuildGEP2(l->b, l->i8, at, &offset, 1, ""));
      LLVMInstructionEraseFromParent(i);
    }
  }
}

void wr__check_accesses(wr__lower *l) {
  LLVMBasicBlockRef next;
  for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(l->func); b; b = next) {
    next = LLVMGetNextBasicBlock(b); /* new ones are before this one, or traps at the end */
    for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
      if (!LLVMIsALoadInst(i) && !LLVMIsAStoreInst(i)) continue;
      if (!LLVMGetVolatile(i) || LLVMGetOrdering(i) != LLVMAtomicOrderingNotAtomic) continue;
      if (!is_ordered_only(l, i)) wr__check_access(l, i, WR_TRAP_MEMORY_OUT_OF_BOUNDS);
      LLVMSetVolatile(i, false);
    }
  }
  if (l->wide) open_wide_calls(l);
}
