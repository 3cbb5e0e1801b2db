/* Instructions as text: each opcode's immediates by its row of the instruction table, and what it
 * takes from and leaves on the stack, for folding. */
#include <locale.h>
#include <stdio.h>

#include "text/printer.h"

/* ---- Labels
 * ---------------------------------------------------------------------------------------- */

static wr_status push_label(wr__printer *p, wr__print_label label) {
  if (!wr__grow32(&p->labels, &p->label_capacity, p->label_count + 1, sizeof label))
    return wr__fail_oom(p->error);
  p->labels[p->label_count++] = label;
  return WR_OK;
}

/* How many values a branch to the label carries; 0 where there is no such label. */
static uint32_t label_arity(const wr__printer *p, uint32_t depth) {
  if (depth >= p->label_count) return 0;
  const wr__print_label *label = &p->labels[p->label_count - 1 - depth];
  return label->op == WR__OP_loop ? label->params : label->results;
}

/* ---- Effects that depend on more than the row
 * --------------------------------------------------------- */

/* Instructions whose operands and results are always as many, but whose types are not. */
static const struct {
  uint16_t op;
  uint8_t operands, results;
} fixed_effects[] = {{WR__OP_nop, 0, 0},
                     {WR__OP_unreachable, 0, 0},
                     {WR__OP_drop, 1, 0},
                     {WR__OP_select, 3, 1},
                     {WR__OP_select_t, 3, 1},
                     {WR__OP_local_get, 0, 1},
                     {WR__OP_local_set, 1, 0},
                     {WR__OP_local_tee, 1, 1},
                     {WR__OP_global_get, 0, 1},
                     {WR__OP_global_set, 1, 0},
                     {WR__OP_table_get, 1, 1},
                     {WR__OP_table_set, 2, 0},
                     {WR__OP_table_size, 0, 1},
                     {WR__OP_table_grow, 2, 1},
                     {WR__OP_table_fill, 3, 0},
                     {WR__OP_table_copy, 3, 0},
                     {WR__OP_table_init, 3, 0},
                     {WR__OP_memory_fill, 3, 0},
                     {WR__OP_memory_copy, 3, 0},
                     {WR__OP_memory_init, 3, 0},
                     {WR__OP_ref_null, 0, 1},
                     {WR__OP_ref_is_null, 1, 1},
                     {WR__OP_ref_func, 0, 1},
                     {WR__OP_ref_eq, 2, 1},
                     {WR__OP_ref_as_non_null, 1, 1},
                     {WR__OP_throw_ref, 1, 0},
                     {WR__OP_struct_new_default, 0, 1},
                     {WR__OP_struct_get, 1, 1},
                     {WR__OP_struct_get_s, 1, 1},
                     {WR__OP_struct_get_u, 1, 1},
                     {WR__OP_struct_set, 2, 0},
                     {WR__OP_array_new, 2, 1},
                     {WR__OP_array_new_default, 1, 1},
                     {WR__OP_array_new_data, 2, 1},
                     {WR__OP_array_new_elem, 2, 1},
                     {WR__OP_array_get, 2, 1},
                     {WR__OP_array_get_s, 2, 1},
                     {WR__OP_array_get_u, 2, 1},
                     {WR__OP_array_set, 3, 0},
                     {WR__OP_array_len, 1, 1},
                     {WR__OP_array_fill, 4, 0},
                     {WR__OP_array_copy, 5, 0},
                     {WR__OP_array_init_data, 4, 0},
                     {WR__OP_array_init_elem, 4, 0},
                     {WR__OP_ref_test, 1, 1},
                     {WR__OP_ref_test_null, 1, 1},
                     {WR__OP_ref_cast, 1, 1},
                     {WR__OP_ref_cast_null, 1, 1},
                     {WR__OP_any_convert_extern, 1, 1},
                     {WR__OP_extern_convert_any, 1, 1},
                     {WR__OP_ref_i31, 1, 1},
                     {WR__OP_i31_get_s, 1, 1},
                     {WR__OP_i31_get_u, 1, 1}};

