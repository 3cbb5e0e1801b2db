/* Reading and writing of sizes, times and values; nothing is accepted with a rest behind it, or
 * out of range. */
#include "numbers.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit {
  const char *name;
  uint64_t factor;
} unit;

/* A number with an optional fraction and one of the units, as an integer. */
static bool parse_with_unit(const char *text, const unit *units, uint64_t *out) {
  if (!isdigit((unsigned char)text[0])) return false;
  char *end;
  errno = 0;
  uint64_t whole = strtoull(text, &end, 10);
  if (errno != 0) return false;
  double fraction = 0;
  if (*end == '.') {
    const char *point = end;
    double scale = 0.1;
    for (end++; isdigit((unsigned char)*end); end++, scale /= 10) fraction += (*end - '0') * scale;
    if (end == point + 1) return false;
  }
  for (const unit *u = units; u->name; u++) {
    if (strcasecmp(end, u->name) != 0) continue;
    uint64_t bytes;
    if (__builtin_mul_overflow(whole, u->factor, &bytes)) return false;
    return !__builtin_add_overflow(bytes, (uint64_t)(fraction * (double)u->factor), out);
  }
  return false;
}

bool wr__size_parse(const char *text, uint64_t *out) {
  const uint64_t k = 1024;
  const unit units[] = {{"", 1},
                        {"b", 1},
                        {"k", k},
                        {"kb", k},
                        {"kib", k},
                        {"m", k * k},
                        {"mb", k * k},
                        {"mib", k * k},
                        {"g", k * k * k},
                        {"gb", k * k * k},
                        {"gib", k * k * k},
                        {"t", k * k * k * k},
                        {"tb", k * k * k * k},
                        {"tib", k * k * k * k},
                        {NULL, 0}};
  return parse_with_unit(text, units, out);
}

bool wr__time_parse(const char *text, uint64_t *out) {
  const uint64_t s = 1000000000;
  const unit units[] = {{"", s},       {"s", s},        {"ms", 1000000}, {"us", 1000}, {"ns", 1},
                        {"m", 60 * s}, {"min", 60 * s}, {"h", 3600 * s}, {NULL, 0}};
  uint64_t value;
  if (!parse_with_unit(text, units, &value) || value == 0) return false;
  *out = value;
  return true;
}

/* An integer of the given width, signed or unsigned, wrapped to its bits. */
static bool parse_integer(const char *text, int bits, uint64_t *out) {
  bool negative = text[0] == '-';
  const char *digits = text + (negative || text[0] == '+');
  if (!isdigit((unsigned char)digits[0])) return false;
  int base = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') ? 16 : 10;
  char *end;
  errno = 0;
  uint64_t magnitude = strtoull(digits, &end, base);
  if (errno != 0 || *end != '\0') return false;
  uint64_t limit = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
  if (negative) limit = UINT64_C(1) << (bits - 1);
  if (magnitude > limit) return false;
  *out = negative ? 0 - magnitude : magnitude;
  return true;
}

/* "nan:0x…", with a sign or without, as bits; mantissa_bits is 23 or 52. */
static bool parse_nan(const char *text, int mantissa_bits, int width, uint64_t *out) {
  uint64_t sign = text[0] == '-';
  const char *rest = text + (text[0] == '-' || text[0] == '+');
  uint64_t payload = UINT64_C(1) << (mantissa_bits - 1);
  if (strcmp(rest, "nan") != 0) {
    if (strncmp(rest, "nan:", 4) != 0 || !parse_integer(rest + 4, 64, &payload)) return false;
    if (payload == 0 || payload >> mantissa_bits != 0) return false;
  }
  uint64_t exponent = ((UINT64_C(1) << (width - 1 - mantissa_bits)) - 1) << mantissa_bits;
  *out = sign << (width - 1) | exponent | payload;
  return true;
}

static bool is_number_text(const char *text) {
  if (text[0] == '\0' || isspace((unsigned char)text[0])) return false;
  return strchr(text, '(') == NULL; /* strtod's nan(…) is not ours */
}

static bool parse_f32(const char *text, float *out) {
  uint64_t bits;
  if (parse_nan(text, 23, 32, &bits)) {
    uint32_t narrow = (uint32_t)bits;
    memcpy(out, &narrow, sizeof narrow);
    return true;
  }
  char *end;
  float value = strtof(text, &end);
  if (!is_number_text(text) || end == text || *end != '\0') return false;
  *out = value;
  return true;
}

static bool parse_f64(const char *text, double *out) {
  uint64_t bits;
  if (parse_nan(text, 52, 64, &bits)) {
    memcpy(out, &bits, sizeof bits);
    return true;
  }
  char *end;
  double value = strtod(text, &end);
  if (!is_number_text(text) || end == text || *end != '\0') return false;
  *out = value;
  return true;
}

