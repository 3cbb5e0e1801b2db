/* Compiled modules that are kept for the next run: complete files, signed by the user's key, in a
 * folder of the user's alone, named by everything that went into them. So whoever finds one by its
 * name has what compiling again would give; two runs that compile the same write the same.
 *
 * The folder is bounded: what was not used for longest goes first. */
#ifndef WR__CACHE_H
#define WR__CACHE_H

#include "image/compiler.h"

typedef struct wr__cache_name {
  char text[80]; /* of the file */
} wr__cache_name;

/* The name for a module's bytes compiled with these options on this machine. */
wr__cache_name wr__cache_name_of(const wr__engine *engine, wr__span module,
                                 const wr_compile_options *options);

/* wr__cache_open: the module, with its code, from the cache; NULL: it is not there, or not good. */
wr__module *wr__cache_open(wr__engine *engine, const wr__cache_name *name, wr__span module);
/* wr__cache_keep: signs and stores an image. Errors WR_IO, WR_OUT_OF_MEMORY. */
wr_status wr__cache_keep(const wr__cache_name *name, wr__span module, wr__span image,
                         wr_error *error);

/* The files, least recently used first; *out is malloc'ed. None where there is no folder. */
wr_status wr__cache_list(wr_cache_entry **out, size_t *count, wr_error *error);
wr_status wr__cache_clear(wr_error *error);

#endif
