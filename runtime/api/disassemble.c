/* A function's instructions in words, one a line: offset, indentation by nesting, keyword,
 * immediates. Reads a validated body, and yet never beyond it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "api/module.h"
#include "base/leb128.h"
#include "opcodes/opcodes.h"

/* What is being read, and the line being made. */
typedef struct listing {
  const wr__module *module;
  const uint8_t *at, *end;
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

/* ---- Reading; after an end that cannot be, zeros ------------------------- */

static uint8_t read_byte(listing *l) { return l->at < l->end ? *l->at++ : 0; }

static uint32_t read_u32(listing *l) {
  uint32_t value = 0;
  if (wr__leb_u32(&l->at, l->end, &value) != WR__LEB_OK) l->at = l->end;
  return value;
}

static uint64_t read_u64(listing *l) {
  uint64_t value = 0;
  if (wr__leb_u64(&l->at, l->end, &value) != WR__LEB_OK) l->at = l->end;
  return value;
}

static int64_t read_s33(listing *l) {
  int64_t value = 0;
  if (wr__leb_s33(&l->at, l->end, &value) != WR__LEB_OK) l->at = l->end;
  return value;
}

static uint64_t read_fixed(listing *l, unsigned bytes) {
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; i++) value |= (uint64_t)read_byte(l) << (8 * i);
  return value;
}

/* ---- Types --------------------------------------------------------------- */

/* Abstract heap types are negative numbers of seven bits: their code is the byte. */
static void put_heap_type(listing *l) {
  int64_t heap = read_s33(l);
  char name[48];
  if (heap >= 0) {
    put(l, " %" PRId64, heap);
    return;
  }
  wr_valtype_name(WR_REF_TYPE((uint32_t)heap & 0x7f), name, sizeof name); /* "(ref func)" */
  size_t size = strlen(name);
  put(l, " %.*s", size > 6 ? (int)size - 6 : 0, name + 5);
}

static void put_value_type(listing *l) {
  uint8_t code = read_byte(l);
  char name[48];
  if (code == WR_REF || code == WR_REF_NULL) {
    put(l, " (ref%s", code == WR_REF_NULL ? " null" : "");
    put_heap_type(l);
    put(l, ")");
    return;
  }
  bool number = code >= WR_V128 && code <= WR_I32;
  put(l, " %s", wr_valtype_name(number ? code : WR_REF_NULL_TYPE(code), name, sizeof name));
}

/* Spec: binary/instructions, block types: nothing, a value type, or a type index as s33. */
static void put_block_type(listing *l) {
  uint8_t first = l->at < l->end ? *l->at : 0;
  if (first == 0x40) {
    l->at++;
  } else if ((first & 0xc0) == 0x40) {
    put(l, " (result");
    put_value_type(l);
    put(l, ")");
  } else {
    put(l, " (type %" PRId64 ")", read_s33(l));
  }
}

/* ---- Immediates ---------------------------------------------------------- */

static void put_index(listing *l) { put(l, " %" PRIu32, read_u32(l)); }

static void put_func(listing *l) {
  uint32_t index = read_u32(l);
  wr__span name = wr__module_func_name(l->module, index);
  put(l, " %" PRIu32, index);
  if (!name.data) return;
  char shown[201];
  wr_text_escape((const char *)name.data, name.size, shown, sizeof shown);
  put(l, " <%s>", shown);
}

static void put_memarg(listing *l) {
  uint32_t align = read_u32(l);
  if (align & 0x40) put(l, " %" PRIu32, read_u32(l)); /* with a memory's index */
  uint64_t offset = read_u64(l);
  if (offset) put(l, " offset=%" PRIu64, offset);
  put(l, " align=%u", 1u << (align & 0x1f));
}

static void put_labels(listing *l) {
  uint32_t count = read_u32(l);
  for (uint64_t i = 0; i <= count && l->at < l->end; i++) {
    wrap_line(l);
    put_index(l);
  }
}

static void put_types(listing *l) {
  uint32_t count = read_u32(l);
  put(l, " (result");
  for (uint32_t i = 0; i < count && l->at < l->end; i++) put_value_type(l);
  put(l, ")");
}

static void put_catches(listing *l) {
  static const char *const words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  put_block_type(l);
  uint32_t count = read_u32(l);
  for (uint32_t i = 0; i < count && l->at < l->end; i++) {
    uint8_t kind = read_byte(l) & 3;
    wrap_line(l);
    put(l, " (%s", words[kind]);
    if (kind < 2) put_index(l); /* the tag */
    put_index(l);
    put(l, ")");
  }
}

static void put_cast(listing *l) {
  uint8_t flags = read_byte(l);
  put_index(l);
  for (int i = 0; i < 2; i++) {
    put(l, " (ref%s", flags >> i & 1 ? " null" : "");
    put_heap_type(l);
    put(l, ")");
  }
}

