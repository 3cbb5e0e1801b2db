/* Imports, and the sections that define functions, tables, memories, tags and globals.
 * Spec: binary/modules, valid/modules, valid/types. */
#include "binary/decoder.h"

/* ---- Types of what is imported or defined ---- */

static const uint32_t page_size_log2_default = 16;

/* Without 64-bit memories limits are 32 bits wide. */
static wr_status decode_limit(wr__decoder *d, uint64_t *out) {
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_u64(d, out));
  if (*out <= UINT32_MAX || wr__decoder_has(d, WR_FEATURE_MEMORY64)) return WR_OK;
  return wr__decoder_fail_at(d, WR_MALFORMED, start,
                             "i32 constant out of range: more requires the feature memory64");
}

static wr_status decode_limits(wr__decoder *d, uint8_t allowed, uint8_t *flags, wr_limits *out) {
  WR_TRY(wr__decode_byte(d, flags));
  /* Flags for a page size with nothing after them are what they are without that feature. */
  bool cut_short = (*flags & 0x08) && d->at >= d->end;
  if ((*flags & ~allowed) || cut_short) {
    d->at--;
    return wr__decoder_malformed(d, "malformed limits flags");
  }
  if (*flags & 0x02) WR_TRY(wr__decoder_require(d, WR_FEATURE_THREADS, "malformed limits flags"));
  if (*flags & 0x04) WR_TRY(wr__decoder_require(d, WR_FEATURE_MEMORY64, "malformed limits flags"));
  *out = (wr_limits){.has_max = *flags & 0x01, .shared = *flags & 0x02, .is64 = *flags & 0x04};
  WR_TRY(decode_limit(d, &out->min));
  return out->has_max ? decode_limit(d, &out->max) : WR_OK;
}

/* Spec: valid/types, limits. */
static void check_limits(wr__decoder *d, const uint8_t *at, const wr_limits *limits,
                         uint64_t largest, const char *message) {
  if (limits->min > largest || (limits->has_max && limits->max > largest))
    wr__decoder_invalid(d, at, "%s", message);
  if (limits->has_max && limits->min > limits->max)
    wr__decoder_invalid(d, at, "size minimum must not be greater than maximum");
}

static wr_status decode_table_type(wr__decoder *d, wr__table_decl *out) {
  uint8_t flags;
  WR_TRY(wr__decode_reftype(d, &out->element));
  const uint8_t *start = d->at;
  WR_TRY(decode_limits(d, 0x05, &flags, &out->limits));
  check_limits(d, start, &out->limits, out->limits.is64 ? UINT64_MAX : UINT32_MAX,
               "table size must be at most 2**32-1 elements");
  return WR_OK;
}

static wr_status decode_page_size(wr__decoder *d, wr__memory_decl *out) {
  uint32_t log2;
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_u32(d, &log2));
  if (log2 >= 64) return wr__decoder_fail_at(d, WR_MALFORMED, start, "invalid custom page size");
  if (log2 != 0 && log2 != page_size_log2_default)
    wr__decoder_invalid(d, start, "invalid custom page size: 2**%u, only 1 and 2**16 may be", log2);
  out->page_size_log2 = (uint8_t)log2;
  return WR_OK;
}

static wr_status decode_memory_type(wr__decoder *d, wr__memory_decl *out) {
  uint8_t flags, allowed = wr__decoder_has(d, WR_FEATURE_CUSTOM_PAGE_SIZES) ? 0x0f : 0x07;
  const uint8_t *start = d->at;
  WR_TRY(decode_limits(d, allowed, &flags, &out->limits));
  out->page_size_log2 = page_size_log2_default;
  if (flags & 0x08) WR_TRY(decode_page_size(d, out));
  if (out->page_size_log2 == 0)
    check_limits(d, start, &out->limits, out->limits.is64 ? UINT64_MAX : UINT32_MAX,
                 "memory size must be at most 4294967295 pages of one byte");
  else if (out->limits.is64)
    check_limits(d, start, &out->limits, (uint64_t)1 << 48,
                 "memory size must be at most 2**48 pages");
  else
    check_limits(d, start, &out->limits, 65536, "memory size must be at most 65536 pages (4GiB)");
  if (out->limits.shared && !out->limits.has_max)
    wr__decoder_invalid(d, start, "shared memory must have maximum");
  return WR_OK;
}

