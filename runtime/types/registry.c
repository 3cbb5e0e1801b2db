/* The engine's registry of canonical types.
 *
 * Recursion groups are interned whole: a group is hashed with references to its own members as
 * positions, and compared with the groups of the same hash. What is stored is the group rolled
 * out (members named by number), so a number inside the group's own range stands for a position
 * again when groups are compared.
 *
 * Invariant: a published record never changes or moves. Records are reached through a
 * table, by number; a table that is full is replaced by a larger copy and kept, and table and count
 * are published with release, so wr__type_get needs no lock.
 * Spec: valid/conventions, rolling and unrolling. */
#include "types/types.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
  FIRST_CAPACITY = 256,
  ARENA_BLOCK_BYTES = 32 * 1024,
  /* What a canonical number may be: below the numbers that name members of a group. */
  MAX_ID = WR__GROUP_BASE,
};

typedef struct arena_block {
  struct arena_block *next;
  size_t used, size;
  _Alignas(16) uint8_t bytes[];
} arena_block;

/* Records by number. Threads may still read one that was replaced. */
typedef struct record_table {
  struct record_table *replaced;
  uint32_t capacity;
  const wr__deftype *records[];
} record_table;

struct wr__typereg {
  pthread_mutex_t lock; /* of all that is below, but for reads of the records and their count */
  record_table *_Atomic table;
  _Atomic uint32_t count;
  arena_block *arena;
  /* Open addressing: the first member's number plus one; 0 is free. */
  uint32_t *groups;
  uint32_t group_count, group_capacity;
};

static void *arena_alloc(wr__typereg *reg, size_t size) {
  size = (size + 15) & ~(size_t)15;
  arena_block *block = reg->arena;
  if (!block || block->size - block->used < size) {
    size_t wanted = size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;
    block = malloc(sizeof *block + wanted);
    if (!block) return NULL;
    *block = (arena_block){.next = reg->arena, .size = wanted};
    reg->arena = block;
  }
  void *out = block->bytes + block->used;
  block->used += size;
  return out;
}

wr__typereg *wr__typereg_new(void) {
  wr__typereg *reg = calloc(1, sizeof *reg);
  if (!reg) return NULL;
  if (pthread_mutex_init(&reg->lock, NULL) != 0) {
    free(reg);
    return NULL;
  }
  return reg;
}

void wr__typereg_delete(wr__typereg *reg) {
  if (!reg) return;
  for (arena_block *block = reg->arena; block;) {
    arena_block *next = block->next;
    free(block);
    block = next;
  }
  for (record_table *table = atomic_load(&reg->table); table;) {
    record_table *replaced = table->replaced;
    free(table);
    table = replaced;
  }
  free(reg->groups);
  pthread_mutex_destroy(&reg->lock);
  free(reg);
}

static record_table *table_of(const wr__typereg *reg) {
  return atomic_load_explicit(&reg->table, memory_order_acquire);
}

const wr__deftype *wr__type_get(const wr__typereg *reg, uint32_t id) {
  return table_of(reg)->records[id];
}

const wr__deftype *wr__type_find(const wr__typereg *reg, uint32_t id) {
  return id < atomic_load_explicit(&reg->count, memory_order_acquire) ? wr__type_get(reg, id)
                                                                      : NULL;
}

const wr__deftype *const *wr__type_records(const wr__typereg *reg, uint32_t *count) {
  *count = atomic_load_explicit(&reg->count, memory_order_acquire);
  return *count ? table_of(reg)->records : NULL;
}

/* Makes room for numbers below count; the lock is held. */
static bool reserve_records(wr__typereg *reg, uint32_t count) {
  record_table *old = table_of(reg);
  uint32_t capacity = old ? old->capacity : 0;
  if (count <= capacity) return true;
  if (!capacity) capacity = FIRST_CAPACITY;
  while (capacity < count) capacity *= 2;
  record_table *made = calloc(1, sizeof *made + capacity * sizeof made->records[0]);
  if (!made) return false;
  made->replaced = old;
  made->capacity = capacity;
  if (old) memcpy(made->records, old->records, old->capacity * sizeof old->records[0]);
  atomic_store_explicit(&reg->table, made, memory_order_release);
  return true;
}

