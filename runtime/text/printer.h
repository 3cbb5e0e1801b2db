/* The printer's state and what its files share. It reads a binary module that need only be
 * well-formed: indices may point anywhere, types need not fit. What it prints parses to the same
 * module but for custom sections. Spec: binary, text. */
#ifndef WR__TEXT_PRINTER_H
#define WR__TEXT_PRINTER_H

#include "base/buffer.h"
#include "reader/instr.h"
#include "text/lexer.h"
#include "text/symbols.h"

enum {
  /* A function's parameters and locals. More are not valid, and would make much text of few bytes.
   */
  WR__PRINT_MAX_LOCALS = 60000,
  /* A type use repeats the signature up to this many types; so the text is linear in the binary. */
  WR__PRINT_MAX_SIGNATURE = 64,
};

/* Bytes being read. */
typedef struct wr__cursor {
  const uint8_t *at, *end;
} wr__cursor;

/* A defined type. */
typedef struct wr__print_deftype {
  uint8_t kind; /* 0x60 function, 0x5f structure, 0x5e array */
  uint32_t param_count, result_count, field_count;
  wr__cursor params, results; /* the value types, encoded */
} wr__print_deftype;

typedef struct wr__print_name {
  uint32_t outer, index;
  bool is_id; /* else an annotation: it is empty, or another has it */
  wr__span name;
} wr__print_name;

typedef struct wr__print_names {
  wr__print_name *items; /* by outer and index */
  uint32_t count, capacity;
} wr__print_names;

typedef struct wr__print_hint {
  uint32_t func_index, offset;
  uint8_t value;
} wr__print_hint;

/* A section's contents; custom sections behind their name. */
typedef struct wr__print_section {
  uint8_t id;
  uint8_t after; /* custom: the section before it, by its place in the order of sections; 0: none */
  wr__span name;
  wr__cursor contents;
} wr__print_section;

/* What an instruction does to the operand stack, as far as can be told. */
typedef struct wr__print_effect {
  uint32_t operands, results;
} wr__print_effect;

typedef struct wr__print_label {
  uint16_t op; /* that opened it */
  uint32_t params, results;
  uint32_t index; /* in the order of the function's blocks; WR_NO_INDEX: the body's own */
} wr__print_label;

/* An instruction as text, with what is needed to place it. */
typedef struct wr__print_instr {
  uint16_t op;
  wr__print_effect effect;
  uint8_t hint; /* branch hint plus 1, or 0 */
} wr__print_instr;

typedef struct wr__printer {
  const uint8_t *bytes;
  size_t size;
  const uint8_t *origin; /* what offsets in messages count from: the file that bytes are part of */
  wr_error *error;
  wr_print_options options;
  wr_text_write write;
  void *context;
  wr__buffer out; /* printed and not yet written */

  wr__print_section *sections;
  uint32_t section_count, section_capacity;
  wr__print_deftype *types;
  uint32_t type_count, type_capacity;
  uint32_t *func_types; /* by function index: the type's */
  uint32_t func_count, func_capacity;
  uint32_t *tag_types;
  uint32_t tag_count, tag_capacity;
  uint32_t counts[WR__SPACE_COUNT]; /* of imports, then also of definitions printed so far */

  wr__print_names names[WR__SPACE_COUNT];
  wr__span module_name;
  wr__symbols used_names;
  wr__print_hint *hints;
  uint32_t hint_count, hint_capacity, next_hint;

  /* The expression being printed. */
  wr__instr_reader reader;
  wr__print_label *labels;
  uint32_t label_count, label_capacity;
  uint32_t block_count; /* so far */
  uint32_t func_index;  /* WR_NO_INDEX in constant expressions */
} wr__printer;

/* Is it a function type that is worth repeating? */
static inline bool wr__print_is_short(const wr__print_deftype *type) {
  return type && type->param_count <= WR__PRINT_MAX_SIGNATURE &&
         type->result_count <= WR__PRINT_MAX_SIGNATURE;
}

/* ---- print_read.c: bytes ------------------------------------------------------------------ */

wr_status wr__print_fail(wr__printer *p, const wr__cursor *c, const char *message);
wr_status wr__print_byte(wr__printer *p, wr__cursor *c, uint8_t *out);
wr_status wr__print_u32(wr__printer *p, wr__cursor *c, uint32_t *out);
wr_status wr__print_u64(wr__printer *p, wr__cursor *c, uint64_t *out);
wr_status wr__print_take(wr__printer *p, wr__cursor *c, size_t size, wr__span *out);
wr_status wr__print_take_name(wr__printer *p, wr__cursor *c, wr__span *out);
/* A name or bytes as a string with quotes. */
void wr__print_string(wr__buffer *out, wr__span bytes);
/* A line break and the indentation of a depth. */
void wr__print_line(wr__buffer *out, uint32_t depth);

