/* Values of components as text, in the syntax of WAVE (WebAssembly value encoding):
 * true, 1, -2.5, 'c', "text", [1, 2], (1, "two"), {field: 1}, case, case(1), some(1), none, ok(1),
 * err("no"), {flag, flag}. */
#ifndef WR__COMPONENT_WAVE_H
#define WR__COMPONENT_WAVE_H

#include "base/buffer.h"
#include "component/run.h"

/* wr__wave_write_args: writes the arguments of a call from text, "(1, 2)" with its parentheses.
 * Errors  WR_MALFORMED: the text does not fit the types, with the place as the error's column; or
 * the status of the call. */
wr_status wr__wave_write_args(wr_component_call_t *call, const char *text, size_t size,
                              wr_error *error);

/* wr__wave_read: reads the next value of a call, of the type, and appends its text. */
void wr__wave_read(wr_component_call_t *call, const wr_component_type *type, wr__buffer *out);

#endif
