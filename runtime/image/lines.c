/* Reading of line tables. compiler/link/lines.c writes them. */
#include "image/lines.h"

#include "base/leb128.h"

wr__image_rows wr__image_rows_at(const wr__image *image, uint32_t pc) {
  uint32_t low = 0, high = wr__image_line_blocks(image->header->lines_count);
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (image->line_blocks[middle].pc <= pc)
      low = middle;
    else
      high = middle;
  }
  return (wr__image_rows){.image = image, .index = low * WR__IMAGE_LINE_BLOCK};
}

static void start_block(wr__image_rows *rows) {
  const wr__image *image = rows->image;
  const wr__image_line_block *block = &image->line_blocks[rows->index / WR__IMAGE_LINE_BLOCK];
  size_t start = image->header->lines_offset;
  rows->row.pc = block->pc;
  rows->at = block->at < image->size - start ? image->base + start + block->at : NULL;
  rows->last[0] = rows->last[1] = 0;
}

bool wr__image_rows_next(wr__image_rows *rows) {
  const uint8_t *end = rows->image->base + rows->image->size;
  if (rows->index >= rows->image->header->lines_count) return false;
  if (rows->index % WR__IMAGE_LINE_BLOCK == 0) start_block(rows);
  uint32_t distance;
  uint64_t code;
  if (!rows->at || wr__leb_u32(&rows->at, end, &distance) != WR__LEB_OK ||
      wr__leb_u64(&rows->at, end, &code) != WR__LEB_OK)
    return false;
  rows->index++;
  rows->row.pc += distance;
  rows->row.module_offset = 0;
  if (!code--) return true;
  uint32_t high = code & 1, zigzag = (uint32_t)(code >> 1);
  uint32_t low = rows->last[high] += zigzag >> 1 ^ -(zigzag & 1);
  rows->row.module_offset = (low & INT32_MAX) | high << 31;
  return true;
}

uint32_t wr__image_line_at(const wr__image *image, uintptr_t pc) {
  uint32_t at = (uint32_t)(pc - (uintptr_t)image->base), line = 0;
  wr__image_rows rows = wr__image_rows_at(image, at);
  while (wr__image_rows_next(&rows) && rows.row.pc <= at) line = rows.row.module_offset;
  return line;
}

const wr__image_place *wr__image_place_of(const wr__image *image, uint32_t id) {
  uint32_t low = 0, high = image->header->places_count;
  while (id & WR__IMAGE_PLACE && low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (image->places[middle].id == id) return &image->places[middle];
    if (image->places[middle].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

uint32_t wr__image_line_offset(const wr__image *image, uint32_t line) {
  const wr__image_place *place = wr__image_place_of(image, line);
  return place ? place->module_offset : line;
}
