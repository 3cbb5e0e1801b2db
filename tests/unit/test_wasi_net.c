/* The socket extension and the rules of the network, over the loopback. */
#include "wasi_guest.h"

#include "p1/sockets.h"

#include <arpa/inet.h>
#include <sys/un.h>

#define SPAN 30000u    /* {pointer, size} of an address */
#define ADDRESS 30016u /* its bytes */
#define INET4 WASI_AF_INET4
#define STREAM WASI_SOCK_STREAM
#define DGRAM WASI_SOCK_DGRAM

typedef struct log_lines {
  int count;
  char last[256];
} log_lines;

static void take_line(void *context, const char *line) {
  log_lines *lines = context;
  lines->count++;
  snprintf(lines->last, sizeof lines->last, "%s", line);
}

static void allow(guest *g, const char *rule) {
  wr_error error;
  if (wr_wasi_net_allow(g->wasi, rule, &error) != WR_OK) fail_msg("%s", error.message);
}

/* Puts an address of 4 or 16 bytes; its place. */
static uint64_t put_address(guest *g, const char *text) {
  wr__address address;
  assert_true(wr__address_parse(text, 0, &address));
  bool is4 = address.of.any.sa_family == AF_INET;
  memcpy(g->memory + ADDRESS,
         is4 ? (void *)&address.of.in4.sin_addr : (void *)&address.of.in6.sin6_addr, is4 ? 4 : 16);
  wr__wire_store32(g->memory + SPAN, ADDRESS);
  wr__wire_store32(g->memory + SPAN + 4, is4 ? 4 : 16);
  return SPAN;
}

/* The 128 bytes of the second revision, for a local socket or to be filled. */
static uint64_t put_storage(guest *g, uint16_t family, const char *path) {
  memset(g->memory + ADDRESS, 0, 128);
  wr__wire_store16(g->memory + ADDRESS, family);
  strcpy((char *)g->memory + ADDRESS + 2, path);
  wr__wire_store32(g->memory + SPAN, ADDRESS);
  wr__wire_store32(g->memory + SPAN + 4, 128);
  return SPAN;
}

static uint32_t open_socket(guest *g, uint32_t family, uint32_t type) {
  assert_int_equal(WASI(g, sock_open, family, type, OUT), WASI_SUCCESS);
  return guest_u32(g, OUT);
}

static uint32_t row(guest *g, const char *name, const char *params, const uint64_t *args) {
  for (size_t i = 0; i < wr__p1_function_count; i++)
    if (strcmp(wr__p1_functions[i].name, name) == 0 &&
        strcmp(wr__p1_functions[i].params, params) == 0)
      return wr__p1_call(&wr__p1_functions[i], &g->call, args);
  fail_msg("no %s(%s)", name, params);
  return 0;
}

static uint16_t local_port(guest *g, uint32_t fd) {
  put_storage(g, 0, "");
  const uint64_t args[] = {fd, SPAN, OUT};
  assert_int_equal(row(g, "sock_getlocaladdr", "iii", args), WASI_SUCCESS);
  return (uint16_t)guest_u32(g, OUT);
}

static void rules_are_read(void **state) {
  (void)state;
  guest *g = guest_new(0);
  static const char *const good[] = {"connect=*:*",
                                     "connect=127.0.0.1:80",
                                     "connect=10.0.0.0/8:1-1024",
                                     "connect=[::1]:443",
                                     "connect=[fd00::]/8:*",
                                     "connect=example.com:443",
                                     "connect=*.example.com:80-90",
                                     "listen=127.0.0.1:0",
                                     "listen=[::]:8080",
                                     "listen=0.0.0.0/0:*",
                                     "resolve=example.com",
                                     "resolve=*",
                                     "connect=unix:/run/x",
                                     "listen=unix:/run/y"};
  static const char *const bad[] = {"",
                                    "connect",
                                    "connect=",
                                    "connect=127.0.0.1",
                                    "connect=127.0.0.1:",
                                    "connect=127.0.0.1:65536",
                                    "connect=127.0.0.1:9-8",
                                    "connect=10.0.0.0/33:80",
                                    "connect=::1:80",
                                    "connect=[::1:80",
                                    "connect=[::]/129:80",
                                    "connect=exa mple:80",
                                    "listen=example.com:80",
                                    "resolve=10.0.0.1",
                                    "connect=unix:",
                                    "connect=host:80x",
                                    "accept=*:*",
                                    "connect=10.0.0.0/8x:80"};
  wr_error error;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) allow(g, good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (wr_wasi_net_allow(g->wasi, bad[i], &error) != WR_BAD_ARGUMENT)
      fail_msg("'%s' was taken", bad[i]);
  guest_delete(g);
}

