/* Blocks of bounded size, since much of LLVM is quadratic in the size of a block: instruction
 * selection looks through the chain of all accesses of one, for each of them, and the vectoriser of
 * straight code makes vectors of 512 lanes of what a block adds up, which take seconds each.
 *
 * A block whose address is taken is not joined with the one before; nobody uses the address. */
#include "optimize/optimize.h"

enum {
  MOST_INSTRS = 2000,         /* for code generation */
  MOST_INSTRS_STRAIGHT = 500, /* for the vectoriser */
};

static unsigned count_instrs(LLVMBasicBlockRef block) {
  unsigned count = 0;
  LLVMValueRef i = LLVMGetFirstInstruction(block);
  for (; i; i = LLVMGetNextInstruction(i)) count++;
  return count;
}

/* Another block behind this one, where the builder goes on. */
static LLVMBasicBlockRef append_part(wr__lower *l, LLVMValueRef func, LLVMBasicBlockRef block) {
  LLVMBasicBlockRef part = LLVMAppendBasicBlockInContext(l->context, func, "part");
  LLVMMoveBasicBlockAfter(part, block);
  LLVMPositionBuilderAtEnd(l->b, part);
  (void)LLVMBlockAddress(func, part);
  return part;
}

/* Moves what is from `instr` on to the builder, at most `count`. Returns what is left. */
static LLVMValueRef move_instrs(wr__lower *l, LLVMValueRef instr, unsigned count) {
  for (LLVMValueRef next; instr && count--; instr = next) {
    next = LLVMGetNextInstruction(instr);
    LLVMInstructionRemoveFromParent(instr);
    LLVMInsertIntoBuilder(l->b, instr);
  }
  return instr;
}

/* Returns the last part. None is shorter than half, so that a return is where its tail call is. */
static LLVMBasicBlockRef split_block(wr__lower *l, LLVMValueRef func, LLVMBasicBlockRef block,
                                     unsigned count, unsigned most) {
  unsigned size = count / (count / most + 1) + 1;
  LLVMValueRef instr = LLVMGetFirstInstruction(block);
  for (unsigned i = 0; instr && (i < size || LLVMIsAPHINode(instr)); i++)
    instr = LLVMGetNextInstruction(instr);
  LLVMBasicBlockRef last = block;
  while (instr) {
    last = append_part(l, func, last);
    instr = move_instrs(l, instr, size);
  }
  for (; block != last; block = LLVMGetNextBasicBlock(block)) {
    LLVMPositionBuilderAtEnd(l->b, block);
    LLVMBuildBr(l->b, LLVMGetNextBasicBlock(block));
  }
  return last;
}

static bool split_blocks(wr__lower *l, LLVMValueRef func, unsigned most) {
  for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(func), next; block; block = next) {
    next = LLVMGetNextBasicBlock(block);
    unsigned count = count_instrs(block);
    if (count <= most) continue;
    LLVMBasicBlockRef last = split_block(l, func, block, count, most);
    LLVMValueRef end = LLVMGetBasicBlockTerminator(last);
    for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++)
      wr__redirect_phis(l, block, LLVMGetSuccessor(end, i), last, false);
  }
  return true;
}

bool wr__split_blocks(wr__lower *l, LLVMValueRef func) {
  return split_blocks(l, func, MOST_INSTRS);
}

bool wr__split_straight_code(wr__lower *l, LLVMValueRef func) {
  return split_blocks(l, func, MOST_INSTRS_STRAIGHT);
}