static wr_status decode_global_type(wr__decoder *d, wr__global_decl *out) {
  uint8_t mutability;
  WR_TRY(wr__decode_valtype(d, &out->type));
  WR_TRY(wr__decode_byte(d, &mutability));
  if (mutability > 1) {
    d->at--;
    return wr__decoder_malformed(d, "malformed mutability");
  }
  out->is_mutable = mutability;
  return WR_OK;
}

/* The index of a function type; NULL after something invalid. */
static wr_status decode_func_type(wr__decoder *d, const wr__deftype **out) {
  uint32_t index;
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_u32(d, &index));
  *out = NULL;
  if (index >= d->module->type_count) {
    wr__decoder_invalid(d, start, "unknown type %u", index);
    return WR_OK;
  }
  if (d->is_invalid) return WR_OK;
  *out = d->module->types[index];
  if ((*out)->comp != WR__COMP_FUNC)
    wr__decoder_invalid(d, start, "type mismatch: type %u is no function type", index);
  return WR_OK;
}

static wr_status decode_tag_type(wr__decoder *d, const wr__deftype **out) {
  uint8_t attribute;
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_byte(d, &attribute));
  if (attribute != 0) {
    d->at--;
    return wr__decoder_malformed(d, "malformed tag attribute");
  }
  WR_TRY(decode_func_type(d, out));
  if (*out && !d->is_invalid && (*out)->result_count)
    wr__decoder_invalid(d, start, "non-empty tag result type");
  return WR_OK;
}

static wr_status decode_extern_kind(wr__decoder *d, uint8_t *kind) {
  WR_TRY(wr__decode_byte(d, kind));
  bool tags =
      wr__decoder_has(d, WR_FEATURE_EXCEPTIONS) || wr__decoder_has(d, WR_FEATURE_LEGACY_EXCEPTIONS);
  if (*kind <= WR_EXTERN_GLOBAL || (*kind == WR_EXTERN_TAG && tags)) return WR_OK;
  d->at--;
  return wr__decoder_malformed(d, "malformed import kind");
}

static void set_func(wr_externtype *out, const wr__deftype *type) {
  if (!type) return;
  out->params = type->params;
  out->param_count = type->param_count;
  out->results = type->results;
  out->result_count = type->result_count;
  out->defined_type = type->id;
}

wr_status wr__decode_externtype(wr__decoder *d, wr_externtype *out) {
  uint8_t kind;
  const wr__deftype *type;
  wr__table_decl table = {0};
  wr__memory_decl memory = {0};
  wr__global_decl global = {0};
  WR_TRY(decode_extern_kind(d, &kind));
  *out = (wr_externtype){.kind = (wr_externkind)kind};
  switch (kind) {
    case WR_EXTERN_FUNC:
    case WR_EXTERN_TAG:
      WR_TRY(kind == WR_EXTERN_FUNC ? decode_func_type(d, &type) : decode_tag_type(d, &type));
      set_func(out, type);
      return WR_OK;
    case WR_EXTERN_TABLE:
      WR_TRY(decode_table_type(d, &table));
      out->valtype = table.element;
      out->limits = table.limits;
      return WR_OK;
    case WR_EXTERN_MEMORY:
      WR_TRY(decode_memory_type(d, &memory));
      out->limits = memory.limits;
      out->page_size_log2 = memory.page_size_log2;
      return WR_OK;
    default:
      WR_TRY(decode_global_type(d, &global));
      out->valtype = global.type;
      out->is_mutable = global.is_mutable;
      return WR_OK;
  }
}

/* ---- Adding to the index spaces ---- */

static wr_status too_many(wr__decoder *d, const char *what, uint32_t limit) {
  return wr__decoder_unsupported(d, "too many %s: at most %u", what, limit);
}

static wr_status add_func(wr__decoder *d, const wr__deftype *type) {
  wr__module *m = d->module;
  if (m->func_count >= WR__MAX_FUNCS) return too_many(d, "functions", WR__MAX_FUNCS);
  if (!wr__grow32(&m->funcs, &d->func_capacity, m->func_count + 1, sizeof *m->funcs))
    return wr__decoder_fail_oom(d);
  m->funcs[m->func_count++] = (wr__func_decl){.type = type};
  return WR_OK;
}

