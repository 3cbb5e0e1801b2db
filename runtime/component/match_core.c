/* Matching of core types: what a core module imports and exports.
 * Spec: core/valid/matching, external types; component-model/Explainer, module types. */
#include <stdio.h>

#include "component/decoder.h"

static const char *const kind_names[] = {"func", "table", "memory", "global", "tag"};

static void write_limits(char *buffer, size_t size, const wr_limits *limits) {
  int used =
      snprintf(buffer, size, "%s%llu", limits->is64 ? "i64 " : "", (unsigned long long)limits->min);
  if (limits->has_max)
    used += snprintf(buffer + used, size - (size_t)used, " %llu", (unsigned long long)limits->max);
  if (limits->shared) snprintf(buffer + used, size - (size_t)used, " shared");
}

static wr_status mismatch(wr__cdecoder *d, const uint8_t *at, const wr_externtype *given,
                          const wr_externtype *wanted, const char *reason) {
  char given_limits[64], wanted_limits[64];
  write_limits(given_limits, sizeof given_limits, &given->limits);
  write_limits(wanted_limits, sizeof wanted_limits, &wanted->limits);
  return wr__cinvalid(d, at, "%s: expected %s, found %s", reason, wanted_limits, given_limits);
}

static bool limits_match(const wr_limits *given, const wr_limits *wanted) {
  if (given->min < wanted->min) return false;
  return !wanted->has_max || (given->has_max && given->max <= wanted->max);
}

static wr_status match_memory(wr__cdecoder *d, const uint8_t *at, const wr_externtype *given,
                              const wr_externtype *wanted) {
  if (given->limits.shared != wanted->limits.shared)
    return mismatch(d, at, given, wanted, "mismatch in the shared flag for memories");
  if (given->limits.is64 != wanted->limits.is64)
    return mismatch(d, at, given, wanted, "mismatch in index type used for memories");
  if (given->page_size_log2 != wanted->page_size_log2)
    return mismatch(d, at, given, wanted, "mismatch in custom page sizes");
  if (!limits_match(&given->limits, &wanted->limits))
    return mismatch(d, at, given, wanted, "mismatch in memory limits");
  return WR_OK;
}

/* Types as the text format abbreviates them. */
static const char *type_name(wr_valtype type, char *buffer, size_t size) {
  if (type == WR_FUNCREF) return "funcref";
  return type == WR_EXTERNREF ? "externref" : wr_valtype_name(type, buffer, size);
}

static wr_status match_table(wr__cdecoder *d, const uint8_t *at, const wr_externtype *given,
                             const wr_externtype *wanted) {
  if (given->valtype != wanted->valtype) {
    char given_name[64], wanted_name[64];
    return wr__cinvalid(d, at, "expected table element type %s, found %s",
                        type_name(wanted->valtype, wanted_name, sizeof wanted_name),
                        type_name(given->valtype, given_name, sizeof given_name));
  }
  if (given->limits.is64 != wanted->limits.is64)
    return mismatch(d, at, given, wanted, "mismatch in index type used for tables");
  if (!limits_match(&given->limits, &wanted->limits))
    return mismatch(d, at, given, wanted, "mismatch in table limits");
  return WR_OK;
}

static wr_status match_global(wr__cdecoder *d, const uint8_t *at, const wr_externtype *given,
                              const wr_externtype *wanted) {
  if (given->is_mutable != wanted->is_mutable)
    return wr__cinvalid(d, at, "global types differ in mutability: expected %s",
                        wanted->is_mutable ? "mutable" : "immutable");
  if (wanted->is_mutable ? given->valtype == wanted->valtype
                         : wr__valtype_matches(d->engine->types, given->valtype, wanted->valtype))
    return WR_OK;
  char given_name[64], wanted_name[64];
  return wr__cinvalid(d, at, "expected global type %s, found %s",
                      type_name(wanted->valtype, wanted_name, sizeof wanted_name),
                      type_name(given->valtype, given_name, sizeof given_name));
}

