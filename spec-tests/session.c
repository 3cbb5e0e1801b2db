/* The commands of the script language. Every command passes or fails; none is passed over.
 *
 * Errors are compared by kind, and their messages with the script's text, which must be how ours
 * begins. An error of the right kind in other words counts as passed and as reworded, but for
 * traps, whose words must agree. */
#include "session.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_INPUT_DEPTH = 16, MAX_VALUES = 1024 };

#include "roundtrip.h"
#include "values.h"

/* A module or an instance under the name that the script gave it. */
typedef struct named {
  const script *source; /* of the identifier */
  size_t id;            /* its token; 0 where it has none */
  wasm_module_t *module;
  wasm_instance_t *instance;
  /* Of an instance that another thread shares with us: its exports, as externals of our store. */
  wasm_extern_t **shared;
  char **shared_names;
  size_t *shared_sizes;
  size_t shared_count;
} named;

typedef struct named_list {
  named *items;
  size_t count, capacity;
} named_list;

typedef struct session {
  const settings *options;
  report_file *file;
  const script *script;
  wasm_engine_t *engine;
  wasm_store_t *store;
  wr_linker_t *linker;
  named_list modules, instances;
  bool has_current; /* the last instance is the one meant where none is named */
  struct worker *workers;
  unsigned input_depth;
  /* Where the running command stands, for reports. */
  unsigned line;
  char command[32];
} session;

/* A `thread` of the script. */
typedef struct worker {
  session session;
  report_file file;
  size_t id, first, end;
  pthread_t thread;
  struct worker *next;
} worker;

#define FAIL(s, ...) report_fail((s)->file, (s)->line, (s)->command, __VA_ARGS__)

static void pass(session *s) { s->file->counts.passed++; }

/* ---- Names --------------------------------------------------------------------------------------
 */

static named *add_named(named_list *list, const script *source, size_t id) {
  if (list->count == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : 16;
    named *grown = realloc(list->items, capacity * sizeof *grown);
    if (!grown) return NULL;
    list->items = grown;
    list->capacity = capacity;
  }
  named *item = &list->items[list->count++];
  *item = (named){.source = source, .id = id};
  return item;
}

/* The entry that the identifier token names, the last one for a token that is none. */
static named *find_named(const session *s, const named_list *list, size_t token) {
  bool is_id = s->script->tokens[token].kind == WR_TEXT_ID;
  for (size_t i = list->count; i-- > 0;) {
    named *item = &list->items[i];
    if (!is_id || (item->id && script_same_id(s->script, token, item->source, item->id)))
      return item;
  }
  return NULL;
}

static void free_named(named_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    named *item = &list->items[i];
    wasm_module_delete(item->module);
    wasm_instance_delete(item->instance);
    for (size_t j = 0; j < item->shared_count; j++) {
      wasm_extern_delete(item->shared[j]);
      free(item->shared_names[j]);
    }
    free(item->shared);
    free(item->shared_names);
    free(item->shared_sizes);
  }
  free(list->items);
}

static wasm_extern_t *find_export(const named *instance, const char *name, size_t size) {
  if (instance->instance) return wr_instance_export(instance->instance, name, size);
  for (size_t i = 0; i < instance->shared_count; i++)
    if (instance->shared_sizes[i] == size && !memcmp(instance->shared_names[i], name, size))
      return wasm_extern_copy(instance->shared[i]);
  return NULL;
}

/* ---- Modules
 * ---------------------------------------------------------------------------------------- */

/* Where the (module … form at `open` has its identifier; 0 where it has none. */
static size_t module_id(const session *s, size_t open) {
  size_t at = open + 2;
  if (script_is_word(s->script, at, "definition")) at++;
  return s->script->tokens[at].kind == WR_TEXT_ID ? at : 0;
}

static bool is_definition(const session *s, size_t open) {
  return script_is_word(s->script, open + 2, "definition");
}

