// Both headers in C++: they compile without a warning, and what they declare links.
#include "wasm.h"
#include "wasmrun.h"

namespace {

wasm_trap_t *give_seven(void *, const wasm_val_vec_t *, wasm_val_vec_t *results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = 7;
  return nullptr;
}

int call(wasm_store_t *store) {
  wasm_functype_t *type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t *func = wasm_func_new_with_env(store, type, give_seven, nullptr, nullptr);
  wasm_functype_delete(type);
  wasm_val_t values[1];
  wasm_val_vec_t args = WASM_EMPTY_VEC, results = WASM_ARRAY_VEC(values);
  wasm_trap_t *trap = wasm_func_call(func, &args, &results);
  wasm_func_delete(func);
  wasm_trap_delete(trap);
  return trap ? -1 : values[0].of.i32;
}

}  // namespace

int main() {
  assertions();
  wasm_config_t *config = wasm_config_new();
  wr_config_set_feature(config, WR_FEATURE_GC, true);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wr_linker_t *linker = wr_linker_new(store);
  int seven = call(store);
  wr_linker_delete(linker);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return seven == 7 ? 0 : 1;
}
