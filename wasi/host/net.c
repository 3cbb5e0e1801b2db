/* The rules of the network, and what follows from them. Without a rule nothing may be reached.
 * Rules are made before the guest runs; what names resolved to is added while it does, under the
 * lock. */
#include "local.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Addresses of names that are remembered; the oldest are forgotten first. */
#define MAX_KNOWN 4096u
#define BACKLOG 128

typedef enum host_kind { HOST_ANY, HOST_RANGE, HOST_NAME, HOST_SUFFIX, HOST_LOCAL } host_kind;

typedef struct rule {
  wr__net_action action;
  host_kind kind;
  char *text;        /* own: a name, the suffix of names (".example.com"), or a path */
  wr__local *local;  /* own; HOST_LOCAL */
  wr__address range; /* HOST_RANGE */
  unsigned prefix_bits;
  uint16_t port_low, port_high;
} rule;

/* An address that a name was resolved to, with the ports that a rule allows for the name. */
typedef struct known {
  wr__address address;
  uint16_t port_low, port_high;
} known;

typedef struct wr__net {
  rule *rules;
  size_t rule_count;
  pthread_mutex_t lock; /* the known ones */
  known *known;         /* a ring of MAX_KNOWN once it is needed */
  uint32_t known_count;
  uint32_t known_next;
} wr__net;

void wr__net_delete(wr__net *net) {
  if (!net) return;
  for (size_t i = 0; i < net->rule_count; i++) {
    free(net->rules[i].text);
    wr__local_delete(net->rules[i].local);
  }
  free(net->rules);
  free(net->known);
  pthread_mutex_destroy(&net->lock);
  free(net);
}

/* ---- reading a rule */

static bool parse_number(const char **text, unsigned long most, unsigned long *out) {
  const char *p = *text;
  unsigned long value = 0;
  if (!isdigit((unsigned char)*p)) return false;
  for (; isdigit((unsigned char)*p); p++) {
    value = value * 10 + (unsigned long)(*p - '0');
    if (value > most) return false;
  }
  *text = p;
  *out = value;
  return true;
}

static bool parse_ports(const char *text, rule *out) {
  unsigned long low, high;
  if (strcmp(text, "*") == 0) {
    out->port_low = 0;
    out->port_high = UINT16_MAX;
    return true;
  }
  if (!parse_number(&text, UINT16_MAX, &low)) return false;
  high = low;
  if (*text == '-') {
    text++;
    if (!parse_number(&text, UINT16_MAX, &high)) return false;
  }
  out->port_low = (uint16_t)low;
  out->port_high = (uint16_t)high;
  return *text == 0 && low <= high;
}

static bool is_name(const char *text) {
  size_t size = strlen(text);
  if (size == 0 || size > 253) return false;
  for (; *text; text++)
    if (!isalnum((unsigned char)*text) && *text != '-' && *text != '.' && *text != '_')
      return false;
  return true;
}

/* An address with or without a prefix length; the brackets of IPv6 are gone. */
static bool parse_range(char *host, rule *out) {
  char *slash = strchr(host, '/');
  unsigned long bits = 0;
  if (slash) *slash = 0;
  bool is_address = wr__address_parse(host, 0, &out->range);
  if (slash) *slash = '/';
  if (!is_address) return false;
  unsigned most = out->range.of.any.sa_family == AF_INET ? 32 : 128;
  const char *digits = slash ? slash + 1 : NULL;
  if (slash && (!parse_number(&digits, most, &bits) || *digits)) return false;
  out->kind = HOST_RANGE;
  out->prefix_bits = slash ? (unsigned)bits : most;
  return true;
}

static bool parse_host(char *host, rule *out) {
  if (strcmp(host, "*") == 0) {
    out->kind = HOST_ANY;
    return true;
  }
  if (parse_range(host, out)) return true;
  out->kind = host[0] == '*' && host[1] == '.' ? HOST_SUFFIX : HOST_NAME;
  if (out->kind == HOST_SUFFIX) host++;
  if (strchr(host, '/') || !is_name(host)) return false;
  out->text = strdup(host);
  return out->text != NULL;
}