static bool parse_v128(const char *text, uint8_t out[16]) {
  if (strncmp(text, "0x", 2) != 0 || strlen(text) != 34) return false;
  for (int i = 0; i < 16; i++) {
    char digits[3] = {text[2 + 2 * i], text[3 + 2 * i], '\0'};
    if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1])) return false;
    out[15 - i] = (uint8_t)strtoul(digits, NULL, 16);
  }
  return true;
}

static bool parse_reference(const char *text, wr_valtype type, wasm_store_t *store, wr_val *out) {
  out->of.ref = NULL;
  if (strcmp(text, "null") == 0) return (type & 0xff) == WR_REF_NULL;
  uint64_t number;
  if (wr_valtype_heap(type) != WR_HEAP_EXTERN || !parse_integer(text, 64, &number)) return false;
  out->of.ref = wr_ref_new_host(store, (uintptr_t)number);
  return out->of.ref != NULL;
}

bool wr__value_parse(const char *text, wr_valtype type, wasm_store_t *store, wr_val *out) {
  uint64_t bits = 0;
  out->type = type;
  switch (type) {
    case WR_I32:
      if (!parse_integer(text, 32, &bits)) return false;
      out->of.i32 = (int32_t)(uint32_t)bits;
      return true;
    case WR_I64:
      if (!parse_integer(text, 64, &bits)) return false;
      out->of.i64 = (int64_t)bits;
      return true;
    case WR_F32:
      return parse_f32(text, &out->of.f32);
    case WR_F64:
      return parse_f64(text, &out->of.f64);
    case WR_V128:
      return parse_v128(text, out->of.v128);
    default:
      return wr_valtype_is_ref(type) && parse_reference(text, type, store, out);
  }
}

/* A NaN as "nan", or with its payload where it is not the canonical one. */
static void print_nan(uint64_t bits, int mantissa_bits, int width, char *buffer, size_t size) {
  uint64_t payload = bits & ((UINT64_C(1) << mantissa_bits) - 1);
  const char *sign = bits >> (width - 1) & 1 ? "-" : "";
  if (payload == UINT64_C(1) << (mantissa_bits - 1)) {
    snprintf(buffer, size, "%snan", sign);
  } else {
    snprintf(buffer, size, "%snan:0x%" PRIx64, sign, payload);
  }
}

static void print_f32(float value, char *buffer, size_t size) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (isnan(value)) {
    print_nan(bits, 23, 32, buffer, size);
    return;
  }
  for (int digits = 1; digits <= 9; digits++) {
    snprintf(buffer, size, "%.*g", digits, (double)value);
    if (strtof(buffer, NULL) == value) return;
  }
}

static void print_f64(double value, char *buffer, size_t size) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (isnan(value)) {
    print_nan(bits, 52, 64, buffer, size);
    return;
  }
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(buffer, size, "%.*g", digits, value);
    if (strtod(buffer, NULL) == value) return;
  }
}

static void print_v128(const uint8_t bytes[16], char *buffer, size_t size) {
  int used = snprintf(buffer, size, "0x");
  for (int i = 15; i >= 0 && used > 0 && (size_t)used < size; i--)
    used += snprintf(buffer + used, size - (size_t)used, "%02x", bytes[i]);
}

static void print_reference(const wasm_ref_t *ref, char *buffer, size_t size) {
  uintptr_t host;
  int32_t i31;
  if (!ref) {
    snprintf(buffer, size, "null");
  } else if (wr_ref_host_value(ref, &host)) {
    snprintf(buffer, size, "%" PRIuPTR, host);
  } else if (wr_ref_i31_value(ref, &i31)) {
    snprintf(buffer, size, "%" PRId32, i31);
  } else {
    static const char *const names[] = {"func", "extern", "i31", "struct", "array", "exn"};
    snprintf(buffer, size, "%s", names[wr_ref_kind(ref)]);
  }
}

void wr__value_print(const wr_val *value, char *buffer, size_t size) {
  char type[64];
  wr_valtype_name(value->type, type, sizeof type);
  int used = snprintf(buffer, size, "%s:", type);
  if (used < 0 || (size_t)used >= size) return;
  char *rest = buffer + used;
  size_t rest_size = size - (size_t)used;
  switch (value->type) {
    case WR_I32:
      snprintf(rest, rest_size, "%" PRId32, value->of.i32);
      break;
    case WR_I64:
      snprintf(rest, rest_size, "%" PRId64, value->of.i64);
      break;
    case WR_F32:
      print_f32(value->of.f32, rest, rest_size);
      break;
    case WR_F64:
      print_f64(value->of.f64, rest, rest_size);
      break;
    case WR_V128:
      print_v128(value->of.v128, rest, rest_size);
      break;
    default:
      print_reference(value->of.ref, rest, rest_size);
      break;
  }
}
