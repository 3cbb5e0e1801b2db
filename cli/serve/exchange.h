/* An exchange: one request and its answer, between a session (HTTP/1 or HTTP/2, on the thread of a
 * loop) and a handler (a guest on some thread, a file, a refusal). Bodies pass through two bounded
 * buffers, so that neither side can make the other hold more than WR__PIPE_SIZE bytes of them. */
#ifndef WR__SERVE_EXCHANGE_H
#define WR__SERVE_EXCHANGE_H

#include <pthread.h>
#include <stdatomic.h>

#include "head.h"
#include "wasmrun.h"

/* Of a body, in each direction. */
#define WR__PIPE_SIZE ((size_t)64 << 10)

typedef struct wr__exchange wr__exchange;
struct wr__loop;
struct wr__site;
struct wr__route;

/* Who asks, and by which way; copied from the connection. */
typedef struct wr__peer {
  char remote[64]; /* address; "unix" for a local socket */
  uint16_t remote_port;
  uint16_t local_port;
  bool secure; /* TLS */
} wr__peer;

struct wr__exchange {
  struct wr__loop *loop;
  _Atomic uint32_t ref_count;
  _Atomic bool is_pending;    /* it is in the loop's list of those to attend to */
  wr__exchange *next_pending; /* in that list */
  wr__exchange *previous_running, *next_running; /* in the loop's list; the loop's thread alone */
  bool is_running;
  void (*attend)(wr__exchange *x); /* the session's; NULL once it let go. The loop's thread alone */
  void *session;
  int32_t stream; /* HTTP/2 */

  /* The request: does not change once a handler has it. */
  wr__head head;
  wr__peer peer;
  char id[33];
  char trace[56];        /* traceparent to hand on */
  struct wr__site *site; /* counted */
  const struct wr__route *route;
  const char *rest; /* of the path, behind what the route names; in head.path */
  uint64_t started_ns;
  uint64_t deadline_ns; /* 0: none */

  /* A file is read by the loop's thread when there is room. NULL: a handler writes by itself. */
  void (*pull)(wr__exchange *x);
  int file;
  uint64_t file_left;

  pthread_mutex_t lock; /* of all that follows */
  pthread_cond_t wake;  /* a handler waits for input or for room */
  wr__bytes input;
  uint64_t input_total;
  uint64_t input_most;
  bool input_ended;
  bool input_wanted; /* the handler asked for it: time for 100-continue */
  bool input_paused; /* the session waits for room */
  bool too_large;    /* the body exceeded its limit */
  int status;        /* of the answer; 0: there is no head yet */
  wr__bytes fields;  /* "name: value\r\n" each */
  int64_t length;    /* of the answer's body; -1: not known */
  wr__bytes output;
  uint64_t output_total;
  uint64_t flushed_ns; /* when output was last announced */
  bool output_ended;
  bool head_sent;        /* the session took the head */
  bool output_failed;    /* it ends without being whole */
  bool gone;             /* nobody waits for the answer */
  bool expired;          /* its time is over */
  wasm_store_t *store;   /* the guest's while it runs, to be interrupted; else NULL */
  uint64_t memory_bytes; /* that the guest had */
  const char *outcome;   /* static: what went wrong, for the log; NULL: nothing */
  char *detail;          /* own: the guest's trap with its frames; or NULL */
};

/* wr__exchange_new: with one count, the session's; NULL when out of memory. */
wr__exchange *wr__exchange_new(struct wr__loop *loop);
void wr__exchange_retain(wr__exchange *x);
void wr__exchange_release(wr__exchange *x);

/* ---- For handlers, on any thread */

/* wr__exchange_read: waits for input. Bytes, 0 at the end, -1 if there is to be no more. */
int64_t wr__exchange_read(wr__exchange *x, void *data, size_t capacity);
/* wr__exchange_begin: the head of the answer. fields are taken. length -1: not known yet. */
void wr__exchange_begin(wr__exchange *x, int status, wr__bytes *fields, int64_t length);
/* wr__exchange_write: waits for room. False if nobody wants it any more. */
bool wr__exchange_write(wr__exchange *x, const void *data, size_t size);
/* wr__exchange_end: the answer is whole. */
void wr__exchange_end(wr__exchange *x);
/* wr__exchange_fail: an answer of that status, if there is no head yet; else what there is ends
 * broken off. outcome is static text for the log. */
void wr__exchange_fail(wr__exchange *x, int status, const char *outcome);
/* wr__exchange_is_over: is there a reason to stop the handler? */
bool wr__exchange_is_over(wr__exchange *x);

/* ---- For sessions, on the loop's thread */

/* wr__exchange_feed: input. False if the body is too large. *paused: no more until attended to. */
bool wr__exchange_feed(wr__exchange *x, wr__slice content, bool *paused);
void wr__exchange_feed_end(wr__exchange *x);
/* wr__exchange_expire: its time is over. */
void wr__exchange_expire(wr__exchange *x);
/* wr__exchange_flush: announces output that waits since before that time. */
void wr__exchange_flush(wr__exchange *x, uint64_t before_ns);
/* wr__exchange_abandon: the session lets go: nobody waits any more. */
void wr__exchange_abandon(wr__exchange *x);

/* ---- for both */

/* wr__status_reason: "Not Found" for 404. */
const char *wr__status_reason(int status);
/* wr__status_has_body: may an answer of that status have a body? */
static inline bool wr__status_has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

#endif
