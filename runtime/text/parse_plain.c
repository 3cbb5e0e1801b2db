/* Instructions that open nothing: the keyword's row says which immediates follow, and here is how
 * each kind is written in the text and in the binary. Spec: text/instructions. */
#include "text/parser.h"

wr_status wr__parse_label(wr__parser *p, uint32_t *out) {
  bool symbolic = wr__parse_is(p, WR__TOK_ID);
  uint32_t value;
  WR_TRY(wr__parse_index(p, WR__SPACE_LABEL, p->scope, &value));
  *out = symbolic ? p->label_depth - 1 - value : value;
  return WR_OK;
}

void wr__write_op(wr__buffer *out, uint16_t op) {
  const wr__opinfo *info = &wr__opinfos[op];
  if (info->page == WR__PAGE_CORE) {
    wr__buffer_byte(out, (uint8_t)info->code);
    return;
  }
  wr__buffer_byte(out, wr__prefix_of_page((wr__page)info->page));
  wr__buffer_uleb(out, info->code);
}

/* ---- Indices -----------------------------------------------------------------------------------
 */

static wr_status write_index(wr__parser *p, wr__space space) {
  uint32_t index;
  WR_TRY(wr__parse_index(p, space, 0, &index));
  wr__buffer_uleb(p->out, index);
  return WR_OK;
}

/* An index that is 0 where it is left out. */
static wr_status parse_optional_index(wr__parser *p, wr__space space, uint32_t *out) {
  *out = 0;
  return wr__parse_at_index(p) ? wr__parse_index(p, space, 0, out) : WR_OK;
}

static wr_status write_optional_index(wr__parser *p, wr__space space) {
  uint32_t index;
  WR_TRY(parse_optional_index(p, space, &index));
  wr__buffer_uleb(p->out, index);
  return WR_OK;
}

/* Two indices of a space or none. */
static wr_status write_optional_pair(wr__parser *p, wr__space space) {
  uint32_t first = 0, second = 0;
  if (wr__parse_at_index(p)) {
    WR_TRY(wr__parse_index(p, space, 0, &first));
    WR_TRY(wr__parse_index(p, space, 0, &second));
  }
  wr__buffer_uleb(p->out, first);
  wr__buffer_uleb(p->out, second);
  return WR_OK;
}

/* A segment, with the memory or table before it or left out. The binary has the segment first. */
static wr_status write_segment_and(wr__parser *p, wr__space segment, wr__space container) {
  uint32_t container_index = 0, index;
  const wr__token *second = wr__parse_token(p) + 1;
  if (second->kind == WR__TOK_NAT || second->kind == WR__TOK_ID)
    WR_TRY(wr__parse_index(p, container, 0, &container_index));
  WR_TRY(wr__parse_index(p, segment, 0, &index));
  wr__buffer_uleb(p->out, index);
  wr__buffer_uleb(p->out, container_index);
  return WR_OK;
}

static wr_status write_type_and(wr__parser *p, wr__space second) {
  uint32_t type, index;
  WR_TRY(wr__parse_index(p, WR__SPACE_TYPE, 0, &type));
  WR_TRY(wr__parse_index(p, second, second == WR__SPACE_FIELD ? type : 0, &index));
  wr__buffer_uleb(p->out, type);
  wr__buffer_uleb(p->out, index);
  if (second == WR__SPACE_DATA) p->needs_datacount = true;
  return WR_OK;
}

static wr_status write_type_and_count(wr__parser *p) {
  uint32_t count;
  WR_TRY(write_index(p, WR__SPACE_TYPE));
  WR_TRY(wr__parse_u32(p, &count));
  wr__buffer_uleb(p->out, count);
  return WR_OK;
}

static wr_status write_label(wr__parser *p) {
  uint32_t label;
  WR_TRY(wr__parse_label(p, &label));
  wr__buffer_uleb(p->out, label);
  return WR_OK;
}

