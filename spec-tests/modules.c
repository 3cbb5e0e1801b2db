/* Modules of a script: parsed, validated, compiled where the engine is native, instantiated,
 * registered. */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "roundtrip.h"

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

/* Writes a signed file and opens it: *module is then what came of that. */
static wr_status go_through_file(session *s, const wr_compile_options *options,
                                 wasm_module_t **module, wr_error *error) {
  char path[4096];
  wasm_byte_vec_t image, file;
  wr_status status = wr_module_compile_image(*module, options, &image, error);
  if (status != WR_OK) return status;
  status = wr_native_pack(*module, &image, 1, s->options->key, &file, error);
  wasm_byte_vec_delete(&image);
  if (status != WR_OK) return status;
  snprintf(path, sizeof path, "%s/%p.aot.wasm", s->options->folder, (void *)s);
  status = wr_file_replace(path, file.data, file.size, error);
  wasm_byte_vec_delete(&file);
  if (status != WR_OK) return status;
  wasm_module_t *opened;
  status = wr_module_open(s->engine, path, &opened, error);
  remove(path);
  if (status != WR_OK) return status;
  wasm_module_delete(*module);
  *module = opened;
  return WR_OK;
}

/* With a native engine, every module that loads is compiled. On failure it is gone. */
static wr_status compile_module(session *s, wasm_module_t **module, wr_error *error) {
  if (s->options->engine == SPEC_INTERP || s->options->engine == SPEC_JIT) return WR_OK;
  wr_compile_options options;
  wr_compile_options_init(&options);
  options.bounds_explicit = s->options->bounds == WR_BOUNDS_EXPLICIT;
  options.check_proofs = s->options->check_proofs;
  options.threads = 1;
  options.level = s->options->level;
  wr_status status = s->options->engine == SPEC_NATIVE
                         ? go_through_file(s, &options, module, error)
                         : wr_module_compile(*module, &options, error);
  if (status != WR_OK) wasm_module_delete(*module);
  return status;
}

/* Parses and validates the text from one token to another. */
wr_status modules_load_text(session *s, size_t first, size_t last, wasm_module_t **out,
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

wr_status modules_load(session *s, size_t open, wasm_module_t **out, wr_error *error) {
  return modules_load_text(s, open, s->script->tokens[open].match, out, error);
}

/* Instantiates; on failure text says why. */
wr_status modules_instantiate(session *s, const wasm_module_t *module, wasm_instance_t **out,
                              char *text, size_t size) {
  wasm_trap_t *trap = NULL;
  wr_error error = {0};
  wr_status status = wr_linker_instantiate(s->linker, module, out, &trap, &error);
  if (status == WR_OK) return status;
  action_trap_text(trap, text, size);
  if (!text[0]) snprintf(text, size, "%s", error.message);
  wasm_trap_delete(trap);
  return status;
}

static void add_instance(session *s, wasm_instance_t *instance, size_t id) {
  named *item = names_add(&s->instances, s->script, id);
  if (!item) {
    wasm_instance_delete(instance);
    FAIL(s, "out of memory");
    return;
  }
  item->instance = instance;
  s->has_current = true;
  session_pass(s);
}

/* Makes a module known and, unless it is only a definition, an instance of it. Takes the module. */
void modules_add(session *s, wasm_module_t *module, size_t id, bool definition) {
  named *item = names_add(&s->modules, s->script, id);
  if (!item) {
    wasm_module_delete(module);
    FAIL(s, "out of memory");
    return;
  }
  item->module = module;
  s->file->counts.modules++;
  if (definition) {
    session_pass(s);
    return;
  }
  char text[512] = "";
  wasm_instance_t *instance;
  wr_status status = modules_instantiate(s, module, &instance, text, sizeof text);
  if (status == WR_OK)
    add_instance(s, instance, id);
  else
    FAIL(s, "instantiation: %s: %s", wr_status_name(status), text);
}

void command_module(session *s, size_t open) {
  wasm_module_t *module;
  wr_error error;
  s->has_current = s->has_current && is_definition(s, open);
  wr_status status = modules_load(s, open, &module, &error);
  if (status == WR_OK)
    modules_add(s, module, module_id(s, open), is_definition(s, open));
  else
    FAIL(s, "%s: %s", wr_status_name(status), error.message);
}

/* (module instance $instance? $module?) */
void command_module_instance(session *s, size_t open) {
  const script_token *t = s->script->tokens;
  size_t first = open + 3, second = open + 4;
  bool two = t[first].kind == WR_TEXT_ID && t[second].kind == WR_TEXT_ID;
  named *definition = names_find(s, &s->modules, two ? second : first);
  if (!definition) {
    FAIL(s, "no such module");
    return;
  }
  char text[512] = "";
  wasm_instance_t *instance;
  wr_status status = modules_instantiate(s, definition->module, &instance, text, sizeof text);
  if (status == WR_OK)
    add_instance(s, instance, two ? first : 0);
  else
    FAIL(s, "instantiation: %s: %s", wr_status_name(status), text);
}

/* (register "name" $instance?) */
void command_register(session *s, size_t open) {
  size_t size;
  char *name = script_string(s->script, open + 2, &size);
  named *instance = names_current(s, open + 3);
  wr_status status = name && instance ? WR_OK : WR_NOT_FOUND;
  if (status == WR_OK && instance->instance)
    status = wr_linker_define_instance(s->linker, name, size, instance->instance);
  for (size_t i = 0; status == WR_OK && i < instance->shared_count; i++)
    status = wr_linker_define(s->linker, name, size, instance->shared_names[i],
                              instance->shared_sizes[i], instance->shared[i]);
  free(name);
  if (status == WR_OK)
    session_pass(s);
  else
    FAIL(s, "%s", status == WR_NOT_FOUND ? "no such instance" : wr_status_name(status));
}
