/* Waiting for one descriptor beside the store's event: what keeps a blocked guest stoppable. */
#include "host.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

/* Where the store has no event, interrupts are looked for this often. */
#define SLICE_NS UINT64_C(10000000)

int wr__wait_event_fd(const wr__op *op) {
  wasm_store_t *store = wr__op_store(op);
  return store ? wr_store_event_fd(store) : -1;
}

static uint64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int wr__wait_ready(wr__op *op, int host_fd, wr__wait what, uint64_t timeout_ns) {
  int event_fd = wr__wait_event_fd(op);
  uint64_t end = WR__NO_TIMEOUT, left = WR__NO_TIMEOUT;
  struct pollfd fds[2] = {
      {.fd = host_fd, .events = what == WR__WAIT_READ ? POLLIN : POLLOUT},
      {.fd = event_fd, .events = POLLIN},
  };
  if (timeout_ns != WR__NO_TIMEOUT && __builtin_add_overflow(monotonic_ns(), timeout_ns, &end))
    end = WR__NO_TIMEOUT;
  if (op->wasi->never_wait) return EAGAIN;
  for (;;) {
    if (wr__op_poll(op)) return EINTR;
    if (end != WR__NO_TIMEOUT) {
      uint64_t now = monotonic_ns();
      if (now >= end) return EAGAIN;
      left = end - now;
    }
    uint64_t slice = wr__op_store(op) && event_fd < 0 && left > SLICE_NS ? SLICE_NS : left;
    struct timespec timeout = {(time_t)(slice / 1000000000u), (long)(slice % 1000000000u)};
    int ready = ppoll(fds, event_fd >= 0 ? 2 : 1, slice == WR__NO_TIMEOUT ? NULL : &timeout, NULL);
    if (ready < 0 && errno != EINTR) return wr__host_errno();
    if (ready > 0 && fds[0].revents) return 0;
  }
}
