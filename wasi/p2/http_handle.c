/* Requests that an embedder gives to a guest: wasi:http/incoming-handler. */
#include "http.h"

#include <stdlib.h>
#include <string.h>

/* What one request needs of the embedder while the guest handles it. */
typedef struct handling {
  wr__p2_exchange exchange;
  const wr_http_response *response;
} handling;

/* ---- the response */

/* fields as the embedder reads them; NULL with ENOMEM. */
static wr_http_field *list_fields(const wr__p2_fields *fields) {
  uint32_t count = fields ? fields->count : 0;
  wr_http_field *list = calloc(count + 1, sizeof *list);
  for (uint32_t i = 0; list && i < count; i++) {
    const wr__p2_field *field = &fields->list[i];
    list[i] = (wr_http_field){field->name, field->name_size, field->value, field->value_size};
  }
  return list;
}

static int give_head(void *context, const wr__p2_response *response) {
  const handling *h = context;
  wr_http_field *list = list_fields(response->fields);
  if (!list) return ENOMEM;
  int error =
      h->response->head(h->response->context, response->status, list, response->fields->count);
  free(list);
  return error;
}

static int give_bytes(void *context, const uint8_t *bytes, size_t size) {
  const handling *h = context;
  return h->response->write(h->response->context, bytes, size);
}

static void give_end(void *context, bool is_whole, const wr__p2_fields *trailers) {
  const handling *h = context;
  wr_http_field *list = list_fields(trailers);
  h->response->end(h->response->context, is_whole && list, list,
                   list && trailers ? trailers->count : 0);
  free(list);
}

/* ---- the request */

static wr__desc *body_desc(const wr_http_request *from) {
  if (!from->read) return NULL;
  wr__desc *desc = wr__desc_new(WR__DESC_READER, -1);
  if (!desc) return NULL;
  desc->read = from->read;
  desc->callback_context = from->read_context;
  return desc;
}

static bool set_text(wr__p2_string *string, const char *text) {
  return !text || wr__p2_string_set(string, text, strlen(text));
}

static bool fill_request(wr__p2 *p2, wr__p2_request *request, const wr_http_request *from) {
  wr__desc *desc = body_desc(from);
  wr__p2_incoming_body *body = desc || !from->read ? wr__p2_incoming_body_new(p2, desc) : NULL;
  if (body) request->body = &body->base;
  request->fields = wr__p2_fields_new(p2);
  bool good = body && request->fields &&
              wr__p2_method_set(&request->method, from->method, strlen(from->method)) &&
              set_text(&request->path, from->path) &&
              set_text(&request->authority, from->authority);
  request->has_scheme = from->scheme != NULL;
  if (from->scheme)
    good = good && wr__p2_scheme_set(&request->scheme, from->scheme, strlen(from->scheme));
  for (size_t i = 0; good && i < from->field_count; i++) {
    const wr_http_field *field = &from->fields[i];
    good = wr__p2_fields_add(request->fields, (wr__p2_text){field->name, field->name_size},
                             (wr__p2_text){field->value, field->value_size}) == 0;
  }
  if (good) request->fields->is_immutable = true;
  return good;
}

/* ---- handling */

static wr_status call(wr_component_func_t *func, wr__p2_request *request, wr__p2_outparam *param,
                      wasm_trap_t **trap) {
  wr_component_call_t *call = wr_component_call_new(func);
  if (!call) {
    wr__p2_release(request);
    wr__p2_release(param);
    return WR_OUT_OF_MEMORY;
  }
  void *const objects[] = {request, param};
  for (int i = 0; i < 2; i++) {
    wr_out_handle(call, wr__p2_drop, objects[i]);
    if (wr_component_call_status(call) != WR_OK) wr__p2_release(objects[i]);
  }
  wr_status status = wr_component_call_run(call, trap);
  wr_status ended = wr_component_call_end(call, status == WR_OK ? trap : NULL);
  return status == WR_OK ? ended : status;
}

/* The guest may keep resources of the request; nothing of them reaches the embedder any more. */
static wr_status finish(handling *h, wr__p2_outparam *param, wr_status status, wr_error *error) {
  wr__p2_exchange *exchange = &h->exchange;
  param->exchange = NULL;
  if (exchange->body) {
    wr__p2_outgoing_body_stop(exchange->body);
    wr__p2_release(exchange->body);
  }
  wr__p2_release(param);
  if (status != WR_OK)
    return wr__wasi_fail(error, status, "the handler failed: %s", wr_status_name(status));
  if (exchange->has_head) return WR_OK;
  if (exchange->failed_code >= 0)
    return wr__wasi_fail(error, WR_NOT_FOUND, "the handler answered with error-code %d",
                         (int)exchange->failed_code);
  return wr__wasi_fail(error, WR_NOT_FOUND, "the handler gave no response");
}

wr_status wr_wasi_http_handle(wr_wasi_t *wasi, wr_component_instance_t *instance,
                              const wr_http_request *request, const wr_http_response *response,
                              wasm_trap_t **trap, wr_error *error) {
  wr_component_func_t *func =
      wr_component_instance_func(instance, "wasi:http/incoming-handler@0.2.0", "handle");
  wr__p2 *p2 = wasi->components;
  if (!func || !p2)
    return wr__wasi_fail(error, WR_UNSUPPORTED,
                         "the component exports no wasi:http/incoming-handler@0.2");
  handling h = {.response = response};
  h.exchange = (wr__p2_exchange){
      .head = give_head, .write = give_bytes, .end = give_end, .context = &h, .failed_code = -1};
  wr__p2_request *made = wr__p2_request_new(p2, WR__P2_INCOMING_REQUEST);
  wr__p2_outparam *param = wr__p2_new(p2, WR__P2_RESPONSE_OUTPARAM, sizeof *param, false);
  if (!made || !param || !fill_request(p2, made, request)) {
    if (made) wr__p2_release(made);
    if (param) wr__p2_release(param);
    return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "the request is too large, or out of memory");
  }
  param->exchange = &h.exchange;
  wr__p2_retain(param);
  return finish(&h, param, call(func, made, param, trap), error);
}
