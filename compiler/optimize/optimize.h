/* Between lowering and the object: LLVM's passes, and ours before and behind them. */
#ifndef WR__OPTIMIZE_H
#define WR__OPTIMIZE_H

#include "lower/lower.h"
#include "optimize/cfg.h"

/* version.c: copies of the innermost loops of a function, of which one runs free. False when out of
 * memory. l->inst is the function's. */
bool wr__version_loops(wr__lower *l, const wr__cfg *cfg);

/* settle.c: between passes. Of two versions of a loop one stays where the other gained nothing.
 * False when out of memory. */
bool wr__settle_versions(wr__lower *l, LLVMValueRef func);
/* Makes a branch known as one between two versions. */
void wr__mark_version(wr__lower *l, LLVMValueRef branch);

/* quiet.c: arithmetic never returns a signalling NaN, whatever LLVM folds it to. The first before
 * LLVM's passes, on a function without allocas for its locals; the second between them, the
 * third behind. False when out of memory. */
bool wr__quiet_operands(wr__lower *l, LLVMValueRef func);
bool wr__quiet_relax(wr__lower *l, LLVMValueRef func);
bool wr__quiet_settle(wr__lower *l, LLVMValueRef func);

/* check.c: a check before each access of l->func that is still volatile (l->late). */
void wr__check_accesses(wr__lower *l);
/* Traps before the instruction, if it is an access outside of the memory; if a condition holds that
 * is built there. The blocks of l->func change. */
void wr__check_access(wr__lower *l, LLVMValueRef instr, wr_trap_kind kind);
void wr__trap_before(wr__lower *l, LLVMValueRef instr,
                     LLVMValueRef (*condition)(wr__lower *l, const void *context),
                     const void *context, wr_trap_kind kind);

/* proofs.c: with --check-proofs. An access that was shown not to trap; two values that were shown
 * to be the same before an instruction (false when out of memory); then the assertions of both in
 * l->func. */
void wr__note_proof(wr__lower *l, LLVMValueRef access);
bool wr__note_same(wr__lower *l, LLVMValueRef before, LLVMValueRef a, LLVMValueRef b);
void wr__check_proofs(wr__lower *l);

/* search.c: steps of many rounds before loops that only look. False when out of memory. l->inst is
 * the function's. */
bool wr__search_loops(wr__lower *l, const wr__cfg *cfg);

/* place.c: instructions that may take in a load, which then traps there, get its place. */
void wr__place_folded_loads(LLVMValueRef func);
/* Accesses that are two of the program get the start of their function (l->offset, l->di_scope). */
void wr__place_merged(wr__lower *l, LLVMValueRef func);

/* finish.c: what LLVM's optimisation must not see: looks at the stack's end and at interrupts.
 * False when out of memory. l->inst is the function's. */
bool wr__finish_func(wr__lower *l, LLVMValueRef func);

/* The phis of `to` see `by` where they saw `from`; once, however many ways led from there. */
void wr__redirect_phis(wr__lower *l, LLVMBasicBlockRef from, LLVMBasicBlockRef to,
                       LLVMBasicBlockRef by, bool once);

/* split.c: cuts blocks that would take long to compile: for code generation, behind everything
 * else, and for the vectoriser of straight code. */
bool wr__split_blocks(wr__lower *l, LLVMValueRef func);
bool wr__split_straight_code(wr__lower *l, LLVMValueRef func);

/* optimize.c */
wr_status wr__optimize(wr__lower *l, LLVMTargetMachineRef machine);

#endif
