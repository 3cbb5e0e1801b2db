/* The table of functions, and how they become imports. A call costs a look at the caller's memory
 * and an indirect call beyond the function itself. */
#include "threads.h"

#include <stdlib.h>
#include <string.h>

#define ROW(name, params, unstable) {#name, params, true, unstable, wr__p1_##name}

const wr__p1_function wr__p1_functions[] = {
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
    {"proc_exit", "i", false, true, wr__p1_proc_exit},
    ROW(proc_raise, "i", true),
    ROW(random_get, "ii", true),
    ROW(sched_yield, "", true),
    ROW(sock_accept, "iii", false),
    {"sock_accept", "ii", true, false, wr__p1_sock_accept_v1},
    {"sock_accept_v2", "iii", true, false, wr__p1_sock_accept},
    ROW(sock_bind, "iii", false),
    {"sock_bind_v2", "iii", true, false, wr__p1_sock_bind},
    ROW(sock_connect, "iii", false),
    {"sock_connect_v2", "iii", true, false, wr__p1_sock_connect},
    ROW(sock_getaddrinfo, "iiiiiiii", false),
    {"sock_getlocaladdr", "iiii", true, false, wr__p1_sock_getlocaladdr_v1},
    ROW(sock_getlocaladdr, "iii", false),
    {"sock_getlocaladdr_v2", "iii", true, false, wr__p1_sock_getlocaladdr},
    {"sock_getpeeraddr", "iiii", true, false, wr__p1_sock_getpeeraddr_v1},
    ROW(sock_getpeeraddr, "iii", false),
    {"sock_getpeeraddr_v2", "iii", true, false, wr__p1_sock_getpeeraddr},
    ROW(sock_getsockopt, "iiiii", false),
    ROW(sock_listen, "ii", false),
    {"sock_listen_v2", "ii", true, false, wr__p1_sock_listen},
    ROW(sock_open, "iii", false),
    {"sock_open_v2", "iii", true, false, wr__p1_sock_open},
    ROW(sock_recv, "iiiiii", true),
    {"sock_recv_v2", "iiiiii", true, false, wr__p1_sock_recv},
    ROW(sock_recv_from, "iiiiiiii", false),
    {"sock_recv_from", "iiiiiii", true, false, wr__p1_sock_recv_from_v1},
    {"sock_recv_from_v2", "iiiiiiii", true, false, wr__p1_sock_recv_from},
    ROW(sock_send, "iiiii", true),
    {"sock_send_v2", "iiiii", true, false, wr__p1_sock_send},
    ROW(sock_send_to, "iiiiiii", false),
    {"sock_send_to_v2", "iiiiiii", true, false, wr__p1_sock_send_to},
    ROW(sock_setsockopt, "iiiii", false),
    ROW(sock_shutdown, "ii", true),
};
const size_t wr__p1_function_count = sizeof wr__p1_functions / sizeof wr__p1_functions[0];

#define MAX_PARAMS 9

/* What a defined function is called with. Freed with it. */
typedef struct binding {
  wr_wasi_t *wasi;
  const wr__p1_function *function;
  wr__p1_handler handler;
  bool unstable;
  bool has_result;
} binding;

/* What a call left behind beside its errno. */
static wr_status finish(wr__call *call) {
  if (call->exited) return wr_caller_exit(call->op.caller, call->exit_status);
  if (call->op.interrupted) return wr_caller_trap_kind(call->op.caller, WR_TRAP_INTERRUPTED);
  if (call->trap) return wr_caller_trap(call->op.caller, call->trap);
  return WR_OK;
}

uint32_t wr__p1_call(const wr__p1_function *function, wr__call *call, const uint64_t *args) {
  int error = function->handler(call, args);
  return error ? wr__p1_errno(error) : WASI_SUCCESS;
}

/* The same as enter, with the arguments kept for a line about a path that was refused. */
static wr_status enter_with_log(const binding *b, wr__call *call, uint64_t *slots) {
  uint64_t args[MAX_PARAMS] = {0};
  memcpy(args, slots, strlen(b->function->params) * sizeof *args);
  int error = b->handler(call, slots);
  if (b->has_result && error) wr__log_denied_path(call, b->function->name, args, error);
  if (b->has_result) slots[0] = error ? wr__p1_errno(error) : WASI_SUCCESS;
  return finish(call);
}

