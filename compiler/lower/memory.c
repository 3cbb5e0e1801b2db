/* Access to memories, plain and atomic.
 *
 * A guarded memory is reached without checks, and its accesses are volatile: LLVM then neither
 * drops nor reorders them, so each traps where the program says, and memory is exact when it does.
 * Other memories are checked first, or later (check.c); those accesses cannot trap, and LLVM may do
 * with them what it likes, unless the memory is shared. Spec: exec/instructions, memory
 * instructions. */
#include "lower/lower.h"

static LLVMValueRef memory_pointer(wr__lower *l, uint32_t memory) {
  if (memory == 0)
    return wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, memory0), true);
  LLVMValueRef all = wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, memories), true);
  return wr__lower_field(l, l->ptr, all, memory * sizeof(void *), true);
}

static LLVMValueRef memory_size(wr__lower *l, uint32_t memory, LLVMValueRef pointer) {
  LLVMValueRef size = wr__lower_field(l, l->i64, pointer, offsetof(wr__memory, size_bytes), false);
  if (l->module->memories[memory].limits.shared) {
    LLVMSetAlignment(size, 8);
    LLVMSetOrdering(size, LLVMAtomicOrderingAcquire);
  }
  return size;
}

LLVMValueRef wr__lower_memory_base(wr__lower *l) {
  if (l->guarded)
    return wr__lower_field(l, l->ptr, l->inst, offsetof(wr__instance, memory0_base), true);
  return wr__lower_field(l, l->ptr, memory_pointer(l, 0), offsetof(wr__memory, base), false);
}

LLVMValueRef wr__lower_memory_size(wr__lower *l) { return memory_size(l, 0, memory_pointer(l, 0)); }