static wr__print_effect row_effect(uint16_t op) {
  const wr__opinfo *info = &wr__opinfos[op];
  if (!info->special)
    return (wr__print_effect){(uint32_t)strlen(info->params), (uint32_t)strlen(info->results)};
  for (size_t i = 0; i < WR_ARRAY_COUNT(fixed_effects); i++)
    if (fixed_effects[i].op == op)
      return (wr__print_effect){fixed_effects[i].operands, fixed_effects[i].results};
  return (wr__print_effect){0, 0};
}

static wr__print_effect branch_effect(const wr__printer *p, uint16_t op, uint32_t label) {
  uint32_t arity = label_arity(p, label);
  switch (op) {
    case WR__OP_br_if:
      return (wr__print_effect){arity + 1, arity};
    case WR__OP_br_on_null:
      return (wr__print_effect){arity + 1, arity + 1};
    case WR__OP_br_on_non_null:
      return (wr__print_effect){arity, arity ? arity - 1 : 0};
    case WR__OP_br_on_cast:
    case WR__OP_br_on_cast_fail:
      return (wr__print_effect){arity, arity};
    case WR__OP_br_table:
      return (wr__print_effect){arity + 1, 0};
    case WR__OP_br:
      return (wr__print_effect){arity, 0};
    default:
      return (wr__print_effect){0, 0}; /* rethrow, delegate */
  }
}

static wr__print_effect call_effect(const wr__printer *p, uint16_t op, uint32_t type_index) {
  const wr__print_deftype *type = wr__print_functype(p, type_index);
  bool extra =
      op != WR__OP_call && op != WR__OP_return_call; /* the table's index, or the function */
  bool tail =
      op == WR__OP_return_call || op == WR__OP_return_call_indirect || op == WR__OP_return_call_ref;
  if (!type) return (wr__print_effect){extra, 0};
  return (wr__print_effect){type->param_count + extra, tail ? 0 : type->result_count};
}

/* ---- Immediates
 * ------------------------------------------------------------------------------------------ */

static wr_status print_index(wr__printer *p, wr__cursor *c, wr__buffer *out, wr__space space,
                             uint32_t *index) {
  WR_TRY(wr__print_u32(p, c, index));
  wr__print_index(p, out, space, space == WR__SPACE_LOCAL ? p->func_index : 0, *index);
  return WR_OK;
}

/* An index that is left out where it is 0. */
static wr_status print_optional(wr__printer *p, wr__cursor *c, wr__buffer *out, wr__space space) {
  uint32_t index;
  WR_TRY(wr__print_u32(p, c, &index));
  if (index) wr__print_index(p, out, space, 0, index);
  return WR_OK;
}

static wr_status print_optional_pair(wr__printer *p, wr__cursor *c, wr__buffer *out,
                                     wr__space space) {
  uint32_t first, second;
  WR_TRY(wr__print_u32(p, c, &first));
  WR_TRY(wr__print_u32(p, c, &second));
  if (!first && !second) return WR_OK;
  wr__print_index(p, out, space, 0, first);
  wr__print_index(p, out, space, 0, second);
  return WR_OK;
}

/* The binary has the segment first, the text what it goes to. */
static wr_status print_segment_and(wr__printer *p, wr__cursor *c, wr__buffer *out,
                                   wr__space segment, wr__space container) {
  uint32_t index, container_index;
  WR_TRY(wr__print_u32(p, c, &index));
  WR_TRY(wr__print_u32(p, c, &container_index));
  if (container_index) wr__print_index(p, out, container, 0, container_index);
  wr__print_index(p, out, segment, 0, index);
  return WR_OK;
}

static wr_status print_type_and(wr__printer *p, wr__cursor *c, wr__buffer *out, wr__space second,
                                uint32_t *type) {
  uint32_t index;
  WR_TRY(print_index(p, c, out, WR__SPACE_TYPE, type));
  WR_TRY(wr__print_u32(p, c, &index));
  wr__print_index(p, out, second, second == WR__SPACE_FIELD ? *type : 0, index);
  return WR_OK;
}

