/* Unit tests of gc/: what is reachable stays, what is not goes, limits and finalizers hold, deep
 * and wide graphs are marked without recursion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/make.h"
#include "gc/heap_internal.h"
#include "gc/object.h"

typedef struct world {
  wr__engine *engine;
  wr__store *store;
  wr__exec *exec;
  const wr__deftype *node; /* (struct (mut i32) (mut (ref null any))) */
  const wr__deftype
      *pair; /* (struct (mut i8) (mut (ref null any)) (mut v128) (mut (ref null any))) */
  const wr__deftype *refs;  /* (array (mut (ref null any))) */
  const wr__deftype *bytes; /* (array (mut i8)) */
  wr__global *root;
} world;

static const wr_valtype anyref = WR_REF_NULL_TYPE(WR_HEAP_ANY);

static const wr__deftype *intern(wr__engine *engine, uint8_t comp, const wr__field *fields,
                                 uint32_t count) {
  wr__subtype_decl decl = {.comp = comp,
                           .is_final = true,
                           .super_id = WR__NO_TYPE,
                           .field_count = count,
                           .fields = fields};
  const wr__deftype *type = NULL;
  assert_int_equal(wr__type_intern(engine->types, &decl, 1, &type), WR_OK);
  return type;
}

static world new_world(uint64_t max_heap, bool stress) {
  wr__config config;
  wr__config_init(&config);
  if (max_heap) config.max_gc_heap_bytes = max_heap;
  config.gc_stress = stress;
  world w = {.engine = wr__engine_new(&config)};
  w.store = wr__store_new(w.engine);
  w.exec = &w.store->exec;
  const wr__field node[] = {{.type = WR_I32, .is_mutable = true},
                            {.type = anyref, .is_mutable = true}};
  const wr__field pair[] = {{.type = WR__I8, .is_mutable = true},
                            {.type = anyref, .is_mutable = true},
                            {.type = WR_V128, .is_mutable = true},
                            {.type = anyref, .is_mutable = true}};
  const wr__field byte = {.type = WR__I8, .is_mutable = true};
  w.node = intern(w.engine, WR__COMP_STRUCT, node, 2);
  w.pair = intern(w.engine, WR__COMP_STRUCT, pair, 4);
  w.refs = intern(w.engine, WR__COMP_ARRAY, &node[1], 1);
  w.bytes = intern(w.engine, WR__COMP_ARRAY, &byte, 1);
  w.root = wr__global_new(w.store, anyref, true);
  return w;
}

static void end_world(world *w) {
  wr__store_delete(w->store);
  wr__engine_release(w->engine);
}

static wr__ref new_node(world *w, uint32_t number, wr__ref next) {
  uint64_t slots[2] = {number, next};
  bool is_ref[2] = {false, true};
  wr__roots roots = {.slots = slots, .is_ref = is_ref, .count = 2};
  wr__roots_push(w->store->heap, &roots);
  wr__ref ref = wr__struct_new(w->exec, w->node, slots);
  wr__roots_pop(w->store->heap, &roots);
  return ref;
}

static uint32_t node_number(world *w, wr__ref ref) {
  uint64_t out = UINT64_MAX;
  assert_int_equal(wr__struct_get(ref, w->node, 0, false, &out), WR_TRAP_NONE);
  return (uint32_t)out;
}

static wr__ref node_next(world *w, wr__ref ref) {
  uint64_t out;
  assert_int_equal(wr__struct_get(ref, w->node, 1, false, &out), WR_TRAP_NONE);
  return out;
}

static uint64_t heap_bytes(world *w) {
  wr_gc_stats stats;
  wr__heap_stats(w->store->heap, &stats);
  return stats.heap_bytes;
}

