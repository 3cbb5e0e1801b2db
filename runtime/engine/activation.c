/* The chain of activations, and the way from a fault to a landing: the platform's handler asks the
 * innermost activation of the thread whether the code is its engine's; the engine notes where it
 * was; and on the thread's own stack again, the engine makes the trap and lands. */
#include "engine/engine.h"
#include "platform/fault.h"
#include "platform/memory.h"

/* What the fault handler goes by. */
static _Thread_local wr__activation *current;

void wr__activation_enter(wr__exec *exec, wr__activation *activation, const wr__engine_ops *ops,
                          wr__instance *instance) {
  activation->outer = exec->activation;
  activation->outer_thread = current;
  activation->ops = ops;
  activation->instance = instance;
  exec->activation = current = activation;
}

void wr__activation_leave(wr__exec *exec, wr__activation *activation) {
  exec->activation = activation->outer;
  current = activation->outer_thread;
}

wr__activation *wr__activation_swap(wr__activation *activation) {
  wr__activation *was = current;
  current = activation;
  return was;
}

bool wr__activation_is_current(const wr__activation *activation) { return current == activation; }

void wr__activation_land(wr__activation *activation, wr_status status) {
  activation->status = status;
  _longjmp(activation->landing, 1);
}

/* ---- Faults */

/* Nothing of the file can be asked any more, so there is no backtrace. */
static void __attribute__((noinline, noreturn)) resume_without_file(wr__activation *activation) {
  wr__activation_land(activation,
                      wr__exec_trap_message(activation->instance->exec,
                                            "the module's file was truncated while it ran"));
}

/* Goes on here, on the thread's own stack, after the signal handler returned. */
static void __attribute__((noinline, noreturn)) resume(wr__activation *activation) {
  wr__activation_land(activation, activation->ops->resume_fault(activation));
}

static bool take_fault(uintptr_t pc, uintptr_t address, void *ucontext) {
  wr__activation *activation = current;
  wr__region_view region;
  if (!activation || !activation->ops->owns_pc(activation, pc)) return false;
  if (wr__region_find(address, &region) && region.is_file) {
    wr__context_call(ucontext, (uintptr_t)resume_without_file, (uintptr_t)activation);
    return true;
  }
  activation->ops->note_fault(activation, pc, ucontext);
  wr__context_call(ucontext, (uintptr_t)resume, (uintptr_t)activation);
  return true;
}

bool wr__activation_claim_faults(void) { return wr__fault_add_hook(take_fault); }

const wr__engine_ops *const *wr__engine_records(const wr__engine *engine) {
  static const wr__engine_ops *const none[] = {NULL};
  return engine->config.engines ? engine->config.engines : none;
}