static wr_status print_call_indirect(wr__printer *p, wr__cursor *c, wr__buffer *out,
                                     uint32_t *type) {
  uint32_t table;
  WR_TRY(wr__print_u32(p, c, type));
  WR_TRY(wr__print_u32(p, c, &table));
  if (table) wr__print_index(p, out, WR__SPACE_TABLE, 0, table);
  wr__buffer_text(out, " (type");
  wr__print_index(p, out, WR__SPACE_TYPE, 0, *type);
  wr__buffer_byte(out, ')');
  return WR_OK;
}

static wr_status print_label_table(wr__printer *p, wr__cursor *c, wr__buffer *out, uint32_t *last) {
  uint32_t count;
  WR_TRY(wr__print_u32(p, c, &count));
  for (uint64_t i = 0; i <= count; i++) {
    WR_TRY(wr__print_u32(p, c, last));
    wr__buffer_format(out, " %u", *last);
  }
  return WR_OK;
}

static wr_status print_memarg(wr__printer *p, wr__cursor *c, wr__buffer *out, uint16_t op) {
  const wr__cursor start = *c;
  uint32_t align, memory = 0;
  uint64_t offset;
  WR_TRY(wr__print_u32(p, c, &align));
  if (align >= 128) return wr__print_fail(p, &start, "malformed memop flags");
  if (align & 0x40) WR_TRY(wr__print_u32(p, c, &memory));
  align &= 0x3f;
  WR_TRY(wr__print_u64(p, c, &offset));
  if (memory) wr__print_index(p, out, WR__SPACE_MEMORY, 0, memory);
  if (offset) wr__buffer_format(out, " offset=%llu", (unsigned long long)offset);
  if (align != wr__opinfos[op].align_log2) wr__buffer_format(out, " align=%llu", 1ull << align);
  return WR_OK;
}

static uint64_t read_le(const uint8_t *data, unsigned size) {
  uint64_t value = 0;
  for (unsigned i = size; i-- > 0;) value = value << 8 | data[i];
  return value;
}

/* The shortest decimal that gives the bits again. The thread's locale is set aside for it. */
static void print_finite(wr__buffer *out, uint64_t bits, unsigned size) {
  char text[64] = "";
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0), before;
  if (!c_locale) {
    out->failed = true;
    return;
  }
  before = uselocale(c_locale);
  for (int precision = size == 4 ? 6 : 15; precision <= (size == 4 ? 9 : 17); precision++) {
    double value;
    float narrow;
    uint32_t low = (uint32_t)bits;
    uint64_t again;
    memcpy(&narrow, &low, sizeof narrow);
    memcpy(&value, &bits, sizeof value);
    snprintf(text, sizeof text, "%.*g", precision, size == 4 ? (double)narrow : value);
    if (wr__number_float(text, strlen(text), size, &again) && again == bits) break;
  }
  uselocale(before);
  freelocale(c_locale);
  wr__buffer_text(out, text);
}

static void print_float(wr__buffer *out, uint64_t bits, unsigned size) {
  unsigned mantissa = size == 4 ? 23 : 52;
  uint64_t payload = bits & (((uint64_t)1 << mantissa) - 1);
  uint64_t infinity = size == 4 ? 0x7f800000u : 0x7ff0000000000000u;
  bool negative = bits >> (size * 8 - 1);
  wr__buffer_byte(out, ' ');
  if ((bits & infinity) != infinity) {
    print_finite(out, bits, size);
    return;
  }
  wr__buffer_text(out, negative ? "-" : "");
  if (!payload)
    wr__buffer_text(out, "inf");
  else if (payload == (uint64_t)1 << (mantissa - 1))
    wr__buffer_text(out, "nan");
  else
    wr__buffer_format(out, "nan:0x%llx", (unsigned long long)payload);
}

static wr_status print_float_immediate(wr__printer *p, wr__cursor *c, wr__buffer *out,
                                       unsigned size) {
  wr__span bytes;
  WR_TRY(wr__print_take(p, c, size, &bytes));
  print_float(out, read_le(bytes.data, size), size);
  return WR_OK;
}

static wr_status print_int_immediate(wr__printer *p, wr__cursor *c, wr__buffer *out,
                                     unsigned bits) {
  int64_t value;
  WR_TRY(wr__print_s64(p, c, bits, &value));
  wr__buffer_format(out, " %lld", (long long)value);
  return WR_OK;
}

