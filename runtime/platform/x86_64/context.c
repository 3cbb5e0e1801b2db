/* Machine contexts on Linux x86_64, and going over from one stack to another. Register numbers are
 * those of ucontext's gregs. */
#if defined(__x86_64__)
#include <ucontext.h>

#include "platform/fault.h"
#include "platform/stack.h"

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

/* Going over to another stack. What a caller keeps in registers is pushed before, so that
 * it lies on the stack that is left: collections look for references there. */
__asm__(
    ".text\n"
    ".globl wr__stack_exchange\n"
    ".hidden wr__stack_exchange\n"
    ".type wr__stack_exchange, @function\n"
    "wr__stack_exchange:\n"
    "  .cfi_startproc\n"
    "  endbr64\n"
    "  pushq %rbp\n"
    "  .cfi_def_cfa_offset 16\n"
    "  .cfi_offset %rbp, -16\n"
    "  pushq %rbx\n"
    "  pushq %r12\n"
    "  pushq %r13\n"
    "  pushq %r14\n"
    "  pushq %r15\n"
    "  .cfi_def_cfa_offset 56\n"
    "  movq (%rdi), %rax\n"
    "  movq %rsp, (%rdi)\n"
    "  movq %rax, %rsp\n"
    "  popq %r15\n"
    "  popq %r14\n"
    "  popq %r13\n"
    "  popq %r12\n"
    "  popq %rbx\n"
    "  popq %rbp\n"
    "  .cfi_def_cfa_offset 8\n"
    "  .cfi_restore %rbp\n"
    "  retq\n"
    "  .cfi_endproc\n"
    ".size wr__stack_exchange, . - wr__stack_exchange\n"
    /* r12: what to call, r13: with what. Nothing called this. */
    ".globl wr__stack_entry\n"
    ".hidden wr__stack_entry\n"
    ".type wr__stack_entry, @function\n"
    "wr__stack_entry:\n"
    "  .cfi_startproc\n"
    "  .cfi_undefined %rip\n"
    "  endbr64\n"
    "  movq %r13, %rdi\n"
    "  callq *%r12\n"
    "  ud2\n"
    "  .cfi_endproc\n"
    ".size wr__stack_entry, . - wr__stack_entry\n");

extern char wr__stack_entry[];

void *wr__stack_begin(void *top, void (*run)(void *argument), void *argument) {
  /* r15, r14, r13, r12, rbx, rbp, the return address; then the stack is aligned as in a function
   * that is about to call. */
  uintptr_t *sp = (uintptr_t *)top - 9;
  memset(sp, 0, 9 * sizeof *sp);
  sp[2] = (uintptr_t)argument;
  sp[3] = (uintptr_t)run;
  sp[6] = (uintptr_t)wr__stack_entry;
  return sp;
}
#endif
