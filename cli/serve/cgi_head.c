/* Variables of a request, and the head of an answer, as the Common Gateway Interface has them.
 * Spec: RFC 3875, 4.1 and 6.3. */
#include <stdio.h>
#include <stdlib.h>

#include "cgi.h"
#include "head.h"
#include "site.h"

/* ---- Variables ------------------------------------------------------------------------------ */

/* What gives variables, and a text that is made anew for each. */
typedef struct giver {
  wr__variable_fn give;
  void *context;
  wr__bytes name, value;
  bool good;
} giver;

static void give(giver *g, const char *name, wr__slice value) {
  wr__bytes_take(&g->value, g->value.size);
  g->good = g->good && wr__bytes_add(&g->value, value.data, value.size) &&
            wr__bytes_add(&g->value, "", 1) && g->give(g->context, name, wr__bytes_text(&g->value));
}

static void give_text(giver *g, const char *name, const char *value) {
  g->good = g->good && g->give(g->context, name, value);
}

static void give_number(giver *g, const char *name, uint64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  give_text(g, name, text);
}

/* PREFIX and the name in capitals with underscores. */
static const char *variable_name(giver *g, const char *prefix, wr__slice name) {
  wr__bytes_take(&g->name, g->name.size);
  g->good = g->good && wr__bytes_add_text(&g->name, prefix);
  uint8_t *to = g->good ? wr__bytes_room(&g->name, name.size + 1) : NULL;
  if (!to) {
    g->good = false;
    return "";
  }
  for (size_t i = 0; i < name.size; i++) {
    unsigned char c = (unsigned char)name.data[i];
    bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z', digit = c >= '0' && c <= '9';
    to[i] = (uint8_t)(letter ? c & ~0x20 : digit ? c : '_');
  }
  to[name.size] = '\0';
  return wr__bytes_text(&g->name);
}

/* Is it a field that the guest gets? Names with underscores could not be told from those with
 * hyphens, and PROXY is a variable of the guest's own libraries. */
static bool passes(wr__slice name) {
  static const char *const kept_back[] = {
      "content-type", "content-length", "connection", "transfer-encoding",
      "proxy",        "traceparent",    "keep-alive", "te",
      "trailer",      "upgrade",        "expect"};
  for (size_t i = 0; i < sizeof kept_back / sizeof kept_back[0]; i++)
    if (wr__slice_is_nocase(name, kept_back[i])) return false;
  return !memchr(name.data, '_', name.size);
}

static bool is_first(const wr__head *head, size_t index) {
  wr__slice name = head->fields[index].name;
  for (size_t i = 0; i < index; i++)
    if (head->fields[i].name.size == name.size &&
        strncasecmp(head->fields[i].name.data, name.data, name.size) == 0)
      return false;
  return true;
}

/* Fields of one name are one variable. Spec: RFC 3875, 4.1.18; cookies are joined as RFC 9113 does.
 */
static void give_fields(giver *g, const wr__head *head) {
  for (size_t i = 0; g->good && i < head->field_count; i++) {
    wr__slice name = head->fields[i].name;
    if (!passes(name) || !is_first(head, i)) continue;
    const char *separator = wr__slice_is_nocase(name, "cookie") ? "; " : ", ";
    wr__bytes_take(&g->value, g->value.size);
    for (size_t k = i; k < head->field_count; k++) {
      const wr__field *field = &head->fields[k];
      if (field->name.size != name.size || strncasecmp(field->name.data, name.data, name.size) != 0)
        continue;
      if (k > i) g->good = g->good && wr__bytes_add_text(&g->value, separator);
      g->good = g->good && wr__bytes_add(&g->value, field->value.data, field->value.size);
    }
    g->good = g->good && wr__bytes_add(&g->value, "", 1);
    const char *variable = variable_name(g, "HTTP_", name);
    if (g->good) give_text(g, variable, wr__bytes_text(&g->value));
  }
}

static void give_param(void *context, wr__slice name, wr__slice value) {
  giver *g = context;
  char variable[128];
  snprintf(variable, sizeof variable, "%s", variable_name(g, "PATH_PARAM_", name));
  give(g, variable, value);
}

/* SERVER_NAME without the port. */
static void give_server(giver *g, const wr__exchange *x) {
  wr__slice name = x->head.authority;
  size_t end = name.size;
  if (name.size && name.data[0] == '[') {
    const char *bracket = memchr(name.data, ']', name.size);
    end = bracket ? (size_t)(bracket - name.data) + 1 : name.size;
  } else if (name.size) {
    const char *colon = memchr(name.data, ':', name.size);
    end = colon ? (size_t)(colon - name.data) : name.size;
  }
  give(g, "SERVER_NAME", end ? (wr__slice){name.data, end} : WR__SLICE("localhost"));
  give_number(g, "SERVER_PORT", x->peer.local_port);
  give_text(g, "SERVER_SOFTWARE", "wasmrun");
  give_text(g, "SERVER_PROTOCOL",
            x->head.major == 2   ? "HTTP/2.0"
            : x->head.minor == 0 ? "HTTP/1.0"
                                 : "HTTP/1.1");
  give_text(g, "GATEWAY_INTERFACE", "CGI/1.1");
  give_text(g, "REMOTE_ADDR", x->peer.remote);
  give_text(g, "REMOTE_HOST", x->peer.remote);
  give_number(g, "REMOTE_PORT", x->peer.remote_port);
  give_text(g, "REQUEST_SCHEME", x->peer.secure ? "https" : "http");
  if (x->peer.secure) give_text(g, "HTTPS", "on");
}