static void put_float(listing *l, bool is_double) {
  uint64_t bits = read_fixed(l, is_double ? 8 : 4);
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

static void put_bytes(listing *l, unsigned count) {
  for (unsigned i = 0; i < count; i++) put(l, " %u", read_byte(l));
}

static void put_integer(listing *l, bool is_long) {
  int32_t narrow = 0;
  int64_t wide = 0;
  bool ok = is_long ? wr__leb_s64(&l->at, l->end, &wide) == WR__LEB_OK
                    : wr__leb_s32(&l->at, l->end, &narrow) == WR__LEB_OK;
  if (!ok) l->at = l->end;
  put(l, " %" PRId64, is_long ? wide : narrow);
}

/* How many plain indices an instruction has, where it has nothing else. */
static unsigned index_count(wr__imm immediates) {
  switch (immediates) {
    case WR__IMM_LABEL:
    case WR__IMM_TYPE:
    case WR__IMM_LOCAL:
    case WR__IMM_GLOBAL:
    case WR__IMM_TABLE:
    case WR__IMM_ELEM:
    case WR__IMM_DATA:
    case WR__IMM_MEM:
    case WR__IMM_TAG:
      return 1;
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
      return 2;
    default:
      return 0;
  }
}

static void put_immediates(listing *l, wr__imm immediates) {
  for (unsigned i = index_count(immediates); i > 0; i--) put_index(l);
  switch (immediates) {
    case WR__IMM_BLOCK:
      put_block_type(l);
      break;
    case WR__IMM_LABEL_TABLE:
      put_labels(l);
      break;
    case WR__IMM_FUNC:
      put_func(l);
      break;
    case WR__IMM_MEMARG:
      put_memarg(l);
      break;
    case WR__IMM_MEMARG_LANE:
      put_memarg(l);
      put_bytes(l, 1);
      break;
    case WR__IMM_LANE:
      put_bytes(l, 1);
      break;
    case WR__IMM_LANES16:
      put_bytes(l, 16);
      break;
    case WR__IMM_I32:
      put_integer(l, false);
      break;
    case WR__IMM_I64:
      put_integer(l, true);
      break;
    case WR__IMM_F32:
      put_float(l, false);
      break;
    case WR__IMM_F64:
      put_float(l, true);
      break;
    case WR__IMM_V128:
      put(l, " i8x16");
      put_bytes(l, 16);
      break;
    case WR__IMM_SELECT_TYPES:
      put_types(l);
      break;
    case WR__IMM_HEAPTYPE:
      put_heap_type(l);
      break;
    case WR__IMM_BR_ON_CAST:
      put_cast(l);
      break;
    case WR__IMM_TRY_TABLE:
      put_catches(l);
      break;
    case WR__IMM_FENCE:
      read_byte(l);
      break;
    default:
      break; /* none, or indices */
  }
}

/* ---- Lines --------------------------------------------------------------- */

static wr__op read_op(listing *l) {
  uint8_t byte = read_byte(l);
  wr__page page = wr__page_of_prefix(byte);
  return page == WR__PAGE_CORE ? (wr__op)wr__core_ops[byte] : wr__op_lookup(page, read_u32(l));
}

static bool opens(wr__op op) {
  return op == WR__OP_block || op == WR__OP_loop || op == WR__OP_if || op == WR__OP_try ||
         op == WR__OP_try_table;
}

static bool continues(wr__op op) {
  return op == WR__OP_else || op == WR__OP_catch || op == WR__OP_catch_all;
}

static void list_locals(listing *l) {
  uint32_t groups = read_u32(l);
  for (uint32_t i = 0; i < groups && l->at < l->end; i++) {
    begin_line(l, l->at, 0);
    put(l, "(local %" PRIu32 " of", read_u32(l));
    put_value_type(l);
    put(l, ")");
    end_line(l);
  }
}

static wr_status list_instruction(listing *l) {
  const uint8_t *start = l->at;
  wr__op op = read_op(l);
  if (op >= WR__OP_COUNT) return WR_MALFORMED;
  bool closes = op == WR__OP_end || op == WR__OP_delegate;
  if (closes && l->depth) l->depth--;
  begin_line(l, start, l->depth - (continues(op) && l->depth ? 1 : 0));
  put(l, "%s", wr__opinfos[op].text);
  put_immediates(l, (wr__imm)wr__opinfos[op].immediates);
  end_line(l);
  if (opens(op)) l->depth++;
  return WR_OK;
}

wr_status wr_module_disassemble(const wasm_module_t *module, uint32_t func_index, wr_write_fn write,
                                void *context) {
  if (!module || !write) return WR_BAD_ARGUMENT;
  const wr__module *m = wr__api_module_of(module);
  if (func_index < m->imported_funcs || func_index >= m->func_count) return WR_NOT_FOUND;
  const wr__func_decl *decl = &m->funcs[func_index];
  const uint8_t *body = m->bytes + decl->code_offset;
  listing l = {
      .module = m, .at = body, .end = body + decl->code_size, .write = write, .context = context};
  list_locals(&l);
  while (l.at < l.end) WR_TRY(list_instruction(&l));
  return WR_OK;
}
