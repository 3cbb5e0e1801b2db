/* The collector: stop, mark from the roots, sweep.
 *
 * Marking keeps its own stack, so the depth of the object graph costs no C stack. Invariant while
 * it runs: a marked object's references have been visited, or it is on the stack, or
 * mark_overflowed is set. When the stack cannot grow, objects are marked without being pushed, and
 * the heap is walked for marked objects until a walk finds nothing new.
 *
 * A collection that the guest's allocations ask for stops at an interrupt, at any place: until all
 * is marked nothing is freed, and then a block or a large object is either swept or as it was. What
 * is left of the marks is taken away at the beginning of the next collection. */
#include <stdlib.h>

#include "gc/heap_internal.h"
#include "store/objects.h"

enum { ARRAY_PIECE = 256, FIRST_MARK_ENTRIES = 256, LEAST_MARK_ENTRIES = 65536 };

bool wr__heap_stopping(const wr__heap *heap) {
  return WR_UNLIKELY(wr__exec_interrupted(&heap->store->exec)) && heap->may_stop;
}

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

/* The stack may take an eighth of what the heap may; beyond that, memory costs time. */
static size_t most_marks(const wr__heap *heap) {
  uint64_t most = wr__budget_most(heap->store->budget, WR_LIMIT_GC_HEAP) / 8;
  most = most / sizeof(wr__mark_entry) + LEAST_MARK_ENTRIES;
  return most < heap->mark_limit ? (size_t)most : heap->mark_limit;
}

static bool grow_mark_stack(wr__heap *heap) {
  size_t wanted = heap->mark_capacity ? heap->mark_capacity * 2 : FIRST_MARK_ENTRIES;
  if (wanted > most_marks(heap)) wanted = most_marks(heap);
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
  while (heap->mark_count > 0 && !wr__heap_stopping(heap)) {
    wr__mark_entry entry = heap->mark_stack[--heap->mark_count];
    scan_object(heap, entry.object, entry.from);
  }
}

/* ---- Roots */

static void mark_globals(wr__heap *heap, const wr__global *globals, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (may_refer(heap, globals[i].type)) mark_ref(heap, globals[i].value.slot);
}

/* References of a root that may be long. */
static void mark_refs(wr__heap *heap, const wr__ref *refs, uint64_t count) {
  for (uint64_t i = 0; i < count && !wr__heap_stopping(heap); i++) {
    mark_ref(heap, refs[i]);
    drain_mark_stack(heap);
  }
}

static void mark_table(wr__heap *heap, const wr__table *table) {
  if (!may_refer(heap, table->element)) return;
  mark_refs(heap, table->elems, table->size);
}

