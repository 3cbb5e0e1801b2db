/* wasi-threads: thread-spawn starts a thread of the host, which makes another instance of the
 * module, with a store of its own and the same shared memory, and calls its wasi_thread_start. So a
 * start function runs on the new thread too, and an interrupt of the program ends it as any other.
 * The WASI context is shared, and the limits of the first store are those of all. The first thread
 * that exits or traps, or cannot be instantiated, ends all. Everything here is under the group's
 * lock, but for what a thread does in its own store. */
#include "threads.h"

#include <stdlib.h>

#define DEFAULT_LIMIT 256u
#define MAX_TID ((1 << 29) - 1)
/* The thread's own stack, for native code and the host's functions, and the interpreter's. Many
 * threads that use all of theirs must not cost the machine gigabytes. */
#define HOST_STACK (1u << 20)
#define GUEST_STACK (1u << 20)
/* Below it; no frame of ours is larger than a quarter of that. */
#define STACK_GUARD (64u << 10)

typedef struct thread {
  struct wr__threads *group;
  struct thread *next, **link;
  wasm_store_t *store;
  pthread_t id;
  int32_t tid;
  int32_t argument;
} thread;

typedef struct wr__threads {
  wr_wasi_t *wasi;
  const wasm_module_t *module; /* borrowed: outlives the threads */
  wasm_store_t *main_store;
  wr_shared_memory_t *memory;
  pthread_mutex_t lock;
  pthread_cond_t ended; /* running has become less */
  thread *first;        /* those whose stores are to be interrupted */
  thread *finished;     /* those that nobody has joined yet: all but the host's thread is gone */
  uint32_t running;
  int32_t last_tid;
  bool has_entry;   /* the module exports wasi_thread_start as it must be */
  bool ending;      /* no new threads, and the present ones are stopped */
  wr_status status; /* of the first that ended the program; WR_OK: none */
  int32_t exit_status;
  wasm_trap_t *trap; /* how; NULL: there was no memory for more */
} wr__threads;

void wr_wasi_set_max_threads(wr_wasi_t *wasi, uint32_t count) { wasi->max_threads = count; }

/* ---- ending */

/* Under the lock. */
static void stop_all(wr__threads *group, const thread *but) {
  group->ending = true;
  for (thread *t = group->first; t; t = t->next)
    if (t != but) wr_store_interrupt(t->store);
}

/* How a thread's function or instantiation ended. An interrupt of ours is no outcome. Takes the
 * trap. */
static void note_outcome(thread *t, wr_status status, wasm_trap_t *trap) {
  wr__threads *group = t->group;
  if (status == WR_OK) return;
  pthread_mutex_lock(&group->lock);
  if (group->status == WR_OK && !group->ending) {
    group->status = trap ? status : WR_TRAPPED;
    if (trap) wr_trap_exit_status(trap, &group->exit_status);
    group->trap = trap;
    trap = NULL;
    stop_all(group, t);
    wr_store_interrupt(group->main_store);
  }
  pthread_mutex_unlock(&group->lock);
  if (trap) wasm_trap_delete(trap);
}

/* Under the lock. */
static void unlink_thread(thread *t) {
  *t->link = t->next;
  if (t->next) t->next->link = t->link;
}

/* Takes the thread out of the group before its store goes. */
static void leave(thread *t) {
  wr__threads *group = t->group;
  pthread_mutex_lock(&group->lock);
  unlink_thread(t);
  pthread_mutex_unlock(&group->lock);
  wasm_store_delete(t->store);
  pthread_mutex_lock(&group->lock);
  t->next = group->finished;
  group->finished = t;
  group->running--;
  pthread_cond_broadcast(&group->ended);
  pthread_mutex_unlock(&group->lock);
}

/* Nothing of a thread is left behind it, so nothing of it runs on when the program has ended. */
static void join_finished(wr__threads *group) {
  pthread_mutex_lock(&group->lock);
  thread *finished = group->finished;
  group->finished = NULL;
  pthread_mutex_unlock(&group->lock);
  while (finished) {
    thread *t = finished;
    finished = t->next;
    pthread_join(t->id, NULL);
    free(t);
  }
}

static const char entry_name[] = "wasi_thread_start";

static wr_status instantiate(thread *t, wasm_instance_t **instance, wasm_trap_t **trap) {
  wr__threads *group = t->group;
  wr_linker_t *linker = wr_linker_new(t->store);
  if (!linker) return WR_OUT_OF_MEMORY;
  wr_status status = wr_wasi_define_for(group->wasi, linker, group->module, NULL);
  if (status == WR_OK) status = wr_linker_instantiate(linker, group->module, instance, trap, NULL);
  wr_linker_delete(linker);
  return status;
}

