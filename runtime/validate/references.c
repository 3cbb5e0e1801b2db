/* Rules of instructions on references: null tests, casts and their branches, i31, conversions;
 * and `select` with a type. Spec: valid/instructions, reference instructions. */
#include "validate/internal.h"

wr_status wr__walker_pop_ref(wr__walker *w, wr_valtype *got) {
  const wr__ctrl *top = wr__walker_top(w);
  wr_valtype there = w->stack_count > top->height ? w->stack[w->stack_count - 1] : WR__BOT;
  if ((there == WR__BOT && w->stack_count == top->height && !top->unreachable) ||
      (there != WR__BOT && !wr_valtype_is_ref(there)))
    return wr__walker_fail_operand(w, "ref");
  return wr__walker_pop_any(w, got);
}

static wr_valtype with_null(wr_valtype t, bool null) {
  if (t == WR__BOT) return t;
  return (t & ~(wr_valtype)0xff) | (null ? WR_REF_NULL : WR_REF);
}

static wr_status branch_types(wr__walker *w, uint32_t depth, const wr_valtype **types,
                              uint32_t *count) {
  if (depth >= w->ctrl_count) return wr__walker_unknown(w, "label", depth);
  *count = wr__ctrl_label_types(wr__walker_label(w, depth), types);
  return WR_OK;
}

static wr_status rule_ref_func(wr__walker *w, wr__instr *instr) {
  uint32_t index = instr->imm.index;
  if (index >= w->module->func_count) return wr__walker_unknown(w, "function", index);
  /* Constant expressions declare what they name. Spec: valid/modules, refs. */
  bool declared =
      w->func_index == WR_NO_INDEX || (w->module->declared_funcs[index / 8] >> (index % 8) & 1);
  if (!declared) return wr__walker_invalid(w, "undeclared function reference %u", index);
  wr__walker_push(w, wr__walker_has(w, WR_FEATURE_FUNCTION_REFERENCES)
                         ? wr__ref_to(w->module->funcs[index].type, false)
                         : WR_FUNCREF);
  return WR_OK;
}

static wr_status rule_br_on_null(wr__walker *w, wr__instr *instr) {
  const wr_valtype *types;
  uint32_t count;
  WR_TRY(branch_types(w, instr->imm.index, &types, &count));
  WR_TRY(wr__walker_pop_ref(w, &instr->operand_type));
  WR_TRY(wr__walker_pop_types(w, "instruction", types, count));
  WR_TRY(wr__walker_push_types(w, types, count));
  WR_TRY(wr__walker_reserve(w, 1));
  wr__walker_push(w, with_null(instr->operand_type, false));
  return WR_OK;
}

static wr_status no_reference_label(wr__walker *w, uint32_t depth) {
  return wr__walker_invalid(w, "type mismatch: label %u takes no reference as its last operand",
                            depth);
}

static wr_status rule_br_on_non_null(wr__walker *w, wr__instr *instr) {
  const wr_valtype *types;
  uint32_t count;
  WR_TRY(branch_types(w, instr->imm.index, &types, &count));
  if (!count || !wr_valtype_is_ref(types[count - 1]))
    return no_reference_label(w, instr->imm.index);
  wr_valtype nullable = with_null(types[count - 1], true);
  WR_TRY(wr__walker_pop_as(w, nullable, &instr->operand_type));
  WR_TRY(wr__walker_pop_types(w, "instruction", types, count - 1));
  return wr__walker_push_types(w, types, count - 1);
}

/* The source without what the target takes away. Spec: valid/conventions, type difference. */
static wr_valtype type_difference(wr_valtype from, wr_valtype to) {
  return (to & 0xff) == WR_REF_NULL ? with_null(from, false) : from;
}

static wr_status rule_br_on_cast(wr__walker *w, wr__instr *instr) {
  wr_valtype from, to;
  const wr_valtype *types;
  uint32_t count, depth = instr->imm.cast.label;
  WR_TRY(wr__walker_resolve(w, instr->imm.cast.from, &from));
  WR_TRY(wr__walker_resolve(w, instr->imm.cast.to, &to));
  instr->imm.cast.from = from;
  instr->imm.cast.to = to;
  WR_TRY(branch_types(w, depth, &types, &count));
  if (!wr__valtype_matches(w->types, to, from))
    return wr__walker_invalid(w, "type mismatch: the target of %s is no subtype of its source",
                              wr__opinfos[instr->op].text);
  if (!count) return no_reference_label(w, depth);
  bool on_success = instr->op == WR__OP_br_on_cast;
  wr_valtype rest = type_difference(from, to);
  if (!wr__valtype_matches(w->types, on_success ? to : rest, types[count - 1]))
    return wr__walker_invalid(w, "type mismatch: label %u does not take what %s brings", depth,
                              wr__opinfos[instr->op].text);
  WR_TRY(wr__walker_pop_as(w, from, &instr->operand_type));
  WR_TRY(wr__walker_pop_types(w, "instruction", types, count - 1));
  WR_TRY(wr__walker_push_types(w, types, count - 1));
  WR_TRY(wr__walker_reserve(w, 1));
  wr__walker_push(w, on_success ? rest : to);
  return WR_OK;
}

