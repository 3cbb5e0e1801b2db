/* A site: apps with their grants and budgets, and the routes that lead to them. It is made whole
 * from the command line or a file and never changes; a reload makes another one, and the old one
 * lives until its last request is done. */
#ifndef WR__SERVE_SITE_H
#define WR__SERVE_SITE_H

#include <pthread.h>
#include <stdatomic.h>

#include "../options.h"
#include "bytes.h"
#include "exchange.h"
#include "wasmrun.h"

/* Times of answers are counted in these classes, in microseconds; the last has no bound. */
#define WR__LATENCIES 12
extern const uint64_t wr__latency_bounds_us[WR__LATENCIES];

/* A word and its value, as an option gives it: "dir", "data::/data:ro". */
typedef struct wr__grant {
  char *name;  /* own */
  char *value; /* own */
} wr__grant;

typedef struct wr__app {
  struct wr__app *next;
  char *name;                /* own */
  char *path;                /* own: of the module */
  wasm_module_t *module;     /* a program, or NULL */
  wr_component_t *component; /* a component, or NULL */
  wr__grant *grants;         /* own: grants[grant_count]: dir, env, net, arg */
  size_t grant_count;
  uint64_t max_memory; /* bytes */
  uint64_t timeout_ns;
  uint64_t max_body;    /* bytes of a request */
  uint64_t concurrency; /* guests at once; beyond it, 503 */
  uint64_t reuse;       /* requests of one instance of a component, one after the other */
  pthread_mutex_t idle_lock;
  struct wr__component_slot *idle; /* instances that wait for a further request; under the lock */
  _Atomic uint64_t active;
  _Atomic uint64_t traps, timeouts, rejected;
} wr__app;

typedef struct wr__route {
  struct wr__route *next;
  char *pattern; /* own: "/files/{name}" or "/api/..." with a star at the end for any rest */
  char *host;    /* own: NULL: any; "*.example.com" for its subdomains */
  char *methods; /* own: "GET|POST"; NULL: any */
  wr__app *app;  /* or NULL */
  char *folder;  /* own: static files; NULL: none */
  int folder_fd; /* of it, or -1 */
  uint32_t rank; /* which of two that match is meant: the higher */
  _Atomic uint64_t statuses[6]; /* answers, by the first digit of the status */
  _Atomic uint64_t latencies[WR__LATENCIES];
  _Atomic uint64_t latency_sum_us;
  _Atomic uint64_t request_bytes, answer_bytes;
} wr__route;

typedef struct wr__site {
  _Atomic uint32_t ref_count;
  wr__app *apps;     /* own: a list */
  wr__route *routes; /* own: a list */
} wr__site;

wr__site *wr__site_new(void);
void wr__site_retain(wr__site *site);
void wr__site_release(wr__site *site);

/* wr__site_add_app: an app of that module file, with the defaults; NULL when out of memory. */
wr__app *wr__site_add_app(wr__site *site, const char *name, const char *path);
wr__app *wr__site_find_app(const wr__site *site, const char *name);
/* wr__app_set: one option of an app. False, and the reason is reported, if it is wrong. */
bool wr__app_set(wr__app *app, const char *name, const char *value);
/* wr__app_grant: gives a program its arguments and what it is granted. */
wr_status wr__app_grant(const wr__app *app, wr_wasi_t *wasi, wr_error *error);
/* wr__site_add_route: false if the pattern is wrong (and that is reported) or out of memory. */
bool wr__site_add_route(wr__site *site, const char *pattern, const char *host, const char *methods,
                        wr__app *app, const char *folder);
/* wr__site_load: opens modules and folders. False, and the reason is reported. */
bool wr__site_load(wr__site *site, const wr__parsed *parsed, wasm_engine_t *engine);

/* wr__site_route: the route of a request, and what of the path it does not name. NULL: there is
 * none; *allowed then names the methods that a route of that path has, or is NULL. */
const wr__route *wr__site_route(const wr__site *site, const wr__head *head, const char **rest,
                                const char **allowed);
/* wr__route_param: calls give for each parameter of the route with its part of the path. */
void wr__route_params(const wr__route *route, const char *path,
                      void (*give)(void *context, wr__slice name, wr__slice value), void *context);

/* wr__app_enter: a guest of it is to run: false if there are too many. wr__app_leave: it ended. */
bool wr__app_enter(wr__app *app);
void wr__app_leave(wr__app *app);

#endif
