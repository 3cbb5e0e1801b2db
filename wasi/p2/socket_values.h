/* Values of wasi:sockets between the guest and the host. */
#ifndef WR__WASI_P2_SOCKET_VALUES_H
#define WR__WASI_P2_SOCKET_VALUES_H

#include "abi.h"
#include "sockets.h"

/* err(error-code) */
void wr__p2_out_net_error(wr__p2_call *c, int why);
/* Begins ok, or writes the error. */
bool wr__p2_out_net_begin(wr__p2_call *c, int why);
/* Whole results. */
void wr__p2_out_net_unit(wr__p2_call *c, int why);
void wr__p2_out_net_u8(wr__p2_call *c, int why, uint8_t value);
void wr__p2_out_net_u64(wr__p2_call *c, int why, uint64_t value);
void wr__p2_out_net_address(wr__p2_call *c, int why, const wr__address *address);

/* ip-socket-address */
void wr__p2_in_socket_address(wr__p2_call *c, wr__address *out);
void wr__p2_out_socket_address(wr__p2_call *c, const wr__address *address);

/* Functions and parts of them that TCP and UDP share. */
void wr__p2_subscribe_function(wr__p2_call *c);
void wr__p2_get_hop_limit(wr__p2_call *c, const wr__desc *desc);
void wr__p2_get_buffer_size(wr__p2_call *c, const wr__desc *desc, int option);

#endif
