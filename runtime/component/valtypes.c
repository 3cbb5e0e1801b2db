/* Value types and function types.
 * Spec: component-model/Binary, type definitions: defvaltype, functype. */
#include "component/decoder.h"

enum { MAX_FLAGS = 32 };

/* 0x7f bool down to 0x73 string. */
static bool primitive_kind(uint8_t code, uint8_t *kind) {
  static const uint8_t kinds[] = {WR__CTYPE_STRING, WR__CTYPE_CHAR, WR__CTYPE_F64, WR__CTYPE_F32,
                                  WR__CTYPE_U64,    WR__CTYPE_S64,  WR__CTYPE_U32, WR__CTYPE_S32,
                                  WR__CTYPE_U16,    WR__CTYPE_S16,  WR__CTYPE_U8,  WR__CTYPE_S8,
                                  WR__CTYPE_BOOL};
  if (code < 0x73 || code > 0x7f) return false;
  *kind = kinds[code - 0x73];
  return true;
}

wr_status wr__cread_valtype(wr__cdecoder *d, const wr_component_type **out) {
  int64_t code;
  uint8_t kind;
  const uint8_t *start = d->at;
  const wr__entry *entry;
  wr__leb result = wr__leb_s33(&d->at, d->end, &code);
  if (result != WR__LEB_OK)
    return wr__cmalformed(d, start, "%s",
                          result == WR__LEB_END ? WR__COMPONENT_END : wr__leb_message(result));
  if (code < 0) {
    if (d->at - start != 1 || code < -0x40) return wr__cmalformed(d, start, "malformed value type");
    if ((code & 0x7f) == 0x64) return wr__cfail_feature(d, start, "error-context", "error-context");
    if (!primitive_kind((uint8_t)(code & 0x7f), &kind))
      return wr__cmalformed(d, start, "malformed value type 0x%02x", (unsigned)(code & 0x7f));
    *out = wr__cprimitive(kind);
    return WR_OK;
  }
  WR_TRY(wr__centry(d, start, WR__SORT_TYPE, (uint32_t)code, &entry));
  *out = (const wr_component_type *)entry->type;
  if (!wr__ctype_is_value((*out)->kind))
    return wr__cinvalid(d, start, "type index %u is not a defined type, but a %s", (uint32_t)code,
                        wr__ctype_kind_name((*out)->kind));
  return WR_OK;
}

static wr_status read_optional(wr__cdecoder *d, const wr_component_type **out) {
  bool is_there;
  *out = NULL;
  WR_TRY(wr__cread_flag(d, "optional type", &is_there));
  return is_there ? wr__cread_valtype(d, out) : WR_OK;
}

/* ---- Labels ---- */

static uint8_t lower_case(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }

static int compare_labels(wr__span a, wr__span b) {
  size_t size = a.size < b.size ? a.size : b.size;
  for (size_t i = 0; i < size; i++) {
    int order = lower_case(a.data[i]) - lower_case(b.data[i]);
    if (order) return order;
  }
  return (a.size > b.size) - (a.size < b.size);
}

static int compare_fields(const void *items, uint32_t a, uint32_t b) {
  const wr__cfield *fields = (const wr__cfield *)items;
  return compare_labels(fields[a].name, fields[b].name);
}

/* Labels of one type differ, upper and lower case aside. Spec: Explainer, strongly-unique. */
static wr_status check_unique(wr__cdecoder *d, const uint8_t *at, const wr_component_type *type,
                              const char *what, const char *short_what) {
  const uint32_t *order;
  WR_TRY(wr__csort(d, type->fields, type->field_count, compare_fields, &order));
  for (uint32_t i = 1; i < type->field_count; i++) {
    wr__span a = type->fields[order[i - 1]].name, b = type->fields[order[i]].name;
    if (compare_labels(a, b) == 0)
      return wr__cinvalid(d, at, "%s name `%.*s` conflicts with previous %s name `%.*s`", what,
                          WR__NAME(b), short_what, WR__NAME(a));
  }
  return WR_OK;
}

