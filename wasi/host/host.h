/* Host operations: what a guest was given, its descriptors, and what can be done with them, for
 * every face of WASI. Nothing here knows a guest's memory, or a preview's structures and numbers.
 * Errors are the host's: 0 or an errno, and WR__ENOTCAPABLE. Invariant: a descriptor's host file is
 * closed when the last operation that uses it and the table have let go of it. */
#ifndef WR__WASI_HOST_H
#define WR__WASI_HOST_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "wasmrun.h"

/* Beside the host's errnos: what the guest has no right to, or what leads out of a directory. */
#define WR__ENOTCAPABLE 4096

/* Of a context that was given no other. Each may hold some 100 KB of the kernel's. */
#define WR__WASI_DEFAULT_FDS 4096u
/* Clocks, and each descriptor in both directions, of which a number may be repeated. */
#define WR__WASI_MAX_SUBSCRIPTIONS 16384u
/* Pieces of one transfer: Linux takes no more in a call. */
/* They lie in frames, which are to stay small: a thread's stack is. */
#define WR__WASI_MAX_IOVECS 512u
#define WR__WASI_MAX_PATH 4096u
/* Linux moves at most this many bytes in one call. */
#define WR__WASI_MAX_TRANSFER 0x7ffff000u

/* Kinds of files. */
enum {
  WR__FILETYPE_UNKNOWN,
  WR__FILETYPE_BLOCK_DEVICE,
  WR__FILETYPE_CHARACTER_DEVICE,
  WR__FILETYPE_DIRECTORY,
  WR__FILETYPE_REGULAR_FILE,
  WR__FILETYPE_SOCKET_DGRAM,
  WR__FILETYPE_SOCKET_STREAM,
  WR__FILETYPE_SYMBOLIC_LINK,
};

/* How a descriptor reads and writes. */
enum {
  WR__FDFLAG_APPEND = 1,
  WR__FDFLAG_DSYNC = 2,
  WR__FDFLAG_NONBLOCK = 4,
  WR__FDFLAG_RSYNC = 8,
  WR__FDFLAG_SYNC = 16,
  WR__FDFLAG_ALL = 31,
};

/* What path_open asks for beside reading and writing. */
enum {
  WR__OPEN_CREAT = 1,
  WR__OPEN_DIRECTORY = 2,
  WR__OPEN_EXCL = 4,
  WR__OPEN_TRUNC = 8,
  WR__OPEN_ALL = 15,
};

enum {
  WR__CLOCK_REALTIME,
  WR__CLOCK_MONOTONIC,
  WR__CLOCK_PROCESS_CPUTIME,
  WR__CLOCK_THREAD_CPUTIME,
};

/* What may be done with a descriptor: preview 1's rights, which are finer than what later faces ask
 * for. */
#define WR__RIGHT(bit) (UINT64_C(1) << (bit))
#define WR__RIGHT_FD_DATASYNC WR__RIGHT(0)
#define WR__RIGHT_FD_READ WR__RIGHT(1)
#define WR__RIGHT_FD_SEEK WR__RIGHT(2)
#define WR__RIGHT_FD_FDSTAT_SET_FLAGS WR__RIGHT(3)
#define WR__RIGHT_FD_SYNC WR__RIGHT(4)
#define WR__RIGHT_FD_TELL WR__RIGHT(5)
#define WR__RIGHT_FD_WRITE WR__RIGHT(6)
#define WR__RIGHT_FD_ADVISE WR__RIGHT(7)
#define WR__RIGHT_FD_ALLOCATE WR__RIGHT(8)
#define WR__RIGHT_PATH_CREATE_DIRECTORY WR__RIGHT(9)
#define WR__RIGHT_PATH_CREATE_FILE WR__RIGHT(10)
#define WR__RIGHT_PATH_LINK_SOURCE WR__RIGHT(11)
#define WR__RIGHT_PATH_LINK_TARGET WR__RIGHT(12)
#define WR__RIGHT_PATH_OPEN WR__RIGHT(13)
#define WR__RIGHT_FD_READDIR WR__RIGHT(14)
#define WR__RIGHT_PATH_READLINK WR__RIGHT(15)
#define WR__RIGHT_PATH_RENAME_SOURCE WR__RIGHT(16)
#define WR__RIGHT_PATH_RENAME_TARGET WR__RIGHT(17)
#define WR__RIGHT_PATH_FILESTAT_GET WR__RIGHT(18)
#define WR__RIGHT_PATH_FILESTAT_SET_SIZE WR__RIGHT(19)
#define WR__RIGHT_PATH_FILESTAT_SET_TIMES WR__RIGHT(20)
#define WR__RIGHT_FD_FILESTAT_GET WR__RIGHT(21)
#define WR__RIGHT_FD_FILESTAT_SET_SIZE WR__RIGHT(22)
#define WR__RIGHT_FD_FILESTAT_SET_TIMES WR__RIGHT(23)
#define WR__RIGHT_PATH_SYMLINK WR__RIGHT(24)
#define WR__RIGHT_PATH_REMOVE_DIRECTORY WR__RIGHT(25)
#define WR__RIGHT_PATH_UNLINK_FILE WR__RIGHT(26)
#define WR__RIGHT_POLL_FD_READWRITE WR__RIGHT(27)
#define WR__RIGHT_SOCK_SHUTDOWN WR__RIGHT(28)
#define WR__RIGHT_SOCK_ACCEPT WR__RIGHT(29)

