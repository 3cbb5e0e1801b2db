/* The translator's part for calls. */
#include "interp/translator.h"

/* Arguments go to their homes; the callee's frame starts at the first. Returns that slot. */
static uint32_t settle_arguments(translator *t, const wr__deftype *type) {
  wr__emit *e = &t->e;
  uint32_t first = e->stack_count - type->param_count;
  wr__emit_settle_tees(e); /* a handler that catches what the callee throws reads the locals */
  wr__emit_flush_effects(e);
  uint32_t base = wr__emit_clear_above(e, first);
  wr__emit_materialize_from(e, first);
  wr__emit_use_slots(e, base + wr__link_slot(type) + WR__LINK_SLOTS);
  return base;
}

static void finish_call(translator *t, const wr__deftype *type) {
  wr__emit_discard(&t->e, type->param_count);
  wr__emit_forget(&t->e);
  for (uint32_t k = 0; k < type->result_count; k++)
    wr__emit_push_home(&t->e, wr__translate_cls(type->results[k]));
}

static uint32_t func_distance(const translator *t, uint32_t func_index) {
  return (uint32_t)(offsetof(wr__instance, funcs) +
                    (size_t)(func_index - t->module->imported_funcs) * sizeof(wr__func));
}

/* How a call's instruction begins: base@8, then for tail calls the caller's linkage and the
 * callee's, for others the callee's. Returns where it stands. */
static uint32_t begin_call(translator *t, const wr__deftype *type, uint32_t handler, uint32_t size,
                           bool tail) {
  wr__emit *e = &t->e;
  uint32_t base = settle_arguments(t, type);
  wr__translate_map_refs(t, e->stack_count - type->param_count);
  wr__emit_note(e, e->module_offset);
  uint32_t at = wr__emit_begin(e, handler, size);
  wr__emit_u16(e, at + 8, base);
  if (tail) wr__emit_u16(e, at + 10, t->link_slot);
  wr__emit_u16(e, at + (tail ? 12 : 10), wr__link_slot(type));
  return at;
}

void wr__translate_call(translator *t, const wr__instr *in) {
  uint32_t func_index = in->imm.index;
  bool tail = in->op == WR__OP_return_call, imported = func_index < t->module->imported_funcs;
  const wr__deftype *type = t->module->funcs[func_index].type;
  uint32_t callee = imported ? func_index : func_distance(t, func_index);
  if (tail) {
    uint32_t at =
        begin_call(t, type, imported ? WR__H_return_call_import : WR__H_return_call, 24, true);
    wr__emit_u32(&t->e, at + 16, callee);
    return;
  }
  uint32_t at = begin_call(t, type, imported ? WR__H_call_import : WR__H_call, 16, false);
  wr__emit_u32(&t->e, at + 12, callee);
  finish_call(t, type);
}

/* The operand on top, which says whom to call, goes to a slot and is popped. */
static uint32_t pop_callee(translator *t) {
  wr__emit *e = &t->e;
  wr__emit_flush_effects(e);
  wr__operand *callee = wr__emit_top(e, 0);
  wr__emit_to_slot(e, callee);
  uint32_t slot = callee->leaves[0];
  wr__emit_discard(e, 1);
  return slot;
}

void wr__translate_call_ref(translator *t, const wr__instr *in) {
  bool tail = in->op == WR__OP_return_call_ref;
  const wr__deftype *type = t->module->types[in->imm.index];
  uint32_t slot = pop_callee(t);
  uint32_t at =
      begin_call(t, type, tail ? WR__H_return_call_ref : WR__H_call_ref, tail ? 24 : 16, tail);
  wr__emit_u16(&t->e, at + (tail ? 14 : 12), slot);
  if (!tail) finish_call(t, type);
}

void wr__translate_call_indirect(translator *t, const wr__instr *in) {
  bool tail = in->op == WR__OP_return_call_indirect;
  const wr__deftype *type = t->module->types[in->imm.index];
  bool is64 = t->module->tables[in->imm.index2].limits.is64;
  uint32_t handler = tail   ? (is64 ? WR__H_return_call_indirect_64 : WR__H_return_call_indirect)
                     : is64 ? WR__H_call_indirect_64
                            : WR__H_call_indirect;
  uint32_t slot = pop_callee(t);
  uint32_t at = begin_call(t, type, handler, 24, tail);
  wr__emit_u16(&t->e, at + (tail ? 14 : 12), slot);
  wr__emit_u32(&t->e, at + 16, in->imm.index2);
  wr__emit_u32(&t->e, at + 20, type->id);
  if (!tail) finish_call(t, type);
}
