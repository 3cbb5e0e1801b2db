/* Lists a directory tree with sizes, sorted: opendir, stat, recursion, qsort. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, sorted; NULL at the end. */
static char **list(const char *folder) {
  DIR *dir = opendir(folder);
  if (!dir) return NULL;
  char **names = NULL;
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    names = realloc(names, (count + 2) * sizeof *names);
    names[count++] = strdup(entry->d_name);
  }
  closedir(dir);
  if (!names) return calloc(1, sizeof *names);
  names[count] = NULL;
  qsort(names, count, sizeof *names, by_name);
  return names;
}

static int show(const char *path, int depth) {
  struct stat status;
  if (stat(path, &status) != 0) {
    fprintf(stderr, "tree: %s: %s\n", path, strerror(errno));
    return 1;
  }
  const char *slash = strrchr(path, '/');
  const char *name = depth && slash ? slash + 1 : path;
  if (!S_ISDIR(status.st_mode)) {
    printf("%*s%s (%lld)\n", 2 * depth, "", name, (long long)status.st_size);
    return 0;
  }
  printf("%*s%s/\n", 2 * depth, "", name);
  char **names = list(path);
  int failures = names == NULL;
  for (char **at = names; at && *at; at++) {
    char child[512];
    snprintf(child, sizeof child, "%s/%s", path, *at);
    failures += show(child, depth + 1);
    free(*at);
  }
  free(names);
  return failures;
}

int main(int argc, char **argv) { return show(argc > 1 ? argv[1] : ".", 0) != 0; }
