/* The threads of a guest, by the wasi-threads convention. */
#ifndef WR__WASI_THREADS_H
#define WR__WASI_THREADS_H

#include "p1.h"

/* Defines what a module with threads imports beside WASI: thread-spawn, and the shared memory.
 * Does nothing for other modules. */
wr_status wr__threads_define(wr_wasi_t *wasi, wr_linker_t *linker, const wasm_module_t *module,
                             wr_error *error);
/* Ends every thread but the caller's and waits for them. What one of them ended the program with
 * (exit or trap) is in *status, *exit_status and *trap (borrowed; its store is gone; NULL: out of
 * memory); untouched where none did. */
void wr__threads_end(wr_wasi_t *wasi, wr_status *status, int32_t *exit_status,
                     const wasm_trap_t **trap);
/* The store of the main thread, where there are threads. */
wasm_store_t *wr__threads_store(const wr_wasi_t *wasi);
void wr__threads_delete(wr_wasi_t *wasi);

#endif
