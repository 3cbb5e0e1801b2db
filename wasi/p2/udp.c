/* UDP sockets. A guest binds before it sends, as wasi:sockets asks, so binding to no address in
 * particular needs no rule: such a socket hears only those that the guest may send to.
 * Spec: wasi:sockets/udp. */
#include "sockets.h"

#include <unistd.h>

#define INVALID_STATE WR__P2_NET_CODE(WR__P2_NET_INVALID_STATE)
#define INVALID_ARGUMENT WR__P2_NET_CODE(WR__P2_NET_INVALID_ARGUMENT)
#define MAX_DATAGRAMS 16u

int wr__p2_udp_new(wr__p2 *p2, int family, wr__p2_udp **out) {
  wr__desc *desc;
  int error = wr__socket_open(family, SOCK_DGRAM, &desc);
  if (error != 0) return error;
  wr__p2_settle_socket(desc);
  wr__p2_udp *udp = wr__p2_new(p2, WR__P2_UDP, sizeof *udp, true);
  if (!udp) {
    error = errno;
    wr__desc_release(desc);
    return error;
  }
  udp->desc = desc;
  *out = udp;
  return 0;
}

static bool is_nowhere(const wr__address *address) {
  if (wr__address_port(address) != 0) return false;
  return address->of.any.sa_family == AF_INET ? address->of.in4.sin_addr.s_addr == INADDR_ANY
                                              : IN6_IS_ADDR_UNSPECIFIED(&address->of.in6.sin6_addr);
}

int wr__p2_udp_start_bind(wr__op *op, wr__p2_udp *udp, const wr__address *address) {
  if (udp->is_bound || udp->is_binding) return INVALID_STATE;
  int error = wr__p2_check_address(udp->desc, address, false);
  if (error != 0) return error;
  bool any = is_nowhere(address) && !wr__net_allows(op->wasi, WR__NET_LISTEN, address);
  error = any ? wr__socket_bind_any(udp->desc) : wr__socket_bind(op, udp->desc, address);
  if (error == EADDRNOTAVAIL) return WR__P2_NET_CODE(WR__P2_NET_ADDRESS_NOT_BINDABLE);
  udp->is_binding = error == 0;
  return error;
}

int wr__p2_udp_finish_bind(wr__op *op, wr__p2_udp *udp) {
  if (!udp->is_binding) return WR__P2_NET_CODE(WR__P2_NET_NOT_IN_PROGRESS);
  int error = wr__socket_name(op, udp->desc, false, &udp->local);
  if (error != 0) return error;
  udp->is_binding = false;
  udp->is_bound = true;
  return 0;
}

static wr__p2_datagrams *new_stream(const wr__p2_udp *udp, wr__p2_kind kind) {
  wr__p2_datagrams *stream = wr__p2_new(udp->base.p2, kind, sizeof *stream, false);
  if (!stream) return NULL;
  wr__desc_retain(udp->desc);
  stream->desc = udp->desc;
  stream->has_peer = udp->has_peer;
  stream->peer = udp->peer;
  return stream;
}

/* Linux forgets a port that it chose together with the peer. */
static int forget_peer(wr__p2_udp *udp) {
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  wr__address now = {.size = sizeof now.of};
  udp->has_peer = false;
  if (connect(udp->desc->host_fd, &none, sizeof none) != 0) return wr__host_errno();
  if (getsockname(udp->desc->host_fd, &now.of.any, &now.size) != 0) return wr__host_errno();
  if (wr__address_port(&now) != 0) return 0;
  return wr__host_result(bind(udp->desc->host_fd, &udp->local.of.any, udp->local.size));
}

/* Connected, the host lets through what the peer sends alone. */
static int set_peer(wr__op *op, wr__p2_udp *udp, const wr__address *remote) {
  if (udp->has_peer) {
    int error = forget_peer(udp);
    if (error != 0) return error;
  }
  if (!remote) return 0;
  int error = wr__p2_check_address(udp->desc, remote, true);
  if (error == 0) error = wr__socket_connect(op, udp->desc, remote);
  if (error != 0) return error;
  udp->has_peer = true;
  udp->peer = *remote;
  return 0;
}

int wr__p2_udp_stream(wr__op *op, wr__p2_udp *udp, const wr__address *remote, wr__p2_datagrams **in,
                      wr__p2_datagrams **out) {
  if (!udp->is_bound) return INVALID_STATE;
  int error = set_peer(op, udp, remote);
  if (error != 0) return error;
  *in = new_stream(udp, WR__P2_INCOMING);
  if (!*in) return errno;
  *out = new_stream(udp, WR__P2_OUTGOING);
  if (*out) return 0;
  error = errno;
  wr__p2_release(*in);
  return error;
}

int wr__p2_udp_local_address(wr__op *op, const wr__p2_udp *udp, wr__address *out) {
  return udp->is_bound ? wr__socket_name(op, udp->desc, false, out) : INVALID_STATE;
}

int wr__p2_udp_remote_address(const wr__p2_udp *udp, wr__address *out) {
  if (!udp->has_peer) return INVALID_STATE;
  *out = udp->peer;
  return 0;
}

int wr__p2_receive(wr__op *op, wr__p2_datagrams *in, uint8_t *bytes, size_t *size,
                   wr__address *from) {
  struct iovec iov = {bytes, *size};
  wr__receive how = {.from = from};
  op->no_wait = true;
  int error = wr__socket_receive(op, in->desc, &iov, 1, &how);
  if (error == 0) *size = how.done;
  return error;
}

int wr__p2_check_send(wr__op *op, wr__p2_datagrams *out, uint64_t *permit) {
  wr__poll_item item = {.desc = out->desc, .what = WR__WAIT_WRITE};
  uint32_t ready = 0;
  int error = wr__poll_now(op, &item, 1, &ready);
  if (error == 0) *permit = out->permit = ready ? MAX_DATAGRAMS : 0;
  return error;
}

static bool is_same(const wr__address *a, const wr__address *b) {
  return a->size == b->size && wr__address_port(a) == wr__address_port(b) &&
         wr__address_in_range(a, a->of.any.sa_family == AF_INET ? 32 : 128, b);
}

int wr__p2_send(wr__op *op, wr__p2_datagrams *out, const uint8_t *bytes, size_t size,
                const wr__address *to) {
  struct iovec iov = {(void *)(uintptr_t)bytes, size};
  size_t done;
  if (!to && !out->has_peer) return INVALID_ARGUMENT;
  if (to && out->has_peer && !is_same(to, &out->peer)) return INVALID_ARGUMENT;
  if (!to) to = &out->peer;
  int error = wr__p2_check_address(out->desc, to, true);
  op->no_wait = true;
  return error == 0 ? wr__socket_send_to(op, out->desc, &iov, 1, to, &done) : error;
}
