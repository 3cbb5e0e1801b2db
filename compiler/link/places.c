/* The table of places: instructions of functions whose bodies stand where they are called.
 *
 * Lowering numbers all that it makes, with gaps between partitions. Here those stay that the line
 * table names, and the places of the calls that they stand in, which are always before them. */
#include <stdlib.h>

#include "compile.h"

enum { UNUSED = UINT32_MAX };

typedef struct places {
  wr__place_row *rows; /* all, by id */
  uint32_t *numbers;   /* of each: the new one */
  size_t count;
} places;

static bool is_place(uint32_t line) { return line & WR__IMAGE_PLACE; }

static size_t index_of(const places *p, uint32_t id) {
  size_t low = 0, high = p->count;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (p->rows[middle].id <= id)
      low = middle;
    else
      high = middle;
  }
  return low;
}

static void join_objects(places *p, const wr__object_bytes *objects, size_t object_count) {
  wr__place_row *at = p->rows;
  for (size_t i = 0; i < object_count; i++) {
    if (!objects[i].place_count) continue;
    memcpy(at, objects[i].places, objects[i].place_count * sizeof *at);
    at += objects[i].place_count;
  }
}

static void find_used(places *p, const wr__line_rows *lines) {
  for (size_t i = 0; i < p->count; i++) p->numbers[i] = UNUSED;
  for (size_t i = 0; i < lines->count; i++)
    if (is_place(lines->rows[i].line)) p->numbers[index_of(p, lines->rows[i].line)] = 0;
  for (size_t i = p->count; i-- > 0;)
    if (p->numbers[i] != UNUSED && is_place(p->rows[i].call))
      p->numbers[index_of(p, p->rows[i].call)] = 0;
}

static uint32_t new_line(const places *p, uint32_t line) {
  return is_place(line) ? WR__IMAGE_PLACE | p->numbers[index_of(p, line)] : line;
}

static void number_used(places *p, wr__line_rows *lines) {
  uint32_t used = 0;
  for (size_t i = 0; i < p->count; i++)
    if (p->numbers[i] != UNUSED) p->numbers[i] = used++;
  for (size_t i = 0; i < lines->count; i++)
    lines->rows[i].line = new_line(p, lines->rows[i].line);
  for (size_t i = p->count; i-- > 0;)
    if (p->numbers[i] != UNUSED) p->rows[i].call = new_line(p, p->rows[i].call);
  for (size_t i = 0; i < p->count; i++) {
    uint32_t number = p->numbers[i];
    if (number == UNUSED) continue;
    wr__place_row row = p->rows[i];
    p->rows[number] = (wr__place_row){WR__IMAGE_PLACE | number, row.module_offset, row.call};
  }
  p->count = used;
}

wr_status wr__places_collect(const wr__object_bytes *objects, size_t object_count,
                             wr__line_rows *lines, wr__place_row **out, size_t *count,
                             wr_error *error) {
  places p = {0};
  for (size_t i = 0; i < object_count; i++) p.count += objects[i].place_count;
  p.rows = wr__alloc_array(p.count + 1, sizeof *p.rows);
  p.numbers = wr__alloc_array(p.count + 1, sizeof *p.numbers);
  if (!p.rows || !p.numbers) {
    free(p.rows);
    free(p.numbers);
    return wr__fail_oom(error);
  }
  join_objects(&p, objects, object_count);
  find_used(&p, lines);
  number_used(&p, lines);
  free(p.numbers);
  *out = p.rows;
  *count = p.count;
  return WR_OK;
}

/* ---- The image's form */

/* What rows differ from. */
typedef struct last {
  uint32_t module_offset, call, plain_call;
  bool is_first;
} last;

static void encode_place(wr__encoder *e, const wr__place_row *row, last *last) {
  bool other = last->is_first || row->call != last->call;
  uint64_t offset = wr__zigzag(row->module_offset - last->module_offset);
  wr__encode_uleb(e, 2 * offset + (other && !last->is_first));
  if (other && is_place(row->call)) {
    wr__encode_uleb(e, 2 * (uint64_t)(row->id - row->call) + 1);
  } else if (other) {
    wr__encode_uleb(e, 2 * (uint64_t)wr__zigzag(row->call - last->plain_call));
    last->plain_call = row->call;
  }
  last->module_offset = row->module_offset;
  last->call = row->call;
  last->is_first = false;
}

size_t wr__places_encode(const wr__place_row *places, size_t count, uint8_t *out) {
  size_t start = wr__image_place_blocks((uint32_t)count) * sizeof(uint32_t);
  uint32_t *block = (uint32_t *)(void *)out;
  wr__encoder e = {out ? out + start : NULL, 0};
  last last = {0};
  for (size_t i = 0; i < count; i++) {
    if (i % WR__IMAGE_PLACE_BLOCK == 0) {
      last = (struct last){.is_first = true};
      if (block) *block++ = (uint32_t)(start + e.size);
    }
    encode_place(&e, &places[i], &last);
  }
  return start + e.size;
}
