/* A loop owns listeners, connections and the exchanges that came by them. One thread at a time has
 * it (guest.c); comments call that one the loop's thread. */
#ifndef WR__SERVE_LOOP_H
#define WR__SERVE_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "exchange.h"

struct wr__client;
struct wr__server;

typedef struct wr__listener {
  union {
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle;
  struct wr__loop *loop;
  bool is_local;   /* a local socket */
  bool is_metrics; /* answers with metrics alone */
  uint16_t port;
} wr__listener;

typedef struct wr__loop {
  uv_loop_t uv;
  uv_async_t attention; /* exchanges are pending, or the server wants something */
  uv_timer_t timer;
  struct wr__server *server;
  _Atomic(wr__exchange *) pending;
  _Atomic bool drain; /* the server's wish */
  bool draining;
  bool is_fast;            /* the timer's pace while guests run */
  wr__listener *listeners; /* own */
  size_t listener_count;
  struct wr__client *clients; /* a list */
  size_t client_count;
  wr__exchange *running; /* a list: handlers that have not ended */
  size_t running_count;
  uint64_t drain_deadline_ns;
  uint64_t clients_seen_ns; /* when their limits were last looked at */
  bool is_over;
  char date[32]; /* of the answers in this second */
  uint64_t date_second;
  char buffer[65536]; /* what is read, until it is looked at */
} wr__loop;

/* wr__loop_init: makes it. wr__loop_close: after it is over. */
bool wr__loop_init(wr__loop *loop, struct wr__server *server);
void wr__loop_close(wr__loop *loop);
/* wr__loop_listen: takes a listening descriptor. */
bool wr__loop_listen(wr__loop *loop, int fd, bool is_local, bool is_metrics, uint16_t port);
/* wr__loop_turn: waits for something to do and does it. False: it was drained and is over. */
bool wr__loop_turn(wr__loop *loop);
/* wr__loop_attend: attends to the exchanges that are pending. */
void wr__loop_attend(wr__loop *loop);
/* wr__loop_wake: it does not go on waiting. Any thread. */
void wr__loop_wake(wr__loop *loop);

/* wr__loop_notify: the exchange is to be attended to. Any thread. */
void wr__loop_notify(wr__loop *loop, wr__exchange *x);
/* wr__loop_begin, wr__loop_finish: a handler has it; it ended. The loop's thread. */
void wr__loop_begin(wr__loop *loop, wr__exchange *x);
void wr__loop_finish(wr__loop *loop, wr__exchange *x);
/* wr__loop_date: the Date of an answer. */
const char *wr__loop_date(wr__loop *loop);

/* wr__now_ns: a clock that only goes forward. */
static inline uint64_t wr__now_ns(void) { return uv_hrtime(); }

#endif
