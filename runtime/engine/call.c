/* Started calls: the turns that their stacks take. Each side's part of the execution context is put
 * aside by whoever resumes. */
#include "engine/call.h"

#include "platform/fault.h"

/* Below the limit of native code: for operations and for host functions. */
enum { RESERVE_BYTES = 256 << 10 };

/* Whoever waits for room in the interpreter's frames reads it in the instance. */
static void set_stack_limit(wr__store *store, uint64_t *limit) {
  store->exec.stack_limit = limit;
  for (size_t i = 0; i < store->instance_count; i++) store->instances[i]->stack_limit = limit;
}

static void set_native_limit(wr__exec *exec, uintptr_t limit) {
  atomic_store(&exec->native_stack_limit, limit);
  atomic_store(&exec->native_limit, limit);
  if (atomic_load(&exec->interrupt)) atomic_store(&exec->native_limit, UINTPTR_MAX);
}

static void exchange_context(wr__exec *exec, wr__call_context *context) {
  wr__call_context was = {.native_stack_limit = atomic_load(&exec->native_stack_limit),
                          .stack_limit = exec->stack_limit,
                          .stack_top = exec->stack_top,
                          .activation = exec->activation,
                          .innermost = wr__activation_swap(context->innermost),
                          .caller = exec->caller,
                          .depth = exec->depth};
  set_native_limit(exec, context->native_stack_limit);
  set_stack_limit(exec->store, context->stack_limit);
  exec->stack_top = context->stack_top;
  exec->activation = context->activation;
  exec->caller = context->caller;
  exec->depth = context->depth;
  *context = was;
}

static void run(wr__fiber *fiber) {
  wr__call *call = (wr__call *)(void *)((char *)fiber - offsetof(wr__call, fiber));
  wr__exec *exec = &call->store->exec;
  call->status = call->is_cancelled ? wr__exec_trap(exec, WR_TRAP_INTERRUPTED)
                                    : wr__func_invoke(exec, call->func, call->slots);
  atomic_store(&call->state, WR__CALL_ENDED);
  wr__fiber_end(fiber);
}

bool wr__call_open(wr__call *call, wr__store *store, wr__func *func, uint64_t *slots) {
  size_t size = store->stack_size_bytes;
  if (size > SIZE_MAX / 4 || !wr__fiber_open(&call->fiber, size + RESERVE_BYTES, size, run))
    return false;
  call->store = store;
  call->func = func;
  call->slots = slots;
  call->context.native_stack_limit = call->fiber.low + RESERVE_BYTES;
  call->context.stack_top = (uint64_t *)(void *)call->fiber.extra;
  call->context.stack_limit = call->context.stack_top + size / sizeof(uint64_t);
  call->next = store->calls;
  call->link = &store->calls;
  if (call->next) call->next->link = &call->next;
  store->calls = call;
  return true;
}

void wr__call_close(wr__call *call) {
  if (!call->store) return;
  *call->link = call->next;
  if (call->next) call->next->link = call->link;
  call->store = NULL;
  wr__fiber_close(&call->fiber);
}

/* The calling thread, as a number that no other one has. */
static uintptr_t this_thread(void) {
  static _Thread_local char mark;
  return (uintptr_t)&mark;
}

static wr_status claim(wr__call *call, bool *is_outermost, wr_error *error) {
  wr__store *store = call->store;
  uintptr_t none = 0, self = this_thread();
  *is_outermost = atomic_compare_exchange_strong(&store->runner, &none, self);
  if (!*is_outermost && none != self)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET,
                    "another thread runs a call of this store: a store is used by one thread at a "
                    "time");
  wr__call_state state = WR__CALL_SUSPENDED;
  if (atomic_compare_exchange_strong(&call->state, &state, WR__CALL_RUNNING)) return WR_OK;
  if (*is_outermost) atomic_store(&store->runner, 0);
  return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET,
                  state == WR__CALL_ENDED ? "the call has ended: it cannot be resumed"
                                          : "the call runs: only a suspended one can be resumed");
}

wr_status wr__call_resume(wr__call *call, wr_error *error) {
  wr__store *store = call->store;
  bool is_outermost;
  WR_TRY(claim(call, &is_outermost, error));
  wr__fault_init_thread();
  exchange_context(&store->exec, &call->context);
  store->exec.trap.status = WR_OK;
  call->outer = store->running_call;
  store->running_call = call;
  wr__fiber_resume(&call->fiber);
  store->running_call = call->outer;
  exchange_context(&store->exec, &call->context);
  if (is_outermost) atomic_store(&store->runner, 0);
  return WR_OK;
}

wr_status wr__call_suspend(wr__exec *exec) {
  wr__call *call = exec->store->running_call;
  if (!call)
    return wr__exec_trap_message(exec, "only a call that wr_call_start began can be suspended");
  if (!wr__activation_is_current(exec->activation))
    return wr__exec_trap_message(exec,
                                 "a call of another store is between: it cannot be suspended");
  if (call->is_cancelled || wr__exec_interrupted(exec))
    return wr__exec_trap(exec, WR_TRAP_INTERRUPTED);
  wr__instance *caller = exec->caller;
  atomic_store(&call->state, WR__CALL_SUSPENDED);
  wr__fiber_pause(&call->fiber);
  exec->caller = caller;
  if (call->is_cancelled || wr__exec_interrupted(exec))
    return wr__exec_trap(exec, WR_TRAP_INTERRUPTED);
  return WR_OK;
}

wr_status wr__call_cancel(wr__call *call, wr_error *error) {
  wr__store *store = call->store;
  if (atomic_load(&call->state) != WR__CALL_SUSPENDED)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET,
                    "the call is not suspended: there is nothing to cancel");
  bool was_interrupted = wr__exec_interrupted(&store->exec);
  call->is_cancelled = true;
  wr__store_interrupt(store); /* for a guest whose host function goes on regardless */
  wr_status status = wr__call_resume(call, error);
  if (was_interrupted)
    wr__store_interrupt(store);
  else
    wr__store_clear_interrupt(store);
  return status;
}