/* ---- Hashing and comparing groups ---- */

/* A stored type as the group's own text had it: own members by position. */
static wr_valtype rolled_type(wr_valtype t, uint32_t start, uint32_t size) {
  if (!wr_valtype_is_ref(t)) return t;
  uint32_t heap = wr_valtype_heap(t);
  if (heap < WR_HEAP_DEFINED || heap - WR_HEAP_DEFINED - start >= size) return t;
  uint32_t position = heap - WR_HEAP_DEFINED - start;
  return (WR_HEAP_DEFINED + WR__GROUP_BASE + position) << 8 | (t & 0xff);
}

static wr_valtype unrolled_type(wr_valtype t, uint32_t start) {
  if (!wr_valtype_is_ref(t)) return t;
  uint32_t heap = wr_valtype_heap(t);
  if (heap < WR_HEAP_DEFINED + WR__GROUP_BASE) return t;
  return (heap - WR__GROUP_BASE + start) << 8 | (t & 0xff);
}

static uint64_t mix(uint64_t h, uint64_t value) {
  h = (h ^ value) * 0x9e3779b97f4a7c15u;
  return h ^ (h >> 32);
}

static uint64_t hash_group(const wr__subtype_decl *group, uint32_t count) {
  uint64_t h = mix(0x5bd1e995, count);
  for (uint32_t i = 0; i < count; i++) {
    const wr__subtype_decl *d = &group[i];
    h = mix(h, (uint64_t)d->super_id << 8 | (uint64_t)d->comp << 1 | d->is_final);
    if (d->comp == WR__COMP_FUNC) {
      h = mix(h, (uint64_t)d->param_count << 32 | d->result_count);
      for (uint32_t k = 0; k < d->param_count; k++) h = mix(h, d->params[k]);
      for (uint32_t k = 0; k < d->result_count; k++) h = mix(h, d->results[k]);
    } else {
      h = mix(h, d->field_count);
      for (uint32_t k = 0; k < d->field_count; k++)
        h = mix(h, (uint64_t)d->fields[k].type << 1 | d->fields[k].is_mutable);
    }
  }
  return h;
}

/* The same hash from the stored form, for when the table grows. */
static uint64_t hash_stored(const wr__typereg *reg, uint32_t start) {
  uint32_t count = wr__type_get(reg, start)->group_size;
  uint64_t h = mix(0x5bd1e995, count);
  for (uint32_t i = 0; i < count; i++) {
    const wr__deftype *t = wr__type_get(reg, start + i);
    uint32_t super_id = t->super_id;
    if (super_id != WR__NO_TYPE && super_id - start < count)
      super_id = WR__GROUP_BASE + super_id - start;
    h = mix(h, (uint64_t)super_id << 8 | (uint64_t)t->comp << 1 | t->is_final);
    if (t->comp == WR__COMP_FUNC) {
      h = mix(h, (uint64_t)t->param_count << 32 | t->result_count);
      for (uint32_t k = 0; k < t->param_count; k++)
        h = mix(h, rolled_type(t->params[k], start, count));
      for (uint32_t k = 0; k < t->result_count; k++)
        h = mix(h, rolled_type(t->results[k], start, count));
    } else {
      h = mix(h, t->field_count);
      for (uint32_t k = 0; k < t->field_count; k++) {
        const wr__field *f = &t->fields[k];
        h = mix(h, (uint64_t)rolled_type(f->type, start, count) << 1 | f->is_mutable);
      }
    }
  }
  return h;
}

static bool same_member(const wr__deftype *t, const wr__subtype_decl *d, uint32_t start,
                        uint32_t count) {
  uint32_t super_id = t->super_id;
  if (super_id != WR__NO_TYPE && super_id - start < count)
    super_id = WR__GROUP_BASE + super_id - start;
  if (t->comp != d->comp || t->is_final != d->is_final || super_id != d->super_id) return false;
  if (t->comp == WR__COMP_FUNC) {
    if (t->param_count != d->param_count || t->result_count != d->result_count) return false;
    for (uint32_t k = 0; k < t->param_count; k++)
      if (rolled_type(t->params[k], start, count) != d->params[k]) return false;
    for (uint32_t k = 0; k < t->result_count; k++)
      if (rolled_type(t->results[k], start, count) != d->results[k]) return false;
    return true;
  }
  if (t->field_count != d->field_count) return false;
  for (uint32_t k = 0; k < t->field_count; k++) {
    if (t->fields[k].is_mutable != d->fields[k].is_mutable) return false;
    if (rolled_type(t->fields[k].type, start, count) != d->fields[k].type) return false;
  }
  return true;
}