/* Writes what has been printed, if it is a piece worth writing. */
wr_status wr__print_flush(wr__printer *p);
/* Writes all of it. */
wr_status wr__print_finish(wr__printer *p);

/* ---- print.c ---------------------------------------------------------------------------- */

/* wr__print_nested: prints a core module of a component, without a line break at the end.
 * origin  the first byte of the file.
 * id      the identifier that the component has for it, or none; it stands for the module's own
 *         name if that is the same.
 * head    what stands before the fields: "(core module $id (;0;)". */
wr_status wr__print_nested(wr__span module, const uint8_t *origin, wr__span id, const char *head,
                           const wr_print_options *options, wr_text_write write, void *context,
                           wr_error *error);
/* The type behind an import's kind, to p->out; kind is below 5. */
wr_status wr__print_core_externtype(wr__printer *p, wr__cursor *c, uint8_t kind);
void wr__print_free(wr__printer *p);

/* ---- component_print.c -------------------------------------------------------------------- */

/* Is it a component, of whatever version? */
bool wr__component_print_is(const uint8_t *bytes, size_t size);
wr_status wr__component_print(const void *bytes, size_t size, const wr_print_options *options,
                              wr_text_write write, void *context, wr_error *error);

/* ---- print_names.c -----------------------------------------------------------------------------
 */

/* Reads the names of one space, by index. *ok: the map was well-formed. */
wr_status wr__print_read_name_map(wr__printer *p, wr__cursor *c, wr__space space, bool *ok);
void wr__print_id(wr__buffer *out, wr__span name); /* " $name" */
/* Reads a name section; what is wrong with it only ends the reading. */
wr_status wr__print_read_names(wr__printer *p, wr__cursor contents);
wr_status wr__print_read_hints(wr__printer *p, wr__cursor contents, bool *ok);
/* NULL if there is none. */
const wr__print_name *wr__print_name_of(const wr__printer *p, wr__space space, uint32_t outer,
                                        uint32_t index);
/* " $name", or what else is known of the name; in a definition. */
void wr__print_binding(wr__printer *p, wr__buffer *out, wr__space space, uint32_t outer,
                       uint32_t index);
/* " $name" or " index"; in a use. */
void wr__print_index(wr__printer *p, wr__buffer *out, wr__space space, uint32_t outer,
                     uint32_t index);

/* ---- print_types.c
 * ------------------------------------------------------------------------------- */

/* Types as they were read (reader/types_in.h), with a space before them. */
void wr__print_heaptype(wr__printer *p, wr__buffer *out, uint32_t heap);
void wr__print_reftype(wr__printer *p, wr__buffer *out, wr_valtype type);
void wr__print_type(wr__printer *p, wr__buffer *out, wr_valtype type);
/* Reads a value or storage type, and prints it. */
wr_status wr__print_valtype(wr__printer *p, wr__cursor *c, wr__buffer *out);
/* " (param …) (result …)" of a function type; names of parameters where names_of is a function. */
wr_status wr__print_signature(wr__printer *p, const wr__print_deftype *type, uint32_t names_of,
                              wr__buffer *out);
/* The type section: what the types are, and with print their text. */
wr_status wr__print_types(wr__printer *p, wr__cursor contents, bool print);
/* One type or group of types, on the line that the caller began, "(prefix…": prefix is "core " or
 * nothing. */
wr_status wr__print_rectype(wr__printer *p, wr__cursor *c, uint32_t *index, const char *prefix,
                            uint32_t depth, wr__buffer *out);
/* Counts a type of which nothing is known. */
wr_status wr__print_skip_type(wr__printer *p);
/* The function type of an index, or NULL. */
const wr__print_deftype *wr__print_functype(const wr__printer *p, uint32_t type_index);

/* ---- print_instr.c
 * ---------------------------------------------------------------------------------- */

/* Reads one instruction and writes its text, without indentation, to out. Keeps the labels. */
wr_status wr__print_instr_text(wr__printer *p, wr__cursor *c, wr__buffer *out,
                               wr__print_instr *instr);
/* Begins an expression: its outermost label. */
wr_status wr__print_begin_expr(wr__printer *p, uint32_t results);
/* An expression up to its `end`, on one line: " instr instr". single tells whether it was one. */
wr_status wr__print_const_expr(wr__printer *p, wr__cursor *c, wr__buffer *out, uint32_t *count);

/* ---- print_fold.c
 * -------------------------------------------------------------------------------------- */

wr_status wr__print_folded_body(wr__printer *p, wr__cursor *c, const uint8_t *body_start);
void wr__print_write_hint(wr__buffer *out, uint8_t hint);
/* The hint for the instruction at an offset of the body, plus 1; 0 where there is none. */
uint8_t wr__print_take_hint(wr__printer *p, uint32_t offset);

/* ---- print_body.c
 * -------------------------------------------------------------------------------------- */

/* A function's instructions, a line each, or folded. */
wr_status wr__print_body(wr__printer *p, wr__cursor *c, const uint8_t *body_start);

#endif
