/* The operations over memories and tables. */
#include "operations/operations.h"

static uint64_t address_of(bool is64, uint64_t slot) { return is64 ? slot : (uint32_t)slot; }

/* Spec exec/instructions: memory.grow. */
wr_trap_kind wr__operation_memory_grow(wr__instance *instance, uint64_t *slots, uint32_t first,
                                       uint32_t second) {
  (void)second;
  wr__memory *memory = instance->memories[first];
  uint64_t old = wr__memory_grow(memory, address_of(memory->is64, slots[0]));
  slots[0] = memory->is64 ? old : (uint32_t)old;
  return WR_TRAP_NONE;
}

wr_trap_kind wr__operation_memory_fill(wr__instance *instance, uint64_t *slots, uint32_t first,
                                       uint32_t second) {
  (void)second;
  wr__memory *memory = instance->memories[first];
  return wr__memory_fill(instance->exec, memory, address_of(memory->is64, slots[0]),
                         (uint8_t)slots[1], address_of(memory->is64, slots[2]));
}

/* [to, from, count]; the first memory is the destination. The count has the narrower address type.
 */
wr_trap_kind wr__operation_memory_copy(wr__instance *instance, uint64_t *slots, uint32_t first,
                                       uint32_t second) {
  wr__memory *to = instance->memories[first], *from = instance->memories[second];
  return wr__memory_copy(instance->exec, to, address_of(to->is64, slots[0]), from,
                         address_of(from->is64, slots[1]),
                         address_of(to->is64 && from->is64, slots[2]));
}

wr_trap_kind wr__operation_memory_init(wr__instance *instance, uint64_t *slots, uint32_t first,
                                       uint32_t second) {
  wr__memory *memory = instance->memories[second];
  return wr__memory_init(instance, first, memory, address_of(memory->is64, slots[0]),
                         (uint32_t)slots[1], (uint32_t)slots[2]);
}

wr_trap_kind wr__operation_data_drop(wr__instance *instance, uint64_t *slots, uint32_t first,
                                     uint32_t second) {
  (void)slots, (void)second;
  wr__data_drop(instance, first);
  return WR_TRAP_NONE;
}

/* Spec exec/instructions: table.grow. */
wr_trap_kind wr__operation_table_grow(wr__instance *instance, uint64_t *slots, uint32_t first,
                                      uint32_t second) {
  (void)second;
  wr__table *table = instance->tables[first];
  uint64_t old;
  wr_trap_kind trap = wr__table_grow(instance->exec, table,
                                     address_of(table->limits.is64, slots[1]), slots[0], &old);
  if (!trap) slots[0] = table->limits.is64 ? old : (uint32_t)old;
  return trap;
}

wr_trap_kind wr__operation_table_fill(wr__instance *instance, uint64_t *slots, uint32_t first,
                                      uint32_t second) {
  (void)second;
  wr__table *table = instance->tables[first];
  bool is64 = table->limits.is64;
  return wr__table_fill(instance->exec, table, address_of(is64, slots[0]), slots[1],
                        address_of(is64, slots[2]));
}

wr_trap_kind wr__operation_table_copy(wr__instance *instance, uint64_t *slots, uint32_t first,
                                      uint32_t second) {
  wr__table *to = instance->tables[first], *from = instance->tables[second];
  bool to64 = to->limits.is64, from64 = from->limits.is64;
  return wr__table_copy(instance->exec, to, address_of(to64, slots[0]), from,
                        address_of(from64, slots[1]), address_of(to64 && from64, slots[2]));
}

wr_trap_kind wr__operation_table_init(wr__instance *instance, uint64_t *slots, uint32_t first,
                                      uint32_t second) {
  wr__table *table = instance->tables[second];
  return wr__table_init(instance, first, table, address_of(table->limits.is64, slots[0]),
                        (uint32_t)slots[1], (uint32_t)slots[2]);
}

wr_trap_kind wr__operation_elem_drop(wr__instance *instance, uint64_t *slots, uint32_t first,
                                     uint32_t second) {
  (void)slots, (void)second;
  wr__elem_drop(instance, first);
  return WR_TRAP_NONE;
}
