/* Values of a call from text. Fields of a record may come in any order: each is found by its name,
 * then written in the order of the type. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "component/wave.h"
#include "text/lexer.h"

typedef struct reader {
  wr_component_call_t *call;
  const char *text, *at, *end;
  wr_error *error;
} reader;

static wr_status write_value(reader *r, const wr_component_type *type);

static wr_status fail(const reader *r, const char *message) {
  wr_status status = wr__fail(r->error, WR_MALFORMED, WR_NO_OFFSET, "%s", message);
  if (r->error) {
    r->error->line = 1;
    r->error->column = (uint32_t)(r->at - r->text) + 1;
  }
  return status;
}

static wr_status fail_wanted(const reader *r, const wr_component_type *type) {
  char message[60];
  snprintf(message, sizeof message, "a value of type %s is expected",
           wr__ctype_kind_name(type->kind));
  return fail(r, message);
}

static void skip_space(reader *r) {
  for (;; r->at++) {
    if (r->end - r->at >= 2 && r->at[0] == '/' && r->at[1] == '/')
      while (r->at < r->end && *r->at != '\n') r->at++;
    if (r->at == r->end || !strchr(" \t\r\n", *r->at) || !*r->at) return;
  }
}

static bool take(reader *r, char c) {
  skip_space(r);
  if (r->at == r->end || *r->at != c) return false;
  r->at++;
  return true;
}

static wr_status expect(reader *r, char c) {
  if (take(r, c)) return WR_OK;
  char message[] = "\"?\" is expected";
  message[1] = c;
  return fail(r, message);
}

static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* A label, without the % that keeps it from being a keyword. */
static wr__span take_label(reader *r) {
  skip_space(r);
  if (r->at < r->end && *r->at == '%') r->at++;
  const char *start = r->at;
  while (r->at < r->end && is_word(*r->at)) r->at++;
  return (wr__span){(const uint8_t *)start, (size_t)(r->at - start)};
}

static bool is_text(wr__span span, const char *text) {
  return span.size == strlen(text) && !memcmp(span.data, text, span.size);
}

static bool is_same(wr__span a, wr__span b) {
  return a.size == b.size && !memcmp(a.data, b.data, a.size);
}

/* ---- Numbers */

static wr_status take_number(reader *r, const wr_component_type *type, char *word, size_t room) {
  skip_space(r);
  size_t size = 0;
  while (r->at + size < r->end &&
         (is_word(r->at[size]) || r->at[size] == '.' || r->at[size] == '+') && size + 1 < room) {
    word[size] = r->at[size];
    size++;
  }
  word[size] = '\0';
  if (!size) return fail_wanted(r, type);
  r->at += size;
  return WR_OK;
}

static void write_integer(wr_component_call_t *call, uint32_t size, uint64_t value) {
  if (size == 1)
    wr_out_u8(call, (uint8_t)value);
  else if (size == 2)
    wr_out_u16(call, (uint16_t)value);
  else if (size == 4)
    wr_out_u32(call, (uint32_t)value);
  else
    wr_out_u64(call, value);
}

static wr_status write_number(reader *r, const wr_component_type *type) {
  char word[32], *end;
  WR_TRY(take_number(r, type, word, sizeof word));
  bool is_signed = type->kind == WR__CTYPE_S8 || type->kind == WR__CTYPE_S16 ||
                   type->kind == WR__CTYPE_S32 || type->kind == WR__CTYPE_S64;
  bool is_negative = word[0] == '-';
  if (is_negative && !is_signed) return fail_wanted(r, type);
  const char *digits = word + is_negative;
  if (strlen(digits) > 20 || digits[0] < '0' || digits[0] > '9') return fail_wanted(r, type);
  errno = 0;
  uint64_t value = strtoull(digits, &end, 10);
  uint32_t bits = 8 * type->size_bytes;
  uint64_t most =
      is_signed ? (UINT64_C(1) << (bits - 1)) - !is_negative : UINT64_MAX >> (64 - bits);
  if (*end || errno || value > most) return fail(r, "the number does not fit its type");
  write_integer(r->call, type->size_bytes, is_negative ? 0 - value : value);
  return WR_OK;
}

