/* Requests that a guest sends. A thread for each lets libcurl work; bodies pass through sockets, so
 * that the guest's streams and pollables are those of any socket, and the head through a structure
 * under a lock. Rules are asked here, before: the thread may connect to the addresses that they
 * allow and to no other. It shares nothing with the store, and ends by itself when the guest has
 * let go of the response. Spec: wasi:http/outgoing-handler. */
#include "http.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "curl.h"

#define DEFAULT_CONNECT_NS UINT64_C(60000000000)

struct wr__p2_client {
  _Atomic uint32_t ref_count; /* the future's, the body's that it sends, the thread's */
  const wr__curl *curl;
  /* the request; the thread's */
  char *url, *method, *resolve; /* own; resolve: what the name means, or NULL */
  wr__curl_list *headers, *resolves;
  wr__address allowed[WR__MAX_RESOLVED];
  uint32_t allowed_count;
  uint64_t connect_ns;
  bool sends_body, has_length, is_head;
  uint64_t length;
  int request_fd;  /* the thread reads the body from it */
  int response_fd; /* the thread writes the body to it */
  int done_fd;     /* the thread writes a byte when there is a head or a failure */
  _Atomic bool is_cancelled, is_cut;
  /* the guest's */
  wr__p2_exchange exchange; /* of the request's body */
  wr__op op;
  int send_fd; /* the other end of request_fd; -1: closed */
  wr__desc *done, *body;
  wr__p2_fields *fields; /* made of lines, when they are asked for */
  /* both, under the lock */
  pthread_mutex_t lock;
  bool is_done, is_body;
  int32_t code; /* error-code, or -1 */
  uint16_t status;
  char *lines; /* own: "name: value\n" of the head */
  size_t lines_size;
};
typedef struct wr__p2_client client;

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

static void release_client(client *x) {
  if (atomic_fetch_sub_explicit(&x->ref_count, 1, memory_order_acq_rel) != 1) return;
  if (x->headers) x->curl->list_free(x->headers);
  if (x->resolves) x->curl->list_free(x->resolves);
  close_fd(&x->request_fd);
  close_fd(&x->response_fd);
  close_fd(&x->done_fd);
  close_fd(&x->send_fd);
  if (x->done) wr__desc_release(x->done);
  if (x->body) wr__desc_release(x->body);
  pthread_mutex_destroy(&x->lock);
  free(x->url);
  free(x->method);
  free(x->resolve);
  free(x->lines);
  free(x);
}

/* ---- the thread */

static void finish_head(client *x, int32_t code) {
  pthread_mutex_lock(&x->lock);
  bool first = !x->is_done;
  x->is_done = true;
  if (first) x->code = code;
  pthread_mutex_unlock(&x->lock);
  if (first) (void)!write(x->done_fd, "", 1);
}

static int add_line(client *x, const char *line, size_t size) {
  if (size > WR__P2_MAX_FIELDS_SIZE - x->lines_size) return -1;
  char *lines = realloc(x->lines, x->lines_size + size + 1);
  if (!lines) return -1;
  memcpy(lines + x->lines_size, line, size);
  lines[x->lines_size + size] = '\n';
  x->lines = lines;
  x->lines_size += size + 1;
  return 0;
}

/* A line of a head, or of what comes behind the body. */
static size_t take_line(char *line, size_t one, size_t size, void *context) {
  client *x = context;
  size_t length = size;
  (void)one;
  while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) length--;
  if (x->is_body) return size;
  if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
    const char *space = memchr(line, ' ', length);
    x->status = space ? (uint16_t)strtoul(space, NULL, 10) : 0;
    x->lines_size = 0; /* of an informational response before */
    return size;
  }
  if (length > 0) return add_line(x, line, length) == 0 ? size : 0;
  if (x->status >= 200 || x->status == 101) {
    x->is_body = true;
    finish_head(x, -1);
  }
  return size;
}

static size_t take_body(char *bytes, size_t one, size_t size, void *context) {
  client *x = context;
  size_t at = 0;
  (void)one;
  while (at < size) {
    ssize_t done = send(x->response_fd, bytes + at, size - at, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return 0; /* nobody reads it */
    at += (size_t)done;
  }
  return size;
}

static size_t give_body(char *bytes, size_t one, size_t count, void *context) {
  client *x = context;
  for (;;) {
    struct pollfd p = {.fd = x->request_fd, .events = POLLIN};
    if (x->is_cancelled) return WR__CURL_READFUNC_ABORT;
    if (poll(&p, 1, 1000) <= 0) continue;
    ssize_t size = read(x->request_fd, bytes, one * count);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 || (size == 0 && x->is_cut)) return WR__CURL_READFUNC_ABORT;
    return (size_t)size;
  }
}

