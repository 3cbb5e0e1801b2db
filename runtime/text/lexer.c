/* The lexer: text to tokens, one at a time, without recursion (block comments and
 * annotations nest by a counter). Every byte of the text is looked at once and is checked to be
 * UTF-8. Spec: text/lexical. */
#include "text/lexer.h"

/* What a character may be part of. */
enum { IDCHAR = 1, RESERVED = 2, SPACE = 4 };

static const uint8_t char_classes[256] = {
    ['\t'] = SPACE,         ['\n'] = SPACE,         ['\r'] = SPACE,         [' '] = SPACE,
    ['0' ... '9'] = IDCHAR, ['A' ... 'Z'] = IDCHAR, ['a' ... 'z'] = IDCHAR, ['!'] = IDCHAR,
    ['#'] = IDCHAR,         ['$'] = IDCHAR,         ['%'] = IDCHAR,         ['&'] = IDCHAR,
    ['\''] = IDCHAR,        ['*'] = IDCHAR,         ['+'] = IDCHAR,         ['-'] = IDCHAR,
    ['.'] = IDCHAR,         ['/'] = IDCHAR,         [':'] = IDCHAR,         ['<'] = IDCHAR,
    ['='] = IDCHAR,         ['>'] = IDCHAR,         ['?'] = IDCHAR,         ['@'] = IDCHAR,
    ['\\'] = IDCHAR,        ['^'] = IDCHAR,         ['_'] = IDCHAR,         ['`'] = IDCHAR,
    ['|'] = IDCHAR,         ['~'] = IDCHAR,         [','] = RESERVED,       [';'] = RESERVED,
    ['['] = RESERVED,       [']'] = RESERVED,       ['{'] = RESERVED,       ['}'] = RESERVED,
};

static bool is_class(char c, unsigned classes) { return char_classes[(uint8_t)c] & classes; }

static wr_status fail_at(const wr__lexer *lexer, uint32_t offset, const char *message) {
  return wr__text_fail(lexer->error, WR_MALFORMED, lexer->text, lexer->size, offset, "%s", message);
}

/* The character at `at`, or NUL at the end. */
static char peek(const wr__lexer *lexer, uint32_t ahead) {
  return lexer->size - lexer->at > ahead ? lexer->text[lexer->at + ahead] : 0;
}

/* The length of the UTF-8 sequence at the lexer's place, 0 where it is malformed. */
static uint32_t utf8_length(const wr__lexer *lexer) {
  const uint8_t *p = (const uint8_t *)lexer->text + lexer->at;
  uint32_t length = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
  if (length > lexer->size - lexer->at || !wr__utf8_valid(p, length)) return 0;
  return length;
}

/* Passes over one character of a comment or a string. */
static wr_status pass_char(wr__lexer *lexer) {
  uint32_t length = utf8_length(lexer);
  if (!length) return fail_at(lexer, lexer->at, "malformed UTF-8 encoding");
  lexer->at += length;
  return WR_OK;
}

static wr_status pass_line_comment(wr__lexer *lexer) {
  while (lexer->at < lexer->size && peek(lexer, 0) != '\n' && peek(lexer, 0) != '\r')
    WR_TRY(pass_char(lexer));
  return WR_OK;
}

static wr_status pass_block_comment(wr__lexer *lexer) {
  uint32_t start = lexer->at;
  uint64_t depth = 0;
  do {
    if (lexer->at >= lexer->size) return fail_at(lexer, start, "unclosed comment");
    if (peek(lexer, 0) == '(' && peek(lexer, 1) == ';') {
      depth++;
      lexer->at += 2;
    } else if (peek(lexer, 0) == ';' && peek(lexer, 1) == ')') {
      depth--;
      lexer->at += 2;
    } else {
      WR_TRY(pass_char(lexer));
    }
  } while (depth);
  return WR_OK;
}

static bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static uint32_t hex_value(char c) { return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

/* \u{…}: the lexer stands behind the `u`. Spec: text/values, strings. */
static wr_status pass_unicode_escape(wr__lexer *lexer, uint32_t start) {
  uint32_t value = 0;
  if (peek(lexer, 0) != '{' || !is_hex(peek(lexer, 1)))
    return fail_at(lexer, start, "illegal escape");
  lexer->at++;
  while (is_hex(peek(lexer, 0)) || (peek(lexer, 0) == '_' && is_hex(peek(lexer, 1)))) {
    if (peek(lexer, 0) != '_') value = value * 16 + hex_value(peek(lexer, 0));
    if (value >= 0x110000)
      return fail_at(lexer, start, "illegal escape: not a Unicode scalar value");
    lexer->at++;
  }
  if (peek(lexer, 0) != '}') return fail_at(lexer, start, "illegal escape");
  if (value >= 0xd800 && value < 0xe000)
    return fail_at(lexer, start, "illegal escape: not a Unicode scalar value");
  lexer->at++;
  return WR_OK;
}

static wr_status pass_escape(wr__lexer *lexer) {
  uint32_t start = lexer->at;
  char c = peek(lexer, 1);
  if (is_hex(c) && is_hex(peek(lexer, 2))) {
    lexer->at += 3;
    return WR_OK;
  }
  if (c && strchr("tnr\"'\\", c)) {
    lexer->at += 2;
    return WR_OK;
  }
  if (c == 'u') {
    lexer->at += 2;
    return pass_unicode_escape(lexer, start);
  }
  return fail_at(lexer, start, "illegal escape");
}

/* Passes over a string. empty_message is what a string broken by a line end or a control
 * character is called: identifiers and annotation ids have words of their own. */
static wr_status pass_string(wr__lexer *lexer, const char *broken_message) {
  uint32_t start = lexer->at++;
  for (;;) {
    if (lexer->at >= lexer->size || peek(lexer, 0) == '\n')
      return fail_at(lexer, start, broken_message ? broken_message : "unclosed string");
    char c = peek(lexer, 0);
    if (c == '"') break;
    if (c == '\\') {
      WR_TRY(pass_escape(lexer));
    } else if ((uint8_t)c < 0x20 || c == 0x7f) {
      return fail_at(lexer, lexer->at,
                     broken_message ? broken_message : "illegal control character in string");
    } else {
      WR_TRY(pass_char(lexer));
    }
  }
  lexer->at++;
  return WR_OK;
}

/* Fails for a character that starts nothing. */
static wr_status fail_char(const wr__lexer *lexer) {
  return fail_at(lexer, lexer->at,
                 utf8_length(lexer) ? "illegal character" : "malformed UTF-8 encoding");
}

/* Passes over what an annotation holds, to its closing parenthesis. Spec: text/lexical,
 * annotations. */
static wr_status pass_annot_content(wr__lexer *lexer, uint32_t start) {
  for (uint64_t depth = 1; depth;) {
    char c = peek(lexer, 0);
    if (lexer->at >= lexer->size) return fail_at(lexer, start, "unclosed annotation");
    if (c == '(' && peek(lexer, 1) == ';') {
      WR_TRY(pass_block_comment(lexer));
    } else if (c == ';' && peek(lexer, 1) == ';') {
      WR_TRY(pass_line_comment(lexer));
    } else if (c == '"') {
      WR_TRY(pass_string(lexer, NULL));
    } else if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : (uint64_t)-1;
      lexer->at++;
    } else if (is_class(c, IDCHAR | RESERVED | SPACE)) {
      lexer->at++;
    } else {
      return fail_char(lexer);
    }
  }
  return WR_OK;
}

/* The annotation id at the lexer's place, quotes included. */
static wr_status pass_annot_id(wr__lexer *lexer, uint32_t start, wr__span *id) {
  static const char empty[] = "empty annotation id";
  uint32_t id_start = lexer->at;
  if (peek(lexer, 0) == '"')
    WR_TRY(pass_string(lexer, empty));
  else
    while (lexer->at < lexer->size && is_class(peek(lexer, 0), IDCHAR)) lexer->at++;
  id->data = (const uint8_t *)lexer->text + id_start;
  id->size = lexer->at - id_start;
  if (!id->size || (id->data[0] == '"' && id->size == 2)) return fail_at(lexer, start, empty);
  return WR_OK;
}

