/* Host functions. All are raw functions underneath; those that take values have a record of what
 * to call, which the function owns. */
#include <stdlib.h>

#include "engine/make.h"
#include "api/func.h"
#include "api/trap.h"

wasm_func_t *wr__api_func_new(wr__store *store, const wasm_functype_t *type,
                              wr_raw_callback callback, void *env, void (*finalizer)(void *),
                              wr_error *error) {
  const wr__deftype *record = wr__api_deftype_of(store->engine, type, error);
  if (!record) return NULL;
  /* The handle first: a function cannot be taken back from its store. */
  wasm_ref_t *ref = wr__api_handle_new(store, WR__HANDLE_FUNC, NULL);
  wr__func *func = ref ? wr__func_new_host(store, record, callback, env, finalizer) : NULL;
  if (!func) {
    wasm_ref_delete(ref);
    wr__fail_oom(error);
    return NULL;
  }
  ref->of.func = func;
  return (wasm_func_t *)ref;
}

wasm_func_t *wr_func_new_raw(wasm_store_t *store, const wasm_functype_t *type,
                             wr_raw_callback callback, void *env, void (*finalizer)(void *)) {
  if (!store || !type || !callback) return NULL;
  return wr__api_func_new(wr__api_store(store), type, callback, env, finalizer, NULL);
}

/* ---- Functions of values ------------------------------------------------- */

/* What a function of values calls: one of the three. */
typedef struct target {
  wasm_func_callback_t plain;
  wasm_func_callback_with_env_t plain_with_env;
  wr_val_callback full;
  void *env;
  void (*finalizer)(void *);
  const wr__deftype *type;
} target;

static void finalize_target(void *env) {
  target *t = env;
  if (t->finalizer) t->finalizer(t->env);
  free(t);
}

static wasm_func_t *new_target(wasm_store_t *store, const wasm_functype_t *type, const target *what,
                               wr_raw_callback callback) {
  if (!store || !type) return NULL;
  wr__engine *engine = wr__api_store(store)->engine;
  target *t = malloc(sizeof *t);
  if (!t) return NULL;
  *t = *what;
  t->type = wr__api_deftype_of(engine, type, NULL);
  wasm_func_t *func = NULL;
  if (t->type)
    func = wr__api_func_new(wr__api_store(store), type, callback, t, finalize_target, NULL);
  if (!func) free(t);
  return func;
}

enum { INLINE_VALUES = 16 };

static wr_status wrong_result(wr__exec *exec) {
  return wr__exec_trap_message(exec, "host function gave a result of another type");
}

/* ---- wasm.h's values ----------------------------------------------------- */

static wr_status plain_results_to_slots(wr__exec *exec, const wr__deftype *type,
                                        const wasm_val_t *results, uint64_t *slots) {
  for (uint32_t i = 0; i < type->result_count; i++)
    if (!wr__api_plain_to_slots(exec->store, &results[i], type->results[i], &slots[i]))
      return wrong_result(exec);
  return WR_OK;
}

static wr_status call_plain(const target *t, wr__exec *exec, wasm_val_t *values, uint64_t *slots) {
  const wr__deftype *type = t->type;
  wasm_val_vec_t args = {type->param_count, values};
  wasm_val_vec_t results = {type->result_count, values + type->param_count};
  for (uint32_t i = 0; i < type->result_count; i++)
    results.data[i] = (wasm_val_t){.kind = WASM_EXTERNREF};
  wasm_trap_t *trap =
      t->plain ? t->plain(&args, &results) : t->plain_with_env(t->env, &args, &results);
  wr_status status = trap ? wr__api_trap_raise(exec, trap)
                          : plain_results_to_slots(exec, type, results.data, slots);
  for (uint32_t i = 0; i < type->result_count; i++) wasm_val_delete(&results.data[i]);
  return status;
}

