/* The words of features and external types, for people. */
#include <stdarg.h>
#include <stdio.h>

#include "base/base.h"

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

/* ---- External types: "func [i32 i64] -> [f32]", "memory 1 2 shared", … --- */

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
