/* Allocation: blocks, runs of cells, large objects, and when to collect.
 *
 * The accounting is by runs: a run counts in full while it is used, and what is left of it
 * is taken off when it is retired, so that allocating an object touches no counter. */
#include <stdlib.h>

#include "gc/heap_internal.h"
#include "platform/memory.h"

enum {
  RUN_BYTES = 4096, /* cells are zeroed just before they are used, while they stay in the cache */
  FIRST_THRESHOLD_BYTES = 4 << 20,
};

const uint16_t wr__heap_cell_bytes[WR__HEAP_CLASSES] = {
    16,  24,  32,  40,  48,  56,  64,  80,  96,  112,  128,  160,  192,
    224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 2048};

uint32_t wr__heap_class(size_t size_bytes) {
  uint32_t size_class = 0;
  while (wr__heap_cell_bytes[size_class] < size_bytes) size_class++;
  return size_class;
}

wr__heap *wr__heap_new(wr__store *store) {
  wr__heap *heap = calloc(1, sizeof *heap);
  if (!heap) return NULL;
  heap->store = store;
  heap->threshold_bytes = FIRST_THRESHOLD_BYTES;
  heap->mark_limit = SIZE_MAX;
  /* By runs, not by a search each: a store is made for each request that a server answers. */
  size_t granules = 0;
  for (int i = 0; i < WR__HEAP_CLASSES; i++) {
    heap->front.classes[i].cell_bytes = wr__heap_cell_bytes[i];
    while (granules < WR_ARRAY_COUNT(heap->front.class_of) &&
           granules * WR__HEAP_GRANULE <= wr__heap_cell_bytes[i])
      heap->front.class_of[granules++] = (uint8_t)i;
  }
  return heap;
}

void wr__heap_delete(wr__heap *heap) {
  if (!heap) return;
  wr__host_refs_free(heap);
  for (wr__large *large = heap->large, *next; large; large = next) {
    next = large->next;
    wr__heap_free_large(heap, large);
  }
  wr__budget_give(heap->store->budget, WR_LIMIT_GC_HEAP, heap->block_count * WR__BLOCK_BYTES);
  for (wr__chunk *chunk = heap->chunks, *next; chunk; chunk = next) {
    next = chunk->next;
    wr__vm_release(chunk->base, chunk->reserved);
    free(chunk);
  }
  free(heap->chunk_index);
  free(heap->mark_stack);
  free(heap);
}

void wr__roots_push(wr__heap *heap, wr__roots *roots) {
  roots->next = heap->roots;
  heap->roots = roots;
}

void wr__roots_pop(wr__heap *heap, wr__roots *roots) { heap->roots = roots->next; }

/* ---- Blocks */

static bool add_chunk(wr__heap *heap) {
  wr__chunk *chunk = calloc(1, sizeof *chunk);
  if (!chunk) return false;
  /* One block more than is used, so that the first can be aligned. */
  chunk->reserved = (size_t)(WR__CHUNK_BLOCKS + 1) * WR__BLOCK_BYTES;
  chunk->base = wr__vm_reserve(chunk->reserved);
  if (!chunk->base) {
    free(chunk);
    return false;
  }
  uintptr_t aligned =
      ((uintptr_t)chunk->base + WR__BLOCK_BYTES - 1) & ~(uintptr_t)(WR__BLOCK_BYTES - 1);
  chunk->first_block = (uint8_t *)aligned;
  if (!wr__heap_index_chunk(heap, chunk)) {
    wr__vm_release(chunk->base, chunk->reserved);
    free(chunk);
    return false;
  }
  chunk->next = heap->chunks;
  heap->chunks = chunk;
  return true;
}

static bool take_budget(wr__heap *heap, uint64_t bytes) {
  if (wr__budget_take(heap->store->budget, WR_LIMIT_GC_HEAP, bytes)) return true;
  heap->store->heap_is_over_limit = true;
  return false;
}

static wr__block *add_block(wr__heap *heap) {
  if (!heap->chunks || heap->chunks->block_count == WR__CHUNK_BLOCKS)
    if (!add_chunk(heap)) return NULL;
  wr__chunk *chunk = heap->chunks;
  uint8_t *base = chunk->first_block + (size_t)chunk->block_count * WR__BLOCK_BYTES;
  if (!wr__vm_commit(base, WR__BLOCK_BYTES)) return NULL;
  chunk->block_count++;
  wr__block *block = (wr__block *)base;
  block->zeroed = true;
  return block;
}

