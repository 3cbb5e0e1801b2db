/* Accesses to memory 0 in LLVM's form, guarded or with late checks, and what is known of them.
 *
 * Memories never shrink, and begin at address 0. So an access that did not trap says that every
 * address below its end is inside, from there on. */
#ifndef WR__ACCESS_H
#define WR__ACCESS_H

#include "optimize/cfg.h"
#include "lower/lower.h"

typedef struct wr__access {
  LLVMValueRef instr; /* load or store */
  LLVMValueRef base;  /* of the memory */
  LLVMValueRef index; /* i32, or i64 if it is not an extended i32 */
  uint64_t offset;    /* of the access from base + index */
  uint64_t end;       /* offset and the bytes of the access together */
  bool is_store;
} wr__access;

/* Is the instruction an access to the memory? */
bool wr__access_read(wr__lower *l, LLVMValueRef instr, wr__access *out);
/* A constant that the unsigned value is never above; UINT64_MAX: there is none. */
uint64_t wr__upper_bound(LLVMValueRef value);
/* No store, call or trap: nothing that a trap before it would have to leave undone. */
bool wr__is_quiet(wr__lower *l, LLVMValueRef instr);
/* Makes the loads of a function plain that cannot trap, or that another of the same trap stands
 * for. False when out of memory. */
bool wr__relax_loads(wr__lower *l, const wr__cfg *cfg);

#endif