static wr_status keep_annot(wr__lexer *lexer, wr__annot annot) {
  if (!lexer->annots) return WR_OK;
  uint32_t count = *lexer->annot_count;
  if (!wr__grow32(lexer->annots, lexer->annot_capacity, count + 1, sizeof annot))
    return wr__fail_oom(lexer->error);
  (*lexer->annots)[count] = annot;
  *lexer->annot_count = count + 1;
  return WR_OK;
}

/* (@id …), of which those that mean something to us are kept. */
static wr_status pass_annot(wr__lexer *lexer) {
  static const struct {
    const char *id;
    wr__annot_kind kind;
  } known[] = {{"custom", WR__ANNOT_CUSTOM},
               {"name", WR__ANNOT_NAME},
               {"metadata.code.branch_hint", WR__ANNOT_BRANCH_HINT}};
  uint32_t start = lexer->at;
  wr__span id;
  lexer->at += 2;
  WR_TRY(pass_annot_id(lexer, start, &id));
  uint8_t decoded[64];
  const uint8_t *name = id.data;
  size_t name_size = id.size;
  if (id.data[0] == '"') {
    /* A quoted id must be a name. One that is longer than the room here is none of ours. */
    name = decoded;
    name_size =
        id.size <= sizeof decoded ? wr__string_decode((const char *)id.data, id.size, decoded) : 0;
    if (!wr__utf8_valid(name, name_size)) return fail_at(lexer, start, "malformed UTF-8 encoding");
  }
  uint32_t content = lexer->at;
  WR_TRY(pass_annot_content(lexer, start));
  for (size_t i = 0; i < WR_ARRAY_COUNT(known); i++)
    if (name_size == strlen(known[i].id) && !memcmp(name, known[i].id, name_size))
      return keep_annot(lexer, (wr__annot){(uint8_t)known[i].kind, false, start, content,
                                           lexer->at - 1, lexer->token_count});
  return WR_OK;
}

static wr_status pass_space(wr__lexer *lexer) {
  while (lexer->at < lexer->size) {
    char c = lexer->text[lexer->at];
    if (is_class(c, SPACE))
      lexer->at++;
    else if (c == ';' && peek(lexer, 1) == ';')
      WR_TRY(pass_line_comment(lexer));
    else if (c == '(' && peek(lexer, 1) == ';')
      WR_TRY(pass_block_comment(lexer));
    else if (c == '(' && peek(lexer, 1) == '@')
      WR_TRY(pass_annot(lexer));
    else
      break;
  }
  return WR_OK;
}

/* Is the token $"…" and nothing more? */
static bool is_quoted_id(const char *text, uint32_t size, uint32_t strings) {
  return strings == 1 && size >= 3 && text[0] == '$' && text[1] == '"' && text[size - 1] == '"';
}

static wr_status check_quoted_id(const wr__lexer *lexer, const wr__token *token) {
  if (token->size == 3) return fail_at(lexer, token->offset, "empty identifier");
  return WR_OK;
}

static uint16_t find_word(const char *text, uint32_t size) {
  const char *equals = memchr(text, '=', size);
  if (equals && (equals - text == 6 || equals - text == 5)) {
    size_t head = (size_t)(equals - text) + 1;
    uint16_t word = wr__word_lookup(text, head);
    if ((word == WR__WORD_OFFSET_EQ || word == WR__WORD_ALIGN_EQ) && head < size)
      return wr__number_kind(text + head, size - head) == WR__TOK_NAT ? word : WR__WORD_UNKNOWN;
  }
  uint16_t word = wr__word_lookup(text, size);
  return word == WR__WORD_OFFSET_EQ || word == WR__WORD_ALIGN_EQ ? WR__WORD_UNKNOWN : word;
}

