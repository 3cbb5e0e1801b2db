/* Starting the compiler program, and taking its image. What it says on standard error is
 * "status offset func message" (compiler/main.c). */
#include <stdio.h>
#include <stdlib.h>

#include "image/compiler.h"
#include "image/image.h"
#include "platform/process.h"

enum { MAX_ARGUMENTS = 16 };

typedef struct command {
  const char *arguments[MAX_ARGUMENTS];
  int count;
  char texts[MAX_ARGUMENTS][160];
} command;

static void add(command *c, const char *format, const char *value) {
  snprintf(c->texts[c->count], sizeof c->texts[0], format, value);
  c->arguments[c->count] = c->texts[c->count];
  c->count++;
}

static void add_options(command *c, const wr__module *module, const wr_compile_options *options,
                        const wr__compiler_batch *batch) {
  char text[32] = {options->level};
  add(c, "%s", "wasmrun-compile");
  add(c, "-O%s", text);
  /* Said in every case: the compiler program may be another machine's, run by an emulator's rules.
   */
  add(c, "--target=%s", options->target ? options->target : wr__image_host_target());
  if (options->cpu) add(c, "--cpu=%s", options->cpu);
  if (options->bounds_explicit) add(c, "%s", "--bounds=explicit");
  if (options->no_polls) add(c, "%s", "--no-polls");
  if (options->check_proofs) add(c, "%s", "--check-proofs");
  snprintf(text, sizeof text, "%llx", (unsigned long long)module->engine->config.features);
  add(c, "--features=%s", text);
  snprintf(text, sizeof text, "%u", options->threads ? options->threads : wr__processor_count());
  add(c, "--threads=%s", text);
  snprintf(text, sizeof text, "%zu", batch ? batch->count : 0);
  if (batch) add(c, "--batch=%s", text);
  snprintf(text, sizeof text, "%u", batch ? batch->plain_from : 0);
  if (batch && batch->plain_from) add(c, "--plain-from=%s", text);
  c->arguments[c->count] = NULL;
}

/* ---- Limits: what compiling takes is proportional to the module, so more is a fault */

enum { BASE_SECONDS = 120, BYTES_PER_SECOND = 1 << 10, BYTES_PER_THREAD = 64 << 10 };
static const uint64_t base_bytes = 2ull << 30, bytes_per_byte = 1 << 10;
static const uint64_t thread_bytes = 192 << 20; /* stack and heap of one */

/* Of the compiler's address space. */
static uint64_t memory_limit(const wr__module *module, const wr_compile_options *options) {
  if (options->max_memory) return options->max_memory;
  if (!wr__process_can_be_confined()) return 0;
  uint64_t threads = options->threads ? options->threads : wr__processor_count();
  uint64_t useful = 1 + module->size / BYTES_PER_THREAD;
  return base_bytes + bytes_per_byte * module->size +
         thread_bytes * (threads < useful ? threads : useful);
}

static uint64_t time_limit(const wr__module *module) {
  return BASE_SECONDS + module->size / BYTES_PER_SECOND;
}

/* ---- What became of it */

enum { SIGNAL_ABORT = 6, SIGNAL_CPU_LIMIT = 24 };

static wr_status fail_memory(uint64_t limit, wr_error *error) {
  if (!limit)
    return wr__fail(error, WR_OUT_OF_MEMORY, WR_NO_OFFSET, "the compiler ran out of memory");
  bool is_small = limit < 10ull << 30;
  return wr__fail(
      error, WR_OUT_OF_MEMORY, WR_NO_OFFSET, "the compiler ran out of memory: limit %llu %s",
      (unsigned long long)(is_small ? limit >> 20 : limit >> 30), is_small ? "MiB" : "GiB");
}

/* LLVM and the C++ library say so, and abort. */
static bool ran_out_of_memory(const wr__process_result *result) {
  return result->exit_status == 256 + SIGNAL_ABORT &&
         (strstr(result->message, "out of memory") || strstr(result->message, "bad_alloc") ||
          strstr(result->message, "llocation failed"));
}

/* An error that the compiler reports. */
static bool read_report(const wr__process_result *result, unsigned *status,
                        unsigned long long *offset, unsigned *func, int *at) {
  return result->exit_status == 1 &&
         sscanf(result->message, "%u %llu %u %n", status, offset, func, at) == 3 &&
         *status > WR_OK && *status <= WR_IO;
}

