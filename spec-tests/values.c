/* Constants, result patterns and their comparison. */
#include "values.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
  const char *word;
  wr_valtype type;
  uint8_t bytes;
} numbers[] = {{"i32.const", WR_I32, 4},
               {"i64.const", WR_I64, 8},
               {"f32.const", WR_F32, 4},
               {"f64.const", WR_F64, 8}};

static const struct {
  const char *word;
  wr_valtype lane;
  uint8_t lanes;
} shapes[] = {{"i8x16", 0x78, 16},  {"i16x8", 0x77, 8},   {"i32x4", WR_I32, 4},
              {"i64x2", WR_I64, 2}, {"f32x4", WR_F32, 4}, {"f64x2", WR_F64, 2}};

static const struct {
  const char *word;
  wr_refkind kind;
} ref_kinds[] = {{"ref.func", WR_REFKIND_FUNC},   {"ref.struct", WR_REFKIND_STRUCT},
                 {"ref.array", WR_REFKIND_ARRAY}, {"ref.i31", WR_REFKIND_I31},
                 {"ref.exn", WR_REFKIND_EXN},     {"ref.extern", WR_REFKIND_EXTERN}};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool parse_lane(const script *s, size_t token, wr_valtype lane, uint64_t *bits,
                       uint8_t *kind) {
  const script_token *t = &s->tokens[token];
  *kind = script_is_word(s, token, "nan:canonical")    ? LANE_NAN_CANONICAL
          : script_is_word(s, token, "nan:arithmetic") ? LANE_NAN_ARITHMETIC
                                                       : LANE_BITS;
  if (*kind != LANE_BITS) return lane == WR_F32 || lane == WR_F64;
  return t->kind == WR_TEXT_NUMBER && wr_text_number(s->text + t->offset, t->size, lane, bits);
}

static bool parse_number(const script *s, size_t token, expectation *out) {
  for (size_t i = 0; i < COUNT(numbers); i++) {
    if (!script_is_form(s, token, numbers[i].word)) continue;
    out->kind = EXPECT_LANES;
    out->type = numbers[i].type;
    out->lanes = 1;
    out->lane_bytes = numbers[i].bytes;
    out->is_float = out->type == WR_F32 || out->type == WR_F64;
    return parse_lane(s, token + 2, out->type, out->bits, out->lane_kinds);
  }
  return false;
}

static bool parse_vector(const script *s, size_t token, expectation *out) {
  for (size_t i = 0; i < COUNT(shapes); i++) {
    if (!script_is_word(s, token + 2, shapes[i].word)) continue;
    out->kind = EXPECT_LANES;
    out->type = WR_V128;
    out->lanes = shapes[i].lanes;
    out->lane_bytes = 16u / out->lanes;
    out->is_float = shapes[i].lane == WR_F32 || shapes[i].lane == WR_F64;
    for (unsigned lane = 0; lane < out->lanes; lane++)
      if (!parse_lane(s, token + 3 + lane, shapes[i].lane, &out->bits[lane],
                      &out->lane_kinds[lane]))
        return false;
    return s->tokens[token + 3 + out->lanes].kind == WR_TEXT_CLOSE;
  }
  return false;
}

static bool parse_ref(const script *s, size_t token, expectation *out) {
  const script_token *t = &s->tokens[token + 2];
  if (script_is_form(s, token, "ref.null")) {
    out->kind = EXPECT_NULL;
    return true;
  }
  bool is_host = script_is_form(s, token, "ref.extern") || script_is_form(s, token, "ref.host");
  if (is_host && t->kind == WR_TEXT_NUMBER) {
    uint64_t value;
    out->kind = EXPECT_HOST;
    if (!wr_text_number(s->text + t->offset, t->size, WR_I64, &value)) return false;
    out->host = (uintptr_t)value;
    return true;
  }
  if (script_is_form(s, token, "ref.any") || script_is_form(s, token, "ref")) {
    out->kind = EXPECT_REF;
    return true;
  }
  if (script_is_form(s, token, "ref.eq")) {
    out->kind = EXPECT_EQ;
    return true;
  }
  for (size_t i = 0; i < COUNT(ref_kinds); i++) {
    if (!script_is_form(s, token, ref_kinds[i].word)) continue;
    out->kind = EXPECT_KIND;
    out->ref_kind = ref_kinds[i].kind;
    return true;
  }
  return false;
}

