/* The text parser's state and what its files share.
 *
 * The text is lexed once into an array of tokens. Identifiers scope over the whole module, so the
 * fields are visited three times: to bind identifiers (parse_bind.c), to write the types
 * (parse_types.c), and to write everything else in the order of the text (parse_fields.c,
 * parse_instr.c). Nothing recurses on nesting: what nests in the text is on explicit stacks.
 * Spec: text. */
#ifndef WR__TEXT_PARSER_H
#define WR__TEXT_PARSER_H

#include "base/buffer.h"
#include "text/lexer.h"
#include "text/symbols.h"

/* Tokens behind the last one, all WR__TOK_END, so that looking ahead needs no check. */
enum { WR__LOOKAHEAD = 8 };

/* The sections of a binary module that the parser fills. */
typedef enum wr__text_section {
  WR__SECTION_TYPE,
  WR__SECTION_IMPORT,
  WR__SECTION_FUNC,
  WR__SECTION_TABLE,
  WR__SECTION_MEMORY,
  WR__SECTION_TAG,
  WR__SECTION_GLOBAL,
  WR__SECTION_EXPORT,
  WR__SECTION_START,
  WR__SECTION_ELEM,
  WR__SECTION_DATACOUNT,
  WR__SECTION_CODE,
  WR__SECTION_DATA,
  WR__SECTION_COUNT,
} wr__text_section;

typedef struct wr__section_out {
  wr__buffer bytes;
  uint32_t count; /* of entries */
} wr__section_out;

/* A defined type. */
typedef struct wr__type_out {
  wr__span comp;        /* the composite type as encoded, in the arena */
  uint32_t param_count; /* of a function type */
  bool is_func;
} wr__type_out;

/* A name for the name section. */
typedef struct wr__name_out {
  uint8_t space;  /* wr__space */
  uint32_t outer; /* the function of a local, the type of a field */
  uint32_t index;
  wr__span name;
} wr__name_out;

/* A custom section from an annotation. */
typedef struct wr__custom_out {
  uint32_t place; /* section * 2 (before) or section * 2 + 1 (after) */
  wr__span name, content;
} wr__custom_out;

typedef struct wr__hint_out {
  uint32_t func_index, offset;
  uint8_t value;
} wr__hint_out;

/* Where bytes of a section came from, from this offset in it on. */
typedef struct wr__place {
  uint8_t section; /* wr__text_section */
  size_t offset;
  uint32_t token;
} wr__place;

typedef struct wr__arena_chunk {
  struct wr__arena_chunk *next;
  size_t used, capacity;
  uint8_t data[];
} wr__arena_chunk;

typedef struct wr__reftype {
  bool nullable;
  int64_t heap; /* as the binary format's s33: an abstract heap type below 0, else a type index */
} wr__reftype;

/* An open construct of an instruction sequence; parse_instr.c. */
typedef struct wr__frame {
  uint8_t kind;
  uint8_t state;
  uint16_t op;
  uint32_t pending;  /* where its deferred instruction begins in parser->pending */
  uint32_t hint;     /* its branch hint plus 1, or 0 */
  bool labelled;     /* it holds a label */
  wr__span label;    /* the label's identifier; data NULL where it has none */
  wr__span name;     /* for the name section: that, or what an annotation says */
  uint32_t shadowed; /* what the name meant outside */
  uint32_t token;    /* where it opens */
} wr__frame;

typedef struct wr__parser {
  const char *text;
  uint32_t size;
  wr_error *error;

  wr__token *tokens;
  uint32_t token_count, token_capacity; /* token_count counts without the ends */
  uint32_t at;                          /* the current token */
  wr__annot *annots;
  uint32_t annot_count, annot_capacity;

  bool is_component; /* whose words are not all in the lexer's table */
  wr__arena_chunk *arena;
  wr__symbols symbols;
  uint32_t counts[WR__SPACE_COUNT]; /* entries bound so far (parse_bind.c) */
  uint32_t next[WR__SPACE_COUNT];   /* entries written so far */
  wr__space first_definition; /* of what the first definition was; WR__SPACE_COUNT: none yet */

  wr__section_out sections[WR__SECTION_COUNT];
  bool has_start, needs_datacount;
  wr__type_out *types;
  uint32_t type_count, type_capacity;
  wr__symbols type_by_shape; /* simple function types by their encoding */
  uint32_t group_start;      /* while types are written: the group's first index */
  bool refers_to_group;

  wr__name_out *names;
  uint32_t name_count, name_capacity;
  wr__span module_name;
  wr__custom_out *customs;
  uint32_t custom_count, custom_capacity;
  wr__hint_out *hints;
  uint32_t hint_count, hint_capacity;

  /* Only while a place is looked for (locate.c). */
  bool placing;
  wr__place *places;
  uint32_t place_count, place_capacity;
  size_t section_starts[WR__SECTION_COUNT]; /* of their entries, in the binary */

  /* Instructions. */
  wr__buffer *out; /* where they go */
  wr__buffer body, pending, scratch, params, results;
  wr__frame *frames;
  uint32_t frame_count, frame_capacity;
  uint32_t label_depth;
  uint32_t block_count; /* of the function, so far */
  uint32_t scope;       /* of locals and labels */
  uint32_t func_index;  /* whose body is being written; WR_NO_INDEX in constant expressions */
} wr__parser;

