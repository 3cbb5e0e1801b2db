/* A module that is kept as bytes and read back is the same; bytes that were tampered with are
 * refused. */
#include "check.h"

static int calls;
static wasm_trap_t *count_call(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)args;
  (void)results;
  calls++;
  return NULL;
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_module_t *module = load(store,
                               "(module (import \"\" \"call\" (func $c))"
                               "  (func (export \"run\") (call $c)))");
  wasm_byte_vec_t bytes, again;
  wasm_module_serialize(module, &bytes);
  wasm_module_delete(module);
  CHECK(bytes.size > 8);
  module = wasm_module_deserialize(store, &bytes);
  CHECK(module);
  wasm_module_serialize(module, &again);
  CHECK(again.size == bytes.size && !memcmp(again.data, bytes.data, bytes.size));
  wasm_byte_vec_delete(&again);

  for (size_t size = 0; size < bytes.size; size++) {
    wasm_byte_vec_t cut = {size, bytes.data};
    wasm_module_t *part = wasm_module_deserialize(store, &cut);
    wasm_module_delete(part); /* a module may end after any whole section; before the first, none */
    if (size < 16) CHECK(!part);
  }
  bytes.data[0] ^= 1;
  CHECK(!wasm_module_deserialize(store, &bytes));
  wasm_byte_vec_delete(&bytes);

  wasm_functype_t *type = wasm_functype_new_0_0();
  wasm_func_t *func = wasm_func_new(store, type, count_call);
  wasm_functype_delete(type);
  wasm_extern_t *imported[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported), exports;
  wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
  CHECK(instance);
  wasm_instance_exports(instance, &exports);
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  CHECK(!wasm_func_call(func_export(&exports, 0), &none, &none));
  CHECK(calls == 1);

  wasm_func_delete(func);
  wasm_module_delete(module);
  wasm_instance_delete(instance);
  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
