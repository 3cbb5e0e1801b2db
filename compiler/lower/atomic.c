/* Atomic accesses: sequentially consistent; an address that is not aligned traps.
 * Spec: threads, atomic memory instructions. */
#include "lower/lower.h"

typedef enum atomic_kind { LOAD, STORE, RMW, CMPXCHG } atomic_kind;

/* What an atomic access does, and by which of LLVM's operations; its width is in its row. */
typedef struct atomic_row {
  bool is_access;
  uint8_t kind;
  uint8_t rmw; /* LLVMAtomicRMWBinOp */
} atomic_row;

#define ACCESSES(name, u, kind)                                                               \
  [WR__OP_i32_atomic_##name] = {true, kind, 0}, [WR__OP_i64_atomic_##name] = {true, kind, 0}, \
  [WR__OP_i32_atomic_##name##8##u] = {true, kind, 0},                                         \
  [WR__OP_i32_atomic_##name##16##u] = {true, kind, 0},                                        \
  [WR__OP_i64_atomic_##name##8##u] = {true, kind, 0},                                         \
  [WR__OP_i64_atomic_##name##16##u] = {true, kind, 0},                                        \
  [WR__OP_i64_atomic_##name##32##u] = {true, kind, 0}
#define FAMILY(name, kind, rmw)                             \
  [WR__OP_i32_atomic_rmw_##name] = {true, kind, rmw},       \
  [WR__OP_i64_atomic_rmw_##name] = {true, kind, rmw},       \
  [WR__OP_i32_atomic_rmw8_##name##_u] = {true, kind, rmw},  \
  [WR__OP_i32_atomic_rmw16_##name##_u] = {true, kind, rmw}, \
  [WR__OP_i64_atomic_rmw8_##name##_u] = {true, kind, rmw},  \
  [WR__OP_i64_atomic_rmw16_##name##_u] = {true, kind, rmw}, \
  [WR__OP_i64_atomic_rmw32_##name##_u] = {true, kind, rmw}

/* clang-format off */
static const atomic_row rows[WR__OP_COUNT] = {
  ACCESSES(load, _u, LOAD),
  ACCESSES(store, , STORE),
  FAMILY(add, RMW, LLVMAtomicRMWBinOpAdd),
  FAMILY(sub, RMW, LLVMAtomicRMWBinOpSub),
  FAMILY(and, RMW, LLVMAtomicRMWBinOpAnd),
  FAMILY(or, RMW, LLVMAtomicRMWBinOpOr),
  FAMILY(xor, RMW, LLVMAtomicRMWBinOpXor),
  FAMILY(xchg, RMW, LLVMAtomicRMWBinOpXchg),
  FAMILY(cmpxchg, CMPXCHG, 0),
};
/* clang-format on */

static LLVMTypeRef int_type(wr__lower *l, uint32_t bytes) {
  return bytes == 1 ? l->i8 : bytes == 2 ? l->i16 : bytes == 4 ? l->i32 : l->i64;
}

/* The address of an access of the size, checked for alignment before the access itself is tried. */
static LLVMValueRef aligned_address(wr__lower *l, const wr__instr *instr, LLVMValueRef index,
                                    uint32_t bytes) {
  if (bytes > 1) {
    uint64_t mask = bytes - 1;
    LLVMTypeRef type = LLVMTypeOf(index);
    LLVMValueRef low =
        LLVMBuildAdd(l->b, index, LLVMConstInt(type, instr->imm.mem.offset & mask, false), "");
    low = LLVMBuildAnd(l->b, low, LLVMConstInt(type, mask, false), "");
    LLVMValueRef odd = LLVMBuildICmp(l->b, LLVMIntNE, low, LLVMConstNull(type), "");
    wr__lower_trap_if(l, odd, WR_TRAP_UNALIGNED_ATOMIC);
  }
  bool exact;
  return wr__lower_address(l, instr->imm.mem.memory, instr->imm.mem.offset, index, bytes, &exact);
}

static LLVMValueRef narrow_to(wr__lower *l, LLVMValueRef value, LLVMTypeRef type) {
  return LLVMTypeOf(value) == type ? value : LLVMBuildTrunc(l->b, value, type, "");
}

static LLVMValueRef exchange(wr__lower *l, LLVMValueRef at, LLVMValueRef expected,
                             LLVMValueRef value) {
  LLVMAtomicOrdering order = LLVMAtomicOrderingSequentiallyConsistent;
  LLVMValueRef both = LLVMBuildAtomicCmpXchg(l->b, at, expected, value, order, order, false);
  LLVMSetVolatile(both, true);
  return LLVMBuildExtractValue(l->b, both, 0, "");
}

/* Spec: atomic.rmw.cmpxchg compares the whole expected operand, so one that is too wide never
 * matches, and nothing is stored. The access itself still happens. */
static LLVMValueRef lower_cmpxchg(wr__lower *l, LLVMValueRef at, LLVMValueRef expected,
                                  LLVMValueRef value, LLVMTypeRef type) {
  if (LLVMTypeOf(expected) == type) return exchange(l, at, expected, value);
  LLVMValueRef low = LLVMBuildTrunc(l->b, expected, type, "");
  LLVMValueRef back = LLVMBuildZExt(l->b, low, LLVMTypeOf(expected), "");
  LLVMValueRef fits = LLVMBuildICmp(l->b, LLVMIntEQ, back, expected, "");
  /* Exchanging a value for itself changes nothing. */
  value = LLVMBuildSelect(l->b, fits, LLVMBuildTrunc(l->b, value, type, ""), low, "");
  return exchange(l, at, low, value);
}

static void lower_access(wr__lower *l, const wr__instr *instr, const atomic_row *row) {
  uint32_t bytes = 1u << wr__opinfos[instr->op].align_log2;
  LLVMTypeRef type = int_type(l, bytes);
  LLVMAtomicOrdering order = LLVMAtomicOrderingSequentiallyConsistent;
  LLVMValueRef value = row->kind == LOAD ? NULL : wr__lower_pop(l);
  LLVMValueRef expected = row->kind == CMPXCHG ? wr__lower_pop(l) : NULL;
  LLVMValueRef at = aligned_address(l, instr, wr__lower_pop(l), bytes);
  LLVMValueRef result;
  wr__lower_mark(l, true);
  if (row->kind == LOAD) {
    result = LLVMBuildLoad2(l->b, type, at, "");
  } else if (row->kind == STORE) {
    result = LLVMBuildStore(l->b, narrow_to(l, value, type), at);
  } else if (row->kind == RMW) {
    result = LLVMBuildAtomicRMW(l->b, (LLVMAtomicRMWBinOp)row->rmw, at, narrow_to(l, value, type),
                                order, false);
    LLVMSetVolatile(result, true);
  } else {
    result = lower_cmpxchg(l, at, expected, value, type);
  }
  wr__lower_mark(l, false);
  if (row->kind == LOAD || row->kind == STORE) {
    LLVMSetAlignment(result, bytes);
    LLVMSetVolatile(result, true);
    LLVMSetOrdering(result, order);
  }
  if (row->kind == STORE) return;
  LLVMTypeRef wide = wr__opinfos[instr->op].results[0] == 'i' ? l->i32 : l->i64;
  wr__lower_push(l, type == wide ? result : LLVMBuildZExt(l->b, result, wide, ""));
}

/* As wr__effective_address: a sum of more than 64 bits becomes an address that nothing can hold, of
 * the same alignment. */
static LLVMValueRef effective_address(wr__lower *l, LLVMValueRef index, uint64_t offset) {
  bool may_wrap = LLVMTypeOf(index) == l->i64 && offset != 0;
  if (LLVMTypeOf(index) == l->i32) index = LLVMBuildZExt(l->b, index, l->i64, "");
  LLVMValueRef sum = LLVMBuildAdd(l->b, index, wr__c64(l, offset), "");
  if (!may_wrap) return sum;
  LLVMValueRef wraps = LLVMBuildICmp(l->b, LLVMIntULT, sum, index, "");
  LLVMValueRef high = LLVMBuildSelect(l->b, wraps, wr__c64(l, ~(uint64_t)7), wr__c64(l, 0), "");
  return LLVMBuildOr(l->b, sum, high, "");
}

/* notify and wait: the operation checks the address. */
static void lower_park(wr__lower *l, const wr__instr *instr, enum wr__helper op, uint32_t count) {
  LLVMValueRef operands[3];
  for (uint32_t i = count; i-- > 0;) operands[i] = wr__lower_pop(l);
  operands[0] = effective_address(l, operands[0], instr->imm.mem.offset);
  wr__lower_push(l, wr__lower_operation(l, op, instr->imm.mem.memory, 0, operands, count, l->i32));
}

bool wr__lower_atomic(wr__lower *l, const wr__instr *instr) {
  switch (instr->op) {
    case WR__OP_memory_atomic_notify:
      lower_park(l, instr, WR__HELPER_atomic_notify, 2);
      return true;
    case WR__OP_memory_atomic_wait32:
      lower_park(l, instr, WR__HELPER_atomic_wait32, 3);
      return true;
    case WR__OP_memory_atomic_wait64:
      lower_park(l, instr, WR__HELPER_atomic_wait64, 3);
      return true;
    case WR__OP_atomic_fence:
      LLVMBuildFence(l->b, LLVMAtomicOrderingSequentiallyConsistent, false, "");
      return true;
  }
  if (!rows[instr->op].is_access) return false;
  lower_access(l, instr, &rows[instr->op]);
  return true;
}
