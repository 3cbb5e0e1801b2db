/* Values and their types, checked at the border: whatever passes has the type that the other side
 * believes in. */
#include "api/value.h"

/* ---- References ---------------------------------------------------------- */

static bool host_matches(uint32_t heap) { return heap == WR_HEAP_EXTERN || heap == WR_HEAP_ANY; }

static bool object_matches(const wr__typereg *types, const wr__object *object, uint32_t heap) {
  switch ((wr__object_kind)object->kind) {
    case WR__OBJECT_HOST:
      return host_matches(heap);
    case WR__OBJECT_EXN:
      return heap == WR_HEAP_EXN;
    case WR__OBJECT_FUNC:
    case WR__OBJECT_STRUCT:
    case WR__OBJECT_ARRAY:
      return heap == WR_HEAP_EXTERN ||
             wr__heaptype_matches(types, WR_HEAP_DEFINED + object->type_id, heap);
  }
  return false;
}

bool wr__api_ref_matches(wr__store *store, wr__ref bits, wr_valtype type) {
  if (!wr_valtype_is_ref(type)) return false;
  if (bits == WR__NULL_REF) return (type & 0xff) == WR_REF_NULL;
  uint32_t heap = wr_valtype_heap(type);
  const wr__typereg *types = store->engine->types;
  if (wr__ref_is_i31(bits))
    return heap == WR_HEAP_EXTERN || wr__heaptype_matches(types, WR_HEAP_I31, heap);
  return object_matches(types, (const wr__object *)(uintptr_t)bits, heap);
}

bool wr__api_ref_bits(wr__store *store, const wasm_ref_t *ref, wr__ref *bits) {
  *bits = WR__NULL_REF;
  if (!ref) return true;
  if (ref->store != store) return false;
  if (ref->kind != WR__HANDLE_FUNC && ref->kind != WR__HANDLE_HEAP) return false;
  *bits = ref->kind == WR__HANDLE_FUNC ? (wr__ref)(uintptr_t)ref->of.func : ref->of.bits;
  return true;
}

bool wr__api_ref_of_type(wr__store *store, const wasm_ref_t *ref, wr_valtype type, wr__ref *bits) {
  return wr__api_ref_bits(store, ref, bits) && wr__api_ref_matches(store, *bits, type);
}

static bool ref_from_bits(wr__store *store, wr__ref bits, wasm_ref_t **out) {
  *out = bits == WR__NULL_REF ? NULL : wr__api_handle_of_ref(store, bits);
  return *out || bits == WR__NULL_REF;
}

/* ---- Full values --------------------------------------------------------- */

bool wr__api_val_to_slots(wr__store *store, const wr_val *val, wr_valtype type, uint64_t *slots) {
  if (wr_valtype_is_ref(type))
    return wr_valtype_is_ref(val->type) && wr__api_ref_of_type(store, val->of.ref, type, slots);
  if (val->type != type) return false;
  slots[0] = 0;
  switch (type) {
    case WR_I32:
    case WR_F32:
      memcpy(slots, &val->of, 4);
      return true;
    case WR_I64:
    case WR_F64:
      memcpy(slots, &val->of, 8);
      return true;
    case WR_V128:
      memcpy(slots, &val->of, 16);
      return true;
    default:
      return false;
  }
}

bool wr__api_val_from_slots(wr__store *store, const uint64_t *slots, wr_valtype type, wr_val *out) {
  wr_val val = {.type = type};
  switch (type) {
    case WR_I32:
    case WR_F32:
      memcpy(&val.of, slots, 4);
      break;
    case WR_I64:
    case WR_F64:
      memcpy(&val.of, slots, 8);
      break;
    case WR_V128:
      memcpy(&val.of, slots, 16);
      break;
    default:
      if (!ref_from_bits(store, slots[0], &val.of.ref)) return false;
  }
  *out = val;
  return true;
}

void wr_val_delete(wr_val *val) {
  if (!val || !wr_valtype_is_ref(val->type)) return;
  wasm_ref_delete(val->of.ref);
  val->of.ref = NULL;
}

