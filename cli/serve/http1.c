/* The reader of http1.h. Spec: RFC 9112. Where the specification lets a recipient be lenient (bare
 * line feeds, folded lines, blanks in odd places, a length beside a coding), it refuses. */
#include "http1.h"

#include <stdlib.h>

#define REFUSE(status, reason) ((wr__refusal){status, reason})
#define ACCEPTED ((wr__refusal){0})

/* Of chunk extensions of one chunk, and of all trailers. */
#define MOST_EXTRAS 4096u

wr__refusal wr__http1_find_end(const char *data, size_t size, size_t *scanned, size_t most,
                               size_t *end) {
  size_t bound = size < most ? size : most;
  *end = 0;
  while (*scanned < bound) {
    const char *feed = memchr(data + *scanned, '\n', bound - *scanned);
    size_t at = feed ? (size_t)(feed - data) : bound;
    if (memchr(data + *scanned, '\0', at - *scanned)) return REFUSE(400, "NUL in the head");
    *scanned = at;
    if (!feed) break;
    if (at == 0 || data[at - 1] != '\r') return REFUSE(400, "line feed without carriage return");
    *scanned = at + 1;
    bool is_empty = at == 1 || data[at - 2] == '\n';
    /* Spec: RFC 9112, 2.2: an empty line before the request is to be ignored; one is. */
    if (is_empty && at > 1) {
      *end = at + 1;
      return at == 3 ? REFUSE(400, "empty lines before the request") : ACCEPTED;
    }
  }
  if (size < most) return ACCEPTED;
  bool has_line = memchr(data, '\n', bound) != NULL;
  return has_line ? REFUSE(431, "the head is too large") : REFUSE(414, "the target is too long");
}

/* ---- The request line ------------------------------------------------------------------ */

/* The next word up to a single space. */
static bool take_word(wr__slice *line, wr__slice *word) {
  const char *space = line->size ? memchr(line->data, ' ', line->size) : NULL;
  if (!space || space == line->data) return false;
  *word = (wr__slice){line->data, (size_t)(space - line->data)};
  line->size -= word->size + 1;
  line->data = space + 1;
  return true;
}

static wr__refusal parse_version(wr__head *head, wr__slice version) {
  if (version.size != 8 || memcmp(version.data, "HTTP/", 5) != 0 || version.data[6] != '.')
    return REFUSE(400, "no version of HTTP");
  char major = version.data[5], minor = version.data[7];
  if (major < '0' || major > '9' || minor < '0' || minor > '9')
    return REFUSE(400, "no version of HTTP");
  if (major != '1') return REFUSE(505, "another version of HTTP");
  head->major = 1;
  head->minor = minor == '0' ? 0 : 1;
  return ACCEPTED;
}

/* Spec: RFC 9112, 3.2: origin-form, absolute-form, or "*" for OPTIONS. */
static wr__refusal parse_target(wr__head *head) {
  static const char *const schemes[] = {"http://", "https://"};
  if (wr__slice_is(head->method, "CONNECT")) return REFUSE(501, "no proxy");
  for (int i = 0; i < 2; i++) {
    size_t size = strlen(schemes[i]);
    if (head->target.size <= size || strncasecmp(head->target.data, schemes[i], size) != 0)
      continue;
    wr__slice rest = {head->target.data + size, head->target.size - size};
    size_t host = 0;
    while (host < rest.size && rest.data[host] != '/' && rest.data[host] != '?') host++;
    head->authority = (wr__slice){rest.data, host};
    if (!wr__head_is_authority(head->authority)) return REFUSE(400, "bad authority in the target");
    head->target = (wr__slice){rest.data + host, rest.size - host};
    if (head->target.size == 0) head->target = WR__SLICE("/");
    break;
  }
  bool is_star = wr__slice_is(head->target, "*");
  if (is_star != (is_star && wr__slice_is(head->method, "OPTIONS")) || !wr__head_set_target(head))
    return REFUSE(400, "bad target");
  return ACCEPTED;
}

static wr__refusal parse_line(wr__head *head, wr__slice line) {
  if (!take_word(&line, &head->method) || !wr__head_is_token(head->method))
    return REFUSE(400, "bad method");
  if (!take_word(&line, &head->target)) return REFUSE(400, "bad request line");
  wr__refusal refusal = parse_version(head, line);
  return refusal.status ? refusal : parse_target(head);
}

/* ---- Fields ------------------------------------------------------------------------------ */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* name ":" OWS value OWS. Spec: RFC 9112, 5.1: no blank before the colon; 5.2: no folding. */
static wr__refusal parse_field(wr__slice line, wr__field *field) {
  if (is_blank(line.data[0])) return REFUSE(400, "folded field");
  const char *colon = memchr(line.data, ':', line.size);
  if (!colon) return REFUSE(400, "field without a colon");
  field->name = (wr__slice){line.data, (size_t)(colon - line.data)};
  wr__slice value = {colon + 1, line.size - field->name.size - 1};
  while (value.size && is_blank(value.data[0])) value.data++, value.size--;
  while (value.size && is_blank(value.data[value.size - 1])) value.size--;
  field->value = value;
  if (!wr__head_is_token(field->name)) return REFUSE(400, "bad name of a field");
  if (!wr__head_is_value(value)) return REFUSE(400, "bad value of a field");
  return ACCEPTED;
}

