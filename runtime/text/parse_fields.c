/* Module fields other than types, in the order of the text: imports, exports, definitions and
 * segments, with every abbreviation. Spec: text/modules. */
#include "text/parser.h"

static const uint8_t import_kinds[] = {[WR__SPACE_FUNC] = 0,
                                       [WR__SPACE_TABLE] = 1,
                                       [WR__SPACE_MEMORY] = 2,
                                       [WR__SPACE_GLOBAL] = 3,
                                       [WR__SPACE_TAG] = 4};

/* ---- Limits and types of tables, memories and globals
 * --------------------------------------------- */

typedef struct limits {
  bool is64, shared, has_max;
  uint64_t min, max;
  uint32_t page_size_log2; /* 16 unless said otherwise */
} limits;

static bool parse_address_type(wr__parser *p) {
  if (wr__parse_take_word(p, WR__WORD_I64)) return true;
  wr__parse_take_word(p, WR__WORD_I32);
  return false;
}

static wr_status parse_limits(wr__parser *p, limits *out) {
  WR_TRY(wr__parse_u64(p, &out->min));
  out->has_max = wr__parse_is(p, WR__TOK_NAT);
  if (out->has_max) WR_TRY(wr__parse_u64(p, &out->max));
  return WR_OK;
}

/* (pagesize n), of the custom-page-sizes proposal. */
static wr_status parse_page_size(wr__parser *p, limits *out) {
  if (!wr__parse_is_form(p, WR__WORD_PAGESIZE)) return WR_OK;
  p->at += 2;
  uint32_t size, at = p->at;
  WR_TRY(wr__parse_u32(p, &size));
  if (!size || (size & (size - 1)))
    return wr__parse_fail(p, at, "invalid custom page size: not a power of two");
  out->page_size_log2 = (uint32_t)__builtin_ctz(size);
  return wr__parse_close(p);
}

/* Spec binary/types: limits; bit 1 is `shared`, bit 3 announces a page size. */
static void write_limits(wr__buffer *out, const limits *l) {
  bool paged = l->page_size_log2 != 16;
  wr__buffer_byte(out, (uint8_t)((l->has_max ? 1 : 0) | (l->shared ? 2 : 0) | (l->is64 ? 4 : 0) |
                                 (paged ? 8 : 0)));
  wr__buffer_uleb(out, l->min);
  if (l->has_max) wr__buffer_uleb(out, l->max);
  if (paged) wr__buffer_uleb(out, l->page_size_log2);
}

static wr_status parse_memtype(wr__parser *p, wr__buffer *out) {
  limits l = {.page_size_log2 = 16};
  l.is64 = parse_address_type(p);
  WR_TRY(parse_limits(p, &l));
  l.shared = wr__parse_take_word(p, WR__WORD_SHARED);
  WR_TRY(parse_page_size(p, &l));
  write_limits(out, &l);
  return WR_OK;
}

/* Limits and element type, behind the address type. */
static wr_status parse_tabletype(wr__parser *p, bool is64, wr__buffer *out) {
  limits l = {.page_size_log2 = 16, .is64 = is64};
  wr__reftype element;
  WR_TRY(parse_limits(p, &l));
  WR_TRY(wr__parse_reftype(p, &element));
  wr__write_reftype(out, element);
  write_limits(out, &l);
  return WR_OK;
}

static wr_status parse_globaltype(wr__parser *p, wr__buffer *out) {
  bool is_mutable = wr__parse_is_form(p, WR__WORD_MUT);
  if (is_mutable) p->at += 2;
  WR_TRY(wr__parse_valtype(p, out));
  wr__buffer_byte(out, is_mutable);
  return is_mutable ? wr__parse_close(p) : WR_OK;
}

/* ---- Imports and exports
 * ------------------------------------------------------------------------------ */

/* Where p->scope begins for functions, so that each has its own. */
static void enter_func(wr__parser *p, uint32_t func_index) {
  p->scope = func_index;
  p->func_index = func_index;
}

