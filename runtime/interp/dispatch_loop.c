/* Dispatch by a loop, for compilers that do not guarantee tail calls: each handler gives the next
 * instruction. */
#include "interp/count.h"
#include "interp/machine.h"

#ifdef WR_PORTABLE_DISPATCH
wr_status wr__dispatch(const uint8_t *pc, uint64_t *fp, wr__instance *inst, wr__func *func) {
  wr__machine m = {fp, inst->memory0->base, inst, (uint64_t)(uintptr_t)func, 0,
                   0,  (wr__v128){0},       WR_OK};
  while (pc) {
    WR__COUNT_STEP(pc);
    pc = ((wr__handler)(uintptr_t)wr__code_u64(pc))(pc, &m);
  }
  return m.status;
}
#endif