/* Splits HOST:PORT, [V6]:PORT and [V6]/LENGTH:PORT; host keeps no brackets. */
static char *split_port(char *text) {
  char *colon = strrchr(text, ':');
  if (!colon) return NULL;
  *colon = 0;
  if (text[0] != '[') return strchr(text, ':') ? NULL : colon + 1;
  char *close = strchr(text, ']');
  if (!close || (close[1] != 0 && close[1] != '/')) return NULL;
  memmove(close, close + 1, strlen(close));
  memmove(text, text + 1, strlen(text));
  return colon + 1;
}

static bool parse_rule(char *text, rule *out) {
  static const struct {
    const char *prefix;
    wr__net_action action;
  } actions[] = {
      {"connect=", WR__NET_CONNECT}, {"listen=", WR__NET_LISTEN}, {"resolve=", WR__NET_RESOLVE}};
  for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
    size_t size = strlen(actions[i].prefix);
    if (strncmp(text, actions[i].prefix, size) != 0) continue;
    out->action = actions[i].action;
    text += size;
    if (out->action == WR__NET_RESOLVE) return parse_host(text, out) && out->kind != HOST_RANGE;
    if (strncmp(text, "unix:", 5) == 0) {
      out->kind = HOST_LOCAL;
      out->text = text[5] ? strdup(text + 5) : NULL;
      return out->text != NULL;
    }
    char *port = split_port(text);
    return port && parse_host(text, out) && parse_ports(port, out) &&
           !(out->action == WR__NET_LISTEN && (out->kind == HOST_NAME || out->kind == HOST_SUFFIX));
  }
  return false;
}

static wr__net *net_of(wr_wasi_t *wasi) {
  if (!wasi->net) {
    wasi->net = calloc(1, sizeof *wasi->net);
    if (wasi->net) pthread_mutex_init(&wasi->net->lock, NULL);
  }
  return wasi->net;
}

wr_status wr_wasi_net_allow(wr_wasi_t *wasi, const char *text, wr_error *error) {
  wr__net *net = net_of(wasi);
  char *copy = strdup(text);
  rule made = {0};
  rule *rules = net ? realloc(net->rules, (net->rule_count + 1) * sizeof *rules) : NULL;
  if (rules) net->rules = rules;
  if (!rules || !copy) {
    free(copy);
    return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  }
  bool good = parse_rule(copy, &made);
  free(copy);
  if (!good) {
    free(made.text);
    return wr__wasi_fail(error, WR_BAD_ARGUMENT,
                         "%s: not a rule; write connect=HOST:PORT, listen=ADDRESS:PORT or "
                         "resolve=NAME",
                         text);
  }
  if (made.kind == HOST_LOCAL) {
    wr_status status = wr__local_new(made.text, &made.local, error);
    if (status != WR_OK) {
      free(made.text);
      return status;
    }
  }
  net->rules[net->rule_count++] = made;
  return WR_OK;
}

/* ---- asking */

static bool rule_allows(const rule *r, const wr__address *address) {
  bool local = address->of.any.sa_family == AF_UNIX;
  if (r->kind == HOST_LOCAL) return local && strcmp(r->text, address->of.local.sun_path) == 0;
  uint16_t port = wr__address_port(address);
  if (local || port < r->port_low || port > r->port_high) return false;
  return r->kind == HOST_ANY ||
         (r->kind == HOST_RANGE && wr__address_in_range(&r->range, r->prefix_bits, address));
}

static bool known_allows(wr__net *net, const wr__address *address) {
  uint16_t port = wr__address_port(address);
  unsigned bits = address->of.any.sa_family == AF_INET ? 32 : 128;
  bool found = false;
  if (address->of.any.sa_family == AF_UNIX) return false;
  pthread_mutex_lock(&net->lock);
  for (uint32_t i = 0; i < net->known_count && !found; i++) {
    const known *k = &net->known[i];
    found = port >= k->port_low && port <= k->port_high &&
            wr__address_in_range(&k->address, bits, address);
  }
  pthread_mutex_unlock(&net->lock);
  return found;
}