/* ---- parse_tokens.c: tokens, errors, names -------------------------------------------- */

static inline const wr__token *wr__parse_token(const wr__parser *p) { return &p->tokens[p->at]; }
static inline bool wr__parse_is(const wr__parser *p, wr__tok kind) {
  return p->tokens[p->at].kind == kind;
}
static inline bool wr__parse_is_word(const wr__parser *p, unsigned word) {
  return p->tokens[p->at].kind == WR__TOK_WORD && p->tokens[p->at].word == word;
}
/* Is the current token `(` and the next one this word? */
static inline bool wr__parse_is_form(const wr__parser *p, unsigned word) {
  return p->tokens[p->at].kind == WR__TOK_OPEN && p->tokens[p->at + 1].kind == WR__TOK_WORD &&
         p->tokens[p->at + 1].word == word;
}
static inline const char *wr__parse_text(const wr__parser *p, const wr__token *token) {
  return p->text + token->offset;
}

wr_status wr__parse_fail(wr__parser *p, uint32_t token, const char *format, ...) WR_PRINTF(3, 4);
/* Fails at the current token: "unexpected token", or "unknown operator" where it is no token of the
 * language. expected completes "expected …". */
wr_status wr__parse_unexpected(wr__parser *p, const char *expected);
wr_status wr__parse_oom(wr__parser *p);
wr_status wr__parse_open(wr__parser *p, unsigned word); /* `(` and a word */
wr_status wr__parse_close(wr__parser *p);
/* Takes the word if it stands here. */
bool wr__parse_take_word(wr__parser *p, unsigned word);

void *wr__parse_alloc(wr__parser *p, size_t size); /* from the arena; NULL when out of memory */
wr_status wr__parse_string(wr__parser *p, wr__span *out); /* decoded */
wr_status wr__parse_name(wr__parser *p, wr__span *out);   /* the same, checked to be UTF-8 */
/* Strings until something else comes, one after the other. */
wr_status wr__parse_data_strings(wr__parser *p, wr__buffer *out);
/* The name of an ID token, without its dollar. */
wr_status wr__parse_id_name(wr__parser *p, uint32_t token, wr__span *out);
wr_status wr__parse_u32(wr__parser *p, uint32_t *out);
wr_status wr__parse_u64(wr__parser *p, uint64_t *out);
/* An index or a symbolic identifier of a space; scope is WR__SPACE_FIELD's type. */
wr_status wr__parse_index(wr__parser *p, wr__space space, uint32_t scope, uint32_t *out);
bool wr__parse_at_index(const wr__parser *p);
/* What messages call an entry of a space. */
const char *wr__space_word(wr__space space);

/* ---- parse_bind.c ------------------------------------------------------------------------- */

/* Binds the identifiers of the fields from token `first` up to `end`. */
wr_status wr__parse_bind_fields(wr__parser *p, uint32_t first, uint32_t end);
/* Binds one identifier; "duplicate …" where it is taken. */
wr_status wr__parse_bind_id(wr__parser *p, uint32_t token, wr__space space, uint32_t scope,
                            uint32_t index);

/* ---- parse_types.c --------------------------------------------------------------------------- */

wr_status wr__parse_valtype(wr__parser *p, wr__buffer *out);
wr_status wr__parse_reftype(wr__parser *p, wr__reftype *out);
wr_status wr__parse_heaptype(wr__parser *p, int64_t *out);
void wr__write_reftype(wr__buffer *out, wr__reftype type);
bool wr__parse_at_reftype(const wr__parser *p);
/* An index without a type that is written: an alias of a component's type. */
wr_status wr__parse_reserve_type(wr__parser *p);
/* Writes the (type …) or (rec …) at the current token. */
wr_status wr__parse_type_field(wr__parser *p);

