/* Between the host's error numbers and the guest's. */
#include <errno.h>

#include "wasi.h"

static const uint8_t from_errno[] = {
    [E2BIG] = WASI_2BIG,
    [EACCES] = WASI_ACCES,
    [EADDRINUSE] = WASI_ADDRINUSE,
    [EADDRNOTAVAIL] = WASI_ADDRNOTAVAIL,
    [EAFNOSUPPORT] = WASI_AFNOSUPPORT,
    [EAGAIN] = WASI_AGAIN,
    [EALREADY] = WASI_ALREADY,
    [EBADF] = WASI_BADF,
    [EBADMSG] = WASI_BADMSG,
    [EBUSY] = WASI_BUSY,
    [ECANCELED] = WASI_CANCELED,
    [ECHILD] = WASI_CHILD,
    [ECONNABORTED] = WASI_CONNABORTED,
    [ECONNREFUSED] = WASI_CONNREFUSED,
    [ECONNRESET] = WASI_CONNRESET,
    [EDEADLK] = WASI_DEADLK,
    [EDESTADDRREQ] = WASI_DESTADDRREQ,
    [EDOM] = WASI_DOM,
    [EDQUOT] = WASI_DQUOT,
    [EEXIST] = WASI_EXIST,
    [EFAULT] = WASI_FAULT,
    [EFBIG] = WASI_FBIG,
    [EHOSTDOWN] = WASI_HOSTUNREACH,
    [EHOSTUNREACH] = WASI_HOSTUNREACH,
    [EIDRM] = WASI_IDRM,
    [EILSEQ] = WASI_ILSEQ,
    [EINPROGRESS] = WASI_INPROGRESS,
    [EINTR] = WASI_INTR,
    [EINVAL] = WASI_INVAL,
    [EIO] = WASI_IO,
    [EISCONN] = WASI_ISCONN,
    [EISDIR] = WASI_ISDIR,
    [ELOOP] = WASI_LOOP,
    [EMFILE] = WASI_MFILE,
    [EMLINK] = WASI_MLINK,
    [EMSGSIZE] = WASI_MSGSIZE,
    [EMULTIHOP] = WASI_MULTIHOP,
    [ENAMETOOLONG] = WASI_NAMETOOLONG,
    [ENETDOWN] = WASI_NETDOWN,
    [ENETRESET] = WASI_NETRESET,
    [ENETUNREACH] = WASI_NETUNREACH,
    [ENFILE] = WASI_NFILE,
    [ENOBUFS] = WASI_NOBUFS,
    [ENODEV] = WASI_NODEV,
    [ENOENT] = WASI_NOENT,
    [ENOEXEC] = WASI_NOEXEC,
    [ENOLCK] = WASI_NOLCK,
    [ENOLINK] = WASI_NOLINK,
    [ENOMEM] = WASI_NOMEM,
    [ENOMSG] = WASI_NOMSG,
    [ENOPROTOOPT] = WASI_NOPROTOOPT,
    [ENOSPC] = WASI_NOSPC,
    [ENOSYS] = WASI_NOSYS,
    [ENOTCONN] = WASI_NOTCONN,
    [ENOTDIR] = WASI_NOTDIR,
    [ENOTEMPTY] = WASI_NOTEMPTY,
    [ENOTRECOVERABLE] = WASI_NOTRECOVERABLE,
    [ENOTSOCK] = WASI_NOTSOCK,
    [EOPNOTSUPP] = WASI_NOTSUP,
    [ENOTTY] = WASI_NOTTY,
    [ENXIO] = WASI_NXIO,
    [EOVERFLOW] = WASI_OVERFLOW,
    [EOWNERDEAD] = WASI_OWNERDEAD,
    [EPERM] = WASI_PERM,
    [EPIPE] = WASI_PIPE,
    [EPROTO] = WASI_PROTO,
    [EPROTONOSUPPORT] = WASI_PROTONOSUPPORT,
    [EPROTOTYPE] = WASI_PROTOTYPE,
    [ERANGE] = WASI_RANGE,
    [EROFS] = WASI_ROFS,
    [ESHUTDOWN] = WASI_PIPE,
    [ESOCKTNOSUPPORT] = WASI_NOTSUP,
    [ESPIPE] = WASI_SPIPE,
    [ESRCH] = WASI_SRCH,
    [ESTALE] = WASI_STALE,
    [ETIMEDOUT] = WASI_TIMEDOUT,
    [ETXTBSY] = WASI_TXTBSY,
    [EXDEV] = WASI_XDEV,
};

uint32_t wr__wasi_from_errno(int host_errno) {
  if (host_errno == 0) return WASI_SUCCESS;
  if (host_errno < 0 || (size_t)host_errno >= sizeof from_errno) return WASI_IO;
  return from_errno[host_errno] ? from_errno[host_errno] : WASI_IO;
}

uint32_t wr__wasi_errno_now(void) { return wr__wasi_from_errno(errno ? errno : EIO); }

const char *wr__wasi_errno_name(uint32_t wasi_errno) {
  static const char *const names[] = {
#define X(name) #name,
      WR__WASI_ERRNOS(X)
#undef X
  };
  return wasi_errno < sizeof names / sizeof names[0] ? names[wasi_errno] : "?";
}
