/* HTTP/2 on a connection, by nghttp2: a stream is an exchange. The window of a stream is opened
 * again as its handler takes the input, so a body is never held whole. Spec: RFC 9113. */
#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "client.h"
#include "http1.h"
#include "serve.h"

#define MOST_STREAMS 128u

typedef struct part {
  size_t name, name_size, value, value_size; /* places in the text */
} part;

typedef struct stream {
  struct stream *previous, *next;
  int32_t id;
  wr__exchange *x; /* or NULL: it is not begun, or over */
  wr__bytes text;  /* of the head, while it comes */
  part parts[WR__MAX_FIELDS + 8];
  size_t part_count;
  bool too_large;
  bool answered; /* the head of the answer is out */
  uint64_t fed, consumed;
} stream;

typedef struct session {
  nghttp2_session *h2;
  stream *streams; /* a list */
  size_t stream_count;
  bool is_busy, draining;
} session;

static void flush(wr__client *client);
static void attend(wr__exchange *x);

/* ---- Heads of requests
 * ---------------------------------------------------------------------------- */

static int on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame, void *context) {
  wr__client *client = context;
  session *s = client->session;
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  stream *st = calloc(1, sizeof *st);
  if (!st) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  st->id = frame->hd.stream_id;
  st->next = s->streams;
  if (s->streams) s->streams->previous = st;
  s->streams = st;
  s->stream_count++;
  nghttp2_session_set_stream_user_data(h2, st->id, st);
  return 0;
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags,
                     void *context) {
  wr__client *client = context;
  stream *st = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
  size_t most = client->loop->server->settings.head_bytes;
  (void)flags;
  if (!st || st->x || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  if (st->part_count == sizeof st->parts / sizeof st->parts[0] ||
      st->text.size + name_size + value_size > most) {
    st->too_large = true;
    return 0;
  }
  part *p = &st->parts[st->part_count++];
  *p = (part){st->text.size, name_size, st->text.size + name_size, value_size};
  return wr__bytes_add(&st->text, name, name_size) && wr__bytes_add(&st->text, value, value_size)
             ? 0
             : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* Pseudo-fields to their places, the others to the list. nghttp2 checked names, order and lengths.
 */
static wr__refusal take_head(stream *st, wr__head *head) {
  head->text = (char *)st->text.data;
  head->text_size = st->text.size;
  st->text = (wr__bytes){0};
  head->fields = calloc(st->part_count + 1, sizeof *head->fields);
  if (!head->fields) return (wr__refusal){503, "out of memory"};
  head->major = 2;
  for (size_t i = 0; i < st->part_count; i++) {
    wr__slice name = {head->text + st->parts[i].name, st->parts[i].name_size};
    wr__slice value = {head->text + st->parts[i].value, st->parts[i].value_size};
    if (wr__slice_is(name, ":method"))
      head->method = value;
    else if (wr__slice_is(name, ":path"))
      head->target = value;
    else if (wr__slice_is(name, ":authority"))
      head->authority = value;
    else if (name.size > 0 && name.data[0] != ':')
      head->fields[head->field_count++] = (wr__field){name, value};
  }
  wr__slice host = wr__head_field(head, "host");
  if (st->too_large) return (wr__refusal){431, "the head is too large"};
  if (wr__slice_is(head->method, "CONNECT")) return (wr__refusal){501, "no proxy"};
  if (!wr__head_is_token(head->method)) return (wr__refusal){400, "bad method"};
  if (wr__head_count(head, "host") > 1 ||
      (host.data && head->authority.data &&
       (host.size != head->authority.size ||
        strncasecmp(host.data, head->authority.data, host.size) != 0)))
    return (wr__refusal){400, "Host and :authority differ"};
  if (!head->authority.data) head->authority = host;
  if (!wr__head_is_authority(head->authority)) return (wr__refusal){400, "bad authority"};
  for (size_t i = 0; i < head->field_count; i++)
    if (!wr__head_is_value(head->fields[i].value))
      return (wr__refusal){400, "bad value of a field"};
  bool is_star = wr__slice_is(head->target, "*");
  if ((is_star && !wr__slice_is(head->method, "OPTIONS")) || !wr__head_set_target(head))
    return (wr__refusal){400, "bad target"};
  return (wr__refusal){0};
}

static void begin(wr__client *client, stream *st, bool ends) {
  wr__exchange *x = wr__exchange_new(client->loop);
  if (!x) return;
  wr__refusal refusal = take_head(st, &x->head);
  wr__slice length = wr__head_field(&x->head, "content-length");
  x->head.framing = ends ? WR__BODY_NONE : WR__BODY_CHUNKED;
  if (!ends && length.data && wr__head_length(length, &x->head.length))
    x->head.framing = WR__BODY_LENGTH;
  x->session = client;
  x->stream = st->id;
  x->attend = attend;
  x->peer = client->peer;
  x->input_ended = ends;
  x->head.expect_continue = false;
  st->x = x;
  if (refusal.status) {
    wr__serve_refused(client, refusal.status, refusal.reason);
    x->head.path = x->head.path ? x->head.path : strdup("/");
    wr__exchange_fail(x, refusal.status, refusal.reason);
  } else {
    wr__serve_request(x, false);
  }
}

/* ---- Bodies of requests
 * ----------------------------------------------------------------------------- */

/* Opens the windows by what the handler took. */
static void consume(session *s, stream *st) {
  pthread_mutex_lock(&st->x->lock);
  uint64_t taken = st->fed - st->x->input.size;
  st->x->input_paused = st->x->input.size > 0;
  pthread_mutex_unlock(&st->x->lock);
  if (taken > st->consumed) nghttp2_session_consume(s->h2, st->id, (size_t)(taken - st->consumed));
  if (taken > st->consumed) st->consumed = taken;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t id, const uint8_t *data, size_t size,
                   void *context) {
  wr__client *client = context;
  stream *st = nghttp2_session_get_stream_user_data(h2, id);
  (void)flags;
  if (!st || !st->x) {
    nghttp2_session_consume(h2, id, size);
    return 0;
  }
  bool paused;
  wr__exchange_feed(st->x, (wr__slice){(const char *)data, size}, &paused);
  st->fed += size;
  consume(client->session, st);
  return 0;
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *context) {
  wr__client *client = context;
  stream *st = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
  bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (!st) return 0;
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
    begin(client, st, ends);
  else if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) && ends && st->x)
    wr__exchange_feed_end(st->x);
  return 0;
}

