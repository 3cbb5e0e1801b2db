/* What the decoder's files share. One pass over the sections checks form and validity together.
 *
 * The first thing found invalid is noted, not returned, since a malformed byte further on is
 * reported before it: from then on decoding goes on for the sake of form alone, and nothing that
 * was resolved is looked at again.
 * Reading is bounded by the module's end, not the section's: a section whose contents run
 * on is found by its size afterwards, as in the reference. */
#ifndef WR__DECODER_H
#define WR__DECODER_H

#include "reader/types_in.h"
#include "module/module.h"
#include "config/engine.h"
#include "validate/walker.h"

typedef struct wr__group_member {
  wr__subtype_decl decl;
  uint32_t params_at, results_at, fields_at; /* in the decoder's lists */
  uint32_t super_index, depth;
} wr__group_member;

typedef struct wr__decoder {
  const uint8_t *at, *end;
  wr__module *module;
  wr_error failure; /* what is returned */
  wr_error invalid; /* what was noted, where is_invalid */
  bool is_invalid;
  wr__walker walker; /* for constant expressions, then bodies */
  uint32_t bodies;   /* in the code section */
  /* Where they are, when that was prepared and they are known to be valid; else NULL. */
  const wr__code_place *prepared;
  uint32_t prepared_count;
  /* Capacities of the module's lists. */
  uint32_t type_capacity, func_capacity, table_capacity, memory_capacity, global_capacity,
      tag_capacity, import_capacity, export_capacity, elem_capacity, data_capacity,
      section_capacity;
  /* The recursion group being read. */
  wr__group_member *members;
  wr__subtype_decl *decls;
  wr_valtype *valtypes;
  wr__field *fields;
  uint32_t member_capacity, decl_capacity, valtype_count, valtype_capacity, field_count,
      field_capacity;
} wr__decoder;

/* ---- Failing ---- */

wr_status wr__decoder_fail_at(wr__decoder *d, wr_status status, const uint8_t *at,
                              const char *format, ...) WR_PRINTF(4, 5);
#define wr__decoder_malformed(d, ...) wr__decoder_fail_at(d, WR_MALFORMED, (d)->at, __VA_ARGS__)
#define wr__decoder_unsupported(d, ...) wr__decoder_fail_at(d, WR_UNSUPPORTED, (d)->at, __VA_ARGS__)
wr_status wr__decoder_fail_oom(wr__decoder *d);
/* Notes the first thing that is invalid. */
void wr__decoder_invalid(wr__decoder *d, const uint8_t *at, const char *format, ...)
    WR_PRINTF(3, 4);
wr_status wr__decoder_require(wr__decoder *d, wr_feature feature, const char *what);
static inline bool wr__decoder_has(const wr__decoder *d, wr_feature feature) {
  return wr__engine_has(d->module->engine, feature);
}

/* ---- Reading ---- */

wr_status wr__decode_byte(wr__decoder *d, uint8_t *out);
wr_status wr__decode_u32(wr__decoder *d, uint32_t *out);
wr_status wr__decode_u64(wr__decoder *d, uint64_t *out);
/* How many things follow: at most what the bytes left could hold and what the limit says. */
wr_status wr__decode_count(wr__decoder *d, uint32_t limit, const char *what, uint32_t *out);
/* Spec: binary/values, names. */
wr_status wr__decode_name(wr__decoder *d, wr__span *out);
wr_status wr__decode_valtype(wr__decoder *d, wr_valtype *out);
wr_status wr__decode_reftype(wr__decoder *d, wr_valtype *out);
/* Raw to canonical; notes what is invalid and then gives WR__BOT. */
wr_status wr__decoder_resolve(wr__decoder *d, const uint8_t *at, wr_valtype raw, wr_valtype *out);
/* A constant expression of a type. */
wr_status wr__decode_expr(wr__decoder *d, wr_valtype expected, wr__expr *out);
void wr__decoder_declare_func(wr__decoder *d, uint32_t func_index);

/* ---- Parts that component types are made of, too ---- */

/* A recursion group, appended to the module's types. A type of the module that is NULL is a component's
 * module type, which none may refer to. */
wr_status wr__decode_type_group(wr__decoder *d); /* types.c */
/* The kind and type of an import. */
wr_status wr__decode_externtype(wr__decoder *d, wr_externtype *out); /* externs.c */

/* ---- Sections; each reads all of its contents ---- */

wr_status wr__decode_types(wr__decoder *d);   /* types.c */
wr_status wr__decode_imports(wr__decoder *d); /* externs.c */
wr_status wr__decode_funcs(wr__decoder *d);
wr_status wr__decode_tables(wr__decoder *d);
wr_status wr__decode_memories(wr__decoder *d);
wr_status wr__decode_tags(wr__decoder *d);
wr_status wr__decode_globals(wr__decoder *d);
wr_status wr__decode_exports(wr__decoder *d); /* exports.c */
wr_status wr__decode_start(wr__decoder *d);
wr_status wr__decode_elems(wr__decoder *d); /* segments.c */
wr_status wr__decode_data_count(wr__decoder *d);
wr_status wr__decode_datas(wr__decoder *d);
wr_status wr__decode_code(wr__decoder *d); /* decode.c */

#endif
