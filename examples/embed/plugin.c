/* A program as a plug-in: its standard input comes from a string, its output goes to a callback,
 * it may use 16 MiB and two seconds, and it sees nothing else.
 *
 *   embed_plugin wordfreq.wasm "the text to count" */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wasmrun.h>

/* Marks what the guest prints; *context tells whether a line begins. */
static int take_output(void *context, const uint8_t *data, size_t size_bytes) {
  bool *at_start = context;
  for (size_t i = 0; i < size_bytes; i++) {
    if (*at_start) fputs("guest: ", stdout);
    putchar(data[i]);
    *at_start = data[i] == '\n';
  }
  return 0;
}

static int fail(const char *what, const wr_error *error) {
  fprintf(stderr, "%s: %s\n", what, error->message);
  return 1;
}

/* Runs the module; returns the guest's exit status, or 1 and a line of why not. */
static int run(wasm_store_t *store, const wasm_module_t *module, wr_wasi_t *wasi) {
  wr_error error;
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  int32_t exit_status = 1;
  wr_linker_t *linker = wr_linker_new(store);
  wr_status status = wr_wasi_define(wasi, linker, &error);
  if (status == WR_OK) status = wr_linker_instantiate(linker, module, &instance, &trap, &error);
  if (status == WR_OK) status = wr_wasi_run(wasi, instance, &exit_status, &trap, &error);
  if (trap && status != WR_EXITED) {
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    fprintf(stderr, "the plug-in trapped: %s\n", message.data);
    wasm_byte_vec_delete(&message);
  } else if (status != WR_OK && status != WR_EXITED) {
    fail("the plug-in failed", &error);
  }
  if (trap) wasm_trap_delete(trap);
  if (instance) wasm_instance_delete(instance);
  wr_linker_delete(linker);
  return exit_status;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  wr_error error;
  wasm_module_t *module;
  wasm_config_t *config = wasm_config_new();
  wr_config_set_max_memory(config, 16 << 20);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  if (wr_module_open(engine, argv[1], &module, &error) != WR_OK) return fail(argv[1], &error);
  wasm_store_t *store = wasm_store_new(engine);
  wr_wasi_t *wasi = wr_wasi_new();
  const char *const args[] = {"plugin"};
  bool at_start = true;
  if (wr_wasi_set_args(wasi, args, 1, &error) != WR_OK ||
      wr_wasi_stdin_bytes(wasi, argv[2], strlen(argv[2]), &error) != WR_OK ||
      wr_wasi_stdout_callback(wasi, 1, take_output, &at_start, &error) != WR_OK ||
      wr_wasi_stdout_callback(wasi, 2, take_output, &at_start, &error) != WR_OK)
    return fail("wasi", &error);
  if (wr_store_set_deadline(store, UINT64_C(2000000000)) != WR_OK) return 1;
  int exit_status = run(store, module, wasi);
  printf("exit status %d\n", exit_status);
  wasm_store_delete(store);
  wr_wasi_delete(wasi);
  wasm_module_delete(module);
  wasm_engine_delete(engine);
}
