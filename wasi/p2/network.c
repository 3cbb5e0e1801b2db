/* What sockets have in common: error codes, addresses, options, names.
 * Spec: wasi:sockets/network, ip-name-lookup. */
#include "sockets.h"

#include <stdlib.h>

#define INVALID_ARGUMENT WR__P2_NET_CODE(WR__P2_NET_INVALID_ARGUMENT)

uint32_t wr__p2_net_error(int error) {
  if (error >= WR__P2_NET_CODE(0)) return (uint32_t)(error - WR__P2_NET_CODE(0));
  switch (error) {
    case EACCES:
    case EPERM:
    case WR__ENOTCAPABLE:
      return WR__P2_NET_ACCESS_DENIED;
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ENOPROTOOPT:
    case ENOSYS:
      return WR__P2_NET_NOT_SUPPORTED;
    case EINVAL:
    case EDESTADDRREQ:
      return WR__P2_NET_INVALID_ARGUMENT;
    case ENOMEM:
    case ENOBUFS:
      return WR__P2_NET_OUT_OF_MEMORY;
    case ETIMEDOUT:
      return WR__P2_NET_TIMEOUT;
    case EALREADY:
      return WR__P2_NET_CONCURRENCY_CONFLICT;
    case EAGAIN:
      return WR__P2_NET_WOULD_BLOCK;
    case ENOTCONN:
    case EISCONN:
      return WR__P2_NET_INVALID_STATE;
    case EMFILE:
    case ENFILE:
      return WR__P2_NET_NEW_SOCKET_LIMIT;
    case EADDRNOTAVAIL:
      return WR__P2_NET_ADDRESS_NOT_BINDABLE;
    case EADDRINUSE:
      return WR__P2_NET_ADDRESS_IN_USE;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
      return WR__P2_NET_REMOTE_UNREACHABLE;
    case ECONNREFUSED:
      return WR__P2_NET_CONNECTION_REFUSED;
    case ECONNRESET:
    case EPIPE:
      return WR__P2_NET_CONNECTION_RESET;
    case ECONNABORTED:
      return WR__P2_NET_CONNECTION_ABORTED;
    case EMSGSIZE:
      return WR__P2_NET_DATAGRAM_TOO_LARGE;
    case ENOENT:
      return WR__P2_NET_NAME_UNRESOLVABLE;
    default:
      return WR__P2_NET_UNKNOWN;
  }
}

static bool is_multicast(const wr__address *address) {
  if (address->of.any.sa_family == AF_INET6)
    return IN6_IS_ADDR_MULTICAST(&address->of.in6.sin6_addr);
  uint32_t in4 = ntohl(address->of.in4.sin_addr.s_addr);
  return IN_MULTICAST(in4) || in4 == INADDR_BROADCAST;
}

static bool is_unspecified(const wr__address *address) {
  return address->of.any.sa_family == AF_INET ? address->of.in4.sin_addr.s_addr == INADDR_ANY
                                              : IN6_IS_ADDR_UNSPECIFIED(&address->of.in6.sin6_addr);
}

int wr__p2_check_address(const wr__desc *desc, const wr__address *address, bool remote) {
  bool is6 = address->of.any.sa_family == AF_INET6;
  if (address->of.any.sa_family != desc->socket_family) return INVALID_ARGUMENT;
  if (is6 && IN6_IS_ADDR_V4MAPPED(&address->of.in6.sin6_addr)) return INVALID_ARGUMENT;
  if (is_multicast(address)) return INVALID_ARGUMENT;
  if (remote && (is_unspecified(address) || wr__address_port(address) == 0))
    return INVALID_ARGUMENT;
  return 0;
}

void wr__p2_settle_socket(wr__desc *desc) {
  desc->only_v6 = true;
  if (desc->socket_family == AF_INET6) wr__socket_set_option(desc, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

int wr__p2_hop_limit(const wr__desc *desc, uint8_t *out) {
  bool is6 = desc->socket_family == AF_INET6;
  int value, error = wr__socket_get_option(desc, is6 ? IPPROTO_IPV6 : IPPROTO_IP,
                                           is6 ? IPV6_UNICAST_HOPS : IP_TTL, &value);
  if (error == 0) *out = (uint8_t)value;
  return error;
}

int wr__p2_set_hop_limit(const wr__desc *desc, uint8_t value) {
  bool is6 = desc->socket_family == AF_INET6;
  if (value == 0) return INVALID_ARGUMENT;
  return wr__socket_set_option(desc, is6 ? IPPROTO_IPV6 : IPPROTO_IP,
                               is6 ? IPV6_UNICAST_HOPS : IP_TTL, value);
}

/* Linux doubles what is asked for, and says so. */
int wr__p2_buffer_size(const wr__desc *desc, int option, uint64_t *out) {
  int value, error = wr__socket_get_option(desc, SOL_SOCKET, option, &value);
  if (error == 0) *out = (uint64_t)(value > 1 ? value / 2 : 1);
  return error;
}

int wr__p2_set_buffer_size(const wr__desc *desc, int option, uint64_t value) {
  if (value == 0) return INVALID_ARGUMENT;
  return wr__socket_set_option(desc, SOL_SOCKET, option,
                               (int)(value < INT32_MAX / 2 ? value : INT32_MAX / 2));
}

/* ---- names */

/* The resolver's failures have codes of their own. */
static int resolver_error(int error) {
  switch (error) {
    case EAGAIN:
    case ETIMEDOUT:
      return WR__P2_NET_CODE(WR__P2_NET_TEMPORARY_RESOLVER_FAILURE);
    case ENOSYS:
      return WR__P2_NET_CODE(WR__P2_NET_PERMANENT_RESOLVER_FAILURE);
    default:
      return error;
  }
}

static int ask(wr__op *op, const char *name, wr__address found[WR__MAX_RESOLVED], uint32_t *count) {
  *count = 1;
  if (wr__address_parse(name, 0, &found[0])) return 0;
  if (!wr__net_may_resolve(op, name)) return EACCES;
  int error = wr__resolve(op, name, AF_UNSPEC, found, count);
  for (uint32_t i = 0; error == 0 && i < *count; i++) wr__net_resolved(op, name, &found[i]);
  return error == EINTR ? error : resolver_error(error);
}

/* Only characters that a host's name has, so that what resolves it sees nothing else. */
static bool is_name(const char *name, size_t size) {
  if (size == 0 || size > 253) return false;
  for (size_t i = 0; i < size; i++)
    if ((unsigned char)name[i] <= ' ' || (unsigned char)name[i] >= 0x7f) return false;
  return true;
}

int wr__p2_resolve(wr__op *op, wr__p2 *p2, const char *name, size_t size, wr__p2_addresses **out) {
  wr__address found[WR__MAX_RESOLVED];
  char text[256];
  uint32_t count = 0;
  if (!is_name(name, size)) return INVALID_ARGUMENT;
  memcpy(text, name, size);
  text[size] = 0;
  int error = ask(op, text, found, &count);
  if (error != 0) return error;
  wr__p2_addresses *addresses =
      wr__p2_new(p2, WR__P2_ADDRESSES, sizeof *addresses + count * sizeof *found, false);
  if (!addresses) return errno;
  addresses->count = count;
  memcpy(addresses->list, found, count * sizeof *found);
  *out = addresses;
  return 0;
}
