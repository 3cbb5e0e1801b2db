/* `wasmrun compile`, and --engine compile of `wasmrun run`. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "platform/host.h"
#include "run.h"

enum { MAX_TARGETS = 16 };

/* ---- Progress ---------------------------------------------------------------------- */

typedef struct progress {
  double start; /* seconds */
  const char *target;
  bool shown;
} progress;

enum { BAR_WIDTH = 24 };

/* The phases that the counts tell apart. */
static const char *phase_of(uint64_t done, uint64_t total) {
  if (total == 0) return "reading";
  return done < total ? "compiling" : "linking";
}

/* Work of less than a second is not worth a bar. "[####....]  50%  compiling x86_64-linux, 12 s,
 * about 12 s left": parts take different times, so what is left is an estimate. */
static void show_progress(void *context, uint64_t done, uint64_t total) {
  progress *p = context;
  double elapsed = wr__host_seconds() - p->start;
  if (elapsed < 1) return;
  int filled = total ? (int)(done * BAR_WIDTH / total) : 0;
  char bar[BAR_WIDTH + 1], left[48] = "";
  memset(bar, '.', BAR_WIDTH);
  memset(bar, '#', (size_t)filled);
  bar[BAR_WIDTH] = '\0';
  if (done > 0 && done < total)
    snprintf(left, sizeof left, ", about %.0f s left",
             elapsed * (double)(total - done) / (double)done + 0.5);
  fprintf(stderr, "\r[%s] %3u%%  %s%s%s, %.0f s%s\033[K", bar,
          total ? (unsigned)(done * 100 / total) : 0, phase_of(done, total),
          p->target[0] ? " for " : "", p->target, elapsed, left);
  fflush(stderr);
  p->shown = true;
}

static void watch(wr_compile_options *options, progress *p) {
  *p = (progress){.start = wr__host_seconds(), .target = options->target ? options->target : ""};
  if (!wr__host_terminal()) return;
  options->progress = show_progress;
  options->progress_context = p;
}

static void unwatch(const progress *p) {
  if (p->shown) fputs("\r\033[K", stderr);
}

/* ---- wasmrun run --engine compile --------------------------------------------------- */

/* A program that is to run here and now. */
static void read_run_options(const wr__parsed *parsed, wr_compile_options *options) {
  const char *bounds = wr__option_last(parsed, WR__OPTION_BOUNDS);
  wr_compile_options_init(options);
  options->cpu = "native";
  options->bounds_explicit = bounds && strcmp(bounds, "explicit") == 0;
}

wasm_module_t *wr__load_to_run(const wr__parsed *parsed, wasm_engine_t *engine, const char *path) {
  const char *name = wr__option_last(parsed, WR__OPTION_ENGINE);
  if (!name || strcmp(name, "compile") != 0) return wr__load_module(engine, path);
  wr_compile_options options;
  read_run_options(parsed, &options);
  progress p;
  watch(&options, &p);
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wasm_module_t *module = NULL;
  wr_status status = WR_OK;
  if (strcmp(path, "-") == 0) {
    module = wr__load_module(engine, path);
    if (module) status = wr_module_compile(module, &options, &error);
  } else if (wr__check_module_file(path)) {
    status = wr_module_open_compiled(engine, path, &options, &module, &error);
  }
  unwatch(&p);
  if (status == WR_OK) return module;
  wr__report_error(path, &error);
  if (module) wasm_module_delete(module);
  return NULL;
}

wr_component_t *wr__load_component_to_run(const wr__parsed *parsed, wasm_engine_t *engine,
                                          const char *path) {
  const char *name = wr__option_last(parsed, WR__OPTION_ENGINE);
  wr_compile_options options;
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wr_component_t *component = NULL;
  wr_status status;
  if (name && strcmp(name, "compile") == 0) {
    progress p;
    read_run_options(parsed, &options);
    watch(&options, &p);
    status = wr_component_open_compiled(engine, path, &options, &component, &error);
    unwatch(&p);
  } else {
    status = wr_component_open(engine, path, &component, &error);
  }
  if (status != WR_OK) wr__report_error(path, &error);
  return component;
}