static wr_status add_table(wr__decoder *d, const wr__table_decl *table) {
  wr__module *m = d->module;
  if (m->table_count >= WR__MAX_TABLES) return too_many(d, "tables", WR__MAX_TABLES);
  if (m->table_count && !wr__decoder_has(d, WR_FEATURE_REFERENCE_TYPES))
    wr__decoder_invalid(d, d->at, "multiple tables: requires the feature reference-types");
  if (!wr__grow32(&m->tables, &d->table_capacity, m->table_count + 1, sizeof *m->tables))
    return wr__decoder_fail_oom(d);
  m->tables[m->table_count++] = *table;
  return WR_OK;
}

static wr_status add_memory(wr__decoder *d, const wr__memory_decl *memory) {
  wr__module *m = d->module;
  if (m->memory_count >= WR__MAX_MEMORIES) return too_many(d, "memories", WR__MAX_MEMORIES);
  if (m->memory_count && !wr__decoder_has(d, WR_FEATURE_MULTI_MEMORY))
    wr__decoder_invalid(d, d->at, "multiple memories: requires the feature multi-memory");
  if (!wr__grow32(&m->memories, &d->memory_capacity, m->memory_count + 1, sizeof *m->memories))
    return wr__decoder_fail_oom(d);
  m->memories[m->memory_count++] = *memory;
  return WR_OK;
}

static wr_status add_global(wr__decoder *d, const wr__global_decl *global) {
  wr__module *m = d->module;
  if (m->global_count >= WR__MAX_GLOBALS) return too_many(d, "globals", WR__MAX_GLOBALS);
  if (!wr__grow32(&m->globals, &d->global_capacity, m->global_count + 1, sizeof *m->globals))
    return wr__decoder_fail_oom(d);
  m->globals[m->global_count++] = *global;
  return WR_OK;
}

static wr_status add_tag(wr__decoder *d, const wr__deftype *type) {
  wr__module *m = d->module;
  if (m->tag_count >= WR__MAX_TAGS) return too_many(d, "tags", WR__MAX_TAGS);
  if (!wr__grow32(&m->tags, &d->tag_capacity, m->tag_count + 1, sizeof *m->tags))
    return wr__decoder_fail_oom(d);
  m->tags[m->tag_count++] = (wr__tag_decl){type};
  return WR_OK;
}

/* ---- Imports ---- */

static wr_status import_func(wr__decoder *d, uint32_t *index) {
  const wr__deftype *type;
  WR_TRY(decode_func_type(d, &type));
  *index = d->module->func_count;
  d->module->imported_funcs++;
  return add_func(d, type);
}

static wr_status import_table(wr__decoder *d, uint32_t *index) {
  wr__table_decl table = {0};
  WR_TRY(decode_table_type(d, &table));
  *index = d->module->table_count;
  d->module->imported_tables++;
  return add_table(d, &table);
}

static wr_status import_memory(wr__decoder *d, uint32_t *index) {
  wr__memory_decl memory = {0};
  WR_TRY(decode_memory_type(d, &memory));
  *index = d->module->memory_count;
  d->module->imported_memories++;
  return add_memory(d, &memory);
}

static wr_status import_global(wr__decoder *d, uint32_t *index) {
  wr__global_decl global = {0};
  WR_TRY(decode_global_type(d, &global));
  if (global.is_mutable)
    WR_TRY(wr__decoder_require(d, WR_FEATURE_MUTABLE_GLOBALS, "an imported mutable global"));
  *index = d->module->global_count;
  d->module->imported_globals++;
  return add_global(d, &global);
}

static wr_status import_tag(wr__decoder *d, uint32_t *index) {
  const wr__deftype *type;
  WR_TRY(decode_tag_type(d, &type));
  *index = d->module->tag_count;
  d->module->imported_tags++;
  return add_tag(d, type);
}

