/* From bytes to a module: the header, the sections in order, then every body.
 * Spec: binary/modules; embedding, module_decode and module_validate. */
#include <stdlib.h>

#include "base/header.h"
#include "binary/decoder.h"
#include "validate/internal.h"

enum { SECTION_CUSTOM = 0, SECTION_CODE = 10, SECTION_COUNT = 14 };

/* What a section is and where it stands among the others (custom sections anywhere). */
typedef struct section_kind {
  const char *name;
  uint8_t order;
  bool is_vector;
  wr_status (*decode)(wr__decoder *d);
} section_kind;

static const section_kind section_kinds[SECTION_COUNT] = {
    [1] = {"type", 1, true, wr__decode_types},
    [2] = {"import", 2, true, wr__decode_imports},
    [3] = {"function", 3, true, wr__decode_funcs},
    [4] = {"table", 4, true, wr__decode_tables},
    [5] = {"memory", 5, true, wr__decode_memories},
    [13] = {"tag", 6, true, wr__decode_tags},
    [6] = {"global", 7, true, wr__decode_globals},
    [7] = {"export", 8, true, wr__decode_exports},
    [8] = {"start", 9, false, wr__decode_start},
    [9] = {"element", 10, true, wr__decode_elems},
    [12] = {"data count", 11, true, wr__decode_data_count},
    [SECTION_CODE] = {"code", 12, true, wr__decode_code},
    [11] = {"data", 13, true, wr__decode_datas},
};

/* Splits the code section into bodies; they are walked when all sections are known. */
wr_status wr__decode_code(wr__decoder *d) {
  uint32_t count;
  wr__module *m = d->module;
  WR_TRY(wr__decode_count(d, WR__MAX_FUNCS, "functions", &count));
  d->bodies = count;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t size;
    const uint8_t *start = d->at;
    WR_TRY(wr__decode_u32(d, &size));
    if (size > (size_t)(d->end - d->at))
      return wr__decoder_fail_at(d, WR_MALFORMED, start, "length out of bounds");
    if (size > WR__MAX_FUNC_SIZE)
      return wr__decoder_unsupported(d, "function body too large: %u bytes, at most %u", size,
                                     (unsigned)WR__MAX_FUNC_SIZE);
    if (i < m->func_count - m->imported_funcs) {
      wr__func_decl *func = &m->funcs[m->imported_funcs + i];
      func->code_offset = (uint32_t)(d->at - m->bytes);
      func->code_size = size;
    }
    d->at += size;
  }
  return WR_OK;
}

/* The same without a look at the section. The places are checked, so that a mistake in them is no
 * more than a wrong one. */
static wr_status take_prepared(wr__decoder *d, const uint8_t *end) {
  wr__module *m = d->module;
  uint64_t start = (uint64_t)(d->at - m->bytes), limit = (uint64_t)(end - m->bytes);
  if (d->prepared_count != m->func_count - m->imported_funcs)
    return wr__decoder_malformed(d, "the native image has other functions");
  for (uint32_t i = 0; i < d->prepared_count; i++) {
    wr__code_place body = d->prepared[i];
    if (body.offset < start || (uint64_t)body.offset + body.size > limit)
      return wr__decoder_malformed(d, "the native image has other functions");
    m->funcs[m->imported_funcs + i].code_offset = body.offset;
    m->funcs[m->imported_funcs + i].code_size = body.size;
  }
  d->bodies = d->prepared_count;
  d->at = end;
  return WR_OK;
}

static wr_status add_section(wr__decoder *d, const wr_section *section) {
  wr__module *m = d->module;
  if (!wr__grow32(&m->sections, &d->section_capacity, m->section_count + 1, sizeof *m->sections))
    return wr__decoder_fail_oom(d);
  m->sections[m->section_count++] = *section;
  return WR_OK;
}

static wr_status decode_custom(wr__decoder *d, const uint8_t *end) {
  wr__span name;
  WR_TRY(wr__decode_name(d, &name));
  if (d->at > end) return wr__decoder_fail_at(d, WR_MALFORMED, end, "unexpected end");
  wr_section section = {.id = SECTION_CUSTOM,
                        .name = (const char *)name.data,
                        .name_size = name.size,
                        .offset = (uint64_t)(d->at - d->module->bytes),
                        .size_bytes = (uint64_t)(end - d->at)};
  d->at = end;
  return add_section(d, &section);
}

static wr_status list_section(wr__decoder *d, uint8_t id, uint32_t size) {
  wr_section section = {.id = id,
                        .name = section_kinds[id].name,
                        .name_size = strlen(section_kinds[id].name),
                        .offset = (uint64_t)(d->at - d->module->bytes),
                        .size_bytes = size};
  const uint8_t *at = d->at;
  if (section_kinds[id].is_vector && wr__leb_u32(&at, d->end, &section.count) != WR__LEB_OK)
    section.count = 0; /* the section's decoder reports it */
  return add_section(d, &section);
}

/* Functions exist from here on, so they can be declared. */
static wr_status make_declared(wr__decoder *d) {
  wr__module *m = d->module;
  if (m->declared_funcs) return WR_OK;
  m->declared_funcs = wr__alloc_array((size_t)m->func_count / 8 + 1, 1);
  return m->declared_funcs ? WR_OK : wr__decoder_fail_oom(d);
}

