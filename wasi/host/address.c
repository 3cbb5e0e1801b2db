/* Addresses: the host's, text, and which of them are public. */
#include "net.h"

#include <arpa/inet.h>
#include <stdio.h>

void wr__address_set_in4(wr__address *out, const void *bytes, uint16_t port) {
  *out = (wr__address){.size = sizeof out->of.in4};
  out->of.in4.sin_family = AF_INET;
  out->of.in4.sin_port = htons(port);
  memcpy(&out->of.in4.sin_addr, bytes, 4);
}

void wr__address_set_in6(wr__address *out, const void *bytes, uint16_t port) {
  *out = (wr__address){.size = sizeof out->of.in6};
  out->of.in6.sin6_family = AF_INET6;
  out->of.in6.sin6_port = htons(port);
  memcpy(&out->of.in6.sin6_addr, bytes, 16);
}

int wr__address_set_local(wr__address *out, const char *path, size_t size) {
  size_t length = strnlen(path, size);
  if (length == 0) return EINVAL; /* no abstract names: nothing governs them */
  if (length >= sizeof out->of.local.sun_path) return ENAMETOOLONG;
  *out = (wr__address){.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1)};
  out->of.local.sun_family = AF_UNIX;
  memcpy(out->of.local.sun_path, path, length);
  return 0;
}

static bool same_prefix(const void *a, const void *b, unsigned bits) {
  const uint8_t *x = a, *y = b;
  unsigned bytes = bits / 8;
  if (memcmp(x, y, bytes) != 0) return false;
  return bits % 8 == 0 || (x[bytes] ^ y[bytes]) >> (8 - bits % 8) == 0;
}

bool wr__address_in_range(const wr__address *range, unsigned bits, const wr__address *address) {
  if (range->of.any.sa_family != address->of.any.sa_family) return false;
  if (range->of.any.sa_family == AF_INET)
    return same_prefix(&range->of.in4.sin_addr, &address->of.in4.sin_addr, bits);
  return same_prefix(&range->of.in6.sin6_addr, &address->of.in6.sin6_addr, bits);
}

typedef struct text_range {
  const char *text;
  unsigned bits;
} text_range;

static bool in_ranges(const text_range *ranges, size_t count, const wr__address *address) {
  wr__address range;
  for (size_t i = 0; i < count; i++)
    if (wr__address_parse(ranges[i].text, 0, &range) &&
        wr__address_in_range(&range, ranges[i].bits, address))
      return true;
  return false;
}

/* The IPv4 address in an IPv6 one that leads there: RFC 6052 (NAT64), RFC 3056 (6to4), and the
 * compatible form of RFC 4291. */
static bool embedded_in4(const wr__address *address, wr__address *out) {
  static const struct {
    text_range range;
    unsigned at;
  } forms[] = {{{"64:ff9b::", 96}, 12}, {{"2002::", 16}, 2}, {{"::", 96}, 12}};
  wr__address range;
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    if (!wr__address_parse(forms[i].range.text, 0, &range) ||
        !wr__address_in_range(&range, forms[i].range.bits, address))
      continue;
    wr__address_set_in4(out, address->of.in6.sin6_addr.s6_addr + forms[i].at, 0);
    return true;
  }
  return false;
}

/* The registries of special purpose addresses of RFC 6890, what is not globally reachable. */
bool wr__address_is_public(const wr__address *given) {
  static const text_range special[] = {{"0.0.0.0", 8},      {"10.0.0.0", 8},     {"100.64.0.0", 10},
                                       {"127.0.0.0", 8},    {"169.254.0.0", 16}, {"172.16.0.0", 12},
                                       {"192.0.0.0", 24},   {"192.168.0.0", 16}, {"198.18.0.0", 15},
                                       {"224.0.0.0", 4},    {"240.0.0.0", 4},    {"::", 127},
                                       {"64:ff9b:1::", 48}, {"fc00::", 7},       {"fe80::", 10},
                                       {"fec0::", 10},      {"ff00::", 8}};
  wr__address address = *given, inner;
  wr__address_normalize(&address);
  if (address.of.any.sa_family == AF_UNIX) return false;
  if (in_ranges(special, sizeof special / sizeof special[0], &address)) return false;
  return address.of.any.sa_family != AF_INET6 || !embedded_in4(&address, &inner) ||
         !in_ranges(special, sizeof special / sizeof special[0], &inner);
}

bool wr__address_is_loopback(const wr__address *given) {
  static const text_range loopback[] = {{"127.0.0.0", 8}, {"::1", 128}};
  wr__address address = *given;
  wr__address_normalize(&address);
  return in_ranges(loopback, sizeof loopback / sizeof loopback[0], &address);
}

uint16_t wr__address_port(const wr__address *address) {
  switch (address->of.any.sa_family) {
    case AF_INET:
      return ntohs(address->of.in4.sin_port);
    case AF_INET6:
      return ntohs(address->of.in6.sin6_port);
    default:
      return 0;
  }
}

void wr__address_text(const wr__address *address, char *out, size_t size) {
  char text[INET6_ADDRSTRLEN] = "?";
  switch (address->of.any.sa_family) {
    case AF_INET:
      inet_ntop(AF_INET, &address->of.in4.sin_addr, text, sizeof text);
      snprintf(out, size, "%s:%u", text, wr__address_port(address));
      break;
    case AF_INET6:
      inet_ntop(AF_INET6, &address->of.in6.sin6_addr, text, sizeof text);
      snprintf(out, size, "[%s]:%u", text, wr__address_port(address));
      break;
    case AF_UNIX:
      snprintf(out, size, "unix:%s", address->of.local.sun_path);
      break;
    default:
      snprintf(out, size, "?");
  }
}

bool wr__address_parse(const char *text, uint16_t port, wr__address *out) {
  uint8_t bytes[16];
  if (inet_pton(AF_INET, text, bytes) == 1) {
    wr__address_set_in4(out, bytes, port);
    return true;
  }
  if (inet_pton(AF_INET6, text, bytes) != 1) return false;
  wr__address_set_in6(out, bytes, port);
  return true;
}

void wr__address_normalize(wr__address *address) {
  if (address->of.any.sa_family != AF_INET6) return;
  struct in6_addr bytes = address->of.in6.sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&bytes))
    wr__address_set_in4(address, bytes.s6_addr + 12, wr__address_port(address));
}
