/* Canonical definitions: lift, lower and the resource built-ins, with their options.
 * Spec: component-model/Binary, canonical definitions; CanonicalABI, canonical definitions. */
#include <stdio.h>

#include "component/decoder.h"

static const wr_externtype *core_func(const wr__cdecoder *d, uint32_t index) {
  return (const wr_externtype *)d->scope->entries[WR__SORT_CORE_FUNC][index].type;
}

/* ---- Options ---- */

static const char *const encoding_names[] = {"utf8", "utf16", "latin1-utf16"};

static wr_status set_encoding(wr__cdecoder *d, const uint8_t *at, uint8_t encoding, bool *is_set,
                              wr__canon_options *out) {
  if (*is_set)
    return wr__cinvalid(d, at, "canonical encoding option `%s` conflicts with option `%s`",
                        encoding_names[out->encoding], encoding_names[encoding]);
  *is_set = true;
  out->encoding = encoding;
  return WR_OK;
}

static wr_status set_index(wr__cdecoder *d, const uint8_t *at, uint8_t sort, const char *name,
                           uint32_t *out) {
  const wr__entry *entry;
  if (*out != WR_NO_INDEX)
    return wr__cinvalid(d, at, "canonical option `%s` is specified more than once", name);
  return wr__cread_index(d, sort, out, &entry);
}

static wr_status read_option(wr__cdecoder *d, bool *has_encoding, wr__canon_options *out) {
  uint8_t code;
  const uint8_t *start = d->at;
  WR_TRY(wr__cread_byte(d, &code));
  switch (code) {
    case 0x00:
    case 0x01:
    case 0x02:
      return set_encoding(d, start, code, has_encoding, out);
    case 0x03:
      return set_index(d, start, WR__SORT_CORE_MEMORY, "memory", &out->memory);
    case 0x04:
      return set_index(d, start, WR__SORT_CORE_FUNC, "realloc", &out->realloc);
    case 0x05:
      return set_index(d, start, WR__SORT_CORE_FUNC, "post-return", &out->post_return);
    case 0x06:
      return wr__cfail_feature(d, start, "the canonical option async", "async");
    case 0x07:
      return wr__cfail_feature(d, start, "the canonical option callback", "async");
    default:
      return wr__cbad_byte(d, "canonical option");
  }
}

static wr_status check_realloc(wr__cdecoder *d, const uint8_t *at, const wr_externtype *type) {
  bool fits = type->param_count == 4 && type->result_count == 1 && type->results[0] == WR_I32;
  for (size_t i = 0; fits && i < 4; i++) fits = type->params[i] == WR_I32;
  if (fits) return WR_OK;
  return wr__cinvalid(
      d, at,
      "canonical option `realloc` uses a core function with an incorrect signature: "
      "(func (param i32 i32 i32 i32) (result i32)) expected");
}

static wr_status read_options(wr__cdecoder *d, wr__canon_options *out) {
  uint32_t count;
  bool has_encoding = false;
  const uint8_t *start = d->at;
  *out = (wr__canon_options){
      .memory = WR_NO_INDEX, .realloc = WR_NO_INDEX, .post_return = WR_NO_INDEX};
  WR_TRY(wr__cread_count(d, "options", &count));
  for (uint32_t i = 0; i < count; i++) WR_TRY(read_option(d, &has_encoding, out));
  if (out->memory != WR_NO_INDEX) {
    const wr__entry *memory = &d->scope->entries[WR__SORT_CORE_MEMORY][out->memory];
    const wr_limits *limits = &((const wr_externtype *)memory->type)->limits;
    if (limits->is64)
      return wr__cfail_feature(d, start, "a 64-bit memory as canonical option", "memory64");
  }
  if (out->realloc == WR_NO_INDEX) return WR_OK;
  if (out->memory == WR_NO_INDEX)
    return wr__cinvalid(d, start,
                        "canonical option `realloc` requires `memory` to also be specified");
  return check_realloc(d, start, core_func(d, out->realloc));
}

/* ---- What a function type needs ---- */

