/* The life of a request: an id and a trace, a route, a handler; and in the end its line in the log
 * and its place in the metrics. */
#include "serve.h"

#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "platform/files.h"
#include "guest.h"
#include "log.h"
#include "metrics.h"
#include "site.h"
#include "static.h"

void wr__exchange_close_file(int file) { wr__os_file_close(file); }

/* ---- Ids ----------------------------------------------------------------------------------------
 */

/* Not secret, but not guessed by chance either: splitmix64 from the system's randomness. */
static uint64_t random64(void) {
  static _Thread_local uint64_t state;
  if (state == 0 && uv_random(NULL, NULL, &state, sizeof state, 0, NULL)) state = wr__now_ns();
  uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static void write_hex(char *to, uint64_t value) {
  for (int i = 15; i >= 0; i--, value >>= 4) to[i] = "0123456789abcdef"[value & 15];
}

static bool is_hex(const char *text, size_t size) {
  bool any = false;
  for (size_t i = 0; i < size; i++) {
    if (!strchr("0123456789abcdef", text[i])) return false;
    any |= text[i] != '0';
  }
  return any;
}

/* Spec: W3C Trace Context, 2.2: version 00; what is malformed begins a new trace. */
static void set_trace(wr__exchange *x) {
  wr__slice given = wr__head_field(&x->head, "traceparent");
  bool good = given.size == 55 && memcmp(given.data, "00-", 3) == 0 && is_hex(given.data + 3, 32) &&
              given.data[35] == '-' && is_hex(given.data + 36, 16) && given.data[52] == '-' &&
              strchr("0123456789abcdef", given.data[53]) &&
              strchr("0123456789abcdef", given.data[54]) &&
              wr__head_count(&x->head, "traceparent") == 1;
  memcpy(x->trace, "00-", 3);
  if (good) {
    memcpy(x->trace, given.data, 55);
  } else {
    write_hex(x->trace + 3, random64());
    write_hex(x->trace + 19, random64() | 1);
    memcpy(x->trace + 35, "-0000000000000000-00", 20);
  }
  write_hex(x->trace + 36, random64() | 1); /* the parent of what comes is this request */
  x->trace[52] = '-';
  x->trace[55] = '\0';
}

/* An id of the client's is kept if it is trusted to give ids. */
static void set_id(wr__exchange *x) {
  wr__slice given = wr__head_field(&x->head, "x-request-id");
  if (x->loop->server->settings.keep_request_id && given.size > 0 && given.size < sizeof x->id &&
      wr__head_is_token(given)) {
    memcpy(x->id, given.data, given.size);
  } else {
    write_hex(x->id, random64());
  }
}

/* ---- Handlers -----------------------------------------------------------------------------------
 */

static wr__site *take_site(wr__server *server) {
  pthread_mutex_lock(&server->site_lock);
  wr__site *site = server->site;
  wr__site_retain(site);
  pthread_mutex_unlock(&server->site_lock);
  return site;
}

/* 405 names the methods that there are. Spec: RFC 9110, 15.5.6. */
static void refuse_method(wr__exchange *x, const char *allowed) {
  wr__exchange_fail(x, 405, NULL);
  pthread_mutex_lock(&x->lock);
  wr__bytes_add_text(&x->fields, "allow: ");
  for (; *allowed; allowed++)
    wr__bytes_add(&x->fields, *allowed == '|' ? ", " : allowed, *allowed == '|' ? 2 : 1);
  wr__bytes_add_text(&x->fields, "\r\n");
  pthread_mutex_unlock(&x->lock);
}

static void run_guest(wr__server *server, wr__exchange *x) {
  wr__app *app = x->route->app;
  x->input_most = app->max_body;
  if (x->head.framing == WR__BODY_LENGTH && x->head.length > app->max_body) {
    wr__exchange_fail(x, 413, "the body is too large");
    return;
  }
  if (!wr__app_enter(app)) {
    wr__exchange_fail(x, 503, "concurrency");
    return;
  }
  x->deadline_ns = x->started_ns + app->timeout_ns;
  wr__loop_begin(x->loop, x);
  if (wr__guest_submit(server->guests, x)) return;
  wr__app_leave(app);
  wr__exchange_fail(x, 503, "out of memory");
}

void wr__serve_request(wr__exchange *x, bool is_metrics) {
  wr__server *server = x->loop->server;
  const char *allowed = NULL;
  set_id(x);
  set_trace(x);
  x->site = take_site(server);
  if (is_metrics) {
    wr__metrics_serve(server, x);
    return;
  }
  x->route = wr__site_route(x->site, &x->head, &x->rest, &allowed);
  if (x->route && x->route->app)
    run_guest(server, x);
  else if (x->route)
    wr__static_serve(x);
  else if (allowed)
    refuse_method(x, allowed);
  else
    wr__exchange_fail(x, 404, NULL);
}

void wr__serve_finish(wr__exchange *x, bool broken) {
  wr__server *server = x->loop->server;
  uint64_t duration_us = (wr__now_ns() - x->started_ns) / 1000;
  wr__loop_finish(x->loop, x);
  pthread_mutex_lock(&x->lock);
  int status = x->head_sent ? x->status : 499;
  if (broken && !x->outcome) x->outcome = "the client left";
  if (x->route) wr__metrics_note(x, status, duration_us);
  wr__log_access(server->log, x, status, duration_us);
  if (x->detail) wr__log_failure(server->log, x);
  pthread_mutex_unlock(&x->lock);
}

void wr__serve_refused(const wr__client *client, int status, const char *reason) {
  atomic_fetch_add(&client->loop->server->refused, 1);
  wr__log_refused(client->loop->server->log, &client->peer, status, reason);
}
