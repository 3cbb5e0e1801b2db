/* runtime/numeric/scalar.h against references that compute another way: in wider integers,
 * bit by bit, in long double (which holds every i64 and f64 exactly), or by the C library. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "numeric/scalar.h"

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static uint64_t random_u64(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

static const uint64_t int_edges[] = {
    0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000,
    0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x100000000,
    0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001, 0xffffffff80000000,
    0xffffffff7fffffff, 0xfffffffffffffffe, 0xffffffffffffffff, 0x0123456789abcdef,
    /* around the precision of f32 and f64, where conversion rounds */
    0xfffffe, 0xffffff, 0x1000000, 0x1000001, 0x1000002, 0x1000003, 0x80000080, 0x80000081,
    0xffffff7f, 0xffffff80, 0x1fffffffffffff, 0x20000000000001, 0x20000000000003,
    0x7ffffffffffffdff, 0x7ffffffffffffe00, 0x8000000000000400, 0x8000000000000401,
    0x8000008000000000, 0x8000008000000001, 0xfffffffffffff800, 0xfffffffffffffbff,
    0xfffffffffffffc00, 0xffffff7fffffffff, 0xffffff8000000000, 0x7fffffbfffffffff,
    0x7fffffc000000000};
enum { INT_EDGES = sizeof int_edges / sizeof int_edges[0], INT_CASES = INT_EDGES + 60 };

static uint64_t int_case(int i) { return i < INT_EDGES ? int_edges[i] : random_u64() >> (i & 31); }

static const uint32_t f32_edges[] = {
    0x00000000, 0x00000001, 0x007fffff, 0x00800000, 0x3effffff, 0x3f000000, 0x3f000001, 0x3f7fffff,
    0x3f800000, 0x3f800001, 0x3fc00000, 0x40200000, 0x40600000, 0x4afffffd, 0x4afffffe, 0x4affffff,
    0x4b000000, 0x4b000001, 0x4b7fffff, 0x4b800000, 0x4effffff, 0x4f000000, 0x4f000001, 0x4f7fffff,
    0x4f800000, 0x5effffff, 0x5f000000, 0x5f000001, 0x5f7fffff, 0x5f800000, 0x7f7fffff, 0x7f800000,
    0x7f800001, 0x7fa00000, 0x7fc00000, 0x7fc00001, 0x7fffffff};
enum { F32_EDGES = sizeof f32_edges / sizeof f32_edges[0], F32_CASES = 2 * F32_EDGES + 60 };

static const uint64_t f64_edges[] = {
    0x0000000000000000, 0x0000000000000001, 0x000fffffffffffff, 0x0010000000000000,
    0x3690000000000000, 0x36a0000000000000, 0x380fffffffffffff, 0x3fdfffffffffffff,
    0x3fe0000000000000, 0x3fe0000000000001, 0x3fefffffffffffff, 0x3ff0000000000000,
    0x3ff0000000000001, 0x3ff0000010000000, 0x3ff0000030000000, 0x3ff8000000000000,
    0x4004000000000000, 0x400c000000000000, 0x41dfffffffbfffff, 0x41dfffffffc00000,
    0x41dfffffffffffff, 0x41e0000000000000, 0x41e00000001fffff, 0x41e0000000200000,
    0x41e0000000200001, 0x41efffffffe00000, 0x41efffffffffffff, 0x41f0000000000000,
    0x432fffffffffffff, 0x4330000000000000, 0x4330000000000001, 0x433fffffffffffff,
    0x4340000000000000, 0x43dfffffffffffff, 0x43e0000000000000, 0x43e0000000000001,
    0x43efffffffffffff, 0x43f0000000000000, 0x47efffffe0000000, 0x47efffffefffffff,
    0x47effffff0000000, 0x7fefffffffffffff, 0x7ff0000000000000, 0x7ff0000000000001,
    0x7ff4000000000000, 0x7ff8000000000000, 0x7ff8000000000001, 0x7fffffffffffffff};
enum { F64_EDGES = sizeof f64_edges / sizeof f64_edges[0], F64_CASES = 2 * F64_EDGES + 60 };

