/* Why two types differ: the way down to the first part that does, in words. */
#include "component/decoder.h"

static bool is_primitive(uint8_t kind) { return kind <= WR__CTYPE_STRING; }

/* ---- Parts ---- */

static wr_status explain_payload(wr__cdecoder *d, const uint8_t *at, const char *what,
                                 const wr_component_type *given, const wr_component_type *wanted) {
  if (!given) return wr__cinvalid(d, at, "expected %s type, but found none", what);
  if (!wanted) return wr__cinvalid(d, at, "expected %s type to not be present", what);
  return wr__cfail_within(d, wr__cexplain(d, at, given, wanted), "type mismatch in %s variant",
                          what);
}

static bool same_part(const wr_component_type *a, const wr_component_type *b) {
  return a == b || (a && b && a->canon == b->canon);
}

static wr_status explain_record(wr__cdecoder *d, const uint8_t *at, const wr_component_type *given,
                                const wr_component_type *wanted) {
  if (given->field_count != wanted->field_count)
    return wr__cinvalid(d, at, "expected %u fields, found %u", wanted->field_count,
                        given->field_count);
  for (uint32_t i = 0; i < wanted->field_count; i++) {
    const wr__cfield *a = &given->fields[i], *b = &wanted->fields[i];
    if (!wr__cspan_equal(a->name, b->name))
      return wr__cinvalid(d, at, "expected field name `%.*s`, found `%.*s`", WR__NAME(b->name),
                          WR__NAME(a->name));
    if (!same_part(a->type, b->type))
      return wr__cfail_within(d, wr__cexplain(d, at, a->type, b->type),
                              "type mismatch in record field `%.*s`", WR__NAME(b->name));
  }
  return wr__cinvalid(d, at, "records differ");
}

static wr_status explain_tuple(wr__cdecoder *d, const uint8_t *at, const wr_component_type *given,
                               const wr_component_type *wanted) {
  if (given->field_count != wanted->field_count)
    return wr__cinvalid(d, at, "expected %u types, found %u", wanted->field_count,
                        given->field_count);
  for (uint32_t i = 0; i < wanted->field_count; i++)
    if (!same_part(given->fields[i].type, wanted->fields[i].type))
      return wr__cfail_within(d, wr__cexplain(d, at, given->fields[i].type, wanted->fields[i].type),
                              "type mismatch in tuple field %u", i);
  return wr__cinvalid(d, at, "tuples differ");
}

static wr_status explain_variant(wr__cdecoder *d, const uint8_t *at, const wr_component_type *given,
                                 const wr_component_type *wanted) {
  if (given->field_count != wanted->field_count)
    return wr__cinvalid(d, at, "expected %u cases, found %u", wanted->field_count,
                        given->field_count);
  for (uint32_t i = 0; i < wanted->field_count; i++) {
    const wr__cfield *a = &given->fields[i], *b = &wanted->fields[i];
    if (!wr__cspan_equal(a->name, b->name))
      return wr__cinvalid(d, at, "expected case named `%.*s`, found `%.*s`", WR__NAME(b->name),
                          WR__NAME(a->name));
    if (same_part(a->type, b->type)) continue;
    if (!a->type)
      return wr__cinvalid(d, at, "expected case `%.*s` to have a type, found none",
                          WR__NAME(b->name));
    if (!b->type)
      return wr__cinvalid(d, at, "expected case `%.*s` to have no type", WR__NAME(b->name));
    return wr__cfail_within(d, wr__cexplain(d, at, a->type, b->type),
                            "type mismatch in variant case `%.*s`", WR__NAME(b->name));
  }
  return wr__cinvalid(d, at, "variants differ");
}

static wr_status explain_func(wr__cdecoder *d, const uint8_t *at, const wr_component_type *given,
                              const wr_component_type *wanted) {
  if (given->field_count != wanted->field_count)
    return wr__cinvalid(d, at, "expected %u parameters, found %u", wanted->field_count,
                        given->field_count);
  for (uint32_t i = 0; i < wanted->field_count; i++) {
    const wr__cfield *a = &given->fields[i], *b = &wanted->fields[i];
    if (!wr__cspan_equal(a->name, b->name))
      return wr__cinvalid(d, at, "expected parameter named `%.*s`, found `%.*s`", WR__NAME(b->name),
                          WR__NAME(a->name));
    if (!same_part(a->type, b->type))
      return wr__cfail_within(d, wr__cexplain(d, at, a->type, b->type),
                              "type mismatch in function parameter `%.*s`", WR__NAME(b->name));
  }
  if (!given->element || !wanted->element)
    return wr__cinvalid(d, at,
                        "only one of the functions has a result: expected a result, found none");
  return wr__cfail_within(d, wr__cexplain(d, at, given->element, wanted->element),
                          "type mismatch with result type");
}

/* ---- By kind ---- */

static wr_status explain_kinds(wr__cdecoder *d, const uint8_t *at, uint8_t given, uint8_t wanted) {
  if (is_primitive(given) && is_primitive(wanted))
    return wr__cinvalid(d, at, "expected primitive `%s` found primitive `%s`",
                        wr__ctype_kind_name(wanted), wr__ctype_kind_name(given));
  if (is_primitive(wanted))
    return wr__cinvalid(d, at, "expected %s, found %s: expected primitive, found %s",
                        wr__ctype_kind_name(wanted), wr__ctype_kind_name(given),
                        wr__ctype_kind_name(given));
  return wr__cinvalid(d, at, "expected %s, found %s", wr__ctype_kind_name(wanted),
                      wr__ctype_kind_name(given));
}

wr_status wr__cexplain(wr__cdecoder *d, const uint8_t *at, const wr_component_type *given,
                       const wr_component_type *wanted) {
  if (given->kind != wanted->kind) return explain_kinds(d, at, given->kind, wanted->kind);
  switch (wanted->kind) {
    case WR__CTYPE_RECORD:
      return explain_record(d, at, given, wanted);
    case WR__CTYPE_TUPLE:
      return explain_tuple(d, at, given, wanted);
    case WR__CTYPE_VARIANT:
      return explain_variant(d, at, given, wanted);
    case WR__CTYPE_FLAGS:
      return wr__cinvalid(d, at, "mismatch in flags elements");
    case WR__CTYPE_ENUM:
      return wr__cinvalid(d, at, "mismatch in enum elements");
    case WR__CTYPE_OPTION:
      return wr__cfail_within(d, wr__cexplain(d, at, given->fields[1].type, wanted->fields[1].type),
                              "type mismatch in option");
    case WR__CTYPE_RESULT:
      if (!same_part(given->fields[0].type, wanted->fields[0].type))
        return explain_payload(d, at, "ok", given->fields[0].type, wanted->fields[0].type);
      return explain_payload(d, at, "err", given->fields[1].type, wanted->fields[1].type);
    case WR__CTYPE_LIST:
      return wr__cfail_within(d, wr__cexplain(d, at, given->element, wanted->element),
                              "type mismatch in list element");
    case WR__CTYPE_FUNC:
      return explain_func(d, at, given, wanted);
    default:
      return wr__cinvalid(d, at, "resource types are not the same");
  }
}
