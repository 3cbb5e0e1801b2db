/* Reading bytes and writing text, for the printer. */
#include "base/leb128.h"
#include "base/visible.h"
#include "text/printer.h"

enum { MAX_INDENT = 40 };

wr_status wr__print_fail(wr__printer *p, const wr__cursor *c, const char *message) {
  return wr__fail(p->error, WR_MALFORMED, (uint64_t)(c->at - p->origin), "%s", message);
}

static wr_status fail_leb(wr__printer *p, const wr__cursor *c, wr__leb result) {
  return wr__print_fail(p, c,
                        result == WR__LEB_END        ? "unexpected end"
                        : result == WR__LEB_TOO_LONG ? "integer representation too long"
                                                     : "integer too large");
}

wr_status wr__print_byte(wr__printer *p, wr__cursor *c, uint8_t *out) {
  if (c->at >= c->end) return wr__print_fail(p, c, "unexpected end");
  *out = *c->at++;
  return WR_OK;
}

wr_status wr__print_u32(wr__printer *p, wr__cursor *c, uint32_t *out) {
  wr__leb result = wr__leb_u32(&c->at, c->end, out);
  return result == WR__LEB_OK ? WR_OK : fail_leb(p, c, result);
}

wr_status wr__print_u64(wr__printer *p, wr__cursor *c, uint64_t *out) {
  wr__leb result = wr__leb_u64(&c->at, c->end, out);
  return result == WR__LEB_OK ? WR_OK : fail_leb(p, c, result);
}

wr_status wr__print_take(wr__printer *p, wr__cursor *c, size_t size, wr__span *out) {
  if (size > (size_t)(c->end - c->at)) return wr__print_fail(p, c, "length out of bounds");
  *out = (wr__span){c->at, size};
  c->at += size;
  return WR_OK;
}

wr_status wr__print_take_name(wr__printer *p, wr__cursor *c, wr__span *out) {
  uint32_t size;
  WR_TRY(wr__print_u32(p, c, &size));
  WR_TRY(wr__print_take(p, c, size, out));
  if (!wr__utf8_valid(out->data, out->size))
    return wr__print_fail(p, c, "malformed UTF-8 encoding");
  return WR_OK;
}

/* Bytes of a string that is well-formed text: as they are where a person sees them, else escaped.
 */
static size_t print_character(wr__buffer *out, const uint8_t *p, size_t left) {
  uint32_t code;
  size_t length = wr__utf8_next(p, left, &code);
  if (length > 1 && !wr__is_visible(code))
    wr__buffer_format(out, "\\u{%x}", code);
  else
    wr__buffer_bytes(out, p, length);
  return length;
}

void wr__print_string(wr__buffer *out, wr__span bytes) {
  static const char hex[] = "0123456789abcdef";
  /* Text that a person can read is shown as it is; other bytes as escapes. */
  bool text = wr__utf8_valid(bytes.data, bytes.size);
  wr__buffer_byte(out, '"');
  for (size_t i = 0; i < bytes.size; i++) {
    uint8_t c = bytes.data[i];
    if (c == '"' || c == '\\') {
      wr__buffer_byte(out, '\\');
      wr__buffer_byte(out, c);
    } else if (c >= 0x20 && c < 0x7f) {
      wr__buffer_byte(out, c);
    } else if (c >= 0x80 && text) {
      i += print_character(out, &bytes.data[i], bytes.size - i) - 1;
    } else {
      const char escape[3] = {'\\', hex[c >> 4], hex[c & 15]};
      wr__buffer_bytes(out, escape, 3);
    }
  }
  wr__buffer_byte(out, '"');
}

void wr__print_line(wr__buffer *out, uint32_t depth) {
  /* Deep nesting is not shown by ever longer lines: the output stays linear in the input. */
  static const char spaces[2 * MAX_INDENT + 1] =
      "                                                                                ";
  wr__buffer_byte(out, '\n');
  wr__buffer_bytes(out, spaces, 2 * (depth < MAX_INDENT ? depth : MAX_INDENT));
}

enum { PIECE_BYTES = 64 * 1024 };

static wr_status write_out(wr__printer *p) {
  if (p->out.failed) return wr__fail_oom(p->error);
  if (p->out.size && !p->write(p->context, (const char *)p->out.data, p->out.size))
    return wr__fail(p->error, WR_IO, WR_NO_OFFSET, "the text cannot be written");
  p->out.size = 0;
  return WR_OK;
}

wr_status wr__print_flush(wr__printer *p) {
  return p->out.size < PIECE_BYTES && !p->out.failed ? WR_OK : write_out(p);
}

wr_status wr__print_finish(wr__printer *p) { return write_out(p); }
