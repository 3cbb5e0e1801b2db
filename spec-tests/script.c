/* Reading scripts. The lexing is the library's. */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_file(script *s, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  size_t capacity = 0;
  bool ok = true;
  for (;;) {
    if (s->size == capacity) {
      capacity = capacity ? capacity * 2 : 65536;
      char *grown = realloc(s->text, capacity);
      if (!grown) {
        ok = false;
        break;
      }
      s->text = grown;
    }
    size_t count = fread(s->text + s->size, 1, capacity - s->size, file);
    if (!count) break;
    s->size += count;
  }
  ok = ok && !ferror(file);
  fclose(file);
  return ok;
}

static bool add_token(script *s, size_t *capacity, wr_text_token token) {
  if (s->token_count == *capacity) {
    size_t wanted = *capacity ? *capacity * 2 : 1024;
    script_token *grown = realloc(s->tokens, wanted * sizeof *grown);
    if (!grown) return false;
    s->tokens = grown;
    *capacity = wanted;
  }
  s->tokens[s->token_count++] = (script_token){token.kind, token.offset, token.size_bytes, 0};
  return true;
}

/* Lexes the text; an open parenthesis's match is, until it is closed, the one around it. */
static bool read_tokens(script *s, char *message, size_t message_size) {
  size_t at = 0, capacity = 0, innermost = SIZE_MAX;
  wr_text_token token;
  wr_error error;
  do {
    if (wr_text_next(s->text, s->size, &at, &token, &error) != WR_OK) {
      snprintf(message, message_size, "%s:%u: %s", s->path, error.line, error.message);
      return false;
    }
    if (!add_token(s, &capacity, token)) {
      snprintf(message, message_size, "out of memory");
      return false;
    }
    size_t last = s->token_count - 1;
    if (token.kind == WR_TEXT_OPEN) {
      s->tokens[last].match = innermost;
      innermost = last;
    } else if (token.kind == WR_TEXT_CLOSE && innermost != SIZE_MAX) {
      size_t open = innermost;
      innermost = s->tokens[open].match;
      s->tokens[open].match = last;
    } else if (token.kind == WR_TEXT_CLOSE) {
      innermost = last;
      break;
    }
  } while (token.kind != WR_TEXT_END);
  if (innermost == SIZE_MAX) return true;
  snprintf(message, message_size, "%s:%u: unbalanced parenthesis", s->path,
           script_line(s, s->tokens[innermost].offset));
  return false;
}

bool script_open(script *s, const char *path, char *message, size_t message_size) {
  *s = (script){.path = strdup(path)};
  if (!s->path || !read_file(s, path)) {
    snprintf(message, message_size, "%s: %s", path, strerror(errno));
    return false;
  }
  return read_tokens(s, message, message_size);
}

void script_close(script *s) {
  free(s->path);
  free(s->text);
  free(s->tokens);
}

unsigned script_line(const script *s, size_t offset) {
  unsigned line = 1;
  for (size_t i = 0; i < offset && i < s->size; i++) line += s->text[i] == '\n';
  return line;
}

bool script_is_word(const script *s, size_t token, const char *word) {
  const script_token *t = &s->tokens[token];
  return t->kind == WR_TEXT_WORD && t->size == strlen(word) &&
         !memcmp(s->text + t->offset, word, t->size);
}

bool script_is_form(const script *s, size_t token, const char *word) {
  return s->tokens[token].kind == WR_TEXT_OPEN && script_is_word(s, token + 1, word);
}

char *script_string(const script *s, size_t token, size_t *size) {
  const script_token *t = &s->tokens[token];
  if (t->kind != WR_TEXT_STRING) return NULL;
  uint8_t *bytes = malloc(t->size);
  if (!bytes) return NULL;
  if (wr_text_string(s->text + t->offset, t->size, bytes, size) != WR_OK) *size = 0;
  bytes[*size] = 0; /* there is room: the token has two quotes */
  return (char *)bytes;
}

bool script_same_id(const script *s, size_t token, const script *other, size_t other_token) {
  const script_token *a = &s->tokens[token], *b = &other->tokens[other_token];
  return a->size == b->size && !memcmp(s->text + a->offset, other->text + b->offset, a->size);
}
