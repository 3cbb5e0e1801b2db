/* Files and directories: rights, paths, opening, streams and entries, over host/.
 * Spec: wasi:filesystem/types. */
#include "files.h"

#include <stdlib.h>

static const struct {
  int why;
  uint8_t code;
} codes[] = {
    {EACCES, 0},
    {EAGAIN, 1},
    {EALREADY, 2},
    {EBADF, 3},
    {EBUSY, 4},
    {EDEADLK, 5},
    {EDQUOT, 6},
    {EEXIST, 7},
    {EFBIG, 8},
    {EILSEQ, 9},
    {EINPROGRESS, 10},
    {EINTR, 11},
    {EINVAL, 12},
    {EIO, 13},
    {EISDIR, 14},
    {ELOOP, 15},
    {EMLINK, 16},
    {EMSGSIZE, 17},
    {ENAMETOOLONG, 18},
    {ENODEV, 19},
    {ENOENT, 20},
    {ENOLCK, 21},
    {ENOMEM, 22},
    {ENOSPC, 23},
    {ENOTDIR, 24},
    {ENOTEMPTY, 25},
    {ENOTRECOVERABLE, 26},
    {EOPNOTSUPP, 27},
    {ENOTTY, 28},
    {ENXIO, 29},
    {EOVERFLOW, 30},
    {EPERM, 31},
    {EPIPE, 32},
    {EROFS, 33},
    {ESPIPE, 34},
    {ETXTBSY, 35},
    {EXDEV, 36},
    {WR__ENOTCAPABLE, 31},
    {EMFILE, 22},
    {ENFILE, 22},
    {ENOSYS, 27},
    {ENOTSOCK, 3},
};

uint32_t wr__p2_file_error(int error) {
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (codes[i].why == error) return codes[i].code;
  return 13; /* io */
}

enum {
  TYPE_UNKNOWN,
  TYPE_BLOCK_DEVICE,
  TYPE_CHARACTER_DEVICE,
  TYPE_DIRECTORY,
  TYPE_FIFO,
  TYPE_SYMBOLIC_LINK,
  TYPE_REGULAR_FILE,
  TYPE_SOCKET,
};

uint8_t wr__p2_entry_type(uint8_t filetype) {
  static const uint8_t types[] = {
      [WR__FILETYPE_UNKNOWN] = TYPE_UNKNOWN,
      [WR__FILETYPE_BLOCK_DEVICE] = TYPE_BLOCK_DEVICE,
      [WR__FILETYPE_CHARACTER_DEVICE] = TYPE_CHARACTER_DEVICE,
      [WR__FILETYPE_DIRECTORY] = TYPE_DIRECTORY,
      [WR__FILETYPE_REGULAR_FILE] = TYPE_REGULAR_FILE,
      [WR__FILETYPE_SOCKET_DGRAM] = TYPE_SOCKET,
      [WR__FILETYPE_SOCKET_STREAM] = TYPE_SOCKET,
      [WR__FILETYPE_SYMBOLIC_LINK] = TYPE_SYMBOLIC_LINK,
  };
  return types[filetype];
}

uint8_t wr__p2_file_type(mode_t mode) {
  return S_ISFIFO(mode) ? TYPE_FIFO : wr__p2_entry_type(wr__file_type(mode));
}

wr__p2_descriptor *wr__p2_descriptor_new(wr__p2 *p2, wr__desc *desc) {
  wr__p2_descriptor *file = wr__p2_new(p2, WR__P2_DESCRIPTOR, sizeof *file, true);
  if (file) {
    file->desc = desc;
  } else {
    int why = errno;
    wr__desc_release(desc);
    errno = why;
  }
  return file;
}

/* ---- paths */

int wr__p2_place(wr__op *op, const wr__p2_descriptor *dir, uint64_t rights, wr__p2_text path,
                 wr__place *out) {
  int error = wr__desc_check(op->wasi, dir->desc, rights);
  if (error != 0) return error;
  if (path.size == 0) return ENOENT;
  if (path.size >= sizeof out->path) return ENAMETOOLONG;
  if (memchr(path.bytes, 0, path.size)) return EINVAL;
  memcpy(out->path, path.bytes, path.size);
  out->path[path.size] = 0;
  out->dir = dir->desc;
  out->inheriting = dir->desc->inheriting;
  return 0;
}

