/* sockets.h over the host's own sockets, to run the same program natively. */
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

static socklen_t to_host(const sockets_address *from, struct sockaddr_storage *out) {
  memset(out, 0, sizeof *out);
  if (from->family == SOCKETS_INET4) {
    struct sockaddr_in *in4 = (struct sockaddr_in *)out;
    in4->sin_family = AF_INET;
    in4->sin_port = htons(from->port);
    memcpy(&in4->sin_addr, from->bytes, 4);
    return sizeof *in4;
  }
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(from->port);
  memcpy(&in6->sin6_addr, from->bytes, 16);
  return sizeof *in6;
}

static void from_host(const struct sockaddr_storage *from, sockets_address *out) {
  memset(out, 0, sizeof *out);
  if (from->ss_family == AF_INET) {
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)from;
    out->family = SOCKETS_INET4;
    out->port = ntohs(in4->sin_port);
    memcpy(out->bytes, &in4->sin_addr, 4);
  } else {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
    out->family = SOCKETS_INET6;
    out->port = ntohs(in6->sin6_port);
    memcpy(out->bytes, &in6->sin6_addr, 16);
  }
}

int sockets_lookup(const char *host, uint16_t port, sockets_address *out) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  if (getaddrinfo(host, NULL, &hints, &found) != 0) {
    errno = ENOENT;
    return -1;
  }
  struct sockaddr_storage storage = {0};
  memcpy(&storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  from_host(&storage, out);
  out->port = port;
  return 0;
}

int sockets_open(int family, int type) {
  return socket(family == SOCKETS_INET4 ? AF_INET : AF_INET6,
                type == SOCKETS_STREAM ? SOCK_STREAM : SOCK_DGRAM, 0);
}

int sockets_bind(int fd, const sockets_address *address) {
  struct sockaddr_storage storage;
  socklen_t size = to_host(address, &storage);
  return bind(fd, (struct sockaddr *)&storage, size);
}

int sockets_listen(int fd, int backlog) { return listen(fd, backlog); }

int sockets_accept(int fd) { return accept(fd, NULL, NULL); }

int sockets_connect(int fd, const sockets_address *address) {
  struct sockaddr_storage storage;
  socklen_t size = to_host(address, &storage);
  return connect(fd, (struct sockaddr *)&storage, size);
}

ssize_t sockets_send_to(int fd, const void *data, size_t size, const sockets_address *to) {
  struct sockaddr_storage storage;
  socklen_t address_size = to_host(to, &storage);
  return sendto(fd, data, size, 0, (struct sockaddr *)&storage, address_size);
}

ssize_t sockets_receive_from(int fd, void *data, size_t size, sockets_address *from) {
  struct sockaddr_storage storage = {0};
  socklen_t address_size = sizeof storage;
  ssize_t received = recvfrom(fd, data, size, 0, (struct sockaddr *)&storage, &address_size);
  if (received >= 0) from_host(&storage, from);
  return received;
}

int sockets_local_address(int fd, sockets_address *out) {
  struct sockaddr_storage storage = {0};
  socklen_t size = sizeof storage;
  if (getsockname(fd, (struct sockaddr *)&storage, &size) != 0) return -1;
  from_host(&storage, out);
  return 0;
}

int sockets_reuse_address(int fd) {
  int on = 1;
  return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}
