/* The binary module, put together from what the parser has written: the sections in their order,
 * the name section, and the custom sections at their places. Spec: binary/modules, appendix/custom.
 */
#include "text/parser.h"

static const uint8_t section_ids[WR__SECTION_COUNT] = {
    [WR__SECTION_TYPE] = 1,   [WR__SECTION_IMPORT] = 2,     [WR__SECTION_FUNC] = 3,
    [WR__SECTION_TABLE] = 4,  [WR__SECTION_MEMORY] = 5,     [WR__SECTION_TAG] = 13,
    [WR__SECTION_GLOBAL] = 6, [WR__SECTION_EXPORT] = 7,     [WR__SECTION_START] = 8,
    [WR__SECTION_ELEM] = 9,   [WR__SECTION_DATACOUNT] = 12, [WR__SECTION_CODE] = 10,
    [WR__SECTION_DATA] = 11};

static size_t u32_size(uint32_t value) {
  size_t size = 1;
  while (value >>= 7) size++;
  return size;
}

static void write_custom(wr__buffer *out, const char *name, size_t name_size,
                         const wr__buffer *content) {
  wr__buffer_byte(out, 0);
  wr__buffer_uleb(out, u32_size((uint32_t)name_size) + name_size + content->size);
  wr__buffer_name(out, name, name_size);
  wr__buffer_append(out, content);
}

/* ---- The name section
 * ---------------------------------------------------------------------------- */

/* Subsections in the order of their ids; tables to segments are those of the extended name section
 * that toolchains write and read. */
static const struct {
  uint8_t id;
  uint8_t space; /* wr__space */
  bool nested;   /* by function or type */
} subsections[] = {
    {1, WR__SPACE_FUNC, false},   {2, WR__SPACE_LOCAL, true},  {3, WR__SPACE_LABEL, true},
    {4, WR__SPACE_TYPE, false},   {5, WR__SPACE_TABLE, false}, {6, WR__SPACE_MEMORY, false},
    {7, WR__SPACE_GLOBAL, false}, {8, WR__SPACE_ELEM, false},  {9, WR__SPACE_DATA, false},
    {10, WR__SPACE_FIELD, true},  {11, WR__SPACE_TAG, false}};

/* The name map of the space's names from names[start] on, as long as they have the same outer
 * index. Returns where the next group begins. */
static uint32_t write_name_map(const wr__parser *p, uint32_t start, wr__buffer *out) {
  const wr__name_out *first = &p->names[start];
  uint32_t count = 0, end = start;
  for (; end < p->name_count; end++) {
    if (p->names[end].space != first->space) continue;
    if (p->names[end].outer != first->outer) break;
    count++;
  }
  wr__buffer_uleb(out, count);
  for (uint32_t i = start; i < end; i++) {
    if (p->names[i].space != first->space) continue;
    wr__buffer_uleb(out, p->names[i].index);
    wr__buffer_name(out, p->names[i].name.data, p->names[i].name.size);
  }
  return end;
}

static uint32_t next_name(const wr__parser *p, uint32_t from, uint8_t space) {
  while (from < p->name_count && p->names[from].space != space) from++;
  return from;
}

/* The names of one space in the order of the text, which is that of their indices. */
static void write_subsection(const wr__parser *p, uint8_t id, uint8_t space, bool nested,
                             wr__buffer *out) {
  uint32_t first = next_name(p, 0, space);
  if (first == p->name_count) return;
  wr__buffer content = {0}, groups = {0};
  if (nested) {
    uint32_t count = 0;
    for (uint32_t i = first; i < p->name_count; i = next_name(p, i, space), count++) {
      wr__buffer_uleb(&groups, p->names[i].outer);
      i = write_name_map(p, i, &groups);
    }
    wr__buffer_uleb(&content, count);
    wr__buffer_append(&content, &groups);
  } else {
    write_name_map(p, first, &content);
  }
  wr__buffer_byte(out, id);
  if (content.failed) out->failed = true;
  wr__buffer_name(out, content.data, content.size);
  wr__buffer_free(&content);
  wr__buffer_free(&groups);
}

