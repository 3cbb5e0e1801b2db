/* The inside of libwasmrun-wasi: what a guest was given, its descriptors, and one call of a
 * function. Invariants: a descriptor's host file is closed when the last call that uses it and
 * the table have let go of it; guest memory is touched only through wr__guest_*, which check;
 * no pointer into it is used after a callback of the embedder, which may have grown and moved it.
 */
#ifndef WR__WASI_H
#define WR__WASI_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "wasmrun.h"
#include "wire.h"

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
  _Atomic bool lingers; /* closing it would wait for the peer */
  _Atomic uint16_t flags; /* WASI_FDFLAGS_*; written under the lock */
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
  bool never_wait;              /* what would wait ends with WASI_AGAIN: for tests */
  wr_wasi_clock_fn clock_now;   /* NULL: the host's clocks */
  wr_wasi_sleep_fn clock_sleep; /* NULL: sleeping ends at once on a replaced clock */
  void *clock_context;
  struct wr__threads *threads; /* threads.c; NULL until a module with threads is defined */
  uint32_t max_threads;        /* 0: the default */
  uint32_t max_fds;            /* the table's limit */
  struct wr__net *net;         /* net.c; NULL: no rules */
  struct wr__added *added;     /* virtual.c; NULL: no files that are added by path */
  wr_wasi_log_fn log;
  void *log_context;
  wr_wasi_random_fn random; /* NULL: the host's */
  void *random_context;
};

/* One call of a WASI function. Handlers need nothing else, so tests can call them directly. */
typedef struct wr__call {
  wr_wasi_t *wasi;
  wr_caller *caller; /* NULL in tests */
  uint8_t *memory;
  uint64_t memory_size;
  bool unstable;    /* called as wasi_unstable: older layouts */
  bool interrupted; /* the store was interrupted while the call waited */
  bool exited;      /* proc_exit: exit_status holds */
  int32_t exit_status;
  const char *trap; /* not NULL: trap with this message */
} wr__call;

/* A function: arguments as slots; the result is the errno. */
typedef uint32_t (*wr__wasi_handler)(wr__call *call, const uint64_t *args);

/* One row per function; define.c and the fuzzer read it. params: a letter each, i or l for i32
 * and i64. */
typedef struct wr__wasi_function {
  const char *name;
  const char *params;
  bool has_result;
  bool in_unstable; /* also under wasi_unstable */
  wr__wasi_handler handler;
} wr__wasi_function;

/* Where a name has several rows, the first is what is defined without knowing the import. */
extern const wr__wasi_function wr__wasi_functions[];
extern const size_t wr__wasi_function_count;

/* ---- guest.c: the guest's memory. Each returns a WASI errno. Pointers into it are stale after
 * every callback of the embedder: results are stored by address, callbacks get copies. */
/* The guest's bytes [at, at + size), or NULL where they are not all in its memory. */
static inline uint8_t *wr__guest_bytes(const wr__call *call, uint64_t at, uint64_t size) {
  at &= UINT32_MAX;
  if (!call->memory || size > call->memory_size || at > call->memory_size - size) return NULL;
  return call->memory + at;
}
/* After every callback of the embedder: the memory may have moved. */
void wr__guest_refresh(wr__call *call);
/* Results. That [at, at + size) lies in memory was checked before, and memory never shrinks. */
static inline void wr__guest_store16(const wr__call *call, uint64_t at, uint16_t value) {
  wr__wire_store16(call->memory + (uint32_t)at, value);
}
static inline void wr__guest_store32(const wr__call *call, uint64_t at, uint32_t value) {
  wr__wire_store32(call->memory + (uint32_t)at, value);
}
static inline void wr__guest_store64(const wr__call *call, uint64_t at, uint64_t value) {
  wr__wire_store64(call->memory + (uint32_t)at, value);
}
static inline void wr__guest_copy(const wr__call *call, uint64_t at, const void *bytes,
                                  size_t size) {
  if (size > 0) memcpy(call->memory + (uint32_t)at, bytes, size);
}
/* An array of iovecs, copied once and checked; *total is the sum of the lengths. What is beyond
 * WR__WASI_MAX_IOVECS pieces or WR__WASI_MAX_TRANSFER bytes is left out: a transfer may be done in
 * part. */
uint32_t wr__guest_iovecs(const wr__call *call, uint64_t at, uint64_t count,
                          struct iovec out[WR__WASI_MAX_IOVECS], uint32_t *out_count,
                          size_t *total);
/* A path, copied and terminated. UTF-8 without NUL. */
uint32_t wr__guest_path(const wr__call *call, uint64_t at, uint64_t size,
                        char out[WR__WASI_MAX_PATH]);
