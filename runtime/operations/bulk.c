/* The operations of operations.h over memories and tables. */
#include "interp/operations.h"

static uint64_t address_of(bool is64, uint64_t slot) { return is64 ? slot : (uint32_t)slot; }

/* Spec exec/instructions: memory.grow. [delta] -> [old size or -1] */
wr_trap_kind wr__interp_memory_grow(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  wr__memory *memory = inst->memories[a];
  uint64_t old = wr__memory_grow(memory, address_of(memory->is64, slots[0]));
  slots[0] = memory->is64 ? old : (uint32_t)old;
  return WR_TRAP_NONE;
}

/* [at, value, count] */
wr_trap_kind wr__interp_memory_fill(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  wr__memory *memory = inst->memories[a];
  return wr__memory_fill(inst->exec, memory, address_of(memory->is64, slots[0]), (uint8_t)slots[1],
                         address_of(memory->is64, slots[2]));
}

/* [to, from, count]; a is the destination. The count has the narrower address type. */
wr_trap_kind wr__interp_memory_copy(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  wr__memory *to = inst->memories[a], *from = inst->memories[b];
  return wr__memory_copy(inst->exec, to, address_of(to->is64, slots[0]), from,
                         address_of(from->is64, slots[1]),
                         address_of(to->is64 && from->is64, slots[2]));
}

/* [to, from, count]; a is the data segment, b the memory */
wr_trap_kind wr__interp_memory_init(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  wr__memory *memory = inst->memories[b];
  return wr__memory_init(inst, a, memory, address_of(memory->is64, slots[0]), (uint32_t)slots[1],
                         (uint32_t)slots[2]);
}

wr_trap_kind wr__interp_data_drop(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)slots, (void)b;
  wr__data_drop(inst, a);
  return WR_TRAP_NONE;
}

/* Spec exec/instructions: table.grow. [init, delta] -> [old size or -1] */
wr_trap_kind wr__interp_table_grow(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  wr__table *table = inst->tables[a];
  uint64_t old = wr__table_grow(table, address_of(table->limits.is64, slots[1]), slots[0]);
  slots[0] = table->limits.is64 ? old : (uint32_t)old;
  return WR_TRAP_NONE;
}

/* [at, value, count] */
wr_trap_kind wr__interp_table_fill(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  wr__table *table = inst->tables[a];
  bool is64 = table->limits.is64;
  return wr__table_fill(inst->exec, table, address_of(is64, slots[0]), slots[1],
                        address_of(is64, slots[2]));
}

/* [to, from, count]; a is the destination */
wr_trap_kind wr__interp_table_copy(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  wr__table *to = inst->tables[a], *from = inst->tables[b];
  bool to64 = to->limits.is64, from64 = from->limits.is64;
  return wr__table_copy(inst->exec, to, address_of(to64, slots[0]), from,
                        address_of(from64, slots[1]), address_of(to64 && from64, slots[2]));
}

/* [to, from, count]; a is the element segment, b the table */
wr_trap_kind wr__interp_table_init(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  wr__table *table = inst->tables[b];
  return wr__table_init(inst, a, table, address_of(table->limits.is64, slots[0]),
                        (uint32_t)slots[1], (uint32_t)slots[2]);
}

wr_trap_kind wr__interp_elem_drop(wr__instance *inst, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)slots, (void)b;
  wr__elem_drop(inst, a);
  return WR_TRAP_NONE;
}
