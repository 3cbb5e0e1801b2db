/* What the server did so far, as Prometheus reads it. */
#ifndef WR__SERVE_METRICS_H
#define WR__SERVE_METRICS_H

#include "exchange.h"

struct wr__server;

/* wr__metrics_note: an answer of a route. */
void wr__metrics_note(const wr__exchange *x, int status, uint64_t duration_us);
/* wr__metrics_serve: answers a request for metrics, /health or /ready. */
void wr__metrics_serve(struct wr__server *server, wr__exchange *x);

#endif
