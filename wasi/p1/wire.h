/* The wire format of WASI preview 1: numbers and layouts as the guest sees them, little-endian
 * and independent of the host. Spec: wasi_snapshot_preview1.witx and typenames.witx. */
#ifndef WR__WASI_WIRE_H
#define WR__WASI_WIRE_H

#include <stdint.h>
#include <string.h>

/* errno, in the order of the specification: the position is the number. */
/* clang-format off */
#define WR__WASI_ERRNOS(X)                                                                      \
  X(SUCCESS) X(2BIG) X(ACCES) X(ADDRINUSE) X(ADDRNOTAVAIL) X(AFNOSUPPORT) X(AGAIN) X(ALREADY)   \
  X(BADF) X(BADMSG) X(BUSY) X(CANCELED) X(CHILD) X(CONNABORTED) X(CONNREFUSED) X(CONNRESET)     \
  X(DEADLK) X(DESTADDRREQ) X(DOM) X(DQUOT) X(EXIST) X(FAULT) X(FBIG) X(HOSTUNREACH) X(IDRM)     \
  X(ILSEQ) X(INPROGRESS) X(INTR) X(INVAL) X(IO) X(ISCONN) X(ISDIR) X(LOOP) X(MFILE) X(MLINK)    \
  X(MSGSIZE) X(MULTIHOP) X(NAMETOOLONG) X(NETDOWN) X(NETRESET) X(NETUNREACH) X(NFILE) X(NOBUFS) \
  X(NODEV) X(NOENT) X(NOEXEC) X(NOLCK) X(NOLINK) X(NOMEM) X(NOMSG) X(NOPROTOOPT) X(NOSPC)       \
  X(NOSYS) X(NOTCONN) X(NOTDIR) X(NOTEMPTY) X(NOTRECOVERABLE) X(NOTSOCK) X(NOTSUP) X(NOTTY)     \
  X(NXIO) X(OVERFLOW) X(OWNERDEAD) X(PERM) X(PIPE) X(PROTO) X(PROTONOSUPPORT) X(PROTOTYPE)      \
  X(RANGE) X(ROFS) X(SPIPE) X(SRCH) X(STALE) X(TIMEDOUT) X(TXTBSY) X(XDEV) X(NOTCAPABLE)
/* clang-format on */

typedef enum wr__wasi_errno {
#define X(name) WASI_##name,
  WR__WASI_ERRNOS(X)
#undef X
} wr__wasi_errno;

enum {
  WASI_CLOCK_REALTIME = 0,
  WASI_CLOCK_MONOTONIC = 1,
  WASI_CLOCK_PROCESS_CPUTIME = 2,
  WASI_CLOCK_THREAD_CPUTIME = 3,

  WASI_FILETYPE_UNKNOWN = 0,
  WASI_FILETYPE_BLOCK_DEVICE = 1,
  WASI_FILETYPE_CHARACTER_DEVICE = 2,
  WASI_FILETYPE_DIRECTORY = 3,
  WASI_FILETYPE_REGULAR_FILE = 4,
  WASI_FILETYPE_SOCKET_DGRAM = 5,
  WASI_FILETYPE_SOCKET_STREAM = 6,
  WASI_FILETYPE_SYMBOLIC_LINK = 7,

  WASI_FDFLAGS_APPEND = 1,
  WASI_FDFLAGS_DSYNC = 2,
  WASI_FDFLAGS_NONBLOCK = 4,
  WASI_FDFLAGS_RSYNC = 8,
  WASI_FDFLAGS_SYNC = 16,
  WASI_FDFLAGS_ALL = 31,

  WASI_OFLAGS_CREAT = 1,
  WASI_OFLAGS_DIRECTORY = 2,
  WASI_OFLAGS_EXCL = 4,
  WASI_OFLAGS_TRUNC = 8,
  WASI_OFLAGS_ALL = 15,

  WASI_LOOKUP_SYMLINK_FOLLOW = 1,

  WASI_FSTFLAGS_ATIM = 1,
  WASI_FSTFLAGS_ATIM_NOW = 2,
  WASI_FSTFLAGS_MTIM = 4,
  WASI_FSTFLAGS_MTIM_NOW = 8,
  WASI_FSTFLAGS_ALL = 15,

  WASI_WHENCE_SET = 0,
  WASI_WHENCE_CUR = 1,
  WASI_WHENCE_END = 2,

  WASI_EVENT_CLOCK = 0,
  WASI_EVENT_FD_READ = 1,
  WASI_EVENT_FD_WRITE = 2,
  WASI_EVENT_HANGUP = 1,
  WASI_SUBCLOCK_ABSTIME = 1,

  WASI_RIFLAGS_PEEK = 1,
  WASI_RIFLAGS_WAITALL = 2,
  WASI_ROFLAGS_TRUNCATED = 1,
  WASI_SDFLAGS_RD = 1,
  WASI_SDFLAGS_WR = 2,

  WASI_PREOPEN_DIR = 0,

  WASI_SIGNAL_COUNT = 31, /* signal: none, hup … sys */
};

/* Sizes and offsets of the structures that cross the border. */
enum {
  WASI_IOVEC_SIZE = 8,
  WASI_FDSTAT_SIZE = 24,
  WASI_FILESTAT_SIZE = 64,
  WASI_FILESTAT0_SIZE = 56, /* of wasi_unstable */
  WASI_DIRENT_SIZE = 24,
  WASI_SUBSCRIPTION_SIZE = 48,
  WASI_SUBSCRIPTION0_SIZE = 56, /* of wasi_unstable */
  WASI_EVENT_SIZE = 32,
  WASI_PRESTAT_SIZE = 8,
};

/* Unaligned little-endian loads and stores; Linux runs little-endian on both our machines. */
static inline uint16_t wr__wire_load16(const uint8_t *p) {
  uint16_t v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline uint32_t wr__wire_load32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline uint64_t wr__wire_load64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline void wr__wire_store16(uint8_t *p, uint16_t v) { memcpy(p, &v, sizeof v); }
static inline void wr__wire_store32(uint8_t *p, uint32_t v) { memcpy(p, &v, sizeof v); }
static inline void wr__wire_store64(uint8_t *p, uint64_t v) { memcpy(p, &v, sizeof v); }

#endif
