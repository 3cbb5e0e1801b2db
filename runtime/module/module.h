/* Module: what a decoded and validated binary is. Immutable and counted; shared
 * by threads. Only what engines keep with it changes, under their own rules.
 *
 * All type indices are resolved: records hold canonical types (types.h). Expressions
 * stay where they are in the bytes and are walked when they are needed. */
#ifndef WR__MODULE_H
#define WR__MODULE_H

#include <stdatomic.h>

#include "base/base.h"
#include "types/types.h"

/* Implementation limits. Spec: appendix/implementation; values of the JavaScript interface. */
enum {
  WR__MAX_TYPES = 1000000,
  WR__MAX_FUNCS = 1000000,
  WR__MAX_IMPORTS = 1000000,
  WR__MAX_EXPORTS = 1000000,
  WR__MAX_GLOBALS = 1000000,
  WR__MAX_TAGS = 1000000,
  WR__MAX_DATAS = 100000,
  WR__MAX_ELEMS = 10000000,
  WR__MAX_TABLES = 100000,
  WR__MAX_MEMORIES = 100000, /* the JavaScript interface has 100; the suite asks for more */
  WR__MAX_FUNC_SIZE = 7654321,
  WR__MAX_LOCALS = 50000,
  WR__MAX_PARAMS = 1000,
  WR__MAX_RESULTS = 1000,
  WR__MAX_FIELDS = 10000,
  WR__MAX_SUBTYPE_DEPTH = 63,
  WR__MAX_BR_TABLE = 1000000,
  WR__MAX_ARRAY_NEW_FIXED = 10000,
  WR__MAX_NESTING = 100000, /* control frames in one body */
};

/* A constant expression, from after its header to and with its `end`, in the module's bytes. */
typedef struct wr__expr {
  uint32_t offset, size;
} wr__expr;

typedef struct wr__func_decl {
  const wr__deftype *type;
  uint32_t code_offset; /* of the local declarations; 0 for imports */
  uint32_t code_size;   /* bytes, locals and end included */
} wr__func_decl;

typedef struct wr__table_decl {
  wr_valtype element;
  wr_limits limits;
  wr__expr init; /* size 0: null */
} wr__table_decl;

typedef struct wr__memory_decl {
  wr_limits limits; /* pages */
  uint8_t page_size_log2;
} wr__memory_decl;

typedef struct wr__global_decl {
  wr_valtype type;
  bool is_mutable;
  wr__expr init; /* size 0 for imports */
} wr__global_decl;

typedef struct wr__tag_decl {
  const wr__deftype *type;
} wr__tag_decl;

typedef struct wr__import {
  wr__span module, name; /* into the bytes */
  uint8_t kind;          /* wr_externkind */
  uint32_t index;        /* in its index space */
} wr__import;

typedef struct wr__export {
  wr__span name;
  uint8_t kind; /* wr_externkind */
  uint32_t index;
} wr__export;

typedef enum wr__segment_mode {
  WR__SEGMENT_ACTIVE,
  WR__SEGMENT_PASSIVE,
  WR__SEGMENT_DECLARATIVE
} wr__segment_mode;

typedef struct wr__elem_decl {
  uint8_t mode;
  wr_valtype type;
  uint32_t table;
  wr__expr offset;
  uint32_t count;
  bool is_exprs; /* items: count expressions one after the other, else count LEB128 u32 func indices
                  */
  uint32_t items_offset, items_size;
} wr__elem_decl;

typedef struct wr__data_decl {
  uint8_t mode;
  uint32_t memory;
  wr__expr offset;
  uint32_t bytes_offset, bytes_size;
} wr__data_decl;

/* A name of the `name` section, by index. */
typedef struct wr__name_entry {
  uint32_t index;
  wr__span name;
} wr__name_entry;

typedef enum wr__bytes_owner {
  WR__BYTES_BORROWED, /* validation only */
  WR__BYTES_MALLOC,
  WR__BYTES_MMAP, /* pages, of a copy or of a file that only its owner can change */
} wr__bytes_owner;

typedef struct wr__engine wr__engine; /* config/engine.h */
typedef struct wr__module wr__module;

