/* Actions: calls of exported functions and reads of exported globals. */
#include <stdio.h>
#include <stdlib.h>

#include "components.h"
#include "values.h"

enum { MAX_VALUES = 1024 };

/* The trap's message, without its NUL, into buffer. */
void action_trap_text(const wasm_trap_t *trap, char *buffer, size_t size) {
  buffer[0] = 0;
  if (!trap) return;
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  snprintf(buffer, size, "%.*s", (int)message.size, message.data);
  wasm_byte_vec_delete(&message);
}

void action_free(outcome *o) {
  for (size_t i = 0; i < o->result_count; i++) wr_val_delete(&o->results[i]);
  free(o->results);
  free(o->component_result);
}

/* Reads the argument forms from `token` on; *count at most MAX_VALUES. */
static bool read_args(session *s, size_t token, wr_val *args, size_t *count) {
  const script_token *t = s->script->tokens;
  for (*count = 0; t[token].kind == WR_TEXT_OPEN; token = t[token].match + 1) {
    if (*count == MAX_VALUES || !values_parse_arg(s->script, token, s->store, &args[*count]))
      return false;
    ++*count;
  }
  return true;
}

static void call_func(wasm_func_t *func, const wr_val *args, size_t count, outcome *out) {
  wr_externtype type = wr_func_type(func);
  out->results = calloc(type.result_count + 1, sizeof *out->results);
  if (!out->results) {
    out->status = WR_OUT_OF_MEMORY;
    return;
  }
  wasm_trap_t *trap = NULL;
  out->status = wr_func_call(func, args, count, out->results, type.result_count, &trap);
  if (out->status == WR_OK)
    out->result_count = type.result_count;
  else
    action_trap_text(trap, out->text, sizeof out->text);
  wasm_trap_delete(trap);
}

/* (invoke $instance? "name" arguments) */
static void invoke(session *s, wasm_extern_t *external, size_t args_token, outcome *out) {
  wr_val *args = calloc(MAX_VALUES, sizeof *args);
  size_t count = 0;
  wasm_func_t *func = wasm_extern_as_func(external);
  if (!args || !func || !read_args(s, args_token, args, &count)) {
    out->status = WR_BAD_ARGUMENT;
    snprintf(out->text, sizeof out->text, func ? "unknown argument" : "not a function");
  } else {
    call_func(func, args, count, out);
  }
  for (size_t i = 0; args && i < count; i++) wr_val_delete(&args[i]);
  free(args);
}

/* (get $instance? "name") */
static void get_global(wasm_extern_t *external, outcome *out) {
  wasm_global_t *global = wasm_extern_as_global(external);
  out->results = calloc(1, sizeof *out->results);
  if (!global || !out->results) {
    out->status = WR_BAD_ARGUMENT;
    snprintf(out->text, sizeof out->text, "not a global");
    return;
  }
  wr_global_get(global, out->results);
  out->result_count = 1;
}

/* Runs the action form at `open`. */
void action_run(session *s, size_t open, outcome *out) {
  *out = (outcome){.status = WR_OK};
  bool is_get = script_is_form(s->script, open, "get");
  if (!is_get && !script_is_form(s->script, open, "invoke")) {
    out->status = WR_BAD_ARGUMENT;
    snprintf(out->text, sizeof out->text, "unknown action");
    return;
  }
  size_t token = open + 2, size = 0;
  named *instance = names_current(s, token);
  if (s->script->tokens[token].kind == WR_TEXT_ID) token++;
  char *name = script_string(s->script, token, &size);
  wasm_extern_t *external = instance && name ? names_export(instance, name, size) : NULL;
  if (!external) {
    out->status = WR_NOT_FOUND;
    snprintf(out->text, sizeof out->text, "%s %s", instance ? "no export" : "no instance for",
             name ? name : "?");
  } else if (is_get) {
    get_global(external, out);
  } else {
    invoke(s, external, token + 1, out);
  }
  wasm_extern_delete(external);
  free(name);
}

void command_action(session *s, size_t open) {
  outcome out;
  bool runs = true;
  if (component_is_action(s, open))
    runs = component_run_action(s, open, &out);
  else
    action_run(s, open, &out);
  if (!runs)
    component_wait(s);
  else if (out.status == WR_OK)
    session_pass(s);
  else
    FAIL(s, "%s: %s", wr_status_name(out.status), out.text);
  action_free(&out);
}
