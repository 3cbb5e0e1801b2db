/* wasi:io: error, poll, streams. */
#include "abi.h"

#include <stdlib.h>
#include <string.h>

/* ---- error */

static void error_to_debug_string(wr__p2_call *c) {
  const wr__p2_error *error = wr__in_object(c, WR__P2_ERROR);
  char text[128];
  const char *reason =
      error->why == WR__ENOTCAPABLE ? "not permitted" : strerror_r(error->why, text, sizeof text);
  wr__out_text(c, reason, strlen(reason));
}

static const wr__p2_function error_functions[] = {
    {"[method]error.to-debug-string", error_to_debug_string},
};
static const wr__p2_resource error_resources[] = {{"error"}};
WR__P2_INTERFACE(wr__p2_io_error, "wasi:io/error", error_functions, error_resources);

/* ---- poll */

static void pollable_ready(wr__p2_call *c) {
  wr__p2_pollable *pollable = wr__in_object(c, WR__P2_POLLABLE);
  wr__out_u8(c, wr__p2_is_ready(wr__p2_op(c), pollable));
}

static void pollable_block(wr__p2_call *c) {
  wr__p2_pollable *pollable = wr__in_object(c, WR__P2_POLLABLE);
  bool ready;
  if (wr__p2_poll(wr__p2_op(c), &pollable, 1, &ready) == ENOMEM) wr__p2_trap(c, "out of memory");
}

static void write_ready(wr__p2_call *c, const bool *ready, uint32_t count) {
  uint32_t found = 0;
  for (uint32_t i = 0; i < count; i++) found += ready[i];
  wr__out_list(c, found);
  for (uint32_t i = 0; i < count; i++)
    if (ready[i]) wr__out_u32(c, i);
  wr__out_list_end(c);
}

/* Spec: "This function traps if either: the list is empty, or: the list contains more elements than
 * can be indexed with a u32 value." */
static void poll_poll(wr__p2_call *c) {
  uint32_t count = wr__in_list(c);
  if (count == 0) {
    wr__p2_trap(c, "wasi:io/poll.poll: an empty list");
    return;
  }
  if (count > WR__WASI_MAX_SUBSCRIPTIONS) {
    wr__p2_trap(c, "wasi:io/poll.poll: more than 16384 pollables");
    return;
  }
  wr__p2_pollable **list = wr__p2_memory(c, count * (sizeof *list + sizeof(bool)));
  bool *ready = (bool *)(list + count);
  memset(ready, 0, count * sizeof *ready);
  for (uint32_t i = 0; i < count; i++) list[i] = wr__in_object(c, WR__P2_POLLABLE);
  wr__in_list_end(c);
  int error = wr__p2_poll(wr__p2_op(c), list, count, ready);
  if (error == 0)
    write_ready(c, ready, count);
  else if (error != EINTR)
    wr__p2_trap(c, "wasi:io/poll.poll: the host cannot wait");
}

static const wr__p2_function poll_functions[] = {
    {"[method]pollable.ready", pollable_ready},
    {"[method]pollable.block", pollable_block},
    {"poll", poll_poll},
};
static const wr__p2_resource poll_resources[] = {{"pollable"}};
WR__P2_INTERFACE(wr__p2_io_poll, "wasi:io/poll", poll_functions, poll_resources);

/* ---- streams: input */

/* err(stream-error) */
static void out_stream_error(wr__p2_call *c, int why) {
  if (why == EINTR) return; /* the guest ends */
  wr__p2_error *error = NULL;
  if (why != WR__P2_CLOSED) {
    error = wr__p2_new(wr__p2_of(c), WR__P2_ERROR, sizeof *error, false);
    if (error) error->why = why;
  }
  wr__out_case(c, 1);
  wr__out_case(c, error ? 0 : 1);
  if (error) wr__out_object(c, error);
  wr__out_end(c);
  wr__out_end(c);
}

