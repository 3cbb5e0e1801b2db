/* The server: what its loops share, and the life of a request from its head to its line in the log.
 */
#ifndef WR__SERVE_SERVE_H
#define WR__SERVE_SERVE_H

#include <pthread.h>
#include <stdatomic.h>

#include "exchange.h"
#include "loop.h"

#define WR__MOST_LISTENERS 32u
#define WR__MOST_LOOPS 64u
/* What a peer may still send after the last answer. */
#define WR__LINGER_NS UINT64_C(2000000000)

struct wr__client;
struct wr__guests;
struct wr__log;
struct wr__tls_context;

/* What does not change while the server runs. */
typedef struct wr__settings {
  unsigned loops;
  size_t head_bytes; /* of a request, at most */
  uint64_t head_ns;  /* from the first byte of a head to its last */
  uint64_t body_ns;  /* between two pieces of a body */
  uint64_t write_ns; /* without anything that the peer takes */
  uint64_t idle_ns;  /* between two requests of a connection */
  uint64_t drain_ns; /* at the end, for requests under way */
  uint64_t max_connections;
  bool dev;             /* answers show what went wrong in the guest */
  bool keep_request_id; /* X-Request-Id of the client is kept */
} wr__settings;

typedef struct wr__server {
  wr__settings settings;
  wasm_engine_t *engine;
  wr__loop *loops; /* own: loops[settings.loops] */
  struct wr__guests *guests;
  struct wr__log *log;
  struct wr__tls_context *tls; /* NULL: plain HTTP */
  pthread_mutex_t site_lock;
  struct wr__site *site; /* counted; under the lock */
  _Atomic uint64_t connections, refused;
  _Atomic bool ready; /* it takes requests: false while it drains */
} wr__server;

/* wr__serve_request: the head of a request came: finds a handler for it. */
void wr__serve_request(wr__exchange *x, bool is_metrics);
/* wr__serve_finish: the answer left, or was given up (broken): counts it and writes it down. */
void wr__serve_finish(wr__exchange *x, bool broken);
/* wr__serve_refused: something that was no request. */
void wr__serve_refused(const struct wr__client *client, int status, const char *reason);

/* wr__peer_text: a socket's address in words, and its port. */
struct sockaddr_storage;
void wr__peer_text(const struct sockaddr_storage *address, char *text, size_t size, uint16_t *port);
/* wr__exchange_close_file: closes a descriptor that is not -1. */
void wr__exchange_close_file(int file);

#endif
