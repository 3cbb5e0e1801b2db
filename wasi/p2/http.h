/* Resources of wasi:http, and the exchange that the embedder has with an incoming handler. */
#ifndef WR__WASI_P2_HTTP_H
#define WR__WASI_P2_HTTP_H

#include "abi.h"

/* All names and values of one fields resource. */
#define WR__P2_MAX_FIELDS_SIZE (256u << 10)

/* error-code */
typedef enum wr__p2_http_code {
  WR__P2_HTTP_DNS_TIMEOUT = 0,
  WR__P2_HTTP_DNS_ERROR = 1,
  WR__P2_HTTP_DESTINATION_NOT_FOUND = 2,
  WR__P2_HTTP_DESTINATION_UNAVAILABLE = 3,
  WR__P2_HTTP_DESTINATION_IP_PROHIBITED = 4,
  WR__P2_HTTP_CONNECTION_REFUSED = 6,
  WR__P2_HTTP_CONNECTION_TERMINATED = 7,
  WR__P2_HTTP_CONNECTION_TIMEOUT = 8,
  WR__P2_HTTP_CONNECTION_READ_TIMEOUT = 9,
  WR__P2_HTTP_TLS_PROTOCOL_ERROR = 12,
  WR__P2_HTTP_TLS_CERTIFICATE_ERROR = 13,
  WR__P2_HTTP_REQUEST_DENIED = 15,
  WR__P2_HTTP_REQUEST_URI_INVALID = 19,
  WR__P2_HTTP_RESPONSE_INCOMPLETE = 25,
  WR__P2_HTTP_RESPONSE_TIMEOUT = 33,
  WR__P2_HTTP_PROTOCOL_ERROR = 35,
  WR__P2_HTTP_CONFIGURATION_ERROR = 37,
  WR__P2_HTTP_INTERNAL_ERROR = 38,
} wr__p2_http_code;

typedef struct wr__p2_field {
  char *name; /* own, with its end mark */
  size_t name_size;
  char *value; /* own */
  size_t value_size;
} wr__p2_field;

typedef struct wr__p2_fields {
  wr__p2_object base;
  wr__p2_field *list; /* own */
  uint32_t count, capacity;
  size_t size_bytes;
  bool is_immutable;
} wr__p2_fields;

/* A string that may be absent. */
typedef struct wr__p2_string {
  char *bytes; /* own, with an end mark; NULL: absent */
  size_t size;
} wr__p2_string;

/* method and scheme: one of the known, or a text (other) */
typedef struct wr__p2_token {
  uint32_t index;
  wr__p2_string other;
} wr__p2_token;
#define WR__P2_METHOD_OTHER 9u
#define WR__P2_SCHEME_OTHER 2u

typedef struct wr__p2_incoming_body {
  wr__p2_object base;
  wr__desc *desc; /* what its stream reads; NULL: it is empty */
  bool has_stream;
  wr__p2_fields *trailers; /* or NULL */
} wr__p2_incoming_body;

typedef struct wr__p2_request {
  wr__p2_object base; /* INCOMING_REQUEST or OUTGOING_REQUEST */
  wr__p2_token method;
  bool has_scheme;
  wr__p2_token scheme;
  wr__p2_string path, authority;
  wr__p2_fields *fields;
  wr__p2_object *body; /* incoming: NULL once it was taken; outgoing: stays */
  bool is_body_taken;
} wr__p2_request;

typedef struct wr__p2_response {
  wr__p2_object base; /* INCOMING_RESPONSE or OUTGOING_RESPONSE */
  uint16_t status;
  wr__p2_fields *fields;
  wr__p2_object *body;
} wr__p2_response;

typedef struct wr__p2_outgoing_body {
  wr__p2_object base;
  struct wr__p2_exchange *exchange; /* where it goes; NULL: not yet, or no longer */
  wr__desc *desc;                   /* what its stream writes to */
  bool has_stream, is_finished, is_cut;
  bool has_length;
  uint64_t length, written;
  uint8_t *early; /* own: written before there was an exchange */
  size_t early_size, early_capacity;
  wr__p2_fields *trailers;
  struct wr__p2_client *client; /* counted: of a request that is sent; or NULL */
} wr__p2_outgoing_body;

