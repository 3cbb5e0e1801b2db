/* Native images at run time: from the bytes of an image to instances whose functions run in it.
 *
 * An image is checked against its module and this machine before it is mapped; who may hand one
 * over is settled before that (open.c for files; the compiler that we started ourselves). It
 * belongs to its module, and lives as long. */
#ifndef WR__IMAGE_H
#define WR__IMAGE_H

#include "image/format.h"
#include "store/store.h"

typedef struct wr__image {
  struct wr__image *next; /* partial images of a module: made before this one */
  const uint8_t *base;    /* mapped */
  size_t size;
  uintptr_t text; /* here too: the file that the header is in may be gone */
  size_t text_bytes;
  const wr__image_header *header;
  const wr__image_func *funcs;
  const wr__image_line_block *line_blocks;
  const wr__image_body *bodies;
  const uint32_t *place_blocks;
  const wr__image_loop *loops;
  const wr__image_memory *memory; /* NULL: none */
  int fd;          /* own, of the file that the image is mapped from, for memory; -1: none */
  uint64_t offset; /* of the image in it */
} wr__image;

/* Where an image comes from. */
typedef struct wr__image_source {
  wr__span bytes;
  int fd; /* of the guarded file that holds them, to be mapped from there; -1: they are copied */
  uint64_t offset; /* in that file */
} wr__image_source;

/* wr__image_map: checks and maps an image, which may not run before it is attached.
 * Errors  WR_UNSUPPORTED with what does not fit (version, machine, processor), WR_MALFORMED,
 * WR_OUT_OF_MEMORY. */
wr_status wr__image_map(const wr__image_source *source, wr__image **out, wr_error *error);

/* Unmaps an image that no code runs in. */
void wr__image_delete(wr__image *image);

/* Is the code at that address the image's? Async-signal-safe. */
static inline bool wr__image_has(const wr__image *image, uintptr_t pc) {
  return pc - image->text < image->text_bytes;
}
/* The way into a loop of a function (index in its module), or NULL. */
const wr__image_loop *wr__image_find_loop(const wr__image *image, uint32_t func_index,
                                          uint32_t loop);

/* Does the header fit this machine and this version? NULL, or why not. Static storage. */
const char *wr__image_misfit(const wr__image_header *header);

/* memory.c: adds the first contents of memory 0 to an image of the module, where that is worth it:
 * *image is malloc'ed, and replaced. Errors WR_OUT_OF_MEMORY. */
wr_status wr__image_add_memory(const wr__module *module, uint8_t **image, size_t *size,
                               wr_error *error);
/* Maps those contents, so that what nobody writes to is shared and what nobody reads is not there.
 * *filled: that stands for all active data segments; else they are to be run. Errors
 * WR_OUT_OF_MEMORY. */
wr_status wr__image_fill_memory(const wr__image *image, wr__instance *instance, bool *filled);

/* "x86_64-linux" */
const char *wr__image_target_name(uint32_t machine);
const char *wr__image_host_target(void);
/* lines.c: the module offset of the instruction at pc, or the id of its place, or 0. */
uint32_t wr__image_line_at(const wr__image *image, uintptr_t pc);
/* An instruction of a function whose body stands where it is called. */
typedef struct wr__image_place {
  uint32_t module_offset;
  uint32_t call; /* the module offset of the call that it stands in, or the id of its place */
} wr__image_place;
/* The place of an id. False: it is a module offset, or the id of nothing. */
bool wr__image_place_at(const wr__image *image, uint32_t id, wr__image_place *place);
/* The module offset of a line. */
uint32_t wr__image_line_offset(const wr__image *image, uint32_t line);

#endif
