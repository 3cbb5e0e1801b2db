/* What a host function knows of its caller, and how it ends the guest. A wr_caller is the store's
 * execution context, whose `caller` names the instance while the function runs. */
#include "api/func.h"
#include "api/trap.h"
#include "gc/heap.h"

static wr__exec *exec_of(wr_caller *caller) { return (wr__exec *)caller; }

wasm_store_t *wr_caller_store(wr_caller *caller) {
  return wr__api_store_handle(exec_of(caller)->store);
}

wasm_extern_t *wr_caller_export(wr_caller *caller, const char *name, size_t name_size) {
  wr__exec *exec = exec_of(caller);
  if (!exec->caller) return NULL;
  const wr__export *from = wr__module_find_export(exec->caller->module, name, name_size);
  if (!from) return NULL;
  wr__extern external = wr__instance_extern(exec->caller, (wr_externkind)from->kind, from->index);
  return wr__api_handle_of_extern(exec->store, &external);
}

uint8_t *wr_caller_memory(wr_caller *caller, uint64_t *size_bytes) {
  wr__instance *instance = exec_of(caller)->caller;
  wr__memory *memory = instance ? instance->exported_memory : NULL;
  *size_bytes = memory ? atomic_load_explicit(&memory->size_bytes, memory_order_acquire) : 0;
  return memory ? memory->base : NULL;
}

wr_status wr_caller_exit(wr_caller *caller, int32_t status) {
  return wr__exec_exit(exec_of(caller), status);
}

wr_status wr_caller_trap(wr_caller *caller, const char *message) {
  return wr__exec_trap_message(exec_of(caller), message);
}

wr_status wr_caller_trap_kind(wr_caller *caller, wr_trap_kind kind) {
  bool known = kind > WR_TRAP_NONE && kind <= WR_TRAP_HOST && kind != WR_TRAP_UNCAUGHT_EXCEPTION &&
               kind != WR_TRAP_EXIT;
  return wr__exec_trap(exec_of(caller), known ? kind : WR_TRAP_HOST);
}

/* The arguments of an exception in slots; false where they are not of the tag's type. */
static bool args_to_slots(wr__store *store, const wr__deftype *type, const wr_val *args,
                          size_t arg_count, uint64_t *slots) {
  if (arg_count != type->param_count) return false;
  for (uint32_t i = 0; i < arg_count; i++) {
    if (!wr__api_val_to_slots(store, &args[i], type->params[i], slots)) return false;
    slots += wr__valtype_slots(type->params[i]);
  }
  return true;
}

wr_status wr_caller_throw(wr_caller *caller, const wr_tag_t *tag, const wr_val *args,
                          size_t arg_count) {
  wr__exec *exec = exec_of(caller);
  if (!tag || tag->ref.store != exec->store)
    return wr__exec_trap_message(exec, "the tag is of another store");
  wr__tag *of = tag->ref.of.tag;
  wr__api_slots buffer;
  if (!wr__api_slots_open(&buffer, of->type)) return wr__exec_trap(exec, WR_TRAP_OUT_OF_MEMORY);
  wr_status status;
  if (args_to_slots(exec->store, of->type, args, arg_count, buffer.slots)) {
    /* The arguments' handles keep what they refer to alive meanwhile. */
    wr__ref exception = wr__exn_new(exec, of, buffer.slots);
    exec->trap.exception = exception;
    status = wr__exec_trap(
        exec, exception != WR__NULL_REF ? WR_TRAP_UNCAUGHT_EXCEPTION : WR_TRAP_OUT_OF_MEMORY);
  } else {
    status = wr__exec_trap_message(exec, "the exception's arguments are of another type");
  }
  wr__api_slots_close(&buffer);
  return status;
}

/* ---- The exception of a trap --------------------------------------------- */

static const wr__exn *exception_of(const wasm_trap_t *trap) {
  if (!trap || !trap->ref.store) return NULL;
  return (const wr__exn *)(uintptr_t)trap->ref.of.trap->exception;
}

wr_tag_t *wr_trap_exception_tag(const wasm_trap_t *trap) {
  const wr__exn *exception = exception_of(trap);
  if (!exception) return NULL;
  return (wr_tag_t *)wr__api_handle_new(trap->ref.store, WR__HANDLE_TAG, exception->tag);
}

size_t wr_trap_exception_args(const wasm_trap_t *trap, wr_val *out, size_t capacity) {
  const wr__exn *exception = exception_of(trap);
  if (!exception) return 0;
  const wr__deftype *type = exception->tag->type;
  const uint64_t *slots = exception->slots;
  for (uint32_t i = 0; i < type->param_count && i < capacity; i++) {
    if (!wr__api_val_from_slots(trap->ref.store, slots, type->params[i], &out[i]))
      out[i] = (wr_val){.type = type->params[i]};
    slots += wr__valtype_slots(type->params[i]);
  }
  return type->param_count;
}
