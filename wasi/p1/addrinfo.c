/* sock_getaddrinfo of the socket extension. The guest passes a list of structures that it made, and
 * what was found is written into them. */
#include "sockets.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

/* struct addrinfo of the extension, and its sockaddr: {family, size, pointer}. */
enum {
  INFO_SIZE = 28,
  INFO_FLAGS = 0,
  INFO_FAMILY = 2,
  INFO_SOCKTYPE = 3,
  INFO_PROTOCOL = 4,
  INFO_ADDRLEN = 8,
  INFO_ADDR = 12,
  INFO_CANONNAME_SIZE = 20,
  INFO_NEXT = 24,
  SOCKADDR_SIZE = 12,
  SOCKADDR_DATA_SIZE = 4,
  SOCKADDR_DATA = 8,
  DATA_SIZE_IN4 = 14,
  DATA_SIZE_IN6 = 26,
};
enum { FLAG_PASSIVE = 1, FLAG_NUMERICHOST = 4 };
enum { PROTOCOL_TCP = 1, PROTOCOL_UDP = 2 };

typedef struct query {
  char node[256];
  char service[64];
  uint16_t flags;
  uint8_t family; /* WASI_AF_* */
  uint8_t socktype;
  uint16_t port;
} query;

/* A text of the guest, which may count its terminator. */
static int read_text(const wr__call *call, uint64_t at, uint64_t size, char *out, size_t capacity) {
  size &= UINT32_MAX;
  const uint8_t *bytes = wr__guest_bytes(call, at, size);
  if (!bytes) return EFAULT;
  size_t length = strnlen((const char *)bytes, size);
  if (length >= capacity) return ENAMETOOLONG;
  memcpy(out, bytes, length);
  out[length] = 0;
  return strlen(out) == length ? 0 : EINVAL;
}

/* Names of services that a guest has reason to use; the host's table is not ours to read. */
static int read_port(query *q) {
  static const struct {
    const char *name;
    uint16_t port;
  } services[] = {{"http", 80}, {"https", 443}, {"domain", 53}, {"ftp", 21},  {"ssh", 22},
                  {"smtp", 25}, {"imap", 143},  {"imaps", 993}, {"ntp", 123}, {"", 0}};
  char *end;
  unsigned long port = strtoul(q->service, &end, 10);
  if (end != q->service && *end == 0 && q->service[0] != '-') {
    q->port = (uint16_t)port;
    return port <= UINT16_MAX ? 0 : EINVAL;
  }
  for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
    if (strcmp(q->service, services[i].name) != 0) continue;
    q->port = services[i].port;
    return 0;
  }
  return ENOENT;
}

static int read_query(const wr__call *call, const uint64_t *args, query *q) {
  const uint8_t *hints = wr__guest_bytes(call, args[4], INFO_SIZE);
  if (!hints) return EFAULT;
  q->flags = wr__wire_load16(hints + INFO_FLAGS);
  q->family = hints[INFO_FAMILY];
  q->socktype = hints[INFO_SOCKTYPE];
  if (q->family > WASI_AF_INET6) return EAFNOSUPPORT;
  if (q->socktype > WASI_SOCK_STREAM) return EINVAL;
  int error = read_text(call, args[0], args[1], q->node, sizeof q->node);
  if (error == 0) error = read_text(call, args[2], args[3], q->service, sizeof q->service);
  return error == 0 ? read_port(q) : error;
}

static int host_family(uint8_t family) {
  return family == WASI_AF_INET4 ? AF_INET : family == WASI_AF_INET6 ? AF_INET6 : AF_UNSPEC;
}

static void set_port(wr__address *address, uint16_t port) {
  if (address->of.any.sa_family == AF_INET)
    address->of.in4.sin_port = htons(port);
  else
    address->of.in6.sin6_port = htons(port);
}

