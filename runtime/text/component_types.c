/* Types in component text. A type that is written where an index belongs is defined before the item
 * that needs it. Spec: component-model/Explainer, type definitions. */
#include "text/component.h"

/* ---- Definitions ---- */

static wr_status add_type(wr__ctext *c, wr__buffer *item, uint32_t id, uint32_t *index) {
  WR_TRY(wr__ctext_add(c, WR__CSECTION_TYPE, item));
  return wr__ctext_bind(c, id, WR__TSORT_TYPE, index);
}

/* ---- Value types ---- */

static uint8_t primitive_code(const wr__ctext *c) {
  static const struct {
    const char *word;
    uint8_t code;
  } primitives[] = {
      {"bool", 0x7f},   {"s8", 0x7e},      {"u8", 0x7d},      {"s16", 0x7c},
      {"u16", 0x7b},    {"s32", 0x7a},     {"u32", 0x79},     {"s64", 0x78},
      {"u64", 0x77},    {"f32", 0x76},     {"f64", 0x75},     {"char", 0x74},
      {"string", 0x73}, {"float32", 0x76}, {"float64", 0x75}, {"error-context", 0x64}};
  for (size_t i = 0; i < WR_ARRAY_COUNT(primitives); i++)
    if (wr__ctext_at_word(c, primitives[i].word)) return primitives[i].code;
  return 0;
}

static wr_status parse_constructor(wr__ctext *c, wr__buffer *out);

wr_status wr__ctext_valtype(wr__ctext *c, wr__buffer *out) {
  uint32_t index;
  uint8_t code = primitive_code(c);
  if (code) {
    c->p->at++;
    wr__buffer_byte(out, code);
    return WR_OK;
  }
  if (wr__ctext_at_ref(c) || wr__ctext_at_form(c, "type")) {
    WR_TRY(wr__ctext_ref(c, WR__TSORT_TYPE, false, &index));
  } else {
    wr__buffer *item = wr__ctext_item(c);
    if (++c->depth > 2 * WR__TEXT_MAX_NESTING)
      return wr__parse_fail(c->p, c->p->at, "types are nested too deep");
    WR_TRY(parse_constructor(c, item));
    c->depth--;
    WR_TRY(add_type(c, item, WR_NO_INDEX, &index));
  }
  wr__buffer_sleb(out, index);
  return WR_OK;
}

static wr_status parse_label(wr__ctext *c, wr__buffer *out) {
  wr__span label;
  WR_TRY(wr__parse_name(c->p, &label));
  wr__buffer_name(out, label.data, label.size);
  return WR_OK;
}

static wr_status parse_optional(wr__ctext *c, wr__buffer *out) {
  bool is_there = !wr__parse_is(c->p, WR__TOK_CLOSE);
  wr__buffer_byte(out, is_there);
  return is_there ? wr__ctext_valtype(c, out) : WR_OK;
}

/* (field "x" type)* of records, (case "x" type?)* of variants. */
static wr_status parse_fields(wr__ctext *c, const char *word, bool is_case, wr__buffer *out) {
  uint32_t count = 0;
  wr__buffer *fields = wr__ctext_item(c);
  while (wr__ctext_at_form(c, word)) {
    c->p->at += 2;
    (void)(is_case && wr__ctext_take_id(c));
    WR_TRY(parse_label(c, fields));
    WR_TRY(is_case ? parse_optional(c, fields) : wr__ctext_valtype(c, fields));
    if (is_case) wr__buffer_byte(fields, 0x00);
    WR_TRY(wr__parse_close(c->p));
    count++;
  }
  wr__buffer_uleb(out, count);
  wr__buffer_append(out, fields);
  wr__ctext_release(c, fields);
  return WR_OK;
}

static wr_status parse_list_of(wr__ctext *c, bool labels, wr__buffer *out) {
  uint32_t count = 0;
  wr__buffer *parts = wr__ctext_item(c);
  while (!wr__parse_is(c->p, WR__TOK_CLOSE)) {
    WR_TRY(labels ? parse_label(c, parts) : wr__ctext_valtype(c, parts));
    count++;
  }
  wr__buffer_uleb(out, count);
  wr__buffer_append(out, parts);
  wr__ctext_release(c, parts);
  return WR_OK;
}

