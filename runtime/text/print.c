/* A binary module as text: the sections in their order, read twice: first for what later ones refer
 * to (types, imports, function types, names), then for printing. */
#include <stdlib.h>

#include "base/header.h"
#include "text/printer.h"

/* Sections by id, in the order of a module. Spec: binary/modules. */
static const struct {
  uint8_t id;
  const char *word; /* in the placement of a @custom annotation */
} section_order[] = {{1, "type"},       {2, "import"}, {3, "func"},   {4, "table"}, {5, "memory"},
                     {13, "tag"},       {6, "global"}, {7, "export"}, {8, "start"}, {9, "elem"},
                     {12, "datacount"}, {10, "code"},  {11, "data"}};

static const wr__space import_spaces[] = {WR__SPACE_FUNC, WR__SPACE_TABLE, WR__SPACE_MEMORY,
                                          WR__SPACE_GLOBAL, WR__SPACE_TAG};
static const char *const import_words[] = {"func", "table", "memory", "global", "tag"};

/* ---- Finding sections --------------------------------------------------------------------------
 */

/* The place of a section in the order, from 1; 0 for ids that there are not. */
static uint8_t section_place(uint8_t id) {
  for (uint8_t i = 0; i < WR_ARRAY_COUNT(section_order); i++)
    if (section_order[i].id == id) return (uint8_t)(i + 1);
  return 0;
}

static wr_status add_section(wr__printer *p, wr__cursor *c, uint8_t *last_place) {
  const wr__cursor start = *c;
  wr__print_section section = {0};
  uint32_t size;
  wr__span contents;
  WR_TRY(wr__print_byte(p, c, &section.id));
  WR_TRY(wr__print_u32(p, c, &size));
  WR_TRY(wr__print_take(p, c, size, &contents));
  section.contents = (wr__cursor){contents.data, contents.data + contents.size};
  if (section.id == 0) {
    WR_TRY(wr__print_take_name(p, &section.contents, &section.name));
    section.after = *last_place;
  } else {
    uint8_t place = section_place(section.id);
    if (!place) return wr__print_fail(p, &start, "malformed section id");
    if (place <= *last_place)
      return wr__print_fail(p, &start, "unexpected content after last section");
    *last_place = place;
  }
  if (!wr__grow32(&p->sections, &p->section_capacity, p->section_count + 1, sizeof section))
    return wr__fail_oom(p->error);
  p->sections[p->section_count++] = section;
  return WR_OK;
}

static wr_status find_sections(wr__printer *p) {
  wr__cursor c = {p->bytes, p->bytes + p->size};
  uint8_t last_place = 0;
  size_t at;
  const char *wrong = wr__header_check(p->bytes, p->size, &at);
  c.at += at;
  if (wrong) return wr__print_fail(p, &c, wrong);
  c.at = p->bytes + WR__HEADER_BYTES;
  while (c.at < c.end) WR_TRY(add_section(p, &c, &last_place));
  return WR_OK;
}

/* The section with the id, or NULL. */
static const wr__print_section *section_by_id(const wr__printer *p, uint8_t id) {
  for (uint32_t i = 0; i < p->section_count; i++)
    if (p->sections[i].id == id) return &p->sections[i];
  return NULL;
}

/* ---- Pieces
 * ---------------------------------------------------------------------------------------- */

static wr_status print_limits(wr__printer *p, wr__cursor *c, wr__buffer *out, wr__buffer *tail) {
  const wr__cursor start = *c;
  uint8_t flags;
  uint64_t bound;
  uint32_t page_log2;
  WR_TRY(wr__print_byte(p, c, &flags));
  if (flags > 15) return wr__print_fail(p, &start, "malformed limits flags");
  if (flags & 4) wr__buffer_text(out, " i64");
  WR_TRY(wr__print_u64(p, c, &bound));
  wr__buffer_format(out, " %llu", (unsigned long long)bound);
  if (flags & 1) {
    WR_TRY(wr__print_u64(p, c, &bound));
    wr__buffer_format(out, " %llu", (unsigned long long)bound);
  }
  if (flags & 2) wr__buffer_text(tail, " shared");
  if (!(flags & 8)) return WR_OK;
  WR_TRY(wr__print_u32(p, c, &page_log2));
  if (page_log2 > 31) return wr__print_fail(p, &start, "invalid custom page size");
  wr__buffer_format(tail, " (pagesize %u)", 1u << page_log2);
  return WR_OK;
}

