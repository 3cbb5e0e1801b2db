/* Fuzzer of decoding and validation: any bytes are a module or an error. A module that was accepted
 * must be walked again by a visitor without an error, and answer what can be asked of it. */
#include <stdlib.h>

#include "module/module.h"
#include "config/engine.h"
#include "validate/walker.h"

/* What a visitor is promised of each visit; broken promises end the fuzzer. */
static wr_status check_visit(void *context, wr__walker *w, const wr__instr *instr) {
  uint32_t *visits = context;
  if (instr->op >= WR__OP_COUNT || w->stack_count > w->max_stack_count) abort();
  if (w->ctrl_count && w->stack_count < w->ctrl[w->ctrl_count - 1].height) abort();
  for (uint32_t i = 0; i < w->stack_count; i++)
    if (w->stack[i] == WR__BOT) abort(); /* live code has no unknown operand */
  (*visits)++;
  return WR_OK;
}

static void walk_again(const wr__module *module) {
  uint32_t visits = 0;
  const wr__visitor visitor = {check_visit, &visits};
  wr_error error;
  wr__walker walker;
  wr__walker_init(&walker, module, &error);
  for (uint32_t i = module->imported_funcs; i < module->func_count; i++) {
    uint32_t before = visits;
    if (wr__walk_func(&walker, i, &visitor) != WR_OK || visits == before) abort();
    (void)wr__module_func_name(module, i);
    if (wr__module_func_at(module, module->funcs[i].code_offset) != i) abort();
  }
  wr__walker_free(&walker);
}

static void ask(const wr__module *module) {
  for (uint32_t i = 0; i < module->export_count; i++) {
    const wr__export *e = &module->exports[i];
    (void)wr__module_externtype(module, (wr_externkind)e->kind, e->index);
  }
  (void)wr__module_name(module);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  wr__engine *engine = wr__engine_new(NULL);
  if (!engine) return 0;
  wr_error error = {0};
  wr__module *module;
  wr_status status = wr__module_decode(engine, data, size, WR__BYTES_BORROWED, &module, &error);
  if (status == WR_OK) {
    walk_again(module);
    ask(module);
    wr__module_release(module);
  } else if (error.status != status || !error.message[0]) {
    abort();
  }
  wr__engine_release(engine);
  return 0;
}
