/* What the walker's files share: failing, the operand stack, resolving types.
 *
 * Invariant: before each instruction the stack has room for WR__WALKER_RESERVE more operands, so
 * wr__walker_push needs no check; a rule that pushes more calls wr__walker_reserve. */
#ifndef WR__VALIDATE_INTERNAL_H
#define WR__VALIDATE_INTERNAL_H

#include "reader/types_in.h"
#include "module/features.h"
#include "config/engine.h"
#include "validate/walker.h"

#define WR__INLINE static inline __attribute__((always_inline))
#define WR__COLD __attribute__((cold, noinline))

enum { WR__WALKER_RESERVE = 8 };

/* ---- Failing (messages.c). Each wr__walker_fail_* is its status, as a constant: whoever passes it
 * on shows the compiler that what it did not fill is not read. ---- */

WR__COLD void wr__walker_report(wr__walker *w, wr_status status, const uint8_t *at,
                                const char *format, ...) WR_PRINTF(4, 5);
WR__COLD void wr__walker_report_operands(wr__walker *w, const char *who, const wr_valtype *need,
                                         uint32_t count, bool need_all);
WR__COLD void wr__walker_report_operand(wr__walker *w, const char *need);

#define wr__walker_fail_at(w, status, at, ...) \
  (wr__walker_report((w), (status), (at), __VA_ARGS__), (status))
/* At the current instruction. */
#define wr__walker_invalid(w, ...) \
  wr__walker_fail_at(w, WR_INVALID, (w)->module->bytes + (w)->instr_offset, __VA_ARGS__)
/* At the byte that is to be read next. */
#define wr__walker_malformed(w, ...) wr__walker_fail_at(w, WR_MALFORMED, (w)->at, __VA_ARGS__)
WR__INLINE wr_status wr__walker_fail_oom(wr__walker *w) {
  (void)wr__fail_oom(w->error);
  return WR_OUT_OF_MEMORY;
}
WR__INLINE wr_status wr__walker_fail_feature(wr__walker *w, uint32_t feature, const char *what) {
  return wr__walker_fail_at(w, WR_UNSUPPORTED, w->module->bytes + w->instr_offset,
                            "illegal opcode: %s requires the feature %s, which is off", what,
                            wr__feature_text(feature));
}
/* "type mismatch: <who> requires [need] but stack has [...]", showing as much of the stack as
 * the need asks for (all of the frame's where need_all). */
WR__INLINE wr_status wr__walker_fail_operands(wr__walker *w, const char *who,
                                              const wr_valtype *need, uint32_t count,
                                              bool need_all) {
  wr__walker_report_operands(w, who, need, count, need_all);
  return WR_INVALID;
}
WR__INLINE wr_status wr__walker_fail_operand(wr__walker *w, const char *need) {
  wr__walker_report_operand(w, need);
  return WR_INVALID;
}
/* A type with module indices instead of the engine's numbers. */
WR__COLD char *wr__walker_type_name(const wr__module *module, wr_valtype type, char *buffer,
                                    size_t size);

/* ---- The operand stack ---- */

wr_status wr__walker_reserve(wr__walker *w, uint32_t count);

WR__INLINE wr__ctrl *wr__walker_top(const wr__walker *w) { return &w->ctrl[w->ctrl_count - 1]; }

WR__INLINE void wr__walker_push(wr__walker *w, wr_valtype type) {
  w->stack[w->stack_count++] = type;
}

/* Spec: appendix/algorithm, pop_val. */
WR__INLINE wr_status wr__walker_pop(wr__walker *w, wr_valtype expected) {
  const wr__ctrl *top = wr__walker_top(w);
  if (WR_UNLIKELY(w->stack_count == top->height)) {
    if (top->unreachable) return WR_OK;
    return wr__walker_fail_operands(w, "instruction", &expected, 1, false);
  }
  wr_valtype got = w->stack[w->stack_count - 1];
  if (WR_UNLIKELY(!wr__valtype_matches(w->types, got, expected)))
    return wr__walker_fail_operands(w, "instruction", &expected, 1, false);
  w->stack_count--;
  return WR_OK;
}

/* Any type; WR__BOT from unreachable code. */
WR__INLINE wr_status wr__walker_pop_any(wr__walker *w, wr_valtype *got) {
  const wr__ctrl *top = wr__walker_top(w);
  *got = WR__BOT;
  if (WR_UNLIKELY(w->stack_count == top->height)) {
    if (top->unreachable) return WR_OK;
    return wr__walker_fail_operand(w, "any");
  }
  *got = w->stack[--w->stack_count];
  return WR_OK;
}

/* As wr__walker_pop, and tells the type that was there. */
WR__INLINE wr_status wr__walker_pop_as(wr__walker *w, wr_valtype expected, wr_valtype *got) {
  const wr__ctrl *top = wr__walker_top(w);
  wr_valtype there = w->stack_count > top->height ? w->stack[w->stack_count - 1] : WR__BOT;
  WR_TRY(wr__walker_pop(w, expected));
  *got = there;
  return WR_OK;
}

