/* What debuggers read of a module that loads: names, line tables in DWARF, instructions in words.
 * The input is a module, or, after a first byte below 8, the line table itself with its two tables
 * of texts. */
#include <stdlib.h>

#include "config/engine.h"
#include "debug/dwarf_lines.h"
#include "debug/source.h"
#include "module/module.h"
#include "wasmrun.h"

typedef struct rows {
  const uint8_t *data;
  size_t size;
  uint64_t count;
} rows;

static bool is_inside(const rows *r, wr__span span) {
  return span.size == 0 || (span.data >= r->data && span.size <= r->size &&
                            (size_t)(span.data - r->data) <= r->size - span.size);
}

static bool take_row(void *context, const wr__dwarf_row *row) {
  rows *r = context;
  if (!is_inside(r, row->folder) || !is_inside(r, row->name)) abort();
  /* A byte of a line program makes at most one row. */
  if (r->count++ > r->size) abort();
  return true;
}

static void read_lines(const uint8_t *data, size_t size) {
  if (size < 5) return;
  size_t first = (size_t)(data[1] | data[2] << 8), second = (size_t)(data[3] | data[4] << 8);
  const uint8_t *at = data + 5;
  size -= 5;
  if (first > size) first = size;
  if (second > size - first) second = size - first;
  const wr__dwarf_sections sections = {.str = {at, first},
                                       .line_str = {at + first, second},
                                       .line = {at + first + second, size - first - second}};
  rows context = {at, size, 0};
  (void)wr__dwarf_lines_read(&sections, take_row, &context);
}

static void write_nothing(void *context, const char *text, size_t size) {
  size_t *bytes = context;
  for (size_t i = 0; i < size; i++) *bytes += (uint8_t)text[i] == 0;
}

static void look_inside(const uint8_t *data, size_t size) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_module_t *module = NULL;
  wr_error error;
  if (engine && wr_module_new(engine, data, size, &module, &error) == WR_OK) {
    size_t zeros = 0;
    for (uint32_t i = 0; i < wr_module_func_count(module) && i < 64; i++) {
      wr_func_info info = wr_module_func(module, i);
      write_nothing(&zeros, info.name, info.name ? info.name_size : 0);
      (void)wr_module_disassemble(module, i, write_nothing, &zeros);
    }
    for (size_t i = 0; i < wr_module_section_count(module); i++) {
      wr_section section = wr_module_section(module, i);
      if (section.offset > size || section.size_bytes > size - section.offset) abort();
    }
    wasm_module_delete(module);
  }
  if (engine) wasm_engine_delete(engine);
}

static void read_source(const uint8_t *data, size_t size) {
  wr__engine *engine = wr__engine_new(NULL);
  wr__module *module;
  wr_error error;
  if (!engine) return;
  if (wr__module_decode(engine, data, size, WR__BYTES_BORROWED, &module, &error) == WR_OK) {
    wr__source source = {0};
    if (wr__source_read(module, &source)) {
      for (size_t i = 0; i < source.count; i++) {
        const wr__source_row *row = &source.rows[i];
        if (row->file != WR_NO_INDEX && row->file >= source.file_count) abort();
        if (i && row->offset < source.rows[i - 1].offset) abort();
      }
      (void)wr__source_at(&source, (uint32_t)(size / 2));
    }
    wr__source_free(&source);
    wr__module_release(module);
  }
  wr__engine_release(engine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size && data[0] && data[0] < 8) {
    read_lines(data, size);
  } else {
    look_inside(data, size);
    read_source(data, size);
  }
  return 0;
}