/* As curl_sockaddr. */
typedef struct socket_address {
  int family, type, protocol;
  unsigned size;
  struct sockaddr address;
} socket_address;

static bool is_same(const wr__address *a, const wr__address *b) {
  return wr__address_port(a) == wr__address_port(b) &&
         wr__address_in_range(a, a->of.any.sa_family == AF_INET ? 32 : 128, b);
}

/* Whatever made it want this address. */
static int open_socket(void *context, int purpose, socket_address *to) {
  const client *x = context;
  wr__address address = {.size = to->size};
  (void)purpose;
  if (to->size > sizeof address.of) return WR__CURL_SOCKET_BAD;
  memcpy(&address.of, &to->address, to->size);
  for (uint32_t i = 0; i < x->allowed_count; i++)
    if (is_same(&x->allowed[i], &address))
      return socket(to->family, to->type | SOCK_CLOEXEC, to->protocol);
  return WR__CURL_SOCKET_BAD;
}

static int look_at_progress(void *context, int64_t a, int64_t b, int64_t d, int64_t e) {
  (void)a, (void)b, (void)d, (void)e;
  return ((client *)context)->is_cancelled;
}

static int32_t code_of(int result) {
  switch (result) {
    case WR__CURLE_UNSUPPORTED_PROTOCOL:
    case WR__CURLE_URL_MALFORMAT:
      return WR__P2_HTTP_REQUEST_URI_INVALID;
    case WR__CURLE_COULDNT_RESOLVE_HOST:
      return WR__P2_HTTP_DNS_ERROR;
    case WR__CURLE_COULDNT_CONNECT:
      return WR__P2_HTTP_CONNECTION_REFUSED;
    case WR__CURLE_WEIRD_SERVER_REPLY:
    case WR__CURLE_HTTP2:
      return WR__P2_HTTP_PROTOCOL_ERROR;
    case WR__CURLE_PARTIAL_FILE:
      return WR__P2_HTTP_RESPONSE_INCOMPLETE;
    case WR__CURLE_OPERATION_TIMEDOUT:
      return WR__P2_HTTP_CONNECTION_TIMEOUT;
    case WR__CURLE_SSL_CONNECT_ERROR:
      return WR__P2_HTTP_TLS_PROTOCOL_ERROR;
    case WR__CURLE_PEER_FAILED_VERIFICATION:
      return WR__P2_HTTP_TLS_CERTIFICATE_ERROR;
    case WR__CURLE_GOT_NOTHING:
    case WR__CURLE_SEND_ERROR:
    case WR__CURLE_RECV_ERROR:
      return WR__P2_HTTP_CONNECTION_TERMINATED;
    default:
      return WR__P2_HTTP_INTERNAL_ERROR;
  }
}

