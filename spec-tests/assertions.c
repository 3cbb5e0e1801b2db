/* Assertions.
 *
 * Errors are compared by kind, and their messages with the script's text, which must be how ours
 * begins. An error of the right kind in other words counts as passed and as reworded, but for
 * traps, whose words must agree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components.h"
#include "values.h"

/* Does the value fit the pattern at the token, or one of those in an (either …)? *known is false
 * for patterns that are none. */
static bool match_result(session *s, size_t token, const wr_val *value, bool *known) {
  const script_token *t = s->script->tokens;
  expectation e;
  *known = true;
  if (!script_is_form(s->script, token, "either")) {
    *known = values_parse_expectation(s->script, token, &e);
    return *known && values_match(&e, value);
  }
  bool found = false;
  for (size_t at = token + 2; t[at].kind == WR_TEXT_OPEN; at = t[at].match + 1) {
    if (!values_parse_expectation(s->script, at, &e)) *known = false;
    found = found || (*known && values_match(&e, value));
  }
  return found;
}

/* The text of the script from one token to another, for messages; at most 300 bytes. */
static void fail_results(session *s, size_t first, size_t last, const outcome *out) {
  char got[1024] = "";
  for (size_t i = 0; i < out->result_count; i++) {
    if (i) strncat(got, " ", sizeof got - strlen(got) - 1);
    values_show(&out->results[i], got, sizeof got);
  }
  const script_token *t = s->script->tokens;
  size_t start = t[first].offset, end = last >= first ? t[last].offset + t[last].size : start;
  FAIL(s, "expected %.*s, got %s", (int)(end - start > 300 ? 300 : end - start),
       s->script->text + start, got);
}

static void assert_component_return(session *s, size_t open) {
  const script_token *t = s->script->tokens;
  size_t action = open + 2, first = t[action].match + 1, end = t[open].match;
  outcome out;
  char *expected = NULL;
  if (!component_run_action(s, action, &out))
    component_wait(s);
  else if (out.status != WR_OK)
    FAIL(s, "%s: %s", wr_status_name(out.status), out.text);
  else if (!component_matches(s, first, end, &out, &expected))
    FAIL(s, "expected %s, got %s", expected ? expected : "a pattern that is none",
         out.component_result);
  else
    session_pass(s), s->file->counts.assertions++;
  free(expected);
  action_free(&out);
}

void command_assert_return(session *s, size_t open) {
  const script_token *t = s->script->tokens;
  if (component_is_action(s, open + 2)) {
    assert_component_return(s, open);
    return;
  }
  size_t action = open + 2, first = t[action].match + 1, last = t[open].match - 1, index = 0;
  outcome out;
  action_run(s, action, &out);
  bool matches = out.status == WR_OK, known = true;
  for (size_t at = first; matches && at < last; at = t[at].match + 1, index++)
    matches = index < out.result_count && match_result(s, at, &out.results[index], &known);
  if (out.status != WR_OK)
    FAIL(s, "%s: %s", wr_status_name(out.status), out.text);
  else if (!known)
    FAIL(s, "unknown result pattern");
  else if (!matches || index != out.result_count)
    fail_results(s, first, last, &out);
  else
    session_pass(s), s->file->counts.assertions++;
  action_free(&out);
}

/* Does one text begin with the other? */
static bool one_begins_other(const char *a, const char *b) {
  size_t a_size = strlen(a), b_size = strlen(b);
  return a_size && b_size && !strncmp(a, b, a_size < b_size ? a_size : b_size);
}

/* Judges a failure: its kind must be the one wanted, and its message begin with the string at
 * `token`. Traps have few messages, so theirs must at least begin as the script says; other errors
 * may be worded otherwise. */
