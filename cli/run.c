/* `wasmrun run`: grants what the options give, links, runs, and turns what came of it into an
 * exit status. */
#include <stdlib.h>
#include <string.h>

#include "grants.h"
#include "numbers.h"
#include "platform/host.h"
#include "platform/watchdog.h"
#include "run.h"
#include "suggest.h"

static int fail_with(const char *path, const wr_error *error, int exit_status) {
  wr__report_error(path, error);
  return exit_status;
}

/* ---- Grants -------------------------------------------------------------------- */

/* Could the guest write to this file, by a directory that it is granted? */
static bool may_change(const wr__parsed *parsed, const char *path) {
  bool may = false;
  for (size_t i = 0; !may && i < parsed->given_count; i++) {
    wr__directory dir;
    if (parsed->given[i].id != WR__OPTION_DIR) continue;
    if (!wr__directory_read(parsed->given[i].value, &dir)) return true;
    may = !(dir.flags & WR_WASI_READ_ONLY) && wr__host_is_beneath(path, dir.host);
    free(dir.host);
  }
  return may;
}

/* Or to what --engine compile keeps? */
static bool may_change_cache(const wr__parsed *parsed) {
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  bool is_named = cache && cache[0] == '/';
  char path[4096];
  int length = snprintf(path, sizeof path, "%s/%swasmrun/compiled",
                        is_named ? cache
                        : home   ? home
                                 : "",
                        is_named ? "" : ".cache/");
  return length < 0 || (size_t)length >= sizeof path || may_change(parsed, path);
}

/* Or to any module's? Code that is compiled here does not come from those files. */
static bool may_change_any(const wr__parsed *parsed) {
  const char *engine = wr__option_last(parsed, WR__OPTION_ENGINE);
  if (engine && strcmp(engine, "compile") == 0) return may_change_cache(parsed);
  bool may = may_change(parsed, parsed->operands[0]);
  for (size_t i = 0; !may && i < parsed->given_count; i++) {
    if (parsed->given[i].id != WR__OPTION_PRELOAD) continue;
    const char *equals = strchr(parsed->given[i].value, '=');
    may = equals && may_change(parsed, equals + 1);
  }
  return may;
}

static wr_status grant_threads(wr_wasi_t *wasi, const char *value, wr_error *error) {
  char *end;
  unsigned long count = strtoul(value, &end, 10);
  if (value[0] < '0' || value[0] > '9' || *end != '\0' || count == 0 || count > UINT32_MAX) {
    snprintf(error->message, sizeof error->message, "'%s' is not a number of threads", value);
    return error->status = WR_BAD_ARGUMENT;
  }
  wr_wasi_set_max_threads(wasi, (uint32_t)count);
  return WR_OK;
}

static void log_line(void *context, const char *line) {
  (void)context;
  wr__report("%s", line);
}

static wr_status grant_descriptors(wr_wasi_t *wasi, const char *value, wr_error *error) {
  uint64_t count;
  if (!wr__size_parse(value, &count) || count == 0 || count > UINT32_MAX) {
    snprintf(error->message, sizeof error->message, "'%s' is not a number of descriptors", value);
    return error->status = WR_BAD_ARGUMENT;
  }
  wr_wasi_set_max_descriptors(wasi, (uint32_t)count);
  return WR_OK;
}

static wr_status grant_args(wr__session *s, wr_error *error) {
  const char *own_name = wr__option_last(s->parsed, WR__OPTION_ARGV0);
  if (!own_name) {
    const char *slash = strrchr(s->path, '/');
    own_name = slash ? slash + 1 : s->path;
  }
  size_t count = (size_t)s->parsed->operand_count;
  const char **args = calloc(count, sizeof *args);
  if (!args) return WR_OUT_OF_MEMORY;
  for (size_t i = 1; i < count; i++) args[i] = s->parsed->operands[i];
  args[0] = own_name;
  wr_status status = wr_wasi_set_args(s->wasi, args, count, error);
  free(args);
  return status;
}