static void reachable_stays_and_garbage_goes(void **state) {
  (void)state;
  world w = new_world(0, false);
  for (uint32_t i = 0; i < 1000; i++) {
    assert_true(new_node(&w, 9999, 0) != 0);
    w.root->value.slot = new_node(&w, i, w.root->value.slot);
  }
  assert_int_equal(heap_bytes(&w), 2000 * 24);
  wr__heap_collect(w.store->heap);
  assert_int_equal(heap_bytes(&w), 1000 * 24);
  wr__ref at = w.root->value.slot;
  for (uint32_t i = 1000; i-- > 0; at = node_next(&w, at)) assert_int_equal(node_number(&w, at), i);
  assert_int_equal(at, 0);
  w.root->value.slot = 0;
  wr__heap_collect(w.store->heap);
  assert_int_equal(heap_bytes(&w), 0);
  end_world(&w);
}

static void cycles_are_collected(void **state) {
  (void)state;
  world w = new_world(0, false);
  wr__ref first = new_node(&w, 0, 0), last = first;
  w.root->value.slot = first;
  for (uint32_t i = 1; i < 100; i++) last = w.root->value.slot = new_node(&w, i, last);
  uint64_t slot = last;
  assert_int_equal(wr__struct_set(first, w.node, 1, &slot), WR_TRAP_NONE);
  wr__heap_collect(w.store->heap);
  assert_int_equal(heap_bytes(&w), 100 * 24);
  w.root->value.slot = 0;
  wr__heap_collect(w.store->heap);
  assert_int_equal(heap_bytes(&w), 0);
  end_world(&w);
}

static void check_list(world *w, uint32_t count) {
  wr__ref at = w->root->value.slot;
  for (uint32_t i = count; i-- > 0; at = node_next(w, at)) assert_int_equal(node_number(w, at), i);
  assert_int_equal(at, 0);
}

/* Stopped at any place, a collection loses nothing and keeps no count wrong; the next one frees
 * what is to be freed. */
static void stopped_collections(void **state) {
  (void)state;
  enum { NODES = 20000, LARGE = 300, ROUNDS = 150 };
  world w = new_world(0, false);
  wr__heap *heap = w.store->heap;
  uint32_t stopped = 0;
  for (uint32_t i = 0; i < NODES; i++) w.root->value.slot = new_node(&w, i, w.root->value.slot);
  wr__heap_collect(heap);
  uint64_t live = heap_bytes(&w);
  for (uint32_t round = 0; round < ROUNDS; round++) {
    for (uint32_t i = 0; i < LARGE; i++) {
      wr__ref garbage;
      assert_int_equal(wr__array_new(w.exec, w.bytes, NULL, 5000, &garbage), WR_TRAP_NONE);
      assert_true(new_node(&w, 9999, 0) != 0);
    }
    if (round % 10 == 9)
      wr__store_interrupt(w.store);
    else
      assert_int_equal(wr__store_set_deadline(w.store, 1 + round * UINT64_C(7919) % 600000), WR_OK);
    if (!wr__heap_collect_for_guest(heap)) stopped++;
    assert_int_equal(wr__store_set_deadline(w.store, 0), WR_OK);
    wr__store_clear_interrupt(w.store);
    check_list(&w, NODES);
    assert_true(heap_bytes(&w) >= live);
    if (round % 5) continue;
    wr__heap_collect(heap);
    check_list(&w, NODES);
    assert_int_equal(heap_bytes(&w), live);
  }
  assert_true(stopped >= ROUNDS / 10);
  end_world(&w);
}

