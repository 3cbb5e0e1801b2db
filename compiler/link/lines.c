/* From .debug_line to the line table of an image: which code belongs to which line. A
 * line here is an offset in the module. The section is LLVM's own, yet nothing in it is trusted to
 * be in bounds. */
#include <stdlib.h>

#include "compile.h"
#include "debug/dwarf_lines.h"

/* What rows say that name no place: END ends a sequence, UNKNOWN is LLVM's line 0, FUNC the line
 * that lowering gives to functions as such. */
enum { END = 0, UNKNOWN = UINT32_MAX, FUNC = 1 };

static bool add_row(void *context, const wr__dwarf_row *row) {
  wr__line_rows *rows = context;
  uint32_t line = row->is_end ? END : row->line ? row->line : UNKNOWN;
  if (!wr__grow(&rows->rows, &rows->capacity, rows->count + 1, sizeof *rows->rows)) return false;
  rows->rows[rows->count++] = (wr__line_row){row->address, line};
  return true;
}

wr_status wr__lines_decode(const uint8_t *data, size_t size, wr__line_rows *rows, wr_error *error) {
  wr__dwarf_sections sections = {.line = {data, size}};
  wr_status status = wr__dwarf_lines_read(&sections, add_row, rows);
  if (status == WR_OUT_OF_MEMORY) return wr__fail_oom(error);
  if (status != WR_OK)
    return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "LLVM's line table is not understood");
  return WR_OK;
}

/* ---- The image's form */

/* 0 for no line; else its highest bit, and the others as a difference to the last such. */
static uint64_t line_code(uint32_t last[2], uint32_t line) {
  if (!line) return 0;
  uint32_t high = line >> 31, low = line & INT32_MAX, difference = low - last[high];
  last[high] = low;
  return 1 + 2 * (uint64_t)wr__zigzag(difference) + high;
}

size_t wr__lines_encode(const wr__line_rows *rows, uint8_t *out) {
  size_t blocks = wr__image_line_blocks((uint32_t)rows->count);
  size_t start = blocks * sizeof(wr__image_line_block);
  wr__image_line_block *block = (wr__image_line_block *)(void *)out;
  wr__encoder e = {out ? out + start : NULL, 0};
  uint64_t pc = 0;
  uint32_t last[2] = {0};
  for (size_t i = 0; i < rows->count; i++) {
    const wr__line_row *row = &rows->rows[i];
    if (i % WR__IMAGE_LINE_BLOCK == 0) {
      pc = row->address;
      last[0] = last[1] = 0;
      if (block) *block++ = (wr__image_line_block){(uint32_t)pc, (uint32_t)(start + e.size)};
    }
    wr__encode_uleb(&e, row->address - pc);
    wr__encode_uleb(&e, line_code(last, row->line));
    pc = row->address;
  }
  return start + e.size;
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
