/* Bodies of wasi:http. What comes in is read by a stream over a descriptor; what goes out is given
 * to the exchange as it is written, and kept until there is one. */
#include "http.h"

#include <stdlib.h>
#include <string.h>

/* A guest may write this much before it says what it answers. */
#define MAX_EARLY (16u << 20)

/* ---- incoming */

static void release_incoming(void *object) {
  wr__p2_incoming_body *body = object;
  if (body->desc) wr__desc_release(body->desc);
  if (body->trailers) wr__p2_release(body->trailers);
}

wr__p2_incoming_body *wr__p2_incoming_body_new(wr__p2 *p2, wr__desc *desc) {
  wr__p2_incoming_body *body = wr__p2_new(p2, WR__P2_INCOMING_BODY, sizeof *body, false);
  if (body) {
    body->base.release = release_incoming;
    body->desc = desc;
  } else if (desc) {
    wr__desc_release(desc);
  }
  return body;
}

static void incoming_body_stream(wr__p2_call *c) {
  wr__p2_incoming_body *body = wr__in_object(c, WR__P2_INCOMING_BODY);
  wr__p2_input *in = NULL;
  if (!body->has_stream) {
    if (body->desc) wr__desc_retain(body->desc);
    in = wr__p2_input_new(wr__p2_of(c), body->desc);
    body->has_stream = in != NULL;
  }
  wr__out_case(c, in ? 0 : 1);
  if (in) wr__out_object(c, in);
  wr__out_end(c);
}

/* What was not read is not waited for, so trailers are known if they are known by now. */
static void incoming_body_finish(wr__p2_call *c) {
  wr__p2_incoming_body *body = wr__in_own(c, WR__P2_INCOMING_BODY);
  wr__p2_incoming_body *future =
      wr__p2_new(wr__p2_of(c), WR__P2_FUTURE_TRAILERS, sizeof *future, false);
  if (future) {
    future->base.release = release_incoming;
    future->trailers = body->trailers;
    body->trailers = NULL;
  }
  wr__p2_release(body);
  wr__out_new(c, future);
}

static void future_trailers_subscribe(wr__p2_call *c) {
  void *object = wr__in_any(c);
  wr__out_new(c, wr__p2_subscribe(wr__p2_of(c), object));
}

/* option<result<result<option<trailers>, error-code>>> */
static void future_trailers_get(wr__p2_call *c) {
  wr__p2_incoming_body *future = wr__in_object(c, WR__P2_FUTURE_TRAILERS);
  bool first = !future->has_stream;
  future->has_stream = true;
  wr__out_case(c, 1);
  wr__out_case(c, first ? 0 : 1);
  if (first) {
    wr__out_ok(c);
    wr__out_case(c, future->trailers ? 1 : 0);
    if (future->trailers) wr__out_object(c, future->trailers);
    future->trailers = NULL;
    wr__out_end(c);
    wr__out_end(c);
  }
  wr__out_end(c);
  wr__out_end(c);
}

/* ---- outgoing */

/* Once: what is complete is told, and what never will be. */
static void end_body(wr__p2_outgoing_body *body) {
  wr__p2_exchange *exchange = body->exchange;
  if (!exchange || exchange->is_finished) return;
  exchange->is_finished = true;
  exchange->end(exchange->context, body->is_finished && !body->is_cut, body->trailers);
}

static void release_outgoing(void *object) {
  wr__p2_outgoing_body *body = object;
  end_body(body);
  if (body->desc) {
    body->desc->callback_context = NULL; /* a stream may live longer */
    wr__desc_release(body->desc);
  }
  if (body->trailers) wr__p2_release(body->trailers);
  if (body->client) wr__p2_client_release(body->client);
  free(body->early);
}

static int keep_early(wr__p2_outgoing_body *body, const uint8_t *bytes, size_t size) {
  size_t need = body->early_size + size;
  if (need > MAX_EARLY) return EFBIG;
  if (need > body->early_capacity) {
    size_t capacity = body->early_capacity ? body->early_capacity * 2 : 4096;
    while (capacity < need) capacity *= 2;
    uint8_t *early = realloc(body->early, capacity);
    if (!early) return ENOMEM;
    body->early = early;
    body->early_capacity = capacity;
  }
  memcpy(body->early + body->early_size, bytes, size);
  body->early_size += size;
  return 0;
}

static int give(wr__p2_outgoing_body *body, const uint8_t *bytes, size_t size) {
  wr__p2_exchange *exchange = body->exchange;
  if (body->is_cut) return EPIPE;
  int error =
      exchange ? exchange->write(exchange->context, bytes, size) : keep_early(body, bytes, size);
  if (error != 0) body->is_cut = true;
  return error;
}