static size_t write_types(char *buffer, size_t size, size_t at, const char *what,
                          const wr_valtype *types, size_t count) {
  if (!count) return at;
  at += (size_t)snprintf(buffer + at, size - at, " (%s", what);
  for (size_t i = 0; i < count && at + 40 < size; i++) {
    buffer[at++] = ' ';
    wr_valtype_name(types[i], buffer + at, size - at);
    at += strlen(buffer + at);
  }
  return at + (size_t)snprintf(buffer + at, size - at, ")");
}

static void write_func(char *buffer, size_t size, const wr_externtype *type) {
  size_t at = (size_t)snprintf(buffer, size, "(func");
  at = write_types(buffer, size / 2, at, "param", type->params, type->param_count);
  at = write_types(buffer, size - 2, at, "result", type->results, type->result_count);
  snprintf(buffer + at, size - at, ")");
}

static wr_status match_func(wr__cdecoder *d, const uint8_t *at, const wr_externtype *given,
                            const wr_externtype *wanted) {
  const wr__typereg *types = d->engine->types;
  const wr__deftype *a = wr__type_get(types, given->defined_type);
  const wr__deftype *b = wr__type_get(types, wanted->defined_type);
  if (wanted->kind == WR_EXTERN_TAG ? a == b : wr__deftype_matches(a, b)) return WR_OK;
  char given_text[160], wanted_text[160];
  write_func(given_text, sizeof given_text, given);
  write_func(wanted_text, sizeof wanted_text, wanted);
  return wr__cinvalid(d, at, "expected: %s, found: %s", wanted_text, given_text);
}

wr_status wr__cmatch_core(wr__cdecoder *d, const uint8_t *at, const wr_externtype *given,
                          const wr_externtype *wanted) {
  if (given->kind != wanted->kind)
    return wr__cinvalid(d, at, "expected %s, found %s", kind_names[wanted->kind],
                        kind_names[given->kind]);
  switch (wanted->kind) {
    case WR_EXTERN_FUNC:
    case WR_EXTERN_TAG:
      return match_func(d, at, given, wanted);
    case WR_EXTERN_TABLE:
      return match_table(d, at, given, wanted);
    case WR_EXTERN_MEMORY:
      return match_memory(d, at, given, wanted);
    default:
      return match_global(d, at, given, wanted);
  }
}

static const wr__core_extern *find_import(const wr__core_scope *scope,
                                          const wr__core_extern *wanted) {
  uint32_t low = 0, high = scope->import_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const wr__core_extern *found = &scope->imports[scope->import_order[middle]];
    int order = wr__cspan_compare(found->module, wanted->module);
    if (order == 0) order = wr__cspan_compare(found->name, wanted->name);
    if (order == 0) return found;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

/* Imports match the other way around: a module may import less than is wanted, and export more. */
wr_status wr__cmatch_module(wr__cdecoder *d, const uint8_t *at, const wr__core_scope *given,
                            const wr__core_scope *wanted) {
  if (given == wanted) return WR_OK;
  WR_TRY(wr__ctake(d, (uint64_t)given->import_count + wanted->export_count));
  for (uint32_t i = 0; i < given->import_count; i++) {
    const wr__core_extern *import = &given->imports[i];
    const wr__core_extern *found = find_import(wanted, import);
    if (!found)
      return wr__cinvalid(d, at, "missing expected import `%.*s::%.*s`", WR__NAME(import->module),
                          WR__NAME(import->name));
    WR_TRY(wr__cfail_within(d, wr__cmatch_core(d, at, &found->type, &import->type),
                            "type mismatch in import `%.*s::%.*s`", WR__NAME(import->module),
                            WR__NAME(import->name)));
  }
  for (uint32_t i = 0; i < wanted->export_count; i++) {
    const wr__core_extern *item = &wanted->exports[i];
    const wr__core_extern *found = wr__core_scope_export(given, item->name);
    if (!found) return wr__cinvalid(d, at, "missing expected export `%.*s`", WR__NAME(item->name));
    WR_TRY(wr__cfail_within(d, wr__cmatch_core(d, at, &found->type, &item->type),
                            "type mismatch in export `%.*s`", WR__NAME(item->name)));
  }
  return WR_OK;
}