/* ea + size_bytes > the memory's size: traps. */
static LLVMValueRef checked_address(wr__lower *l, uint32_t memory, uint64_t offset,
                                    LLVMValueRef index, uint32_t size_bytes) {
  LLVMValueRef pointer = memory_pointer(l, memory);
  LLVMValueRef size = memory_size(l, memory, pointer), outside;
  uint64_t reach;
  if (__builtin_add_overflow(offset, (uint64_t)size_bytes, &reach)) {
    outside = LLVMConstInt(l->i1, 1, false);
  } else if (l->module->memories[memory].limits.is64) {
    LLVMValueRef args[] = {index, wr__c64(l, reach)};
    LLVMValueRef sum = wr__lower_intrinsic(l, "llvm.uadd.with.overflow", &l->i64, 1, args, 2);
    LLVMValueRef past =
        LLVMBuildICmp(l->b, LLVMIntUGT, LLVMBuildExtractValue(l->b, sum, 0, ""), size, "");
    outside = LLVMBuildOr(l->b, past, LLVMBuildExtractValue(l->b, sum, 1, ""), "");
  } else {
    LLVMValueRef end = LLVMBuildAdd(l->b, index, wr__c64(l, reach), "");
    outside = LLVMBuildICmp(l->b, LLVMIntUGT, end, size, "");
  }
  wr__lower_trap_if(l, outside, WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  return wr__lower_field(l, l->ptr, pointer, offsetof(wr__memory, base), false);
}

LLVMValueRef wr__lower_address(wr__lower *l, uint32_t memory, uint64_t offset, LLVMValueRef index,
                               uint32_t size_bytes, bool *exact) {
  bool is64 = l->module->memories[memory].limits.is64;
  if (!is64) index = LLVMBuildZExt(l->b, index, l->i64, "");
  bool guarded = memory == 0 && l->guarded;
  *exact = guarded || l->module->memories[memory].limits.shared;
  LLVMValueRef base =
      guarded ? l->memory_base : checked_address(l, memory, offset, index, size_bytes);
  LLVMValueRef at = LLVMBuildGEP2(l->b, l->i8, base, &index, 1, "");
  return wr__lower_at(l, at, offset);
}

/* ptr wr.at(base, index, offset) */
static LLVMValueRef wide_func(wr__lower *l) {
  LLVMValueRef func = LLVMGetNamedFunction(l->llvm, "wr.at");
  if (func) return func;
  static const char *const attributes[] = {"nounwind", "willreturn", "nosync", "nofree",
                                           "speculatable"};
  LLVMTypeRef params[] = {l->ptr, l->i64, l->i64};
  func = LLVMAddFunction(l->llvm, "wr.at", LLVMFunctionType(l->ptr, params, 3, false));
  for (size_t i = 0; i < WR_ARRAY_COUNT(attributes); i++)
    wr__lower_enum_attribute(l, func, LLVMAttributeFunctionIndex, attributes[i], 0);
  wr__lower_enum_attribute(l, func, LLVMAttributeFunctionIndex, "memory", 0); /* none */
  return func;
}

LLVMValueRef wr__lower_wide_call(wr__lower *l, LLVMValueRef value) {
  if (!l->wide || !LLVMIsACallInst(value)) return NULL;
  return LLVMGetCalledValue(value) == LLVMGetNamedFunction(l->llvm, "wr.at") ? value : NULL;
}

enum { MAX_WIDE_REACH = 1 << 30 };

/* Of a plain load or store. */
static LLVMValueRef plain_address(wr__lower *l, const wr__instr *instr, LLVMValueRef index,
                                  uint32_t bytes, bool *exact) {
  uint64_t offset = instr->imm.mem.offset;
  if (!l->late || (l->wide && offset > MAX_WIDE_REACH))
    return wr__lower_address(l, instr->imm.mem.memory, offset, index, bytes, exact);
  *exact = true;
  if (l->wide) {
    LLVMValueRef func = wide_func(l),
                 args[] = {wr__lower_memory_base(l), index, wr__c64(l, offset)};
    return LLVMBuildCall2(l->b, LLVMGlobalGetValueType(func), func, args, 3, "");
  }
  index = LLVMBuildZExt(l->b, index, l->i64, "");
  return wr__lower_at(l, LLVMBuildGEP2(l->b, l->i8, wr__lower_memory_base(l), &index, 1, ""),
                      offset);
}

static LLVMValueRef load(wr__lower *l, const wr__instr *instr, LLVMTypeRef type, uint32_t bytes) {
  bool exact;
  LLVMValueRef at = plain_address(l, instr, wr__lower_pop(l), bytes, &exact);
  wr__lower_mark(l, true);
  LLVMValueRef value = LLVMBuildLoad2(l->b, type, at, "");
  wr__lower_mark(l, false);
  LLVMSetAlignment(value, 1);
  LLVMSetVolatile(value, exact);
  wr__lower_tag(l, value, l->tag_memory);
  return value;
}

static void store(wr__lower *l, const wr__instr *instr, LLVMValueRef index, LLVMValueRef value,
                  uint32_t bytes) {
  bool exact;
  LLVMValueRef at = plain_address(l, instr, index, bytes, &exact);
  wr__lower_mark(l, true);
  LLVMValueRef made = LLVMBuildStore(l->b, value, at);
  wr__lower_mark(l, false);
  LLVMSetAlignment(made, 1);
  wr__lower_order(l, made, l->tag_memory);
  if (exact) LLVMSetVolatile(made, true);
}

static void lower_load(wr__lower *l, const wr__instr *instr, LLVMTypeRef narrow, uint32_t bytes,
                       LLVMTypeRef type, LLVMOpcode extend) {
  LLVMValueRef value = load(l, instr, narrow, bytes);
  if (narrow != type) value = LLVMBuildCast(l->b, extend, value, type, "");
  wr__lower_push(l, value);
}

static void lower_store(wr__lower *l, const wr__instr *instr, LLVMTypeRef narrow, uint32_t bytes) {
  LLVMValueRef value = wr__lower_pop(l), index = wr__lower_pop(l);
  if (narrow && narrow != LLVMTypeOf(value)) value = LLVMBuildTrunc(l->b, value, narrow, "");
  store(l, instr, index, value, bytes);
}

static LLVMValueRef splat(wr__lower *l, LLVMValueRef value, unsigned lanes) {
  LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(value), lanes);
  LLVMValueRef first = LLVMBuildInsertElement(l->b, LLVMGetPoison(type), value, wr__c32(l, 0), "");
  LLVMValueRef zeros = LLVMConstNull(LLVMVectorType(l->i32, lanes));
  LLVMValueRef all = LLVMBuildShuffleVector(l->b, first, LLVMGetPoison(type), zeros, "");
  return LLVMBuildBitCast(l->b, all, l->v128, "");
}

static void lower_load_splat(wr__lower *l, const wr__instr *instr, LLVMTypeRef lane,
                             uint32_t bytes) {
  wr__lower_push(l, splat(l, load(l, instr, lane, bytes), 16 / bytes));
}

