/* Requests of HTTP/1: what a head says, and the bytes of a body, as they come from a connection
 * piece by piece. Nothing here reads, writes or allocates. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stddef.h>
#include <stdint.h>

/* Where in a body the next byte belongs. */
typedef enum http_body_state {
  BODY_DATA,     /* left bytes of it, or of a chunk, follow */
  BODY_SIZE,     /* a chunk's size */
  BODY_SIZE_END, /* the rest of that line */
  BODY_DATA_END, /* the line's end behind a chunk */
  BODY_TRAILER,  /* lines behind the last chunk, up to an empty one */
  BODY_DONE,
} http_body_state;

typedef struct http_body {
  http_body_state state;
  uint64_t left;
  uint64_t total;    /* of all chunks so far, or the whole length */
  unsigned digits;   /* of a chunk's size */
  unsigned line;     /* bytes of the trailer's present line */
  unsigned overhead; /* bytes of lines since the last byte of data */
  int last_was_cr;
  int is_chunked;
} http_body;

typedef struct http_request {
  char method[16];
  char path[256]; /* without the query, cut where it is longer */
  int minor;      /* of HTTP/1.minor */
  int keep_alive;
  int wants_continue;
  http_body body;
} http_request;

/* http_head_parse: the head that bytes begin with. Its size, 0 if its end has not come yet, or the
 * status of the answer to a head that cannot be served, negative. */
int http_head_parse(const char *bytes, size_t size, http_request *out);

/* http_body_feed: takes bytes of a body. *data and *data_size tell which of them are content (at
 * most one run of them, so it is called until everything is taken or the body is done). How many
 * bytes were taken, or a negative status. */
long http_body_feed(http_body *body, const char *bytes, size_t size, uint64_t limit,
                    const char **data, size_t *data_size);

#endif
