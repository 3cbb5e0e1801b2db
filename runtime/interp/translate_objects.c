/* The translator's part for references, structures, arrays, casts and atomics: nearly all are
 * operations by C functions. */
#include "interp/translator.h"

static const char *one(char cls, char buffer[2]) {
  buffer[0] = cls;
  buffer[1] = 0;
  return buffer;
}

/* The class of a field or element as it comes to the operand stack: packed ones as i32. */
static char field_cls(const wr__deftype *type, uint32_t field) {
  wr_valtype t = type->fields[field].type;
  return t == WR__I8 || t == WR__I16 ? 'i' : wr__translate_cls(t);
}

static bool visit_struct(translator *t, const wr__instr *in) {
  if (in->op < WR__OP_struct_new || in->op > WR__OP_struct_set)
    return false; /* else a is no type */
  uint32_t a = in->imm.index, b = in->imm.index2;
  const wr__deftype *type = t->module->types[a];
  char cls[2];
  switch (in->op) {
    case WR__OP_struct_new:
      wr__emit_use_slots(&t->e, wr__emit_next_home(&t->e) + 1);
      wr__translate_operation(t, WR__H_struct_new, type->field_count, "r", a, 0);
      return true;
    case WR__OP_struct_new_default:
      wr__translate_operation(t, WR__H_struct_new_default, 0, "r", a, 0);
      return true;
    case WR__OP_struct_get:
    case WR__OP_struct_get_u:
      wr__translate_operation(t, WR__H_struct_get, 1, one(field_cls(type, b), cls), a, b);
      return true;
    case WR__OP_struct_get_s:
      wr__translate_operation(t, WR__H_struct_get_s, 1, "i", a, b);
      return true;
    case WR__OP_struct_set:
      wr__translate_operation(t, WR__H_struct_set, 2, "", a, b);
      return true;
    default:
      return false;
  }
}

static bool visit_array(translator *t, const wr__instr *in) {
  uint32_t a = in->imm.index, b = in->imm.index2;
  char cls[2];
  switch (in->op) {
    case WR__OP_array_new:
      wr__translate_operation(t, WR__H_array_new, 2, "r", a, 0);
      return true;
    case WR__OP_array_new_default:
      wr__translate_operation(t, WR__H_array_new_default, 1, "r", a, 0);
      return true;
    case WR__OP_array_new_fixed:
      wr__translate_operation(t, WR__H_array_new_fixed, b, "r", a, b);
      return true;
    case WR__OP_array_new_data:
      wr__translate_operation(t, WR__H_array_new_data, 2, "r", a, b);
      return true;
    case WR__OP_array_new_elem:
      wr__translate_operation(t, WR__H_array_new_elem, 2, "r", a, b);
      return true;
    case WR__OP_array_get:
    case WR__OP_array_get_u:
      wr__translate_operation(t, WR__H_array_get, 2, one(field_cls(t->module->types[a], 0), cls), a,
                              0);
      return true;
    case WR__OP_array_get_s:
      wr__translate_operation(t, WR__H_array_get_s, 2, "i", a, 0);
      return true;
    case WR__OP_array_set:
      wr__translate_operation(t, WR__H_array_set, 3, "", a, 0);
      return true;
    case WR__OP_array_len:
      wr__translate_operation(t, WR__H_array_len, 1, "i", 0, 0);
      return true;
    case WR__OP_array_fill:
      wr__translate_operation(t, WR__H_array_fill, 4, "", a, 0);
      return true;
    case WR__OP_array_copy:
      wr__translate_operation(t, WR__H_array_copy, 5, "", a, b);
      return true;
    case WR__OP_array_init_data:
      wr__translate_operation(t, WR__H_array_init_data, 4, "", a, b);
      return true;
    case WR__OP_array_init_elem:
      wr__translate_operation(t, WR__H_array_init_elem, 4, "", a, b);
      return true;
    default:
      return false;
  }
}

