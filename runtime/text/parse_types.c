/* Types: value types, type definitions with their recursion groups, and type uses, for which
 * missing function types are added at the end of the type section. Spec: text/types. */
#include "text/parser.h"

/* ---- Value types --------------------------------------------------------------------------- */

/* The binary code of an abstract heap type's word; 0 for other words. */
static uint8_t heap_code(uint16_t word) {
  switch (word) {
    case WR__WORD_ANY:
      return WR_HEAP_ANY;
    case WR__WORD_EQ:
      return WR_HEAP_EQ;
    case WR__WORD_I31:
      return WR_HEAP_I31;
    case WR__WORD_STRUCT:
      return WR_HEAP_STRUCT;
    case WR__WORD_ARRAY:
      return WR_HEAP_ARRAY;
    case WR__WORD_NONE:
      return WR_HEAP_NONE;
    case WR__WORD_FUNC:
      return WR_HEAP_FUNC;
    case WR__WORD_NOFUNC:
      return WR_HEAP_NOFUNC;
    case WR__WORD_EXN:
      return WR_HEAP_EXN;
    case WR__WORD_NOEXN:
      return WR_HEAP_NOEXN;
    case WR__WORD_EXTERN:
      return WR_HEAP_EXTERN;
    case WR__WORD_NOEXTERN:
      return WR_HEAP_NOEXTERN;
    default:
      return 0;
  }
}

/* The heap type that an abbreviated reference type stands for; 0 for other words. */
static uint8_t abbreviation_code(uint16_t word) {
  switch (word) {
    case WR__WORD_ANYREF:
      return WR_HEAP_ANY;
    case WR__WORD_EQREF:
      return WR_HEAP_EQ;
    case WR__WORD_I31REF:
      return WR_HEAP_I31;
    case WR__WORD_STRUCTREF:
      return WR_HEAP_STRUCT;
    case WR__WORD_ARRAYREF:
      return WR_HEAP_ARRAY;
    case WR__WORD_NULLREF:
      return WR_HEAP_NONE;
    case WR__WORD_FUNCREF:
      return WR_HEAP_FUNC;
    case WR__WORD_NULLFUNCREF:
      return WR_HEAP_NOFUNC;
    case WR__WORD_EXNREF:
      return WR_HEAP_EXN;
    case WR__WORD_NULLEXNREF:
      return WR_HEAP_NOEXN;
    case WR__WORD_EXTERNREF:
      return WR_HEAP_EXTERN;
    case WR__WORD_NULLEXTERNREF:
      return WR_HEAP_NOEXTERN;
    default:
      return 0;
  }
}

static uint8_t number_code(uint16_t word) {
  switch (word) {
    case WR__WORD_I32:
      return WR_I32;
    case WR__WORD_I64:
      return WR_I64;
    case WR__WORD_F32:
      return WR_F32;
    case WR__WORD_F64:
      return WR_F64;
    case WR__WORD_V128:
      return WR_V128;
    default:
      return 0;
  }
}

wr_status wr__parse_heaptype(wr__parser *p, int64_t *out) {
  const wr__token *token = wr__parse_token(p);
  uint8_t code = token->kind == WR__TOK_WORD ? heap_code(token->word) : 0;
  if (code) {
    *out = (int64_t)code - 0x80;
    p->at++;
    return WR_OK;
  }
  if (!wr__parse_at_index(p)) return wr__parse_unexpected(p, "a heap type");
  uint32_t index;
  WR_TRY(wr__parse_index(p, WR__SPACE_TYPE, 0, &index));
  if (index >= p->group_start) p->refers_to_group = true;
  *out = index;
  return WR_OK;
}

bool wr__parse_at_reftype(const wr__parser *p) {
  const wr__token *token = wr__parse_token(p);
  return wr__parse_is_form(p, WR__WORD_REF) ||
         (token->kind == WR__TOK_WORD && abbreviation_code(token->word));
}

wr_status wr__parse_reftype(wr__parser *p, wr__reftype *out) {
  const wr__token *token = wr__parse_token(p);
  uint8_t code = token->kind == WR__TOK_WORD ? abbreviation_code(token->word) : 0;
  if (code) {
    *out = (wr__reftype){true, (int64_t)code - 0x80};
    p->at++;
    return WR_OK;
  }
  if (!wr__parse_is_form(p, WR__WORD_REF)) return wr__parse_unexpected(p, "a reference type");
  p->at += 2;
  out->nullable = wr__parse_take_word(p, WR__WORD_NULL);
  WR_TRY(wr__parse_heaptype(p, &out->heap));
  return wr__parse_close(p);
}

