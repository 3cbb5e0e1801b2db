/* The socket functions of preview 1: accepting on listeners that were granted, and the byte
 * streams that come of it. Spec: wasi_snapshot_preview1, sock_*. */
#include "io.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t accept_host(wr__call *call, wr__desc *listener, int *out) {
  for (;;) {
    int fd = accept4(listener->host_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      *out = fd;
      return WASI_SUCCESS;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return wr__wasi_errno_now();
    if (listener->flags & WASI_FDFLAGS_NONBLOCK) return WASI_AGAIN;
    uint32_t error = wr__wait_ready(call, listener->host_fd, WR__WAIT_READ,
                                    wr__desc_timeout(listener, WR__WAIT_READ));
    if (error != WASI_SUCCESS) return error;
  }
}

uint32_t wr__wasi_sock_accept(wr__call *call, const uint64_t *args) {
  uint32_t flags = (uint32_t)args[1], number = 0;
  wr__desc *listener, *desc;
  int fd = -1;
  if (!wr__guest_bytes(call, args[2], 4)) return WASI_FAULT;
  if (flags & ~(uint32_t)WASI_FDFLAGS_NONBLOCK) return WASI_INVAL;
  uint32_t error = wr__fd_get(call->wasi, args[0], WASI_RIGHT_SOCK_ACCEPT, &listener);
  if (error != WASI_SUCCESS) return error;
  error = accept_host(call, listener, &fd);
  wr__desc_release(listener);
  if (error == WASI_SUCCESS) error = wr__desc_from_host(fd, &desc);
  if (error != WASI_SUCCESS) return error;
  desc->flags = (uint16_t)flags;
  error = wr__fd_insert(call->wasi, desc, &number);
  if (error == WASI_SUCCESS) wr__guest_store32(call, args[2], number);
  return error;
}

/* A socket with a right; sock_* on anything else is notsock. */
static uint32_t get_socket(wr__call *call, uint64_t fd, uint64_t right, wr__desc **out) {
  uint32_t error = wr__fd_get(call->wasi, fd, right, out);
  if (error != WASI_SUCCESS || (*out)->kind == WR__DESC_SOCKET) return error;
  wr__desc_release(*out);
  return WASI_NOTSOCK;
}

/* Receives what is there, or waits for it; WAITALL until all is there. */
static uint32_t receive(wr__call *call, wr__desc *desc, struct msghdr *message, int flags,
                        bool wait_all, size_t *done) {
  wr__transfer t = {.iov = message->msg_iov, .count = (uint32_t)message->msg_iovlen};
  *done = 0;
  for (;;) {
    ssize_t size = recvmsg(desc->host_fd, message, flags | MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno != EAGAIN) return *done ? (uint32_t)WASI_SUCCESS : wr__wasi_errno_now();
    if (size == 0) return WASI_SUCCESS;
    if (size > 0) {
      *done += (size_t)size;
      if (!wait_all) return WASI_SUCCESS;
      wr__io_advance(&t, (size_t)size);
      message->msg_iov = t.iov;
      message->msg_iovlen = t.count;
      if (t.count == 0) return WASI_SUCCESS;
      if (wr__call_poll(call)) return WASI_INTR; /* the peer may send as fast as we take */
      continue;
    }
    if (desc->flags & WASI_FDFLAGS_NONBLOCK) return *done ? WASI_SUCCESS : WASI_AGAIN;
    uint32_t error =
        wr__wait_ready(call, desc->host_fd, WR__WAIT_READ, wr__desc_timeout(desc, WR__WAIT_READ));
    if (error != WASI_SUCCESS) return error;
  }
}

uint32_t wr__wasi_sock_recv(wr__call *call, const uint64_t *args) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  uint32_t count, flags = (uint32_t)args[3];
  size_t total, done;
  wr__desc *desc;
  if (!wr__guest_bytes(call, args[4], 4) || !wr__guest_bytes(call, args[5], 2)) return WASI_FAULT;
  if (flags & ~(uint32_t)(WASI_RIFLAGS_PEEK | WASI_RIFLAGS_WAITALL)) return WASI_INVAL;
  uint32_t error = wr__guest_iovecs(call, args[1], args[2], iov, &count, &total);
  if (error == WASI_SUCCESS) error = get_socket(call, args[0], WASI_RIGHT_FD_READ, &desc);
  if (error != WASI_SUCCESS) return error;
  struct msghdr message = {.msg_iov = iov, .msg_iovlen = count};
  bool peek = flags & WASI_RIFLAGS_PEEK;
  bool stream = desc->filetype == WASI_FILETYPE_SOCKET_STREAM;
  error = receive(call, desc, &message, peek ? MSG_PEEK : 0,
                  (flags & WASI_RIFLAGS_WAITALL) && stream && !peek, &done);
  wr__desc_release(desc);
  if (error != WASI_SUCCESS) return error;
  wr__guest_store32(call, args[4], (uint32_t)done);
  wr__guest_store16(call, args[5], message.msg_flags & MSG_TRUNC ? WASI_ROFLAGS_TRUNCATED : 0);
  return WASI_SUCCESS;
}

uint32_t wr__wasi_sock_send(wr__call *call, const uint64_t *args) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  wr__transfer t;
  size_t done = 0;
  wr__desc *desc;
  if (!wr__guest_bytes(call, args[4], 4)) return WASI_FAULT;
  if ((uint32_t)args[3] != 0) return WASI_INVAL; /* Spec: siflags: none are defined */
  uint32_t error = wr__guest_iovecs(call, args[1], args[2], iov, &t.count, &t.left);
  if (error == WASI_SUCCESS) error = get_socket(call, args[0], WASI_RIGHT_FD_WRITE, &desc);
  if (error != WASI_SUCCESS) return error;
  t.iov = iov;
  /* A datagram is sent whole or not at all. */
  bool cut = desc->filetype == WASI_FILETYPE_SOCKET_DGRAM && t.count == WR__WASI_MAX_IOVECS &&
             (uint32_t)args[2] > t.count;
  error = cut ? (uint32_t)WASI_MSGSIZE : wr__io_write(call, desc, &t, &done);
  wr__desc_release(desc);
  if (error == WASI_SUCCESS) wr__guest_store32(call, args[4], (uint32_t)done);
  return error;
}

uint32_t wr__wasi_sock_shutdown(wr__call *call, const uint64_t *args) {
  static const int hows[] = {[WASI_SDFLAGS_RD] = SHUT_RD,
                             [WASI_SDFLAGS_WR] = SHUT_WR,
                             [WASI_SDFLAGS_RD | WASI_SDFLAGS_WR] = SHUT_RDWR};
  uint32_t how = (uint32_t)args[1];
  wr__desc *desc;
  if (how == 0 || how >= sizeof hows / sizeof hows[0]) return WASI_INVAL;
  uint32_t error = wr__fd_get(call->wasi, args[0], WASI_RIGHT_SOCK_SHUTDOWN, &desc);
  if (error != WASI_SUCCESS) return error;
  if (shutdown(desc->host_fd, hows[how]) != 0) error = wr__wasi_errno_now();
  wr__desc_release(desc);
  return error;
}
