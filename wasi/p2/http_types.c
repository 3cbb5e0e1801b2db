/* wasi:http/types: requests, responses, options. Bodies are in http_body.c, fields in
 * http_fields.c. */
#include "http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- strings and tokens */

bool wr__p2_string_set(wr__p2_string *string, const char *bytes, size_t size) {
  char *copy = malloc(size + 1);
  if (!copy) return false;
  memcpy(copy, bytes, size);
  copy[size] = 0;
  free(string->bytes);
  *string = (wr__p2_string){copy, size};
  return true;
}

static void string_clear(wr__p2_string *string) {
  free(string->bytes);
  *string = (wr__p2_string){0};
}

void wr__p2_token_free(wr__p2_token *token) { string_clear(&token->other); }

static const char *const methods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                      "CONNECT", "OPTIONS", "TRACE", "PATCH"};
static const char *const schemes[] = {"http", "https"};

static bool token_set(wr__p2_token *token, const char *const *known, uint32_t count,
                      const char *name, size_t size, bool exact) {
  for (uint32_t i = 0; i < count; i++) {
    bool same = size == strlen(known[i]) && (exact ? memcmp(known[i], name, size) == 0
                                                   : strncasecmp(known[i], name, size) == 0);
    if (!same) continue;
    string_clear(&token->other);
    token->index = i;
    return true;
  }
  if (!wr__p2_string_set(&token->other, name, size)) return false;
  token->index = count;
  return true;
}

bool wr__p2_method_set(wr__p2_token *token, const char *name, size_t size) {
  return token_set(token, methods, WR__P2_METHOD_OTHER, name, size, true);
}

bool wr__p2_scheme_set(wr__p2_token *token, const char *name, size_t size) {
  return token_set(token, schemes, WR__P2_SCHEME_OTHER, name, size, false);
}

const char *wr__p2_method_name(const wr__p2_token *token) {
  return token->index < WR__P2_METHOD_OTHER ? methods[token->index] : token->other.bytes;
}

static void out_token(wr__p2_call *c, const wr__p2_token *token) {
  wr__out_case(c, token->index);
  if (token->other.bytes) wr__out_text(c, token->other.bytes, token->other.size);
  wr__out_end(c);
}

/* RFC 9110, 9.1, and RFC 3986, 3.1: what a method or a scheme of one's own consists of. */
static bool is_token(wr__p2_text text) {
  for (size_t i = 0; i < text.size; i++) {
    char ch = text.bytes[i];
    bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
    if (!letter && (ch == 0 || !strchr("!#$%&'*+-.^_`|~", ch))) return false;
  }
  return text.size > 0;
}

static bool in_token(wr__p2_call *c, wr__p2_token *token, uint32_t other) {
  uint32_t index = wr__in_case(c);
  bool good = true;
  if (index == other) {
    wr__p2_text text = wr__in_text(c);
    good = is_token(text) && wr__p2_string_set(&token->other, text.bytes, text.size);
  } else {
    string_clear(&token->other);
  }
  wr__in_end(c);
  if (good) token->index = index;
  return good;
}

static void out_string(wr__p2_call *c, const wr__p2_string *string) {
  wr__out_case(c, string->bytes ? 1 : 0);
  if (string->bytes) wr__out_text(c, string->bytes, string->size);
  wr__out_end(c);
}

/* Nothing that would end a line of a request. */
static bool is_visible(wr__p2_text text) {
  for (size_t i = 0; i < text.size; i++)
    if ((unsigned char)text.bytes[i] <= ' ' || text.bytes[i] == 0x7f) return false;
  return true;
}

static bool in_string(wr__p2_call *c, wr__p2_string *string) {
  bool good = true;
  if (wr__in_case(c) == 1) {
    wr__p2_text text = wr__in_text(c);
    good = is_visible(text) && wr__p2_string_set(string, text.bytes, text.size);
  } else {
    string_clear(string);
  }
  wr__in_end(c);
  return good;
}

/* result without payloads */
static void out_bool_result(wr__p2_call *c, bool good) {
  wr__out_case(c, good ? 0 : 1);
  wr__out_end(c);
}

