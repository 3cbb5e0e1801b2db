/* Running native code: the entry from other engines and the host, calls out of it, traps and their
 * backtraces, faults.
 *
 * Native frames are chained by frame pointers. A trap lands in the innermost entry by longjmp, over
 * native frames alone: whatever C function is between two native activations has returned a status.
 * The instance's native_helpers point to the table at the end of this file. */
#include <setjmp.h>
#include <stdlib.h>

#include "gc/heap.h"
#include "native/native.h"
#include "operations/operations.h"
#include "platform/fault.h"
#include "platform/memory.h"
#include "store/objects.h"

/* Below its limit native code leaves this much to helpers and host functions. */
enum { STACK_RESERVE_BYTES = 192 << 10, MAX_DEPTH = 200 };

typedef struct native_activation {
  wr__activation head;
  uintptr_t fault_pc, fault_frame;
} native_activation;

static const wr__image *image_of(const wr__instance *instance) { return instance->engine_state; }

/* ---- Backtraces */

static void add_frame(wr__instance *instance, uint32_t offset) {
  uint32_t func_index = offset ? wr__module_func_at(instance->module, offset) : WR_NO_INDEX;
  if (func_index != WR_NO_INDEX) wr__exec_trace(instance->exec, instance, func_index, offset);
}

/* A native frame stands for a function and for those whose bodies are in its code. The places lead
 * outwards in ids that fall, whatever the image says. */
static void add_frames(wr__instance *instance, uint32_t line) {
  wr__image_place place;
  while (wr__image_place_at(image_of(instance), line, &place)) {
    add_frame(instance, place.module_offset);
    if (place.call >= line) return;
    line = place.call;
  }
  add_frame(instance, line);
}

/* The callers of the function whose frame this is, up to the wrapper that entered native code. */
static void add_callers(wr__instance *instance, const uintptr_t *frame) {
  const wr__image *image = image_of(instance);
  uintptr_t text = (uintptr_t)image->base + image->header->text_offset;
  for (;;) {
    uintptr_t pc = frame[1];
    if (pc - text >= image->header->text_bytes) return;
    add_frames(instance, wr__image_line_at(image, pc - 1));
    frame = (const uintptr_t *)frame[0];
  }
}

static void __attribute__((noreturn)) land(wr__exec *exec, wr_status status) {
  wr__activation_land(exec->activation, status);
}

/* ---- Helpers of their own */

/* frame is that of the stub which the trapping function called: the line of the call is that of the
 * instruction. */
static void wr__native_trap(wr__instance *instance, uint32_t kind, const uintptr_t *frame) {
  wr_status status = wr__exec_trap(instance->exec, (wr_trap_kind)kind);
  add_callers(instance, frame);
  land(instance->exec, status);
}

static void wr__native_limit(wr__instance *instance, const uintptr_t *frame) {
  bool interrupted = wr__exec_interrupted(instance->exec);
  wr_status status = wr__exec_trap(
      instance->exec, interrupted ? WR_TRAP_INTERRUPTED : WR_TRAP_CALL_STACK_EXHAUSTED);
  add_callers(instance, frame);
  land(instance->exec, status);
}

/* The exception travels: native code looks at it after each call. */
static void set_out(wr__exec *exec, wr__ref exception, bool is_thrown) {
  exec->native_exception = exception;
  exec->native_way.is_thrown = is_thrown;
  exec->native_way.count = 0;
}

static void add_way(wr__exec *exec, uintptr_t pc) {
  wr__native_way *way = &exec->native_way;
  if (way->count < WR__MAX_TRACE) way->pcs[way->count++] = pc;
}

/* The line of the call is that of the instruction, here and below. */
static void wr__native_throw_in(wr__instance *instance, uint64_t exception) {
  set_out(instance->exec, exception, true);
  add_way(instance->exec, (uintptr_t)__builtin_return_address(0));
}