static wr_status parse_result(wr__ctext *c, wr__buffer *out) {
  bool has_ok = !wr__parse_is(c->p, WR__TOK_CLOSE) && !wr__ctext_at_form(c, "error");
  wr__buffer_byte(out, has_ok);
  if (has_ok) WR_TRY(wr__ctext_valtype(c, out));
  bool has_error = wr__ctext_at_form(c, "error");
  wr__buffer_byte(out, has_error);
  if (!has_error) return WR_OK;
  c->p->at += 2;
  WR_TRY(wr__ctext_valtype(c, out));
  return wr__parse_close(c->p);
}

/* A list; with a length, of the feature fixed-length-lists. */
static wr_status parse_list(wr__ctext *c, wr__buffer *out) {
  uint32_t length;
  size_t start = out->size;
  wr__buffer_byte(out, 0x70);
  WR_TRY(wr__ctext_valtype(c, out));
  if (!wr__parse_is(c->p, WR__TOK_NAT) || out->failed) return WR_OK;
  WR_TRY(wr__parse_u32(c->p, &length));
  out->data[start] = 0x67;
  wr__buffer_uleb(out, length);
  return WR_OK;
}

static wr_status parse_handle(wr__ctext *c, uint8_t code, wr__buffer *out) {
  uint32_t index;
  WR_TRY(wr__ctext_ref(c, WR__TSORT_TYPE, false, &index));
  wr__buffer_byte(out, code);
  wr__buffer_uleb(out, index);
  return WR_OK;
}

static wr_status parse_map(wr__ctext *c, wr__buffer *out) {
  wr__buffer_byte(out, 0x63);
  WR_TRY(wr__ctext_valtype(c, out));
  return wr__ctext_valtype(c, out);
}

static wr_status parse_parts(wr__ctext *c, uint8_t code, wr__buffer *out) {
  switch (code) {
    case 0x70:
      return parse_list(c, out);
    case 0x69:
    case 0x68:
      return parse_handle(c, code, out);
    case 0x63:
      return parse_map(c, out);
    default:
      break;
  }
  wr__buffer_byte(out, code);
  switch (code) {
    case 0x72:
      return parse_fields(c, "field", false, out);
    case 0x71:
      return parse_fields(c, "case", true, out);
    case 0x6f:
      return parse_list_of(c, false, out);
    case 0x6e:
    case 0x6d:
      return parse_list_of(c, true, out);
    case 0x6b:
      return wr__ctext_valtype(c, out);
    case 0x6a:
      return parse_result(c, out);
    default:
      return parse_optional(c, out); /* stream, future */
  }
}

/* A value type in parentheses. */
static wr_status parse_constructor(wr__ctext *c, wr__buffer *out) {
  static const struct {
    const char *word;
    uint8_t code;
  } forms[] = {{"record", 0x72}, {"variant", 0x71}, {"list", 0x70},   {"tuple", 0x6f},
               {"flags", 0x6e},  {"enum", 0x6d},    {"option", 0x6b}, {"result", 0x6a},
               {"own", 0x69},    {"borrow", 0x68},  {"stream", 0x66}, {"future", 0x65},
               {"map", 0x63}};
  for (size_t i = 0; i < WR_ARRAY_COUNT(forms); i++) {
    if (!wr__ctext_at_form(c, forms[i].word)) continue;
    c->p->at += 2;
    WR_TRY(parse_parts(c, forms[i].code, out));
    return wr__parse_close(c->p);
  }
  return wr__parse_unexpected(c->p, "a type");
}

/* ---- Function types ---- */

/* async? (param "x" type)* (result type)?, behind (func. */
static wr_status parse_functype(wr__ctext *c, wr__buffer *out) {
  bool is_async = wr__ctext_at_word(c, "async");
  if (is_async) c->p->at++;
  wr__buffer_byte(out, is_async ? 0x43 : 0x40);
  WR_TRY(parse_fields(c, "param", false, out));
  if (!wr__ctext_at_form(c, "result")) {
    wr__buffer_byte(out, 0x01);
    wr__buffer_byte(out, 0x00);
    return WR_OK;
  }
  c->p->at += 2;
  wr__buffer_byte(out, 0x00);
  WR_TRY(wr__ctext_valtype(c, out));
  return wr__parse_close(c->p);
}

