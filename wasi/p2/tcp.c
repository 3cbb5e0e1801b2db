/* TCP sockets: the states that a socket goes through, over host/socket.c.
 * Spec: wasi:sockets/tcp, and the operational semantics of wasi-sockets. */
#include "sockets.h"

#include <netinet/tcp.h>
#include <poll.h>

#define DEFAULT_BACKLOG 128u
#define INVALID_STATE WR__P2_NET_CODE(WR__P2_NET_INVALID_STATE)
#define INVALID_ARGUMENT WR__P2_NET_CODE(WR__P2_NET_INVALID_ARGUMENT)
#define NOT_IN_PROGRESS WR__P2_NET_CODE(WR__P2_NET_NOT_IN_PROGRESS)

static wr__p2_tcp *new_tcp(wr__p2 *p2, wr__desc *desc, wr__p2_tcp_state state) {
  wr__p2_tcp *tcp = wr__p2_new(p2, WR__P2_TCP, sizeof *tcp, true);
  if (!tcp) {
    wr__desc_release(desc);
    return NULL;
  }
  tcp->desc = desc;
  tcp->state = state;
  tcp->backlog = DEFAULT_BACKLOG;
  return tcp;
}

int wr__p2_tcp_new(wr__p2 *p2, int family, wr__p2_tcp **out) {
  wr__desc *desc;
  int error = wr__socket_open(family, SOCK_STREAM, &desc);
  if (error != 0) return error;
  wr__p2_settle_socket(desc);
  *out = new_tcp(p2, desc, WR__P2_TCP_UNBOUND);
  return *out ? 0 : errno;
}

/* ---- binding and listening */

/* A listener of the embedder's that has this address: the guest may have it by binding to it. */
static wr__desc *find_listener(wr__op *op, const wr__address *address) {
  wr__desc *desc;
  for (uint32_t fd = 0; (fd = wr__fd_next(op->wasi, fd, &desc)) != UINT32_MAX; fd++) {
    wr__address own;
    bool is_it = desc->kind == WR__DESC_SOCKET && (desc->rights & WR__RIGHT_SOCK_ACCEPT) &&
                 wr__socket_name(op, desc, false, &own) == 0 && own.size == address->size &&
                 wr__address_port(&own) == wr__address_port(address) &&
                 wr__address_in_range(&own, own.of.any.sa_family == AF_INET ? 32 : 128, address);
    if (is_it) return desc;
    wr__desc_release(desc);
  }
  return NULL;
}

int wr__p2_tcp_start_bind(wr__op *op, wr__p2_tcp *tcp, const wr__address *address) {
  if (tcp->state != WR__P2_TCP_UNBOUND) return INVALID_STATE;
  int error = wr__p2_check_address(tcp->desc, address, false);
  if (error != 0) return error;
  wr__desc *granted = find_listener(op, address);
  if (granted) {
    wr__desc_release(tcp->desc);
    tcp->desc = granted;
  } else {
    /* Spec: as SO_REUSEADDR, which does not let two listen. */
    wr__socket_set_option(tcp->desc, SOL_SOCKET, SO_REUSEADDR, 1);
    error = wr__socket_bind(op, tcp->desc, address);
  }
  if (error == EADDRNOTAVAIL) return WR__P2_NET_CODE(WR__P2_NET_ADDRESS_NOT_BINDABLE);
  if (error == 0) tcp->state = WR__P2_TCP_BINDING;
  return error;
}

int wr__p2_tcp_finish_bind(wr__p2_tcp *tcp) {
  if (tcp->state != WR__P2_TCP_BINDING) return NOT_IN_PROGRESS;
  tcp->state = WR__P2_TCP_BOUND;
  return 0;
}

int wr__p2_tcp_start_listen(wr__op *op, wr__p2_tcp *tcp) {
  if (tcp->state != WR__P2_TCP_BOUND) return INVALID_STATE;
  int error = wr__socket_listen(op, tcp->desc, tcp->backlog);
  if (error == 0) tcp->state = WR__P2_TCP_STARTING_LISTEN;
  return error;
}

int wr__p2_tcp_finish_listen(wr__p2_tcp *tcp) {
  if (tcp->state != WR__P2_TCP_STARTING_LISTEN) return NOT_IN_PROGRESS;
  tcp->state = WR__P2_TCP_LISTENING;
  return 0;
}

int wr__p2_tcp_set_backlog(wr__op *op, wr__p2_tcp *tcp, uint64_t value) {
  if (value == 0) return INVALID_ARGUMENT;
  uint32_t backlog = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
  if (tcp->state >= WR__P2_TCP_CONNECTING) return INVALID_STATE;
  int error = 0;
  if (tcp->state == WR__P2_TCP_LISTENING) error = wr__socket_listen(op, tcp->desc, backlog);
  if (error == 0) tcp->backlog = backlog;
  return error;
}

