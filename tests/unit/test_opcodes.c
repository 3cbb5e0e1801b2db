/* Unit tests of the instruction table: every row is found by its code, and what is derived from
 * codes agrees with what the names say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "opcodes/opcodes.h"

static void every_row_is_found(void **state) {
  (void)state;
  for (int op = 0; op < WR__OP_COUNT; op++) {
    const wr__opinfo *info = &wr__opinfos[op];
    assert_int_equal(wr__op_lookup((wr__page)info->page, info->code), op);
    if (info->page == WR__PAGE_CORE) {
      assert_int_equal(wr__core_ops[info->code], op);
    } else {
      uint8_t prefix = wr__prefix_of_page((wr__page)info->page);
      assert_int_equal(wr__page_of_prefix(prefix), info->page);
      assert_int_equal(wr__core_ops[prefix], WR__OP_NONE);
    }
  }
  assert_int_equal(wr__op_lookup(WR__PAGE_CORE, 0x27), WR__OP_NONE);
  assert_int_equal(wr__op_lookup(WR__PAGE_SIMD, UINT32_MAX), WR__OP_NONE);
  assert_int_equal(wr__core_ops[0xff], WR__OP_NONE);
}

static unsigned log2_of_bits(unsigned long bits) {
  unsigned log2 = 0;
  while (8ul << log2 < bits) log2++;
  return log2;
}

/* The bits that an access touches, as its name has them: after the operation ("i64.load32_u"; lanes
 * times width in "v128.load8x8_s"), else the type's. */
static unsigned named_width(const char *text) {
  if (strcmp(text, "memory.atomic.notify") == 0) return 32;
  static const char *const operations[] = {"load", "store", "rmw", "wait"};
  for (size_t i = 0; i < WR_ARRAY_COUNT(operations); i++) {
    const char *at = strstr(text, operations[i]);
    if (!at) continue;
    char *end;
    unsigned long bits = strtoul(at + strlen(operations[i]), &end, 10);
    if (*end == 'x') bits *= strtoul(end + 1, NULL, 10);
    return bits ? (unsigned)bits : (unsigned)strtoul(text + 1, NULL, 10);
  }
  fail_msg("%s accesses no memory", text);
  return 0;
}

static void alignments_are_as_the_names_say(void **state) {
  (void)state;
  for (int op = 0; op < WR__OP_COUNT; op++) {
    const wr__opinfo *info = &wr__opinfos[op];
    bool access = info->immediates == WR__IMM_MEMARG || info->immediates == WR__IMM_MEMARG_LANE;
    unsigned expected = access ? log2_of_bits(named_width(info->text)) : 0;
    if (info->align_log2 != expected) fail_msg("%s: %u", info->text, info->align_log2);
  }
}

static void signatures_are_read(void **state) {
  (void)state;
  const wr__opinfo *info = &wr__opinfos[WR__OP_i64_add128];
  assert_string_equal(info->params, "llll");
  assert_string_equal(info->results, "ll");
  assert_int_equal(info->param_count, 4);
  assert_int_equal(info->result_count, 2);
  info = &wr__opinfos[WR__OP_i32_store];
  assert_string_equal(info->params, "ai");
  assert_string_equal(info->results, "");
  assert_false(info->special);
  assert_true(wr__opinfos[WR__OP_block].special);
  assert_int_equal(wr__opinfos[WR__OP_block].param_count, 0);
  assert_true(wr__opinfos[WR__OP_select].special);
  assert_int_equal(wr__opinfos[WR__OP_select].param_count, 3);
  assert_int_equal(wr__opinfos[WR__OP_select].result_count, 1);
}

static void effects_are_read(void **state) {
  (void)state;
  assert_int_equal(wr__opinfos[WR__OP_nop].effects, 0);
  assert_int_equal(wr__opinfos[WR__OP_i32_div_s].effects, WR__EFFECT_TRAPS);
  assert_int_equal(wr__opinfos[WR__OP_i32_const].effects, WR__EFFECT_CONSTANT);
  assert_int_equal(wr__opinfos[WR__OP_i64_mul].effects, WR__EFFECT_EXTENDED_CONSTANT);
  assert_int_equal(wr__opinfos[WR__OP_struct_new].effects, WR__EFFECT_TRAPS | WR__EFFECT_CONSTANT);
  for (int op = 0; op < WR__OP_COUNT; op++) {
    const wr__opinfo *info = &wr__opinfos[op];
    bool accesses = info->immediates == WR__IMM_MEMARG || info->immediates == WR__IMM_MEMARG_LANE;
    if ((info->access != WR__ACCESS_NONE) != accesses) fail_msg("%s: access", info->text);
    if (accesses && !(info->effects & WR__EFFECT_TRAPS)) fail_msg("%s cannot trap", info->text);
  }
}

/* The reduced rows say nothing that the full rows do not. */
static void quick_rows_agree(void **state) {
  (void)state;
  unsigned quick = 0;
  for (unsigned code = 0; code < 256; code++) {
    const wr__quick *q = &wr__core_quick[code];
    if (q->form == WR__QUICK_NONE) continue;
    quick++;
    const wr__opinfo *info = &wr__opinfos[wr__core_ops[code]];
    assert_int_equal(info->feature, WR_FEATURE_MVP);
    assert_int_equal(q->param_count, info->param_count);
    assert_int_equal(q->align_log2, info->align_log2);
    assert_int_equal(q->form == WR__QUICK_STORE, info->result_count == 0);
  }
  assert_int_equal(quick,
                   123 + 23); /* numeric instructions, loads and stores of the first version */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_row_is_found),  cmocka_unit_test(alignments_are_as_the_names_say),
      cmocka_unit_test(signatures_are_read), cmocka_unit_test(effects_are_read),
      cmocka_unit_test(quick_rows_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
