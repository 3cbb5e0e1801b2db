/* The words of the public enumerations: versions, statuses, trap kinds, features, types. Each table
 * is made from the list that makes the enumeration, so none can lack an entry. */
#include <stdarg.h>
#include <stdio.h>

#include "base/base.h"

#define WR__STRING_(x) #x
#define WR__STRING(x) WR__STRING_(x)

const char *wr_version(void) {
  return WR__STRING(WASMRUN_VERSION_MAJOR) "." WR__STRING(WASMRUN_VERSION_MINOR) "." WR__STRING(
      WASMRUN_VERSION_PATCH);
}

const char *wr_status_name(wr_status status) {
  static const char *const names[] = {
      [WR_OK] = "ok",
      [WR_MALFORMED] = "malformed",
      [WR_INVALID] = "invalid",
      [WR_UNLINKABLE] = "unlinkable",
      [WR_TRAPPED] = "trapped",
      [WR_EXCEPTION] = "exception",
      [WR_EXITED] = "exited",
      [WR_INTERRUPTED] = "interrupted",
      [WR_OUT_OF_MEMORY] = "out of memory",
      [WR_UNSUPPORTED] = "unsupported",
      [WR_BAD_ARGUMENT] = "bad argument",
      [WR_NOT_FOUND] = "not found",
      [WR_IO] = "input or output error",
  };
  return (size_t)status < WR_ARRAY_COUNT(names) ? names[status] : "unknown status";
}

const char *wr_trap_kind_message(wr_trap_kind kind) {
  static const char *const messages[] = {[WR_TRAP_NONE] = "no trap",
#define X(name, text) [WR_TRAP_##name] = text,
                                         WR_TRAP_KINDS(X)
#undef X
  };
  return (size_t)kind < WR_ARRAY_COUNT(messages) ? messages[kind] : "unknown trap";
}

static const char *const feature_names[WR_FEATURE_COUNT] = {
#define X(name, text, on) [WR_FEATURE_##name] = text,
    WR_FEATURES(X)
#undef X
};

const char *wr_feature_name(wr_feature feature) {
  return (size_t)feature < WR_FEATURE_COUNT ? feature_names[feature] : "unknown feature";
}

bool wr_feature_by_name(const char *name, wr_feature *out) {
  for (size_t i = 0; name && i < WR_FEATURE_COUNT; i++) {
    if (strcmp(name, feature_names[i])) continue;
    *out = (wr_feature)i;
    return true;
  }
  return false;
}

/* The keyword of an abstract heap type, or NULL. Spec: text/types. */
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
      return NULL;
  }
}

/* Spec: text/types, abbreviations: the nullable reference to an abstract heap type has a word. */
static const char *short_ref_name(uint32_t heap) {
  switch (heap) {
    case WR_HEAP_NOEXN:
      return "nullexnref";
    case WR_HEAP_NOFUNC:
      return "nullfuncref";
    case WR_HEAP_NOEXTERN:
      return "nullexternref";
    case WR_HEAP_NONE:
      return "nullref";
    case WR_HEAP_FUNC:
      return "funcref";
    case WR_HEAP_EXTERN:
      return "externref";
    case WR_HEAP_ANY:
      return "anyref";
    case WR_HEAP_EQ:
      return "eqref";
    case WR_HEAP_I31:
      return "i31ref";
    case WR_HEAP_STRUCT:
      return "structref";
    case WR_HEAP_ARRAY:
      return "arrayref";
    case WR_HEAP_EXN:
      return "exnref";
    default:
      return NULL;
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
    default:
      return NULL;
  }
}

char *wr_valtype_name(wr_valtype type, char *buffer, size_t size) {
  uint32_t heap = wr_valtype_heap(type);
  bool nullable = (type & 0xff) == WR_REF_NULL;
  const char *word =
      wr_valtype_is_ref(type) ? nullable ? short_ref_name(heap) : NULL : number_name(type);
  const char *null_word = nullable ? "null " : "";
  if (word) {
    snprintf(buffer, size, "%s", word);
  } else if (!wr_valtype_is_ref(type)) {
    snprintf(buffer, size, "(unknown type 0x%x)", type);
  } else if (heap_name(heap)) {
    snprintf(buffer, size, "(ref %s%s)", null_word, heap_name(heap));
  } else if (heap >= WR_HEAP_DEFINED) {
    snprintf(buffer, size, "(ref %s$%u)", null_word, heap - WR_HEAP_DEFINED);
  } else {
    snprintf(buffer, size, "(ref %s0x%x)", null_word, heap);
  }
  return buffer;
}

/* ---- External types: "func [i32 i64] -> [f32]", "memory 1 2 shared", … --------------------- */

/* Text that is cut off where its buffer ends. */
typedef struct text {
  char *buffer;
  size_t size, used;
} text;

static void append(text *t, const char *format, ...) WR_PRINTF(2, 3);
static void append(text *t, const char *format, ...) {
  if (t->used >= t->size) return;
  va_list args;
  va_start(args, format);
  int wanted = vsnprintf(t->buffer + t->used, t->size - t->used, format, args);
  va_end(args);
  if (wanted > 0) t->used += (size_t)wanted;
}

static void append_types(text *t, const wr_valtype *types, size_t count) {
  char name[48];
  append(t, "[");
  for (size_t i = 0; i < count; i++)
    append(t, "%s%s", i ? " " : "", wr_valtype_name(types[i], name, sizeof name));
  append(t, "]");
}

static void append_limits(text *t, const wr_limits *limits) {
  append(t, "%s %llu", limits->is64 ? " i64" : "", (unsigned long long)limits->min);
  if (limits->has_max) append(t, " %llu", (unsigned long long)limits->max);
  if (limits->shared) append(t, " shared");
}

char *wr_externtype_name(const wr_externtype *type, char *buffer, size_t size) {
  text t = {buffer, size, 0};
  char name[48];
  if (size) buffer[0] = '\0';
  wr_valtype_name(type->valtype, name, sizeof name);
  switch (type->kind) {
    case WR_EXTERN_FUNC:
      append(&t, "func ");
      append_types(&t, type->params, type->param_count);
      append(&t, " -> ");
      append_types(&t, type->results, type->result_count);
      break;
    case WR_EXTERN_TABLE:
      append(&t, "table");
      append_limits(&t, &type->limits);
      append(&t, " %s", name);
      break;
    case WR_EXTERN_MEMORY:
      append(&t, "memory");
      append_limits(&t, &type->limits);
      if (type->page_size_log2 != 16) append(&t, " pagesize %u", 1u << type->page_size_log2);
      break;
    case WR_EXTERN_GLOBAL:
      append(&t, "global %s%s", type->is_mutable ? "mut " : "", name);
      break;
    case WR_EXTERN_TAG:
      append(&t, "tag ");
      append_types(&t, type->params, type->param_count);
      break;
  }
  return buffer;
}