#define RIGHTS_ALWAYS                                                                  \
  (WR__RIGHT_FD_SYNC | WR__RIGHT_FD_DATASYNC | WR__RIGHT_FD_SEEK | WR__RIGHT_FD_TELL | \
   WR__RIGHT_FD_ADVISE | WR__RIGHT_FD_FILESTAT_GET | WR__RIGHT_FD_FILESTAT_SET_TIMES | \
   WR__RIGHT_POLL_FD_READWRITE)

static wr__open_request make_request(bool follow, uint32_t open_flags, uint32_t flags) {
  wr__open_request request = {.rights = RIGHTS_ALWAYS, .oflags = open_flags, .follow = follow};
  if (flags & WR__P2_READ) request.rights |= WR__RIGHT_FD_READ;
  if (flags & WR__P2_WRITE)
    request.rights |= WR__RIGHT_FD_WRITE | WR__RIGHT_FD_ALLOCATE | WR__RIGHT_FD_FILESTAT_SET_SIZE;
  if (flags & WR__P2_FILE_SYNC) request.fdflags |= WR__FDFLAG_SYNC;
  if (flags & WR__P2_DATA_SYNC) request.fdflags |= WR__FDFLAG_DSYNC;
  if (flags & WR__P2_REQUESTED_WRITE_SYNC) request.fdflags |= WR__FDFLAG_RSYNC;
  return request;
}

int wr__p2_open_at(wr__op *op, const wr__p2_descriptor *dir, bool follow, wr__p2_text path,
                   uint32_t open_flags, uint32_t flags, wr__p2_descriptor **out) {
  wr__open_request request = make_request(follow, open_flags, flags);
  wr__place at;
  wr__desc *desc;
  if ((open_flags & WR__P2_DIRECTORY) &&
      (open_flags & (WR__P2_CREATE | WR__P2_EXCLUSIVE | WR__P2_TRUNCATE)))
    return EINVAL;
  int error = wr__p2_place(op, dir, wr__path_open_rights(&request), path, &at);
  if (error == 0 && (flags & WR__P2_MUTATE_DIRECTORY) && dir->desc->read_only) error = EROFS;
  if (error == 0) error = wr__path_open(op, &at, &request, &desc);
  if (error != 0) return error;
  *out = wr__p2_descriptor_new(dir->base.p2, desc);
  return *out ? 0 : errno;
}

uint32_t wr__p2_get_flags(const wr__desc *desc) {
  uint32_t flags = 0;
  if (desc->rights & (WR__RIGHT_FD_READ | WR__RIGHT_FD_READDIR)) flags |= WR__P2_READ;
  if (desc->rights & WR__RIGHT_FD_WRITE) flags |= WR__P2_WRITE;
  if (desc->rights & WR__RIGHT_PATH_CREATE_FILE) flags |= WR__P2_MUTATE_DIRECTORY;
  if (desc->flags & WR__FDFLAG_SYNC) flags |= WR__P2_FILE_SYNC;
  if (desc->flags & WR__FDFLAG_DSYNC) flags |= WR__P2_DATA_SYNC;
  if (desc->flags & WR__FDFLAG_RSYNC) flags |= WR__P2_REQUESTED_WRITE_SYNC;
  return flags;
}

/* ---- bytes */

/* What was not opened for this is no descriptor for it, as for programs on the host. */
static int check_open(wr__op *op, const wr__p2_descriptor *file, uint64_t rights) {
  int error = wr__desc_check(op->wasi, file->desc, rights);
  return error == WR__ENOTCAPABLE ? EBADF : error;
}

/* A file that has positions, or a stream, which has none. */
static bool has_positions(const wr__desc *desc) { return desc->kind == WR__DESC_FILE; }

int wr__p2_input_at(wr__op *op, const wr__p2_descriptor *file, uint64_t offset,
                    wr__p2_input **out) {
  int error = check_open(op, file, WR__RIGHT_FD_READ);
  if (error != 0) return error;
  wr__desc_retain(file->desc);
  *out = wr__p2_input_new(file->base.p2, file->desc);
  if (!*out) return errno;
  (*out)->has_offset = has_positions(file->desc);
  (*out)->offset = offset;
  return 0;
}

