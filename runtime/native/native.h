/* Native code as an engine: it runs the instances of modules that have an image. */
#ifndef WR__NATIVE_H
#define WR__NATIVE_H

#include "engine/engine.h"
#include "image/image.h"

extern const wr__engine_ops wr__native_engine;

/* ---- mixed.c: instances that another engine runs, with native code of some functions */

/* wr__native_install: functions of the image are native in the instance from their next call on, in
 * every engine. What cannot run in it stays out. By the store's thread. Errors  WR_OUT_OF_MEMORY.
 */
wr_status wr__native_install(wr__instance *instance, const wr__image *image);
/* The same for one function: from the last image that has it. */
wr_status wr__native_install_func(wr__func *func);
/* The way from a loop on, with *way for its place. False: no image that runs in the instance has
 * one. */
bool wr__native_find_way(wr__func *func, uint32_t loop, wr__loop_way *way);

/* ---- native.c, for mixed.c */

/* NULL, or why the image's code cannot run in the instance. */
const char *wr__native_obstacle(const wr__instance *instance, const wr__image *image);
/* What native code finds in an instance. */
wr_status wr__native_prepare(wr__instance *instance);
void wr__native_set_code(wr__func *func, const wr__image *image);
/* Runs the code of a function, or from a loop on, by its wrapper. */
wr_status wr__native_run(wr__exec *exec, wr__func *func, uint64_t *slots, const void *code,
                         const void *wrapper);

/* ---- module.c */

/* wr__native_attach: gives an image to a module, once and before instances are made; *image is
 * taken, on failure too. is_signed: image and module were signed together, so that they belong
 * together. Errors  WR_UNSUPPORTED: it was made from another module; WR_OUT_OF_MEMORY. */
wr_status wr__native_attach(wr__module *module, wr__image *image, bool is_signed, wr_error *error);
/* Notes why the native code that came with a module is not used. False: out of memory. */
bool wr__native_refuse(wr__module *module, const char *why);
/* wr__native_add_partial: one more image of some functions of a module, whose instances other
 * engines run; *image is taken, on failure too. One thread at a time. Errors as
 * wr__native_attach. */
wr_status wr__native_add_partial(wr__module *module, wr__image *image, wr_error *error);
/* The last of those; the others follow. Async-signal-safe. */
const wr__image *wr__native_partial(const wr__module *module);
/* The module's image, or NULL. */
const wr__image *wr__native_image(const wr__module *module);
/* Why the native code that came with the module is not used; NULL: there was none. */
const char *wr__native_refusal(const wr__module *module);

#endif
