/* `wasmrun run` of a component: a command of WASI 0.2, or with --invoke one of its functions. */
#include <stdlib.h>
#include <string.h>

#include "platform/watchdog.h"
#include "run.h"

/* Behind what a text may begin with: white space and comments. */
static const char *skip_comments(const char *at) {
  for (;;) {
    at += strspn(at, " \t\r\n");
    if (strncmp(at, ";;", 2) == 0) {
      at += strcspn(at, "\n");
    } else if (strncmp(at, "(;", 2) == 0) {
      const char *end =
          strstr(at, ";)"); /* of nested ones the first: what follows is no component */
      if (!end) return at;
      at = end + 2;
    } else {
      return at;
    }
  }
}

bool wr__run_is_component(const char *path) {
  static const char keyword[] = "(component";
  char begin[4096];
  FILE *file = strcmp(path, "-") == 0 ? NULL : fopen(path, "rb");
  if (!file) return false;
  size_t size = fread(begin, 1, sizeof begin - 1, file);
  fclose(file);
  begin[size] = '\0';
  return wr_component_is(begin, size) ||
         strncmp(skip_comments(begin), keyword, sizeof keyword - 1) == 0;
}

/* ---- Calls ------------------------------------------------------------------------- */

static int invoke(const wr__session *s, wr_component_instance_t *instance, const char *text) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wasm_trap_t *trap = NULL;
  char *result = NULL;
  wr_status status = wr_component_invoke(instance, text, &result, &trap, &error);
  if (status != WR_OK) return wr__run_outcome(s, s->path, status, &error, trap);
  if (result[0] != '\0') puts(result);
  free(result);
  return wr__flush_output(WR__EXIT_OK);
}

/* The status of a command: 0, or 1 if it says that it failed. */
static int run_command(const wr__session *s, wr_component_func_t *run) {
  wasm_trap_t *trap = NULL;
  wr_component_call_t *call = wr_component_call_new(run);
  if (!call) {
    wr__report("out of memory");
    return WR__EXIT_FAILED;
  }
  wr_status status = wr_component_call_run(call, &trap);
  uint32_t outcome = status == WR_OK ? wr_in_case(call) : 0;
  if (status == WR_OK) {
    wr_in_end(call);
    status = wr_component_call_end(call, &trap);
  } else {
    wr_component_call_end(call, NULL);
  }
  if (status != WR_OK) return wr__run_outcome(s, s->path, status, NULL, trap);
  int exit_status = outcome == 0 ? WR__EXIT_OK : 1;
  wr__watchdog_finish(exit_status);
  return exit_status;
}

static int run_instance(const wr__session *s, wr_component_instance_t *instance) {
  const char *text = wr__option_last(s->parsed, WR__OPTION_INVOKE);
  if (text) return invoke(s, instance, text);
  wr_component_func_t *run = wr_component_instance_func(instance, "wasi:cli/run@0.2.0", "run");
  if (run) return run_command(s, run);
  wr__report(
      "%s: not a program: exports no wasi:cli/run@0.2; call a function with --invoke "
      "'NAME(ARGUMENTS)'",
      s->path);
  return WR__EXIT_FAILED;
}

/* ---- Linking ------------------------------------------------------------------------- */

static int link_and_run(wr__session *s, const wr_component_t *component) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wr_component_linker_t *linker = wr_component_linker_new(s->store);
  wr_component_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  wr_status status = linker ? wr_wasi_define_components(s->wasi, linker, &error) : WR_OUT_OF_MEMORY;
  if (status == WR_OK)
    status = wr_component_linker_instantiate(linker, component, &instance, &trap, &error);
  int exit_status =
      status == WR_OK ? WR__EXIT_OK : wr__run_outcome(s, s->path, status, &error, trap);
  if (exit_status == WR__EXIT_OK && instance) exit_status = run_instance(s, instance);
  if (instance) wr_component_instance_delete(instance);
  if (linker) wr_component_linker_delete(linker);
  return exit_status;
}

int wr__run_component(wr__session *s) {
  wr_component_t *component = wr__load_component_to_run(s->parsed, s->engine, s->path);
  if (!component) return WR__EXIT_FAILED;
  const char *refusal = wr_component_native_refusal(component);
  if (refusal)
    wr__report("%s: warning: its native code is not used: %s%s", s->path, refusal,
               wr__refusal_hint(refusal));
  int exit_status = wr__run_grant(s);
  if (exit_status == WR__EXIT_OK) {
    s->store = wasm_store_new(s->engine);
    if (!s->store) wr__report("out of memory");
    exit_status = s->store ? wr__run_set_deadline(s) : WR__EXIT_FAILED;
  }
  if (exit_status == WR__EXIT_OK) exit_status = link_and_run(s, component);
  wr_component_delete(component);
  return exit_status;
}