/* Addresses of the node: none is this machine, numbers are themselves, names are asked for. */
static int find(wr__call *call, query *q, wr__address *found, uint32_t *count) {
  int family = host_family(q->family);
  if (q->node[0] == 0) {
    bool any = q->flags & FLAG_PASSIVE;
    if (family == AF_INET6)
      strcpy(q->node, any ? "::" : "::1");
    else
      strcpy(q->node, any ? "0.0.0.0" : "127.0.0.1");
  }
  if (wr__address_parse(q->node, q->port, &found[0])) {
    *count = 1;
    return family == AF_UNSPEC || family == found[0].of.any.sa_family ? 0 : EAFNOSUPPORT;
  }
  if (q->flags & FLAG_NUMERICHOST) return ENOENT;
  if (!wr__net_may_resolve(&call->op, q->node)) return EACCES;
  int error = wr__resolve(&call->op, q->node, family, found, count);
  for (uint32_t i = 0; error == 0 && i < *count; i++) {
    set_port(&found[i], q->port);
    wr__net_resolved(&call->op, q->node, &found[i]);
  }
  return error;
}

/* The host's sa_data: the port, then the address as struct sockaddr_in or _in6 has it. */
static int write_sockaddr(const wr__call *call, uint32_t at, const wr__address *address) {
  uint8_t *out = wr__guest_bytes(call, at, SOCKADDR_SIZE);
  if (!out) return EFAULT;
  bool is4 = address->of.any.sa_family == AF_INET;
  uint32_t size = is4 ? DATA_SIZE_IN4 : DATA_SIZE_IN6;
  uint32_t pointer = wr__wire_load32(out + SOCKADDR_DATA);
  if (wr__wire_load32(out + SOCKADDR_DATA_SIZE) < DATA_SIZE_IN4) return EINVAL;
  uint8_t *data = wr__guest_bytes(call, pointer, size);
  if (!data) return EFAULT;
  memcpy(data, (const char *)&address->of.any + offsetof(struct sockaddr, sa_data), size);
  out[0] = wr__p1_family(address->of.any.sa_family);
  wr__wire_store32(out + SOCKADDR_DATA_SIZE, size);
  return 0;
}

static int write_info(const wr__call *call, uint32_t at, const query *q, const wr__address *address,
                      uint32_t *next) {
  uint8_t *out = wr__guest_bytes(call, at, INFO_SIZE);
  if (!out) return EFAULT;
  *next = wr__wire_load32(out + INFO_NEXT);
  uint32_t sockaddr = wr__wire_load32(out + INFO_ADDR);
  bool datagram = q->socktype == WASI_SOCK_DGRAM;
  wr__wire_store16(out + INFO_FLAGS, q->flags);
  out[INFO_FAMILY] = wr__p1_family(address->of.any.sa_family);
  out[INFO_SOCKTYPE] = datagram ? WASI_SOCK_DGRAM : WASI_SOCK_STREAM;
  out[INFO_PROTOCOL] = datagram ? PROTOCOL_UDP : PROTOCOL_TCP;
  wr__wire_store32(out + INFO_ADDRLEN, address->size);
  wr__wire_store32(out + INFO_CANONNAME_SIZE, 0);
  return write_sockaddr(call, sockaddr, address);
}

int wr__p1_sock_getaddrinfo(wr__call *call, const uint64_t *args) {
  wr__address found[WR__MAX_RESOLVED];
  query q;
  uint32_t count = 0, most = (uint32_t)args[6];
  const uint8_t *first = wr__guest_bytes(call, args[5], 4);
  if (!first || !wr__guest_bytes(call, args[7], 4)) return EFAULT;
  if (most == 0) return EINVAL;
  uint32_t at = wr__wire_load32(first);
  int error = read_query(call, args, &q);
  if (error == 0) error = find(call, &q, found, &count);
  if (count > most) count = most;
  for (uint32_t i = 0; error == 0 && i < count; i++)
    error = write_info(call, at, &q, &found[i], &at);
  if (error == 0) wr__guest_store32(call, args[7], count);
  return error;
}