/* ---- streams */

static int make_streams(wr__p2_tcp *tcp, wr__p2_input **in, wr__p2_output **out) {
  wr__desc_retain(tcp->desc);
  *in = wr__p2_input_new(tcp->base.p2, tcp->desc);
  if (!*in) return errno;
  wr__desc_retain(tcp->desc);
  *out = wr__p2_output_new(tcp->base.p2, tcp->desc);
  if (*out) return 0;
  int error = errno;
  wr__p2_release(*in);
  return error;
}

int wr__p2_tcp_accept(wr__op *op, wr__p2_tcp *tcp, wr__p2_tcp **out, wr__p2_input **in,
                      wr__p2_output **output) {
  wr__desc *desc;
  if (tcp->state != WR__P2_TCP_LISTENING) return INVALID_STATE;
  op->no_wait = true;
  int error = wr__socket_accept(op, tcp->desc, &desc);
  if (error != 0) return error;
  *out = new_tcp(tcp->base.p2, desc, WR__P2_TCP_CONNECTED);
  if (!*out) return errno;
  error = make_streams(*out, in, output);
  if (error != 0) wr__p2_release(*out);
  return error;
}

int wr__p2_tcp_start_connect(wr__op *op, wr__p2_tcp *tcp, const wr__address *address) {
  if (tcp->state != WR__P2_TCP_UNBOUND && tcp->state != WR__P2_TCP_BOUND) return INVALID_STATE;
  int error = wr__p2_check_address(tcp->desc, address, true);
  if (error != 0) return error;
  op->no_wait = true;
  error = wr__socket_connect(op, tcp->desc, address);
  if (error == EACCES) return error; /* no rule allows it: nothing has begun */
  if (error != 0 && error != EINPROGRESS) {
    tcp->state = WR__P2_TCP_CLOSED;
    return error;
  }
  tcp->state = WR__P2_TCP_CONNECTING;
  return 0;
}

static bool is_writable(const wr__desc *desc) {
  struct pollfd p = {.fd = desc->host_fd, .events = POLLOUT};
  return poll(&p, 1, 0) > 0;
}

int wr__p2_tcp_finish_connect(wr__p2_tcp *tcp, wr__p2_input **in, wr__p2_output **out) {
  int why = 0;
  if (tcp->state != WR__P2_TCP_CONNECTING) return NOT_IN_PROGRESS;
  if (!is_writable(tcp->desc)) return EAGAIN;
  int error = wr__socket_get_option(tcp->desc, SOL_SOCKET, SO_ERROR, &why);
  if (error == 0) error = why;
  if (error == 0) error = make_streams(tcp, in, out);
  tcp->state = error == 0 ? WR__P2_TCP_CONNECTED : WR__P2_TCP_CLOSED;
  return error;
}

int wr__p2_tcp_shutdown(wr__p2_tcp *tcp, uint32_t type) {
  static const int hows[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
  if (tcp->state != WR__P2_TCP_CONNECTED) return INVALID_STATE;
  return wr__socket_shutdown(tcp->desc, hows[type]);
}

/* ---- addresses and options */

int wr__p2_tcp_local_address(wr__op *op, const wr__p2_tcp *tcp, wr__address *out) {
  if (tcp->state == WR__P2_TCP_UNBOUND || tcp->state == WR__P2_TCP_BINDING ||
      tcp->state == WR__P2_TCP_CLOSED)
    return INVALID_STATE;
  return wr__socket_name(op, tcp->desc, false, out);
}

int wr__p2_tcp_remote_address(wr__op *op, const wr__p2_tcp *tcp, wr__address *out) {
  if (tcp->state != WR__P2_TCP_CONNECTED) return INVALID_STATE;
  return wr__socket_name(op, tcp->desc, true, out);
}

int wr__p2_tcp_get_duration(const wr__p2_tcp *tcp, int option, uint64_t *ns) {
  int seconds;
  int error = wr__socket_get_option(tcp->desc, IPPROTO_TCP, option, &seconds);
  if (error == 0) *ns = (uint64_t)(seconds > 0 ? seconds : 0) * 1000000000u;
  return error;
}

/* Spec: "Any other value will never cause an error, but it might be silently clamped and/or
 * rounded." Linux takes seconds, up to 32767. */
int wr__p2_tcp_set_duration(const wr__p2_tcp *tcp, int option, uint64_t ns) {
  if (ns == 0) return INVALID_ARGUMENT;
  uint64_t seconds = ns / 1000000000u + (ns % 1000000000u != 0);
  return wr__socket_set_option(tcp->desc, IPPROTO_TCP, option,
                               (int)(seconds < 32767 ? seconds : 32767));
}
