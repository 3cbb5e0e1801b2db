/* What an embedder grants: arguments, variables, directories, stdio, clocks. Granting happens
 * before the guest runs; nothing here is called while it does. */
#include "host.h"

#include "net.h"
#include "virtual.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Arguments and variables together, as the guest can address them. */
#define MAX_STRINGS_BYTES (UINT32_C(1) << 30)
#define FIRST_PREOPEN 3

wr_status wr__wasi_fail(wr_error *error, wr_status status, const char *format, ...) {
  if (error) {
    va_list list;
    *error = (wr_error){.status = status, .offset = WR_NO_OFFSET, .func_index = WR_NO_INDEX};
    va_start(list, format);
    vsnprintf(error->message, sizeof error->message, format, list);
    va_end(list);
  }
  return status;
}

wr_status wr__wasi_fail_errno(wr_error *error, const char *what) {
  char text[128];
  const char *reason = strerror_r(errno, text, sizeof text);
  return wr__wasi_fail(error, errno == ENOENT ? WR_NOT_FOUND : WR_IO, "%s: %s", what, reason);
}

static wr_status fail_desc(wr_error *error, const char *what, int why) {
  errno = why;
  return wr__wasi_fail_errno(error, what);
}

void wr__log_denied(wr__op *op, const char *format, ...) {
  char line[512] = "denied: ";
  size_t used = strlen(line);
  va_list list;
  if (!op->wasi->log) return;
  va_start(list, format);
  vsnprintf(line + used, sizeof line - used, format, list);
  va_end(list);
  op->wasi->log(op->wasi->log_context, line);
  wr__op_called_back(op, NULL, 0);
}

wr_wasi_t *wr_wasi_new(void) {
  wr_wasi_t *wasi = calloc(1, sizeof *wasi);
  if (!wasi) return NULL;
  pthread_mutex_init(&wasi->lock, NULL);
  wasi->fd_lowest_free = FIRST_PREOPEN;
  wasi->max_fds = WR__WASI_DEFAULT_FDS;
  return wasi;
}

static void list_clear(wr__string_list *list) {
  for (uint32_t i = 0; i < list->count; i++) free(list->items[i]);
  free(list->items);
  *list = (wr__string_list){0};
}

void wr_wasi_delete(wr_wasi_t *wasi) {
  if (!wasi) return;
  if (wasi->delete_threads) wasi->delete_threads(wasi);
  if (wasi->delete_components) wasi->delete_components(wasi);
  for (uint32_t i = 0; i < wasi->fd_capacity; i++)
    if (wasi->fds[i]) wr__desc_release(wasi->fds[i]);
  free(wasi->fds);
  free(wasi->writable);
  wr__net_delete(wasi->net);
  wr__virtual_delete(wasi->added);
  list_clear(&wasi->args);
  list_clear(&wasi->env);
  pthread_mutex_destroy(&wasi->lock);
  free(wasi);
}

/* ---- strings */

/* Takes item. */
static wr_status list_add(wr__string_list *list, char *item, wr_error *error) {
  size_t size = item ? strlen(item) + 1 : 0;
  char **items = item ? realloc(list->items, (list->count + 1) * sizeof *items) : NULL;
  if (!items) {
    free(item);
    return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  }
  list->items = items;
  if (size > MAX_STRINGS_BYTES - list->size_bytes) {
    free(item);
    return wr__wasi_fail(error, WR_BAD_ARGUMENT, "arguments or variables are too long");
  }
  items[list->count++] = item;
  list->size_bytes += (uint32_t)size;
  return WR_OK;
}

wr_status wr_wasi_set_args(wr_wasi_t *wasi, const char *const args[], size_t count,
                           wr_error *error) {
  wr__string_list list = {0};
  for (size_t i = 0; i < count; i++) {
    wr_status status = list_add(&list, strdup(args[i]), error);
    if (status != WR_OK) {
      list_clear(&list);
      return status;
    }
  }
  list_clear(&wasi->args);
  wasi->args = list;
  return WR_OK;
}

wr_status wr_wasi_set_env(wr_wasi_t *wasi, const char *name, const char *value, wr_error *error) {
  size_t name_size = strlen(name);
  if (name_size == 0 || strchr(name, '='))
    return wr__wasi_fail(error, WR_BAD_ARGUMENT, "a variable's name is empty or has a '='");
  size_t size = name_size + strlen(value) + 2;
  char *item = malloc(size);
  if (!item) return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  memcpy(item, name, name_size);
  item[name_size] = '=';
  memcpy(item + name_size + 1, value, size - name_size - 1);
  for (uint32_t i = 0; i < wasi->env.count; i++) {
    char *old = wasi->env.items[i];
    if (strncmp(old, item, name_size + 1) != 0) continue;
    wasi->env.size_bytes += (uint32_t)size - (uint32_t)strlen(old) - 1;
    wasi->env.items[i] = item;
    free(old);
    return WR_OK;
  }
  return list_add(&wasi->env, item, error);
}

