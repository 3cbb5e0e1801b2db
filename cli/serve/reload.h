/* A new site in the place of the old: on a signal, or when a file of it changes. */
#ifndef WR__SERVE_RELOAD_H
#define WR__SERVE_RELOAD_H

#include <uv.h>

#include "../options.h"
#include "serve.h"

#define WR__MOST_WATCHED 64u

typedef struct wr__reload {
  wr__server *server;
  const wr__parsed *parsed;
  uv_work_t work;
  bool is_busy, is_wanted; /* one is made; another is to be made after it */
  bool watches;
  uv_timer_t settle; /* a file that is being written changes often */
  uv_fs_event_t events[WR__MOST_WATCHED];
  size_t event_count;
} wr__reload;

/* wr__reload_init: watches: also when a file changes. Loop 0. */
void wr__reload_init(wr__reload *reload, wr__server *server, const wr__parsed *parsed,
                     bool watches);
/* wr__reload_now: reads the options and files again, beside the loop. If something is wrong, that
 * is reported and the old site stays. */
void wr__reload_now(wr__reload *reload);

#endif
