/* The type section: recursion groups, made canonical one after the other.
 * Spec: binary/types, valid/types. */
#include "binary/decoder.h"

/* A reference to the module's own type index, as the registry wants it within a group. */
static wr_valtype group_reference(wr__decoder *d, const uint8_t *at, wr_valtype raw,
                                  uint32_t group_size) {
  uint32_t heap = wr_valtype_heap(raw);
  if (!wr_valtype_is_ref(raw) || heap < WR_HEAP_DEFINED) return raw;
  uint32_t index = heap - WR_HEAP_DEFINED, before = d->module->type_count;
  uint32_t id = WR__GROUP_BASE + (index - before);
  if (index >= before + group_size) {
    wr__decoder_invalid(d, at, "unknown type %u", index);
    return WR__BOT;
  }
  if (index < before) {
    if (!d->module->types[index]) wr__decoder_invalid(d, at, "type index %u is a module type", index);
    if (d->is_invalid) return WR__BOT;
    id = d->module->types[index]->id;
  }
  return (WR_HEAP_DEFINED + id) << 8 | (raw & 0xff);
}

static wr_status group_type(wr__decoder *d, bool storage, uint32_t group_size, wr_valtype *out) {
  wr_valtype raw;
  const uint8_t *start = d->at;
  const char *message =
      storage ? wr__read_storagetype(&d->at, d->end, &raw) : wr__read_valtype(&d->at, d->end, &raw);
  if (message) return wr__decoder_malformed(d, "%s", message);
  wr_feature feature = wr__type_feature(raw);
  if (!wr__decoder_has(d, feature)) return wr__decoder_require(d, feature, "the type");
  *out = group_reference(d, start, raw, group_size);
  return WR_OK;
}

static wr_status decode_types(wr__decoder *d, uint32_t limit, const char *what, uint32_t group_size,
                              uint32_t *start, uint32_t *count) {
  WR_TRY(wr__decode_count(d, limit, what, count));
  if (!wr__grow32(&d->valtypes, &d->valtype_capacity, d->valtype_count + *count,
                  sizeof *d->valtypes))
    return wr__decoder_fail_oom(d);
  *start = d->valtype_count;
  for (uint32_t i = 0; i < *count; i++)
    WR_TRY(group_type(d, false, group_size, &d->valtypes[d->valtype_count++]));
  return WR_OK;
}

static wr_status decode_func(wr__decoder *d, uint32_t group_size, wr__group_member *m) {
  wr__subtype_decl *decl = &m->decl;
  decl->comp = WR__COMP_FUNC;
  WR_TRY(
      decode_types(d, WR__MAX_PARAMS, "parameters", group_size, &m->params_at, &decl->param_count));
  WR_TRY(
      decode_types(d, WR__MAX_RESULTS, "results", group_size, &m->results_at, &decl->result_count));
  if (decl->result_count > 1) return wr__decoder_require(d, WR_FEATURE_MULTI_VALUE, "results");
  return WR_OK;
}

static wr_status decode_field(wr__decoder *d, uint32_t group_size) {
  uint8_t mutability;
  wr__field field = {0};
  WR_TRY(group_type(d, true, group_size, &field.type));
  WR_TRY(wr__decode_byte(d, &mutability));
  if (mutability > 1) {
    d->at--;
    return wr__decoder_malformed(d, "malformed mutability");
  }
  field.is_mutable = mutability;
  if (!wr__grow32(&d->fields, &d->field_capacity, d->field_count + 1, sizeof *d->fields))
    return wr__decoder_fail_oom(d);
  d->fields[d->field_count++] = field;
  return WR_OK;
}

static wr_status decode_fields(wr__decoder *d, bool array, uint32_t group_size,
                               wr__group_member *m) {
  WR_TRY(wr__decoder_require(d, WR_FEATURE_GC, "malformed definition type"));
  uint32_t count = 1;
  if (!array) WR_TRY(wr__decode_count(d, WR__MAX_FIELDS, "fields", &count));
  m->decl.comp = array ? WR__COMP_ARRAY : WR__COMP_STRUCT;
  m->decl.field_count = count;
  m->fields_at = d->field_count;
  for (uint32_t i = 0; i < count; i++) WR_TRY(decode_field(d, group_size));
  return WR_OK;
}

static wr_status decode_form(wr__decoder *d, uint8_t *form) {
  WR_TRY(wr__decode_byte(d, form));
  if (!(*form & 0x80)) return WR_OK;
  d->at--; /* forms are signed LEB128 of one byte */
  return wr__decoder_malformed(d, "integer representation too long");
}

