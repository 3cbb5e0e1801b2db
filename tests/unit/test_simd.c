/* runtime/numeric/simd.h against lane loops in plain C: every instruction of the table, on
 * vectors of edge values of every lane type and on random ones. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "numeric/scalar.h"
#include "numeric/simd.h"

typedef __int128 wide;

static wide clamp(wide x, wide min, wide max) { return x < min ? min : x > max ? max : x; }

static unsigned count_ones(wide x) {
  unsigned ones = 0;
  for (; x > 0; x /= 2) ones += x % 2 != 0;
  return ones;
}

static double reference_min(double x, double y) {
  if (isnan(x) || isnan(y)) return NAN;
  if (x == y) return signbit(x) ? x : y;
  return x < y ? x : y;
}

static long double truncate(long double x, long double min, long double max) {
  if (isnan(x)) return 0;
  x = truncl(x);
  return x < min ? min : x > max ? max : x;
}

static float TO_f(wide bits) { return wr__f32_from_bits((uint32_t)bits); }
static double TO_d(wide bits) { return wr__f64_from_bits((uint64_t)bits); }

/* An operand's lane: an integer in a type where nothing overflows, or the float itself. */
#define WIDE(x) _Generic((x), float: (x), double: (x), default: (wide)(x))
#define AT(k) WIDE(a[k])
#define BT(k) WIDE(b[k])
#define A AT(i)
#define B BT(i)
#define C WIDE(c[i])
#define UNSIGNED_BT(k) ((uint8_t)b[k])
#define DOT(k)                                                                           \
  clamp(AT(2 * (k)) * UNSIGNED_BT(2 * (k)) + AT(2 * (k) + 1) * UNSIGNED_BT(2 * (k) + 1), \
        INT16_MIN, INT16_MAX)

/* Each instruction with: its operands and result; how its result compares, since a NaN may
 * have any payload; the type of its operand lanes and of its result lanes; and result lane i. */
