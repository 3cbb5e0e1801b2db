/* Components through the public interface: opening, linking, instances, calls from the host. */
#include <stdlib.h>

#include "api/component_modules.h"
#include "api/module.h"
#include "api/trap.h"
#include "component/describe.h"
#include "component/link.h"
#include "component/wave.h"
#include "platform/file.h"

struct wr_component_instance {
  wr__cinstance *instance;
};

static wr__component *of(const wr_component_t *component) { return (wr__component *)component; }

bool wr_component_is(const void *bytes, size_t size_bytes) {
  return wr__component_is(bytes, size_bytes);
}

/* ---- Opening */

/* options: to compile the core modules with; NULL: not. */
static wr_status decode(wr__engine *engine, const uint8_t *bytes, size_t size, bool mapped,
                        const wr_compile_options *options, wr_component_t **out, wr_error *error) {
  wr__component_modules modules = {.options = options};
  const wr__module_opener opener = wr__component_modules_opener(&modules);
  wr__component *component;
  wr_status status = wr__component_decode(
      engine, bytes, size, mapped ? WR__BYTES_MMAP : WR__BYTES_MALLOC, &opener, &component, error);
  if (status != WR_OK)
    wr__file_free(bytes, size, mapped);
  else
    *out = (wr_component_t *)component;
  return status;
}

/* Anything but a binary is text. */
static wr_status new_from_text(wr__engine *engine, const char *text, size_t size,
                               wr_component_t **out, wr_error *error) {
  wasm_byte_vec_t binary;
  WR_TRY(wr_text_to_binary(text, size, &binary, error));
  return decode(engine, (const uint8_t *)binary.data, binary.size, false, NULL, out, error);
}

wr_status wr_component_new(wasm_engine_t *engine, const void *bytes, size_t size_bytes,
                           wr_component_t **out, wr_error *error) {
  if (!engine || !out || (!bytes && size_bytes))
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "engine, bytes or out is missing");
  if (size_bytes && *(const char *)bytes != '\0')
    return new_from_text(wr__api_engine(engine), bytes, size_bytes, out, error);
  uint8_t *copy = malloc(size_bytes ? size_bytes : 1);
  if (!copy) return wr__fail_oom(error);
  if (size_bytes) memcpy(copy, bytes, size_bytes);
  return decode(wr__api_engine(engine), copy, size_bytes, false, NULL, out, error);
}

static wr_status open_file(wasm_engine_t *engine, const char *path,
                           const wr_compile_options *options, wr_component_t **out,
                           wr_error *error) {
  if (!engine || !path || !out)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "engine, path or out is missing");
  const uint8_t *bytes;
  size_t size;
  bool mapped;
  WR_TRY(wr__api_read_binary(path, &bytes, &size, &mapped, error));
  return decode(wr__api_engine(engine), bytes, size, mapped, options, out, error);
}

wr_status wr_component_open(wasm_engine_t *engine, const char *path, wr_component_t **out,
                            wr_error *error) {
  return open_file(engine, path, NULL, out, error);
}

wr_status wr_component_open_compiled(wasm_engine_t *engine, const char *path,
                                     const wr_compile_options *options, wr_component_t **out,
                                     wr_error *error) {
  wr_compile_options defaults;
  wr_compile_options_init(&defaults);
  return open_file(engine, path, options ? options : &defaults, out, error);
}

void wr_component_delete(wr_component_t *component) {
  if (component) wr__component_release(of(component));
}

static wr_component_extern describe(const wr__cextern *external) {
  return (wr_component_extern){(const char *)external->name.data, external->name.size,
                               wr__sort_name(external->sort)};
}

size_t wr_component_import_count(const wr_component_t *component) {
  return of(component)->type->scope->import_count;
}

wr_component_extern wr_component_import(const wr_component_t *component, size_t index) {
  return describe(&of(component)->type->scope->imports[index]);
}

size_t wr_component_export_count(const wr_component_t *component) {
  return of(component)->type->scope->export_count;
}

