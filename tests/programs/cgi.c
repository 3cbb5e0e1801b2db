/* A CGI program that does what the path asks, for the tests of `wasmrun serve`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static long number(void) { return atol(variable("QUERY_STRING")); }

static void head(const char *fields) {
  printf("Content-Type: text/plain\r\n%s\r\n", fields);
  fflush(stdout);
}

static void show_variables(void) {
  head("");
  for (char **at = environ; *at; at++) puts(*at);
}

/* What comes goes out again, as it comes. */
static void echo(void) {
  static char buffer[16384];
  ssize_t size;
  head("X-Echo: yes\r\n");
  while ((size = read(0, buffer, sizeof buffer)) > 0)
    if (write(1, buffer, (size_t)size) != size) exit(3);
}

static void count(void) {
  static char buffer[16384];
  unsigned long long sum = 0;
  ssize_t size;
  while ((size = read(0, buffer, sizeof buffer)) > 0) sum += (unsigned long long)size;
  head("");
  printf("%llu\n", sum);
}

static void send_bytes(long size) {
  static char buffer[16384];
  memset(buffer, 'x', sizeof buffer);
  head("");
  for (; size > 0; size -= (long)sizeof buffer)
    if (write(1, buffer, size < (long)sizeof buffer ? (size_t)size : sizeof buffer) < 0) exit(3);
}

static void nap(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static void events(long events) {
  printf("Content-Type: text/event-stream\r\n\r\n");
  fflush(stdout);
  for (long i = 0; i < events; i++) {
    printf("data: %ld\n\n", i);
    fflush(stdout);
    nap(100);
  }
}

static void grow(void) {
  for (size_t i = 0;; i++) {
    char *volatile more = malloc(1 << 20);
    if (!more) abort();
    memset(more, (int)i, 1 << 20);
  }
}

static volatile int spin;

static void fail_late(void) {
  head("");
  printf("half");
  fflush(stdout);
  nap(100);
  __builtin_trap();
}

int main(void) {
  const char *path = variable("PATH_INFO");
  if (strcmp(path, "/env") == 0)
    show_variables();
  else if (strcmp(path, "/echo") == 0)
    echo();
  else if (strcmp(path, "/count") == 0)
    count();
  else if (strcmp(path, "/bytes") == 0)
    send_bytes(number());
  else if (strcmp(path, "/events") == 0)
    events(number());
  else if (strcmp(path, "/trap") == 0)
    __builtin_trap();
  else if (strcmp(path, "/trap-late") == 0)
    fail_late();
  else if (strcmp(path, "/grow") == 0)
    grow();
  else if (strcmp(path, "/exit") == 0)
    exit(7);
  else if (strcmp(path, "/loop") == 0)
    for (;;) spin++;
  else if (strcmp(path, "/nap") == 0)
    nap(number()), head(""), puts("awake");
  else if (strcmp(path, "/nothing") == 0)
    return 0;
  else if (strcmp(path, "/no-end") == 0)
    printf("Content-Type: text/plain\n");
  else if (strcmp(path, "/bad-head") == 0)
    printf("Content Type: x\n\nbody");
  else if (strcmp(path, "/split") == 0)
    printf("X: a\rSet-Cookie: b\n\nbody");
  else if (strcmp(path, "/status") == 0)
    printf("Status: 404 Gone fishing\n\nno\n");
  else if (strcmp(path, "/location") == 0)
    printf("Location: /env\n\n");
  else if (strcmp(path, "/length") == 0)
    printf("Content-Type: t/p\nContent-Length: 5\n\nhello");
  else if (strcmp(path, "/too-long") == 0)
    printf("Content-Type: t/p\nContent-Length: 5\n\nhello world");
  else if (strcmp(path, "/too-short") == 0)
    printf("Content-Type: t/p\nContent-Length: 9\n\nhello");
  else if (strcmp(path, "/unread") == 0)
    head(""), puts("not read");
  else if (strcmp(path, "/error") == 0)
    fputs("to the log\n", stderr), head(""), puts("said");
  else
    head(""), printf("%s %s?%s\n", variable("REQUEST_METHOD"), path, variable("QUERY_STRING"));
  return 0;
}
