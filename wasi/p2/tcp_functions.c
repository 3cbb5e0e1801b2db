/* wasi:sockets: network, names, and TCP. */
#include "socket_values.h"

#include <netinet/tcp.h>

/* ---- values */

void wr__p2_out_net_error(wr__p2_call *c, int why) {
  if (why == EINTR) return; /* the guest ends */
  wr__out_case(c, 1);
  wr__out_enum(c, wr__p2_net_error(why));
  wr__out_end(c);
}

bool wr__p2_out_net_begin(wr__p2_call *c, int why) {
  if (why != 0) {
    wr__p2_out_net_error(c, why);
    return false;
  }
  wr__out_ok(c);
  return true;
}

void wr__p2_out_net_unit(wr__p2_call *c, int why) {
  if (wr__p2_out_net_begin(c, why)) wr__out_end(c);
}

void wr__p2_out_net_u64(wr__p2_call *c, int why, uint64_t value) {
  if (!wr__p2_out_net_begin(c, why)) return;
  wr__out_u64(c, value);
  wr__out_end(c);
}

void wr__p2_out_net_u8(wr__p2_call *c, int why, uint8_t value) {
  if (!wr__p2_out_net_begin(c, why)) return;
  wr__out_u8(c, value);
  wr__out_end(c);
}

static void out_in4(wr__p2_call *c, const wr__address *address) {
  const uint8_t *bytes = (const uint8_t *)&address->of.in4.sin_addr;
  for (int i = 0; i < 4; i++) wr__out_u8(c, bytes[i]);
}

static void out_in6(wr__p2_call *c, const wr__address *address) {
  const uint8_t *bytes = address->of.in6.sin6_addr.s6_addr;
  for (int i = 0; i < 16; i += 2) wr__out_u16(c, (uint16_t)(bytes[i] << 8 | bytes[i + 1]));
}

void wr__p2_out_socket_address(wr__p2_call *c, const wr__address *address) {
  bool is6 = address->of.any.sa_family == AF_INET6;
  wr__out_case(c, is6);
  wr__out_u16(c, wr__address_port(address));
  if (is6) {
    wr__out_u32(c, ntohl(address->of.in6.sin6_flowinfo));
    out_in6(c, address);
    wr__out_u32(c, address->of.in6.sin6_scope_id);
  } else {
    out_in4(c, address);
  }
  wr__out_end(c);
}

void wr__p2_out_net_address(wr__p2_call *c, int why, const wr__address *address) {
  if (!wr__p2_out_net_begin(c, why)) return;
  wr__p2_out_socket_address(c, address);
  wr__out_end(c);
}

void wr__p2_in_socket_address(wr__p2_call *c, wr__address *out) {
  uint8_t bytes[16];
  bool is6 = wr__in_case(c) == 1;
  uint16_t port = wr__in_u16(c);
  if (is6) {
    uint32_t flow = wr__in_u32(c);
    for (int i = 0; i < 16; i += 2) {
      uint16_t part = wr__in_u16(c);
      bytes[i] = (uint8_t)(part >> 8);
      bytes[i + 1] = (uint8_t)part;
    }
    wr__address_set_in6(out, bytes, port);
    out->of.in6.sin6_flowinfo = htonl(flow);
    out->of.in6.sin6_scope_id = wr__in_u32(c);
  } else {
    for (int i = 0; i < 4; i++) bytes[i] = wr__in_u8(c);
    wr__address_set_in4(out, bytes, port);
  }
  wr__in_end(c);
}

/* ---- network, instance-network */

static const wr__p2_resource network_resources[] = {{"network"}};

static void network_network_error_code(wr__p2_call *c) {
  const wr__p2_error *error = wr__in_object(c, WR__P2_ERROR);
  wr__out_case(c, 1);
  wr__out_enum(c, wr__p2_net_error(error->why));
  wr__out_end(c);
}

static const wr__p2_function network_functions[] = {
    {"network-error-code", network_network_error_code}};
