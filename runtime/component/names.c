/* Names of imports and exports in their scope: how they are read, that they are strongly unique,
 * and the rules of those that are annotated as functions of a resource. Spec:
 * component-model/Binary, import and export definitions; Explainer, name uniqueness. */
#include <stdlib.h>

#include "component/decoder.h"

/* ---- Reading ---- */

static wr_status read_attribute(wr__cdecoder *d, uint32_t *seen, wr__extern_name *out) {
  uint8_t code;
  wr__span text;
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_byte(d, &code));
  if (code == 0x01) return wr__cfail_feature(d, start, "a version suffix", "canonical-names");
  if (code > 0x02) return wr__cbad_byte(d, "name option");
  if (*seen >> code & 1)
    return wr__cinvalid(d, start, "duplicate '%s' option in name",
                        code ? "external-id" : "implements");
  *seen |= 1u << code;
  WR_TRY(wr__cread_name(d, &text));
  if (code != 0x00) return WR_OK;
  out->implements = text;
  return wr__ccheck_interface_name(d, start, text);
}

wr_status wr__cread_extern_name(wr__cdecoder *d, bool is_import, wr__extern_name *out) {
  uint8_t form;
  uint32_t count, seen = 0;
  *out = (wr__extern_name){0};
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_byte(d, &form));
  if (form > 0x02) return wr__cbad_byte(d, "component name");
  WR_TRY(wr__cread_name(d, &out->name));
  WR_TRY(wr__ccheck_extern_name(d, start, out->name, is_import));
  if (form != 0x02) return WR_OK;
  WR_TRY(wr__cread_count(d, "attributes", &count));
  for (uint32_t i = 0; i < count; i++) WR_TRY(read_attribute(d, &seen, out));
  return WR_OK;
}

/* ---- The parts of a name ---- */

typedef enum annotation { PLAIN, CONSTRUCTOR, METHOD, STATIC } annotation;

typedef struct name_parts {
  annotation annotation;
  wr__span resource; /* the label of the resource of an annotated name */
  wr__span label;    /* what is compared for uniqueness */
} name_parts;

static bool strip(wr__span *name, const char *prefix) {
  size_t size = strlen(prefix);
  if (name->size < size || memcmp(name->data, prefix, size) != 0) return false;
  name->data += size;
  name->size -= size;
  return true;
}

static uint8_t lower_case(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }

/* Case counts in versions, places and hashes alone. */
static size_t folded_size(wr__span name) {
  for (size_t i = 0; i < name.size; i++)
    if (name.data[i] == '@' || name.data[i] == '<') return i;
  return name.size;
}

static bool same_label(wr__span a, wr__span b) {
  if (a.size != b.size) return false;
  size_t folded = folded_size(a);
  for (size_t i = 0; i < folded; i++)
    if (lower_case(a.data[i]) != lower_case(b.data[i])) return false;
  return memcmp(a.data + folded, b.data + folded, a.size - folded) == 0;
}

static name_parts split_name(wr__span name) {
  name_parts parts = {.label = name};
  if (strip(&parts.label, "[constructor]")) {
    parts.annotation = CONSTRUCTOR;
    parts.resource = parts.label;
    return parts;
  }
  if (strip(&parts.label, "[method]"))
    parts.annotation = METHOD;
  else if (strip(&parts.label, "[static]"))
    parts.annotation = STATIC;
  else
    return parts;
  const uint8_t *dot = memchr(parts.label.data, '.', parts.label.size);
  size_t before = (size_t)(dot - parts.label.data);
  wr__span member = {dot + 1, parts.label.size - before - 1};
  parts.resource = (wr__span){parts.label.data, before};
  if (same_label(parts.resource, member)) parts.label = member;
  return parts;
}

/* ---- The table ---- */

static uint64_t hash_label(wr__span label, bool is_constructor) {
  uint64_t h = is_constructor ? 0x51ed27u : 0x9e3779u;
  size_t folded = folded_size(label);
  for (size_t i = 0; i < label.size; i++)
    h = (h ^ (i < folded ? lower_case(label.data[i]) : label.data[i])) * 0x100000001b3u;
  return h ^ (h >> 31);
}

static size_t slot_of(const wr__name_table *t, wr__span label, bool is_constructor) {
  return (size_t)hash_label(label, is_constructor) & (t->slot_count - 1);
}

static wr_status grow_slots(wr__cdecoder *d, wr__name_table *t) {
  uint32_t count = t->slot_count ? t->slot_count * 2 : 16;
  uint32_t *slots = calloc(count, sizeof *slots);
  if (!slots) return wr__cfail_oom(d);
  free(t->slots);
  t->slots = slots;
  t->slot_count = count;
  for (uint32_t i = 0; i < t->count; i++) {
    size_t at = slot_of(t, t->places[i].label, t->places[i].is_constructor);
    while (slots[at]) at = (at + 1) & (count - 1);
    slots[at] = i + 1;
  }
  return WR_OK;
}

/* The slot of a label, empty or not. */
static wr_status find_slot(wr__cdecoder *d, const wr__name_table *t, wr__span label,
                           bool is_constructor, size_t *out) {
  size_t at = slot_of(t, label, is_constructor);
  WR_TRY(wr__ctake(d, 1 + label.size / 8));
  while (t->slots[at]) {
    const wr__name_place *place = &t->places[t->slots[at] - 1];
    if (place->is_constructor == is_constructor && same_label(place->label, label)) break;
    WR_TRY(wr__ctake(d, 1 + label.size / 8));
    at = (at + 1) & (t->slot_count - 1);
  }
  *out = at;
  return WR_OK;
}

