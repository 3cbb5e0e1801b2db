/* Apps and routes of site.h: making them, and their life. */
#include "site.h"

#include <stdio.h>
#include <stdlib.h>

#include "../commands.h"
#include "../grants.h"
#include "../numbers.h"
#include "../run.h"
#include "../suggest.h"
#include "component.h"
#include "platform/files.h"

#define DEFAULT_MEMORY ((uint64_t)256 << 20)
#define DEFAULT_TIMEOUT_NS UINT64_C(30000000000)
#define DEFAULT_BODY ((uint64_t)64 << 20)
#define DEFAULT_CONCURRENCY 1000u

wr__site *wr__site_new(void) {
  wr__site *site = calloc(1, sizeof *site);
  if (site) site->ref_count = 1;
  return site;
}

void wr__site_retain(wr__site *site) { site->ref_count++; }

static void free_app(wr__app *app) {
  wr__component_forget(app);
  pthread_mutex_destroy(&app->idle_lock);
  for (size_t i = 0; i < app->grant_count; i++) {
    free(app->grants[i].name);
    free(app->grants[i].value);
  }
  if (app->module) wasm_module_delete(app->module);
  wr_component_delete(app->component);
  free(app->grants);
  free(app->name);
  free(app->path);
  free(app);
}

void wr__site_release(wr__site *site) {
  if (!site || --site->ref_count > 0) return;
  for (wr__route *route = site->routes, *next; route; route = next) {
    next = route->next;
    wr__os_file_close(route->folder_fd);
    free(route->pattern);
    free(route->host);
    free(route->methods);
    free(route->folder);
    free(route);
  }
  for (wr__app *app = site->apps, *next; app; app = next) {
    next = app->next;
    free_app(app);
  }
  free(site);
}

/* ---- Apps --------------------------------------------------------------------------------------
 */

wr__app *wr__site_add_app(wr__site *site, const char *name, const char *path) {
  wr__app *app = calloc(1, sizeof *app);
  if (!app) return NULL;
  app->max_memory = DEFAULT_MEMORY;
  app->timeout_ns = DEFAULT_TIMEOUT_NS;
  app->max_body = DEFAULT_BODY;
  app->concurrency = DEFAULT_CONCURRENCY;
  app->reuse = 1;
  pthread_mutex_init(&app->idle_lock, NULL);
  app->name = strdup(name);
  app->path = strdup(path);
  app->next = site->apps;
  site->apps = app;
  return app->name && app->path ? app : NULL;
}

wr__app *wr__site_find_app(const wr__site *site, const char *name) {
  wr__app *app = site->apps;
  while (app && strcmp(app->name, name) != 0) app = app->next;
  return app;
}

static bool add_grant(wr__app *app, const char *name, const char *value) {
  wr__grant *grants = realloc(app->grants, (app->grant_count + 1) * sizeof *grants);
  if (!grants) return false;
  app->grants = grants;
  wr__grant *added = &grants[app->grant_count++];
  *added = (wr__grant){strdup(name), strdup(value)};
  return added->name && added->value;
}

static bool set_size(const wr__app *app, const char *name, const char *value, uint64_t *out) {
  if (wr__size_parse(value, out)) return true;
  wr__report("%s: %s: '%s' is not a size; sizes are like 65536, 64K, 16M", app->name, name, value);
  return false;
}

static bool set_count(const wr__app *app, const char *name, const char *value, uint64_t *out) {
  if (wr__size_parse(value, out) && *out > 0) return true;
  wr__report("%s: %s: '%s' is not a number from 1 on", app->name, name, value);
  return false;
}