static void give_body(giver *g, const wr__head *head) {
  wr__slice type = wr__head_field(head, "content-type");
  if (type.data) give(g, "CONTENT_TYPE", type);
  if (head->framing == WR__BODY_LENGTH)
    give_number(g, "CONTENT_LENGTH", head->length);
  else if (head->framing == WR__BODY_NONE && wr__head_count(head, "content-length"))
    give_number(g, "CONTENT_LENGTH", 0);
  else if (head->framing == WR__BODY_CHUNKED)
    give_text(g, "HTTP_TRANSFER_ENCODING", "chunked"); /* a length is not known: read to the end */
}

bool wr__cgi_variables(const wr__exchange *x, wr__variable_fn give_one, void *context) {
  giver g = {.give = give_one, .context = context, .good = true};
  const wr__head *head = &x->head;
  give_server(&g, x);
  give(&g, "REQUEST_METHOD", head->method);
  give(&g, "REQUEST_URI", head->target);
  give(&g, "QUERY_STRING", head->query);
  give(&g, "SCRIPT_NAME", (wr__slice){head->path, (size_t)(x->rest - head->path)});
  give_text(&g, "PATH_INFO", x->rest);
  give_text(&g, "X_MATCHED_ROUTE", x->route->pattern);
  wr__bytes_take(&g.value, g.value.size);
  wr__bytes url = {0};
  g.good = g.good && wr__bytes_format(&url, "%s://%.*s%.*s", x->peer.secure ? "https" : "http",
                                      (int)head->authority.size, head->authority.data,
                                      (int)head->target.size, head->target.data);
  if (g.good) give(&g, "X_FULL_URL", (wr__slice){wr__bytes_text(&url), url.size});
  wr__bytes_free(&url);
  give_text(&g, "REQUEST_ID", x->id);
  give_text(&g, "HTTP_TRACEPARENT", x->trace);
  give_body(&g, head);
  give_fields(&g, head);
  wr__route_params(x->route, head->path, give_param, &g);
  wr__bytes_free(&g.name);
  wr__bytes_free(&g.value);
  return g.good;
}

/* ---- Answers ----------------------------------------------------------------------------------
 */

size_t wr__cgi_head_end(const char *text, size_t size) {
  size_t line = 0;
  for (;;) {
    const char *feed = line < size ? memchr(text + line, '\n', size - line) : NULL;
    if (!feed) return 0;
    size_t at = (size_t)(feed - text);
    if (at == line || (at == line + 1 && text[line] == '\r')) return at + 1;
    line = at + 1;
  }
}

/* "404 Not Found" or "404". */
static const char *read_status(wr__slice value, int *status) {
  if (value.size < 3 || (value.size > 3 && value.data[3] != ' ')) return "bad Status";
  *status = 0;
  for (int i = 0; i < 3; i++) {
    if (value.data[i] < '0' || value.data[i] > '9') return "bad Status";
    *status = *status * 10 + (value.data[i] - '0');
  }
  return *status < 200 || *status > 599 ? "Status is not between 200 and 599" : NULL;
}

/* Fields that are the connection's and not the guest's. */
static bool is_ours(wr__slice name) {
  static const char *const ours[] = {
      "connection", "transfer-encoding", "keep-alive",       "upgrade",
      "te",         "trailer",           "proxy-connection", "date"};
  for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
    if (wr__slice_is_nocase(name, ours[i])) return true;
  return false;
}

static const char *read_field(wr__cgi_head *head, wr__slice line) {
  const char *colon = memchr(line.data, ':', line.size);
  if (!colon) return "a line of the head has no colon";
  wr__slice name = {line.data, (size_t)(colon - line.data)};
  wr__slice value = {colon + 1, line.size - name.size - 1};
  while (value.size && (value.data[0] == ' ' || value.data[0] == '\t')) value.data++, value.size--;
  while (value.size && (value.data[value.size - 1] == ' ' || value.data[value.size - 1] == '\t'))
    value.size--;
  if (!wr__head_is_token(name)) return "bad name of a field";
  if (!wr__head_is_value(value)) return "bad value of a field";
  if (wr__slice_is_nocase(name, "status")) return read_status(value, &head->status);
  if (is_ours(name)) return NULL;
  if (wr__slice_is_nocase(name, "content-length")) {
    uint64_t length;
    if (head->length >= 0) return "Content-Length twice";
    if (!wr__head_length(value, &length)) return "bad Content-Length";
    head->length = (int64_t)length;
    return NULL;
  }
  /* Spec: RFC 3875, 6.2.3: a redirection without a status is 302. */
  if (wr__slice_is_nocase(name, "location") && head->status == 0) head->status = 302;
  bool good = wr__bytes_add(&head->fields, name.data, name.size) &&
              wr__bytes_add_text(&head->fields, ": ") &&
              wr__bytes_add(&head->fields, value.data, value.size) &&
              wr__bytes_add_text(&head->fields, "\r\n");
  return good ? NULL : "out of memory";
}

const char *wr__cgi_head_parse(const char *text, size_t size, wr__cgi_head *head) {
  *head = (wr__cgi_head){.length = -1};
  const char *wrong = NULL;
  size_t at = 0;
  while (!wrong && at < size) {
    const char *feed = memchr(text + at, '\n', size - at);
    size_t end = feed ? (size_t)(feed - text) : size;
    wr__slice line = {text + at, end - at};
    if (line.size && line.data[line.size - 1] == '\r') line.size--;
    if (line.size == 0) break;
    wrong = read_field(head, line);
    at = end + 1;
  }
  if (!wrong && head->fields.size == 0 && head->status == 0)
    wrong = "the head has neither Content-Type nor Location nor Status";
  if (head->status == 0) head->status = 200;
  return wrong;
}
