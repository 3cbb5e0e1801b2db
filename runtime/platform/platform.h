/* What the runtime asks of the operating system and the processor. Linux only behind it. */
#ifndef WR__PLATFORM_H
#define WR__PLATFORM_H

#include "base/base.h"

size_t wr__page_size(void);

/* Address space without memory behind it; NULL when the host refuses. */
void *wr__vm_reserve(size_t size);
void wr__vm_release(void *base, size_t size);
/* Makes part of a reservation readable and writable (zeros), or inaccessible and empty again. */
bool wr__vm_commit(void *base, size_t size);
bool wr__vm_decommit(void *base, size_t size);
/* For what is touched sparsely, or at its start only: the host must not back it by large pages. */
void wr__vm_prefer_small_pages(void *base, size_t size);
/* Committed pages back to zeros without memory behind them; they stay accessible. */
bool wr__vm_clear(void *base, size_t size);
/* Moves `committed` bytes from the start of one reservation to the start of another, by page
 * tables, not by copying. The old reservation keeps its addresses (to be released). */
bool wr__vm_move(void *from, void *to, size_t committed);
/* For tests: reservations above max_bytes fail from now on; SIZE_MAX takes it back. */
void wr__vm_set_reserve_limit(size_t max_bytes);
bool wr__vm_may_reserve(size_t size);

/* Guard regions: ranges in which a fault by our own code is a trap. The table is lock-free and
 * read by the signal handler. NULL when it is full. */
typedef struct wr__region wr__region;
wr__region *wr__region_add(void *base, size_t size);
void wr__region_remove(wr__region *region);
bool wr__region_contains(uintptr_t address);

/* A pool of released 8 GiB reservations, so that short-lived instances do not pay for mmap.
 * Sizes differ by use: a reservation is reused for the same size only. NULL when the host refuses.
 * The first `committed` bytes are what was committed of it. */
void *wr__guarded_acquire(size_t size, wr__region **region);
void wr__guarded_release(void *base, size_t size, size_t committed, wr__region *region);

/* Installs the SIGSEGV/SIGBUS handler, once per process; gives the thread an alternate
 * signal stack where it has none. Called by whoever enters wasm. False: guards cannot be used. */
bool wr__fault_init_thread(void);

/* Installs it again, over whoever took the signals since: for test frameworks that do so before every test. */
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
/* Register numbers, for the above, of the first integer arguments: of preserve_none functions (which
 * keep them there: they are callee-saved elsewhere), and of plain C functions. */
#define WR__ARGUMENT_REGISTERS 4
extern const int wr__preserve_none_registers[WR__ARGUMENT_REGISTERS];
extern const int wr__argument_registers[WR__ARGUMENT_REGISTERS];
/* Makes the thread go on with function(argument), which does not return, on its own stack below
 * what the faulting code uses. */
void wr__context_call(void *ucontext, uintptr_t function, uintptr_t argument);

/* A file's bytes, read to its end; *mapped tells whether they are in pages (to be unmapped) or from
 * malloc. They are a copy: nothing that happens to the file later can change or remove them.
 * Errors WR_IO (with the system's reason), WR_OUT_OF_MEMORY. */
wr_status wr__file_read(const char *path, const uint8_t **data, size_t *size, bool *mapped, wr_error *error);
void wr__file_free(const uint8_t *data, size_t size, bool mapped);

uint64_t wr__monotonic_ns(void);

/* A descriptor that polls readable from signal to clear. -1 if none can be made. signal and clear
 * may be called from any thread, any number of times. */
int wr__event_new(void);
void wr__event_signal(int event);
void wr__event_clear(int event);
void wr__event_delete(int event);

#endif
