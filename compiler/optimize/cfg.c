/* Blocks, dominators and natural loops of a function (cfg.h). All of it takes time
 * about linear in the size of the function. */
#include "optimize/cfg.h"

#include <stdlib.h>

/* ---- From pointers to numbers */

static size_t find_slot(const wr__pointer_map *map, const void *key) {
  size_t mask = map->size - 1;
  size_t at = (size_t)(((uintptr_t)key >> 4) * 0x9e3779b97f4a7c15u >> 20) & mask;
  while (map->entries[at].key && map->entries[at].key != key) at = (at + 1) & mask;
  return at;
}

static bool grow_map(wr__pointer_map *map) {
  wr__pointer_map grown = {.size = map->size ? map->size * 2 : 64, .count = map->count};
  grown.entries = wr__alloc_array(grown.size, sizeof *grown.entries);
  if (!grown.entries) return false;
  for (size_t i = 0; i < map->size; i++)
    if (map->entries[i].key)
      grown.entries[find_slot(&grown, map->entries[i].key)] = map->entries[i];
  free(map->entries);
  *map = grown;
  return true;
}

bool wr__pointer_map_set(wr__pointer_map *map, const void *key, uint32_t value) {
  if (map->count * 2 >= map->size && !grow_map(map)) return false;
  size_t at = find_slot(map, key);
  if (!map->entries[at].key) map->count++;
  map->entries[at].key = key;
  map->entries[at].value = value;
  return true;
}

uint32_t wr__pointer_map_get(const wr__pointer_map *map, const void *key) {
  if (!map->size) return WR__CFG_NONE;
  size_t at = find_slot(map, key);
  return map->entries[at].key ? map->entries[at].value : WR__CFG_NONE;
}

void wr__pointer_map_free(wr__pointer_map *map) {
  free(map->entries);
  *map = (wr__pointer_map){0};
}

/* ---- Blocks */

uint32_t wr__cfg_index(const wr__cfg *cfg, LLVMBasicBlockRef block) {
  return wr__pointer_map_get(&cfg->index, block);
}

typedef struct path_entry {
  LLVMBasicBlockRef block;
  unsigned next; /* successor */
} path_entry;

/* Blocks in postorder, from the back of cfg->blocks to its front. */
static bool order_blocks(wr__cfg *cfg, path_entry *path, uint32_t capacity) {
  uint32_t depth = 0, left = capacity;
  path[depth++] = (path_entry){LLVMGetEntryBasicBlock(cfg->func), 0};
  if (!wr__pointer_map_set(&cfg->index, path[0].block, 0)) return false;
  while (depth) {
    path_entry *top = &path[depth - 1];
    LLVMValueRef end = LLVMGetBasicBlockTerminator(top->block);
    if (top->next == LLVMGetNumSuccessors(end)) {
      cfg->blocks[--left] = (wr__cfg_block){.block = top->block, .loop = WR__CFG_NONE};
      depth--;
      continue;
    }
    LLVMBasicBlockRef to = LLVMGetSuccessor(end, top->next++);
    if (wr__pointer_map_get(&cfg->index, to) != WR__CFG_NONE) continue;
    if (!wr__pointer_map_set(&cfg->index, to, 0)) return false;
    path[depth++] = (path_entry){to, 0};
  }
  cfg->count = capacity - left;
  memmove(cfg->blocks, cfg->blocks + left, cfg->count * sizeof *cfg->blocks);
  for (uint32_t i = 0; i < cfg->count; i++)
    if (!wr__pointer_map_set(&cfg->index, cfg->blocks[i].block, i)) return false;
  return true;
}

/* A block that another goes to in two ways is its successor twice. */
static bool find_preds(wr__cfg *cfg) {
  uint32_t total = 0;
  for (uint32_t i = 0; i < cfg->count; i++) {
    LLVMValueRef end = LLVMGetBasicBlockTerminator(cfg->blocks[i].block);
    unsigned count = LLVMGetNumSuccessors(end);
    total += count;
    for (unsigned k = 0; k < count; k++)
      cfg->blocks[wr__cfg_index(cfg, LLVMGetSuccessor(end, k))].pred_count++;
  }
  cfg->preds = wr__alloc_array(total, sizeof *cfg->preds);
  if (!cfg->preds) return false;
  for (uint32_t i = 0, at = 0; i < cfg->count; i++) {
    cfg->blocks[i].first_pred = at;
    at += cfg->blocks[i].pred_count;
    cfg->blocks[i].pred_count = 0;
  }
  for (uint32_t i = 0; i < cfg->count; i++) {
    LLVMValueRef end = LLVMGetBasicBlockTerminator(cfg->blocks[i].block);
    for (unsigned k = 0; k < LLVMGetNumSuccessors(end); k++) {
      wr__cfg_block *to = &cfg->blocks[wr__cfg_index(cfg, LLVMGetSuccessor(end, k))];
      cfg->preds[to->first_pred + to->pred_count++] = i;
    }
  }
  return true;
}

