/* Started calls as the embedder holds them: values in and out, traps, and their end with the store.
 * A call that has ended keeps its results as values, whose handles keep alive what they refer to.
 */
#include "engine/call.h"

#include <stdlib.h>

#include "api/call.h"
#include "api/func.h"
#include "api/trap.h"

struct wr_call {
  wr__call call;
  const wr__deftype *type;
  wr__api_slots buffer;
  wr_val *results;
  wasm_trap_t *trap;
  wr_status status; /* once it has ended */
  bool is_ended;
  void *request, *answer;
};

static wr_call_t *running_of(wr_caller *caller) {
  return (wr_call_t *)(void *)((wr__exec *)caller)->store->running_call;
}

static wr_status take_results(wr_call_t *call, wr__store *store) {
  const uint64_t *slots = call->buffer.slots;
  for (uint32_t i = 0; i < call->type->result_count; i++) {
    if (!wr__api_val_from_slots(store, slots, call->type->results[i], &call->results[i])) {
      while (i-- > 0) wr_val_delete(&call->results[i]);
      return WR_OUT_OF_MEMORY;
    }
    slots += wr__valtype_slots(call->type->results[i]);
  }
  return WR_OK;
}

/* After each turn: takes over what a call leaves at its end, and its stack goes. */
static void settle(wr_call_t *call) {
  wr__store *store = call->call.store;
  if (atomic_load(&call->call.state) != WR__CALL_ENDED) return;
  call->status = call->call.status;
  if (call->status == WR_OK)
    call->status = take_results(call, store);
  else
    call->trap = wr__api_trap_take(store, call->status);
  call->is_ended = true;
  wr__call_close(&call->call);
}

static wr_status read_args(wr_call_t *call, wr__store *store, const wr_val *args) {
  uint64_t *slots = call->buffer.slots;
  for (uint32_t i = 0; i < call->type->param_count; i++) {
    if (!wr__api_val_to_slots(store, &args[i], call->type->params[i], slots))
      return WR_BAD_ARGUMENT;
    slots += wr__valtype_slots(call->type->params[i]);
  }
  return WR_OK;
}

static wr_call_t *new_call(const wr__deftype *type) {
  wr_call_t *call = calloc(1, sizeof *call);
  if (!call) return NULL;
  call->type = type;
  size_t count = type->result_count;
  call->results = count ? calloc(count, sizeof *call->results) : NULL;
  if ((!count || call->results) && wr__api_slots_open(&call->buffer, type)) return call;
  free(call->results);
  free(call);
  return NULL;
}

static void free_call(wr_call_t *call) {
  if (call->is_ended && call->status == WR_OK)
    for (uint32_t i = 0; i < call->type->result_count; i++) wr_val_delete(&call->results[i]);
  if (call->trap) wasm_trap_delete(call->trap);
  wr__api_slots_close(&call->buffer);
  free(call->results);
  free(call);
}

wr_status wr_call_start(const wasm_func_t *func, const wr_val *args, size_t arg_count,
                        wr_call_t **out, wr_error *error) {
  if (out) *out = NULL;
  if (!func || !func->ref.store || !out || (arg_count && !args))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "a function and a place are needed");
  wr__store *store = func->ref.store;
  const wr__deftype *type = func->ref.of.func->type;
  if (arg_count != type->param_count)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "%zu arguments for %u parameters",
                    arg_count, type->param_count);
  wr_call_t *call = new_call(type);
  if (!call) return wr__fail_oom(error);
  wr_status status = read_args(call, store, args);
  if (status != WR_OK)
    status = wr__fail(error, status, WR_NO_OFFSET, "an argument is not of its parameter's type");
  else if (!wr__call_open(&call->call, store, func->ref.of.func, call->buffer.slots))
    status = wr__fail(error, WR_OUT_OF_MEMORY, WR_NO_OFFSET,
                      "no stack for the call: no address space, or too many mappings "
                      "(vm.max_map_count)");
  else
    status = wr__call_resume(&call->call, error);
  if (status != WR_OK) {
    wr__call_close(&call->call);
    free_call(call);
    return status;
  }
  settle(call);
  *out = call;
  return WR_OK;
}

wr_status wr_call_resume(wr_call_t *call, void *answer, wr_error *error) {
  if (!call || call->is_ended)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "%s",
                    call ? "the call has ended: it cannot be resumed" : "no call");
  if (atomic_load(&call->call.state) == WR__CALL_SUSPENDED) call->answer = answer;
  WR_TRY(wr__call_resume(&call->call, error));
  settle(call);
  return WR_OK;
}

wr_status wr_call_cancel(wr_call_t *call, wr_error *error) {
  if (!call || call->is_ended)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "%s",
                    call ? "the call has ended" : "no call");
  WR_TRY(wr__call_cancel(&call->call, error));
  settle(call);
  return WR_OK;
}

wr_call_state wr_call_get_state(const wr_call_t *call) {
  if (!call || call->is_ended) return WR_CALL_ENDED;
  return atomic_load(&((wr_call_t *)call)->call.state) == WR__CALL_SUSPENDED ? WR_CALL_SUSPENDED
                                                                             : WR_CALL_RUNNING;
}

void *wr_call_request(const wr_call_t *call) {
  return call && wr_call_get_state(call) == WR_CALL_SUSPENDED ? call->request : NULL;
}

wr_status wr_call_result(wr_call_t *call, wr_val *results, size_t result_count,
                         wasm_trap_t **trap) {
  if (!call || !call->is_ended) return WR_BAD_ARGUMENT;
  if (call->status != WR_OK) {
    if (trap) {
      *trap = call->trap;
      call->trap = NULL;
    }
    return call->status;
  }
  if (result_count != call->type->result_count || (result_count && !results))
    return WR_BAD_ARGUMENT;
  if (result_count) memcpy(results, call->results, result_count * sizeof *results);
  if (result_count) memset(call->results, 0, result_count * sizeof *results);
  return WR_OK;
}

void wr_call_delete(wr_call_t *call) {
  if (!call) return;
  wr_error error;
  if (!call->is_ended && wr_call_cancel(call, &error) != WR_OK) return; /* it runs */
  free_call(call);
}

wr_call_t *wr_caller_call(wr_caller *caller) { return running_of(caller); }

wr_status wr_caller_suspend(wr_caller *caller, void *request, void **answer) {
  wr_call_t *call = running_of(caller);
  if (call) {
    call->request = request;
    call->answer = NULL;
  }
  WR_TRY(wr__call_suspend((wr__exec *)caller));
  if (answer) *answer = call->answer;
  return WR_OK;
}

void wr__api_calls_close(wr__store *store) {
  while (store->calls) {
    wr_call_t *call = (wr_call_t *)(void *)store->calls;
    wr_error error;
    if (wr_call_cancel(call, &error) != WR_OK) return;
    if (call->trap) wasm_trap_delete(call->trap);
    call->trap = NULL;
  }
}
