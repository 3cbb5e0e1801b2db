/* Settings by their names, and the command line. docs/serve.md lists them. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "../numbers.h"
#include "../report.h"
#include "../suggest.h"

static const wr__settings defaults = {
    .head_bytes = 32 << 10,
    .head_ns = UINT64_C(10000000000),
    .body_ns = UINT64_C(30000000000),
    .write_ns = UINT64_C(30000000000),
    .idle_ns = UINT64_C(60000000000),
    .drain_ns = UINT64_C(30000000000),
    .max_connections = 100000,
};

void wr__plan_free(wr__plan *plan) {
  for (size_t i = 0; i < plan->address_count; i++) free(plan->addresses[i]);
  free(plan->metrics);
  free(plan->tls_cert);
  free(plan->tls_key);
  free(plan->log_file);
  free(plan->folder);
  wr__site_release(plan->site);
  *plan = (wr__plan){0};
}

/* ---- Settings of the server ------------------------------------------------------------------ */

static bool set_text(char **to, const char *value) {
  free(*to);
  *to = strdup(value);
  return *to != NULL;
}

static bool set_path(const wr__plan *plan, char **to, const char *value) {
  free(*to);
  *to = wr__plan_beside(plan, value);
  return *to != NULL;
}

char *wr__plan_beside(const wr__plan *plan, const char *path) {
  if (!plan->folder || path[0] == '/') return strdup(path);
  size_t size = strlen(plan->folder) + strlen(path) + 2;
  char *joined = malloc(size);
  if (joined) snprintf(joined, size, "%s/%s", plan->folder, path);
  return joined;
}

static bool add_address(wr__plan *plan, const char *value) {
  if (plan->address_count == WR__MOST_LISTENERS / 2) {
    wr__report("addr: at most %u addresses", WR__MOST_LISTENERS / 2);
    return false;
  }
  char *copy = strdup(value);
  if (copy) plan->addresses[plan->address_count++] = copy;
  return copy != NULL;
}

static bool set_bool(bool *to, const char *name, const char *value) {
  *to = strcmp(value, "true") == 0 || value[0] == '\0';
  if (*to || strcmp(value, "false") == 0) return true;
  wr__report("%s: '%s' is neither true nor false", name, value);
  return false;
}

static bool set_log(wr__plan *plan, const char *value) {
  static const char *const words[] = {"none", "text", "json"};
  for (int i = 0; i < 3; i++) {
    if (strcmp(value, words[i]) != 0) continue;
    plan->log_format = (wr__log_format)i;
    return true;
  }
  wr__report("access-log: '%s' is not one of none, text, json", value);
  return false;
}

/* A number or a time that a setting names. */
typedef struct number {
  const char *name;
  size_t offset; /* in wr__settings */
  bool is_time;
} number;

static const number numbers[] = {
    {"header-timeout", offsetof(wr__settings, head_ns), true},
    {"body-timeout", offsetof(wr__settings, body_ns), true},
    {"write-timeout", offsetof(wr__settings, write_ns), true},
    {"idle-timeout", offsetof(wr__settings, idle_ns), true},
    {"drain", offsetof(wr__settings, drain_ns), true},
    {"max-connections", offsetof(wr__settings, max_connections), false},
    {"max-header", offsetof(wr__settings, head_bytes), false},
};

static bool set_number(wr__plan *plan, const number *n, const char *value) {
  uint64_t read;
  bool good = n->is_time ? wr__time_parse(value, &read) : wr__size_parse(value, &read) && read > 0;
  if (!good) {
    wr__report(
        "%s: '%s' is not a %s", n->name, value,
        n->is_time ? "time; times are like 500ms, 2s, 1m" : "number; numbers are like 100, 32K");
    return false;
  }
  memcpy((char *)&plan->settings + n->offset, &read, sizeof read);
  return true;
}

static bool set_loops(wr__plan *plan, const char *value) {
  char *end;
  unsigned long count = strtoul(value, &end, 10);
  if (value[0] >= '1' && value[0] <= '9' && *end == '\0' && count <= WR__MOST_LOOPS) {
    plan->settings.loops = (unsigned)count;
    return true;
  }
  wr__report("loops: '%s' is not a number from 1 to %u", value, WR__MOST_LOOPS);
  return false;
}

