/* Modules as the embedder holds them. */
#ifndef WR__API_MODULE_H
#define WR__API_MODULE_H

#include "api/handles.h"

static inline wr__module *wr__api_module_of(const wasm_module_t *module) {
  return module->ref.of.module->module;
}

/* A handle of a module (whose count is taken, also on failure); NULL when out of memory. */
wasm_module_t *wr__api_module_handle(wr__module *module);

#endif
