/* Sockets: what guests open themselves, and what comes of the listeners that they were given. */
#include "io.h"
#include "local.h"

#include <unistd.h>

#define MAX_BACKLOG 4096

int wr__socket_open(int family, int type, wr__desc **out) {
  int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return fd < 0 ? wr__host_errno() : wr__desc_from_host(fd, out);
}

/* [::] takes IPv4 too where the rules allow that also. */
static void settle_dual_stack(wr__op *op, wr__desc *desc, const wr__address *address) {
  wr__address any4;
  if (address->of.any.sa_family != AF_INET6 ||
      !wr__address_parse("0.0.0.0", wr__address_port(address), &any4))
    return;
  int only = desc->only_v6 || !wr__net_allows(op->wasi, WR__NET_LISTEN, &any4);
  setsockopt(desc->host_fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
}

/* The address to give to the host, if a rule allows it: of a local socket, the file's that the rule
 * is for. */
static int allowed_address(wr__op *op, const wr__desc *desc, wr__net_action action,
                           const wr__address *address, wr__local_address *out) {
  *out = (wr__local_address){.address = *address, .held_fd = -1};
  if (address->of.any.sa_family != desc->socket_family) return EAFNOSUPPORT;
  if (address->of.any.sa_family != AF_UNIX)
    return wr__net_may_reach(op, action, address) ? 0 : EACCES;
  const wr__local *local = wr__net_local(op, action, address);
  if (!local) return EACCES;
  return action == WR__NET_CONNECT ? wr__local_to_connect(op, local, out)
                                   : wr__local_to_bind(op, local, out);
}

int wr__socket_bind(wr__op *op, wr__desc *desc, const wr__address *address) {
  wr__local_address allowed;
  int error = allowed_address(op, desc, WR__NET_LISTEN, address, &allowed);
  if (error != 0) return error;
  settle_dual_stack(op, desc, address);
  if (bind(desc->host_fd, &allowed.address.of.any, allowed.address.size) != 0)
    error = wr__host_errno();
  else
    desc->bound = true;
  wr__local_address_close(&allowed);
  return error;
}

int wr__socket_bind_any(wr__desc *desc) {
  wr__address any;
  if (!wr__address_parse(desc->socket_family == AF_INET6 ? "::" : "0.0.0.0", 0, &any))
    return EINVAL;
  return wr__host_result(bind(desc->host_fd, &any.of.any, any.size));
}

int wr__socket_listen(wr__op *op, wr__desc *desc, uint32_t backlog) {
  if (backlog > MAX_BACKLOG) backlog = MAX_BACKLOG;
  if (!desc->bound) return EACCES; /* the host would choose an address that no rule names */
  if (listen(desc->host_fd, (int)backlog) != 0) return wr__host_errno();
  pthread_mutex_lock(&op->wasi->lock);
  desc->rights |= WR__RIGHT_SOCK_ACCEPT;
  pthread_mutex_unlock(&op->wasi->lock);
  return 0;
}

static int accept_host(wr__op *op, wr__desc *listener, int *out) {
  for (;;) {
    int fd = accept4(listener->host_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      *out = fd;
      return 0;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return wr__host_errno();
    if (!wr__op_may_wait(op, listener)) return EAGAIN;
    int error = wr__wait_ready(op, listener->host_fd, WR__WAIT_READ,
                               wr__desc_timeout(listener, WR__WAIT_READ));
    if (error != 0) return error;
  }
}

int wr__socket_accept(wr__op *op, wr__desc *listener, wr__desc **out) {
  int fd, error = accept_host(op, listener, &fd);
  return error == 0 ? wr__desc_from_host(fd, out) : error;
}

/* After EINPROGRESS: how it ended. */
static int finish_connect(wr__op *op, wr__desc *desc) {
  int why = 0;
  socklen_t size = sizeof why;
  if (!wr__op_may_wait(op, desc)) return EINPROGRESS;
  int error =
      wr__wait_ready(op, desc->host_fd, WR__WAIT_WRITE, wr__desc_timeout(desc, WR__WAIT_WRITE));
  if (error != 0) return error == EAGAIN ? ETIMEDOUT : error;
  if (getsockopt(desc->host_fd, SOL_SOCKET, SO_ERROR, &why, &size) != 0) return wr__host_errno();
  return why;
}

int wr__socket_connect(wr__op *op, wr__desc *desc, const wr__address *address) {
  wr__local_address allowed;
  int error = allowed_address(op, desc, WR__NET_CONNECT, address, &allowed);
  if (error != 0) return error;
  int why = connect(desc->host_fd, &allowed.address.of.any, allowed.address.size) == 0 ? 0 : errno;
  wr__local_address_close(&allowed);
  if (why == EINPROGRESS || why == EINTR) return finish_connect(op, desc);
  return why;
}

/* ---- moving bytes */

/* Receives what is there, or waits for it; with wait_all until all is there. */
static int receive(wr__op *op, wr__desc *desc, struct iovec *iov, uint32_t count,
                   wr__receive *how) {
  wr__transfer t = {.iov = iov, .count = count};
  int flags = MSG_DONTWAIT | (how->peek ? MSG_PEEK : 0);
  bool wait_all = how->wait_all && !how->peek && desc->filetype == WR__FILETYPE_SOCKET_STREAM;
  how->done = 0;
  how->cut = false;
  for (;;) {
    struct msghdr message = {.msg_iov = t.iov, .msg_iovlen = t.count};
    ssize_t size = recvmsg(desc->host_fd, &message, flags);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno != EAGAIN) return how->done ? 0 : wr__host_errno();
    if (size >= 0) how->cut = message.msg_flags & MSG_TRUNC;
    if (size == 0) return 0;
    if (size > 0) {
      how->done += (size_t)size;
      if (!wait_all) return 0;
      wr__io_advance(&t, (size_t)size);
      if (t.count == 0) return 0;
      if (wr__op_poll(op)) return EINTR; /* the peer may send as fast as we take */
      continue;
    }
    if (!wr__op_may_wait(op, desc)) return how->done ? 0 : EAGAIN;
    int error =
        wr__wait_ready(op, desc->host_fd, WR__WAIT_READ, wr__desc_timeout(desc, WR__WAIT_READ));
    if (error != 0) return error;
  }
}

/* A datagram counts when the guest asked for whoever sends, or could have sent there itself. */
static bool may_hear(wr__op *op, const wr__desc *desc, const wr__address *from) {
  return desc->bound || desc->filetype == WR__FILETYPE_SOCKET_STREAM || from->size == 0 ||
         wr__net_allows(op->wasi, WR__NET_CONNECT, from);
}

static int receive_from(wr__op *op, wr__desc *desc, struct iovec *iov, uint32_t count,
                        wr__receive *how) {
  int host_flags = MSG_DONTWAIT | (how->peek ? MSG_PEEK : 0);
  wr__address *from = how->from;
  for (;;) {
    struct msghdr message = {
        .msg_iov = iov, .msg_iovlen = count, .msg_name = &from->of, .msg_namelen = sizeof from->of};
    *from = (wr__address){0};
    ssize_t size = recvmsg(desc->host_fd, &message, host_flags);
    from->size = message.msg_namelen;
    if (size >= 0 && may_hear(op, desc, from)) {
      how->done = (size_t)size;
      how->cut = message.msg_flags & MSG_TRUNC;
      return 0;
    }
    if (size >= 0) { /* dropped; it must not stay where it was only looked at */
      char byte;
      if (how->peek) recv(desc->host_fd, &byte, 1, MSG_DONTWAIT);
      if (wr__op_poll(op)) return EINTR; /* others may send without end */
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return wr__host_errno();
    if (!wr__op_may_wait(op, desc)) return EAGAIN;
    int error =
        wr__wait_ready(op, desc->host_fd, WR__WAIT_READ, wr__desc_timeout(desc, WR__WAIT_READ));
    if (error != 0) return error;
  }
}

int wr__socket_receive(wr__op *op, wr__desc *desc, struct iovec *iov, uint32_t count,
                       wr__receive *how) {
  return how->from ? receive_from(op, desc, iov, count, how) : receive(op, desc, iov, count, how);
}

static int send_allowed(wr__op *op, wr__desc *desc, struct iovec *iov, uint32_t count,
                        const wr__address *to, size_t *done) {
  struct msghdr message = {.msg_iov = iov,
                           .msg_iovlen = count,
                           .msg_name = (void *)(uintptr_t)&to->of,
                           .msg_namelen = to->size};
  for (;;) {
    ssize_t size = sendmsg(desc->host_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) {
      *done = (size_t)size;
      return 0;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return wr__host_errno();
    if (!wr__op_may_wait(op, desc)) return EAGAIN;
    int error =
        wr__wait_ready(op, desc->host_fd, WR__WAIT_WRITE, wr__desc_timeout(desc, WR__WAIT_WRITE));
    if (error != 0) return error;
  }
}

int wr__socket_send_to(wr__op *op, wr__desc *desc, struct iovec *iov, uint32_t count,
                       const wr__address *to, size_t *done) {
  wr__local_address allowed;
  int error = allowed_address(op, desc, WR__NET_CONNECT, to, &allowed);
  if (error != 0) return error;
  error = send_allowed(op, desc, iov, count, &allowed.address, done);
  wr__local_address_close(&allowed);
  return error;
}

int wr__socket_shutdown(const wr__desc *desc, int how) {
  return wr__host_result(shutdown(desc->host_fd, how));
}

/* ---- names and options */

int wr__socket_name(wr__op *op, const wr__desc *desc, bool of_peer, wr__address *out) {
  *out = (wr__address){.size = sizeof out->of};
  int result = of_peer ? getpeername(desc->host_fd, &out->of.any, &out->size)
                       : getsockname(desc->host_fd, &out->of.any, &out->size);
  if (result != 0) return wr__host_errno();
  if (out->of.any.sa_family == AF_UNIX) wr__net_name_local(op->wasi, out);
  return 0;
}

int wr__socket_get_option(const wr__desc *desc, int level, int option, int *value) {
  socklen_t size = sizeof *value;
  return wr__host_result(getsockopt(desc->host_fd, level, option, value, &size));
}

int wr__socket_set_option(const wr__desc *desc, int level, int option, int value) {
  return wr__host_result(setsockopt(desc->host_fd, level, option, &value, sizeof value));
}

int wr__socket_get_linger(const wr__desc *desc, struct linger *out) {
  socklen_t size = sizeof *out;
  return wr__host_result(getsockopt(desc->host_fd, SOL_SOCKET, SO_LINGER, out, &size));
}

int wr__socket_set_linger(wr__desc *desc, const struct linger *linger) {
  int error =
      wr__host_result(setsockopt(desc->host_fd, SOL_SOCKET, SO_LINGER, linger, sizeof *linger));
  if (error == 0) desc->lingers = linger->l_onoff != 0;
  return error;
}
