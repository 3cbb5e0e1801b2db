/* Native images: the layout that code takes for granted, sections, signatures, rings of keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sodium.h>

#include "image/layout.h"
#include "image/signature.h"

/* If this fails, images that were compiled before run no more. Once there are such images outside
 * of a build tree, that needs a new WR__IMAGE_VERSION; the number here follows it. */
#define LAYOUT_OF_VERSION_1 0x17cd00fba5d36498

static void layout_of_the_version(void **state) {
  (void)state;
  assert_int_equal(WR__IMAGE_VERSION, 1);
  assert_int_equal(wr__image_layout(), LAYOUT_OF_VERSION_1);
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
  assert_int_equal(wr__sections_pack(module, images, count, (wr__span){signature, signature_size},
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layout_of_the_version), cmocka_unit_test(packed_sections_are_found),
      cmocka_unit_test(any_change_is_seen),    cmocka_unit_test(cut_files_do_not_check),
      cmocka_unit_test(rings_hold_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