void wr_val_copy(wr_val *out, const wr_val *val) {
  wr_val copy = *val;
  if (wr_valtype_is_ref(val->type)) copy.of.ref = wasm_ref_copy(val->of.ref);
  *out = copy;
}

/* ---- wasm.h's values ----------------------------------------------------- */

bool wr__api_plain_to_slots(wr__store *store, const wasm_val_t *val, wr_valtype type,
                            uint64_t *slots) {
  if (wr_valtype_is_ref(type)) {
    bool is_ref = val->kind == WASM_EXTERNREF || val->kind == WASM_FUNCREF;
    return is_ref && wr__api_ref_of_type(store, val->of.ref, type, slots);
  }
  wr_valtype given = wr__api_valtype_of(val->kind);
  if (given != type) return false;
  slots[0] = 0;
  memcpy(slots, &val->of, given == WR_I32 || given == WR_F32 ? 4 : 8);
  return true;
}

bool wr__api_plain_from_slots(wr__store *store, const uint64_t *slots, wr_valtype type,
                              wasm_val_t *out) {
  wasm_val_t val = {.kind = wr__api_kind_of(type)};
  if (!wr_valtype_is_ref(type)) {
    memcpy(&val.of, slots, type == WR_I32 || type == WR_F32 ? 4 : 8);
  } else if (!ref_from_bits(store, slots[0], &val.of.ref)) {
    return false;
  }
  *out = val;
  return true;
}

void wasm_val_delete(wasm_val_t *val) {
  if (!val || (val->kind != WASM_EXTERNREF && val->kind != WASM_FUNCREF)) return;
  wasm_ref_delete(val->of.ref);
  val->of.ref = NULL;
}

void wasm_val_copy(wasm_val_t *out, const wasm_val_t *val) {
  wasm_val_t copy = *val;
  if (val->kind == WASM_EXTERNREF || val->kind == WASM_FUNCREF)
    copy.of.ref = wasm_ref_copy(val->of.ref);
  *out = copy;
}

/* ---- Types that the embedder gives --------------------------------------- */

bool wr__api_valtype_is_known(const wr__engine *engine, wr_valtype type) {
  switch (type) {
    case WR_I32:
    case WR_I64:
    case WR_F32:
    case WR_F64:
    case WR_V128:
      return true;
    default:
      break;
  }
  if (!wr_valtype_is_ref(type)) return false;
  uint32_t heap = wr_valtype_heap(type);
  if (heap >= WR_HEAP_DEFINED) return wr__type_find(engine->types, heap - WR_HEAP_DEFINED) != NULL;
  return heap >= WR_HEAP_EXN && heap <= WR_HEAP_NOEXN;
}

static bool deftype_is(const wr__deftype *record, const wasm_functype_t *type) {
  if (!record || record->comp != WR__COMP_FUNC || record->param_count != type->params.size ||
      record->result_count != type->results.size)
    return false;
  const wr_valtype *params = type->types, *results = type->types + type->params.size;
  for (uint32_t i = 0; i < record->param_count; i++)
    if (record->params[i] != params[i]) return false;
  for (uint32_t i = 0; i < record->result_count; i++)
    if (record->results[i] != results[i]) return false;
  return true;
}

const wr__deftype *wr__api_deftype_of(wr__engine *engine, const wasm_functype_t *type,
                                      wr_error *error) {
  size_t params = type->params.size, results = type->results.size;
  if (params > WR__MAX_PARAMS || results > WR__MAX_RESULTS) {
    wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "too many parameters or results");
    return NULL;
  }
  for (size_t i = 0; i < params + results; i++) {
    if (wr__api_valtype_is_known(engine, type->types[i])) continue;
    wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "unknown value type 0x%x", type->types[i]);
    return NULL;
  }
  if (type->defined_type != WR_NO_INDEX) {
    const wr__deftype *record = wr__type_find(engine->types, type->defined_type);
    if (deftype_is(record, type)) return record;
  }
  const wr__deftype *record = wr__type_func(engine->types, type->types, (uint32_t)params,
                                            type->types + params, (uint32_t)results);
  if (!record) wr__fail_oom(error);
  return record;
}