/* What applies to a regular file, a directory, a socket. */
#define WR__RIGHTS_FILE                                                                            \
  (WR__RIGHT_FD_DATASYNC | WR__RIGHT_FD_READ | WR__RIGHT_FD_SEEK | WR__RIGHT_FD_FDSTAT_SET_FLAGS | \
   WR__RIGHT_FD_SYNC | WR__RIGHT_FD_TELL | WR__RIGHT_FD_WRITE | WR__RIGHT_FD_ADVISE |              \
   WR__RIGHT_FD_ALLOCATE | WR__RIGHT_FD_FILESTAT_GET | WR__RIGHT_FD_FILESTAT_SET_SIZE |            \
   WR__RIGHT_FD_FILESTAT_SET_TIMES | WR__RIGHT_POLL_FD_READWRITE)
#define WR__RIGHTS_DIRECTORY                                                                       \
  (WR__RIGHT_FD_DATASYNC | WR__RIGHT_FD_FDSTAT_SET_FLAGS | WR__RIGHT_FD_SYNC |                     \
   WR__RIGHT_FD_ADVISE | WR__RIGHT_PATH_CREATE_DIRECTORY | WR__RIGHT_PATH_CREATE_FILE |            \
   WR__RIGHT_PATH_LINK_SOURCE | WR__RIGHT_PATH_LINK_TARGET | WR__RIGHT_PATH_OPEN |                 \
   WR__RIGHT_FD_READDIR | WR__RIGHT_PATH_READLINK | WR__RIGHT_PATH_RENAME_SOURCE |                 \
   WR__RIGHT_PATH_RENAME_TARGET | WR__RIGHT_PATH_FILESTAT_GET | WR__RIGHT_PATH_FILESTAT_SET_SIZE | \
   WR__RIGHT_PATH_FILESTAT_SET_TIMES | WR__RIGHT_FD_FILESTAT_GET |                                 \
   WR__RIGHT_FD_FILESTAT_SET_TIMES | WR__RIGHT_PATH_SYMLINK | WR__RIGHT_PATH_REMOVE_DIRECTORY |    \
   WR__RIGHT_PATH_UNLINK_FILE | WR__RIGHT_POLL_FD_READWRITE)
#define WR__RIGHTS_STREAM                                                   \
  (WR__RIGHT_FD_READ | WR__RIGHT_FD_WRITE | WR__RIGHT_FD_FDSTAT_SET_FLAGS | \
   WR__RIGHT_FD_FILESTAT_GET | WR__RIGHT_POLL_FD_READWRITE)
#define WR__RIGHTS_SOCKET (WR__RIGHTS_STREAM | WR__RIGHT_SOCK_SHUTDOWN)

