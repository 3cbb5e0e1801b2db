/* Host functions: made callable by the code of every engine. */
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/make.h"
#include "store/objects.h"

wr__func *wr__func_new_host(wr__store *store, const wr__deftype *type, wr_raw_callback callback,
                            void *env, void (*finalizer)(void *)) {
  wr__func *func = calloc(1, sizeof *func);
  if (!func) return NULL;
  func->header.kind = WR__OBJECT_FUNC;
  func->header.type_id = type->id;
  func->func_index = WR_NO_INDEX;
  func->type = type;
  func->callback = callback;
  func->env = env;
  func->entry = wr__host_entry;
  if (!wr__store_own(store, WR_EXTERN_FUNC, func)) {
    free(func);
    return NULL;
  }
  func->finalizer = finalizer; /* from here on env is the store's */
  for (const wr__engine_ops *const *e = wr__engine_records(store->engine); *e; e++)
    if ((*e)->link_funcs) (*e)->link_funcs(func, 1);
  return func;
}
