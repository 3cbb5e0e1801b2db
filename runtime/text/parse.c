/* The text parser's frame: the tokens of the whole text, the order of the passes over them, and the
 * end. Spec: text/modules. */
#include <stdlib.h>

#include "text/component.h"

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
      WR_TRY(wr__place_field(p, wr__parse_type_field));
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
    WR_TRY(wr__place_field(p, wr__parse_field));
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

wr_status wr__parse_module_fields(wr__parser *p, uint32_t end, wr__buffer *out) {
  WR_TRY(parse_fields(p, end));
  if (p->at != end) return wr__parse_unexpected(p, "a module field such as (func");
  wr__assemble(p, out);
  return WR_OK;
}

static bool at_component(const wr__parser *p) {
  const wr__token *word = &p->tokens[p->at + 1];
  return wr__parse_is(p, WR__TOK_OPEN) && word->kind == WR__TOK_WORD && word->size == 9 &&
         memcmp(wr__parse_text(p, word), "component", 9) == 0;
}

static wr_status parse_module(wr__parser *p, wr__buffer *out) {
  if (at_component(p)) return wr__component_text_parse(p, out);
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

void wr__parser_free(wr__parser *p) {
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
  free(p->places);
}

void wr__parser_share(wr__parser *p, const wr__parser *other) {
  *p = (wr__parser){.text = other->text,
                    .size = other->size,
                    .error = other->error,
                    .tokens = other->tokens,
                    .token_count = other->token_count,
                    .at = other->at,
                    .annots = other->annots,
                    .annot_count = other->annot_count,
                    .first_definition = WR__SPACE_COUNT,
                    .scope = WR_NO_INDEX,
                    .func_index = WR_NO_INDEX};
}

void wr__parser_free_shared(wr__parser *p) {
  p->tokens = NULL;
  p->annots = NULL;
  wr__parser_free(p);
}

wr_status wr__parser_run(wr__parser *p, const char *text, size_t size, wr__buffer *out,
                         wr_error *error) {
  if (size >= UINT32_MAX)
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "text of more than 4 GiB");
  p->text = text;
  p->size = (uint32_t)size;
  p->error = error;
  p->first_definition = WR__SPACE_COUNT;
  p->scope = p->func_index = WR_NO_INDEX;
  WR_TRY(read_tokens(p));
  WR_TRY(parse_module(p, out));
  return out->failed ? wr__fail_oom(error) : WR_OK;
}

wr_status wr__text_parse(const char *text, size_t size, wr__buffer *out, wr_error *error) {
  wr__parser p = {0};
  wr_status status = wr__parser_run(&p, text, size, out, error);
  wr__parser_free(&p);
  return status;
}