/* Every right by which the host's files could change. */
#define WR__RIGHTS_WRITING                                                                     \
  (WR__RIGHT_FD_WRITE | WR__RIGHT_FD_ALLOCATE | WR__RIGHT_PATH_CREATE_DIRECTORY |              \
   WR__RIGHT_PATH_CREATE_FILE | WR__RIGHT_PATH_LINK_SOURCE | WR__RIGHT_PATH_LINK_TARGET |      \
   WR__RIGHT_PATH_RENAME_SOURCE | WR__RIGHT_PATH_RENAME_TARGET |                               \
   WR__RIGHT_PATH_FILESTAT_SET_SIZE | WR__RIGHT_PATH_FILESTAT_SET_TIMES |                      \
   WR__RIGHT_FD_FILESTAT_SET_SIZE | WR__RIGHT_FD_FILESTAT_SET_TIMES | WR__RIGHT_PATH_SYMLINK | \
   WR__RIGHT_PATH_REMOVE_DIRECTORY | WR__RIGHT_PATH_UNLINK_FILE)

typedef enum wr__desc_kind {
  WR__DESC_FILE,   /* never blocks for long: regular files, block and most character devices */
  WR__DESC_STREAM, /* may block: pipes, terminals */
  WR__DESC_DIRECTORY,
  WR__DESC_SOCKET,
  WR__DESC_WRITER, /* an embedder's write callback */
  WR__DESC_READER, /* an embedder's read callback */
  WR__DESC_BYTES,  /* a copy of an embedder's bytes */
} wr__desc_kind;

/* What a guest's descriptor number stands for. Counted: one for the table, one for each call in
 * progress. Once it is in the table, rights and inheriting are read and written under the context's
 * lock; flags are written under it. */
typedef struct wr__desc {
  _Atomic uint32_t ref_count;
  wr__desc_kind kind;
  int host_fd; /* own, or -1 */
  uint8_t filetype;
  bool read_only;         /* under a directory that was granted read-only */
  bool shared;            /* the open file is also the host's: its flags are not ours to change */
  bool never_blocks;      /* a stream whose open file is ours and non-blocking */
  _Atomic bool no_nowait; /* RWF_NOWAIT does not work on it */
  bool mask_sigpipe;
  _Atomic bool lingers;   /* closing it would wait for the peer */
  _Atomic uint16_t flags; /* WR__FDFLAG_*; written under the lock */
  uint64_t rights;
  uint64_t inheriting;
  dev_t dev;                     /* directories: the file system */
  dev_t granted_dev;             /* directories: that of the one that was granted */
  int fallback_fd;               /* own, or -1: where names are looked for that are not in it */
  char *preopen_name;            /* own; NULL where it is no preopen */
  pthread_mutex_t position_lock; /* directories and BYTES: the position is ours */
  wr_wasi_write_fn write;
  wr_wasi_read_fn read;
  void *callback_context;
  uint8_t *bytes; /* own */
  size_t bytes_size;
  size_t bytes_position;
  int socket_family;  /* AF_* */
  bool only_v6;       /* a socket of IPv6 never takes IPv4, whatever the rules allow */
  _Atomic bool bound; /* to an address that a rule allows: whoever sends to it may */
  _Atomic uint64_t receive_timeout_ns; /* 0: none */
  _Atomic uint64_t send_timeout_ns;
} wr__desc;

typedef struct wr__string_list {
  char **items; /* own, each own and terminated */
  uint32_t count;
  uint32_t size_bytes; /* of all items with their terminators */
} wr__string_list;

/* A directory that was granted for writing. */
typedef struct wr__granted {
  dev_t dev;
  ino_t ino;
} wr__granted;

struct wr_wasi {
  wr__string_list args;
  wr__string_list env;
  pthread_mutex_t lock; /* the table below, and the rights and flags of its descriptors */
  wr__desc **fds;       /* fds[fd_capacity]; NULL: free */
  uint32_t fd_capacity;
  uint32_t fd_lowest_free; /* nothing below it is free */
  wr__granted *writable;   /* own: what the guest may change, with all beneath it */
  uint32_t writable_count;
  bool whole_root;              /* links and ".." lead anywhere in this process's "/" */
  bool walk_paths;              /* resolve by component, without openat2: for tests */
  bool never_wait;              /* what would wait ends with EAGAIN: for tests */
  wr_wasi_clock_fn clock_now;   /* NULL: the host's clocks */
  wr_wasi_sleep_fn clock_sleep; /* NULL: sleeping ends at once on a replaced clock */
  void *clock_context;
  struct wr__threads *threads; /* of p1/; NULL until a module with threads is defined */
  void (*delete_threads)(wr_wasi_t *wasi);
  struct wr__p2 *components; /* of p2/; NULL until components are defined */
  void (*delete_components)(wr_wasi_t *wasi);
  uint32_t max_threads;    /* 0: the default */
  uint32_t max_fds;        /* the table's limit */
  struct wr__net *net;     /* net.c; NULL: no rules */
  struct wr__added *added; /* virtual.c; NULL: no files that are added by path */
  wr_wasi_log_fn log;
  void *log_context;
  wr_wasi_random_fn random; /* NULL: the host's */
  void *random_context;
};