wr_component_extern wr_component_export(const wr_component_t *component, size_t index) {
  return describe(&of(component)->type->scope->exports[index]);
}

wr_status wr_component_describe(const wr_component_t *component, wr_write_fn write, void *context) {
  if (!component || !write) return WR_BAD_ARGUMENT;
  return wr__component_describe(of(component), write, context);
}

/* ---- Linking */

wr_component_linker_t *wr_component_linker_new(wasm_store_t *store) {
  wr_component_linker_t *linker = store ? calloc(1, sizeof *linker) : NULL;
  if (!linker) return NULL;
  linker->world = wr__cworld_new(wr__api_store(store));
  if (linker->world) return linker;
  free(linker);
  return NULL;
}

void wr_component_linker_delete(wr_component_linker_t *linker) {
  if (!linker) return;
  free(linker->definitions);
  free(linker);
}

wr_status wr_component_linker_define(wr_component_linker_t *linker, const char *interface,
                                     const char *name, wr_component_callback callback, void *env) {
  if (!linker || !name || !callback) return WR_BAD_ARGUMENT;
  wr__cdefinition *d = wr__clinker_define(linker, interface, name);
  if (!d) return WR_OUT_OF_MEMORY;
  d->is_func = true;
  d->func = (wr__cfunc){.callback = callback, .env = env, .name = d->name};
  return WR_OK;
}

wr_status wr_component_linker_define_resource(wr_component_linker_t *linker, const char *interface,
                                              const char *name, wr_resource_drop drop, void *env) {
  if (!linker || !name) return WR_BAD_ARGUMENT;
  wr__cdefinition *d = wr__clinker_define(linker, interface, name);
  if (!d) return WR_OUT_OF_MEMORY;
  d->resource = (wr__rresource){.drop = drop, .env = env, .name = d->name};
  return WR_OK;
}

wr_status wr_component_linker_instantiate(wr_component_linker_t *linker,
                                          const wr_component_t *component,
                                          wr_component_instance_t **out, wasm_trap_t **trap,
                                          wr_error *error) {
  if (!linker || !component || !out)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "linker, component or out is missing");
  wr__cworld *world = linker->world;
  if (of(component)->engine != world->store->engine)
    return wr__fail(error, WR_BAD_ARGUMENT, WR_NO_OFFSET, "the component is of another engine");
  wr__cexports args;
  WR_TRY(wr__clink(linker, of(component), &args, error));
  wr_component_instance_t *handle = calloc(1, sizeof *handle);
  if (!handle || !wr__cworld_keep(world, of(component))) {
    free(handle);
    return wr__fail_oom(error);
  }
  wr_status status = wr__cinstantiate(world, of(component), NULL, &args, &handle->instance, error);
  if (wr__api_ended_in_trap(status) && trap) *trap = wr__api_trap_take(world->store, status);
  if (status == WR_OK)
    *out = handle;
  else
    free(handle);
  return status;
}

void wr_component_instance_delete(wr_component_instance_t *instance) { free(instance); }

wr_component_func_t *wr_component_instance_func(wr_component_instance_t *instance,
                                                const char *interface, const char *name) {
  const wr__cexports *exports = &instance->instance->exports;
  wr__span wanted = {(const uint8_t *)interface, interface ? strlen(interface) : 0};
  if (wanted.size) {
    const wr__cexports *inner = NULL;
    for (uint32_t i = 0; i < exports->count && !inner; i++)
      if (exports->items[i].sort == WR__SORT_INSTANCE &&
          wr__cinterface_matches(wanted, exports->items[i].name))
        inner = exports->items[i].value;
    if (!inner) return NULL;
    exports = inner;
  }
  const wr__cexport *found =
      wr__cexports_find(exports, (wr__span){(const uint8_t *)name, strlen(name)});
  if (!found || found->sort != WR__SORT_FUNC) return NULL;
  wr__cfunc *func = found->value;
  return func->core ? (wr_component_func_t *)func : NULL; /* not what the host itself gave */
}