/* The element type stands behind the limits in the text, before them in the binary. */
static wr_status print_tabletype(wr__printer *p, wr__cursor *c) {
  wr__buffer element = {0};
  wr_status status = wr__print_valtype(p, c, &element);
  if (status == WR_OK) status = print_limits(p, c, &p->out, &p->out);
  wr__buffer_append(&p->out, &element);
  wr__buffer_free(&element);
  return status;
}

static wr_status print_globaltype(wr__printer *p, wr__cursor *c) {
  wr__buffer type = {0};
  uint8_t is_mutable = 0;
  wr_status status = wr__print_valtype(p, c, &type);
  if (status == WR_OK) status = wr__print_byte(p, c, &is_mutable);
  if (status == WR_OK && is_mutable > 1) status = wr__print_fail(p, c, "malformed mutability");
  wr__buffer_text(&p->out, is_mutable ? " (mut" : "");
  wr__buffer_append(&p->out, &type);
  wr__buffer_text(&p->out, is_mutable ? ")" : "");
  wr__buffer_free(&type);
  return status;
}

/* " (type x) (param …) (result …)". */
static wr_status print_typeuse(wr__printer *p, uint32_t type_index, uint32_t names_of) {
  wr__buffer_text(&p->out, " (type");
  wr__print_index(p, &p->out, WR__SPACE_TYPE, 0, type_index);
  wr__buffer_byte(&p->out, ')');
  const wr__print_deftype *type = wr__print_functype(p, type_index);
  return wr__print_is_short(type) ? wr__print_signature(p, type, names_of, &p->out) : WR_OK;
}

/* " (op …)" for one instruction, else " wrapper op op …" in the parentheses that the caller's words
 * open. */
static wr_status print_expr(wr__printer *p, wr__cursor *c, const char *wrapper) {
  wr__buffer text = {0};
  uint32_t count = 0;
  wr_status status = wr__print_const_expr(p, c, &text, &count);
  if (status == WR_OK) {
    bool wrapped = wrapper && count != 1;
    if (wrapped) wr__buffer_format(&p->out, " (%s", wrapper);
    if (text.failed) p->out.failed = true;
    if (count == 1 && text.size) {
      wr__buffer_text(&p->out, " (");
      wr__buffer_bytes(&p->out, text.data + 1, text.size - 1);
      wr__buffer_byte(&p->out, ')');
    } else {
      wr__buffer_append(&p->out, &text);
    }
    if (wrapped) wr__buffer_byte(&p->out, ')');
  }
  wr__buffer_free(&text);
  return status;
}

/* A new line, `(word` and the entry's name. Counts the entry. */
static uint32_t begin_field(wr__printer *p, const char *word, wr__space space) {
  uint32_t index = p->counts[space]++;
  wr__print_line(&p->out, 1);
  wr__buffer_format(&p->out, "(%s", word);
  wr__print_binding(p, &p->out, space, 0, index);
  return index;
}

/* ---- What later sections refer to
 * ---------------------------------------------------------------------- */

static wr_status note_type(wr__printer *p, uint32_t **types, uint32_t *count, uint32_t *capacity,
                           uint32_t type) {
  if (!wr__grow32(types, capacity, *count + 1, sizeof **types)) return wr__fail_oom(p->error);
  (*types)[(*count)++] = type;
  return WR_OK;
}

/* The type behind an import's kind: printed where `print`. */
static wr_status import_type(wr__printer *p, wr__cursor *c, uint8_t kind, uint32_t index,
                             bool print) {
  uint32_t type;
  uint8_t attribute;
  size_t start = p->out.size;
  switch (kind) {
    case 0:
      WR_TRY(wr__print_u32(p, c, &type));
      if (!print) return note_type(p, &p->func_types, &p->func_count, &p->func_capacity, type);
      return print_typeuse(p, type, index);
    case 4:
      WR_TRY(wr__print_byte(p, c, &attribute));
      WR_TRY(wr__print_u32(p, c, &type));
      if (!print) return note_type(p, &p->tag_types, &p->tag_count, &p->tag_capacity, type);
      return print_typeuse(p, type, WR_NO_INDEX);
    case 1:
      WR_TRY(print_tabletype(p, c));
      break;
    case 2:
      WR_TRY(print_limits(p, c, &p->out, &p->out));
      break;
    default:
      WR_TRY(print_globaltype(p, c));
      break;
  }
  if (!print) p->out.size = start;
  return WR_OK;
}

