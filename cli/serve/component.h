/* Components as guests: wasi:http/incoming-handler of WASI 0.2. */
#ifndef WR__SERVE_COMPONENT_H
#define WR__SERVE_COMPONENT_H

#include "exchange.h"

/* wr__component_run: a fresh instance of the exchange's app answers it. */
void wr__component_run(wr__exchange *x);

#endif
