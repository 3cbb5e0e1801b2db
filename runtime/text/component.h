/* The parser of components in the text format: its state and what its files share.
 *
 * One pass, in the order of the text: a definition refers to what was defined before it alone. An
 * item is written to a buffer of its own, and what it needs in addition (anonymous types, aliases
 * of its inline references and of outer scopes) is written to the scope before it. Core modules,
 * and core types inside module types, are written by the module parser over the same tokens. Spec:
 * component-model/Explainer, grammar. */
#ifndef WR__TEXT_COMPONENT_H
#define WR__TEXT_COMPONENT_H

#include "text/parser.h"

enum { WR__TEXT_MAX_NESTING = 100 };

/* Index spaces. */
typedef enum wr__csort_text {
  WR__TSORT_CORE_FUNC,
  WR__TSORT_CORE_TABLE,
  WR__TSORT_CORE_MEMORY,
  WR__TSORT_CORE_GLOBAL,
  WR__TSORT_CORE_TAG,
  WR__TSORT_CORE_TYPE,
  WR__TSORT_CORE_MODULE,
  WR__TSORT_CORE_INSTANCE,
  WR__TSORT_FUNC,
  WR__TSORT_VALUE,
  WR__TSORT_TYPE,
  WR__TSORT_COMPONENT,
  WR__TSORT_INSTANCE,
  WR__TSORT_COUNT
} wr__csort_text;

/* Sections of a component. */
enum {
  WR__CSECTION_CORE_MODULE = 1,
  WR__CSECTION_CORE_INSTANCE,
  WR__CSECTION_CORE_TYPE,
  WR__CSECTION_COMPONENT,
  WR__CSECTION_INSTANCE,
  WR__CSECTION_ALIAS,
  WR__CSECTION_TYPE,
  WR__CSECTION_CANON,
  WR__CSECTION_START,
  WR__CSECTION_IMPORT,
  WR__CSECTION_EXPORT
};

typedef enum wr__tscope_kind {
  WR__TSCOPE_COMPONENT,
  WR__TSCOPE_COMPONENT_TYPE,
  WR__TSCOPE_INSTANCE_TYPE,
  WR__TSCOPE_MODULE_TYPE,
} wr__tscope_kind;

typedef struct wr__tscope wr__tscope;
struct wr__tscope {
  wr__tscope *parent;
  uint8_t kind; /* wr__tscope_kind */
  uint32_t id;  /* of its identifiers */
  wr__span name;
  uint32_t counts[WR__TSORT_COUNT];
  wr__buffer out;      /* sections; declarators of a type */
  uint32_t decl_count; /* of a type */
  wr__buffer items;    /* of the section that is being written */
  uint32_t item_count;
  uint8_t section;     /* its id, or 0 */
  wr__parser *core;    /* writes core types; made at the first */
  size_t core_written; /* bytes of its type section that are in `out` */
};

/* A buffer of the pool. */
typedef struct wr__titem {
  wr__buffer bytes; /* first: what is handed out */
  struct wr__titem *next_free, *next;
} wr__titem;

typedef struct wr__ctext {
  wr__parser *p; /* tokens, symbols, memory */
  wr__tscope *scope;
  uint32_t scope_count, depth;
  wr__titem *items, *free_items; /* all; those that are not in use */
  wr__buffer broken;             /* stands for one that there is no memory for */
} wr__ctext;

/* ---- component.c ---------------------------------------------------------------------- */

/* (component …) at the current token, to out: a binary component. */
wr_status wr__component_text_parse(wr__parser *p, wr__buffer *out);
wr_status wr__ctext_component(wr__ctext *c, wr__buffer *out, uint32_t end);
/* Fails at the current token. */
wr_status wr__ctext_unsupported(wr__ctext *c, uint32_t token, const char *what,
                                const char *feature);
/* What is written directly before the definition of a sort: (export "x")* and (import "x"). */
typedef struct wr__inline_names {
  uint32_t id;                         /* its token, or WR_NO_INDEX */
  uint32_t first_export, export_count; /* token of the first */
  uint32_t import_name;                /* token of the name, or WR_NO_INDEX */
} wr__inline_names;
wr_status wr__ctext_inline_names(wr__ctext *c, wr__inline_names *out);

/* ---- component_scope.c ---------------------------------------------------------------- */

bool wr__ctext_is_word(const wr__ctext *c, uint32_t token, const char *word);
static inline bool wr__ctext_at_word(const wr__ctext *c, const char *word) {
  return wr__ctext_is_word(c, c->p->at, word);
}
static inline bool wr__ctext_at_form(const wr__ctext *c, const char *word) {
  return wr__parse_is(c->p, WR__TOK_OPEN) && wr__ctext_is_word(c, c->p->at + 1, word);
}
/* (core WORD */
bool wr__ctext_at_core_form(const wr__ctext *c, const char *word);
wr_status wr__ctext_open(wr__ctext *c, const char *word); /* `(` and a word */
wr_status wr__ctext_enter(wr__ctext *c, wr__tscope *scope, uint8_t kind, wr__span name);
void wr__ctext_leave(wr__ctext *c, wr__tscope *scope);
/* An empty buffer, which wr__ctext_add and wr__ctext_release take back; after a failure nobody has
 * to. */