static void mark_instance(wr__heap *heap, const wr__instance *instance) {
  const wr__module *module = instance->module;
  if (instance->own_globals)
    mark_globals(heap, instance->own_globals, module->global_count - module->imported_globals);
  for (uint32_t i = 0; instance->elems && i < module->elem_count; i++) {
    const wr__elem *elem = &instance->elems[i];
    if (!elem->refs || !may_refer(heap, module->elems[i].type)) continue;
    mark_refs(heap, elem->refs, elem->count);
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
  for (wr__block *block = list; block && !wr__heap_stopping(heap); block = block->next) {
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
  for (wr__large *large = heap->large; large && !wr__heap_stopping(heap); large = large->next) {
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
  while (heap->mark_overflowed && !wr__heap_stopping(heap)) {
    heap->mark_overflowed = false;
    rescan_heap(heap);
  }
}

/* ---- Sweep */

static uint32_t popcount(uint64_t word) { return (uint32_t)__builtin_popcountll(word); }

/* Copies marks to uses; the number of live cells, and of those that died. */
static uint32_t sweep_bits(wr__block *block, uint32_t *died) {
  uint32_t live = 0;
  *died = 0;
  for (uint32_t w = 0; w < wr__block_words(block); w++) {
    uint64_t dead = block->used[w] & ~block->marked[w];
    if (dead) block->zeroed = false;
    *died += popcount(dead);
    block->used[w] = block->marked[w];
    block->marked[w] = 0;
    live += popcount(block->used[w]);
  }
  block->cursor = 0;
  return live;
}

static void sweep_block(wr__heap *heap, uint32_t size_class, wr__block *block) {
  uint32_t died, live = sweep_bits(block, &died);
  heap->live_bytes -= (uint64_t)died * block->cell_bytes;
  if (live == 0) {
    wr__heap_free_block(heap, block);
    return;
  }
  wr__block **to = live == block->cell_count ? &heap->full[size_class] : &heap->partial[size_class];
  block->next = *to;
  *to = block;
}

/* Stopped: the others go where they were. */
static void sweep_blocks(wr__heap *heap, uint32_t size_class, wr__block *list,
                         wr__block **unswept_to) {
  for (wr__block *block = list, *next; block; block = next) {
    next = block->next;
    if (!wr__heap_stopping(heap)) {
      sweep_block(heap, size_class, block);
      continue;
    }
    block->next = *unswept_to;
    *unswept_to = block;
  }
}

static void sweep_large(wr__heap *heap) {
  wr__large **link = &heap->large;
  while (*link && !wr__heap_stopping(heap)) {
    wr__large *large = *link;
    wr__object *object = (wr__object *)(large + 1);
    if (object->mark) {
      object->mark = 0;
      link = &large->next;
    } else {
      *link = large->next;
      wr__heap_free_large(heap, large);
    }
  }
}

static void sweep_all(wr__heap *heap) {
  for (uint32_t i = 0; i < WR__HEAP_CLASSES; i++) {
    wr__block *partial = heap->partial[i], *full = heap->full[i];
    heap->partial[i] = heap->full[i] = NULL;
    sweep_blocks(heap, i, partial, &heap->partial[i]);
    sweep_blocks(heap, i, full, &heap->full[i]);
  }
  sweep_large(heap);
}

/* ---- The whole */

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

static void clear_blocks(const wr__heap *heap, wr__block *list) {
  for (wr__block *block = list; block && !wr__heap_stopping(heap); block = block->next)
    memset(block->marked, 0, sizeof block->marked);
}

/* Takes away what a stopped collection left. */
static void clear_marks(wr__heap *heap) {
  for (int i = 0; i < WR__HEAP_CLASSES; i++) {
    clear_blocks(heap, heap->partial[i]);
    clear_blocks(heap, heap->full[i]);
  }
  for (wr__large *large = heap->large; large && !wr__heap_stopping(heap); large = large->next)
    ((wr__object *)(large + 1))->mark = 0;
}

static bool collect(wr__heap *heap) {
  detach_current_blocks(heap);
  if (heap->has_marks) clear_marks(heap);
  heap->has_marks = true;
  if (wr__heap_stopping(heap)) return false;
  mark_all(heap);
  wr__heap_drop_large_index(heap);
  heap->mark_count = 0;
  if (wr__heap_stopping(heap)) return false;
  wr__dead_infos dead = {0};
  wr__host_refs_sweep(heap, &dead);
  sweep_all(heap);
  bool done = !wr__heap_stopping(heap);
  if (done) {
    heap->has_marks = false;
    heap->collections++;
    /* Free blocks for what may be allocated before the next collection stay at hand; the system
     * gets the pages of the others. */
    wr__heap_trim(heap, WR__CHUNK_BLOCKS + (size_t)(heap->live_bytes / WR__BLOCK_BYTES));
  }
  heap->may_stop = false; /* finalizers may allocate */
  wr__host_refs_finalize(&dead);
  return done;
}

void wr__heap_collect(wr__heap *heap) {
  heap->may_stop = false;
  (void)collect(heap);
}

bool wr__heap_collect_for_guest(wr__heap *heap) {
  heap->may_stop = true;
  bool done = collect(heap);
  heap->may_stop = true; /* the allocation may need another one */
  return done;
}
