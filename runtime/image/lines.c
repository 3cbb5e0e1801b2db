/* Reading of line tables and of places. compiler/link/ writes them. */
#include "image/lines.h"

#include "base/leb128.h"

static uint32_t unzigzag(uint32_t value) { return value >> 1 ^ -(value & 1); }

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
  uint32_t low = rows->last[high] += unzigzag(zigzag);
  rows->row.module_offset = (low & INT32_MAX) | high << 31;
  return true;
}

uint32_t wr__image_line_at(const wr__image *image, uintptr_t pc) {
  uint32_t at = (uint32_t)(pc - (uintptr_t)image->base), line = 0;
  wr__image_rows rows = wr__image_rows_at(image, at);
  while (wr__image_rows_next(&rows) && rows.row.pc <= at) line = rows.row.module_offset;
  return line;
}

/* ---- Places */

/* What rows of a block are read with, and differ from. */
typedef struct place_rows {
  const uint8_t *at, *end;
  uint32_t number;    /* of the place that is read next */
  uint32_t last_call; /* by a module offset */
  wr__image_place place;
  bool is_first;
} place_rows;

static bool read_call(place_rows *rows) {
  uint64_t code;
  if (wr__leb_u64(&rows->at, rows->end, &code) != WR__LEB_OK) return false;
  if (code & 1)
    rows->place.call = WR__IMAGE_PLACE | (rows->number - (uint32_t)(code >> 1));
  else
    rows->place.call = rows->last_call += unzigzag((uint32_t)(code >> 1));
  return true;
}

static bool read_place(place_rows *rows) {
  uint64_t code;
  if (wr__leb_u64(&rows->at, rows->end, &code) != WR__LEB_OK) return false;
  rows->place.module_offset += unzigzag((uint32_t)(code >> 1));
  if ((code & 1 || rows->is_first) && !read_call(rows)) return false;
  rows->is_first = false;
  rows->number++;
  return true;
}

bool wr__image_place_at(const wr__image *image, uint32_t id, wr__image_place *place) {
  uint32_t number = id & ~WR__IMAGE_PLACE, block = number / WR__IMAGE_PLACE_BLOCK;
  if (!(id & WR__IMAGE_PLACE) || number >= image->header->places_count) return false;
  size_t start = image->header->places_offset;
  if (image->place_blocks[block] >= image->size - start) return false;
  place_rows rows = {.at = image->base + start + image->place_blocks[block],
                     .end = image->base + image->size,
                     .number = block * WR__IMAGE_PLACE_BLOCK,
                     .is_first = true};
  while (rows.number <= number)
    if (!read_place(&rows)) return false;
  *place = rows.place;
  return true;
}

uint32_t wr__image_line_offset(const wr__image *image, uint32_t line) {
  wr__image_place place;
  return wr__image_place_at(image, line, &place) ? place.module_offset : line;
}