/* A block whose bytes are zero, or that was used before (zeroed tells). Those that the system has
 * the pages of are not counted. */
static wr__block *take_block(wr__heap *heap) {
  wr__block *block = heap->free_blocks;
  if (block && !block->zeroed) {
    heap->free_blocks = block->next;
    heap->free_block_count--;
    return block;
  }
  if (!take_budget(heap, WR__BLOCK_BYTES)) return NULL;
  heap->block_count++;
  if (block) {
    heap->free_blocks = block->next;
    heap->free_block_count--;
    return block;
  }
  block = add_block(heap);
  if (block) return block;
  heap->block_count--;
  wr__budget_give(heap->store->budget, WR_LIMIT_GC_HEAP, WR__BLOCK_BYTES);
  return NULL;
}

static void format_block(wr__block *block, uint8_t size_class) {
  bool zeroed = block->zeroed;
  memset(block, 0, sizeof *block);
  block->zeroed = zeroed;
  block->size_class = size_class;
  block->cell_bytes = wr__heap_cell_bytes[size_class];
  block->cell_count = (uint32_t)((WR__BLOCK_BYTES - WR__BLOCK_FIRST_CELL) / block->cell_bytes);
  block->cell_reciprocal = (uint32_t)(((uint64_t)1 << 32) / block->cell_bytes + 1);
}

void wr__heap_free_block(wr__heap *heap, wr__block *block) {
  block->zeroed = false;
  block->next = heap->free_blocks;
  heap->free_blocks = block;
  heap->free_block_count++;
}

void wr__heap_trim(wr__heap *heap, size_t keep_blocks) {
  size_t seen = 0;
  for (wr__block *block = heap->free_blocks; block && !wr__heap_stopping(heap);) {
    wr__block *next = block->next;
    if (seen++ >= keep_blocks && !block->zeroed && wr__vm_clear(block, WR__BLOCK_BYTES)) {
      block->next = next;
      block->zeroed = true;
      heap->block_count--;
      wr__budget_give(heap->store->budget, WR_LIMIT_GC_HEAP, WR__BLOCK_BYTES);
    }
    block = next;
  }
}

/* ---- Runs */

/* The first cell from index on that is used (or unused); cell_count where there is none. */
static uint32_t find_cell(const wr__block *block, uint32_t index, bool used) {
  while (index < block->cell_count) {
    uint64_t word = used ? block->used[index / 64] : ~block->used[index / 64];
    word >>= index % 64;
    if (word) {
      index += (uint32_t)__builtin_ctzll(word);
      return index < block->cell_count ? index : block->cell_count;
    }
    index = (index / 64 + 1) * 64;
  }
  return block->cell_count;
}

static void set_used(wr__block *block, uint32_t from, uint32_t to, bool used) {
  for (uint32_t i = from; i < to; i++) {
    uint64_t bit = (uint64_t)1 << (i % 64);
    if (used) {
      block->used[i / 64] |= bit;
    } else {
      block->used[i / 64] &= ~bit;
    }
  }
}

/* Makes the next run of unused cells in the class's current block the one to bump through. */
static bool take_run(wr__heap *heap, uint32_t size_class, uint32_t max_cells) {
  wr__block *block = heap->current[size_class];
  if (!block) return false;
  uint32_t from = find_cell(block, block->cursor, false);
  if (from == block->cell_count) return false;
  uint32_t to = find_cell(block, from, true);
  if (to - from > max_cells) to = from + max_cells;
  set_used(block, from, to, true);
  block->cursor = to;
  uint8_t *start = wr__block_cell(block, from);
  size_t bytes = (size_t)(to - from) * block->cell_bytes;
  if (!block->zeroed) memset(start, 0, bytes);
  wr__bump *cells = &heap->front.classes[size_class];
  cells->bump = heap->run_start[size_class] = start;
  cells->limit = start + bytes;
  heap->reserved_bytes += bytes;
  return true;
}