/* ---- Calls */

enum { STATE_WRITING, STATE_RUN, STATE_FAILED };

wr_component_call_t *wr_component_call_new(wr_component_func_t *handle) {
  const wr__cfunc *func = (const wr__cfunc *)handle;
  wr_component_call_t *call = malloc(sizeof *call);
  if (!call) return NULL;
  memset(call, 0, offsetof(struct wr_component_call, cursor));
  call->cursor.depth = 0;
  wr__ccall_begin(call, func);
  return call;
}

wr_status wr_component_call_run(wr_component_call_t *call, wasm_trap_t **trap) {
  if (call->state != STATE_WRITING) return WR_BAD_ARGUMENT;
  wr_status status = wr__ccall_run(call);
  call->state = status == WR_OK ? STATE_RUN : STATE_FAILED;
  if (status != WR_OK && trap) *trap = wr__api_trap_take(call->world->store, status);
  return status;
}

wr_status wr_component_call_end(wr_component_call_t *call, wasm_trap_t **trap) {
  if (!call) return WR_OK;
  wr_status status = call->state == STATE_RUN ? wr__ccall_finish(call) : WR_OK;
  if (status != WR_OK && trap) *trap = wr__api_trap_take(call->world->store, status);
  if (call->state != STATE_RUN) wr__ccall_abandon(call);
  wr__ccall_close(call);
  free(call);
  return status;
}

/* ---- Calls as text */

/* The function that "interface#name(" or "name(" names; *args: from the parenthesis on. */
static wr_status find_named(wr_component_instance_t *instance, const char *text,
                            wr_component_func_t **func, const char **args, wr_error *error) {
  const char *open = strchr(text, '(');
  if (!open)
    return wr__fail(error, WR_MALFORMED, WR_NO_OFFSET,
                    "a call is expected, as in \"interface#function(1, \\\"two\\\")\"");
  char *name = strndup(text, (size_t)(open - text));
  if (!name) return wr__fail_oom(error);
  char *hash = strrchr(name, '#');
  if (hash) *hash = '\0';
  *func = wr_component_instance_func(instance, hash ? name : NULL, hash ? hash + 1 : name);
  free(name);
  *args = open;
  return *func ? WR_OK
               : wr__fail(error, WR_NOT_FOUND, WR_NO_OFFSET, "no exported function %.*s",
                          (int)(open - text < 200 ? open - text : 200), text);
}

static wr_status read_result(wr_component_call_t *call, char **out, wr_error *error) {
  wr__buffer text = {0};
  if (call->type->element) wr__wave_read(call, call->type->element, &text);
  wr__buffer_byte(&text, '\0');
  wr_status status = text.failed ? wr__fail_oom(error) : call->status;
  if (status == WR_OK)
    *out = (char *)text.data;
  else
    wr__buffer_free(&text);
  return status;
}

wr_status wr_component_invoke(wr_component_instance_t *instance, const char *text, char **out,
                              wasm_trap_t **trap, wr_error *error) {
  wr_component_func_t *func;
  const char *args;
  *out = NULL;
  WR_TRY(find_named(instance, text, &func, &args, error));
  wr_component_call_t *call = wr_component_call_new(func);
  if (!call) return wr__fail_oom(error);
  wr_status status = wr__wave_write_args(call, args, strlen(args), error);
  if (wr__api_ended_in_trap(status) && trap) *trap = wr__api_trap_take(call->world->store, status);
  if (status == WR_OK) status = wr_component_call_run(call, trap);
  if (status == WR_OK) {
    status = read_result(call, out, error);
    if (wr__api_ended_in_trap(status) && trap)
      *trap = wr__api_trap_take(call->world->store, status);
  }
  wr_status ended = wr_component_call_end(call, status == WR_OK ? trap : NULL);
  if (status == WR_OK && ended != WR_OK) {
    free(*out);
    *out = NULL;
    status = ended;
  }
  return status;
}
