/* Does what its arguments say, for tests that run it in a container: exits, reads, writes, lists.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "exit") == 0 && argc > 2) return atoi(argv[2]);
  if (strcmp(what, "read") == 0 && argc > 2) return read_file(argv[2]);
  if (strcmp(what, "write") == 0 && argc > 3) return write_file(argv[2], argv[3]);
  if (strcmp(what, "list") == 0 && argc > 2) return list_folder(argv[2]);
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
