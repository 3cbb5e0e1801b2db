/* sock_getsockopt and sock_setsockopt of the socket extension. Options that reach beyond the socket
 * (a device) are not offered. Timeouts are ours, since the host's sockets never block. */
#include "sockets.h"

#include <errno.h>

#define LEVEL_SOCKET 0
#define NS_PER_SECOND UINT64_C(1000000000)

/* The extension's numbers of options. */
enum {
  OPTION_REUSEADDR,
  OPTION_TYPE,
  OPTION_ERROR,
  OPTION_DONTROUTE,
  OPTION_BROADCAST,
  OPTION_SNDBUF,
  OPTION_RCVBUF,
  OPTION_KEEPALIVE,
  OPTION_OOBINLINE,
  OPTION_LINGER,
  OPTION_RCVLOWAT,
  OPTION_RCVTIMEO,
  OPTION_SNDTIMEO,
  OPTION_ACCEPTCONN,
  OPTION_COUNT,
};

typedef enum option_form { FORM_INT, FORM_READ_ONLY_INT, FORM_LINGER, FORM_TIMEOUT } option_form;

static const struct {
  int host;
  option_form form;
} options[OPTION_COUNT] = {
    [OPTION_REUSEADDR] = {SO_REUSEADDR, FORM_INT},
    [OPTION_TYPE] = {SO_TYPE, FORM_READ_ONLY_INT},
    [OPTION_ERROR] = {SO_ERROR, FORM_READ_ONLY_INT},
    [OPTION_DONTROUTE] = {SO_DONTROUTE, FORM_INT},
    [OPTION_BROADCAST] = {SO_BROADCAST, FORM_INT},
    [OPTION_SNDBUF] = {SO_SNDBUF, FORM_INT},
    [OPTION_RCVBUF] = {SO_RCVBUF, FORM_INT},
    [OPTION_KEEPALIVE] = {SO_KEEPALIVE, FORM_INT},
    [OPTION_OOBINLINE] = {SO_OOBINLINE, FORM_INT},
    [OPTION_LINGER] = {SO_LINGER, FORM_LINGER},
    [OPTION_RCVLOWAT] = {SO_RCVLOWAT, FORM_INT},
    [OPTION_RCVTIMEO] = {0, FORM_TIMEOUT},
    [OPTION_SNDTIMEO] = {0, FORM_TIMEOUT},
    [OPTION_ACCEPTCONN] = {SO_ACCEPTCONN, FORM_READ_ONLY_INT},
};

/* Bytes of an option's value in the guest: timeouts are {seconds, microseconds} of 64 bits. */
static int value_size(option_form form) {
  return form == FORM_TIMEOUT ? 16 : form == FORM_LINGER ? 8 : 4;
}

static int check(uint64_t level, uint64_t name) {
  if ((uint32_t)level != LEVEL_SOCKET) return EINVAL;
  return (uint32_t)name < OPTION_COUNT ? 0 : ENOPROTOOPT;
}

static int32_t to_guest_int(uint32_t name, int value) {
  if (name == OPTION_TYPE) return value == SOCK_DGRAM ? WASI_SOCK_DGRAM : WASI_SOCK_STREAM;
  if (name == OPTION_ERROR) return (int32_t)wr__p1_errno(value);
  return value;
}

static int get_option(wr__desc *desc, uint32_t name, uint8_t *out) {
  struct linger linger;
  int value, error;
  uint64_t ns;
  switch (options[name].form) {
    case FORM_INT:
    case FORM_READ_ONLY_INT:
      error = wr__socket_get_option(desc, SOL_SOCKET, options[name].host, &value);
      if (error != 0) return error;
      wr__wire_store32(out, (uint32_t)to_guest_int(name, value));
      return 0;
    case FORM_LINGER:
      error = wr__socket_get_linger(desc, &linger);
      if (error != 0) return error;
      wr__wire_store32(out, (uint32_t)linger.l_onoff);
      wr__wire_store32(out + 4, (uint32_t)linger.l_linger);
      return 0;
    default:
      ns = name == OPTION_RCVTIMEO ? desc->receive_timeout_ns : desc->send_timeout_ns;
      wr__wire_store64(out, ns / NS_PER_SECOND);
      wr__wire_store64(out + 8, ns % NS_PER_SECOND / 1000);
      return 0;
  }
}

int wr__p1_sock_getsockopt(wr__call *call, const uint64_t *args) {
  uint8_t *size_at = wr__guest_bytes(call, args[4], 4);
  int error = check(args[1], args[2]);
  wr__desc *desc;
  if (!size_at) return EFAULT;
  if (error != 0) return error;
  uint32_t name = (uint32_t)args[2], size = value_size(options[name].form);
  if (wr__wire_load32(size_at) < size) return EINVAL;
  uint8_t *out = wr__guest_bytes(call, args[3], size);
  if (!out) return EFAULT;
  error = wr__p1_socket(call, args[0], 0, &desc);
  if (error != 0) return error;
  error = get_option(desc, name, out);
  wr__desc_release(desc);
  if (error == 0) wr__wire_store32(size_at, size);
  return error;
}

static int set_timeout(wr__desc *desc, uint32_t name, const uint8_t *in) {
  uint64_t seconds = wr__wire_load64(in), micros = wr__wire_load64(in + 8), ns;
  if (micros >= 1000000) return EDOM;
  if (__builtin_mul_overflow(seconds, NS_PER_SECOND, &ns) ||
      __builtin_add_overflow(ns, micros * 1000, &ns))
    ns = 0; /* so long that it is none */
  if (name == OPTION_RCVTIMEO)
    desc->receive_timeout_ns = ns;
  else
    desc->send_timeout_ns = ns;
  return 0;
}

static int set_option(wr__desc *desc, uint32_t name, const uint8_t *in) {
  int value = (int)wr__wire_load32(in);
  struct linger linger;
  switch (options[name].form) {
    case FORM_INT:
      return wr__socket_set_option(desc, SOL_SOCKET, options[name].host, value);
    case FORM_LINGER:
      linger = (struct linger){value, (int)wr__wire_load32(in + 4)};
      return wr__socket_set_linger(desc, &linger);
    case FORM_TIMEOUT:
      return set_timeout(desc, name, in);
    default:
      return ENOPROTOOPT;
  }
}

int wr__p1_sock_setsockopt(wr__call *call, const uint64_t *args) {
  uint8_t copy[16];
  wr__desc *desc;
  int error = check(args[1], args[2]);
  if (error != 0) return error;
  uint32_t name = (uint32_t)args[2], size = value_size(options[name].form);
  if ((uint32_t)args[4] != size) return EINVAL;
  const uint8_t *in = wr__guest_bytes(call, args[3], size);
  if (!in) return EFAULT;
  memcpy(copy, in, size);
  error = wr__p1_socket(call, args[0], 0, &desc);
  if (error != 0) return error;
  error = set_option(desc, name, copy);
  wr__desc_release(desc);
  return error;
}
