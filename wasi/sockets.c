/* The socket extension that WasmEdge made common under wasi_snapshot_preview1: sockets that a guest
 * opens itself. The host's sockets never block; calls wait beside the store's event. Every
 * address goes through the rules of net.c before the host sees it. */
#include "io.h"
#include "local.h"

#include <errno.h>
#include <unistd.h>

#define MAX_BACKLOG 4096

static uint32_t get_socket(wr__call *call, uint64_t fd, wr__desc **out) {
  uint32_t error = wr__fd_get(call->wasi, fd, 0, out);
  if (error != WASI_SUCCESS || (*out)->kind == WR__DESC_SOCKET) return error;
  wr__desc_release(*out);
  return WASI_NOTSOCK;
}

uint32_t wr__wasi_sock_open(wr__call *call, const uint64_t *args) {
  static const int families[] = {
      [WASI_AF_INET4] = AF_INET, [WASI_AF_INET6] = AF_INET6, [WASI_AF_UNIX] = AF_UNIX};
  uint32_t family = (uint32_t)args[0], type = (uint32_t)args[1], number = 0;
  if (!wr__guest_bytes(call, args[2], 4)) return WASI_FAULT;
  if (family == WASI_AF_UNSPEC || family > WASI_AF_UNIX) return WASI_AFNOSUPPORT;
  if (type > WASI_SOCK_STREAM) return WASI_INVAL;
  int host_type = type == WASI_SOCK_DGRAM ? SOCK_DGRAM : SOCK_STREAM;
  int fd = socket(families[family], host_type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return wr__wasi_errno_now();
  wr__desc *desc;
  uint32_t error = wr__desc_from_host(fd, &desc);
  if (error == WASI_SUCCESS) error = wr__fd_insert(call->wasi, desc, &number);
  if (error == WASI_SUCCESS) wr__guest_store32(call, args[2], number);
  return error;
}

/* [::] takes IPv4 too where the rules allow that also. */
static void settle_dual_stack(wr__call *call, wr__desc *desc, const wr__address *address) {
  wr__address any4;
  if (address->of.any.sa_family != AF_INET6 ||
      !wr__address_parse("0.0.0.0", wr__address_port(address), &any4))
    return;
  int only = !wr__net_allows(call->wasi, WR__NET_LISTEN, &any4);
  setsockopt(desc->host_fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
}

/* The address to give to the host, if a rule allows it: of a local socket, the file's that the rule
 * is for. */
static uint32_t allowed_address(wr__call *call, const wr__desc *desc, wr__net_action action,
                                const wr__address *address, wr__local_address *out) {
  *out = (wr__local_address){.address = *address, .held_fd = -1};
  if (address->of.any.sa_family != desc->socket_family) return WASI_AFNOSUPPORT;
  if (address->of.any.sa_family != AF_UNIX)
    return wr__net_may_reach(call, action, address) ? WASI_SUCCESS : WASI_ACCES;
  const wr__local *local = wr__net_local(call, action, address);
  if (!local) return WASI_ACCES;
  return action == WR__NET_CONNECT ? wr__local_to_connect(call, local, out)
                                   : wr__local_to_bind(call, local, out);
}

static uint32_t bind_host(wr__call *call, wr__desc *desc, const wr__address *address) {
  wr__local_address allowed;
  uint32_t error = allowed_address(call, desc, WR__NET_LISTEN, address, &allowed);
  if (error != WASI_SUCCESS) return error;
  settle_dual_stack(call, desc, address);
  if (bind(desc->host_fd, &allowed.address.of.any, allowed.address.size) != 0)
    error = wr__wasi_errno_now();
  else
    desc->bound = true;
  wr__local_address_close(&allowed);
  return error;
}

uint32_t wr__wasi_sock_bind(wr__call *call, const uint64_t *args) {
  wr__address address;
  wr__desc *desc;
  uint32_t error = wr__address_read(call, args[1], (uint32_t)args[2], &address);
  if (error == WASI_SUCCESS) error = get_socket(call, args[0], &desc);
  if (error != WASI_SUCCESS) return error;
  error = bind_host(call, desc, &address);
  wr__desc_release(desc);
  return error;
}

uint32_t wr__wasi_sock_listen(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  uint32_t backlog = (uint32_t)args[1] < MAX_BACKLOG ? (uint32_t)args[1] : MAX_BACKLOG;
  uint32_t error = get_socket(call, args[0], &desc);
  if (error != WASI_SUCCESS) return error;
  if (!desc->bound) {
    error = WASI_ACCES; /* the host would choose an address that no rule names */
  } else if (listen(desc->host_fd, (int)backlog) != 0) {
    error = wr__wasi_errno_now();
  } else {
    pthread_mutex_lock(&call->wasi->lock);
    desc->rights |= WASI_RIGHT_SOCK_ACCEPT;
    pthread_mutex_unlock(&call->wasi->lock);
  }
  wr__desc_release(desc);
  return error;
}

uint32_t wr__wasi_sock_accept_v1(wr__call *call, const uint64_t *args) {
  const uint64_t with_flags[] = {args[0], 0, args[1]};
  return wr__wasi_sock_accept(call, with_flags);
}

/* After EINPROGRESS: how it ended. */
static uint32_t finish_connect(wr__call *call, wr__desc *desc) {
  int why = 0;
  socklen_t size = sizeof why;
  if (desc->flags & WASI_FDFLAGS_NONBLOCK) return WASI_INPROGRESS;
  uint32_t error =
      wr__wait_ready(call, desc->host_fd, WR__WAIT_WRITE, wr__desc_timeout(desc, WR__WAIT_WRITE));
  if (error != WASI_SUCCESS) return error == WASI_AGAIN ? (uint32_t)WASI_TIMEDOUT : error;
  if (getsockopt(desc->host_fd, SOL_SOCKET, SO_ERROR, &why, &size) != 0)
    return wr__wasi_errno_now();
  return wr__wasi_from_errno(why);
}

static uint32_t connect_host(wr__call *call, wr__desc *desc, const wr__address *address) {
  wr__local_address allowed;
  uint32_t error = allowed_address(call, desc, WR__NET_CONNECT, address, &allowed);
  if (error != WASI_SUCCESS) return error;
  int why = connect(desc->host_fd, &allowed.address.of.any, allowed.address.size) == 0 ? 0 : errno;
  wr__local_address_close(&allowed);
  if (why == EINPROGRESS || why == EINTR) return finish_connect(call, desc);
  return wr__wasi_from_errno(why);
}

uint32_t wr__wasi_sock_connect(wr__call *call, const uint64_t *args) {
  wr__address address;
  wr__desc *desc;
  uint32_t error = wr__address_read(call, args[1], (uint32_t)args[2], &address);
  if (error == WASI_SUCCESS) error = get_socket(call, args[0], &desc);
  if (error != WASI_SUCCESS) return error;
  error = connect_host(call, desc, &address);
  wr__desc_release(desc);
  return error;
}

/* ---- datagrams */

/* A datagram counts when the guest asked for whoever sends, or could have sent there itself. */
static bool may_hear(wr__call *call, const wr__desc *desc, const wr__address *from) {
  return desc->bound || desc->filetype == WASI_FILETYPE_SOCKET_STREAM || from->size == 0 ||
         wr__net_allows(call->wasi, WR__NET_CONNECT, from);
}

static uint32_t receive_from(wr__call *call, wr__desc *desc, struct iovec *iov, uint32_t count,
                             uint32_t flags, wr__address *from, size_t *done, bool *cut) {
  int host_flags = MSG_DONTWAIT | (flags & WASI_RIFLAGS_PEEK ? MSG_PEEK : 0);
  for (;;) {
    struct msghdr message = {
        .msg_iov = iov, .msg_iovlen = count, .msg_name = &from->of, .msg_namelen = sizeof from->of};
    *from = (wr__address){0};
    ssize_t size = recvmsg(desc->host_fd, &message, host_flags);
    from->size = message.msg_namelen;
    if (size >= 0 && may_hear(call, desc, from)) {
      *done = (size_t)size;
      *cut = message.msg_flags & MSG_TRUNC;
      return WASI_SUCCESS;
    }
    if (size >= 0) { /* dropped; it must not stay where it was only looked at */
      char byte;
      if (flags & WASI_RIFLAGS_PEEK) recv(desc->host_fd, &byte, 1, MSG_DONTWAIT);
      if (wr__call_poll(call)) return WASI_INTR; /* others may send without end */
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return wr__wasi_errno_now();
    if (desc->flags & WASI_FDFLAGS_NONBLOCK) return WASI_AGAIN;
    uint32_t error =
        wr__wait_ready(call, desc->host_fd, WR__WAIT_READ, wr__desc_timeout(desc, WR__WAIT_READ));
    if (error != WASI_SUCCESS) return error;
  }
}

/* Where the guest wants the results of a receive. */
typedef struct receive_out {
  uint64_t size;
  uint64_t flags;
  bool with_port; /* second revision */
  uint64_t port;
} receive_out;

static uint32_t receive_into(wr__call *call, const uint64_t *args, const receive_out *out) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  uint32_t count, flags = (uint32_t)args[4];
  size_t total, done = 0;
  bool cut = false;
  wr__desc *desc;
  wr__address from;
  if (!wr__guest_bytes(call, out->size, 4) || !wr__guest_bytes(call, out->flags, 2) ||
      (out->with_port && !wr__guest_bytes(call, out->port, 4)))
    return WASI_FAULT;
  if (flags & ~(uint32_t)(WASI_RIFLAGS_PEEK | WASI_RIFLAGS_WAITALL)) return WASI_INVAL;
  uint32_t error = wr__guest_iovecs(call, args[1], args[2], iov, &count, &total);
  if (error == WASI_SUCCESS) error = get_socket(call, args[0], &desc);
  if (error != WASI_SUCCESS) return error;
  error = receive_from(call, desc, iov, count, flags, &from, &done, &cut);
  wr__desc_release(desc);
  if (error == WASI_SUCCESS && from.size > 0)
    error = out->with_port ? wr__address_write(call, args[3], &from)
                           : wr__address_write_v1(call, args[3], &from);
  if (error != WASI_SUCCESS) return error;
  wr__guest_store32(call, out->size, (uint32_t)done);
  wr__guest_store16(call, out->flags, cut ? WASI_ROFLAGS_TRUNCATED : 0);
  if (out->with_port) wr__guest_store32(call, out->port, wr__address_port(&from));
  return WASI_SUCCESS;
}

uint32_t wr__wasi_sock_recv_from(wr__call *call, const uint64_t *args) {
  receive_out out = {.size = args[6], .flags = args[7], .with_port = true, .port = args[5]};
  return receive_into(call, args, &out);
}

uint32_t wr__wasi_sock_recv_from_v1(wr__call *call, const uint64_t *args) {
  receive_out out = {.size = args[5], .flags = args[6]};
  return receive_into(call, args, &out);
}

static uint32_t send_to(wr__call *call, wr__desc *desc, struct iovec *iov, uint32_t count,
                        const wr__address *to, size_t *done) {
  struct msghdr message = {.msg_iov = iov,
                           .msg_iovlen = count,
                           .msg_name = (void *)(uintptr_t)&to->of,
                           .msg_namelen = to->size};
  for (;;) {
    ssize_t size = sendmsg(desc->host_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) {
      *done = (size_t)size;
      return WASI_SUCCESS;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return wr__wasi_errno_now();
    if (desc->flags & WASI_FDFLAGS_NONBLOCK) return WASI_AGAIN;
    uint32_t error =
        wr__wait_ready(call, desc->host_fd, WR__WAIT_WRITE, wr__desc_timeout(desc, WR__WAIT_WRITE));
    if (error != WASI_SUCCESS) return error;
  }
}

uint32_t wr__wasi_sock_send_to(wr__call *call, const uint64_t *args) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  uint32_t count;
  size_t total, done = 0;
  wr__desc *desc;
  wr__address to;
  if (!wr__guest_bytes(call, args[6], 4)) return WASI_FAULT;
  if ((uint32_t)args[5] != 0) return WASI_INVAL;
  uint32_t error = wr__guest_iovecs(call, args[1], args[2], iov, &count, &total);
  if (error == WASI_SUCCESS) error = wr__address_read(call, args[3], (uint32_t)args[4], &to);
  if (error == WASI_SUCCESS) error = get_socket(call, args[0], &desc);
  if (error != WASI_SUCCESS) return error;
  /* A datagram is sent whole or not at all. */
  bool cut = desc->filetype == WASI_FILETYPE_SOCKET_DGRAM && count == WR__WASI_MAX_IOVECS &&
             (uint32_t)args[2] > count;
  wr__local_address allowed;
  error =
      cut ? (uint32_t)WASI_MSGSIZE : allowed_address(call, desc, WR__NET_CONNECT, &to, &allowed);
  if (error == WASI_SUCCESS) {
    error = send_to(call, desc, iov, count, &allowed.address, &done);
    wr__local_address_close(&allowed);
  }
  wr__desc_release(desc);
  if (error == WASI_SUCCESS) wr__guest_store32(call, args[6], (uint32_t)done);
  return error;
}

/* ---- whose address */

typedef int (*name_function)(int, struct sockaddr *, socklen_t *);

static uint32_t ask_name(wr__call *call, uint64_t fd, name_function ask, wr__address *out) {
  wr__desc *desc;
  uint32_t error = get_socket(call, fd, &desc);
  if (error != WASI_SUCCESS) return error;
  *out = (wr__address){.size = sizeof out->of};
  if (ask(desc->host_fd, &out->of.any, &out->size) != 0) error = wr__wasi_errno_now();
  if (error == WASI_SUCCESS && out->of.any.sa_family == AF_UNIX)
    wr__net_name_local(call->wasi, out);
  wr__desc_release(desc);
  return error;
}

static uint32_t tell_name(wr__call *call, const uint64_t *args, name_function ask) {
  wr__address address;
  if (!wr__guest_bytes(call, args[2], 4)) return WASI_FAULT;
  uint32_t error = ask_name(call, args[0], ask, &address);
  if (error == WASI_SUCCESS) error = wr__address_write(call, args[1], &address);
  if (error == WASI_SUCCESS) wr__guest_store32(call, args[2], wr__address_port(&address));
  return error;
}

/* The first revision tells the type as 4 or 6. */
static uint32_t tell_name_v1(wr__call *call, const uint64_t *args, name_function ask) {
  wr__address address;
  if (!wr__guest_bytes(call, args[2], 4) || !wr__guest_bytes(call, args[3], 4)) return WASI_FAULT;
  uint32_t error = ask_name(call, args[0], ask, &address);
  if (error == WASI_SUCCESS) error = wr__address_write_v1(call, args[1], &address);
  if (error != WASI_SUCCESS) return error;
  wr__guest_store32(call, args[2], address.of.any.sa_family == AF_INET ? 4 : 6);
  wr__guest_store32(call, args[3], wr__address_port(&address));
  return WASI_SUCCESS;
}

uint32_t wr__wasi_sock_getlocaladdr(wr__call *call, const uint64_t *args) {
  return tell_name(call, args, getsockname);
}
uint32_t wr__wasi_sock_getpeeraddr(wr__call *call, const uint64_t *args) {
  return tell_name(call, args, getpeername);
}
uint32_t wr__wasi_sock_getlocaladdr_v1(wr__call *call, const uint64_t *args) {
  return tell_name_v1(call, args, getsockname);
}
uint32_t wr__wasi_sock_getpeeraddr_v1(wr__call *call, const uint64_t *args) {
  return tell_name_v1(call, args, getpeername);
}
