/* The bulk instructions on memories and tables: bounds first, then the work in pieces of 64 KiB
 * with a look for an interrupt between them. Spec: exec/instructions: memory.fill, memory.copy,
 * memory.init, table.fill, table.copy, table.init, data.drop, elem.drop. */
#include <stdlib.h>

#include "platform/memory.h"
#include "store/objects.h"

enum { PIECE_BYTES = 64 << 10, PIECE_ELEMS = PIECE_BYTES / sizeof(wr__ref) };
/* From here on zeros go by pages, in pieces that take no longer than the others. */
enum { MANY_ZEROS_BYTES = 1 << 20, ZEROS_BYTES = 4 << 20 };

static inline bool out_of_bounds(uint64_t at, uint64_t count, uint64_t size) {
  return at > size || count > size - at;
}

static wr_trap_kind fill_bytes(wr__exec *exec, uint8_t *at, uint8_t value, uint64_t count) {
  while (count > PIECE_BYTES) {
    memset(at, value, PIECE_BYTES);
    at += PIECE_BYTES;
    count -= PIECE_BYTES;
    if (wr__exec_interrupted(exec)) return WR_TRAP_INTERRUPTED;
  }
  if (count) memset(at, value, (size_t)count);
  return WR_TRAP_NONE;
}

wr_trap_kind wr__copy_bytes(wr__exec *exec, uint8_t *to, const uint8_t *from, uint64_t count) {
  bool backward = to > from && to < from + count;
  while (count > PIECE_BYTES) {
    count -= PIECE_BYTES;
    if (backward) {
      memmove(to + count, from + count, PIECE_BYTES);
    } else {
      memmove(to, from, PIECE_BYTES);
      to += PIECE_BYTES;
      from += PIECE_BYTES;
    }
    if (exec && wr__exec_interrupted(exec)) return WR_TRAP_INTERRUPTED;
  }
  if (count) memmove(to, from, (size_t)count);
  return WR_TRAP_NONE;
}

/* The zeros that allocators write over memory that they just got: a program may use little of it.
 * Pages of a shared memory stay, since others may be writing to them, and so do those of a file. */
static wr_trap_kind fill_pages(wr__exec *exec, uint8_t *at, uint64_t count) {
  size_t page = wr__page_size();
  size_t head = -(uintptr_t)at & (page - 1), tail = (uintptr_t)(at + count) & (page - 1);
  memset(at, 0, head);
  memset(at + count - tail, 0, tail);
  uint8_t *end = at + count - tail;
  for (at += head; at < end;) {
    size_t piece = (size_t)(end - at) < ZEROS_BYTES ? (size_t)(end - at) : ZEROS_BYTES;
    wr__vm_zero(at, piece);
    at += piece;
    if (wr__exec_interrupted(exec)) return WR_TRAP_INTERRUPTED;
  }
  return WR_TRAP_NONE;
}

wr_trap_kind wr__memory_fill(wr__exec *exec, wr__memory *memory, uint64_t at, uint8_t value,
                             uint64_t count) {
  if (out_of_bounds(at, count, wr__memory_size(memory))) return WR_TRAP_MEMORY_OUT_OF_BOUNDS;
  if (value == 0 && count >= MANY_ZEROS_BYTES && !memory->shared && at >= memory->file_end)
    return fill_pages(exec, memory->base + at, count);
  return fill_bytes(exec, memory->base + at, value, count);
}

wr_trap_kind wr__memory_copy(wr__exec *exec, wr__memory *to, uint64_t to_at, wr__memory *from,
                             uint64_t from_at, uint64_t count) {
  if (out_of_bounds(to_at, count, wr__memory_size(to)) ||
      out_of_bounds(from_at, count, wr__memory_size(from)))
    return WR_TRAP_MEMORY_OUT_OF_BOUNDS;
  return wr__copy_bytes(exec, to->base + to_at, from->base + from_at, count);
}

wr_trap_kind wr__memory_init(wr__instance *instance, uint32_t data_index, wr__memory *memory,
                             uint64_t to_at, uint64_t from_at, uint64_t count) {
  const wr__data_decl *data = &instance->module->datas[data_index];
  uint64_t length = instance->data_dropped[data_index] ? 0 : data->bytes_size;
  if (out_of_bounds(to_at, count, wr__memory_size(memory)) || out_of_bounds(from_at, count, length))
    return WR_TRAP_MEMORY_OUT_OF_BOUNDS;
  const uint8_t *from = instance->module->bytes + data->bytes_offset + from_at;
  return wr__copy_bytes(instance->exec, memory->base + to_at, from, count);
}

void wr__data_drop(wr__instance *instance, uint32_t data_index) {
  instance->data_dropped[data_index] = true;
}

wr_trap_kind wr__fill_refs(wr__exec *exec, wr__ref *to, wr__ref value, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    to[i] = value;
    if (WR_UNLIKELY(i % PIECE_ELEMS == PIECE_ELEMS - 1) && exec && wr__exec_interrupted(exec))
      return WR_TRAP_INTERRUPTED;
  }
  return WR_TRAP_NONE;
}

wr_trap_kind wr__table_fill(wr__exec *exec, wr__table *table, uint64_t at, wr__ref value,
                            uint64_t count) {
  if (out_of_bounds(at, count, table->size)) return WR_TRAP_TABLE_OUT_OF_BOUNDS;
  return wr__fill_refs(exec, table->elems + at, value, count);
}

wr_trap_kind wr__table_copy(wr__exec *exec, wr__table *to, uint64_t to_at, wr__table *from,
                            uint64_t from_at, uint64_t count) {
  if (out_of_bounds(to_at, count, to->size) || out_of_bounds(from_at, count, from->size))
    return WR_TRAP_TABLE_OUT_OF_BOUNDS;
  if (count == 0) return WR_TRAP_NONE;
  return wr__copy_bytes(exec, (uint8_t *)(to->elems + to_at),
                        (const uint8_t *)(from->elems + from_at), count * sizeof(wr__ref));
}

wr_trap_kind wr__table_init(wr__instance *instance, uint32_t elem_index, wr__table *table,
                            uint64_t to_at, uint64_t from_at, uint64_t count) {
  const wr__elem *elem = &instance->elems[elem_index];
  if (out_of_bounds(to_at, count, table->size) || out_of_bounds(from_at, count, elem->count))
    return WR_TRAP_TABLE_OUT_OF_BOUNDS;
  if (count == 0) return WR_TRAP_NONE;
  return wr__copy_bytes(instance->exec, (uint8_t *)(table->elems + to_at),
                        (const uint8_t *)(elem->refs + from_at), count * sizeof(wr__ref));
}

void wr__elem_drop(wr__instance *instance, uint32_t elem_index) {
  wr__elem *elem = &instance->elems[elem_index];
  free(elem->refs);
  elem->refs = NULL;
  elem->count = 0;
}
