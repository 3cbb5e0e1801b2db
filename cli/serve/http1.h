/* HTTP/1.1 as bytes: heads of requests and bodies, read strictly: what another implementation might
 * read otherwise is refused, so that no two can disagree where a request ends. */
#ifndef WR__SERVE_HTTP1_H
#define WR__SERVE_HTTP1_H

#include "head.h"

/* Why a request is refused. */
typedef struct wr__refusal {
  int status;         /* of HTTP; 0: it is not refused */
  const char *reason; /* static */
} wr__refusal;

/* wr__http1_find_end: looks for the end of a head.
 * data     data[size], of which *scanned bytes were seen by earlier calls; 0 at first.
 * most     bytes of a head, at most.
 * end      where the head ends, the empty line included; 0: more bytes are needed.
 * Refuses  bare line feeds, NUL, heads that are too long. */
wr__refusal wr__http1_find_end(const char *data, size_t size, size_t *scanned, size_t most,
                               size_t *end);

/* wr__http1_parse: takes a whole head apart. The head is to be freed also if it is refused. */
wr__refusal wr__http1_parse(const char *data, size_t size, wr__head *head);

/* A body that is being read: its framing, and where in it we are. */
typedef struct wr__body {
  wr__framing framing;
  uint8_t state;
  uint64_t left;   /* of the body or of the chunk */
  uint32_t extras; /* bytes of chunk extensions, or of trailers, so far */
  bool ended;
} wr__body;

void wr__body_init(wr__body *body, const wr__head *head);

/* wr__body_read: reads on in data[*at .. size). A piece of content may come out; called again until
 * *at is size or the body ended. */
wr__refusal wr__body_read(wr__body *body, const char *data, size_t size, size_t *at,
                          wr__slice *content);

#endif
