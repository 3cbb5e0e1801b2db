/* Types as text. */
#include "text/printer.h"

static const struct {
  uint8_t code;
  const char *heap, *abbreviation;
} heap_types[] = {
    {WR_HEAP_ANY, "any", "anyref"},          {WR_HEAP_EQ, "eq", "eqref"},
    {WR_HEAP_I31, "i31", "i31ref"},          {WR_HEAP_STRUCT, "struct", "structref"},
    {WR_HEAP_ARRAY, "array", "arrayref"},    {WR_HEAP_NONE, "none", "nullref"},
    {WR_HEAP_FUNC, "func", "funcref"},       {WR_HEAP_NOFUNC, "nofunc", "nullfuncref"},
    {WR_HEAP_EXTERN, "extern", "externref"}, {WR_HEAP_NOEXTERN, "noextern", "nullexternref"},
    {WR_HEAP_EXN, "exn", "exnref"},          {WR_HEAP_NOEXN, "noexn", "nullexnref"}};

void wr__print_heaptype(wr__printer *p, wr__buffer *out, uint32_t heap) {
  if (heap >= WR_HEAP_DEFINED) wr__print_index(p, out, WR__SPACE_TYPE, 0, heap - WR_HEAP_DEFINED);
  for (size_t i = 0; i < WR_ARRAY_COUNT(heap_types); i++) {
    if (heap_types[i].code != heap) continue;
    wr__buffer_byte(out, ' ');
    wr__buffer_text(out, heap_types[i].heap);
  }
}

void wr__print_reftype(wr__printer *p, wr__buffer *out, wr_valtype type) {
  bool nullable = (type & 0xff) == WR_REF_NULL;
  wr__buffer_text(out, nullable ? " (ref null" : " (ref");
  wr__print_heaptype(p, out, wr_valtype_heap(type));
  wr__buffer_byte(out, ')');
}

void wr__print_type(wr__printer *p, wr__buffer *out, wr_valtype type) {
  static const struct {
    uint8_t code;
    const char *text;
  } numbers[] = {{WR_I32, " i32"},   {WR_I64, " i64"}, {WR_F32, " f32"}, {WR_F64, " f64"},
                 {WR_V128, " v128"}, {WR__I8, " i8"},  {WR__I16, " i16"}};
  for (size_t i = 0; i < WR_ARRAY_COUNT(numbers); i++)
    if (numbers[i].code == type) wr__buffer_text(out, numbers[i].text);
  if (!wr_valtype_is_ref(type)) return;
  for (size_t i = 0; i < WR_ARRAY_COUNT(heap_types); i++) {
    if (type != WR_REF_NULL_TYPE(heap_types[i].code)) continue;
    wr__buffer_byte(out, ' ');
    wr__buffer_text(out, heap_types[i].abbreviation);
    return;
  }
  wr__print_reftype(p, out, type);
}

wr_status wr__print_valtype(wr__printer *p, wr__cursor *c, wr__buffer *out) {
  wr_valtype type;
  const char *message = wr__read_storagetype(&c->at, c->end, &type);
  if (message) return wr__print_fail(p, c, message);
  wr__print_type(p, out, type);
  return WR_OK;
}

const wr__print_deftype *wr__print_functype(const wr__printer *p, uint32_t type_index) {
  if (type_index >= p->type_count || p->types[type_index].kind != 0x60) return NULL;
  return &p->types[type_index];
}

wr_status wr__print_signature(wr__printer *p, const wr__print_deftype *type, uint32_t names_of,
                              wr__buffer *out) {
  wr__cursor c = type->params;
  bool open = false;
  for (uint32_t i = 0; i < type->param_count; i++) {
    bool named = names_of != WR_NO_INDEX && wr__print_name_of(p, WR__SPACE_LOCAL, names_of, i);
    if (open && named) {
      wr__buffer_byte(out, ')');
      open = false;
    }
    if (!open) wr__buffer_text(out, " (param");
    open = !named;
    if (named) wr__print_binding(p, out, WR__SPACE_LOCAL, names_of, i);
    WR_TRY(wr__print_valtype(p, &c, out));
    if (named) wr__buffer_byte(out, ')');
  }
  if (open) wr__buffer_byte(out, ')');
  if (!type->result_count) return WR_OK;
  wr__buffer_text(out, " (result");
  c = type->results;
  for (uint32_t i = 0; i < type->result_count; i++) WR_TRY(wr__print_valtype(p, &c, out));
  wr__buffer_byte(out, ')');
  return WR_OK;
}

/* ---- The type section
 * --------------------------------------------------------------------------------- */

/* Passes over count value types; their text goes to a buffer that nobody reads. */
static wr_status pass_valtypes(wr__printer *p, wr__cursor *c, uint32_t count, wr__cursor *types) {
  wr__buffer unused = {0};
  wr_status status = WR_OK;
  types->at = c->at;
  for (uint32_t i = 0; status == WR_OK && i < count; i++) {
    status = wr__print_valtype(p, c, &unused);
    unused.size = 0;
  }
  types->end = c->at;
  wr__buffer_free(&unused);
  return status;
}