/* What was handed out of the class's run becomes part of live_bytes, the rest is unused again. */
static void retire_run(wr__heap *heap, uint32_t size_class) {
  wr__bump *cells = &heap->front.classes[size_class];
  if (!heap->run_start[size_class]) return;
  uint64_t handed_out = (uint64_t)(cells->bump - heap->run_start[size_class]);
  heap->reserved_bytes -= (uint64_t)(cells->limit - heap->run_start[size_class]);
  heap->live_bytes += handed_out;
  heap->allocated_bytes += handed_out;
  heap->allocated_objects += handed_out / cells->cell_bytes;
  if (cells->bump != cells->limit) {
    wr__block *block = heap->current[size_class];
    uint32_t from = wr__block_index(block, cells->bump);
    uint32_t left = (uint32_t)(cells->limit - cells->bump) / cells->cell_bytes;
    set_used(block, from, from + left, false);
    block->cursor = from;
  }
  cells->bump = cells->limit = heap->run_start[size_class] = NULL;
}

void wr__heap_retire_runs(wr__heap *heap) {
  for (uint32_t i = 0; i < WR__HEAP_CLASSES; i++) retire_run(heap, i);
}

/* The class's next block: one that was partly empty after the last collection, or a new one. */
static bool next_block(wr__heap *heap, uint32_t size_class) {
  wr__block *old = heap->current[size_class];
  if (old) {
    old->next = heap->full[size_class];
    heap->full[size_class] = old;
    heap->current[size_class] = NULL;
  }
  wr__block *block = heap->partial[size_class];
  if (block) {
    heap->partial[size_class] = block->next;
  } else {
    block = take_block(heap);
    if (!block) return false;
    format_block(block, (uint8_t)size_class);
  }
  block->next = NULL;
  heap->current[size_class] = block;
  return true;
}

/* ---- Limits */

static uint64_t bytes_in_use(const wr__heap *heap) {
  return heap->live_bytes + heap->reserved_bytes;
}

static bool fits(const wr__heap *heap, uint64_t limit, uint64_t bytes) {
  uint64_t in_use = bytes_in_use(heap);
  return in_use <= limit && bytes <= limit - in_use;
}

/* The objects of this heap alone; the budget bounds the blocks of all heaps together. */
static uint64_t limit_of(const wr__heap *heap) {
  return wr__budget_most(heap->store->budget, WR_LIMIT_GC_HEAP);
}

static bool collect(wr__heap *heap) {
  if (heap->may_stop) return wr__heap_collect_for_guest(heap);
  wr__heap_collect(heap);
  return true;
}

/* Makes room for so many bytes, by collecting where the time has come. False: above the limit, or
 * stopped. A part of the limit must be free after a collection, or a nearly full heap would be
 * marked over and over. */
static bool make_room(wr__heap *heap, uint64_t bytes) {
  bool stress = heap->store->engine->config.gc_stress;
  uint64_t limit = limit_of(heap);
  uint64_t threshold = heap->threshold_bytes < limit ? heap->threshold_bytes : limit;
  if (!stress && fits(heap, threshold, bytes)) return true;
  if (!collect(heap)) return false;
  /* Twice what is live, so that marking costs a bounded part of allocating. */
  uint64_t in_use = bytes_in_use(heap);
  uint64_t next = in_use < FIRST_THRESHOLD_BYTES / 2 ? FIRST_THRESHOLD_BYTES : in_use * 2;
  if (next < in_use + bytes) next = in_use + bytes;
  heap->threshold_bytes = next;
  if (fits(heap, limit - limit / 64, bytes)) return true;
  heap->store->heap_is_over_limit = true;
  wr__budget_note_hit(heap->store->budget, WR_LIMIT_GC_HEAP);
  return false;
}

static void note_peak(wr__heap *heap) {
  if (bytes_in_use(heap) > heap->peak_bytes) heap->peak_bytes = bytes_in_use(heap);
}

/* For an object beside the blocks; the pages of blocks without objects count no more where that
 * helps. */
static bool take_large(wr__heap *heap, size_t size_bytes) {
  if (take_budget(heap, size_bytes)) return true;
  wr__heap_trim(heap, 0);
  if (take_budget(heap, size_bytes)) return true;
  if (!collect(heap)) return false;
  wr__heap_trim(heap, 0);
  return take_budget(heap, size_bytes);
}

