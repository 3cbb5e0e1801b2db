/* Host functions that see the guest's memory: the guest logs a text by address and length. The
 * address comes from the guest, so it is checked against the memory as it is now. */
#include <stdio.h>
#include <string.h>
#include <wasmrun.h>

static wr_status log_text(void *env, wr_caller *caller, uint64_t *slots) {
  (void)env;
  uint64_t size_bytes;
  uint32_t address = (uint32_t)slots[0], length = (uint32_t)slots[1];
  const uint8_t *memory = wr_caller_memory(caller, &size_bytes);
  if (!memory || (uint64_t)address + length > size_bytes)
    return wr_caller_trap(caller, "log: the text is not in the memory");
  printf("log: %.*s\n", (int)length, (const char *)memory + address);
  return WR_OK;
}

static const char text[] =
    "(module (import \"host\" \"log\" (func $log (param i32 i32)))"
    " (memory (export \"memory\") 1) (data (i32.const 8) \"hello from the guest\")"
    " (func (export \"good\") (call $log (i32.const 8) (i32.const 20)))"
    " (func (export \"bad\") (call $log (i32.const 65530) (i32.const 20))))";

static void call(const wasm_instance_t *instance, const char *name) {
  wasm_extern_t *external = wr_instance_export(instance, name, strlen(name));
  wasm_trap_t *trap = NULL;
  wr_status status = wr_func_call(wasm_extern_as_func(external), NULL, 0, NULL, 0, &trap);
  if (status == WR_TRAPPED && trap) {
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    printf("trap: %s\n", message.data);
    wasm_byte_vec_delete(&message);
    wasm_trap_delete(trap);
  }
  wasm_extern_delete(external);
}

int main(void) {
  wr_error error;
  wasm_byte_vec_t binary;
  wasm_module_t *module;
  wasm_instance_t *instance;
  if (wr_text_to_binary(text, strlen(text), &binary, &error) != WR_OK) return 1;
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wr_linker_t *linker = wr_linker_new(store);
  if (wr_module_new(engine, binary.data, binary.size, &module, &error) != WR_OK) return 1;
  wasm_functype_t *type = wr_functype_new((wr_valtype[]){WR_I32, WR_I32}, 2, NULL, 0);
  wasm_func_t *func = wr_func_new_raw(store, type, log_text, NULL, NULL);
  if (wr_linker_define(linker, "host", 4, "log", 3, wasm_func_as_extern(func)) != WR_OK) return 1;
  if (wr_linker_instantiate(linker, module, &instance, NULL, &error) != WR_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  call(instance, "good");
  call(instance, "bad");
  wasm_instance_delete(instance);
  wasm_func_delete(func);
  wasm_functype_delete(type);
  wr_linker_delete(linker);
  wasm_module_delete(module);
  wasm_byte_vec_delete(&binary);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