static wr_status print_lanes(wr__printer *p, wr__cursor *c, wr__buffer *out, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    uint8_t lane;
    WR_TRY(wr__print_byte(p, c, &lane));
    wr__buffer_format(out, " %u", lane);
  }
  return WR_OK;
}

static wr_status print_v128(wr__printer *p, wr__cursor *c, wr__buffer *out) {
  wr__span bytes;
  WR_TRY(wr__print_take(p, c, 16, &bytes));
  wr__buffer_text(out, " i32x4");
  for (int i = 0; i < 4; i++)
    wr__buffer_format(out, " 0x%08llx", (unsigned long long)read_le(bytes.data + 4 * i, 4));
  return WR_OK;
}

static wr_status print_select_types(wr__printer *p, wr__cursor *c, wr__buffer *out) {
  uint32_t count;
  WR_TRY(wr__print_u32(p, c, &count));
  wr__buffer_text(out, " (result");
  for (uint32_t i = 0; i < count; i++) WR_TRY(wr__print_valtype(p, c, out));
  wr__buffer_byte(out, ')');
  return WR_OK;
}

static wr_status print_br_on_cast(wr__printer *p, wr__cursor *c, wr__buffer *out, uint32_t *label) {
  uint8_t flags;
  WR_TRY(wr__print_byte(p, c, &flags));
  if (flags > 3) return wr__print_fail(p, c, "malformed br_on_cast flags");
  WR_TRY(wr__print_u32(p, c, label));
  wr__buffer_format(out, " %u", *label);
  WR_TRY(wr__print_reftype_of(p, c, flags & 1, out));
  return wr__print_reftype_of(p, c, flags & 2, out);
}

static wr_status print_heap_immediate(wr__printer *p, wr__cursor *c, wr__buffer *out, uint16_t op) {
  if (op == WR__OP_ref_null) return wr__print_heaptype(p, c, out);
  return wr__print_reftype_of(p, c, op == WR__OP_ref_test_null || op == WR__OP_ref_cast_null, out);
}

/* ---- Blocks
 * -------------------------------------------------------------------------------------------------
 */

static wr_status print_blocktype(wr__printer *p, wr__cursor *c, wr__buffer *out,
                                 wr__print_label *label) {
  if (c->at < c->end && *c->at == 0x40) {
    c->at++;
    return WR_OK;
  }
  if (c->at < c->end && (*c->at & 0xc0) == 0x40) {
    wr__buffer_text(out, " (result");
    WR_TRY(wr__print_valtype(p, c, out));
    wr__buffer_byte(out, ')');
    label->results = 1;
    return WR_OK;
  }
  int64_t index;
  WR_TRY(wr__print_s64(p, c, 33, &index));
  if (index < 0) return wr__print_fail(p, c, "malformed block type");
  wr__buffer_text(out, " (type");
  wr__print_index(p, out, WR__SPACE_TYPE, 0, (uint32_t)index);
  wr__buffer_byte(out, ')');
  const wr__print_deftype *type = wr__print_functype(p, (uint32_t)index);
  if (!type) return WR_OK;
  label->params = type->param_count;
  label->results = type->result_count;
  return wr__print_is_short(type) ? wr__print_signature(p, type, WR_NO_INDEX, out) : WR_OK;
}

static wr_status print_catches(wr__printer *p, wr__cursor *c, wr__buffer *out) {
  static const char *const words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  uint32_t count, index;
  WR_TRY(wr__print_u32(p, c, &count));
  for (uint32_t i = 0; i < count; i++) {
    uint8_t kind;
    WR_TRY(wr__print_byte(p, c, &kind));
    if (kind > 3) return wr__print_fail(p, c, "malformed catch clause");
    wr__buffer_format(out, " (%s", words[kind]);
    if (kind < 2) WR_TRY(print_index(p, c, out, WR__SPACE_TAG, &index));
    WR_TRY(wr__print_u32(p, c, &index));
    wr__buffer_format(out, " %u)", index);
  }
  return WR_OK;
}

