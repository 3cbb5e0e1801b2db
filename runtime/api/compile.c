/* Compiling through the public interface, and whether native code is used. */
#include <stdlib.h>

#include "api/module.h"
#include "image/compiler.h"
#include "native/native.h"

void wr_compile_options_init(wr_compile_options *options) {
  *options = (wr_compile_options){.level = '2'};
}

wr_status wr_module_compile(wasm_module_t *module, const wr_compile_options *options,
                            wr_error *error) {
  if (!module) return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "module is missing");
  wr__module *m = wr__api_module_of(module);
  if (wr__native_image(m)) return WR_OK;
  wr_compile_options defaults;
  wr_compile_options_init(&defaults);
  uint8_t *bytes;
  size_t size;
  WR_TRY(wr__compiler_run(m, options ? options : &defaults, &bytes, &size, error));
  wr__image_source source = {.bytes = {bytes, size}, .fd = -1};
  wr__image *image;
  wr_status status = wr__image_map(&source, &image, error);
  free(bytes);
  return status == WR_OK ? wr__native_attach(m, image, false, error) : status;
}

wr_status wr_module_compile_image(const wasm_module_t *module, const wr_compile_options *options,
                                  wasm_byte_vec_t *image, wr_error *error) {
  if (!module || !image)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "module or image is missing");
  wr_compile_options defaults;
  wr_compile_options_init(&defaults);
  uint8_t *bytes;
  size_t size;
  WR_TRY(wr__compiler_run(wr__api_module_of(module), options ? options : &defaults, &bytes, &size,
                          error));
  *image = (wasm_byte_vec_t){size, (char *)bytes};
  return WR_OK;
}

bool wr_module_is_native(const wasm_module_t *module) {
  return module && wr__native_image(wr__api_module_of(module));
}

const char *wr_module_native_refusal(const wasm_module_t *module) {
  return module ? wr__native_refusal(wr__api_module_of(module)) : NULL;
}

const char *wr_instance_native_refusal(const wasm_instance_t *instance) {
  const wr__instance *i = instance ? instance->ref.of.instance : NULL;
  if (!i || i->engine == &wr__native_engine) return NULL;
  return i->refusal ? i->refusal : wr__native_refusal(i->module);
}