static bool same_group(const wr__typereg *reg, uint32_t start, const wr__subtype_decl *group,
                       uint32_t count) {
  if (wr__type_get(reg, start)->group_size != count) return false;
  for (uint32_t i = 0; i < count; i++)
    if (!same_member(wr__type_get(reg, start + i), &group[i], start, count)) return false;
  return true;
}

/* The slot of the equal group, or the free slot where it belongs. */
static uint32_t find_slot(const wr__typereg *reg, uint64_t hash, const wr__subtype_decl *group,
                          uint32_t count) {
  uint32_t mask = reg->group_capacity - 1;
  uint32_t slot = (uint32_t)hash & mask;
  while (reg->groups[slot] && !same_group(reg, reg->groups[slot] - 1, group, count))
    slot = (slot + 1) & mask;
  return slot;
}

static bool grow_groups(wr__typereg *reg) {
  if (reg->group_count * 2 < reg->group_capacity) return true;
  uint32_t capacity = reg->group_capacity ? reg->group_capacity * 2 : 256;
  uint32_t *groups = calloc(capacity, sizeof *groups);
  if (!groups) return false;
  for (uint32_t i = 0; i < reg->group_capacity; i++) {
    if (!reg->groups[i]) continue;
    uint32_t slot = (uint32_t)hash_stored(reg, reg->groups[i] - 1) & (capacity - 1);
    while (groups[slot]) slot = (slot + 1) & (capacity - 1);
    groups[slot] = reg->groups[i];
  }
  free(reg->groups);
  reg->groups = groups;
  reg->group_capacity = capacity;
  return true;
}

/* ---- Building records ---- */

uint32_t wr__storage_size(wr_valtype t) {
  switch (t) {
    case WR__I8:
      return 1;
    case WR__I16:
      return 2;
    case WR_I32:
    case WR_F32:
      return 4;
    case WR_V128:
      return 16;
    default:
      return 8;
  }
}

/* Fields lie in order, each at its natural alignment, after an 8-byte header, so a subtype's
 * fields lie where its supertype's do. An array has its length in the 8 bytes after the header. */
static bool build_fields(wr__typereg *reg, const wr__subtype_decl *d, wr__deftype *t,
                         uint32_t start) {
  size_t count = d->field_count;
  wr__field *fields = arena_alloc(reg, count * sizeof *fields);
  uint8_t *ref_map = arena_alloc(reg, count);
  if (!fields || !ref_map) return false;
  uint32_t at = d->comp == WR__COMP_ARRAY ? 16 : 8, align = 8;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t size = wr__storage_size(d->fields[k].type);
    if (size > align) align = size;
    at = (at + size - 1) & ~(size - 1);
    fields[k] = (wr__field){.type = unrolled_type(d->fields[k].type, start),
                            .is_mutable = d->fields[k].is_mutable,
                            .offset = at};
    ref_map[k] = wr_valtype_is_ref(fields[k].type);
    t->element_size_bytes = size;
    if (d->comp == WR__COMP_STRUCT) at += size;
  }
  if (d->comp == WR__COMP_STRUCT) t->element_size_bytes = 0;
  t->field_count = d->field_count;
  t->fields = fields;
  t->ref_map = ref_map;
  t->size_bytes = (at + align - 1) & ~(align - 1);
  return true;
}

static const wr_valtype *build_types(wr__typereg *reg, const wr_valtype *from, uint32_t count,
                                     uint32_t start, uint32_t *slots) {
  wr_valtype *out = arena_alloc(reg, count * sizeof *out);
  if (!out) return NULL;
  *slots = 0;
  for (uint32_t i = 0; i < count; i++) {
    out[i] = unrolled_type(from[i], start);
    *slots += wr__valtype_slots(out[i]);
  }
  return out;
}

