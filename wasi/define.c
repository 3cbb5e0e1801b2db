/* The table of functions, and how they become imports. A call costs a look at the caller's memory
 * and an indirect call beyond the function itself. */
#include "wasi.h"

#include <stdio.h>
#include <stdlib.h>

#define ROW(name, params, unstable) {#name, params, true, unstable, wr__wasi_##name}

const wr__wasi_function wr__wasi_functions[] = {
    ROW(args_get, "ii", true),
    ROW(args_sizes_get, "ii", true),
    ROW(clock_res_get, "ii", true),
    ROW(clock_time_get, "ili", true),
    ROW(environ_get, "ii", true),
    ROW(environ_sizes_get, "ii", true),
    ROW(fd_advise, "illi", true),
    ROW(fd_allocate, "ill", true),
    ROW(fd_close, "i", true),
    ROW(fd_datasync, "i", true),
    ROW(fd_fdstat_get, "ii", true),
    ROW(fd_fdstat_set_flags, "ii", true),
    ROW(fd_fdstat_set_rights, "ill", true),
    ROW(fd_filestat_get, "ii", true),
    ROW(fd_filestat_set_size, "il", true),
    ROW(fd_filestat_set_times, "illi", true),
    ROW(fd_pread, "iiili", true),
    ROW(fd_prestat_dir_name, "iii", true),
    ROW(fd_prestat_get, "ii", true),
    ROW(fd_pwrite, "iiili", true),
    ROW(fd_read, "iiii", true),
    ROW(fd_readdir, "iiili", true),
    ROW(fd_renumber, "ii", true),
    ROW(fd_seek, "ilii", true),
    ROW(fd_sync, "i", true),
    ROW(fd_tell, "ii", true),
    ROW(fd_write, "iiii", true),
    ROW(path_create_directory, "iii", true),
    ROW(path_filestat_get, "iiiii", true),
    ROW(path_filestat_set_times, "iiiilli", true),
    ROW(path_link, "iiiiiii", true),
    ROW(path_open, "iiiiillii", true),
    ROW(path_readlink, "iiiiii", true),
    ROW(path_remove_directory, "iii", true),
    ROW(path_rename, "iiiiii", true),
    ROW(path_symlink, "iiiii", true),
    ROW(path_unlink_file, "iii", true),
    ROW(poll_oneoff, "iiii", true),
    {"proc_exit", "i", false, true, wr__wasi_proc_exit},
    ROW(proc_raise, "i", true),
    ROW(random_get, "ii", true),
    ROW(sched_yield, "", true),
    ROW(sock_accept, "iii", false),
    ROW(sock_recv, "iiiiii", true),
    ROW(sock_send, "iiiii", true),
    ROW(sock_shutdown, "ii", true),
};
const size_t wr__wasi_function_count = sizeof wr__wasi_functions / sizeof wr__wasi_functions[0];

#define MAX_PARAMS 9

/* What a defined function is called with. Freed with it. */
typedef struct binding {
  wr_wasi_t *wasi;
  wr__wasi_handler handler;
  bool unstable;
  bool has_result;
} binding;

/* What a call left behind beside its errno. */
static wr_status finish(wr__call *call) {
  if (call->exited) return wr_caller_exit(call->caller, call->exit_status);
  if (call->interrupted) return wr_caller_trap_kind(call->caller, WR_TRAP_INTERRUPTED);
  if (call->trap) return wr_caller_trap(call->caller, call->trap);
  return WR_OK;
}

static wr_status enter(void *env, wr_caller *caller, uint64_t *slots) {
  const binding *b = env;
  wr__call call = {.wasi = b->wasi, .caller = caller, .unstable = b->unstable};
  call.memory = wr_caller_memory(caller, &call.memory_size);
  uint32_t error = b->handler(&call, slots);
  if (b->has_result) slots[0] = error;
  if (__builtin_expect(call.exited | call.interrupted | (call.trap != NULL), 0))
    return finish(&call);
  return WR_OK;
}

static wr_status fail(wr_error *error, wr_status status, const char *what, const char *name) {
  if (error) {
    *error = (wr_error){.status = status, .offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
    snprintf(error->message, sizeof error->message, "%s: %s", what, name);
  }
  return status;
}

static wasm_functype_t *function_type(const wr__wasi_function *function) {
  wr_valtype params[MAX_PARAMS], result = WR_I32;
  size_t count = strlen(function->params);
  for (size_t i = 0; i < count; i++) params[i] = function->params[i] == 'l' ? WR_I64 : WR_I32;
  return wr_functype_new(params, count, &result, function->has_result);
}

static wr_status define(wr_wasi_t *wasi, wr_linker_t *linker, const char *module,
                        const wr__wasi_function *function, bool unstable) {
  binding *b = malloc(sizeof *b);
  wasm_functype_t *type = function_type(function);
  wasm_func_t *func = NULL;
  wr_status status = WR_OUT_OF_MEMORY;
  if (b && type) {
    *b = (binding){wasi, function->handler, unstable, function->has_result};
    func = wr_func_new_raw(wr_linker_store(linker), type, enter, b, free);
  }
  if (func)
    status = wr_linker_define(linker, module, strlen(module), function->name,
                              strlen(function->name), wasm_func_as_extern_const(func));
  else
    free(b);
  if (func) wasm_func_delete(func);
  if (type) wasm_functype_delete(type);
  return status;
}

wr_status wr_wasi_define(wr_wasi_t *wasi, wr_linker_t *linker, wr_error *error) {
  for (size_t i = 0; i < wr__wasi_function_count; i++) {
    const wr__wasi_function *function = &wr__wasi_functions[i];
    wr_status status = define(wasi, linker, "wasi_snapshot_preview1", function, false);
    if (status == WR_OK && function->in_unstable)
      status = define(wasi, linker, "wasi_unstable", function, true);
    if (status != WR_OK) return fail(error, status, "cannot define", function->name);
  }
  return WR_OK;
}