static wr_status decode_section(wr__decoder *d, uint8_t *order) {
  uint8_t id;
  uint32_t size;
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_byte(d, &id));
  bool tag_off = id == 13 && !wr__decoder_has(d, WR_FEATURE_EXCEPTIONS) &&
                 !wr__decoder_has(d, WR_FEATURE_LEGACY_EXCEPTIONS);
  if (id >= SECTION_COUNT || tag_off)
    return wr__decoder_fail_at(d, WR_MALFORMED, start, "malformed section id %u", id);
  const uint8_t *size_at = d->at;
  WR_TRY(wr__decode_u32(d, &size));
  if (size > (size_t)(d->end - d->at))
    return wr__decoder_fail_at(d, WR_MALFORMED, size_at, "length out of bounds");
  const uint8_t *end = d->at + size;
  if (id == SECTION_CUSTOM) return decode_custom(d, end);
  if (section_kinds[id].order <= *order)
    return wr__decoder_fail_at(d, WR_MALFORMED, start,
                               "unexpected content after last section: %s section",
                               section_kinds[id].name);
  *order = section_kinds[id].order;
  WR_TRY(list_section(d, id, size));
  if (*order > section_kinds[3].order) WR_TRY(make_declared(d));
  WR_TRY(id == SECTION_CODE && d->prepared ? take_prepared(d, end) : section_kinds[id].decode(d));
  if (d->at != end) return wr__decoder_malformed(d, "section size mismatch");
  return WR_OK;
}

static wr_status decode_header(wr__decoder *d) {
  size_t at;
  const char *wrong = wr__header_check(d->at, (size_t)(d->end - d->at), &at);
  if (wrong) return wr__decoder_fail_at(d, WR_MALFORMED, d->at + at, "%s", wrong);
  d->at += WR__HEADER_BYTES;
  return WR_OK;
}

static wr_status scan_bodies(wr__decoder *d, uint32_t first) {
  const wr__module *m = d->module;
  for (uint32_t i = first; i < m->func_count && m->funcs[i].code_offset; i++)
    WR_TRY(wr__scan_func(&d->walker, i));
  return WR_OK;
}

/* A section after the bodies is malformed: what is malformed in a body comes first. */
static wr_status report_malformed(wr__decoder *d, wr_status status) {
  if (status != WR_MALFORMED || !d->bodies) return status;
  wr_error failure = d->failure;
  WR_TRY(scan_bodies(d, d->module->imported_funcs));
  d->failure = failure;
  return status;
}

static wr_status decode_sections(wr__decoder *d) {
  uint8_t order = 0;
  wr__module *m = d->module;
  WR_TRY(decode_header(d));
  while (d->at < d->end) {
    wr_status status = decode_section(d, &order);
    if (status != WR_OK) return report_malformed(d, status);
  }
  WR_TRY(make_declared(d));
  if (d->bodies != m->func_count - m->imported_funcs)
    return wr__decoder_malformed(d,
                                 "function and code section have inconsistent lengths: %u and %u",
                                 m->func_count - m->imported_funcs, d->bodies);
  if (m->has_data_count && m->data_count_declared != m->data_count)
    return wr__decoder_malformed(d,
                                 "data count and data section have inconsistent lengths: %u and %u",
                                 m->data_count_declared, m->data_count);
  return WR_OK;
}

/* Once something is invalid, only what is malformed in the bodies still matters. */
static wr_status report_invalid(wr__decoder *d, uint32_t first_body) {
  WR_TRY(scan_bodies(d, first_body));
  d->failure = d->invalid;
  return WR_INVALID;
}

static wr_status walk_bodies(wr__decoder *d) {
  for (uint32_t i = d->module->imported_funcs; i < d->module->func_count; i++) {
    if (!d->is_invalid) {
      wr_status status = wr__walk_func(&d->walker, i, NULL);
      if (status == WR_OK) continue;
      if (status != WR_INVALID) return status;
      d->is_invalid = true;
      d->invalid = d->failure;
    }
    return report_invalid(d, i);
  }
  return d->is_invalid ? report_invalid(d, d->module->func_count) : WR_OK;
}

static wr_status decode_module(wr__decoder *d) {
  if (d->module->size > UINT32_MAX)
    return wr__decoder_unsupported(d, "module too large: at most 4 GiB");
  WR_TRY(decode_sections(d));
  return d->prepared && !d->is_invalid ? WR_OK : walk_bodies(d);
}

static void free_decoder(wr__decoder *d) {
  wr__walker_free(&d->walker);
  free(d->members);
  free(d->decls);
  free(d->valtypes);
  free(d->fields);
}

wr_status wr__module_decode(wr__engine *engine, const uint8_t *bytes, size_t size,
                            wr__bytes_owner owner, wr__module **out, wr_error *error) {
  return wr__module_decode_prepared(engine, bytes, size, owner, NULL, 0, out, error);
}

wr_status wr__module_decode_prepared(wr__engine *engine, const uint8_t *bytes, size_t size,
                                     wr__bytes_owner owner, const wr__code_place *bodies,
                                     uint32_t count, wr__module **out, wr_error *error) {
  wr__module *module = calloc(1, sizeof *module);
  if (!module) return wr__fail_oom(error);
  atomic_init(&module->ref_count, 1);
  module->engine = wr__engine_retain(engine);
  module->bytes = bytes ? bytes : (const uint8_t *)"";
  module->size = size;
  module->bytes_owner = WR__BYTES_BORROWED;
  module->start_func = WR_NO_INDEX;
  wr__decoder decoder = {.at = module->bytes,
                         .end = module->bytes + size,
                         .module = module,
                         .prepared = bodies,
                         .prepared_count = count};
  wr__walker_init(&decoder.walker, module, &decoder.failure);
  wr_status status = decode_module(&decoder);
  free_decoder(&decoder);
  if (status != WR_OK) {
    if (error) *error = decoder.failure;
    wr__module_release(module);
    return status;
  }
  module->bytes_owner = (uint8_t)owner;
  *out = module;
  return WR_OK;
}
