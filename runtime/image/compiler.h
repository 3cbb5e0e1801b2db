/* The compiler program, from the runtime's side. */
#ifndef WR__IMAGE_COMPILER_H
#define WR__IMAGE_COMPILER_H

#include "image/format.h"
#include "module/module.h"
#include "platform/process.h"
#include "config/engine.h"

/* The compiler's path, where it is known without a search; false where it would be looked for in
 * PATH. */
bool wr__compiler_path(const wr_compile_options *options, char *path, size_t size);

/* What is compiled, if not all of the module, and by what another thread ends it. */
typedef struct wr__compiler_batch {
  const wr__image_want *wants;
  size_t count;
  wr__process_handle *handle; /* may be NULL */
  int niceness;               /* how far below this process's priority the compiler's is */
  uint32_t plain_from;        /* functions of so many bytes get level 0; 0: none for their size */
} wr__compiler_batch;

/* Some functions of the module; else as wr__compiler_run. */
wr_status wr__compiler_run_batch(const wr__module *module, const wr_compile_options *options,
                                 const wr__compiler_batch *batch, uint8_t **image,
                                 size_t *image_size, wr_error *error);

/* Compiles the module's bytes; *image is malloc'ed. Errors as wr_module_compile. */
wr_status wr__compiler_run(const wr__module *module, const wr_compile_options *options,
                           uint8_t **image, size_t *image_size, wr_error *error);

#endif
