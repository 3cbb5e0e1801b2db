/* The inside of WASI 0.2: what one store's components hold of it. Every resource is an object that
 * is counted, so that they may be dropped in any order: a pollable keeps what it waits for. A store
 * belongs to one thread at a time, and so does all of this. */
#ifndef WR__WASI_P2_H
#define WR__WASI_P2_H

#include "../host/io.h"
#include "../host/net.h"

/* One transfer, at most; what a stream takes at once. */
#define WR__P2_PIECE 65536u
/* Spec: wasi:io/streams, blocking-write-and-flush: "up to 4096 bytes". */
#define WR__P2_BLOCKING_WRITE 4096u

/* Of a context that is defined for one linker. */
typedef struct wr__p2 {
  uint32_t ref_count; /* one for each function that is defined, and for each object */
  wr_wasi_t *wasi;
  uint32_t descriptors; /* how many objects hold a file of the host */
  uint32_t objects;     /* all of them */
  uint8_t *scratch;     /* own: WR__P2_PIECE bytes, made when they are needed */
  struct wr__p2 *next;  /* of the context's */
  void *bindings;       /* own: what functions are called with */
} wr__p2;

typedef enum wr__p2_kind {
  WR__P2_ERROR,
  WR__P2_POLLABLE,
  WR__P2_INPUT,
  WR__P2_OUTPUT,
  WR__P2_DESCRIPTOR,
  WR__P2_ENTRIES, /* directory-entry-stream */
  WR__P2_NETWORK,
  WR__P2_TCP,
  WR__P2_UDP,
  WR__P2_INCOMING, /* incoming-datagram-stream */
  WR__P2_OUTGOING,
  WR__P2_ADDRESSES, /* resolve-address-stream */
  WR__P2_TERMINAL,
  WR__P2_FIELDS, /* of http, from here on */
  WR__P2_INCOMING_REQUEST,
  WR__P2_OUTGOING_REQUEST,
  WR__P2_REQUEST_OPTIONS,
  WR__P2_RESPONSE_OUTPARAM,
  WR__P2_INCOMING_RESPONSE,
  WR__P2_INCOMING_BODY,
  WR__P2_FUTURE_TRAILERS,
  WR__P2_OUTGOING_RESPONSE,
  WR__P2_OUTGOING_BODY,
  WR__P2_FUTURE_RESPONSE,
} wr__p2_kind;

typedef struct wr__p2_object {
  uint32_t ref_count;
  wr__p2_kind kind;
  bool holds_file;
  wr__p2 *p2;                    /* counted */
  void (*release)(void *object); /* what it holds; NULL: as object.c knows */
} wr__p2_object;

/* ---- object.c */
/* An object of size_bytes, zeroed, with one count. NULL with errno ENOMEM, or EMFILE when the guest
 * holds too many. */
void *wr__p2_new(wr__p2 *p2, wr__p2_kind kind, size_t size_bytes, bool holds_file);
void wr__p2_retain(void *object);
void wr__p2_release(void *object);
void wr__p2_release_context(wr__p2 *p2);
/* NULL when out of memory. */
uint8_t *wr__p2_scratch(wr__p2 *p2);

typedef struct wr__p2_error {
  wr__p2_object base;
  int why; /* the host's errno */
} wr__p2_error;

/* ---- streams.c: wasi:io/streams. Operations return 0, an errno of the host, or: */
#define WR__P2_CLOSED 8192

typedef struct wr__p2_input {
  wr__p2_object base;
  wr__desc *desc; /* counted; NULL: closed from the beginning */
  bool is_closed;
  bool has_offset;
  uint64_t offset;
} wr__p2_input;

typedef struct wr__p2_output {
  wr__p2_object base;
  wr__desc *desc;
  bool is_closed;
  bool has_offset, appends;
  uint64_t offset;
  uint64_t permit;  /* what check-write allowed, and was not written */
  int failed;       /* what became of writing the pending bytes: told once */
  uint8_t *pending; /* own: bytes that the host did not take yet */
  size_t pending_size, pending_at;
} wr__p2_output;

/* These take the count of desc. */
wr__p2_input *wr__p2_input_new(wr__p2 *p2, wr__desc *desc);
wr__p2_output *wr__p2_output_new(wr__p2 *p2, wr__desc *desc);
/* Reads at most *size bytes, of which *size tells how many were read. */
int wr__p2_read(wr__op *op, wr__p2_input *in, uint8_t *bytes, size_t *size);
int wr__p2_check_write(wr__op *op, wr__p2_output *out, uint64_t *permit);
/* size is at most the permit. */
int wr__p2_write(wr__op *op, wr__p2_output *out, const uint8_t *bytes, size_t size);
/* Gives the host what is pending, without waiting: is nothing left? A failure is told later. */
bool wr__p2_output_is_ready(wr__op *op, wr__p2_output *out);
int wr__p2_flush(wr__op *op, wr__p2_output *out);
/* Waits until all that was written is the host's. */
int wr__p2_blocking_flush(wr__op *op, wr__p2_output *out);
/* Writes all of it, waiting as needed, and flushes. */
int wr__p2_blocking_write(wr__op *op, wr__p2_output *out, const uint8_t *bytes, size_t size);
/* The guest dropped it: the last try to write what is pending. */
void wr__p2_output_drop(wr__p2_output *out);

