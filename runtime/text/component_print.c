/* A binary component as text: the sections in their order, components within components.
 * Spec: component-model/Binary, component definitions; name section. */
#include "text/component_printer.h"

#include <stdlib.h>

static const uint8_t preamble[8] = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};

bool wr__component_print_is(const uint8_t *bytes, size_t size) {
  return size >= sizeof preamble && !memcmp(bytes, preamble, 4) && bytes[6] == 1 && bytes[7] == 0;
}

void wr__cprint_text(wr__cprinter *c, const char *text) { wr__buffer_text(&c->p.out, text); }

/* ---- Scopes ---- */

wr_status wr__cprint_enter(wr__cprinter *c, wr__cpscope *scope) {
  wr__printer part = {.bytes = c->p.bytes,
                      .size = c->p.size,
                      .origin = c->p.origin,
                      .error = c->p.error,
                      .options = c->p.options,
                      .func_index = WR_NO_INDEX};
  *scope = (wr__cpscope){.names = part, .core_names = part, .core = part};
  c->scope = scope;
  if (++c->depth <= WR__TEXT_MAX_NESTING) return WR_OK;
  return wr__fail(c->p.error, WR_UNSUPPORTED, WR_NO_OFFSET,
                  "components and types are nested more than %u deep",
                  (unsigned)WR__TEXT_MAX_NESTING);
}

void wr__cprint_leave(wr__cprinter *c, wr__cpscope *scope, wr__cpscope *outer) {
  c->depth--;
  c->scope = outer;
  wr__print_free(&scope->names);
  wr__print_free(&scope->core_names);
  wr__print_free(&scope->core);
}

/* ---- Names and indices ---- */

/* Where the names of a sort are. Core types are with the printer of core types. */
static wr__printer *names_of(wr__cpscope *scope, uint8_t sort, wr__space *space) {
  if (sort == WR__TSORT_CORE_TYPE) {
    *space = WR__SPACE_TYPE;
    return &scope->core;
  }
  *space = (wr__space)(sort < WR__TSORT_FUNC ? sort : sort - WR__TSORT_FUNC);
  return sort < WR__TSORT_FUNC ? &scope->core_names : &scope->names;
}

static const wr__print_name *find_name(wr__cprinter *c, uint8_t sort, uint32_t index) {
  wr__space space;
  const wr__printer *names = names_of(c->scope, sort, &space);
  const wr__print_name *name = wr__print_name_of(names, space, 0, index);
  return name && name->is_id ? name : NULL;
}

void wr__cprint_bind(wr__cprinter *c, uint8_t sort) {
  uint32_t index = c->scope->counts[sort]++;
  const wr__print_name *name = find_name(c, sort, index);
  if (name) wr__print_id(&c->p.out, name->name);
  wr__buffer_format(&c->p.out, " (;%u;)", index);
}

wr_status wr__cprint_idx(wr__cprinter *c, wr__cursor *at, uint8_t sort) {
  uint32_t index;
  WR_TRY(wr__print_u32(&c->p, at, &index));
  const wr__print_name *name = find_name(c, sort, index);
  /* A name is bound when its definition has been printed. */
  if (name && index < c->scope->counts[sort])
    wr__print_id(&c->p.out, name->name);
  else
    wr__buffer_format(&c->p.out, " %u", index);
  return WR_OK;
}

wr_status wr__cprint_core_sort(wr__cprinter *c, wr__cursor *at, uint8_t *sort) {
  const wr__cursor start = *at;
  uint8_t code;
  WR_TRY(wr__print_byte(&c->p, at, &code));
  if (code <= 0x04)
    *sort = (uint8_t)(WR__TSORT_CORE_FUNC + code);
  else if (code >= 0x10 && code <= 0x12)
    *sort = (uint8_t)(WR__TSORT_CORE_TYPE + code - 0x10);
  else
    return wr__print_fail(&c->p, &start, "malformed core sort");
  return WR_OK;
}

wr_status wr__cprint_sort(wr__cprinter *c, wr__cursor *at, uint8_t *sort) {
  const wr__cursor start = *at;
  uint8_t code;
  WR_TRY(wr__print_byte(&c->p, at, &code));
  if (code == 0x00) return wr__cprint_core_sort(c, at, sort);
  if (code > 0x05) return wr__print_fail(&c->p, &start, "malformed sort");
  *sort = (uint8_t)(WR__TSORT_FUNC + code - 1);
  return WR_OK;
}

