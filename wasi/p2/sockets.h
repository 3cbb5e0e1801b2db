/* What the files of wasi:sockets share. */
#ifndef WR__WASI_P2_SOCKETS_H
#define WR__WASI_P2_SOCKETS_H

#include "p2.h"

/* ---- network.c */
/* network's error-code for what an operation returned. */
uint32_t wr__p2_net_error(int error);
/* May the guest name this address for a socket? remote: to reach it. */
int wr__p2_check_address(const wr__desc *desc, const wr__address *address, bool remote);
/* A socket of WASI's: one of IPv6 takes no IPv4. */
void wr__p2_settle_socket(wr__desc *desc);
int wr__p2_hop_limit(const wr__desc *desc, uint8_t *out);
int wr__p2_set_hop_limit(const wr__desc *desc, uint8_t value);
/* option: SO_RCVBUF or SO_SNDBUF */
int wr__p2_buffer_size(const wr__desc *desc, int option, uint64_t *out);
int wr__p2_set_buffer_size(const wr__desc *desc, int option, uint64_t value);
/* Waits for the host's answer. *out is for the caller to release. */
int wr__p2_resolve(wr__op *op, wr__p2 *p2, const char *name, size_t size, wr__p2_addresses **out);

/* ---- tcp.c: by the function's name. */
int wr__p2_tcp_new(wr__p2 *p2, int family, wr__p2_tcp **out);
int wr__p2_tcp_start_bind(wr__op *op, wr__p2_tcp *tcp, const wr__address *address);
int wr__p2_tcp_finish_bind(wr__p2_tcp *tcp);
int wr__p2_tcp_start_connect(wr__op *op, wr__p2_tcp *tcp, const wr__address *address);
int wr__p2_tcp_finish_connect(wr__p2_tcp *tcp, wr__p2_input **in, wr__p2_output **out);
int wr__p2_tcp_start_listen(wr__op *op, wr__p2_tcp *tcp);
int wr__p2_tcp_finish_listen(wr__p2_tcp *tcp);
int wr__p2_tcp_set_backlog(wr__op *op, wr__p2_tcp *tcp, uint64_t value);
int wr__p2_tcp_accept(wr__op *op, wr__p2_tcp *tcp, wr__p2_tcp **out, wr__p2_input **in,
                      wr__p2_output **output);
/* type: receive, send, both */
int wr__p2_tcp_shutdown(wr__p2_tcp *tcp, uint32_t type);
int wr__p2_tcp_local_address(wr__op *op, const wr__p2_tcp *tcp, wr__address *out);
int wr__p2_tcp_remote_address(wr__op *op, const wr__p2_tcp *tcp, wr__address *out);
/* option: TCP_KEEPIDLE, TCP_KEEPINTVL */
int wr__p2_tcp_get_duration(const wr__p2_tcp *tcp, int option, uint64_t *ns);
int wr__p2_tcp_set_duration(const wr__p2_tcp *tcp, int option, uint64_t ns);

/* ---- udp.c */
int wr__p2_udp_new(wr__p2 *p2, int family, wr__p2_udp **out);
int wr__p2_udp_start_bind(wr__op *op, wr__p2_udp *udp, const wr__address *address);
int wr__p2_udp_finish_bind(wr__op *op, wr__p2_udp *udp);
/* remote: NULL for any peer. */
int wr__p2_udp_stream(wr__op *op, wr__p2_udp *udp, const wr__address *remote, wr__p2_datagrams **in,
                      wr__p2_datagrams **out);
int wr__p2_udp_local_address(wr__op *op, const wr__p2_udp *udp, wr__address *out);
int wr__p2_udp_remote_address(const wr__p2_udp *udp, wr__address *out);
/* One datagram of at most *size bytes. EAGAIN: there is none. */
int wr__p2_receive(wr__op *op, wr__p2_datagrams *in, uint8_t *bytes, size_t *size,
                   wr__address *from);
int wr__p2_check_send(wr__op *op, wr__p2_datagrams *out, uint64_t *permit);
/* to: NULL for the peer of the stream. EAGAIN: not now. */
int wr__p2_send(wr__op *op, wr__p2_datagrams *out, const uint8_t *bytes, size_t size,
                const wr__address *to);

#endif
