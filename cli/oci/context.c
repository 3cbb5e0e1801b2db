/* What a call of the runtime owns, and how it says what went wrong. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../report.h"
#include "oci.h"

struct wr__oci_block {
  struct wr__oci_block *next;
  void *memory;
};

void *wr__oci_adopt(wr__oci *oci, void *memory) {
  struct wr__oci_block *block = memory ? malloc(sizeof *block) : NULL;
  if (!block) {
    wr__report("out of memory");
    exit(WR__OCI_FAILED);
  }
  *block = (struct wr__oci_block){oci->blocks, memory};
  oci->blocks = block;
  return memory;
}

void *wr__oci_alloc(wr__oci *oci, size_t size_bytes) {
  return wr__oci_adopt(oci, calloc(1, size_bytes ? size_bytes : 1));
}

const char *wr__oci_text(wr__oci *oci, const char *format, ...) {
  va_list args;
  char *text = NULL;
  va_start(args, format);
  if (vasprintf(&text, format, args) < 0) text = NULL;
  va_end(args);
  return wr__oci_adopt(oci, text);
}

void wr__oci_end(wr__oci *oci) {
  json_decref(oci->settings.options);
  while (oci->blocks) {
    struct wr__oci_block *block = oci->blocks;
    oci->blocks = block->next;
    free(block->memory);
    free(block);
  }
}

/* ---- The log ----------------------------------------------------------------------------- */

static void log_json(FILE *file, const char *now, const char *message) {
  json_t *entry = json_pack("{s:s, s:s, s:s}", "level", "error", "msg", message, "time", now);
  if (entry) json_dumpf(entry, file, JSON_COMPACT);
  json_decref(entry);
}

static void log_text(FILE *file, const char *now, const char *message) {
  fprintf(file, "time=\"%s\" level=error msg=\"", now);
  for (const char *at = message; *at; at++) {
    if (*at == '"' || *at == '\\') fputc('\\', file);
    fputc(*at, file);
  }
  fputc('"', file);
}

/* The line in the file that --log names; crun's other kinds of logs are no files. */
static void log_line(const wr__oci *oci, const char *message) {
  const char *path = oci->line.log;
  if (!path || strncmp(path, "journald:", 9) == 0 || strncmp(path, "syslog:", 7) == 0) return;
  if (strncmp(path, "file:", 5) == 0) path += 5;
  FILE *file = fopen(path, "ae");
  if (!file) {
    wr__report("--log %s: %s", path, strerror(errno));
    return;
  }
  char now[32] = "";
  time_t seconds = time(NULL);
  struct tm fields;
  if (gmtime_r(&seconds, &fields)) strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &fields);
  const char *format = oci->line.log_format;
  if (format && strcmp(format, "json") == 0) {
    log_json(file, now, message);
  } else {
    log_text(file, now, message);
  }
  fputc('\n', file);
  fclose(file);
}

int wr__oci_failure(const wr__oci *oci) {
  const char *command = oci->line.command;
  return command && strcmp(command, "exec") == 0 ? WR__OCI_EXEC_FAILED : WR__OCI_FAILED;
}

int wr__oci_fail(wr__oci *oci, const char *format, ...) {
  char message[2048], printable[2048];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  wr_text_escape(message, strlen(message), printable, sizeof printable);
  wr__report("%s", printable);
  log_line(oci, printable);
  return wr__oci_failure(oci);
}