wr__buffer *wr__ctext_item(wr__ctext *c);
void wr__ctext_release(wr__ctext *c, wr__buffer *item);
void wr__ctext_free_items(wr__ctext *c);
/* Writes an item to the scope: as a section's entry, or as a declarator; and releases it. */
wr_status wr__ctext_add(wr__ctext *c, uint8_t section, wr__buffer *item);
/* Closes the section that is being written. */
void wr__ctext_flush(wr__tscope *scope);
/* The next index of a sort; binds the identifier of the token, if there is one. */
wr_status wr__ctext_bind(wr__ctext *c, uint32_t id_token, uint8_t sort, uint32_t *index);
/* Takes an identifier: its token, or WR_NO_INDEX. */
uint32_t wr__ctext_take_id(wr__ctext *c);
const char *wr__ctext_sort_word(uint8_t sort);
void wr__ctext_write_sort(wr__buffer *out, uint8_t sort);

/* ---- component_refs.c ------------------------------------------------------------------ */

/* An index or identifier of a sort, of this scope or an outer one. */
wr_status wr__ctext_idx(wr__ctext *c, uint8_t sort, uint32_t *out);
/* The same, or (sort idx) or (sort idx "name"+). With core_word, core sorts are written (core sort
 * …) in parentheses. */
wr_status wr__ctext_ref(wr__ctext *c, uint8_t sort, bool core_word, uint32_t *out);
bool wr__ctext_at_ref(const wr__ctext *c);
/* (type idx) or (type idx "name"…), and no definition of a type. */
bool wr__ctext_at_typeuse(const wr__ctext *c);
/* (sort idx "name"*), whatever the sort: component sorts and (core module …). */
wr_status wr__ctext_extern_ref(wr__ctext *c, uint8_t *sort, uint32_t *index);
/* The same among core sorts, without the word core. */
wr_status wr__ctext_core_extern_ref(wr__ctext *c, uint8_t *sort, uint32_t *index);
/* The words of a sort: func, core module, …. */
wr_status wr__ctext_sort(wr__ctext *c, uint8_t *sort);
wr_status wr__ctext_alias(wr__ctext *c); /* (alias …) */
/* (alias …) as the content of a definition of that sort. */
wr_status wr__ctext_alias_target(wr__ctext *c, uint8_t sort, uint32_t id_token, uint32_t *index);
/* The scope that `alias outer` names, and how many scopes out it is. */
wr_status wr__ctext_outer(wr__ctext *c, wr__tscope **scope, uint32_t *count);
/* The name of an import or export with its attributes, as nameattributes. */
wr_status wr__ctext_extern_name(wr__ctext *c, wr__buffer *out);

/* ---- component_types.c ------------------------------------------------------------------- */

wr_status wr__ctext_type(wr__ctext *c); /* (type …) */
wr_status wr__ctext_valtype(wr__ctext *c, wr__buffer *out);
/* What follows the sort's word in an externtype, to out with the sort. */
wr_status wr__ctext_externtype(wr__ctext *c, uint8_t sort, wr__buffer *out);
/* (sort id? type): sort and id token. */
wr_status wr__ctext_bound_externtype(wr__ctext *c, uint8_t *sort, uint32_t *id, wr__buffer *out);
/* A function type's index: (type X) or parameters and a result. */
wr_status wr__ctext_func_typeuse(wr__ctext *c, uint32_t *index);
wr_status wr__ctext_import(wr__ctext *c);      /* (import …), in components and component types */
wr_status wr__ctext_export_decl(wr__ctext *c); /* (export …) in types */

/* ---- component_core.c -------------------------------------------------------------------- */

wr_status wr__ctext_core(wr__ctext *c);      /* (core …) */
wr_status wr__ctext_core_type(wr__ctext *c); /* (core type …) */
/* A module type's index: (type X) or declarators. */
wr_status wr__ctext_module_typeuse(wr__ctext *c, uint32_t *index);
void wr__ctext_free_core(wr__tscope *scope);

/* ---- component_instances.c --------------------------------------------------------------- */

wr_status wr__ctext_instance(wr__ctext *c);      /* (instance …) */
wr_status wr__ctext_core_instance(wr__ctext *c); /* (core instance …) */
wr_status wr__ctext_export(wr__ctext *c);        /* (export …) of a component */
/* Writes the exports that stand inside a definition. */
wr_status wr__ctext_inline_exports(wr__ctext *c, const wr__inline_names *names, uint8_t sort,
                                   uint32_t index);
/* Writes a definition that is an import: the type follows. */
wr_status wr__ctext_inline_import(wr__ctext *c, const wr__inline_names *names, uint8_t sort,
                                  uint32_t *index);

/* ---- component_canon.c ------------------------------------------------------------------- */

wr_status wr__ctext_canon(wr__ctext *c); /* (canon …) */
wr_status wr__ctext_func(wr__ctext *c);  /* (func …) */
/* What follows (core func: a canonical definition or an alias. */
wr_status wr__ctext_core_func(wr__ctext *c);

#endif