/* One operation for a guest, by whichever face it came. */
typedef struct wr__op {
  wr_wasi_t *wasi;
  wr_caller *caller;   /* of a core function, */
  wasm_store_t *store; /* or the store itself; NULL, both, in tests */
  bool no_wait;        /* what would wait ends with EAGAIN, a connection with EINPROGRESS */
  bool interrupted;    /* the store was interrupted while the operation waited */
  /* A callback of the embedder ran, which may have grown and moved the guest's memory: of pieces
   * that lie in it, iov[count], the face corrects the places. NULL: nothing of the face's is there.
   */
  void (*called_back)(struct wr__op *op, struct iovec *iov, uint32_t count);
} wr__op;

static inline void wr__op_called_back(wr__op *op, struct iovec *iov, uint32_t count) {
  if (op->called_back) op->called_back(op, iov, count);
}
/* NULL in tests. */
static inline wasm_store_t *wr__op_store(const wr__op *op) {
  if (op->store || !op->caller) return op->store;
  return wr_caller_store(op->caller);
}

bool wr__wasi_utf8_valid(const char *text, size_t size);

/* Why the host's last call failed. */
static inline int wr__host_errno(void) { return errno ? errno : EIO; }
static inline int wr__host_result(int result) { return result == 0 ? 0 : wr__host_errno(); }

/* ---- fds.c: the table of descriptors. */
/* A new descriptor with one count, which takes host_fd; NULL when out of memory (and then
 * host_fd is closed). */
wr__desc *wr__desc_new(wr__desc_kind kind, int host_fd);
void wr__desc_retain(wr__desc *desc);
void wr__desc_release(wr__desc *desc);
/* A new descriptor for an open host file: kind, type and the rights that apply to it. */
int wr__desc_from_host(int host_fd, wr__desc **out);
/* Puts it at the lowest free number, taking the caller's count (also on failure). */
int wr__fd_insert(wr_wasi_t *wasi, wr__desc *desc, uint32_t *fd);
/* Puts it at this number, replacing what is there. Takes the count. */
int wr__fd_place(wr_wasi_t *wasi, uint32_t fd, wr__desc *desc);
/* The descriptor with a count for the caller, if it has all of these rights. */
int wr__fd_get(wr_wasi_t *wasi, uint64_t fd, uint64_t rights, wr__desc **out);
/* Has the descriptor all of these rights? 0, or why it refuses. */
int wr__desc_check(wr_wasi_t *wasi, const wr__desc *desc, uint64_t rights);
/* The same, with what the descriptor hands on, as it was at that moment. */
int wr__fd_get_inheriting(wr_wasi_t *wasi, uint64_t fd, uint64_t rights, wr__desc **out,
                          uint64_t *inheriting);
/* The number of the first descriptor from a number on, with a count for the caller; UINT32_MAX:
 * none. */
uint32_t wr__fd_next(wr_wasi_t *wasi, uint32_t from, wr__desc **out);
int wr__fd_close(wr_wasi_t *wasi, uint64_t fd);
int wr__fd_renumber(wr_wasi_t *wasi, uint64_t from, uint64_t to);

/* ---- path.c: resolution beneath a directory. */
/* What of a path the caller wants opened. */
typedef struct wr__path_how {
  int flags;   /* O_*; O_CLOEXEC is added */
  mode_t mode; /* for O_CREAT */
  bool follow; /* a symbolic link as last component */
} wr__path_how;
/* Where a path begins. */
typedef struct wr__path_base {
  int fd;
  dev_t dev; /* its file system */
  /* That of the granted directory: beyond it, not every device may be opened. */
  dev_t granted_dev;
} wr__path_base;
/* A link of a container that means one of the process's own streams: EACCES, and which. */
#define WR__PATH_NO_STREAM (-1)
typedef struct wr__path_found {
  int fd;     /* -1 on failure */
  int stream; /* 0 to 2, or WR__PATH_NO_STREAM */
} wr__path_found;
/* Opens path beneath base. No component may be of a file system that is refused (filesystem.c). */
int wr__path_open_beneath(wr__op *op, const wr__path_base *base, const char *path, wr__path_how how,
                          wr__path_found *out);
