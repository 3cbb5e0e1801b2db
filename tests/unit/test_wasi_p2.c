/* Unit tests of wasi/p2/ under its resources: streams in each order of closing, pollables, the
 * states of sockets, files. */
#include "wasi_guest.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>

#include "p2/files.h"
#include "p2/sockets.h"

static wr__p2 *p2_of(guest *g) {
  wr__p2 *p2 = calloc(1, sizeof *p2);
  p2->wasi = g->wasi;
  p2->ref_count = 1;
  return p2;
}

static wr__desc *desc_of(int fd) {
  wr__desc *desc;
  assert_int_equal(wr__desc_from_host(fd, &desc), 0);
  return desc;
}

static void make_pipe(wr__desc **reader, wr__desc **writer) {
  int fds[2];
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  *reader = desc_of(fds[0]);
  *writer = desc_of(fds[1]);
}

static int read_now(wr__p2_input *in, wr_wasi_t *wasi, char *out, size_t *size) {
  wr__op op = {.wasi = wasi, .no_wait = true};
  *size = 16;
  return wr__p2_read(&op, in, (uint8_t *)out, size);
}

/* ---- streams */

static void test_pipe(void **state) {
  guest *g = guest_new(0);
  wr__p2 *p2 = p2_of(g);
  wr__op op = {.wasi = g->wasi};
  wr__desc *r, *w;
  char text[16];
  size_t size;
  uint64_t permit;
  (void)state;
  make_pipe(&r, &w);
  wr__p2_input *in = wr__p2_input_new(p2, r);
  wr__p2_output *out = wr__p2_output_new(p2, w);
  wr__p2_pollable *readable = wr__p2_subscribe(p2, in);
  assert_false(wr__p2_is_ready(&op, readable));
  assert_int_equal(read_now(in, g->wasi, text, &size), 0);
  assert_int_equal(size, 0); /* nothing yet, and not the end */
  assert_int_equal(wr__p2_check_write(&op, out, &permit), 0);
  assert_int_equal(permit, WR__P2_PIECE);
  assert_int_equal(wr__p2_write(&op, out, (const uint8_t *)"hello", 5), 0);
  assert_true(wr__p2_is_ready(&op, readable));
  assert_int_equal(read_now(in, g->wasi, text, &size), 0);
  assert_int_equal(size, 5);
  wr__p2_release(out); /* the stream goes before what reads it, and the pollable after both */
  assert_true(wr__p2_is_ready(&op, readable));
  assert_int_equal(read_now(in, g->wasi, text, &size), WR__P2_CLOSED);
  assert_int_equal(read_now(in, g->wasi, text, &size), WR__P2_CLOSED);
  wr__p2_release(in);
  assert_true(wr__p2_is_ready(&op, readable));
  wr__p2_release(readable);
  assert_int_equal(p2->objects, 0);
  wr__p2_release_context(p2);
  guest_delete(g);
}

static void test_nobody_reads(void **state) {
  guest *g = guest_new(0);
  wr__p2 *p2 = p2_of(g);
  wr__op op = {.wasi = g->wasi};
  wr__desc *r, *w;
  uint64_t permit;
  (void)state;
  make_pipe(&r, &w);
  wr__desc_release(r);
  wr__p2_output *out = wr__p2_output_new(p2, w);
  assert_int_equal(wr__p2_check_write(&op, out, &permit), 0);
  assert_int_equal(wr__p2_blocking_write(&op, out, (const uint8_t *)"x", 1), WR__P2_CLOSED);
  assert_int_equal(wr__p2_check_write(&op, out, &permit), WR__P2_CLOSED);
  assert_int_equal(wr__p2_blocking_flush(&op, out), WR__P2_CLOSED);
  wr__p2_output *none = wr__p2_output_new(p2, NULL);
  assert_int_equal(wr__p2_check_write(&op, none, &permit), WR__P2_CLOSED);
  wr__p2_release(none);
  wr__p2_release(out);
  wr__p2_release_context(p2);
  guest_delete(g);
}

