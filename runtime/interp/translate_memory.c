/* The translator's part for memories, tables, globals and the other instructions that write their
 * operands to homes: operations by C functions, wide arithmetic, v128 constants. */
#include "interp/translator.h"

void wr__translate_operation(translator *t, uint32_t handler, uint32_t operand_count,
                             const char *results, uint32_t a, uint32_t b) {
  wr__emit *e = &t->e;
  uint32_t first = e->stack_count - operand_count;
  wr__emit_flush_effects(e);
  uint32_t base = wr__emit_clear_above(e, first);
  wr__emit_materialize_from(e, first);
  wr__emit_use_slots(e, base + 4);
  wr__translate_map_refs(t, e->stack_count);
  wr__emit_note(e, e->module_offset);
  uint32_t at = wr__emit_begin(e, handler, 24);
  wr__emit_u16(e, at + 8, base);
  wr__emit_u32(e, at + 12, a);
  wr__emit_u32(e, at + 16, b);
  wr__emit_discard(e, operand_count);
  wr__emit_forget(e);
  for (; *results; results++) wr__emit_push_home(e, *results);
}

void wr__translate_source(translator *t, uint32_t handler, char cls, uint32_t immediate) {
  wr__emit *e = &t->e;
  uint32_t home = wr__emit_clear_above(e, e->stack_count);
  uint32_t at = wr__emit_begin(e, handler, 16);
  wr__emit_u16(e, at + 8, home);
  wr__emit_u32(e, at + 12, immediate);
  wr__emit_forget(e);
  wr__emit_push_home(e, cls);
}

void wr__translate_wide(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  uint32_t handler = in->op == WR__OP_i64_add128       ? WR__H_i64_add128
                     : in->op == WR__OP_i64_sub128     ? WR__H_i64_sub128
                     : in->op == WR__OP_i64_mul_wide_s ? WR__H_i64_mul_wide_s
                                                       : WR__H_i64_mul_wide_u;
  uint32_t operand_count = wr__opinfos[in->op].param_count;
  wr__emit_flush_traps(e);
  uint32_t first = e->stack_count - operand_count;
  wr__emit_materialize_from(e, first);
  uint32_t base = e->stack[first].home;
  uint32_t at = wr__emit_begin(e, handler, 16);
  wr__emit_u16(e, at + 8, base);
  wr__emit_discard(e, operand_count);
  wr__emit_forget(e);
  wr__emit_push_home(e, 'l');
  wr__emit_push_home(e, 'l');
}

void wr__translate_const_v128(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  uint32_t home = wr__emit_clear_above(e, e->stack_count);
  uint64_t words[2];
  memcpy(words, in->imm.v128, 16);
  uint32_t at = wr__emit_begin(e, WR__H_const_v128, 32);
  wr__emit_u16(e, at + 8, home);
  wr__emit_u64(e, at + 16, words[0]);
  wr__emit_u64(e, at + 24, words[1]);
  wr__emit_forget(e);
  wr__emit_push_home(e, 'v');
}

void wr__translate_table_access(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  bool get = in->op == WR__OP_table_get, is64 = t->module->tables[in->imm.index].limits.is64;
  wr__emit_flush_effects(e);
  if (!get) wr__emit_to_slot(e, wr__emit_top(e, 1));
  wr__emit_to_slot(e, wr__emit_top(e, 0));
  uint32_t second = wr__emit_top(e, 0)->leaves[0];
  uint32_t first = get ? second : wr__emit_top(e, 1)->leaves[0];
  wr__emit_discard(e, 1);
  if (!get) wr__emit_discard(e, 1);
  uint32_t home = wr__emit_next_home(e);
  wr__emit_note(e, e->module_offset);
  uint32_t handler = get    ? (is64 ? WR__H_table_get_64 : WR__H_table_get)
                     : is64 ? WR__H_table_set_64
                            : WR__H_table_set;
  uint32_t at = wr__emit_begin(e, handler, 16);
  wr__emit_u16(e, at + 8, first);
  wr__emit_u16(e, at + 10, get ? home : second);
  wr__emit_u32(e, at + 12, in->imm.index);
  wr__emit_forget(e);
  if (get) wr__emit_push_home(e, 'r');
}

