/* sockets.h for wasm32-wasi: the extension's imports, and errno from what they return. */
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

typedef struct span {
  void *data;
  uint32_t size;
} span;

IMPORT("sock_open") uint32_t import_open(uint32_t family, uint32_t type, int *fd);
IMPORT("sock_bind") uint32_t import_bind(int fd, span *address, uint32_t port);
IMPORT("sock_listen") uint32_t import_listen(int fd, uint32_t backlog);
IMPORT("sock_accept") uint32_t import_accept(int fd, uint32_t flags, int *accepted);
IMPORT("sock_connect") uint32_t import_connect(int fd, span *address, uint32_t port);
IMPORT("sock_setsockopt")
uint32_t import_set_option(int fd, uint32_t level, uint32_t name, void *value, uint32_t size);
IMPORT("sock_getlocaladdr_v2") uint32_t import_local(int fd, span *address, uint32_t *port);
IMPORT("sock_send_to")
uint32_t import_send_to(int fd, const span *data, uint32_t count, span *address, uint32_t port,
                        uint32_t flags, uint32_t *sent);
IMPORT("sock_recv_from_v2")
uint32_t import_receive_from(int fd, const span *data, uint32_t count, span *address,
                             uint32_t flags, uint32_t *port, uint32_t *received,
                             uint16_t *out_flags);
IMPORT("sock_getaddrinfo")
uint32_t import_lookup(const char *node, uint32_t node_size, const char *service,
                       uint32_t service_size, const void *hints, void *results, uint32_t most,
                       uint32_t *count);

/* The errno of wasi-libc is WASI's own number. */
static int result(uint32_t error) {
  if (error == 0) return 0;
  errno = (int)error;
  return -1;
}

static span address_span(const sockets_address *address) {
  return (span){(void *)address->bytes, address->family == SOCKETS_INET4 ? 4 : 16};
}

int sockets_open(int family, int type) {
  int fd = -1;
  return result(import_open((uint32_t)family, (uint32_t)type, &fd)) == 0 ? fd : -1;
}

int sockets_bind(int fd, const sockets_address *address) {
  span bytes = address_span(address);
  return result(import_bind(fd, &bytes, address->port));
}

int sockets_listen(int fd, int backlog) { return result(import_listen(fd, (uint32_t)backlog)); }

int sockets_accept(int fd) {
  int accepted = -1;
  return result(import_accept(fd, 0, &accepted)) == 0 ? accepted : -1;
}

int sockets_connect(int fd, const sockets_address *address) {
  span bytes = address_span(address);
  return result(import_connect(fd, &bytes, address->port));
}

ssize_t sockets_send_to(int fd, const void *data, size_t size, const sockets_address *to) {
  span bytes = address_span(to), buffer = {(void *)data, size};
  uint32_t sent = 0;
  if (result(import_send_to(fd, &buffer, 1, &bytes, to->port, 0, &sent)) != 0) return -1;
  return (ssize_t)sent;
}

/* From the 128 bytes of an address with its family. */
static void read_storage(const uint8_t storage[128], uint32_t port, sockets_address *out) {
  out->family = storage[0];
  out->port = (uint16_t)port;
  memcpy(out->bytes, storage + 2, sizeof out->bytes);
}

ssize_t sockets_receive_from(int fd, void *data, size_t size, sockets_address *from) {
  uint8_t storage[128] = {0};
  span address = {storage, sizeof storage}, buffer = {data, size};
  uint32_t port = 0, received = 0;
  uint16_t flags = 0;
  if (result(import_receive_from(fd, &buffer, 1, &address, 0, &port, &received, &flags)) != 0)
    return -1;
  read_storage(storage, port, from);
  return (ssize_t)received;
}

int sockets_local_address(int fd, sockets_address *out) {
  uint8_t storage[128] = {0};
  span address = {storage, sizeof storage};
  uint32_t port = 0;
  if (result(import_local(fd, &address, &port)) != 0) return -1;
  read_storage(storage, port, out);
  return 0;
}

int sockets_reuse_address(int fd) {
  int32_t on = 1;
  return result(import_set_option(fd, 0, 0, &on, sizeof on));
}

/* The extension's struct addrinfo with one place for a result. */
typedef struct lookup_sockaddr {
  uint8_t family;
  uint32_t size;
  uint8_t *data;
} lookup_sockaddr;

typedef struct lookup_info {
  uint16_t flags;
  uint8_t family, type, protocol;
  uint32_t address_size;
  lookup_sockaddr *address;
  char *name;
  uint32_t name_size;
  struct lookup_info *next;
} lookup_info;

int sockets_lookup(const char *host, uint16_t port, sockets_address *out) {
  uint8_t data[26] = {0};
  lookup_sockaddr address = {.size = sizeof data, .data = data};
  lookup_info hints = {.type = SOCKETS_STREAM}, found = {.address = &address};
  lookup_info *results = &found;
  uint32_t count = 0;
  if (result(import_lookup(host, strlen(host), "", 0, &hints, &results, 1, &count)) != 0) return -1;
  if (count == 0) return result(ENOENT);
  out->family = found.family;
  out->port = port;
  memcpy(out->bytes, data + (out->family == SOCKETS_INET4 ? 2 : 6),
         out->family == SOCKETS_INET4 ? 4 : 16);
  return 0;
}