/* An allocation whose collection was stopped is no lack of memory. */
static void stopped_allocations_are_interrupts(void **state) {
  (void)state;
  world w = new_world(1 << 20, false);
  wr__ref ref;
  while (wr__array_new(w.exec, w.bytes, NULL, 5000, &ref) == WR_TRAP_NONE)
    wr__store_interrupt(w.store);
  assert_int_equal(wr__exec_trap(w.exec, WR_TRAP_OUT_OF_MEMORY), WR_INTERRUPTED);
  assert_int_equal(wr__array_new(w.exec, w.bytes, NULL, 5000, &ref), WR_TRAP_NONE);
  assert_int_equal(wr__array_new(w.exec, w.bytes, NULL, 2 << 20, &ref), WR_TRAP_OUT_OF_MEMORY);
  assert_int_equal(wr__exec_trap(w.exec, WR_TRAP_OUT_OF_MEMORY), WR_TRAPPED);
  assert_string_equal(w.exec->trap.message, "out of memory: limit max-gc-heap (1 MiB)");
  assert_int_equal(wr__budget_hit(w.store->budget), WR_LIMIT_GC_HEAP);
  end_world(&w);
}

/* Stores that share a budget share what their heaps' blocks may take, and give it back. */
static void heaps_of_a_program_share_a_limit(void **state) {
  (void)state;
  world w = new_world(4 << 20, false);
  wr__store *other = wr__store_new_in(w.engine, w.store->budget, 65536);
  assert_non_null(other);
  wr__ref ref, last = 0;
  uint32_t count = 0;
  while (wr__array_new(w.exec, w.refs, &last, 10000, &ref) == WR_TRAP_NONE) {
    w.root->value.slot = last = ref;
    count++;
  }
  assert_in_range(count, 40, 60); /* of 80 KB */
  uint64_t used = wr__budget_used(w.store->budget, WR_LIMIT_GC_HEAP);
  assert_true(used <= (4 << 20) / 4 * 5 + (4 << 20));
  for (count = 0; wr__array_new(&other->exec, w.bytes, NULL, 1 << 20, &ref) == WR_TRAP_NONE;) {
    wr__roots *kept = calloc(1, sizeof *kept); /* a root for ever */
    uint64_t *slot = malloc(sizeof *slot);
    bool *is_ref = malloc(sizeof *is_ref);
    *slot = ref;
    *is_ref = true;
    *kept = (wr__roots){.slots = slot, .is_ref = is_ref, .count = 1};
    wr__roots_push(other->heap, kept);
    count++;
  }
  assert_in_range(count, 1, 5); /* alone it would be 3 more */
  for (wr__roots *kept = other->heap->roots, *next; kept; kept = next) {
    next = kept->next;
    free((void *)(uintptr_t)kept->slots);
    free((void *)(uintptr_t)kept->is_ref);
    free(kept);
  }
  wr__budget *budget = wr__budget_retain(w.store->budget);
  wr__store_delete(other);
  end_world(&w);
  assert_int_equal(wr__budget_used(budget, WR_LIMIT_GC_HEAP), 0);
  wr__budget_release(budget);
}

/* Every kind of object in one graph, collected at every allocation. */
static void graphs_survive_stress(void **state) {
  (void)state;
  world w = new_world(0, true);
  wr__ref array;
  assert_int_equal(wr__array_new(w.exec, w.refs, NULL, 300, &array), WR_TRAP_NONE);
  w.root->value.slot = array;
  for (uint32_t i = 0; i < 300; i++) {
    wr__ref item;
    if (i % 3 == 0) {
      item = new_node(&w, i, w.root->value.slot);
    } else if (i % 3 == 1) {
      assert_int_equal(wr__array_new(w.exec, w.bytes, &(uint64_t){i & 0x7f}, i * 20, &item),
                       WR_TRAP_NONE);
    } else {
      uint64_t slots[5] = {i, w.root->value.slot, i, i, wr__ref_from_i31(i)};
      item = wr__struct_new(w.exec, w.pair, slots); /* its reference is a root already */
    }
    assert_int_equal(wr__array_set(array, w.refs, i, &item), WR_TRAP_NONE);
    new_node(&w, 0xffff, 0);
  }
  for (uint32_t i = 0; i < 300; i++) {
    uint64_t item, out[2] = {0, 0};
    assert_int_equal(wr__array_get(array, w.refs, i, false, &item), WR_TRAP_NONE);
    if (i % 3 == 0) {
      assert_int_equal(node_number(&w, item), i);
      assert_int_equal(node_next(&w, item), array);
    } else if (i % 3 == 1) {
      assert_int_equal(wr__ref_array(item)->length, i * 20);
      assert_int_equal(wr__array_get(item, w.bytes, i * 20 - 1, false, out), WR_TRAP_NONE);
      assert_int_equal(out[0], i & 0x7f);
    } else {
      wr__struct_get(item, w.pair, 0, true, out);
      assert_int_equal((int32_t)out[0], (int8_t)i);
      wr__struct_get(item, w.pair, 2, false, out);
      assert_true(out[0] == i && out[1] == i);
      wr__struct_get(item, w.pair, 3, false, out);
      assert_int_equal(out[0], wr__ref_from_i31(i));
    }
  }
  wr_gc_stats stats;
  wr__heap_stats(w.store->heap, &stats);
  assert_true(stats.collections >= 600);
  end_world(&w);
}

