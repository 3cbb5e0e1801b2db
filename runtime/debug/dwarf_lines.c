/* Running the line programs of DWARF. Spec: DWARF 5, 6.2, and the same of versions 2 to 4. */
#include "debug/dwarf_lines.h"

#include <stdlib.h>

typedef struct reader {
  const uint8_t *at, *end;
  bool bad;
} reader;

typedef struct file {
  wr__span name;
  uint64_t folder;
} file;

/* A unit's program: its header, and the registers. */
typedef struct program {
  const wr__dwarf_sections *sections;
  bool (*row)(void *context, const wr__dwarf_row *row);
  void *context;
  unsigned version;
  uint8_t min_instruction, line_range, opcode_base;
  int8_t line_base;
  uint8_t lengths[256];
  wr__span *folders;
  file *files;
  size_t folder_count, folder_capacity, file_count, file_capacity;
  wr__dwarf_row state;
  bool stopped; /* by row, or for want of memory */
} program;

/* ---- Numbers and strings */

static uint64_t read_fixed(reader *r, unsigned bytes) {
  uint64_t value = 0;
  if ((size_t)(r->end - r->at) < bytes || bytes > sizeof value) {
    r->bad = true;
    r->at = r->end;
    return 0;
  }
  memcpy(&value, r->at, bytes);
  r->at += bytes;
  return value;
}

static uint64_t read_leb(reader *r, bool is_signed) {
  uint64_t value = 0;
  for (unsigned shift = 0; r->at < r->end;) {
    uint8_t byte = *r->at++;
    if (shift < 64) value |= (uint64_t)(byte & 0x7f) << shift;
    shift += 7;
    if (byte & 0x80) continue;
    if (is_signed && shift < 64 && byte & 0x40) value |= ~0ull << shift;
    return value;
  }
  r->bad = true;
  return 0;
}

static uint64_t read_uleb(reader *r) { return read_leb(r, false); }

/* Up to its NUL, which is not part of it. */
static wr__span read_string(reader *r) {
  const uint8_t *end = r->at < r->end ? memchr(r->at, 0, (size_t)(r->end - r->at)) : NULL;
  if (!end) {
    r->bad = true;
    return (wr__span){0};
  }
  wr__span text = {r->at, (size_t)(end - r->at)};
  r->at = end + 1;
  return text;
}

/* What is longer than a path can be is not looked through for its end. */
static wr__span string_at(wr__span section, uint64_t offset) {
  enum { MOST_BYTES = 4096 };
  if (offset >= section.size) return (wr__span){0};
  size_t left = section.size - (size_t)offset;
  const uint8_t *start = section.data + offset;
  reader r = {start, start + (left < MOST_BYTES ? left : MOST_BYTES), false};
  return read_string(&r);
}

/* ---- Headers */

static void add_folder(program *p, wr__span name) {
  if (wr__grow(&p->folders, &p->folder_capacity, p->folder_count + 1, sizeof *p->folders))
    p->folders[p->folder_count++] = name;
  else
    p->stopped = true;
}

static void add_file(program *p, wr__span name, uint64_t folder) {
  if (wr__grow(&p->files, &p->file_capacity, p->file_count + 1, sizeof *p->files))
    p->files[p->file_count++] = (file){name, folder};
  else
    p->stopped = true;
}

/* Until version 4. Both count from 1: folder 0 is the compiler's own, which is not said here. */
static void read_old_tables(program *p, reader *r) {
  add_folder(p, (wr__span){0});
  add_file(p, (wr__span){0}, 0);
  for (wr__span name = read_string(r); name.size && !r->bad && !p->stopped; name = read_string(r))
    add_folder(p, name);
  for (wr__span name = read_string(r); name.size && !r->bad && !p->stopped; name = read_string(r)) {
    add_file(p, name, read_uleb(r));
    (void)read_uleb(r), (void)read_uleb(r); /* time, size */
  }
}

enum { MAX_FIELDS = 32, CONTENT_PATH = 1, CONTENT_FOLDER = 2 };

/* A value of version 5's tables: a string, a number, or something to be left out. */
static bool read_form(const program *p, reader *r, uint64_t form, wr__span *text,
                      uint64_t *number) {
  switch (form) {
    case 0x08: /* string */
      *text = read_string(r);
      return true;
    case 0x0e: /* strp */
      *text = string_at(p->sections->str, read_fixed(r, 4));
      return true;
    case 0x1f: /* line_strp */
      *text = string_at(p->sections->line_str, read_fixed(r, 4));
      return true;
    case 0x0b: /* data1, data2, data4, data8, udata */
      *number = read_fixed(r, 1);
      return true;
    case 0x05:
      *number = read_fixed(r, 2);
      return true;
    case 0x06:
      *number = read_fixed(r, 4);
      return true;
    case 0x07:
      *number = read_fixed(r, 8);
      return true;
    case 0x0f:
      *number = read_uleb(r);
      return true;
    case 0x1e: /* data16 */
      (void)read_fixed(r, 8), (void)read_fixed(r, 8);
      return true;
    default:
      return false;
  }
}

