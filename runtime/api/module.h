/* Modules as the embedder holds them. */
#ifndef WR__API_MODULE_H
#define WR__API_MODULE_H

#include "api/handles.h"

static inline wr__module *wr__api_module_of(const wasm_module_t *module) {
  return module->ref.of.module->module;
}

/* A handle of a module (whose count is taken, also on failure); NULL when out of memory. */
wasm_module_t *wr__api_module_handle(wr__module *module);

/* A file's bytes as a binary module, text parsed: *bytes is freed with wr__file_free. */
wr_status wr__api_read_binary(const char *path, const uint8_t **bytes, size_t *size, bool *mapped,
                              wr_error *error);
/* Takes the bytes, on failure too. */
wr_status wr__api_decode_owned(wr__engine *engine, const uint8_t *bytes, size_t size, bool mapped,
                               wasm_module_t **out, wr_error *error);
wr_status wr__api_hand_out(wr__module *module, wasm_module_t **out, wr_error *error);

#endif
