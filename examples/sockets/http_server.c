/* A small HTTP server: one thread, any number of connections up to a limit, keep-alive.
 *
 *   wasmrun --net listen=127.0.0.1:8080 http_server.wasm 127.0.0.1 8080
 *   curl http://127.0.0.1:8080/
 *
 * With port 0 the system chooses one. The line that it prints tells the address. */
#define _GNU_SOURCE /* memmem */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sockets.h"

#define MAX_CONNECTIONS 256
#define MAX_REQUEST 8192

typedef struct connection {
  size_t used;
  char request[MAX_REQUEST];
} connection;

/* polled[0] is the listener; polled[i] belongs to connections[i - 1]. */
static struct pollfd polled[MAX_CONNECTIONS + 1];
static connection *connections[MAX_CONNECTIONS];
static int count;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void close_connection(int i) {
  close(polled[i + 1].fd);
  free(connections[i]);
  count--;
  connections[i] = connections[count];
  polled[i + 1] = polled[count + 1];
}

static void accept_connection(int listener) {
  int fd = sockets_accept(listener);
  if (fd < 0) return;
  connection *c = count < MAX_CONNECTIONS ? malloc(sizeof *c) : NULL;
  if (!c) {
    close(fd);
    return;
  }
  c->used = 0;
  connections[count] = c;
  polled[++count] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static int send_all(int fd, const char *data, size_t size) {
  while (size > 0) {
    ssize_t sent = write(fd, data, size);
    if (sent <= 0) return -1;
    data += sent;
    size -= (size_t)sent;
  }
  return 0;
}

/* The answers, made once. */
static char found[256], missing[256];

static void make_answer(char out[256], const char *status, const char *body) {
  snprintf(out, 256,
           "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
           "Connection: keep-alive\r\n\r\n%s",
           status, strlen(body), body);
}

static int answer(int fd, const char *request, size_t size) {
  int is_root = size >= 6 && memcmp(request, "GET / ", 6) == 0;
  const char *text = is_root ? found : missing;
  return send_all(fd, text, strlen(text));
}

/* Answers each whole request that has come. 0 while the connection lives. */
static int serve(int fd, connection *c) {
  ssize_t got = read(fd, c->request + c->used, sizeof c->request - c->used);
  if (got <= 0) return -1;
  c->used += (size_t)got;
  for (;;) {
    char *end = memmem(c->request, c->used, "\r\n\r\n", 4);
    if (!end) return c->used == sizeof c->request ? -1 : 0;
    size_t size = (size_t)(end + 4 - c->request);
    if (answer(fd, c->request, size) != 0) return -1;
    c->used -= size;
    memmove(c->request, c->request + size, c->used);
  }
}

int main(int argc, char **argv) {
  sockets_address address;
  if (argc != 3) {
    fprintf(stderr, "usage: http_server ADDRESS PORT\n");
    return 2;
  }
  if (sockets_lookup(argv[1], (uint16_t)atoi(argv[2]), &address) != 0) fail(argv[1]);
  int listener = sockets_open(address.family, SOCKETS_STREAM);
  if (listener < 0) fail("socket");
  sockets_reuse_address(listener);
  if (sockets_bind(listener, &address) != 0) fail("bind");
  if (sockets_listen(listener, 128) != 0) fail("listen");
  if (sockets_local_address(listener, &address) != 0) fail("address");
  printf("listening on %s port %d\n", argv[1], address.port);
  fflush(stdout);
  make_answer(found, "200 OK", "Hello from WebAssembly!\n");
  make_answer(missing, "404 Not Found", "There is no such page.\n");
  polled[0] = (struct pollfd){.fd = listener, .events = POLLIN};
  for (;;) {
    if (poll(polled, (nfds_t)(count + 1), -1) < 0 && errno != EINTR) fail("poll");
    for (int i = count - 1; i >= 0; i--)
      if (polled[i + 1].revents && serve(polled[i + 1].fd, connections[i]) != 0)
        close_connection(i);
    if (polled[0].revents) accept_connection(listener);
  }
}
