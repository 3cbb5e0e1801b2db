/* Rules of structures and arrays. Spec: valid/instructions, aggregate instructions. */
#include "validate/internal.h"

/* What a field holds on the stack. Spec: syntax/types, unpacking. */
static wr_valtype unpacked(wr_valtype t) { return t == WR__I8 || t == WR__I16 ? WR_I32 : t; }
static bool is_packed(wr_valtype t) { return t == WR__I8 || t == WR__I16; }

static wr_status struct_type(wr__walker *w, const wr__instr *instr, const wr__deftype **type) {
  return wr__walker_deftype(w, instr->imm.index, WR__COMP_STRUCT, type);
}

static wr_status array_type(wr__walker *w, uint32_t index, const wr__deftype **type) {
  return wr__walker_deftype(w, index, WR__COMP_ARRAY, type);
}

static wr_status check_defaultable(wr__walker *w, const wr__deftype *type) {
  for (uint32_t i = 0; i < type->field_count; i++)
    if (!wr__valtype_is_defaultable(type->fields[i].type))
      return wr__walker_invalid(w, "type mismatch: field %u has no default value", i);
  return WR_OK;
}

static wr_status rule_struct_new(wr__walker *w, const wr__instr *instr) {
  const wr__deftype *type;
  WR_TRY(struct_type(w, instr, &type));
  if (instr->op == WR__OP_struct_new_default) {
    WR_TRY(check_defaultable(w, type));
  } else {
    for (uint32_t i = type->field_count; i-- > 0;)
      WR_TRY(wr__walker_pop(w, unpacked(type->fields[i].type)));
  }
  wr__walker_push(w, wr__ref_to(type, false));
  return WR_OK;
}

/* Reading a packed field says how to extend it; reading another does not. */
static wr_status check_extension(wr__walker *w, wr_valtype field, bool plain) {
  if (is_packed(field) != plain) return WR_OK;
  return wr__walker_invalid(w, plain ? "type mismatch: the field is packed, use _s or _u"
                                     : "type mismatch: the field is not packed");
}

static wr_status rule_struct_field(wr__walker *w, wr__instr *instr) {
  const wr__deftype *type;
  WR_TRY(struct_type(w, instr, &type));
  if (instr->imm.index2 >= type->field_count)
    return wr__walker_unknown(w, "field", instr->imm.index2);
  const wr__field *field = &type->fields[instr->imm.index2];
  bool set = instr->op == WR__OP_struct_set;
  if (set) {
    if (!field->is_mutable) return wr__walker_invalid(w, "immutable field %u", instr->imm.index2);
    WR_TRY(wr__walker_pop(w, unpacked(field->type)));
  } else {
    WR_TRY(check_extension(w, field->type, instr->op == WR__OP_struct_get));
  }
  WR_TRY(wr__walker_pop_as(w, wr__ref_to(type, true), &instr->operand_type));
  if (!set) wr__walker_push(w, unpacked(field->type));
  return WR_OK;
}

static wr_status rule_array_new(wr__walker *w, const wr__instr *instr) {
  const wr__deftype *type;
  WR_TRY(array_type(w, instr->imm.index, &type));
  if (instr->op == WR__OP_array_new_fixed) {
    uint32_t count = instr->imm.index2;
    if (count > WR__MAX_ARRAY_NEW_FIXED)
      return wr__walker_fail_at(w, WR_UNSUPPORTED, w->module->bytes + w->instr_offset,
                                "too many operands of array.new_fixed: %u, at most %u", count,
                                (unsigned)WR__MAX_ARRAY_NEW_FIXED);
    for (uint32_t i = 0; i < count; i++) WR_TRY(wr__walker_pop(w, unpacked(type->fields[0].type)));
  } else {
    WR_TRY(wr__walker_pop(w, WR_I32));
    if (instr->op == WR__OP_array_new_default)
      WR_TRY(check_defaultable(w, type));
    else
      WR_TRY(wr__walker_pop(w, unpacked(type->fields[0].type)));
  }
  wr__walker_push(w, wr__ref_to(type, false));
  return WR_OK;
}

static wr_status check_data(wr__walker *w, const wr__deftype *type, uint32_t data_index) {
  if (wr_valtype_is_ref(type->fields[0].type))
    return wr__walker_invalid(w, "array type is not numeric or vector");
  if (data_index >= w->module->data_count) return wr__walker_unknown(w, "data segment", data_index);
  return WR_OK;
}

static wr_status check_elem(wr__walker *w, const wr__deftype *type, uint32_t elem_index) {
  if (elem_index >= w->module->elem_count) return wr__walker_unknown(w, "elem segment", elem_index);
  if (!wr__valtype_matches(w->types, w->module->elems[elem_index].type, type->fields[0].type))
    return wr__walker_invalid(w, "type mismatch: elem segment %u does not fit the array",
                              elem_index);
  return WR_OK;
}

