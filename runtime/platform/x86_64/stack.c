/* Going over to another stack on x86_64. What a caller keeps in registers is pushed before, so that
 * it lies on the stack that is left: collections look for references there. */
#if defined(__x86_64__)
#include "platform/stack.h"

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
