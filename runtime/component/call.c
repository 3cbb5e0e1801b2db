/* Calls across the boundary of a component: lowered functions, which core code calls; lifted ones,
 * which are called; and the built-ins for resources. Spec: CanonicalABI, canon lift, canon lower,
 * canon resource.new, resource.drop, resource.rep. */
#include <stdlib.h>

#include "component/arena.h"
#include "component/run.h"
#include "engine/make.h"

wr_status wr__center(wr__cinstance *instance) {
  if (instance->is_entered) return wr__ctrap(instance->world, "cannot enter component instance");
  instance->is_entered = true;
  return WR_OK;
}

void wr__cleave(wr__cinstance *instance) { instance->is_entered = false; }

static wr_status check_may_leave(const wr__cinstance *instance) {
  return instance->may_not_leave ? wr__ctrap(instance->world, "cannot leave component instance")
                                 : WR_OK;
}

void wr__cparams_layout(const wr_component_type *func, uint32_t *size, uint32_t *alignment) {
  uint64_t end = 0;
  *alignment = 1;
  for (uint32_t i = 0; i < func->field_count; i++) {
    const wr_component_type *type = func->fields[i].type;
    end = ((end + type->alignment - 1) & ~(uint64_t)(type->alignment - 1)) + type->size_bytes;
    if (type->alignment > *alignment) *alignment = type->alignment;
  }
  end = (end + *alignment - 1) & ~(uint64_t)(*alignment - 1);
  *size = end < UINT32_MAX ? (uint32_t)end : UINT32_MAX;
}

/* Values in memory at a pointer that a guest gave. */
static wr_status check_range(const wr__ccontext *cx, uint64_t pointer, uint32_t size,
                             uint32_t alignment) {
  if ((uint32_t)pointer & (alignment - 1))
    return wr__ctrap(cx->instance->world, "unaligned pointer");
  if (!wr__cbytes(cx, (uint32_t)pointer, size))
    return wr__ctrap(cx->instance->world, "pointer out of bounds of memory");
  return WR_OK;
}

/* ---- Lifted functions */

wr_status wr__ccall_core(const wr__cfunc *func, uint64_t *slots) {
  wr__cworld *world = func->of->world;
  wr_status status = wr__func_invoke(&world->store->exec, func->core, slots);
  return status == WR_EXCEPTION ? wr__ctrap(world, "uncaught exception at a component's boundary")
                                : status;
}

wr_status wr__cpost_return(const wr__cfunc *func, uint64_t *results) {
  if (!func->context.post_return) return WR_OK;
  uint64_t slots[1] = {results[0]};
  func->of->may_not_leave = true;
  WR_TRY(wr__func_invoke(&func->of->world->store->exec, func->context.post_return, slots));
  func->of->may_not_leave = false;
  return WR_OK;
}

wr_status wr__cplace_result(const wr__cfunc *func, const wr__ccontext *cx, uint64_t *slots,
                            wr__cplace *out) {
  const wr_component_type *type = func->type->element;
  *out = (wr__cplace){slots, 0};
  if (type->flat_count <= 1) return WR_OK;
  WR_TRY(check_range(cx, slots[0], type->size_bytes, type->alignment));
  *out = (wr__cplace){NULL, (uint32_t)slots[0]};
  return WR_OK;
}

wr_status wr__cplace_params(const wr__cfunc *func, const wr__ccontext *cx, uint64_t *slots,
                            wr__cplace *out) {
  wr__flat_func flat;
  uint32_t size, alignment, pointer;
  wr__ctype_flatten(func->type, false, &flat);
  *out = (wr__cplace){slots, 0};
  if (!flat.params_in_memory) return WR_OK;
  wr__cparams_layout(func->type, &size, &alignment);
  WR_TRY(wr__crealloc(cx, 0, 0, alignment, size, &pointer));
  slots[0] = pointer;
  *out = (wr__cplace){NULL, pointer};
  return WR_OK;
}

wr_status wr__cscope_call_close(wr__cworld *world, wr__cscope_call *call) {
  bool keeps_borrows = call->borrow_count != 0;
  wr__cscope_call_end(call);
  return keeps_borrows ? wr__ctrap(world, "borrow handles still remain at the end of the call")
                       : WR_OK;
}

/* ---- Lowered functions */

typedef struct lowered {
  wr__ccontext cx; /* the caller's */
  const wr_component_type *type;
  const wr__cfunc *callee;
  uint32_t params_size, params_alignment, result_slot;
  bool params_in_memory, results_in_memory;
  bool may_not_enter; /* caller and callee are one inside the other */
} lowered;

/* Is the one instance the other, or does it have it inside? Spec: Explainer, component invariants.
 */