static wr_status read_label(wr__cdecoder *d, const char *what, wr__span *out) {
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_name(d, out));
  if (out->size == 0) return wr__cinvalid(d, start, "%s name cannot be empty", what);
  return wr__ccheck_label(d, start, *out, what);
}

wr_status wr__cread_labels(wr__cdecoder *d, wr_component_type *type, const char *what,
                           const char *short_what, bool with_types, bool is_case) {
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_count(d, "labels", &type->field_count));
  wr__cfield *fields = wr__calloc_array(d, type->field_count, sizeof *fields);
  if (!fields) return wr__cfail_oom(d);
  type->fields = fields;
  for (uint32_t i = 0; i < type->field_count; i++) {
    WR_TRY(read_label(d, what, &fields[i].name));
    if (!with_types) continue;
    WR_TRY(is_case ? read_optional(d, &fields[i].type) : wr__cread_valtype(d, &fields[i].type));
    if (is_case) WR_TRY(wr__cread_zero(d, "zero byte required"));
  }
  return check_unique(d, start, type, what, short_what);
}

/* ---- Constructors ---- */

static wr_status read_tuple(wr__cdecoder *d, const uint8_t *at, wr_component_type *type) {
  WR_TRY(wr__cread_count(d, "types", &type->field_count));
  if (type->field_count == 0) return wr__cinvalid(d, at, "tuple type must have at least one type");
  wr__cfield *fields = wr__calloc_array(d, type->field_count, sizeof *fields);
  if (!fields) return wr__cfail_oom(d);
  type->fields = fields;
  for (uint32_t i = 0; i < type->field_count; i++) WR_TRY(wr__cread_valtype(d, &fields[i].type));
  return WR_OK;
}

static wr_status make_cases(wr__cdecoder *d, wr_component_type *type, const char *first,
                            const char *second, wr__cfield **out) {
  wr__cfield *fields = wr__calloc_array(d, 2, sizeof *fields);
  if (!fields) return wr__cfail_oom(d);
  fields[0].name = (wr__span){(const uint8_t *)first, strlen(first)};
  fields[1].name = (wr__span){(const uint8_t *)second, strlen(second)};
  type->fields = *out = fields;
  type->field_count = 2;
  return WR_OK;
}

static wr_status read_option(wr__cdecoder *d, wr_component_type *type) {
  wr__cfield *cases;
  WR_TRY(make_cases(d, type, "none", "some", &cases));
  return wr__cread_valtype(d, &cases[1].type);
}

static wr_status read_result(wr__cdecoder *d, wr_component_type *type) {
  wr__cfield *cases;
  WR_TRY(make_cases(d, type, "ok", "error", &cases));
  WR_TRY(read_optional(d, &cases[0].type));
  return read_optional(d, &cases[1].type);
}

static wr_status read_handle(wr__cdecoder *d, wr_component_type *type) {
  uint32_t index;
  const wr__entry *entry;
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_index(d, WR__SORT_TYPE, &index, &entry));
  type->element = (const wr_component_type *)entry->type;
  if (type->element->kind != WR__CTYPE_RESOURCE)
    return wr__cinvalid(d, start, "type index %u is not a resource type", index);
  return WR_OK;
}

static wr_status require_labels(wr__cdecoder *d, const uint8_t *at, const wr_component_type *type,
                                const char *message) {
  return type->field_count ? WR_OK : wr__cinvalid(d, at, "%s", message);
}

static wr_status read_flags(wr__cdecoder *d, const uint8_t *at, wr_component_type *type) {
  WR_TRY(wr__cread_labels(d, type, "flag", "flag", false, false));
  if (type->field_count > MAX_FLAGS)
    return wr__cinvalid(d, at, "cannot have more than %u flags: %u", (unsigned)MAX_FLAGS,
                        type->field_count);
  return require_labels(d, at, type, "flags must have at least one entry");
}

static wr_status read_record(wr__cdecoder *d, const uint8_t *at, wr_component_type *type) {
  WR_TRY(wr__cread_labels(d, type, "record field", "field", true, false));
  return require_labels(d, at, type, "record type must have at least one field");
}

