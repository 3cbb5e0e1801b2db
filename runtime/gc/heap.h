/* The heap of a store: objects that references point at, and their collector.
 *
 * Objects never move. Small ones live in cells of one size, in blocks of 64 KiB; large ones
 * in allocations of their own. A block keeps two bits for each cell: `used` (live at the last
 * collection, or handed out since) and `marked` (found by the collection that runs).
 * Allocation takes runs of unused cells and bumps through them; sweeping a block is copying
 * `marked` to `used`, and touches no object.
 *
 * Precise in the heap: an object's layout is its defined type's. Collections happen at
 * allocations only, so a reference that is to survive one must be in a root: a global, a table, an
 * element segment, a handle of the embedder, a frame of the interpreter, the trap record, or a
 * wr__roots. */
#ifndef WR__HEAP_H
#define WR__HEAP_H

#include "base/base.h"
#include "store/store.h"

typedef struct wr__heap wr__heap;

typedef struct wr__struct {
  wr__object header;
  /* fields, at the type's offsets */
} wr__struct;

typedef struct wr__array {
  wr__object header;
  uint32_t length;
  /* elements, from the type's fields[0].offset */
} wr__array;

typedef struct wr__exn {
  wr__object header;
  wr__tag *tag;
  uint64_t slots[]; /* the arguments: tag->type->param_slots */
} wr__exn;

typedef struct wr__host_ref {
  wr__object header;
  uintptr_t value;
  wr__host_info *host_info;  /* NULL until set */
  struct wr__host_ref *next; /* internal to gc/host_ref.c */
} wr__host_ref;

#define WR__HEAP_GRANULE 8
#define WR__HEAP_SMALL_BYTES 2048 /* the largest cell */
#define WR__HEAP_CLASSES 26

/* Where the next objects of a size class go: cells from bump to limit are unused and zero. */
typedef struct wr__bump {
  uint8_t *bump;
  uint8_t *limit;
  uint32_t cell_bytes;
} wr__bump;

/* The part of the heap that allocation reads; the rest is in gc/heap_internal.h. */
typedef struct wr__heap_front {
  wr__bump classes[WR__HEAP_CLASSES];
  uint8_t class_of[WR__HEAP_SMALL_BYTES / WR__HEAP_GRANULE + 1]; /* by size in granules */
} wr__heap_front;

/* Of each class; class_of is made from it: native code knows it. */
extern const uint16_t wr__heap_cell_bytes[WR__HEAP_CLASSES];
/* The class of a size up to WR__HEAP_SMALL_BYTES. */
uint32_t wr__heap_class(size_t size_bytes);

wr__heap *wr__heap_new(wr__store *store);
/* Frees all objects; finalizers of host references run. */
void wr__heap_delete(wr__heap *heap);

wr__object *wr__heap_alloc_slow(wr__exec *exec, uint32_t type_id, size_t size_bytes,
                                wr__object_kind kind);

/* A zeroed object with its header set, or NULL: when the heap's limit is reached even after a
 * collection, or an interrupt stopped the collection (wr__exec_trap tells the two apart). type may
 * be NULL (host references, exceptions). May collect. */
static inline wr__object *wr__heap_alloc(wr__exec *exec, const wr__deftype *type, size_t size_bytes,
                                         wr__object_kind kind) {
  uint32_t type_id = type ? type->id : WR__NO_TYPE;
  if (WR_LIKELY(size_bytes <= WR__HEAP_SMALL_BYTES)) {
    wr__heap_front *front = (wr__heap_front *)exec->store->heap;
    size_t granules = (size_bytes + WR__HEAP_GRANULE - 1) / WR__HEAP_GRANULE;
    wr__bump *cells = &front->classes[front->class_of[granules]];
    if (WR_LIKELY(cells->bump != cells->limit)) {
      wr__object *object = (wr__object *)cells->bump;
      cells->bump += cells->cell_bytes;
      object->type_id = type_id;
      object->kind = (uint8_t)kind;
      return object;
    }
  }
  return wr__heap_alloc_slow(exec, type_id, size_bytes, kind);
}

/* A full collection. */
void wr__heap_collect(wr__heap *heap);
/* Is an interrupt to stop the collection that runs? For visitors of roots with much to look at. */
bool wr__heap_stopping(const wr__heap *heap);
void wr__heap_stats(const wr__heap *heap, wr_gc_stats *out);
/* For tests: the mark stack grows to that many entries and no further. */
void wr__heap_set_mark_stack_limit(wr__heap *heap, size_t entries);

/* Slots of C code that collections must see, while it allocates: is_ref[i] tells whether slots[i]
 * is a reference. Pushed and popped like a stack. */
typedef struct wr__roots {
  struct wr__roots *next;
  const uint64_t *slots;
  const bool *is_ref;
  size_t count;
} wr__roots;
void wr__roots_push(wr__heap *heap, wr__roots *roots);
void wr__roots_pop(wr__heap *heap, wr__roots *roots);

/* For root visitors that cannot tell references from other words (native frames): the object that
 * the address is in, or NULL. Only while a collection runs, from a visitor. */
wr__object *wr__heap_find(wr__heap *heap, uintptr_t address);

/* A new exception object with its arguments in slots, or WR__NULL_REF. The caller's slots are
 * roots. */
wr__ref wr__exn_new(wr__exec *exec, wr__tag *tag, const uint64_t *slots);

#endif