/* Grants what each use of an option gives. WR__EXIT_OK, or a failure that was reported. */
static int grant_each(wr__session *s, wr__option_id id) {
  for (size_t i = 0; i < s->parsed->given_count; i++) {
    const wr__given *given = &s->parsed->given[i];
    wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
    wr_status status = WR_OK;
    if (given->id != id) continue;
    if (id == WR__OPTION_MAX_DESCRIPTORS) status = grant_descriptors(s->wasi, given->value, &error);
    if (id == WR__OPTION_DIR) status = wr__grant_dir(s->wasi, given->value, &error);
    if (id == WR__OPTION_ENV) status = wr__grant_env(s->wasi, given->value, &error);
    if (id == WR__OPTION_NET) status = wr__grant_net(s->wasi, given->value, &error);
    if (id == WR__OPTION_LISTEN) status = wr_wasi_listen(s->wasi, given->value, &error);
    if (id == WR__OPTION_MAX_THREADS) status = grant_threads(s->wasi, given->value, &error);
    if (id == WR__OPTION_LOG) wr_wasi_set_log(s->wasi, log_line, NULL);
    if (status == WR_OK) continue;
    /* Most messages name the value, which is not said twice. */
    char place[512];
    const char *value = given->value ? given->value : "";
    bool is_named = value[0] && strstr(error.message, value);
    snprintf(place, sizeof place, "--%s%s%s%s", wr__options[id].long_name, is_named ? "" : " '",
             is_named ? "" : value, is_named ? "" : "'");
    return fail_with(place, &error, status == WR_BAD_ARGUMENT ? WR__EXIT_USAGE : WR__EXIT_FAILED);
  }
  return WR__EXIT_OK;
}

/* WR__EXIT_OK, or the status of a failure that was reported. Directories come before listeners:
 * programs look for directories from the first descriptor until one is none. */
int wr__run_grant(wr__session *s) {
  static const wr__option_id in_order[] = {
      WR__OPTION_MAX_DESCRIPTORS, WR__OPTION_DIR, WR__OPTION_LISTEN, WR__OPTION_ENV, WR__OPTION_NET,
      WR__OPTION_MAX_THREADS,     WR__OPTION_LOG};
  int exit_status = WR__EXIT_OK;
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  s->wasi = wr_wasi_new();
  if (!s->wasi) {
    wr__report("out of memory");
    return WR__EXIT_FAILED;
  }
  for (int stream = 0; stream < 3; stream++) {
    if (wr_wasi_stdio_inherit(s->wasi, stream, &error) != WR_OK)
      return fail_with("standard streams", &error, WR__EXIT_FAILED);
  }
  if (grant_args(s, &error) != WR_OK) return fail_with("arguments", &error, WR__EXIT_FAILED);
  for (size_t i = 0; exit_status == WR__EXIT_OK && i < sizeof in_order / sizeof in_order[0]; i++)
    exit_status = grant_each(s, in_order[i]);
  if (exit_status == WR__EXIT_OK && s->container && s->container->grant(s->wasi, &error) != WR_OK)
    return fail_with("container", &error, WR__EXIT_FAILED);
  return exit_status;
}

/* ---- Linking --------------------------------------------------------------------- */

/* A program that got no memory ends in many ways; the reason is this one, and the user can change
 * it. */
static void report_limit(const wr__session *s, const char *path) {
  wr_limit limit = wr_store_limit_hit(s->store);
  if (limit == WR_LIMIT_NONE) return;
  wr__report("%s: it was refused more than %llu %s; --%s sets another limit", path,
             (unsigned long long)wr_store_limit(s->store, limit),
             limit == WR_LIMIT_TABLE_ELEMENTS ? "elements of tables"
             : limit == WR_LIMIT_GC_HEAP      ? "bytes of structures and arrays"
                                              : "bytes of memories",
             wr_limit_name(limit));
}

/* What a call or an instantiation that did not return normally means for the process. Ends the
 * trap's life. */
int wr__run_outcome(const wr__session *s, const char *path, wr_status status, const wr_error *error,
                    wasm_trap_t *trap) {
  int exit_status = trap ? WR__EXIT_TRAP : WR__EXIT_FAILED;
  int32_t guest_status;
  bool exited = trap && wr_trap_exit_status(trap, &guest_status);
  if (exited) exit_status = guest_status & 0xff;
  wr__watchdog_finish(exit_status);
  if (exited) {
    wasm_trap_delete(trap);
    return exit_status;
  }
  if (trap) {
    char note[64];
    snprintf(note, sizeof note, "--timeout %s", s->timeout ? s->timeout : "");
    bool late = s->timeout && wr_trap_get_kind(trap) == WR_TRAP_INTERRUPTED;
    wr__report_trap(path, trap, late ? note : NULL);
  } else if (error && error->message[0] != '\0') {
    wr__report_error(path, error);
  } else {
    wr__report("%s: %s", path, wr_status_name(status));
  }
  report_limit(s, path);
  if (trap) wasm_trap_delete(trap);
  return exit_status;
}

