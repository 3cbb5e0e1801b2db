/* Native code on the command line: --engine compile. */
#include <string.h>

#include "commands.h"
#include "report.h"

bool wr__compile_if_asked(const wr__parsed *parsed, wasm_module_t *module, const char *path) {
  const char *engine = wr__option_last(parsed, WR__OPTION_ENGINE);
  if (!engine || strcmp(engine, "compile") != 0) return true;
  const char *bounds = wr__option_last(parsed, WR__OPTION_BOUNDS);
  wr_compile_options options;
  wr_compile_options_init(&options);
  options.cpu = "native";
  options.bounds_explicit = bounds && strcmp(bounds, "explicit") == 0;
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  if (wr_module_compile(module, &options, &error) == WR_OK) return true;
  wr__report_error(path, &error);
  return false;
}
