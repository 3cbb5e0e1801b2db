/* What a report of a fault should say: the compiler that is found, and the processor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/compiler.h"
#include "image/format.h"
#include "image/image.h"
#include "platform/process.h"
#include "wasmrun.h"

enum { PATH_BYTES = 4096 };

/* The first line that the program says of itself, "LLVM 19.1.7". */
static void ask_compiler(const char *path, char *out, size_t size) {
  static const char *const arguments[] = {"wasmrun-compile", "--version", NULL};
  wr__process_job job = {.path = path, .arguments = arguments};
  wr__process_result result;
  if (wr__process_run(&job, &result, NULL) != WR_OK) {
    snprintf(out, size, "none (no program %s can be started)", path);
    return;
  }
  const char *text = (const char *)result.output;
  int length = 0;
  while ((size_t)length < result.output_size && text[length] != '\n') length++;
  if (result.exit_status == 0) {
    snprintf(out, size, "%.*s (%s)", length, text, path);
  } else {
    snprintf(out, size, "fails with status %d (%s)", result.exit_status, path);
  }
  free(result.output);
  free(result.message);
}

static void list_features(uint64_t features, char *out, size_t size) {
  static const char *const names[] = {
#define X(name, text) text,
      WR__CPU_FEATURES(X)
#undef X
  };
  size_t used = 0;
  out[0] = '\0';
  for (unsigned i = 0; i < WR__CPU_FEATURE_COUNT && used < size; i++) {
    if (features >> i & 1) used += (size_t)snprintf(out + used, size - used, " +%s", names[i]);
  }
}

void wr_version_details(char *buffer, size_t size_bytes) {
  char path[PATH_BYTES], compiler[PATH_BYTES + 128], features[512];
  wr_compile_options options;
  wr_compile_options_init(&options);
  if (!wr__compiler_path(&options, path, sizeof path)) strcpy(path, "wasmrun-compile");
  ask_compiler(path, compiler, sizeof compiler);
  list_features(wr__cpu_features(), features, sizeof features);
  snprintf(buffer, size_bytes, "compiler: %s\nprocessor: %s, %u processors%s\n", compiler,
           wr__image_host_target(), wr__processor_count(), features);
}
