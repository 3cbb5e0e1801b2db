/* A small HTTP server: one thread, many connections, keep-alive, bodies, timeouts.
 *
 *   wasmrun --net listen=127.0.0.1:8080 http_server.wasm 127.0.0.1 8080
 *   curl http://127.0.0.1:8080/
 *   curl --data-binary @FILE http://127.0.0.1:8080/echo
 *
 * usage: http_server [ADDRESS [PORT [SECONDS]]]: 0.0.0.0, 8080, and the 10 seconds that a client
 * may take for each of a request's head, its body, and the receipt of the answer. With port 0 the
 * system chooses one; the line that it prints tells which.
 *
 * In a container it ends when it is told to: it stops listening, answers what it has begun to read,
 * and exits (docs/containers.md, "Stopping"). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http_request.h"
#include "sockets.h"

enum { MAX_CONNECTIONS = 256, MAX_HEAD = 8192, MAX_BODY = 1 << 20, LINGER_MS = 1000 };

typedef enum phase { HEAD, BODY, ANSWER, LINGER } phase;

typedef struct connection {
  phase phase;
  int ends;            /* after this answer */
  int64_t deadline_ms; /* of the phase; idle ones too */
  http_request request;
  size_t used; /* bytes in `in` */
  char *body;  /* of /echo; NULL: not kept */
  size_t body_size;
  const char *out[3]; /* what is still to be sent: an interim answer, a head, a body */
  size_t out_size[3];
  char head[256];
  char in[MAX_HEAD];
} connection;

/* polled[0] is the listener, polled[1] tells when to stop; polled[i + 2] is connections[i]. */
static struct pollfd polled[MAX_CONNECTIONS + 2];
static connection *connections[MAX_CONNECTIONS];
static int count;
static int listener, stopping;
static int64_t patience_ms = 10000;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Connections ---------------------------------------------------------------------------- */

static void enter(connection *c, phase phase, int64_t within_ms) {
  c->phase = phase;
  c->deadline_ms = now_ms() + within_ms;
}

static void close_connection(int i) {
  close(polled[i + 2].fd);
  free(connections[i]->body);
  free(connections[i]);
  count--;
  connections[i] = connections[count];
  polled[i + 2] = polled[count + 2];
}