typedef enum wr__typeuse_mode {
  WR__TYPEUSE_BIND,    /* parameters are locals of p->scope */
  WR__TYPEUSE_ANY_IDS, /* parameters may have names, which mean nothing */
  WR__TYPEUSE_NO_IDS,
} wr__typeuse_mode;
typedef struct wr__typeuse {
  bool has_type;                          /* (type x) was given */
  uint32_t type_index;                    /* where it was, or where `settle` made it */
  uint32_t param_count;                   /* of the type */
  uint32_t inline_params, inline_results; /* what p->params and p->results hold */
} wr__typeuse;
/* Parses a type use; with settle, finds or adds the type that inline parameters and results ask
 * for. */
wr_status wr__parse_typeuse(wr__parser *p, wr__typeuse_mode mode, bool settle, wr__typeuse *out);
/* Finds or adds the type of p->params and p->results, and puts its index into use->type_index. */
wr_status wr__parse_settle_typeuse(wr__parser *p, wr__typeuse *use);

/* ---- parse_instr.c ------------------------------------------------------------------------------
 */

/* Instructions up to an unmatched `)` or the end of the text, and the `end` opcode. */
wr_status wr__parse_expr(wr__parser *p, wr__buffer *out);
/* One folded instruction, and the `end` opcode. */
wr_status wr__parse_folded_expr(wr__parser *p, wr__buffer *out);
/* The immediates of an instruction and the instruction itself. op may become a relative of the one
 * that the keyword names. */
wr_status wr__parse_plain(wr__parser *p, uint16_t op);
/* A label's index as seen from the innermost label. */
wr_status wr__parse_label(wr__parser *p, uint32_t *out);
void wr__write_op(wr__buffer *out, uint16_t op);

/* ---- parse_fields.c
 * ------------------------------------------------------------------------------- */

/* The external type behind an import's identifier; of tables, memories, globals and tags. */
wr_status wr__parse_externtype(wr__parser *p, wr__space space, wr__buffer *out);
/* Writes the field at the current token; types are passed over. */
wr_status wr__parse_field(wr__parser *p);

/* ---- parse_annot.c
 * ---------------------------------------------------------------------------------- */

/* The @name annotation before the current token, if there is one: out->data is NULL where not. */
wr_status wr__annot_name(wr__parser *p, const char *what, wr__span *out);
/* Passes an optional identifier and name annotation. name: what the name section gets, the
 * annotation's if there is one. data is NULL of what is not there. */
wr_status wr__parse_names(wr__parser *p, wr__space space, wr__span *id, wr__span *name);
/* Notes a name for the name section, unless its data is NULL. */
wr_status wr__parse_add_name(wr__parser *p, wr__space space, uint32_t outer, uint32_t index,
                             wr__span name);
/* Both, for a binding. */
wr_status wr__parse_binding(wr__parser *p, wr__space space, uint32_t outer, uint32_t index);
/* Takes the @custom annotations before the current token. */
wr_status wr__annot_customs(wr__parser *p);
/* The branch hint before the current token plus 1, or 0. */
wr_status wr__annot_hint(wr__parser *p, uint32_t *hint);
/* Fails for an annotation that stood where it may not. */
wr_status wr__annot_check_used(wr__parser *p);

/* ---- locate.c: where things of the binary stand in the text
 * ----------------------------------------------------------------------------------------- */

/* The instruction of the token is about to be written to p->out. */
wr_status wr__place_instr(wr__parser *p, uint32_t token);
/* The places since `first` become those of a body that now ends the code section. */
void wr__place_body(wr__parser *p, uint32_t first);
/* wr__parse_field and wr__parse_type_field, whose bytes get the field's first token as their place.
 */
wr_status wr__place_field(wr__parser *p, wr_status (*parse)(wr__parser *p));

/* ---- assemble.c
 * ---------------------------------------------------------------------------------------- */

/* Puts the module together from its sections. */
void wr__assemble(wr__parser *p, wr__buffer *out);

/* ---- The whole
 * ------------------------------------------------------------------------------------------ */

/* wr__text_parse: as wr_text_to_binary, into a buffer. */
wr_status wr__text_parse(const char *text, size_t size, wr__buffer *out, wr_error *error);
/* wr__text_print: as wr_binary_print. */
wr_status wr__text_print(const void *bytes, size_t size, const wr_print_options *options,
                         wr_text_write write, void *context, wr_error *error);
/* The same in pieces, for who wants to see the parser: it is freed also where the parsing fails. */
wr_status wr__parser_run(wr__parser *p, const char *text, size_t size, wr__buffer *out,
                         wr_error *error);
void wr__parser_free(wr__parser *p);
/* A parser over the tokens of another, for a module inside a component. */
void wr__parser_share(wr__parser *p, const wr__parser *other);
void wr__parser_free_shared(wr__parser *p);
/* The fields from the current token to the token `end`, which stays, as a module. */
wr_status wr__parse_module_fields(wr__parser *p, uint32_t end, wr__buffer *out);

#endif