/* What the search for dominators knows of a block. Numbers are those of a depth-first search. */
typedef struct dominator_entry {
  uint32_t block;  /* in cfg->blocks, of the block with this number */
  uint32_t number; /* of the block with this index */
  uint32_t parent; /* in the search's tree; later also an ancestor, by path compression */
  uint32_t label;  /* of the blocks on the compressed path, the one of the least semidominator */
  uint32_t semi;   /* the semidominator */
  uint32_t idom;   /* the immediate dominator */
} dominator_entry;

/* Numbers blocks from the entry on, with the number that each was found from. */
static void number_blocks(wr__cfg *cfg, dominator_entry *e, uint32_t *path, unsigned *next) {
  uint32_t count = 0, depth = 0;
  for (uint32_t i = 0; i < cfg->count; i++) e[i].number = WR__CFG_NONE;
  path[depth++] = 0;
  e[0].block = e[0].number = e[0].parent = 0;
  count = 1;
  next[0] = 0;
  while (depth) {
    uint32_t at = path[depth - 1];
    LLVMValueRef end = LLVMGetBasicBlockTerminator(cfg->blocks[at].block);
    if (next[depth - 1] == LLVMGetNumSuccessors(end)) {
      depth--;
      continue;
    }
    uint32_t to = wr__cfg_index(cfg, LLVMGetSuccessor(end, next[depth - 1]++));
    if (e[to].number != WR__CFG_NONE) continue;
    e[to].number = count;
    e[count].block = to;
    e[count].parent = e[at].number;
    next[depth] = 0;
    path[depth++] = to;
    count++;
  }
}

/* The number of the least semidominator on the way from `at` to the root of its compressed tree,
 * of which all numbers from `linked` on are part. */
static uint32_t evaluate(dominator_entry *e, uint32_t at, uint32_t linked, uint32_t *path) {
  uint32_t depth = 0;
  while (e[at].parent >= linked) {
    path[depth++] = at;
    at = e[at].parent;
  }
  uint32_t above = e[at].parent, label = e[at].label;
  while (depth) {
    dominator_entry *below = &e[path[--depth]];
    below->parent = above;
    if (e[label].semi < e[below->label].semi)
      below->label = label;
    else
      label = below->label;
  }
  return label;
}

/* The last number of the search first: the semidominator is the least number that a way of higher
 * numbers leads from; the dominator is the nearest common ancestor of that and the parent. */
static void find_semidominators(const wr__cfg *cfg, dominator_entry *e, uint32_t *path) {
  for (uint32_t n = 0; n < cfg->count; n++) {
    e[n].idom = e[n].semi = e[n].parent;
    e[n].label = n;
  }
  for (uint32_t n = cfg->count; n-- > 1;) {
    const wr__cfg_block *block = &cfg->blocks[e[n].block];
    for (uint32_t k = 0; k < block->pred_count; k++) {
      uint32_t from = e[cfg->preds[block->first_pred + k]].number;
      uint32_t least = from <= n ? from : e[evaluate(e, from, n + 1, path)].semi;
      if (least < e[n].semi) e[n].semi = least;
    }
  }
}

/* As Georgiadis describes ("Linear-Time Algorithms for Dominators and Related Problems"): by
 * semidominators and nearest common ancestors. */
static bool find_dominators(wr__cfg *cfg) {
  dominator_entry *e = wr__alloc_array(cfg->count, sizeof *e);
  uint32_t *path = wr__alloc_array(cfg->count, sizeof *path);
  unsigned *next = wr__alloc_array(cfg->count, sizeof *next);
  bool done = e && path && next;
  if (done) {
    number_blocks(cfg, e, path, next);
    find_semidominators(cfg, e, path);
    for (uint32_t n = 1; n < cfg->count; n++) {
      while (e[n].idom > e[n].semi) e[n].idom = e[e[n].idom].idom;
      cfg->blocks[e[n].block].idom = e[e[n].idom].block;
    }
  }
  free(e);
  free(path);
  free(next);
  return done;
}

/* Numbers of a walk over the tree of dominators: a block dominates those whose numbers lie in its
 * own range. Blocks come behind their dominators, so sizes can be added up from the end. */
static bool number_tree(wr__cfg *cfg) {
  cfg->in_order = wr__alloc_array(cfg->count, sizeof *cfg->in_order);
  if (!cfg->in_order) return false;
  for (uint32_t i = 0; i < cfg->count; i++) cfg->blocks[i].below = 1;
  for (uint32_t i = cfg->count; i-- > 1;)
    cfg->blocks[cfg->blocks[i].idom].below += cfg->blocks[i].below;
  cfg->blocks[0].order = 0;
  for (uint32_t i = 0; i < cfg->count; i++) cfg->blocks[i].taken = 1;
  for (uint32_t i = 1; i < cfg->count; i++) {
    wr__cfg_block *above = &cfg->blocks[cfg->blocks[i].idom];
    cfg->blocks[i].order = above->order + above->taken;
    above->taken += cfg->blocks[i].below;
  }
  for (uint32_t i = 0; i < cfg->count; i++) cfg->in_order[cfg->blocks[i].order] = i;
  return true;
}

