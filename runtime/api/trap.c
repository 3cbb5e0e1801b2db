/* Traps and their frames. A trap's record is copied out of the execution context when a call
 * ends, since the next call overwrites it. */
#include "api/trap.h"

#include <stdlib.h>

struct wr__spare_trap {
  wasm_trap_t handle; /* first: handed out by its address */
  wr__api_trap trap;
  uint32_t loans;
};

struct wr__spare_trap *wr__api_spare_new(wr__store *store) {
  struct wr__spare_trap *spare = calloc(1, sizeof *spare);
  if (!spare) return NULL;
  spare->trap.ref_count = 1;
  spare->trap.status = WR_TRAPPED;
  spare->trap.kind = WR_TRAP_OUT_OF_MEMORY;
  spare->handle.ref.store = store;
  spare->handle.ref.kind = WR__HANDLE_TRAP;
  spare->handle.ref.is_spare = true;
  spare->handle.ref.of.trap = &spare->trap;
  return spare;
}

wasm_trap_t *wr__api_spare_lend(wr__store *store) {
  store->handles->spare->loans++;
  return &store->handles->spare->handle;
}

static void free_spare(struct wr__spare_trap *spare) {
  wr__host_info_free(spare->trap.host_info);
  free(spare);
}

void wr__api_spare_return(wasm_trap_t *trap) {
  struct wr__spare_trap *spare = (struct wr__spare_trap *)trap;
  if (--spare->loans == 0 && !trap->ref.store) free_spare(spare);
}

void wr__api_spare_close(struct wr__spare_trap *spare) {
  if (!spare) return;
  spare->handle.ref.store = NULL;
  if (spare->loans == 0) free_spare(spare);
}

/* ---- Making -------------------------------------------------------------- */

void wr__api_trap_release(wr__api_trap *trap) {
  if (--trap->ref_count > 0) return;
  wr__host_info_free(trap->host_info);
  free(trap->message);
  free(trap->frames);
  free(trap);
}

/* A trap object; NULL when out of memory, also where there is a message and it cannot be copied. */
static wr__api_trap *new_trap(wr_status status, wr_trap_kind kind, const char *message) {
  wr__api_trap *trap = calloc(1, sizeof *trap);
  if (!trap) return NULL;
  trap->ref_count = 1;
  trap->status = status;
  trap->kind = kind;
  trap->message = message ? strdup(message) : NULL;
  if (!message || trap->message) return trap;
  wr__api_trap_release(trap);
  return NULL;
}