/* ---- poll.c: wasi:io/poll */
typedef struct wr__p2_pollable {
  wr__p2_object base;
  wr__p2_object *of; /* counted; what it waits for; NULL: the clock */
  uint64_t deadline_ns;
} wr__p2_pollable;
wr__p2_pollable *wr__p2_subscribe(wr__p2 *p2, void *object);
wr__p2_pollable *wr__p2_subscribe_clock(wr__p2 *p2, uint64_t deadline_ns);
/* Waits until one of them is ready; ready[i] tells which are. */
int wr__p2_poll(wr__op *op, wr__p2_pollable *const *list, uint32_t count, bool *ready);
bool wr__p2_is_ready(wr__op *op, wr__p2_pollable *pollable);
/* Waits for an object as a pollable of it would. */
int wr__p2_wait(wr__op *op, void *object);

/* ---- files.c: wasi:filesystem */
typedef struct wr__p2_descriptor {
  wr__p2_object base;
  wr__desc *desc;
} wr__p2_descriptor;
typedef struct wr__p2_entries {
  wr__p2_object base;
  wr__desc *desc;
  uint64_t position;
  struct wr__p2_entry *first, *last; /* read, and not asked for yet */
} wr__p2_entries;
typedef struct wr__p2_entry {
  struct wr__p2_entry *next;
  uint8_t type; /* WR__FILETYPE_* */
  char name[];
} wr__p2_entry;
wr__p2_descriptor *wr__p2_descriptor_new(wr__p2 *p2, wr__desc *desc);
/* *out: the next, which the caller frees; NULL at the end. */
int wr__p2_next_entry(wr__op *op, wr__p2_entries *entries, wr__p2_entry **out);

/* ---- tcp.c, udp.c: wasi:sockets. Operations return 0, an errno of the host, or one of network's
 * error-code: */
#define WR__P2_NET_CODE(code) (9000 + (code))
typedef enum wr__p2_net_code {
  WR__P2_NET_UNKNOWN,
  WR__P2_NET_ACCESS_DENIED,
  WR__P2_NET_NOT_SUPPORTED,
  WR__P2_NET_INVALID_ARGUMENT,
  WR__P2_NET_OUT_OF_MEMORY,
  WR__P2_NET_TIMEOUT,
  WR__P2_NET_CONCURRENCY_CONFLICT,
  WR__P2_NET_NOT_IN_PROGRESS,
  WR__P2_NET_WOULD_BLOCK,
  WR__P2_NET_INVALID_STATE,
  WR__P2_NET_NEW_SOCKET_LIMIT,
  WR__P2_NET_ADDRESS_NOT_BINDABLE,
  WR__P2_NET_ADDRESS_IN_USE,
  WR__P2_NET_REMOTE_UNREACHABLE,
  WR__P2_NET_CONNECTION_REFUSED,
  WR__P2_NET_CONNECTION_RESET,
  WR__P2_NET_CONNECTION_ABORTED,
  WR__P2_NET_DATAGRAM_TOO_LARGE,
  WR__P2_NET_NAME_UNRESOLVABLE,
  WR__P2_NET_TEMPORARY_RESOLVER_FAILURE,
  WR__P2_NET_PERMANENT_RESOLVER_FAILURE,
} wr__p2_net_code;

typedef enum wr__p2_tcp_state {
  WR__P2_TCP_UNBOUND,
  WR__P2_TCP_BINDING,
  WR__P2_TCP_BOUND,
  WR__P2_TCP_STARTING_LISTEN,
  WR__P2_TCP_LISTENING,
  WR__P2_TCP_CONNECTING,
  WR__P2_TCP_CONNECTED,
  WR__P2_TCP_CLOSED,
} wr__p2_tcp_state;

typedef struct wr__p2_tcp {
  wr__p2_object base;
  wr__desc *desc;
  wr__p2_tcp_state state;
  uint32_t backlog;
} wr__p2_tcp;

typedef struct wr__p2_udp {
  wr__p2_object base;
  wr__desc *desc;
  bool is_binding, is_bound;
  bool has_peer;
  wr__address local, peer;
} wr__p2_udp;

/* incoming-datagram-stream and outgoing-datagram-stream */
typedef struct wr__p2_datagrams {
  wr__p2_object base;
  wr__desc *desc;
  bool has_peer;
  wr__address peer;
  uint64_t permit;
} wr__p2_datagrams;

typedef struct wr__p2_addresses {
  wr__p2_object base;
  uint32_t count, at;
  wr__address list[];
} wr__p2_addresses;

#endif
