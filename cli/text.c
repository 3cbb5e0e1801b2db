/* `wasmrun wat2wasm` and `wasmrun wasm2wat`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "platform/output.h"

/* More than one file, or none, is a mistake that would otherwise go unseen. */
static bool has_one_operand(const wr__parsed *parsed) {
  if (parsed->operand_count == 1) return true;
  wr__report("%s: one file at a time", wr__commands[parsed->command].name);
  return false;
}

/* FILE with .wasm in place of .wat; "-" for standard input. The caller frees it. */
static char *default_output(const char *path) {
  if (strcmp(path, "-") == 0) return strdup("-");
  size_t length = strlen(path);
  if (length > 4 && strcmp(path + length - 4, ".wat") == 0) length -= 4;
  char *out = malloc(length + 6);
  if (!out) return NULL;
  memcpy(out, path, length);
  memcpy(out + length, ".wasm", 6);
  return out;
}

/* Validates what the parser made of the text. */
static bool is_valid(const wr__parsed *parsed, const char *path, const char *text, size_t size,
                     const wasm_byte_vec_t *binary, int *exit_status) {
  wasm_engine_t *engine = wr__engine_from_options(parsed, exit_status);
  if (!engine) return false;
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wr_status status = wr_module_validate(engine, binary->data, binary->size, &error);
  if (status != WR_OK) {
    wr_text_locate(text, size, &error);
    wr__report_error(path, &error);
    *exit_status = WR__EXIT_FAILED;
  }
  wasm_engine_delete(engine);
  return status == WR_OK;
}

int wr__command_wat2wasm(const wr__parsed *parsed) {
  if (!has_one_operand(parsed)) return WR__EXIT_USAGE;
  const char *path = parsed->operands[0];
  char *text;
  size_t size;
  if (!wr__read_file(path, &text, &size)) return WR__EXIT_FAILED;
  wasm_byte_vec_t binary = {0, NULL};
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  int exit_status = WR__EXIT_FAILED;
  if (wr_text_to_binary(text, size, &binary, &error) != WR_OK) {
    wr__report_error(path, &error);
  } else if (is_valid(parsed, path, text, size, &binary, &exit_status)) {
    const char *given = wr__option_last(parsed, WR__OPTION_OUTPUT);
    char *output = given ? strdup(given) : default_output(path);
    bool written = output && wr__write_file(output, binary.data, binary.size);
    exit_status = written ? WR__EXIT_OK : WR__EXIT_FAILED;
    free(output);
  }
  wasm_byte_vec_delete(&binary);
  free(text);
  return exit_status;
}

/* Native code is no part of the text. */
static void take_out_native(char **binary, size_t *size) {
  wasm_byte_vec_t module;
  if (wr_native_strip(*binary, *size, &module, NULL) != WR_OK) return;
  free(*binary);
  *binary = module.data;
  *size = module.size;
}

static bool cannot_write(const char *path) {
  wr__report("cannot write %s: %s", path, strerror(errno));
  return false;
}

static bool print_module(const char *path, const char *binary, size_t size,
                         const wr_print_options *options, const char *output_path) {
  wr__output output;
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  if (!wr__output_open(&output, output_path)) return cannot_write(output_path);
  wr_status status = wr_binary_print(binary, size, options, wr__output_write, &output, &error);
  bool written = wr__output_close(&output, status == WR_OK);
  if (status != WR_OK && status != WR_IO) {
    wr__report_error(path, &error);
    return false;
  }
  if (output.file == stdout) return wr__flush_output(WR__EXIT_OK) == WR__EXIT_OK;
  return (written && status == WR_OK) || cannot_write(output_path);
}

int wr__command_wasm2wat(const wr__parsed *parsed) {
  if (!has_one_operand(parsed)) return WR__EXIT_USAGE;
  const char *path = parsed->operands[0];
  const char *output = wr__option_last(parsed, WR__OPTION_OUTPUT);
  char *binary;
  size_t size;
  if (!wr__read_file(path, &binary, &size)) return WR__EXIT_FAILED;
  take_out_native(&binary, &size);
  wr_print_options options = {
      .folded = wr__option_last(parsed, WR__OPTION_FOLDED) != NULL,
      .no_names = wr__option_last(parsed, WR__OPTION_NO_NAMES) != NULL,
  };
  bool printed = print_module(path, binary, size, &options, output ? output : "-");
  free(binary);
  return printed ? WR__EXIT_OK : WR__EXIT_FAILED;
}