static void lower_load_zero(wr__lower *l, const wr__instr *instr, LLVMTypeRef lane,
                            uint32_t bytes) {
  LLVMValueRef value = load(l, instr, lane, bytes);
  LLVMValueRef zero = LLVMConstNull(LLVMVectorType(lane, 16 / bytes));
  value = LLVMBuildInsertElement(l->b, zero, value, wr__c32(l, 0), "");
  wr__lower_push(l, LLVMBuildBitCast(l->b, value, l->v128, ""));
}

static void lower_load_extend(wr__lower *l, const wr__instr *instr, LLVMTypeRef narrow,
                              LLVMTypeRef wide, unsigned lanes, LLVMOpcode extend) {
  LLVMValueRef bits = load(l, instr, l->i64, 8);
  LLVMValueRef value = LLVMBuildBitCast(l->b, bits, LLVMVectorType(narrow, lanes), "");
  value = LLVMBuildCast(l->b, extend, value, LLVMVectorType(wide, lanes), "");
  wr__lower_push(l, LLVMBuildBitCast(l->b, value, l->v128, ""));
}

static void lower_load_lane(wr__lower *l, const wr__instr *instr, LLVMTypeRef lane,
                            uint32_t bytes) {
  LLVMValueRef vector = wr__lower_pop(l);
  LLVMValueRef value = load(l, instr, lane, bytes);
  vector = LLVMBuildBitCast(l->b, vector, LLVMVectorType(lane, 16 / bytes), "");
  vector = LLVMBuildInsertElement(l->b, vector, value, wr__c32(l, instr->imm.mem.lane), "");
  wr__lower_push(l, LLVMBuildBitCast(l->b, vector, l->v128, ""));
}

static void lower_store_lane(wr__lower *l, const wr__instr *instr, LLVMTypeRef lane,
                             uint32_t bytes) {
  LLVMValueRef vector = wr__lower_pop(l), index = wr__lower_pop(l);
  vector = LLVMBuildBitCast(l->b, vector, LLVMVectorType(lane, 16 / bytes), "");
  LLVMValueRef value = LLVMBuildExtractElement(l->b, vector, wr__c32(l, instr->imm.mem.lane), "");
  store(l, instr, index, value, bytes);
}

static void lower_size(wr__lower *l, uint32_t memory) {
  const wr__memory_decl *decl = &l->module->memories[memory];
  LLVMValueRef size = memory_size(l, memory, memory_pointer(l, memory));
  size = LLVMBuildLShr(l->b, size, wr__c64(l, decl->page_size_log2), "");
  wr__lower_push(l, decl->limits.is64 ? size : LLVMBuildTrunc(l->b, size, l->i32, ""));
}

static void lower_grow(wr__lower *l, uint32_t memory) {
  LLVMValueRef delta = wr__lower_pop(l);
  wr__lower_push(
      l, wr__lower_operation(l, WR__HELPER_memory_grow, memory, 0, &delta, 1, LLVMTypeOf(delta)));
}

/* ---- Many bytes
 *
 * What is inside the memory, and not so long that an interrupt would wait for it, is copied here;
 * the rest, traps among it, is the runtime's. */

/* Nothing polls in a straight line of short ones, of which a function may have 800,000. */
enum { SHORT_BYTES = 2 << 10, INLINE_BYTES = 64, INLINE_BYTES_SMALL = 15 };

/* Does LLVM move or set so many bytes without a call? At level s, and for aarch64 at any level,
 * with 4 stores at most, none of which overlap. */
static bool are_few(const wr__lower *l, uint64_t bytes) {
  if (l->options->level == 's') return bytes <= INLINE_BYTES_SMALL;
  uint64_t stores = bytes / 16 + (uint64_t)__builtin_popcountll(bytes % 16);
  return bytes <= INLINE_BYTES && (!l->aarch64 || stores <= 4);
}

static void lower_bulk(wr__lower *l, enum wr__helper op, uint32_t a, uint32_t b) {
  l->stack_count -= 3;
  wr__lower_operation(l, op, a, b, &l->stack[l->stack_count], 3, NULL);
}

/* Does at + count end inside the memory? count is at most SHORT_BYTES. */
static LLVMValueRef ends_inside(wr__lower *l, LLVMValueRef at, LLVMValueRef count,
                                LLVMValueRef size) {
  LLVMValueRef end = LLVMBuildAdd(l->b, LLVMBuildZExt(l->b, at, l->i64, ""), count, "");
  return LLVMBuildICmp(l->b, LLVMIntULE, end, size, "");
}

static LLVMValueRef byte_address(wr__lower *l, LLVMValueRef base, LLVMValueRef at) {
  at = LLVMBuildZExt(l->b, at, l->i64, "");
  return LLVMBuildGEP2(l->b, l->i8, base, &at, 1, "");
}

