/* Externals, tags and instances. */
#include <stdlib.h>

#include "engine/make.h"
#include "api/module.h"
#include "api/trap.h"
#include "api/value.h"

/* ---- Externals ----------------------------------------------------------- */

wr_externkind wr_extern_kind(const wasm_extern_t *external) {
  wr__extern e = {.kind = WR_EXTERN_FUNC};
  wr__api_extern_of(&external->ref, &e);
  return e.kind;
}

wr_externtype wr_extern_type(const wasm_extern_t *external) {
  wr__extern e;
  if (!external->ref.store || !wr__api_extern_of(&external->ref, &e)) return (wr_externtype){0};
  return wr__extern_type(external->ref.store, &e);
}

wasm_externkind_t wasm_extern_kind(const wasm_extern_t *external) {
  switch (external->ref.kind) {
    case WR__HANDLE_FUNC:
      return WASM_EXTERN_FUNC;
    case WR__HANDLE_GLOBAL:
      return WASM_EXTERN_GLOBAL;
    case WR__HANDLE_TABLE:
      return WASM_EXTERN_TABLE;
    case WR__HANDLE_MEMORY:
      return WASM_EXTERN_MEMORY;
    default:
      return WR_KIND_OTHER;
  }
}

wasm_externtype_t *wasm_extern_type(const wasm_extern_t *external) {
  wr_externtype type = wr_extern_type(external);
  return wr__api_externtype_new(&type);
}

/* ---- Tags ---------------------------------------------------------------- */

wr_tag_t *wr_tag_new(wasm_store_t *handle, const wasm_functype_t *type) {
  if (!handle || !type || type->results.size) return NULL;
  wr__store *store = wr__api_store(handle);
  const wr__deftype *record = wr__api_deftype_of(store->engine, type, NULL);
  wr__tag *tag = record ? wr__tag_new(store, record) : NULL;
  return tag ? (wr_tag_t *)wr__api_handle_new(store, WR__HANDLE_TAG, tag) : NULL;
}

/* ---- Instances ----------------------------------------------------------- */

/* The imports as the store wants them; NULL when out of memory or where one is no external of the
 * store, with *error telling which. */
static wr__extern *collect_imports(wr__store *store, wasm_extern_t *const imports[], size_t count,
                                   wr_error *error) {
  wr__extern *externs = wr__alloc_array(count, sizeof *externs);
  if (!externs) {
    wr__fail_oom(error);
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    const wasm_ref_t *ref = imports[i] ? &imports[i]->ref : NULL;
    if (ref && ref->store == store && wr__api_extern_of(ref, &externs[i])) continue;
    wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "import %zu is missing or of another store", i);
    free(externs);
    return NULL;
  }
  return externs;
}

wr_status wr_instance_new(wasm_store_t *handle, const wasm_module_t *module,
                          wasm_extern_t *const imports[], size_t import_count,
                          wasm_instance_t **out, wasm_trap_t **trap, wr_error *error) {
  if (!handle || !module || !out || (!imports && import_count))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET,
                    "store, module, imports or out is missing");
  wr__store *store = wr__api_store(handle);
  wr__module *m = wr__api_module_of(module);
  if (m->engine != store->engine)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "the module is of another engine");
  if (m->import_count != import_count)
    return wr__fail(error, WR_UNLINKABLE, WR_NO_OFFSET, "%u imports are wanted, %zu are given",
                    m->import_count, import_count);
  wr_error local;
  wr_error *details = error ? error : &local;
  wr__extern *externs = collect_imports(store, imports, import_count, details);
  if (!externs) return details->status;
  wr__instance *instance;
  wr_status status = wr__instantiate(store, m, externs, import_count, &instance, error);
  free(externs);
  if (wr__api_ended_in_trap(status) && trap) *trap = wr__api_trap_take(store, status);
  if (status != WR_OK) return status;
  wasm_ref_t *ref = wr__api_handle_new(store, WR__HANDLE_INSTANCE, instance);
  if (!ref) return wr__fail_oom(error);
  *out = (wasm_instance_t *)ref;
  return WR_OK;
}

static wasm_extern_t *export_handle(const wasm_instance_t *instance, const wr__export *from) {
  wr__instance *i = instance->ref.of.instance;
  wr__extern external = wr__instance_extern(i, (wr_externkind)from->kind, from->index);
  return wr__api_handle_of_extern(instance->ref.store, &external);
}

wasm_extern_t *wr_instance_export(const wasm_instance_t *instance, const char *name,
                                  size_t name_size) {
  if (!instance->ref.store) return NULL;
  const wr__export *from =
      wr__module_find_export(instance->ref.of.instance->module, name, name_size);
  return from ? export_handle(instance, from) : NULL;
}

/* ---- wasm.h -------------------------------------------------------------- */

wasm_instance_t *wasm_instance_new(wasm_store_t *store, const wasm_module_t *module,
                                   const wasm_extern_vec_t *imports, wasm_trap_t **trap) {
  wasm_instance_t *instance = NULL;
  wasm_trap_t *thrown = NULL;
  wr_error error;
  wr_status status = wr_instance_new(store, module, imports ? imports->data : NULL,
                                     imports ? imports->size : 0, &instance, &thrown, &error);
  if (status == WR_OK) return instance;
  bool out_of_memory = status == WR_OUT_OF_MEMORY;
  if (!thrown && store && trap)
    thrown = wr__api_trap_make(wr__api_store(store),
                               out_of_memory ? WR_TRAP_OUT_OF_MEMORY : WR_TRAP_HOST, error.message);
  if (trap) {
    *trap = thrown;
  } else {
    wasm_trap_delete(thrown);
  }
  return NULL;
}

void wasm_instance_exports(const wasm_instance_t *instance, wasm_extern_vec_t *out) {
  wasm_extern_vec_new_empty(out);
  if (!instance->ref.store) return;
  const wr__module *module = instance->ref.of.instance->module;
  wasm_extern_vec_new_uninitialized(out, module->export_count);
  for (size_t i = 0; i < out->size; i++) {
    out->data[i] = export_handle(instance, &module->exports[i]);
    if (!out->data[i]) wasm_extern_vec_delete(out);
  }
}
