/* wasmrun-spectest: runs scripts of the official test suite. See README.md. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "platform/files.h"
#include "session.h"

static const char usage[] =
    "usage: wasmrun-spectest [options] file.wast|folder...\n"
    "  --engine interp|native|compile|jit\n"
    "                           what executes (default: interp); native: modules are compiled "
    "into\n"
    "                           signed files and loaded from there, compile: in memory;\n"
    "                           jit: functions become native while they are called\n"
    "  --level 0|1|2|3|s        optimisation of native code (default: 2)\n"
    "  --bounds auto|explicit   guard pages where possible, or checks before each access\n"
    "  --check-proofs           native code asserts that accesses without checks need none\n"
    "  --gc-stress              collect at every allocation\n"
    "  --plain                  the interpreter without its optimisations\n"
    "  --jobs N                 run N scripts at once (default: 1)\n"
    "  --timeout SECONDS        for each script (default: 60)\n"
    "  --exclude TEXT           leave out paths that contain TEXT (may be repeated)\n"
    "  --strict-messages        an error in other words than the script's is a failure\n"
    "  --round-trip             print every module and parse it again: it must be the same\n"
    "  --print                  let the print functions print\n"
    "  --quiet                  only failures and totals\n"
    "  --json FILE              write the outcome as JSON\n"
    "  --junit FILE             write the outcome for JUnit readers\n";

typedef struct run {
  settings options;
  bool quiet;
  unsigned jobs;
  const char *json, *junit;
  const char *excluded[32];
  size_t excluded_count;
  report_file *files;
  size_t count, capacity;
  size_t next, printed; /* under the lock */
  pthread_mutex_t lock;
} run;

/* ---- Which files -------------------------------------------------------------------------------
 */

static bool ends_with(const char *text, const char *end) {
  size_t size = strlen(text), end_size = strlen(end);
  return size >= end_size && !strcmp(text + size - end_size, end);
}

static bool is_excluded(const run *r, const char *path) {
  for (size_t i = 0; i < r->excluded_count; i++)
    if (strstr(path, r->excluded[i])) return true;
  return false;
}

static bool add_file(run *r, const char *path) {
  if (is_excluded(r, path)) return true;
  if (r->count == r->capacity) {
    size_t capacity = r->capacity ? r->capacity * 2 : 64;
    report_file *grown = realloc(r->files, capacity * sizeof *grown);
    if (!grown) return false;
    r->files = grown;
    r->capacity = capacity;
  }
  r->files[r->count] = (report_file){.path = strdup(path)};
  return r->files[r->count++].path != NULL;
}

static bool add_found(void *context, const char *path, bool named) {
  return named || ends_with(path, ".wast") ? add_file(context, path) : true;
}

/* A folder's scripts, in order and with those below; a file that was named whatever it is called.
 */
static bool add_path(run *r, const char *path) {
  if (files_visit(path, add_found, r)) return true;
  if (errno) fprintf(stderr, "wasmrun-spectest: %s: %s\n", path, strerror(errno));
  return false;
}

/* ---- Options ------------------------------------------------------------------------------------
 */

static bool parse_choice(const char *value, const char *first, const char *second, int *out) {
  if (strcmp(value, first) && strcmp(value, second)) return false;
  *out = !strcmp(value, second);
  return true;
}

static bool parse_valued(run *r, const char *option, const char *value) {
  int choice;
  if (!strcmp(option, "--engine")) {
    if (!strcmp(value, "compile"))
      choice = SPEC_COMPILE;
    else if (!strcmp(value, "jit"))
      choice = SPEC_JIT;
    else if (!parse_choice(value, "interp", "native", &choice))
      return false;
    r->options.engine = (spec_engine)choice;
  } else if (!strcmp(option, "--level")) {
    r->options.level = value[0];
    return value[0] && !value[1] && strchr("0123s", value[0]);
  } else if (!strcmp(option, "--bounds")) {
    if (!parse_choice(value, "auto", "explicit", &choice)) return false;
    r->options.bounds = choice ? WR_BOUNDS_EXPLICIT : WR_BOUNDS_AUTO;
  } else if (!strcmp(option, "--jobs")) {
    r->jobs = (unsigned)strtoul(value, NULL, 10);
    return r->jobs > 0 && r->jobs <= 256;
  } else if (!strcmp(option, "--timeout")) {
    r->options.timeout_seconds = strtod(value, NULL);
    return r->options.timeout_seconds > 0;
  } else if (!strcmp(option, "--exclude")) {
    if (r->excluded_count == sizeof r->excluded / sizeof *r->excluded) return false;
    r->excluded[r->excluded_count++] = value;
  } else if (!strcmp(option, "--json")) {
    r->json = value;
  } else if (!strcmp(option, "--junit")) {
    r->junit = value;
  } else {
    return false;
  }
  return true;
}