static bool reaches(guest *g, wr__net_action action, const char *host, uint16_t port) {
  wr__address address;
  assert_true(wr__address_parse(host, port, &address));
  return wr__net_allows(g->wasi, action, &address);
}

static void rules_are_kept(void **state) {
  (void)state;
  guest *g = guest_new(0);
  assert_false(reaches(g, WR__NET_CONNECT, "127.0.0.1", 80));
  allow(g, "connect=10.0.0.0/9:80-90");
  allow(g, "connect=[fd00::]/8:*");
  allow(g, "connect=127.0.0.1:7");
  assert_true(reaches(g, WR__NET_CONNECT, "10.127.255.255", 80));
  assert_true(reaches(g, WR__NET_CONNECT, "10.0.0.0", 90));
  assert_false(reaches(g, WR__NET_CONNECT, "10.128.0.0", 80));
  assert_false(reaches(g, WR__NET_CONNECT, "10.0.0.1", 91));
  assert_false(reaches(g, WR__NET_LISTEN, "10.0.0.1", 80));
  assert_true(reaches(g, WR__NET_CONNECT, "fdff::1", 1));
  assert_false(reaches(g, WR__NET_CONNECT, "fe00::1", 1));
  /* Other ways to write the same. */
  assert_true(reaches(g, WR__NET_CONNECT, "::ffff:10.0.0.1", 80));
  assert_false(reaches(g, WR__NET_CONNECT, "::ffff:11.0.0.1", 80));
  assert_true(reaches(g, WR__NET_CONNECT, "0.0.0.0", 7));
  assert_false(reaches(g, WR__NET_CONNECT, "0.0.0.0", 8));
  guest_delete(g);
}

static void names_mean_their_addresses(void **state) {
  (void)state;
  guest *g = guest_new(0);
  wr__address address;
  log_lines lines = {0};
  wr_wasi_set_log(g->wasi, take_line, &lines);
  allow(g, "connect=db.example.com:5432");
  allow(g, "resolve=*.example.org");
  assert_true(wr__net_may_resolve(&g->call.op, "DB.example.com"));
  assert_true(wr__net_may_resolve(&g->call.op, "www.example.org"));
  assert_false(wr__net_may_resolve(&g->call.op, "example.org"));
  assert_string_equal(lines.last, "denied: resolve example.org");
  assert_true(wr__address_parse("192.0.2.1", 0, &address));
  assert_false(reaches(g, WR__NET_CONNECT, "192.0.2.1", 5432));
  wr__net_resolved(&g->call.op, "www.example.org", &address);
  assert_false(reaches(g, WR__NET_CONNECT, "192.0.2.1", 5432));
  wr__net_resolved(&g->call.op, "db.example.com", &address);
  assert_true(reaches(g, WR__NET_CONNECT, "192.0.2.1", 5432));
  assert_false(reaches(g, WR__NET_CONNECT, "192.0.2.1", 22));
  guest_delete(g);
}

