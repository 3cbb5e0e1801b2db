/* The collector: stop, mark from the roots, sweep.
 *
 * Marking keeps its own stack, so the depth of the object graph costs no C stack. Invariant while
 * it runs: a marked object's references have been visited, or it is on the stack, or
 * mark_overflowed is set. When the stack cannot grow, objects are marked without being pushed, and
 * the heap is walked for marked objects until a walk finds nothing new. */
#include <stdlib.h>

#include "gc/heap_internal.h"
#include "store/objects.h"

enum { ARRAY_PIECE = 256, FIRST_MARK_ENTRIES = 256 };

static bool test_and_mark(wr__object *object) {
  if (object->flags & WR__FLAG_LARGE) {
    bool was = object->mark;
    object->mark = 1;
    return was;
  }
  wr__block *block = wr__block_of(object);
  uint32_t index = wr__block_index(block, object);
  uint64_t *word = &block->marked[index / 64], bit = (uint64_t)1 << (index % 64);
  bool was = (*word & bit) != 0;
  *word |= bit;
  return was;
}

bool wr__heap_is_marked(const wr__object *object) {
  if (object->flags & WR__FLAG_LARGE) return object->mark;
  const wr__block *block = wr__block_of(object);
  uint32_t index = wr__block_index(block, object);
  return block->marked[index / 64] >> (index % 64) & 1;
}

static bool grow_mark_stack(wr__heap *heap) {
  size_t wanted = heap->mark_capacity ? heap->mark_capacity * 2 : FIRST_MARK_ENTRIES;
  if (wanted > heap->mark_limit) wanted = heap->mark_limit;
  if (wanted <= heap->mark_capacity || wanted > SIZE_MAX / sizeof(wr__mark_entry)) return false;
  wr__mark_entry *grown = realloc(heap->mark_stack, wanted * sizeof *grown);
  if (!grown) return false;
  heap->mark_stack = grown;
  heap->mark_capacity = wanted;
  return true;
}

static bool push_object(wr__heap *heap, wr__object *object, uint64_t from) {
  if (heap->mark_count == heap->mark_capacity && !grow_mark_stack(heap)) return false;
  heap->mark_stack[heap->mark_count++] = (wr__mark_entry){object, from};
  return true;
}

static void mark_ref(wr__heap *heap, wr__ref ref) {
  if (ref == WR__NULL_REF || wr__ref_is_i31(ref)) return;
  wr__object *object = (wr__object *)(uintptr_t)ref;
  if (object->kind == WR__OBJECT_FUNC) return; /* lives as long as the store */
  if (test_and_mark(object) || object->kind == WR__OBJECT_HOST) return;
  if (!push_object(heap, object, 0)) heap->mark_overflowed = true;
}

static void mark_root(void *context, wr__ref ref) { mark_ref(context, ref); }

/* Can a value of the type refer to the heap? Functions are not in it. */
static bool may_refer(const wr__heap *heap, wr_valtype type) {
  if (!wr_valtype_is_ref(type)) return false;
  return wr__heaptype_top(heap->store->engine->types, wr_valtype_heap(type)) != WR_HEAP_FUNC;
}

static void scan_struct(wr__heap *heap, wr__object *object, const wr__deftype *type) {
  const uint8_t *bytes = (const uint8_t *)object;
  for (uint32_t i = 0; i < type->field_count; i++) {
    if (!wr_valtype_is_ref(type->fields[i].type)) continue;
    mark_ref(heap, *(const wr__ref *)(const void *)(bytes + type->fields[i].offset));
  }
}

/* A piece of an array; the rest goes back on the stack first, so that the stack holds
 * pieces' worth of elements and never all of a large array's. Without room for that the whole
 * array is the piece. */
static void scan_array(wr__heap *heap, wr__object *object, const wr__deftype *type, uint64_t from) {
  if (!wr_valtype_is_ref(type->fields[0].type)) return;
  uint64_t to = ((wr__array *)object)->length;
  if (to - from > ARRAY_PIECE && push_object(heap, object, from + ARRAY_PIECE))
    to = from + ARRAY_PIECE;
  const void *elements = (const uint8_t *)object + type->fields[0].offset;
  for (uint64_t i = from; i < to; i++) mark_ref(heap, ((const wr__ref *)elements)[i]);
}

static void scan_exn(wr__heap *heap, const wr__exn *exn) {
  const wr__deftype *type = exn->tag->type;
  uint32_t slot = 0;
  for (uint32_t i = 0; i < type->param_count; i++) {
    if (wr_valtype_is_ref(type->params[i])) mark_ref(heap, exn->slots[slot]);
    slot += wr__valtype_slots(type->params[i]);
  }
}

static void scan_object(wr__heap *heap, wr__object *object, uint64_t from) {
  const wr__typereg *types = heap->store->engine->types;
  switch (object->kind) {
    case WR__OBJECT_STRUCT:
      scan_struct(heap, object, wr__type_get(types, object->type_id));
      break;
    case WR__OBJECT_ARRAY:
      scan_array(heap, object, wr__type_get(types, object->type_id), from);
      break;
    case WR__OBJECT_EXN:
      scan_exn(heap, (wr__exn *)object);
      break;
    default:
      break;
  }
}

static void drain_mark_stack(wr__heap *heap) {
  while (heap->mark_count > 0) {
    wr__mark_entry entry = heap->mark_stack[--heap->mark_count];
    scan_object(heap, entry.object, entry.from);
  }
}

/* ---- Roots */

static void mark_globals(wr__heap *heap, const wr__global *globals, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (may_refer(heap, globals[i].type)) mark_ref(heap, globals[i].value.slot);
}

