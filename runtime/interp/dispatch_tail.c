/* Dispatch by tail calls: each handler is a function, and the next is called in its place.
 * The generated handlers are compiled in handlers_N.c; here are the others, the table of all,
 * and the way in. */
#include "interp/machine.h"

#ifndef WR_PORTABLE_DISPATCH

#include "interp/operations.h"
#include "interp/control.inc"

/* Each entry is the handler's distance from the entry, so that the table needs no relocation when
 * the program starts. */
extern const int32_t wr__handler_table[];
__asm__(
    ".section .rodata\n"
    ".balign 4\n"
    ".hidden wr__handler_table\n"
    ".globl wr__handler_table\n"
    "wr__handler_table:\n"
#define WR__PLAIN(name) ".long wr__h_" #name " - .\n"
#define WR__CONTROL(name) ".long wr__h_" #name " - .\n"
#include "handler_names.inc"
#include "interp/control_names.inc"
#undef WR__PLAIN
#undef WR__CONTROL
    ".text\n");

extern const char __start_wr_interp[], __stop_wr_interp[];
__asm__(".hidden __start_wr_interp\n.hidden __stop_wr_interp\n");

uint64_t wr__handler_word(uint32_t handler) {
  const int32_t *entry = &wr__handler_table[handler];
  return (uint64_t)(uintptr_t)entry + (uint64_t)(int64_t)*entry;
}

void wr__dispatch_range(uintptr_t *start, uintptr_t *end) {
  *start = (uintptr_t)__start_wr_interp;
  *end = (uintptr_t)__stop_wr_interp;
}

wr_status wr__dispatch(const uint8_t *pc, uint64_t *fp, wr__instance *inst, wr__func *func) {
  wr__handler first = (wr__handler)(uintptr_t)wr__code_u64(pc);
  return first(pc, fp, inst->memory0->base, inst, (uint64_t)(uintptr_t)func, (wr__v128){0});
}

#endif
