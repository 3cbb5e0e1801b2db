/* `wasmrun inspect` of a component: what it imports and exports, with types, and its core modules.
 */
#include <string.h>

#include "inspect.h"

static void print_line(void *context, const char *text, size_t size) {
  (void)context;
  fwrite(text, 1, size, stdout);
}

static json_t *extern_json(wr_component_extern item) {
  return json_pack("{s:s%, s:s}", "name", item.name, item.name_size, "kind", item.kind);
}

/* The description's lines, without their ends. */
static void add_line(void *context, const char *text, size_t size) {
  json_array_append_new(context, json_stringn(text, size ? size - 1 : 0));
}

static int print_json(const wr_component_t *component) {
  json_t *imports = json_array(), *exports = json_array(), *lines = json_array();
  for (size_t i = 0; i < wr_component_import_count(component); i++)
    json_array_append_new(imports, extern_json(wr_component_import(component, i)));
  for (size_t i = 0; i < wr_component_export_count(component); i++)
    json_array_append_new(exports, extern_json(wr_component_export(component, i)));
  wr_status status = wr_component_describe(component, add_line, lines);
  json_t *object = json_pack("{s:s, s:o, s:o, s:o}", "kind", "component", "imports", imports,
                             "exports", exports, "description", lines);
  bool written = status == WR_OK && object && json_dumpf(object, stdout, JSON_INDENT(2)) == 0;
  if (written) putchar('\n');
  json_decref(object);
  return written ? WR__EXIT_OK : WR__EXIT_FAILED;
}

int wr__component_show(wasm_engine_t *engine, const char *path, bool as_json) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wr_component_t *component = NULL;
  if (wr_component_open(engine, path, &component, &error) != WR_OK) {
    wr__report_error(path, &error);
    return WR__EXIT_FAILED;
  }
  int exit_status = WR__EXIT_OK;
  if (as_json)
    exit_status = print_json(component);
  else if (wr_component_describe(component, print_line, NULL) != WR_OK)
    exit_status = WR__EXIT_FAILED;
  wr_component_delete(component);
  return exit_status;
}
