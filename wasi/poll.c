/* poll_oneoff: any mix of clocks and descriptors. A turn asks the host once what is ready; if
 * nothing is, the call sleeps in the host until something is, a clock has come, or the store is
 * interrupted. Spec: wasi_snapshot_preview1, poll_oneoff. */
#include "wasi.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ON_STACK 16u
#define NEVER UINT64_MAX
#define SLICE_NS UINT64_C(10000000)

typedef struct subscription {
  uint64_t userdata;
  uint8_t type;
  uint16_t error; /* an event at once, with this errno */
  uint32_t clock_id;
  uint64_t deadline_ns; /* on that clock */
  wr__desc *desc;       /* counted; NULL for clocks and errors */
  int32_t poll_index;   /* in pollfds; -1: always ready */
} subscription;

typedef struct polling {
  wr__call *call;
  subscription *subs;
  struct pollfd *pollfds; /* one for each that may block, then the event, then the timer */
  uint32_t count;
  uint32_t poll_count;
  int timer_fd; /* -1 until a wait needs it */
} polling;

static uint32_t set_clock(polling *p, subscription *sub, const uint8_t *in) {
  if (p->call->unstable) in += 8; /* an identifier comes first */
  uint64_t timeout = wr__wire_load64(in + 8), now;
  uint16_t flags = wr__wire_load16(in + 24);
  sub->clock_id = wr__wire_load32(in);
  if (flags & ~WASI_SUBCLOCK_ABSTIME) return WASI_INVAL;
  /* It stands still while its thread waits. As clock_nanosleep(2). */
  if (sub->clock_id == WASI_CLOCK_THREAD_CPUTIME && !p->call->wasi->clock_now) return WASI_INVAL;
  uint32_t error = wr__clock_now(p->call, sub->clock_id, &now);
  if (error != WASI_SUCCESS) return error;
  sub->deadline_ns = timeout;
  if (!(flags & WASI_SUBCLOCK_ABSTIME) && __builtin_add_overflow(now, timeout, &sub->deadline_ns))
    sub->deadline_ns = NEVER;
  return WASI_SUCCESS;
}

static uint32_t set_fd(polling *p, subscription *sub, uint32_t fd) {
  uint32_t error = wr__fd_get(p->call->wasi, fd, WASI_RIGHT_POLL_FD_READWRITE, &sub->desc);
  if (error != WASI_SUCCESS) return error;
  if (sub->desc->kind != WR__DESC_STREAM && sub->desc->kind != WR__DESC_SOCKET) return WASI_SUCCESS;
  sub->poll_index = (int32_t)p->poll_count;
  p->pollfds[p->poll_count++] = (struct pollfd){
      .fd = sub->desc->host_fd, .events = sub->type == WASI_EVENT_FD_READ ? POLLIN : POLLOUT};
  return WASI_SUCCESS;
}

/* Copies a subscription. What is wrong with one is its own event, but for an unknown type, of
 * which no event could speak. */
static uint32_t add_subscription(polling *p, uint64_t at) {
  const uint8_t *in = p->call->memory + at;
  subscription *sub = &p->subs[p->count];
  *sub = (subscription){
      .userdata = wr__wire_load64(in), .type = in[8], .poll_index = -1, .deadline_ns = NEVER};
  if (sub->type > WASI_EVENT_FD_WRITE) return WASI_INVAL;
  p->count++;
  if (sub->type == WASI_EVENT_CLOCK)
    sub->error = (uint16_t)set_clock(p, sub, in + 16);
  else
    sub->error = (uint16_t)set_fd(p, sub, wr__wire_load32(in + 16));
  return WASI_SUCCESS;
}

/* ---- events */

static uint64_t readable_bytes(const wr__desc *desc) {
  int size = 0;
  struct stat st;
  if (desc->kind == WR__DESC_BYTES) return desc->bytes_size - desc->bytes_position;
  if (desc->kind == WR__DESC_STREAM || desc->kind == WR__DESC_SOCKET)
    return ioctl(desc->host_fd, FIONREAD, &size) == 0 && size > 0 ? (uint64_t)size : 0;
  if (desc->kind != WR__DESC_FILE || fstat(desc->host_fd, &st) != 0) return 0;
  off_t position = lseek(desc->host_fd, 0, SEEK_CUR);
  return position >= 0 && position < st.st_size ? (uint64_t)(st.st_size - position) : 0;
}

