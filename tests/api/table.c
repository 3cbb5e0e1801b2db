/* Tables: read, written and grown by the host, called through by the guest. */
#include "check.h"

static wasm_trap_t *negate(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = -args->data[0].of.i32;
  return NULL;
}

static bool is_set(const wasm_table_t *table, uint32_t index) {
  wasm_ref_t *ref = wasm_table_get(table, index);
  bool set = ref != NULL;
  wasm_ref_delete(ref);
  return set;
}

static void check_traps(const wasm_func_t *func, int32_t index, const char *message) {
  wasm_val_t values[] = {WASM_I32_VAL(0), WASM_I32_VAL(index)}, result[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args = WASM_ARRAY_VEC(values), results = WASM_ARRAY_VEC(result);
  wasm_trap_t *trap = wasm_func_call(func, &args, &results);
  CHECK(trap && trap_says(trap, message));
  wasm_trap_delete(trap);
}

static void check_alone(wasm_store_t *store, wasm_func_t *func) {
  wasm_limits_t limits = {2, 3};
  wasm_tabletype_t *type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
  wasm_table_t *table = wasm_table_new(store, type, wasm_func_as_ref(func));
  CHECK(table && wasm_table_size(table) == 2 && is_set(table, 0) && is_set(table, 1));
  CHECK(wasm_table_grow(table, 1, NULL) && !is_set(table, 2));
  CHECK(!wasm_table_grow(table, 1, NULL) && wasm_table_grow(table, 0, NULL));
  wasm_foreign_t *foreign = wasm_foreign_new(store); /* is no function */
  CHECK(!wasm_table_set(table, 0, wasm_foreign_as_ref(foreign)));
  CHECK(!wasm_table_new(store, type, wasm_foreign_as_ref(foreign)));
  wasm_foreign_delete(foreign);
  wasm_ref_t *element = wasm_table_get(table, 0);
  CHECK(wasm_ref_same(element, wasm_func_as_ref(func)) && wasm_ref_as_func(element));
  wasm_ref_delete(element);
  wasm_tabletype_delete(type);
  wasm_table_delete(table);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_extern_vec_t imports = WASM_EMPTY_VEC, exports;
  wasm_instance_t *instance =
      instantiate(store,
                  "(module (type $t (func (param i32) (result i32)))"
                  "  (table (export \"table\") 2 10 funcref)"
                  "  (func (export \"call\") (param i32 i32) (result i32)"
                  "    (call_indirect (type $t) (local.get 0) (local.get 1)))"
                  "  (func $f (export \"f\") (param i32) (result i32) (local.get 0))"
                  "  (func (export \"g\") (param i32) (result i32) (i32.const 666))"
                  "  (elem (i32.const 1) $f))",
                  &imports, &exports);
  wasm_instance_delete(instance);
  wasm_table_t *table = wasm_extern_as_table(exports.data[0]);
  wasm_func_t *call = func_export(&exports, 1), *f = func_export(&exports, 2),
              *g = func_export(&exports, 3);
  wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_func_t *h = wasm_func_new(store, type, negate);
  wasm_functype_delete(type);

  CHECK(wasm_table_size(table) == 2 && !is_set(table, 0) && is_set(table, 1));
  CHECK(call_i32(call, 2, (int32_t[]){7, 1}) == 7);
  check_traps(call, 0, "uninitialized element");
  check_traps(call, 2, "undefined element");

  CHECK(wasm_table_set(table, 0, wasm_func_as_ref(g)) && wasm_table_set(table, 1, NULL));
  CHECK(!wasm_table_set(table, 2, wasm_func_as_ref(f)));
  CHECK(call_i32(call, 2, (int32_t[]){7, 0}) == 666);
  check_traps(call, 1, "uninitialized element");

  CHECK(wasm_table_grow(table, 2, wasm_func_as_ref(h)) && wasm_table_size(table) == 4);
  CHECK(call_i32(call, 2, (int32_t[]){6, 3}) == -6);
  CHECK(wasm_table_grow(table, 6, NULL) && !wasm_table_grow(table, 1, NULL));
  CHECK(!is_set(table, 9) && !is_set(table, 10));
  wasm_tabletype_t *table_type = wasm_table_type(table);
  CHECK(wasm_tabletype_limits(table_type)->max == 10);
  wasm_tabletype_delete(table_type);

  check_alone(store, h);
  wasm_func_delete(h);
  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
