/* From an address to the object that it is in: for roots that are not known to be references.
 *
 * Exact in what it refuses: only cells that were handed out count, which the blocks' `used` bits
 * tell while a collection runs, since it begins with ending all runs. */
#include <stdlib.h>

#include "gc/heap_internal.h"

/* How many chunks start at or below the address. */
static size_t chunks_up_to(const wr__heap *heap, uintptr_t address) {
  size_t low = 0, high = heap->chunk_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if ((uintptr_t)heap->chunk_index[middle]->first_block <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

bool wr__heap_index_chunk(wr__heap *heap, wr__chunk *chunk) {
  if (!wr__grow(&heap->chunk_index, &heap->chunk_capacity, heap->chunk_count + 1,
                sizeof *heap->chunk_index))
    return false;
  size_t at = chunks_up_to(heap, (uintptr_t)chunk->first_block);
  memmove(heap->chunk_index + at + 1, heap->chunk_index + at,
          (heap->chunk_count - at) * sizeof *heap->chunk_index);
  heap->chunk_index[at] = chunk;
  heap->chunk_count++;
  return true;
}

static wr__object *find_in_block(wr__block *block, uintptr_t address) {
  uintptr_t offset = address - (uintptr_t)block;
  if (block->cell_count == 0 || offset < WR__BLOCK_FIRST_CELL) return NULL;
  uint32_t index = wr__block_index(block, (const void *)address);
  if (index >= block->cell_count) return NULL;
  if (!(block->used[index / 64] >> (index % 64) & 1)) return NULL;
  return (wr__object *)wr__block_cell(block, index);
}

/* Merges [from, middle) and [middle, to), each in order. */
static void merge(wr__large **const in, wr__large **out, size_t from, size_t middle, size_t to) {
  for (size_t a = from, b = middle, at = from; at < to; at++)
    out[at] = a < middle && (b >= to || in[a] < in[b]) ? in[a++] : in[b++];
}

/* Sorts by address, in place or in `other`, and returns where; looks for an interrupt between
 * merges, which the C library's would not. */
static wr__large **sort_large(const wr__heap *heap, wr__large **list, wr__large **other,
                              size_t count) {
  for (size_t width = 1; width < count; width *= 2) {
    for (size_t from = 0; from < count; from += 2 * width) {
      size_t middle = from + width < count ? from + width : count;
      merge(list, other, from, middle, middle + width < count ? middle + width : count);
      if (wr__heap_stopping(heap)) return list;
    }
    wr__large **sorted = other;
    other = list;
    list = sorted;
  }
  return list;
}

static void make_large_index(wr__heap *heap) {
  size_t count = 0;
  wr__large **list = wr__alloc_array(heap->large_total, sizeof *list);
  wr__large **other = wr__alloc_array(heap->large_total, sizeof *other);
  if (list && other) {
    for (wr__large *large = heap->large; large && !wr__heap_stopping(heap); large = large->next)
      list[count++] = large;
    heap->large_index = sort_large(heap, list, other, count);
    heap->large_count = count;
  }
  if (heap->large_index != list) free(list);
  if (heap->large_index != other) free(other);
}

void wr__heap_drop_large_index(wr__heap *heap) {
  free(heap->large_index);
  heap->large_index = NULL;
  heap->large_count = 0;
}

static wr__object *object_if_inside(wr__large *large, uintptr_t address) {
  uintptr_t start = (uintptr_t)(large + 1);
  return address >= start && address - start < large->size_bytes ? (wr__object *)start : NULL;
}

static wr__object *find_large(wr__heap *heap, uintptr_t address) {
  if (!heap->large) return NULL;
  if (!heap->large_index) make_large_index(heap);
  if (!heap->large_index) { /* no memory for one: the long way */
    for (wr__large *large = heap->large; large; large = large->next)
      if (object_if_inside(large, address)) return object_if_inside(large, address);
    return NULL;
  }
  size_t low = 0, high = heap->large_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if ((uintptr_t)heap->large_index[middle] <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low > 0 ? object_if_inside(heap->large_index[low - 1], address) : NULL;
}

wr__object *wr__heap_find(wr__heap *heap, uintptr_t address) {
  size_t position = chunks_up_to(heap, address);
  if (position > 0) {
    wr__chunk *chunk = heap->chunk_index[position - 1];
    uintptr_t offset = address - (uintptr_t)chunk->first_block;
    if (offset < (uintptr_t)chunk->block_count * WR__BLOCK_BYTES)
      return find_in_block(wr__block_of((const void *)address), address);
  }
  return find_large(heap, address);
}
