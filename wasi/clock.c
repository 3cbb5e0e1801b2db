/* Clocks and randomness: the host's, or an embedder's for runs that repeat exactly.
 * Spec: wasi_snapshot_preview1, clock_*, random_get, sched_yield. */
#include "wasi.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

/* Asked of the host at once; between such pieces an interrupt is seen. */
#define RANDOM_PIECE 65536u

static const clockid_t host_clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                                        CLOCK_THREAD_CPUTIME_ID};

static uint64_t to_ns(const struct timespec *t) {
  return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

uint32_t wr__clock_now(wr__call *call, uint32_t clock_id, uint64_t *ns) {
  const wr_wasi_t *wasi = call->wasi;
  struct timespec now;
  if (clock_id > WASI_CLOCK_THREAD_CPUTIME) return WASI_INVAL;
  if (wasi->clock_now) {
    *ns = wasi->clock_now(wasi->clock_context, clock_id);
    wr__guest_refresh(call);
    return WASI_SUCCESS;
  }
  if (clock_gettime(host_clocks[clock_id], &now) != 0) return wr__wasi_errno_now();
  *ns = to_ns(&now);
  return WASI_SUCCESS;
}

uint32_t wr__wasi_clock_time_get(wr__call *call, const uint64_t *args) {
  uint64_t ns;
  if (!wr__guest_bytes(call, args[2], 8)) return WASI_FAULT;
  uint32_t error = wr__clock_now(call, (uint32_t)args[0], &ns);
  if (error == WASI_SUCCESS) wr__guest_store64(call, args[2], ns);
  return error;
}

uint32_t wr__wasi_clock_res_get(wr__call *call, const uint64_t *args) {
  uint8_t *out = wr__guest_bytes(call, args[1], 8);
  uint32_t clock_id = (uint32_t)args[0];
  struct timespec resolution = {.tv_nsec = 1};
  if (!out) return WASI_FAULT;
  if (clock_id > WASI_CLOCK_THREAD_CPUTIME) return WASI_INVAL;
  if (!call->wasi->clock_now && clock_getres(host_clocks[clock_id], &resolution) != 0)
    return wr__wasi_errno_now();
  wr__wire_store64(out, to_ns(&resolution));
  return WASI_SUCCESS;
}

static uint32_t fill_random(wr__call *call, uint8_t *out, size_t size) {
  while (size > 0) {
    ssize_t got = getrandom(out, size < RANDOM_PIECE ? size : RANDOM_PIECE, 0);
    if (got < 0 && errno != EINTR) return wr__wasi_errno_now();
    if (size > RANDOM_PIECE && wr__call_poll(call)) return WASI_INTR;
    if (got < 0) continue;
    out += got;
    size -= (size_t)got;
  }
  return WASI_SUCCESS;
}

/* The embedder fills a copy: its callback may move the guest's memory. */
static uint32_t ask_random(wr__call *call, uint64_t at, size_t size) {
  const wr_wasi_t *wasi = call->wasi;
  size_t piece = size < RANDOM_PIECE ? size : RANDOM_PIECE;
  uint8_t *bytes = calloc(1, piece ? piece : 1);
  uint32_t error = bytes ? WASI_SUCCESS : WASI_NOMEM;
  for (size_t done = 0; error == WASI_SUCCESS && done < size; done += piece) {
    if (piece > size - done) piece = size - done;
    error = wr__wasi_from_errno(wasi->random(wasi->random_context, bytes, piece));
    wr__guest_refresh(call);
    if (error == WASI_SUCCESS) wr__guest_copy(call, (uint32_t)at + done, bytes, piece);
    if (error == WASI_SUCCESS && wr__call_poll(call)) error = WASI_INTR;
  }
  free(bytes);
  return error;
}

uint32_t wr__wasi_random_get(wr__call *call, const uint64_t *args) {
  size_t size = (uint32_t)args[1];
  uint8_t *out = wr__guest_bytes(call, args[0], size);
  if (!out) return WASI_FAULT;
  return call->wasi->random ? ask_random(call, args[0], size) : fill_random(call, out, size);
}

uint32_t wr__wasi_sched_yield(wr__call *call, const uint64_t *args) {
  (void)call;
  (void)args;
  return sched_yield() == 0 ? (uint32_t)WASI_SUCCESS : wr__wasi_errno_now();
}