bool values_parse_expectation(const script *s, size_t token, expectation *out) {
  memset(out, 0, sizeof *out);
  if (script_is_form(s, token, "v128.const")) return parse_vector(s, token, out);
  return parse_number(s, token, out) || parse_ref(s, token, out);
}

/* Numbers and vectors: the lanes, little-endian, are the value. */
static void put_lanes(const expectation *from, wr_val *out) {
  memset(out, 0, sizeof *out);
  out->type = from->type;
  uint8_t *bytes = out->of.v128;
  for (unsigned lane = 0; lane < from->lanes; lane++)
    for (unsigned i = 0; i < from->lane_bytes; i++)
      bytes[lane * from->lane_bytes + i] = (uint8_t)(from->bits[lane] >> (8 * i));
  if (out->type == WR_V128) return;
  uint64_t bits = from->bits[0];
  if (out->type == WR_I32) out->of.i32 = (int32_t)(uint32_t)bits;
  if (out->type == WR_I64) out->of.i64 = (int64_t)bits;
  uint32_t low = (uint32_t)bits;
  if (out->type == WR_F32) memcpy(&out->of.f32, &low, sizeof low);
  if (out->type == WR_F64) memcpy(&out->of.f64, &bits, sizeof bits);
}

/* The heap type of (ref.null ht): what an argument's type says. */
static uint32_t null_heap(const script *s, size_t token) {
  static const struct {
    const char *word;
    uint32_t heap;
  } heaps[] = {{"func", WR_HEAP_FUNC},     {"extern", WR_HEAP_EXTERN},
               {"any", WR_HEAP_ANY},       {"eq", WR_HEAP_EQ},
               {"i31", WR_HEAP_I31},       {"struct", WR_HEAP_STRUCT},
               {"array", WR_HEAP_ARRAY},   {"none", WR_HEAP_NONE},
               {"nofunc", WR_HEAP_NOFUNC}, {"noextern", WR_HEAP_NOEXTERN},
               {"exn", WR_HEAP_EXN},       {"noexn", WR_HEAP_NOEXN}};
  for (size_t i = 0; i < COUNT(heaps); i++)
    if (script_is_word(s, token, heaps[i].word)) return heaps[i].heap;
  return WR_HEAP_NONE;
}

bool values_parse_arg(const script *s, size_t token, wasm_store_t *store, wr_val *out) {
  expectation e;
  if (!values_parse_expectation(s, token, &e)) return false;
  memset(out, 0, sizeof *out);
  if (e.kind == EXPECT_LANES) {
    for (unsigned i = 0; i < e.lanes; i++)
      if (e.lane_kinds[i] != LANE_BITS) return false;
    put_lanes(&e, out);
    return true;
  }
  if (e.kind == EXPECT_NULL) {
    out->type = WR_REF_NULL_TYPE(null_heap(s, token + 2));
    return true;
  }
  if (e.kind != EXPECT_HOST) return false;
  out->type = WR_REF_TYPE(script_is_form(s, token, "ref.host") ? WR_HEAP_ANY : WR_HEAP_EXTERN);
  out->of.ref = wr_ref_new_host(store, e.host);
  return out->of.ref != NULL;
}

static uint64_t lane_of(const wr_val *value, const expectation *e, unsigned lane) {
  uint64_t bits = 0;
  uint32_t low;
  switch (value->type) {
    case WR_I32:
      return (uint32_t)value->of.i32;
    case WR_I64:
      return (uint64_t)value->of.i64;
    case WR_F32:
      memcpy(&low, &value->of.f32, sizeof low);
      return low;
    case WR_F64:
      memcpy(&bits, &value->of.f64, sizeof bits);
      return bits;
    default:
      for (unsigned i = e->lane_bytes; i-- > 0;)
        bits = bits << 8 | value->of.v128[lane * e->lane_bytes + i];
      return bits;
  }
}