static wr_status rule_array_new_segment(wr__walker *w, const wr__instr *instr) {
  const wr__deftype *type;
  WR_TRY(array_type(w, instr->imm.index, &type));
  if (instr->op == WR__OP_array_new_data)
    WR_TRY(check_data(w, type, instr->imm.index2));
  else
    WR_TRY(check_elem(w, type, instr->imm.index2));
  WR_TRY(wr__walker_pop(w, WR_I32));
  WR_TRY(wr__walker_pop(w, WR_I32));
  wr__walker_push(w, wr__ref_to(type, false));
  return WR_OK;
}

static wr_status rule_array_get(wr__walker *w, wr__instr *instr) {
  const wr__deftype *type;
  WR_TRY(array_type(w, instr->imm.index, &type));
  WR_TRY(check_extension(w, type->fields[0].type, instr->op == WR__OP_array_get));
  WR_TRY(wr__walker_pop(w, WR_I32));
  WR_TRY(wr__walker_pop_as(w, wr__ref_to(type, true), &instr->operand_type));
  wr__walker_push(w, unpacked(type->fields[0].type));
  return WR_OK;
}

static wr_status mutable_array(wr__walker *w, uint32_t index, const wr__deftype **type) {
  WR_TRY(array_type(w, index, type));
  if (!(*type)->fields[0].is_mutable) return wr__walker_invalid(w, "immutable array %u", index);
  return WR_OK;
}

/* array.set and array.fill, which adds a length. */
static wr_status rule_array_set(wr__walker *w, wr__instr *instr) {
  const wr__deftype *type;
  WR_TRY(mutable_array(w, instr->imm.index, &type));
  if (instr->op == WR__OP_array_fill) WR_TRY(wr__walker_pop(w, WR_I32));
  WR_TRY(wr__walker_pop(w, unpacked(type->fields[0].type)));
  WR_TRY(wr__walker_pop(w, WR_I32));
  return wr__walker_pop_as(w, wr__ref_to(type, true), &instr->operand_type);
}

static wr_status rule_array_copy(wr__walker *w, wr__instr *instr) {
  const wr__deftype *to, *from;
  WR_TRY(mutable_array(w, instr->imm.index, &to));
  WR_TRY(array_type(w, instr->imm.index2, &from));
  wr_valtype source = from->fields[0].type, target = to->fields[0].type;
  if (!wr__valtype_matches(w->types, source, target))
    return wr__walker_invalid(w, "array types do not match: %u from %u", instr->imm.index,
                              instr->imm.index2);
  WR_TRY(wr__walker_pop(w, WR_I32));
  WR_TRY(wr__walker_pop(w, WR_I32));
  WR_TRY(wr__walker_pop(w, wr__ref_to(from, true)));
  WR_TRY(wr__walker_pop(w, WR_I32));
  return wr__walker_pop_as(w, wr__ref_to(to, true), &instr->operand_type);
}

static wr_status rule_array_init(wr__walker *w, wr__instr *instr) {
  const wr__deftype *type;
  WR_TRY(mutable_array(w, instr->imm.index, &type));
  if (instr->op == WR__OP_array_init_data)
    WR_TRY(check_data(w, type, instr->imm.index2));
  else
    WR_TRY(check_elem(w, type, instr->imm.index2));
  for (int i = 0; i < 3; i++) WR_TRY(wr__walker_pop(w, WR_I32));
  return wr__walker_pop_as(w, wr__ref_to(type, true), &instr->operand_type);
}

wr_status wr__rule_object(wr__walker *w, wr__instr *instr) {
  switch (instr->op) {
    case WR__OP_struct_new:
    case WR__OP_struct_new_default:
      return rule_struct_new(w, instr);
    case WR__OP_struct_get:
    case WR__OP_struct_get_s:
    case WR__OP_struct_get_u:
    case WR__OP_struct_set:
      return rule_struct_field(w, instr);
    case WR__OP_array_new:
    case WR__OP_array_new_default:
    case WR__OP_array_new_fixed:
      return rule_array_new(w, instr);
    case WR__OP_array_new_data:
    case WR__OP_array_new_elem:
      return rule_array_new_segment(w, instr);
    case WR__OP_array_get:
    case WR__OP_array_get_s:
    case WR__OP_array_get_u:
      return rule_array_get(w, instr);
    case WR__OP_array_set:
    case WR__OP_array_fill:
      return rule_array_set(w, instr);
    case WR__OP_array_copy:
      return rule_array_copy(w, instr);
    case WR__OP_array_init_data:
    case WR__OP_array_init_elem:
      return rule_array_init(w, instr);
    default: /* array.len */
      WR_TRY(wr__walker_pop_as(w, WR_REF_NULL_TYPE(WR_HEAP_ARRAY), &instr->operand_type));
      wr__walker_push(w, WR_I32);
      return WR_OK;
  }
}
