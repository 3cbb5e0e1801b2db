/* Local sockets that rules name by path. */
#ifndef WR__WASI_LOCAL_H
#define WR__WASI_LOCAL_H

#include "net.h"

typedef struct wr__local wr__local;

/* Resolves the path as it is now. WR_NOT_FOUND or WR_IO if its directory cannot be opened. */
wr_status wr__local_new(const char *path, wr__local **out, wr_error *error);
void wr__local_delete(wr__local *local);

/* The address by which a call of the host reaches the socket, or makes it. */
typedef struct wr__local_address {
  wr__address address;
  int held_fd; /* what the address goes through; -1: nothing */
} wr__local_address;
int wr__local_to_connect(wr__op *op, const wr__local *local, wr__local_address *out);
int wr__local_to_bind(wr__op *op, const wr__local *local, wr__local_address *out);
void wr__local_address_close(wr__local_address *address);
/* Is this the address that wr__local_to_bind gave? */
bool wr__local_is_bound_at(const wr__local *local, const wr__address *address);

#endif