void wr__write_reftype(wr__buffer *out, wr__reftype type) {
  if (!type.nullable || type.heap >= 0) wr__buffer_byte(out, type.nullable ? WR_REF_NULL : WR_REF);
  wr__buffer_sleb(out, type.heap);
}

wr_status wr__parse_valtype(wr__parser *p, wr__buffer *out) {
  const wr__token *token = wr__parse_token(p);
  uint8_t code = token->kind == WR__TOK_WORD ? number_code(token->word) : 0;
  if (code) {
    wr__buffer_byte(out, code);
    p->at++;
    return WR_OK;
  }
  if (!wr__parse_at_reftype(p)) return wr__parse_unexpected(p, "a value type");
  wr__reftype type;
  WR_TRY(wr__parse_reftype(p, &type));
  wr__write_reftype(out, type);
  return WR_OK;
}

static wr_status parse_storage_type(wr__parser *p, wr__buffer *out) {
  if (wr__parse_is_word(p, WR__WORD_I8) || wr__parse_is_word(p, WR__WORD_I16)) {
    wr__buffer_byte(out, wr__parse_is_word(p, WR__WORD_I8) ? 0x78 : 0x77);
    p->at++;
    return WR_OK;
  }
  return wr__parse_valtype(p, out);
}

static wr_status parse_field_type(wr__parser *p, wr__buffer *out) {
  bool is_mutable = wr__parse_is_form(p, WR__WORD_MUT);
  if (is_mutable) p->at += 2;
  WR_TRY(parse_storage_type(p, out));
  wr__buffer_byte(out, is_mutable);
  return is_mutable ? wr__parse_close(p) : WR_OK;
}

/* ---- Parameters and results -------------------------------------------------------------------
 */

/* (param …): types to p->params. */
static wr_status parse_param(wr__parser *p, wr__typeuse_mode mode, uint32_t *count) {
  p->at += 2;
  bool single = wr__parse_is(p, WR__TOK_ID);
  if (single && mode == WR__TYPEUSE_NO_IDS) return wr__parse_unexpected(p, "a value type");
  if (mode == WR__TYPEUSE_BIND) {
    if (single) WR_TRY(wr__parse_bind_id(p, p->at, WR__SPACE_LOCAL, p->scope, *count));
    WR_TRY(wr__parse_binding(p, WR__SPACE_LOCAL, p->func_index, *count));
  } else if (single) {
    p->at++;
  }
  if (single) {
    WR_TRY(wr__parse_valtype(p, &p->params));
    ++*count;
  }
  while (!single && !wr__parse_is(p, WR__TOK_CLOSE)) {
    WR_TRY(wr__parse_valtype(p, &p->params));
    ++*count;
  }
  return wr__parse_close(p);
}

static wr_status parse_params_and_results(wr__parser *p, wr__typeuse_mode mode, wr__typeuse *use) {
  p->params.size = p->results.size = 0;
  while (wr__parse_is_form(p, WR__WORD_PARAM)) WR_TRY(parse_param(p, mode, &use->inline_params));
  while (wr__parse_is_form(p, WR__WORD_RESULT)) {
    p->at += 2;
    while (!wr__parse_is(p, WR__TOK_CLOSE)) {
      WR_TRY(wr__parse_valtype(p, &p->results));
      use->inline_results++;
    }
    WR_TRY(wr__parse_close(p));
  }
  if (wr__parse_is_form(p, WR__WORD_PARAM) || wr__parse_is_form(p, WR__WORD_TYPE)) {
    p->at++;
    return wr__parse_unexpected(p, "types, parameters and results in this order");
  }
  return WR_OK;
}

/* ---- Type definitions
 * ----------------------------------------------------------------------------- */

/* The function type of p->params and p->results, encoded. */
static void write_functype(const wr__parser *p, const wr__typeuse *use, wr__buffer *out) {
  wr__buffer_byte(out, 0x60);
  wr__buffer_uleb(out, use->inline_params);
  wr__buffer_append(out, &p->params);
  wr__buffer_uleb(out, use->inline_results);
  wr__buffer_append(out, &p->results);
}

