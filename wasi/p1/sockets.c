/* The socket functions of preview 1, and the extension that WasmEdge made common under its name:
 * sockets that a guest opens itself. Spec: wasi_snapshot_preview1, sock_*. */
#include "../host/io.h"
#include "sockets.h"

#include <sys/socket.h>

int wr__p1_socket(wr__call *call, uint64_t fd, uint64_t rights, wr__desc **out) {
  int error = wr__fd_get(call->op.wasi, fd, rights, out);
  if (error != 0 || (*out)->kind == WR__DESC_SOCKET) return error;
  wr__desc_release(*out);
  return ENOTSOCK;
}

/* ---- making connections */

int wr__p1_sock_accept(wr__call *call, const uint64_t *args) {
  uint32_t flags = (uint32_t)args[1];
  wr__desc *listener, *desc;
  if (!wr__guest_bytes(call, args[2], 4)) return EFAULT;
  if (flags & ~(uint32_t)WR__FDFLAG_NONBLOCK) return EINVAL;
  int error = wr__fd_get(call->op.wasi, args[0], WR__RIGHT_SOCK_ACCEPT, &listener);
  if (error != 0) return error;
  error = wr__socket_accept(&call->op, listener, &desc);
  wr__desc_release(listener);
  if (error != 0) return error;
  desc->flags = (uint16_t)flags;
  return wr__p1_insert(call, desc, args[2]);
}

int wr__p1_sock_accept_v1(wr__call *call, const uint64_t *args) {
  const uint64_t with_flags[] = {args[0], 0, args[1]};
  return wr__p1_sock_accept(call, with_flags);
}

int wr__p1_sock_open(wr__call *call, const uint64_t *args) {
  static const int families[] = {
      [WASI_AF_INET4] = AF_INET, [WASI_AF_INET6] = AF_INET6, [WASI_AF_UNIX] = AF_UNIX};
  uint32_t family = (uint32_t)args[0], type = (uint32_t)args[1];
  wr__desc *desc;
  if (!wr__guest_bytes(call, args[2], 4)) return EFAULT;
  if (family == WASI_AF_UNSPEC || family > WASI_AF_UNIX) return EAFNOSUPPORT;
  if (type > WASI_SOCK_STREAM) return EINVAL;
  int error =
      wr__socket_open(families[family], type == WASI_SOCK_DGRAM ? SOCK_DGRAM : SOCK_STREAM, &desc);
  return error == 0 ? wr__p1_insert(call, desc, args[2]) : error;
}

/* Binding and connecting take an address. */
typedef int (*with_address)(wr__op *op, wr__desc *desc, const wr__address *address);

static int act_with(wr__call *call, const uint64_t *args, with_address act) {
  wr__address address;
  wr__desc *desc;
  int error = wr__p1_read_address(call, args[1], (uint32_t)args[2], &address);
  if (error == 0) error = wr__p1_socket(call, args[0], 0, &desc);
  if (error != 0) return error;
  error = act(&call->op, desc, &address);
  wr__desc_release(desc);
  return error;
}

int wr__p1_sock_bind(wr__call *call, const uint64_t *args) {
  return act_with(call, args, wr__socket_bind);
}

int wr__p1_sock_connect(wr__call *call, const uint64_t *args) {
  return act_with(call, args, wr__socket_connect);
}

int wr__p1_sock_listen(wr__call *call, const uint64_t *args) {
  wr__desc *desc;
  int error = wr__p1_socket(call, args[0], 0, &desc);
  if (error != 0) return error;
  error = wr__socket_listen(&call->op, desc, (uint32_t)args[1]);
  wr__desc_release(desc);
  return error;
}

int wr__p1_sock_shutdown(wr__call *call, const uint64_t *args) {
  static const int hows[] = {[WASI_SDFLAGS_RD] = SHUT_RD,
                             [WASI_SDFLAGS_WR] = SHUT_WR,
                             [WASI_SDFLAGS_RD | WASI_SDFLAGS_WR] = SHUT_RDWR};
  uint32_t how = (uint32_t)args[1];
  wr__desc *desc;
  if (how == 0 || how >= sizeof hows / sizeof hows[0]) return EINVAL;
  int error = wr__fd_get(call->op.wasi, args[0], WR__RIGHT_SOCK_SHUTDOWN, &desc);
  if (error != 0) return error;
  error = wr__socket_shutdown(desc, hows[how]);
  wr__desc_release(desc);
  return error;
}

/* ---- moving bytes */

/* Where the guest wants the results of a receive. */
typedef struct receive_out {
  uint64_t right;
  uint64_t size;
  uint64_t flags;
  bool with_from; /* the address of who sent it is wanted */
  bool with_port; /* second revision */
  uint64_t port;
} receive_out;

static int write_from(wr__call *call, uint64_t at, const receive_out *out,
                      const wr__address *from) {
  if (from->size == 0) return 0;
  return out->with_port ? wr__p1_write_address(call, at, from)
                        : wr__p1_write_address_v1(call, at, from);
}