/* Whoever answers for a name must not get at what only this machine can reach. */
static void names_do_not_mean_private_addresses(void **state) {
  (void)state;
  static const char *const private[] = {"127.0.0.1",
                                        "10.1.2.3",
                                        "172.31.0.1",
                                        "192.168.0.1",
                                        "169.254.1.1",
                                        "100.64.0.1",
                                        "0.0.0.0",
                                        "255.255.255.255",
                                        "224.0.0.1",
                                        "::1",
                                        "::",
                                        "fe80::1",
                                        "fd00::1",
                                        "::ffff:10.0.0.1",
                                        "64:ff9b::7f00:1",
                                        "2002:c0a8:1::1",
                                        "::127.0.0.1",
                                        "ff02::1",
                                        "64:ff9b:1::a00:1",
                                        "fec0::1"};
  static const char *const public[] = {"192.0.2.1", "172.32.0.1", "2001:db8::1", "64:ff9b::102:304",
                                       "100.128.0.1"};
  guest *g = guest_new(0);
  wr__address address;
  log_lines lines = {0};
  wr_wasi_set_log(g->wasi, take_line, &lines);
  allow(g, "connect=db.example.com:*");
  allow(g, "connect=localhost:7");
  for (size_t i = 0; i < sizeof private / sizeof private[0]; i++) {
    assert_true(wr__address_parse(private[i], 0, &address));
    wr__net_resolved(&g->call.op, "db.example.com", &address);
    assert_int_equal(lines.count, i + 1);
    if (reaches(g, WR__NET_CONNECT, private[i], 80)) fail_msg("%s", private[i]);
  }
  for (size_t i = 0; i < sizeof public / sizeof public[0]; i++) {
    assert_true(wr__address_parse(public[i], 0, &address));
    wr__net_resolved(&g->call.op, "db.example.com", &address);
    if (!reaches(g, WR__NET_CONNECT, public[i], 80)) fail_msg("%s", public[i]);
  }
  /* A name that means this machine by itself, and an address that a rule names. */
  assert_true(wr__address_parse("127.0.0.1", 0, &address));
  wr__net_resolved(&g->call.op, "LocalHost", &address);
  assert_true(reaches(g, WR__NET_CONNECT, "127.0.0.1", 7));
  assert_true(wr__address_parse("10.0.0.9", 0, &address));
  wr__net_resolved(&g->call.op, "localhost", &address);
  assert_false(reaches(g, WR__NET_CONNECT, "10.0.0.9", 7));
  allow(g, "connect=10.0.0.0/8:5432");
  wr__net_resolved(&g->call.op, "db.example.com", &address);
  assert_true(reaches(g, WR__NET_CONNECT, "10.0.0.9", 5432));
  assert_false(reaches(g, WR__NET_CONNECT, "10.0.0.9", 80));
  guest_delete(g);
}

static void nothing_without_a_rule(void **state) {
  (void)state;
  guest *g = guest_new(0);
  log_lines lines = {0};
  wr_wasi_set_log(g->wasi, take_line, &lines);
  uint32_t fd = open_socket(g, INET4, STREAM);
  assert_int_equal(WASI(g, sock_connect, fd, put_address(g, "127.0.0.1"), 80), WASI_ACCES);
  assert_string_equal(lines.last, "denied: connect 127.0.0.1:80");
  assert_int_equal(WASI(g, sock_bind, fd, put_address(g, "127.0.0.1"), 8080), WASI_ACCES);
  assert_string_equal(lines.last, "denied: listen 127.0.0.1:8080");
  assert_int_equal(WASI(g, sock_listen, fd, 5), WASI_ACCES);
  uint32_t udp = open_socket(g, INET4, DGRAM);
  assert_int_equal(WASI(g, sock_send_to, udp, guest_iovec(g, BUFFER, 1), 1,
                        put_address(g, "127.0.0.1"), 53, 0, OUT),
                   WASI_ACCES);
  assert_int_equal(lines.count, 3);
  assert_int_equal(WASI(g, sock_connect, fd, put_address(g, "::1"), 80), WASI_AFNOSUPPORT);
  assert_int_equal(WASI(g, sock_connect, 3, put_address(g, "127.0.0.1"), 80), WASI_NOTSOCK);
  assert_int_equal(WASI(g, sock_open, 0, 2, OUT), WASI_AFNOSUPPORT);
  assert_int_equal(WASI(g, sock_open, 1, 3, OUT), WASI_INVAL);
  uint64_t node = guest_text(g, TEXT_A, "example.com");
  memset(g->memory + BUFFER, 0, 64);
  assert_int_equal(WASI(g, sock_getaddrinfo, TEXT_A, node, TEXT_B, 0, BUFFER, OUT, 1, OUT + 8),
                   WASI_ACCES);
  guest_delete(g);
}

