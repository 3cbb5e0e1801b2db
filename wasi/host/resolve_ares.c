/* Names to addresses by c-ares: the hosts file and DNS, without the C library's plug-ins, so that a
 * static program resolves too. A query of its own for each call; it waits beside the store's event.
 */
#include "net.h"

#include <ares.h>
#include <errno.h>
#include <poll.h>
#include <sys/select.h>

typedef struct answer {
  wr__address *out;
  uint32_t count;
  int status;
  bool done;
} answer;

static void take_answer(void *context, int status, int timeouts, struct ares_addrinfo *result) {
  answer *a = context;
  (void)timeouts;
  a->status = status;
  a->done = true;
  if (!result) return;
  for (struct ares_addrinfo_node *node = result->nodes; node; node = node->ai_next) {
    if (a->count == WR__MAX_RESOLVED) break;
    if (node->ai_addrlen > sizeof a->out->of) continue;
    wr__address *address = &a->out[a->count++];
    *address = (wr__address){.size = (socklen_t)node->ai_addrlen};
    memcpy(&address->of, node->ai_addr, node->ai_addrlen);
  }
  ares_freeaddrinfo(result);
}

/* Waits for one of the query's sockets, its next timeout, or the store's event. */
static int turn(wr__op *op, ares_channel channel) {
  ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
  struct pollfd fds[ARES_GETSOCK_MAXNUM + 1];
  nfds_t count = 0;
  int bits = ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
  for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
    short events = (short)((ARES_GETSOCK_READABLE(bits, i) ? POLLIN : 0) |
                           (ARES_GETSOCK_WRITABLE(bits, i) ? POLLOUT : 0));
    if (events) fds[count++] = (struct pollfd){.fd = sockets[i], .events = events};
  }
  int event_fd = wr__wait_event_fd(op);
  nfds_t own = count;
  if (event_fd >= 0) fds[count++] = (struct pollfd){.fd = event_fd, .events = POLLIN};
  struct timeval left, most = {.tv_usec = 250000};
  const struct timeval *wait = ares_timeout(channel, &most, &left);
  int ready = poll(fds, count, (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000) + 1);
  if (ready < 0 && errno != EINTR) return wr__host_errno();
  if (wr__op_poll(op)) return EINTR;
  for (nfds_t i = 0; ready > 0 && i < own; i++)
    ares_process_fd(channel, fds[i].revents & ~POLLOUT ? fds[i].fd : ARES_SOCKET_BAD,
                    fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
  if (ready <= 0) ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  return 0;
}

static int status_errno(int status) {
  switch (status) {
    case ARES_SUCCESS:
      return 0;
    case ARES_ENOMEM:
      return ENOMEM;
    case ARES_ETIMEOUT:
      return ETIMEDOUT;
    case ARES_ECONNREFUSED:
      return EAGAIN;
    case ARES_ESERVFAIL:
      return EAGAIN;
    case ARES_EBADNAME:
      return EINVAL;
    default:
      return ENOENT;
  }
}

int wr__resolve(wr__op *op, const char *name, int family, wr__address out[WR__MAX_RESOLVED],
                uint32_t *count) {
  ares_channel channel;
  struct ares_options options = {.timeout = 2000, .tries = 3};
  struct ares_addrinfo_hints hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
  answer a = {.out = out};
  if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) return ENOMEM;
  if (ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) {
    ares_library_cleanup();
    return ENOMEM;
  }
  ares_getaddrinfo(channel, name, NULL, &hints, take_answer, &a);
  int error = 0;
  while (!a.done && error == 0) error = turn(op, channel);
  ares_destroy(channel); /* ends a query in progress */
  ares_library_cleanup();
  if (error != 0) return error;
  *count = a.count;
  return a.status == ARES_SUCCESS && a.count == 0 ? ENOENT : status_errno(a.status);
}