/* The object itself again, under another handle. */
static void out_again(wr__p2_call *c, void *object) {
  wr__p2_retain(object);
  wr__out_object(c, object);
}

/* result<own>: the object is given away once. */
static void out_once(wr__p2_call *c, wr__p2_object **slot) {
  wr__p2_object *object = *slot;
  *slot = NULL;
  wr__out_case(c, object ? 0 : 1);
  if (object) wr__out_object(c, object);
  wr__out_end(c);
}

/* ---- requests */

static void release_request(void *object) {
  wr__p2_request *request = object;
  wr__p2_token_free(&request->method);
  wr__p2_token_free(&request->scheme);
  string_clear(&request->path);
  string_clear(&request->authority);
  if (request->fields) wr__p2_release(request->fields);
  if (request->body) wr__p2_release(request->body);
}

wr__p2_request *wr__p2_request_new(wr__p2 *p2, wr__p2_kind kind) {
  wr__p2_request *request = wr__p2_new(p2, kind, sizeof *request, false);
  if (request) request->base.release = release_request;
  return request;
}

/* Of either direction. */
static const wr__p2_request *in_request(wr__p2_call *c) {
  return wr__in_either(c, WR__P2_INCOMING_REQUEST, WR__P2_OUTGOING_REQUEST);
}

static void request_method(wr__p2_call *c) {
  const wr__p2_request *request = in_request(c);
  out_token(c, &request->method);
}
static void request_path_with_query(wr__p2_call *c) {
  const wr__p2_request *request = in_request(c);
  out_string(c, &request->path);
}
static void request_scheme(wr__p2_call *c) {
  const wr__p2_request *request = in_request(c);
  wr__out_case(c, request->has_scheme);
  if (request->has_scheme) out_token(c, &request->scheme);
  wr__out_end(c);
}
static void request_authority(wr__p2_call *c) {
  const wr__p2_request *request = in_request(c);
  out_string(c, &request->authority);
}
static void request_headers(wr__p2_call *c) {
  const wr__p2_request *request = in_request(c);
  out_again(c, request->fields);
}
static void request_take_body(wr__p2_call *c) {
  wr__p2_request *request = wr__in_object(c, WR__P2_INCOMING_REQUEST);
  out_once(c, &request->body);
}

static void outgoing_request_body(wr__p2_call *c) {
  wr__p2_request *request = wr__in_object(c, WR__P2_OUTGOING_REQUEST);
  bool first = !request->is_body_taken;
  request->is_body_taken = true;
  wr__out_case(c, first ? 0 : 1);
  if (first) out_again(c, request->body);
  wr__out_end(c);
}

static void outgoing_request_constructor(wr__p2_call *c) {
  wr__p2_fields *fields = wr__in_own(c, WR__P2_FIELDS);
  wr__p2_request *request = wr__p2_request_new(wr__p2_of(c), WR__P2_OUTGOING_REQUEST);
  wr__p2_outgoing_body *body = request ? wr__p2_outgoing_body_new(wr__p2_of(c), fields) : NULL;
  fields->is_immutable = true;
  if (!body) {
    if (request) wr__p2_release(request);
    wr__p2_release(fields);
    wr__out_new(c, NULL);
    return;
  }
  request->fields = fields;
  request->body = &body->base;
  wr__out_object(c, request);
}

static void request_set_method(wr__p2_call *c) {
  wr__p2_request *request = wr__in_object(c, WR__P2_OUTGOING_REQUEST);
  out_bool_result(c, in_token(c, &request->method, WR__P2_METHOD_OTHER));
}
static void request_set_path_with_query(wr__p2_call *c) {
  wr__p2_request *request = wr__in_object(c, WR__P2_OUTGOING_REQUEST);
  out_bool_result(c, in_string(c, &request->path));
}
static void request_set_scheme(wr__p2_call *c) {
  wr__p2_request *request = wr__in_object(c, WR__P2_OUTGOING_REQUEST);
  bool has_scheme = wr__in_case(c) == 1;
  bool good = !has_scheme || in_token(c, &request->scheme, WR__P2_SCHEME_OTHER);
  wr__in_end(c);
  if (good) request->has_scheme = has_scheme;
  out_bool_result(c, good);
}
static void request_set_authority(wr__p2_call *c) {
  wr__p2_request *request = wr__in_object(c, WR__P2_OUTGOING_REQUEST);
  out_bool_result(c, in_string(c, &request->authority));
}