/* The declared supertype: at most one, and defined before. Spec: valid/types, sub types. */
static wr_status decode_super(wr__decoder *d, uint32_t position, wr__group_member *m) {
  uint32_t count, index = 0, own = d->module->type_count + position;
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_count(d, UINT32_MAX, "supertypes", &count));
  for (uint32_t i = 0; i < count; i++) WR_TRY(wr__decode_u32(d, &index));
  if (count > 1) wr__decoder_invalid(d, start, "sub type %u has more than one super type", own);
  if (count != 1) return WR_OK;
  if (index >= own)
    wr__decoder_invalid(d, start, "unknown type %u: not before type %u", index, own);
  else if (index < d->module->type_count && !d->module->types[index])
    wr__decoder_invalid(d, start, "type index %u is a module type", index);
  if (d->is_invalid) return WR_OK;
  m->super_index = index;
  if (index < d->module->type_count) {
    const wr__deftype *super = d->module->types[index];
    m->decl.super_id = super->id;
    m->depth = super->depth + 1;
  } else {
    uint32_t other = index - d->module->type_count;
    m->decl.super_id = WR__GROUP_BASE + other;
    m->depth = d->members[other].depth + 1;
  }
  if (m->depth > WR__MAX_SUBTYPE_DEPTH)
    return wr__decoder_unsupported(d, "sub type %u has more than %u super types above it", own,
                                   (unsigned)WR__MAX_SUBTYPE_DEPTH);
  return WR_OK;
}

static wr_status decode_subtype(wr__decoder *d, uint8_t form, uint32_t position,
                                uint32_t group_size) {
  wr__group_member *m = &d->members[position];
  *m = (wr__group_member){.decl = {.is_final = true, .super_id = WR__NO_TYPE}};
  if (form == 0x50 || form == 0x4f) {
    WR_TRY(wr__decoder_require(d, WR_FEATURE_GC, "malformed definition type"));
    m->decl.is_final = form == 0x4f;
    WR_TRY(decode_super(d, position, m));
    WR_TRY(decode_form(d, &form));
  }
  switch (form) {
    case 0x60:
      return decode_func(d, group_size, m);
    case 0x5f:
      return decode_fields(d, false, group_size, m);
    case 0x5e:
      return decode_fields(d, true, group_size, m);
    default:
      d->at--;
      return wr__decoder_malformed(d, "malformed definition type");
  }
}

/* Makes the group's types canonical and checks their supertypes. */
static wr_status finish_group(wr__decoder *d, const uint8_t *start, uint32_t size) {
  if (!size) return WR_OK;
  wr__module *m = d->module;
  const wr__deftype **types = m->types + m->type_count;
  for (uint32_t i = 0; i < size; i++) {
    wr__group_member *member = &d->members[i];
    d->decls[i] = member->decl;
    if (d->valtypes) {
      d->decls[i].params = d->valtypes + member->params_at;
      d->decls[i].results = d->valtypes + member->results_at;
    }
    if (d->fields) d->decls[i].fields = d->fields + member->fields_at;
    types[i] = NULL;
  }
  uint32_t before = m->type_count;
  m->type_count += size;
  if (d->is_invalid) return WR_OK;
  if (wr__type_intern(m->engine->types, d->decls, size, types) != WR_OK)
    return wr__decoder_fail_oom(d);
  for (uint32_t i = 0; i < size; i++)
    if (!wr__type_super_valid(m->engine->types, types[i]))
      wr__decoder_invalid(d, start, "sub type %u does not match super type %u", before + i,
                          d->members[i].super_index);
  return WR_OK;
}

wr_status wr__decode_type_group(wr__decoder *d) {
  uint8_t form;
  uint32_t size = 1;
  const uint8_t *start = d->at;
  WR_TRY(decode_form(d, &form));
  bool group = form == 0x4e;
  if (group) {
    WR_TRY(wr__decoder_require(d, WR_FEATURE_GC, "malformed definition type"));
    WR_TRY(wr__decode_count(d, WR__MAX_TYPES, "types", &size));
  }
  wr__module *m = d->module;
  if (size > WR__MAX_TYPES - m->type_count)
    return wr__decoder_unsupported(d, "too many types: at most %u", (unsigned)WR__MAX_TYPES);
  if (!wr__grow32(&d->members, &d->member_capacity, size, sizeof *d->members) ||
      !wr__grow32(&d->decls, &d->decl_capacity, size, sizeof *d->decls) ||
      !wr__grow32(&m->types, &d->type_capacity, m->type_count + size, sizeof *m->types))
    return wr__decoder_fail_oom(d);
  d->valtype_count = d->field_count = 0;
  for (uint32_t i = 0; i < size; i++) {
    if (group) WR_TRY(decode_form(d, &form));
    WR_TRY(decode_subtype(d, form, i, size));
  }
  return finish_group(d, start, size);
}

wr_status wr__decode_types(wr__decoder *d) {
  uint32_t count;
  WR_TRY(wr__decode_count(d, WR__MAX_TYPES, "types", &count));
  for (uint32_t i = 0; i < count; i++) WR_TRY(wr__decode_type_group(d));
  return WR_OK;
}
