/* The commands of the script language, one after the other. Every command passes or fails; none is
 * passed over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "components.h"

enum { MAX_INPUT_DEPTH = 16 };

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
  session_run_commands(s, 0, inner.token_count - 1);
  s->input_depth--;
  s->script = outer;
  /* Names of the inner script end with it. */
  for (size_t i = 0; i < s->modules.count; i++)
    if (s->modules.items[i].source == &inner) s->modules.items[i].id = 0;
  for (size_t i = 0; i < s->instances.count; i++)
    if (s->instances.items[i].source == &inner) s->instances.items[i].id = 0;
  for (size_t i = 0; i < s->components.count; i++)
    if (s->components.items[i].source == &inner) s->components.items[i].id = 0;
  script_close(&inner);
}

static void run_script(session *s, size_t open) {
  size_t first = open + 2;
  if (s->script->tokens[first].kind == WR_TEXT_ID) first++;
  session_run_commands(s, first, s->script->tokens[open].match);
}

static const struct {
  const char *word;
  void (*run)(session *, size_t);
} commands[] = {{"assert_return", command_assert_return},
                {"assert_trap", command_assert_trap},
                {"assert_invalid", command_assert_invalid},
                {"assert_malformed", command_assert_malformed},
                {"module", command_module},
                {"component", command_component},
                {"invoke", command_action},
                {"get", command_action},
                {"assert_exhaustion", command_assert_trap},
                {"assert_exception", command_assert_exception},
                {"assert_unlinkable", command_assert_unlinkable},
                {"assert_malformed_custom", command_assert_malformed},
                {"assert_invalid_custom", command_assert_invalid},
                {"register", command_register},
                {"thread", command_thread},
                {"wait", command_wait},
                {"input", run_input},
                {"script", run_script}};

static void run_command(session *s, size_t open) {
  const script_token *word = &s->script->tokens[open + 1];
  snprintf(s->command, sizeof s->command, "%.*s", word->kind == WR_TEXT_WORD ? (int)word->size : 0,
           s->script->text + word->offset);
  if (script_is_form(s->script, open, "module") &&
      script_is_word(s->script, open + 2, "instance")) {
    command_module_instance(s, open);
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
  wr_status status = modules_load_text(s, first, last, &module, &error);
  if (status == WR_OK)
    modules_add(s, module, 0, false);
  else
    FAIL(s, "%s: %s", wr_status_name(status), error.message);
  return last + 1;
}

/* Lines are counted on from the last command's. */
static void set_line(session *s, size_t *counted, size_t offset) {
  for (; *counted < offset; ++*counted) s->line += s->script->text[*counted] == '\n';
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The store's deadline ends one command; this keeps the next from taking its time. */
static bool is_over(session *s) {
  if (now_ns() < s->end_ns) return false;
  FAIL(s, "the script takes longer than %g s; the rest of it was not run",
       s->options->timeout_seconds);
  return true;
}

void session_run_commands(session *s, size_t first, size_t end) {
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
    if (is_over(s)) break;
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

/* ---- Sessions */

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
  wr_config_set_engine(config,
                       options->engine == SPEC_INTERP ? WR_ENGINE_INTERP
                       : options->engine == SPEC_JIT  ? WR_ENGINE_JIT
                                                      : WR_ENGINE_NATIVE);
  if (options->key) {
    wr_public_key key = wr_signing_key_public(options->key);
    if (wr_config_trust_keys(config, &key, 1, NULL) != WR_OK) {
      wasm_config_delete(config);
      return NULL;
    }
  }
  wr_config_set_bounds(config, options->bounds);
  wr_config_set_gc_stress(config, options->gc_stress);
  for (int k = WR_OPTIMISE_FUSION; options->plain && k <= WR_OPTIMISE_WIDE; k++)
    wr_config_set_optimisation(config, (wr_optimisation)k, false);
  set_features(config, path);
  return wasm_engine_new_with_config(config);
}

bool session_open(session *s, const settings *options, report_file *file, const script *source,
                  wasm_engine_t *engine) {
  *s = (session){.options = options, .file = file, .script = source, .engine = engine};
  s->store = engine ? wasm_store_new(engine) : NULL;
  s->linker = s->store ? wr_linker_new(s->store) : NULL;
  s->component_linker = s->store ? wr_component_linker_new(s->store) : NULL;
  if (!s->linker || !s->component_linker || !host_define(s->store, s->linker, options->print))
    return false;
  uint64_t limit_ns = (uint64_t)(options->timeout_seconds * 1e9);
  s->end_ns = now_ns() + limit_ns;
  return wr_store_set_deadline(s->store, limit_ns) == WR_OK;
}

void session_close(session *s) {
  threads_join_all(s);
  names_free(&s->instances);
  names_free(&s->components);
  names_free(&s->modules);
  wr_component_linker_delete(s->component_linker);
  wr_linker_delete(s->linker);
  wasm_store_delete(s->store);
}

void session_run_file(const settings *options, report_file *file) {
  uint64_t start = now_ns();
  script source;
  char message[512];
  session s = {.file = file};
  if (!script_open(&source, file->path, message, sizeof message)) {
    report_fail(file, 0, "script", "%s", message);
  } else {
    wasm_engine_t *engine = make_engine(options, file->path);
    if (session_open(&s, options, file, &source, engine))
      session_run_commands(&s, 0, source.token_count - 1);
    else
      report_fail(file, 0, "script", "no store can be made");
    session_close(&s);
    wasm_engine_delete(engine);
  }
  script_close(&source);
  file->seconds = (double)(now_ns() - start) / 1e9;
}