bool wr__wasi_utf8_valid(const char *text, size_t size);

/* ---- errno.c */
uint32_t wr__wasi_from_errno(int host_errno);
/* The WASI errno of the present errno. */
uint32_t wr__wasi_errno_now(void);
const char *wr__wasi_errno_name(uint32_t wasi_errno);

/* ---- fds.c: the table of descriptors. */
/* A new descriptor with one count, which takes host_fd; NULL when out of memory (and then
 * host_fd is closed). */
wr__desc *wr__desc_new(wr__desc_kind kind, int host_fd);
void wr__desc_retain(wr__desc *desc);
void wr__desc_release(wr__desc *desc);
/* A new descriptor for an open host file: kind, type and the rights that apply to it. */
uint32_t wr__desc_from_host(int host_fd, wr__desc **out);
/* Puts it at the lowest free number, taking the caller's count (also on failure). */
uint32_t wr__fd_insert(wr_wasi_t *wasi, wr__desc *desc, uint32_t *fd);
/* Puts it at this number, replacing what is there. Takes the count. */
uint32_t wr__fd_place(wr_wasi_t *wasi, uint32_t fd, wr__desc *desc);
/* The descriptor with a count for the caller, if it has all of these rights. */
uint32_t wr__fd_get(wr_wasi_t *wasi, uint64_t fd, uint64_t rights, wr__desc **out);
/* The same, with what the descriptor hands on, as it was at that moment. */
uint32_t wr__fd_get_inheriting(wr_wasi_t *wasi, uint64_t fd, uint64_t rights, wr__desc **out,
                               uint64_t *inheriting);
uint32_t wr__fd_close(wr_wasi_t *wasi, uint64_t fd);
uint32_t wr__fd_renumber(wr_wasi_t *wasi, uint64_t from, uint64_t to);

/* ---- path.c: resolution beneath a directory. */
/* What of a path the caller wants opened. */
typedef struct wr__path_open {
  int flags;   /* O_*; O_CLOEXEC is added */
  mode_t mode; /* for O_CREAT */
  bool follow; /* a symbolic link as last component */
} wr__path_open;
/* Where a path begins. */
typedef struct wr__path_base {
  int fd;
  dev_t dev; /* its file system */
  /* That of the granted directory: beyond it, not every device may be opened. */
  dev_t granted_dev;
} wr__path_base;
/* A link of a container that means one of the process's own streams: WASI_ACCES, and which. */
#define WR__PATH_NO_STREAM (-1)
typedef struct wr__path_found {
  int fd;     /* -1 on failure */
  int stream; /* 0 to 2, or WR__PATH_NO_STREAM */
} wr__path_found;
/* Opens path beneath base. No component may be of a file system that is refused (filesystem.c). */
uint32_t wr__path_open_beneath(wr__call *call, const wr__path_base *base, const char *path,
                               wr__path_open how, wr__path_found *out);
/* The directory that holds the last component, and that component (with its trailing slashes) in
 * name. *own tells whether parent_fd is to be closed. */
typedef struct wr__path_parent {
  int fd;
  bool own;
  bool trailing_slash;
  const char *name; /* points into the path */
} wr__path_parent;
uint32_t wr__path_parent_open(wr__call *call, const wr__path_base *base, char *path,
                              wr__path_parent *out);
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

/* ---- file.c */
uint8_t wr__wasi_filetype(mode_t mode);
void wr__wasi_store_filestat(const wr__call *call, uint64_t at, const struct stat *st);
uint32_t wr__wasi_times(uint64_t atim, uint64_t mtim, uint64_t flags, struct timespec out[2]);

/* ---- wait.c */
typedef enum wr__wait { WR__WAIT_READ, WR__WAIT_WRITE } wr__wait;
#define WR__NO_TIMEOUT UINT64_MAX
/* Blocks until the descriptor is ready, the time is over (WASI_AGAIN), or the store is
 * interrupted (WASI_INTR and call->interrupted). */
uint32_t wr__wait_ready(wr__call *call, int host_fd, wr__wait what, uint64_t timeout_ns);
/* The timeout that the guest set for a descriptor. */
static inline uint64_t wr__desc_timeout(const wr__desc *desc, wr__wait what) {
  uint64_t ns = what == WR__WAIT_READ ? desc->receive_timeout_ns : desc->send_timeout_ns;
  return ns ? ns : WR__NO_TIMEOUT;
}
/* Was the store interrupted? Then the call is to end. For loops that do not wait. */
static inline bool wr__call_poll(wr__call *call) {
  if (!call->caller || !wr_store_interrupted(wr_caller_store(call->caller))) return false;
  call->interrupted = true;
  return true;
}
/* The store's event, or -1. */
int wr__wait_event_fd(const wr__call *call);