/* ---- wasmrun compile -------------------------------------------------------------- */

/* FILE.aot.wasm for FILE.wasm and FILE.wat; "-" for standard input. The caller frees it. */
static char *default_output(const char *path, const char *ending) {
  if (strcmp(path, "-") == 0) return strdup("-");
  static const char *const known[] = {".aot.wasm", ".wasm", ".wat"};
  size_t length = strlen(path);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    size_t size = strlen(known[i]);
    if (length <= size || strcmp(path + length - size, known[i]) != 0) continue;
    length -= size;
    break;
  }
  char *out = malloc(length + strlen(ending) + 1);
  if (!out) return NULL;
  memcpy(out, path, length);
  strcpy(out + length, ending);
  return out;
}

/* "-" only where the module comes from standard input, too: nobody wants megabytes on a terminal.
 */
static bool write_output(const wr__parsed *parsed, const char *ending,
                         const wasm_byte_vec_t *file) {
  const char *given = wr__option_last(parsed, WR__OPTION_OUTPUT);
  char *output = given ? strdup(given) : default_output(parsed->operands[0], ending);
  bool written = output && wr__write_file(output, file->data, file->size);
  if (written && wr__host_terminal() && strcmp(output, "-") != 0)
    wr__report("wrote %s, %.1f MB", output, (double)file->size / 1e6);
  free(output);
  return written;
}

static int strip(const wr__parsed *parsed) {
  char *data;
  size_t size;
  if (!wr__read_file(parsed->operands[0], &data, &size)) return WR__EXIT_FAILED;
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wasm_byte_vec_t file = {0, NULL};
  wr_status status = wr_native_strip(data, size, &file, &error);
  free(data);
  if (status != WR_OK) {
    wr__report_error(parsed->operands[0], &error);
    return WR__EXIT_FAILED;
  }
  bool written = write_output(parsed, ".wasm", &file);
  wasm_byte_vec_delete(&file);
  return written ? WR__EXIT_OK : WR__EXIT_FAILED;
}

/* Reads the options that do not differ by target. WR__EXIT_OK, or a failure that was reported. */
static int read_options(const wr__parsed *parsed, wr_compile_options *options) {
  const char *level = wr__option_last(parsed, WR__OPTION_LEVEL);
  const char *jobs = wr__option_last(parsed, WR__OPTION_JOBS);
  const char *bounds = wr__option_last(parsed, WR__OPTION_BOUNDS);
  wr_compile_options_init(options);
  if (level) {
    if (wr__word_of(WR__OPTION_LEVEL, level) < 0) return WR__EXIT_USAGE;
    options->level = level[0];
  }
  if (jobs) {
    char *end;
    unsigned long count = strtoul(jobs, &end, 10);
    if (jobs[0] < '0' || jobs[0] > '9' || *end != '\0' || count == 0 || count > 1024) {
      wr__report("--jobs: '%s' is not a number of jobs", jobs);
      return WR__EXIT_USAGE;
    }
    options->threads = (unsigned)count;
  }
  options->cpu = wr__option_last(parsed, WR__OPTION_CPU);
  options->bounds_explicit = bounds && strcmp(bounds, "explicit") == 0;
  options->no_polls = wr__option_last(parsed, WR__OPTION_NO_POLLS) != NULL;
  options->check_proofs = wr__option_last(parsed, WR__OPTION_CHECK_PROOFS) != NULL;
  return WR__EXIT_OK;
}

/* Splits "a,b" in place; each must be known, and named once. The number of targets, or -1. */
static int split_targets(char *text, const char *targets[MAX_TARGETS]) {
  int count = 0;
  char *rest;
  for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
    if (wr__word_of(WR__OPTION_TARGET, word) < 0) return -1;
    for (int i = 0; i < count; i++) {
      if (strcmp(targets[i], word) != 0) continue;
      wr__report("--target: '%s' is named twice", word);
      return -1;
    }
    if (count < MAX_TARGETS) targets[count++] = word;
  }
  if (count == 0) wr__report("--target: which one?");
  return count ? count : -1;
}

