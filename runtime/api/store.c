/* Configurations, engines and stores as the embedder sees them. A wasm_engine_t is the engine
 * itself, a wasm_store_t the store itself: only the store's handles are kept here. */
#include <stdlib.h>

#include "api/call.h"
#include "api/config.h"
#include "api/engines.h"
#include "api/handles.h"
#include "engine/make.h"
#include "gc/heap.h"
#include "config/engine.h"

wasm_config_t *wasm_config_new(void) {
  wasm_config_t *config = malloc(sizeof *config);
  if (!config) return NULL;
  wr__config_init(&config->config);
  config->config.engines = wr__engines;
  return config;
}

void wasm_config_delete(wasm_config_t *config) {
  if (config) wr__config_free(&config->config);
  free(config);
}

void wr_config_set_feature(wasm_config_t *config, wr_feature feature, bool on) {
  if ((size_t)feature >= WR_FEATURE_COUNT) return;
  uint64_t bit = (uint64_t)1 << feature;
  config->config.features = on ? config->config.features | bit : config->config.features & ~bit;
}

void wr_config_set_bounds(wasm_config_t *config, wr_bounds bounds) {
  config->config.bounds = bounds;
}

void wr_config_set_tiers(wasm_config_t *config, bool on) { config->config.tiers = on; }

void wr_config_set_engine(wasm_config_t *config, wr_engine_kind kind) {
  config->config.engine_kind = kind;
}

void wr_config_set_stack_size(wasm_config_t *config, size_t size_bytes) {
  config->config.stack_size_bytes = size_bytes;
}

void wr_config_set_max_memory(wasm_config_t *config, uint64_t size_bytes) {
  config->config.max_memory_bytes = size_bytes;
}

void wr_config_set_max_table_elements(wasm_config_t *config, uint64_t count) {
  config->config.max_table_elements = count;
}

void wr_config_set_max_gc_heap(wasm_config_t *config, uint64_t size_bytes) {
  config->config.max_gc_heap_bytes = size_bytes;
}

void wr_config_set_gc_stress(wasm_config_t *config, bool on) { config->config.gc_stress = on; }

void wr_config_set_optimisation(wasm_config_t *config, wr_optimisation which, bool on) {
  uint32_t bit = 1u << which;
  if (on)
    config->config.optimisations_off &= ~bit;
  else
    config->config.optimisations_off |= bit;
}

wasm_engine_t *wasm_engine_new(void) {
  wr__config config;
  wr__config_init(&config);
  config.engines = wr__engines;
  return (wasm_engine_t *)wr__engine_new(&config);
}

wasm_engine_t *wasm_engine_new_with_config(wasm_config_t *config) {
  if (!config) return NULL;
  wasm_engine_t *engine = (wasm_engine_t *)wr__engine_new(&config->config);
  wasm_config_delete(config);
  return engine;
}

void wasm_engine_delete(wasm_engine_t *engine) {
  if (engine) wr__engine_release(wr__api_engine(engine));
}

static wasm_store_t *hand_out(wr__store *store) {
  if (!store) return NULL;
  if (wr__api_handles_open(store)) return wr__api_store_handle(store);
  wr__store_delete(store);
  return NULL;
}

wasm_store_t *wasm_store_new(wasm_engine_t *engine) {
  return engine ? hand_out(wr__store_new(wr__api_engine(engine))) : NULL;
}

wasm_store_t *wr_store_new_sharing(const wasm_store_t *handle, size_t stack_size_bytes) {
  if (!handle) return NULL;
  const wr__store *store = wr__api_store(handle);
  if (stack_size_bytes == 0) stack_size_bytes = store->engine->config.stack_size_bytes;
  return hand_out(wr__store_new_in(store->engine, store->budget, stack_size_bytes));
}

static bool is_limit(wr_limit limit) { return limit > WR_LIMIT_NONE && limit < WR_LIMIT_COUNT; }

void wr_store_set_limit(wasm_store_t *store, wr_limit limit, uint64_t most) {
  if (store && is_limit(limit)) wr__budget_set_most(wr__api_store(store)->budget, limit, most);
}

uint64_t wr_store_limit(const wasm_store_t *store, wr_limit limit) {
  return store && is_limit(limit) ? wr__budget_most(wr__api_store(store)->budget, limit) : 0;
}

uint64_t wr_store_used(const wasm_store_t *store, wr_limit limit) {
  return store && is_limit(limit) ? wr__budget_used(wr__api_store(store)->budget, limit) : 0;
}

wr_limit wr_store_limit_hit(const wasm_store_t *store) {
  return store ? wr__budget_hit(wr__api_store(store)->budget) : WR_LIMIT_NONE;
}

void wasm_store_delete(wasm_store_t *handle) {
  if (!handle) return;
  wr__store *store = wr__api_store(handle);
  wr__api_calls_close(store);
  wr__api_handles_close(store);
  wr__store_delete(store);
}

wasm_engine_t *wr_store_engine(const wasm_store_t *store) {
  return (wasm_engine_t *)wr__api_store(store)->engine;
}

void wr_store_interrupt(wasm_store_t *store) { wr__store_interrupt(wr__api_store(store)); }

void wr_store_clear_interrupt(wasm_store_t *store) {
  wr__store_clear_interrupt(wr__api_store(store));
}

bool wr_store_interrupted(const wasm_store_t *store) {
  return atomic_load_explicit(&wr__api_store(store)->exec.interrupt, memory_order_acquire) != 0;
}

wr_status wr_store_set_deadline(wasm_store_t *store, uint64_t delay_ns) {
  return wr__store_set_deadline(wr__api_store(store), delay_ns);
}

int wr_store_event_fd(wasm_store_t *store) { return wr__store_event_fd(wr__api_store(store)); }
