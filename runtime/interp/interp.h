/* The interpreter's seam: what the store needs of it. */
#ifndef WR__INTERP_H
#define WR__INTERP_H

#include "store/store.h"

/* Makes func (header, type, instance and index set) callable: sets code and entry. */
void wr__interp_prepare_func(wr__func *func);
/* The same for a host function: register code reaches it through its entry. */
void wr__interp_prepare_host(wr__func *func);

/* Marks every reference that the store's interpreter frames hold; called at a collection. */
void wr__interp_visit_roots(wr__exec *exec, void (*mark)(void *context, wr__ref ref),
                            void *context);

/* For the fault handler (any thread, signal context): does the interpreter own this pc, and if so,
 * arrange that the thread goes on at the trap. platform/fault.h calls it. */
bool wr__interp_owns_pc(uintptr_t pc);

#endif