static wr_status fail_child(const wr__process_result *result, const wr__process_job *job,
                            wr_error *error) {
  unsigned status = 0, func = 0;
  unsigned long long offset = 0;
  int at = 0;
  bool is_report = read_report(result, &status, &offset, &func, &at);
  if (ran_out_of_memory(result) || (is_report && status == WR_OUT_OF_MEMORY))
    return fail_memory(job->memory_bytes, error);
  if (is_report) {
    size_t size = strcspn(result->message + at, "\n");
    wr__fail(error, (wr_status)status, offset, "%.*s", (int)(size < 400 ? size : 400),
             result->message + at);
    if (error) error->func_index = func;
    return (wr_status)status;
  }
  if (result->exit_status == 256 + SIGNAL_CPU_LIMIT)
    return wr__fail(error, WR_IO, WR_NO_OFFSET,
                    "the compiler took too long: limit %llu s of processor time",
                    (unsigned long long)job->cpu_seconds);
  if (result->exit_status > 256)
    return wr__fail(error, WR_IO, WR_NO_OFFSET, "the compiler was ended by signal %d",
                    result->exit_status - 256);
  size_t size = strcspn(result->message, "\n");
  return wr__fail(error, WR_IO, WR_NO_OFFSET, "the compiler failed: %.*s",
                  (int)(size < 300 ? size : 300), result->message);
}

bool wr__compiler_path(const wr_compile_options *options, char *path, size_t size) {
  const char *named = options->compiler ? options->compiler : getenv("WASMRUN_COMPILE");
  if (named) return (size_t)snprintf(path, size, "%s", named) < size;
  return wr__program_sibling("wasmrun-compile", path, size);
}

/* Without the program there is no compiler at all: says where it comes from. */
static wr_status explain_start(const char *path, wr_status status, wr_error *error) {
  if (status != WR_NOT_FOUND) return status;
  return wr__fail(
      error, WR_IO, WR_NO_OFFSET,
      "%s cannot be started: there is no such program. It is part of a build of wasmrun "
      "with LLVM 19 (Debian: llvm-19-dev), and is looked for by the variable "
      "WASMRUN_COMPILE, beside wasmrun, and in PATH",
      path);
}

static wr_status run(const wr__module *module, const wr_compile_options *options,
                     const wr__compiler_batch *batch, wr__process_result *result, wr_error *error) {
  char path[4096];
  if (!wr__compiler_path(options, path, sizeof path)) strcpy(path, "wasmrun-compile");
  if ((options->target && strlen(options->target) > 100) ||
      (options->cpu && strlen(options->cpu) > 140))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "a compile option is too long");
  command c = {.count = 0};
  add_options(&c, module, options, batch);
  wr__process_job job = {.path = path,
                         .arguments = c.arguments,
                         .input = {module->bytes, module->size},
                         .memory_bytes = memory_limit(module, options),
                         .cpu_seconds = time_limit(module),
                         .progress = options->progress,
                         .context = options->progress_context};
  if (batch)
    job.more = (wr__span){(const uint8_t *)batch->wants, batch->count * sizeof *batch->wants};
  if (batch) job.handle = batch->handle;
  if (batch) job.niceness = batch->niceness;
  wr_status started = wr__process_run(&job, result, error);
  if (started != WR_OK) return explain_start(path, started, error);
  wr_status status = result->exit_status ? fail_child(result, &job, error) : WR_OK;
  free(result->message);
  if (status != WR_OK) free(result->output);
  return status;
}

wr_status wr__compiler_run(const wr__module *module, const wr_compile_options *options,
                           uint8_t **image, size_t *image_size, wr_error *error) {
  wr__process_result result;
  WR_TRY(run(module, options, NULL, &result, error));
  wr_status status = wr__image_add_memory(module, &result.output, &result.output_size, error);
  if (status != WR_OK) {
    free(result.output);
    return status;
  }
  *image = result.output;
  *image_size = result.output_size;
  return WR_OK;
}

wr_status wr__compiler_run_batch(const wr__module *module, const wr_compile_options *options,
                                 const wr__compiler_batch *batch, uint8_t **image,
                                 size_t *image_size, wr_error *error) {
  wr__process_result result;
  WR_TRY(run(module, options, batch, &result, error));
  *image = result.output;
  *image_size = result.output_size;
  return WR_OK;
}
