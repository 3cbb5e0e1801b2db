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

/* Guard regions: ranges in which a fault by our own code is a trap. The table is lock-free and
 * read by the signal handler. NULL when it is full. */
typedef struct wr__region wr__region;
wr__region *wr__region_add(void *base, size_t size);
void wr__region_remove(wr__region *region);
bool wr__region_contains(uintptr_t address);

/* A pool of released 8 GiB reservations, so that short-lived instances do not pay for mmap. */
void *wr__guarded_acquire(size_t size, wr__region **region);
void wr__guarded_release(void *base, size_t size, size_t committed, wr__region *region);

/* Installs the SIGSEGV/SIGBUS handler, once per process; gives the thread an alternate
 * signal stack where it has none. Called by whoever enters wasm. False: guards cannot be used. */
bool wr__fault_init_thread(void);

/* The fault handler's hook: a fault at pc on an address in a region goes to the first hook that
 * owns pc; it changes the machine context so that execution goes on at the trap. */
typedef bool (*wr__fault_hook)(uintptr_t pc, uintptr_t address, void *ucontext);
bool wr__fault_add_hook(wr__fault_hook hook);
/* For an embedder with handlers of its own: true if the fault was ours and is dealt with. */
WR_API bool wr_fault_handle(int signal, void *siginfo, void *ucontext);
/* Where our handlers keep pc (the first argument register of preserve_none), from a ucontext. */
uintptr_t wr__context_pc(void *ucontext);
void wr__context_set_pc(void *ucontext, uintptr_t pc);
/* A general register of the ucontext by the platform's own number (see platform/<arch>). */
uint64_t wr__context_register(void *ucontext, int number);
void wr__context_set_register(void *ucontext, int number, uint64_t value);

/* A file's bytes for reading; *mapped tells whether they are a map (to be unmapped) or malloc. */
wr_status wr__file_read(const char *path, const uint8_t **data, size_t *size, bool *mapped, wr_error *error);
void wr__file_free(const uint8_t *data, size_t size, bool mapped);

uint64_t wr__monotonic_ns(void);

#endif
