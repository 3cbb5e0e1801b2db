/* What both dispatchers share: the handlers of control.inc, and the table of all handlers. */
#include "interp/machine.h"
#include "interp/operations.h"

#include "interp/control.inc"

/* Each entry is the handler's distance from the entry, so that the table needs no relocation when
 * the program starts. */
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

void wr__dispatch_range(uintptr_t *start, uintptr_t *end) {
  *start = (uintptr_t)__start_wr_interp;
  *end = (uintptr_t)__stop_wr_interp;
}
