/* Host functions, globals and tags: the small objects of a store. */
#include <stdlib.h>

#include "interp/interp.h"
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
  wr__interp_prepare_host(func);
  return func;
}

wr__global *wr__global_new(wr__store *store, wr_valtype type, bool is_mutable) {
  wr__global *global = calloc(1, sizeof *global);
  if (!global) return NULL;
  global->type = type;
  global->is_mutable = is_mutable;
  if (wr__store_own(store, WR_EXTERN_GLOBAL, global)) return global;
  free(global);
  return NULL;
}

wr__tag *wr__tag_new(wr__store *store, const wr__deftype *type) {
  wr__tag *tag = calloc(1, sizeof *tag);
  if (!tag) return NULL;
  tag->type = type;
  if (wr__store_own(store, WR_EXTERN_TAG, tag)) return tag;
  free(tag);
  return NULL;
}
