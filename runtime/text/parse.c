/* The text parser's frame: tokens, errors, names and indices, and the order of the passes.
 * Spec: text/modules. */
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
static bool is_unknown(const wr__token *token) {
  return token->kind == WR__TOK_RESERVED ||
         (token->kind == WR__TOK_WORD && token->word == WR__WORD_UNKNOWN);
}

wr_status wr__parse_unexpected(wr__parser *p, const char *expected) {
  uint32_t at = p->at;
  if (p->tokens[at].kind == WR__TOK_OPEN && is_unknown(&p->tokens[at + 1])) at++;
  const wr__token *token = &p->tokens[at];
  int shown = token->kind == WR__TOK_OPEN ? 1 : token->size > 60 ? 60 : (int)token->size;
  if (is_unknown(token))
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

wr_status wr__parse_binding(wr__parser *p, wr__space space, uint32_t outer, uint32_t index) {
  wr__span name = {NULL, 0}, given;
  if (wr__parse_is(p, WR__TOK_ID)) {
    WR_TRY(wr__parse_id_name(p, p->at, &name));
    p->at++;
  }
  WR_TRY(wr__annot_name(p, wr__space_word(space), &given));
  if (given.data) name = given;
  if (!name.data) return WR_OK;
  if (!wr__grow32(&p->names, &p->name_capacity, p->name_count + 1, sizeof *p->names))
    return wr__parse_oom(p);
  p->names[p->name_count++] = (wr__name_out){(uint8_t)space, outer, index, name};
  return WR_OK;
}

/* Lexes the whole text. An opening parenthesis's size becomes the number of the token that closes
 * it (the end's number where none does). */
static wr_status read_tokens(wr__parser *p) {
  wr__lexer lexer = {.text = p->text,
                     .size = p->size,
                     .error = p->error,
                     .annots = &p->annots,
                     .annot_count = &p->annot_count,
                     .annot_capacity = &p->annot_capacity};
  uint32_t innermost = WR_NO_INDEX;
  for (bool ended = false; !ended;) {
    uint32_t at = p->token_count;
    if (!wr__grow32(&p->tokens, &p->token_capacity, at + 1 + WR__LOOKAHEAD, sizeof *p->tokens))
      return wr__parse_oom(p);
    wr__token *token = &p->tokens[at];
    lexer.token_count = at;
    WR_TRY(wr__lex_next(&lexer, token));
    if (token->kind == WR__TOK_OPEN) {
      token->size = innermost;
      innermost = at;
    } else if (token->kind == WR__TOK_CLOSE && innermost != WR_NO_INDEX) {
      uint32_t open = innermost;
      innermost = p->tokens[open].size;
      p->tokens[open].size = at;
    }
    ended = token->kind == WR__TOK_END;
    if (!ended) p->token_count++;
  }
  for (uint32_t i = 1; i < WR__LOOKAHEAD; i++)
    p->tokens[p->token_count + i] = p->tokens[p->token_count];
  while (innermost != WR_NO_INDEX) {
    uint32_t open = innermost;
    innermost = p->tokens[open].size;
    p->tokens[open].size = p->token_count;
  }
  return WR_OK;
}

static wr_status write_types(wr__parser *p, uint32_t first, uint32_t end) {
  for (uint32_t i = first; i < end && p->tokens[i].kind == WR__TOK_OPEN;
       i = p->tokens[i].size + 1) {
    p->at = i;
    if (wr__parse_is_form(p, WR__WORD_TYPE) || wr__parse_is_form(p, WR__WORD_REC))
      WR_TRY(wr__parse_type_field(p));
  }
  return WR_OK;
}

/* Parses fields from the current token to the token `end`, which stays. */
static wr_status parse_fields(wr__parser *p, uint32_t end) {
  uint32_t first = p->at;
  WR_TRY(wr__parse_bind_fields(p, first, end));
  WR_TRY(write_types(p, first, end));
  p->at = first;
  while (p->at < end && !wr__parse_is(p, WR__TOK_CLOSE)) {
    WR_TRY(wr__annot_customs(p));
    WR_TRY(wr__parse_field(p));
  }
  return wr__annot_customs(p);
}

/* (module binary …) and (module quote …), of the script language, are accepted too. */
static wr_status parse_verbatim(wr__parser *p, wr__buffer *out) {
  bool quote = wr__parse_is_word(p, WR__WORD_QUOTE);
  p->at++;
  wr__buffer bytes = {0};
  wr_status status = wr__parse_data_strings(p, &bytes);
  if (status == WR_OK) status = wr__parse_close(p);
  if (status == WR_OK && !wr__parse_is(p, WR__TOK_END))
    status = wr__parse_unexpected(p, "nothing more");
  if (status == WR_OK && quote)
    status = wr__text_parse((const char *)bytes.data, bytes.size, out, p->error);
  else if (status == WR_OK)
    wr__buffer_append(out, &bytes);
  wr__buffer_free(&bytes);
  return status;
}

static wr_status parse_module(wr__parser *p, wr__buffer *out) {
  if (!wr__parse_is_form(p, WR__WORD_MODULE)) {
    WR_TRY(parse_fields(p, p->token_count));
  } else {
    uint32_t end = p->tokens[p->at].size;
    p->at += 2;
    wr__parse_take_word(p, WR__WORD_DEFINITION);
    if (wr__parse_is(p, WR__TOK_ID)) {
      WR_TRY(wr__parse_id_name(p, p->at, &p->module_name));
      p->at++;
    }
    wr__span given;
    WR_TRY(wr__annot_name(p, "module", &given));
    if (given.data) p->module_name = given;
    if (wr__parse_is_word(p, WR__WORD_BINARY) || wr__parse_is_word(p, WR__WORD_QUOTE))
      return parse_verbatim(p, out);
    WR_TRY(parse_fields(p, end));
    WR_TRY(wr__parse_close(p));
  }
  if (!wr__parse_is(p, WR__TOK_END)) return wr__parse_unexpected(p, "the end of the text");
  WR_TRY(wr__annot_check_used(p));
  wr__assemble(p, out);
  return WR_OK;
}

static void free_parser(wr__parser *p) {
  free(p->tokens);
  free(p->annots);
  while (p->arena) {
    wr__arena_chunk *next = p->arena->next;
    free(p->arena);
    p->arena = next;
  }
  wr__symbols_free(&p->symbols);
  wr__symbols_free(&p->type_by_shape);
  for (int i = 0; i < WR__SECTION_COUNT; i++) wr__buffer_free(&p->sections[i].bytes);
  wr__buffer *const buffers[] = {&p->body, &p->pending, &p->scratch, &p->params, &p->results};
  for (size_t i = 0; i < WR_ARRAY_COUNT(buffers); i++) wr__buffer_free(buffers[i]);
  free(p->types);
  free(p->names);
  free(p->customs);
  free(p->hints);
  free(p->frames);
}

wr_status wr__text_parse(const char *text, size_t size, wr__buffer *out, wr_error *error) {
  if (size >= UINT32_MAX)
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "text of more than 4 GiB");
  wr__parser p = {.text = text,
                  .size = (uint32_t)size,
                  .error = error,
                  .first_definition = WR__SPACE_COUNT,
                  .scope = WR_NO_INDEX,
                  .func_index = WR_NO_INDEX};
  wr_status status = read_tokens(&p);
  if (status == WR_OK) status = parse_module(&p, out);
  if (status == WR_OK && out->failed) status = wr__fail_oom(error);
  free_parser(&p);
  return status;
}