static int instantiate(wr__session *s, const char *path, const wasm_module_t *module,
                       wasm_instance_t **out) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wasm_trap_t *trap = NULL;
  wr_status status = wr_linker_instantiate(s->linker, module, out, &trap, &error);
  return status == WR_OK ? WR__EXIT_OK : wr__run_outcome(s, path, status, &error, trap);
}

/* What this module imports of WASI. */
static int define_wasi(wr__session *s, const wasm_module_t *module) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  if (wr_wasi_define_for(s->wasi, s->linker, module, &error) == WR_OK) return WR__EXIT_OK;
  return fail_with("wasi", &error, WR__EXIT_FAILED);
}

/* NAME=FILE */
static int preload(wr__session *s, const char *value) {
  const char *equals = strchr(value, '=');
  if (!equals || equals == value || equals[1] == '\0') {
    wr__report("--preload: '%s' is not of the form NAME=FILE", value);
    return WR__EXIT_USAGE;
  }
  wasm_module_t *module = wr__load_to_run(s->parsed, s->engine, equals + 1);
  if (!module) return WR__EXIT_FAILED;
  wasm_instance_t *instance = NULL;
  int exit_status = define_wasi(s, module);
  if (exit_status == WR__EXIT_OK) exit_status = instantiate(s, equals + 1, module, &instance);
  if (exit_status == WR__EXIT_OK && instance &&
      wr_linker_define_instance(s->linker, value, (size_t)(equals - value), instance) != WR_OK) {
    wr__report("out of memory");
    exit_status = WR__EXIT_FAILED;
  }
  if (instance) wasm_instance_delete(instance);
  wasm_module_delete(module);
  return exit_status;
}

/* ---- Time ------------------------------------------------------------------------ */

/* The line for a process that ends where no backtrace can be had. */
static void timeout_line(const wr__session *s, const char *what, char *line, size_t size) {
  char path[256];
  wr_text_escape(s->path, strlen(s->path), path, sizeof path);
  snprintf(line, size, "wasmrun: %s: %s (--timeout %.32s)", path, what, s->timeout);
}

/* From here on the process has an end, whatever it does. */
static int start_timeout(wr__session *s) {
  char line[512];
  uint64_t delay_ns;
  s->timeout = wr__option_last(s->parsed, WR__OPTION_TIMEOUT);
  if (!s->timeout) return WR__EXIT_OK;
  if (!wr__time_parse(s->timeout, &delay_ns)) {
    wr__report("--timeout: '%s' is not a time; times are like 500ms, 2s, 1.5m, 1h", s->timeout);
    return WR__EXIT_USAGE;
  }
  timeout_line(s, "interrupted before it ran", line, sizeof line);
  if (wr__watchdog_start(delay_ns, line, WR__EXIT_TRAP)) return WR__EXIT_OK;
  wr__report("--timeout: cannot set a timer");
  return WR__EXIT_FAILED;
}

/* The guest's deadline, which ends it with a backtrace. */
int wr__run_set_deadline(wr__session *s) {
  char line[512];
  if (!s->timeout) return WR__EXIT_OK;
  if (wr_store_set_deadline(s->store, wr__watchdog_left_ns()) != WR_OK) {
    wr__report("--timeout: cannot set a timer");
    return WR__EXIT_FAILED;
  }
  timeout_line(s, "trap: interrupted", line, sizeof line);
  wr__watchdog_guest(line);
  return WR__EXIT_OK;
}

static int link_all(wr__session *s) {
  s->store = wasm_store_new(s->engine);
  s->linker = s->store ? wr_linker_new(s->store) : NULL;
  if (!s->linker) {
    wr__report("out of memory");
    return WR__EXIT_FAILED;
  }
  int exit_status = wr__run_set_deadline(s);
  if (exit_status != WR__EXIT_OK) return exit_status;
  exit_status = define_wasi(s, s->module);
  if (exit_status != WR__EXIT_OK) return exit_status;
  for (size_t i = 0; i < s->parsed->given_count; i++) {
    if (s->parsed->given[i].id != WR__OPTION_PRELOAD) continue;
    exit_status = preload(s, s->parsed->given[i].value);
    if (exit_status != WR__EXIT_OK) return exit_status;
  }
  return instantiate(s, s->path, s->module, &s->instance);
}

