/* Linux behind the commands: standard streams, terminals, names in a folder. */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../suggest.h"

static void end_by(int number) { _exit(128 + number); }

/* The first process of a PID namespace gets only those signals for which it has a handler: a
 * container's `stop` would wait in vain. What the guest wrote is written, so there is nothing to
 * finish, whatever it is doing or waiting for. */
static void end_by_signals(void) {
  static const int numbers[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
                                SIGUSR2, SIGALRM, SIGXCPU, SIGPOLL, SIGPROF};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    struct sigaction action;
    if (sigaction(numbers[i], NULL, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = end_by;
    sigaction(numbers[i], &action, NULL);
  }
}

void wr__host_prepare(void) {
  for (int fd = 0; fd <= 2; fd++) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    /* open takes the lowest free number, which is fd. Opened the wrong way round, so that reads
     * of 0 and writes of 1 and 2 fail as they would have. */
    int got = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    if (got != fd) _exit(1);
  }
  /* A guest learns by an error that nobody reads it, or that a file is as large as it may be. */
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  if (getpid() == 1) end_by_signals();
}

bool wr__host_colours(void) {
  const char *no_color = getenv("NO_COLOR");
  if (no_color && no_color[0] != '\0') return false;
  const char *term = getenv("TERM");
  if (term && strcmp(term, "dumb") == 0) return false;
  return isatty(STDERR_FILENO) != 0;
}

bool wr__host_terminal(void) { return isatty(STDERR_FILENO) != 0; }

bool wr__host_reader_is_gone(void) {
  struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
  return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLERR | POLLHUP));
}

double wr__host_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The name in the folder of path that is nearest to path's last part; "" where none is. */
static void nearest_name(const char *path, char *out, size_t out_size) {
  out[0] = '\0';
  const char *slash = strrchr(path, '/');
  const char *wanted = slash ? slash + 1 : path;
  char folder[4096] = ".";
  if (slash) {
    size_t length = slash == path ? 1 : (size_t)(slash - path);
    if (length >= sizeof folder) return;
    memcpy(folder, path, length);
    folder[length] = '\0';
  }
  DIR *dir = opendir(folder);
  if (!dir) return;
  /* One candidate at a time against the best so far; a huge folder is not worth a wait. */
  size_t best = 1000;
  const struct dirent *entry;
  for (int i = 0; i < 10000 && (entry = readdir(dir)) != NULL; i++) {
    const char *name = entry->d_name;
    size_t distance = wr__edit_distance(wanted, name);
    if (name[0] == '.' || distance >= best || !wr__suggest(wanted, &name, 1)) continue;
    best = distance;
    snprintf(out, out_size, "%s", name);
  }
  closedir(dir);
}

bool wr__host_check_file(const char *path, char *reason, size_t reason_size) {
  struct stat status;
  if (stat(path, &status) != 0) {
    int code = errno;
    char name[256] = "";
    if (code == ENOENT) nearest_name(path, name, sizeof name);
    snprintf(reason, reason_size, "%s%s%s%s", strerror(code), name[0] ? "; did you mean '" : "",
             name, name[0] ? "'?" : "");
    return false;
  }
  if (S_ISDIR(status.st_mode)) {
    snprintf(reason, reason_size, "is a directory, not a module");
    return false;
  }
  if (access(path, R_OK) != 0) {
    snprintf(reason, reason_size, "%s", strerror(errno));
    return false;
  }
  return true;
}

bool wr__host_is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool wr__host_is_beneath(const char *file, const char *directory) {
  struct stat own, top, at;
  char *path = realpath(file, NULL);
  bool found = !path || stat(path, &own) != 0 || stat(directory, &top) != 0 ||
               (own.st_nlink != 1 && !S_ISDIR(own.st_mode)) ||
               (own.st_dev == top.st_dev && own.st_ino == top.st_ino);
  while (!found && path[0] != '\0') {
    char *slash = strrchr(path, '/');
    slash[slash == path] = '\0';
    found = stat(path, &at) != 0 || (at.st_dev == top.st_dev && at.st_ino == top.st_ino);
    if (slash == path) break;
    *slash = '\0';
  }
  free(path);
  return found;
}

void wr__host_become(const char *name, char *const arguments[]) {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  char *slash = NULL;
  if (length > 0) {
    path[length] = '\0';
    slash = strrchr(path, '/');
  }
  if (!slash || (size_t)(slash + 1 - path) + strlen(name) + 1 > sizeof path) {
    errno = ENOENT;
    return;
  }
  strcpy(slash + 1, name);
  execv(path, arguments);
}