static void wr__native_leave(wr__instance *instance, const void *pc) {
  add_way(instance->exec, (uintptr_t)pc);
}

/* Does the adapter of this frame stand in the place of the function that was entered last? Then the
 * wrapper is its caller, which engines call. Else other native functions wait for the result. */
static bool is_last(const wr__instance *instance, const uintptr_t *frame) {
  const wr__image *image = image_of(instance);
  uintptr_t pc = ((const uintptr_t *)frame[0])[1];
  return pc - ((uintptr_t)image->base + image->header->text_offset) >= image->header->text_bytes;
}

/* The innermost entry returns, and its caller goes on with the function: so tail calls that leave
 * an instance take no stack. */
static void __attribute__((noreturn)) leave_for(wr__exec *exec, wr__func *func,
                                                const uint64_t *slots) {
  if (WR_UNLIKELY(wr__exec_interrupted(exec))) land(exec, wr__exec_trap(exec, WR_TRAP_INTERRUPTED));
  exec->tail_func = func;
  memcpy(exec->tail_args, slots, func->type->param_slots * sizeof *slots);
  land(exec, WR__TAIL_CALLED);
}

/* frame is the adapter's. */
static void wr__native_call_out(wr__instance *instance, wr__func *func, uint64_t *slots,
                                const uintptr_t *frame) {
  wr__exec *exec = instance->exec;
  wr__instance *caller = exec->caller;
  if (func->instance && is_last(instance, frame)) leave_for(exec, func, slots);
  exec->caller = instance;
  wr_status status = wr__func_run(exec, func, slots);
  exec->caller = caller;
  if (WR_LIKELY(status == WR_OK)) return;
  if (status == WR_EXCEPTION && image_of(instance)->header->flags & WR__IMAGE_HANDLERS) {
    set_out(exec, exec->trap.exception, false);
    add_way(exec, frame[1]);
    return;
  }
  add_callers(instance, frame);
  land(exec, status);
}

static wr_status raise_exception(wr__exec *exec, wr__ref exception) {
  exec->trap.exception = exception;
  return wr__exec_trap(exec, WR_TRAP_UNCAUGHT_EXCEPTION);
}

static void wr__native_throw_out(wr__instance *instance, uint64_t exception,
                                 const uintptr_t *frame) {
  uintptr_t pc = (uintptr_t)__builtin_return_address(0);
  wr_status status = raise_exception(instance->exec, exception);
  add_frames(instance, wr__image_line_at(image_of(instance), pc - 1));
  add_callers(instance, frame);
  land(instance->exec, status);
}

static void wr__native_move_bytes(void *to, const void *from, uint64_t count) {
  memmove(to, from, count);
}

static void wr__native_fill_bytes(void *to, uint32_t value, uint64_t count) {
  memset(to, (uint8_t)value, count);
}

/* ---- The entry */

/* The end of the stack for native code entered here. */
static uintptr_t stack_limit(const wr__exec *exec, uintptr_t here) {
  uintptr_t low = wr__stack_low() + STACK_RESERVE_BYTES;
  size_t budget = exec->store->stack_size_bytes;
  return here - low > budget && here > low ? here - budget : low;
}

static void set_limit(wr__exec *exec, uintptr_t limit) {
  atomic_store(&exec->native_stack_limit, limit);
  atomic_store(&exec->native_limit, limit);
  if (atomic_load(&exec->interrupt)) atomic_store(&exec->native_limit, UINTPTR_MAX);
}

typedef void (*wrapper_code)(wr__instance *instance, uint64_t *slots, const void *code);

