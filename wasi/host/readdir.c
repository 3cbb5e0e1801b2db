/* Reading directories. Positions are the host file system's own, which stay valid while a directory
 * changes, so nothing is kept between calls. Before them come two, for "." and "..", which
 * programs expect first and file systems give anywhere. */
#include "host.h"

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
      return WR__FILETYPE_REGULAR_FILE;
    case DT_DIR:
      return WR__FILETYPE_DIRECTORY;
    case DT_LNK:
      return WR__FILETYPE_SYMBOLIC_LINK;
    case DT_CHR:
      return WR__FILETYPE_CHARACTER_DEVICE;
    case DT_BLK:
      return WR__FILETYPE_BLOCK_DEVICE;
    case DT_SOCK:
      return WR__FILETYPE_SOCKET_STREAM;
    case DT_UNKNOWN:
      break;
    default:
      return WR__FILETYPE_UNKNOWN;
  }
  struct stat st;
  if (fstatat(dir_fd, entry->name, &st, AT_SYMLINK_NOFOLLOW) != 0) return WR__FILETYPE_UNKNOWN;
  return wr__file_type(st.st_mode);
}

/* Where the entries go. */
typedef struct reading {
  wr__dir_sink sink;
  void *context;
  size_t hint_bytes;
  bool more; /* wanted */
} reading;

static void give(reading *r, uint64_t next, uint64_t ino, uint8_t type, const char *name) {
  const wr__dir_entry entry = {next, ino, type, name};
  r->more = r->sink(r->context, &entry);
}

/* Above a directory that was granted there is nothing but itself, as in the root. */
static int give_dots(reading *r, const wr__desc *desc, uint64_t position) {
  struct stat self, parent;
  if (fstat(desc->host_fd, &self) != 0) return wr__host_errno();
  if (desc->preopen_name || fstatat(desc->host_fd, "..", &parent, 0) != 0) parent = self;
  if (position < WR__DIR_DOTDOT) give(r, WR__DIR_DOTDOT, self.st_ino, WR__FILETYPE_DIRECTORY, ".");
  if (r->more) give(r, WR__DIR_HOST, parent.st_ino, WR__FILETYPE_DIRECTORY, "..");
  return 0;
}

static bool is_dots(const char *name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

static int give_host_entry(reading *r, int dir_fd, const host_entry *entry) {
  if (is_dots(entry->name)) return 0;
  if (!wr__wasi_utf8_valid(entry->name, strlen(entry->name))) return EILSEQ;
  give(r, (uint64_t)entry->next + WR__DIR_HOST, entry->ino, entry_type(dir_fd, entry), entry->name);
  return 0;
}

/* Under the position lock: the host's position is shared by all calls. */
static int give_host(wr__op *op, reading *r, int dir_fd, uint64_t position) {
  _Alignas(host_entry) char buffer[HOST_BUFFER];
  /* Do not read what would not fit: the sink's entries are longer than the host's. */
  size_t capacity = r->hint_bytes < HOST_BUFFER_MIN ? HOST_BUFFER_MIN
                    : r->hint_bytes < HOST_BUFFER   ? r->hint_bytes
                                                    : HOST_BUFFER;
  if (position > INT64_MAX || lseek(dir_fd, (off_t)position, SEEK_SET) < 0) return EINVAL;
  while (r->more) {
    if (wr__op_poll(op)) return EINTR;
    long size = syscall(SYS_getdents64, dir_fd, buffer, capacity);
    if (size < 0) return wr__host_errno();
    if (size == 0) break;
    for (long at = 0; at < size && r->more;) {
      const host_entry *entry = (const host_entry *)(buffer + at);
      int error = give_host_entry(r, dir_fd, entry);
      if (error != 0) return error;
      at += entry->size;
    }
  }
  return 0;
}

int wr__dir_read(wr__op *op, wr__desc *desc, uint64_t position, size_t hint_bytes,
                 wr__dir_sink sink, void *context) {
  reading r = {.sink = sink, .context = context, .hint_bytes = hint_bytes, .more = true};
  if (position < WR__DIR_HOST) {
    int error = give_dots(&r, desc, position);
    if (error != 0) return error;
    position = WR__DIR_HOST;
  }
  pthread_mutex_lock(&desc->position_lock);
  int error = give_host(op, &r, desc->host_fd, position - WR__DIR_HOST);
  pthread_mutex_unlock(&desc->position_lock);
  return error;
}