static wr_status decode_import(wr__decoder *d, wr__import *out) {
  WR_TRY(wr__decode_name(d, &out->module));
  WR_TRY(wr__decode_name(d, &out->name));
  WR_TRY(decode_extern_kind(d, &out->kind));
  switch (out->kind) {
    case WR_EXTERN_FUNC:
      return import_func(d, &out->index);
    case WR_EXTERN_TABLE:
      return import_table(d, &out->index);
    case WR_EXTERN_MEMORY:
      return import_memory(d, &out->index);
    case WR_EXTERN_GLOBAL:
      return import_global(d, &out->index);
    default:
      return import_tag(d, &out->index);
  }
}

wr_status wr__decode_imports(wr__decoder *d) {
  uint32_t count;
  wr__module *m = d->module;
  WR_TRY(wr__decode_count(d, WR__MAX_IMPORTS, "imports", &count));
  for (uint32_t i = 0; i < count; i++) {
    wr__import import = {0};
    WR_TRY(decode_import(d, &import));
    if (!wr__grow32(&m->imports, &d->import_capacity, m->import_count + 1, sizeof *m->imports))
      return wr__decoder_fail_oom(d);
    m->imports[m->import_count++] = import;
  }
  return WR_OK;
}

/* ---- Definitions ---- */

wr_status wr__decode_funcs(wr__decoder *d) {
  uint32_t count;
  wr__module *m = d->module;
  WR_TRY(wr__decode_count(d, WR__MAX_FUNCS, "functions", &count));
  if (count && !wr__grow32(&m->funcs, &d->func_capacity, m->func_count + count, sizeof *m->funcs))
    return wr__decoder_fail_oom(d);
  for (uint32_t i = 0; i < count; i++) {
    const wr__deftype *type;
    WR_TRY(decode_func_type(d, &type));
    WR_TRY(add_func(d, type));
  }
  return WR_OK;
}

/* Spec: binary/modules, table section: 0x40 0x00 before a table with an initial value. */
static wr_status decode_table(wr__decoder *d) {
  wr__table_decl table = {0};
  const uint8_t *start = d->at;
  bool has_init = d->at < d->end && *d->at == 0x40;
  if (has_init) {
    uint8_t zero;
    WR_TRY(wr__decoder_require(d, WR_FEATURE_FUNCTION_REFERENCES, "a table's initial value"));
    d->at++;
    WR_TRY(wr__decode_byte(d, &zero));
    if (zero != 0) {
      d->at--;
      return wr__decoder_malformed(d, "zero byte expected");
    }
  }
  WR_TRY(decode_table_type(d, &table));
  if (has_init)
    WR_TRY(wr__decode_expr(d, table.element, &table.init));
  else if (!wr__valtype_is_defaultable(table.element))
    wr__decoder_invalid(d, start, "type mismatch: a table of this type needs an initial value");
  return add_table(d, &table);
}

wr_status wr__decode_tables(wr__decoder *d) {
  uint32_t count;
  WR_TRY(wr__decode_count(d, WR__MAX_TABLES, "tables", &count));
  for (uint32_t i = 0; i < count; i++) WR_TRY(decode_table(d));
  return WR_OK;
}

wr_status wr__decode_memories(wr__decoder *d) {
  uint32_t count;
  WR_TRY(wr__decode_count(d, WR__MAX_MEMORIES, "memories", &count));
  for (uint32_t i = 0; i < count; i++) {
    wr__memory_decl memory = {0};
    WR_TRY(decode_memory_type(d, &memory));
    WR_TRY(add_memory(d, &memory));
  }
  return WR_OK;
}

wr_status wr__decode_tags(wr__decoder *d) {
  uint32_t count;
  WR_TRY(wr__decode_count(d, WR__MAX_TAGS, "tags", &count));
  for (uint32_t i = 0; i < count; i++) {
    const wr__deftype *type;
    WR_TRY(decode_tag_type(d, &type));
    WR_TRY(add_tag(d, type));
  }
  return WR_OK;
}

wr_status wr__decode_globals(wr__decoder *d) {
  uint32_t count;
  WR_TRY(wr__decode_count(d, WR__MAX_GLOBALS, "globals", &count));
  for (uint32_t i = 0; i < count; i++) {
    wr__global_decl global = {0};
    WR_TRY(decode_global_type(d, &global));
    WR_TRY(wr__decode_expr(d, global.type, &global.init));
    WR_TRY(add_global(d, &global));
  }
  return WR_OK;
}
