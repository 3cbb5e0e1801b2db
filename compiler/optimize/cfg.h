/* The shape of a function in LLVM's form: blocks in reverse postorder, predecessors, immediate
 * dominators, loops. A picture of the moment at which it was made: who adds or removes blocks makes
 * a new one. Blocks that nothing reaches are not in it. */
#ifndef WR__CFG_H
#define WR__CFG_H

#include <llvm-c/Core.h>

#include "base/base.h"

enum { WR__CFG_NONE = UINT32_MAX };

/* From pointers to numbers. */
typedef struct wr__pointer_map {
  struct wr__pointer_entry {
    const void *key;
    uint32_t value;
  } *entries;
  size_t size, count; /* size is a power of two, or 0 */
} wr__pointer_map;

/* False when out of memory. */
bool wr__pointer_map_set(wr__pointer_map *map, const void *key, uint32_t value);
/* WR__CFG_NONE: not there. */
uint32_t wr__pointer_map_get(const wr__pointer_map *map, const void *key);
void wr__pointer_map_free(wr__pointer_map *map);

typedef struct wr__cfg_block {
  LLVMBasicBlockRef block;
  uint32_t idom;       /* the entry's is itself */
  uint32_t first_pred; /* in cfg->preds */
  uint32_t pred_count;
  uint32_t loop; /* the innermost that it is in, or WR__CFG_NONE */
  /* A walk over the tree of dominators meets it as number `order`, and then the `below` - 1 blocks
   * that it dominates. */
  uint32_t order, below;
  uint32_t taken; /* while numbering: of `below`, those that have numbers */
} wr__cfg_block;

/* A natural loop. */
typedef struct wr__cfg_loop {
  uint32_t header;
  uint32_t last;  /* no block of it comes behind this one */
  uint32_t latch; /* the one block that goes back to the header; WR__CFG_NONE: there are several */
  uint32_t parent;
  uint32_t around; /* while loops are found: one that this is in, or itself */
  bool innermost;
} wr__cfg_loop;

typedef struct wr__cfg {
  LLVMValueRef func;
  wr__cfg_block *blocks; /* in reverse postorder: 0 is the entry */
  uint32_t count;
  uint32_t *preds;
  uint32_t *in_order;  /* blocks by their `order` */
  wr__cfg_loop *loops; /* outer ones behind those inside them */
  uint32_t loop_count;
  wr__pointer_map index; /* of blocks */
} wr__cfg;

/* False when out of memory; then there is nothing to free. */
bool wr__cfg_init(wr__cfg *cfg, LLVMValueRef func);
void wr__cfg_free(wr__cfg *cfg);
uint32_t wr__cfg_index(const wr__cfg *cfg, LLVMBasicBlockRef block);
bool wr__cfg_dominates(const wr__cfg *cfg, uint32_t above, uint32_t below);
/* Is the block in the loop, or in one inside it? */
bool wr__cfg_contains(const wr__cfg *cfg, uint32_t loop, uint32_t block);

#endif