static void out_unit(wr__p2_call *c, int error) {
  if (error == 0)
    wr__out_none(c);
  else
    out_stream_error(c, error);
}

static void out_count(wr__p2_call *c, int error, uint64_t count) {
  if (error != 0) {
    out_stream_error(c, error);
    return;
  }
  wr__out_ok(c);
  wr__out_u64(c, count);
  wr__out_end(c);
}

/* Into the scratch buffer. With block, something is waited for. */
static int read_piece(wr__p2_call *c, wr__p2_input *in, uint64_t length, bool block, size_t *size) {
  wr__op *op = wr__p2_op(c);
  uint8_t *bytes = wr__p2_scratch(wr__p2_of(c));
  *size = length < WR__P2_PIECE ? (size_t)length : WR__P2_PIECE;
  if (!bytes) return ENOMEM;
  op->no_wait = !block;
  return wr__p2_read(op, in, bytes, size);
}

static void read_into_list(wr__p2_call *c, bool block) {
  wr__p2_input *in = wr__in_object(c, WR__P2_INPUT);
  uint64_t length = wr__in_u64(c);
  size_t size;
  int error = read_piece(c, in, length, block, &size);
  if (error != 0) {
    out_stream_error(c, error);
    return;
  }
  wr__out_ok(c);
  wr__out_text(c, wr__p2_scratch(wr__p2_of(c)), size);
  wr__out_end(c);
}

static void input_read(wr__p2_call *c) { read_into_list(c, false); }
static void input_blocking_read(wr__p2_call *c) { read_into_list(c, true); }

static void skip(wr__p2_call *c, bool block) {
  wr__p2_input *in = wr__in_object(c, WR__P2_INPUT);
  uint64_t length = wr__in_u64(c);
  size_t size;
  int error = read_piece(c, in, length, block, &size);
  out_count(c, error, size);
}

static void input_skip(wr__p2_call *c) { skip(c, false); }
static void input_blocking_skip(wr__p2_call *c) { skip(c, true); }

static void subscribe(wr__p2_call *c) {
  void *object = wr__in_any(c);
  wr__out_new(c, wr__p2_subscribe(wr__p2_of(c), object));
}

/* ---- streams: output */

static void output_check_write(wr__p2_call *c) {
  wr__p2_output *out = wr__in_object(c, WR__P2_OUTPUT);
  uint64_t permit;
  int error = wr__p2_check_write(wr__p2_op(c), out, &permit);
  out_count(c, error, permit);
}

/* Spec: "When the destination of a write is … contents has a length less than or equal to n.
 * Otherwise, this function will trap." */
static bool is_permitted(wr__p2_call *c, const wr__p2_output *out, uint64_t size) {
  if (size <= out->permit || out->is_closed || !out->desc) return true;
  wr__p2_trap(c, "wasi:io/streams: more was written than check-write allowed");
  return false;
}

static void output_write(wr__p2_call *c) {
  wr__p2_output *out = wr__in_object(c, WR__P2_OUTPUT);
  wr__p2_text text = wr__in_text(c);
  if (!is_permitted(c, out, text.size)) return;
  out_unit(c, wr__p2_write(wr__p2_op(c), out, (const uint8_t *)text.bytes, text.size));
}

static bool fits_blocking(wr__p2_call *c, uint64_t size) {
  if (size <= WR__P2_BLOCKING_WRITE) return true;
  wr__p2_trap(c, "wasi:io/streams: a blocking write takes at most 4096 bytes");
  return false;
}

static void output_blocking_write_and_flush(wr__p2_call *c) {
  wr__p2_output *out = wr__in_object(c, WR__P2_OUTPUT);
  wr__p2_text text = wr__in_text(c);
  if (!fits_blocking(c, text.size)) return;
  out_unit(c, wr__p2_blocking_write(wr__p2_op(c), out, (const uint8_t *)text.bytes, text.size));
}

static void output_flush(wr__p2_call *c) {
  wr__p2_output *out = wr__in_object(c, WR__P2_OUTPUT);
  out_unit(c, wr__p2_flush(wr__p2_op(c), out));
}