/* What a socket does not take at once is kept; nothing is allowed meanwhile; nothing is lost. */
static void test_backpressure(void **state) {
  guest *g = guest_new(0);
  wr__p2 *p2 = p2_of(g);
  wr__op op = {.wasi = g->wasi};
  int fds[2];
  uint64_t permit = 1, sent = 0, received = 0;
  static uint8_t bytes[WR__P2_PIECE];
  (void)state;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
  wr__p2_output *out = wr__p2_output_new(p2, desc_of(fds[0]));
  wr__p2_pollable *writable = wr__p2_subscribe(p2, out);
  while (permit > 0) {
    assert_int_equal(wr__p2_check_write(&op, out, &permit), 0);
    assert_int_equal(wr__p2_write(&op, out, bytes, permit), 0);
    sent += permit;
  }
  assert_false(wr__p2_is_ready(&op, writable));
  while (received < sent) {
    ssize_t size = read(fds[1], bytes, sizeof bytes);
    if (size > 0) received += (uint64_t)size;
    if (size < 0) assert_true(wr__p2_is_ready(&op, writable)); /* gives what was kept */
  }
  assert_int_equal(received, sent);
  assert_true(wr__p2_is_ready(&op, writable));
  close(fds[1]);
  assert_int_equal(wr__p2_check_write(&op, out, &permit), 0);
  assert_int_equal(wr__p2_write(&op, out, bytes, 1), WR__P2_CLOSED);
  wr__p2_release(writable);
  wr__p2_release(out);
  wr__p2_release_context(p2);
  guest_delete(g);
}

static void test_clock(void **state) {
  guest *g = guest_new(0);
  wr__p2 *p2 = p2_of(g);
  wr__op op = {.wasi = g->wasi};
  wr__p2_pollable *list[40];
  bool ready[40];
  uint64_t now, later;
  (void)state;
  assert_int_equal(wr__clock_now(&op, WR__CLOCK_MONOTONIC, &now), 0);
  for (int i = 0; i < 40; i++)
    list[i] = wr__p2_subscribe_clock(p2, i == 7 ? now + 5000000 : UINT64_MAX);
  assert_int_equal(wr__p2_poll(&op, list, 40, ready), 0);
  for (int i = 0; i < 40; i++) assert_int_equal(ready[i], i == 7);
  assert_int_equal(wr__clock_now(&op, WR__CLOCK_MONOTONIC, &later), 0);
  assert_true(later >= now + 5000000);
  for (int i = 0; i < 40; i++) wr__p2_release(list[i]);
  wr__p2_release_context(p2);
  guest_delete(g);
}

static void test_limits(void **state) {
  guest *g = guest_new(0);
  wr__p2 *p2 = p2_of(g);
  wr__p2_pollable *list[64];
  wr__p2_tcp *tcp, *second;
  uint32_t count = 0;
  (void)state;
  wr_wasi_set_max_descriptors(g->wasi, 1);
  assert_int_equal(wr__p2_tcp_new(p2, AF_INET, &tcp), 0);
  assert_int_equal(wr__p2_net_error(wr__p2_tcp_new(p2, AF_INET, &second)),
                   WR__P2_NET_NEW_SOCKET_LIMIT);
  while (count < 64 && (list[count] = wr__p2_subscribe_clock(p2, 0))) count++;
  assert_in_range(count, 1, 63);
  while (count > 0) wr__p2_release(list[--count]);
  wr__p2_release(tcp);
  assert_int_equal(p2->descriptors, 0);
  wr__p2_release_context(p2);
  guest_delete(g);
}

/* ---- sockets */

static wr__address at(const char *text, uint16_t port) {
  wr__address address;
  assert_true(wr__address_parse(text, port, &address));
  return address;
}

static uint32_t code(int error) { return wr__p2_net_error(error); }

