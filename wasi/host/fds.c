/* Descriptors and the table that numbers them. A number is the lowest free one, as in POSIX. */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

wr__desc *wr__desc_new(wr__desc_kind kind, int host_fd) {
  wr__desc *desc = calloc(1, sizeof *desc);
  if (!desc) {
    if (host_fd >= 0) close(host_fd);
    return NULL;
  }
  atomic_init(&desc->ref_count, 1);
  desc->kind = kind;
  desc->host_fd = host_fd;
  desc->fallback_fd = -1;
  pthread_mutex_init(&desc->position_lock, NULL);
  return desc;
}

void wr__desc_retain(wr__desc *desc) {
  atomic_fetch_add_explicit(&desc->ref_count, 1, memory_order_relaxed);
}

/* Nothing could end a close that waits: the host goes on sending by itself. */
static void stop_lingering(int fd) {
  struct linger linger;
  socklen_t size = sizeof linger;
  if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size) != 0 || linger.l_linger == 0) return;
  linger.l_onoff = 0;
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

void wr__desc_release(wr__desc *desc) {
  if (atomic_fetch_sub_explicit(&desc->ref_count, 1, memory_order_acq_rel) != 1) return;
  if (desc->lingers) stop_lingering(desc->host_fd);
  if (desc->host_fd >= 0) close(desc->host_fd);
  if (desc->fallback_fd >= 0) close(desc->fallback_fd);
  pthread_mutex_destroy(&desc->position_lock);
  free(desc->preopen_name);
  free(desc->bytes);
  free(desc);
}

