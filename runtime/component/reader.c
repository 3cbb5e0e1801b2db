/* The component decoder's primitives: failing, reading, scopes with their index spaces. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "component/decoder.h"

/* ---- Failing ---- */

wr_status wr__cfail(wr__cdecoder *d, wr_status status, const uint8_t *at, const char *format, ...) {
  va_list args;
  char message[sizeof d->failure.message];
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return wr__fail(&d->failure, status, (uint64_t)(at - d->base), "%s", message);
}

wr_status wr__cbad_byte(wr__cdecoder *d, const char *what) {
  return wr__cmalformed(d, d->at - 1, "invalid leading byte (0x%x) for %s", d->at[-1], what);
}

wr_status wr__cfail_oom(wr__cdecoder *d) {
  if (!wr__arena_exceeded(d->arena)) return wr__fail_oom(&d->failure);
  return wr__cunsupported(d, d->at,
                          "the component's types are too complex: they take more memory than its "
                          "size allows");
}

wr_status wr__cfail_feature(wr__cdecoder *d, const uint8_t *at, const char *what,
                            const char *feature) {
  return wr__cunsupported(d, at, "%s: requires the component feature %s, which wasmrun lacks", what,
                          feature);
}

wr_status wr__cfail_within(wr__cdecoder *d, wr_status status, const char *format, ...) {
  if (status == WR_OK || status == WR_OUT_OF_MEMORY) return status;
  va_list args;
  char message[sizeof d->failure.message], inner[sizeof d->failure.message];
  memcpy(inner, d->failure.message, sizeof inner);
  va_start(args, format);
  int used = vsnprintf(message, sizeof message, format, args);
  va_end(args);
  if (used < 0 || (size_t)used >= sizeof message) return status;
  snprintf(message + used, sizeof message - (size_t)used, ": %s", inner);
  memcpy(d->failure.message, message, sizeof message);
  return status;
}

wr_status wr__ctake(wr__cdecoder *d, uint64_t steps) {
  if (WR_LIKELY(steps <= d->steps_left)) {
    d->steps_left -= steps;
    return WR_OK;
  }
  return wr__cunsupported(d, d->at,
                          "the component's types are too complex: checking them takes more steps "
                          "than its size allows");
}

/* ---- Reading ---- */

wr_status wr__cread_byte(wr__cdecoder *d, uint8_t *out) {
  if (d->at >= d->end) return wr__cmalformed(d, d->at, WR__COMPONENT_END);
  *out = *d->at++;
  return WR_OK;
}

wr_status wr__cread_u32(wr__cdecoder *d, uint32_t *out) {
  wr__leb result = wr__leb_u32(&d->at, d->end, out);
  if (WR_LIKELY(result == WR__LEB_OK)) return WR_OK;
  return wr__cmalformed(d, d->at, "%s",
                        result == WR__LEB_END ? WR__COMPONENT_END : wr__leb_message(result));
}

wr_status wr__cread_name(wr__cdecoder *d, wr__span *out) {
  uint32_t size;
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_u32(d, &size));
  if (size > (size_t)(d->end - d->at))
    return wr__cmalformed(d, start, WR__COMPONENT_END ": length out of bounds");
  if (!wr__utf8_valid(d->at, size)) return wr__cmalformed(d, d->at, "malformed UTF-8 encoding");
  *out = (wr__span){d->at, size};
  d->at += size;
  return WR_OK;
}

wr_status wr__cread_count(wr__cdecoder *d, const char *what, uint32_t *out) {
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_u32(d, out));
  if (*out > (size_t)(d->end - d->at))
    return wr__cmalformed(d, start, WR__COMPONENT_END ": %u %s in %zu bytes", *out, what,
                          (size_t)(d->end - d->at));
  return WR_OK;
}

wr_status wr__cread_flag(wr__cdecoder *d, const char *what, bool *out) {
  uint8_t flag;
  WR_TRY(wr__cread_byte(d, &flag));
  if (flag > 1) return wr__cbad_byte(d, what);
  *out = flag;
  return WR_OK;
}

wr_status wr__cread_zero(wr__cdecoder *d, const char *what) {
  uint8_t zero;
  WR_TRY(wr__cread_byte(d, &zero));
  return zero ? wr__cbad_byte(d, what) : WR_OK;
}