static void write_names(const wr__parser *p, wr__buffer *out) {
  wr__buffer content = {0};
  if (p->module_name.data) {
    wr__buffer_byte(&content, 0);
    wr__buffer_uleb(&content, u32_size((uint32_t)p->module_name.size) + p->module_name.size);
    wr__buffer_name(&content, p->module_name.data, p->module_name.size);
  }
  for (size_t i = 0; i < WR_ARRAY_COUNT(subsections); i++)
    write_subsection(p, subsections[i].id, subsections[i].space, subsections[i].nested, &content);
  if (content.failed) out->failed = true;
  if (content.size) write_custom(out, "name", 4, &content);
  wr__buffer_free(&content);
}

/* ---- Branch hints
 * ------------------------------------------------------------------------------------ */

/* Spec appendix/custom, code metadata: by function, the offset within its body, a size of 1, the
 * value. */
static void write_hints(const wr__parser *p, wr__buffer *out) {
  if (!p->hint_count) return;
  wr__buffer content = {0}, groups = {0};
  uint32_t functions = 0;
  for (uint32_t i = 0; i < p->hint_count; functions++) {
    uint32_t end = i;
    while (end < p->hint_count && p->hints[end].func_index == p->hints[i].func_index) end++;
    wr__buffer_uleb(&groups, p->hints[i].func_index);
    wr__buffer_uleb(&groups, end - i);
    for (; i < end; i++) {
      wr__buffer_uleb(&groups, p->hints[i].offset);
      wr__buffer_uleb(&groups, 1);
      wr__buffer_byte(&groups, p->hints[i].value);
    }
  }
  wr__buffer_uleb(&content, functions);
  wr__buffer_append(&content, &groups);
  static const char name[] = "metadata.code.branch_hint";
  if (content.failed) out->failed = true;
  write_custom(out, name, sizeof name - 1, &content);
  wr__buffer_free(&content);
  wr__buffer_free(&groups);
}

/* ---- Sections
 * --------------------------------------------------------------------------------------------- */

static void write_customs_at(const wr__parser *p, uint32_t place, wr__buffer *out) {
  for (uint32_t i = 0; i < p->custom_count; i++) {
    const wr__custom_out *custom = &p->customs[i];
    if (custom->place != place) continue;
    wr__buffer content = {.data = (uint8_t *)custom->content.data, .size = custom->content.size};
    write_custom(out, (const char *)custom->name.data, custom->name.size, &content);
  }
}

static void write_section(wr__parser *p, wr__text_section which, wr__buffer *out) {
  const wr__section_out *section = &p->sections[which];
  if (section->bytes.failed) out->failed = true;
  if (which == WR__SECTION_DATACOUNT) {
    uint32_t count = p->sections[WR__SECTION_DATA].count;
    if (!p->needs_datacount) return;
    wr__buffer_byte(out, section_ids[which]);
    wr__buffer_uleb(out, u32_size(count));
    wr__buffer_uleb(out, count);
    return;
  }
  bool has_count = which != WR__SECTION_START;
  if (has_count ? !section->count : !p->has_start) return;
  wr__buffer_byte(out, section_ids[which]);
  wr__buffer_uleb(out, section->bytes.size + (has_count ? u32_size(section->count) : 0));
  if (has_count) wr__buffer_uleb(out, section->count);
  p->section_starts[which] = out->size;
  wr__buffer_append(out, &section->bytes);
}

void wr__assemble(wr__parser *p, wr__buffer *out) {
  wr__buffer_bytes(out, "\0asm\1\0\0\0", 8);
  write_customs_at(p, 0, out);
  for (uint32_t i = 0; i < WR__SECTION_COUNT; i++) {
    write_customs_at(p, 2 * i + 1, out);
    if (i == WR__SECTION_CODE) write_hints(p, out);
    write_section(p, (wr__text_section)i, out);
    write_customs_at(p, 2 * i + 2, out);
  }
  write_names(p, out);
  write_customs_at(p, 2 * WR__SECTION_COUNT + 1, out);
}
