/* Fuzzer of HTTP/1.1: any bytes are requests or refused. What is accepted has one length, and is
 * the same whether it comes whole or in pieces; the same bytes are a head of a CGI program too. */
#include <stdlib.h>

#include "serve/cgi.h"
#include "serve/http1.h"

/* What a stream of requests was taken for. */
typedef struct seen {
  uint64_t requests, content, sum;
  int status; /* of the refusal that ended it; 0: none */
} seen;

static void note(seen *s, wr__slice text) {
  for (size_t i = 0; i < text.size; i++) s->sum = s->sum * 31 + (uint8_t)text.data[i];
}

static void check_head(const wr__head *head) {
  size_t lengths = wr__head_count(head, "content-length");
  size_t codings = wr__head_count(head, "transfer-encoding");
  if (lengths + codings > 1 || (head->minor >= 1 && wr__head_count(head, "host") != 1)) abort();
  if ((head->framing == WR__BODY_CHUNKED) != (codings == 1)) abort();
  if (head->framing == WR__BODY_LENGTH && (lengths != 1 || head->length == 0)) abort();
  if (head->path[0] != '/' && strcmp(head->path, "*") != 0) abort();
  if (strstr(head->path, "/../") || strstr(head->path, "/./")) abort();
  for (size_t i = 0; i < head->field_count; i++) {
    if (!wr__head_is_token(head->fields[i].name) || !wr__head_is_value(head->fields[i].value))
      abort();
    if (memchr(head->fields[i].value.data, '\n', head->fields[i].value.size)) abort();
  }
}

/* In pieces of that size, as a connection reads them. */
static seen read_all(const char *data, size_t size, size_t piece) {
  seen s = {0};
  wr__bytes waiting = {0};
  wr__body body = {.ended = true};
  size_t scanned = 0, from = 0;
  for (;;) {
    bool stuck = true;
    while (waiting.size > 0 && !body.ended) {
      size_t at = 0;
      wr__slice content;
      wr__refusal refusal =
          wr__body_read(&body, wr__bytes_text(&waiting), waiting.size, &at, &content);
      if (at > waiting.size) abort();
      s.status = refusal.status;
      s.content += content.size;
      note(&s, content);
      wr__bytes_take(&waiting, at);
      if (s.status) break;
      stuck = false;
    }
    size_t end = 0;
    if (!s.status && body.ended)
      s.status =
          wr__http1_find_end(wr__bytes_text(&waiting), waiting.size, &scanned, 4096, &end).status;
    if (!s.status && end) {
      wr__head head;
      s.status = wr__http1_parse(wr__bytes_text(&waiting), end, &head).status;
      if (!s.status) {
        check_head(&head);
        note(&s, head.target);
        wr__body_init(&body, &head);
        s.requests++;
      }
      wr__head_free(&head);
      wr__bytes_take(&waiting, end);
      scanned = 0;
      stuck = false;
    }
    if (s.status || (stuck && from == size)) break;
    size_t more = size - from < piece ? size - from : piece;
    if (!wr__bytes_add(&waiting, data + from, more)) abort();
    from += more;
  }
  wr__bytes_free(&waiting);
  return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  wr__cgi_head answer;
  if (size > 4096) return 0;
  seen whole = read_all(text, size, size ? size : 1);
  for (size_t piece = 1; piece < 8; piece += 3) {
    seen pieces = read_all(text, size, piece);
    if (pieces.requests != whole.requests || pieces.status != whole.status) abort();
    if (pieces.content != whole.content || pieces.sum != whole.sum) abort();
  }
  size_t end = wr__cgi_head_end(text, size);
  if (end && !wr__cgi_head_parse(text, end, &answer)) {
    if (answer.status < 200 || answer.status > 599) abort();
    for (size_t i = 0; i < answer.fields.size; i++) {
      const char *at = wr__bytes_text(&answer.fields) + i;
      if (*at == '\0' || (*at == '\n' && at[-1] != '\r')) abort();
    }
  }
  if (end) wr__bytes_free(&answer.fields);
  return 0;
}