/* Two ends in one guest: connecting does not wait for accepting. */
static void streams(void **state) {
  (void)state;
  static const char *const hosts[] = {"127.0.0.1", "::1"};
  for (uint32_t i = 0; i < 2; i++) {
    guest *g = guest_new(0);
    allow(g, i == 0 ? "listen=127.0.0.1:*" : "listen=[::1]:*");
    allow(g, i == 0 ? "connect=127.0.0.1:*" : "connect=[::1]:*");
    uint32_t listener = open_socket(g, INET4 + i, STREAM);
    assert_int_equal(WASI(g, sock_bind, listener, put_address(g, hosts[i]), 0), WASI_SUCCESS);
    assert_int_equal(WASI(g, sock_listen, listener, 5), WASI_SUCCESS);
    uint16_t port = local_port(g, listener);
    uint32_t client = open_socket(g, INET4 + i, STREAM);
    assert_int_equal(WASI(g, sock_connect, client, put_address(g, hosts[i]), port), WASI_SUCCESS);
    assert_int_equal(WASI(g, sock_accept, listener, 0, OUT), WASI_SUCCESS);
    uint32_t server = guest_u32(g, OUT);
    guest_text(g, BUFFER, "hello");
    assert_int_equal(WASI(g, sock_send, client, guest_iovec(g, BUFFER, 5), 1, 0, OUT),
                     WASI_SUCCESS);
    assert_int_equal(WASI(g, sock_recv, server, guest_iovec(g, BUFFER + 100, 50), 1,
                          WASI_RIFLAGS_PEEK, OUT, OUT + 8),
                     WASI_SUCCESS);
    assert_int_equal(WASI(g, fd_read, server, guest_iovec(g, BUFFER + 100, 50), 1, OUT),
                     WASI_SUCCESS);
    assert_int_equal(guest_u32(g, OUT), 5);
    assert_memory_equal(g->memory + BUFFER + 100, "hello", 5);
    /* Both revisions say who is there. */
    const uint64_t v1[] = {server, put_address(g, hosts[i]), OUT, OUT + 4};
    memset(g->memory + ADDRESS, 0, 16);
    assert_int_equal(row(g, "sock_getlocaladdr", "iiii", v1), WASI_SUCCESS);
    assert_int_equal(guest_u32(g, OUT), i == 0 ? 4 : 6);
    assert_int_equal(guest_u32(g, OUT + 4), port);
    put_storage(g, 0, "");
    const uint64_t v2[] = {client, SPAN, OUT};
    assert_int_equal(row(g, "sock_getpeeraddr", "iii", v2), WASI_SUCCESS);
    assert_int_equal(guest_u32(g, OUT), port);
    assert_int_equal(wr__wire_load16(g->memory + ADDRESS), INET4 + i);
    assert_int_equal(WASI(g, sock_shutdown, client, WASI_SDFLAGS_WR), WASI_SUCCESS);
    assert_int_equal(WASI(g, fd_read, server, guest_iovec(g, BUFFER, 50), 1, OUT), WASI_SUCCESS);
    assert_int_equal(guest_u32(g, OUT), 0);
    assert_int_equal(WASI(g, sock_accept, client, 0, OUT), WASI_INVAL);
    assert_int_equal(WASI(g, fd_fdstat_set_flags, listener, WASI_FDFLAGS_NONBLOCK), WASI_SUCCESS);
    const uint64_t accept_v1[] = {listener, OUT};
    assert_int_equal(row(g, "sock_accept", "ii", accept_v1), WASI_AGAIN);
    guest_delete(g);
  }
}

static void refused_connections(void **state) {
  (void)state;
  guest *g = guest_new(0);
  allow(g, "connect=127.0.0.1:*");
  allow(g, "listen=127.0.0.1:*");
  uint32_t bound = open_socket(g, INET4, STREAM), fd = open_socket(g, INET4, STREAM);
  assert_int_equal(WASI(g, sock_bind, bound, put_address(g, "127.0.0.1"), 0), WASI_SUCCESS);
  uint16_t port = local_port(g, bound); /* nobody listens there */
  assert_int_equal(WASI(g, sock_connect, fd, put_address(g, "127.0.0.1"), port), WASI_CONNREFUSED);
  assert_int_equal(WASI(g, sock_bind, fd, put_address(g, "127.0.0.1"), port), WASI_ADDRINUSE);
  assert_int_equal(WASI(g, sock_send, fd, guest_iovec(g, BUFFER, 1), 1, 0, OUT), WASI_PIPE);
  guest_delete(g);
}