int wr__p2_output_at(wr__op *op, const wr__p2_descriptor *file, uint64_t offset, bool appends,
                     wr__p2_output **out) {
  int error = check_open(op, file, WR__RIGHT_FD_WRITE);
  if (error != 0) return error;
  wr__desc_retain(file->desc);
  *out = wr__p2_output_new(file->base.p2, file->desc);
  if (!*out) return errno;
  (*out)->appends = appends && has_positions(file->desc);
  (*out)->has_offset = !appends && has_positions(file->desc);
  (*out)->offset = offset;
  return 0;
}

/* An offset that the host has no number for is behind every end. */
int wr__p2_file_read(wr__op *op, const wr__p2_descriptor *file, uint8_t *bytes, size_t *size,
                     uint64_t offset) {
  struct iovec iov = {bytes, *size};
  wr__transfer t = {.iov = &iov, .count = 1, .left = *size};
  int error = check_open(op, file, WR__RIGHT_FD_READ | WR__RIGHT_FD_SEEK);
  if (error != 0) return error;
  if (offset > INT64_MAX) return EINVAL;
  return wr__io_read_at(op, file->desc, &t, offset, size);
}

int wr__p2_file_write(wr__op *op, const wr__p2_descriptor *file, const uint8_t *bytes, size_t *size,
                      uint64_t offset) {
  struct iovec iov = {(void *)(uintptr_t)bytes, *size};
  wr__transfer t = {.iov = &iov, .count = 1, .left = *size};
  int error = check_open(op, file, WR__RIGHT_FD_WRITE | WR__RIGHT_FD_SEEK);
  if (error != 0) return error;
  if (offset > INT64_MAX) return EINVAL;
  return wr__io_write_at(op, file->desc, &t, offset, size);
}

/* One to one for each half, and so for a file while it lives. */
static uint64_t mix(uint64_t x) {
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

void wr__p2_metadata_hash(const struct stat *st, uint64_t out[2]) {
  out[0] = mix(st->st_ino);
  out[1] = mix(out[0] ^ mix(st->st_dev));
}

/* ---- directories */

int wr__p2_read_directory(wr__op *op, const wr__p2_descriptor *dir, wr__p2_entries **out) {
  int error = wr__desc_check(op->wasi, dir->desc, WR__RIGHT_FD_READDIR);
  if (error != 0) return error;
  *out = wr__p2_new(dir->base.p2, WR__P2_ENTRIES, sizeof **out, false);
  if (!*out) return errno;
  wr__desc_retain(dir->desc);
  (*out)->desc = dir->desc;
  (*out)->position = WR__DIR_HOST; /* Spec: "." and ".." are left out */
  return 0;
}

/* Entries that are read at once. */
#define BATCH 64

typedef struct batch {
  wr__p2_entries *entries;
  uint32_t count;
  bool out_of_memory;
} batch;

static bool take_entry(void *context, const wr__dir_entry *from) {
  batch *b = context;
  size_t size = strlen(from->name) + 1;
  wr__p2_entry *entry = malloc(sizeof *entry + size);
  if (!entry) {
    b->out_of_memory = true;
    return false;
  }
  entry->next = NULL;
  entry->type = from->type;
  memcpy(entry->name, from->name, size);
  if (b->entries->last)
    b->entries->last->next = entry;
  else
    b->entries->first = entry;
  b->entries->last = entry;
  b->entries->position = from->next;
  return ++b->count < BATCH;
}

int wr__p2_next_entry(wr__op *op, wr__p2_entries *entries, wr__p2_entry **out) {
  if (!entries->first) {
    batch b = {.entries = entries};
    int error = wr__dir_read(op, entries->desc, entries->position, 0, take_entry, &b);
    /* What is wrong with a later entry is told when it is asked for. */
    if (!entries->first && error != 0) return error;
    if (!entries->first && b.out_of_memory) return ENOMEM;
  }
  *out = entries->first;
  if (!*out) return 0;
  entries->first = (*out)->next;
  if (!entries->first) entries->last = NULL;
  return 0;
}
