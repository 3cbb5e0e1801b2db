/* Values of a call as text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "component/wave.h"

static void put_char(wr__buffer *out, uint32_t c, char quote) {
  switch (c) {
    case '\n':
      wr__buffer_text(out, "\\n");
      return;
    case '\r':
      wr__buffer_text(out, "\\r");
      return;
    case '\t':
      wr__buffer_text(out, "\\t");
      return;
    default:
      break;
  }
  if (c == (uint8_t)quote || c == '\\') {
    wr__buffer_byte(out, '\\');
    wr__buffer_byte(out, (uint8_t)c);
  } else if (c < 0x20 || c == 0x7f) {
    wr__buffer_format(out, "\\u{%x}", c);
  } else {
    uint8_t bytes[4];
    size_t size = wr__utf8_put(bytes, c);
    wr__buffer_bytes(out, bytes, size);
  }
}

/* UTF-8 stays as it is, but for what needs an escape, which is one byte. */
static void put_string(wr__buffer *out, const char *text, size_t size) {
  wr__buffer_byte(out, '"');
  for (size_t i = 0; i < size; i++) {
    uint8_t byte = (uint8_t)text[i];
    if (byte < 0x80)
      put_char(out, byte, '"');
    else
      wr__buffer_byte(out, byte);
  }
  wr__buffer_byte(out, '"');
}

/* The shortest decimal that reads back as the same number. */
static void put_float(wr__buffer *out, double value, bool is_single) {
  char text[40];
  if (isnan(value) || isinf(value)) {
    wr__buffer_text(out, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
    return;
  }
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (is_single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value) break;
  }
  for (char *at = text; *at; at++)
    if (*at == ',') *at = '.'; /* another locale's */
  wr__buffer_text(out, text);
}

static int64_t read_signed(wr_component_call_t *call, uint8_t kind) {
  switch (kind) {
    case WR__CTYPE_S8:
      return (int8_t)wr_in_u8(call);
    case WR__CTYPE_S16:
      return (int16_t)wr_in_u16(call);
    case WR__CTYPE_S32:
      return (int32_t)wr_in_u32(call);
    default:
      return (int64_t)wr_in_u64(call);
  }
}

static uint64_t read_unsigned(wr_component_call_t *call, const wr_component_type *type) {
  switch (type->size_bytes) {
    case 1:
      return wr_in_u8(call);
    case 2:
      return wr_in_u16(call);
    case 4:
      return wr_in_u32(call);
    default:
      return wr_in_u64(call);
  }
}

static void put_name(wr__buffer *out, wr__span name) {
  wr__buffer_bytes(out, name.data, name.size);
}

static void read_fields(wr_component_call_t *call, const wr_component_type *type, wr__buffer *out) {
  bool has_names = type->kind == WR__CTYPE_RECORD;
  wr__buffer_byte(out, has_names ? '{' : '(');
  for (uint32_t i = 0; i < type->field_count; i++) {
    if (i) wr__buffer_text(out, ", ");
    if (has_names) {
      put_name(out, type->fields[i].name);
      wr__buffer_text(out, ": ");
    }
    wr__wave_read(call, type->fields[i].type, out);
  }
  wr__buffer_byte(out, has_names ? '}' : ')');
}

static void read_list(wr_component_call_t *call, const wr_component_type *type, wr__buffer *out) {
  uint32_t count = wr_in_list(call);
  wr__buffer_byte(out, '[');
  for (uint32_t i = 0; i < count && wr_component_call_status(call) == WR_OK; i++) {
    if (i) wr__buffer_text(out, ", ");
    wr__wave_read(call, type->element, out);
  }
  wr__buffer_byte(out, ']');
  wr_in_list_end(call);
}

static void read_case(wr_component_call_t *call, const wr_component_type *type, wr__buffer *out) {
  static const char *const of_option[] = {"none", "some"}, *const of_result[] = {"ok", "err"};
  uint32_t index = wr_in_case(call);
  if (wr_component_call_status(call) != WR_OK) return;
  if (type->kind == WR__CTYPE_OPTION)
    wr__buffer_text(out, of_option[index]);
  else if (type->kind == WR__CTYPE_RESULT)
    wr__buffer_text(out, of_result[index]);
  else
    put_name(out, type->fields[index].name);
  if (type->kind == WR__CTYPE_ENUM) return;
  if (type->fields[index].type) {
    wr__buffer_byte(out, '(');
    wr__wave_read(call, type->fields[index].type, out);
    wr__buffer_byte(out, ')');
  }
  wr_in_end(call);
}

static void read_flags(wr_component_call_t *call, const wr_component_type *type, wr__buffer *out) {
  uint64_t bits = read_unsigned(call, type);
  bool is_first = true;
  wr__buffer_byte(out, '{');
  for (uint32_t i = 0; i < type->field_count; i++) {
    if (!(bits >> i & 1)) continue;
    if (!is_first) wr__buffer_text(out, ", ");
    put_name(out, type->fields[i].name);
    is_first = false;
  }
  wr__buffer_byte(out, '}');
}

static void read_string(wr_component_call_t *call, wr__buffer *out) {
  size_t size;
  const char *text = wr_in_text(call, &size);
  put_string(out, text, size);
}

static void read_char(wr_component_call_t *call, wr__buffer *out) {
  wr__buffer_byte(out, '\'');
  put_char(out, wr_in_u32(call), '\'');
  wr__buffer_byte(out, '\'');
}

void wr__wave_read(wr_component_call_t *call, const wr_component_type *type, wr__buffer *out) {
  switch (type->kind) {
    case WR__CTYPE_BOOL:
      wr__buffer_text(out, wr_in_u8(call) ? "true" : "false");
      break;
    case WR__CTYPE_S8:
    case WR__CTYPE_S16:
    case WR__CTYPE_S32:
    case WR__CTYPE_S64:
      wr__buffer_format(out, "%lld", (long long)read_signed(call, type->kind));
      break;
    case WR__CTYPE_F32:
      put_float(out, wr_in_f32(call), true);
      break;
    case WR__CTYPE_F64:
      put_float(out, wr_in_f64(call), false);
      break;
    case WR__CTYPE_CHAR:
      read_char(call, out);
      break;
    case WR__CTYPE_STRING:
      read_string(call, out);
      break;
    case WR__CTYPE_RECORD:
    case WR__CTYPE_TUPLE:
      read_fields(call, type, out);
      break;
    case WR__CTYPE_LIST:
      read_list(call, type, out);
      break;
    case WR__CTYPE_FLAGS:
      read_flags(call, type, out);
      break;
    case WR__CTYPE_VARIANT:
    case WR__CTYPE_ENUM:
    case WR__CTYPE_OPTION:
    case WR__CTYPE_RESULT:
      read_case(call, type, out);
      break;
    case WR__CTYPE_OWN:
    case WR__CTYPE_BORROW:
      wr__ccursor_drop(call); /* has no text */
      wr__buffer_text(out, "<resource>");
      break;
    default:
      wr__buffer_format(out, "%llu", (unsigned long long)read_unsigned(call, type));
      break;
  }
}
