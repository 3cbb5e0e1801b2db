/* v128 instructions as LLVM vectors. An operand is <2 x i64>, cast to the lanes that the
 * instruction sees. The relaxed instructions give the deterministic profile's results, as in
 * runtime/numeric/simd_relaxed.h. Spec: exec/numerics, vector operations. */
#include "lower/lower.h"

typedef struct shape {
  LLVMTypeRef lane, vector;
  unsigned lanes;
} shape;

static shape shape_of(LLVMTypeRef lane, unsigned bits) {
  return (shape){lane, LLVMVectorType(lane, 128 / bits), 128 / bits};
}

#define I8 shape_of(l->i8, 8)
#define I16 shape_of(l->i16, 16)
#define I32 shape_of(l->i32, 32)
#define I64 shape_of(l->i64, 64)
#define F32 shape_of(l->f32, 32)
#define F64 shape_of(l->f64, 64)

static LLVMValueRef pop(wr__lower *l, shape s) {
  return LLVMBuildBitCast(l->b, wr__lower_pop(l), s.vector, "");
}

static bool push(wr__lower *l, LLVMValueRef value) {
  wr__lower_push(l, LLVMBuildBitCast(l->b, value, l->v128, ""));
  return true;
}

/* value in every lane of the vector type */
static LLVMValueRef splat(wr__lower *l, LLVMTypeRef vector, LLVMValueRef value) {
  unsigned lanes = LLVMGetVectorSize(vector);
  LLVMValueRef first =
      LLVMBuildInsertElement(l->b, LLVMGetPoison(vector), value, wr__c32(l, 0), "");
  LLVMValueRef zeros = LLVMConstNull(LLVMVectorType(l->i32, lanes));
  return LLVMBuildShuffleVector(l->b, first, LLVMGetPoison(vector), zeros, "");
}

static LLVMValueRef splat_int(wr__lower *l, LLVMTypeRef vector, uint64_t value) {
  return splat(l, vector, LLVMConstInt(LLVMGetElementType(vector), value, true));
}

/* Lanes first, first + step, … of a and b together. */
static LLVMValueRef pick(wr__lower *l, LLVMValueRef a, LLVMValueRef b, unsigned first,
                         unsigned step, unsigned count) {
  LLVMValueRef indices[16];
  for (unsigned i = 0; i < count; i++) indices[i] = wr__c32(l, first + i * step);
  return LLVMBuildShuffleVector(l->b, a, b, LLVMConstVector(indices, count), "");
}

static LLVMValueRef call2(wr__lower *l, const char *name, LLVMValueRef a, LLVMValueRef b) {
  LLVMTypeRef type = LLVMTypeOf(a);
  LLVMValueRef args[] = {a, b};
  return wr__lower_intrinsic(l, name, &type, 1, args, 2);
}

static LLVMValueRef call1(wr__lower *l, const char *name, LLVMValueRef a) {
  LLVMTypeRef type = LLVMTypeOf(a);
  return wr__lower_intrinsic(l, name, &type, 1, &a, 1);
}

static bool binary(wr__lower *l, shape s, LLVMOpcode op) {
  LLVMValueRef b = pop(l, s), a = pop(l, s);
  return push(l, LLVMBuildBinOp(l->b, op, a, b, ""));
}

/* As arithmetic in numeric.c. */
static bool float_binary(wr__lower *l, shape s, LLVMOpcode op) {
  LLVMValueRef b = wr__lower_quiet(l, pop(l, s)), a = wr__lower_quiet(l, pop(l, s));
  return push(l, LLVMBuildBinOp(l->b, op, a, b, ""));
}

static bool binary_call(wr__lower *l, shape s, const char *name) {
  LLVMValueRef b = pop(l, s), a = pop(l, s);
  return push(l, call2(l, name, a, b));
}

static bool unary_call(wr__lower *l, shape s, const char *name) {
  return push(l, call1(l, name, pop(l, s)));
}

static bool compare(wr__lower *l, shape s, LLVMIntPredicate p) {
  LLVMValueRef b = pop(l, s), a = pop(l, s);
  return push(l, LLVMBuildSExt(l->b, LLVMBuildICmp(l->b, p, a, b, ""), s.vector, ""));
}

