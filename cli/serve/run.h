/* One run of a guest for a request: its store, its context and what both kinds of guests have in
 * common. A run is of one thread, but for the store, which the loop may interrupt while it is
 * shown. */
#ifndef WR__SERVE_RUN_H
#define WR__SERVE_RUN_H

#include "exchange.h"
#include "site.h"

/* A line that a guest writes on standard error, as far as it is logged. */
#define WR__RUN_MOST_LINE 1024u

typedef struct wr__run {
  wr__exchange *x;
  wr__app *app;
  wr_wasi_t *wasi;
  wasm_store_t *store;
  char line[WR__RUN_MOST_LINE];
  size_t line_size;
} wr__run;

/* wr__run_guest: a fresh instance of the exchange's app, from its start to its end. */
void wr__run_guest(wr__exchange *x);

/* wr__run_begin: store and context with what the app is granted; standard error goes to the log. */
wr_status wr__run_begin(wr__run *r, wr__exchange *x, wr_error *error);
/* wr__run_show: from here on the loop may interrupt the store; false: it would have already. */
bool wr__run_show(wr__run *r);
void wr__run_hide(wr__run *r);
/* wr__run_fail: the answer for a guest that did not come to its end. */
void wr__run_fail(wr__run *r, wr_status status, const wr_error *error, const wasm_trap_t *trap);
/* wr__run_read: the body, as wr_wasi_read_fn; context is the run. */
int64_t wr__run_read(void *context, uint8_t *data, size_t capacity);
/* wr__run_finish: frees store and context. Instances are deleted before. */
void wr__run_finish(wr__run *r);

#endif
