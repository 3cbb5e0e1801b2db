/* Register code: what a function body becomes at its first call.
 *
 * An instruction is the address of its handler (8 bytes) and its operands, padded to 8 bytes.
 * A frame is an array of 8-byte slots (v128 takes two):
 *
 *   0 …            parameters; results are left here too
 *   link_slot …    WR__LINK_SLOTS slots of linkage: where to go back to
 *   …              the other locals
 *   …              operands: each has a home slot by its height
 *
 * A callee's frame starts at the home of its first argument, so arguments are not copied.
 * link_slot is max(parameter slots, result slots), known to both sides from the type.
 * Code belongs to the module: all that it names is relative to the instance. */
#ifndef WR__CODE_H
#define WR__CODE_H

#include "base/base.h"
#include "types/types.h"

enum {
  WR__LINK_PC,       /* the caller's next instruction, or a stub's */
  WR__LINK_FP,       /* the caller's frame; for WR__STUB_RESTORE this linkage itself */
  WR__LINK_SAVED_PC, /* calls that change the instance: what the stub restores */
  WR__LINK_SAVED_FP,
  WR__LINK_SAVED_INSTANCE,
  WR__LINK_SLOTS,
};

/* A part of the code in which exceptions go to handlers. Inner ones come first. */
typedef struct wr__try_range {
  uint32_t start, end; /* code bytes: instructions that start in [start, end) */
  uint32_t level;      /* the nesting depth of its construct */
  uint32_t first_handler, handler_count;
} wr__try_range;

#define WR__CATCH_DELEGATE \
  4 /* besides wr__catch.kind: on to the handlers at `tag`'s level or above */
#define WR__NO_EXN_SLOT UINT32_MAX
typedef struct wr__try_handler {
  uint8_t kind;      /* wr__catch.kind, or WR__CATCH_DELEGATE */
  uint32_t tag;      /* module-relative; for delegate the level */
  uint32_t target;   /* code bytes */
  uint32_t slot;     /* where the arguments, then the reference go */
  uint32_t exn_slot; /* where rethrow finds it, or WR__NO_EXN_SLOT */
} wr__try_handler;

/* A reference among the operands, and those below it: maps share their common parts. */
typedef struct wr__ref_node {
  uint32_t below; /* index + 1, or 0 */
  uint32_t slot;
} wr__ref_node;

/* The references among the operands from an instruction that may collect on, until the next map. */
typedef struct wr__ref_map {
  uint32_t at;  /* code bytes, where the instruction starts */
  uint32_t top; /* index + 1 of the topmost one's node, or 0 */
} wr__ref_map;

/* A local that is a reference: nobody reads it at or behind `until`. */
typedef struct wr__ref_local {
  uint32_t slot, until; /* code bytes */
} wr__ref_local;

/* A loop at which nothing is on the operand stack: all that goes on there is in the locals. */
typedef struct wr__code_loop {
  uint32_t at; /* code bytes */
  uint32_t module_offset;
} wr__code_loop;

typedef struct wr__code {
  uint32_t func_index;
  uint32_t size_bytes; /* of words */
  uint32_t link_slot;
  uint32_t offsets_size;
  uint32_t first_at; /* what the offsets count from: bytes left out before words */
  uint8_t *offsets;  /* pairs of LEB128 deltas: code bytes, module offset; for instructions that
                      * may trap or call */
  wr__try_range *try_ranges;
  wr__try_handler *try_handlers;
  uint32_t try_range_count;
  wr__ref_map *ref_maps; /* ascending */
  wr__ref_node *ref_nodes;
  wr__ref_local *ref_locals;
  wr__code_loop *loops; /* ascending */
  uint32_t ref_map_count, ref_node_count, ref_local_count, loop_count;
  uint32_t frame_slots; /* last before words: a call reads it */
  uint64_t words[];
} wr__code;

static inline const wr__code *wr__code_of(const void *entry) {
  return (const wr__code *)((const char *)entry - offsetof(wr__code, words));
}

static inline uint32_t wr__link_slot(const wr__deftype *type) {
  return type->param_slots > type->result_slots ? type->param_slots : type->result_slots;
}

/* The module offset of the instruction that starts at, or contains, code byte `at`. */
uint32_t wr__code_module_offset(const wr__code *code, uint32_t at);

#endif