/* clang-format off */
#define ROWS(X) \
  X(i8x16_add,                           VV_V,  BITS, uint8_t,  uint8_t,  A + B) \
  X(i8x16_sub,                           VV_V,  BITS, uint8_t,  uint8_t,  A - B) \
  X(i8x16_neg,                           V_V,   BITS, uint8_t,  uint8_t,  -A) \
  X(i8x16_abs,                           V_V,   BITS, int8_t,   uint8_t,  A < 0 ? -A : A) \
  X(i8x16_eq,                            VV_V,  BITS, int8_t,   int8_t,   -(A == B)) \
  X(i8x16_ne,                            VV_V,  BITS, int8_t,   int8_t,   -(A != B)) \
  X(i8x16_lt_s,                          VV_V,  BITS, int8_t,   int8_t,   -(A < B)) \
  X(i8x16_lt_u,                          VV_V,  BITS, uint8_t,  int8_t,   -(A < B)) \
  X(i8x16_gt_s,                          VV_V,  BITS, int8_t,   int8_t,   -(A > B)) \
  X(i8x16_gt_u,                          VV_V,  BITS, uint8_t,  int8_t,   -(A > B)) \
  X(i8x16_le_s,                          VV_V,  BITS, int8_t,   int8_t,   -(A <= B)) \
  X(i8x16_le_u,                          VV_V,  BITS, uint8_t,  int8_t,   -(A <= B)) \
  X(i8x16_ge_s,                          VV_V,  BITS, int8_t,   int8_t,   -(A >= B)) \
  X(i8x16_ge_u,                          VV_V,  BITS, uint8_t,  int8_t,   -(A >= B)) \
  X(i8x16_min_s,                         VV_V,  BITS, int8_t,   int8_t,   A < B ? A : B) \
  X(i8x16_max_s,                         VV_V,  BITS, int8_t,   int8_t,   A > B ? A : B) \
  X(i8x16_min_u,                         VV_V,  BITS, uint8_t,  uint8_t,  A < B ? A : B) \
  X(i8x16_max_u,                         VV_V,  BITS, uint8_t,  uint8_t,  A > B ? A : B) \
  X(i8x16_add_sat_s,                     VV_V,  BITS, int8_t,   int8_t,   clamp(A + B, INT8_MIN, INT8_MAX)) \
  X(i8x16_sub_sat_s,                     VV_V,  BITS, int8_t,   int8_t,   clamp(A - B, INT8_MIN, INT8_MAX)) \
  X(i8x16_add_sat_u,                     VV_V,  BITS, uint8_t,  uint8_t,  clamp(A + B, 0, UINT8_MAX)) \
  X(i8x16_sub_sat_u,                     VV_V,  BITS, uint8_t,  uint8_t,  clamp(A - B, 0, UINT8_MAX)) \
  X(i8x16_avgr_u,                        VV_V,  BITS, uint8_t,  uint8_t,  (A + B + 1) / 2) \
  X(i8x16_shl,                           VI_V,  BITS, uint8_t,  uint8_t,  (unsigned __int128)A << n % 8) \
  X(i8x16_shr_s,                         VI_V,  BITS, int8_t,   int8_t,   A >> n % 8) \
  X(i8x16_shr_u,                         VI_V,  BITS, uint8_t,  uint8_t,  A >> n % 8) \
  X(i16x8_add,                           VV_V,  BITS, uint16_t, uint16_t, A + B) \
  X(i16x8_sub,                           VV_V,  BITS, uint16_t, uint16_t, A - B) \
  X(i16x8_mul,                           VV_V,  BITS, uint16_t, uint16_t, (unsigned __int128)A * (unsigned __int128)B) \
  X(i16x8_neg,                           V_V,   BITS, uint16_t, uint16_t, -A) \
  X(i16x8_abs,                           V_V,   BITS, int16_t,  uint16_t, A < 0 ? -A : A) \
  X(i16x8_eq,                            VV_V,  BITS, int16_t,  int16_t,  -(A == B)) \
  X(i16x8_ne,                            VV_V,  BITS, int16_t,  int16_t,  -(A != B)) \
  X(i16x8_lt_s,                          VV_V,  BITS, int16_t,  int16_t,  -(A < B)) \
  X(i16x8_lt_u,                          VV_V,  BITS, uint16_t, int16_t,  -(A < B)) \
  X(i16x8_gt_s,                          VV_V,  BITS, int16_t,  int16_t,  -(A > B)) \
  X(i16x8_gt_u,                          VV_V,  BITS, uint16_t, int16_t,  -(A > B)) \
  X(i16x8_le_s,                          VV_V,  BITS, int16_t,  int16_t,  -(A <= B)) \
  X(i16x8_le_u,                          VV_V,  BITS, uint16_t, int16_t,  -(A <= B)) \
  X(i16x8_ge_s,                          VV_V,  BITS, int16_t,  int16_t,  -(A >= B)) \
  X(i16x8_ge_u,                          VV_V,  BITS, uint16_t, int16_t,  -(A >= B)) \
  X(i16x8_min_s,                         VV_V,  BITS, int16_t,  int16_t,  A < B ? A : B) \
  X(i16x8_max_s,                         VV_V,  BITS, int16_t,  int16_t,  A > B ? A : B) \
  X(i16x8_min_u,                         VV_V,  BITS, uint16_t, uint16_t, A < B ? A : B) \
  X(i16x8_max_u,                         VV_V,  BITS, uint16_t, uint16_t, A > B ? A : B) \
  X(i16x8_add_sat_s,                     VV_V,  BITS, int16_t,  int16_t,  clamp(A + B, INT16_MIN, INT16_MAX)) \
  X(i16x8_sub_sat_s,                     VV_V,  BITS, int16_t,  int16_t,  clamp(A - B, INT16_MIN, INT16_MAX)) \
  X(i16x8_add_sat_u,                     VV_V,  BITS, uint16_t, uint16_t, clamp(A + B, 0, UINT16_MAX)) \
  X(i16x8_sub_sat_u,                     VV_V,  BITS, uint16_t, uint16_t, clamp(A - B, 0, UINT16_MAX)) \
  X(i16x8_avgr_u,                        VV_V,  BITS, uint16_t, uint16_t, (A + B + 1) / 2) \
  X(i16x8_shl,                           VI_V,  BITS, uint16_t, uint16_t, (unsigned __int128)A << n % 16) \
  X(i16x8_shr_s,                         VI_V,  BITS, int16_t,  int16_t,  A >> n % 16) \
  X(i16x8_shr_u,                         VI_V,  BITS, uint16_t, uint16_t, A >> n % 16) \
  X(i32x4_add,                           VV_V,  BITS, uint32_t, uint32_t, A + B) \
  X(i32x4_sub,                           VV_V,  BITS, uint32_t, uint32_t, A - B) \
  X(i32x4_mul,                           VV_V,  BITS, uint32_t, uint32_t, (unsigned __int128)A * (unsigned __int128)B) \
  X(i32x4_neg,                           V_V,   BITS, uint32_t, uint32_t, -A) \
  X(i32x4_abs,                           V_V,   BITS, int32_t,  uint32_t, A < 0 ? -A : A) \
  X(i32x4_eq,                            VV_V,  BITS, int32_t,  int32_t,  -(A == B)) \
  X(i32x4_ne,                            VV_V,  BITS, int32_t,  int32_t,  -(A != B)) \
  X(i32x4_lt_s,                          VV_V,  BITS, int32_t,  int32_t,  -(A < B)) \
  X(i32x4_lt_u,                          VV_V,  BITS, uint32_t, int32_t,  -(A < B)) \
  X(i32x4_gt_s,                          VV_V,  BITS, int32_t,  int32_t,  -(A > B)) \
  X(i32x4_gt_u,                          VV_V,  BITS, uint32_t, int32_t,  -(A > B)) \
  X(i32x4_le_s,                          VV_V,  BITS, int32_t,  int32_t,  -(A <= B)) \
  X(i32x4_le_u,                          VV_V,  BITS, uint32_t, int32_t,  -(A <= B)) \
  X(i32x4_ge_s,                          VV_V,  BITS, int32_t,  int32_t,  -(A >= B)) \
  X(i32x4_ge_u,                          VV_V,  BITS, uint32_t, int32_t,  -(A >= B)) \
  X(i32x4_min_s,                         VV_V,  BITS, int32_t,  int32_t,  A < B ? A : B) \
  X(i32x4_max_s,                         VV_V,  BITS, int32_t,  int32_t,  A > B ? A : B) \
  X(i32x4_min_u,                         VV_V,  BITS, uint32_t, uint32_t, A < B ? A : B) \
  X(i32x4_max_u,                         VV_V,  BITS, uint32_t, uint32_t, A > B ? A : B) \
  X(i32x4_shl,                           VI_V,  BITS, uint32_t, uint32_t, (unsigned __int128)A << n % 32) \
  X(i32x4_shr_s,                         VI_V,  BITS, int32_t,  int32_t,  A >> n % 32) \
  X(i32x4_shr_u,                         VI_V,  BITS, uint32_t, uint32_t, A >> n % 32) \
  X(i64x2_add,                           VV_V,  BITS, uint64_t, uint64_t, A + B) \
  X(i64x2_sub,                           VV_V,  BITS, uint64_t, uint64_t, A - B) \
  X(i64x2_mul,                           VV_V,  BITS, uint64_t, uint64_t, (unsigned __int128)A * (unsigned __int128)B) \
  X(i64x2_neg,                           V_V,   BITS, uint64_t, uint64_t, -A) \
  X(i64x2_abs,                           V_V,   BITS, int64_t,  uint64_t, A < 0 ? -A : A) \
  X(i64x2_eq,                            VV_V,  BITS, int64_t,  int64_t,  -(A == B)) \
  X(i64x2_ne,                            VV_V,  BITS, int64_t,  int64_t,  -(A != B)) \
  X(i64x2_lt_s,                          VV_V,  BITS, int64_t,  int64_t,  -(A < B)) \
  X(i64x2_gt_s,                          VV_V,  BITS, int64_t,  int64_t,  -(A > B)) \
  X(i64x2_le_s,                          VV_V,  BITS, int64_t,  int64_t,  -(A <= B)) \
  X(i64x2_ge_s,                          VV_V,  BITS, int64_t,  int64_t,  -(A >= B)) \
  X(i64x2_shl,                           VI_V,  BITS, uint64_t, uint64_t, (unsigned __int128)A << n % 64) \
  X(i64x2_shr_s,                         VI_V,  BITS, int64_t,  int64_t,  A >> n % 64) \
  X(i64x2_shr_u,                         VI_V,  BITS, uint64_t, uint64_t, A >> n % 64) \
  X(i16x8_extend_low_i8x16_s,            V_V,   BITS, int8_t,   int16_t,  AT(i)) \
  X(i16x8_extmul_low_i8x16_s,            VV_V,  BITS, int8_t,   int16_t,  AT(i) * BT(i)) \
  X(i16x8_extend_high_i8x16_s,           V_V,   BITS, int8_t,   int16_t,  AT(i + 8)) \
  X(i16x8_extmul_high_i8x16_s,           VV_V,  BITS, int8_t,   int16_t,  AT(i + 8) * BT(i + 8)) \
  X(i16x8_extadd_pairwise_i8x16_s,       V_V,   BITS, int8_t,   int16_t,  AT(2 * i) + AT(2 * i + 1)) \
  X(i16x8_extend_low_i8x16_u,            V_V,   BITS, uint8_t,  uint16_t, AT(i)) \
  X(i16x8_extmul_low_i8x16_u,            VV_V,  BITS, uint8_t,  uint16_t, AT(i) * BT(i)) \
  X(i16x8_extend_high_i8x16_u,           V_V,   BITS, uint8_t,  uint16_t, AT(i + 8)) \
  X(i16x8_extmul_high_i8x16_u,           VV_V,  BITS, uint8_t,  uint16_t, AT(i + 8) * BT(i + 8)) \
  X(i16x8_extadd_pairwise_i8x16_u,       V_V,   BITS, uint8_t,  uint16_t, AT(2 * i) + AT(2 * i + 1)) \
  X(i8x16_narrow_i16x8_s,                VV_V,  BITS, int16_t,  int8_t,   clamp(i < 8 ? AT(i % 8) : BT(i % 8), INT8_MIN, INT8_MAX)) \
  X(i8x16_narrow_i16x8_u,                VV_V,  BITS, int16_t,  uint8_t,  clamp(i < 8 ? AT(i % 8) : BT(i % 8), 0, UINT8_MAX)) \
  X(i32x4_extend_low_i16x8_s,            V_V,   BITS, int16_t,  int32_t,  AT(i)) \
  X(i32x4_extmul_low_i16x8_s,            VV_V,  BITS, int16_t,  int32_t,  AT(i) * BT(i)) \
  X(i32x4_extend_high_i16x8_s,           V_V,   BITS, int16_t,  int32_t,  AT(i + 4)) \
  X(i32x4_extmul_high_i16x8_s,           VV_V,  BITS, int16_t,  int32_t,  AT(i + 4) * BT(i + 4)) \
  X(i32x4_extadd_pairwise_i16x8_s,       V_V,   BITS, int16_t,  int32_t,  AT(2 * i) + AT(2 * i + 1)) \
  X(i32x4_extend_low_i16x8_u,            V_V,   BITS, uint16_t, uint32_t, AT(i)) \
  X(i32x4_extmul_low_i16x8_u,            VV_V,  BITS, uint16_t, uint32_t, AT(i) * BT(i)) \
  X(i32x4_extend_high_i16x8_u,           V_V,   BITS, uint16_t, uint32_t, AT(i + 4)) \
  X(i32x4_extmul_high_i16x8_u,           VV_V,  BITS, uint16_t, uint32_t, AT(i + 4) * BT(i + 4)) \
  X(i32x4_extadd_pairwise_i16x8_u,       V_V,   BITS, uint16_t, uint32_t, AT(2 * i) + AT(2 * i + 1)) \
  X(i16x8_narrow_i32x4_s,                VV_V,  BITS, int32_t,  int16_t,  clamp(i < 4 ? AT(i % 4) : BT(i % 4), INT16_MIN, INT16_MAX)) \
  X(i16x8_narrow_i32x4_u,                VV_V,  BITS, int32_t,  uint16_t, clamp(i < 4 ? AT(i % 4) : BT(i % 4), 0, UINT16_MAX)) \
  X(i64x2_extend_low_i32x4_s,            V_V,   BITS, int32_t,  int64_t,  AT(i)) \
  X(i64x2_extmul_low_i32x4_s,            VV_V,  BITS, int32_t,  int64_t,  AT(i) * BT(i)) \
  X(i64x2_extend_high_i32x4_s,           V_V,   BITS, int32_t,  int64_t,  AT(i + 2)) \
  X(i64x2_extmul_high_i32x4_s,           VV_V,  BITS, int32_t,  int64_t,  AT(i + 2) * BT(i + 2)) \
  X(i64x2_extend_low_i32x4_u,            V_V,   BITS, uint32_t, uint64_t, AT(i)) \
  X(i64x2_extmul_low_i32x4_u,            VV_V,  BITS, uint32_t, uint64_t, AT(i) * BT(i)) \
  X(i64x2_extend_high_i32x4_u,           V_V,   BITS, uint32_t, uint64_t, AT(i + 2)) \
  X(i64x2_extmul_high_i32x4_u,           VV_V,  BITS, uint32_t, uint64_t, AT(i + 2) * BT(i + 2)) \
  X(i32x4_dot_i16x8_s,                   VV_V,  BITS, int16_t,  int32_t,  AT(2 * i) * BT(2 * i) + AT(2 * i + 1) * BT(2 * i + 1)) \
  X(i16x8_q15mulr_sat_s,                 VV_V,  BITS, int16_t,  int16_t,  clamp((A * B + 0x4000) >> 15, INT16_MIN, INT16_MAX)) \
  X(i8x16_popcnt,                        V_V,   BITS, uint8_t,  uint8_t,  count_ones(A)) \
  X(i8x16_swizzle,                       VV_V,  BITS, uint8_t,  uint8_t,  B < 16 ? AT(b[i] % 16) : 0) \
  X(v128_not,                            V_V,   BITS, uint8_t,  uint8_t,  255 - A) \
  X(v128_and,                            VV_V,  BITS, uint8_t,  uint8_t,  A & B) \
  X(v128_andnot,                         VV_V,  BITS, uint8_t,  uint8_t,  A & (255 - B)) \
  X(v128_or,                             VV_V,  BITS, uint8_t,  uint8_t,  A | B) \
  X(v128_xor,                            VV_V,  BITS, uint8_t,  uint8_t,  A ^ B) \
  X(v128_bitselect,                      VVV_V, BITS, uint8_t,  uint8_t,  (A & C) | (B & (255 - C))) \
  X(f32x4_add,                           VV_V,  F32,  float,    float,    A + B) \
  X(f32x4_sub,                           VV_V,  F32,  float,    float,    A - B) \
  X(f32x4_mul,                           VV_V,  F32,  float,    float,    A * B) \
  X(f32x4_div,                           VV_V,  F32,  float,    float,    A / B) \
  X(f32x4_abs,                           V_V,   BITS, uint32_t, uint32_t, A % (UINT64_C(1) << 31)) \
  X(f32x4_neg,                           V_V,   BITS, uint32_t, uint32_t, A ^ (UINT64_C(1) << 31)) \
  X(f32x4_eq,                            VV_V,  BITS, float,    int32_t,  -(A == B)) \
  X(f32x4_ne,                            VV_V,  BITS, float,    int32_t,  -(A != B)) \
  X(f32x4_lt,                            VV_V,  BITS, float,    int32_t,  -(A < B)) \
  X(f32x4_gt,                            VV_V,  BITS, float,    int32_t,  -(A > B)) \
  X(f32x4_le,                            VV_V,  BITS, float,    int32_t,  -(A <= B)) \
  X(f32x4_ge,                            VV_V,  BITS, float,    int32_t,  -(A >= B)) \
  X(f32x4_min,                           VV_V,  F32,  float,    float,    reference_min(A, B)) \
  X(f32x4_max,                           VV_V,  F32,  float,    float,    -reference_min(-A, -B)) \
  X(f32x4_pmin,                          VV_V,  BITS, uint32_t, uint32_t, TO_f(B) < TO_f(A) ? B : A) \
  X(f32x4_pmax,                          VV_V,  BITS, uint32_t, uint32_t, TO_f(A) < TO_f(B) ? B : A) \
  X(f32x4_sqrt,                          V_V,   F32,  float,    float,    sqrtf(A)) \
  X(f32x4_ceil,                          V_V,   F32,  float,    float,    ceilf(A)) \
  X(f32x4_floor,                         V_V,   F32,  float,    float,    floorf(A)) \
  X(f32x4_trunc,                         V_V,   F32,  float,    float,    truncf(A)) \
  X(f32x4_nearest,                       V_V,   F32,  float,    float,    rintf(A)) \
  X(f32x4_relaxed_madd,                  VVV_V, F32,  float,    float,    (float)(A * B) + C) \
  X(f32x4_relaxed_nmadd,                 VVV_V, F32,  float,    float,    (float)(-A * B) + C) \
  X(f32x4_relaxed_min,                   VV_V,  F32,  float,    float,    reference_min(A, B)) \
  X(f32x4_relaxed_max,                   VV_V,  F32,  float,    float,    -reference_min(-A, -B)) \
  X(f64x2_add,                           VV_V,  F64,  double,   double,   A + B) \
  X(f64x2_sub,                           VV_V,  F64,  double,   double,   A - B) \
  X(f64x2_mul,                           VV_V,  F64,  double,   double,   A * B) \
  X(f64x2_div,                           VV_V,  F64,  double,   double,   A / B) \
  X(f64x2_abs,                           V_V,   BITS, uint64_t, uint64_t, A % (UINT64_C(1) << 63)) \
  X(f64x2_neg,                           V_V,   BITS, uint64_t, uint64_t, A ^ (UINT64_C(1) << 63)) \
  X(f64x2_eq,                            VV_V,  BITS, double,   int64_t,  -(A == B)) \
  X(f64x2_ne,                            VV_V,  BITS, double,   int64_t,  -(A != B)) \
  X(f64x2_lt,                            VV_V,  BITS, double,   int64_t,  -(A < B)) \
  X(f64x2_gt,                            VV_V,  BITS, double,   int64_t,  -(A > B)) \
  X(f64x2_le,                            VV_V,  BITS, double,   int64_t,  -(A <= B)) \
  X(f64x2_ge,                            VV_V,  BITS, double,   int64_t,  -(A >= B)) \
  X(f64x2_min,                           VV_V,  F64,  double,   double,   reference_min(A, B)) \
  X(f64x2_max,                           VV_V,  F64,  double,   double,   -reference_min(-A, -B)) \
  X(f64x2_pmin,                          VV_V,  BITS, uint64_t, uint64_t, TO_d(B) < TO_d(A) ? B : A) \
  X(f64x2_pmax,                          VV_V,  BITS, uint64_t, uint64_t, TO_d(A) < TO_d(B) ? B : A) \
  X(f64x2_sqrt,                          V_V,   F64,  double,   double,   sqrt(A)) \
  X(f64x2_ceil,                          V_V,   F64,  double,   double,   ceil(A)) \
  X(f64x2_floor,                         V_V,   F64,  double,   double,   floor(A)) \
  X(f64x2_trunc,                         V_V,   F64,  double,   double,   trunc(A)) \
  X(f64x2_nearest,                       V_V,   F64,  double,   double,   rint(A)) \
  X(f64x2_relaxed_madd,                  VVV_V, F64,  double,   double,   (double)(A * B) + C) \
  X(f64x2_relaxed_nmadd,                 VVV_V, F64,  double,   double,   (double)(-A * B) + C) \
  X(f64x2_relaxed_min,                   VV_V,  F64,  double,   double,   reference_min(A, B)) \
  X(f64x2_relaxed_max,                   VV_V,  F64,  double,   double,   -reference_min(-A, -B)) \
  X(i32x4_trunc_sat_f32x4_s,             V_V,   BITS, float,    int32_t,  truncate(A, INT32_MIN, INT32_MAX)) \
  X(i32x4_trunc_sat_f64x2_s_zero,        V_V,   BITS, double,   int32_t,  i < 2 ? truncate(AT(i % 2), INT32_MIN, INT32_MAX) : 0) \
  X(i32x4_relaxed_trunc_f32x4_s,         V_V,   BITS, float,    int32_t,  truncate(A, INT32_MIN, INT32_MAX)) \
  X(i32x4_relaxed_trunc_f64x2_s_zero,    V_V,   BITS, double,   int32_t,  i < 2 ? truncate(AT(i % 2), INT32_MIN, INT32_MAX) : 0) \
  X(f32x4_convert_i32x4_s,               V_V,   F32,  int32_t,  float,    A) \
  X(f64x2_convert_low_i32x4_s,           V_V,   F64,  int32_t,  double,   A) \
  X(i32x4_trunc_sat_f32x4_u,             V_V,   BITS, float,    uint32_t, truncate(A, 0, UINT32_MAX)) \
  X(i32x4_trunc_sat_f64x2_u_zero,        V_V,   BITS, double,   uint32_t, i < 2 ? truncate(AT(i % 2), 0, UINT32_MAX) : 0) \
  X(i32x4_relaxed_trunc_f32x4_u,         V_V,   BITS, float,    uint32_t, truncate(A, 0, UINT32_MAX)) \
  X(i32x4_relaxed_trunc_f64x2_u_zero,    V_V,   BITS, double,   uint32_t, i < 2 ? truncate(AT(i % 2), 0, UINT32_MAX) : 0) \
  X(f32x4_convert_i32x4_u,               V_V,   F32,  uint32_t, float,    A) \
  X(f64x2_convert_low_i32x4_u,           V_V,   F64,  uint32_t, double,   A) \
  X(f64x2_promote_low_f32x4,             V_V,   F64,  float,    double,   A) \
  X(f32x4_demote_f64x2_zero,             V_V,   F32,  double,   float,    i < 2 ? AT(i % 2) : 0) \
  X(i8x16_relaxed_swizzle,               VV_V,  BITS, uint8_t,  uint8_t,  B < 16 ? AT(b[i] % 16) : 0) \
  X(i8x16_relaxed_laneselect,            VVV_V, BITS, uint8_t,  uint8_t,  (A & C) | (B & (255 - C))) \
  X(i16x8_relaxed_laneselect,            VVV_V, BITS, uint8_t,  uint8_t,  (A & C) | (B & (255 - C))) \
  X(i32x4_relaxed_laneselect,            VVV_V, BITS, uint8_t,  uint8_t,  (A & C) | (B & (255 - C))) \
  X(i64x2_relaxed_laneselect,            VVV_V, BITS, uint8_t,  uint8_t,  (A & C) | (B & (255 - C))) \
  X(i16x8_relaxed_q15mulr_s,             VV_V,  BITS, int16_t,  int16_t,  clamp((A * B + 0x4000) >> 15, INT16_MIN, INT16_MAX)) \
  X(i16x8_relaxed_dot_i8x16_i7x16_s,     VV_V,  BITS, int8_t,   int16_t,  DOT(i)) \
  X(i32x4_relaxed_dot_i8x16_i7x16_add_s, VVV_V, BITS, int8_t,   int32_t,  DOT(2 * i) + DOT(2 * i + 1) + ((int32_t *)c)[i])