/* ---- Answers
 * ---------------------------------------------------------------------------------------- */

static ssize_t read_answer(nghttp2_session *h2, int32_t id, uint8_t *buffer, size_t most,
                           uint32_t *flags, nghttp2_data_source *source, void *context) {
  stream *st = source->ptr;
  wr__exchange *x = st->x;
  (void)h2;
  (void)id;
  (void)context;
  if (!x) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  pthread_mutex_lock(&x->lock);
  if (x->pull && x->output.size == 0 && !x->output_ended) x->pull(x);
  size_t size = x->output.size < most ? x->output.size : most;
  if (size) memcpy(buffer, wr__bytes_text(&x->output), size);
  wr__bytes_take(&x->output, size);
  bool ended = x->output_ended && x->output.size == 0, failed = x->output_failed;
  pthread_cond_signal(&x->wake);
  pthread_mutex_unlock(&x->lock);
  if (ended && failed) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  if (ended)
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  else if (size == 0)
    return NGHTTP2_ERR_DEFERRED;
  return (ssize_t)size;
}

/* "Name: value" lines as pairs, with names in small letters, which HTTP/2 demands. */
static size_t split_fields(char *text, size_t size, nghttp2_nv *pairs, size_t most) {
  size_t count = 0;
  for (char *at = text, *end = text + size; at < end && count < most;) {
    char *feed = memchr(at, '\r', (size_t)(end - at)), *colon = memchr(at, ':', (size_t)(end - at));
    if (!feed || !colon || colon > feed) break;
    for (char *c = at; c < colon; c++)
      if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
    char *value = colon + 1 + (colon[1] == ' ');
    pairs[count++] = (nghttp2_nv){(uint8_t *)at, (uint8_t *)value, (size_t)(colon - at),
                                  (size_t)(feed - value), NGHTTP2_NV_FLAG_NONE};
    at = feed + 2;
  }
  return count;
}