static wr_status walk_imports(wr__printer *p, wr__cursor c, bool print) {
  uint32_t count;
  WR_TRY(wr__print_u32(p, &c, &count));
  for (uint32_t i = 0; i < count; i++) {
    wr__span module, name;
    uint8_t kind;
    WR_TRY(wr__print_take_name(p, &c, &module));
    WR_TRY(wr__print_take_name(p, &c, &name));
    WR_TRY(wr__print_byte(p, &c, &kind));
    if (kind > 4) return wr__print_fail(p, &c, "malformed import kind");
    uint32_t index = p->counts[import_spaces[kind]];
    if (print) {
      wr__print_line(&p->out, 1);
      wr__buffer_text(&p->out, "(import ");
      wr__print_string(&p->out, module);
      wr__buffer_byte(&p->out, ' ');
      wr__print_string(&p->out, name);
      wr__buffer_format(&p->out, " (%s", import_words[kind]);
      wr__print_binding(p, &p->out, import_spaces[kind], 0, index);
      p->counts[import_spaces[kind]]++;
    }
    WR_TRY(import_type(p, &c, kind, index, print));
    if (print) wr__buffer_text(&p->out, "))");
  }
  return WR_OK;
}

static wr_status note_functions(wr__printer *p, wr__cursor c) {
  uint32_t count, type;
  WR_TRY(wr__print_u32(p, &c, &count));
  for (uint32_t i = 0; i < count; i++) {
    WR_TRY(wr__print_u32(p, &c, &type));
    WR_TRY(note_type(p, &p->func_types, &p->func_count, &p->func_capacity, type));
  }
  return WR_OK;
}

static wr_status walk_tags(wr__printer *p, wr__cursor c, bool print) {
  uint32_t count, type;
  uint8_t attribute;
  WR_TRY(wr__print_u32(p, &c, &count));
  for (uint32_t i = 0; i < count; i++) {
    WR_TRY(wr__print_byte(p, &c, &attribute));
    WR_TRY(wr__print_u32(p, &c, &type));
    if (!print) {
      WR_TRY(note_type(p, &p->tag_types, &p->tag_count, &p->tag_capacity, type));
      continue;
    }
    begin_field(p, "tag", WR__SPACE_TAG);
    WR_TRY(print_typeuse(p, type, WR_NO_INDEX));
    wr__buffer_byte(&p->out, ')');
  }
  return WR_OK;
}

static bool is_named(const wr__print_section *section, const char *name) {
  return section->id == 0 && section->name.size == strlen(name) &&
         !memcmp(section->name.data, name, section->name.size);
}

static const char hint_section[] = "metadata.code.branch_hint";

static wr_status collect(wr__printer *p) {
  for (uint32_t i = 0; i < p->section_count; i++) {
    wr__print_section *section = &p->sections[i];
    bool ok;
    if (!p->options.no_names && is_named(section, "name"))
      WR_TRY(wr__print_read_names(p, section->contents));
    if (is_named(section, hint_section)) {
      WR_TRY(wr__print_read_hints(p, section->contents, &ok));
      if (ok) section->after = UINT8_MAX; /* shown at the instructions, not as a whole */
    }
  }
  const wr__print_section *types = section_by_id(p, 1), *imports = section_by_id(p, 2),
                          *funcs = section_by_id(p, 3), *tags = section_by_id(p, 13);
  if (types) WR_TRY(wr__print_types(p, types->contents, false));
  if (imports) WR_TRY(walk_imports(p, imports->contents, false));
  if (funcs) WR_TRY(note_functions(p, funcs->contents));
  return tags ? walk_tags(p, tags->contents, false) : WR_OK;
}

/* ---- Sections
 * ---------------------------------------------------------------------------------------------- */

