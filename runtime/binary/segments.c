/* Element and data segments. Spec: binary/modules, element section, data section. */
#include "binary/decoder.h"

/* ---- Elements ---- */

/* The items as function indices, left in the bytes; each is declared by it. */
static wr_status decode_func_items(wr__decoder *d, wr__elem_decl *elem) {
  for (uint32_t i = 0; i < elem->count; i++) {
    uint32_t index;
    const uint8_t *start = d->at;
    WR_TRY(wr__decode_u32(d, &index));
    if (index >= d->module->func_count)
      wr__decoder_invalid(d, start, "unknown function %u", index);
    else
      wr__decoder_declare_func(d, index);
  }
  return WR_OK;
}

static wr_status decode_items(wr__decoder *d, wr__elem_decl *elem) {
  WR_TRY(wr__decode_count(d, WR__MAX_ELEMS, "elements", &elem->count));
  const uint8_t *start = d->at;
  if (!elem->is_exprs) {
    WR_TRY(decode_func_items(d, elem));
  } else {
    wr__expr item;
    for (uint32_t i = 0; i < elem->count; i++) WR_TRY(wr__decode_expr(d, elem->type, &item));
  }
  elem->items_offset = (uint32_t)(start - d->module->bytes);
  elem->items_size = (uint32_t)(d->at - start);
  return WR_OK;
}

/* The segment's type: a kind byte before indices, a reference type before expressions. */
static wr_status decode_elem_type(wr__decoder *d, wr__elem_decl *elem) {
  if (elem->is_exprs) return wr__decode_reftype(d, &elem->type);
  uint8_t kind;
  WR_TRY(wr__decode_byte(d, &kind));
  if (kind == 0) return WR_OK;
  d->at--;
  return wr__decoder_malformed(d, "malformed element kind");
}

static wr_status decode_elem_place(wr__decoder *d, const uint8_t *start, wr__elem_decl *elem) {
  wr_valtype address = WR_I32;
  if (elem->table >= d->module->table_count)
    wr__decoder_invalid(d, start, "unknown table %u", elem->table);
  else if (d->module->tables[elem->table].limits.is64)
    address = WR_I64;
  return wr__decode_expr(d, address, &elem->offset);
}

/* Bit 0: not active; bit 1: declarative, or with a table index; bit 2: expressions. */
static wr_status decode_elem(wr__decoder *d, wr__elem_decl *elem) {
  uint32_t flags;
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_u32(d, &flags));
  if (flags > 7) {
    d->at = start;
    return wr__decoder_malformed(d, "malformed elements segment kind");
  }
  if (flags) WR_TRY(wr__decoder_require(d, WR_FEATURE_BULK_MEMORY, "a segment with flags"));
  elem->is_exprs = flags & 4;
  bool typed = wr__decoder_has(d, WR_FEATURE_FUNCTION_REFERENCES);
  elem->type = elem->is_exprs || !typed ? WR_FUNCREF : WR_REF_TYPE(WR_HEAP_FUNC);
  if (flags & 1) {
    elem->mode = flags & 2 ? WR__SEGMENT_DECLARATIVE : WR__SEGMENT_PASSIVE;
  } else {
    elem->mode = WR__SEGMENT_ACTIVE;
    if (flags & 2) WR_TRY(wr__decode_u32(d, &elem->table));
    WR_TRY(decode_elem_place(d, start, elem));
  }
  if (flags & 3) WR_TRY(decode_elem_type(d, elem));
  if (elem->mode == WR__SEGMENT_ACTIVE && !d->is_invalid &&
      !wr__valtype_matches(d->module->engine->types, elem->type,
                           d->module->tables[elem->table].element))
    wr__decoder_invalid(d, start, "type mismatch: the segment's elements do not fit table %u",
                        elem->table);
  return decode_items(d, elem);
}

wr_status wr__decode_elems(wr__decoder *d) {
  uint32_t count;
  wr__module *m = d->module;
  WR_TRY(wr__decode_count(d, WR__MAX_ELEMS, "element segments", &count));
  for (uint32_t i = 0; i < count; i++) {
    wr__elem_decl elem = {0};
    WR_TRY(decode_elem(d, &elem));
    if (!wr__grow32(&m->elems, &d->elem_capacity, m->elem_count + 1, sizeof *m->elems))
      return wr__decoder_fail_oom(d);
    m->elems[m->elem_count++] = elem;
  }
  return WR_OK;
}

/* ---- Data ---- */

wr_status wr__decode_data_count(wr__decoder *d) {
  WR_TRY(wr__decoder_require(d, WR_FEATURE_BULK_MEMORY, "malformed section id: data count"));
  d->module->has_data_count = true;
  return wr__decode_u32(d, &d->module->data_count_declared);
}

static wr_status decode_data_place(wr__decoder *d, const uint8_t *start, wr__data_decl *data) {
  wr_valtype address = WR_I32;
  if (data->memory >= d->module->memory_count)
    wr__decoder_invalid(d, start, "unknown memory %u", data->memory);
  else if (d->module->memories[data->memory].limits.is64)
    address = WR_I64;
  return wr__decode_expr(d, address, &data->offset);
}

static wr_status decode_data(wr__decoder *d, wr__data_decl *data) {
  uint32_t flags;
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_u32(d, &flags));
  if (flags > 2) {
    d->at = start;
    return wr__decoder_malformed(d, "malformed data segment kind");
  }
  if (flags) WR_TRY(wr__decoder_require(d, WR_FEATURE_BULK_MEMORY, "a segment with flags"));
  data->mode = flags == 1 ? WR__SEGMENT_PASSIVE : WR__SEGMENT_ACTIVE;
  if (flags == 2) WR_TRY(wr__decode_u32(d, &data->memory));
  if (flags != 1) WR_TRY(decode_data_place(d, start, data));
  WR_TRY(wr__decode_u32(d, &data->bytes_size));
  if (data->bytes_size > (size_t)(d->end - d->at))
    return wr__decoder_malformed(d, WR__MESSAGE_END ": %u bytes of data", data->bytes_size);
  data->bytes_offset = (uint32_t)(d->at - d->module->bytes);
  d->at += data->bytes_size;
  return WR_OK;
}

wr_status wr__decode_datas(wr__decoder *d) {
  uint32_t count;
  wr__module *m = d->module;
  WR_TRY(wr__decode_count(d, WR__MAX_DATAS, "data segments", &count));
  for (uint32_t i = 0; i < count; i++) {
    wr__data_decl data = {0};
    WR_TRY(decode_data(d, &data));
    if (!wr__grow32(&m->datas, &d->data_capacity, m->data_count + 1, sizeof *m->datas))
      return wr__decoder_fail_oom(d);
    m->datas[m->data_count++] = data;
  }
  return WR_OK;
}