static void datagrams(void **state) {
  (void)state;
  guest *g = guest_new(0);
  allow(g, "listen=127.0.0.1:*");
  allow(g, "connect=127.0.0.1:*");
  uint32_t server = open_socket(g, INET4, DGRAM), client = open_socket(g, INET4, DGRAM);
  assert_int_equal(WASI(g, sock_bind, server, put_address(g, "127.0.0.1"), 0), WASI_SUCCESS);
  uint16_t port = local_port(g, server);
  guest_text(g, BUFFER, "datagram");
  assert_int_equal(WASI(g, sock_send_to, client, guest_iovec(g, BUFFER, 8), 1,
                        put_address(g, "127.0.0.1"), port, 0, OUT),
                   WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 8);
  put_storage(g, 0, "");
  assert_int_equal(WASI(g, sock_recv_from, server, guest_iovec(g, BUFFER + 64, 4), 1, SPAN, 0, OUT,
                        OUT + 4, OUT + 8),
                   WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT + 4), 4);
  assert_int_equal(wr__wire_load16(g->memory + OUT + 8), WASI_ROFLAGS_TRUNCATED);
  assert_memory_equal(g->memory + BUFFER + 64, "data", 4);
  assert_int_equal(wr__wire_load16(g->memory + ADDRESS), INET4);
  assert_memory_equal(g->memory + ADDRESS + 2, "\x7f\0\0\1", 4);
  assert_int_equal(guest_u32(g, OUT), local_port(g, client));
  guest_delete(g);
}

/* Who was never allowed is not heard by a socket that nobody asked to listen. */
static void strangers_are_not_heard(void **state) {
  (void)state;
  guest *g = guest_new(0);
  allow(g, "connect=127.0.0.1:9"); /* not where the stranger is */
  uint32_t fd = open_socket(g, INET4, DGRAM);
  WASI(g, sock_send_to, fd, guest_iovec(g, BUFFER, 1), 1, put_address(g, "127.0.0.1"), 9, 0, OUT);
  uint16_t port = local_port(g, fd);
  int stranger = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  assert_int_equal(sendto(stranger, "psst", 4, 0, (struct sockaddr *)&to, sizeof to), 4);
  WASI(g, fd_fdstat_set_flags, fd, WASI_FDFLAGS_NONBLOCK);
  put_storage(g, 0, "");
  assert_int_equal(
      WASI(g, sock_recv_from, fd, guest_iovec(g, BUFFER, 9), 1, SPAN, 0, OUT, OUT + 4, OUT + 8),
      WASI_AGAIN);
  close(stranger);
  guest_delete(g);
}

static void local_sockets(void **state) {
  (void)state;
  guest *g = guest_new(0);
  char path[96], rule[128];
  snprintf(path, sizeof path, "%s/s", g->base);
  snprintf(rule, sizeof rule, "listen=unix:%s", path);
  allow(g, rule);
  uint32_t listener = open_socket(g, WASI_AF_UNIX, STREAM);
  put_storage(g, WASI_AF_UNIX, path);
  assert_int_equal(WASI(g, sock_bind, listener, SPAN, 0), WASI_SUCCESS);
  assert_int_equal(WASI(g, sock_listen, listener, 5), WASI_SUCCESS);
  uint32_t client = open_socket(g, WASI_AF_UNIX, STREAM);
  assert_int_equal(WASI(g, sock_connect, client, SPAN, 0), WASI_ACCES);
  snprintf(rule, sizeof rule, "connect=unix:%s", path);
  allow(g, rule);
  assert_int_equal(WASI(g, sock_connect, client, SPAN, 0), WASI_SUCCESS);
  assert_int_equal(WASI(g, sock_accept, listener, 0, OUT), WASI_SUCCESS);
  put_storage(g, WASI_AF_UNIX, ""); /* an abstract name */
  assert_int_equal(WASI(g, sock_connect, client, SPAN, 0), WASI_INVAL);
  guest_delete(g);
}

