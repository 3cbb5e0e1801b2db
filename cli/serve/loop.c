/* Loops: accepting, attending to exchanges, time limits, draining. One timer serves every limit: it
 * walks the lists of what waits, each few milliseconds while guests run and seldom otherwise. */
#include "loop.h"

#include <stdlib.h>
#include <time.h>

#include "client.h"
#include "guest.h"
#include "serve.h"

#define FAST_MS 4u
#define SLOW_MS 250u
#define MS_NS UINT64_C(1000000)

/* ---- Attention ---------------------------------------------------------------------------- */

void wr__loop_notify(wr__loop *loop, wr__exchange *x) {
  if (atomic_exchange(&x->is_pending, true)) return;
  wr__exchange_retain(x);
  wr__exchange *first = atomic_load(&loop->pending);
  do x->next_pending = first;
  while (!atomic_compare_exchange_weak(&loop->pending, &first, x));
  if (!first && !wr__guest_has_loop(loop->server->guests, loop)) uv_async_send(&loop->attention);
}

void wr__loop_attend(wr__loop *loop) {
  wr__exchange *x = atomic_exchange(&loop->pending, NULL);
  while (x) {
    wr__exchange *next = x->next_pending;
    atomic_store(&x->is_pending, false);
    if (x->attend) x->attend(x);
    wr__exchange_release(x);
    x = next;
  }
}

void wr__loop_begin(wr__loop *loop, wr__exchange *x) {
  x->next_running = loop->running;
  if (loop->running) loop->running->previous_running = x;
  loop->running = x;
  loop->running_count++;
  x->is_running = true;
  wr__exchange_retain(x);
}

void wr__loop_finish(wr__loop *loop, wr__exchange *x) {
  if (!x->is_running) return;
  x->is_running = false;
  if (x->previous_running)
    x->previous_running->next_running = x->next_running;
  else
    loop->running = x->next_running;
  if (x->next_running) x->next_running->previous_running = x->previous_running;
  x->previous_running = x->next_running = NULL;
  loop->running_count--;
  wr__exchange_release(x);
}

