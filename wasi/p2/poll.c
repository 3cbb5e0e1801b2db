/* Pollables: what a stream, a socket or a clock waits for, as items of host/poll.c.
 * Spec: wasi:io/poll. */
#include "http.h"

#include <stdlib.h>

#define ON_STACK 16u

wr__p2_pollable *wr__p2_subscribe(wr__p2 *p2, void *object) {
  wr__p2_pollable *pollable = wr__p2_new(p2, WR__P2_POLLABLE, sizeof *pollable, false);
  if (!pollable) return NULL;
  pollable->of = object;
  wr__p2_retain(object);
  return pollable;
}

wr__p2_pollable *wr__p2_subscribe_clock(wr__p2 *p2, uint64_t deadline_ns) {
  wr__p2_pollable *pollable = wr__p2_new(p2, WR__P2_POLLABLE, sizeof *pollable, false);
  if (pollable) pollable->deadline_ns = deadline_ns;
  return pollable;
}

static wr__poll_item wait_for(wr__desc *desc, wr__wait what) {
  return (wr__poll_item){.desc = desc, .what = what};
}

static const wr__poll_item always;

/* What is pending may have gone by now. */
static wr__poll_item of_output(wr__op *op, wr__p2_output *out) {
  wr__p2_output_is_ready(op, out);
  if (out->is_closed || !out->desc || out->desc->kind != WR__DESC_SOCKET) return always;
  return wait_for(out->desc, WR__WAIT_WRITE);
}

static wr__poll_item of_tcp(const wr__p2_tcp *tcp) {
  if (tcp->state == WR__P2_TCP_CONNECTING) return wait_for(tcp->desc, WR__WAIT_WRITE);
  return tcp->state == WR__P2_TCP_LISTENING ? wait_for(tcp->desc, WR__WAIT_READ) : always;
}

/* What to ask the host for an object. */
static wr__poll_item item_of(wr__op *op, wr__p2_object *object) {
  const wr__p2_input *in = (const wr__p2_input *)object;
  switch (object->kind) {
    case WR__P2_INPUT:
      if (in->is_closed || in->has_offset || !in->desc) return always;
      return wait_for(in->desc, WR__WAIT_READ);
    case WR__P2_OUTPUT:
      return of_output(op, (wr__p2_output *)object);
    case WR__P2_TCP:
      return of_tcp((const wr__p2_tcp *)object);
    case WR__P2_INCOMING:
      return wait_for(((wr__p2_datagrams *)object)->desc, WR__WAIT_READ);
    case WR__P2_OUTGOING:
      return wait_for(((wr__p2_datagrams *)object)->desc, WR__WAIT_WRITE);
    case WR__P2_FUTURE_RESPONSE:
      return wait_for(wr__p2_future_desc((const wr__p2_future_response *)object), WR__WAIT_READ);
    default:
      return always;
  }
}

static wr__poll_item item_of_pollable(wr__op *op, const wr__p2_pollable *pollable) {
  if (pollable->of) return item_of(op, pollable->of);
  return (wr__poll_item){
      .is_clock = true, .clock_id = WR__CLOCK_MONOTONIC, .deadline_ns = pollable->deadline_ns};
}

/* The host takes something, but what is pending may be more. */
static bool is_drained(wr__op *op, wr__p2_object *object) {
  return !object || object->kind != WR__P2_OUTPUT ||
         wr__p2_output_is_ready(op, (wr__p2_output *)object);
}

int wr__p2_poll(wr__op *op, wr__p2_pollable *const *list, uint32_t count, bool *ready) {
  wr__poll_item few[ON_STACK], *items = few;
  if (count > ON_STACK) items = malloc(count * sizeof *items);
  if (!items) return ENOMEM;
  uint32_t found = 0;
  int error = 0;
  while (found == 0 && error == 0) {
    uint32_t host_ready;
    for (uint32_t i = 0; i < count; i++) items[i] = item_of_pollable(op, list[i]);
    error = wr__poll_wait(op, items, count, &host_ready);
    for (uint32_t i = 0; error == 0 && i < count; i++) {
      ready[i] = items[i].ready && is_drained(op, list[i]->of);
      found += ready[i];
    }
    if (error == 0 && found == 0 && wr__op_poll(op)) error = EINTR;
  }
  if (items != few) free(items);
  return error;
}

bool wr__p2_is_ready(wr__op *op, wr__p2_pollable *pollable) {
  wr__poll_item item = item_of_pollable(op, pollable);
  uint32_t ready = 0;
  if (wr__poll_now(op, &item, 1, &ready) != 0) return true; /* using it says why */
  return ready > 0 && is_drained(op, pollable->of);
}

int wr__p2_wait(wr__op *op, void *object) {
  bool ready;
  wr__p2_pollable pollable = {.of = object};
  wr__p2_pollable *list = &pollable;
  return wr__p2_poll(op, &list, 1, &ready);
}