/* ---- request-options */

static void options_constructor(wr__p2_call *c) {
  wr__p2_request_options *options =
      wr__p2_new(wr__p2_of(c), WR__P2_REQUEST_OPTIONS, sizeof *options, false);
  if (options)
    options->connect_ns = options->first_byte_ns = options->between_bytes_ns = UINT64_MAX;
  wr__out_new(c, options);
}

static void out_duration(wr__p2_call *c, uint64_t ns) {
  wr__out_case(c, ns != UINT64_MAX);
  if (ns != UINT64_MAX) wr__out_u64(c, ns);
  wr__out_end(c);
}

static void in_duration(wr__p2_call *c, uint64_t *ns) {
  *ns = wr__in_case(c) == 1 ? wr__in_u64(c) : UINT64_MAX;
  wr__in_end(c);
  wr__out_none(c);
}

static void options_connect_timeout(wr__p2_call *c) {
  const wr__p2_request_options *options = wr__in_object(c, WR__P2_REQUEST_OPTIONS);
  out_duration(c, options->connect_ns);
}
static void options_set_connect_timeout(wr__p2_call *c) {
  wr__p2_request_options *options = wr__in_object(c, WR__P2_REQUEST_OPTIONS);
  in_duration(c, &options->connect_ns);
}
static void options_first_byte_timeout(wr__p2_call *c) {
  const wr__p2_request_options *options = wr__in_object(c, WR__P2_REQUEST_OPTIONS);
  out_duration(c, options->first_byte_ns);
}
static void options_set_first_byte_timeout(wr__p2_call *c) {
  wr__p2_request_options *options = wr__in_object(c, WR__P2_REQUEST_OPTIONS);
  in_duration(c, &options->first_byte_ns);
}
static void options_between_bytes_timeout(wr__p2_call *c) {
  const wr__p2_request_options *options = wr__in_object(c, WR__P2_REQUEST_OPTIONS);
  out_duration(c, options->between_bytes_ns);
}
static void options_set_between_bytes_timeout(wr__p2_call *c) {
  wr__p2_request_options *options = wr__in_object(c, WR__P2_REQUEST_OPTIONS);
  in_duration(c, &options->between_bytes_ns);
}

/* ---- responses */

static void release_response(void *object) {
  wr__p2_response *response = object;
  if (response->fields) wr__p2_release(response->fields);
  if (response->body) wr__p2_release(response->body);
}

wr__p2_response *wr__p2_response_new(wr__p2 *p2, wr__p2_kind kind) {
  wr__p2_response *response = wr__p2_new(p2, kind, sizeof *response, false);
  if (response) {
    response->base.release = release_response;
    response->status = 200;
  }
  return response;
}

static const wr__p2_response *in_response(wr__p2_call *c) {
  return wr__in_either(c, WR__P2_INCOMING_RESPONSE, WR__P2_OUTGOING_RESPONSE);
}

static void response_status(wr__p2_call *c) {
  const wr__p2_response *response = in_response(c);
  wr__out_u16(c, response->status);
}
static void response_headers(wr__p2_call *c) {
  const wr__p2_response *response = in_response(c);
  out_again(c, response->fields);
}
static void response_take_body(wr__p2_call *c) {
  wr__p2_response *response = wr__in_object(c, WR__P2_INCOMING_RESPONSE);
  out_once(c, &response->body);
}

static void outgoing_response_constructor(wr__p2_call *c) {
  wr__p2_fields *fields = wr__in_own(c, WR__P2_FIELDS);
  wr__p2_response *response = wr__p2_response_new(wr__p2_of(c), WR__P2_OUTGOING_RESPONSE);
  fields->is_immutable = true;
  if (response)
    response->fields = fields;
  else
    wr__p2_release(fields);
  wr__out_new(c, response);
}