const char *wr__loop_date(wr__loop *loop) {
  uint64_t second = uv_now(&loop->uv) / 1000 + 1;
  if (second != loop->date_second) {
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(loop->date, sizeof loop->date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    loop->date_second = second;
  }
  return loop->date;
}

/* ---- Time ----------------------------------------------------------------------------------- */

static void set_pace(wr__loop *loop) {
  bool fast = loop->running_count > 0;
  bool idle = !fast && loop->client_count == 0 && !loop->draining;
  bool active = uv_is_active((uv_handle_t *)&loop->timer) != 0;
  if (idle) {
    if (active) uv_timer_stop(&loop->timer);
  } else if (!active || fast != loop->is_fast) {
    loop->is_fast = fast;
    uint64_t pace = fast ? FAST_MS : SLOW_MS;
    uv_timer_start(&loop->timer, loop->timer.timer_cb, pace, pace);
  }
}

static void tick_running(wr__loop *loop, uint64_t now) {
  wr__exchange *next;
  for (wr__exchange *x = loop->running; x; x = next) {
    next = x->next_running;
    if (x->deadline_ns && now >= x->deadline_ns) wr__exchange_expire(x);
    if (next) wr__exchange_retain(next);
    wr__exchange_flush(x, now - FAST_MS * MS_NS / 2);
    if (next && !next->is_running) {
      wr__exchange_release(next);
      break; /* the list changed; the next tick sees the rest */
    }
    if (next) wr__exchange_release(next);
  }
}

static void tick_clients(wr__loop *loop, uint64_t now) {
  struct wr__client *next;
  for (struct wr__client *client = loop->clients; client; client = next) {
    next = client->next;
    wr__client_tick(client, now);
  }
}

static void close_handle(uv_handle_t *handle, void *context) {
  (void)context;
  if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

static void begin_drain(wr__loop *loop) {
  if (loop->draining) return;
  loop->draining = true;
  loop->drain_deadline_ns = wr__now_ns() + loop->server->settings.drain_ns;
  for (size_t i = 0; i < loop->listener_count; i++)
    uv_close((uv_handle_t *)&loop->listeners[i].handle, NULL);
  struct wr__client *next;
  for (struct wr__client *client = loop->clients; client; client = next) {
    next = client->next;
    wr__client_drain(client);
  }
}

static void end_drain(wr__loop *loop, uint64_t now) {
  if (loop->client_count > 0 && now >= loop->drain_deadline_ns) {
    struct wr__client *next;
    for (struct wr__client *client = loop->clients; client; client = next) {
      next = client->next;
      wr__client_close(client);
    }
  }
  /* A guest that nobody waits for may still be about to say that it ended. */
  bool quiet = loop->client_count == 0 && loop->running_count == 0;
  if (quiet && wr__guests_busy(loop->server->guests) == 0) loop->is_over = true;
}

static void on_timer(uv_timer_t *timer) {
  wr__loop *loop = timer->data;
  uint64_t now = wr__now_ns();
  tick_running(loop, now);
  if (!loop->is_fast || now - loop->clients_seen_ns > SLOW_MS * MS_NS) {
    loop->clients_seen_ns = now;
    tick_clients(loop, now);
  }
  if (loop->draining) end_drain(loop, now);
}

static void on_attention(uv_async_t *async) {
  wr__loop *loop = async->data;
  if (loop->drain) begin_drain(loop);
}

static void on_prepare(uv_prepare_t *prepare) { set_pace(prepare->data); }

/* ---- Listening ------------------------------------------------------------------------------ */

static void on_connection(uv_stream_t *stream, int status) {
  wr__listener *listener = stream->data;
  if (status == 0) wr__client_accept(listener);
}

bool wr__loop_listen(wr__loop *loop, int fd, bool is_local, bool is_metrics, uint16_t port) {
  /* Handles are in libuv's lists: they do not move. */
  if (loop->listener_count == WR__MOST_LISTENERS) return false;
  if (!loop->listeners) loop->listeners = calloc(WR__MOST_LISTENERS, sizeof *loop->listeners);
  if (!loop->listeners) return false;
  wr__listener *listener = &loop->listeners[loop->listener_count++];
  *listener =
      (wr__listener){.loop = loop, .is_local = is_local, .is_metrics = is_metrics, .port = port};
  int error = is_local ? uv_pipe_init(&loop->uv, &listener->handle.pipe, 0)
                       : uv_tcp_init(&loop->uv, &listener->handle.tcp);
  listener->handle.stream.data = listener;
  if (!error)
    error = is_local ? uv_pipe_open(&listener->handle.pipe, fd)
                     : uv_tcp_open(&listener->handle.tcp, fd);
  return !error && uv_listen(&listener->handle.stream, 1024, on_connection) == 0;
}

bool wr__loop_init(wr__loop *loop, struct wr__server *server) {
  static uv_prepare_t prepares[WR__MOST_LOOPS];
  uv_prepare_t *prepare = &prepares[loop - server->loops];
  loop->server = server;
  if (uv_loop_init(&loop->uv)) return false;
  loop->attention.data = loop->timer.data = prepare->data = loop;
  bool good = uv_async_init(&loop->uv, &loop->attention, on_attention) == 0 &&
              uv_timer_init(&loop->uv, &loop->timer) == 0 &&
              uv_prepare_init(&loop->uv, prepare) == 0 &&
              uv_prepare_start(prepare, on_prepare) == 0;
  loop->timer.timer_cb = on_timer;
  return good;
}

bool wr__loop_turn(wr__loop *loop) {
  bool busy = atomic_load(&loop->pending) != NULL;
  uv_run(&loop->uv, busy ? UV_RUN_NOWAIT : UV_RUN_ONCE);
  return !loop->is_over;
}

void wr__loop_wake(wr__loop *loop) { uv_async_send(&loop->attention); }

void wr__loop_close(wr__loop *loop) {
  uv_walk(&loop->uv, close_handle, NULL);
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  uv_loop_close(&loop->uv);
  free(loop->listeners);
}
