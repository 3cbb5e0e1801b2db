/* What both dispatchers share: the handlers of control.inc, and the table of all handlers. */
#include "interp/machine.h"
#include "interp/operations.h"
#include "operations/operations.h"

#include "interp/control.inc"

/* Each entry is the handler's distance from the entry, so that the table needs no relocation when
 * the program starts. */
#define WR__TABLE_START(name) ".balign 4\n.hidden " #name "\n.globl " #name "\n" #name ":\n"
__asm__(".section .rodata\n"
#define WR__PLAIN(name) ".long wr__h_" #name " - .\n"
#define WR__CONTROL(name) WR__PLAIN(name)
#ifdef WR_WIDE_HANDLERS
#define WR__WIDE(name) ".long wr__w_" #name " - .\n"
#else
#define WR__WIDE(name) WR__PLAIN(name)
#endif
        WR__TABLE_START(wr__handler_table)
#include "handler_names.inc"
#include "interp/control_names.inc"
            WR__TABLE_START(wr__wide_table)
#include "wide_names.inc"
#include "interp/control_names.inc"
#undef WR__PLAIN
#undef WR__CONTROL
#undef WR__WIDE
                ".text\n");

extern const char __start_wr_interp[], __stop_wr_interp[];
__asm__(".hidden __start_wr_interp\n.hidden __stop_wr_interp\n");

void wr__dispatch_range(uintptr_t *start, uintptr_t *end) {
  *start = (uintptr_t)__start_wr_interp;
  *end = (uintptr_t)__stop_wr_interp;
}