static wr__refusal parse_fields(wr__head *head, wr__slice text) {
  while (text.size > 2) {
    const char *feed = memchr(text.data, '\n', text.size);
    wr__slice line = {text.data, (size_t)(feed - text.data) - 1};
    if (head->field_count == WR__MAX_FIELDS) return REFUSE(431, "too many fields");
    wr__refusal refusal = parse_field(line, &head->fields[head->field_count++]);
    if (refusal.status) return refusal;
    text.data += line.size + 2;
    text.size -= line.size + 2;
  }
  return ACCEPTED;
}

/* ---- What the fields mean ---------------------------------------------------------------- */

/* Spec: RFC 9112, 3.2: one Host, also if the target names one; a different one is refused. */
static wr__refusal check_host(wr__head *head) {
  size_t count = wr__head_count(head, "host");
  if (count > 1) return REFUSE(400, "more than one Host");
  if (count == 0) return head->minor >= 1 ? REFUSE(400, "no Host") : ACCEPTED;
  wr__slice host = wr__head_field(head, "host");
  if (host.size > 0 && !wr__head_is_authority(host)) return REFUSE(400, "bad Host");
  if (head->authority.size == 0) {
    head->authority = host;
  } else if (host.size != head->authority.size ||
             strncasecmp(host.data, head->authority.data, host.size) != 0) {
    return REFUSE(400, "the target and Host differ");
  }
  return ACCEPTED;
}

/* Spec: RFC 9112, 6. A coding and a length, either of them twice, a coding other than chunked, or
 * any in HTTP/1.0: all that requests were ever smuggled by. */
static wr__refusal check_framing(wr__head *head) {
  size_t codings = wr__head_count(head, "transfer-encoding");
  size_t lengths = wr__head_count(head, "content-length");
  if (codings + lengths > 1) return REFUSE(400, "more than one length of the body");
  if (codings == 1) {
    if (head->minor == 0) return REFUSE(400, "a coding in HTTP/1.0");
    if (!wr__slice_is_nocase(wr__head_field(head, "transfer-encoding"), "chunked"))
      return REFUSE(501, "unknown transfer coding");
    head->framing = WR__BODY_CHUNKED;
  } else if (lengths == 1) {
    if (!wr__head_length(wr__head_field(head, "content-length"), &head->length))
      return REFUSE(400, "bad Content-Length");
    head->framing = head->length ? WR__BODY_LENGTH : WR__BODY_NONE;
  }
  return ACCEPTED;
}

/* Is the word in the list of a Connection field? */
static bool lists(wr__slice list, const char *word) {
  while (list.size > 0) {
    const char *comma = memchr(list.data, ',', list.size);
    wr__slice item = {list.data, comma ? (size_t)(comma - list.data) : list.size};
    size_t whole = item.size + (comma != NULL);
    while (item.size && is_blank(item.data[0])) item.data++, item.size--;
    while (item.size && is_blank(item.data[item.size - 1])) item.size--;
    if (wr__slice_is_nocase(item, word)) return true;
    list.data += whole;
    list.size -= whole;
  }
  return false;
}

static wr__refusal check_connection(wr__head *head) {
  head->keep_alive = head->minor >= 1;
  for (size_t i = 0; i < head->field_count; i++) {
    const wr__field *field = &head->fields[i];
    if (wr__slice_is_nocase(field->name, "connection")) {
      if (lists(field->value, "close"))
        head->keep_alive = false;
      else if (lists(field->value, "keep-alive") && head->minor == 0)
        head->keep_alive = true;
    } else if (wr__slice_is_nocase(field->name, "expect")) {
      if (!wr__slice_is_nocase(field->value, "100-continue"))
        return REFUSE(417, "unknown expectation");
      head->expect_continue = head->minor >= 1 && head->framing != WR__BODY_NONE;
    }
  }
  return ACCEPTED;
}

wr__refusal wr__http1_parse(const char *data, size_t size, wr__head *head) {
  *head = (wr__head){0};
  if (size >= 2 && data[0] == '\r' && data[1] == '\n') data += 2, size -= 2;
  size_t lines = 0;
  for (size_t i = 0; i < size; i++) {
    lines += data[i] == '\n';
    if (data[i] == '\r' && (i + 1 == size || data[i + 1] != '\n'))
      return REFUSE(400, "carriage return without line feed");
    if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
      return REFUSE(400, "line feed without carriage return");
  }
  if (lines < 2 || size < 4 || memcmp(data + size - 4, "\r\n\r\n", 4) != 0)
    return REFUSE(400, "no head");
  head->text = malloc(size);
  if (lines > WR__MAX_FIELDS + 2) lines = WR__MAX_FIELDS + 2;
  head->fields = calloc(lines, sizeof *head->fields);
  if (!head->text || !head->fields) return REFUSE(503, "out of memory");
  memcpy(head->text, data, size);
  head->text_size = size;
  const char *feed = memchr(head->text, '\n', size);
  wr__slice line = {head->text, (size_t)(feed - head->text) - 1};
  wr__refusal refusal = parse_line(head, line);
  if (!refusal.status)
    refusal = parse_fields(head, (wr__slice){feed + 1, size - (size_t)(feed + 1 - head->text)});
  if (!refusal.status) refusal = check_host(head);
  if (!refusal.status) refusal = check_framing(head);
  return refusal.status ? refusal : check_connection(head);
}

