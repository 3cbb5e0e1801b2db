/* What follows an opcode, read by its form alone. The walker and the scanner share this, so both
 * find the same bytes malformed. Spec: binary/instructions. */
#include "validate/internal.h"

static wr_status read_raw(wr__walker *w, const char *message) {
  return WR_LIKELY(!message) ? WR_OK : wr__walker_malformed(w, "%s", message);
}

static wr_status read_byte(wr__walker *w, uint8_t *out) {
  if (w->at >= w->end) return wr__walker_malformed(w, WR__MESSAGE_END);
  *out = *w->at++;
  return WR_OK;
}

static wr_status read_bytes(wr__walker *w, void *out, size_t size) {
  if ((size_t)(w->end - w->at) < size) return wr__walker_malformed(w, WR__MESSAGE_END);
  memcpy(out, w->at, size);
  w->at += size;
  return WR_OK;
}

static wr_status read_pair(wr__walker *w, uint32_t *first, uint32_t *second) {
  WR_TRY(wr__walker_u32(w, first));
  return wr__walker_u32(w, second);
}

/* Spec: binary/instructions, block types: empty, a value type, or an index as s33. */
static wr_status read_block_type(wr__walker *w) {
  w->block_type_index = -1;
  w->block_type = WR__BOT;
  if (w->at >= w->end) return wr__walker_malformed(w, WR__MESSAGE_END);
  uint8_t byte = *w->at;
  if (byte == 0x40) {
    w->at++;
    return WR_OK;
  }
  if ((byte & 0xc0) == 0x40) return read_raw(w, wr__read_valtype(&w->at, w->end, &w->block_type));
  int64_t index;
  const uint8_t *p = w->at;
  wr__leb result = wr__leb_s33(&p, w->end, &index);
  if (result != WR__LEB_OK) return wr__walker_fail_leb(w, result);
  if (index < 0) return wr__walker_malformed(w, "malformed block type");
  w->at = p;
  w->block_type_index = index;
  return WR_OK;
}

/* A count of things of at least one byte each that follow. */
static wr_status read_count(wr__walker *w, uint32_t limit, const char *what, uint32_t *out) {
  WR_TRY(wr__walker_u32(w, out));
  if (*out > (size_t)(w->end - w->at)) return wr__walker_malformed(w, WR__MESSAGE_END);
  if (*out > limit)
    return wr__walker_fail_at(w, WR_UNSUPPORTED, w->at, "too many %s: %u, at most %u", what, *out,
                              limit);
  return WR_OK;
}

static wr_status read_label_table(wr__walker *w, wr__instr *instr) {
  uint32_t count;
  WR_TRY(read_count(w, WR__MAX_BR_TABLE, "br_table targets", &count));
  if (!wr__grow32(&w->targets, &w->target_capacity, count + 1, sizeof *w->targets))
    return wr__walker_fail_oom(w);
  for (uint32_t i = 0; i <= count; i++) WR_TRY(wr__walker_u32(w, &w->targets[i]));
  instr->imm.table.targets = w->targets;
  instr->imm.table.count = count;
  return WR_OK;
}

static wr_status read_catches(wr__walker *w, wr__instr *instr) {
  uint32_t count;
  WR_TRY(read_count(w, WR__MAX_BR_TABLE, "catch clauses", &count));
  if (!wr__grow32(&w->catches, &w->catch_capacity, count, sizeof *w->catches))
    return wr__walker_fail_oom(w);
  for (uint32_t i = 0; i < count; i++) {
    wr__catch *c = &w->catches[i];
    c->tag = 0;
    WR_TRY(read_byte(w, &c->kind));
    if (c->kind > 3) {
      w->at--;
      return wr__walker_malformed(w, "malformed catch clause");
    }
    if (c->kind < 2) WR_TRY(wr__walker_u32(w, &c->tag));
    WR_TRY(wr__walker_u32(w, &c->label));
  }
  instr->imm.try_table.catches = w->catches;
  instr->imm.try_table.count = count;
  return WR_OK;
}