static wr_status call_entry(const thread *t, const wasm_instance_t *instance, wasm_trap_t **trap) {
  wasm_extern_t *external = wr_instance_export(instance, entry_name, sizeof entry_name - 1);
  if (!external) return WR_OUT_OF_MEMORY;
  wr_val args[2] = {{.type = WR_I32, .of.i32 = t->tid}, {.type = WR_I32, .of.i32 = t->argument}};
  wr_status status = wr_func_call(wasm_extern_as_func(external), args, 2, NULL, 0, trap);
  wasm_extern_delete(external);
  return status;
}

static void *run_thread(void *argument) {
  thread *t = argument;
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  wr_status status = instantiate(t, &instance, &trap);
  if (status == WR_OK) status = call_entry(t, instance, &trap);
  note_outcome(t, status, trap);
  if (instance) wasm_instance_delete(instance);
  leave(t);
  return NULL;
}

/* ---- spawning */

/* Does the module export wasi_thread_start of type [i32 i32] -> []? */
static bool has_entry(const wasm_module_t *module) {
  size_t count = wr_module_export_count(module);
  for (size_t i = 0; i < count; i++) {
    wr_export export = wr_module_export(module, i);
    if (export.name_size != sizeof entry_name - 1 ||
        memcmp(export.name, entry_name, export.name_size) != 0)
      continue;
    const wr_externtype *type = &export.type;
    return type->kind == WR_EXTERN_FUNC && type->param_count == 2 && type->result_count == 0 &&
           type->params[0] == WR_I32 && type->params[1] == WR_I32;
  }
  return false;
}

/* Under the lock, so that the thread cannot end before its id is known. */
static bool start(thread *t) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, HOST_STACK);
  pthread_attr_setguardsize(&attributes, STACK_GUARD);
  bool started = pthread_create(&t->id, &attributes, run_thread, t) == 0;
  pthread_attr_destroy(&attributes);
  return started;
}

/* Counts the thread, if there may be one more. */
static bool reserve(wr__threads *group) {
  uint32_t limit = group->wasi->max_threads ? group->wasi->max_threads : DEFAULT_LIMIT;
  pthread_mutex_lock(&group->lock);
  bool may = !group->ending && group->running < limit;
  if (may) group->running++;
  pthread_mutex_unlock(&group->lock);
  return may;
}

static void give_back(wr__threads *group) {
  pthread_mutex_lock(&group->lock);
  group->running--;
  pthread_cond_broadcast(&group->ended);
  pthread_mutex_unlock(&group->lock);
}

/* Into the group, with a number, so that it can be stopped; and off. Afterwards it may be gone. */
static bool launch(wr__threads *group, thread *t, int32_t *tid) {
  pthread_mutex_lock(&group->lock);
  bool launched = !group->ending;
  if (launched) {
    group->last_tid = group->last_tid < MAX_TID ? group->last_tid + 1 : 1;
    *tid = t->tid = group->last_tid;
    t->next = group->first;
    t->link = &group->first;
    if (t->next) t->next->link = &t->next;
    group->first = t;
    launched = start(t);
    if (!launched) unlink_thread(t);
  }
  pthread_mutex_unlock(&group->lock);
  return launched;
}

static int32_t spawn(wr__threads *group, int32_t argument) {
  int32_t tid;
  join_finished(group);
  if (!group->has_entry) return -WASI_NOTSUP;
  if (!reserve(group)) return -WASI_AGAIN;
  thread *t = calloc(1, sizeof *t);
  if (!t) {
    give_back(group);
    return -WASI_NOMEM;
  }
  t->group = group;
  t->argument = argument;
  t->store = wr_store_new_sharing(group->main_store, GUEST_STACK);
  if (t->store && launch(group, t, &tid)) return tid;
  if (t->store) wasm_store_delete(t->store);
  free(t);
  give_back(group);
  return -WASI_AGAIN;
}

static wr_status thread_spawn(void *env, wr_caller *caller, uint64_t *slots) {
  (void)caller;
  slots[0] = (uint32_t)spawn(env, (int32_t)slots[0]);
  return WR_OK;
}

/* ---- defining */

static bool is_spawn(const wr_import *import) {
  return import->type.kind == WR_EXTERN_FUNC && import->module_size == 4 &&
         memcmp(import->module, "wasi", 4) == 0 && import->name_size == 12 &&
         memcmp(import->name, "thread-spawn", 12) == 0;
}