static void response_set_status_code(wr__p2_call *c) {
  wr__p2_response *response = wr__in_object(c, WR__P2_OUTGOING_RESPONSE);
  uint16_t status = wr__in_u16(c);
  bool good = status >= 100 && status <= 999;
  if (good) response->status = status;
  out_bool_result(c, good);
}

/* The body is made when it is asked for; the response keeps it, and gives it once. */
static void outgoing_response_body(wr__p2_call *c) {
  wr__p2_response *response = wr__in_object(c, WR__P2_OUTGOING_RESPONSE);
  if (response->body) {
    out_bool_result(c, false);
    return;
  }
  wr__p2_outgoing_body *body = wr__p2_outgoing_body_new(wr__p2_of(c), response->fields);
  if (body) response->body = &body->base;
  wr__out_case(c, body ? 0 : 1);
  if (body) out_again(c, body);
  wr__out_end(c);
}

/* ---- the handler's answer */

static void give_response(wr__p2_exchange *exchange, wr__p2_response *response) {
  exchange->has_head = true;
  if (exchange->head(exchange->context, response) != 0) return;
  if (!response->body) {
    exchange->is_finished = true;
    exchange->end(exchange->context, true, NULL);
    return;
  }
  wr__p2_outgoing_body *body = (wr__p2_outgoing_body *)response->body;
  wr__p2_retain(body);
  exchange->body = body;
  wr__p2_outgoing_body_start(body, exchange);
}

/* An error-code, of which only its number is looked at: what it carries is skipped by in_end. */
static void outparam_set(wr__p2_call *c) {
  wr__p2_outparam *param = wr__in_own(c, WR__P2_RESPONSE_OUTPARAM);
  wr__p2_exchange *exchange = param->exchange;
  if (wr__in_case(c) == 0) {
    wr__p2_response *response = wr__in_own(c, WR__P2_OUTGOING_RESPONSE);
    if (exchange && !exchange->has_head) give_response(exchange, response);
    wr__p2_release(response);
  } else {
    int32_t code = (int32_t)wr__in_case(c);
    wr__in_end(c);
    if (exchange && !exchange->has_head) exchange->failed_code = code;
  }
  wr__in_end(c);
  wr__p2_release(param);
}

/* ---- outgoing-handler */

/* Payloads of error-code are options of texts and numbers: none is given. */
void wr__p2_out_http_code(wr__p2_call *c, wr__p2_http_code code) {
  wr__out_case(c, (uint32_t)code);
  if (code == WR__P2_HTTP_DNS_ERROR) {
    wr__out_none(c);
    wr__out_none(c);
  }
  if (code == WR__P2_HTTP_INTERNAL_ERROR) wr__out_none(c);
  wr__out_end(c);
}

static void outgoing_handle(wr__p2_call *c) {
  wr__p2_request *request = wr__in_own(c, WR__P2_OUTGOING_REQUEST);
  wr__p2_request_options *options = NULL;
  wr__p2_future_response *future = NULL;
  if (wr__in_case(c) == 1) options = wr__in_own(c, WR__P2_REQUEST_OPTIONS);
  wr__in_end(c);
  int32_t code = wr__p2_http_send(wr__p2_op(c), wr__p2_of(c), request, options, &future);
  wr__p2_release(request);
  if (options) wr__p2_release(options);
  wr__out_case(c, code < 0 ? 0 : 1);
  if (code < 0)
    wr__out_object(c, future);
  else
    wr__p2_out_http_code(c, (wr__p2_http_code)code);
  wr__out_end(c);
}

static const wr__p2_function outgoing_functions[] = {{"handle", outgoing_handle}};
WR__P2_FUNCTIONS(wr__p2_http_outgoing_handler, "wasi:http/outgoing-handler", outgoing_functions);

static void future_subscribe(wr__p2_call *c) {
  void *object = wr__in_any(c);
  wr__out_new(c, wr__p2_subscribe(wr__p2_of(c), object));
}

