/* Calls from the host into functions, and how they end: the trap record of the
 * execution context. Invariant: a status other than WR_OK that comes out of an entry has its
 * record in exec->trap. */
#include <stdlib.h>

#include "platform/fault.h"
#include "store/objects.h"

/* Host functions that call wasm that calls host functions: each level takes some of the thread's
 * stack, which nobody measures for us. */
enum { MAX_HOST_DEPTH = 100 };

static wr_status trap_status(wr_trap_kind kind) {
  switch (kind) {
    case WR_TRAP_EXIT:
      return WR_EXITED;
    case WR_TRAP_INTERRUPTED:
      return WR_INTERRUPTED;
    case WR_TRAP_UNCAUGHT_EXCEPTION:
      return WR_EXCEPTION;
    default:
      return WR_TRAPPED;
  }
}

wr_status wr__exec_trap(wr__exec *exec, wr_trap_kind kind) {
  wr__trap *trap = &exec->trap;
  free(trap->message);
  trap->message = NULL;
  if (kind == WR_TRAP_OUT_OF_MEMORY) {
    if (wr__exec_interrupted(exec)) /* the collection was stopped */
      kind = WR_TRAP_INTERRUPTED;
    else if (exec->store->heap_is_over_limit)
      trap->message = wr__budget_message(exec->store->budget, WR_LIMIT_GC_HEAP);
  }
  trap->kind = kind;
  trap->status = trap_status(kind);
  trap->exit_status = 0;
  trap->is_raised = false;
  trap->trace_count = 0;
  if (kind != WR_TRAP_UNCAUGHT_EXCEPTION) trap->exception = WR__NULL_REF;
  if (kind == WR_TRAP_INTERRUPTED) wr__store_clear_interrupt(exec->store);
  return trap->status;
}

wr_status wr__exec_trap_message(wr__exec *exec, const char *message) {
  char *copy = message ? strdup(message) : NULL;
  wr_status status = wr__exec_trap(exec, WR_TRAP_HOST);
  exec->trap.message = copy; /* without memory the kind's own message stands */
  return status;
}

wr_status wr__exec_exit(wr__exec *exec, int32_t exit_status) {
  wr_status status = wr__exec_trap(exec, WR_TRAP_EXIT);
  exec->trap.exit_status = exit_status;
  return status;
}

void wr__exec_trace(wr__exec *exec, wr__instance *instance, uint32_t func_index,
                    uint64_t module_offset) {
  wr__trap *trap = &exec->trap;
  if (trap->trace_count == WR__MAX_TRACE) return;
  trap->trace[trap->trace_count++] = (wr__frame){instance, func_index, module_offset};
}

static bool has_record(const wr__exec *exec, wr_status status) {
  bool ending = status == WR_TRAPPED || status == WR_EXITED || status == WR_INTERRUPTED ||
                status == WR_EXCEPTION;
  return ending && exec->trap.status == status;
}

wr_status wr__host_entry(wr__exec *exec, wr__func *func, uint64_t *slots) {
  wr__instance *caller = exec->caller;
  /* Native code may call many in a straight line. */
  if (WR_UNLIKELY(wr__exec_interrupted(exec))) return wr__exec_trap(exec, WR_TRAP_INTERRUPTED);
  exec->trap.status = WR_OK;
  wr_status status = func->callback(func->env, (wr_caller *)exec, slots);
  exec->caller = caller;
  if (WR_LIKELY(status == WR_OK) || has_record(exec, status)) return status;
  return wr__exec_trap_message(exec, wr_status_name(status));
}

wr_status wr__exec_run_tail(wr__exec *exec, uint64_t *slots) {
  wr__func *func;
  wr_status status;
  do {
    func = exec->tail_func;
    status = func->entry(exec, func, exec->tail_args);
  } while (status == WR__TAIL_CALLED);
  if (status == WR_OK) memcpy(slots, exec->tail_args, func->type->result_slots * sizeof *slots);
  return status;
}

wr_status wr__func_invoke(wr__exec *exec, wr__func *func, uint64_t *slots) {
  if (exec->depth >= MAX_HOST_DEPTH) return wr__exec_trap(exec, WR_TRAP_CALL_STACK_EXHAUSTED);
  wr__fault_init_thread();
  wr__instance *caller = exec->caller;
  exec->caller = NULL;
  exec->depth++;
  wr_status status = wr__func_run(exec, func, slots);
  exec->depth--;
  exec->caller = caller;
  return status;
}