static float f32_case(int i) {
  if (i >= 2 * F32_EDGES) {
    uint32_t bits = (uint32_t)random_u64();
    return i & 1 ? wr__f32_from_bits(bits) : (float)(int32_t)bits / 64;
  }
  return wr__f32_from_bits(f32_edges[i / 2] | (i & 1 ? 0x80000000u : 0));
}

static double f64_case(int i) {
  if (i >= 2 * F64_EDGES) {
    uint64_t bits = random_u64();
    return i & 1 ? wr__f64_from_bits(bits) : (double)(int64_t)bits / 0x1p31;
  }
  return wr__f64_from_bits(f64_edges[i / 2] | (i & 1 ? 0x8000000000000000u : 0));
}

static bool is_arithmetic_nan32(float x) { return (wr__f32_bits(x) & 0x7fc00000) == 0x7fc00000; }
static bool is_arithmetic_nan64(double x) {
  return (wr__f64_bits(x) & 0x7ff8000000000000) == 0x7ff8000000000000;
}

/* Equal bit by bit, or arithmetic NaNs. */
static void assert_f32(float got, float expected) {
  if (expected != expected)
    assert_true(is_arithmetic_nan32(got));
  else
    assert_int_equal(wr__f32_bits(got), wr__f32_bits(expected));
}

static void assert_f64(double got, double expected) {
  if (expected != expected)
    assert_true(is_arithmetic_nan64(got));
  else
    assert_int_equal(wr__f64_bits(got), wr__f64_bits(expected));
}

/* ---- Integers ---- */

static unsigned bit_of(uint64_t value, unsigned width, int position) {
  return value >> ((unsigned)position % width) & 1;
}

static uint64_t reference_rotate(uint64_t value, unsigned width, unsigned left) {
  uint64_t result = 0;
  for (unsigned i = 0; i < width; i++) {
    result |= (uint64_t)bit_of(value, width, (int)(i + 4 * width - left % width)) << i;
  }
  return result;
}

static uint64_t reference_shift(uint64_t value, unsigned width, unsigned count, bool left,
                                unsigned fill) {
  uint64_t result = 0;
  for (unsigned i = 0; i < width; i++) {
    unsigned from = left ? i - count % width : i + count % width;
    uint64_t bit = from < width ? bit_of(value, width, (int)from) : left ? 0 : fill;
    result |= bit << i;
  }
  return result;
}

static void test_i32_binary(void **state) {
  (void)state;
  for (int i = 0; i < INT_CASES; i++) {
    for (int j = 0; j < INT_CASES; j++) {
      uint32_t a = (uint32_t)int_case(i), b = (uint32_t)int_case(j);
      int64_t sa = (int64_t)a - (a >> 31 ? 0x100000000 : 0);
      int64_t sb = (int64_t)b - (b >> 31 ? 0x100000000 : 0);
      assert_int_equal(wr__num_i32_add(a, b), (uint32_t)(sa + sb));
      assert_int_equal(wr__num_i32_sub(a, b), (uint32_t)(sa - sb));
      assert_int_equal(wr__num_i32_mul(a, b), (uint32_t)(sa * sb));
      assert_int_equal(wr__num_i32_and(a, b), a & b);
      assert_int_equal(wr__num_i32_or(a, b), a | b);
      assert_int_equal(wr__num_i32_xor(a, b), a ^ b);
      assert_int_equal(wr__num_i32_shl(a, b), reference_shift(a, 32, b, true, 0));
      assert_int_equal(wr__num_i32_shr_u(a, b), reference_shift(a, 32, b, false, 0));
      assert_int_equal(wr__num_i32_shr_s(a, b), reference_shift(a, 32, b, false, a >> 31));
      assert_int_equal(wr__num_i32_rotl(a, b), reference_rotate(a, 32, b));
      assert_int_equal(wr__num_i32_rotr(a, b), reference_rotate(a, 32, 32 - b % 32));
      assert_int_equal(wr__num_i32_eq(a, b), sa == sb);
      assert_int_equal(wr__num_i32_ne(a, b), sa != sb);
      assert_int_equal(wr__num_i32_lt_s(a, b), sa < sb);
      assert_int_equal(wr__num_i32_gt_s(a, b), sa > sb);
      assert_int_equal(wr__num_i32_le_s(a, b), sa <= sb);
      assert_int_equal(wr__num_i32_ge_s(a, b), sa >= sb);
      assert_int_equal(wr__num_i32_lt_u(a, b), (uint64_t)a < b);
      assert_int_equal(wr__num_i32_gt_u(a, b), (uint64_t)a > b);
      assert_int_equal(wr__num_i32_le_u(a, b), (uint64_t)a <= b);
      assert_int_equal(wr__num_i32_ge_u(a, b), (uint64_t)a >= b);
      wr_trap_kind zero = b == 0 ? WR_TRAP_INTEGER_DIVIDE_BY_ZERO : WR_TRAP_NONE;
      assert_int_equal(wr__check_i32_div_u(a, b), zero);
      assert_int_equal(wr__check_i32_rem_s(a, b), zero);
      assert_int_equal(wr__check_i32_rem_u(a, b), zero);
      if (b == 0) {
        assert_int_equal(wr__check_i32_div_s(a, b), zero);
        continue;
      }
      assert_int_equal(wr__num_i32_div_u(a, b), (uint64_t)a / b);
      assert_int_equal(wr__num_i32_rem_u(a, b), (uint64_t)a % b);
      assert_int_equal(wr__num_i32_rem_s(a, b), (uint32_t)(sa % sb));
      if (sa / sb > INT32_MAX) {
        assert_int_equal(wr__check_i32_div_s(a, b), WR_TRAP_INTEGER_OVERFLOW);
      } else {
        assert_int_equal(wr__check_i32_div_s(a, b), WR_TRAP_NONE);
        assert_int_equal(wr__num_i32_div_s(a, b), (uint32_t)(sa / sb));
      }
    }
  }
}

