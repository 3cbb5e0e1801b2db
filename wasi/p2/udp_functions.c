/* wasi:sockets: UDP. */
#include "socket_values.h"

#include <stdlib.h>

#define MAX_RECEIVED 16u
#define MAX_DATAGRAM 65536u

static void create_udp_socket(wr__p2_call *c) {
  wr__p2_udp *udp = NULL;
  int error = wr__p2_udp_new(wr__p2_of(c), wr__in_enum(c, 2) ? AF_INET6 : AF_INET, &udp);
  if (!wr__p2_out_net_begin(c, error)) return;
  wr__out_object(c, udp);
  wr__out_end(c);
}

static const wr__p2_function create_functions[] = {{"create-udp-socket", create_udp_socket}};
WR__P2_FUNCTIONS(wr__p2_sockets_udp_create_socket, "wasi:sockets/udp-create-socket",
                 create_functions);

/* ---- sockets */

static void udp_start_bind(wr__p2_call *c) {
  wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__address address;
  wr__in_object(c, WR__P2_NETWORK);
  wr__p2_in_socket_address(c, &address);
  wr__p2_out_net_unit(c, wr__p2_udp_start_bind(wr__p2_op(c), udp, &address));
}

static void udp_finish_bind(wr__p2_call *c) {
  wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__p2_out_net_unit(c, wr__p2_udp_finish_bind(wr__p2_op(c), udp));
}

static void udp_stream(wr__p2_call *c) {
  wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__address remote;
  wr__p2_datagrams *in, *out;
  bool has_remote = wr__in_case(c) == 1;
  if (has_remote) wr__p2_in_socket_address(c, &remote);
  wr__in_end(c);
  int error = wr__p2_udp_stream(wr__p2_op(c), udp, has_remote ? &remote : NULL, &in, &out);
  if (!wr__p2_out_net_begin(c, error)) return;
  wr__out_object(c, in);
  wr__out_object(c, out);
  wr__out_end(c);
}

static void udp_local_address(wr__p2_call *c) {
  const wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__address address;
  int error = wr__p2_udp_local_address(wr__p2_op(c), udp, &address);
  wr__p2_out_net_address(c, error, &address);
}

static void udp_remote_address(wr__p2_call *c) {
  const wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__address address;
  int error = wr__p2_udp_remote_address(udp, &address);
  wr__p2_out_net_address(c, error, &address);
}

static void udp_address_family(wr__p2_call *c) {
  const wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__out_enum(c, udp->desc->socket_family == AF_INET6);
}

static void udp_hop_limit(wr__p2_call *c) {
  const wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__p2_get_hop_limit(c, udp->desc);
}
static void udp_set_hop_limit(wr__p2_call *c) {
  const wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__p2_out_net_unit(c, wr__p2_set_hop_limit(udp->desc, wr__in_u8(c)));
}
static void udp_receive_buffer_size(wr__p2_call *c) {
  const wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__p2_get_buffer_size(c, udp->desc, SO_RCVBUF);
}
static void udp_set_receive_buffer_size(wr__p2_call *c) {
  const wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__p2_out_net_unit(c, wr__p2_set_buffer_size(udp->desc, SO_RCVBUF, wr__in_u64(c)));
}
static void udp_send_buffer_size(wr__p2_call *c) {
  const wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__p2_get_buffer_size(c, udp->desc, SO_SNDBUF);
}
static void udp_set_send_buffer_size(wr__p2_call *c) {
  const wr__p2_udp *udp = wr__in_object(c, WR__P2_UDP);
  wr__p2_out_net_unit(c, wr__p2_set_buffer_size(udp->desc, SO_SNDBUF, wr__in_u64(c)));
}

/* ---- datagrams */

typedef struct datagram {
  wr__address from;
  uint8_t *bytes; /* own */
  size_t size;
} datagram;

/* As many as there are, at most MAX_RECEIVED. What came first is given before what failed. */
static int receive_some(wr__p2_call *c, wr__p2_datagrams *in, uint64_t most, datagram *list,
                        uint32_t *count) {
  static const size_t capacity = MAX_DATAGRAM;
  uint8_t *bytes = wr__p2_scratch(wr__p2_of(c));
  if (!bytes) return ENOMEM;
  if (most > MAX_RECEIVED) most = MAX_RECEIVED;
  *count = 0;
  while (*count < most) {
    datagram *d = &list[*count];
    d->size = capacity < WR__P2_PIECE ? capacity : WR__P2_PIECE;
    int error = wr__p2_receive(wr__p2_op(c), in, bytes, &d->size, &d->from);
    if (error != 0) return error == EAGAIN || *count > 0 ? 0 : error;
    d->bytes = malloc(d->size ? d->size : 1);
    if (!d->bytes) return ENOMEM;
    memcpy(d->bytes, bytes, d->size);
    ++*count;
  }
  return 0;
}

