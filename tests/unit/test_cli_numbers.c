/* Unit tests of what people write and read: sizes, times, values, printable names. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "numbers.h"
#include "report.h"

static void sizes(void **state) {
  (void)state;
  const struct {
    const char *text;
    uint64_t bytes;
  } good[] = {
      {"0", 0},
      {"65536", 65536},
      {"64K", 65536},
      {"64k", 65536},
      {"1M", 1048576},
      {"1.5M", 1572864},
      {"2GiB", 2147483648u},
      {"4gb", 4294967296u},
      {"1T", 1ull << 40},
      {"0.5K", 512},
      {"18446744073709551615", UINT64_MAX},
  };
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    uint64_t bytes = 1;
    assert_true(wr__size_parse(good[i].text, &bytes));
    assert_int_equal(bytes, good[i].bytes);
  }
  const char *const bad[] = {"",          "M",    "-1",  "1X", "1.M", "18446744073709551616",
                             "16777216T", "1 K ", " 1K", "+1", "0x10"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    uint64_t bytes;
    assert_false(wr__size_parse(bad[i], &bytes));
  }
}

static void times(void **state) {
  (void)state;
  uint64_t ns;
  assert_true(wr__time_parse("2", &ns));
  assert_int_equal(ns, 2000000000);
  assert_true(wr__time_parse("1.5s", &ns));
  assert_int_equal(ns, 1500000000);
  assert_true(wr__time_parse("500ms", &ns));
  assert_int_equal(ns, 500000000);
  assert_true(wr__time_parse("2m", &ns));
  assert_int_equal(ns, 120000000000);
  assert_false(wr__time_parse("0", &ns));
  assert_false(wr__time_parse("soon", &ns));
  assert_false(wr__time_parse("-1s", &ns));
  assert_false(wr__time_parse("99999999999h", &ns));
}

/* Reads a value and prints it: the result, or "" where it was refused. */
static const char *round_trip(const char *text, wr_valtype type) {
  static char buffer[128];
  wr_val value;
  buffer[0] = '\0';
  if (wr__value_parse(text, type, NULL, &value)) wr__value_print(&value, buffer, sizeof buffer);
  return buffer;
}

static void integers(void **state) {
  (void)state;
  assert_string_equal(round_trip("42", WR_I32), "i32:42");
  assert_string_equal(round_trip("-1", WR_I32), "i32:-1");
  assert_string_equal(round_trip("4294967295", WR_I32), "i32:-1");
  assert_string_equal(round_trip("0xffffffff", WR_I32), "i32:-1");
  assert_string_equal(round_trip("-2147483648", WR_I32), "i32:-2147483648");
  assert_string_equal(round_trip("-2147483649", WR_I32), "");
  assert_string_equal(round_trip("4294967296", WR_I32), "");
  assert_string_equal(round_trip("18446744073709551615", WR_I64), "i64:-1");
  assert_string_equal(round_trip("-9223372036854775808", WR_I64), "i64:-9223372036854775808");
  assert_string_equal(round_trip("18446744073709551616", WR_I64), "");
  const char *const bad[] = {"", "1x", " 1", "1.0", "--1", "0x", "one", "- 1"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_string_equal(round_trip(bad[i], WR_I32), "");
}

static void floats(void **state) {
  (void)state;
  assert_string_equal(round_trip("0.1", WR_F64), "f64:0.1");
  assert_string_equal(round_trip("0.1", WR_F32), "f32:0.1");
  assert_string_equal(round_trip("3", WR_F64), "f64:3");
  assert_string_equal(round_trip("-0", WR_F64), "f64:-0");
  assert_string_equal(round_trip("0x1p-1074", WR_F64), "f64:5e-324");
  assert_string_equal(round_trip("inf", WR_F32), "f32:inf");
  assert_string_equal(round_trip("-inf", WR_F64), "f64:-inf");
  assert_string_equal(round_trip("nan", WR_F32), "f32:nan");
  assert_string_equal(round_trip("-nan", WR_F64), "f64:-nan");
  assert_string_equal(round_trip("nan:0x1", WR_F32), "f32:nan:0x1");
  assert_string_equal(round_trip("nan:0x0", WR_F32), "");
  assert_string_equal(round_trip("nan:0x800000", WR_F32), "");
  assert_string_equal(round_trip("nan(7)", WR_F64), "");
  assert_string_equal(round_trip("1.5e3x", WR_F64), "");
  assert_string_equal(round_trip("", WR_F64), "");
}

static void vectors_and_references(void **state) {
  (void)state;
  assert_string_equal(round_trip("0x000102030405060708090a0b0c0d0e0f", WR_V128),
                      "v128:0x000102030405060708090a0b0c0d0e0f");
  assert_string_equal(round_trip("0x00", WR_V128), "");
  assert_string_equal(round_trip("0x000102030405060708090a0b0c0d0e0g", WR_V128), "");
  wr_val value;
  assert_true(wr__value_parse("null", WR_FUNCREF, NULL, &value));
  assert_null(value.of.ref);
  assert_false(wr__value_parse("null", WR_REF_TYPE(WR_HEAP_FUNC), NULL, &value));
  assert_false(wr__value_parse("7", WR_FUNCREF, NULL, &value));
}

static void names_cannot_reach_the_terminal(void **state) {
  (void)state;
  char buffer[64];
  wr_text_escape("a\033[31mb\n", 8, buffer, sizeof buffer);
  assert_string_equal(buffer, "a\\x1b[31mb\\x0a");
  wr_text_escape("\xc3\xa9\xff\xc2\x9b\xe2\x82", 7, buffer, sizeof buffer);
  assert_string_equal(buffer, "\xc3\xa9\\xff\\u{9b}\\xe2\\x82");
  wr_text_escape("nul\0here", 8, buffer, sizeof buffer);
  assert_string_equal(buffer, "nul\\x00here");
  wr_text_escape("too long for it", 15, buffer, 8);
  assert_string_equal(buffer, "too lon");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes),
      cmocka_unit_test(times),
      cmocka_unit_test(integers),
      cmocka_unit_test(floats),
      cmocka_unit_test(vectors_and_references),
      cmocka_unit_test(names_cannot_reach_the_terminal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
