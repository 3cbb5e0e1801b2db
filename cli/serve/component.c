/* Gives a request to a component's wasi:http/incoming-handler. The answer's fields are checked as
 * those of other guests are. */
#include "component.h"

#include <errno.h>
#include <stdlib.h>

#include "cgi.h"
#include "run.h"

/* With what one request needs, and what stays for the next. */
typedef struct wr__component_slot {
  struct wr__component_slot *next; /* in the app's list */
  uint64_t uses;
  wr__run base;
  wr_component_linker_t *linker;
  wr_component_instance_t *instance;
  int64_t left;      /* of the answer's length; -1: it was not said */
  const char *wrong; /* how it breaks HTTP; static */
  bool has_head, has_end, is_whole;
} run;

/* ---- The answer --------------------------------------------------------------------------------
 */

/* As lines of a head: the same rules hold for those, and a line cannot be smuggled in. */
static bool add_field(wr__bytes *text, const wr_http_field *field) {
  wr__slice name = {field->name, field->name_size}, value = {field->value, field->value_size};
  return wr__head_is_token(name) && wr__head_is_value(value) &&
         wr__bytes_add(text, name.data, name.size) && wr__bytes_add_text(text, ": ") &&
         wr__bytes_add(text, value.data, value.size) && wr__bytes_add_text(text, "\n");
}

static int take_head(void *context, unsigned status, const wr_http_field *fields, size_t count) {
  run *r = context;
  wr__bytes text = {0};
  wr__cgi_head head = {0};
  bool good = status >= 200 && status <= 599 && count <= WR__MAX_FIELDS;
  for (size_t i = 0; good && i < count; i++)
    good = wr__slice_is_nocase((wr__slice){fields[i].name, fields[i].name_size}, "status") ||
           add_field(&text, &fields[i]);
  if (good) good = wr__bytes_format(&text, "Status: %u\n\n", status);
  if (!good)
    r->wrong = "bad status or field of the answer";
  else
    r->wrong = wr__cgi_head_parse(wr__bytes_text(&text), text.size, &head);
  wr__bytes_free(&text);
  if (r->wrong) {
    wr__bytes_free(&head.fields);
    return EIO;
  }
  r->has_head = true;
  r->left = wr__status_has_body(head.status) ? head.length : -1;
  wr__exchange_begin(r->base.x, head.status, &head.fields, head.length);
  return 0;
}

static int take_body(void *context, const uint8_t *data, size_t size) {
  run *r = context;
  if (r->wrong || (r->left >= 0 && size > (uint64_t)r->left)) {
    if (!r->wrong) r->wrong = "more than its Content-Length";
    return EIO;
  }
  if (r->left >= 0) r->left -= (int64_t)size;
  return wr__exchange_write(r->base.x, data, size) ? 0 : EPIPE;
}

static void take_end(void *context, bool is_whole, const wr_http_field *trailers, size_t count) {
  run *r = context;
  (void)trailers; /* neither HTTP/1.0 nor most clients of HTTP/1.1 take any */
  (void)count;
  r->has_end = true;
  r->is_whole = is_whole;
}

/* ---- The request -------------------------------------------------------------------------------
 */

/* Fields as they came, but for those of the connection; the trace goes on from here. */
static size_t list_fields(const wr__exchange *x, wr_http_field *fields) {
  static const char *const kept_back[] = {"connection", "transfer-encoding", "keep-alive",
                                          "te",         "upgrade",           "expect",
                                          "host",       "traceparent"};
  size_t count = 0;
  for (size_t i = 0; i < x->head.field_count; i++) {
    const wr__field *f = &x->head.fields[i];
    bool passes = true;
    for (size_t k = 0; k < sizeof kept_back / sizeof kept_back[0]; k++)
      passes = passes && !wr__slice_is_nocase(f->name, kept_back[k]);
    if (passes)
      fields[count++] = (wr_http_field){f->name.data, f->name.size, f->value.data, f->value.size};
  }
  fields[count++] = (wr_http_field){"traceparent", 11, x->trace, strlen(x->trace)};
  return count;
}

