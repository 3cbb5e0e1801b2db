/* The arena: blocks in a list, each larger than the one before up to a limit. */
#include <stdlib.h>

#include "component/arena.h"

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20, ALIGNMENT = 16 };

typedef struct block {
  struct block *next;
  size_t used, size; /* of what follows the header */
} block;

struct wr__arena {
  block *blocks;
  size_t next_size;
  uint64_t left; /* bytes */
  bool exceeded;
};

enum { HEADER = (sizeof(block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT };

wr__arena *wr__arena_new(uint64_t limit) {
  wr__arena *arena = calloc(1, sizeof *arena);
  if (!arena) return NULL;
  arena->next_size = FIRST_BLOCK;
  arena->left = limit;
  return arena;
}

void wr__arena_delete(wr__arena *arena) {
  if (!arena) return;
  for (block *b = arena->blocks, *next; b; b = next) {
    next = b->next;
    free(b);
  }
  free(arena);
}

/* A request of its own size goes behind the block in use, which has room left. */
static block *add_block(wr__arena *arena, size_t size) {
  bool is_large = size > arena->next_size / 2;
  size_t room = is_large ? size : arena->next_size;
  block *b = calloc(1, HEADER + room);
  if (!b) return NULL;
  b->size = room;
  if (is_large && arena->blocks) {
    b->next = arena->blocks->next;
    arena->blocks->next = b;
    return b;
  }
  b->next = arena->blocks;
  arena->blocks = b;
  if (arena->next_size < LARGEST_BLOCK) arena->next_size *= 2;
  return b;
}

void *wr__arena_alloc(wr__arena *arena, size_t size) {
  if (size > SIZE_MAX / 2) return NULL;
  size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (size > arena->left) {
    arena->exceeded = true;
    return NULL;
  }
  arena->left -= size;
  block *b = arena->blocks;
  if (!b || b->size - b->used < size) b = add_block(arena, size);
  if (!b) return NULL;
  void *memory = (uint8_t *)b + HEADER + b->used;
  b->used += size;
  return memory;
}

bool wr__arena_exceeded(const wr__arena *arena) { return arena->exceeded; }

void *wr__arena_array(wr__arena *arena, size_t count, size_t element_size) {
  size_t size;
  if (__builtin_mul_overflow(count, element_size, &size)) return NULL;
  return wr__arena_alloc(arena, size);
}
