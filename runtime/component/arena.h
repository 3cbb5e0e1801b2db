/* An arena: memory that is freed at once, for what a decoded component consists of. */
#ifndef WR__COMPONENT_ARENA_H
#define WR__COMPONENT_ARENA_H

#include "base/base.h"

typedef struct wr__arena wr__arena;

/* limit: bytes that it may hold at most. */
wr__arena *wr__arena_new(uint64_t limit);
void wr__arena_delete(wr__arena *arena);
/* Zeroed bytes, aligned to 16; NULL when out of memory or beyond the limit. */
void *wr__arena_alloc(wr__arena *arena, size_t size);
/* The same for count elements. */
void *wr__arena_array(wr__arena *arena, size_t count, size_t element_size);
/* Was memory denied because of the limit? */
bool wr__arena_exceeded(const wr__arena *arena);

#endif
