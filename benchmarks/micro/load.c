/* How long a module with native code takes to load: from its file, when its check is remembered,
 * and with the check of its signature.
 *
 * Modules without native code are compiled first, at -O0. Prints the median of many loads. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wasmrun.h"

enum { PASSES = 31, SETTLE_US = 200000 };

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare_times(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* An engine that trusts the key, and remembers checks in the folder, if there is one. */
static wasm_engine_t *make_engine(const wr_signing_key *key, const char *verdicts) {
  wr_public_key public = wr_signing_key_public(key);
  wasm_config_t *config = wasm_config_new();
  if (!config || wr_config_trust_keys(config, &public, 1, NULL) != WR_OK ||
      wr_config_set_verdicts(config, verdicts) != WR_OK)
    return NULL;
  return wasm_engine_new_with_config(config);
}

/* The median time of a load in seconds, or a negative number. */
static double time_loads(wasm_engine_t *engine, const char *path) {
  double times[PASSES];
  for (int i = -1; i < PASSES; i++) { /* the first one is not counted */
    wasm_module_t *module;
    double start = now_s();
    if (wr_module_open(engine, path, &module, NULL) != WR_OK) return -1;
    if (i >= 0) times[i] = now_s() - start;
    bool native = wr_module_is_native(module);
    wasm_module_delete(module);
    if (!native) return -1;
  }
  qsort(times, PASSES, sizeof *times, compare_times);
  return times[PASSES / 2];
}

static bool write_compiled(const char *from, const char *to, const wr_signing_key *key,
                           double *megabytes) {
  wasm_engine_t *engine = make_engine(key, NULL);
  wasm_module_t *module = NULL;
  wasm_byte_vec_t image = {0, NULL}, file = {0, NULL};
  wr_compile_options options;
  wr_compile_options_init(&options);
  options.level = '0';
  wr_error error = {.message = "out of memory"};
  bool done = engine && wr_module_open(engine, from, &module, &error) == WR_OK &&
              wr_module_compile_image(module, &options, &image, &error) == WR_OK &&
              wr_native_pack(module, &image, 1, key, &file, &error) == WR_OK &&
              wr_file_replace(to, file.data, file.size, &error) == WR_OK;
  if (!done) fprintf(stderr, "bench_load: %s: %s\n", from, error.message);
  *megabytes = (double)file.size / 1e6;
  wasm_byte_vec_delete(&image);
  wasm_byte_vec_delete(&file);
  if (module) wasm_module_delete(module);
  if (engine) wasm_engine_delete(engine);
  return done;
}

static int measure(const char *path, const char *folder, const wr_signing_key *key) {
  const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  char compiled[4096], verdicts[4096];
  double megabytes;
  snprintf(compiled, sizeof compiled, "%s/compiled.aot.wasm", folder);
  snprintf(verdicts, sizeof verdicts, "%s/verdicts", folder);
  if (!write_compiled(path, compiled, key, &megabytes)) return 1;
  usleep(SETTLE_US); /* a file that has just changed is not remembered */
  wasm_engine_t *remembering = make_engine(key, verdicts), *checking = make_engine(key, NULL);
  double load = remembering ? time_loads(remembering, compiled) : -1;
  double check = checking ? time_loads(checking, compiled) : -1;
  if (remembering) wasm_engine_delete(remembering);
  if (checking) wasm_engine_delete(checking);
  remove(compiled);
  if (load < 0 || check < 0) {
    fprintf(stderr, "bench_load: %s: does not load natively\n", path);
    return 1;
  }
  printf("load:%s %.3f ms\n", name, load * 1e3);
  printf("load-checked:%s %.3f ms\n", name, check * 1e3);
  printf("check:%s %.0f MB/s\n", name, megabytes / (check - load));
  return 0;
}

/* The folder of remembered checks is the library's: it holds one file for each module. */
static void remove_folder(const char *folder) {
  char command[4200];
  snprintf(command, sizeof command, "rm -r '%s'", folder);
  if (system(command) != 0) fprintf(stderr, "bench_load: %s is left\n", folder);
}

int main(int argc, char **argv) {
  char folder[] = "/tmp/bench-load-XXXXXX";
  wr_signing_key *key;
  if (!mkdtemp(folder) || wr_signing_key_new(NULL, &key, NULL) != WR_OK) return 2;
  int failed = 0;
  for (int i = 1; i < argc; i++) failed |= measure(argv[i], folder, key);
  wr_signing_key_delete(key);
  remove_folder(folder);
  return failed;
}
