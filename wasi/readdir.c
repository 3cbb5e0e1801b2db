/* fd_readdir. Cookies are the host file system's own positions, which stay valid while a directory
 * changes, so nothing is kept between calls. Before them come two, for "." and "..", which
 * programs expect first and file systems give anywhere.
 * Spec: wasi_snapshot_preview1, fd_readdir. */
#include "wasi.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In a frame: small. */
#define HOST_BUFFER 8192u
/* An entry with the longest name. */
#define HOST_BUFFER_MIN 1024u

/* The layout of getdents64. */
typedef struct host_entry {
  uint64_t ino;
  int64_t next;
  uint16_t size;
  uint8_t type;
  char name[];
} host_entry;

static uint8_t entry_type(int dir_fd, const host_entry *entry) {
  switch (entry->type) {
    case DT_REG:
      return WASI_FILETYPE_REGULAR_FILE;
    case DT_DIR:
      return WASI_FILETYPE_DIRECTORY;
    case DT_LNK:
      return WASI_FILETYPE_SYMBOLIC_LINK;
    case DT_CHR:
      return WASI_FILETYPE_CHARACTER_DEVICE;
    case DT_BLK:
      return WASI_FILETYPE_BLOCK_DEVICE;
    case DT_SOCK:
      return WASI_FILETYPE_SOCKET_STREAM;
    case DT_UNKNOWN:
      break;
    default:
      return WASI_FILETYPE_UNKNOWN;
  }
  struct stat st;
  if (fstatat(dir_fd, entry->name, &st, AT_SYMLINK_NOFOLLOW) != 0) return WASI_FILETYPE_UNKNOWN;
  return wr__wasi_filetype(st.st_mode);
}

typedef struct filling {
  uint8_t *out;
  uint32_t used;
  uint32_t size;
} filling;

static void fill(filling *f, const void *bytes, size_t size) {
  uint32_t left = f->size - f->used;
  uint32_t copied = size < left ? (uint32_t)size : left;
  memcpy(f->out + f->used, bytes, copied);
  f->used += copied;
}

/* Cookies: 0 is the start, 1 is behind ".", and those of the host begin at 2. */
#define COOKIE_DOTDOT 1u
#define COOKIE_HOST 2u

static bool is_full(const filling *f) { return f->used == f->size; }

/* Spec: "the last entry potentially cut": a full buffer means that there is more. */
static void fill_entry(filling *f, uint64_t next, uint64_t ino, uint8_t type, const char *name) {
  uint8_t head[WASI_DIRENT_SIZE] = {0};
  size_t name_size = strlen(name);
  wr__wire_store64(head, next);
  wr__wire_store64(head + 8, ino);
  wr__wire_store32(head + 16, (uint32_t)name_size);
  head[20] = type;
  fill(f, head, sizeof head);
  fill(f, name, name_size);
}

/* Above a directory that was granted there is nothing but itself, as in the root. */
static uint32_t fill_dots(filling *f, const wr__desc *desc, uint64_t cookie) {
  struct stat self, parent;
  if (fstat(desc->host_fd, &self) != 0) return wr__wasi_errno_now();
  if (desc->preopen_name || fstatat(desc->host_fd, "..", &parent, 0) != 0) parent = self;
  if (cookie < COOKIE_DOTDOT)
    fill_entry(f, COOKIE_DOTDOT, self.st_ino, WASI_FILETYPE_DIRECTORY, ".");
  if (cookie < COOKIE_HOST && !is_full(f))
    fill_entry(f, COOKIE_HOST, parent.st_ino, WASI_FILETYPE_DIRECTORY, "..");
  return WASI_SUCCESS;
}

static bool is_dots(const char *name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

static uint32_t fill_host_entry(filling *f, int dir_fd, const host_entry *entry) {
  if (is_dots(entry->name)) return WASI_SUCCESS;
  if (!wr__wasi_utf8_valid(entry->name, strlen(entry->name))) return WASI_ILSEQ;
  fill_entry(f, (uint64_t)entry->next + COOKIE_HOST, entry->ino, entry_type(dir_fd, entry),
             entry->name);
  return WASI_SUCCESS;
}

/* Under the position lock: the host's position is shared by all calls. */
static uint32_t fill_host(wr__call *call, filling *f, int dir_fd, uint64_t position) {
  _Alignas(host_entry) char buffer[HOST_BUFFER];
  /* Do not read what would not fit: our entries are longer than the host's. */
  size_t capacity = f->size < HOST_BUFFER_MIN ? HOST_BUFFER_MIN
                    : f->size < HOST_BUFFER   ? f->size
                                              : HOST_BUFFER;
  if (position > INT64_MAX || lseek(dir_fd, (off_t)position, SEEK_SET) < 0) return WASI_INVAL;
  while (!is_full(f)) {
    if (wr__call_poll(call)) return WASI_INTR;
    long size = syscall(SYS_getdents64, dir_fd, buffer, capacity);
    if (size < 0) return wr__wasi_errno_now();
    if (size == 0) break;
    for (long at = 0; at < size && !is_full(f);) {
      const host_entry *entry = (const host_entry *)(buffer + at);
      uint32_t error = fill_host_entry(f, dir_fd, entry);
      if (error != WASI_SUCCESS) return error;
      at += entry->size;
    }
  }
  return WASI_SUCCESS;
}

static uint32_t fill_from(wr__call *call, filling *f, wr__desc *desc, uint64_t cookie) {
  if (cookie < COOKIE_HOST) {
    uint32_t error = fill_dots(f, desc, cookie);
    if (error != WASI_SUCCESS) return error;
    cookie = COOKIE_HOST;
  }
  pthread_mutex_lock(&desc->position_lock);
  uint32_t error = fill_host(call, f, desc->host_fd, cookie - COOKIE_HOST);
  pthread_mutex_unlock(&desc->position_lock);
  return error;
}

uint32_t wr__wasi_fd_readdir(wr__call *call, const uint64_t *args) {
  filling f = {.size = (uint32_t)args[2]};
  f.out = wr__guest_bytes(call, args[1], f.size);
  uint8_t *used = wr__guest_bytes(call, args[4], 4);
  wr__desc *desc;
  if (!f.out || !used) return WASI_FAULT;
  uint32_t error = wr__fd_get(call->wasi, args[0], WASI_RIGHT_FD_READDIR, &desc);
  if (error != WASI_SUCCESS) return error;
  error = fill_from(call, &f, desc, args[3]);
  wr__desc_release(desc);
  if (error == WASI_SUCCESS) wr__wire_store32(used, f.used);
  return error;
}
