/* Traps as the embedder holds them, and their way into and out of a running call. */
#ifndef WR__API_TRAP_H
#define WR__API_TRAP_H

#include "api/handles.h"

/* Is it the status of a call that has a record of how it ended? */
static inline bool wr__api_ended_in_trap(wr_status status) {
  return status == WR_TRAPPED || status == WR_EXITED || status == WR_INTERRUPTED ||
         status == WR_EXCEPTION;
}

/* A handle of how the store's last call ended (not with WR_OK); never NULL. Takes the details out
 * of the execution context. */
wasm_trap_t *wr__api_trap_take(wr__store *store, wr_status status);
/* A handle of a trap with a message of the library's own (copied); never NULL. */
wasm_trap_t *wr__api_trap_make(wr__store *store, wr_trap_kind kind, const char *message);
/* Ends the running host call with a trap that a callback returned (taken); its status. */
wr_status wr__api_trap_raise(wr__exec *exec, wasm_trap_t *trap);

void wr__api_trap_release(wr__api_trap *trap);

/* The trap that is handed out when there is no memory for one, so that no failure looks like
 * success. Made with the store and lent as often as needed; freed when the store is closed and the
 * last loan is back. */
struct wr__spare_trap *wr__api_spare_new(wr__store *store);
wasm_trap_t *wr__api_spare_lend(wr__store *store);
void wr__api_spare_return(wasm_trap_t *trap);
void wr__api_spare_close(struct wr__spare_trap *spare);

#endif