/* ---- One function ------------------------------------------------------------------ */

/* Says that there is no such function, and which one there is. */
static int no_such_function(const wr__session *s, const char *name) {
  size_t count = wr_module_export_count(s->module), found = 0;
  char *texts = calloc(count + 1, 64);
  const char **names = calloc(count + 1, sizeof *names);
  for (size_t i = 0; texts && names && i < count; i++) {
    wr_export export = wr_module_export(s->module, i);
    if (export.type.kind != WR_EXTERN_FUNC || export.name_size > 63) continue;
    memcpy(texts + 64 * found, export.name, export.name_size);
    names[found] = texts + 64 * found;
    found++;
  }
  const char *near = names ? wr__suggest(name, names, found) : NULL;
  if (near) {
    wr__report("%s: no function '%s' is exported; did you mean '%s'?", s->path, name, near);
  } else if (found == 1) {
    wr__report("%s: no function '%s' is exported, only '%s'", s->path, name, names[0]);
  } else {
    wr__report("%s: no function '%s' is exported; 'wasmrun inspect' lists the exports", s->path,
               name);
  }
  free(names);
  free(texts);
  return WR__EXIT_FAILED;
}

/* "i32:5" on a line, or with --plain "5". */
static void print_results(const wr__session *s, const wr_val *results, size_t count) {
  bool is_plain = wr__option_last(s->parsed, WR__OPTION_PLAIN) != NULL;
  for (size_t i = 0; i < count; i++) {
    char text[128];
    wr__value_print(&results[i], text, sizeof text);
    const char *colon = is_plain ? strchr(text, ':') : NULL;
    puts(colon ? colon + 1 : text);
  }
}

static int call_with(wr__session *s, const wasm_func_t *func, const wr_val *args, size_t arg_count,
                     size_t result_count) {
  wr_val *results = calloc(result_count + 1, sizeof *results);
  if (!results) return WR__EXIT_FAILED;
  wasm_trap_t *trap = NULL;
  int exit_status = WR__EXIT_OK;
  wr_status status = wr_func_call(func, args, arg_count, results, result_count, &trap);
  if (status == WR_OK) {
    print_results(s, results, result_count);
    for (size_t i = 0; i < result_count; i++) wr_val_delete(&results[i]);
    exit_status = wr__flush_output(WR__EXIT_OK);
  } else {
    exit_status = wr__run_outcome(s, s->path, status, NULL, trap);
  }
  free(results);
  return exit_status;
}

static bool parse_args(const wr__session *s, const wr_externtype *type, wr_val *args) {
  for (size_t i = 0; i < type->param_count; i++) {
    const char *text = s->parsed->operands[1 + i];
    if (wr__value_parse(text, type->params[i], s->store, &args[i])) continue;
    char name[64];
    wr_valtype_name(type->params[i], name, sizeof name);
    wr__report("argument %zu: '%s' is not a value of type %s", i + 1, text, name);
    for (size_t done = 0; done < i; done++) wr_val_delete(&args[done]);
    return false;
  }
  return true;
}

static int call_func(wr__session *s, const wasm_func_t *func, const char *name) {
  wr_externtype type = wr_func_type(func);
  size_t given = (size_t)s->parsed->operand_count - 1;
  if (given != type.param_count) {
    wr__report("%s: '%s' takes %zu argument%s, not %zu", s->path, name, type.param_count,
               type.param_count == 1 ? "" : "s", given);
    return WR__EXIT_USAGE;
  }
  wr_val *args = calloc(given + 1, sizeof *args);
  if (!args) return WR__EXIT_FAILED;
  int exit_status = WR__EXIT_USAGE;
  if (parse_args(s, &type, args)) {
    exit_status = call_with(s, func, args, given, type.result_count);
    for (size_t i = 0; i < given; i++) wr_val_delete(&args[i]);
  }
  free(args);
  return exit_status;
}

/* A reactor's `_initialize` comes before any other call. */
static int initialize(wr__session *s) {
  wasm_extern_t *external = wr_instance_export(s->instance, "_initialize", 11);
  if (!external) return WR__EXIT_OK;
  const wasm_func_t *func = wasm_extern_as_func_const(external);
  wasm_trap_t *trap = NULL;
  wr_status status = func ? wr_func_call(func, NULL, 0, NULL, 0, &trap) : WR_OK;
  wasm_extern_delete(external);
  return status == WR_OK ? WR__EXIT_OK : wr__run_outcome(s, s->path, status, NULL, trap);
}