static bool compare_float(wr__lower *l, shape s, shape ints, LLVMRealPredicate p) {
  LLVMValueRef b = pop(l, s), a = pop(l, s);
  return push(l, LLVMBuildSExt(l->b, LLVMBuildFCmp(l->b, p, a, b, ""), ints.vector, ""));
}

static bool shift(wr__lower *l, shape s, LLVMOpcode op) {
  LLVMValueRef count = LLVMBuildAnd(l->b, wr__lower_pop(l), wr__c32(l, 128 / s.lanes - 1), "");
  LLVMValueRef a = pop(l, s);
  count = LLVMBuildIntCast2(l->b, count, s.lane, false, "");
  return push(l, LLVMBuildBinOp(l->b, op, a, splat(l, s.vector, count), ""));
}

static bool negate(wr__lower *l, shape s) { return push(l, LLVMBuildNeg(l->b, pop(l, s), "")); }

static bool absolute(wr__lower *l, shape s) {
  LLVMTypeRef type = s.vector;
  LLVMValueRef args[] = {pop(l, s), LLVMConstInt(l->i1, 0, false)};
  return push(l, wr__lower_intrinsic(l, "llvm.abs", &type, 1, args, 2));
}

/* A bit for each lane, as an i32. */
static LLVMValueRef lane_bits(wr__lower *l, LLVMValueRef flags, unsigned lanes) {
  LLVMTypeRef bits = LLVMIntTypeInContext(l->context, lanes);
  return LLVMBuildZExt(l->b, LLVMBuildBitCast(l->b, flags, bits, ""), l->i32, "");
}

static bool bitmask(wr__lower *l, shape s) {
  LLVMValueRef a = pop(l, s);
  LLVMValueRef set = LLVMBuildICmp(l->b, LLVMIntSLT, a, LLVMConstNull(s.vector), "");
  wr__lower_push(l, lane_bits(l, set, s.lanes));
  return true;
}

static bool all_true(wr__lower *l, shape s) {
  LLVMValueRef a = pop(l, s);
  LLVMValueRef zero = LLVMBuildICmp(l->b, LLVMIntEQ, a, LLVMConstNull(s.vector), "");
  LLVMValueRef none =
      LLVMBuildICmp(l->b, LLVMIntEQ, lane_bits(l, zero, s.lanes), wr__c32(l, 0), "");
  wr__lower_push(l, LLVMBuildZExt(l->b, none, l->i32, ""));
  return true;
}

static bool any_true(wr__lower *l) {
  LLVMValueRef a = LLVMBuildBitCast(l->b, wr__lower_pop(l), l->i128, "");
  LLVMValueRef set = LLVMBuildICmp(l->b, LLVMIntNE, a, LLVMConstNull(l->i128), "");
  wr__lower_push(l, LLVMBuildZExt(l->b, set, l->i32, ""));
  return true;
}

/* Each wide lane of a, then of b, clamped to the narrow range. */
static bool narrow(wr__lower *l, shape wide, LLVMTypeRef lane, int64_t least, int64_t most) {
  LLVMValueRef b = pop(l, wide), a = pop(l, wide);
  LLVMValueRef both[] = {a, b};
  for (int i = 0; i < 2; i++) {
    both[i] = call2(l, "llvm.smax", both[i], splat_int(l, wide.vector, (uint64_t)least));
    both[i] = call2(l, "llvm.smin", both[i], splat_int(l, wide.vector, (uint64_t)most));
    both[i] = LLVMBuildTrunc(l->b, both[i], LLVMVectorType(lane, wide.lanes), "");
  }
  return push(l, pick(l, both[0], both[1], 0, 1, wide.lanes * 2));
}

/* The lower or upper half of the lanes, made wide. */
static LLVMValueRef half(wr__lower *l, shape s, LLVMValueRef a, bool high, LLVMTypeRef wide,
                         LLVMOpcode op) {
  unsigned count = s.lanes / 2;
  LLVMValueRef part = pick(l, a, LLVMGetPoison(s.vector), high ? count : 0, 1, count);
  return LLVMBuildCast(l->b, op, part, LLVMVectorType(wide, count), "");
}

static bool extend(wr__lower *l, shape s, LLVMTypeRef wide, bool high, LLVMOpcode op) {
  return push(l, half(l, s, pop(l, s), high, wide, op));
}

