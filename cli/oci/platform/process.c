/* Processes: the base runtime's, this one, and one without rights. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"

bool wr__oci_is_program(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0) return false;
  errno = EACCES;
  return S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0;
}

bool wr__oci_is_self(const char *path) {
  struct stat own, other;
  return stat("/proc/self/exe", &own) == 0 && stat(path, &other) == 0 &&
         own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

char *wr__oci_own_path(void) { return realpath("/proc/self/exe", NULL); }

char *wr__oci_user_config(void) {
  const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  char *path = NULL;
  if (geteuid() == 0) return NULL;
  if (config && config[0] == '/') return strdup(config);
  if (!home || home[0] != '/' || asprintf(&path, "%s/.config", home) < 0) return NULL;
  return path;
}

const char *wr__oci_runtime_folder(void) {
  const char *users = getenv("XDG_RUNTIME_DIR");
  bool is_users = users && users[0] == '/' && (geteuid() != 0 || access("/run", W_OK) != 0);
  return is_users ? users : "/run";
}

/* ---- Other programs ----------------------------------------------------------------------------
 */

const char *wr__oci_become_as(const char *path, char **argv) {
  fflush(NULL);
  signal(SIGPIPE, SIG_DFL); /* ignored by wasmrun alone */
  signal(SIGXFSZ, SIG_DFL);
  execv(path, argv);
  return strerror(errno);
}

const char *wr__oci_become(char **argv) { return wr__oci_become_as(argv[0], argv); }

static volatile sig_atomic_t forwarded_to;

static void forward_signal(int number, siginfo_t *info, void *context) {
  (void)context;
  /* A terminal's signals reach both processes by themselves. */
  if (forwarded_to > 0 && info->si_code <= 0) kill((pid_t)forwarded_to, number);
}

static void forward_all(pid_t child) {
  static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
  struct sigaction action = {.sa_sigaction = forward_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
  forwarded_to = child;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    sigaction(numbers[i], &action, NULL);
}

static int wait_for(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 1;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The process, or -1. Not by fork: this process's pages need no copying for what replaces them. Its
 * standard output goes to `output` and its messages to /dev/null, where those are wanted. */
static pid_t start(char **argv, int output, bool quiet) {
  pid_t child = -1;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE); /* ignored by wasmrun alone */
  sigaddset(&defaults, SIGXFSZ);
  if (posix_spawnattr_init(&attributes) != 0) return -1;
  if (posix_spawn_file_actions_init(&actions) == 0) {
    int wrong = posix_spawnattr_setsigdefault(&attributes, &defaults);
    wrong |= posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    if (output >= 0) wrong |= posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (quiet)
      wrong |= posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    fflush(NULL);
    errno = wrong ? wrong : posix_spawn(&child, argv[0], &actions, &attributes, argv, environ);
    if (errno != 0) child = -1;
    if (child < 0) fprintf(stderr, "wasmrun: %s: %s\n", argv[0], strerror(errno));
    posix_spawn_file_actions_destroy(&actions);
  }
  posix_spawnattr_destroy(&attributes);
  return child;
}

int wr__oci_run(char **argv, bool forward) {
  pid_t child = start(argv, -1, false);
  if (child < 0) return 1;
  if (forward) forward_all(child);
  return wait_for(child);
}

/* Everything that comes through a pipe, NUL-terminated. */
static char *read_pipe(int fd, size_t *size_bytes) {
  size_t capacity = 4096, used = 0;
  char *text = malloc(capacity);
  while (text) {
    ssize_t got = read(fd, text + used, capacity - used - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    used += (size_t)got;
    if (used + 1 < capacity) continue;
    capacity *= 2;
    char *larger = realloc(text, capacity);
    if (!larger) free(text);
    text = larger;
  }
  if (text) text[used] = '\0';
  *size_bytes = used;
  return text;
}

int wr__oci_capture(char **argv, bool show_errors, char **out, size_t *size_bytes) {
  int ends[2];
  *out = NULL;
  *size_bytes = 0;
  if (pipe2(ends, O_CLOEXEC) != 0) return 1;
  pid_t child = start(argv, ends[1], !show_errors);
  close(ends[1]);
  if (child > 0) *out = read_pipe(ends[0], size_bytes);
  close(ends[0]);
  return child > 0 ? wait_for(child) : 1;
}

/* ---- A process without rights -------------------------------------------------------------------
 */

bool wr__oci_fork_without_rights(int (*work)(void *context), void *context, int *pid,
                                 int *pipe_fd) {
  int ends[2];
  fflush(NULL);
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  *pid = fork();
  if (*pid == 0) {
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    wr__oci_confine();
    int exit_status = work(context);
    fflush(NULL);
    _exit(exit_status);
  }
  close(ends[1]);
  *pipe_fd = ends[0];
  if (*pid > 0) return true;
  close(ends[0]);
  return false;
}

int wr__oci_join(int pid, int pipe_fd, char *text, size_t text_size) {
  size_t size_bytes;
  char *all = read_pipe(pipe_fd, &size_bytes);
  close(pipe_fd);
  snprintf(text, text_size, "%s", all ? all : "");
  free(all);
  return wait_for(pid);
}

/* ---- Descriptors
 * ---------------------------------------------------------------------------------- */

unsigned wr__oci_count_listeners(void) {
  const char *count = getenv("LISTEN_FDS");
  return count ? (unsigned)strtoul(count, NULL, 10) : 0;
}

void wr__oci_forget_listeners(void) {
  unsetenv("LISTEN_FDS");
  unsetenv("LISTEN_PID");
  unsetenv("LISTEN_FDNAMES");
}

bool wr__oci_reserve(int first, int count) {
  for (int fd = first; fd < first + count; fd++) {
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing == fd) continue;
    if (nothing < 0 || dup3(nothing, fd, O_CLOEXEC) != fd) return false;
    close(nothing);
  }
  return true;
}