static void set_up(const client *x, void *handle) {
  int (*set)(void *, int, ...) = x->curl->easy_setopt;
  set(handle, WR__CURLOPT_URL, x->url);
  set(handle, WR__CURLOPT_PATH_AS_IS, 1L);
  set(handle, WR__CURLOPT_NOSIGNAL, 1L);
  set(handle, WR__CURLOPT_PROXY, ""); /* whatever the host's variables say */
  if (x->is_head)
    set(handle, WR__CURLOPT_NOBODY, 1L);
  else
    set(handle, WR__CURLOPT_UPLOAD, x->sends_body ? 1L : 0L);
  set(handle, WR__CURLOPT_CUSTOMREQUEST, x->method);
  if (x->sends_body)
    set(handle, WR__CURLOPT_INFILESIZE_LARGE, x->has_length ? (int64_t)x->length : (int64_t)-1);
  set(handle, WR__CURLOPT_HTTPHEADER, x->headers);
  if (x->resolves) set(handle, WR__CURLOPT_RESOLVE, x->resolves);
  set(handle, WR__CURLOPT_CONNECTTIMEOUT_MS, (long)(x->connect_ns / 1000000u));
  set(handle, WR__CURLOPT_HEADERFUNCTION, take_line);
  set(handle, WR__CURLOPT_HEADERDATA, x);
  set(handle, WR__CURLOPT_WRITEFUNCTION, take_body);
  set(handle, WR__CURLOPT_WRITEDATA, x);
  set(handle, WR__CURLOPT_READFUNCTION, give_body);
  set(handle, WR__CURLOPT_READDATA, x);
  set(handle, WR__CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(handle, WR__CURLOPT_OPENSOCKETDATA, x);
  set(handle, WR__CURLOPT_NOPROGRESS, 0L);
  set(handle, WR__CURLOPT_XFERINFOFUNCTION, look_at_progress);
  set(handle, WR__CURLOPT_XFERINFODATA, x);
}

/* The guest's end has put a byte in this socket. Closing it unread makes the guest's end fail
 * behind what was sent (ECONNRESET), so that a body that broke off does not look complete. */
static void end_body(client *x, bool is_whole) {
  char byte;
  if (is_whole) (void)!read(x->response_fd, &byte, 1);
  close_fd(&x->response_fd);
}

/* Signals of the process are for its own threads; a connection that breaks is no signal. */
static void block_signals(void) {
  static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  sigset_t signals;
  sigfillset(&signals);
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) sigdelset(&signals, own[i]);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void *run(void *argument) {
  client *x = argument;
  block_signals();
  void *handle = x->curl->easy_init();
  int result = -1;
  if (handle) {
    set_up(x, handle);
    result = x->curl->easy_perform(handle);
    x->curl->easy_cleanup(handle);
  }
  finish_head(x, result == 0 ? WR__P2_HTTP_RESPONSE_INCOMPLETE : code_of(result));
  end_body(x, result == 0);
  release_client(x);
  return NULL;
}

/* ---- the request */

static char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text_of(const char *format, ...) {
  char *text = NULL;
  va_list list;
  va_start(list, format);
  if (vasprintf(&text, format, list) < 0) text = NULL;
  va_end(list);
  return text;
}

/* HOST, HOST:PORT, [V6]:PORT: the name without brackets, and the port. */
static bool split_authority(const char *authority, uint16_t port, char host[256], uint16_t *out) {
  const char *end = authority + strlen(authority), *colon = strrchr(authority, ':');
  const char *close = strchr(authority, ']');
  *out = port;
  if (colon && (!close || colon > close)) {
    char *rest;
    unsigned long number = strtoul(colon + 1, &rest, 10);
    if (*rest || rest == colon + 1 || number == 0 || number > UINT16_MAX) return false;
    *out = (uint16_t)number;
    end = colon;
  }
  if (authority[0] == '[') {
    if (!close || close + 1 != end) return false;
    authority++;
    end = close;
  }
  size_t size = (size_t)(end - authority);
  if (size == 0 || size > 253 || memchr(authority, '@', size) || memchr(authority, '/', size))
    return false;
  memcpy(host, authority, size);
  host[size] = 0;
  return true;
}

/* The addresses that rules allow. An error-code, or -1. */
static int32_t find_addresses(client *x, const char *host, uint16_t port) {
  wr__address found[WR__MAX_RESOLVED];
  uint32_t count = 1;
  bool is_name = !wr__address_parse(host, port, &found[0]);
  if (is_name && !wr__net_may_resolve(&x->op, host)) return WR__P2_HTTP_REQUEST_DENIED;
  if (is_name && wr__resolve(&x->op, host, AF_UNSPEC, found, &count) != 0)
    return WR__P2_HTTP_DNS_ERROR;
  for (uint32_t i = 0; i < count; i++) {
    if (is_name) wr__net_resolved(&x->op, host, &found[i]);
    if (found[i].of.any.sa_family == AF_INET)
      found[i].of.in4.sin_port = htons(port);
    else
      found[i].of.in6.sin6_port = htons(port);
    if (wr__net_may_reach(&x->op, WR__NET_CONNECT, &found[i]))
      x->allowed[x->allowed_count++] = found[i];
  }
  return x->allowed_count > 0 ? -1 : WR__P2_HTTP_REQUEST_DENIED;
}

/* What the name means is settled here, and nobody is asked again. */
static bool pin_addresses(client *x, const char *host, uint16_t port) {
  char list[4096] = "", text[160];
  size_t used = 0;
  wr__address literal;
  if (wr__address_parse(host, port, &literal)) return true;
  for (uint32_t i = 0; i < x->allowed_count; i++) {
    wr__address_text(&x->allowed[i], text, sizeof text);
    *strrchr(text, ':') = 0;
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? "," : "", text);
  }
  x->resolve = text_of("%s:%u:%s", host, port, list);
  if (x->resolve) x->resolves = x->curl->list_append(NULL, x->resolve);
  return x->resolves != NULL;
}