#define PAIR(name, value, size) \
  ((nghttp2_nv){(uint8_t *)(name), (uint8_t *)(value), strlen(name), (size), NGHTTP2_NV_FLAG_NONE})

/* With the lock. */
static void submit(session *s, stream *st) {
  wr__exchange *x = st->x;
  nghttp2_nv pairs[WR__MAX_FIELDS + 4];
  char status[8], length[24];
  size_t count = 0;
  bool is_head = wr__slice_is(x->head.method, "HEAD");
  bool has_body = wr__status_has_body(x->status) && !is_head;
  if (x->length < 0 && x->output_ended && !x->output_failed) x->length = (int64_t)x->output.size;
  snprintf(status, sizeof status, "%d", x->status);
  pairs[count++] = PAIR(":status", status, 3);
  pairs[count++] = PAIR("date", wr__loop_date(x->loop), strlen(wr__loop_date(x->loop)));
  if (x->length >= 0 && wr__status_has_body(x->status)) {
    int size = snprintf(length, sizeof length, "%lld", (long long)x->length);
    pairs[count++] = PAIR("content-length", length, (size_t)size);
  }
  if (x->fields.size)
    count += split_fields((char *)x->fields.data + x->fields.start, x->fields.size, pairs + count,
                          WR__MAX_FIELDS);
  nghttp2_data_provider provider = {{.ptr = st}, read_answer};
  if (!has_body) wr__bytes_take(&x->output, x->output.size);
  nghttp2_submit_response(s->h2, st->id, pairs, count, has_body ? &provider : NULL);
  st->answered = x->head_sent = true;
}

static stream *find_stream(session *s, int32_t id) {
  return nghttp2_session_get_stream_user_data(s->h2, id);
}

static void attend(wr__exchange *x) {
  wr__client *client = x->session;
  session *s = client->session;
  stream *st = find_stream(s, x->stream);
  if (!st || st->x != x) return;
  pthread_mutex_lock(&x->lock);
  bool ready = x->status && (x->output.size > 0 || x->output_ended || x->pull);
  bool failed = x->output_failed && x->output_ended;
  if (!st->answered && ready)
    submit(s, st);
  else if (st->answered && failed)
    nghttp2_submit_rst_stream(s->h2, 0, st->id, NGHTTP2_INTERNAL_ERROR);
  else if (st->answered && (x->output.size > 0 || x->output_ended))
    nghttp2_session_resume_data(s->h2, st->id);
  pthread_mutex_unlock(&x->lock);
  consume(s, st);
  flush(client);
}

/* ---- Ends of streams
 * ---------------------------------------------------------------------------------- */

static void drop(session *s, stream *st, bool broken) {
  if (st->previous)
    st->previous->next = st->next;
  else
    s->streams = st->next;
  if (st->next) st->next->previous = st->previous;
  s->stream_count--;
  if (st->x) {
    wr__exchange *x = st->x;
    st->x = NULL;
    wr__serve_finish(x, broken);
    wr__exchange_abandon(x);
  }
  wr__bytes_free(&st->text);
  free(st);
}

static int on_close(nghttp2_session *h2, int32_t id, uint32_t error, void *context) {
  wr__client *client = context;
  session *s = client->session;
  stream *st = nghttp2_session_get_stream_user_data(h2, id);
  if (!st) return 0;
  nghttp2_session_set_stream_user_data(h2, id, NULL);
  if (st->x && st->fed > st->consumed)
    nghttp2_session_consume_connection(h2, (size_t)(st->fed - st->consumed));
  drop(s, st, error != NGHTTP2_NO_ERROR);
  if (s->stream_count == 0) wr__client_limit(client, client->loop->server->settings.idle_ns);
  return 0;
}

