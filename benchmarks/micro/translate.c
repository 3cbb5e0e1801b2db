/* bench_translate FILE...: how fast modules are decoded and validated, and how fast and large the
 * interpreter's register code for all of their functions is; of CPU times the least of several.
 * Prints lines of `name value unit`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "interp/translate.h"
#include "module/module.h"
#include "config/engine.h"
#include "validate/walker.h"

enum { PASSES = 5 };

typedef struct counts {
  uint64_t wasm_bytes, code_bytes;
} counts;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint8_t *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
  long length = ftell(file);
  uint8_t *bytes = length > 0 ? malloc((size_t)length) : NULL;
  rewind(file);
  if (bytes != NULL) *size = fread(bytes, 1, (size_t)length, file);
  fclose(file);
  return bytes;
}

static wr_status count_instruction(void *context, wr__walker *walker, const wr__instr *instr) {
  (void)walker;
  (void)instr;
  ++*(uint64_t *)context;
  return WR_OK;
}

static uint64_t count_instructions(const wr__module *module) {
  uint64_t count = 0;
  wr_error error = {0};
  wr__walker walker;
  wr__visitor visitor = {count_instruction, &count};
  wr__walker_init(&walker, module, &error);
  for (uint32_t i = module->imported_funcs; i < module->func_count; i++)
    if (wr__walk_func(&walker, i, &visitor) != WR_OK) break;
  wr__walker_free(&walker);
  return count;
}

static int translate_all(const wr__module *module, counts *total) {
  wr__translator *translator = wr__translator_new(module);
  uint32_t i = module->imported_funcs;
  for (; translator != NULL && i < module->func_count; i++) {
    wr__code *code = wr__translate(translator, i, true, 0, NULL);
    if (code == NULL) break;
    total->code_bytes += code->size_bytes;
    total->wasm_bytes += module->funcs[i].code_size;
    wr__code_free(code);
  }
  wr__translator_free(translator);
  return i == module->func_count ? 0 : -1;
}

static void keep_least(double *least, double value, int pass) {
  if (pass == 0 || value < *least) *least = value;
}

/* Of a module: the walk alone with a visitor that only counts, and translation, walk included. */
static int measure_translation(const wr__module *module, const char *name) {
  uint64_t instructions = 0;
  counts total = {0};
  double walk = 0, translate = 0;
  for (int pass = 0; pass < PASSES; pass++) {
    double start = now_s();
    instructions = count_instructions(module);
    double walked = now_s();
    total = (counts){0};
    if (translate_all(module, &total) != 0) {
      fprintf(stderr, "bench_translate: %s: a function was not translated\n", name);
      return 1;
    }
    keep_least(&walk, walked - start, pass);
    keep_least(&translate, now_s() - walked, pass);
  }
  if (instructions == 0) return 0;
  printf("walk:%s %.1f ns/instruction\n", name, walk * 1e9 / (double)instructions);
  printf("translate:%s %.1f ns/instruction\n", name, translate * 1e9 / (double)instructions);
  printf("code-size:%s %.2f times-wasm\n", name,
         (double)total.code_bytes / (double)total.wasm_bytes);
  return 0;
}

static int measure(wr__engine *engine, const char *path) {
  const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
  size_t size = 0;
  uint8_t *bytes = read_file(path, &size);
  wr__module *module = NULL;
  wr_error error = {.message = "cannot be read"};
  double validate = 0;
  for (int pass = 0; bytes != NULL && pass < PASSES; pass++) {
    wr__module_release(module);
    module = NULL;
    double start = now_s();
    if (wr__module_decode(engine, bytes, size, WR__BYTES_BORROWED, &module, &error) != WR_OK) break;
    keep_least(&validate, now_s() - start, pass);
  }
  int failed = module == NULL;
  if (failed) {
    fprintf(stderr, "bench_translate: %s: %s\n", path, error.message);
  } else {
    printf("validate:%s %.1f MB/s\n", name, (double)size / 1e6 / validate);
    failed = measure_translation(module, name);
  }
  wr__module_release(module);
  free(bytes);
  return failed;
}

int main(int argc, char **argv) {
  wr__config config;
  wr__config_init(&config);
  wr__engine *engine = wr__engine_new(&config);
  if (engine == NULL) return 2;
  int failed = 0;
  for (int i = 1; i < argc; i++) failed |= measure(engine, argv[i]);
  wr__engine_release(engine);
  return failed;
}
