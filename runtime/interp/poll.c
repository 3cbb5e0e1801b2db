/* The end of the countdown that calls and branches back count: an interrupt, or a look at what runs
 * for those who watch (engine/engine.h). */
#include "interp/frames.h"
#include "interp/operations.h"

/* Rounds until the next, where nobody watches. */
enum { LONG_COUNTDOWN = INT32_MAX };

/* A way without code. */
static const wr__loop_way stop;

/* Which loop of those that can be entered starts there; 0: none. */
static uint32_t loop_at(const wr__code *code, uint32_t at) {
  uint32_t low = 0, high = code->loop_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (code->loops[middle].at < at)
      low = middle + 1;
    else
      high = middle;
  }
  bool found = low < code->loop_count && code->loops[low].at == at;
  return found ? code->loops[low].module_offset : 0;
}

static void add_callers(wr__walk walk, wr__sight *sights, uint32_t *count) {
  while (*count < WR__MAX_SIGHTS && wr__walk_frame(&walk)) {
    sights[(*count)++] = (wr__sight){wr__instance_func(walk.inst, walk.code->func_index), 0};
    wr__walk_up(&walk);
  }
}

static void look(wr__exec *exec, const wr__sight *sights, uint32_t count) {
  int32_t next = count ? exec->watch->look(exec, sights, count) : LONG_COUNTDOWN;
  atomic_store_explicit(&exec->countdown, next, memory_order_relaxed);
  /* An interrupt that came meanwhile is not to wait for that. */
  if (atomic_load(&exec->interrupt))
    atomic_store_explicit(&exec->countdown, 0, memory_order_relaxed);
}

bool wr__interp_poll_call(wr__instance *inst, wr__func *func, const uint64_t *fp) {
  wr__exec *exec = inst->exec;
  if (wr__exec_interrupted(exec)) return true;
  if (!exec->watch) {
    look(exec, NULL, 0);
    return false;
  }
  wr__sight sights[WR__MAX_SIGHTS];
  uint32_t count = 0;
  const uint64_t *link = fp + wr__link_slot(func->type);
  if (func->instance) sights[count++] = (wr__sight){func, 0};
  add_callers((wr__walk){.inst = inst,
                         .pc = (const uint8_t *)(uintptr_t)link[WR__LINK_PC],
                         .fp = (uint64_t *)(uintptr_t)link[WR__LINK_FP],
                         .returned = true},
              sights, &count);
  look(exec, sights, count);
  return false;
}

const wr__loop_way *wr__interp_poll_loop(wr__instance *inst, const uint8_t *pc, uint64_t *fp) {
  wr__exec *exec = inst->exec;
  if (wr__exec_interrupted(exec)) return &stop;
  wr__sight sights[WR__MAX_SIGHTS];
  uint32_t count = 0;
  wr__walk walk = {.inst = inst, .pc = pc, .fp = fp};
  if (!exec->watch || !wr__walk_frame(&walk)) {
    look(exec, NULL, 0);
    return NULL;
  }
  uint32_t loop = loop_at(walk.code, walk.at);
  add_callers(walk, sights, &count);
  sights[0].loop = loop;
  look(exec, sights, count);
  return loop ? exec->watch->find_way(exec, &sights[0]) : NULL;
}

wr_status wr__interp_stop(wr__instance *inst, const uint8_t *pc, uint64_t *fp) {
  (void)wr__exec_trap(inst->exec, WR_TRAP_INTERRUPTED);
  return wr__interp_unwind(inst, pc, fp, WR_INTERRUPTED);
}
