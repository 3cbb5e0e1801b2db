/* A function's instructions in words, one a line: offset, indentation by nesting, keyword,
 * immediates. Reads a validated body, and yet never beyond it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "api/module.h"
#include "reader/instr.h"

/* What is being read, and the line being made. */
typedef struct listing {
  const wr__module *module;
  wr__instr_reader reader;
  uint32_t depth;
  wr_write_fn write;
  void *context;
  char line[512];
  size_t used;
} listing;

static void put(listing *l, const char *format, ...) WR_PRINTF(2, 3);
static void put(listing *l, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int wanted = vsnprintf(l->line + l->used, sizeof l->line - l->used, format, args);
  va_end(args);
  size_t room = sizeof l->line - 1 - l->used;
  if (wanted > 0) l->used += (size_t)wanted < room ? (size_t)wanted : room;
}

static void begin_line(listing *l, const uint8_t *at, uint32_t depth) {
  l->used = 0;
  put(l, "%08tx: %*s", at - l->module->bytes, (int)(depth < 60 ? depth * 2 : 120), "");
}

static void end_line(listing *l) {
  put(l, "\n");
  if (l->line[l->used - 1] != '\n') l->line[l->used - 1] = '\n';
  l->write(l->context, l->line, l->used);
}

/* A list may be longer than a line: it goes on in the next. */
static void wrap_line(listing *l) {
  if (l->used < sizeof l->line - 64) return;
  end_line(l);
  l->used = 0;
  put(l, "%*s", 12, "");
}

/* ---- Types --------------------------------------------------------------- */

static void put_heap_type(listing *l, uint32_t heap) {
  char name[48];
  if (heap >= WR_HEAP_DEFINED) {
    put(l, " %" PRIu32, heap - WR_HEAP_DEFINED);
    return;
  }
  wr_valtype_name(WR_REF_TYPE(heap), name, sizeof name); /* "(ref func)" */
  size_t size = strlen(name);
  put(l, " %.*s", size > 6 ? (int)size - 6 : 0, name + 5);
}

static bool is_nullable(wr_valtype type) { return (type & 0xff) == WR_REF_NULL; }

static void put_ref_type(listing *l, wr_valtype type) {
  put(l, " (ref%s", is_nullable(type) ? " null" : "");
  put_heap_type(l, wr_valtype_heap(type));
  put(l, ")");
}

static void put_value_type(listing *l, wr_valtype type) {
  char name[48];
  if (wr_valtype_is_ref(type) && (wr_valtype_heap(type) >= WR_HEAP_DEFINED || !is_nullable(type)))
    put_ref_type(l, type);
  else
    put(l, " %s", wr_valtype_name(type, name, sizeof name));
}

/* Spec: binary/instructions, block types: nothing, a value type, or a type index. */
static void put_block_type(listing *l) {
  if (l->reader.block_type_index >= 0) {
    put(l, " (type %" PRId64 ")", l->reader.block_type_index);
  } else if (l->reader.block_type != WR__BOT) {
    put(l, " (result");
    put_value_type(l, l->reader.block_type);
    put(l, ")");
  }
}

/* ---- Immediates ---------------------------------------------------------- */

static void put_index(listing *l, uint32_t index) { put(l, " %" PRIu32, index); }

static void put_func(listing *l, uint32_t index) {
  wr__span name = wr__module_func_name(l->module, index);
  put_index(l, index);
  if (!name.data) return;
  char shown[201];
  wr_text_escape((const char *)name.data, name.size, shown, sizeof shown);
  put(l, " <%s>", shown);
}

static void put_memarg(listing *l, const wr__instr *instr) {
  if (instr->imm.mem.memory) put_index(l, instr->imm.mem.memory);
  if (instr->imm.mem.offset) put(l, " offset=%" PRIu64, instr->imm.mem.offset);
  put(l, " align=%u", 1u << (instr->imm.mem.align_log2 & 0x1f));
}

static void put_labels(listing *l, const wr__instr *instr) {
  for (uint64_t i = 0; i <= instr->imm.table.count; i++) {
    wrap_line(l);
    put_index(l, instr->imm.table.targets[i]);
  }
}

static void put_types(listing *l) {
  put(l, " (result");
  for (uint32_t i = 0; i < l->reader.type_count; i++) put_value_type(l, l->reader.types[i]);
  put(l, ")");
}

static void put_catches(listing *l, const wr__instr *instr) {
  static const char *const words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  put_block_type(l);
  for (uint32_t i = 0; i < instr->imm.try_table.count; i++) {
    const wr__catch *clause = &instr->imm.try_table.catches[i];
    wrap_line(l);
    put(l, " (%s", words[clause->kind]);
    if (clause->kind < 2) put_index(l, clause->tag);
    put_index(l, clause->label);
    put(l, ")");
  }
}

static void put_float(listing *l, uint64_t bits, bool is_double) {
  float narrow;
  double wide;
  uint32_t low = (uint32_t)bits;
  memcpy(&narrow, &low, sizeof narrow);
  memcpy(&wide, &bits, sizeof wide);
  if (is_double) {
    put(l, " %.17g (0x%016" PRIx64 ")", wide, bits);
  } else {
    put(l, " %.9g (0x%08" PRIx32 ")", (double)narrow, low);
  }
}

static void put_bytes(listing *l, const uint8_t *bytes) {
  for (unsigned i = 0; i < 16; i++) put_index(l, bytes[i]);
}

static void put_number(listing *l, wr__imm form, const wr__instr *instr) {
  switch (form) {
    case WR__IMM_I32:
      put(l, " %" PRId32, instr->imm.i32);
      break;
    case WR__IMM_I64:
      put(l, " %" PRId64, instr->imm.i64);
      break;
    case WR__IMM_F32:
      put_float(l, instr->imm.f32, false);
      break;
    case WR__IMM_F64:
      put_float(l, instr->imm.f64, true);
      break;
    default:
      put(l, " i8x16");
      put_bytes(l, instr->imm.v128);
      break;
  }
}

