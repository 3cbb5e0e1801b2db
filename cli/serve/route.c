/* Which route a request takes. The most exact pattern that matches is meant: more segments that are
 * named, then an exact end before a star, then a named host, then the order in which they were
 * given. */
#include <stdio.h>
#include <stdlib.h>

#include "../report.h"
#include "site.h"

const uint64_t wr__latency_bounds_us[WR__LATENCIES] = {
    500, 1000, 2000, 5000, 10000, 25000, 50000, 100000, 500000, 1000000, 10000000, UINT64_MAX};

/* ---- Patterns -----------------------------------------------------------------------------------
 */

static size_t segment_size(const char *at) { return strcspn(at, "/"); }

static bool is_param(const char *segment, size_t size) {
  return size >= 2 && segment[0] == '{' && segment[size - 1] == '}';
}

static bool is_star(const char *segment, size_t size) { return size == 1 && segment[0] == '*'; }

/* How exact a pattern is; 0: it is none. */
static uint32_t rank_of(const char *pattern) {
  uint32_t rank = 1;
  if (pattern[0] != '/') return 0;
  for (const char *at = pattern + 1;;) {
    size_t size = segment_size(at);
    bool last = at[size] == '\0';
    if (is_star(at, size)) return last ? rank : 0;
    if (memchr(at, '*', size)) return 0;
    if (is_param(at, size)) {
      if (size == 2 || size > 66) return 0;
      rank += 4;
    } else if (memchr(at, '{', size) || memchr(at, '}', size)) {
      return 0;
    } else {
      rank += 16;
    }
    if (last) return rank + 2;
    at += size + 1;
  }
}

/* Does the path match? *rest is what a star stands for, with its slash, or the end. */
static bool matches(const char *pattern, const char *path, const char **rest) {
  const char *p = pattern + 1;
  if (path[0] != '/') return is_star(p, strlen(p)) && (*rest = path);
  const char *at = path + 1;
  for (;;) {
    size_t size = segment_size(p), own = segment_size(at);
    if (is_star(p, size)) {
      *rest = at - 1;
      return true;
    }
    if (is_param(p, size) ? own == 0 : own != size || memcmp(p, at, size) != 0) return false;
    bool p_ends = p[size] == '\0', ends = at[own] == '\0';
    if (p_ends && ends) {
      *rest = at + own;
      return true;
    }
    /* "/api" is beneath "/api/ *" too: an app has a beginning. */
    if (ends && !p_ends && is_star(p + size + 1, strlen(p + size + 1))) {
      *rest = at + own;
      return true;
    }
    if (p_ends || ends) return false;
    p += size + 1;
    at += own + 1;
  }
}

void wr__route_params(const wr__route *route, const char *path,
                      void (*give)(void *context, wr__slice name, wr__slice value), void *context) {
  if (path[0] != '/') return;
  const char *p = route->pattern + 1, *at = path + 1;
  for (;;) {
    size_t size = segment_size(p), own = segment_size(at);
    if (is_star(p, size)) return;
    if (is_param(p, size)) give(context, (wr__slice){p + 1, size - 2}, (wr__slice){at, own});
    if (p[size] == '\0' || at[own] == '\0') return;
    p += size + 1;
    at += own + 1;
  }
}

/* ---- Hosts and methods
 * ---------------------------------------------------------------------------- */

static bool matches_host(const char *host, wr__slice authority) {
  size_t size = authority.size;
  const char *end = size ? memchr(authority.data, ']', size) : NULL;
  const char *from = end ? end : authority.data;
  const char *colon = size ? memchr(from, ':', size - (size_t)(from - authority.data)) : NULL;
  if (colon) size = (size_t)(colon - authority.data);
  if (size > 0 && authority.data[size - 1] == '.') size--;
  size_t wanted = strlen(host);
  if (host[0] == '*') {
    wanted--;
    return size > wanted && strncasecmp(authority.data + size - wanted, host + 1, wanted) == 0;
  }
  return size == wanted && strncasecmp(authority.data, host, size) == 0;
}

/* HEAD is answered where GET is. */
static bool lists_method(const char *methods, wr__slice method) {
  bool is_head = wr__slice_is(method, "HEAD");
  for (const char *at = methods;;) {
    size_t size = strcspn(at, "|");
    if (size == method.size && memcmp(at, method.data, size) == 0) return true;
    if (is_head && size == 3 && memcmp(at, "GET", 3) == 0) return true;
    if (at[size] == '\0') return false;
    at += size + 1;
  }
}

const wr__route *wr__site_route(const wr__site *site, const wr__head *head, const char **rest,
                                const char **allowed) {
  const wr__route *best = NULL;
  *allowed = NULL;
  for (const wr__route *route = site->routes; route; route = route->next) {
    const char *own_rest;
    if (best && route->rank <= best->rank) continue;
    if (route->host && !matches_host(route->host, head->authority)) continue;
    if (!matches(route->pattern, head->path, &own_rest)) continue;
    if (route->methods && !lists_method(route->methods, head->method)) {
      *allowed = route->methods;
      continue;
    }
    best = route;
    *rest = own_rest;
  }
  return best;
}

/* ---- Making them
 * ---------------------------------------------------------------------------------- */

static bool check_methods(const char *methods) {
  for (const char *at = methods;;) {
    size_t size = strcspn(at, "|");
    if (!wr__head_is_token((wr__slice){at, size})) return false;
    if (at[size] == '\0') return true;
    at += size + 1;
  }
}

bool wr__site_add_route(wr__site *site, const char *pattern, const char *host, const char *methods,
                        wr__app *app, const char *folder) {
  uint32_t rank = rank_of(pattern);
  if (rank == 0) {
    wr__report("'%s' is not a route; routes are like /, /users/{id}, /files/*", pattern);
    return false;
  }
  if (methods && !check_methods(methods)) {
    wr__report("'%s' is not a list of methods; lists are like GET|POST", methods);
    return false;
  }
  wr__route *route = calloc(1, sizeof *route);
  if (!route) return false;
  route->folder_fd = -1;
  route->app = app;
  route->rank = rank * 4 + (host ? host[0] == '*' ? 1 : 2 : 0);
  wr__route **last = &site->routes;
  while (*last) last = &(*last)->next;
  *last = route;
  route->pattern = strdup(pattern);
  if (host) route->host = strdup(host);
  if (methods) route->methods = strdup(methods);
  if (folder) route->folder = strdup(folder);
  return route->pattern && (!host || route->host) && (!methods || route->methods) &&
         (!folder || route->folder);
}
