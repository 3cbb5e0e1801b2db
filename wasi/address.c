/* Addresses between the guest's form, the host's and text. */
#include "net.h"

#include <arpa/inet.h>
#include <stdio.h>

/* The second revision's storage: a family of 16 bits, and then the address. */
#define STORAGE_SIZE 128u

uint8_t wr__address_wasi_family(int host_family) {
  switch (host_family) {
    case AF_INET:
      return WASI_AF_INET4;
    case AF_INET6:
      return WASI_AF_INET6;
    case AF_UNIX:
      return WASI_AF_UNIX;
    default:
      return WASI_AF_UNSPEC;
  }
}

static void set_in4(wr__address *out, const void *bytes, uint16_t port) {
  *out = (wr__address){.size = sizeof out->of.in4};
  out->of.in4.sin_family = AF_INET;
  out->of.in4.sin_port = htons(port);
  memcpy(&out->of.in4.sin_addr, bytes, 4);
}

static void set_in6(wr__address *out, const void *bytes, uint16_t port) {
  *out = (wr__address){.size = sizeof out->of.in6};
  out->of.in6.sin6_family = AF_INET6;
  out->of.in6.sin6_port = htons(port);
  memcpy(&out->of.in6.sin6_addr, bytes, 16);
}

static uint32_t set_local(wr__address *out, const char *path, size_t size) {
  size_t length = strnlen(path, size);
  if (length == 0) return WASI_INVAL; /* no abstract names: nothing governs them */
  if (length >= sizeof out->of.local.sun_path) return WASI_NAMETOOLONG;
  *out = (wr__address){.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1)};
  out->of.local.sun_family = AF_UNIX;
  memcpy(out->of.local.sun_path, path, length);
  return WASI_SUCCESS;
}

static uint32_t read_storage(const uint8_t *bytes, uint16_t port, wr__address *out) {
  switch (wr__wire_load16(bytes)) {
    case WASI_AF_INET4:
      set_in4(out, bytes + 2, port);
      return WASI_SUCCESS;
    case WASI_AF_INET6:
      set_in6(out, bytes + 2, port);
      return WASI_SUCCESS;
    case WASI_AF_UNIX:
      return set_local(out, (const char *)bytes + 2, STORAGE_SIZE - 2);
    default:
      return WASI_AFNOSUPPORT;
  }
}

/* The guest's {pointer, size}, copied once. */
static uint8_t *read_span(const wr__call *call, uint64_t at, uint32_t *size) {
  const uint8_t *span = wr__guest_bytes(call, at, 8);
  if (!span) return NULL;
  uint32_t pointer = wr__wire_load32(span);
  *size = wr__wire_load32(span + 4);
  return wr__guest_bytes(call, pointer, *size);
}

uint32_t wr__address_read(const wr__call *call, uint64_t at, uint32_t port, wr__address *out) {
  uint32_t size;
  uint8_t copy[STORAGE_SIZE];
  const uint8_t *bytes = read_span(call, at, &size);
  if (!bytes) return WASI_FAULT;
  if (port > UINT16_MAX || size > STORAGE_SIZE) return WASI_INVAL;
  memcpy(copy, bytes, size);
  switch (size) {
    case 4:
      set_in4(out, copy, (uint16_t)port);
      return WASI_SUCCESS;
    case 16:
      set_in6(out, copy, (uint16_t)port);
      return WASI_SUCCESS;
    case STORAGE_SIZE:
      return read_storage(copy, (uint16_t)port, out);
    default:
      return WASI_INVAL;
  }
}

/* The bytes of the address itself. */
static const void *address_bytes(const wr__address *address, size_t *size) {
  switch (address->of.any.sa_family) {
    case AF_INET:
      *size = 4;
      return &address->of.in4.sin_addr;
    case AF_INET6:
      *size = 16;
      return &address->of.in6.sin6_addr;
    case AF_UNIX:
      *size = address->size > offsetof(struct sockaddr_un, sun_path)
                  ? strnlen(address->of.local.sun_path,
                            address->size - offsetof(struct sockaddr_un, sun_path))
                  : 0;
      return address->of.local.sun_path;
    default:
      *size = 0;
      return address;
  }
}

uint32_t wr__address_write(const wr__call *call, uint64_t at, const wr__address *address) {
  uint32_t size;
  size_t length;
  uint8_t *out = read_span(call, at, &size);
  if (!out) return WASI_FAULT;
  if (size < STORAGE_SIZE) return WASI_INVAL;
  const void *bytes = address_bytes(address, &length);
  memset(out, 0, STORAGE_SIZE);
  wr__wire_store16(out, wr__address_wasi_family(address->of.any.sa_family));
  memcpy(out + 2, bytes, length);
  return WASI_SUCCESS;
}

uint32_t wr__address_write_v1(const wr__call *call, uint64_t at, const wr__address *address) {
  uint32_t size;
  size_t length;
  uint8_t *out = read_span(call, at, &size);
  if (!out) return WASI_FAULT;
  const void *bytes = address_bytes(address, &length);
  if (address->of.any.sa_family == AF_UNIX) return WASI_AFNOSUPPORT;
  if (size < length) return WASI_INVAL;
  memcpy(out, bytes, length);
  return WASI_SUCCESS;
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
    set_in4(out, bytes, port);
    return true;
  }
  if (inet_pton(AF_INET6, text, bytes) != 1) return false;
  set_in6(out, bytes, port);
  return true;
}

void wr__address_normalize(wr__address *address) {
  if (address->of.any.sa_family != AF_INET6) return;
  struct in6_addr bytes = address->of.in6.sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) set_in4(address, bytes.s6_addr + 12, wr__address_port(address));
}