/* Has the subscription's event come? Then it is in out. */
static bool take_event(polling *p, const subscription *sub, uint8_t out[WASI_EVENT_SIZE]) {
  uint16_t error = sub->error, flags = 0;
  uint64_t bytes = 0, now;
  if (error == WASI_SUCCESS && sub->type == WASI_EVENT_CLOCK) {
    error = (uint16_t)wr__clock_now(p->call, sub->clock_id, &now);
    if (error == WASI_SUCCESS && now < sub->deadline_ns) return false;
  } else if (error == WASI_SUCCESS) {
    short ready =
        sub->poll_index < 0 ? (short)(POLLIN | POLLOUT) : p->pollfds[sub->poll_index].revents;
    if (!ready) return false;
    if (ready & POLLNVAL) error = WASI_BADF;
    if (ready & POLLHUP) flags |= WASI_EVENT_HANGUP;
    if (sub->type == WASI_EVENT_FD_READ) bytes = readable_bytes(sub->desc);
  }
  memset(out, 0, WASI_EVENT_SIZE);
  wr__wire_store64(out, sub->userdata);
  wr__wire_store16(out + 8, error);
  out[10] = sub->type;
  wr__wire_store64(out + 16, bytes);
  wr__wire_store16(out + 24, flags);
  return true;
}

static uint32_t take_events(polling *p, uint64_t at) {
  uint32_t events = 0;
  uint8_t event[WASI_EVENT_SIZE];
  for (uint32_t i = 0; i < p->count; i++) {
    if (!take_event(p, &p->subs[i], event)) continue;
    wr__guest_copy(p->call, at, event, sizeof event);
    at += WASI_EVENT_SIZE;
    events++;
  }
  return events;
}

/* ---- waiting */

/* The next deadline, as the time from now that a wait on the monotonic clock may last at most. */
static uint64_t next_wait_ns(const polling *p, uint64_t *realtime_ns) {
  uint64_t wait = NEVER;
  *realtime_ns = NEVER;
  for (uint32_t i = 0; i < p->count; i++) {
    const subscription *sub = &p->subs[i];
    uint64_t now, left;
    if (sub->type != WASI_EVENT_CLOCK || sub->deadline_ns == NEVER) continue;
    if (wr__clock_now(p->call, sub->clock_id, &now) != WASI_SUCCESS) continue;
    left = now < sub->deadline_ns ? sub->deadline_ns - now : 0;
    if (sub->clock_id == WASI_CLOCK_REALTIME && sub->deadline_ns < *realtime_ns)
      *realtime_ns = sub->deadline_ns;
    /* The process's threads together may be faster than time; look again often enough. */
    if (sub->clock_id == WASI_CLOCK_PROCESS_CPUTIME && left > SLICE_NS) left = SLICE_NS;
    if (left < wait) wait = left;
  }
  return wait;
}

/* The realtime clock may be set while we wait: then this descriptor becomes ready. */
static bool arm_timer(polling *p, uint64_t realtime_ns) {
  struct itimerspec when = {
      .it_value = {(time_t)(realtime_ns / 1000000000u), (long)(realtime_ns % 1000000000u)}};
  if (p->timer_fd < 0) p->timer_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  return p->timer_fd >= 0 &&
         timerfd_settime(p->timer_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) ==
             0;
}

static uint32_t wait_host(polling *p) {
  uint64_t realtime_ns, wait_ns = next_wait_ns(p, &realtime_ns);
  int event_fd = wr__wait_event_fd(p->call);
  uint32_t count = p->poll_count;
  if (event_fd >= 0) p->pollfds[count++] = (struct pollfd){.fd = event_fd, .events = POLLIN};
  if (realtime_ns != NEVER && arm_timer(p, realtime_ns))
    p->pollfds[count++] = (struct pollfd){.fd = p->timer_fd, .events = POLLIN};
  if (event_fd < 0 && p->call->caller && wait_ns > SLICE_NS) wait_ns = SLICE_NS;
  struct timespec timeout = {(time_t)(wait_ns / 1000000000u), (long)(wait_ns % 1000000000u)};
  int ready = ppoll(p->pollfds, count, wait_ns == NEVER ? NULL : &timeout, NULL);
  return ready >= 0 || errno == EINTR ? (uint32_t)WASI_SUCCESS : wr__wasi_errno_now();
}