static void test_tcp_states(void **state) {
  guest *g = guest_new(0);
  wr__p2 *p2 = p2_of(g);
  wr__op op = {.wasi = g->wasi};
  wr__address here = at("127.0.0.1", 0), name;
  wr__p2_tcp *tcp, *client, *peer;
  wr__p2_input *in, *peer_in;
  wr__p2_output *out, *peer_out;
  (void)state;
  assert_int_equal(wr_wasi_net_allow(g->wasi, "listen=127.0.0.1:*", NULL), WR_OK);
  assert_int_equal(wr_wasi_net_allow(g->wasi, "connect=127.0.0.1:*", NULL), WR_OK);
  assert_int_equal(wr__p2_tcp_new(p2, AF_INET, &tcp), 0);
  assert_int_equal(code(wr__p2_tcp_finish_bind(tcp)), WR__P2_NET_NOT_IN_PROGRESS);
  assert_int_equal(code(wr__p2_tcp_start_listen(&op, tcp)), WR__P2_NET_INVALID_STATE);
  assert_int_equal(code(wr__p2_tcp_local_address(&op, tcp, &name)), WR__P2_NET_INVALID_STATE);
  wr__address wrong = at("::1", 0), group = at("224.0.0.1", 0), foreign = at("192.0.2.1", 0);
  assert_int_equal(code(wr__p2_tcp_start_bind(&op, tcp, &wrong)), WR__P2_NET_INVALID_ARGUMENT);
  assert_int_equal(code(wr__p2_tcp_start_bind(&op, tcp, &group)), WR__P2_NET_INVALID_ARGUMENT);
  assert_int_equal(code(wr__p2_tcp_start_bind(&op, tcp, &foreign)), WR__P2_NET_ACCESS_DENIED);
  assert_int_equal(wr__p2_tcp_start_bind(&op, tcp, &here), 0);
  assert_int_equal(code(wr__p2_tcp_start_bind(&op, tcp, &here)), WR__P2_NET_INVALID_STATE);
  assert_int_equal(wr__p2_tcp_finish_bind(tcp), 0);
  assert_int_equal(code(wr__p2_tcp_accept(&op, tcp, &peer, &in, &out)), WR__P2_NET_INVALID_STATE);
  assert_int_equal(wr__p2_tcp_start_listen(&op, tcp), 0);
  assert_int_equal(wr__p2_tcp_finish_listen(tcp), 0);
  assert_int_equal(code(wr__p2_tcp_accept(&op, tcp, &peer, &in, &out)), WR__P2_NET_WOULD_BLOCK);
  assert_int_equal(wr__p2_tcp_local_address(&op, tcp, &name), 0);

  assert_int_equal(wr__p2_tcp_new(p2, AF_INET, &client), 0);
  wr__address nowhere = at("127.0.0.1", 0), any = at("0.0.0.0", 80), denied = at("192.0.2.1", 80);
  assert_int_equal(code(wr__p2_tcp_start_connect(&op, client, &nowhere)),
                   WR__P2_NET_INVALID_ARGUMENT);
  assert_int_equal(code(wr__p2_tcp_start_connect(&op, client, &any)), WR__P2_NET_INVALID_ARGUMENT);
  assert_int_equal(code(wr__p2_tcp_start_connect(&op, client, &denied)), WR__P2_NET_ACCESS_DENIED);
  assert_int_equal(wr__p2_tcp_start_connect(&op, client, &name), 0);
  op.no_wait = false;
  assert_int_equal(wr__p2_wait(&op, client), 0);
  assert_int_equal(wr__p2_tcp_finish_connect(client, &in, &out), 0);
  assert_int_equal(code(wr__p2_tcp_finish_connect(client, &in, &out)), WR__P2_NET_NOT_IN_PROGRESS);
  assert_int_equal(wr__p2_wait(&op, tcp), 0);
  assert_int_equal(wr__p2_tcp_accept(&op, tcp, &peer, &peer_in, &peer_out), 0);
  char text[16];
  size_t size;
  op.no_wait = false;
  assert_int_equal(wr__p2_blocking_write(&op, out, (const uint8_t *)"ping", 4), 0);
  assert_int_equal(wr__p2_wait(&op, peer_in), 0);
  assert_int_equal(read_now(peer_in, g->wasi, text, &size), 0);
  assert_int_equal(size, 4);
  /* the socket goes before its streams */
  assert_int_equal(wr__p2_tcp_shutdown(client, 1), 0);
  wr__p2_release(client);
  assert_int_equal(wr__p2_wait(&op, peer_in), 0);
  assert_int_equal(read_now(peer_in, g->wasi, text, &size), WR__P2_CLOSED);
  wr__p2_release(peer_out);
  wr__p2_release(peer);
  wr__p2_release(peer_in);
  wr__p2_release(in);
  wr__p2_release(out);
  wr__p2_release(tcp);
  assert_int_equal(p2->objects, 0);
  wr__p2_release_context(p2);
  guest_delete(g);
}

