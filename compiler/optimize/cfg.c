/* Blocks, dominators and natural loops of a function (cfg.h). Dominators are found as Cooper,
 * Harvey and Kennedy describe in "A Simple, Fast Dominance Algorithm". */
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

static uint32_t common_dominator(const wr__cfg *cfg, uint32_t a, uint32_t b) {
  while (a != b) {
    while (a > b) a = cfg->blocks[a].idom;
    while (b > a) b = cfg->blocks[b].idom;
  }
  return a;
}

static void find_dominators(wr__cfg *cfg) {
  for (uint32_t i = 1; i < cfg->count; i++) cfg->blocks[i].idom = WR__CFG_NONE;
  for (bool changed = true; changed;) {
    changed = false;
    for (uint32_t i = 1; i < cfg->count; i++) {
      wr__cfg_block *block = &cfg->blocks[i];
      uint32_t found = WR__CFG_NONE;
      for (uint32_t k = 0; k < block->pred_count; k++) {
        uint32_t pred = cfg->preds[block->first_pred + k];
        if (cfg->blocks[pred].idom == WR__CFG_NONE) continue;
        found = found == WR__CFG_NONE ? pred : common_dominator(cfg, found, pred);
      }
      changed |= block->idom != found;
      block->idom = found;
    }
  }
  for (uint32_t i = 1; i < cfg->count; i++)
    cfg->blocks[i].depth = cfg->blocks[cfg->blocks[i].idom].depth + 1;
}

bool wr__cfg_dominates(const wr__cfg *cfg, uint32_t above, uint32_t below) {
  while (cfg->blocks[below].depth > cfg->blocks[above].depth) below = cfg->blocks[below].idom;
  return below == above;
}

/* ---- Loops */

/* The outermost loop found so far that the block is in. */
static uint32_t outermost(const wr__cfg *cfg, uint32_t block) {
  uint32_t loop = cfg->blocks[block].loop;
  while (loop != WR__CFG_NONE && cfg->loops[loop].parent != WR__CFG_NONE)
    loop = cfg->loops[loop].parent;
  return loop;
}

/* Takes the block into the loop: itself, or the loop that it is in already. Returns the block whose
 * predecessors are in the loop too; WR__CFG_NONE: it was there. */
static uint32_t take_block(wr__cfg *cfg, uint32_t loop, uint32_t block) {
  uint32_t inner = outermost(cfg, block);
  if (inner == loop) return WR__CFG_NONE;
  if (inner == WR__CFG_NONE) {
    cfg->blocks[block].loop = loop;
    return block;
  }
  cfg->loops[inner].parent = loop;
  cfg->loops[loop].innermost = false;
  return cfg->loops[inner].header;
}

/* The loop of a header that latches[count] go back to; work has room for all blocks twice. */
static void fill_loop(wr__cfg *cfg, uint32_t header, uint32_t *work, uint32_t count) {
  uint32_t loop = cfg->loop_count++;
  cfg->loops[loop] =
      (wr__cfg_loop){header, count == 1 ? work[0] : WR__CFG_NONE, WR__CFG_NONE, true};
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
    find_dominators(cfg);
    uint32_t edges =
        cfg->blocks[cfg->count - 1].first_pred + cfg->blocks[cfg->count - 1].pred_count;
    work = wr__alloc_array((size_t)edges + cfg->count, sizeof *work);
    done = work && find_loops(cfg, work);
  }
  free(work);
  if (!done) wr__cfg_free(cfg);
  return done;
}

void wr__cfg_free(wr__cfg *cfg) {
  free(cfg->blocks);
  free(cfg->preds);
  free(cfg->loops);
  wr__pointer_map_free(&cfg->index);
}
