/* Dispatch in one function, by computed goto, for compilers without guaranteed tail calls.
 * The same handlers as in dispatch_tail.c, as labels. */
#include "interp/machine.h"

#ifdef WR_PORTABLE_DISPATCH

#include "interp/operations.h"

/* With pc NULL: hands out the table of labels through *table. */
__attribute__((section("wr_interp"), noinline)) static wr_status loop(
    const uint8_t *pc, uint64_t *fp, wr__instance *inst, uint64_t acc, const void *const **table) {
  static const void *const labels[] = {
#define WR__PLAIN(name) &&L_##name,
#define WR__CONTROL(name) &&L_##name,
#include "handler_names.inc"
#include "interp/control_names.inc"
#undef WR__PLAIN
#undef WR__CONTROL
  };
  if (!pc) {
    *table = labels;
    return WR_OK;
  }
  uint8_t *mem = inst->memory0->base;
  wr__v128 vacc = {0};
  WR__DISPATCH();
#include "handlers_0.inc"
#include "handlers_1.inc"
#include "handlers_2.inc"
#include "handlers_3.inc"
#include "interp/control.inc"
}

extern const char __start_wr_interp[], __stop_wr_interp[];
__asm__(".hidden __start_wr_interp\n.hidden __stop_wr_interp\n");

uint64_t wr__handler_word(uint32_t handler) {
  const void *const *table;
  loop(NULL, NULL, NULL, 0, &table);
  return (uint64_t)(uintptr_t)table[handler];
}

void wr__dispatch_range(uintptr_t *start, uintptr_t *end) {
  *start = (uintptr_t)__start_wr_interp;
  *end = (uintptr_t)__stop_wr_interp;
}

wr_status wr__dispatch(const uint8_t *pc, uint64_t *fp, wr__instance *inst, wr__func *func) {
  const void *const *table;
  return loop(pc, fp, inst, (uint64_t)(uintptr_t)func, &table);
}

#endif