static void set_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags >= 0) fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void accept_connection(void) {
  int fd = sockets_accept(listener);
  if (fd < 0) return;
  connection *c = calloc(1, sizeof *c);
  if (!c) {
    close(fd);
    return;
  }
  set_nonblocking(fd);
  enter(c, HEAD, patience_ms);
  connections[count] = c;
  polled[2 + count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* ---- Answers -------------------------------------------------------------------------------- */

static const char *reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

/* body, of size bytes, lives until it is sent. */
static void answer(connection *c, int status, const char *body, size_t size) {
  int is_head = strcmp(c->request.method, "HEAD") == 0;
  if (stopping || status == 408 || !c->request.keep_alive) c->ends = 1;
  int length =
      snprintf(c->head, sizeof c->head,
               "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
               "%sConnection: %s\r\n\r\n",
               status, reason_of(status), size, status == 405 ? "Allow: GET, HEAD\r\n" : "",
               c->ends ? "close" : "keep-alive");
  c->out[1] = c->head;
  c->out_size[1] = (size_t)length;
  c->out[2] = body;
  c->out_size[2] = is_head ? 0 : size;
  enter(c, ANSWER, patience_ms);
}

static void answer_text(connection *c, int status, const char *text) {
  answer(c, status, text, strlen(text));
}

/* After what cannot be understood nothing else can. */
static void answer_fault(connection *c, int status) {
  c->ends = 1;
  c->request.method[0] = '\0';
  answer_text(c, status, status == 413 ? "A body has at most 1 MiB.\n" : "No.\n");
}

static int is_echo(const connection *c) {
  return strcmp(c->request.path, "/echo") == 0 && strcmp(c->request.method, "POST") == 0;
}

static void answer_request(connection *c) {
  const char *method = c->request.method;
  int reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
  if (is_echo(c)) {
    answer(c, 200, c->body, c->body_size);
  } else if (strcmp(c->request.path, "/") != 0) {
    answer_text(c, 404, "There is no such page.\n");
  } else if (!reads) {
    answer_text(c, 405, "This page can only be read.\n");
  } else {
    answer_text(c, 200, "Hello from WebAssembly!\n");
  }
}

/* ---- Requests ------------------------------------------------------------------------------- */

static void take(connection *c, size_t size) {
  c->used -= size;
  memmove(c->in, c->in + size, c->used);
}

static void take_head(connection *c) {
  int size = http_head_parse(c->in, c->used, &c->request);
  if (size == 0 && c->used == sizeof c->in) size = -431;
  if (size < 0) answer_fault(c, -size);
  if (size <= 0) return;
  take(c, (size_t)size);
  enter(c, BODY, patience_ms);
  const http_body *body = &c->request.body;
  if (!c->request.wants_continue || body->state == BODY_DONE || body->total > MAX_BODY) return;
  c->out[0] = "HTTP/1.1 100 Continue\r\n\r\n";
  c->out_size[0] = strlen(c->out[0]);
}

/* 0 where there is no memory. */
static int keep(connection *c, const char *data, size_t size) {
  if (!is_echo(c) || size == 0) return 1;
  char *larger = realloc(c->body, c->body_size + size);
  if (!larger) return 0;
  memcpy(larger + c->body_size, data, size);
  c->body = larger;
  c->body_size += size;
  return 1;
}

static void take_body(connection *c) {
  http_body *body = &c->request.body;
  size_t at = 0;
  while (body->state != BODY_DONE && at < c->used) {
    const char *data = NULL;
    size_t size = 0;
    long taken = http_body_feed(body, c->in + at, c->used - at, MAX_BODY, &data, &size);
    if (taken < 0 || !keep(c, data, size)) {
      answer_fault(c, taken < 0 ? (int)-taken : 500);
      return;
    }
    at += (size_t)taken;
  }
  take(c, at);
  if (body->state == BODY_DONE) {
    answer_request(c);
  } else if (body->total > MAX_BODY) {
    answer_fault(c, 413);
  }
}

/* What has come, as far as it goes: an answer has to be sent before the next request is looked at.
 */
static void take_input(connection *c) {
  if (c->phase == HEAD && c->used > 0) take_head(c);
  if (c->phase == BODY) take_body(c);
}

/* 0 while the connection lives. */
static int receive(int fd, connection *c) {
  if (c->phase == LINGER) c->used = 0;
  if (c->used == sizeof c->in) return 0;
  ssize_t got = read(fd, c->in + c->used, sizeof c->in - c->used);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
  if (got == 0) return -1;
  c->used += (size_t)got;
  return 0;
}

/* The answer is sent: the next request, or the end. */
static int finish_answer(int fd, connection *c) {
  free(c->body);
  c->body = NULL;
  c->body_size = 0;
  if (!c->ends) {
    enter(c, HEAD, patience_ms);
    return 0;
  }
  /* What the client still sends is read for a moment: closing at once would reset the connection,
   * and the answer be lost. */
  shutdown(fd, SHUT_WR);
  enter(c, LINGER, LINGER_MS);
  return 0;
}

static int send_output(int fd, connection *c) {
  for (int i = 0; i < 3; i++) {
    while (c->out_size[i] > 0) {
      ssize_t sent = write(fd, c->out[i], c->out_size[i]);
      if (sent < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
      c->out[i] += sent;
      c->out_size[i] -= (size_t)sent;
    }
  }
  return c->phase == ANSWER ? finish_answer(fd, c) : 0;
}

static int has_output(const connection *c) {
  return c->out_size[0] + c->out_size[1] + c->out_size[2] > 0 || c->phase == ANSWER;
}

/* Takes, answers and sends for as long as that goes on without waiting. */
static int serve(int fd, connection *c) {
  size_t before;
  do {
    before = c->used;
    take_input(c);
    if (has_output(c) && send_output(fd, c) != 0) return -1;
  } while (c->phase == HEAD && c->used > 0 && c->used != before);
  return 0;
}

/* Whose time is over: a client that began a request is told. 0 while the connection lives. */
static int expire(int fd, connection *c) {
  if (c->phase == ANSWER || c->phase == LINGER) return -1;
  if (c->phase == HEAD && c->used == 0) return -1;
  answer_fault(c, 408);
  return send_output(fd, c);
}

static int turn(int i, int64_t now) {
  int fd = polled[i + 2].fd, ready = polled[i + 2].revents;
  connection *c = connections[i];
  if (ready & (POLLERR | POLLNVAL)) return -1;
  if (ready & (POLLIN | POLLHUP) && receive(fd, c) != 0) return -1;
  if (ready && c->phase != LINGER && serve(fd, c) != 0) return -1;
  if (now >= c->deadline_ms) return expire(fd, c);
  return stopping && c->phase == HEAD && c->used == 0 ? -1 : 0;
}

/* ---- The loop ------------------------------------------------------------------------------- */

static void wait_for_work(void) {
  int64_t next = INT64_MAX;
  for (int i = 0; i < count; i++) {
    const connection *c = connections[i];
    int reads = c->phase == LINGER || (c->phase != ANSWER && c->used < sizeof c->in);
    polled[i + 2].events = (short)((reads ? POLLIN : 0) | (has_output(c) ? POLLOUT : 0));
    if (c->deadline_ms < next) next = c->deadline_ms;
  }
  /* With all places taken, who comes next waits in the listener's queue until one is free. */
  polled[0].fd = count < MAX_CONNECTIONS ? listener : -1;
  int64_t wait = next == INT64_MAX ? -1 : next - now_ms();
  if (next != INT64_MAX && wait < 0) wait = 0;
  if (poll(polled, (nfds_t)count + 2, (int)wait) < 0 && errno != EINTR) fail("poll");
}

static void stop(void) {
  stopping = 1;
  close(listener);
  listener = polled[1].fd = -1; /* which poll passes over */
  puts("stopping");
  fflush(stdout);
}

static void listen_at(const char *host, const char *port) {
  sockets_address address;
  if (sockets_lookup(host, (uint16_t)atoi(port), &address) != 0) fail(host);
  listener = sockets_open(address.family, SOCKETS_STREAM);
  if (listener < 0) fail("socket");
  sockets_reuse_address(listener);
  if (sockets_bind(listener, &address) != 0) fail("bind");
  if (sockets_listen(listener, 128) != 0) fail("listen");
  if (sockets_local_address(listener, &address) != 0) fail("address");
  set_nonblocking(listener);
  printf("listening on %s port %d\n", host, address.port);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc > 4) {
    fprintf(stderr, "usage: http_server [ADDRESS [PORT [SECONDS]]]\n");
    return 2;
  }
  if (argc > 3 && atoi(argv[3]) > 0) patience_ms = 1000 * (int64_t)atoi(argv[3]);
  /* Outside containers there is no such file, and signals end the program at once. */
  int told = open("/dev/wasmrun-stop", O_RDONLY);
  listen_at(argc > 1 ? argv[1] : "0.0.0.0", argc > 2 ? argv[2] : "8080");
  polled[0].events = POLLIN;
  polled[1] = (struct pollfd){.fd = told, .events = POLLIN};
  while (!stopping || count > 0) {
    wait_for_work();
    int64_t now = now_ms();
    if (!stopping && polled[1].revents) stop();
    for (int i = count - 1; i >= 0; i--)
      if (turn(i, now) != 0) close_connection(i);
    if (!stopping && polled[0].fd >= 0 && polled[0].revents) accept_connection();
  }
  return 0;
}
