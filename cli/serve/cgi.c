/* Runs a program for one request: a fresh store and instance, streams that are the exchange's
 * pipes, and an answer for each way in which it may end. */
#include "cgi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "run.h"

/* The head of an answer, at most. */
#define MOST_HEAD ((size_t)64 << 10)

typedef struct run {
  wr__run base;
  wr_linker_t *linker;
  wasm_instance_t *instance;
  wr__bytes head; /* of the answer, until it is whole */
  bool has_head;
  int64_t left;      /* of the answer's length; -1: it was not said */
  const char *wrong; /* how it breaks HTTP; static */
} run;

/* ---- Streams ----------------------------------------------------------------------------------
 */

static int write_body(run *r, const uint8_t *data, size_t size) {
  if (r->left >= 0 && size > (uint64_t)r->left) {
    r->wrong = "more than its Content-Length";
    size = (size_t)r->left;
  }
  if (r->left >= 0) r->left -= (int64_t)size;
  return wr__exchange_write(r->base.x, data, size) ? 0 : EPIPE;
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
  wr__exchange_begin(r->base.x, head.status, &head.fields, head.length);
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

/* ---- The instance -----------------------------------------------------------------------------
 */

static bool give_variable(void *context, const char *name, const char *value) {
  run *r = context;
  wr_error error;
  return wr_wasi_set_env(r->base.wasi, name, value, &error) == WR_OK;
}

static wr_status grant(run *r, wr_error *error) {
  wr_status status = wr_wasi_stdin_callback(r->base.wasi, wr__run_read, &r->base, error);
  if (status == WR_OK) status = wr_wasi_stdout_callback(r->base.wasi, 1, write_output, r, error);
  if (status == WR_OK && !wr__cgi_variables(r->base.x, give_variable, r)) status = WR_OUT_OF_MEMORY;
  return status;
}

static wr_status start(run *r, wasm_trap_t **trap, int32_t *exit_status, wr_error *error) {
  r->linker = wr_linker_new(r->base.store);
  if (!r->linker) return WR_OUT_OF_MEMORY;
  wr_status status = grant(r, error);
  if (status == WR_OK)
    status = wr_wasi_define_for(r->base.wasi, r->linker, r->base.app->module, error);
  if (status == WR_OK && !wr__run_show(&r->base)) return WR_INTERRUPTED;
  if (status == WR_OK)
    status = wr_linker_instantiate(r->linker, r->base.app->module, &r->instance, trap, error);
  if (status == WR_OK) status = wr_wasi_run(r->base.wasi, r->instance, exit_status, trap, error);
  return status;
}

static void answer_end(run *r, int32_t exit_status) {
  wr__exchange *x = r->base.x;
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
    wr__run_fail(&r->base, WR_INTERRUPTED, &none, NULL);
  else if (r->wrong)
    wr__exchange_fail(x, 500, r->wrong);
  else
    wr__exchange_end(x);
}

void wr__cgi_run(wr__exchange *x) {
  run r = {.left = -1};
  wasm_trap_t *trap = NULL;
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  int32_t exit_status = 0;
  wr_status status = wr__run_begin(&r.base, x, &error);
  if (status == WR_OK) status = start(&r, &trap, &exit_status, &error);
  wr__run_hide(&r.base);
  if (status == WR_OK || status == WR_EXITED)
    answer_end(&r, exit_status);
  else
    wr__run_fail(&r.base, status, &error, trap);
  if (trap) wasm_trap_delete(trap);
  if (r.instance) wasm_instance_delete(r.instance);
  wr_linker_delete(r.linker);
  wr__run_finish(&r.base);
  wr__bytes_free(&r.head);
}