/* A listener that was given with --listen is the guest's by binding to its address. */
static void test_granted_listener(void **state) {
  guest *g = guest_new(0);
  wr__p2 *p2 = p2_of(g);
  wr__op op = {.wasi = g->wasi};
  wr__p2_tcp *tcp;
  wr__desc *listener;
  wr__address name;
  (void)state;
  assert_int_equal(wr_wasi_listen(g->wasi, "tcp://127.0.0.1:0", NULL), WR_OK);
  assert_int_equal(wr__fd_get(g->wasi, 4, 0, &listener), 0);
  assert_int_equal(wr__socket_name(&op, listener, false, &name), 0);
  wr__desc_release(listener);
  assert_int_equal(wr__p2_tcp_new(p2, AF_INET, &tcp), 0);
  assert_int_equal(wr__p2_tcp_start_bind(&op, tcp, &name), 0);
  assert_ptr_equal(tcp->desc, listener);
  assert_int_equal(wr__p2_tcp_finish_bind(tcp), 0);
  assert_int_equal(wr__p2_tcp_start_listen(&op, tcp), 0);
  assert_int_equal(wr__p2_tcp_finish_listen(tcp), 0);
  wr__p2_release(tcp);
  wr__p2_release_context(p2);
  guest_delete(g);
}

static void test_options(void **state) {
  guest *g = guest_new(0);
  wr__p2 *p2 = p2_of(g);
  wr__p2_tcp *tcp;
  uint64_t value = 0;
  uint8_t hops = 0;
  (void)state;
  for (int i = 0; i < 2; i++) {
    assert_int_equal(wr__p2_tcp_new(p2, i ? AF_INET6 : AF_INET, &tcp), 0);
    assert_int_equal(code(wr__p2_set_hop_limit(tcp->desc, 0)), WR__P2_NET_INVALID_ARGUMENT);
    assert_int_equal(wr__p2_set_hop_limit(tcp->desc, 42), 0);
    assert_int_equal(wr__p2_hop_limit(tcp->desc, &hops), 0);
    assert_int_equal(hops, 42);
    assert_int_equal(wr__p2_set_buffer_size(tcp->desc, SO_SNDBUF, 16384), 0);
    assert_int_equal(wr__p2_buffer_size(tcp->desc, SO_SNDBUF, &value), 0);
    assert_int_equal(value, 16384);
    assert_int_equal(wr__p2_set_buffer_size(tcp->desc, SO_RCVBUF, UINT64_MAX), 0);
    assert_int_equal(wr__p2_tcp_set_duration(tcp, TCP_KEEPIDLE, 1), 0); /* rounded up */
    assert_int_equal(wr__p2_tcp_get_duration(tcp, TCP_KEEPIDLE, &value), 0);
    assert_int_equal(value, 1000000000u);
    assert_int_equal(wr__p2_tcp_set_duration(tcp, TCP_KEEPIDLE, UINT64_MAX), 0);
    wr__p2_release(tcp);
  }
  wr__p2_release_context(p2);
  guest_delete(g);
}

static wr__p2_udp *bound_udp(wr__p2 *p2, wr__op *op, const char *text, wr__address *name) {
  wr__p2_udp *udp;
  wr__address address = at(text, 0);
  assert_int_equal(wr__p2_udp_new(p2, AF_INET, &udp), 0);
  assert_int_equal(wr__p2_udp_start_bind(op, udp, &address), 0);
  assert_int_equal(wr__p2_udp_finish_bind(op, udp), 0);
  assert_int_equal(wr__p2_udp_local_address(op, udp, name), 0);
  return udp;
}

