/* Started calls: a function that runs on a stack of its own, pauses in a host function, and goes on
 * when somebody resumes it, in whichever thread. */
#ifndef WR__ENGINE_CALL_H
#define WR__ENGINE_CALL_H

#include "engine/engine.h"
#include "platform/stack.h"

/* What of the execution context belongs to a stack. */
typedef struct wr__call_context {
  uintptr_t native_stack_limit;
  uint64_t *stack_limit, *stack_top;
  wr__activation *activation; /* the innermost on the stack, of the store */
  wr__activation *innermost;  /* of whichever store */
  wr__instance *caller;
  uint32_t depth;
} wr__call_context;

typedef enum wr__call_state { WR__CALL_SUSPENDED, WR__CALL_RUNNING, WR__CALL_ENDED } wr__call_state;

/* The last member is the context of the side that does not run: the call's own while it is
 * suspended, that of whoever resumed it while it runs. */
typedef struct wr__call {
  wr__store *store;
  struct wr__call *next, **link; /* of store->calls */
  struct wr__call *outer;        /* that resumed it, while it runs */
  wr__fiber fiber;
  wr__func *func;
  uint64_t *slots; /* arguments, then results */
  wr_status status;
  _Atomic wr__call_state state;
  bool is_cancelled;
  wr__call_context context;
} wr__call;

/* Prepares a call: it is suspended before its first instruction. False: no stack can be had. */
bool wr__call_open(wr__call *call, wr__store *store, wr__func *func, uint64_t *slots);
/* It must not run. One that is suspended is not unwound: cancel it before. */
void wr__call_close(wr__call *call);
/* Runs it until it is suspended or has ended. Errors WR_BAD_ARGUMENT: it is not suspended, or
 * another thread runs a call of the store. */
wr_status wr__call_resume(wr__call *call, wr_error *error);
/* From a host function of the running call: until it is resumed. Errors as traps: no call was
 * started, another store's frames are between, it was cancelled, an interrupt. */
wr_status wr__call_suspend(wr__exec *exec);
/* Ends a suspended call: what it waits for fails as interrupted, and the guest ends. */
wr_status wr__call_cancel(wr__call *call, wr_error *error);

#endif
