/* The first pass: which entry of which index space every identifier of the module names. Only the
 * heads of fields are looked at; what is wrong with their form is left to the later passes.
 * Spec: text/modules, identifier contexts. */
#include "text/parser.h"

static const char *duplicate_word(wr__space space) {
  static const char *const names[] = {"type", "func", "table", "memory", "global", "tag",
                                      "elem", "data", "field", "local",  "label"};
  return names[space];
}

wr_status wr__parse_bind_id(wr__parser *p, uint32_t token, wr__space space, uint32_t scope,
                            uint32_t index) {
  wr__span name;
  WR_TRY(wr__parse_id_name(p, token, &name));
  wr__symbol *symbol = wr__symbols_put(&p->symbols, space, scope, name);
  if (!symbol) return wr__parse_oom(p);
  if (symbol->index != WR_NO_INDEX)
    return wr__parse_fail(p, token, "duplicate %s $%.*s", duplicate_word(space),
                          name.size > 60 ? 60 : (int)name.size, (const char *)name.data);
  symbol->index = index;
  return WR_OK;
}

/* Counts an entry whose identifier, if any, is at `token`. */
static wr_status bind_entry(wr__parser *p, uint32_t token, wr__space space) {
  uint32_t index = p->counts[space]++;
  if (p->tokens[token].kind != WR__TOK_ID) return WR_OK;
  return wr__parse_bind_id(p, token, space, 0, index);
}

/* The space of a word that begins a definition or an external type; WR__SPACE_COUNT for others. */
static wr__space space_of(const wr__token *token) {
  if (token->kind != WR__TOK_WORD) return WR__SPACE_COUNT;
  switch (token->word) {
    case WR__WORD_TYPE:
      return WR__SPACE_TYPE;
    case WR__WORD_FUNC:
      return WR__SPACE_FUNC;
    case WR__WORD_TABLE:
      return WR__SPACE_TABLE;
    case WR__WORD_MEMORY:
      return WR__SPACE_MEMORY;
    case WR__WORD_GLOBAL:
      return WR__SPACE_GLOBAL;
    case WR__WORD_TAG:
      return WR__SPACE_TAG;
    case WR__WORD_ELEM:
      return WR__SPACE_ELEM;
    case WR__WORD_DATA:
      return WR__SPACE_DATA;
    default:
      return WR__SPACE_COUNT;
  }
}

/* Does a form with this word stand directly in the form at `open`? */
static bool holds_form(const wr__parser *p, uint32_t open, unsigned word) {
  uint32_t end = p->tokens[open].size;
  for (uint32_t i = open + 1; i < end; i++) {
    if (p->tokens[i].kind != WR__TOK_OPEN) continue;
    if (p->tokens[i + 1].kind == WR__TOK_WORD && p->tokens[i + 1].word == word) return true;
    i = p->tokens[i].size;
  }
  return false;
}

static wr_status bind_rec(wr__parser *p, uint32_t open) {
  uint32_t end = p->tokens[open].size;
  for (uint32_t i = open + 2; i < end && p->tokens[i].kind == WR__TOK_OPEN;
       i = p->tokens[i].size + 1)
    WR_TRY(bind_entry(p, i + 2, WR__SPACE_TYPE));
  return WR_OK;
}

static wr_status bind_field(wr__parser *p, uint32_t open) {
  const wr__token *word = &p->tokens[open + 1];
  if (word->kind == WR__TOK_WORD && word->word == WR__WORD_REC) return bind_rec(p, open);
  if (word->kind == WR__TOK_WORD && word->word == WR__WORD_IMPORT) {
    /* (import "module" "name" (func $id … */
    wr__space space = space_of(&p->tokens[open + 5]);
    return space < WR__SPACE_ELEM ? bind_entry(p, open + 6, space) : WR_OK;
  }
  wr__space space = space_of(word);
  if (space == WR__SPACE_COUNT) return WR_OK;
  WR_TRY(bind_entry(p, open + 2, space));
  /* Segments within a table or a memory take an index of their own. */
  if (space == WR__SPACE_TABLE && holds_form(p, open, WR__WORD_ELEM)) p->counts[WR__SPACE_ELEM]++;
  if (space == WR__SPACE_MEMORY && holds_form(p, open, WR__WORD_DATA)) p->counts[WR__SPACE_DATA]++;
  return WR_OK;
}

wr_status wr__parse_bind_fields(wr__parser *p, uint32_t first, uint32_t end) {
  for (uint32_t i = first; i < end && p->tokens[i].kind == WR__TOK_OPEN; i = p->tokens[i].size + 1)
    WR_TRY(bind_field(p, i));
  return WR_OK;
}