/* On an embedder's clock, waiting is the embedder's affair. The earliest deadline ends it, and
 * counts as come even if the clock did not move. */
static void wait_replaced(polling *p) {
  subscription *first = NULL;
  uint64_t least = NEVER;
  for (uint32_t i = 0; i < p->count; i++) {
    subscription *sub = &p->subs[i];
    uint64_t now;
    if (sub->type != WASI_EVENT_CLOCK) continue;
    if (wr__clock_now(p->call, sub->clock_id, &now) != WASI_SUCCESS) continue;
    if (!first || sub->deadline_ns - now < least) {
      first = sub;
      least = sub->deadline_ns - now;
    }
  }
  const wr_wasi_t *wasi = p->call->wasi;
  if (wasi->clock_sleep)
    wasi->clock_sleep(wasi->clock_context, first->clock_id, first->deadline_ns);
  wr__guest_refresh(p->call);
  first->deadline_ns = 0;
}

static bool has_clock(const polling *p) {
  for (uint32_t i = 0; i < p->count; i++)
    if (p->subs[i].type == WASI_EVENT_CLOCK) return true;
  return false;
}

static uint32_t run(polling *p, uint64_t out, uint32_t *events) {
  for (;;) {
    for (uint32_t i = 0; i < p->poll_count; i++) p->pollfds[i].revents = 0;
    if (p->poll_count > 0 && poll(p->pollfds, p->poll_count, 0) < 0 && errno != EINTR)
      return wr__wasi_errno_now();
    *events = take_events(p, out);
    if (*events > 0) return WASI_SUCCESS;
    if (p->call->caller && wr_store_interrupted(wr_caller_store(p->call->caller))) {
      p->call->interrupted = true;
      return WASI_INTR;
    }
    if (p->call->wasi->clock_now && has_clock(p)) {
      wait_replaced(p);
      continue;
    }
    if (p->call->wasi->never_wait) return WASI_AGAIN;
    uint32_t error = wait_host(p);
    if (error != WASI_SUCCESS) return error;
  }
}

uint32_t wr__wasi_poll_oneoff(wr__call *call, const uint64_t *args) {
  uint32_t count = (uint32_t)args[2];
  uint64_t in_size = call->unstable ? WASI_SUBSCRIPTION0_SIZE : WASI_SUBSCRIPTION_SIZE;
  uint32_t in = (uint32_t)args[0], out = (uint32_t)args[1];
  if (!wr__guest_bytes(call, in, count * in_size) ||
      !wr__guest_bytes(call, out, (uint64_t)count * WASI_EVENT_SIZE) ||
      !wr__guest_bytes(call, args[3], 4))
    return WASI_FAULT;
  if (count == 0 || count > WR__WASI_MAX_SUBSCRIPTIONS) return WASI_INVAL;
  subscription few_subs[ON_STACK];
  struct pollfd few_pollfds[ON_STACK + 2];
  polling p = {.call = call, .subs = few_subs, .pollfds = few_pollfds, .timer_fd = -1};
  if (count > ON_STACK) {
    p.subs = malloc(count * sizeof *p.subs);
    p.pollfds = malloc((count + 2) * sizeof *p.pollfds);
  }
  uint32_t error = p.subs && p.pollfds ? WASI_SUCCESS : WASI_NOMEM;
  for (uint32_t i = 0; error == WASI_SUCCESS && i < count; i++)
    error = add_subscription(&p, (uint64_t)in + i * in_size);
  uint32_t events = 0;
  if (error == WASI_SUCCESS) error = run(&p, out, &events);
  for (uint32_t i = 0; i < p.count; i++)
    if (p.subs[i].desc) wr__desc_release(p.subs[i].desc);
  if (p.timer_fd >= 0) close(p.timer_fd);
  if (p.subs != few_subs) free(p.subs);
  if (p.pollfds != few_pollfds) free(p.pollfds);
  if (error == WASI_SUCCESS) wr__guest_store32(call, args[3], events);
  return error;
}
