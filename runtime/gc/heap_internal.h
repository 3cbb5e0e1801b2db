/* What heap.c, collect.c and host_ref.c share: blocks, large objects, the heap itself. */
#ifndef WR__HEAP_INTERNAL_H
#define WR__HEAP_INTERNAL_H

#include "gc/heap.h"

enum {
  WR__BLOCK_BYTES = 64 << 10,
  WR__BLOCK_WORDS = 64, /* of bits: 4096 cells of 16 bytes */
  WR__CHUNK_BLOCKS = 64,
};

/* The head of a block; cells follow. Blocks are aligned to their size, so an object's is found
 * by masking its address. */
typedef struct wr__block {
  struct wr__block *next; /* of its class, or of the free ones */
  uint32_t cell_bytes;
  uint32_t cell_count;
  uint32_t cell_reciprocal; /* index of a cell = offset * this >> 32 */
  uint32_t cursor;          /* cells below were looked at since the last collection */
  uint8_t size_class;
  bool zeroed; /* unused cells are zero: pages that were never written */
  uint64_t used[WR__BLOCK_WORDS];
  uint64_t marked[WR__BLOCK_WORDS];
} wr__block;

#define WR__BLOCK_FIRST_CELL ((sizeof(wr__block) + 15) / 16 * 16)

/* The head of a large object, which follows it. */
typedef struct wr__large {
  struct wr__large *next;
  size_t size_bytes;
} wr__large;

/* wr__object.flags */
enum { WR__FLAG_LARGE = 1, WR__FLAG_INTERNED = 2 };

/* Objects whose references are still to be visited: arrays in pieces, from an index on. */
typedef struct wr__mark_entry {
  wr__object *object;
  uint64_t from;
} wr__mark_entry;

/* Address space for blocks. */
typedef struct wr__chunk {
  struct wr__chunk *next;
  void *base;
  size_t reserved;
  uint8_t *first_block;
  uint32_t block_count; /* given out */
} wr__chunk;

struct wr__heap {
  wr__heap_front front; /* first: wr__heap_alloc reads it */
  wr__store *store;
  wr__block *current[WR__HEAP_CLASSES]; /* the one whose run is being used */
  wr__block *partial[WR__HEAP_CLASSES]; /* may have unused cells */
  wr__block *full[WR__HEAP_CLASSES];    /* have none, until the next collection */
  wr__block *free_blocks;               /* of no class */
  size_t free_block_count;
  wr__chunk *chunks;
  wr__chunk **chunk_index; /* the same, by address */
  size_t chunk_count, chunk_capacity;
  size_t block_count; /* whose pages we may have: not those of free ones that were trimmed */
  wr__large *large;
  size_t large_total; /* how many there are */
  wr__large *
      *large_index;   /* by address; made by the first look-up of a collection, gone with its end */
  size_t large_count; /* in the index */
  /* accounting, in bytes of cells and large objects */
  uint8_t *run_start[WR__HEAP_CLASSES]; /* of the run that is being used */
  uint64_t live_bytes;                  /* in use, but for the runs */
  uint64_t reserved_bytes;              /* of the runs being used */
  uint64_t threshold_bytes;             /* collect when more are in use */
  uint64_t peak_bytes, collections, allocated_bytes, allocated_objects;
  /* marking */
  wr__mark_entry *mark_stack;
  size_t mark_count, mark_capacity, mark_limit;
  bool mark_overflowed; /* something was marked, but not pushed */
  bool may_stop;        /* the collection that runs ends at an interrupt, without effect */
  bool has_marks;       /* of a collection that was stopped */
  wr__roots *roots;
  /* host references, weak: a power of two of chains */
  wr__host_ref **host_buckets;
  size_t host_ref_count, host_bucket_count;
};

static inline uint32_t wr__block_words(const wr__block *block) {
  return (block->cell_count + 63) / 64;
}
static inline wr__block *wr__block_of(const void *object) {
  return (wr__block *)((uintptr_t)object & ~(uintptr_t)(WR__BLOCK_BYTES - 1));
}
static inline uint32_t wr__block_index(const wr__block *block, const void *object) {
  uint64_t offset = (uintptr_t)object - (uintptr_t)block - WR__BLOCK_FIRST_CELL;
  return (uint32_t)(offset * block->cell_reciprocal >> 32);
}
static inline uint8_t *wr__block_cell(wr__block *block, uint32_t index) {
  return (uint8_t *)block + WR__BLOCK_FIRST_CELL + (size_t)index * block->cell_bytes;
}

/* heap.c */
/* Ends the runs in use: what was not handed out of them is unused again. */
void wr__heap_retire_runs(wr__heap *heap);
/* Gives a block without objects back. */
void wr__heap_free_block(wr__heap *heap, wr__block *block);
/* Lets the system have the pages of free blocks above what is worth keeping. */
void wr__heap_trim(wr__heap *heap, size_t keep_blocks);
/* Frees a large object that is in no list. */
void wr__heap_free_large(wr__heap *heap, wr__large *large);

/* find.c */
bool wr__heap_index_chunk(wr__heap *heap, wr__chunk *chunk);
void wr__heap_drop_large_index(wr__heap *heap);

/* collect.c: a collection for the guest, which an interrupt stops: then nothing is freed, and the
 * allocation that wanted it fails. True: it came to its end. */
bool wr__heap_collect_for_guest(wr__heap *heap);

/* collect.c: is the object marked? For objects of the heap only. */
bool wr__heap_is_marked(const wr__object *object);

/* host_ref.c: after marking, removes the dead from the table; their infos are collected for
 * wr__host_refs_finalize, which runs when the heap is whole again. */
typedef struct wr__dead_infos {
  wr__host_info **infos;
  size_t count, capacity;
} wr__dead_infos;
void wr__host_refs_sweep(wr__heap *heap, wr__dead_infos *dead);
void wr__host_refs_finalize(wr__dead_infos *dead);
void wr__host_refs_free(wr__heap *heap);

#endif
