/* What the files of the component decoder share: the state, failing, reading, index spaces, making
 * types. Decoding and validation are one pass: a definition is checked when it is read, and all
 * that it names was checked before.
 *
 * Time is bounded by a budget of steps in proportion to the bytes: every step over a type that may
 * be shared (copying it, comparing it, looking for names in it) takes one, and so does every probe
 * of a hash table. */
#ifndef WR__COMPONENT_DECODER_H
#define WR__COMPONENT_DECODER_H

#include "binary/decoder.h"
#include "component/arena.h"
#include "component/component.h"

/* A set or map of pointers; NULL is no key. */
typedef struct wr__ptrmap {
  struct wr__ptrpair {
    const void *key;
    const void *value;
  } *pairs;
  uint32_t count, capacity; /* a power of two, or 0 */
} wr__ptrmap;

/* An entry of an index space. Core items: wr_externtype; core instances: wr__core_scope; core
 * types: wr__deftype, or wr_component_type where is_module; the others: wr_component_type. */
typedef struct wr__entry {
  const void *type;
  bool is_module;
} wr__entry;

/* A name of an import or export, for strong uniqueness and for the resources of methods. */
typedef struct wr__name_place {
  wr__span label; /* what must be unique, without case */
  wr__span name;  /* the whole */
  bool is_constructor;
  const wr_component_type *resource; /* the type of that name, if it is a resource */
} wr__name_place;

typedef struct wr__name_table {
  wr__name_place *places;
  uint32_t count, capacity;
  uint32_t *slots; /* number of the place, from 1; a power of two */
  uint32_t slot_count;
  wr__ptrmap resource_names; /* resource type node to its place, from 1 */
} wr__name_table;

typedef enum wr__scope_kind {
  WR__SCOPE_COMPONENT,
  WR__SCOPE_COMPONENT_TYPE,
  WR__SCOPE_INSTANCE_TYPE
} wr__scope_kind;

typedef struct wr__externs {
  wr__cextern *items;
  uint32_t count, capacity;
  wr__name_table names;
} wr__externs;

/* What is being read: a component, a component type or an instance type. */
typedef struct wr__scope wr__scope;
struct wr__scope {
  wr__scope *parent;
  uint8_t kind; /* wr__scope_kind */
  uint32_t id;
  wr__entry *entries[WR__SORT_COUNT];
  uint32_t counts[WR__SORT_COUNT], capacities[WR__SORT_COUNT];
  const wr__deftype **core_types; /* as entries of core types; NULL for module types */
  uint32_t core_type_capacity;
  wr__externs imports, exports;
  wr__cbound *imported; /* resources */
  uint32_t imported_count, imported_capacity;
  wr__ptrmap importable, exportable; /* types that have a name here */
  /* WR__SCOPE_COMPONENT */
  wr__component *component;
  wr__def *defs;
  uint32_t def_count, def_capacity;
  wr__cmodule *modules;
  uint32_t module_count, module_capacity;
  wr__component **components;
  uint32_t component_count, component_capacity;
  const wr__resource **resources;
  uint32_t resource_count, resource_capacity;
};

typedef struct wr__cdecoder {
  const uint8_t *base; /* of the outermost component */
  const uint8_t *at, *end;
  wr__engine *engine;
  wr__arena *arena;
  wr_error failure;
  const wr__module_opener *opener;
  wr__scope *scope;
  uint64_t steps_left;
  uint32_t scope_count, depth;
  const wr_component_type **interned; /* canonical types by hash */
  uint32_t interned_count, interned_capacity;
  wr__decoder *core; /* for core types; made at the first */
} wr__cdecoder;

/* ---- Failing (reader.c) ---- */

wr_status wr__cfail(wr__cdecoder *d, wr_status status, const uint8_t *at, const char *format, ...)
    WR_PRINTF(4, 5);
#define wr__cmalformed(d, at, ...) wr__cfail(d, WR_MALFORMED, at, __VA_ARGS__)
#define wr__cinvalid(d, at, ...) wr__cfail(d, WR_INVALID, at, __VA_ARGS__)
#define wr__cunsupported(d, at, ...) wr__cfail(d, WR_UNSUPPORTED, at, __VA_ARGS__)
wr_status wr__cfail_oom(wr__cdecoder *d);
/* The byte before d->at is none of those that the format has there. */
wr_status wr__cbad_byte(wr__cdecoder *d, const char *what);
/* A feature that comes after 0.2. */
wr_status wr__cfail_feature(wr__cdecoder *d, const uint8_t *at, const char *what,
                            const char *feature);
/* Puts words before the message of a failure. */
wr_status wr__cfail_within(wr__cdecoder *d, wr_status status, const char *format, ...)
    WR_PRINTF(3, 4);
/* Takes steps of the budget. */
wr_status wr__ctake(wr__cdecoder *d, uint64_t steps);