typedef struct job {
  const wr__parsed *parsed;
  wr_compile_options options;
  const char *targets[MAX_TARGETS];
  int count;
  wasm_byte_vec_t images[MAX_TARGETS];
} job;

static bool report_failure(const job *j, const wr_error *error) {
  wr__report_error(j->parsed->operands[0], error);
  return false;
}

static bool compile_and_write(job *j, const wasm_module_t *module, const wr_signing_key *key) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  for (int i = 0; i < j->count; i++) {
    j->options.target = j->targets[i];
    progress p;
    watch(&j->options, &p);
    wr_status status = wr_module_compile_image(module, &j->options, &j->images[i], &error);
    unwatch(&p);
    if (status != WR_OK) return report_failure(j, &error);
  }
  wasm_byte_vec_t file;
  if (wr_native_pack(module, j->images, (size_t)j->count, key, &file, &error) != WR_OK)
    return report_failure(j, &error);
  bool written = write_output(j->parsed, ".aot.wasm", &file);
  wasm_byte_vec_delete(&file);
  return written;
}

static bool compile_component(job *j, const wr_component_t *component, const wr_signing_key *key) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  progress p;
  wasm_byte_vec_t file;
  watch(&j->options, &p);
  wr_status status = wr_component_compile(component, &j->options, j->targets, (size_t)j->count, key,
                                          &file, &error);
  unwatch(&p);
  if (status != WR_OK) return report_failure(j, &error);
  bool written = write_output(j->parsed, ".aot.wasm", &file);
  wasm_byte_vec_delete(&file);
  return written;
}

/* The key comes first: whoever has none should not wait for a compilation to be told. */
static int compile(job *j, wasm_engine_t *engine) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  const char *path = j->parsed->operands[0];
  bool is_component = wr__run_is_component(path);
  wr_component_t *component = NULL;
  wasm_module_t *module = is_component ? NULL : wr__load_module(engine, path);
  wr_signing_key *key = NULL;
  bool done = false;
  if (is_component && wr_component_open(engine, path, &component, &error) != WR_OK)
    wr__report_error(path, &error);
  else if ((module || component) &&
           wr_signing_key_open(wr__option_last(j->parsed, WR__OPTION_SIGN_KEY), &key, &error) !=
               WR_OK)
    wr__report("%s", error.message);
  else if (module || component)
    done = module ? compile_and_write(j, module, key) : compile_component(j, component, key);
  wr_component_delete(component);
  for (int i = 0; i < j->count; i++) wasm_byte_vec_delete(&j->images[i]);
  wr_signing_key_delete(key);
  if (module) wasm_module_delete(module);
  return done ? WR__EXIT_OK : WR__EXIT_FAILED;
}

int wr__command_compile(const wr__parsed *parsed) {
  if (parsed->operand_count != 1) {
    wr__report("compile: one module at a time");
    return WR__EXIT_USAGE;
  }
  if (wr__option_last(parsed, WR__OPTION_STRIP)) return strip(parsed);
  job j = {.parsed = parsed, .targets = {NULL}, .count = 1};
  int exit_status = read_options(parsed, &j.options);
  if (exit_status != WR__EXIT_OK) return exit_status;
  const char *given = wr__option_last(parsed, WR__OPTION_TARGET);
  char *text = given ? strdup(given) : NULL;
  if (text) j.count = split_targets(text, j.targets);
  wasm_engine_t *engine = NULL;
  exit_status = WR__EXIT_USAGE;
  if (j.count > 0) engine = wr__engine_from_options(parsed, &exit_status);
  if (engine) exit_status = compile(&j, engine);
  if (engine) wasm_engine_delete(engine);
  free(text);
  return exit_status;
}