static bool extmul(wr__lower *l, shape s, LLVMTypeRef wide, bool high, LLVMOpcode op) {
  LLVMValueRef b = pop(l, s), a = pop(l, s);
  return push(l,
              LLVMBuildMul(l->b, half(l, s, a, high, wide, op), half(l, s, b, high, wide, op), ""));
}

/* Even lanes, or odd ones, made wide. */
static LLVMValueRef every_other(wr__lower *l, shape s, LLVMValueRef a, unsigned first,
                                LLVMTypeRef wide, LLVMOpcode op) {
  LLVMValueRef part = pick(l, a, LLVMGetPoison(s.vector), first, 2, s.lanes / 2);
  return LLVMBuildCast(l->b, op, part, LLVMVectorType(wide, s.lanes / 2), "");
}

static bool has_feature(wr__lower *l, enum wr__cpu_feature feature) {
  return l->cpu_features >> feature & 1;
}

/* Products of signed lanes, added in pairs. x86 has an instruction, which LLVM does not find again
 * in wider vectors. */
static LLVMValueRef dot_pairs(wr__lower *l, LLVMValueRef a, LLVMValueRef b) {
  if (!l->aarch64) {
    LLVMValueRef args[] = {a, b};
    return wr__lower_intrinsic(l, "llvm.x86.sse2.pmadd.wd", NULL, 0, args, 2);
  }
  LLVMTypeRef wide = LLVMVectorType(l->i32, 8);
  LLVMValueRef product =
      LLVMBuildMul(l->b, LLVMBuildSExt(l->b, a, wide, ""), LLVMBuildSExt(l->b, b, wide, ""), "");
  LLVMValueRef none = LLVMGetPoison(wide);
  LLVMValueRef even = pick(l, product, none, 0, 2, 4), odd = pick(l, product, none, 1, 2, 4);
  return LLVMBuildAdd(l->b, even, odd, "");
}

/* Products of unsigned bytes and signed ones, added in pairs with saturation: where x86 can. */
static LLVMValueRef byte_pairs(wr__lower *l, LLVMValueRef bytes, LLVMValueRef signed_bytes) {
  LLVMValueRef args[] = {bytes, signed_bytes};
  return wr__lower_intrinsic(l, "llvm.x86.ssse3.pmadd.ub.sw.128", NULL, 0, args, 2);
}

static LLVMValueRef extadd(wr__lower *l, shape s, LLVMValueRef a, LLVMTypeRef wide, LLVMOpcode op) {
  LLVMValueRef ones = splat_int(l, s.vector, 1);
  if (!l->aarch64 && s.lane == l->i16 && op == LLVMSExt) return dot_pairs(l, a, ones);
  if (has_feature(l, WR__CPU_SSSE3) && s.lane == l->i8)
    return op == LLVMSExt ? byte_pairs(l, ones, a) : byte_pairs(l, a, ones);
  return LLVMBuildAdd(l->b, every_other(l, s, a, 0, wide, op), every_other(l, s, a, 1, wide, op),
                      "");
}

static bool extadd_pairwise(wr__lower *l, shape s, LLVMTypeRef wide, LLVMOpcode op) {
  return push(l, extadd(l, s, pop(l, s), wide, op));
}

static bool dot(wr__lower *l) {
  LLVMValueRef b = pop(l, I16);
  return push(l, dot_pairs(l, pop(l, I16), b));
}

/* Spec exec/numerics: average, rounded up. */
static bool average(wr__lower *l, shape s, LLVMTypeRef wider) {
  LLVMTypeRef wide = LLVMVectorType(wider, s.lanes);
  LLVMValueRef b = LLVMBuildZExt(l->b, pop(l, s), wide, "");
  LLVMValueRef a = LLVMBuildZExt(l->b, pop(l, s), wide, "");
  LLVMValueRef sum = LLVMBuildAdd(l->b, LLVMBuildAdd(l->b, a, b, ""), splat_int(l, wide, 1), "");
  sum = LLVMBuildLShr(l->b, sum, splat_int(l, wide, 1), "");
  return push(l, LLVMBuildTrunc(l->b, sum, s.vector, ""));
}

