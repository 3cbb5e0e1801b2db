/* The instruction table as C sees it: an enum, a row of facts for each instruction,
 * and the way from encoded bytes to a row. Made from opcodes.def alone. */
#ifndef WR__OPCODES_H
#define WR__OPCODES_H

#include "base/base.h"

typedef enum wr__op {
#define OP(page, code, name, text, immediates, signature, access, effects, feature) WR__OP_##name,
#include "opcodes.def"
#undef OP
  WR__OP_COUNT,
  WR__OP_NONE = 0xffff,
} wr__op;

typedef enum wr__page {
  WR__PAGE_CORE,
  WR__PAGE_GC,
  WR__PAGE_MISC,
  WR__PAGE_SIMD,
  WR__PAGE_THREADS,
  WR__PAGE_COUNT,
} wr__page;

/* What follows an opcode. Spec: binary/instructions. */
typedef enum wr__imm {
  WR__IMM_NONE,
  WR__IMM_BLOCK,       /* block type */
  WR__IMM_LABEL,       /* label index */
  WR__IMM_LABEL_TABLE, /* vec(label), label */
  WR__IMM_FUNC,
  WR__IMM_TYPE,
  WR__IMM_TYPE_TABLE, /* type, table */
  WR__IMM_TYPE_FIELD,
  WR__IMM_TYPE_COUNT, /* array type, number of operands */
  WR__IMM_TYPE_DATA,
  WR__IMM_TYPE_ELEM,
  WR__IMM_TYPE_TYPE, /* destination, source */
  WR__IMM_LOCAL,
  WR__IMM_GLOBAL,
  WR__IMM_TABLE,
  WR__IMM_TABLE_TABLE, /* destination, source */
  WR__IMM_ELEM,
  WR__IMM_ELEM_TABLE,
  WR__IMM_DATA,
  WR__IMM_DATA_MEM,
  WR__IMM_MEM,
  WR__IMM_MEM_MEM, /* destination, source */
  WR__IMM_MEMARG,
  WR__IMM_MEMARG_LANE,
  WR__IMM_LANE,
  WR__IMM_LANES16,
  WR__IMM_I32,
  WR__IMM_I64,
  WR__IMM_F32,
  WR__IMM_F64,
  WR__IMM_V128,
  WR__IMM_SELECT_TYPES, /* vec(valtype) */
  WR__IMM_HEAPTYPE,
  WR__IMM_BR_ON_CAST, /* flags, label, heap type, heap type */
  WR__IMM_TAG,
  WR__IMM_TRY_TABLE, /* block type, vec(catch) */
  WR__IMM_FENCE,     /* a zero byte */
} wr__imm;

/* What is read or written in memory: an unsigned or signed integer, a float, a vector, by bits. */
typedef enum wr__memory_access {
  WR__ACCESS_NONE,
  WR__ACCESS_u8,
  WR__ACCESS_s8,
  WR__ACCESS_u16,
  WR__ACCESS_s16,
  WR__ACCESS_u32,
  WR__ACCESS_s32,
  WR__ACCESS_u64,
  WR__ACCESS_f32,
  WR__ACCESS_f64,
  WR__ACCESS_v128,
} wr__memory_access;

enum {
  WR__EFFECT_TRAPS = 1,             /* may trap */
  WR__EFFECT_CONSTANT = 2,          /* constant expressions may have it */
  WR__EFFECT_EXTENDED_CONSTANT = 4, /* likewise with WR_FEATURE_EXTENDED_CONST */
};

/* Operand and result types in the letters of the table: 'i' 'l' 'f' 'd' 'v', 'a' the address
 * type; NUL-terminated, empty for SPECIAL. */
typedef struct wr__opinfo {
  const char *text;
  char params[5];
  char results[3];
  uint8_t page;       /* wr__page */
  uint8_t immediates; /* wr__imm */
  uint8_t feature;    /* wr_feature */
  bool special;       /* typed by a rule of its own */
  uint8_t align_log2; /* bytes of a memory access, and its alignment; 0 elsewhere */
  uint8_t access;     /* wr__memory_access */
  uint8_t effects;    /* WR__EFFECT_* */
  uint16_t code;      /* after the prefix */
  /* Letters in params and results; of a special row, where they are always as many, else 0. */
  uint8_t param_count, result_count;
} wr__opinfo;

extern const wr__opinfo wr__opinfos[WR__OP_COUNT];

/* By page and code; WR__OP_NONE where there is no such instruction. */
wr__op wr__op_lookup(wr__page page, uint32_t code);
/* By code, for the core page (the last slot is spare). */
extern const uint16_t wr__core_ops[257];
/* The core page's plain operators, loads and stores, reduced to what a quick check needs. Empty
 * (form WR__QUICK_NONE) for all others, and for rows that a feature switch can turn off. */
typedef enum wr__quick_form {
  WR__QUICK_NONE,
  WR__QUICK_OPERATOR, /* one or two operands of type `param`, one result */
  WR__QUICK_LOAD,
  WR__QUICK_STORE, /* an address and an operand of type `param` */
} wr__quick_form;
typedef struct wr__quick {
  uint8_t form, param_count, param, result; /* types by their binary code */
  uint8_t align_log2;
} wr__quick;
extern const wr__quick wr__core_quick[257];
/* The page of a prefix byte, or WR__PAGE_CORE where the byte is no prefix. */
wr__page wr__page_of_prefix(uint8_t prefix);
/* The prefix byte of a page; 0 for the core page. */
uint8_t wr__prefix_of_page(wr__page page);

#endif