static wr_status handle(run *r, wasm_trap_t **trap, wr_error *error) {
  wr__exchange *x = r->base.x;
  wr_http_field fields[WR__MAX_FIELDS + 16];
  const wr__head *head = &x->head;
  char *words = malloc(head->method.size + head->authority.size + head->target.size + 3);
  if (!words) return WR_OUT_OF_MEMORY;
  char *authority = words + head->method.size + 1, *path = authority + head->authority.size + 1;
  memcpy(words, head->method.data, head->method.size);
  authority[-1] = '\0';
  if (head->authority.size) memcpy(authority, head->authority.data, head->authority.size);
  path[-1] = '\0';
  memcpy(path, head->target.data, head->target.size);
  path[head->target.size] = '\0';
  const wr_http_request request = {
      .method = words,
      .scheme = x->peer.secure ? "https" : "http",
      .authority = head->authority.size ? authority : NULL,
      .path = path,
      .fields = fields,
      .field_count = list_fields(x, fields),
      .read = head->framing == WR__BODY_NONE ? NULL : wr__run_read,
      .read_context = &r->base,
  };
  const wr_http_response response = {take_head, take_body, take_end, r};
  wr_status status =
      wr_wasi_http_handle(r->base.wasi, r->instance, &request, &response, trap, error);
  free(words);
  return status;
}

static wr_status start(run *r, wasm_trap_t **trap, wr_error *error) {
  wr_status status = WR_OK;
  if (!r->linker) {
    r->linker = wr_component_linker_new(r->base.store);
    if (!r->linker) return WR_OUT_OF_MEMORY;
    status = wr_wasi_define_components(r->base.wasi, r->linker, error);
  }
  if (status == WR_OK && !wr__run_show(&r->base)) return WR_INTERRUPTED;
  if (status == WR_OK && !r->instance)
    status = wr_component_linker_instantiate(r->linker, r->base.app->component, &r->instance, trap,
                                             error);
  return status == WR_OK ? handle(r, trap, error) : status;
}

static void answer_end(run *r) {
  wr__exchange *x = r->base.x;
  const wr_error none = {0};
  if (!r->wrong && !r->has_head) r->wrong = "no answer";
  if (!r->wrong && (!r->has_end || !r->is_whole)) r->wrong = "the body was broken off";
  if (!r->wrong && r->left > 0 && !wr__slice_is(x->head.method, "HEAD"))
    r->wrong = "less than its Content-Length";
  if (wr__exchange_is_over(x))
    wr__run_fail(&r->base, WR_INTERRUPTED, &none, NULL);
  else if (r->wrong)
    wr__exchange_fail(x, 500, r->wrong);
  else
    wr__exchange_end(x);
}

/* ---- Instances
 * ----------------------------------------------------------------------------------- */

static void delete_slot(run *r) {
  if (r->instance) wr_component_instance_delete(r->instance);
  wr_component_linker_delete(r->linker);
  wr__run_finish(&r->base);
  free(r);
}

/* One that waits, made ready for this request, or a fresh one. NULL when out of memory. */
static run *take_slot(wr__exchange *x, wr_status *status, wr_error *error) {
  wr__app *app = x->route->app;
  run *r = NULL;
  if (app->reuse > 1) {
    pthread_mutex_lock(&app->idle_lock);
    r = app->idle;
    if (r) app->idle = r->next;
    pthread_mutex_unlock(&app->idle_lock);
  }
  *status = WR_OK;
  if (r) {
    r->base.x = x;
    r->wrong = NULL;
    r->has_head = r->has_end = r->is_whole = false;
  } else if ((r = calloc(1, sizeof *r))) {
    *status = wr__run_begin(&r->base, x, error);
  }
  if (r) r->left = -1;
  return r;
}

/* Waits for another request, unless it had its share or something went wrong. */
static void leave_slot(run *r, bool good) {
  wr__app *app = r->base.app;
  if (!good || ++r->uses >= app->reuse) {
    delete_slot(r);
    return;
  }
  wr_store_clear_interrupt(r->base.store);
  pthread_mutex_lock(&app->idle_lock);
  r->next = app->idle;
  app->idle = r;
  pthread_mutex_unlock(&app->idle_lock);
}

void wr__component_forget(wr__app *app) {
  while (app->idle) {
    run *r = app->idle;
    app->idle = r->next;
    delete_slot(r);
  }
}

void wr__component_run(wr__exchange *x) {
  wasm_trap_t *trap = NULL;
  wr_status status;
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  run *r = take_slot(x, &status, &error);
  if (!r) {
    wr__exchange_fail(x, 503, "out of memory");
    return;
  }
  if (status == WR_OK) status = start(r, &trap, &error);
  wr__run_hide(&r->base);
  /* Once the answer is whole, what the guest does after it is its own affair. */
  bool answered = r->has_head && r->has_end && r->is_whole;
  if (status == WR_OK || answered)
    answer_end(r);
  else
    wr__run_fail(&r->base, status, &error, trap);
  if (trap) wasm_trap_delete(trap);
  leave_slot(r, status == WR_OK && answered && !r->wrong);
}
