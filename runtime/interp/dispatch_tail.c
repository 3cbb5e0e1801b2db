/* Dispatch by tail calls: each handler is a function that calls the next in its place. Here is
 * only the way in. */
#include "interp/machine.h"

#ifndef WR_PORTABLE_DISPATCH
wr_status wr__dispatch(const uint8_t *pc, uint64_t *fp, wr__instance *inst, wr__func *func) {
  wr__handler first = (wr__handler)(uintptr_t)wr__code_u64(pc);
  return first(pc, fp, inst->memory0->base, inst, (uint64_t)(uintptr_t)func, 0, 0, (wr__v128){0});
}
#endif