static wr_status write_label_table(wr__parser *p) {
  wr__buffer *labels = &p->scratch;
  uint32_t count = 0, label;
  labels->size = 0;
  WR_TRY(wr__parse_label(p, &label));
  for (; wr__parse_at_index(p); count++) {
    wr__buffer_uleb(labels, label);
    WR_TRY(wr__parse_label(p, &label));
  }
  wr__buffer_uleb(p->out, count);
  wr__buffer_append(p->out, labels);
  wr__buffer_uleb(p->out, label);
  return WR_OK;
}

static wr_status write_call_indirect(wr__parser *p) {
  uint32_t table;
  wr__typeuse use;
  WR_TRY(parse_optional_index(p, WR__SPACE_TABLE, &table));
  WR_TRY(wr__parse_typeuse(p, WR__TYPEUSE_NO_IDS, true, &use));
  wr__buffer_uleb(p->out, use.type_index);
  wr__buffer_uleb(p->out, table);
  return WR_OK;
}

/* ---- Memory
 * ---------------------------------------------------------------------------------------- */

/* The number behind `offset=` or `align=`. */
static wr_status parse_equals(wr__parser *p, uint32_t head, unsigned bits, uint64_t *out) {
  const wr__token *token = wr__parse_token(p);
  if (!wr__number_int(wr__parse_text(p, token) + head, token->size - head, bits, out))
    return wr__parse_fail(p, p->at, "i%u constant out of range", bits);
  p->at++;
  return WR_OK;
}

/* Does an index of a memory stand here, and not the lane that ends the immediates? */
static bool at_memory_index(const wr__parser *p, bool has_lane) {
  if (wr__parse_is(p, WR__TOK_ID)) return true;
  if (!wr__parse_is(p, WR__TOK_NAT)) return false;
  const wr__token *second = wr__parse_token(p) + 1;
  return !has_lane || second->kind == WR__TOK_NAT ||
         (second->kind == WR__TOK_WORD &&
          (second->word == WR__WORD_OFFSET_EQ || second->word == WR__WORD_ALIGN_EQ));
}

/* Spec text/instructions: memarg; binary/instructions: bit 6 of the alignment announces an index.
 */
static wr_status write_memarg(wr__parser *p, uint16_t op, bool has_lane) {
  uint32_t memory = 0, align_log2 = wr__opinfos[op].align_log2;
  uint64_t offset = 0, align;
  if (at_memory_index(p, has_lane)) WR_TRY(wr__parse_index(p, WR__SPACE_MEMORY, 0, &memory));
  if (wr__parse_is_word(p, WR__WORD_OFFSET_EQ)) WR_TRY(parse_equals(p, 7, 64, &offset));
  if (wr__parse_is_word(p, WR__WORD_ALIGN_EQ)) {
    uint32_t at = p->at;
    WR_TRY(parse_equals(p, 6, 64, &align));
    if (!align || (align & (align - 1)))
      return wr__parse_fail(p, at, "alignment must be a power of two");
    align_log2 = (uint32_t)__builtin_ctzll(align);
  }
  wr__buffer_uleb(p->out, align_log2 | (memory ? 0x40 : 0));
  if (memory) wr__buffer_uleb(p->out, memory);
  wr__buffer_uleb(p->out, offset);
  return WR_OK;
}

/* ---- Constants
 * ----------------------------------------------------------------------------------------- */

static bool at_number(const wr__parser *p) {
  return wr__parse_is(p, WR__TOK_NAT) || wr__parse_is(p, WR__TOK_INT) ||
         wr__parse_is(p, WR__TOK_FLOAT);
}

static wr_status parse_int(wr__parser *p, unsigned bits, uint64_t *out) {
  if (!at_number(p)) return wr__parse_unexpected(p, "an integer");
  const wr__token *token = wr__parse_token(p);
  if (token->kind == WR__TOK_FLOAT ||
      !wr__number_int(wr__parse_text(p, token), token->size, bits, out))
    return wr__parse_fail(p, p->at, "constant out of range: expected an integer of %u bits", bits);
  p->at++;
  return WR_OK;
}