static wr_status print_block(wr__printer *p, wr__cursor *c, wr__buffer *out,
                             wr__print_instr *instr) {
  wr__print_label label = {.op = instr->op};
  WR_TRY(print_blocktype(p, c, out, &label));
  if (instr->op == WR__OP_try_table) WR_TRY(print_catches(p, c, out));
  instr->effect = (wr__print_effect){label.params + (instr->op == WR__OP_if), label.results};
  return push_label(p, label);
}

/* ---- Instructions
 * --------------------------------------------------------------------------------------------- */

static wr_status read_op(wr__printer *p, wr__cursor *c, uint16_t *op) {
  const wr__cursor start = *c;
  uint8_t byte;
  uint32_t code;
  WR_TRY(wr__print_byte(p, c, &byte));
  wr__page page = wr__page_of_prefix(byte);
  if (page == WR__PAGE_CORE) {
    *op = wr__core_ops[byte];
  } else {
    WR_TRY(wr__print_u32(p, c, &code));
    *op = (uint16_t)wr__op_lookup(page, code);
  }
  return *op < WR__OP_COUNT ? WR_OK : wr__print_fail(p, &start, "illegal opcode");
}

/* Immediates that decide the effect. */
static wr_status print_deciding(wr__printer *p, wr__cursor *c, wr__buffer *out,
                                wr__print_instr *instr) {
  uint16_t op = instr->op;
  uint32_t index;
  switch (wr__opinfos[op].immediates) {
    case WR__IMM_LABEL:
      WR_TRY(wr__print_u32(p, c, &index));
      wr__buffer_format(out, " %u", index);
      instr->effect = branch_effect(p, op, index);
      return WR_OK;
    case WR__IMM_LABEL_TABLE:
      WR_TRY(print_label_table(p, c, out, &index));
      instr->effect = branch_effect(p, op, index);
      return WR_OK;
    case WR__IMM_BR_ON_CAST:
      WR_TRY(print_br_on_cast(p, c, out, &index));
      instr->effect = branch_effect(p, op, index);
      return WR_OK;
    case WR__IMM_FUNC:
      WR_TRY(print_index(p, c, out, WR__SPACE_FUNC, &index));
      if (op != WR__OP_ref_func)
        instr->effect =
            call_effect(p, op, index < p->func_count ? p->func_types[index] : WR_NO_INDEX);
      return WR_OK;
    case WR__IMM_TYPE_TABLE:
      WR_TRY(print_call_indirect(p, c, out, &index));
      instr->effect = call_effect(p, op, index);
      return WR_OK;
    case WR__IMM_TYPE:
      WR_TRY(print_index(p, c, out, WR__SPACE_TYPE, &index));
      if (op == WR__OP_call_ref || op == WR__OP_return_call_ref)
        instr->effect = call_effect(p, op, index);
      if (op == WR__OP_struct_new)
        instr->effect =
            (wr__print_effect){index < p->type_count ? p->types[index].field_count : 0, 1};
      return WR_OK;
    case WR__IMM_TYPE_COUNT:
      WR_TRY(print_index(p, c, out, WR__SPACE_TYPE, &index));
      WR_TRY(wr__print_u32(p, c, &index));
      wr__buffer_format(out, " %u", index);
      instr->effect = (wr__print_effect){index, 1};
      return WR_OK;
    default: /* WR__IMM_TAG */
      WR_TRY(print_index(p, c, out, WR__SPACE_TAG, &index));
      if (op == WR__OP_throw)
        instr->effect = call_effect(p, WR__OP_return_call,
                                    index < p->tag_count ? p->tag_types[index] : WR_NO_INDEX);
      return WR_OK;
  }
}