/* The place of each engine in what is kept with a module. */
enum wr__engine_slot {
#define ENGINE(name) WR__ENGINE_SLOT_##name,
#include "config/engines.def"
#undef ENGINE
  WR__ENGINE_SLOTS
};

/* What an engine keeps with a module; NULL until it has something. release frees it, when the
 * module goes. */
typedef struct wr__module_state {
  void *_Atomic state;
  void (*_Atomic release)(void *state);
} wr__module_state;

struct wr__module {
  _Atomic uint32_t ref_count;
  wr__engine *engine; /* counted */
  const uint8_t *bytes;
  size_t size;
  uint8_t bytes_owner; /* wr__bytes_owner */

  /* Index spaces, imports first. */
  const wr__deftype **types;
  wr__func_decl *funcs;
  wr__table_decl *tables;
  wr__memory_decl *memories;
  wr__global_decl *globals;
  wr__tag_decl *tags;
  wr__import *imports;
  wr__export *exports;
  wr__elem_decl *elems;
  wr__data_decl *datas;
  wr_section *sections; /* in file order */
  uint32_t type_count, func_count, table_count, memory_count, global_count, tag_count;
  uint32_t import_count, export_count, elem_count, data_count, section_count;
  uint32_t imported_funcs, imported_tables, imported_memories, imported_globals, imported_tags;
  uint32_t start_func; /* WR_NO_INDEX where there is none */
  bool has_data_count;
  uint32_t data_count_declared;
  /* Functions that ref.func may name: exports, elements, global initialisers; a bit each. */
  uint8_t *declared_funcs;

  wr__module_state engine_states[WR__ENGINE_SLOTS];
};

/* Where a function's body is, in the module's bytes. */
typedef struct wr__code_place {
  uint32_t offset, size;
} wr__code_place;

/* wr__module_decode: decode and validate. bytes are taken as owner says (on failure too, they
 * stay the caller's). Validation covers all bodies. */
wr_status wr__module_decode(wr__engine *engine, const uint8_t *bytes, size_t size,
                            wr__bytes_owner owner, wr__module **out, wr_error *error);
/* The same for a module that was validated before, as a trusted signature says: function bodies are
 * not looked at. bodies[count] says where they are, for each defined function. */
wr_status wr__module_decode_prepared(wr__engine *engine, const uint8_t *bytes, size_t size,
                                     wr__bytes_owner owner, const wr__code_place *bodies,
                                     uint32_t count, wr__module **out, wr_error *error);
wr__module *wr__module_retain(const wr__module *module);
/* What an engine keeps with the module, or NULL. */
static inline void *wr__module_get_state(const wr__module *module, enum wr__engine_slot slot) {
  return atomic_load_explicit(&((wr__module *)(uintptr_t)module)->engine_states[slot].state,
                              memory_order_acquire);
}
/* Lets the module keep an engine's state; what is there afterwards: this, or what another thread
 * was faster with. */
void *wr__module_set_state(wr__module *module, enum wr__engine_slot slot, void *state,
                           void (*release)(void *state));
void wr__module_release(wr__module *module);

/* The function's name: name section, else export; data NULL where none. Searched, not cached:
 * for traces and listings. */
wr__span wr__module_func_name(const wr__module *module, uint32_t func_index);
wr__span wr__module_name(const wr__module *module);
/* Every function name of the name section, in order. */
void wr__module_visit_names(const wr__module *module,
                            void (*visit)(void *context, uint32_t func_index, wr__span name),
                            void *context);
/* The export of that name, or NULL. */
const wr__export *wr__module_find_export(const wr__module *module, const char *name, size_t size);
/* The function whose body holds a byte offset, or WR_NO_INDEX. */
uint32_t wr__module_func_at(const wr__module *module, uint64_t offset);
/* The index-th custom section of that name, or data NULL. */
wr__span wr__module_custom(const wr__module *module, const char *name, uint32_t index);
/* What an import, export or index is, for wasmrun.h. */
wr_externtype wr__module_externtype(const wr__module *module, wr_externkind kind, uint32_t index);

#endif
