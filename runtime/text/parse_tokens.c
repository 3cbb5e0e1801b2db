/* What every part of the text parser asks of the tokens: is this one here, then take it; strings,
 * numbers, identifiers and indices; and how the parser fails. Spec: text/values. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "text/parser.h"

enum { ARENA_CHUNK = 4096 };

wr_status wr__parse_oom(wr__parser *p) { return wr__fail_oom(p->error); }

wr_status wr__parse_fail(wr__parser *p, uint32_t token, const char *format, ...) {
  char message[200];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return wr__text_fail(p->error, WR_MALFORMED, p->text, p->size, p->tokens[token].offset, "%s",
                       message);
}

/* Is the token none of the language's? */
static bool is_unknown(const wr__parser *p, const wr__token *token) {
  return token->kind == WR__TOK_RESERVED || (!p->is_component && token->kind == WR__TOK_WORD &&
                                             token->word == WR__WORD_UNKNOWN);
}

wr_status wr__parse_unexpected(wr__parser *p, const char *expected) {
  uint32_t at = p->at;
  if (p->tokens[at].kind == WR__TOK_OPEN && is_unknown(p, &p->tokens[at + 1])) at++;
  const wr__token *token = &p->tokens[at];
  int shown = token->kind == WR__TOK_OPEN ? 1 : token->size > 60 ? 60 : (int)token->size;
  if (is_unknown(p, token))
    return wr__parse_fail(p, at, "unknown operator %.*s", shown, wr__parse_text(p, token));
  if (token->kind == WR__TOK_END)
    return wr__parse_fail(p, at, "unexpected token: the end, expected %s", expected);
  return wr__parse_fail(p, at, "unexpected token %.*s, expected %s", shown,
                        wr__parse_text(p, token), expected);
}

wr_status wr__parse_open(wr__parser *p, unsigned word) {
  if (!wr__parse_is_form(p, word)) {
    char expected[40];
    snprintf(expected, sizeof expected, "(%s", wr__word_text((uint16_t)word));
    return wr__parse_unexpected(p, expected);
  }
  p->at += 2;
  return WR_OK;
}

wr_status wr__parse_close(wr__parser *p) {
  if (!wr__parse_is(p, WR__TOK_CLOSE)) return wr__parse_unexpected(p, ")");
  p->at++;
  return WR_OK;
}

bool wr__parse_take_word(wr__parser *p, unsigned word) {
  if (!wr__parse_is_word(p, word)) return false;
  p->at++;
  return true;
}

void *wr__parse_alloc(wr__parser *p, size_t size) {
  wr__arena_chunk *chunk = p->arena;
  if (!chunk || chunk->capacity - chunk->used < size) {
    size_t capacity = size > ARENA_CHUNK ? size : ARENA_CHUNK;
    chunk = malloc(sizeof *chunk + capacity);
    if (!chunk) return NULL;
    *chunk = (wr__arena_chunk){.next = p->arena, .used = 0, .capacity = capacity};
    p->arena = chunk;
  }
  void *at = chunk->data + chunk->used;
  chunk->used += size;
  return at;
}

/* Decodes the string from `offset` of the text, quotes included. */
static wr_status decode(wr__parser *p, uint32_t offset, uint32_t size, wr__span *out) {
  const char *text = p->text + offset;
  if (!memchr(text, '\\', size)) {
    *out = (wr__span){(const uint8_t *)text + 1, size - 2};
    return WR_OK;
  }
  uint8_t *bytes = wr__parse_alloc(p, size);
  if (!bytes) return wr__parse_oom(p);
  *out = (wr__span){bytes, wr__string_decode(text, size, bytes)};
  return WR_OK;
}

wr_status wr__parse_string(wr__parser *p, wr__span *out) {
  const wr__token *token = wr__parse_token(p);
  if (token->kind != WR__TOK_STRING) return wr__parse_unexpected(p, "a string");
  WR_TRY(decode(p, token->offset, token->size, out));
  p->at++;
  return WR_OK;
}

wr_status wr__parse_name(wr__parser *p, wr__span *out) {
  uint32_t at = p->at;
  wr__span name;
  WR_TRY(wr__parse_string(p, &name));
  if (!wr__utf8_valid(name.data, name.size))
    return wr__parse_fail(p, at, "malformed UTF-8 encoding");
  *out = name;
  return WR_OK;
}

wr_status wr__parse_data_strings(wr__parser *p, wr__buffer *out) {
  while (wr__parse_is(p, WR__TOK_STRING)) {
    const wr__token *token = wr__parse_token(p);
    uint8_t *at = wr__buffer_extend(out, token->size);
    if (!at) return wr__parse_oom(p);
    size_t size = wr__string_decode(wr__parse_text(p, token), token->size, at);
    out->size -= token->size - size;
    p->at++;
  }
  return WR_OK;
}

wr_status wr__parse_id_name(wr__parser *p, uint32_t token, wr__span *out) {
  const wr__token *id = &p->tokens[token];
  const char *text = wr__parse_text(p, id);
  if (text[1] != '"') {
    *out = (wr__span){(const uint8_t *)text + 1, id->size - 1};
    return WR_OK;
  }
  wr__span name;
  WR_TRY(decode(p, id->offset + 1, id->size - 1, &name));
  if (!wr__utf8_valid(name.data, name.size))
    return wr__parse_fail(p, token, "malformed UTF-8 encoding");
  *out = name;
  return WR_OK;
}

static wr_status parse_nat(wr__parser *p, unsigned bits, uint64_t *out) {
  const wr__token *token = wr__parse_token(p);
  if (token->kind != WR__TOK_NAT) return wr__parse_unexpected(p, "a number");
  if (!wr__number_int(wr__parse_text(p, token), token->size, bits, out))
    return wr__parse_fail(p, p->at, "i%u constant out of range", bits);
  p->at++;
  return WR_OK;
}

wr_status wr__parse_u32(wr__parser *p, uint32_t *out) {
  uint64_t value;
  WR_TRY(parse_nat(p, 32, &value));
  *out = (uint32_t)value;
  return WR_OK;
}

wr_status wr__parse_u64(wr__parser *p, uint64_t *out) { return parse_nat(p, 64, out); }

const char *wr__space_word(wr__space space) {
  static const char *const names[] = {"type",   "function", "table",        "memory",
                                      "global", "tag",      "elem segment", "data segment",
                                      "field",  "local",    "label"};
  return names[space];
}

bool wr__parse_at_index(const wr__parser *p) {
  return wr__parse_is(p, WR__TOK_NAT) || wr__parse_is(p, WR__TOK_ID);
}

wr_status wr__parse_index(wr__parser *p, wr__space space, uint32_t scope, uint32_t *out) {
  if (!wr__parse_is(p, WR__TOK_ID)) {
    char expected[64];
    if (wr__parse_is(p, WR__TOK_NAT)) return wr__parse_u32(p, out);
    snprintf(expected, sizeof expected, "an index or an identifier of a %s", wr__space_word(space));
    return wr__parse_unexpected(p, expected);
  }
  wr__span name;
  WR_TRY(wr__parse_id_name(p, p->at, &name));
  const wr__symbol *symbol = wr__symbols_find(&p->symbols, space, scope, name);
  if (!symbol || symbol->index == WR_NO_INDEX)
    return wr__parse_fail(p, p->at, "unknown %s $%.*s", wr__space_word(space),
                          name.size > 60 ? 60 : (int)name.size, (const char *)name.data);
  *out = symbol->index;
  p->at++;
  return WR_OK;
}
