/* TLS of a connection, by OpenSSL, over buffers in memory: libuv moves the bytes. */
#ifndef WR__SERVE_TLS_H
#define WR__SERVE_TLS_H

#include "client.h"

struct wr__tls_context;

/* wr__tls_context_new: certificate chain and key from PEM files; NULL, and the reason is reported.
 * Offers "h2" and "http/1.1". */
struct wr__tls_context *wr__tls_context_new(const char *cert, const char *key);
void wr__tls_context_delete(struct wr__tls_context *context);

/* wr__tls_open: the connection begins with a handshake. */
bool wr__tls_open(wr__client *client);
/* wr__tls_received: bytes of the network. */
void wr__tls_received(wr__client *client, const char *data, size_t size);
/* wr__tls_write: takes bytes of the protocol. */
void wr__tls_write(wr__client *client, wr__bytes *bytes);
/* wr__tls_end: says that nothing more comes. Nothing without TLS. */
void wr__tls_end(wr__client *client);
/* wr__tls_close: frees it; NULL is allowed. */
void wr__tls_close(struct wr__tls *tls);

#endif
