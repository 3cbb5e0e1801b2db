/* The operations of operations.h over structures, arrays and casts. Type operands (a, b) are
 * module-relative indices; references wait in the frame, where collections see them. */
#include "gc/object.h"
#include "interp/operations.h"

static uint32_t slots_of(wr_valtype t) { return t == WR_V128 ? 2 : 1; }

static wr_trap_kind made(uint64_t *slots, wr__ref ref) {
  if (!ref) return WR_TRAP_OUT_OF_MEMORY;
  slots[0] = ref;
  return WR_TRAP_NONE;
}

wr_trap_kind wr__interp_struct_new(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  return made(slots, wr__struct_new(inst->exec, inst->types[a], slots));
}

wr_trap_kind wr__interp_struct_new_default(wr__instance *inst, uint64_t *slots, uint32_t a,
                                           uint32_t b) {
  (void)b;
  return made(slots, wr__struct_new(inst->exec, inst->types[a], NULL));
}

wr_trap_kind wr__interp_struct_get(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  return wr__struct_get(slots[0], inst->types[a], b, false, slots);
}

wr_trap_kind wr__interp_struct_get_s(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  return wr__struct_get(slots[0], inst->types[a], b, true, slots);
}

wr_trap_kind wr__interp_struct_set(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  return wr__struct_set(slots[0], inst->types[a], b, slots + 1);
}

/* [value, length] */
wr_trap_kind wr__interp_array_new(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  const wr__deftype *type = inst->types[a];
  return wr__array_new(inst->exec, type, slots, (uint32_t)slots[slots_of(type->fields[0].type)],
                       slots);
}

wr_trap_kind wr__interp_array_new_default(wr__instance *inst, uint64_t *slots, uint32_t a,
                                          uint32_t b) {
  (void)b;
  return wr__array_new(inst->exec, inst->types[a], NULL, (uint32_t)slots[0], slots);
}

wr_trap_kind wr__interp_array_new_fixed(wr__instance *inst, uint64_t *slots, uint32_t a,
                                        uint32_t b) {
  return made(slots, wr__array_new_fixed(inst->exec, inst->types[a], slots, b));
}

wr_trap_kind wr__interp_array_new_data(wr__instance *inst, uint64_t *slots, uint32_t a,
                                       uint32_t b) {
  return wr__array_new_data(inst, inst->types[a], b, (uint32_t)slots[0], (uint32_t)slots[1], slots);
}

wr_trap_kind wr__interp_array_new_elem(wr__instance *inst, uint64_t *slots, uint32_t a,
                                       uint32_t b) {
  return wr__array_new_elem(inst, inst->types[a], b, (uint32_t)slots[0], (uint32_t)slots[1], slots);
}

wr_trap_kind wr__interp_array_get(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  return wr__array_get(slots[0], inst->types[a], (uint32_t)slots[1], false, slots);
}

wr_trap_kind wr__interp_array_get_s(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  return wr__array_get(slots[0], inst->types[a], (uint32_t)slots[1], true, slots);
}

wr_trap_kind wr__interp_array_set(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  return wr__array_set(slots[0], inst->types[a], (uint32_t)slots[1], slots + 2);
}

wr_trap_kind wr__interp_array_len(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)inst, (void)a, (void)b;
  uint32_t length = 0;
  wr_trap_kind kind = wr__array_len(slots[0], &length);
  if (kind == WR_TRAP_NONE) slots[0] = length;
  return kind;
}

/* [array, at, value, count] */
wr_trap_kind wr__interp_array_fill(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  const wr__deftype *type = inst->types[a];
  return wr__array_fill(inst->exec, slots[0], type, (uint32_t)slots[1], slots + 2,
                        (uint32_t)slots[2 + slots_of(type->fields[0].type)]);
}

/* [to, at, from, at, count] */
wr_trap_kind wr__interp_array_copy(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  return wr__array_copy(inst->exec, slots[0], inst->types[a], (uint32_t)slots[1], slots[2],
                        inst->types[b], (uint32_t)slots[3], (uint32_t)slots[4]);
}

/* [array, at, offset, count] */
wr_trap_kind wr__interp_array_init_data(wr__instance *inst, uint64_t *slots, uint32_t a,
                                        uint32_t b) {
  return wr__array_init_data(inst, slots[0], inst->types[a], (uint32_t)slots[1], b,
                             (uint32_t)slots[2], (uint32_t)slots[3]);
}

wr_trap_kind wr__interp_array_init_elem(wr__instance *inst, uint64_t *slots, uint32_t a,
                                        uint32_t b) {
  return wr__array_init_elem(inst, slots[0], inst->types[a], (uint32_t)slots[1], b,
                             (uint32_t)slots[2], (uint32_t)slots[3]);
}

/* a is the value type asked for. */
wr_trap_kind wr__interp_ref_test(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  slots[0] = wr__ref_matches(inst->module->engine->types, slots[0], a);
  return WR_TRAP_NONE;
}

wr_trap_kind wr__interp_ref_cast(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  return wr__ref_matches(inst->module->engine->types, slots[0], a) ? WR_TRAP_NONE
                                                                   : WR_TRAP_CAST_FAILURE;
}
