/* Validation of a module before its container is made, so that a bad one is refused with its reason
 * where the engine looks for it. The bytes come from an image, so they are read by a process that
 * has given up its rights; the container's process validates for itself again. */
#include <stdlib.h>
#include <string.h>

#include "../commands.h"
#include "oci.h"
#include "platform/files.h"
#include "platform/process.h"

typedef struct request {
  wr__oci *oci;
  const wr__oci_program *program;
  const wr__oci_words *options;
} request;

/* Binary, or text, which is seen from its content. */
static bool validate(wasm_engine_t *engine, const char *bytes, size_t size_bytes, wr_error *error) {
  wasm_byte_vec_t binary;
  if (size_bytes >= 4 && memcmp(bytes, "\0asm", 4) == 0)
    return wr_module_validate(engine, bytes, size_bytes, error) == WR_OK;
  if (wr_text_to_binary(bytes, size_bytes, &binary, error) != WR_OK) return false;
  return wr_module_validate(engine, binary.data, binary.size, error) == WR_OK;
}

/* In the process without rights, whose standard error is the message. Its exit status. */
static int check_module(void *context) {
  const request *r = context;
  wr__oci_words line = {0};
  wr__oci_words_add(r->oci, &line, "wasmrun");
  wr__oci_words_add(r->oci, &line, "run");
  for (size_t i = 0; i < r->options->count; i++)
    wr__oci_words_add(r->oci, &line, r->options->items[i]);
  wr__oci_words_add(r->oci, &line, "--");
  wr__oci_words_add(r->oci, &line, r->program->path);
  int count = (int)line.count;
  wr__oci_words_add(r->oci, &line, NULL);

  wr__parsed parsed;
  char message[256];
  int exit_status;
  if (!wr__options_parse(count, (char **)line.items, &parsed, message, sizeof message)) {
    wr__report("%s", message);
    return WR__EXIT_USAGE;
  }
  wasm_engine_t *engine = wr__engine_in(&parsed, &(wr__container){0}, true, &exit_status);
  if (!engine) return exit_status;
  size_t size_bytes;
  const char *bytes = wr__oci_map(r->program->fd, &size_bytes);
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  if (bytes && validate(engine, bytes, size_bytes, &error)) return 0;
  if (bytes) {
    wr__report_error(r->program->path, &error);
  } else {
    wr__report("%s: cannot be read", r->program->path);
  }
  return WR__EXIT_FAILED;
}

bool wr__oci_check_begin(wr__oci *oci, const wr__oci_program *program, const wr__oci_words *options,
                         wr__oci_check *check) {
  request r = {oci, program, options};
  if (wr__oci_fork_without_rights(check_module, &r, &check->pid, &check->pipe)) return true;
  wr__oci_fail(oci, "cannot start a process to check the module");
  return false;
}

bool wr__oci_check_end(wr__oci *oci, wr__oci_check *check) {
  char text[2048];
  int status = wr__oci_join(check->pid, check->pipe, text, sizeof text);
  if (status == 0) return true;
  const char *message = text;
  if (strncmp(message, "wasmrun: ", 9) == 0) message += 9;
  text[strcspn(text, "\n")] = '\0';
  if (text[0] == '\0') message = "the module cannot be checked";
  wr__oci_fail(oci, "%s", message);
  return false;
}
