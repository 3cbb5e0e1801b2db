/* Waiting for one descriptor beside the store's event: what keeps a blocked guest stoppable. */
#include "wasi.h"

#include <errno.h>
#include <poll.h>

/* Where the store has no event, interrupts are looked for this often. */
#define SLICE_MS 10

int wr__wait_event_fd(const wr__call *call) {
  return call->caller ? wr_store_event_fd(wr_caller_store(call->caller)) : -1;
}

uint32_t wr__wait_ready(wr__call *call, int host_fd, wr__wait what) {
  int event_fd = wr__wait_event_fd(call);
  struct pollfd fds[2] = {
      {.fd = host_fd, .events = what == WR__WAIT_READ ? POLLIN : POLLOUT},
      {.fd = event_fd, .events = POLLIN},
  };
  for (;;) {
    if (call->caller && wr_store_interrupted(wr_caller_store(call->caller))) {
      call->interrupted = true;
      return WASI_INTR;
    }
    int ready = poll(fds, event_fd >= 0 ? 2 : 1, call->caller && event_fd < 0 ? SLICE_MS : -1);
    if (ready < 0 && errno != EINTR) return wr__wasi_errno_now();
    if (ready > 0 && fds[0].revents) return WASI_SUCCESS;
  }
}
