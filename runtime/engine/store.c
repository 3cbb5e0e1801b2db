/* The life of stores: with every engine's part, with a heap, to the end of everything in them. */
#include <stdlib.h>

#include "engine/call.h"
#include "engine/engine.h"
#include "engine/make.h"
#include "gc/heap.h"
#include "platform/process.h"
#include "store/objects.h"

static void visit_stack(wr__store *store, wr__mark mark, void *context) {
  for (const wr__engine_ops *const *e = wr__engine_records(store->engine); *e; e++)
    if ((*e)->visit_roots) (*e)->visit_roots(&store->exec, mark, context);
}

/* Of the stack that runs, and of all that wait: each started call has one that does, its own or
 * that of whoever resumed it. */
static void visit_frames(wr__store *store, wr__mark mark, void *context) {
  wr__exec *exec = &store->exec;
  wr__activation *running = exec->activation;
  visit_stack(store, mark, context);
  for (const wr__call *call = store->calls; call; call = call->next) {
    exec->activation = call->context.activation;
    exec->left_sp = call->fiber.sp;
    if (exec->activation) visit_stack(store, mark, context);
  }
  exec->activation = running;
  exec->left_sp = NULL;
}

static bool open_engines(wr__store *store) {
  for (const wr__engine_ops *const *e = wr__engine_records(store->engine); *e; e++)
    if ((*e)->open_store && !(*e)->open_store(&store->exec)) return false;
  return wr__activation_claim_faults();
}

static void close_engines(wr__store *store) {
  for (const wr__engine_ops *const *e = wr__engine_records(store->engine); *e; e++)
    if ((*e)->close_store) (*e)->close_store(&store->exec);
}

wr__store *wr__store_new(wr__engine *engine) {
  wr__budget *budget = wr__budget_new(engine);
  if (!budget) return NULL;
  wr__store *store = wr__store_new_in(engine, budget, engine->config.stack_size_bytes);
  wr__budget_release(budget);
  return store;
}

wr__store *wr__store_new_in(wr__engine *engine, wr__budget *budget, size_t stack_size_bytes) {
  wr__store *store = calloc(1, sizeof *store);
  if (!store) return NULL;
  store->engine = wr__engine_retain(engine);
  store->budget = wr__budget_retain(budget);
  store->stack_size_bytes = stack_size_bytes;
  store->exec.store = store;
  store->visit_frames = visit_frames;
  atomic_init(&store->event_fd, -1);
  store->deadline.index = SIZE_MAX;
  store->deadline.ring = wr__store_ring;
  store->parking = wr__parking_new();
  store->heap = wr__heap_new(store);
  if (store->parking && store->heap && open_engines(store)) return store;
  wr__store_delete(store);
  return NULL;
}

void wr__store_delete(wr__store *store) {
  if (!store) return;
  wr__store_set_deadline(store, 0);
  for (size_t i = store->instance_count; i-- > 0;) wr__instance_free(store->instances[i]);
  free(store->instances);
  if (store->heap) wr__heap_delete(store->heap);
  wr__store_free_objects(store);
  free(store->exec.trap.message);
  close_engines(store);
  wr__event_delete(atomic_load(&store->event_fd));
  wr__parking_delete(store->parking);
  wr__budget_release(store->budget);
  wr__engine_release(store->engine);
  free(store);
}
