/* Plain numeric instructions on i32, i64, f32 and f64: one line each. Their meaning is that of
 * runtime/numeric/scalar.h. No fast-math flag is ever set, so LLVM keeps rounding, order and signed
 * zeros; that an operation makes a signalling NaN quiet is kept by optimize/quiet.c. Spec:
 * exec/numerics. */
#include "lower/lower.h"

#define UN LLVMValueRef a = wr__lower_pop(l)
#define BIN                          \
  LLVMValueRef b = wr__lower_pop(l); \
  LLVMValueRef a = wr__lower_pop(l)

static LLVMValueRef call1(wr__lower *l, const char *name, LLVMValueRef a) {
  LLVMTypeRef type = LLVMTypeOf(a);
  return wr__lower_intrinsic(l, name, &type, 1, &a, 1);
}

/* ---- Signalling NaNs */

static LLVMValueRef quiet_lane(wr__lower *l, LLVMValueRef lane) {
  LLVMTypeRef type = LLVMTypeOf(lane), bits = type == l->f32 ? l->i32 : l->i64;
  uint64_t value, quiet = type == l->f32 ? 1ull << 22 : 1ull << 51;
  uint64_t infinity = type == l->f32 ? 0x7f800000 : 0x7ffull << 52;
  uint64_t magnitude = type == l->f32 ? INT32_MAX : INT64_MAX;
  if (!LLVMIsAConstantFP(lane) || !wr__lower_constant(LLVMConstBitCast(lane, bits), &value))
    return lane;
  if ((value & magnitude) <= infinity || value & quiet) return lane;
  return LLVMConstBitCast(LLVMConstInt(bits, value | quiet, false), type);
}

LLVMValueRef wr__lower_quiet(wr__lower *l, LLVMValueRef value) {
  if (!LLVMIsConstant(value)) return value;
  LLVMTypeRef type = LLVMTypeOf(value);
  if (LLVMGetTypeKind(type) != LLVMVectorTypeKind) return quiet_lane(l, value);
  LLVMValueRef lanes[64];
  unsigned count = LLVMGetVectorSize(type);
  bool changed = false;
  if (count > WR_ARRAY_COUNT(lanes)) return value;
  for (unsigned i = 0; i < count; i++) {
    LLVMValueRef lane = LLVMGetAggregateElement(value, i);
    if (!lane) return value;
    lanes[i] = quiet_lane(l, lane);
    changed |= lanes[i] != lane;
  }
  return changed ? LLVMConstVector(lanes, count) : value;
}

/* An operation on two constants is folded here, and a signalling one may come through. */
static LLVMValueRef arithmetic(wr__lower *l, LLVMOpcode op, LLVMValueRef a, LLVMValueRef b) {
  return LLVMBuildBinOp(l->b, op, wr__lower_quiet(l, a), wr__lower_quiet(l, b), "");
}

static LLVMValueRef convert(wr__lower *l, LLVMOpcode op, LLVMValueRef a, LLVMTypeRef type) {
  return LLVMBuildCast(l->b, op, wr__lower_quiet(l, a), type, "");
}

/* Spec exec/numerics: fmin, fmax. As in runtime/numeric/minmax.h. */
static LLVMValueRef minmax(wr__lower *l, LLVMValueRef a, LLVMValueRef b, bool is_min) {
  LLVMTypeRef type = LLVMTypeOf(a), bits = type == l->f32 ? l->i32 : l->i64;
  LLVMRealPredicate order = is_min ? LLVMRealOLT : LLVMRealOGT;
  LLVMValueRef one = LLVMBuildSelect(l->b, LLVMBuildFCmp(l->b, order, a, b, ""), a, b, "");
  LLVMValueRef other = LLVMBuildSelect(l->b, LLVMBuildFCmp(l->b, order, b, a, ""), b, a, "");
  one = LLVMBuildBitCast(l->b, one, bits, "");
  other = LLVMBuildBitCast(l->b, other, bits, "");
  LLVMValueRef both =
      is_min ? LLVMBuildOr(l->b, one, other, "") : LLVMBuildAnd(l->b, one, other, "");
  both = LLVMBuildBitCast(l->b, both, type, "");
  LLVMValueRef unordered = LLVMBuildFCmp(l->b, LLVMRealUNO, a, b, "");
  return LLVMBuildSelect(l->b, unordered, arithmetic(l, LLVMFAdd, a, b), both, "");
}