/* A few bytes are moved in line, in order with what may trap. */
static void build_move(wr__lower *l, LLVMValueRef to, LLVMValueRef from, LLVMValueRef count,
                       bool is_few) {
  LLVMValueRef args[] = {to, from, count, LLVMConstInt(l->i1, 1, false)};
  if (!is_few) {
    wr__lower_call_helper(l, WR__HELPER_move_bytes, args, 3);
    return;
  }
  LLVMTypeRef types[] = {l->ptr, l->ptr, l->i64};
  wr__lower_tag(l, wr__lower_intrinsic(l, "llvm.memmove", types, 3, args, 4), l->tag_memory);
}

static void build_fill(wr__lower *l, LLVMValueRef to, LLVMValueRef value, LLVMValueRef count,
                       bool is_few) {
  LLVMValueRef helper_args[] = {to, value, count};
  if (!is_few) {
    wr__lower_call_helper(l, WR__HELPER_fill_bytes, helper_args, 3);
    return;
  }
  LLVMValueRef byte = LLVMBuildTrunc(l->b, value, l->i8, "");
  LLVMValueRef args[] = {to, byte, count, LLVMConstInt(l->i1, 1, false)};
  LLVMTypeRef types[] = {l->ptr, l->i64};
  wr__lower_tag(l, wr__lower_intrinsic(l, "llvm.memset", types, 2, args, 4), l->tag_memory);
}

/* memory.copy in a memory, and memory.fill: [to, from or value, count]. */
static void lower_short_bulk(wr__lower *l, enum wr__helper op, uint32_t memory) {
  const wr__memory_decl *decl = &l->module->memories[memory];
  if (decl->limits.is64 || decl->limits.shared || l->options->level == '0') {
    lower_bulk(l, op, memory, op == WR__HELPER_memory_copy ? memory : 0);
    return;
  }
  LLVMValueRef operands[3];
  l->stack_count -= 3;
  memcpy(operands, &l->stack[l->stack_count], sizeof operands);
  LLVMValueRef to = operands[0], second = operands[1];
  LLVMValueRef count = LLVMBuildZExt(l->b, operands[2], l->i64, "");
  LLVMValueRef pointer = memory_pointer(l, memory), size = memory_size(l, memory, pointer);
  bool is_copy = op == WR__HELPER_memory_copy;
  LLVMValueRef fits = LLVMBuildICmp(l->b, LLVMIntULE, count, wr__c64(l, SHORT_BYTES), "");
  fits = LLVMBuildAnd(l->b, fits, ends_inside(l, to, count, size), "");
  if (is_copy) fits = LLVMBuildAnd(l->b, fits, ends_inside(l, second, count, size), "");
  LLVMBasicBlockRef other = wr__lower_block(l, ""), join = wr__lower_block(l, "");
  wr__lower_unlikely(l, LLVMBuildNot(l->b, fits, ""), other);
  uint64_t bytes;
  bool is_few = wr__lower_constant(count, &bytes) && are_few(l, bytes);
  LLVMValueRef base = wr__lower_field(l, l->ptr, pointer, offsetof(wr__memory, base), false);
  if (is_copy)
    build_move(l, byte_address(l, base, to), byte_address(l, base, second), count, is_few);
  else
    build_fill(l, byte_address(l, base, to), second, count, is_few);
  LLVMBuildBr(l->b, join);
  LLVMPositionBuilderAtEnd(l->b, other);
  wr__lower_operation(l, op, memory, is_copy ? memory : 0, operands, 3, NULL);
  LLVMBuildBr(l->b, join);
  LLVMPositionBuilderAtEnd(l->b, join);
}

static void lower_copy(wr__lower *l, uint32_t to, uint32_t from) {
  if (to == from)
    lower_short_bulk(l, WR__HELPER_memory_copy, to);
  else
    lower_bulk(l, WR__HELPER_memory_copy, to, from);
}

#define LOAD(name, narrow, bytes, type, extend)              \
  case WR__OP_##name:                                        \
    lower_load(l, instr, l->narrow, bytes, l->type, extend); \
    return true;
#define STORE(name, narrow, bytes)           \
  case WR__OP_##name:                        \
    lower_store(l, instr, l->narrow, bytes); \
    return true;
#define DO(name, ...) \
  case WR__OP_##name: \
    __VA_ARGS__;      \
    return true;

