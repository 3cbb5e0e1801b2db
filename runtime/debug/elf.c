/* The ELF file that gdb reads: where code is, but not the code; symbols; DWARF 4 with one unit,
 * whose lines are those of the source, or module offsets; and the description of frames. */
#include <stdlib.h>

#include "debug/debug.h"
#include "image/lines.h"

/* Spec: ELF, and DWARF 4. Written out, because there is no header for it on every system. */
enum {
  ELF_HEADER = 64,
  ELF_SECTION = 64,
  ELF_SYMBOL = 24,
  TYPE_EXECUTABLE = 2,
  PROGBITS = 1,
  SYMTAB = 2,
  STRTAB = 3,
  NOBITS = 8,
  GLOBAL_FUNCTION = 0x12,
};
enum { NONE, TEXT, SYMBOLS, STRINGS, INFO, ABBREV, LINE, FRAME, NAMES, SECTION_COUNT };

static const char section_names[] =
    "\0.text\0.symtab\0.strtab\0.debug_info\0.debug_abbrev\0.debug_line\0.debug_frame\0.shstrtab";
static const uint32_t name_offsets[SECTION_COUNT] = {0, 1, 7, 15, 23, 35, 49, 61, 74};

static uint64_t text_start(const wr__image *image) {
  return (uintptr_t)image->base + image->header->text_offset;
}

/* ---- Contents */

static void make_symbols(const wr__image *image, const wr__debug_symbols *symbols,
                         wr__buffer *table, wr__buffer *strings) {
  static const uint8_t none[ELF_SYMBOL];
  wr__buffer_bytes(table, none, sizeof none);
  wr__buffer_u8(strings, 0);
  for (uint32_t i = 0; i < symbols->count; i++) {
    const wr__debug_symbol *s = &symbols->all[i];
    wr__buffer_u32(table, (uint32_t)strings->size);
    wr__buffer_u8(table, GLOBAL_FUNCTION);
    wr__buffer_u8(table, 0);
    wr__buffer_u16(table, TEXT);
    wr__buffer_u64(table, (uintptr_t)image->base + s->start);
    wr__buffer_u64(table, s->size);
    wr__buffer_bytes(strings, s->name, strlen(s->name) + 1);
  }
}

/* One unit without children: DW_TAG_compile_unit with name, lines and range. */
static void make_info(const wr__image *image, wr__buffer *info, wr__buffer *abbrev) {
  static const uint8_t abbreviation[] = {1,    0x11, 0,    0x03, 0x08, 0x10, 0x17,
                                         0x11, 0x01, 0x12, 0x07, 0,    0,    0};
  wr__buffer_bytes(abbrev, abbreviation, sizeof abbreviation);
  wr__buffer_u32(info, 0);
  wr__buffer_u16(info, 4); /* DWARF 4 */
  wr__buffer_u32(info, 0);
  wr__buffer_u8(info, 8);
  wr__buffer_uleb(info, 1);
  wr__buffer_bytes(info, "wasm", 5);
  wr__buffer_u32(info, 0);
  wr__buffer_u64(info, text_start(image));
  wr__buffer_u64(info, image->header->text_bytes);
  wr__buffer_close(info, 0);
}

/* Files count from 1: "wasm", and then those of the source. */
static void make_line_header(wr__buffer *b, const wr__debug_symbols *symbols) {
  static const uint8_t operand_counts[] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};
  wr__buffer_u32(b, 0);
  wr__buffer_u16(b, 4);
  size_t at = b->size;
  wr__buffer_u32(b, 0);
  wr__buffer_u8(b, 1);    /* smallest instruction */
  wr__buffer_u8(b, 1);    /* operations in one */
  wr__buffer_u8(b, 1);    /* is_stmt */
  wr__buffer_u8(b, 0xff); /* line base -1, range 4: special opcodes are not used */
  wr__buffer_u8(b, 4);
  wr__buffer_u8(b, 13);
  wr__buffer_bytes(b, operand_counts, sizeof operand_counts);
  wr__buffer_u8(b, 0); /* no folders */
  for (size_t i = 0; i <= symbols->source.file_count; i++) {
    const char *name = wr__debug_file(symbols, i ? (uint32_t)i - 1 : WR_NO_INDEX);
    wr__buffer_bytes(b, name, strlen(name) + 1);
    wr__buffer_u8(b, 0), wr__buffer_u8(b, 0), wr__buffer_u8(b, 0);
  }
  wr__buffer_u8(b, 0);
  wr__buffer_close(b, at);
}

enum { LNS_COPY = 1, LNS_ADVANCE_PC = 2, LNS_ADVANCE_LINE = 3, LNS_SET_FILE = 4 };

/* Where the line program stands. */
typedef struct line_state {
  wr__buffer *out;
  const wr__image *image;
  const wr__debug_symbols *symbols;
  uint64_t pc; /* image offset */
  int64_t line;
  uint32_t file;
} line_state;

static void add_row(line_state *s, uint64_t pc, uint32_t module_offset) {
  if (pc < s->pc) return;
  uint32_t file, line = wr__debug_line(s->image, s->symbols, module_offset, &file);
  if (file != s->file) {
    wr__buffer_u8(s->out, LNS_SET_FILE),
        wr__buffer_uleb(s->out, file == WR_NO_INDEX ? 1 : file + 2);
  }
  wr__buffer_u8(s->out, LNS_ADVANCE_PC), wr__buffer_uleb(s->out, pc - s->pc);
  wr__buffer_u8(s->out, LNS_ADVANCE_LINE), wr__buffer_sleb(s->out, (int64_t)line - s->line);
  wr__buffer_u8(s->out, LNS_COPY);
  s->pc = pc;
  s->line = line;
  s->file = file;
}