static LLVMValueRef compare(wr__lower *l, LLVMIntPredicate p, LLVMValueRef a, LLVMValueRef b) {
  return LLVMBuildZExt(l->b, LLVMBuildICmp(l->b, p, a, b, ""), l->i32, "");
}

static LLVMValueRef compare_float(wr__lower *l, LLVMRealPredicate p, LLVMValueRef a,
                                  LLVMValueRef b) {
  return LLVMBuildZExt(l->b, LLVMBuildFCmp(l->b, p, a, b, ""), l->i32, "");
}

static LLVMValueRef mask_count(wr__lower *l, LLVMValueRef count) {
  LLVMTypeRef type = LLVMTypeOf(count);
  return LLVMBuildAnd(l->b, count, LLVMConstInt(type, type == l->i32 ? 31 : 63, false), "");
}

static LLVMValueRef rotate(wr__lower *l, LLVMValueRef a, LLVMValueRef b, const char *name) {
  LLVMTypeRef type = LLVMTypeOf(a);
  LLVMValueRef args[] = {a, a, b};
  return wr__lower_intrinsic(l, name, &type, 1, args, 3);
}

static LLVMValueRef count_zeros(wr__lower *l, LLVMValueRef a, const char *name) {
  LLVMTypeRef type = LLVMTypeOf(a);
  LLVMValueRef args[] = {a, LLVMConstInt(l->i1, 0, false)};
  return wr__lower_intrinsic(l, name, &type, 1, args, 2);
}

/* Spec exec/numerics: idiv_u, idiv_s, irem_u, irem_s */
static LLVMValueRef divide(wr__lower *l, LLVMOpcode op, LLVMValueRef a, LLVMValueRef b) {
  LLVMTypeRef type = LLVMTypeOf(a);
  LLVMValueRef zero = LLVMConstNull(type), minus = LLVMConstAllOnes(type);
  wr__lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntEQ, b, zero, ""), WR_TRAP_INTEGER_DIVIDE_BY_ZERO);
  if (op == LLVMSDiv || op == LLVMSRem) {
    LLVMValueRef is_minus = LLVMBuildICmp(l->b, LLVMIntEQ, b, minus, "");
    if (op == LLVMSDiv) {
      LLVMValueRef least = LLVMConstInt(type, type == l->i32 ? 1ull << 31 : 1ull << 63, false);
      LLVMValueRef is_least = LLVMBuildICmp(l->b, LLVMIntEQ, a, least, "");
      wr__lower_trap_if(l, LLVMBuildAnd(l->b, is_minus, is_least, ""), WR_TRAP_INTEGER_OVERFLOW);
    } else {
      /* The remainder by -1 is 0, as by 1. */
      b = LLVMBuildSelect(l->b, is_minus, LLVMConstInt(type, 1, false), b, "");
    }
  }
  return LLVMBuildBinOp(l->b, op, a, b, "");
}

static LLVMValueRef extend(wr__lower *l, LLVMValueRef a, LLVMTypeRef narrow) {
  return LLVMBuildSExt(l->b, LLVMBuildTrunc(l->b, a, narrow, ""), LLVMTypeOf(a), "");
}

