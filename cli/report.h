/* What wasmrun says on standard error: one clear line, with the place. */
#ifndef WR__CLI_REPORT_H
#define WR__CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "wasmrun.h"

/* The exit statuses that are wasmrun's own. docs/cli.md lists them. */
enum {
  WR__EXIT_OK = 0,
  WR__EXIT_FAILED = 1, /* cannot load, link, read, write */
  WR__EXIT_USAGE = 2,
  WR__EXIT_TRAP = 134, /* as a process that abort() ended */
};

/* wr__report_colours: whether lines are coloured; off at first. */
void wr__report_colours(bool on);

/* wr__report: "wasmrun: " and the formatted line. Control characters are shown, not sent. */
void wr__report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* wr__refusal_hint: what to add to a message that says why native code is refused; "" if nothing. */
const char *wr__refusal_hint(const char *message);

/* wr__report_error: "wasmrun: PATH: at offset 0x…, function N: message", or PATH:LINE:COLUMN
 * for text, whose message shows the line. */
void wr__report_error(const char *path, const wr_error *error);

/* wr__report_trap: the cause, with a note in brackets where note is not NULL, then a line for
 * each frame. */
void wr__report_trap(const char *path, const wasm_trap_t *trap, const char *note);

#endif