static void read_new_table(program *p, reader *r, bool is_files) {
  uint64_t kinds[MAX_FIELDS], forms[MAX_FIELDS];
  unsigned fields = (unsigned)read_fixed(r, 1);
  if (fields > MAX_FIELDS) r->bad = true;
  for (unsigned i = 0; i < fields && !r->bad; i++) {
    kinds[i] = read_uleb(r);
    forms[i] = read_uleb(r);
  }
  uint64_t count = read_uleb(r);
  if (!fields && count) r->bad = true; /* entries of nothing would have no end */
  for (uint64_t i = 0; i < count && !r->bad && !p->stopped; i++) {
    wr__span name = {0};
    uint64_t folder = 0;
    for (unsigned k = 0; k < fields && !r->bad; k++) {
      wr__span text = {0};
      uint64_t number = 0;
      if (!read_form(p, r, forms[k], &text, &number)) r->bad = true;
      if (kinds[k] == CONTENT_PATH) name = text;
      if (kinds[k] == CONTENT_FOLDER) folder = number;
    }
    if (is_files)
      add_file(p, name, folder);
    else
      add_folder(p, name);
  }
}

static void read_header(program *p, reader *r) {
  p->version = (unsigned)read_fixed(r, 2);
  if (p->version < 2 || p->version > 5) r->bad = true;
  if (p->version >= 5) (void)read_fixed(r, 2); /* sizes of addresses and segments */
  uint64_t length = read_fixed(r, 4);
  if (r->bad || length > (uint64_t)(r->end - r->at)) {
    r->bad = true;
    return;
  }
  const uint8_t *code = r->at + length;
  reader tables = {r->at, code, false};
  p->min_instruction = (uint8_t)read_fixed(&tables, 1);
  (void)read_fixed(&tables, p->version >= 4 ? 2 : 1); /* operations, default_is_stmt */
  p->line_base = (int8_t)read_fixed(&tables, 1);
  p->line_range = (uint8_t)read_fixed(&tables, 1);
  p->opcode_base = (uint8_t)read_fixed(&tables, 1);
  for (int i = 1; i < p->opcode_base; i++) p->lengths[i] = (uint8_t)read_fixed(&tables, 1);
  p->folder_count = p->file_count = 0;
  if (p->version >= 5) {
    read_new_table(p, &tables, false);
    read_new_table(p, &tables, true);
  } else {
    read_old_tables(p, &tables);
  }
  r->bad = tables.bad || !p->line_range || !p->opcode_base;
  r->at = code;
}

/* ---- Programs */

static void reset(program *p) {
  p->state = (wr__dwarf_row){.line = 1, .file = 1, .unit = p->state.unit};
}

static void emit(program *p, bool is_end) {
  wr__dwarf_row row = p->state;
  row.is_end = is_end;
  if (row.file < p->file_count) {
    row.name = p->files[row.file].name;
    uint64_t folder = p->files[row.file].folder;
    if (folder < p->folder_count) row.folder = p->folders[folder];
  }
  if (!p->row(p->context, &row)) p->stopped = true;
}

static void run_extended(program *p, reader *r) {
  uint64_t size = read_uleb(r);
  if (size == 0 || size > (uint64_t)(r->end - r->at)) {
    r->bad = true;
    return;
  }
  const uint8_t *next = r->at + size;
  uint8_t op = (uint8_t)read_fixed(r, 1);
  if (op == 1) { /* end of sequence */
    emit(p, true);
    reset(p);
  } else if (op == 2) { /* set address */
    p->state.address = read_fixed(r, (unsigned)(size - 1));
  }
  r->at = next;
}

static void run_standard(program *p, reader *r, uint8_t op) {
  wr__dwarf_row *s = &p->state;
  switch (op) {
    case 1: /* copy */
      emit(p, false);
      break;
    case 2: /* advance pc */
      s->address += read_uleb(r) * p->min_instruction;
      break;
    case 3: /* advance line */
      s->line += (uint32_t)read_leb(r, true);
      break;
    case 4: /* set file */
      s->file = (uint32_t)read_uleb(r);
      break;
    case 8: /* constant add pc */
      s->address += (uint64_t)((255 - p->opcode_base) / p->line_range) * p->min_instruction;
      break;
    case 9: /* fixed advance pc */
      s->address += read_fixed(r, 2);
      break;
    default:
      for (int i = 0; i < p->lengths[op]; i++) (void)read_uleb(r);
  }
}

static void run(program *p, reader *r) {
  reset(p);
  while (r->at < r->end && !r->bad && !p->stopped) {
    uint8_t op = (uint8_t)read_fixed(r, 1);
    if (op >= p->opcode_base) {
      unsigned adjusted = op - p->opcode_base;
      p->state.address += (uint64_t)(adjusted / p->line_range) * p->min_instruction;
      p->state.line += (uint32_t)(p->line_base + (int)(adjusted % p->line_range));
      emit(p, false);
    } else if (op == 0) {
      run_extended(p, r);
    } else {
      run_standard(p, r, op);
    }
  }
}

wr_status wr__dwarf_lines_read(const wr__dwarf_sections *sections,
                               bool (*row)(void *context, const wr__dwarf_row *row),
                               void *context) {
  reader all = {sections->line.data, sections->line.data + sections->line.size, false};
  program p = {.sections = sections, .row = row, .context = context};
  for (; all.at < all.end && !all.bad && !p.stopped; p.state.unit++) {
    uint64_t length = read_fixed(&all, 4);
    if (length > (uint64_t)(all.end - all.at)) all.bad = true;
    if (all.bad) break;
    reader unit = {all.at, all.at + length, false};
    all.at += length;
    read_header(&p, &unit);
    if (!unit.bad && !p.stopped) run(&p, &unit);
    all.bad = unit.bad;
  }
  free(p.folders);
  free(p.files);
  if (p.stopped) return WR_OUT_OF_MEMORY;
  return all.bad ? WR_MALFORMED : WR_OK;
}
