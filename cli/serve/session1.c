/* HTTP/1.1 and 1.0 on a connection: one exchange at a time; what is pipelined waits. Spec: RFC
 * 9112. */
#include <stdlib.h>

#include "client.h"
#include "http1.h"
#include "serve.h"

/* What is read and thrown away of a body that nobody wants, so that the connection can go on. */
#define MOST_DISCARDED ((uint64_t)256 << 10)

static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

typedef struct session {
  wr__bytes waiting; /* read, and not yet looked at: a part of a head, or what is pipelined */
  size_t scanned;    /* of waiting, for the end of a head */
  wr__exchange *x;   /* or NULL */
  wr__body body;     /* of x, or the one that is thrown away */
  uint64_t discarded;
  bool head_sent, chunked, no_body; /* of the answer */
  bool keep_alive;
  bool continued; /* 100 Continue was sent */
  bool is_busy;   /* `advance` runs */
  bool is_paused; /* the exchange has no room for input */
  bool answered;  /* a request was answered on this connection */
  bool draining;
} session;

/* Has the connection still this session? */
static bool is_here(const wr__client *client, const session *s) {
  return client->session == s && client->protocol == &wr__http1_protocol && !client->is_closing;
}

static void advance(wr__client *client);
static void attend(wr__exchange *x);

bool wr__http1_open(wr__client *client) {
  session *s = calloc(1, sizeof *s);
  if (!s) return false;
  s->body.ended = true;
  client->session = s;
  client->protocol = &wr__http1_protocol;
  wr__client_limit(client, client->loop->server->settings.head_ns);
  return true;
}

static void free_session(wr__client *client) {
  session *s = client->session;
  if (!s) return;
  if (s->x) {
    wr__exchange *x = s->x;
    s->x = NULL;
    wr__serve_finish(x, true);
    wr__exchange_abandon(x);
  }
  wr__bytes_free(&s->waiting);
  free(s);
  client->session = NULL;
}

/* ---- Answers ----------------------------------------------------------------------------------
 */

/* An answer of the server's own to a request that was no exchange yet; then the end. */
static void refuse(wr__client *client, wr__refusal refusal) {
  wr__bytes out = {0};
  const char *reason = wr__status_reason(refusal.status);
  wr__bytes_format(&out,
                   "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: text/plain\r\n"
                   "Content-Length: %zu\r\nConnection: close\r\n\r\n%d %s: %s\n",
                   refusal.status, reason, wr__loop_date(client->loop),
                   strlen(reason) + strlen(refusal.reason) + 7, refusal.status, reason,
                   refusal.reason);
  wr__serve_refused(client, refusal.status, refusal.reason);
  wr__client_write(client, &out);
  wr__bytes_free(&out);
  wr__client_end(client);
}

/* With the lock. The framing of the answer's body is chosen here. */
static void write_head(session *s, wr__exchange *x, wr__bytes *out) {
  bool is_head = wr__slice_is(x->head.method, "HEAD");
  bool has_body = wr__status_has_body(x->status);
  s->no_body = is_head || !has_body;
  if (x->length < 0 && x->output_ended && !x->output_failed) x->length = (int64_t)x->output.size;
  wr__bytes_format(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", x->status, wr__status_reason(x->status),
                   wr__loop_date(x->loop));
  wr__bytes_add(out, wr__bytes_text(&x->fields), x->fields.size);
  if (x->length >= 0 && has_body) {
    wr__bytes_format(out, "Content-Length: %lld\r\n", (long long)x->length);
  } else if (has_body && x->head.minor >= 1) {
    s->chunked = !s->no_body;
    wr__bytes_add_text(out, "Transfer-Encoding: chunked\r\n");
  } else if (has_body) {
    s->keep_alive = false; /* the end of the connection is the end of the body */
  }
  /* What is left of the request would have to be read first, and there may be much. */
  if (!s->body.ended && x->output_ended && x->head.expect_continue && !s->continued)
    s->keep_alive = false;
  if (!s->keep_alive)
    wr__bytes_add_text(out, "Connection: close\r\n");
  else if (x->head.minor == 0)
    wr__bytes_add_text(out, "Connection: keep-alive\r\n");
  wr__bytes_add_text(out, "\r\n");
  s->head_sent = x->head_sent = true;
}

/* With the lock: all of the body that is there. */
static void write_body(session *s, wr__exchange *x, wr__bytes *out) {
  size_t size = x->output.size;
  if (size > 0 && !s->no_body) {
    if (s->chunked) wr__bytes_format(out, "%zx\r\n", size);
    wr__bytes_add(out, wr__bytes_text(&x->output), size);
    if (s->chunked) wr__bytes_add_text(out, "\r\n");
  }
  wr__bytes_take(&x->output, size);
  if (x->output_ended && !x->output_failed && s->chunked) wr__bytes_add_text(out, "0\r\n\r\n");
}