/* (type X), or what makes an anonymous type. */
static wr_status parse_typeuse(wr__ctext *c, wr_status (*parse)(wr__ctext *c, wr__buffer *out),
                               uint32_t *index) {
  if (wr__ctext_at_typeuse(c)) return wr__ctext_ref(c, WR__TSORT_TYPE, false, index);
  wr__buffer *item = wr__ctext_item(c);
  WR_TRY(parse(c, item));
  return add_type(c, item, WR_NO_INDEX, index);
}

wr_status wr__ctext_func_typeuse(wr__ctext *c, uint32_t *index) {
  if (wr__ctext_at_form(c, "type")) return wr__ctext_ref(c, WR__TSORT_TYPE, false, index);
  wr__buffer *item = wr__ctext_item(c);
  WR_TRY(parse_functype(c, item));
  return add_type(c, item, WR_NO_INDEX, index);
}

/* ---- Component and instance types ---- */

static wr_status parse_declarator(wr__ctext *c, uint8_t kind) {
  if (wr__ctext_at_form(c, "core")) {
    c->p->at++;
    return wr__ctext_core_type(c);
  }
  if (wr__ctext_at_form(c, "type")) return wr__ctext_type(c);
  if (wr__ctext_at_form(c, "alias")) return wr__ctext_alias(c);
  if (wr__ctext_at_form(c, "export")) return wr__ctext_export_decl(c);
  if (kind == WR__TSCOPE_COMPONENT_TYPE && wr__ctext_at_form(c, "import"))
    return wr__ctext_import(c);
  return wr__parse_unexpected(c->p, "a declarator such as (type or (export");
}

static wr_status parse_scope(wr__ctext *c, uint8_t kind, wr__span name, wr__buffer *out) {
  wr__tscope scope;
  wr_status status = wr__ctext_enter(c, &scope, kind, name);
  while (status == WR_OK && !wr__parse_is(c->p, WR__TOK_CLOSE)) status = parse_declarator(c, kind);
  wr__buffer_byte(out, kind == WR__TSCOPE_COMPONENT_TYPE ? 0x41 : 0x42);
  wr__buffer_uleb(out, scope.decl_count);
  wr__buffer_append(out, &scope.out);
  wr__ctext_leave(c, &scope);
  return status;
}

static wr_status parse_component_type(wr__ctext *c, wr__buffer *out) {
  return parse_scope(c, WR__TSCOPE_COMPONENT_TYPE, (wr__span){0}, out);
}

static wr_status parse_instance_type(wr__ctext *c, wr__buffer *out) {
  return parse_scope(c, WR__TSCOPE_INSTANCE_TYPE, (wr__span){0}, out);
}

/* ---- Extern types ---- */

static wr_status parse_bound(wr__ctext *c, wr__buffer *out) {
  uint32_t index;
  wr__buffer_byte(out, 0x03);
  if (wr__ctext_at_form(c, "sub")) {
    c->p->at += 2;
    if (!wr__ctext_at_word(c, "resource")) return wr__parse_unexpected(c->p, "resource");
    c->p->at++;
    wr__buffer_byte(out, 0x01);
  } else {
    WR_TRY(wr__ctext_open(c, "eq"));
    WR_TRY(wr__ctext_ref(c, WR__TSORT_TYPE, false, &index));
    wr__buffer_byte(out, 0x00);
    wr__buffer_uleb(out, index);
  }
  return wr__parse_close(c->p);
}

wr_status wr__ctext_externtype(wr__ctext *c, uint8_t sort, wr__buffer *out) {
  uint32_t index;
  switch (sort) {
    case WR__TSORT_TYPE:
      return parse_bound(c, out);
    case WR__TSORT_CORE_MODULE:
      WR_TRY(wr__ctext_module_typeuse(c, &index));
      break;
    case WR__TSORT_FUNC:
      WR_TRY(wr__ctext_func_typeuse(c, &index));
      break;
    case WR__TSORT_COMPONENT:
      WR_TRY(parse_typeuse(c, parse_component_type, &index));
      break;
    case WR__TSORT_INSTANCE:
      WR_TRY(parse_typeuse(c, parse_instance_type, &index));
      break;
    default:
      return wr__ctext_unsupported(c, c->p->at, "a value", "values");
  }
  wr__ctext_write_sort(out, sort);
  wr__buffer_uleb(out, index);
  return WR_OK;
}

