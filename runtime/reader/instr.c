/* The reader of instr.h. */
#include "reader/instr.h"

#include <stdlib.h>

#include "module/module.h"

void wr__instr_reader_free(wr__instr_reader *r) {
  free(r->targets);
  free(r->catches);
  free(r->types);
}

static bool fail(wr__instr_reader *r, wr__read_failure failure, const char *message) {
  r->failure = failure;
  r->message = message;
  return false;
}

static bool fail_malformed(wr__instr_reader *r, const char *message) {
  return fail(r, WR__READ_MALFORMED, message);
}

static bool read_u32(wr__instr_reader *r, uint32_t *out) {
  wr__leb result = wr__leb_u32(&r->at, r->end, out);
  return WR_LIKELY(result == WR__LEB_OK) || fail_malformed(r, wr__leb_message(result));
}

static bool read_raw(wr__instr_reader *r, const char *message) {
  return WR_LIKELY(!message) || fail_malformed(r, message);
}

static bool read_byte(wr__instr_reader *r, uint8_t *out) {
  if (r->at >= r->end) return fail_malformed(r, WR__MESSAGE_END);
  *out = *r->at++;
  return true;
}

static bool read_bytes(wr__instr_reader *r, void *out, size_t size) {
  if ((size_t)(r->end - r->at) < size) return fail_malformed(r, WR__MESSAGE_END);
  memcpy(out, r->at, size);
  r->at += size;
  return true;
}

static bool read_pair(wr__instr_reader *r, uint32_t *first, uint32_t *second) {
  if (!read_u32(r, first)) return false;
  return read_u32(r, second);
}

/* Spec: binary/instructions, block types: empty, a value type, or an index as s33. */
static bool read_block_type(wr__instr_reader *r) {
  r->block_type_index = -1;
  r->block_type = WR__BOT;
  if (r->at >= r->end) return fail_malformed(r, WR__MESSAGE_END);
  uint8_t byte = *r->at;
  if (byte == 0x40) {
    r->at++;
    return true;
  }
  if ((byte & 0xc0) == 0x40) return read_raw(r, wr__read_valtype(&r->at, r->end, &r->block_type));
  int64_t index;
  const uint8_t *p = r->at;
  wr__leb result = wr__leb_s33(&p, r->end, &index);
  if (result != WR__LEB_OK) return fail_malformed(r, wr__leb_message(result));
  if (index < 0) return fail_malformed(r, "malformed block type");
  r->at = p;
  r->block_type_index = index;
  return true;
}

/* A count of things of at least one byte each that follow. */
static bool read_count(wr__instr_reader *r, uint32_t limit, const char *what, uint32_t *out) {
  if (!read_u32(r, out)) return false;
  if (*out > (size_t)(r->end - r->at)) return fail_malformed(r, WR__MESSAGE_END);
  if (*out > limit) {
    r->count = *out;
    r->limit = limit;
    return fail(r, WR__READ_TOO_MANY, what);
  }
  return true;
}

static bool read_label_table(wr__instr_reader *r, wr__instr *instr) {
  uint32_t count;
  if (!read_count(r, WR__MAX_BR_TABLE, "br_table targets", &count)) return false;
  if (!wr__grow32(&r->targets, &r->target_capacity, count + 1, sizeof *r->targets))
    return fail(r, WR__READ_NO_MEMORY, NULL);
  for (uint32_t i = 0; i <= count; i++)
    if (!read_u32(r, &r->targets[i])) return false;
  instr->imm.table.targets = r->targets;
  instr->imm.table.count = count;
  return true;
}

static bool read_catches(wr__instr_reader *r, wr__instr *instr) {
  uint32_t count;
  if (!read_count(r, WR__MAX_BR_TABLE, "catch clauses", &count)) return false;
  if (!wr__grow32(&r->catches, &r->catch_capacity, count, sizeof *r->catches))
    return fail(r, WR__READ_NO_MEMORY, NULL);
  for (uint32_t i = 0; i < count; i++) {
    wr__catch *c = &r->catches[i];
    c->tag = 0;
    if (!read_byte(r, &c->kind)) return false;
    if (c->kind > 3) {
      r->at--;
      return fail_malformed(r, "malformed catch clause");
    }
    if (c->kind < 2)
      if (!read_u32(r, &c->tag)) return false;
    if (!read_u32(r, &c->label)) return false;
  }
  instr->imm.try_table.catches = r->catches;
  instr->imm.try_table.count = count;
  return true;
}