static wr_status parse_float(wr__parser *p, unsigned size_bytes, uint64_t *out) {
  if (!at_number(p)) return wr__parse_unexpected(p, "a number");
  const wr__token *token = wr__parse_token(p);
  if (!wr__number_float(wr__parse_text(p, token), token->size, size_bytes, out))
    return wr__parse_fail(p, p->at, "constant out of range of f%u", size_bytes * 8);
  p->at++;
  return WR_OK;
}

static wr_status write_number(wr__parser *p, uint8_t immediate) {
  uint64_t value;
  switch (immediate) {
    case WR__IMM_I32:
      WR_TRY(parse_int(p, 32, &value));
      wr__buffer_sleb(p->out, (int32_t)(uint32_t)value);
      return WR_OK;
    case WR__IMM_I64:
      WR_TRY(parse_int(p, 64, &value));
      wr__buffer_sleb(p->out, (int64_t)value);
      return WR_OK;
    case WR__IMM_F32:
      WR_TRY(parse_float(p, 4, &value));
      wr__buffer_le(p->out, value, 4);
      return WR_OK;
    default:
      WR_TRY(parse_float(p, 8, &value));
      wr__buffer_le(p->out, value, 8);
      return WR_OK;
  }
}

static wr_status parse_lane(wr__parser *p, uint8_t *out) {
  uint64_t value;
  const wr__token *token = wr__parse_token(p);
  if (token->kind != WR__TOK_NAT) return wr__parse_unexpected(p, "a lane index");
  if (!wr__number_int(wr__parse_text(p, token), token->size, 8, &value))
    return wr__parse_fail(p, p->at, "i8 constant out of range");
  p->at++;
  *out = (uint8_t)value;
  return WR_OK;
}

static wr_status write_lane(wr__parser *p) {
  uint8_t lane = 0;
  WR_TRY(parse_lane(p, &lane));
  wr__buffer_byte(p->out, lane);
  return WR_OK;
}

/* How many numbers stand here. */
static uint32_t count_numbers(const wr__parser *p) {
  uint32_t count = 0;
  for (const wr__token *t = wr__parse_token(p);
       t->kind == WR__TOK_NAT || t->kind == WR__TOK_INT || t->kind == WR__TOK_FLOAT; t++)
    count++;
  return count;
}

/* Fails where a token that is none ends a list of numbers too early. */
static wr_status check_list_end(wr__parser *p, uint32_t count) {
  uint32_t start = p->at;
  p->at += count;
  const wr__token *token = wr__parse_token(p);
  if (token->kind == WR__TOK_RESERVED ||
      (token->kind == WR__TOK_WORD && token->word == WR__WORD_UNKNOWN))
    return wr__parse_unexpected(p, "a number");
  p->at = start;
  return WR_OK;
}

static wr_status write_shuffle(wr__parser *p) {
  uint32_t count = count_numbers(p);
  WR_TRY(check_list_end(p, count));
  if (count != 16)
    return wr__parse_fail(p, p->at, "invalid lane length: expected 16 lane indices, got %u", count);
  for (uint32_t i = 0; i < 16; i++) {
    if (!wr__parse_is(p, WR__TOK_NAT)) return wr__parse_fail(p, p->at, "i8 constant out of range");
    WR_TRY(write_lane(p));
  }
  return WR_OK;
}

/* The shape that the word names: lanes and bytes of one; false for other words. */
static bool find_shape(uint16_t word, uint32_t *lanes, unsigned *lane_bytes, bool *is_float) {
  static const struct {
    uint16_t word;
    uint8_t lanes;
    bool is_float;
  } shapes[] = {{WR__WORD_I8X16, 16, false}, {WR__WORD_I16X8, 8, false}, {WR__WORD_I32X4, 4, false},
                {WR__WORD_I64X2, 2, false},  {WR__WORD_F32X4, 4, true},  {WR__WORD_F64X2, 2, true}};
  for (size_t i = 0; i < WR_ARRAY_COUNT(shapes); i++) {
    if (shapes[i].word != word) continue;
    *lanes = shapes[i].lanes;
    *lane_bytes = 16u / shapes[i].lanes;
    *is_float = shapes[i].is_float;
    return true;
  }
  return false;
}

