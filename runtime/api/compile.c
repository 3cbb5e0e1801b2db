/* Native code through the public interface. */
#include <stdlib.h>

#include "api/module.h"
#include "image/compiler.h"
#include "image/image.h"

void wr_compile_options_init(wr_compile_options *options) {
  *options = (wr_compile_options){.level = '2'};
}

wr_status wr_module_compile(wasm_module_t *module, const wr_compile_options *options,
                            wr_error *error) {
  if (!module) return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "module is missing");
  wr__module *m = wr__api_module_of(module);
  if (m->image) return WR_OK;
  wr_compile_options defaults;
  wr_compile_options_init(&defaults);
  uint8_t *image;
  size_t size;
  WR_TRY(wr__compiler_run(m, options ? options : &defaults, &image, &size, error));
  wr_status status = wr__image_load(m, image, size, error);
  free(image);
  return status;
}

bool wr_module_is_native(const wasm_module_t *module) {
  return module && wr__api_module_of(module)->image;
}
