/* Tokens of the text format. Spec: text/lexical.
 *
 * A token is a place in the text and what it is; nothing is copied. Keywords carry their number
 * (an instruction's wr__op, or a wr__word above all of those), so the parser never compares text.
 */
#ifndef WR__TEXT_LEXER_H
#define WR__TEXT_LEXER_H

#include "base/base.h"
#include "opcodes/opcodes.h"

/* The words of the text format that are no instructions: C name and text. */
/* clang-format off */
#define WR__WORDS(X)                                                               \
  X(MODULE, "module")                            X(TYPE, "type")                   \
  X(FUNC, "func")                                X(TABLE, "table")                 \
  X(MEMORY, "memory")                            X(TAG, "tag")                     \
  X(GLOBAL, "global")                            X(EXPORT, "export")               \
  X(IMPORT, "import")                            X(START, "start")                 \
  X(ELEM, "elem")                                X(DATA, "data")                   \
  X(PARAM, "param")                              X(RESULT, "result")               \
  X(LOCAL, "local")                              X(REC, "rec")                     \
  X(SUB, "sub")                                  X(FINAL, "final")                 \
  X(STRUCT, "struct")                            X(ARRAY, "array")                 \
  X(FIELD, "field")                              X(MUT, "mut")                     \
  X(REF, "ref")                                  X(NULL, "null")                   \
  X(ITEM, "item")                                X(OFFSET, "offset")               \
  X(DECLARE, "declare")                          X(THEN, "then")                   \
  X(DO, "do")                                    X(SHARED, "shared")               \
  X(PAGESIZE, "pagesize")                        X(CATCH_REF, "catch_ref")         \
  X(CATCH_ALL_REF, "catch_all_ref")              X(I8, "i8")                       \
  X(I16, "i16")                                  X(I32, "i32")                     \
  X(I64, "i64")                                  X(F32, "f32")                     \
  X(F64, "f64")                                  X(V128, "v128")                   \
  X(I8X16, "i8x16")                              X(I16X8, "i16x8")                 \
  X(I32X4, "i32x4")                              X(I64X2, "i64x2")                 \
  X(F32X4, "f32x4")                              X(F64X2, "f64x2")                 \
  X(ANYREF, "anyref")                            X(EQREF, "eqref")                 \
  X(I31REF, "i31ref")                            X(STRUCTREF, "structref")         \
  X(ARRAYREF, "arrayref")                        X(NULLREF, "nullref")             \
  X(FUNCREF, "funcref")                          X(NULLFUNCREF, "nullfuncref")     \
  X(EXNREF, "exnref")                            X(NULLEXNREF, "nullexnref")       \
  X(EXTERNREF, "externref")                      X(NULLEXTERNREF, "nullexternref") \
  X(ANY, "any")                                  X(EQ, "eq")                       \
  X(I31, "i31")                                  X(NONE, "none")                   \
  X(NOFUNC, "nofunc")                            X(EXN, "exn")                     \
  X(NOEXN, "noexn")                              X(EXTERN, "extern")               \
  X(NOEXTERN, "noextern")                        X(BEFORE, "before")               \
  X(AFTER, "after")                              X(FIRST, "first")                 \
  X(LAST, "last")                                X(CODE, "code")                   \
  X(DATACOUNT, "datacount")                      X(BINARY, "binary")               \
  X(QUOTE, "quote")                              X(DEFINITION, "definition")       \
  X(INSTANCE, "instance")                        X(NAN_CANONICAL, "nan:canonical") \
  X(NAN_ARITHMETIC, "nan:arithmetic")            X(OFFSET_EQ, "offset=")           \
  X(ALIGN_EQ, "align=")
/* clang-format on */

typedef enum wr__word {
  WR__WORD_BEFORE_ALL_ = WR__OP_COUNT - 1,
#define X(name, text) WR__WORD_##name,
  WR__WORDS(X)
#undef X
      WR__WORD_END_,
  WR__WORD_UNKNOWN = 0xffff,
} wr__word;

typedef enum wr__tok {
  WR__TOK_END,
  WR__TOK_OPEN,
  WR__TOK_CLOSE,
  WR__TOK_STRING,
  WR__TOK_ID,   /* $name or $"name" */
  WR__TOK_WORD, /* a keyword; WR__WORD_UNKNOWN where it is none of ours */
  WR__TOK_NAT,  /* an unsigned integer */
  WR__TOK_INT,  /* a signed one */
  WR__TOK_FLOAT,
  WR__TOK_RESERVED, /* characters that make no token */
} wr__tok;

typedef struct wr__token {
  uint8_t kind;    /* wr__tok */
  uint16_t word;   /* wr__op or wr__word */
  uint32_t offset; /* in bytes */
  uint32_t size;   /* in bytes */
} wr__token;

/* An annotation that is given a meaning; all others are checked and forgotten. */
typedef enum wr__annot_kind {
  WR__ANNOT_CUSTOM,
  WR__ANNOT_NAME,
  WR__ANNOT_BRANCH_HINT
} wr__annot_kind;

typedef struct wr__annot {
  uint8_t kind;                         /* wr__annot_kind */
  bool used;                            /* the parser came to it at a place where it may stand */
  uint32_t offset;                      /* of its parenthesis, in bytes */
  uint32_t content_offset, content_end; /* what stands between its id and its end */
  uint32_t token;                       /* the token that follows it */
} wr__annot;

typedef struct wr__lexer {
  const char *text;
  uint32_t size;
  uint32_t at;
  wr_error *error;
  /* Where annotations of ours go; NULL to forget them. The caller frees the array. */
  wr__annot **annots;
  uint32_t *annot_count, *annot_capacity;
  uint32_t token_count; /* tokens given out so far: the next token's number */
} wr__lexer;

/* wr__lex_next: the next token, WR__TOK_END at the end of the text.
 * Errors WR_MALFORMED with line and column, WR_OUT_OF_MEMORY. */
wr_status wr__lex_next(wr__lexer *lexer, wr__token *token);

/* wr__text_fail: fills *error for a place in the text: the message, then the line with a caret
 * below the place. Returns the status. */
wr_status wr__text_fail(wr_error *error, wr_status status, const char *text, size_t size,
                        size_t offset, const char *format, ...) WR_PRINTF(6, 7);

/* The number of a keyword, or WR__WORD_UNKNOWN. */
uint16_t wr__word_lookup(const char *text, size_t size);
/* A keyword's text. */
const char *wr__word_text(uint16_t word);

/* What kind of number the text is: NAT, INT, FLOAT, or RESERVED for none. */
wr__tok wr__number_kind(const char *text, size_t size);
/* wr__number_int: an integer of `bits` bits, unsigned or (where it has a sign or fits) signed, as
 * its two's complement in *out. False where it is out of range. The text is a NAT or an INT. */
bool wr__number_int(const char *text, size_t size, unsigned bits, uint64_t *out);
/* wr__number_float: the IEEE 754 bits, correctly rounded. size_bytes is 4 or 8. False where it is
 * out of range or there is no memory. The text is a NAT, INT or FLOAT. */
bool wr__number_float(const char *text, size_t size, unsigned size_bytes, uint64_t *out);

/* wr__string_decode: the bytes of a string token, quotes and escapes resolved, to out, which has
 * room for as many bytes as the token; returns how many. */
size_t wr__string_decode(const char *text, size_t size, uint8_t *out);

#endif
