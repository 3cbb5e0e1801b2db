/* What tiers keep with a module: what was seen of it, and the batch that is being made. */
#include <stdlib.h>

#include "tier/tier.h"

/* The module goes: what is being made for it is of no use. */
static void free_tier(void *state) {
  wr__tier *tier = state;
  wr__tier_end(tier);
  for (int i = 0; i < WR__TIER_JOBS; i++) wr__mutex_free(&tier->jobs[i].handle.lock);
  wr__mutex_free(&tier->images);
  wr__mutex_free(&tier->lock);
  free(tier->large);
  free(tier->scores);
  free(tier->asked);
  free(tier);
}

wr__tier *wr__tier_of(wr__module *module) {
  wr__tier *tier = wr__module_get_state(module, WR__ENGINE_SLOT_tier);
  if (tier) return tier;
  uint32_t defined = module->func_count - module->imported_funcs;
  tier = calloc(1, sizeof *tier);
  if (!tier) return NULL;
  tier->module = module;
  wr__mutex_init(&tier->lock);
  wr__mutex_init(&tier->images);
  for (int i = 0; i < WR__TIER_JOBS; i++) wr__mutex_init(&tier->jobs[i].handle.lock);
  tier->scores = wr__alloc_array(defined, sizeof *tier->scores);
  tier->asked = wr__alloc_array(defined, sizeof *tier->asked);
  wr__tier *kept = NULL;
  if (tier->scores && tier->asked)
    kept = wr__module_set_state(module, WR__ENGINE_SLOT_tier, tier, free_tier);
  if (kept != tier) free_tier(tier);
  return kept;
}
