/* The export and start sections. Spec: binary/modules, valid/modules. */
#include <stdlib.h>

#include "binary/decoder.h"

static uint32_t space_size(const wr__module *m, uint8_t kind) {
  switch (kind) {
    case WR_EXTERN_FUNC:
      return m->func_count;
    case WR_EXTERN_TABLE:
      return m->table_count;
    case WR_EXTERN_MEMORY:
      return m->memory_count;
    case WR_EXTERN_GLOBAL:
      return m->global_count;
    default:
      return m->tag_count;
  }
}

static wr_status decode_export(wr__decoder *d, wr__export *out) {
  static const char *const kinds[] = {"function", "table", "memory", "global", "tag"};
  WR_TRY(wr__decode_name(d, &out->name));
  WR_TRY(wr__decode_byte(d, &out->kind));
  if (out->kind > WR_EXTERN_TAG) {
    d->at--;
    return wr__decoder_malformed(d, "malformed export kind");
  }
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_u32(d, &out->index));
  if (out->index >= space_size(d->module, out->kind))
    wr__decoder_invalid(d, start, "unknown %s %u", kinds[out->kind], out->index);
  else if (out->kind == WR_EXTERN_FUNC)
    wr__decoder_declare_func(d, out->index);
  else if (out->kind == WR_EXTERN_GLOBAL && d->module->globals[out->index].is_mutable)
    WR_TRY(wr__decoder_require(d, WR_FEATURE_MUTABLE_GLOBALS, "an exported mutable global"));
  return WR_OK;
}

/* Names must differ: they go through a hash table of twice their number. */
static wr_status check_names(wr__decoder *d) {
  const wr__module *m = d->module;
  size_t capacity = 16;
  while (capacity < (size_t)m->export_count * 2) capacity *= 2;
  uint32_t *slots = calloc(capacity, sizeof *slots);
  if (!slots) return wr__decoder_fail_oom(d);
  for (uint32_t i = 0; i < m->export_count; i++) {
    wr__span name = m->exports[i].name;
    size_t slot = wr__hash_bytes(name.data, name.size, 0) & (capacity - 1);
    for (; slots[slot]; slot = (slot + 1) & (capacity - 1)) {
      wr__span other = m->exports[slots[slot] - 1].name;
      if (other.size == name.size && memcmp(other.data, name.data, name.size) == 0)
        wr__decoder_invalid(d, name.data, "duplicate export name");
    }
    slots[slot] = i + 1;
  }
  free(slots);
  return WR_OK;
}

wr_status wr__decode_exports(wr__decoder *d) {
  uint32_t count;
  wr__module *m = d->module;
  WR_TRY(wr__decode_count(d, WR__MAX_EXPORTS, "exports", &count));
  for (uint32_t i = 0; i < count; i++) {
    wr__export export = {0};
    WR_TRY(decode_export(d, &export));
    if (!wr__grow32(&m->exports, &d->export_capacity, m->export_count + 1, sizeof *m->exports))
      return wr__decoder_fail_oom(d);
    m->exports[m->export_count++] = export;
  }
  return check_names(d);
}

wr_status wr__decode_start(wr__decoder *d) {
  wr__module *m = d->module;
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_u32(d, &m->start_func));
  if (m->start_func >= m->func_count) {
    wr__decoder_invalid(d, start, "unknown function %u", m->start_func);
    return WR_OK;
  }
  if (d->is_invalid) return WR_OK;
  const wr__deftype *type = m->funcs[m->start_func].type;
  if (type->param_count || type->result_count)
    wr__decoder_invalid(d, start, "start function must take and return nothing");
  return WR_OK;
}
