/* Watching what the interpreter runs (engine/engine.h): every half millisecond or so a look at
 * where it is says what is hot. Without the compiler, or where it fails, the interpreter goes on.
 */
#include <stdlib.h>

#include "interp/interp.h"
#include "native/native.h"
#include "tier/tier.h"

/* Between two looks, about; and so long a program must have been hot before the first batch is
 * asked for, and before each other. */
enum {
  LOOK_NS = 400000,
  FIRST_BATCH_NS = 50000000,
  NEXT_BATCH_NS = 25000000,
  FIRST_ROUNDS = 20000,
  LEAST_ROUNDS = 64,
  MOST_ROUNDS = 1 << 24,
  MOST_BATCHES = 32,
};

struct wr__watch_state {
  uint64_t last_ns;
  int32_t rounds;    /* of the countdown that ended */
  uint64_t round_ps; /* the least that a round ever took, in picoseconds */
  wr__loop_way way;
};

static bool is_forced(const wr__engine *engine) {
  return engine->config.engine_kind == WR_ENGINE_JIT;
}

/* ---- Looks */

/* Images that came since the instance was last looked at, the first made first: a function's last
 * code stays. */
static void install_from(wr__instance *instance, const wr__image *image, const wr__image *end) {
  if (!image || image == end) return;
  install_from(instance, image->next, end);
  (void)wr__native_install(instance, image); /* without memory it stays as it is */
}

static void install_new(wr__instance *instance) {
  const wr__image *newest = wr__native_partial(instance->module);
  if (WR_LIKELY(newest == instance->partial_seen)) return;
  install_from(instance, newest, instance->partial_seen);
  instance->partial_seen = newest;
}

static void note_loop(wr__tier *tier, const wr__sight *sight, uint64_t score) {
  uint32_t i = 0;
  while (i < tier->loop_count && (tier->loops[i].func_index != sight->func->func_index ||
                                  tier->loops[i].loop != sight->loop))
    i++;
  if (i == WR__TIER_LOOPS) return;
  if (i == tier->loop_count)
    tier->loops[tier->loop_count++] = (wr__tier_loop){sight->func->func_index, sight->loop, 0};
  tier->loops[i].score += score;
}

/* The innermost function has the time; its callers, of which a batch would have the calls, have
 * less the farther they are. */
static void note_sights(wr__tier *tier, const wr__sight *sights, uint32_t count, uint64_t ns) {
  for (uint32_t i = 0; i < count; i++) {
    const wr__func *func = sights[i].func;
    if (func->instance->module != tier->module || func->native) continue;
    tier->scores[func->func_index - tier->module->imported_funcs] += ns >> (2 * i);
  }
  if (sights[0].loop && sights[0].func->instance->module == tier->module)
    note_loop(tier, &sights[0], ns);
}

static void ask_for_batch(wr__tier *tier, const wr__instance *instance) {
  uint64_t enough = tier->batch_count ? NEXT_BATCH_NS : FIRST_BATCH_NS;
  if (tier->jobs[WR__TIER_SOON].is_busy || tier->is_off || tier->hot_ns < enough) return;
  tier->hot_ns = 0;
  if (tier->batch_count == MOST_BATCHES) return;
  wr__image_want *wants;
  size_t count = wr__tier_choose(tier, &wants);
  if (!count) return;
  tier->batch_count++;
  tier->is_guarded = instance->memory0->guarded;
  wr__tier_start(tier, wants, count);
}

/* How long the interpreter ran since the last look: host functions and native code may have run for
 * the most of that time. */
static uint64_t take_time(struct wr__watch_state *state) {
  uint64_t now = wr__monotonic_ns(), passed = now - state->last_ns;
  state->last_ns = now;
  uint64_t round_ps = passed * 1000 / (uint64_t)state->rounds;
  if (!state->round_ps || round_ps < state->round_ps) state->round_ps = round_ps;
  uint64_t likely = state->round_ps * (uint64_t)state->rounds / 1000 * 4;
  uint64_t rounds = (uint64_t)state->rounds * LOOK_NS / (passed + 1);
  uint64_t least = (uint64_t)state->rounds / 4, most = (uint64_t)state->rounds * 4;
  rounds = rounds < least ? least : rounds > most ? most : rounds;
  state->rounds = (int32_t)(rounds < LEAST_ROUNDS  ? LEAST_ROUNDS
                            : rounds > MOST_ROUNDS ? MOST_ROUNDS
                                                   : rounds);
  return passed < likely ? passed : likely;
}

