/* Unit tests of LEB128: every length, the unused bits of the last byte, the end of the bytes.
 * Expected values are from the binary format's definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/leb128.h"

static void unsigned_numbers_of_32_bits(void **state) {
  (void)state;
  const struct {
    uint8_t bytes[6];
    size_t size;
    wr__leb result;
    uint32_t value;
  } cases[] = {
      {{0x00}, 1, WR__LEB_OK, 0},
      {{0x7f}, 1, WR__LEB_OK, 127},
      {{0x80, 0x01}, 2, WR__LEB_OK, 128},
      {{0xe5, 0x8e, 0x26}, 3, WR__LEB_OK, 624485},
      {{0x83, 0x00}, 2, WR__LEB_OK, 3}, /* longer than needed is allowed */
      {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5, WR__LEB_OK, UINT32_MAX},
      {{0xff, 0xff, 0xff, 0xff, 0x1f}, 5, WR__LEB_TOO_LARGE, 0},
      {{0x80, 0x80, 0x80, 0x80, 0x70}, 5, WR__LEB_TOO_LARGE, 0},
      {{0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, 6, WR__LEB_TOO_LONG, 0},
      {{0}, 0, WR__LEB_END, 0},
      {{0x80, 0x80}, 2, WR__LEB_END, 0},
  };
  for (size_t i = 0; i < WR_ARRAY_COUNT(cases); i++) {
    const uint8_t *at = cases[i].bytes;
    uint32_t value = 0;
    assert_int_equal(wr__leb_u32(&at, at + cases[i].size, &value), cases[i].result);
    size_t read = cases[i].result == WR__LEB_OK ? cases[i].size : 0;
    assert_ptr_equal(at, cases[i].bytes + read);
    assert_int_equal(value, cases[i].value);
  }
}

static void signed_numbers_of_32_bits(void **state) {
  (void)state;
  const struct {
    uint8_t bytes[6];
    size_t size;
    wr__leb result;
    int32_t value;
  } cases[] = {
      {{0x3f}, 1, WR__LEB_OK, 63},
      {{0x40}, 1, WR__LEB_OK, -64},
      {{0x7f}, 1, WR__LEB_OK, -1},
      {{0xc0, 0xbb, 0x78}, 3, WR__LEB_OK, -123456},
      {{0xff, 0xff, 0xff, 0xff, 0x07}, 5, WR__LEB_OK, INT32_MAX},
      {{0x80, 0x80, 0x80, 0x80, 0x78}, 5, WR__LEB_OK, INT32_MIN},
      {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5, WR__LEB_TOO_LARGE, 0},
      {{0x80, 0x80, 0x80, 0x80, 0x70}, 5, WR__LEB_TOO_LARGE, 0},
      {{0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 6, WR__LEB_TOO_LONG, 0},
      {{0xff}, 1, WR__LEB_END, 0},
  };
  for (size_t i = 0; i < WR_ARRAY_COUNT(cases); i++) {
    const uint8_t *at = cases[i].bytes;
    int32_t value = 0;
    assert_int_equal(wr__leb_s32(&at, at + cases[i].size, &value), cases[i].result);
    assert_int_equal(value, cases[i].value);
  }
}

static void numbers_of_33_bits(void **state) {
  (void)state;
  const uint8_t largest[] = {0xff, 0xff, 0xff, 0xff, 0x0f};
  const uint8_t smallest[] = {0x80, 0x80, 0x80, 0x80, 0x70};
  const uint8_t beyond[] = {0xff, 0xff, 0xff, 0xff, 0x1f};
  const uint8_t *at = largest;
  int64_t value;
  assert_int_equal(wr__leb_s33(&at, at + 5, &value), WR__LEB_OK);
  assert_true(value == UINT32_MAX);
  at = smallest;
  assert_int_equal(wr__leb_s33(&at, at + 5, &value), WR__LEB_OK);
  assert_true(value == -(INT64_C(1) << 32));
  at = beyond;
  assert_int_equal(wr__leb_s33(&at, at + 5, &value), WR__LEB_TOO_LARGE);
}

static void numbers_of_64_bits(void **state) {
  (void)state;
  const uint8_t ones[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
  const uint8_t lowest[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f};
  const uint8_t *at = ones;
  uint64_t value;
  int64_t number;
  assert_int_equal(wr__leb_u64(&at, at + 10, &value), WR__LEB_OK);
  assert_true(value == UINT64_MAX);
  at = ones;
  assert_int_equal(wr__leb_s64(&at, at + 10, &number), WR__LEB_TOO_LARGE);
  at = lowest;
  assert_int_equal(wr__leb_s64(&at, at + 10, &number), WR__LEB_OK);
  assert_true(number == INT64_MIN);
}

/* What an encoder writes is read back, for numbers about every power of two. */
static void encoded_numbers_come_back(void **state) {
  (void)state;
  for (unsigned bit = 0; bit < 64; bit++) {
    for (int delta = -1; delta <= 1; delta++) {
      uint64_t value = (UINT64_C(1) << bit) + (uint64_t)(int64_t)delta, left = value, got = 0;
      uint8_t bytes[10];
      size_t size = 0;
      do {
        bytes[size++] = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
        left >>= 7;
      } while (left);
      const uint8_t *at = bytes;
      assert_int_equal(wr__leb_u64(&at, bytes + size, &got), WR__LEB_OK);
      assert_true(got == value);
      assert_ptr_equal(at, bytes + size);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unsigned_numbers_of_32_bits), cmocka_unit_test(signed_numbers_of_32_bits),
      cmocka_unit_test(numbers_of_33_bits),          cmocka_unit_test(numbers_of_64_bits),
      cmocka_unit_test(encoded_numbers_come_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
