/* Moving bytes: fd_read, fd_write and their kin. Regular files go straight to the host. What may
 * block never blocks in the host: the call waits beside the store's event, so that an interrupt
 * ends it. Spec: wasi_snapshot_preview1, fd_read, fd_pread, fd_write, fd_pwrite. */
#include "io.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What the host moves at once, at most: nothing ends its call, and some devices are slow. */
#define PIECE ((size_t)4 << 20)
/* What a callback gets at once, at most. */
#define CALLBACK_PIECE 65536u

/* Would an operation block? Asked where the host has no other way to avoid it. */
static bool ready_now(int fd, short events) {
  struct pollfd p = {.fd = fd, .events = events};
  return poll(&p, 1, 0) > 0;
}

/* One piece is the usual case, and costs the host less. */
static ssize_t read_host(int fd, const wr__transfer *t) {
  return t->count == 1 ? read(fd, t->iov->iov_base, t->iov->iov_len)
                       : readv(fd, t->iov, (int)t->count);
}

static ssize_t write_host(int fd, const wr__transfer *t) {
  return t->count == 1 ? write(fd, t->iov->iov_base, t->iov->iov_len)
                       : writev(fd, t->iov, (int)t->count);
}

static ssize_t read_socket(wr__desc *desc, wr__transfer *t) {
  if (t->count == 1) return recv(desc->host_fd, t->iov->iov_base, t->iov->iov_len, MSG_DONTWAIT);
  struct msghdr message = {.msg_iov = t->iov, .msg_iovlen = t->count};
  return recvmsg(desc->host_fd, &message, MSG_DONTWAIT);
}

static ssize_t write_socket(wr__desc *desc, wr__transfer *t) {
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  if (t->count == 1) return send(desc->host_fd, t->iov->iov_base, t->iov->iov_len, flags);
  struct msghdr message = {.msg_iov = t->iov, .msg_iovlen = t->count};
  return sendmsg(desc->host_fd, &message, flags);
}

