/* Descriptions of components: imports and exports with their types as WIT writes them, core modules
 * with their sizes. A type that has a name is written by its name; a line that grows too long is
 * cut off, so that shared types cost no more than their lines. */
#include "component/describe.h"

#include "component/decoder.h"

enum { LONGEST_LINE = 4096, MOST_LINES = 1000000 };

typedef struct describer {
  wr__buffer line;
  wr__ptrmap names; /* types, and resources, to the extern that names them */
  wr_write_fn write;
  void *context;
  uint32_t lines;
  bool failed, is_cut; /* out of memory; too many lines */
} describer;

static bool is_full(const describer *d) { return d->line.size > LONGEST_LINE; }

static void put(describer *d, const char *text) {
  if (!is_full(d)) wr__buffer_text(&d->line, text);
}

static void put_name(describer *d, wr__span name) {
  if (!is_full(d)) wr__buffer_bytes(&d->line, name.data, name.size < 500 ? name.size : 500);
}

static void end_line(describer *d) {
  if (is_full(d)) {
    d->line.size = LONGEST_LINE;
    while (d->line.size && (d->line.data[d->line.size] & 0xc0) == 0x80) d->line.size--;
    wr__buffer_text(&d->line, " ...");
  }
  wr__buffer_byte(&d->line, '\n');
  if (d->line.failed)
    d->failed = true;
  else
    d->write(d->context, (const char *)d->line.data, d->line.size);
  d->line.size = 0;
  if (++d->lines == MOST_LINES) d->is_cut = true;
}

static void indent(describer *d, unsigned depth) {
  for (unsigned i = 0; i < depth; i++) put(d, "  ");
}

/* ---- Types ---- */

static void put_type(describer *d, const wr_component_type *type);

static const wr__cextern *name_of(const describer *d, const void *key) {
  return (const wr__cextern *)wr__ptrmap_get(&d->names, key);
}

static void put_resource(describer *d, const wr_component_type *type) {
  const wr__cextern *named = name_of(d, type);
  if (!named) named = name_of(d, type->resource);
  if (named)
    put_name(d, named->name);
  else
    put(d, "resource");
}

/* name: type, with commas between them. */
static void put_fields(describer *d, const wr_component_type *type) {
  for (uint32_t i = 0; i < type->field_count && !is_full(d); i++) {
    const wr__cfield *field = &type->fields[i];
    if (i) put(d, ", ");
    put_name(d, field->name);
    if (field->name.size && field->type) put(d, ": ");
    if (field->type) put_type(d, field->type);
  }
}

static void put_cases(describer *d, const wr_component_type *type) {
  for (uint32_t i = 0; i < type->field_count && !is_full(d); i++) {
    if (i) put(d, ", ");
    put_name(d, type->fields[i].name);
    if (!type->fields[i].type) continue;
    put(d, "(");
    put_type(d, type->fields[i].type);
    put(d, ")");
  }
}

static void put_result(describer *d, const wr_component_type *type) {
  const wr_component_type *ok = type->fields[0].type, *error = type->fields[1].type;
  put(d, "result");
  if (!ok && !error) return;
  put(d, "<");
  if (ok)
    put_type(d, ok);
  else
    put(d, "_");
  if (error) {
    put(d, ", ");
    put_type(d, error);
  }
  put(d, ">");
}

static void put_func(describer *d, const wr_component_type *type) {
  put(d, "func(");
  put_fields(d, type);
  put(d, ")");
  if (!type->element) return;
  put(d, " -> ");
  put_type(d, type->element);
}

static void put_enclosed(describer *d, const wr_component_type *type, const char *open,
                         const char *close) {
  put(d, wr__ctype_kind_name(type->kind));
  put(d, open);
  if (type->kind == WR__CTYPE_LIST)
    put_type(d, type->element);
  else if (type->kind == WR__CTYPE_OPTION)
    put_type(d, type->fields[1].type);
  else if (type->kind == WR__CTYPE_OWN || type->kind == WR__CTYPE_BORROW)
    put_resource(d, type->element);
  else if (type->kind == WR__CTYPE_VARIANT || type->kind == WR__CTYPE_ENUM)
    put_cases(d, type);
  else
    put_fields(d, type);
  put(d, close);
}