/* Every size that has a class, and around the largest cell, keeps its contents. */
static void sizes_do_not_overlap(void **state) {
  (void)state;
  world w = new_world(0, false);
  enum { COUNT = 2200 };
  wr__ref array;
  wr__array_new(w.exec, w.refs, NULL, COUNT, &array);
  w.root->value.slot = array;
  for (int round = 0; round < 3; round++) {
    for (uint32_t i = round ? 1 : 0; i < COUNT; i += round ? 2 : 1) {
      wr__ref item;
      assert_int_equal(wr__array_new(w.exec, w.bytes, &(uint64_t){i * 7}, i, &item), WR_TRAP_NONE);
      wr__array_set(array, w.refs, i, &item);
    }
    wr__heap_collect(w.store->heap);
  }
  for (uint32_t i = 0; i < COUNT; i++) {
    uint64_t item, byte = 0;
    wr__array_get(array, w.refs, i, false, &item);
    assert_int_equal(wr__ref_array(item)->length, i);
    for (uint32_t k = 0; k < i; k++) {
      wr__array_get(item, w.bytes, k, false, &byte);
      assert_int_equal(byte, (uint8_t)(i * 7));
    }
  }
  end_world(&w);
}

static void new_objects_are_zero_where_old_ones_were(void **state) {
  (void)state;
  world w = new_world(0, false);
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < 5000; i++) {
      wr__ref ref = wr__struct_new(w.exec, w.pair, NULL);
      uint64_t out[2] = {1, 1};
      for (uint32_t field = 0; field < 4; field++) {
        wr__struct_get(ref, w.pair, field, false, out);
        assert_int_equal(out[0], 0);
      }
      uint64_t junk[2] = {UINT64_MAX, UINT64_MAX};
      wr__struct_set(ref, w.pair, 2, junk);
      wr__struct_set(ref, w.pair, 0, junk);
      if (i % 3 == 0) {
        wr__struct_set(ref, w.pair, 1, &w.root->value.slot);
        w.root->value.slot = ref;
      }
    }
    if (round % 2) w.root->value.slot = 0;
    wr__heap_collect(w.store->heap);
  }
  end_world(&w);
}

static void list_of_ten_million(void **state) {
  (void)state;
  world w = new_world(0, false);
  for (uint32_t i = 0; i < 10000000; i++) {
    w.root->value.slot = new_node(&w, i, w.root->value.slot);
    assert_true(w.root->value.slot != 0);
  }
  wr__heap_collect(w.store->heap);
  assert_int_equal(heap_bytes(&w), 240000000);
  w.root->value.slot = 0;
  wr__heap_collect(w.store->heap);
  assert_int_equal(heap_bytes(&w), 0);
  end_world(&w);
}

