/* The line tables of a module's DWARF, whose addresses count from the start of the code section, as
 * one list by module offset. */
#include "debug/source.h"

#include <stdlib.h>

#include "debug/dwarf_lines.h"

enum { SECTION_CODE = 10 };

typedef struct collecting {
  wr__source *source;
  uint64_t start, end; /* of the code section, in the module */
  uint64_t first_body; /* what linkers dropped is said to lie before it, or behind the end */
  size_t sequence;     /* index of its first row */
  uint32_t unit;       /* whose files `known` has */
  uint32_t *known;     /* by number in the unit: index in the list, or WR_NO_INDEX */
  size_t known_count, known_capacity;
} collecting;

static bool find_code(const wr__module *module, collecting *c) {
  for (uint32_t i = 0; i < module->section_count; i++) {
    const wr_section *section = &module->sections[i];
    if (section->id != SECTION_CODE) continue;
    c->start = section->offset;
    c->end = section->offset + section->size_bytes;
  }
  if (module->func_count == module->imported_funcs) return false;
  c->first_body = module->funcs[module->imported_funcs].code_offset;
  return c->end != 0;
}

static bool is_whole_path(wr__span name) { return name.size && name.data[0] == '/'; }

static bool add_file(wr__source *source, wr__span folder, wr__span name) {
  bool joined = folder.size && !is_whole_path(name);
  char *path = malloc(folder.size + name.size + 2);
  if (!path || !wr__grow(&source->files, &source->file_capacity, source->file_count + 1,
                         sizeof *source->files)) {
    free(path);
    return false;
  }
  size_t at = joined ? folder.size + 1 : 0;
  if (joined) {
    memcpy(path, folder.data, folder.size);
    path[folder.size] = '/';
  }
  memcpy(path + at, name.data, name.size);
  path[at + name.size] = 0;
  source->files[source->file_count++] = path;
  return true;
}

/* Files that code comes from are put in the list, once for each unit. */
static bool find_file(collecting *c, const wr__dwarf_row *row, uint32_t *out) {
  *out = WR_NO_INDEX;
  if (!row->name.size) return true;
  if (c->unit != row->unit) c->known_count = 0;
  c->unit = row->unit;
  if (!wr__grow(&c->known, &c->known_capacity, (size_t)row->file + 1, sizeof *c->known))
    return false;
  while (c->known_count <= row->file) c->known[c->known_count++] = WR_NO_INDEX;
  if (c->known[row->file] == WR_NO_INDEX) {
    if (!add_file(c->source, row->folder, row->name)) return false;
    c->known[row->file] = (uint32_t)c->source->file_count - 1;
  }
  *out = c->known[row->file];
  return true;
}

static int compare_files(const void *a, const void *b) {
  char *const *x = *(char **const *)a, *const *y = *(char **const *)b;
  int order = strcmp(*x, *y);
  return order ? order : (x > y) - (x < y);
}

/* Headers are files of many units: each name is kept once. */
static bool merge_files(wr__source *s) {
  char ***order = wr__alloc_array(s->file_count, sizeof *order);
  uint32_t *merged = wr__alloc_array(s->file_count, sizeof *merged);
  size_t first = 0;
  for (size_t i = 0; order && i < s->file_count; i++) order[i] = &s->files[i];
  if (order && s->file_count) qsort(order, s->file_count, sizeof *order, compare_files);
  for (size_t i = 0; order && merged && i < s->file_count; i++) {
    if (strcmp(*order[i], *order[first]) != 0) first = i;
    merged[order[i] - s->files] = (uint32_t)(order[first] - s->files);
  }
  for (size_t i = 0; merged && i < s->count; i++)
    if (s->rows[i].file != WR_NO_INDEX) s->rows[i].file = merged[s->rows[i].file];
  bool done = order && merged;
  free(order);
  free(merged);
  return done;
}

static bool add_row(void *context, const wr__dwarf_row *row) {
  collecting *c = context;
  wr__source *s = c->source;
  uint32_t file = WR_NO_INDEX;
  uint64_t offset = c->start + row->address;
  bool is_code = row->address < c->end - c->start + row->is_end && offset >= c->first_body;
  if (!row->is_end && row->line && !find_file(c, row, &file)) return false;
  if (!is_code) {
    s->count = row->is_end ? c->sequence : s->count; /* all of it is somewhere else */
    return true;
  }
  bool again = s->count > c->sequence && s->rows[s->count - 1].offset == offset && !row->is_end;
  if (!wr__grow(&s->rows, &s->capacity, s->count + 1, sizeof *s->rows)) return false;
  s->rows[again ? s->count - 1 : s->count++] = (wr__source_row){(uint32_t)offset, file, row->line};
  if (row->is_end) c->sequence = s->count;
  return true;
}

/* Where one sequence ends and another begins, the end comes first. */
static int compare_rows(const void *a, const void *b) {
  const wr__source_row *x = a, *y = b;
  if (x->offset != y->offset) return x->offset < y->offset ? -1 : 1;
  return (y->file == WR_NO_INDEX) - (x->file == WR_NO_INDEX);
}

bool wr__source_read(const wr__module *module, wr__source *out) {
  collecting c = {.source = out};
  wr__dwarf_sections sections = {wr__module_custom(module, ".debug_line", 0),
                                 wr__module_custom(module, ".debug_str", 0),
                                 wr__module_custom(module, ".debug_line_str", 0)};
  *out = (wr__source){0};
  if (!sections.line.data || !find_code(module, &c)) return true;
  wr_status status = wr__dwarf_lines_read(&sections, add_row, &c);
  free(c.known);
  out->count = c.sequence;
  if (status != WR_OK || !merge_files(out)) {
    wr__source_free(out);
    return status == WR_MALFORMED;
  }
  if (out->count) qsort(out->rows, out->count, sizeof *out->rows, compare_rows);
  return true;
}

void wr__source_free(wr__source *source) {
  for (size_t i = 0; i < source->file_count; i++) free(source->files[i]);
  free(source->files);
  free(source->rows);
  *source = (wr__source){0};
}

const wr__source_row *wr__source_at(const wr__source *source, uint32_t offset) {
  size_t low = 0, high = source->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (source->rows[middle].offset <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  const wr__source_row *row = low ? &source->rows[low - 1] : NULL;
  return row && row->file != WR_NO_INDEX ? row : NULL;
}