void wr__cprint_sort_words(wr__cprinter *c, uint8_t sort) {
  if (sort < WR__TSORT_FUNC) wr__cprint_text(c, "core ");
  wr__cprint_text(c, wr__ctext_sort_word(sort));
}

wr_status wr__cprint_sortidx(wr__cprinter *c, wr__cursor *at) {
  uint8_t sort;
  WR_TRY(wr__cprint_sort(c, at, &sort));
  wr__cprint_text(c, " (");
  wr__cprint_sort_words(c, sort);
  WR_TRY(wr__cprint_idx(c, at, sort));
  wr__cprint_text(c, ")");
  return WR_OK;
}

wr_status wr__cprint_core_sortidx(wr__cprinter *c, wr__cursor *at) {
  uint8_t sort;
  WR_TRY(wr__cprint_core_sort(c, at, &sort));
  wr__buffer_format(&c->p.out, " (%s", wr__ctext_sort_word(sort));
  WR_TRY(wr__cprint_idx(c, at, sort));
  wr__cprint_text(c, ")");
  return WR_OK;
}

wr_status wr__cprint_name(wr__cprinter *c, wr__cursor *at) {
  wr__span name;
  WR_TRY(wr__print_take_name(&c->p, at, &name));
  wr__cprint_text(c, " ");
  wr__print_string(&c->p.out, name);
  return WR_OK;
}

wr_status wr__cprint_extern_name(wr__cprinter *c, wr__cursor *at) {
  static const char *const words[] = {"implements", "versionsuffix", "external-id"};
  const wr__cursor start = *at;
  uint8_t kind, code;
  uint32_t count = 0;
  WR_TRY(wr__print_byte(&c->p, at, &kind));
  if (kind > 2) return wr__print_fail(&c->p, &start, "malformed name of an import or export");
  WR_TRY(wr__cprint_name(c, at));
  if (kind == 2) WR_TRY(wr__print_u32(&c->p, at, &count));
  for (uint32_t i = 0; i < count; i++) {
    const wr__cursor attribute = *at;
    WR_TRY(wr__print_byte(&c->p, at, &code));
    if (code >= WR_ARRAY_COUNT(words))
      return wr__print_fail(&c->p, &attribute, "malformed attribute");
    wr__buffer_format(&c->p.out, " (%s", words[code]);
    WR_TRY(wr__cprint_name(c, at));
    wr__cprint_text(c, ")");
  }
  return WR_OK;
}

/* ---- The name section ---- */

/* Reads the section; what is wrong with it only ends the reading. */
static wr_status read_names(wr__cprinter *c, wr__cursor at, wr__span *own) {
  wr_error unused;
  wr__cprinter quiet = *c; /* its messages are nobody's */
  quiet.p.error = &unused;
  while (at.at < at.end) {
    uint8_t id = *at.at++, sort;
    uint32_t size;
    wr__span bytes;
    wr__space space;
    bool ok;
    if (wr__print_u32(&quiet.p, &at, &size) != WR_OK ||
        wr__print_take(&quiet.p, &at, size, &bytes) != WR_OK)
      return WR_OK;
    wr__cursor inside = {bytes.data, bytes.data + bytes.size};
    if (id == 0 && wr__print_take_name(&quiet.p, &inside, &bytes) == WR_OK) *own = bytes;
    if (id != 1 || wr__cprint_sort(&quiet, &inside, &sort) != WR_OK) continue;
    wr__printer *names = names_of(c->scope, sort, &space);
    WR_TRY(wr__print_read_name_map(names, &inside, space, &ok));
  }
  return WR_OK;
}

static bool is_name_section(const wr__cprinter *c, wr__span name) {
  static const char own[] = "component-name";
  return !c->p.options.no_names && name.size == sizeof own - 1 &&
         !memcmp(name.data, own, name.size);
}

static wr_status take_section(wr__cprinter *c, wr__cursor *at, uint8_t *id, wr__cursor *contents) {
  uint32_t size;
  wr__span bytes;
  WR_TRY(wr__print_byte(&c->p, at, id));
  WR_TRY(wr__print_u32(&c->p, at, &size));
  WR_TRY(wr__print_take(&c->p, at, size, &bytes));
  *contents = (wr__cursor){bytes.data, bytes.data + bytes.size};
  return WR_OK;
}

static wr_status find_names(wr__cprinter *c, wr__cursor at, wr__span *own) {
  while (at.at < at.end) {
    uint8_t id;
    wr__cursor contents;
    wr__span name;
    WR_TRY(take_section(c, &at, &id, &contents));
    if (id != 0) continue;
    WR_TRY(wr__print_take_name(&c->p, &contents, &name));
    if (is_name_section(c, name)) WR_TRY(read_names(c, contents, own));
  }
  return WR_OK;
}