static bool parse_flag(run *r, const char *option) {
  bool *flag = !strcmp(option, "--gc-stress")         ? &r->options.gc_stress
               : !strcmp(option, "--check-proofs")    ? &r->options.check_proofs
               : !strcmp(option, "--plain")           ? &r->options.plain
               : !strcmp(option, "--strict-messages") ? &r->options.strict_messages
               : !strcmp(option, "--round-trip")      ? &r->options.round_trip
               : !strcmp(option, "--print")           ? &r->options.print
               : !strcmp(option, "--quiet")           ? &r->quiet
                                                      : NULL;
  if (flag) *flag = true;
  return flag != NULL;
}

static bool parse_options(run *r, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (argv[i][0] != '-') {
      if (!add_path(r, argv[i])) return false;
    } else if (!parse_flag(r, argv[i])) {
      if (i + 1 >= argc || !parse_valued(r, argv[i], argv[i + 1])) {
        fprintf(stderr, "wasmrun-spectest: bad option %s\n%s", argv[i], usage);
        return false;
      }
      i++;
    }
  }
  if (!r->count) fputs(usage, stderr);
  return r->count > 0;
}

/* ---- Running
 * ---------------------------------------------------------------------------------------- */

/* Prints the outcomes that are ready, in the order of the files. Under the lock. */
static void print_ready(run *r) {
  for (; r->printed < r->count && r->files[r->printed].done; r->printed++) {
    const report_file *file = &r->files[r->printed];
    if (!r->quiet || file->counts.failed || file->counts.skipped) report_print(file);
  }
  fflush(stdout);
}

static void *run_files(void *context) {
  run *r = context;
  pthread_mutex_lock(&r->lock);
  while (r->next < r->count) {
    report_file *file = &r->files[r->next++];
    pthread_mutex_unlock(&r->lock);
    session_run_file(&r->options, file);
    pthread_mutex_lock(&r->lock);
    file->done = true;
    print_ready(r);
  }
  pthread_mutex_unlock(&r->lock);
  return NULL;
}

static void run_all(run *r) {
  pthread_t threads[256];
  unsigned started = 0;
  while (started + 1 < r->jobs && pthread_create(&threads[started], NULL, run_files, r) == 0)
    started++;
  run_files(r);
  for (unsigned i = 0; i < started; i++) pthread_join(threads[i], NULL);
}

static int print_totals(run *r) {
  report_counts sum = {0};
  double seconds = 0;
  for (size_t i = 0; i < r->count; i++) {
    report_add(&sum, &r->files[i].counts);
    seconds += r->files[i].seconds;
  }
  printf("%zu files, %" PRIu64 " modules, %" PRIu64 " assertions, %.2f s\n", r->count, sum.modules,
         sum.assertions, seconds);
  if (sum.round_trips) printf("%" PRIu64 " modules printed and parsed again\n", sum.round_trips);
  if (sum.reworded)
    printf("%" PRIu64 " errors of the expected kind have other words than the script's\n",
           sum.reworded);
  if (sum.waiting)
    printf("%" PRIu64 " waiting for features of components behind 0.2\n", sum.waiting);
  printf("%" PRIu64 " skipped\n", sum.skipped);
  printf("%" PRIu64 " passed, %" PRIu64 " failed\n", sum.passed, sum.failed);
  bool written = (!r->json || report_write_json(r->json, r->files, r->count)) &&
                 (!r->junit || report_write_junit(r->junit, r->files, r->count));
  if (!written) fprintf(stderr, "wasmrun-spectest: the report cannot be written\n");
  return sum.failed || sum.skipped || !written;
}

/* A key that nobody else has, and a folder for files. */
static bool prepare_files(run *r, char *folder) {
  wr_error error;
  if (r->options.engine != SPEC_NATIVE) return true;
  r->options.folder = mkdtemp(folder);
  if (r->options.folder && wr_signing_key_new(NULL, &r->options.key, &error) == WR_OK) return true;
  fprintf(stderr, "wasmrun-spectest: no folder or no key for native code\n");
  return false;
}

int main(int argc, char **argv) {
  char folder[] = "/tmp/wasmrun-spectest-XXXXXX";
  run r = {.options = {.engine = SPEC_INTERP, .level = '2', .timeout_seconds = 60},
           .jobs = 1,
           .lock = PTHREAD_MUTEX_INITIALIZER};
  int status = 2;
  if (parse_options(&r, argc, argv) && prepare_files(&r, folder)) {
    run_all(&r);
    status = print_totals(&r);
  }
  if (r.options.folder) remove(r.options.folder);
  wr_signing_key_delete(r.options.key);
  for (size_t i = 0; i < r.count; i++) report_free(&r.files[i]);
  free(r.files);
  return status;
}
