/* `wasmrun validate`: silence for a valid module or component, a line for each that is not. */
#include "commands.h"
#include "run.h"

static bool is_valid(wasm_engine_t *engine, const char *path) {
  if (!wr__run_is_component(path)) {
    wasm_module_t *module = wr__load_module(engine, path);
    if (module) wasm_module_delete(module);
    return module;
  }
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wr_component_t *component = NULL;
  if (wr_component_open(engine, path, &component, &error) != WR_OK) wr__report_error(path, &error);
  wr_component_delete(component);
  return component;
}

int wr__command_validate(const wr__parsed *parsed) {
  int exit_status;
  wasm_engine_t *engine = wr__engine_from_options(parsed, &exit_status);
  if (!engine) return exit_status;
  exit_status = WR__EXIT_OK;
  for (int i = 0; i < parsed->operand_count; i++) {
    if (!is_valid(engine, parsed->operands[i])) exit_status = WR__EXIT_FAILED;
  }
  wasm_engine_delete(engine);
  return exit_status;
}