static wr_status print_table(wr__printer *p, wr__cursor *c) {
  begin_field(p, "table", WR__SPACE_TABLE);
  bool has_init = c->end - c->at >= 2 && c->at[0] == 0x40 && c->at[1] == 0x00;
  if (has_init) c->at += 2;
  WR_TRY(print_tabletype(p, c));
  if (has_init) WR_TRY(print_expr(p, c, NULL));
  return WR_OK;
}

static wr_status print_memory(wr__printer *p, wr__cursor *c) {
  begin_field(p, "memory", WR__SPACE_MEMORY);
  return print_limits(p, c, &p->out, &p->out);
}

static wr_status print_global(wr__printer *p, wr__cursor *c) {
  begin_field(p, "global", WR__SPACE_GLOBAL);
  WR_TRY(print_globaltype(p, c));
  return print_expr(p, c, NULL);
}

static wr_status print_export(wr__printer *p, wr__cursor *c) {
  wr__span name;
  uint8_t kind;
  uint32_t index;
  WR_TRY(wr__print_take_name(p, c, &name));
  WR_TRY(wr__print_byte(p, c, &kind));
  if (kind > 4) return wr__print_fail(p, c, "malformed export kind");
  WR_TRY(wr__print_u32(p, c, &index));
  wr__print_line(&p->out, 1);
  wr__buffer_text(&p->out, "(export ");
  wr__print_string(&p->out, name);
  wr__buffer_format(&p->out, " (%s", import_words[kind]);
  wr__print_index(p, &p->out, import_spaces[kind], 0, index);
  wr__buffer_byte(&p->out, ')');
  return WR_OK;
}

static wr_status print_elem_items(wr__printer *p, wr__cursor *c, bool exprs) {
  uint32_t count, index;
  WR_TRY(wr__print_u32(p, c, &count));
  for (uint32_t i = 0; i < count; i++) {
    if (exprs) {
      WR_TRY(print_expr(p, c, "item"));
      continue;
    }
    WR_TRY(wr__print_u32(p, c, &index));
    wr__print_index(p, &p->out, WR__SPACE_FUNC, 0, index);
  }
  return WR_OK;
}

/* Spec binary/modules, element section: bit 0 passive or declarative, bit 1 an explicit table or
 * declarative, bit 2 expressions. */
static wr_status print_elem(wr__printer *p, wr__cursor *c) {
  uint32_t flags, table = 0;
  uint8_t kind;
  WR_TRY(wr__print_u32(p, c, &flags));
  if (flags > 7) return wr__print_fail(p, c, "malformed elements segment kind");
  bool active = !(flags & 1), exprs = flags & 4, has_type = flags & 3;
  begin_field(p, "elem", WR__SPACE_ELEM);
  if (active && (flags & 2)) WR_TRY(wr__print_u32(p, c, &table));
  if (table) {
    wr__buffer_text(&p->out, " (table");
    wr__print_index(p, &p->out, WR__SPACE_TABLE, 0, table);
    wr__buffer_byte(&p->out, ')');
  }
  if (active) WR_TRY(print_expr(p, c, "offset"));
  if ((flags & 3) == 3) wr__buffer_text(&p->out, " declare");
  if (exprs && has_type) {
    WR_TRY(wr__print_valtype(p, c, &p->out));
  } else if (has_type) {
    WR_TRY(wr__print_byte(p, c, &kind));
    if (kind) return wr__print_fail(p, c, "malformed element kind");
    wr__buffer_text(&p->out, " func");
  } else {
    wr__buffer_text(&p->out, exprs ? " funcref" : " func");
  }
  return print_elem_items(p, c, exprs);
}

static wr_status print_data(wr__printer *p, wr__cursor *c) {
  uint32_t flags, memory = 0, size;
  wr__span bytes;
  WR_TRY(wr__print_u32(p, c, &flags));
  if (flags > 2) return wr__print_fail(p, c, "malformed data segment kind");
  begin_field(p, "data", WR__SPACE_DATA);
  if (flags == 2) WR_TRY(wr__print_u32(p, c, &memory));
  if (memory) {
    wr__buffer_text(&p->out, " (memory");
    wr__print_index(p, &p->out, WR__SPACE_MEMORY, 0, memory);
    wr__buffer_byte(&p->out, ')');
  }
  if (flags != 1) WR_TRY(print_expr(p, c, "offset"));
  WR_TRY(wr__print_u32(p, c, &size));
  WR_TRY(wr__print_take(p, c, size, &bytes));
  wr__buffer_byte(&p->out, ' ');
  wr__print_string(&p->out, bytes);
  return WR_OK;
}