/* A tree of arrays that a mark stack of a few entries cannot hold, or of none. */
static void mark_with_stack_of(size_t entries) {
  world w = new_world(0, false);
  wr__heap_set_mark_stack_limit(w.store->heap, entries);
  wr__ref top;
  wr__array_new(w.exec, w.refs, NULL, 1000, &top);
  w.root->value.slot = top;
  for (uint32_t i = 0; i < 1000; i++) {
    wr__ref list = 0;
    for (uint32_t k = 0; k < 5; k++) {
      list = new_node(&w, k, list);
      wr__array_set(top, w.refs, i, &list);
    }
    wr__ref leaf;
    wr__array_new(w.exec, w.refs, &list, 3, &leaf);
    wr__array_set(top, w.refs, i, &leaf);
  }
  wr__heap_collect(w.store->heap);
  uint64_t expected = heap_bytes(&w);
  wr__heap_collect(w.store->heap);
  assert_int_equal(heap_bytes(&w), expected);
  for (uint32_t i = 0; i < 1000; i++) {
    uint64_t leaf, list;
    wr__array_get(top, w.refs, i, false, &leaf);
    wr__array_get(leaf, w.refs, 2, false, &list);
    for (uint32_t k = 5; k-- > 0; list = node_next(&w, list))
      assert_int_equal(node_number(&w, list), k);
  }
  w.root->value.slot = 0;
  wr__heap_collect(w.store->heap);
  assert_int_equal(heap_bytes(&w), 0);
  end_world(&w);
}

static void marking_without_memory_for_its_stack(void **state) {
  (void)state;
  mark_with_stack_of(3);
  mark_with_stack_of(1);
  mark_with_stack_of(0);
}

static void limit_holds_and_garbage_makes_room(void **state) {
  (void)state;
  world w = new_world(1 << 20, false);
  uint32_t count = 0;
  for (wr__ref ref; (ref = new_node(&w, count, w.root->value.slot)) != 0; count++)
    w.root->value.slot = ref;
  assert_true(count * 24 > (1 << 20) * 9 / 10 && count * 24 <= 1 << 20);
  wr__ref big;
  assert_int_equal(wr__array_new(w.exec, w.bytes, NULL, 1 << 20, &big), WR_TRAP_OUT_OF_MEMORY);
  assert_int_equal(wr__array_new(w.exec, w.refs, NULL, UINT32_MAX, &big), WR_TRAP_OUT_OF_MEMORY);
  w.root->value.slot = 0;
  assert_int_equal(wr__array_new(w.exec, w.bytes, NULL, 1 << 19, &big), WR_TRAP_NONE);
  for (uint32_t i = 0; i < 100 * count; i++) assert_true(new_node(&w, i, 0) != 0);
  for (int i = 0; i < 100; i++)
    assert_int_equal(wr__array_new(w.exec, w.bytes, NULL, 1 << 19, &big), WR_TRAP_NONE);
  wr_gc_stats stats;
  wr__heap_stats(w.store->heap, &stats);
  assert_true(stats.peak_bytes <= 1 << 20);
  assert_true(stats.allocated_bytes > 100u << 20);
  end_world(&w);
}

/* Cells of one size that pin their blocks do not starve other sizes. */
static void fragmentation_is_bounded(void **state) {
  (void)state;
  world w = new_world(8 << 20, false);
  for (uint32_t length = 8; length <= 1024; length *= 2) {
    wr__ref keep = 0;
    for (uint32_t i = 0; i < (6 << 20) / (length + 16); i++) {
      wr__ref item;
      if (wr__array_new(w.exec, w.bytes, NULL, length, &item) != WR_TRAP_NONE) break;
      if (i % 500 == 0) {
        w.root->value.slot = new_node(&w, i, w.root->value.slot);
        wr__struct_set(w.root->value.slot, w.node, 1, &item);
      }
      keep = item;
    }
    assert_true(keep != 0);
  }
  end_world(&w);
}

static int finalized;
static void count_finalizer(void *info) { finalized += *(int *)info; }

