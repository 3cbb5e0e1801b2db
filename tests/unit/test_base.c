/* Unit tests of base/: LEB128, errors, growing arrays, UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base.h"

static void fail_fills_the_error(void **state) {
  (void)state;
  wr_error error;
  wr_status status = wr__fail(&error, WR_INVALID, 17, "type %s", "mismatch");
  assert_int_equal(status, WR_INVALID);
  assert_int_equal(error.status, WR_INVALID);
  assert_int_equal(error.offset, 17);
  assert_string_equal(error.message, "type mismatch");
  assert_int_equal(wr__fail(NULL, WR_IO, WR_NO_OFFSET, "nobody listens"), WR_IO);
}

static void utf8_follows_unicode(void **state) {
  (void)state;
  const struct {
    const char *text;
    size_t size;
    bool valid;
  } cases[] = {
      {"", 0, true},
      {"plain", 5, true},
      {"\0nul", 4, true},
      {"\xc3\xa9", 2, true},
      {"\xf0\x9f\x98\x80", 4, true},
      {"\xf4\x8f\xbf\xbf", 4, true},
      {"\xc0\x80", 2, false},         /* overlong */
      {"\xe0\x80\x80", 3, false},     /* overlong */
      {"\xed\xa0\x80", 3, false},     /* a surrogate */
      {"\xf4\x90\x80\x80", 4, false}, /* beyond U+10FFFF */
      {"\xe2\x82", 2, false},         /* cut short */
      {"\x80", 1, false},
      {"\xff", 1, false},
  };
  for (size_t i = 0; i < WR_ARRAY_COUNT(cases); i++) {
    assert_int_equal(wr__utf8_valid((const uint8_t *)cases[i].text, cases[i].size), cases[i].valid);
  }
}

static void grow_keeps_contents(void **state) {
  (void)state;
  uint32_t *array = NULL;
  size_t capacity = 0;
  for (size_t i = 0; i < 1000; i++) {
    assert_true(wr__grow(&array, &capacity, i + 1, sizeof *array));
    array[i] = (uint32_t)i;
  }
  for (size_t i = 0; i < 1000; i++) assert_int_equal(array[i], i);
  size_t before = capacity;
  assert_false(wr__grow(&array, &capacity, SIZE_MAX / 2, sizeof *array));
  assert_int_equal(capacity, before);
  free(array);
}

static void assert_escaped(const char *text, const char *expected) {
  char shown[128];
  assert_int_equal(wr_text_escape(text, strlen(text), shown, sizeof shown), strlen(expected));
  assert_string_equal(shown, expected);
}

static void invisible_characters_are_escaped(void **state) {
  (void)state;
  assert_escaped("plain \xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80",
                 "plain \xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80");
  assert_escaped("\033[31m\n\x7f", "\\x1b[31m\\x0a\\x7f");
  assert_escaped("\xc2\x9b", "\\u{9b}"); /* CSI */
  assert_escaped(
      "a\xe2\x80\xae"
      "b",
      "a\\u{202e}b");                                               /* right-to-left override */
  assert_escaped("\xe2\x81\xa6\xe2\x80\x8b", "\\u{2066}\\u{200b}"); /* isolate, zero width space */
  assert_escaped("\xe2\x80\xa8\xc2\xad", "\\u{2028}\\u{ad}"); /* line separator, soft hyphen */
  assert_escaped("\xf3\xa0\x81\x81", "\\u{e0041}");           /* a tag */
  assert_escaped("\xef\xb8\x8f\xef\xbb\xbf",
                 "\\u{fe0f}\\u{feff}");                       /* a variation, a byte order mark */
  assert_escaped("\xff\xed\xa0\x80", "\\xff\\xed\\xa0\\x80"); /* no UTF-8 */
}

static void escaped_text_fits_its_buffer(void **state) {
  (void)state;
  char shown[16];
  for (size_t room = 0; room <= sizeof shown; room++) {
    memset(shown, '#', sizeof shown);
    size_t size = wr_text_escape(
        "ab\xe2\x80\xae"
        "c",
        6, shown, room);
    assert_int_equal(size, room < 2 ? 0 : room < 11 ? (room > 2 ? 2 : 1) : room < 12 ? 10 : 11);
    if (room > 0) assert_int_equal(shown[size], 0);
    for (size_t i = room; i < sizeof shown; i++) assert_int_equal(shown[i], '#');
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fail_fills_the_error),
      cmocka_unit_test(utf8_follows_unicode),
      cmocka_unit_test(invisible_characters_are_escaped),
      cmocka_unit_test(escaped_text_fits_its_buffer),
      cmocka_unit_test(grow_keeps_contents),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
