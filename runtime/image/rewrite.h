/* The bytes of a component with other bytes for its core modules, at any depth of nesting: how
 * native code is put into a component and taken out of it. Each core module carries its own images
 * and signature, as if it were a file. Everything else stays as it is, but for the sizes of the
 * sections around. */
#ifndef WR__IMAGE_REWRITE_H
#define WR__IMAGE_REWRITE_H

#include "base/base.h"

/* What a core module becomes: *out is malloc'ed, or NULL to leave it.
 * at  where it will begin in the new component, if sizes are fixed. */
typedef wr_status (*wr__module_replacer)(void *context, wr__span module, uint64_t at, uint8_t **out,
                                         size_t *out_size, wr_error *error);

/* wr__component_rewrite: calls replace for each core module in the order of the bytes.
 * has_fixed_sizes  sizes take five bytes, so that `at` is known; else the fewest.
 * out              malloc'ed.
 * Errors WR_MALFORMED: no component; WR_UNSUPPORTED: too large; WR_OUT_OF_MEMORY; replace's. */
wr_status wr__component_rewrite(wr__span component, bool has_fixed_sizes,
                                wr__module_replacer replace, void *context, uint8_t **out,
                                size_t *out_size, wr_error *error);

#endif
