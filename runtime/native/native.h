/* Native code as an engine: it runs the instances of modules that have an image. */
#ifndef WR__NATIVE_H
#define WR__NATIVE_H

#include "engine/engine.h"
#include "image/image.h"

extern const wr__engine_ops wr__native_engine;

/* ---- module.c */

/* wr__native_attach: gives an image to a module, once and before instances are made; *image is
 * taken, on failure too. is_signed: image and module were signed together, so that they belong
 * together. Errors  WR_UNSUPPORTED: it was made from another module; WR_OUT_OF_MEMORY. */
wr_status wr__native_attach(wr__module *module, wr__image *image, bool is_signed, wr_error *error);
/* Notes why the native code that came with a module is not used. False: out of memory. */
bool wr__native_refuse(wr__module *module, const char *why);
/* The module's image, or NULL. */
const wr__image *wr__native_image(const wr__module *module);
/* Why the native code that came with the module is not used; NULL: there was none. */
const char *wr__native_refusal(const wr__module *module);

#endif