/* clang-format off */
static bool lower_vector_access(wr__lower *l, const wr__instr *instr) {
  switch (instr->op) {
    LOAD(v128_load, v128, 16, v128, LLVMBitCast)
    STORE(v128_store, v128, 16)
    DO(v128_load8_splat,  lower_load_splat(l, instr, l->i8, 1))
    DO(v128_load16_splat, lower_load_splat(l, instr, l->i16, 2))
    DO(v128_load32_splat, lower_load_splat(l, instr, l->i32, 4))
    DO(v128_load64_splat, lower_load_splat(l, instr, l->i64, 8))
    DO(v128_load32_zero,  lower_load_zero(l, instr, l->i32, 4))
    DO(v128_load64_zero,  lower_load_zero(l, instr, l->i64, 8))
    DO(v128_load8x8_s,    lower_load_extend(l, instr, l->i8, l->i16, 8, LLVMSExt))
    DO(v128_load8x8_u,    lower_load_extend(l, instr, l->i8, l->i16, 8, LLVMZExt))
    DO(v128_load16x4_s,   lower_load_extend(l, instr, l->i16, l->i32, 4, LLVMSExt))
    DO(v128_load16x4_u,   lower_load_extend(l, instr, l->i16, l->i32, 4, LLVMZExt))
    DO(v128_load32x2_s,   lower_load_extend(l, instr, l->i32, l->i64, 2, LLVMSExt))
    DO(v128_load32x2_u,   lower_load_extend(l, instr, l->i32, l->i64, 2, LLVMZExt))
    DO(v128_load8_lane,   lower_load_lane(l, instr, l->i8, 1))
    DO(v128_load16_lane,  lower_load_lane(l, instr, l->i16, 2))
    DO(v128_load32_lane,  lower_load_lane(l, instr, l->i32, 4))
    DO(v128_load64_lane,  lower_load_lane(l, instr, l->i64, 8))
    DO(v128_store8_lane,  lower_store_lane(l, instr, l->i8, 1))
    DO(v128_store16_lane, lower_store_lane(l, instr, l->i16, 2))
    DO(v128_store32_lane, lower_store_lane(l, instr, l->i32, 4))
    DO(v128_store64_lane, lower_store_lane(l, instr, l->i64, 8))
  }
  return false;
}

bool wr__lower_memory(wr__lower *l, const wr__instr *instr) {
  switch (instr->op) {
    LOAD(i32_load,     i32, 4, i32, LLVMBitCast)
    LOAD(i64_load,     i64, 8, i64, LLVMBitCast)
    LOAD(f32_load,     f32, 4, f32, LLVMBitCast)
    LOAD(f64_load,     f64, 8, f64, LLVMBitCast)
    LOAD(i32_load8_s,  i8,  1, i32, LLVMSExt)
    LOAD(i32_load8_u,  i8,  1, i32, LLVMZExt)
    LOAD(i32_load16_s, i16, 2, i32, LLVMSExt)
    LOAD(i32_load16_u, i16, 2, i32, LLVMZExt)
    LOAD(i64_load8_s,  i8,  1, i64, LLVMSExt)
    LOAD(i64_load8_u,  i8,  1, i64, LLVMZExt)
    LOAD(i64_load16_s, i16, 2, i64, LLVMSExt)
    LOAD(i64_load16_u, i16, 2, i64, LLVMZExt)
    LOAD(i64_load32_s, i32, 4, i64, LLVMSExt)
    LOAD(i64_load32_u, i32, 4, i64, LLVMZExt)
    STORE(i32_store,   i32, 4)
    STORE(i64_store,   i64, 8)
    STORE(f32_store,   f32, 4)
    STORE(f64_store,   f64, 8)
    STORE(i32_store8,  i8,  1)
    STORE(i32_store16, i16, 2)
    STORE(i64_store8,  i8,  1)
    STORE(i64_store16, i16, 2)
    STORE(i64_store32, i32, 4)
    DO(memory_size, lower_size(l, instr->imm.index))
    DO(memory_grow, lower_grow(l, instr->imm.index))
    DO(memory_fill, lower_short_bulk(l, WR__HELPER_memory_fill, instr->imm.index))
    DO(memory_copy, lower_copy(l, instr->imm.index, instr->imm.index2))
    DO(memory_init, lower_bulk(l, WR__HELPER_memory_init, instr->imm.index, instr->imm.index2))
    DO(data_drop, wr__lower_operation(l, WR__HELPER_data_drop, instr->imm.index, 0, NULL, 0, NULL))
  }
  return lower_vector_access(l, instr);
}
/* clang-format on */