static wr_status parse_struct(wr__parser *p, wr__buffer *out) {
  wr__buffer *fields = &p->scratch;
  fields->size = 0;
  uint32_t count = 0;
  while (wr__parse_is_form(p, WR__WORD_FIELD)) {
    p->at += 2;
    bool single = wr__parse_is(p, WR__TOK_ID);
    if (single) WR_TRY(wr__parse_bind_id(p, p->at, WR__SPACE_FIELD, p->type_count, count));
    WR_TRY(wr__parse_binding(p, WR__SPACE_FIELD, p->type_count, count));
    if (single) {
      WR_TRY(parse_field_type(p, fields));
      count++;
    }
    while (!single && !wr__parse_is(p, WR__TOK_CLOSE)) {
      WR_TRY(parse_field_type(p, fields));
      count++;
    }
    WR_TRY(wr__parse_close(p));
  }
  wr__buffer_byte(out, 0x5f);
  wr__buffer_uleb(out, count);
  wr__buffer_append(out, fields);
  return WR_OK;
}

/* (func …), (struct …) or (array …). */
static wr_status parse_comptype(wr__parser *p, wr__buffer *out, wr__type_out *type) {
  if (wr__parse_is_form(p, WR__WORD_FUNC)) {
    wr__typeuse use = {0};
    p->at += 2;
    WR_TRY(parse_params_and_results(p, WR__TYPEUSE_ANY_IDS, &use));
    write_functype(p, &use, out);
    type->is_func = true;
    type->param_count = use.inline_params;
  } else if (wr__parse_is_form(p, WR__WORD_STRUCT)) {
    p->at += 2;
    WR_TRY(parse_struct(p, out));
  } else if (wr__parse_is_form(p, WR__WORD_ARRAY)) {
    p->at += 2;
    wr__buffer_byte(out, 0x5e);
    WR_TRY(parse_field_type(p, out));
  } else {
    return wr__parse_unexpected(p, "(func, (struct, (array or (sub");
  }
  return wr__parse_close(p);
}

/* (sub final? supertypes comptype): writes what stands before the composite type. */
static wr_status parse_sub_head(wr__parser *p, wr__buffer *out, bool *is_plain) {
  bool is_final = wr__parse_take_word(p, WR__WORD_FINAL);
  wr__buffer *supers = &p->scratch;
  supers->size = 0;
  uint32_t count = 0;
  for (; wr__parse_at_index(p); count++) {
    uint32_t index;
    WR_TRY(wr__parse_index(p, WR__SPACE_TYPE, 0, &index));
    wr__buffer_uleb(supers, index);
  }
  *is_plain = is_final && count == 0;
  if (*is_plain) return WR_OK;
  wr__buffer_byte(out, is_final ? 0x4f : 0x50);
  wr__buffer_uleb(out, count);
  wr__buffer_append(out, supers);
  return WR_OK;
}

/* Keeps what is known of the type whose composite type was just written from `start` on. */
static wr_status add_type(wr__parser *p, const wr__buffer *out, size_t start, wr__type_out type) {
  if (out->failed || !wr__grow32(&p->types, &p->type_capacity, p->type_count + 1, sizeof *p->types))
    return wr__parse_oom(p);
  size_t size = out->size - start;
  uint8_t *copy = wr__parse_alloc(p, size);
  if (!copy) return wr__parse_oom(p);
  memcpy(copy, out->data + start, size);
  type.comp = (wr__span){copy, size};
  p->types[p->type_count++] = type;
  return WR_OK;
}

wr_status wr__parse_reserve_type(wr__parser *p) {
  static const uint8_t nothing[1];
  if (!wr__grow32(&p->types, &p->type_capacity, p->type_count + 1, sizeof *p->types))
    return wr__parse_oom(p);
  p->types[p->type_count++] = (wr__type_out){.comp = {nothing, 0}};
  return WR_OK;
}

/* Lets type uses find the type: the first of its shape is the one they mean. */
static wr_status offer_type(wr__parser *p, uint32_t index) {
  wr__symbol *symbol = wr__symbols_put(&p->type_by_shape, WR__SPACE_TYPE, 0, p->types[index].comp);
  if (!symbol) return wr__parse_oom(p);
  if (symbol->index == WR_NO_INDEX) symbol->index = index;
  return WR_OK;
}

