/* wasmrun-compile: a module on standard input, its native image on standard output.
 *
 * The program that wasmrun and the library start; it keeps nothing and writes nothing else. Errors
 * are one line on standard error: "status offset func message", and exit status 1. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <llvm-c/Core.h>
#include <llvm-c/Support.h>

#include "compile.h"
#include "platform/process.h"
#include "config/engine.h"

#define NO_BATCH UINT32_MAX

static int report(wr_status status, const wr_error *error) {
  fprintf(stderr, "%d %llu %u %s\n", (int)status, (unsigned long long)error->offset,
          error->func_index, error->message);
  return 1;
}

static uint8_t *read_all(size_t *size) {
  size_t capacity = 0;
  uint8_t *data = NULL;
  *size = 0;
  for (;;) {
    if (!wr__grow(&data, &capacity, *size + (1 << 16), 1)) break;
    ssize_t got = read(0, data + *size, capacity - *size);
    if (got < 0) break;
    if (got == 0) return data;
    *size += (size_t)got;
  }
  free(data);
  return NULL;
}

static bool write_all(const uint8_t *data, size_t size) {
  while (size) {
    ssize_t done = write(1, data, size);
    if (done <= 0) return false;
    data += done;
    size -= (size_t)done;
  }
  return true;
}

/* "--name=value" */
static const char *value_of(const char *argument, const char *name) {
  size_t size = strlen(name);
  return !strncmp(argument, name, size) && argument[size] == '=' ? argument + size + 1 : NULL;
}

static bool parse_option(const char *argument, wr__compile_options *options, wr__config *config,
                         uint32_t *batch_count) {
  const char *value;
  if ((value = value_of(argument, "--target")))
    options->target = value;
  else if ((value = value_of(argument, "--cpu")))
    options->cpu = value;
  else if ((value = value_of(argument, "--threads")))
    options->threads = (uint32_t)atoi(value);
  else if ((value = value_of(argument, "--features")))
    config->features = strtoull(value, NULL, 16);
  else if ((value = value_of(argument, "--batch")))
    *batch_count = (uint32_t)strtoul(value, NULL, 10);
  else if ((value = value_of(argument, "--plain-from")))
    options->plain_from = (uint32_t)strtoul(value, NULL, 10);
  else if ((value = value_of(argument, "--dump-llvm")))
    options->dump = value;
  else if (!strcmp(argument, "--bounds=explicit"))
    options->bounds = WR__BOUNDS_EXPLICIT;
  else if (!strcmp(argument, "--bounds=guard"))
    options->bounds = WR__BOUNDS_GUARD;
  else if (!strcmp(argument, "--no-polls"))
    options->polls = false;
  else if (!strcmp(argument, "--check-proofs"))
    options->check_proofs = true;
  else if (!strcmp(argument, "--wrong-proofs")) /* never without the assertions */
    options->check_proofs = options->wrong_proofs = true;
  else if (argument[0] == '-' && argument[1] == 'O' && argument[2] && !argument[3] &&
           strchr("0123s", argument[2]))
    options->level = argument[2];
  else
    return false;
  return true;
}

#if defined(__aarch64__)
#define HOST "aarch64-linux"
#else
#define HOST "x86_64-linux"
#endif

/* What LLVM may not do here, and what would take long for nothing. */
static void configure_llvm(const wr__compile_options *options) {
  const char *arguments[] = {
      "wasmrun-compile",
      /* A prologue may not be delayed past an access that traps: backtraces need the frame. */
      "-enable-shrink-wrap=false",
      /* A conditional move from memory reads it in any case; a branch around it would lose traps.
       */
      "-x86-cmov-converter-force-mem-operand=false",
      /* Equal instructions have places of their own; one without a place says so. */
      "-enable-tail-merge=false",
      "-aarch64-enable-atomic-cfg-tidy=false",
      "-use-unknown-locations=Enable",
      /* Images call no library: LLVM computes with 128 bits where it counts the rounds of loops. */
      "-expand-div-rem-bits=64",
      /* There are no variables for a debugger. */
      "-force-instr-ref-livedebugvalues=0",
      "-experimental-debug-variable-locations=0",
      /* The last two, at -O1 alone: a quarter less time to compile for 6% slower code. */
      "-fast-isel",
      "-disable-lsr",
  };
  bool is_quick = options->level == '1' && !strcmp(options->target, "x86_64-linux");
  int count = (int)WR_ARRAY_COUNT(arguments) - (is_quick ? 0 : 2);
  LLVMParseCommandLineOptions(count, arguments, NULL);
}

/* The module's image to standard output. With a batch (NO_BATCH: none), its rows are behind the
 * module. */
static wr_status compile_module(const wr__module *module, wr__compile_options *options,
                                const wr__machine *machine, uint32_t batch_count, wr_error *error) {
  wr__batch batch = {0};
  if (batch_count != NO_BATCH) {
    WR_TRY(wr__batch_read(module, module->bytes + module->size, batch_count, &batch, error));
    options->batch = &batch;
  }
  wr__object_bytes image = {0};
  wr_status status = wr__compile_module(module, options, machine, &image, error);
  if (status == WR_OK && !write_all(image.data, image.size))
    status = wr__fail(error, WR_IO, WR_NO_OFFSET, "the image cannot be written");
  free(image.data);
  free((void *)(uintptr_t)batch.wants);
  options->batch = NULL;
  return status;
}

/* A module from standard input, its image to standard output. */
static wr_status compile_stdin(wr__engine *engine, wr__compile_options *options,
                               uint32_t batch_count, wr_error *error) {
  wr__machine machine;
  WR_TRY(wr__machine_init(&machine, options, error)); /* reads what processor this is */
  if (!options->dump) wr__process_confine();
  size_t size;
  uint8_t *bytes = read_all(&size);
  if (!bytes) return wr__fail_oom(error);
  size_t rows = batch_count == NO_BATCH ? 0 : batch_count * sizeof(wr__image_want);
  wr__module *module;
  wr_status status =
      size < rows ? wr__fail(error, WR_MALFORMED, WR_NO_OFFSET, "the batch is short")
                  : wr__module_decode(engine, bytes, size - rows, WR__BYTES_MALLOC, &module, error);
  if (status != WR_OK) {
    free(bytes); /* a module that was not made owns nothing */
    return status;
  }
  status = compile_module(module, options, &machine, batch_count, error);
  wr__module_release(module);
  return status;
}

static int print_version(void) {
  unsigned major, minor, patch;
  LLVMGetVersion(&major, &minor, &patch);
  printf("LLVM %u.%u.%u\n", major, minor, patch);
  return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "--version")) return print_version();
  wr__compile_options options = {
      .level = '2', .target = HOST, .polls = true, .threads = 1, .progress = wr__progress_open()};
  wr__config config;
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  uint32_t batch_count = NO_BATCH;
  wr__config_init(&config);
  for (int i = 1; i < argc; i++) {
    if (parse_option(argv[i], &options, &config, &batch_count)) continue;
    wr_status status =
        wr__fail(&error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "unknown option %s", argv[i]);
    return report(status, &error);
  }
  configure_llvm(&options);
  wr__engine *engine = wr__engine_new(&config);
  if (!engine) return report(wr__fail_oom(&error), &error);
  wr_status status = compile_stdin(engine, &options, batch_count, &error);
  wr__engine_release(engine);
  return status == WR_OK ? 0 : report(status, &error);
}