static bool q15mulr(wr__lower *l) {
  LLVMTypeRef wide = LLVMVectorType(l->i32, 8);
  LLVMValueRef b = LLVMBuildSExt(l->b, pop(l, I16), wide, "");
  LLVMValueRef a = LLVMBuildSExt(l->b, pop(l, I16), wide, "");
  LLVMValueRef r = LLVMBuildAdd(l->b, LLVMBuildMul(l->b, a, b, ""), splat_int(l, wide, 0x4000), "");
  r = LLVMBuildAShr(l->b, r, splat_int(l, wide, 15), "");
  r = call2(l, "llvm.smin", r, splat_int(l, wide, 0x7fff));
  return push(l, LLVMBuildTrunc(l->b, r, I16.vector, ""));
}

static bool swizzle(wr__lower *l) {
  LLVMValueRef indices = pop(l, I8), a = pop(l, I8);
  LLVMValueRef args[] = {a, indices};
  if (l->aarch64) {
    LLVMTypeRef type = I8.vector;
    return push(l, wr__lower_intrinsic(l, "llvm.aarch64.neon.tbl1", &type, 1, args, 2));
  }
  /* pshufb gives zero where bit 7 is set: 16 and above become that. */
  args[1] = call2(l, "llvm.uadd.sat", indices, splat_int(l, I8.vector, 0x70));
  return push(l, wr__lower_intrinsic(l, "llvm.x86.ssse3.pshuf.b.128", NULL, 0, args, 2));
}

static bool shuffle(wr__lower *l, const uint8_t *lanes) {
  LLVMValueRef b = pop(l, I8), a = pop(l, I8), indices[16];
  for (int i = 0; i < 16; i++) indices[i] = wr__c32(l, lanes[i]);
  return push(l, LLVMBuildShuffleVector(l->b, a, b, LLVMConstVector(indices, 16), ""));
}

static bool splat_operand(wr__lower *l, shape s) {
  LLVMValueRef value = wr__lower_pop(l);
  if (LLVMTypeOf(value) != s.lane) value = LLVMBuildTrunc(l->b, value, s.lane, "");
  return push(l, splat(l, s.vector, value));
}

static bool extract_lane(wr__lower *l, shape s, uint8_t lane, LLVMOpcode op) {
  LLVMValueRef value = LLVMBuildExtractElement(l->b, pop(l, s), wr__c32(l, lane), "");
  if (op != LLVMBitCast) value = LLVMBuildCast(l->b, op, value, l->i32, "");
  wr__lower_push(l, value);
  return true;
}

static bool replace_lane(wr__lower *l, shape s, uint8_t lane) {
  LLVMValueRef value = wr__lower_pop(l);
  if (LLVMTypeOf(value) != s.lane) value = LLVMBuildTrunc(l->b, value, s.lane, "");
  return push(l, LLVMBuildInsertElement(l->b, pop(l, s), value, wr__c32(l, lane), ""));
}

/* As minmax in numeric.c. */
static bool float_minmax(wr__lower *l, shape s, shape ints, bool is_min) {
  LLVMValueRef b = pop(l, s), a = pop(l, s);
  LLVMRealPredicate order = is_min ? LLVMRealOLT : LLVMRealOGT;
  LLVMValueRef one = LLVMBuildSelect(l->b, LLVMBuildFCmp(l->b, order, a, b, ""), a, b, "");
  LLVMValueRef other = LLVMBuildSelect(l->b, LLVMBuildFCmp(l->b, order, b, a, ""), b, a, "");
  one = LLVMBuildBitCast(l->b, one, ints.vector, "");
  other = LLVMBuildBitCast(l->b, other, ints.vector, "");
  LLVMValueRef both =
      is_min ? LLVMBuildOr(l->b, one, other, "") : LLVMBuildAnd(l->b, one, other, "");
  both = LLVMBuildBitCast(l->b, both, s.vector, "");
  LLVMValueRef unordered = LLVMBuildFCmp(l->b, LLVMRealUNO, a, b, "");
  LLVMValueRef sum = LLVMBuildFAdd(l->b, wr__lower_quiet(l, a), wr__lower_quiet(l, b), "");
  return push(l, LLVMBuildSelect(l->b, unordered, sum, both, ""));
}

