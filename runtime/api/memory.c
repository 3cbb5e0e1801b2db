/* Memories, shared ones included. */
#include "api/value.h"

static uint64_t size_bytes_of(const wr__memory *memory) {
  return atomic_load_explicit(&((wr__memory *)memory)->size_bytes, memory_order_acquire);
}

/* The limits that validation would accept. Spec: valid/types, memory types; custom page sizes. */
static bool limits_are_valid(const wr_limits *limits, uint8_t page_size_log2) {
  if (page_size_log2 != 16 && page_size_log2 != 0) return false;
  uint8_t address_bits = limits->is64 ? 64 : 32;
  uint64_t most = address_bits - page_size_log2 >= 64
                      ? UINT64_MAX
                      : (uint64_t)1 << (address_bits - page_size_log2);
  if (limits->min > most || (limits->has_max && limits->max > most)) return false;
  return !limits->has_max || limits->min <= limits->max;
}

wasm_memory_t *wr_memory_new(wasm_store_t *handle, const wr_limits *limits, uint8_t page_size_log2,
                             wr_error *error) {
  if (!handle || !limits || !limits_are_valid(limits, page_size_log2) ||
      (limits->shared && (!limits->has_max || page_size_log2 != 16))) {
    wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "these are no limits of a memory");
    return NULL;
  }
  wr__store *store = wr__api_store(handle);
  wr__memory *memory = wr__memory_new(store, limits, page_size_log2, error);
  if (!memory) return NULL;
  wasm_ref_t *ref = wr__api_handle_new(store, WR__HANDLE_MEMORY, memory);
  if (!ref) wr__fail_oom(error);
  return (wasm_memory_t *)ref;
}

uint64_t wr_memory_size_pages(const wasm_memory_t *memory) {
  const wr__memory *m = memory->ref.of.memory;
  return size_bytes_of(m) >> m->page_size_log2;
}

bool wr_memory_grow(wasm_memory_t *memory, uint64_t delta_pages, uint64_t *old_pages) {
  uint64_t old = wr__memory_grow(memory->ref.of.memory, delta_pages);
  if (old == UINT64_MAX) return false;
  if (old_pages) *old_pages = old;
  return true;
}

/* ---- Shared memories: the counted memory itself -------------------------- */

wr_shared_memory_t *wr_memory_share(const wasm_memory_t *memory) {
  wr__memory *m = memory->ref.of.memory;
  if (!m->shared) return NULL;
  return (wr_shared_memory_t *)wr__memory_retain(m);
}

static wr_shared_memory_t *new_shared(wr__engine *engine, wr__budget *budget,
                                      const wr_limits *limits, wr_error *error) {
  if (limits && limits->has_max && limits_are_valid(limits, 16))
    return (wr_shared_memory_t *)wr__memory_new_shared(engine, budget, limits, error);
  wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "invalid limits of a shared memory");
  return NULL;
}

wr_shared_memory_t *wr_shared_memory_new(wasm_engine_t *engine, const wr_limits *limits,
                                         wr_error *error) {
  wr__budget *budget = engine ? wr__budget_new(wr__api_engine(engine)) : NULL;
  if (!budget) {
    wr__fail(error, engine ? WR_OUT_OF_MEMORY : WR_BAD_ARGUMENT, WR_NO_OFFSET,
             engine ? "out of memory" : "engine is missing");
    return NULL;
  }
  wr_shared_memory_t *memory = new_shared(wr__api_engine(engine), budget, limits, error);
  wr__budget_release(budget);
  return memory;
}

wr_shared_memory_t *wr_shared_memory_new_for(wasm_store_t *handle, const wr_limits *limits,
                                             wr_error *error) {
  if (handle) {
    wr__store *store = wr__api_store(handle);
    return new_shared(store->engine, store->budget, limits, error);
  }
  wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "store is missing");
  return NULL;
}

wasm_memory_t *wr_shared_memory_obtain(wasm_store_t *handle, const wr_shared_memory_t *shared) {
  wr__store *store = wr__api_store(handle);
  wr__memory *memory = (wr__memory *)shared;
  if (!handle || !shared || memory->engine != store->engine) return NULL;
  if (!wr__store_adopt_memory(store, memory)) return NULL;
  return (wasm_memory_t *)wr__api_handle_new(store, WR__HANDLE_MEMORY, memory);
}

void wr_shared_memory_delete(wr_shared_memory_t *shared) {
  if (shared) wr__memory_release((wr__memory *)shared);
}

/* ---- wasm.h -------------------------------------------------------------- */

wasm_memory_t *wasm_memory_new(wasm_store_t *store, const wasm_memorytype_t *type) {
  if (!type) return NULL;
  wr_limits limits = wr__api_limits_widen(&type->limits);
  return wr_memory_new(store, &limits, 16, NULL);
}

wasm_memorytype_t *wasm_memory_type(const wasm_memory_t *memory) {
  wasm_externtype_t *type = wasm_extern_type((const wasm_extern_t *)memory);
  wasm_memorytype_t *as_memory = wasm_externtype_as_memorytype(type);
  if (!as_memory) wasm_externtype_delete(type);
  return as_memory;
}

byte_t *wasm_memory_data(wasm_memory_t *memory) { return (byte_t *)memory->ref.of.memory->base; }

size_t wasm_memory_data_size(const wasm_memory_t *memory) {
  return size_bytes_of(memory->ref.of.memory);
}

wasm_memory_pages_t wasm_memory_size(const wasm_memory_t *memory) {
  uint64_t pages = wr_memory_size_pages(memory);
  return pages < UINT32_MAX ? (uint32_t)pages : UINT32_MAX;
}

bool wasm_memory_grow(wasm_memory_t *memory, wasm_memory_pages_t delta) {
  return wr_memory_grow(memory, delta, NULL);
}
