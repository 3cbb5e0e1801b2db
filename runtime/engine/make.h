/* Stores and what is made in them with the engines' help: host functions, instances. */
#ifndef WR__ENGINE_MAKE_H
#define WR__ENGINE_MAKE_H

#include "store/store.h"

/* ---- store.c */
/* NULL: out of memory. */
wr__store *wr__store_new(wr__engine *engine);
/* A store with a budget that others may have too, and call stacks of that size. */
wr__store *wr__store_new_in(wr__engine *engine, wr__budget *budget, size_t stack_size_bytes);
void wr__store_delete(wr__store *store);

/* ---- host_func.c */
/* A host function, owned by the store. NULL: out of memory, and then env is the caller's. */
wr__func *wr__func_new_host(wr__store *store, const wr__deftype *type, wr_raw_callback callback,
                            void *env, void (*finalizer)(void *));

/* ---- instantiate.c */
/* As wr_instance_new. On a trap it is in store->exec.trap. */
wr_status wr__instantiate(wr__store *store, wr__module *module, const wr__extern *imports,
                          size_t import_count, wr__instance **out, wr_error *error);

/* Frees an instance that nothing can reach any more. */
void wr__instance_free(wr__instance *instance);

/* ---- const_expr.c */
/* Evaluates a validated constant expression; out[2] slots. Errors: traps (GC allocation). */
wr_status wr__const_eval(wr__instance *instance, wr__expr expr, uint64_t out[2]);
/* The same for the expression at *at, which moves behind its `end`. */
wr_status wr__const_eval_at(wr__instance *instance, const uint8_t **at, uint64_t out[2]);

#endif
