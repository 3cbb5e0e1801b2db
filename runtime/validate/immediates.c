/* What follows an opcode, by the reader that all share, and the walker's words for what is wrong.
 */
#include "validate/internal.h"

static wr_status fail_read(wr__walker *w) {
  const wr__instr_reader *r = &w->reader;
  const uint8_t *instr_at = w->module->bytes + w->instr_offset;
  switch (r->failure) {
    case WR__READ_MALFORMED:
      return wr__walker_malformed(w, "%s", r->message);
    case WR__READ_ILLEGAL:
      if (!r->prefix) return wr__walker_illegal(w, (uint8_t)r->count);
      return wr__walker_fail_at(w, WR_MALFORMED, instr_at, "illegal opcode %02x %02x", r->prefix,
                                r->count);
    case WR__READ_TOO_MANY:
      return wr__walker_fail_at(w, WR_UNSUPPORTED, w->at, "too many %s: %u, at most %u", r->message,
                                r->count, r->limit);
    case WR__READ_FEATURE:
      return wr__walker_fail_feature(w, WR_FEATURE_MULTI_MEMORY, r->message);
    case WR__READ_NO_MEMORY:
      break;
  }
  return wr__walker_fail_oom(w);
}

/* Without a data count section no data index of a body can be checked in one pass. Constant
 * expressions stand before it. Spec: binary/modules, data count section. */
static wr_status require_data_count(wr__walker *w) {
  if (w->module->has_data_count || w->func_index == WR_NO_INDEX) return WR_OK;
  return wr__walker_fail_at(w, WR_MALFORMED, w->module->bytes + w->instr_offset,
                            "data count section required");
}

wr_status wr__walker_read_immediates(wr__walker *w, wr__imm form, wr__instr *instr) {
  w->reader.at = w->at;
  w->reader.end = w->end;
  bool ok = wr__read_immediates(&w->reader, form, instr);
  w->at = w->reader.at;
  if (WR_UNLIKELY(!ok)) return fail_read(w);
  bool names_data = form == WR__IMM_DATA || form == WR__IMM_TYPE_DATA || form == WR__IMM_DATA_MEM;
  return names_data ? require_data_count(w) : WR_OK;
}

wr_status wr__walker_read_prefixed(wr__walker *w, uint8_t prefix, wr__instr *instr) {
  w->reader.at = w->at;
  w->reader.end = w->end;
  bool ok = wr__read_prefixed(&w->reader, prefix, &instr->op);
  w->at = w->reader.at;
  return WR_LIKELY(ok) ? WR_OK : fail_read(w);
}
