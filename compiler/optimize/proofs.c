/* Checking mode: what the compiler has proved is asserted in the running code, so that a wrong
 * proof traps there, wherever the memory happens to lie.
 *
 * Marked are accesses that were shown not to trap: that their check was left out, that they became
 * plain, that a loop around them runs free, that a search looks ahead. Before each of them comes
 * the check that it would have had. And a free loop's address and condition, which were computed
 * anew, are compared with those of the program. */
#include <stdlib.h>

#include "optimize/access.h"
#include "optimize/optimize.h"

static unsigned mark_kind(wr__lower *l) {
  static const char mark[] = "wasmrun.proof";
  return LLVMGetMDKindIDInContext(l->context, mark, sizeof mark - 1);
}

/* A mark goes with the instruction where that is copied. */
void wr__note_proof(wr__lower *l, LLVMValueRef access) {
  if (l->options->check_proofs)
    LLVMSetMetadata(access, mark_kind(l), LLVMMetadataAsValue(l->context, l->empty_node));
}

bool wr__note_same(wr__lower *l, LLVMValueRef before, LLVMValueRef a, LLVMValueRef b) {
  if (!l->options->check_proofs) return true;
  if (!wr__grow(&l->claims, &l->claim_capacity, l->claim_count + 1, sizeof *l->claims))
    return false;
  l->claims[l->claim_count++] = (wr__claim){before, a, b};
  return true;
}

static LLVMValueRef differ(wr__lower *l, const void *context) {
  const wr__claim *claim = context;
  return LLVMBuildICmp(l->b, LLVMIntNE, claim->a, claim->b, "");
}

void wr__check_proofs(wr__lower *l) {
  if (!l->options->check_proofs) return;
  for (size_t i = 0; i < l->claim_count; i++)
    wr__trap_before(l, l->claims[i].before, differ, &l->claims[i], WR_TRAP_WRONG_PROOF);
  l->claim_count = 0;
  unsigned kind = mark_kind(l);
  LLVMBasicBlockRef next;
  for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(l->func); b; b = next) {
    next = LLVMGetNextBasicBlock(b); /* new ones are before this one, or traps at the end */
    for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
      if (LLVMGetMetadata(i, kind)) wr__check_access(l, i, WR_TRAP_WRONG_PROOF);
  }
}