static void test_i64_binary(void **state) {
  (void)state;
  for (int i = 0; i < INT_CASES; i++) {
    for (int j = 0; j < INT_CASES; j++) {
      uint64_t a = int_case(i), b = int_case(j);
      __int128 sa = (__int128)a - (a >> 63 ? (__int128)1 << 64 : 0);
      __int128 sb = (__int128)b - (b >> 63 ? (__int128)1 << 64 : 0);
      assert_int_equal(wr__num_i64_add(a, b), (uint64_t)(sa + sb));
      assert_int_equal(wr__num_i64_sub(a, b), (uint64_t)(sa - sb));
      assert_int_equal(wr__num_i64_mul(a, b), (uint64_t)(sa * sb));
      assert_int_equal(wr__num_i64_and(a, b), a & b);
      assert_int_equal(wr__num_i64_or(a, b), a | b);
      assert_int_equal(wr__num_i64_xor(a, b), a ^ b);
      assert_int_equal(wr__num_i64_shl(a, b), reference_shift(a, 64, b & 63, true, 0));
      assert_int_equal(wr__num_i64_shr_u(a, b), reference_shift(a, 64, b & 63, false, 0));
      assert_int_equal(wr__num_i64_shr_s(a, b),
                       reference_shift(a, 64, b & 63, false, (unsigned)(a >> 63)));
      assert_int_equal(wr__num_i64_rotl(a, b), reference_rotate(a, 64, b & 63));
      assert_int_equal(wr__num_i64_rotr(a, b), reference_rotate(a, 64, 64 - b % 64));
      assert_int_equal(wr__num_i64_eq(a, b), sa == sb);
      assert_int_equal(wr__num_i64_ne(a, b), sa != sb);
      assert_int_equal(wr__num_i64_lt_s(a, b), sa < sb);
      assert_int_equal(wr__num_i64_gt_s(a, b), sa > sb);
      assert_int_equal(wr__num_i64_le_s(a, b), sa <= sb);
      assert_int_equal(wr__num_i64_ge_s(a, b), sa >= sb);
      assert_int_equal(wr__num_i64_lt_u(a, b), (unsigned __int128)a < b);
      assert_int_equal(wr__num_i64_gt_u(a, b), (unsigned __int128)a > b);
      assert_int_equal(wr__num_i64_le_u(a, b), (unsigned __int128)a <= b);
      assert_int_equal(wr__num_i64_ge_u(a, b), (unsigned __int128)a >= b);
      wr_trap_kind zero = b == 0 ? WR_TRAP_INTEGER_DIVIDE_BY_ZERO : WR_TRAP_NONE;
      assert_int_equal(wr__check_i64_div_u(a, b), zero);
      assert_int_equal(wr__check_i64_rem_s(a, b), zero);
      assert_int_equal(wr__check_i64_rem_u(a, b), zero);
      if (b == 0) {
        assert_int_equal(wr__check_i64_div_s(a, b), zero);
        continue;
      }
      assert_int_equal(wr__num_i64_div_u(a, b), (uint64_t)((unsigned __int128)a / b));
      assert_int_equal(wr__num_i64_rem_u(a, b), (uint64_t)((unsigned __int128)a % b));
      assert_int_equal(wr__num_i64_rem_s(a, b), (uint64_t)(sa % sb));
      if (sa / sb > INT64_MAX) {
        assert_int_equal(wr__check_i64_div_s(a, b), WR_TRAP_INTEGER_OVERFLOW);
      } else {
        assert_int_equal(wr__check_i64_div_s(a, b), WR_TRAP_NONE);
        assert_int_equal(wr__num_i64_div_s(a, b), (uint64_t)(sa / sb));
      }
    }
  }
}

