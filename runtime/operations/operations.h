/* Instructions that are too large for a handler or for code in line: C functions that both engines
 * call, one for each row of operations.def. */
#ifndef WR__OPERATIONS_H
#define WR__OPERATIONS_H

#include "store/store.h"

/* first and second are the immediates of the row. WR_TRAP_NONE, or why the instruction traps. */
#define OPERATION(name)                                                                      \
  wr_trap_kind wr__operation_##name(wr__instance *instance, uint64_t *slots, uint32_t first, \
                                    uint32_t second);
#include "operations/operations.def"
#undef OPERATION

/* atomics.c: an atomic load, store or read-modify-write; op is its wr__op. Operands from slots[0]
 * on, the address without the offset; result to slots[0]. Spec: threads, atomic memory
 * instructions. */
wr_trap_kind wr__operate_atomic(wr__instance *instance, uint64_t *slots, uint32_t memory_index,
                                uint32_t op, uint64_t offset);

/* An address of an atomic access as operations take it: one that nothing can hold, of the same
 * alignment, when the sum has more than 64 bits. */
static inline uint64_t wr__effective_address(const wr__memory *memory, uint64_t address,
                                             uint64_t offset) {
  uint64_t sum;
  if (!memory->is64) address = (uint32_t)address;
  return __builtin_add_overflow(address, offset, &sum) ? sum | ~(uint64_t)7 : sum;
}

#endif
