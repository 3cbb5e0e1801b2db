/* Instructions as the binary format writes them, read by their form alone: what the walker, the
 * scanner, constant expressions, the printer and the disassembler read bodies with, so that all
 * find the same bytes malformed. Spec: binary/instructions. */
#ifndef WR__READER_INSTR_H
#define WR__READER_INSTR_H

#include "base/leb128.h"
#include "opcodes/opcodes.h"
#include "reader/types_in.h"

typedef struct wr__catch {
  uint8_t kind; /* 0 catch, 1 catch_ref, 2 catch_all, 3 catch_all_ref */
  uint32_t tag;
  uint32_t label;
} wr__catch;

/* A decoded instruction: the immediates that its row names. The reader leaves types raw
 * (reader/types_in.h); the walker hands them on resolved. Lists live until the next is read. */
typedef struct wr__instr {
  uint16_t op;     /* wr__op */
  uint32_t offset; /* of the opcode, in bytes from the start of the module */
  union {
    int32_t i32;
    int64_t i64;
    uint32_t f32;     /* bits */
    uint64_t f64;     /* bits */
    uint8_t v128[16]; /* also LANES16 */
    /* LABEL, FUNC, LOCAL, GLOBAL, TABLE, ELEM, DATA, MEM, TAG, TYPE; the first of a pair */
    struct {
      uint32_t index;
      uint32_t index2; /* the second of a pair; the field; the count */
    };
    struct {
      uint32_t memory;
      uint8_t align_log2;
      uint8_t lane;
      uint64_t offset;
    } mem; /* MEMARG, MEMARG_LANE */
    uint8_t lane;
    struct {
      uint32_t *targets; /* count labels, then the default: targets[count] */
      uint32_t count;
    } table;         /* LABEL_TABLE */
    wr_valtype type; /* SELECT_TYPES; HEAPTYPE: the reference type named (nullability included) */
    struct {
      uint32_t label;
      wr_valtype from, to;
    } cast; /* BR_ON_CAST */
    struct {
      const wr__catch *catches;
      uint32_t count;
    } try_table; /* its block type is in the new control frame */
  } imm;
  /* The type of the first operand popped (topmost but for `select`'s condition): of drop, select,
   * ref.*, br_on_*, local.*, global.*. Known for reachable code, but WR__BOT where it came from a
   * polymorphic stack. */
  wr_valtype operand_type;
} wr__instr;

typedef enum wr__read_failure {
  WR__READ_MALFORMED, /* at `at`, with the message */
  WR__READ_ILLEGAL,   /* there is no such instruction: prefix and code */
  WR__READ_TOO_MANY,  /* more than `limit`: `count` of what the message names */
  WR__READ_FEATURE,   /* what the message names needs the feature of several memories */
  WR__READ_NO_MEMORY,
} wr__read_failure;

typedef struct wr__instr_reader {
  const uint8_t *at, *end;
  bool single_memory; /* memories have no index */
  /* of what was read last */
  int64_t block_type_index; /* -1: block_type says it */
  wr_valtype block_type;    /* one result; WR__BOT: none */
  wr_valtype *types;        /* of a select: type_count */
  uint32_t type_count;
  /* of a failure */
  wr__read_failure failure;
  const char *message;
  uint32_t count, limit;
  uint8_t prefix; /* 0: none */
  /* the lists' room; own */
  uint32_t *targets;
  wr__catch *catches;
  uint32_t target_capacity, catch_capacity, type_capacity;
} wr__instr_reader;

void wr__instr_reader_free(wr__instr_reader *reader);
/* The opcode at `at`; false: a failure, with `at` where it is. */
bool wr__read_opcode(wr__instr_reader *r, uint16_t *op);
/* The code behind a prefix byte that was read. */
bool wr__read_prefixed(wr__instr_reader *r, uint8_t prefix, uint16_t *op);
/* What follows the opcode instr->op. Indices are not checked. */
bool wr__read_immediates(wr__instr_reader *r, wr__imm form, wr__instr *instr);

#endif
