/* Threads of a script: each runs its commands in a session of its own, over shared memories. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

/* A `thread` of the script. */
typedef struct worker {
  session session;
  report_file file;
  size_t id, first, end;
  pthread_t thread;
  struct worker *next;
} worker;

/* Gives the shared memories that an instance exports to another session's store. */
static bool share_instance(session *from, size_t id, session *to) {
  named *source = names_find(from, &from->instances, id);
  if (!source || !source->instance) return false;
  wasm_extern_vec_t exports;
  wasm_instance_exports(source->instance, &exports);
  named *target = names_add(&to->instances, from->script, id);
  if (!target) return false;
  target->shared = calloc(exports.size + 1, sizeof *target->shared);
  target->shared_names = calloc(exports.size + 1, sizeof *target->shared_names);
  target->shared_sizes = calloc(exports.size + 1, sizeof *target->shared_sizes);
  named *definition = names_find(from, &from->modules, id);
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
  session_run_commands(&w->session, w->first, w->end);
  return NULL;
}

/* (thread $id (shared (module $instance))* commands) */
void command_thread(session *s, size_t open) {
  const script_token *t = s->script->tokens;
  worker *w = calloc(1, sizeof *w);
  if (!w || !session_open(&w->session, s->options, &w->file, s->script, s->engine)) {
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
    session_close(&w->session);
    report_free(&w->file);
    free(w);
    return;
  }
  w->next = s->workers;
  s->workers = w;
  session_pass(s);
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
  session_close(&w->session);
  report_free(&w->file);
  free(w);
}

/* (wait $thread) */
void command_wait(session *s, size_t open) {
  for (worker **at = &s->workers; *at; at = &(*at)->next) {
    worker *w = *at;
    if (!w->id || !script_same_id(s->script, open + 2, s->script, w->id)) continue;
    *at = w->next;
    join_worker(s, w);
    session_pass(s);
    return;
  }
  FAIL(s, "no such thread");
}

void threads_join_all(session *s) {
  while (s->workers) {
    worker *w = s->workers;
    s->workers = w->next;
    join_worker(s, w);
  }
}
