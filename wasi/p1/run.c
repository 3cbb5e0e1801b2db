/* Running a program: a module's _initialize or _start, and the end of its threads. */
#include "p1.h"
#include "threads.h"

static wr_status call_export(wasm_instance_t *instance, const char *name, bool *found,
                             wasm_trap_t **trap) {
  wasm_extern_t *external = wr_instance_export(instance, name, strlen(name));
  wasm_func_t *func = external ? wasm_extern_as_func(external) : NULL;
  wr_status status = WR_OK;
  *found = false;
  if (func) {
    wr_externtype type = wr_func_type(func);
    *found = type.param_count == 0 && type.result_count == 0;
    if (*found) status = wr_func_call(func, NULL, 0, NULL, 0, trap);
  }
  if (external) wasm_extern_delete(external);
  return status;
}

/* Ends the other threads. One of them may have ended the program, which the main thread then knows
 * only as an interrupt; *trap becomes that thread's, with its frames. */
static wr_status end_threads(wr_wasi_t *wasi, wr_status status, int32_t *exit_status,
                             const wasm_instance_t *instance, wasm_trap_t **trap) {
  wr_status theirs = WR_OK;
  const wasm_trap_t *their_trap = NULL;
  int32_t their_exit = 0;
  wasm_store_t *store = wr__threads_store(wasi);
  wr__threads_end(wasi, &theirs, &their_exit, &their_trap);
  if (theirs == WR_OK || (status != WR_INTERRUPTED && status != WR_OK)) return status;
  if (*trap) wasm_trap_delete(*trap);
  *trap = their_trap ? wr_trap_adopt(instance, their_trap)
                     : wr_trap_new_kind(store, WR_TRAP_OUT_OF_MEMORY);
  *exit_status = their_exit;
  wr_store_clear_interrupt(store);
  return theirs;
}

wr_status wr_wasi_run(wr_wasi_t *wasi, wasm_instance_t *instance, int32_t *exit_status,
                      wasm_trap_t **trap, wr_error *error) {
  bool reactor = false, command = false;
  wasm_trap_t *own = NULL;
  int32_t guest_status = 0;
  wr_status status = call_export(instance, "_initialize", &reactor, &own);
  if (status == WR_OK) status = call_export(instance, "_start", &command, &own);
  if (status == WR_EXITED && own) wr_trap_exit_status(own, &guest_status);
  if (wasi->threads) status = end_threads(wasi, status, &guest_status, instance, &own);
  if (status == WR_OK && !reactor && !command)
    return wr__wasi_fail(error, WR_NOT_FOUND,
                         "the module exports neither _start nor _initialize as a function "
                         "without parameters");
  if (status == WR_OK || status == WR_EXITED) {
    if (exit_status) *exit_status = guest_status;
  } else {
    wr__wasi_fail(error, status, "%s", own ? wr_trap_kind_message(wr_trap_get_kind(own)) : "trap");
    if (trap) {
      *trap = own;
      own = NULL;
    }
  }
  if (own) wasm_trap_delete(own);
  return status;
}
