/* From .debug_line (DWARF 4) to the line table of an image: which code belongs to which line. A
 * line here is an offset in the module. The section is LLVM's own, yet nothing in it is trusted to
 * be in bounds. */
#include <stdlib.h>

#include "compile.h"

typedef struct reader {
  const uint8_t *at, *end;
  bool bad;
} reader;

static uint64_t read_fixed(reader *r, int bytes) {
  uint64_t value = 0;
  if (r->end - r->at < bytes) {
    r->bad = true;
    r->at = r->end;
    return 0;
  }
  memcpy(&value, r->at, (size_t)bytes);
  r->at += bytes;
  return value;
}

static uint64_t read_uleb(reader *r) {
  uint64_t value = 0;
  for (unsigned shift = 0; r->at < r->end; shift += 7) {
    uint8_t byte = *r->at++;
    if (shift < 64) value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
  r->bad = true;
  return 0;
}

static int64_t read_sleb(reader *r) {
  uint64_t value = 0;
  for (unsigned shift = 0; r->at < r->end;) {
    uint8_t byte = *r->at++;
    if (shift < 64) value |= (uint64_t)(byte & 0x7f) << shift;
    shift += 7;
    if (byte & 0x80) continue;
    if (shift < 64 && byte & 0x40) value |= ~0ull << shift;
    return (int64_t)value;
  }
  r->bad = true;
  return 0;
}

typedef struct line_program {
  uint8_t min_instruction, line_range, opcode_base;
  int8_t line_base;
  uint8_t lengths[256];
  uint64_t address;
  uint32_t line;
  wr__line_rows *rows;
} line_program;

/* What rows say that name no place: END ends a sequence, UNKNOWN is LLVM's line 0, FUNC the line
 * that lowering gives to functions as such. */
enum { END = 0, UNKNOWN = UINT32_MAX, FUNC = 1 };

static bool emit_row(line_program *p, bool end) {
  wr__line_rows *rows = p->rows;
  if (!wr__grow(&rows->rows, &rows->capacity, rows->count + 1, sizeof *rows->rows)) return false;
  rows->rows[rows->count++] = (wr__line_row){p->address, end ? END : p->line ? p->line : UNKNOWN};
  return true;
}

static bool run_extended(line_program *p, reader *r) {
  uint64_t size = read_uleb(r);
  if (size == 0 || size > (uint64_t)(r->end - r->at)) {
    r->bad = true;
    return true;
  }
  const uint8_t *next = r->at + size;
  uint8_t op = (uint8_t)read_fixed(r, 1);
  bool fine = true;
  if (op == 1) { /* end of sequence */
    fine = emit_row(p, true);
    p->address = 0;
    p->line = 1;
  } else if (op == 2) { /* set address */
    p->address = read_fixed(r, 8);
  }
  r->at = next;
  return fine;
}

static bool run_standard(line_program *p, reader *r, uint8_t op) {
  switch (op) {
    case 1:
      return emit_row(p, false);
    case 2:
      p->address += read_uleb(r) * p->min_instruction;
      return true;
    case 3:
      p->line += (uint32_t)read_sleb(r);
      return true;
    case 8:
      p->address += (uint64_t)((255 - p->opcode_base) / p->line_range) * p->min_instruction;
      return true;
    case 9:
      p->address += read_fixed(r, 2);
      return true;
    default:
      for (int i = 0; i < p->lengths[op]; i++) (void)read_uleb(r);
      return true;
  }
}

static bool run_program(line_program *p, reader *r) {
  while (r->at < r->end && !r->bad) {
    uint8_t op = (uint8_t)read_fixed(r, 1);
    bool fine = true;
    if (op >= p->opcode_base) {
      unsigned adjusted = op - p->opcode_base;
      p->address += (uint64_t)(adjusted / p->line_range) * p->min_instruction;
      p->line += (uint32_t)(p->line_base + (int)(adjusted % p->line_range));
      fine = emit_row(p, false);
    } else if (op == 0) {
      fine = run_extended(p, r);
    } else {
      fine = run_standard(p, r, op);
    }
    if (!fine) return false;
  }
  return true;
}

/* The header of version 4; the file tables are skipped by its length. */
static void read_header(line_program *p, reader *r) {
  if (read_fixed(r, 2) != 4) r->bad = true;
  uint64_t length = read_fixed(r, 4);
  if (length > (uint64_t)(r->end - r->at)) {
    r->bad = true;
    return;
  }
  const uint8_t *program = r->at + length;
  p->min_instruction = (uint8_t)read_fixed(r, 1);
  (void)read_fixed(r, 2); /* operations in an instruction, default_is_stmt */
  p->line_base = (int8_t)read_fixed(r, 1);
  p->line_range = (uint8_t)read_fixed(r, 1);
  p->opcode_base = (uint8_t)read_fixed(r, 1);
  for (int i = 1; i < p->opcode_base; i++) p->lengths[i] = (uint8_t)read_fixed(r, 1);
  if (!p->line_range || !p->opcode_base) r->bad = true;
  p->line = 1;
  r->at = program;
}

wr_status wr__lines_decode(const uint8_t *data, size_t size, wr__line_rows *rows, wr_error *error) {
  reader all = {data, data + size, false};
  while (all.at < all.end && !all.bad) {
    uint64_t length = read_fixed(&all, 4);
    if (all.bad || length > (uint64_t)(all.end - all.at)) break;
    reader unit = {all.at, all.at + length, false};
    all.at += length;
    line_program program = {.rows = rows};
    read_header(&program, &unit);
    if (!unit.bad && !run_program(&program, &unit)) return wr__fail_oom(error);
    if (unit.bad) all.bad = true;
  }
  if (all.bad)
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "LLVM's line table is not understood");
  return WR_OK;
}

