/* The head of a request, whichever version of HTTP it came by, checked and taken apart. All slices
 * point into memory that the head owns. */
#ifndef WR__SERVE_HEAD_H
#define WR__SERVE_HEAD_H

#include "bytes.h"

/* Fields of one head, at most. */
#define WR__MAX_FIELDS 128u

typedef struct wr__field {
  wr__slice name; /* as it was sent; HTTP/2 has small letters */
  wr__slice value;
} wr__field;

/* How the end of a body is known. */
typedef enum wr__framing { WR__BODY_NONE, WR__BODY_LENGTH, WR__BODY_CHUNKED } wr__framing;

typedef struct wr__head {
  char *text; /* own: what the slices point into */
  size_t text_size;
  wr__slice method;
  wr__slice target;    /* path and query as they were sent: "/a%20b?c" or "*" */
  wr__slice authority; /* host and port; may be empty in HTTP/1.0 */
  wr__slice query;     /* after the '?' */
  bool has_query;
  char *path;        /* own: decoded and without dot segments, terminated */
  wr__field *fields; /* own: fields[field_count] */
  size_t field_count;
  uint8_t major, minor; /* of the version of HTTP */
  wr__framing framing;
  uint64_t length; /* WR__BODY_LENGTH */
  bool keep_alive;
  bool expect_continue;
} wr__head;

void wr__head_free(wr__head *head);

/* wr__head_field: the value of the first field of that name; data is NULL if there is none. */
wr__slice wr__head_field(const wr__head *head, const char *name);
/* wr__head_count: how many fields have that name. */
size_t wr__head_count(const wr__head *head, const char *name);

/* wr__head_set_target: takes a target apart: query, and path decoded. False for one that is not
 * well-formed, or holds an encoded NUL. */
bool wr__head_set_target(wr__head *head);

/* wr__head_is_token, wr__head_is_value, wr__head_is_authority: the grammar of RFC 9110. */
bool wr__head_is_token(wr__slice text);
bool wr__head_is_value(wr__slice text);
bool wr__head_is_authority(wr__slice text);

/* wr__head_length: the number in a Content-Length, which is digits alone. */
bool wr__head_length(wr__slice text, uint64_t *out);

#endif