static bool is_inside(const wr__cinstance *inner, const wr__cinstance *outer) {
  while (inner && inner != outer) inner = inner->parent;
  return inner != NULL;
}

static wr_status place_args(const lowered *f, uint64_t *slots, wr__cplace *out) {
  *out = (wr__cplace){slots, 0};
  if (!f->params_in_memory) return WR_OK;
  WR_TRY(check_range(&f->cx, slots[0], f->params_size, f->params_alignment));
  *out = (wr__cplace){NULL, (uint32_t)slots[0]};
  return WR_OK;
}

static wr_status place_result(const lowered *f, uint64_t pointer, uint64_t *slots,
                              wr__cplace *out) {
  *out = (wr__cplace){slots, 0};
  if (!f->results_in_memory) return WR_OK;
  WR_TRY(check_range(&f->cx, pointer, f->type->element->size_bytes, f->type->element->alignment));
  *out = (wr__cplace){NULL, (uint32_t)pointer};
  return WR_OK;
}

static wr_status call_guest(const lowered *f, wr__cscope_call *call, uint64_t *slots) {
  const wr__cfunc *callee = f->callee;
  wr__ccontext from = f->cx, to = callee->context;
  uint64_t inner[WR__CTYPE_MAX_FLAT + 1], pointer = slots[f->result_slot];
  wr__cplace source, target;
  from.call = to.call = call;
  WR_TRY(place_args(f, slots, &source));
  WR_TRY(wr__cplace_params(callee, &to, inner, &target));
  WR_TRY(wr__cmove_fields(&from, f->type, source, &to, callee->type, target));
  WR_TRY(wr__ccall_core(callee, inner));
  if (f->type->element) {
    WR_TRY(wr__cplace_result(callee, &to, inner, &source));
    WR_TRY(place_result(f, pointer, slots, &target));
    WR_TRY(wr__cmove(&to, callee->type->element, source, &from, f->type->element, target));
  }
  return wr__cpost_return(callee, inner);
}

/* A call inside the host's function: read, then written. */
static wr_status call_host(const lowered *f, uint64_t *slots) {
  wr_component_call_t call;
  memset(&call, 0, offsetof(struct wr_component_call, cursor));
  call.world = f->cx.instance->world;
  call.func = f->callee;
  call.type = f->type;
  call.cx = f->cx;
  call.cx.call = &call.scope;
  call.is_host = call.is_reading = true;
  memcpy(call.slots, slots, (f->result_slot + 1) * sizeof *slots);
  uint64_t pointer = slots[f->result_slot];
  wr__cplace place, result = {slots, 0};
  WR_TRY(place_args(f, call.slots, &place));
  if (f->type->element) WR_TRY(place_result(f, pointer, slots, &result));
  slots[0] = 0;
  wr__ccursor_params(&call, place);
  call.result_place = result;
  wr_status status = f->callee->callback(f->callee->env, &call);
  if (status == WR_OK) status = call.status;
  if (status == WR_OK) status = wr__ccall_written(&call);
  wr__cscope_call_end(&call.scope);
  wr__ccall_close(&call);
  return status;
}

static wr_status call_lowered(void *env, wr_caller *caller, uint64_t *slots) {
  const lowered *f = env;
  (void)caller;
  WR_TRY(check_may_leave(f->cx.instance));
  if (!f->callee->core) return call_host(f, slots);
  if (f->may_not_enter) return wr__ctrap(f->cx.instance->world, "cannot enter component instance");
  wr__cscope_call call = {0};
  wr_status status = wr__center(f->callee->of);
  if (status == WR_OK) status = call_guest(f, &call, slots);
  if (status != WR_OK) {
    wr__cscope_call_end(&call);
    return status;
  }
  WR_TRY(wr__cscope_call_close(f->cx.instance->world, &call));
  wr__cleave(f->callee->of);
  return WR_OK;
}

static void *item(const wr__cinstance *instance, wr__sort sort, uint32_t index) {
  return index == WR_NO_INDEX ? NULL : instance->spaces[sort][index];
}

void wr__ccontext_fill(wr__cinstance *instance, const wr__canon_options *options,
                       wr__ccontext *out) {
  *out = (wr__ccontext){.instance = instance,
                        .memory = item(instance, WR__SORT_CORE_MEMORY, options->memory),
                        .realloc = item(instance, WR__SORT_CORE_FUNC, options->realloc),
                        .post_return = item(instance, WR__SORT_CORE_FUNC, options->post_return),
                        .encoding = options->encoding};
}

