/* Waiting for any mix of clocks and descriptors. A turn asks the host once what is ready; if
 * nothing is, the call sleeps in the host until something is, a clock has come, or the store is
 * interrupted. */
#include "host.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ON_STACK 16u
#define NEVER UINT64_MAX
#define SLICE_NS UINT64_C(10000000)

typedef struct polling {
  wr__op *op;
  wr__poll_item *items;
  struct pollfd *pollfds; /* one for each that may block, then the event, then the timer */
  uint32_t count;
  uint32_t poll_count;
  int timer_fd; /* -1 until a wait needs it */
} polling;

int wr__poll_clock(wr__op *op, uint32_t clock_id, uint64_t deadline_ns, bool relative,
                   wr__poll_item *out) {
  uint64_t now;
  *out = (wr__poll_item){.is_clock = true, .clock_id = clock_id, .deadline_ns = deadline_ns};
  /* It stands still while its thread waits. As clock_nanosleep(2). */
  if (clock_id == WR__CLOCK_THREAD_CPUTIME && !op->wasi->clock_now) return EINVAL;
  int error = wr__clock_now(op, clock_id, &now);
  if (error != 0) return error;
  if (relative && __builtin_add_overflow(now, deadline_ns, &out->deadline_ns))
    out->deadline_ns = NEVER;
  return 0;
}

uint64_t wr__poll_readable_bytes(const wr__desc *desc) {
  int size = 0;
  struct stat st;
  if (desc->kind == WR__DESC_BYTES) return desc->bytes_size - desc->bytes_position;
  if (desc->kind == WR__DESC_STREAM || desc->kind == WR__DESC_SOCKET)
    return ioctl(desc->host_fd, FIONREAD, &size) == 0 && size > 0 ? (uint64_t)size : 0;
  if (desc->kind != WR__DESC_FILE || fstat(desc->host_fd, &st) != 0) return 0;
  off_t position = lseek(desc->host_fd, 0, SEEK_CUR);
  return position >= 0 && position < st.st_size ? (uint64_t)(st.st_size - position) : 0;
}

static bool may_block(const wr__poll_item *item) {
  const wr__desc *desc = item->desc;
  return !item->error && desc && (desc->kind == WR__DESC_STREAM || desc->kind == WR__DESC_SOCKET);
}

/* What the host is asked about. */
static void begin(polling *p) {
  for (uint32_t i = 0; i < p->count; i++) {
    wr__poll_item *item = &p->items[i];
    item->index = -1;
    if (!may_block(item)) continue;
    item->index = (int32_t)p->poll_count;
    p->pollfds[p->poll_count++] = (struct pollfd){
        .fd = item->desc->host_fd, .events = item->what == WR__WAIT_READ ? POLLIN : POLLOUT};
  }
}

static bool is_ready(polling *p, wr__poll_item *item) {
  uint64_t now;
  item->revents = POLLIN | POLLOUT;
  if (item->error) return true;
  if (item->is_clock) {
    item->error = wr__clock_now(p->op, item->clock_id, &now);
    return item->error || now >= item->deadline_ns;
  }
  if (item->index >= 0) item->revents = p->pollfds[item->index].revents;
  return item->revents != 0;
}

/* One turn: which are ready? */
static int ask(polling *p, uint32_t *ready) {
  for (uint32_t i = 0; i < p->poll_count; i++) p->pollfds[i].revents = 0;
  if (p->poll_count > 0 && poll(p->pollfds, p->poll_count, 0) < 0 && errno != EINTR)
    return wr__host_errno();
  *ready = 0;
  for (uint32_t i = 0; i < p->count; i++) {
    p->items[i].ready = is_ready(p, &p->items[i]);
    *ready += p->items[i].ready;
  }
  return 0;
}

/* ---- waiting */