/* ---- directories */

static bool note_writable(wr_wasi_t *wasi, int fd) {
  struct stat st;
  wr__granted *list = realloc(wasi->writable, (wasi->writable_count + 1) * sizeof *list);
  if (!list) return false;
  wasi->writable = list;
  if (fstat(fd, &st) != 0) return false;
  list[wasi->writable_count++] = (wr__granted){st.st_dev, st.st_ino};
  return true;
}

static bool is_writable(const wr_wasi_t *wasi, const struct stat *st) {
  for (uint32_t i = 0; i < wasi->writable_count; i++)
    if (wasi->writable[i].dev == st->st_dev && wasi->writable[i].ino == st->st_ino) return true;
  return false;
}

/* Goes up from it. What cannot be seen counts as changeable. */
bool wr__wasi_may_change_directory(const wr_wasi_t *wasi, int dir_fd) {
  struct stat here, above;
  bool may = fstat(dir_fd, &here) != 0 || is_writable(wasi, &here);
  int fd = dir_fd;
  for (int depth = 0; !may && depth < (int)WR__WASI_MAX_PATH; depth++) {
    int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd != dir_fd) close(fd);
    fd = up;
    if (up < 0 || fstat(up, &above) != 0) return true;
    if (above.st_dev == here.st_dev && above.st_ino == here.st_ino) break; /* the root */
    may = is_writable(wasi, &above);
    here = above;
  }
  if (fd != dir_fd) close(fd);
  return may;
}

static wr_status preopen(wr_wasi_t *wasi, int fd, const char *guest_path, unsigned flags,
                         wr_error *error) {
  wr__desc *desc;
  uint32_t type;
  if (!wr__wasi_utf8_valid(guest_path, strlen(guest_path))) {
    close(fd);
    return wr__wasi_fail(error, WR_BAD_ARGUMENT, "a guest's path has to be UTF-8");
  }
  /* One of a type that is not known may be granted by name, but not reached from another. */
  if (wr__filesystem_of(fd, &type) == WR__FILESYSTEM_INTERFACE) {
    close(fd);
    return wr__wasi_fail(error, WR_BAD_ARGUMENT,
                         "%s: file systems of the kernel's interfaces are never granted",
                         guest_path);
  }
  int failed = wr__desc_from_host(fd, &desc);
  if (failed != 0) return fail_desc(error, guest_path, failed);
  desc->preopen_name = strdup(guest_path);
  if (flags & WR_WASI_READ_ONLY) {
    desc->read_only = true;
    desc->rights &= ~WR__RIGHTS_WRITING;
    desc->inheriting &= ~WR__RIGHTS_WRITING;
  }
  if (!desc->preopen_name || desc->kind != WR__DESC_DIRECTORY) {
    bool no_memory = !desc->preopen_name;
    wr__desc_release(desc);
    return no_memory ? wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory")
                     : wr__wasi_fail(error, WR_BAD_ARGUMENT, "%s: not a directory", guest_path);
  }
  if (!desc->read_only && !note_writable(wasi, desc->host_fd)) {
    wr__desc_release(desc);
    return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  }
  if (flags & WR_WASI_WHOLE_ROOT) wasi->whole_root = true;
  if (flags & WR_WASI_THEN_ROOT) desc->fallback_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  uint32_t number;
  if (wr__fd_insert(wasi, desc, &number) != 0)
    return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "too many descriptors");
  return WR_OK;
}