static wr_status require_options(wr__cdecoder *d, const uint8_t *at, const wr_component_type *func,
                                 const wr__flat_func *flat, bool is_lower,
                                 const wr__canon_options *options) {
  bool params_memory = flat->params_in_memory, results_memory = flat->results_in_memory;
  for (uint32_t i = 0; i < func->field_count; i++)
    params_memory |= func->fields[i].type->has_memory;
  bool results_dynamic = func->element && func->element->has_memory;
  results_memory |= results_dynamic;
  /* Lift writes parameters into the callee's memory, lower writes results into the caller's. */
  bool realloc = is_lower ? results_dynamic : params_memory;
  if ((params_memory || results_memory) && options->memory == WR_NO_INDEX)
    return wr__cinvalid(d, at, "canonical option `memory` is required");
  if (realloc && options->realloc == WR_NO_INDEX)
    return wr__cinvalid(d, at, "canonical option `realloc` is required");
  return WR_OK;
}

static void write_types(char *buffer, size_t size, const uint8_t *bytes, const wr_valtype *types,
                        size_t count) {
  size_t at = (size_t)snprintf(buffer, size, "[");
  for (size_t i = 0; i < count && at + 80 < size; i++) {
    char name[64];
    wr_valtype_name(bytes ? bytes[i] : types[i], name, sizeof name);
    if (name[0] >= 'a' && name[0] <= 'z') name[0] = (char)(name[0] - 0x20);
    at += (size_t)snprintf(buffer + at, size - at, "%s%s", i ? ", " : "", name);
  }
  snprintf(buffer + at, size - at, "]");
}

static wr_status compare_types(wr__cdecoder *d, const uint8_t *at, const char *what,
                               const uint8_t *wanted, uint32_t wanted_count,
                               const wr_valtype *given, size_t given_count) {
  bool same = wanted_count == given_count;
  for (uint32_t i = 0; same && i < wanted_count; i++) same = given[i] == wanted[i];
  if (same) return WR_OK;
  char wanted_text[180], given_text[180];
  write_types(wanted_text, sizeof wanted_text, wanted, NULL, wanted_count);
  write_types(given_text, sizeof given_text, NULL, given, given_count);
  return wr__cinvalid(d, at, "lowered %s types `%s` do not match %s types `%s`", what, wanted_text,
                      what, given_text);
}

static wr_status check_post_return(wr__cdecoder *d, const uint8_t *at, const wr_externtype *core,
                                   uint32_t index) {
  if (index == WR_NO_INDEX) return WR_OK;
  const wr_externtype *type = core_func(d, index);
  bool fits = type->result_count == 0 && type->param_count == core->result_count;
  for (size_t i = 0; fits && i < type->param_count; i++) fits = type->params[i] == core->results[i];
  if (fits) return WR_OK;
  return wr__cinvalid(d, at,
                      "canonical option `post-return` uses a core function with an incorrect "
                      "signature: the results of the lifted function are its parameters");
}

/* ---- lift, lower ---- */

static const wr__deftype *deftype_of(const wr__cdecoder *d, const wr_externtype *type) {
  return wr__type_get(d->engine->types, type->defined_type);
}

static wr_status read_lift(wr__cdecoder *d, wr__def *def) {
  uint32_t index;
  wr__flat_func flat;
  const wr__entry *entry;
  const uint8_t *start = d->at;
  def->kind = WR__DEF_LIFT;
  def->sort = WR__SORT_FUNC;
  WR_TRY(wr__cread_zero(d, "canonical function lift"));
  WR_TRY(wr__cread_index(d, WR__SORT_CORE_FUNC, &def->of.canon.func, &entry));
  const wr_externtype *core = (const wr_externtype *)entry->type;
  WR_TRY(read_options(d, &def->of.canon.options));
  const uint8_t *type_at = d->at;
  WR_TRY(wr__cread_index(d, WR__SORT_TYPE, &index, &entry));
  def->type = def->of.canon.type = (const wr_component_type *)entry->type;
  if (def->type->kind != WR__CTYPE_FUNC)
    return wr__cinvalid(d, type_at, "type index %u is not a function type", index);
  wr__ctype_flatten(def->type, false, &flat);
  WR_TRY(require_options(d, start, def->type, &flat, false, &def->of.canon.options));
  WR_TRY(check_post_return(d, start, core, def->of.canon.options.post_return));
  WR_TRY(compare_types(d, start, "parameter", flat.params, flat.param_count, core->params,
                       core->param_count));
  WR_TRY(compare_types(d, start, "result", flat.results, flat.result_count, core->results,
                       core->result_count));
  def->of.canon.core_type = deftype_of(d, core);
  return wr__cdefine(d, def, def->type);
}