/* With --round-trip: a module that loads must survive printing. */
static void check_round_trip(session *s, size_t first, const wasm_byte_vec_t *bytes) {
  size_t at = module_id(s, first) ? module_id(s, first) + 1 : first + 2 + is_definition(s, first);
  char message[600];
  if (!s->options->round_trip) return;
  if (roundtrip_check(s->engine, bytes, !script_is_word(s->script, at, "binary"), message,
                      sizeof message))
    s->file->counts.round_trips++;
  else
    FAIL(s, "round trip: %s", message);
}

/* With the native engine, every module that loads is compiled. On failure it is gone. */
static wr_status compile_module(session *s, wasm_module_t **module, wr_error *error) {
  if (s->options->engine != WR_ENGINE_NATIVE) return WR_OK;
  wr_compile_options options;
  wr_compile_options_init(&options);
  options.bounds_explicit = s->options->bounds == WR_BOUNDS_EXPLICIT;
  options.threads = 1;
  wr_status status = wr_module_compile(*module, &options, error);
  if (status != WR_OK) wasm_module_delete(*module);
  return status;
}

/* Parses and validates the text from one token to another. */
static wr_status load_text(session *s, size_t first, size_t last, wasm_module_t **out,
                           wr_error *error) {
  const script_token *from = &s->script->tokens[first], *to = &s->script->tokens[last];
  wasm_byte_vec_t bytes;
  memset(error, 0, sizeof *error);
  wr_status status = wr_text_to_binary(s->script->text + from->offset,
                                       to->offset + to->size - from->offset, &bytes, error);
  if (status != WR_OK) return status;
  wasm_module_t *module;
  status = wr_module_new(s->engine, bytes.data, bytes.size, &module, error);
  if (status == WR_OK) check_round_trip(s, first, &bytes);
  wasm_byte_vec_delete(&bytes);
  if (status == WR_OK) status = compile_module(s, &module, error);
  if (status == WR_OK) *out = module;
  return status;
}

static wr_status load_module(session *s, size_t open, wasm_module_t **out, wr_error *error) {
  return load_text(s, open, s->script->tokens[open].match, out, error);
}

/* The trap's message, without its NUL, into buffer. */
static void trap_text(const wasm_trap_t *trap, char *buffer, size_t size) {
  buffer[0] = 0;
  if (!trap) return;
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  snprintf(buffer, size, "%.*s", (int)message.size, message.data);
  wasm_byte_vec_delete(&message);
}

/* Instantiates; on failure text says why. */
static wr_status instantiate(session *s, const wasm_module_t *module, wasm_instance_t **out,
                             char *text, size_t size) {
  wasm_trap_t *trap = NULL;
  wr_error error = {0};
  wr_status status = wr_linker_instantiate(s->linker, module, out, &trap, &error);
  if (status == WR_OK) return status;
  trap_text(trap, text, size);
  if (!text[0]) snprintf(text, size, "%s", error.message);
  wasm_trap_delete(trap);
  return status;
}

static void add_instance(session *s, wasm_instance_t *instance, size_t id) {
  named *item = add_named(&s->instances, s->script, id);
  if (!item) {
    wasm_instance_delete(instance);
    FAIL(s, "out of memory");
    return;
  }
  item->instance = instance;
  s->has_current = true;
  pass(s);
}

/* Makes a module known and, unless it is only a definition, an instance of it. Takes the module. */
static void add_module(session *s, wasm_module_t *module, size_t id, bool definition) {
  named *item = add_named(&s->modules, s->script, id);
  if (!item) {
    wasm_module_delete(module);
    FAIL(s, "out of memory");
    return;
  }
  item->module = module;
  s->file->counts.modules++;
  if (definition) {
    pass(s);
    return;
  }
  char text[512] = "";
  wasm_instance_t *instance;
  wr_status status = instantiate(s, module, &instance, text, sizeof text);
  if (status == WR_OK)
    add_instance(s, instance, id);
  else
    FAIL(s, "instantiation: %s: %s", wr_status_name(status), text);
}

