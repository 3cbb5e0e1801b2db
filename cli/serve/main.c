/* wasmrun-serve, which `wasmrun serve` becomes: makes the server from its plan, runs the loops, and
 * answers signals: SIGTERM and SIGINT drain, SIGHUP reloads. */
#include <stdio.h>
#include <stdlib.h>

#include "../commands.h"
#include "../platform/host.h"
#include "client.h"
#include "guest.h"
#include "plan.h"
#include "platform/sockets.h"
#include "reload.h"
#include "tls.h"

/* Guests that wait for their clients hold a thread each. */
#define MOST_THREADS 1024u

extern const char wr__commit_text[];

typedef struct process {
  wr__plan plan;
  wr__server server;
  wr__reload reload;
  uv_signal_t signals[3];
} process;

/* ---- Listening ----------------------------------------------------------------------------------
 */

static bool listen_on_each(process *p, const wr__socket *first, const char *address) {
  for (unsigned i = 0; i < p->plan.settings.loops; i++) {
    wr__socket own = *first;
    char reason[128];
    /* Each loop has a queue of its own; a socket that was given, or is local, has one for all. */
    if (i > 0 && address && !first->is_local) {
      char same[300];
      wr__listen_name(first, same, sizeof same);
      if (!wr__listen_open(same, true, &own, reason, sizeof reason))
        own.fd = wr__listen_again(first->fd);
    } else if (i > 0) {
      own.fd = wr__listen_again(first->fd);
    }
    if (own.fd < 0 ||
        !wr__loop_listen(&p->server.loops[i], own.fd, own.is_local, false, own.port)) {
      wr__report("serve: cannot listen at %s", address ? address : "a given socket");
      return false;
    }
  }
  return true;
}

static void announce(const process *p, const wr__socket *socket, const char *address) {
  char name[128];
  wr__listen_name(socket, name, sizeof name);
  if (socket->is_local)
    wr__report("serving at %s", address ? address : name);
  else
    wr__report("serving at %s://%s/", p->server.tls ? "https" : "http", name);
}

static bool open_address(process *p, const char *address) {
  wr__socket socket;
  char reason[128];
  if (!wr__listen_open(address, p->plan.settings.loops > 1, &socket, reason, sizeof reason)) {
    wr__report("--addr %s: %s", address, reason);
    return false;
  }
  if (!listen_on_each(p, &socket, address)) return false;
  announce(p, &socket, address);
  return true;
}

static bool open_metrics(process *p) {
  wr__socket socket;
  char reason[128];
  if (!p->plan.metrics) return true;
  if (!wr__listen_open(p->plan.metrics, false, &socket, reason, sizeof reason)) {
    wr__report("--metrics %s: %s", p->plan.metrics, reason);
    return false;
  }
  return wr__loop_listen(&p->server.loops[0], socket.fd, socket.is_local, true, socket.port);
}

static bool open_sockets(process *p) {
  wr__socket given;
  size_t count = 0;
  for (; wr__listen_given(count, &given); count++) {
    if (!listen_on_each(p, &given, NULL)) return false;
    announce(p, &given, NULL);
  }
  for (size_t i = 0; i < p->plan.address_count; i++)
    if (!open_address(p, p->plan.addresses[i])) return false;
  if (count == 0 && p->plan.address_count == 0 && !open_address(p, "127.0.0.1:8080")) return false;
  return open_metrics(p);
}

/* ---- Signals
 * -------------------------------------------------------------------------------------- */

static void drain(wr__server *server) {
  server->ready = false;
  for (unsigned i = 0; i < server->settings.loops; i++) {
    server->loops[i].drain = true;
    uv_async_send(&server->loops[i].attention);
  }
}