static void test_int_unary(void **state) {
  (void)state;
  for (int i = 0; i < 2000; i++) {
    uint64_t a = int_case(i);
    for (unsigned width = 32; width <= 64; width += 32) {
      uint64_t x = width == 32 ? (uint32_t)a : a;
      unsigned ones = 0, leading = width, trailing = width;
      for (unsigned k = 0; k < width; k++) {
        unsigned bit = x >> k & 1;
        ones += bit;
        if (bit) leading = width - 1 - k;
        if (bit && trailing == width) trailing = k;
      }
      if (width == 32) {
        assert_int_equal(wr__num_i32_clz((uint32_t)x), leading);
        assert_int_equal(wr__num_i32_ctz((uint32_t)x), trailing);
        assert_int_equal(wr__num_i32_popcnt((uint32_t)x), ones);
      } else {
        assert_int_equal(wr__num_i64_clz(x), leading);
        assert_int_equal(wr__num_i64_ctz(x), trailing);
        assert_int_equal(wr__num_i64_popcnt(x), ones);
      }
    }
    uint64_t from8 = (a & 0xff) - (a & 0x80 ? 0x100 : 0);
    uint64_t from16 = (a & 0xffff) - (a & 0x8000 ? 0x10000 : 0);
    uint64_t from32 = (a & 0xffffffff) - (a & 0x80000000 ? 0x100000000 : 0);
    assert_int_equal(wr__num_i32_extend8_s((uint32_t)a), (uint32_t)from8);
    assert_int_equal(wr__num_i32_extend16_s((uint32_t)a), (uint32_t)from16);
    assert_int_equal(wr__num_i64_extend8_s(a), from8);
    assert_int_equal(wr__num_i64_extend16_s(a), from16);
    assert_int_equal(wr__num_i64_extend32_s(a), from32);
    assert_int_equal(wr__num_i64_extend_i32_s((uint32_t)a), from32);
    assert_int_equal(wr__num_i64_extend_i32_u((uint32_t)a), a & 0xffffffff);
    assert_int_equal(wr__num_i32_wrap_i64(a), a & 0xffffffff);
    assert_int_equal(wr__num_i32_eqz((uint32_t)a), (a & 0xffffffff) ? 0 : 1);
    assert_int_equal(wr__num_i64_eqz(a), a ? 0 : 1);
  }
}

/* Schoolbook products and sums of 32-bit digits. */
static void test_wide(void **state) {
  (void)state;
  for (int i = 0; i < INT_CASES; i++) {
    for (int j = 0; j < INT_CASES; j++) {
      uint64_t a = int_case(i), b = int_case(j), c = random_u64(), d = random_u64(), lo, hi;
      wr__num_i64_add128(a, c, b, d, &lo, &hi);
      assert_int_equal(lo, a + b);
      assert_int_equal(hi, c + d + (a + b < a));
      wr__num_i64_sub128(a, c, b, d, &lo, &hi);
      assert_int_equal(lo, a - b);
      assert_int_equal(hi, c - d - (a < b));
      uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
      uint64_t middle = ah * bl + (al * bl >> 32), middle2 = al * bh + (uint32_t)middle;
      uint64_t low = middle2 << 32 | (uint32_t)(al * bl);
      uint64_t high = ah * bh + (middle >> 32) + (middle2 >> 32);
      wr__num_i64_mul_wide_u(a, b, &lo, &hi);
      assert_int_equal(lo, low);
      assert_int_equal(hi, high);
      /* As two's complement each negative factor takes the other from the high half. */
      wr__num_i64_mul_wide_s(a, b, &lo, &hi);
      assert_int_equal(lo, low);
      assert_int_equal(hi, high - (a >> 63 ? b : 0) - (b >> 63 ? a : 0));
    }
  }
}