WR__P2_INTERFACE(wr__p2_sockets_network, "wasi:sockets/network", network_functions,
                 network_resources);

/* The network is what the rules allow: the resource only has to be there. */
static void instance_network(wr__p2_call *c) {
  wr__out_new(c, wr__p2_new(wr__p2_of(c), WR__P2_NETWORK, sizeof(wr__p2_object), false));
}

static const wr__p2_function instance_network_functions[] = {
    {"instance-network", instance_network}};
WR__P2_FUNCTIONS(wr__p2_sockets_instance_network, "wasi:sockets/instance-network",
                 instance_network_functions);

/* ---- ip-name-lookup */

static void resolve_addresses(wr__p2_call *c) {
  wr__in_object(c, WR__P2_NETWORK);
  wr__p2_text name = wr__in_text(c);
  wr__p2_addresses *addresses = NULL;
  int error = wr__p2_resolve(wr__p2_op(c), wr__p2_of(c), name.bytes, name.size, &addresses);
  if (!wr__p2_out_net_begin(c, error)) return;
  wr__out_object(c, addresses);
  wr__out_end(c);
}

static void resolve_next_address(wr__p2_call *c) {
  wr__p2_addresses *addresses = wr__in_object(c, WR__P2_ADDRESSES);
  bool more = addresses->at < addresses->count;
  wr__out_ok(c);
  wr__out_case(c, more);
  if (more) {
    const wr__address *address = &addresses->list[addresses->at++];
    bool is6 = address->of.any.sa_family == AF_INET6;
    wr__out_case(c, is6);
    if (is6)
      out_in6(c, address);
    else
      out_in4(c, address);
    wr__out_end(c);
  }
  wr__out_end(c);
  wr__out_end(c);
}

void wr__p2_subscribe_function(wr__p2_call *c) {
  void *object = wr__in_any(c);
  wr__out_new(c, wr__p2_subscribe(wr__p2_of(c), object));
}

static const wr__p2_function name_functions[] = {
    {"resolve-addresses", resolve_addresses},
    {"[method]resolve-address-stream.resolve-next-address", resolve_next_address},
    {"[method]resolve-address-stream.subscribe", wr__p2_subscribe_function},
};
static const wr__p2_resource name_resources[] = {{"resolve-address-stream"}};
WR__P2_INTERFACE(wr__p2_sockets_ip_name_lookup, "wasi:sockets/ip-name-lookup", name_functions,
                 name_resources);

/* ---- tcp */

static void create_tcp_socket(wr__p2_call *c) {
  wr__p2_tcp *tcp = NULL;
  int error = wr__p2_tcp_new(wr__p2_of(c), wr__in_enum(c, 2) ? AF_INET6 : AF_INET, &tcp);
  if (!wr__p2_out_net_begin(c, error)) return;
  wr__out_object(c, tcp);
  wr__out_end(c);
}

static const wr__p2_function create_functions[] = {{"create-tcp-socket", create_tcp_socket}};
WR__P2_FUNCTIONS(wr__p2_sockets_tcp_create_socket, "wasi:sockets/tcp-create-socket",
                 create_functions);

static void tcp_start_bind(wr__p2_call *c) {
  wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__address address;
  wr__in_object(c, WR__P2_NETWORK);
  wr__p2_in_socket_address(c, &address);
  wr__p2_out_net_unit(c, wr__p2_tcp_start_bind(wr__p2_op(c), tcp, &address));
}

static void tcp_finish_bind(wr__p2_call *c) {
  wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_out_net_unit(c, wr__p2_tcp_finish_bind(tcp));
}

static void tcp_start_connect(wr__p2_call *c) {
  wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__address address;
  wr__in_object(c, WR__P2_NETWORK);
  wr__p2_in_socket_address(c, &address);
  wr__p2_out_net_unit(c, wr__p2_tcp_start_connect(wr__p2_op(c), tcp, &address));
}