/* A reference of any type, or WR__BOT. */
wr_status wr__walker_pop_ref(wr__walker *w, wr_valtype *got);
/* The last of types is on top. */
wr_status wr__walker_pop_types(wr__walker *w, const char *who, const wr_valtype *types,
                               uint32_t count);
wr_status wr__walker_push_types(wr__walker *w, const wr_valtype *types, uint32_t count);

/* Nothing after this in the frame is reached. */
WR__INLINE void wr__walker_unreachable(wr__walker *w) {
  wr__ctrl *top = wr__walker_top(w);
  w->stack_count = top->height;
  top->unreachable = true;
}

/* ---- Indices and types ---- */

WR__INLINE bool wr__walker_has(const wr__walker *w, uint32_t feature) {
  return w->features >> feature & 1;
}

/* From raw (reader/types_in.h) to canonical; the type's feature must be on. */
wr_status wr__walker_resolve(wr__walker *w, wr_valtype raw, wr_valtype *out);
/* A type index that must be of a kind. */
wr_status wr__walker_deftype(wr__walker *w, uint32_t type_index, wr__comp comp,
                             const wr__deftype **out);
WR__INLINE wr_status wr__walker_unknown(wr__walker *w, const char *what, uint32_t index) {
  return wr__walker_invalid(w, "unknown %s %u", what, index);
}

WR__INLINE wr_valtype wr__ref_to(const wr__deftype *type, bool null) {
  uint32_t heap = WR_HEAP_DEFINED + type->id;
  return null ? WR_REF_NULL_TYPE(heap) : WR_REF_TYPE(heap);
}
WR__INLINE wr_valtype wr__address_type(const wr_limits *limits) {
  return limits->is64 ? WR_I64 : WR_I32;
}

/* ---- Immediates (immediates.c) ---- */

/* Reads what follows the opcode, by form alone; types stay raw. Indices are not checked. */
wr_status wr__walker_read_immediates(wr__walker *w, wr__imm form, wr__instr *instr);
/* The code after a prefix byte. */
wr_status wr__walker_read_prefixed(wr__walker *w, uint8_t prefix, wr__instr *instr);
WR__INLINE wr_status wr__walker_illegal(wr__walker *w, uint8_t byte) {
  return wr__walker_fail_at(w, WR_MALFORMED, w->module->bytes + w->instr_offset,
                            "illegal opcode %02x", byte);
}
WR__INLINE wr_status wr__walker_fail_leb(wr__walker *w, wr__leb why) {
  return wr__walker_malformed(w, "%s", wr__leb_message(why));
}

WR__INLINE wr_status wr__walker_u32(wr__walker *w, uint32_t *out) {
  wr__leb result = wr__leb_u32(&w->at, w->end, out);
  return WR_LIKELY(result == WR__LEB_OK) ? WR_OK : wr__walker_fail_leb(w, result);
}

/* ---- The quick way (quick.c) ---- */

/* Walks on over ordinary instructions, without a visitor; stops before the first that is not
 * ordinary, or not right, which is the walker's own. */
void wr__walk_quick(wr__walker *w);
/* The same with a visitor, in live code; what it returns is the visitor's. */
wr_status wr__visit_quick(wr__walker *w);

/* ---- Rules ---- */

/* control.c */
wr_status wr__walker_push_frame(wr__walker *w, uint16_t op, const wr_valtype *params,
                                uint32_t param_count, const wr_valtype *results,
                                uint32_t result_count);
wr_status wr__rule_block(wr__walker *w, const wr__instr *instr);
wr_status wr__rule_else(wr__walker *w);
wr_status wr__rule_end(wr__walker *w);
wr_status wr__rule_br(wr__walker *w, uint32_t depth);
wr_status wr__rule_br_if(wr__walker *w, uint32_t depth);
wr_status wr__rule_call(wr__walker *w, uint32_t func_index);
/* Control rules that are rarer: try and its kin, br_table, returns, other calls. */
wr_status wr__rule_control(wr__walker *w, wr__instr *instr);
/* references.c: branches and casts on references, ref.*, select with types. */
wr_status wr__rule_reference(wr__walker *w, wr__instr *instr);
/* objects.c: structures and arrays. */
wr_status wr__rule_object(wr__walker *w, wr__instr *instr);
/* bulk.c: tables, segments, bulk memory. */
wr_status wr__rule_bulk(wr__walker *w, wr__instr *instr);

/* ---- Scanning (scan.c): decoding without typing ---- */

/* Is the body, or the expression at an offset, well-formed? *end_offset: where it ends. */
wr_status wr__scan_func(wr__walker *w, uint32_t func_index);
wr_status wr__scan_expr(wr__walker *w, uint32_t offset, uint32_t *end_offset);
/* Reads local declarations: calls add for each run. */
wr_status wr__walker_read_locals(wr__walker *w, bool scanning);

#endif
