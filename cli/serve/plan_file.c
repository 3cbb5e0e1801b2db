/* The configuration file: TOML, in which each key is one that is known. The scan of the document is
 * that of oci/toml.h; here its values are read. No library for TOML in C is in Debian 12. */
#include <stdio.h>
#include <stdlib.h>

#include "../commands.h"
#include "../oci/toml.h"
#include "plan.h"

/* [[route]] while it is read: what it names may come in any order. */
typedef struct route_entry {
  char *path, *host, *methods, *app, *folder; /* own */
  size_t line;
} route_entry;

typedef struct reading {
  wr__plan *plan;
  const char *file;
  wr__app *app; /* of the [[app]] that is read, or NULL */
  bool in_app, in_route, in_tls;
  route_entry *routes; /* own */
  size_t route_count;
  size_t inside; /* the end of a value whose parts were read with it */
  bool failed;
} reading;

static void fail(reading *r, size_t line, const char *what, const char *name) {
  if (!r->failed)
    wr__report("%s:%zu: %s%s%s%s", r->file, line, what, name ? " '" : "", name ? name : "",
               name ? "'" : "");
  r->failed = true;
}

/* ---- Values ------------------------------------------------------------------------------------
 */

static bool add_code(wr__bytes *out, unsigned long c) {
  char utf8[4];
  size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || c == 0) return false;
  for (size_t i = size; i-- > 1; c >>= 6) utf8[i] = (char)(0x80 | (c & 0x3f));
  static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
  utf8[0] = (char)(marks[size] | c);
  return wr__bytes_add(out, utf8, size);
}

static bool add_escape(wr__bytes *out, const char **at, const char *end) {
  static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\x1b\"\\";
  char c = *(*at)++;
  const char *known = strchr(from, c);
  if (known && c) return wr__bytes_add(out, &to[known - from], 1);
  size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
  char hex[9] = "";
  if (digits == 0 || (size_t)(end - *at) < digits) return false;
  memcpy(hex, *at, digits);
  *at += digits;
  return strspn(hex, "0123456789abcdefABCDEF") == digits && add_code(out, strtoul(hex, NULL, 16));
}

/* One string, number or truth value as text: own; NULL: it is none of these. *at moves behind it.
 */
static char *read_scalar(const char **at, const char *end) {
  wr__bytes out = {0};
  bool good = true;
  char quote = *at < end ? **at : '\0';
  if (quote == '"' || quote == '\'') {
    if (end - *at >= 3 && (*at)[1] == quote && (*at)[2] == quote) return NULL; /* of many lines */
    for ((*at)++; good && *at < end && **at != quote;) {
      char c = *(*at)++;
      good = c == '\\' && quote == '"' ? add_escape(&out, at, end) : wr__bytes_add(&out, &c, 1);
    }
    (*at)++;
  } else if (quote == '{' || quote == '[') {
    good = false;
  } else {
    while (good && *at < end && !strchr(", \t\r\n]#", **at)) good = wr__bytes_add(&out, (*at)++, 1);
  }
  good = good && wr__bytes_add(&out, "", 1);
  if (!good) wr__bytes_free(&out);
  return (char *)out.data;
}

typedef bool (*take_fn)(reading *r, const char *name, const char *value, size_t line);

static const char *skip_between(const char *at, const char *end) {
  while (at < end && strchr(" \t\r\n,", *at)) at++;
  if (at < end && *at == '#') {
    while (at < end && *at != '\n') at++;
    return skip_between(at, end);
  }
  return at;
}

/* A value, or each of an array. */
static void read_values(reading *r, const char *name, const wr__toml_item *item, take_fn take) {
  const char *at = item->value, *end = item->value + item->value_size;
  bool is_array = at < end && *at == '[';
  if (is_array) at = skip_between(at + 1, end);
  while (!r->failed && at < end && *at != ']') {
    char *value = read_scalar(&at, end);
    if (!value)
      fail(r, item->line, "not a text, a number or a list of them:", name);
    else if (!take(r, name, value, item->line))
      fail(r, item->line, "in", name);
    free(value);
    if (!is_array) break;
    at = skip_between(at, end);
  }
}

/* ---- Keys --------------------------------------------------------------------------------------
 */

/* HOST[::GUEST] of a directory begins in the file's folder. */
static bool set_app(reading *r, const char *name, const char *value, size_t line) {
  bool is_name = strcmp(name, "name") == 0, is_module = strcmp(name, "module") == 0;
  if (!is_name && !is_module) {
    char *path = strcmp(name, "dir") == 0 ? wr__plan_beside(r->plan, value) : strdup(value);
    bool good = path && wr__app_set(r->app, name, path);
    free(path);
    return good;
  }
  if (is_name && wr__site_find_app(r->plan->site, value)) {
    fail(r, line, "another app has the name", value);
    return false;
  }
  char **to = is_name ? &r->app->name : &r->app->path;
  free(*to);
  *to = is_name ? strdup(value) : wr__plan_beside(r->plan, value);
  return *to != NULL;
}

