/* Runs a program for one request: a fresh store and instance, streams that are the exchange's
 * pipes, and an answer for each way in which it may end. */
#include "cgi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "loop.h"
#include "serve.h"
#include "site.h"

/* The head of an answer, at most. */
#define MOST_HEAD ((size_t)64 << 10)
/* A line that a guest writes on standard error, as far as it is logged. */
#define MOST_LINE 1024u

typedef struct run {
  wr__exchange *x;
  wr__app *app;
  wr_wasi_t *wasi;
  wasm_store_t *store;
  wr_linker_t *linker;
  wasm_instance_t *instance;
  wr__bytes head; /* of the answer, until it is whole */
  bool has_head;
  int64_t left;      /* of the answer's length; -1: it was not said */
  const char *wrong; /* how it breaks HTTP; static */
  char line[MOST_LINE];
  size_t line_size;
} run;

/* ---- Streams ----------------------------------------------------------------------------------
 */

static int64_t read_input(void *context, uint8_t *data, size_t capacity) {
  run *r = context;
  int64_t size = wr__exchange_read(r->x, data, capacity);
  return size < 0 ? -EIO : size;
}

static int write_body(run *r, const uint8_t *data, size_t size) {
  if (r->left >= 0 && size > (uint64_t)r->left) {
    r->wrong = "more than its Content-Length";
    size = (size_t)r->left;
  }
  if (r->left >= 0) r->left -= (int64_t)size;
  return wr__exchange_write(r->x, data, size) ? 0 : EPIPE;
}

static int begin_answer(run *r, size_t end) {
  wr__cgi_head head;
  r->wrong = wr__cgi_head_parse(wr__bytes_text(&r->head), end, &head);
  r->has_head = r->wrong == NULL;
  if (r->wrong) {
    wr__bytes_free(&head.fields);
    return EIO;
  }
  r->left = wr__status_has_body(head.status) ? head.length : -1;
  wr__exchange_begin(r->x, head.status, &head.fields, head.length);
  wr__bytes_take(&r->head, end);
  size_t size = r->head.size;
  int error = size ? write_body(r, r->head.data + r->head.start, size) : 0;
  wr__bytes_free(&r->head);
  return error;
}

static int write_output(void *context, const uint8_t *data, size_t size) {
  run *r = context;
  if (r->wrong) return EPIPE;
  if (r->has_head) return write_body(r, data, size);
  if (!wr__bytes_add(&r->head, data, size)) return ENOMEM;
  size_t end = wr__cgi_head_end(wr__bytes_text(&r->head), r->head.size);
  if (end) return begin_answer(r, end);
  if (r->head.size > MOST_HEAD) r->wrong = "the head does not end";
  return r->wrong ? EIO : 0;
}

static void log_line(run *r) {
  if (r->line_size == 0) return;
  wr__log_guest(r->x->loop->server->log, r->x, (wr__slice){r->line, r->line_size});
  r->line_size = 0;
}

static int write_error(void *context, const uint8_t *data, size_t size) {
  run *r = context;
  for (size_t i = 0; i < size; i++) {
    if (data[i] == '\n')
      log_line(r);
    else if (r->line_size < MOST_LINE)
      r->line[r->line_size++] = (char)data[i];
  }
  return 0;
}

/* ---- The instance -----------------------------------------------------------------------------
 */

static bool give_variable(void *context, const char *name, const char *value) {
  run *r = context;
  wr_error error;
  return wr_wasi_set_env(r->wasi, name, value, &error) == WR_OK;
}

static wr_status grant(run *r, wr_error *error) {
  wr_status status = wr__app_grant(r->app, r->wasi, error);
  if (status == WR_OK) status = wr_wasi_stdin_callback(r->wasi, read_input, r, error);
  if (status == WR_OK) status = wr_wasi_stdout_callback(r->wasi, 1, write_output, r, error);
  if (status == WR_OK) status = wr_wasi_stdout_callback(r->wasi, 2, write_error, r, error);
  if (status == WR_OK && !wr__cgi_variables(r->x, give_variable, r)) status = WR_OUT_OF_MEMORY;
  return status;
}

/* From here on the loop may interrupt the store; false: it would have already. */
static bool show_store(run *r) {
  pthread_mutex_lock(&r->x->lock);
  bool good = !r->x->gone && !r->x->expired && !r->x->too_large;
  if (good) r->x->store = r->store;
  pthread_mutex_unlock(&r->x->lock);
  return good;
}

static void hide_store(run *r) {
  pthread_mutex_lock(&r->x->lock);
  r->x->store = NULL;
  pthread_mutex_unlock(&r->x->lock);
}

static wr_status start(run *r, wasm_trap_t **trap, int32_t *exit_status, wr_error *error) {
  r->wasi = wr_wasi_new();
  r->store = wasm_store_new(r->x->loop->server->engine);
  r->linker = r->store ? wr_linker_new(r->store) : NULL;
  if (!r->wasi || !r->linker) return WR_OUT_OF_MEMORY;
  wr_store_set_limit(r->store, WR_LIMIT_MEMORY, r->app->max_memory);
  wr_status status = grant(r, error);
  if (status == WR_OK) status = wr_wasi_define_for(r->wasi, r->linker, r->app->module, error);
  if (status == WR_OK && !show_store(r)) return WR_INTERRUPTED;
  if (status == WR_OK)
    status = wr_linker_instantiate(r->linker, r->app->module, &r->instance, trap, error);
  if (status == WR_OK) status = wr_wasi_run(r->wasi, r->instance, exit_status, trap, error);
  return status;
}

static void stop(run *r) {
  hide_store(r);
  if (r->store) r->x->memory_bytes = wr_store_used(r->store, WR_LIMIT_MEMORY);
  if (r->instance) wasm_instance_delete(r->instance);
  wr_linker_delete(r->linker);
  if (r->store) wasm_store_delete(r->store);
  wr_wasi_delete(r->wasi);
  wr__bytes_free(&r->head);
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

static void answer_failure(run *r, wr_status status, const wr_error *error, wasm_trap_t *trap) {
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

static void answer_end(run *r, int32_t exit_status) {
  wr__exchange *x = r->x;
  bool lacks = r->left > 0 && !wr__slice_is(x->head.method, "HEAD");
  if (!r->wrong && !r->has_head && r->head.size == 0 && exit_status != 0)
    r->wrong = "the program failed without an answer";
  else if (!r->wrong && !r->has_head)
    r->wrong = "no head, or no empty line after it";
  else if (!r->wrong && lacks)
    r->wrong = "less than its Content-Length";
  bool is_over = wr__exchange_is_over(x);
  wr_error none = {0};
  if (is_over)
    answer_failure(r, WR_INTERRUPTED, &none, NULL);
  else if (r->wrong)
    wr__exchange_fail(x, 500, r->wrong);
  else
    wr__exchange_end(x);
}

void wr__cgi_run(wr__exchange *x) {
  run r = {.x = x, .app = x->route->app, .left = -1};
  wasm_trap_t *trap = NULL;
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  int32_t exit_status = 0;
  wr_status status = start(&r, &trap, &exit_status, &error);
  log_line(&r);
  hide_store(&r);
  if (status == WR_OK || status == WR_EXITED)
    answer_end(&r, exit_status);
  else
    answer_failure(&r, status, &error, trap);
  if (trap) wasm_trap_delete(trap);
  stop(&r);
}