bool wr__app_set(wr__app *app, const char *name, const char *value) {
  static const char *const names[] = {"dir",     "env",      "net",         "arg",  "max-memory",
                                      "timeout", "max-body", "concurrency", "reuse"};
  if (strcmp(name, "max-memory") == 0) return set_size(app, name, value, &app->max_memory);
  if (strcmp(name, "max-body") == 0) return set_size(app, name, value, &app->max_body);
  if (strcmp(name, "concurrency") == 0) return set_count(app, name, value, &app->concurrency);
  if (strcmp(name, "reuse") == 0) return set_count(app, name, value, &app->reuse);
  if (strcmp(name, "timeout") == 0) {
    if (wr__time_parse(value, &app->timeout_ns)) return true;
    wr__report("%s: timeout: '%s' is not a time; times are like 500ms, 2s, 1m", app->name, value);
    return false;
  }
  for (size_t i = 0; i < 4; i++)
    if (strcmp(name, names[i]) == 0) return add_grant(app, name, value);
  const char *near = wr__suggest(name, names, sizeof names / sizeof names[0]);
  wr__report("%s: unknown option '%s' of an app%s%s%s", app->name, name,
             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
  return false;
}

bool wr__app_enter(wr__app *app) {
  if (app->active++ < app->concurrency) return true;
  app->active--;
  app->rejected++;
  return false;
}

void wr__app_leave(wr__app *app) { app->active--; }

/* ---- Loading ------------------------------------------------------------------------------------
 */

wr_status wr__app_grant(const wr__app *app, wr_wasi_t *wasi, wr_error *error) {
  const char *args[64] = {app->name};
  size_t count = 1;
  wr_status status = WR_OK;
  for (size_t i = 0; status == WR_OK && i < app->grant_count; i++) {
    const wr__grant *g = &app->grants[i];
    if (strcmp(g->name, "dir") == 0)
      status = wr__grant_dir(wasi, g->value, error);
    else if (strcmp(g->name, "env") == 0)
      status = wr__grant_env(wasi, g->value, error);
    else if (strcmp(g->name, "net") == 0)
      status = wr__grant_net(wasi, g->value, error);
    else if (count < sizeof args / sizeof args[0])
      args[count++] = g->value;
  }
  return status == WR_OK ? wr_wasi_set_args(wasi, args, count, error) : status;
}

/* What a request would fail by is said at the start. */
static bool check_grants(const wr__app *app) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  wr_wasi_t *wasi = wr_wasi_new();
  wr_status status = wasi ? wr__app_grant(app, wasi, &error) : WR_OUT_OF_MEMORY;
  wr_wasi_delete(wasi);
  if (status != WR_OK) wr__report_error(app->name, &error);
  return status == WR_OK;
}

static bool load_component(wr__app *app, wasm_engine_t *engine) {
  wr_error error = {.offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
  if (wr_component_open(engine, app->path, &app->component, &error) != WR_OK) {
    wr__report_error(app->path, &error);
    return false;
  }
  for (size_t i = 0; i < wr_component_export_count(app->component); i++) {
    static const char handler[] = "wasi:http/incoming-handler@0.2.";
    wr_component_extern e = wr_component_export(app->component, i);
    if (e.name_size >= sizeof handler && memcmp(e.name, handler, sizeof handler - 1) == 0)
      return true;
  }
  wr__report("%s: this component does not export wasi:http/incoming-handler", app->path);
  return false;
}

static bool load_app(wr__app *app, const wr__parsed *parsed, wasm_engine_t *engine) {
  if (!wr__check_module_file(app->path) || !check_grants(app)) return false;
  /* The kind of guest is seen from the file. */
  if (wr__run_is_component(app->path)) return load_component(app, engine);
  if (app->reuse > 1) {
    wr__report("%s: a program begins anew for each request; reuse is for components", app->path);
    return false;
  }
  app->module = wr__load_to_run(parsed, engine, app->path);
  if (!app->module) return false;
  const char *refusal = wr_module_native_refusal(app->module);
  if (refusal) wr__report("%s: interpreted: %s%s", app->path, refusal, wr__refusal_hint(refusal));
  return true;
}

bool wr__site_load(wr__site *site, const wr__parsed *parsed, wasm_engine_t *engine) {
  for (wr__app *app = site->apps; app; app = app->next)
    if (!load_app(app, parsed, engine)) return false;
  for (wr__route *route = site->routes; route; route = route->next) {
    if (!route->folder) continue;
    route->folder_fd = wr__os_folder_open(route->folder);
    if (route->folder_fd >= 0) continue;
    wr__report("%s: cannot open this folder", route->folder);
    return false;
  }
  return true;
}
