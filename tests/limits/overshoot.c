/* How late guests end: runs each module under a deadline, alone in a process, and writes a line for
 * it on standard error: its file, the milliseconds from the deadline to its end, how it ended.
 *
 *   overshoot interp|native DELAY_MS FOLDER FILE...
 *
 * The guests get FOLDER as a directory, /dev/zero to read, /dev/null to write, and may use the
 * loopback network. overshoot.py makes them. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wasmrun.h"

enum { LONGEST_SECONDS = 30 };

static const char *folder;
static uint64_t delay_ns;

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void __attribute__((noreturn)) fail(const char *path, const char *what,
                                           const wr_error *error) {
  fprintf(stderr, "%s: %s: %s\n", path, what, error->message);
  _exit(1);
}

static wasm_engine_t *new_engine(bool native) {
  wasm_config_t *config = wasm_config_new();
  wr_config_set_engine(config, native ? WR_ENGINE_NATIVE : WR_ENGINE_INTERP);
  wr_config_set_max_memory(config, (uint64_t)4 << 30);
  wr_config_set_max_table_elements(config, 200000000);
  wr_config_set_max_gc_heap(config, (uint64_t)1 << 30);
  return wasm_engine_new_with_config(config);
}

static wr_wasi_t *new_wasi(const char *path, wr_error *error) {
  wr_wasi_t *wasi = wr_wasi_new();
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (!wasi || null < 0 || wr_wasi_stdio_file(wasi, 0, "/dev/zero", error) != WR_OK ||
      wr_wasi_stdio_fd(wasi, 1, null, error) != WR_OK ||
      wr_wasi_stdio_fd(wasi, 2, null, error) != WR_OK ||
      wr_wasi_preopen_dir(wasi, folder, ".", 0, error) != WR_OK ||
      wr_wasi_net_allow(wasi, "connect=127.0.0.1:*", error) != WR_OK ||
      wr_wasi_net_allow(wasi, "listen=127.0.0.1:*", error) != WR_OK)
    fail(path, "cannot grant", error);
  return wasi;
}

static wasm_module_t *load(wasm_engine_t *engine, const char *path, bool native, wr_error *error) {
  wasm_module_t *module = NULL;
  if (wr_module_open(engine, path, &module, error) != WR_OK) fail(path, "cannot load", error);
  wr_compile_options options;
  wr_compile_options_init(&options);
  options.level = '1';
  options.threads = 1;
  if (native && wr_module_compile(module, &options, error) != WR_OK)
    fail(path, "cannot compile", error);
  return module;
}

static void run(const char *path, bool native) {
  wr_error error = {.status = WR_OK};
  wasm_engine_t *engine = new_engine(native);
  wasm_module_t *module = load(engine, path, native, &error);
  wr_wasi_t *wasi = new_wasi(path, &error);
  wasm_store_t *store = wasm_store_new(engine);
  wr_linker_t *linker = wr_linker_new(store);
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  int32_t exit_status;
  if (wr_wasi_define_for(wasi, linker, module, &error) != WR_OK) fail(path, "no WASI", &error);
  uint64_t end = now_ns() + delay_ns;
  if (wr_store_set_deadline(store, delay_ns) != WR_OK) fail(path, "no deadline", &error);
  wr_status status = wr_linker_instantiate(linker, module, &instance, &trap, &error);
  if (status == WR_OK) status = wr_wasi_run(wasi, instance, &exit_status, &trap, &error);
  wr_wasi_end_threads(wasi);
  double late = (double)(int64_t)(now_ns() - end) / 1e6;
  fprintf(stderr, "%s\t%.1f\t%s\n", path, late,
          status == WR_OK ? "returned" : wr_status_name(status));
  _exit(0);
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: overshoot interp|native DELAY_MS FOLDER FILE...\n");
    return 2;
  }
  bool native = strcmp(argv[1], "native") == 0;
  delay_ns = strtoull(argv[2], NULL, 10) * 1000000u;
  folder = argv[3];
  int failures = 0;
  for (int i = 4; i < argc; i++) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
      alarm(LONGEST_SECONDS);
      run(argv[i], native);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
      fprintf(stderr, "%s\tfailed\t%d\n", argv[i], status);
      failures++;
    }
  }
  return failures ? 1 : 0;
}