/* ---- Floats ---- */

static void test_f32_binary(void **state) {
  (void)state;
  for (int i = 0; i < F32_CASES; i++) {
    for (int j = 0; j < F32_CASES; j++) {
      float a = f32_case(i), b = f32_case(j);
      bool nan = isnan(a) || isnan(b);
      bool a_first = nan ? false : a < b || (a == b && signbit(a));
      assert_f32(wr__num_f32_min(a, b), nan ? NAN : a_first ? a : b);
      assert_f32(wr__num_f32_max(a, b), nan ? NAN : a_first ? b : a);
      /* double has room for the exact sum's and product's rounding to float. */
      assert_f32(wr__num_f32_add(a, b), (float)((double)a + (double)b));
      assert_f32(wr__num_f32_sub(a, b), (float)((double)a - (double)b));
      assert_f32(wr__num_f32_mul(a, b), (float)((double)a * (double)b));
      assert_f32(wr__num_f32_div(a, b), (float)((double)a / (double)b));
      uint32_t sign = wr__f32_bits(b) >> 31;
      assert_int_equal(wr__f32_bits(wr__num_f32_copysign(a, b)),
                       (wr__f32_bits(a) & 0x7fffffff) | sign << 31);
      int order = nan ? 2 : (double)a > (double)b ? 1 : (double)a < (double)b ? -1 : 0;
      assert_int_equal(wr__num_f32_eq(a, b), order == 0);
      assert_int_equal(wr__num_f32_ne(a, b), order != 0);
      assert_int_equal(wr__num_f32_lt(a, b), order == -1);
      assert_int_equal(wr__num_f32_gt(a, b), order == 1);
      assert_int_equal(wr__num_f32_le(a, b), order == -1 || order == 0);
      assert_int_equal(wr__num_f32_ge(a, b), order == 1 || order == 0);
    }
  }
}

static void test_f64_binary(void **state) {
  (void)state;
  for (int i = 0; i < F64_CASES; i++) {
    for (int j = 0; j < F64_CASES; j++) {
      double a = f64_case(i), b = f64_case(j);
      bool nan = isnan(a) || isnan(b);
      bool a_first = nan ? false : a < b || (a == b && signbit(a));
      assert_f64(wr__num_f64_min(a, b), nan ? NAN : a_first ? a : b);
      assert_f64(wr__num_f64_max(a, b), nan ? NAN : a_first ? b : a);
      volatile double va = a, vb = b;
      assert_f64(wr__num_f64_add(a, b), va + vb);
      assert_f64(wr__num_f64_sub(a, b), va - vb);
      assert_f64(wr__num_f64_mul(a, b), va * vb);
      assert_f64(wr__num_f64_div(a, b), va / vb);
      uint64_t sign = wr__f64_bits(b) >> 63;
      assert_int_equal(wr__f64_bits(wr__num_f64_copysign(a, b)),
                       (wr__f64_bits(a) & INT64_MAX) | sign << 63);
      int order = nan ? 2 : (long double)a > b ? 1 : (long double)a < b ? -1 : 0;
      assert_int_equal(wr__num_f64_eq(a, b), order == 0);
      assert_int_equal(wr__num_f64_ne(a, b), order != 0);
      assert_int_equal(wr__num_f64_lt(a, b), order == -1);
      assert_int_equal(wr__num_f64_gt(a, b), order == 1);
      assert_int_equal(wr__num_f64_le(a, b), order == -1 || order == 0);
      assert_int_equal(wr__num_f64_ge(a, b), order == 1 || order == 0);
    }
  }
}

