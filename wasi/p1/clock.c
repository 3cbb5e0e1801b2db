/* Clocks and randomness. Spec: wasi_snapshot_preview1, clock_*, random_get, sched_yield. */
#include "p1.h"

#include <sched.h>
#include <stdlib.h>

int wr__p1_clock_time_get(wr__call *call, const uint64_t *args) {
  uint64_t ns;
  if (!wr__guest_bytes(call, args[2], 8)) return EFAULT;
  int error = wr__clock_now(&call->op, (uint32_t)args[0], &ns);
  if (error == 0) wr__guest_store64(call, args[2], ns);
  return error;
}

int wr__p1_clock_res_get(wr__call *call, const uint64_t *args) {
  uint64_t ns;
  if (!wr__guest_bytes(call, args[1], 8)) return EFAULT;
  int error = wr__clock_resolution(call->op.wasi, (uint32_t)args[0], &ns);
  if (error == 0) wr__guest_store64(call, args[1], ns);
  return error;
}

/* The embedder fills a copy: its callback may move the guest's memory. */
static int ask_random(wr__call *call, uint64_t at, size_t size) {
  size_t piece = size < WR__RANDOM_PIECE ? size : WR__RANDOM_PIECE;
  uint8_t *bytes = calloc(1, piece ? piece : 1);
  int error = bytes ? 0 : ENOMEM;
  for (size_t done = 0; error == 0 && done < size; done += piece) {
    if (piece > size - done) piece = size - done;
    error = wr__random_ask(&call->op, bytes, piece);
    if (error == 0) wr__guest_copy(call, (uint32_t)at + done, bytes, piece);
    if (error == 0 && wr__op_poll(&call->op)) error = EINTR;
  }
  free(bytes);
  return error;
}

int wr__p1_random_get(wr__call *call, const uint64_t *args) {
  size_t size = (uint32_t)args[1];
  uint8_t *out = wr__guest_bytes(call, args[0], size);
  if (!out) return EFAULT;
  return call->op.wasi->random ? ask_random(call, args[0], size)
                               : wr__random_fill(&call->op, out, size);
}

int wr__p1_sched_yield(wr__call *call, const uint64_t *args) {
  (void)call;
  (void)args;
  return wr__host_result(sched_yield());
}