/* A socket of the host's in a folder, which listens. */
static int host_listener(const char *folder, const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", folder, name);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(fd, 5), 0);
  return fd;
}

static uint32_t connect_local(guest *g, const char *path) {
  uint32_t fd = open_socket(g, WASI_AF_UNIX, STREAM);
  put_storage(g, WASI_AF_UNIX, path);
  uint32_t error = WASI(g, sock_connect, fd, SPAN, 0);
  WASI(g, fd_close, fd);
  return error;
}

static bool was_reached(int listener) {
  int fd = accept(listener, NULL, NULL);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

static void host_rename(guest *g, const char *from, const char *to) {
  char a[128], b[128];
  snprintf(a, sizeof a, "%s/%s", g->base, from);
  snprintf(b, sizeof b, "%s/%s", g->base, to);
  assert_int_equal(rename(a, b), 0);
}

/* A rule is for the file that was there when it was made, whatever the guest puts in its place. */
static void local_sockets_are_not_replaced(void **state) {
  (void)state;
  guest *g = guest_new(0);
  char path[96], rule[128];
  log_lines lines = {0};
  wr_wasi_set_log(g->wasi, take_line, &lines);
  int app = host_listener(g->root, "s"), secret = host_listener(g->base, "secret");
  snprintf(path, sizeof path, "%s/s", g->root);
  snprintf(rule, sizeof rule, "connect=unix:%s", path);
  allow(g, rule);
  assert_int_equal(connect_local(g, path), WASI_SUCCESS);
  assert_true(was_reached(app));
  /* A link in its place. */
  host_rename(g, "root/s", "root/kept");
  host_link(g, "../secret", "root/s");
  assert_int_equal(connect_local(g, path), WASI_ACCES);
  assert_non_null(strstr(lines.last, "symbolic link"));
  /* Another socket in its place. */
  host_rename(g, "secret", "root/s");
  assert_int_equal(connect_local(g, path), WASI_ACCES);
  assert_non_null(strstr(lines.last, "not the file"));
  assert_false(was_reached(secret));
  /* The directory is the one of then. */
  host_rename(g, "root/kept", "root/s");
  host_rename(g, "root", "moved");
  assert_int_equal(connect_local(g, path), WASI_SUCCESS);
  assert_true(was_reached(app));
  host_rename(g, "moved", "root");
  close(app);
  close(secret);
  guest_delete(g);
}

/* Where the guest can change nothing, a server may come, go, and come again. */
static void local_sockets_may_come_again(void **state) {
  (void)state;
  guest *g = guest_new(0);
  char folder[96], path[112], rule[144];
  host_dir(g, "run");
  snprintf(folder, sizeof folder, "%s/run", g->base);
  snprintf(path, sizeof path, "%s/s", folder);
  snprintf(rule, sizeof rule, "connect=unix:%s", path);
  allow(g, rule);
  assert_int_equal(connect_local(g, path), WASI_NOENT);
  for (int i = 0; i < 2; i++) {
    int app = host_listener(folder, "s");
    assert_int_equal(connect_local(g, path), WASI_SUCCESS);
    assert_true(was_reached(app));
    close(app);
    unlink(path);
  }
  wr_error error;
  assert_int_equal(wr_wasi_net_allow(g->wasi, "connect=unix:/nowhere/s", &error), WR_NOT_FOUND);
  assert_int_equal(wr_wasi_net_allow(g->wasi, "listen=unix:/tmp/..", &error), WR_BAD_ARGUMENT);
  guest_delete(g);
}

/* The same for what is made: a link on the way leads nowhere, and the name is as the rule has it.
 */
static void local_sockets_are_made_in_place(void **state) {
  (void)state;
  guest *g = guest_new(0);
  char path[112], rule[144];
  host_dir(g, "root/d");
  host_dir(g, "secret");
  snprintf(path, sizeof path, "%s/d/s", g->root);
  snprintf(rule, sizeof rule, "listen=unix:%s", path);
  allow(g, rule);
  snprintf(rule, sizeof rule, "connect=unix:%s", path);
  allow(g, rule);
  host_rename(g, "root/d", "root/moved");
  host_link(g, "../secret", "root/d");
  uint32_t fd = open_socket(g, WASI_AF_UNIX, STREAM);
  put_storage(g, WASI_AF_UNIX, path);
  assert_int_equal(WASI(g, sock_bind, fd, SPAN, 0), WASI_SUCCESS);
  assert_int_equal(WASI(g, sock_listen, fd, 5), WASI_SUCCESS);
  put_storage(g, 0, "");
  const uint64_t name[] = {fd, SPAN, OUT};
  assert_int_equal(row(g, "sock_getlocaladdr", "iii", name), WASI_SUCCESS);
  assert_string_equal((char *)g->memory + ADDRESS + 2, path);
  snprintf(path, sizeof path, "%s/secret/s", g->base);
  assert_int_equal(access(path, F_OK), -1);
  snprintf(path, sizeof path, "%s/moved/s", g->root);
  assert_int_equal(access(path, F_OK), 0);
  snprintf(path, sizeof path, "%s/d/s", g->root);
  assert_int_equal(connect_local(g, path), WASI_SUCCESS);
  guest_delete(g);
}

static void granted_listeners(void **state) {
  (void)state;
  guest *g = guest_new(0);
  wr_error error;
  assert_int_equal(wr_wasi_listen(g->wasi, "tcp://127.0.0.1:0", &error), WR_OK);
  assert_int_equal(wr_wasi_listen(g->wasi, "udp://[::1]:0", &error), WR_OK);
  uint16_t port = local_port(g, 4);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  assert_int_equal(WASI(g, sock_accept, 4, WASI_FDFLAGS_NONBLOCK, OUT), WASI_SUCCESS);
  uint32_t accepted = guest_u32(g, OUT);
  assert_int_equal(WASI(g, sock_recv, accepted, guest_iovec(g, BUFFER, 9), 1, 0, OUT, OUT + 8),
                   WASI_AGAIN);
  assert_int_equal(WASI(g, fd_fdstat_get, accepted, OUT), WASI_SUCCESS);
  assert_int_equal(g->memory[OUT], WASI_FILETYPE_SOCKET_STREAM);
  close(fd);
  assert_int_equal(wr_wasi_listen(g->wasi, "tcp://localhost:1", &error), WR_BAD_ARGUMENT);
  assert_int_equal(wr_wasi_listen(g->wasi, "127.0.0.1:1", &error), WR_BAD_ARGUMENT);
  assert_int_equal(wr_wasi_listen(g->wasi, "tcp://192.0.2.1:1", &error), WR_IO);
  guest_delete(g);
}

static void options(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint32_t fd = open_socket(g, INET4, STREAM);
  wr__wire_store32(g->memory + BUFFER, 1);
  wr__wire_store32(g->memory + OUT, 4);
  assert_int_equal(WASI(g, sock_setsockopt, fd, 0, 0, BUFFER, 4), WASI_SUCCESS);
  wr__wire_store32(g->memory + BUFFER, 0);
  assert_int_equal(WASI(g, sock_getsockopt, fd, 0, 0, BUFFER, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, BUFFER), 1);
  assert_int_equal(WASI(g, sock_getsockopt, fd, 0, 1, BUFFER, OUT), WASI_SUCCESS); /* type */
  assert_int_equal(guest_u32(g, BUFFER), WASI_SOCK_STREAM);
  assert_int_equal(WASI(g, sock_setsockopt, fd, 0, 1, BUFFER, 4), WASI_NOPROTOOPT);
  assert_int_equal(WASI(g, sock_setsockopt, fd, 0, 14, BUFFER, 4), WASI_NOPROTOOPT);
  assert_int_equal(WASI(g, sock_setsockopt, fd, 1, 0, BUFFER, 4), WASI_INVAL);
  assert_int_equal(WASI(g, sock_setsockopt, fd, 0, 0, BUFFER, 3), WASI_INVAL);
  guest_delete(g);
}

/* A timeout of the guest's ends a receive. */
static void receive_timeout(void **state) {
  (void)state;
  guest *g = guest_new(0);
  allow(g, "listen=127.0.0.1:*");
  uint32_t fd = open_socket(g, INET4, DGRAM);
  assert_int_equal(WASI(g, sock_bind, fd, put_address(g, "127.0.0.1"), 0), WASI_SUCCESS);
  wr__wire_store64(g->memory + BUFFER, 0);
  wr__wire_store64(g->memory + BUFFER + 8, 20000);
  assert_int_equal(WASI(g, sock_setsockopt, fd, 0, 11, BUFFER, 16), WASI_SUCCESS);
  assert_int_equal(WASI(g, sock_recv, fd, guest_iovec(g, BUFFER, 9), 1, 0, OUT, OUT + 8),
                   WASI_AGAIN);
  guest_delete(g);
}

/* Two structures for results, as a guest prepares them. */
static void put_infos(guest *g) {
  memset(g->memory + BUFFER, 0, 512);
  for (uint32_t i = 0; i < 2; i++) {
    uint8_t *info = g->memory + BUFFER + 28 * i, *sockaddr = g->memory + BUFFER + 100 + 12 * i;
    wr__wire_store32(info + 12, BUFFER + 100 + 12 * i);
    wr__wire_store32(info + 24, i == 0 ? BUFFER + 28 : 0);
    wr__wire_store32(sockaddr + 4, 26);
    wr__wire_store32(sockaddr + 8, BUFFER + 200 + 32 * i);
  }
  wr__wire_store32(g->memory + OUT, BUFFER);
  memset(g->memory + BUFFER + 300, 0, 28);
}

static void address_information(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint64_t service = guest_text(g, TEXT_B, "8080");
  uint64_t node = guest_text(g, TEXT_A, "192.0.2.7");
  put_infos(g);
  assert_int_equal(
      WASI(g, sock_getaddrinfo, TEXT_A, node, TEXT_B, service, BUFFER + 300, OUT, 2, OUT + 8),
      WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT + 8), 1);
  assert_int_equal(g->memory[BUFFER + 2], INET4);
  assert_memory_equal(g->memory + BUFFER + 200, "\x1f\x90\xc0\0\2\7", 6);
  node = guest_text(g, TEXT_A, "2001:db8::1");
  put_infos(g);
  assert_int_equal(
      WASI(g, sock_getaddrinfo, TEXT_A, node + 1, TEXT_B, service, BUFFER + 300, OUT, 1, OUT + 8),
      WASI_SUCCESS);
  assert_memory_equal(g->memory + BUFFER + 200, "\x1f\x90\0\0\0\0\x20\x01\x0d\xb8", 10);
  allow(g, "connect=localhost:8080"); /* of the hosts file */
  node = guest_text(g, TEXT_A, "localhost");
  put_infos(g);
  g->memory[BUFFER + 302] = INET4;
  assert_int_equal(
      WASI(g, sock_getaddrinfo, TEXT_A, node, TEXT_B, service, BUFFER + 300, OUT, 2, OUT + 8),
      WASI_SUCCESS);
  assert_memory_equal(g->memory + BUFFER + 200, "\x1f\x90\x7f\0\0\1", 6);
  assert_true(reaches(g, WR__NET_CONNECT, "127.0.0.1", 8080));
  assert_false(reaches(g, WR__NET_CONNECT, "127.0.0.1", 8081));
  wr__wire_store32(g->memory + OUT, GUEST_MEMORY - 8); /* a wild list */
  assert_int_equal(
      WASI(g, sock_getaddrinfo, TEXT_A, node, TEXT_B, service, BUFFER + 300, OUT, 2, OUT + 8),
      WASI_FAULT);
  guest_delete(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rules_are_read),
      cmocka_unit_test(rules_are_kept),
      cmocka_unit_test(names_mean_their_addresses),
      cmocka_unit_test(names_do_not_mean_private_addresses),
      cmocka_unit_test(nothing_without_a_rule),
      cmocka_unit_test(streams),
      cmocka_unit_test(refused_connections),
      cmocka_unit_test(datagrams),
      cmocka_unit_test(strangers_are_not_heard),
      cmocka_unit_test(local_sockets),
      cmocka_unit_test(local_sockets_are_not_replaced),
      cmocka_unit_test(local_sockets_may_come_again),
      cmocka_unit_test(local_sockets_are_made_in_place),
      cmocka_unit_test(granted_listeners),
      cmocka_unit_test(options),
      cmocka_unit_test(receive_timeout),
      cmocka_unit_test(address_information),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
