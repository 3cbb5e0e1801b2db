/* Keeps notes in a file: append, read back, rewrite aside and rename, remove. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char path[] = "notes.txt";

static int fail(const char *what) {
  fprintf(stderr, "notes: cannot %s %s: %s\n", what, path, strerror(errno));
  return 1;
}

static int add(const char *text) {
  FILE *file = fopen(path, "a");
  if (!file) return fail("open");
  fprintf(file, "%s\n", text);
  return fclose(file) == 0 ? 0 : fail("write");
}

static int list(void) {
  FILE *file = fopen(path, "r");
  if (!file) return fail("open");
  char line[256];
  for (int number = 1; fgets(line, sizeof line, file); number++) printf("%d. %s", number, line);
  fclose(file);
  return 0;
}

/* Writes every line but one beside the file, then puts it in its place. */
static int drop(int unwanted) {
  FILE *file = fopen(path, "r");
  if (!file) return fail("open");
  FILE *aside = fopen("notes.new", "w");
  if (!aside) return fail("replace");
  char line[256];
  for (int number = 1; fgets(line, sizeof line, file); number++) {
    if (number != unwanted) fputs(line, aside);
  }
  fclose(file);
  if (fclose(aside) != 0 || rename("notes.new", path) != 0) return fail("replace");
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "add") == 0) return add(argv[2]);
  if (argc == 3 && strcmp(argv[1], "drop") == 0) return drop(atoi(argv[2]));
  if (argc == 2 && strcmp(argv[1], "list") == 0) return list();
  if (argc == 2 && strcmp(argv[1], "clear") == 0) return remove(path) == 0 ? 0 : fail("remove");
  fputs("usage: notes add TEXT | drop NUMBER | list | clear\n", stderr);
  return 2;
}
