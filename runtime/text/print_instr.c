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

/* The label at a depth: its name, if it has one. */
static void print_label(wr__printer *p, wr__buffer *out, uint32_t depth) {
  uint32_t index = WR_NO_INDEX;
  if (depth < p->label_count) index = p->labels[p->label_count - 1 - depth].index;
  const wr__print_name *name = wr__print_name_of(p, WR__SPACE_LABEL, p->func_index, index);
  if (index != WR_NO_INDEX && name && name->is_id)
    wr__print_index(p, out, WR__SPACE_LABEL, p->func_index, index);
  else
    wr__buffer_format(out, " %u", depth);
}

/* How many values a branch to the label carries; 0 where there is no such label. */
static uint32_t label_arity(const wr__printer *p, uint32_t depth) {
  if (depth >= p->label_count) return 0;
  const wr__print_label *label = &p->labels[p->label_count - 1 - depth];
  return label->op == WR__OP_loop ? label->params : label->results;
}

/* ---- Effects that depend on more than the row
 * --------------------------------------------------------- */

static wr__print_effect row_effect(uint16_t op) {
  return (wr__print_effect){wr__opinfos[op].param_count, wr__opinfos[op].result_count};
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

static void print_index(wr__printer *p, wr__buffer *out, wr__space space, uint32_t index) {
  wr__print_index(p, out, space, space == WR__SPACE_LOCAL ? p->func_index : 0, index);
}

/* An index that is left out if it is 0. */
static void print_optional(wr__printer *p, wr__buffer *out, wr__space space, uint32_t index) {
  if (index) print_index(p, out, space, index);
}

static void print_optional_pair(wr__printer *p, wr__buffer *out, wr__space space,
                                const wr__instr *in) {
  if (!in->imm.index && !in->imm.index2) return;
  print_index(p, out, space, in->imm.index);
  print_index(p, out, space, in->imm.index2);
}

/* The binary has the segment first, the text what it goes to. */
static void print_segment_and(wr__printer *p, wr__buffer *out, wr__space segment,
                              wr__space container, const wr__instr *in) {
  print_optional(p, out, container, in->imm.index2);
  print_index(p, out, segment, in->imm.index);
}

static void print_type_and(wr__printer *p, wr__buffer *out, wr__space second, const wr__instr *in) {
  print_index(p, out, WR__SPACE_TYPE, in->imm.index);
  wr__print_index(p, out, second, second == WR__SPACE_FIELD ? in->imm.index : 0, in->imm.index2);
}

static void print_typeuse(wr__printer *p, wr__buffer *out, uint32_t type) {
  wr__buffer_text(out, " (type");
  wr__print_index(p, out, WR__SPACE_TYPE, 0, type);
  wr__buffer_byte(out, ')');
}

static void print_label_table(wr__printer *p, wr__buffer *out, const wr__instr *in) {
  for (uint64_t i = 0; i <= in->imm.table.count; i++) print_label(p, out, in->imm.table.targets[i]);
}

static void print_memarg(wr__printer *p, wr__buffer *out, const wr__instr *in) {
  print_optional(p, out, WR__SPACE_MEMORY, in->imm.mem.memory);
  if (in->imm.mem.offset)
    wr__buffer_format(out, " offset=%llu", (unsigned long long)in->imm.mem.offset);
  if (in->imm.mem.align_log2 != wr__opinfos[in->op].align_log2)
    wr__buffer_format(out, " align=%llu", 1ull << in->imm.mem.align_log2);
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

static void print_lanes(wr__buffer *out, const wr__instr *in) {
  for (unsigned i = 0; i < 16; i++) wr__buffer_format(out, " %u", in->imm.v128[i]);
}

static void print_v128(wr__buffer *out, const wr__instr *in) {
  wr__buffer_text(out, " i32x4");
  for (int i = 0; i < 4; i++)
    wr__buffer_format(out, " 0x%08llx", (unsigned long long)read_le(in->imm.v128 + 4 * i, 4));
}

static void print_select_types(wr__printer *p, wr__buffer *out) {
  wr__buffer_text(out, " (result");
  for (uint32_t i = 0; i < p->reader.type_count; i++) wr__print_type(p, out, p->reader.types[i]);
  wr__buffer_byte(out, ')');
}

static void print_heap_immediate(wr__printer *p, wr__buffer *out, const wr__instr *in) {
  if (in->op == WR__OP_ref_null)
    wr__print_heaptype(p, out, wr_valtype_heap(in->imm.type));
  else
    wr__print_reftype(p, out, in->imm.type);
}

/* ---- Blocks
 * -------------------------------------------------------------------------------------------------
 */

static wr_status print_blocktype(wr__printer *p, wr__buffer *out, wr__print_label *label) {
  if (p->reader.block_type_index < 0) {
    if (p->reader.block_type == WR__BOT) return WR_OK;
    wr__buffer_text(out, " (result");
    wr__print_type(p, out, p->reader.block_type);
    wr__buffer_byte(out, ')');
    label->results = 1;
    return WR_OK;
  }
  uint32_t index = (uint32_t)p->reader.block_type_index;
  print_typeuse(p, out, index);
  const wr__print_deftype *type = wr__print_functype(p, index);
  if (!type) return WR_OK;
  label->params = type->param_count;
  label->results = type->result_count;
  return wr__print_is_short(type) ? wr__print_signature(p, type, WR_NO_INDEX, out) : WR_OK;
}

static void print_catches(wr__printer *p, wr__buffer *out, const wr__instr *in) {
  static const char *const words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  for (uint32_t i = 0; i < in->imm.try_table.count; i++) {
    const wr__catch *clause = &in->imm.try_table.catches[i];
    wr__buffer_format(out, " (%s", words[clause->kind]);
    if (clause->kind < 2) print_index(p, out, WR__SPACE_TAG, clause->tag);
    print_label(p, out, clause->label);
    wr__buffer_byte(out, ')');
  }
}

static wr_status print_block(wr__printer *p, wr__buffer *out, const wr__instr *in,
                             wr__print_effect *effect) {
  wr__print_label label = {.op = in->op, .index = p->block_count++};
  wr__print_binding(p, out, WR__SPACE_LABEL, p->func_index, label.index);
  WR_TRY(print_blocktype(p, out, &label));
  if (in->op == WR__OP_try_table) print_catches(p, out, in);
  *effect = (wr__print_effect){label.params + (in->op == WR__OP_if), label.results};
  return push_label(p, label);
}

/* ---- Instructions
 * --------------------------------------------------------------------------------------------- */

static wr_status fail_read(wr__printer *p, const wr__cursor *start) {
  const wr__instr_reader *r = &p->reader;
  wr__cursor at = {r->at, r->end};
  if (r->failure == WR__READ_NO_MEMORY) return wr__fail_oom(p->error);
  if (r->failure == WR__READ_TOO_MANY)
    return wr__fail(p->error, WR_UNSUPPORTED, (uint64_t)(r->at - p->origin),
                    "too many %s: %u, at most %u", r->message, r->count, r->limit);
  return wr__print_fail(p, r->failure == WR__READ_ILLEGAL ? start : &at, r->message);
}

static wr_status read_instr(wr__printer *p, wr__cursor *c, wr__instr *in) {
  const wr__cursor start = *c;
  p->reader.at = c->at;
  p->reader.end = c->end;
  if (!wr__read_opcode(&p->reader, &in->op) ||
      !wr__read_immediates(&p->reader, (wr__imm)wr__opinfos[in->op].immediates, in))
    return fail_read(p, &start);
  c->at = p->reader.at;
  return WR_OK;
}

/* The effect of an instruction that depends on its immediates. */
static wr__print_effect effect_of(const wr__printer *p, const wr__instr *in) {
  uint16_t op = in->op;
  uint32_t index = in->imm.index;
  switch (wr__opinfos[op].immediates) {
    case WR__IMM_LABEL:
      return branch_effect(p, op, index);
    case WR__IMM_LABEL_TABLE:
      return branch_effect(p, op, in->imm.table.targets[in->imm.table.count]);
    case WR__IMM_BR_ON_CAST:
      return branch_effect(p, op, in->imm.cast.label);
    case WR__IMM_TYPE_TABLE:
      return call_effect(p, op, index);
    case WR__IMM_TYPE_COUNT:
      return (wr__print_effect){in->imm.index2, 1};
  }
  switch (op) {
    case WR__OP_call:
    case WR__OP_return_call:
      return call_effect(p, op, index < p->func_count ? p->func_types[index] : WR_NO_INDEX);
    case WR__OP_call_ref:
    case WR__OP_return_call_ref:
      return call_effect(p, op, index);
    case WR__OP_struct_new:
      return (wr__print_effect){index < p->type_count ? p->types[index].field_count : 0, 1};
    case WR__OP_throw:
      return call_effect(p, WR__OP_return_call,
                         index < p->tag_count ? p->tag_types[index] : WR_NO_INDEX);
    case WR__OP_return:
      return (wr__print_effect){p->label_count ? p->labels[0].results : 0, 0};
    default:
      return row_effect(op);
  }
}

/* A constant. False: it is none. */
static bool print_number(wr__buffer *out, const wr__instr *in) {
  switch (wr__opinfos[in->op].immediates) {
    case WR__IMM_I32:
      wr__buffer_format(out, " %d", in->imm.i32);
      return true;
    case WR__IMM_I64:
      wr__buffer_format(out, " %lld", (long long)in->imm.i64);
      return true;
    case WR__IMM_F32:
      print_float(out, in->imm.f32, 4);
      return true;
    case WR__IMM_F64:
      print_float(out, in->imm.f64, 8);
      return true;
    case WR__IMM_V128:
      print_v128(out, in);
      return true;
    default:
      return false;
  }
}

/* Two indices; some are left out if they are 0. */
static void print_pair(wr__printer *p, wr__buffer *out, const wr__instr *in) {
  switch (wr__opinfos[in->op].immediates) {
    case WR__IMM_TABLE_TABLE:
      print_optional_pair(p, out, WR__SPACE_TABLE, in);
      break;
    case WR__IMM_MEM_MEM:
      print_optional_pair(p, out, WR__SPACE_MEMORY, in);
      break;
    case WR__IMM_ELEM_TABLE:
      print_segment_and(p, out, WR__SPACE_ELEM, WR__SPACE_TABLE, in);
      break;
    case WR__IMM_DATA_MEM:
      print_segment_and(p, out, WR__SPACE_DATA, WR__SPACE_MEMORY, in);
      break;
    case WR__IMM_TYPE_FIELD:
      print_type_and(p, out, WR__SPACE_FIELD, in);
      break;
    case WR__IMM_TYPE_DATA:
      print_type_and(p, out, WR__SPACE_DATA, in);
      break;
    case WR__IMM_TYPE_ELEM:
      print_type_and(p, out, WR__SPACE_ELEM, in);
      break;
    case WR__IMM_TYPE_TYPE:
      print_type_and(p, out, WR__SPACE_TYPE, in);
      break;
    case WR__IMM_TYPE_TABLE:
      print_optional(p, out, WR__SPACE_TABLE, in->imm.index2);
      print_typeuse(p, out, in->imm.index);
      break;
    case WR__IMM_TYPE_COUNT:
      print_index(p, out, WR__SPACE_TYPE, in->imm.index);
      wr__buffer_format(out, " %u", in->imm.index2);
      break;
  }
}

/* An index, by the space that it is of, or two. */
static void print_indices(wr__printer *p, wr__buffer *out, const wr__instr *in) {
  uint32_t index = in->imm.index;
  switch (wr__opinfos[in->op].immediates) {
    case WR__IMM_LABEL:
      print_label(p, out, index);
      break;
    case WR__IMM_FUNC:
      print_index(p, out, WR__SPACE_FUNC, index);
      break;
    case WR__IMM_TYPE:
      print_index(p, out, WR__SPACE_TYPE, index);
      break;
    case WR__IMM_TAG:
      print_index(p, out, WR__SPACE_TAG, index);
      break;
    case WR__IMM_LOCAL:
      print_index(p, out, WR__SPACE_LOCAL, index);
      break;
    case WR__IMM_GLOBAL:
      print_index(p, out, WR__SPACE_GLOBAL, index);
      break;
    case WR__IMM_ELEM:
      print_index(p, out, WR__SPACE_ELEM, index);
      break;
    case WR__IMM_DATA:
      print_index(p, out, WR__SPACE_DATA, index);
      break;
    case WR__IMM_TABLE:
      print_optional(p, out, WR__SPACE_TABLE, index);
      break;
    case WR__IMM_MEM:
      print_optional(p, out, WR__SPACE_MEMORY, index);
      break;
    default:
      print_pair(p, out, in);
      break;
  }
}

static void print_immediates(wr__printer *p, wr__buffer *out, const wr__instr *in) {
  switch (wr__opinfos[in->op].immediates) {
    case WR__IMM_NONE:
    case WR__IMM_FENCE:
      break;
    case WR__IMM_LABEL_TABLE:
      print_label_table(p, out, in);
      break;
    case WR__IMM_BR_ON_CAST:
      print_label(p, out, in->imm.cast.label);
      wr__print_reftype(p, out, in->imm.cast.from);
      wr__print_reftype(p, out, in->imm.cast.to);
      break;
    case WR__IMM_MEMARG:
      print_memarg(p, out, in);
      break;
    case WR__IMM_MEMARG_LANE:
      print_memarg(p, out, in);
      wr__buffer_format(out, " %u", in->imm.mem.lane);
      break;
    case WR__IMM_LANE:
      wr__buffer_format(out, " %u", in->imm.lane);
      break;
    case WR__IMM_LANES16:
      print_lanes(out, in);
      break;
    case WR__IMM_SELECT_TYPES:
      print_select_types(p, out);
      break;
    case WR__IMM_HEAPTYPE:
      print_heap_immediate(p, out, in);
      break;
    default:
      if (!print_number(out, in)) print_indices(p, out, in);
      break;
  }
}

wr_status wr__print_instr_text(wr__printer *p, wr__cursor *c, wr__buffer *out,
                               wr__print_instr *instr) {
  wr__instr in;
  WR_TRY(read_instr(p, c, &in));
  *instr = (wr__print_instr){.op = in.op};
  if (in.op == WR__OP_end || in.op == WR__OP_delegate) {
    if (!p->label_count) return wr__print_fail(p, c, "unexpected end");
    p->label_count--;
  }
  wr__buffer_text(out, wr__opinfos[in.op].text);
  wr__imm form = (wr__imm)wr__opinfos[in.op].immediates;
  if (form == WR__IMM_BLOCK || form == WR__IMM_TRY_TABLE)
    return print_block(p, out, &in, &instr->effect);
  instr->effect = effect_of(p, &in);
  print_immediates(p, out, &in);
  return WR_OK;
}

wr_status wr__print_begin_expr(wr__printer *p, uint32_t results) {
  p->label_count = p->block_count = 0;
  wr__print_label body = {.op = WR__OP_block, .results = results, .index = WR_NO_INDEX};
  return push_label(p, body);
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