wr_status wr__parse_externtype(wr__parser *p, wr__space space, wr__buffer *out) {
  wr__typeuse use;
  switch (space) {
    case WR__SPACE_FUNC:
      enter_func(p, p->next[WR__SPACE_FUNC]);
      WR_TRY(wr__parse_typeuse(p, WR__TYPEUSE_BIND, true, &use));
      wr__buffer_uleb(out, use.type_index);
      return WR_OK;
    case WR__SPACE_TAG:
      WR_TRY(wr__parse_typeuse(p, WR__TYPEUSE_ANY_IDS, true, &use));
      wr__buffer_byte(out, 0);
      wr__buffer_uleb(out, use.type_index);
      return WR_OK;
    case WR__SPACE_TABLE:
      return parse_tabletype(p, parse_address_type(p), out);
    case WR__SPACE_MEMORY:
      return parse_memtype(p, out);
    default:
      return parse_globaltype(p, out);
  }
}

static wr_status write_import(wr__parser *p, uint32_t token, wr__space space, wr__span module,
                              wr__span name) {
  if (p->first_definition != WR__SPACE_COUNT)
    return wr__parse_fail(p, token, "import after %s", wr__space_word(p->first_definition));
  wr__section_out *section = &p->sections[WR__SECTION_IMPORT];
  wr__buffer_name(&section->bytes, module.data, module.size);
  wr__buffer_name(&section->bytes, name.data, name.size);
  wr__buffer_byte(&section->bytes, import_kinds[space]);
  section->count++;
  WR_TRY(wr__parse_externtype(p, space, &section->bytes));
  p->next[space]++;
  return WR_OK;
}

static void write_export(wr__parser *p, wr__span name, wr__space space, uint32_t index) {
  wr__section_out *section = &p->sections[WR__SECTION_EXPORT];
  wr__buffer_name(&section->bytes, name.data, name.size);
  wr__buffer_byte(&section->bytes, import_kinds[space]);
  wr__buffer_uleb(&section->bytes, index);
  section->count++;
}

/* The space of func, table, memory, global or tag behind `(`; WR__SPACE_COUNT for other words. */
static wr__space extern_space(const wr__parser *p) {
  static const struct {
    uint16_t word;
    wr__space space;
  } kinds[] = {{WR__WORD_FUNC, WR__SPACE_FUNC},
               {WR__WORD_TABLE, WR__SPACE_TABLE},
               {WR__WORD_MEMORY, WR__SPACE_MEMORY},
               {WR__WORD_GLOBAL, WR__SPACE_GLOBAL},
               {WR__WORD_TAG, WR__SPACE_TAG}};
  for (size_t i = 0; i < WR_ARRAY_COUNT(kinds); i++)
    if (wr__parse_is_form(p, kinds[i].word)) return kinds[i].space;
  return WR__SPACE_COUNT;
}

static wr_status parse_import(wr__parser *p) {
  uint32_t token = p->at;
  wr__span module, name;
  p->at += 2;
  WR_TRY(wr__parse_name(p, &module));
  WR_TRY(wr__parse_name(p, &name));
  wr__space space = extern_space(p);
  if (space == WR__SPACE_COUNT)
    return wr__parse_unexpected(p, "(func, (table, (memory, (global or (tag");
  p->at += 2;
  WR_TRY(wr__parse_binding(p, space, 0, p->next[space]));
  WR_TRY(write_import(p, token, space, module, name));
  WR_TRY(wr__parse_close(p));
  return wr__parse_close(p);
}

static wr_status parse_export(wr__parser *p) {
  wr__span name;
  uint32_t index;
  p->at += 2;
  WR_TRY(wr__parse_name(p, &name));
  wr__space space = extern_space(p);
  if (space == WR__SPACE_COUNT)
    return wr__parse_unexpected(p, "(func, (table, (memory, (global or (tag");
  p->at += 2;
  WR_TRY(wr__parse_index(p, space, 0, &index));
  write_export(p, name, space, index);
  WR_TRY(wr__parse_close(p));
  return wr__parse_close(p);
}

