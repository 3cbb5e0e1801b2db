/* What the files of sockets share: WASI's numbers, addresses as the guest writes them. */
#ifndef WR__WASI_SOCKETS_H
#define WR__WASI_SOCKETS_H

#include "../host/net.h"
#include "p1.h"

/* WASI's numbers of address families. */
enum { WASI_AF_UNSPEC = 0, WASI_AF_INET4 = 1, WASI_AF_INET6 = 2, WASI_AF_UNIX = 3 };
enum { WASI_SOCK_ANY = 0, WASI_SOCK_DGRAM = 1, WASI_SOCK_STREAM = 2 };
uint8_t wr__p1_family(int host_family);

/* A descriptor of a socket with these rights. */
int wr__p1_socket(wr__call *call, uint64_t fd, uint64_t rights, wr__desc **out);

/* From the guest's {pointer, size}: 4 or 16 bytes of an IP address, or 128 with the family before
 * it. */
int wr__p1_read_address(const wr__call *call, uint64_t at, uint32_t port, wr__address *out);
/* Into the 128 bytes that the guest's {pointer, size} names: family and address. */
int wr__p1_write_address(const wr__call *call, uint64_t at, const wr__address *address);
/* The first revision: only the address, 4 or 16 bytes. */
int wr__p1_write_address_v1(const wr__call *call, uint64_t at, const wr__address *address);

#endif