/* Spec: binary/instructions, memory instructions: bit 6 of the flags tells of a memory index. */
static bool read_memarg(wr__instr_reader *r, wr__instr *instr) {
  uint32_t flags;
  const uint8_t *start = r->at;
  if (!read_u32(r, &flags)) return false;
  if (flags >= 0x80) {
    r->at = start;
    return fail_malformed(r, "malformed memop flags");
  }
  instr->imm.mem.memory = 0;
  instr->imm.mem.align_log2 = flags & 0x3f;
  if (flags & 0x40) {
    if (r->single_memory) return fail(r, WR__READ_FEATURE, "a memory index");
    if (!read_u32(r, &instr->imm.mem.memory)) return false;
  }
  if (WR_LIKELY(r->at < r->end && !(*r->at & 0x80))) {
    instr->imm.mem.offset = *r->at++;
    return true;
  }
  wr__leb result = wr__leb_u64(&r->at, r->end, &instr->imm.mem.offset);
  return result == WR__LEB_OK || fail_malformed(r, wr__leb_message(result));
}

/* Where a memory's index stands: a zero byte unless there may be several memories. */
static bool read_memory_index(wr__instr_reader *r, uint32_t *out) {
  if (r->single_memory && r->at < r->end && *r->at != 0)
    return fail_malformed(r, "zero byte expected");
  return read_u32(r, out);
}

static bool read_select_types(wr__instr_reader *r, wr__instr *instr) {
  uint32_t count;
  if (!read_count(r, UINT32_MAX, "types", &count)) return false;
  if (!wr__grow32(&r->types, &r->type_capacity, count, sizeof *r->types))
    return fail(r, WR__READ_NO_MEMORY, NULL);
  for (uint32_t i = 0; i < count; i++)
    if (!read_raw(r, wr__read_valtype(&r->at, r->end, &r->types[i]))) return false;
  r->type_count = count;
  instr->imm.type = count == 1 ? r->types[0] : WR__BOT; /* the rule reports it */
  return true;
}

static bool read_heaptype(wr__instr_reader *r, wr__instr *instr) {
  uint32_t heap;
  if (!read_raw(r, wr__read_heaptype(&r->at, r->end, &heap))) return false;
  bool null = instr->op == WR__OP_ref_null || instr->op == WR__OP_ref_test_null ||
              instr->op == WR__OP_ref_cast_null;
  instr->imm.type = null ? WR_REF_NULL_TYPE(heap) : WR_REF_TYPE(heap);
  return true;
}

/* Bit 0 of the flags: the source may be null; bit 1: the target. */
static bool read_cast(wr__instr_reader *r, wr__instr *instr) {
  uint8_t flags;
  uint32_t from, to;
  if (!read_byte(r, &flags)) return false;
  if (flags > 3) {
    r->at--;
    return fail_malformed(r, "malformed br_on_cast flags");
  }
  if (!read_u32(r, &instr->imm.cast.label)) return false;
  if (!read_raw(r, wr__read_heaptype(&r->at, r->end, &from))) return false;
  if (!read_raw(r, wr__read_heaptype(&r->at, r->end, &to))) return false;
  instr->imm.cast.from = flags & 1 ? WR_REF_NULL_TYPE(from) : WR_REF_TYPE(from);
  instr->imm.cast.to = flags & 2 ? WR_REF_NULL_TYPE(to) : WR_REF_TYPE(to);
  return true;
}

static bool read_lanes(wr__instr_reader *r, wr__instr *instr) {
  return read_bytes(r, instr->imm.v128, 16);
}

static bool read_number(wr__instr_reader *r, wr__imm form, wr__instr *instr) {
  wr__leb result;
  switch (form) {
    case WR__IMM_I32:
      result = wr__leb_s32(&r->at, r->end, &instr->imm.i32);
      break;
    case WR__IMM_I64:
      result = wr__leb_s64(&r->at, r->end, &instr->imm.i64);
      break;
    case WR__IMM_F32:
      return read_bytes(r, &instr->imm.f32, 4);
    case WR__IMM_F64:
      return read_bytes(r, &instr->imm.f64, 8);
    default:
      return read_lanes(r, instr);
  }
  return result == WR__LEB_OK || fail_malformed(r, wr__leb_message(result));
}

