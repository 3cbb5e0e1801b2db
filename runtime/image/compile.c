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

static void add_options(command *c, const wr__module *module, const wr_compile_options *options) {
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
  c->arguments[c->count] = NULL;
}

static wr_status fail_child(const wr__process_result *result, wr_error *error) {
  unsigned status = 0, func = 0;
  unsigned long long offset = 0;
  int at = 0;
  if (result->exit_status == 1 &&
      sscanf(result->message, "%u %llu %u %n", &status, &offset, &func, &at) == 3 &&
      status > WR_OK && status <= WR_IO) {
    size_t size = strcspn(result->message + at, "\n");
    wr__fail(error, (wr_status)status, offset, "%.*s", (int)(size < 400 ? size : 400),
             result->message + at);
    if (error) error->func_index = func;
    return (wr_status)status;
  }
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

wr_status wr__compiler_run(const wr__module *module, const wr_compile_options *options,
                           uint8_t **image, size_t *image_size, wr_error *error) {
  char path[4096];
  if (!wr__compiler_path(options, path, sizeof path)) strcpy(path, "wasmrun-compile");
  if ((options->target && strlen(options->target) > 100) ||
      (options->cpu && strlen(options->cpu) > 140))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "a compile option is too long");
  command c = {.count = 0};
  add_options(&c, module, options);
  wr__process_job job = {.path = path,
                         .arguments = c.arguments,
                         .input = {module->bytes, module->size},
                         .memory_bytes = options->max_memory,
                         .progress = options->progress,
                         .context = options->progress_context};
  wr__process_result result;
  WR_TRY(wr__process_run(&job, &result, error));
  wr_status status = result.exit_status ? fail_child(&result, error) : WR_OK;
  free(result.message);
  if (status != WR_OK) {
    free(result.output);
    return status;
  }
  status = wr__image_add_memory(module, &result.output, &result.output_size, error);
  if (status != WR_OK) {
    free(result.output);
    return status;
  }
  *image = result.output;
  *image_size = result.output_size;
  return WR_OK;
}
