/* Machine contexts on Linux aarch64. Register number n is xn. */
#if defined(__aarch64__)
#include <ucontext.h>

#include "platform/fault.h"

/* Clang 19's preserve_none passes integers in x20, x21, x22, x23 first. */
const int wr__preserve_none_registers[WR__ARGUMENT_REGISTERS] = {20, 21, 22, 23};
const int wr__frame_register = 29;
const int wr__argument_registers[WR__ARGUMENT_REGISTERS] = {0, 1, 2, 3};

uintptr_t wr__context_pc(void *ucontext) {
  return (uintptr_t)((ucontext_t *)ucontext)->uc_mcontext.pc;
}

void wr__context_set_pc(void *ucontext, uintptr_t pc) {
  ((ucontext_t *)ucontext)->uc_mcontext.pc = pc;
}

uint64_t wr__context_register(void *ucontext, int number) {
  return ((ucontext_t *)ucontext)->uc_mcontext.regs[number];
}

void wr__context_set_register(void *ucontext, int number, uint64_t value) {
  ((ucontext_t *)ucontext)->uc_mcontext.regs[number] = value;
}

void wr__context_call(void *ucontext, uintptr_t function, uintptr_t argument) {
  mcontext_t *context = &((ucontext_t *)ucontext)->uc_mcontext;
  context->sp &= ~(uintptr_t)15;
  context->regs[0] = argument;
  context->pc = function;
}
#endif
