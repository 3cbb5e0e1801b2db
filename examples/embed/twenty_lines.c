/* The embedding that README.md shows: a module that asks its host for a number. */
#include <stdio.h>
#include <string.h>
#include <wasmrun.h>

static int32_t answer(void) { return 21; }

int main(void) {
  const char *text =
      "(module (import \"host\" \"answer\" (func $answer (result i32)))"
      " (func (export \"twice\") (result i32) (i32.mul (call $answer) (i32.const 2))))";
  wr_error error;
  wasm_byte_vec_t binary;
  wasm_module_t *module;
  wasm_instance_t *instance;
  if (wr_text_to_binary(text, strlen(text), &binary, &error) != WR_OK) return 1;
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wr_linker_t *linker = wr_linker_new(store);
  if (wr_module_new(engine, binary.data, binary.size, &module, &error) != WR_OK) return 1;

  wasm_functype_t *type = wr_functype_new(NULL, 0, (wr_valtype[]){WR_I32}, 1);
  wasm_func_t *func = wr_func_new_native(store, type, (void (*)(void))answer, &error);
  if (wr_linker_define(linker, "host", 4, "answer", 6, wasm_func_as_extern(func)) != WR_OK)
    return 1;
  if (wr_linker_instantiate(linker, module, &instance, NULL, &error) != WR_OK) return 1;

  wasm_extern_t *twice = wr_instance_export(instance, "twice", 5);
  wr_val result;
  if (wr_func_call(wasm_extern_as_func(twice), NULL, 0, &result, 1, NULL) != WR_OK) return 1;
  printf("%d\n", result.of.i32);

  wasm_extern_delete(twice);
  wasm_instance_delete(instance);
  wasm_func_delete(func);
  wasm_functype_delete(type);
  wr_linker_delete(linker);
  wasm_module_delete(module);
  wasm_byte_vec_delete(&binary);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