/* Truncation that traps; the bounds are those of runtime/numeric/scalar.h. */
static LLVMValueRef truncate(wr__lower *l, LLVMValueRef x, LLVMTypeRef to, bool is_signed,
                             bool inclusive, double low, double end) {
  LLVMTypeRef type = LLVMTypeOf(x);
  wr__lower_trap_if(l, LLVMBuildFCmp(l->b, LLVMRealUNO, x, x, ""), WR_TRAP_INVALID_CONVERSION);
  LLVMValueRef above =
      LLVMBuildFCmp(l->b, inclusive ? LLVMRealOGE : LLVMRealOGT, x, LLVMConstReal(type, low), "");
  LLVMValueRef below = LLVMBuildFCmp(l->b, LLVMRealOLT, x, LLVMConstReal(type, end), "");
  LLVMValueRef outside = LLVMBuildNot(l->b, LLVMBuildAnd(l->b, above, below, ""), "");
  wr__lower_trap_if(l, outside, WR_TRAP_INTEGER_OVERFLOW);
  return is_signed ? LLVMBuildFPToSI(l->b, x, to, "") : LLVMBuildFPToUI(l->b, x, to, "");
}

static LLVMValueRef truncate_sat(wr__lower *l, LLVMValueRef x, LLVMTypeRef to, bool is_signed) {
  LLVMTypeRef types[] = {to, LLVMTypeOf(x)};
  return wr__lower_intrinsic(l, is_signed ? "llvm.fptosi.sat" : "llvm.fptoui.sat", types, 2, &x, 1);
}

static LLVMValueRef copysign_of(wr__lower *l, LLVMValueRef a, LLVMValueRef b) {
  LLVMTypeRef type = LLVMTypeOf(a);
  LLVMValueRef args[] = {a, b};
  return wr__lower_intrinsic(l, "llvm.copysign", &type, 1, args, 2);
}

/* A float constant from its bits: NaNs keep theirs. */
static LLVMValueRef constant_float(wr__lower *l, uint64_t bits, LLVMTypeRef type) {
  return LLVMConstBitCast(LLVMConstInt(type == l->f32 ? l->i32 : l->i64, bits, false), type);
}

static LLVMValueRef join128(wr__lower *l, LLVMValueRef lo, LLVMValueRef hi) {
  hi = LLVMBuildShl(l->b, LLVMBuildZExt(l->b, hi, l->i128, ""), LLVMConstInt(l->i128, 64, false),
                    "");
  return LLVMBuildOr(l->b, hi, LLVMBuildZExt(l->b, lo, l->i128, ""), "");
}

static void push128(wr__lower *l, LLVMValueRef value) {
  wr__lower_push(l, LLVMBuildTrunc(l->b, value, l->i64, ""));
  value = LLVMBuildLShr(l->b, value, LLVMConstInt(l->i128, 64, false), "");
  wr__lower_push(l, LLVMBuildTrunc(l->b, value, l->i64, ""));
}

/* Proposal: wide-arithmetic */
static bool lower_wide(wr__lower *l, uint16_t op) {
  if (op == WR__OP_i64_add128 || op == WR__OP_i64_sub128) {
    LLVMValueRef bh = wr__lower_pop(l), bl = wr__lower_pop(l);
    LLVMValueRef ah = wr__lower_pop(l), al = wr__lower_pop(l);
    LLVMOpcode code = op == WR__OP_i64_add128 ? LLVMAdd : LLVMSub;
    push128(l, LLVMBuildBinOp(l->b, code, join128(l, al, ah), join128(l, bl, bh), ""));
    return true;
  }
  if (op == WR__OP_i64_mul_wide_s || op == WR__OP_i64_mul_wide_u) {
    LLVMValueRef b = wr__lower_pop(l), a = wr__lower_pop(l);
    LLVMOpcode widen = op == WR__OP_i64_mul_wide_s ? LLVMSExt : LLVMZExt;
    a = LLVMBuildCast(l->b, widen, a, l->i128, "");
    b = LLVMBuildCast(l->b, widen, b, l->i128, "");
    push128(l, LLVMBuildMul(l->b, a, b, ""));
    return true;
  }
  return false;
}

#define ROW(name, operands, value) \
  case WR__OP_##name: {            \
    operands;                      \
    wr__lower_push(l, value);      \
    return true;                   \
  }
