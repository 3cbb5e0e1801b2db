/* Value types as the text format writes them, for messages and listings. */
#include <stdio.h>

#include "types/types.h"

static const char *heap_name(uint32_t heap) {
  switch (heap) {
    case WR_HEAP_NOEXN:
      return "noexn";
    case WR_HEAP_NOFUNC:
      return "nofunc";
    case WR_HEAP_NOEXTERN:
      return "noextern";
    case WR_HEAP_NONE:
      return "none";
    case WR_HEAP_FUNC:
      return "func";
    case WR_HEAP_EXTERN:
      return "extern";
    case WR_HEAP_ANY:
      return "any";
    case WR_HEAP_EQ:
      return "eq";
    case WR_HEAP_I31:
      return "i31";
    case WR_HEAP_STRUCT:
      return "struct";
    case WR_HEAP_ARRAY:
      return "array";
    case WR_HEAP_EXN:
      return "exn";
    default:
      return "unknown";
  }
}

static const char *number_name(wr_valtype type) {
  switch (type) {
    case WR_I32:
      return "i32";
    case WR_I64:
      return "i64";
    case WR_F32:
      return "f32";
    case WR_F64:
      return "f64";
    case WR_V128:
      return "v128";
    case WR__I8:
      return "i8";
    case WR__I16:
      return "i16";
    default:
      return "unknown";
  }
}

char *wr_valtype_name(wr_valtype type, char *buffer, size_t size) {
  if (!size) return buffer;
  if (!wr_valtype_is_ref(type)) {
    snprintf(buffer, size, "%s", number_name(type));
    return buffer;
  }
  const char *null = (type & 0xff) == WR_REF_NULL ? "null " : "";
  uint32_t heap = wr_valtype_heap(type);
  if (heap >= WR_HEAP_DEFINED)
    snprintf(buffer, size, "(ref %s$%u)", null, heap - WR_HEAP_DEFINED);
  else
    snprintf(buffer, size, "(ref %s%s)", null, heap_name(heap));
  return buffer;
}