static void hang_info(wr__ref ref, int *info) {
  wr__host_info *host_info = calloc(1, sizeof *host_info);
  *host_info = (wr__host_info){.info = info, .finalizer = count_finalizer};
  *wr__host_ref_info(ref) = host_info;
}

static void host_references_are_interned_and_finalized(void **state) {
  (void)state;
  world w = new_world(0, false);
  static int one = 1, thousand = 1000;
  finalized = 0;
  wr__ref kept = wr__host_ref_intern(w.store, 42);
  w.root->value.slot = kept;
  hang_info(kept, &thousand);
  assert_int_equal(wr__host_ref_intern(w.store, 42), kept);
  assert_true(wr__host_ref_new(w.store, 42) != kept);
  for (uintptr_t i = 0; i < 100; i++) hang_info(wr__host_ref_intern(w.store, 1000 + i), &one);
  for (uintptr_t i = 0; i < 100; i++) hang_info(wr__host_ref_new(w.store, 0), &one);
  wr__heap_collect(w.store->heap);
  assert_int_equal(finalized, 200);
  assert_int_equal(wr__host_ref_intern(w.store, 42), kept);
  assert_int_equal(wr__host_ref_value(kept), 42);
  for (uintptr_t i = 0; i < 100; i++)
    assert_int_equal(wr__host_ref_value(wr__host_ref_intern(w.store, 1000 + i)), 1000 + i);
  wr__heap_collect(w.store->heap);
  assert_int_equal(finalized, 200);
  end_world(&w);
  assert_int_equal(finalized, 1200);
}

static void exceptions_keep_their_arguments(void **state) {
  (void)state;
  world w = new_world(0, true);
  const wr_valtype params[] = {WR_V128, anyref, WR_I32, anyref};
  wr__tag *tag = wr__tag_new(w.store, wr__type_func(w.engine->types, params, 4, NULL, 0));
  w.root->value.slot = new_node(&w, 5, 0);
  /* v128 slots look like references, and must not be taken for them */
  uint64_t slots[5] = {16, 32, w.root->value.slot, 7, wr__ref_from_i31(3)};
  w.exec->trap.exception = wr__exn_new(w.exec, tag, slots);
  w.root->value.slot = 0;
  new_node(&w, 0, 0);
  const wr__exn *exn = (const wr__exn *)(uintptr_t)w.exec->trap.exception;
  assert_int_equal(node_number(&w, exn->slots[2]), 5);
  assert_int_equal(exn->slots[4], wr__ref_from_i31(3));
  assert_ptr_equal(exn->tag, tag);
  end_world(&w);
}

/* Words of a native frame, visited without knowing which are references. */
enum { WORD_COUNT = 64 };
static uintptr_t words[WORD_COUNT];
static wr__object *found[WORD_COUNT];

static void visit_words(wr__store *store, void (*mark)(void *context, wr__ref ref), void *context) {
  for (int i = 0; i < WORD_COUNT; i++) {
    found[i] = wr__heap_find(store->heap, words[i]);
    if (found[i]) mark(context, (wr__ref)(uintptr_t)found[i]);
  }
}