/* Who may only send may still bind, and hears nobody else. */
static void test_udp(void **state) {
  guest *g = guest_new(0);
  wr__p2 *p2 = p2_of(g);
  wr__op op = {.wasi = g->wasi};
  wr__address name, host = at("127.0.0.1", 0), from;
  wr__p2_datagrams *in, *out;
  uint8_t bytes[8];
  size_t size = sizeof bytes;
  char rule[48];
  uint64_t permit;
  (void)state;
  int allowed = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
  assert_int_equal(bind(allowed, &host.of.any, host.size), 0);
  assert_int_equal(getsockname(allowed, &host.of.any, &host.size), 0);
  snprintf(rule, sizeof rule, "connect=127.0.0.1:%u", wr__address_port(&host));
  assert_int_equal(wr_wasi_net_allow(g->wasi, rule, NULL), WR_OK);
  wr__p2_udp *udp = bound_udp(p2, &op, "0.0.0.0", &name);
  assert_int_equal(wr__p2_udp_stream(&op, udp, NULL, &in, &out), 0);
  assert_int_equal(wr__p2_check_send(&op, out, &permit), 0);
  assert_true(permit > 0);
  assert_int_equal(wr__p2_send(&op, out, (const uint8_t *)"hi", 2, &host), 0);
  assert_int_equal(recv(allowed, bytes, sizeof bytes, 0), 2);
  assert_int_equal(code(wr__p2_send(&op, out, bytes, 2, NULL)), WR__P2_NET_INVALID_ARGUMENT);
  wr__address to = at("127.0.0.1", wr__address_port(&name));
  assert_int_equal(sendto(other, "spam", 4, 0, &to.of.any, to.size), 4);
  assert_int_equal(sendto(allowed, "answer", 6, 0, &to.of.any, to.size), 6);
  assert_int_equal(wr__p2_receive(&op, in, bytes, &size, &from), 0);
  assert_int_equal(size, 6);
  assert_int_equal(wr__p2_receive(&op, in, bytes, &size, &from), EAGAIN);
  wr__p2_release(in);
  wr__p2_release(out);
  /* with a peer, and without one again: the port stays */
  assert_int_equal(wr__p2_udp_stream(&op, udp, &host, &in, &out), 0);
  assert_int_equal(wr__p2_send(&op, out, (const uint8_t *)"hi", 2, NULL), 0);
  assert_int_equal(code(wr__p2_send(&op, out, bytes, 2, &to)), WR__P2_NET_INVALID_ARGUMENT);
  wr__p2_release(in);
  wr__p2_release(out);
  assert_int_equal(wr__p2_udp_stream(&op, udp, NULL, &in, &out), 0);
  assert_int_equal(wr__p2_udp_local_address(&op, udp, &from), 0);
  assert_int_equal(wr__address_port(&from), wr__address_port(&name));
  wr__p2_release(udp);
  wr__p2_release(in);
  wr__p2_release(out);
  close(allowed);
  close(other);
  wr__p2_release_context(p2);
  guest_delete(g);
}

/* ---- files */

static int open_at(guest *g, wr__p2_descriptor *dir, const char *path, uint32_t open_flags,
                   uint32_t flags, wr__p2_descriptor **out) {
  wr__op op = {.wasi = g->wasi};
  wr__p2_text text = {path, strlen(path)};
  return wr__p2_open_at(&op, dir, true, text, open_flags, flags, out);
}

static wr__p2_descriptor *root_of(guest *g, wr__p2 *p2) {
  wr__desc *desc;
  assert_int_equal(wr__fd_get(g->wasi, ROOT_FD, 0, &desc), 0);
  return wr__p2_descriptor_new(p2, desc);
}

