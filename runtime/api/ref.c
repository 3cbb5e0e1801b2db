/* References of the embedder's making, and what can be said of any. */
#include "api/value.h"
#include "gc/heap.h"

static wasm_ref_t *handle_of(wasm_store_t *store, wr__ref bits) {
  return bits == WR__NULL_REF ? NULL : wr__api_handle_of_ref(wr__api_store(store), bits);
}

wasm_foreign_t *wasm_foreign_new(wasm_store_t *store) {
  if (!store) return NULL;
  return (wasm_foreign_t *)handle_of(store, wr__host_ref_new(wr__api_store(store), 0));
}

wasm_ref_t *wr_ref_new_host(wasm_store_t *store, uintptr_t value) {
  return store ? handle_of(store, wr__host_ref_intern(wr__api_store(store), value)) : NULL;
}

wasm_ref_t *wr_ref_new_i31(wasm_store_t *store, int32_t value) {
  return store ? handle_of(store, wr__ref_from_i31((uint32_t)value)) : NULL;
}

wr_refkind wr_ref_kind(const wasm_ref_t *ref) {
  if (ref->kind == WR__HANDLE_FUNC) return WR_REFKIND_FUNC;
  if (ref->kind != WR__HANDLE_HEAP || !ref->store) return WR_REFKIND_OTHER;
  if (wr__ref_is_i31(ref->of.bits)) return WR_REFKIND_I31;
  switch ((wr__object_kind)((const wr__object *)(uintptr_t)ref->of.bits)->kind) {
    case WR__OBJECT_STRUCT:
      return WR_REFKIND_STRUCT;
    case WR__OBJECT_ARRAY:
      return WR_REFKIND_ARRAY;
    case WR__OBJECT_HOST:
      return WR_REFKIND_EXTERN;
    case WR__OBJECT_EXN:
      return WR_REFKIND_EXN;
    default:
      return WR_REFKIND_FUNC;
  }
}

bool wr_ref_host_value(const wasm_ref_t *ref, uintptr_t *out) {
  if (!ref || wr_ref_kind(ref) != WR_REFKIND_EXTERN) return false;
  *out = wr__host_ref_value(ref->of.bits);
  return true;
}

/* Spec: exec/values, i31: 31 bits, here read as signed. */
bool wr_ref_i31_value(const wasm_ref_t *ref, int32_t *out) {
  if (!ref || wr_ref_kind(ref) != WR_REFKIND_I31) return false;
  *out = (int32_t)(uint32_t)ref->of.bits >> 1;
  return true;
}

/* ---- The collector ------------------------------------------------------- */

void wr_store_gc(wasm_store_t *store) { wr__heap_collect(wr__api_store(store)->heap); }

void wr_store_gc_stats(const wasm_store_t *store, wr_gc_stats *out) {
  wr__heap_stats(wr__api_store(store)->heap, out);
}
