/* The network: addresses as the guest writes them, and the rules that say what may be reached. */
#ifndef WR__WASI_NET_H
#define WR__WASI_NET_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "wasi.h"

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
const struct wr__local *wr__net_local(wr__call *call, wr__net_action action,
                                      const wr__address *address);
/* Puts the path of its rule for the address that a local socket was bound at. */
void wr__net_name_local(const wr_wasi_t *wasi, wr__address *address);
bool wr__net_may_reach(wr__call *call, wr__net_action action, const wr__address *address);
/* The same without a line in the log. */
bool wr__net_allows(wr_wasi_t *wasi, wr__net_action action, const wr__address *address);
bool wr__net_may_resolve(wr__call *call, const char *name);
/* The guest was told that name has this address: what rules say of the name holds for it. */
void wr__net_resolved(wr__call *call, const char *name, const wr__address *address);
void wr__net_delete(struct wr__net *net);

/* ---- address.c */
/* From the guest's {pointer, size}: 4 or 16 bytes of an IP address, or 128 with the family before
 * it. family is the socket's AF_*. */
uint32_t wr__address_read(const wr__call *call, uint64_t at, uint32_t port, wr__address *out);
/* Into the 128 bytes that the guest's {pointer, size} names: family and address. */
uint32_t wr__address_write(const wr__call *call, uint64_t at, const wr__address *address);
/* The first revision: only the address, 4 or 16 bytes. */
uint32_t wr__address_write_v1(const wr__call *call, uint64_t at, const wr__address *address);
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

/* WASI's numbers of address families. */
enum { WASI_AF_UNSPEC = 0, WASI_AF_INET4 = 1, WASI_AF_INET6 = 2, WASI_AF_UNIX = 3 };
enum { WASI_SOCK_ANY = 0, WASI_SOCK_DGRAM = 1, WASI_SOCK_STREAM = 2 };
uint8_t wr__address_wasi_family(int host_family);

/* ---- resolve_*.c */
#define WR__MAX_RESOLVED 64
/* The addresses of a name, at most WR__MAX_RESOLVED; family is AF_UNSPEC, AF_INET or AF_INET6.
 * Waits beside the store's event. */
uint32_t wr__resolve(wr__call *call, const char *name, int family,
                     wr__address out[WR__MAX_RESOLVED], uint32_t *count);

#endif