wr_status wr__cread_core_sort(wr__cdecoder *d, const char *what, uint8_t *out) {
  uint8_t code;
  WR_TRY(wr__cread_byte(d, &code));
  static const uint8_t sorts[] = {
      [0x00] = WR__SORT_CORE_FUNC,   [0x01] = WR__SORT_CORE_TABLE,   [0x02] = WR__SORT_CORE_MEMORY,
      [0x03] = WR__SORT_CORE_GLOBAL, [0x04] = WR__SORT_CORE_TAG,     [0x10] = WR__SORT_CORE_TYPE,
      [0x11] = WR__SORT_CORE_MODULE, [0x12] = WR__SORT_CORE_INSTANCE};
  if (code > 0x12 || (code > 0x04 && code < 0x10)) return wr__cbad_byte(d, what);
  *out = sorts[code];
  return WR_OK;
}

wr_status wr__cread_sort(wr__cdecoder *d, const char *what, uint8_t *out) {
  uint8_t code;
  WR_TRY(wr__cread_byte(d, &code));
  static const uint8_t sorts[] = {[0x01] = WR__SORT_FUNC,
                                  [0x02] = WR__SORT_VALUE,
                                  [0x03] = WR__SORT_TYPE,
                                  [0x04] = WR__SORT_COMPONENT,
                                  [0x05] = WR__SORT_INSTANCE};
  if (code == 0x00) return wr__cread_core_sort(d, what, out);
  if (code > 0x05) return wr__cbad_byte(d, what);
  if (code == 0x02) return wr__cfail_feature(d, d->at - 1, "a value", "values");
  *out = sorts[code];
  return WR_OK;
}

/* ---- Memory ---- */

void *wr__calloc_array(wr__cdecoder *d, size_t count, size_t element_size) {
  return wr__arena_array(d->arena, count, element_size);
}

wr_status wr__ccopy(wr__cdecoder *d, const void *items, size_t count, size_t element_size,
                    const void *out) {
  void *copy = wr__calloc_array(d, count, element_size);
  if (!copy) return wr__cfail_oom(d);
  if (count) memcpy(copy, items, count * element_size);
  memcpy((void *)(uintptr_t)out, &copy, sizeof copy);
  return WR_OK;
}

wr_status wr__csort(wr__cdecoder *d, const void *items, uint32_t count,
                    int (*compare)(const void *items, uint32_t a, uint32_t b),
                    const uint32_t **out) {
  uint32_t *from = wr__calloc_array(d, count, sizeof *from);
  uint32_t *to = wr__calloc_array(d, count, sizeof *to);
  if (!from || !to) return wr__cfail_oom(d);
  for (uint32_t i = 0; i < count; i++) from[i] = i;
  for (size_t width = 1; width < count; width *= 2) { /* merges runs, equal ones in order */
    for (size_t start = 0; start < count; start += 2 * width) {
      size_t middle = start + width < count ? start + width : count;
      size_t end = start + 2 * width < count ? start + 2 * width : count;
      size_t a = start, b = middle;
      for (size_t i = start; i < end; i++) {
        bool first = b == end || (a < middle && compare(items, from[a], from[b]) <= 0);
        to[i] = first ? from[a++] : from[b++];
      }
    }
    uint32_t *swap = from;
    from = to;
    to = swap;
  }
  *out = from;
  return WR_OK;
}

/* ---- Scopes ---- */

wr_status wr__scope_open(wr__cdecoder *d, wr__scope *scope, uint8_t kind) {
  *scope = (wr__scope){.parent = d->scope, .kind = kind, .id = ++d->scope_count};
  if (++d->depth > WR__COMPONENT_MAX_NESTING)
    return wr__cunsupported(d, d->at, "components and types are nested more than %u deep",
                            (unsigned)WR__COMPONENT_MAX_NESTING);
  d->scope = scope;
  return WR_OK;
}

