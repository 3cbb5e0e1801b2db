/* Native images: the layout that code takes for granted, sections, signatures, rings of keys, line
 * tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sodium.h>

#include "image/layout.h"
#include "image/lines.h"
#include "trust/signature.h"

/* If this fails, images that were compiled before run no more. Once there are such images outside
 * of a build tree, that needs a new WR__IMAGE_VERSION; the number here follows it. */
#define LAYOUT_OF_VERSION_4 0xadd6e77720049c08

static void layout_of_the_version(void **state) {
  (void)state;
  assert_int_equal(WR__IMAGE_VERSION, 4);
  assert_int_equal(wr__image_layout(), LAYOUT_OF_VERSION_4);
}

/* A module of a code section and two custom ones. */
static const uint8_t module_bytes[] = {0, 'a', 's', 'm', 1,   0,   0, 0, 0, 4,   2,   'h', 'i',
                                       7, 0,   3,   2,   'y', 'o', 0, 5, 4, 'n', 'a', 'm', 'e'};
static const wr__span module = {module_bytes, sizeof module_bytes};

static wr__signing_key make_key(void) {
  wr__signing_key key = {.public_key = {.name = "test"}};
  assert_true(sodium_init() >= 0);
  crypto_sign_keypair(key.public_key.bytes, key.secret);
  return key;
}

/* Packs images of these sizes, whose bytes are their number. The caller frees the file. */
static uint8_t *pack(const size_t *sizes, uint32_t count, size_t *size) {
  wr__signing_key key = make_key();
  wr__span images[4];
  uint8_t *signature, *file;
  size_t signature_size;
  for (uint32_t i = 0; i < count; i++) {
    uint8_t *bytes = malloc(sizes[i]);
    memset(bytes, (int)i + 1, sizes[i]);
    images[i] = (wr__span){bytes, sizes[i]};
  }
  assert_int_equal(wr__sign(module, images, count, &key, &signature, &signature_size, NULL), WR_OK);
  assert_int_equal(wr__sections_pack(module, 0, images, count, (wr__span){signature, signature_size},
                                     &file, size, NULL),
                   WR_OK);
  for (uint32_t i = 0; i < count; i++) free((void *)(uintptr_t)images[i].data);
  free(signature);
  return file;
}

static void packed_sections_are_found(void **state) {
  (void)state;
  static const size_t sizes[] = {70000, 1, 3 << 20};
  size_t size;
  uint8_t *file = pack(sizes, 3, &size);
  wr__sections s;
  assert_true(wr__sections_find(file, size, &s));
  assert_int_equal(s.image_count, 3);
  assert_int_equal(s.module_bytes, sizeof module_bytes);
  assert_memory_equal(file, module_bytes, sizeof module_bytes);
  for (uint32_t i = 0; i < 3; i++) {
    assert_int_equal(s.images[i].size, sizes[i]);
    assert_int_equal(s.images[i].data[0], i + 1);
    assert_int_equal((s.images[i].data - file) % WR__IMAGE_ALIGN, 0);
  }
  assert_true(wr__sections_are_last(file + size - WR__SECTIONS_TAIL_BYTES));
  uint8_t *stripped = wr__sections_module(&s);
  assert_memory_equal(stripped, module_bytes, sizeof module_bytes);
  free(stripped);
  free(file);
}

/* Every bit counts, of what the image that will run is checked for. */
static void any_change_is_seen(void **state) {
  (void)state;
  static const size_t sizes[] = {100, 1500000};
  size_t size;
  uint8_t *file = pack(sizes, 2, &size);
  wr__sections s;
  assert_true(wr__sections_find(file, size, &s));
  assert_null(wr__signature_check(&s, 0));
  assert_null(wr__signature_check(&s, 1));
  size_t first = (size_t)(s.images[0].data - file), second = (size_t)(s.images[1].data - file);
  size_t mark = (size_t)(s.signature.data - file);
  const size_t places[] = {9,          sizeof module_bytes - 1,
                           first,      first + 99,
                           mark,       mark + 40,
                           mark + 96,  mark + 104,
                           mark + 112, mark + 120,
                           mark + 136};
  for (size_t i = 0; i < WR_ARRAY_COUNT(places); i++) {
    file[places[i]] ^= 4;
    if (wr__sections_find(file, size, &s)) assert_non_null(wr__signature_check(&s, 0));
    file[places[i]] ^= 4;
  }
  file[second + 1200000] ^= 1; /* another target's code is not read */
  assert_true(wr__sections_find(file, size, &s));
  assert_null(wr__signature_check(&s, 0));
  assert_non_null(wr__signature_check(&s, 1));
  free(file);
}