bool wr__plan_set(wr__plan *plan, const char *name, const char *value) {
  static const char *const names[] = {
      "addr",         "metrics",        "tls-cert",     "tls-key", "access-log",
      "log-file",     "watch",          "dev",          "loops",   "header-timeout",
      "body-timeout", "write-timeout",  "idle-timeout", "drain",   "max-connections",
      "max-header",   "keep-request-id"};
  if (strcmp(name, "addr") == 0) return add_address(plan, value);
  if (strcmp(name, "metrics") == 0) return set_text(&plan->metrics, value);
  if (strcmp(name, "tls-cert") == 0) return set_path(plan, &plan->tls_cert, value);
  if (strcmp(name, "tls-key") == 0) return set_path(plan, &plan->tls_key, value);
  if (strcmp(name, "access-log") == 0) return set_log(plan, value);
  if (strcmp(name, "log-file") == 0) return set_path(plan, &plan->log_file, value);
  if (strcmp(name, "watch") == 0) return set_bool(&plan->watch, name, value);
  if (strcmp(name, "dev") == 0) return set_bool(&plan->settings.dev, name, value);
  if (strcmp(name, "keep-request-id") == 0)
    return set_bool(&plan->settings.keep_request_id, name, value);
  if (strcmp(name, "loops") == 0) return set_loops(plan, value);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    if (strcmp(name, numbers[i].name) == 0) return set_number(plan, &numbers[i], value);
  const char *near = wr__suggest(name, names, sizeof names / sizeof names[0]);
  wr__report("unknown setting '%s'%s%s%s", name, near ? "; did you mean '" : "", near ? near : "",
             near ? "'?" : "");
  return false;
}

/* ---- The command line -------------------------------------------------------------------------
 */

/* Options that every app of the command line gets. */
static const wr__option_id of_apps[] = {
    WR__OPTION_DIR,     WR__OPTION_ENV,      WR__OPTION_NET,         WR__OPTION_MAX_MEMORY,
    WR__OPTION_TIMEOUT, WR__OPTION_MAX_BODY, WR__OPTION_CONCURRENCY, WR__OPTION_REUSE};
static const wr__option_id of_server[] = {
    WR__OPTION_ADDR,       WR__OPTION_METRICS,  WR__OPTION_TLS_CERT,    WR__OPTION_TLS_KEY,
    WR__OPTION_ACCESS_LOG, WR__OPTION_LOG_FILE, WR__OPTION_WATCH,       WR__OPTION_DEV,
    WR__OPTION_LOOPS,      WR__OPTION_DRAIN,    WR__OPTION_IDLE_TIMEOUT};

static bool is_of(wr__option_id id, const wr__option_id *list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (list[i] == id) return true;
  return false;
}

static bool set_common(wr__plan *plan, wr__app *app) {
  const wr__parsed *parsed = plan->parsed;
  for (size_t i = 0; i < parsed->given_count; i++) {
    const wr__given *given = &parsed->given[i];
    if (!is_of(given->id, of_apps, sizeof of_apps / sizeof of_apps[0])) continue;
    if (!wr__app_set(app, wr__options[given->id].long_name, given->value)) return false;
  }
  return true;
}

/* The last part of a path, without its ending. */
static void stem_of(const char *path, char *stem, size_t size) {
  const char *slash = strrchr(path, '/');
  snprintf(stem, size, "%s", slash ? slash + 1 : path);
  stem[strcspn(stem, ".")] = '\0';
}

static wr__app *add_app(wr__plan *plan, const char *path) {
  char name[128];
  stem_of(path, name, sizeof name);
  for (int i = 2; wr__site_find_app(plan->site, name) && i < 1000; i++) {
    stem_of(path, name, sizeof name - 8);
    snprintf(name + strlen(name), 8, "-%d", i);
  }
  wr__app *app = wr__site_add_app(plan->site, name, path);
  return app && set_common(plan, app) ? app : NULL;
}

