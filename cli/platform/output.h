/* A file that is written in pieces: whole or not at all, like wr_file_replace. */
#ifndef WR__CLI_OUTPUT_H
#define WR__CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct wr__output {
  FILE *file;
  const char *path;
  char aside[4096]; /* what is written until it is whole; "": the file itself */
} wr__output;

/* wr__output_open: "-" is standard output; a terminal, a pipe or a device is written to, not
 * replaced. path is borrowed until the end. False with errno. */
bool wr__output_open(wr__output *output, const char *path);

/* wr__output_write: size_bytes more; the context of a wr_text_write. False with errno. */
bool wr__output_write(void *output, const char *text, size_t size_bytes);

/* wr__output_close: with keep, the file has what was written, if everything could be; else nothing
 * of it is left, unless it went to standard output or a device. False with errno. */
bool wr__output_close(wr__output *output, bool keep);

#endif
