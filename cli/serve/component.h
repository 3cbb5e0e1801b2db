/* Components as guests: wasi:http/incoming-handler of WASI 0.2. */
#ifndef WR__SERVE_COMPONENT_H
#define WR__SERVE_COMPONENT_H

#include "exchange.h"

struct wr__app;

/* wr__component_run: an instance of the exchange's app answers it: a fresh one, or with `reuse` one
 * that answered others before. */
void wr__component_run(wr__exchange *x);
/* wr__component_forget: deletes the app's instances that wait for a further request. */
void wr__component_forget(struct wr__app *app);

#endif
