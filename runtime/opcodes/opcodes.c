/* The instruction table's rows and the way from codes to rows, all made from opcodes.def by the
 * C compiler: nothing is computed at run time, and nothing here needs editing for a new row. */
#include "opcodes/opcodes.h"

/* The signature token's letters. Padding makes every index below lie in the literal. */
#define TEXT(token) (#token "\0\0\0\0\0\0\0\0\0")
#define IS_SPECIAL(s) (s[0] == 'S')
/* The i-th letter before the underscore, 0 from there on. */
#define PARAM_END(s) (s[0] == '_' ? 0 : s[1] == '_' ? 1 : s[2] == '_' ? 2 : s[3] == '_' ? 3 : 4)
#define PARAM(s, i) ((char)(IS_SPECIAL(s) || (i) >= PARAM_END(s) ? 0 : s[i]))
#define RESULT(s, i) ((char)(IS_SPECIAL(s) ? 0 : s[PARAM_END(s) + 1 + (i)]))

#define PARAM_COUNT(s) ((uint8_t)(IS_SPECIAL(s) ? 0 : PARAM_END(s)))
#define RESULT_COUNT(s) ((uint8_t)(RESULT(s, 0) == 0 ? 0 : RESULT(s, 1) == 0 ? 1 : 2))

/* Operands or results of a special row, where they are always as many: S21. */
#define DIGIT(c) ((c) >= '0' && (c) <= '9' ? (c) - '0' : 0)
#define FIXED(s, i) ((uint8_t)(IS_SPECIAL(s) ? DIGIT(s[i]) : 0))

/* The logarithm of an access's bytes. */
enum {
  LOG2_NONE = 0,
  LOG2_u8 = 0,
  LOG2_s8 = 0,
  LOG2_u16 = 1,
  LOG2_s16 = 1,
  LOG2_u32 = 2,
  LOG2_s32 = 2,
  LOG2_f32 = 2,
  LOG2_u64 = 3,
  LOG2_f64 = 3,
  LOG2_v128 = 4,
};

/* The letters of an effects token; NONE is none. */
#define HAS(s, letter) (s[0] != 'N' && (s[0] == (letter) || s[1] == (letter) || s[2] == (letter)))
#define EFFECTS(s)                                                                           \
  (uint8_t)((HAS(s, 'T') ? WR__EFFECT_TRAPS : 0) | (HAS(s, 'C') ? WR__EFFECT_CONSTANT : 0) | \
            (HAS(s, 'X') ? WR__EFFECT_EXTENDED_CONSTANT : 0))

const wr__opinfo wr__opinfos[WR__OP_COUNT] = {
#define OP(page, code, name, text, immediates, signature, access, effects, feature)  \
  {text,                                                                             \
   {PARAM(TEXT(signature), 0), PARAM(TEXT(signature), 1), PARAM(TEXT(signature), 2), \
    PARAM(TEXT(signature), 3), 0},                                                   \
   {RESULT(TEXT(signature), 0), RESULT(TEXT(signature), 1), 0},                      \
   WR__PAGE_##page,                                                                  \
   WR__IMM_##immediates,                                                             \
   WR_FEATURE_##feature,                                                             \
   IS_SPECIAL(TEXT(signature)),                                                      \
   LOG2_##access,                                                                    \
   WR__ACCESS_##access,                                                              \
   EFFECTS(TEXT(effects)),                                                           \
   code,                                                                             \
   (uint8_t)(PARAM_COUNT(TEXT(signature)) + FIXED(TEXT(signature), 1)),              \
   (uint8_t)(RESULT_COUNT(TEXT(signature)) + FIXED(TEXT(signature), 2))},
#include "opcodes.def"
#undef OP
};

/* Every slot starts as "none", and the rows then take theirs: overriding is the point. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"

enum { MAX_CODE = 0x120 };

/* The rows of other pages land in the spare slot at the end. */
const uint16_t wr__core_ops[257] = {
    [0 ... 256] = WR__OP_NONE,
#define OP(page, code, name, text, immediates, signature, access, effects, feature) \
  [WR__PAGE_##page == WR__PAGE_CORE ? code : 256] = WR__OP_##name,
#include "opcodes.def"
#undef OP
};

#define LETTER_TYPE(c)    \
  ((c) == 'i'   ? WR_I32  \
   : (c) == 'l' ? WR_I64  \
   : (c) == 'f' ? WR_F32  \
   : (c) == 'd' ? WR_F64  \
   : (c) == 'v' ? WR_V128 \
                : 0)
/* Operators of the table take operands of one type each. */
#define IS_QUICK_OPERATOR(s, immediates)                 \
  (immediates == WR__IMM_NONE && RESULT_COUNT(s) == 1 && \
   (PARAM_COUNT(s) == 1 || (PARAM_COUNT(s) == 2 && PARAM(s, 0) == PARAM(s, 1))))
#define QUICK_FORM(s, immediates)                                     \
  (IS_QUICK_OPERATOR(s, immediates)              ? WR__QUICK_OPERATOR \
   : immediates != WR__IMM_MEMARG                ? WR__QUICK_NONE     \
   : PARAM_COUNT(s) == 1 && RESULT_COUNT(s) == 1 ? WR__QUICK_LOAD     \
   : PARAM_COUNT(s) == 2 && RESULT_COUNT(s) == 0 ? WR__QUICK_STORE    \
                                                 : WR__QUICK_NONE)
#define IS_QUICK(page, feature) \
  (WR__PAGE_##page == WR__PAGE_CORE && WR_FEATURE_##feature == WR_FEATURE_MVP)
const wr__quick wr__core_quick[257] = {
#define OP(page, code, name, text, immediates, signature, access, effects, feature) \
  [IS_QUICK(page, feature) ? code : 256] = {                                        \
      QUICK_FORM(TEXT(signature), WR__IMM_##immediates),                            \
      PARAM_COUNT(TEXT(signature)),                                                 \
      LETTER_TYPE(PARAM(TEXT(signature), PARAM_COUNT(TEXT(signature)) == 2)),       \
      LETTER_TYPE(RESULT(TEXT(signature), 0)),                                      \
      LOG2_##access,                                                                \
  },
#include "opcodes.def"
#undef OP
};

static const uint16_t ops_of_pages[WR__PAGE_COUNT][MAX_CODE] = {
    [0 ... WR__PAGE_COUNT - 1] = {[0 ... MAX_CODE - 1] = WR__OP_NONE},
#define OP(page, code, name, text, immediates, signature, access, effects, feature) \
  [WR__PAGE_##page][code] = WR__OP_##name,
#include "opcodes.def"
#undef OP
};

#pragma GCC diagnostic pop

wr__op wr__op_lookup(wr__page page, uint32_t code) {
  if (page >= WR__PAGE_COUNT || code >= MAX_CODE) return WR__OP_NONE;
  return (wr__op)ops_of_pages[page][code];
}

wr__page wr__page_of_prefix(uint8_t prefix) {
  switch (prefix) {
    case 0xfb:
      return WR__PAGE_GC;
    case 0xfc:
      return WR__PAGE_MISC;
    case 0xfd:
      return WR__PAGE_SIMD;
    case 0xfe:
      return WR__PAGE_THREADS;
    default:
      return WR__PAGE_CORE;
  }
}

uint8_t wr__prefix_of_page(wr__page page) {
  static const uint8_t prefixes[WR__PAGE_COUNT] = {0, 0xfb, 0xfc, 0xfd, 0xfe};
  return page < WR__PAGE_COUNT ? prefixes[page] : 0;
}
