/* A scan of a TOML document, strict in form and blind to meaning: strings, arrays and inline tables
 * are followed to their ends, other values are runs of letters. Spec: TOML 1.0. */
#include "toml.h"

#include <string.h>

enum { PATH_SIZE = 1024, MAX_DEPTH = 64 };

typedef struct scan {
  const char *at, *end;
  size_t line;
  wr__toml_visit visit;
  void *context;
  char path[PATH_SIZE]; /* of what is read now; a header's stays while its keys are read */
  size_t path_size;
} scan;

static bool is_next(const scan *s, const char *text) {
  size_t size = strlen(text);
  return (size_t)(s->end - s->at) >= size && memcmp(s->at, text, size) == 0;
}

static bool take(scan *s, const char *text) {
  if (!is_next(s, text)) return false;
  s->at += strlen(text);
  return true;
}

static void skip_blanks(scan *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\t')) s->at++;
}

/* A comment up to its line's end; false for a control character in it. */
static bool skip_comment(scan *s) {
  if (s->at == s->end || *s->at != '#') return true;
  for (; s->at < s->end && *s->at != '\n'; s->at++) {
    unsigned char c = (unsigned char)*s->at;
    if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7f) return false;
  }
  return true;
}

static bool take_newline(scan *s) {
  if (!take(s, "\n") && !take(s, "\r\n")) return false;
  s->line++;
  return true;
}

/* Blanks, comments and lines between the parts of an array. */
static bool skip_lines(scan *s) {
  do {
    skip_blanks(s);
    if (!skip_comment(s)) return false;
  } while (take_newline(s));
  return true;
}

/* ---- Strings -------------------------------------------------------------------------------- */

/* One line in quotes: to its closing quote. */
static bool skip_short_string(scan *s, char quote) {
  for (s->at++; s->at < s->end && *s->at != quote; s->at++) {
    if ((unsigned char)*s->at < ' ' && *s->at != '\t') return false;
    if (quote == '"' && *s->at == '\\' && ++s->at == s->end) return false;
  }
  return s->at++ < s->end;
}

static bool skip_long_string(scan *s, const char *quotes) {
  for (s->at += 3; s->at < s->end && !is_next(s, quotes); s->at++) {
    if (*s->at == '\n') s->line++;
    if (quotes[0] == '"' && *s->at == '\\' && ++s->at < s->end && *s->at == '\n') s->line++;
  }
  if (!take(s, quotes)) return false;
  /* Up to two quotes more belong to the string. */
  for (int i = 0; i < 2 && s->at < s->end && *s->at == quotes[0]; i++) s->at++;
  return true;
}

static bool skip_string(scan *s) {
  if (is_next(s, "\"\"\"")) return skip_long_string(s, "\"\"\"");
  if (is_next(s, "'''")) return skip_long_string(s, "'''");
  return skip_short_string(s, *s->at);
}

/* ---- Keys ----------------------------------------------------------------------------------- */

static bool append(scan *s, const char *part, size_t size) {
  if (s->path_size + size + 2 > PATH_SIZE) return false;
  if (s->path_size > 0) s->path[s->path_size++] = WR__TOML_SEPARATOR[0];
  memcpy(s->path + s->path_size, part, size);
  s->path_size += size;
  s->path[s->path_size] = '\0';
  return true;
}

static bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

static bool read_part(scan *s) {
  const char *start = s->at;
  if (s->at < s->end && (*s->at == '"' || *s->at == '\'')) {
    if (!skip_short_string(s, *s->at)) return false;
    size_t size = (size_t)(s->at - start) - 2;
    /* An escape in a key would have to be decoded to be compared: nobody writes one. */
    return !(*start == '"' && memchr(start + 1, '\\', size)) && append(s, start + 1, size);
  }
  while (s->at < s->end && is_bare(*s->at)) s->at++;
  return s->at > start && append(s, start, (size_t)(s->at - start));
}