static void put_definition(describer *d, const wr_component_type *type) {
  switch (type->kind) {
    case WR__CTYPE_RECORD:
    case WR__CTYPE_VARIANT:
    case WR__CTYPE_ENUM:
    case WR__CTYPE_FLAGS:
      put_enclosed(d, type, " { ", " }");
      return;
    case WR__CTYPE_TUPLE:
    case WR__CTYPE_LIST:
    case WR__CTYPE_OPTION:
    case WR__CTYPE_OWN:
    case WR__CTYPE_BORROW:
      put_enclosed(d, type, "<", ">");
      return;
    case WR__CTYPE_RESULT:
      put_result(d, type);
      return;
    case WR__CTYPE_FUNC:
      put_func(d, type);
      return;
    default:
      put(d, wr__ctype_kind_name(type->kind));
      return;
  }
}

static void put_type(describer *d, const wr_component_type *type) {
  if (is_full(d)) return;
  const wr__cextern *named = name_of(d, type);
  if (named)
    put_name(d, named->name);
  else
    put_definition(d, type);
}

/* ---- Imports and exports ---- */

static void note_name(describer *d, const wr__cextern *item) {
  if (item->sort != WR__SORT_TYPE) return;
  const wr_component_type *type = item->type;
  if (!wr__ptrmap_get(&d->names, type) && !wr__ptrmap_set(&d->names, type, item)) d->failed = true;
  if (type->kind == WR__CTYPE_RESOURCE && !wr__ptrmap_get(&d->names, type->resource) &&
      !wr__ptrmap_set(&d->names, type->resource, item))
    d->failed = true;
}

/* "type a = b" if it has a name already, and "resource r" for a new one. */
static void put_named_type(describer *d, const wr__cextern *item) {
  const wr_component_type *type = item->type;
  const wr__cextern *before = NULL;
  if (type->kind == WR__CTYPE_RESOURCE) before = name_of(d, type->resource);
  put(d, type->kind == WR__CTYPE_RESOURCE && !before ? "resource " : "type ");
  put_name(d, item->name);
  if (before) {
    put(d, " = ");
    put_name(d, before->name);
  } else if (type->kind != WR__CTYPE_RESOURCE) {
    put(d, " = ");
    put_definition(d, type);
  }
  note_name(d, item);
}

static void describe_extern(describer *d, const wr__cextern *item, unsigned depth,
                            const char *prefix) {
  indent(d, depth);
  put(d, prefix);
  if (item->sort == WR__SORT_TYPE) {
    put_named_type(d, item);
  } else {
    put_name(d, item->name);
    put(d, ": ");
    if (item->sort == WR__SORT_FUNC)
      put_func(d, item->type);
    else
      put(d, wr__sort_name(item->sort));
  }
  end_line(d);
  if (item->sort != WR__SORT_INSTANCE) return;
  for (uint32_t i = 0; i < item->type->scope->export_count && !d->failed && !d->is_cut; i++)
    describe_extern(d, &item->type->scope->exports[i], depth + 1, "");
}

/* ---- Core modules ---- */

static void describe_modules(describer *d, const wr__component *c) {
  for (uint32_t i = 0; i < c->module_count; i++) {
    const wr__cmodule *module = &c->modules[i];
    wr__span name = wr__module_name(module->module);
    wr__buffer_format(&d->line, "core module at 0x%llx, %llu bytes",
                      (unsigned long long)module->offset, (unsigned long long)module->size);
    if (name.size) {
      put(d, ": ");
      put_name(d, name);
    }
    end_line(d);
  }
  for (uint32_t i = 0; i < c->component_count; i++) describe_modules(d, c->components[i]);
}

wr_status wr__component_describe(const wr__component *component, wr_write_fn write, void *context) {
  describer d = {.write = write, .context = context};
  const wr__cscope *scope = component->type->scope;
  for (uint32_t i = 0; i < scope->import_count && !d.failed && !d.is_cut; i++)
    describe_extern(&d, &scope->imports[i], 0, "import ");
  for (uint32_t i = 0; i < scope->export_count && !d.failed && !d.is_cut; i++)
    describe_extern(&d, &scope->exports[i], 0, "export ");
  if (!d.failed) describe_modules(&d, component);
  wr__ptrmap_free(&d.names);
  wr__buffer_free(&d.line);
  return d.failed ? WR_OUT_OF_MEMORY : WR_OK;
}