/* ---- Sections ---- */

typedef struct indented {
  wr__cprinter *printer;
  wr_status status;
} indented;

/* Takes the text of a core module, and indents its lines. */
static bool write_indented(void *context, const char *text, size_t size) {
  indented *to = context;
  wr__cprinter *c = to->printer;
  while (size) {
    const char *line = memchr(text, '\n', size);
    size_t length = line ? (size_t)(line - text) : size;
    wr__buffer_bytes(&c->p.out, text, length);
    if (line) wr__print_line(&c->p.out, c->depth);
    length += line != NULL;
    text += length;
    size -= length;
  }
  to->status = wr__print_flush(&c->p);
  return to->status == WR_OK;
}

static wr_status print_core_module(wr__cprinter *c, wr__cursor *at) {
  uint32_t index = c->scope->counts[WR__TSORT_CORE_MODULE]++;
  const wr__print_name *name = find_name(c, WR__TSORT_CORE_MODULE, index);
  wr__span bytes = {at->at, (size_t)(at->end - at->at)};
  wr__buffer head = {0};
  indented to = {c, WR_OK};
  wr__buffer_text(&head, "(core module");
  if (name) wr__print_id(&head, name->name);
  wr__buffer_format(&head, " (;%u;)", index);
  wr__buffer_byte(&head, 0);
  wr__print_line(&c->p.out, c->depth);
  wr_status status = head.failed
                         ? wr__fail_oom(c->p.error)
                         : wr__print_nested(bytes, c->p.origin, name ? name->name : (wr__span){0},
                                            (const char *)head.data, &c->p.options, write_indented,
                                            &to, c->p.error);
  wr__buffer_free(&head);
  return to.status != WR_OK ? to.status : status;
}

static wr_status print_component(wr__cprinter *c, wr__span bytes, const char *line, uint32_t index);

static wr_status print_nested_component(wr__cprinter *c, wr__cursor *at) {
  uint32_t index = c->scope->counts[WR__TSORT_COMPONENT]++;
  wr__print_line(&c->p.out, c->depth);
  return print_component(c, (wr__span){at->at, (size_t)(at->end - at->at)}, "(component", index);
}

static wr_status print_custom(wr__cprinter *c, wr__cursor *at) {
  wr__span name;
  WR_TRY(wr__print_take_name(&c->p, at, &name));
  if (is_name_section(c, name)) return WR_OK;
  wr__print_line(&c->p.out, c->depth);
  wr__cprint_text(c, "(@custom ");
  wr__print_string(&c->p.out, name);
  wr__cprint_text(c, " ");
  wr__print_string(&c->p.out, (wr__span){at->at, (size_t)(at->end - at->at)});
  wr__cprint_text(c, ")");
  return wr__print_flush(&c->p);
}

static wr_status print_start(wr__cprinter *c, wr__cursor *at) {
  uint32_t count;
  wr__print_line(&c->p.out, c->depth);
  wr__cprint_text(c, "(start");
  WR_TRY(wr__cprint_idx(c, at, WR__TSORT_FUNC));
  WR_TRY(wr__print_u32(&c->p, at, &count));
  for (uint32_t i = 0; i < count; i++) {
    wr__cprint_text(c, " (value");
    WR_TRY(wr__cprint_idx(c, at, WR__TSORT_VALUE));
    wr__cprint_text(c, ")");
  }
  const wr__cursor results = *at;
  WR_TRY(wr__print_u32(&c->p, at, &count));
  if (count > WR__PRINT_MAX_LOCALS) return wr__print_fail(&c->p, &results, "too many results");
  for (uint32_t i = 0; i < count; i++) {
    wr__cprint_text(c, " (result (value");
    wr__cprint_bind(c, WR__TSORT_VALUE);
    wr__cprint_text(c, "))");
  }
  wr__cprint_text(c, ")");
  return WR_OK;
}

/* A section that is a vector of definitions, a line each. */
static wr_status print_vector(wr__cprinter *c, wr__cursor *at,
                              wr_status (*print)(wr__cprinter *, wr__cursor *)) {
  uint32_t count;
  WR_TRY(wr__print_u32(&c->p, at, &count));
  for (uint32_t i = 0; i < count; i++) {
    wr__print_line(&c->p.out, c->depth);
    WR_TRY(print(c, at));
    WR_TRY(wr__print_flush(&c->p));
  }
  if (at->at != at->end) return wr__print_fail(&c->p, at, "section size mismatch");
  return WR_OK;
}