static void test_f32_unary(void **state) {
  (void)state;
  for (int i = 0; i < 20000; i++) {
    float x = f32_case(i);
    uint32_t bits = wr__f32_bits(x);
    assert_int_equal(wr__f32_bits(wr__num_f32_abs(x)), bits & 0x7fffffff);
    assert_int_equal(wr__f32_bits(wr__num_f32_neg(x)), bits ^ 0x80000000);
    assert_int_equal(wr__num_i32_reinterpret_f32(x), bits);
    assert_int_equal(wr__f32_bits(wr__num_f32_reinterpret_i32(bits)), bits);
    assert_f32(wr__num_f32_ceil(x), ceilf(x));
    assert_f32(wr__num_f32_floor(x), floorf(x));
    assert_f32(wr__num_f32_trunc(x), truncf(x));
    assert_f32(wr__num_f32_nearest(x), rintf(x));
    assert_f32(wr__num_f32_sqrt(x), (float)sqrt(x));
    assert_f64(wr__num_f64_promote_f32(x), isnan(x) ? NAN : (double)(long double)x);
  }
}

static void test_f64_unary(void **state) {
  (void)state;
  for (int i = 0; i < 20000; i++) {
    double x = f64_case(i);
    uint64_t bits = wr__f64_bits(x);
    assert_int_equal(wr__f64_bits(wr__num_f64_abs(x)), bits & INT64_MAX);
    assert_int_equal(wr__f64_bits(wr__num_f64_neg(x)), bits ^ 0x8000000000000000);
    assert_int_equal(wr__num_i64_reinterpret_f64(x), bits);
    assert_int_equal(wr__f64_bits(wr__num_f64_reinterpret_i64(bits)), bits);
    assert_f64(wr__num_f64_ceil(x), ceil(x));
    assert_f64(wr__num_f64_floor(x), floor(x));
    assert_f64(wr__num_f64_trunc(x), trunc(x));
    assert_f64(wr__num_f64_nearest(x), rint(x));
    assert_f64(wr__num_f64_sqrt(x), sqrt(x));
    assert_f32(wr__num_f32_demote_f64(x), isnan(x) ? NAN : (float)(long double)x);
  }
}

/* A rounding to even worked out by hand, and what a demotion and its NaNs look like. */
static void test_float_tables(void **state) {
  (void)state;
  static const double nearest[][2] = {{0.5, 0},
                                      {1.5, 2},
                                      {2.5, 2},
                                      {3.5, 4},
                                      {-0.5, -0.0},
                                      {-1.5, -2},
                                      {-2.5, -2},
                                      {0.49999999999999994, 0},
                                      {4503599627370495.5, 4503599627370496}};
  for (size_t i = 0; i < sizeof nearest / sizeof nearest[0]; i++) {
    assert_f64(wr__num_f64_nearest(nearest[i][0]), nearest[i][1]);
  }
  static const uint64_t demote[][2] = {
      {0x3ff0000010000000, 0x3f800000}, {0x3ff0000030000000, 0x3f800002},
      {0x3ff0000010000001, 0x3f800001}, {0x47efffffefffffff, 0x7f7fffff},
      {0x47effffff0000000, 0x7f800000}, {0x3690000000000000, 0x00000000},
      {0x3690000000000001, 0x00000001}, {0xb690000000000000, 0x80000000}};
  for (size_t i = 0; i < sizeof demote / sizeof demote[0]; i++) {
    float got = wr__num_f32_demote_f64(wr__f64_from_bits(demote[i][0]));
    assert_int_equal(wr__f32_bits(got), demote[i][1]);
  }
  /* Canonical operands give canonical results. Spec: exec/numerics, NaN propagation. */
  volatile float canonical = wr__f32_from_bits(0x7fc00000);
  volatile double canonical64 = wr__f64_from_bits(0x7ff8000000000000);
  assert_int_equal(wr__f32_bits(wr__num_f32_min(canonical, 1)) & INT32_MAX, 0x7fc00000);
  assert_int_equal(wr__f32_bits(wr__num_f32_nearest(canonical)) & INT32_MAX, 0x7fc00000);
  assert_int_equal(wr__f32_bits(wr__num_f32_demote_f64(canonical64)) & INT32_MAX, 0x7fc00000);
  assert_int_equal(wr__f64_bits(wr__num_f64_promote_f32(canonical)) & INT64_MAX,
                   0x7ff8000000000000);
  assert_int_equal(wr__f64_bits(wr__num_f64_max(1, canonical64)) & INT64_MAX, 0x7ff8000000000000);
}