/* A function's local declarations: a line for all that have no names, one for each that has. */
static wr_status print_locals(wr__printer *p, wr__cursor *c, uint32_t index) {
  uint32_t runs, count;
  WR_TRY(wr__print_u32(p, c, &runs));
  for (uint32_t run = 0; run < runs; run++) {
    wr__buffer type = {0};
    const wr__cursor start = *c;
    WR_TRY(wr__print_u32(p, c, &count));
    if (count > WR__PRINT_MAX_LOCALS || index > WR__PRINT_MAX_LOCALS - count)
      return wr__print_fail(p, &start, "too many locals");
    wr_status status = wr__print_valtype(p, c, &type);
    bool open = false;
    for (uint32_t i = 0; status == WR_OK && i < count; i++, index++) {
      bool named = wr__print_name_of(p, WR__SPACE_LOCAL, p->func_index, index) != NULL;
      if (open && named) wr__buffer_byte(&p->out, ')');
      if (named || !open) {
        wr__print_line(&p->out, 2);
        wr__buffer_text(&p->out, "(local");
      }
      if (named) wr__print_binding(p, &p->out, WR__SPACE_LOCAL, p->func_index, index);
      wr__buffer_append(&p->out, &type);
      if (named) wr__buffer_byte(&p->out, ')');
      open = !named;
    }
    if (open) wr__buffer_byte(&p->out, ')');
    wr__buffer_free(&type);
    WR_TRY(status);
    WR_TRY(wr__print_flush(p));
  }
  return WR_OK;
}

static wr_status print_func(wr__printer *p, wr__cursor *c) {
  uint32_t size;
  wr__span bytes;
  WR_TRY(wr__print_u32(p, c, &size));
  WR_TRY(wr__print_take(p, c, size, &bytes));
  if (p->counts[WR__SPACE_FUNC] >= p->func_count)
    return wr__print_fail(p, c, "function and code section have inconsistent lengths");
  wr__cursor body = {bytes.data, bytes.data + bytes.size};
  p->func_index = begin_field(p, "func", WR__SPACE_FUNC);
  uint32_t type_index = p->func_types[p->func_index];
  WR_TRY(print_typeuse(p, type_index, p->func_index));
  const wr__print_deftype *type = wr__print_functype(p, type_index);
  WR_TRY(print_locals(p, &body, type ? type->param_count : 0));
  WR_TRY(wr__print_body(p, &body, bytes.data));
  if (body.at != body.end) return wr__print_fail(p, &body, "END opcode expected");
  return WR_OK;
}

static wr_status print_start(wr__printer *p, wr__cursor c) {
  uint32_t index;
  WR_TRY(wr__print_u32(p, &c, &index));
  wr__print_line(&p->out, 1);
  wr__buffer_text(&p->out, "(start");
  wr__print_index(p, &p->out, WR__SPACE_FUNC, 0, index);
  wr__buffer_byte(&p->out, ')');
  return WR_OK;
}

/* A section that is a vector of fields. */
static wr_status print_vector(wr__printer *p, wr__cursor c,
                              wr_status (*print)(wr__printer *, wr__cursor *)) {
  uint32_t count;
  WR_TRY(wr__print_u32(p, &c, &count));
  for (uint32_t i = 0; i < count; i++) {
    WR_TRY(print(p, &c));
    wr__buffer_byte(&p->out, ')');
    WR_TRY(wr__print_flush(p));
  }
  return WR_OK;
}