/* The directory that holds the last component, and that component (with its trailing slashes) in
 * name. *own tells whether parent_fd is to be closed. */
typedef struct wr__path_parent {
  int fd;
  bool own;
  bool trailing_slash;
  const char *name; /* points into the path */
} wr__path_parent;
int wr__path_parent_open(wr__op *op, const wr__path_base *base, char *path, wr__path_parent *out);
void wr__path_parent_close(wr__path_parent *parent);

/* ---- filesystem.c */
typedef enum wr__filesystem {
  WR__FILESYSTEM_ORDINARY,
  WR__FILESYSTEM_INTERFACE, /* of the kernel: procfs, sysfs, … */
  WR__FILESYSTEM_UNKNOWN,
} wr__filesystem;
wr__filesystem wr__filesystem_of(int fd, uint32_t *type);
/* No device, or one that every container has. */
bool wr__filesystem_device_is_harmless(const struct stat *st);

/* ---- file.c: descriptors, but for moving their bytes. */
uint8_t wr__file_type(mode_t mode);
/* Nanoseconds since 1970; what does not fit is 0. */
uint64_t wr__file_time_ns(struct timespec t);
int wr__file_stat(const wr__desc *desc, struct stat *out);
/* advice: POSIX_FADV_* */
int wr__file_advise(const wr__desc *desc, uint64_t offset, uint64_t size_bytes, int advice);
int wr__file_allocate(wr__op *op, const wr__desc *desc, uint64_t offset, uint64_t size_bytes);
int wr__file_sync(const wr__desc *desc, bool only_data);
int wr__file_set_flags(wr__op *op, wr__desc *desc, uint16_t flags);
int wr__file_set_size(const wr__desc *desc, uint64_t size_bytes);
/* times: accessed and modified, as utimensat(2) has them. */
int wr__file_set_times(const wr__desc *desc, const struct timespec times[2]);
/* whence: SEEK_* */
int wr__file_seek(const wr__desc *desc, int64_t offset, int whence, uint64_t *position);

/* ---- paths.c: operations on what a path names. Each resolves the directory of the path beneath
 * its descriptor, and acts on the last component without letting the host follow it. */
typedef struct wr__place {
  wr__desc *dir;                /* counted */
  uint64_t inheriting;          /* what dir hands on */
  char path[WR__WASI_MAX_PATH]; /* not empty; changed by the operation */
} wr__place;
typedef struct wr__open_request {
  uint64_t rights;
  uint32_t oflags;  /* WR__OPEN_* */
  uint32_t fdflags; /* WR__FDFLAG_* */
  bool follow;
} wr__open_request;
/* The rights that the directory must have to open this. */
uint64_t wr__path_open_rights(const wr__open_request *request);
int wr__path_open(wr__op *op, wr__place *at, wr__open_request *request, wr__desc **out);
int wr__path_create_directory(wr__op *op, wr__place *at);
int wr__path_remove_directory(wr__op *op, wr__place *at);
int wr__path_unlink_file(wr__op *op, wr__place *at);
int wr__path_stat(wr__op *op, wr__place *at, bool follow, struct stat *out);
int wr__path_set_times(wr__op *op, wr__place *at, bool follow, const struct timespec times[2]);
int wr__path_link(wr__op *op, wr__place *from, wr__place *to);
int wr__path_rename(wr__op *op, wr__place *from, wr__place *to);
int wr__path_symlink(wr__op *op, const char *target, wr__place *at);
/* The target is UTF-8 and has no end mark. */
int wr__path_readlink(wr__op *op, wr__place *at, char target[WR__WASI_MAX_PATH],
                      size_t *size_bytes);