static void mark_table(wr__heap *heap, const wr__table *table) {
  if (!may_refer(heap, table->element)) return;
  for (uint64_t i = 0; i < table->size; i++) {
    mark_ref(heap, table->elems[i]);
    drain_mark_stack(heap);
  }
}

static void mark_instance(wr__heap *heap, const wr__instance *instance) {
  const wr__module *module = instance->module;
  if (instance->own_globals)
    mark_globals(heap, instance->own_globals, module->global_count - module->imported_globals);
  for (uint32_t i = 0; instance->elems && i < module->elem_count; i++) {
    const wr__elem *elem = &instance->elems[i];
    if (!elem->refs || !may_refer(heap, module->elems[i].type)) continue;
    for (uint32_t k = 0; k < elem->count; k++) mark_ref(heap, elem->refs[k]);
  }
}

static void mark_roots(wr__heap *heap) {
  wr__store *store = heap->store;
  for (size_t i = 0; i < store->instance_count; i++) mark_instance(heap, store->instances[i]);
  for (size_t i = 0; i < store->object_count; i++) {
    void *object;
    wr_externkind kind = wr__store_object(store, i, &object);
    if (kind == WR_EXTERN_GLOBAL) mark_globals(heap, object, 1);
    if (kind == WR_EXTERN_TABLE) mark_table(heap, object);
  }
  for (const wr__roots *roots = heap->roots; roots; roots = roots->next)
    for (size_t i = 0; i < roots->count; i++)
      if (roots->is_ref[i]) mark_ref(heap, roots->slots[i]);
  mark_ref(heap, store->exec.trap.exception);
  if (store->visit_handles) store->visit_handles(store, mark_root, heap);
  if (store->visit_frames) store->visit_frames(store, mark_root, heap);
}

/* ---- After a mark stack that could not grow */

static void rescan_blocks(wr__heap *heap, wr__block *list) {
  for (wr__block *block = list; block; block = block->next) {
    for (uint32_t i = 0; i < block->cell_count; i++) {
      if (!(block->marked[i / 64] >> (i % 64) & 1)) continue;
      scan_object(heap, (wr__object *)wr__block_cell(block, i), 0);
      drain_mark_stack(heap);
    }
  }
}

static void rescan_heap(wr__heap *heap) {
  for (int i = 0; i < WR__HEAP_CLASSES; i++) {
    rescan_blocks(heap, heap->partial[i]);
    rescan_blocks(heap, heap->full[i]);
  }
  for (wr__large *large = heap->large; large; large = large->next) {
    wr__object *object = (wr__object *)(large + 1);
    if (!object->mark) continue;
    scan_object(heap, object, 0);
    drain_mark_stack(heap);
  }
}

static void mark_all(wr__heap *heap) {
  heap->mark_overflowed = false;
  mark_roots(heap);
  drain_mark_stack(heap);
  while (heap->mark_overflowed) {
    heap->mark_overflowed = false;
    rescan_heap(heap);
  }
}

/* ---- Sweep */

/* Copies marks to uses; the number of live cells. */
static uint32_t sweep_bits(wr__block *block) {
  uint32_t live = 0;
  for (uint32_t w = 0; w < wr__block_words(block); w++) {
    if (block->used[w] != block->marked[w]) block->zeroed = false; /* a cell died */
    block->used[w] = block->marked[w];
    block->marked[w] = 0;
    live += (uint32_t)__builtin_popcountll(block->used[w]);
  }
  block->cursor = 0;
  return live;
}

static void sweep_blocks(wr__heap *heap, uint32_t size_class, wr__block *list) {
  for (wr__block *block = list, *next; block; block = next) {
    next = block->next;
    uint32_t live = sweep_bits(block);
    heap->live_bytes += (uint64_t)live * block->cell_bytes;
    if (live == 0) {
      wr__heap_free_block(heap, block);
      continue;
    }
    wr__block **to =
        live == block->cell_count ? &heap->full[size_class] : &heap->partial[size_class];
    block->next = *to;
    *to = block;
  }
}

static void sweep_large(wr__heap *heap) {
  wr__large **link = &heap->large;
  while (*link) {
    wr__large *large = *link;
    wr__object *object = (wr__object *)(large + 1);
    if (object->mark) {
      object->mark = 0;
      heap->live_bytes += large->size_bytes;
      link = &large->next;
    } else {
      *link = large->next;
      free(large);
    }
  }
}

static void sweep_all(wr__heap *heap) {
  heap->live_bytes = 0;
  for (uint32_t i = 0; i < WR__HEAP_CLASSES; i++) {
    wr__block *partial = heap->partial[i], *full = heap->full[i];
    heap->partial[i] = heap->full[i] = NULL;
    sweep_blocks(heap, i, partial);
    sweep_blocks(heap, i, full);
  }
  sweep_large(heap);
}

static void detach_current_blocks(wr__heap *heap) {
  wr__heap_retire_runs(heap);
  for (int i = 0; i < WR__HEAP_CLASSES; i++) {
    wr__block *block = heap->current[i];
    if (!block) continue;
    block->next = heap->partial[i];
    heap->partial[i] = block;
    heap->current[i] = NULL;
  }
}

void wr__heap_collect(wr__heap *heap) {
  detach_current_blocks(heap);
  mark_all(heap);
  wr__heap_drop_large_index(heap);
  wr__dead_infos dead = {0};
  wr__host_refs_sweep(heap, &dead);
  sweep_all(heap);
  /* Free blocks for what may be allocated before the next collection stay at hand; the system gets
   * the pages of the others. */
  wr__heap_trim(heap, WR__CHUNK_BLOCKS + (size_t)(heap->live_bytes / WR__BLOCK_BYTES));
  heap->collections++;
  wr__host_refs_finalize(&dead);
}
