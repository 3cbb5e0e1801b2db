/* Native images as sections of a binary module: where they are, and how they are put in and taken
 * out. docs/image-format.md has the form.
 *
 * "The module" here is what is left without wasmrun's own sections: that is what was compiled and
 * signed, and what every offset counts from. */
#ifndef WR__SECTION_H
#define WR__SECTION_H

#include "base/base.h"
#include "image/format.h"

enum { WR__MAX_IMAGES_IN_FILE = 16, WR__MAX_MODULE_SPANS = 64 };

/* A binary that was looked through. Spans point into it. */
typedef struct wr__sections {
  wr__span images[WR__MAX_IMAGES_IN_FILE];
  uint32_t image_count;
  wr__span signature; /* the contents of the signature section; data NULL: none */
  wr__span module[WR__MAX_MODULE_SPANS]; /* one after the other, they are the module */
  uint32_t module_span_count;
  uint64_t module_bytes;
} wr__sections;

/* wr__sections_find: false where the binary has no section of ours, or is no binary at all (which
 * the decoder reports better), or has more of them than can be. */
bool wr__sections_find(const uint8_t *bytes, size_t size, wr__sections *out);

/* Do these bytes end as a signed file does? A file that does not may still hold images, if another
 * tool wrote behind them. */
enum { WR__SECTIONS_TAIL_BYTES = 8 };
bool wr__sections_are_last(const uint8_t tail[WR__SECTIONS_TAIL_BYTES]);

/* wr__sections_module: the module in one piece, malloc'ed; NULL when out of memory. */
uint8_t *wr__sections_module(const wr__sections *sections);

/* wr__sections_pack: the module, an image section for each image, aligned, and a section for the
 * signature. *out is malloc'ed. file_offset: where the module begins in the file. Errors
 * WR_OUT_OF_MEMORY, WR_UNSUPPORTED: too large. */
wr_status wr__sections_pack(wr__span module, uint64_t file_offset, const wr__span *images,
                            uint32_t image_count, wr__span signature, uint8_t **out,
                            size_t *out_size, wr_error *error);

/* A copy of the image's header (the image itself may lie unaligned); false where it is too short.
 */
bool wr__image_header_read(wr__span image, wr__image_header *out);

#endif
