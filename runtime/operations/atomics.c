/* Atomic accesses. Each checks alignment and bounds, then acts on the memory's bytes with a
 * sequentially consistent operation of the width. Spec: threads, atomic memory instructions. */
#include "interp/operations.h"
#include "opcodes/opcodes.h"

/* What an atomic instruction does, and to how many bytes. */
typedef enum action { LOAD, STORE, ADD, SUB, AND, OR, XOR, XCHG, CMPXCHG } action;

/* The rows stand in the table in this order: seven widths for each action. */
static const uint8_t widths[7] = {4, 8, 1, 2, 1, 2, 4};

#define ACT(type)                                                                           \
  do {                                                                                      \
    _Atomic(type) *cell = (_Atomic(type) *)at;                                              \
    type value = (type)slots[1], expected = (type)slots[1];                                 \
    switch (act) {                                                                          \
      case LOAD:                                                                            \
        return atomic_load(cell);                                                           \
      case STORE:                                                                           \
        atomic_store(cell, value);                                                          \
        return slots[0];                                                                    \
      case ADD:                                                                             \
        return atomic_fetch_add(cell, value);                                               \
      case SUB:                                                                             \
        return atomic_fetch_sub(cell, value);                                               \
      case AND:                                                                             \
        return atomic_fetch_and(cell, value);                                               \
      case OR:                                                                              \
        return atomic_fetch_or(cell, value);                                                \
      case XOR:                                                                             \
        return atomic_fetch_xor(cell, value);                                               \
      case XCHG:                                                                            \
        return atomic_exchange(cell, value);                                                \
      case CMPXCHG:                                                                         \
        if (slots[1] != expected) return atomic_load(cell); /* no narrow value equals it */ \
        atomic_compare_exchange_strong(cell, &expected, (type)slots[2]);                    \
        return expected;                                                                    \
    }                                                                                       \
  } while (0)

static uint64_t act_on(void *at, action act, uint32_t width, const uint64_t *slots) {
  switch (width) {
    case 1:
      ACT(uint8_t);
      break;
    case 2:
      ACT(uint16_t);
      break;
    case 4:
      ACT(uint32_t);
      break;
    default:
      ACT(uint64_t);
      break;
  }
  return 0;
}

static wr_trap_kind locate(const wr__memory *memory, uint64_t slot, uint64_t offset, uint32_t width,
                           uint64_t *address) {
  uint64_t base = memory->is64 ? slot : (uint32_t)slot;
  return wr__memory_locate_atomic(memory, base, offset, width, address);
}

/* [address, expected, timeout] -> [0, 1 or 2];  [address, count] -> [woken] */
static wr_trap_kind wait_or_notify(wr__instance *inst, wr__memory *memory, uint64_t *slots,
                                   uint32_t op, uint64_t offset) {
  bool is64 = op == WR__OP_memory_atomic_wait64;
  uint64_t address;
  uint32_t result = 0;
  wr_trap_kind kind = locate(memory, slots[0], offset, is64 ? 8 : 4, &address);
  if (kind != WR_TRAP_NONE) return kind;
  if (op == WR__OP_memory_atomic_notify) {
    kind = wr__memory_notify(memory, address, (uint32_t)slots[1], &result);
  } else {
    uint64_t expected = is64 ? slots[1] : (uint32_t)slots[1];
    kind = wr__memory_wait(inst->exec, memory, address, expected, is64, (int64_t)slots[2], &result);
  }
  if (kind == WR_TRAP_NONE) slots[0] = result;
  return kind;
}

wr_trap_kind wr__interp_atomic(wr__instance *inst, uint64_t *slots, uint32_t memory_index,
                               uint32_t op, uint64_t offset) {
  wr__memory *memory = inst->memories[memory_index];
  if (op < WR__OP_i32_atomic_load) return wait_or_notify(inst, memory, slots, op, offset);
  uint32_t row = op - WR__OP_i32_atomic_load, width = widths[row % 7];
  uint64_t address;
  wr_trap_kind kind = locate(memory, slots[0], offset, width, &address);
  if (kind != WR_TRAP_NONE) return kind;
  uint64_t operands[3] = {slots[0], slots[1], slots[2]};
  bool is_i32 = row % 7 == 0 || row % 7 == 2 || row % 7 == 3;
  if (is_i32) operands[1] = (uint32_t)operands[1];
  slots[0] = act_on(memory->base + address, (action)(row / 7), width, operands);
  return WR_TRAP_NONE;
}
