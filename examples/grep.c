/* Finds a text in files or standard input: buffers, string search, exit status. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int search(FILE *file, const char *name, const char *wanted) {
  char *line = NULL;
  size_t capacity = 0;
  int found = 0;
  for (long number = 1; getline(&line, &capacity, file) >= 0; number++) {
    if (!strstr(line, wanted)) continue;
    found++;
    printf("%s:%ld:%s", name, number, line);
    if (!strchr(line, '\n')) putchar('\n');
  }
  free(line);
  return found;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fputs("usage: grep TEXT [FILE...]\n", stderr);
    return 2;
  }
  int found = 0, failures = 0;
  if (argc == 2) found = search(stdin, "-", argv[1]);
  for (int i = 2; i < argc; i++) {
    FILE *file = fopen(argv[i], "r");
    if (!file) {
      fprintf(stderr, "grep: %s: %s\n", argv[i], strerror(errno));
      failures++;
      continue;
    }
    found += search(file, argv[i], argv[1]);
    fclose(file);
  }
  return failures ? 2 : found ? 0 : 1;
}
