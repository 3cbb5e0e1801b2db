/* Lines in the log about paths in a directory that is for reading only. What leads out of a
 * directory is logged where paths are resolved (path.c). */
#include "p1.h"

#include <string.h>

/* Which arguments of a path_* function are a path and its size; "from" and "to" have one each. */
static const struct row {
  const char *name;
  unsigned char first, second; /* the second is 0 if there is none */
} rows[] = {
    {"path_create_directory", 1, 0},
    {"path_filestat_get", 2, 0},
    {"path_filestat_set_times", 2, 0},
    {"path_link", 2, 5},
    {"path_open", 2, 0},
    {"path_readlink", 1, 0},
    {"path_remove_directory", 1, 0},
    {"path_rename", 1, 4},
    {"path_symlink", 3, 0},
    {"path_unlink_file", 1, 0},
};

void wr__log_denied_path(wr__call *call, const char *function, const uint64_t *args, int error) {
  char paths[2][WR__WASI_MAX_PATH] = {"", ""};
  if (error != EROFS) return;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct row *row = &rows[i];
    if (strcmp(row->name, function) != 0) continue;
    if (wr__guest_path(call, args[row->first], args[row->first + 1], paths[0]) != 0) return;
    if (row->second && wr__guest_path(call, args[row->second], args[row->second + 1], paths[1]))
      return;
    wr__log_denied(&call->op, "%s %s%s%s: the directory is given for reading only", function,
                   paths[0], row->second ? " " : "", paths[1]);
    return;
  }
}
