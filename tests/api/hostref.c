/* References of the host's: their identity and host info survive the guest. */
#include "check.h"

static wasm_trap_t *pass(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  CHECK(args->data[0].kind == WASM_EXTERNREF);
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

/* Takes the reference that it is given, and checks which it is. */
static void expect(wasm_ref_t *actual, const wasm_ref_t *expected) {
  CHECK(wasm_ref_same(actual, expected));
  if (actual) CHECK(wasm_ref_get_host_info(actual) == wasm_ref_get_host_info(expected));
  wasm_ref_delete(actual);
}

static wasm_ref_t *call(const wasm_func_t *func, wasm_val_t *args, size_t count,
                        size_t result_count) {
  wasm_val_t result[1] = {WASM_INIT_VAL};
  wasm_val_vec_t arg_vec = {count, args}, result_vec = {result_count, result};
  CHECK(!wasm_func_call(func, &arg_vec, &result_vec));
  return result[0].of.ref;
}

static const char module_text[] =
    "(module (import \"\" \"pass\" (func $pass (param externref) (result externref)))"
    "  (global $g (export \"global\") (mut externref) (ref.null extern))"
    "  (table $t (export \"table\") 10 externref)"
    "  (func (export \"set global\") (param externref) (global.set $g (local.get 0)))"
    "  (func (export \"get global\") (result externref) (global.get $g))"
    "  (func (export \"set table\") (param i32 externref)"
    "    (table.set $t (local.get 0) (local.get 1)))"
    "  (func (export \"get table\") (param i32) (result externref) (table.get $t (local.get 0)))"
    "  (func (export \"call\") (param externref) (result externref)"
    "    (call $pass (local.get 0))))";

static void check_guest(const wasm_extern_vec_t *exports, wasm_ref_t *ref) {
  wasm_global_t *global = wasm_extern_as_global(exports->data[0]);
  wasm_table_t *table = wasm_extern_as_table(exports->data[1]);
  wasm_val_t value[1] = {WASM_REF_VAL(ref)}, index[1] = {WASM_I32_VAL(3)};
  wasm_val_t both[2] = {WASM_I32_VAL(3), WASM_REF_VAL(ref)};
  call(func_export(exports, 2), value, 1, 0);
  expect(call(func_export(exports, 3), NULL, 0, 1), ref);
  call(func_export(exports, 4), both, 2, 0);
  expect(call(func_export(exports, 5), index, 1, 1), ref);
  expect(call(func_export(exports, 6), value, 1, 1), ref);
  wasm_val_t read;
  wasm_global_get(global, &read);
  CHECK(read.kind == WASM_EXTERNREF);
  expect(read.of.ref, ref);
  expect(wasm_table_get(table, 3), ref);
  CHECK(wasm_table_set(table, 4, ref));
  expect(wasm_table_get(table, 4), ref);
}

static int finalized;
static void finalize(void *info) { finalized += (int)(intptr_t)info; }

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_functype_t *type =
      wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
  wasm_func_t *func = wasm_func_new(store, type, pass);
  wasm_functype_delete(type);
  wasm_extern_t *imported[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported), exports;
  wasm_instance_t *instance = instantiate(store, module_text, &imports, &exports);
  wasm_instance_delete(instance);

  wasm_ref_t *host1 = wasm_foreign_as_ref(wasm_foreign_new(store));
  wasm_ref_t *host2 = wasm_foreign_as_ref(wasm_foreign_new(store));
  wasm_ref_set_host_info_with_finalizer(host1, (void *)1, finalize);
  wasm_ref_set_host_info_with_finalizer(host2, (void *)2, finalize);
  CHECK(!wasm_ref_same(host1, host2) && wasm_ref_as_foreign(host1) && !wasm_ref_as_func(host1));
  expect(wasm_ref_copy(host1), host1);
  check_guest(&exports, host1);
  check_guest(&exports, NULL);
  check_guest(&exports, host2);
  wr_store_gc(store);
  check_guest(&exports, host1);
  check_guest(&exports, wasm_func_as_ref(func)); /* any value of the host's may be an externref */

  wasm_val_t not_a_value[1] = {
      WASM_REF_VAL(wasm_global_as_ref(wasm_extern_as_global(exports.data[0])))};
  wasm_val_vec_t args = WASM_ARRAY_VEC(not_a_value), none = WASM_EMPTY_VEC;
  wasm_trap_t *trap = wasm_func_call(func_export(&exports, 2), &args, &none);
  CHECK(trap);
  wasm_trap_delete(trap);

  wasm_ref_delete(host1);
  wasm_ref_delete(host2);
  wasm_func_delete(func);
  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  CHECK(finalized == 3);
  wasm_engine_delete(engine);
  return 0;
}
