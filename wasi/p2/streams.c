/* Streams over descriptors. What the host does not take at once of a socket's output is kept until
 * it does: check-write allows nothing meanwhile. Everything else is written when it is given. Spec:
 * wasi:io/streams. */
#include "p2.h"

#include <stdlib.h>

wr__p2_input *wr__p2_input_new(wr__p2 *p2, wr__desc *desc) {
  wr__p2_input *in = wr__p2_new(p2, WR__P2_INPUT, sizeof *in, false);
  if (in)
    in->desc = desc;
  else if (desc)
    wr__desc_release(desc);
  return in;
}

wr__p2_output *wr__p2_output_new(wr__p2 *p2, wr__desc *desc) {
  wr__p2_output *out = wr__p2_new(p2, WR__P2_OUTPUT, sizeof *out, false);
  if (out)
    out->desc = desc;
  else if (desc)
    wr__desc_release(desc);
  return out;
}

int wr__p2_read(wr__op *op, wr__p2_input *in, uint8_t *bytes, size_t *size) {
  struct iovec iov = {bytes, *size};
  wr__transfer t = {.iov = &iov, .count = 1, .left = *size};
  size_t done = 0;
  if (in->is_closed || !in->desc) return WR__P2_CLOSED;
  if (*size == 0) return 0;
  int error = in->has_offset ? wr__io_read_at(op, in->desc, &t, in->offset, &done)
                             : wr__io_read(op, in->desc, &t, &done);
  if (error == EAGAIN) { /* there may be more later */
    *size = 0;
    return 0;
  }
  if (error == 0 && done == 0) error = WR__P2_CLOSED;
  if (error != 0) in->is_closed = error != EINTR;
  in->offset += done;
  *size = done;
  return error;
}

/* ---- output */

static bool is_pending(const wr__p2_output *out) { return out->pending_at < out->pending_size; }

static int fail(wr__p2_output *out, int why) {
  if (why == EINTR) return why; /* the guest ends */
  out->is_closed = true;
  out->pending_at = out->pending_size = 0;
  return why == EPIPE ? WR__P2_CLOSED : why;
}

/* Gives bytes to the host; *done of them were taken. */
static int give(wr__op *op, wr__p2_output *out, const uint8_t *bytes, size_t size, size_t *done) {
  struct iovec iov = {(void *)(uintptr_t)bytes, size};
  wr__transfer t = {.iov = &iov, .count = 1, .left = size};
  *done = 0;
  if (out->appends) return wr__io_append(op, out->desc, &t, done);
  if (!out->has_offset) return wr__io_write(op, out->desc, &t, done);
  int error = wr__io_write_at(op, out->desc, &t, out->offset, done);
  out->offset += *done;
  return error;
}

/* Tries to get rid of what is pending; waits if the operation may. */
static int push(wr__op *op, wr__p2_output *out) {
  while (is_pending(out)) {
    size_t done;
    int error =
        give(op, out, out->pending + out->pending_at, out->pending_size - out->pending_at, &done);
    out->pending_at += done;
    if (error == EAGAIN) return 0;
    if (error != 0) return fail(out, error);
    if (op->no_wait && is_pending(out)) return 0;
  }
  return 0;
}

static int keep(wr__p2_output *out, const uint8_t *bytes, size_t size) {
  if (!out->pending) out->pending = malloc(WR__P2_PIECE);
  if (!out->pending) return ENOMEM;
  memcpy(out->pending, bytes, size);
  out->pending_at = 0;
  out->pending_size = size;
  return 0;
}

/* Only sockets make the guest wait by check-write; pipes and terminals are waited for when they are
 * written, as programs on the host do. */
static bool may_keep(const wr__p2_output *out) { return out->desc->kind == WR__DESC_SOCKET; }

static int push_now(wr__op *op, wr__p2_output *out) {
  bool before = op->no_wait;
  op->no_wait = true;
  int error = push(op, out);
  op->no_wait = before;
  return error;
}

bool wr__p2_output_is_ready(wr__op *op, wr__p2_output *out) {
  if (out->is_closed || !out->desc) return true;
  int error = push_now(op, out);
  if (error != 0 && error != WR__P2_CLOSED) out->failed = error;
  return error != 0 || !is_pending(out);
}

/* Why nothing can be written, if so. */
static int check_open(wr__p2_output *out) {
  int error = out->failed ? out->failed : WR__P2_CLOSED;
  out->failed = 0;
  return out->is_closed || !out->desc ? error : 0;
}

/* So little that the host takes it, as a rule: what it does not take would be lost with the stream.
 * A socket is writable while a third of its buffer is free. Linux, sk_stream_is_writeable. */
static uint64_t room_for(wr__op *op, wr__p2_output *out) {
  wr__poll_item item = {.desc = out->desc, .what = WR__WAIT_WRITE};
  uint32_t ready = 0;
  int size;
  if (!may_keep(out)) return WR__P2_PIECE;
  if (wr__poll_now(op, &item, 1, &ready) != 0 || !ready) return 0;
  if (wr__socket_get_option(out->desc, SOL_SOCKET, SO_SNDBUF, &size) != 0 || size < 8192)
    return 2048;
  return (uint64_t)size / 4 < WR__P2_PIECE ? (uint64_t)size / 4 : WR__P2_PIECE;
}

int wr__p2_check_write(wr__op *op, wr__p2_output *out, uint64_t *permit) {
  *permit = 0;
  int error = check_open(out);
  if (error == 0) error = push_now(op, out);
  if (error != 0) return error;
  *permit = is_pending(out) ? 0 : room_for(op, out);
  out->permit = *permit;
  return 0;
}

int wr__p2_write(wr__op *op, wr__p2_output *out, const uint8_t *bytes, size_t size) {
  int error = check_open(out);
  if (error != 0) return error;
  out->permit -= size < out->permit ? size : out->permit;
  bool before = op->no_wait;
  size_t at = 0;
  op->no_wait = may_keep(out);
  while (at < size && error == 0) {
    size_t done;
    error = give(op, out, bytes + at, size - at, &done);
    at += done;
    if (op->no_wait && at < size && error == 0) error = EAGAIN;
  }
  op->no_wait = before;
  if (error == EAGAIN) error = keep(out, bytes + at, size - at);
  return error == 0 ? 0 : fail(out, error);
}

int wr__p2_flush(wr__op *op, wr__p2_output *out) {
  uint64_t permit;
  return wr__p2_check_write(op, out, &permit);
}

int wr__p2_blocking_flush(wr__op *op, wr__p2_output *out) {
  int error = check_open(out);
  return error == 0 ? push(op, out) : error;
}

int wr__p2_blocking_write(wr__op *op, wr__p2_output *out, const uint8_t *bytes, size_t size) {
  int error = wr__p2_blocking_flush(op, out);
  if (error == 0) error = wr__p2_write(op, out, bytes, size);
  return error == 0 ? wr__p2_blocking_flush(op, out) : error;
}

/* Spec: what was not flushed may be lost. Nothing waits here: the store may be ending. */
void wr__p2_output_drop(wr__p2_output *out) {
  wr__op op = {.wasi = out->base.p2->wasi, .no_wait = true};
  if (out->desc && !out->is_closed) (void)push(&op, out);
}