/* ---- context.c */
/* Fills *error (may be NULL); returns the status. */
wr_status wr__wasi_fail(wr_error *error, wr_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
wr_status wr__wasi_fail_errno(wr_error *error, const char *what);
/* Could the guest change what is in this directory, by one that it was granted? */
bool wr__wasi_may_change_directory(const wr_wasi_t *wasi, int dir_fd);
/* Tells the embedder what the guest was denied: a callback. */
void wr__log_denied(wr__call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- denied.c */
/* The same for a path_* function that gave this error; nothing for other functions and errors. */
void wr__log_denied_path(wr__call *call, const char *function, const uint64_t *args,
                         uint32_t error);

/* ---- clock.c */
uint32_t wr__clock_now(wr__call *call, uint32_t clock_id, uint64_t *ns);

/* ---- the functions, by the name of the specification */
#define WR__WASI_DECLARE(name) uint32_t wr__wasi_##name(wr__call *call, const uint64_t *args);
WR__WASI_DECLARE(args_get)
WR__WASI_DECLARE(args_sizes_get)
WR__WASI_DECLARE(environ_get)
WR__WASI_DECLARE(environ_sizes_get)
WR__WASI_DECLARE(clock_res_get)
WR__WASI_DECLARE(clock_time_get)
WR__WASI_DECLARE(fd_advise)
WR__WASI_DECLARE(fd_allocate)
WR__WASI_DECLARE(fd_close)
WR__WASI_DECLARE(fd_datasync)
WR__WASI_DECLARE(fd_fdstat_get)
WR__WASI_DECLARE(fd_fdstat_set_flags)
WR__WASI_DECLARE(fd_fdstat_set_rights)
WR__WASI_DECLARE(fd_filestat_get)
WR__WASI_DECLARE(fd_filestat_set_size)
WR__WASI_DECLARE(fd_filestat_set_times)
WR__WASI_DECLARE(fd_pread)
WR__WASI_DECLARE(fd_prestat_get)
WR__WASI_DECLARE(fd_prestat_dir_name)
WR__WASI_DECLARE(fd_pwrite)
WR__WASI_DECLARE(fd_read)
WR__WASI_DECLARE(fd_readdir)
WR__WASI_DECLARE(fd_renumber)
WR__WASI_DECLARE(fd_seek)
WR__WASI_DECLARE(fd_sync)
WR__WASI_DECLARE(fd_tell)
WR__WASI_DECLARE(fd_write)
WR__WASI_DECLARE(path_create_directory)
WR__WASI_DECLARE(path_filestat_get)
WR__WASI_DECLARE(path_filestat_set_times)
WR__WASI_DECLARE(path_link)
WR__WASI_DECLARE(path_open)
WR__WASI_DECLARE(path_readlink)
WR__WASI_DECLARE(path_remove_directory)
WR__WASI_DECLARE(path_rename)
WR__WASI_DECLARE(path_symlink)
WR__WASI_DECLARE(path_unlink_file)
WR__WASI_DECLARE(poll_oneoff)
WR__WASI_DECLARE(proc_exit)
WR__WASI_DECLARE(proc_raise)
WR__WASI_DECLARE(sched_yield)
WR__WASI_DECLARE(random_get)
WR__WASI_DECLARE(sock_accept)
WR__WASI_DECLARE(sock_recv)
WR__WASI_DECLARE(sock_send)
WR__WASI_DECLARE(sock_shutdown)
/* WasmEdge's socket extension; the first revision's signatures end in _v1 where they differ. */
WR__WASI_DECLARE(sock_open)
WR__WASI_DECLARE(sock_bind)
WR__WASI_DECLARE(sock_listen)
WR__WASI_DECLARE(sock_accept_v1)
WR__WASI_DECLARE(sock_connect)
WR__WASI_DECLARE(sock_recv_from)
WR__WASI_DECLARE(sock_recv_from_v1)
WR__WASI_DECLARE(sock_send_to)
WR__WASI_DECLARE(sock_getsockopt)
WR__WASI_DECLARE(sock_setsockopt)
WR__WASI_DECLARE(sock_getlocaladdr)
WR__WASI_DECLARE(sock_getlocaladdr_v1)
WR__WASI_DECLARE(sock_getpeeraddr)
WR__WASI_DECLARE(sock_getpeeraddr_v1)
WR__WASI_DECLARE(sock_getaddrinfo)
#undef WR__WASI_DECLARE

#endif