static bool add_header(client *x, const char *line) {
  wr__curl_list *list = x->curl->list_append(x->headers, line);
  if (list) x->headers = list;
  return list != NULL;
}

static bool add_headers(client *x, const wr__p2_fields *fields) {
  /* An empty field is written with a semicolon; what libcurl would add is left out. */
  bool good = add_header(x, "Expect:");
  if (!wr__p2_fields_get(fields, "user-agent").bytes) good = good && add_header(x, "User-Agent:");
  if (!wr__p2_fields_get(fields, "accept").bytes) good = good && add_header(x, "Accept:");
  for (uint32_t i = 0; good && i < fields->count; i++) {
    const wr__p2_field *field = &fields->list[i];
    if (strcasecmp(field->name, "content-length") == 0) continue; /* libcurl's to write */
    char *line = field->value_size ? text_of("%s: %s", field->name, field->value)
                                   : text_of("%s;", field->name);
    good = line && add_header(x, line);
    free(line);
  }
  return good;
}

static int32_t prepare(client *x, const wr__p2_request *request) {
  bool secure = !request->has_scheme || request->scheme.index == 1;
  char host[256];
  uint16_t port;
  if (request->has_scheme && request->scheme.index == WR__P2_SCHEME_OTHER)
    return WR__P2_HTTP_PROTOCOL_ERROR;
  if (!request->authority.bytes ||
      !split_authority(request->authority.bytes, secure ? 443 : 80, host, &port))
    return WR__P2_HTTP_REQUEST_URI_INVALID;
  const char *path = request->path.bytes ? request->path.bytes : "/";
  if (path[0] != '/') return WR__P2_HTTP_REQUEST_URI_INVALID;
  int32_t code = find_addresses(x, host, port);
  if (code >= 0) return code;
  x->url = text_of("%s://%s%s", secure ? "https" : "http", request->authority.bytes, path);
  x->method = strdup(wr__p2_method_name(&request->method));
  if (!x->url || !x->method || !pin_addresses(x, host, port) || !add_headers(x, request->fields))
    return WR__P2_HTTP_INTERNAL_ERROR;
  x->is_head = strcmp(x->method, "HEAD") == 0;
  return -1;
}

/* ---- its body, written by the guest */

static int write_request(void *context, const uint8_t *bytes, size_t size) {
  client *x = context;
  size_t at = 0;
  while (at < size) {
    if (x->send_fd < 0) return EPIPE;
    ssize_t done = send(x->send_fd, bytes + at, size - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (done >= 0) {
      at += (size_t)done;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return errno;
    int error = wr__wait_ready(&x->op, x->send_fd, WR__WAIT_WRITE, WR__NO_TIMEOUT);
    if (error != 0) return ECANCELED; /* the guest ends, at its next poll */
  }
  return 0;
}

static void end_request(void *context, bool is_whole, const wr__p2_fields *trailers) {
  client *x = context;
  (void)trailers;
  if (!is_whole) x->is_cut = true;
  close_fd(&x->send_fd);
}

static void attach_body(client *x, wr__p2_request *request) {
  wr__p2_outgoing_body *body = (wr__p2_outgoing_body *)request->body;
  x->exchange = (wr__p2_exchange){.write = write_request, .end = end_request, .context = x};
  body->client = x;
  atomic_fetch_add_explicit(&x->ref_count, 1, memory_order_relaxed);
  wr__p2_outgoing_body_start(body, &x->exchange);
}

void wr__p2_client_release(client *x) {
  close_fd(&x->send_fd);
  release_client(x);
}

/* ---- sending */

static bool make_sockets(client *x) {
  int response[2], request[2], done[2];
  if (pipe2(done, O_CLOEXEC) != 0) return false;
  x->done_fd = done[1];
  if (wr__desc_from_host(done[0], &x->done) != 0) return false;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, response) != 0) return false;
  x->response_fd = response[1];
  bool marked = send(response[0], "", 1, MSG_NOSIGNAL) == 1; /* see end_body */
  if (wr__desc_from_host(response[0], &x->body) != 0 || !marked) return false;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, request) != 0) return false;
  x->request_fd = request[0];
  x->send_fd = request[1];
  return true;
}