/* Spec exec/instructions: br_on_cast. The reference stays; the answer goes above it. */
static void visit_br_on_cast(translator *t, const wr__instr *in) {
  wr__emit *e = &t->e;
  const wr_valtype *types;
  uint32_t depth = in->imm.cast.label;
  uint32_t count = wr__ctrl_label_types(wr__walker_label(&t->walker, depth), &types);
  wr__translate_settle_branch(t, depth, count);
  wr__emit_materialize(e, wr__emit_top(e, 0));
  uint32_t slot = wr__emit_top(e, 0)->home;
  wr__emit_use_slots(e, slot + 2);
  uint32_t at = wr__emit_begin(e, WR__H_test_cast, 16);
  wr__emit_u16(e, at + 8, slot);
  wr__emit_u16(e, at + 10, slot + 1);
  wr__emit_u32(e, at + 12, in->imm.cast.to);
  wr__emit_forget(e);
  wr__emit_push_home(e, 'i');
  wr__operand condition = wr__emit_pop(e);
  condition.negated = in->op == WR__OP_br_on_cast_fail;
  wr__translate_branch_on(t, &condition, depth, count);
}

/* An i31 reference is value << 1 | 1. Spec exec/instructions: ref.i31 */
static void visit_ref_i31(translator *t) {
  wr__emit *e = &t->e;
  wr__emit_push_const(e, 'i', 1);
  wr__emit_apply(e, WR__OP_i32_shl, 2, 'i', NULL, 0);
  wr__emit_push_const(e, 'i', 1);
  wr__emit_apply(e, WR__OP_i32_or, 2, 'i', NULL, 0);
  wr__emit_apply(e, WR__OP_i64_extend_i32_u, 1, 'r', NULL, 0);
  wr__emit_materialize(e, wr__emit_top(e, 0)); /* a reference is in a slot, where maps find it */
}

static void visit_i31_get(translator *t, bool is_signed) {
  wr__emit *e = &t->e;
  wr__translate_check_non_null(t, WR_TRAP_NULL_I31_REFERENCE);
  wr__emit_apply(e, WR__OP_i32_wrap_i64, 1, 'i', NULL, 0);
  wr__emit_push_const(e, 'i', 1);
  wr__emit_apply(e, is_signed ? WR__OP_i32_shr_s : WR__OP_i32_shr_u, 2, 'i', NULL, 0);
}

static void visit_atomic(translator *t, const wr__instr *in, const wr__opinfo *info) {
  wr__emit *e = &t->e;
  uint32_t operand_count = info->param_count;
  uint32_t first = e->stack_count - operand_count;
  wr__emit_flush_effects(e);
  wr__emit_materialize_from(e, first);
  uint32_t base = e->stack[first].home;
  wr__emit_use_slots(e, base + 3);
  wr__emit_note(e, e->module_offset);
  uint32_t at = wr__emit_begin(e, WR__H_atomic, 24);
  wr__emit_u16(e, at + 8, base);
  wr__emit_u16(e, at + 10, in->op);
  wr__emit_u32(e, at + 12, in->imm.mem.memory);
  wr__emit_u64(e, at + 16, in->imm.mem.offset);
  wr__emit_discard(e, operand_count);
  wr__emit_forget(e);
  if (info->results[0]) wr__emit_push_home(e, info->results[0]);
}

static bool visit_reference(translator *t, const wr__instr *in) {
  switch (in->op) {
    case WR__OP_ref_test:
    case WR__OP_ref_test_null:
      wr__translate_operation(t, WR__H_ref_test, 1, "i", in->imm.type, 0);
      return true;
    case WR__OP_ref_cast:
    case WR__OP_ref_cast_null:
      wr__translate_operation(t, WR__H_ref_cast, 1, "r", in->imm.type, 0);
      return true;
    case WR__OP_br_on_cast:
    case WR__OP_br_on_cast_fail:
      visit_br_on_cast(t, in);
      return true;
    case WR__OP_any_convert_extern:
    case WR__OP_extern_convert_any:
      return true; /* one form for both */
    case WR__OP_ref_i31:
      visit_ref_i31(t);
      return true;
    case WR__OP_i31_get_s:
      visit_i31_get(t, true);
      return true;
    case WR__OP_i31_get_u:
      visit_i31_get(t, false);
      return true;
    default:
      return false;
  }
}

bool wr__translate_object(translator *t, const wr__instr *in) {
  const wr__opinfo *info = &wr__opinfos[in->op];
  if (info->page == WR__PAGE_THREADS) {
    if (in->op == WR__OP_atomic_fence)
      wr__emit_begin(&t->e, WR__H_atomic_fence, 8);
    else
      visit_atomic(t, in, info);
    return true;
  }
  if (info->page != WR__PAGE_GC) return false;
  return visit_struct(t, in) || visit_array(t, in) || visit_reference(t, in);
}
