/* Prints what it was given: arguments, variables in order, preopened directory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("argument %d: [%s]\n", i, argv[i]);
  size_t count = 0;
  while (environ && environ[count]) count++;
  qsort(environ, count, sizeof *environ, by_text);
  for (size_t i = 0; i < count; i++) printf("variable: %s\n", environ[i]);
  printf("access .: %s\n", access(".", F_OK) == 0 ? "yes" : "no");
}