/* The official suite's words. */
#define WR__COMPONENT_END "unexpected end-of-file"

#define WR__NAME(span) (int)((span).size > 100 ? 100 : (span).size), (const char *)(span).data

/* ---- Reading (reader.c) ---- */

wr_status wr__cread_byte(wr__cdecoder *d, uint8_t *out);
wr_status wr__cread_u32(wr__cdecoder *d, uint32_t *out);
wr_status wr__cread_name(wr__cdecoder *d, wr__span *out);
/* How many things follow: at most what the bytes left could hold. */
wr_status wr__cread_count(wr__cdecoder *d, const char *what, uint32_t *out);
/* 0 or 1, for what is optional. */
wr_status wr__cread_flag(wr__cdecoder *d, const char *what, bool *out);
wr_status wr__cread_sort(wr__cdecoder *d, const char *what, uint8_t *out);
wr_status wr__cread_core_sort(wr__cdecoder *d, const char *what, uint8_t *out);
/* A byte that is always 0. */
wr_status wr__cread_zero(wr__cdecoder *d, const char *what);

/* ---- Memory and index spaces (reader.c) ---- */

/* "func" for core functions, too. */
const char *wr__csort_name(uint8_t sort);

void *wr__calloc_array(wr__cdecoder *d, size_t count, size_t element_size); /* in the arena */
/* A copy in the arena. */
wr_status wr__ccopy(wr__cdecoder *d, const void *items, size_t count, size_t element_size,
                    const void *out);
wr_status wr__cadd(wr__cdecoder *d, uint8_t sort, const void *type, bool is_module);
/* The entry at at's index; invalid if there is none. */
wr_status wr__centry(wr__cdecoder *d, const uint8_t *at, uint8_t sort, uint32_t index,
                     const wr__entry **out);
/* Reads an index of a sort. */
wr_status wr__cread_index(wr__cdecoder *d, uint8_t sort, uint32_t *index, const wr__entry **out);
/* A definition of a component: it gets the next index of its sort, and its entry. */
wr_status wr__cdefine(wr__cdecoder *d, wr__def *def, const void *entry);
wr_status wr__cnew_resource(wr__cdecoder *d, bool is_local, bool is_imported, wr__resource **out);

wr_status wr__scope_open(wr__cdecoder *d, wr__scope *scope, uint8_t kind);
void wr__scope_close(wr__cdecoder *d, wr__scope *scope);

/* Numbers 0..count-1 in the order of names; compare(items, a, b). In the arena. */
wr_status wr__csort(wr__cdecoder *d, const void *items, uint32_t count,
                    int (*compare)(const void *items, uint32_t a, uint32_t b),
                    const uint32_t **out);