wr__func *wr__clower(wr__cinstance *instance, const wr__def *def, const wr__cfunc *callee) {
  lowered *f = wr__arena_alloc(instance->world->arena, sizeof *f);
  wr__flat_func flat;
  if (!f) return NULL;
  wr__ctype_flatten(def->of.canon.type, true, &flat);
  f->type = def->of.canon.type;
  f->callee = callee;
  f->params_in_memory = flat.params_in_memory;
  f->may_not_enter =
      callee->core && (is_inside(instance, callee->of) || is_inside(callee->of, instance));
  f->results_in_memory = flat.results_in_memory;
  f->result_slot = flat.param_count ? flat.param_count - 1 : 0;
  wr__cparams_layout(f->type, &f->params_size, &f->params_alignment);
  wr__ccontext_fill(instance, &def->of.canon.options, &f->cx);
  return wr__func_new_host(instance->world->store, def->of.canon.core_type, call_lowered, f, NULL);
}

/* ---- Calls from the host */

void wr__ccall_begin(wr_component_call_t *call, const wr__cfunc *func) {
  wr__cplace place = {call->slots, 0};
  call->world = func->of ? func->of->world : NULL;
  call->func = func;
  call->type = func->type;
  call->cx = func->context;
  call->cx.call = &call->scope;
  call->status = wr__center(func->of);
  call->is_entered = call->status == WR_OK;
  if (call->status == WR_OK) call->status = wr__cplace_params(func, &call->cx, call->slots, &place);
  wr__ccursor_params(call, place);
}

wr_status wr__ccall_run(wr_component_call_t *call) {
  WR_TRY(call->status);
  WR_TRY(call->status = wr__ccall_written(call));
  wr__cplace place = {call->slots, 0};
  call->status = wr__ccall_core(call->func, call->slots);
  WR_TRY(call->status);
  call->result[0] = call->slots[0];
  const wr_component_type *type = call->type->element;
  if (type) call->status = wr__cplace_result(call->func, &call->cx, call->result, &place);
  WR_TRY(call->status);
  if (type && place.slots) place.slots = call->result;
  call->is_reading = true;
  wr__ccursor_value(call, type, place);
  return WR_OK;
}

wr_status wr__ccall_finish(wr_component_call_t *call) {
  wr__cinstance *instance = call->func->of;
  if (call->status != WR_OK) {
    wr__cscope_call_end(&call->scope);
    return call->status;
  }
  uint64_t results[1] = {call->slots[0]};
  wr_status status = wr__cpost_return(call->func, results);
  if (status == WR_OK) status = wr__cscope_call_close(call->world, &call->scope);
  if (status == WR_OK) wr__cleave(instance);
  return status;
}

void wr__ccall_abandon(wr_component_call_t *call) {
  wr__cscope_call_end(&call->scope);
  /* A guest that was stopped in the middle is not entered again. */
  if (call->is_entered && !call->is_reading && call->status == WR_OK) wr__cleave(call->func->of);
}

/* ---- Built-ins for resources */

typedef struct builtin {
  wr__cinstance *instance;
  const wr__rresource *resource;
} builtin;

static wr_status resource_new(void *env, wr_caller *caller, uint64_t *slots) {
  const builtin *f = env;
  uint32_t index;
  (void)caller;
  WR_TRY(check_may_leave(f->instance));
  WR_TRY(wr__chandle_add(f->instance, f->resource, (uint32_t)slots[0], NULL, &index));
  slots[0] = index;
  return WR_OK;
}

static wr_status resource_drop(void *env, wr_caller *caller, uint64_t *slots) {
  const builtin *f = env;
  (void)caller;
  WR_TRY(check_may_leave(f->instance));
  return wr__chandle_drop(f->instance, (uint32_t)slots[0], f->resource);
}

static wr_status resource_rep(void *env, wr_caller *caller, uint64_t *slots) {
  const builtin *f = env;
  wr__chandle *handle;
  (void)caller;
  WR_TRY(wr__chandle_get(f->instance, (uint32_t)slots[0], f->resource, &handle));
  slots[0] = (uint32_t)handle->rep;
  return WR_OK;
}

wr__func *wr__cresource_builtin(wr__cinstance *instance, const wr__def *def) {
  wr_raw_callback callback = def->kind == WR__DEF_RESOURCE_NEW    ? resource_new
                             : def->kind == WR__DEF_RESOURCE_DROP ? resource_drop
                                                                  : resource_rep;
  builtin *f = wr__arena_alloc(instance->world->arena, sizeof *f);
  if (!f) return NULL;
  *f = (builtin){instance, instance->resources[def->of.canon.resource->slot]};
  return wr__func_new_host(instance->world->store, def->of.canon.core_type, callback, f, NULL);
}