static void print_custom(wr__printer *p, const wr__print_section *section) {
  if (section->after == UINT8_MAX || (!p->options.no_names && is_named(section, "name"))) return;
  wr__print_line(&p->out, 1);
  wr__buffer_text(&p->out, "(@custom ");
  wr__print_string(&p->out, section->name);
  if (section->after < WR_ARRAY_COUNT(section_order)) {
    bool first = section->after == 0;
    wr__buffer_format(&p->out, " (%s %s)", first ? "before" : "after",
                      first ? "first" : section_order[section->after - 1].word);
  }
  wr__buffer_byte(&p->out, ' ');
  wr__print_string(&p->out, (wr__span){section->contents.at,
                                       (size_t)(section->contents.end - section->contents.at)});
  wr__buffer_byte(&p->out, ')');
}

static wr_status print_section(wr__printer *p, const wr__print_section *section) {
  switch (section->id) {
    case 0:
      print_custom(p, section);
      return WR_OK;
    case 1:
      return wr__print_types(p, section->contents, true);
    case 2:
      return walk_imports(p, section->contents, true);
    case 4:
      return print_vector(p, section->contents, print_table);
    case 5:
      return print_vector(p, section->contents, print_memory);
    case 6:
      return print_vector(p, section->contents, print_global);
    case 7:
      return print_vector(p, section->contents, print_export);
    case 8:
      return print_start(p, section->contents);
    case 9:
      return print_vector(p, section->contents, print_elem);
    case 10:
      return print_vector(p, section->contents, print_func);
    case 11:
      return print_vector(p, section->contents, print_data);
    case 13:
      return walk_tags(p, section->contents, true);
    default:
      return WR_OK; /* functions are printed with their code; the data count is implied */
  }
}

wr_status wr__print_core_externtype(wr__printer *p, wr__cursor *c, uint8_t kind) {
  return import_type(p, c, kind, WR_NO_INDEX, true);
}

/* head is what stands before the fields, id the name that it gives. */
static wr_status print_module(wr__printer *p, const char *head, wr__span id) {
  WR_TRY(find_sections(p));
  WR_TRY(collect(p));
  wr__buffer_text(&p->out, head);
  bool has_id = id.data && p->module_name.data && id.size == p->module_name.size &&
                !memcmp(id.data, p->module_name.data, id.size);
  if (p->module_name.data && !has_id) {
    wr__buffer_text(&p->out, " (@name ");
    wr__print_string(&p->out, p->module_name);
    wr__buffer_byte(&p->out, ')');
  }
  for (uint32_t i = 0; i < p->section_count; i++) WR_TRY(print_section(p, &p->sections[i]));
  if (p->counts[WR__SPACE_FUNC] != p->func_count)
    return wr__fail(p->error, WR_MALFORMED, (uint64_t)(p->bytes + p->size - p->origin),
                    "function and code section have inconsistent lengths");
  wr__buffer_byte(&p->out, ')');
  return WR_OK;
}

void wr__print_free(wr__printer *p) {
  wr__buffer_free(&p->out);
  free(p->sections);
  free(p->types);
  free(p->func_types);
  free(p->tag_types);
  free(p->hints);
  free(p->labels);
  wr__instr_reader_free(&p->reader);
  for (int i = 0; i < WR__SPACE_COUNT; i++) free(p->names[i].items);
  wr__symbols_free(&p->used_names);
}

wr_status wr__print_nested(wr__span module, const uint8_t *origin, wr__span id, const char *head,
                           const wr_print_options *options, wr_text_write write, void *context,
                           wr_error *error) {
  wr__printer p = {.bytes = module.data,
                   .size = module.size,
                   .origin = origin,
                   .error = error,
                   .options = *options,
                   .write = write,
                   .context = context,
                   .func_index = WR_NO_INDEX};
  wr_status status = print_module(&p, head, id);
  if (status == WR_OK) status = wr__print_finish(&p);
  wr__print_free(&p);
  return status;
}

wr_status wr__text_print(const void *bytes, size_t size, const wr_print_options *options,
                         wr_text_write write, void *context, wr_error *error) {
  static const wr_print_options plain = {0};
  if (!options) options = &plain;
  if (wr__component_print_is(bytes, size))
    return wr__component_print(bytes, size, options, write, context, error);
  wr__span module = {bytes, size};
  WR_TRY(wr__print_nested(module, bytes, (wr__span){0}, "(module", options, write, context, error));
  if (!write(context, "\n", 1))
    return wr__fail(error, WR_IO, WR_NO_OFFSET, "the text cannot be written");
  return WR_OK;
}
