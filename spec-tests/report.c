/* Lines for people, JSON and JUnit for machines. */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void report_fail(report_file *file, unsigned line, const char *command, const char *format, ...) {
  file->counts.failed++;
  if (file->failure_count == file->failure_capacity) {
    size_t capacity = file->failure_capacity ? file->failure_capacity * 2 : 8;
    report_failure *grown = realloc(file->failures, capacity * sizeof *grown);
    if (!grown) return; /* it is counted all the same */
    file->failures = grown;
    file->failure_capacity = capacity;
  }
  char text[2048];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  file->failures[file->failure_count++] = (report_failure){line, strdup(command), strdup(text)};
}

void report_add(report_counts *sum, const report_counts *counts) {
  sum->passed += counts->passed;
  sum->failed += counts->failed;
  sum->skipped += counts->skipped;
  sum->waiting += counts->waiting;
  sum->modules += counts->modules;
  sum->assertions += counts->assertions;
  sum->round_trips += counts->round_trips;
  sum->reworded += counts->reworded;
}

void report_print(const report_file *file) {
  const report_counts *c = &file->counts;
  printf("%-6s %s: %" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64 " skipped",
         c->failed || c->skipped ? "FAILED" : "ok", file->path, c->passed, c->failed, c->skipped);
  if (c->waiting) printf(", %" PRIu64 " waiting for %s", c->waiting, file->waits_for);
  printf(" (%.2f s)\n", file->seconds);
  for (size_t i = 0; i < file->failure_count; i++) {
    const report_failure *f = &file->failures[i];
    printf("  %s:%u: %s: %s\n", file->path, f->line, f->command, f->text);
  }
}

void report_free(report_file *file) {
  for (size_t i = 0; i < file->failure_count; i++) {
    free(file->failures[i].command);
    free(file->failures[i].text);
  }
  free(file->failures);
  free(file->path);
}

/* Writes a string with what the format wants escaped. */
static void write_escaped(FILE *out, const char *text, bool xml) {
  for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
    if (xml && strchr("<>&\"'", *p))
      fprintf(out, "&#%u;", *p);
    else if (xml && *p < 0x20 && *p != '\n' && *p != '\t')
      fputc('?', out); /* XML cannot say them */
    else if (!xml && (*p == '"' || *p == '\\'))
      fprintf(out, "\\%c", *p);
    else if (!xml && *p < 0x20)
      fprintf(out, "\\u%04x", *p);
    else
      fputc(*p, out);
  }
}

static bool finish(FILE *out) {
  bool ok = !ferror(out);
  return fclose(out) == 0 && ok;
}

static void write_json_failures(FILE *out, const report_file *file) {
  for (size_t i = 0; i < file->failure_count; i++) {
    const report_failure *f = &file->failures[i];
    fprintf(out, "%s{\"line\": %u, \"command\": \"%s\", \"message\": \"", i ? ", " : "", f->line,
            f->command);
    write_escaped(out, f->text, false);
    fputs("\"}", out);
  }
}

bool report_write_json(const char *path, const report_file *files, size_t count) {
  FILE *out = fopen(path, "w");
  if (!out) return false;
  report_counts sum = {0};
  fputs("{\n\"files\": [\n", out);
  for (size_t i = 0; i < count; i++) {
    const report_counts *c = &files[i].counts;
    report_add(&sum, c);
    fputs("  {\"path\": \"", out);
    write_escaped(out, files[i].path, false);
    fprintf(out,
            "\", \"passed\": %" PRIu64 ", \"failed\": %" PRIu64 ", \"skipped\": %" PRIu64
            ", \"waiting\": %" PRIu64 ", \"waits_for\": \"%s\", \"seconds\": %.3f, \"failures\": [",
            c->passed, c->failed, c->skipped, c->waiting, files[i].waits_for, files[i].seconds);
    write_json_failures(out, &files[i]);
    fprintf(out, "]}%s\n", i + 1 < count ? "," : "");
  }
  fprintf(out,
          "],\n\"passed\": %" PRIu64 ", \"failed\": %" PRIu64 ", \"skipped\": %" PRIu64
          ", \"modules\": %" PRIu64 ", \"assertions\": %" PRIu64 ", \"reworded\": %" PRIu64 "\n}\n",
          sum.passed, sum.failed, sum.skipped, sum.modules, sum.assertions, sum.reworded);
  return finish(out);
}

bool report_write_junit(const char *path, const report_file *files, size_t count) {
  FILE *out = fopen(path, "w");
  if (!out) return false;
  size_t failed = 0;
  for (size_t i = 0; i < count; i++) failed += files[i].counts.failed > 0;
  fprintf(out,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<testsuite name=\"wasmrun-spectest\" tests=\"%zu\" failures=\"%zu\">\n",
          count, failed);
  for (size_t i = 0; i < count; i++) {
    const report_file *file = &files[i];
    fputs("  <testcase name=\"", out);
    write_escaped(out, file->path, true);
    fprintf(out, "\" time=\"%.3f\">\n", file->seconds);
    for (size_t j = 0; j < file->failure_count; j++) {
      fprintf(out, "    <failure message=\"line %u: %s\">", file->failures[j].line,
              file->failures[j].command);
      write_escaped(out, file->failures[j].text, true);
      fputs("</failure>\n", out);
    }
    fputs("  </testcase>\n", out);
  }
  fputs("</testsuite>\n", out);
  return finish(out);
}