static wr_status write_v128(wr__parser *p) {
  const wr__token *token = wr__parse_token(p);
  uint32_t lanes;
  unsigned lane_bytes;
  bool is_float;
  if (token->kind != WR__TOK_WORD || !find_shape(token->word, &lanes, &lane_bytes, &is_float))
    return wr__parse_unexpected(p, "a shape such as i32x4");
  p->at++;
  uint32_t count = count_numbers(p);
  WR_TRY(check_list_end(p, count));
  if (count != lanes)
    return wr__parse_fail(p, p->at, "wrong number of lane literals: expected %u, got %u", lanes,
                          count);
  for (uint32_t i = 0; i < lanes; i++) {
    uint64_t value;
    WR_TRY(is_float ? parse_float(p, lane_bytes, &value) : parse_int(p, lane_bytes * 8, &value));
    wr__buffer_le(p->out, value, lane_bytes);
  }
  return WR_OK;
}

/* ---- Types
 * -----------------------------------------------------------------------------------------------
 */

/* `select` with or without types: two instructions of one name. */
static wr_status write_select(wr__parser *p) {
  if (!wr__parse_is_form(p, WR__WORD_RESULT)) {
    wr__write_op(p->out, WR__OP_select);
    return WR_OK;
  }
  wr__buffer *types = &p->scratch;
  uint32_t count = 0;
  types->size = 0;
  while (wr__parse_is_form(p, WR__WORD_RESULT)) {
    p->at += 2;
    for (; !wr__parse_is(p, WR__TOK_CLOSE); count++) WR_TRY(wr__parse_valtype(p, types));
    WR_TRY(wr__parse_close(p));
  }
  wr__write_op(p->out, WR__OP_select_t);
  wr__buffer_uleb(p->out, count);
  wr__buffer_append(p->out, types);
  return WR_OK;
}

/* `ref.test` and `ref.cast`: nullability chooses the instruction. */
static wr_status write_cast(wr__parser *p, uint16_t op) {
  wr__reftype type;
  WR_TRY(wr__parse_reftype(p, &type));
  if (type.nullable) op = op == WR__OP_ref_test ? WR__OP_ref_test_null : WR__OP_ref_cast_null;
  wr__write_op(p->out, op);
  wr__buffer_sleb(p->out, type.heap);
  return WR_OK;
}

static wr_status write_br_on_cast(wr__parser *p) {
  uint32_t label;
  wr__reftype from, to;
  WR_TRY(wr__parse_label(p, &label));
  WR_TRY(wr__parse_reftype(p, &from));
  WR_TRY(wr__parse_reftype(p, &to));
  wr__buffer_byte(p->out, (uint8_t)((from.nullable ? 1 : 0) | (to.nullable ? 2 : 0)));
  wr__buffer_uleb(p->out, label);
  wr__buffer_sleb(p->out, from.heap);
  wr__buffer_sleb(p->out, to.heap);
  return WR_OK;
}

static wr_status write_heaptype(wr__parser *p) {
  int64_t heap;
  WR_TRY(wr__parse_heaptype(p, &heap));
  wr__buffer_sleb(p->out, heap);
  return WR_OK;
}

static wr_status write_local(wr__parser *p) {
  uint32_t index;
  WR_TRY(wr__parse_index(p, WR__SPACE_LOCAL, p->scope, &index));
  wr__buffer_uleb(p->out, index);
  return WR_OK;
}

/* ---- All together
 * ---------------------------------------------------------------------------------------------- */