/* ref.test, ref.cast: the operand may be anything of the target's hierarchy. */
static wr_status rule_cast(wr__walker *w, wr__instr *instr) {
  WR_TRY(wr__walker_resolve(w, instr->imm.type, &instr->imm.type));
  uint32_t top = wr__heaptype_top(w->types, wr_valtype_heap(instr->imm.type));
  WR_TRY(wr__walker_pop_as(w, WR_REF_NULL_TYPE(top), &instr->operand_type));
  bool test = instr->op == WR__OP_ref_test || instr->op == WR__OP_ref_test_null;
  wr__walker_push(w, test ? WR_I32 : instr->imm.type);
  return WR_OK;
}

/* Between the hierarchies of any and extern; null stays possible where it was.
 * A polymorphic operand gives a reference that is not null. */
static wr_status rule_convert(wr__walker *w, wr__instr *instr, uint32_t from, uint32_t to) {
  WR_TRY(wr__walker_pop_as(w, WR_REF_NULL_TYPE(from), &instr->operand_type));
  bool null = (instr->operand_type & 0xff) == WR_REF_NULL;
  wr__walker_push(w, null ? WR_REF_NULL_TYPE(to) : WR_REF_TYPE(to));
  return WR_OK;
}

static wr_status rule_select_t(wr__walker *w, wr__instr *instr) {
  if (instr->imm.type == WR__BOT)
    return wr__walker_invalid(w, "invalid result arity: select takes one type");
  WR_TRY(wr__walker_resolve(w, instr->imm.type, &instr->imm.type));
  WR_TRY(wr__walker_pop(w, WR_I32));
  WR_TRY(wr__walker_pop_as(w, instr->imm.type, &instr->operand_type));
  WR_TRY(wr__walker_pop(w, instr->imm.type));
  wr__walker_push(w, instr->imm.type);
  return WR_OK;
}

static wr_status rule_ref_eq(wr__walker *w, wr__instr *instr) {
  const wr_valtype eqref = WR_REF_NULL_TYPE(WR_HEAP_EQ);
  WR_TRY(wr__walker_pop_as(w, eqref, &instr->operand_type));
  WR_TRY(wr__walker_pop(w, eqref));
  wr__walker_push(w, WR_I32);
  return WR_OK;
}

wr_status wr__rule_reference(wr__walker *w, wr__instr *instr) {
  switch (instr->op) {
    case WR__OP_ref_null:
      WR_TRY(wr__walker_resolve(w, instr->imm.type, &instr->imm.type));
      wr__walker_push(w, instr->imm.type);
      return WR_OK;
    case WR__OP_ref_is_null:
      WR_TRY(wr__walker_pop_ref(w, &instr->operand_type));
      wr__walker_push(w, WR_I32);
      return WR_OK;
    case WR__OP_ref_as_non_null:
      WR_TRY(wr__walker_pop_ref(w, &instr->operand_type));
      wr__walker_push(w, with_null(instr->operand_type, false));
      return WR_OK;
    case WR__OP_ref_func:
      return rule_ref_func(w, instr);
    case WR__OP_ref_eq:
      return rule_ref_eq(w, instr);
    case WR__OP_br_on_null:
      return rule_br_on_null(w, instr);
    case WR__OP_br_on_non_null:
      return rule_br_on_non_null(w, instr);
    case WR__OP_br_on_cast:
    case WR__OP_br_on_cast_fail:
      return rule_br_on_cast(w, instr);
    case WR__OP_any_convert_extern:
      return rule_convert(w, instr, WR_HEAP_EXTERN, WR_HEAP_ANY);
    case WR__OP_extern_convert_any:
      return rule_convert(w, instr, WR_HEAP_ANY, WR_HEAP_EXTERN);
    case WR__OP_ref_i31:
      WR_TRY(wr__walker_pop(w, WR_I32));
      wr__walker_push(w, WR_REF_TYPE(WR_HEAP_I31));
      return WR_OK;
    case WR__OP_i31_get_s:
    case WR__OP_i31_get_u:
      WR_TRY(wr__walker_pop_as(w, WR_REF_NULL_TYPE(WR_HEAP_I31), &instr->operand_type));
      wr__walker_push(w, WR_I32);
      return WR_OK;
    case WR__OP_select_t:
      return rule_select_t(w, instr);
    default:
      return rule_cast(w, instr);
  }
}