static int receive(wr__call *call, const uint64_t *args, uint32_t flags, const receive_out *out) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  uint32_t count;
  size_t total;
  wr__desc *desc;
  wr__address from = {0};
  wr__receive how = {.peek = flags & WASI_RIFLAGS_PEEK,
                     .wait_all = flags & WASI_RIFLAGS_WAITALL,
                     .from = out->with_from ? &from : NULL};
  if (!wr__guest_bytes(call, out->size, 4) || !wr__guest_bytes(call, out->flags, 2) ||
      (out->with_port && !wr__guest_bytes(call, out->port, 4)))
    return EFAULT;
  if (flags & ~(uint32_t)(WASI_RIFLAGS_PEEK | WASI_RIFLAGS_WAITALL)) return EINVAL;
  int error = wr__guest_iovecs(call, args[1], args[2], iov, &count, &total);
  if (error == 0) error = wr__p1_socket(call, args[0], out->right, &desc);
  if (error != 0) return error;
  error = wr__socket_receive(&call->op, desc, iov, count, &how);
  wr__desc_release(desc);
  if (error == 0 && out->with_from) error = write_from(call, args[3], out, &from);
  if (error != 0) return error;
  wr__guest_store32(call, out->size, (uint32_t)how.done);
  wr__guest_store16(call, out->flags, how.cut ? WASI_ROFLAGS_TRUNCATED : 0);
  if (out->with_port) wr__guest_store32(call, out->port, wr__address_port(&from));
  return 0;
}

int wr__p1_sock_recv(wr__call *call, const uint64_t *args) {
  receive_out out = {.right = WR__RIGHT_FD_READ, .size = args[4], .flags = args[5]};
  return receive(call, args, (uint32_t)args[3], &out);
}

int wr__p1_sock_recv_from(wr__call *call, const uint64_t *args) {
  receive_out out = {
      .size = args[6], .flags = args[7], .with_from = true, .with_port = true, .port = args[5]};
  return receive(call, args, (uint32_t)args[4], &out);
}

int wr__p1_sock_recv_from_v1(wr__call *call, const uint64_t *args) {
  receive_out out = {.size = args[5], .flags = args[6], .with_from = true};
  return receive(call, args, (uint32_t)args[4], &out);
}

/* A datagram is sent whole or not at all: was this one cut to what a transfer takes? */
static bool is_cut(const wr__desc *desc, uint32_t count, uint64_t wanted) {
  return desc->filetype == WR__FILETYPE_SOCKET_DGRAM && count == WR__WASI_MAX_IOVECS &&
         (uint32_t)wanted > count;
}

int wr__p1_sock_send(wr__call *call, const uint64_t *args) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  wr__transfer t = {.iov = iov};
  size_t done = 0;
  wr__desc *desc;
  if (!wr__guest_bytes(call, args[4], 4)) return EFAULT;
  if ((uint32_t)args[3] != 0) return EINVAL; /* Spec: siflags: none are defined */
  int error = wr__guest_iovecs(call, args[1], args[2], iov, &t.count, &t.left);
  if (error == 0) error = wr__p1_socket(call, args[0], WR__RIGHT_FD_WRITE, &desc);
  if (error != 0) return error;
  error = is_cut(desc, t.count, args[2]) ? EMSGSIZE : wr__io_write(&call->op, desc, &t, &done);
  wr__desc_release(desc);
  if (error == 0) wr__guest_store32(call, args[4], (uint32_t)done);
  return error;
}

int wr__p1_sock_send_to(wr__call *call, const uint64_t *args) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  uint32_t count;
  size_t total, done = 0;
  wr__desc *desc;
  wr__address to;
  if (!wr__guest_bytes(call, args[6], 4)) return EFAULT;
  if ((uint32_t)args[5] != 0) return EINVAL;
  int error = wr__guest_iovecs(call, args[1], args[2], iov, &count, &total);
  if (error == 0) error = wr__p1_read_address(call, args[3], (uint32_t)args[4], &to);
  if (error == 0) error = wr__p1_socket(call, args[0], 0, &desc);
  if (error != 0) return error;
  error = is_cut(desc, count, args[2])
              ? EMSGSIZE
              : wr__socket_send_to(&call->op, desc, iov, count, &to, &done);
  wr__desc_release(desc);
  if (error == 0) wr__guest_store32(call, args[6], (uint32_t)done);
  return error;
}

/* ---- whose address */

static int ask_name(wr__call *call, uint64_t fd, bool of_peer, wr__address *out) {
  wr__desc *desc;
  int error = wr__p1_socket(call, fd, 0, &desc);
  if (error != 0) return error;
  error = wr__socket_name(&call->op, desc, of_peer, out);
  wr__desc_release(desc);
  return error;
}

static int tell_name(wr__call *call, const uint64_t *args, bool of_peer) {
  wr__address address;
  if (!wr__guest_bytes(call, args[2], 4)) return EFAULT;
  int error = ask_name(call, args[0], of_peer, &address);
  if (error == 0) error = wr__p1_write_address(call, args[1], &address);
  if (error == 0) wr__guest_store32(call, args[2], wr__address_port(&address));
  return error;
}

/* The first revision tells the type as 4 or 6. */
static int tell_name_v1(wr__call *call, const uint64_t *args, bool of_peer) {
  wr__address address;
  if (!wr__guest_bytes(call, args[2], 4) || !wr__guest_bytes(call, args[3], 4)) return EFAULT;
  int error = ask_name(call, args[0], of_peer, &address);
  if (error == 0) error = wr__p1_write_address_v1(call, args[1], &address);
  if (error != 0) return error;
  wr__guest_store32(call, args[2], address.of.any.sa_family == AF_INET ? 4 : 6);
  wr__guest_store32(call, args[3], wr__address_port(&address));
  return 0;
}

int wr__p1_sock_getlocaladdr(wr__call *call, const uint64_t *args) {
  return tell_name(call, args, false);
}
int wr__p1_sock_getpeeraddr(wr__call *call, const uint64_t *args) {
  return tell_name(call, args, true);
}
int wr__p1_sock_getlocaladdr_v1(wr__call *call, const uint64_t *args) {
  return tell_name_v1(call, args, false);
}
int wr__p1_sock_getpeeraddr_v1(wr__call *call, const uint64_t *args) {
  return tell_name_v1(call, args, true);
}