static void incoming_receive(wr__p2_call *c) {
  wr__p2_datagrams *in = wr__in_object(c, WR__P2_INCOMING);
  uint64_t most = wr__in_u64(c);
  datagram list[MAX_RECEIVED];
  uint32_t count = 0;
  int error = receive_some(c, in, most, list, &count);
  if (wr__p2_out_net_begin(c, error)) {
    wr__out_list(c, count);
    for (uint32_t i = 0; i < count; i++) {
      wr__out_text(c, list[i].bytes, list[i].size);
      wr__p2_out_socket_address(c, &list[i].from);
    }
    wr__out_list_end(c);
    wr__out_end(c);
  }
  for (uint32_t i = 0; i < count; i++) free(list[i].bytes);
}

static void outgoing_check_send(wr__p2_call *c) {
  wr__p2_datagrams *out = wr__in_object(c, WR__P2_OUTGOING);
  uint64_t permit = 0;
  int error = wr__p2_check_send(wr__p2_op(c), out, &permit);
  wr__p2_out_net_u64(c, error, permit);
}

static int send_one(wr__p2_call *c, wr__p2_datagrams *out) {
  wr__address to;
  wr__p2_text data = wr__in_text(c);
  bool has_to = wr__in_case(c) == 1;
  if (has_to) wr__p2_in_socket_address(c, &to);
  wr__in_end(c);
  return wr__p2_send(wr__p2_op(c), out, (const uint8_t *)data.bytes, data.size,
                     has_to ? &to : NULL);
}

/* Spec: "It is never guaranteed that all datagrams are sent … If at least one datagram has been
 * sent successfully, this function never returns an error." */
static void outgoing_send(wr__p2_call *c) {
  wr__p2_datagrams *out = wr__in_object(c, WR__P2_OUTGOING);
  uint32_t count = wr__in_list(c);
  uint64_t sent = 0;
  int error = 0;
  if (count > out->permit) {
    wr__p2_trap(c, "wasi:sockets/udp: more was sent than check-send allowed");
    return;
  }
  while (sent < count && error == 0) {
    error = send_one(c, out);
    if (error == 0) sent++;
  }
  wr__in_list_end(c);
  out->permit -= sent;
  wr__p2_out_net_u64(c, sent > 0 || error == EAGAIN ? 0 : error, sent);
}

#define METHOD(name) "[method]udp-socket." name

static const wr__p2_function udp_functions[] = {
    {METHOD("start-bind"), udp_start_bind},
    {METHOD("finish-bind"), udp_finish_bind},
    {METHOD("stream"), udp_stream},
    {METHOD("local-address"), udp_local_address},
    {METHOD("remote-address"), udp_remote_address},
    {METHOD("address-family"), udp_address_family},
    {METHOD("unicast-hop-limit"), udp_hop_limit},
    {METHOD("set-unicast-hop-limit"), udp_set_hop_limit},
    {METHOD("receive-buffer-size"), udp_receive_buffer_size},
    {METHOD("set-receive-buffer-size"), udp_set_receive_buffer_size},
    {METHOD("send-buffer-size"), udp_send_buffer_size},
    {METHOD("set-send-buffer-size"), udp_set_send_buffer_size},
    {METHOD("subscribe"), wr__p2_subscribe_function},
    {"[method]incoming-datagram-stream.receive", incoming_receive},
    {"[method]incoming-datagram-stream.subscribe", wr__p2_subscribe_function},
    {"[method]outgoing-datagram-stream.check-send", outgoing_check_send},
    {"[method]outgoing-datagram-stream.send", outgoing_send},
    {"[method]outgoing-datagram-stream.subscribe", wr__p2_subscribe_function},
};
static const wr__p2_resource udp_resources[] = {
    {"udp-socket"}, {"incoming-datagram-stream"}, {"outgoing-datagram-stream"}};
WR__P2_INTERFACE(wr__p2_sockets_udp, "wasi:sockets/udp", udp_functions, udp_resources);