/* Canonical: only the payload's top bit is set. Arithmetic: it is set. Either sign. */
static bool match_nan(uint64_t bits, unsigned bytes, bool canonical) {
  uint64_t quiet = bytes == 4 ? 0x7fc00000u : 0x7ff8000000000000u;
  uint64_t magnitude = bits & (bytes == 4 ? 0x7fffffffu : 0x7fffffffffffffffu);
  return canonical ? magnitude == quiet : (magnitude & quiet) == quiet;
}

static bool match_lanes(const expectation *e, const wr_val *value) {
  if (value->type != e->type) return false;
  for (unsigned lane = 0; lane < e->lanes; lane++) {
    uint64_t bits = lane_of(value, e, lane);
    bool matches = e->lane_kinds[lane] == LANE_BITS
                       ? bits == e->bits[lane]
                       : match_nan(bits, e->lane_bytes, e->lane_kinds[lane] == LANE_NAN_CANONICAL);
    if (!matches) return false;
  }
  return true;
}

bool values_match(const expectation *e, const wr_val *value) {
  if (e->kind == EXPECT_LANES) return match_lanes(e, value);
  if (!wr_valtype_is_ref(value->type)) return false;
  const wasm_ref_t *ref = value->of.ref;
  if (e->kind == EXPECT_NULL) return !ref;
  if (!ref) return false;
  uintptr_t host;
  wr_refkind kind = wr_ref_kind(ref);
  switch (e->kind) {
    case EXPECT_HOST:
      return wr_ref_host_value(ref, &host) && host == e->host;
    case EXPECT_EQ:
      return kind == WR_REFKIND_I31 || kind == WR_REFKIND_STRUCT || kind == WR_REFKIND_ARRAY;
    case EXPECT_KIND:
      /* Whatever has been made external is an external reference. */
      return e->ref_kind == WR_REFKIND_EXTERN
                 ? kind == WR_REFKIND_EXTERN || wr_valtype_heap(value->type) == WR_HEAP_EXTERN
                 : kind == e->ref_kind;
    default:
      return true;
  }
}

static void append(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void append(char *buffer, size_t size, const char *format, ...) {
  size_t used = strlen(buffer);
  va_list args;
  va_start(args, format);
  vsnprintf(buffer + used, size - used, format, args);
  va_end(args);
}

static void show_ref(const wr_val *value, char *buffer, size_t size) {
  static const char *const kinds[] = {"ref.func",   "ref.extern", "ref.i31",
                                      "ref.struct", "ref.array",  "ref.exn"};
  char type[64];
  uintptr_t host;
  if (!value->of.ref)
    append(buffer, size, "(ref.null %s)", wr_valtype_name(value->type, type, sizeof type));
  else if (wr_ref_host_value(value->of.ref, &host))
    append(buffer, size, "(ref.extern %" PRIuPTR ")", host);
  else
    append(buffer, size, "(%s)", kinds[wr_ref_kind(value->of.ref)]);
}

void values_show(const wr_val *value, char *buffer, size_t size) {
  uint32_t low;
  uint64_t bits;
  switch (value->type) {
    case WR_I32:
      append(buffer, size, "(i32.const %" PRId32 ")", value->of.i32);
      return;
    case WR_I64:
      append(buffer, size, "(i64.const %" PRId64 ")", value->of.i64);
      return;
    case WR_F32:
      memcpy(&low, &value->of.f32, sizeof low);
      append(buffer, size, "(f32.const %.9g = bits 0x%08" PRIx32 ")", (double)value->of.f32, low);
      return;
    case WR_F64:
      memcpy(&bits, &value->of.f64, sizeof bits);
      append(buffer, size, "(f64.const %.17g = bits 0x%016" PRIx64 ")", value->of.f64, bits);
      return;
    case WR_V128:
      append(buffer, size, "(v128.const i8x16");
      for (int i = 0; i < 16; i++) append(buffer, size, " 0x%02x", value->of.v128[i]);
      append(buffer, size, ")");
      return;
    default:
      show_ref(value, buffer, size);
      return;
  }
}