static void run_module(session *s, size_t open) {
  wasm_module_t *module;
  wr_error error;
  s->has_current = s->has_current && is_definition(s, open);
  wr_status status = load_module(s, open, &module, &error);
  if (status == WR_OK)
    add_module(s, module, module_id(s, open), is_definition(s, open));
  else
    FAIL(s, "%s: %s", wr_status_name(status), error.message);
}

/* (module instance $instance? $module?) */
static void run_module_instance(session *s, size_t open) {
  const script_token *t = s->script->tokens;
  size_t first = open + 3, second = open + 4;
  bool two = t[first].kind == WR_TEXT_ID && t[second].kind == WR_TEXT_ID;
  named *definition = find_named(s, &s->modules, two ? second : first);
  if (!definition) {
    FAIL(s, "no such module");
    return;
  }
  char text[512] = "";
  wasm_instance_t *instance;
  wr_status status = instantiate(s, definition->module, &instance, text, sizeof text);
  if (status == WR_OK)
    add_instance(s, instance, two ? first : 0);
  else
    FAIL(s, "instantiation: %s: %s", wr_status_name(status), text);
}

static named *current_instance(session *s, size_t token) {
  bool is_id = s->script->tokens[token].kind == WR_TEXT_ID;
  if (!is_id && !s->has_current) return NULL;
  return find_named(s, &s->instances, token);
}

/* (register "name" $instance?) */
static void run_register(session *s, size_t open) {
  size_t size;
  char *name = script_string(s->script, open + 2, &size);
  named *instance = current_instance(s, open + 3);
  wr_status status = name && instance ? WR_OK : WR_NOT_FOUND;
  if (status == WR_OK && instance->instance)
    status = wr_linker_define_instance(s->linker, name, size, instance->instance);
  for (size_t i = 0; status == WR_OK && i < instance->shared_count; i++)
    status = wr_linker_define(s->linker, name, size, instance->shared_names[i],
                              instance->shared_sizes[i], instance->shared[i]);
  free(name);
  if (status == WR_OK)
    pass(s);
  else
    FAIL(s, "%s", status == WR_NOT_FOUND ? "no such instance" : wr_status_name(status));
}

/* ---- Actions
 * ------------------------------------------------------------------------------------------ */

typedef struct outcome {
  wr_status status;
  char text[512]; /* of a failure */
  wr_val *results;
  size_t result_count;
} outcome;

