/* What the programs in this folder share: a check that ends the program, and the way from a
 * module's text to a module. Everything else in them is wasm.h, used as a program of its user
 * would. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include "wasm.h"
#include "wasmrun.h"

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                \
    }                                                                         \
  } while (0)

/* The binary of a module's text. */
static inline wasm_byte_vec_t assemble(const char *text) {
  wasm_byte_vec_t binary;
  wr_error error;
  wr_status status = wr_text_to_binary(text, strlen(text), &binary, &error);
  if (status != WR_OK) fprintf(stderr, "%u:%u: %s\n", error.line, error.column, error.message);
  CHECK(status == WR_OK);
  return binary;
}

static inline wasm_module_t *load(wasm_store_t *store, const char *text) {
  wasm_byte_vec_t binary = assemble(text);
  wasm_module_t *module = wasm_module_new(store, &binary);
  wasm_byte_vec_delete(&binary);
  CHECK(module);
  return module;
}

/* An instance of a module's text, with its exports. */
static inline wasm_instance_t *instantiate(wasm_store_t *store, const char *text,
                                           const wasm_extern_vec_t *imports,
                                           wasm_extern_vec_t *exports) {
  wasm_module_t *module = load(store, text);
  wasm_instance_t *instance = wasm_instance_new(store, module, imports, NULL);
  CHECK(instance);
  wasm_module_delete(module);
  wasm_instance_exports(instance, exports);
  return instance;
}

static inline wasm_func_t *func_export(const wasm_extern_vec_t *exports, size_t index) {
  CHECK(index < exports->size && wasm_extern_kind(exports->data[index]) == WASM_EXTERN_FUNC);
  return wasm_extern_as_func(exports->data[index]);
}

/* Calls [i32*] -> [i32]. */
static inline int32_t call_i32(const wasm_func_t *func, size_t count, const int32_t *args) {
  wasm_val_t values[4], result[1] = {WASM_INIT_VAL};
  for (size_t i = 0; i < count; i++) {
    values[i].kind = WASM_I32;
    values[i].of.i32 = args[i];
  }
  wasm_val_vec_t arg_vec = {count, values}, result_vec = WASM_ARRAY_VEC(result);
  CHECK(!wasm_func_call(func, &arg_vec, &result_vec));
  CHECK(result[0].kind == WASM_I32);
  return result[0].of.i32;
}

/* The trap's message, checked to be NUL-terminated. */
static inline bool trap_says(const wasm_trap_t *trap, const char *expected) {
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  CHECK(message.size > 0 && message.data[message.size - 1] == '\0');
  bool same = !strcmp(message.data, expected);
  if (!same) fprintf(stderr, "the trap says: %s\n", message.data);
  wasm_byte_vec_delete(&message);
  return same;
}

#endif