/* The head of a definition: its identifier, (export …) and (import …). Where it is an import, the
 * whole field is parsed and *imported set. */
static wr_status parse_definition_head(wr__parser *p, wr__space space, bool *imported) {
  uint32_t token = p->at, index = p->next[space];
  p->at += 2;
  WR_TRY(wr__parse_binding(p, space, 0, index));
  while (wr__parse_is_form(p, WR__WORD_EXPORT)) {
    wr__span name;
    p->at += 2;
    WR_TRY(wr__parse_name(p, &name));
    write_export(p, name, space, index);
    WR_TRY(wr__parse_close(p));
  }
  *imported = wr__parse_is_form(p, WR__WORD_IMPORT);
  if (!*imported) {
    if (p->first_definition == WR__SPACE_COUNT) p->first_definition = space;
    return WR_OK;
  }
  wr__span module, name;
  p->at += 2;
  WR_TRY(wr__parse_name(p, &module));
  WR_TRY(wr__parse_name(p, &name));
  WR_TRY(wr__parse_close(p));
  WR_TRY(write_import(p, token, space, module, name));
  return wr__parse_close(p);
}

/* ---- Functions
 * ---------------------------------------------------------------------------------------------- */

/* Adds `count` locals of the type in p->results to the runs of locals in p->params. */
static void write_local_run(wr__parser *p, uint32_t count, uint32_t *runs) {
  if (!count) return;
  wr__buffer_uleb(&p->params, count);
  wr__buffer_append(&p->params, &p->results);
  ++*runs;
}

/* (local …)*: the body's declarations, equal neighbours together. */
static wr_status parse_locals(wr__parser *p, uint32_t param_count) {
  wr__buffer *type = &p->scratch;
  uint32_t index = param_count, run = 0, runs = 0;
  p->params.size = p->results.size = 0;
  while (wr__parse_is_form(p, WR__WORD_LOCAL)) {
    p->at += 2;
    bool single = wr__parse_is(p, WR__TOK_ID);
    if (single) WR_TRY(wr__parse_bind_id(p, p->at, WR__SPACE_LOCAL, p->scope, index));
    WR_TRY(wr__parse_binding(p, WR__SPACE_LOCAL, p->func_index, index));
    for (bool first = true; single ? first : !wr__parse_is(p, WR__TOK_CLOSE); first = false) {
      type->size = 0;
      WR_TRY(wr__parse_valtype(p, type));
      if (type->failed) return wr__parse_oom(p);
      if (!run || type->size != p->results.size ||
          memcmp(type->data, p->results.data, type->size)) {
        write_local_run(p, run, &runs);
        p->results.size = 0;
        wr__buffer_append(&p->results, type);
        run = 0;
      }
      run++;
      index++;
    }
    WR_TRY(wr__parse_close(p));
  }
  write_local_run(p, run, &runs);
  wr__buffer_uleb(&p->body, runs);
  wr__buffer_append(&p->body, &p->params);
  return WR_OK;
}

static wr_status parse_func(wr__parser *p) {
  bool imported;
  wr__typeuse use;
  WR_TRY(parse_definition_head(p, WR__SPACE_FUNC, &imported));
  if (imported) return WR_OK;
  enter_func(p, p->next[WR__SPACE_FUNC]++);
  WR_TRY(wr__parse_typeuse(p, WR__TYPEUSE_BIND, true, &use));
  wr__buffer_uleb(&p->sections[WR__SECTION_FUNC].bytes, use.type_index);
  p->sections[WR__SECTION_FUNC].count++;
  p->body.size = 0;
  uint32_t first_place = p->place_count;
  WR_TRY(parse_locals(p, use.param_count));
  WR_TRY(wr__parse_expr(p, &p->body));
  wr__section_out *code = &p->sections[WR__SECTION_CODE];
  wr__buffer_name(&code->bytes, p->body.data, p->body.size);
  wr__place_body(p, first_place);
  code->count++;
  p->scope = p->func_index = WR_NO_INDEX;
  return wr__parse_close(p);
}

