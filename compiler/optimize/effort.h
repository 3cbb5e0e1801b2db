/* How much is done for each function, by what its shape would cost. */
#ifndef WR__EFFORT_H
#define WR__EFFORT_H

#include "lower/lower.h"
#include "optimize/cfg.h"

/* Measures a function whose locals are values (l->part->efforts). False: out of memory. */
bool wr__effort_find(wr__lower *l, LLVMValueRef func);

/* From here on LLVM's passes leave out all functions but those of this effort; with
 * WR__EFFORT_NONE, they leave out none. */
void wr__effort_mask(wr__lower *l, wr__effort effort);

#endif