/* A new core function of a canonical definition. */
static wr_status define_core_func(wr__cdecoder *d, wr__def *def, const uint8_t *params,
                                  uint32_t param_count, const uint8_t *results,
                                  uint32_t result_count) {
  wr_valtype types[WR__CTYPE_MAX_FLAT + 2];
  for (uint32_t i = 0; i < param_count; i++) types[i] = params[i];
  for (uint32_t i = 0; i < result_count; i++) types[param_count + i] = results[i];
  const wr__deftype *type =
      wr__type_func(d->engine->types, types, param_count, types + param_count, result_count);
  wr_externtype *entry = wr__calloc_array(d, 1, sizeof *entry);
  if (!type || !entry) return wr__cfail_oom(d);
  *entry = (wr_externtype){.kind = WR_EXTERN_FUNC,
                           .params = type->params,
                           .param_count = type->param_count,
                           .results = type->results,
                           .result_count = type->result_count,
                           .defined_type = type->id};
  def->sort = WR__SORT_CORE_FUNC;
  def->of.canon.core_type = type;
  return wr__cdefine(d, def, entry);
}

static wr_status read_lower(wr__cdecoder *d, wr__def *def) {
  wr__flat_func flat;
  const wr__entry *entry;
  const uint8_t *start = d->at;
  def->kind = WR__DEF_LOWER;
  WR_TRY(wr__cread_zero(d, "canonical function lower"));
  WR_TRY(wr__cread_index(d, WR__SORT_FUNC, &def->of.canon.func, &entry));
  def->of.canon.type = (const wr_component_type *)entry->type;
  WR_TRY(read_options(d, &def->of.canon.options));
  if (def->of.canon.options.post_return != WR_NO_INDEX)
    return wr__cinvalid(d, start,
                        "canonical option `post-return` cannot be specified for lowerings");
  wr__ctype_flatten(def->of.canon.type, true, &flat);
  WR_TRY(require_options(d, start, def->of.canon.type, &flat, true, &def->of.canon.options));
  return define_core_func(d, def, flat.params, flat.param_count, flat.results, flat.result_count);
}

/* ---- Resource built-ins ---- */

static wr_status read_resource(wr__cdecoder *d, wr__def *def, uint8_t kind) {
  static const uint8_t word[1] = {WR_I32};
  uint32_t index;
  const wr__entry *entry;
  const uint8_t *start = d->at;
  def->kind = kind;
  WR_TRY(wr__cread_index(d, WR__SORT_TYPE, &index, &entry));
  const wr_component_type *type = (const wr_component_type *)entry->type;
  if (type->kind != WR__CTYPE_RESOURCE)
    return wr__cinvalid(d, start, "type index %u is not a resource type", index);
  if (kind != WR__DEF_RESOURCE_DROP && !type->resource->is_local)
    return wr__cinvalid(d, start, "type index %u is not a local resource", index);
  def->of.canon.resource = type->resource;
  return define_core_func(d, def, word, 1, word, kind == WR__DEF_RESOURCE_DROP ? 0 : 1);
}

/* ---- By code ---- */

static wr_status refuse_code(wr__cdecoder *d, const uint8_t *at, uint8_t code) {
  if (code >= 0x1c && code <= 0x1e)
    return wr__cfail_feature(d, at, "an error-context built-in", "error-context");
  if ((code >= 0x26 && code <= 0x2d) || (code >= 0x40 && code <= 0x42))
    return wr__cfail_feature(d, at, "a thread built-in", "threading");
  if (code >= 0x05 && code <= 0x25) return wr__cfail_feature(d, at, "an async built-in", "async");
  return wr__cbad_byte(d, "canonical function");
}

wr_status wr__cdecode_canon(wr__cdecoder *d) {
  uint8_t code;
  const uint8_t *start = d->at;
  wr__def def = {.offset = (uint64_t)(start - d->base)};
  WR_TRY(wr__cread_byte(d, &code));
  switch (code) {
    case 0x00:
      return read_lift(d, &def);
    case 0x01:
      return read_lower(d, &def);
    case 0x02:
      return read_resource(d, &def, WR__DEF_RESOURCE_NEW);
    case 0x03:
      return read_resource(d, &def, WR__DEF_RESOURCE_DROP);
    case 0x04:
      return read_resource(d, &def, WR__DEF_RESOURCE_REP);
    default:
      return refuse_code(d, start, code);
  }
}
