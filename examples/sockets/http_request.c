/* Requests of HTTP/1, RFC 9112. What two readers of a request might understand differently is
 * refused: two lengths, a length beside chunks, spaces before a colon, lines that go on. */
#define _GNU_SOURCE /* memmem */
#include "http_request.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MAX_OVERHEAD = 4096, MAX_DIGITS = 12 };

/* A run of bytes. */
typedef struct text {
  const char *at;
  size_t size;
} text;

static int is_token_byte(char c) {
  return isalnum((unsigned char)c) || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static int is_token(text t) {
  for (size_t i = 0; i < t.size; i++)
    if (!is_token_byte(t.at[i])) return 0;
  return t.size > 0;
}

static int equals(text t, const char *word) {
  return t.size == strlen(word) && strncasecmp(t.at, word, t.size) == 0;
}

static text trim(text t) {
  while (t.size > 0 && (t.at[0] == ' ' || t.at[0] == '\t')) t.at++, t.size--;
  while (t.size > 0 && (t.at[t.size - 1] == ' ' || t.at[t.size - 1] == '\t')) t.size--;
  return t;
}

/* The part of *t before the first c; *t goes on behind it. */
static text cut(text *t, char c) {
  const char *end = memchr(t->at, c, t->size);
  text first = {t->at, end ? (size_t)(end - t->at) : t->size};
  size_t used = first.size + (end != NULL);
  t->at += used;
  t->size -= used;
  return first;
}

static void copy(char *out, size_t room, text t) {
  size_t size = t.size < room - 1 ? t.size : room - 1;
  memcpy(out, t.at, size);
  out[size] = '\0';
}

/* ---- The head ------------------------------------------------------------------------------- */

/* What a head has said so far. */
typedef struct head {
  http_request *out;
  int has_host, has_length, has_close, has_keep_alive;
} head;

/* METHOD TARGET HTTP/1.x. 0, or a status. */
static int parse_request_line(text line, http_request *out) {
  text method = cut(&line, ' '), target = cut(&line, ' ');
  if (!is_token(method) || target.size == 0 || line.size != 8) return -400;
  if (memcmp(line.at, "HTTP/", 5) != 0 || line.at[6] != '.' || !isdigit((unsigned char)line.at[7]))
    return -400;
  if (line.at[5] != '1') return -505;
  for (size_t i = 0; i < target.size; i++)
    if ((unsigned char)target.at[i] <= ' ' || target.at[i] == 0x7f) return -400;
  if (method.size >= sizeof out->method) return -501;
  copy(out->method, sizeof out->method, method);
  copy(out->path, sizeof out->path, cut(&target, '?'));
  out->minor = line.at[7] - '0';
  return 0;
}

static int parse_length(head *h, text value) {
  uint64_t length = 0;
  if (value.size == 0 || value.size > 18) return value.size ? -413 : -400;
  for (size_t i = 0; i < value.size; i++) {
    if (!isdigit((unsigned char)value.at[i])) return -400;
    length = 10 * length + (uint64_t)(value.at[i] - '0');
  }
  if (h->has_length && length != h->out->body.left) return -400;
  h->has_length = 1;
  h->out->body.left = length;
  return 0;
}

static void parse_connection(head *h, text value) {
  while (value.size > 0) {
    text word = trim(cut(&value, ','));
    if (equals(word, "close")) h->has_close = 1;
    if (equals(word, "keep-alive")) h->has_keep_alive = 1;
  }
}

static int parse_field(head *h, text line) {
  if (!memchr(line.at, ':', line.size)) return -400;
  text name = cut(&line, ':'), value = trim(line);
  if (!is_token(name)) return -400;
  for (size_t i = 0; i < value.size; i++)
    if (value.at[i] == '\0' || value.at[i] == '\r' || value.at[i] == '\n') return -400;
  if (equals(name, "host")) return h->has_host++ ? -400 : 0;
  if (equals(name, "content-length")) return parse_length(h, value);
  if (equals(name, "connection")) parse_connection(h, value);
  if (equals(name, "expect") && equals(value, "100-continue")) h->out->wants_continue = 1;
  if (equals(name, "transfer-encoding")) {
    if (!equals(value, "chunked")) return -501;
    if (h->out->body.is_chunked++) return -400;
  }
  return 0;
}

/* What the fields mean together. */
static int finish_head(const head *h) {
  http_request *r = h->out;
  if (r->minor > 0 && !h->has_host) return -400;
  if (r->body.is_chunked && (h->has_length || r->minor == 0)) return -400;
  r->keep_alive = !h->has_close && (r->minor > 0 || h->has_keep_alive);
  if (r->minor == 0) r->wants_continue = 0;
  r->body.total = r->body.left;
  r->body.state = r->body.is_chunked ? BODY_SIZE : r->body.left > 0 ? BODY_DATA : BODY_DONE;
  return 0;
}

int http_head_parse(const char *bytes, size_t size, http_request *out) {
  size_t skipped = 0;
  while (size - skipped >= 2 && memcmp(bytes + skipped, "\r\n", 2) == 0) skipped += 2;
  const char *end = memmem(bytes + skipped, size - skipped, "\r\n\r\n", 4);
  if (!end) return 0;
  memset(out, 0, sizeof *out);
  head h = {.out = out};
  text rest = {bytes + skipped, (size_t)(end - bytes) - skipped + 2};
  for (int number = 0; rest.size > 0; number++) {
    text line = cut(&rest, '\n');
    if (line.size == 0 || line.at[line.size - 1] != '\r') return -400;
    line.size--;
    int wrong = number == 0 ? parse_request_line(line, out) : parse_field(&h, line);
    if (wrong) return wrong;
  }
  int wrong = finish_head(&h);
  return wrong ? wrong : (int)(end + 4 - bytes);
}

/* ---- The body ------------------------------------------------------------------------------- */

static int take_size_digit(http_body *b, char c, uint64_t limit) {
  const char *digits = "0123456789abcdef";
  const char *digit = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
  if (digit) {
    if (++b->digits > MAX_DIGITS) return -413;
    b->left = 16 * b->left + (uint64_t)(digit - digits);
    return b->left > limit - b->total ? -413 : 0;
  }
  if (b->digits == 0) return -400;
  b->state = BODY_SIZE_END;
  return 1; /* the byte belongs to the next state */
}

static int end_size_line(http_body *b, char c) {
  if (c != '\n') {
    if (b->last_was_cr) return -400;
    b->last_was_cr = c == '\r';
    return 0;
  }
  if (!b->last_was_cr) return -400;
  b->last_was_cr = 0;
  b->digits = 0;
  b->total += b->left;
  b->line = 0;
  b->state = b->left > 0 ? BODY_DATA : BODY_TRAILER;
  return 0;
}

static int end_data_line(http_body *b, char c) {
  if (c == '\r' && !b->last_was_cr) {
    b->last_was_cr = 1;
    return 0;
  }
  if (c != '\n' || !b->last_was_cr) return -400;
  b->last_was_cr = 0;
  b->state = BODY_SIZE;
  return 0;
}

static int take_trailer(http_body *b, char c) {
  if (c == '\n') {
    if (!b->last_was_cr) return -400;
    if (b->line == 0) b->state = BODY_DONE;
    b->line = 0;
  } else if (c != '\r') {
    b->line++;
  }
  b->last_was_cr = c == '\r';
  return 0;
}

/* One byte of a line around chunks. 0, 1: not taken, or a status. */
static int take_line_byte(http_body *b, char c, uint64_t limit) {
  if (++b->overhead > MAX_OVERHEAD) return -400;
  switch (b->state) {
    case BODY_SIZE:
      return take_size_digit(b, c, limit);
    case BODY_SIZE_END:
      return end_size_line(b, c);
    case BODY_DATA_END:
      return end_data_line(b, c);
    default:
      return take_trailer(b, c);
  }
}

long http_body_feed(http_body *b, const char *bytes, size_t size, uint64_t limit, const char **data,
                    size_t *data_size) {
  size_t at = 0;
  *data_size = 0;
  if (b->total > limit) return -413;
  while (at < size && b->state != BODY_DONE) {
    if (b->state == BODY_DATA) {
      size_t run = b->left < size - at ? (size_t)b->left : size - at;
      *data = bytes + at;
      *data_size = run;
      b->left -= run;
      b->overhead = 0;
      if (b->left == 0) b->state = b->is_chunked ? BODY_DATA_END : BODY_DONE;
      return (long)(at + run);
    }
    int result = take_line_byte(b, bytes[at], limit);
    if (result < 0) return result;
    at += result == 0;
  }
  return (long)at;
}