/* Durations in nanoseconds; UINT64_MAX: none. */
typedef struct wr__p2_request_options {
  wr__p2_object base;
  uint64_t connect_ns, first_byte_ns, between_bytes_ns;
} wr__p2_request_options;

/* Where an outgoing message goes. */
typedef struct wr__p2_exchange {
  /* 0, or an errno: then nothing more is given */
  int (*head)(void *context, const wr__p2_response *response);
  int (*write)(void *context, const uint8_t *bytes, size_t size_bytes);
  /* The body is complete, or will never be. */
  void (*end)(void *context, bool is_whole, const wr__p2_fields *trailers);
  void *context;
  bool has_head, is_finished;
  int32_t failed_code;        /* error-code instead of a response, or -1 */
  wr__p2_outgoing_body *body; /* counted */
} wr__p2_exchange;

typedef struct wr__p2_outparam {
  wr__p2_object base;
  wr__p2_exchange *exchange; /* borrowed: while the handler runs */
} wr__p2_outparam;

typedef struct wr__p2_future_response {
  wr__p2_object base;
  struct wr__p2_client *client; /* of http_client.c */
  bool is_taken;
} wr__p2_future_response;

/* ---- http_fields.c */
wr__p2_fields *wr__p2_fields_new(wr__p2 *p2);
/* 0, EINVAL (no such name or value), EACCES (not the guest's to set), EROFS, E2BIG or ENOMEM. */
int wr__p2_fields_append(wr__p2_fields *fields, wr__p2_text name, wr__p2_text value);
/* The same without asking whether the guest may: for what comes from outside. */
int wr__p2_fields_add(wr__p2_fields *fields, wr__p2_text name, wr__p2_text value);
/* The first value of that name; {NULL} if there is none. */
wr__p2_text wr__p2_fields_get(const wr__p2_fields *fields, const char *name);

/* ---- http_types.c */
bool wr__p2_string_set(wr__p2_string *string, const char *bytes, size_t size);
void wr__p2_token_free(wr__p2_token *token);
wr__p2_request *wr__p2_request_new(wr__p2 *p2, wr__p2_kind kind);
wr__p2_response *wr__p2_response_new(wr__p2 *p2, wr__p2_kind kind);
wr__p2_incoming_body *wr__p2_incoming_body_new(wr__p2 *p2, wr__desc *desc);
/* error-code */
void wr__p2_out_http_code(wr__p2_call *c, wr__p2_http_code code);
/* What the name of a method or scheme stands for. False: out of memory. */
bool wr__p2_method_set(wr__p2_token *token, const char *name, size_t size);
bool wr__p2_scheme_set(wr__p2_token *token, const char *name, size_t size);
const char *wr__p2_method_name(const wr__p2_token *token);

/* ---- http_body.c */
wr__p2_outgoing_body *wr__p2_outgoing_body_new(wr__p2 *p2, const wr__p2_fields *fields);
/* Where it goes from now on: gives what was written before. */
int wr__p2_outgoing_body_start(wr__p2_outgoing_body *body, wr__p2_exchange *exchange);

/* Nothing of it reaches the exchange from now on. */
void wr__p2_outgoing_body_stop(wr__p2_outgoing_body *body);

/* ---- http_client.c */
/* *out: on success. An error-code, or -1. */
int32_t wr__p2_http_send(wr__op *op, wr__p2 *p2, wr__p2_request *request,
                         const wr__p2_request_options *options, wr__p2_future_response **out);
/* The body of its request was let go. */
void wr__p2_client_release(struct wr__p2_client *client);
/* What a pollable waits for. */
wr__desc *wr__p2_future_desc(const wr__p2_future_response *future);
/* The response, or an error-code in *code. False: it is not there yet. */
bool wr__p2_future_get(wr__p2_future_response *future, wr__p2_response **out, int32_t *code);

#endif
