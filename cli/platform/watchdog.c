/* A timer signal whose handler ends the process. The interpreter and the library poll, and end a
 * guest with a trap and its backtrace; this is for all else that takes time. */
#include "watchdog.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* A guest that polls as it should has ended by then. */
#define GUEST_GRACE_NS UINT64_C(40000000)
#define FINISH_GRACE_NS UINT64_C(200000000)

enum { LINE_SIZE = 512 };

static uint64_t start_ns, end_ns; /* end_ns 0: no limit */
static char lines[2][LINE_SIZE];  /* one that is used, one that is written */
static _Atomic int line_used;
static _Atomic int status;
static _Atomic bool is_said;

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void wr__watchdog_note_start(void) { start_ns = now_ns(); }

static void expire(int number) {
  (void)number;
  const char *line = lines[atomic_load(&line_used)];
  if (!atomic_load(&is_said) && write(STDERR_FILENO, line, strlen(line)) < 0) _exit(1);
  _exit(atomic_load(&status));
}

static bool arm(uint64_t at_ns) {
  uint64_t now = now_ns(), left = at_ns > now ? at_ns - now : 1000;
  struct itimerval timer = {
      .it_value = {(time_t)(left / 1000000000u), (suseconds_t)(left % 1000000000u / 1000u)}};
  if (left < 1000) timer.it_value.tv_usec = 1; /* 0 would be none */
  return setitimer(ITIMER_REAL, &timer, NULL) == 0;
}

static void set_line(const char *line) {
  int other = !atomic_load(&line_used);
  snprintf(lines[other], LINE_SIZE - 1, "%s", line);
  strcat(lines[other], "\n");
  atomic_store(&line_used, other);
}

bool wr__watchdog_start(uint64_t delay_ns, const char *line, int exit_status) {
  struct sigaction action = {.sa_handler = expire};
  sigset_t alarm;
  set_line(line);
  atomic_store(&status, exit_status);
  if (__builtin_add_overflow(start_ns, delay_ns, &end_ns)) end_ns = UINT64_MAX;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  return sigaction(SIGALRM, &action, NULL) == 0 && arm(end_ns) &&
         sigprocmask(SIG_UNBLOCK, &alarm, NULL) == 0;
}

uint64_t wr__watchdog_left_ns(void) {
  uint64_t now = now_ns();
  return end_ns > now ? end_ns - now : 1;
}

static uint64_t add_saturated(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? a : a + b; }

void wr__watchdog_guest(const char *line) {
  if (!end_ns) return;
  set_line(line);
  arm(add_saturated(end_ns, GUEST_GRACE_NS));
}

void wr__watchdog_finish(int exit_status) {
  if (!end_ns) return;
  atomic_store(&status, exit_status);
  atomic_store(&is_said, true);
  uint64_t moment = now_ns() + FINISH_GRACE_NS;
  arm(moment > end_ns ? moment : end_ns);
}