void wr__scope_close(wr__cdecoder *d, wr__scope *scope) {
  d->depth--;
  d->scope = scope->parent;
  for (unsigned i = 0; i < WR__SORT_COUNT; i++) free(scope->entries[i]);
  free(scope->core_types);
  free(scope->imports.items);
  free(scope->exports.items);
  wr__cfree_names(&scope->imports.names);
  wr__cfree_names(&scope->exports.names);
  free(scope->imported);
  wr__ptrmap_free(&scope->importable);
  wr__ptrmap_free(&scope->exportable);
  free(scope->defs);
  free(scope->modules);
  free(scope->components);
  free(scope->resources);
}

wr_status wr__cadd(wr__cdecoder *d, uint8_t sort, const void *type, bool is_module) {
  wr__scope *s = d->scope;
  uint32_t count = s->counts[sort];
  if (!wr__grow32(&s->entries[sort], &s->capacities[sort], count + 1, sizeof **s->entries))
    return wr__cfail_oom(d);
  s->entries[sort][count] = (wr__entry){type, is_module};
  if (sort == WR__SORT_CORE_TYPE) {
    if (!wr__grow32(&s->core_types, &s->core_type_capacity, count + 1, sizeof *s->core_types))
      return wr__cfail_oom(d);
    s->core_types[count] = is_module ? NULL : (const wr__deftype *)type;
  }
  s->counts[sort]++;
  return WR_OK;
}

const char *wr__csort_name(uint8_t sort) {
  const char *name = wr__sort_name(sort);
  return strncmp(name, "core ", 5) == 0 ? name + 5 : name;
}

/* The words of an index out of bounds are the official suite's. */
static const char *index_words(uint8_t sort) {
  switch (sort) {
    case WR__SORT_CORE_FUNC:
    case WR__SORT_FUNC:
      return "function index out of bounds";
    case WR__SORT_CORE_TYPE:
    case WR__SORT_TYPE:
      return "type index out of bounds";
    case WR__SORT_CORE_TABLE:
      return "table index out of bounds";
    case WR__SORT_CORE_MEMORY:
      return "memory index out of bounds";
    case WR__SORT_CORE_GLOBAL:
      return "global index out of bounds";
    case WR__SORT_CORE_TAG:
      return "tag index out of bounds";
    case WR__SORT_CORE_MODULE:
      return "module index out of bounds";
    case WR__SORT_COMPONENT:
      return "component index out of bounds";
    default:
      return "instance index out of bounds";
  }
}

wr_status wr__centry(wr__cdecoder *d, const uint8_t *at, uint8_t sort, uint32_t index,
                     const wr__entry **out) {
  if (index >= d->scope->counts[sort])
    return wr__cinvalid(d, at, "unknown %s %u: %s", wr__csort_name(sort), index, index_words(sort));
  *out = &d->scope->entries[sort][index];
  return WR_OK;
}

wr_status wr__cread_index(wr__cdecoder *d, uint8_t sort, uint32_t *index, const wr__entry **out) {
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_u32(d, index));
  return wr__centry(d, start, sort, *index, out);
}

wr_status wr__cdefine(wr__cdecoder *d, wr__def *def, const void *entry) {
  wr__scope *s = d->scope;
  def->index = s->counts[def->sort];
  if (!wr__grow32(&s->defs, &s->def_capacity, s->def_count + 1, sizeof *s->defs))
    return wr__cfail_oom(d);
  s->defs[s->def_count++] = *def;
  return wr__cadd(d, def->sort, entry, false);
}

/* Only a component has slots: in types, resources are bound by the type. */
wr_status wr__cnew_resource(wr__cdecoder *d, bool is_local, bool is_imported, wr__resource **out) {
  wr__scope *s = d->scope;
  wr__resource *resource = wr__calloc_array(d, 1, sizeof *resource);
  if (!resource) return wr__cfail_oom(d);
  *resource = (wr__resource){
      .slot = WR_NO_INDEX, .is_local = is_local, .is_imported = is_imported, .scope_id = s->id};
  if (s->kind == WR__SCOPE_COMPONENT) {
    resource->slot = s->resource_count;
    if (!wr__grow32(&s->resources, &s->resource_capacity, s->resource_count + 1,
                    sizeof *s->resources))
      return wr__cfail_oom(d);
    s->resources[s->resource_count++] = resource;
  }
  *out = resource;
  return WR_OK;
}