static void tcp_finish_connect(wr__p2_call *c) {
  wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_input *in;
  wr__p2_output *out;
  int error = wr__p2_tcp_finish_connect(tcp, &in, &out);
  if (!wr__p2_out_net_begin(c, error)) return;
  wr__out_object(c, in);
  wr__out_object(c, out);
  wr__out_end(c);
}

static void tcp_start_listen(wr__p2_call *c) {
  wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_out_net_unit(c, wr__p2_tcp_start_listen(wr__p2_op(c), tcp));
}

static void tcp_finish_listen(wr__p2_call *c) {
  wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_out_net_unit(c, wr__p2_tcp_finish_listen(tcp));
}

static void tcp_accept(wr__p2_call *c) {
  wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP), *peer;
  wr__p2_input *in;
  wr__p2_output *out;
  int error = wr__p2_tcp_accept(wr__p2_op(c), tcp, &peer, &in, &out);
  if (!wr__p2_out_net_begin(c, error)) return;
  wr__out_object(c, peer);
  wr__out_object(c, in);
  wr__out_object(c, out);
  wr__out_end(c);
}

static void tcp_local_address(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__address address;
  int error = wr__p2_tcp_local_address(wr__p2_op(c), tcp, &address);
  wr__p2_out_net_address(c, error, &address);
}

static void tcp_remote_address(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__address address;
  int error = wr__p2_tcp_remote_address(wr__p2_op(c), tcp, &address);
  wr__p2_out_net_address(c, error, &address);
}

static void tcp_is_listening(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__out_u8(c, tcp->state == WR__P2_TCP_LISTENING);
}

static void tcp_address_family(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__out_enum(c, tcp->desc->socket_family == AF_INET6);
}

static void tcp_set_listen_backlog_size(wr__p2_call *c) {
  wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_out_net_unit(c, wr__p2_tcp_set_backlog(wr__p2_op(c), tcp, wr__in_u64(c)));
}

/* ---- tcp: options */

static void tcp_keep_alive_enabled(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  int value = 0;
  int error = wr__socket_get_option(tcp->desc, SOL_SOCKET, SO_KEEPALIVE, &value);
  wr__p2_out_net_u8(c, error, value != 0);
}

static void tcp_set_keep_alive_enabled(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  int value = wr__in_u8(c) != 0;
  wr__p2_out_net_unit(c, wr__socket_set_option(tcp->desc, SOL_SOCKET, SO_KEEPALIVE, value));
}

static void get_duration(wr__p2_call *c, int option) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  uint64_t ns = 0;
  int error = wr__p2_tcp_get_duration(tcp, option, &ns);
  wr__p2_out_net_u64(c, error, ns);
}

static void set_duration(wr__p2_call *c, int option) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_out_net_unit(c, wr__p2_tcp_set_duration(tcp, option, wr__in_u64(c)));
}

static void tcp_keep_alive_idle_time(wr__p2_call *c) { get_duration(c, TCP_KEEPIDLE); }
static void tcp_set_keep_alive_idle_time(wr__p2_call *c) { set_duration(c, TCP_KEEPIDLE); }
static void tcp_keep_alive_interval(wr__p2_call *c) { get_duration(c, TCP_KEEPINTVL); }
static void tcp_set_keep_alive_interval(wr__p2_call *c) { set_duration(c, TCP_KEEPINTVL); }

static void tcp_keep_alive_count(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  int value = 0;
  int error = wr__socket_get_option(tcp->desc, IPPROTO_TCP, TCP_KEEPCNT, &value);
  if (!wr__p2_out_net_begin(c, error)) return;
  wr__out_u32(c, (uint32_t)value);
  wr__out_end(c);
}

/* Linux takes up to 127. */
static void tcp_set_keep_alive_count(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  uint32_t value = wr__in_u32(c);
  int error = value == 0 ? EINVAL
                         : wr__socket_set_option(tcp->desc, IPPROTO_TCP, TCP_KEEPCNT,
                                                 (int)(value < 127 ? value : 127));
  wr__p2_out_net_unit(c, error);
}