static bool set_route(reading *r, const char *name, const char *value, size_t line) {
  route_entry *entry = &r->routes[r->route_count - 1];
  char **to = strcmp(name, "path") == 0     ? &entry->path
              : strcmp(name, "host") == 0   ? &entry->host
              : strcmp(name, "app") == 0    ? &entry->app
              : strcmp(name, "static") == 0 ? &entry->folder
              : strcmp(name, "method") == 0 ? &entry->methods
                                            : NULL;
  if (!to) {
    fail(r, line, "unknown key of a route:", name);
    return false;
  }
  if (to == &entry->methods && *to) {
    char *joined = NULL;
    wr__bytes text = {0};
    if (wr__bytes_format(&text, "%s|%s", *to, value) && wr__bytes_add(&text, "", 1))
      joined = (char *)text.data;
    free(*to);
    *to = joined;
    return joined != NULL;
  }
  free(*to);
  *to = to == &entry->folder ? wr__plan_beside(r->plan, value) : strdup(value);
  return *to != NULL;
}

static bool set_server(reading *r, const char *name, const char *value, size_t line) {
  char full[64];
  (void)line;
  snprintf(full, sizeof full, "%s%s", r->in_tls ? "tls-" : "", name);
  return wr__plan_set(r->plan, full, value);
}

static void begin_table(reading *r, const wr__toml_item *item) {
  r->in_app = r->in_route = r->in_tls = false;
  if (item->kind == WR__TOML_TABLES && strcmp(item->path, "app") == 0) {
    r->in_app = true;
    r->app = wr__site_add_app(r->plan->site, "", "");
    if (!r->app) fail(r, item->line, "out of memory", NULL);
  } else if (item->kind == WR__TOML_TABLES && strcmp(item->path, "route") == 0) {
    route_entry *routes = realloc(r->routes, (r->route_count + 1) * sizeof *routes);
    if (!routes) {
      fail(r, item->line, "out of memory", NULL);
      return;
    }
    r->in_route = true;
    r->routes = routes;
    r->routes[r->route_count++] = (route_entry){.line = item->line};
  } else if (item->kind == WR__TOML_TABLE && strcmp(item->path, "tls") == 0) {
    r->in_tls = true;
  } else {
    fail(r, item->line, "unknown table", item->path);
  }
}

static void visit(void *context, const wr__toml_item *item) {
  reading *r = context;
  if (r->failed) return;
  if (item->kind != WR__TOML_VALUE) {
    begin_table(r, item);
    return;
  }
  size_t prefix = r->in_app ? 4 : r->in_route ? 6 : r->in_tls ? 4 : 0;
  const char *name = strlen(item->path) > prefix ? item->path + prefix : "";
  if (strchr(name, WR__TOML_SEPARATOR[0]))
    fail(r, item->line, "no such key:", name);
  else
    read_values(r, name, item, r->in_app ? set_app : r->in_route ? set_route : set_server);
}

/* ---- The whole ---------------------------------------------------------------------------------
 */

static void add_routes(reading *r) {
  wr__site *site = r->plan->site;
  for (size_t i = 0; i < r->route_count && !r->failed; i++) {
    const route_entry *entry = &r->routes[i];
    wr__app *app = entry->app ? wr__site_find_app(site, entry->app) : NULL;
    if (!entry->path)
      fail(r, entry->line, "a route needs a path", NULL);
    else if (!entry->app == !entry->folder)
      fail(r, entry->line, "a route needs an app or static", NULL);
    else if (entry->app && !app)
      fail(r, entry->line, "there is no app", entry->app);
    else if (!wr__site_add_route(site, entry->path, entry->host, entry->methods, app,
                                 entry->folder))
      fail(r, entry->line, "in this route", NULL);
  }
}

static void check_apps(reading *r) {
  for (const wr__app *app = r->plan->site->apps; app && !r->failed; app = app->next) {
    if (!app->name[0] || !app->path[0]) fail(r, 1, "each [[app]] needs name and module", NULL);
  }
}

static void free_routes(reading *r) {
  for (size_t i = 0; i < r->route_count; i++) {
    free(r->routes[i].path);
    free(r->routes[i].host);
    free(r->routes[i].methods);
    free(r->routes[i].app);
    free(r->routes[i].folder);
  }
  free(r->routes);
}

bool wr__plan_file(wr__plan *plan, const char *path) {
  char *text;
  size_t size;
  reading r = {.plan = plan, .file = path};
  if (!wr__read_file(path, &text, &size)) return false;
  const char *slash = strrchr(path, '/');
  plan->folder = slash ? strndup(path, (size_t)(slash - path) + (slash == path)) : NULL;
  size_t wrong = wr__toml_scan(text, size, visit, &r);
  if (wrong) fail(&r, wrong, "this is not TOML", NULL);
  if (!r.failed) check_apps(&r);
  if (!r.failed) add_routes(&r);
  free_routes(&r);
  free(text);
  return !r.failed;
}