/* Spec: outgoing-body.finish: "Fails if the body's Content-Length and what was written differ". */
static int write_body(void *context, const uint8_t *bytes, size_t size) {
  wr__p2_outgoing_body *body = context;
  if (!body || body->is_finished) return EPIPE;
  if (body->has_length && size > body->length - body->written) return EFBIG;
  body->written += size;
  return give(body, bytes, size);
}

static void read_length(wr__p2_outgoing_body *body, const wr__p2_fields *fields) {
  wr__p2_text text = wr__p2_fields_get(fields, "content-length");
  uint64_t value = 0;
  if (!text.bytes || text.size == 0) return;
  for (size_t i = 0; i < text.size; i++) {
    if (text.bytes[i] < '0' || text.bytes[i] > '9') return;
    if (__builtin_mul_overflow(value, 10u, &value) ||
        __builtin_add_overflow(value, (uint64_t)(text.bytes[i] - '0'), &value))
      return;
  }
  body->has_length = true;
  body->length = value;
}

wr__p2_outgoing_body *wr__p2_outgoing_body_new(wr__p2 *p2, const wr__p2_fields *fields) {
  wr__p2_outgoing_body *body = wr__p2_new(p2, WR__P2_OUTGOING_BODY, sizeof *body, false);
  if (!body) return NULL;
  body->base.release = release_outgoing;
  body->desc = wr__desc_new(WR__DESC_WRITER, -1);
  if (!body->desc) {
    wr__p2_release(body);
    errno = ENOMEM;
    return NULL;
  }
  body->desc->write = write_body;
  body->desc->callback_context = body;
  read_length(body, fields);
  return body;
}

int wr__p2_outgoing_body_start(wr__p2_outgoing_body *body, wr__p2_exchange *exchange) {
  int error = 0;
  body->exchange = exchange;
  if (body->early_size > 0)
    error = exchange->write(exchange->context, body->early, body->early_size);
  free(body->early);
  body->early = NULL;
  body->early_size = body->early_capacity = 0;
  if (error != 0) body->is_cut = true;
  if (body->is_finished) end_body(body);
  return error;
}

void wr__p2_outgoing_body_stop(wr__p2_outgoing_body *body) {
  end_body(body);
  body->exchange = NULL;
  body->is_cut = true;
}

static void outgoing_body_write(wr__p2_call *c) {
  wr__p2_outgoing_body *body = wr__in_object(c, WR__P2_OUTGOING_BODY);
  wr__p2_output *out = NULL;
  if (!body->has_stream) {
    wr__desc_retain(body->desc);
    out = wr__p2_output_new(wr__p2_of(c), body->desc);
    body->has_stream = out != NULL;
  }
  wr__out_case(c, out ? 0 : 1);
  if (out) wr__out_object(c, out);
  wr__out_end(c);
}

/* Without it, a body that was begun is incomplete when it is dropped. */
static void outgoing_body_finish(wr__p2_call *c) {
  wr__p2_outgoing_body *body = wr__in_own(c, WR__P2_OUTGOING_BODY);
  if (wr__in_case(c) == 1) {
    wr__p2_fields *trailers = wr__in_own(c, WR__P2_FIELDS);
    if (body->trailers) wr__p2_release(body->trailers);
    body->trailers = trailers;
  }
  wr__in_end(c);
  bool whole = !body->has_length || body->written == body->length;
  body->is_finished = true;
  if (!whole) body->is_cut = true;
  end_body(body);
  wr__p2_release(body);
  wr__out_case(c, whole ? 0 : 1);
  if (!whole) wr__p2_out_http_code(c, WR__P2_HTTP_INTERNAL_ERROR);
  wr__out_end(c);
}

static const wr__p2_function functions[] = {
    {"[method]incoming-body.stream", incoming_body_stream},
    {"[static]incoming-body.finish", incoming_body_finish},
    {"[method]future-trailers.subscribe", future_trailers_subscribe},
    {"[method]future-trailers.get", future_trailers_get},
    {"[method]outgoing-body.write", outgoing_body_write},
    {"[static]outgoing-body.finish", outgoing_body_finish},
};
static const wr__p2_resource resources[] = {
    {"incoming-body"}, {"future-trailers"}, {"outgoing-body"}};
WR__P2_INTERFACE(wr__p2_http_bodies, "wasi:http/types", functions, resources);
