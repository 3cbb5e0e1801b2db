/* poll_oneoff: any mix of clocks and descriptors. Spec: wasi_snapshot_preview1, poll_oneoff. */
#include "p1.h"

#include <poll.h>
#include <stdlib.h>

#define ON_STACK 16u

typedef struct subscription {
  uint64_t userdata;
  uint8_t type;
} subscription;

typedef struct polling {
  wr__call *call;
  subscription *subs;
  wr__poll_item *items; /* one for each; their descriptors are counted */
  uint32_t count;
} polling;

static int set_clock(polling *p, wr__poll_item *item, const uint8_t *in) {
  if (p->call->unstable) in += 8; /* an identifier comes first */
  uint64_t timeout = wr__wire_load64(in + 8);
  uint16_t flags = wr__wire_load16(in + 24);
  uint32_t clock_id = wr__wire_load32(in);
  if (flags & ~WASI_SUBCLOCK_ABSTIME) return EINVAL;
  return wr__poll_clock(&p->call->op, clock_id, timeout, !(flags & WASI_SUBCLOCK_ABSTIME), item);
}

static int set_fd(polling *p, wr__poll_item *item, uint8_t type, uint32_t fd) {
  item->what = type == WASI_EVENT_FD_READ ? WR__WAIT_READ : WR__WAIT_WRITE;
  return wr__fd_get(p->call->op.wasi, fd, WR__RIGHT_POLL_FD_READWRITE, &item->desc);
}

/* Copies a subscription. What is wrong with one is its own event, but for an unknown type, of
 * which no event could speak. */
static int add_subscription(polling *p, uint64_t at) {
  const uint8_t *in = p->call->memory + at;
  subscription *sub = &p->subs[p->count];
  wr__poll_item *item = &p->items[p->count];
  *sub = (subscription){.userdata = wr__wire_load64(in), .type = in[8]};
  *item = (wr__poll_item){0};
  if (sub->type > WASI_EVENT_FD_WRITE) return EINVAL;
  p->count++;
  int error = sub->type == WASI_EVENT_CLOCK ? set_clock(p, item, in + 16)
                                            : set_fd(p, item, sub->type, wr__wire_load32(in + 16));
  item->error = error;
  return 0;
}

/* ---- events */

static void write_event(const subscription *sub, const wr__poll_item *item,
                        uint8_t out[WASI_EVENT_SIZE]) {
  uint16_t error = (uint16_t)wr__p1_errno(item->error), flags = 0;
  uint64_t bytes = 0;
  if (item->error == 0 && item->desc) {
    if (item->revents & POLLNVAL) error = WASI_BADF;
    if (item->revents & POLLHUP) flags |= WASI_EVENT_HANGUP;
    if (sub->type == WASI_EVENT_FD_READ) bytes = wr__poll_readable_bytes(item->desc);
  }
  memset(out, 0, WASI_EVENT_SIZE);
  wr__wire_store64(out, sub->userdata);
  wr__wire_store16(out + 8, error);
  out[10] = sub->type;
  wr__wire_store64(out + 16, bytes);
  wr__wire_store16(out + 24, flags);
}

static void write_events(const polling *p, uint64_t at) {
  uint8_t event[WASI_EVENT_SIZE];
  for (uint32_t i = 0; i < p->count; i++) {
    if (!p->items[i].ready) continue;
    write_event(&p->subs[i], &p->items[i], event);
    wr__guest_copy(p->call, at, event, sizeof event);
    at += WASI_EVENT_SIZE;
  }
}

int wr__p1_poll_oneoff(wr__call *call, const uint64_t *args) {
  uint32_t count = (uint32_t)args[2];
  uint64_t in_size = call->unstable ? WASI_SUBSCRIPTION0_SIZE : WASI_SUBSCRIPTION_SIZE;
  uint32_t in = (uint32_t)args[0], out = (uint32_t)args[1];
  if (!wr__guest_bytes(call, in, count * in_size) ||
      !wr__guest_bytes(call, out, (uint64_t)count * WASI_EVENT_SIZE) ||
      !wr__guest_bytes(call, args[3], 4))
    return EFAULT;
  if (count == 0 || count > WR__WASI_MAX_SUBSCRIPTIONS) return EINVAL;
  subscription few_subs[ON_STACK];
  wr__poll_item few_items[ON_STACK];
  polling p = {.call = call, .subs = few_subs, .items = few_items};
  if (count > ON_STACK) {
    p.subs = malloc(count * sizeof *p.subs);
    p.items = malloc(count * sizeof *p.items);
  }
  int error = p.subs && p.items ? 0 : ENOMEM;
  for (uint32_t i = 0; error == 0 && i < count; i++)
    error = add_subscription(&p, (uint64_t)in + i * in_size);
  uint32_t events = 0;
  if (error == 0) error = wr__poll_wait(&call->op, p.items, p.count, &events);
  if (error == 0) write_events(&p, out);
  for (uint32_t i = 0; i < p.count; i++)
    if (p.items[i].desc) wr__desc_release(p.items[i].desc);
  if (p.subs != few_subs) free(p.subs);
  if (p.items != few_items) free(p.items);
  if (error == 0) wr__guest_store32(call, args[3], events);
  return error;
}
