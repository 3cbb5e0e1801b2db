/* Places of loads that go into other instructions. Instruction selection folds a load into what
 * uses it, and the machine's instruction has the place of the user, which has none where it cannot
 * trap itself. So what may take a load in gets the load's place. Where a value is changed in
 * memory, the load is what traps first. */
#include "optimize/optimize.h"

/* Conversions and shuffles between a load and the instruction that takes it in, and comparisons
 * that become its flags. Behind the first few, only a value with one user is followed. */
enum { MAX_CHAIN = 16, MAX_BRANCHING = 4, MAX_USERS = 4 };

/* May the user of a value that comes of the load be one instruction with it? */
static bool may_take_in(LLVMValueRef user, LLVMValueRef value, LLVMValueRef load) {
  if (!LLVMIsAInstruction(user) || LLVMIsAPHINode(user) || LLVMIsALoadInst(user)) return false;
  if (LLVMIsAAtomicRMWInst(user) || LLVMIsAAtomicCmpXchgInst(user)) return false;
  if (LLVMGetInstructionParent(user) != LLVMGetInstructionParent(load)) return false;
  if (LLVMIsAStoreInst(user))
    return LLVMGetOperand(user, 0) == value && LLVMGetOperand(user, 1) == LLVMGetOperand(load, 0) &&
           LLVMTypeOf(value) == LLVMTypeOf(load);
  return !LLVMIsACallInst(user) || !LLVMInstructionGetDebugLoc(user);
}

static void place_users(LLVMValueRef load, LLVMValueRef value, LLVMMetadataRef place, int depth) {
  int users = 0;
  for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use)) {
    LLVMValueRef user = LLVMGetUser(use);
    if (users++ == (depth > MAX_BRANCHING ? 1 : MAX_USERS)) return;
    if (!may_take_in(user, value, load) || LLVMInstructionGetDebugLoc(user) == place) continue;
    LLVMInstructionSetDebugLoc(user, place);
    if (depth < MAX_CHAIN) place_users(load, user, place, depth + 1);
  }
}

/* LLVM makes one load of two whose values come together, and neither place is left: at least the
 * function is named. */
static void place_merged(wr__lower *l, LLVMValueRef access) {
  LLVMMetadataRef place = LLVMInstructionGetDebugLoc(access);
  if (!LLVMGetVolatile(access) || !place || LLVMDILocationGetLine(place)) return;
  place = LLVMDIBuilderCreateDebugLocation(l->context, l->offset, 0, l->di_scope, NULL);
  LLVMInstructionSetDebugLoc(access, place);
}

void wr__place_merged(wr__lower *l, LLVMValueRef func) {
  for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(func); b; b = LLVMGetNextBasicBlock(b))
    for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
      if (LLVMIsALoadInst(i) || LLVMIsAStoreInst(i)) place_merged(l, i);
}

/* A load that several use is an instruction of its own. An atomic operation that changes nothing
 * (adding 0) becomes a load. */
void wr__place_folded_loads(LLVMValueRef func) {
  for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(func); b; b = LLVMGetNextBasicBlock(b))
    for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
      bool loads = LLVMIsALoadInst(i) || LLVMIsAAtomicRMWInst(i);
      LLVMMetadataRef place = loads ? LLVMInstructionGetDebugLoc(i) : NULL;
      LLVMUseRef use = place ? LLVMGetFirstUse(i) : NULL;
      if (use && !LLVMGetNextUse(use)) place_users(i, i, place, 1);
    }
}