/* Debuggers stop where the frame is set up, and take that to be where the second line of a function
 * begins. */
static void add_start(line_state *s, const wr__debug_symbol *symbol) {
  enum { SET_UP_BYTES_X86_64 = 4, SET_UP_BYTES_AARCH64 = 8 };
  if (symbol->func_index == WR_NO_INDEX) return;
  uint32_t body = s->image->bodies[symbol->func_index - s->symbols->imported].offset;
  bool x86 = s->image->header->machine == WR__IMAGE_MACHINE_X86_64;
  add_row(s, symbol->start, body);
  add_row(s, symbol->start + (x86 ? SET_UP_BYTES_X86_64 : SET_UP_BYTES_AARCH64), body + 1);
}

/* Code that belongs to no instruction keeps the line before it. */
static void make_lines(const wr__image *image, const wr__debug_symbols *symbols, wr__buffer *b) {
  make_line_header(b, symbols);
  line_state state = {b, image, symbols, image->header->text_offset, 1, WR_NO_INDEX};
  uint32_t next = 0;
  wr__buffer_u8(b, 0), wr__buffer_uleb(b, 9), wr__buffer_u8(b, 2),
      wr__buffer_u64(b, text_start(image));
  wr__image_rows rows = wr__image_rows_at(image, 0);
  while (wr__image_rows_next(&rows)) {
    wr__image_line row = rows.row;
    for (; next < symbols->count && symbols->all[next].start <= row.pc; next++)
      add_start(&state, &symbols->all[next]);
    if (row.module_offset) add_row(&state, row.pc, row.module_offset);
  }
  wr__buffer_u8(b, LNS_ADVANCE_PC);
  wr__buffer_uleb(b, image->header->text_offset + image->header->text_bytes - state.pc);
  wr__buffer_u8(b, 0), wr__buffer_uleb(b, 1), wr__buffer_u8(b, 1);
  wr__buffer_close(b, 0);
}

/* ---- The file */

typedef struct section {
  uint32_t type;
  uint64_t flags, address, size;
  uint32_t link, info, entry;
} section;

static void add_header(wr__buffer *b, uint32_t machine, uint64_t sections_at) {
  static const uint8_t identity[16] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
  wr__buffer_bytes(b, identity, sizeof identity);
  wr__buffer_u16(b, TYPE_EXECUTABLE), wr__buffer_u16(b, (uint16_t)machine), wr__buffer_u32(b, 1);
  wr__buffer_u64(b, 0), wr__buffer_u64(b, 0), wr__buffer_u64(b, sections_at);
  wr__buffer_u32(b, 0), wr__buffer_u16(b, ELF_HEADER), wr__buffer_u16(b, 0), wr__buffer_u16(b, 0);
  wr__buffer_u16(b, ELF_SECTION), wr__buffer_u16(b, SECTION_COUNT), wr__buffer_u16(b, NAMES);
}

static void add_section(wr__buffer *b, uint32_t name, const section *s, uint64_t at) {
  wr__buffer_u32(b, name), wr__buffer_u32(b, s->type);
  wr__buffer_u64(b, s->flags), wr__buffer_u64(b, s->address), wr__buffer_u64(b, at),
      wr__buffer_u64(b, s->size);
  wr__buffer_u32(b, s->link), wr__buffer_u32(b, s->info);
  wr__buffer_u64(b, 8), wr__buffer_u64(b, s->entry);
}

static void make_file(const wr__image *image, wr__buffer parts[SECTION_COUNT], wr__buffer *out) {
  section sections[SECTION_COUNT] = {
      [TEXT] = {.type = NOBITS,
                .flags = 6, /* allocated, executable */
                .address = text_start(image),
                .size = image->header->text_bytes},
      [SYMBOLS] = {.type = SYMTAB, .link = STRINGS, .info = 1, .entry = ELF_SYMBOL},
      [STRINGS] = {.type = STRTAB},
      [INFO] = {.type = PROGBITS},
      [ABBREV] = {.type = PROGBITS},
      [LINE] = {.type = PROGBITS},
      [FRAME] = {.type = PROGBITS},
      [NAMES] = {.type = STRTAB},
  };
  uint64_t at = ELF_HEADER, places[SECTION_COUNT] = {0};
  for (int i = SYMBOLS; i < SECTION_COUNT; i++) {
    sections[i].size = parts[i].size;
    while (parts[i].size % 8) wr__buffer_u8(&parts[i], 0);
    places[i] = at;
    at += parts[i].size;
  }
  add_header(out, image->header->machine, at);
  for (int i = SYMBOLS; i < SECTION_COUNT; i++) wr__buffer_bytes(out, parts[i].data, parts[i].size);
  for (int i = 0; i < SECTION_COUNT; i++)
    add_section(out, name_offsets[i], &sections[i], places[i]);
}

uint8_t *wr__debug_elf(const wr__image *image, const wr__debug_symbols *symbols, size_t *size) {
  wr__buffer parts[SECTION_COUNT] = {0}, out = {0};
  make_symbols(image, symbols, &parts[SYMBOLS], &parts[STRINGS]);
  make_info(image, &parts[INFO], &parts[ABBREV]);
  make_lines(image, symbols, &parts[LINE]);
  wr__debug_frames(image, symbols, &parts[FRAME]);
  wr__buffer_bytes(&parts[NAMES], section_names, sizeof section_names);
  make_file(image, parts, &out);
  for (int i = 0; i < SECTION_COUNT; i++) {
    out.failed |= parts[i].failed;
    free(parts[i].data);
  }
  if (out.failed) {
    free(out.data);
    return NULL;
  }
  *size = out.size;
  return out.data;
}