static wr_status print_section(wr__cprinter *c, uint8_t id, wr__cursor *at) {
  static wr_status (*const entries[])(wr__cprinter *, wr__cursor *) = {
      [WR__CSECTION_CORE_INSTANCE] = wr__cprint_core_instance,
      [WR__CSECTION_CORE_TYPE] = wr__cprint_core_type,
      [WR__CSECTION_INSTANCE] = wr__cprint_instance,
      [WR__CSECTION_ALIAS] = wr__cprint_alias,
      [WR__CSECTION_TYPE] = wr__cprint_type,
      [WR__CSECTION_CANON] = wr__cprint_canon,
      [WR__CSECTION_IMPORT] = wr__cprint_import,
      [WR__CSECTION_EXPORT] = wr__cprint_export};
  switch (id) {
    case 0:
      return print_custom(c, at);
    case WR__CSECTION_CORE_MODULE:
      return print_core_module(c, at);
    case WR__CSECTION_COMPONENT:
      return print_nested_component(c, at);
    case WR__CSECTION_START:
      return print_start(c, at);
    case 12:
      return wr__fail(c->p.error, WR_UNSUPPORTED, (uint64_t)(at->at - c->p.origin),
                      "a value section: requires the component feature values, which wasmrun "
                      "lacks");
    default:
      break;
  }
  if (id >= WR_ARRAY_COUNT(entries)) return wr__print_fail(&c->p, at, "malformed section id");
  return print_vector(c, at, entries[id]);
}

static bool same_name(wr__span a, wr__span b) {
  return a.data && b.data && a.size == b.size && !memcmp(a.data, b.data, a.size);
}

static void print_component_head(wr__cprinter *c, wr__span id, wr__span own, uint32_t index) {
  if (id.data) wr__print_id(&c->p.out, id);
  if (index != WR_NO_INDEX) wr__buffer_format(&c->p.out, " (;%u;)", index);
  if (!own.data || same_name(id, own)) return;
  if (index == WR_NO_INDEX && own.size) {
    wr__print_id(&c->p.out, own);
    return;
  }
  wr__cprint_text(c, " (@name ");
  wr__print_string(&c->p.out, own);
  wr__cprint_text(c, ")");
}

static wr_status print_sections(wr__cprinter *c, wr__cursor at) {
  while (at.at < at.end) {
    uint8_t id;
    wr__cursor contents;
    WR_TRY(take_section(c, &at, &id, &contents));
    WR_TRY(print_section(c, id, &contents));
  }
  return WR_OK;
}

/* index is the one that it has in its parent; WR_NO_INDEX for the outermost. */
static wr_status print_component(wr__cprinter *c, wr__span bytes, const char *line,
                                 uint32_t index) {
  wr__cursor at = {bytes.data, bytes.data + bytes.size};
  wr__cpscope scope, *outer = c->scope;
  wr__span own = {0};
  const wr__print_name *id = index == WR_NO_INDEX ? NULL : find_name(c, WR__TSORT_COMPONENT, index);
  if (bytes.size < sizeof preamble || memcmp(bytes.data, preamble, sizeof preamble) != 0)
    return wr__print_fail(&c->p, &at, "malformed or unsupported component version");
  at.at += sizeof preamble;
  wr_status status = wr__cprint_enter(c, &scope);
  if (status == WR_OK) status = find_names(c, at, &own);
  wr__cprint_text(c, line);
  print_component_head(c, id ? id->name : (wr__span){0}, own, index);
  if (status == WR_OK) status = print_sections(c, at);
  wr__cprint_text(c, ")");
  wr__cprint_leave(c, &scope, outer);
  return status;
}

wr_status wr__component_print(const void *bytes, size_t size, const wr_print_options *options,
                              wr_text_write write, void *context, wr_error *error) {
  wr__cprinter c = {.p = {.bytes = bytes,
                          .size = size,
                          .origin = bytes,
                          .error = error,
                          .options = *options,
                          .write = write,
                          .context = context,
                          .func_index = WR_NO_INDEX}};
  wr_status status = print_component(&c, (wr__span){bytes, size}, "(component", WR_NO_INDEX);
  wr__cprint_text(&c, "\n");
  if (status == WR_OK) status = wr__print_finish(&c.p);
  wr__print_free(&c.p);
  return status;
}
