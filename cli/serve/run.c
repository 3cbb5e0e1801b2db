/* What both kinds of guests have in common: a fresh store and context, and an answer for each way
 * in which a run may fail. */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cgi.h"
#include "component.h"
#include "log.h"
#include "loop.h"
#include "serve.h"

void wr__run_guest(wr__exchange *x) {
  if (x->route->app->component)
    wr__component_run(x);
  else
    wr__cgi_run(x);
}

/* ---- Streams ----------------------------------------------------------------------------------
 */

int64_t wr__run_read(void *context, uint8_t *data, size_t capacity) {
  wr__run *r = context;
  int64_t size = wr__exchange_read(r->x, data, capacity);
  return size < 0 ? -EIO : size;
}

static void log_line(wr__run *r) {
  if (r->line_size == 0) return;
  wr__log_guest(r->x->loop->server->log, r->x, (wr__slice){r->line, r->line_size});
  r->line_size = 0;
}

static int write_error(void *context, const uint8_t *data, size_t size) {
  wr__run *r = context;
  for (size_t i = 0; i < size; i++) {
    if (data[i] == '\n')
      log_line(r);
    else if (r->line_size < WR__RUN_MOST_LINE)
      r->line[r->line_size++] = (char)data[i];
  }
  return 0;
}

/* ---- The store ---------------------------------------------------------------------------------
 */

wr_status wr__run_begin(wr__run *r, wr__exchange *x, wr_error *error) {
  *r = (wr__run){.x = x, .app = x->route->app};
  r->wasi = wr_wasi_new();
  r->store = wasm_store_new(x->loop->server->engine);
  if (!r->wasi || !r->store) return WR_OUT_OF_MEMORY;
  wr_store_set_limit(r->store, WR_LIMIT_MEMORY, r->app->max_memory);
  wr_status status = wr__app_grant(r->app, r->wasi, error);
  if (status == WR_OK) status = wr_wasi_stdout_callback(r->wasi, 2, write_error, r, error);
  return status;
}

bool wr__run_show(wr__run *r) {
  pthread_mutex_lock(&r->x->lock);
  bool good = !r->x->gone && !r->x->expired && !r->x->too_large;
  if (good) r->x->store = r->store;
  pthread_mutex_unlock(&r->x->lock);
  return good;
}

void wr__run_hide(wr__run *r) {
  log_line(r);
  pthread_mutex_lock(&r->x->lock);
  r->x->store = NULL;
  if (r->store) r->x->memory_bytes = wr_store_used(r->store, WR_LIMIT_MEMORY);
  pthread_mutex_unlock(&r->x->lock);
}

void wr__run_finish(wr__run *r) {
  if (r->store) wasm_store_delete(r->store);
  wr_wasi_delete(r->wasi);
}

/* ---- How it ended ------------------------------------------------------------------------------
 */

static void add_frame(wr__bytes *text, const wasm_frame_t *frame) {
  const char *name;
  char shown[256];
  size_t size;
  wr_frame_func_name(frame, &name, &size);
  wr_text_escape(name ? name : "?", name ? size : 1, shown, sizeof shown);
  wr__bytes_format(text, "  at %s (function %u, offset 0x%zx)\n", shown,
                   wasm_frame_func_index(frame), wasm_frame_module_offset(frame));
}

/* The trap with its frames, for --dev and the log. */
static char *describe(const wasm_trap_t *trap) {
  wr__bytes text = {0};
  wasm_message_t message;
  wasm_frame_vec_t frames;
  char shown[512];
  wasm_trap_message(trap, &message);
  wasm_trap_trace(trap, &frames);
  size_t size = message.size > 0 ? message.size - 1 : 0;
  wr_text_escape(message.data, size, shown, sizeof shown);
  wr__bytes_format(&text, "%s\n", shown);
  for (size_t i = 0; i < frames.size && i < 32; i++) add_frame(&text, frames.data[i]);
  wasm_frame_vec_delete(&frames);
  wasm_byte_vec_delete(&message);
  wr__bytes_add(&text, "", 1);
  return (char *)text.data;
}

void wr__run_fail(wr__run *r, wr_status status, const wr_error *error, const wasm_trap_t *trap) {
  wr__exchange *x = r->x;
  pthread_mutex_lock(&x->lock);
  bool gone = x->gone, expired = x->expired, too_large = x->too_large;
  if (trap)
    x->detail = describe(trap);
  else if (error->message[0])
    x->detail = strdup(error->message);
  pthread_mutex_unlock(&x->lock);
  if (gone) {
    wr__exchange_fail(x, 499, "the client left");
  } else if (too_large) {
    wr__exchange_fail(x, 413, "the body is too large");
  } else if (expired) {
    r->app->timeouts++;
    wr__exchange_fail(x, 504, "timeout");
  } else {
    r->app->traps++;
    bool memory = r->store && wr_store_limit_hit(r->store) == WR_LIMIT_MEMORY;
    wr__exchange_fail(x, 500,
                      memory                 ? "max-memory"
                      : status == WR_TRAPPED ? "trap"
                                             : wr_status_name(status));
  }
}