static wr_status status_of_kind(wr_trap_kind kind) {
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

/* NULL when out of memory. */
static wasm_trap_t *new_handle(wr__store *store, wr__api_trap *trap) {
  return trap ? (wasm_trap_t *)wr__api_handle_new(store, WR__HANDLE_TRAP, trap) : NULL;
}

wasm_trap_t *wr__api_trap_make(wr__store *store, wr_trap_kind kind, const char *message) {
  wasm_trap_t *trap = new_handle(store, new_trap(status_of_kind(kind), kind, message));
  return trap ? trap : wr__api_spare_lend(store);
}

/* Takes the frames that the call left in the record, as far as there is room. Those that are there
 * already are further in. Without memory the trap has fewer. */
static void add_frames(wr__api_trap *trap, wr__trap *from) {
  uint32_t room = WR__MAX_TRACE - trap->frame_count;
  uint32_t more = from->trace_count < room ? from->trace_count : room;
  size_t bytes = (trap->frame_count + more) * sizeof(wr__frame);
  wr__frame *frames = more ? realloc(trap->frames, bytes) : NULL;
  if (frames) {
    memcpy(frames + trap->frame_count, from->trace, more * sizeof *frames);
    trap->frames = frames;
    trap->frame_count += more;
  }
  from->trace_count = 0;
}

/* The trap that a callback returned, now with its way through the guest. */
static wasm_trap_t *take_raised(wr__store *store) {
  wasm_trap_t *trap = store->handles->raised;
  store->handles->raised = NULL;
  store->exec.trap.is_raised = false;
  add_frames(trap->ref.of.trap, &store->exec.trap);
  return trap;
}

wasm_trap_t *wr__api_trap_take(wr__store *store, wr_status status) {
  wr__trap *from = &store->exec.trap;
  if (from->is_raised) return take_raised(store);
  wr__api_trap *trap = new_trap(status, from->kind, NULL);
  if (trap) {
    add_frames(trap, from);
    trap->exit_status = from->exit_status;
    trap->exception = from->exception;
    trap->message = from->message;
    from->message = NULL;
  }
  from->exception = WR__NULL_REF;
  from->trace_count = 0;
  wasm_trap_t *handle = new_handle(store, trap);
  return handle ? handle : wr__api_spare_lend(store);
}

/* The record of a trap object. */
static wr_status record_trap(wr__exec *exec, const wasm_trap_t *trap, bool is_ours) {
  const wr__api_trap *from = trap->ref.of.trap;
  if (from->kind == WR_TRAP_EXIT) return wr__exec_exit(exec, from->exit_status);
  if (from->kind == WR_TRAP_UNCAUGHT_EXCEPTION && is_ours) {
    exec->trap.exception = from->exception;
    return wr__exec_trap(exec, from->kind);
  }
  if (from->message || from->kind == WR_TRAP_UNCAUGHT_EXCEPTION)
    return wr__exec_trap_message(exec,
                                 from->message ? from->message : wr_trap_kind_message(from->kind));
  return wr__exec_trap(exec, from->kind);
}

/* The guest cannot catch a trap, so the object itself comes out again, but for an exception's. */
wr_status wr__api_trap_raise(wr__exec *exec, wasm_trap_t *trap) {
  bool is_ours = trap->ref.store == exec->store;
  wr_status status = record_trap(exec, trap, is_ours);
  if (!is_ours || trap->ref.is_spare || status == WR_EXCEPTION) {
    wasm_trap_delete(trap);
    return status;
  }
  struct wr__handles *handles = exec->store->handles;
  wasm_trap_delete(handles->raised);
  handles->raised = trap;
  exec->trap.is_raised = true;
  return status;
}

wasm_trap_t *wasm_trap_new(wasm_store_t *store, const wasm_message_t *message) {
  size_t size = message ? message->size : 0;
  while (size > 0 && message->data[size - 1] == '\0') size--;
  char *text = malloc(size + 1);
  if (!text) return wr__api_spare_lend(wr__api_store(store));
  if (size) memcpy(text, message->data, size);
  text[size] = '\0';
  wasm_trap_t *trap = wr__api_trap_make(wr__api_store(store), WR_TRAP_HOST, text);
  free(text);
  return trap;
}

wasm_trap_t *wr_trap_new_kind(wasm_store_t *store, wr_trap_kind kind) {
  bool known = kind > WR_TRAP_NONE && kind <= WR_TRAP_HOST && kind != WR_TRAP_UNCAUGHT_EXCEPTION &&
               kind != WR_TRAP_EXIT;
  return wr__api_trap_make(wr__api_store(store), known ? kind : WR_TRAP_HOST, NULL);
}

wasm_trap_t *wr_trap_new_exit(wasm_store_t *store, int32_t status) {
  wasm_trap_t *trap = wr__api_trap_make(wr__api_store(store), WR_TRAP_EXIT, NULL);
  if (!trap->ref.is_spare) trap->ref.of.trap->exit_status = status;
  return trap;
}

static void copy_frames(wr__api_trap *to, const wr__api_trap *from, wr__instance *instance) {
  to->frames = from->frame_count ? malloc(from->frame_count * sizeof *to->frames) : NULL;
  if (!to->frames) return; /* without memory it has none */
  for (uint32_t i = 0; i < from->frame_count; i++) {
    to->frames[i] = from->frames[i];
    if (to->frames[i].instance) to->frames[i].instance = instance;
  }
  to->frame_count = from->frame_count;
}

wasm_trap_t *wr_trap_adopt(const wasm_instance_t *instance, const wasm_trap_t *trap) {
  const wr__api_trap *from = trap->ref.of.trap;
  wasm_trap_t *made = wr__api_trap_make(instance->ref.store, from->kind, from->message);
  if (made->ref.is_spare) return made;
  wr__api_trap *to = made->ref.of.trap;
  to->exit_status = from->exit_status;
  copy_frames(to, from, instance->ref.of.instance);
  return made;
}

/* ---- Reading ------------------------------------------------------------- */

wr_trap_kind wr_trap_get_kind(const wasm_trap_t *trap) {
  return trap ? trap->ref.of.trap->kind : WR_TRAP_NONE;
}

bool wr_trap_exit_status(const wasm_trap_t *trap, int32_t *status) {
  if (wr_trap_get_kind(trap) != WR_TRAP_EXIT) return false;
  *status = trap->ref.of.trap->exit_status;
  return true;
}

void wasm_trap_message(const wasm_trap_t *trap, wasm_message_t *out) {
  const wr__api_trap *from = trap->ref.of.trap;
  wasm_name_new_from_string_nt(out,
                               from->message ? from->message : wr_trap_kind_message(from->kind));
}

/* ---- Frames -------------------------------------------------------------- */

struct wasm_frame_t {
  wasm_instance_t *instance;
  uint32_t func_index;
  uint64_t module_offset, func_offset;
};

static wasm_frame_t *new_frame(wr__store *store, const wr__frame *from) {
  wasm_frame_t *frame = calloc(1, sizeof *frame);
  if (!frame) return NULL;
  frame->func_index = from->func_index;
  frame->module_offset = from->module_offset;
  const wr__module *module = from->instance->module;
  if (from->func_index < module->func_count)
    frame->func_offset = from->module_offset - module->funcs[from->func_index].code_offset;
  frame->instance =
      (wasm_instance_t *)wr__api_handle_new(store, WR__HANDLE_INSTANCE, from->instance);
  if (frame->instance) return frame;
  free(frame);
  return NULL;
}

void wasm_frame_delete(wasm_frame_t *frame) {
  if (!frame) return;
  wasm_instance_delete(frame->instance);
  free(frame);
}

wasm_frame_t *wasm_frame_copy(const wasm_frame_t *frame) {
  wasm_frame_t *copy = frame ? malloc(sizeof *copy) : NULL;
  if (!copy) return NULL;
  *copy = *frame;
  copy->instance = wasm_instance_copy(frame->instance);
  if (copy->instance) return copy;
  free(copy);
  return NULL;
}

struct wasm_instance_t *wasm_frame_instance(const wasm_frame_t *frame) { return frame->instance; }
uint32_t wasm_frame_func_index(const wasm_frame_t *frame) { return frame->func_index; }
size_t wasm_frame_func_offset(const wasm_frame_t *frame) { return frame->func_offset; }
size_t wasm_frame_module_offset(const wasm_frame_t *frame) { return frame->module_offset; }

/* The frames of wasm functions: host functions have no instance to speak of. */
static bool next_frame(const wr__api_trap *trap, uint32_t *index) {
  while (*index < trap->frame_count && !trap->frames[*index].instance) ++*index;
  return *index < trap->frame_count;
}

wasm_frame_t *wasm_trap_origin(const wasm_trap_t *trap) {
  const wr__api_trap *from = trap->ref.of.trap;
  uint32_t index = 0;
  if (!trap->ref.store || !next_frame(from, &index)) return NULL;
  return new_frame(trap->ref.store, &from->frames[index]);
}

void wasm_trap_trace(const wasm_trap_t *trap, wasm_frame_vec_t *out) {
  const wr__api_trap *from = trap->ref.of.trap;
  wasm_frame_vec_new_uninitialized(out, trap->ref.store ? from->frame_count : 0);
  size_t count = 0;
  for (uint32_t i = 0; count < out->size && next_frame(from, &i); i++) {
    out->data[count] = new_frame(trap->ref.store, &from->frames[i]);
    if (!out->data[count]) break;
    count++;
  }
  out->size = count;
}

static void give_span(wr__span span, const char **data, size_t *size_bytes) {
  *data = (const char *)span.data;
  *size_bytes = span.data ? span.size : 0;
}

void wr_frame_func_name(const wasm_frame_t *frame, const char **data, size_t *size_bytes) {
  wr__span name = {0};
  if (frame->instance->ref.store)
    name = wr__module_func_name(frame->instance->ref.of.instance->module, frame->func_index);
  give_span(name, data, size_bytes);
}

void wr_frame_module_name(const wasm_frame_t *frame, const char **data, size_t *size_bytes) {
  wr__span name = {0};
  if (frame->instance->ref.store) name = wr__module_name(frame->instance->ref.of.instance->module);
  give_span(name, data, size_bytes);
}
