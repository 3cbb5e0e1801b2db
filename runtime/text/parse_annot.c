/* Annotations with a meaning: @name, @custom and branch hints. The lexer has noted where they
 * stand; the parser asks for them at each place where they are allowed, and one that nobody asked
 * for is misplaced. Spec: appendix/custom. */
#include "text/parser.h"

/* The index of the first annotation whose following token is `token` or later. */
static uint32_t first_annot(const wr__parser *p, uint32_t token) {
  uint32_t low = 0, high = p->annot_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (p->annots[middle].token < token)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static wr_status fail_annot(wr__parser *p, const wr__annot *annot, wr_status status,
                            const char *message) {
  return wr__text_fail(p->error, status, p->text, p->size, annot->offset, "%s", message);
}

/* A lexer for what stands inside an annotation. */
static wr__lexer content_lexer(const wr__parser *p, const wr__annot *annot) {
  return (wr__lexer){
      .text = p->text, .size = annot->content_end, .at = annot->content_offset, .error = p->error};
}

/* Decodes a string token into the arena. */
static wr_status content_string(wr__parser *p, const wr__token *token, wr__span *out) {
  uint8_t *bytes = wr__parse_alloc(p, token->size);
  if (!bytes) return wr__parse_oom(p);
  *out = (wr__span){bytes, wr__string_decode(p->text + token->offset, token->size, bytes)};
  return WR_OK;
}

/* ---- @name
 * --------------------------------------------------------------------------------------- */

static wr_status read_name(wr__parser *p, const wr__annot *annot, wr__span *out) {
  wr__lexer lexer = content_lexer(p, annot);
  wr__token string, end;
  wr__span name = {0};
  WR_TRY(wr__lex_next(&lexer, &string));
  if (string.kind != WR__TOK_STRING)
    return fail_annot(p, annot, WR_MALFORMED, "@name annotation: string expected");
  WR_TRY(wr__lex_next(&lexer, &end));
  if (end.kind != WR__TOK_END)
    return fail_annot(p, annot, WR_MALFORMED, "@name annotation: unexpected token");
  WR_TRY(content_string(p, &string, &name));
  if (!wr__utf8_valid(name.data, name.size))
    return fail_annot(p, annot, WR_MALFORMED, "@name annotation: malformed UTF-8 encoding");
  *out = name;
  return WR_OK;
}

wr_status wr__annot_name(wr__parser *p, const char *what, wr__span *out) {
  wr__span name = {NULL, 0};
  for (uint32_t i = first_annot(p, p->at); i < p->annot_count && p->annots[i].token == p->at; i++) {
    wr__annot *annot = &p->annots[i];
    if (annot->kind != WR__ANNOT_NAME) continue;
    if (name.data)
      return wr__text_fail(p->error, WR_MALFORMED, p->text, p->size, annot->offset,
                           "@name annotation: multiple %s names", what);
    WR_TRY(read_name(p, annot, &name));
    annot->used = true;
  }
  *out = name;
  return WR_OK;
}

/* ---- @custom
 * ------------------------------------------------------------------------------------------ */

/* The section that a placement names; WR__SECTION_COUNT where the word names none. */
static wr__text_section placed_section(const wr__token *token) {
  static const struct {
    uint16_t word;
    wr__text_section section;
  } sections[] = {{WR__WORD_TYPE, WR__SECTION_TYPE},
                  {WR__WORD_IMPORT, WR__SECTION_IMPORT},
                  {WR__WORD_FUNC, WR__SECTION_FUNC},
                  {WR__WORD_TABLE, WR__SECTION_TABLE},
                  {WR__WORD_MEMORY, WR__SECTION_MEMORY},
                  {WR__WORD_TAG, WR__SECTION_TAG},
                  {WR__WORD_GLOBAL, WR__SECTION_GLOBAL},
                  {WR__WORD_EXPORT, WR__SECTION_EXPORT},
                  {WR__WORD_START, WR__SECTION_START},
                  {WR__WORD_ELEM, WR__SECTION_ELEM},
                  {WR__WORD_CODE, WR__SECTION_CODE},
                  {WR__WORD_DATA, WR__SECTION_DATA},
                  {WR__WORD_DATACOUNT, WR__SECTION_DATACOUNT},
                  {WR__WORD_FIRST, WR__SECTION_TYPE},
                  {WR__WORD_LAST, WR__SECTION_DATA}};
  for (size_t i = 0; token->kind == WR__TOK_WORD && i < WR_ARRAY_COUNT(sections); i++)
    if (token->word == sections[i].word) return sections[i].section;
  return WR__SECTION_COUNT;
}

/* (before …) or (after …), behind its parenthesis. */
static wr_status read_place(wr__parser *p, const wr__annot *annot, wr__lexer *lexer,
                            uint32_t *place) {
  wr__token side, kind, close;
  WR_TRY(wr__lex_next(lexer, &side));
  bool before = side.kind == WR__TOK_WORD && side.word == WR__WORD_BEFORE;
  if (!before && !(side.kind == WR__TOK_WORD && side.word == WR__WORD_AFTER))
    return fail_annot(p, annot, WR_MALFORMED, "@custom annotation: malformed placement");
  WR_TRY(wr__lex_next(lexer, &kind));
  wr__text_section section = placed_section(&kind);
  bool only_before = kind.word == WR__WORD_FIRST, only_after = kind.word == WR__WORD_LAST;
  if (section == WR__SECTION_COUNT || (only_before && !before) || (only_after && before))
    return fail_annot(p, annot, WR_MALFORMED, "@custom annotation: malformed section kind");
  WR_TRY(wr__lex_next(lexer, &close));
  if (close.kind != WR__TOK_CLOSE)
    return fail_annot(p, annot, WR_MALFORMED, "@custom annotation: unexpected token");
  /* The very first and the very last place are beyond those at the outer sections. */
  *place = only_before  ? 0
           : only_after ? 2 * WR__SECTION_COUNT + 1
                        : 2 * (uint32_t)section + (before ? 1 : 2);
  return WR_OK;
}

static wr_status read_content(wr__parser *p, const wr__annot *annot, wr__lexer *lexer,
                              wr__token token, wr__span *content) {
  uint8_t *bytes = wr__parse_alloc(p, annot->content_end - annot->content_offset + 1);
  if (!bytes) return wr__parse_oom(p);
  size_t size = 0;
  while (token.kind == WR__TOK_STRING) {
    size += wr__string_decode(p->text + token.offset, token.size, bytes + size);
    WR_TRY(wr__lex_next(lexer, &token));
  }
  if (token.kind != WR__TOK_END)
    return fail_annot(p, annot, WR_MALFORMED, "@custom annotation: unexpected token");
  *content = (wr__span){bytes, size};
  return WR_OK;
}

static wr_status read_custom(wr__parser *p, const wr__annot *annot) {
  wr__lexer lexer = content_lexer(p, annot);
  wr__custom_out custom = {.place = 2 * WR__SECTION_COUNT + 1};
  wr__token token;
  WR_TRY(wr__lex_next(&lexer, &token));
  if (token.kind != WR__TOK_STRING)
    return fail_annot(p, annot, WR_MALFORMED, "@custom annotation: missing section name");
  WR_TRY(content_string(p, &token, &custom.name));
  if (!wr__utf8_valid(custom.name.data, custom.name.size))
    return fail_annot(p, annot, WR_MALFORMED, "@custom annotation: malformed UTF-8 encoding");
  WR_TRY(wr__lex_next(&lexer, &token));
  if (token.kind == WR__TOK_OPEN) {
    WR_TRY(read_place(p, annot, &lexer, &custom.place));
    WR_TRY(wr__lex_next(&lexer, &token));
  }
  WR_TRY(read_content(p, annot, &lexer, token, &custom.content));
  if (!wr__grow32(&p->customs, &p->custom_capacity, p->custom_count + 1, sizeof custom))
    return wr__parse_oom(p);
  p->customs[p->custom_count++] = custom;
  return WR_OK;
}

wr_status wr__annot_customs(wr__parser *p) {
  for (uint32_t i = first_annot(p, p->at); i < p->annot_count && p->annots[i].token == p->at; i++) {
    if (p->annots[i].kind != WR__ANNOT_CUSTOM) continue;
    WR_TRY(read_custom(p, &p->annots[i]));
    p->annots[i].used = true;
  }
  return WR_OK;
}

/* ---- @metadata.code.branch_hint
 * ---------------------------------------------------------------------------- */

static wr_status read_hint(wr__parser *p, const wr__annot *annot, uint32_t *hint) {
  wr__lexer lexer = content_lexer(p, annot);
  wr__token string, end;
  wr__span value = {NULL, 0};
  WR_TRY(wr__lex_next(&lexer, &string));
  WR_TRY(wr__lex_next(&lexer, &end));
  if (string.kind == WR__TOK_STRING) WR_TRY(content_string(p, &string, &value));
  if (end.kind != WR__TOK_END || value.size != 1 || value.data[0] > 1)
    return fail_annot(p, annot, WR_MALFORMED,
                      "@metadata.code.branch_hint annotation: expected \"\\00\" or \"\\01\"");
  *hint = value.data[0] + 1u;
  return WR_OK;
}

wr_status wr__annot_hint(wr__parser *p, uint32_t *hint) {
  *hint = 0;
  for (uint32_t i = first_annot(p, p->at); i < p->annot_count && p->annots[i].token == p->at; i++) {
    wr__annot *annot = &p->annots[i];
    if (annot->kind != WR__ANNOT_BRANCH_HINT) continue;
    if (*hint)
      return fail_annot(p, annot, WR_MALFORMED,
                        "@metadata.code.branch_hint annotation: duplicate annotation");
    WR_TRY(read_hint(p, annot, hint));
    const wr__token *target = &p->tokens[p->at];
    if (target->kind == WR__TOK_OPEN) target++;
    if (target->kind != WR__TOK_WORD || (target->word != WR__OP_if && target->word != WR__OP_br_if))
      return fail_annot(p, annot, WR_INVALID,
                        "@metadata.code.branch_hint annotation: invalid target");
    if (p->func_index == WR_NO_INDEX) continue;
    annot->used = true;
  }
  return WR_OK;
}

/* ---- Misplaced ones
 * ------------------------------------------------------------------------------------------- */

wr_status wr__annot_check_used(wr__parser *p) {
  static const char *const messages[] = {
      [WR__ANNOT_CUSTOM] = "misplaced @custom annotation",
      [WR__ANNOT_NAME] = "misplaced @name annotation",
      [WR__ANNOT_BRANCH_HINT] = "@metadata.code.branch_hint annotation: not in a function"};
  for (uint32_t i = 0; i < p->annot_count; i++)
    if (!p->annots[i].used)
      return fail_annot(p, &p->annots[i], WR_MALFORMED, messages[p->annots[i].kind]);
  return WR_OK;
}

wr_status wr__parse_names(wr__parser *p, wr__space space, wr__span *id, wr__span *name) {
  *id = (wr__span){NULL, 0};
  if (wr__parse_is(p, WR__TOK_ID)) {
    WR_TRY(wr__parse_id_name(p, p->at, id));
    p->at++;
  }
  WR_TRY(wr__annot_name(p, wr__space_word(space), name));
  if (!name->data) *name = *id;
  return WR_OK;
}

wr_status wr__parse_add_name(wr__parser *p, wr__space space, uint32_t outer, uint32_t index,
                             wr__span name) {
  if (!name.data) return WR_OK;
  if (!wr__grow32(&p->names, &p->name_capacity, p->name_count + 1, sizeof *p->names))
    return wr__parse_oom(p);
  p->names[p->name_count++] = (wr__name_out){(uint8_t)space, outer, index, name};
  return WR_OK;
}

wr_status wr__parse_binding(wr__parser *p, wr__space space, uint32_t outer, uint32_t index) {
  wr__span id, name;
  WR_TRY(wr__parse_names(p, space, &id, &name));
  return wr__parse_add_name(p, space, outer, index, name);
}