/* Immediates that are indices: how they are written, and of which spaces. */
typedef enum index_form {
  NO_INDEX,
  ONE,
  OPTIONAL,
  OPTIONAL_PAIR,
  SEGMENT_AND,
  TYPE_AND
} index_form;
static const struct {
  uint8_t form, space, second;
} index_forms[] = {
    [WR__IMM_FUNC] = {ONE, WR__SPACE_FUNC, 0},
    [WR__IMM_TYPE] = {ONE, WR__SPACE_TYPE, 0},
    [WR__IMM_TAG] = {ONE, WR__SPACE_TAG, 0},
    [WR__IMM_GLOBAL] = {ONE, WR__SPACE_GLOBAL, 0},
    [WR__IMM_ELEM] = {ONE, WR__SPACE_ELEM, 0},
    [WR__IMM_DATA] = {ONE, WR__SPACE_DATA, 0},
    [WR__IMM_TABLE] = {OPTIONAL, WR__SPACE_TABLE, 0},
    [WR__IMM_MEM] = {OPTIONAL, WR__SPACE_MEMORY, 0},
    [WR__IMM_TABLE_TABLE] = {OPTIONAL_PAIR, WR__SPACE_TABLE, 0},
    [WR__IMM_MEM_MEM] = {OPTIONAL_PAIR, WR__SPACE_MEMORY, 0},
    [WR__IMM_ELEM_TABLE] = {SEGMENT_AND, WR__SPACE_ELEM, WR__SPACE_TABLE},
    [WR__IMM_DATA_MEM] = {SEGMENT_AND, WR__SPACE_DATA, WR__SPACE_MEMORY},
    [WR__IMM_TYPE_FIELD] = {TYPE_AND, WR__SPACE_TYPE, WR__SPACE_FIELD},
    [WR__IMM_TYPE_TYPE] = {TYPE_AND, WR__SPACE_TYPE, WR__SPACE_TYPE},
    [WR__IMM_TYPE_DATA] = {TYPE_AND, WR__SPACE_TYPE, WR__SPACE_DATA},
    [WR__IMM_TYPE_ELEM] = {TYPE_AND, WR__SPACE_TYPE, WR__SPACE_ELEM},
};

static wr_status write_indices(wr__parser *p, uint8_t kind) {
  wr__space space = (wr__space)index_forms[kind].space;
  wr__space second = (wr__space)index_forms[kind].second;
  if (kind == WR__IMM_DATA || kind == WR__IMM_DATA_MEM) p->needs_datacount = true;
  switch ((index_form)index_forms[kind].form) {
    case ONE:
      return write_index(p, space);
    case OPTIONAL:
      return write_optional_index(p, space);
    case OPTIONAL_PAIR:
      return write_optional_pair(p, space);
    case SEGMENT_AND:
      return write_segment_and(p, space, second);
    case TYPE_AND:
      return write_type_and(p, second);
    case NO_INDEX:
      break;
  }
  return WR_OK;
}

static wr_status write_immediates(wr__parser *p, uint16_t op) {
  uint8_t kind = wr__opinfos[op].immediates;
  if (kind < WR_ARRAY_COUNT(index_forms) && index_forms[kind].form) return write_indices(p, kind);
  switch (kind) {
    case WR__IMM_NONE:
      return WR_OK;
    case WR__IMM_FENCE:
      wr__buffer_byte(p->out, 0);
      return WR_OK;
    case WR__IMM_LABEL:
      return write_label(p);
    case WR__IMM_LABEL_TABLE:
      return write_label_table(p);
    case WR__IMM_LOCAL:
      return write_local(p);
    case WR__IMM_TYPE_TABLE:
      return write_call_indirect(p);
    case WR__IMM_TYPE_COUNT:
      return write_type_and_count(p);
    case WR__IMM_MEMARG:
      return write_memarg(p, op, false);
    case WR__IMM_MEMARG_LANE:
      WR_TRY(write_memarg(p, op, true));
      return write_lane(p);
    case WR__IMM_LANE:
      return write_lane(p);
    case WR__IMM_LANES16:
      return write_shuffle(p);
    case WR__IMM_V128:
      return write_v128(p);
    case WR__IMM_HEAPTYPE:
      return write_heaptype(p);
    case WR__IMM_BR_ON_CAST:
      return write_br_on_cast(p);
    default:
      return write_number(p, kind);
  }
}

wr_status wr__parse_plain(wr__parser *p, uint16_t op) {
  if (op == WR__OP_select) return write_select(p);
  if (op == WR__OP_ref_test || op == WR__OP_ref_cast) return write_cast(p, op);
  wr__write_op(p->out, op);
  return write_immediates(p, op);
}