#define BINOP(name, code) ROW(name, BIN, LLVMBuildBinOp(l->b, code, a, b, ""))
#define FLOAT(name, code) ROW(name, BIN, arithmetic(l, code, a, b))
#define SHIFT(name, code) ROW(name, BIN, LLVMBuildBinOp(l->b, code, a, mask_count(l, b), ""))
#define DIV(name, code) ROW(name, BIN, divide(l, code, a, b))
#define CMP(name, p) ROW(name, BIN, compare(l, p, a, b))
#define FCMP(name, p) ROW(name, BIN, compare_float(l, p, a, b))
#define CALL(name, intrinsic) ROW(name, UN, call1(l, intrinsic, a))
#define CAST(name, code, type) ROW(name, UN, LLVMBuildCast(l->b, code, a, l->type, ""))
#define TRUNC(name, to, s, inclusive, low, end) \
  ROW(name, UN, truncate(l, a, l->to, s, inclusive, low, end))
#define SAT(name, to, s) ROW(name, UN, truncate_sat(l, a, l->to, s))
/* clang-format off */
#define INT(t)                                                                               \
  BINOP(t##_add, LLVMAdd)                        BINOP(t##_sub, LLVMSub)                     \
  BINOP(t##_mul, LLVMMul)                        BINOP(t##_and, LLVMAnd)                     \
  BINOP(t##_or, LLVMOr)                          BINOP(t##_xor, LLVMXor)                     \
  SHIFT(t##_shl, LLVMShl)                        SHIFT(t##_shr_s, LLVMAShr)                  \
  SHIFT(t##_shr_u, LLVMLShr)                                                                 \
  ROW(t##_rotl, BIN, rotate(l, a, b, "llvm.fshl"))                                           \
  ROW(t##_rotr, BIN, rotate(l, a, b, "llvm.fshr"))                                           \
  DIV(t##_div_s, LLVMSDiv)                                                                   \
  DIV(t##_div_u, LLVMUDiv)                       DIV(t##_rem_s, LLVMSRem)                    \
  DIV(t##_rem_u, LLVMURem)                                                                   \
  ROW(t##_clz, UN, count_zeros(l, a, "llvm.ctlz"))                                           \
  ROW(t##_ctz, UN, count_zeros(l, a, "llvm.cttz"))                                           \
  CALL(t##_popcnt, "llvm.ctpop")                                                             \
  ROW(t##_eqz, UN, compare(l, LLVMIntEQ, a, LLVMConstNull(LLVMTypeOf(a))))                   \
  CMP(t##_eq, LLVMIntEQ)                                                                     \
  CMP(t##_ne, LLVMIntNE)                         CMP(t##_lt_s, LLVMIntSLT)                   \
  CMP(t##_lt_u, LLVMIntULT)                      CMP(t##_gt_s, LLVMIntSGT)                   \
  CMP(t##_gt_u, LLVMIntUGT)                      CMP(t##_le_s, LLVMIntSLE)                   \
  CMP(t##_le_u, LLVMIntULE)                      CMP(t##_ge_s, LLVMIntSGE)                   \
  CMP(t##_ge_u, LLVMIntUGE)                      ROW(t##_extend8_s, UN, extend(l, a, l->i8)) \
  ROW(t##_extend16_s, UN, extend(l, a, l->i16))
#define FLT(t)                                                                                \
  FLOAT(t##_add, LLVMFAdd)                       FLOAT(t##_sub, LLVMFSub)                     \
  FLOAT(t##_mul, LLVMFMul)                       FLOAT(t##_div, LLVMFDiv)                     \
  CALL(t##_abs, "llvm.fabs")                     ROW(t##_neg, UN, LLVMBuildFNeg(l->b, a, "")) \
  CALL(t##_ceil, "llvm.ceil")                    CALL(t##_floor, "llvm.floor")                \
  CALL(t##_trunc, "llvm.trunc")                  CALL(t##_nearest, "llvm.roundeven")          \
  CALL(t##_sqrt, "llvm.sqrt")                    ROW(t##_min, BIN, minmax(l, a, b, true))     \
  ROW(t##_max, BIN, minmax(l, a, b, false))      ROW(t##_copysign, BIN, copysign_of(l, a, b)) \
  FCMP(t##_eq, LLVMRealOEQ)                      FCMP(t##_ne, LLVMRealUNE)                    \
  FCMP(t##_lt, LLVMRealOLT)                      FCMP(t##_gt, LLVMRealOGT)                    \
  FCMP(t##_le, LLVMRealOLE)                      FCMP(t##_ge, LLVMRealOGE)
/* clang-format on */

/* clang-format off */
static bool lower_conversion(wr__lower *l, uint16_t op) {
  switch (op) {
    CAST(i32_wrap_i64, LLVMTrunc, i32)
    CAST(i64_extend_i32_s, LLVMSExt, i64)        CAST(i64_extend_i32_u, LLVMZExt, i64)
    CAST(f32_convert_i32_s, LLVMSIToFP, f32)     CAST(f32_convert_i32_u, LLVMUIToFP, f32)
    CAST(f32_convert_i64_s, LLVMSIToFP, f32)     CAST(f32_convert_i64_u, LLVMUIToFP, f32)
    CAST(f64_convert_i32_s, LLVMSIToFP, f64)     CAST(f64_convert_i32_u, LLVMUIToFP, f64)
    CAST(f64_convert_i64_s, LLVMSIToFP, f64)     CAST(f64_convert_i64_u, LLVMUIToFP, f64)
    ROW(f64_promote_f32, UN, convert(l, LLVMFPExt, a, l->f64))
    ROW(f32_demote_f64, UN, convert(l, LLVMFPTrunc, a, l->f32))
    CAST(i32_reinterpret_f32, LLVMBitCast, i32)  CAST(i64_reinterpret_f64, LLVMBitCast, i64)
    CAST(f32_reinterpret_i32, LLVMBitCast, f32)  CAST(f64_reinterpret_i64, LLVMBitCast, f64)
    TRUNC(i32_trunc_f32_s, i32, true,  true,  -0x1p31,       0x1p31)
    TRUNC(i32_trunc_f32_u, i32, false, false, -1.0,          0x1p32)
    TRUNC(i32_trunc_f64_s, i32, true,  false, -2147483649.0, 0x1p31)
    TRUNC(i32_trunc_f64_u, i32, false, false, -1.0,          0x1p32)
    TRUNC(i64_trunc_f32_s, i64, true,  true,  -0x1p63,       0x1p63)
    TRUNC(i64_trunc_f32_u, i64, false, false, -1.0,          0x1p64)
    TRUNC(i64_trunc_f64_s, i64, true,  true,  -0x1p63,       0x1p63)
    TRUNC(i64_trunc_f64_u, i64, false, false, -1.0,          0x1p64)
    SAT(i32_trunc_sat_f32_s, i32, true)  SAT(i32_trunc_sat_f32_u, i32, false)
    SAT(i32_trunc_sat_f64_s, i32, true)  SAT(i32_trunc_sat_f64_u, i32, false)
    SAT(i64_trunc_sat_f32_s, i64, true)  SAT(i64_trunc_sat_f32_u, i64, false)
    SAT(i64_trunc_sat_f64_s, i64, true)  SAT(i64_trunc_sat_f64_u, i64, false)
  }
  return lower_wide(l, op);
}

bool wr__lower_numeric(wr__lower *l, const wr__instr *instr) {
  switch (instr->op) {
    ROW(i32_const, (void)0, wr__c32(l, (uint32_t)instr->imm.i32))
    ROW(i64_const, (void)0, wr__c64(l, (uint64_t)instr->imm.i64))
    ROW(f32_const, (void)0, constant_float(l, instr->imm.f32, l->f32))
    ROW(f64_const, (void)0, constant_float(l, instr->imm.f64, l->f64))
    INT(i32)
    INT(i64)
    ROW(i64_extend32_s, UN, extend(l, a, l->i32))
    FLT(f32)
    FLT(f64)
  }
  return lower_conversion(l, instr->op);
}
/* clang-format on */
