/* Machine contexts on Linux aarch64, and going over from one stack to another. Register number n is
 * xn. */
#if defined(__aarch64__)
#include <ucontext.h>

#include "platform/fault.h"
#include "platform/stack.h"

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

/* Going over to another stack. What a caller keeps in registers is stored before, so
 * that it lies on the stack that is left: collections look for references there. */
__asm__(
    ".text\n"
    ".globl wr__stack_exchange\n"
    ".hidden wr__stack_exchange\n"
    ".type wr__stack_exchange, @function\n"
    "wr__stack_exchange:\n"
    "  .cfi_startproc\n"
    "  hint #34\n" /* bti c */
    "  sub sp, sp, #160\n"
    "  .cfi_def_cfa_offset 160\n"
    "  stp x29, x30, [sp]\n"
    "  .cfi_offset x29, -160\n"
    "  .cfi_offset x30, -152\n"
    "  stp x19, x20, [sp, #16]\n"
    "  stp x21, x22, [sp, #32]\n"
    "  stp x23, x24, [sp, #48]\n"
    "  stp x25, x26, [sp, #64]\n"
    "  stp x27, x28, [sp, #80]\n"
    "  stp d8, d9, [sp, #96]\n"
    "  stp d10, d11, [sp, #112]\n"
    "  stp d12, d13, [sp, #128]\n"
    "  stp d14, d15, [sp, #144]\n"
    "  ldr x9, [x0]\n"
    "  mov x10, sp\n"
    "  str x10, [x0]\n"
    "  mov sp, x9\n"
    "  ldp x29, x30, [sp]\n"
    "  ldp x19, x20, [sp, #16]\n"
    "  ldp x21, x22, [sp, #32]\n"
    "  ldp x23, x24, [sp, #48]\n"
    "  ldp x25, x26, [sp, #64]\n"
    "  ldp x27, x28, [sp, #80]\n"
    "  ldp d8, d9, [sp, #96]\n"
    "  ldp d10, d11, [sp, #112]\n"
    "  ldp d12, d13, [sp, #128]\n"
    "  ldp d14, d15, [sp, #144]\n"
    "  add sp, sp, #160\n"
    "  .cfi_def_cfa_offset 0\n"
    "  ret\n"
    "  .cfi_endproc\n"
    ".size wr__stack_exchange, . - wr__stack_exchange\n"
    /* x19: what to call, x20: with what. Nothing called this. */
    ".globl wr__stack_entry\n"
    ".hidden wr__stack_entry\n"
    ".type wr__stack_entry, @function\n"
    "wr__stack_entry:\n"
    "  .cfi_startproc\n"
    "  .cfi_undefined x30\n"
    "  hint #36\n" /* bti j */
    "  mov x0, x20\n"
    "  blr x19\n"
    "  brk #1\n"
    "  .cfi_endproc\n"
    ".size wr__stack_entry, . - wr__stack_entry\n");

extern char wr__stack_entry[];

void *wr__stack_begin(void *top, void (*run)(void *argument), void *argument) {
  uintptr_t *sp = (uintptr_t *)top - 20; /* in the order of wr__stack_exchange */
  memset(sp, 0, 20 * sizeof *sp);
  sp[1] = (uintptr_t)wr__stack_entry;
  sp[2] = (uintptr_t)run;
  sp[3] = (uintptr_t)argument;
  return sp;
}
#endif