static void test_files(void **state) {
  guest *g = guest_new(0);
  wr__p2 *p2 = p2_of(g);
  wr__op op = {.wasi = g->wasi};
  wr__p2_descriptor *root = root_of(g, p2), *file, *other;
  wr__p2_output *out;
  wr__p2_input *in;
  char text[16];
  size_t size;
  (void)state;
  host_file(g, "secret", "x");
  host_link(g, "../secret", "root/link");
  assert_int_equal(open_at(g, root, "f", WR__P2_CREATE, WR__P2_READ | WR__P2_WRITE, &file), 0);
  assert_int_equal(wr__p2_output_at(&op, file, 3, false, &out), 0);
  assert_int_equal(wr__p2_blocking_write(&op, out, (const uint8_t *)"abc", 3), 0);
  wr__p2_release(out);
  assert_int_equal(wr__p2_output_at(&op, file, 0, true, &out), 0);
  assert_int_equal(wr__p2_blocking_write(&op, out, (const uint8_t *)"end", 3), 0);
  wr__p2_release(out);
  assert_int_equal(wr__p2_input_at(&op, file, 4, &in), 0);
  assert_int_equal(read_now(in, g->wasi, text, &size), 0);
  assert_int_equal(size, 5);
  assert_memory_equal(text, "bcend", 5);
  assert_int_equal(read_now(in, g->wasi, text, &size), WR__P2_CLOSED);
  wr__p2_release(in);
  static const char *const outside[] = {"../secret", "link", "/etc/passwd", "a/../../secret"};
  for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
    assert_int_not_equal(open_at(g, root, outside[i], 0, WR__P2_READ, &other), 0);
  assert_int_equal(open_at(g, root, "", 0, WR__P2_READ, &other), ENOENT);
  assert_int_equal(open_at(g, file, "x", 0, WR__P2_READ, &other), ENOTDIR);
  assert_int_equal(open_at(g, root, "f", 0, WR__P2_READ, &other), 0);
  size = 3;
  assert_int_equal(wr__p2_file_write(&op, other, (const uint8_t *)"abc", &size, 0), EBADF);
  wr__p2_release(other);
  wr__p2_release(root);
  wr__p2_release(file);
  assert_int_equal(p2->objects, 0);
  wr__p2_release_context(p2);
  guest_delete(g);
}

static void test_entries(void **state) {
  guest *g = guest_new(WR_WASI_READ_ONLY);
  wr__p2 *p2 = p2_of(g);
  wr__op op = {.wasi = g->wasi};
  wr__p2_descriptor *root = root_of(g, p2), *file;
  wr__p2_entries *entries;
  wr__p2_entry *entry;
  uint64_t seen[4] = {0};
  (void)state;
  for (int i = 0; i < 200; i++) {
    char name[32];
    snprintf(name, sizeof name, "root/%d", i);
    host_file(g, name, "x");
  }
  assert_int_equal(open_at(g, root, "new", WR__P2_CREATE, WR__P2_WRITE, &file), EROFS);
  assert_int_equal(open_at(g, root, ".", 0, WR__P2_READ | WR__P2_MUTATE_DIRECTORY, &file), EROFS);
  assert_int_equal(wr__p2_read_directory(&op, root, &entries), 0);
  for (;;) {
    assert_int_equal(wr__p2_next_entry(&op, entries, &entry), 0);
    if (!entry) break;
    int number = atoi(entry->name);
    assert_in_range(number, 0, 199);
    assert_false(seen[number / 64] >> (number % 64) & 1);
    seen[number / 64] |= UINT64_C(1) << (number % 64);
    assert_int_equal(wr__p2_entry_type(entry->type), 6);
    free(entry);
  }
  assert_int_equal(__builtin_popcountll(seen[0]) + __builtin_popcountll(seen[1]) +
                       __builtin_popcountll(seen[2]) + __builtin_popcountll(seen[3]),
                   200);
  wr__p2_release(entries);
  assert_int_equal(wr__p2_read_directory(&op, root, &entries), 0);
  assert_int_equal(wr__p2_next_entry(&op, entries, &entry), 0);
  free(entry);
  wr__p2_release(root);
  wr__p2_release(entries); /* with entries that nobody asked for */
  assert_int_equal(p2->objects, 0);
  wr__p2_release_context(p2);
  guest_delete(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pipe),
      cmocka_unit_test(test_nobody_reads),
      cmocka_unit_test(test_backpressure),
      cmocka_unit_test(test_clock),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_tcp_states),
      cmocka_unit_test(test_granted_listener),
      cmocka_unit_test(test_options),
      cmocka_unit_test(test_udp),
      cmocka_unit_test(test_files),
      cmocka_unit_test(test_entries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