static bool start(client *x) {
  pthread_t thread;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 512u << 10);
  atomic_fetch_add_explicit(&x->ref_count, 1, memory_order_relaxed);
  bool started = pthread_create(&thread, &attributes, run, x) == 0;
  if (!started) atomic_fetch_sub_explicit(&x->ref_count, 1, memory_order_relaxed);
  pthread_attr_destroy(&attributes);
  return started;
}

static void release_future(void *object) {
  wr__p2_future_response *future = object;
  if (!future->client) return;
  if (!future->is_taken) future->client->is_cancelled = true;
  release_client(future->client);
}

static client *new_client(wr__op *op, const wr__curl *curl, const wr__p2_request_options *options) {
  client *x = calloc(1, sizeof *x);
  if (!x) return NULL;
  pthread_mutex_init(&x->lock, NULL);
  atomic_init(&x->ref_count, 1);
  x->curl = curl;
  x->op = *op;
  x->code = -1;
  x->request_fd = x->response_fd = x->done_fd = x->send_fd = -1;
  x->connect_ns =
      options && options->connect_ns != UINT64_MAX ? options->connect_ns : DEFAULT_CONNECT_NS;
  return x;
}

int32_t wr__p2_http_send(wr__op *op, wr__p2 *p2, wr__p2_request *request,
                         const wr__p2_request_options *options, wr__p2_future_response **out) {
  const wr__curl *curl = wr__curl_open();
  if (!curl) return WR__P2_HTTP_CONFIGURATION_ERROR;
  wr__p2_future_response *future = wr__p2_new(p2, WR__P2_FUTURE_RESPONSE, sizeof *future, true);
  if (!future) return WR__P2_HTTP_INTERNAL_ERROR;
  future->base.release = release_future;
  client *x = future->client = new_client(op, curl, options);
  wr__p2_outgoing_body *body = (wr__p2_outgoing_body *)request->body;
  int32_t code = x ? prepare(x, request) : WR__P2_HTTP_INTERNAL_ERROR;
  if (x) {
    x->sends_body = request->is_body_taken;
    x->has_length = body->has_length;
    x->length = body->length;
  }
  if (code < 0 && (!make_sockets(x) || !start(x))) code = WR__P2_HTTP_INTERNAL_ERROR;
  op->interrupted |= x && x->op.interrupted;
  if (code >= 0) {
    wr__p2_release(future);
    return code;
  }
  if (x->sends_body) attach_body(x, request);
  *out = future;
  return -1;
}

/* ---- the response */

wr__desc *wr__p2_future_desc(const wr__p2_future_response *future) { return future->client->done; }

static int add_fields(wr__p2_fields *fields, const client *x) {
  int error = 0;
  for (size_t at = 0; at < x->lines_size && error == 0;) {
    const char *line = x->lines + at, *end = memchr(line, '\n', x->lines_size - at);
    const char *colon = memchr(line, ':', (size_t)(end - line));
    at += (size_t)(end - line) + 1;
    if (!colon) continue;
    const char *value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t')) value++;
    error = wr__p2_fields_add(fields, (wr__p2_text){line, (size_t)(colon - line)},
                              (wr__p2_text){value, (size_t)(end - value)});
  }
  fields->is_immutable = true;
  return error;
}

static wr__p2_response *make_response(wr__p2 *p2, client *x) {
  wr__p2_response *response = wr__p2_response_new(p2, WR__P2_INCOMING_RESPONSE);
  if (!response) return NULL;
  response->status = x->status;
  response->fields = wr__p2_fields_new(p2);
  wr__desc_retain(x->body);
  wr__p2_incoming_body *body = wr__p2_incoming_body_new(p2, x->body);
  if (body) response->body = &body->base;
  if (response->fields && body && add_fields(response->fields, x) == 0) return response;
  wr__p2_release(response);
  return NULL;
}

bool wr__p2_future_get(wr__p2_future_response *future, wr__p2_response **out, int32_t *code) {
  client *x = future->client;
  pthread_mutex_lock(&x->lock);
  bool is_done = x->is_done;
  *code = x->code;
  pthread_mutex_unlock(&x->lock);
  if (!is_done) return false;
  if (*code < 0) {
    *out = make_response(future->base.p2, x);
    wr__desc_release(x->body); /* the body alone has it now: dropping that ends the transfer */
    x->body = NULL;
    if (!*out) *code = WR__P2_HTTP_INTERNAL_ERROR;
  }
  return true;
}