/* Spec exec/numerics: fpmin is b < a ? b : a, fpmax a < b ? b : a. */
static bool pseudo_minmax(wr__lower *l, shape s, bool is_min) {
  LLVMValueRef b = pop(l, s), a = pop(l, s);
  LLVMValueRef less = is_min ? LLVMBuildFCmp(l->b, LLVMRealOLT, b, a, "")
                             : LLVMBuildFCmp(l->b, LLVMRealOLT, a, b, "");
  return push(l, LLVMBuildSelect(l->b, less, b, a, ""));
}

static bool trunc_sat(wr__lower *l, bool is_signed) {
  LLVMTypeRef types[] = {I32.vector, F32.vector};
  LLVMValueRef a = pop(l, F32);
  return push(l, wr__lower_intrinsic(l, is_signed ? "llvm.fptosi.sat" : "llvm.fptoui.sat", types, 2,
                                     &a, 1));
}

static bool trunc_sat_zero(wr__lower *l, bool is_signed) {
  LLVMTypeRef two = LLVMVectorType(l->i32, 2), types[] = {two, F64.vector};
  LLVMValueRef a = pop(l, F64);
  a = wr__lower_intrinsic(l, is_signed ? "llvm.fptosi.sat" : "llvm.fptoui.sat", types, 2, &a, 1);
  return push(l, pick(l, a, LLVMConstNull(two), 0, 1, 4));
}

static bool convert(wr__lower *l, LLVMOpcode op) {
  return push(l, LLVMBuildCast(l->b, op, pop(l, I32), F32.vector, ""));
}

static bool convert_low(wr__lower *l, shape from, LLVMOpcode op) {
  LLVMValueRef low = pick(l, pop(l, from), LLVMGetPoison(from.vector), 0, 1, 2);
  return push(l, LLVMBuildCast(l->b, op, wr__lower_quiet(l, low), F64.vector, ""));
}

static bool demote_zero(wr__lower *l) {
  LLVMTypeRef two = LLVMVectorType(l->f32, 2);
  LLVMValueRef a = LLVMBuildFPTrunc(l->b, wr__lower_quiet(l, pop(l, F64)), two, "");
  return push(l, pick(l, a, LLVMConstNull(two), 0, 1, 4));
}

static bool bitselect(wr__lower *l) {
  LLVMValueRef c = wr__lower_pop(l), b = wr__lower_pop(l), a = wr__lower_pop(l);
  a = LLVMBuildAnd(l->b, a, c, "");
  b = LLVMBuildAnd(l->b, b, LLVMBuildNot(l->b, c, ""), "");
  return push(l, LLVMBuildOr(l->b, a, b, ""));
}

static bool madd(wr__lower *l, shape s, bool negated) {
  LLVMValueRef c = wr__lower_quiet(l, pop(l, s));
  LLVMValueRef b = wr__lower_quiet(l, pop(l, s)), a = wr__lower_quiet(l, pop(l, s));
  if (negated) a = LLVMBuildFNeg(l->b, a, "");
  return push(l, LLVMBuildFAdd(l->b, LLVMBuildFMul(l->b, a, b, ""), c, ""));
}

/* Products of signed bytes and unsigned ones, added in pairs with saturation. */
static LLVMValueRef relaxed_dot_pairs(wr__lower *l, LLVMValueRef a, LLVMValueRef b) {
  if (has_feature(l, WR__CPU_SSSE3)) return byte_pairs(l, b, a);
  LLVMValueRef sums[2];
  for (unsigned i = 0; i < 2; i++)
    sums[i] = LLVMBuildMul(l->b, every_other(l, I8, a, i, l->i16, LLVMSExt),
                           every_other(l, I8, b, i, l->i16, LLVMZExt), "");
  return call2(l, "llvm.sadd.sat", sums[0], sums[1]);
}

/* Products of bytes, added in fours and to c. Processors' instructions for that take a negative
 * byte of b as they like, and do not saturate in between, which the specification leaves open. */