static wr_status print_immediates(wr__printer *p, wr__cursor *c, wr__buffer *out,
                                  wr__print_instr *instr) {
  uint16_t op = instr->op;
  uint32_t index;
  uint8_t byte;
  switch (wr__opinfos[op].immediates) {
    case WR__IMM_NONE:
      return WR_OK;
    case WR__IMM_BLOCK:
    case WR__IMM_TRY_TABLE:
      return print_block(p, c, out, instr);
    case WR__IMM_FENCE:
      return wr__print_byte(p, c, &byte);
    case WR__IMM_TYPE_FIELD:
      return print_type_and(p, c, out, WR__SPACE_FIELD, &index);
    case WR__IMM_TYPE_DATA:
      return print_type_and(p, c, out, WR__SPACE_DATA, &index);
    case WR__IMM_TYPE_ELEM:
      return print_type_and(p, c, out, WR__SPACE_ELEM, &index);
    case WR__IMM_TYPE_TYPE:
      return print_type_and(p, c, out, WR__SPACE_TYPE, &index);
    case WR__IMM_LOCAL:
      return print_index(p, c, out, WR__SPACE_LOCAL, &index);
    case WR__IMM_GLOBAL:
      return print_index(p, c, out, WR__SPACE_GLOBAL, &index);
    case WR__IMM_ELEM:
      return print_index(p, c, out, WR__SPACE_ELEM, &index);
    case WR__IMM_DATA:
      return print_index(p, c, out, WR__SPACE_DATA, &index);
    case WR__IMM_TABLE:
      return print_optional(p, c, out, WR__SPACE_TABLE);
    case WR__IMM_MEM:
      return print_optional(p, c, out, WR__SPACE_MEMORY);
    case WR__IMM_TABLE_TABLE:
      return print_optional_pair(p, c, out, WR__SPACE_TABLE);
    case WR__IMM_MEM_MEM:
      return print_optional_pair(p, c, out, WR__SPACE_MEMORY);
    case WR__IMM_ELEM_TABLE:
      return print_segment_and(p, c, out, WR__SPACE_ELEM, WR__SPACE_TABLE);
    case WR__IMM_DATA_MEM:
      return print_segment_and(p, c, out, WR__SPACE_DATA, WR__SPACE_MEMORY);
    case WR__IMM_MEMARG:
      return print_memarg(p, c, out, op);
    case WR__IMM_MEMARG_LANE:
      WR_TRY(print_memarg(p, c, out, op));
      return print_lanes(p, c, out, 1);
    case WR__IMM_LANE:
      return print_lanes(p, c, out, 1);
    case WR__IMM_LANES16:
      return print_lanes(p, c, out, 16);
    case WR__IMM_I32:
      return print_int_immediate(p, c, out, 32);
    case WR__IMM_I64:
      return print_int_immediate(p, c, out, 64);
    case WR__IMM_F32:
      return print_float_immediate(p, c, out, 4);
    case WR__IMM_F64:
      return print_float_immediate(p, c, out, 8);
    case WR__IMM_V128:
      return print_v128(p, c, out);
    case WR__IMM_SELECT_TYPES:
      return print_select_types(p, c, out);
    case WR__IMM_HEAPTYPE:
      return print_heap_immediate(p, c, out, op);
    default:
      return print_deciding(p, c, out, instr);
  }
}

wr_status wr__print_instr_text(wr__printer *p, wr__cursor *c, wr__buffer *out,
                               wr__print_instr *instr) {
  *instr = (wr__print_instr){0};
  WR_TRY(read_op(p, c, &instr->op));
  instr->effect = row_effect(instr->op);
  if (instr->op == WR__OP_return)
    instr->effect.operands = p->label_count ? p->labels[0].results : 0;
  if (instr->op == WR__OP_end || instr->op == WR__OP_delegate) {
    if (!p->label_count) return wr__print_fail(p, c, "unexpected end");
    p->label_count--;
  }
  wr__buffer_text(out, wr__opinfos[instr->op].text);
  return print_immediates(p, c, out, instr);
}

wr_status wr__print_begin_expr(wr__printer *p, uint32_t results) {
  p->label_count = 0;
  return push_label(p, (wr__print_label){.op = WR__OP_block, .results = results});
}

wr_status wr__print_const_expr(wr__printer *p, wr__cursor *c, wr__buffer *out, uint32_t *count) {
  wr__print_instr instr;
  p->func_index = WR_NO_INDEX;
  WR_TRY(wr__print_begin_expr(p, 1));
  for (*count = 0;; ++*count) {
    size_t start = out->size;
    wr__buffer_byte(out, ' ');
    WR_TRY(wr__print_instr_text(p, c, out, &instr));
    if (p->label_count) continue;
    if (out->size > start) out->size = start; /* the last `end` is not text */
    return WR_OK;
  }
}
