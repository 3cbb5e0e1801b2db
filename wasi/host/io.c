/* Moving bytes: fd_read, fd_write and their kin. Regular files go straight to the host. What may
 * block never blocks in the host: the call waits beside the store's event, so that an interrupt
 * ends it. */
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

/* Callbacks get copies: they may grow the guest's memory, and go on using what they got. */
static uint8_t *new_copy(size_t most, size_t *size) {
  if (*size > most) *size = most;
  uint8_t *copy = calloc(1, *size);
  if (!copy) errno = ENOMEM;
  return copy;
}

static ssize_t read_callback(wr__op *op, wr__desc *desc, wr__transfer *t) {
  if (t->count == 0) return 0;
  size_t capacity = t->iov[0].iov_len;
  uint8_t *copy = new_copy(CALLBACK_PIECE, &capacity);
  if (!copy) return -1;
  int64_t size = desc->read(desc->callback_context, copy, capacity);
  wr__op_called_back(op, t->iov, t->count);
  bool good = size >= 0 && (uint64_t)size <= capacity;
  if (good) memcpy(t->iov[0].iov_base, copy, (size_t)size);
  free(copy);
  if (good) return (ssize_t)size;
  errno = size < 0 && size > -4096 ? (int)-size : EIO;
  return -1;
}

/* One piece of the guest's bytes. */
static ssize_t write_callback(wr__op *op, wr__desc *desc, wr__transfer *t) {
  if (t->count == 0) return 0;
  size_t size = t->iov[0].iov_len;
  uint8_t *copy = new_copy(CALLBACK_PIECE, &size);
  if (!copy) return -1;
  memcpy(copy, t->iov[0].iov_base, size);
  int why = desc->write(desc->callback_context, copy, size);
  wr__op_called_back(op, t->iov, t->count);
  free(copy);
  if (why == 0) return (ssize_t)size;
  errno = why;
  return -1;
}

static ssize_t read_once(wr__op *op, wr__desc *desc, wr__transfer *t) {
  switch (desc->kind) {
    case WR__DESC_FILE:
      return read_host(desc->host_fd, t);
    case WR__DESC_STREAM:
      return read_stream(desc, t);
    case WR__DESC_SOCKET:
      return read_socket(desc, t);
    case WR__DESC_READER:
      return read_callback(op, desc, t);
    case WR__DESC_BYTES:
      return read_bytes(desc, t);
    default:
      errno = EBADF;
      return -1;
  }
}

static ssize_t write_once(wr__op *op, wr__desc *desc, wr__transfer *t) {
  switch (desc->kind) {
    case WR__DESC_FILE:
      return write_host(desc->host_fd, t);
    case WR__DESC_STREAM:
      return write_stream(desc, t);
    case WR__DESC_SOCKET:
      return write_socket(desc, t);
    case WR__DESC_WRITER:
      return write_callback(op, desc, t);
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
static int wait_more(wr__op *op, wr__desc *desc, wr__wait what) {
  if (!wr__op_may_wait(op, desc)) return EAGAIN;
  return wr__wait_ready(op, desc->host_fd, what, wr__desc_timeout(desc, what));
}

/* The first part of what is left, small enough for one call of the host. Until put_back, the last
 * of its iovecs is cut short. */
typedef struct piece {
  wr__transfer t;
  size_t cut; /* what was taken off the last iovec */
} piece;

static piece take_piece(const wr__desc *desc, const wr__transfer *t) {
  piece p = {.t = *t};
  /* Callbacks get less at once anyhow, and what is behind a piece has to move with it. */
  if (t->left <= PIECE || desc->host_fd < 0) return p;
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

int wr__io_read(wr__op *op, wr__desc *desc, wr__transfer *t, size_t *done) {
  *done = 0;
  for (;;) {
    piece p = take_piece(desc, t);
    ssize_t size = read_once(op, desc, &p.t);
    put_back(&p);
    if (size >= 0) {
      *done += (size_t)size;
      if ((size_t)size < p.t.left || p.t.left == t->left || !is_plain(desc)) return 0;
      wr__io_advance(t, (size_t)size);
      if (wr__op_poll(op)) return EINTR;
      continue;
    }
    if (errno == EINTR && !op->interrupted) continue;
    if (*done > 0) return 0;
    if (errno != EAGAIN || desc->host_fd < 0 || desc->kind == WR__DESC_FILE)
      return wr__host_errno();
    int error = wait_more(op, desc, WR__WAIT_READ);
    if (error != 0) return error;
  }
}

/* As a blocking write of the host: returns when all is written, or after an error, of which it
 * tells only if nothing was written. A file takes less than it was given when it is full. */
int wr__io_write(wr__op *op, wr__desc *desc, wr__transfer *t, size_t *done) {
  size_t all = t->left;
  int error = 0;
  bool more = true;
  while (more && error == 0) {
    piece p = take_piece(desc, t);
    ssize_t size = write_once(op, desc, &p.t);
    put_back(&p);
    if (size >= 0) {
      wr__io_advance(t, (size_t)size);
      more = t->left > 0 && (desc->kind != WR__DESC_FILE || (size_t)size == p.t.left);
      if (more && wr__op_poll(op)) error = EINTR;
    } else if (errno == EAGAIN && desc->host_fd >= 0 && desc->kind != WR__DESC_FILE) {
      error = wait_more(op, desc, WR__WAIT_WRITE);
    } else if (errno != EINTR) {
      error = wr__host_errno();
    }
  }
  *done = all - t->left;
  return *done > 0 ? 0 : error;
}

typedef ssize_t (*positioned)(int, const struct iovec *, int, off_t);

/* In pieces, as long as the host moves all that it is given. */
static int move_at(wr__op *op, const wr__desc *desc, wr__transfer *t, uint64_t at, positioned move,
                   size_t *done) {
  *done = 0;
  for (;;) {
    piece p = take_piece(desc, t);
    ssize_t size = move(desc->host_fd, p.t.iov, (int)p.t.count, (off_t)(at + *done));
    put_back(&p);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return *done > 0 ? 0 : wr__host_errno();
    *done += (size_t)size;
    if ((size_t)size < p.t.left || p.t.left == t->left) return 0;
    wr__io_advance(t, (size_t)size);
    if (wr__op_poll(op)) return EINTR;
  }
}

int wr__io_read_at(wr__op *op, const wr__desc *desc, wr__transfer *t, uint64_t offset,
                   size_t *done) {
  return move_at(op, desc, t, offset, preadv, done);
}

int wr__io_write_at(wr__op *op, const wr__desc *desc, wr__transfer *t, uint64_t offset,
                    size_t *done) {
  return move_at(op, desc, t, offset, pwritev, done);
}

/* Linux has appending writes without a flag of the open file. Where it has not (before 4.16, and in
 * emulators), the bytes go to where the file ends now. */
static ssize_t append(int fd, const struct iovec *iov, int count, off_t offset) {
  (void)offset;
  ssize_t done = pwritev2(fd, iov, count, -1, RWF_APPEND);
  if (done >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return done;
  struct stat status;
  return fstat(fd, &status) == 0 ? pwritev(fd, iov, count, status.st_size) : -1;
}

int wr__io_append(wr__op *op, const wr__desc *desc, wr__transfer *t, size_t *done) {
  return move_at(op, desc, t, 0, append, done);
}
