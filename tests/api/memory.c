/* Memories: seen from both sides, their bounds, and how they grow. */
#include "check.h"

static bool call_traps(const wasm_func_t *func, size_t count, const int32_t *args) {
  wasm_val_t values[2], result[1] = {WASM_INIT_VAL};
  for (size_t i = 0; i < count; i++) {
    values[i].kind = WASM_I32;
    values[i].of.i32 = args[i];
  }
  wasm_val_vec_t arg_vec = {count, values}, result_vec = WASM_ARRAY_VEC(result);
  wasm_trap_t *trap = wasm_func_call(func, &arg_vec, &result_vec);
  bool out_of_bounds = trap && trap_says(trap, "out of bounds memory access");
  wasm_trap_delete(trap);
  return out_of_bounds;
}

static void store_byte(const wasm_func_t *func, int32_t at, int32_t value) {
  wasm_val_t values[] = {WASM_I32_VAL(at), WASM_I32_VAL(value)};
  wasm_val_vec_t args = WASM_ARRAY_VEC(values), none = WASM_EMPTY_VEC;
  CHECK(!wasm_func_call(func, &args, &none));
}

static void check_alone(wasm_store_t *store) {
  wasm_limits_t limits = {5, 5};
  wasm_memorytype_t *type = wasm_memorytype_new(&limits);
  wasm_memory_t *memory = wasm_memory_new(store, type);
  CHECK(memory && wasm_memory_size(memory) == 5);
  CHECK(!wasm_memory_grow(memory, 1));
  CHECK(wasm_memory_grow(memory, 0));
  wasm_memorytype_t *read = wasm_memory_type(memory);
  CHECK(wasm_memorytype_limits(read)->min == 5 && wasm_memorytype_limits(read)->max == 5);
  wasm_memorytype_delete(read);
  wasm_memorytype_delete(type);
  wasm_memory_delete(memory);
  wasm_limits_t backwards = {3, 2};
  type = wasm_memorytype_new(&backwards);
  CHECK(!wasm_memory_new(store, type));
  wasm_memorytype_delete(type);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_extern_vec_t imports = WASM_EMPTY_VEC, exports;
  wasm_instance_t *instance = instantiate(
      store,
      "(module (memory (export \"memory\") 2 3)"
      "  (func (export \"size\") (result i32) (memory.size))"
      "  (func (export \"load\") (param i32) (result i32) (i32.load8_s (local.get 0)))"
      "  (func (export \"store\") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))"
      "  (data (i32.const 0x1000) \"\\01\\02\\03\\04\"))",
      &imports, &exports);
  wasm_instance_delete(instance);
  wasm_memory_t *memory = wasm_extern_as_memory(exports.data[0]);
  const wasm_func_t *size = func_export(&exports, 1), *load = func_export(&exports, 2),
                    *store_func = func_export(&exports, 3);

  wasm_memory_t *copy = wasm_memory_copy(memory);
  CHECK(wasm_memory_same(memory, copy));
  wasm_memory_delete(copy);

  CHECK(wasm_memory_size(memory) == 2 && wasm_memory_data_size(memory) == 2 * MEMORY_PAGE_SIZE);
  CHECK(wasm_memory_data(memory)[0] == 0 && wasm_memory_data(memory)[0x1003] == 4);
  CHECK(call_i32(size, 0, NULL) == 2);
  CHECK(call_i32(load, 1, (int32_t[]){0x1001}) == 2);
  CHECK(call_traps(load, 1, (int32_t[]){0x20000}));
  CHECK(call_traps(load, 1, (int32_t[]){-1}));

  wasm_memory_data(memory)[0x1003] = 5;
  CHECK(call_i32(load, 1, (int32_t[]){0x1003}) == 5);
  store_byte(store_func, 0x1ffff, 9);
  CHECK(wasm_memory_data(memory)[0x1ffff] == 9);
  CHECK(call_traps(store_func, 2, (int32_t[]){0x20000, 0}));

  CHECK(wasm_memory_grow(memory, 1) && wasm_memory_size(memory) == 3);
  CHECK(call_i32(load, 1, (int32_t[]){0x20000}) == 0);
  CHECK(call_traps(load, 1, (int32_t[]){0x30000}));
  CHECK(!wasm_memory_grow(memory, 1));
  CHECK(wasm_memory_grow(memory, 0) && call_i32(size, 0, NULL) == 3);

  wasm_extern_vec_delete(&exports);
  check_alone(store);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
