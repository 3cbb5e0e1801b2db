/* Functions: calling them. What goes in is checked before anything runs. */
#include "api/func.h"

#include <stdlib.h>

#include "api/trap.h"

bool wr__api_slots_open(wr__api_slots *buffer, const wr__deftype *type) {
  size_t count = type->param_slots > type->result_slots ? type->param_slots : type->result_slots;
  buffer->slots = buffer->inline_slots;
  if (count > WR__API_INLINE_SLOTS) buffer->slots = malloc(count * sizeof buffer->slots[0]);
  return buffer->slots != NULL;
}

void wr__api_slots_close(wr__api_slots *buffer) {
  if (buffer->slots != buffer->inline_slots) free(buffer->slots);
}

/* ---- Full values --------------------------------------------------------- */

static bool read_args(wr__store *store, const wr__deftype *type, const wr_val *args,
                      uint64_t *slots) {
  for (uint32_t i = 0; i < type->param_count; i++) {
    if (!wr__api_val_to_slots(store, &args[i], type->params[i], slots)) return false;
    slots += wr__valtype_slots(type->params[i]);
  }
  return true;
}

static wr_status write_results(wr__store *store, const wr__deftype *type, const uint64_t *slots,
                               wr_val *results) {
  for (uint32_t i = 0; i < type->result_count; i++) {
    if (!wr__api_val_from_slots(store, slots, type->results[i], &results[i])) {
      while (i-- > 0) wr_val_delete(&results[i]);
      return WR_OUT_OF_MEMORY;
    }
    slots += wr__valtype_slots(type->results[i]);
  }
  return WR_OK;
}

wr_status wr_func_call(const wasm_func_t *func, const wr_val *args, size_t arg_count,
                       wr_val *results, size_t result_count, wasm_trap_t **trap) {
  if (!func || !func->ref.store) return WR_BAD_ARGUMENT;
  wr__store *store = func->ref.store;
  const wr__deftype *type = func->ref.of.func->type;
  if (arg_count != type->param_count || result_count != type->result_count) return WR_BAD_ARGUMENT;
  if ((arg_count && !args) || (result_count && !results)) return WR_BAD_ARGUMENT;
  wr__api_slots buffer;
  if (!wr__api_slots_open(&buffer, type)) return WR_OUT_OF_MEMORY;
  wr_status status = WR_BAD_ARGUMENT;
  if (read_args(store, type, args, buffer.slots)) {
    status = wr__func_invoke(&store->exec, func->ref.of.func, buffer.slots);
    if (status == WR_OK) {
      status = write_results(store, type, buffer.slots, results);
    } else if (trap) {
      *trap = wr__api_trap_take(store, status);
    }
  }
  wr__api_slots_close(&buffer);
  return status;
}

wr_externtype wr_func_type(const wasm_func_t *func) {
  return wr_extern_type((const wasm_extern_t *)func);
}

/* ---- wasm.h -------------------------------------------------------------- */

wasm_functype_t *wasm_func_type(const wasm_func_t *func) {
  return wasm_externtype_as_functype(wasm_extern_type((const wasm_extern_t *)func));
}

size_t wasm_func_param_arity(const wasm_func_t *func) {
  return func->ref.store ? func->ref.of.func->type->param_count : 0;
}

size_t wasm_func_result_arity(const wasm_func_t *func) {
  return func->ref.store ? func->ref.of.func->type->result_count : 0;
}

/* Why a call cannot be made, or NULL. A vector of no results means that they are not wanted. */
static const char *find_fault(const wr__deftype *type, const wasm_val_vec_t *args,
                              const wasm_val_vec_t *results) {
  size_t given = args ? args->size : 0, room = results ? results->size : 0;
  if (!wr__api_functype_is_plain(type)) return "function type that wasm.h cannot express";
  if (given != type->param_count) return "wrong number of arguments";
  if (room && room < type->result_count) return "too little room for the results";
  return NULL;
}

static bool read_plain_args(wr__store *store, const wr__deftype *type, const wasm_val_vec_t *args,
                            uint64_t *slots) {
  for (uint32_t i = 0; i < type->param_count; i++)
    if (!wr__api_plain_to_slots(store, &args->data[i], type->params[i], &slots[i])) return false;
  return true;
}

static bool write_plain_results(wr__store *store, const wr__deftype *type, const uint64_t *slots,
                                wasm_val_vec_t *results) {
  if (!results || !results->size) return true;
  for (uint32_t i = 0; i < type->result_count; i++) {
    if (wr__api_plain_from_slots(store, &slots[i], type->results[i], &results->data[i])) continue;
    while (i-- > 0) wasm_val_delete(&results->data[i]);
    return false;
  }
  return true;
}

static wasm_trap_t *call_plain(wr__store *store, wr__func *func, const wasm_val_vec_t *args,
                               wasm_val_vec_t *results, uint64_t *slots) {
  if (!read_plain_args(store, func->type, args, slots))
    return wr__api_trap_make(store, WR_TRAP_HOST, "argument of another type");
  wr_status status = wr__func_invoke(&store->exec, func, slots);
  if (status != WR_OK) return wr__api_trap_take(store, status);
  if (write_plain_results(store, func->type, slots, results)) return NULL;
  return wr__api_trap_make(store, WR_TRAP_OUT_OF_MEMORY, NULL);
}

wasm_trap_t *wasm_func_call(const wasm_func_t *handle, const wasm_val_vec_t *args,
                            wasm_val_vec_t *results) {
  wr__store *store = handle->ref.store;
  wr__func *func = handle->ref.of.func;
  const char *fault = find_fault(func->type, args, results);
  if (fault) return wr__api_trap_make(store, WR_TRAP_HOST, fault);
  wr__api_slots buffer;
  if (!wr__api_slots_open(&buffer, func->type))
    return wr__api_trap_make(store, WR_TRAP_OUT_OF_MEMORY, NULL);
  wasm_trap_t *trap = call_plain(store, func, args, results, buffer.slots);
  wr__api_slots_close(&buffer);
  return trap;
}