/* ---- Segments
 * -------------------------------------------------------------------------------------------------
 */

/* What a segment's element list turned out to be. */
typedef struct elem_list {
  bool is_exprs;
  wr__reftype type; /* of expressions */
  uint32_t count;   /* of items in p->body */
} elem_list;

/* Function indices, to p->body. */
static wr_status parse_func_indices(wr__parser *p, elem_list *list) {
  while (wr__parse_at_index(p)) {
    uint32_t index;
    WR_TRY(wr__parse_index(p, WR__SPACE_FUNC, 0, &index));
    wr__buffer_uleb(&p->body, index);
    list->count++;
  }
  return WR_OK;
}

/* (item …) or single folded instructions, to p->body. */
static wr_status parse_elem_exprs(wr__parser *p, elem_list *list) {
  while (wr__parse_is(p, WR__TOK_OPEN)) {
    bool is_item = wr__parse_is_form(p, WR__WORD_ITEM);
    if (is_item) p->at += 2;
    WR_TRY(is_item ? wr__parse_expr(p, &p->body) : wr__parse_folded_expr(p, &p->body));
    if (is_item) WR_TRY(wr__parse_close(p));
    list->count++;
  }
  return WR_OK;
}

/* `func` and indices, or a reference type and expressions; indices alone where bare_allowed. */
static wr_status parse_elem_list(wr__parser *p, bool bare_allowed, elem_list *list) {
  *list = (elem_list){0};
  p->body.size = 0;
  if (wr__parse_take_word(p, WR__WORD_FUNC) || (bare_allowed && !wr__parse_at_reftype(p)))
    return parse_func_indices(p, list);
  list->is_exprs = true;
  WR_TRY(wr__parse_reftype(p, &list->type));
  return parse_elem_exprs(p, list);
}

/* An active segment's offset: (offset …) or one folded instruction. */
static wr_status parse_offset(wr__parser *p, wr__buffer *out) {
  if (!wr__parse_is_form(p, WR__WORD_OFFSET)) return wr__parse_folded_expr(p, out);
  p->at += 2;
  WR_TRY(wr__parse_expr(p, out));
  return wr__parse_close(p);
}

/* Is it (ref null func) or (ref func)? */
static bool is_func_reftype(wr__reftype type) { return type.heap == (int64_t)WR_HEAP_FUNC - 0x80; }

/* Writes a segment. Spec binary/modules: bit 0 passive or declarative, bit 1 an explicit table or
 * declarative, bit 2 expressions. offset is NULL for segments that are not active. */
static void write_elem(wr__parser *p, const elem_list *list, uint32_t table, bool declarative,
                       const wr__buffer *offset) {
  wr__section_out *section = &p->sections[WR__SECTION_ELEM];
  wr__buffer *out = &section->bytes;
  bool is_funcref = list->type.nullable && is_func_reftype(list->type);
  bool is_short = offset && table == 0 && (!list->is_exprs || is_funcref);
  uint32_t flags = list->is_exprs ? 4 : 0;
  if (!offset) flags |= declarative ? 3 : 1;
  if (offset && !is_short) flags |= 2;
  wr__buffer_uleb(out, flags);
  if (offset && !is_short) wr__buffer_uleb(out, table);
  if (offset) wr__buffer_append(out, offset);
  if (!is_short && list->is_exprs) wr__write_reftype(out, list->type);
  if (!is_short && !list->is_exprs) wr__buffer_byte(out, 0); /* elemkind: functions */
  wr__buffer_uleb(out, list->count);
  wr__buffer_append(out, &p->body);
  section->count++;
  p->next[WR__SPACE_ELEM]++;
}

