/* What the files of `wasmrun run` share: one run, from its grants to its exit status. */
#ifndef WR__CLI_RUN_H
#define WR__CLI_RUN_H

#include "commands.h"

/* Everything that one run holds; made in the order of the fields, ended in the opposite one. */
typedef struct wr__session {
  const wr__parsed *parsed;
  const wr__container *container; /* or NULL */
  const char *path;
  const char *timeout; /* as it was written; NULL: none */
  wasm_engine_t *engine;
  wr_wasi_t *wasi;
  wasm_module_t *module;
  wasm_store_t *store;
  wr_linker_t *linker;
  wasm_instance_t *instance;
} wr__session;

/* wr__run_grant: a WASI context with what the options give. WR__EXIT_OK, or the status of a failure
 * that was reported. */
int wr__run_grant(wr__session *s);
/* wr__run_set_deadline: the guest's deadline, of --timeout, on its store. */
int wr__run_set_deadline(wr__session *s);
/* wr__run_outcome: what a call or an instantiation that did not return normally means for the
 * process. Ends the trap's life. */
int wr__run_outcome(const wr__session *s, const char *path, wr_status status, const wr_error *error,
                    wasm_trap_t *trap);

/* wr__run_is_component: does the file hold a component? False if it cannot be read. */
bool wr__run_is_component(const char *path);
/* wr__run_component: runs the file as one. */
int wr__run_component(wr__session *s);

#endif
