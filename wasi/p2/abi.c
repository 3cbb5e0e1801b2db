/* Calls: entering a function, reading objects, ending the guest. */
#include "abi.h"

#include <stdlib.h>

/* ---- resources */

/* Of every resource of ours, by which the linker knows them from others'. */
void wr__p2_drop(void *env, void *object) {
  (void)env;
  wr__p2_release(object);
}

wr_status wr__p2_define_resource(wr_component_linker_t *linker, const char *interface,
                                 const char *name, wr__p2 *p2) {
  return wr_component_linker_define_resource(linker, interface, name, wr__p2_drop, p2);
}

/* ---- arguments */

static void fail(wr__p2_call *c) {
  if (!c->trap) c->trap = "an argument is not of the type that the function takes";
  longjmp(c->failed, 1);
}

static wr__p2_object *in_object(wr__p2_call *c) {
  wr__p2_object *object = wr_in_handle(c->call, wr__p2_drop);
  if (!object) fail(c);
  return object;
}

void *wr__in_any(wr__p2_call *c) { return in_object(c); }

void *wr__in_either(wr__p2_call *c, wr__p2_kind one, wr__p2_kind other) {
  wr__p2_object *object = in_object(c);
  if (object->kind != one && object->kind != other) fail(c);
  return object;
}

void *wr__in_object(wr__p2_call *c, wr__p2_kind kind) { return wr__in_either(c, kind, kind); }

void *wr__in_own(wr__p2_call *c, wr__p2_kind kind) {
  wr__p2_object *object = in_object(c);
  if (c->owned_count < WR__P2_MAX_OWNED) c->owned[c->owned_count++] = object;
  if (object->kind != kind) fail(c);
  return object;
}

wr__p2_text wr__in_text(wr__p2_call *c) {
  wr__p2_text text = {.size = 0};
  text.bytes = wr_in_text(c->call, &text.size);
  if (!text.bytes) text = (wr__p2_text){"", 0};
  return text;
}

uint32_t wr__in_enum(wr__p2_call *c, uint32_t count) {
  uint32_t index = wr_in_case(c->call);
  if (index >= count) fail(c);
  return index;
}

void *wr__p2_memory(wr__p2_call *c, size_t size_bytes) {
  c->memory = malloc(size_bytes);
  if (!c->memory) {
    c->trap = "out of memory";
    longjmp(c->failed, 1);
  }
  return c->memory;
}

/* ---- results */

void wr__out_object(wr__p2_call *c, void *object) {
  wr_out_handle(c->call, wr__p2_drop, object);
  if (wr_component_call_status(c->call) != WR_OK) wr__p2_release(object); /* it was not taken */
}

void wr__out_new(wr__p2_call *c, void *object) {
  if (object)
    wr__out_object(c, object);
  else if (!c->trap)
    c->trap = errno == EMFILE ? "too many resources of WASI" : "out of memory";
}

void wr__p2_trap(wr__p2_call *c, const char *message) {
  if (!c->trap) c->trap = message;
}

void wr__p2_exit(wr__p2_call *c, int32_t status) {
  c->exited = true;
  c->exit_status = status;
}

/* ---- calls */

static wr_status finish(const wr__p2_call *c) {
  wr_caller *caller = c->op.caller;
  if (c->trap && wr_component_call_status(c->call) == WR_OK) return wr_caller_trap(caller, c->trap);
  if (c->op.interrupted) return wr_caller_trap_kind(caller, WR_TRAP_INTERRUPTED);
  wr_status status = wr_component_call_status(c->call);
  if (status != WR_OK) return status;
  return c->exited ? wr_caller_exit(caller, c->exit_status) : WR_OK;
}

wr_status wr__p2_enter(void *env, wr_component_call_t *call) {
  const wr__p2_binding *binding = env;
  wr__p2_call c = {.op = {.wasi = binding->p2->wasi, .caller = wr_component_caller(call)},
                   .p2 = binding->p2,
                   .call = call};
  if (setjmp(c.failed) == 0)
    binding->handler(&c);
  else
    for (uint32_t i = 0; i < c.owned_count; i++) wr__p2_release(c.owned[i]);
  free(c.memory);
  return finish(&c);
}
