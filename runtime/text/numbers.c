/* Numbers of the text format: what is one, and its bits, exactly rounded and whatever the
 * process's locale says. Spec: text/values. */
#include "text/lexer.h"

#include <locale.h>
#include <stdlib.h>

static bool is_digit(char c, bool hex) {
  return (c >= '0' && c <= '9') || (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
}

/* Passes over digits, with a single underscore between any two. False if there are none. */
static bool pass_digits(const char *text, size_t size, size_t *at, bool hex) {
  if (*at >= size || !is_digit(text[*at], hex)) return false;
  while (*at < size) {
    if (is_digit(text[*at], hex))
      (*at)++;
    else if (text[*at] == '_' && *at + 1 < size && is_digit(text[*at + 1], hex))
      (*at) += 2;
    else
      break;
  }
  return true;
}

static bool starts_with(const char *text, size_t size, const char *prefix) {
  size_t length = strlen(prefix);
  return size >= length && !memcmp(text, prefix, length);
}

/* inf, nan and nan:0x… */
static bool is_special(const char *text, size_t size) {
  if (size == 3 && (!memcmp(text, "inf", 3) || !memcmp(text, "nan", 3))) return true;
  size_t at = 6;
  return starts_with(text, size, "nan:0x") && pass_digits(text, size, &at, true) && at == size;
}

/* Passes over a fraction and an exponent; *is_float tells whether there was either. */
static bool pass_float_tail(const char *text, size_t size, size_t *at, bool hex, bool *is_float) {
  if (*at < size && text[*at] == '.') {
    *is_float = true;
    (*at)++;
    if (*at < size && is_digit(text[*at], hex) && !pass_digits(text, size, at, hex)) return false;
  }
  if (*at < size && (text[*at] | 0x20) == (hex ? 'p' : 'e')) {
    *is_float = true;
    (*at)++;
    if (*at < size && (text[*at] == '+' || text[*at] == '-')) (*at)++;
    if (!pass_digits(text, size, at, false)) return false;
  }
  return true;
}

wr__tok wr__number_kind(const char *text, size_t size) {
  bool has_sign = size && (text[0] == '+' || text[0] == '-');
  size_t at = has_sign;
  if (is_special(text + at, size - at)) return WR__TOK_FLOAT;
  bool hex = starts_with(text + at, size - at, "0x");
  if (hex) at += 2;
  bool is_float = false;
  if (!pass_digits(text, size, &at, hex) || !pass_float_tail(text, size, &at, hex, &is_float) ||
      at != size)
    return WR__TOK_RESERVED;
  return is_float ? WR__TOK_FLOAT : has_sign ? WR__TOK_INT : WR__TOK_NAT;
}

static uint32_t digit_value(char c) {
  return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The value of digits and underscores; false when it needs more than 64 bits. */
static bool parse_digits(const char *text, size_t size, bool hex, uint64_t *out) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '_') continue;
    if (__builtin_mul_overflow(value, hex ? 16u : 10u, &value) ||
        __builtin_add_overflow(value, digit_value(text[i]), &value))
      return false;
  }
  *out = value;
  return true;
}

bool wr__number_int(const char *text, size_t size, unsigned bits, uint64_t *out) {
  bool negative = size && text[0] == '-', has_sign = negative || (size && text[0] == '+');
  text += has_sign, size -= has_sign;
  bool hex = starts_with(text, size, "0x");
  if (hex) text += 2, size -= 2;
  uint64_t value;
  if (!parse_digits(text, size, hex, &value)) return false;
  uint64_t mask = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
  uint64_t half = (uint64_t)1 << (bits - 1);
  if (negative ? value > half : has_sign ? value >= half : value > mask) return false;
  *out = (negative ? 0 - value : value) & mask;
  return true;
}

/* inf, nan or nan:0x… without its sign. */
static bool special_bits(const char *text, size_t size, unsigned size_bytes, uint64_t *out) {
  unsigned mantissa = size_bytes == 4 ? 23 : 52;
  uint64_t infinity = size_bytes == 4 ? 0x7f800000u : 0x7ff0000000000000u;
  uint64_t payload = 0;
  if (size > 3) {
    if (!parse_digits(text + 6, size - 6, true, &payload)) return false;
    if (payload == 0 || payload >> mantissa) return false;
  } else if (text[0] == 'n') {
    payload = (uint64_t)1 << (mantissa - 1);
  }
  *out = infinity | payload;
  return true;
}

/* The bits of a clean, NUL-terminated number. The C library rounds once, to the type asked for. */
static bool library_bits(const char *number, unsigned size_bytes, uint64_t *out) {
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return false;
  if (size_bytes == 4) {
    float value = strtof_l(number, NULL, c_locale);
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    *out = bits;
  } else {
    double value = strtod_l(number, NULL, c_locale);
    memcpy(out, &value, sizeof value);
  }
  freelocale(c_locale);
  uint64_t infinity = size_bytes == 4 ? 0x7f800000u : 0x7ff0000000000000u;
  return *out < infinity;
}

bool wr__number_float(const char *text, size_t size, unsigned size_bytes, uint64_t *out) {
  bool negative = text[0] == '-';
  if (negative || text[0] == '+') text++, size--;
  uint64_t bits;
  if (text[0] == 'i' || text[0] == 'n') {
    if (!special_bits(text, size, size_bytes, &bits)) return false;
  } else {
    char local[128];
    char *clean = size < sizeof local ? local : malloc(size + 1);
    if (!clean) return false;
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
      if (text[i] != '_') clean[count++] = text[i];
    clean[count] = 0;
    bool fits = library_bits(clean, size_bytes, &bits);
    if (clean != local) free(clean);
    if (!fits) return false;
  }
  if (negative) bits |= size_bytes == 4 ? 0x80000000u : 0x8000000000000000u;
  *out = bits;
  return true;
}
