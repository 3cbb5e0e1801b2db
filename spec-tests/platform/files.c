/* Files in folders, from the operating system. */
#include "platform/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

typedef bool (*visitor)(void *context, const char *path, bool named);

static bool visit_path(const char *path, bool named, visitor visit, void *context);

static bool visit_folder(const char *path, visitor visit, void *context) {
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, alphasort);
  if (count < 0) return false;
  bool ok = true;
  for (int i = 0; i < count; i++) {
    char inner[4096];
    if (entries[i]->d_name[0] != '.') {
      snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
      ok = ok && visit_path(inner, false, visit, context);
    }
    free(entries[i]);
  }
  free(entries);
  return ok;
}

static bool visit_path(const char *path, bool named, visitor visit, void *context) {
  struct stat info;
  if (stat(path, &info) != 0) return false;
  errno = 0;
  if (S_ISDIR(info.st_mode)) return visit_folder(path, visit, context);
  return visit(context, path, named);
}

bool files_visit(const char *path, visitor visit, void *context) {
  return visit_path(path, true, visit, context);
}
