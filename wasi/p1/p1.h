/* The inside of preview 1: one call of a function, and the guest's memory. Invariants: guest memory
 * is touched only through wr__guest_*, which check; no pointer into it is used after a callback of
 * the embedder, which may have grown and moved it. */
#ifndef WR__WASI_P1_H
#define WR__WASI_P1_H

#include "../host/host.h"
#include "wire.h"

/* One call of a WASI function. Handlers need nothing else, so tests can call them directly. */
typedef struct wr__call {
  wr__op op;
  uint8_t *memory;
  uint64_t memory_size;
  bool unstable; /* called as wasi_unstable: older layouts */
  bool exited;   /* proc_exit: exit_status holds */
  int32_t exit_status;
  const char *trap; /* not NULL: trap with this message */
} wr__call;

/* A function: arguments as slots; the result is the host's errno, which becomes the guest's in
 * wr__p1_call. */
typedef int (*wr__p1_handler)(wr__call *call, const uint64_t *args);

/* One row per function; define.c and the fuzzer read it. params: a letter each, i or l for i32
 * and i64. */
typedef struct wr__p1_function {
  const char *name;
  const char *params;
  bool has_result;
  bool in_unstable; /* also under wasi_unstable */
  wr__p1_handler handler;
} wr__p1_function;

/* Where a name has several rows, the first is what is defined without knowing the import. */
extern const wr__p1_function wr__p1_functions[];
extern const size_t wr__p1_function_count;

/* Calls the function; its result as the guest gets it. */
uint32_t wr__p1_call(const wr__p1_function *function, wr__call *call, const uint64_t *args);

/* ---- guest.c: the guest's memory. Each returns the host's errno. Pointers into it are stale after
 * every callback of the embedder: results are stored by address, callbacks get copies. */
/* The guest's bytes [at, at + size), or NULL where they are not all in its memory. */
static inline uint8_t *wr__guest_bytes(const wr__call *call, uint64_t at, uint64_t size) {
  at &= UINT32_MAX;
  if (!call->memory || size > call->memory_size || at > call->memory_size - size) return NULL;
  return call->memory + at;
}
/* After every callback of the embedder: the memory may have moved. */
void wr__guest_refresh(wr__call *call);
/* For wr__op.called_back: the same, and pieces that lie in the memory move with it. */
void wr__guest_called_back(wr__op *op, struct iovec *iov, uint32_t count);
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
int wr__guest_iovecs(const wr__call *call, uint64_t at, uint64_t count,
                     struct iovec out[WR__WASI_MAX_IOVECS], uint32_t *out_count, size_t *total);
/* A path, copied and terminated. UTF-8 without NUL. */
int wr__guest_path(const wr__call *call, uint64_t at, uint64_t size, char out[WR__WASI_MAX_PATH]);

/* ---- errno.c */
uint32_t wr__p1_errno(int host_errno);

/* ---- denied.c */
/* A line in the log for a path_* function that gave this error; nothing for other functions and
 * errors. */
void wr__log_denied_path(wr__call *call, const char *function, const uint64_t *args, int error);

/* ---- file.c */
void wr__p1_store_filestat(const wr__call *call, uint64_t at, const struct stat *st);
int wr__p1_times(uint64_t atim, uint64_t mtim, uint64_t flags, struct timespec out[2]);
/* Puts a new descriptor, whose count it takes, in the table, and its number where the guest wants
 * it, which was checked. */
int wr__p1_insert(wr__call *call, wr__desc *desc, uint64_t at);

/* ---- the functions, by the name of the specification */
#define WR__P1_DECLARE(name) int wr__p1_##name(wr__call *call, const uint64_t *args);
WR__P1_DECLARE(args_get)
WR__P1_DECLARE(args_sizes_get)
WR__P1_DECLARE(environ_get)
WR__P1_DECLARE(environ_sizes_get)
WR__P1_DECLARE(clock_res_get)
WR__P1_DECLARE(clock_time_get)
WR__P1_DECLARE(fd_advise)
WR__P1_DECLARE(fd_allocate)
WR__P1_DECLARE(fd_close)
WR__P1_DECLARE(fd_datasync)
WR__P1_DECLARE(fd_fdstat_get)
WR__P1_DECLARE(fd_fdstat_set_flags)
WR__P1_DECLARE(fd_fdstat_set_rights)
WR__P1_DECLARE(fd_filestat_get)
WR__P1_DECLARE(fd_filestat_set_size)
WR__P1_DECLARE(fd_filestat_set_times)
WR__P1_DECLARE(fd_pread)
WR__P1_DECLARE(fd_prestat_get)
WR__P1_DECLARE(fd_prestat_dir_name)
WR__P1_DECLARE(fd_pwrite)
WR__P1_DECLARE(fd_read)
WR__P1_DECLARE(fd_readdir)
WR__P1_DECLARE(fd_renumber)
WR__P1_DECLARE(fd_seek)
WR__P1_DECLARE(fd_sync)
WR__P1_DECLARE(fd_tell)
WR__P1_DECLARE(fd_write)
WR__P1_DECLARE(path_create_directory)
WR__P1_DECLARE(path_filestat_get)
WR__P1_DECLARE(path_filestat_set_times)
WR__P1_DECLARE(path_link)
WR__P1_DECLARE(path_open)
WR__P1_DECLARE(path_readlink)
WR__P1_DECLARE(path_remove_directory)
WR__P1_DECLARE(path_rename)
WR__P1_DECLARE(path_symlink)
WR__P1_DECLARE(path_unlink_file)
WR__P1_DECLARE(poll_oneoff)
WR__P1_DECLARE(proc_exit)
WR__P1_DECLARE(proc_raise)
WR__P1_DECLARE(sched_yield)
WR__P1_DECLARE(random_get)
WR__P1_DECLARE(sock_accept)
WR__P1_DECLARE(sock_recv)
WR__P1_DECLARE(sock_send)
WR__P1_DECLARE(sock_shutdown)
/* WasmEdge's socket extension; the first revision's signatures end in _v1 where they differ. */
WR__P1_DECLARE(sock_open)
WR__P1_DECLARE(sock_bind)
WR__P1_DECLARE(sock_listen)
WR__P1_DECLARE(sock_accept_v1)
WR__P1_DECLARE(sock_connect)
WR__P1_DECLARE(sock_recv_from)
WR__P1_DECLARE(sock_recv_from_v1)
WR__P1_DECLARE(sock_send_to)
WR__P1_DECLARE(sock_getsockopt)
WR__P1_DECLARE(sock_setsockopt)
WR__P1_DECLARE(sock_getlocaladdr)
WR__P1_DECLARE(sock_getlocaladdr_v1)
WR__P1_DECLARE(sock_getpeeraddr)
WR__P1_DECLARE(sock_getpeeraddr_v1)
WR__P1_DECLARE(sock_getaddrinfo)
#undef WR__P1_DECLARE

#endif