wr_status wr_wasi_preopen_dir(wr_wasi_t *wasi, const char *host_path, const char *guest_path,
                              unsigned flags, wr_error *error) {
  int fd = open(host_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return wr__wasi_fail_errno(error, host_path);
  return preopen(wasi, fd, guest_path, flags, error);
}

wr_status wr_wasi_preopen_fd(wr_wasi_t *wasi, int fd, const char *guest_path, unsigned flags,
                             wr_error *error) {
  /* Opened anew: a duplicate would share its position, and may be O_PATH. */
  int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return wr__wasi_fail_errno(error, guest_path);
  return preopen(wasi, own, guest_path, flags, error);
}

/* ---- stdio */

static wr_status check_stream(int stream, int first, int last, wr_error *error) {
  if (stream >= first && stream <= last) return WR_OK;
  return wr__wasi_fail(error, WR_BAD_ARGUMENT, "no such stdio stream: %d", stream);
}

static wr_status place_stdio(wr_wasi_t *wasi, int stream, wr__desc *desc, wr_error *error) {
  uint64_t other = stream == 0
                       ? WR__RIGHT_FD_WRITE | WR__RIGHT_FD_ALLOCATE | WR__RIGHT_FD_FILESTAT_SET_SIZE
                       : WR__RIGHT_FD_READ;
  desc->rights &= ~other;
  if (wr__fd_place(wasi, (uint32_t)stream, desc) != 0)
    return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  return WR_OK;
}

/* Takes fd. */
static wr_status place_stdio_fd(wr_wasi_t *wasi, int stream, int fd, bool shared, wr_error *error) {
  wr__desc *desc;
  int flags = fcntl(fd, F_GETFL);
  int failed = wr__desc_from_host(fd, &desc);
  if (failed != 0) return fail_desc(error, "stdio", failed);
  desc->shared = shared;
  if (flags >= 0 && flags & O_APPEND) desc->flags |= WR__FDFLAG_APPEND;
  if (desc->kind == WR__DESC_DIRECTORY) {
    /* No directory that the guest may use, and no reason not to start: reading and writing fail. */
    desc->rights &= WR__RIGHT_FD_FILESTAT_GET | WR__RIGHT_POLL_FD_READWRITE;
    desc->inheriting = 0;
  }
  return place_stdio(wasi, stream, desc, error);
}

wr_status wr_wasi_stdio_inherit(wr_wasi_t *wasi, int stream, wr_error *error) {
  return wr_wasi_stdio_fd(wasi, stream, stream, error);
}

wr_status wr_wasi_stdio_fd(wr_wasi_t *wasi, int stream, int fd, wr_error *error) {
  wr_status status = check_stream(stream, 0, 2, error);
  if (status != WR_OK) return status;
  int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (own < 0) return wr__wasi_fail_errno(error, "stdio");
  return place_stdio_fd(wasi, stream, own, true, error);
}

wr_status wr_wasi_stdio_file(wr_wasi_t *wasi, int stream, const char *path, wr_error *error) {
  wr_status status = check_stream(stream, 0, 2, error);
  if (status != WR_OK) return status;
  int flags = stream == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
  int fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd < 0) return wr__wasi_fail_errno(error, path);
  return place_stdio_fd(wasi, stream, fd, false, error);
}

/* A descriptor without a host file, which reads or writes. */
static wr__desc *new_virtual(wr__desc_kind kind) {
  wr__desc *desc = wr__desc_new(kind, -1);
  if (!desc) return NULL;
  desc->filetype = WR__FILETYPE_UNKNOWN;
  desc->rights = WR__RIGHTS_STREAM;
  return desc;
}

wr_status wr_wasi_stdout_callback(wr_wasi_t *wasi, int stream, wr_wasi_write_fn write,
                                  void *context, wr_error *error) {
  wr_status status = check_stream(stream, 1, 2, error);
  if (status != WR_OK) return status;
  wr__desc *desc = new_virtual(WR__DESC_WRITER);
  if (!desc) return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  desc->write = write;
  desc->callback_context = context;
  return place_stdio(wasi, stream, desc, error);
}

wr_status wr_wasi_stdin_callback(wr_wasi_t *wasi, wr_wasi_read_fn read, void *context,
                                 wr_error *error) {
  wr__desc *desc = new_virtual(WR__DESC_READER);
  if (!desc) return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  desc->read = read;
  desc->callback_context = context;
  return place_stdio(wasi, 0, desc, error);
}

wr_status wr_wasi_stdin_bytes(wr_wasi_t *wasi, const void *data, size_t size_bytes,
                              wr_error *error) {
  wr__desc *desc = new_virtual(WR__DESC_BYTES);
  if (desc) desc->bytes = malloc(size_bytes ? size_bytes : 1);
  if (!desc || !desc->bytes) {
    if (desc) wr__desc_release(desc);
    return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  }
  if (size_bytes > 0) memcpy(desc->bytes, data, size_bytes);
  desc->bytes_size = size_bytes;
  return place_stdio(wasi, 0, desc, error);
}

/* ---- clocks and randomness */

void wr_wasi_set_clock(wr_wasi_t *wasi, wr_wasi_clock_fn now, wr_wasi_sleep_fn sleep,
                       void *context) {
  wasi->clock_now = now;
  wasi->clock_sleep = sleep;
  wasi->clock_context = context;
}

void wr_wasi_set_max_descriptors(wr_wasi_t *wasi, uint32_t count) { wasi->max_fds = count; }

void wr_wasi_set_log(wr_wasi_t *wasi, wr_wasi_log_fn log, void *context) {
  wasi->log = log;
  wasi->log_context = context;
}

void wr_wasi_set_random(wr_wasi_t *wasi, wr_wasi_random_fn random, void *context) {
  wasi->random = random;
  wasi->random_context = context;
}