/* ---- Bodies -------------------------------------------------------------------------------- */

/* Where in a chunked body the reader is. */
enum {
  CONTENT,
  SIZE_FIRST, /* the first digit of a size */
  SIZE,
  EXTENSION,
  SIZE_FEED, /* after the carriage return of a size */
  CONTENT_RETURN,
  CONTENT_FEED,
  TRAILER_START,
  TRAILER,
  TRAILER_FEED,
  LAST_FEED,
};

void wr__body_init(wr__body *body, const wr__head *head) {
  *body = (wr__body){.framing = head->framing, .left = head->length};
  if (head->framing == WR__BODY_CHUNKED) *body = (wr__body){head->framing, SIZE_FIRST, 0, 0, false};
  if (head->framing == WR__BODY_NONE) body->ended = true;
}

/* Content, up to the end of the body or the chunk. */
static void read_content(wr__body *body, const char *data, size_t size, size_t *at,
                         wr__slice *content) {
  uint64_t there = size - *at;
  *content = (wr__slice){data + *at, (size_t)(there < body->left ? there : body->left)};
  *at += content->size;
  body->left -= content->size;
  if (body->left > 0) return;
  if (body->framing == WR__BODY_LENGTH)
    body->ended = true;
  else
    body->state = CONTENT_RETURN;
}

/* Spec: RFC 9112, 7.1: 1*HEXDIG, then extensions. */
static wr__refusal read_size(wr__body *body, char c) {
  int digit = c >= '0' && c <= '9'                     ? c - '0'
              : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                       : -1;
  if (digit >= 0) {
    if (body->left >> 58) return REFUSE(413, "a chunk that is too large");
    body->left = body->left << 4 | (uint64_t)digit;
    /* Leading zeros change nothing, but they have no end. */
    if (++body->extras > 16) return REFUSE(400, "bad size of a chunk");
    body->state = SIZE;
    return ACCEPTED;
  }
  if (body->state == SIZE_FIRST) return REFUSE(400, "bad size of a chunk");
  body->extras = 0;
  if (c == '\r')
    body->state = SIZE_FEED;
  else if (c == ';')
    body->state = EXTENSION;
  else
    return REFUSE(400, "bad size of a chunk");
  return ACCEPTED;
}

/* An extension or a line of a trailer: both are read over, within bounds. */
static wr__refusal read_over(wr__body *body, char c, uint8_t then) {
  unsigned char u = (unsigned char)c;
  if (c == '\r')
    body->state = then;
  else if ((u < 0x20 && c != '\t') || u == 0x7f)
    return REFUSE(400, "bad character in a body's frame");
  else if (++body->extras > MOST_EXTRAS)
    return REFUSE(431, "extensions or trailers are too long");
  return ACCEPTED;
}

static wr__refusal expect(wr__body *body, char c, char wanted, uint8_t then) {
  if (c != wanted) return REFUSE(400, "bad end of a chunk");
  body->state = then;
  return ACCEPTED;
}

static wr__refusal read_frame(wr__body *body, char c) {
  switch (body->state) {
    case SIZE_FIRST:
    case SIZE:
      return read_size(body, c);
    case EXTENSION:
      return read_over(body, c, SIZE_FEED);
    case SIZE_FEED:
      body->extras = 0;
      return expect(body, c, '\n', body->left ? CONTENT : TRAILER_START);
    case CONTENT_RETURN:
      return expect(body, c, '\r', CONTENT_FEED);
    case CONTENT_FEED:
      return expect(body, c, '\n', SIZE_FIRST);
    case TRAILER_START:
      if (c == '\r') return expect(body, c, '\r', LAST_FEED);
      if (!wr__head_is_token((wr__slice){&c, 1})) return REFUSE(400, "bad trailer");
      body->state = TRAILER;
      return read_over(body, c, TRAILER_FEED);
    case TRAILER:
      return read_over(body, c, TRAILER_FEED);
    case TRAILER_FEED:
      return expect(body, c, '\n', TRAILER_START);
    default:
      body->ended = c == '\n';
      return expect(body, c, '\n', LAST_FEED);
  }
}

wr__refusal wr__body_read(wr__body *body, const char *data, size_t size, size_t *at,
                          wr__slice *content) {
  *content = (wr__slice){0};
  while (*at < size && !body->ended) {
    if (body->framing == WR__BODY_LENGTH || body->state == CONTENT) {
      read_content(body, data, size, at, content);
      return ACCEPTED;
    }
    wr__refusal refusal = read_frame(body, data[(*at)++]);
    if (refusal.status) return refusal;
  }
  return ACCEPTED;
}