static void unsure_roots_are_found(void **state) {
  (void)state;
  world w = new_world(0, false);
  w.store->visit_handles = visit_words;
  memset(words, 0, sizeof words);
  wr__ref small = new_node(&w, 7, 0), large, other, medium;
  wr__array_new(w.exec, w.bytes, &(uint64_t){1}, 100000, &large);
  wr__array_new(w.exec, w.bytes, NULL, 50000, &other);
  wr__array_new(w.exec, w.refs, &small, 200, &medium);
  for (uint32_t i = 0; i < 100000; i++) new_node(&w, i, 0);
  int not_an_object;
  const uintptr_t candidates[] = {(uintptr_t)small,
                                  (uintptr_t)small + 16,
                                  (uintptr_t)large,
                                  (uintptr_t)large + 100000,
                                  (uintptr_t)medium + 999,
                                  1,
                                  0x1000,
                                  UINTPTR_MAX,
                                  (uintptr_t)&not_an_object,
                                  (uintptr_t)w.root,
                                  (uintptr_t)small & ~(uintptr_t)0xffff};
  memcpy(words, candidates, sizeof candidates);
  wr__heap_collect(w.store->heap);
  const wr__ref expected[] = {small, small, large, large, medium};
  for (size_t i = 0; i < WORD_COUNT; i++)
    assert_ptr_equal(found[i], i < 5 ? (void *)(uintptr_t)expected[i] : NULL);
  assert_int_equal(node_number(&w, small), 7);
  assert_int_equal(wr__ref_array(large)->length, 100000);
  uint64_t live = heap_bytes(&w);
  assert_true(live >= 24 + 100000 + 200 * 8 && live < 24 + 100000 + 200 * 8 + 1000);
  /* dead cells are not objects any more, wherever they are */
  memset(words, 0, sizeof words);
  words[0] = (uintptr_t)small + 24;
  words[1] = (uintptr_t)other;
  wr__heap_collect(w.store->heap);
  assert_null(found[0]);
  assert_null(found[1]);
  assert_int_equal(heap_bytes(&w), 0);
  words[0] = (uintptr_t)small;
  words[1] = (uintptr_t)large;
  wr__heap_collect(w.store->heap);
  assert_null(found[0]);
  assert_null(found[1]);
  end_world(&w);
}

/* With chunks enough for the search to matter. */
static void unsure_roots_among_many_chunks(void **state) {
  (void)state;
  world w = new_world(0, false);
  w.store->visit_handles = visit_words;
  memset(words, 0, sizeof words);
  for (uint32_t i = 0; i < WORD_COUNT; i++) {
    for (uint32_t k = 0; k < 20000; k++) w.root->value.slot = new_node(&w, k, w.root->value.slot);
    words[i] = (uintptr_t)w.root->value.slot + i % 24;
  }
  w.root->value.slot = 0;
  wr__heap_collect(w.store->heap);
  for (uint32_t i = 0; i < WORD_COUNT; i++) assert_ptr_equal(found[i], (void *)(words[i] - i % 24));
  assert_int_equal(heap_bytes(&w), (uint64_t)WORD_COUNT * 20000 * 24);
  end_world(&w);
}

static void arrays_check_and_copy(void **state) {
  (void)state;
  world w = new_world(0, false);
  wr__ref a, b;
  wr__array_new(w.exec, w.bytes, &(uint64_t){0x81}, 100000, &a);
  wr__array_new(w.exec, w.bytes, NULL, 10, &b);
  uint64_t out;
  wr__array_get(a, w.bytes, 99999, true, &out);
  assert_int_equal((uint32_t)out, 0xffffff81);
  assert_int_equal(wr__array_get(a, w.bytes, 100000, true, &out), WR_TRAP_ARRAY_OUT_OF_BOUNDS);
  assert_int_equal(wr__array_get(0, w.bytes, 0, true, &out), WR_TRAP_NULL_ARRAY_REFERENCE);
  assert_int_equal(wr__struct_get(0, w.node, 0, true, &out), WR_TRAP_NULL_STRUCT_REFERENCE);
  assert_int_equal(wr__array_fill(w.exec, b, w.bytes, 8, &(uint64_t){3}, 3),
                   WR_TRAP_ARRAY_OUT_OF_BOUNDS);
  assert_int_equal(wr__array_fill(w.exec, b, w.bytes, 8, &(uint64_t){3}, 2), WR_TRAP_NONE);
  assert_int_equal(wr__array_copy(w.exec, a, w.bytes, 99998, b, w.bytes, 8, 2), WR_TRAP_NONE);
  wr__array_get(a, w.bytes, 99999, true, &out);
  assert_int_equal(out, 3);
  assert_int_equal(wr__array_copy(w.exec, a, w.bytes, 99998, b, w.bytes, 8, 3),
                   WR_TRAP_ARRAY_OUT_OF_BOUNDS);
  assert_int_equal(wr__array_copy(w.exec, a, w.bytes, 1, a, w.bytes, 0, 99999), WR_TRAP_NONE);
  wr__array_get(a, w.bytes, 1, false, &out);
  assert_int_equal(out, 0x81);
  end_world(&w);
}