/* option<result<result<incoming-response, error-code>>>: the outer result fails the second time. */
static void future_response_get(wr__p2_call *c) {
  wr__p2_future_response *future = wr__in_object(c, WR__P2_FUTURE_RESPONSE);
  wr__p2_response *response = NULL;
  int32_t code = -1;
  bool taken = future->is_taken;
  if (!taken && !wr__p2_future_get(future, &response, &code)) {
    wr__out_none(c);
    return;
  }
  wr__out_case(c, 1);
  wr__out_case(c, taken ? 1 : 0);
  if (!taken) {
    future->is_taken = true;
    wr__out_case(c, response ? 0 : 1);
    if (response)
      wr__out_object(c, response);
    else
      wr__p2_out_http_code(c, (wr__p2_http_code)code);
    wr__out_end(c);
  }
  wr__out_end(c);
  wr__out_end(c);
}

/* Of errors that streams of bodies give: one that broke off, or nothing of HTTP's. */
static void http_error_code(wr__p2_call *c) {
  const wr__p2_error *error = wr__in_object(c, WR__P2_ERROR);
  bool broke_off = error->why == ECONNRESET;
  wr__out_case(c, broke_off ? 1 : 0);
  if (broke_off) wr__p2_out_http_code(c, WR__P2_HTTP_RESPONSE_INCOMPLETE);
  wr__out_end(c);
}

static const wr__p2_function functions[] = {
    {"http-error-code", http_error_code},
    {"[method]incoming-request.method", request_method},
    {"[method]incoming-request.path-with-query", request_path_with_query},
    {"[method]incoming-request.scheme", request_scheme},
    {"[method]incoming-request.authority", request_authority},
    {"[method]incoming-request.headers", request_headers},
    {"[method]incoming-request.consume", request_take_body},
    {"[constructor]outgoing-request", outgoing_request_constructor},
    {"[method]outgoing-request.body", outgoing_request_body},
    {"[method]outgoing-request.method", request_method},
    {"[method]outgoing-request.set-method", request_set_method},
    {"[method]outgoing-request.path-with-query", request_path_with_query},
    {"[method]outgoing-request.set-path-with-query", request_set_path_with_query},
    {"[method]outgoing-request.scheme", request_scheme},
    {"[method]outgoing-request.set-scheme", request_set_scheme},
    {"[method]outgoing-request.authority", request_authority},
    {"[method]outgoing-request.set-authority", request_set_authority},
    {"[method]outgoing-request.headers", request_headers},
    {"[constructor]request-options", options_constructor},
    {"[method]request-options.connect-timeout", options_connect_timeout},
    {"[method]request-options.set-connect-timeout", options_set_connect_timeout},
    {"[method]request-options.first-byte-timeout", options_first_byte_timeout},
    {"[method]request-options.set-first-byte-timeout", options_set_first_byte_timeout},
    {"[method]request-options.between-bytes-timeout", options_between_bytes_timeout},
    {"[method]request-options.set-between-bytes-timeout", options_set_between_bytes_timeout},
    {"[static]response-outparam.set", outparam_set},
    {"[method]incoming-response.status", response_status},
    {"[method]incoming-response.headers", response_headers},
    {"[method]incoming-response.consume", response_take_body},
    {"[constructor]outgoing-response", outgoing_response_constructor},
    {"[method]outgoing-response.status-code", response_status},
    {"[method]outgoing-response.set-status-code", response_set_status_code},
    {"[method]outgoing-response.headers", response_headers},
    {"[method]outgoing-response.body", outgoing_response_body},
    {"[method]future-incoming-response.subscribe", future_subscribe},
    {"[method]future-incoming-response.get", future_response_get},
};
static const wr__p2_resource resources[] = {
    {"incoming-request"},         {"outgoing-request"},  {"request-options"},
    {"response-outparam"},        {"incoming-response"}, {"outgoing-response"},
    {"future-incoming-response"},
};
WR__P2_INTERFACE(wr__p2_http_types, "wasi:http/types", functions, resources);