static bool is_shared_memory(const wr_import *import) {
  return import->type.kind == WR_EXTERN_MEMORY && import->type.limits.shared;
}

static bool find_import(const wasm_module_t *module, bool (*is)(const wr_import *),
                        wr_import *out) {
  size_t count = wr_module_import_count(module);
  for (size_t i = 0; i < count; i++) {
    *out = wr_module_import(module, i);
    if (is(out)) return true;
  }
  return false;
}

static wr_status make_group(wr_wasi_t *wasi, wr_linker_t *linker, const wasm_module_t *module,
                            const wr_import *memory, wr_error *error) {
  wr__threads *group = calloc(1, sizeof *group);
  if (!group) return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  group->wasi = wasi;
  group->module = module;
  group->main_store = wr_linker_store(linker);
  group->has_entry = has_entry(module);
  group->memory = wr_shared_memory_new_for(group->main_store, &memory->type.limits, error);
  if (!group->memory) {
    free(group);
    return WR_OUT_OF_MEMORY;
  }
  pthread_mutex_init(&group->lock, NULL);
  pthread_cond_init(&group->ended, NULL);
  wasi->threads = group;
  wasi->delete_threads = wr__threads_delete;
  return WR_OK;
}

static wr_status define_memory(wr__threads *group, wr_linker_t *linker, const wr_import *import) {
  wasm_memory_t *memory = wr_shared_memory_obtain(wr_linker_store(linker), group->memory);
  if (!memory) return WR_OUT_OF_MEMORY;
  wr_status status = wr_linker_define(linker, import->module, import->module_size, import->name,
                                      import->name_size, wasm_memory_as_extern_const(memory));
  wasm_memory_delete(memory);
  return status;
}

static wr_status define_spawn(wr__threads *group, wr_linker_t *linker, const wr_import *import) {
  const wr_valtype i32 = WR_I32;
  wasm_functype_t *type = wr_functype_new(&i32, 1, &i32, 1);
  wasm_func_t *func =
      type ? wr_func_new_raw(wr_linker_store(linker), type, thread_spawn, group, NULL) : NULL;
  wr_status status = WR_OUT_OF_MEMORY;
  if (func)
    status = wr_linker_define(linker, import->module, import->module_size, import->name,
                              import->name_size, wasm_func_as_extern_const(func));
  if (func) wasm_func_delete(func);
  if (type) wasm_functype_delete(type);
  return status;
}

wr_status wr__threads_define(wr_wasi_t *wasi, wr_linker_t *linker, const wasm_module_t *module,
                             wr_error *error) {
  wr_import spawn_import, memory_import;
  if (!find_import(module, is_spawn, &spawn_import) ||
      !find_import(module, is_shared_memory, &memory_import))
    return WR_OK;
  wr_status status = WR_OK;
  if (!wasi->threads) status = make_group(wasi, linker, module, &memory_import, error);
  if (status == WR_OK && wasi->threads->module != module)
    return wr__wasi_fail(error, WR_UNSUPPORTED, "threads of two modules in one WASI context");
  if (status == WR_OK) status = define_memory(wasi->threads, linker, &memory_import);
  return status == WR_OK ? define_spawn(wasi->threads, linker, &spawn_import) : status;
}

/* ---- the end */

void wr__threads_end(wr_wasi_t *wasi, wr_status *status, int32_t *exit_status,
                     const wasm_trap_t **trap) {
  wr__threads *group = wasi->threads;
  if (!group) return;
  pthread_mutex_lock(&group->lock);
  stop_all(group, NULL);
  while (group->running > 0) pthread_cond_wait(&group->ended, &group->lock);
  if (group->status != WR_OK) {
    *status = group->status;
    *exit_status = group->exit_status;
    *trap = group->trap;
  }
  pthread_mutex_unlock(&group->lock);
  join_finished(group);
}

void wr_wasi_end_threads(wr_wasi_t *wasi) {
  wr_status status;
  int32_t exit_status;
  const wasm_trap_t *trap;
  if (wasi) wr__threads_end(wasi, &status, &exit_status, &trap);
}

wasm_store_t *wr__threads_store(const wr_wasi_t *wasi) { return wasi->threads->main_store; }

void wr__threads_delete(wr_wasi_t *wasi) {
  wr__threads *group = wasi->threads;
  if (!group) return;
  wr_wasi_end_threads(wasi);
  wasm_trap_delete(group->trap);
  wr_shared_memory_delete(group->memory);
  pthread_cond_destroy(&group->ended);
  pthread_mutex_destroy(&group->lock);
  free(group);
  wasi->threads = NULL;
}
