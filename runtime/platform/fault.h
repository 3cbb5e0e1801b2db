/* Faults as traps, and the machine contexts that signal handlers see and change. */
#ifndef WR__PLATFORM_FAULT_H
#define WR__PLATFORM_FAULT_H

#include "base/base.h"

/* Installs the SIGSEGV/SIGBUS handler, once per process; gives the thread an alternate
 * signal stack where it has none. Called by whoever enters wasm. False: guards cannot be used. */
bool wr__fault_init_thread(void);

/* Installs it again, over whoever took the signals since: for test frameworks that do so before
 * every test. */
void wr__fault_install(void);

/* The fault handler's hook: a fault at pc on an address in a region goes to the first hook that
 * owns pc; it changes the machine context so that execution goes on at the trap. */
typedef bool (*wr__fault_hook)(uintptr_t pc, uintptr_t address, void *ucontext);
bool wr__fault_add_hook(wr__fault_hook hook);
/* The machine's program counter in a ucontext. */
uintptr_t wr__context_pc(void *ucontext);
void wr__context_set_pc(void *ucontext, uintptr_t pc);
/* A general register of the ucontext by the platform's own number (see platform/<arch>). */
uint64_t wr__context_register(void *ucontext, int number);
void wr__context_set_register(void *ucontext, int number, uint64_t value);
/* Register numbers, for the above, of the first integer arguments: of preserve_none functions
 * (which keep them there: they are callee-saved elsewhere), and of plain C functions. */
#define WR__ARGUMENT_REGISTERS 4
extern const int wr__preserve_none_registers[WR__ARGUMENT_REGISTERS];
extern const int wr__argument_registers[WR__ARGUMENT_REGISTERS];
/* Makes the thread go on with function(argument), which does not return, on its own stack below
 * what the faulting code uses. */
void wr__context_call(void *ucontext, uintptr_t function, uintptr_t argument);

/* The register number of the frame pointer. */
extern const int wr__frame_register;

#endif