static wr_status parse_elem_rest(wr__parser *p, wr__buffer *offset) {
  elem_list list;
  uint32_t table = 0;
  bool declarative = wr__parse_take_word(p, WR__WORD_DECLARE);
  bool has_table = !declarative && wr__parse_is_form(p, WR__WORD_TABLE);
  if (has_table) {
    p->at += 2;
    WR_TRY(wr__parse_index(p, WR__SPACE_TABLE, 0, &table));
    WR_TRY(wr__parse_close(p));
  }
  bool active =
      has_table || (!declarative && wr__parse_is(p, WR__TOK_OPEN) && !wr__parse_at_reftype(p));
  bool bare = !has_table && (active || wr__parse_at_index(p));
  if (!has_table && !declarative && !active && wr__parse_at_index(p)) {
    /* The table's index without its parentheses, as early tools wrote it. */
    WR_TRY(wr__parse_index(p, WR__SPACE_TABLE, 0, &table));
    active = true;
  }
  if (active) WR_TRY(parse_offset(p, offset));
  WR_TRY(parse_elem_list(p, bare, &list));
  write_elem(p, &list, table, declarative, active ? offset : NULL);
  return wr__parse_close(p);
}

static wr_status parse_elem(wr__parser *p) {
  p->at += 2;
  WR_TRY(wr__parse_binding(p, WR__SPACE_ELEM, 0, p->next[WR__SPACE_ELEM]));
  wr__buffer offset = {0};
  wr_status status = parse_elem_rest(p, &offset);
  wr__buffer_free(&offset);
  return status;
}

/* Writes the strings in p->body as a segment. offset is NULL for a passive one. */
static void write_data(wr__parser *p, uint32_t memory, const wr__buffer *offset) {
  wr__section_out *section = &p->sections[WR__SECTION_DATA];
  wr__buffer *out = &section->bytes;
  wr__buffer_uleb(out, offset ? memory ? 2 : 0 : 1);
  if (offset && memory) wr__buffer_uleb(out, memory);
  if (offset) wr__buffer_append(out, offset);
  wr__buffer_name(out, p->body.data, p->body.size);
  section->count++;
  p->next[WR__SPACE_DATA]++;
}

static wr_status parse_data_rest(wr__parser *p, wr__buffer *offset) {
  uint32_t memory = 0;
  bool active = wr__parse_is(p, WR__TOK_OPEN) || wr__parse_at_index(p);
  if (wr__parse_is_form(p, WR__WORD_MEMORY)) {
    p->at += 2;
    WR_TRY(wr__parse_index(p, WR__SPACE_MEMORY, 0, &memory));
    WR_TRY(wr__parse_close(p));
  } else if (wr__parse_at_index(p)) {
    WR_TRY(wr__parse_index(p, WR__SPACE_MEMORY, 0, &memory));
  }
  if (active) WR_TRY(parse_offset(p, offset));
  p->body.size = 0;
  WR_TRY(wr__parse_data_strings(p, &p->body));
  write_data(p, memory, active ? offset : NULL);
  return wr__parse_close(p);
}

static wr_status parse_data(wr__parser *p) {
  p->at += 2;
  WR_TRY(wr__parse_binding(p, WR__SPACE_DATA, 0, p->next[WR__SPACE_DATA]));
  wr__buffer offset = {0};
  wr_status status = parse_data_rest(p, &offset);
  wr__buffer_free(&offset);
  return status;
}

/* The offset 0 of a segment within a table or memory. */
static wr_status write_zero_offset(wr__parser *p, bool is64) {
  p->pending.size = 0;
  wr__write_op(&p->pending, is64 ? WR__OP_i64_const : WR__OP_i32_const);
  wr__buffer_byte(&p->pending, 0);
  wr__write_op(&p->pending, WR__OP_end);
  return p->pending.failed ? wr__parse_oom(p) : WR_OK;
}

