/* The line table of an image: which instruction of the module code belongs to. Rows are stored as
 * differences, and read from the start of a block of them. Whatever the bytes are, reading stays
 * inside the image. */
#ifndef WR__IMAGE_LINES_H
#define WR__IMAGE_LINES_H

#include "image/image.h"

/* From this pc (an image offset) on, code belongs to the instruction at module_offset; 0: to none;
 * with WR__IMAGE_PLACE, to that of a place. */
typedef struct wr__image_line {
  uint32_t pc;
  uint32_t module_offset;
} wr__image_line;

typedef struct wr__image_rows {
  wr__image_line row; /* after a call of next that said true */
  const wr__image *image;
  uint32_t index; /* of the next row */
  const uint8_t *at;
  uint32_t last[2]; /* what differences are to */
} wr__image_rows;

/* Rows in the order of pc, from the last block whose rows begin at or below pc. */
wr__image_rows wr__image_rows_at(const wr__image *image, uint32_t pc);
bool wr__image_rows_next(wr__image_rows *rows);

#endif