/* Says what a run of identifier characters is. */
static wr_status classify(const wr__lexer *lexer, wr__token *token) {
  const char *text = lexer->text + token->offset;
  if (text[0] == '$') {
    if (token->size == 1) return fail_at(lexer, token->offset, "empty identifier");
    token->kind = WR__TOK_ID;
    return WR_OK;
  }
  token->kind = (uint8_t)wr__number_kind(text, token->size);
  if (token->kind == WR__TOK_RESERVED && text[0] >= 'a' && text[0] <= 'z') {
    token->kind = WR__TOK_WORD;
    token->word = find_word(text, token->size);
  }
  return WR_OK;
}

/* A run of identifier characters, strings and reserved characters: the longest match is the token.
 */
static wr_status lex_run(wr__lexer *lexer, wr__token *token) {
  uint32_t strings = 0, start = lexer->at;
  bool plain = true;
  while (lexer->at < lexer->size) {
    char c = lexer->text[lexer->at];
    if (is_class(c, IDCHAR)) {
      lexer->at++;
    } else if (c == '"') {
      bool id = lexer->at == start + 1 && lexer->text[start] == '$';
      WR_TRY(pass_string(lexer, id ? "empty identifier" : NULL));
      strings++;
    } else if (is_class(c, RESERVED) && !(c == ';' && peek(lexer, 1) == ';')) {
      lexer->at++;
      plain = false;
    } else {
      break;
    }
  }
  token->size = lexer->at - start;
  const char *text = lexer->text + start;
  if (plain && !strings) return classify(lexer, token);
  token->kind = WR__TOK_RESERVED;
  if (!plain || strings != 1) return WR_OK;
  if (text[0] == '"' && text[token->size - 1] == '"') token->kind = WR__TOK_STRING;
  if (is_quoted_id(text, token->size, strings)) {
    token->kind = WR__TOK_ID;
    return check_quoted_id(lexer, token);
  }
  return WR_OK;
}

wr_status wr__lex_next(wr__lexer *lexer, wr__token *token) {
  WR_TRY(pass_space(lexer));
  *token =
      (wr__token){.kind = WR__TOK_END, .word = WR__WORD_UNKNOWN, .offset = lexer->at, .size = 0};
  lexer->token_count++;
  if (lexer->at >= lexer->size) return WR_OK;
  char c = lexer->text[lexer->at];
  if (c == '(' || c == ')') {
    token->kind = c == '(' ? WR__TOK_OPEN : WR__TOK_CLOSE;
    token->size = 1;
    lexer->at++;
    return WR_OK;
  }
  if (!is_class(c, IDCHAR | RESERVED) && c != '"') return fail_char(lexer);
  return lex_run(lexer, token);
}

/* The escape at text (behind the backslash), checked by the lexer; *used is its length. */
static size_t decode_escape(const char *text, uint8_t *out, size_t *used) {
  static const char letters[] = "tnr\"'\\", values[] = "\t\n\r\"'\\";
  *used = 1;
  if (is_hex(text[0]) && is_hex(text[1])) {
    *used = 2;
    out[0] = (uint8_t)(hex_value(text[0]) * 16 + hex_value(text[1]));
    return 1;
  }
  if (text[0] == 'u') {
    uint32_t value = 0;
    size_t at = 2;
    for (; text[at] != '}'; at++)
      if (text[at] != '_') value = value * 16 + hex_value(text[at]);
    *used = at + 1;
    return wr__utf8_put(out, value);
  }
  out[0] = (uint8_t)values[strchr(letters, text[0]) - letters];
  return 1;
}

size_t wr__string_decode(const char *text, size_t size, uint8_t *out) {
  size_t count = 0;
  for (size_t at = 1; at + 1 < size;) {
    if (text[at] != '\\') {
      out[count++] = (uint8_t)text[at++];
      continue;
    }
    size_t used;
    count += decode_escape(text + at + 1, out + count, &used);
    at += 1 + used;
  }
  return count;
}