static wr_status write_float(reader *r, const wr_component_type *type) {
  char word[512];
  uint64_t bits;
  bool is_single = type->kind == WR__CTYPE_F32;
  WR_TRY(take_number(r, type, word, sizeof word));
  if (wr__number_kind(word, strlen(word)) == WR__TOK_RESERVED ||
      !wr__number_float(word, strlen(word), is_single ? 4 : 8, &bits))
    return fail_wanted(r, type);
  if (is_single) {
    float value;
    memcpy(&value, &bits, sizeof value);
    wr_out_f32(r->call, value);
  } else {
    double value;
    memcpy(&value, &bits, sizeof value);
    wr_out_f64(r->call, value);
  }
  return WR_OK;
}

/* ---- Text */

/* One character of a string or a char, escapes resolved, as UTF-8 in out[4]. */
static wr_status take_char(reader *r, uint8_t out[4], size_t *size) {
  static const char escapes[] = "nrt'\"\\", meant[] = "\n\r\t'\"\\";
  if (r->at == r->end) return fail(r, "the text does not end");
  uint8_t first = (uint8_t)*r->at;
  if (first != '\\') {
    uint32_t code;
    size_t length = wr__utf8_next((const uint8_t *)r->at, (size_t)(r->end - r->at), &code);
    if (!length) return fail(r, "malformed UTF-8");
    memcpy(out, r->at, length);
    r->at += length;
    *size = length;
    return WR_OK;
  }
  r->at++;
  const char *escape = r->at < r->end && *r->at ? strchr(escapes, *r->at) : NULL;
  if (escape) {
    out[0] = (uint8_t)meant[escape - escapes];
    r->at++;
    *size = 1;
    return WR_OK;
  }
  uint32_t c = 0, digits = 0;
  if (r->end - r->at < 3 || r->at[0] != 'u' || r->at[1] != '{') return fail(r, "unknown escape");
  for (r->at += 2; r->at < r->end && digits < 7; r->at++, digits++) {
    const char *hex = *r->at ? strchr("0123456789abcdef", *r->at | 0x20) : NULL;
    if (!hex || (*r->at < '0')) break;
    c = c << 4 | (uint32_t)(hex - "0123456789abcdef");
  }
  if (!digits || r->at == r->end || *r->at != '}' || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
    return fail(r, "unknown escape");
  r->at++;
  *size = wr__utf8_put(out, c);
  return WR_OK;
}

static wr_status take_string(reader *r, wr__buffer *out) {
  WR_TRY(expect(r, '"'));
  while (r->at < r->end && *r->at != '"') {
    uint8_t bytes[4];
    size_t size;
    WR_TRY(take_char(r, bytes, &size));
    wr__buffer_bytes(out, bytes, size);
  }
  return expect(r, '"');
}

static wr_status write_string(reader *r) {
  wr__buffer text = {0};
  wr_status status = take_string(r, &text);
  if (status == WR_OK && text.failed) status = wr__fail_oom(r->error);
  if (status == WR_OK) wr_out_text(r->call, text.data ? (const char *)text.data : "", text.size);
  wr__buffer_free(&text);
  return status;
}

static wr_status write_char(reader *r) {
  uint8_t bytes[4];
  size_t size;
  WR_TRY(expect(r, '\''));
  WR_TRY(take_char(r, bytes, &size));
  WR_TRY(expect(r, '\''));
  uint32_t c;
  wr__utf8_next(bytes, size, &c);
  wr_out_u32(r->call, c);
  return WR_OK;
}

/* ---- Values inside values */

/* Passes one value, whatever it is: to a comma or a bracket outside of all others. */
static wr_status skip_value(reader *r) {
  uint32_t depth = 0;
  for (; r->at < r->end; r->at++) {
    char c = *r->at;
    if (c == '"' || c == '\'') {
      for (r->at++; r->at < r->end && *r->at != c; r->at++)
        if (*r->at == '\\') r->at++;
      if (r->at >= r->end) break;
    } else if (strchr("([{", c) && c) {
      depth++;
    } else if (strchr(")]}", c) && c) {
      if (!depth) return WR_OK;
      depth--;
    } else if (c == ',' && !depth) {
      return WR_OK;
    }
  }
  r->at = r->end;
  return fail(r, "the value does not end");
}

/* Looks for a field; *value: where its value begins, or NULL. r stands behind the "{" and stays. */
static wr_status find_field(reader *r, wr__span name, const char **value) {
  const char *start = r->at;
  *value = NULL;
  while (!take(r, '}')) {
    wr__span label = take_label(r);
    if (!label.size) return fail(r, "a field's name is expected");
    WR_TRY(expect(r, ':'));
    if (is_same(label, name)) *value = r->at;
    WR_TRY(skip_value(r));
    if (!take(r, ',') && (r->at == r->end || *r->at != '}')) return fail(r, "\",\" is expected");
  }
  r->at = start;
  return WR_OK;
}

static wr_status count_fields(reader *r, uint32_t *count) {
  const char *start = r->at;
  for (*count = 0; !take(r, '}'); ++*count) {
    take_label(r);
    WR_TRY(expect(r, ':'));
    WR_TRY(skip_value(r));
    take(r, ',');
  }
  r->at = start;
  return WR_OK;
}

static wr_status write_record(reader *r, const wr_component_type *type) {
  uint32_t given, used = 0;
  WR_TRY(expect(r, '{'));
  for (uint32_t i = 0; i < type->field_count; i++) {
    const char *start = r->at, *value;
    WR_TRY(find_field(r, type->fields[i].name, &value));
    if (value) {
      used++;
      r->at = value;
      WR_TRY(write_value(r, type->fields[i].type));
      r->at = start;
    } else if (type->fields[i].type->kind == WR__CTYPE_OPTION) {
      wr_out_case(r->call, 0);
      wr_out_end(r->call);
    } else {
      char message[120];
      snprintf(message, sizeof message, "field \"%.*s\" is missing",
               type->fields[i].name.size < 60 ? (int)type->fields[i].name.size : 60,
               (const char *)type->fields[i].name.data);
      return fail(r, message);
    }
  }
  WR_TRY(count_fields(r, &given));
  if (given != used) return fail(r, "a field that the record has not, or twice");
  while (!take(r, '}')) {
    take_label(r);
    WR_TRY(expect(r, ':'));
    WR_TRY(skip_value(r));
    take(r, ',');
  }
  return WR_OK;
}

static wr_status write_sequence(reader *r, const wr_component_type *type, char open, char close) {
  WR_TRY(expect(r, open));
  for (uint32_t i = 0; i < type->field_count; i++) {
    if (i) WR_TRY(expect(r, ','));
    WR_TRY(write_value(r, type->fields[i].type));
  }
  take(r, ',');
  return expect(r, close);
}

static wr_status write_list(reader *r, const wr_component_type *type) {
  uint32_t count = 0;
  WR_TRY(expect(r, '['));
  const char *start = r->at;
  while (!take(r, ']')) {
    const char *before = r->at;
    WR_TRY(skip_value(r));
    if (r->at == before) return fail(r, "a value is expected");
    count++;
    if (!take(r, ',') && (r->at == r->end || *r->at != ']')) return fail(r, "\",\" is expected");
  }
  r->at = start;
  wr_out_list(r->call, count);
  for (uint32_t i = 0; i < count; i++) {
    WR_TRY(write_value(r, type->element));
    take(r, ',');
  }
  wr_out_list_end(r->call);
  return expect(r, ']');
}

static wr_status write_flags(reader *r, const wr_component_type *type) {
  uint64_t bits = 0;
  WR_TRY(expect(r, '{'));
  while (!take(r, '}')) {
    wr__span label = take_label(r);
    uint32_t i = 0;
    while (i < type->field_count && !is_same(type->fields[i].name, label)) i++;
    if (i == type->field_count) return fail(r, "no such flag");
    bits |= UINT64_C(1) << i;
    if (!take(r, ',') && (r->at == r->end || *r->at != '}')) return fail(r, "\",\" is expected");
  }
  write_integer(r->call, type->size_bytes, bits);
  return WR_OK;
}

static uint32_t find_case(const wr_component_type *type, wr__span label) {
  if (type->kind == WR__CTYPE_OPTION)
    return is_text(label, "none") ? 0 : is_text(label, "some") ? 1 : WR_NO_INDEX;
  if (type->kind == WR__CTYPE_RESULT)
    return is_text(label, "ok") ? 0 : is_text(label, "err") ? 1 : WR_NO_INDEX;
  for (uint32_t i = 0; i < type->field_count; i++)
    if (is_same(type->fields[i].name, label)) return i;
  return WR_NO_INDEX;
}

static wr_status write_case(reader *r, const wr_component_type *type) {
  skip_space(r);
  const char *start = r->at;
  uint32_t index = find_case(type, take_label(r));
  /* The value itself stands for some(value). */
  bool is_bare = index == WR_NO_INDEX && type->kind == WR__CTYPE_OPTION;
  if (is_bare) {
    r->at = start;
    index = 1;
  }
  if (index == WR_NO_INDEX) return fail(r, "no such case");
  wr_out_case(r->call, index);
  if (type->kind == WR__CTYPE_ENUM) return WR_OK;
  const wr_component_type *payload = type->fields[index].type;
  if (payload) {
    if (!is_bare) WR_TRY(expect(r, '('));
    WR_TRY(write_value(r, payload));
    if (!is_bare) WR_TRY(expect(r, ')'));
  }
  wr_out_end(r->call);
  return WR_OK;
}

static wr_status write_bool(reader *r, const wr_component_type *type) {
  wr__span label = take_label(r);
  bool is_true = is_text(label, "true");
  if (!is_true && !is_text(label, "false")) return fail_wanted(r, type);
  wr_out_u8(r->call, is_true);
  return WR_OK;
}

static wr_status write_value(reader *r, const wr_component_type *type) {
  WR_TRY(wr_component_call_status(r->call));
  switch (type->kind) {
    case WR__CTYPE_BOOL:
      return write_bool(r, type);
    case WR__CTYPE_F32:
    case WR__CTYPE_F64:
      return write_float(r, type);
    case WR__CTYPE_CHAR:
      return write_char(r);
    case WR__CTYPE_STRING:
      return write_string(r);
    case WR__CTYPE_RECORD:
      return write_record(r, type);
    case WR__CTYPE_TUPLE:
      return write_sequence(r, type, '(', ')');
    case WR__CTYPE_LIST:
      return write_list(r, type);
    case WR__CTYPE_FLAGS:
      return write_flags(r, type);
    case WR__CTYPE_VARIANT:
    case WR__CTYPE_ENUM:
    case WR__CTYPE_OPTION:
    case WR__CTYPE_RESULT:
      return write_case(r, type);
    case WR__CTYPE_OWN:
    case WR__CTYPE_BORROW:
      return fail(r, "a resource has no text");
    default:
      return write_number(r, type);
  }
}

wr_status wr__wave_write_args(wr_component_call_t *call, const char *text, size_t size,
                              wr_error *error) {
  reader r = {call, text, text, text + size, error};
  WR_TRY(write_sequence(&r, call->type, '(', ')'));
  skip_space(&r);
  if (r.at != r.end) return fail(&r, "more text behind the arguments");
  return wr_component_call_status(call);
}
