/* Counters of routes and apps in the text format of Prometheus, and the two questions that an
 * orchestrator asks: does the process live, and does it take requests. */
#include "metrics.h"

#include <stdlib.h>

#include "log.h"
#include "serve.h"
#include "site.h"

void wr__metrics_note(const wr__exchange *x, int status, uint64_t duration_us) {
  wr__route *route = (wr__route *)x->route; /* its counters are atomic */
  int kind = status / 100;
  int class = 0;
  if (!route) return;
  while (duration_us > wr__latency_bounds_us[class]) class ++;
  atomic_fetch_add_explicit(&route->statuses[kind < 6 ? kind : 0], 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&route->latencies[class], 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&route->latency_sum_us, duration_us, memory_order_relaxed);
  atomic_fetch_add_explicit(&route->request_bytes, x->input_total, memory_order_relaxed);
  atomic_fetch_add_explicit(&route->answer_bytes, x->output_total, memory_order_relaxed);
}

/* A label's value. Spec: Prometheus text format 0.0.4. */
static void add_label(wr__bytes *out, const char *text) {
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') wr__bytes_add(out, "\\", 1);
    if (*text == '\n')
      wr__bytes_add_text(out, "\\n");
    else
      wr__bytes_add(out, text, 1);
  }
}

static void add_route(wr__bytes *out, const wr__route *route) {
  wr__bytes_add_text(out, "route=\"");
  add_label(out, route->pattern);
  if (route->host) {
    wr__bytes_add_text(out, "\",host=\"");
    add_label(out, route->host);
  }
  if (route->methods) {
    wr__bytes_add_text(out, "\",methods=\"");
    add_label(out, route->methods);
  }
  wr__bytes_add_text(out, "\"");
}

static void add_head(wr__bytes *out, const char *name, const char *type, const char *help) {
  wr__bytes_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_requests(wr__bytes *out, const wr__site *site) {
  add_head(out, "wasmrun_requests_total", "counter", "Answered requests.");
  for (const wr__route *route = site->routes; route; route = route->next) {
    for (int kind = 1; kind < 6; kind++) {
      if (!route->statuses[kind]) continue;
      wr__bytes_add_text(out, "wasmrun_requests_total{");
      add_route(out, route);
      wr__bytes_format(out, ",status=\"%dxx\"} %llu\n", kind,
                       (unsigned long long)route->statuses[kind]);
    }
  }
}

static void add_durations(wr__bytes *out, const wr__site *site) {
  const char *name = "wasmrun_request_duration_seconds";
  add_head(out, name, "histogram", "Time from the head of a request to the end of its answer.");
  for (const wr__route *route = site->routes; route; route = route->next) {
    uint64_t count = 0;
    for (int i = 0; i < WR__LATENCIES; i++) {
      count += route->latencies[i];
      wr__bytes_format(out, "%s_bucket{", name);
      add_route(out, route);
      if (i + 1 < WR__LATENCIES)
        wr__bytes_format(out, ",le=\"%g\"} %llu\n", (double)wr__latency_bounds_us[i] / 1e6,
                         (unsigned long long)count);
      else
        wr__bytes_format(out, ",le=\"+Inf\"} %llu\n", (unsigned long long)count);
    }
    wr__bytes_format(out, "%s_sum{", name);
    add_route(out, route);
    wr__bytes_format(out, "} %g\n%s_count{", (double)route->latency_sum_us / 1e6, name);
    add_route(out, route);
    wr__bytes_format(out, "} %llu\n", (unsigned long long)count);
  }
}

static void add_bytes(wr__bytes *out, const wr__site *site) {
  add_head(out, "wasmrun_request_bytes_total", "counter", "Bytes of request bodies.");
  for (const wr__route *route = site->routes; route; route = route->next) {
    wr__bytes_add_text(out, "wasmrun_request_bytes_total{");
    add_route(out, route);
    wr__bytes_format(out, "} %llu\n", (unsigned long long)route->request_bytes);
  }
  add_head(out, "wasmrun_answer_bytes_total", "counter", "Bytes of answer bodies.");
  for (const wr__route *route = site->routes; route; route = route->next) {
    wr__bytes_add_text(out, "wasmrun_answer_bytes_total{");
    add_route(out, route);
    wr__bytes_format(out, "} %llu\n", (unsigned long long)route->answer_bytes);
  }
}

typedef struct app_counter {
  const char *name, *type, *help;
  size_t offset; /* of an atomic counter in an app */
} app_counter;

static void add_apps(wr__bytes *out, const wr__site *site) {
  static const app_counter counters[] = {
      {"wasmrun_instances", "gauge", "Guests that run or wait.", offsetof(wr__app, active)},
      {"wasmrun_failures_total", "counter", "Guests that ended in a trap or by an error.",
       offsetof(wr__app, traps)},
      {"wasmrun_timeouts_total", "counter", "Guests whose time was over.",
       offsetof(wr__app, timeouts)},
      {"wasmrun_rejected_total", "counter", "Requests beyond the app's concurrency.",
       offsetof(wr__app, rejected)},
  };
  for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
    const app_counter *c = &counters[i];
    add_head(out, c->name, c->type, c->help);
    for (const wr__app *app = site->apps; app; app = app->next) {
      const _Atomic uint64_t *value = (const void *)((const char *)app + c->offset);
      wr__bytes_format(out, "%s{app=\"", c->name);
      add_label(out, app->name);
      wr__bytes_format(out, "\"} %llu\n", (unsigned long long)*value);
    }
  }
}

static void add_all(wr__bytes *out, wr__server *server, const wr__site *site) {
  add_requests(out, site);
  add_durations(out, site);
  add_bytes(out, site);
  add_apps(out, site);
  add_head(out, "wasmrun_connections", "gauge", "Open connections.");
  wr__bytes_format(out, "wasmrun_connections %llu\n", (unsigned long long)server->connections);
  add_head(out, "wasmrun_log_lines_lost_total", "counter", "Lines that the log could not take.");
  wr__bytes_format(out, "wasmrun_log_lines_lost_total %llu\n",
                   (unsigned long long)wr__log_lost(server->log));
  add_head(out, "wasmrun_refused_total", "counter", "Requests that broke HTTP or came too slowly.");
  wr__bytes_format(out, "wasmrun_refused_total %llu\n", (unsigned long long)server->refused);
}

static void answer(wr__exchange *x, int status, const char *type, const wr__bytes *body) {
  wr__bytes fields = {0};
  wr__bytes_format(&fields, "content-type: %s\r\n", type);
  wr__exchange_begin(x, status, &fields, (int64_t)body->size);
  pthread_mutex_lock(&x->lock);
  /* By itself: no loop waits for its own. */
  wr__bytes_add(&x->output, wr__bytes_text(body), body->size);
  x->output_total = body->size;
  pthread_mutex_unlock(&x->lock);
  wr__exchange_end(x);
}

void wr__metrics_serve(wr__server *server, wr__exchange *x) {
  wr__bytes body = {0};
  bool is_ready = strcmp(x->head.path, "/ready") == 0;
  if (strcmp(x->head.path, "/metrics") == 0) {
    add_all(&body, server, x->site);
    answer(x, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
  } else if (is_ready || strcmp(x->head.path, "/health") == 0) {
    bool good = !is_ready || server->ready;
    wr__bytes_add_text(&body, good ? "ok\n" : "draining\n");
    answer(x, good ? 200 : 503, "text/plain", &body);
  } else {
    wr__exchange_fail(x, 404, NULL);
  }
  wr__bytes_free(&body);
}
