/* The compiler program, from the runtime's side. */
#ifndef WR__IMAGE_COMPILER_H
#define WR__IMAGE_COMPILER_H

#include "module/module.h"
#include "config/engine.h"

/* The compiler's path, where it is known without a search; false where it would be looked for in
 * PATH. */
bool wr__compiler_path(const wr_compile_options *options, char *path, size_t size);

/* Compiles the module's bytes; *image is malloc'ed. Errors as wr_module_compile. */
wr_status wr__compiler_run(const wr__module *module, const wr_compile_options *options,
                           uint8_t **image, size_t *image_size, wr_error *error);

#endif
