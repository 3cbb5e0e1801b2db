/* Engine: configuration and what all stores and modules of it share. Counted; any thread. */
#ifndef WR__ENGINE_H
#define WR__ENGINE_H

#include <stdatomic.h>

#include "base/base.h"
#include "config/deadline.h"
#include "config/keyring.h"
#include "types/types.h"

typedef struct wr__config {
  uint64_t features; /* bit wr_feature */
  wr_bounds bounds;
  wr_engine_kind engine_kind;
  bool tiers; /* with WR_ENGINE_AUTO: what is hot gets native code */
  /* The engines' records, in the order of engines.def, and NULL behind them (engine/engine.h).
   * NULL: nothing can be instantiated. */
  const struct wr__engine_ops *const *engines;
  size_t stack_size_bytes;
  uint64_t max_memory_bytes;
  uint64_t max_table_elements;
  uint64_t max_gc_heap_bytes;
  bool gc_stress;
  uint32_t optimisations_off; /* bit wr_optimisation */
  /* Whose native code runs (trust/keys.h). */
  wr__keyring *trusted; /* counted; NULL: nobody's */
  bool trust_user;      /* the user's keys too, read when they are needed */
  bool allow_unsigned_code;
  bool copy_files;   /* nothing stays mapped from a file that a module was opened from */
  char *verdicts;    /* own; the folder of remembered checks; NULL: with trust_user the user's, else
                        none */
  bool debug;        /* native code is made known to debuggers and profilers */
  char *dump_folder; /* own; where the file for perf goes; NULL: none is written */
} wr__config;

typedef struct wr__engine wr__engine;
struct wr__engine {
  _Atomic uint32_t ref_count;
  wr__config config;
  wr__typereg *types;
  wr__deadlines *deadlines;
};

void wr__config_init(wr__config *config);
/* Lets go of what a configuration holds. */
void wr__config_free(wr__config *config);
/* Takes over what the configuration holds, which is left without. NULL: the defaults. */
wr__engine *wr__engine_new(wr__config *config);
wr__engine *wr__engine_retain(wr__engine *engine);
void wr__engine_release(wr__engine *engine);

static inline bool wr__engine_has(const wr__engine *engine, wr_feature feature) {
  return engine->config.features >> feature & 1;
}

#endif