/* ---- Conversions ---- */

static void test_convert(void **state) {
  (void)state;
  for (int i = 0; i < 20000; i++) {
    uint64_t a = int_case(i);
    uint32_t w = (uint32_t)a;
    long double sw = w >> 31 ? (long double)w - 0x1p32L : (long double)w;
    long double sa = a >> 63 ? (long double)a - 0x1p64L : (long double)a;
    assert_f32(wr__num_f32_convert_i32_s(w), (float)sw);
    assert_f32(wr__num_f32_convert_i32_u(w), (float)(long double)w);
    assert_f64(wr__num_f64_convert_i32_s(w), (double)sw);
    assert_f64(wr__num_f64_convert_i32_u(w), (double)(long double)w);
    assert_f32(wr__num_f32_convert_i64_s(a), (float)sa);
    assert_f32(wr__num_f32_convert_i64_u(a), (float)(long double)a);
    assert_f64(wr__num_f64_convert_i64_s(a), (double)sa);
    assert_f64(wr__num_f64_convert_i64_u(a), (double)(long double)a);
  }
}

/* min and max are those of the target type; long double holds both and the truncated value. */
static void check_trunc(long double x, long double min, long double max, wr_trap_kind kind,
                        long double trunc_result, long double sat_result) {
  if (isnan(x)) {
    assert_int_equal(kind, WR_TRAP_INVALID_CONVERSION);
    assert_true(sat_result == 0);
    return;
  }
  long double whole = truncl(x);
  bool fits = whole >= min && whole <= max;
  assert_int_equal(kind, fits ? WR_TRAP_NONE : WR_TRAP_INTEGER_OVERFLOW);
  assert_true(sat_result == (fits ? whole : whole < min ? min : max));
  if (fits) assert_true(trunc_result == whole);
}

#define CHECK_TRUNC(name, sat, x, type, min, max)                                 \
  do {                                                                            \
    wr_trap_kind kind_ = wr__check_##name(x);                                     \
    check_trunc((long double)(x), (long double)(min), (long double)(max), kind_,  \
                kind_ == WR_TRAP_NONE ? (long double)(type)wr__num_##name(x) : 0, \
                (long double)(type)wr__num_##sat(x));                             \
  } while (0)

static void test_trunc(void **state) {
  (void)state;
  for (int i = 0; i < 20000; i++) {
    float f = f32_case(i);
    double d = f64_case(i);
    CHECK_TRUNC(i32_trunc_f32_s, i32_trunc_sat_f32_s, f, int32_t, INT32_MIN, INT32_MAX);
    CHECK_TRUNC(i32_trunc_f32_u, i32_trunc_sat_f32_u, f, uint32_t, 0, UINT32_MAX);
    CHECK_TRUNC(i64_trunc_f32_s, i64_trunc_sat_f32_s, f, int64_t, INT64_MIN, INT64_MAX);
    CHECK_TRUNC(i64_trunc_f32_u, i64_trunc_sat_f32_u, f, uint64_t, 0, UINT64_MAX);
    CHECK_TRUNC(i32_trunc_f64_s, i32_trunc_sat_f64_s, d, int32_t, INT32_MIN, INT32_MAX);
    CHECK_TRUNC(i32_trunc_f64_u, i32_trunc_sat_f64_u, d, uint32_t, 0, UINT32_MAX);
    CHECK_TRUNC(i64_trunc_f64_s, i64_trunc_sat_f64_s, d, int64_t, INT64_MIN, INT64_MAX);
    CHECK_TRUNC(i64_trunc_f64_u, i64_trunc_sat_f64_u, d, uint64_t, 0, UINT64_MAX);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_i32_binary),   cmocka_unit_test(test_i64_binary),
      cmocka_unit_test(test_int_unary),    cmocka_unit_test(test_wide),
      cmocka_unit_test(test_f32_binary),   cmocka_unit_test(test_f64_binary),
      cmocka_unit_test(test_f32_unary),    cmocka_unit_test(test_f64_unary),
      cmocka_unit_test(test_float_tables), cmocka_unit_test(test_convert),
      cmocka_unit_test(test_trunc),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