/* (type id? subtype). *is_plain: it is final and has no supertype. */
static wr_status parse_typedef(wr__parser *p, wr__buffer *out, bool *is_plain) {
  WR_TRY(wr__parse_open(p, WR__WORD_TYPE));
  WR_TRY(wr__parse_binding(p, WR__SPACE_TYPE, 0, p->type_count));
  bool has_sub = wr__parse_is_form(p, WR__WORD_SUB);
  *is_plain = true;
  if (has_sub) {
    p->at += 2;
    WR_TRY(parse_sub_head(p, out, is_plain));
  }
  size_t start = out->size;
  wr__type_out type = {0};
  WR_TRY(parse_comptype(p, out, &type));
  WR_TRY(add_type(p, out, start, type));
  if (has_sub) WR_TRY(wr__parse_close(p));
  return wr__parse_close(p);
}

wr_status wr__parse_type_field(wr__parser *p) {
  wr__section_out *section = &p->sections[WR__SECTION_TYPE];
  wr__buffer *out = &section->bytes;
  bool is_plain;
  p->group_start = p->type_count;
  p->refers_to_group = false;
  section->count++;
  if (wr__parse_is_form(p, WR__WORD_TYPE)) {
    WR_TRY(parse_typedef(p, out, &is_plain));
    /* A type that names itself is equal to no type written out in a type use. */
    if (!is_plain || p->refers_to_group || !p->types[p->group_start].is_func) return WR_OK;
    return offer_type(p, p->group_start);
  }
  WR_TRY(wr__parse_open(p, WR__WORD_REC));
  wr__buffer group = {0};
  wr_status status = WR_OK;
  while (status == WR_OK && !wr__parse_is(p, WR__TOK_CLOSE))
    status = parse_typedef(p, &group, &is_plain);
  if (status == WR_OK) {
    wr__buffer_byte(out, 0x4e);
    wr__buffer_uleb(out, p->type_count - p->group_start);
    wr__buffer_append(out, &group);
    status = wr__parse_close(p);
  }
  wr__buffer_free(&group);
  return status;
}

/* ---- Type uses
 * ---------------------------------------------------------------------------------------- */

wr_status wr__parse_settle_typeuse(wr__parser *p, wr__typeuse *use) {
  wr__buffer *shape = &p->scratch;
  shape->size = 0;
  write_functype(p, use, shape);
  if (shape->failed) return wr__parse_oom(p);
  const wr__symbol *known =
      wr__symbols_find(&p->type_by_shape, WR__SPACE_TYPE, 0, (wr__span){shape->data, shape->size});
  use->param_count = use->inline_params;
  if (known) {
    use->type_index = known->index;
    return WR_OK;
  }
  use->type_index = p->type_count;
  wr__section_out *section = &p->sections[WR__SECTION_TYPE];
  wr__buffer_append(&section->bytes, shape);
  section->count++;
  WR_TRY(add_type(p, shape, 0, (wr__type_out){.param_count = use->inline_params, .is_func = true}));
  return offer_type(p, use->type_index);
}

/* (type x) with parameters and results: they must say the same. */
static wr_status check_inline_type(wr__parser *p, const wr__typeuse *use, uint32_t token) {
  if (use->type_index >= p->type_count)
    return wr__parse_fail(p, token, "unknown type %u", use->type_index);
  const wr__type_out *type = &p->types[use->type_index];
  wr__buffer *shape = &p->scratch;
  shape->size = 0;
  write_functype(p, use, shape);
  if (shape->failed) return wr__parse_oom(p);
  if (shape->size != type->comp.size || memcmp(shape->data, type->comp.data, shape->size))
    return wr__parse_fail(p, token, "inline function type differs from type %u", use->type_index);
  return WR_OK;
}

wr_status wr__parse_typeuse(wr__parser *p, wr__typeuse_mode mode, bool settle, wr__typeuse *out) {
  wr__typeuse use = {0};
  uint32_t token = p->at;
  use.has_type = wr__parse_is_form(p, WR__WORD_TYPE);
  if (use.has_type) {
    p->at += 2;
    WR_TRY(wr__parse_index(p, WR__SPACE_TYPE, 0, &use.type_index));
    WR_TRY(wr__parse_close(p));
    if (use.type_index < p->type_count) use.param_count = p->types[use.type_index].param_count;
  }
  WR_TRY(parse_params_and_results(p, mode, &use));
  if (use.has_type && (use.inline_params || use.inline_results))
    WR_TRY(check_inline_type(p, &use, token));
  else if (!use.has_type && settle)
    WR_TRY(wr__parse_settle_typeuse(p, &use));
  *out = use;
  return WR_OK;
}