wr_status wr__ctext_bound_externtype(wr__ctext *c, uint8_t *sort, uint32_t *id, wr__buffer *out) {
  if (!wr__parse_is(c->p, WR__TOK_OPEN)) return wr__parse_unexpected(c->p, "(func, (type, …");
  c->p->at++;
  WR_TRY(wr__ctext_sort(c, sort));
  *id = wr__ctext_take_id(c);
  WR_TRY(wr__ctext_externtype(c, *sort, out));
  return wr__parse_close(c->p);
}

static wr_status parse_declared(wr__ctext *c, uint8_t section) {
  uint8_t sort;
  uint32_t id;
  wr__buffer *item = wr__ctext_item(c);
  c->p->at += 2;
  WR_TRY(wr__ctext_extern_name(c, item));
  WR_TRY(wr__ctext_bound_externtype(c, &sort, &id, item));
  WR_TRY(wr__ctext_add(c, section, item));
  WR_TRY(wr__ctext_bind(c, id, sort, NULL));
  return wr__parse_close(c->p);
}

wr_status wr__ctext_import(wr__ctext *c) { return parse_declared(c, WR__CSECTION_IMPORT); }

wr_status wr__ctext_export_decl(wr__ctext *c) { return parse_declared(c, WR__CSECTION_EXPORT); }

/* ---- (type …) ---- */

static wr_status parse_resource(wr__ctext *c, wr__buffer *out) {
  uint32_t destructor;
  c->p->at += 2;
  WR_TRY(wr__ctext_open(c, "rep"));
  wr__buffer_byte(out, 0x3f);
  WR_TRY(wr__parse_valtype(c->p, out));
  WR_TRY(wr__parse_close(c->p));
  bool has_destructor = wr__ctext_at_form(c, "dtor");
  wr__buffer_byte(out, has_destructor);
  if (has_destructor) {
    c->p->at += 2;
    WR_TRY(wr__ctext_ref(c, WR__TSORT_CORE_FUNC, !wr__ctext_at_form(c, "func"), &destructor));
    wr__buffer_uleb(out, destructor);
    WR_TRY(wr__parse_close(c->p));
  }
  return wr__parse_close(c->p);
}

static wr_status parse_deftype(wr__ctext *c, wr__buffer *out) {
  uint8_t code = primitive_code(c);
  if (code) {
    c->p->at++;
    wr__buffer_byte(out, code);
    return WR_OK;
  }
  if (wr__ctext_at_form(c, "resource")) return parse_resource(c, out);
  bool is_func = wr__ctext_at_form(c, "func"), is_component = wr__ctext_at_form(c, "component");
  if (!is_func && !is_component && !wr__ctext_at_form(c, "instance"))
    return parse_constructor(c, out);
  c->p->at += 2;
  if (is_func) {
    WR_TRY(parse_functype(c, out));
  } else {
    wr__span name = {0};
    uint32_t id = wr__ctext_take_id(c);
    if (id != WR_NO_INDEX) WR_TRY(wr__parse_id_name(c->p, id, &name));
    WR_TRY(parse_scope(c, is_component ? WR__TSCOPE_COMPONENT_TYPE : WR__TSCOPE_INSTANCE_TYPE, name,
                       out));
  }
  return wr__parse_close(c->p);
}

wr_status wr__ctext_type(wr__ctext *c) {
  uint32_t index;
  wr__inline_names names;
  c->p->at += 2;
  WR_TRY(wr__ctext_inline_names(c, &names));
  if (names.import_name != WR_NO_INDEX) {
    WR_TRY(wr__ctext_inline_import(c, &names, WR__TSORT_TYPE, &index));
  } else if (wr__ctext_at_form(c, "alias")) {
    WR_TRY(wr__ctext_alias_target(c, WR__TSORT_TYPE, names.id, &index));
  } else {
    wr__buffer *item = wr__ctext_item(c);
    WR_TRY(parse_deftype(c, item));
    WR_TRY(add_type(c, item, names.id, &index));
  }
  WR_TRY(wr__ctext_inline_exports(c, &names, WR__TSORT_TYPE, index));
  return wr__parse_close(c->p);
}