/* After the whole answer, what is left of the request is not wanted. Spec: RFC 9113, 8.1. */
static int on_sent(nghttp2_session *h2, const nghttp2_frame *frame, void *context) {
  bool ends = (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
              (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  stream *st = ends ? nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id) : NULL;
  (void)context;
  if (st && st->x && !st->x->input_ended)
    nghttp2_submit_rst_stream(h2, 0, frame->hd.stream_id, NGHTTP2_NO_ERROR);
  return 0;
}

/* ---- The protocol
 * ------------------------------------------------------------------------------------- */

static bool is_here(const wr__client *client, const session *s) {
  return client->session == s && !client->is_closing;
}

/* What nghttp2 has to send, as far as the peer keeps up. */
static void flush(wr__client *client) {
  session *s = client->session;
  wr__bytes out = {0};
  if (s->is_busy || client->queued >= WR__CLIENT_MOST_QUEUED) return;
  s->is_busy = true;
  bool good = true;
  while (good && out.size < WR__CLIENT_MOST_QUEUED) {
    const uint8_t *data;
    ssize_t size = nghttp2_session_mem_send(s->h2, &data);
    if (size == 0) break;
    good = size > 0 && wr__bytes_add(&out, data, (size_t)size);
  }
  s->is_busy = false;
  bool full = out.size >= WR__CLIENT_MOST_QUEUED;
  wr__client_retain(client);
  if (good) wr__client_write(client, &out);
  wr__bytes_free(&out);
  if (is_here(client, s)) {
    bool over = !nghttp2_session_want_read(s->h2) && !nghttp2_session_want_write(s->h2);
    if (!good)
      wr__client_close(client);
    else if (over || (s->draining && s->stream_count == 0))
      wr__client_end(client);
    else if (full && client->queued == 0)
      flush(client);
  }
  wr__client_release(client);
}

static void received(wr__client *client, const char *data, size_t size) {
  session *s = client->session;
  s->is_busy = true;
  ssize_t taken = nghttp2_session_mem_recv(s->h2, (const uint8_t *)data, size);
  s->is_busy = false;
  if (s->stream_count > 0) wr__client_limit(client, 0);
  if (taken < 0) {
    wr__serve_refused(client, 400, "bad HTTP/2");
    flush(client);
    if (is_here(client, s)) wr__client_end(client);
  } else {
    flush(client);
  }
}

static void ended(wr__client *client) {
  session *s = client->session;
  if (s->stream_count == 0) wr__client_close(client);
}

static void drained(wr__client *client) { flush(client); }

static void drain(wr__client *client) {
  session *s = client->session;
  s->draining = true;
  nghttp2_submit_goaway(s->h2, 0, nghttp2_session_get_last_proc_stream_id(s->h2), 0, NULL, 0);
  flush(client);
}

static void late(wr__client *client) {
  session *s = client->session;
  if (s->stream_count > 0) return;
  nghttp2_session_terminate_session(s->h2, NGHTTP2_NO_ERROR);
  flush(client);
  if (is_here(client, s)) wr__client_end(client);
}

static void closed(wr__client *client) {
  session *s = client->session;
  if (!s) return;
  while (s->streams) drop(s, s->streams, true);
  nghttp2_session_del(s->h2);
  free(s);
  client->session = NULL;
}

const wr__protocol wr__http2_protocol = {received, ended, drained, drain, late, closed};

static nghttp2_session *new_session(wr__client *client) {
  nghttp2_session_callbacks *callbacks;
  nghttp2_option *option;
  nghttp2_session *h2 = NULL;
  if (nghttp2_session_callbacks_new(&callbacks)) return NULL;
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
  if (nghttp2_option_new(&option) == 0) {
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_send_header_block_length(option, 1 << 17);
    if (nghttp2_session_server_new2(&h2, callbacks, client, option)) h2 = NULL;
    nghttp2_option_del(option);
  }
  nghttp2_session_callbacks_del(callbacks);
  return h2;
}

bool wr__http2_open(wr__client *client) {
  session *s = calloc(1, sizeof *s);
  if (!s) return false;
  s->h2 = new_session(client);
  if (!s->h2) {
    free(s);
    return false;
  }
  client->session = s;
  client->protocol = &wr__http2_protocol;
  size_t head = client->loop->server->settings.head_bytes;
  nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MOST_STREAMS},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)head},
  };
  nghttp2_submit_settings(s->h2, 0, settings, 2);
  /* A connection's window is for all of its streams. */
  nghttp2_session_set_local_window_size(s->h2, 0, 0, 1 << 20);
  wr__client_limit(client, client->loop->server->settings.idle_ns);
  flush(client);
  return true;
}