#define X(name, signature, compare, operand, lane, expression)                            \
  static void reference_##name(const void *a_, const void *b_, const void *c_, uint32_t n, \
                               void *result) {                                            \
    operand a[16 / sizeof(operand)], b[16 / sizeof(operand)], c[16 / sizeof(operand)];    \
    memcpy(a, a_, 16);                                                                    \
    memcpy(b, b_, 16);                                                                    \
    memcpy(c, c_, 16);                                                                    \
    (void)n;                                                                              \
    for (unsigned i = 0; i < 16 / sizeof(lane); i++) {                                    \
      lane x = (lane)(expression);                                                        \
      memcpy((char *)result + i * sizeof x, &x, sizeof x);                                \
    }                                                                                     \
  }
ROWS(X)
#undef X
/* clang-format on */
#undef A
#undef B
#undef C

typedef struct row {
  const char *name;
  enum { V_V, VV_V, VVV_V, VI_V } signature;
  enum { BITS, F32, F64 } compare;
  void (*function)(void);
  void (*reference)(const void *a, const void *b, const void *c, uint32_t n, void *result);
} row;

#define X(name, signature, compare, operand, lane, expression) \
  {#name, signature, compare, (void (*)(void))wr__num_##name, reference_##name},
static const row rows[] = {ROWS(X)};
#undef X
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

/* ---- Operands ---- */

static uint64_t random_state = 0x2545f4914f6cdd1d;

static uint64_t random_u64(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

static const uint32_t f32_edges[] = {
    0x00000000, 0x00000001, 0x007fffff, 0x00800000, 0x3effffff, 0x3f000000, 0x3f000001, 0x3f7fffff,
    0x3f800000, 0x3f800001, 0x3fc00000, 0x40200000, 0x40600000, 0x4afffffd, 0x4afffffe, 0x4affffff,
    0x4b000000, 0x4b000001, 0x4b7fffff, 0x4b800000, 0x4effffff, 0x4f000000, 0x4f000001, 0x4f7fffff,
    0x4f800000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fa00000, 0x7fc00000, 0x7fc00001, 0x7fffffff};
static const uint64_t f64_edges[] = {
    0x0000000000000000, 0x0000000000000001, 0x000fffffffffffff, 0x0010000000000000,
    0x36a0000000000000, 0x380fffffffffffff, 0x3fdfffffffffffff, 0x3fe0000000000000,
    0x3fe0000000000001, 0x3fefffffffffffff, 0x3ff0000000000000, 0x3ff0000010000000,
    0x3ff0000030000000, 0x3ff8000000000000, 0x4004000000000000, 0x400c000000000000,
    0x41dfffffffbfffff, 0x41dfffffffc00000, 0x41dfffffffffffff, 0x41e0000000000000,
    0x41e0000000200000, 0x41efffffffdfffff, 0x41efffffffe00000, 0x41efffffffffffff,
    0x41f0000000000000, 0x432fffffffffffff, 0x4330000000000000, 0x4330000000000001,
    0x433fffffffffffff, 0x4340000000000000, 0x47efffffe0000000, 0x47efffffefffffff,
    0x47effffff0000000, 0x7fefffffffffffff, 0x7ff0000000000000, 0x7ff0000000000001,
    0x7ff4000000000000, 0x7ff8000000000000, 0x7ff8000000000001, 0x7fffffffffffffff};
enum { F32_EDGES = 2 * sizeof f32_edges / 4, F64_EDGES = 2 * sizeof f64_edges / 8 };

static uint32_t f32_edge(unsigned i) { return f32_edges[i / 2] | (i % 2 ? 0x80000000 : 0); }
static uint64_t f64_edge(unsigned i) { return f64_edges[i / 2] | (uint64_t)(i % 2) << 63; }

/* An integer at or beside a limit of its width: 0, the signed limits, powers of two. */
static uint64_t int_edge(unsigned width) {
  uint64_t r = random_u64();
  return (UINT64_C(1) << (r >> 8) % width) * (r % 4 != 0) - r / 4 % 3 + 1;
}

static wr__v128 random_vector(void) {
  static const unsigned widths[] = {8, 16, 32, 64};
  unsigned mode = random_u64() % 8;
  wr__v128 v = {(int64_t)random_u64(), (int64_t)random_u64()};
  char bytes[16];
  if (mode < 4) {
    unsigned step = widths[mode] / 8;
    for (unsigned at = 0; at < 16; at += step) {
      uint64_t lane = int_edge(widths[mode]);
      memcpy(bytes + at, &lane, step);
    }
    memcpy(&v, bytes, 16);
  } else if (mode == 4) {
    for (int i = 0; i < 4; i++) {
      uint32_t lane = f32_edge((unsigned)random_u64() % F32_EDGES);
      memcpy((char *)&v + 4 * i, &lane, 4);
    }
  } else if (mode == 5) {
    for (int i = 0; i < 2; i++) v[i] = (int64_t)f64_edge((unsigned)random_u64() % F64_EDGES);
  } else if (mode == 6) {
    uint64_t r = random_u64();
    if (r & 1) {
      v = (wr__v128)(wr__f32x4){(float)(int8_t)r / 4, (float)(int32_t)(r >> 8) / 512,
                                (float)(int16_t)r, (float)(int64_t)r / 0x1p30f};
    } else {
      v = (wr__v128)(wr__f64x2){(double)(int16_t)r / 4, (double)(int64_t)r / 0x1p31};
    }
  }
  return v;
}

/* ---- Comparison ---- */

static wr__v128 call(const row *r, wr__v128 a, wr__v128 b, wr__v128 c, uint32_t n) {
  switch (r->signature) {
    case V_V:
      return ((wr__v128(*)(wr__v128))r->function)(a);
    case VV_V:
      return ((wr__v128(*)(wr__v128, wr__v128))r->function)(a, b);
    case VVV_V:
      return ((wr__v128(*)(wr__v128, wr__v128, wr__v128))r->function)(a, b, c);
    case VI_V:
      break;
  }
  return ((wr__v128(*)(wr__v128, uint32_t))r->function)(a, n);
}

static bool lanes_equal(const row *r, wr__v128 got, wr__v128 expected) {
  for (int i = 0; i < 4 && r->compare == F32; i++) {
    uint32_t g = ((wr__u32x4)got)[i], e = ((wr__u32x4)expected)[i];
    bool nan = (e & 0x7fffffff) > 0x7f800000;
    if (nan ? (g & 0x7fc00000) != 0x7fc00000 : g != e) return false;
  }
  for (int i = 0; i < 2 && r->compare == F64; i++) {
    uint64_t g = ((wr__u64x2)got)[i], e = ((wr__u64x2)expected)[i];
    bool nan = (e & INT64_MAX) > 0x7ff0000000000000;
    if (nan ? (g & 0x7ff8000000000000) != 0x7ff8000000000000 : g != e) return false;
  }
  return r->compare != BITS || (got[0] == expected[0] && got[1] == expected[1]);
}

static void check_row(const row *r, wr__v128 a, wr__v128 b, wr__v128 c, uint32_t n) {
  wr__v128 got = call(r, a, b, c, n), expected;
  r->reference(&a, &b, &c, n, &expected);
  if (lanes_equal(r, got, expected)) return;
  fail_msg(
      "%s(%016llx_%016llx, %016llx_%016llx, %016llx_%016llx, %u) = %016llx_%016llx, not "
      "%016llx_%016llx",
      r->name, (long long)a[1], (long long)a[0], (long long)b[1], (long long)b[0], (long long)c[1],
      (long long)c[0], n, (long long)got[1], (long long)got[0], (long long)expected[1],
      (long long)expected[0]);
}

static void test_random(void **state) {
  (void)state;
  for (int i = 0; i < ROW_COUNT; i++) {
    for (int k = 0; k < 3000; k++) {
      wr__v128 a = random_vector(), b = k % 8 ? random_vector() : a, c = random_vector();
      check_row(&rows[i], a, b, c, (uint32_t)random_u64());
    }
  }
}

/* Every pair of edge values, in every instruction that sees floats. */
static void test_float_pairs(void **state) {
  (void)state;
  for (int i = 0; i < ROW_COUNT; i++) {
    bool f32 = strstr(rows[i].name, "f32x4"), f64 = strstr(rows[i].name, "f64x2");
    wr__v128 c = random_vector();
    for (unsigned p = 0; f32 && p < F32_EDGES; p++) {
      for (unsigned q = 0; q < F32_EDGES; q++) {
        wr__u32x4 a = {f32_edge(p), f32_edge(p), f32_edge(q), f32_edge((p + 1) % F32_EDGES)};
        wr__u32x4 b = {f32_edge(q), f32_edge(p), f32_edge(p), f32_edge(q)};
        check_row(&rows[i], (wr__v128)a, (wr__v128)b, c, 0);
      }
    }
    for (unsigned p = 0; f64 && p < F64_EDGES; p++) {
      for (unsigned q = 0; q < F64_EDGES; q++) {
        wr__u64x2 a = {f64_edge(p), f64_edge(q)}, b = {f64_edge(q), f64_edge(p)};
        check_row(&rows[i], (wr__v128)a, (wr__v128)b, c, 0);
      }
    }
  }
}

/* The products and sums where saturation and wrapping differ. */
static void test_extremes(void **state) {
  (void)state;
  wr__v128 least8 = wr__splat_8(0x80), least16 = wr__splat_16(0x8000);
  assert_int_equal(wr__num_i16x8_q15mulr_sat_s(least16, least16)[0], 0x7fff7fff7fff7fff);
  assert_int_equal(wr__num_i32x4_dot_i16x8_s(least16, least16)[0], 0x8000000080000000);
  assert_int_equal(wr__num_i16x8_relaxed_dot_i8x16_i7x16_s(least8, least8)[0], 0x8000800080008000);
  assert_int_equal(wr__num_i32x4_relaxed_dot_i8x16_i7x16_add_s(least8, least8, least8)[0],
                   0x807f8080807f8080);
}

/* ---- Results that are not vectors, and immediates ---- */

#define CHECK_PREDICATES(shape, type)                     \
  do {                                                    \
    type lanes[16 / sizeof(type)];                        \
    memcpy(lanes, &v, 16);                                \
    uint32_t all = 1, mask = 0;                           \
    for (unsigned i = 0; i < 16 / sizeof(type); i++) {    \
      if (lanes[i] == 0) all = 0;                         \
      if (lanes[i] < 0) mask |= 1u << i;                  \
    }                                                     \
    assert_int_equal(wr__num_##shape##_all_true(v), all); \
    assert_int_equal(wr__num_##shape##_bitmask(v), mask); \
  } while (0)

static void test_predicates(void **state) {
  (void)state;
  for (int k = 0; k < 20000; k++) {
    wr__v128 v = k == 0 ? wr__splat_8(0) : k == 1 ? wr__splat_8(0xff) : random_vector();
    /* One lane set, or one lane clear. */
    if (k % 4 == 2) v = (wr__v128)(wr__u64x2){UINT64_C(1) << k / 4 % 64, 0};
    if (k % 4 == 3) v = ~(wr__v128)(wr__u64x2){0, UINT64_C(0xff) << k / 4 % 57};
    CHECK_PREDICATES(i8x16, int8_t);
    CHECK_PREDICATES(i16x8, int16_t);
    CHECK_PREDICATES(i32x4, int32_t);
    CHECK_PREDICATES(i64x2, int64_t);
    assert_int_equal(wr__num_v128_any_true(v), v[0] != 0 || v[1] != 0);
  }
}

#define CHECK_LANES(shape, suffix, type, R, X)                                          \
  for (unsigned lane = 0; lane < 16 / sizeof(type); lane++) {                           \
    type lanes[16 / sizeof(type)], out[16 / sizeof(type)];                              \
    memcpy(lanes, &v, 16);                                                              \
    R got = wr__num_##shape##_extract_lane##suffix(v, lane), expected = (R)lanes[lane]; \
    assert_memory_equal(&got, &expected, sizeof got);                                   \
    X x;                                                                                \
    memcpy(&x, &bits, sizeof x);                                                        \
    wr__v128 replaced = wr__num_##shape##_replace_lane(v, x, lane);                     \
    lanes[lane] = (type)x;                                                              \
    memcpy(out, &replaced, 16);                                                         \
    assert_memory_equal(out, lanes, 16);                                                \
    wr__v128 splat = wr__num_##shape##_splat(x);                                        \
    for (unsigned i = 0; i < 16 / sizeof(type); i++) lanes[i] = (type)x;                \
    assert_memory_equal(&splat, lanes, 16);                                             \
  }

static void test_lanes(void **state) {
  (void)state;
  for (int k = 0; k < 2000; k++) {
    wr__v128 v = random_vector();
    uint64_t bits = (uint64_t)random_vector()[0];
    CHECK_LANES(i8x16, _s, int8_t, uint32_t, uint32_t)
    CHECK_LANES(i8x16, _u, uint8_t, uint32_t, uint32_t)
    CHECK_LANES(i16x8, _s, int16_t, uint32_t, uint32_t)
    CHECK_LANES(i16x8, _u, uint16_t, uint32_t, uint32_t)
    CHECK_LANES(i32x4, , uint32_t, uint32_t, uint32_t)
    CHECK_LANES(i64x2, , uint64_t, uint64_t, uint64_t)
    CHECK_LANES(f32x4, , float, float, float)
    CHECK_LANES(f64x2, , double, double, double)
  }
}

static void test_shuffle(void **state) {
  (void)state;
  for (int k = 0; k < 2000; k++) {
    wr__v128 a = random_vector(), b = random_vector();
    uint8_t table[32], lanes[16], expected[16];
    memcpy(table, &a, 16);
    memcpy(table + 16, &b, 16);
    for (int i = 0; i < 16; i++) {
      lanes[i] = random_u64() % 32;
      expected[i] = table[lanes[i]];
    }
    wr__v128 got = wr__num_i8x16_shuffle(a, b, lanes);
    assert_memory_equal(&got, expected, 16);
  }
}

#define CHECK_LOAD(name, narrow, lane)                                        \
  do {                                                                        \
    narrow lanes[8 / sizeof(narrow)];                                         \
    lane expected[16 / sizeof(lane)];                                         \
    memcpy(lanes, &bits, 8);                                                  \
    for (unsigned i = 0; i < 8 / sizeof(narrow); i++) expected[i] = lanes[i]; \
    wr__v128 got = wr__num_v128_##name(bits);                                 \
    assert_memory_equal(&got, expected, 16);                                  \
  } while (0)

#define CHECK_LOAD_SPLAT(name, type)                                                            \
  do {                                                                                          \
    type expected[16 / sizeof(type)];                                                           \
    for (unsigned i = 0; i < 16 / sizeof(type); i++) memcpy(&expected[i], &bits, sizeof(type)); \
    wr__v128 got = wr__num_v128_##name((type)bits);                                             \
    assert_memory_equal(&got, expected, 16);                                                    \
  } while (0)

static void test_loads(void **state) {
  (void)state;
  for (int k = 0; k < 2000; k++) {
    uint64_t bits = (uint64_t)random_vector()[0];
    CHECK_LOAD(load8x8_s, int8_t, int16_t);
    CHECK_LOAD(load8x8_u, uint8_t, uint16_t);
    CHECK_LOAD(load16x4_s, int16_t, int32_t);
    CHECK_LOAD(load16x4_u, uint16_t, uint32_t);
    CHECK_LOAD(load32x2_s, int32_t, int64_t);
    CHECK_LOAD(load32x2_u, uint32_t, uint64_t);
    CHECK_LOAD_SPLAT(load8_splat, uint8_t);
    CHECK_LOAD_SPLAT(load16_splat, uint16_t);
    CHECK_LOAD_SPLAT(load32_splat, uint32_t);
    CHECK_LOAD_SPLAT(load64_splat, uint64_t);
    uint64_t expected[2] = {bits, 0}, expected32[2] = {(uint32_t)bits, 0};
    wr__v128 got = wr__num_v128_load64_zero(bits);
    assert_memory_equal(&got, expected, 16);
    got = wr__num_v128_load32_zero((uint32_t)bits);
    assert_memory_equal(&got, expected32, 16);
  }
}

/* ---- The instruction table ---- */

/* Every instruction from vectors to a vector is in ROWS. */
static void test_rows_complete(void **state) {
  (void)state;
#define OP(page, code, name, text, immediates, signature, access, effects, feature) \
  {#page, #name, #immediates, #signature},
  static const struct {
    const char *page, *name, *immediates, *signature;
  } table[] = {
#include "opcodes.def"
  };
#undef OP
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (strcmp(table[i].page, "SIMD") != 0 || strcmp(table[i].immediates, "NONE") != 0) continue;
    const char *signature = table[i].signature;
    if (signature[0] != 'v' || signature[strlen(signature) - 1] != 'v') continue;
    int found = 0;
    for (int k = 0; k < ROW_COUNT; k++) found += strcmp(rows[k].name, table[i].name) == 0;
    if (found != 1) fail_msg("%s is tested %d times", table[i].name, found);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random),   cmocka_unit_test(test_float_pairs),
      cmocka_unit_test(test_extremes), cmocka_unit_test(test_predicates),
      cmocka_unit_test(test_lanes),    cmocka_unit_test(test_shuffle),
      cmocka_unit_test(test_loads),    cmocka_unit_test(test_rows_complete),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