static wr_status enter(void *env, wr_caller *caller, uint64_t *slots) {
  const binding *b = env;
  wr__call call = {.op = {.wasi = b->wasi, .caller = caller, .called_back = wr__guest_called_back},
                   .unstable = b->unstable};
  call.memory = wr_caller_memory(caller, &call.memory_size);
  if (b->wasi->log) return enter_with_log(b, &call, slots);
  int error = b->handler(&call, slots);
  if (b->has_result) slots[0] = error ? wr__p1_errno(error) : WASI_SUCCESS;
  if (__builtin_expect(call.exited | call.op.interrupted | (call.trap != NULL), 0))
    return finish(&call);
  return WR_OK;
}

static wasm_functype_t *function_type(const wr__p1_function *function) {
  wr_valtype params[MAX_PARAMS], result = WR_I32;
  size_t count = strlen(function->params);
  for (size_t i = 0; i < count; i++) params[i] = function->params[i] == 'l' ? WR_I64 : WR_I32;
  return wr_functype_new(params, count, &result, function->has_result);
}

static wr_status define(wr_wasi_t *wasi, wr_linker_t *linker, const char *module,
                        const wr__p1_function *function, bool unstable) {
  binding *b = malloc(sizeof *b);
  wasm_functype_t *type = function_type(function);
  wasm_func_t *func = NULL;
  wr_status status = WR_OUT_OF_MEMORY;
  if (b && type) {
    *b = (binding){wasi, function, function->handler, unstable, function->has_result};
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

#define STABLE "wasi_snapshot_preview1"
#define UNSTABLE "wasi_unstable"

static wr_status fail(wr_error *error, wr_status status, const char *name) {
  return wr__wasi_fail(error, status, "cannot define %s", name);
}

wr_status wr_wasi_define(wr_wasi_t *wasi, wr_linker_t *linker, wr_error *error) {
  const char *previous = "";
  for (size_t i = 0; i < wr__p1_function_count; i++) {
    const wr__p1_function *function = &wr__p1_functions[i];
    if (strcmp(function->name, previous) == 0) continue; /* another signature of it */
    previous = function->name;
    wr_status status = define(wasi, linker, STABLE, function, false);
    if (status == WR_OK && function->in_unstable)
      status = define(wasi, linker, UNSTABLE, function, true);
    if (status != WR_OK) return fail(error, status, function->name);
  }
  return WR_OK;
}

/* ---- for one module */

static bool is_text(const char *data, size_t size, const char *text) {
  return size == strlen(text) && memcmp(data, text, size) == 0;
}

static bool has_type(const wr__p1_function *function, const wr_externtype *type) {
  if (type->param_count != strlen(function->params)) return false;
  if (type->result_count != (size_t)function->has_result) return false;
  for (size_t i = 0; i < type->param_count; i++)
    if (type->params[i] != (function->params[i] == 'l' ? WR_I64 : WR_I32)) return false;
  return type->result_count == 0 || type->results[0] == WR_I32;
}

/* The row for an import: of its type, else the first of its name, so that linking can say how
 * the types differ. */
static const wr__p1_function *find_function(const wr_import *import, bool unstable) {
  const wr__p1_function *found = NULL;
  for (size_t i = 0; i < wr__p1_function_count; i++) {
    const wr__p1_function *function = &wr__p1_functions[i];
    if (!is_text(import->name, import->name_size, function->name)) continue;
    if (unstable && !function->in_unstable) continue;
    if (has_type(function, &import->type)) return function;
    if (!found) found = function;
  }
  return found;
}

wr_status wr_wasi_define_for(wr_wasi_t *wasi, wr_linker_t *linker, const wasm_module_t *module,
                             wr_error *error) {
  size_t count = wr_module_import_count(module);
  for (size_t i = 0; i < count; i++) {
    wr_import import = wr_module_import(module, i);
    bool unstable = is_text(import.module, import.module_size, UNSTABLE);
    if (import.type.kind != WR_EXTERN_FUNC) continue;
    if (!unstable && !is_text(import.module, import.module_size, STABLE)) continue;
    const wr__p1_function *function = find_function(&import, unstable);
    if (!function) continue;
    wr_status status = define(wasi, linker, unstable ? UNSTABLE : STABLE, function, unstable);
    if (status != WR_OK) return fail(error, status, function->name);
  }
  return wr__threads_define(wasi, linker, module, error);
}