/* Pipes take RWF_NOWAIT, terminals do not. */
static ssize_t read_stream(wr__desc *desc, wr__transfer *t) {
  if (desc->never_blocks) return read_host(desc->host_fd, t);
  if (!desc->no_nowait) {
    ssize_t size = preadv2(desc->host_fd, t->iov, (int)t->count, -1, RWF_NOWAIT);
    if (size >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return size;
    desc->no_nowait = true;
  }
  if (ready_now(desc->host_fd, POLLIN)) return read_host(desc->host_fd, t);
  errno = EAGAIN;
  return -1;
}

static ssize_t write_stream_now(wr__desc *desc, wr__transfer *t) {
  if (desc->never_blocks) return write_host(desc->host_fd, t);
  if (!desc->no_nowait) {
    ssize_t size = pwritev2(desc->host_fd, t->iov, (int)t->count, -1, RWF_NOWAIT);
    if (size >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return size;
    desc->no_nowait = true;
  }
  if (ready_now(desc->host_fd, POLLOUT)) return write_host(desc->host_fd, t);
  errno = EAGAIN;
  return -1;
}

/* A pipe that nobody reads is an error of the guest, not a signal for the host. */
static ssize_t write_stream(wr__desc *desc, wr__transfer *t) {
  if (!desc->mask_sigpipe) return write_stream_now(desc, t);
  sigset_t sigpipe, before, pending;
  sigemptyset(&sigpipe);
  sigaddset(&sigpipe, SIGPIPE);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
  ssize_t size = write_stream_now(desc, t);
  int why = errno;
  if (size < 0 && why == EPIPE && !sigismember(&pending, SIGPIPE)) {
    struct timespec none = {0};
    while (sigtimedwait(&sigpipe, NULL, &none) < 0 && errno == EINTR) continue;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = why;
  return size;
}

static ssize_t read_bytes(wr__desc *desc, wr__transfer *t) {
  size_t done = 0;
  pthread_mutex_lock(&desc->position_lock);
  for (uint32_t i = 0; i < t->count; i++) {
    size_t left = desc->bytes_size - desc->bytes_position;
    size_t size = t->iov[i].iov_len < left ? t->iov[i].iov_len : left;
    if (size == 0) break;
    memcpy(t->iov[i].iov_base, desc->bytes + desc->bytes_position, size);
    desc->bytes_position += size;
    done += size;
  }
  pthread_mutex_unlock(&desc->position_lock);
  return (ssize_t)done;
}

/* After a callback: what is left to move lies where the guest's memory lies now. */
static void rebase(wr__call *call, wr__transfer *t) {
  const uint8_t *before = call->memory;
  wr__guest_refresh(call);
  if (call->memory == before) return;
  for (uint32_t i = 0; i < t->count; i++)
    t->iov[i].iov_base = call->memory + ((const uint8_t *)t->iov[i].iov_base - before);
}

/* Callbacks get copies: they may grow the guest's memory, and go on using what they got. */
static uint8_t *new_copy(size_t most, size_t *size) {
  if (*size > most) *size = most;
  uint8_t *copy = calloc(1, *size);
  if (!copy) errno = ENOMEM;
  return copy;
}

static ssize_t read_callback(wr__call *call, wr__desc *desc, wr__transfer *t) {
  if (t->count == 0) return 0;
  size_t capacity = t->iov[0].iov_len;
  uint8_t *copy = new_copy(CALLBACK_PIECE, &capacity);
  if (!copy) return -1;
  int64_t size = desc->read(desc->callback_context, copy, capacity);
  rebase(call, t);
  bool good = size >= 0 && (uint64_t)size <= capacity;
  if (good) memcpy(t->iov[0].iov_base, copy, (size_t)size);
  free(copy);
  if (good) return (ssize_t)size;
  errno = size < 0 && size > -4096 ? (int)-size : EIO;
  return -1;
}

/* One piece of the guest's bytes. */
static ssize_t write_callback(wr__call *call, wr__desc *desc, wr__transfer *t) {
  if (t->count == 0) return 0;
  size_t size = t->iov[0].iov_len;
  uint8_t *copy = new_copy(CALLBACK_PIECE, &size);
  if (!copy) return -1;
  memcpy(copy, t->iov[0].iov_base, size);
  int why = desc->write(desc->callback_context, copy, size);
  rebase(call, t);
  free(copy);
  if (why == 0) return (ssize_t)size;
  errno = why;
  return -1;
}

static ssize_t read_once(wr__call *call, wr__desc *desc, wr__transfer *t) {
  switch (desc->kind) {
    case WR__DESC_FILE:
      return read_host(desc->host_fd, t);
    case WR__DESC_STREAM:
      return read_stream(desc, t);
    case WR__DESC_SOCKET:
      return read_socket(desc, t);
    case WR__DESC_READER:
      return read_callback(call, desc, t);
    case WR__DESC_BYTES:
      return read_bytes(desc, t);
    default:
      errno = EBADF;
      return -1;
  }
}

static ssize_t write_once(wr__call *call, wr__desc *desc, wr__transfer *t) {
  switch (desc->kind) {
    case WR__DESC_FILE:
      return write_host(desc->host_fd, t);
    case WR__DESC_STREAM:
      return write_stream(desc, t);
    case WR__DESC_SOCKET:
      return write_socket(desc, t);
    case WR__DESC_WRITER:
      return write_callback(call, desc, t);
    default:
      errno = EBADF;
      return -1;
  }
}

/* Takes what was moved off the front. */
void wr__io_advance(wr__transfer *t, size_t size) {
  t->left -= size;
  while (t->count > 0 && size >= t->iov->iov_len) {
    size -= t->iov->iov_len;
    t->iov++;
    t->count--;
  }
  if (t->count > 0) {
    t->iov->iov_base = (char *)t->iov->iov_base + size;
    t->iov->iov_len -= size;
  }
}

/* Waits until the descriptor can go on, unless the guest asked not to wait. */
static uint32_t wait_more(wr__call *call, wr__desc *desc, wr__wait what) {
  if (desc->flags & WASI_FDFLAGS_NONBLOCK) return WASI_AGAIN;
  return wr__wait_ready(call, desc->host_fd, what, wr__desc_timeout(desc, what));
}

/* The first part of what is left, small enough for one call of the host. Until put_back, the last
 * of its iovecs is cut short. */
typedef struct piece {
  wr__transfer t;
  size_t cut; /* what was taken off the last iovec */
} piece;

static piece take_piece(const wr__transfer *t) {
  piece p = {.t = *t};
  if (t->left <= PIECE) return p;
  size_t sum = 0;
  p.t.count = 0;
  while (sum < PIECE) sum += t->iov[p.t.count++].iov_len;
  p.cut = sum - PIECE;
  p.t.left = PIECE;
  p.t.iov[p.t.count - 1].iov_len -= p.cut;
  return p;
}

static void put_back(piece *p) {
  if (p->cut) p->t.iov[p->t.count - 1].iov_len += p->cut;
}

/* Does the host, given more room, move more at once? Not what comes as it is sent. */
static bool is_plain(const wr__desc *desc) {
  return desc->kind == WR__DESC_FILE || desc->kind == WR__DESC_BYTES;
}

uint32_t wr__io_read(wr__call *call, wr__desc *desc, wr__transfer *t, size_t *done) {
  *done = 0;
  for (;;) {
    piece p = take_piece(t);
    ssize_t size = read_once(call, desc, &p.t);
    put_back(&p);
    if (size >= 0) {
      *done += (size_t)size;
      if ((size_t)size < p.t.left || p.t.left == t->left || !is_plain(desc)) return WASI_SUCCESS;
      wr__io_advance(t, (size_t)size);
      if (wr__call_poll(call)) return WASI_INTR;
      continue;
    }
    if (errno == EINTR && !call->interrupted) continue;
    if (*done > 0) return WASI_SUCCESS;
    if (errno != EAGAIN || desc->host_fd < 0 || desc->kind == WR__DESC_FILE)
      return wr__wasi_errno_now();
    uint32_t error = wait_more(call, desc, WR__WAIT_READ);
    if (error != WASI_SUCCESS) return error;
  }
}

/* As a blocking write of the host: returns when all is written, or after an error, of which it
 * tells only if nothing was written. A file takes less than it was given when it is full. */
uint32_t wr__io_write(wr__call *call, wr__desc *desc, wr__transfer *t, size_t *done) {
  size_t all = t->left;
  uint32_t error = WASI_SUCCESS;
  bool more = true;
  while (more && error == WASI_SUCCESS) {
    piece p = take_piece(t);
    ssize_t size = write_once(call, desc, &p.t);
    put_back(&p);
    if (size >= 0) {
      wr__io_advance(t, (size_t)size);
      more = t->left > 0 && (desc->kind != WR__DESC_FILE || (size_t)size == p.t.left);
      if (more && wr__call_poll(call)) error = WASI_INTR;
    } else if (errno == EAGAIN && desc->host_fd >= 0 && desc->kind != WR__DESC_FILE) {
      error = wait_more(call, desc, WR__WAIT_WRITE);
    } else if (errno != EINTR) {
      error = wr__wasi_errno_now();
    }
  }
  *done = all - t->left;
  return *done > 0 ? (uint32_t)WASI_SUCCESS : error;
}

/* ---- the functions */

/* What the four have in common: a descriptor with rights, iovecs, and where the count goes. */
static uint32_t begin(wr__call *call, uint64_t fd, uint64_t rights, uint64_t iovs, uint64_t count,
                      struct iovec *iov, wr__transfer *t, wr__desc **desc) {
  uint32_t error = wr__guest_iovecs(call, iovs, count, iov, &t->count, &t->left);
  if (error != WASI_SUCCESS) return error;
  t->iov = iov;
  return wr__fd_get(call->wasi, fd, rights, desc);
}

uint32_t wr__wasi_fd_read(wr__call *call, const uint64_t *args) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  wr__transfer t;
  wr__desc *desc;
  size_t done = 0;
  if (!wr__guest_bytes(call, args[3], 4)) return WASI_FAULT;
  uint32_t error = begin(call, args[0], WASI_RIGHT_FD_READ, args[1], args[2], iov, &t, &desc);
  if (error != WASI_SUCCESS) return error;
  error = wr__io_read(call, desc, &t, &done);
  wr__desc_release(desc);
  if (error == WASI_SUCCESS) wr__guest_store32(call, args[3], (uint32_t)done);
  return error;
}

uint32_t wr__wasi_fd_write(wr__call *call, const uint64_t *args) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  wr__transfer t;
  wr__desc *desc;
  size_t done = 0;
  if (!wr__guest_bytes(call, args[3], 4)) return WASI_FAULT;
  uint32_t error = begin(call, args[0], WASI_RIGHT_FD_WRITE, args[1], args[2], iov, &t, &desc);
  if (error != WASI_SUCCESS) return error;
  error = wr__io_write(call, desc, &t, &done);
  wr__desc_release(desc);
  if (error == WASI_SUCCESS) wr__guest_store32(call, args[3], (uint32_t)done);
  return error;
}

typedef ssize_t (*positioned)(int, const struct iovec *, int, off_t);

/* In pieces, as long as the host moves all that it is given. */
static uint32_t move_pieces(wr__call *call, const wr__desc *desc, wr__transfer *t, uint64_t at,
                            positioned move, size_t *done) {
  *done = 0;
  for (;;) {
    piece p = take_piece(t);
    ssize_t size = move(desc->host_fd, p.t.iov, (int)p.t.count, (off_t)(at + *done));
    put_back(&p);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return *done > 0 ? (uint32_t)WASI_SUCCESS : wr__wasi_errno_now();
    *done += (size_t)size;
    if ((size_t)size < p.t.left || p.t.left == t->left) return WASI_SUCCESS;
    wr__io_advance(t, (size_t)size);
    if (wr__call_poll(call)) return WASI_INTR;
  }
}

/* fd_pread and fd_pwrite differ in the host's function and the right. */
static uint32_t move_at(wr__call *call, const uint64_t *args, uint64_t right, positioned move) {
  struct iovec iov[WR__WASI_MAX_IOVECS];
  wr__transfer t;
  wr__desc *desc;
  size_t done = 0;
  if (!wr__guest_bytes(call, args[4], 4)) return WASI_FAULT;
  if (args[3] > INT64_MAX) return WASI_INVAL;
  /* Spec: rights: "if fd_seek is set, includes the right to invoke fd_pread". */
  uint32_t error =
      begin(call, args[0], right | WASI_RIGHT_FD_SEEK, args[1], args[2], iov, &t, &desc);
  if (error != WASI_SUCCESS) return error;
  error = move_pieces(call, desc, &t, args[3], move, &done);
  wr__desc_release(desc);
  if (error == WASI_SUCCESS) wr__guest_store32(call, args[4], (uint32_t)done);
  return error;
}

uint32_t wr__wasi_fd_pread(wr__call *call, const uint64_t *args) {
  return move_at(call, args, WASI_RIGHT_FD_READ, preadv);
}

uint32_t wr__wasi_fd_pwrite(wr__call *call, const uint64_t *args) {
  return move_at(call, args, WASI_RIGHT_FD_WRITE, pwritev);
}