static void judge_words(session *s, wr_status status, const char *text, wr_status wanted,
                        size_t token, bool other_words) {
  size_t size = 0;
  char *string = script_string(s->script, token, &size);
  const char *expected = string ? string : "";
  bool same = string && !strncmp(text, expected, size);
  bool close =
      same || (!s->options->strict_messages && (other_words || one_begins_other(text, expected)));
  if (status == WR_OK)
    FAIL(s, "expected %s \"%s\", but it succeeded", wr_status_name(wanted), expected);
  else if (status != wanted || !close)
    FAIL(s, "expected %s \"%s\", got %s: %s", wr_status_name(wanted), expected,
         wr_status_name(status), text);
  else
    session_pass(s), s->file->counts.assertions++, s->file->counts.reworded += !same;
  free(string);
}

static void judge(session *s, wr_status status, const char *text, wr_status wanted, size_t token) {
  judge_words(s, status, text, wanted, token, wanted != WR_TRAPPED);
}

/* The suite of components has one engine's words for traps. */
static void judge_component(session *s, bool runs, wr_status status, const char *text,
                            wr_status wanted, size_t form) {
  if (runs)
    judge_words(s, status, text, wanted, s->script->tokens[form].match + 1, true);
  else
    component_wait(s);
}

static void assert_no_component_instance(session *s, size_t form, wr_status wanted) {
  char text[512] = "";
  wr_status status;
  bool runs = component_try_instance(s, form, &status, text, sizeof text);
  judge_component(s, runs, status, text, wanted, form);
}

/* The module in the form must load, and its instantiation fail as wanted. */
static void assert_no_instance(session *s, size_t form, wr_status wanted) {
  wasm_module_t *module;
  wasm_instance_t *instance;
  wr_error error;
  char message[512] = "";
  wr_status status = modules_load(s, form, &module, &error);
  if (status != WR_OK) {
    FAIL(s, "%s: %s", wr_status_name(status), error.message);
    return;
  }
  status = modules_instantiate(s, module, &instance, message, sizeof message);
  if (status == WR_OK) wasm_instance_delete(instance);
  judge(s, status, message, wanted, s->script->tokens[form].match + 1);
  wasm_module_delete(module);
}

/* assert_trap and assert_exhaustion, of an action or of a module's instantiation. */
void command_assert_trap(session *s, size_t open) {
  size_t form = open + 2;
  if (script_is_form(s->script, form, "module")) {
    assert_no_instance(s, form, WR_TRAPPED);
    return;
  }
  if (component_is_form(s, form)) {
    assert_no_component_instance(s, form, WR_TRAPPED);
    return;
  }
  outcome out;
  if (component_is_action(s, form)) {
    bool runs = component_run_action(s, form, &out);
    judge_component(s, runs, out.status, out.text, WR_TRAPPED, form);
    action_free(&out);
    return;
  }
  action_run(s, form, &out);
  judge(s, out.status, out.text, WR_TRAPPED, s->script->tokens[form].match + 1);
  action_free(&out);
}

void command_assert_exception(session *s, size_t open) {
  outcome out;
  action_run(s, open + 2, &out);
  if (out.status == WR_EXCEPTION)
    session_pass(s), s->file->counts.assertions++;
  else
    FAIL(s, "expected an exception, got %s: %s", wr_status_name(out.status), out.text);
  action_free(&out);
}

/* assert_malformed, assert_invalid and their `_custom` relatives. */
static void assert_bad_module(session *s, size_t open, wr_status wanted) {
  size_t form = open + 2;
  wasm_module_t *module;
  wr_error error;
  wr_status status;
  if (component_is_form(s, form)) {
    bool runs = component_try_load(s, form, &status, &error);
    judge_component(s, runs, status, error.message, wanted, form);
    return;
  }
  status = modules_load(s, form, &module, &error);
  judge(s, status, error.message, wanted, s->script->tokens[form].match + 1);
  if (status == WR_OK) wasm_module_delete(module);
}

void command_assert_unlinkable(session *s, size_t open) {
  if (component_is_form(s, open + 2))
    assert_no_component_instance(s, open + 2, WR_UNLINKABLE);
  else
    assert_no_instance(s, open + 2, WR_UNLINKABLE);
}

void command_assert_malformed(session *s, size_t open) { assert_bad_module(s, open, WR_MALFORMED); }
void command_assert_invalid(session *s, size_t open) { assert_bad_module(s, open, WR_INVALID); }
