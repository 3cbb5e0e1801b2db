/* Throwing: finds the innermost handler of the activation that takes an exception, and
 * leaves its arguments where the handler expects them. No cost where nothing is thrown.
 * Spec exec/instructions: throw_ref; handlers. */
#include "gc/heap.h"
#include "interp/frames.h"
#include "validate/walker.h"

enum { CATCH, CATCH_REF, CATCH_ALL, CATCH_ALL_REF };

wr__ref wr__interp_new_exception(wr__instance *inst, uint32_t tag_index, const uint64_t *slots) {
  return wr__exn_new(inst->exec, inst->tags[tag_index], slots);
}

static bool takes(const wr__try_handler *handler, const wr__instance *inst, const wr__exn *exn) {
  if (handler->kind == CATCH_ALL || handler->kind == CATCH_ALL_REF) return true;
  return inst->tags[handler->tag] == exn->tag;
}

/* The handler of the frame that takes the exception, or NULL. Ranges come inner first; a delegate
 * sends it past those nested deeper than its target. */
static const wr__try_handler *find_handler(const wr__walk *walk, const wr__exn *exn) {
  const wr__code *code = walk->code;
  uint32_t level = UINT32_MAX; /* ranges nested deeper are passed over */
  for (uint32_t k = 0; k < code->try_range_count; k++) {
    const wr__try_range *range = &code->try_ranges[k];
    if (walk->at < range->start || walk->at >= range->end || range->level > level) continue;
    for (uint32_t n = range->first_handler; n < range->first_handler + range->handler_count; n++) {
      const wr__try_handler *handler = &code->try_handlers[n];
      if (handler->kind == WR__CATCH_DELEGATE) {
        level = handler->tag;
        break;
      }
      if (takes(handler, walk->inst, exn)) return handler;
    }
  }
  return NULL;
}

static void deliver(const wr__walk *walk, const wr__try_handler *handler, const wr__exn *exn) {
  uint64_t *slot = walk->fp + handler->slot;
  if (handler->kind == CATCH || handler->kind == CATCH_REF) {
    memcpy(slot, exn->slots, exn->tag->type->param_slots * sizeof *slot);
    slot += exn->tag->type->param_slots;
  }
  wr__ref ref = (wr__ref)(uintptr_t)exn;
  if (handler->kind == CATCH_REF || handler->kind == CATCH_ALL_REF) *slot = ref;
  if (handler->exn_slot != WR__NO_EXN_SLOT) walk->fp[handler->exn_slot] = ref;
}

wr_status wr__interp_throw(wr__instance *inst, const uint8_t *pc, uint64_t *fp, wr__ref exception,
                           bool returned, wr__resume *resume) {
  wr__exec *exec = inst->exec;
  const wr__exn *exn = (const wr__exn *)(uintptr_t)exception;
  wr__walk walk = {.inst = inst, .pc = pc, .fp = fp, .returned = returned};
  while (wr__walk_frame(&walk)) {
    const wr__try_handler *handler = find_handler(&walk, exn);
    if (handler) {
      deliver(&walk, handler, exn);
      exec->trap.exception = WR__NULL_REF;
      *resume =
          (wr__resume){(const uint8_t *)walk.code->words + handler->target, walk.fp, walk.inst};
      return WR_OK;
    }
    wr__walk_up(&walk);
  }
  bool rethrown = returned && exec->trap.kind == WR_TRAP_UNCAUGHT_EXCEPTION &&
                  exec->trap.exception == exception;
  exec->trap.exception = exception;
  if (rethrown) return wr__interp_unwind(inst, pc, fp, WR_EXCEPTION);
  return wr__interp_raise(inst, pc, fp, WR_TRAP_UNCAUGHT_EXCEPTION);
}
