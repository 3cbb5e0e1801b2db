/* Globals. */
#include "api/value.h"

static wasm_global_t *new_global(wr__store *store, wr_valtype content, bool is_mutable,
                                 const uint64_t slots[2], wr_error *error) {
  wr__global *global = wr__global_new(store, content, is_mutable);
  if (global) memcpy(&global->value, slots, sizeof global->value);
  wasm_ref_t *ref = global ? wr__api_handle_new(store, WR__HANDLE_GLOBAL, global) : NULL;
  if (!ref) wr__fail_oom(error);
  return (wasm_global_t *)ref;
}

wasm_global_t *wr_global_new(wasm_store_t *store, wr_valtype content, bool is_mutable,
                             const wr_val *init, wr_error *error) {
  uint64_t slots[2] = {0};
  bool fits = store && init && wr__api_valtype_is_known(wr__api_store(store)->engine, content) &&
              wr__api_val_to_slots(wr__api_store(store), init, content, slots);
  if (fits) return new_global(wr__api_store(store), content, is_mutable, slots, error);
  wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "the initial value is of another type");
  return NULL;
}

void wr_global_get(const wasm_global_t *global, wr_val *out) {
  const wr__global *g = global->ref.of.global;
  if (wr__api_val_from_slots(global->ref.store, g->value.slots, g->type, out)) return;
  *out = (wr_val){.type = g->type};
}

bool wr_global_set(wasm_global_t *global, const wr_val *val) {
  wr__global *g = global->ref.of.global;
  uint64_t slots[2] = {0};
  if (!g->is_mutable || !val || !wr__api_val_to_slots(global->ref.store, val, g->type, slots))
    return false;
  memcpy(&g->value, slots, sizeof g->value);
  return true;
}

/* ---- wasm.h -------------------------------------------------------------- */

wasm_global_t *wasm_global_new(wasm_store_t *store, const wasm_globaltype_t *type,
                               const wasm_val_t *init) {
  uint64_t slots[2] = {0};
  if (!store || !type || !init) return NULL;
  wr_valtype content = type->content.type;
  if (!wr__api_valtype_is_known(wr__api_store(store)->engine, content) ||
      !wr__api_plain_to_slots(wr__api_store(store), init, content, slots))
    return NULL;
  return new_global(wr__api_store(store), content, type->mutability == WASM_VAR, slots, NULL);
}

wasm_globaltype_t *wasm_global_type(const wasm_global_t *global) {
  return wasm_externtype_as_globaltype(wasm_extern_type((const wasm_extern_t *)global));
}

void wasm_global_get(const wasm_global_t *global, wasm_val_t *out) {
  const wr__global *g = global->ref.of.global;
  *out = (wasm_val_t){.kind = wr__api_kind_of(g->type)};
  if (out->kind != WR_KIND_OTHER)
    wr__api_plain_from_slots(global->ref.store, g->value.slots, g->type, out);
}

void wasm_global_set(wasm_global_t *global, const wasm_val_t *val) {
  wr__global *g = global->ref.of.global;
  uint64_t slots[2] = {0};
  if (!g->is_mutable || !val || !wr__api_plain_to_slots(global->ref.store, val, g->type, slots))
    return;
  memcpy(&g->value, slots, sizeof g->value);
}