static LLVMValueRef relaxed_dot_add(wr__lower *l, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c) {
  if (has_feature(l, WR__CPU_AVX512VNNI) && has_feature(l, WR__CPU_AVX512VL)) {
    LLVMTypeRef words = LLVMVectorType(l->i32, 4);
    LLVMValueRef args[] = {c, LLVMBuildBitCast(l->b, b, words, ""),
                           LLVMBuildBitCast(l->b, a, words, "")};
    return wr__lower_intrinsic(l, "llvm.x86.avx512.vpdpbusd.128", NULL, 0, args, 3);
  }
  if (has_feature(l, WR__CPU_DOTPROD)) {
    LLVMTypeRef types[] = {LLVMVectorType(l->i32, 4), LLVMVectorType(l->i8, 16)};
    LLVMValueRef args[] = {c, a, b};
    return wr__lower_intrinsic(l, "llvm.aarch64.neon.sdot", types, 2, args, 3);
  }
  LLVMValueRef pairs = relaxed_dot_pairs(l, a, b);
  return LLVMBuildAdd(l->b, extadd(l, I16, pairs, l->i32, LLVMSExt), c, "");
}

static bool relaxed_dot(wr__lower *l, bool add) {
  LLVMValueRef c = add ? pop(l, I32) : NULL;
  LLVMValueRef b = pop(l, I8), a = pop(l, I8);
  return push(l, add ? relaxed_dot_add(l, a, b, c) : relaxed_dot_pairs(l, a, b));
}

static bool constant(wr__lower *l, const uint8_t *bytes) {
  uint64_t halves[2];
  memcpy(halves, bytes, 16);
  LLVMValueRef values[] = {wr__c64(l, halves[0]), wr__c64(l, halves[1])};
  return push(l, LLVMConstVector(values, 2));
}

#define DO(name, call) \
  case WR__OP_##name:  \
    return call;
