/* The decoder's primitives: numbers, names, types, constant expressions, and how it fails. */
#include <stdarg.h>
#include <stdio.h>

#include "binary/decoder.h"
#include "module/features.h"
#include "validate/internal.h"

static void describe(const wr__decoder *d, wr_error *error, wr_status status, const uint8_t *at,
                     const char *format, va_list args) {
  char message[sizeof error->message];
  vsnprintf(message, sizeof message, format, args);
  (void)wr__fail(error, status, (uint64_t)(at - d->module->bytes), "%s", message);
}

wr_status wr__decoder_fail_at(wr__decoder *d, wr_status status, const uint8_t *at,
                              const char *format, ...) {
  va_list args;
  va_start(args, format);
  describe(d, &d->failure, status, at, format, args);
  va_end(args);
  return status;
}

wr_status wr__decoder_fail_oom(wr__decoder *d) { return wr__fail_oom(&d->failure); }

void wr__decoder_invalid(wr__decoder *d, const uint8_t *at, const char *format, ...) {
  if (d->is_invalid) return;
  d->is_invalid = true;
  va_list args;
  va_start(args, format);
  describe(d, &d->invalid, WR_INVALID, at, format, args);
  va_end(args);
}

wr_status wr__decoder_require(wr__decoder *d, wr_feature feature, const char *what) {
  if (WR_LIKELY(wr__decoder_has(d, feature))) return WR_OK;
  return wr__decoder_unsupported(d, "%s: requires the feature %s, which is off", what,
                                 wr__feature_text(feature));
}

wr_status wr__decode_byte(wr__decoder *d, uint8_t *out) {
  if (d->at >= d->end) return wr__decoder_malformed(d, WR__MESSAGE_END);
  *out = *d->at++;
  return WR_OK;
}

wr_status wr__decode_u32(wr__decoder *d, uint32_t *out) {
  wr__leb result = wr__leb_u32(&d->at, d->end, out);
  if (WR_LIKELY(result == WR__LEB_OK)) return WR_OK;
  return wr__decoder_malformed(d, "%s", wr__leb_message(result));
}

wr_status wr__decode_u64(wr__decoder *d, uint64_t *out) {
  wr__leb result = wr__leb_u64(&d->at, d->end, out);
  if (WR_LIKELY(result == WR__LEB_OK)) return WR_OK;
  return wr__decoder_malformed(d, "%s", wr__leb_message(result));
}

wr_status wr__decode_count(wr__decoder *d, uint32_t limit, const char *what, uint32_t *out) {
  WR_TRY(wr__decode_u32(d, out));
  if (*out > (size_t)(d->end - d->at))
    return wr__decoder_malformed(d, WR__MESSAGE_END ": %u %s in %zu bytes", *out, what,
                                 (size_t)(d->end - d->at));
  if (*out > limit)
    return wr__decoder_unsupported(d, "too many %s: %u, at most %u", what, *out, limit);
  return WR_OK;
}

wr_status wr__decode_name(wr__decoder *d, wr__span *out) {
  uint32_t size;
  const uint8_t *start = d->at;
  WR_TRY(wr__decode_u32(d, &size));
  if (size > (size_t)(d->end - d->at))
    return wr__decoder_fail_at(d, WR_MALFORMED, start, "length out of bounds");
  if (!wr__utf8_valid(d->at, size)) return wr__decoder_malformed(d, "malformed UTF-8 encoding");
  *out = (wr__span){d->at, size};
  d->at += size;
  return WR_OK;
}

wr_status wr__decoder_resolve(wr__decoder *d, const uint8_t *at, wr_valtype raw, wr_valtype *out) {
  wr_feature feature = wr__type_feature(raw);
  if (!wr__decoder_has(d, feature)) return wr__decoder_require(d, feature, "the type");
  uint32_t heap = wr_valtype_heap(raw);
  *out = raw;
  if (!wr_valtype_is_ref(raw) || heap < WR_HEAP_DEFINED) return WR_OK;
  uint32_t index = heap - WR_HEAP_DEFINED;
  *out = WR__BOT;
  if (index >= d->module->type_count)
    wr__decoder_invalid(d, at, "unknown type %u", index);
  else if (!d->is_invalid)
    *out = wr__ref_to(d->module->types[index], (raw & 0xff) == WR_REF_NULL);
  return WR_OK;
}

wr_status wr__decode_valtype(wr__decoder *d, wr_valtype *out) {
  wr_valtype raw;
  const uint8_t *start = d->at;
  const char *message = wr__read_valtype(&d->at, d->end, &raw);
  if (message) return wr__decoder_malformed(d, "%s", message);
  return wr__decoder_resolve(d, start, raw, out);
}

wr_status wr__decode_reftype(wr__decoder *d, wr_valtype *out) {
  wr_valtype raw;
  const uint8_t *start = d->at;
  const char *message = wr__read_reftype(&d->at, d->end, &raw);
  if (message) return wr__decoder_malformed(d, "%s", message);
  if (raw == WR_FUNCREF) { /* what tables and segments hold without any feature */
    *out = raw;
    return WR_OK;
  }
  return wr__decoder_resolve(d, start, raw, out);
}

void wr__decoder_declare_func(wr__decoder *d, uint32_t func_index) {
  if (func_index < d->module->func_count)
    d->module->declared_funcs[func_index / 8] |= (uint8_t)(1u << (func_index % 8));
}

/* Functions that constant expressions name are declared by that. */
static wr_status visit_const(void *context, wr__walker *walker, const wr__instr *instr) {
  (void)walker;
  if (instr->op == WR__OP_ref_func)
    wr__decoder_declare_func((wr__decoder *)context, instr->imm.index);
  return WR_OK;
}

wr_status wr__decode_expr(wr__decoder *d, wr_valtype expected, wr__expr *out) {
  uint32_t offset = (uint32_t)(d->at - d->module->bytes);
  uint32_t limit = d->module->global_count;
  if (!wr__decoder_has(d, WR_FEATURE_GC)) limit = d->module->imported_globals;
  if (!d->is_invalid) {
    const wr__visitor visitor = {visit_const, d};
    wr_status status = wr__walk_const(&d->walker, offset, (uint32_t)d->module->size, expected,
                                      limit, &visitor, out);
    if (status == WR_OK) {
      d->at += out->size;
      return WR_OK;
    }
    if (status != WR_INVALID) return status;
    d->is_invalid = true;
    d->invalid = d->failure;
  }
  uint32_t end_offset;
  WR_TRY(wr__scan_expr(&d->walker, offset, &end_offset));
  *out = (wr__expr){offset, end_offset - offset};
  d->at = d->module->bytes + end_offset;
  return WR_OK;
}