/* Cut anywhere, a file is no file of ours any more, or one that does not check. */
static void cut_files_do_not_check(void **state) {
  (void)state;
  static const size_t sizes[] = {3000};
  size_t size;
  uint8_t *file = pack(sizes, 1, &size);
  for (size_t cut = 0; cut < size; cut += cut < 100 || cut + 5000 > size ? 1 : 1009) {
    uint8_t *shorter = malloc(cut ? cut : 1); /* so that reading on is seen */
    memcpy(shorter, file, cut);
    wr__sections s;
    if (wr__sections_find(shorter, cut, &s))
      for (uint32_t i = 0; i < s.image_count; i++) assert_non_null(wr__signature_check(&s, i));
    free(shorter);
  }
  free(file);
}

static void rings_hold_keys(void **state) {
  (void)state;
  wr__signing_key a = make_key(), b = make_key();
  wr__keyring *ring = NULL;
  assert_false(wr__keyring_has(ring, &a.public_key));
  assert_true(wr__keyring_add(&ring, &a.public_key, 1));
  assert_true(wr__keyring_has(ring, &a.public_key));
  assert_false(wr__keyring_has(ring, &b.public_key));
  assert_true(wr__keyring_add(&ring, &b.public_key, 1));
  assert_true(wr__keyring_has(ring, &a.public_key) && wr__keyring_has(ring, &b.public_key));
  wr__keyring_release(ring);
}

/* ---- Line tables */

enum { LINES_OFFSET = 512 };

/* An image of which only the line table is there: blocks of 64 rows, 4 bytes apart, each 3 bytes of
 * the module further, but for the last, which is of none. */
static wr__image *make_lines(uint32_t rows) {
  wr__image *image = calloc(1, sizeof *image);
  wr__image_header *header = calloc(1, sizeof *header);
  uint32_t blocks = wr__image_line_blocks(rows);
  uint8_t *base = calloc(1, LINES_OFFSET + blocks * sizeof(wr__image_line_block) + rows * 4);
  uint8_t *start = base + LINES_OFFSET, *at = start + blocks * sizeof(wr__image_line_block);
  wr__image_line_block *block = (wr__image_line_block *)(void *)start;
  for (uint32_t i = 0; i < rows; i++) {
    bool first = i % WR__IMAGE_LINE_BLOCK == 0;
    if (first) *block++ = (wr__image_line_block){4096 + i * 4, (uint32_t)(at - start)};
    *at++ = first ? 0 : 4;
    uint32_t code = i == rows - 1 ? 0 : 1 + 4 * (first ? 100 + i * 3 : 3);
    for (; code > 127; code >>= 7) *at++ = (uint8_t)(code | 128);
    *at++ = (uint8_t)code;
  }
  header->lines_count = rows;
  header->lines_offset = LINES_OFFSET;
  *image = (wr__image){.base = base, .size = (size_t)(at - base), .header = header};
  image->line_blocks = (const wr__image_line_block *)(const void *)start;
  return image;
}

static void free_lines(wr__image *image) {
  free((void *)(uintptr_t)image->base);
  free((void *)(uintptr_t)image->header);
  free(image);
}

static uint32_t offset_at(const wr__image *image, uint32_t pc) {
  return wr__image_line_at(image, (uintptr_t)image->base + pc);
}

static void lines_are_found(void **state) {
  (void)state;
  static const uint32_t counts[] = {1, 2, 63, 64, 65, 129, 1000};
  for (size_t k = 0; k < WR_ARRAY_COUNT(counts); k++) {
    uint32_t count = counts[k];
    wr__image *image = make_lines(count);
    assert_int_equal(offset_at(image, 4095), 0);
    for (uint32_t i = 0; i < count; i++)
      for (uint32_t inside = 0; inside < 4; inside++)
        assert_int_equal(offset_at(image, 4096 + i * 4 + inside), i == count - 1 ? 0 : 100 + i * 3);
    assert_int_equal(offset_at(image, 1 << 20), 0);
    free_lines(image);
  }
}

/* Rows that say the highest bit have differences of their own. */
static void lines_of_two_kinds(void **state) {
  (void)state;
  wr__image *image = make_lines(4);
  static const uint8_t rows[] = {0, 1 + 2 * 20 + 0, 4, 1 + 2 * 2 + 1,
                                 4, 1 + 2 * 3 + 0,  4, 1 + 2 * 1 + 1};
  memcpy((uint8_t *)(uintptr_t)image->base + LINES_OFFSET + image->line_blocks[0].at, rows,
         sizeof rows);
  assert_int_equal(offset_at(image, 4096), 10);
  assert_int_equal(offset_at(image, 4100), 1 | 1u << 31);
  assert_int_equal(offset_at(image, 4104), 8);
  assert_int_equal(offset_at(image, 4108), 0 | 1u << 31);
  free_lines(image);
}