static wr_status print_fieldtype(wr__printer *p, wr__cursor *c, wr__buffer *out) {
  wr__buffer type = {0};
  uint8_t is_mutable = 0;
  wr_status status = wr__print_valtype(p, c, &type);
  if (status == WR_OK) status = wr__print_byte(p, c, &is_mutable);
  if (status == WR_OK && is_mutable > 1) status = wr__print_fail(p, c, "malformed mutability");
  if (status == WR_OK) {
    wr__buffer_text(out, is_mutable ? " (mut" : "");
    wr__buffer_append(out, &type);
    wr__buffer_text(out, is_mutable ? ")" : "");
  }
  wr__buffer_free(&type);
  return status;
}

static wr_status print_struct(wr__printer *p, wr__cursor *c, uint32_t index,
                              wr__print_deftype *type, wr__buffer *out) {
  WR_TRY(wr__print_u32(p, c, &type->field_count));
  for (uint32_t i = 0; i < type->field_count; i++) {
    wr__buffer_text(out, " (field");
    wr__print_binding(p, out, WR__SPACE_FIELD, index, i);
    WR_TRY(print_fieldtype(p, c, out));
    wr__buffer_byte(out, ')');
  }
  return WR_OK;
}

static wr_status print_comptype(wr__printer *p, wr__cursor *c, uint8_t kind, uint32_t index,
                                wr__print_deftype *type, wr__buffer *out) {
  type->kind = kind;
  switch (kind) {
    case 0x60:
      WR_TRY(wr__print_u32(p, c, &type->param_count));
      WR_TRY(pass_valtypes(p, c, type->param_count, &type->params));
      WR_TRY(wr__print_u32(p, c, &type->result_count));
      WR_TRY(pass_valtypes(p, c, type->result_count, &type->results));
      wr__buffer_text(out, " (func");
      WR_TRY(wr__print_signature(p, type, WR_NO_INDEX, out));
      break;
    case 0x5f:
      wr__buffer_text(out, " (struct");
      WR_TRY(print_struct(p, c, index, type, out));
      break;
    case 0x5e:
      wr__buffer_text(out, " (array");
      WR_TRY(print_fieldtype(p, c, out));
      break;
    default:
      c->at--;
      return wr__print_fail(p, c, "malformed type definition");
  }
  wr__buffer_byte(out, ')');
  return WR_OK;
}

/* One (type …). */
static wr_status print_subtype(wr__printer *p, wr__cursor *c, uint32_t index, wr__buffer *out) {
  wr__print_deftype type = {0};
  uint8_t kind;
  WR_TRY(wr__print_byte(p, c, &kind));
  wr__buffer_text(out, "type");
  wr__print_binding(p, out, WR__SPACE_TYPE, 0, index);
  bool has_sub = kind == 0x50 || kind == 0x4f;
  if (has_sub) {
    uint32_t count, super;
    wr__buffer_text(out, kind == 0x4f ? " (sub final" : " (sub");
    WR_TRY(wr__print_u32(p, c, &count));
    for (uint32_t i = 0; i < count; i++) {
      WR_TRY(wr__print_u32(p, c, &super));
      wr__print_index(p, out, WR__SPACE_TYPE, 0, super);
    }
    WR_TRY(wr__print_byte(p, c, &kind));
  }
  WR_TRY(print_comptype(p, c, kind, index, &type, out));
  wr__buffer_text(out, has_sub ? "))" : ")");
  if (index < p->type_count) return WR_OK;
  if (!wr__grow32(&p->types, &p->type_capacity, index + 1, sizeof *p->types))
    return wr__fail_oom(p->error);
  p->types[p->type_count++] = type;
  return WR_OK;
}

wr_status wr__print_skip_type(wr__printer *p) {
  if (!wr__grow32(&p->types, &p->type_capacity, p->type_count + 1, sizeof *p->types))
    return wr__fail_oom(p->error);
  p->types[p->type_count++] = (wr__print_deftype){0};
  return WR_OK;
}

wr_status wr__print_rectype(wr__printer *p, wr__cursor *c, uint32_t *index, const char *prefix,
                            uint32_t depth, wr__buffer *out) {
  wr__buffer_format(out, "(%s", prefix);
  if (c->at >= c->end || *c->at != 0x4e) return print_subtype(p, c, (*index)++, out);
  uint32_t count;
  c->at++;
  WR_TRY(wr__print_u32(p, c, &count));
  wr__buffer_text(out, "rec");
  for (uint32_t i = 0; i < count; i++) {
    wr__print_line(out, depth + 1);
    wr__buffer_byte(out, '(');
    WR_TRY(print_subtype(p, c, (*index)++, out));
  }
  wr__buffer_byte(out, ')');
  return WR_OK;
}

wr_status wr__print_types(wr__printer *p, wr__cursor contents, bool print) {
  wr__buffer unused = {0};
  uint32_t count, index = 0;
  WR_TRY(wr__print_u32(p, &contents, &count));
  wr_status status = WR_OK;
  for (uint32_t i = 0; status == WR_OK && i < count; i++) {
    wr__print_line(print ? &p->out : &unused, 1);
    status = wr__print_rectype(p, &contents, &index, "", 1, print ? &p->out : &unused);
    unused.size = 0;
  }
  wr__buffer_free(&unused);
  return status;
}