static wr_status read_variant(wr__cdecoder *d, const uint8_t *at, wr_component_type *type) {
  WR_TRY(wr__cread_labels(d, type, "variant case", "case", true, true));
  return require_labels(d, at, type, "variant type must have at least one case");
}

static wr_status read_enum(wr__cdecoder *d, const uint8_t *at, wr_component_type *type) {
  WR_TRY(wr__cread_labels(d, type, "enum tag", "tag", false, false));
  return require_labels(d, at, type, "enum type must have at least one variant");
}

static wr_status read_func(wr__cdecoder *d, wr_component_type *type) {
  uint8_t form;
  WR_TRY(wr__cread_labels(d, type, "function parameter", "parameter", true, false));
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_byte(d, &form));
  if (form == 0x00) {
    WR_TRY(wr__cread_valtype(d, &type->element));
    if (type->element->has_borrow)
      return wr__cinvalid(d, start, "function result cannot contain a `borrow` type");
    return WR_OK;
  }
  if (form != 0x01) return wr__cbad_byte(d, "component function results");
  return wr__cread_zero(d, "number of results");
}

/* ---- By code ---- */

static wr_status refuse_code(wr__cdecoder *d, const uint8_t *at, uint8_t code) {
  switch (code) {
    case 0x43:
      return wr__cfail_feature(d, at, "an async function type", "async");
    case 0x63:
      return wr__cfail_feature(d, at, "a map", "map");
    case 0x64:
      return wr__cfail_feature(d, at, "error-context", "error-context");
    case 0x65:
      return wr__cfail_feature(d, at, "a future", "async");
    case 0x66:
      return wr__cfail_feature(d, at, "a stream", "async");
    case 0x67:
      return wr__cfail_feature(d, at, "a list of a fixed length", "fixed-length-lists");
    default:
      return wr__cbad_byte(d, "component defined type");
  }
}

static wr_status read_parts(wr__cdecoder *d, const uint8_t *at, uint8_t code,
                            wr_component_type *type) {
  switch (code) {
    case 0x72:
      return read_record(d, at, type);
    case 0x71:
      return read_variant(d, at, type);
    case 0x70:
      return wr__cread_valtype(d, &type->element);
    case 0x6f:
      return read_tuple(d, at, type);
    case 0x6e:
      return read_flags(d, at, type);
    case 0x6d:
      return read_enum(d, at, type);
    case 0x6b:
      return read_option(d, type);
    case 0x6a:
      return read_result(d, type);
    case 0x69:
    case 0x68:
      return read_handle(d, type);
    default:
      return read_func(d, type);
  }
}

static bool kind_of_code(uint8_t code, uint8_t *kind) {
  static const uint8_t kinds[] = {
      [0x72 - 0x68] = WR__CTYPE_RECORD, [0x71 - 0x68] = WR__CTYPE_VARIANT,
      [0x70 - 0x68] = WR__CTYPE_LIST,   [0x6f - 0x68] = WR__CTYPE_TUPLE,
      [0x6e - 0x68] = WR__CTYPE_FLAGS,  [0x6d - 0x68] = WR__CTYPE_ENUM,
      [0x6b - 0x68] = WR__CTYPE_OPTION, [0x6a - 0x68] = WR__CTYPE_RESULT,
      [0x69 - 0x68] = WR__CTYPE_OWN,    [0x68 - 0x68] = WR__CTYPE_BORROW};
  if (code == 0x40) {
    *kind = WR__CTYPE_FUNC;
    return true;
  }
  if (code < 0x68 || code > 0x72 || code == 0x6c) return false;
  *kind = kinds[code - 0x68];
  return true;
}

wr_status wr__cread_deftype(wr__cdecoder *d, const uint8_t *at, uint8_t code,
                            const wr_component_type **out) {
  uint8_t kind;
  if (primitive_kind(code, &kind)) {
    *out = wr__cprimitive(kind);
    return WR_OK;
  }
  if (!kind_of_code(code, &kind)) return refuse_code(d, at, code);
  wr_component_type *type = wr__cnew_type(d, kind);
  if (!type) return wr__cfail_oom(d);
  WR_TRY(read_parts(d, at, code, type));
  *out = type;
  return wr__cfinish_type(d, at, type);
}