/* The answer is out, or broken off. */
static void finish(wr__client *client, bool whole) {
  session *s = client->session;
  wr__exchange *x = s->x;
  s->x = NULL;
  wr__serve_finish(x, !whole);
  wr__exchange_abandon(x);
  s->answered = true;
  if (!whole) {
    wr__client_reset(client);
  } else if (!s->keep_alive || s->draining || (client->has_ended && s->waiting.size == 0)) {
    wr__client_end(client);
  } else {
    const wr__settings *settings = &client->loop->server->settings;
    wr__client_limit(client, s->body.ended ? settings->idle_ns : WR__LINGER_NS);
    if (!s->is_busy) advance(client);
  }
}

static void attend(wr__exchange *x) {
  wr__client *client = x->session;
  session *s = client->session;
  wr__bytes out = {0};
  if (client->queued >= WR__CLIENT_MOST_QUEUED) return;
  pthread_mutex_lock(&x->lock);
  if (x->pull && x->output.size == 0 && !x->output_ended) x->pull(x);
  if (x->input_wanted && !s->continued && x->head.expect_continue && !s->head_sent &&
      !s->body.ended) {
    s->continued = true;
    wr__bytes_add_text(&out, "HTTP/1.1 100 Continue\r\n\r\n");
  }
  if (!s->head_sent && x->status && (x->output.size > 0 || x->output_ended)) write_head(s, x, &out);
  if (s->head_sent) {
    write_body(s, x, &out);
    pthread_cond_signal(&x->wake);
  }
  bool ended = x->output_ended && x->output.size == 0 && s->head_sent;
  bool whole = !x->output_failed;
  bool resume = s->is_paused && x->input.size <= WR__PIPE_SIZE / 2;
  if (resume) s->is_paused = x->input_paused = false;
  pthread_mutex_unlock(&x->lock);
  wr__client_retain(client);
  wr__client_write(client, &out);
  wr__bytes_free(&out);
  if (is_here(client, s) && ended) {
    finish(client, whole);
  } else if (is_here(client, s)) {
    if (x->pull && client->queued == 0) wr__loop_notify(client->loop, x);
    if (resume && !s->is_busy) advance(client);
  }
  wr__client_release(client);
}

/* ---- Requests ---------------------------------------------------------------------------------
 */

/* A whole head is at the front of what waits. */
static void begin(wr__client *client, size_t size) {
  session *s = client->session;
  wr__exchange *x = wr__exchange_new(client->loop);
  if (!x) {
    refuse(client, (wr__refusal){503, "out of memory"});
    return;
  }
  wr__refusal refusal = wr__http1_parse(wr__bytes_text(&s->waiting), size, &x->head);
  wr__bytes_take(&s->waiting, size);
  s->scanned = 0;
  if (refusal.status) {
    wr__exchange_release(x);
    refuse(client, refusal);
    return;
  }
  s->x = x;
  s->head_sent = s->chunked = s->no_body = s->continued = s->is_paused = false;
  s->keep_alive = x->head.keep_alive;
  s->discarded = 0;
  wr__body_init(&s->body, &x->head);
  if (s->body.ended) x->input_ended = true;
  x->session = client;
  x->attend = attend;
  x->peer = client->peer;
  wr__client_limit(client, s->body.ended ? 0 : client->loop->server->settings.body_ns);
  wr__serve_request(x, client->is_metrics);
}

/* The preface of HTTP/2, of which a part may have come. */
static bool is_preface(const session *s) {
  size_t size = s->waiting.size < sizeof PREFACE - 1 ? s->waiting.size : sizeof PREFACE - 1;
  return !s->answered && size > 0 && memcmp(wr__bytes_text(&s->waiting), PREFACE, size) == 0;
}

static bool become_http2(wr__client *client) {
  session *s = client->session;
  wr__bytes waiting = s->waiting;
  s->waiting = (wr__bytes){0};
  free_session(client);
  client->protocol = NULL;
  if (wr__http2_open(client))
    client->protocol->received(client, wr__bytes_text(&waiting), waiting.size);
  else
    wr__client_close(client);
  wr__bytes_free(&waiting);
  return false;
}

