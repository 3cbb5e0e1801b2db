/* Machine contexts on Linux x86_64. Register numbers are those of ucontext's gregs. */
#if defined(__x86_64__)
#include <ucontext.h>

#include "platform/fault.h"

/* Clang 19's preserve_none passes integers in r12, r13, r14, r15 first. */
const int wr__preserve_none_registers[WR__ARGUMENT_REGISTERS] = {REG_R12, REG_R13, REG_R14,
                                                                 REG_R15};
const int wr__frame_register = REG_RBP;
const int wr__argument_registers[WR__ARGUMENT_REGISTERS] = {REG_RDI, REG_RSI, REG_RDX, REG_RCX};

static greg_t *find_register(void *ucontext, int number) {
  return &((ucontext_t *)ucontext)->uc_mcontext.gregs[number];
}

uintptr_t wr__context_pc(void *ucontext) { return (uintptr_t)*find_register(ucontext, REG_RIP); }

void wr__context_set_pc(void *ucontext, uintptr_t pc) {
  *find_register(ucontext, REG_RIP) = (greg_t)pc;
}

uint64_t wr__context_register(void *ucontext, int number) {
  return (uint64_t)*find_register(ucontext, number);
}

void wr__context_set_register(void *ucontext, int number, uint64_t value) {
  *find_register(ucontext, number) = (greg_t)value;
}

void wr__context_call(void *ucontext, uintptr_t function, uintptr_t argument) {
  enum { RED_ZONE_BYTES = 128 };
  uintptr_t sp = (uintptr_t)*find_register(ucontext, REG_RSP) - RED_ZONE_BYTES;
  *find_register(ucontext, REG_RSP) = (greg_t)((sp & ~(uintptr_t)15) - 8); /* as after a call */
  *find_register(ucontext, REG_RDI) = (greg_t)argument;
  wr__context_set_pc(ucontext, function);
}
#endif
