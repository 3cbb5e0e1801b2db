/* The operations over structures, arrays, exceptions and casts. References wait in the slots, where
 * collections see them. */
#include "gc/object.h"
#include "operations/operations.h"

static uint32_t slots_of(wr_valtype t) { return t == WR_V128 ? 2 : 1; }

static wr_trap_kind made(uint64_t *slots, wr__ref ref) {
  if (!ref) return WR_TRAP_OUT_OF_MEMORY;
  slots[0] = ref;
  return WR_TRAP_NONE;
}

wr_trap_kind wr__operation_exn_new(wr__instance *instance, uint64_t *slots, uint32_t first,
                                   uint32_t second) {
  (void)second;
  return made(slots, wr__exn_new(instance->exec, instance->tags[first], slots));
}

wr_trap_kind wr__operation_struct_new(wr__instance *instance, uint64_t *slots, uint32_t first,
                                      uint32_t second) {
  (void)second;
  return made(slots, wr__struct_new(instance->exec, instance->types[first], slots));
}

wr_trap_kind wr__operation_struct_new_default(wr__instance *instance, uint64_t *slots,
                                              uint32_t first, uint32_t second) {
  (void)second;
  return made(slots, wr__struct_new(instance->exec, instance->types[first], NULL));
}

wr_trap_kind wr__operation_struct_get(wr__instance *instance, uint64_t *slots, uint32_t first,
                                      uint32_t second) {
  return wr__struct_get(slots[0], instance->types[first], second, false, slots);
}

wr_trap_kind wr__operation_struct_get_s(wr__instance *instance, uint64_t *slots, uint32_t first,
                                        uint32_t second) {
  return wr__struct_get(slots[0], instance->types[first], second, true, slots);
}

wr_trap_kind wr__operation_struct_set(wr__instance *instance, uint64_t *slots, uint32_t first,
                                      uint32_t second) {
  return wr__struct_set(slots[0], instance->types[first], second, slots + 1);
}

wr_trap_kind wr__operation_array_new(wr__instance *instance, uint64_t *slots, uint32_t first,
                                     uint32_t second) {
  (void)second;
  const wr__deftype *type = instance->types[first];
  return wr__array_new(instance->exec, type, slots, (uint32_t)slots[slots_of(type->fields[0].type)],
                       slots);
}

wr_trap_kind wr__operation_array_new_default(wr__instance *instance, uint64_t *slots,
                                             uint32_t first, uint32_t second) {
  (void)second;
  return wr__array_new(instance->exec, instance->types[first], NULL, (uint32_t)slots[0], slots);
}

wr_trap_kind wr__operation_array_new_fixed(wr__instance *instance, uint64_t *slots, uint32_t first,
                                           uint32_t second) {
  return made(slots, wr__array_new_fixed(instance->exec, instance->types[first], slots, second));
}

wr_trap_kind wr__operation_array_new_data(wr__instance *instance, uint64_t *slots, uint32_t first,
                                          uint32_t second) {
  return wr__array_new_data(instance, instance->types[first], second, (uint32_t)slots[0],
                            (uint32_t)slots[1], slots);
}

wr_trap_kind wr__operation_array_new_elem(wr__instance *instance, uint64_t *slots, uint32_t first,
                                          uint32_t second) {
  return wr__array_new_elem(instance, instance->types[first], second, (uint32_t)slots[0],
                            (uint32_t)slots[1], slots);
}

wr_trap_kind wr__operation_array_get(wr__instance *instance, uint64_t *slots, uint32_t first,
                                     uint32_t second) {
  (void)second;
  return wr__array_get(slots[0], instance->types[first], (uint32_t)slots[1], false, slots);
}

wr_trap_kind wr__operation_array_get_s(wr__instance *instance, uint64_t *slots, uint32_t first,
                                       uint32_t second) {
  (void)second;
  return wr__array_get(slots[0], instance->types[first], (uint32_t)slots[1], true, slots);
}

wr_trap_kind wr__operation_array_set(wr__instance *instance, uint64_t *slots, uint32_t first,
                                     uint32_t second) {
  (void)second;
  return wr__array_set(slots[0], instance->types[first], (uint32_t)slots[1], slots + 2);
}

wr_trap_kind wr__operation_array_len(wr__instance *instance, uint64_t *slots, uint32_t first,
                                     uint32_t second) {
  (void)instance, (void)first, (void)second;
  uint32_t length = 0;
  wr_trap_kind kind = wr__array_len(slots[0], &length);
  if (kind == WR_TRAP_NONE) slots[0] = length;
  return kind;
}

wr_trap_kind wr__operation_array_fill(wr__instance *instance, uint64_t *slots, uint32_t first,
                                      uint32_t second) {
  (void)second;
  const wr__deftype *type = instance->types[first];
  return wr__array_fill(instance->exec, slots[0], type, (uint32_t)slots[1], slots + 2,
                        (uint32_t)slots[2 + slots_of(type->fields[0].type)]);
}

wr_trap_kind wr__operation_array_copy(wr__instance *instance, uint64_t *slots, uint32_t first,
                                      uint32_t second) {
  return wr__array_copy(instance->exec, slots[0], instance->types[first], (uint32_t)slots[1],
                        slots[2], instance->types[second], (uint32_t)slots[3], (uint32_t)slots[4]);
}

wr_trap_kind wr__operation_array_init_data(wr__instance *instance, uint64_t *slots, uint32_t first,
                                           uint32_t second) {
  return wr__array_init_data(instance, slots[0], instance->types[first], (uint32_t)slots[1], second,
                             (uint32_t)slots[2], (uint32_t)slots[3]);
}

wr_trap_kind wr__operation_array_init_elem(wr__instance *instance, uint64_t *slots, uint32_t first,
                                           uint32_t second) {
  return wr__array_init_elem(instance, slots[0], instance->types[first], (uint32_t)slots[1], second,
                             (uint32_t)slots[2], (uint32_t)slots[3]);
}

wr_trap_kind wr__operation_ref_test(wr__instance *instance, uint64_t *slots, uint32_t first,
                                    uint32_t second) {
  (void)second;
  slots[0] = wr__ref_matches(instance->module->engine->types, slots[0], first);
  return WR_TRAP_NONE;
}

wr_trap_kind wr__operation_ref_cast(wr__instance *instance, uint64_t *slots, uint32_t first,
                                    uint32_t second) {
  (void)second;
  return wr__ref_matches(instance->module->engine->types, slots[0], first) ? WR_TRAP_NONE
                                                                           : WR_TRAP_CAST_FAILURE;
}

wr_trap_kind wr__operation_has_type(wr__instance *instance, uint64_t *slots, uint32_t first,
                                    uint32_t second) {
  (void)second;
  wr_valtype type = WR_REF_TYPE(WR_HEAP_DEFINED + instance->types[first]->id);
  slots[0] = wr__ref_matches(instance->module->engine->types, slots[0], type);
  return WR_TRAP_NONE;
}