bool wr__cfg_dominates(const wr__cfg *cfg, uint32_t above, uint32_t below) {
  uint32_t distance = cfg->blocks[below].order - cfg->blocks[above].order;
  return distance < cfg->blocks[above].below;
}

/* ---- Loops */

/* The outermost loop found so far that the block is in. */
static uint32_t outermost(wr__cfg *cfg, uint32_t block) {
  uint32_t loop = cfg->blocks[block].loop;
  if (loop == WR__CFG_NONE) return loop;
  while (cfg->loops[loop].around != loop) {
    wr__cfg_loop *l = &cfg->loops[loop];
    loop = l->around = cfg->loops[l->around].around; /* half the way for the next search */
  }
  return loop;
}

/* Takes the block into the loop: itself, or the loop that it is in already. Returns the block whose
 * predecessors are in the loop too; WR__CFG_NONE: it was there. */
static uint32_t take_block(wr__cfg *cfg, uint32_t loop, uint32_t block) {
  uint32_t inner = outermost(cfg, block);
  if (inner == loop) return WR__CFG_NONE;
  wr__cfg_loop *outer = &cfg->loops[loop];
  uint32_t last = inner == WR__CFG_NONE ? block : cfg->loops[inner].last;
  if (last > outer->last) outer->last = last;
  if (inner == WR__CFG_NONE) {
    cfg->blocks[block].loop = loop;
    return block;
  }
  cfg->loops[inner].parent = cfg->loops[inner].around = loop;
  cfg->loops[loop].innermost = false;
  return cfg->loops[inner].header;
}

/* The loop of a header that latches[count] go back to; work has room for all blocks twice. */
static void fill_loop(wr__cfg *cfg, uint32_t header, uint32_t *work, uint32_t count) {
  uint32_t loop = cfg->loop_count++;
  cfg->loops[loop] = (wr__cfg_loop){.header = header,
                                    .last = header,
                                    .latch = count == 1 ? work[0] : WR__CFG_NONE,
                                    .parent = WR__CFG_NONE,
                                    .around = loop,
                                    .innermost = true};
  cfg->blocks[header].loop = loop;
  while (count) {
    uint32_t block = take_block(cfg, loop, work[--count]);
    if (block == WR__CFG_NONE) continue;
    const wr__cfg_block *b = &cfg->blocks[block];
    for (uint32_t k = 0; k < b->pred_count; k++) {
      uint32_t pred = cfg->preds[b->first_pred + k];
      if (outermost(cfg, pred) != loop) work[count++] = pred;
    }
  }
}

/* Inner headers come behind outer ones, so they are met first. */
static bool find_loops(wr__cfg *cfg, uint32_t *work) {
  cfg->loops = wr__alloc_array(cfg->count, sizeof *cfg->loops);
  if (!cfg->loops) return false;
  for (uint32_t header = cfg->count; header-- > 0;) {
    uint32_t count = 0;
    const wr__cfg_block *b = &cfg->blocks[header];
    for (uint32_t k = 0; k < b->pred_count; k++) {
      uint32_t pred = cfg->preds[b->first_pred + k];
      bool seen = count && work[count - 1] == pred;
      if (!seen && wr__cfg_dominates(cfg, header, pred)) work[count++] = pred;
    }
    if (count) fill_loop(cfg, header, work, count);
  }
  return true;
}

bool wr__cfg_contains(const wr__cfg *cfg, uint32_t loop, uint32_t block) {
  uint32_t in = cfg->blocks[block].loop;
  while (in != WR__CFG_NONE && in != loop) in = cfg->loops[in].parent;
  return in == loop;
}

bool wr__cfg_init(wr__cfg *cfg, LLVMValueRef func) {
  *cfg = (wr__cfg){.func = func};
  uint32_t capacity = LLVMCountBasicBlocks(func);
  cfg->blocks = wr__alloc_array(capacity, sizeof *cfg->blocks);
  path_entry *path = wr__alloc_array(capacity, sizeof *path);
  bool done = cfg->blocks && path && order_blocks(cfg, path, capacity) && find_preds(cfg);
  free(path);
  uint32_t *work = NULL;
  if (done) {
    done = find_dominators(cfg) && number_tree(cfg);
    uint32_t edges =
        cfg->blocks[cfg->count - 1].first_pred + cfg->blocks[cfg->count - 1].pred_count;
    work = wr__alloc_array((size_t)edges + cfg->count, sizeof *work);
    done = done && work && find_loops(cfg, work);
  }
  free(work);
  if (!done) wr__cfg_free(cfg);
  return done;
}

void wr__cfg_free(wr__cfg *cfg) {
  free(cfg->blocks);
  free(cfg->preds);
  free(cfg->in_order);
  free(cfg->loops);
  wr__pointer_map_free(&cfg->index);
}