static void references_match_types(void **state) {
  (void)state;
  world w = new_world(0, false);
  const wr__typereg *types = w.engine->types;
  wr__ref node = new_node(&w, 0, 0), i31 = wr__ref_from_i31(1), host = wr__host_ref_new(w.store, 1);
  wr__ref array;
  wr__array_new(w.exec, w.bytes, NULL, 1, &array);
  const wr_valtype node_type = WR_REF_TYPE(WR_HEAP_DEFINED + w.node->id);
  const struct {
    wr__ref ref;
    wr_valtype type;
    bool matches;
  } cases[] = {
      {0, WR_REF_NULL_TYPE(WR_HEAP_NONE), true},
      {0, WR_REF_TYPE(WR_HEAP_ANY), false},
      {node, node_type, true},
      {node, WR_REF_TYPE(WR_HEAP_STRUCT), true},
      {node, WR_REF_TYPE(WR_HEAP_EQ), true},
      {node, WR_REF_TYPE(WR_HEAP_ARRAY), false},
      {node, WR_REF_TYPE(WR_HEAP_NONE), false},
      {node, WR_REF_TYPE(WR_HEAP_I31), false},
      {node, WR_REF_TYPE(WR_HEAP_DEFINED + w.pair->id), false},
      {array, WR_REF_TYPE(WR_HEAP_ARRAY), true},
      {array, node_type, false},
      {array, WR_REF_NULL_TYPE(WR_HEAP_DEFINED + w.bytes->id), true},
      {i31, WR_REF_TYPE(WR_HEAP_I31), true},
      {i31, WR_REF_TYPE(WR_HEAP_EQ), true},
      {i31, node_type, false},
      {i31, WR_REF_TYPE(WR_HEAP_STRUCT), false},
      {host, WR_REF_TYPE(WR_HEAP_EXTERN), true},
      {host, WR_REF_TYPE(WR_HEAP_ANY), true},
      {host, WR_REF_TYPE(WR_HEAP_EQ), false},
      {host, node_type, false},
  };
  for (size_t i = 0; i < WR_ARRAY_COUNT(cases); i++)
    if (wr__ref_matches(types, cases[i].ref, cases[i].type) != cases[i].matches)
      fail_msg("case %zu", i);
  end_world(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reachable_stays_and_garbage_goes),
      cmocka_unit_test(cycles_are_collected),
      cmocka_unit_test(stopped_collections),
      cmocka_unit_test(stopped_allocations_are_interrupts),
      cmocka_unit_test(heaps_of_a_program_share_a_limit),
      cmocka_unit_test(graphs_survive_stress),
      cmocka_unit_test(sizes_do_not_overlap),
      cmocka_unit_test(new_objects_are_zero_where_old_ones_were),
      cmocka_unit_test(list_of_ten_million),
      cmocka_unit_test(marking_without_memory_for_its_stack),
      cmocka_unit_test(limit_holds_and_garbage_makes_room),
      cmocka_unit_test(fragmentation_is_bounded),
      cmocka_unit_test(host_references_are_interned_and_finalized),
      cmocka_unit_test(exceptions_keep_their_arguments),
      cmocka_unit_test(unsure_roots_are_found),
      cmocka_unit_test(unsure_roots_among_many_chunks),
      cmocka_unit_test(arrays_check_and_copy),
      cmocka_unit_test(references_match_types),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
