/* Sockets for C programs that are built for wasm32-wasi, over the extension of
 * wasi_snapshot_preview1 that several runtimes offer. wasi-libc has read, write, recv, send, poll,
 * shutdown and close, which work on these descriptors; here is what it lacks.
 *
 * Every function returns -1 and sets errno where it fails: EACCES where the runtime was not told
 * to allow it.
 *
 * Link with sockets_wasi.c for wasm32-wasi, or with sockets_posix.c to run the same program
 * natively. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SOCKETS_INET4 = 1, SOCKETS_INET6 = 2 };
enum { SOCKETS_DATAGRAM = 1, SOCKETS_STREAM = 2 };

/* An address: 4 or 16 bytes, as they are on the wire. */
typedef struct sockets_address {
  int family;
  uint8_t bytes[16];
  uint16_t port;
} sockets_address;

/* "127.0.0.1" or "::1" or a name into an address. */
int sockets_lookup(const char *host, uint16_t port, sockets_address *out);

int sockets_open(int family, int type);
int sockets_bind(int fd, const sockets_address *address);
int sockets_listen(int fd, int backlog);
int sockets_accept(int fd);
int sockets_connect(int fd, const sockets_address *address);
ssize_t sockets_send_to(int fd, const void *data, size_t size, const sockets_address *to);
ssize_t sockets_receive_from(int fd, void *data, size_t size, sockets_address *from);
int sockets_local_address(int fd, sockets_address *out);
/* Lets the next server use a port at once. */
int sockets_reuse_address(int fd);

#endif
