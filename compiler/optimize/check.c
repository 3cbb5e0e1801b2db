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

/* Where the access ends, from the memory's start. */
static LLVMValueRef build_end(wr__lower *l, LLVMValueRef instr) {
  wr__access access;
  if (wr__access_read(l, instr, &access)) {
    if (!access.index) return wr__c64(l, access.end);
    LLVMValueRef index = access.index;
    if (LLVMTypeOf(index) == l->i32) index = LLVMBuildZExt(l->b, index, l->i64, "");
    return LLVMBuildAdd(l->b, index, wr__c64(l, access.end), "");
  }
  bool is_store = LLVMIsAStoreInst(instr);
  LLVMTypeRef type = LLVMTypeOf(is_store ? LLVMGetOperand(instr, 0) : instr);
  uint64_t bytes = LLVMStoreSizeOfType(LLVMGetModuleDataLayout(l->llvm), type);
  LLVMValueRef at = LLVMBuildPtrToInt(l->b, LLVMGetOperand(instr, is_store), l->i64, "");
  LLVMValueRef base = LLVMBuildPtrToInt(l->b, wr__lower_memory_base(l), l->i64, "");
  return LLVMBuildAdd(l->b, LLVMBuildSub(l->b, at, base, ""), wr__c64(l, bytes), "");
}

static void insert_check(wr__lower *l, LLVMValueRef instr) {
  LLVMMetadataRef place = LLVMInstructionGetDebugLoc(instr);
  uint32_t line = place ? LLVMDILocationGetLine(place) : 0;
  l->offset = line ? line : l->module->funcs[l->func_index].code_offset;
  LLVMBasicBlockRef rest = LLVMGetInstructionParent(instr);
  LLVMPositionBuilderAtEnd(l->b, split_before(l, instr));
  LLVMValueRef outside =
      LLVMBuildICmp(l->b, LLVMIntUGT, build_end(l, instr), wr__lower_memory_size(l), "");
  LLVMBasicBlockRef trap = wr__lower_block(l, "trap");
  LLVMValueRef branch = LLVMBuildCondBr(l->b, outside, trap, rest);
  LLVMSetMetadata(branch, l->kind_prof, LLVMMetadataAsValue(l->context, l->unlikely));
  LLVMPositionBuilderAtEnd(l->b, trap);
  wr__lower_trap(l, wr__c32(l, WR_TRAP_MEMORY_OUT_OF_BOUNDS));
}

void wr__check_accesses(wr__lower *l) {
  LLVMBasicBlockRef next;
  for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(l->func); b; b = next) {
    next = LLVMGetNextBasicBlock(b); /* new ones are before this one, or traps at the end */
    for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
      if (!LLVMIsALoadInst(i) && !LLVMIsAStoreInst(i)) continue;
      if (!LLVMGetVolatile(i) || LLVMGetOrdering(i) != LLVMAtomicOrderingNotAtomic) continue;
      if (!is_ordered_only(l, i)) insert_check(l, i);
      LLVMSetVolatile(i, false);
    }
  }
}