/* An exception that nobody took: one that came out of a call has its first frames already. */
static wr_status finish_exception(wr__exec *exec, wr__instance *instance) {
  const wr__native_way *way = &exec->native_way;
  const wr__trap *trap = &exec->trap;
  wr__ref exception = exec->native_exception;
  exec->native_exception = WR__NULL_REF;
  if (way->is_thrown || trap->kind != WR_TRAP_UNCAUGHT_EXCEPTION || trap->exception != exception)
    raise_exception(exec, exception);
  for (uint32_t i = 0; i < way->count; i++)
    add_frames(instance, wr__image_line_at(image_of(instance), way->pcs[i] - 1));
  return WR_EXCEPTION;
}

static wr_status run(wr__exec *exec, wr__func *func, uint64_t *slots) {
  native_activation activation;
  wr__instance *instance = func->instance;
  const wr__image *image = image_of(instance);
  uint32_t index = func->func_index - instance->module->imported_funcs;
  wr__instance *caller = exec->caller;
  wr__activation_enter(exec, &activation.head, &wr__native_engine, instance);
  wr_status status;
  if (_setjmp(activation.head.landing)) {
    status = activation.head.status;
  } else {
    ((wrapper_code)(uintptr_t)(image->base + image->funcs[index].wrapper))(instance, slots,
                                                                           func->native);
    status = WR_LIKELY(!exec->native_exception) ? WR_OK : finish_exception(exec, instance);
  }
  wr__activation_leave(exec, &activation.head);
  exec->caller = caller;
  return status;
}

static wr_status native_entry(wr__exec *exec, wr__func *func, uint64_t *slots) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  bool is_outermost = !atomic_load(&exec->native_stack_limit);
  if (is_outermost) set_limit(exec, stack_limit(exec, here));
  wr_status status;
  if (here < atomic_load(&exec->native_stack_limit) || exec->depth >= MAX_DEPTH) {
    status = wr__exec_trap(exec, WR_TRAP_CALL_STACK_EXHAUSTED);
  } else {
    exec->depth++;
    status = run(exec, func, slots);
    exec->depth--;
  }
  if (is_outermost) atomic_store(&exec->native_stack_limit, 0);
  return status;
}

/* ---- Faults */

static bool owns_pc(const wr__activation *activation, uintptr_t pc) {
  const wr__image *image = image_of(activation->instance);
  return pc - (uintptr_t)image->base < image->size;
}

static void note_fault(wr__activation *head, uintptr_t pc, void *ucontext) {
  native_activation *activation = (native_activation *)head;
  activation->fault_pc = pc;
  activation->fault_frame = (uintptr_t)wr__context_register(ucontext, wr__frame_register);
}

static wr_status resume_fault(wr__activation *head) {
  const native_activation *activation = (const native_activation *)head;
  wr__instance *instance = head->instance;
  wr_status status = wr__exec_trap(instance->exec, WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  add_frames(instance, wr__image_line_at(image_of(instance), activation->fault_pc));
  add_callers(instance, (const uintptr_t *)activation->fault_frame);
  return status;
}

/* ---- Instances */

/* An operation may take as long as many rounds of a loop, and in a straight line of them nothing
 * else polls. */
#define HELPER(name, signature)
#define OPERATION(name)                                                                            \
  static wr_trap_kind do_##name(wr__instance *instance, uint64_t *slots, uint32_t a, uint32_t b) { \
    if (WR_UNLIKELY(wr__exec_interrupted(instance->exec))) return WR_TRAP_INTERRUPTED;             \
    return wr__operation_##name(instance, slots, a, b);                                            \
  }
#include "image/helpers.def"
#undef HELPER
#undef OPERATION

static const void *const helpers[WR__HELPER_COUNT] = {
#define HELPER(name, signature) (const void *)wr__native_##name,
#define OPERATION(name) (const void *)do_##name,
#include "image/helpers.def"
#undef HELPER
#undef OPERATION
};

static wr_status refuse(wr__instance *instance, wr_error *error, const char *why) {
  instance->refusal = why;
  if (instance->store->engine->config.engine_kind != WR_ENGINE_NATIVE) return WR_OK;
  return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "native code cannot run: %s", why);
}