static void on_signal(uv_signal_t *signal, int number) {
  process *p = signal->data;
  if (number == SIGHUP) {
    wr__log_reopen(p->server.log);
    wr__reload_now(&p->reload);
  } else if (p->server.ready) {
    wr__notify("STOPPING=1");
    drain(&p->server);
  } else { /* asked twice: at once */
    for (unsigned i = 0; i < p->server.settings.loops; i++) {
      p->server.loops[i].drain_deadline_ns = 1;
      uv_async_send(&p->server.loops[i].attention);
    }
  }
}

static void watch_signals(process *p) {
  static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
  for (int i = 0; i < 3; i++) {
    p->signals[i].data = p;
    uv_signal_init(&p->server.loops[0].uv, &p->signals[i]);
    uv_signal_start(&p->signals[i], on_signal, numbers[i]);
    uv_unref((uv_handle_t *)&p->signals[i]);
  }
}

/* ---- The whole
 * ------------------------------------------------------------------------------------ */

static bool make_server(process *p, wasm_engine_t *engine) {
  wr__server *server = &p->server;
  if (p->plan.settings.loops == 0) p->plan.settings.loops = wr__processors();
  if (p->plan.settings.loops > WR__MOST_LOOPS) p->plan.settings.loops = WR__MOST_LOOPS;
  server->settings = p->plan.settings;
  server->engine = engine;
  server->site = p->plan.site;
  wr__site_retain(server->site);
  pthread_mutex_init(&server->site_lock, NULL);
  server->loops = calloc(server->settings.loops, sizeof *server->loops);
  if (server->loops)
    server->guests = wr__guests_new(server->loops, server->settings.loops, MOST_THREADS);
  server->log = wr__log_new(p->plan.log_format, p->plan.log_file);
  if (!server->log) wr__report("--log-file %s: cannot open it", p->plan.log_file);
  if (!server->loops || !server->guests || !server->log) return false;
  if (p->plan.tls_cert) {
    server->tls = wr__tls_context_new(p->plan.tls_cert, p->plan.tls_key);
    if (!server->tls) return false;
  }
  for (unsigned i = 0; i < server->settings.loops; i++)
    if (!wr__loop_init(&server->loops[i], server)) return false;
  return open_sockets(p);
}

static int serve(process *p, const wr__parsed *parsed) {
  int status = WR__EXIT_USAGE;
  if (!wr__plan_read(parsed, &p->plan)) return status;
  wasm_engine_t *engine = wr__engine_from_options(parsed, &status);
  if (!engine) return status;
  wr__raise_file_limit();
  status = WR__EXIT_FAILED;
  if (wr__site_load(p->plan.site, parsed, engine) && make_server(p, engine)) {
    p->server.ready = true;
    wr__reload_init(&p->reload, &p->server, parsed, p->plan.watch);
    watch_signals(p);
    wr__notify("READY=1");
    if (wr__guests_serve(p->server.guests))
      status = WR__EXIT_OK;
    else
      wr__report("serve: cannot start threads");
    for (unsigned i = 0; i < p->plan.settings.loops; i++) wr__loop_close(&p->server.loops[i]);
  }
  wr__guests_delete(p->server.guests);
  wr__site_release(p->server.site);
  wr__tls_context_delete(p->server.tls);
  wr__log_delete(p->server.log);
  free(p->server.loops);
  wr__plan_free(&p->plan);
  wasm_engine_delete(engine);
  return status;
}

int main(int argc, char **argv) {
  static process p;
  wr__parsed parsed;
  char message[256];
  int status = WR__EXIT_USAGE;
  wr__commit = wr__commit_text;
  wr__host_prepare();
  wr__report_colours(wr__host_colours());
  if (argc < 2 || strcmp(argv[1], "serve") != 0) {
    wr__report("wasmrun-serve is started by `wasmrun serve`");
    return status;
  }
  if (wr__options_parse(argc, argv, &parsed, message, sizeof message))
    status = serve(&p, &parsed);
  else
    wr__report("%s", message);
  free(parsed.given);
  free(parsed.line);
  return status;
}