static inline bool wr__cspan_equal(wr__span a, wr__span b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* ---- Pointer maps (ptrmap.c) ---- */

const void *wr__ptrmap_get(const wr__ptrmap *map, const void *key);
/* Replaces. False when out of memory. */
bool wr__ptrmap_set(wr__ptrmap *map, const void *key, const void *value);
void wr__ptrmap_free(wr__ptrmap *map);

/* ---- Making types (layout.c) ---- */

const wr_component_type *wr__cprimitive(uint8_t kind);
wr_component_type *wr__cnew_type(wr__cdecoder *d, uint8_t kind);
/* Completes a node whose parts are set: layout, weight, canon. */
wr_status wr__cfinish_type(wr__cdecoder *d, const uint8_t *at, wr_component_type *type);
/* Another node of the same structure, for what an import or export introduces. */
wr_status wr__cname_type(wr__cdecoder *d, const wr_component_type *type,
                         const wr_component_type **out);
wr_status wr__cnew_resource_type(wr__cdecoder *d, const wr__resource *resource,
                                 const wr_component_type **out);
/* An instance or component type of a scope whose lists are set. */
wr_status wr__cnew_scope_type(wr__cdecoder *d, const uint8_t *at, uint8_t kind, wr__cscope *scope,
                              const wr_component_type **out);

/* ---- Reading types ---- */

wr_status wr__cread_valtype(wr__cdecoder *d, const wr_component_type **out); /* valtypes.c */
wr_status wr__cread_labels(wr__cdecoder *d, wr_component_type *type, const char *what,
                           const char *short_what, bool with_types, bool is_case);
wr_status wr__cread_deftype(wr__cdecoder *d, const uint8_t *at, uint8_t code,
                            const wr_component_type **out);
wr_status wr__cdecode_type(wr__cdecoder *d);      /* declarators.c: a type definition */
wr_status wr__cdecode_core_type(wr__cdecoder *d); /* core_types.c */
void wr__cfree_core(wr__cdecoder *d);
/* Sorts the names of core imports and exports, which must differ. */
wr_status wr__ccore_scope(wr__cdecoder *d, const uint8_t *at, wr__core_scope *scope);
/* The type of a core module. */
wr_status wr__cmodule_type(wr__cdecoder *d, const uint8_t *at, const wr__module *module,
                           const wr_component_type **out);
/* An externtype; a bound (sub resource) gives sort TYPE and type NULL. */
wr_status wr__cread_externtype(wr__cdecoder *d, uint8_t *sort, const wr_component_type **out);

/* The type of the current scope, from what it imports and exports. */
wr_status wr__cscope_type(wr__cdecoder *d, const uint8_t *at, const wr_component_type **out);

/* ---- Definitions ---- */

wr_status wr__cdecode_core_instance(wr__cdecoder *d); /* core_instances.c */
wr_status wr__cdecode_instance(wr__cdecoder *d);      /* instances.c */
wr_status wr__cdecode_alias(wr__cdecoder *d);         /* aliases.c: definitions and declarators */
/* How many components (not types) are left on the way to a scope, for an alias outer. */
wr_status wr__couter_scope(wr__cdecoder *d, const uint8_t *at, uint32_t count, wr__scope **out,
                           uint32_t *components);
wr_status wr__cdecode_canon(wr__cdecoder *d);  /* canons.c */
wr_status wr__cdecode_import(wr__cdecoder *d); /* externs.c: definitions and declarators */
wr_status wr__cdecode_export(wr__cdecoder *d);
wr_status wr__cdecode_export_decl(wr__cdecoder *d);
/* A name with its attributes (names.c). */
typedef struct wr__extern_name {
  wr__span name;
  wr__span implements; /* data NULL: none */
} wr__extern_name;
wr_status wr__cread_extern_name(wr__cdecoder *d, bool is_import, wr__extern_name *out);
/* Adds a name to a table: uniqueness, the rules of [constructor], [method], [static], attributes.
 */
wr_status wr__cadd_name(wr__cdecoder *d, const uint8_t *at, wr__name_table *table, const char *what,
                        const wr__extern_name *name, uint8_t sort, const wr_component_type *type);
void wr__cfree_names(wr__name_table *table);
/* The grammar of names (extern_names.c). */
wr_status wr__ccheck_extern_name(wr__cdecoder *d, const uint8_t *at, wr__span name, bool is_import);
wr_status wr__ccheck_interface_name(wr__cdecoder *d, const uint8_t *at, wr__span name);
wr_status wr__ccheck_label(wr__cdecoder *d, const uint8_t *at, wr__span name, const char *what);
/* visible.c: types that an import or export uses must have a name. */
wr_status wr__ccheck_visible(wr__cdecoder *d, const uint8_t *at, bool is_import, wr__span name,
                             uint8_t sort, const wr_component_type *type);

/* ---- Substitution (subst.c) ---- */

typedef struct wr__subst {
  wr__ptrmap resources; /* wr__resource to wr__resource */
  wr__ptrmap nodes;     /* wr_component_type to its replacement: given, or made */
} wr__subst;
void wr__subst_free(wr__subst *s);
wr_status wr__subst_type(wr__cdecoder *d, wr__subst *s, const wr_component_type *type,
                         const wr_component_type **out);
/* An instance of an instance type: its resources become new ones of the current scope. `binds`,
 * where wanted, gets them with their paths; prefix is the import's name, or data NULL for exports.
 */
wr_status wr__cfresh_instance(wr__cdecoder *d, const wr_component_type *type, bool is_imported,
                              wr__span prefix, wr__def *def, const wr_component_type **out);

/* ---- Matching (match.c, match_core.c, explain.c) ---- */

typedef struct wr__cargs {
  const wr__cextern *items;
  const uint32_t *order;
  uint32_t count;
} wr__cargs;
const wr__cextern *wr__cargs_find(const wr__cargs *args, wr__span name);
int wr__cextern_compare(const void *items, uint32_t a, uint32_t b);
/* Is what is given of a type a subtype of what is wanted? */
wr_status wr__cmatch(wr__cdecoder *d, const uint8_t *at, uint8_t sort,
                     const wr_component_type *given, uint8_t wanted_sort,
                     const wr_component_type *wanted);
/* Checks arguments against the imports of a component type; s gets its resources and types. */
wr_status wr__cmatch_args(wr__cdecoder *d, const uint8_t *at, const wr__cargs *args,
                          const wr__cscope *wanted, const char *kind, wr__subst *s);
/* Why two types that should be equal are not. */
wr_status wr__cexplain(wr__cdecoder *d, const uint8_t *at, const wr_component_type *given,
                       const wr_component_type *wanted);
wr_status wr__cmatch_module(wr__cdecoder *d, const uint8_t *at, const wr__core_scope *given,
                            const wr__core_scope *wanted);
wr_status wr__cmatch_core(wr__cdecoder *d, const uint8_t *at, const wr_externtype *given,
                          const wr_externtype *wanted);
const wr__core_extern *wr__core_scope_export(const wr__core_scope *scope, wr__span name);

#endif