static int invoke(wr__session *s, const char *name) {
  wasm_extern_t *external = wr_instance_export(s->instance, name, strlen(name));
  const wasm_func_t *func = external ? wasm_extern_as_func_const(external) : NULL;
  int exit_status;
  if (!func) {
    exit_status = no_such_function(s, name);
  } else {
    exit_status = strcmp(name, "_initialize") == 0 ? WR__EXIT_OK : initialize(s);
    if (exit_status == WR__EXIT_OK) exit_status = call_func(s, func, name);
  }
  if (external) wasm_extern_delete(external);
  return exit_status;
}

/* ---- A program --------------------------------------------------------------------- */

static bool exports_func(const wasm_module_t *module, const char *name) {
  for (size_t i = 0; i < wr_module_export_count(module); i++) {
    wr_export export = wr_module_export(module, i);
    if (export.type.kind == WR_EXTERN_FUNC && export.name_size == strlen(name) &&
        memcmp(export.name, name, export.name_size) == 0)
      return true;
  }
  return false;
}

static bool has_start_section(const wasm_module_t *module) {
  for (size_t i = 0; i < wr_module_section_count(module); i++) {
    if (wr_module_section(module, i).id == 8) return true;
  }
  return false;
}

static int run_program(wr__session *s) {
  if (!exports_func(s->module, "_start") && !exports_func(s->module, "_initialize")) {
    if (has_start_section(s->module)) return WR__EXIT_OK; /* instantiation was the program */
    wr__report("%s: not a program: exports no function '_start'; call another one with --invoke",
               s->path);
    return WR__EXIT_FAILED;
  }
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wasm_trap_t *trap = NULL;
  int32_t guest_status = 0;
  wr_status status = wr_wasi_run(s->wasi, s->instance, &guest_status, &trap, &error);
  if (status == WR_OK || status == WR_EXITED) {
    wr__watchdog_finish(guest_status & 0xff);
    if (trap) wasm_trap_delete(trap);
    return guest_status & 0xff;
  }
  return wr__run_outcome(s, s->path, status, &error, trap);
}

/* Native code that came with the module and is not used: said once, unless the interpreter was
 * asked for. */
static void warn_of_refusal(const wr__session *s) {
  const char *refusal =
      s->instance ? wr_instance_native_refusal(s->instance) : wr_module_native_refusal(s->module);
  if (!refusal) return;
  wr__report("%s: warning: its native code is not used: %s%s", s->path, refusal,
             wr__refusal_hint(refusal));
}

static void end_session(wr__session *s) {
  if (s->wasi) wr_wasi_end_threads(s->wasi);
  if (s->instance) wasm_instance_delete(s->instance);
  if (s->linker) wr_linker_delete(s->linker);
  if (s->store) wasm_store_delete(s->store);
  if (s->module) wasm_module_delete(s->module);
  if (s->wasi) wr_wasi_delete(s->wasi);
  if (s->engine) wasm_engine_delete(s->engine);
}

static int run_module(wr__session *s) {
  const char *function = wr__option_last(s->parsed, WR__OPTION_INVOKE);
  s->module = wr__load_to_run(s->parsed, s->engine, s->path);
  int exit_status = s->module ? wr__run_grant(s) : WR__EXIT_FAILED;
  if (exit_status == WR__EXIT_OK) exit_status = link_all(s);
  if (exit_status == WR__EXIT_OK) warn_of_refusal(s);
  if (exit_status == WR__EXIT_OK && s->instance)
    exit_status = function ? invoke(s, function) : run_program(s);
  return exit_status;
}

int wr__command_run(const wr__parsed *parsed) { return wr__run_in(parsed, NULL); }

int wr__run_in(const wr__parsed *parsed, const wr__container *container) {
  wr__session s = {.parsed = parsed, .container = container, .path = parsed->operands[0]};
  int timed = start_timeout(&s);
  if (timed != WR__EXIT_OK) return timed;
  int exit_status;
  if (!wr__check_word(parsed)) return WR__EXIT_USAGE;
  s.engine = wr__engine_in(parsed, container, container || may_change_any(parsed), &exit_status);
  if (s.engine && wr__run_is_component(s.path))
    exit_status = wr__run_component(&s);
  else if (s.engine)
    exit_status = run_module(&s);
  wr__watchdog_finish(exit_status);
  end_session(&s);
  return exit_status;
}
