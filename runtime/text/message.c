/* Messages about a place in a text: where it is, and the line with a caret below it. */
#include <stdarg.h>
#include <stdio.h>

#include "text/lexer.h"

enum { SHOWN_BEFORE = 60, SHOWN_MAX = 100 };

/* Appends the line that holds `offset`, or the part of it around the place, and a caret. Bytes
 * that are no printable ASCII take one column each, so that the caret stands right. */
static void append_line(wr_error *error, const char *text, size_t size, size_t line_start,
                        size_t offset) {
  size_t start = offset - line_start > SHOWN_BEFORE ? offset - SHOWN_BEFORE : line_start;
  size_t end = start;
  while (end < size && end - start < SHOWN_MAX && text[end] != '\n' && text[end] != '\r') end++;
  char shown[SHOWN_MAX + 1], prefix[24];
  for (size_t i = start; i < end; i++) {
    unsigned char c = (unsigned char)text[i];
    shown[i - start] = c >= 0x20 && c < 0x7f ? (char)c : c == '\t' ? ' ' : '?';
  }
  shown[end - start] = 0;
  int margin = snprintf(prefix, sizeof prefix, "%5u | ", error->line);
  size_t used = strlen(error->message);
  snprintf(error->message + used, sizeof error->message - used, "\n%s%s\n%*s^", prefix, shown,
           margin + (int)(offset - start), "");
}

wr_status wr__text_fail(wr_error *error, wr_status status, const char *text, size_t size,
                        size_t offset, const char *format, ...) {
  if (!error) return status;
  memset(error, 0, sizeof *error);
  error->status = status;
  error->offset = WR_NO_OFFSET;
  error->func_index = WR_NO_INDEX;
  va_list args;
  va_start(args, format);
  /* The message proper leaves room for the line below it. */
  vsnprintf(error->message, sizeof error->message - 2 * SHOWN_MAX - 32, format, args);
  va_end(args);
  size_t line_start = 0;
  error->line = 1;
  for (size_t i = 0; i < offset && i < size; i++)
    if (text[i] == '\n') error->line++, line_start = i + 1;
  error->column = (uint32_t)(offset - line_start) + 1;
  append_line(error, text, size, line_start, offset);
  return status;
}