/* False: nothing can go on. */
static bool read_head(wr__client *client) {
  session *s = client->session;
  size_t end, most = client->loop->server->settings.head_bytes;
  if (is_preface(s) && !client->is_metrics) {
    if (s->waiting.size < sizeof PREFACE - 1) return false;
    return become_http2(client);
  }
  wr__refusal refusal =
      wr__http1_find_end(wr__bytes_text(&s->waiting), s->waiting.size, &s->scanned, most, &end);
  if (refusal.status) {
    refuse(client, refusal);
    return false;
  }
  if (end == 0) {
    if (client->has_ended)
      wr__client_close(client);
    else if (s->waiting.size > 0 && s->answered && s->scanned == s->waiting.size &&
             !client->limit_ns)
      wr__client_limit(client, client->loop->server->settings.head_ns);
    return false;
  }
  begin(client, end);
  return is_here(client, s);
}

/* Content for the exchange, or for nobody. */
static bool read_body(wr__client *client) {
  session *s = client->session;
  while (s->waiting.size > 0 && !s->body.ended && !s->is_paused) {
    wr__slice content;
    size_t at = 0;
    wr__refusal refusal =
        wr__body_read(&s->body, wr__bytes_text(&s->waiting), s->waiting.size, &at, &content);
    if (refusal.status) {
      wr__serve_refused(client, refusal.status, refusal.reason);
      if (s->x && !s->head_sent) {
        wr__exchange *x = s->x;
        s->x = NULL;
        wr__serve_finish(x, true);
        wr__exchange_abandon(x);
        refuse(client, refusal);
      } else {
        wr__client_close(client);
      }
      return false;
    }
    if (s->x && content.size) {
      if (!wr__exchange_feed(s->x, content, &s->is_paused)) s->keep_alive = false;
    } else if (!s->x && (s->discarded += content.size) > MOST_DISCARDED) {
      wr__client_end(client);
      return false;
    }
    wr__bytes_take(&s->waiting, at);
    if (s->x) wr__client_limit(client, client->loop->server->settings.body_ns);
  }
  if (s->body.ended && s->x && !s->x->input_ended) wr__exchange_feed_end(s->x);
  if (s->body.ended) wr__client_limit(client, s->x ? 0 : client->loop->server->settings.idle_ns);
  return s->body.ended;
}

/* As far as it goes. Nothing is read while more than a head's worth waits. */
static void advance(wr__client *client) {
  session *s = client->session;
  wr__client_retain(client);
  s->is_busy = true;
  while (is_here(client, s)) {
    if (!s->body.ended && !read_body(client)) break;
    if (s->x || s->draining) break;
    if (!read_head(client)) break;
  }
  if (is_here(client, s)) {
    s->is_busy = false;
    size_t most = client->loop->server->settings.head_bytes;
    wr__client_read(client, !s->is_paused && s->waiting.size < most);
    if (s->waiting.size == 0) wr__bytes_free(&s->waiting);
    if (s->draining && !s->x)
      wr__client_end(client);
    else if (client->has_ended && !s->x && s->waiting.size == 0)
      wr__client_close(client);
  }
  wr__client_release(client);
}

/* ---- The protocol ------------------------------------------------------------------------------
 */

static void received(wr__client *client, const char *data, size_t size) {
  session *s = client->session;
  if (!wr__bytes_add(&s->waiting, data, size)) {
    wr__client_close(client);
    return;
  }
  if (!s->x && s->answered && s->body.ended && s->scanned == 0)
    wr__client_limit(client, client->loop->server->settings.head_ns);
  advance(client);
}

static void ended(wr__client *client) {
  session *s = client->session;
  /* A request that is not whole never will be. One that is gets its answer: half may stay open. */
  if (!s->x || !s->body.ended) wr__client_close(client);
}

static void drained(wr__client *client) {
  session *s = client->session;
  if (s->x) attend(s->x);
}

static void drain(wr__client *client) {
  session *s = client->session;
  s->draining = true;
  s->keep_alive = s->keep_alive && s->head_sent;
  if (!s->x && s->waiting.size == 0) wr__client_end(client);
}

static void late(wr__client *client) {
  session *s = client->session;
  if (s->x == NULL && s->waiting.size == 0) {
    wr__client_end(client); /* idle: closing is no surprise */
  } else if (s->x == NULL) {
    refuse(client, (wr__refusal){408, "the request came too slowly"});
  } else if (!s->head_sent) {
    wr__exchange *x = s->x;
    s->x = NULL;
    wr__serve_finish(x, true);
    wr__exchange_abandon(x);
    refuse(client, (wr__refusal){408, "the body came too slowly"});
  } else {
    wr__client_close(client);
  }
}

const wr__protocol wr__http1_protocol = {received, ended, drained, drain, late, free_session};