/* ---- readdir.c */
typedef struct wr__dir_entry {
  uint64_t next; /* the position behind it */
  uint64_t ino;
  uint8_t type; /* WR__FILETYPE_* */
  const char *name;
} wr__dir_entry;
/* False: no more of them. */
typedef bool (*wr__dir_sink)(void *context, const wr__dir_entry *entry);
/* Gives the entries from a position, 0 at first, to the sink. hint_bytes: how much it has room for.
 */
int wr__dir_read(wr__op *op, wr__desc *desc, uint64_t position, size_t hint_bytes,
                 wr__dir_sink sink, void *context);
/* Positions of "." and "..", which come first. */
#define WR__DIR_DOTDOT 1u
#define WR__DIR_HOST 2u

/* ---- wait.c */
typedef enum wr__wait { WR__WAIT_READ, WR__WAIT_WRITE } wr__wait;
#define WR__NO_TIMEOUT UINT64_MAX
/* Blocks until the descriptor is ready, the time is over (EAGAIN), or the store is
 * interrupted (EINTR and op->interrupted). */
int wr__wait_ready(wr__op *op, int host_fd, wr__wait what, uint64_t timeout_ns);
/* May the operation wait for this descriptor? */
static inline bool wr__op_may_wait(const wr__op *op, const wr__desc *desc) {
  return !op->no_wait && !(desc->flags & WR__FDFLAG_NONBLOCK);
}
/* The timeout that the guest set for a descriptor. */
static inline uint64_t wr__desc_timeout(const wr__desc *desc, wr__wait what) {
  uint64_t ns = what == WR__WAIT_READ ? desc->receive_timeout_ns : desc->send_timeout_ns;
  return ns ? ns : WR__NO_TIMEOUT;
}
/* Was the store interrupted? Then the call is to end. For loops that do not wait. */
static inline bool wr__op_poll(wr__op *op) {
  const wasm_store_t *store = wr__op_store(op);
  if (!store || !wr_store_interrupted(store)) return false;
  op->interrupted = true;
  return true;
}
/* The store's event, or -1. */
int wr__wait_event_fd(const wr__op *op);

/* ---- context.c */
/* Fills *error (may be NULL); returns the status. */
wr_status wr__wasi_fail(wr_error *error, wr_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
wr_status wr__wasi_fail_errno(wr_error *error, const char *what);
/* Could the guest change what is in this directory, by one that it was granted? */
bool wr__wasi_may_change_directory(const wr_wasi_t *wasi, int dir_fd);
/* Tells the embedder what the guest was denied: a callback. */
void wr__log_denied(wr__op *op, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- clock.c */
int wr__clock_now(wr__op *op, uint32_t clock_id, uint64_t *ns);
int wr__clock_resolution(const wr_wasi_t *wasi, uint32_t clock_id, uint64_t *ns);
/* Random bytes, where no callback of the embedder gives them. */
int wr__random_fill(wr__op *op, void *out, size_t size_bytes);
/* The same from the embedder's callback, at most WR__RANDOM_PIECE bytes a call, and not into memory
 * that the callback may move. */
int wr__random_ask(wr__op *op, void *out, size_t size_bytes);
#define WR__RANDOM_PIECE 65536u

/* ---- poll.c */
/* Something to wait for: a descriptor, a clock, or, with neither, nothing: it is ready. */
typedef struct wr__poll_item {
  wr__desc *desc; /* borrowed */
  wr__wait what;
  bool is_clock;
  uint32_t clock_id;
  uint64_t deadline_ns; /* on that clock */
  int error;            /* not 0: ready, with this */
  short revents;        /* of the host, once it is ready */
  bool ready;
  int32_t index; /* poll.c's own */
} wr__poll_item;
/* A clock that reaches deadline_ns, or with relative, deadline_ns from now. */
int wr__poll_clock(wr__op *op, uint32_t clock_id, uint64_t deadline_ns, bool relative,
                   wr__poll_item *out);
/* Which are ready now, without waiting. */
int wr__poll_now(wr__op *op, wr__poll_item *items, uint32_t count, uint32_t *ready);
/* Waits until one is ready. EINTR: the store was interrupted. */
int wr__poll_wait(wr__op *op, wr__poll_item *items, uint32_t count, uint32_t *ready);
/* How many bytes can be read at once, as far as the host says. */
uint64_t wr__poll_readable_bytes(const wr__desc *desc);

#endif
