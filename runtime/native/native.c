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
#include "platform/stack.h"
#include "store/objects.h"

/* Below its limit native code leaves this much to helpers and host functions. */
enum { STACK_RESERVE_BYTES = 192 << 10 };

typedef struct native_activation {
  wr__activation head;
  uintptr_t fault_pc, fault_frame;
} native_activation;

/* The image that the code at pc is of: the instance's own, or one of those of some functions. NULL:
 * it is of none. Async-signal-safe. */
static const wr__image *image_at(const wr__instance *instance, uintptr_t pc) {
  const wr__image *image = instance->engine == &wr__native_engine
                               ? instance->engine_state
                               : wr__native_partial(instance->module);
  while (image && !wr__image_has(image, pc)) image = image->next;
  return image;
}

/* ---- Backtraces */

static void add_frame(wr__instance *instance, uint32_t offset) {
  uint32_t func_index = offset ? wr__module_func_at(instance->module, offset) : WR_NO_INDEX;
  if (func_index != WR_NO_INDEX) wr__exec_trace(instance->exec, instance, func_index, offset);
}

/* A native frame stands for a function and for those whose bodies are in its code. The places lead
 * outwards in ids that fall, whatever the image says. */
static void add_frames(wr__instance *instance, uintptr_t pc) {
  const wr__image *image = image_at(instance, pc);
  uint32_t line = image ? wr__image_line_at(image, pc) : 0;
  wr__image_place place;
  while (image && wr__image_place_at(image, line, &place)) {
    add_frame(instance, place.module_offset);
    if (place.call >= line) return;
    line = place.call;
  }
  add_frame(instance, line);
}

/* The callers of the function whose frame this is, up to the wrapper that entered native code. */
static void add_callers(wr__instance *instance, const uintptr_t *frame) {
  for (; image_at(instance, frame[1]); frame = (const uintptr_t *)frame[0])
    add_frames(instance, frame[1] - 1);
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
  return !image_at(instance, ((const uintptr_t *)frame[0])[1]);
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
  const wr__image *image = image_at(instance, frame[1]);
  if (status == WR_EXCEPTION && image && image->header->flags & WR__IMAGE_HANDLERS) {
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
  add_frames(instance, pc - 1);
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
  for (uint32_t i = 0; i < way->count; i++) add_frames(instance, way->pcs[i] - 1);
  return WR_EXCEPTION;
}

static wr_status run(wr__exec *exec, wr__instance *instance, uint64_t *slots, const void *code,
                     const void *wrapper) {
  native_activation activation;
  wr__instance *caller = exec->caller;
  wr__activation_enter(exec, &activation.head, &wr__native_engine, instance);
  wr_status status;
  if (_setjmp(activation.head.landing)) {
    status = activation.head.status;
  } else {
    ((wrapper_code)(uintptr_t)wrapper)(instance, slots, code);
    status = WR_LIKELY(!exec->native_exception) ? WR_OK : finish_exception(exec, instance);
  }
  wr__activation_leave(exec, &activation.head);
  exec->caller = caller;
  return status;
}

wr_status wr__native_run(wr__exec *exec, wr__func *func, uint64_t *slots, const void *code,
                         const void *wrapper) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  bool is_outermost = !atomic_load(&exec->native_stack_limit);
  if (is_outermost) set_limit(exec, stack_limit(exec, here));
  wr_status status;
  if (here < atomic_load(&exec->native_stack_limit))
    status = wr__exec_trap(exec, WR_TRAP_CALL_STACK_EXHAUSTED);
  else
    status = run(exec, func->instance, slots, code, wrapper);
  if (is_outermost) atomic_store(&exec->native_stack_limit, 0);
  return status;
}

static wr_status native_entry(wr__exec *exec, wr__func *func, uint64_t *slots) {
  const wr__image *image = image_at(func->instance, (uintptr_t)func->native);
  uint32_t index = func->func_index - func->instance->module->imported_funcs;
  return wr__native_run(exec, func, slots, func->native, image->base + image->funcs[index].wrapper);
}

/* ---- Faults */

static bool owns_pc(const wr__activation *activation, uintptr_t pc) {
  return image_at(activation->instance, pc) != NULL;
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
  add_frames(instance, activation->fault_pc);
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

const char *wr__native_obstacle(const wr__instance *instance, const wr__image *image) {
  uint32_t flags = image->header->flags;
  if (flags & WR__IMAGE_GUARDED && !instance->memory0->guarded)
    return "its memory has no guard pages; compile with --bounds=explicit";
  if (!(flags & WR__IMAGE_POLLS) && atomic_load(&instance->store->deadline.due_ns))
    return "it was compiled without polls, and a deadline is set";
  return NULL;
}

wr_status wr__native_prepare(wr__instance *instance) {
  wr__exec *exec = instance->exec;
  if (!exec->native_results)
    exec->native_results =
        wr__alloc_array(2 * (WR__MAX_RESULTS + WR__MAX_PARAMS), sizeof *exec->native_results);
  if (!exec->native_results) return WR_OUT_OF_MEMORY;
  exec->tail_args = exec->native_results + 2 * WR__MAX_RESULTS;
  instance->native_results = exec->native_results;
  instance->native_helpers = helpers;
  instance->memory0_base = instance->memory0->guarded ? instance->memory0->base : NULL;
  return WR_OK;
}

void wr__native_set_code(wr__func *func, const wr__image *image) {
  uint32_t index = func->func_index - func->instance->module->imported_funcs;
  func->native = image->base + image->funcs[index].code;
  func->entry = native_entry;
}

static wr_status take_instance(wr__instance *instance, bool *taken, wr_error *error) {
  const wr__module *module = instance->module;
  const wr__image *image = wr__native_image(module);
  wr_engine_kind kind = instance->store->engine->config.engine_kind;
  if (kind == WR_ENGINE_INTERP || kind == WR_ENGINE_JIT) return WR_OK;
  if (!image) return refuse_module(module, kind, error);
  const char *obstacle = wr__native_obstacle(instance, image);
  if (obstacle) return refuse(instance, error, obstacle);
  if (wr__native_prepare(instance) != WR_OK) return wr__fail_oom(error);
  instance->engine_state = (void *)(uintptr_t)image;
  for (uint32_t i = 0; i < instance->func_count; i++)
    wr__native_set_code(&instance->funcs[i], image);
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
  const wr__ref *at = exec->left_sp ? exec->left_sp : (const wr__ref *)&registers;
  for (; at < (const wr__ref *)outermost; at++) {
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
