/* A connection: bytes in, bytes out, perhaps through TLS, under a protocol. The loop's thread alone
 * uses it. */
#ifndef WR__SERVE_CLIENT_H
#define WR__SERVE_CLIENT_H

#include "loop.h"

typedef struct wr__client wr__client;
struct wr__tls;

/* What HTTP/1 and HTTP/2 do on a connection. session is the protocol's own. */
typedef struct wr__protocol {
  /* Bytes came; all are taken or kept. */
  void (*received)(wr__client *client, const char *data, size_t size);
  /* No more will come: the peer closed its half. */
  void (*ended)(wr__client *client);
  /* What was written has left, or most of it. */
  void (*drained)(wr__client *client);
  /* The server ends: finish what is there, then close. */
  void (*drain)(wr__client *client);
  /* The time that client->limit_ns named is over. */
  void (*late)(wr__client *client);
  /* The connection is gone: free the session. */
  void (*closed)(wr__client *client);
} wr__protocol;

struct wr__client {
  union {
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle;
  wr__loop *loop;
  wr__client *previous, *next; /* in the loop's list */
  const wr__protocol *protocol;
  void *session;
  struct wr__tls *tls; /* NULL: plain */
  wr__peer peer;
  bool is_metrics;
  uint32_t ref_count;   /* its place in the loop, and writes under way */
  size_t queued;        /* bytes that were written and have not left */
  uint64_t progress_ns; /* when some last left */
  uint64_t limit_ns;    /* 0: none */
  bool is_reading, is_closing, ends_after_writes, has_ended;
};

/* Beyond that, what is to be written waits in its exchange. */
#define WR__CLIENT_MOST_QUEUED ((size_t)128 << 10)

static inline void wr__client_retain(wr__client *client) { client->ref_count++; }
void wr__client_release(wr__client *client);

void wr__client_accept(wr__listener *listener);
/* wr__client_write: takes the bytes, and leaves an empty one. */
void wr__client_write(wr__client *client, wr__bytes *bytes);
/* wr__client_write_plain: the same behind TLS: for TLS itself. */
void wr__client_write_plain(wr__client *client, wr__bytes *bytes);
/* wr__client_read: whether bytes are wanted. */
void wr__client_read(wr__client *client, bool on);
/* wr__client_end: once all is written, closes this side, then the connection. */
void wr__client_end(wr__client *client);
/* wr__client_close: at once. */
void wr__client_close(wr__client *client);
/* wr__client_reset: at once, so that the peer sees that something is missing. */
void wr__client_reset(wr__client *client);
void wr__client_drain(wr__client *client);
void wr__client_tick(wr__client *client, uint64_t now_ns);
/* wr__client_limit: when the protocol's `late` is called; 0: never. */
static inline void wr__client_limit(wr__client *client, uint64_t delay_ns) {
  client->limit_ns = delay_ns ? wr__now_ns() + delay_ns : 0;
}
/* wr__client_received: bytes behind TLS, for the protocol. */
void wr__client_received(wr__client *client, const char *data, size_t size);
void wr__client_received_end(wr__client *client);

extern const wr__protocol wr__http1_protocol;
extern const wr__protocol wr__http2_protocol;
/* wr__http1_open, wr__http2_open: begins a session; false when out of memory. */
bool wr__http1_open(wr__client *client);
bool wr__http2_open(wr__client *client);

#endif
