/* Clocks and randomness: the host's, or an embedder's for runs that repeat exactly. */
#include "host.h"

#include <sys/random.h>
#include <time.h>

/* Asked of the host at once; between such pieces an interrupt is seen. */
#define RANDOM_PIECE WR__RANDOM_PIECE

static const clockid_t host_clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                                        CLOCK_THREAD_CPUTIME_ID};

static uint64_t to_ns(const struct timespec *t) {
  return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

int wr__clock_now(wr__op *op, uint32_t clock_id, uint64_t *ns) {
  const wr_wasi_t *wasi = op->wasi;
  struct timespec now;
  if (clock_id > WR__CLOCK_THREAD_CPUTIME) return EINVAL;
  if (wasi->clock_now) {
    *ns = wasi->clock_now(wasi->clock_context, clock_id);
    wr__op_called_back(op, NULL, 0);
    return 0;
  }
  if (clock_gettime(host_clocks[clock_id], &now) != 0) return wr__host_errno();
  *ns = to_ns(&now);
  return 0;
}

int wr__clock_resolution(const wr_wasi_t *wasi, uint32_t clock_id, uint64_t *ns) {
  struct timespec resolution = {.tv_nsec = 1};
  if (clock_id > WR__CLOCK_THREAD_CPUTIME) return EINVAL;
  if (!wasi->clock_now && clock_getres(host_clocks[clock_id], &resolution) != 0)
    return wr__host_errno();
  *ns = to_ns(&resolution);
  return 0;
}

int wr__random_fill(wr__op *op, void *bytes, size_t size) {
  uint8_t *out = bytes;
  while (size > 0) {
    ssize_t got = getrandom(out, size < RANDOM_PIECE ? size : RANDOM_PIECE, 0);
    if (got < 0 && errno != EINTR) return wr__host_errno();
    if (size > RANDOM_PIECE && wr__op_poll(op)) return EINTR;
    if (got < 0) continue;
    out += got;
    size -= (size_t)got;
  }
  return 0;
}

int wr__random_ask(wr__op *op, void *out, size_t size_bytes) {
  const wr_wasi_t *wasi = op->wasi;
  int why = wasi->random(wasi->random_context, out, size_bytes);
  wr__op_called_back(op, NULL, 0);
  return why;
}
