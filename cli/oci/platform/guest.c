/* The process in a container and its kernel. */
#include "guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTINGS_LIMIT_BYTES = 1 << 20 };

/* Only the runtime outside makes sealed settings: a name in argv alone says nothing. */
static char *read_settings(int fd, size_t *size_bytes) {
  struct stat status;
  int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_WRITE) == 0) return NULL;
  if (fstat(fd, &status) != 0 || status.st_size <= 0 || status.st_size > SETTINGS_LIMIT_BYTES)
    return NULL;
  *size_bytes = (size_t)status.st_size;
  char *bytes = malloc(*size_bytes + 1);
  if (!bytes) return NULL;
  if (pread(fd, bytes, *size_bytes, 0) == (ssize_t)*size_bytes) {
    bytes[*size_bytes] = '\0';
    return bytes;
  }
  free(bytes);
  return NULL;
}

char *wr__oci_guest_settings(const char *number, const char *magic, size_t magic_size,
                             size_t *size_bytes) {
  char *end;
  long fd = strtol(number, &end, 10);
  if (end == number || *end != '\0' || fd < 3 || fd > 1 << 20) return NULL;
  char *bytes = read_settings((int)fd + 1, size_bytes);
  if (!bytes) return NULL;
  if (*size_bytes > magic_size && memcmp(bytes, magic, magic_size) == 0 &&
      bytes[*size_bytes - 1] == '\0') {
    close((int)fd);
    close((int)fd + 1);
    return bytes;
  }
  free(bytes);
  return NULL;
}

void wr__oci_guest_show(char **argv) {
  /* The arguments' texts lie one after the other: the first goes, the others move to its place. */
  char *end = argv[0];
  for (char **at = argv; *at; at++) {
    if (*at != end) return;
    end += strlen(end) + 1;
  }
  ptrdiff_t shift = argv[1] - argv[0];
  memmove(argv[0], argv[1], (size_t)(end - argv[1]));
  memset(end - shift, 0, (size_t)shift);
  for (char **at = argv + 1; *at; at++) *at -= shift;
  const char *slash = strrchr(argv[1], '/');
  prctl(PR_SET_NAME, slash ? slash + 1 : argv[1], 0, 0, 0);
}

/* ---- The end ----------------------------------------------------------------------------------
 */

/* A pipe whose writing end is closed when the guest is to stop, once it has asked to be told. */
static int stop_pipe[2] = {-1, -1};
static atomic_bool awaits_stop;

static void end_by(int number) {
  if (!atomic_exchange(&awaits_stop, false)) _exit(128 + number);
  close(stop_pipe[1]);
}

void wr__oci_guest_end_by_signals(void) {
  static const int numbers[] = {SIGTERM, SIGINT, SIGQUIT};
  enum { COUNT = sizeof numbers / sizeof numbers[0] };
  struct sigaction action = {.sa_handler = end_by, .sa_flags = SA_RESTART}, old;
  if (pipe2(stop_pipe, O_CLOEXEC) != 0) return;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < COUNT; i++) sigaddset(&action.sa_mask, numbers[i]);
  for (size_t i = 0; i < COUNT; i++) {
    bool is_ignored = sigaction(numbers[i], NULL, &old) != 0 || old.sa_handler == SIG_IGN;
    if (!is_ignored) sigaction(numbers[i], &action, NULL);
  }
}

int wr__oci_guest_stop_fd(void) { return stop_pipe[0]; }

void wr__oci_guest_awaits_stop(void *unused) {
  static atomic_flag asked = ATOMIC_FLAG_INIT; /* it is told once */
  (void)unused;
  if (!atomic_flag_test_and_set(&asked)) atomic_store(&awaits_stop, true);
}

extern char **environ;

char **wr__oci_guest_environment(void) { return environ; }

char *wr__oci_guest_folder(void) { return getcwd(NULL, 0); }

void wr__oci_guest_root_folders(void (*visit)(void *context, const char *path), void *context) {
  DIR *dir = opendir("/");
  const struct dirent *entry;
  while (dir && (entry = readdir(dir)) != NULL) {
    char path[512];
    struct stat status;
    snprintf(path, sizeof path, "/%s", entry->d_name);
    if (strcmp(path, "/.") != 0 && strcmp(path, "/..") != 0 && stat(path, &status) == 0 &&
        S_ISDIR(status.st_mode))
      visit(context, path);
  }
  if (dir) closedir(dir);
}