static struct wr__watch_state *state_of(wr__exec *exec) {
  if (exec->watch_state) return exec->watch_state;
  struct wr__watch_state *state = calloc(1, sizeof *state);
  if (!state) return NULL;
  state->last_ns = wr__monotonic_ns();
  state->rounds = FIRST_ROUNDS;
  return exec->watch_state = state;
}

static int32_t look(wr__exec *exec, const wr__sight *sights, uint32_t count) {
  bool is_first = !exec->watch_state;
  struct wr__watch_state *state = state_of(exec);
  wr__instance *instance = sights[0].func->instance;
  wr__tier *tier = wr__tier_of(instance->module);
  if (!state || !tier) return INT32_MAX;
  for (uint32_t i = 0; i < count; i++) install_new(sights[i].func->instance);
  if (is_first) return FIRST_ROUNDS;
  uint64_t ns = take_time(state);
  wr__mutex_lock(&tier->lock);
  note_sights(tier, sights, count, ns);
  tier->hot_ns += ns;
  ask_for_batch(tier, instance);
  wr__mutex_unlock(&tier->lock);
  return state->rounds;
}

static const wr__loop_way *find_way(wr__exec *exec, const wr__sight *sight) {
  struct wr__watch_state *state = state_of(exec);
  bool found = state && wr__native_find_way(sight->func, sight->loop, &state->way);
  return found ? &state->way : NULL;
}

static const wr__watch watch = {look, find_way};

/* ---- Forced: everything is compiled before anything runs. A function is interpreted when it is
 * called for the first time, up to its first loop, and native from then on. */

static int32_t look_forced(wr__exec *exec, const wr__sight *sights, uint32_t count) {
  (void)exec, (void)count;
  wr__func *func = sights[0].func;
  if (!sights[0].loop && !func->native && wr__interp_is_known(func))
    (void)wr__native_install_func(func);
  return 0;
}

static const wr__watch forced_watch = {look_forced, find_way};

static wr_status force_module(wr__tier *tier, const wr__instance *instance, wr_error *error) {
  const wr__module *m = tier->module;
  uint32_t defined = m->func_count - m->imported_funcs;
  if (tier->batch_count || !defined) return WR_OK;
  wr__image_want *wants = wr__alloc_array(defined, 2 * sizeof *wants);
  if (!wants) return wr__fail_oom(error);
  for (uint32_t i = 0; i < defined; i++) {
    wants[2 * i] = (wr__image_want){m->imported_funcs + i, 0};
    wants[2 * i + 1] = (wr__image_want){m->imported_funcs + i, WR__ALL_LOOPS};
  }
  WR_TRY(wr__tier_make(tier, wants, 2 * (size_t)defined, instance->memory0->guarded, error));
  tier->batch_count = 1;
  return WR_OK;
}

/* ---- The record */

static bool open_store(wr__exec *exec) {
  const wr__config *config = &exec->store->engine->config;
  if (is_forced(exec->store->engine)) {
    exec->watch = &forced_watch;
  } else if (config->engine_kind == WR_ENGINE_AUTO && config->tiers) {
    exec->watch = &watch;
    atomic_store_explicit(&exec->countdown, FIRST_ROUNDS, memory_order_relaxed);
  }
  return true;
}

static void close_store(wr__exec *exec) { free(exec->watch_state); }

static wr_status take_instance(wr__instance *instance, bool *taken, wr_error *error) {
  (void)instance, (void)taken, (void)error;
  return WR_OK;
}

static wr_status join_instance(wr__instance *instance, wr_error *error) {
  if (!instance->exec->watch || instance->native_helpers) return WR_OK;
  if (!is_forced(instance->store->engine)) {
    install_new(instance);
    return WR_OK;
  }
  wr__tier *tier = wr__tier_of(instance->module);
  if (!tier) return wr__fail_oom(error);
  wr__mutex_lock(&tier->lock);
  wr_status status = force_module(tier, instance, error);
  wr__mutex_unlock(&tier->lock);
  if (status == WR_OK && wr__native_prepare(instance) != WR_OK) status = wr__fail_oom(error);
  return status;
}

const wr__engine_ops wr__tier_engine = {
    .open_store = open_store,
    .close_store = close_store,
    .take_instance = take_instance,
    .join_instance = join_instance,
};
