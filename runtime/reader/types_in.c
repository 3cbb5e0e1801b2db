/* Reads value, reference and heap types. See types_in.h. */
#include "reader/types_in.h"

const char *wr__leb_message(wr__leb result) {
  switch (result) {
    case WR__LEB_OK:
      return NULL;
    case WR__LEB_END:
      return WR__MESSAGE_END;
    case WR__LEB_TOO_LONG:
      return "integer representation too long";
    default:
      return "integer too large";
  }
}

static bool is_abstract_heap(uint8_t code) { return code >= WR_HEAP_EXN && code <= WR_HEAP_NOEXN; }

const char *wr__read_heaptype(const uint8_t **at, const uint8_t *end, uint32_t *raw_heap) {
  const uint8_t *p = *at;
  int64_t value;
  wr__leb result = wr__leb_s33(&p, end, &value);
  if (result != WR__LEB_OK) return wr__leb_message(result);
  if (value >= 0) {
    *raw_heap = WR_HEAP_DEFINED +
                (value < WR__RAW_INDEX_MAX ? (uint32_t)value : (uint32_t)WR__RAW_INDEX_MAX);
  } else {
    if (value < -0x40 || !is_abstract_heap((uint8_t)(value & 0x7f))) return "malformed heap type";
    *raw_heap = (uint32_t)(value & 0x7f);
  }
  *at = p;
  return NULL;
}

/* The forms with a prefix; *at is after it. */
static const char *read_long_reftype(const uint8_t **at, const uint8_t *end, uint8_t code,
                                     wr_valtype *raw) {
  uint32_t heap;
  const char *message = wr__read_heaptype(at, end, &heap);
  if (!message) *raw = heap << 8 | code;
  return message;
}

static const char *read_type(const uint8_t **at, const uint8_t *end, const char *otherwise,
                             bool numbers, bool packed, wr_valtype *raw) {
  const uint8_t *p = *at;
  if (p >= end) return WR__MESSAGE_END;
  uint8_t code = *p++;
  if (code & 0x80) return "integer representation too long";
  if (code == WR_REF || code == WR_REF_NULL) {
    const char *message = read_long_reftype(&p, end, code, raw);
    if (message) return message;
  } else if (is_abstract_heap(code)) {
    *raw = WR_REF_NULL_TYPE(code);
  } else if ((numbers && code >= WR_V128 && code <= WR_I32) ||
             (packed && (code == WR__I8 || code == WR__I16))) {
    *raw = code;
  } else {
    return otherwise;
  }
  *at = p;
  return NULL;
}

const char *wr__read_reftype(const uint8_t **at, const uint8_t *end, wr_valtype *raw) {
  return read_type(at, end, "malformed reference type", false, false, raw);
}

const char *wr__read_valtype(const uint8_t **at, const uint8_t *end, wr_valtype *raw) {
  return read_type(at, end, "malformed value type", true, false, raw);
}

const char *wr__read_storagetype(const uint8_t **at, const uint8_t *end, wr_valtype *raw) {
  return read_type(at, end, "malformed storage type", true, true, raw);
}

wr_feature wr__type_feature(wr_valtype raw) {
  if (!wr_valtype_is_ref(raw)) {
    if (raw == WR_V128) return WR_FEATURE_SIMD;
    return raw == WR__I8 || raw == WR__I16 ? WR_FEATURE_GC : WR_FEATURE_MVP;
  }
  uint32_t heap = wr_valtype_heap(raw);
  if (heap == WR_HEAP_EXN || heap == WR_HEAP_NOEXN) return WR_FEATURE_EXCEPTIONS;
  if (heap == WR_HEAP_FUNC || heap == WR_HEAP_EXTERN) {
    if ((raw & 0xff) == WR_REF) return WR_FEATURE_FUNCTION_REFERENCES;
    return WR_FEATURE_REFERENCE_TYPES;
  }
  return heap >= WR_HEAP_DEFINED ? WR_FEATURE_FUNCTION_REFERENCES : WR_FEATURE_GC;
}
