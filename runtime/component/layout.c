/* Completing types: the canonical layout of value types, their weight and depth, and the canonical
 * node of their structure.
 * Spec: component-model/CanonicalABI: alignment, elem_size, flattening. */
#include <stdlib.h>

#include "component/decoder.h"

#define PRIMITIVE(k, bytes, core) \
  [k] = {.kind = k,               \
         .alignment = bytes,      \
         .depth = 1,              \
         .weight = 1,             \
         .size_bytes = bytes,     \
         .flat_count = 1,         \
         .flat = {core},          \
         .canon = &primitives[k]}

static const wr_component_type primitives[] = {
    PRIMITIVE(WR__CTYPE_BOOL, 1, WR_I32),
    PRIMITIVE(WR__CTYPE_S8, 1, WR_I32),
    PRIMITIVE(WR__CTYPE_U8, 1, WR_I32),
    PRIMITIVE(WR__CTYPE_S16, 2, WR_I32),
    PRIMITIVE(WR__CTYPE_U16, 2, WR_I32),
    PRIMITIVE(WR__CTYPE_S32, 4, WR_I32),
    PRIMITIVE(WR__CTYPE_U32, 4, WR_I32),
    PRIMITIVE(WR__CTYPE_S64, 8, WR_I64),
    PRIMITIVE(WR__CTYPE_U64, 8, WR_I64),
    PRIMITIVE(WR__CTYPE_F32, 4, WR_F32),
    PRIMITIVE(WR__CTYPE_F64, 8, WR_F64),
    PRIMITIVE(WR__CTYPE_CHAR, 4, WR_I32),
    [WR__CTYPE_STRING] = {.kind = WR__CTYPE_STRING,
                          .alignment = 4,
                          .has_memory = true,
                          .depth = 1,
                          .weight = 1,
                          .size_bytes = 8,
                          .flat_count = 2,
                          .flat = {WR_I32, WR_I32},
                          .canon = &primitives[WR__CTYPE_STRING]},
};

const wr_component_type *wr__cprimitive(uint8_t kind) { return &primitives[kind]; }

wr_component_type *wr__cnew_type(wr__cdecoder *d, uint8_t kind) {
  wr_component_type *type = wr__calloc_array(d, 1, sizeof *type);
  if (type) type->kind = kind;
  return type;
}

/* ---- Layout ---- */

static uint64_t align_to(uint64_t offset, uint32_t alignment) {
  return (offset + alignment - 1) & ~(uint64_t)(alignment - 1);
}