static void free_outcome(outcome *o) {
  for (size_t i = 0; i < o->result_count; i++) wr_val_delete(&o->results[i]);
  free(o->results);
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
    trap_text(trap, out->text, sizeof out->text);
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
static void run_action(session *s, size_t open, outcome *out) {
  *out = (outcome){.status = WR_OK};
  bool is_get = script_is_form(s->script, open, "get");
  if (!is_get && !script_is_form(s->script, open, "invoke")) {
    out->status = WR_BAD_ARGUMENT;
    snprintf(out->text, sizeof out->text, "unknown action");
    return;
  }
  size_t token = open + 2, size = 0;
  named *instance = current_instance(s, token);
  if (s->script->tokens[token].kind == WR_TEXT_ID) token++;
  char *name = script_string(s->script, token, &size);
  wasm_extern_t *external = instance && name ? find_export(instance, name, size) : NULL;
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

static void run_bare_action(session *s, size_t open) {
  outcome out;
  run_action(s, open, &out);
  if (out.status == WR_OK)
    pass(s);
  else
    FAIL(s, "%s: %s", wr_status_name(out.status), out.text);
  free_outcome(&out);
}

/* ---- Assertions
 * --------------------------------------------------------------------------------------------- */

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

static void assert_return(session *s, size_t open) {
  const script_token *t = s->script->tokens;
  size_t action = open + 2, first = t[action].match + 1, last = t[open].match - 1, index = 0;
  outcome out;
  run_action(s, action, &out);
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
    pass(s), s->file->counts.assertions++;
  free_outcome(&out);
}

/* Does one text begin with the other? */
static bool one_begins_other(const char *a, const char *b) {
  size_t a_size = strlen(a), b_size = strlen(b);
  return a_size && b_size && !strncmp(a, b, a_size < b_size ? a_size : b_size);
}

/* Judges a failure: its kind must be the one wanted, and its message begin with the string at
 * `token`. Traps have few messages, so theirs must at least begin as the script says; other errors
 * may be worded otherwise. */
static void judge(session *s, wr_status status, const char *text, wr_status wanted, size_t token) {
  size_t size = 0;
  char *string = script_string(s->script, token, &size);
  const char *expected = string ? string : "";
  bool same = string && !strncmp(text, expected, size);
  bool close = same || (!s->options->strict_messages &&
                        (wanted != WR_TRAPPED || one_begins_other(text, expected)));
  if (status == WR_OK)
    FAIL(s, "expected %s \"%s\", but it succeeded", wr_status_name(wanted), expected);
  else if (status != wanted || !close)
    FAIL(s, "expected %s \"%s\", got %s: %s", wr_status_name(wanted), expected,
         wr_status_name(status), text);
  else
    pass(s), s->file->counts.assertions++, s->file->counts.reworded += !same;
  free(string);
}

/* assert_trap and assert_exhaustion, of an action or of a module's instantiation. */
static void assert_trap(session *s, size_t open) {
  size_t form = open + 2, text = s->script->tokens[form].match + 1;
  if (!script_is_form(s->script, form, "module")) {
    outcome out;
    run_action(s, form, &out);
    judge(s, out.status, out.text, WR_TRAPPED, text);
    free_outcome(&out);
    return;
  }
  wasm_module_t *module;
  wasm_instance_t *instance;
  wr_error error;
  char message[512] = "";
  wr_status status = load_module(s, form, &module, &error);
  if (status != WR_OK) {
    FAIL(s, "%s: %s", wr_status_name(status), error.message);
    return;
  }
  status = instantiate(s, module, &instance, message, sizeof message);
  if (status == WR_OK) wasm_instance_delete(instance);
  judge(s, status, message, WR_TRAPPED, text);
  wasm_module_delete(module);
}

static void assert_exception(session *s, size_t open) {
  outcome out;
  run_action(s, open + 2, &out);
  if (out.status == WR_EXCEPTION)
    pass(s), s->file->counts.assertions++;
  else
    FAIL(s, "expected an exception, got %s: %s", wr_status_name(out.status), out.text);
  free_outcome(&out);
}

/* assert_malformed, assert_invalid and their `_custom` relatives. */
static void assert_bad_module(session *s, size_t open, wr_status wanted) {
  size_t form = open + 2;
  wasm_module_t *module;
  wr_error error;
  wr_status status = load_module(s, form, &module, &error);
  judge(s, status, error.message, wanted, s->script->tokens[form].match + 1);
  if (status == WR_OK) wasm_module_delete(module);
}

static void assert_unlinkable(session *s, size_t open) {
  size_t form = open + 2, text = s->script->tokens[form].match + 1;
  wasm_module_t *module;
  wasm_instance_t *instance;
  wr_error error;
  char message[512] = "";
  wr_status status = load_module(s, form, &module, &error);
  if (status != WR_OK) {
    FAIL(s, "%s: %s", wr_status_name(status), error.message);
    return;
  }
  status = instantiate(s, module, &instance, message, sizeof message);
  if (status == WR_OK) wasm_instance_delete(instance);
  judge(s, status, message, WR_UNLINKABLE, text);
  wasm_module_delete(module);
}

/* ---- Threads
 * ---------------------------------------------------------------------------------------------- */

static void run_commands(session *s, size_t first, size_t end);
static bool open_session(session *s, const settings *options, report_file *file,
                         const script *source, wasm_engine_t *engine);
static void close_session(session *s);

/* Gives the shared memories that an instance exports to another session's store. */
static bool share_instance(session *from, size_t id, session *to) {
  named *source = find_named(from, &from->instances, id);
  if (!source || !source->instance) return false;
  wasm_extern_vec_t exports;
  wasm_instance_exports(source->instance, &exports);
  named *target = add_named(&to->instances, from->script, id);
  if (!target) return false;
  target->shared = calloc(exports.size + 1, sizeof *target->shared);
  target->shared_names = calloc(exports.size + 1, sizeof *target->shared_names);
  target->shared_sizes = calloc(exports.size + 1, sizeof *target->shared_sizes);
  named *definition = find_named(from, &from->modules, id);
  bool ok = target->shared && target->shared_names && target->shared_sizes && definition;
  for (size_t i = 0; ok && i < exports.size; i++) {
    wasm_memory_t *memory = wasm_extern_as_memory(exports.data[i]);
    wr_shared_memory_t *shared = memory ? wr_memory_share(memory) : NULL;
    if (!shared) continue;
    wasm_memory_t *mine = wr_shared_memory_obtain(to->store, shared);
    wr_shared_memory_delete(shared);
    if (!mine) continue;
    wr_export export = wr_module_export(definition->module, i);
    size_t at = target->shared_count++;
    target->shared[at] = wasm_memory_as_extern(mine);
    target->shared_names[at] = strndup(export.name, export.name_size);
    target->shared_sizes[at] = export.name_size;
  }
  wasm_extern_vec_delete(&exports);
  return ok;
}

static void *thread_main(void *context) {
  worker *w = context;
  run_commands(&w->session, w->first, w->end);
  return NULL;
}

/* (thread $id (shared (module $instance))* commands) */
static void run_thread(session *s, size_t open) {
  const script_token *t = s->script->tokens;
  worker *w = calloc(1, sizeof *w);
  if (!w || !open_session(&w->session, s->options, &w->file, s->script, s->engine)) {
    FAIL(s, "out of memory");
    free(w);
    return;
  }
  w->file.path = strdup(s->file->path);
  w->id = t[open + 2].kind == WR_TEXT_ID ? open + 2 : 0;
  w->first = w->id ? open + 3 : open + 2;
  w->end = t[open].match;
  bool ok = true;
  for (; script_is_form(s->script, w->first, "shared"); w->first = t[w->first].match + 1)
    ok = ok && share_instance(s, w->first + 4, &w->session);
  if (!ok || pthread_create(&w->thread, NULL, thread_main, w) != 0) {
    FAIL(s, "no such instance, or no thread");
    close_session(&w->session);
    report_free(&w->file);
    free(w);
    return;
  }
  w->next = s->workers;
  s->workers = w;
  pass(s);
}

/* Waits for a thread's end, and takes over what it found. */
static void join_worker(session *s, worker *w) {
  pthread_join(w->thread, NULL);
  for (size_t i = 0; i < w->file.failure_count; i++) {
    report_failure *f = &w->file.failures[i];
    report_fail(s->file, f->line, f->command, "in a thread: %s", f->text);
  }
  w->file.counts.failed = 0; /* report_fail has counted them */
  report_add(&s->file->counts, &w->file.counts);
  close_session(&w->session);
  report_free(&w->file);
  free(w);
}

/* (wait $thread) */
static void run_wait(session *s, size_t open) {
  for (worker **at = &s->workers; *at; at = &(*at)->next) {
    worker *w = *at;
    if (!w->id || !script_same_id(s->script, open + 2, s->script, w->id)) continue;
    *at = w->next;
    join_worker(s, w);
    pass(s);
    return;
  }
  FAIL(s, "no such thread");
}

/* ---- Commands
 * --------------------------------------------------------------------------------------------------
 */

/* (input "file"): the commands of another script, named from this one's folder. */
static void run_input(session *s, size_t open) {
  size_t token = open + 2, size;
  if (s->script->tokens[token].kind == WR_TEXT_ID) token++;
  char *name = script_string(s->script, token, &size);
  const char *slash = strrchr(s->script->path, '/');
  size_t folder = slash && name && name[0] != '/' ? (size_t)(slash + 1 - s->script->path) : 0;
  char path[4096], message[512] = "out of memory, or nested too deeply";
  script inner;
  if (name) snprintf(path, sizeof path, "%.*s%s", (int)folder, s->script->path, name);
  bool ok = name && s->input_depth < MAX_INPUT_DEPTH &&
            script_open(&inner, path, message, sizeof message);
  free(name);
  if (!ok) {
    FAIL(s, "%s", message);
    return;
  }
  const script *outer = s->script;
  s->script = &inner;
  s->input_depth++;
  run_commands(s, 0, inner.token_count - 1);
  s->input_depth--;
  s->script = outer;
  /* Names of the inner script end with it. */
  for (size_t i = 0; i < s->modules.count; i++)
    if (s->modules.items[i].source == &inner) s->modules.items[i].id = 0;
  for (size_t i = 0; i < s->instances.count; i++)
    if (s->instances.items[i].source == &inner) s->instances.items[i].id = 0;
  script_close(&inner);
}

static void run_script(session *s, size_t open) {
  size_t first = open + 2;
  if (s->script->tokens[first].kind == WR_TEXT_ID) first++;
  run_commands(s, first, s->script->tokens[open].match);
}

static void assert_malformed(session *s, size_t open) { assert_bad_module(s, open, WR_MALFORMED); }
static void assert_invalid(session *s, size_t open) { assert_bad_module(s, open, WR_INVALID); }

static const struct {
  const char *word;
  void (*run)(session *, size_t);
} commands[] = {{"assert_return", assert_return},
                {"assert_trap", assert_trap},
                {"assert_invalid", assert_invalid},
                {"assert_malformed", assert_malformed},
                {"module", run_module},
                {"invoke", run_bare_action},
                {"get", run_bare_action},
                {"assert_exhaustion", assert_trap},
                {"assert_exception", assert_exception},
                {"assert_unlinkable", assert_unlinkable},
                {"assert_malformed_custom", assert_malformed},
                {"assert_invalid_custom", assert_invalid},
                {"register", run_register},
                {"thread", run_thread},
                {"wait", run_wait},
                {"input", run_input},
                {"script", run_script}};

static void run_command(session *s, size_t open) {
  const script_token *word = &s->script->tokens[open + 1];
  snprintf(s->command, sizeof s->command, "%.*s", word->kind == WR_TEXT_WORD ? (int)word->size : 0,
           s->script->text + word->offset);
  if (script_is_form(s->script, open, "module") &&
      script_is_word(s->script, open + 2, "instance")) {
    run_module_instance(s, open);
    return;
  }
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    if (!script_is_word(s->script, open + 1, commands[i].word)) continue;
    commands[i].run(s, open);
    return;
  }
  s->file->counts.skipped++;
  FAIL(s, "unknown command");
}

/* Does the form belong to a module that is written without (module …)? */
static bool is_field(const script *s, size_t open) {
  static const char *const fields[] = {"func",   "type",   "rec", "import", "export", "table",
                                       "memory", "global", "tag", "elem",   "data",   "start"};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (script_is_form(s, open, fields[i])) return true;
  return false;
}

/* Fields one after the other are one module. Returns the token behind them. */
static size_t run_bare_module(session *s, size_t first, size_t end) {
  const script_token *t = s->script->tokens;
  size_t last = t[first].match;
  while (last + 1 < end && is_field(s->script, last + 1)) last = t[last + 1].match;
  wasm_module_t *module;
  wr_error error;
  wr_status status = load_text(s, first, last, &module, &error);
  if (status == WR_OK)
    add_module(s, module, 0, false);
  else
    FAIL(s, "%s: %s", wr_status_name(status), error.message);
  return last + 1;
}

/* Lines are counted on from the last command's. */
static void set_line(session *s, size_t *counted, size_t offset) {
  for (; *counted < offset; ++*counted) s->line += s->script->text[*counted] == '\n';
}

static void run_commands(session *s, size_t first, size_t end) {
  const script_token *t = s->script->tokens;
  unsigned outer_line = s->line;
  size_t counted = t[first].offset;
  s->line = script_line(s->script, counted);
  for (size_t at = first; at < end;) {
    set_line(s, &counted, t[at].offset);
    if (t[at].kind != WR_TEXT_OPEN) {
      snprintf(s->command, sizeof s->command, "script");
      FAIL(s, "expected a command");
      break;
    }
    if (is_field(s->script, at)) {
      snprintf(s->command, sizeof s->command, "module");
      at = run_bare_module(s, at, end);
    } else {
      run_command(s, at);
      at = t[at].match + 1;
    }
  }
  s->line = outer_line;
}

/* ---- Sessions
 * -----------------------------------------------------------------------------------------------------
 */

/* A proposal's scripts are written against the language that it extends. The threads proposal's
 * extend the language before it had several memories and tables, and check that it has not. */
static void set_features(wasm_config_t *config, const char *path) {
  if (!strstr(path, "proposals/threads")) return;
  wr_config_set_feature(config, WR_FEATURE_MULTI_MEMORY, false);
  wr_config_set_feature(config, WR_FEATURE_REFERENCE_TYPES, false);
  wr_config_set_feature(config, WR_FEATURE_MEMORY64, false);
}

static wasm_engine_t *make_engine(const settings *options, const char *path) {
  wasm_config_t *config = wasm_config_new();
  if (!config) return NULL;
  wr_config_set_engine(config, options->engine);
  wr_config_set_bounds(config, options->bounds);
  wr_config_set_gc_stress(config, options->gc_stress);
  for (int k = WR_OPTIMISE_FUSION; options->plain && k <= WR_OPTIMISE_LOOPS; k++)
    wr_config_set_optimisation(config, (wr_optimisation)k, false);
  set_features(config, path);
  return wasm_engine_new_with_config(config);
}

static bool open_session(session *s, const settings *options, report_file *file,
                         const script *source, wasm_engine_t *engine) {
  *s = (session){.options = options, .file = file, .script = source, .engine = engine};
  s->store = engine ? wasm_store_new(engine) : NULL;
  s->linker = s->store ? wr_linker_new(s->store) : NULL;
  if (!s->linker || !host_define(s->store, s->linker, options->print)) return false;
  return wr_store_set_deadline(s->store, (uint64_t)(options->timeout_seconds * 1e9)) == WR_OK;
}

static void close_session(session *s) {
  while (s->workers) {
    worker *w = s->workers;
    s->workers = w->next;
    join_worker(s, w);
  }
  free_named(&s->instances);
  free_named(&s->modules);
  wr_linker_delete(s->linker);
  wasm_store_delete(s->store);
}

void session_run_file(const settings *options, report_file *file) {
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  script source;
  char message[512];
  session s = {.file = file};
  if (!script_open(&source, file->path, message, sizeof message)) {
    report_fail(file, 0, "script", "%s", message);
  } else {
    wasm_engine_t *engine = make_engine(options, file->path);
    if (open_session(&s, options, file, &source, engine))
      run_commands(&s, 0, source.token_count - 1);
    else
      report_fail(file, 0, "script", "no store can be made");
    close_session(&s);
    wasm_engine_delete(engine);
  }
  script_close(&source);
  clock_gettime(CLOCK_MONOTONIC, &end);
  file->seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}
