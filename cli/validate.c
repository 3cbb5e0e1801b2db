/* `wasmrun validate`: silence for a valid module, a line for each that is not. */
#include "commands.h"

int wr__command_validate(const wr__parsed *parsed) {
  int exit_status;
  wasm_engine_t *engine = wr__engine_from_options(parsed, &exit_status);
  if (!engine) return exit_status;
  exit_status = WR__EXIT_OK;
  for (int i = 0; i < parsed->operand_count; i++) {
    wasm_module_t *module = wr__load_module(engine, parsed->operands[i]);
    if (module) {
      wasm_module_delete(module);
    } else {
      exit_status = WR__EXIT_FAILED;
    }
  }
  wasm_engine_delete(engine);
  return exit_status;
}
