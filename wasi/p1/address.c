/* Addresses between the guest's form and the host's. */
#include "sockets.h"

/* The second revision's storage: a family of 16 bits, and then the address. */
#define STORAGE_SIZE 128u

uint8_t wr__p1_family(int host_family) {
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

static int read_storage(const uint8_t *bytes, uint16_t port, wr__address *out) {
  switch (wr__wire_load16(bytes)) {
    case WASI_AF_INET4:
      wr__address_set_in4(out, bytes + 2, port);
      return 0;
    case WASI_AF_INET6:
      wr__address_set_in6(out, bytes + 2, port);
      return 0;
    case WASI_AF_UNIX:
      return wr__address_set_local(out, (const char *)bytes + 2, STORAGE_SIZE - 2);
    default:
      return EAFNOSUPPORT;
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

int wr__p1_read_address(const wr__call *call, uint64_t at, uint32_t port, wr__address *out) {
  uint32_t size;
  uint8_t copy[STORAGE_SIZE];
  const uint8_t *bytes = read_span(call, at, &size);
  if (!bytes) return EFAULT;
  if (port > UINT16_MAX || size > STORAGE_SIZE) return EINVAL;
  memcpy(copy, bytes, size);
  switch (size) {
    case 4:
      wr__address_set_in4(out, copy, (uint16_t)port);
      return 0;
    case 16:
      wr__address_set_in6(out, copy, (uint16_t)port);
      return 0;
    case STORAGE_SIZE:
      return read_storage(copy, (uint16_t)port, out);
    default:
      return EINVAL;
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

int wr__p1_write_address(const wr__call *call, uint64_t at, const wr__address *address) {
  uint32_t size;
  size_t length;
  uint8_t *out = read_span(call, at, &size);
  if (!out) return EFAULT;
  if (size < STORAGE_SIZE) return EINVAL;
  const void *bytes = address_bytes(address, &length);
  memset(out, 0, STORAGE_SIZE);
  wr__wire_store16(out, wr__p1_family(address->of.any.sa_family));
  memcpy(out + 2, bytes, length);
  return 0;
}

int wr__p1_write_address_v1(const wr__call *call, uint64_t at, const wr__address *address) {
  uint32_t size;
  size_t length;
  uint8_t *out = read_span(call, at, &size);
  if (!out) return EFAULT;
  const void *bytes = address_bytes(address, &length);
  if (address->of.any.sa_family == AF_UNIX) return EAFNOSUPPORT;
  if (size < length) return EINVAL;
  memcpy(out, bytes, length);
  return 0;
}