/* ---- Tables, memories, globals, tags, start
 * -------------------------------------------------------------------- */

/* Function indices as expressions, for a table whose elements are of a more special type. */
static wr_status parse_func_exprs(wr__parser *p, elem_list *list) {
  for (; wr__parse_at_index(p); list->count++) {
    uint32_t index;
    WR_TRY(wr__parse_index(p, WR__SPACE_FUNC, 0, &index));
    wr__write_op(&p->body, WR__OP_ref_func);
    wr__buffer_uleb(&p->body, index);
    wr__write_op(&p->body, WR__OP_end);
  }
  return WR_OK;
}

/* The segment within a table, whose elements are of the table's type. */
static wr_status parse_inline_elem(wr__parser *p, wr__reftype element, elem_list *list) {
  *list = (elem_list){.type = element};
  p->body.size = 0;
  list->is_exprs = wr__parse_is(p, WR__TOK_OPEN) || !is_func_reftype(element);
  if (wr__parse_is(p, WR__TOK_OPEN)) return parse_elem_exprs(p, list);
  wr__parse_take_word(p, WR__WORD_FUNC);
  return list->is_exprs ? parse_func_exprs(p, list) : parse_func_indices(p, list);
}

/* `reftype (elem …)`: a table as large as its segment. */
static wr_status parse_table_with_elem(wr__parser *p, bool is64, uint32_t table, wr__buffer *out) {
  wr__reftype element;
  elem_list list;
  WR_TRY(wr__parse_reftype(p, &element));
  WR_TRY(wr__parse_open(p, WR__WORD_ELEM));
  WR_TRY(parse_inline_elem(p, element, &list));
  WR_TRY(wr__parse_close(p));
  WR_TRY(write_zero_offset(p, is64));
  write_elem(p, &list, table, false, &p->pending);
  p->pending.size = 0;
  wr__write_reftype(out, element);
  write_limits(out, &(limits){.is64 = is64,
                              .has_max = true,
                              .min = list.count,
                              .max = list.count,
                              .page_size_log2 = 16});
  return WR_OK;
}

static wr_status parse_table(wr__parser *p) {
  bool imported;
  WR_TRY(parse_definition_head(p, WR__SPACE_TABLE, &imported));
  if (imported) return WR_OK;
  uint32_t index = p->next[WR__SPACE_TABLE]++;
  wr__section_out *section = &p->sections[WR__SECTION_TABLE];
  section->count++;
  bool is64 = parse_address_type(p);
  if (wr__parse_at_reftype(p)) {
    WR_TRY(parse_table_with_elem(p, is64, index, &section->bytes));
    return wr__parse_close(p);
  }
  size_t start = section->bytes.size;
  WR_TRY(parse_tabletype(p, is64, &section->bytes));
  if (wr__parse_is(p, WR__TOK_CLOSE)) return wr__parse_close(p);
  /* Spec binary/modules: a table with an initial value is announced by two bytes. */
  p->body.size = 0;
  if (section->bytes.failed) return wr__parse_oom(p);
  wr__buffer_bytes(&p->body, section->bytes.data + start, section->bytes.size - start);
  section->bytes.size = start;
  wr__buffer_byte(&section->bytes, 0x40);
  wr__buffer_byte(&section->bytes, 0x00);
  wr__buffer_append(&section->bytes, &p->body);
  WR_TRY(wr__parse_expr(p, &section->bytes));
  return wr__parse_close(p);
}

