/* Messages on standard error. Everything that comes from a module goes through wr_text_escape,
 * so that no module can send escape sequences to the terminal. */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_SHOWN = 32, NAME_SIZE = 160 };

static bool colours_on;

void wr__report_colours(bool on) { colours_on = on; }

static void put_prefix(void) {
  fputs(colours_on ? "\033[1;31mwasmrun:\033[0m " : "wasmrun: ", stderr);
}

static void put_printable(const char *text) {
  char buffer[2048];
  wr_text_escape(text, strlen(text), buffer, sizeof buffer);
  fputs(buffer, stderr);
}

void wr__report(const char *format, ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  put_prefix();
  put_printable(line);
  fputc('\n', stderr);
}

/* The message; for text it goes on with the line in question and a mark below it. */
static void put_lines(const char *message) {
  for (;;) {
    char line[1024];
    size_t length = strcspn(message, "\n");
    wr_text_escape(message, length, line, sizeof line);
    fprintf(stderr, "%s\n", line);
    if (message[length] == '\0') return;
    message += length + 1;
  }
}

const char *wr__refusal_hint(const char *message) {
  return strstr(message, "a key that is not trusted")
             ? "; if you trust who signed it, import the key: wasmrun key import FILE"
             : "";
}

void wr__report_error(const char *path, const wr_error *error) {
  put_prefix();
  put_printable(path);
  if (error->line != 0) fprintf(stderr, ":%" PRIu32 ":%" PRIu32, error->line, error->column);
  fputs(": ", stderr);
  if (error->line == 0 && error->offset != WR_NO_OFFSET)
    fprintf(stderr, "at offset 0x%" PRIx64 "%s", error->offset,
            error->func_index == WR_NO_INDEX ? ": " : ", ");
  if (error->line == 0 && error->func_index != WR_NO_INDEX)
    fprintf(stderr, "function %" PRIu32 ": ", error->func_index);
  const char *message = error->message[0] ? error->message : wr_status_name(error->status);
  if (error->line != 0) {
    put_lines(message);
  } else {
    put_printable(message);
    fprintf(stderr, "%s\n", wr__refusal_hint(message));
  }
}

static void put_frame(size_t number, const wasm_frame_t *frame) {
  const char *data = NULL;
  size_t size = 0;
  char name[NAME_SIZE] = "?";
  wr_frame_func_name(frame, &data, &size);
  if (data) wr_text_escape(data, size, name, sizeof name);
  char module[NAME_SIZE] = "";
  data = NULL;
  wr_frame_module_name(frame, &data, &size);
  if (data) wr_text_escape(data, size, module, sizeof module);
  fprintf(stderr, "  %2zu: %s%s%s  (function %" PRIu32 " + 0x%zx, offset 0x%zx)\n", number, module,
          module[0] ? "!" : "", name, wasm_frame_func_index(frame), wasm_frame_func_offset(frame),
          wasm_frame_module_offset(frame));
}

/* The first frames and the last, where there are very many. */
static void put_trace(const wasm_frame_vec_t *trace) {
  for (size_t i = 0; i < trace->size; i++) {
    if (trace->size > FRAMES_SHOWN && i == FRAMES_SHOWN / 2) {
      size_t skipped = trace->size - FRAMES_SHOWN;
      fprintf(stderr, "      … %zu frames …\n", skipped);
      i += skipped;
    }
    put_frame(i, trace->data[i]);
  }
}

void wr__report_trap(const char *path, const wasm_trap_t *trap, const char *note) {
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  put_prefix();
  put_printable(path);
  fputs(": trap: ", stderr);
  put_printable(message.size ? message.data : "");
  if (note) fprintf(stderr, " (%s)", note);
  fputc('\n', stderr);
  wasm_byte_vec_delete(&message);
  wasm_frame_vec_t trace;
  wasm_trap_trace(trap, &trace);
  put_trace(&trace);
  wasm_frame_vec_delete(&trace);
}