static void tcp_hop_limit(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_get_hop_limit(c, tcp->desc);
}
static void tcp_set_hop_limit(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_out_net_unit(c, wr__p2_set_hop_limit(tcp->desc, wr__in_u8(c)));
}
static void tcp_receive_buffer_size(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_get_buffer_size(c, tcp->desc, SO_RCVBUF);
}
static void tcp_set_receive_buffer_size(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_out_net_unit(c, wr__p2_set_buffer_size(tcp->desc, SO_RCVBUF, wr__in_u64(c)));
}
static void tcp_send_buffer_size(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_get_buffer_size(c, tcp->desc, SO_SNDBUF);
}
static void tcp_set_send_buffer_size(wr__p2_call *c) {
  const wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_out_net_unit(c, wr__p2_set_buffer_size(tcp->desc, SO_SNDBUF, wr__in_u64(c)));
}

static void tcp_shutdown(wr__p2_call *c) {
  wr__p2_tcp *tcp = wr__in_object(c, WR__P2_TCP);
  wr__p2_out_net_unit(c, wr__p2_tcp_shutdown(tcp, wr__in_enum(c, 3)));
}

void wr__p2_get_hop_limit(wr__p2_call *c, const wr__desc *desc) {
  uint8_t value = 0;
  int error = wr__p2_hop_limit(desc, &value);
  wr__p2_out_net_u8(c, error, value);
}

void wr__p2_get_buffer_size(wr__p2_call *c, const wr__desc *desc, int option) {
  uint64_t value = 0;
  int error = wr__p2_buffer_size(desc, option, &value);
  wr__p2_out_net_u64(c, error, value);
}

#define METHOD(name) "[method]tcp-socket." name

static const wr__p2_function tcp_functions[] = {
    {METHOD("start-bind"), tcp_start_bind},
    {METHOD("finish-bind"), tcp_finish_bind},
    {METHOD("start-connect"), tcp_start_connect},
    {METHOD("finish-connect"), tcp_finish_connect},
    {METHOD("start-listen"), tcp_start_listen},
    {METHOD("finish-listen"), tcp_finish_listen},
    {METHOD("accept"), tcp_accept},
    {METHOD("local-address"), tcp_local_address},
    {METHOD("remote-address"), tcp_remote_address},
    {METHOD("is-listening"), tcp_is_listening},
    {METHOD("address-family"), tcp_address_family},
    {METHOD("set-listen-backlog-size"), tcp_set_listen_backlog_size},
    {METHOD("keep-alive-enabled"), tcp_keep_alive_enabled},
    {METHOD("set-keep-alive-enabled"), tcp_set_keep_alive_enabled},
    {METHOD("keep-alive-idle-time"), tcp_keep_alive_idle_time},
    {METHOD("set-keep-alive-idle-time"), tcp_set_keep_alive_idle_time},
    {METHOD("keep-alive-interval"), tcp_keep_alive_interval},
    {METHOD("set-keep-alive-interval"), tcp_set_keep_alive_interval},
    {METHOD("keep-alive-count"), tcp_keep_alive_count},
    {METHOD("set-keep-alive-count"), tcp_set_keep_alive_count},
    {METHOD("hop-limit"), tcp_hop_limit},
    {METHOD("set-hop-limit"), tcp_set_hop_limit},
    {METHOD("receive-buffer-size"), tcp_receive_buffer_size},
    {METHOD("set-receive-buffer-size"), tcp_set_receive_buffer_size},
    {METHOD("send-buffer-size"), tcp_send_buffer_size},
    {METHOD("set-send-buffer-size"), tcp_set_send_buffer_size},
    {METHOD("subscribe"), wr__p2_subscribe_function},
    {METHOD("shutdown"), tcp_shutdown},
};
static const wr__p2_resource tcp_resources[] = {{"tcp-socket"}};
WR__P2_INTERFACE(wr__p2_sockets_tcp, "wasi:sockets/tcp", tcp_functions, tcp_resources);