/* The image ends early, or a block points elsewhere: no row is read outside. */
static void damaged_lines_end(void **state) {
  (void)state;
  wr__image *image = make_lines(200);
  size_t whole = image->size;
  for (size_t size = LINES_OFFSET + 4 * sizeof(wr__image_line_block); size < whole; size++) {
    image->size = size;
    for (uint32_t pc = 4096; pc < 4096 + 800; pc += 4) {
      uint32_t offset = offset_at(image, pc);
      assert_true(offset == 0 || offset <= 100 + (pc - 4096) / 4 * 3);
    }
  }
  ((wr__image_line_block *)(uintptr_t)image->line_blocks)[2].at = UINT32_MAX;
  assert_int_equal(offset_at(image, 4096 + 130 * 4), 0);
  free_lines(image);
}

/* ---- Places */

enum { PLACES = 70 };

/* Sixty-four places of one call at 1000, 3 bytes apart from 500 on; then those of another, of which
 * one stands in the place before it. */
static const uint8_t *put_places(uint8_t *at, uint32_t *blocks, const uint8_t *start) {
  blocks[0] = (uint32_t)(at - start);
  for (uint32_t i = 0; i < 64; i++) {
    uint32_t code = 4 * (i ? 3 : 500);
    for (; code > 127; code >>= 7) *at++ = (uint8_t)(code | 128);
    *at++ = (uint8_t)code;
    if (i == 0) *at++ = 0xa0, *at++ = 0x1f; /* 2 * (2 * 1000) */
  }
  blocks[1] = (uint32_t)(at - start);
  static const uint8_t rows[] = {4 * 7, 4 * 9, 2 * 3 + 1, 2 * 1 + 1, 0, 0, 4 * 1 + 1, 4 * 2, 0};
  memcpy(at, rows, sizeof rows);
  return at + sizeof rows;
}

static wr__image *make_places(void) {
  wr__image *image = make_lines(1);
  free((void *)(uintptr_t)image->base);
  uint8_t *base = calloc(1, 512 + PLACES * 4), *start = base + 256;
  uint32_t *blocks = (uint32_t *)(void *)start;
  wr__image_header *header = (wr__image_header *)(uintptr_t)image->header;
  header->places_count = PLACES;
  header->places_offset = 256;
  const uint8_t *end = put_places(start + 8, blocks, start);
  image->base = base;
  image->size = (size_t)(end - base);
  image->place_blocks = blocks;
  return image;
}

static void assert_place(const wr__image *image, uint32_t number, uint32_t module_offset,
                         uint32_t call) {
  wr__image_place place;
  assert_true(wr__image_place_at(image, WR__IMAGE_PLACE | number, &place));
  assert_int_equal(place.module_offset, module_offset);
  assert_int_equal(place.call, call);
}

static void places_are_found(void **state) {
  (void)state;
  wr__image *image = make_places();
  wr__image_place place;
  for (uint32_t i = 0; i < 64; i++) assert_place(image, i, 500 + 3 * i, 1000);
  assert_place(image, 64, 7, 9);
  assert_place(image, 65, 5, WR__IMAGE_PLACE | 64); /* -2: zigzag 3 */
  assert_place(image, 66, 5, WR__IMAGE_PLACE | 64);
  assert_place(image, 67, 5, WR__IMAGE_PLACE | 64);
  assert_place(image, 68, 6, 11);
  assert_place(image, 69, 6, 11);
  assert_false(wr__image_place_at(image, WR__IMAGE_PLACE | PLACES, &place));
  assert_false(wr__image_place_at(image, 500, &place)); /* a module offset */
  assert_int_equal(wr__image_line_offset(image, WR__IMAGE_PLACE | 1), 503);
  assert_int_equal(wr__image_line_offset(image, 503), 503);
  free_lines(image);
}

/* The image ends early, or a block points elsewhere: no place is read outside. */
static void damaged_places_end(void **state) {
  (void)state;
  wr__image *image = make_places();
  size_t whole = image->size;
  wr__image_place place;
  for (size_t size = 256 + 8; size < whole; size++) {
    image->size = size;
    for (uint32_t i = 0; i < 64; i++)
      if (wr__image_place_at(image, WR__IMAGE_PLACE | i, &place))
        assert_int_equal(place.module_offset, 500 + 3 * i);
    assert_false(wr__image_place_at(image, WR__IMAGE_PLACE | 69, &place));
  }
  image->size = whole;
  ((uint32_t *)(uintptr_t)image->place_blocks)[1] = UINT32_MAX;
  assert_false(wr__image_place_at(image, WR__IMAGE_PLACE | 64, &place));
  free_lines(image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layout_of_the_version), cmocka_unit_test(packed_sections_are_found),
      cmocka_unit_test(any_change_is_seen),    cmocka_unit_test(cut_files_do_not_check),
      cmocka_unit_test(rings_hold_keys),       cmocka_unit_test(lines_are_found),
      cmocka_unit_test(lines_of_two_kinds),    cmocka_unit_test(damaged_lines_end),
      cmocka_unit_test(places_are_found),      cmocka_unit_test(damaged_places_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