static wr_status run_plain(void *env, wr_caller *caller, uint64_t *slots) {
  const target *t = env;
  const wr__deftype *type = t->type;
  wr__exec *exec = (wr__exec *)caller;
  wasm_val_t inline_values[INLINE_VALUES], *values = inline_values;
  size_t count = (size_t)type->param_count + type->result_count;
  if (count > INLINE_VALUES) values = malloc(count * sizeof values[0]);
  if (!values) return wr__exec_trap(exec, WR_TRAP_OUT_OF_MEMORY);
  uint32_t made = 0;
  while (made < type->param_count &&
         wr__api_plain_from_slots(exec->store, &slots[made], type->params[made], &values[made]))
    made++;
  wr_status status = made == type->param_count ? call_plain(t, exec, values, slots)
                                               : wr__exec_trap(exec, WR_TRAP_OUT_OF_MEMORY);
  for (uint32_t i = 0; i < made; i++) wasm_val_delete(&values[i]);
  if (values != inline_values) free(values);
  return status;
}

/* wasm.h's callbacks get wasm.h's values: NULL for a type that those cannot express. */
static bool type_is_plain(const wasm_functype_t *type) {
  if (!type) return false;
  for (size_t i = 0; i < type->params.size + type->results.size; i++)
    if (wr__api_kind_of(type->types[i]) == WR_KIND_OTHER) return false;
  return true;
}

wasm_func_t *wasm_func_new(wasm_store_t *store, const wasm_functype_t *type,
                           wasm_func_callback_t callback) {
  target what = {.plain = callback};
  return callback && type_is_plain(type) ? new_target(store, type, &what, run_plain) : NULL;
}

wasm_func_t *wasm_func_new_with_env(wasm_store_t *store, const wasm_functype_t *type,
                                    wasm_func_callback_with_env_t callback, void *env,
                                    void (*finalizer)(void *)) {
  target what = {.plain_with_env = callback, .env = env, .finalizer = finalizer};
  return callback && type_is_plain(type) ? new_target(store, type, &what, run_plain) : NULL;
}

/* ---- Full values --------------------------------------------------------- */

static wr_status full_results_to_slots(wr__exec *exec, const wr__deftype *type,
                                       const wr_val *results, uint64_t *slots) {
  for (uint32_t i = 0; i < type->result_count; i++) {
    if (!wr__api_val_to_slots(exec->store, &results[i], type->results[i], slots))
      return wrong_result(exec);
    slots += wr__valtype_slots(type->results[i]);
  }
  return WR_OK;
}

static wr_status call_full(const target *t, wr__exec *exec, wr_val *values, uint64_t *slots) {
  const wr__deftype *type = t->type;
  wr_val *results = values + type->param_count;
  for (uint32_t i = 0; i < type->result_count; i++) results[i] = (wr_val){.type = type->results[i]};
  wr_status status = t->full(t->env, (wr_caller *)exec, values, results);
  if (status == WR_OK) status = full_results_to_slots(exec, type, results, slots);
  for (uint32_t i = 0; i < type->result_count; i++) wr_val_delete(&results[i]);
  return status;
}

static wr_status run_full(void *env, wr_caller *caller, uint64_t *slots) {
  const target *t = env;
  const wr__deftype *type = t->type;
  wr__exec *exec = (wr__exec *)caller;
  wr_val inline_values[INLINE_VALUES], *values = inline_values;
  size_t count = (size_t)type->param_count + type->result_count;
  if (count > INLINE_VALUES) values = malloc(count * sizeof values[0]);
  if (!values) return wr__exec_trap(exec, WR_TRAP_OUT_OF_MEMORY);
  uint32_t made = 0;
  const uint64_t *from = slots;
  while (made < type->param_count &&
         wr__api_val_from_slots(exec->store, from, type->params[made], &values[made]))
    from += wr__valtype_slots(type->params[made++]);
  wr_status status = made == type->param_count ? call_full(t, exec, values, slots)
                                               : wr__exec_trap(exec, WR_TRAP_OUT_OF_MEMORY);
  for (uint32_t i = 0; i < made; i++) wr_val_delete(&values[i]);
  if (values != inline_values) free(values);
  return status;
}

wasm_func_t *wr_func_new_val(wasm_store_t *store, const wasm_functype_t *type,
                             wr_val_callback callback, void *env, void (*finalizer)(void *)) {
  target what = {.full = callback, .env = env, .finalizer = finalizer};
  return callback ? new_target(store, type, &what, run_full) : NULL;
}