/* clang-format off */
#define INT(t, s)                                                                        \
  DO(t##_add, binary(l, s, LLVMAdd))             DO(t##_sub, binary(l, s, LLVMSub))      \
  DO(t##_neg, negate(l, s))                      DO(t##_abs, absolute(l, s))             \
  DO(t##_shl, shift(l, s, LLVMShl))              DO(t##_shr_s, shift(l, s, LLVMAShr))    \
  DO(t##_shr_u, shift(l, s, LLVMLShr))           DO(t##_eq, compare(l, s, LLVMIntEQ))    \
  DO(t##_ne, compare(l, s, LLVMIntNE))           DO(t##_lt_s, compare(l, s, LLVMIntSLT)) \
  DO(t##_gt_s, compare(l, s, LLVMIntSGT))        DO(t##_le_s, compare(l, s, LLVMIntSLE)) \
  DO(t##_ge_s, compare(l, s, LLVMIntSGE))        DO(t##_all_true, all_true(l, s))        \
  DO(t##_bitmask, bitmask(l, s))                 DO(t##_splat, splat_operand(l, s))      \
  DO(t##_replace_lane, replace_lane(l, s, instr->imm.lane))
#define INT_U(t, s)                                                                            \
  DO(t##_lt_u, compare(l, s, LLVMIntULT))        DO(t##_gt_u, compare(l, s, LLVMIntUGT))       \
  DO(t##_le_u, compare(l, s, LLVMIntULE))        DO(t##_ge_u, compare(l, s, LLVMIntUGE))       \
  DO(t##_min_s, binary_call(l, s, "llvm.smin"))  DO(t##_min_u, binary_call(l, s, "llvm.umin")) \
  DO(t##_max_s, binary_call(l, s, "llvm.smax"))  DO(t##_max_u, binary_call(l, s, "llvm.umax"))
/* clang-format on */
#define SATURATING(t, s, wider)                                         \
  DO(t##_add_sat_s, binary_call(l, s, "llvm.sadd.sat"))                 \
  DO(t##_add_sat_u, binary_call(l, s, "llvm.uadd.sat"))                 \
  DO(t##_sub_sat_s, binary_call(l, s, "llvm.ssub.sat"))                 \
  DO(t##_sub_sat_u, binary_call(l, s, "llvm.usub.sat"))                 \
  DO(t##_avgr_u, average(l, s, wider))                                  \
  DO(t##_extract_lane_s, extract_lane(l, s, instr->imm.lane, LLVMSExt)) \
  DO(t##_extract_lane_u, extract_lane(l, s, instr->imm.lane, LLVMZExt))
#define WIDEN(wide_t, t, s, wide)                                      \
  DO(wide_t##_extend_low_##t##_s, extend(l, s, wide, false, LLVMSExt)) \
  DO(wide_t##_extend_high_##t##_s, extend(l, s, wide, true, LLVMSExt)) \
  DO(wide_t##_extend_low_##t##_u, extend(l, s, wide, false, LLVMZExt)) \
  DO(wide_t##_extend_high_##t##_u, extend(l, s, wide, true, LLVMZExt)) \
  DO(wide_t##_extmul_low_##t##_s, extmul(l, s, wide, false, LLVMSExt)) \
  DO(wide_t##_extmul_high_##t##_s, extmul(l, s, wide, true, LLVMSExt)) \
  DO(wide_t##_extmul_low_##t##_u, extmul(l, s, wide, false, LLVMZExt)) \
  DO(wide_t##_extmul_high_##t##_u, extmul(l, s, wide, true, LLVMZExt))
#define PAIRWISE(wide_t, t, s, wide)                                          \
  DO(wide_t##_extadd_pairwise_##t##_s, extadd_pairwise(l, s, wide, LLVMSExt)) \
  DO(wide_t##_extadd_pairwise_##t##_u, extadd_pairwise(l, s, wide, LLVMZExt))
/* clang-format off */
#define FLOAT(t, s, ints)                                                                      \
  DO(t##_add, float_binary(l, s, LLVMFAdd))            DO(t##_sub, float_binary(l, s, LLVMFSub))           \
  DO(t##_mul, float_binary(l, s, LLVMFMul))            DO(t##_div, float_binary(l, s, LLVMFDiv))           \
  DO(t##_abs, unary_call(l, s, "llvm.fabs"))                                                   \
  DO(t##_neg, push(l, LLVMBuildFNeg(l->b, pop(l, s), "")))                                     \
  DO(t##_sqrt, unary_call(l, s, "llvm.sqrt"))    DO(t##_ceil, unary_call(l, s, "llvm.ceil"))   \
  DO(t##_floor, unary_call(l, s, "llvm.floor"))  DO(t##_trunc, unary_call(l, s, "llvm.trunc")) \
  DO(t##_nearest, unary_call(l, s, "llvm.roundeven"))                                          \
  DO(t##_min, float_minmax(l, s, ints, true))                                                  \
  DO(t##_max, float_minmax(l, s, ints, false))                                                 \
  DO(t##_relaxed_min, float_minmax(l, s, ints, true))                                          \
  DO(t##_relaxed_max, float_minmax(l, s, ints, false))                                         \
  DO(t##_pmin, pseudo_minmax(l, s, true))                                                      \
  DO(t##_pmax, pseudo_minmax(l, s, false))                                                     \
  DO(t##_eq, compare_float(l, s, ints, LLVMRealOEQ))                                           \
  DO(t##_ne, compare_float(l, s, ints, LLVMRealUNE))                                           \
  DO(t##_lt, compare_float(l, s, ints, LLVMRealOLT))                                           \
  DO(t##_gt, compare_float(l, s, ints, LLVMRealOGT))                                           \
  DO(t##_le, compare_float(l, s, ints, LLVMRealOLE))                                           \
  DO(t##_ge, compare_float(l, s, ints, LLVMRealOGE))                                           \
  DO(t##_relaxed_madd, madd(l, s, false))                                                      \
  DO(t##_relaxed_nmadd, madd(l, s, true))        DO(t##_splat, splat_operand(l, s))            \
  DO(t##_replace_lane, replace_lane(l, s, instr->imm.lane))                                    \
  DO(t##_extract_lane, extract_lane(l, s, instr->imm.lane, LLVMBitCast))
/* clang-format on */

/* clang-format off */
static bool lower_bits(wr__lower *l, const wr__instr *instr) {
  switch (instr->op) {
    DO(v128_const, constant(l, instr->imm.v128))
    DO(v128_not, push(l, LLVMBuildNot(l->b, wr__lower_pop(l), "")))
    DO(v128_and, binary(l, I64, LLVMAnd))
    DO(v128_or, binary(l, I64, LLVMOr))
    DO(v128_xor, binary(l, I64, LLVMXor))
    case WR__OP_v128_andnot: {
      LLVMValueRef b = LLVMBuildNot(l->b, wr__lower_pop(l), "");
      return push(l, LLVMBuildAnd(l->b, wr__lower_pop(l), b, ""));
    }
    DO(v128_bitselect, bitselect(l))
    DO(i8x16_relaxed_laneselect, bitselect(l))
    DO(i16x8_relaxed_laneselect, bitselect(l))
    DO(i32x4_relaxed_laneselect, bitselect(l))
    DO(i64x2_relaxed_laneselect, bitselect(l))
    DO(v128_any_true, any_true(l))
    DO(i8x16_shuffle, shuffle(l, instr->imm.v128))
    DO(i8x16_swizzle, swizzle(l))
    DO(i8x16_relaxed_swizzle, swizzle(l))
    DO(i8x16_popcnt, unary_call(l, I8, "llvm.ctpop"))
  }
  return false;
}

static bool lower_convert(wr__lower *l, const wr__instr *instr) {
  switch (instr->op) {
    DO(i8x16_narrow_i16x8_s, narrow(l, I16, l->i8, -128, 127))
    DO(i8x16_narrow_i16x8_u, narrow(l, I16, l->i8, 0, 255))
    DO(i16x8_narrow_i32x4_s, narrow(l, I32, l->i16, -32768, 32767))
    DO(i16x8_narrow_i32x4_u, narrow(l, I32, l->i16, 0, 65535))
    WIDEN(i16x8, i8x16, I8, l->i16)
    WIDEN(i32x4, i16x8, I16, l->i32)
    WIDEN(i64x2, i32x4, I32, l->i64)
    PAIRWISE(i16x8, i8x16, I8, l->i16)
    PAIRWISE(i32x4, i16x8, I16, l->i32)
    DO(i32x4_trunc_sat_f32x4_s, trunc_sat(l, true))
    DO(i32x4_trunc_sat_f32x4_u, trunc_sat(l, false))
    DO(i32x4_relaxed_trunc_f32x4_s, trunc_sat(l, true))
    DO(i32x4_relaxed_trunc_f32x4_u, trunc_sat(l, false))
    DO(i32x4_trunc_sat_f64x2_s_zero, trunc_sat_zero(l, true))
    DO(i32x4_trunc_sat_f64x2_u_zero, trunc_sat_zero(l, false))
    DO(i32x4_relaxed_trunc_f64x2_s_zero, trunc_sat_zero(l, true))
    DO(i32x4_relaxed_trunc_f64x2_u_zero, trunc_sat_zero(l, false))
    DO(f32x4_convert_i32x4_s, convert(l, LLVMSIToFP))
    DO(f32x4_convert_i32x4_u, convert(l, LLVMUIToFP))
    DO(f64x2_convert_low_i32x4_s, convert_low(l, I32, LLVMSIToFP))
    DO(f64x2_convert_low_i32x4_u, convert_low(l, I32, LLVMUIToFP))
    DO(f64x2_promote_low_f32x4, convert_low(l, F32, LLVMFPExt))
    DO(f32x4_demote_f64x2_zero, demote_zero(l))
  }
  return lower_bits(l, instr);
}

bool wr__lower_simd(wr__lower *l, const wr__instr *instr) {
  switch (instr->op) {
    INT(i8x16, I8) INT_U(i8x16, I8) SATURATING(i8x16, I8, l->i16)
    INT(i16x8, I16) INT_U(i16x8, I16) SATURATING(i16x8, I16, l->i32)
    INT(i32x4, I32) INT_U(i32x4, I32)
    INT(i64x2, I64)
    FLOAT(f32x4, F32, I32)
    FLOAT(f64x2, F64, I64)
    DO(i16x8_mul, binary(l, I16, LLVMMul))
    DO(i32x4_mul, binary(l, I32, LLVMMul))
    DO(i64x2_mul, binary(l, I64, LLVMMul))
    DO(i32x4_extract_lane, extract_lane(l, I32, instr->imm.lane, LLVMBitCast))
    DO(i64x2_extract_lane, extract_lane(l, I64, instr->imm.lane, LLVMBitCast))
    DO(i16x8_q15mulr_sat_s, q15mulr(l))
    DO(i16x8_relaxed_q15mulr_s, q15mulr(l))
    DO(i32x4_dot_i16x8_s, dot(l))
    DO(i16x8_relaxed_dot_i8x16_i7x16_s, relaxed_dot(l, false))
    DO(i32x4_relaxed_dot_i8x16_i7x16_add_s, relaxed_dot(l, true))
  }
  return lower_convert(l, instr);
}
/* clang-format on */