void wr__heap_free_large(wr__heap *heap, wr__large *large) {
  heap->large_total--;
  heap->live_bytes -= large->size_bytes;
  wr__budget_give(heap->store->budget, WR_LIMIT_GC_HEAP, large->size_bytes);
  free(large);
}

static wr__object *allocate_large(wr__heap *heap, size_t size_bytes) {
  if (size_bytes > SIZE_MAX - sizeof(wr__large) || !make_room(heap, size_bytes) ||
      !take_large(heap, size_bytes))
    return NULL;
  wr__large *large = calloc(1, sizeof *large + size_bytes);
  if (!large) {
    heap->store->heap_is_over_limit = false;
    wr__budget_give(heap->store->budget, WR_LIMIT_GC_HEAP, size_bytes);
    return NULL;
  }
  large->size_bytes = size_bytes;
  heap->large_total++;
  large->next = heap->large;
  heap->large = large;
  heap->live_bytes += size_bytes;
  heap->allocated_bytes += size_bytes;
  heap->allocated_objects++;
  note_peak(heap);
  wr__object *object = (wr__object *)(large + 1);
  object->flags = WR__FLAG_LARGE;
  return object;
}

static wr__object *allocate_small(wr__heap *heap, size_t size_bytes) {
  uint32_t size_class =
      heap->front.class_of[(size_bytes + WR__HEAP_GRANULE - 1) / WR__HEAP_GRANULE];
  wr__bump *cells = &heap->front.classes[size_class];
  /* Under stress a run is one cell, so that every allocation comes here. */
  bool stress = heap->store->engine->config.gc_stress;
  uint32_t max_cells = stress ? 1 : RUN_BYTES / cells->cell_bytes;
  retire_run(heap, size_class);
  if (!make_room(heap, (uint64_t)max_cells * cells->cell_bytes)) return NULL;
  for (bool collected = false; !take_run(heap, size_class, max_cells);) {
    if (next_block(heap, size_class)) continue;
    if (collected) return NULL;
    if (!collect(heap)) return NULL; /* no block to be had: other classes may give some up */
    collected = true;
  }
  note_peak(heap);
  wr__object *object = (wr__object *)cells->bump;
  cells->bump += cells->cell_bytes;
  return object;
}

wr__object *wr__heap_alloc_slow(wr__exec *exec, uint32_t type_id, size_t size_bytes,
                                wr__object_kind kind) {
  wr__heap *heap = exec->store->heap;
  heap->store->heap_is_over_limit = false;
  heap->may_stop = kind != WR__OBJECT_HOST; /* those are the embedder's */
  wr__object *object = size_bytes <= WR__HEAP_SMALL_BYTES ? allocate_small(heap, size_bytes)
                                                          : allocate_large(heap, size_bytes);
  heap->may_stop = false;
  if (!object) return NULL;
  object->type_id = type_id;
  object->kind = (uint8_t)kind;
  return object;
}

void wr__heap_stats(const wr__heap *heap, wr_gc_stats *out) {
  *out = (wr_gc_stats){.heap_bytes = heap->live_bytes,
                       .peak_bytes = heap->peak_bytes,
                       .collections = heap->collections,
                       .allocated_bytes = heap->allocated_bytes,
                       .allocated_objects = heap->allocated_objects};
  for (int i = 0; i < WR__HEAP_CLASSES; i++) {
    if (!heap->run_start[i]) continue;
    uint64_t handed_out = (uint64_t)(heap->front.classes[i].bump - heap->run_start[i]);
    out->heap_bytes += handed_out;
    out->allocated_bytes += handed_out;
    out->allocated_objects += handed_out / heap->front.classes[i].cell_bytes;
  }
}

void wr__heap_set_mark_stack_limit(wr__heap *heap, size_t entries) { heap->mark_limit = entries; }

wr__ref wr__exn_new(wr__exec *exec, wr__tag *tag, const uint64_t *slots) {
  size_t slot_bytes = (size_t)tag->type->param_slots * sizeof(uint64_t);
  wr__exn *exn = (wr__exn *)wr__heap_alloc(exec, NULL, sizeof *exn + slot_bytes, WR__OBJECT_EXN);
  if (!exn) return WR__NULL_REF;
  exn->tag = tag;
  memcpy(exn->slots, slots, slot_bytes);
  return (wr__ref)(uintptr_t)exn;
}
