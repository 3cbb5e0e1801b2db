/* The instruction table against runtime/numeric: every row without immediates and without a
 * rule of its own has a function of that name, with the row's signature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "numeric/scalar.h"
#include "numeric/simd.h"

/* Every plain row has a function of its signature: a mistake does not compile. */
/* clang-format off */
#define F_SPECIAL(name)
#define F_S00(name)
#define F_S01(name)
#define F_S10(name)
#define F_S11(name)
#define F_S20(name)
#define F_S21(name)
#define F_S30(name)
#define F_S31(name)
#define F_S40(name)
#define F_S50(name)
#define F_i_i(name)     uint32_t (*name)(uint32_t) = wr__num_##name; (void)name;
#define F_i_l(name)     uint64_t (*name)(uint32_t) = wr__num_##name; (void)name;
#define F_i_f(name)     float (*name)(uint32_t) = wr__num_##name; (void)name;
#define F_i_d(name)     double (*name)(uint32_t) = wr__num_##name; (void)name;
#define F_i_v(name)     wr__v128 (*name)(uint32_t) = wr__num_##name; (void)name;
#define F_l_i(name)     uint32_t (*name)(uint64_t) = wr__num_##name; (void)name;
#define F_l_l(name)     uint64_t (*name)(uint64_t) = wr__num_##name; (void)name;
#define F_l_f(name)     float (*name)(uint64_t) = wr__num_##name; (void)name;
#define F_l_d(name)     double (*name)(uint64_t) = wr__num_##name; (void)name;
#define F_l_v(name)     wr__v128 (*name)(uint64_t) = wr__num_##name; (void)name;
#define F_f_i(name)     uint32_t (*name)(float) = wr__num_##name; (void)name;
#define F_f_l(name)     uint64_t (*name)(float) = wr__num_##name; (void)name;
#define F_f_f(name)     float (*name)(float) = wr__num_##name; (void)name;
#define F_f_d(name)     double (*name)(float) = wr__num_##name; (void)name;
#define F_f_v(name)     wr__v128 (*name)(float) = wr__num_##name; (void)name;
#define F_d_i(name)     uint32_t (*name)(double) = wr__num_##name; (void)name;
#define F_d_l(name)     uint64_t (*name)(double) = wr__num_##name; (void)name;
#define F_d_f(name)     float (*name)(double) = wr__num_##name; (void)name;
#define F_d_d(name)     double (*name)(double) = wr__num_##name; (void)name;
#define F_d_v(name)     wr__v128 (*name)(double) = wr__num_##name; (void)name;
#define F_ii_i(name)    uint32_t (*name)(uint32_t, uint32_t) = wr__num_##name; (void)name;
#define F_ll_i(name)    uint32_t (*name)(uint64_t, uint64_t) = wr__num_##name; (void)name;
#define F_ll_l(name)    uint64_t (*name)(uint64_t, uint64_t) = wr__num_##name; (void)name;
#define F_ff_i(name)    uint32_t (*name)(float, float) = wr__num_##name; (void)name;
#define F_ff_f(name)    float (*name)(float, float) = wr__num_##name; (void)name;
#define F_dd_i(name)    uint32_t (*name)(double, double) = wr__num_##name; (void)name;
#define F_dd_d(name)    double (*name)(double, double) = wr__num_##name; (void)name;
#define F_v_i(name)     uint32_t (*name)(wr__v128) = wr__num_##name; (void)name;
#define F_v_v(name)     wr__v128 (*name)(wr__v128) = wr__num_##name; (void)name;
#define F_vi_v(name)    wr__v128 (*name)(wr__v128, uint32_t) = wr__num_##name; (void)name;
#define F_vv_v(name)    wr__v128 (*name)(wr__v128, wr__v128) = wr__num_##name; (void)name;
#define F_vvv_v(name)   wr__v128 (*name)(wr__v128, wr__v128, wr__v128) = wr__num_##name; (void)name;
#define F_ll_ll(name)   void (*name)(uint64_t, uint64_t, uint64_t *, uint64_t *) = wr__num_##name; (void)name;
#define F_llll_ll(name) void (*name)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t *, uint64_t *) = wr__num_##name; (void)name;
/* clang-format on */

/* Rows with immediates have forms of their own. */
#define PLAIN_NONE(name, signature) F_##signature(name)
#define PLAIN_BLOCK(name, signature)
#define PLAIN_BR_ON_CAST(name, signature)
#define PLAIN_DATA(name, signature)
#define PLAIN_DATA_MEM(name, signature)
#define PLAIN_ELEM(name, signature)
#define PLAIN_ELEM_TABLE(name, signature)
#define PLAIN_F32(name, signature)
#define PLAIN_F64(name, signature)
#define PLAIN_FENCE(name, signature)
#define PLAIN_FUNC(name, signature)
#define PLAIN_GLOBAL(name, signature)
#define PLAIN_HEAPTYPE(name, signature)
#define PLAIN_I32(name, signature)
#define PLAIN_I64(name, signature)
#define PLAIN_LABEL(name, signature)
#define PLAIN_LABEL_TABLE(name, signature)
#define PLAIN_LANE(name, signature)
#define PLAIN_LANES16(name, signature)
#define PLAIN_LOCAL(name, signature)
#define PLAIN_MEM(name, signature)
#define PLAIN_MEMARG(name, signature)
#define PLAIN_MEMARG_LANE(name, signature)
#define PLAIN_MEM_MEM(name, signature)
#define PLAIN_SELECT_TYPES(name, signature)
#define PLAIN_TABLE(name, signature)
#define PLAIN_TABLE_TABLE(name, signature)
#define PLAIN_TAG(name, signature)
#define PLAIN_TRY_TABLE(name, signature)
#define PLAIN_TYPE(name, signature)
#define PLAIN_TYPE_COUNT(name, signature)
#define PLAIN_TYPE_DATA(name, signature)
#define PLAIN_TYPE_ELEM(name, signature)
#define PLAIN_TYPE_FIELD(name, signature)
#define PLAIN_TYPE_TABLE(name, signature)
#define PLAIN_TYPE_TYPE(name, signature)
#define PLAIN_V128(name, signature)

static void test_signatures(void **state) {
  (void)state;
#define OP(page, code, name, text, immediates, signature, access, effects, feature) \
  PLAIN_##immediates(name, signature)
#include "opcodes.def"
#undef OP
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_signatures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