static void describe_socket(wr__desc *desc) {
  int type = 0, family = 0;
  socklen_t size = sizeof type;
  getsockopt(desc->host_fd, SOL_SOCKET, SO_TYPE, &type, &size);
  size = sizeof family;
  getsockopt(desc->host_fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  desc->kind = WR__DESC_SOCKET;
  desc->filetype = type == SOCK_DGRAM ? WR__FILETYPE_SOCKET_DGRAM : WR__FILETYPE_SOCKET_STREAM;
  desc->socket_family = family;
  desc->rights = WR__RIGHTS_SOCKET;
}

/* Then a pipe that nobody reads is an error by itself, without three calls more for each write. */
static bool ignores_sigpipe(void) {
  struct sigaction action;
  return sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Another open file of the same pipe, one that never blocks: reading and writing are then a plain
 * call. The host's, which others may share, stays as it is. Without procfs nothing changes. */
static void reopen_pipe(wr__desc *desc) {
  char path[32];
  int flags = fcntl(desc->host_fd, F_GETFL);
  if (flags < 0) return;
  snprintf(path, sizeof path, "/proc/self/fd/%d", desc->host_fd);
  int own = open(path, (flags & (O_ACCMODE | O_DIRECT)) | O_NONBLOCK | O_CLOEXEC);
  if (own < 0) return;
  close(desc->host_fd);
  desc->host_fd = own;
  desc->never_blocks = true;
}

int wr__desc_from_host(int host_fd, wr__desc **out) {
  struct stat st;
  if (fstat(host_fd, &st) != 0) {
    int error = wr__host_errno();
    close(host_fd);
    return error;
  }
  wr__desc *desc = wr__desc_new(WR__DESC_FILE, host_fd);
  if (!desc) return ENOMEM;
  desc->filetype = wr__file_type(st.st_mode);
  desc->rights = WR__RIGHTS_FILE;
  if (S_ISDIR(st.st_mode)) {
    desc->kind = WR__DESC_DIRECTORY;
    desc->dev = desc->granted_dev = st.st_dev;
    desc->rights = WR__RIGHTS_DIRECTORY;
    desc->inheriting = WR__RIGHTS_DIRECTORY | WR__RIGHTS_FILE;
  } else if (S_ISSOCK(st.st_mode)) {
    describe_socket(desc);
  } else if (S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(host_fd))) {
    /* wasi-libc takes a character device that cannot seek for a terminal. */
    desc->kind = WR__DESC_STREAM;
    desc->rights = WR__RIGHTS_STREAM;
    desc->mask_sigpipe = S_ISFIFO(st.st_mode) && !ignores_sigpipe();
    if (S_ISFIFO(st.st_mode)) reopen_pipe(desc);
  }
  *out = desc;
  return 0;
}

/* Under the lock. */
static bool grow_table(wr_wasi_t *wasi, uint32_t need) {
  if (need > wasi->max_fds) return false;
  if (need <= wasi->fd_capacity) return true;
  uint32_t capacity = wasi->fd_capacity ? wasi->fd_capacity : 8;
  while (capacity < need) capacity *= 2;
  wr__desc **fds = realloc(wasi->fds, capacity * sizeof *fds);
  if (!fds) return false;
  memset(fds + wasi->fd_capacity, 0, (capacity - wasi->fd_capacity) * sizeof *fds);
  wasi->fds = fds;
  wasi->fd_capacity = capacity;
  return true;
}

int wr__fd_insert(wr_wasi_t *wasi, wr__desc *desc, uint32_t *fd) {
  pthread_mutex_lock(&wasi->lock);
  uint32_t number = wasi->fd_lowest_free;
  while (number < wasi->fd_capacity && wasi->fds[number]) number++;
  bool fits = grow_table(wasi, number + 1);
  if (fits) {
    wasi->fds[number] = desc;
    wasi->fd_lowest_free = number + 1;
  }
  pthread_mutex_unlock(&wasi->lock);
  if (!fits) {
    wr__desc_release(desc);
    return EMFILE;
  }
  *fd = number;
  return 0;
}

int wr__fd_place(wr_wasi_t *wasi, uint32_t fd, wr__desc *desc) {
  wr__desc *old = NULL;
  pthread_mutex_lock(&wasi->lock);
  bool fits = grow_table(wasi, fd + 1);
  if (fits) {
    old = wasi->fds[fd];
    wasi->fds[fd] = desc;
  }
  pthread_mutex_unlock(&wasi->lock);
  if (old) wr__desc_release(old);
  if (!fits) wr__desc_release(desc);
  return fits ? 0 : EMFILE;
}

/* Why a descriptor without these rights refuses. The specification's answer is notcapable; where
 * POSIX programs know a clearer one for what the descriptor is, they get that. */
static int refusal(const wr__desc *desc, uint64_t missing) {
  const uint64_t file_only = WR__RIGHT_FD_READ | WR__RIGHT_FD_WRITE | WR__RIGHT_FD_SEEK |
                             WR__RIGHT_FD_TELL | WR__RIGHT_FD_ALLOCATE |
                             WR__RIGHT_FD_FILESTAT_SET_SIZE;
  const uint64_t socket_only = WR__RIGHT_SOCK_ACCEPT | WR__RIGHT_SOCK_SHUTDOWN;
  if (missing & socket_only) {
    if (desc->kind == WR__DESC_SOCKET) return EINVAL;
    return ENOTSOCK;
  }
  if (desc->kind == WR__DESC_DIRECTORY) {
    if (missing & file_only) return EISDIR;
  } else if (missing & WR__RIGHTS_DIRECTORY & ~WR__RIGHTS_FILE) {
    return ENOTDIR;
  }
  if (desc->read_only && (missing & WR__RIGHTS_WRITING)) return EROFS;
  if (desc->kind != WR__DESC_FILE && (missing & (WR__RIGHT_FD_SEEK | WR__RIGHT_FD_TELL)))
    return ESPIPE;
  return WR__ENOTCAPABLE;
}

int wr__desc_check(wr_wasi_t *wasi, const wr__desc *desc, uint64_t rights) {
  pthread_mutex_lock(&wasi->lock);
  uint64_t missing = rights & ~desc->rights;
  pthread_mutex_unlock(&wasi->lock);
  return missing ? refusal(desc, missing) : 0;
}

uint32_t wr__fd_next(wr_wasi_t *wasi, uint32_t from, wr__desc **out) {
  pthread_mutex_lock(&wasi->lock);
  while (from < wasi->fd_capacity && !wasi->fds[from]) from++;
  bool found = from < wasi->fd_capacity;
  if (found) {
    *out = wasi->fds[from];
    wr__desc_retain(*out);
  }
  pthread_mutex_unlock(&wasi->lock);
  return found ? from : UINT32_MAX;
}

int wr__fd_get(wr_wasi_t *wasi, uint64_t fd, uint64_t rights, wr__desc **out) {
  uint64_t inheriting;
  return wr__fd_get_inheriting(wasi, fd, rights, out, &inheriting);
}

int wr__fd_get_inheriting(wr_wasi_t *wasi, uint64_t fd, uint64_t rights, wr__desc **out,
                          uint64_t *inheriting) {
  uint32_t number = (uint32_t)fd, error = EBADF;
  pthread_mutex_lock(&wasi->lock);
  wr__desc *desc = number < wasi->fd_capacity ? wasi->fds[number] : NULL;
  if (desc) {
    uint64_t missing = rights & ~desc->rights;
    error = missing ? refusal(desc, missing) : 0;
    *inheriting = desc->inheriting;
    if (!missing) wr__desc_retain(desc);
  }
  pthread_mutex_unlock(&wasi->lock);
  if (error == 0) *out = desc;
  return error;
}

int wr__fd_close(wr_wasi_t *wasi, uint64_t fd) {
  uint32_t number = (uint32_t)fd;
  pthread_mutex_lock(&wasi->lock);
  wr__desc *desc = number < wasi->fd_capacity ? wasi->fds[number] : NULL;
  if (desc) {
    wasi->fds[number] = NULL;
    if (number < wasi->fd_lowest_free) wasi->fd_lowest_free = number;
  }
  pthread_mutex_unlock(&wasi->lock);
  if (!desc) return EBADF;
  wr__desc_release(desc);
  return 0;
}

int wr__fd_renumber(wr_wasi_t *wasi, uint64_t from, uint64_t to) {
  uint32_t source = (uint32_t)from, target = (uint32_t)to;
  wr__desc *old = NULL;
  int error = 0;
  pthread_mutex_lock(&wasi->lock);
  if (source >= wasi->fd_capacity || target >= wasi->fd_capacity || !wasi->fds[source] ||
      !wasi->fds[target]) {
    error = EBADF;
  } else if (source != target) {
    old = wasi->fds[target];
    wasi->fds[target] = wasi->fds[source];
    wasi->fds[source] = NULL;
    if (source < wasi->fd_lowest_free) wasi->fd_lowest_free = source;
  }
  pthread_mutex_unlock(&wasi->lock);
  if (old) wr__desc_release(old);
  return error;
}