static uint32_t saturate(uint64_t value) {
  return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void add_flat(wr_component_type *type, const wr_component_type *part) {
  uint64_t count = (uint64_t)type->flat_count + part->flat_count;
  if (count <= WR__CTYPE_MAX_FLAT)
    memcpy(type->flat + type->flat_count, part->flat, part->flat_count);
  type->flat_count = saturate(count);
}

static uint64_t lay_out_record(wr_component_type *type) {
  uint64_t size = 0;
  type->alignment = 1;
  for (uint32_t i = 0; i < type->field_count; i++) {
    wr__cfield *field = (wr__cfield *)(uintptr_t)&type->fields[i];
    const wr_component_type *part = field->type;
    if (part->alignment > type->alignment) type->alignment = part->alignment;
    size = align_to(size, part->alignment);
    field->offset = saturate(size);
    size += part->size_bytes;
    add_flat(type, part);
  }
  return align_to(size, type->alignment);
}

static uint8_t join_flat(uint8_t a, uint8_t b) {
  if (a == b) return a;
  return (a == WR_I32 && b == WR_F32) || (a == WR_F32 && b == WR_I32) ? WR_I32 : WR_I64;
}

static void join_case(wr_component_type *type, const wr_component_type *part) {
  if (part->flat_count < WR__CTYPE_MAX_FLAT) {
    for (uint32_t i = 0; i < part->flat_count; i++) {
      uint8_t *place = &type->flat[1 + i];
      *place = *place ? join_flat(*place, part->flat[i]) : part->flat[i];
    }
  }
  if (part->flat_count >= type->flat_count)
    type->flat_count = saturate(1 + (uint64_t)part->flat_count);
}

static uint64_t lay_out_variant(wr_component_type *type) {
  uint64_t largest = 0;
  uint8_t alignment = 1;
  type->discriminant_size = type->field_count <= 0x100 ? 1 : type->field_count <= 0x10000 ? 2 : 4;
  type->flat_count = 1;
  type->flat[0] = WR_I32;
  for (uint32_t i = 0; i < type->field_count; i++) {
    const wr_component_type *part = type->fields[i].type;
    if (!part) continue;
    if (part->alignment > alignment) alignment = part->alignment;
    if (part->size_bytes > largest) largest = part->size_bytes;
    join_case(type, part);
  }
  type->payload_offset = saturate(align_to(type->discriminant_size, alignment));
  type->alignment = alignment > type->discriminant_size ? alignment : type->discriminant_size;
  return align_to(type->payload_offset + largest, type->alignment);
}

static uint64_t lay_out_words(wr_component_type *type, uint8_t alignment, uint32_t words) {
  type->alignment = alignment;
  type->flat_count = words;
  for (uint32_t i = 0; i < words; i++) type->flat[i] = WR_I32;
  return (uint64_t)alignment * words;
}

static uint64_t lay_out(wr_component_type *type) {
  switch (type->kind) {
    case WR__CTYPE_RECORD:
    case WR__CTYPE_TUPLE:
      return lay_out_record(type);
    case WR__CTYPE_VARIANT:
    case WR__CTYPE_ENUM:
    case WR__CTYPE_OPTION:
    case WR__CTYPE_RESULT:
      return lay_out_variant(type);
    case WR__CTYPE_FLAGS:
      return lay_out_words(type, type->field_count <= 8 ? 1 : type->field_count <= 16 ? 2 : 4, 1);
    case WR__CTYPE_LIST:
      type->has_memory = true;
      return lay_out_words(type, 4, 2);
    case WR__CTYPE_OWN:
    case WR__CTYPE_BORROW:
      return lay_out_words(type, 4, 1);
    default:
      return 0;
  }
}

/* ---- Weight and depth ---- */

typedef struct sum {
  uint64_t weight;
  uint32_t depth;
  bool has_borrow, has_memory, is_open;
} sum;

static void add_part(sum *s, const wr_component_type *part) {
  if (!part) return;
  s->weight += part->weight;
  if (part->depth > s->depth) s->depth = part->depth;
  s->has_borrow |= part->has_borrow;
  s->has_memory |= part->has_memory;
  s->is_open |= part->is_open;
}

static sum add_parts(const wr_component_type *type) {
  sum s = {.weight = 1};
  s.has_borrow = type->kind == WR__CTYPE_BORROW;
  s.has_memory = type->kind == WR__CTYPE_LIST;
  s.is_open = type->kind == WR__CTYPE_RESOURCE;
  add_part(&s, type->element);
  for (uint32_t i = 0; i < type->field_count; i++) {
    s.weight++;
    add_part(&s, type->fields[i].type);
  }
  if (type->scope) {
    for (uint32_t i = 0; i < type->scope->import_count; i++)
      add_part(&s, type->scope->imports[i].type);
    for (uint32_t i = 0; i < type->scope->export_count; i++)
      add_part(&s, type->scope->exports[i].type);
    s.weight += type->scope->import_count + (uint64_t)type->scope->export_count;
  }
  if (type->module) s.weight += type->module->import_count + (uint64_t)type->module->export_count;
  return s;
}

/* ---- The canonical node ---- */

static const wr_component_type *canon_of(const wr_component_type *type) {
  return type ? type->canon : NULL;
}

/* own and borrow mean the resource, not the name by which it is reached. */
static const void *element_key(const wr_component_type *type) {
  bool is_handle = type->kind == WR__CTYPE_OWN || type->kind == WR__CTYPE_BORROW;
  return is_handle ? (const void *)type->element->resource : canon_of(type->element);
}

static uint64_t hash_type(const wr_component_type *type) {
  const void *element = element_key(type);
  uint64_t h = wr__hash_bytes(&element, sizeof element, type->kind);
  for (uint32_t i = 0; i < type->field_count; i++) {
    const wr__cfield *field = &type->fields[i];
    const void *part = canon_of(field->type);
    h = wr__hash_bytes(field->name.data, field->name.size, h);
    h = wr__hash_bytes(&part, sizeof part, h);
  }
  return h;
}

static bool same_structure(const wr_component_type *a, const wr_component_type *b) {
  if (a->kind != b->kind || a->field_count != b->field_count || element_key(a) != element_key(b))
    return false;
  for (uint32_t i = 0; i < a->field_count; i++) {
    if (canon_of(a->fields[i].type) != canon_of(b->fields[i].type)) return false;
    if (!wr__cspan_equal(a->fields[i].name, b->fields[i].name)) return false;
  }
  return true;
}

static wr_status grow_interned(wr__cdecoder *d) {
  uint32_t capacity = d->interned_capacity ? d->interned_capacity * 2 : 64;
  const wr_component_type **table = calloc(capacity, sizeof *table);
  if (!table) return wr__cfail_oom(d);
  for (uint32_t i = 0; i < d->interned_capacity; i++) {
    const wr_component_type *type = d->interned[i];
    if (!type) continue;
    size_t at = hash_type(type) & (capacity - 1);
    while (table[at]) at = (at + 1) & (capacity - 1);
    table[at] = type;
  }
  free(d->interned);
  d->interned = table;
  d->interned_capacity = capacity;
  return WR_OK;
}

static wr_status intern_type(wr__cdecoder *d, wr_component_type *type) {
  if (d->interned_count >= d->interned_capacity / 2) WR_TRY(grow_interned(d));
  WR_TRY(wr__ctake(d, type->field_count));
  size_t at = hash_type(type) & (d->interned_capacity - 1);
  while (d->interned[at]) {
    WR_TRY(wr__ctake(d, 1 + type->field_count));
    if (same_structure(d->interned[at], type)) {
      type->canon = d->interned[at];
      return WR_OK;
    }
    at = (at + 1) & (d->interned_capacity - 1);
  }
  type->canon = d->interned[at] = type;
  d->interned_count++;
  return WR_OK;
}

wr_status wr__cfinish_type(wr__cdecoder *d, const uint8_t *at, wr_component_type *type) {
  sum s = add_parts(type);
  if (s.weight > WR__CTYPE_MAX_WEIGHT)
    return wr__cunsupported(d, at, "effective type size exceeds the limit of %u parts",
                            (unsigned)WR__CTYPE_MAX_WEIGHT);
  if (s.depth >= WR__CTYPE_MAX_DEPTH)
    return wr__cunsupported(d, at, "types are nested more than %u deep",
                            (unsigned)WR__CTYPE_MAX_DEPTH);
  type->weight = (uint32_t)s.weight;
  type->depth = (uint8_t)(s.depth + 1);
  type->has_borrow = s.has_borrow;
  type->has_memory = s.has_memory;
  type->is_open |= s.is_open;
  type->canon = type;
  if (wr__ctype_is_value(type->kind)) {
    uint64_t size = lay_out(type);
    if (size >= WR__CTYPE_MAX_SIZE / 2) /* at most twice as much in 64-bit memories */
      return wr__cinvalid(d, at, "the type exceeds maximum byte size: 2**28 - 1");
    type->size_bytes = (uint32_t)size;
    return intern_type(d, type);
  }
  return type->kind == WR__CTYPE_FUNC ? intern_type(d, type) : WR_OK;
}

/* ---- Other nodes ---- */

wr_status wr__cname_type(wr__cdecoder *d, const wr_component_type *type,
                         const wr_component_type **out) {
  wr_component_type *named = wr__cnew_type(d, type->kind);
  if (!named) return wr__cfail_oom(d);
  *named = *type;
  named->is_open = true;
  if (type->canon == type && !wr__ctype_is_value(type->kind) && type->kind != WR__CTYPE_FUNC)
    named->canon = named;
  *out = named;
  return WR_OK;
}

wr_status wr__cnew_resource_type(wr__cdecoder *d, const wr__resource *resource,
                                 const wr_component_type **out) {
  wr_component_type *type = wr__cnew_type(d, WR__CTYPE_RESOURCE);
  if (!type) return wr__cfail_oom(d);
  type->resource = resource;
  *out = type;
  return wr__cfinish_type(d, d->at, type);
}

int wr__cextern_compare(const void *items, uint32_t a, uint32_t b) {
  const wr__cextern *externs = (const wr__cextern *)items;
  return wr__cspan_compare(externs[a].name, externs[b].name);
}

wr_status wr__cnew_scope_type(wr__cdecoder *d, const uint8_t *at, uint8_t kind, wr__cscope *scope,
                              const wr_component_type **out) {
  wr_component_type *type = wr__cnew_type(d, kind);
  if (!type) return wr__cfail_oom(d);
  WR_TRY(
      wr__csort(d, scope->exports, scope->export_count, wr__cextern_compare, &scope->export_order));
  WR_TRY(wr__ccopy(d, scope, 1, sizeof *scope, &type->scope));
  *out = type;
  return wr__cfinish_type(d, at, type);
}