/* The ids from the root of the declared supertypes down to the type itself. */
static bool build_display(wr__typereg *reg, wr__deftype *t, const wr__deftype *super) {
  t->depth = super ? super->depth + 1 : 0;
  uint32_t *display = arena_alloc(reg, ((size_t)t->depth + 1) * sizeof *display);
  if (!display) return false;
  if (super) memcpy(display, super->display, t->depth * sizeof *display);
  display[t->depth] = t->id;
  t->display = display;
  for (uint32_t i = 0; i < WR__NEAR_SUPERTYPES; i++)
    t->near_display[i] = i <= t->depth ? display[i] : WR__NO_TYPE;
  return true;
}

static bool build_member(wr__typereg *reg, const wr__subtype_decl *d, wr__deftype *group,
                         uint32_t position, uint32_t start, uint32_t count) {
  wr__deftype *t = &group[position];
  *t = (wr__deftype){.id = start + position,
                     .comp = d->comp,
                     .is_final = d->is_final,
                     .super_id = d->super_id,
                     .group_start = start,
                     .group_size = count};
  const wr__deftype *super = NULL;
  if (d->super_id != WR__NO_TYPE) {
    if (d->super_id >= WR__GROUP_BASE) {
      t->super_id = d->super_id - WR__GROUP_BASE + start;
      super = &group[d->super_id - WR__GROUP_BASE];
    } else {
      super = wr__type_get(reg, d->super_id);
    }
  }
  if (!build_display(reg, t, super)) return false;
  if (d->comp != WR__COMP_FUNC) return build_fields(reg, d, t, start);
  t->param_count = d->param_count;
  t->result_count = d->result_count;
  t->params = build_types(reg, d->params, d->param_count, start, &t->param_slots);
  t->results = build_types(reg, d->results, d->result_count, start, &t->result_slots);
  return t->params && t->results;
}

/* Adds a group that is not there yet; the lock is held. What the arena gave for a failed
 * attempt stays in the arena, which is freed with the engine. */
static bool add_group(wr__typereg *reg, const wr__subtype_decl *group, uint32_t count) {
  uint32_t start = reg->count;
  if (count > MAX_ID - start) return false;
  wr__deftype *made = arena_alloc(reg, count * sizeof *made);
  if (!made || !reserve_records(reg, start + count)) return false;
  for (uint32_t i = 0; i < count; i++)
    if (!build_member(reg, &group[i], made, i, start, count)) return false;
  for (uint32_t i = 0; i < count; i++) table_of(reg)->records[start + i] = &made[i];
  atomic_store_explicit(&reg->count, start + count, memory_order_release);
  return true;
}

static bool intern_locked(wr__typereg *reg, const wr__subtype_decl *group, uint32_t count,
                          const wr__deftype **out) {
  if (!grow_groups(reg)) return false;
  uint32_t slot = find_slot(reg, hash_group(group, count), group, count);
  if (!reg->groups[slot]) {
    uint32_t start = reg->count;
    if (!add_group(reg, group, count)) return false;
    reg->groups[slot] = start + 1;
    reg->group_count++;
  }
  for (uint32_t i = 0; i < count; i++) out[i] = wr__type_get(reg, reg->groups[slot] - 1 + i);
  return true;
}

wr_status wr__type_intern(wr__typereg *reg, const wr__subtype_decl *group, uint32_t count,
                          const wr__deftype **out) {
  if (!count) return WR_OK;
  pthread_mutex_lock(&reg->lock);
  bool done = intern_locked(reg, group, count, out);
  pthread_mutex_unlock(&reg->lock);
  return done ? WR_OK : WR_OUT_OF_MEMORY;
}

const wr__deftype *wr__type_func(wr__typereg *reg, const wr_valtype *params, uint32_t param_count,
                                 const wr_valtype *results, uint32_t result_count) {
  wr__subtype_decl decl = {.comp = WR__COMP_FUNC,
                           .is_final = true,
                           .super_id = WR__NO_TYPE,
                           .param_count = param_count,
                           .result_count = result_count,
                           .params = params,
                           .results = results};
  const wr__deftype *out;
  return wr__type_intern(reg, &decl, 1, &out) == WR_OK ? out : NULL;
}