/* ,option=value,... behind the module of a --route. text is changed. */
static bool set_route_options(wr__app *app, char *text, const char **host, const char **methods) {
  while (text) {
    char *next = strchr(text, ',');
    if (next) *next++ = '\0';
    char *equals = strchr(text, '=');
    if (equals) *equals++ = '\0';
    if (!equals) {
      wr__report("--route: '%s' is not of the form OPTION=VALUE", text);
      return false;
    }
    if (strcmp(text, "host") == 0)
      *host = equals;
    else if (strcmp(text, "method") == 0)
      *methods = equals;
    else if (!wr__app_set(app, text, equals))
      return false;
    text = next;
  }
  return true;
}

/* PATH=APP[,OPTION=VALUE...] */
static bool add_route(wr__plan *plan, const char *value) {
  char *copy = strdup(value);
  char *module = copy ? strchr(copy, '=') : NULL;
  const char *host = NULL, *methods = NULL;
  if (!module || module[1] == '\0') {
    wr__report("--route: '%s' is not of the form PATH=APP[,OPTION=VALUE...]", value);
    free(copy);
    return false;
  }
  *module++ = '\0';
  char *options = strchr(module, ',');
  if (options) *options++ = '\0';
  wr__app *app = add_app(plan, module);
  bool good = app && set_route_options(app, options, &host, &methods) &&
              wr__site_add_route(plan->site, copy, host, methods, app, NULL);
  free(copy);
  return good;
}

/* [PATH=]FOLDER */
static bool add_static(wr__plan *plan, const char *value) {
  const char *equals = value[0] == '/' ? strchr(value, '=') : NULL;
  char *pattern = equals ? strndup(value, (size_t)(equals - value)) : strdup("/*");
  bool good = pattern && wr__site_add_route(plan->site, pattern, NULL, NULL, NULL,
                                            equals ? equals + 1 : value);
  free(pattern);
  return good;
}

/* One app serves every path, several each their own. */
static bool add_operands(wr__plan *plan) {
  for (int i = 0; i < plan->parsed->operand_count; i++) {
    char pattern[160] = "/*";
    wr__app *app = add_app(plan, plan->parsed->operands[i]);
    if (!app) return false;
    if (plan->parsed->operand_count > 1) snprintf(pattern, sizeof pattern, "/%s/*", app->name);
    if (!wr__site_add_route(plan->site, pattern, NULL, NULL, app, NULL)) return false;
  }
  return true;
}

static bool check(wr__plan *plan) {
  if (!plan->site->routes) {
    wr__report("serve: nothing to serve: give an APP, --route, --static or --config");
    return false;
  }
  if (!plan->tls_cert != !plan->tls_key) {
    wr__report("serve: --tls-cert and --tls-key belong together");
    return false;
  }
  return true;
}

bool wr__plan_read(const wr__parsed *parsed, wr__plan *plan) {
  *plan = (wr__plan){.parsed = parsed, .settings = defaults, .log_format = WR__LOG_TEXT};
  plan->site = wr__site_new();
  if (!plan->site) return false;
  const char *file = wr__option_last(parsed, WR__OPTION_CONFIG);
  if (file && !wr__plan_file(plan, file)) return false;
  free(plan->folder);
  plan->folder = NULL; /* names on the command line begin where the user is */
  if (wr__option_last(parsed, WR__OPTION_ADDR)) {
    while (plan->address_count) free(plan->addresses[--plan->address_count]);
  }
  for (size_t i = 0; i < parsed->given_count; i++) {
    const wr__given *given = &parsed->given[i];
    const char *value = given->value ? given->value : "";
    if (given->id == WR__OPTION_ROUTE && !add_route(plan, value)) return false;
    if (given->id == WR__OPTION_STATIC && !add_static(plan, value)) return false;
    if (is_of(given->id, of_server, sizeof of_server / sizeof of_server[0]) &&
        !wr__plan_set(plan, wr__options[given->id].long_name, value))
      return false;
  }
  if (!add_operands(plan)) return false;
  return check(plan);
}
