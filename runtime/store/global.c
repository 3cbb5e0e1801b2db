/* Globals and tags: the small objects of a store. */
#include <stdlib.h>

#include "store/objects.h"

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
