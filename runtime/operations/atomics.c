/* Atomic accesses. Each checks alignment and bounds, then acts on the memory's bytes with a
 * sequentially consistent operation of the width. Spec: threads, atomic memory instructions. */
#include "opcodes/opcodes.h"
#include "operations/operations.h"

/* What an atomic instruction does. */
typedef enum action { NO_ACTION, LOAD, STORE, ADD, SUB, AND, OR, XOR, XCHG, CMPXCHG } action;

#define ACCESSES(name, u, action)                                                        \
  [WR__OP_i32_atomic_##name] = action, [WR__OP_i64_atomic_##name] = action,              \
  [WR__OP_i32_atomic_##name##8##u] = action, [WR__OP_i32_atomic_##name##16##u] = action, \
  [WR__OP_i64_atomic_##name##8##u] = action, [WR__OP_i64_atomic_##name##16##u] = action, \
  [WR__OP_i64_atomic_##name##32##u] = action
#define READ_MODIFY_WRITES(name, action)                                                       \
  [WR__OP_i32_atomic_rmw_##name] = action, [WR__OP_i64_atomic_rmw_##name] = action,            \
  [WR__OP_i32_atomic_rmw8_##name##_u] = action, [WR__OP_i32_atomic_rmw16_##name##_u] = action, \
  [WR__OP_i64_atomic_rmw8_##name##_u] = action, [WR__OP_i64_atomic_rmw16_##name##_u] = action, \
  [WR__OP_i64_atomic_rmw32_##name##_u] = action
static const uint8_t actions[WR__OP_COUNT] = {
    ACCESSES(load, _u, LOAD),
    ACCESSES(store, , STORE),
    READ_MODIFY_WRITES(add, ADD),
    READ_MODIFY_WRITES(sub, SUB),
    READ_MODIFY_WRITES(and, AND),
    READ_MODIFY_WRITES(or, OR),
    READ_MODIFY_WRITES(xor, XOR),
    READ_MODIFY_WRITES(xchg, XCHG),
    READ_MODIFY_WRITES(cmpxchg, CMPXCHG),
};

#define ACT(type)                                                                           \
  do {                                                                                      \
    _Atomic(type) *cell = (_Atomic(type) *)at;                                              \
    type value = (type)slots[1], expected = (type)slots[1];                                 \
    switch (act) {                                                                          \
      case NO_ACTION:                                                                       \
        break;                                                                              \
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

wr_trap_kind wr__operation_atomic_notify(wr__instance *instance, uint64_t *slots, uint32_t first,
                                         uint32_t second) {
  (void)second;
  uint32_t woken = 0;
  wr_trap_kind kind =
      wr__memory_notify(instance->memories[first], slots[0], (uint32_t)slots[1], &woken);
  slots[0] = woken;
  return kind;
}

static wr_trap_kind wait(wr__instance *instance, uint64_t *slots, uint32_t memory_index,
                         bool is64) {
  uint32_t result = 0;
  uint64_t expected = is64 ? slots[1] : (uint32_t)slots[1];
  wr_trap_kind kind = wr__memory_wait(instance->exec, instance->memories[memory_index], slots[0],
                                      expected, is64, (int64_t)slots[2], &result);
  slots[0] = result;
  return kind;
}

wr_trap_kind wr__operation_atomic_wait32(wr__instance *instance, uint64_t *slots, uint32_t first,
                                         uint32_t second) {
  (void)second;
  return wait(instance, slots, first, false);
}

wr_trap_kind wr__operation_atomic_wait64(wr__instance *instance, uint64_t *slots, uint32_t first,
                                         uint32_t second) {
  (void)second;
  return wait(instance, slots, first, true);
}

wr_trap_kind wr__operate_atomic(wr__instance *instance, uint64_t *slots, uint32_t memory_index,
                                uint32_t op, uint64_t offset) {
  wr__memory *memory = instance->memories[memory_index];
  slots[0] = wr__effective_address(memory, slots[0], offset);
  if (op < WR__OP_i32_atomic_load && wr__exec_interrupted(instance->exec))
    return WR_TRAP_INTERRUPTED; /* a lock is taken: not for nothing in a straight line */
  if (op == WR__OP_memory_atomic_notify)
    return wr__operation_atomic_notify(instance, slots, memory_index, 0);
  if (op == WR__OP_memory_atomic_wait32) return wait(instance, slots, memory_index, false);
  if (op == WR__OP_memory_atomic_wait64) return wait(instance, slots, memory_index, true);
  uint32_t width = 1u << wr__opinfos[op].align_log2;
  uint64_t address;
  wr_trap_kind kind = wr__memory_locate_atomic(memory, slots[0], 0, width, &address);
  if (kind != WR_TRAP_NONE) return kind;
  uint64_t operands[3] = {slots[0], slots[1], slots[2]};
  if (wr__opinfos[op].params[1] == 'i') operands[1] = (uint32_t)operands[1];
  slots[0] = act_on(memory->base + address, (action)actions[op], width, operands);
  return WR_TRAP_NONE;
}