/* To connect to "any address" is to connect to this machine. */
static wr__address meant_by(wr__net_action action, const wr__address *given) {
  wr__address address = *given;
  wr__address_normalize(&address);
  if (action != WR__NET_CONNECT) return address;
  if (address.of.any.sa_family == AF_INET && address.of.in4.sin_addr.s_addr == INADDR_ANY)
    address.of.in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (address.of.any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address.of.in6.sin6_addr))
    address.of.in6.sin6_addr = in6addr_loopback;
  return address;
}

bool wr__net_allows(wr_wasi_t *wasi, wr__net_action action, const wr__address *given) {
  wr__net *net = wasi->net;
  if (!net) return false;
  wr__address address = meant_by(action, given);
  for (size_t i = 0; i < net->rule_count; i++)
    if (net->rules[i].action == action && rule_allows(&net->rules[i], &address)) return true;
  return action == WR__NET_CONNECT && known_allows(net, &address);
}

static void log_address(wr__op *op, wr__net_action action, const wr__address *address) {
  char text[160];
  wr__address_text(address, text, sizeof text);
  wr__log_denied(op, "%s %s", action == WR__NET_CONNECT ? "connect" : "listen", text);
}

bool wr__net_may_reach(wr__op *op, wr__net_action action, const wr__address *address) {
  if (wr__net_allows(op->wasi, action, address)) return true;
  log_address(op, action, address);
  return false;
}

const wr__local *wr__net_local(wr__op *op, wr__net_action action, const wr__address *address) {
  wr__net *net = op->wasi->net;
  for (size_t i = 0; net && i < net->rule_count; i++) {
    const rule *r = &net->rules[i];
    if (r->action == action && r->local && rule_allows(r, address)) return r->local;
  }
  log_address(op, action, address);
  return NULL;
}

void wr__net_name_local(const wr_wasi_t *wasi, wr__address *address) {
  struct sockaddr_un *local = &address->of.local;
  for (size_t i = 0; wasi->net && i < wasi->net->rule_count; i++) {
    const rule *r = &wasi->net->rules[i];
    if (!r->local || !wr__local_is_bound_at(r->local, address)) continue;
    size_t size = strnlen(r->text, sizeof local->sun_path - 1);
    memcpy(local->sun_path, r->text, size);
    local->sun_path[size] = 0;
    address->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + 1);
    return;
  }
}

static bool name_matches(const rule *r, const char *name) {
  size_t size = strlen(name), suffix;
  switch (r->kind) {
    case HOST_ANY:
      return r->action == WR__NET_RESOLVE;
    case HOST_NAME:
      return strcasecmp(r->text, name) == 0;
    case HOST_SUFFIX:
      suffix = strlen(r->text);
      return size > suffix && strcasecmp(name + size - suffix, r->text) == 0;
    default:
      return false;
  }
}

bool wr__net_may_resolve(wr__op *op, const char *name) {
  wr__net *net = op->wasi->net;
  for (size_t i = 0; net && i < net->rule_count; i++)
    if (net->rules[i].action != WR__NET_LISTEN && name_matches(&net->rules[i], name)) return true;
  wr__log_denied(op, "resolve %s", name);
  return false;
}

static void remember(wr__net *net, const rule *r, const wr__address *address) {
  pthread_mutex_lock(&net->lock);
  if (!net->known) net->known = malloc(MAX_KNOWN * sizeof *net->known);
  if (net->known) {
    known *k = &net->known[net->known_next];
    *k = (known){*address, r->port_low, r->port_high};
    wr__address_normalize(&k->address);
    net->known_next = (net->known_next + 1) % MAX_KNOWN;
    if (net->known_count < MAX_KNOWN) net->known_count++;
  }
  pthread_mutex_unlock(&net->lock);
}

