/* Engine: configuration, the registry of types, the timer. Counted, since modules, stores and
 * shared memories each keep it. */
#include "config/engine.h"

#include <stdlib.h>

#include "platform/process.h"

enum { DEFAULT_STACK_BYTES = 8 << 20, DEFAULT_TABLE_ELEMENTS = 10000000 };
/* Together with tables and stacks below 4 GiB: what one module may cost a machine unasked. */
#define DEFAULT_MEMORY_BYTES ((uint64_t)2 << 30)
#define DEFAULT_GC_HEAP_BYTES ((uint64_t)512 << 20)

void wr__config_init(wr__config *config) {
  memset(config, 0, sizeof *config);
#define X(name, text, on) config->features |= (uint64_t)(on) << WR_FEATURE_##name;
  WR_FEATURES(X)
#undef X
  config->bounds = WR_BOUNDS_AUTO;
  config->engine_kind = WR_ENGINE_AUTO;
  config->tiers = true;
  config->stack_size_bytes = DEFAULT_STACK_BYTES;
  config->max_memory_bytes = DEFAULT_MEMORY_BYTES;
  config->max_table_elements = DEFAULT_TABLE_ELEMENTS;
  config->max_gc_heap_bytes = DEFAULT_GC_HEAP_BYTES;
}

void wr__config_free(wr__config *config) {
  wr__keyring_release(config->trusted);
  free(config->verdicts);
  free(config->dump_folder);
  config->trusted = NULL;
  config->verdicts = config->dump_folder = NULL;
}

wr__engine *wr__engine_new(wr__config *config) {
  wr__engine *engine = calloc(1, sizeof *engine);
  if (!engine) return NULL;
  atomic_init(&engine->ref_count, 1);
  if (config) {
    engine->config = *config;
    config->trusted = NULL;
    config->verdicts = config->dump_folder = NULL;
  } else {
    wr__config_init(&engine->config);
  }
  if (!wr__cpu_is_wide()) engine->config.optimisations_off |= 1u << WR_OPTIMISE_WIDE;
  engine->types = wr__typereg_new();
  engine->deadlines = wr__deadlines_new();
  if (engine->types && engine->deadlines) return engine;
  wr__engine_release(engine);
  return NULL;
}

wr__engine *wr__engine_retain(wr__engine *engine) {
  atomic_fetch_add_explicit(&engine->ref_count, 1, memory_order_relaxed);
  return engine;
}

void wr__engine_release(wr__engine *engine) {
  if (!engine) return;
  if (atomic_fetch_sub_explicit(&engine->ref_count, 1, memory_order_acq_rel) != 1) return;
  wr__deadlines_delete(engine->deadlines);
  if (engine->types) wr__typereg_delete(engine->types);
  wr__config_free(&engine->config);
  free(engine);
}
