/* Calling, from the embedder's side. */
#ifndef WR__API_FUNC_H
#define WR__API_FUNC_H

#include "api/value.h"

/* Room for the slots of one call: those of most functions are on the stack. */
enum { WR__API_INLINE_SLOTS = 32 };
typedef struct wr__api_slots {
  uint64_t *slots;
  uint64_t inline_slots[WR__API_INLINE_SLOTS];
} wr__api_slots;
/* False when out of memory. */
bool wr__api_slots_open(wr__api_slots *buffer, const wr__deftype *type);
void wr__api_slots_close(wr__api_slots *buffer);

/* A store's function of a type given by the embedder; NULL and *error, and then finalizer was not
 * called. */
wasm_func_t *wr__api_func_new(wr__store *store, const wasm_functype_t *type,
                              wr_raw_callback callback, void *env, void (*finalizer)(void *),
                              wr_error *error);

#endif
