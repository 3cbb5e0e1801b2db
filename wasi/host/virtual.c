/* Files that a directory has for the guest without having them on the host: those that the embedder
 * adds by path. */
#include "virtual.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct wr__added {
  struct wr__added *next;
  int fd; /* own */
  wr_wasi_open_fn opened;
  void *context;
  char path[]; /* absolute and clean */
} wr__added;

/* Appends the components of path to out[*used], each with a slash before it, without "." and with
 * ".." taken as text. False: too long. */
static bool append_path(char out[WR__WASI_MAX_PATH], size_t *used, const char *path) {
  while (*path) {
    size_t size = strcspn(path, "/");
    if (size == 2 && path[0] == '.' && path[1] == '.') {
      while (*used > 0 && out[--*used] != '/') continue;
    } else if (size > 0 && !(size == 1 && path[0] == '.')) {
      if (*used + size + 2 > WR__WASI_MAX_PATH) return false;
      out[(*used)++] = '/';
      memcpy(out + *used, path, size);
      *used += size;
    }
    path += size + (path[size] == '/');
  }
  out[*used] = '\0';
  return true;
}

wr_status wr_wasi_add_file(wr_wasi_t *wasi, const char *guest_path, int fd, wr_wasi_open_fn opened,
                           void *context, wr_error *error) {
  char path[WR__WASI_MAX_PATH];
  size_t used = 0;
  if (guest_path[0] != '/' || !append_path(path, &used, guest_path) || used == 0)
    return wr__wasi_fail(error, WR_BAD_ARGUMENT, "%s: not an absolute path", guest_path);
  int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (own < 0) return wr__wasi_fail_errno(error, guest_path);
  wr__added *added = malloc(sizeof *added + used + 1);
  if (!added) {
    close(own);
    return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  }
  *added = (wr__added){wasi->added, own, opened, context};
  memcpy(added->path, path, used + 1);
  wasi->added = added;
  return WR_OK;
}

void wr__virtual_delete(wr__added *added) {
  while (added) {
    wr__added *next = added->next;
    close(added->fd);
    free(added);
    added = next;
  }
}

static int open_added(const wr__added *added, bool for_use, wr__desc **out) {
  int flags = fcntl(added->fd, F_GETFL);
  int own = fcntl(added->fd, F_DUPFD_CLOEXEC, 3);
  if (flags < 0 || own < 0) return wr__host_errno();
  int error = wr__desc_from_host(own, out);
  if (error != 0) return error;
  (*out)->shared = true;
  if ((flags & O_ACCMODE) == O_RDONLY) (*out)->rights &= ~WR__RIGHTS_WRITING;
  if ((flags & O_ACCMODE) == O_WRONLY) (*out)->rights &= ~WR__RIGHT_FD_READ;
  if (for_use && added->opened) added->opened(added->context);
  return 0;
}

int wr__virtual_added(const wr_wasi_t *wasi, const wr__desc *dir, const char *path, bool for_use,
                      wr__desc **out) {
  char whole[WR__WASI_MAX_PATH];
  size_t used = 0;
  if (!wasi->added || !dir->preopen_name) return ENOENT;
  /* Such a "." may mean "/" to the guest, whose C library does not tell them apart. */
  const char *name = dir->fallback_fd >= 0 ? "/" : dir->preopen_name;
  if (name[0] != '/' || !append_path(whole, &used, name) || !append_path(whole, &used, path))
    return ENOENT;
  for (const wr__added *added = wasi->added; added; added = added->next)
    if (strcmp(added->path, whole) == 0) return open_added(added, for_use, out);
  return ENOENT;
}