/* The next deadline, as the time from now that a wait on the monotonic clock may last at most. */
static uint64_t next_wait_ns(const polling *p, uint64_t *realtime_ns) {
  uint64_t wait = NEVER;
  *realtime_ns = NEVER;
  for (uint32_t i = 0; i < p->count; i++) {
    const wr__poll_item *item = &p->items[i];
    uint64_t now, left;
    if (!item->is_clock || item->error || item->deadline_ns == NEVER) continue;
    if (wr__clock_now(p->op, item->clock_id, &now) != 0) continue;
    left = now < item->deadline_ns ? item->deadline_ns - now : 0;
    if (item->clock_id == WR__CLOCK_REALTIME && item->deadline_ns < *realtime_ns)
      *realtime_ns = item->deadline_ns;
    /* The process's threads together may be faster than time; look again often enough. */
    if (item->clock_id == WR__CLOCK_PROCESS_CPUTIME && left > SLICE_NS) left = SLICE_NS;
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

static int wait_host(polling *p) {
  uint64_t realtime_ns, wait_ns = next_wait_ns(p, &realtime_ns);
  int event_fd = wr__wait_event_fd(p->op);
  uint32_t count = p->poll_count;
  if (event_fd >= 0) p->pollfds[count++] = (struct pollfd){.fd = event_fd, .events = POLLIN};
  if (realtime_ns != NEVER && arm_timer(p, realtime_ns))
    p->pollfds[count++] = (struct pollfd){.fd = p->timer_fd, .events = POLLIN};
  if (event_fd < 0 && wr__op_store(p->op) && wait_ns > SLICE_NS) wait_ns = SLICE_NS;
  struct timespec timeout = {(time_t)(wait_ns / 1000000000u), (long)(wait_ns % 1000000000u)};
  int ready = ppoll(p->pollfds, count, wait_ns == NEVER ? NULL : &timeout, NULL);
  return ready >= 0 || errno == EINTR ? 0 : wr__host_errno();
}

/* On an embedder's clock, waiting is the embedder's affair. The earliest deadline ends it, and
 * counts as come even if the clock did not move. */
static void wait_replaced(polling *p) {
  wr__poll_item *first = NULL;
  uint64_t least = NEVER;
  for (uint32_t i = 0; i < p->count; i++) {
    wr__poll_item *item = &p->items[i];
    uint64_t now;
    if (!item->is_clock || item->error) continue;
    if (wr__clock_now(p->op, item->clock_id, &now) != 0) continue;
    if (!first || item->deadline_ns - now < least) {
      first = item;
      least = item->deadline_ns - now;
    }
  }
  const wr_wasi_t *wasi = p->op->wasi;
  if (wasi->clock_sleep)
    wasi->clock_sleep(wasi->clock_context, first->clock_id, first->deadline_ns);
  wr__op_called_back(p->op, NULL, 0);
  first->deadline_ns = 0;
}

static bool has_clock(const polling *p) {
  for (uint32_t i = 0; i < p->count; i++)
    if (p->items[i].is_clock && !p->items[i].error) return true;
  return false;
}

static int wait_for_one(polling *p, uint32_t *ready) {
  for (;;) {
    int error = ask(p, ready);
    if (error != 0 || *ready > 0) return error;
    if (wr__op_poll(p->op)) return EINTR;
    if (p->op->wasi->clock_now && has_clock(p)) {
      wait_replaced(p);
      continue;
    }
    if (p->op->wasi->never_wait) return EAGAIN;
    error = wait_host(p);
    if (error != 0) return error;
  }
}

static int run(wr__op *op, wr__poll_item *items, uint32_t count, uint32_t *ready,
               int (*turn)(polling *, uint32_t *)) {
  struct pollfd few[ON_STACK + 2];
  polling p = {.op = op, .items = items, .pollfds = few, .count = count, .timer_fd = -1};
  if (count > ON_STACK) p.pollfds = malloc((count + 2) * sizeof *p.pollfds);
  if (!p.pollfds) return ENOMEM;
  begin(&p);
  int error = turn(&p, ready);
  if (p.timer_fd >= 0) close(p.timer_fd);
  if (p.pollfds != few) free(p.pollfds);
  return error;
}

int wr__poll_now(wr__op *op, wr__poll_item *items, uint32_t count, uint32_t *ready) {
  return run(op, items, count, ready, ask);
}

int wr__poll_wait(wr__op *op, wr__poll_item *items, uint32_t count, uint32_t *ready) {
  return run(op, items, count, ready, wait_for_one);
}