static wr_status insert_name(wr__cdecoder *d, const uint8_t *at, wr__name_table *t,
                             const char *what, const wr__name_place *place) {
  size_t slot;
  if (t->count >= t->slot_count / 2) WR_TRY(grow_slots(d, t));
  WR_TRY(find_slot(d, t, place->label, place->is_constructor, &slot));
  if (t->slots[slot])
    return wr__cinvalid(d, at, "%s name `%.*s` conflicts with previous name `%.*s`", what,
                        WR__NAME(place->name), WR__NAME(t->places[t->slots[slot] - 1].name));
  if (!wr__grow32(&t->places, &t->capacity, t->count + 1, sizeof *t->places))
    return wr__cfail_oom(d);
  t->places[t->count++] = *place;
  t->slots[slot] = t->count;
  if (!place->resource) return WR_OK;
  uintptr_t number = t->count;
  return wr__ptrmap_set(&t->resource_names, place->resource, (const void *)number)
             ? WR_OK
             : wr__cfail_oom(d);
}

void wr__cfree_names(wr__name_table *table) {
  free(table->places);
  free(table->slots);
  wr__ptrmap_free(&table->resource_names);
}

/* ---- Functions of resources ---- */

static wr_status check_resource(wr__cdecoder *d, const uint8_t *at, const wr__name_table *t,
                                const wr_component_type *handle, wr__span label) {
  uintptr_t number = (uintptr_t)wr__ptrmap_get(&t->resource_names, handle->element);
  if (!number)
    return wr__cinvalid(d, at, "resource used in function does not have a name in this context");
  wr__span name = t->places[number - 1].name;
  if (wr__cspan_equal(name, label)) return WR_OK;
  return wr__cinvalid(d, at, "function does not match expected resource name `%.*s`",
                      WR__NAME(name));
}

static wr_status check_constructor(wr__cdecoder *d, const uint8_t *at, const wr__name_table *t,
                                   const wr_component_type *func, wr__span label) {
  const wr_component_type *result = func->element;
  if (!result) return wr__cinvalid(d, at, "function should return one value");
  if (result->kind == WR__CTYPE_RESULT) result = result->fields[0].type;
  if (!result || result->kind != WR__CTYPE_OWN)
    return wr__cinvalid(d, at, "function should return `(own $T)` or `(result (own $T))`");
  return check_resource(d, at, t, result, label);
}

static wr_status check_method(wr__cdecoder *d, const uint8_t *at, const wr__name_table *t,
                              const wr_component_type *func, wr__span label) {
  static const wr__span self = {(const uint8_t *)"self", 4};
  if (func->field_count == 0)
    return wr__cinvalid(d, at, "function should have at least one argument");
  if (!wr__cspan_equal(func->fields[0].name, self))
    return wr__cinvalid(d, at, "function should have a first argument called `self`");
  if (func->fields[0].type->kind != WR__CTYPE_BORROW)
    return wr__cinvalid(d, at, "function should take a first argument of `(borrow $T)`");
  return check_resource(d, at, t, func->fields[0].type, label);
}

static wr_status check_static(wr__cdecoder *d, const uint8_t *at, const wr__name_table *t,
                              wr__span label) {
  size_t slot = 0;
  if (t->slot_count) WR_TRY(find_slot(d, t, label, false, &slot));
  if (t->slot_count && t->slots[slot]) {
    const wr__name_place *place = &t->places[t->slots[slot] - 1];
    if (place->resource && wr__cspan_equal(place->name, label)) return WR_OK;
  }
  return wr__cinvalid(d, at, "static resource name is not known in this context: `%.*s`",
                      WR__NAME(label));
}

static wr_status check_annotation(wr__cdecoder *d, const uint8_t *at, const wr__name_table *t,
                                  const name_parts *parts, wr__span name, uint8_t sort,
                                  const wr_component_type *type) {
  if (parts->annotation == PLAIN) return WR_OK;
  if (sort != WR__SORT_FUNC)
    return wr__cinvalid(d, at, "item with the name `%.*s` is not a func", WR__NAME(name));
  switch (parts->annotation) {
    case CONSTRUCTOR:
      return check_constructor(d, at, t, type, parts->resource);
    case METHOD:
      return check_method(d, at, t, type, parts->resource);
    default:
      return check_static(d, at, t, parts->resource);
  }
}

static wr_status check_implements(wr__cdecoder *d, const uint8_t *at, const wr__extern_name *name,
                                  uint8_t sort) {
  if (!name->implements.data) return WR_OK;
  if (sort != WR__SORT_INSTANCE)
    return wr__cinvalid(d, at, "only instances can have an `implements`");
  if (memchr(name->name.data, ':', name->name.size) ||
      memchr(name->name.data, '<', name->name.size))
    return wr__cinvalid(d, at, "name `%.*s` is not valid with `implements`", WR__NAME(name->name));
  return WR_OK;
}

wr_status wr__cadd_name(wr__cdecoder *d, const uint8_t *at, wr__name_table *table, const char *what,
                        const wr__extern_name *name, uint8_t sort, const wr_component_type *type) {
  name_parts parts = split_name(name->name);
  WR_TRY(check_implements(d, at, name, sort));
  WR_TRY(check_annotation(d, at, table, &parts, name->name, sort, type));
  wr__name_place place = {
      .label = parts.label, .name = name->name, .is_constructor = parts.annotation == CONSTRUCTOR};
  if (sort == WR__SORT_TYPE && type->kind == WR__CTYPE_RESOURCE) place.resource = type;
  return insert_name(d, at, table, what, &place);
}
