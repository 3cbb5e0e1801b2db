/* What a run found, and how it is written down. */
#ifndef SPECTEST_REPORT_H
#define SPECTEST_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct report_failure {
  unsigned line;
  char *command; /* "assert_return" */
  char *text;
} report_failure;

typedef struct report_counts {
  uint64_t passed, failed, skipped;
  uint64_t waiting;             /* for a feature of components that wasmrun lacks */
  uint64_t modules, assertions; /* among those passed */
  uint64_t round_trips;         /* modules that survived printing and parsing */
  uint64_t reworded;            /* errors of the right kind with other words than the script's */
} report_counts;

/* The outcome of one file. */
typedef struct report_file {
  char *path;
  report_counts counts;
  char waits_for[32]; /* the last such feature */
  double seconds;
  report_failure *failures;
  size_t failure_count, failure_capacity;
  bool done;
} report_file;

void report_fail(report_file *file, unsigned line, const char *command, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void report_add(report_counts *sum, const report_counts *counts);
/* One line for the file, and one for each failure. */
void report_print(const report_file *file);
void report_free(report_file *file);
bool report_write_json(const char *path, const report_file *files, size_t count);
bool report_write_junit(const char *path, const report_file *files, size_t count);

#endif
