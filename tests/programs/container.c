/* Does what its arguments say, for tests that run it in a container: exits, reads, writes, lists.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  return 1;
}

static int read_file(const char *path) {
  char line[256];
  FILE *file = fopen(path, "r");
  if (!file) return fail(path);
  while (fgets(line, sizeof line, file)) fputs(line, stdout);
  fclose(file);
  return 0;
}

static int write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (!file) return fail(path);
  fprintf(file, "%s\n", text);
  return fclose(file) == 0 ? 0 : fail(path);
}

static int list_folder(const char *path) {
  DIR *dir = opendir(path);
  const struct dirent *entry;
  if (!dir) return fail(path);
  while ((entry = readdir(dir)) != NULL) puts(entry->d_name);
  closedir(dir);
  return 0;
}

static int stat_file(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0) return fail(path);
  puts(S_ISDIR(status.st_mode) ? "folder" : "file");
  return 0;
}

/* Waits until the engine wants it to end; lingers: for longer than that. */
static int wait_for_stop(const char *path, int lingers) {
  int fd = open("/dev/wasmrun-stop", O_RDONLY);
  if (fd < 0) return fail("/dev/wasmrun-stop");
  write_file(path, "waiting");
  struct pollfd polled = {.fd = fd, .events = POLLIN};
  char byte;
  if (poll(&polled, 1, 100) != 0) return fail("told too early");
  if (poll(&polled, 1, -1) != 1) return fail("poll");
  if (read(fd, &byte, 1) != 0) return fail("not at its end");
  write_file(path, "stopping");
  while (lingers) sleep(1000);
  return 7;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "exit") == 0 && argc > 2) return atoi(argv[2]);
  if (strcmp(what, "read") == 0 && argc > 2) return read_file(argv[2]);
  if (strcmp(what, "write") == 0 && argc > 3) return write_file(argv[2], argv[3]);
  if (strcmp(what, "list") == 0 && argc > 2) return list_folder(argv[2]);
  if (strcmp(what, "stat") == 0 && argc > 2) return stat_file(argv[2]);
  if (strcmp(what, "stop") == 0 && argc > 2) return wait_for_stop(argv[2], 0);
  if (strcmp(what, "linger") == 0 && argc > 2) return wait_for_stop(argv[2], 1);
  if (strcmp(what, "wait") == 0) {
    puts("waiting");
    fflush(stdout);
    for (;;) sleep(1000);
  }
  for (int i = 0; i < argc; i++) printf("argument %s\n", argv[i]);
  const char *variable = getenv("GREETING");
  if (variable) printf("variable %s\n", variable);
  return 0;
}
