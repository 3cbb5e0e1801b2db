/* The operations of operations.h: parking, exceptions, structures and arrays. */
#include "image/operations.h"

#include "gc/object.h"

/* ---- Parking. Spec: threads, memory.atomic.wait and notify. slots: [address, …, offset] */

wr_trap_kind wr__native_atomic_notify(wr__instance *instance, uint64_t *slots, uint32_t a,
                                      uint32_t b) {
  (void)b;
  uint64_t at;
  uint32_t woken = 0;
  wr__memory *memory = instance->memories[a];
  wr_trap_kind trap = wr__memory_locate_atomic(memory, slots[0], slots[2], 4, &at);
  if (!trap) trap = wr__memory_notify(memory, at, (uint32_t)slots[1], &woken);
  slots[0] = woken;
  return trap;
}

static wr_trap_kind wait(wr__instance *instance, uint64_t *slots, uint32_t a, bool is64) {
  uint64_t at;
  uint32_t result = 0;
  wr__memory *memory = instance->memories[a];
  wr_trap_kind trap = wr__memory_locate_atomic(memory, slots[0], slots[3], is64 ? 8 : 4, &at);
  uint64_t expected = is64 ? slots[1] : (uint32_t)slots[1];
  if (!trap)
    trap = wr__memory_wait(instance->exec, memory, at, expected, is64, (int64_t)slots[2], &result);
  slots[0] = result;
  return trap;
}

wr_trap_kind wr__native_atomic_wait32(wr__instance *instance, uint64_t *slots, uint32_t a,
                                      uint32_t b) {
  (void)b;
  return wait(instance, slots, a, false);
}

wr_trap_kind wr__native_atomic_wait64(wr__instance *instance, uint64_t *slots, uint32_t a,
                                      uint32_t b) {
  (void)b;
  return wait(instance, slots, a, true);
}

/* ---- Making objects */

static wr_trap_kind made(uint64_t *slots, wr__ref ref) {
  slots[0] = ref;
  return ref ? WR_TRAP_NONE : WR_TRAP_OUT_OF_MEMORY;
}

wr_trap_kind wr__native_exn_new(wr__instance *instance, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  return made(slots, wr__exn_new(instance->exec, instance->tags[a], slots));
}

wr_trap_kind wr__native_struct_new(wr__instance *instance, uint64_t *slots, uint32_t a,
                                   uint32_t b) {
  (void)b;
  return made(slots, wr__struct_new(instance->exec, instance->types[a], slots));
}

wr_trap_kind wr__native_struct_new_default(wr__instance *instance, uint64_t *slots, uint32_t a,
                                           uint32_t b) {
  (void)b;
  return made(slots, wr__struct_new(instance->exec, instance->types[a], NULL));
}

wr_trap_kind wr__native_array_new(wr__instance *instance, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  return wr__array_new(instance->exec, instance->types[a], slots + 1, (uint32_t)slots[0], slots);
}

wr_trap_kind wr__native_array_new_default(wr__instance *instance, uint64_t *slots, uint32_t a,
                                          uint32_t b) {
  (void)b;
  return wr__array_new(instance->exec, instance->types[a], NULL, (uint32_t)slots[0], slots);
}

wr_trap_kind wr__native_array_new_fixed(wr__instance *instance, uint64_t *slots, uint32_t a,
                                        uint32_t b) {
  return made(slots, wr__array_new_fixed(instance->exec, instance->types[a], slots, b));
}

wr_trap_kind wr__native_array_new_data(wr__instance *instance, uint64_t *slots, uint32_t a,
                                       uint32_t b) {
  return wr__array_new_data(instance, instance->types[a], b, (uint32_t)slots[0], (uint32_t)slots[1],
                            slots);
}

wr_trap_kind wr__native_array_new_elem(wr__instance *instance, uint64_t *slots, uint32_t a,
                                       uint32_t b) {
  return wr__array_new_elem(instance, instance->types[a], b, (uint32_t)slots[0], (uint32_t)slots[1],
                            slots);
}

/* ---- Arrays */

wr_trap_kind wr__native_array_fill(wr__instance *instance, uint64_t *slots, uint32_t a,
                                   uint32_t b) {
  (void)b;
  return wr__array_fill(instance->exec, slots[0], instance->types[a], (uint32_t)slots[1], slots + 3,
                        (uint32_t)slots[2]);
}

wr_trap_kind wr__native_array_copy(wr__instance *instance, uint64_t *slots, uint32_t a,
                                   uint32_t b) {
  return wr__array_copy(instance->exec, slots[0], instance->types[a], (uint32_t)slots[1], slots[2],
                        instance->types[b], (uint32_t)slots[3], (uint32_t)slots[4]);
}

wr_trap_kind wr__native_array_init_data(wr__instance *instance, uint64_t *slots, uint32_t a,
                                        uint32_t b) {
  return wr__array_init_data(instance, slots[0], instance->types[a], (uint32_t)slots[1], b,
                             (uint32_t)slots[2], (uint32_t)slots[3]);
}

wr_trap_kind wr__native_array_init_elem(wr__instance *instance, uint64_t *slots, uint32_t a,
                                        uint32_t b) {
  return wr__array_init_elem(instance, slots[0], instance->types[a], (uint32_t)slots[1], b,
                             (uint32_t)slots[2], (uint32_t)slots[3]);
}

/* a: an abstract heap type, or WR_HEAP_DEFINED and a type index. */
wr_trap_kind wr__native_has_type(wr__instance *instance, uint64_t *slots, uint32_t a, uint32_t b) {
  (void)b;
  wr_valtype type = WR_REF_TYPE(WR_HEAP_DEFINED + instance->types[a]->id);
  slots[0] = wr__ref_matches(instance->store->engine->types, slots[0], type);
  return WR_TRAP_NONE;
}
