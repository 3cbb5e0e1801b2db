/* The new site is made whole on another thread, then it takes the place of the old in one step.
 * Requests keep the site that they began with, so none is lost. */
#include "reload.h"

#include <stdio.h>
#include <stdlib.h>

#include "../report.h"
#include "plan.h"

/* A file was quiet for so long before it is read. */
#define SETTLE_MS 150u

static void make(uv_work_t *work) {
  wr__reload *reload = work->data;
  wr__server *server = reload->server;
  wr__plan plan;
  if (wr__plan_read(reload->parsed, &plan) &&
      wr__site_load(plan.site, reload->parsed, server->engine)) {
    pthread_mutex_lock(&server->site_lock);
    wr__site *old = server->site;
    server->site = plan.site;
    wr__site_retain(plan.site);
    pthread_mutex_unlock(&server->site_lock);
    wr__site_release(old);
    wr__report("serve: reloaded");
  } else {
    wr__report("serve: not reloaded; what was served is served on");
  }
  wr__plan_free(&plan);
}

static void made(uv_work_t *work, int status) {
  wr__reload *reload = work->data;
  (void)status;
  reload->is_busy = false;
  if (reload->is_wanted) wr__reload_now(reload);
}

void wr__reload_now(wr__reload *reload) {
  reload->is_wanted = reload->is_busy;
  if (reload->is_busy || !reload->server->ready) return;
  reload->work.data = reload;
  reload->is_busy = uv_queue_work(&reload->server->loops[0].uv, &reload->work, make, made) == 0;
}

static void on_settled(uv_timer_t *timer) { wr__reload_now(timer->data); }

static void on_event(uv_fs_event_t *event, const char *name, int events, int status) {
  wr__reload *reload = event->data;
  (void)name;
  (void)events;
  if (status == 0) uv_timer_start(&reload->settle, on_settled, SETTLE_MS, 0);
}

/* The folder is watched: files are often replaced by others of their names. */
static void watch_file(wr__reload *reload, const char *path) {
  char folder[4096];
  const char *slash = strrchr(path, '/');
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
  for (size_t i = 0; i < reload->event_count; i++) {
    char known[4096];
    size_t size = sizeof known;
    if (uv_fs_event_getpath(&reload->events[i], known, &size) == 0 && strcmp(known, folder) == 0)
      return;
  }
  if (reload->event_count == WR__MOST_WATCHED) return;
  uv_fs_event_t *event = &reload->events[reload->event_count++];
  event->data = reload;
  uv_fs_event_init(&reload->server->loops[0].uv, event);
  uv_unref((uv_handle_t *)event);
  if (uv_fs_event_start(event, on_event, folder, 0)) wr__report("--watch: cannot watch %s", folder);
}

void wr__reload_init(wr__reload *reload, wr__server *server, const wr__parsed *parsed,
                     bool watches) {
  *reload = (wr__reload){.server = server, .parsed = parsed, .watches = watches};
  uv_timer_init(&server->loops[0].uv, &reload->settle);
  reload->settle.data = reload;
  if (!watches) return;
  const char *file = wr__option_last(parsed, WR__OPTION_CONFIG);
  if (file) watch_file(reload, file);
  for (const wr__app *app = server->site->apps; app; app = app->next) watch_file(reload, app->path);
}
