/* Values of components as scripts write them, (record.const (field "a" u32.const 1)), turned into
 * the text of a call's values, {a: 1}, in which results come as well. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components.h"

enum { MAX_DEPTH = 64 };

typedef struct writer {
  const script *s;
  FILE *out;
  unsigned depth;
  bool ok;
} writer;

static void write_form(writer *w, size_t open);
static void write_value(writer *w, size_t word, size_t end);

/* ---- Text ---- */

static void write_char(FILE *out, uint8_t c, char quote) {
  static const char special[] = "\n\r\t", letters[] = "nrt";
  const char *found = c ? strchr(special, c) : NULL;
  if (found)
    fprintf(out, "\\%c", letters[found - special]);
  else if (c == (uint8_t)quote || c == '\\')
    fprintf(out, "\\%c", c);
  else if (c < 0x20 || c == 0x7f)
    fprintf(out, "\\u{%x}", c);
  else
    fputc(c, out);
}

static void write_text(writer *w, size_t token, char quote) {
  size_t size;
  char *text = script_string(w->s, token, &size);
  if (!text) {
    w->ok = false;
    return;
  }
  fputc(quote, w->out);
  for (size_t i = 0; i < size; i++) write_char(w->out, (uint8_t)text[i], quote);
  fputc(quote, w->out);
  free(text);
}

static void write_label(writer *w, size_t token) {
  size_t size;
  char *text = script_string(w->s, token, &size);
  if (text)
    fwrite(text, 1, size, w->out);
  else
    w->ok = false;
  free(text);
}

/* ---- Numbers ---- */

static void write_integer(writer *w, size_t token, bool is_signed) {
  const script_token *t = &w->s->tokens[token];
  uint64_t bits = 0;
  if (!wr_text_number(w->s->text + t->offset, t->size, WR_I64, &bits)) w->ok = false;
  if (is_signed)
    fprintf(w->out, "%" PRId64, (int64_t)bits);
  else
    fprintf(w->out, "%" PRIu64, bits);
}

/* The shortest decimal that reads back as the same number. */
static void write_number(FILE *out, double value, bool is_single) {
  char text[40];
  if (isnan(value) || isinf(value)) {
    fputs(isnan(value) ? "nan" : value < 0 ? "-inf" : "inf", out);
    return;
  }
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (is_single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value) break;
  }
  fputs(text, out);
}

static void write_float(writer *w, size_t token, bool is_single) {
  const script_token *t = &w->s->tokens[token];
  uint64_t bits = 0;
  if (t->size > 4 && !memcmp(w->s->text + t->offset, "nan:", 4)) {
    fputs("nan", w->out);
    return;
  }
  if (!wr_text_number(w->s->text + t->offset, t->size, is_single ? WR_F32 : WR_F64, &bits))
    w->ok = false;
  uint32_t low = (uint32_t)bits;
  float single;
  double value;
  memcpy(&single, &low, sizeof single);
  memcpy(&value, &bits, sizeof value);
  write_number(w->out, is_single ? (double)single : value, is_single);
}

/* ---- Compound values ---- */

static void write_forms(writer *w, size_t at, size_t end, const char *open, const char *close) {
  fputs(open, w->out);
  for (bool first = true; at < end; at = w->s->tokens[at].match + 1, first = false) {
    if (w->s->tokens[at].kind != WR_TEXT_OPEN) {
      w->ok = false;
      return;
    }
    if (!first) fputs(", ", w->out);
    write_form(w, at);
  }
  fputs(close, w->out);
}

/* (field "name" u32.const 1)* */
static void write_record(writer *w, size_t at, size_t end) {
  fputc('{', w->out);
  for (bool first = true; at < end; at = w->s->tokens[at].match + 1, first = false) {
    if (!script_is_form(w->s, at, "field")) {
      w->ok = false;
      return;
    }
    if (!first) fputs(", ", w->out);
    write_label(w, at + 2);
    fputs(": ", w->out);
    write_value(w, at + 3, w->s->tokens[at].match);
  }
  fputc('}', w->out);
}

static void write_flags(writer *w, size_t at, size_t end) {
  fputc('{', w->out);
  for (bool first = true; at < end; at++, first = false) {
    if (!first) fputs(", ", w->out);
    write_label(w, at);
  }
  fputc('}', w->out);
}

/* A case's name is written; its value follows, if there is one. */
static void write_payload(writer *w, size_t at, size_t end) {
  if (at < end) write_forms(w, at, end, "(", ")");
}

static void write_case(writer *w, const char *name, size_t at, size_t end) {
  fputs(name, w->out);
  write_payload(w, at, end);
}

static bool write_compound(writer *w, size_t word, size_t end) {
  size_t first = word + 1;
  if (script_is_word(w->s, word, "list.const")) {
    write_forms(w, first, end, "[", "]");
  } else if (script_is_word(w->s, word, "tuple.const")) {
    write_forms(w, first, end, "(", ")");
  } else if (script_is_word(w->s, word, "record.const")) {
    write_record(w, first, end);
  } else if (script_is_word(w->s, word, "flags.const")) {
    write_flags(w, first, end);
  } else if (script_is_word(w->s, word, "enum.const") ||
             script_is_word(w->s, word, "variant.const")) {
    write_label(w, first);
    write_payload(w, first + 1, end);
  } else if (script_is_word(w->s, word, "option.some")) {
    write_case(w, "some", first, end);
  } else if (script_is_word(w->s, word, "option.none")) {
    write_case(w, "none", first, end);
  } else if (script_is_word(w->s, word, "result.ok")) {
    write_case(w, "ok", first, end);
  } else if (script_is_word(w->s, word, "result.err")) {
    write_case(w, "err", first, end);
  } else {
    return false;
  }
  return true;
}

/* A value: its word, and what follows it up to `end`. */
static void write_value(writer *w, size_t word, size_t end) {
  const script_token *t = &w->s->tokens[word];
  const char *text = w->s->text + t->offset;
  if (++w->depth > MAX_DEPTH) w->ok = false;
  if (!w->ok || t->kind != WR_TEXT_WORD) {
    w->ok = false;
    return;
  }
  if (!write_compound(w, word, end)) {
    if (word + 2 != end)
      w->ok = false;
    else if (script_is_word(w->s, word, "str.const"))
      write_text(w, word + 1, '"');
    else if (script_is_word(w->s, word, "char.const"))
      write_text(w, word + 1, '\'');
    else if (script_is_word(w->s, word, "bool.const"))
      fprintf(w->out, "%.*s", (int)t[1].size, w->s->text + t[1].offset);
    else if (text[0] == 'f')
      write_float(w, word + 1, script_is_word(w->s, word, "f32.const"));
    else
      write_integer(w, word + 1, text[0] == 's');
  }
  w->depth--;
}

static void write_form(writer *w, size_t open) {
  write_value(w, open + 1, w->s->tokens[open].match);
}

char *component_values_text(const script *s, size_t first, size_t end) {
  char *text = NULL;
  size_t size;
  writer w = {.s = s, .out = open_memstream(&text, &size), .ok = true};
  if (!w.out) return NULL;
  write_forms(&w, first, end, "", "");
  if (fclose(w.out) == 0 && w.ok) return text;
  free(text);
  return NULL;
}
