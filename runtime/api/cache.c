/* Modules that are compiled when they are opened, and what is kept of that. */
#include <stdlib.h>

#include "api/module.h"
#include "trust/cache.h"
#include "native/native.h"
#include "image/section.h"
#include "platform/file.h"

/* The module without native code that it may carry: *bytes is replaced where there is some. */
static wr_status take_out_native(const uint8_t **bytes, size_t *size, bool *mapped,
                                 wr_error *error) {
  wr__sections sections;
  if (!wr__sections_find(*bytes, *size, &sections)) return WR_OK;
  uint8_t *module = wr__sections_module(&sections);
  if (!module) return wr__fail_oom(error);
  wr__file_free(*bytes, *size, *mapped);
  *bytes = module;
  *size = (size_t)sections.module_bytes;
  *mapped = false;
  return WR_OK;
}

/* Compiles a module that was decoded, and keeps the image under the name, where there is one. */
static wr_status compile_and_keep(wasm_module_t *module, const wr_compile_options *options,
                                  const wr__cache_name *name, wr_error *error) {
  wr__module *m = wr__api_module_of(module);
  uint8_t *bytes;
  size_t size;
  WR_TRY(wr__compiler_run(m, options, &bytes, &size, error));
  wr__image_source source = {.bytes = {bytes, size}, .fd = -1};
  wr__image *image;
  wr_status status = wr__image_map(&source, &image, error);
  if (status == WR_OK) status = wr__native_attach(m, image, false, error);
  if (status == WR_OK && name)
    (void)wr__cache_keep(name, (wr__span){m->bytes, m->size}, source.bytes, NULL);
  free(bytes);
  return status;
}

static wr_status open_and_compile(wr__engine *engine, const uint8_t *bytes, size_t size,
                                  bool mapped, const wr_compile_options *options,
                                  const wr__cache_name *name, wasm_module_t **out,
                                  wr_error *error) {
  wasm_module_t *module;
  WR_TRY(wr__api_decode_owned(engine, bytes, size, mapped, &module, error));
  wr_status status = compile_and_keep(module, options, name, error);
  if (status == WR_OK)
    *out = module;
  else
    wasm_module_delete(module);
  return status;
}

wr_status wr_module_open_compiled(wasm_engine_t *handle, const char *path,
                                  const wr_compile_options *options, wasm_module_t **out,
                                  wr_error *error) {
  if (!handle || !path || !out)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "engine, path or out is missing");
  wr__engine *engine = wr__api_engine(handle);
  wr_compile_options defaults;
  wr_compile_options_init(&defaults);
  if (!options) options = &defaults;
  const uint8_t *bytes;
  size_t size;
  bool mapped;
  WR_TRY(wr__api_read_binary(path, &bytes, &size, &mapped, error));
  wr_status status = take_out_native(&bytes, &size, &mapped, error);
  if (status != WR_OK) {
    wr__file_free(bytes, size, mapped);
    return status;
  }
  bool cached = engine->config.trust_user && engine->config.engine_kind != WR_ENGINE_INTERP;
  wr__span module = {bytes, size};
  wr__cache_name name;
  if (cached) name = wr__cache_name_of(engine, module, options);
  wr__module *found = cached ? wr__cache_open(engine, &name, module) : NULL;
  if (!found)
    return open_and_compile(engine, bytes, size, mapped, options, cached ? &name : NULL, out,
                            error);
  wr__file_free(bytes, size, mapped);
  return wr__api_hand_out(found, out, error);
}

wr_status wr_cache_list(wr_cache_entry **entries, size_t *count, wr_error *error) {
  if (!entries || !count)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "entries or count is missing");
  return wr__cache_list(entries, count, error);
}

void wr_cache_entries_delete(wr_cache_entry *entries) { free(entries); }

wr_status wr_cache_clear(wr_error *error) { return wr__cache_clear(error); }