static void output_blocking_flush(wr__p2_call *c) {
  wr__p2_output *out = wr__in_object(c, WR__P2_OUTPUT);
  out_unit(c, wr__p2_blocking_flush(wr__p2_op(c), out));
}

static const uint8_t zeroes[WR__P2_PIECE];

static void output_write_zeroes(wr__p2_call *c) {
  wr__p2_output *out = wr__in_object(c, WR__P2_OUTPUT);
  uint64_t length = wr__in_u64(c);
  if (!is_permitted(c, out, length)) return;
  size_t size = length < sizeof zeroes ? (size_t)length : sizeof zeroes;
  out_unit(c, wr__p2_write(wr__p2_op(c), out, zeroes, size));
}

static void output_blocking_write_zeroes_and_flush(wr__p2_call *c) {
  wr__p2_output *out = wr__in_object(c, WR__P2_OUTPUT);
  uint64_t length = wr__in_u64(c);
  if (!fits_blocking(c, length)) return;
  out_unit(c, wr__p2_blocking_write(wr__p2_op(c), out, zeroes, (size_t)length));
}

/* Spec: as check-write, read and write. */
static int splice_piece(wr__p2_call *c, wr__p2_output *out, wr__p2_input *in, uint64_t length,
                        size_t *size) {
  uint64_t permit;
  *size = 0;
  int error = wr__p2_check_write(wr__p2_op(c), out, &permit);
  if (error != 0) return error;
  error = read_piece(c, in, length < permit ? length : permit, false, size);
  if (error != 0 || *size == 0) return error;
  wr__p2_op(c)->no_wait = false;
  return wr__p2_write(wr__p2_op(c), out, wr__p2_scratch(wr__p2_of(c)), *size);
}

static void output_splice(wr__p2_call *c) {
  wr__p2_output *out = wr__in_object(c, WR__P2_OUTPUT);
  wr__p2_input *in = wr__in_object(c, WR__P2_INPUT);
  uint64_t length = wr__in_u64(c);
  size_t size;
  int error = splice_piece(c, out, in, length, &size);
  out_count(c, error, size);
}

static void output_blocking_splice(wr__p2_call *c) {
  wr__p2_output *out = wr__in_object(c, WR__P2_OUTPUT);
  wr__p2_input *in = wr__in_object(c, WR__P2_INPUT);
  uint64_t length = wr__in_u64(c);
  size_t size = 0;
  int error = wr__p2_wait(wr__p2_op(c), out);
  if (error == 0) error = wr__p2_wait(wr__p2_op(c), in);
  if (error == 0) error = splice_piece(c, out, in, length, &size);
  out_count(c, error, size);
}

static const wr__p2_function stream_functions[] = {
    {"[method]input-stream.read", input_read},
    {"[method]input-stream.blocking-read", input_blocking_read},
    {"[method]input-stream.skip", input_skip},
    {"[method]input-stream.blocking-skip", input_blocking_skip},
    {"[method]input-stream.subscribe", subscribe},
    {"[method]output-stream.check-write", output_check_write},
    {"[method]output-stream.write", output_write},
    {"[method]output-stream.blocking-write-and-flush", output_blocking_write_and_flush},
    {"[method]output-stream.flush", output_flush},
    {"[method]output-stream.blocking-flush", output_blocking_flush},
    {"[method]output-stream.subscribe", subscribe},
    {"[method]output-stream.write-zeroes", output_write_zeroes},
    {"[method]output-stream.blocking-write-zeroes-and-flush",
     output_blocking_write_zeroes_and_flush},
    {"[method]output-stream.splice", output_splice},
    {"[method]output-stream.blocking-splice", output_blocking_splice},
};
static const wr__p2_resource stream_resources[] = {{"input-stream"}, {"output-stream"}};
WR__P2_INTERFACE(wr__p2_io_streams, "wasi:io/streams", stream_functions, stream_resources);