/* ---- The image's form */

typedef struct writer {
  uint8_t *at; /* NULL: only counts */
  size_t size;
} writer;

static void put_uleb(writer *w, uint64_t value) {
  do {
    if (w->at) w->at[w->size] = (uint8_t)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);
    w->size++;
    value >>= 7;
  } while (value);
}

/* 0 for no line; else its highest bit, and the others as a difference to the last such. */
static uint64_t line_code(uint32_t last[2], uint32_t line) {
  if (!line) return 0;
  uint32_t high = line >> 31, low = line & INT32_MAX, difference = low - last[high];
  last[high] = low;
  uint32_t zigzag = difference << 1 ^ -(difference >> 31);
  return 1 + 2 * (uint64_t)zigzag + high;
}

size_t wr__lines_encode(const wr__line_rows *rows, uint8_t *out) {
  size_t blocks = wr__image_line_blocks((uint32_t)rows->count);
  size_t start = blocks * sizeof(wr__image_line_block);
  wr__image_line_block *block = (wr__image_line_block *)(void *)out;
  writer w = {out ? out + start : NULL, 0};
  uint64_t pc = 0;
  uint32_t last[2] = {0};
  for (size_t i = 0; i < rows->count; i++) {
    const wr__line_row *row = &rows->rows[i];
    if (i % WR__IMAGE_LINE_BLOCK == 0) {
      pc = row->address;
      last[0] = last[1] = 0;
      if (block) *block++ = (wr__image_line_block){(uint32_t)pc, (uint32_t)(start + w.size)};
    }
    put_uleb(&w, row->address - pc);
    put_uleb(&w, line_code(last, row->line));
    pc = row->address;
  }
  return start + w.size;
}

/* ---- Order */

static int compare_rows(const void *a, const void *b) {
  uint64_t x = ((const wr__line_row *)a)->address, y = ((const wr__line_row *)b)->address;
  return x < y ? -1 : x > y;
}

/* An instruction without a place goes with those behind it: where code generation takes a load out
 * of an instruction again, the load loses its place and stands before that instruction. The last
 * ones of a function go with those before. */
static void fill_unknown(wr__line_rows *rows) {
  uint32_t next = END;
  for (size_t i = rows->count; i-- > 0;) {
    wr__line_row *row = &rows->rows[i];
    bool is_func = row->line == FUNC;
    if (row->line == UNKNOWN || is_func) row->line = next != END ? next : is_func ? END : UNKNOWN;
    next = is_func || row->line == UNKNOWN ? END : row->line;
  }
}

void wr__lines_tidy(wr__line_rows *rows) {
  if (!rows->count) return;
  qsort(rows->rows, rows->count, sizeof *rows->rows, compare_rows);
  size_t kept = 0;
  for (size_t i = 0; i < rows->count; i++) {
    wr__line_row row = rows->rows[i], *last = kept ? &rows->rows[kept - 1] : NULL;
    if (!last || last->address != row.address)
      rows->rows[kept++] = row;
    else if (row.line != END && (row.line != UNKNOWN || last->line == END))
      last->line = row.line;
  }
  rows->count = kept;
  fill_unknown(rows);
  kept = 0;
  for (size_t i = 0; i < rows->count; i++) {
    wr__line_row row = rows->rows[i];
    if (row.line == UNKNOWN || (kept && rows->rows[kept - 1].line == row.line)) continue;
    rows->rows[kept++] = row;
  }
  rows->count = kept;
}