/* RFC 6761, 6.3: these names mean loopback addresses, whoever answers. */
static bool is_localhost(const char *name) {
  static const char localhost[] = ".localhost";
  size_t size = strlen(name), suffix = sizeof localhost - 1;
  return strcasecmp(name, localhost + 1) == 0 ||
         (size > suffix && strcasecmp(name + size - suffix, localhost) == 0);
}

/* Does a rule name the address, for any port? */
static bool is_named(const wr__net *net, const wr__address *address) {
  for (size_t i = 0; i < net->rule_count; i++) {
    const rule *r = &net->rules[i];
    if (r->action != WR__NET_CONNECT) continue;
    if (r->kind == HOST_ANY) return true;
    if (r->kind == HOST_RANGE && wr__address_in_range(&r->range, r->prefix_bits, address))
      return true;
  }
  return false;
}

/* Whoever answers for a name chooses its addresses, so a rule for a name is none for what can be
 * reached only from here. */
void wr__net_resolved(wr__op *op, const char *name, const wr__address *given) {
  wr__net *net = op->wasi->net;
  wr__address normal = *given, *address = &normal;
  wr__address_normalize(address);
  bool own = is_localhost(name) && wr__address_is_loopback(address);
  if (net && !own && !wr__address_is_public(address)) {
    char text[160];
    if (is_named(net, address)) return;
    wr__address_text(address, text, sizeof text);
    wr__log_denied(op, "%s is %s, which a rule has to name by its address", name, text);
    return;
  }
  for (size_t i = 0; net && i < net->rule_count; i++)
    if (net->rules[i].action == WR__NET_CONNECT && name_matches(&net->rules[i], name))
      remember(net, &net->rules[i], address);
}

/* ---- listeners of the embedder */

static bool parse_listener(const char *text, int *type, wr__address *out) {
  char copy[160];
  *type = SOCK_STREAM;
  if (strncmp(text, "unix://", 7) == 0) {
    size_t size = strlen(text + 7);
    if (size == 0 || size >= sizeof out->of.local.sun_path) return false;
    *out = (wr__address){.size = sizeof out->of.local};
    out->of.local.sun_family = AF_UNIX;
    memcpy(out->of.local.sun_path, text + 7, size);
    return true;
  }
  if (strncmp(text, "udp://", 6) == 0)
    *type = SOCK_DGRAM;
  else if (strncmp(text, "tcp://", 6) != 0)
    return false;
  if (strlen(text + 6) >= sizeof copy) return false;
  strcpy(copy, text + 6);
  char *port = split_port(copy);
  const char *digits = port;
  unsigned long number;
  return port && parse_number(&digits, UINT16_MAX, &number) && *digits == 0 &&
         wr__address_parse(copy, (uint16_t)number, out);
}

wr_status wr_wasi_listen(wr_wasi_t *wasi, const char *text, wr_error *error) {
  wr__address address;
  int type, one = 1;
  uint32_t number;
  wr__desc *desc;
  if (!parse_listener(text, &type, &address))
    return wr__wasi_fail(error, WR_BAD_ARGUMENT,
                         "%s: not a listener; write tcp://ADDRESS:PORT, udp://ADDRESS:PORT or "
                         "unix://PATH",
                         text);
  int fd = socket(address.of.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return wr__wasi_fail_errno(error, text);
  if (address.of.any.sa_family != AF_UNIX)
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, &address.of.any, address.size) != 0 ||
      (type == SOCK_STREAM && listen(fd, BACKLOG) != 0)) {
    wr_status status = wr__wasi_fail_errno(error, text);
    close(fd);
    return status;
  }
  if (wr__desc_from_host(fd, &desc) != 0)
    return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  if (type == SOCK_STREAM) desc->rights |= WR__RIGHT_SOCK_ACCEPT;
  desc->bound = true;
  if (wr__fd_insert(wasi, desc, &number) != 0)
    return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "too many descriptors");
  return WR_OK;
}