/* Spec: binary/instructions, memory instructions: bit 6 of the flags tells of a memory index. */
static wr_status read_memarg(wr__walker *w, wr__instr *instr) {
  uint32_t flags;
  const uint8_t *start = w->at;
  WR_TRY(wr__walker_u32(w, &flags));
  if (flags >= 0x80) {
    w->at = start;
    return wr__walker_malformed(w, "malformed memop flags");
  }
  instr->imm.mem.memory = 0;
  instr->imm.mem.align_log2 = flags & 0x3f;
  if (flags & 0x40) {
    if (!wr__walker_has(w, WR_FEATURE_MULTI_MEMORY))
      return wr__walker_fail_feature(w, WR_FEATURE_MULTI_MEMORY, "a memory index");
    WR_TRY(wr__walker_u32(w, &instr->imm.mem.memory));
  }
  if (WR_LIKELY(w->at < w->end && !(*w->at & 0x80))) {
    instr->imm.mem.offset = *w->at++;
    return WR_OK;
  }
  wr__leb result = wr__leb_u64(&w->at, w->end, &instr->imm.mem.offset);
  return result == WR__LEB_OK ? WR_OK : wr__walker_fail_leb(w, result);
}

/* Where a memory's index stands: a zero byte unless there may be several memories. */
static wr_status read_memory_index(wr__walker *w, uint32_t *out) {
  if (!wr__walker_has(w, WR_FEATURE_MULTI_MEMORY) && w->at < w->end && *w->at != 0)
    return wr__walker_malformed(w, "zero byte expected");
  return wr__walker_u32(w, out);
}

static wr_status read_select_types(wr__walker *w, wr__instr *instr) {
  uint32_t count;
  WR_TRY(read_count(w, UINT32_MAX, "types", &count));
  instr->imm.type = WR__BOT;
  for (uint32_t i = 0; i < count; i++)
    WR_TRY(read_raw(w, wr__read_valtype(&w->at, w->end, &instr->imm.type)));
  if (count != 1) instr->imm.type = WR__BOT; /* the rule reports it */
  return WR_OK;
}

static wr_status read_heaptype(wr__walker *w, wr__instr *instr) {
  uint32_t heap;
  WR_TRY(read_raw(w, wr__read_heaptype(&w->at, w->end, &heap)));
  bool null = instr->op == WR__OP_ref_null || instr->op == WR__OP_ref_test_null ||
              instr->op == WR__OP_ref_cast_null;
  instr->imm.type = null ? WR_REF_NULL_TYPE(heap) : WR_REF_TYPE(heap);
  return WR_OK;
}

/* Bit 0 of the flags: the source may be null; bit 1: the target. */
static wr_status read_cast(wr__walker *w, wr__instr *instr) {
  uint8_t flags;
  uint32_t from, to;
  WR_TRY(read_byte(w, &flags));
  if (flags > 3) {
    w->at--;
    return wr__walker_malformed(w, "malformed br_on_cast flags");
  }
  WR_TRY(wr__walker_u32(w, &instr->imm.cast.label));
  WR_TRY(read_raw(w, wr__read_heaptype(&w->at, w->end, &from)));
  WR_TRY(read_raw(w, wr__read_heaptype(&w->at, w->end, &to)));
  instr->imm.cast.from = flags & 1 ? WR_REF_NULL_TYPE(from) : WR_REF_TYPE(from);
  instr->imm.cast.to = flags & 2 ? WR_REF_NULL_TYPE(to) : WR_REF_TYPE(to);
  return WR_OK;
}

static wr_status read_lanes(wr__walker *w, wr__instr *instr) {
  return read_bytes(w, instr->imm.v128, 16);
}

static wr_status read_number(wr__walker *w, wr__imm form, wr__instr *instr) {
  wr__leb result;
  switch (form) {
    case WR__IMM_I32:
      result = wr__leb_s32(&w->at, w->end, &instr->imm.i32);
      break;
    case WR__IMM_I64:
      result = wr__leb_s64(&w->at, w->end, &instr->imm.i64);
      break;
    case WR__IMM_F32:
      return read_bytes(w, &instr->imm.f32, 4);
    case WR__IMM_F64:
      return read_bytes(w, &instr->imm.f64, 8);
    default:
      return read_lanes(w, instr);
  }
  return result == WR__LEB_OK ? WR_OK : wr__walker_fail_leb(w, result);
}

/* Without a data count section no data index of a body can be checked in one pass. Constant
 * expressions stand before it. Spec: binary/modules, data count section. */
