/* Runs a command and reports what it used. A small process does the forking, because the peak
 * memory that the kernel reports for a child includes what its parent held at the fork.
 *
 * Usage: launch SECONDS STDOUT STDERR COMMAND ARGUMENT...
 * Prints: wall nanoseconds, user and system microseconds, peak resident KiB, exit status (128 + a
 * signal's number, 124 when SECONDS ran out). */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;
static volatile sig_atomic_t timed_out;

static void on_alarm(int number) {
  (void)number;
  timed_out = 1;
  kill(child, SIGKILL);
}

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int redirect(const char *path, int descriptor) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  return file < 0 || dup2(file, descriptor) < 0 ? -1 : 0;
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fputs("usage: launch SECONDS STDOUT STDERR COMMAND ARGUMENT...\n", stderr);
    return 2;
  }
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  long long start = now_ns();
  child = fork();
  if (child < 0) return 2;
  if (child == 0) {
    if (redirect(argv[2], 1) != 0 || redirect(argv[3], 2) != 0) _exit(126);
    execv(argv[4], argv + 4);
    _exit(127);
  }
  alarm((unsigned)atoi(argv[1]));
  int status;
  struct rusage used;
  if (wait4(child, &status, 0, &used) < 0) return 2;
  long long wall = now_ns() - start;
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : timed_out ? 124 : 128 + WTERMSIG(status);
  printf("%lld %lld %lld %ld %d\n", wall, used.ru_utime.tv_sec * 1000000LL + used.ru_utime.tv_usec,
         used.ru_stime.tv_sec * 1000000LL + used.ru_stime.tv_usec, used.ru_maxrss, code);
  return 0;
}