void wr__translate_check_non_null(translator *t, wr_trap_kind kind) {
  wr__emit *e = &t->e;
  wr__emit_flush_traps(e);
  wr__emit_to_slot(e, wr__emit_top(e, 0));
  wr__emit_note(e, e->module_offset);
  uint32_t slot = wr__emit_top(e, 0)->leaves[0], acc = e->acc_slot, vacc = e->vacc_slot;
  uint32_t at = wr__emit_begin(e, WR__H_check_non_null, 16);
  wr__emit_u16(e, at + 8, slot);
  wr__emit_u16(e, at + 10, (uint32_t)kind);
  e->acc_slot = acc;
  e->vacc_slot = vacc;
}
void wr__translate_access(translator *t, const wr__instr *in) {
  const wr__opinfo *info = &wr__opinfos[in->op];
  const wr__memory_decl *memory = &t->module->memories[in->imm.mem.memory];
  bool direct = t->guarded && in->imm.mem.memory == 0;
  uint64_t extra[3] = {in->imm.mem.offset};
  uint32_t count = 1;
  uint16_t op = in->op;
  if (!direct) {
    op = wr__emit_checked_op(op, memory->limits.is64);
    extra[count++] = in->imm.mem.memory;
  }
  if (info->immediates == WR__IMM_MEMARG_LANE) extra[count++] = in->imm.mem.lane;
  uint32_t operands = info->param_count;
  if (info->results[0])
    wr__emit_apply(&t->e, op, operands, info->results[0], extra, count);
  else
    wr__emit_effect(&t->e, op, operands, extra, count);
}
void wr__translate_global(translator *t, const wr__instr *in) {
  uint64_t index = in->imm.index;
  char cls = wr__translate_cls(t->module->globals[in->imm.index].type);
  bool set = in->op == WR__OP_global_set;
  if (set)
    wr__emit_set_global(&t->e, index);
  else
    wr__emit_apply(&t->e, wr__emit_global_op(false, cls == 'v'), 0, cls, &index, 1);
}
/* ---- sizes and bulk operations ----------------------------------------------------------------
 */

static char address_cls(const wr_limits *limits) { return limits->is64 ? 'l' : 'i'; }

void wr__translate_size(translator *t, const wr__instr *in) {
  uint32_t index = in->imm.index;
  if (in->op == WR__OP_memory_size)
    wr__translate_source(t, WR__H_memory_size, address_cls(&t->module->memories[index].limits),
                         index);
  else
    wr__translate_source(t, WR__H_table_size, address_cls(&t->module->tables[index].limits), index);
}

void wr__translate_grow(translator *t, const wr__instr *in) {
  uint32_t index = in->imm.index;
  bool memory = in->op == WR__OP_memory_grow;
  char cls[2] = {
      address_cls(memory ? &t->module->memories[index].limits : &t->module->tables[index].limits)};
  wr__translate_operation(t, memory ? WR__H_memory_grow : WR__H_table_grow, memory ? 1 : 2, cls,
                          index, 0);
}

static uint32_t bulk_handler(uint16_t op) {
  switch (op) {
    case WR__OP_memory_fill:
      return WR__H_memory_fill;
    case WR__OP_memory_copy:
      return WR__H_memory_copy;
    case WR__OP_memory_init:
      return WR__H_memory_init;
    case WR__OP_table_fill:
      return WR__H_table_fill;
    case WR__OP_table_copy:
      return WR__H_table_copy;
    default:
      return WR__H_table_init;
  }
}

void wr__translate_bulk(translator *t, const wr__instr *in) {
  bool fill = in->op == WR__OP_memory_fill || in->op == WR__OP_table_fill;
  wr__translate_operation(t, bulk_handler(in->op), 3, "", in->imm.index, fill ? 0 : in->imm.index2);
}

void wr__translate_segment_drop(translator *t, const wr__instr *in) {
  wr__translate_operation(t, in->op == WR__OP_data_drop ? WR__H_data_drop : WR__H_elem_drop, 0, "",
                          in->imm.index, 0);
}