/* Parts with dots between them, behind what the path holds already. */
static bool read_key(scan *s) {
  for (;;) {
    skip_blanks(s);
    if (!read_part(s)) return false;
    skip_blanks(s);
    if (!take(s, ".")) return true;
  }
}

static void leave(scan *s, size_t path_size) {
  s->path_size = path_size;
  s->path[path_size] = '\0';
}

/* ---- Values --------------------------------------------------------------------------------- */

static bool read_value(scan *s, unsigned depth);

static bool skip_bare_value(scan *s) {
  const char *start = s->at;
  for (; s->at < s->end; s->at++) {
    bool is_date = *s->at == ' ' && s->at - start == 10 && s->end - s->at > 2 && s->at[1] >= '0' &&
                   s->at[1] <= '9' && start[4] == '-';
    if (!is_bare(*s->at) && !memchr("+.:", *s->at, 3) && !is_date) break;
  }
  return s->at > start;
}

static bool read_array(scan *s, unsigned depth) {
  for (s->at++; skip_lines(s);) {
    if (take(s, "]")) return true;
    if (!read_value(s, depth + 1) || !skip_lines(s)) return false;
    if (!take(s, ",") && !is_next(s, "]")) return false;
  }
  return false;
}

static bool read_pair(scan *s, unsigned depth);

static bool read_inline_table(scan *s, unsigned depth) {
  s->at++;
  skip_blanks(s);
  if (take(s, "}")) return true;
  do {
    if (!read_pair(s, depth + 1)) return false;
    skip_blanks(s);
  } while (take(s, ","));
  return take(s, "}");
}

static bool read_value(scan *s, unsigned depth) {
  if (depth > MAX_DEPTH || s->at == s->end) return false;
  switch (*s->at) {
    case '"':
    case '\'':
      return skip_string(s);
    case '[':
      return read_array(s, depth);
    case '{':
      return read_inline_table(s, depth);
    default:
      return skip_bare_value(s);
  }
}

/* The end of a value that nothing is told of: it is read again for what is in it. */
static const char *end_of_value(const scan *s, unsigned depth) {
  scan ahead = *s;
  ahead.visit = NULL;
  return read_value(&ahead, depth) ? ahead.at : NULL;
}

/* key = value. What is nested is looked at once more for each level, of which there are few. */
static bool read_pair(scan *s, unsigned depth) {
  size_t before = s->path_size;
  if (!read_key(s) || !take(s, "=")) return false;
  skip_blanks(s);
  const char *end = s->visit ? end_of_value(s, depth) : s->at;
  if (!end) return false;
  wr__toml_item item = {WR__TOML_VALUE, s->path, s->at, (size_t)(end - s->at), s->line};
  if (s->visit) s->visit(s->context, &item);
  bool good = read_value(s, depth);
  leave(s, before);
  return good;
}

/* ---- Lines ---------------------------------------------------------------------------------- */

static bool read_header(scan *s) {
  bool many = take(s, "[[");
  size_t line = s->line;
  if (!many) s->at++;
  leave(s, 0);
  if (!read_key(s) || !take(s, many ? "]]" : "]")) return false;
  wr__toml_item item = {many ? WR__TOML_TABLES : WR__TOML_TABLE, s->path, NULL, 0, line};
  s->visit(s->context, &item);
  return true;
}

size_t wr__toml_scan(const char *text, size_t size, wr__toml_visit visit, void *context) {
  scan s = {.at = text, .end = text + size, .line = 1, .visit = visit, .context = context};
  take(&s, "\xef\xbb\xbf");
  while (skip_lines(&s)) {
    if (s.at == s.end) return 0;
    bool good = *s.at == '[' ? read_header(&s) : read_pair(&s, 0);
    if (!good) return s.line;
    skip_blanks(&s);
    if (!skip_comment(&s) || (s.at < s.end && !take_newline(&s))) return s.line;
  }
  return s.line;
}