static wr_status require_data_count(wr__walker *w) {
  if (w->module->has_data_count || w->func_index == WR_NO_INDEX) return WR_OK;
  return wr__walker_fail_at(w, WR_MALFORMED, w->module->bytes + w->instr_offset,
                            "data count section required");
}

static wr_status read_data_index(wr__walker *w, wr__imm form, wr__instr *instr) {
  if (form == WR__IMM_TYPE_DATA) {
    WR_TRY(read_pair(w, &instr->imm.index, &instr->imm.index2));
  } else {
    WR_TRY(wr__walker_u32(w, &instr->imm.index));
    if (form == WR__IMM_DATA_MEM) WR_TRY(read_memory_index(w, &instr->imm.index2));
  }
  return require_data_count(w);
}

wr_status wr__walker_read_immediates(wr__walker *w, wr__imm form, wr__instr *instr) {
  uint8_t byte;
  switch (form) {
    case WR__IMM_NONE:
      return WR_OK;
    case WR__IMM_BLOCK:
      return read_block_type(w);
    case WR__IMM_TRY_TABLE:
      WR_TRY(read_block_type(w));
      return read_catches(w, instr);
    case WR__IMM_LABEL_TABLE:
      return read_label_table(w, instr);
    case WR__IMM_LABEL:
    case WR__IMM_FUNC:
    case WR__IMM_TYPE:
    case WR__IMM_LOCAL:
    case WR__IMM_GLOBAL:
    case WR__IMM_TABLE:
    case WR__IMM_ELEM:
    case WR__IMM_TAG:
      return wr__walker_u32(w, &instr->imm.index);
    case WR__IMM_TYPE_TABLE:
    case WR__IMM_TYPE_FIELD:
    case WR__IMM_TYPE_COUNT:
    case WR__IMM_TYPE_ELEM:
    case WR__IMM_TYPE_TYPE:
    case WR__IMM_TABLE_TABLE:
    case WR__IMM_ELEM_TABLE:
      return read_pair(w, &instr->imm.index, &instr->imm.index2);
    case WR__IMM_DATA:
    case WR__IMM_TYPE_DATA:
    case WR__IMM_DATA_MEM:
      return read_data_index(w, form, instr);
    case WR__IMM_MEM:
      return read_memory_index(w, &instr->imm.index);
    case WR__IMM_MEM_MEM:
      WR_TRY(read_memory_index(w, &instr->imm.index));
      return read_memory_index(w, &instr->imm.index2);
    case WR__IMM_MEMARG:
      return read_memarg(w, instr);
    case WR__IMM_MEMARG_LANE:
      WR_TRY(read_memarg(w, instr));
      return read_byte(w, &instr->imm.mem.lane);
    case WR__IMM_LANE:
      return read_byte(w, &instr->imm.lane);
    case WR__IMM_LANES16:
      return read_lanes(w, instr);
    case WR__IMM_I32:
    case WR__IMM_I64:
    case WR__IMM_F32:
    case WR__IMM_F64:
    case WR__IMM_V128:
      return read_number(w, form, instr);
    case WR__IMM_SELECT_TYPES:
      return read_select_types(w, instr);
    case WR__IMM_HEAPTYPE:
      return read_heaptype(w, instr);
    case WR__IMM_BR_ON_CAST:
      return read_cast(w, instr);
    case WR__IMM_FENCE:
      WR_TRY(read_byte(w, &byte));
      return byte == 0 ? WR_OK : wr__walker_malformed(w, "zero byte expected");
  }
  return WR_OK;
}

wr_status wr__walker_read_prefixed(wr__walker *w, uint8_t prefix, wr__instr *instr) {
  wr__page page = wr__page_of_prefix(prefix);
  if (page == WR__PAGE_CORE) return wr__walker_illegal(w, prefix);
  uint32_t code;
  WR_TRY(wr__walker_u32(w, &code));
  wr__op op = wr__op_lookup(page, code);
  if (op == WR__OP_NONE)
    return wr__walker_fail_at(w, WR_MALFORMED, w->module->bytes + w->instr_offset,
                              "illegal opcode %02x %02x", prefix, code);
  instr->op = (uint16_t)op;
  return WR_OK;
}
