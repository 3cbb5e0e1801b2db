/* Tables. A reference passes into one only when it is of its element type. */
#include "api/value.h"

static bool limits_are_valid(const wr_limits *limits) {
  if (limits->shared || (limits->has_max && limits->max < limits->min)) return false;
  return limits->is64 ||
         (limits->min <= UINT32_MAX && (!limits->has_max || limits->max <= UINT32_MAX));
}

static wasm_table_t *new_table(wr__store *store, wr_valtype element, const wr_limits *limits,
                               const wasm_ref_t *init, wr_error *error) {
  wr__ref bits;
  bool known = wr_valtype_is_ref(element) && wr__api_valtype_is_known(store->engine, element);
  if (!known || !limits_are_valid(limits)) {
    wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "this is no type of a table");
    return NULL;
  }
  if (!wr__api_ref_of_type(store, init, element, &bits)) {
    wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "the initial element is of another type");
    return NULL;
  }
  wr__table *table = wr__table_new(store, element, limits, bits, error);
  if (!table) return NULL;
  wasm_ref_t *ref = wr__api_handle_new(store, WR__HANDLE_TABLE, table);
  if (!ref) wr__fail_oom(error);
  return (wasm_table_t *)ref;
}

/* The reference in a value (NULL: null); false where it holds no reference. */
static bool ref_of_val(const wr_val *val, const wasm_ref_t **ref) {
  *ref = val ? val->of.ref : NULL;
  return !val || wr_valtype_is_ref(val->type);
}

wasm_table_t *wr_table_new(wasm_store_t *store, wr_valtype element, const wr_limits *limits,
                           const wr_val *init, wr_error *error) {
  const wasm_ref_t *ref;
  if (store && limits && ref_of_val(init, &ref))
    return new_table(wr__api_store(store), element, limits, ref, error);
  wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "store, limits or a reference is missing");
  return NULL;
}

uint64_t wr_table_size(const wasm_table_t *table) { return table->ref.of.table->size; }

bool wr_table_get(const wasm_table_t *table, uint64_t index, wr_val *out) {
  const wr__table *t = table->ref.of.table;
  return index < t->size &&
         wr__api_val_from_slots(table->ref.store, &t->elems[index], t->element, out);
}

static bool set_element(wasm_table_t *table, uint64_t index, const wasm_ref_t *ref) {
  wr__table *t = table->ref.of.table;
  wr__ref bits;
  if (index >= t->size || !wr__api_ref_of_type(table->ref.store, ref, t->element, &bits))
    return false;
  t->elems[index] = bits;
  return true;
}

static bool grow_table(wasm_table_t *table, uint64_t delta, const wasm_ref_t *init) {
  wr__table *t = table->ref.of.table;
  wr__ref bits;
  uint64_t old_size;
  return wr__api_ref_of_type(table->ref.store, init, t->element, &bits) &&
         wr__table_grow(NULL, t, delta, bits, &old_size) == WR_TRAP_NONE && old_size != UINT64_MAX;
}

bool wr_table_set(wasm_table_t *table, uint64_t index, const wr_val *val) {
  const wasm_ref_t *ref;
  return ref_of_val(val, &ref) && set_element(table, index, ref);
}

bool wr_table_grow(wasm_table_t *table, uint64_t delta, const wr_val *init) {
  const wasm_ref_t *ref;
  return ref_of_val(init, &ref) && grow_table(table, delta, ref);
}

/* ---- wasm.h -------------------------------------------------------------- */

wasm_table_t *wasm_table_new(wasm_store_t *store, const wasm_tabletype_t *type, wasm_ref_t *init) {
  if (!store || !type) return NULL;
  wr_limits limits = wr__api_limits_widen(&type->limits);
  return new_table(wr__api_store(store), type->element.type, &limits, init, NULL);
}

wasm_tabletype_t *wasm_table_type(const wasm_table_t *table) {
  wasm_externtype_t *type = wasm_extern_type((const wasm_extern_t *)table);
  wasm_tabletype_t *as_table = wasm_externtype_as_tabletype(type);
  if (!as_table) wasm_externtype_delete(type);
  return as_table;
}

wasm_ref_t *wasm_table_get(const wasm_table_t *table, wasm_table_size_t index) {
  wr_val val;
  return wr_table_get(table, index, &val) ? val.of.ref : NULL;
}

bool wasm_table_set(wasm_table_t *table, wasm_table_size_t index, wasm_ref_t *ref) {
  return set_element(table, index, ref);
}

wasm_table_size_t wasm_table_size(const wasm_table_t *table) {
  uint64_t size = wr_table_size(table);
  return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

bool wasm_table_grow(wasm_table_t *table, wasm_table_size_t delta, wasm_ref_t *init) {
  return grow_table(table, delta, init);
}