/* (data …) within a memory: the memory is as large as it needs to be. */
static wr_status parse_memory_with_data(wr__parser *p, limits *l, uint32_t memory) {
  p->at += 2;
  p->body.size = 0;
  WR_TRY(wr__parse_data_strings(p, &p->body));
  WR_TRY(wr__parse_close(p));
  uint64_t page = (uint64_t)1 << l->page_size_log2;
  l->min = l->max = (p->body.size + page - 1) >> l->page_size_log2;
  l->has_max = true;
  WR_TRY(write_zero_offset(p, l->is64));
  write_data(p, memory, &p->pending);
  p->pending.size = 0;
  return WR_OK;
}

static wr_status parse_memory(wr__parser *p) {
  bool imported;
  WR_TRY(parse_definition_head(p, WR__SPACE_MEMORY, &imported));
  if (imported) return WR_OK;
  uint32_t index = p->next[WR__SPACE_MEMORY]++, start = p->at;
  wr__section_out *section = &p->sections[WR__SECTION_MEMORY];
  section->count++;
  limits l = {.page_size_log2 = 16};
  l.is64 = parse_address_type(p);
  WR_TRY(parse_page_size(p, &l));
  if (wr__parse_is_form(p, WR__WORD_DATA)) {
    WR_TRY(parse_memory_with_data(p, &l, index));
    write_limits(&section->bytes, &l);
  } else {
    p->at = start;
    WR_TRY(parse_memtype(p, &section->bytes));
  }
  return wr__parse_close(p);
}

static wr_status parse_global(wr__parser *p) {
  bool imported;
  WR_TRY(parse_definition_head(p, WR__SPACE_GLOBAL, &imported));
  if (imported) return WR_OK;
  wr__section_out *section = &p->sections[WR__SECTION_GLOBAL];
  section->count++;
  p->next[WR__SPACE_GLOBAL]++;
  WR_TRY(parse_globaltype(p, &section->bytes));
  WR_TRY(wr__parse_expr(p, &section->bytes));
  return wr__parse_close(p);
}

static wr_status parse_tag(wr__parser *p) {
  bool imported;
  WR_TRY(parse_definition_head(p, WR__SPACE_TAG, &imported));
  if (imported) return WR_OK;
  wr__section_out *section = &p->sections[WR__SECTION_TAG];
  section->count++;
  WR_TRY(wr__parse_externtype(p, WR__SPACE_TAG, &section->bytes));
  p->next[WR__SPACE_TAG]++;
  return wr__parse_close(p);
}

static wr_status parse_start(wr__parser *p) {
  if (p->has_start) return wr__parse_fail(p, p->at, "multiple start sections");
  uint32_t index;
  p->has_start = true;
  p->at += 2;
  WR_TRY(wr__parse_index(p, WR__SPACE_FUNC, 0, &index));
  wr__buffer_uleb(&p->sections[WR__SECTION_START].bytes, index);
  return wr__parse_close(p);
}

wr_status wr__parse_field(wr__parser *p) {
  const wr__token *word = &p->tokens[p->at + 1];
  if (!wr__parse_is(p, WR__TOK_OPEN) || word->kind != WR__TOK_WORD)
    return wr__parse_unexpected(p, "a module field such as (func");
  switch (word->word) {
    case WR__WORD_TYPE:
    case WR__WORD_REC:
      p->at = p->tokens[p->at].size + 1;
      return WR_OK;
    case WR__WORD_IMPORT:
      return parse_import(p);
    case WR__WORD_EXPORT:
      return parse_export(p);
    case WR__WORD_FUNC:
      return parse_func(p);
    case WR__WORD_TABLE:
      return parse_table(p);
    case WR__WORD_MEMORY:
      return parse_memory(p);
    case WR__WORD_GLOBAL:
      return parse_global(p);
    case WR__WORD_TAG:
      return parse_tag(p);
    case WR__WORD_START:
      return parse_start(p);
    case WR__WORD_ELEM:
      return parse_elem(p);
    case WR__WORD_DATA:
      return parse_data(p);
    default:
      if (word->word != WR__WORD_UNKNOWN) p->at++;
      return wr__parse_unexpected(p, "a module field such as (func");
  }
}