/* The indices of an instruction that has nothing else. False: it has. */
static bool put_indices(listing *l, wr__imm form, const wr__instr *instr) {
  switch (form) {
    case WR__IMM_LABEL:
    case WR__IMM_TYPE:
    case WR__IMM_LOCAL:
    case WR__IMM_GLOBAL:
    case WR__IMM_TABLE:
    case WR__IMM_ELEM:
    case WR__IMM_DATA:
    case WR__IMM_MEM:
    case WR__IMM_TAG:
      put_index(l, instr->imm.index);
      return true;
    case WR__IMM_TYPE_TABLE:
    case WR__IMM_TYPE_FIELD:
    case WR__IMM_TYPE_COUNT:
    case WR__IMM_TYPE_DATA:
    case WR__IMM_TYPE_ELEM:
    case WR__IMM_TYPE_TYPE:
    case WR__IMM_TABLE_TABLE:
    case WR__IMM_ELEM_TABLE:
    case WR__IMM_DATA_MEM:
    case WR__IMM_MEM_MEM:
      put_index(l, instr->imm.index);
      put_index(l, instr->imm.index2);
      return true;
    default:
      return false;
  }
}

static void put_immediates(listing *l, const wr__instr *instr) {
  wr__imm form = (wr__imm)wr__opinfos[instr->op].immediates;
  if (put_indices(l, form, instr)) return;
  switch (form) {
    case WR__IMM_NONE:
    case WR__IMM_FENCE:
      break;
    case WR__IMM_BLOCK:
      put_block_type(l);
      break;
    case WR__IMM_LABEL_TABLE:
      put_labels(l, instr);
      break;
    case WR__IMM_FUNC:
      put_func(l, instr->imm.index);
      break;
    case WR__IMM_MEMARG:
      put_memarg(l, instr);
      break;
    case WR__IMM_MEMARG_LANE:
      put_memarg(l, instr);
      put_index(l, instr->imm.mem.lane);
      break;
    case WR__IMM_LANE:
      put_index(l, instr->imm.lane);
      break;
    case WR__IMM_LANES16:
      put_bytes(l, instr->imm.v128);
      break;
    case WR__IMM_SELECT_TYPES:
      put_types(l);
      break;
    case WR__IMM_HEAPTYPE:
      put_heap_type(l, wr_valtype_heap(instr->imm.type));
      break;
    case WR__IMM_BR_ON_CAST:
      put_index(l, instr->imm.cast.label);
      put_ref_type(l, instr->imm.cast.from);
      put_ref_type(l, instr->imm.cast.to);
      break;
    case WR__IMM_TRY_TABLE:
      put_catches(l, instr);
      break;
    default:
      put_number(l, form, instr);
      break;
  }
}

/* ---- Lines --------------------------------------------------------------- */

static bool opens(wr__op op) {
  return op == WR__OP_block || op == WR__OP_loop || op == WR__OP_if || op == WR__OP_try ||
         op == WR__OP_try_table;
}

static bool continues(wr__op op) {
  return op == WR__OP_else || op == WR__OP_catch || op == WR__OP_catch_all;
}

static bool read_u32(listing *l, uint32_t *out) {
  return wr__leb_u32(&l->reader.at, l->reader.end, out) == WR__LEB_OK;
}

static bool list_locals(listing *l) {
  uint32_t groups, count;
  if (!read_u32(l, &groups)) return false;
  for (uint32_t i = 0; i < groups; i++) {
    const uint8_t *start = l->reader.at;
    wr_valtype type;
    if (!read_u32(l, &count) || wr__read_valtype(&l->reader.at, l->reader.end, &type)) return false;
    begin_line(l, start, 0);
    put(l, "(local %" PRIu32 " of", count);
    put_value_type(l, type);
    put(l, ")");
    end_line(l);
  }
  return true;
}

static bool list_instruction(listing *l) {
  const uint8_t *start = l->reader.at;
  wr__instr instr;
  if (!wr__read_opcode(&l->reader, &instr.op)) return false;
  wr__op op = (wr__op)instr.op;
  if (!wr__read_immediates(&l->reader, (wr__imm)wr__opinfos[op].immediates, &instr)) return false;
  bool closes = op == WR__OP_end || op == WR__OP_delegate;
  if (closes && l->depth) l->depth--;
  begin_line(l, start, l->depth - (continues(op) && l->depth ? 1 : 0));
  put(l, "%s", wr__opinfos[op].text);
  put_immediates(l, &instr);
  end_line(l);
  if (opens(op)) l->depth++;
  return true;
}

wr_status wr_module_disassemble(const wasm_module_t *module, uint32_t func_index, wr_write_fn write,
                                void *context) {
  if (!module || !write) return WR_BAD_ARGUMENT;
  const wr__module *m = wr__api_module_of(module);
  if (func_index < m->imported_funcs || func_index >= m->func_count) return WR_NOT_FOUND;
  const wr__func_decl *decl = &m->funcs[func_index];
  const uint8_t *body = m->bytes + decl->code_offset;
  listing l = {.module = m,
               .reader = {.at = body, .end = body + decl->code_size},
               .write = write,
               .context = context};
  bool ok = list_locals(&l);
  while (ok && l.reader.at < l.reader.end) ok = list_instruction(&l);
  wr_status status = ok                                       ? WR_OK
                     : l.reader.failure == WR__READ_NO_MEMORY ? WR_OUT_OF_MEMORY
                                                              : WR_MALFORMED;
  wr__instr_reader_free(&l.reader);
  return status;
}
