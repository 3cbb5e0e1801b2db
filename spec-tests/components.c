/* The commands on components: (component …), (component definition …), (component instance …), and
 * the calls of what they export. */
#include "components.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Waiting for features ---- */

/* A feature of components that wasmrun lacks, by the error's words; false for other errors. */
static bool note_feature(session *s, wr_status status, const char *message) {
  static const char words[] = "requires the component feature ";
  const char *found = status == WR_UNSUPPORTED ? strstr(message, words) : NULL;
  if (!found) return false;
  const char *name = found + sizeof words - 1;
  snprintf(s->file->waits_for, sizeof s->file->waits_for, "%.*s", (int)strcspn(name, ","), name);
  return true;
}

void component_wait(session *s) { s->file->counts.waiting++; }

/* ---- Loading ---- */

static size_t component_id(const session *s, size_t open) {
  size_t at = open + 2;
  if (script_is_word(s->script, at, "definition")) at++;
  return s->script->tokens[at].kind == WR_TEXT_ID ? at : 0;
}

static wr_status load(session *s, size_t open, wr_component_t **out, wr_error *error) {
  const script_token *from = &s->script->tokens[open];
  const script_token *to = &s->script->tokens[from->match];
  wasm_byte_vec_t bytes;
  memset(error, 0, sizeof *error);
  wr_status status = wr_text_to_binary(s->script->text + from->offset,
                                       to->offset + to->size - from->offset, &bytes, error);
  if (status != WR_OK) return status;
  status = wr_component_new(s->engine, bytes.data, bytes.size, out, error);
  wasm_byte_vec_delete(&bytes);
  return status;
}

bool component_try_load(session *s, size_t open, wr_status *status, wr_error *error) {
  wr_component_t *component;
  *status = load(s, open, &component, error);
  if (*status == WR_OK) wr_component_delete(component);
  return !note_feature(s, *status, error->message);
}

/* ---- Instances ---- */

static wr_status instantiate(session *s, const wr_component_t *component,
                             wr_component_instance_t **out, char *text, size_t size) {
  wasm_trap_t *trap = NULL;
  wr_error error = {0};
  wr_status status =
      wr_component_linker_instantiate(s->component_linker, component, out, &trap, &error);
  if (status == WR_OK) return status;
  action_trap_text(trap, text, size);
  if (!text[0]) snprintf(text, size, "%s", error.message);
  wasm_trap_delete(trap);
  return status;
}

bool component_try_instance(session *s, size_t open, wr_status *status, char *text, size_t size) {
  wr_component_t *component;
  wr_component_instance_t *instance;
  wr_error error;
  *status = load(s, open, &component, &error);
  if (note_feature(s, *status, error.message)) return false;
  if (*status != WR_OK) {
    snprintf(text, size, "%s", error.message);
    return true;
  }
  *status = instantiate(s, component, &instance, text, size);
  if (*status == WR_OK) wr_component_instance_delete(instance);
  wr_component_delete(component);
  return true;
}

/* Makes an instance, or notes that its component waits. */
static void add_instance(session *s, const wr_component_t *component, size_t id) {
  char text[512] = "";
  wr_component_instance_t *instance = NULL;
  wr_status status = component ? instantiate(s, component, &instance, text, sizeof text) : WR_OK;
  if (status != WR_OK) {
    FAIL(s, "instantiation: %s: %s", wr_status_name(status), text);
    return;
  }
  named *item = names_add(&s->instances, s->script, id);
  if (!item) {
    wr_component_instance_delete(instance);
    FAIL(s, "out of memory");
    return;
  }
  item->is_component = true;
  item->component_instance = instance;
  s->has_current = true;
  if (instance)
    session_pass(s);
  else
    component_wait(s);
}

/* (component instance $instance? $definition?) */
static void make_instance(session *s, size_t open) {
  const script_token *t = s->script->tokens;
  size_t first = open + 3, second = open + 4;
  bool two = t[first].kind == WR_TEXT_ID && t[second].kind == WR_TEXT_ID;
  named *definition = names_find(s, &s->components, two ? second : first);
  if (definition)
    add_instance(s, definition->component, two ? first : 0);
  else
    FAIL(s, "no such component");
}

void command_component(session *s, size_t open) {
  wr_component_t *component = NULL;
  wr_error error;
  if (script_is_word(s->script, open + 2, "instance")) {
    make_instance(s, open);
    return;
  }
  bool definition = script_is_word(s->script, open + 2, "definition");
  size_t id = component_id(s, open);
  s->has_current = s->has_current && definition;
  wr_status status = load(s, open, &component, &error);
  if (status != WR_OK && !note_feature(s, status, error.message)) {
    FAIL(s, "%s: %s", wr_status_name(status), error.message);
    return;
  }
  named *item = names_add(&s->components, s->script, id);
  if (!item) {
    wr_component_delete(component);
    FAIL(s, "out of memory");
    return;
  }
  item->component = component;
  if (component) s->file->counts.modules++;
  if (!definition)
    add_instance(s, component, id);
  else if (component)
    session_pass(s);
  else
    component_wait(s);
}

/* ---- Calls ---- */

bool component_is_action(session *s, size_t open) {
  if (!script_is_form(s->script, open, "invoke")) return false;
  named *instance = names_current(s, open + 2);
  return instance && instance->is_component;
}

/* name(values) */
static char *call_text(session *s, size_t name_token, size_t end) {
  size_t size;
  char *name = script_string(s->script, name_token, &size);
  char *values = component_values_text(s->script, name_token + 1, end);
  char *text = name && values ? malloc(size + strlen(values) + 3) : NULL;
  if (text) sprintf(text, "%s(%s)", name, values);
  free(name);
  free(values);
  return text;
}

bool component_run_action(session *s, size_t open, outcome *o) {
  *o = (outcome){.status = WR_OK};
  named *instance = names_current(s, open + 2);
  if (!instance->component_instance) return false;
  size_t name = s->script->tokens[open + 2].kind == WR_TEXT_ID ? open + 3 : open + 2;
  char *text = call_text(s, name, s->script->tokens[open].match);
  if (!text) {
    o->status = WR_BAD_ARGUMENT;
    snprintf(o->text, sizeof o->text, "unknown argument");
    return true;
  }
  wasm_trap_t *trap = NULL;
  wr_error error = {0};
  o->status =
      wr_component_invoke(instance->component_instance, text, &o->component_result, &trap, &error);
  if (o->status != WR_OK) {
    action_trap_text(trap, o->text, sizeof o->text);
    if (!o->text[0]) snprintf(o->text, sizeof o->text, "%s", error.message);
  }
  wasm_trap_delete(trap);
  free(text);
  return true;
}

bool component_matches(session *s, size_t first, size_t end, const outcome *o, char **expected) {
  *expected = component_values_text(s->script, first, end);
  return *expected && o->component_result && strcmp(*expected, o->component_result) == 0;
}