/* Indices alone. */
static bool read_indices(wr__instr_reader *r, wr__imm form, wr__instr *instr) {
  switch (form) {
    case WR__IMM_LABEL:
    case WR__IMM_FUNC:
    case WR__IMM_TYPE:
    case WR__IMM_LOCAL:
    case WR__IMM_GLOBAL:
    case WR__IMM_TABLE:
    case WR__IMM_ELEM:
    case WR__IMM_DATA:
    case WR__IMM_TAG:
      return read_u32(r, &instr->imm.index);
    case WR__IMM_TYPE_TABLE:
    case WR__IMM_TYPE_FIELD:
    case WR__IMM_TYPE_COUNT:
    case WR__IMM_TYPE_DATA:
    case WR__IMM_TYPE_ELEM:
    case WR__IMM_TYPE_TYPE:
    case WR__IMM_TABLE_TABLE:
    case WR__IMM_ELEM_TABLE:
      return read_pair(r, &instr->imm.index, &instr->imm.index2);
    case WR__IMM_DATA_MEM:
      return read_u32(r, &instr->imm.index) && read_memory_index(r, &instr->imm.index2);
    case WR__IMM_MEM:
      return read_memory_index(r, &instr->imm.index);
    case WR__IMM_MEM_MEM:
      if (!read_memory_index(r, &instr->imm.index)) return false;
      return read_memory_index(r, &instr->imm.index2);
    default:
      return true;
  }
}

bool wr__read_immediates(wr__instr_reader *r, wr__imm form, wr__instr *instr) {
  uint8_t byte;
  switch (form) {
    case WR__IMM_NONE:
      return true;
    case WR__IMM_BLOCK:
      return read_block_type(r);
    case WR__IMM_TRY_TABLE:
      if (!read_block_type(r)) return false;
      return read_catches(r, instr);
    case WR__IMM_LABEL_TABLE:
      return read_label_table(r, instr);
    case WR__IMM_MEMARG:
      return read_memarg(r, instr);
    case WR__IMM_MEMARG_LANE:
      if (!read_memarg(r, instr)) return false;
      return read_byte(r, &instr->imm.mem.lane);
    case WR__IMM_LANE:
      return read_byte(r, &instr->imm.lane);
    case WR__IMM_LANES16:
      return read_lanes(r, instr);
    case WR__IMM_I32:
    case WR__IMM_I64:
    case WR__IMM_F32:
    case WR__IMM_F64:
    case WR__IMM_V128:
      return read_number(r, form, instr);
    case WR__IMM_SELECT_TYPES:
      return read_select_types(r, instr);
    case WR__IMM_HEAPTYPE:
      return read_heaptype(r, instr);
    case WR__IMM_BR_ON_CAST:
      return read_cast(r, instr);
    case WR__IMM_FENCE:
      if (!read_byte(r, &byte)) return false;
      return byte == 0 || fail_malformed(r, "zero byte expected");
    default:
      return read_indices(r, form, instr);
  }
}

bool wr__read_prefixed(wr__instr_reader *r, uint8_t prefix, uint16_t *op) {
  wr__page page = wr__page_of_prefix(prefix);
  r->prefix = page == WR__PAGE_CORE ? 0 : prefix;
  r->count = prefix;
  if (page != WR__PAGE_CORE && !read_u32(r, &r->count)) return false;
  *op = page == WR__PAGE_CORE ? WR__OP_NONE : (uint16_t)wr__op_lookup(page, r->count);
  return *op != WR__OP_NONE || fail(r, WR__READ_ILLEGAL, "illegal opcode");
}

bool wr__read_opcode(wr__instr_reader *r, uint16_t *op) {
  uint8_t byte;
  if (!read_byte(r, &byte)) return false;
  *op = wr__core_ops[byte];
  return *op != WR__OP_NONE || wr__read_prefixed(r, byte, op);
}