/* Of a module without an image. */
static wr_status refuse_module(const wr__module *module, wr_engine_kind kind, wr_error *error) {
  if (kind != WR_ENGINE_NATIVE) return WR_OK;
  const char *why = wr__native_refusal(module);
  return wr__fail(error, WR_UNSUPPORTED, WR_NO_OFFSET, "native code cannot run: %s",
                  why ? why : "the module has no native image");
}

static wr_status take_instance(wr__instance *instance, bool *taken, wr_error *error) {
  const wr__module *module = instance->module;
  const wr__image *image = wr__native_image(module);
  wr_engine_kind kind = instance->store->engine->config.engine_kind;
  if (kind == WR_ENGINE_INTERP) return WR_OK;
  if (!image) return refuse_module(module, kind, error);
  bool guarded = instance->memory0->guarded;
  if (image->header->flags & WR__IMAGE_GUARDED && !guarded)
    return refuse(instance, error, "its memory has no guard pages; compile with --bounds=explicit");
  if (!(image->header->flags & WR__IMAGE_POLLS) && atomic_load(&instance->store->deadline.due_ns))
    return refuse(instance, error, "it was compiled without polls, and a deadline is set");
  wr__exec *exec = instance->exec;
  if (!exec->native_results)
    exec->native_results =
        wr__alloc_array(2 * (WR__MAX_RESULTS + WR__MAX_PARAMS), sizeof *exec->native_results);
  if (!exec->native_results) return wr__fail_oom(error);
  exec->tail_args = exec->native_results + 2 * WR__MAX_RESULTS;
  instance->engine_state = (void *)(uintptr_t)image;
  instance->native_results = exec->native_results;
  instance->native_helpers = helpers;
  instance->memory0_base = guarded ? instance->memory0->base : NULL;
  for (uint32_t i = 0; i < instance->func_count; i++) {
    wr__func *func = &instance->funcs[i];
    func->native = image->base + image->funcs[i].code;
    func->entry = native_entry;
  }
  *taken = true;
  return WR_OK;
}

static wr_status fill_memory(wr__instance *instance, bool *filled) {
  const wr__image *image = wr__native_image(instance->module);
  return image ? wr__image_fill_memory(image, instance, filled) : WR_OK;
}

static void close_store(wr__exec *exec) { free(exec->native_results); }

/* ---- Roots */

static const wr__activation *find_outermost(const wr__exec *exec) {
  const wr__activation *outermost = NULL;
  for (const wr__activation *a = exec->activation; a; a = a->outer)
    if (a->ops == &wr__native_engine) outermost = a;
  return outermost;
}

/* Every word of the native stack that may be a reference. AddressSanitizer would not have it that
 * what lies between the variables of frames is read. */
static void __attribute__((noinline, no_sanitize_address)) visit_roots(wr__exec *exec,
                                                                       wr__mark mark,
                                                                       void *context) {
  if (exec->native_exception) mark(context, exec->native_exception);
  const wr__activation *outermost = find_outermost(exec);
  if (!outermost) return;
  jmp_buf registers; /* callee-saved ones may hold references: here they are on the stack */
  (void)_setjmp(registers);
  wr__heap *heap = exec->store->heap;
  for (const wr__ref *at = (const wr__ref *)&registers; at < (const wr__ref *)outermost; at++) {
    if (((uintptr_t)at & 0xfff) == 0 && wr__heap_stopping(heap)) return;
    wr__object *object = wr__heap_find(heap, (uintptr_t)*at);
    if (object) mark(context, (wr__ref)(uintptr_t)object);
  }
}

const wr__engine_ops wr__native_engine = {
    .close_store = close_store,
    .take_instance = take_instance,
    .fill_memory = fill_memory,
    .visit_roots = visit_roots,
    .owns_pc = owns_pc,
    .note_fault = note_fault,
    .resume_fault = resume_fault,
};
