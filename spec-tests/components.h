/* Components of a script: definitions, instances, calls. A component that needs a feature behind
 * 0.2 is no failure: it is counted as waiting for that feature, and so is what is done with it. */
#ifndef SPECTEST_COMPONENTS_H
#define SPECTEST_COMPONENTS_H

#include "commands.h"

/* The values from token `first` up to `end`, with commas, as text; the caller frees it. NULL: one
 * is none, or there is no memory. */
char *component_values_text(const script *s, size_t first, size_t end);

/* Does the form at `open` begin (component? */
static inline bool component_is_form(const session *s, size_t open) {
  return script_is_form(s->script, open, "component");
}
void command_component(session *s, size_t open);
/* assert_invalid, assert_malformed: fills in what loading came to. False: the component waits. */
bool component_try_load(session *s, size_t open, wr_status *status, wr_error *error);
/* assert_trap, assert_unlinkable of (component …). False: it waits. */
bool component_try_instance(session *s, size_t open, wr_status *status, char *text, size_t size);
/* Is the action's instance a component's? */
bool component_is_action(session *s, size_t open);
/* Calls; o->component_result is the result as text. False: the component waits. */
bool component_run_action(session *s, size_t open, outcome *o);
/* Does the result fit the patterns from `first` up to `end`? expected, which the caller frees, is
 * their text. */
bool component_matches(session *s, size_t first, size_t end, const outcome *o, char **expected);
/* Counts the running command as waiting. */
void component_wait(session *s);

#endif
