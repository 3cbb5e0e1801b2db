/* The network: addresses, sockets, and the rules that say what may be reached. */
#ifndef WR__WASI_NET_H
#define WR__WASI_NET_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "host.h"

/* An address of the host, with its port. */
typedef struct wr__address {
  union {
    struct sockaddr any;
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    struct sockaddr_un local;
    struct sockaddr_storage storage;
  } of;
  socklen_t size;
} wr__address;

typedef enum wr__net_action { WR__NET_CONNECT, WR__NET_LISTEN, WR__NET_RESOLVE } wr__net_action;

/* ---- net.c: the rules. Checked, logged when denied. Addresses of local sockets have a function of
 * their own, for a rule is more than its path: NULL where none allows it. */
const struct wr__local *wr__net_local(wr__op *op, wr__net_action action,
                                      const wr__address *address);
/* Puts the path of its rule for the address that a local socket was bound at. */
void wr__net_name_local(const wr_wasi_t *wasi, wr__address *address);
bool wr__net_may_reach(wr__op *op, wr__net_action action, const wr__address *address);
/* The same without a line in the log. */
bool wr__net_allows(wr_wasi_t *wasi, wr__net_action action, const wr__address *address);
bool wr__net_may_resolve(wr__op *op, const char *name);
/* The guest was told that name has this address: what rules say of the name holds for it. */
void wr__net_resolved(wr__op *op, const char *name, const wr__address *address);
void wr__net_delete(struct wr__net *net);

/* ---- address.c */
void wr__address_set_in4(wr__address *out, const void *bytes, uint16_t port);
void wr__address_set_in6(wr__address *out, const void *bytes, uint16_t port);
/* A path of size bytes at most, which ends at its first NUL. */
int wr__address_set_local(wr__address *out, const char *path, size_t size_bytes);
uint16_t wr__address_port(const wr__address *address);
/* As a person writes it, for the log. */
void wr__address_text(const wr__address *address, char *out, size_t size);
/* "1.2.3.4" or "::1", without a port. False for anything else. */
bool wr__address_parse(const char *text, uint16_t port, wr__address *out);
/* Of the internet: not of this machine, this link or a private network. */
bool wr__address_is_public(const wr__address *address);
bool wr__address_is_loopback(const wr__address *address);
/* Are the first bits the same? Addresses of two families never are. */
bool wr__address_in_range(const wr__address *range, unsigned bits, const wr__address *address);
/* An IPv4 address that is written as an IPv6 one becomes what it means. */
void wr__address_normalize(wr__address *address);

/* ---- resolve_*.c */
#define WR__MAX_RESOLVED 64
/* The addresses of a name, at most WR__MAX_RESOLVED; family is AF_UNSPEC, AF_INET or AF_INET6.
 * Waits beside the store's event. */
int wr__resolve(wr__op *op, const char *name, int family, wr__address out[WR__MAX_RESOLVED],
                uint32_t *count);

/* ---- socket.c. The host's sockets never block: operations wait beside the store's event, unless
 * the descriptor has WR__FDFLAG_NONBLOCK (EAGAIN; EINPROGRESS). Every address goes through the
 * rules before the host sees it. */
/* family: AF_*; type: SOCK_* */
int wr__socket_open(int family, int type, wr__desc **out);
int wr__socket_bind(wr__op *op, wr__desc *desc, const wr__address *address);
/* To no address that anybody could know, as the host does when a datagram is sent: no rule is
 * asked, and only what peers send that a rule allows to send to is received. */
int wr__socket_bind_any(wr__desc *desc);
int wr__socket_listen(wr__op *op, wr__desc *desc, uint32_t backlog);
int wr__socket_accept(wr__op *op, wr__desc *listener, wr__desc **out);
int wr__socket_connect(wr__op *op, wr__desc *desc, const wr__address *address);
typedef struct wr__receive {
  bool peek;
  bool wait_all;
  wr__address *from; /* NULL: of no interest, and then whoever sends is heard */
  /* results */
  size_t done;
  bool cut; /* a datagram was longer */
} wr__receive;
int wr__socket_receive(wr__op *op, wr__desc *desc, struct iovec *iov, uint32_t count,
                       wr__receive *how);
int wr__socket_send_to(wr__op *op, wr__desc *desc, struct iovec *iov, uint32_t count,
                       const wr__address *to, size_t *done);
int wr__socket_shutdown(const wr__desc *desc, int how);
/* Its own address, or its peer's. */
int wr__socket_name(wr__op *op, const wr__desc *desc, bool of_peer, wr__address *out);
int wr__socket_get_option(const wr__desc *desc, int level, int option, int *value);
int wr__socket_set_option(const wr__desc *desc, int level, int option, int value);
int wr__socket_get_linger(const wr__desc *desc, struct linger *out);
int wr__socket_set_linger(wr__desc *desc, const struct linger *linger);

#endif
